"""Many servers' ranges made into one that a minority of liars can't move off the truth. Pure.

With m names that answered and at most f = ceil(m/2) - 1 of them wrong, the truth lies in at least m - f of
their ranges. So the hull of all points that m - f ranges share holds it. (The region of *deepest* overlap,
which time daemons take, does not: liars whose ranges clip the honest ones move it off the truth.) Marzullo
1984; RFC 5905 §11.2.1 stands in between.
"""

from collections.abc import Collection, Sequence

from skewcheck.model import NOT_WAITED_FOR, Basis, Consensus, Interval, NoReading, Reading, ServerStatus, Vote


def agree(outcomes: Sequence[Reading | NoReading]) -> Consensus:
    """Return what the readings among *outcomes* prove together, and what each vote came to."""
    ranges = [outcome.interval for outcome in outcomes if isinstance(outcome, Reading)]
    needed = _needed(outcomes)
    hull = shared_hull(ranges, needed) if ranges else None
    if hull is None:
        votes = tuple(Vote(outcome, _unvoted(outcome)) for outcome in outcomes)
        return Consensus(Basis.NONE, None, None, votes)
    if len(ranges) == 1:
        votes = tuple(Vote(outcome, _unvoted(outcome)) for outcome in outcomes)
        return Consensus(Basis.SINGLE, hull, hull.middle_s, votes)
    votes = tuple(_vote(outcome, hull) for outcome in outcomes)
    return Consensus(Basis.MAJORITY, hull, _estimate(ranges, hull), votes)


def _needed(outcomes: Sequence[Reading | NoReading]) -> int:
    """Return how many ranges must share a point for it to be possible.

    A name that was not waited for may be an honest one: what it would have said allows every point. Else who
    is quick could outvote who is honest and slow.
    """
    answered = sum(isinstance(outcome, Reading) for outcome in outcomes)
    unheard = sum(isinstance(outcome, NoReading) and outcome.reason == NOT_WAITED_FOR for outcome in outcomes)
    return max(1, quorum(answered + unheard) - unheard)


def contested(agreed: Consensus, own: Collection[str]) -> Consensus:
    """Return *agreed*, or no verdict where this host's *own* servers outvote those that it doesn't follow.

    They may all follow one another, and this host them: their number proves nothing against as many others.
    """
    others = [
        vote.status for vote in agreed.votes if isinstance(vote.outcome, Reading) and vote.outcome.server not in own
    ]
    against = others.count(ServerStatus.FALSETICKER)
    if not own or against == 0 or against < len(others) - against:
        return agreed
    return Consensus(Basis.NONE, None, None, tuple(Vote(v.outcome, _unvoted(v.outcome)) for v in agreed.votes))


def quorum(count: int) -> int:
    """Return how many of *count* names must share a point: m - f, a majority."""
    return count // 2 + 1


def depth(ranges: Sequence[Interval]) -> int:
    """Return the largest number of *ranges* that share a point."""
    return max((sum(r.low_s <= edge.low_s <= r.high_s for r in ranges) for edge in ranges), default=0)


def shared_hull(ranges: Sequence[Interval], needed: int) -> Interval | None:
    """Return the hull of all points that at least *needed* of *ranges* hold; None where there is no such point."""
    regions = _regions(ranges, needed)
    return Interval(regions[0].low_s, regions[-1].high_s) if regions else None


def _estimate(ranges: Sequence[Interval], hull: Interval) -> float:
    """Return the middle of the deepest overlap; of equally deep ones the narrowest says the most."""
    deepest = min(_regions(ranges, depth(ranges)), key=lambda region: region.width_s)
    return min(max(deepest.middle_s, hull.low_s), hull.high_s)


def _regions(ranges: Sequence[Interval], needed: int) -> list[Interval]:
    """Return, in order, the maximal stretches in which every point lies in at least *needed* of *ranges*."""
    edges = sorted([(r.low_s, 0) for r in ranges] + [(r.high_s, 1) for r in ranges])
    regions, count, start_s = [], 0, 0.0
    for at_s, closes in edges:
        if closes:
            if count == needed:
                regions.append(Interval(start_s, at_s))
            count -= 1
        else:
            count += 1
            if count == needed:
                start_s = at_s
    return regions


def _vote(outcome: Reading | NoReading, hull: Interval) -> Vote:
    if isinstance(outcome, NoReading):
        return Vote(outcome, _unvoted(outcome))
    off_by_s = outcome.interval.gap_to(hull)
    if off_by_s > 0:
        return Vote(outcome, ServerStatus.FALSETICKER, off_by_s)
    return Vote(outcome, ServerStatus.TRUECHIMER)


def _unvoted(outcome: Reading | NoReading) -> ServerStatus:
    if isinstance(outcome, Reading):
        return ServerStatus.UNJUDGED
    return ServerStatus.REJECTED if outcome.rejected else ServerStatus.NO_ANSWER
