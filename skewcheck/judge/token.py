"""What is wrong with a token, and whose fault it is. Each illness is one small function in `_FINDERS`.

Whole ranges decide: where true time is known so coarsely that a limit lies inside, it is said that it can't be told.
"""

import math
from collections.abc import Callable

from skewcheck.judge import buffer, token_claims
from skewcheck.judge.risk import late_after_setting_s
from skewcheck.judge.sentence import either_way
from skewcheck.judge.token_case import BY_ASSUMPTION, Case, storms, times_unreadable
from skewcheck.judge.token_words import exact_words, size_words, when_words
from skewcheck.judge.zones import LONGEST_ZONE_S, SUMMER_S, ZONE_STEP_S, quarter_of
from skewcheck.model import Finding, Interval, Level, Moment, Status, TokenKind
from skewcheck.quantity import duration_text, skew_text

SURELY_REFUSED_S = 1.0
"""So far in the future a token is refused by every strict verifier, whatever rounding there is."""
JUST_ISSUED_S = 60.0
"""A token that is pasted to find out why it fails was mostly issued within the last minute."""
_COUNTED_S = Interval(0.0, 1.0)
"""How much later than its whole-second iat a token may have been issued."""

OPEN = " can't be told"
"""Ends what is said where a range holds the limit."""


def findings(case: Case) -> tuple[Finding, ...]:
    """Return all that is wrong with the token or worth knowing of it, the most important first."""
    return tuple(finding for finder in _FINDERS for finding in finder(case))


def of_the_clocks(case: Case) -> tuple[Finding, ...]:
    """Return what was found of the clocks, but not that none is at fault where the token shows its issuer's to be."""
    found = () if case.clock is None else case.clock.findings
    return tuple(finding for finding in found if finding.id != "not-skew" or not _issuer_in_doubt(case))


def _issuer_in_doubt(case: Case) -> bool:
    found = (*_too_early(case), *token_claims.units(case), *_time_zone(case))
    return any(finding.status is not Status.OK for finding in found)


def evidence(moment: Moment) -> tuple[tuple[str, str | float | int | None], ...]:
    """Return a moment's figures; a bound that there isn't is None."""
    low_s, high_s = (None, None) if moment.true is None else (_finite(end_s) for end_s in moment.true)
    return (
        ("claim", moment.name),
        ("at_s", moment.at_s),
        ("from_now_here_s", moment.here_s),
        ("from_now_low_s", low_s),
        ("from_now_high_s", high_s),
    )


def _finite(end_s: float) -> float | None:
    return end_s if math.isfinite(end_s) else None


# --- What can't be read ---


def _unread(case: Case) -> list[Finding]:
    token = case.token
    told = token.detail or "No times can be read in it."
    match token.kind:
        case TokenKind.TRUNCATED:
            return [Finding("token-truncated", Status.UNKNOWN, f"The token is cut. {told}".strip())]
        case TokenKind.JWE:
            return [Finding("token-encrypted", Status.UNKNOWN, told)]
        case TokenKind.OPAQUE | TokenKind.RESPONSE:
            return [Finding("token-opaque", Status.OK, told)]
        case TokenKind.JWT if times_unreadable(token):
            why = next((odd.summary for odd in token.oddities if odd.id in token_claims.HIDE_THE_TIMES), "")
            return [Finding("token-unreadable", Status.UNKNOWN, f"The token's times can't be read. {why}".strip())]
        case _:
            return []


# --- Its times, against true time and against this clock ---


def _expired(case: Case) -> list[Finding]:
    end = case.expiry
    if end is None:
        return []
    here = f"{exact_words(end.here_s)} ago" if end.here_s <= 0 else f"{exact_words(end.here_s)} from now"
    if end.true is None:
        if end.here_s > 0:
            return []
        summary = f"By this clock, which was not measured, it expired {here}: whether it has" + OPEN + "."
        return [Finding("token-expired-here", Status.UNKNOWN, summary, evidence(end))]
    if end.true.high_s <= 0:
        return [Finding("token-expired", Status.CRITICAL, _expired_text(case, end, here), evidence(end))]
    if end.true.low_s <= 0:
        summary = f"Whether it has expired{OPEN}: it ends {when_words(end.true)}, as far as true time is known."
        return [Finding("token-expired", Status.UNKNOWN, summary, evidence(end))]
    if end.here_s <= 0 and case.skew is not None:
        summary = (
            f"By this clock it expired {here}, by true time it is valid for {size_words(end.true)}: the fault is this "
            f"host's, whose clock is {_off(case)}."
        )
        return [Finding("token-expired-here", case.skew.severity, summary, evidence(end))]
    return []


