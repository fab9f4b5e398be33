"""README and docs/ tell the truth: what they show is what the program prints, and what they say to type works."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jwt
import pytest
from bench import many, pages, screen
from bench.blocks import ALL
from bench.namespaces import namespace
from bench.pages import PAGES, ROOT, WRITE_ANEW
from bench.tools import need

import skewcheck
from skewcheck.judge.explanations import pages as explanations
from skewcheck.measure.servers import PUBLIC

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAX_LINES = 260
FIRST_LOOK_LINES, FIRST_READING_LINES = 30, 100
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def _blocks(*languages: str) -> list[str]:
    return [block.text for block in ALL if block.language in languages]


def _table(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below *heading*, without its head."""
    below = (ROOT / page).read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n##", 1)[0]
    rows = re.search(r"(?m)(?:^\|.*\n)+", below)
    assert rows, f"no table below {heading} in {page}"
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in rows[0].splitlines()[2:]]


# --- What is made from the program ---


@each_page
def test_what_is_made_from_the_program_is_as_the_program_has_it(page: Path) -> None:
    """Help, options, findings, screens and metrics in README and docs/ equal their source, to the letter."""
    text = page.read_text(encoding="utf-8")
    assert text == pages.made(text), f"{page.name} is not what the program says any more: {WRITE_ANEW}"


def test_screens_fit_a_terminal() -> None:
    """Each screen is shown whole: 24 lines of 80 columns, the answer on the first; no other picture passes for one."""
    shown = [text.partition("\n")[2] for text in _blocks("text", "console") if text.startswith("$ ")]
    assert len(shown) >= 5
    for picture in shown:
        screen.check(picture, None)
    assert not [text for text in _blocks("") if "$ skewcheck" in text]


# --- README ---


def test_readme_is_short_and_opens_with_what_one_looks_for() -> None:
    """Few lines; the two commands and a screen come first; a newcomer's questions are answered in the first hundred."""
    lines = README.splitlines()
    assert len(lines) <= MAX_LINES
    assert all(line in lines[:FIRST_LOOK_LINES] for line in (*SET_UP, "$ skewcheck check --region eu-west-1"))
    opening = "\n".join(lines[:FIRST_READING_LINES])
    for answer in (
        "BEHIND",
        "AHEAD",
        "NOT CLOCK SKEW",
        "UNKNOWN",
        "Exit codes",
        "130",
        "What is sent",
        "used too early",
        "'Issued at'",
    ):
        assert answer in opening


SHELL_LINES = [line for text in _blocks("sh") for line in text.splitlines()]
SET_UP = [line for line in README.splitlines() if line.startswith("python3 -m venv")]


def test_set_up_is_two_commands_and_ci_runs_the_second() -> None:
    """One line shows the program, one line checks it, and the latter is what CI runs, word for word."""
    show, check = SET_UP
    assert show.endswith(".venv/bin/skewcheck demo")
    assert check.endswith("tests/run")
    assert check in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_settings_are_options() -> None:
    """Each variable of README's table of settings is that of the option beside it."""
    known = [(row[0], row[1]) for row in _table("docs/configuration.md", "Options")]
    for variable, option, _ in _table("README.md", "Settings"):
        if option:
            assert any(option in options and variable in variables for options, variables in known), variable


# --- Every command ---

ISSUED_S = int(time.time())
TOKEN = jwt.encode({"iat": ISSUED_S, "exp": ISSUED_S + 3600}, "k" * 32)
OPAQUE = "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789"
COMMAND_LINES = list(
    dict.fromkeys(
        re.sub(r" <.*| \|.*", "", line.split("  #")[0].removeprefix("pbpaste | ")).strip()
        for line in SHELL_LINES
        if re.match(r"(pbpaste \| )?skewcheck (check|clock|api|token|demo)\b", line)
    )
)


@pytest.fixture(scope="session")
def no_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[str]]:
    """Return the words that start a command in a network with nobody in it."""
    with namespace(tmp_path_factory.mktemp("no-network")) as empty:
        yield empty.prefix


