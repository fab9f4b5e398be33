"""What is known of a token and of the clocks, judged: all that its findings, sentences and shares rest on."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.judge import risk
from skewcheck.judge.host import KERNEL_LIMIT_S
from skewcheck.judge.risk import DISCIPLINED_DRIFT_PPM, DRIFT_PPM, LATENCY, UNVERIFIED, Inputs
from skewcheck.judge.severity import date_range, difference
from skewcheck.judge.verifiers import Stamp, Verifier
from skewcheck.model import (
    ApiSurvey,
    ClaimState,
    DateReading,
    HostFacts,
    Interval,
    KernelClock,
    Moment,
    Party,
    Recommended,
    Report,
    Role,
    Status,
    Thresholds,
    TimeClaim,
    Token,
    TokenKind,
)

BY_NTP, BY_API, BY_ASSUMPTION, BY_NOBODY = "ntp", "api", "--skew", UNVERIFIED
"""What true time can rest on."""
UNITS = frozenset({"milliseconds", "microseconds", "nanoseconds"})
"""Oddities of a time that is not counted in seconds."""
LONGEST_LIFE_S = 10 * 366 * 86400.0
"""Ten years: no issuer means a token to live longer, but one that forgot its unit or meant "for ever"."""


class Skew(NamedTuple):
    """This clock against true time."""

    by: str
    interval: Interval
    estimate_s: float
    severity: Status
    of: str = "UTC"
    """Whose time that is, for people."""


class Case(NamedTuple):
    """All that a finding can rest on."""

    token: Token
    judged_at_s: float
    """This clock's time of day at which the token is judged."""
    skew: Skew | None
    """None: no clock was measured."""
    clock: Report | None
    """What was found of the clocks that were asked; None where nobody was."""
    thresholds: Thresholds
    inputs: Inputs
    recommended: Recommended | None
    host: HostFacts | None = None
    leeway_s: float | None = None
    """Named for all who check; None: what each is known for."""

    @property
    def judged_by(self) -> str:
        """What true time rests on."""
        return BY_NOBODY if self.skew is None else self.skew.by

    @property
    def true_time(self) -> Interval | None:
        """True time when the token is judged."""
        return None if self.skew is None else behind(self.judged_at_s, self.skew.interval)

    @property
    def clock_status(self) -> Status:
        """How bad it is about the clocks; unknown where none was measured."""
        if self.clock is not None:
            return self.clock.status
        return Status.UNKNOWN if self.skew is None else self.skew.severity

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The times that the token names, those that can be read."""
        claims = (self.token.iat, self.token.nbf, self.token.exp)
        named = [_moment(claim, claim.value_s, self) for claim in claims if claim.value_s is not None]
        return (*named, *_counted(self))

    @property
    def expiry(self) -> Moment | None:
        """When the token ends: its exp, else what the response says; None where neither is known to be right."""
        return self.moment("exp") or self.moment("expires_in")

    def moment(self, name: str) -> Moment | None:
        """Return that time, if it is there and counts seconds."""
        claim = {"iat": self.token.iat, "nbf": self.token.nbf, "exp": self.token.exp}.get(name)
        if claim is not None and not UNITS.isdisjoint(claim.oddities):
            return None
        return next((moment for moment in self.moments if moment.name == name), None)


def ntp_differs(clock: Report) -> bool:
    """Tell whether `judge.whose` found this clock to agree with the API, and not with NTP as seen from here."""
    return any(finding.id == "ntp-differs" for finding in clock.findings)


def behind(local_s: float, skew: Interval) -> Interval:
    """Return the time of day of a clock against which the local one, at *local_s*, is off by *skew*."""
    return Interval(local_s - skew.high_s, local_s - skew.low_s)


def times_unreadable(token: Token) -> bool:
    """Tell whether the payload of a JWT can't be read at all."""
    return token.kind is TokenKind.JWT and token.exp.state is ClaimState.UNUSABLE and not token.exp.shown


def sound_life_s(token: Token) -> float | None:
    """Return the lifetime, if it can be one; inf where a JWT names no end. None: not known, or absurd."""
    claims = (token.iat, token.nbf, token.exp)
    life_s = token.lifetime_s
    if token.expires_in_s is None and token.kind is TokenKind.JWT and token.exp.state is ClaimState.ABSENT:
        return math.inf
    if life_s is None or any(not UNITS.isdisjoint(claim.oddities) for claim in claims):
        return None
    return life_s if 0 < life_s <= LONGEST_LIFE_S else None


def one_sided(reading: DateReading | None) -> Interval | None:
    """Return the range that a `Date` gives; of one that may have any age only that this clock is behind, if it is."""
    if reading is None:
        return None
    found = date_range(reading)
    return found if math.isfinite(found.low_s) or found.high_s < 0 else None


