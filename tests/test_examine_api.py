"""Asking an API for its clock, from the request to the report, with a server on loopback."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bench.certificates import PAST_S, VALID_S, YEAR_S, Authority, Signed

from skewcheck.examine import Request, examine
from skewcheck.model import Policy, Report, Role, Security, Status, Step


@contextmanager
def served(ahead_s: float, shows: Signed | None = None) -> Iterator[str]:
    """Serve a `Date` that is so far ahead of the local clock, by TLS where there is a certificate; the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate((time.time() if timestamp is None else timestamp) + ahead_s, usegmt=True)

        def do_HEAD(self) -> None:
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if shows is not None:
            server.socket = shows.server_context().wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http{'' if shows is None else 's'}://127.0.0.1:{server.server_address[1]}/health"
        finally:
            server.shutdown()
            thread.join()


def ask(url: str, **more: object) -> Report:
    """Return the report on that URL."""
    return examine(Request("api", ask_ntp=False, url=url, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("ahead_s", [0.0, -5.0, 3600.0])
def test_the_truth_is_inside(ahead_s: float) -> None:
    """The local clock's skew is minus what the server is ahead; plain http is never proven, an hour is a zone."""
    with served(ahead_s) as url:
        report = ask(url)
    assert report.api is not None
    assert report.api.issuer_ahead is None
    (host,) = report.api.survey.hosts
    assert host.role is Role.URL
    reading = report.api.survey.reading(Role.URL)
    assert reading is not None
    assert reading.fresh.low_s <= -ahead_s <= reading.fresh.high_s
    assert not report.proven
    names = {finding.id for finding in report.findings}
    assert reading.security is Security.PLAIN
    assert ("skew-undecided" in names) == (ahead_s != 0)
    assert ("clock-zone" in names) == (ahead_s == 3600)
    if ahead_s:
        assert (report.status, report.exit_code) == (Status.CRITICAL, 2)
    assert report.measured_at_s == pytest.approx(time.time(), abs=60)
    assert 0 < report.duration_s < 15
    assert report.true_time is None
    assert report.command == "api"


@pytest.mark.parametrize(
    ("valid_s", "ahead_s", "status", "lead", "told"),
    [
        (VALID_S, 0.0, Status.OK, "api-ok", set()),
        # The local clock is a year and a half ahead of the server's, to which the certificate is good.
        (PAST_S, -1.5 * YEAR_S, Status.CRITICAL, "skew-undecided", {"tls-dates"}),
        (PAST_S, 0.0, Status.WARNING, "api-certificate", {"api-certificate"}),
    ],
    ids=["valid", "local-clock-ahead", "expired-for-all"],
)
def test_a_certificates_dates_are_judged_by_the_servers_own(  # noqa: PLR0917 - a row of the table
    tmp_path: Path, valid_s: tuple[float, float], ahead_s: float, status: Status, lead: str, told: set[str]
) -> None:
    """By TLS, with an authority of one's own: whose fault invalid dates are is told, and nothing of it is proven."""
    authority = Authority(tmp_path)
    with served(ahead_s, authority.sign("server", valid_s)) as url:
        report = ask(url, ca_file=str(authority.ca_file), policy=Policy(warning_s=2, critical_s=3))
    assert (report.status, report.findings[0].id) == (status, lead)
    assert report.api is not None
    reading = report.api.survey.reading(Role.URL)
    assert reading is not None
    assert reading.fresh.low_s <= -ahead_s <= reading.fresh.high_s
    names = {finding.id for finding in report.findings}
    assert names & {"tls-dates", "api-certificate"} == told
    if told:
        assert not report.proven
        assert report.assumes == ()


def test_a_web_server_of_ones_own_authority_is_a_source_of_time(tmp_path: Path) -> None:
    """With the authority named its `Date` is a vote, and its `Date` made anew is a narrower one; without, that is next.

    What is asked next carries both on.
    """
    authority = Authority(tmp_path)
    with served(5.0, authority.sign("server")) as url:
        server = url.removesuffix("/health")
        found = [
            examine(Request("clock", servers=(server,), ca_file=ca_file, date_fresh=True, timeout_s=6))
            for ca_file in (str(authority.ca_file), None)
        ]
    known, unknown = (report.ntp.survey.consensus for report in found if report.ntp is not None)
    assert known.interval is not None
    assert known.interval.low_s <= -5.0 <= known.interval.high_s
    assert known.interval.width_s < 0.9
    assert unknown.interval is None
    assert found[1].steps[0] == Step("authority-file", f"skewcheck clock -H {server} --date-fresh --ca-file FILE")


def test_progress_and_policy() -> None:
    """Who watches is told of each reply; what counts as a failure is the caller's choice."""
    seen: list[Any] = []
    with served(-5.0) as url:
        policy = Policy(warning_s=60, critical_s=600)
        report = examine(Request("api", ask_ntp=False, url=url, policy=policy, ask_host=False), seen.append)
    assert (report.status, report.exit_code) == (Status.OK, 0)
    assert report.host is None
    assert seen
    assert seen[0].host == url.partition("://")[2].partition("/")[0]


def test_nobody_there_is_a_result() -> None:
    """A closed port is unknown, exit 3, with the reason and what shows more of it."""
    with served(0.0) as url:
        pass
    report = ask(url)
    assert (report.status, report.exit_code, report.proven) == (Status.UNKNOWN, 3, False)
    assert [finding.id for finding in report.findings if finding.status is Status.UNKNOWN] == ["api-unreached"]
    assert str(report.findings[0].fact("host")) in url
    assert [step.command for step in report.steps] == [f"curl -sSIv {url}"]
