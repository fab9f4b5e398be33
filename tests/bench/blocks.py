"""The blocks of the README's section "In operation", and the command lines of skewcheck in each of them."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import yaml

_README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = _README.split("\n## In operation\n", 1)[1].split("\n## ", 1)[0]
IMAGE = "registry.example.net/skewcheck:"
INSTALLED = "/opt/skewcheck/bin/skewcheck"


class Block(NamedTuple):
    """A fenced block, and the summary under which it is folded away; the first one stands open."""

    summary: str
    language: str
    text: str

    @property
    def yaml(self) -> Any:
        """The one document in it."""
        return yaml.safe_load(self.text)


def _found() -> list[Block]:
    blocks, summary = [], ""
    for match in re.finditer(r"(?ms)<summary>(.*?)</summary>|^```(\w+)\n(.*?)^```$", SECTION):
        summary = match[1] or summary
        if match[2]:
            blocks.append(Block(summary, match[2], match[3]))
    return blocks


BLOCKS = _found()


def block(start: str, number: int = 0) -> Block:
    """Return the block (of several, by *number*) whose summary starts with *start*."""
    return [each for each in BLOCKS if each.summary.startswith(start)][number]


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
