"""Foreign text without the secrets in it: what a server, a token or a file says may hold a token or a password.

What comes out is visible as well: it can be shown, logged and kept. All of it is linear in the length of the text.
"""

import re

from skewcheck.secret_shapes import is_in_path, names_no_host, without_known, without_random
from skewcheck.visible import MAX_SHOWN, visible

MARK = "…"
"""Stands where something was left out."""
MAX_QUOTED = 60
"""Characters of one argument quoted back: enough to recognise what one typed."""
MAX_READ = 1 << 16
"""Characters that are looked through: all headers of a reply have half of it. A word that this cuts is left out."""
_MAX_SEGMENTS = 40
"""Of a path, that are looked at; more are never shown."""
_MAX_DECODED = 3
"""How often a part of a path is decoded to see what is in it: each redirect on the way encodes it once more."""

# Text, which `re` compiles and keeps when it is needed: a start pays for none.
_WORD = r"\S+"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]{0,30}:(?=[/\\])|(?=//)"
_BEGIN = r"(?i:https?:)[/\\]*|[A-Za-z][A-Za-z0-9+.-]{0,30}:[/\\]+|[/\\]+"
"""What stands before a host. Programs forgive too few slashes, too many, and backward ones (WHATWG URL §4.4)."""
_PLAIN_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}(?=[/\\?#])"
_AUTHORITY = r"(?:[^:\[\]]*|\[[0-9A-Fa-f:.]+(?:%[\w%]+)?\])(?::[0-9]{0,5})?"
_QUERY = r"[?#]"
_PARAMETERS = r";[^/\\]+"
_SLASH = r"([/\\])"
_SIGNS = frozenset("?#;=@&:")
"""A part of a path that has one of these in it says more than where it leads."""


def text(foreign: str, limit: int = MAX_SHOWN) -> str:
    """Return *foreign* text without tokens, passwords and the queries of URLs. What is just random stays: ids are."""
    return visible(without_secrets(foreign), limit)


def header(foreign: str, limit: int = MAX_SHOWN) -> str:
    """Return what a server says in words of its own: there nothing that looks random needs to be shown."""
    return visible(without_random(without_secrets(foreign), MARK), limit)


def url(foreign: str, limit: int = MAX_SHOWN) -> str:
    """Return where a URL leads: scheme, host, and the path without what looks like a secret; no login, no query."""
    begin, login, rest = _taken_apart(without_known(foreign, MARK))
    path = re.sub(_PARAMETERS, "", re.split(_QUERY, rest, maxsplit=1)[0])
    return visible(begin + _judged(path, host_first=bool(login) or len(begin) > 1), limit)


def issuer(foreign: str, limit: int = MAX_SHOWN) -> str:
    """Return who issued a token: as a rule a URL whose path names a tenant, which may do so by something random.

    It must have no query and no fragment (OpenID Connect Core §2), where secrets travel.
    """
    return visible(_without_login(without_known(foreign, MARK), MARK), limit)


def quoted(argument: str, limit: int = MAX_QUOTED) -> str:
    """Return an argument in quotes, safe to show; where it looks like a secret, only how long it is."""
    if is_secret(argument):
        return f"what was given ({len(argument)} characters, not repeated here)"
    return f"'{visible(argument, limit)}'"


def is_secret(argument: str) -> bool:
    """Tell whether something in *argument* is a secret, or looks like one."""
    return without_random(without_secrets(argument, queries=False), MARK) != argument


def without_secrets(foreign: str, mark: str = MARK, *, queries: bool = True) -> str:
    """Return *foreign* text with each token and password replaced by *mark*; and what stands behind `?` in a URL."""
    if len(foreign) > MAX_READ:
        foreign = f"{foreign[:MAX_READ].rpartition(' ')[0]} {mark}"
    foreign = without_known(foreign, mark)
    if not any(sign in foreign for sign in "@?#"):
        return foreign
    return re.sub(_WORD, lambda word: _word(word[0], mark, queries=queries), foreign)


def _word(word: str, mark: str, *, queries: bool) -> str:
    scheme = re.search(_SCHEME, word)
    if scheme is None and "@" not in word and not ("?" in word and "=" in word):
        return word
    start = 0 if scheme is None or "@" in word[: scheme.start()] else scheme.start()
    return word[:start] + _without_login(word[start:], mark, queries=queries)


def _without_login(written: str, mark: str, *, queries: bool = True) -> str:
    begin, login, rest = _taken_apart(written, mark)
    if queries:
        query = re.search(_QUERY, rest)
        if query is not None and any(map(str.isalnum, rest[query.end() :])):
            rest = rest[: query.end()] + mark
        rest = re.sub(_PARAMETERS, f";{mark}", rest)
    return f"{begin}{login}{rest}"


def _taken_apart(written: str, mark: str = MARK) -> tuple[str, str, str]:
    """Return what stands before the host of a URL, *mark* and @ where there was a login, and the rest.

    A password may have a slash, a `?` or an @ in itself. So all up to the last @ is one, but where the host is in view.
    """
    if "%40" in written:
        written = written.replace("%40", "@").replace("%3A", ":").replace("%3a", ":")
    begin = found[0] if (found := re.match(_BEGIN, written)) else ""
    rest = written[len(begin) :]
    path = rest
    if len(begin) == 1 or (begin and re.match(_PLAIN_HOST, rest)):
        path = re.split(_QUERY, rest, maxsplit=1)[0]
        is_login = ":" in path.rpartition("@")[0]
    else:
        is_login = bool(begin) or ":" in rest.rpartition("@")[0]
    at = path.rfind("@")
    return (begin, f"{mark}@", rest[at + 1 :]) if is_login and at >= 0 else (begin, "", rest)


def _judged(path: str, *, host_first: bool) -> str:
    """Return *path* with a mark for each part that looks like a secret; *host_first*: the first one is a host."""
    parts = re.split(_SLASH, path, maxsplit=_MAX_SEGMENTS)
    if len(parts) > 2 * _MAX_SEGMENTS:
        parts[-1] = MARK
    first = parts[0] if not host_first or _leads_to_a_host(parts[0]) else MARK
    return "".join([first if number == 0 and host_first else _part(part) for number, part in enumerate(parts)])


def _leads_to_a_host(authority: str) -> bool:
    return re.fullmatch(_AUTHORITY, authority) is not None and not names_no_host(authority)


def _part(written: str) -> str:
    """Return a part of a path, or a mark where it is a secret, says what one is, or hides it below an encoding."""
    decoded = written
    for _ in range(_MAX_DECODED):
        if "%" not in decoded:
            break
        from urllib.parse import unquote

        decoded = unquote(decoded)
    plain = "%" not in decoded and not _SIGNS.intersection(decoded)
    # one by one: `HEX.html` is no host
    return written if plain and not any(map(is_secret, (decoded, *decoded.split(".")))) else MARK


# --- What users paste by accident, and where ---

HIDDEN = "(hidden)"
"""In the place of a secret. One that a shell broke at a space comes in pieces: what is shown must look like none."""

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
