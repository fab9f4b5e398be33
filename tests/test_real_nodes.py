"""Against eight real web servers behind a real balancer, and several addresses of one name: which are off is named."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bench import command, webservers
from bench.command import Run
from bench.namespaces import namespace
from bench.patience import until_calm

NODES, AT_ONCE = 8, 4


def asked(url: str, runs: int, *options: str) -> list[Run]:
    """Return what as many runs said, a few at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda _: command.api(url, *options), range(runs)))


def named(runs: Sequence[Run]) -> list[Run]:
    """Return those that name a clock which is off."""
    return [run for run in runs if "api-nodes-differ" in run.found]


@pytest.mark.slow
@pytest.mark.parametrize("balancer", ["haproxy-tcp", "haproxy-connection", "haproxy-request"])
@pytest.mark.parametrize("ahead_s", [-1.5, 20.0])
def test_one_of_eight_is_named(balancer: str, ahead_s: float, tmp_path: Path) -> None:
    """By connection, in TCP mode and by request, 24 connections: its side, its size, and never more than it is off."""
    with webservers.started() as start:
        nodes = [start("nginx", tmp_path / str(n), ahead_s if n == 0 else 0.0) for n in range(NODES)]
        front = start(balancer, tmp_path / "front", 0.0, nodes)
        webservers.settle([front])
        found = named(asked(front.url, 12, "--connections", "24"))
    assert len(found) >= 9  # one in 25 reaches none, so fewer are named in one of 10,000
    for run in found:
        evidence = run.evidence("api-nodes-differ")
        assert evidence["least_s"] <= abs(ahead_s) + 0.02, run
        assert (evidence["low_s"] or 0) + (evidence["high_s"] or 0) < 0 or ahead_s > 0, run
        host = run.report["api"]["hosts"][0]
        assert host["requests"] + host["nodes"]["asked"] <= 16 + 23, run
        assert run.report["duration_s"] > 6, run
        assert not run.report["proven"], run


@pytest.mark.slow
def test_eight_right_nodes_are_never_accused(tmp_path: Path) -> None:
    """By default and by 24 connections; what is missed is told in numbers."""
    with webservers.started() as start:
        nodes = [start("nginx", tmp_path / str(n)) for n in range(NODES)]
        front = start("haproxy-tcp", tmp_path / "front", 0.0, nodes)
        webservers.settle([front])
        runs = [*asked(front.url, 8), *asked(front.url, 8, "--connections", "24")]
    assert named(runs) == []
    for run in runs:
        seen, host = run.evidence("nodes-seen"), run.report["api"]["hosts"][0]
        assert seen["percent"] == round(100 * (7 / 8) ** seen["connections"])
        assert seen["connections"] == len(host["nodes"]["replies"])


def test_each_address_of_a_name_is_asked(tmp_path: Path) -> None:
    """Three addresses, one of a server 20 s behind, in a network of their own: that address is told, and no other."""
    addresses = [f"10.99.7.{n}" for n in range(1, 4)]
    setup = "\n".join(f"ip addr add {address}/32 dev lo" for address in addresses)
    names = "".join(f"{address} several.test\n" for address in addresses)
    server = tmp_path / "serve.py"
    server.write_text(_SERVER.format(addresses=addresses))
    files = {"/etc/hosts": names, "/etc/nsswitch.conf": "hosts: files\n"}
    with namespace(tmp_path, setup, files) as network:
        serving = [*network.prefix, sys.executable, str(server)]
        with subprocess.Popen(serving, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()

            def ask() -> Run:
                return command.api("http://several.test:8080/", "--connections", "12", prefix=network.prefix)

            try:
                runs = until_calm(ask, lambda run: "api-nodes-differ" in run.found)
            finally:
                process.terminate()
    for run in runs:
        host = run.report["api"]["hosts"][0]
        assert {reply["address"] for reply in host["nodes"]["replies"]} == {f"{each}:8080" for each in addresses}
        evidence = run.evidence("api-nodes-differ")
        assert evidence["address"] == "10.99.7.3:8080"
        assert 18 < evidence["least_s"] <= 20.02


_SERVER = """
import threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp=None):
        behind_s = 20 if self.server.server_address[0].endswith(".3") else 0
        return super().date_time_string(time.time() - behind_s)

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

for address in {addresses!r}:
    served = ThreadingHTTPServer((address, 8080), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
print("ready", flush=True)
time.sleep(60)
"""
