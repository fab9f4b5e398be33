"""Where a token stood in what was pasted, for people, and how much that says about which one to read."""

import enum
import re
from typing import NamedTuple

_LOOK_BACK = 200
"""Characters before a token that are looked at for its name."""
_NAME = re.compile(
    r"([\w-]{0,40}?)(token|jwt|assertion)[\"']{0,2}[ \t]*([:=])[ \t\n]*[bru]?[\"']?(?:bearer[ \t]+)?$", re.IGNORECASE
)
_SCHEME = re.compile(r"\b(bearer|dpop|token|jwt)[ \t]+$", re.IGNORECASE)
_HEADER = re.compile(r"authorization[\"']?[ \t]*[:=]", re.IGNORECASE)
_COOKIE = re.compile(r"\bcookie2?\"?[ \t]*[:=]", re.IGNORECASE)
_PARAMETER = re.compile(r"[?#&][\w.-]*=$")


class Named(enum.Enum):
    """By what a token is named, the one to read first at the top."""

    ACCESS = "access_token"
    AUTHORIZATION = "Authorization"
    TOKEN = "token"  # noqa: S105 - a name, not a token
    ID = "id_token"
    NOTHING = ""
    REFRESH = "refresh_token"

    @property
    def rank(self) -> int:
        """Return its place in this list: the lowest is read."""
        return list(Named).index(self)

    @property
    def has_lifetime(self) -> bool:
        """Tell whether `expires_in` beside it is about it (RFC 6749 §5.1: the access token's)."""
        return self in {Named.ACCESS, Named.ID, Named.TOKEN}


class Where(NamedTuple):
    """A token's name and its place."""

    named: Named
    told: str


def place(text: str, start: int, end: int) -> Where:
    """Return where the token from *start* to *end* of *text* stands."""
    before = text[max(0, start - _LOOK_BACK) : start]
    line_before = before[before.rfind("\n") + 1 :]
    named, told = _told(text, before, line_before)
    if told is not None:
        return Where(named, told)
    if not before.strip(" \t\n\"'`([{<>") and not text[end : end + _LOOK_BACK].strip(" \t\n\"'`,;\\)]}>%$"):
        return Where(named, "a bare token")
    if "\n" not in text.strip():
        return Where(named, "the line that was pasted")
    return Where(named, "the text that was pasted")


def _told(text: str, before: str, line_before: str) -> tuple[Named, str | None]:
    name = _NAME.search(before)
    if name is not None:
        return _by_name(text, before, line_before, name)
    if _COOKIE.search(line_before):
        return Named.NOTHING, "a cookie"
    if _HEADER.search(line_before):
        return Named.AUTHORIZATION, "an Authorization header"
    if _SCHEME.search(before):
        return Named.AUTHORIZATION, "a Bearer credential"
    if _PARAMETER.search(before):
        return Named.NOTHING, "a URL"
    return Named.NOTHING, None


def _by_name(text: str, before: str, line_before: str, name: re.Match[str]) -> tuple[Named, str]:
    named = _named(name[1] + name[2])
    shown = named.value
    if _COOKIE.search(line_before):
        return named, f"a cookie ({shown})"
    if before[: name.start()].endswith(("?", "#", "&")):
        return named, f"a URL ({shown})"
    if named is Named.TOKEN:
        return named, "a Kubernetes credential (status.token)" if "ExecCredential" in text else "a field named token"
    if name[3] == "=":
        return named, f"a form or a setting ({shown})"
    return named, f"an OAuth token response ({shown})"


def _named(name: str) -> Named:
    squeezed = re.sub(r"[_-]", "", name).lower()
    for ending, named in (("accesstoken", Named.ACCESS), ("idtoken", Named.ID), ("refreshtoken", Named.REFRESH)):
        if squeezed.endswith(ending):
            return named
    return Named.TOKEN
