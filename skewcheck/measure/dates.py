"""Asks all hosts for their `Date` at once, under one deadline, and tells what that proves at the end of the run."""

import contextlib
import functools
import math
import queue
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck import genesys
from skewcheck.errors import HostError
from skewcheck.measure.addresses import Address, Resolver, Trouble, start_thread, written_out
from skewcheck.measure.connection import context
from skewcheck.measure.date_evidence import Progress, Question, Reply, Request, Target
from skewcheck.measure.date_search import measure
from skewcheck.measure.localclock import DRIFT_PPM, LocalClock
from skewcheck.measure.servers import could_be_a_host
from skewcheck.measure.transport import USUAL_PORTS, Endpoint, HttpTransport, authority, rest
from skewcheck.model import (
    ApiHost,
    ApiSurvey,
    DateReading,
    Ended,
    Family,
    Interval,
    LocalRun,
    NoReading,
    Reading,
    Role,
)
from skewcheck.secret_shapes import is_in_path, names_no_host

GRACE_S = 0.1
"""Past the deadline nothing is waited for any more; so long a thread may take to say what it has proven by then."""
MAX_URL_LENGTH = 1000
"""What is longer is no address of an API, and may be a secret that was pasted by mistake."""
_UNESCAPED = "/%:@!$&'()*+,;=~-._"
"""What may stand in a path as it is (RFC 3986 §3.3)."""


