"""The first two lines and the last about a token: the verdict, what it means, and what to do next."""

import math
from collections.abc import Callable, Mapping, Sequence

from skewcheck.judge import token as of_token
from skewcheck.judge.sentence import FELT_S, NOT_SKEW, WORDS, effect, late_text, whose
from skewcheck.judge.severity import worse
from skewcheck.judge.token_case import BY_API, BY_ASSUMPTION, BY_NTP, Case
from skewcheck.judge.token_claims import CUT_SHORT, never_valid
from skewcheck.judge.token_clock import clock_words
from skewcheck.judge.token_words import exact_words, size_words, when_words
from skewcheck.model import (
    Finding,
    Interval,
    Moment,
    NextStep,
    Report,
    Status,
    TokenKind,
)
from skewcheck.quantity import duration_text, size_text

_BY = {BY_NTP: "by true time", BY_API: "by the API's clock", BY_ASSUMPTION: "by true time"}
_LED_BY_THE_CLOCK = ("token-expired-here", "token-not-yet-valid-here", "token-future-issued-here")
_ANNOUNCED = (
    "token-truncated", "token-encrypted", "token-unreadable", "obtained-in-future", "token-expired",
    "token-not-yet-valid", "token-future-issued", "unit-milliseconds", "unit-microseconds", "unit-nanoseconds",
    "token-lifetime", "token-unusable-time", "token-no-exp",
)  # fmt: skip
"""Findings that the first line is about, the first one that there is at its worst."""

_SAID = {
    "token-truncated": "the token is cut: what there is of it can't be judged",
    "token-encrypted": "the token is encrypted (JWE): its times can't be read from outside",
    "token-unreadable": "the token's times can't be read",
    "obtained-in-future": "by this clock the token was obtained in the future: what is left of its life can't be told",
    "token-no-exp": "the token has no exp: by itself it never expires",
    "token-lifetime": "the token's lifetime can't be meant",
}

_OF_CLAIMS = {
    "token-unusable-time": ("is no time, and verifiers refuse it", "are no times, and verifiers refuse it"),
    **{
        f"unit-{unit}": (f"counts {unit} instead of seconds", f"count {unit} instead of seconds")
        for unit in ("milliseconds", "microseconds", "nanoseconds")
    },
}
"""What is said of one claim, and of several."""

_OVER = "For a token: this one is over by every clock here. It takes a new one; no buffer and no leeway helps it."
_OVER_UNSEEN = (
    "For a token: whoever on this host goes by exp keeps sending one that is over: 401s until the clock is right, or "
    "the client refreshes earlier."
)
_THROWN_AWAY = (
    "For a token: servers with a right clock still take it; whoever on this host goes by exp throws it away {size} too "
    "early, and a verifier here refuses it."
)
_REFUSED_HERE = (
    "For a token: servers with a right clock take it; a strict verifier on this host refuses it as issued in the "
    "future, and will take it {size} later."
)
_REFUSED_THERE = (
    "For a token: whoever checks that, with a right clock and without leeway, refuses it now and takes it later. It "
    "takes a right clock where it was issued, and then a new token."
)
_UNMEASURED = "For a token: whether anybody refuses it depends on clocks that were not measured."
_OF_THE_TOKEN = {
    "token-truncated": "For a token: one that was cut is refused by everybody. Copy it whole, or give it by a file.",
    "token-encrypted": "For a token: only who has the key reads its times; the response around it may tell expires_in.",
    "token-unreadable": "For a token: a verifier that can't read it refuses it, whatever the time is.",
    "token-no-exp": "For a token: nobody refreshes one that names no end, and many verifiers refuse it for that.",
    "token-unusable-time": "For a token: no clock mends that; whoever issues it has to.",
    "token-lifetime": "For a token: no clock mends that; whoever issues it has to.",
    **dict.fromkeys(
        ("unit-milliseconds", "unit-microseconds", "unit-nanoseconds"),
        "For a token: to a verifier such a time lies thousands of years ahead. No clock mends that; the issuer has to.",
    ),
}
_OPAQUE_AND_BEHIND = (
    "For a token: a client that counts expires_in does not feel this clock; one that goes by another host's time of "
    "day, with a buffer below {size}, can come too late: 401s at the end of each token's life. What this host signs "
    "arrives that much older."
)
_ALL_AGREE = (
    "For a token: this clock agrees with UTC, and with the API as far as its Date tells, so well that it is an "
    "unlikely cause of a 401."
)


_THAT_IS_NOT_SKEW = ": that is not clock skew"
_BY_WHOLE_RANGE = ("token-expired", "token-not-yet-valid", "token-future-issued")


