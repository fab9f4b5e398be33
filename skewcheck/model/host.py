"""What a host says of its own clock."""

from typing import NamedTuple


class Unknown(NamedTuple):
    """A fact of this host that could not be read: never bad news in itself."""

    why: str


class KernelClock(NamedTuple):
    """What the kernel says of its clock (adjtimex(2))."""

    max_error_s: float
    """The kernel's own bound; it grows by 500 ppm from the last correction on, up to 16 s."""
    flagged_unsynchronised: bool
    """STA_UNSYNC. Not to be trusted alone: daemons set it for other reasons."""
    frequency_ppm: float
    """The correction that is applied to the hardware's rate."""
    ahead_of_python_s: float | None = None
    """The kernel's time of day minus what this process is told; None where it could not be compared."""

    @property
    def corrected_within_s(self) -> float | None:
        """The longest time for which nobody can have corrected it; None where the bound says no more (16 s)."""
        return self.max_error_s / 500e-6 if self.max_error_s < 16 else None


class DaemonClaim(NamedTuple):
    """What a time daemon says of the clock."""

    synchronised: bool
    bound_s: float | None = None
    """How far off it says that the clock is at most; None where it doesn't say."""
    source: str | None = None
    """Whom it follows, safe to show; None where it doesn't say."""
    stratum: int | None = None
    age_s: float | None = None
    """How long ago it last heard from there; None where it doesn't say."""


class Daemon(NamedTuple):
    """A time daemon on this host, by its program's usual name."""

    name: str
    """`chronyd`, `systemd-timesyncd`, `ntpd`, `ntpd-rs`, `openntpd`."""
    running: bool | None
    """None: can't tell from here."""
    claim: DaemonClaim | Unknown
    unit: str | None = None
    """Its service's name, where systemd shows it: `chrony`, `ntpsec`, ...; None where it wasn't seen."""


class Place(NamedTuple):
    """Where this process runs; None and False mean that nothing says so."""

    container: str | None = None
    """`docker`, `podman`, `kubernetes`, `ecs`, `lxc`, `nspawn`, or `container` where its kind can't be told."""
    wsl: int | None = None
    """1 or 2."""
    docker_desktop: bool = False
    virtual: str | None = None
    """The hypervisor: `kvm`, `hyperv`, `vmware`, `xen`, `virtualbox`, ..."""
    cloud: str | None = None
    """`aws`, `gce`, `azure`."""
    distribution: str | None = None
    """The ID of os-release: `debian`, `alpine`, `amzn`, ..."""


class Zone(NamedTuple):
    """The time zone that this process is told."""

    name: str | None
    """Safe to show; None where it has none."""
    utc_offset_s: int
    trouble: str | None = None
    """Finding id: `zone-missing`, `-dangling`, `-unreadable`, `-not-a-zone`, `-tz-ignored`, `-stale`."""
    detail: str = ""


class Hardware(NamedTuple):
    """What carries the clock."""

    clocksource: str | None = None
    unsteady_clocksource: bool = False
    """A source that drifts or is slow to read although a better one is there, or one that the kernel gave up."""
    slept_s: float = 0.0
    """How long this kernel was suspended since its start."""
    rtc_ahead_s: float | None = None
    """The battery-backed clock minus the local one; None where it can't be read."""
    rtc_in_local_time: bool = False
    ptp: tuple[str, ...] = ()
    """Clock devices of the host or hypervisor that a daemon could follow: `KVM virtual PTP`, `hyperv`, `ena-ptp-…`."""


class Fake(NamedTuple):
    """Something that tells this process another time than the kernel's."""

    how: str
    """What it is, safe to show: `libfaketime`."""
    ahead_s: float | None
    """This process's clock minus the kernel's; None where that can't be told, or changes all the time."""
    other_rate: bool = False
    """It lets time run at another rate than the kernel's."""


class ConfiguredServer(NamedTuple):
    """A time server that this host is set up to ask."""

    host: str
    """As written, safe to show."""
    origin: str
    """The file that names it."""


class HostFacts(NamedTuple):
    """All that this host says of its own clock."""

    kernel: KernelClock | Unknown
    daemons: tuple[Daemon, ...]
    place: Place
    zone: Zone
    hardware: Hardware
    fake: Fake | None
    configured: tuple[ConfiguredServer, ...]
