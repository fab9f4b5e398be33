"""What a host says of its own clock, held against what was measured. Each illness is one small function.

What the host doesn't tell (`Unknown`, None) gives no finding, and no finding tells of a skew that wasn't measured.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck.judge import remedies, zones
from skewcheck.model import (
    Basis,
    Consensus,
    Daemon,
    DaemonClaim,
    Finding,
    HostFacts,
    Interval,
    Judgement,
    KernelClock,
    NextStep,
    Status,
)
from skewcheck.quantity import duration_text, range_text

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

CONTRADICTED_S = 0.01
"""A tenth of what is warned of by default: a promise that is broken by less harms nobody."""

_LINUX = "linux"
"""`sys.platform` of the only system whose daemons and kernel are read."""


class Case(NamedTuple):
    """All that a finding about the host can rest on."""

    host: HostFacts
    interval: Interval | None
    """The skew as measured in this process; None where nothing is known of it."""
    basis: Basis | None
    """None: not against UTC but against the clock of an API, which may be the one that is off."""
    judgement: Judgement

    @property
    def kernel_skew(self) -> Interval | None:
        """The range of the kernel's clock, which is not the process's where that is faked; None where unknown."""
        return kernel_skew(self.host, self.interval)

    @property
    def severity(self) -> Status:
        """Of a finding that explains the measured skew; ok where there is none that anybody is warned of."""
        return self.judgement.status if self.judgement.status in (Status.WARNING, Status.CRITICAL) else Status.OK


class Contradicted(NamedTuple):
    """A running daemon whose promise the measured range excludes."""

    name: str
    bound_s: float
    """How far off it says that the clock is at most."""
    source: str | None
    gap_s: float
    """By how much more it is off at least."""


def findings(host: HostFacts, consensus: Consensus, judgement: Judgement) -> list[Finding]:
    """Return all that is wrong with or worth knowing of this host, the most important first."""
    return _found(Case(host, consensus.interval, consensus.basis, judgement))


def beside_an_api(host: HostFacts, interval: Interval | None, judgement: Judgement) -> list[Finding]:
    """Return the same beside a measurement against an API: without what needs UTC to be known."""
    return _found(Case(host, interval, None, judgement))


def _found(case: Case) -> list[Finding]:
    return [finding for finder in _FINDERS for finding in finder(case)]


def contradicted_daemon(host: HostFacts, interval: Interval | None) -> Contradicted | None:
    """Return the running daemon that says the clock is better than *interval*, measured in this process, allows.

    None where no daemon promises anything, or where what is promised and what was measured can both be true.
    """
    kernel = kernel_skew(host, interval)
    if kernel is None:
        return None
    for daemon, claim in _claims(host):
        if claim.synchronised and claim.bound_s is not None:
            gap_s = kernel.gap_to(Interval(-claim.bound_s, claim.bound_s))
            if gap_s >= CONTRADICTED_S:
                return Contradicted(daemon.name, claim.bound_s, claim.source, gap_s)
    return None


def kernel_skew(host: HostFacts, interval: Interval | None) -> Interval | None:
    """Return the range of the kernel's clock where *interval* is that of this process's; None where unknown."""
    if interval is None or host.fake is None:
        return interval
    if host.fake.ahead_s is None:
        return None
    by_s = host.fake.ahead_s
    return Interval(interval.low_s - by_s, interval.high_s - by_s).widened(FAKE_READ_S)


def _claims(host: HostFacts) -> list[tuple[Daemon, DaemonClaim]]:
    """Return the running daemons that say something."""
    return [
        (daemon, daemon.claim) for daemon in host.daemons if daemon.running and isinstance(daemon.claim, DaemonClaim)
    ]


def _faked(case: Case) -> list[Finding]:
    fake = case.host.fake
    if fake is None or not remedies.misleads(fake):
        return []
    if fake.other_rate:
        summary = (
            f"time runs at another rate in this process than in the kernel, by {fake.how}: no round trip took as long "
            "as it looks, so nothing is proven"
        )
    elif fake.ahead_s is None:
        summary = f"{fake.how} is in this process: it may be told another time than the kernel's"
    else:
        way = "ahead of" if fake.ahead_s > 0 else "behind"
        summary = f"this process is told a time {duration_text(fake.ahead_s)} {way} the kernel's, by {fake.how}"
    remedy = (remedies.mend_clock(_LINUX, case.host).command,)
    return [Finding("faked", Status.OK, summary, (("how", fake.how), ("ahead_s", fake.ahead_s)), remedy)]


def _daemon_wrong(case: Case) -> list[Finding]:
    found, kernel = contradicted_daemon(case.host, case.interval), case.kernel_skew
    if found is None or kernel is None or case.basis is None:
        return []
    source = "" if found.source is None else f" ({found.source})"
    if found.source is not None and remedies.smears(found.source):
        blame = f"this machine was paused since it last asked, or its server{source} smears a leap second"
    elif case.basis is Basis.MAJORITY:
        blame = f"its server{source} is wrong, or this machine was paused since it last asked"
    elif case.basis is Basis.MINORITY:
        blame = f"its server{source} is wrong, or the few that were heard here"
    else:
        blame = f"its server{source} is wrong, or the one that was asked here"
    measured = f"measured {range_text(*kernel)}{'' if case.host.fake is None else ' without the fake'}"
    summary = f"{found.name} here says within {duration_text(found.bound_s)}; {measured}: {blame}"
    evidence = (
        ("daemon", found.name),
        ("bound_s", found.bound_s),
        ("source", found.source),
        ("off_by_s", found.gap_s),
    )
    remedy = _confirmed(case, remedies.mend_clock(_LINUX, case.host._replace(fake=None), wrong_daemon=found.name))
    return [Finding("daemon-wrong", case.severity, summary, evidence, remedy)]


def _confirmed(case: Case, step: NextStep) -> tuple[str, ...]:
    """Return *step* as a remedy; not one that changes something, where no majority of those asked vouches for why."""
    return (step.command,) if case.basis is Basis.MAJORITY or step.kind == "next" else ()


def _daemon_unsynchronised(case: Case) -> list[Finding]:
    """Tell of a daemon that follows nobody; where none runs, of a kernel that nobody corrects.

    Its bound is at the limit from its start on, too, and after somebody set the clock by hand.
    """
    host = case.host
    claims = _claims(host)
    lost = [daemon for daemon, claim in claims if not claim.synchronised]
    if len(lost) < len(claims):  # another one keeps it
        return []
    if lost:
        summary = f"{lost[0].name} here says that it is not synchronised: nobody keeps this clock right"
        evidence: tuple[tuple[str, str | float | None], ...] = (("daemon", lost[0].name),)
        return [Finding("daemon-unsynchronised", case.severity, summary, evidence, _mending(host, lost[0]))]
    if any(daemon.running for daemon in host.daemons) or host.place.wsl is not None:  # Windows sets that one, unseen
        return []
    if not isinstance(host.kernel, KernelClock) or host.kernel.max_error_s < KERNEL_LIMIT_S:
        return []
    seen = "can be seen from in here" if host.place.container is not None else "runs here"
    summary = f"no time daemon {seen}, and the kernel knows of none that corrects its clock"
    evidence = (("daemon", None), ("kernel_max_error_s", host.kernel.max_error_s))
    return [Finding("daemon-unsynchronised", case.severity, summary, evidence, _mending(host))]


def _mending(host: HostFacts, *daemons: Daemon) -> tuple[str, ...]:
    """Return what mends the kernel's clock by these daemons; by all of the host where none is given."""
    return (remedies.mend_clock(_LINUX, host._replace(fake=None, daemons=daemons or host.daemons)).command,)


