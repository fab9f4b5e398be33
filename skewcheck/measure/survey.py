"""Asks all servers at once, under one deadline, and makes one consensus of what they say.

One loop over connected sockets; names are resolved in daemon threads, because a resolver has no deadline
of its own and the process must still end by ours.
"""

import contextlib
import enum
import math
import os
import queue
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck.errors import HostError
from skewcheck.measure import consensus
from skewcheck.measure.addresses import Address, NoSample, Peer, look_up, resolver_trouble
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.servers import Origin, Server
from skewcheck.measure.voter import Voter
from skewcheck.model import (
    SAME_ADDRESS,
    SMEARED,
    Consensus,
    Family,
    Interval,
    LocalRun,
    NoReading,
    Reading,
    ServerList,
    Survey,
)

GRACE_S = 0.3
"""Once a majority of those asked agrees, the rest may take this long more, or `GRACE_ROUND_TRIPS`."""
GRACE_ROUND_TRIPS = 3
ENOUGH_UNSMEARED = 2
"""A single server can't contradict anybody; from two on, those that smear leap seconds are done without."""
LONGEST_SLEEP_S = 3600.0
"""Systems refuse to wait for more than some weeks in one go."""

Resolver = Callable[[Server, Family], Sequence[Address]]


def resolve(server: Server, family: Family, flags: int = 0) -> Sequence[Address]:
    """Return the addresses of *server*, by this host's resolver. Raises OSError and UnicodeError."""
    return look_up(server.host, server.port, family, flags)


class Progress(NamedTuple):
    """How far it is."""

    asked: int
    """Servers."""
    answered: int
    """Of them, at least once."""
    sample: int
    """Of the one that is furthest."""
    samples: int
    """Of each, in the end."""


def survey(
    servers: Sequence[Server],
    listed: ServerList,
    *,
    timeout_s: float,
    family: Family = Family.ANY,
    samples: int = 1,
    clock: LocalClock | None = None,
    resolver: Resolver = resolve,
    progress: Callable[[Progress], None] | None = None,
) -> Survey:
    """Ask every one of *servers* for *samples* samples, for at most *timeout_s*, and return what they prove.

    *progress* is told, in this thread, what is known after each packet.
    """
    local = LocalClock() if clock is None else clock
    with contextlib.closing(_Poll(servers, samples, family, local, resolver)) as poll:
        end = poll.run(timeout_s, progress)
        run = local.finish()
        outcomes = poll.outcomes(run, waited_for=end is not _End.ENOUGH)
    outcomes = [_set_by(outcome, run.step_s) for outcome in _unmixed(servers, outcomes)]
    own = tuple(server.given for server in servers if server.origin in (Origin.HOST, Origin.CLOUD))
    witness = consensus.agree([outcome for outcome in outcomes if outcome.server not in own]).interval
    agreed = _covering(consensus.contested(consensus.agree(outcomes), own), run.step_s)
    cut_short = end is _End.DEADLINE and agreed.answered > 0
    return Survey(agreed, listed, run, cut_short, samples, own, witness)


class _End(enum.Enum):
    """Why the asking ended."""

    ALL_DONE = "every name came to something"
    ENOUGH = "a majority agrees and the grace period is over"
    DEADLINE = "the deadline"


