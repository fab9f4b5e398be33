"""A token judged: its times against true time, what is wrong with it, and what this host's clock does to its kind.

Whole ranges decide: where true time is known so coarsely that a limit lies inside, that is left open. True time is what
NTP shows, else what the API's clock says, which is another clock and no more: where that alone and this host's differ
on a token, neither is blamed. Offline this host's clock is what the user wants it judged by.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from skewcheck.judge import advice, given, risk
from skewcheck.judge.case import Case, Facts, Who, finite, moved_since, skew_facts
from skewcheck.judge.given import (
    LONGEST_LIFE_S,
    counts_otherwise,
    in_themselves,
    life_of,
    named,
    nbf_after_iat_s,
    stamp_of,
)
from skewcheck.judge.host import SUMMER_S, ZONES_S, zone_of
from skewcheck.judge.risk import Inputs, Judged, api_reading, inputs_of, one_sided, risks
from skewcheck.judge.severity import OFF, judge, worse
from skewcheck.judge.verifiers import Ask, Stamp, Verifier, times_unreadable, verdict, verifier
from skewcheck.model import (
    Basis,
    ClaimState,
    Fact,
    Finding,
    Interval,
    Level,
    Moment,
    Pace,
    Party,
    Recommended,
    Status,
    Token,
    TokenKind,
    TokenPart,
    VerifierVerdict,
)

SURELY_REFUSED_S = 1.0
"""So far in the future a token is refused by every strict verifier, whatever rounding there is."""
JUST_ISSUED_S = 60.0
"""A token that is pasted to find out why it fails was mostly issued within the last minute."""
COUNTED_S = 1.0
"""How much later than its whole-second iat a token may have been issued, or earlier than it says may end."""

_HIDES_THE_TIMES = (
    "nested", "payload-unreadable", "payload-not-an-object", "payload-stops", "detached-payload"
)  # fmt: skip
_HARMLESS = ("unsigned", "signature-redacted")
"""Oddities that stand in the token's own facts and are no finding: they say nothing of time, and nobody cut it."""
_BESIDE = ("token-other", "genesys-credentials", "genesys-rate-limit")
"""What is found beside a token that may be valid all the same."""
_REFUSED = ("token-expired", "token-expired-unseen", "token-future-issued", "token-not-yet-valid")
"""Those that all of true time's range decides."""


class _Skew(NamedTuple):
    """What true time rests on: this host's clock against another."""

    by: str
    """`ntp`, `api`, `skew`; `at`: there is no clock in it, for the time is given."""
    interval: Interval
    estimate_s: float
    severity: Status


