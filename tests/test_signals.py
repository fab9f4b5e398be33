"""Ctrl-C and SIGTERM: at once, in one line, with the code that shells expect, whatever the process is waiting for."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from bench.namespaces import namespace
from bench.typed import PROGRAM, checked, started

from skewcheck.lab.ntp import NtpServer, Query, Reply

AT_ONCE_S = 0.5
"""Far less than any timeout in here, with room for a busy machine."""
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
each_signal = pytest.mark.parametrize("number", CODES, ids=["SIGINT", "SIGTERM"])

DEAF_RESOLVER = """\
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 53))
    print("ready", flush=True)
    server.recv(512)
    print("asked", flush=True)
    server.recv(1 << 16, socket.MSG_WAITALL)
    input()
"""


class Waiting:
    """A server that never answers, and tells when it was asked."""

    def __init__(self) -> None:
        """Prepare to be asked."""
        self.asked = threading.Event()

    def behaviour(self, _query: Query) -> Sequence[Reply]:
        """Note that somebody asks."""
        self.asked.set()
        return ()


@pytest.fixture
def waiting() -> Iterator[tuple[list[str], threading.Event]]:
    """Give a command line that waits long, and what happens once it does."""
    silence = Waiting()
    with NtpServer(behaviour=silence.behaviour) as server:
        host, port = server.address
        yield ["clock", "-t", "30", "-H", f"{host}:{port}"], silence.asked


def stop(running: "subprocess.Popen[str]", number: signal.Signals) -> tuple[int, str, str]:
    """Send the signal; return the exit code and both streams of a process that ended at once."""
    sent_s = time.monotonic()
    running.send_signal(number)
    out, err = running.communicate(timeout=10)
    assert time.monotonic() - sent_s < AT_ONCE_S
    return running.returncode, out, err


@each_signal
def test_while_waiting_for_an_answer(number: signal.Signals, waiting: tuple[list[str], threading.Event]) -> None:
    """One line on stderr, nothing on stdout, no traceback, the shell's code."""
    words, asked = waiting
    with started(*words) as running:
        assert asked.wait(10)
        exit_code, out, err = stop(running, number)
    assert (exit_code, out) == (CODES[number], "")
    assert err == f"skewcheck: {WORDS[number]}: there is no verdict\n"


@each_signal
def test_json_tells_it_too(number: signal.Signals, waiting: tuple[list[str], threading.Event], tmp_path: Path) -> None:
    """Whoever reads JSON gets a document, whose exit code is that of the process; the file of `-o` stays as it is."""
    words, asked = waiting
    (tmp_path / "old").write_text("old")
    with started(*words, "--json", "-o", str(tmp_path / "old")) as running:
        assert asked.wait(10)
        exit_code, out, _ = stop(running, number)
    report = checked(out)
    assert (exit_code, report["exit_code"]) == (CODES[number], CODES[number])
    assert (report["error"]["id"], report["status"]) == ("interrupted", "unknown")
    assert (tmp_path / "old").read_text() == "old"


@each_signal
def test_while_a_name_is_being_resolved(number: signal.Signals, tmp_path: Path) -> None:
    """A resolver that hangs in its own thread holds up neither signal."""
    files = {"/etc/resolv.conf": "nameserver 127.0.0.1\n"}
    with namespace(tmp_path, files=files) as network:
        deaf = [*network.prefix, sys.executable, "-c", DEAF_RESOLVER]
        with subprocess.Popen(deaf, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as resolver:
            assert resolver.stdout is not None
            assert resolver.stdout.readline() == "ready\n"
            program = [*network.prefix, *PROGRAM]
            with started("clock", "-t", "30", "-H", "stuck.example.net", program=program) as running:
                assert resolver.stdout.readline() == "asked\n"
                exit_code, _, err = stop(running, number)
            resolver.kill()
    assert (exit_code, err) == (CODES[number], f"skewcheck: {WORDS[number]}: there is no verdict\n")


@each_signal
def test_while_a_fifo_is_waited_for(number: signal.Signals, tmp_path: Path) -> None:
    """Waiting for a FIFO's reader ends as well."""
    os.mkfifo(tmp_path / "fifo")
    with started("demo", "-t", "30", "-o", str(tmp_path / "fifo")) as running:
        time.sleep(1)  # by then it waits; on a machine so slow that it does not, the claim holds too
        exit_code, out, _ = stop(running, number)
    assert (exit_code, out) == (CODES[number], "")


def test_signals_that_the_parent_ignores_stay_ignored(waiting: tuple[list[str], threading.Event]) -> None:
    """Under `nohup`, and behind `&` in a script, SIGINT is not for us."""
    words, asked = waiting
    ignoring = ["env", "--ignore-signal=INT", *PROGRAM]
    with started(*words, program=ignoring) as running:
        assert asked.wait(10)
        running.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.3)
        assert stop(running, signal.SIGTERM)[0] == CODES[signal.SIGTERM]


def test_the_second_signal_ends_what_the_first_left_hanging(waiting: tuple[list[str], threading.Event]) -> None:
    """Ctrl-C twice ends the process even where tidying up after the first one hangs."""
    words, asked = waiting
    hanging = (
        "import sys, time; from skewcheck.cli import failure, main\n"
        "def hang(*_): print('hanging', flush=True); time.sleep(60)\n"
        "failure.interrupted = hang; sys.argv = ['skewcheck', *sys.argv[1:]]; main()"
    )
    with started(*words, program=[sys.executable, "-c", hanging]) as running:
        assert asked.wait(10)
        assert running.stdout is not None
        running.send_signal(signal.SIGINT)
        assert running.stdout.readline() == "hanging\n"
        assert stop(running, signal.SIGINT)[0] == CODES[signal.SIGINT]


# --- In the first milliseconds ---

TRIPWIRE = """\
import os, runpy, signal, sys
left, began, number = int(sys.argv.pop(1)), False, int(sys.argv.pop(1))
def trip(frame, event, _argument):
    global left, began
    began = began or frame.f_code.co_filename.endswith(os.path.join('skewcheck', '__main__.py'))
    if began and event == 'call' and frame.f_code.co_name != 'trip':
        left -= 1
        if left == 0:
            sys.setprofile(None)
            os.kill(os.getpid(), number)
sys.setprofile(trip)
sys.argv[0] = 'skewcheck'
runpy.run_module('skewcheck', run_name='__main__', alter_sys=True)
"""
"""The program, which gets the signal at its n-th call of a function, from its first line on. The handlers are there by
the second: that of the module itself is the first."""


@each_signal
@pytest.mark.parametrize("words", ["clock -H 127.0.0.1:9 -t 1s --json", "clock --nope", "--version"])
def test_from_the_first_moment_on(number: signal.Signals, words: str) -> None:
    """Wherever it comes while the program loads and runs: one line, or the result where that was done; no traceback."""
    for call in (*range(2, 20, 3), *(int(20 * 1.6**step) for step in range(17))):
        tripped = [sys.executable, "-c", TRIPWIRE, f"{call}", f"{int(number)}"]
        with started(*words.split(), program=tripped) as running:
            out, err = running.communicate(timeout=30)
        assert "Traceback" not in err, (call, err)
        assert running.returncode in (CODES[number], 3, 0), (call, out, err)
        assert running.returncode == CODES[number] or call > 1000, (call, out, err)
