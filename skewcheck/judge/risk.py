"""Who is harmed by a wrong clock: for each party that compares a time, how sure, and which share of its requests.

Shares are over random moments, as ranges: each end comes from the worst pairing of what is known of the skew, of the
issuer against its own checkers, and of the latency. A verifier without leeway that is 200 ms behind refuses one fresh
token in seven at a latency of 50 ms, and the same token works a moment later, because `iat` is a whole second.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

from skewcheck.judge.case import DRIFT_PPM, Case, Facts, Who, finite, low_at_any_age
from skewcheck.judge.host import KERNEL_LIMIT_S
from skewcheck.judge.severity import OFF, difference, judge
from skewcheck.judge.verifiers import UNKNOWN, Checker, Stamp, Verifier
from skewcheck.model import (
    Basis,
    DateReading,
    Effect,
    Finding,
    Harm,
    HostFacts,
    Interval,
    KernelClock,
    Level,
    Party,
    Risk,
    Role,
    TokenPart,
)

if TYPE_CHECKING:
    from skewcheck.judge.nodes import Pair

LATENCY = Interval(0.0, 0.25)
"""One way, where no round trip was measured: what connections within a continent take."""
DISCIPLINED_DRIFT_PPM = 15.0
"""What it can be off by where the kernel says that a daemon corrects it."""
SHORTEST_LIFE_S = 300.0
"""Of an access token: a client by exp whose clock is ahead by more refreshes each one as it comes."""

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
    date_age_s: float = 0.0
    """By how much more this host may be behind the API, for its `Date` may be so old; inf: of any age."""
    issuer_ahead: Interval | None = None
    """The issuer's clock - its checkers' clock, within the service (login - api)."""
    issuer_pairs: "tuple[Pair, ...]" = ()
    """The same for each pair of their nodes, where a name has several clocks."""
    latency: Interval = LATENCY
    """One way: from reading the token for a request until the checker compares."""
    drift_ppm: float = DRIFT_PPM
    buffer_s: float = 0.0
    """What the client has now; 0: it refreshes at the deadline itself."""
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
    sign_for: str = "login"
    """Who checks what this host signs: `login`, `api`, or `ntp` for somebody else's service."""
    backdated_s: float = 0.0
    """How long before it is signed here a token's `iat` is dated."""
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
                return self.issuer_ahead, "login-api"
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
            return self.given, "skew"
        if measured is not None:
            return measured, reference
        return self.ntp, "local" if self.ntp is None else "ntp"


class Storm(NamedTuple):
    """New tokens that look due on arrival, so that each is refreshed at once."""

    level: Level
    share_low: float | None
    """Of new tokens; None where the skew or the lifetime isn't known."""
    share_high: float | None
    refreshes_low: float
    """In the life of one token; inf: each token is due as soon as it comes."""
    refreshes_high: float


class Judged(NamedTuple):
    """A token, judged."""

    findings: list[Finding]
    part: TokenPart
    inputs: Inputs
    """What its risks rest on."""


def inputs_of(case: Case, lifetime_s: float | None = None) -> Inputs:
    """Return what is known of the clocks; of a token that *lifetime_s* alone."""
    checked, issued = api_reading(case), None if case.api is None else case.api.survey.reading(Role.LOGIN)
    ahead = None if checked is None or issued is None else difference(checked, issued).fresh
    round_trip = None if checked is None else Interval(0.0, checked.min_rtt_s)
    return Inputs(
        lifetime_s,
        ntp=None if case.ntp is None else case.ntp.survey.consensus.interval,
        api=one_sided(checked),
        login=one_sided(issued),
        given=case.request.skew,
        date_age_s=0.0 if checked is None or checked.stale else checked.fresh.low_s - checked.interval.low_s,
        issuer_pairs=_pairs(case, issued, checked),
        issuer_ahead=ahead if ahead is not None and all(map(math.isfinite, ahead)) else None,
        latency=case.request.latency or round_trip or LATENCY,
        drift_ppm=DISCIPLINED_DRIFT_PPM if _disciplined(case.host) else DRIFT_PPM,
    )


