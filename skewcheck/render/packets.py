"""The facts of every packet in words, for those who want to check the measurement by hand. Pure."""

from collections.abc import Iterator

from skewcheck.model import Exchange, Reading, Vote
from skewcheck.quantity import duration_text, utc_text

LEGEND = (
    "T1 request sent, T2 received, T3 reply sent, T4 received. The server's clock minus the local one lies between "
    "T3 - T4 and T2 - T1, give or take half of the root delay, the root dispersion and the precision."
)
_LEAP = {0: "none", 1: "a second more", 2: "a second less", 3: "not synchronised"}


def facts(vote: Vote) -> Iterator[list[str]]:
    """Yield groups of short facts about one server; each group starts on a new line."""
    outcome = vote.outcome
    for exchange in outcome.exchanges if isinstance(outcome, Reading) else ():
        yield ["local ", *_times(T1=exchange.t1_s, T4=exchange.t4_s)]
        yield ["server", *_times(T2=exchange.t2_s, T3=exchange.t3_s)]
        yield _claims(exchange)
    if outcome.dropped:
        yield ["dropped:", *(f"{count} × {reason}" for reason, count in outcome.dropped)]


def _times(**moments_s: float) -> list[str]:
    """Tell times of day to the nearest microsecond: a float of Unix seconds holds them to a quarter of one."""
    return [f"{name} {utc_text(at_s + 0.5e-6, decimals=6)}" for name, at_s in moments_s.items()]


def _claims(exchange: Exchange) -> list[str]:
    """Tell what was seen of the way, and what the server says of itself and of its own doubt."""
    age_s = exchange.reference_age_s
    return [
        f"round trip {_milliseconds(exchange.delay_s)}",
        f"root delay {_milliseconds(exchange.root_delay_s)}",
        f"root dispersion {_milliseconds(exchange.root_dispersion_s)}",
        f"precision {exchange.precision_s * 1e6:.3g} µs",
        f"stratum {exchange.stratum}",
        f"reference {exchange.reference_id}",
        "never said when it was set" if age_s is None else f"set {duration_text(age_s)} before",
        f"leap {exchange.leap} ({_LEAP.get(exchange.leap, 'unknown')})",
        f"poll {exchange.poll}",
        f"version {exchange.version}",
    ]


def _milliseconds(seconds: float) -> str:
    """Return *seconds* as the packet has them, to the microsecond."""
    return f"{seconds * 1e3:.3f} ms"
