"""A record with named fields, of NDJSON, CSV or HAR -> an event; and the times in it."""

import calendar
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from skewcheck import messages
from skewcheck.errors import InputError
from skewcheck.model.log import Event

STARTS = ("t", "start", "start_time", "startTime", "startedDateTime", "started_at")
"""Fields that say when a request was sent."""
STAMPS = (
    "@timestamp", "@t", "timestamp", "Timestamp", "time", "ts", "date", "asctime", "time_iso8601", "time_local",
    "msec",
)  # fmt: skip
"""Fields that say when a line was written: at the reply."""
STATUSES = (
    "status", "statusCode", "status_code", "response_code", "responseStatus", "http.response.status_code",
    "res.statusCode", "StatusCode",
)  # fmt: skip
DURATIONS = {
    "dur_s": 1.0, "request_time": 1.0, "duration_s": 1.0, "elapsed_s": 1.0, "elapsed": 1.0, "duration_ms": 1e-3,
    "responseTime": 1e-3, "Elapsed": 1e-3, "response_time_ms": 1e-3, "elapsed_ms": 1e-3, "latency_ms": 1e-3,
    "event.duration": 1e-9,
}  # fmt: skip
"""And how many seconds one of their units is."""
_DURATION_NAMES = tuple(DURATIONS)
MESSAGES = ("error", "message", "body", "responseBody", "error_description")
URLS = ("url", "path", "uri", "request_uri", "url.full", "url.path", "request.url", "req.url", "RequestPath")
TOKENS = ("token", "token_sha256", "token_id")
DATES = (
    "Date", "response_date", "sent_http_date", "responseHeaders.Date", "responseHeaders.date", "res.headers.date",
    "date",
)  # fmt: skip
CLIENTS = ("host", "hostname", "client", "remote_addr", "host.name")
_ALL = (STARTS, STAMPS, STATUSES, _DURATION_NAMES, URLS, TOKENS, DATES, CLIENTS, MESSAGES)
LIMITED = re.compile(r"(?i)rate.?limit|too many requests")
TOKEN_PATHS = ("/oauth/token", "/oauth2/token", "/token")
_LONGEST_S = 10 * 366 * 86400.0
_LONGEST_MESSAGE = 8192
LONGEST_NAME = 255
"""Of a host, a path, a client: thousands of events are kept at once, and names that begin alike count as one."""
_STATUS, _LONGEST_STATUS, _STATUS_RANGE = re.compile(r"\s*([1-5]\d\d)(?:\.0+)?\s*"), 16, range(100, 600)
"""Tables write a number as `401.0`, or with spaces."""
_TELLING = ("early", "nbf", "iat", "before", "yet", "issued", "idx102")
"""One of these is in each message that says that a token comes too early."""
_FEW_FIELDS, _FEW_SHAPES = 64, 256
_MOST_FIELDS, _DEEPEST = 1000, 4
_KEY = os.urandom(16)
"""Of this run: what is kept of a token can't be compared with anything outside of it."""