class _Known(NamedTuple):
    """All that a finding of a token rests on."""

    case: Case
    token: Token
    at_s: float
    skew: _Skew | None
    inputs: Inputs
    true_time: Interval | None
    recommended: Recommended | None
    verdicts: tuple[VerifierVerdict, ...]
    now_s: float
    """By this host's clock; `at_s` is another time where --at is given."""

    @property
    def by(self) -> str:
        """What true time rests on."""
        return "local" if self.skew is None else self.skew.by

    @property
    def severity(self) -> Status:
        """How bad this host's clock is by that; ok where nothing was measured."""
        return Status.OK if self.skew is None else self.skew.severity

    @property
    def blames_host(self) -> bool:
        """Tell whether this host's clock is the wrong one where it and true time differ on a token."""
        return self.by == "skew" or (self.by == "ntp" and self.case.voted and self.case.who is not Who.OPEN)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The times that the token names, those that can be read."""
        claims = ((claim.name, claim.value_s) for claim in self.token.claims)
        named = [(name, at_s) for name, at_s in (*claims, ("deadline", self.token.deadline_s)) if at_s is not None]
        return (*(self.at(at_s, name) for name, at_s in named), *self._counted())

    def at(self, at_s: float, name: str = "exp") -> Moment:
        """Return a time against both clocks."""
        true = self.true_time
        left = None if true is None else Interval(at_s - true.high_s, at_s - true.low_s)
        return Moment(name, at_s, at_s - self.at_s, left)

    def _counted(self) -> tuple[Moment, ...]:
        """Return the end that the response names, counted on this clock: how wrong that is does not matter.

        It comes up to a second earlier, for the server counts whole ones, and by the time that the answer took.
        """
        lifetime_s, obtained_s = self.token.expires_in_s, self.token.obtained_at_s
        if lifetime_s is None or obtained_s is None or obtained_s > self.at_s:
            return ()
        here_s = obtained_s + lifetime_s - self.at_s
        true = Interval(here_s - COUNTED_S - self.inputs.latency.high_s, here_s)
        return (Moment("expires_in", obtained_s + lifetime_s, here_s, true),)

    def moment(self, name: str) -> Moment | None:
        """Return that time, if it is there and counts seconds."""
        if any(claim.name == name and counts_otherwise(claim) for claim in self.token.claims):
            return None
        return next((moment for moment in self.moments if moment.name == name), None)

    @property
    def expiry(self) -> Moment | None:
        """When the token ends: its exp, else what the response says; None where neither is known to be right."""
        return self.moment("exp") or self.moment("expires_in") or self.moment("deadline")

    def span(self, moment: Moment) -> Interval | None:
        """Return how far from now it is, by what the token is judged by; None: by nothing, for nobody answered."""
        if moment.true is None and self.case.request.offline:
            return Interval(moment.here_s, moment.here_s)
        return moment.true


_Finder = Callable[[_Known], list[Finding]]


def judged(case: Case, token: Token, at_s: float, replays: Mapping[str, Ask]) -> Judged:
    """Return the token judged at *at_s* of this host's clock; *replays* are verifiers that can be run, by name."""
    rows, leeway_s = [verifier(name) for name in case.request.verifiers], case.request.leeway_s
    rows = advice.with_signer(case.request, rows)
    if leeway_s is not None:
        rows = [row._replace(checker=row.checker.with_leeway(leeway_s)) for row in rows]
    now_s, at_s = at_s, at_s if case.request.at_s is None else case.request.at_s
    skew, inputs = _skew(case, at_s), _inputs(case, token, at_s, rows)
    deadline = advice.Deadline.EXP if token.exp.state is ClaimState.USABLE else advice.Deadline.FROM_ANSWER
    recommended = advice.recommend(inputs, deadline)
    if recommended is not None and recommended.buffer_s is None and token.lifetime_s is None:
        recommended = None  # what is left of a life is too short for a buffer: all of it may be long
    true_time = None if skew is None else _behind(at_s, skew.interval)
    verdicts = tuple(
        verdict(token, row, advice.own_time(inputs, row, at_s), true_time, replays.get(row.name))
        for row in dict.fromkeys(rows)
    )
    known = _Known(case, token, at_s, skew, inputs, true_time, recommended, verdicts, now_s)
    found = [finding for finder in _FINDERS for finding in finder(known)]
    of_the_issuer = _of_the_issuer(known, found)
    if any(finding.id == "token-zone" for finding in of_the_issuer):
        found = [finding for finding in found if finding.id != "token-obtained-early"]
    found = [*of_the_issuer, *found]
    if all(finding.status is Status.OK for finding in found):
        found = [*_refused(verdicts), *found]
    status = worse(Status.OK, *(finding.status for finding in found))
    if status is Status.OK or all(finding.id in _BESIDE for finding in found if finding.status is not Status.OK):
        found += _valid(known)
    of_a_kind = token.kind is not TokenKind.MESSAGE and case.request.at_s is None
    dead = not of_a_kind or any(finding.id == "token-expired" for finding in found)
    part = TokenPart(
        token=token,
        judged_by=known.by,
        judged_at_s=at_s,
        true_time=true_time,
        moments=known.moments,
        latency=inputs.latency,
        latency_measured=case.request.latency is None and inputs.latency != risk.LATENCY,
        drift_ppm=inputs.drift_ppm,
        risks=() if dead else risks(inputs),
        recommended=None if dead else recommended,
        verifiers=verdicts,
        latency_given=case.request.latency is not None,
        status=status,
        signing=advice.datings(rows, inputs, token, at_s),
    )
    return Judged([*found, *_of_the_clock(known)], part, inputs)


def _refused(verdicts: tuple[VerifierVerdict, ...]) -> list[Finding]:
    """Tell of a verifier that refuses what is fine otherwise: the user asked what it says."""
    return [
        Finding(
            "verifier-refuses",
            Status.WARNING,
            (("verifier", verdict.name), ("why", verdict.why if verdict.accepts_now is False else None)),
        )
        for verdict in verdicts
        if False in (said := (verdict.accepts_now, verdict.accepts_by_true_time)) and True not in said
    ]