def _expired_text(case: Case, end: Moment, here: str) -> str:
    assert end.true is not None  # else it isn't known to have expired
    ago = size_words(end.true)
    if end.name == "expires_in":
        return (
            f"It expired {ago} ago, counted from when it was obtained: how wrong this clock is plays no part in that."
        )
    if end.here_s > 0:
        return (
            f"It expired {ago} ago by true time, and by this clock it expires {here}: whoever goes by this clock, "
            f"{_off(case)}, still uses it."
        )
    return f"It expired {ago} ago by true time, and by this clock too: that is not clock skew. It takes a new token."


def _off(case: Case) -> str:
    """Return how far off this clock is, with its direction."""
    assert case.skew is not None  # else nothing is said to be off
    if not math.isfinite(case.skew.interval.width_s):
        return skew_text(case.skew.estimate_s)
    return skew_text(case.skew.estimate_s, case.skew.interval)


_EARLY = {
    "nbf": ("token-not-yet-valid", "it becomes valid", "it became valid", "not yet valid"),
    "iat": ("token-future-issued", "it was issued", "it was issued", "issued in the future"),
}
"""For each claim: the finding's id, what is said of a time in the future and in the past, and what that is called."""


def _too_early(case: Case) -> list[Finding]:
    """Tell of a token that is from the future: by true time its issuer is wrong, by this clock alone this host."""
    found = [_from_the_future(case, moment) for name in _EARLY if (moment := case.moment(name)) is not None]
    return [finding for finding in found if finding is not None]


def _from_the_future(case: Case, moment: Moment) -> Finding | None:
    id_, will, was, called = _EARLY[moment.name]
    here_future = moment.here_s > 0
    here = exact_words(moment.here_s)
    if moment.true is None:
        summary = f"By this clock, which was not measured, {will} {here} from now: whether it is{OPEN}."
        return Finding(f"{id_}-here", Status.UNKNOWN, summary, evidence(moment)) if here_future else None
    if moment.true.low_s > 0:
        status = Status.CRITICAL if moment.true.low_s >= SURELY_REFUSED_S else Status.WARNING
        unseen = "" if here_future else f" By this clock, {_off(case)}, it isn't."
        summary = f"By true time {will} {size_words(moment.true)} from now.{unseen} {_whose_fault(moment.name)}"
        return Finding(id_, status, summary, evidence(moment))
    if moment.true.high_s > 0:
        summary = f"Whether it is {called}{OPEN}: {will} {when_words(moment.true)}, as far as true time is known."
        return Finding(id_, Status.UNKNOWN, summary, evidence(moment))
    if here_future and case.skew is not None:
        summary = (
            f"By this clock {will} {here} from now, by true time {was} {size_words(moment.true)} ago: the fault is "
            f"this host's, whose clock is {_off(case)}."
        )
        return Finding(f"{id_}-here", case.skew.severity, summary, evidence(moment))
    return None


def _whose_fault(name: str) -> str:
    if name == "nbf":
        return "Its issuer meant that, or has a clock that is ahead: strict verifiers refuse it until then."
    return (
        "The clock of whoever issued it is ahead by at least that: a strict verifier refuses it until then, and will "
        "take it afterwards. Setting that clock right does not mend tokens that were minted before."
    )


def _time_zone(case: Case) -> list[Finding]:
    """Tell of an issue time that is a whole quarter of an hour off: a local time that was taken for UTC."""
    issued = case.moment("iat")
    if case.clock is not None and any(finding.id == "time-zone" for finding in case.clock.findings):
        return []  # this clock's own is told, and whoever stamps by it writes such times
    if issued is None or issued.true is None or not issued.true.width_s < JUST_ISSUED_S:
        return []
    zone = None if case.host is None else case.host.zone.utc_offset_s
    obtained_s = case.token.obtained_at_s
    if obtained_s is not None and obtained_s <= case.judged_at_s:
        age_s = case.judged_at_s - obtained_s
        off = Interval(issued.true.low_s + age_s, issued.true.high_s + age_s + _COUNTED_S.high_s)
        quarter_s, sure = quarter_of(off), True
    else:
        quarter_s = math.ceil(issued.true.high_s / ZONE_STEP_S) * ZONE_STEP_S
        fits = issued.true.low_s > 0 and quarter_s - issued.true.low_s <= JUST_ISSUED_S
        quarter_s, sure = (quarter_s if fits and quarter_s <= LONGEST_ZONE_S else None), False
    if not quarter_s:
        return []
    own = zone is not None and abs(quarter_s) in {abs(zone + summer_s) for summer_s in (-SUMMER_S, 0, SUMMER_S)} - {0}
    how = "likely" if sure or own else "possibly"
    fit = "" if sure else ", if it is less than a minute old"
    way = "ahead of" if quarter_s > 0 else "behind"
    why = ", for this host's own zone is as far from UTC" if own else ""
    summary = (
        f"Its iat is {duration_text(quarter_s)} {way} true time{fit}: {how} a local time was written as if it were UTC"
        f"{why}."
    )
    figures = (("quarter_s", quarter_s), ("utc_offset_s", zone))
    return [Finding("time-zone", Status.WARNING, summary, (*evidence(issued), *figures))]


