"""The lab's servers do what they are set to do, seen with another program's eyes: what they teach is true."""

import socket
import struct
import time

import ntplib
import pytest
from bench.patience import until_calm
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.lab.ntp import NtpServer, Query, Reply, timestamp

YEARS_S = 3_000_000_000.0
"""Beyond the era that ends in 2036."""


def ask(server: NtpServer) -> ntplib.NTPStats:
    """Ask with a client that isn't ours."""
    host, port = server.address
    return ntplib.NTPClient().request(host, version=4, port=port, timeout=5)


@pytest.mark.parametrize("ahead_s", [0.0, 0.2, -0.137, 7.0, -5400.0])
def test_its_clock_is_wrong_by_the_chosen_amount(ahead_s: float) -> None:
    """Another client sees the error that was asked for, within its own round trip."""
    with NtpServer(ahead_s) as server:
        reply = ask(server)
    assert abs(reply.offset - ahead_s) <= reply.delay / 2 + 1e-5


@pytest.mark.parametrize(("out_s", "back_s"), [(0.08, 0.0), (0.0, 0.08), (0.03, 0.01)])
def test_its_path_takes_as_long_as_chosen_on_each_way(out_s: float, back_s: float) -> None:
    """The clock stays right: the request arrives late, or the reply does, and the stamps tell the truth of it."""
    with NtpServer(delay_out_s=out_s, delay_back_s=back_s) as server:
        replies = until_calm(lambda: ask(server), lambda reply: bool(reply.delay <= out_s + back_s + 0.02))
    for reply in replies:
        assert reply.recv_timestamp - reply.orig_timestamp >= out_s - 1e-5
        assert reply.dest_timestamp - reply.tx_timestamp >= back_s - 1e-5


def test_it_claims_what_it_is_told_to_claim() -> None:
    """Root delay, root dispersion, stratum and reference ID stand in the reply as chosen."""
    with NtpServer(root_delay_s=0.25, root_dispersion_s=0.5, stratum=1, reference_id=b"TEST") as server:
        reply = ask(server)
    assert (reply.root_delay, reply.root_dispersion, reply.stratum) == (0.25, 0.5, 1)
    assert reply.ref_id == int.from_bytes(b"TEST", "big")
    assert (reply.leap, reply.mode, reply.version) == (0, 4, 4)
    assert 9 < reply.tx_timestamp - reply.ref_timestamp < 11


def test_its_time_is_a_parameter() -> None:
    """A server can live in any year."""
    with NtpServer(clock=lambda: 1_000_000_000.0) as server:
        assert ask(server).tx_time == pytest.approx(1_000_000_000.0, abs=1e-5)


def test_it_speaks_ipv6() -> None:
    """The address decides the family."""
    with NtpServer(address="::1") as server:
        assert server.address[0] == "::1"
        assert abs(ask(server).offset) < 0.1


def test_it_answers_requests_alone() -> None:
    """Neither a runt nor a server's reply is answered: two labs can't talk for ever."""
    with NtpServer() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(server.address)
        client.settimeout(5)
        for packet in (b"", bytes(47), bytes([0o44]) + bytes(47), bytes([0o43]) + bytes(39) + b"question"):
            client.send(packet)
        assert client.recv(100)[24:32] == b"question"
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(100)


def test_replies_come_in_the_order_of_their_time() -> None:
    """A behaviour may send many replies, each at its own moment."""

    def late_and_early(_: Query) -> list[Reply]:
        return [Reply(b"late", 0.1), Reply(b"early", 0.05), Reply(b"now")]

    with NtpServer(behaviour=late_and_early) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        started_s = time.monotonic()
        client.sendto(bytes([0o43]) + bytes(47), server.address)
        assert [client.recv(100) for _ in range(3)] == [b"now", b"early", b"late"]
        assert time.monotonic() - started_s >= 0.1


def test_leaving_it_is_immediate_and_frees_its_port() -> None:
    """Nobody waits for a reply that is still under way."""
    with NtpServer(delay_out_s=30) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(bytes([0o43]) + bytes(47), server.address)
        host, port = server.address
        started_s = time.monotonic()
    assert time.monotonic() - started_s < 1
    with NtpServer(address=host, port=port) as again:
        assert again.address == (host, port)


def test_a_port_that_is_taken_is_an_error() -> None:
    """It says so before anybody relies on it."""
    with NtpServer() as server, pytest.raises(OSError, match="in use"):
        NtpServer(port=server.address[1])


@given(st.floats(-YEARS_S, YEARS_S))
def test_timestamps_keep_the_time_modulo_the_era(unix_s: float) -> None:
    """64 bits of RFC 5905 §6: seconds since 1900 modulo 2**32, and a fraction; as exact as the float was."""
    seconds, fraction = struct.unpack("!II", timestamp(unix_s))
    expected_s = (unix_s + 2_208_988_800) % 2**32
    distance_s = abs(seconds + fraction / 2**32 - expected_s)
    assert min(distance_s, 2**32 - distance_s) < 2e-6
