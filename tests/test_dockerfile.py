"""The Dockerfile, line by line, and its steps in a folder: what it names exists, and what it builds runs as nobody."""

import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest
from bench.typed import checked, clean

ROOT = Path(__file__).parent.parent
KNOWN = {"ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "FROM", "RUN", "USER", "WORKDIR"}
UNCHECKED_HASH = 0b01
"""Of a file of byte code, PEP 552: it is taken as it is."""


FETCHING_NOTHING = "--quiet --no-index --no-deps --no-build-isolation --ignore-installed --disable-pip-version-check"
"""What pip is told in a test: build with what is here, leave alone what skewcheck depends on."""


class Line(NamedTuple):
    """One instruction, and the stage that it belongs to."""

    stage: str
    instruction: str
    words: str


def _lines(text: str) -> list[Line]:
    """Return the instructions of a Dockerfile; a stage without a name is the last one, and called so."""
    found, stage = [], ""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text))
    for line in filter(None, joined.splitlines()):
        instruction, _, words = line.partition(" ")
        if instruction == "FROM":
            stage = words.partition(" AS ")[2] or "last"
        found.append(Line(stage, instruction, words.strip()))
    return found


LINES = _lines((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def _words(instruction: str, stage: str = "last") -> list[str]:
    return [line.words for line in LINES if (line.stage, line.instruction) == (stage, instruction)]


def test_each_instruction_is_one() -> None:
    """No instruction is misspelt, and none is there that a container's tools know in one dialect alone."""
    assert {line.instruction for line in LINES} <= KNOWN
    assert [line.stage for line in LINES if line.instruction == "FROM"] == ["build", "last"]


def test_both_stages_have_one_python_that_is_supported() -> None:
    """The environment of the first stage refers to the Python of the second; pinned by a minor version we test."""
    pinned = _words("ARG", "")[0].removeprefix("PYTHON=")
    bases = {line.words.partition(" AS ")[0] for line in LINES if line.instruction == "FROM"}
    assert bases == {"python:${PYTHON}-slim"}
    assert f"Python :: {pinned}" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_it_runs_as_nobody() -> None:
    """The user is a number, as runAsNonRoot needs it, not root's; nothing is made or changed after that."""
    last = [line.instruction for line in LINES if line.stage == "last"]
    (user,) = _words("USER")
    assert all(int(number) > 0 for number in user.split(":"))
    assert not {"RUN", "COPY", "ENV"} & set(last[last.index("USER") :])


def test_no_shell_stands_between() -> None:
    """Exec form: signals reach skewcheck and not a shell, and an image without a shell would do."""
    for words in [*_words("ENTRYPOINT"), *_words("CMD")]:
        assert all(isinstance(word, str) for word in json.loads(words))
    assert json.loads(_words("CMD")[0]) == ["check"]


def test_all_that_is_copied_exists() -> None:
    """Each source is in the repository, and in the archive of the sources, too; or in a stage that is there."""
    for words in _words("COPY", "build"):
        assert all((ROOT / source).exists() for source in words.split()[:-1])
    for words in _words("COPY"):
        assert words.split()[0] == "--from=build"


def _compiled(folder: Path) -> set[int]:
    """Return the flags of the byte code of all sources below *folder*; each must have its own."""
    return {
        struct.unpack("<I", Path(importlib.util.cache_from_source(str(source))).read_bytes()[4:8])[0]
        for source in folder.rglob("*.py")
    }


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do what the Dockerfile says in a folder that stands for `/`; nothing is fetched: what is needed is here."""
    root = tmp_path_factory.mktemp("image")
    library = root / "usr/local/lib/python3"  # as the base image has it: sources without byte code
    shutil.copytree(Path(os.__file__).parent / "json", library / "json", ignore=shutil.ignore_patterns("__pycache__"))
    (library / "idlelib").mkdir()
    (library / "idlelib" / "left_alone.py").touch()
    bare = {name: value for name, value in clean().items() if not name.startswith("COVERAGE_")}
    environment = {**bare, "PYTHONPATH": sysconfig.get_paths()["purelib"]}
    for stage, instruction, words in LINES:
        if instruction == "COPY" and stage == "build":
            *sources, target = words.split()
            for source in sources:
                place = root / target.strip("/")
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    place.mkdir(exist_ok=True)
                    shutil.copy(ROOT / source, place)
        elif instruction == "RUN":
            here = re.sub(r"(?<= )/(?=opt|src|usr)", f"{root}/", words)
            command = re.sub(r"^python ", f"'{sys.executable}' ", here).replace(
                " install ", f" install {FETCHING_NOTHING} "
            )
            done = subprocess.run(
                ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=100, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return root


@pytest.mark.slow
def test_all_byte_code_is_there_and_taken_as_it_is(image: Path) -> None:
    """All of skewcheck and of the standard library is compiled, without what skewcheck never loads."""
    (packages,) = (image / "opt/skewcheck/lib").glob("python*/site-packages")
    assert _compiled(packages / "skewcheck") == {UNCHECKED_HASH}
    assert _compiled(image / "usr/local/lib/python3/json") == {UNCHECKED_HASH}
    assert not (image / "usr/local/lib/python3/idlelib/__pycache__").exists()
    assert {path.name for path in packages.iterdir() if not path.name.startswith("skewcheck")} == set()  # no pip


@pytest.mark.slow
def test_what_was_built_runs_and_writes_nothing(image: Path) -> None:
    """The ENTRYPOINT starts what was installed there; with its byte code in place, a start leaves no file behind."""
    (entry,) = json.loads(_words("ENTRYPOINT")[0])
    (packages,) = (image / "opt/skewcheck/lib").glob("python*/site-packages")
    before = {path: path.stat().st_mtime_ns for path in image.rglob("*")}
    paths = [str(packages), sysconfig.get_paths()["purelib"]]  # from the latter, what skewcheck depends on
    environment = {"PYTHONPATH": os.pathsep.join(paths), "PATH": ""}
    program = image / entry.strip("/")
    done = subprocess.run(
        [program, "demo", "--json"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert checked(done.stdout)["command"] == "demo"
    assert {path: path.stat().st_mtime_ns for path in image.rglob("*")} == before