# --- What it rests on ---


def _skew(case: Case, at_s: float) -> _Skew | None:
    """Return what true time rests on: what was assumed, else NTP, else the API's clock, else nothing.

    Since it was measured the clock may have moved, in the seconds that the other measurement took longer.
    """
    given = case.request.skew
    if given is not None:
        return _Skew("skew", given, given.middle_s, judge(given.middle_s, given, Basis.SINGLE, case.limits).status)
    if case.request.at_s is not None:
        return _Skew("at", Interval(0.0, 0.0), 0.0, Status.OK)
    if any(run.pace is Pace.OPEN for run in case.runs):
        return None
    if case.ntp is not None and case.who is not Who.NTP:
        found = case.ntp.survey.consensus
        if found.interval is not None and found.skew_s is not None:
            interval = found.interval.widened(moved_since(case.ntp.survey.local, case.runs, at_s))
            return _Skew("ntp", interval, found.skew_s, case.ntp.judgement.status)
    return _by_api(case, at_s)


def _by_api(case: Case, at_s: float) -> _Skew | None:
    """Return how far this host's clock is from the API's; None where that isn't known."""
    reading = api_reading(case)
    side = one_sided(reading)
    if case.api is None or reading is None or side is None:
        return None
    since = side.widened(moved_since(case.api.survey.local, case.runs, at_s))
    return _Skew("api", since, reading.skew_s, case.api.judgement.status)


def _behind(local_s: float, skew: Interval) -> Interval:
    """Return the time of day of a clock against which the local one, at *local_s*, is off by *skew*."""
    return Interval(local_s - skew.high_s, local_s - skew.low_s)


def _inputs(case: Case, token: Token, at_s: float, rows: list[Verifier]) -> Inputs:
    """Return what the shares and the buffer depend on; of several verifiers for one place the first counts."""
    inputs, leeway_s = inputs_of(case), case.request.leeway_s
    inputs = inputs._replace(
        lifetime_s=life_of(token, at_s, inputs.given or inputs.api or inputs.ntp),
        opaque=token.opaque,
        stamp=stamp_of(token),
        nbf_after_iat_s=nbf_after_iat_s(token),
        exp_fraction_s=0.0 if token.exp.value_s is None else token.exp.value_s % 1,
    )
    if leeway_s is not None:
        named = inputs.checker_here.with_leeway(leeway_s)
        inputs = inputs._replace(checker_here=named, checker_there=named, checker_of_ours=named)
    for row in reversed(rows):
        inputs = advice.signed_by(inputs.checked_by(row), row, token, at_s)
    return inputs


# --- What can't be read ---


def _unread(known: _Known) -> list[Finding]:
    token = known.token
    cut = next((odd for odd in token.oddities if odd.id == "signature-cut"), None)
    detail = token.detail
    if token.kind is TokenKind.TRUNCATED:
        return [Finding("token-cut", Status.UNKNOWN, (("part", None), ("length", token.length), ("detail", detail)))]
    if cut is not None:  # by whoever copied it, or it is sent like that and refused: that can't be told
        facts = (("part", "signature"), ("length", token.length), ("detail", cut.summary))
        return [Finding("token-cut", Status.UNKNOWN, facts)]
    if token.kind is TokenKind.JWE:
        return [Finding("token-encrypted", Status.UNKNOWN, (("detail", detail),))]
    return []


def _opaque(known: _Known) -> list[Finding]:
    token, request = known.token, known.case.request
    if not token.opaque:
        return []
    tells = not request.offline or token.expires_in_s is not None or token.deadline_name is not None
    facts = (
        ("expires_in_s", token.expires_in_s),
        ("clock_bound_s", _clock_bound_s(known)),
        ("unchecked", True if request.offline else None),
        ("api_unasked", _api_unasked(known)),
    )
    return [Finding("token-opaque", Status.OK if tells else Status.UNKNOWN, facts)]


def _malformed(known: _Known) -> list[Finding]:
    """Tell of what makes some verifier refuse the token whatever the time is, or hides its times."""
    hidden = times_unreadable(known.token)
    found = [
        Finding(
            "token-malformed",
            Status.UNKNOWN if odd.id in _HIDES_THE_TIMES and hidden else Status.WARNING,
            (("oddity", odd.id), ("detail", odd.summary), ("claims", None), ("shown", None)),
        )
        for odd in known.token.oddities
        if odd.id not in (*_HARMLESS, "signature-cut")
    ]
    unusable = [claim for claim in known.token.claims if claim.state is ClaimState.UNUSABLE]
    if unusable and not hidden:
        facts = (("oddity", "no-time"), ("detail", None), *named(unusable))
        found.append(Finding("token-malformed", Status.WARNING, facts))
    return found