class Reader:
    """How the records of one run are read."""

    def __init__(self, token_urls: tuple[str, ...] = (), *, zone_s: float = 0.0) -> None:
        """*token_urls*: how URLs end that give tokens; *zone_s*: of times that name no zone."""
        self._token_paths = token_urls or TOKEN_PATHS
        self.zone_s = zone_s
        self.naive = self.zoned = False
        """Whether a time was read that names no zone, and one that needs none."""
        self.gap_s, self.gaps = 0.0, 0
        """By how much the checker's clock is behind at least, and how many messages say that it is."""
        self._fine = False
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def target(self, url: str) -> tuple[bool, str, str]:
        """Return whether *url* gives tokens, its host, and how its path begins."""
        if "?" in url or "#" in url:
            url = re.split(r"[?#]", url, maxsplit=1)[0]
        parts = url.split("/", 3) if "://" in url else ()
        if len(parts) < 3:
            return url.endswith(self._token_paths), "", url[:LONGEST_NAME]
        path = parts[3][:LONGEST_NAME] if len(parts) > 3 else ""
        return url.endswith(self._token_paths), parts[2].rpartition("@")[2][:LONGEST_NAME], path

    def stamp(self, value: object) -> "Stamp | None":
        """Return what a time says, and note where it names no zone."""
        found = any_stamp(value, self.zone_s)
        if found is None:
            return None
        if found.naive:
            self.naive = True
        else:
            self.zoned = True
        if isinstance(value, str):
            return found
        if found.width_s < 1:
            self._fine = True
        elif self._fine:  # of a thousand times with milliseconds one is written without
            return found._replace(width_s=1e-3)
        return found

    def event(self, record: Mapping[str, Any]) -> Event | None:
        """Return what one record says; None where a time or a status is missing."""
        plan = self._plans.get(tuple(record))
        if plan is None:
            if dict in map(type, record.values()):
                record = _flat(record)
                plan = self._plans.get(tuple(record))
            if plan is None:
                plan = self._plan(record)
        get = record.get
        start, stamp, status_, duration, url_, token_, date_, client_, message, unit_s = plan
        status, url = _status(get(status_)), get(url_)
        if status is None or not isinstance(url, str):
            return None
        sent = self.stamp(get(start)) if start else None
        at = sent or self.stamp(get(stamp))
        if at is None:
            return None
        dur_s = _seconds(get(duration)) if duration else None
        start_s: float | None = at.at_s
        end_s = start_s
        if dur_s is None:
            start_s, end_s = (start_s, None) if sent else (None, end_s)
        elif sent:
            end_s = at.at_s + dur_s * unit_s
        else:
            start_s = at.at_s - dur_s * unit_s
        refresh, host, path = self.target(url)
        date, client, token = get(date_), get(client_), get(token_)
        told = get(message) if status >= 400 else None
        return Event(
            start_s,
            end_s,
            at.width_s,
            refresh,
            status,
            client[:LONGEST_NAME] if isinstance(client, str) else "",
            host,
            fingerprint(token) if isinstance(token, str) else "",
            _seconds(get("expires_in")) if refresh else None,
            http_date(date[:40]) if isinstance(date, str) else None,
            status == 429 or (isinstance(told, str) and self.message(told)),
            path,
        )

    def message(self, text: str) -> bool:
        """Note what a refusal's message says of the clocks; tell whether it says that it was asked too often."""
        self.note(text)
        return LIMITED.search(text, 0, _LONGEST_MESSAGE) is not None

    def note(self, text: str) -> bool:
        """Note how far the checker's clock is behind, where *text* quotes both times; tell whether it does."""
        text = text[:_LONGEST_MESSAGE]
        lower = text.lower()
        quoted = messages.read(text) if any(word in lower for word in _TELLING) else None
        if quoted is None or quoted.kind != "too-early" or not quoted.behind_low_s:
            return False
        self.gaps += 1
        self.gap_s = max(self.gap_s, quoted.behind_low_s)
        return True

    def _plan(self, record: Mapping[str, Any]) -> "_Plan":
        """Return which fields are which; flat records of one shape share it."""
        names = [next((name for name in fields if record.get(name) is not None), "") for fields in _ALL]
        unit_s = DURATIONS.get(names[3], 1.0)
        if not names[3] and names[2] == "response_code" and record.get("duration") is not None:
            names[3], unit_s = "duration", 1e-3  # Envoy's; elsewhere nobody knows its unit
        plan = _Plan._make((*names, unit_s))
        if len(record) < _FEW_FIELDS and len(self._plans) < _FEW_SHAPES and None not in record.values():
            self._plans[tuple(record)] = plan
        return plan


