"""What carries the clock: the counter that the kernel uses, sleep, the battery-backed clock, better clocks nearby."""

import time
from collections.abc import Callable
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.host.files import Files
from skewcheck.model import Hardware

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
