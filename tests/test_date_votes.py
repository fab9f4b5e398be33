"""Web servers as sources of time: one vote a name by its `Date`, for hosts from which NTP can't leave."""

import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from bench.hostile_http import HostileServer, answering, head
from measurements import date

from skewcheck.judge import report as judge
from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer
from skewcheck.measure.addresses import aside
from skewcheck.measure.consensus import sources
from skewcheck.measure.date_evidence import Question
from skewcheck.measure.dates import MAX_REQUESTS_OF_VOTE, DateVotes, Named, _vote, ask_dates, parse_url
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import Server, whom_to_ask
from skewcheck.model import Basis, Measured, NoReading, Report, Request, ServerList, Status, Survey

NAMES = ("www.one.test", "www.two.test", "www.three.test")
ONE_OPERATOR = ("a.one.test", "b.one.test", "c.one.test")
TIMEOUT_S = 6.0


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every name below `.test` lead to this machine."""
    look_up: Callable[..., Any] = socket.getaddrinfo

    def local(host: bytes, *rest: Any) -> Any:
        numeric = rest[-1] & socket.AI_NUMERICHOST
        return look_up(b"127.0.0.1" if host.endswith(b".test") and not numeric else host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", local)


def asked(urls: Sequence[str], ntp: Sequence[tuple[str, int]] = ()) -> Survey:
    """Ask web servers, and NTP servers beside them."""
    clock = LocalClock()
    named = [Named("https://" + url[7:].partition(":")[0], parse_url(url)) for url in urls]
    question = Question((0.1, 1.0), full=True, max_requests=MAX_REQUESTS_OF_VOTE)
    targets = [one.target for one in named]
    votes = DateVotes(named, aside(lambda: ask_dates(targets, question, region=None, timeout_s=TIMEOUT_S, clock=clock)))
    servers = [Server(f"n{n}", *where) for n, where in enumerate(ntp)]
    return poll_servers(servers, ServerList.NAMED, timeout_s=TIMEOUT_S, clock=clock, dates=votes)


def web(ahead_s: Sequence[float], ntp: int = 0, names: Sequence[str] = NAMES) -> Survey:
    """Ask web servers that are so far ahead, and so many NTP servers that are right."""
    with contextlib.ExitStack() as lab:
        ports = [lab.enter_context(HttpServer(by_s)).address[1] for by_s in ahead_s]
        beside = [lab.enter_context(NtpServer()).address for _ in range(ntp)]
        return asked([f"http://{name}:{port}/" for name, port in zip(names, ports, strict=False)], beside)


def told(survey: Survey) -> Report:
    """Return what is made of it."""
    return judge.report(Request("clock", servers=("https://x",)), Measured(0.0, "linux", None, survey))


def test_three_of_different_operators_prove_a_range_and_name_this_host() -> None:
    """Five seconds behind all of them: proven, to about two seconds, and the truth is in it."""
    survey = web([5.0, 5.0, 5.0])
    agreed = survey.consensus
    assert (agreed.basis, agreed.sources, agreed.agreeing) == (Basis.MAJORITY, 3, 3)
    assert agreed.interval is not None
    assert agreed.interval.low_s <= -5.0 <= agreed.interval.high_s
    assert agreed.interval.width_s < 2.0
    report = told(survey)
    assert (report.status, report.proven) == (Status.CRITICAL, True)
    assert report.lead is not None
    assert (report.lead.id, report.lead.fact("https")) == ("local-behind", True)


@pytest.mark.slow
def test_three_names_of_one_operator_are_one_witness() -> None:
    """They may be one clock."""
    report = told(web([5.0, 5.0, 5.0], names=ONE_OPERATOR))
    assert (report.status, report.proven) == (Status.CRITICAL, False)
    assert report.lead is not None
    assert (report.lead.id, report.lead.fact("why")) == ("local-unconfirmed", "one-source")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.one.test/", "http://B.one.test:81/x", True),
        ("http://a.one.test/", "http://a.two.test/", False),
        ("http://127.1/", "http://127.0.0.1:81/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
    ],
)
def test_whose_a_web_server_is(one: str, other: str, same: bool) -> None:
    """By the last two labels of its name, or by its address however that is written."""
    assert (Named("", parse_url(one)).operator == Named("", parse_url(other)).operator) is same


@pytest.mark.parametrize(
    ("ahead_s", "ntp"), [([0.0, 60.0], 1), pytest.param([0.0, 60.0, 0.0], 0, marks=pytest.mark.slow)]
)
def test_one_that_lies_is_outvoted_and_named(ahead_s: Sequence[float], ntp: int) -> None:
    """As among NTP servers, and beside them: each name has one vote."""
    agreed = web(ahead_s, ntp).consensus
    assert agreed.basis is Basis.MAJORITY
    (against,) = agreed.against
    assert against.server == f"https://{NAMES[1]}"
    assert agreed.interval is not None
    assert agreed.interval.low_s <= 0 <= agreed.interval.high_s


def test_what_bounds_one_side_alone_is_no_vote() -> None:
    """A cache's `Date` may be of any age."""
    with HostileServer(answering(head("Age: 5", "Content-Length: 0"))) as cache:
        survey = asked([f"http://cache.test:{cache.port}/"])
    (vote,) = survey.consensus.votes
    assert isinstance(vote.outcome, NoReading)
    assert (vote.outcome.reason, vote.outcome.rejected) == ("date-old", True)
    assert survey.consensus.interval is None


def test_none_is_asked_by_default() -> None:
    """Whom nobody names is asked by NTP."""
    assert not any("://" in server.given for server in whom_to_ask(()))


def test_servers_behind_one_proxy_are_not_one_for_its_address() -> None:
    """Its address is none of theirs: each name counts, by its own operator."""
    votes = [
        _vote(f"https://{name}", date(-0.1, 0.2)._replace(proxied=True, address="192.0.2.9"), 0.0) for name in NAMES
    ]
    named = {f"https://{name}": Named("", parse_url(f"http://{name}/")).operator for name in NAMES}
    assert len({*sources(votes, named.get)}) == len(NAMES)
