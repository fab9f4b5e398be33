"""A HAR, as browsers and proxies export it -> events. Of a token in it a hash is kept alone.

It is read entry by entry: exports with their bodies have hundreds of MiB.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from skewcheck.errors import InputError
from skewcheck.logs import stamps
from skewcheck.logs.records import Reader, fingerprint
from skewcheck.model.log import Event

MAX_ENTRY = 16 << 20
"""Characters of an entry, and of what stands before the first."""
_LONGEST_BODY = 64 << 10
_ENTRIES = re.compile(r'(?<!\\)"entries"\s{0,99}:\s{0,99}\[')
_LONGEST_NAME = 210
_BETWEEN = re.compile(r"[\s,]*")
_SCAN = json.JSONDecoder().raw_decode


class BrokenOff(Exception):  # noqa: N818 - it is no error: what comes before is read
    """What follows is no entry, or one that is too long."""


def _from_entries(pieces: Iterator[str]) -> str:
    """Return the text behind `"entries": [`, as far as it is read."""
    end, length = "", 0
    for piece in pieces:
        text = end + piece
        if found := _ENTRIES.search(text):
            return text[found.end() :]
        end, length = text[-_LONGEST_NAME:], length + len(piece)
        if length > MAX_ENTRY:
            break
    raise InputError("a HAR has log.entries, and here there is none", "another --read-as: ndjson, csv or lines")


def entries(pieces: Iterator[str]) -> Iterator[Any]:
    """Yield each entry. Raises InputError for what is no HAR, and in the end BrokenOff for one that is damaged."""
    text, at = _from_entries(pieces), 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr] # it matches nothing as well
        if text.startswith("]", at):
            return
        try:
            entry, at = _SCAN(text, at)
        except (ValueError, RecursionError):
            text, at = text[at:], 0
            more = _more(pieces, len(text))
            if not more or len(text) > MAX_ENTRY:
                raise BrokenOff from None
            text += more
        else:
            yield entry


def _more(pieces: Iterator[str], least: int) -> str:
    """Return so many characters more, where they are there: an entry that grows by halves is parsed a few times."""
    found: list[str] = []
    while least >= 0 and (piece := next(pieces, "")):
        found.append(piece)
        least -= len(piece)
    return "".join(found)


def event(reader: Reader, entry: Any) -> Event | None:
    """Return what an entry says; None for one that can't be read."""
    try:
        return _event(reader, entry)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None


def _event(reader: Reader, entry: Any) -> Event | None:
    request, response = entry["request"], entry["response"]
    stamp, status, url = reader.stamp(entry["startedDateTime"]), response["status"], request["url"]
    took_ms = entry.get("time")
    if stamp is None or not isinstance(url, str) or not isinstance(status, int) or not 100 <= status <= 599:
        return None
    took_s = took_ms / 1000 if isinstance(took_ms, int | float) and 0 <= took_ms < 864e5 else None
    refresh, host, path = reader.target(url)
    date, bearer = _header(response, "date"), _header(request, "authorization")
    body = (response.get("content") or {}).get("text")
    body = body[:_LONGEST_BODY] if isinstance(body, str) else ""
    token, lifetime_s = bearer.rpartition(" ")[2] if bearer else "", None
    if refresh:
        token, lifetime_s = _granted(body)
    return Event(
        stamp.at_s, None if took_s is None else stamp.at_s + took_s, stamp.width_s, refresh, status, "", host,
        fingerprint(token), lifetime_s, stamps.http_date(date) if date else None,
        status == 429 or (status >= 400 and reader.message(body)), path,
    )  # fmt: skip


def _granted(body: str) -> tuple[str, float | None]:
    try:
        granted = json.loads(body)
    except (ValueError, RecursionError):
        return "", None
    if not isinstance(granted, dict):
        return "", None
    token, lifetime_s = granted.get("access_token"), granted.get("expires_in")
    if not isinstance(lifetime_s, int | float) or not 0 < lifetime_s < 1e9:
        lifetime_s = None
    return token if isinstance(token, str) else "", lifetime_s


def _header(part: Any, name: str) -> str:
    for header in part.get("headers") or ():
        if header.get("name", "").lower() == name and isinstance(header.get("value"), str):
            return str(header["value"])
    return ""
