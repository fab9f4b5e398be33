"""What a person can do about it: one command each, as data. skewcheck itself sets nothing.

`do` mends it, here; `next` settles or finds out what is still open, or has to be run elsewhere.
"""

from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.model import ConfiguredServer, Daemon, DaemonClaim, Fake, HostFacts, NextStep, Place

_MENDING = {
    "linux": NextStep(
        "next",
        "timedatectl timesync-status || chronyc tracking",
        "shows which server this host follows, and whether it does; then mend that",
    ),
    "darwin": NextStep("do", "sudo sntp -sS time.apple.com", "sets this clock once; then turn automatic time on"),
    "win32": NextStep("do", "w32tm /resync /rediscover", "sets this clock once, as an administrator"),
}
_ELSEWHERE = _MENDING["linux"]._replace(command="ntpq -pn || chronyc tracking")
LOOK_AT_THE_API = NextStep(
    "next", "skewcheck api --region REGION", "asks the API for its own clock (`skewcheck api` alone lists the regions)"
)
ASK_PUBLIC = NextStep(
    "next", "skewcheck clock", "asks this host's own servers and public ones, so that none is trusted alone"
)
ASK_OTHERS = NextStep(
    "next",
    "skewcheck clock -H HOST1 -H HOST2 -H HOST3",
    "with servers of your own: three or more outvote one that lies",
)
ASK_NEARER = NextStep(
    "next", "skewcheck clock -H HOST1 -H HOST2 -H HOST3", "with servers that are nearer: these promise too little"
)
ASK_INSIDE = NextStep(
    "next",
    "skewcheck clock -H ADDRESS",
    "with a time server that this network can reach: ask whoever runs the network",
)


def again(asked: Sequence[str]) -> NextStep:
    """Return how to ask the same servers again; *asked*: the arguments that named them."""
    return NextStep("next", " ".join(["skewcheck clock", *asked]), "measures again, now that the clock has been set")


def more_samples(asked: Sequence[str], samples: int) -> NextStep:
    """Return how to take *samples* of the same servers."""
    command = " ".join(["skewcheck clock", f"--samples {samples}", *asked])
    return NextStep("next", command, f"narrows the range: {samples} samples of each server, where one went a long way")


# --- A clock that is off ---


LONGEST_WHY = 120


def mend_clock(
    platform: str,
    host: HostFacts | None = None,
    *,
    wrong_daemon: str | None = None,
    wrong_server: ConfiguredServer | None = None,
) -> NextStep:
    """Return the one command that mends this clock where it can be mended, or finds out why it is off.

    *platform*: as `sys.platform`. *wrong_daemon*: it says that the clock is right and is contradicted, so that setting
    the clock once more changes nothing. *wrong_server*: this host follows it, and the majority outvoted it.
    """
    if host is not None and host.fake is not None and misleads(host.fake):
        return unfake(host)
    if host is None or platform != "linux":
        return _MENDING.get(platform, _ELSEWHERE)
    wrong = wrong_daemon is not None or wrong_server is not None
    below = None if wrong and host.place.container is None else _mend_below(host.place)
    if below is not None:  # a container's own daemons and settings move no clock
        return below
    step = _look_at(host, wrong_daemon, wrong_server) if wrong else _mend_daemon(host)
    return _hinted(step, host)


FAKE_MATTERS_S = 0.001
"""A library that could fake the time, and adds less than this: the distance of two readings, and nothing to mend."""


def unfake(host: HostFacts | None) -> NextStep:
    """Return how to run again without what fakes this process's time, or how to find it."""
    return _UNFAKE if host is not None and host.fake is not None and host.fake.how in _PRELOADED else _FIND_FAKE


def misleads(fake: Fake) -> bool:
    """Tell whether *fake* can be why this process sees another time; one that can't be measured can."""
    return fake.ahead_s is None or abs(fake.ahead_s) >= FAKE_MATTERS_S


