"""In a container: no files, no rights, no terminal, any user, as its first process; the same answer and exit code."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import screen
from bench.container import Container, Servers, servers
from bench.typed import checked

pytestmark = pytest.mark.slow

CONTAINERS = {
    "nobody": Container(),
    "root-without-capabilities": Container(uid=0),
    "a-user-without-a-name": Container(uid=1_234_567_890),
    "adjtimex-refused": Container(filtered=True),
    "neither-proc-nor-dev": Container(bare=True),
    "stdin-closed": Container(closed="<&-"),
    "stdin-and-stderr-closed": Container(closed="<&- 2>&-"),
}
LIMITS = ("-w", "60s", "-c", "600s")
"""Far above what a busy machine adds."""
OUTCOMES = {"0.0": ("ok", 0), "3600.0": ("critical", 2)}
each_container = pytest.mark.parametrize("container", CONTAINERS.values(), ids=list(CONTAINERS))
each_command = pytest.mark.parametrize(
    ("container", "command"),
    [*((container, "check") for container in CONTAINERS.values()), (Container(), "clock")],
    ids=[*CONTAINERS, "clock"],
)
"""What `clock` does is a part of what `check` does."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Run servers in a network of their own."""
    with servers(tmp_path_factory.mktemp("lab")) as running:
        yield running


def _asked(command: str, named: list[str]) -> list[str]:
    """Return the words for *command*: `clock` asks no URL."""
    return ["-m", "skewcheck", command, *LIMITS, *(named[: named.index("--url")] if command == "clock" else named)]


WITNESS = """
import json, os
from skewcheck.host.kernel import read_kernel
def writable(path):
    try:
        open(os.path.join(path, "written-by-a-test"), "w")
    except OSError as error:
        return error.strerror
    return "yes"
folders = [folder for folder, _, _ in os.walk("/", onerror=lambda error: None) if not folder.startswith("/proc")]
status = dict(line.split(":", 1) for line in open("/proc/self/status")) if os.path.exists("/proc/self") else {}
print(json.dumps({
    "pid": os.getpid(), "uid": os.getuid(), "top": sorted(os.listdir("/")), "home": os.environ.get("HOME"),
    "capabilities": [status.get(name, "").strip() for name in ("CapPrm", "CapEff", "CapBnd")],
    "writable": sorted({writable(folder) for folder in folders}), "kernel": str(read_kernel()),
    "zone": os.path.exists("/usr/share/zoneinfo"),
}))
"""


@each_container
def test_they_are_as_bare_as_they_claim(container: Container, lab: Servers, tmp_path: Path) -> None:
    """Seen from within: the first process, that user, no capabilities, no /etc, no zones, no place to write."""
    done = container.run(lab.network, tmp_path, "-c", WITNESS)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["pid"], seen["uid"], seen["home"], seen["zone"]) == (1, container.uid, None, False)
    assert not {"etc", "home", "var", "run", "sys"} & set(seen["top"])
    assert ("proc" in seen["top"]) is not container.bare
    assert set(seen["capabilities"]) == {"" if container.bare else "0" * 16}
    assert set(seen["writable"]) <= {"Read-only file system", "Permission denied", "No such file or directory"}
    assert container.filtered is ("Unknown" in seen["kernel"])


@each_command
@pytest.mark.parametrize("ahead_s", OUTCOMES)
def test_the_same_answer(container: Container, command: str, ahead_s: str, lab: Servers, tmp_path: Path) -> None:
    """A report, the right exit code, and not a word on stderr."""
    done = container.run(lab.network, tmp_path, *_asked(command, lab.named[ahead_s]), "--json")
    assert done.stderr == ""
    report = checked(done.stdout)
    assert (report["status"], done.returncode) == OUTCOMES[ahead_s]
    assert report["exit_code"] == done.returncode
    assert report["ntp"]["agreeing"] == 3
    assert command == "clock" or [host["reason"] for host in report["api"]["hosts"]] == [None]


@each_command
def test_everything_down(container: Container, command: str, lab: Servers, tmp_path: Path) -> None:
    """Nobody to ask, no way to a resolver: unknown, 3; forgiven, 0."""
    region = ["--region", "eu-west-1"] if command == "check" else []
    words = ["-m", "skewcheck", command, *region, "-t", "5s", "--json"]
    for option, exit_code in (("unknown", 3), ("ok", 0)):
        done = container.run(lab.network, tmp_path, *words, "--on-unknown", option)
        assert done.stderr == ""
        report = checked(done.stdout)
        assert (report["status"], done.returncode) == ("unknown", exit_code)
        assert "error" not in report


@each_container
def test_the_screen_is_for_a_person(container: Container, lab: Servers, tmp_path: Path) -> None:
    """Text, without a terminal: the answer first, 24 lines of 80 columns, only characters that any log takes."""
    done = container.run(lab.network, tmp_path, *_asked("check", lab.named["3600.0"]))
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("CRITICAL")
    screen.check(done.stdout, 2)
    assert all(character.isprintable() or character == "\n" for character in done.stdout)


@each_command
def test_sigterm_ends_it_at_once(container: Container, command: str, lab: Servers, tmp_path: Path) -> None:
    """The first process of a container has no default for SIGTERM: whoever sets none is killed after 10 to 30 s."""
    silent = lab.silent()
    words = ["-m", "skewcheck", command, "-t", "50s", "-H", silent, "--json"]
    with subprocess.Popen(
        container.command(lab.network, tmp_path, *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        lab.wait_until_asked(silent)
        (first,) = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text(encoding="ascii").split()
        sent_s = time.monotonic()
        os.kill(int(first), signal.SIGTERM)
        out, err = running.communicate(timeout=20)
    assert time.monotonic() - sent_s < 10  # of the 50 s that it would wait
    assert (running.returncode, checked(out)["exit_code"]) == (143, 143)
    assert "Traceback" not in err


def test_a_file_on_a_read_only_root(lab: Servers, tmp_path: Path) -> None:
    """`-o` on a read-only root: the reason, in words, and exit 3."""
    words = _asked("check", lab.named["0.0"])
    done = Container().run(lab.network, tmp_path, *words, "--format", "prometheus", "-o", "/tmp/skewcheck.prom")  # noqa: S108
    assert done.returncode == 3
    assert "read-only file system" in done.stderr
