"""What a reply's headers say of its `Date`: which moment, how old it may be, whether a cache answered, whose clock.

Many servers make the text of `Date` once a second or less often and hand it out until then. Nothing in a reply says
so, only the server's name does; and that only where no proxy stands in between.
"""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.model import Lag, OddDate, Served, Stale, StampedBy

FRESH_S = 3e-3
"""Node, which counts as fresh, was seen 2.3 ms late: a timer renews its text on the second."""
_SECOND_S = 1.1
"""A timer of one second comes late by its own overshoot, each time; uvicorn waits ten times 0.1 s."""
ASSUMED_S = 1.1
"""Of a server that nothing is known of, the worst is assumed that is known of any."""
_AGE_S = 1.0
"""`Age` counts whole seconds (RFC 9111 §5.1): a reply that a cache kept for less has an `Age` of 0."""

_FRESH_TEXT = "{} writes it anew for each reply"
_OLD_TEXT = "{} writes it anew about once a second"
SAYS_SO = Lag(FRESH_S, known=True, because="you say so (--date-fresh)")
CACHED = Lag(math.inf, known=True, because="a cache answered, with the Date of what it keeps")
FROZEN = Lag(math.inf, known=True, because="the Date stands still")


class _Server(NamedTuple):
    """What is known of one make of server."""

    product: str
    """Its product name in `Server`, lower case."""
    name: str
    max_s: float
    stamped_by: StampedBy = StampedBy.ORIGIN


_EDGE, _UNKNOWN = StampedBy.EDGE, StampedBy.UNKNOWN
_SERVERS = (
    # Read in the source (S) or measured against the true second (M).
    _Server("nginx", "nginx", FRESH_S, _EDGE),  # S ngx_times.c, a loop turn; hides the upstream's Date; M 0.8 ms
    _Server("openresty", "OpenResty", FRESH_S, _EDGE),  # S nginx's own core
    _Server("basehttp", "Python's http.server", FRESH_S),  # S http/server.py, date_time_string; M 0.7 ms
    _Server("simplehttp", "Python's http.server", FRESH_S),  # S the same
    _Server("gunicorn", "gunicorn", FRESH_S),  # S http/wsgi.py, default_headers; M 0.7 ms
    _Server("hypercorn-h11", "Hypercorn", FRESH_S),  # S config.py, response_headers; M 0.7 ms
    _Server("waitress", "Waitress", FRESH_S),  # S task.py, the start of the request; M 0.7 ms
    _Server("cheroot", "Cheroot", FRESH_S),  # S server.py, send_headers
    _Server("tornadoserver", "Tornado", FRESH_S),  # S web.py, clear; M 0.7 ms
    _Server("aiohttp", "aiohttp", FRESH_S),  # S helpers.py, rfc822_formatted_time, by the second; M 0.7 ms
    _Server("werkzeug", "Werkzeug", FRESH_S),  # S serving.py on http.server; M 0.7 ms
    _Server("jetty", "Jetty", FRESH_S),  # S DateGenerator, whole seconds compared for each reply (9.4)
    _Server("uvicorn", "Uvicorn", _SECOND_S),  # S server.py, every tenth tick of 0.1 s; M up to 0.81 s late
    _Server("gunicorn/asgi", "gunicorn's ASGI worker", _SECOND_S),  # S asgi/protocol.py, kept for 1.0 s; M 0.5 s late
    _Server("kestrel", "Kestrel", _SECOND_S),  # S Heartbeat.cs, a thread that sleeps 1 s
    _Server("fasthttp", "fasthttp", _SECOND_S),  # S header.go, a goroutine that sleeps 1 s; M 0.43 s late
    _Server("cowboy", "Cowboy", _SECOND_S),  # S cowboy_clock.erl, send_interval of 1 s
    _Server("akka-http", "Akka HTTP", _SECOND_S),  # S DateHeaderRendering, scheduleOnce 1 s
    _Server("pekko-http", "Pekko HTTP", _SECOND_S),  # S the same
    _Server("lighttpd", "lighttpd", _SECOND_S),  # S server.c, where the monotonic second changes; M 0.085 s late
    # Closed, or handing on what somebody else wrote: no lag is claimed of these, at most whose clock it is.
    # M: in its own name, without `Via`, mod_proxy hands on the Date of a backend that names none: 0.95 s late
    _Server("apache", "Apache", math.nan),  # S protocol.c, request_time: its own is fresh
    _Server("caddy", "Caddy", math.nan, _UNKNOWN),  # its own is fresh, but it hands on that of what is behind it
    _Server("envoy", "Envoy", math.nan, _UNKNOWN),  # S: the same since 2020; its own comes of a timer of 0.5 s
    _Server("istio-envoy", "Envoy", math.nan, _UNKNOWN),
    _Server("cloudflare", "Cloudflare", math.nan, _EDGE),
    _Server("akamaighost", "Akamai", math.nan, _EDGE),
    _Server("awselb", "AWS's load balancer", math.nan, _EDGE),  # names itself only where it answers by itself
    _Server("cloudfront", "CloudFront", math.nan, _EDGE),  # the same; else it hands on `Server` and `Date`
)
_ROWS = {row.product: row for row in _SERVERS}
_PRODUCT = re.compile(r"[^\s(),;]+")
_COMMENT = re.compile(r"\([^()]*\)")
_HIT = re.compile(r"hit|stale|updating", re.IGNORECASE)
_HIT_HEADERS = ("x-cache", "x-cache-status", "x-proxy-cache", "cf-cache-status", "cdn-cache")
_CACHE_STATUS_HIT = re.compile(r";\s*hit\b(?!\s*=\s*\?0)", re.IGNORECASE)
"""RFC 9211."""
_CORRELATION = ("genesys-correlation-id", "inin-correlation-id")
_MAX_AGE_DIGITS = 12


