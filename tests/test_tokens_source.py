"""Text comes from files, pipes and devices, whole or not at all, and by its deadline; errors repeat no token."""

import os
import select
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from test_tokens_find import JWT

from skewcheck.errors import InputError, SkewcheckError, UsageError
from skewcheck.tokens.find import MAX_BYTES
from skewcheck.tokens.source import read_environment, read_file, read_stream

SOON_S = 0.2
LATER_S = 60.0


def until(seconds: float = LATER_S) -> float:
    """Return the moment so many seconds from now."""
    return time.monotonic() + seconds


@pytest.mark.parametrize("length", [0, 5, 65536, 65537, MAX_BYTES])
def test_a_file_is_read_whole(tmp_path: Path, length: int) -> None:
    """Of any length up to the limit."""
    path = tmp_path / "token"
    path.write_bytes(b"a" * length)
    assert read_file(str(path), until()) == (b"a" * length, 0)


@pytest.mark.parametrize("over", [1, MAX_BYTES - 1, 4 * MAX_BYTES + 7])
def test_of_a_long_text_the_end_is_kept(tmp_path: Path, over: int) -> None:
    """The last MiB, to the byte; how much stood before is told."""
    path = tmp_path / "log"
    path.write_bytes(b"a" * over + b"b" * MAX_BYTES)
    assert read_file(str(path), until()) == (b"b" * MAX_BYTES, over)


def test_what_has_no_end_is_given_up() -> None:
    """A device that never ends costs neither memory nor more than the limit."""
    with pytest.raises(InputError, match="longer than 256 MiB"):
        read_file("/dev/zero", until())


def test_a_fifo_without_a_writer_ends_by_the_deadline(tmp_path: Path) -> None:
    """Neither opening nor reading waits longer."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with pytest.raises(InputError, match="in time"):
        read_file(str(path), until(SOON_S))


@pytest.mark.parametrize("late_s", [0.0, 0.1])
def test_a_fifo_is_read_to_its_end(tmp_path: Path, late_s: float) -> None:
    """A writer that comes later, and in pieces, is waited for."""
    path = tmp_path / "fifo"
    os.mkfifo(path)

    def write() -> None:
        time.sleep(late_s)
        with path.open("wb", buffering=0) as fifo:
            fifo.write(b"first,")
            time.sleep(0.05)
            fifo.write(b"second")

    writer = threading.Thread(target=write)
    writer.start()
    assert read_file(str(path), until()) == (b"first,second", 0)
    writer.join()


def test_who_drips_for_ever_ends_by_the_deadline() -> None:
    """Having something to read each time is no reason to go on."""
    reading, writing = os.pipe()
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.005):
            os.write(writing, b"a")

    writer = threading.Thread(target=drip)
    writer.start()
    with pytest.raises(InputError, match="in time"):
        read_stream(reading, until(SOON_S))
    stop.set()
    writer.join()
    os.close(reading)
    os.close(writing)


def test_a_stream_without_a_deadline_is_waited_for() -> None:
    """A pipe whose writer takes its time is read to its end."""
    reading, writing = os.pipe()

    def write() -> None:
        time.sleep(0.1)
        os.write(writing, b"late")
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    assert read_stream(reading, None) == (b"late", 0)
    writer.join()
    os.close(reading)


def test_a_closed_stream_is_told() -> None:
    """`<&-` is no traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    with pytest.raises(InputError, match="standard input can't be read: Bad file descriptor"):
        read_stream(reading, until())


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no such file", "No such file or directory"),
        (".", "Is a directory"),
        ("a\0b", "no file can have that name"),
        ("\x1b[31m", "No such file or directory"),
        ("x" * 5000, "File name too long"),
    ],
)
def test_what_cannot_be_read_is_told(path: str, reason: str) -> None:
    """The system's own reason, the name safe to show, and what to try."""
    with pytest.raises(UsageError) as caught:
        read_file(path, until())
    assert reason in caught.value.summary
    assert caught.value.summary.isprintable()
    assert len(caught.value.summary) < 200


def test_a_token_given_for_a_name_is_not_repeated() -> None:
    """`--file eyJ…` and `--env eyJ…` tell how long it was, and their errors carry no cause that knows more."""
    for attempt in (partial(read_file, JWT, until()), partial(read_environment, JWT, {})):
        with pytest.raises(SkewcheckError) as caught:
            attempt()
        assert f"{len(JWT)} characters" in caught.value.summary
        assert JWT[-20:] not in repr(caught.value) + caught.value.remedy
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_environment() -> None:
    """A variable's text as it is, of a long one the last MiB; one that isn't there or is empty is told by its name."""
    assert read_environment("TOKEN", {"TOKEN": " x\n"}) == (b" x\n", 0)
    assert read_environment("TOKEN", {"TOKEN": "ä" + "a" * MAX_BYTES}) == (b"a" * MAX_BYTES, 2)
    with pytest.raises(UsageError, match="'TOKEN' is not set"):
        read_environment("TOKEN", {})
    with pytest.raises(UsageError, match="'TOKEN' is empty"):
        read_environment("TOKEN", {"TOKEN": " "})


def test_another_reader_of_the_pipe_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it took is gone; the rest is waited for."""
    pieces = [b"", b"a"]

    def read(_fd: int, _size: int, faster: list[bool] = [True]) -> bytes:  # noqa: B006 - once
        if faster:
            faster.clear()
            raise BlockingIOError
        return pieces.pop()

    reading, writing = os.pipe()
    os.close(writing)
    with monkeypatch.context() as patched:
        patched.setattr(os, "read", read)
        assert read_stream(reading, until()) == (b"a", 0)
    os.close(reading)


def test_where_a_pipe_can_not_be_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: it is read all the same."""
    (tmp_path / "token").write_bytes(b"a")
    monkeypatch.delattr(select, "poll")
    assert read_file(str(tmp_path / "token"), until()) == (b"a", 0)