def _obtained(case: Case) -> list[Finding]:
    obtained_s = case.token.obtained_at_s
    if obtained_s is None or obtained_s <= case.judged_at_s:
        return []
    summary = (
        f"By this clock it was obtained {exact_words(obtained_s - case.judged_at_s)} from now: this clock was set back "
        "since, or that time is another host's. What is left of its life can't be told; drop it."
    )
    return [Finding("obtained-in-future", Status.UNKNOWN, summary, (("obtained_at_s", obtained_s),))]


# --- What this clock does to tokens of this kind ---


def _storm(case: Case) -> list[Finding]:
    """Tell of new tokens that look due on arrival, with no buffer, and with the one that most clients have."""
    for buffer_s, with_ in ((case.inputs.buffer_s, ""), (buffer.HABIT_S, " with the usual buffer of 60 s")):
        storm = storms(case, buffer_s)
        if storm is not None:
            status = Status.CRITICAL if storm.level is Level.CERTAIN and not with_ else Status.WARNING
            summary = f"For a client that refreshes by exp{with_}: {storm.summary[0].lower()}{storm.summary[1:]}"
            figures = (
                ("buffer_s", buffer_s),
                ("share_low", storm.share_low),
                ("share_high", storm.share_high),
                ("refreshes_low", _finite(storm.refreshes_low)),
                ("refreshes_high", _finite(storm.refreshes_high)),
            )
            return [Finding("refresh-storm", status, summary, figures)]
    return []


def _no_buffer(case: Case) -> list[Finding]:
    advised = case.recommended
    if advised is None or advised.buffer_s is not None:
        return []
    line = buffer.largest(advised)
    assert line is not None  # else nothing were needed
    needed = "without bound" if math.isinf(advised.needed_s) else duration_text(advised.needed_s)
    summary = (
        f"No buffer helps: what is needed ({needed}) is more than half of the token's lifetime. The largest part of it "
        f"is: {line.what}."
    )
    figures = (("needed_s", _finite(advised.needed_s)), ("largest", line.what), ("largest_s", _finite(line.seconds)))
    return [Finding("no-buffer-helps", Status.WARNING, summary, figures)]


def _survives(case: Case) -> list[Finding]:
    """Tell of the damage that is left when this clock has been set right."""
    skew = case.skew
    if skew is None or skew.by == BY_ASSUMPTION or skew.severity not in (Status.WARNING, Status.CRITICAL):
        return []
    if either_way(skew.interval):
        return []
    late_s = late_after_setting_s(skew.interval)
    late = f": those come up to {exact_words(late_s)} too late" if 0 < late_s < math.inf else ""
    summary = (
        "Once this clock is right, drop what this host signed before, and each deadline that it has kept as a time of "
        f"day{late}."
    )
    return [Finding("minted-while-wrong", Status.OK, summary, (("late_s", _finite(late_s)),))]


def _basis(case: Case) -> list[Finding]:
    """Tell what the verdict rests on where it isn't a measurement."""
    if case.skew is None and case.clock is None:
        summary = "No clock was measured (--offline): this host's own was used, and may be wrong by any amount."
        return [Finding("clock-not-measured", Status.UNKNOWN, summary)]
    if case.skew is not None and case.skew.by == BY_ASSUMPTION:
        summary = f"No clock was measured: this one was taken to be {_off(case)} (--skew)."
        return [Finding("skew-assumed", Status.OK, summary)]
    return []


def _not_skew(case: Case) -> list[Finding]:
    """Say first that the clocks agree, then whom to suspect; only where everything that was asked agrees.

    Where an API was asked as well, that is said of the clocks already, with a list of suspects.
    """
    if case.skew is None or case.skew.by == BY_ASSUMPTION or case.clock is None or case.clock.status is not Status.OK:
        return []
    if case.clock.api is not None or _issuer_in_doubt(case):
        return []
    summary = (
        "The clocks agree. Next suspects of a 401: an idle timeout, which ends a token before its time; another "
        "region's or environment's token; a revoked one; a client that hands on the 401 while it refreshes, or sends "
        "the old token again."
    )
    return [Finding("not-skew", Status.OK, summary)]


_FINDERS: tuple[Callable[[Case], list[Finding]], ...] = (
    _unread,
    _expired,
    _too_early,
    _obtained,
    token_claims.units,
    _time_zone,
    token_claims.no_end,
    token_claims.unusable,
    token_claims.lifetime,
    _storm,
    _no_buffer,
    token_claims.odd,
    _survives,
    _basis,
    _not_skew,
)
