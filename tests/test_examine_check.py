"""Asking NTP, an API and the host at once, from the request to the report, with servers on loopback."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from skewcheck.errors import HostError, UsageError
from skewcheck.examine import Request, examine
from skewcheck.examine.request import measuring_time
from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer, Query, Reply
from skewcheck.model import DateReading, Policy, Report, Status


@contextlib.contextmanager
def asking(*, ntp_s: float | None = 0.0, api_s: float | None = 0.0, login_s: float | None = None) -> Iterator[Request]:
    """Give a request for three NTP servers and an API that are so far ahead of the local clock; None: silent."""
    with contextlib.ExitStack() as running:
        behaviour = {} if ntp_s is not None else {"behaviour": _silent}
        ntp = [running.enter_context(NtpServer(ntp_s or 0.0, **behaviour)) for _ in range(3)]  # type: ignore[arg-type]
        api = running.enter_context(HttpServer(api_s or 0.0))
        url = api.url if api_s is not None else f"http://127.0.0.1:{_closed_port()}/"
        login = None if login_s is None else running.enter_context(HttpServer(login_s)).url
        named = tuple("{}:{}".format(*server.address) for server in ntp)
        yield Request(servers=named, url=url, login_url=login, timeout_s=6.0)


def _silent(_query: Query) -> tuple[Reply, ...]:
    return ()


def _closed_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ids(report: Report) -> set[str]:
    """Return the ids of the findings about what was measured."""
    about = ("not-skew", "ntp-", "api-", "local-", "issuer-", "skew-")
    return {finding.id for finding in report.findings if finding.id.startswith(about)} - {"api-lag"}


@pytest.mark.parametrize(("gone_s", "way_out_s", "left_s"), [(0.0, 0.0, 4.0), (1.5, 0.5, 2.0), (9.0, 0.0, 0.05)])
def test_what_is_gone_is_not_measured_with(gone_s: float, way_out_s: float, left_s: float) -> None:
    """What the process took before it asks anybody, loading what measures included, is taken from the timeout."""
    request = Request(timeout_s=4.0, began_s=time.monotonic() - gone_s, way_out_s=way_out_s)
    assert left_s - 1 <= measuring_time(request, 10.0) <= left_s + 1e-6


@pytest.mark.parametrize(
    ("ntp_s", "api_s", "status", "found"),
    [
        (3.0, -3.0, Status.CRITICAL, {"local-behind", "api-behind"}),
        (0.0, None, Status.UNKNOWN, {"api-unreached"}),
        (5.0, None, Status.CRITICAL, {"local-behind", "api-unreached"}),
    ],
)
def test_whose_clock_it_is(ntp_s: float, api_s: float | None, status: Status, found: set[str]) -> None:
    """Both parties wrong, and an API that isn't there, on real sockets; the others by `test_cli_check`."""
    with asking(ntp_s=ntp_s, api_s=api_s) as request:
        report = examine(request)
    assert (report.status, ids(report)) == (status, found)
    assert report.command == "check"
    assert report.ntp is not None
    assert report.api is not None
    assert report.host is not None
    assert report.exit_code == {Status.OK: 0, Status.WARNING: 1, Status.CRITICAL: 2, Status.UNKNOWN: 3}[status]
    assert report.true_time is not None
    low_s, high_s = report.true_time
    assert report.measured_at_s is not None
    assert low_s <= report.measured_at_s + ntp_s <= high_s
    assert report.measured_at_s == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(("api_s", "status"), [(0.0, Status.OK), (3.0, Status.CRITICAL)])
def test_where_ntp_is_silent_the_api_speaks(api_s: float, status: Status) -> None:
    """By it alone nothing is proven, and whose clock is off is open."""
    with asking(ntp_s=None, api_s=api_s) as request:
        report = examine(request._replace(timeout_s=4.0))
    assert (report.status, report.proven) == (status, False)
    assert ids(report) == {"ntp-unreached", "api-ok" if status is Status.OK else "skew-undecided"}
    assert report.findings[0].id == ("api-ok" if status is Status.OK else "skew-undecided")


