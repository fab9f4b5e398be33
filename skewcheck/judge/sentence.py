"""The first two lines of every screen: the verdict, and what it means for a token."""

import math
from collections import Counter

from skewcheck.judge.host import contradicted_daemon
from skewcheck.judge.local_run import NOT_PROVEN
from skewcheck.model import (
    SAME_ADDRESS,
    Basis,
    Consensus,
    HostFacts,
    Interval,
    Judgement,
    NoReading,
    Pace,
    Reading,
    Status,
    Survey,
    Thresholds,
)
from skewcheck.quantity import (
    at_least_text,
    at_most_text,
    between_text,
    bound_text,
    direction,
    duration_text,
    size_text,
    skew_text,
)

NOT_SKEW = "NOT CLOCK SKEW"
WORDS = {
    Status.OK: "OK",
    Status.WARNING: "WARNING",
    Status.CRITICAL: "CRITICAL",
    Status.UNKNOWN: "CANNOT TELL",
}
FELT_S = 0.1
"""Below this, a verifier without leeway refuses at most one in ten fresh tokens, and any usual buffer hides it."""
_MINUTE_S, _DAY_S = 60.0, 86400.0
SHORTEST_LIFE_S = 300.0
"""The shortest life that an OAuth client may set for its Genesys Cloud tokens."""
_AHEAD = (
    "For a token: what this host signs (JWT bearer, SAML) looks issued in the future to a strict server, and what it "
    "checks looks expired {size} early. Refreshing by exp comes {early}. Genesys Cloud's own tokens don't feel this "
    "clock."
)
_EARLY = "early, which does no harm"
_STORM = "so early that a token which lives no longer looks dead on arrival"
_BEHIND = (
    "For a token: a client that refreshes by exp with a buffer below {size} {comes} too late: 401s at the end of each "
    "token's life. A strict verifier on this host refuses {which} tokens as issued in the future."
)
_EITHER = (
    "For a token: ahead and behind are different illnesses, and which of them this clock has is not settled; nor "
    "whether it has any."
)
_FINE = "For a token: at this size the clock is an unlikely cause of a 401. The API's own clock was not measured here."
AT_ANOTHER_RATE = (
    "For a token: what this process makes of its times changes from moment to moment, as its own time runs at another "
    "rate. Who goes by this host's clock without that doesn't feel it."
)
NOTHING_KNOWN = "For a token: nothing can be said, neither that this clock causes a 401 nor that it doesn't."

# Why no server gave a reading, where all of them have the same reason: to one server, and to several.
_CAUSES = {
    "no-reply": ("it is down, or {udp} is blocked on the way", "{udp} is probably blocked here"),
    "prohibited": ("a firewall on this host prohibits it", "a firewall on this host prohibits it"),
    "port-closed": ("no time server runs there", "no time server runs there"),
    "no-route": ("this host has no route there", "this host has no network"),
    "unreachable": ("there is no way there from here", "there is no way there from here"),
    "dns-no-such-name": ("there is no such name", "there are no such names, or this host can't resolve any"),
    "dns-failed": ("this host can't resolve the name", "this host can't resolve names"),
    "dns-slow": ("its name was resolved too late to ask it", "their names were resolved too late to ask them"),
    "dns-timeout": ("this host can't resolve the name", "this host can't resolve names"),
    "no-address": ("the name has no address of that family", "the names have no address of that family"),
}

_TAKE_TIME = {"no-reply", "dns-timeout", "dns-slow"}
# The same where the reasons differ: `2 silent, 1 not resolved`. What isn't here says enough by its id: `1 kod-rate`.
_SAID = {
    "no-reply": "silent",
    "not-waited-for": "silent",
    "prohibited": "prohibited by this host",
    "port-closed": "without a time server",
    "no-route": "without a route",
    "dns-no-such-name": "unknown by name",
    "dns-failed": "not resolved",
    "dns-timeout": "not resolved in time",
    "dns-slow": "resolved too late",
    "no-address": "without an address",
    "unsynchronised": "not synchronised",
}


def verdict(survey: Survey, judgement: Judgement, thresholds: Thresholds, host: HostFacts | None = None) -> str:
    """Return the first line: the verdict word, two spaces, whose clock, by how much, how sure."""
    return f"{WORDS[judgement.status]}  {by_ntp(survey, judgement, thresholds, host)}"


