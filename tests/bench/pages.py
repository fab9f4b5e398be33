"""What README and docs/ show of the program, made from the program: as a script it writes all of that anew.

Made are: what stands between `<!-- made from: NAME -->` and `<!-- end -->`; a block that begins with "```text FILE",
which is that screen of tests/screens; and one that begins with "```console", which is what its command prints. Figures
that no two runs share (ports, round trips) may differ in it: it is written anew where its words do.
"""

import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import many

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
WRITE_ANEW = ".venv/bin/python tests/bench/pages.py"

_PART = re.compile(r"(?ms)^<!-- made from: (.*?) -->\n.*?^<!-- end -->$")
_SCREEN = re.compile(r"(?ms)^(```text (\S+)\n(?:\$ [^\n]*\n)?).*?^```$")
_RUN = re.compile(r"(?ms)^(```console\n\$ ([^\n]*)\n)(.*?)^```$")


def made(text: str) -> str:
    """Return the page *text* with all that is made in it as the program has it now."""
    text = _PART.sub(lambda found: f"<!-- made from: {found[1]} -->\n\n{_maker(found[1])}\n<!-- end -->", text)
    text = _SCREEN.sub(lambda found: f"{found[1]}{_golden(found[2])}```", text)
    return _RUN.sub(lambda found: f"{found[1]}{_printed(found[2], found[3])}```", text)


def without_made_parts(text: str) -> str:
    """Return the page *text* as far as it was written by hand."""
    return _PART.sub("", text)


def _maker(name: str) -> str:
    command, _, argument = name.partition(" ")
    return _MAKERS[command](argument)


def _golden(name: str) -> str:
    return (ROOT / "tests" / "screens" / name).read_text(encoding="utf-8")


def _printed(command: str, shown: str) -> str:
    """Return what *command* prints; what is *shown* now, where only its figures differ."""
    printed = _run(command).out
    return shown if words(printed) == words(shown) else printed


def words(screen: str) -> list[str]:
    """Return the words of a screen: no figures, no drawing, no units, and no line ends, which hang on the figures."""
    return re.findall(r"[A-Za-z]{3,}", screen)


@cache
def _runs() -> Mapping[str, many.Ended]:
    """Run all that the pages show, at once."""
    from skewcheck.cli.failure import COMMANDS

    shown = [found[2] for page in PAGES for found in _RUN.finditer(page.read_text(encoding="utf-8"))]
    lines = ["skewcheck --help", *(f"skewcheck {name} --help" for name in COMMANDS), *shown]
    return dict(zip(lines, many.run([shlex.split(line)[1:] for line in lines]), strict=True))


def _run(command: str) -> many.Ended:
    return _runs()[command]


def _fenced(text: str) -> str:
    return f"```\n{text.strip()}\n```\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


# --- What is made, by its name ---


def _help(_: str) -> str:
    told = [(line, ended.out) for line, ended in _runs().items() if line.endswith("--help")]
    parts = (f"## {line.removesuffix(' --help')}\n\n{_fenced(text)}" for line, text in told)
    return "\n".join(re.sub(r"(?m) +$", "", part) for part in parts)


def _options(_: str) -> str:
    """Return a row for each option: two of one name that differ have two."""
    from skewcheck.cli.failure import COMMANDS
    from skewcheck.cli.options import OPTIONS

    takers: dict[str, list[str]] = {}
    for command in COMMANDS:
        for name in import_module(f"skewcheck.cli.{command}").OPTIONS:
            takers.setdefault(name, []).append(command)
    rows: dict[tuple[str, ...], list[str]] = {}
    for name, commands in takers.items():
        option = OPTIONS[name]
        if option.names:  # an argument has none
            names, variables = (", ".join(f"`{each}`" for each in list_) for list_ in (option.names, option.variables))
            rows.setdefault((names, variables, option.default, " ".join(option.help.split())), []).extend(commands)
    firsts = list(dict.fromkeys(names for names, *_ in rows))
    listed = [
        (
            *row[:3],
            "all that measure" if commands == takers["warning"] else ", ".join(f"`{name}`" for name in commands),
            row[3],
        )
        for row, commands in sorted(rows.items(), key=lambda item: firsts.index(item[0][0]))
    ]
    return _table(("option", "variable", "default", "commands", "is"), listed)


def _explain(name: str) -> str:
    from skewcheck.judge.explanations import pages

    return _fenced(pages()[name].partition("\n")[2])


def _findings(_: str) -> str:
    from skewcheck.judge.catalogue import CATALOGUE
    from skewcheck.judge.explanations import pages

    headlines = {
        name: pages()[name].partition("\n")[0].removeprefix(f"{name}: ") for name in (*sorted(CATALOGUE), "offset")
    }
    rows = [(f"[`{name}`](#{name})", headline) for name, headline in headlines.items()]
    told = "".join(
        f"\n## {name}\n\n{headline[0].upper()}{headline[1:]}.\n\n{_explain(name)}"
        for name, headline in headlines.items()
    )
    return _table(("id", "means"), rows) + told


def _regions(_: str) -> str:
    from skewcheck.genesys import REGIONS

    rows = [(f"`{row.code}`", f"`{row.domain}`", row.place) for row in REGIONS]
    return _table(("region", "domain", "place"), rows)


def _verifiers(_: str) -> str:
    from skewcheck.judge.verifiers import VERIFIERS, signers

    rows = [
        (
            f"`{row.name}`",
            row.title,
            f"{row.checker.leeway_s:g} s",
            f"`{row.option}`" if row.option else "",
            _RULE[row.checker.checks_iat],
            _RULE[None if row.checker.needs is None else "exp" in row.checker.needs],
            _RULE[None if row.checker.takes_text is None else not row.checker.takes_text],
            f"{row.how.value}, {row.version}",
            row.note,
        )
        for row in VERIFIERS
        if row.name not in signers()
    ]
    refuses = ("a future `iat`", "no `exp`", "a time that is text")
    return _table(("name", "is", "leeway", "set by", *(f"refuses {what}" for what in refuses), "known by", "and"), rows)


_RULE = {True: "yes", False: "no", None: "not known"}


def _signers(_: str) -> str:
    from skewcheck.judge.verifiers import signers, verifier

    rows = [(f"`{row.name}`", row.title, row.note, row.source) for row in map(verifier, signers())]
    return _table(("name", "is", "takes", "source"), rows)


def series() -> dict[str, str]:
    """Return what metrics there are, each with its label's name, and what is said of it."""
    from judged_screens import SCREENS

    from skewcheck.render.monitoring import prometheus

    found: dict[str, str] = {}
    for report in SCREENS.values():
        helped = ""
        for line in prometheus(report).splitlines():
            if line.startswith("# HELP"):
                helped = line.split(" ", 3)[3]
            elif not line.startswith("#"):
                found[re.sub(r'="[^"]*"', "", line.rpartition(" ")[0])] = helped
    return found


def _metrics(_: str) -> str:
    return _table(("metric", "is"), [(f"`{name}`", helped) for name, helped in series().items()])


_MAKERS: Mapping[str, Callable[[str], str]] = {
    "help": _help,
    "options": _options,
    "explain": _explain,
    "findings": _findings,
    "regions": _regions,
    "verifiers": _verifiers,
    "signers": _signers,
    "metrics": _metrics,
}


if __name__ == "__main__":
    for each in PAGES:
        before = each.read_text(encoding="utf-8")
        if (after := made(before)) != before:
            each.write_text(after, encoding="utf-8")
            print(f"{each.relative_to(ROOT)}: written anew")  # noqa: T201 - what a person has to look at
