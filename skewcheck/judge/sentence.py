"""The first two lines of every screen: the verdict, and what it means for a token."""

from collections import Counter

from skewcheck.model import Basis, Consensus, Interval, Judgement, NoReading, Reading, Status, Survey, Thresholds
from skewcheck.quantity import between_text, bound_text, direction, duration_text, skew_text

WORDS = {
    Status.OK: "OK",
    Status.WARNING: "WARNING",
    Status.CRITICAL: "CRITICAL",
    Status.UNKNOWN: "CANNOT TELL",
}
_AHEAD = (
    "For a token: what this host signs (JWT bearer, SAML) looks issued in the future to a strict server. "
    "Refreshing by exp merely comes early. Genesys Cloud's own tokens don't feel this clock."
)
_BEHIND = (
    "For a token: a client that refreshes by exp on this clock is {late} late, with 401s at the end of each "
    "token's life. A verifier on this host refuses fresh tokens as issued in the future."
)
_FINE = "For a token: at this size the clock is an unlikely cause of a 401. The API's own clock was not measured here."
_UNKNOWN = "For a token: nothing can be said, neither that this clock causes a 401 nor that it doesn't."

# Why no server gave a reading, where all of them have the same reason: to one server, and to several.
_CAUSES = {
    "no-reply": ("it is down, or {udp} is blocked on the way", "{udp} is probably blocked here"),
    "prohibited": ("a firewall on this host prohibits it", "a firewall on this host prohibits it"),
    "port-closed": ("no time server runs there", "no time server runs there"),
    "no-route": ("this host has no route there", "this host has no network"),
    "unreachable": ("there is no way there from here", "there is no way there from here"),
    "dns-no-such-name": ("there is no such name", "there are no such names, or this host can't resolve any"),
    "dns-failed": ("this host can't resolve the name", "this host can't resolve names"),
    "dns-timeout": ("this host can't resolve the name", "this host can't resolve names"),
    "no-address": ("the name has no address of that family", "the names have no address of that family"),
}

_TAKE_TIME = {"no-reply", "dns-timeout"}


def verdict(survey: Survey, judgement: Judgement, thresholds: Thresholds) -> str:
    """Return the first line: the verdict word, two spaces, whose clock, by how much, how sure."""
    consensus = survey.consensus
    if consensus.skew_s is None or consensus.interval is None:
        sentence = _disagreement(consensus) if consensus.answered else _silence(survey)
    elif judgement.status is Status.UNKNOWN:
        sentence = _too_coarse(survey, consensus.interval, thresholds)
    elif consensus.basis is Basis.SINGLE:
        sentence = _by_one(consensus, consensus.skew_s, consensus.interval)
    else:
        sentence = _by_majority(consensus, consensus.skew_s, consensus.interval)
    return f"{WORDS[judgement.status]}  {sentence}"


def meaning(survey: Survey, judgement: Judgement) -> str:
    """Return the second line: what the verdict means for a token, which depends on the direction."""
    skew_s = survey.consensus.skew_s
    if judgement.status is Status.UNKNOWN or skew_s is None:
        return _UNKNOWN
    if judgement.status is Status.OK:
        return _FINE
    return _AHEAD if skew_s > 0 else _BEHIND.format(late=duration_text(skew_s))


def _by_majority(consensus: Consensus, skew_s: float, interval: Interval) -> str:
    voices = f"{consensus.agreeing} of {consensus.asked} servers agree"
    if _either_way(interval):
        return f"your clock is {_within(interval)} of UTC, proven; {voices}"
    return f"{_skewed(skew_s, interval)}, proven {between_text(*interval)}; {voices}"


def _by_one(consensus: Consensus, skew_s: float, interval: Interval) -> str:
    (server,) = (vote.outcome.server for vote in consensus.votes if isinstance(vote.outcome, Reading))
    alone = "one server proves nothing" if consensus.asked == 1 else f"the only one of {consensus.asked} that answered"
    if _either_way(interval):
        return f"your clock is {_within(interval)} of UTC if {server} is right: {alone}"
    return f"{_skewed(skew_s, interval)}, {between_text(*interval)} if {server} is right: {alone}"


def _too_coarse(survey: Survey, interval: Interval, thresholds: Thresholds) -> str:
    if survey.local.step_s:
        return f"your clock was set by {duration_text(survey.local.step_s)} while it was being measured"
    limits = f"{duration_text(thresholds.warning_s)} and {duration_text(thresholds.critical_s)}"
    way = "of UTC" if _either_way(interval) else _of_utc(direction(interval.middle_s))
    return f"your clock is {between_text(*interval)} {way}: too coarse for limits of {limits}"


def _disagreement(consensus: Consensus) -> str:
    if consensus.answered == 2:
        return "the two servers that answered contradict each other: one of them is wrong, or both"
    return f"the {consensus.answered} servers that answered contradict each other: no majority shares a time"


def _silence(survey: Survey) -> str:
    consensus = survey.consensus
    failed = [vote.outcome for vote in consensus.votes if isinstance(vote.outcome, NoReading)]
    one = consensus.asked == 1
    who = f"the NTP server {failed[0].server}" if one else f"none of {consensus.asked} NTP servers"
    reasons = Counter(outcome.reason for outcome in failed)
    if any(outcome.rejected for outcome in failed):
        details = failed[0].detail if one else _counts(reasons)
        return f"{who} {'gave no' if one else 'gave a'} usable answer: {details}"
    reason, count = reasons.most_common(1)[0]
    answered = f"{who} {'did not answer' if one else 'answered'}"
    if reasons.keys() & _TAKE_TIME:
        answered += f" in {duration_text(survey.local.duration_s)}"
    if count < len(failed) or reason not in _CAUSES:
        return f"{answered}: {_counts(reasons)}"
    to_one, to_several = _CAUSES[reason]
    return f"{answered}: {(to_one if one else to_several).format(udp=_udp(failed))}"


def _counts(reasons: "Counter[str]") -> str:
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())


def _udp(failed: list[NoReading]) -> str:
    """Return the ports that were asked, as `UDP 123`."""
    addresses = [outcome.address or "" for outcome in failed]
    ports = {a.rpartition(":")[2] if "]:" in a or a.count(":") == 1 else "123" for a in addresses}
    return f"UDP {ports.pop()}" if len(ports) == 1 else "UDP"


def _skewed(skew_s: float, interval: Interval) -> str:
    size, _, way = skew_text(skew_s, interval).rpartition(" ")
    return f"your clock is {size} {_of_utc(way)}"


def _of_utc(way: str) -> str:
    return "AHEAD of UTC" if way == "ahead" else "BEHIND UTC"


def _either_way(interval: Interval) -> bool:
    """Tell whether the range holds 0, so that not even the direction is known."""
    return interval.low_s <= 0 <= interval.high_s


def _within(interval: Interval) -> str:
    return f"within {bound_text(*interval)}"
