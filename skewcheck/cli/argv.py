"""A command line as programs write it, read without typer: loading that would be half of what a health check costs.

Only what leaves no doubt is read here: options by their whole name, each with a value that can be read. All else, and
every mistake, is for typer, and both make the same of what both read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from skewcheck.cli.options import OPTIONS, Option


class Typed(NamedTuple):
    """What a command knows of its own start, beside the values of its options."""

    began_s: float
    """When the process began, on `time.monotonic`."""
    here: frozenset[str]
    """The options that were typed, and didn't come from the environment."""


class Read(NamedTuple):
    """What was read."""

    values: dict[str, Any]
    here: frozenset[str]


def read(names: Sequence[str], words: Sequence[str], environment: Mapping[str, str]) -> Read | None:
    """Return the value of each option of those *names*; None where there is anything to doubt."""
    known = {name.partition(":")[0]: OPTIONS[name] for name in names}
    typed = _typed({written: name for name, option in known.items() for written in option.names}, known, words)
    if typed is None:
        return None
    values: dict[str, Any] = {}
    for name, option in known.items():
        texts = typed.get(name) or _set(option, environment)
        if option.is_switch and option.names:
            if name not in typed and texts:
                return None  # a variable may say yes or no in many ways
            values[name] = (len(texts) if option.counted else True) if texts else option.value
            continue
        try:
            given = texts if option.read is None else [option.read(text) for text in texts[0 if option.many else -1 :]]
        except ValueError:
            return None
        values[name] = (tuple(given) if option.many else given[-1]) if given else () if option.many else option.value
    return Read(values, frozenset(typed))


def _typed(
    by_name: Mapping[str, str], known: Mapping[str, Option], words: Sequence[str]
) -> dict[str, list[str]] | None:
    """Return the texts that were given for each option, an empty one for a switch."""
    typed: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        long = word.startswith("--")
        written, equals, text = word.partition("=") if long else (word, "", "")
        name = by_name.get(written)
        if name is None or (equals and known[name].is_switch):
            return None
        if not known[name].is_switch and not equals:
            text = next(rest, "")
            if not text or (text.startswith("-") and text != "-"):
                return None
        typed.setdefault(name, []).append(text)
    return typed


def _set(option: Option, environment: Mapping[str, str]) -> list[str]:
    text = next(filter(None, map(environment.get, option.variables)), None)
    return [] if text is None else text.split() if option.many else [text]