def _pairs(case: Case, issued: DateReading | None, checked: DateReading | None) -> "tuple[Pair, ...]":
    if issued is None or checked is None or not case.looks:
        return ()
    from skewcheck.judge.nodes import pairs

    return pairs(issued, checked)


def api_reading(case: Case) -> DateReading | None:
    """Return what the API gave; None where it gave nothing or was not asked."""
    return None if case.api is None else case.api.survey.reading(Role.API) or case.api.survey.reading(Role.URL)


def one_sided(reading: DateReading | None) -> Interval | None:
    """Return the range that a `Date` gives; of one that may have any age only that this clock is behind, if it is."""
    if reading is None:
        return None
    found = reading.range
    return found if math.isfinite(found.low_s) or found.high_s < 0 else None


def _disciplined(host: HostFacts | None) -> bool:
    """Tell whether the kernel says that somebody corrects its clock."""
    if host is None or host.fake is not None or not isinstance(host.kernel, KernelClock):
        return False
    return not host.kernel.flagged_unsynchronised and host.kernel.max_error_s < KERNEL_LIMIT_S


def risks(inputs: Inputs) -> tuple[Risk, ...]:
    """Return premature expiry and future issue for each party, in the order of the parties."""
    return tuple(_risk(inputs, party, harm) for party in Party for harm in Harm)


def storm(inputs: Inputs) -> Storm:
    """Judge whether new tokens are due on arrival, with the buffer in use, for a client that refreshes by exp."""
    skew, _ = inputs.against(Party.LOCAL_VERIFY)  # login, which stamps exp
    if skew is None or inputs.lifetime_s is None:
        return Storm(Level.POSSIBLE, None, None, 0.0, math.inf)
    if math.isinf(inputs.lifetime_s):
        return Storm(Level.NONE, 0.0, 0.0, 0.0, 0.0)  # it has no exp
    span_s = inputs.lifetime_s - inputs.buffer_s
    ends = [(skew.low_s, inputs.latency.low_s), (skew.high_s, inputs.latency.high_s)]
    low, high = (_clamp(skew_s + latency_s + 1 - span_s) for skew_s, latency_s in ends)
    fewest, most = (_refreshes(inputs.lifetime_s, span_s - skew_s - latency_s - 0.5) for skew_s, latency_s in ends)
    return Storm(_level(Interval(low, high)), low, high, fewest, most)


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
    if party is Party.LOCAL_SIGN:
        allowed_s += inputs.backdated_s
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
    unless_nbf = checker.iat_or_nbf and inputs.nbf_after_iat_s is not None
    if checker.checks_iat is not False and inputs.stamp is not None and not unless_nbf:
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
    if inputs.issuer_pairs and party is Party.GATEWAY:
        return _of_all_pairs(inputs, harm)
    return (_premature if harm is Harm.PREMATURE_EXPIRY else _future)(inputs, party)


def _of_all_pairs(inputs: Inputs, harm: Harm) -> Interval | None:
    """Return what is refused of all, where each pair of nodes has a share and refuses its own part of that."""
    low = high = 0.0
    for share, ahead in inputs.issuer_pairs:
        part = _share(inputs._replace(issuer_ahead=ahead, issuer_pairs=()), Party.GATEWAY, harm)
        if part is None:
            return None
        low, high = low + share.low_s * part.low_s, high + share.high_s * part.high_s
    return Interval(low, min(1.0, high))


