"""One name being asked: its addresses in turn, its samples, and what it came to in the end."""

import math
import selectors
from collections import Counter, deque
from collections.abc import Sequence

from skewcheck.measure import ntp
from skewcheck.measure.addresses import Address, NoSample, Peer, network_trouble
from skewcheck.measure.channel import Channel
from skewcheck.measure.localclock import DRIFT_PPM, LocalClock
from skewcheck.measure.servers import Origin, Server
from skewcheck.model import NOT_WAITED_FOR, Dropped, Interval, LocalRun, NoReading, Reading
from skewcheck.quantity import duration_text

NEXT_ADDRESS_S = 0.25
"""How long an address may stay silent before the next one is asked too (RFC 8305 §5, connection attempt delay)."""
LINGER_S = 0.3
"""How long a server that refused is still listened to: the refusal may be a forgery that overtook the reply."""
SPACING_S = 2.0
"""Between two requests to one server (RFC 5905 §13.2, a burst); a sole server that stays silent is asked again then."""
NIST_SPACING_S = 4.0
"""NIST's own rule: never more often than once in 4 s."""
ANSWER_S = 1.0
"""Time enough for an answer from anywhere: so long the last of several samples is waited for, and only after so much
silence, or half of the time that there was, a server counts as silent, and not its name as slow to resolve."""

# Of a name whose every address failed, the reason that says most comes first; a refusal says more than any of them.
_MOST_TELLING = ("own-address", "port-closed", "prohibited", "no-reply", "unreachable", "no-route", "send-failed")


def spacing_s(server: Server) -> float:
    """Return the seconds to leave between two requests to *server*."""
    return NIST_SPACING_S if server.host.rstrip(".").lower().endswith("nist.gov") else SPACING_S


class Voter:
    """Asks one name, driven by the survey's loop. Moments are seconds of `LocalClock.elapsed_s`.

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
        self._channels: list[Channel] = []
        self._troubles: list[tuple[str | None, NoSample]] = []
        self._dropped: Counter[str] = Counter()
        self._peers: set[Peer] = set()
        self._all_reached = True
        self.address: Address | None = None
        """The address that answered; None where none did."""
        self.answered_by: Peer | None = None
        """Whom that address reached."""

    @property
    def peers(self) -> frozenset[Peer]:
        """All that the name leads to; empty where there may be more."""
        return frozenset() if self._waiting or not self._all_reached else frozenset(self._peers)

    def found(self, addresses: Sequence[Address]) -> None:
        """Take the addresses of the name and ask the first of each family."""
        first = {address.family: address for address in reversed(addresses)}
        self._waiting.extend(address for address in addresses if address is not first[address.family])
        self._asked_at_s = self._clock.elapsed_s()
        for address in first.values():
            self._open(address)

    def fail(self, trouble: NoSample) -> None:
        """Note why the name has no address to ask."""
        self._troubles.append((None, trouble))
        self.close()

    def act(self, now_s: float) -> float:
        """Do what is due at *now_s*; return the moment at which something is due next, inf for never."""
        if self.finished:
            return math.inf
        return self._sample_again(now_s) if self.samples else self._seek(now_s)

    def hear(self, channel: Channel) -> None:
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
        shared = _intersection([_aged(sample, run) for sample in self.samples])
        address = str(self.address)
        if shared is None:
            detail = "its samples exclude each other: its clock or its path jumped meanwhile"
            return NoReading(self.server.given, address, "samples-contradict", detail, rejected=True, dropped=dropped)
        delay_s = min(exchange.delay_s for exchange in exchanges)
        return Reading(self.server.given, address, shared.middle_s, shared, delay_s, exchanges, dropped)

    def _trouble(self, end_s: float, *, waited_for: bool) -> tuple[str | None, NoSample]:
        """Return the address and the reason that say most about why there is no sample."""
        unresolved = NoSample("dns-timeout", f"the name was not resolved in {duration_text(end_s)}")
        address, trouble = min(self._troubles, key=_tells, default=(None, unresolved))
        if trouble.reason not in ("no-reply", "dns-timeout"):
            return address, trouble
        if not waited_for:
            return address, NoSample(NOT_WAITED_FOR, f"silent for {duration_text(end_s)} while a majority agreed")
        if trouble.reason == "dns-timeout":
            return address, trouble
        waited_s = end_s - self._asked_at_s
        if waited_s < min(ANSWER_S, self._asked_at_s):
            times = f"{duration_text(self._asked_at_s)} to resolve, which left {duration_text(waited_s)} for an answer"
            return address, NoSample("dns-slow", f"the name took {times}")
        return address, NoSample("no-reply", f"no reply in {duration_text(waited_s)}")

    def _seek(self, now_s: float) -> float:
        """Look for an address that answers."""
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
        """Take the next sample of the address that answered."""
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
        """Start to ask one address."""
        self._next_address_at_s = self._clock.elapsed_s() + NEXT_ADDRESS_S
        try:
            channel = Channel(address, self._clock)
        except OSError as error:
            self._troubles.append((str(address), network_trouble(error)))
            self._all_reached = False
            return
        self._peers.add(channel.peer)
        # Who names a server may mean this host's own daemon. What we find for ourselves, a name that a blocklist leads
        # to 0.0.0.0 included, would only tell this clock what it says itself.
        if self.server.origin is not Origin.NAMED and channel.peer.is_this_host:
            self._troubles.append((str(address), NoSample("own-address", "that is this host itself")))
            channel.close()
            return
        self._selector.register(channel.socket, selectors.EVENT_READ, (self, channel))
        self._channels.append(channel)
        self._send(channel)

    def _send(self, channel: Channel) -> None:
        try:
            channel.send()
        except OSError as error:
            self._let_go(channel, network_trouble(error))

    def _let_go(self, channel: Channel, trouble: NoSample | None) -> None:
        """Close a channel; *trouble* tells why it gave nothing, None where that no longer matters."""
        if trouble is not None:
            self._troubles.append((str(channel.address), trouble))
        self._dropped += channel.dropped
        self._channels.remove(channel)
        self._selector.unregister(channel.socket)
        channel.close()


def _why_silent(channel: Channel) -> NoSample:
    """Return why a channel that gave no sample gave none: what was refused, else nothing came."""
    refusal = channel.refusal
    if refusal is not None:
        return NoSample(refusal.reason, refusal.detail, rejected=True)
    return NoSample("no-reply", "no reply")


def _tells(entry: tuple[str | None, NoSample]) -> int:
    trouble = entry[1]
    return -1 if trouble.rejected or trouble.reason not in _MOST_TELLING else _MOST_TELLING.index(trouble.reason)


def _aged(sample: ntp.Sample, run: LocalRun) -> Interval:
    """Return the range of a sample as it holds at the end of *run*: the local clock drifts and wanders meanwhile."""
    return sample.interval.widened(DRIFT_PPM * 1e-6 * run.duration_s + run.wander_s - sample.travel_s)


def _intersection(ranges: Sequence[Interval]) -> Interval | None:
    low_s, high_s = max(r.low_s for r in ranges), min(r.high_s for r in ranges)
    return Interval(low_s, high_s) if low_s <= high_s else None
