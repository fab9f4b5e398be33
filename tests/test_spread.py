"""One host over many connections: opened before their moments, none after a refusal, none that holds up all."""

import contextlib
import threading
import time
from collections.abc import Sequence
from email.utils import formatdate

import pytest
from bench.hostile_http import HostileServer, Visit

from skewcheck.errors import UsageError
from skewcheck.examine import Request, examine
from skewcheck.judge.nodes import too_few
from skewcheck.measure.addresses import Address, Trouble, look_up
from skewcheck.measure.date_evidence import Reply
from skewcheck.measure.date_evidence import Request as Form
from skewcheck.measure.dates import SpreadingTransport
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.transport import Endpoint
from skewcheck.model import DateReading, Family, Nodes, Status

HEAD = Form("HEAD", "/")


def dated(visit: Visit, *, status: int = 200, more: str = "", behind_s: float = 0.0) -> None:
    """Answer with the time of day, as long as it is asked."""
    while visit.request():
        date = formatdate(time.time() - behind_s, usegmt=True)
        visit.send(f"HTTP/1.1 {status} X\r\nDate: {date}\r\nServer: nginx\r\n{more}Content-Length: 0\r\n\r\n".encode())


def looked(server: HostileServer, connections: int | None, **more: object) -> tuple[DateReading, Nodes | None, float]:
    """Return what a run finds, what it says of nodes, and how long it took."""
    began_s = time.monotonic()
    url = f"http://127.0.0.1:{server.port}/"
    asked = Request("api", ask_ntp=False, url=url, connections=connections, ask_host=False, **more)  # type: ignore[arg-type]
    report = examine(asked)
    assert report.api is not None
    outcome = report.api.survey.first.outcome
    assert isinstance(outcome, DateReading), outcome
    return outcome, outcome.nodes, time.monotonic() - began_s


def stops_at_429(reply: Reply) -> bool:
    """Tell whether the server has had enough."""
    return reply.status == 429


def transport_to(port: int, timeout_s: float = 10.0) -> SpreadingTransport:
    """Return what asks that port of this machine."""
    return SpreadingTransport(Endpoint("http", "127.0.0.1", port), clock=LocalClock(), deadline_s=timeout_s)


def test_each_request_has_its_connection_and_its_moment() -> None:
    """None goes out before, and each over a connection of its own."""
    with HostileServer(dated) as server, contextlib.closing(transport_to(server.port)) as transport:
        moments_s = [transport.now_s() + 0.05 * number for number in range(1, 7)]
        came = transport.spread(HEAD, moments_s[::-1], stops_at_429).collect(5.0)
    assert server.visits == len(came) == 6
    sent_s = sorted(reply.sent_s for reply in came if isinstance(reply, Reply))
    assert all(sent >= planned for sent, planned in zip(sent_s, moments_s, strict=True))


def test_one_that_stalls_holds_up_nothing() -> None:
    """It is waited for a little, counted as asked, and the rest is there."""

    def some_stall(visit: Visit) -> None:
        if visit.number == 3:
            visit.request()
            visit.wait()
        dated(visit)

    with HostileServer(some_stall) as server, contextlib.closing(transport_to(server.port, 60.0)) as transport:
        moments_s = [transport.now_s() + 0.05 * number for number in range(6)]
        began_s = time.monotonic()
        came = transport.spread(HEAD, moments_s, stops_at_429).collect(0.5)
        took_s = time.monotonic() - began_s
    assert took_s < 10
    assert [isinstance(reply, Reply) for reply in came].count(True) == 5
    assert [reply.sent for reply in came if isinstance(reply, Trouble)] == [1]


@pytest.mark.parametrize(("status", "more"), [(429, ""), (503, ""), (200, "Retry-After: 30\r\n")])
def test_after_a_refusal_no_more_connections_are_asked(status: int, more: str) -> None:
    """A 429, a 503 or a Retry-After on one of them ends it; those before it count."""
    lock, refused_at_s = threading.Lock(), [float("inf")]
    late = []

    def at_the_fifth(visit: Visit) -> None:
        if visit.number < 5:
            return dated(visit)
        with lock:
            if visit.number == 5:
                refused_at_s[0] = time.monotonic()
        while visit.request():
            late.append(time.monotonic() > refused_at_s[0] + 1.0)
            date = formatdate(time.time(), usegmt=True)
            reply = f"HTTP/1.1 {status} X\r\nDate: {date}\r\nServer: nginx\r\n{more}Content-Length: 0\r\n\r\n"
            visit.send(reply.encode())
        return None

    with HostileServer(at_the_fifth) as server:
        _, nodes, _ = looked(server, 24)
    assert nodes is not None
    assert nodes.stopped
    assert 4 <= nodes.asked < 12
    assert not any(late)


def test_the_deadline_is_kept_and_what_was_seen_is_told() -> None:
    """So many as fit are asked."""
    with HostileServer(dated) as server:
        reading, nodes, took_s = looked(server, 64, timeout_s=6.0)
    assert took_s < 6.5
    assert nodes is not None
    assert 2 <= nodes.asked < 20
    assert reading.fresh.low_s <= 0 <= reading.fresh.high_s


def test_a_look_that_was_cut_short_is_not_called_fine() -> None:
    """Far fewer connections than were asked for: unknown, with how often so few miss a node, and never ok."""
    with HostileServer(dated) as server:
        url = f"http://127.0.0.1:{server.port}/"
        report = examine(Request("api", ask_ntp=False, ask_host=False, url=url, connections=24, timeout_s=3.0))
    lead = report.findings[0]
    assert (report.status, lead.id, lead.fact("short"), lead.fact("wanted")) == (
        Status.UNKNOWN, "nodes-seen", "time", 24,
    )  # fmt: skip
    assert not too_few(18, 18)
    assert not too_few(23, 24)
    assert too_few(6, 24)


def test_requests_stay_within_what_is_promised() -> None:
    """16 in all by default, over up to 8 connections."""
    with HostileServer(dated) as server:
        reading, nodes, _ = looked(server, None)
    assert nodes is not None
    assert reading.requests + nodes.asked <= 16
    assert len(nodes.replies) <= 8


@pytest.mark.parametrize("connections", [1, 65, 0, -3])
def test_how_many_connections_there_can_be(connections: int) -> None:
    """2 to 64."""
    with pytest.raises(UsageError, match="connections are not possible"):
        examine(Request("api", ask_ntp=False, url="http://127.0.0.1:1/", connections=connections))


def test_addresses_take_turns() -> None:
    """Each connection begins at another address of the name; one where nobody listens costs the name nothing."""

    def two(_: str, port: int, family: Family) -> Sequence[Address]:
        live = look_up("127.0.0.1", port, family)
        return [*live, *look_up("127.0.0.2", port, family)]

    with HostileServer(dated) as server:
        endpoint = Endpoint("http", "two.test", server.port)
        one = SpreadingTransport(endpoint, clock=LocalClock(), deadline_s=10.0, resolver=two)
        with contextlib.closing(one) as transport:
            assert isinstance(transport.exchange(HEAD, 0.0), Reply)
            moments_s = [transport.now_s() + 0.1] * 4
            came = transport.spread(HEAD, moments_s, stops_at_429).collect(5.0)
    assert [reply.address for reply in came if isinstance(reply, Reply)] == [f"127.0.0.1:{server.port}"] * 4