def ask_dates(
    targets: Sequence[Target],
    question: Question,
    *,
    region: str | None,
    timeout_s: float,
    family: Family = Family.ANY,
    ca_file: str | None = None,
    clock: LocalClock | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ApiSurvey:
    """Ask every one of *targets*, until *clock* has run for *timeout_s* at most, and return what they prove.

    *progress* is called in the thread of the caller.
    """
    local = LocalClock() if clock is None else clock
    trusted = _once(lambda: context(ca_file))
    events: _Events = queue.SimpleQueue()
    transports = [
        SpreadingTransport(
            endpoint(target),
            clock=local,
            deadline_s=timeout_s,
            family=family,
            trusted=trusted,
            ca_file=ca_file,
            max_requests=question.max_requests,
        )
        for target in targets
    ]
    asked = list(enumerate(zip(targets, transports, strict=True)))
    for number, (target, transport) in asked:
        start_thread(functools.partial(_ask, target, question, transport, local, number=number, events=events))
    ended = _collect(events, len(targets), progress, lambda: timeout_s + GRACE_S - local.elapsed_s())
    run = local.finish()
    hosts = []
    for number, (target, transport) in asked:
        if number in ended:
            outcome = _at_the_end(ended[number], run, local.resolution_s)
        else:
            silence = "nothing came of it until the deadline"
            outcome = NoReading(target.host, transport.address, "no-answer", silence, rejected=False)
        hosts.append(ApiHost(target.role, target.host, outcome))
    return ApiSurvey(region, tuple(hosts), run, _cut_short(ended, len(targets)), question.full)


def region_targets(region: genesys.Region) -> tuple[Target, Target]:
    """Return what to ask in *region*: its API, and the host that issues its tokens."""
    return (
        _target(Role.API, f"https://{region.api_host}", genesys.API_PROBES),
        _target(Role.LOGIN, f"https://{region.login_host}", genesys.LOGIN_PROBES),
    )


def parse_url(text: str) -> Target:
    """Return what to ask where the user names a URL.

    Raises ValueError with a sentence for the user, which repeats nothing of *text*: it may hold a password.
    """
    from urllib.parse import quote, unquote, urlsplit

    written = text.strip()
    if len(written) > MAX_URL_LENGTH or not written.isprintable() or " " in written or "\\" in written:
        raise ValueError("is not a URL; write https://HOST/PATH")
    try:
        parts = urlsplit(written)
        host, port, netloc = parts.hostname or "", parts.port, parts.netloc
    except ValueError:
        raise ValueError(_NO_HOST) from None
    if parts.scheme not in USUAL_PORTS:
        raise ValueError("is not a URL; write https://HOST/PATH")
    if "@" in netloc:
        raise ValueError("holds a name or a password; leave them out, the time is told without")
    if "?" in written or "#" in written:
        raise ValueError("has a query or a fragment, which may hold a secret; leave it out, the time is told without")
    if names_no_host(netloc) or is_in_path(unquote(parts.path)):
        raise ValueError("holds what looks like a token, and was sent nowhere; write https://HOST/PATH")
    # Old Pythons find a host in much that names none, so it must be the same when it is written back.
    if not _is_host(_zoned(host)) or netloc.lower() != authority(host.lower(), port or 0):
        raise ValueError(_NO_HOST)
    usual = USUAL_PORTS[parts.scheme]
    path = quote(parts.path or "/", safe=_UNESCAPED)
    shown = authority(host, port or usual, usual)
    requests = (Request("HEAD", path), Request("GET", path))
    return Target(Role.URL, shown, f"{parts.scheme}://{shown}{path}", requests)


_NO_HOST = "names no host that can be asked; write https://HOST or https://HOST:PORT"


def endpoint(target: Target) -> Endpoint:
    """Return where to ask for *target*."""
    from urllib.parse import urlsplit

    parts = urlsplit(target.url)
    return Endpoint(parts.scheme, _zoned(parts.hostname or ""), parts.port or USUAL_PORTS[parts.scheme])


def _zoned(host: str) -> str:
    """Return *host* as sockets take it: in a URL the `%` before an IPv6 zone is itself escaped (RFC 6874)."""
    address, escaped, zone = host.partition("%25")
    return f"{address}%{zone}" if ":" in address and escaped and zone else host


def _is_host(host: str) -> bool:
    """Tell whether *host* is a name, or an address in the form that is left when brackets are off."""
    try:
        return could_be_a_host(host) and (":" in host or bool(host.encode("idna")))
    except UnicodeError:
        return False


def _target(role: Role, url: str, probes: Sequence[tuple[str, str]]) -> Target:
    requests = tuple(Request(method, path) for method, path in probes)
    return Target(role, url.partition("://")[2], f"{url}{requests[0].path}", requests)


# --- One host over many connections, each opened a little before its moment, to all addresses of its name in turn ---

_LOOK_S = 0.1
"""How often it is looked whether waiting still makes sense."""
_SPARE_S = 0.25
"""Before the deadline nothing is waited for any more: what was found is still to be told in time."""
_OPENS_S = 0.6
"""Before its moment a connection begins to be opened: a dozen round trips of a slow path."""


class SpreadingTransport(HttpTransport):
    """Asks one host over one connection, and beside it over others. Implements `date_evidence.Transport`."""

    def spread(self, request: Request, moments_s: Sequence[float], stops: Callable[[Reply], bool]) -> "HttpSpread":
        """Begin to send *request* at these local times, each over a new connection that is opened before."""
        others = [
            HttpTransport(
                self._endpoint,
                clock=self._clock,
                deadline_s=self._deadline_s,
                family=self._family,
                trusted=self._trusted,
                ca_file=self._ca_file,
                resolver=_beginning_at(self.found, number) if self.found else self._resolver,
                max_requests=1,
            )
            for number in range(1, len(moments_s) + 1)
        ]
        return HttpSpread(others, request, moments_s, stops)


def _beginning_at(found: Sequence[Address], number: int) -> Resolver:
    """Return what gives the addresses that were *found*, another one first for each *number*."""
    first = number % len(found)
    return lambda *_: [*found[first:], *found[:first]]


class HttpSpread:
    """Implements `date_evidence.Spread`: a thread for each connection."""

    def __init__(
        self,
        transports: Sequence[HttpTransport],
        request: Request,
        moments_s: Sequence[float],
        stops: Callable[[Reply], bool],
    ) -> None:
        """Begin."""
        self._request, self._stops = request, stops
        self._came: queue.SimpleQueue[Reply | Trouble] = queue.SimpleQueue()
        self._plans = sorted(zip(moments_s, transports, strict=True), key=lambda plan: plan[0])
        self._over = threading.Event()
        self.stopped = False
        try:
            start_thread(self._begin_each)
        except HostError:
            self._plans = []

    def collect(self, patience_s: float) -> "list[Reply | Trouble]":
        """Return what came so far, and until *patience_s* after the last of the moments; no more are sent then."""
        came: list[Reply | Trouble] = []
        while len(came) < len(self._plans) and not self.stopped:
            last_s, transport = self._plans[-1]
            wait_s = min(last_s + patience_s - transport.now_s(), transport.left_s() - _SPARE_S)
            if wait_s <= 0:
                break
            with contextlib.suppress(queue.Empty):
                came.append(self._came.get(timeout=min(wait_s, _LOOK_S)))
        self._over.set()
        with contextlib.suppress(queue.Empty):
            while True:
                came.append(self._came.get_nowait())
        due = sum(at_s <= transport.now_s() for at_s, transport in self._plans)
        return came + [Trouble("stalled", "no reply in time", sent=1)] * (due - len(came))

    def _begin_each(self) -> None:
        for at_s, transport in self._plans:
            while (ahead_s := at_s - _OPENS_S - transport.now_s()) > 0 and not self._over.is_set():
                rest(min(ahead_s, _LOOK_S))
            if self._over.is_set():
                return
            with contextlib.suppress(HostError):  # no room for one more thread: one connection less
                start_thread(functools.partial(self._ask, transport, at_s))

    def _ask(self, transport: HttpTransport, at_s: float) -> None:
        with contextlib.closing(transport):
            reply = transport.exchange(self._request, at_s, unless=self._over.is_set)
        if isinstance(reply, Reply) and self._stops(reply):
            self.stopped = True
            self._over.set()
        self._came.put(reply)


# --- One thread for each host ---


class _Done(NamedTuple):
    outcome: DateReading | NoReading
    at_s: float
    """Seconds of `LocalClock.elapsed_s`."""
    travel_s: float
    """As `LocalClock.travelled_s`, of the moment that the outcome allows for."""
    over: bool
    """The deadline had come."""


_Event = _Done | Progress | BaseException
_Events = queue.SimpleQueue[tuple[int, _Event]]


def _ask(
    target: Target,
    question: Question,
    transport: SpreadingTransport,
    clock: LocalClock,
    *,
    number: int,
    events: _Events,
) -> None:
    """Run in a thread: measure one host and tell what came of it, a defect included."""
    try:
        outcome = measure(target, question, transport, lambda progress: events.put((number, progress)))
        events.put((number, _Done(outcome, clock.elapsed_s(), transport.travel_s, transport.left_s() <= 0)))
    except BaseException as error:  # noqa: BLE001  not swallowed: it is raised where it is waited for
        events.put((number, error))
    finally:
        transport.close()


def _collect(
    events: _Events, wanted: int, progress: Callable[[Progress], None] | None, left_s: Callable[[], float]
) -> dict[int, _Done]:
    """Return what the hosts came to, by number, of those that told it in time; raises what one of them raised."""
    ended: dict[int, _Done] = {}
    while len(ended) < wanted:
        try:
            number, event = events.get(timeout=max(0.0, left_s()))
        except queue.Empty:
            break
        if isinstance(event, BaseException):
            raise event
        if isinstance(event, _Done):
            ended[number] = event
        elif progress is not None:
            progress(event)
    return ended


def _once(make: Callable[[], ssl.SSLContext]) -> Callable[[], ssl.SSLContext]:
    """Return *make*, called once for all threads: reading a system's CAs takes longer than a round trip."""
    lock, made = threading.Lock(), functools.cache(make)

    def get() -> ssl.SSLContext:
        with lock:
            return made()

    return get


# --- What holds at the end of the run ---


def _at_the_end(done: _Done, run: LocalRun, resolution_s: float) -> DateReading | NoReading:
    """Return a reading as it holds for the local clock at the end of the run, before a step in it and after."""
    outcome = done.outcome
    if isinstance(outcome, NoReading):
        return outcome
    aged_s = max(0.0, run.duration_s - done.at_s)
    by_s = resolution_s + DRIFT_PPM * 1e-6 * aged_s + run.wander_s - done.travel_s
    moved_s = run.step_s + (0.0 if math.isfinite(outcome.fresh.low_s) else by_s)  # there the estimate is the high end

    def held(proven: Interval) -> Interval:
        older = proven.widened(by_s)
        return Interval(older.low_s + min(0.0, run.step_s), older.high_s + max(0.0, run.step_s))

    nodes = outcome.nodes and outcome.nodes._replace(
        replies=tuple(reply._replace(interval=held(reply.interval)) for reply in outcome.nodes.replies),
        clocks=tuple(clock._replace(interval=held(clock.interval)) for clock in outcome.nodes.clocks),
    )
    skew_s = outcome.skew_s + moved_s
    return outcome._replace(skew_s=skew_s, interval=held(outcome.interval), fresh=held(outcome.fresh), nodes=nodes)


def _cut_short(ended: dict[int, _Done], asked: int) -> bool:
    """Tell whether the deadline took something away from what was measured."""
    readings = [done.outcome for done in ended.values() if isinstance(done.outcome, DateReading)]
    late = any(done.over for done in ended.values() if isinstance(done.outcome, NoReading)) or len(ended) < asked
    return bool(readings) and (late or any(reading.ended is Ended.DEADLINE for reading in readings))


# --- HTTPS servers as sources of time: each `Date` is a vote beside those of NTP servers, with the lag it may have ---
#
# For hosts from which NTP can't leave and HTTPS can. A `Date` says less than a packet of NTP's: it is a second wide,
# and may be old by about as much more. What is one-sided, or speaks of two clocks, is no vote.

MAX_REQUESTS_OF_VOTE = 8
"""To each: then the second is known to a third, and the lag is all that is left. Nobody's own server is asked more."""


class Named(NamedTuple):
    """One that the user named."""

    given: str
    target: Target

    @property
    def operator(self) -> str:
        """What stands for who runs it: the last two labels of its name, or its address."""
        at = endpoint(self.target)
        numeric = written_out(at.host, at.port, Family.ANY)
        return f"https {numeric[0].at[0] if numeric else '.'.join(at.host.rstrip('.').lower().split('.')[-2:])}"


class DateVotes(NamedTuple):
    """They are being asked, by the clock that everybody is asked by."""

    named: Sequence[Named]
    wait: Callable[[float | None], ApiSurvey]
    """Returns what all of it comes to; as what `addresses.aside` returns."""

    def outcomes(self, found: ApiSurvey, run: LocalRun) -> list[Reading | NoReading]:
        """Return what each is worth at the end of *run*, that of all who were asked."""
        own = found.local
        since_s = DRIFT_PPM * 1e-6 * max(0.0, run.duration_s - own.duration_s)
        by_s = since_s + max(0.0, run.wander_s - own.wander_s) + abs(run.step_s - own.step_s)
        return [_vote(one.given, host.outcome, by_s) for one, host in zip(self.named, found.hosts, strict=True)]


def _vote(given: str, outcome: DateReading | NoReading, by_s: float) -> Reading | NoReading:
    if isinstance(outcome, NoReading):
        return outcome._replace(server=given)
    if not outcome.two_sided:
        return NoReading(given, outcome.address, "date-old", "its Date may be of any age", rejected=True)
    if outcome.spread_s > 0:
        return NoReading(given, outcome.address, "dates-contradict", "its replies are of several clocks", rejected=True)
    interval = outcome.interval.widened(by_s)
    address = "" if outcome.proxied or outcome.address is None else outcome.address  # the proxy's is nobody's own
    return Reading(given, address, interval.middle_s, interval, outcome.min_rtt_s, ())
