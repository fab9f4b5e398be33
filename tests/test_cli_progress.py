"""The line that tells how far a search is: on a terminal alone, rewritten in place, and gone at the end."""

import contextlib
import io
import math
import os
import pty
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from bench.typed import PROGRAM as MODULE
from bench.typed import checked, clean
from hypothesis import given
from hypothesis import strategies as st
from reports import FOREIGN, intervals

from skewcheck.cli.progress import Line, _cells
from skewcheck.lab.http import HttpServer
from skewcheck.model import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Far(NamedTuple):
    """How far a search is."""

    host: str
    requests: int
    fresh: Interval


PROGRAM = """\
import os, sys, time
from skewcheck import cli, examine
from skewcheck.errors import UsageError
from skewcheck.model import Interval
from collections import namedtuple
Far = namedtuple('Far', 'host requests fresh')
def asked(request, progress=None):
    if progress is not None:
        progress(Far('api.mypurecloud.ie', 1, Interval(-0.9, 0.2)))
        progress(Far('api.mypurecloud.ie', 5, Interval(0.17, 0.48)))
    for _ in range(int(os.environ.get("SLEEPS", "0"))):  # a signal just before a long sleep would not cut it short
        time.sleep(0.1)
    return examine.failed('api', UsageError('made up', 'None.'))
examine.examine = asked
sys.argv = ['skewcheck', 'api', '--region', 'eu-west-1', *sys.argv[1:]]
cli.main()
"""


@contextlib.contextmanager
def on_a_terminal(
    *words: str, program: "Sequence[str]" = (sys.executable, "-c", PROGRAM), **environment: str
) -> "Iterator[tuple[int, subprocess.Popen[bytes]]]":
    """Run the command with stderr on a terminal of its own; give our end of it, and the process."""
    ours, theirs = pty.openpty()
    variables = {**clean(), "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment}
    with subprocess.Popen(
        [*program, *words],
        stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=variables,
    ) as child:  # fmt: skip
        os.close(theirs)
        try:
            yield ours, child
        finally:
            child.kill()
            os.close(ours)


def everything(ours: int) -> str:
    """Return all that is written to a terminal until nobody has it open any more."""
    read = b""
    with contextlib.suppress(OSError):  # EIO: Linux' way to say that
        while piece := os.read(ours, 4096):
            read += piece
    return read.decode()


def seen(written: str, width: int = 80) -> list[str]:
    """Return what a terminal shows after *written*: it knows carriage returns and new lines, nothing else."""
    assert "\x1b" not in written
    lines = []
    for line in written.split("\n"):
        cells, at = [" "] * width, 0
        for character in line:
            at = 0 if character == "\r" else at + 1
            if at:
                cells[at - 1] = character
        lines.append("".join(cells).rstrip())
    return lines


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_it_is_rewritten_and_erased(words: tuple[str, ...]) -> None:
    """Each reply takes the place of the one before, and nothing is left when the result is there."""
    with on_a_terminal(*words) as (ours, child):
        written = everything(ours)
        assert child.stdout is not None
        assert b"made up" in child.stdout.read()
    assert "\rasking api.mypurecloud.ie: 5 requests, 170 to 480 ms ahead …" in written
    assert "\rasking api.mypurecloud.ie: 1 request, 900 ms behind to 200 ms ahead …" in written
    assert seen(written) == [""]


@pytest.mark.parametrize(("words", "environment"), [(("-q",), {}), ((), {"TERM": "dumb"})], ids=["quiet", "dumb"])
def test_there_is_none(words: tuple[str, ...], environment: dict[str, str]) -> None:
    """Where it isn't wanted, or could not be rewritten."""
    with on_a_terminal(*words, **environment) as (ours, _):
        assert everything(ours) == ""


def test_nothing_is_piped() -> None:
    """A log gets no progress."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=clean(), capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (3, b"")


def test_ctrl_c_leaves_a_clean_line() -> None:
    """What was being shown is gone, the terminal's own ^C included; only the message stays."""
    with on_a_terminal(SLEEPS="300") as (ours, child):
        written = ""
        while "480 ms" not in written:
            written += os.read(ours, 4096).decode()
        os.write(ours, b"")
        child.send_signal(2)
        written += "^C" + everything(ours)  # as a terminal in front of a person writes it
        assert child.wait(10) == 130
    assert [line for line in seen(written) if line] == ["skewcheck: interrupted: there is no verdict"]


def test_a_real_search() -> None:
    """A server is asked, the terminal is told, and the result comes after a line that is empty again."""
    with HttpServer(ahead_s=-0.3) as server:
        host, port = server.address[:2]
        words = ("api", "--json", "--url", f"http://{host}:{port}/")
        with on_a_terminal(*words, program=MODULE) as (ours, child):
            written = everything(ours)
            assert child.stdout is not None
            document = checked(child.stdout.read().decode())
    assert f"\rasking {host}:{port}: 1 request, " in written
    assert seen(written) == [""]
    assert document["api"]["hosts"][0]["low_s"] <= 0.3 <= document["api"]["hosts"][0]["high_s"]


def test_ctrl_c_in_a_real_search() -> None:
    """It ends at once, between two requests too, and leaves nothing of the line."""
    with HttpServer() as server:
        host, port = server.address[:2]
        words = ("api", "--full", "--url", f"http://{host}:{port}/")
        with on_a_terminal(*words, program=MODULE) as (ours, child):
            written = ""
            while "request" not in written:
                written += os.read(ours, 4096).decode()
            began_s = time.monotonic()
            child.send_signal(2)
            written += everything(ours)
            assert child.wait(10) == 130
            assert time.monotonic() - began_s < 3
    assert [line for line in seen(written) if line] == ["skewcheck: interrupted: there is no verdict"]


@given(st.lists(st.tuples(FOREIGN, st.integers(0, 16), intervals()), min_size=1, max_size=6), st.integers(10, 120))
def test_it_fits_on_one_line(replies: list[tuple[str, int, tuple[float, Interval]]], width: int) -> None:
    """However long the names and however narrow the terminal: the last cell stays free, and the end is empty."""
    stream = io.StringIO()
    line = Line(stream, width, ascii_only=False)
    for host, requests, (_, fresh) in replies:
        line(Far(host, requests, fresh))
    shown = stream.getvalue().split("\r")
    assert all(_cells(text.rstrip(" ")) < width for text in shown)
    line.erase()
    line(Far("late", 1, Interval(-math.inf, 0.1)))
    assert "late" not in stream.getvalue()


def test_threads_take_turns() -> None:
    """Two hosts are asked at once; no line is torn, and nothing is written after the end."""
    stream = io.StringIO()
    line = Line(stream, 80, ascii_only=True)

    def tell(host: str) -> None:
        for requests in range(50):
            line(Far(host, requests, Interval(-0.1, 0.1)))

    threads = [threading.Thread(target=tell, args=(host,)) for host in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    line.erase()
    pattern = r"asking [ab]: \d+ requests?, .*\.\. *"
    assert all(re.fullmatch(pattern, text) for text in stream.getvalue().split("\r") if text.strip())
    assert seen(stream.getvalue()) == [""]


def test_a_stopped_terminal_is_not_waited_for() -> None:
    """Whoever presses Ctrl-S must not make the measurement late."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        import termios

        termios.tcflow(theirs, termios.TCOOFF)
        line = Line(stream, 80, ascii_only=True)
        began_s = time.monotonic()
        for requests in range(3):
            line(Far("a", requests, Interval(-0.1, 0.1)))
        line.erase()
        assert time.monotonic() - began_s < 5
        termios.tcflow(theirs, termios.TCOON)
    os.close(ours)
