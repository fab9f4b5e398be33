"""What the kernel says of its clock, what carries it, and what stands between it and this process (libfaketime).

It is asked by adjtimex(2) with no modes set, which changes nothing and needs no rights. That is also the one witness
which a preloaded library doesn't replace: the kernel's own time of day comes with it.
"""

import errno
import functools
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.host.files import Files
from skewcheck.model import Fake, Hardware, KernelClock, Unknown

COMPARABLE_NS = 1_000_000
"""Below this the kernel's clock and this process's are the same: a coarse clock of the kernel ticks each 1 to 10 ms,
a fast one each microsecond, and nobody fakes a millisecond."""
_UNSYNCHRONISED = 0x0040
"""STA_UNSYNC of <linux/timex.h>."""
_NANOSECONDS = 0x2000
"""STA_NANO: the fraction of the time counts nanoseconds, not microseconds."""
_TICKS_US = range(800, 11_001)
"""What a tick can be, in microseconds: 10 % about 1/USER_HZ, which is 100, and 1024 on some."""
_SPARE_BYTES = 256
"""Behind the structure, for a kernel whose own is longer than the one that is known here."""
_WHY = {
    errno.EPERM: "a filter of system calls forbids to ask (EPERM), as older container runtimes do",
    errno.ENOSYS: "this kernel can't be asked (ENOSYS), as in some sandboxes",
}


_AGAIN = 4
"""So often it is asked once more where this process had to wait between its looks: a smaller fake hides in that."""


class TimexReading(NamedTuple):
    """What adjtimex(2) gave, in its own units."""

    status: int
    max_error_us: int
    frequency: int
    """In 2⁻¹⁶ ppm."""
    seconds: int
    fraction: int
    """Microseconds, or nanoseconds where the status says so."""

    @property
    def time_ns(self) -> int:
        """The kernel's time of day, Unix nanoseconds."""
        return self.seconds * 1_000_000_000 + self.fraction * (1 if self.status & _NANOSECONDS else 1000)


def read_kernel(
    adjtimex: Callable[[], TimexReading] | None = None, wall_ns: Callable[[], int] = time.time_ns
) -> KernelClock | Unknown:
    """Return what the kernel says; *adjtimex* raises OSError where it refuses."""
    ask = _adjtimex if adjtimex is None else adjtimex
    try:
        ask()  # the first call loads what asks, for milliseconds; of the others it is known when they were
        before_ns, reading, after_ns = wall_ns(), ask(), wall_ns()
        for _ in range(_AGAIN):
            if abs(after_ns - before_ns) > COMPARABLE_NS:
                before_ns, reading, after_ns = wall_ns(), ask(), wall_ns()
    except OSError as error:
        return Unknown(_WHY.get(error.errno or 0) or foreign.text(error.strerror or str(error)))
    return KernelClock(
        max_error_s=reading.max_error_us * 1e-6,
        flagged_unsynchronised=bool(reading.status & _UNSYNCHRONISED),
        frequency_ppm=reading.frequency / 65536,
        ahead_of_python_s=_ahead_s(reading, before_ns, after_ns),
    )


def kernel_time() -> Callable[[], int] | None:
    """Return what tells the kernel's own time of day, past every library, in Unix nanoseconds; it raises OSError.

    None where this kernel can't be asked.
    """
    try:
        _adjtimex()
    except OSError:
        return None
    ask = _caller()
    return lambda: ask().time_ns


