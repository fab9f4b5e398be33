"""Asking all at once: whom, whose vote an address is, when enough is enough, and whose word counts for how much."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from bench import hostile
from bench.typed import Done

from skewcheck.errors import HostError
from skewcheck.lab.ntp import NtpServer, Reply
from skewcheck.measure.addresses import Address
from skewcheck.measure.consensus import agree, contested
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.poll import poll_servers, spacing_s
from skewcheck.measure.servers import PUBLIC, Origin, Server, parse_server, whom_to_ask
from skewcheck.model import Basis, Family, Interval, NoReading, Reading, ServerList, ServerStatus, Survey

# --- Servers as people write them, and the list that is asked when none is named ---


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("time.example.net", "time.example.net", 123),
        (" time.example.net. ", "time.example.net.", 123),
        ("time.example.net:1123", "time.example.net", 1123),
        ("192.0.2.1", "192.0.2.1", 123),
        ("2001:db8::1", "2001:db8::1", 123),
        ("[2001:db8::1]", "2001:db8::1", 123),
        ("[2001:db8::1]:1123", "2001:db8::1", 1123),
        ("fe80::1%eth0", "fe80::1%eth0", 123),
        ("zeit.bücher.example", "zeit.bücher.example", 123),
    ],
)
def test_every_usual_spelling_is_understood(text: str, host: str, port: int) -> None:
    """Names, addresses of both families, with and without a port."""
    assert parse_server(text) == Server(text.strip(), host, port)


@pytest.mark.parametrize(
    "text",
    ["", " ", ":123", "[2001:db8::1", "[2001:db8::1]123", "host:", "host:0", "host:65536", "host:99999999999",
     "host:000065536", "host:١٢٣", "host:12a", "ntp://host", "user@host", "user:pass:more", "3f2b8c1e%2D9a4d", "a,b",
     '"time.example.net"', "{host}", "a+b", "a!b", "::error::x", "1:2:3",
     "[user:pass]:123", "a..b", "a b", "a\x1b[2J", "x" * 64, ".".join(["x" * 60] * 5)],
)  # fmt: skip
def test_what_is_no_server_is_refused_with_a_sentence(text: str) -> None:
    """Nothing of it may reach a resolver: a pasted token has labels longer than any name's."""
    with pytest.raises(ValueError, match=r"is not a host|has no usable port"):
        parse_server(text)


@pytest.mark.parametrize("text", ["Time.Example.NET", "time.example.net.", " time.example.net:123 "])
def test_one_name_in_two_spellings_is_one_server(text: str) -> None:
    """Else one server could be its own majority."""
    assert parse_server(text).key == parse_server("time.example.net").key
    assert parse_server(text).key != parse_server("time.example.net:124").key


def test_the_public_list_is_five_different_operators_on_the_ntp_port() -> None:
    """Five names of five domains; nobody's pool, whose terms forbid being a default."""
    domains = {server.host.split(".", 1)[1] for server in PUBLIC}
    assert len(domains) == len(PUBLIC) == 5
    assert {server.port for server in PUBLIC} == {123}
    assert not any("pool.ntp.org" in server.host for server in PUBLIC)


def test_nist_is_asked_half_as_often() -> None:
    """NIST's rule is 4 s; everybody else gets 2 s between two requests."""
    assert spacing_s(Server("t", "Time-A.NIST.gov.")) == 4
    assert spacing_s(Server("t", "time.example.net")) == 2


TIMEOUT_S = 5.0
IPV4 = (
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.01", "0x7f000001", "0x7F.1", "0177.0.0.1", "017700000001", "2130706433",
    "0", "00", "0x0", "0.0", "0.0.0.0",  # noqa: S104 - asked, not bound
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::ffff:0.0.0.0]", "[::ffff:0:0]",
)  # fmt: skip
"""Spellings of this host's IPv4 loopback that `getaddrinfo` takes; 0 is this host, too."""
IPV6 = ("[::1]", "[::]", "[0::0]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]", "[::1%1]", "[::%1]")


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
        trial.bind(("::1", 0))
        return True
    return False


with_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this host has no IPv6")


