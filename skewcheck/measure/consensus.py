"""Many servers' ranges made into one that a minority of liars can't move off the truth. Pure.

Of n names asked let fewer than half be liars: at most f = ceil(n/2) - 1, so that at least q = n - f = floor(n/2) + 1
are honest, whose ranges all hold the truth. Of these any may have said nothing that counts: silent, slow, refused,
unresolved, not waited for. With s such names among all n, at least q - s of the ranges that were *heard* hold the
truth, so the hull of all points that q - s ranges share holds it; and no less will do, as each such point is the truth
in some world in which the s are honest. With s = 0 that is Marzullo's n - f (1984); RFC 5905 §11.2.1 stands in between.
(The region of *deepest* overlap, which time daemons take, does not hold it: liars whose ranges clip the honest ones
move it off the truth. Nor does what q of those heard share, where s > 0: f of these may be liars who clip the others.)

*Proven* takes more: that q ranges, a majority of those asked, share a point. Then q were heard, so that q - s >= 1.
Where fewer agree, f liars may be all who do. What most of those heard share is told, but nothing rests on it: the range
then is the hull of all that was heard, which holds the truth unless everybody who answered is wrong.

Servers that take their time from one source are one witness: one fault makes liars of them all, so that "fewer than
half are liars" is no premise for their names. So the same has to hold a second time, each source counted once: of the
sources heard and the names unheard, each of which may have been one of its own, a majority, of two at least, shares a
point. A source holds what any of its servers holds. The range is the hull of both, which holds the truth where either
premise does: to know of a source lowers what is proven, and never raises it.
"""

import time
from collections.abc import Callable, Collection, Sequence

from skewcheck.measure.addresses import follower_id
from skewcheck.model import Basis, Consensus, Interval, NoReading, Reading, ServerStatus, Vote


def agree(outcomes: Sequence[Reading | NoReading], sources: Sequence[int] | None = None) -> Consensus:
    """Return what the readings among *outcomes* prove together, and what each vote came to.

    *sources*: for each outcome which source of time it shows, equal for those that show one; None: each its own.
    """
    sources = range(len(outcomes)) if sources is None else sources
    both = zip(outcomes, sources, strict=True)
    agreed = _agree(outcomes, [source for outcome, source in both if isinstance(outcome, Reading)])
    first: dict[int, str] = {}
    votes, agreeing = [], set()
    for vote, source in zip(agreed.votes, sources, strict=True):
        like = first.setdefault(source, vote.outcome.server) if isinstance(vote.outcome, Reading) else None
        votes.append(vote._replace(same_source_as=None if like == vote.outcome.server else like))
        if agreed.agrees(vote):
            agreeing.add(source)
    return agreed._replace(votes=tuple(votes), sources=len(agreeing))


def _agree(outcomes: Sequence[Reading | NoReading], sources: Sequence[int]) -> Consensus:
    """Return the consensus; *sources*: of each reading."""
    unjudged = Consensus(Basis.NONE, None, None, tuple(Vote(outcome, _unvoted(outcome)) for outcome in outcomes))
    ranges = [outcome.interval for outcome in outcomes if isinstance(outcome, Reading)]
    deepest = depth(ranges)
    if deepest < quorum(len(ranges)):
        return unjudged
    if len(ranges) == 1:
        return unjudged._replace(basis=Basis.SINGLE, interval=ranges[0], skew_s=ranges[0].middle_s)
    majority, unheard = quorum(unjudged.asked), unjudged.asked - len(ranges)
    witnesses = by_source(ranges, sources)
    if deepest < majority or not witnessed(ranges, sources, unheard):
        everything = Interval(min(r.low_s for r in ranges), max(r.high_s for r in ranges))
        shared = shared_hull(ranges, quorum(len(ranges)))
        skew_s = _estimate(ranges, everything)
        return unjudged._replace(basis=Basis.MINORITY, interval=everything, skew_s=skew_s, shared=shared)
    by_name = shared_hull(ranges, majority - unheard)
    by_witness = shared_hull(witnesses, quorum(len({*sources}) + unheard) - unheard)
    assert by_name is not None  # a majority shares a point, and fewer are needed
    assert by_witness is not None
    hull = Interval(min(by_name.low_s, by_witness.low_s), max(by_name.high_s, by_witness.high_s))
    return Consensus(Basis.MAJORITY, hull, _estimate(ranges, hull), tuple(_vote(outcome, hull) for outcome in outcomes))


def contested(agreed: Consensus, own: Collection[str]) -> Consensus:
    """Return *agreed*, or no verdict where this host's *own* servers outvote those that it doesn't follow.

    They may all follow one another, and this host them: their number proves nothing against as many others.
    """
    others = sum(isinstance(vote.outcome, Reading) and vote.outcome.server not in own for vote in agreed.votes)
    against = sum(reading.server not in own for reading in agreed.against)
    if not own or against == 0 or against < others - against:
        return agreed
    return Consensus(Basis.NONE, None, None, tuple(Vote(v.outcome, _unvoted(v.outcome)) for v in agreed.votes))


