"""All hosts at once: what is asked, what holds at the end of the run, and that the end comes in time."""

import math
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from bench.namespaces import namespace
from bench.patience import until_calm
from bench.typed import clean

from skewcheck import genesys
from skewcheck.errors import HostError
from skewcheck.measure import dates
from skewcheck.measure.date_evidence import Progress, Question, Request, Target, Transport
from skewcheck.measure.dates import ask_dates, endpoint, parse_url, region_targets
from skewcheck.measure.localclock import DRIFT_PPM, LocalClock
from skewcheck.measure.transport import Endpoint
from skewcheck.model import DateReading, Ended, Interval, Lag, LocalRun, NoReading, Role, Security, Served, StampedBy

QUESTION = Question((0.1, 1.0))
SHORT_S = 0.6
LATE_S = 0.2


# --- Whom to ask ---


@pytest.mark.parametrize(
    ("text", "host", "url", "at"),
    [
        ("https://api.example.com", "api.example.com", "https://api.example.com/", ("https", "api.example.com", 443)),
        (" HTTPS://API.example.com:443/ ", "api.example.com", "https://api.example.com/",
         ("https", "api.example.com", 443)),
        ("http://gw:8080/v1/ping", "gw:8080", "http://gw:8080/v1/ping", ("http", "gw", 8080)),
        ("http://[2001:db8::1]/x", "[2001:db8::1]", "http://[2001:db8::1]/x", ("http", "2001:db8::1", 80)),
        ("https://[::1]:8443", "[::1]:8443", "https://[::1]:8443/", ("https", "::1", 8443)),
        ("http://[fe80::1%25eth0]:8080", "[fe80::1%25eth0]:8080", "http://[fe80::1%25eth0]:8080/",
         ("http", "fe80::1%eth0", 8080)),
        ("https://127.0.0.1/a%20b", "127.0.0.1", "https://127.0.0.1/a%20b", ("https", "127.0.0.1", 443)),
        ("https://bücher.example/ü", "bücher.example", "https://bücher.example/%C3%BC",
         ("https", "bücher.example", 443)),
        ("https://a.example./", "a.example.", "https://a.example./", ("https", "a.example.", 443)),
    ],
)  # fmt: skip
def test_every_usual_url_is_understood(text: str, host: str, url: str, at: tuple[str, str, int]) -> None:
    """Names, addresses of both families, with and without a port or a path."""
    target = parse_url(text)
    assert (target.role, target.host, target.url) == (Role.URL, host, url)
    assert endpoint(target) == Endpoint(*at)
    assert [request.method for request in target.requests] == ["HEAD", "GET"]
    assert all(url.endswith(request.path) for request in target.requests)


SECRET = "hunter2hunter2"  # noqa: S105  nobody's


UNASKABLE = {
    "is not a URL": (
        "", "api.example.com", "api.example.com:443", "//api.example.com/", f"ftp://{SECRET}", SECRET * 100,
        "https://a b/", "https://a/\x1b[2J", "https://a/\u202e", "https://a\\b/", "https://\u00ad/",
        f"https://a/{SECRET}{'x' * 2000}",
    ),
    "password": (f"https://user:{SECRET}@a/", f"https://{SECRET}@a/"),
    "query": (f"https://a/?token={SECRET}", "https://a/?"),
    "fragment": (f"https://a/#access_token={SECRET}",),
    "names no host": (
        "https://", "https:///path", "https://a:/", "https://a:0/", "https://a:65536/", "https://a:x/",
        "https://a:\u0661/", "https://[::1/", "https://[::g]/", "https://[1]/", "https://[v1.x:y]/",
        "https://" + "ü" * 60 + "/", "https://a[::1]/", "https://[::1]a:443/", "https://a..b/", "https://::1/",
        f"https://{'x' * 64}/",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), [(text, says) for says, texts in UNASKABLE.items() for text in texts])
def test_what_cannot_be_asked_is_refused_with_a_sentence(text: str, says: str) -> None:
    """Nothing of it is repeated: it may hold a secret. No request carries credentials or a query."""
    with pytest.raises(ValueError, match=says) as caught:
        parse_url(text)
    assert SECRET not in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_region_is_its_api_and_its_issuer() -> None:
    """What to ask each for, the first of it in the URL that people see."""
    api, login = region_targets(genesys.region("eu-west-1"))
    assert (api.role, api.host, api.url) == (
        Role.API, "api.mypurecloud.ie", "https://api.mypurecloud.ie/api/v2/date",
    )  # fmt: skip
    assert (login.role, login.host, login.url) == (
        Role.LOGIN, "login.mypurecloud.ie", "https://login.mypurecloud.ie/oauth/token",
    )  # fmt: skip
    assert api.requests[0] == Request("HEAD", "/api/v2/date")
    assert endpoint(login) == Endpoint("https", "login.mypurecloud.ie", 443)


