"""Judges from outside: what reads each format for a living, or its grammar where there is no such program."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from bench.tools import need

JUNIT_SCHEMA = Path(__file__).parent.parent / "junit.xsd"

# --- Nagios: Monitoring Plugins Development Guidelines, "Performance data" and "Threshold and Ranges" ---

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_RANGE = rf"@?(?:(?:~|{_NUMBER}):)?(?:{_NUMBER})?"
_DATUM = re.compile(
    rf"(?P<label>'[^'=]+'|[^'=\s]+)=(?:(?P<value>{_NUMBER})(?:s|us|ms|%|[KMGT]?B|c)?|U)"
    rf"(?:;(?:{_RANGE})?)?(?:;(?:{_RANGE})?)?(?:;(?:{_NUMBER})?)?(?:;(?:{_NUMBER})?)?"
)
_UNIQUE = 19
"""Of a label, ideally unique: RRD keeps no more."""


def performance(output: str) -> dict[str, float | None]:
    """Return the performance data of a plugin's *output* by label, None for U; it must keep to the grammar."""
    first, *more = output.splitlines()
    assert not any("|" in line for line in more)  # there it would start performance data again
    assert first.count("|") <= 1
    _, bar, data = first.partition(" | ")
    found: dict[str, float | None] = {}
    for datum in data.split(" ") if bar else []:
        match = _DATUM.fullmatch(datum)
        assert match, datum
        assert match["label"] not in found
        found[match["label"]] = None if match["value"] is None else float(match["value"])
    assert len({label[:_UNIQUE] for label in found}) == len(found)
    return found


# --- Prometheus ---

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def series(metrics: str) -> Series:
    """Return all series of *metrics*, which must be the same in the text format and in OpenMetrics."""
    read = [
        {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in parser(metrics)
            for sample in family.samples
        }
        for parser in (text_format, open_metrics)
    ]
    assert read[0] == read[1]
    assert all(sample.timestamp is None for family in open_metrics(metrics) for sample in family.samples)
    return read[0]


def check_by_promtool(metrics: str) -> None:
    """Prometheus' own reader and linter finds nothing to say about *metrics*."""
    done = subprocess.run(
        [need("promtool"), "check", "metrics"], input=metrics, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- GitHub: the runner's ActionCommand.cs ---

REGISTERED = {
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "internal-set-repo-path",
    "notice", "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
}  # fmt: skip
_UNESCAPED_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_UNESCAPED_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))


class Command(NamedTuple):
    """What the runner takes a line for."""

    name: str
    properties: dict[str, str]
    data: str


def command(line: str) -> Command | None:
    """Return the command that the runner obeys on reading *line*; None where it just shows it."""
    trimmed = line.lstrip()
    if trimmed.startswith("::") and "::" in trimmed[2:]:
        info, _, data = trimmed[2:].partition("::")
        name, _, properties = info.partition(" ")
        if name.lower() in REGISTERED:
            pairs = [pair.split("=", 1) for pair in properties.strip().split(",") if pair]
            told = {pair[0]: _unescaped(pair[1], _UNESCAPED_PROPERTY) for pair in pairs if len(pair) == 2 and pair[1]}
            return Command(name, told, _unescaped(data, _UNESCAPED_DATA))
    old = re.search(r"##\[([^\] ]*)[^\]]*\](.*)", line)
    return Command(old[1], {}, old[2]) if old and old[1].lower() in REGISTERED else None


def _unescaped(text: str, mappings: tuple[tuple[str, str], ...]) -> str:
    for escaped, character in mappings:
        text = text.replace(escaped, character)
    return text


# --- Other runners, by their sources or manuals ---

_OBEYED = {
    "Azure": re.compile(r"(?i)##vso\[[^\]]{2,}\]|^##\["),  # agent, Command.TryParse: found anywhere in a line
    "TeamCity": re.compile(r"##teamcity\["),  # service messages: anywhere
    "GitLab": re.compile(r"section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r\x1b\[0K"),  # lib/gitlab/regex.rb
    "Buildkite": re.compile(r"^(?:---|\+\+\+|~~~)\s|^\^\^\^\s+\+\+\+\s*$"),  # agent, header_times_streamer.go
    "Travis": re.compile(r"travis_(?:fold|time):(?:start|end):"),  # travis-web, log.js
    "Jenkins": re.compile(r"\x1b\[8mha:"),  # ConsoleNote
    "whoever comes next": re.compile(r"##[\w.:-]{0,40}\["),
}
_SKIPPED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\uffa0]"
)
"""What comparisons by the rules of a language skip (Unicode, default ignorable), as those of .NET's `IndexOf` do."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def obeyed(line: str) -> list[str]:
    """Return the runners, beside GitHub's, that would take *line*, or a part of it, for a command."""
    spellings = {line, _COLOUR.sub("", line), _SKIPPED.sub("", line)}
    return [name for name, form in _OBEYED.items() if any(form.search(spelling) for spelling in spellings)]


def check_commands_nobody_else(output: str) -> None:
    """No line of *output*, which is for GitHub's runner, is a command to another."""
    assert [(line, obeyed(line)) for line in output.split("\n") if obeyed(line)] == []


def check_commands_nothing(output: str) -> None:
    """No line of *output* is a command to any runner, and no character of it one to a terminal, but for colours."""
    assert all(character.isprintable() or character in "\n " for character in _COLOUR.sub("", output))
    assert [line for line in output.split("\n") if command(line) or command(_SKIPPED.sub("", line))] == []
    check_commands_nobody_else(output)


# --- JUnit ---


class Case(NamedTuple):
    """One test case as a reader has it."""

    outcome: str
    type: str | None
    message: str | None
    text: str


def cases(document: str) -> dict[str, Case]:
    """Return the cases of *document* by name; it must keep to the schema and count right."""
    done = subprocess.run(
        [need("xmllint"), "--noout", "--nonet", "--schema", str(JUNIT_SCHEMA), "-"],
        input=document, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "- validates\n")
    suite = ET.fromstring(document)  # noqa: S314 - it has just been made here
    found = {
        case.attrib["name"]: Case(each.tag, each.get("type"), each.get("message"), each.text or "")
        for case in suite
        for each in case
    }
    outcomes = [case.outcome for case in found.values()]
    told = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert told == {
        "tests": len(suite),
        "failures": outcomes.count("failure"),
        "errors": outcomes.count("error"),
        "skipped": outcomes.count("skipped"),
    }
    return found
