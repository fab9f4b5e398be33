"""The time zone that this process is told: `TZ`, else /etc/localtime. Whatever is wrong with it silently means UTC.

A wrong zone moves no clock and harms no token by itself. It harms where a program makes a token's time from a naive
local time, and it misleads the person who compares two logs.
"""

import os
import re
import stat
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.host.files import Files
from skewcheck.model import Zone

LOCALTIME = "/etc/localtime"
ZONE_FOLDERS = ("/usr/share/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo")
"""Where the C libraries look a name up: glibc in the first, or where TZDIR says; musl in all three."""
_UTC = frozenset({"utc", "uct", "gmt", "gmt0", "gmt+0", "gmt-0", "utc0", "zulu", "universal", "greenwich", "z"})
"""Who asks for one of these gets it, known or not."""
_RULE = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d")
"""How a zone starts that `TZ` spells out (POSIX.1, chapter 8.3): a name, and how far west of UTC. What follows may be
nonsense, but no longer means UTC."""
_MAGIC = b"TZif"
_HEADER_BYTES = 44


class _Told(NamedTuple):
    """A zone as a file or the environment tells it."""

    name: str | None
    trouble: str | None = None
    detail: str = ""


def read_zone(
    environ: Mapping[str, str],
    files: Files,
    now_s: float,
    local_time: Callable[[float], time.struct_time] = time.localtime,
) -> Zone:
    """Return the zone and what is wrong with it; *local_time* is what the C library makes of it."""
    ahead_s, abbreviation = _from_library(local_time, now_s)
    asked = environ.get("TZ")
    if asked is None or asked.removeprefix(":") == LOCALTIME:
        told = _from_localtime(files)
    else:
        told = _from_variable(asked, files, environ)
    if ahead_s != 0 and told.trouble != "zone-stale":
        told = told._replace(trouble=None, detail="")  # the C library found it: it knows more folders than we do
    if ahead_s != 0 and told.name is not None and _is_utc(told.name):
        told = told._replace(name=None)  # no file says so: the C library goes by something else (Windows, OpenWrt)
    name = foreign.text(told.name or abbreviation) or None
    return Zone(name, ahead_s, told.trouble, foreign.text(told.detail))


def _from_library(local_time: Callable[[float], time.struct_time], now_s: float) -> tuple[int, str]:
    """Return how far local time is ahead of UTC, in seconds, and its abbreviation."""
    try:
        local = local_time(now_s)
    except (OSError, OverflowError, ValueError):  # a clock that is off by millennia
        return 0, ""
    return local.tm_gmtoff or 0, local.tm_zone or ""


def _from_variable(asked: str, files: Files, environ: Mapping[str, str]) -> _Told:
    """Say what becomes of `TZ` (tzset(3)): a file's name, a rule, or nothing of both."""
    wanted = asked.removeprefix(":")
    if not wanted or _is_utc(wanted):
        return _Told(wanted or "UTC")
    folders = [folder for folder in (environ.get("TZDIR"), *ZONE_FOLDERS) if folder]
    paths = [wanted] if wanted.startswith("/") else [f"{folder}/{wanted}" for folder in folders]
    if any(_is_zone(files.read_bytes(path)) for path in paths):
        return _Told(_name_in(wanted) or wanted)
    if _RULE.match(wanted):
        return _Told(wanted)
    known = wanted.startswith("/") or any(files.there(folder) for folder in folders)
    why = "names no time zone" if known else "needs time zone files, and none are installed"
    return _Told(wanted, "zone-tz-ignored", f"TZ={asked} {why}: this process takes it for UTC")