def inputs_for(
    token: Token,
    judged_at_s: float,
    *,
    ntp: Interval | None = None,
    api: ApiSurvey | None = None,
    given: Interval | None = None,
    host: HostFacts | None = None,
    latency: Interval | None = None,
    leeway_s: float | None = None,
    rows: Sequence[Verifier] = (),
) -> Inputs:
    """Return what the shares and the buffer depend on."""
    checked = None if api is None else api.reading(Role.API) or api.reading(Role.URL)
    issued = None if api is None else api.reading(Role.LOGIN)
    ahead = None if checked is None or issued is None else difference(checked, issued).fresh
    round_trip = None if checked is None else Interval(0.0, checked.min_rtt_s)
    inputs = Inputs(
        _life_s(token, judged_at_s, given or one_sided(checked) or ntp),
        ntp=ntp,
        api=one_sided(checked),
        login=one_sided(issued),
        given=given,
        issuer_ahead=ahead if ahead is not None and all(map(math.isfinite, ahead)) else None,
        latency=latency or round_trip or LATENCY,
        drift_ppm=DISCIPLINED_DRIFT_PPM if _disciplined(host) else DRIFT_PPM,
        opaque=token.kind in (TokenKind.OPAQUE, TokenKind.RESPONSE),
        stamp=_stamp(token),
        nbf_after_iat_s=_nbf_after_iat_s(token),
        exp_fraction_s=0.0 if token.exp.value_s is None else token.exp.value_s % 1,
    )
    return _checked(inputs, rows, leeway_s)


def _checked(inputs: Inputs, rows: Sequence[Verifier], leeway_s: float | None) -> Inputs:
    """Return *inputs* with the first verifier that was named for each place, and the leeway that was named for all."""
    for row in reversed(rows):
        inputs = inputs.checked_by(row)
    if leeway_s is None:
        return inputs
    return inputs._replace(
        checker_here=inputs.checker_here.with_leeway(leeway_s),
        checker_there=inputs.checker_there.with_leeway(leeway_s),
        checker_of_ours=inputs.checker_of_ours.with_leeway(leeway_s),
    )


def _life_s(token: Token, judged_at_s: float, skew: Interval | None) -> float | None:
    """Return the lifetime; of a token that tells its end alone, what is left of it."""
    life_s = sound_life_s(token)
    exp_s = token.exp.value_s
    if life_s is not None or token.lifetime_s is not None or exp_s is None or not UNITS.isdisjoint(token.exp.oddities):
        return life_s
    off_s = skew.middle_s if skew is not None and math.isfinite(skew.middle_s) else 0.0
    left_s = exp_s - judged_at_s + off_s
    return left_s if 0 < left_s <= LONGEST_LIFE_S else None


def _stamp(token: Token) -> Stamp | None:
    if token.iat.state is ClaimState.USABLE:
        return Stamp.FRACTION if "fraction" in token.iat.oddities else Stamp.CUT
    return None if token.kind is TokenKind.JWT else Stamp.CUT


def _nbf_after_iat_s(token: Token) -> float | None:
    if token.nbf.value_s is None or not UNITS.isdisjoint((*token.nbf.oddities, *token.iat.oddities)):
        return None
    return 0.0 if token.iat.value_s is None else token.nbf.value_s - token.iat.value_s


def _disciplined(host: HostFacts | None) -> bool:
    """Tell whether the kernel says that somebody corrects its clock."""
    if host is None or host.fake is not None or not isinstance(host.kernel, KernelClock):
        return False
    return not host.kernel.flagged_unsynchronised and host.kernel.max_error_s < KERNEL_LIMIT_S


def _moment(claim: TimeClaim, at_s: float, case: Case) -> Moment:
    true = case.true_time
    left = None if true is None else Interval(at_s - true.high_s, at_s - true.low_s)
    return Moment(claim.name, at_s, at_s - case.judged_at_s, left)


def _counted(case: Case) -> tuple[Moment, ...]:
    """Return the end that the response tells, counted on this clock: how wrong that is does not matter.

    It comes up to a second earlier, for the server counts whole ones, and by the time that the answer took.
    """
    token = case.token
    if token.expires_in_s is None or token.obtained_at_s is None or token.obtained_at_s > case.judged_at_s:
        return ()
    at_s = token.obtained_at_s + token.expires_in_s
    here_s = at_s - case.judged_at_s
    return (Moment("expires_in", at_s, here_s, Interval(here_s - 1 - case.inputs.latency.high_s, here_s)),)


def storms(case: Case, buffer_s: float) -> risk.Storm | None:
    """Return whether new tokens are due on arrival with that buffer, and wouldn't be by a right clock; else None.

    No exp is in an opaque token that a clock could be held against.
    """
    skew, _ = case.inputs.against(Party.LOCAL_VERIFY)
    if case.inputs.opaque or skew is None or not case.inputs.lifetime_s or case.inputs.lifetime_s <= buffer_s:
        return None
    found = risk.storm(case.inputs._replace(buffer_s=buffer_s))
    right = risk.storm(case.inputs._replace(buffer_s=buffer_s, given=Interval(0.0, 0.0)))
    return found if found.share_high and not right.share_high else None
