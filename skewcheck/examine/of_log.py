"""Logs -> read, joined, judged -> `Report`. No socket is opened."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck.errors import InputError, UsageError
from skewcheck.judge.lives import Lives
from skewcheck.logs import Reader, held, merged, opened
from skewcheck.logs.records import TOKEN_PATHS
from skewcheck.model import Interval, Policy, Report
from skewcheck.model.log import Event

_MOST_FILES = 64


class LogRequest(NamedTuple):
    """Which logs, and how they are read."""

    files: tuple[str, ...] = ("-",)
    """Names; `-` is standard input."""
    read_as: str = "auto"
    token_urls: tuple[str, ...] = ()
    """How the URLs end that give tokens; none: as OAuth servers have them."""
    refused: tuple[int, ...] = (401,)
    expires_in_s: float | None = None
    zone_s: float | None = None
    """How far ahead of UTC times are that name no zone; None: this host's zone."""
    issuer_ahead: Interval | None = None
    policy: Policy = Policy()


def examine_log(
    request: LogRequest, tell: Callable[[int, int | None], None] | None = None, content: bytes | None = None
) -> Report:
    """Return what the logs say. Raises UsageError and InputError. *tell* gets bytes read, and of how many.

    *content*: of a log, in the place of files.
    """
    from skewcheck.judge.log import report

    if len(request.files) > _MOST_FILES:
        raise UsageError(f"{len(request.files)} files are too many", f"at most {_MOST_FILES} at once")
    began_s = time.monotonic()
    zone_s, zone = _zone(request.zone_s)
    reader = Reader(request.token_urls, zone_s=zone_s)
    logs = [opened(name, tell) for name in request.files] if content is None else [held(content)]
    lives = Lives(request.refused)
    events = merged([log.events(reader, request.read_as) for log in logs])
    if request.expires_in_s is None:
        for event in events:
            lives.take(event)
    else:
        for event in events:
            lives.take(_with_lifetime(event, request.expires_in_s))
    lives.end()
    lives.gap_s, lives.gaps = reader.gap_s, reader.gaps
    files = tuple(log.file for log in logs)
    if not (lives.requests or lives.refreshes or lives.gaps):
        raise _nothing(logs)
    judged = report(
        lives,
        files,
        request.policy,
        zone=zone if reader.naive else None,
        mixed=reader.naive and reader.zoned and request.zone_s is None,
        issuer_ahead=request.issuer_ahead,
    )
    return judged._replace(duration_s=time.monotonic() - began_s)


def _with_lifetime(event: Event, lifetime_s: float) -> Event:
    return event._replace(lifetime_s=lifetime_s) if event.refresh and event.lifetime_s is None else event


def _zone(given_s: float | None) -> tuple[float, str]:
    """Return how far times without a zone are ahead of UTC, and that zone's name."""
    seconds = float(time.localtime().tm_gmtoff) if given_s is None else given_s
    minutes = int(abs(seconds) // 60)
    return seconds, f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _nothing(logs: "Sequence[object]") -> InputError:
    """Return the error on files of which no line is understood."""
    files = [log.file for log in logs]  # type: ignore[attr-defined]
    if not any(file.lines or file.ended for file in files):
        return InputError("there is nothing in what was given", "a FILE that holds the log, or pipe one in")
    first = next(file for file in files if file.lines or file.ended)
    if first.ended == "damaged" and not first.lines:
        return InputError(f"{first.name} is damaged: nothing in it can be read", "the whole file, as it was written")
    at = first.first_not_understood or 1
    said = f"no line of {first.name} is understood, from line {at} on (read as {first.read_as})"
    wanted = {
        "ndjson": "each line an object with t (or @timestamp), url and status",
        "csv": "a first line that names its columns: t (or timestamp), url, status",
        "har": "log.entries, as browsers export it",
    }.get(first.read_as, "lines of nginx, Apache, Envoy, urllib3, httpx or Genesys' SDK")
    return InputError(said, f"{wanted}\n--read-as ndjson, csv, har or lines; docs/log.md has hooks that write NDJSON")


__all__ = ["TOKEN_PATHS", "LogRequest", "examine_log"]