# --- Its times, against true time and against this clock ---


_ENDS = ("exp", "expires_in", "deadline")
_IDS = {
    "exp": ("token-expired", "token-expired-here"),
    "expires_in": ("token-expired", "token-expired-here"),
    "deadline": ("token-expired", "token-expired-here"),
    "nbf": ("token-not-yet-valid", "token-early-here"),
    "iat": ("token-future-issued", "token-early-here"),
}
"""For each time: what it is refused for by true time, and by this clock alone."""


def _times(known: _Known) -> list[Finding]:
    """Tell of an end that is past, and of a begin that is still to come."""
    moments = [known.expiry, known.moment("nbf"), known.moment("iat")]
    return [finding for moment in moments if moment is not None for finding in _time(known, moment)]


def _time(known: _Known, moment: Moment) -> list[Finding]:
    refused, here_only = _IDS[moment.name]
    span, here = known.span(moment), _refuses(moment, moment.here_s)
    if span is None:  # nobody answered
        own, way = Interval(moment.here_s, moment.here_s), "ended" if moment.name in _ENDS else "begins"
        return [_found(known, "token-open", Status.UNKNOWN, moment, own, within_s=None, unchecked=way)] if here else []
    first, last = _refuses(moment, span.low_s), _refuses(moment, span.high_s)
    if first is not last:
        within_s = finite(abs(span.farthest_from_zero()))
        return [_found(known, "token-open", Status.UNKNOWN, moment, span, within_s=within_s, unchecked=None)]
    if not first and not here:
        return []
    surely = moment.name in _ENDS or span.low_s >= SURELY_REFUSED_S
    if first and (still_s := _still_taken_s(known, moment)):
        return [_found(known, "token-life-over", Status.WARNING, moment, span, still_s=still_s)]
    status = known.severity if not first else Status.CRITICAL if surely else Status.WARNING
    if first is not here and not known.blames_host and not (first and known.severity is Status.OK):
        other = known.case.api.survey.first.host if known.by == "api" and known.case.api is not None else "NTP"
        differ = {"other": other, "fine_here": None if here else True}
        return [_found(known, "token-clocks-differ", status, moment, span, **differ)]
    if not first:
        return [_found(known, here_only, status, moment, span)]
    if moment.name not in _ENDS:
        ours = advice.signed_for(known.case.request) is not None
        return [_found(known, refused, status, moment, span, **given.stamped(known.by, ours=ours))]
    id_ = refused if here or not known.blames_host else "token-expired-unseen"
    return [_found(known, id_, status, moment, span, **_lenient(known, moment, span))]


def _there(known: _Known) -> list[Finding]:
    """Tell that the API, by its own clock, refuses what is fine by UTC; what a server counts is fine by any clock."""
    skew = _by_api(known.case, known.at_s)
    if known.by != "ntp" or skew is None:
        return []
    there = known._replace(skew=skew, true_time=_behind(known.at_s, skew.interval))
    checker, found = known.inputs.checker_there, []
    begin = given.later(there.moment("nbf"), there.moment("iat"))
    for moment in (there.moment("exp"), begin):
        if moment is None or (left := moment.true) is None:
            continue
        ends = moment.name in _ENDS
        slack_s = checker.expiry_leeway if ends else -checker.future_leeway(known.inputs.stamp or Stamp.CUT)
        by_utc = known.span(known.at(moment.at_s)) or left
        if not all(_refuses(moment, left_s + slack_s) for left_s in left):
            continue
        if all(_refuses(moment, left_s) for left_s in by_utc):
            continue
        status = Status.CRITICAL if ends or left.low_s >= SURELY_REFUSED_S else Status.WARNING
        found.append(_found(there, "token-refused-there", status, moment, left))
    return found


def _still_taken_s(known: _Known, end: Moment) -> float | None:
    """Return how long at least a server takes what is over by its own end; None: it doesn't, or that can't be told."""
    until_s = known.token.taken_until_s
    left = known.span(known.at(until_s)) if until_s is not None and end.name in _ENDS else None
    return finite(left.low_s) if left is not None and left.low_s > 0 else None