def test_all_is_asked_at_once_and_ends_in_time() -> None:
    """The silence of one part is waited for while the other is asked: neither adds to the other; who watches sees."""
    seen: list[object] = []
    with asking(ntp_s=None, api_s=0.0, login_s=0.0) as request:
        began_s = time.monotonic()
        report = examine(request._replace(timeout_s=3.0), seen.append)
        took_s = time.monotonic() - began_s
    assert report.ntp is not None
    assert report.api is not None
    assert took_s < 4.5
    assert report.duration_s <= took_s
    assert all(isinstance(host.outcome, DateReading) for host in report.api.survey.hosts)
    assert seen


def test_an_issuer_that_is_off_leads() -> None:
    """The API and this host agree with UTC, and tokens are stamped by another clock; at most ten requests a host."""
    with asking(login_s=5.0) as request:
        report = examine(request)
    assert report.status is Status.CRITICAL
    assert ids(report) == {"issuer-ahead"}
    assert report.findings[0].id == "issuer-ahead"
    assert report.api is not None
    for host in report.api.survey.hosts:
        assert isinstance(host.outcome, DateReading)
        assert host.outcome.requests <= 10


def test_without_an_api_it_is_what_clock_says() -> None:
    """NTP alone: the same answer, no API part, and how to ask for the rest."""
    with asking() as request:
        report = examine(request._replace(url=None))
    assert report.api is None
    assert report.findings[0].id == "clock-ok"
    (step,) = report.steps
    assert step.command.startswith("skewcheck check -H 127.0.0.1:")
    assert step.command.endswith(" --region REGION")
    with asking(ntp_s=-3.0) as request:
        report = examine(request._replace(url=None, ask_host=False))
    assert report.findings[0].id == "local-ahead"
    assert not any("skewcheck check" in step.command for step in report.steps)


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (Request(region="eu-west-9"), "region"),
        (Request(region="eu-west-1", url="https://gw.example/"), "both named"),
        (Request(url="https://user:hunter2@gw.example/"), "the URL "),
        (Request(url="http://127.0.0.1:1/", servers=("not a host",)), "the server "),
        (Request(url="http://127.0.0.1:1/", samples=99), "samples"),
        (Request(url="http://127.0.0.1:1/", timeout_s=0), "timeout"),
        (Request(url="http://127.0.0.1:1/", policy=Policy(warning_s=2)), "warning threshold"),
        (Request(url="http://127.0.0.1:1/", ca_file="/nonexistent.pem"), "the CA file "),
    ],
)
def test_what_is_wrong_with_the_request_is_told(request_: Request, told: str) -> None:
    """Whichever half it is for."""
    with pytest.raises(UsageError) as error:
        examine(request_)
    assert told in error.value.summary
    assert "hunter2" not in error.value.summary + error.value.remedy


def test_a_defect_in_the_other_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not lost with the thread."""
    from skewcheck.examine import ask_api

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ask_api, "ask_api", broken)
    with asking() as request, pytest.raises(ZeroDivisionError):
        examine(request)


def test_a_host_without_threads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for every command."""

    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with asking() as request:
        monkeypatch.setattr(threading.Thread, "start", none_left)
        try:
            with pytest.raises(HostError, match="threads"):
                examine(request)
        finally:
            monkeypatch.undo()


def test_what_it_loads() -> None:
    """NTP alone pays for no HTTP, no TLS and no judgement of an API."""
    code = (
        "import sys; from skewcheck.examine import Request, examine\n"
        "examine(Request(servers=('127.0.0.1:9',), timeout_s=1))\n"
        "print(*({'http.client', 'ssl', 'urllib.parse', 'skewcheck.judge.api'} & set(sys.modules)))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
