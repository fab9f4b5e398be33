"""Untrusted text made safe to show: the one gate between foreign bytes and a screen, a log or a file.

Anything that came from a network, a token, a file or the command line passes through `visible` before it
enters a result or a message. Rich does not do this: its `Text` and `escape` let ESC, C1 controls, DEL and
bidirectional overrides through.
"""

import re

MAX_SHOWN = 200
"""Characters shown of one foreign text. Longer than any honest host name or header that we quote."""

_IN_ASCII = str.maketrans({"…": "..", "±": "+/-", "×": "x", "µ": "u", "−": "-", "–": "-"})
_COMMANDS = re.compile(r"(?m)^(\s*)::(?=[A-Za-z].*::)|##\[")
"""What GitHub's runner would obey: `::name::` where a line begins, after any space, and `##[name]` anywhere."""


def visible(text: str, limit: int = MAX_SHOWN) -> str:
    r"""Return *text* with every character that isn't printable as `\uXXXX`, cut to *limit* characters.

    `str.isprintable` is false for controls (C0, DEL, C1), bidirectional and zero-width marks, line and
    paragraph separators, surrogates and private use, and true for letters of any script, emoji and space.
    """
    shown = "".join(c if c.isprintable() else _escaped(c) for c in text[:limit])
    return shown + "…" if len(text) > limit else shown


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def in_ascii(text: str) -> str:
    """Return *text* for an output that can't take more than ASCII."""
    return text.translate(_IN_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def inert(text: str) -> str:
    """Return *text*, of any number of lines, without anything that a CI runner would take for a command to it."""
    return _COMMANDS.sub(lambda found: r"##\u005b" if found[1] is None else rf"{found[1]}\u003a:", text)
