"""What this host gives too little of is told as that, with exit code 3: it is no defect, no traceback, no warning."""

import itertools
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pytest
from bench.tools import need_namespace
from bench.typed import PROGRAM, Done, servers_for, skewcheck

from skewcheck.cli import limits
from skewcheck.lab.http import HttpServer

MIB = 1 << 20
OPAQUE = "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789"
NO_MEMORY_TO_TELL = """\
from skewcheck import __main__, cli
def no_memory(*_):
    raise MemoryError
cli.main = no_memory
__main__.main()
"""
FEW_THREADS = """\
import _thread, sys, threading
start, left = _thread.start_new_thread, [int(sys.argv.pop(1))]
def limited(*arguments, **named):
    left[0] -= 1
    if left[0] < 0:
        raise RuntimeError("can't start new thread")
    return start(*arguments, **named)
_thread.start_new_thread = threading._start_new_thread = limited
from skewcheck.__main__ import main
main()
"""
"""The program of a user who may have so few threads; a test that runs as root can't be limited by the kernel."""
HIDDEN = {
    "no /dev/null": "mount -t tmpfs t /dev",
    "a full /dev/null": "mount -t tmpfs t /dev; mknod /dev/null c 1 7",
    "a folder /dev/null": "mount -t tmpfs t /dev; mkdir /dev/null",
    "no /proc": "mount -t tmpfs t /proc",
    "neither": "mount -t tmpfs t /dev; mount -t tmpfs t /proc",
}
CLOSED = ("", "<&-", ">&-", "2>&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-")


def limited(number: int, most: int) -> None:
    """Let this process have no more of it."""
    resource.setrlimit(number, (most, most))


def assert_told(done: Done, codes: Sequence[int]) -> None:
    """Hold *done* to a result or a reason. What Python itself can't do, before it gets to us or at all, is its own."""
    ours = "skewcheck/" in done.err or "Traceback" not in done.err
    if done.exit_code in (1, 127) and (not ours or "Fatal Python error" in done.err or "shared librar" in done.err):
        return
    if done.exit_code == -signal.SIGKILL or (done.exit_code < 0 and "Fatal Python error" in done.err):
        return  # a Python that spins where it finds no memory is ended by the kernel, as promised
    assert done.exit_code in codes, done
    assert "Traceback" not in done.err
    assert "defect" not in done.err


# --- Little of something ---


@pytest.fixture(scope="module")
def commands() -> Iterator[Mapping[str, Sequence[str]]]:
    """Give the words of commands that need much."""
    with HttpServer() as api, servers_for("critical") as named:
        yield {
            "demo": ["demo"],
            "demo-api": ["demo", "--api-ahead", "300ms"],
            "api": ["api", "--url", api.url, "-t", "1s"],
            "clock": ["clock", *named, "-t", "1s"],
        }


LITTLE = [
    *((resource.RLIMIT_NOFILE, most) for most in (5, 8, 12, 16, 20, 24)),
    *((resource.RLIMIT_AS, most * MIB) for most in (24, 27, 40, 56, 66, 82, 117)),
]


@pytest.mark.parametrize("name", ["demo", "demo-api", "api", "clock"])
def test_little_of_something_is_no_defect(name: str, commands: Mapping[str, Sequence[str]]) -> None:
    """Few descriptors, processes, little memory: a result, or the reason and 3."""
    codes = {"clock": (2, 3), "api": (0, 3)}.get(name, (0, 3))
    for number, most in LITTLE:
        done = skewcheck(*commands[name], preexec_fn=partial(limited, number, most), cwd="/")
        assert_told(done, codes)


@pytest.mark.parametrize("name", ["demo", "demo-api", "api", "clock"])
def test_few_threads_are_no_defect(name: str, commands: Mapping[str, Sequence[str]]) -> None:
    """However many there may be: a result, or the reason and 3."""
    for most in range(9):
        done = skewcheck(*commands[name], program=[sys.executable, "-c", FEW_THREADS, f"{most}"])
        assert_told(done, {"clock": (2, 3), "api": (0, 3)}.get(name, (0, 3)))


def test_no_memory_even_to_tell_is_no_warning() -> None:
    """Whatever gets past the last one who tells: Python's own exit code is 1, which is a warning."""
    done = skewcheck(program=[sys.executable, "-c", NO_MEMORY_TO_TELL])
    assert (done.exit_code, done.out) == (3, "")
    assert done.err == "skewcheck: there is no verdict; see `ulimit -v` and `ulimit -n`\n"


