"""Whatever fails, a reason is given for it, and the whole process is gone by its deadline."""

import contextlib
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from bench import command, hostile
from bench.chrony import Chronyd
from bench.command import Run
from bench.namespaces import Namespace, namespace
from bench.patience import until_calm
from bench.typed import UNCOUNTED

from skewcheck.lab.ntp import Behaviour, NtpServer
from skewcheck.measure.servers import PUBLIC

Farm = dict[str, Chronyd]
DEADLINE_S = 0.7
LATE_S = 0.3
"""By how much the process may outlive its deadline, from its very start to its end."""
GRACE_S = 0.3
"""What one silent server of five may cost."""
READY_S = 15.0
"""A server starts in less."""
SCHEDULING_S = 0.03
"""What the system may add to a wait."""

SILENT_LINK = """
ip link add silent type veth peer name nowhere
ip link set nowhere up
ip addr add 10.99.6.254/24 dev silent
ip addr add fd99::254/64 dev silent nodad
ip link set silent arp off up
"""
"""A network whose every host takes packets and never answers: 10.99.6.0/24 and fd99::/64."""
ROUTES = """
ip route add unreachable 10.99.5.1/32
ip route add prohibit 10.99.5.2/32
ip route add blackhole 10.99.5.3/32
"""
NAMES = """
127.0.0.1 localhost
fd99::77 half.test
127.0.0.1 half.test
2001:db8::1 far.test
127.0.0.2 far.test
fd99::78 six.test
10.99.6.1 mute.test
"""


def timed(servers: Sequence[str], *options: str, prefix: Sequence[str] = ()) -> Run:
    """Run the command with the deadline, and hold it to that."""
    runs = until_calm(
        lambda: command.clock(servers, "-t", str(DEADLINE_S), *options, environment=UNCOUNTED, prefix=prefix),
        lambda run: run.took_s <= DEADLINE_S + LATE_S,
    )
    assert runs[-1].stderr == ""
    return runs[-1]


def reasons(run: Run) -> dict[str, str | None]:
    """Return the reason given for each server, as the user named it."""
    return {server["server"]: server["reason"] for server in run.report["ntp"]["servers"]}


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """Open a network where nothing works but two real servers on loopback, under their own port and names."""
    folder = tmp_path_factory.mktemp("nowhere")
    files = {"/etc/hosts": NAMES, "/etc/nsswitch.conf": "hosts: files\n"}
    with namespace(folder, SILENT_LINK + ROUTES, files) as network:
        everywhere = "0.0.0.0"  # noqa: S104 nobody else is there
        server = Chronyd(folder, port=123, prefix=network.prefix, host=everywhere, local=True)
        try:
            yield network
        finally:
            server.stop()


EXPECTED = {
    "192.0.2.1": "no-route",
    "2001:db8::2": "no-route",
    "10.99.5.1": "unreachable",
    "10.99.5.2": "prohibited",
    "10.99.5.3": "no-route",
    "127.0.0.1:9": "port-closed",
    "10.99.6.2": "no-reply",
    "mute.test": "no-reply",
    "six.test": "no-reply",
    "dead.test": "dns-no-such-name",
    "half.test": None,
    "far.test": None,
}
"""What each server comes to: dead addresses beside a live one cost the name nothing."""


@pytest.fixture(scope="module")
def all_at_once(nowhere: Namespace) -> Run:
    """Ask them all in one run."""
    return timed(list(EXPECTED), prefix=nowhere.prefix)


def test_each_failure_has_its_reason(all_at_once: Run) -> None:
    """No route, a route that refuses, a closed port, silence, a dead name: each is told from the others."""
    assert reasons(all_at_once) == EXPECTED