_PRELOADED = ("libfaketime", "datefudge")
"""Fakes that come by LD_PRELOAD, and are gone without it."""
_UNFAKE = NextStep(
    "do",
    "env -u LD_PRELOAD -u FAKETIME skewcheck clock",
    "runs it again without the fake, which is in this process and not in the clock; start what fails in that way, too",
)
_FIND_FAKE = NextStep(
    "next",
    "env | grep LD_PRELOAD; cat /etc/ld.so.preload",
    "shows what stands between this process and the clock; run it again without that",
)


# What is below a container or a subsystem: the clock is there, and can only be mended there.
_NODE = NextStep(
    "next",
    "kubectl debug node/NODE -it --profile=sysadmin --image=busybox -- chroot /host chronyc tracking",
    "a pod has its node's clock: mend the node (`kubectl get pod POD -o wide` names it; on Talos: talosctl get "
    "timestatus)",
)
_ECS_INSTANCE = NextStep(
    "next",
    "aws ssm start-session --target INSTANCE",
    "a task has its instance's clock: run `chronyc tracking` there, and mend it; on Fargate it is AWS's own: open a "
    "case",
)
_DOCKER_DESKTOP = NextStep(
    "do",
    "docker desktop restart",
    "outside: stops every container, and restarts their machine, whose clock stood still while the computer slept",
)
_WSL_BELOW = NextStep(
    "do", "wsl -u root hwclock -s", "in Windows: the machine below takes Windows' time over, and nothing is stopped"
)
_WSL_2 = NextStep(
    "do",
    "sudo hwclock -s",
    "takes Windows' time over; where that doesn't last: `wsl --shutdown` ends all that runs here",
)
_WSL_1 = NextStep(
    "do", "w32tm /resync /rediscover", "in Windows, as an administrator: WSL 1 has Windows' clock and none of its own"
)
_CONTAINER = NextStep(
    "next",
    "chronyc tracking || timedatectl timesync-status",
    "on the host below, as a container has no clock of its own: shows which server it follows; then mend that",
)


def _mend_below(place: Place) -> NextStep | None:
    """Return what mends the clock that this process only borrows; None where it is this system's own."""
    if place.container == "kubernetes" and not place.docker_desktop and place.wsl is None:
        return _NODE
    if place.container == "ecs":
        return _ECS_INSTANCE
    if place.docker_desktop:
        return _DOCKER_DESKTOP
    if place.wsl is not None:
        return _WSL_1 if place.wsl == 1 else _WSL_2 if place.container is None else _WSL_BELOW
    return _CONTAINER if place.container is not None else None


_CLOUD_HINTS = {
    # The settings are those of each cloud's own page on setting up chrony; Azure has a device and no server.
    "aws": "; EC2's own: server 169.254.169.123 prefer iburst",
    "gce": "; Google's own: server metadata.google.internal iburst",
    "azure": "; Azure's own: refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 stratum 2",
}


def _hinted(step: NextStep, host: HostFacts) -> NextStep:
    """Return *step* with the cloud's own server where it ends in somebody's choice of one, and there is room for it."""
    chosen = step.kind == "next" or not any(daemon.running for daemon in host.daemons)
    why = step.why + _CLOUD_HINTS.get(host.place.cloud or "", "")
    return step._replace(why=why) if chosen and len(why) <= LONGEST_WHY else step


_SMEARED = (
    # What is not UTC for a day around a leap second: Google's four servers, its cloud's and Amazon's own, Meta's.
    "time.google.com", "time1.google.com", "time2.google.com", "time3.google.com", "time4.google.com",
    "216.239.35.0", "216.239.35.4", "216.239.35.8", "216.239.35.12",
    "2001:4860:4806::", "2001:4860:4806:4::", "2001:4860:4806:8::", "2001:4860:4806:c::",
    "metadata.google.internal", "169.254.169.254", "time.aws.com", "169.254.169.123", "fd00:ec2::123",
    "time.facebook.com",
)  # fmt: skip


def smears(server: str) -> bool:
    """Tell whether *server* is known to smear leap seconds: it is not wrong then, but not UTC for a day."""
    return server.lower().removesuffix(".") in _SMEARED


