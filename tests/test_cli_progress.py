"""The line that tells how far it is: on a terminal alone, after a second, in place, and gone at the end."""

import contextlib
import io
import itertools
import math
import os
import pty
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from bench.typed import PROGRAM as MODULE
from bench.typed import checked, clean
from hypothesis import given
from hypothesis import strategies as st
from reports import FOREIGN, intervals

from skewcheck.cli.progress import Line, _cells
from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer
from skewcheck.measure.date_evidence import Progress as Far
from skewcheck.measure.poll import Progress as Polled
from skewcheck.model import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


PROGRAM = """\
import os, sys, time
from skewcheck import cli, examine
from skewcheck.errors import UsageError
from skewcheck.model import Interval
from collections import namedtuple
Far = namedtuple('Far', 'host requests fresh')
def asked(request, progress=None):
    for requests, fresh in ((1, Interval(-0.9, 0.2)), (5, Interval(0.17, 0.48))):
        if progress is not None:
            progress(Far('api.mypurecloud.ie', requests, fresh))
        time.sleep(float(os.environ.get("LASTS", "1.5")))
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


def test_it_is_rewritten_and_erased() -> None:
    """What is known takes the place of what was, with the time; nothing is left when the result is there."""
    with on_a_terminal("--json") as (ours, child):
        written = everything(ours)
        assert child.stdout is not None
        assert b"made up" in child.stdout.read()
    assert re.search(r"\rapi\.mypurecloud\.ie  ±550 ms after 1 request … +1 s of 10 s", written)
    assert re.search(r"\rapi\.mypurecloud\.ie  ±155 ms after 5 requests … +[23] s of 10 s", written)
    assert seen(written) == [""]


def test_what_is_over_in_a_second_needs_none() -> None:
    """Nothing flickers."""
    with on_a_terminal(LASTS="0") as (ours, _):
        assert everything(ours) == ""


@pytest.mark.parametrize(("words", "environment"), [(("-q",), {}), ((), {"TERM": "dumb"})], ids=["quiet", "dumb"])
def test_there_is_none(words: tuple[str, ...], environment: dict[str, str]) -> None:
    """Where it isn't wanted, or could not be rewritten."""
    with on_a_terminal(*words, LASTS="0.7", **environment) as (ours, _):
        assert everything(ours) == ""


def test_nothing_is_piped() -> None:
    """A log gets no progress."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=clean({"LASTS": "0.7"}), capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (3, b"")


def test_ctrl_c_leaves_a_clean_line() -> None:
    """What was being shown is gone, the terminal's own ^C included; only the message stays."""
    with on_a_terminal(SLEEPS="300") as (ours, child):
        written = ""
        while "155 ms" not in written:
            written += os.read(ours, 4096).decode()
        child.send_signal(2)
        written += "^C" + everything(ours)  # as a terminal in front of a person writes it
        assert child.wait(10) == 130
    assert [line for line in seen(written) if line] == ["skewcheck: interrupted: there is no verdict"]


def test_a_real_search() -> None:
    """A server is asked, the terminal is told, and the result comes after a line that is empty again."""
    with HttpServer(ahead_s=-0.3) as server:
        host, port = server.address[:2]
        words = ("api", "--full", "--json", "--url", f"http://{host}:{port}/")
        with on_a_terminal(*words, program=MODULE) as (ours, child):
            written = everything(ours)
            assert child.stdout is not None
            document = checked(child.stdout.read().decode())
    assert re.search(rf"\r{host}:{port}  ±\d+(\.\d+)? ms after \d+ requests? … +1 s of 20 s", written)
    assert seen(written) == [""]
    assert document["api"]["hosts"][0]["low_s"] <= 0.3 <= document["api"]["hosts"][0]["high_s"]


def test_samples_of_a_real_poll() -> None:
    """`clock --samples` waits for seconds: how many servers have answered, and which sample it is."""
    with NtpServer() as server:
        host, port = server.address
        with on_a_terminal("clock", "--samples", "2", "-H", f"{host}:{port}", program=MODULE) as (ours, _):
            written = everything(ours)
    assert re.search(r"\rNTP: 1 of 1 servers, sample [12] of 2 … +1 s of 7 s", written)
    assert seen(written) == [""]


