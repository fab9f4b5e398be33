"""All that goes to stdout goes there whole, or it is an error: however little is taken at a time, and of whatever."""

import itertools
import os
import re
import resource
import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bench import outlets
from bench.namespaces import namespace
from bench.typed import PROGRAM, Done, clean, skewcheck

from skewcheck.cli import output
from skewcheck.errors import OutputError

PATIENT = ("-t", "30s")
TOKEN = ("token", "--env", "TOKEN", "--offline", "--on-unknown", "ok")


class Words(NamedTuple):
    """A command line, and the environment it is typed in."""

    words: Sequence[str]
    environment: tuple[tuple[str, str], ...] = ()


WRITTEN = {  # one of each place in the code that writes
    "help": Words(["check", "--help"]),
    "completion": Words(
        [],
        (("_SKEWCHECK_COMPLETE", "complete_bash"), ("COMP_WORDS", "skewcheck check --"), ("COMP_CWORD", "2")),
    ),
    "text": Words([*TOKEN, *PATIENT, "-v"]),
    "json": Words([*TOKEN, *PATIENT, "--format", "json"]),
    "error-junit": Words(["clock", "--jsno", "--format", "junit"]),
}
each_way = pytest.mark.parametrize("what", WRITTEN)
unbuffered = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


def run(what: str, unbuffered: str = "1", **process: Any) -> Done:
    """Run it; an image sets PYTHONUNBUFFERED as a rule."""
    words, environment = WRITTEN[what]
    settings = {"TOKEN": "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789", "PYTHONUNBUFFERED": unbuffered, **dict(environment)}
    settings |= {"NO_COLOR": "1", "COLUMNS": "80"}  # a terminal gets what a pipe gets
    return skewcheck(*words, environment=settings, **process)


@cache
def expected(what: str) -> Done:
    """Return what it comes to where nothing is in the way."""
    return run(what)


def allow(size: int) -> None:
    """Let no file of this process grow beyond *size*."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def numberless(text: str) -> str:
    """Return *text* without what differs from run to run: the times in it."""
    return re.sub(r"[\d.:-]+", "0", text)


def assert_whole(what: str, came: str) -> None:
    """Hold *came* against what is written where nothing is in the way."""
    assert numberless(came) == numberless(expected(what).out)


def assert_told(what: str, done: Done, reason: str) -> None:
    """Hold *done* to an error with its reason; where an error was to be written, that one was told already."""
    assert done.exit_code == 3
    assert (reason in done.err) or what.startswith("error-"), done.err
    assert "Traceback" not in done.err


@each_way
@unbuffered
def test_a_disk_that_fills_in_the_middle(what: str, unbuffered: str, tmp_path: Path) -> None:
    """However much of it finds room: less than all is an error, and all is none."""
    size = len(expected(what).out.encode())
    for room in (0, 1, size // 2, size - min(8, size // 2)):  # a time in it can take some characters less
        with (tmp_path / "out").open("wb") as out:
            done = run(what, unbuffered, stdout=out, preexec_fn=partial(allow, room))
        assert_told(what, done, "could not be written to stdout: file too large")
        assert (tmp_path / "out").stat().st_size <= room


@unbuffered
def test_a_file_system_that_fills_in_the_middle(unbuffered: str, tmp_path: Path) -> None:
    """One page of a document of two finds room: exit 3 and a reason, where it once was 0."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with namespace(tmp_path, f"mount -t tmpfs -o size=4k tmpfs '{disk}'") as small:
        done = small.run(
            [
                "sh",
                "-c",
                f"head -c 4000 /dev/zero > '{disk}/out'; exec \"$@\" >> '{disk}/out'",
                "sh",
                *PROGRAM,
                *WRITTEN["json"].words,
            ],
            environment={**clean(), "TOKEN": "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789", "PYTHONUNBUFFERED": unbuffered},
        )
        left = small.run(["wc", "-c", f"{disk}/out"])
    assert (done.returncode, left.stdout.split()[0]) == (3, "4096")
    assert "could not be written to stdout: no space left on device; the answer was: UNKNOWN" in done.stderr


@pytest.mark.parametrize(
    ("what", "opened"),
    [
        *(("text", each) for each in (outlets.pipe, outlets.stream, outlets.packets, outlets.terminal)),
        *((what, outlets.pipe) for what in WRITTEN if what != "text"),
    ],
)
@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "non-blocking"])
def test_a_slow_reader_gets_all_of_it(what: str, blocking: bool, opened: Callable[[], outlets.Opened]) -> None:
    """A reader that begins late and takes a little at a time costs nothing but time."""
    reader = outlets.SlowReader(opened, blocking=blocking)
    try:
        done = run(what, "" if blocking else "1", stdout=reader.writer)
    finally:
        came = reader.end()
    assert (done.exit_code, done.err) == (expected(what).exit_code, expected(what).err)
    assert_whole(what, came.decode())


def test_a_reader_that_takes_a_little_for_ever_is_not_waited_for_either() -> None:
    """The deadline holds where something is taken each time: all of it would take far longer."""
    reader = outlets.SlowReader(outlets.pipe, blocking=False)
    try:
        with pytest.raises(OutputError, match="does not keep up"):
            output.write_file(f"/dev/fd/{reader.writer}", "x" * 2**20, until_s=0.0)
    finally:
        reader.end()


def test_who_takes_all_at_once_gets_all_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is faked to run fast ends the time between two pieces: the reader did nothing wrong."""
    reader, writer = os.pipe()
    ticks = itertools.count(0.0, 10.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    output.write_file(f"/dev/fd/{writer}", "x" * 20_000, until_s=0.0)
    assert len(os.read(reader, 1 << 16)) == 20_000
    os.close(reader)
    os.close(writer)


def test_another_writer_that_was_faster_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look whether there is room and the write somebody else may have filled it."""
    reader, writer = os.pipe()
    write, refusals = os.write, [BlockingIOError(), BlockingIOError()]

    def refused_at_first(descriptor: int, content: bytes) -> int:
        if descriptor == writer and refusals:
            raise refusals.pop()
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", refused_at_first)
    output.write_file(f"/dev/fd/{writer}", "all of it", until_s=time.monotonic() + 60)
    assert os.read(reader, 99) == b"all of it"
    os.close(reader)
    os.close(writer)


@each_way
@pytest.mark.parametrize("opened", [outlets.pipe, outlets.stream])
def test_a_reader_that_left_is_no_error(what: str, opened: Callable[[], outlets.Opened]) -> None:
    """Half of it was wanted, or nothing: the exit code is that of the verdict."""
    reader, writer = opened()
    outlets.fill(writer)
    os.close(reader)
    try:
        done = run(what, stdout=writer)
    finally:
        os.close(writer)
    assert (done.exit_code, done.err) == (expected(what).exit_code, expected(what).err)


def test_half_a_step_summary_is_taken_back(tmp_path: Path) -> None:
    """Where the runner's file has room for a part, it stays as it was: half a table helps nobody."""
    summary = tmp_path / "summary"
    summary.write_text("# before\n")
    done = skewcheck(
        *TOKEN, "--format", "github",
        environment={"TOKEN": "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789", "GITHUB_STEP_SUMMARY": str(summary)},
        preexec_fn=partial(allow, 50),
    )  # fmt: skip
    assert (done.exit_code, done.err, summary.read_text()) == (0, "", "# before\n")