def _from_localtime(files: Files) -> _Told:
    """Say what /etc/localtime is: a link to a zone's file, a copy of one, or of no use."""
    link = files.link(LOCALTIME)
    linked = _name_in(link or "")
    named = _named(files)
    trouble, detail = "", ""
    if not files.there(LOCALTIME):
        if named is not None:
            trouble, detail = "zone-missing", f"/etc/timezone says {named}, and there is no {LOCALTIME}"
    elif (content := files.read_bytes(LOCALTIME)) is None:
        trouble, detail = _why_unread(files, link)
    elif not _is_zone(content):
        trouble, detail = "zone-not-a-zone", f"{LOCALTIME} is no time zone file"
    else:
        return _Told(linked) if link is not None else _copied(content, named, files)
    asked = linked or named
    if not trouble or (asked is not None and _is_utc(asked)):
        return _Told("UTC")
    return _Told(asked, trouble, f"{detail}: this process takes it for UTC")


def _why_unread(files: Files, link: str | None) -> tuple[str, str]:
    """Tell why /etc/localtime, which is there, could not be read."""
    try:
        mode = os.stat(files.root + LOCALTIME).st_mode  # noqa: PTH116 - pathlib costs 5 ms a start
    except PermissionError:
        return "zone-unreadable", f"this user may not read {LOCALTIME}"
    except OSError:
        return "zone-dangling", f"{LOCALTIME} points to {link}, which is not there"
    if stat.S_ISREG(mode):
        return "zone-unreadable", f"this user may not read {LOCALTIME}"
    return "zone-not-a-zone", f"{LOCALTIME} is no file"


def _copied(content: bytes, named: str | None, files: Files) -> _Told:
    """Name a copied zone, and hold it against the installed file of that name."""
    installed = None if named is None else files.read_bytes(f"{ZONE_FOLDERS[0]}/{named}")
    if installed is None or not _is_zone(installed):
        return _Told(None)
    first, rule = _edition(content)
    installed_first, installed_rule = _edition(installed)
    if rule == installed_rule:
        return _Told(named)
    if first != installed_first or not rule or not installed_rule:
        return _Told(None)  # another zone, as where a host's file is mounted into a container: no edition of this one
    was, now = rule.decode("ascii", "replace"), installed_rule.decode("ascii", "replace")
    return _Told(named, "zone-stale", f"{LOCALTIME} is an old copy of {named}: its rule is {was}, by now it is {now}")


def _edition(content: bytes) -> tuple[bytes, bytes]:
    """Return a zone file's first offset, which tells zones apart, and the rule for all time to come (RFC 9636 §3).

    Whole files can't be compared: packagers cut the same zone's history at different places. The first offset is
    nearly always a town's own mean time.
    """
    start, time_bytes = 0, 4
    if content[4:5] >= b"2":  # the first part is for readers of 32-bit times; skip it
        start, time_bytes = _HEADER_BYTES + _body_bytes(content, 4), 8
    part = content[start:]
    times = int.from_bytes(part[32:36], "big")
    first = _HEADER_BYTES + times * (time_bytes + 1)
    rule = part[_HEADER_BYTES + _body_bytes(part, time_bytes) :] if time_bytes == 8 else b""
    return part[first : first + 4], rule.strip(b"\n")


def _body_bytes(part: bytes, time_bytes: int) -> int:
    """Return how long a part of a zone file is behind its header."""
    utc, standard, leaps, times, types, letters = (int.from_bytes(part[i : i + 4], "big") for i in range(20, 44, 4))
    return times * (time_bytes + 1) + types * 6 + letters + leaps * (time_bytes + 4) + standard + utc


def _named(files: Files) -> str | None:
    """Return the zone that /etc/timezone names; None where it names none that could be a file's."""
    name = (files.read("/etc/timezone") or "").strip()
    return name if re.fullmatch(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", name) else None


def _name_in(path: str) -> str | None:
    """Return the name of the zone whose file *path* is, as found below any folder `zoneinfo`."""
    return path.rpartition("zoneinfo/")[2] if "zoneinfo/" in path else None


def _is_zone(content: bytes | None) -> bool:
    return content is not None and content.startswith(_MAGIC)


def _is_utc(name: str) -> bool:
    return name.lower().removeprefix("etc/") in _UTC
