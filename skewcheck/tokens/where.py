"""Where a token stood in what was pasted, for people, and how much that says about which one to read."""

import enum
import re
from typing import NamedTuple

_LOOK_BACK = 200
"""Characters before a token that are looked at for its name."""
_NAME = re.compile(
    r"(?<![\w-])([\w-]{0,40}?)(token|jwt|assertion)[\"']{0,2}[ \t]*([:=])[ \t\n]*[bru]?[\"']?(?:bearer[ \t]+)?$",
    re.IGNORECASE,
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
    name, told = _told(text, before, line_before)
    if told is not None:
        return Where(name, told)
    if not before.strip(" \t\n\"'`([{<>") and not text[end : end + _LOOK_BACK].strip(" \t\n\"'`,;\\)]}>%$"):
        return Where(name, "a bare token")
    if "\n" not in text.strip():
        return Where(name, "the line that was pasted")
    return Where(name, "the text that was pasted")


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
    by_name = named(name[1] + name[2])
    shown = by_name.value
    if _COOKIE.search(line_before):
        return by_name, f"a cookie ({shown})"
    if before[: name.start()].endswith(("?", "#", "&")):
        return by_name, f"a URL ({shown})"
    if by_name is Named.TOKEN:
        return by_name, "a Kubernetes credential (status.token)" if "ExecCredential" in text else "a field named token"
    if name[3] == "=":
        return by_name, f"a form or a setting ({shown})"
    return by_name, f"an OAuth token response ({shown})"


def named(name: str) -> Named:
    """Return which token goes by *name*, whatever stands before it and however it is written."""
    squeezed = re.sub(r"[_-]", "", name).lower()
    for ending, meant in (("accesstoken", Named.ACCESS), ("idtoken", Named.ID), ("refreshtoken", Named.REFRESH)):
        if squeezed.endswith(ending):
            return meant
    return Named.TOKEN
