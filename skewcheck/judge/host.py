"""What this host says of its own clock, held against what was measured. Each illness is one small function.

What the host doesn't say (`Unknown`, None) gives no finding, and no finding speaks of a skew that wasn't measured.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from skewcheck.judge.case import Case, Who
from skewcheck.judge.severity import OFF
from skewcheck.model import Daemon, DaemonClaim, Fake, Finding, HostFacts, Interval, KernelClock, Status

KERNEL_LIMIT_S = 16.0
"""Where the kernel's own bound ends (NTP_PHASE_LIMIT of Linux' timex.h); 500 ppm take it there in 8.9 hours."""
LONGEST_POLL_S = 2048.0
"""The longest interval at which daemons poll by default: systemd-timesyncd's (timesyncd.conf(5)); NTP's is 1024 s."""
STALE_SYNC_S = 8 * LONGEST_POLL_S
"""Eight polls without an answer empty NTP's reach register (RFC 5905 §13): 4 h 33 min."""
SLEPT_S = 1.0
"""The shortest sleep that can put a clock off by what anybody is warned of."""
RTC_OFF_S = 60.0
"""A battery-backed clock counts whole seconds, and its crystal drifts by less than a minute in a month."""
PTP_WORTH_S = 0.001
"""A daemon that promises less than this gains nothing from a clock device of the host's."""
FAKE_READ_S = 0.001
"""How exactly the kernel's time of day and this process's are compared: two readings one after the other."""
FAKE_MATTERS_S = 0.001
"""A library that could fake the time, and adds less than this: the distance of two readings, and nothing to mend."""
CONTRADICTED_S = 0.01
"""A tenth of what is warned of by default: a promise that is broken by less harms nobody."""

ZONES_S = tuple(
    sorted([*(3600 * hours for hours in range(1, 15)),
            *(60 * (60 * hours + minutes) for hours, minutes in (
                (2, 30), (3, 30), (4, 30), (5, 30), (5, 45), (6, 30), (8, 45), (9, 30), (10, 30), (12, 45), (13, 45)
            ))])
)  # fmt: skip
"""How far from UTC the zones of the tz database are, either way, in winter and in summer. No zone is a quarter of an
hour away from UTC, or at most of the halves: a hint there would only support a wrong theory."""
ZONE_SLACK_S = 5.0
"""Who sets a clock by hand, or from one that counts seconds, is off by a few of them."""
SUMMER_S = 3600
"""By how much a zone moves in summer, nearly everywhere."""

_SMEARED = (
    # What is not UTC for a day around a leap second: Google's four servers, its cloud's and Amazon's own, Meta's.
    "time.google.com", "time1.google.com", "time2.google.com", "time3.google.com", "time4.google.com",
    "216.239.35.0", "216.239.35.4", "216.239.35.8", "216.239.35.12",
    "2001:4860:4806::", "2001:4860:4806:4::", "2001:4860:4806:8::", "2001:4860:4806:c::",
    "metadata.google.internal", "169.254.169.254", "time.aws.com", "169.254.169.123", "fd00:ec2::123",
    "time.facebook.com",
)  # fmt: skip
_PTP_DEVICES = (
    # (how the driver's clock_name begins, the link that udev makes of it: systemd's rules, and Amazon's for the ENA)
    ("hyperv", "/dev/ptp_hyperv"),
    ("KVM virtual PTP", "/dev/ptp_kvm"),
    ("ena-ptp", "/dev/ptp_ena"),
)


class Contradicted(NamedTuple):
    """A running daemon whose promise the measured range excludes."""

    name: str
    bound_s: float
    """How far off it says that the clock is at most."""
    source: str | None
    gap_s: float
    """By how much more it is off at least."""


def findings(case: Case) -> list[Finding]:
    """Return all that is wrong with or worth knowing of this host."""
    host = case.host
    return [] if host is None else [finding for finder in _FINDERS for finding in finder(case, host)]


def smears(server: str) -> bool:
    """Tell whether *server* is known to smear leap seconds: it is not wrong then, but not UTC for a day."""
    return server.lower().removesuffix(".") in _SMEARED


def misleads(fake: Fake | None) -> bool:
    """Tell whether *fake* can be why this process sees another time; one that can't be measured can."""
    return fake is not None and (fake.ahead_s is None or abs(fake.ahead_s) >= FAKE_MATTERS_S)


def contradicted_daemon(case: Case) -> Contradicted | None:
    """Return the running daemon that says the clock is better than the range, measured in this process, allows.

    None where no daemon promises anything, or where what is promised and what was measured can both be true.
    """
    kernel = None if case.host is None else _kernel_skew(case, case.host)
    if case.host is None or kernel is None:
        return None
    for daemon, claim in _claims(case.host):
        if claim.synchronised and claim.bound_s is not None:
            gap_s = kernel.gap_to(Interval(-claim.bound_s, claim.bound_s))
            if gap_s >= CONTRADICTED_S:
                return Contradicted(daemon.name, claim.bound_s, claim.source, gap_s)
    return None