def _refuses(moment: Moment, left_s: float) -> bool:
    """Tell whether who checks a token so long before that time refuses it for that."""
    return left_s <= 0 if moment.name in _ENDS else left_s > 0


def _found(known: _Known, id_: str, status: Status, moment: Moment, span: Interval, **more: Fact) -> Finding:
    """Return that finding with the moment's figures: how far from now it is, below 0 where it is past."""
    facts: Facts = (
        ("claim", moment.name),
        ("claim_at_s", moment.at_s),
        ("left_low_s", finite(span.low_s)),
        ("left_high_s", finite(span.high_s)),
        ("here_s", moment.here_s),
        ("by", known.by),
        *more.items(),
    )
    return Finding(id_, status, facts)


def _lenient(known: _Known, end: Moment, span: Interval) -> dict[str, Fact]:
    """Return who still takes an expired token by his leeway, were his clock right; nobody of what a server counts."""
    who, leeway_s = None, known.case.request.leeway_s
    if end.name == "exp":
        for said in reversed(known.verdicts):
            if said.accepts_now if known.case.request.offline else said.accepts_by_true_time:
                who, leeway_s = said.name, said.leeway_s
        if not known.verdicts and leeway_s is not None and span.low_s + leeway_s > 0:
            who = "--leeway"
    return {"within_leeway": who, "leeway_s": None if who is None else leeway_s}


def _given(known: _Known) -> list[Finding]:
    """Tell what stands beside the token, or in its place."""
    begin = given.later(known.moment("iat"), known.moment("nbf"))
    left_s = given.valid_for_s(known.span, begin, known.expiry)
    return [
        *given.message(known.token),
        *given.others(known.token, lambda at_s: known.span(known.at(at_s)), left_s),
        *given.surroundings(known.token, known.now_s, known.case.request.at_s, begin, known.expiry),
    ]


# --- What no new token mends: as bad as what it is refused for ---


def _of_the_issuer(known: _Known, found: list[Finding]) -> list[Finding]:
    """Return what the issuer does wrong with each token, where that is why this one is refused."""
    refused = [finding.status for finding in found if finding.id in _REFUSED]
    return [*_zone(known, refused), *_lifetime(known)]


def _zone(known: _Known, refused: list[Status]) -> list[Finding]:
    """Tell of an issue time that is as far off as a time zone is: a local time that was taken for UTC."""
    issued, skew, token = known.moment("iat"), known.skew, known.token
    if issued is None or issued.true is None or skew is None or not issued.true.width_s < JUST_ISSUED_S:
        return []
    if zone_of(skew.interval) is not None and skew.by != "skew":
        return []  # this clock's own, and whoever stamps by it writes such times
    if not known.blames_host and skew.severity is not Status.OK:
        return []
    own_s = None if known.case.host is None else known.case.host.zone.utc_offset_s
    if token.obtained_at_s is not None and token.obtained_at_s <= known.at_s:
        age_s = known.at_s - token.obtained_at_s
        off_s = zone_of(Interval(issued.true.low_s + age_s, issued.true.high_s + age_s + COUNTED_S))
        sure = True
    elif known.by == "at":
        return []  # the time that is given is as likely to be of another zone
    else:
        far_s = next((zone_s for zone_s in ZONES_S if zone_s >= issued.true.high_s), 0)
        fits = issued.true.low_s > 0 and far_s - issued.true.low_s <= JUST_ISSUED_S
        off_s, sure = (far_s if fits else None), False
    if not off_s:
        return []
    summers = (-SUMMER_S, 0, SUMMER_S)
    own = own_s and abs(off_s) in {abs(own_s + summer_s) for summer_s in summers} - {0}
    likely = sure or own
    facts = (
        ("claim", "iat"),
        ("off_s", abs(off_s)),
        ("off_way", "ahead" if off_s > 0 else "behind"),
        ("how", "likely" if likely else "possibly"),
        ("utc_offset_s", own_s),
    )
    return [Finding("token-zone", worse(Status.WARNING, *refused) if likely else Status.WARNING, facts)]


