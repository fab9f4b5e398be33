"""The program on hosts of a test's own: whom it asks unasked, whom it blames, what it says if nobody answers."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import command, screen
from bench.command import Run
from bench.namespaces import Namespace, namespace
from bench.tools import need_root

from skewcheck.measure.servers import PUBLIC

OWN = "ntp.corp.test"
CHRONY_CONF = f"server {OWN} iburst\nmakestep 1 3\n"
PEER = """
mkdir -p /run/netns
mount -t tmpfs none /run/netns
ip netns add peer
ip link add v0 type veth peer name v1 netns peer
ip addr add 10.99.0.1/24 dev v0
ip link set v0 up
ip -n peer addr add 10.99.0.2/24 dev v1
ip -n peer link set v1 up
mkdir -p /etc/chrony
cp {conf} /etc/chrony/chrony.conf
"""
SERVE = """
import sys, contextlib
from skewcheck.lab.ntp import NtpServer
with contextlib.ExitStack() as stack:
    for server in sys.argv[1:]:
        address, ahead_s = server.split("=")
        stack.enter_context(NtpServer(float(ahead_s), address=address, port=123))
    print("ready", flush=True)
    sys.stdin.read()
"""
"""Lab servers on port 123, until standard input ends."""


@contextlib.contextmanager
def serving(network: Namespace, *servers: str, within: tuple[str, ...] = ()) -> Iterator[None]:
    """Run lab servers `ADDRESS=AHEAD_S` in *network*."""
    arguments = [*network.prefix, *within, sys.executable, "-c", SERVE, *servers]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Namespace]:
    """Open a host that follows one server of its own, 10.99.0.2; the public names lead to 127.0.0.11 to .15."""
    need_root()
    conf = tmp_path / "chrony.conf"
    conf.write_text(CHRONY_CONF)
    lines = [f"127.0.0.{number} {server.host}" for number, server in enumerate(PUBLIC, start=11)]
    files = {
        "/etc/hosts": "\n".join([f"10.99.0.2 {OWN}", *lines]) + "\n",
        "/etc/nsswitch.conf": "hosts: files\n",
    }
    with namespace(tmp_path, PEER.format(conf=conf), files) as opened:
        yield opened


PUBLIC_SERVERS = [f"127.0.0.{number}=0" for number in range(11, 15)]


def unasked(network: Namespace) -> Run:
    """Run `skewcheck clock` there, with nobody named."""
    return command.clock((), prefix=network.prefix)


def test_a_hosts_own_server_that_is_wrong_is_named_by_public_ones(network: Namespace) -> None:
    """The only server that this host follows is 0.3 s off; the majority of public ones says so, and names it."""
    with serving(network, "10.99.0.2=0.3", within=("ip", "netns", "exec", "peer")), serving(network, *PUBLIC_SERVERS):
        run = unasked(network)
    ntp = run.report["ntp"]
    assert (run.exit_code, run.report["proven"], ntp["list"]) == (0, True, "mixed")
    assert [server["server"] for server in ntp["servers"]] == [OWN, *[server.host for server in PUBLIC[:4]]]
    assert run.found == {"clock-ok", "falseticker"}
    liar = run.evidence("falseticker")
    assert (liar["server"], liar["origin"]) == (OWN, "/etc/chrony/chrony.conf")
    assert 0.29 < liar["off_by_s"] < 0.3
    assert run.report["host"]["configured"] == [{"host": OWN, "origin": "/etc/chrony/chrony.conf"}]


def test_without_the_public_ones_nothing_is_proven(network: Namespace) -> None:
    """Only the host's own server answers: its word, taken as such, and a finding that says why that is not enough."""
    with serving(network, "10.99.0.2=0.3", within=("ip", "netns", "exec", "peer")):
        run = unasked(network)
    assert (run.exit_code, run.report["proven"], run.report["ntp"]["basis"]) == (1, False, "single")
    assert run.found == {"local-unconfirmed"}
    assert run.evidence("local-unconfirmed")["why"] == "one-server"
    assert run.report["next"][0]["kind"] not in ("step-clock", "restart-daemon")


SILENT = """
import select, socket, sys
sockets = {}
for address in sys.argv[1:]:
    sockets[address] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sockets[address].bind((address, 123))
print("ready", flush=True)
sys.stdin.read()
for address, heard in sockets.items():
    packets = 0
    while select.select([heard], [], [], 0)[0]:
        heard.recv(1024)
        packets += 1
    print(address, packets)
"""
"""Servers that take packets and say nothing, and tell at the end how many came."""


def test_where_nobody_answers_the_right_list_was_tried_once(network: Namespace) -> None:
    """One packet each; the finding counts what became of them, `-v` shows what the host says of itself."""
    addresses = [f"127.0.0.{number}" for number in range(11, 16)]
    command_line = [*network.prefix, sys.executable, "-c", SILENT, *addresses]
    with subprocess.Popen(command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as silent:
        assert silent.stdout is not None
        assert silent.stdout.readline() == "ready\n"
        run = unasked(network)
        heard, _ = silent.communicate()
    assert heard.split("\n")[:5] == [f"{address} {int(address != '127.0.0.15')}" for address in addresses]
    servers = run.report["ntp"]["servers"]
    assert [server["server"] for server in servers] == [OWN, *[server.host for server in PUBLIC[:4]]]
    assert (run.exit_code, run.report["status"], run.found - {"cut-short"}) == (3, "unknown", {"ntp-unreached"})
    assert run.evidence("ntp-unreached")["counts"] == "4 no-reply, 1 port-closed"
    shown = network.run([sys.executable, "-m", "skewcheck", "clock", "-t", "1"]).stdout
    screen.check(shown, 3)
    assert "Next: " in shown
    more = network.run([sys.executable, "-m", "skewcheck", "clock", "-t", "1", "-v"]).stdout
    assert "time zone" in more
