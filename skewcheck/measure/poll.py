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
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from skewcheck.errors import HostError
from skewcheck.measure import consensus, ntp
from skewcheck.measure.addresses import (
    NEXT_ADDRESS_S,
    NO_THREAD,
    Address,
    Peer,
    Resolver,
    Trouble,
    look_up,
    network_trouble,
    order_of_telling,
    resolved,
    start_thread,
    written_out,
)
from skewcheck.measure.localclock import DRIFT_PPM, LocalClock
from skewcheck.measure.servers import Origin, Server
from skewcheck.model import (
    NOT_WAITED_FOR,
    SAME_ADDRESS,
    SMEARED,
    Consensus,
    Dropped,
    Family,
    Interval,
    LocalRun,
    NoReading,
    Reading,
    ServerList,
    Survey,
)
from skewcheck.quantity import duration_text

if TYPE_CHECKING:
    from skewcheck.measure.dates import DateVotes

GRACE_S = 0.3
"""Once a majority of those asked agrees, the rest may take this long more, or `GRACE_ROUND_TRIPS`."""
GRACE_ROUND_TRIPS = 3
ENOUGH_UNSMEARED = 2
"""A single server can't contradict anybody; from two on, those that smear leap seconds are done without."""
LONGEST_SLEEP_S = 3600.0
"""Systems refuse to wait for more than some weeks in one go."""


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


def poll_servers(
    servers: Sequence[Server],
    listed: ServerList,
    *,
    timeout_s: float,
    family: Family = Family.ANY,
    samples: int = 1,
    clock: LocalClock | None = None,
    resolver: Resolver = look_up,
    progress: Callable[[Progress], None] | None = None,
    dates: "DateVotes | None" = None,
) -> Survey:
    """Ask every one of *servers* for *samples* samples, for at most *timeout_s*, and return what they prove.

    *progress* is told, in this thread, what is known after each packet. *dates* are votes like all others, of HTTPS
    servers that are asked by the same *clock*.
    """
    local = LocalClock() if clock is None else clock
    with contextlib.closing(_Loop(servers, samples, family, local, resolver)) as loop:
        end = loop.run(timeout_s, progress)
        by_date = None if dates is None else dates.wait(None)
        run = local.finish()
        outcomes = loop.outcomes(run, waited_for=end is not _End.ENOUGH)
    outcomes = [_set_by(outcome, run.step_s) for outcome in _unmixed(servers, outcomes)]
    outcomes += [] if dates is None or by_date is None else dates.outcomes(by_date, run)
    own = tuple(server.given for server in servers if server.origin in (Origin.HOST, Origin.CLOUD))
    operators = _smeared_by(servers) | {one.given: one.operator for one in (dates.named if dates is not None else ())}
    smear = consensus.split_by_a_smear(outcomes, _smeared_by(servers).__contains__)
    # Where servers split on a leap second, those that agree may be those that smear it: nobody vouches for another.
    sources = consensus.sources(outcomes, operators.get) if smear is None else [0] * len(outcomes)
    others = [(o, source) for o, source in zip(outcomes, sources, strict=True) if o.server not in own]
    witness = consensus.agree([o for o, _ in others], [source for _, source in others]).interval
    agreed = _covering(consensus.contested(consensus.agree(outcomes, sources), own), run.step_s)
    cut_short = end is _End.DEADLINE and agreed.answered > 0
    return Survey(agreed, listed, run, cut_short, samples, own, witness, smear)


class _End(enum.Enum):
    """Why the asking ended."""

    ALL_DONE = "every name came to something"
    ENOUGH = "a majority agrees and the grace period is over"
    DEADLINE = "the deadline"


