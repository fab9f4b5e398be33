"""The guard that keeps the tests on this machine works, in this process and in those that tests start."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bench.guard import sitecustomize
from bench.tools import need_namespace

ELSEWHERE = "192.0.2.1"
"""An address for documentation (RFC 5737): nobody's."""


def _send(host: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"", (host, 9))


def _connect(host: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((host, 9))


@pytest.mark.parametrize(
    "leave",
    [
        lambda: _send(ELSEWHERE),
        lambda: _connect(ELSEWHERE),
        lambda: socket.getaddrinfo("example.test", 123),
        lambda: socket.getaddrinfo(b"example.test", 123),
        lambda: socket.gethostbyname("example.test"),
    ],
    ids=["sendto", "connect", "getaddrinfo", "getaddrinfo-bytes", "gethostbyname"],
)
def test_leaving_is_stopped_and_noted(leave: Callable[[], object], leaks: Path) -> None:
    """No packet and no question to a resolver gets out of this process, whatever the code does with the error."""
    installed = sys.modules.get("sitecustomize", sitecustomize)  # at Python's start, or by pytest
    with pytest.raises(installed.LeavesThisMachineError):
        leave()
    noted = leaks.read_text()
    leaks.write_text("")
    assert noted.count("\n") == 1


def test_staying_is_allowed() -> None:
    """Loopback, numbers and local names pass, and so does asking whether a name is a number."""
    _send("127.0.0.1")
    socket.getaddrinfo("localhost", 123)
    socket.getaddrinfo(ELSEWHERE, 123)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(b"example.test", 123, 0, 0, 0, socket.AI_NUMERICHOST)


CODE = f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('{ELSEWHERE}', 9))"


def test_a_process_that_a_test_starts_is_guarded_too(leaks: Path) -> None:
    """What a test starts inherits the guard, and what it tried is noted for the test to fail by."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=30, check=False)
    noted = leaks.read_text()
    leaks.write_text("")
    assert "LeavesThisMachineError" in done.stderr
    assert ELSEWHERE in noted


def test_a_network_of_its_own_is_free() -> None:
    """In an empty network namespace the guard keeps out of the way: the kernel itself answers there."""
    done = subprocess.run(
        [*need_namespace(), sys.executable, "-c", CODE], capture_output=True, text=True, timeout=30, check=False
    )
    assert "Network is unreachable" in done.stderr


def test_the_guard_loads_nothing(leaks: Path) -> None:
    """A guarded process has the modules that it asked for: what is measured of them stays true."""
    code = "import sys; print(*sorted(sys.modules))"
    unguarded = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    guarded, plain = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        for environment in (os.environ, unguarded)
    )
    assert set(guarded.stdout.split()) - set(plain.stdout.split()) <= {"sitecustomize", "_socket"}
    assert not leaks.read_text()


@pytest.mark.parametrize(("ci", "counts"), [("true", "1 failed"), ("", "1 skipped")])
def test_ci_takes_no_skip(ci: str, counts: str, tmp_path: Path) -> None:
    """A test whose program is missing is skipped by name with the line to install it; in CI it fails."""
    (tmp_path / "test_lacking.py").write_text("from bench import tools\ndef test_it(): tools._skip('chronyd')\n")
    here = str(Path(__file__).parent)
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "-ra", str(tmp_path)]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": os.pathsep.join([here, os.environ["PYTHONPATH"]])}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment, cwd=tmp_path
    )
    assert counts in done.stdout
    assert "test_lacking" in done.stdout
    assert "sudo apt-get install chrony" in done.stdout