def _ahead_s(reading: TimexReading, before_ns: int, after_ns: int) -> float:
    """Return the kernel's time of day minus ours, which was read before and after it; 0 where they can be the same."""
    low_ns, high_ns = sorted((before_ns, after_ns))
    if low_ns - COMPARABLE_NS <= reading.time_ns <= high_ns + COMPARABLE_NS:
        return 0.0
    return (reading.time_ns - (low_ns + high_ns) // 2) * 1e-9


def _adjtimex() -> TimexReading:
    """Ask this kernel. Raises OSError where it can't be asked."""
    if sys.platform != "linux":
        raise OSError("only Linux can be asked")
    if _could_end_us(os.environ, Files()):
        raise OSError("this process is under a filter of system calls, which may end one that asks")
    return _caller()()


_REFUSING = ("KUBERNETES_SERVICE_HOST", "ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI")
_REFUSING_FILES = ("/.dockerenv", "/run/.containerenv")
"""Left by container runtimes, whose filters refuse (EPERM) and don't kill."""


def _could_end_us(environ: Mapping[str, str], files: Files) -> bool:
    """Tell whether asking could be answered by SIGSYS, which nothing survives.

    systemd does so for calls outside of SystemCallFilter=, unless the unit sets SystemCallErrorNumber=; its list
    @system-service has no adjtimex. Sandboxes of browsers and build tools do, too. Container runtimes refuse instead.
    """
    if "\nSeccomp:\t2" not in (files.read("/proc/self/status") or ""):
        return False
    if "INVOCATION_ID" in environ:  # a service of systemd, whatever else
        return True
    if environ.get("container") == "podman":  # with --read-only, 4.3 hides its file: a tmpfs lies on /run
        return False
    return not (any(name in environ for name in _REFUSING) or any(files.there(path) for path in _REFUSING_FILES))


@functools.cache
def _caller() -> Callable[[], TimexReading]:
    """Return what calls the C library's adjtimex, and raises OSError.

    Its structure (<sys/timex.h>) is the same for 32 and 64 bits but for `long`. The call takes a microsecond, so it is
    made without letting other threads run: when it was made is what counts.
    """
    try:
        import ctypes

        call = ctypes.PyDLL(None, use_errno=True).adjtimex
    except (ImportError, AttributeError) as error:
        raise OSError("there is no C library here that could ask") from error
    number, long = ctypes.c_int, ctypes.c_long

    class _Timex(ctypes.Structure):
        _fields_ = [  # type: ignore[mutable-override]  # how ctypes wants it
            ("modes", ctypes.c_uint),
            *((name, long) for name in ("offset", "frequency", "max_error", "estimated_error")),
            ("status", number),
            *((name, long) for name in ("constant", "precision", "tolerance", "seconds", "fraction", "tick")),
            ("rest", ctypes.c_byte * _SPARE_BYTES),
        ]

    def ask() -> TimexReading:
        timex = _Timex()
        if call(ctypes.byref(timex)) == -1:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        if timex.tick not in _TICKS_US:
            raise OSError("this kernel's answer has a form that is not known here")
        return TimexReading(timex.status, timex.max_error, timex.frequency, timex.seconds, timex.fraction)

    return ask


# --- What fakes this process's time ---

KNOWN = ("libfaketime", "datefudge")
"""Libraries that are made for it, by how their file's name starts. None of them replaces adjtimex(2)."""
_PRELOADED_BY = ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES")
_PRELOADED_FOR_ALL = "/etc/ld.so.preload"
_NO_SETTING = ("", " ", "#", ";")
"""How lines of its file begin that say nothing."""
_RATED = "libfaketime"
"""The one of them that can change more than the time of day: how fast time runs."""
BETWEEN = "something between this process and the kernel"


def find_fake(kernel: KernelClock | Unknown, files: Files, environ: Mapping[str, str]) -> Fake | None:
    """Return what fakes this process's time of day; None where nothing does.

    The kernel's own time decides: a library that is loaded and changes nothing is no fake, and what changes it
    without a library (a debugger, a patched vDSO as chaos tests use it) is one. Where the kernel doesn't tell,
    a library that is made for it is enough. So it is where that is told to let time run at another rate: then it may
    have changed little so far, and by how much changes all the time.
    """
    if other_rate(files, environ):
        return Fake(_with_origin(_RATED, files, environ), None, other_rate=True)
    if isinstance(kernel, Unknown) or kernel.ahead_of_python_s is None:
        name = _known_library(files, environ)
        return None if name is None else Fake(_with_origin(name, files, environ), None)
    if kernel.ahead_of_python_s == 0:
        return None
    name = _known_library(files, environ)
    how = _unknown(files, environ) if name is None else _with_origin(name, files, environ)
    return Fake(how, -kernel.ahead_of_python_s)


def other_rate(files: Files, environ: Mapping[str, str]) -> bool:
    """Tell whether libfaketime is loaded here, and told to let time run at another rate, to step or to stand still.

    Of its settings the variable counts, else the first of the files that there is.
    """
    told = environ.get("FAKETIME")
    if told is None:
        paths = (environ.get("FAKETIME_TIMESTAMP_FILE"), f"{environ.get('HOME', '')}/.faketimerc", "/etc/faketimerc")
        lines = next((text for path in paths if path and (text := files.read(path)) is not None), "").splitlines()
        told = next((line for line in lines if line[:1] not in _NO_SETTING), "")
    return _tells_another_rate(told) and _known_library(files, environ) == _RATED


def _tells_another_rate(told: str) -> bool:
    """Tell it of a setting: `+0 x0.1` lets time run slower, `+0 i2` step at each look, a date alone stand still."""
    setting = told.strip()
    if not setting:
        return False
    rate = re.search(r"x\s*([^\s]*)", setting)
    paced = rate is not None and not re.fullmatch(r"\+?0*1(?:[.,]0*)?", rate[1])
    return paced or "i" in setting or setting[0] not in "+-@%"


def _with_origin(name: str, files: Files, environ: Mapping[str, str]) -> str:
    """Return *name*, with the file that preloads it into every process where no variable does for this one."""
    told = "".join(environ.get(variable, "") for variable in _PRELOADED_BY)
    everywhere = name not in told and name in (files.read(_PRELOADED_FOR_ALL) or "")
    return f"{name} (from {_PRELOADED_FOR_ALL})" if everywhere else name


def _known_library(files: Files, environ: Mapping[str, str]) -> str | None:
    """Name the library of ours that fakes; what is loaded decides, the environment only where that can't be read."""
    maps = files.read("/proc/self/maps")
    if maps is not None:
        # address, permissions, position, device, inode, path
        return _known(parts[5] for line in maps.splitlines() if len(parts := line.split(None, 5)) == 6)
    return _known(_preloaded(files, environ)) or ("libfaketime" if "FAKETIME" in environ else None)


def _known(paths: Iterable[str]) -> str | None:
    names = [path.rpartition("/")[2] for path in paths]
    return next((known for known in KNOWN if any(name.startswith(known) for name in names)), None)


def _unknown(files: Files, environ: Mapping[str, str]) -> str:
    """Name what was preloaded, which may be the one; it may as well be innocent."""
    names = ", ".join(path.rpartition("/")[2] for path in _preloaded(files, environ))
    return f"{BETWEEN} (preloaded: {foreign.text(names)})" if names else BETWEEN


def _preloaded(files: Files, environ: Mapping[str, str]) -> list[str]:
    """Return the libraries that the loader was told to put before all others (ld.so(8))."""
    told = [environ.get(name, "") for name in _PRELOADED_BY] + [files.read(_PRELOADED_FOR_ALL) or ""]
    return [path for path in re.split(r"[\s:]+", " ".join(told)) if path]


# --- What carries the clock: the kernel's counter, sleep, the battery-backed clock, better clocks nearby ---

UNSTEADY = ("jiffies", "refined-jiffies", "pit", "acpi_pm", "hpet")
"""Counters that Linux takes when it has nothing better, or has given up the processor's own (its watchdog marked the
TSC unstable; it is then not listed any more): jiffies lose ticks, the others are slow to read. All others are good:
tsc, kvm-clock, xen, hyperv_clocksource_tsc_page, arch_sys_counter, ..."""
VIRTUAL_CLOCKS = ("KVM virtual PTP", "hyperv", "ptp_vmw", "vmclock", "ena-ptp-", "gve clock")
"""How the names of clock devices start that the host keeps for its guests (Linux, drivers/ptp, hv_util.c, the network
drivers ena and gve). A plain network card's clock is not one: nobody sets it."""
RTC_BOUND_S = 1.0
"""The battery-backed clock tells whole seconds, and Linux sets it to half a second: a smaller difference is none."""
SLEPT_S = 1e-3
"""Less than this is no sleep. The kernel keeps the difference exact; what is left is the time between two readings."""
_MAX_DEVICES = 32
_CLOCKSOURCE = "/sys/devices/system/clocksource/clocksource0/"
_RTC = "/sys/class/rtc/"
_PTP = "/sys/class/ptp/"


class UpTimes(NamedTuple):
    """The clocks of this kernel that count from its start, as functions that return nanoseconds."""

    monotonic_ns: Callable[[], int]
    """Stands while the host sleeps."""
    boottime_ns: Callable[[], int]
    """Goes on."""


def system_uptimes() -> UpTimes | None:
    """Return those of this host; None where it has no such pair."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    if boottime is None:
        return None
    return UpTimes(
        lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC),
        lambda: time.clock_gettime_ns(boottime),
    )


def read_hardware(files: Files, uptimes: UpTimes | None = None, now_s: Callable[[], float] = time.time) -> Hardware:
    """Return what carries the clock; *uptimes* are this host's own where none are given."""
    source = (files.read(_CLOCKSOURCE + "current_clocksource") or "").strip()
    return Hardware(
        clocksource=foreign.text(source) or None,
        unsteady_clocksource=source in UNSTEADY,
        slept_s=_slept_s(files, uptimes or system_uptimes()),
        rtc_ahead_s=_rtc_ahead_s(files, now_s),
        rtc_in_local_time=_rtc_in_local_time(files),
        ptp=_virtual_clocks(files),
    )


def _slept_s(files: Files, uptimes: UpTimes | None) -> float:
    """Return how long this kernel was suspended: by how much more its one clock went on than its other."""
    if uptimes is None:
        return 0.0
    boottime_ns = uptimes.boottime_ns()
    slept_ns = boottime_ns - uptimes.monotonic_ns()  # read later: never more than the truth
    slept_s = slept_ns * 1e-9 - _namespace_s(files)
    return slept_s if slept_s > SLEPT_S else 0.0


def _namespace_s(files: Files) -> float:
    """Return the difference that a time namespace makes between the two clocks (time_namespaces(7))."""
    shift_s = {"monotonic": 0.0, "boottime": 0.0}
    for line in (files.read("/proc/self/timens_offsets") or "").splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[0] in shift_s:
            shift_s[parts[0]] = _whole(parts[1]) + _whole(parts[2]) * 1e-9
    return shift_s["boottime"] - shift_s["monotonic"]


def _rtc_ahead_s(files: Files, now_s: Callable[[], float]) -> float | None:
    """Return the battery-backed clock minus the local one, 0 where they can be the same."""
    before_s = now_s()
    text = (files.read(f"{_RTC}{_rtc(files)}/since_epoch") or "").strip()
    if not _is_whole(text):
        return None
    ahead_s = int(text) + 0.5 - (before_s + now_s()) / 2
    return ahead_s if abs(ahead_s) > RTC_BOUND_S / 2 else 0.0  # half a second is the grain of what was read


def _rtc(files: Files) -> str:
    """Return the device that the kernel set its clock from at its start; the first one where it doesn't say."""
    devices = files.names(_RTC)[:_MAX_DEVICES]
    return next((d for d in devices if (files.read(f"{_RTC}{d}/hctosys") or "").strip() == "1"), "rtc0")


def _rtc_in_local_time(files: Files) -> bool:
    """Tell whether hwclock keeps the battery-backed clock in local time: the third line of adjtime(5)."""
    lines = (files.read("/etc/adjtime") or "").splitlines()
    return len(lines) > 2 and lines[2].strip() == "LOCAL"


def _virtual_clocks(files: Files) -> tuple[str, ...]:
    names = ((files.read(f"{_PTP}{d}/clock_name") or "").strip() for d in files.names(_PTP)[:_MAX_DEVICES])
    return tuple(foreign.text(name) for name in names if name.startswith(VIRTUAL_CLOCKS))


def _whole(text: str) -> int:
    return int(text) if _is_whole(text) else 0


def _is_whole(text: str) -> bool:
    """Tell whether *text* is a number that a clock can show; Python refuses thousands of digits, and so do we."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 18
