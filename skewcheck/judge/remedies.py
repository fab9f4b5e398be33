"""What a person can do about it: one command each, as data. skewcheck itself sets nothing.

`do` mends it, here; `next` settles or finds out what is still open, or has to be run elsewhere.
"""

import re
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
_LOOK_ANYWHERE = NextStep(
    "next",
    "ntpq -pn || chronyc tracking",
    "shows which server this host follows, and whether it does; then mend that",
)
LOOK_AT_THE_API = NextStep(
    "next",
    "curl -sI https://api.mypurecloud.com/api/v2/date",
    "shows the API's own clock in its Date line, to the second (take your region's host)",
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
    "next", "skewcheck clock -H HOST", "with a time server that this network can reach: ask whoever runs the network"
)


def again(asked: Sequence[str]) -> NextStep:
    """Return how to ask the same servers again; *asked*: the arguments that named them."""
    return NextStep("next", " ".join(["skewcheck clock", *asked]), "measures again, now that the clock has been set")


def more_samples(asked: Sequence[str], samples: int) -> NextStep:
    """Return how to take *samples* of the same servers."""
    command = " ".join(["skewcheck clock", f"--samples {samples}", *asked])
    return NextStep("next", command, f"narrows the range: {samples} samples of each server, where one went a long way")


# --- A clock that is off ---


def mend_clock(
    platform: str,
    host: HostFacts | None = None,
    *,
    wrong_daemon: str | None = None,
    wrong_server: ConfiguredServer | None = None,
) -> NextStep:
    """Return the one command that mends this clock where it can be mended, or finds out why it is off.

    *platform*: as `sys.platform`. *wrong_daemon*: the daemon that says that the clock is right, so that setting it
    once more changes nothing. *wrong_server*: a server of this host's that was outvoted: whoever follows it would set
    the clock wrong again.
    """
    if host is not None and host.fake is not None and misleads(host.fake):
        return _UNFAKE if host.fake.how in _PRELOADED else _FIND_FAKE
    if host is None or platform != "linux":
        return _MENDING.get(platform, _LOOK_ANYWHERE)
    step = _mend_below(host.place) or _mend_daemon(host, wrong_daemon, wrong_server)
    return step._replace(why=step.why + _CLOUD_HINTS.get(host.place.cloud or "", "")) if _sets_up(step, host) else step


FAKE_MATTERS_S = 0.001
"""A library that could fake the time, and adds less than this: the distance of two readings, and nothing to mend."""


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
    "outside of the container: stops every container and restarts their virtual machine, whose clock stood still",
)
_WSL_BELOW = NextStep(
    "do",
    "wsl -u root hwclock -s",
    "in Windows: takes Windows' time over, for all that runs in WSL, containers included",
)
_WSL_2 = NextStep(
    "do", "sudo hwclock -s", "takes Windows' time over; where that doesn't last, in Windows: wsl --shutdown"
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
    # The settings are those of each cloud's own page on setting up chrony.
    "aws": "; the server to follow on EC2: server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4",
    "gce": "; the server to follow on Compute Engine, and no other: server metadata.google.internal iburst",
    "azure": "; Azure has no time server, its hosts' clock is a device: refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 "
    "offset 0 stratum 2",
}


def _sets_up(step: NextStep, host: HostFacts) -> bool:
    """Tell whether *step* ends in somebody's choice of a server, so that the cloud's own is worth naming."""
    return step.kind == "next" or not any(daemon.running for daemon in host.daemons)


# --- Daemons ---


class _Tool(NamedTuple):
    """How one daemon is handled. `{unit}` is its service's name here."""

    units: tuple[tuple[str, str], ...]
    """(family of distributions, service name); the first whose family fits, or is empty."""
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
    # Debian's ntp package is ntpsec since 12; Ubuntu has both, and either can be called ntp there.
    "ntpd": _Tool(
        (("debian", "ntpsec"), ("ubuntu", "ntp"), ("", "ntpd")),
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
    "alpine": "alpine",
    "arch": "arch",
    "sles": "suse", "opensuse-leap": "suse", "opensuse-tumbleweed": "suse",
}  # fmt: skip
_INSTALLING = {
    "debian": "sudo apt-get install chrony",  # its package starts it, too
    "ubuntu": "sudo apt-get install chrony",
    "rhel": "sudo yum install chrony && sudo systemctl enable --now chronyd",  # there also where dnf isn't
    "alpine": "apk add chrony && rc-update add chronyd && rc-service chronyd start",
    "arch": "sudo timedatectl set-ntp true",  # timesyncd is a part of its systemd
    "suse": "sudo zypper install chrony && sudo systemctl enable --now chronyd",
}


