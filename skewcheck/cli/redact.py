"""Secrets kept out of messages: what users paste by accident is not repeated to a screen, a log or a file.

A token that a shell broke at a space arrives in pieces, so looking for whole tokens isn't enough: what is
quoted back must look like a mistake, not like a secret.
"""

import re

from skewcheck.foreign import without_secrets
from skewcheck.secret_shapes import is_in_path, names_no_host, without_random

HIDDEN = "(hidden)"

_PORT = r":[0-9]{1,5}(?=/|$)"
"""Else a host that is named `token`, with its port, looks like `token:12345`."""


def redacted(text: str) -> str:
    """Return *text* with all that looks like a secret replaced."""
    return without_random(without_tokens(text), HIDDEN)


def without_tokens(text: str) -> str:
    """Return *text* with all that *is* a token or a credential replaced; what is just random stays (file names)."""
    return without_secrets(text, HIDDEN, queries=False)


def names_no_url(text: str) -> bool:
    """Tell whether a region or a URL is a token, or has one in the place of its host, in its login or in its path."""
    host, _, path = (text.partition("://")[2] or text).partition("/")
    return names_no_host(host) or is_in_path(path) or holds_token(re.sub(_PORT, "", text, count=1))


def holds_token(text: str) -> bool:
    """Tell whether there is a token or a credential in *text*."""
    return without_tokens(text) != text
