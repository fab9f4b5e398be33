"""A server with a `Date`, the way to it and the local clock, simulated: hours of exchanges in a second, all seeded."""

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bench.slewed import Pull, SlewedHost
from skewcheck.measure.addresses import Trouble
from skewcheck.measure.date_evidence import Reply, Request, Target
from skewcheck.model import Role, Security

EPOCH_S = 1_800_000_000.0
"""True time when a simulation begins, about."""
TARGET = Target(Role.URL, "sim", "https://sim/", (Request("HEAD", "/"), Request("GET", "/")))
_FLOAT_S = 1e-6
_WEEKDAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")


def imf_date(unix_s: int) -> str:
    """Return *unix_s* as servers write it (by the standard library, not by what is tested)."""
    import time

    parts = time.gmtime(unix_s)
    return f"{_WEEKDAYS[unix_s // 86400 % 7]}, " + time.strftime("%d %b %Y %H:%M:%S GMT", parts)


class Path(NamedTuple):
    """The way to the server and back."""

    rtt_s: float = 0.05
    out: float = 0.5
    """Share of the way out."""
    jitter: float = 0.1
    """Median of the lognormal jitter, as a share of each leg."""
    sigma: float = 1.0
    spikes: float = 0.02
    """Share of the legs that take 50 to 300 ms more."""
    losses: float = 0.0
    """Share of the exchanges that end without a reply."""


class World(NamedTuple):
    """All that a run is made of."""

    skew_s: float = 0.0
    """Local minus the first backend's clock, at the start."""
    path: Path = Path()
    lag: str = "fresh"
    """fresh, timer, on-demand, frozen, frozen-connection, cached, silently-cached."""
    period_s: float = 1.0
    late: float = 0.0
    """Share of a fresh server's Dates that are late, by up to `late_s`: its event loop was held up."""
    late_s: float = 0.02
    backends: tuple[float, ...] = (0.0,)
    """By how much each one's clock is ahead of the first."""
    balance: str = "round-robin"
    """round-robin, random (each request), connection."""
    step_s: float = 0.0
    """The servers' clocks jump by this."""
    step_after_s: float = math.inf
    drift_ppm: float = 0.0
    """Of the local clock."""
    slew_ppm: float = 0.0
    """By how much the local clock is slewed on purpose, and says so."""
    pulls: tuple[Pull, ...] = ()
    """What a daemon does to the local clock beside, so that the hardware's counter shows it."""
    closes: bool = False
    """The server closes the connection after each reply."""
    opening_s: float = 0.0
    """What a new connection takes beside two round trips, on average."""
    timeout_s: float = 10.0
    headers: tuple[tuple[str, str], ...] = (("server", "nginx"),)
    patience: int = 1000
    """Requests answered before the server says 429."""
    bustable: bool = True
    """A unique query gets past the cache."""


