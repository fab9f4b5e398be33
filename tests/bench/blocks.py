"""The fenced blocks of README and docs, and the command lines of skewcheck in each of them."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bench.pages import PAGES, ROOT, without_made_parts

IMAGE = "registry.example.net/skewcheck:"
INSTALLED = "/opt/skewcheck/bin/skewcheck"


class Block(NamedTuple):
    """A fenced block."""

    page: Path
    heading: str
    language: str
    text: str

    @property
    def name(self) -> str:
        """What a test of it is called."""
        return f"{self.page.stem}: {self.heading}"

    @property
    def yaml(self) -> Any:
        """The one document in it."""
        return yaml.safe_load(self.text)


def _found(page: Path) -> list[Block]:
    text, heading, blocks = without_made_parts(page.read_text(encoding="utf-8")), "", []
    for match in re.finditer(r"(?ms)^#+ ([^\n]*)$|^```([^\n]*)\n(.*?)^```$", text):
        heading = match[1] or heading
        if match[1] is None:
            blocks.append(Block(page, heading, match[2].partition(" ")[0], match[3]))
    return blocks


ALL = [block for page in PAGES for block in _found(page)]
DEPLOYED = [block for block in ALL if block.page.parent == ROOT / "docs" / "deploy"]


def block(page: str, language: str, number: int = 0) -> Block:
    """Return the block in that *language* (of several, by *number*) of a page about operation."""
    return [each for each in DEPLOYED if (each.page.stem, each.language) == (page, language)][number]


def nodes(document: Any) -> list[dict[str, Any]]:
    """Return all mappings in *document*, however deep."""
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return ([document] if isinstance(document, dict) else []) + [node for each in inner for node in nodes(each)]


def command_lines(each: Block) -> list[list[str]]:
    """Return what follows the name of the program in every command of the block."""
    if each.language == "yaml":
        return [words for node in nodes(each.yaml) for words in _of_node(node)]
    if each.language == "dockerfile":
        return [json.loads(words)[1:] for words in re.findall(r"CMD (\[.*\])", _joined(each.text))]
    if each.language == "icinga":
        return [_of_icinga(each.text)]
    lines = [line for line in _joined(each.text).splitlines() if INSTALLED in line or IMAGE in line]
    found = [shlex.split(line) for line in lines if "build" not in line]
    return [words[[INSTALLED in word or IMAGE in word for word in words].index(True) + 1 :] for words in found]


def _joined(text: str) -> str:
    return re.sub(r"\\\n\s*", "", text)


def _of_node(node: dict[str, Any]) -> list[list[str]]:
    """Return the command lines in a mapping: arguments of the image, a probe's command, a job's shell."""
    found = [node["args"]] if "args" in node else []
    command = node.get("command", [""])
    found += [command[1:]] if command[0] in ("skewcheck", INSTALLED) else []
    scripts = [node["run"]] if "run" in node else node.get("script", [])
    for words in map(shlex.split, scripts):
        start = next(number for number, word in enumerate(words) if word == "skewcheck" or word.startswith(IMAGE))
        found.append(words[start + 1 :])
    return found


def _of_icinga(text: str) -> list[str]:
    """Return what Icinga would run with the variables of the object itself; an option without its variable is left."""
    words = re.findall(r'"([^"]*)"', text.split("command = [", 1)[1].split("]", 1)[0])[1:]
    variables = {
        name: re.findall(r'"([^"]*)"', value) for name, value in re.findall(r"vars\.(\w+) = (\[.*\]|\".*\")", text)
    }
    for option, name in re.findall(r'"(--?[\w-]+)" = (?:\{\s*value = )?"\$(\w+)\$"', text):
        for value in variables.get(name, []):
            words += [option, value]
    return words
