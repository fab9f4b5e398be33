"""Who is harmed by a wrong clock: for each party that compares a time, how sure, and which share of its requests.

Shares are over random moments, as ranges: each end comes from the worst pairing of what is known of the skew, of the
issuer against its own checkers, and of the latency. A verifier without leeway that is 200 ms behind refuses one fresh
token in seven at a latency of 50 ms, and the same token works a moment later, because `iat` is a whole second.
"""

import math
from typing import NamedTuple

from skewcheck.judge.risk_words import SHARED, kept_text, missing_text, risk_text, storm_text, unknown_text
from skewcheck.judge.verifiers import UNKNOWN, Checker, Stamp, Verifier
from skewcheck.model import Harm, Interval, Level, Party, Risk

LATENCY = Interval(0.0, 0.25)
"""One way, where no round trip was measured: what connections within a continent take."""
LOOK_INTERVAL_S = 0.0
"""The client looks at the deadline before each request, or sets a timer."""
REFRESH_TIME_S = 0.0
"""Requests wait for the refresh."""
BUFFER_S = 0.0
"""The client refreshes at the deadline itself."""
DRIFT_PPM = 100.0
"""What a quartz clock that nobody corrects is off by at most."""
DISCIPLINED_DRIFT_PPM = 15.0
"""What it can be off by where the kernel says that a daemon corrects it."""

UNVERIFIED = "local clock, unverified"
"""The reference where no other clock was asked."""
_NEVER = Interval(0.0, 0.0)
_NOISE = 1e-9
"""0.3 - 0.2 - 0.1 is not quite 0, and nobody is refused for that."""


class Inputs(NamedTuple):
    """All that the shares and the buffer depend on. Skews are local clock - reference, None where not measured."""

    lifetime_s: float | None
    """exp - iat, else expires_in, else what is left; inf: it has no exp and never expires. None: not known."""
    ntp: Interval | None = None
    api: Interval | None = None
    login: Interval | None = None
    given: Interval | None = None
    """The skew as the user wants it assumed: it takes the place of all that was measured."""
    issuer_ahead: Interval | None = None
    """The issuer's clock - its checkers' clock, within the service (login - api)."""
    latency: Interval = LATENCY
    """One way: from reading the token for a request until the checker compares."""
    look_interval_s: float = LOOK_INTERVAL_S
    """The longest time between two looks at the deadline."""
    refresh_time_s: float = REFRESH_TIME_S
    """How long the old token is still used after it was found due."""
    drift_ppm: float = DRIFT_PPM
    buffer_s: float = BUFFER_S
    """What the client has now."""
    opaque: bool = False
    """Nobody knows whether its checker looks at an issue time."""
    stamp: Stamp | None = Stamp.CUT
    """How `iat` is written; None: there is none."""
    nbf_after_iat_s: float | None = None
    """nbf - iat, 0 where there is an nbf alone; None: there is no nbf."""
    exp_fraction_s: float = 0.0
    """What exp is above a whole second."""
    first_use_after_s: float = 0.0
    """Between the answer with the token and the first request with it."""
    kept_until_exp: bool = False
    """What this host signs is used until its exp, not once."""
    sign_for: str = "login"
    """Who checks what this host signs: `login`, `api`, or `ntp` for somebody else's service."""
    checker_here: Checker = UNKNOWN
    """The verifier on this host."""
    checker_there: Checker = UNKNOWN
    """Who checks the token at the API."""
    checker_of_ours: Checker = UNKNOWN
    """Who checks what this host signs."""

    def against(self, party: Party) -> tuple[Interval | None, str | None]:
        """Return the skew that matters to *party*, and the clock that it was measured against."""
        match party:
            case Party.REFRESH_BY_EXPIRES_IN:
                return None, None
            case Party.GATEWAY:
                return self.issuer_ahead, "login against api"
            case Party.REFRESH_BY_EXP:
                return self._skew(self.api, "api")
            case Party.LOCAL_VERIFY:
                return self._skew(self.login, "login")
            case Party.LOCAL_SIGN:
                skew = {"login": self.login, "api": self.api}.get(self.sign_for)
                return self._skew(skew, self.sign_for)

    def checked_by(self, row: Verifier) -> "Inputs":
        """Return the same with a verifier of the table in the place where it stands."""
        if row.party is Party.LOCAL_SIGN:
            return self._replace(checker_of_ours=row.checker, sign_for=row.clock)
        return self._replace(checker_here=row.checker)

    def _skew(self, measured: Interval | None, reference: str) -> tuple[Interval | None, str]:
        if self.given is not None:
            return self.given, "given"
        if measured is not None:
            return measured, reference
        return self.ntp, UNVERIFIED if self.ntp is None else "ntp"


class Storm(NamedTuple):
    """New tokens that look due on arrival, so that each is refreshed at once."""

    level: Level
    share_low: float | None
    """Of new tokens; None where the skew or the lifetime isn't known."""
    share_high: float | None
    refreshes_low: float
    """In the life of one token; inf: each token is due as soon as it comes."""
    refreshes_high: float
    summary: str