@pytest.mark.parametrize("region", genesys.REGIONS, ids=[region.code for region in genesys.REGIONS])
def test_every_region_can_be_asked(region: genesys.Region) -> None:
    """Its hosts are hosts."""
    for target in region_targets(region):
        assert parse_url(target.url).host == target.host


# --- What holds at the end ---

RUN = LocalRun(ended_at_s=1000.0, duration_s=10.0, step_s=0.0, slew_ppm=0.0, wander_s=0.0)
READING = DateReading(
    "https://a/", "192.0.2.1", 0.2, Interval(-0.9, 0.3), Interval(0.1, 0.3), Lag(1.0, known=False, because="unknown"),
    StampedBy.UNKNOWN, Security.VERIFIED, (), 1, 0.01, confirmed=False, ended=Ended.DECIDED, served=Served(200),
)  # fmt: skip


def at_the_end(
    run: LocalRun, reading: DateReading = READING, at_s: float = 10.0, travel_s: float = 0.0, resolution_s: float = 0.0
) -> DateReading:
    """Return the reading at the end of *run*."""
    found = dates._at_the_end(dates._Done(reading, at_s, travel_s, over=False), run, resolution_s)
    assert isinstance(found, DateReading)
    return found


def test_a_reading_ages_until_the_end() -> None:
    """By drift, by what the clock was slewed since, and by how finely it can be read; the estimate stays."""
    aged = at_the_end(RUN._replace(wander_s=0.005), at_s=4.0, travel_s=0.002, resolution_s=0.0156)
    by_s = DRIFT_PPM * 1e-6 * 6.0 + 0.003 + 0.0156
    assert aged.fresh == pytest.approx((0.1 - by_s, 0.3 + by_s))
    assert aged.interval == pytest.approx((-0.9 - by_s, 0.3 + by_s))
    assert aged.skew_s == pytest.approx(0.2)
    assert at_the_end(RUN) == READING


def test_what_is_bounded_on_one_side_is_estimated_at_its_end() -> None:
    """Of a cache nothing is known but that end, and it moves as the bound ages."""
    old = READING._replace(skew_s=0.3, interval=Interval(-math.inf, 0.3), fresh=Interval(-math.inf, 0.3))
    aged = at_the_end(RUN, old, at_s=0.0)
    assert aged.skew_s == aged.fresh.high_s == aged.interval.high_s > 0.3
    assert aged.interval.low_s == -math.inf


@pytest.mark.parametrize("step_s", [0.5, -0.5])
def test_a_step_is_covered_before_and_after(step_s: float) -> None:
    """Where the local clock was set meanwhile, the range holds for it as it was and as it is; the estimate as it is."""
    stepped = at_the_end(RUN._replace(step_s=step_s))
    for skew_s in (0.1, 0.3):
        assert stepped.fresh.low_s <= skew_s <= stepped.fresh.high_s
        assert stepped.fresh.low_s <= skew_s + step_s <= stepped.fresh.high_s
    assert stepped.skew_s == pytest.approx(0.2 + step_s)
    assert stepped.interval.high_s == stepped.fresh.high_s


# --- All at once, in time ---


def replaced(monkeypatch: pytest.MonkeyPatch, measure: Callable[[Target, Transport], DateReading | NoReading]) -> None:
    """Have each host measured by *measure*."""

    def stand_in(
        target: Target, _question: Question, transport: Transport, progress: Callable[[Progress], None] | None = None
    ) -> DateReading | NoReading:
        assert progress is not None
        progress(Progress(target.host, 1, Interval(0.0, 1.0)))
        return measure(target, transport)

    monkeypatch.setattr(dates, "measure", stand_in)


def test_hosts_are_asked_beside_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other to begin, and both come to an end; the order is that in which they were named."""
    together = threading.Barrier(2)

    def measure(target: Target, _transport: Transport) -> DateReading:
        together.wait(10)
        return READING._replace(url=target.url)

    replaced(monkeypatch, measure)
    targets = [parse_url("http://a/"), parse_url("http://b/")]
    found = ask_dates(targets, QUESTION._replace(full=True), region="eu-west-1", timeout_s=20)
    assert [host.host for host in found.hosts] == ["a", "b"]
    urls = [host.outcome.url for host in found.hosts if isinstance(host.outcome, DateReading)]
    assert urls == ["http://a/", "http://b/"]
    assert (found.region, found.full, found.cut_short) == ("eu-west-1", True, False)


def test_progress_comes_in_the_callers_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen is drawn by one thread."""
    seen: list[tuple[str, int]] = []
    replaced(monkeypatch, lambda _target, _transport: READING)
    ask_dates(
        [parse_url("http://a/"), parse_url("http://b/")], QUESTION, region=None, timeout_s=20,
        progress=lambda progress: seen.append((progress.host, threading.get_ident())),
    )  # fmt: skip
    assert sorted(seen) == [("a", threading.get_ident()), ("b", threading.get_ident())]