def _premature(inputs: Inputs, party: Party) -> Interval | None:
    if party is Party.REFRESH_BY_EXPIRES_IN or inputs.lifetime_s == math.inf:
        return _NEVER
    skew, _ = inputs.against(party)
    if skew is None:
        return None
    checker = checker_of(inputs, party)
    behind = Interval(-skew.high_s, -skew.low_s)
    if party is Party.REFRESH_BY_EXP:
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
    good_s = min(lives) + checker.expiry_leeway - inputs.backdated_s
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
    return Risk(party, harm, level, low, high, skew, reference)


def _level(share: Interval | None) -> Level:
    if share is None:
        return Level.POSSIBLE
    if share.high_s == 0:
        return Level.NONE
    return Level.CERTAIN if share.low_s > 0 else Level.POSSIBLE


# --- What the parties see of the clock that is off ---

_AGAINST_API = (Who.API, Who.SHARED, Who.OPEN, Who.BY_API_ALONE)
"""Where it is the difference to the API that does harm, and that the answer is about."""
_HARMLESS = ("none", "early-refresh")


def effects(case: Case, judged: Judged | None) -> tuple[Effect, ...]:
    """Return who is harmed by the clock that is off and what he sees of it; nobody where none is, beyond the limit.

    With a token, judged, those alone who refuse tokens of its kind.
    """
    return (*_of_the_skew(case, judged), *_of_the_issuer(case))


def _of_the_skew(case: Case, judged: Judged | None) -> list[Effect]:
    off = _what_is_off(case)
    if off is None:
        return []
    skew, estimate_s = off
    seen = _ahead(case, skew, estimate_s, judged) if estimate_s > 0 else _behind(case, skew, estimate_s)
    if case.who is Who.API:  # who counts or comes early has no harm of a clock that isn't his
        seen = [effect for effect in seen if effect.id not in (*_HARMLESS, "signed-old")]
    if case.who is Who.BOTH:
        seen = _late_for_both(case, seen)
    return seen if judged is None else [effect for effect in seen if _is_seen(effect, judged.inputs)]


def _what_is_off(case: Case) -> tuple[Interval, float] | None:
    """Return the skew that does harm, and its estimate: this host's clock against UTC's or the API's."""
    given, reading = case.request.skew, api_reading(case)
    if given is not None:
        off = judge(given.middle_s, given, Basis.SINGLE, case.limits).status in OFF
        return (given, given.middle_s) if off else None
    if case.who is Who.NTP:
        return None  # this host and the API, which it is for, agree
    found = []
    if case.ntp is not None and case.ntp.judgement.status in OFF:
        consensus = case.ntp.survey.consensus
        if consensus.interval is not None and consensus.skew_s is not None:
            found.append((consensus.interval, consensus.skew_s))
    if case.api is not None and case.api.judgement.status in OFF and reading is not None:
        found.insert(0 if case.who in _AGAINST_API else len(found), (_against(reading), reading.skew_s))
    return next((off for off in found if not off[0].holds_zero), None)  # of no direction nothing follows


def _against(reading: DateReading) -> Interval:
    """Return its range; of a clock that is behind it how far at most, whatever that `Date`'s age."""
    behind = reading.range.high_s < 0
    return reading.range._replace(low_s=low_at_any_age(reading)) if behind else reading.range


def _late_for_both(case: Case, seen: list[Effect]) -> list[Effect]:
    """Return what is seen where the API's clock is off, too: its tokens end by its clock, whatever UTC is."""
    reading = api_reading(case)
    if reading is None or (by_api := _against(reading)).high_s >= 0:
        return [effect for effect in seen if effect.id not in _HARMLESS]
    late = Effect(Party.REFRESH_BY_EXP, "late-refresh", (("late_s", finite(-by_api.low_s)),))
    others = [effect for effect in seen if effect.party is not Party.REFRESH_BY_EXP and effect.id not in _HARMLESS]
    return [late, *others]