def proven(case: Case, found: Sequence[Finding]) -> bool:
    """Tell whether the status is: by what was measured of the clocks, or by what all of true time's range says."""
    clock, overall = case.clock, status(case, found)
    if clock is None:
        return False
    if clock.status is overall:
        return clock.proven
    decided = any(finding.id in _BY_WHOLE_RANGE and finding.status is overall for finding in found)
    counted = case.expiry is not None and case.expiry.name == "expires_in"
    majority = case.judged_by == BY_NTP and "majority-honest" in clock.assumes
    return decided and majority and not counted and overall is not Status.UNKNOWN


def status(case: Case, found: Sequence[Finding]) -> Status:
    """Return the worst of what was found of the clocks and of the token."""
    return worse(case.clock_status, *(finding.status for finding in found))


def verdict(case: Case, found: Sequence[Finding]) -> str:
    """Return the first line: the verdict word, two spaces, the token or the clock first, whichever is worse."""
    overall, lead = status(case, found), _lead(found)
    clock, token = clock_words(case), _token(case, lead)
    if lead is not None and lead.id in _LED_BY_THE_CLOCK and lead.status is overall:
        sentences = [_here(case, lead)] if case.skew is not None else [token, clock]
    elif lead is None and overall is case.clock_status and case.expiry is None:
        sentences = [clock, token]  # of the token there is nothing to say that answers anything
    elif _token_status(lead) is overall or (_nobody_asked(case) and overall is case.clock_status):
        sentences = [token, clock]
    elif case.clock_status is overall:
        sentences = [clock, token]
    else:
        sentences = [_because(found, overall), token, clock]
    if lead is not None and lead.id == "token-expired" and sentences[0] is token and _surely_over(lead):
        sentences = [token] if case.clock_status is Status.OK else [token, clock]
    return f"{WORDS[overall]}  {'; '.join(sentence for sentence in sentences if sentence)}"


def meaning(case: Case, found: Sequence[Finding]) -> str:
    """Return the second line: what that means for a token."""
    lead = _lead(found)
    if lead is not None:
        told = _meaning_of_its_state(case, lead) if lead.id in _OF_THE_TOKEN else _meaning_of_its_times(case, lead)
        if told is not None:
            return told
    if status(case, found) is Status.UNKNOWN and _is_cut(found):
        return _OF_THE_TOKEN["token-truncated"]
    return _meaning_of_the_clocks(case)


def _is_cut(found: Sequence[Finding]) -> bool:
    return any(finding.id in ("token-truncated", CUT_SHORT) for finding in found)


def _meaning_of_its_state(case: Case, lead: Finding) -> str | None:
    return None if _worse_clock(case, lead) else _OF_THE_TOKEN[lead.id]


def _meaning_of_its_times(case: Case, lead: Finding) -> str | None:
    if lead.id == "token-expired" and _surely_over(lead):
        end = case.expiry
        return _OVER_UNSEEN if end is not None and end.here_s > 0 else _OVER
    if case.skew is None or lead.status is Status.UNKNOWN or _worse_clock(case, lead):
        return None
    if lead.id == "token-expired-here":
        return _THROWN_AWAY.format(size=duration_text(case.skew.estimate_s))
    if lead.id in _LED_BY_THE_CLOCK:
        return _REFUSED_HERE.format(size=exact_words(_moment_of(case, lead).here_s))
    return _REFUSED_THERE if lead.id in ("token-future-issued", "token-not-yet-valid") else None


def _meaning_of_the_clocks(case: Case) -> str:
    if case.skew is not None and _is_opaque(case) and case.skew.interval.high_s <= -FELT_S:
        return _OPAQUE_AND_BEHIND.format(size=_lateness(case.skew.interval, case.skew.estimate_s))
    if case.clock is None:
        if case.skew is None:
            return _UNMEASURED
        return effect(case.skew.estimate_s, case.skew.interval, "For a token: nobody feels a skew of this size.")
    return case.clock.meaning if not _api_agrees(case) or _not_skew(case) else _ALL_AGREE  # no suspects are listed


def _lateness(skew: Interval, estimate_s: float) -> str:
    """Return how much too late one may come, by the far end of the range; of none by the estimate."""
    return late_text(skew) if math.isfinite(skew.low_s) else duration_text(estimate_s)


def _is_opaque(case: Case) -> bool:
    return case.token.kind in (TokenKind.OPAQUE, TokenKind.RESPONSE)


