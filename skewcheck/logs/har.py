"""A HAR, as browsers and proxies export it -> events. Of a token in it a hash is kept alone."""

import json
from collections.abc import Iterator
from typing import Any

from skewcheck.errors import InputError
from skewcheck.logs import stamps
from skewcheck.logs.records import Reader, fingerprint
from skewcheck.model.log import Event

_LONGEST_BODY = 64 << 10


def events(reader: Reader, content: bytes) -> Iterator[Event | None]:
    """Yield an event for each entry; None for one that can't be read. Raises InputError for what is no HAR."""
    try:
        entries = json.loads(content)["log"]["entries"]
    except (ValueError, RecursionError, KeyError, TypeError):
        entries = None
    if not isinstance(entries, list):
        raise InputError("a HAR has log.entries, and here there is none", "another --read-as: ndjson, csv or lines")
    for entry in entries:
        try:
            yield _event(reader, entry)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            yield None


def _event(reader: Reader, entry: Any) -> Event | None:
    request, response = entry["request"], entry["response"]
    stamp, status, url = reader.stamp(entry["startedDateTime"]), response["status"], request["url"]
    took_ms = entry.get("time")
    if stamp is None or not isinstance(url, str) or not isinstance(status, int) or not 100 <= status <= 599:
        return None
    took_s = took_ms / 1000 if isinstance(took_ms, int | float) and 0 <= took_ms < 864e5 else None
    refresh, host = reader.target(url)
    date, bearer = _header(response, "date"), _header(request, "authorization")
    body = (response.get("content") or {}).get("text")
    body = body[:_LONGEST_BODY] if isinstance(body, str) else ""
    token, lifetime_s = bearer.rpartition(" ")[2] if bearer else "", None
    if refresh:
        token, lifetime_s = _granted(body)
    return Event(
        stamp.at_s, None if took_s is None else stamp.at_s + took_s, stamp.width_s, refresh, status, "", host,
        fingerprint(token), lifetime_s, stamps.http_date(date) if date else None,
        status == 429 or (status >= 400 and reader.message(body)),
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