class SimulatedTransport:
    """A `Transport` in which only simulated time passes. Seconds."""

    def __init__(self, world: World, seed: int) -> None:
        """Draw what chance decides from *seed*."""
        self.world = world
        self._random = random.Random(seed)
        self._start_s = self._true_s = EPOCH_S + self._random.uniform(0, 1000)
        self._tick_s = self._random.random()
        self._made_s = self._start_s - self._random.uniform(0.5, 60)
        """When a frozen or cached Date was made."""
        self._on_demand: dict[int, float] = {}
        self._host = SlewedHost(world.pulls, lambda: round(self.elapsed_s() * 1e9))
        self._clock = self._host.clock()
        self._connection = 0
        self._open = False
        self._turn = self._random.randrange(len(world.backends))
        self._bound = 0
        self.requests = 0
        self.seen: set[int] = set()
        """The backends that answered."""
        self.forms: list[Request] = []

    # --- Transport

    def now_s(self) -> float:
        """Return what the local clock shows."""
        return self._local_s(self._true_s)

    def left_s(self) -> float:
        """Return the seconds until the deadline."""
        return self.world.timeout_s - self.elapsed_s()

    def travelled_s(self) -> float:
        """Return how far the local clock says that it was slewed."""
        pulled_s = self._clock.travelled_s() if self.world.pulls else 0.0  # half of all time goes into such looks
        return abs(self.world.slew_ppm) * 1e-6 * self.elapsed_s() + pulled_s

    def exchange(self, request: Request, at_s: float, *, anew: bool = False) -> Reply | Trouble:
        """Carry out one exchange in simulated time."""
        world, path = self.world, self.world.path
        opening_s = self._connect() if anew or not self._open else 0.0
        self._sleep(at_s - self.now_s())
        self.requests += 1
        self.forms.append(request)
        travel_s, sent_s = self.travelled_s(), self.now_s()
        out_s, back_s = self._leg_s(path.out), self._leg_s(1 - path.out)
        if self._random.random() < path.losses:
            self._true_s += 0.3
            self._open = False
            return Trouble("closed-early", "the connection was closed", sent=True)
        if out_s + back_s > self.left_s():
            self._true_s += max(0.0, self.left_s())
            return Trouble("stalled", "silence until the deadline", sent=True)
        self._true_s += out_s
        headers = dict(world.headers) | self._date(request)
        self._true_s += back_s
        self._open = not world.closes
        status = 429 if self.requests > world.patience else 401
        return Reply(
            sent_s,
            self.now_s(),
            self._connection,
            status,
            headers,
            Security.VERIFIED,
            "192.0.2.1",
            opening_s=opening_s,
            travel_s=travel_s,
        )

    def spread(self, request: Request, moments_s: Sequence[float], stops: Callable[[Reply], bool]) -> "SimulatedSpread":
        """Begin nothing yet: only one thing happens at a time here."""
        return SimulatedSpread(self, request, moments_s, stops)

    # --- The truth

    def elapsed_s(self) -> float:
        """Return the true seconds since the start."""
        return self._true_s - self._start_s

    def truth_s(self, backend: int = 0) -> float:
        """Return local minus the clock of *backend*, now."""
        return self.now_s() - self._server_s(self._true_s, backend)

    def truths_s(self) -> list[float]:
        """Return that of all backends that answered."""
        return [self.truth_s(backend) for backend in sorted(self.seen)]

    # --- Below

    def _local_s(self, true_s: float) -> float:
        rate = (self.world.drift_ppm + self.world.slew_ppm) * 1e-6
        return true_s + self.world.skew_s + rate * (true_s - self._start_s) + self._pulled_s(true_s)

    def _pulled_s(self, true_s: float) -> float:
        return self._host.ahead_s(round((true_s - self._start_s) * 1e9)) if self.world.pulls else 0.0

    def _server_s(self, true_s: float, backend: int) -> float:
        stepped = true_s - self._start_s >= self.world.step_after_s
        return true_s + self.world.backends[backend] + (self.world.step_s if stepped else 0.0)

    def _sleep(self, local_s: float) -> None:
        at_s, rate = self.now_s() + local_s, 1 + (self.world.drift_ppm + self.world.slew_ppm) * 1e-6
        while local_s > _FLOAT_S:
            self._true_s += local_s / (rate + max((abs(pull.rate) for pull in self.world.pulls), default=0.0))
            local_s = at_s - self.now_s() if self.world.pulls else 0.0
        self._true_s += self._random.uniform(0, 50e-6)

    def _leg_s(self, share: float) -> float:
        path, chance = self.world.path, self._random
        leg_s = path.rtt_s * share
        leg_s *= 1 + path.jitter * chance.lognormvariate(0, path.sigma)
        return leg_s + (chance.uniform(0.05, 0.3) if chance.random() < path.spikes else 0.0)

    def _connect(self) -> float:
        began_s = self._true_s
        self._true_s += sum(self._leg_s(1.0) for _ in range(2))
        if self.world.opening_s > 0:
            self._true_s += self.world.opening_s * self._random.uniform(0.7, 1.3)
        self._connection += 1
        self._open = True
        self._bound = self._random.randrange(len(self.world.backends))
        if self.world.lag == "frozen-connection":
            self._made_s = self._true_s
        return self._true_s - began_s

    def _backend(self) -> int:
        count = len(self.world.backends)
        if self.world.balance == "connection":
            return self._bound
        if self.world.balance == "random":
            return self._random.randrange(count)
        self._turn = (self._turn + 1) % count
        return self._turn

    def _date(self, request: Request) -> dict[str, str]:
        backend = self._backend()
        self.seen.add(backend)
        made_s = self._made(request, backend)
        headers = {"date": imf_date(math.floor(self._server_s(made_s, backend)))}
        if self.world.lag == "cached" and made_s < self._true_s:
            headers["age"] = str(math.ceil(self._true_s - made_s))
        return headers

    def _made(self, request: Request, backend: int) -> float:
        """Return the true time at which the text of the Date was made."""
        now_s, period_s, kind = self._true_s, self.world.period_s, self.world.lag
        if kind == "timer":
            return now_s - (now_s - self._tick_s - 0.37 * backend) % period_s
        if kind == "on-demand":
            if now_s - self._on_demand.get(backend, -math.inf) >= period_s:
                self._on_demand[backend] = now_s
            return self._on_demand[backend]
        if kind in ("frozen", "frozen-connection"):
            return self._made_s
        if kind == "cached":
            return now_s if self.world.bustable and "skewcheck=" in request.path else self._made_s
        if kind == "silently-cached":
            if now_s - self._made_s >= period_s:
                self._made_s = now_s
            return self._made_s
        late_s = self.world.late_s if self.world.late and self._random.random() < self.world.late else 2e-3
        return now_s - self._random.uniform(0, late_s)


class SimulatedSpread:
    """Connections of their own, one after another, each at its moment or as many seconds later as it takes."""

    def __init__(
        self,
        transport: SimulatedTransport,
        request: Request,
        moments_s: Sequence[float],
        stops: Callable[[Reply], bool],
    ) -> None:
        """Keep what is to be sent."""
        self._transport, self._request, self._moments_s, self._stops = transport, request, sorted(moments_s), stops
        self.stopped = False

    def collect(self, patience_s: float) -> "list[Reply | Trouble]":  # noqa: ARG002 - nobody waits in simulated time
        """Send all of them, and return what came."""
        came: list[Reply | Trouble] = []
        for moment_s in self._moments_s:
            transport = self._transport
            opened_s = transport.now_s() + 3 * transport.world.path.rtt_s
            at_s = moment_s + max(0, math.ceil(opened_s - moment_s))
            came.append(transport.exchange(self._request, at_s, anew=True))
            self.stopped = isinstance(came[-1], Reply) and self._stops(came[-1])
            if self.stopped:
                break
        return came