def lag(headers: Mapping[str, str]) -> Lag:
    """Return how old a `Date` in a reply with these *headers* may be, where no cache answered."""
    known = _known(headers)
    kept_s = _AGE_S if "age" in headers and not _missed(headers) else 0.0
    if known is None or math.isnan(known.max_s):
        named = "server" in headers
        because = "nothing is known of how this server keeps it" if named else "the server does not say what it is"
        return Lag(ASSUMED_S + kept_s, known=False, because=because)
    if "via" in headers or "age" in headers:
        own_s = max(ASSUMED_S, known.max_s + kept_s)
        return Lag(own_s, known=False, because="a proxy is in between, which may keep replies")
    if known.max_s == FRESH_S:
        return Lag(FRESH_S, known=True, because=_FRESH_TEXT.format(known.name))
    return Lag(known.max_s, known=True, because=_OLD_TEXT.format(known.name))


def stale(headers: Mapping[str, str]) -> Stale | None:
    """Return `CACHED` where the *headers* tell of a cache, so that the `Date` may be of any age."""
    if "age" in headers and _age_s(headers) != 0:  # one that can't be read counts as one
        return Stale.CACHED
    if any(_HIT.search(headers.get(name, "")) for name in _HIT_HEADERS):
        return Stale.CACHED
    if _CACHE_STATUS_HIT.search(headers.get("cache-status", "")):
        return Stale.CACHED
    return Stale.CACHED if "varnish" in headers.get("via", "").lower() and not _missed(headers) else None


def stamped_by(headers: Mapping[str, str]) -> StampedBy:
    """Return whose clock wrote the `Date`, as far as the *headers* tell."""
    known = _known(headers)
    via = headers.get("via", "").lower()
    if "varnish" in via and "x-served-by" in headers:
        return StampedBy.EDGE  # Fastly
    if known is not None:
        return known.stamped_by
    if "cloudfront" in via or "haproxy" in via or "apache" in via:
        return StampedBy.ORIGIN
    return StampedBy.UNKNOWN


def served(status: int, headers: Mapping[str, str]) -> Served:
    """Return what is to be shown of a reply, made safe."""
    correlation = next((headers[name] for name in _CORRELATION if name in headers), None)
    location = headers.get("location") if 300 <= status < 400 else None
    return Served(
        status=status,
        server=_shown(headers, "server"),
        via=_shown(headers, "via"),
        x_cache=_shown(headers, "x-cache"),
        age_s=_age_s(headers),
        correlation_id=None if correlation is None else foreign.text(correlation),
        location=None if location is None else foreign.url(location),
    )


def _known(headers: Mapping[str, str]) -> _Server | None:
    """Return the row of what `Server` names; of several products the one with the oldest `Date`."""
    products = _PRODUCT.findall(_COMMENT.sub(" ", headers.get("server", "")).lower())
    found = [row for name in products if (row := _ROWS.get(name) or _ROWS.get(name.split("/")[0])) is not None]
    return max(found, key=lambda row: math.inf if math.isnan(row.max_s) else row.max_s, default=None)


def _missed(headers: Mapping[str, str]) -> bool:
    """Tell whether a cache says that it asked behind it for this reply.

    Varnish does without words: it names a second transaction only for what it had.
    """
    if "x-cache" in headers:
        return True  # and there was no hit in it
    return re.fullmatch(r"\d+", headers.get("x-varnish", "").strip()) is not None


def _age_s(headers: Mapping[str, str]) -> float | None:
    text = headers.get("age", "").strip()
    readable = text.isascii() and text.isdecimal() and len(text) <= _MAX_AGE_DIGITS
    return float(text) if readable else None


def _shown(headers: Mapping[str, str], name: str) -> str | None:
    return foreign.header(headers[name]) if name in headers else None


