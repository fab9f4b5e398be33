"""A record with named fields, of NDJSON, CSV or HAR -> an event."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from skewcheck.logs import stamps
from skewcheck.model.log import Event

STARTS = ("t", "start", "start_time", "startTime", "startedDateTime", "started_at")
"""Fields that say when a request was sent."""
STAMPS = ("@timestamp", "timestamp", "time", "ts", "date", "asctime", "time_iso8601", "time_local", "msec")
"""Fields that say when a line was written: at the reply."""
STATUSES = ("status", "statusCode", "status_code", "response_code", "responseStatus", "http.response.status_code")
DURATIONS = {
    "dur_s": 1.0, "request_time": 1.0, "duration_s": 1.0, "elapsed_s": 1.0, "elapsed": 1.0, "duration_ms": 1e-3,
    "responseTime": 1e-3, "response_time_ms": 1e-3, "elapsed_ms": 1e-3, "latency_ms": 1e-3, "event.duration": 1e-9,
}  # fmt: skip
"""And how many seconds one of their units is."""
_DURATION_NAMES = tuple(DURATIONS)
MESSAGES = ("error", "message", "body", "responseBody", "error_description")
URLS = ("url", "path", "uri", "request_uri", "url.full", "url.path", "request.url")
METHODS = ("method", "request_method", "http.request.method")
TOKENS = ("token", "token_sha256", "token_id")
DATES = ("Date", "response_date", "sent_http_date", "responseHeaders.Date", "responseHeaders.date")
CLIENTS = ("host", "hostname", "client", "remote_addr", "host.name")
LIMITED = re.compile(r"(?i)rate.?limit|too many requests")
TOKEN_PATHS = ("/oauth/token", "/oauth2/token", "/token")
_LONGEST_S = 10 * 366 * 86400.0
_FEW_FIELDS = 64
_KEY = secrets.token_bytes(16)
"""Of this run: what is kept of a token can't be compared with anything outside of it."""


class Reader:
    """How the records of one run are read."""

    def __init__(self, token_urls: tuple[str, ...] = (), *, zone_s: float = 0.0) -> None:
        """*token_urls*: how URLs end that give tokens; *zone_s*: of times that name no zone."""
        self._token_paths = token_urls or TOKEN_PATHS
        self.zone_s = zone_s
        self.naive = False
        """Whether a time was read that names no zone."""
        self._fine = False
        self._names: dict[tuple[str, ...], str] = {}
        self._without: dict[tuple[str, ...], Any] = {}
        self._targets: dict[str, tuple[bool, str]] = {}

    def target(self, url: str) -> tuple[bool, str]:
        """Return whether *url* gives tokens, and its host."""
        found = self._targets.get(url)
        if found is None:
            plain = re.split(r"[?#]", url, maxsplit=1)[0]
            host = plain.partition("://")[2].partition("/")[0].rpartition("@")[2]
            found = plain.endswith(self._token_paths), host
            if len(self._targets) > 4096:
                self._targets.clear()
            self._targets[url] = found
        return found

    def stamp(self, value: object) -> stamps.Stamp | None:
        """Return what a time says, and note where it names no zone."""
        found = stamps.any_stamp(value, self.zone_s)
        if found is None:
            return None
        if found.naive:
            self.naive = True
        if isinstance(value, int | float):  # of a thousand times with milliseconds one is written without
            self._fine = self._fine or found.width_s < 1
            return found._replace(width_s=1e-3) if self._fine and found.width_s == 1 else found
        return found

    def event(self, record: Mapping[str, Any]) -> Event | None:
        """Return what one record says; None where a time or a status is missing."""
        status, url = _status(self._first(record, STATUSES)), self._text(record, URLS)
        if status is None or url is None:
            return None
        start = self.stamp(self._first(record, STARTS))
        at = start or self.stamp(self._first(record, STAMPS))
        if at is None:
            return None
        dur_s = self._duration(record)
        start_s = at.at_s if start is not None else None if dur_s is None else at.at_s - dur_s
        end_s = at.at_s if start is None else None if dur_s is None else at.at_s + dur_s
        refresh, host = self.target(url)
        date = self._text(record, DATES) or _date_of(record)
        told = self._text(record, MESSAGES) if status >= 400 else None
        return Event(
            start_s,
            end_s,
            at.width_s,
            refresh,
            status,
            self._text(record, CLIENTS) or "",
            host,
            fingerprint(self._text(record, TOKENS) or ""),
            _seconds(record.get("expires_in")) if refresh else None,
            None if date is None else stamps.http_date(date[:40]),
            status == 429 or (told is not None and LIMITED.search(told[:4096]) is not None),
            None if told is None else gap_s(told),
        )

    def _first(self, record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
        """Return the first field that there is of those *names*; the one that the record before had is tried first."""
        name = self._names.get(names)
        if name is None:
            if self._without.get(names) == record.keys():
                return None
        elif (value := record.get(name)) is not None and not isinstance(value, dict | list):
            return value
        for name in names:
            value = _within(record, name)
            if value is not None:
                self._names[names] = name
                return value
        if len(record) < _FEW_FIELDS:
            self._without[names] = record.keys()
        return None

    def _text(self, record: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
        value = self._first(record, names)
        return value if isinstance(value, str) and value else None

    def _duration(self, record: Mapping[str, Any]) -> float | None:
        value = self._first(record, _DURATION_NAMES)
        seconds = None if value is None else _seconds(value)
        return None if seconds is None else seconds * DURATIONS[self._names[_DURATION_NAMES]]


def gap_s(text: str) -> float | None:  # noqa: ARG001 - replaced by the reader of messages
    """Return how far behind the checker's clock is at least, by an error message that quotes both times."""
    return None


def fingerprint(token: str) -> str:
    """Return what tells a token apart in this run; of a whole token nothing else is kept."""
    if len(token) <= 16:
        return token
    return hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=6, key=_KEY).hexdigest()


def _within(record: Mapping[str, Any], name: str) -> Any:
    """Return the field of that *name*, `outer.inner` of one within another; None for what is no plain value."""
    value: Any = record.get(name)
    if value is None and "." in name:
        value = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    return None if isinstance(value, dict | list) else value


def _status(value: Any) -> int | None:
    if isinstance(value, str) and len(value) == 3 and value.isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599 else None


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    return seconds if seconds is not None and 0 <= seconds < _LONGEST_S else None


def _date_of(record: Mapping[str, Any]) -> str | None:
    """Return a field called `date` where it is an HTTP date: elsewhere it is when the line was written."""
    value = record.get("date")
    return value if isinstance(value, str) and value.endswith("GMT") else None