# --- Daemons ---


class _Tool(NamedTuple):
    """How one daemon is handled. `{unit}` is its service's name here."""

    units: tuple[tuple[str, str], ...]
    """(family of distributions, service name); those whose family fits, else those of the empty one."""
    set_now: str | None
    """Sets the clock at once; None: a restart does."""
    after: str
    """What that does, and what it means if it does not help."""
    look: str
    """Shows whom it follows."""


_TOOLS = {
    "chronyd": _Tool(
        (("debian", "chrony"), ("ubuntu", "chrony"), ("", "chronyd")),
        "chronyc makestep",
        "sets the clock at once to what chronyd has measured",
        "chronyc sources -v",
    ),
    "systemd-timesyncd": _Tool(
        (("", "systemd-timesyncd"),),
        None,
        "asks its server at once and corrects the clock; still off: `timedatectl timesync-status` shows the server",
        "timedatectl timesync-status",
    ),
    # Debian's ntp package is ntpsec since 12, Ubuntu's since 24.04; before, it is the classic one.
    "ntpd": _Tool(
        (("debian", "ntpsec"), ("debian", "ntp"), ("ubuntu", "ntpsec"), ("ubuntu", "ntp"), ("", "ntpd")),
        None,
        "starts ntpd anew, which corrects the clock; still off: `ntpq -pn` shows its servers",
        "ntpq -pn",
    ),
    "ntpd-rs": _Tool(
        (("", "ntpd-rs"),),
        None,
        "starts ntpd-rs anew, which corrects the clock; still off: `ntp-ctl status` shows its servers",
        "ntp-ctl status",
    ),
    "openntpd": _Tool(
        (("", "openntpd"),),
        None,
        "starts it anew; from 180 s on it sets the clock only with -s among its options",
        "sudo ntpctl -s all",
    ),
}

_FAMILIES = {
    "debian": "debian", "raspbian": "debian", "kali": "debian", "devuan": "debian",
    "ubuntu": "ubuntu", "linuxmint": "ubuntu", "pop": "ubuntu",
    "rhel": "rhel", "fedora": "rhel", "centos": "rhel", "rocky": "rhel", "almalinux": "rhel", "ol": "rhel",
    "amzn": "rhel",
    "azurelinux": "azure", "mariner": "azure",
    "alpine": "alpine",
    "arch": "arch",
    "sles": "suse", "opensuse-leap": "suse", "opensuse-tumbleweed": "suse",
}  # fmt: skip
_INSTALLING = {
    "debian": "sudo apt-get install chrony",  # its package starts it, too
    "ubuntu": "sudo apt-get install chrony",
    # yum is on all of them: the only one before RHEL 8 and on Amazon Linux 2, another name of dnf since.
    "rhel": "sudo yum install chrony && sudo systemctl enable --now chronyd",
    "azure": "sudo tdnf install chrony && sudo systemctl enable --now chronyd",
    "alpine": "apk add chrony && rc-update add chronyd && rc-service chronyd start",
    "arch": "sudo timedatectl set-ntp true",  # timesyncd is a part of its systemd
    "suse": "sudo zypper install chrony && sudo systemctl enable --now chronyd",
}


def family_of(place: Place) -> str:
    """Return whose commands a distribution understands: its family's; empty for one that isn't known."""
    return _FAMILIES.get(place.distribution or "", "")


def _mend_daemon(host: HostFacts) -> NextStep:
    family = family_of(host.place)
    known = [daemon for daemon in host.daemons if daemon.name in _TOOLS]
    running = next((daemon for daemon in known if daemon.running), None)
    if running is not None:
        return _mend_running(running, family)
    if any(daemon.running is None for daemon in known):
        (tool, *_) = (_TOOLS[daemon.name] for daemon in known if daemon.running is None)
        return NextStep("next", tool.look, "shows which server this host follows, and whether it does; then mend that")
    if known:
        return NextStep("do", _enable(known[0], family), f"nobody keeps this clock: starts {known[0].name}")
    if host.daemons or family not in _INSTALLING:
        return _MENDING["linux"]
    return NextStep("do", _INSTALLING[family], "nobody keeps this clock: sets up a time daemon")


