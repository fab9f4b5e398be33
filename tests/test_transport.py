"""Requests leave at the moment they are to, in one piece, on a connection that was ready before."""

import contextlib
import errno
import resource
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from bench.certificates import Authority
from bench.hostile_http import Behaviour, HostileServer, Visit, answering, head, once, over_tls
from bench.patience import until_calm

from skewcheck.measure import transport
from skewcheck.measure.addresses import Address, Resolver, Trouble, look_up
from skewcheck.measure.connection import ExchangeError
from skewcheck.measure.date_evidence import Reply, Request
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.transport import Endpoint, HttpTransport
from skewcheck.model import Family, Security
from skewcheck.version import VERSION

HEAD = Request("HEAD", "/api/v2/date")
EMPTY = head("Content-Length: 0")
SOON_S = 0.15
TIMEOUT_S = 10.0
SHORT_S = 0.6
LATE_S = 0.2


def asking(
    port: int,
    *,
    scheme: str = "http",
    host: str = "127.0.0.1",
    timeout_s: float = TIMEOUT_S,
    resolver: Resolver = look_up,
    ca_file: Path | None = None,
    family: Family = Family.ANY,
    max_requests: int = 16,
) -> "contextlib.closing[HttpTransport]":
    """Return a transport to a port of this machine, for a `with`."""
    return contextlib.closing(
        HttpTransport(
            Endpoint(scheme, host, port),
            clock=LocalClock(),
            deadline_s=timeout_s,
            family=family,
            ca_file=None if ca_file is None else str(ca_file),
            resolver=resolver,
            max_requests=max_requests,
        )
    )


def answered(outcome: Reply | Trouble) -> Reply:
    """Return what is a reply."""
    assert isinstance(outcome, Reply), outcome
    return outcome


def refused(outcome: Reply | Trouble) -> Trouble:
    """Return what is none."""
    assert isinstance(outcome, Trouble), outcome
    assert outcome.detail.isprintable()
    return outcome


def test_a_request_leaves_at_its_moment() -> None:
    """Never before, and on an idle machine within a millisecond."""

    def measure() -> float:
        with HostileServer(answering(EMPTY)) as server, asking(server.port) as transport:
            at_s = transport.now_s() + SOON_S
            late_s = answered(transport.exchange(HEAD, at_s)).sent_s - at_s
        assert late_s >= 0
        return late_s

    until_calm(measure, lambda late_s: late_s < 1e-3)


@pytest.mark.parametrize("closes", [False, True])
def test_the_connection_is_ready_before_the_moment(closes: bool) -> None:
    """Also to a server that closes after each reply: what opening costs is not in the measurement."""

    def came_before_it_was_asked() -> bool:
        came_s: list[float] = []

        def behave(visit: Visit) -> None:
            came_s.append(time.time())
            (once(EMPTY) if closes else answering(EMPTY))(visit)

        with HostileServer(behave) as server, asking(server.port) as transport:
            replies = [answered(transport.exchange(HEAD, transport.now_s() + SOON_S)) for _ in range(3)]
        assert [one.connection for one in replies] == ([1, 2, 3] if closes else [1, 1, 1])
        assert [one.opening_s > 0 for one in replies] == ([True] * 3 if closes else [True, False, False])
        return all(came_s[one.connection - 1] < one.sent_s for one in replies)

    until_calm(came_before_it_was_asked, bool)  # the server's own thread may be late on a busy machine


def test_a_request_is_one_piece_and_says_who_asks() -> None:
    """The first read of the server has it all: host, version, nothing secret."""
    pieces: list[bytes] = []

    def behave(visit: Visit) -> None:
        pieces.append(visit.socket.recv(65536))
        visit.send(EMPTY)

    with HostileServer(behave) as server, asking(server.port) as transport:
        answered(transport.exchange(HEAD, 0.0))
    assert pieces == [
        f"HEAD /api/v2/date HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUser-Agent: skewcheck/{VERSION}\r\n"
        "Accept: */*\r\nConnection: keep-alive\r\n\r\n".encode()
    ]