def zone_of(skew: Interval) -> int | None:
    """Return the distance of a time zone from UTC, in seconds, that *skew* can only be; None where it is none."""
    if not math.isfinite(skew.middle_s):
        return None
    zone_s = nearest_zone(skew.middle_s)
    inside = zone_s - ZONE_SLACK_S <= skew.low_s and skew.high_s <= zone_s + ZONE_SLACK_S
    return zone_s if zone_s and inside else None


def nearest_zone(ahead_s: float) -> int:
    """Return the distance of a time zone from UTC, either way and 0 included, that is nearest to *ahead_s*."""
    return round(math.copysign(min((0, *ZONES_S), key=lambda zone_s: abs(abs(ahead_s) - zone_s)), ahead_s))


def _skew(case: Case) -> tuple[Interval | None, bool]:
    """Return the skew of this process's clock, and whether it is against UTC and not against an API's."""
    utc = None if case.ntp is None else case.ntp.survey.consensus.interval
    if utc is not None:
        return utc, True
    reading = case.reading
    return (None, False) if reading is None else (reading.range, False)


def _kernel_skew(case: Case, host: HostFacts) -> Interval | None:
    """Return the range of the kernel's clock, which is not the process's where that is faked; None where unknown."""
    interval, _ = _skew(case)
    if interval is None or host.fake is None:
        return interval
    by_s = host.fake.ahead_s
    return None if by_s is None else Interval(interval.low_s - by_s, interval.high_s - by_s).widened(FAKE_READ_S)


def _status(case: Case) -> Status:
    """Return the status of a finding that explains the measured skew; ok where none matters, or it is the API's."""
    if case.who is Who.API:
        return Status.OK
    judged = [part.judgement.status for part in (case.ntp, case.api) if part is not None]
    off = [status for status in judged if status in OFF]
    return off[0] if off else Status.OK


def _claims(host: HostFacts) -> list[tuple[Daemon, DaemonClaim]]:
    """Return the running daemons that say something."""
    return [
        (daemon, daemon.claim) for daemon in host.daemons if daemon.running and isinstance(daemon.claim, DaemonClaim)
    ]


def _faked(_: Case, host: HostFacts) -> list[Finding]:
    fake = host.fake
    if fake is None or not misleads(fake) or fake.other_rate:
        return []  # the last is told with what was measured
    way = None if fake.ahead_s is None else "ahead" if fake.ahead_s > 0 else "behind"
    facts = (("how", fake.how), ("ahead_s", fake.ahead_s), ("ahead_way", way), ("other_rate", None))
    return [Finding("fake-time", Status.OK, facts)]


def _daemon_wrong(case: Case, _: HostFacts) -> list[Finding]:
    found, (___, by_utc) = contradicted_daemon(case), _skew(case)
    if found is None or not by_utc:
        return []
    facts = (
        ("daemon", found.name),
        ("bound_s", found.bound_s),
        ("source", found.source),
        ("off_by_s", found.gap_s),
        ("smears", found.source is not None and smears(found.source)),
    )
    return [Finding("daemon-wrong", _status(case), facts)]


def _clock_zone(case: Case, host: HostFacts) -> list[Finding]:
    """Tell of a clock that is off as time zones are: by this host's own distance from UTC somebody mixed them up.

    At another distance that is only possible: one in two hundred clocks that are hours off for another reason is near
    that of a zone, too. An hour where this host's own zone is another is summer time.
    """
    kernel, (_, by_utc) = _kernel_skew(case, host), _skew(case)
    zone_s, own_s = None if kernel is None else zone_of(kernel), host.zone.utc_offset_s
    if zone_s is None:
        return []
    facts = (("zone_s", zone_s), ("utc_offset_s", own_s), ("how", _how_mixed_up(abs(zone_s), own_s, by_utc=by_utc)))
    return [Finding("clock-zone", _status(case), facts)]


def _how_mixed_up(zone_s: int, own_s: int, *, by_utc: bool) -> str:
    """Tell how sure it is that a clock which is off by *zone_s* was set by a zone, where this host's own is *own_s*."""
    if by_utc and zone_s == abs(own_s):
        return "surely"
    if not by_utc and own_s and zone_s in {abs(own_s + summer_s) for summer_s in (-SUMMER_S, 0, SUMMER_S)}:
        return "likely"
    return "summer" if own_s and zone_s == SUMMER_S else "possibly"


def _daemon_unsynchronised(case: Case, host: HostFacts) -> list[Finding]:
    """Tell of a daemon that follows nobody; where none runs, of a kernel that nobody corrects.

    Its bound is at the limit from its start on, too, and after somebody set the clock by hand.
    """
    claims = _claims(host)
    lost = [daemon for daemon, claim in claims if not claim.synchronised]
    if len(lost) < len(claims):  # another one keeps it
        return []
    if lost:
        facts = (("daemon", lost[0].name), ("kernel_max_error_s", None), ("why", None))
        return [Finding("daemon-unsynchronised", _status(case), facts)]
    # Whether a daemon runs can't be seen where one is installed and /proc doesn't tell; Windows sets WSL's clock.
    if any(daemon.running is not False for daemon in host.daemons) or host.place.wsl is not None:
        return []
    if not isinstance(host.kernel, KernelClock) or host.kernel.max_error_s < KERNEL_LIMIT_S:
        return []
    why = "unseen" if host.place.container is not None else "none"
    none = (("daemon", None), ("kernel_max_error_s", host.kernel.max_error_s), ("why", why))
    return [Finding("daemon-unsynchronised", _status(case), none)]