def by_ntp(survey: Survey, judgement: Judgement, thresholds: Thresholds, host: HostFacts | None) -> str:
    """Return what the servers say of the clock, or why they say nothing: the first line without its first word."""
    consensus = survey.consensus
    if consensus.skew_s is None or consensus.interval is None:
        return _disagreement(survey) if consensus.answered else _silence(survey)
    if consensus.shared is not None and consensus.divided and judgement.status is Status.UNKNOWN:
        return _unsettled(consensus, whose(host), consensus.skew_s, consensus.shared)
    sentence = f"{whose(host)} {_how_far(survey, judgement, thresholds, consensus.skew_s, consensus.interval)}"
    contradicted = None if host is None else contradicted_daemon(host, consensus.interval)
    if contradicted is not None:
        sentence += f"; {contradicted.name} here says within {duration_text(contradicted.bound_s)}"
    return sentence


def meaning(survey: Survey) -> str:
    """Return the second line: what the range means for a token, which depends on its direction and its size."""
    skew_s, interval = survey.consensus.skew_s, survey.consensus.interval
    if survey.local.pace is not Pace.TRUE:
        return AT_ANOTHER_RATE
    return NOTHING_KNOWN if skew_s is None or interval is None else effect(skew_s, interval, _FINE)


def effect(skew_s: float, interval: Interval, fine: str) -> str:
    """Return what such a skew does to a token; *fine* where nobody feels it."""
    if abs(interval.farthest_from_zero()) < FELT_S:
        return fine
    if either_way(interval):
        return _EITHER
    if skew_s > 0:
        size = skew_text(skew_s, interval).removesuffix(" ahead")
        return _AHEAD.format(size=size, early=_EARLY if skew_s < SHORTEST_LIFE_S else _STORM)
    which = "some fresh" if abs(skew_s) < 1 else "fresh"
    if math.isinf(interval.low_s):
        return _BEHIND.format(size=at_least_text(interval.high_s), comes="comes", which=which)
    return _BEHIND.format(size=late_text(interval), comes="can come", which=which)


def late_text(interval: Interval) -> str:
    """Return how much too late one comes at most who goes by a clock that is so far behind."""
    return bound_text(*interval) if -interval.low_s < _MINUTE_S else at_most_text(interval.low_s)


def whose(host: HostFacts | None) -> str:
    """Return whose clock it is: a container has none of its own."""
    return "your clock" if host is None or host.place.container is None else "this node's clock"


def _how_far(survey: Survey, judgement: Judgement, thresholds: Thresholds, skew_s: float, interval: Interval) -> str:
    if survey.local.pace is not Pace.TRUE:
        far = f"is {within(interval)} of UTC" if either_way(interval) else skewed(skew_s, interval)
        return f"{far}, {NOT_PROVEN}" if either_way(interval) else f"{far}, {between_text(*interval)}, {NOT_PROVEN}"
    if judgement.status is Status.UNKNOWN:
        return _too_coarse(survey, interval, thresholds)
    if survey.consensus.basis is Basis.SINGLE:
        return _by_one(survey.consensus, skew_s, interval)
    agree, minority = voices(survey.consensus), survey.consensus.basis is Basis.MINORITY
    undecided = open_limit(judgement, thresholds)
    if undecided:
        sure = "unconfirmed " if minority else ""
        return f"{skewed(skew_s, interval)}, {sure}{between_text(*interval)}: {undecided}; {agree}"
    if not survey.independent:
        return f"{skewed(skew_s, interval)}, {between_text(*interval)} if this host's own servers are right; {agree}"
    sure = "unconfirmed" if minority else "proven"
    if either_way(interval):
        return f"is {within(interval)} of UTC, {sure}; {agree}"
    return f"{skewed(skew_s, interval)}, {sure} {between_text(*interval)}; {agree}"


def voices(consensus: Consensus) -> str:
    """Return how many of those that answered agree, and that others didn't: `3 of 3 servers agree; 2 not reached`."""
    return "; ".join(filter(None, [f"{consensus.agreeing} of {consensus.answered} servers agree", unheard(consensus)]))


def unheard(consensus: Consensus) -> str:
    """Return how many of those asked said nothing that counts; empty for none."""
    failed = _failed(consensus)
    refused = sum(outcome.rejected for outcome in failed)
    counts = ((len(failed) - refused, "not reached"), (refused, "refused"))
    return ", ".join(f"{count} {what}" for count, what in counts if count)