def _two_daemons(case: Case) -> list[Finding]:
    """Tell of daemons that correct one clock against each other. A container's own correct none."""
    running = [daemon for daemon in case.host.daemons if daemon.running]
    if len(running) < 2 or case.host.place.container is not None:
        return []
    kept = next((daemon for daemon, claim in _claims(case.host) if claim.synchronised), running[0])
    names = [daemon.name for daemon in running]
    ways = "two ways" if len(names) == 2 else "several ways"
    both = "both" if len(names) == 2 else "all"
    summary = f"{', '.join(names[:-1])} and {names[-1]} {both} run here: they pull one clock {ways}"
    remedy = tuple(remedies.disable(daemon, case.host.place) for daemon in running if daemon is not kept)
    return [Finding("two-daemons", Status.OK, summary, (("daemons", ", ".join(names)),), remedy)]


def _stale_sync(case: Case) -> list[Finding]:
    """Tell of a daemon that hasn't heard from its server for hours; where none says, of the kernel's own bound."""
    ages = [(daemon, claim.age_s) for daemon, claim in _claims(case.host) if claim.age_s is not None]
    stale = [(daemon, age_s) for daemon, age_s in ages if age_s > STALE_SYNC_S]
    if stale:
        daemon, age_s = stale[0]
        summary = f"{daemon.name} here last heard from its server {duration_text(age_s)} ago"
        evidence: tuple[tuple[str, str | float | None], ...] = (("daemon", daemon.name), ("age_s", age_s))
        return [Finding("stale-sync", Status.OK, summary, evidence, _mending(case.host, daemon))]
    kernel = case.host.kernel
    if ages or not isinstance(kernel, KernelClock) or kernel.corrected_within_s is None:
        return []
    if kernel.corrected_within_s <= STALE_SYNC_S:
        return []
    summary = (
        f"the kernel's own bound for its clock has grown to {duration_text(kernel.max_error_s)}: perhaps nobody has "
        f"corrected it for {duration_text(kernel.corrected_within_s)}"
    )
    evidence = (("kernel_max_error_s", kernel.max_error_s), ("age_s", kernel.corrected_within_s))
    return [Finding("stale-sync", Status.OK, summary, evidence, _mending(case.host))]


