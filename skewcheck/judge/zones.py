"""Time zones: one that was taken for UTC, and what mends one that is in trouble."""

import re

from skewcheck.judge.remedies import family_of
from skewcheck.model import Finding, Interval, Place, Status
from skewcheck.quantity import duration_text

ZONE_STEP_S = 900
"""All of today's time zones are whole quarters of an hour away from UTC."""
ZONE_SLACK_S = 5.0
"""Who sets a clock by hand, or from one that counts seconds, is off by a few of them."""
LONGEST_ZONE_S = 14 * 3600
"""The farthest from UTC that any zone of today is."""
SUMMER_S = 3600
"""By how much a zone moves in summer, nearly everywhere."""


def quarter_of(skew: Interval) -> int | None:
    """Return the whole quarters of an hour, in seconds, that *skew* can only be; None for 0, or where it is none."""
    middle_s = skew.middle_s
    if not abs(middle_s) <= LONGEST_ZONE_S + ZONE_SLACK_S:  # also where a side is open
        return None
    quarter_s = round(middle_s / ZONE_STEP_S) * ZONE_STEP_S
    inside = quarter_s - ZONE_SLACK_S <= skew.low_s and skew.high_s <= quarter_s + ZONE_SLACK_S
    return quarter_s if quarter_s and inside else None


def own_zone(skew: Interval, utc_offset_s: int, severity: Status, remedy: tuple[str, ...]) -> list[Finding]:
    """Tell of a clock that is off by exactly this host's distance from UTC: somebody took one for the other."""
    quarter_s = quarter_of(skew)
    if quarter_s is None or abs(quarter_s) != abs(utc_offset_s):
        return []
    how = "was set to local time as if that were UTC"
    if quarter_s != utc_offset_s:
        how = "was set to UTC as if that were local time"
    far = f"{duration_text(utc_offset_s)} {'east' if utc_offset_s > 0 else 'west'}"
    summary = f"it is off by this host's own distance from UTC ({far}): the clock {how}"
    evidence = (("utc_offset_s", utc_offset_s), ("low_s", skew.low_s), ("high_s", skew.high_s))
    return [Finding("time-zone", severity, summary, evidence, remedy)]


def any_zone(skew: Interval, utc_offset_s: int | None, severity: Status, remedy: tuple[str, ...]) -> list[Finding]:
    """Tell of two clocks that are a whole quarter of an hour apart; *utc_offset_s*: this host's, None where unknown.

    One in ninety clocks that are far off for another reason is near a quarter, too: so this is only possible, but
    where it is this host's own distance from UTC, in winter or in summer.
    """
    quarter_s = quarter_of(skew)
    if quarter_s is None:
        return []
    far = duration_text(quarter_s)
    own_s = {abs((utc_offset_s or 0) + summer_s) for summer_s in (-SUMMER_S, 0, SUMMER_S)} if utc_offset_s else set()
    if abs(quarter_s) in own_s:
        season = "" if abs(quarter_s) == abs(utc_offset_s or 0) else ", give or take the hour of summer time"
        why = f"likely local time was taken for UTC, or UTC for local time: this host's own zone is as far{season}"
    else:
        why = "a whole quarter of an hour, as zones are: possibly a local time was taken for UTC"
    evidence = (
        ("quarter_s", quarter_s),
        ("utc_offset_s", utc_offset_s),
        ("low_s", skew.low_s),
        ("high_s", skew.high_s),
    )
    return [Finding("time-zone", severity, f"the two clocks are {far} apart: {why}", evidence, remedy)]


# --- A zone in trouble ---

_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", re.ASCII)
_FIND_ZONE = "ls /usr/share/zoneinfo"
_SET_ZONE = "timedatectl set-timezone {zone}"
_ZONES = {
    "zone-missing": _SET_ZONE,
    "zone-dangling": _SET_ZONE,
    "zone-unreadable": "chmod a+r /etc/localtime",
    "zone-not-a-zone": _SET_ZONE,
    "zone-tz-ignored": "unset TZ",
    "zone-stale": _SET_ZONE,
}
_INSTALL_ZONES = {
    "debian": "apt-get install tzdata",
    "ubuntu": "apt-get install tzdata",
    "rhel": "yum install tzdata",
    "azure": "tdnf install tzdata",
    "alpine": "apk add tzdata",
}


def mend_zone(trouble: str, zone: str | None, place: Place) -> tuple[str, ...]:
    """Return what mends a time zone's *trouble* (finding id); none for one that isn't known."""
    command = _ZONES.get(trouble)
    if command is None:
        return ()
    name = zone if zone is not None and _ZONE_NAME.fullmatch(zone) else None
    installing = _INSTALL_ZONES.get(family_of(place))
    if trouble == "zone-tz-ignored":
        if name is not None and "/" in name and installing is not None:
            return (_as_root(installing, place), command)  # misspelt, or there are no files of zones here
        return (command,)
    if trouble == "zone-dangling" and installing is not None:  # the zone is named, and its file isn't there
        return (_as_root(installing, place),)
    if command != _SET_ZONE:
        return (_as_root(command, place),)
    if name is None:
        return (_FIND_ZONE,)
    if place.container is not None or place.distribution == "alpine":  # no systemd there to ask
        command = "ln -sf /usr/share/zoneinfo/{zone} /etc/localtime"
    return (_as_root(command.format(zone=name), place),)


def _as_root(command: str, place: Place) -> str:
    """Return *command* for who may: the image's maker for a container; Alpine comes without sudo."""
    if place.container is not None:
        return f"in the image: {command}"
    return command if place.distribution == "alpine" else f"sudo {command}"