def ask(
    names: Mapping[str, Sequence[tuple[str, int]]],
    *,
    servers: Sequence[Server] = (),
    slow: Mapping[str, float] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Survey:
    """Ask *names*, each with its addresses, after so many seconds where it is *slow* to resolve."""
    asked = servers or [Server(name, f"{name}.test") for name in names]
    given = {server.host: server.given for server in asked}

    def resolver(host: str, _port: int, _family: Family) -> Sequence[Address]:
        time.sleep((slow or {}).get(given[host], 0.0))
        return [Address(socket.AF_INET, at) for at in names[given[host]]]

    return poll_servers(asked, ServerList.NAMED, timeout_s=timeout_s, resolver=resolver)


def statuses(found: Survey) -> dict[str, ServerStatus]:
    """Return what each name's vote came to."""
    return {vote.outcome.server: vote.status for vote in found.consensus.votes}


def reasons(found: Survey) -> dict[str, str]:
    """Return why there is no reading, of the names that have none."""
    return {v.outcome.server: v.outcome.reason for v in found.consensus.votes if isinstance(v.outcome, NoReading)}


@contextlib.contextmanager
def mute() -> Iterator[tuple[str, int]]:
    """Open a port that takes packets and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        yield opened.getsockname()


def spelt(hosts: Sequence[str], port: int) -> tuple[int, int, Basis]:
    """Ask *hosts* at one port; return how many were asked, how many answered, and what that is."""
    found = poll_servers([parse_server(f"{host}:{port}") for host in hosts], ServerList.NAMED, timeout_s=2.0).consensus
    return found.asked, found.answered, found.basis


def test_one_ipv4_server_has_one_vote_however_it_is_spelt() -> None:
    """Every spelling of 127.0.0.1 that a resolver takes, 0.0.0.0 and IPv4 in IPv6 included, reaches the same socket."""
    with NtpServer(address="0.0.0.0") as lab:  # noqa: S104 - what is to be reached
        assert spelt(IPV4, lab.address[1]) == (1, 1, Basis.SINGLE)


@with_ipv6
def test_one_ipv6_server_has_one_vote_however_it_is_spelt() -> None:
    """The same of ::1: the unspecified address reaches it, and a scope says nothing of an address that has none."""
    with NtpServer(address="::") as lab:
        assert spelt(IPV6, lab.address[1]) == (1, 1, Basis.SINGLE)


@with_ipv6
def test_this_host_has_one_vote_at_a_port_whichever_of_its_addresses_is_asked() -> None:
    """By IPv4 and by IPv6: one daemon listens to both, and it can't vouch for itself."""
    with NtpServer(address="0.0.0.0") as lab, NtpServer(address="::1", port=lab.address[1]):  # noqa: S104 - as above
        assert spelt(("127.0.0.1", "[::1]", "[::]", "0"), lab.address[1]) == (1, 1, Basis.SINGLE)


def test_a_liar_that_lists_an_honest_address_does_not_take_its_vote() -> None:
    """Two lying names of five resolve first and list the honest servers' addresses beside their own: still outvoted."""
    with contextlib.ExitStack() as stack:
        honest = [stack.enter_context(NtpServer(delay_out_s=0.02)) for _ in range(3)]
        liars = [stack.enter_context(NtpServer(ahead_s=-7.0)) for _ in range(2)]
        names = {f"x{n}": [liars[n].address, honest[n].address] for n in range(2)}
        names |= {f"h{number}": [lab.address] for number, lab in enumerate(honest)}
        found = ask(names, slow={"h0": 0.1, "h1": 0.1, "h2": 0.1})
    assert found.consensus.interval is not None
    assert found.consensus.interval.low_s <= 0 <= found.consensus.interval.high_s
    assert statuses(found)["x0"] is statuses(found)["x1"] is ServerStatus.FALSETICKER
    assert found.consensus.agreeing == 3


def test_a_name_whose_first_address_is_dead_is_asked_at_the_next() -> None:
    """The other addresses of a name get their turn while the first stays silent."""
    with mute() as dead, NtpServer() as alive:
        found = ask({"n": [dead, alive.address]})
    assert found.consensus.basis is Basis.SINGLE
    assert found.local.duration_s < 2


def test_a_slow_resolver_is_not_taken_for_a_blocked_port() -> None:
    """A name that took nearly all of the time to resolve left none to answer in."""
    with mute() as dead:
        assert reasons(ask({"n": [dead]}, slow={"n": 0.5}, timeout_s=0.6)) == {"n": "dns-slow"}


def test_a_slow_host_is_not_taken_for_a_slow_resolver() -> None:
    """An address that this process came late to ask has no name: its silence is none of DNS."""
    with mute() as (host, port):
        clock = LocalClock()
        time.sleep(0.3)
        server = Server("n", host, port)
        found = poll_servers([server], ServerList.NAMED, timeout_s=clock.elapsed_s() + 0.1, clock=clock)
    assert reasons(found) == {"n": "no-reply"}


def test_a_host_without_file_descriptors_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a defect of ours: this host's limit, and what to do about it."""

    def refuse() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socketpair", refuse)
    with pytest.raises(HostError, match="Too many open files"):
        poll_servers([Server("n", "127.0.0.1")], ServerList.NAMED, timeout_s=1.0)


def test_a_host_without_threads_says_so_of_each_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's limit on processes counts threads: the name fails, with a reason, and the run goes on."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert reasons(poll_servers([Server("n", "n.test")], ServerList.NAMED, timeout_s=1.0)) == {"n": "dns-failed"}


def test_a_deadline_of_weeks_is_no_defect() -> None:
    """Systems refuse to wait for so long in one go; a closed port answers at once all the same."""
    with mute() as closed:
        pass
    assert reasons(ask({"n": [closed]}, timeout_s=90 * 86400.0)) == {"n": "port-closed"}


def test_a_liar_gains_no_vote_by_another_spelling(told: Callable[..., Done]) -> None:
    """One server 5 s off under four names against two honest ones: outvoted, and named as wrong once."""
    with NtpServer(5.0, address="0.0.0.0") as liar, NtpServer() as a, NtpServer() as b:  # noqa: S104 - as above
        named = [f"{host}:{liar.address[1]}" for host in ("127.0.0.1", "0.0.0.0", "0x7f.1", "[::ffff:0:0]")]  # noqa: S104
        named += ["{}:{}".format(*honest.address) for honest in (a, b)]
        words = [word for server in named for word in ("-H", server)]
        ntp = told("clock", "--json", *words).document["ntp"]
    assert (ntp["asked"], ntp["answered"], ntp["agreeing"], ntp["proven"]) == (3, 3, 2, True)
    assert [server["reason"] for server in ntp["servers"]] == [None, *["same-address"] * 3, None, None]
    assert [server["status"] for server in ntp["servers"]].count("falseticker") == 1


def test_a_dead_server_is_asked_once_however_it_is_spelt(told: Callable[..., Done]) -> None:
    """Two spellings of one server that doesn't answer are one that is down, and not two: no network is blamed."""
    with NtpServer(behaviour=hostile.silence) as mute:
        port = mute.address[1]
        words = ["-H", f"127.0.0.1:{port}", "-H", f"0.0.0.0:{port}", "-t", "1s", "--json"]
        done = told("clock", *words)
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
        found = ask(names, timeout_s=1.0)
    assert (found.consensus.asked, found.consensus.answered) == (6, 2)
    assert found.consensus.basis is Basis.MINORITY


# --- Whom to ask where nobody is named, and whose word counts for how much ---


def own(*hosts: str) -> list[Server]:
    """Return servers that this host is set up for."""
    return [Server(host, host, origin=Origin.HOST) for host in hosts]


def asked(*hosts: str) -> list[str]:
    """Return whom to ask on a host that is set up for *hosts*."""
    return [server.host for server in whom_to_ask(own(*hosts))]


PUBLIC_NAMES = [server.host for server in PUBLIC]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ((), PUBLIC_NAMES),
        (("ntp1.example.net",), ["ntp1.example.net", *PUBLIC_NAMES[:4]]),
        (("a.example.net", "b.example.net", "c.example.net", "d.example.net"),
         ["a.example.net", "b.example.net", *PUBLIC_NAMES[:3]]),
        (("time.cloudflare.com",), PUBLIC_NAMES),
        (("ntp1.time.nl", "NTP1.TIME.NL."), ["ntp1.time.nl", *[n for n in PUBLIC_NAMES if n != "ntp.time.nl"]]),
    ],
)  # fmt: skip
def test_up_to_two_of_ones_own_and_public_ones_of_other_operators(hosts: Sequence[str], expected: list[str]) -> None:
    """Five in all, each once, and no operator twice: a host's only server can't find its own error."""
    assert asked(*hosts) == expected


