"""Untrusted text made safe to show: the one gate between foreign bytes and a screen, a log or a file.

Anything that came from a network, a token, a file or the command line passes through `visible` before it
enters a result or a message. Rich does not do this: its `Text` and `escape` let ESC, C1 controls, DEL and
bidirectional overrides through.
"""

import re
from collections.abc import Callable

MAX_SHOWN = 200
"""Characters shown of one foreign text. Longer than any honest host name or header that we quote."""

_IN_ASCII = str.maketrans({"…": "..", "±": "+/-", "×": "x", "µ": "u", "−": "-", "–": "-"})
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0").union(
    map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0))
)
"""What Python calls printable and Unicode "default ignorable": nobody sees it, and a comparison may skip it."""
_COMMANDS = re.compile(
    # What CI runners obey, each up to the character without which it is nothing to them.
    r"(?m)##[^\s\[\x1b]{0,40}\["  # anywhere: ##[name] (GitHub, Azure), ##vso[ (Azure's agent), ##teamcity[ (TeamCity)
    r"|^[^\S\n]*:(?=:[A-Za-z].*::)"  # ::name:: where a line begins, after any space (GitHub, Gitea, Forgejo)
    r"|^(?:\x1b\[[0-9;]*m)*(?:-(?=--[ \t])|\+(?=\+\+[ \t])|~(?=~~[ \t])|\^(?=\^\^[ \t]))"  # Buildkite's log groups
    r"|travis_(?:fold|time):"  # anywhere (Travis)
)
"""GitLab's `section_start:...` and the notes in Jenkins' logs need ESC, which no foreign text has any more."""


def visible(text: str, limit: int = MAX_SHOWN) -> str:
    r"""Return *text* with every character that nobody sees as `\uXXXX`, without commands, cut to *limit* characters.

    `str.isprintable` is false for controls (C0, DEL, C1), bidirectional and zero-width marks, line and
    paragraph separators, surrogates and private use, and true for letters of any script, emoji and space.
    """
    shown = inert("".join(c if c.isprintable() and c not in _UNSEEN else _escaped(c) for c in text[:limit]))
    return shown + "…" if len(text) > limit else shown


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def in_ascii(text: str) -> str:
    """Return *text* for an output that can't take more than ASCII."""
    return text.translate(_IN_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def inert(text: str, escaped: Callable[[str], str] = _escaped) -> str:
    """Return *text*, of any number of lines, without anything that a CI runner would take for a command to it.

    One character of each is written as *escaped* does. Of an output it is done as a whole, too: what is harmless in two
    foreign texts may be a command where one follows the other, or where a line is broken.
    """
    return _COMMANDS.sub(lambda found: found[0][:-1] + escaped(found[0][-1]), text)