def _behind(case: Case, skew: Interval, estimate_s: float) -> list[Effect]:
    return [
        Effect(Party.REFRESH_BY_EXP, "late-refresh", (("late_s", finite(-skew.low_s)),)),
        Effect(Party.REFRESH_BY_EXPIRES_IN, "none"),
        Effect(Party.LOCAL_VERIFY, "future-here"),
        Effect(Party.LOCAL_SIGN, "signed-old", _size(case, skew, estimate_s)),
    ]


def _ahead(case: Case, skew: Interval, estimate_s: float, judged: Judged | None) -> list[Effect]:
    early = _size(case, skew, estimate_s)
    life_s = None if judged is None else judged.inputs.lifetime_s
    storms = estimate_s > (SHORTEST_LIFE_S if life_s is None else life_s)
    return [
        Effect(Party.LOCAL_SIGN, "signed-future", (("up_to_s", finite(skew.high_s)),)),
        Effect(Party.LOCAL_VERIFY, "expired-here", early),
        Effect(Party.REFRESH_BY_EXP, "storm") if storms else Effect(Party.REFRESH_BY_EXP, "early-refresh", early),
    ]


def _size(case: Case, skew: Interval, estimate_s: float) -> Facts:
    """Return the one number for a clock: the estimate; of a range that is wider than the limit its far end."""
    if skew.width_s <= case.limits.warning_s:
        return (("early_s", abs(estimate_s)),)
    return (("up_to_s", finite(abs(skew.farthest_from_zero()))),)


def _is_seen(effect: Effect, inputs: Inputs) -> bool:
    """Tell whether anybody of that party sees it with tokens of the kind that was judged."""
    if inputs.opaque and effect.party is Party.REFRESH_BY_EXP and effect.id != "late-refresh":
        return False  # it has no exp to come early by; a time of day that was kept for it can be late all the same
    if effect.id in (*_HARMLESS, "storm"):
        return True
    return any(_risk(inputs, effect.party, harm).level is not Level.NONE for harm in Harm)


def _one_node_alone(case: Case) -> bool:
    """Tell whether all that differs is one clock of one host: who reaches it is who is refused."""
    several = [reading for _, reading in case.readings if reading.nodes is not None and len(reading.nodes.clocks) > 1]
    return len(several) == 1 and [look.several for look in case.looks] == [False]


def _of_nodes_ahead(case: Case, inputs: Inputs) -> list[Effect]:
    """Return for which share of requests a token meets a clock that is surely ahead of its issuer's by a limit."""
    met = [pair for pair in inputs.issuer_pairs if pair.ahead.high_s <= -case.limits.warning_s]
    if not met:
        return []
    low, high = (sum(ends) for ends in zip(*(pair.share for pair in met), strict=True))
    farthest_s = max(-pair.ahead.low_s for pair in met)
    facts = (("up_to_s", finite(farthest_s)), ("share_low", low), ("share_high", min(1.0, high)))
    return [Effect(Party.GATEWAY, "gateway-nodes-expired", facts)]


def _of_the_issuer(case: Case) -> list[Effect]:
    """Return what the service does to its own tokens where its issuer's clock and its checkers' differ."""
    apart = None if case.api is None else case.api.issuer_ahead
    if apart is None:
        return []
    inputs = inputs_of(case)
    found = _risk(inputs, Party.GATEWAY, Harm.FUTURE_ISSUED)
    shares = (("share_low", found.share_low), ("share_high", found.share_high))
    if inputs.issuer_pairs:
        if found.share_low and _one_node_alone(case):  # `api-nodes-differ` has that share
            return [Effect(Party.GATEWAY, "gateway-node")]
        early = _of_nodes_ahead(case, inputs)
        first = found.share_low if early else found.share_high
        return [*early, *([Effect(Party.GATEWAY, "gateway-nodes", shares)] if first else [])]
    if case.issuer_status not in OFF:
        return []
    if apart.skew_s < 0:
        return [Effect(Party.GATEWAY, "gateway-expired", _size(case, apart.fresh, apart.skew_s))]
    return [Effect(Party.GATEWAY, "gateway-future", shares)]