def _two_daemons(_: Case, host: HostFacts) -> list[Finding]:
    """Tell of daemons that correct one clock against each other. A container's own correct none."""
    running = [daemon.name for daemon in host.daemons if daemon.running]
    if len(running) < 2 or host.place.container is not None:
        return []
    return [Finding("two-daemons", Status.OK, (("daemons", f"{', '.join(running[:-1])} and {running[-1]}"),))]


def superfluous_daemons(host: HostFacts) -> list[Daemon]:
    """Return the daemons to disable where several run: all but the one that is synchronised, or the first."""
    running = [daemon for daemon in host.daemons if daemon.running]
    kept = next((daemon for daemon, claim in _claims(host) if claim.synchronised), running[0] if running else None)
    return [daemon for daemon in running if daemon is not kept]


def _stale_sync(_: Case, host: HostFacts) -> list[Finding]:
    """Tell of a daemon that hasn't heard from its server for hours; where none says, of the kernel's own bound."""
    ages = [(claim.age_s, daemon.name) for daemon, claim in _claims(host) if claim.age_s is not None]
    kernel, bound_s = host.kernel, None
    found: list[tuple[float, str | None]] = [*ages]
    if not ages and isinstance(kernel, KernelClock) and kernel.corrected_within_s is not None:
        found, bound_s = [(kernel.corrected_within_s, None)], kernel.max_error_s
    return [
        Finding("stale-sync", Status.OK, (("daemon", name), ("age_s", age_s), ("kernel_max_error_s", bound_s)))
        for age_s, name in found
        if age_s > STALE_SYNC_S
    ][:1]


def _slept(case: Case, host: HostFacts) -> list[Finding]:
    slept_s = host.hardware.slept_s
    if _status(case) is Status.OK or slept_s < SLEPT_S:
        return []
    return [Finding("slept", Status.OK, (("slept_s", slept_s),))]


def _zone_files(_: Case, host: HostFacts) -> list[Finding]:
    zone = host.zone
    if zone.trouble is None:
        return []
    detail = zone.detail or "it can't be read"
    facts = (("trouble", zone.trouble), ("detail", detail), ("zone", zone.name), ("utc_offset_s", zone.utc_offset_s))
    return [Finding("zone-files", Status.OK, facts)]


def _rtc_local_time(_: Case, host: HostFacts) -> list[Finding]:
    """Tell of a battery-backed clock in local time. A container's own file about it says nothing of the host."""
    told = host.hardware.rtc_in_local_time and host.place.container is None
    return [Finding("rtc-local-time", Status.OK)] if told else []


def _rtc_off(_: Case, host: HostFacts) -> list[Finding]:
    """Tell of a battery-backed clock that is far from this one: after the next start this one is where that is.

    One in local time is that of the host's zone, which a process with a zone of its own (`TZ`) doesn't know: any will
    do. In a container it is the node's.
    """
    hardware, fake = host.hardware, host.fake
    if hardware.rtc_ahead_s is None or (fake is not None and fake.ahead_s is None):
        return []
    ahead_s = hardware.rtc_ahead_s + (0.0 if fake is None or fake.ahead_s is None else fake.ahead_s)
    if not math.isfinite(ahead_s) or host.place.container is not None:
        return []
    if hardware.rtc_in_local_time:
        ahead_s -= nearest_zone(ahead_s)
    if abs(ahead_s) < RTC_OFF_S:
        return []
    way = "ahead of" if ahead_s > 0 else "behind"
    return [Finding("rtc-off", Status.OK, (("ahead_s", ahead_s), ("ahead_way", way)))]


def _better_clock(_: Case, host: HostFacts) -> list[Finding]:
    """Tell of the host's own clock device that no daemon follows. In a container it is the node's to follow."""
    fine = (claim.synchronised and (claim.bound_s or math.inf) < PTP_WORTH_S for _, claim in _claims(host))
    if host.place.container is not None or any(fine):
        return []
    for name in host.hardware.ptp:
        device = next((device for begin, device in _PTP_DEVICES if name.startswith(begin)), None)
        if device is not None:
            line = f"refclock PHC {device} poll 3 dpoll -2 offset 0 stratum 2"
            return [Finding("better-clock", Status.OK, (("device", name), ("line", line)))]
    return []


_FINDERS: tuple[Callable[[Case, HostFacts], list[Finding]], ...] = (
    _faked,
    _daemon_wrong,
    _clock_zone,
    _daemon_unsynchronised,
    _two_daemons,
    _stale_sync,
    _slept,
    _zone_files,
    _rtc_local_time,
    _rtc_off,
    _better_clock,
)