def _time_zone(case: Case) -> list[Finding]:
    kernel, zone_s = case.kernel_skew, case.host.zone.utc_offset_s
    if kernel is None or case.basis is None:
        return []
    remedy = _confirmed(case, remedies.mend_clock(_LINUX, case.host))
    return zones.own_zone(kernel, zone_s, case.severity, remedy)


def _zone_trouble(case: Case) -> list[Finding]:
    zone = case.host.zone
    if zone.trouble is None:
        return []
    what = zone.detail or "this host's time zone can't be told"
    summary = f"{what}; local times here can be wrong, and so can tokens that are stamped from them"
    evidence = (("zone", zone.name), ("utc_offset_s", zone.utc_offset_s))
    remedy = zones.mend_zone(zone.trouble, zone.name, case.host.place)
    return [Finding(zone.trouble, Status.OK, summary, evidence, remedy)]


def _slept(case: Case) -> list[Finding]:
    slept_s = case.host.hardware.slept_s
    if case.severity is Status.OK or slept_s < SLEPT_S:
        return []
    summary = f"this host has slept for {duration_text(slept_s)} since its start: a clock is often off after that"
    return [Finding("slept", Status.OK, summary, (("slept_s", slept_s),))]


def _unsteady_clocksource(case: Case) -> list[Finding]:
    hardware = case.host.hardware
    if not hardware.unsteady_clocksource or hardware.clocksource is None:
        return []
    summary = (
        f"the kernel counts time by {hardware.clocksource}, which drifts or is slow to read, and not by a better one"
    )
    remedy = (remedies.FIND_CLOCKSOURCE,)
    return [Finding("unsteady-clocksource", Status.OK, summary, (("clocksource", hardware.clocksource),), remedy)]


def _rtc_local_time(case: Case) -> list[Finding]:
    """Tell of a battery-backed clock in local time. A container's own file about it says nothing of the host."""
    if not case.host.hardware.rtc_in_local_time or case.host.place.container is not None:
        return []
    summary = (
        "the battery-backed clock is kept in local time: after a start, or a change to summer time, this one is off; "
        "where it is UTC, Windows on the same machine needs its own setting for that"
    )
    remedy = (remedies.RTC_TO_UTC,) if case.judgement.status is Status.OK else ()  # it sets that one by this one
    return [Finding("rtc-local-time", Status.OK, summary, (), remedy)]


def _rtc_off(case: Case) -> list[Finding]:
    """Tell of a battery-backed clock that is far from this one: after the next start this one is where that is.

    One in local time is that of the host's zone, which a process with a zone of its own (`TZ`) doesn't know: any will
    do. In a container it is the node's.
    """
    hardware, fake = case.host.hardware, case.host.fake
    if hardware.rtc_ahead_s is None or (fake is not None and fake.ahead_s is None):
        return []
    ahead_s = hardware.rtc_ahead_s + (0.0 if fake is None or fake.ahead_s is None else fake.ahead_s)
    if not math.isfinite(ahead_s) or case.host.place.container is not None:
        return []
    if hardware.rtc_in_local_time:
        zone_s = round(ahead_s / zones.ZONE_STEP_S) * zones.ZONE_STEP_S
        ahead_s -= zone_s if abs(zone_s) <= zones.LONGEST_ZONE_S else case.host.zone.utc_offset_s
    if abs(ahead_s) < RTC_OFF_S:
        return []
    way = "ahead of" if ahead_s > 0 else "behind"
    summary = f"the battery-backed clock is {duration_text(ahead_s)} {way} this one, which starts from it the next time"
    remedy = (remedies.SET_RTC,) if case.judgement.status is Status.OK else ()  # a wrong clock is not handed on
    return [Finding("rtc-off", Status.OK, summary, (("rtc_ahead_s", ahead_s),), remedy)]


def _better_clock(case: Case) -> list[Finding]:
    """Tell of the host's own clock device that no daemon follows. In a container it is the node's to follow."""
    if case.host.place.container is not None or any(_is_fine(claim) for _, claim in _claims(case.host)):
        return []
    for name in case.host.hardware.ptp:
        line = remedies.follow_device(name)
        if line is not None:
            summary = f"{name} is here, the clock of the machine below: steadier to follow than any server"
            return [Finding("better-clock", Status.OK, summary, (("device", name),), (f"in chrony.conf: {line}",))]
    return []


def _is_fine(claim: DaemonClaim) -> bool:
    return claim.synchronised and claim.bound_s is not None and claim.bound_s < PTP_WORTH_S


_FINDERS: Sequence[Callable[[Case], list[Finding]]] = (
    _faked,
    _daemon_wrong,
    _time_zone,
    _daemon_unsynchronised,
    _two_daemons,
    _stale_sync,
    _slept,
    _zone_trouble,
    _rtc_local_time,
    _rtc_off,
    _unsteady_clocksource,
    _better_clock,
)