class SharedDeadline(NamedTuple):
    """What this host's half does where a deadline is stored by one host's clock and read by another's."""

    as_writer: Interval
    """How many seconds too late for others the deadlines are that this host writes; below 0: too early."""
    as_reader: Interval
    """How many seconds too late this host finds a deadline due that others wrote."""
    summary: str


def risks(inputs: Inputs) -> tuple[Risk, ...]:
    """Return premature expiry and future issue for each party, in the order of the parties."""
    return tuple(_risk(inputs, party, harm) for party in Party for harm in Harm)


def storm(inputs: Inputs) -> Storm:
    """Judge whether new tokens are due on arrival, with the buffer in use, for a client that refreshes by exp."""
    skew, _ = inputs.against(Party.LOCAL_VERIFY)  # login, which stamps exp
    if skew is None or inputs.lifetime_s is None:
        return Storm(Level.POSSIBLE, None, None, 0.0, math.inf, missing_text(unmeasured=skew is None))
    if math.isinf(inputs.lifetime_s):
        return Storm(Level.NONE, 0.0, 0.0, 0.0, 0.0, "The token has no exp.")
    span_s = inputs.lifetime_s - inputs.buffer_s
    ends = [(skew.low_s, inputs.latency.low_s), (skew.high_s, inputs.latency.high_s)]
    low, high = (_clamp(skew_s + latency_s + 1 - span_s) for skew_s, latency_s in ends)
    fewest, most = (_refreshes(inputs.lifetime_s, span_s - skew_s - latency_s - 0.5) for skew_s, latency_s in ends)
    share = Interval(low, high)
    return Storm(_level(share), low, high, fewest, most, storm_text(share))


def shared_deadline(inputs: Inputs) -> SharedDeadline | None:
    """Return this host's half of the harm where deadlines are stored for other hosts; None: no skew is known."""
    skew, _ = inputs.against(Party.REFRESH_BY_EXP)
    if skew is None:
        return None
    return SharedDeadline(skew, Interval(-skew.high_s, -skew.low_s), SHARED)


def late_after_setting_s(skew: Interval) -> float:
    """Return by how much the deadlines on the wall clock that are kept now are late once that clock is set right."""
    return max(0.0, skew.high_s)


def ahead_of_checker(inputs: Inputs, party: Party) -> Interval | None:
    """Return how many seconds a new token's time is ahead of what its checker allows, before rounding.

    None where the skew isn't known, and an empty past (-inf) where nobody looks at the issue time.
    """
    if party in (Party.REFRESH_BY_EXP, Party.REFRESH_BY_EXPIRES_IN):
        return Interval(-math.inf, -math.inf)
    allowed_s = _allowed_s(inputs, checker_of(inputs, party))
    if allowed_s is None:
        return Interval(-math.inf, -math.inf)
    skew, _ = inputs.against(party)
    if skew is None:
        return None
    ahead = Interval(-skew.high_s, -skew.low_s) if party is Party.LOCAL_VERIFY else skew
    ways, wait_s = (2, inputs.first_use_after_s) if party is Party.GATEWAY else (1, 0.0)
    latency = inputs.latency
    return Interval(
        ahead.low_s - ways * latency.high_s - wait_s - allowed_s,
        ahead.high_s - ways * latency.low_s - wait_s - allowed_s,
    )


def roundings(inputs: Inputs, party: Party) -> tuple[float | None, ...]:
    """Return what rounding may add to that; None: nothing, and it refuses all or nothing."""
    return checker_of(inputs, party).roundings(inputs.stamp or Stamp.CUT)


def checker_of(inputs: Inputs, party: Party) -> Checker:
    """Return who checks for *party*."""
    own = {Party.LOCAL_VERIFY: inputs.checker_here, Party.LOCAL_SIGN: inputs.checker_of_ours}
    return own.get(party, inputs.checker_there)


def _allowed_s(inputs: Inputs, checker: Checker) -> float | None:
    """Return how far in the checker's future a token may be stamped, by the strictest of its rules; None: no rule."""
    rules: list[float] = []
    leeway_s = checker.future_leeway(inputs.stamp or Stamp.CUT)
    if checker.checks_iat and inputs.stamp is not None:
        rules.append(leeway_s)
    if checker.checks_nbf and inputs.nbf_after_iat_s is not None:
        rules.append(leeway_s - inputs.nbf_after_iat_s)
    if checker.life_cap_s is not None and inputs.lifetime_s is not None and math.isfinite(inputs.lifetime_s):
        rules.append(leeway_s + checker.life_cap_s - inputs.lifetime_s)
    return min(rules, default=None)


# --- Shares: None where they can't be told ---


def _share(inputs: Inputs, party: Party, harm: Harm) -> Interval | None:
    if inputs.opaque and party is Party.LOCAL_VERIFY:
        return _NEVER
    return (_premature if harm is Harm.PREMATURE_EXPIRY else _future)(inputs, party)