@pytest.fixture(scope="session")
def reports(no_network: Sequence[str], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    """Run every command of README and docs/ with `--json`, at once: nobody has to wait for one after the other."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "token.json").write_text(json.dumps({"access_token": TOKEN, "expires_in": 3600}))
    typed = [shlex.split(line.replace("/tmp", str(folder)))[1:] for line in COMMAND_LINES]  # noqa: S108 - as they stand
    runs = many.run(
        [[*words, "--json"] for words in typed], prefix=no_network, given=TOKEN, environment={"ACCESS_TOKEN": TOKEN}
    )
    told = (
        run.out or Path(words[words.index("-o") + 1]).read_text("utf-8") for words, run in zip(typed, runs, strict=True)
    )
    return dict(zip(COMMAND_LINES, map(json.loads, told), strict=True))


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_commands_are_understood(line: str, reports: Mapping[str, dict[str, Any]]) -> None:
    """Every command runs; in a network with nobody in it, who asks can't tell, and says so."""
    words, report = shlex.split(line), reports[line]
    assert "error" not in report, report["error"]
    assert report["command"] == words[1]
    if words[1] == "demo":
        assert report["exit_code"] == 0
        return
    by_itself = {"--skew": "warning", "--offline": "ok"}  # else it takes others, and there are none
    assert report["status"] == next((status for option, status in by_itself.items() if option in words), "unknown")


def test_what_is_said_to_be_explained_is() -> None:
    """Every `skewcheck explain ID` of README and docs/ says something."""
    named = {name for page in PAGES for name in re.findall(r"skewcheck explain ([a-z0-9-]+)", page.read_text("utf-8"))}
    assert named
    assert named <= explanations().keys()


def test_every_block_has_its_judge() -> None:
    """A shell reads what is for a shell, Python compiles what is Python; what is deployed is judged in test_blocks.

    JavaScript runs in test_log_hooks.
    """
    deployed = {"yaml", "dockerfile", "ini", "nagios", "icinga"}
    assert {block.language for block in ALL} <= {"sh", "python", "js", "text", "console", ""} | deployed
    for text in _blocks("sh"):
        subprocess.run(["bash", "-n", "-c", text], check=True)
    for text in _blocks("python"):
        compile(text, "example", "exec")


def _python(page: str, word: str) -> str:
    (found,) = (
        block.text for block in ALL if block.language == "python" and block.page.name == page and word in block.text
    )
    return found


def test_the_example_of_asking_runs(no_network: Sequence[str]) -> None:
    """README's Python runs as it stands, without a warning."""
    command = [*no_network, sys.executable, "-W", "error", "-c", _python("README.md", "import skewcheck")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("unknown ntp-unreached ")


def test_the_recipe_refreshes_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """README's eight lines count from the request, on the monotonic clock, and refresh before the end."""
    names: dict[str, Any] = {}
    exec(compile(_python("README.md", "def token"), "README.md", "exec"), names)  # noqa: S102 - README's own example
    now_s = -50.0
    issued: list[str] = []

    def fetch() -> tuple[str, float]:
        nonlocal now_s
        now_s += 2  # the answer's way
        issued.append(f"token-{len(issued)}")
        return issued[-1], 300

    monkeypatch.setattr(names["time"], "monotonic", lambda: now_s)
    monkeypatch.setattr(names["time"], "time", lambda: pytest.fail("a clock that can be set"))
    kept: dict[str, Any] = {}
    token: Callable[..., str] = names["token"]
    assert token(kept, fetch) == "token-0"
    now_s = -50 + 239.9
    assert token(kept, fetch) == "token-0"
    now_s = -50 + 240
    assert token(kept, fetch) == "token-1"


# --- Tables and links ---


def test_tables_of_exit_codes() -> None:
    """Every exit code has its row, in README and on the page of formats."""
    assert [row[0] for row in _table("docs/formats.md", "Exit codes")] == ["0", "1", "2", "3", "130", "143"]
    assert re.findall(r"(?m)^\| ([\d, ]+) \|", README) == ["0", "1", "2", "3", "130, 143"]


def test_default_servers_table() -> None:
    """The servers that are asked by default are those that the docs own up to."""
    assert [row[0] for row in _table("docs/servers.md", "NTP servers")] == [f"`{server.given}`" for server in PUBLIC]


def test_keys_table() -> None:
    """The keys that the docs name are those of a document, and of what is in its lists."""
    asked = [["demo", "--json"], ["token", "--offline", "--json"], ["clock", "--nonsense", "--json"]]
    told, token, wrong = (json.loads(run.out) for run in many.run(asked, given=OPAQUE))
    rows = {row[0].strip("`"): row[1] for row in _table("docs/formats.md", "JSON")}
    named = {key for row in rows for key in re.findall(r"\w+", row)}
    host = {"api", "host", "log"}  # nobody asks them in a demonstration
    assert named - host <= told.keys() | token.keys() | wrong.keys()
    for key in ("findings", "effects", "next"):
        (listed, *_) = told[key]
        assert {*re.findall(r"`(\w+)`", rows[key])} - {"fix", "next"} == listed.keys()
    assert {*re.findall(r"`(\w+)`", rows["error"])} == wrong["error"].keys()


def test_rooms_table() -> None:
    """The table of the house names every room there is."""
    package = Path(skewcheck.__file__).parent
    rooms = {path.name if path.is_file() else f"{path.name}/" for path in package.iterdir()}
    passages = {"__init__.py", "__main__.py", "__pycache__/", "py.typed", "version.py"}
    named = " ".join(row[0] for row in _table("docs/architecture.md", "The rooms"))
    assert set(re.findall(r"`(\w+\.py|\w+/)`", named)) == rooms - passages


def _anchors(page: Path) -> set[str]:
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in re.findall(r"(?m)^#+ (.*)", text)}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    """No link to a file or a heading leads nowhere, as far as this repository goes."""
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("https:"):
            path, _, heading = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            assert file.exists(), target
            assert not heading or heading in _anchors(file), target


def test_every_page_is_in_the_index() -> None:
    """Whoever reads README finds every page of docs/."""
    linked = {(ROOT / target).resolve() for target in re.findall(r"\]\(([^)#]+)", README)}
    assert {page for page in PAGES if page.name != "README.md"} <= linked


# --- The package ---


def test_the_long_description_has_no_relative_link() -> None:
    """Where no files lie beside it, each link of README is one to the repository that the package names."""
    urls = dict(re.findall(r'(?m)^(Source) = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata"], cwd=ROOT, capture_output=True, timeout=60, check=True
    )
    targets = re.findall(r"\]\(([^)]+)\)", json.loads(done.stdout)["readme"]["text"])
    assert f"{urls['Source']}/blob/main/docs/cli.md" in targets
    assert all(target.startswith(("https://", "#")) for target in targets)
    assert len(targets) == len(re.findall(r"\]\(", README))


PYZ = next(line for line in SHELL_LINES if "zipapp" in line)
TOO_OLD = (
    "import sys, runpy; sys.version_info = (3, 9, 1, 'final', 0); runpy.run_path(sys.argv[1], run_name='__main__')"
)


def test_the_single_file_on_an_old_python() -> None:
    """One line says which Python it takes, and the exit code is no verdict."""
    command = [sys.executable, "-c", TOO_OLD, str(ROOT / "docs" / "pyz" / "__main__.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: skewcheck needs Python 3.10 or newer, and this is 3.9\n")


@pytest.mark.slow
def test_the_single_file(tmp_path: Path) -> None:
    """The documented command builds it; it runs from anywhere, with nothing installed and nothing set."""
    for name in ("skewcheck", "docs", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    here = "--quiet --no-index --no-deps --no-build-isolation --ignore-installed --disable-pip-version-check"
    command = PYZ.replace("python3 ", f"'{sys.executable}' ").replace(" install ", f" install {here} ")
    install, *rest = command.split(" && ")
    parts = Path(jwt.__file__).parents[1]
    bring = [f"cp -r '{path}' build/pyz/" for path in _dependencies(parts)]
    done = subprocess.run(
        ["sh", "-c", " && ".join([install, *bring, *rest])], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    single = [sys.executable, "-I", "-S", str(tmp_path / "skewcheck.pyz")]
    written = tmp_path / "out.json"
    for words, code in (
        (["demo", "--json", "-o", str(written)], 0),
        (["clock", "--nonsense"], 3),
        (["explain", "401"], 0),
    ):
        done = subprocess.run(
            [*single, *words],
            cwd="/",
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert json.loads(written.read_text())["command"] == "demo"


def _dependencies(folder: Path) -> list[Path]:
    """Return what skewcheck needs, from the *folder* where it is installed."""
    names = ("typer", "shellingham", "annotated_doc", "rich", "markdown_it", "mdurl", "pygments", "jwt", "ntplib.py")
    extra = ("typing_extensions.py",)
    return [folder / name for name in (*names, *extra) if (folder / name).exists()]


# --- The dashboard ---


def test_the_dashboard_names_only_what_is_written(tmp_path: Path) -> None:
    """It is JSON whose panels don't overlap; its queries are PromQL, over metrics that skewcheck writes."""
    dashboard = json.loads((ROOT / "docs" / "deploy" / "grafana.json").read_text(encoding="utf-8"))
    panels = dashboard["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    queries += [each["definition"] for each in dashboard["templating"]["list"] if each["type"] == "query"]
    written = {re.sub(r"\{.*", "", name) for name in pages.series()}
    assert {name for query in queries for name in re.findall(r"\bskewcheck_\w+", query)} <= written
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    rules = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(queries) if "label_values" not in query]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    command = [need("promtool"), "check", "rules", str(tmp_path / "rules.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
