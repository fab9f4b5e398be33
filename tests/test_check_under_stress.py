"""A check on a machine in trouble: nobody answers, no descriptors, no disk, twenty at once; in time, with a reason."""

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from bench import screen
from bench.namespaces import Namespace, namespace
from bench.typed import PROGRAM, checked, clean, servers_for, silent, skewcheck

from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer

AT_ONCE = 20
STARTS_S = 25.0
"""What so many starts at once may take beside their `-t` on a machine that is busy with other tests."""
FORMATS = ("text", "json", "nagios", "prometheus", "github", "junit")


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """Open a network with nobody in it."""
    with namespace(tmp_path_factory.mktemp("nobody")) as empty:
        yield empty


@contextmanager
def lab(ahead_s: float | None, *, servers: int = 3) -> Iterator[list[str]]:
    """Run NTP servers and an API that far ahead; give the words that name them. None: all are silent."""
    with ExitStack() as running:
        made = [NtpServer(behaviour=silent) if ahead_s is None else NtpServer(ahead_s) for _ in range(servers)]
        ports = [running.enter_context(server).address[1] for server in made]
        url = "http://127.0.0.1:1/" if ahead_s is None else running.enter_context(HttpServer(ahead_s)).url
        named = [word for port in ports for word in ("-H", f"localhost:{port}")]
        yield [*named, "--url", url.replace("127.0.0.1", "localhost")]


# --- Everything down ---


@pytest.mark.parametrize(("form", "forgiving"), [*((form, False) for form in FORMATS), ("text", True), ("json", True)])
def test_everything_down(form: str, forgiving: bool, nobody: Namespace) -> None:
    """In every format: 3 and a report, or 0 where that was asked for; never a traceback, never after the deadline."""
    more = ["--on-unknown", "ok"] if forgiving else []
    began_s = time.monotonic()
    done = nobody.run([*PROGRAM, "check", "--region", "eu-west-1", "-t", "5s", "--format", form, *more])
    assert time.monotonic() - began_s < 5 + STARTS_S
    assert done.returncode == (0 if forgiving else 3)
    assert done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_output_that_fails_is_never_forgiven(nobody: Namespace, tmp_path: Path) -> None:
    """Nor is a file that can't be written, where nothing could be measured either."""
    words = ["check", "-t", "2s", "--on-unknown", "ok", "-o", str(tmp_path / "missing" / "report")]
    done = nobody.run([*PROGRAM, *words])
    assert (done.returncode, done.stdout) == (3, "")
    assert "missing" in done.stderr


# --- Many at once ---


@pytest.mark.slow
@pytest.mark.parametrize("ahead_s", [None, 3600.0], ids=["silent", "answering"])
def test_twenty_at_once(ahead_s: float | None) -> None:
    """All end in time, each with a report and the exit code that fits it, and none with a traceback."""
    with lab(ahead_s) as named, ExitStack() as running:
        began_s = time.monotonic()
        started = [
            running.enter_context(
                subprocess.Popen(
                    [*PROGRAM, "check", "--json", "-t", "5s", *named],
                    env=clean(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                )
            )
            for _ in range(AT_ONCE)
        ]  # fmt: skip
        done = [(*process.communicate(timeout=60), process.returncode) for process in started]
        took_s = time.monotonic() - began_s
    assert took_s < 5 + STARTS_S
    for out, err, exit_code in done:
        assert err == ""
        report = checked(out)
        assert report["exit_code"] == exit_code
        assert exit_code in ((3,) if ahead_s is None else (2, 3))  # 3: too busy to be sure, and never "ok"
        assert report["duration_s"] <= 5


# --- Few file descriptors ---


@pytest.mark.parametrize(("form", "descriptors"), [("text", 20), ("json", 12), ("json", 20), ("json", 30)])
def test_few_descriptors(form: str, descriptors: int) -> None:
    """More servers than can be asked: a verdict by those that could, and of each of the others the reason why not."""
    with lab(3600.0, servers=16) as named:
        done = skewcheck(
            "check", "--format", form, "-t", "5s", *named,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)),
        )  # fmt: skip
    assert (done.exit_code, done.err) == (2, "")
    if form == "text":
        assert done.out.startswith("CRITICAL")
        screen.check(done.out, 2)
        return
    report = done.document
    details = [server["detail"] or "" for server in report["ntp"]["servers"] if server["reason"]]
    assert len(details) == 16 - report["ntp"]["answered"]
    assert details or descriptors > 16  # else there are none for sixteen servers
    assert all("Too many open files" in detail for detail in details)


@pytest.mark.parametrize("descriptors", [4, 5, 6, 7, 8, 9, 10])
def test_hardly_any_descriptors(descriptors: int) -> None:
    """Where hardly anything can be opened, Python or skewcheck says why: never a verdict of ok, never 0."""
    with servers_for("critical") as named:
        done = skewcheck(
            "check", "--json", "-t", "5s", *named,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)),
        )  # fmt: skip
    assert done.exit_code != 0
    assert done.out + done.err


# --- A full disk ---


@pytest.mark.parametrize("form", ["text", "json", "prometheus"])  # the last has rights of its own
def test_full_disk(form: str, tmp_path: Path) -> None:
    """A reason and 3; the old file as it was, and nothing temporary beside it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    setup = f"""
        mount -t tmpfs -o size=16k tmpfs '{disk}'
        echo old > '{disk}/report'
        cat /dev/zero > '{disk}/filler' 2> /dev/null || :
    """
    with namespace(tmp_path, setup) as full:
        words = ["check", "-t", "2s", "--on-unknown", "ok", "--format", form, "-o", str(disk / "report")]
        done = full.run([*PROGRAM, *words])
        left = full.run(["sh", "-c", f"cd '{disk}' && cat report && ls -A"])
    assert done.returncode == 3
    assert form != "json" or checked(done.stdout)["error"]["id"] == "output"
    assert "no space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert left.stdout.split() == ["old", "filler", "report"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may leave nothing for others: run as root to cover this")
def test_full_of_names(tmp_path: Path) -> None:
    """No inode left: the same, although there is space."""
    disk = tmp_path / "disk"
    disk.mkdir()
    setup = f"""
        mount -t tmpfs -o size=1m,nr_inodes=2 tmpfs '{disk}'
        echo old > '{disk}/report'
    """
    with namespace(tmp_path, setup) as full:
        done = full.run([*PROGRAM, "check", "-t", "2s", "-o", str(disk / "report")])
        left = full.run(["cat", str(disk / "report")])
    assert (done.returncode, left.stdout) == (3, "old\n")
    assert "no space left on device" in done.stderr