class _Poll:
    """The loop over all names."""

    def __init__(
        self, servers: Sequence[Server], samples: int, family: Family, clock: LocalClock, resolver: Resolver
    ) -> None:
        self._clock, self._family, self._resolver, self._samples = clock, family, resolver, samples
        alone = len(servers) == 1
        try:
            self._selector = selectors.DefaultSelector()
            self._bell, self._ring = socket.socketpair()
        except OSError as error:
            raise HostError(
                f"this process may not open what it needs to ask: {os.strerror(error.errno or 0)}",
                "allow more open files: ulimit -n; or stop what holds so many",
            ) from error
        self._voters = [
            Voter(server, samples=samples, alone=alone, clock=clock, selector=self._selector) for server in servers
        ]
        self._found: queue.SimpleQueue[tuple[Voter, Sequence[Address] | NoSample]] = queue.SimpleQueue()
        for end in (self._bell, self._ring):
            end.settimeout(0)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def close(self) -> None:
        """Stop asking and close every socket."""
        for voter in self._voters:
            voter.close()
        self._selector.close()
        self._bell.close()
        self._ring.close()

    def run(self, timeout_s: float, progress: Callable[[Progress], None] | None) -> _End:
        """Ask until all is known, enough is known, or *timeout_s* of the clock's elapsed time is over."""
        self._look_up()
        enough_at_s = math.inf
        while True:
            if progress is not None:
                progress(self._progress())
            now_s = self._clock.elapsed_s()
            due_s = min((voter.act(now_s) for voter in self._voters), default=math.inf)
            if all(voter.finished for voter in self._voters):
                return _End.ALL_DONE
            if enough_at_s == math.inf and self._majority_agrees():
                enough_at_s = now_s + self._grace_s()
            if now_s >= timeout_s:
                return _End.DEADLINE
            if now_s >= enough_at_s and self._only_silent_left():
                return _End.ENOUGH
            until_s = min(due_s, timeout_s, enough_at_s if now_s < enough_at_s else math.inf)
            self._listen(max(0.0, until_s - now_s))

    def _progress(self) -> Progress:
        taken = [len(voter.samples) for voter in self._voters]
        return Progress(len(taken), sum(map(bool, taken)), max(taken, default=0), self._samples)

    def outcomes(self, run: LocalRun, *, waited_for: bool) -> list[Reading | NoReading]:
        """Return what every name came to; of names that lead to one server the first alone has a vote."""
        outcomes: list[Reading | NoReading] = []
        for voter in self._voters:
            unfinished = not voter.finished
            voter.close()
            outcomes.append(voter.outcome(run, waited_for=waited_for or not unfinished))
        return _one_vote_each(self._voters, outcomes)

    def _majority_agrees(self) -> bool:
        """Tell whether a majority of those asked, not only of those that answered, share a point."""
        unsmeared = [voter for voter in self._voters if not voter.server.smeared] or self._voters
        first = {voter.answered_by: voter.samples[0].interval for voter in unsmeared if voter.samples}
        return consensus.depth(list(first.values())) >= consensus.quorum(len(self._voters))

    def _grace_s(self) -> float:
        slowest_s = max(voter.samples[0].exchange.delay_s for voter in self._voters if voter.samples)
        return max(GRACE_S, GRACE_ROUND_TRIPS * slowest_s)

    def _only_silent_left(self) -> bool:
        return all(voter.finished or not voter.samples for voter in self._voters)

    def _listen(self, timeout_s: float) -> None:
        """Wait for packets and resolved names, at most *timeout_s*, and hand them on."""
        for key, _ in self._selector.select(min(timeout_s, LONGEST_SLEEP_S)):
            if key.fileobj is self._bell:
                self._collect()
            else:
                voter, channel = key.data
                voter.hear(channel)

    def _collect(self) -> None:
        """Take the names that were resolved meanwhile."""
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(64)
        while not self._found.empty():
            self._take(*self._found.get())

    def _take(self, voter: Voter, found: Sequence[Address] | NoSample) -> None:
        if isinstance(found, NoSample):
            voter.fail(found)
        else:
            voter.found(found)

    def _look_up(self) -> None:
        """Start to resolve the names, each in a thread of its own, then ask what is an address already."""
        numeric = []
        for voter in self._voters:
            addresses = _written_out(voter.server, self._family)
            if addresses:
                numeric.append((voter, addresses))
            else:
                self._look_up_aside(voter)
        for voter, addresses in numeric:
            self._take(voter, addresses)

    def _look_up_aside(self, voter: Voter) -> None:
        try:
            threading.Thread(target=self._resolve, args=(voter,), daemon=True).start()
        except RuntimeError:
            voter.fail(NoSample("dns-failed", "this host can't start a thread to resolve it"))

    def _resolve(self, voter: Voter) -> None:
        """Run in a thread: find the addresses, then ring."""
        found: Sequence[Address] | NoSample
        try:
            found = self._resolver(voter.server, self._family) or NoSample("no-address", "the name has no address")
        except (OSError, UnicodeError) as error:
            found = resolver_trouble(error)
        self._found.put((voter, found))
        with contextlib.suppress(OSError):  # the poll may be over, or the bell full of rings
            self._ring.send(b"!")