def quorum(count: int) -> int:
    """Return how many of *count* names are a majority."""
    return count // 2 + 1


def by_source(ranges: Sequence[Interval], sources: Sequence[int]) -> list[Interval]:
    """Return what each source holds: the union of its servers' ranges, in pieces that don't touch."""
    pieces: list[Interval] = []
    for source in dict.fromkeys(sources):
        own = sorted(one for one, its in zip(ranges, sources, strict=True) if its == source)
        joined = own[:1]
        for one in own[1:]:
            if one.low_s <= joined[-1].high_s:
                joined[-1] = Interval(joined[-1].low_s, max(joined[-1].high_s, one.high_s))
            else:
                joined.append(one)
        pieces += joined
    return pieces


def witnessed(ranges: Sequence[Interval], sources: Sequence[int], unheard: int) -> bool:
    """Tell whether a majority of the sources, of two at least, shares a point; each *unheard* name may be one more."""
    return depth(by_source(ranges, sources)) >= max(2, quorum(len({*sources}) + unheard))


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


# --- Which servers are one witness: those that show one source of time ---
#
# What a packet shows of its sender's source is its reference ID (RFC 5905 §7.3): at stratum 2 and above the address of
# whom it follows, of an IPv6 address a hash. At stratum 1 it names a kind of clock, which many have: that joins nobody,
# but for the local clock of a host that follows no other (`LOCL`; 127.127.1.x, as ntpd and chronyd have it).
#
# No packet tells that a server smears leap seconds; some are known by their names. Those of one operator are one
# source. On the days around which a leap second can be, all are: they err alike.

_LOCAL_CLOCKS = ("LOCL", "LCL", "76.79.67.76", "127.127.1.")
"""How the reference ID of a clock begins that nobody keeps right; the third is the first as stratum 2 shows it."""
_LEAP_DAYS = {(6, 30), (7, 1), (12, 31), (1, 1)}
"""A leap second is the last one of June or December, and smeared from noon to noon, or in the day behind it."""
_BEFORE_IT = {(6, 30), (12, 31)}
_ANNOUNCED = (1, 2)
SMEARED_AT_MOST_S = 1.0
"""By so much smeared time differs from UTC."""

Outcomes = Sequence[Reading | NoReading]


def sources(outcomes: Outcomes, operator: Callable[[str], str | None]) -> list[int]:
    """Return for each of *outcomes* which source of time it shows, equal where they show one.

    *operator*: who runs a server, as given, that is known to smear, or is asked for its `Date`; None of all others.
    """
    label = list(range(len(outcomes)))
    owners: dict[str, int] = {}
    for number, outcome in enumerate(outcomes):
        for sign in _signs(outcome, operator) if isinstance(outcome, Reading) else ():
            owner = owners.setdefault(sign, number)
            joined, kept = label[number], label[owner]
            label = [kept if its == joined else its for its in label]
    return label


def split_by_a_smear(outcomes: Outcomes, smears: Callable[[str], bool]) -> tuple[str, ...] | None:
    """Return which servers smear, where some contradict others by so little, so near to a leap second; None: no such.

    Before one the others announce it. Behind it nothing tells that there was one, so one is allowed for.
    """
    readings = [outcome for outcome in outcomes if isinstance(outcome, Reading) and outcome.exchanges]
    apart_s = max((one.interval.gap_to(other.interval) for one in readings for other in readings), default=0.0)
    if not 0 < apart_s <= SMEARED_AT_MOST_S or not any(_near_a_leap(reading) for reading in readings):
        return None
    known = [reading.server for reading in readings if smears(reading.server)]
    announcing = [reading.server for reading in readings if reading.exchanges[-1].leap in _ANNOUNCED]
    if known:
        return tuple(known)
    if announcing:
        return tuple(reading.server for reading in readings if reading.server not in announcing)
    behind = any(_day(reading.exchanges[-1].t3_s) not in _BEFORE_IT for reading in readings)
    return () if behind else None


def _signs(reading: Reading, operator: Callable[[str], str | None]) -> set[str]:
    """Return what joins a server with others: whom it follows, its own address, and whose smeared time it has."""
    found = {exchange.reference_id for exchange in reading.exchanges if exchange.stratum > 1}
    if any(exchange.reference_id.startswith(_LOCAL_CLOCKS) for exchange in reading.exchanges):
        found.add("a local clock")
    own = follower_id(_host_of(reading.address)) if reading.address else None  # behind a proxy it isn't known
    runs = operator(reading.server)
    if own is not None:
        found.add(own)
    if runs is not None:
        found.add("smeared" if _near_a_leap(reading) else f"smeared by {runs}")
    return found


def _host_of(address: str) -> str:
    """Return the host of an address as people write it, without its port."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _near_a_leap(reading: Reading) -> bool:
    """Tell whether it may be smearing a leap second, by its own time: this clock may be off by days."""
    return any(_day(exchange.t3_s) in _LEAP_DAYS for exchange in reading.exchanges)


def _day(unix_s: float) -> tuple[int, int]:
    at = time.gmtime(unix_s)
    return at.tm_mon, at.tm_mday