class _Loop:
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
        self._polls = [
            ServerPoll(server, samples=samples, alone=alone, clock=clock, selector=self._selector) for server in servers
        ]
        self._found: queue.SimpleQueue[tuple[ServerPoll, Sequence[Address] | Trouble]] = queue.SimpleQueue()
        for end in (self._bell, self._ring):
            end.settimeout(0)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def close(self) -> None:
        """Stop asking and close every socket."""
        for poll in self._polls:
            poll.close()
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
            due_s = min((poll.act(now_s) for poll in self._polls), default=math.inf)
            if all(poll.finished for poll in self._polls):
                return _End.ALL_DONE
            if enough_at_s == math.inf and self._majority_agrees():
                slowest_s = max(poll.samples[0].exchange.delay_s for poll in self._polls if poll.samples)
                enough_at_s = now_s + max(GRACE_S, GRACE_ROUND_TRIPS * slowest_s)
            if now_s >= timeout_s:
                return _End.DEADLINE
            if now_s >= enough_at_s and all(poll.finished or not poll.samples for poll in self._polls):
                return _End.ENOUGH
            until_s = min(due_s, timeout_s, enough_at_s if now_s < enough_at_s else math.inf)
            self._listen(max(0.0, until_s - now_s))

    def _progress(self) -> Progress:
        taken = [len(poll.samples) for poll in self._polls]
        return Progress(len(taken), sum(map(bool, taken)), max(taken, default=0), self._samples)

    def outcomes(self, run: LocalRun, *, waited_for: bool) -> list[Reading | NoReading]:
        """Return what every name came to; of names that lead to one server the first alone has a vote."""
        outcomes: list[Reading | NoReading] = []
        for poll in self._polls:
            unfinished = not poll.finished
            poll.close()
            outcomes.append(poll.outcome(run, waited_for=waited_for or not unfinished))
        return _one_vote_each(self._polls, outcomes)

    def _majority_agrees(self) -> bool:
        """Tell whether a majority of those asked, not only of those that answered, share a point, and aren't one."""
        unsmeared = [poll for poll in self._polls if poll.server.smeared_by is None] or self._polls
        first = {poll.answered_by: poll for poll in unsmeared if poll.samples}
        ranges, asked = [poll.samples[0].interval for poll in first.values()], len(self._polls)
        if consensus.depth(ranges) < consensus.quorum(asked):
            return False
        operators = _smeared_by([poll.server for poll in self._polls])
        sources = consensus.sources([poll.said_first() for poll in first.values()], operators.get)
        return asked == 1 or consensus.witnessed(ranges, sources, asked - len(ranges))

    def _listen(self, timeout_s: float) -> None:
        """Wait for packets and resolved names, at most *timeout_s*, and hand them on."""
        for key, _ in self._selector.select(min(timeout_s, LONGEST_SLEEP_S)):
            if key.fileobj is self._bell:
                self._collect()
            else:
                poll, channel = key.data
                poll.hear(channel)

    def _collect(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(64)
        while not self._found.empty():
            poll, found = self._found.get()
            if isinstance(found, Trouble):
                poll.fail(found)
            else:
                poll.found(found)

    def _look_up(self) -> None:
        """Start to resolve the names, each in a thread of its own, then ask what is an address already."""
        numeric = []
        for poll in self._polls:
            addresses = written_out(poll.server.host, poll.server.port, self._family)
            if addresses:
                numeric.append((poll, addresses))
                continue
            try:
                start_thread(partial(self._resolve, poll))
            except HostError:
                poll.fail(NO_THREAD)
        for poll, addresses in numeric:
            poll.found(addresses, by_name=False)

    def _resolve(self, poll: "ServerPoll") -> None:
        """Run in a thread: find the addresses, then ring."""
        found = resolved(self._resolver, poll.server.host, poll.server.port, self._family)
        self._found.put((poll, found))
        with contextlib.suppress(OSError):  # the poll may be over, or the bell full of rings
            self._ring.send(b"!")


def _one_vote_each(polls: "Sequence[ServerPoll]", outcomes: Sequence[Reading | NoReading]) -> list[Reading | NoReading]:
    """Return *outcomes* with one vote for each server that was reached, whatever the names that lead there.

    A name that nobody answered is no vote where it leads to nobody but servers that answered other names, or to just
    those that another such name leads to. Were it enough to share one, who lists the addresses of several servers that
    are silent would take all of their votes from them.
    """
    owners: dict[Peer, int] = {}
    silent: dict[frozenset[Peer], int] = {}
    for number, (poll, outcome) in enumerate(zip(polls, outcomes, strict=True)):
        if isinstance(outcome, Reading) and poll.answered_by is not None:
            owners.setdefault(poll.answered_by, number)
    votes = []
    for number, (poll, outcome) in enumerate(zip(polls, outcomes, strict=True)):
        owner = number
        if isinstance(outcome, Reading) and poll.answered_by is not None:
            owner = owners[poll.answered_by]
        elif poll.peers and all(peer in owners for peer in poll.peers):
            owner = min(owners[peer] for peer in poll.peers)
        elif poll.peers:
            owner = silent.setdefault(poll.peers, number)
        if owner != number:
            detail, dropped = f"the same address as {outcomes[owner].server}: one vote", outcome.dropped
            outcome = NoReading(outcome.server, outcome.address, SAME_ADDRESS, detail, rejected=False, dropped=dropped)  # noqa: PLW2901
        votes.append(outcome)
    return votes


def _smeared_by(servers: Sequence[Server]) -> dict[str, str]:
    """Return who runs those of *servers*, as given, that are known to smear leap seconds."""
    return {server.given: server.smeared_by for server in servers if server.smeared_by is not None}


def _unmixed(servers: Sequence[Server], outcomes: Sequence[Reading | NoReading]) -> Sequence[Reading | NoReading]:
    """Return *outcomes* without those of servers that smear leap seconds, where enough others answered that don't."""
    smeared = _smeared_by(servers)
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


# --- One name being asked: its addresses in turn, its samples, and what it came to in the end ---

LINGER_S = 0.3
"""How long a server that refused is still listened to: the refusal may be a forgery that overtook the reply."""
SPACING_S = 2.0
"""Between two requests to one server (RFC 5905 §13.2, a burst); a sole server that stays silent is asked again then."""
NIST_SPACING_S = 4.0
"""NIST's own rule: never more often than once in 4 s."""
ANSWER_S = 1.0
"""Time enough for an answer from anywhere: so long the last of several samples is waited for, and only after so much
silence, or half of the time that there was, a server counts as silent, and not its name as slow to resolve."""


def spacing_s(server: Server) -> float:
    """Return the seconds to leave between two requests to *server*."""
    return NIST_SPACING_S if server.host.rstrip(".").lower().endswith("nist.gov") else SPACING_S


class ServerPoll:
    """Asks one name, driven by the loop over all. Moments are seconds of `LocalClock.elapsed_s`.

    One packet to the first address of each family at once, one to each further address while those before
    it fail or stay silent. The first valid answer is the name's reading; the other addresses are let go.
    """

    def __init__(
        self,
        server: Server,
        *,
        samples: int,
        alone: bool,
        clock: LocalClock,
        selector: selectors.BaseSelector,
    ) -> None:
        """Prepare to take *samples*; *alone* says that there is no other name to ask."""
        self.server = server
        self.finished = False
        self.samples: list[ntp.Sample] = []
        self._wanted, self._alone = samples, alone
        self._clock, self._selector = clock, selector
        self._waiting: deque[Address] = deque()
        self._asked_at_s = self._next_address_at_s = math.inf
        self._channels: list[ntp.Channel] = []
        self._troubles: list[tuple[str | None, Trouble]] = []
        self._dropped: Counter[str] = Counter()
        self._peers: set[Peer] = set()
        self._all_reached = self._by_name = True
        self.address: Address | None = None
        """The address that answered; None where none did."""
        self.answered_by: Peer | None = None
        """Whom that address reached."""

    @property
    def peers(self) -> frozenset[Peer]:
        """All that the name leads to; empty where there may be more."""
        return frozenset() if self._waiting or not self._all_reached else frozenset(self._peers)

    def found(self, addresses: Sequence[Address], *, by_name: bool = True) -> None:
        """Take the addresses and ask the first of each family; *by_name*: the resolver gave them."""
        self._by_name = by_name
        first = {address.family: address for address in reversed(addresses)}
        self._waiting.extend(address for address in addresses if address is not first[address.family])
        self._asked_at_s = self._clock.elapsed_s()
        for address in first.values():
            self._open(address)

    def fail(self, trouble: Trouble) -> None:
        """Note why the name has no address to ask."""
        self._troubles.append((None, trouble))
        self.close()

    def act(self, now_s: float) -> float:
        """Do what is due at *now_s*; return the moment at which something is due next, inf for never."""
        if self.finished:
            return math.inf
        return self._sample_again(now_s) if self.samples else self._seek(now_s)

    def hear(self, channel: ntp.Channel) -> None:
        """Read what came on one of this name's channels, if it is still open."""
        if channel not in self._channels:
            return
        try:
            sample = channel.receive()
        except OSError as error:
            self._let_go(channel, network_trouble(error))
            return
        if sample is None:
            return
        self.samples.append(sample)
        self.address, self.answered_by = channel.address, channel.peer
        for other in [c for c in self._channels if c is not channel]:
            self._let_go(other, None)
        if len(self.samples) >= self._wanted:
            self.close()

    def close(self) -> None:
        """Stop asking."""
        self.finished = True
        for channel in list(self._channels):
            self._let_go(channel, _why_silent(channel))

    def outcome(self, run: LocalRun, *, waited_for: bool) -> Reading | NoReading:
        """Return what the name came to, as it holds for the local clock at the end of *run*, but for a step.

        *waited_for*: False where the others were enough and this name could still have answered.
        """
        dropped = tuple(Dropped(reason, packets) for reason, packets in sorted(self._dropped.items()))
        if not self.samples:
            address, trouble = self._trouble(run.duration_s, waited_for=waited_for)
            return NoReading(self.server.given, address, trouble.reason, trouble.detail, trouble.rejected, dropped)
        exchanges = tuple(sample.exchange for sample in self.samples)
        # The local clock drifts and wanders until the end of the run.
        by_s = DRIFT_PPM * 1e-6 * run.duration_s + run.wander_s
        ranges = [sample.interval.widened(by_s - sample.travel_s) for sample in self.samples]
        shared, address = Interval(max(r.low_s for r in ranges), min(r.high_s for r in ranges)), str(self.address)
        if shared.width_s < 0:
            detail = "its samples exclude each other: its clock or its path jumped meanwhile"
            return NoReading(self.server.given, address, "samples-contradict", detail, rejected=True, dropped=dropped)
        delay_s = min(exchange.delay_s for exchange in exchanges)
        return Reading(self.server.given, address, shared.middle_s, shared, delay_s, exchanges, dropped)

    def said_first(self) -> Reading:
        """Return the first sample as it came."""
        exchange, interval, _ = self.samples[0]
        return Reading(self.server.given, str(self.address), interval.middle_s, interval, exchange.delay_s, (exchange,))

    def _trouble(self, end_s: float, *, waited_for: bool) -> tuple[str | None, Trouble]:
        """Return the address and the reason that say most about why there is no sample."""
        unresolved = Trouble("dns-timeout", f"the name was not resolved in {duration_text(end_s)}")
        address, trouble = min(self._troubles, key=lambda entry: order_of_telling(entry[1]), default=(None, unresolved))
        if trouble.reason not in ("no-reply", "dns-timeout"):
            return address, trouble
        if not waited_for:
            return address, Trouble(NOT_WAITED_FOR, f"silent for {duration_text(end_s)} while a majority agreed")
        if trouble.reason == "dns-timeout":
            return address, trouble
        waited_s = end_s - self._asked_at_s
        if self._by_name and waited_s < min(ANSWER_S, self._asked_at_s):
            times = f"{duration_text(self._asked_at_s)} to resolve, which left {duration_text(waited_s)} for an answer"
            return address, Trouble("dns-slow", f"the name took {times}")
        return address, Trouble("no-reply", f"no reply in {duration_text(waited_s)}")

    def _seek(self, now_s: float) -> float:
        for channel in [c for c in self._channels if now_s >= c.refused_at_s + LINGER_S]:
            self._let_go(channel, _why_silent(channel))
        while self._waiting and (not self._channels or now_s >= self._next_address_at_s):
            self._open(self._waiting.popleft())
        if self._troubles and not self._channels:
            self.close()
            return math.inf
        due_s = [self._next_address_at_s] if self._waiting else []
        for channel in list(self._channels):
            due_s.append(channel.refused_at_s + LINGER_S)
            if self._alone and channel.requests == 1 and channel.refused_at_s == math.inf:
                again_s = channel.sent_at_s + SPACING_S
                due_s.append(max(now_s, again_s))
                if now_s >= again_s:
                    self._send(channel)
        return min(due_s, default=math.inf)

    def _sample_again(self, now_s: float) -> float:
        if not self._channels or self._channels[0].refused_at_s < math.inf:
            self.close()
            return math.inf
        (channel,) = self._channels
        last = channel.requests >= self._wanted
        due_s = channel.sent_at_s + (ANSWER_S if last else spacing_s(self.server))
        if now_s < due_s:
            return due_s
        if last:
            self.close()
            return math.inf
        self._send(channel)
        return now_s

    def _open(self, address: Address) -> None:
        self._next_address_at_s = self._clock.elapsed_s() + NEXT_ADDRESS_S
        try:
            channel = ntp.Channel(address, self._clock)
        except OSError as error:
            self._troubles.append((str(address), network_trouble(error)))
            self._all_reached = False
            return
        self._peers.add(channel.peer)
        # Who names a server may mean this host's own daemon. What we find for ourselves, a name that a blocklist leads
        # to 0.0.0.0 included, would only tell this clock what it says itself.
        if self.server.origin is not Origin.NAMED and channel.peer.is_this_host:
            self._troubles.append((str(address), Trouble("own-address", "that is this host itself")))
            channel.close()
            return
        for heard in channel.sockets:
            self._selector.register(heard, selectors.EVENT_READ, (self, channel))
        self._channels.append(channel)
        self._send(channel)

    def _send(self, channel: ntp.Channel) -> None:
        try:
            channel.send()
        except OSError as error:
            self._let_go(channel, network_trouble(error))

    def _let_go(self, channel: ntp.Channel, trouble: Trouble | None) -> None:
        """Close a channel; *trouble* tells why it gave nothing, None where that no longer matters."""
        if trouble is not None:
            self._troubles.append((str(channel.address), trouble))
        self._dropped += channel.dropped
        self._channels.remove(channel)
        for heard in channel.sockets:
            self._selector.unregister(heard)
        channel.close()


def _why_silent(channel: ntp.Channel) -> Trouble:
    """Return why a channel that gave no sample gave none: what was refused, else nothing came."""
    refusal = channel.refusal
    if refusal is not None:
        return Trouble(refusal.reason, refusal.detail, rejected=True)
    return Trouble("no-reply", "no reply")