def _written_out(server: Server, family: Family) -> Sequence[Address]:
    """Return the address that *server* itself is; none where it is a name."""
    try:
        return resolve(server, family, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return ()


def _one_vote_each(voters: Sequence[Voter], outcomes: Sequence[Reading | NoReading]) -> list[Reading | NoReading]:
    """Return *outcomes* with one vote for each server that was reached, whatever the names that lead there.

    A name that nobody answered is no vote where it leads to nobody but servers that answered other names, or to just
    those that another such name leads to. Were it enough to share one, who lists the addresses of several servers that
    are silent would take all of their votes from them.
    """
    owners: dict[Peer, int] = {}
    silent: dict[frozenset[Peer], int] = {}
    for number, (voter, outcome) in enumerate(zip(voters, outcomes, strict=True)):
        if isinstance(outcome, Reading) and voter.answered_by is not None:
            owners.setdefault(voter.answered_by, number)
    votes = []
    for number, (voter, outcome) in enumerate(zip(voters, outcomes, strict=True)):
        owner = number
        if isinstance(outcome, Reading) and voter.answered_by is not None:
            owner = owners[voter.answered_by]
        elif voter.peers and all(peer in owners for peer in voter.peers):
            owner = min(owners[peer] for peer in voter.peers)
        elif voter.peers:
            owner = silent.setdefault(voter.peers, number)
        votes.append(outcome if owner == number else _no_vote(outcome, outcomes[owner].server))
    return votes


def _no_vote(outcome: Reading | NoReading, owner: str) -> NoReading:
    detail = f"the same address as {owner}: one vote"
    return NoReading(outcome.server, outcome.address, SAME_ADDRESS, detail, rejected=False, dropped=outcome.dropped)


def _unmixed(servers: Sequence[Server], outcomes: Sequence[Reading | NoReading]) -> Sequence[Reading | NoReading]:
    """Return *outcomes* without those of servers that smear leap seconds, where enough others answered that don't."""
    smeared = {server.given for server in servers if server.smeared}
    others = sum(isinstance(outcome, Reading) and outcome.server not in smeared for outcome in outcomes)
    if others < ENOUGH_UNSMEARED:
        return outcomes
    return [
        NoReading(outcome.server, outcome.address, SMEARED, "it smears leap seconds: no vote beside UTC", rejected=True)
        if isinstance(outcome, Reading) and outcome.server in smeared
        else outcome
        for outcome in outcomes
    ]


def _set_by(outcome: Reading | NoReading, step_s: float) -> Reading | NoReading:
    """Return a reading for the local clock after it was set by *step_s*; the samples were taken before."""
    if isinstance(outcome, NoReading):
        return outcome
    low_s, high_s = outcome.interval
    return outcome._replace(skew_s=outcome.skew_s + step_s, interval=Interval(low_s + step_s, high_s + step_s))


def _covering(agreed: Consensus, step_s: float) -> Consensus:
    """Return the consensus on a clock that was set by *step_s*: its range covers the clock before and after it."""
    return agreed._replace(interval=_stretched(agreed.interval, step_s), shared=_stretched(agreed.shared, step_s))


def _stretched(interval: Interval | None, step_s: float) -> Interval | None:
    if interval is None:
        return None
    return Interval(interval.low_s - max(0.0, step_s), interval.high_s - min(0.0, step_s))
