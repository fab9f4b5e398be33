"""The house keeps its order where the linters can't look: they know imports and style, not these."""

import ast
import re
import subprocess
import sys
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

import skewcheck
from skewcheck.judge import catalogue

ROOT = Path(__file__).parent.parent
PACKAGE = Path(skewcheck.__file__).parent
MAX_LINES = 600
"""A file is one idea; more than this is two."""
LONGER = {
    "skewcheck.judge.catalogue": 1280,  # the one table of words: a row for each finding
    "skewcheck.measure.date_search": 640,  # the search for the flip
    "skewcheck.judge.steps": 680,  # what to run next, for each finding
    "skewcheck.render.evidence": 650,  # all that `-v` and `-vv` add
}
"""Files that hold one idea that has so many lines."""
WORDS = {"skewcheck.judge.catalogue", "skewcheck.judge.explanations", "skewcheck.judge.log_words", "skewcheck.errors"}
"""Where sentences are made."""
READS_OTHERS_WORDS = {"host", "lab", "measure", "tokens", "skewcheck.cli.usage", "skewcheck.cli.limits"}
"""What systems, servers, tokens and typer say is theirs: to be read is what it is there for."""
VALUES = {"a bare token", "not settled"}
"""Of `Token.found_in`, and of a cell of the table: values of two words."""

EXITS_AND_PRINTS = {"SystemExit", "breakpoint", "exit", "input", "print", "quit"}
STREAMS = {"stderr", "stdin", "stdout", "__stderr__", "__stdin__", "__stdout__"}


class Module(NamedTuple):
    """One file of the package and the name it is imported by."""

    name: str
    path: Path

    @property
    def room(self) -> str:
        """The file or folder of `skewcheck` that it belongs to."""
        return self.path.relative_to(PACKAGE).parts[0].removesuffix(".py")

    @property
    def tree(self) -> ast.Module:
        """Its source, parsed."""
        return _parsed(self.path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [Module(_name(path), path) for path in sorted(PACKAGE.rglob("*.py"))]
IMPORTABLE = [module for module in MODULES if module.room != "__main__"]  # importing that one is running the program
BELOW_CLI = [module for module in IMPORTABLE if module.room != "cli"]


def test_each_module_can_be_the_first_import() -> None:
    """No import cycle hides behind a lucky order, and importing says nothing and starts no thread."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _EACH_FIRST, *(module.name for module in IMPORTABLE)],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


_EACH_FIRST = """
import importlib, os, sys, threading
for name in sys.argv[1:]:
    if not (child := os.fork()):  # a Python in which nothing of ours was imported yet
        importlib.import_module(name)
        os._exit(threading.active_count() - 1)
    if os.waitpid(child, 0)[1]:
        raise SystemExit(f"{name} can't be the first")
"""


def test_nothing_below_cli_prints_or_exits() -> None:
    """Whoever calls examine, render or the lab keeps the terminal and the process to himself."""
    assert [
        f"{module.name}: {ast.unparse(node)}"
        for module in BELOW_CLI
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Name) and node.id in EXITS_AND_PRINTS)
        or (isinstance(node, ast.Attribute) and ast.unparse(node.value) == "sys" and node.attr in STREAMS)
    ] == []


def test_no_work_at_import_time() -> None:
    """At the top of a module things are defined; nothing is called for its effect."""
    assert [
        f"{module.name}: {ast.unparse(node)}"
        for module in BELOW_CLI
        for node in module.tree.body
        if isinstance(node, ast.For | ast.While | ast.With)
        or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant))
    ] == []


def test_what_comes_from_outside_is_looked_through_for_secrets() -> None:
    """Whoever reads the network, this host's files or a token shows it by `foreign`; `visible` alone hides nothing."""
    own_words_or_typed = {"skewcheck.measure.servers", "skewcheck.measure.transport", "skewcheck.tokens.source"}
    visible_alone = {
        module.name
        for module in MODULES
        if module.room in ("measure", "host", "tokens")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "skewcheck.visible"
    }
    assert visible_alone == own_words_or_typed


def test_a_file_is_one_idea() -> None:
    """No file has grown beyond what is read in one go; those that may be longer are named, with how long."""
    lines = {module.name: len(module.path.read_text(encoding="utf-8").splitlines()) for module in MODULES}
    assert {name: count for name, count in lines.items() if count > LONGER.get(name, MAX_LINES)} == {}
    assert {name for name in LONGER if lines.get(name, 0) <= MAX_LINES} == set(), "needs no exception"


# --- No prose decides ---

SENTENCES = {"answer", "effect", "means", "remedy", "said", "summary", "title"}
"""What gives one: functions of the catalogue and of the formats, fields of an error and of a failure."""
READING = {
    "count", "endswith", "find", "fullmatch", "index", "match", "partition", "removeprefix", "removesuffix", "replace",
    "rfind", "rpartition", "rsplit", "search", "split", "startswith", "sub",
}  # fmt: skip
"""Methods and functions by which text is taken apart."""
TWO_WORDS = re.compile(r"[A-Za-z]{2,}[,:;]? [A-Za-z]{2,}")
JUDGING = [module for module in MODULES if not {module.room, module.name} & (READS_OTHERS_WORDS | WORDS)]


def _is_sentence(node: ast.expr) -> bool:
    """Tell whether that is one of our own sentences: `report.summary`, `catalogue.title(finding)`, `title(finding)`."""
    named = node.func if isinstance(node, ast.Call) else node
    if isinstance(named, ast.Attribute):
        return named.attr in SENTENCES
    return isinstance(node, ast.Call) and isinstance(named, ast.Name) and named.id in SENTENCES


def _phrases(*nodes: ast.expr) -> list[str]:
    """Return the literals of two words or more in *nodes*."""
    literals = [inner.value for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Constant)]
    return [text for text in literals if isinstance(text, str) and TWO_WORDS.search(text) and text not in VALUES]