@pytest.mark.parametrize("origin", [Origin.HOST, Origin.CLOUD, Origin.PUBLIC])
def test_what_this_host_finds_out_by_itself_is_never_this_host(origin: Origin) -> None:
    """A configured loopback address is a daemon that tells what this clock says; only who names it means it."""
    with NtpServer() as lab:
        found = ask({"own": [lab.address]}, servers=[Server("own", "own.test", origin=origin)])
        named = ask({"own": [lab.address]})
    assert reasons(found) == {"own": "own-address"}
    assert reasons(named) == {}


def test_a_name_that_a_blocklist_leads_nowhere_is_not_asked() -> None:
    """0.0.0.0 is this host: its own daemon would answer in the name of a public server."""
    with NtpServer() as lab:
        at = ("0.0.0.0", lab.address[1])  # noqa: S104 - the very address that is to be refused
        found = ask({"blocked": [at]}, servers=[Server("blocked", "blocked.test", origin=Origin.PUBLIC)])
    assert reasons(found) == {"blocked": "own-address"}


def test_a_smeared_server_has_no_vote_beside_others() -> None:
    """Around a leap second it is up to half a second off UTC, and nothing in a packet tells."""
    servers = [Server("g", "time.google.com"), Server("a", "a.test"), Server("b", "b.test")]
    with NtpServer(ahead_s=0.4) as smeared, NtpServer() as a, NtpServer() as b:
        found = ask({"g": [smeared.address], "a": [a.address], "b": [b.address]}, servers=servers)
    assert reasons(found) == {"g": "smeared"}