def _mend_daemon(host: HostFacts, wrong_daemon: str | None, wrong_server: ConfiguredServer | None) -> NextStep:
    family = _FAMILIES.get(host.place.distribution or "", "")
    known = [daemon for daemon in host.daemons if daemon.name in _TOOLS]
    running = next((daemon for daemon in known if daemon.running and wrong_daemon in (None, daemon.name)), None)
    if running is not None and wrong_server is not None:
        why = f"{wrong_server.host}, which this host is set up to follow, is wrong: replace it in {wrong_server.origin}"
        return NextStep("next", _TOOLS[running.name].look, why)
    if running is not None:
        return _mend_running(running, family, claims_good=wrong_daemon is not None)
    if any(daemon.running is None for daemon in known):
        (tool, *_) = (_TOOLS[daemon.name] for daemon in known if daemon.running is None)
        return NextStep("next", tool.look, "shows which server this host follows, and whether it does; then mend that")
    if known:
        return NextStep("do", _enable(known[0].name, family), f"nobody keeps this clock: starts {known[0].name}")
    if host.daemons or family not in _INSTALLING:
        return _MENDING["linux"]
    return NextStep("do", _INSTALLING[family], "nobody keeps this clock: sets up a time daemon, which sets it")


def _mend_running(daemon: Daemon, family: str, *, claims_good: bool) -> NextStep:
    tool = _TOOLS[daemon.name]
    if claims_good:
        why = f"{daemon.name} takes this for right, so setting it changes nothing: shows whom it follows; mend that"
        return NextStep("next", tool.look, why)
    if tool.set_now is not None:
        if isinstance(daemon.claim, DaemonClaim) and not daemon.claim.synchronised:
            return NextStep("next", tool.look, f"{daemon.name} has no server that it trusts: shows what each answers")
        return NextStep("do", _as_root(tool.set_now, family), tool.after)
    unit = _unit(daemon.name, family)
    restart = f"rc-service {unit} restart" if family == "alpine" else f"sudo systemctl restart {unit}"
    return NextStep("do", restart, tool.after)


def _enable(name: str, family: str) -> str:
    unit = _unit(name, family)
    if name == "systemd-timesyncd":
        return "sudo timedatectl set-ntp true"
    if family == "alpine":
        return f"rc-update add {unit} && rc-service {unit} start"
    return f"sudo systemctl enable --now {unit}"


def _unit(name: str, family: str) -> str:
    return next(unit for fitting, unit in _TOOLS[name].units if fitting in (family, ""))


def _as_root(command: str, family: str) -> str:
    """Return *command* for who administers that family: Alpine comes without sudo."""
    return command if family == "alpine" else f"sudo {command}"


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


_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", re.ASCII)
_SET_ZONE = "sudo timedatectl set-timezone {zone}"
_ZONES = {
    "zone-missing": _SET_ZONE,
    "zone-dangling": _SET_ZONE,
    "zone-unreadable": "sudo chmod a+r /etc/localtime",
    "zone-not-a-zone": _SET_ZONE,
    "zone-tz-ignored": "unset TZ",
    "zone-stale": _SET_ZONE,
}
_INSTALL_ZONES = {
    "debian": "sudo apt-get install tzdata",
    "ubuntu": "sudo apt-get install tzdata",
    "rhel": "sudo yum install tzdata",
    "alpine": "apk add tzdata",
}


def mend_zone(trouble: str, zone: str | None, place: Place) -> tuple[str, ...]:
    """Return what mends a time zone's *trouble* (finding id); none for one that isn't known."""
    command = _ZONES.get(trouble)
    if command is None:
        return ()
    if place.container is not None:
        return ("mend it in the image that this container is started from",)
    name = zone if zone is not None and _ZONE_NAME.fullmatch(zone) else None
    if name is None and command == _SET_ZONE:
        return ("ls /usr/share/zoneinfo",)  # shows the names that `timedatectl set-timezone` takes
    installing = _INSTALL_ZONES.get(_FAMILIES.get(place.distribution or "", ""))
    if trouble == "zone-dangling" and installing is not None:  # the zone is named, and its file isn't there
        return (installing,)
    if trouble == "zone-tz-ignored" and name is not None and "/" in name and installing is not None:
        return (installing, command)  # a name as zones have them: misspelt, or there are no files of zones here
    if command == _SET_ZONE and place.distribution == "alpine":
        return (f"ln -sf /usr/share/zoneinfo/{name} /etc/localtime",)  # no systemd there to ask
    return (command.format(zone=name),)