# --- Which moment it says: the three forms of RFC 9110 §5.6.7, and what else can only mean one ---
#
# By hand, because `email.utils` takes anything for a date, and `strptime` follows the locale. What names no zone is
# read as UTC in the form of asctime alone, where the standard says so: else a guess would be a wrong verdict of hours.

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_SHORT = "|".join(day[:3] for day in _DAYS)
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_FORMS = (
    rf"(?P<name>{_SHORT}), (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} (?P<zone>GMT)",
    rf"(?P<name>{'|'.join(_DAYS)}), (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} (?P<zone>GMT)",
    rf"(?P<name>{_SHORT}) {_MONTH} (?P<day>\d\d| \d) {_TIME} (?P<year>\d{{4}})(?P<zone>)",
)
"""IMF-fixdate, which everybody sends; RFC 850; asctime. All are in UTC and case-sensitive."""
_READABLE = (
    rf"(?:(?P<name>{_SHORT}|{'|'.join(_DAYS)}),? +)?(?P<day>\d\d?)[ -]{_MONTH}[ -](?P<year>\d{{4}}|\d\d) +"
    r"(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d) *"
    r"(?P<zone>(?:GMT|UTC|UT|Z)(?:[+-]\d\d?(?::?\d\d)?)?|[+-]\d\d:?\d\d)"
)
"""Whatever its letters' case: what servers write that fill in a format of their own."""
_FAR_YEARS = 50
"""A year of two digits that would be further ahead than this is of the century before (RFC 9110 §5.6.7)."""
_MAX_CHARACTERS = 60
_LONGEST_ZONE_S = 14 * 3600
_DAY_S = 86400
_EPOCH_DAYS = 719163
"""1970-01-01, as `toordinal` counts."""


class DateValue(NamedTuple):
    """A moment, and what is wrong with how it is written."""

    unix_s: int
    odd: OddDate | None = None


def parse_date(text: str, now_s: float) -> DateValue | None:
    """Return what *text* says; None where it is no date.

    *now_s*, the local time of day, tells the century of a year of two digits and nothing else.
    """
    written = text.strip(" \t")
    for form in _FORMS:
        match = re.fullmatch(form, written, re.ASCII)
        if match is not None and _is_its_day(match, now_s):
            unix_s = _unix_s(match, now_s)
            return None if unix_s is None else DateValue(unix_s)
    match = re.fullmatch(_READABLE, written[: _MAX_CHARACTERS + 1], re.ASCII | re.IGNORECASE)
    unix_s = None if match is None else _unix_s(match, now_s)
    if match is None or unix_s is None:
        return None
    return DateValue(unix_s, OddDate(_what_is_odd(match, now_s), written))


def _what_is_odd(match: re.Match[str], now_s: float) -> str:
    """Return the worst that is wrong with it: what a reader may take for another moment first."""
    if match["zone"].upper() != "GMT":
        return "zone"
    if match["name"] is None:
        return "no-weekday"
    return "form" if _is_its_day(match, now_s) else "wrong-weekday"


def _unix_s(match: re.Match[str], now_s: float) -> int | None:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    leap_second = (hour, minute, second) == (23, 59, 60)
    days, ahead_s = _days_since_1970(match, now_s), _ahead_s(match["zone"])
    if days is None or hour > 23 or minute > 59 or (second > 59 and not leap_second) or ahead_s is None:
        return None
    return days * _DAY_S + hour * 3600 + minute * 60 + second - ahead_s


def _ahead_s(zone: str) -> int | None:
    """Return how far a zone's time is ahead of UTC, in seconds; None of one that no place has."""
    sign, digits = re.fullmatch(r"[A-Za-z]*([+-]?)([\d:]*)", zone).groups()  # type: ignore[union-attr] # both may be empty
    digits = digits.replace(":", "")
    hours, minutes = (digits, "0") if len(digits) < 3 else (digits[:-2], digits[-2:])
    ahead_s = int(hours or 0) * 3600 + int(minutes) * 60
    if int(minutes) > 59 or ahead_s > _LONGEST_ZONE_S:
        return None
    return -ahead_s if sign == "-" else ahead_s


def _is_its_day(match: re.Match[str], now_s: float) -> bool:
    """Tell whether the weekday is that of the day."""
    days = _days_since_1970(match, now_s)
    return days is not None and _DAYS[(days + 3) % 7][:3] == match["name"][:3].capitalize()  # 1970-01-01: a Thursday


def _days_since_1970(match: re.Match[str], now_s: float) -> int | None:
    """Return the days until that day; None where there is no such day."""
    from datetime import date  # http.client has loaded it by then

    year, month, day = _year(match["year"], now_s), _MONTHS.index(match["month"].capitalize()) + 1, int(match["day"])
    try:
        return date(year, month, day).toordinal() - _EPOCH_DAYS
    except ValueError:
        return None


def _year(digits: str, now_s: float) -> int:
    """Return the year that *digits* mean; two of them are taken for the latest that is not too far ahead."""
    if len(digits) == 4:
        return int(digits)
    latest = 1970 + int(now_s // (365.2425 * _DAY_S)) + _FAR_YEARS
    return latest - (latest - int(digits)) % 100
