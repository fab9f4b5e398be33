"""Lines of access logs and of clients' own logs -> events: nginx, Apache, Envoy, urllib3, httpx, Genesys' SDK text.

Each pattern is anchored and bounded: a line has 64 KiB at most, and none takes more than linear time.
"""

import re
from collections.abc import Callable

from skewcheck.logs.records import LONGEST_NAME, Reader, common_stamp, http_date
from skewcheck.model.log import Event

_TARGET = r'(?=[^\s"])([^"\\]*(?:\\.[^"\\]*)*)'
"""Up to the quote that ends it; what follows the URL is split off later: two parts that overlap take square time."""
_ACCESS = re.compile(
    r'(\S{1,256}) [^\[]{1,512}\[([^\]]{20,40})\] "(?:[A-Z]{3,10}) ' + _TARGET + r'" (\d{3})(.*)', re.DOTALL
)
"""nginx and Apache: common, combined, and either with more behind it."""
_MORE = re.compile(r'[ \t,;|"({[](rt|request_time|dur|duration|date|sent_http_date|token)[=:] ?("[^"]*"|\S+)')
_TOOK = frozenset({"rt", "request_time", "dur", "duration"})
_ENVOY = re.compile(r'\[(\d{4}-[^\]]{16,40})\] "(?:[A-Z]{3,10}) ' + _TARGET + r'" (\d{3}) (.*)', re.DOTALL)
_ENVOY_TIMES = re.compile(r' \d+ \d+ (\d+) (?:\d+|-) "([^"]*)" "[^"]*" "[^"]*" "([^"]*)"')
"""Bytes in, bytes out, milliseconds; who asked, as a proxy before it says, and behind two more the authority."""
_AGENT = re.compile(r' ?\S+ "[^"]*" "([^"]{1,200})"')
"""Behind the status: bytes, the page before, the program."""
_URLLIB3 = re.compile(r'(https?://\S{1,512}) "(?:[A-Z]{3,10}) (\S{1,8192}) HTTP/[\d.]+" (\d{3})\b')
_HTTPX = re.compile(r'HTTP Request: [A-Z]{3,10} (\S{1,8192}) "HTTP/[\d.]+ (\d{3})\b')
_STAMP_AHEAD = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?")
"""What Python's logging writes before a message."""
_STAMP_WITHIN = 200
"""Characters of a line in which its stamp begins."""

LineReader = Callable[[Reader, str], Event | None]


def access(reader: Reader, line: str) -> Event | None:
    """Return what a line of nginx or Apache says; nginx stamps the end, and Apache's start is not known from it."""
    found = _ACCESS.match(line)
    if found is None:
        return None
    client, written, target, status, rest = found.groups()
    stamp = common_stamp(written)
    if stamp is not None:
        reader.zoned = True
    else:
        stamp = reader.stamp(written)
        if stamp is None:
            return None
    start_s = date_s = None
    token = ""
    for name, value in _MORE.findall(rest) if "=" in rest or ": " in rest else ():
        if name in _TOOK:
            dur_s = _number(value.strip('"'))
            start_s = None if dur_s is None else stamp.at_s - dur_s
        elif name == "token":
            token = value.strip('"')[:64]
        else:
            date_s = http_date(value.strip('"'))
    refresh, host, path = reader.target(_url(target))
    agent = _AGENT.match(rest)
    client = (client if agent is None else f"{client} {agent[1]}")[:LONGEST_NAME]  # several programs behind one address
    return Event(
        start_s, stamp.at_s, stamp.width_s, refresh, int(status), client, host, token, None, date_s,
        status == "429", path,
    )  # fmt: skip


def envoy(reader: Reader, line: str) -> Event | None:
    """Return what a line of Envoy or Istio says; its stamp is the start."""
    found = _ENVOY.match(line)
    if found is None:
        return None
    written, target, status, rest = found.groups()
    stamp = reader.stamp(written)
    if stamp is None:
        return None
    times = _ENVOY_TIMES.search(rest[:4096])
    refresh, host, path = reader.target(_url(target))
    client, authority = ("", "") if times is None else (times[2][:LONGEST_NAME], times[3][:LONGEST_NAME])
    end_s = None if times is None else stamp.at_s + int(times[1][:9]) / 1000
    return Event(
        stamp.at_s, end_s, stamp.width_s, refresh, int(status), client, host or authority,
        limited=status == "429", path=path,
    )  # fmt: skip


def client(reader: Reader, line: str) -> Event | None:
    """Return what a debug line of urllib3 or httpx says; it is written at the reply."""
    found = _URLLIB3.search(line)
    if found is not None:
        url, status = found[1] + found[2], found[3]
    else:
        found = _HTTPX.search(line)
        if found is None:
            return None
        url, status = found[1], found[2]
    ahead = _STAMP_AHEAD.search(line, 0, _STAMP_WITHIN)
    stamp = None if ahead is None else reader.stamp(ahead[0])
    if stamp is None:
        return None
    refresh, host, path = reader.target(url)
    return Event(None, stamp.at_s, stamp.width_s, refresh, int(status), host=host, limited=status == "429", path=path)


READERS: tuple[LineReader, ...] = (access, envoy, client)


class SdkBlock:
    """Genesys' SDK loggers in text: a stamp, `=== REQUEST ===` and `=== RESPONSE ===`, a line for each field."""

    MOST_LINES = 200
    """Of one block; a body may have many more, and none of them matters."""

    def __init__(self) -> None:
        """Begin outside of any block."""
        self._stamp: str | None = None
        self._url = self._status = self._date = ""
        self._lines = 0
        self.inside = False

    def take(self, reader: Reader, line: str) -> tuple[bool, Event | None]:
        """Return whether *line* belongs to a block, and the event of the block that it ends."""
        ahead = _STAMP_AHEAD.search(line, 0, _STAMP_WITHIN)
        bare = ahead is not None and (line.endswith(("ERROR ", "DEBUG ", "TRACE ", "ERROR", "DEBUG", "TRACE")) or
                                      line[ahead.end():].strip() == "")  # fmt: skip
        if bare and ahead is not None:
            done = self.end(reader)
            self._stamp, self.inside, self._lines = ahead[0], True, 0
            return True, done
        if not self.inside:
            return False, None
        self._lines += 1
        if line.startswith("URL: "):
            self._url = line[5:8192]
        elif line.startswith("Status: "):
            self._status = line[8:12].strip()
        elif line[:7].lower() == "\tdate: ":
            self._date = line[7:60].strip()
        if self._lines > self.MOST_LINES:
            return True, self.end(reader)
        return True, None

    def end(self, reader: Reader) -> Event | None:
        """Return the event of the block that is open."""
        stamp = None if self._stamp is None else reader.stamp(self._stamp)
        event = None
        if stamp is not None and self._url and self._status.isdecimal() and 100 <= int(self._status) <= 599:
            refresh, host, path = reader.target(self._url)
            date_s = http_date(self._date) if self._date else None
            event = Event(
                None, stamp.at_s, stamp.width_s, refresh, int(self._status), host=host, date_s=date_s,
                limited=self._status == "429", path=path,
            )  # fmt: skip
        self._stamp, self.inside = None, False
        self._url = self._status = self._date = ""
        return event


def _url(target: str) -> str:
    return target.split(None, 1)[0][:8192]


def _number(text: str) -> float | None:
    try:
        value = float(text) if text and len(text) < 20 else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < 86400 else None
