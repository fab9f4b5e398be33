"""What goes where: results to stdout, all else to stderr, and what happens when nobody takes it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from bench.namespaces import namespace
from bench.typed import PROGRAM, clean, servers_for, silent, skewcheck

from skewcheck.lab.ntp import NtpServer

FULL = Path("/dev/full")
each_format = pytest.mark.parametrize("words", [("-v",), ("--json",)], ids=["text", "json"])


@pytest.fixture(scope="module")
def critical() -> Iterator[list[str]]:
    """Give the words that make `clock` exit 2."""
    with servers_for("critical") as named:
        yield ["clock", *named]


def shell(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run skewcheck in bash with *redirection* behind it, and return its own exit code."""
    script = f'"$@" {redirection}; exit "${{PIPESTATUS[0]}}"'
    return subprocess.run(
        ["bash", "-c", script, "bash", *PROGRAM, *arguments],
        env=clean(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@each_format
@pytest.mark.parametrize("redirection", ["| head -c 0", ">&-", "<&- >&- 2>&-"], ids=["reader", "stdout", "all"])
def test_closed_pipe_is_silent_and_keeps_the_exit_code(
    critical: Sequence[str], words: Sequence[str], redirection: str
) -> None:
    """A reader that left, or a stdout that never was, changes nothing but that nobody reads it."""
    done = shell(redirection, *critical, *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.parametrize("words", ["--help", "--version", "clock --help", "explain", "explain 401"])
def test_closed_pipe_of_information(words: str) -> None:
    """`--help | head -1` is no failure."""
    done = shell("| head -c 0", *words.split())
    assert (done.returncode, done.stderr) == (0, "")


@each_format
def test_full_disk(critical: Sequence[str], words: Sequence[str]) -> None:
    """What can't be written is an error: exit 3, no traceback, and the answer is told all the same."""
    with FULL.open("w") as full:
        done = skewcheck(*critical, *words, stdout=full)
    assert done.exit_code == 3
    first, *rest = done.err.splitlines()
    assert first.startswith("error: the report could not be written to stdout: no space left on device")
    assert "; the answer was: CRITICAL " in first
    assert len(rest) == 1


def test_full_disk_for_information() -> None:
    """Nor does `--help` pretend that it was read."""
    with FULL.open("w") as full:
        assert skewcheck("--help", stdout=full).exit_code == 3


def test_stderr_that_takes_nothing() -> None:
    """A message that can't be written changes no exit code."""
    with FULL.open("w") as full:
        assert skewcheck("clock", "--jsno", stderr=full).exit_code == 3


def test_results_to_stdout_all_else_to_stderr(critical: Sequence[str]) -> None:
    """An answer leaves stderr empty; an error leaves stdout empty."""
    verdict, error = skewcheck(*critical), skewcheck("clock", "--jsno")
    assert (verdict.err, verdict.out.startswith("CRITICAL")) == ("", True)
    assert (error.out, error.err.startswith("error: ")) == ("", True)


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}],
    ids=["C", "ascii", "latin-1"],
)
@pytest.mark.parametrize("words", [("-v",), ("--color", "always")], ids=["verbose", "colour"])
def test_ascii_where_no_more_can_be_shown(
    critical: Sequence[str], words: Sequence[str], environment: dict[str, str]
) -> None:
    """An old locale or an odd stream gets ASCII, never a UnicodeEncodeError."""
    done = skewcheck(*critical, *words, environment=environment)
    assert (done.exit_code, done.err, done.out.isascii()) == (2, "", True)


def test_foreign_text_in_an_ascii_stream(tmp_path: Path) -> None:
    """A name in another script is shown by its numbers where its letters can't be, on either stream."""
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    wrong = skewcheck("clock", "-H", "ä b", environment=ascii_only)
    assert (wrong.exit_code, "'\\xe4 b'" in wrong.err) == (3, True)
    with namespace(tmp_path) as nobody:
        silence = nobody.run([*PROGRAM, "clock", "-t", "1s", "-H", "ä"], environment=ascii_only)
    assert (silence.returncode, "\\xe4" in silence.stdout, silence.stderr) == (3, True, "")


def test_quiet_is_one_line(critical: Sequence[str]) -> None:
    """`-q` prints line 1 alone."""
    done = skewcheck(*critical, "-q")
    assert (done.out.count("\n"), done.out.split()[0]) == (1, "CRITICAL")
    assert skewcheck(*critical).out.split()[0] == "CRITICAL"


def test_a_slow_start_counts() -> None:
    """Where Python's start eats half of the time, the measurement gets the other half, not a deadline of its own."""
    code = (
        "import sys, time\nwhile time.process_time() < 0.6: pass\n"
        "sys.argv = ['skewcheck', *sys.argv[1:]]; from skewcheck.cli import main; main()"
    )
    with NtpServer(behaviour=silent) as server:
        host, port = server.address
        words = ["clock", "--json", "-t", "1s", "-H", f"{host}:{port}"]
        done = skewcheck(*words, program=[sys.executable, "-c", code])
    assert done.exit_code == 3
    assert 0.05 <= done.document["duration_s"] < 0.45


def test_closed_standard_streams_are_no_place_for_a_socket() -> None:
    """Where stdin, stdout and stderr are closed, no socket gets their numbers: what is printed would go there."""
    code = (
        "import os, sys; sys.argv = ['skewcheck', '--version']\n"
        "from skewcheck import cli; cli._leave = lambda code: None; cli.main()\n"
        "os._exit(sum(os.path.samestat(os.fstat(number), os.stat(os.devnull)) for number in range(3)))"
    )
    done = subprocess.run(
        ["bash", "-c", '"$@" <&- >&- 2>&-', "bash", sys.executable, "-c", code], env=dict(os.environ), check=False
    )
    assert done.returncode == 3
