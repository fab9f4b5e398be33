"""`-o`: a file is replaced as a whole or left as it was; what is no file is written to and never replaced."""

import os
import select
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.namespaces import namespace
from bench.typed import PROGRAM, checked, servers_for, skewcheck, started

from skewcheck.cli import output
from skewcheck.errors import OutputError


@pytest.fixture(scope="module")
def critical() -> Iterator[list[str]]:
    """Give the words that make `clock` exit 2, as JSON."""
    with servers_for("critical") as named:
        yield ["clock", "--json", *named]


def only(folder: Path, *names: str) -> bool:
    """Tell whether *folder* holds exactly *names*: nothing temporary was left."""
    return sorted(path.name for path in folder.iterdir()) == sorted(names)


def mode(path: Path) -> int:
    """Return the permission bits of *path*."""
    return stat.S_IMODE(path.stat().st_mode)


def test_new_file_is_the_report_and_stdout_is_empty(critical: list[str], tmp_path: Path) -> None:
    """A new file holds the document, with the rights that the umask leaves; stdout gets nothing."""
    done = skewcheck(*critical, "-o", str(tmp_path / "new"), umask=0o027)
    assert (done.exit_code, done.out, done.err) == (2, "", "")
    assert checked((tmp_path / "new").read_text())["exit_code"] == 2
    assert (mode(tmp_path / "new"), only(tmp_path, "new")) == (0o640, True)


def test_old_file_is_replaced_and_keeps_its_rights(critical: list[str], tmp_path: Path) -> None:
    """Whoever has the old file open keeps reading the old report: the new one is a new file with the old rights."""
    report = tmp_path / "report"
    report.write_text("old")
    report.chmod(0o604)
    with report.open() as old:
        assert skewcheck(*critical, "-o", str(report)).exit_code == 2
        assert old.read() == "old"
    assert checked(report.read_text())
    assert (mode(report), only(tmp_path, "report")) == (0o604, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away: run the tests as root to cover this")
def test_old_file_keeps_its_owner(critical: list[str], tmp_path: Path) -> None:
    """What root replaces still belongs to whom it belonged."""
    report = tmp_path / "report"
    report.write_text("old")
    os.chown(report, 1234, 2345)
    assert skewcheck(*critical, "-o", str(report)).exit_code == 2
    assert (report.stat().st_uid, report.stat().st_gid) == (1234, 2345)


def test_symlink_is_followed(critical: list[str], tmp_path: Path) -> None:
    """The file that a link leads to is replaced, also through a relative link and one that dangles; links stay."""
    (tmp_path / "real").mkdir()
    for name in ("old", "dangling"):
        (tmp_path / name).symlink_to(Path("real", name))
    (tmp_path / "real" / "old").write_text("old")
    for name in ("old", "dangling"):
        assert skewcheck(*critical, "-o", str(tmp_path / name)).exit_code == 2
        assert (tmp_path / name).is_symlink()
        assert checked((tmp_path / "real" / name).read_text())
    assert only(tmp_path / "real", "old", "dangling")


def test_fifo_is_written_to(critical: list[str], tmp_path: Path) -> None:
    """A FIFO's reader gets the report, even one that comes late, and the FIFO is a FIFO still."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with started(*critical, "-o", str(fifo)) as running:
        assert checked(fifo.read_text())
        assert running.wait(10) == 2
    assert fifo.is_fifo()
    assert only(tmp_path, "fifo")


def test_fifo_without_a_reader_ends_by_the_deadline(critical: list[str], tmp_path: Path) -> None:
    """Nobody reads: the process gives up by `-t`, says so, and does not turn the FIFO into a file."""
    os.mkfifo(tmp_path / "fifo")
    done = skewcheck(*critical, "-t", "1s", "-o", str(tmp_path / "fifo"))
    assert (done.exit_code, "nobody reads from it" in done.err) == (3, True)
    assert done.took_s < 1 + 2  # whoever waits for it waits 2 s longer than -t; who holds it closer runs alone
    assert (tmp_path / "fifo").is_fifo()


def test_fifo_whose_reader_stops_reading(tmp_path: Path) -> None:
    """More than a pipe holds, and a reader that sleeps: an error by the deadline, no hang."""
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(OutputError, match="does not keep up"):
        output.write_file(str(tmp_path / "fifo"), "x" * 2**20, until_s=0.0)
    os.close(reader)


def test_fifo_whose_reader_leaves_is_a_closed_pipe(tmp_path: Path) -> None:
    """A reader that has had enough is no error."""
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)

    def leave() -> None:
        select.select([reader], [], [], 60)  # once something was written
        os.close(reader)

    leaves = threading.Thread(target=leave)
    leaves.start()
    output.write_file(str(tmp_path / "fifo"), "x" * 2**20, until_s=time.monotonic() + 30)
    leaves.join()


def test_devices(critical: list[str]) -> None:
    """/dev/null takes it and stays a device; /dev/full is an error that tells the verdict all the same."""
    assert skewcheck(*critical, "-o", os.devnull).exit_code == 2
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    done = skewcheck(*critical, "-o", "/dev/full")
    assert (done.exit_code, done.document["error"]["id"]) == (3, "output")
    assert "no space left on device; the answer was: CRITICAL" in done.err


def test_own_descriptors_are_written_to(critical: list[str], tmp_path: Path) -> None:
    """`-o /dev/stdout` onto a log that the shell appends to adds to it: it is never replaced."""
    log = tmp_path / "log"
    log.write_text("old\n")
    with log.open("a") as opened:
        assert skewcheck(*critical, "-o", "/dev/stdout", stdout=opened).exit_code == 2
    first, second = log.read_text().splitlines(keepends=True)
    assert (first, checked(second)["exit_code"]) == ("old\n", 2)
    assert checked(skewcheck(*critical, "-o", "-").out)


def test_read_only_file_system(tmp_path: Path) -> None:
    """A read-only file system: exit 3 and a message."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with namespace(tmp_path, f"mount -t tmpfs -o ro tmpfs '{disk}'") as read_only:
        done = read_only.run([*PROGRAM, "demo", "-o", str(disk / "report")])
    assert (done.returncode, done.stdout) == (3, "")
    assert "read-only file system" in done.stderr


def test_mounted_file_can_not_be_replaced(tmp_path: Path) -> None:
    """A single file mounted into a container is in use: the message says what to mount instead."""
    report = tmp_path / "report"
    report.write_text("old")
    with namespace(tmp_path, files={str(report): "mounted"}) as container:
        done = container.run([*PROGRAM, "demo", "-o", str(report)])
    assert (done.returncode, "mount its folder instead" in done.stderr) == (3, True)


def without_privileges() -> list[str]:
    """Return what makes root respect permission bits; nothing for anybody else."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is missing: sudo apt-get install util-linux")
    return [setpriv, "--bounding-set", "-dac_override,-dac_read_search"]


def test_folder_without_rights(critical: list[str], tmp_path: Path) -> None:
    """A folder that may not be written to: exit 3, the reason, the old file as it was."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").write_text("old")
    folder.chmod(0o555)
    for name in ("old", "new"):
        done = skewcheck(*critical, "-o", str(folder / name), program=[*without_privileges(), *PROGRAM])
        assert (done.exit_code, "permission denied" in done.err) == (3, True)
    assert (folder / "old").read_text() == "old"
    assert only(folder, "old")