_FILES = (
    # (what is in the path of a daemon's configuration, the daemon)
    ("chrony", "chronyd"), ("timesync", "systemd-timesyncd"), ("ntpd-rs", "ntpd-rs"), ("/ntpd.conf", "openntpd"),
    ("ntp", "ntpd"),
)  # fmt: skip


def _look_at(host: HostFacts, name: str | None, server: ConfiguredServer | None) -> NextStep:
    """Return how to see whom the daemon *name* follows, who takes a wrong time for right."""
    if name is None and server is not None:
        name = next((daemon for part, daemon in _FILES if part in server.origin), None)
    tool = _TOOLS.get(name or "")
    look = _MENDING["linux"].command if tool is None else tool.look
    if family_of(host.place) == "alpine":
        look = look.removeprefix("sudo ")
    why = f"{name} takes this for right: see whom it follows"
    if server is not None:
        illness = "smears leap seconds" if smears(server.host) else "is wrong"
        why = f"{server.host}, which this host follows, {illness}: replace it in {server.origin}"
        if len(why) > LONGEST_WHY:
            why = f"a server of this host's {illness}: replace it"
    return NextStep("next", look, why)


def _mend_running(daemon: Daemon, family: str) -> NextStep:
    tool = _TOOLS[daemon.name]
    if tool.set_now is not None:
        if isinstance(daemon.claim, DaemonClaim) and not daemon.claim.synchronised:
            return NextStep("next", tool.look, f"{daemon.name} has no server that it trusts: shows what each answers")
        return NextStep("do", tool.set_now if family == "alpine" else f"sudo {tool.set_now}", tool.after)
    return NextStep("do", _for_units(daemon, family, "rc-service {} restart", "sudo systemctl restart {}"), tool.after)


def _enable(daemon: Daemon, family: str) -> str:
    if daemon.name == "systemd-timesyncd":
        return "sudo timedatectl set-ntp true"
    openrc = "rc-update add {0} && rc-service {0} start"
    return _for_units(daemon, family, openrc, "sudo systemctl enable --now {}")


def disable(daemon: Daemon, place: Place) -> str:
    """Return what ends *daemon* for good; timedatectl would end the others with it."""
    openrc = "rc-update del {0} && rc-service {0} stop"
    return _for_units(daemon, family_of(place), openrc, "sudo systemctl disable --now {}")


def _for_units(daemon: Daemon, family: str, openrc: str, systemd: str) -> str:
    """Return the command for *daemon*'s service: the one that was seen, else each that it can be, in turn."""
    command = openrc if family == "alpine" else systemd
    if daemon.unit is not None:
        return command.format(daemon.unit)
    units = _TOOLS[daemon.name].units if daemon.name in _TOOLS else (("", daemon.name),)
    named = [unit for fitting, unit in units if fitting == family] or [unit for fitting, unit in units if not fitting]
    return " || ".join(command.format(unit) for unit in dict.fromkeys(named))


# --- What else is wrong with a host ---

RTC_TO_UTC = "sudo timedatectl set-local-rtc 0"
SET_RTC = "sudo hwclock --systohc"
FIND_CLOCKSOURCE = "sudo dmesg | grep -i clocksource"

_PTP_DEVICES = (
    # (how the driver's clock_name begins, the link that udev makes of it: systemd's rules, and Amazon's for the ENA)
    ("hyperv", "/dev/ptp_hyperv"),
    ("KVM virtual PTP", "/dev/ptp_kvm"),
    ("ena-ptp", "/dev/ptp_ena"),
)


def follow_device(clock_name: str) -> str | None:
    """Return the line of chrony.conf that follows the PTP device of this name; None where it isn't a known one."""
    device = next((device for begin, device in _PTP_DEVICES if clock_name.startswith(begin)), None)
    return None if device is None else f"refclock PHC {device} poll 3 dpoll -2 offset 0 stratum 2"