@pytest.mark.parametrize(
    ("endpoint", "authority"),
    [
        (Endpoint("https", "api.example.com", 443), "api.example.com"),
        (Endpoint("http", "api.example.com", 443), "api.example.com:443"),
        (Endpoint("https", "api.example.com.", 443), "api.example.com"),
        (Endpoint("https", "bücher.example", 8443), "xn--bcher-kva.example:8443"),
        (Endpoint("http", "2001:db8::1", 80), "[2001:db8::1]"),
        (Endpoint("http", "fe80::1%eth0", 8080), "[fe80::1]:8080"),
    ],
)
def test_the_host_is_written_as_servers_expect_it(endpoint: Endpoint, authority: str) -> None:
    """The usual port is left out; a zone is this host's own business; names are in ASCII."""
    assert endpoint.authority == authority


@pytest.mark.parametrize("path", ["/\r\nX: y", "/a b\x00", "/ü"])
def test_no_line_is_smuggled_into_a_request(path: str) -> None:
    """What isn't one printable line is a defect of the caller, not a request."""
    with (
        HostileServer(answering(EMPTY)) as server,
        asking(server.port) as transport,
        pytest.raises(ValueError, match="no line of a request"),
    ):
        transport.exchange(Request("HEAD", path), 0.0)


def test_closed_at_the_very_moment_is_tried_once_more() -> None:
    """A reused connection may be closed while the request is on its way; a new one may not."""

    def one_only(visit: Visit) -> None:
        visit.request()
        visit.send(EMPTY)
        visit.request()

    with HostileServer(one_only) as server, asking(server.port) as transport:
        first, second = (answered(transport.exchange(HEAD, 0.0)) for _ in range(2))
    assert (first.connection, second.connection) == (1, 2)
    assert second.sent_s > first.received_s


def test_what_is_sent_twice_counts_twice() -> None:
    """A server that drops each second request gets no more of them than are allowed."""
    seen: list[str] = []

    def one_only(visit: Visit) -> None:
        for answer in (EMPTY, b""):
            seen.append(visit.request())
            visit.send(answer)

    with HostileServer(one_only) as server, asking(server.port, max_requests=4) as transport:
        first, second = (answered(transport.exchange(HEAD, 0.0)) for _ in range(2))
        third = refused(transport.exchange(HEAD, 0.0))
    assert (first.requests, second.requests, third.sent) == (1, 2, 1)
    assert third.reason == "closed-early"
    assert len([request for request in seen if request]) == 4


# --- Finding and reaching ---