def test_write_protected_file_is_not_replaced(critical: list[str], tmp_path: Path) -> None:
    """A file without write permission stays, though its folder would allow to replace it."""
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(0o444)
    done = skewcheck(*critical, "-o", str(tmp_path / "old"), program=[*without_privileges(), *PROGRAM])
    assert (done.exit_code, "write-protected" in done.err) == (3, True)
    assert (tmp_path / "old").read_text() == "old"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (".", "is a directory"),
        ("new/", "is a directory"),
        ("missing/report", "no such file or directory"),
        ("file/report", "not a directory"),
        ("loop", "too many levels of symbolic links"),
        ("x" * 300, "file name too long"),
        ("socket", "there is nothing behind it"),
    ],
)
def test_impossible_places(critical: list[str], tmp_path: Path, path: str, reason: str) -> None:
    """Each has its reason, exit 3, a JSON document on stdout, and leaves nothing behind."""
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    socket = subprocess.run(
        [sys.executable, "-c", "import socket; socket.socket(socket.AF_UNIX).bind('socket')"], cwd=tmp_path, check=False
    )
    assert socket.returncode == 0
    done = skewcheck(*critical, "-o", path, cwd=tmp_path)
    assert (done.exit_code, reason in done.err) == (3, True), done.err
    assert done.document["error"]["id"] == "output"
    assert only(tmp_path, "file", "loop", "socket")


def test_file_name_is_shown_but_not_a_token_in_it(critical: list[str], tmp_path: Path) -> None:
    """A name may look random; a token in it is still not repeated, and a control character not obeyed."""
    done = skewcheck(*critical, "-o", "a0123456789012345678901234567890/eyJhbGciOi.eyJzdWIi.c2ln\x1b[2J", cwd=tmp_path)
    assert "'a0123456789012345678901234567890/(hidden)\\u001b[2J'" in done.err
    assert "\x1b" not in done.err


def test_nameless_file_is_wrong_usage(critical: list[str]) -> None:
    """`-o ''` is a mistake in a script, not stdout."""
    assert skewcheck(*critical, "-o", "").document["error"]["id"] == "usage"


def test_text_in_a_file_has_no_colour_unless_told(critical: list[str], tmp_path: Path) -> None:
    """FORCE_COLOR is for screens and logs; a file gets colour by `--color always` alone."""
    words = ["-o", str(tmp_path / "report")]
    words += [word for word in critical if word != "--json"][1:]
    skewcheck("clock", *words, environment={"FORCE_COLOR": "1"})
    assert "\x1b" not in (tmp_path / "report").read_text()
    skewcheck("clock", *words, "--color", "always")
    assert "\x1b" in (tmp_path / "report").read_text()