def next_step(case: Case, found: Sequence[Finding]) -> NextStep | None:
    """Return the one command for the last line."""
    if _is_cut(found):
        why = "reads it whole from a file; a terminal cuts long lines, a log shortens them"
        return NextStep("next", "skewcheck token --file FILE", why)
    if case.skew is not None and case.clock is None:
        return NextStep("next", "skewcheck clock", "measures how far off this clock really is")
    if case.clock is None:
        why = "with the token once more: without --offline NTP servers are asked for the time; nothing of it is sent"
        return NextStep("next", "skewcheck token", why)
    if any(finding.id == "token-expired" and _surely_over(finding) for finding in found) and (
        case.clock.status is Status.OK
    ):
        return NextStep("next", "skewcheck token", "with a new token, once there is one: would that be taken?")
    return case.clock.next_step


# --- Where the clocks were asked for, and a token is judged beside them ---


def verdict_beside(case: Case, found: Sequence[Finding]) -> str:
    """Return the first line where the clocks come first: their sentence, then the token's."""
    overall = status(case, found)
    clocks, token = clock_words(case), said_of_the_token(case, found)
    if _not_skew(case) and overall is not Status.UNKNOWN:
        clocks, token = f"{NOT_SKEW}: {clocks}", token.removesuffix(_THAT_IS_NOT_SKEW)
    return f"{WORDS[overall]}  {clocks}; {token}"


def meaning_beside(case: Case, found: Sequence[Finding]) -> str:
    """Return the second line there: the token's where it is worse than the clocks."""
    worse_token = worse(case.clock_status, of_the_token(found)) is not case.clock_status
    return meaning(case, found) if worse_token or case.clock is None else case.clock.meaning


def of_the_token(found: Sequence[Finding]) -> Status:
    """Return the worst of what was found of the token."""
    return worse(Status.OK, *(finding.status for finding in found))


def said_of_the_token(case: Case, found: Sequence[Finding]) -> str:
    """Return what is said of the token alone."""
    lead = _lead(found)
    if lead is not None and lead.id in _LED_BY_THE_CLOCK and case.skew is not None:
        return f"this clock {_found_here(case, lead)}"
    if lead is None and of_the_token(found) is not Status.OK:
        return _because(found, of_the_token(found))
    return _token(case, lead)


# --- The parts of the first line ---


def _lead(found: Sequence[Finding]) -> Finding | None:
    """Return the finding that the first line is about: the worst one of those that it can be about."""
    leads = [finding for finding in found if finding.id in (*_ANNOUNCED, *_LED_BY_THE_CLOCK)]
    if not leads:
        return None
    worst = worse(*(finding.status for finding in leads))
    return next(finding for finding in leads if finding.status is worst)


def _token_status(lead: Finding | None) -> Status:
    return Status.OK if lead is None else lead.status


def _api_agrees(case: Case) -> bool:
    """Tell whether NTP and the API were both measured, and all is well."""
    measured = case.inputs.ntp is not None and case.inputs.api is not None
    return case.clock is not None and case.clock.status is Status.OK and measured


def _not_skew(case: Case) -> bool:
    """Tell whether it is said that no clock is at fault, with whom to suspect else."""
    return any(finding.id == "not-skew" for finding in of_token.of_the_clocks(case))


def _nobody_asked(case: Case) -> bool:
    return case.clock is None and case.skew is None


def _because(found: Sequence[Finding], overall: Status) -> str:
    """Return the first sentence of what makes it so bad."""
    summary = next(finding.summary for finding in found if finding.status is overall).partition(". ")[0]
    begin = summary[0].lower() if summary.split(" ")[0].istitle() else summary[0]  # but PyJWT keeps its name
    return f"{begin}{summary[1:]}".removesuffix(".").replace("its ", "the token's ", 1)


def _worse_clock(case: Case, lead: Finding) -> bool:
    """Tell whether the clock is worse than what was found of the token."""
    return worse(case.clock_status, lead.status) is not lead.status


def _surely_over(finding: Finding) -> bool:
    return finding.status is Status.CRITICAL


def _moment_of(case: Case, finding: Finding) -> Moment:
    name = next(value for key, value in finding.evidence if key == "claim")
    return next(moment for moment in case.moments if moment.name == name)


def _measured_surely(clock: Report, by: str) -> bool:
    """Tell whether how far off this clock is was proven by what true time rests on."""
    part = clock.ntp if by == BY_NTP else clock.api
    return part is not None and part.judgement.proven