def test_a_codec_that_can_not_be_loaded_is_a_limit() -> None:
    """Python says "unknown encoding" where it found no memory to load one: of a name, say."""
    with pytest.raises(LookupError) as caught:
        "name".encode("no-such-codec")
    told = limits.reached(caught.value)
    assert told is not None
    assert "ulimit -v" in told.remedy
    assert limits.reached(KeyError("name")) is None


def test_a_connection_that_gets_no_thread_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab's server ends where it could start no thread for a connection."""

    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    server = HttpServer()
    with server:
        monkeypatch.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError, match="start new thread"):
            server._start(print)


# --- Nothing of something ---


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make devices: run as root to cover this")
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_without_null_or_proc_no_closed_stream_is_a_warning(hidden: str, commands: Mapping[str, Sequence[str]]) -> None:
    """Whatever a chroot lacks and whichever streams are closed: never 1, which is a warning, and never a traceback."""
    asked: Sequence[tuple[Sequence[str], tuple[int, ...]]] = (
        (commands["clock"], (2, 3)),
        (("--version",), (0, 3)),
        (("clock", "--jsno"), (3,)),
        (("token", "--offline"), (3,)),
    )
    for closed, (words, codes) in itertools.product(CLOSED, asked):
        program = [*need_namespace()[:1], "--mount", "sh", "-c", f'{hidden}; exec "$@" {closed}', "sh", *PROGRAM]
        done = skewcheck(*words, program=program)
        assert done.exit_code in codes, (closed, words, done)
        assert "Traceback" not in done.err
        assert "defect" not in done.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hide a device: run as root to cover this")
@pytest.mark.parametrize("closed", CLOSED)
def test_without_null_no_socket_gets_the_place_of_a_closed_stream(closed: str) -> None:
    """Where there is no /dev/null either, a pipe takes the number: what is printed never goes to a server."""
    code = (
        "import os, socket; from skewcheck import cli; cli._occupy_standard_descriptors()\n"
        "os._exit(4 if socket.socket().fileno() > 2 else 5)"
    )
    words = [*need_namespace()[:1], "--mount", "sh", "-c", f'mount -t tmpfs t /dev; exec "$@" {closed}', "sh"]
    assert skewcheck(program=[*words, sys.executable, "-c", code]).exit_code == 4


# --- Input that looks like a limit ---


@pytest.mark.parametrize(
    "path", ["/dev/fd/99", "/dev/fd/2147483648", "/proc/self/fd/4294967297", f"/dev/fd/{'9' * 5000}"]
)
def test_a_descriptor_that_can_not_be_is_a_place_that_can_not_be(path: str) -> None:
    """However large its number is: a reason, and 3."""
    done = skewcheck("token", "--offline", "--env", "TOKEN", "-o", path, environment={"TOKEN": OPAQUE})
    assert (done.exit_code, "bad file descriptor" in done.err, "defect" in done.err) == (3, True, False)


@pytest.mark.parametrize("digits", ["640", ""])
def test_a_number_of_a_thousand_digits_is_a_mistake_like_any_other(digits: str) -> None:
    """Python reads no more digits than PYTHONINTMAXSTRDIGITS of them: no defect, wherever it stands."""
    number = "9" * 1000
    environment = {"PYTHONINTMAXSTRDIGITS": digits, "TOKEN": OPAQUE} if digits else {"TOKEN": OPAQUE}
    for words in (
        ("clock", "--samples", number), ("clock", "-H", f"127.0.0.1:{number}"), ("api", "--url", f"http://h:{number}/"),
        ("demo", "--liars", number), ("token", "--offline", "--env", "TOKEN", "--pick", number),
        ("token", "--offline", f'{{"exp":{number}}}'), ("token", "--offline", f"Token used too early, {number} < 1"),
    ):  # fmt: skip
        done = skewcheck(*words, environment=environment)
        assert done.exit_code == 3, done
        assert "defect" not in done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize("beside", [{}, {"COMP_WORDS": "skewcheck"}, {"COMP_WORDS": 'skewcheck "', "COMP_CWORD": "x"}])
def test_a_shell_that_says_too_little_is_told_so(beside: Mapping[str, str]) -> None:
    """_SKEWCHECK_COMPLETE without what the shell sets beside it: a reason, and 3."""
    done = skewcheck(environment={"_SKEWCHECK_COMPLETE": "complete_bash", **beside})
    assert (done.exit_code, "defect" in done.err, "_SKEWCHECK_COMPLETE" in done.err) == (3, False, True)