def test_ctrl_c_in_a_real_search() -> None:
    """It ends at once, between two requests too, and leaves nothing of the line."""
    with HttpServer() as server:
        host, port = server.address[:2]
        words = ("api", "--full", "--url", f"http://{host}:{port}/")
        with on_a_terminal(*words, program=MODULE) as (ours, child):
            written = ""
            while " request" not in written:
                written += os.read(ours, 4096).decode()
            began_s = time.monotonic()
            child.send_signal(2)
            written += everything(ours)
            assert child.wait(10) == 130
            assert time.monotonic() - began_s < 3
    assert [line for line in seen(written) if line] == ["skewcheck: interrupted: there is no verdict"]


@given(
    st.lists(st.tuples(FOREIGN, st.integers(0, 16), intervals()), max_size=6),
    st.none() | st.builds(Polled, *[st.integers(0, 32)] * 4),
    st.integers(10, 120),
    st.floats(0, 1e6),
    st.floats(0.1, 1e6),
)
def test_it_is_always_as_wide(
    replies: list[tuple[str, int, tuple[float, Interval]]],
    poll: Polled | None,
    columns: int,
    at_s: float,
    most_s: float,
) -> None:
    """However long the names and however narrow the terminal: never at its edge, and one as wide as the other."""
    stream = io.StringIO()
    line = Line(stream, columns, 0.0, most_s, ascii_only=False)
    line.write(at_s)
    for host, requests, (_, fresh) in replies:
        line(Far(host, requests, fresh))
        line.write(at_s)
    if poll is not None:
        line(poll)
        line.write(at_s)
    widths = {_cells(text) for text in stream.getvalue().split("\r")[1:]}
    assert len(widths) <= 1
    assert all(width < min(columns, 80) for width in widths)
    line.erase()
    assert seen(stream.getvalue(), columns + 5)[-1] == ""
    line(Far("late", 1, Interval(-math.inf, 0.1)))
    line.write(at_s)
    assert "late" not in stream.getvalue()


def test_parts_are_left_out_and_never_cut() -> None:
    """Where there is no room for all: the second host, then the samples; the time is always there."""
    line = Line(io.StringIO(), 80, 0.0, 20.0, ascii_only=True)
    line(Far("api.mypurecloud.ie", 3, Interval(-0.085, 0.085)))
    line(Far("login.mypurecloud.ie", 3, Interval(-0.09, 0.09)))
    assert line._text(2.5).split("  ")[1:-1][0] == "+-85 ms after 3 requests, login +-90 ms ..."
    line(Polled(5, 5, 2, 4))
    texts = []
    for columns in (80, 60, 40, 20):
        narrow = Line(io.StringIO(), columns, 0.0, 20.0, ascii_only=True)
        narrow._known = line._known
        texts.append(narrow._text(2.5))
    assert all(text.endswith("2 s of 20 s") for text in texts)
    for wide, narrow_text in itertools.pairwise(texts):
        assert set(narrow_text.replace(",", "").split()) <= set(wide.replace(",", "").split()) | {"..."}


def test_threads_take_turns() -> None:
    """Two hosts are asked at once; no line is torn, and nothing is written after the end."""
    stream = io.StringIO()
    line = Line(stream, 80, 0.0, 10.0, ascii_only=True)

    def tell(host: str) -> None:
        for requests in range(50):
            line(Far(host, requests, Interval(-0.1, 0.1)))
            line.write(1.0)

    threads = [threading.Thread(target=tell, args=(host,)) for host in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    line.erase()
    pattern = r"[ab]  \+-100 ms after \d+ requests?(, [ab] \+-100 ms)? \.\.\. +1 s of 10 s"
    assert all(re.fullmatch(pattern, text) for text in stream.getvalue().split("\r") if text.strip())
    assert seen(stream.getvalue()) == [""]


def test_a_stopped_terminal_is_not_waited_for() -> None:
    """Whoever presses Ctrl-S must not make the measurement late."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        import termios

        termios.tcflow(theirs, termios.TCOOFF)
        began_s = time.monotonic()
        line = Line(stream, 80, began_s, 10.0, ascii_only=True)
        for requests in range(3):
            line(Far("a", requests, Interval(-0.1, 0.1)))
            line.write(1.0)
        line.erase()
        assert time.monotonic() - began_s < 5
        termios.tcflow(theirs, termios.TCOON)
    os.close(ours)