@contextlib.contextmanager
def deaf() -> Iterator[Address]:
    """Offer an address that never answers a connection: its queue is full."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(address)
        yield Address(socket.AF_INET, address)


def leading(*addresses: Address) -> Resolver:
    """Resolve every name to *addresses*."""
    return lambda _host, _port, _family: addresses


def test_a_deaf_address_is_passed_over() -> None:
    """The next address of the name is tried beside it, long before the deadline."""
    with deaf() as silent, HostileServer(answering(EMPTY)) as server:
        alive = Address(socket.AF_INET, ("127.0.0.1", server.port))
        with asking(80, host="api.test", resolver=leading(silent, alive)) as transport:
            found = answered(transport.exchange(HEAD, 0.0))
    assert found.address == f"127.0.0.1:{server.port}"


def test_the_other_family_comes_before_more_of_the_first() -> None:
    """A name with many addresses of a family that is cut off costs one wait, not one for each."""
    with contextlib.ExitStack() as stack, HostileServer(answering(EMPTY)) as server:
        cut_off = [stack.enter_context(deaf()) for _ in range(12)]
        alive = Address(socket.AF_INET6, ("::ffff:127.0.0.1", server.port, 0, 0))
        with asking(80, host="api.test", timeout_s=2.5, resolver=leading(*cut_off, alive)) as transport:
            answered(transport.exchange(HEAD, 0.0))


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_a_closed_port_is_told_at_once() -> None:
    """Nothing listens there, and the next address is asked without delay."""
    with asking(closed_port()) as transport:
        trouble = refused(transport.exchange(HEAD, 0.0))
    assert (trouble.reason, trouble.sent) == ("connection-refused", False)
    with HostileServer(answering(EMPTY)) as server:
        both = [Address(socket.AF_INET, ("127.0.0.1", port)) for port in (closed_port(), server.port)]
        with asking(80, host="api.test", resolver=leading(*both)) as transport:
            answered(transport.exchange(HEAD, 0.0))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "dns-no-such-name"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary\x1b[2J failure"), "dns-failed"),
        (socket.gaierror(socket.EAI_FAMILY, "x"), "no-address"),
        (UnicodeError("label too long"), "dns-no-such-name"),
        (None, "no-address"),
    ],
)
def test_a_resolver_that_fails_is_quoted_safely(error: Exception | None, reason: str) -> None:
    """Each of its errors has its reason."""

    def failing(_host: str, _port: int, _family: Family) -> Sequence[Address]:
        if error is not None:
            raise error
        return []

    with asking(80, host="api.test", resolver=failing) as transport:
        assert refused(transport.exchange(HEAD, 0.0)).reason == reason


def test_a_defect_in_the_resolving_thread_is_raised() -> None:
    """It is no answer of a resolver, and nothing to keep silent about."""

    def broken(_host: str, _port: int, _family: Family) -> Sequence[Address]:
        raise ZeroDivisionError

    with asking(80, host="api.test", resolver=broken) as transport, pytest.raises(ZeroDivisionError):
        transport.exchange(HEAD, 0.0)


def test_a_family_that_an_address_has_not() -> None:
    """-6 with an IPv4 address reaches nobody."""
    with asking(closed_port(), family=Family.V6) as transport:
        assert refused(transport.exchange(HEAD, 0.0)).reason in ("no-address", "dns-no-such-name")


def test_after_the_deadline_nothing_is_sent() -> None:
    """A moment beyond it is not waited for."""
    with HostileServer(answering(EMPTY)) as server, asking(server.port, timeout_s=SHORT_S) as transport:
        late = refused(transport.exchange(HEAD, transport.now_s() + 60))
        again = refused(transport.exchange(HEAD, 0.0))
    assert (late.sent, again.sent) == (False, False)


# --- TLS ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make a CA."""
    return Authority(tmp_path_factory.mktemp("ca"))


def secured(authority: Authority, behaviour: Behaviour) -> Behaviour:
    """Behave so behind the handshake of a good certificate."""
    return over_tls(authority.sign("good").server_context(), behaviour)


def test_tls_is_verified_and_kept(authority: Authority) -> None:
    """One handshake for several requests; the tickets that a server sends along are nothing that came unasked."""
    with (
        HostileServer(secured(authority, answering(EMPTY))) as server,
        asking(server.port, scheme="https", ca_file=authority.ca_file) as transport,
    ):
        replies = [answered(transport.exchange(HEAD, transport.now_s() + SOON_S)) for _ in range(3)]
    assert [one.connection for one in replies] == [1, 1, 1]
    assert {one.security for one in replies} == {Security.VERIFIED}
    assert replies[0].certificate is not None


def test_tls_that_is_not_trusted_is_no_reply(authority: Authority) -> None:
    """The reason is that of the TLS part."""
    with (
        HostileServer(secured(authority, answering(EMPTY))) as server,
        asking(server.port, scheme="https") as transport,
    ):
        trouble = refused(transport.exchange(HEAD, 0.0))
    assert (trouble.reason, trouble.rejected, trouble.sent) == ("certificate-unknown-ca", True, False)