@pytest.mark.parametrize(
    ("host", "smeared"),
    [("time1.google.com", True), ("TIME.google.com.", True), ("169.254.169.123", True), ("ntp.time.nl", False)],
)
def test_who_smears_is_known_by_name(host: str, smeared: bool) -> None:
    """Google's numbered names smear as the plain one does; none of the public list does."""
    assert (Server(host, host).smeared_by is not None) is smeared
    assert not any(server.smeared_by for server in PUBLIC)


def test_smeared_servers_alone_are_all_there_is() -> None:
    """Where nobody else answers, their time is better than none."""
    servers = [Server("g", "time.google.com"), Server("a", "time.aws.com")]
    with NtpServer() as g, NtpServer() as a:
        found = ask({"g": [g.address], "a": [a.address]}, servers=servers)
    assert reasons(found) == {}
    assert found.consensus.agreeing == 2


def reading(server: str, low_s: float, high_s: float) -> Reading:
    """Return what *server* would say."""
    return Reading(server, "192.0.2.1", (low_s + high_s) / 2, Interval(low_s, high_s), 0.01, ())


OURS = [reading("ours", 0.29, 0.31), reading("ours2", 0.29, 0.31)]
OWN = ("ours", "ours2")


@pytest.mark.parametrize(
    "others",
    [[reading("honest", -0.01, 0.01)], [reading("honest", -0.01, 0.01), reading("vague", -0.05, 0.65)]],
)
def test_ones_own_servers_never_outvote_as_many_others(others: list[Reading]) -> None:
    """Two own servers of one upstream against one honest one that contradicts them: no verdict, and nobody blamed."""
    agreed = contested(agree([*OURS, *others]), OWN)
    assert (agreed.basis, agreed.interval, agreed.skew_s) == (Basis.NONE, None, None)
    assert {vote.status for vote in agreed.votes} == {ServerStatus.UNJUDGED}


def test_a_majority_of_others_names_the_hosts_own_server() -> None:
    """Three honest ones outvote two that follow one wrong clock."""
    agreed = contested(agree([*OURS, *(reading(name, -0.01, 0.01) for name in "abc")]), OWN)
    assert (agreed.basis, agreed.interval) == (Basis.MAJORITY, Interval(-0.01, 0.01))
    assert tuple(vote.outcome.server for vote in agreed.votes if vote.status is ServerStatus.FALSETICKER) == OWN