def _unsettled(consensus: Consensus, clock: str, skew_s: float, shared: Interval) -> str:
    """Return what a minority says that others contradict, as what it is: so many voices of so many."""
    far = f"is {within(shared)} of UTC"
    if not either_way(shared):
        far = f"{skewed(skew_s, shared)}, {between_text(*shared)}"
    others = len(consensus.against)
    against = f"{others} {'contradicts' if others == 1 else 'contradict'} them"
    return f"{consensus.agreeing} of the {consensus.asked} servers asked say that {clock} {far}; {against}, " + unheard(
        consensus
    )


def _failed(consensus: Consensus) -> list[NoReading]:
    """Return what the votes came to that gave nothing; a second name for an address is no vote."""
    outcomes = [vote.outcome for vote in consensus.votes]
    return [outcome for outcome in outcomes if isinstance(outcome, NoReading) and outcome.reason != SAME_ADDRESS]


def open_limit(judgement: Judgement, thresholds: Thresholds) -> str:
    """Return which threshold the range leaves open; empty where all of it has one severity."""
    if judgement.least is judgement.most:
        return ""
    limit_s = thresholds.warning_s if judgement.least is Status.OK else thresholds.critical_s
    return f"on which side of the {duration_text(limit_s)} limit is not proven"


def _by_one(consensus: Consensus, skew_s: float, interval: Interval) -> str:
    (server,) = (vote.outcome.server for vote in consensus.votes if isinstance(vote.outcome, Reading))
    alone = "one server proves nothing" if consensus.asked == 1 else f"the only one of {consensus.asked} that answered"
    if either_way(interval):
        return f"is {within(interval)} of UTC if {server} is right: {alone}"
    return f"{skewed(skew_s, interval)}, {between_text(*interval)} if {server} is right: {alone}"


def _too_coarse(survey: Survey, interval: Interval, thresholds: Thresholds) -> str:
    if survey.local.step_s:
        return f"was set by {duration_text(survey.local.step_s)} while it was being measured"
    return too_coarse(interval, thresholds)


def too_coarse(interval: Interval, thresholds: Thresholds, of: str = "UTC") -> str:
    """Return what a range says that goes from ok to critical."""
    limits = f"{duration_text(thresholds.warning_s)} and {duration_text(thresholds.critical_s)}"
    way = f"of {of}" if either_way(interval) else way_from(interval.middle_s, of)
    return f"is {between_text(*interval)} {way}: too coarse for limits of {limits}"


def _disagreement(survey: Survey) -> str:
    consensus = survey.consensus
    answered = [vote.outcome.server for vote in consensus.votes if isinstance(vote.outcome, Reading)]
    if set(answered) & set(survey.own) and set(answered) - set(survey.own):
        return "this host's own time servers and others contradict each other: who is right can't be told"
    if consensus.answered == 2:
        return "the two servers that answered contradict each other: one of them is wrong, or both"
    return f"the {consensus.answered} servers that answered contradict each other: no majority shares a time"


def _silence(survey: Survey) -> str:
    consensus = survey.consensus
    failed = _failed(consensus)
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
    return ", ".join(f"{count} {_SAID.get(reason, reason)}" for reason, count in reasons.most_common())


def _udp(failed: list[NoReading]) -> str:
    """Return the ports that were asked, as `UDP 123`."""
    addresses = [outcome.address or "" for outcome in failed]
    ports = {a.rpartition(":")[2] if "]:" in a or a.count(":") == 1 else "123" for a in addresses}
    return f"UDP {ports.pop()}" if len(ports) == 1 else "UDP"


def skewed(skew_s: float, interval: Interval, of: str = "UTC") -> str:
    """Return how far off a clock is, as exactly as its range is known: `is 203 ms AHEAD of UTC`.

    From a day on no second is counted: that is for the range beside it.
    """
    size = duration_text(skew_s) if abs(skew_s) >= _DAY_S else size_text(skew_s, interval)
    return f"is {size} {way_from(skew_s, of)}"


def way_from(skew_s: float, of: str = "UTC") -> str:
    """Return the direction as the one word that must not be missed: `AHEAD of UTC`, `BEHIND UTC`."""
    return f"AHEAD of {of}" if direction(skew_s) == "ahead" else f"BEHIND {of}"


def either_way(interval: Interval) -> bool:
    """Tell whether the range holds 0, so that not even the direction is known."""
    return interval.low_s <= 0 <= interval.high_s


def within(interval: Interval) -> str:
    """Return how far off a clock is at most that may be either way: `within 9 ms`."""
    return f"within {bound_text(*interval)}"
