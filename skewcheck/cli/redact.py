"""Secrets kept out of messages: what users paste by accident is not repeated to a screen, a log or a file.

A token that a shell broke at a space arrives in pieces, so looking for whole tokens isn't enough: what is
quoted back must look like a mistake, not like a secret.
"""

import re

from skewcheck.visible import visible

MAX_QUOTED = 60
"""Characters of one argument quoted back: enough to recognise what one typed."""

HIDDEN = "(hidden)"

_JWT = re.compile(r"eyJ[\w-]+(?:\.[\w-]*)*")
"""JSON that starts with `{"`, in base64url: what every JWT and JWE starts with."""
_CREDENTIALS = re.compile(r"(?i)\b(bearer|basic|dpop|token)\s+(?!--[a-z-]+[\s`])[^\s'\"]{8,}")
"""But not `skewcheck token --option ...`."""
_ASSIGNED = re.compile(r"(?i)\b([\w-]*(?:token|secret|password|passwd|api[_-]?key))(\s*[=:]\s*)[^\s'\"&]+")
_USER_INFO = re.compile(r"(?<=//)[^/\s@]+(?=@)")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RUN = re.compile(r"[A-Za-z0-9_+/=~-]{20,}")
_PIECE = 20
"""Letters and digits mixed, without a break, of this length are no word and no host's label (AWS: 17)."""
_LONG_RUN = 40


def redacted(text: str) -> str:
    """Return *text* with all that looks like a secret replaced."""
    return _RUN.sub(lambda run: HIDDEN if _looks_random(run.group()) else run.group(), without_tokens(text))


def without_tokens(text: str) -> str:
    """Return *text* with all that *is* a token or a credential replaced; what is just random stays (file names)."""
    text = _JWT.sub(HIDDEN, text)
    text = _CREDENTIALS.sub(rf"\1 {HIDDEN}", text)
    text = _ASSIGNED.sub(rf"\1\2{HIDDEN}", text)
    return _USER_INFO.sub(HIDDEN, text)


def holds_token(text: str) -> bool:
    """Tell whether there is a token or a credential in *text*."""
    return without_tokens(text) != text


def is_secret(name: str) -> bool:
    """Tell whether what was given for a host's name is a secret: a name is sent to a resolver, in the clear."""
    random = "." not in name and redacted(name) != name and name.lower() != name  # nobody's hosts are named so
    return random or holds_token(name)


def quoted(text: str) -> str:
    """Return an argument in quotes, safe to show; where it looks like a secret, only how long it is."""
    if redacted(text) != text:
        return f"what was given ({len(text)} characters, not repeated here)"
    return f"'{visible(text, MAX_QUOTED)}'"


def _looks_random(run: str) -> bool:
    """Tell whether *run* is more like an opaque token than like a name or a path."""
    if _UUID.search(run):
        return True
    if any(len(piece) >= _PIECE and _mixed(piece) for piece in re.split(r"[_/~-]", run)):
        return True
    return len(run) >= _LONG_RUN and _mixed(run) and run.lower() != run and "/" not in run


def _mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