def test_a_reading_is_not_lost_among_failures(all_at_once: Run) -> None:
    """Ten of twelve fail, and what the other two say is reported, from their live IPv4 addresses."""
    ntp = all_at_once.report["ntp"]
    assert (ntp["asked"], ntp["answered"]) == (12, 2)
    assert [server["address"] for server in ntp["servers"] if server["reason"] is None] == ["127.0.0.1", "127.0.0.2"]
    assert ntp["low_s"] <= 0 <= ntp["high_s"]
    assert "cut-short" in all_at_once.found


@pytest.mark.parametrize(
    ("servers", "options", "reason", "cause"),
    [
        (["192.0.2.1", "192.0.2.2"], (), "no-route", "no-network"),
        (["10.99.5.1", "10.99.5.1:124"], (), "unreachable", "no-route"),
        (["10.99.5.2"], (), "prohibited", "prohibited"),
        (["10.99.6.2", "mute.test"], (), "no-reply", "blocked"),
        (["10.99.6.2"], (), "no-reply", "silent"),
        (["dead.test", "deader.test"], (), "dns-no-such-name", "dns"),
        (["dead.test"], (), "dns-no-such-name", "no-such-name"),
        (["127.0.0.1:9"], (), "port-closed", "port-closed"),
        (["127.0.0.1"], ("-6",), "no-address", "no-address"),
        (["::1"], ("-4",), "no-address", "no-address"),
        (["mute.test"], ("-6",), "no-address", "no-address"),
        (["six.test"], ("-4",), "no-address", "no-address"),
        (["dead.test"], ("-6",), "dns-no-such-name", "no-such-name"),
    ],
)
def test_where_all_fail_alike_the_finding_says_what_is_wrong(
    servers: Sequence[str], options: Sequence[str], reason: str, cause: str, nowhere: Namespace
) -> None:
    """Nobody answers: unknown, exit code 3, and one finding, which leads and names the cause."""
    run = timed(servers, *options, prefix=nowhere.prefix)
    assert set(reasons(run).values()) == {reason}
    assert (run.exit_code, run.report["status"]) == (3, "unknown")
    _unreached(run, cause)


def _unreached(run: Run, cause: str) -> None:
    """Hold what leads, and is all that is found, to be that nobody answered, and why."""
    assert run.report["findings"][0]["id"] == "ntp-unreached"
    assert run.found - {"cut-short"} == {"ntp-unreached"}
    assert run.evidence("ntp-unreached")["reason"] == cause


@pytest.mark.parametrize(
    ("resolver", "reason"),
    [("127.0.0.1", "dns-failed"), ("10.99.6.1", "dns-timeout"), ("192.0.2.1", "dns-failed")],
    ids=["closed", "silent", "no-route"],
)
def test_a_dead_resolver_holds_nothing_up(resolver: str, reason: str, tmp_path: Path) -> None:
    """The public list, asked where no resolver answers: the system would wait 10 s for it, the process does not."""
    with namespace(tmp_path, SILENT_LINK, {"/etc/resolv.conf": f"nameserver {resolver}\n"}) as network:
        run = timed((), prefix=network.prefix)
    assert reasons(run) == dict.fromkeys([server.given for server in PUBLIC], reason)
    assert run.exit_code == 3
    _unreached(run, "dns")


def _hosts(addresses: Sequence[str]) -> Mapping[str, str]:
    """Return the files by which the public list has these addresses."""
    lines = [f"{address} {server.host}" for address, server in zip(addresses, PUBLIC, strict=True)]
    return {"/etc/hosts": "\n".join(lines) + "\n", "/etc/nsswitch.conf": "hosts: files\n"}


def test_a_blocked_port_is_named(tmp_path: Path) -> None:
    """The names resolve and nothing comes back: UDP 123 is probably blocked, and line 1 says so."""
    silent = [f"10.99.6.{number}" for number in range(1, 6)]
    with namespace(tmp_path, SILENT_LINK, _hosts(silent)) as network:
        run = timed((), prefix=network.prefix)
    assert set(reasons(run).values()) == {"no-reply"}
    assert run.exit_code == 3
    _unreached(run, "blocked")
    assert run.evidence("ntp-unreached")["port"] == "123"
    assert "UDP 123" in run.report["summary"]


