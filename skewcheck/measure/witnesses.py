"""Which servers are one witness: those that show one source of time. Pure.

What a packet shows of its sender's source is its reference ID (RFC 5905 §7.3): at stratum 2 and above the address of
whom it follows, of an IPv6 address a hash. At stratum 1 it names a kind of clock, which many have: that joins nobody,
but for the local clock of a host that follows no other (`LOCL`; 127.127.1.x, as ntpd and chronyd have it).

No packet tells that a server smears leap seconds; some are known by their names. Those of one operator are one source.
On the days around which a leap second can be, all are: they err alike.
"""

import time
from collections.abc import Callable, Sequence

from skewcheck.measure.addresses import follower_id
from skewcheck.model import NoReading, Reading

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