def _here(case: Case, lead: Finding) -> str:
    """Return whose fault it is that this clock alone finds the token bad."""
    assert case.skew is not None  # else nothing is known but by this clock
    moment = _moment_of(case, lead)
    assert moment.true is not None
    size = size_text(case.skew.estimate_s, case.skew.interval)
    off = f"{whose(case.host)} is {size} {'AHEAD' if case.skew.estimate_s > 0 else 'BEHIND'}"
    if case.clock is None:
        off = clock_words(case)
    elif _measured_surely(case.clock, case.skew.by):
        off += ", proven"
    return f"{off}: it {_found_here(case, lead)}"


def _found_here(case: Case, lead: Finding) -> str:
    """Return what this clock says of the token, and true time doesn't."""
    moment = _moment_of(case, lead)
    assert case.skew is not None
    assert moment.true is not None
    here, by = exact_words(moment.here_s), _BY[case.skew.by]
    if lead.id == "token-expired-here":
        return f"says that the token expired {here} ago, and {by} it is valid for {size_words(moment.true)}"
    what = "becomes valid" if moment.name == "nbf" else "was issued"
    was = "became valid" if moment.name == "nbf" else "that was"
    return f"says that the token {what} {here} from now, and {by} {was} {size_words(moment.true)} ago"


def _token(case: Case, lead: Finding | None) -> str:
    """Return what is said of the token."""
    if lead is not None and lead.id in _SAID:
        return _SAID[lead.id]
    if lead is not None and lead.id in _OF_CLAIMS:
        names = [name for name, _ in lead.evidence]
        one, several = _OF_CLAIMS[lead.id]
        return f"the token's {' and '.join(names)} {one if len(names) == 1 else several}"
    if lead is not None and lead.id in _TOLD:
        return _TOLD[lead.id](case, _moment_of(case, lead), lead)
    return _unsuspicious(case)


def _unsuspicious(case: Case) -> str:
    """Return what is said of a token that nothing is wrong with by what is known."""
    token, end = case.token, case.expiry
    opaque = _is_opaque(case)
    if end is None:
        if opaque and token.expires_in_s is not None:
            return f"the token is opaque and lives for {exact_words(token.expires_in_s)}"
        if opaque:
            return "the token is opaque"
        return "nothing is known of when the token ends"
    if end.name == "expires_in":
        assert end.true is not None
        return f"the token is valid for {size_words(end.true)}, counted from when it was obtained"
    if end.true is None:
        past = end.here_s <= 0
        what = f"expired {exact_words(end.here_s)} ago" if past else f"is valid for {exact_words(end.here_s)}"
        return f"by this clock, unverified, the token {what}"
    by = "" if case.clock_status is Status.OK else f" {_by(case)}"
    return f"the token is valid for {size_words(end.true)}{by}"


def _by(case: Case) -> str:
    return "by this clock, unverified" if case.skew is None else _BY[case.skew.by]


def _expired(case: Case, end: Moment, lead: Finding) -> str:
    if end.true is None:
        return f"by this clock, unverified, the token expired {exact_words(end.here_s)} ago"
    if not _surely_over(lead):
        return f"whether the token has expired can't be told: it ends {when_words(end.true)}"
    ago = size_words(end.true)
    if end.name == "expires_in":
        return f"the token expired {ago} ago, counted from when it was obtained{_THAT_IS_NOT_SKEW}"
    if end.here_s > 0:
        return f"the token expired {ago} ago {_by(case)}, and by this clock it is valid for {exact_words(end.here_s)}"
    return f"the token expired {ago} ago {_by(case)}{_THAT_IS_NOT_SKEW}"


def _early(case: Case, moment: Moment, lead: Finding) -> str:
    is_nbf = moment.name == "nbf"
    what, state = ("becomes valid", "valid yet") if is_nbf else ("was issued", "from the future")
    if moment.true is not None and lead.status is Status.UNKNOWN:
        return f"whether the token is {state} can't be told: it {what} {when_words(moment.true)}"
    size = exact_words(moment.here_s) if moment.true is None else size_words(moment.true)
    if is_nbf:
        over = ", when it has ended: it is never valid" if never_valid(case.token) else ""
        return f"{_by(case)} the token becomes valid {size} from now{over}"
    if moment.true is None:
        return f"{_by(case)}, the token's iat is still {size} away"
    return f"{_by(case)} the token's iat is still {size} away: its issuer's clock is ahead"


_TOLD: Mapping[str, Callable[[Case, Moment, Finding], str]] = {
    "token-expired": _expired,
    "token-not-yet-valid": _early,
    "token-future-issued": _early,
    "token-expired-here": _expired,
    "token-not-yet-valid-here": _early,
    "token-future-issued-here": _early,
}
