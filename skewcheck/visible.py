"""Untrusted text made safe to show: the one gate between foreign bytes and a screen, a log or a file.

Anything that came from a network, a token, a file or the command line passes through `visible` before it
enters a result or a message. Rich does not do this: its `Text` and `escape` let ESC, C1 controls, DEL and
bidirectional overrides through.
"""

MAX_SHOWN = 200
"""Characters shown of one foreign text. Longer than any honest host name or header that we quote."""


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