def test_the_public_list_is_asked_where_no_server_is_named(tmp_path: Path) -> None:
    """All of it, at once, on port 123: here each name leads to a real server on loopback."""
    local = [f"127.0.0.{number}" for number in range(11, 16)]
    with namespace(tmp_path, "", _hosts(local)) as network, contextlib.ExitStack() as stack:
        stack.callback(Chronyd(tmp_path, port=123, prefix=network.prefix, host="0.0.0.0").stop)  # noqa: S104 as above
        run, end_s = timed((), prefix=network.prefix), time.monotonic() + READY_S
        while not run.report["ntp"]["answered"] and time.monotonic() < end_s:
            run = timed((), prefix=network.prefix)
    ntp = run.report["ntp"]
    assert (run.exit_code, run.report["proven"]) == (0, True)
    assert (ntp["list"], ntp["asked"], ntp["answered"], ntp["agreeing"]) == ("public", 5, 5, 5)
    assert [server["address"] for server in ntp["servers"]] == local


@pytest.mark.parametrize(
    ("behaviour", "options"),
    [(hostile.silence, ()), (hostile.drip, ()), (hostile.flood, ("--samples", "8"))],
    ids=["silence", "drip", "flood-of-eight-samples"],
)
def test_no_server_can_hold_the_process(behaviour: Behaviour, options: Sequence[str]) -> None:
    """Who is silent, floods or drips keeps the process until its deadline and no longer, also where more was wanted."""
    with NtpServer(behaviour=behaviour) as server:
        run = timed(["{}:{}".format(*server.address)], *options)
    assert run.exit_code == 3
    assert run.took_s > DEADLINE_S / 2


def test_what_is_known_at_the_deadline_is_reported(chrony: Farm) -> None:
    """Two servers answer, three are silent: at the deadline the two speak, and a finding says that it was cut short."""
    with _silent_ports(3) as silent:
        run = timed([chrony["a"].server, chrony["b"].server, *silent])
    ntp = run.report["ntp"]
    assert (ntp["asked"], ntp["answered"], ntp["cut_short"]) == (5, 2, True)
    assert ntp["low_s"] <= 0 <= ntp["high_s"]
    assert run.found == {"clock-ok", "cut-short"}
    assert run.evidence("clock-ok")["why"] == "minority"
    assert (run.report["status"], run.report["proven"]) == ("ok", False)


def test_one_silent_server_of_five_costs_a_moment(chrony: Farm) -> None:
    """Four agree, one is silent: the measurement takes at most 300 ms more than with five that answer."""
    with contextlib.ExitStack() as stack, _silent_ports(1) as silent:
        live = [chrony[name].server for name in "abc"]
        live += ["{}:{}".format(*stack.enter_context(NtpServer()).address) for _ in range(2)]
        all_live, one_silent = until_calm(
            lambda: (timed(live), timed([*live[:4], *silent])),
            lambda runs: bool(_lasted_s(runs[1]) - _lasted_s(runs[0]) <= GRACE_S + SCHEDULING_S),
        )[-1]
    assert all_live.exit_code == 0
    assert reasons(one_silent)[silent[0]] == "not-waited-for"
    assert _vote_count(one_silent) == {"asked": 5, "answered": 4, "agreeing": 4}
    assert one_silent.exit_code == 0


def _lasted_s(run: Run) -> float:
    lasted_s: float = run.report["duration_s"]
    return lasted_s


def _vote_count(run: Run) -> dict[str, Any]:
    return {key: run.report["ntp"][key] for key in ("asked", "answered", "agreeing")}


@contextlib.contextmanager
def _silent_ports(count: int) -> Iterator[list[str]]:
    """Open ports on loopback where packets arrive and nobody reads them."""
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(count)]
        for port in ports:
            port.bind(("127.0.0.1", 0))
        yield ["{}:{}".format(*port.getsockname()) for port in ports]