def _premature(inputs: Inputs, party: Party) -> Interval | None:
    if party is Party.REFRESH_BY_EXPIRES_IN or inputs.lifetime_s == math.inf:
        return _NEVER
    skew, _ = inputs.against(party)
    if skew is None:
        return None
    checker = checker_of(inputs, party)
    behind = Interval(-skew.high_s, -skew.low_s)
    if party is Party.REFRESH_BY_EXP or (party is Party.LOCAL_SIGN and inputs.kept_until_exp):
        return _refreshed_late(inputs, behind, checker)
    if party is Party.LOCAL_SIGN:
        return _arrives_old(inputs, behind, checker)
    if party is Party.LOCAL_VERIFY and checker.once:
        return _arrives_old(inputs, skew, checker)
    early = skew if party is Party.LOCAL_VERIFY else behind  # of the gateway: issuer behind its checkers
    return _cut_short(inputs, early, checker)


def _refreshed_late(inputs: Inputs, behind: Interval, checker: Checker) -> Interval | None:
    """Return the share of all requests that go out between the true expiry and the refresh."""
    if behind.high_s <= 0:
        return _NEVER
    credit_s = checker.expiry_leeway + inputs.buffer_s

    def share(behind_s: float, latency_s: float) -> float:
        late_s = behind_s + latency_s - credit_s if behind_s > 0 else 0.0
        return _ratio(late_s, (inputs.lifetime_s or 0.0) + behind_s - inputs.buffer_s)

    shares = Interval(share(behind.low_s, inputs.latency.low_s), share(behind.high_s, inputs.latency.high_s))
    return shares if inputs.lifetime_s is not None or shares == _NEVER else None


def _cut_short(inputs: Inputs, early: Interval, checker: Checker) -> Interval | None:
    """Return the share of uses, spread evenly over the life, that come after its end by the checker's clock."""
    lost = Interval(early.low_s - checker.expiry_leeway, early.high_s - checker.expiry_leeway)
    if lost.high_s <= 0:
        return _NEVER
    if inputs.lifetime_s is None:
        return None
    return Interval(_ratio(lost.low_s, inputs.lifetime_s), _ratio(lost.high_s, inputs.lifetime_s))


def _arrives_old(inputs: Inputs, behind: Interval, checker: Checker) -> Interval | None:
    """Return the share of what is signed for one use that is too old when it is checked."""
    lives = [life_s for life_s in (inputs.lifetime_s, checker.max_age_s) if life_s is not None]
    if not lives:
        return None
    good_s = min(lives) + checker.expiry_leeway
    latency = inputs.latency
    return Interval(
        _clamp(behind.low_s + latency.low_s + 1 - good_s), _clamp(behind.high_s + latency.high_s + 1 - good_s)
    )


def _future(inputs: Inputs, party: Party) -> Interval | None:
    """Return the share of first uses that are refused as issued in the future."""
    ahead = ahead_of_checker(inputs, party)
    if ahead is None:
        return None
    spans = roundings(inputs, party)
    return Interval(
        min(_refused(ahead.low_s, span_s) for span_s in spans), max(_refused(ahead.high_s, span_s) for span_s in spans)
    )


def _refused(ahead_s: float, span_s: float | None) -> float:
    return float(ahead_s > _NOISE) if span_s is None else _clamp(ahead_s + span_s)


def _clamp(share: float) -> float:
    return 0.0 if share <= _NOISE else min(1.0, share)


def _ratio(part_s: float, whole_s: float) -> float:
    """Return part_s / whole_s between 0 and 1, whatever they are: an endless part is all, and so is one of nothing."""
    if part_s <= _NOISE:
        return 0.0
    return 1.0 if whole_s <= part_s else part_s / whole_s


def _refreshes(lifetime_s: float, good_for_s: float) -> float:
    return max(0.0, lifetime_s) / good_for_s if good_for_s > 0 else math.inf


def _risk(inputs: Inputs, party: Party, harm: Harm) -> Risk:
    share = _share(inputs, party, harm)
    level = _level(share)
    if level is Level.CERTAIN and inputs.opaque and (party, harm) == (Party.GATEWAY, Harm.FUTURE_ISSUED):
        level = Level.POSSIBLE
    skew, reference = inputs.against(party)
    low, high = (None, None) if share is None else share
    return Risk(party, harm, level, low, high, _words(inputs, party, harm, share), skew, reference)


def _words(inputs: Inputs, party: Party, harm: Harm, share: Interval | None) -> str:
    if share is None:
        return unknown_text(party, harm, unmeasured=inputs.against(party)[0] is None)
    if share == _NEVER and inputs.kept_until_exp and (party, harm) == (Party.LOCAL_SIGN, Harm.PREMATURE_EXPIRY):
        return kept_text(inputs.latency.high_s + inputs.look_interval_s + inputs.refresh_time_s)
    right = inputs._replace(given=_NEVER, issuer_ahead=_NEVER)
    by_right_clocks = _share(right, party, harm)
    by_clock = by_right_clocks is not None and by_right_clocks.high_s == 0
    return risk_text(party, harm, share, by_clock=by_clock, opaque=inputs.opaque, reference=inputs.against(party)[1])


def _level(share: Interval | None) -> Level:
    if share is None:
        return Level.POSSIBLE
    if share.high_s == 0:
        return Level.NONE
    return Level.CERTAIN if share.low_s > 0 else Level.POSSIBLE
