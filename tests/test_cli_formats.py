"""`--format`, as typed: each format from real measurements and from mistakes, and where it goes."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench import judges
from bench.typed import Done, servers_for, skewcheck

from skewcheck.cli import deliver, output

EXIT_CODES = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
MISTAKES = {
    "value": ["clock", "-w", "never"],
    "option": ["clock", "--nonsense"],
    "command": ["clokc"],
    "nothing": [],
    "limits": ["clock", "-H", "127.0.0.1", "-w", "5s"],
    "runner command": ["clock", "-w", "##[error]x"],
    "runner command first": ["::error::x"],
}


def _nagios(printed: str, status: str) -> None:
    assert printed.startswith(f"SKEWCHECK {status.upper()}: ")
    judges.check_commands_nothing(printed)
    judges.performance(printed)


def _prometheus(printed: str, status: str) -> None:
    judges.check_by_promtool(printed)
    assert judges.series(printed)["skewcheck_status", (("status", status),)] == 1.0


def _github(printed: str, status: str) -> None:
    commands = [judges.command(line) for line in printed.splitlines()]
    assert all(commands)
    assert commands[0] is not None
    assert commands[0].properties["title"].endswith(f": {status}")


def _junit(printed: str, status: str) -> None:
    judges.check_commands_nothing(printed)
    verdict = judges.cases(printed)["verdict"]
    assert (verdict.outcome == "system-out") is (status == "ok")


JUDGES: dict[str, Callable[[str, str], None]] = {
    "nagios": _nagios,
    "prometheus": _prometheus,
    "github": _github,
    "junit": _junit,
}


@pytest.fixture(scope="module", params=EXIT_CODES)
def outcome(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[str]]]:
    """Give a status, and the words for servers that make a measurement come to it."""
    with servers_for(request.param) as named:
        yield request.param, named


@pytest.mark.parametrize("format_", JUDGES)
def test_each_format_of_each_measurement(
    outcome: tuple[str, list[str]], format_: str, told: Callable[..., Done]
) -> None:
    """The judge accepts it, it says what was measured, and the exit code is as always."""
    status, named = outcome
    done = told("clock", "-t", "0.5s", "--format", format_, *named)
    assert (done.exit_code, done.err) == (EXIT_CODES[status], "")
    JUDGES[format_](done.out, status)
    assert format_ != "nagios" or done.out.count("\n") == 1


@pytest.mark.parametrize("format_", JUDGES)
@pytest.mark.parametrize("words", MISTAKES.values(), ids=list(MISTAKES))
def test_each_format_of_each_mistake(words: list[str], format_: str, told: Callable[..., Done]) -> None:
    """A program reads in its format that nothing was measured, a person on stderr why; neither commands a runner."""
    done = told(*words, environment={"SKEWCHECK_FORMAT": format_})
    assert done.exit_code == 3
    JUDGES[format_](done.out, "unknown")
    judges.check_commands_nothing(done.err)
    assert re.search("^(error|skewcheck): ", done.err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("format_", JUDGES)
def test_an_output_that_fails(format_: str, told: Callable[..., Done]) -> None:
    """The document goes to stdout then, and says that there is no verdict to be had from the file."""
    with servers_for("ok") as named:
        done = told("clock", "--format", format_, "-o", "/dev/full", *named)
    assert done.exit_code == 3
    JUDGES[format_](done.out, "unknown")


def test_more_lines_of_nagios() -> None:
    """-v adds lines below the first, -q takes them away again; --json beats another format."""
    with servers_for("warning") as named:
        words = ["clock", "--format", "nagios", *named]
        assert skewcheck(*words, "-v", "-q").out.count("\n") == 1
        long_text = skewcheck(*words, "-v").out
        assert skewcheck(*words, "--json").document["status"] == "warning"
    _nagios(long_text, "warning")
    assert long_text.count("\n") > 3


def _metrics_to(path: Path) -> Done:
    with servers_for("ok") as named:
        return skewcheck("clock", "--format", "prometheus", "-o", str(path), *named, umask=0o077)


@pytest.mark.parametrize("old", [None, 0o600, 0o666])
def test_metrics_can_be_read_by_another_user(old: int | None, tmp_path: Path) -> None:
    """node_exporter runs as another: the file is 0644, whatever the umask and the old file say; no other is left."""
    file = tmp_path / "skewcheck.prom"
    if old is not None:
        file.write_text("old")
        file.chmod(old)
    assert (_metrics_to(file).exit_code, stat.S_IMODE(file.stat().st_mode)) == (0, 0o644)
    _prometheus(file.read_text(), "ok")
    assert list(tmp_path.iterdir()) == [file]


def test_other_formats_keep_the_rights(tmp_path: Path) -> None:
    """Only metrics are for another user."""
    file = tmp_path / "skewcheck.xml"
    with servers_for("ok") as named:
        done = skewcheck("clock", "--format", "junit", "-o", str(file), *named, umask=0o077)
    assert (done.exit_code, stat.S_IMODE(file.stat().st_mode)) == (0, 0o600)


# --- The step summary of GitHub's runner ---


def _on_github(file: Path, *words: str, format_: str = "github") -> Done:
    return skewcheck(*words, "--format", format_, environment={"GITHUB_STEP_SUMMARY": str(file)})


def test_the_summary_is_added_to_the_runner_s_file(tmp_path: Path) -> None:
    """Behind what other commands of the step wrote; only in this format; of mistakes too."""
    file = tmp_path / "summary"
    file.write_text("before\n")
    with servers_for("warning") as named:
        assert _on_github(file, "clock", *named, format_="nagios").exit_code == 1
        assert file.read_text() == "before\n"
        assert _on_github(file, "clock", *named).exit_code == 1
    assert file.read_text().startswith("before\n### skewcheck clock: WARNING\n\n")
    assert _on_github(file, "clock", "-w", "x").exit_code == 3
    assert "\n### skewcheck clock: UNKNOWN\n\n&#45;w&#47;" in file.read_text()


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo", "full", "name"])
def test_a_summary_without_a_place_changes_nothing(kind: str, tmp_path: Path) -> None:
    """The annotations are there, the exit code is that of the verdict, and nobody waits or learns of it."""
    file = tmp_path / "summary"
    if kind == "folder":
        file.mkdir()
    elif kind == "fifo":
        os.mkfifo(file)
    elif kind == "full":
        file.write_bytes(b"x" * (deliver.MAX_STEP_SUMMARY - 10))
    elif kind == "name":
        file = tmp_path / ("n" * 300)
    with servers_for("ok") as named:
        done = _on_github(file, "clock", *named)
    assert (done.exit_code, done.err) == (0, "")
    assert done.out.startswith("::notice title=skewcheck clock%3A ok::")
    assert kind != "full" or file.stat().st_size == deliver.MAX_STEP_SUMMARY - 10


def test_the_mode_is_for_files_alone(tmp_path: Path) -> None:
    """A FIFO that was opened for reading keeps its rights."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        output.write_file(str(fifo), "x\n", until_s=0.0, mode=0o644)
        assert os.read(reader, 10) == b"x\n"
    finally:
        os.close(reader)
    assert stat.S_IMODE(fifo.stat().st_mode) == 0o600


def test_each_format_can_be_written_in_any_locale() -> None:
    """What a stream of ASCII can't carry is written so that it can."""
    with servers_for("ok") as named:
        for format_ in JUDGES:
            done = skewcheck(
                "clock", "-v", "--format", format_, *named, environment={"PYTHONIOENCODING": "ascii:strict"}
            )
            assert (done.exit_code, done.err) == (0, "")
            assert done.out.isascii()
