"""Which time daemons this host has, which of them runs, and what it says of the clock without being asked by root.

A daemon counts as running where its process, its systemd unit or its own answer is seen. That it does *not* run can
only be said by somebody who sees all processes: not in a container, and not under hidepid.
"""

from collections.abc import Callable, Iterator

from skewcheck.host.files import Files
from skewcheck.model import Daemon, DaemonClaim, Unknown

MAX_PROCESSES = 512
"""Looked at, of the lowest numbers: a daemon starts early. 10 µs each."""

CHRONYD, TIMESYNCD, NTPD, OPENNTPD, NTPD_RS = NAMES = ("chronyd", "systemd-timesyncd", "ntpd", "openntpd", "ntpd-rs")

_PROCESSES = {
    "chronyd": CHRONYD,
    "systemd-timesyn": TIMESYNCD,  # the kernel keeps 15 characters
    "ntpd": NTPD,  # or OpenNTPD's
    "openntpd": OPENNTPD,
    "ntp-daemon": NTPD_RS,
}
_UNITS = {
    "chrony": CHRONYD,  # Debian, Ubuntu
    "chronyd": CHRONYD,  # Red Hat, SUSE, Arch, Amazon Linux
    "systemd-timesyncd": TIMESYNCD,
    "ntp": NTPD,  # Debian's classic ntpd
    "ntpd": NTPD,  # Red Hat's and SUSE's
    "ntpsec": NTPD,
    "openntpd": OPENNTPD,
    "ntpd-rs": NTPD_RS,
}
_GROUPS = ("/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice")
"""Where systemd keeps a folder for each unit that runs: cgroups 2 and 1."""
_PROGRAMS = {
    CHRONYD: ("/usr/sbin/chronyd", "/usr/bin/chronyd"),
    TIMESYNCD: ("/usr/lib/systemd/systemd-timesyncd", "/lib/systemd/systemd-timesyncd"),
    NTPD: ("/usr/sbin/ntpd", "/usr/bin/ntpd"),
    OPENNTPD: ("/usr/sbin/openntpd", "/usr/sbin/ntpctl", "/usr/bin/ntpctl"),
    NTPD_RS: ("/usr/bin/ntp-daemon", "/usr/sbin/ntp-daemon"),
}
_FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""The one of the kernel itself (PROC_PID_INIT_INO in linux/proc_ns.h): who is in it sees all processes."""
_TIMESYNCD_FOLDER = "/run/systemd/timesync"
_TIMESYNCD_STAMP = f"{_TIMESYNCD_FOLDER}/synchronized"
"""Touched at each good sample (systemd-timesyncd.service(8)); it goes away with the daemon."""

_NOT_RUNNING = Unknown("it is not running")
_NOT_SEEN = Unknown("whether it runs can't be seen from here")
_SILENT = Unknown("it doesn't say more without rights")


def read_daemons(
    files: Files, *, tracking: Callable[[float], DaemonClaim | Unknown], now_s: float
) -> tuple[Daemon, ...]:
    """Return the daemons that run or are installed here, running ones first; *tracking* asks chronyd."""
    openntpd = _is_openntpd(files)
    units, running, saw_all = _running(files)
    if openntpd and NTPD in running:
        running = running - {NTPD} | {OPENNTPD}
    chronyd = tracking(now_s)
    if isinstance(chronyd, DaemonClaim):
        running.add(CHRONYD)
    claims = {CHRONYD: chronyd, TIMESYNCD: _timesyncd_claim(files, now_s)}
    rest = [name for name in NAMES if name not in running and _installed(files, name, openntpd=openntpd)]
    return (
        *(
            Daemon(name, running=True, claim=claims.get(name, _SILENT), unit=units.get(name))
            for name in NAMES
            if name in running
        ),
        *(
            Daemon(name, running=False if saw_all else None, claim=_NOT_RUNNING if saw_all else _NOT_SEEN)
            for name in rest
        ),
    )


def _timesyncd_claim(files: Files, now_s: float) -> DaemonClaim | Unknown:
    stamped_s = files.modified_s(_TIMESYNCD_STAMP)
    if stamped_s is None:
        return DaemonClaim(synchronised=False) if files.there(_TIMESYNCD_FOLDER) else _SILENT
    age_s = now_s - stamped_s
    return DaemonClaim(synchronised=True, age_s=age_s if age_s >= 0 else None)  # before a step, a stamp is ahead


def _running(files: Files) -> tuple[dict[str, str], set[str], bool]:
    """Return the units that run by their daemons, which daemons run, and whether those not among them surely don't."""
    units = {name: unit for unit, name in _UNITS.items() if _runs(files, unit)}
    if units:  # systemd knows; looking at every process would cost more than all else here
        return units, set(units), _sees_this_kernel(files)
    processes = sorted(int(name) for name in files.names("/proc", most=None) if name.isascii() and name.isdecimal())
    sees_all = len(processes) <= MAX_PROCESSES and files.read("/proc/1/comm") is not None  # None: hidepid, proc(5)
    sees_units = any(files.there(group) for group in _GROUPS)
    return {}, set(_named(files, processes[:MAX_PROCESSES])), _sees_this_kernel(files) and (sees_all or sees_units)


def _runs(files: Files, unit: str) -> bool:
    return any(files.read(f"{group}/{unit}.service/cgroup.procs") for group in _GROUPS)


def _sees_this_kernel(files: Files) -> bool:
    """Tell whether this process isn't in a container or in another namespace of processes."""
    return files.link("/proc/self/ns/pid") == _FIRST_PID_NAMESPACE


def _named(files: Files, numbers: list[int]) -> Iterator[str]:
    for number in numbers:
        comm = (files.read(f"/proc/{number}/comm") or "").strip()
        if comm in _PROCESSES:
            yield _PROCESSES[comm]


def _is_openntpd(files: Files) -> bool:
    """Tell whether the `ntpd` of this host is OpenNTPD, which alone has a program `ntpctl`."""
    return any(files.there(program) for program in _PROGRAMS[OPENNTPD])


def _installed(files: Files, name: str, *, openntpd: bool) -> bool:
    if name == NTPD and openntpd:
        return False
    return any(
        files.there(program) and not (files.link(program) or "").endswith("busybox") for program in _PROGRAMS[name]
    )
