"""The file of `-o` is a whole one, old or new, and nothing else is there: however the process ends, and the disk."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from bench.tools import need_namespace
from bench.typed import checked, clean, skewcheck

SLACK_S = 20.0
"""What a busy machine may need."""
PROGRAM = """
import os, signal, sys, time
from skewcheck.cli import main
began, told, TOLD = os.getpid(), os.write, int(os.environ["TOLD"])
def wait(*_):
    told(TOLD, b"slow")
    time.sleep(60)
def half(descriptor, content):
    if len(content) < 500 or os.getpid() == began:
        return told(descriptor, content)
    told(descriptor, content[:200])
    wait()
{}
sys.argv = ['skewcheck', *sys.argv[1:]]
main()
"""
"""The program on a disk that gets stuck, and which tells by the descriptor TOLD that it is."""
SLOW = {"write": "os.write = half", "fsync": "os.fsync = wait", "rename": "os.rename = os.replace = wait"}
HIDDEN = 'mount -t tmpfs none /proc && exec "$@"'
"""Without /proc no name can be given to a file that has none: it is written under its name, as on old file systems."""
WORDS = ("token", "--env", "TOKEN", "--offline", "--on-unknown", "ok", "--json")
ENVIRONMENT = {"TOKEN": "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789", "TOLD": "1"}
ENDS = [getattr(signal, f"SIG{name}") for name in ("HUP", "QUIT", "USR1", "XCPU", "ALRM", "INT", "TERM", "KILL")]
each_slow = pytest.mark.parametrize("slow", SLOW)
each_file_system = pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])


def program(change: str, *, named: bool = False) -> list[str]:
    """Return the program with *change* in it; *named*: where the file has a name from the start."""
    hidden = [*need_namespace(), "sh", "-c", HIDDEN, "sh"] if named else []
    return [*hidden, sys.executable, "-c", PROGRAM.format(change)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return the file of `-o`, alone in its folder, with an old report in it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "report").write_text("old")
    return tmp_path / "folder" / "report"


def is_as_it_was(old: Path) -> bool:
    """Tell whether the file is the old one, and soon alone again."""
    until_s = time.monotonic() + SLACK_S
    while [path.name for path in old.parent.iterdir()] != ["report"]:
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return old.read_text() == "old"


@contextlib.contextmanager
def stuck(slow: str, old: Path, *words: str, named: bool) -> Iterator["subprocess.Popen[bytes]"]:
    """Run it until the disk is stuck."""
    reader, writer = os.pipe()
    command = [*program(SLOW[slow], named=named), *WORDS, *words, "-o", str(old)]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        command, env=clean({**ENVIRONMENT, "TOLD": str(writer)}), pass_fds=[writer], **streams
    ) as running:  # type: ignore[call-overload]
        os.close(writer)
        try:
            assert os.read(reader, 4) == b"slow"
            yield running
        finally:
            running.kill()
            os.close(reader)


@pytest.mark.parametrize(
    ("slow", "number"), [*(("write", number) for number in ENDS), *itertools.product(("fsync", "rename"), ENDS[-2:])]
)
@each_file_system
def test_whatever_ends_it_nothing_is_left(number: signal.Signals, named: bool, slow: str, old: Path) -> None:
    """A signal that nobody answers, one that is answered, and the one that nobody can: the old file, and it alone."""
    with stuck(slow, old, "-t", "50s", named=named) as running:
        running.send_signal(number)
        out, _ = running.communicate(timeout=SLACK_S)
    assert running.returncode not in (0, 1, 2, 3)
    if number in (signal.SIGINT, signal.SIGTERM):
        assert checked(out.decode())["exit_code"] == running.returncode == 128 + number
    assert is_as_it_was(old)


@each_slow
@each_file_system
def test_a_disk_that_does_not_answer(slow: str, named: bool, old: Path) -> None:
    """By the deadline the process is gone, with 3, the verdict and the reason; whoever reads its output is let go."""
    began_s = time.monotonic()
    with stuck(slow, old, "-t", "1s", named=named) as running:
        out, err = running.communicate(timeout=1 + SLACK_S)
    assert time.monotonic() - began_s < 1 + SLACK_S
    assert (running.returncode, checked(out.decode())["error"]["id"]) == (3, "output")
    assert b"the disk does not answer in time; the answer was: UNKNOWN" in err
    assert is_as_it_was(old)


def test_it_has_no_name_before_it_is_finished(old: Path) -> None:
    """Whoever looks into the folder meanwhile sees the old report alone."""
    try:
        os.close(os.open(old.parent, os.O_WRONLY | os.O_TMPFILE))
    except OSError:
        pytest.skip("this file system knows no files without a name: set TMPDIR to a folder on another")
    with stuck("fsync", old, "-t", "50s", named=False):
        assert [path.name for path in old.parent.iterdir()] == ["report"]


@pytest.mark.parametrize(
    "change",
    [
        "def no(): raise BlockingIOError(11, 'no more processes')\nos.fork = no",
        "del os.fork",
        "os.pipe = wait\ndef no(): raise OSError(24, 'no more files')\nos.pipe = no",
        "sync = os.fsync\nos.fsync = lambda d: sync(d) if os.getpid() == began else signal.raise_signal(9)",
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "del os.O_TMPFILE",
        "import builtins; builtins.__dict__['fcntl'] = None; sys.modules['fcntl'] = None",
    ],
    ids=["no-process", "no-fork", "no-pipe", "killed", "children-ignored", "no-unnamed", "no-fcntl"],
)
def test_where_one_of_its_means_is_missing(change: str, old: Path) -> None:
    """It does without: the new report is there, with the rights of the old one."""
    old.chmod(0o604)
    done = skewcheck(*WORDS, "-o", str(old), environment=ENVIRONMENT, program=program(change))
    assert (done.exit_code, done.out, done.err) == (0, "", "")
    assert checked(old.read_text())["exit_code"] == 0
    assert (old.stat().st_mode & 0o777, len(list(old.parent.iterdir()))) == (0o604, 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away: run the tests as root to cover this")
@pytest.mark.parametrize("words", [(), ("--format", "prometheus")], ids=["json", "prometheus"])
def test_whose_file_it_can_not_name_itself(words: Sequence[str], old: Path) -> None:
    """A root that may give files away and may not name those of others, as a service with few rights has it."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is missing: sudo apt-get install util-linux")
    os.chown(old, 1234, 2345)
    few = [setpriv, "--bounding-set", "-fowner,-dac_read_search", *program("")]
    done = skewcheck(*WORDS, *words, "-o", str(old), environment=ENVIRONMENT, program=few)
    assert (done.exit_code, done.err) == (0, "")
    assert (old.stat().st_uid, old.stat().st_gid, len(list(old.parent.iterdir()))) == (1234, 2345, 1)