class _Plan(NamedTuple):
    """The name of each field in a record; empty: it has none."""

    start: str
    stamp: str
    status: str
    duration: str
    url: str
    token: str
    date: str
    client: str
    message: str
    unit_s: float


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return it with the fields of those within it as `outer.inner`."""
    flat: dict[str, Any] = {}
    rest = [("", record, 0)]
    while rest and len(flat) < _MOST_FIELDS:
        outer, part, depth = rest.pop()
        for name, value in part.items():
            if isinstance(value, dict):
                if depth < _DEEPEST:
                    rest.append((f"{outer}{name}.", value, depth + 1))
            else:
                flat[f"{outer}{name}"] = value
    return flat


def fingerprint(token: str) -> str:
    """Return what tells a token apart in this run; of a whole token nothing else is kept."""
    if len(token) <= 16:
        return token
    return hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=6, key=_KEY).hexdigest()


def _status(value: Any) -> int | None:
    if isinstance(value, str):
        found = _STATUS.fullmatch(value) if len(value) <= _LONGEST_STATUS else None
        return None if found is None else int(found[1])
    return int(value) if isinstance(value, (int, float)) and value in _STATUS_RANGE else None


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value) if isinstance(value, (float, int, str)) and value is not True else -1.0
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < _LONGEST_S else None


# --- Times as logs write them; one that names no zone is in the one that is given ---

_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_ISO = r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)"
_FINEST_S = 1e-6
_LATEST_S = 4e9
"""A number above is no count of seconds but of milli-, micro- or nanoseconds."""
_HTTP_DATE = re.compile(r"(?:\w{3}, )?(\d\d)[ -](\w{3})[ -](\d{4}) (\d\d):(\d\d):(\d\d)")
_SDK_DATE = re.compile(r"(\d\d)-(\d\d)-(\d{4}), (\d\d):(\d\d):(\d\d)")
_COUNT = re.compile(r"\d{9,19}(?:\.(\d{1,9}))?")
"""A number as text: the digits behind its point tell how fine it is."""
_TAIL = re.compile(r"(?::?(\d\d)(?:[.,](\d{1,9})\d*)?)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?\b")


class Stamp(NamedTuple):
    """When it was, how wide the stamp is, and whether it names no zone."""

    at_s: float
    width_s: float
    naive: bool = False


def _iso(text: str, zone_s: float) -> Stamp | None:
    """Return what `2026-11-28T12:00:00.123Z` says, or a variant of it; *zone_s*: of one that names no zone."""
    at_s = _minute(text[:16])
    tail = None if at_s is None else _TAIL.match(text, 16)
    if at_s is None or tail is None:
        return None
    seconds, fraction, zone = tail.groups()
    width_s = 60.0
    if seconds:
        at_s += int(seconds)
        width_s = 1.0
    if fraction:
        at_s += int(fraction) / 10 ** len(fraction)
        width_s = max(10.0 ** -len(fraction), _FINEST_S)
    return Stamp(at_s - (zone_s if zone is None else _offset(zone)), width_s, zone is None)


@lru_cache(maxsize=8)
def _minute(text: str) -> float | None:
    found = re.fullmatch(_ISO, text)
    return None if found is None else _utc(*map(int, found.groups()))


@lru_cache(maxsize=8)
def common_stamp(text: str) -> Stamp | None:
    """Return what `10/Oct/2026:13:55:36 +0000` says, the stamp of access logs."""
    try:
        month = _MONTHS[text[3:6]]
        parts = (int(text[7:11]), month, int(text[:2]), int(text[12:14]), int(text[15:17]))
        at_s = _utc(*parts)
        return None if at_s is None else Stamp(at_s + int(text[18:20]) - _offset(text[21:].strip() or "Z"), 1.0)
    except (KeyError, ValueError):
        return None


def _counted(value: float) -> Stamp | None:
    """Return what a count of seconds says, or of milli-, micro- or nanoseconds since 1970."""
    if 0 < value < _LATEST_S:
        if value % 1 == 0:
            return Stamp(float(value), 1.0)
        fine = 1e-3 < value * 1000 % 1 < 1 - 1e-3
        return Stamp(value, _FINEST_S if fine else 1e-3)
    if not 0 < value < _LATEST_S * 1e9:  # an int may be too long for a float
        return None
    unit_s = next((unit_s for unit_s in (1e-3, 1e-6, 1e-9) if 0 < value * unit_s < _LATEST_S), None)
    return None if unit_s is None else Stamp(value * unit_s, max(unit_s, _FINEST_S))


def any_stamp(value: object, zone_s: float) -> Stamp | None:
    """Return what a field of a record says, whatever it is."""
    if not isinstance(value, str):
        return _counted(value) if isinstance(value, (int, float)) and value is not True else None
    if len(value) > 64:
        return None
    if counted := _COUNT.fullmatch(value):
        at_s, digits = float(value), counted[1]
        finer = digits and 0 < at_s < _LATEST_S
        return Stamp(at_s, max(10.0 ** -len(digits), _FINEST_S)) if finer else _counted(at_s)
    if found := _iso(value, zone_s) or common_stamp(value):
        return found
    if match := _SDK_DATE.fullmatch(value):
        month, day, year, hour, minute, second = map(int, match.groups())
        begin_s = _utc(year, month, day, hour, minute)
        return None if begin_s is None else Stamp(begin_s + second - zone_s, 1.0, naive=True)
    return None


@lru_cache(maxsize=64)
def http_date(text: str) -> float | None:
    """Return what a `Date` header says."""
    found = _HTTP_DATE.match(text)
    if found is None or found[2] not in _MONTHS:
        return None
    at_s = _utc(int(found[3]), _MONTHS[found[2]], int(found[1]), int(found[4]), int(found[5]))
    return None if at_s is None else at_s + int(found[6])


def _offset(zone: str) -> float:
    """Return how far ahead of UTC a zone is that is written `+02:00`, `+0200`, `-07`, `Z`."""
    digits = zone[1:].replace(":", "")
    if zone[0] not in "+-" or not digits.isdecimal():
        return 0.0
    return (-1 if zone[0] == "-" else 1) * (int(digits[:2]) * 3600.0 + int(digits[2:4] or 0) * 60)


def _utc(year: int, month: int, day: int, hour: int, minute: int) -> float | None:
    if not (1970 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60):
        return None
    return float(calendar.timegm((year, month, day, hour, minute, 0)))


# --- A HAR, as browsers and proxies export it: read entry by entry, for with their bodies they have hundreds of MiB ---

MAX_ENTRY = 16 << 20
"""Characters of an entry, and of what stands before the first."""
_LONGEST_BODY = 64 << 10
_LONGEST_MS = 864e5
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


def har_entries(pieces: Iterator[str]) -> Iterator[Any]:
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


def har_event(reader: Reader, entry: Any) -> Event | None:
    """Return what an entry says; None for one that can't be read."""
    try:
        request, response, took_ms = entry["request"], entry["response"], entry.get("time")
        status, url = response["status"], request["url"]
        if not isinstance(status, int):
            return None
        body = (response.get("content") or {}).get("text")
        body = body[:_LONGEST_BODY] if isinstance(body, str) else ""
        token, lifetime_s = _header(request, "authorization").rpartition(" ")[2], None
        if reader.target(url)[0]:
            token, lifetime_s = _granted(body)
        record = {
            "startedDateTime": entry["startedDateTime"],
            "status": status,
            "url": url,
            "duration_ms": took_ms if isinstance(took_ms, int | float) and took_ms < _LONGEST_MS else None,
            "Date": _header(response, "date"),
            "token": token,
            "expires_in": lifetime_s,
            "body": body,
        }
        return reader.event({name: value for name, value in record.items() if value is not None})
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None


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