def _lifetime(known: _Known) -> list[Finding]:
    """Tell of a life that no issuer can mean."""
    token = known.token
    life_s, begin_s, end_s = token.lifetime_s, token.nbf.value_s, token.exp.value_s
    if life_s is None or any(map(counts_otherwise, token.claims)):
        return []
    if life_s <= 0:
        why: str | None = "never-valid"
    elif begin_s is not None and end_s is not None and begin_s >= end_s:
        why = "nbf-after-exp"
    elif life_s > LONGEST_LIFE_S:
        why = None
    else:
        return []
    status = Status.WARNING if why is None else Status.CRITICAL
    return [Finding("token-lifetime", status, (("lifetime_s", life_s), ("why", why)))]


# --- What this clock does to tokens of this kind ---


def _storm(known: _Known) -> list[Finding]:
    """Tell of new tokens that look due on arrival by this clock, with no buffer, and with the one most clients have.

    No exp is in an opaque token that a clock could be held against; and a short life is no fault of the clock's.
    """
    inputs = known.inputs
    skew, _ = inputs.against(Party.LOCAL_VERIFY)
    for buffer_s in (inputs.buffer_s, advice.HABIT_S):
        if inputs.opaque or skew is None or not inputs.lifetime_s or inputs.lifetime_s <= buffer_s:
            continue
        storm = risk.storm(inputs._replace(buffer_s=buffer_s))
        if not storm.share_high or risk.storm(inputs._replace(buffer_s=buffer_s, given=Interval(0.0, 0.0))).share_high:
            continue
        sure = storm.level is Level.CERTAIN and buffer_s == inputs.buffer_s
        facts = (
            ("buffer_s", buffer_s),
            ("share_low", storm.share_low),
            ("share_high", storm.share_high),
            ("refreshes_low", finite(storm.refreshes_low)),
            ("refreshes_high", finite(storm.refreshes_high)),
        )
        return [Finding("refresh-storm", Status.CRITICAL if sure else Status.WARNING, facts)]
    return []


def _no_buffer(known: _Known) -> list[Finding]:
    told = known.recommended
    line = None if told is None or told.buffer_s is not None else advice.largest(told)
    if told is None or line is None:
        return []
    facts = (
        ("needed_s", finite(told.needed_s)),
        ("half_s", (known.inputs.lifetime_s or 0.0) / 2),
        ("largest", line.what),
        ("largest_s", finite(line.seconds)),
    )
    return [Finding("no-buffer-helps", Status.WARNING, facts)]


def _valid(known: _Known) -> list[Finding]:
    """Tell that nothing is wrong with the times of a token that has some."""
    end = known.expiry
    if end is None:
        return []
    span = known.span(end) or Interval(end.here_s, end.here_s)
    facts = (
        ("claim", end.name),
        ("left_low_s", finite(span.low_s)),
        ("left_high_s", finite(span.high_s)),
        ("clock_bound_s", _clock_bound_s(known)),
        ("by", known.by),
        ("api_unasked", _api_unasked(known)),
    )
    return [Finding("token-valid", Status.OK, facts)]


def _clock_bound_s(known: _Known) -> float | None:
    """Return how far this clock is from UTC at most, where it is measured to be right."""
    right = known.skew is not None and known.by == "ntp" and known.severity is Status.OK
    return finite(abs(known.skew.interval.farthest_from_zero())) if known.skew is not None and right else None


def _api_unasked(known: _Known) -> bool | None:
    request = known.case.request
    return None if request.asks_api or request.asks_nobody else True


def _of_the_clock(known: _Known) -> list[Finding]:
    """Tell what the verdict rests on where it isn't a measurement, and what outlives the mending of this clock."""
    skew = known.skew
    if skew is None:
        return []
    if skew.by == "skew":
        facts = skew_facts(skew.estimate_s, skew.interval, known.case.limits.warning_s)
        jwt = known.token.has_claims or known.case.request.verifiers
        more = (("is_off", True if skew.severity in OFF else None), ("jwt", True if jwt else None))
        return [Finding("skew-assumed", skew.severity, (*facts, *more))]
    if not known.blames_host or skew.severity not in OFF or skew.interval.holds_zero:
        return []
    return [Finding("drop-old", Status.OK, (("late_s", finite(max(0.0, skew.interval.high_s))),))]


_FINDERS: tuple[_Finder, ...] = (
    _unread,
    _opaque,
    _malformed,
    _times,
    _there,
    lambda known: given.obtained_later(known.token, known.at_s),
    lambda known: given.obtained_early(known.token),
    _given,
    lambda known: in_themselves(known.token),
    _storm,
    _no_buffer,
)