# --- What the system says when a connection is lost ---


def test_a_connection_reset_while_idle_is_opened_again() -> None:
    """A reset is noticed before the next request goes out."""

    def resetting(visit: Visit) -> None:
        visit.request()
        visit.send(EMPTY)
        time.sleep(SOON_S / 3)
        visit.reset()

    with HostileServer(resetting) as server, asking(server.port) as transport:
        first = answered(transport.exchange(HEAD, 0.0))
        second = answered(transport.exchange(HEAD, transport.now_s() + SOON_S))
    assert (first.connection, second.connection) == (1, 2)


@pytest.mark.parametrize(("loss", "reason"), [("gone", "closed-early"), ("deaf", "stalled"), ("shut", "send-failed")])
def test_a_request_that_does_not_get_out(loss: str, reason: str) -> None:
    """The other end is gone, takes nothing, or our own socket is closed."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.05)
        {"gone": theirs.close, "deaf": lambda: None, "shut": ours.close}[loss]()
        with pytest.raises(ExchangeError) as caught:
            transport._send(ours, bytes(2**24))
    assert refused(caught.value.trouble).reason == reason


def test_a_way_that_is_lost_before_the_reply() -> None:
    """A router on the way may say so; TLS may break."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for error, reason in [
            (OSError(errno.EHOSTUNREACH, "x"), "unreachable"),
            (ConnectionResetError(), "closed-early"),
            (ssl.SSLError(1, "[SSL] \x1b[2J"), "closed-early"),
        ]:
            inbox = transport._Inbox(ours, time.time, lambda: 1.0)
            assert refused(transport._trouble(error, inbox)).reason == reason


def test_a_family_that_this_host_does_not_speak() -> None:
    """An address of one is passed over, and told where there is no other."""
    odd = Address(socket.AddressFamily.AF_ROSE, ("127.0.0.1", 80))
    with asking(80, host="api.test", resolver=leading(odd)) as transport:
        assert refused(transport.exchange(HEAD, 0.0)).reason == "no-route"


def test_a_host_that_allows_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name can't be resolved aside, and is not resolved otherwise: there would be no deadline."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with asking(80, host="api.test") as transport:
        trouble = refused(transport.exchange(HEAD, 0.0))
    assert (trouble.reason, "thread" in trouble.detail) == ("dns-failed", True)


@pytest.mark.parametrize("room", [0, 1], ids=["no room", "room for one"])
def test_a_process_that_may_open_no_more_files(room: int) -> None:
    """A connection takes two for a moment: without both there is none, with the reason, and nobody is disturbed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with asking(80) as transport:
        with socket.socket() as next_one:
            free = next_one.fileno()  # the lowest that is free (POSIX)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + room, hard))
        try:
            trouble = refused(transport.exchange(HEAD, 0.0))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert trouble.detail == "Too many open files"


def test_a_sleep_that_is_refused_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fakes the time of day may refuse to sleep (libfaketime: EINVAL): the wait takes as long all the same."""

    def refuse(_: float) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(time, "sleep", refuse)
    began_s = time.monotonic()
    transport.rest(0.05)
    assert time.monotonic() - began_s >= 0.045


def test_what_python_can_not_load_any_more_is_this_connections_trouble(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It loads a part of itself to read a certificate's dates, for which no file may be left."""

    def no_room(_: str) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    authority = Authority(tmp_path)
    context = authority.sign("server").server_context()
    monkeypatch.setattr(ssl, "cert_time_to_seconds", no_room)
    with (
        HostileServer(over_tls(context, answering(EMPTY))) as server,
        asking(server.port, scheme="https", host="localhost", ca_file=authority.ca_file) as transport,
    ):
        trouble = refused(transport.exchange(HEAD, transport.now_s()))
    assert (trouble.reason, trouble.rejected, trouble.sent) == ("send-failed", False, 0)