def test_a_defect_in_a_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no result, and is not waited out until the deadline."""

    def broken(_target: Target, _transport: Transport) -> DateReading:
        raise ZeroDivisionError

    replaced(monkeypatch, broken)
    with pytest.raises(ZeroDivisionError):
        ask_dates([parse_url("http://a/")], QUESTION, region=None, timeout_s=60)


def test_whoever_is_stuck_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a thread hangs in, the call ends by the deadline, with what the others proved."""
    woken = threading.Event()

    def measure(target: Target, _transport: Transport) -> DateReading:
        if target.host == "stuck":
            woken.wait(60)
        return READING

    replaced(monkeypatch, measure)

    def ask() -> float:
        start_s = time.monotonic()
        targets = [parse_url("http://stuck/"), parse_url("http://b/")]
        found = ask_dates(targets, QUESTION, region=None, timeout_s=SHORT_S)
        spent_s = time.monotonic() - start_s
        stuck, other = (host.outcome for host in found.hosts)
        assert isinstance(stuck, NoReading)
        assert (stuck.reason, stuck.rejected) == ("no-answer", False)
        assert isinstance(other, DateReading)
        assert found.cut_short
        return spent_s

    try:
        until_calm(ask, lambda spent_s: spent_s < SHORT_S + LATE_S)
    finally:
        woken.set()


def test_a_clock_that_runs_already_has_spent_some_of_the_time() -> None:
    """Who asks NTP beside this has one deadline for both."""
    clock = LocalClock()
    time.sleep(SHORT_S)
    start_s = time.monotonic()
    found = ask_dates([parse_url("http://127.0.0.1:9/")], QUESTION, region=None, timeout_s=SHORT_S / 2, clock=clock)
    assert isinstance(found.hosts[0].outcome, NoReading)
    assert time.monotonic() - start_s < SHORT_S


def test_a_cut_is_told_where_it_took_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where nothing was measured at all, nor where the deadline came after all was said."""
    replaced(monkeypatch, lambda _target, _transport: READING._replace(ended=Ended.DEADLINE))
    targets = [parse_url("http://a/")]
    assert ask_dates(targets, QUESTION, region=None, timeout_s=20).cut_short
    nothing = NoReading("a", None, "stalled", "silent", rejected=False)
    replaced(monkeypatch, lambda _target, _transport: nothing)
    assert not ask_dates(targets, QUESTION, region=None, timeout_s=20).cut_short


def test_a_host_that_allows_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container at its limit of processes is told that, not that the API is silent."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(HostError, match="threads"):
        ask_dates([parse_url("http://127.0.0.1:9/")], QUESTION, region=None, timeout_s=1)


# --- Without a network ---

_ASK = """
import sys, time
from skewcheck import genesys
from skewcheck.measure.dates import ask_dates, parse_url, region_targets
from skewcheck.measure.date_evidence import Question
start_s = time.monotonic()
targets = [parse_url(sys.argv[1])] if len(sys.argv) > 1 else region_targets(genesys.region("eu-west-1"))
found = ask_dates(targets, Question((0.1, 1.0)), region=None, timeout_s=1.0)
print(*[host.outcome.reason for host in found.hosts], time.monotonic() - start_s < 1.3)
"""


def asked(folder: Path, arguments: Sequence[str] = (), setup: str = "", files: dict[str, str] | None = None) -> str:
    """Ask in a namespace of its own, and return what is printed."""
    with namespace(folder, setup, files) as lonely:
        done = lonely.run([sys.executable, "-c", _ASK, *arguments], environment=clean())
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_network(tmp_path: Path) -> None:
    """A name that nobody can resolve, and an address without a route, are told at once."""
    assert asked(tmp_path, files={"/etc/resolv.conf": "nameserver 127.0.0.1\n"}) == "dns-failed dns-failed True"
    assert asked(tmp_path, ["https://192.0.2.1/"]) == "no-route True"


SILENT_LINK = """
ip link add silent type veth peer name nowhere
ip link set nowhere up
ip addr add 10.99.7.254/24 dev silent
ip link set silent arp off up
"""
"""Packets leave there, and nothing comes back."""


def test_a_resolver_that_never_answers(tmp_path: Path) -> None:
    """The process ends by the deadline, whatever the system's resolver waits for."""
    slow = {"/etc/resolv.conf": "nameserver 10.99.7.1\n"}
    assert asked(tmp_path, setup=SILENT_LINK, files=slow).startswith("dns-timeout dns-timeout")


def test_an_api_that_never_answers(tmp_path: Path) -> None:
    """A firewall that drops what goes to the API."""
    assert asked(tmp_path, ["https://10.99.7.2/"], setup=SILENT_LINK).startswith("connect-timeout")
