"""One server, one vote: told by whom the socket reached, however the server is spelt."""

import contextlib
import socket
from collections.abc import Mapping, Sequence

import pytest
from bench import hostile
from bench.typed import skewcheck

from skewcheck.lab.ntp import NtpServer, Reply
from skewcheck.measure.addresses import Address
from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import Server
from skewcheck.model import Basis, Family, NoReading, ServerList, Survey

IPV4 = (
    "127.1", "127.0.1", "127.0.0.01", "0x7f000001", "0x7F.1", "0177.0.0.1", "017700000001", "2130706433",
    "0", "00", "0x0", "0.0", "0.0.0.0",  # noqa: S104 - asked, not bound
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::ffff:0.0.0.0]", "[::ffff:0:0]",
)  # fmt: skip
"""Spellings of this host's IPv4 loopback that `getaddrinfo` takes; 0 is this host, too."""
IPV6 = ("[::]", "[0::0]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]", "[::1%1]", "[::%1]")


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
        trial.bind(("::1", 0))
        return True
    return False


with_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this host has no IPv6")


def ask(names: Mapping[str, Sequence[tuple[str, int]]], timeout_s: float = 1.0) -> Survey:
    """Ask *names*, each with its addresses."""

    def resolver(server: Server, _family: Family) -> Sequence[Address]:
        return [Address(socket.AF_INET, at) for at in names[server.given]]

    servers = [Server(name, f"{name}.test") for name in names]
    return poll_servers(servers, ServerList.NAMED, timeout_s=timeout_s, resolver=resolver)


def reasons(found: Survey) -> dict[str, str]:
    """Return why there is no reading, of the names that have none."""
    return {v.outcome.server: v.outcome.reason for v in found.consensus.votes if isinstance(v.outcome, NoReading)}


def votes(*hosts: str, port: int) -> tuple[int, int, str]:
    """Ask *hosts* at one port as a person does; return how many were asked, how many answered, and what that is."""
    words = [word for host in hosts for word in ("-H", f"{host}:{port}")]
    ntp = skewcheck("clock", "--json", "-t", "2s", *words).document["ntp"]
    return ntp["asked"], ntp["answered"], ntp["basis"]


@pytest.mark.parametrize("spelling", IPV4)
def test_one_ipv4_server_has_one_vote_however_it_is_spelt(spelling: str) -> None:
    """Every spelling of 127.0.0.1 that a resolver takes, 0.0.0.0 and IPv4 in IPv6 included, reaches the same socket."""
    with NtpServer(address="0.0.0.0") as lab:  # noqa: S104 - what is to be reached
        assert votes("127.0.0.1", spelling, port=lab.address[1]) == (1, 1, "single")


@with_ipv6
@pytest.mark.parametrize("spelling", IPV6)
def test_one_ipv6_server_has_one_vote_however_it_is_spelt(spelling: str) -> None:
    """The same of ::1: the unspecified address reaches it, and a scope says nothing of an address that has none."""
    with NtpServer(address="::") as lab:
        assert votes("[::1]", spelling, port=lab.address[1]) == (1, 1, "single")


@with_ipv6
def test_this_host_has_one_vote_at_a_port_whichever_of_its_addresses_is_asked() -> None:
    """By IPv4 and by IPv6: one daemon listens to both, and it can't vouch for itself."""
    with NtpServer(address="0.0.0.0") as lab, NtpServer(address="::1", port=lab.address[1]):  # noqa: S104 - as above
        assert votes("127.0.0.1", "[::1]", "[::]", "0", port=lab.address[1]) == (1, 1, "single")


def test_a_liar_gains_no_vote_by_another_spelling() -> None:
    """One server 5 s off under four names against two honest ones: outvoted, and named as wrong once."""
    with NtpServer(5.0, address="0.0.0.0") as liar, NtpServer() as a, NtpServer() as b:  # noqa: S104 - as above
        named = [f"{host}:{liar.address[1]}" for host in ("127.0.0.1", "0.0.0.0", "0x7f.1", "[::ffff:0:0]")]  # noqa: S104
        named += ["{}:{}".format(*honest.address) for honest in (a, b)]
        words = [word for server in named for word in ("-H", server)]
        ntp = skewcheck("clock", "--json", *words).document["ntp"]
    assert (ntp["asked"], ntp["answered"], ntp["agreeing"], ntp["proven"]) == (3, 3, 2, True)
    assert [server["reason"] for server in ntp["servers"]] == [None, *["same-address"] * 3, None, None]
    assert [server["status"] for server in ntp["servers"]].count("falseticker") == 1


def test_a_dead_server_is_asked_once_however_it_is_spelt() -> None:
    """Two spellings of one server that doesn't answer are one that is down, and not two: no network is blamed."""
    with NtpServer(behaviour=hostile.silence) as mute:
        port = mute.address[1]
        words = ["-H", f"127.0.0.1:{port}", "-H", f"0.0.0.0:{port}", "-t", "1s", "--json"]
        done = skewcheck("clock", *words)
    assert done.document["ntp"]["asked"] == 1
    assert done.document["findings"][0]["evidence"]["who"] == f"127.0.0.1:{port}"
    assert done.document["findings"][0]["evidence"]["reason"] == "silent"


def test_a_silent_second_name_of_a_server_that_answered_is_no_vote_that_is_missing() -> None:
    """A server that answers whom it knows once: its other name is not a server that was asked and may be honest."""
    once = hostile.in_turn(lambda query: [Reply(query.honest.encode())], *[hostile.silence] * 9)
    with NtpServer(behaviour=once) as a, NtpServer() as b:
        found = ask({"a": [a.address], "again": [a.address], "b": [b.address]})
    assert reasons(found) == {"again": "same-address"} or reasons(found) == {"a": "same-address"}
    assert (found.consensus.asked, found.consensus.answered, found.consensus.basis) == (2, 2, Basis.MAJORITY)


def test_no_name_takes_the_votes_of_several_silent_servers_from_them() -> None:
    """A silent liar that lists the addresses of silent honest servers as its own: each of them still was asked."""
    with contextlib.ExitStack() as stack:
        honest = [stack.enter_context(NtpServer(behaviour=hostile.silence)) for _ in range(3)]
        liars = [stack.enter_context(NtpServer(5.0)) for _ in range(2)]
        names = {"x": [lab.address for lab in honest]}
        names |= {f"l{number}": [lab.address] for number, lab in enumerate(liars)}
        names |= {f"h{number}": [lab.address] for number, lab in enumerate(honest)}
        found = ask(names)
    assert (found.consensus.asked, found.consensus.answered) == (6, 2)
    assert found.consensus.basis is Basis.MINORITY


def test_two_ports_are_two_servers() -> None:
    """Same host, another port: another server."""
    with NtpServer() as a, NtpServer() as b:
        found = ask({"a": [a.address], "b": [b.address]})
    assert (found.consensus.asked, found.consensus.basis) == (2, Basis.MAJORITY)