def _prose_read(tree: ast.Module) -> list[str]:
    """Return where a sentence is compared or taken apart; to break one into lines is neither."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            wrong = bool(_phrases(*sides)) or any(map(_is_sentence, sides))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READING:
            lines = node.func.attr == "split" and [ast.unparse(each) for each in node.args] == [repr("\n")]
            read = [node.func.value, *node.args]
            wrong = not lines and (bool(_phrases(*node.args)) or any(map(_is_sentence, read)))
        elif isinstance(node, ast.Subscript):
            wrong = _is_sentence(node.value) and isinstance(node.slice, ast.Slice)
        elif isinstance(node, ast.MatchValue):
            wrong = bool(_phrases(node.value))
        else:
            continue
        if wrong:
            found.append(f"{node.lineno if hasattr(node, 'lineno') else '?'}: {ast.unparse(node)}")
    return found


def test_no_prose_decides() -> None:
    """What was found out is read from ids, statuses and facts: no sentence of ours is compared or taken apart."""
    assert {module.name: found for module in JUDGING if (found := _prose_read(module.tree))} == {}


@pytest.mark.parametrize(
    "source",
    [
        'if "did you mean" in text: pass',
        'text.startswith("CANNOT TELL")',
        'verdict.replace("skewcheck clock", "x")',
        "found.summary in report.verdict",
        "title(finding) == said",
        'catalogue.answer(report).partition(" ")',
        "report.failure.summary[:10]",
        're.sub("a b", title(finding))',
        "match text:\n    case 'not this one': pass",
    ],
)
def test_prose_that_decides_is_found(source: str) -> None:
    """The test above can fail: each way in which sentences were read is seen."""
    assert len(_prose_read(ast.parse(source.replace("a b", "aa bb")))) == 1


def test_words_about_findings_stand_in_one_table() -> None:
    """An id has its words in the catalogue and nowhere else: no other module has a table of titles."""
    titles = {row.title for row in catalogue.CATALOGUE.values()} | {row.means for row in catalogue.CATALOGUE.values()}
    literals = {
        (module.name, node.value)
        for module in MODULES
        if module.name not in WORDS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [name for name, text in literals if text and text in titles] == []


def test_exported_names_exist() -> None:
    """`__all__` promises nothing that isn't there."""
    assert [
        f"{module.name}.{name}"
        for module in IMPORTABLE
        for name in getattr(import_module(module.name), "__all__", ())
        if not hasattr(import_module(module.name), name)
    ] == []


def test_public_names_are_documented_and_complete() -> None:
    """The public API is what `__all__` says: each name loads, and what it stands for has a docstring."""
    assert len(set(skewcheck.__all__)) == len(skewcheck.__all__)
    for name in skewcheck.__all__:
        exported = getattr(skewcheck, name)
        assert isinstance(exported, str) or exported.__doc__, name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = skewcheck.no_such_name


def test_every_room_has_its_walls() -> None:
    """import-linter's layers name the rooms that exist, none that doesn't: a wall around nothing guards nothing."""
    layers = re.search(r"(?ms)^layers = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert layers is not None
    walled = set(re.findall(r"\w+", layers[1]))
    assert walled == {module.room for module in MODULES} - {"__init__"}


def test_the_package_ships_its_data() -> None:
    """What is installed says that it is typed, and has the schema that it promises."""
    files = resources.files("skewcheck")
    assert (files / "py.typed").is_file()
    assert (files / "render" / "report-1.schema.json").is_file()


def test_the_version_is_one() -> None:
    """The constant, the installed package and the changelog tell of the same version."""
    from importlib.metadata import version

    assert skewcheck.__version__ == version("skewcheck")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{skewcheck.__version__}]" in changelog


def test_no_property_test_judges_the_speed_of_the_machine() -> None:
    """Health checks and deadlines are set in one profile: a test's own list would bring `too_slow` back."""
    conftest = ROOT / "tests" / "conftest.py"
    keywords = {"deadline", "suppress_health_check"}
    own = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "tests").glob("*.py"))
        if path != conftest
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "settings"
        if keywords & {keyword.arg for keyword in node.keywords}
    ]
    assert own == []
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_tiers_name_files_that_exist() -> None:
    """A file that was renamed does not slip into the quick tests."""
    conftest = ast.parse((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    tiers = [
        ast.literal_eval(node.value)
        for node in conftest.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("THOROUGH", "ALONE", "SIMULATED")
    ]
    assert len(tiers) == 3
    assert [name for tier in tiers for name in tier if not (ROOT / "tests" / f"test_{name}.py").is_file()] == []
