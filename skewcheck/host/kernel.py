"""What the kernel says of its clock: adjtimex(2) with no modes set, which changes nothing and needs no rights.

It is also the one witness that a preloaded library doesn't replace: the kernel's own time of day comes with it.
"""

import errno
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.host.files import Files
from skewcheck.model import KernelClock, Unknown

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


class TimexReading(NamedTuple):
    """What adjtimex(2) gave, in its own units."""

    status: int
    max_error_us: int
    frequency: int
    """In 2⁻¹⁶ ppm."""
    seconds: int
    fraction: int
    """Microseconds, or nanoseconds where the status says so."""


def read_kernel(
    adjtimex: Callable[[], TimexReading] | None = None, wall_ns: Callable[[], int] = time.time_ns
) -> KernelClock | Unknown:
    """Return what the kernel says; *adjtimex* raises OSError where it refuses."""
    ask = _adjtimex if adjtimex is None else adjtimex
    try:
        ask()  # the first call loads what asks, for milliseconds; of the second it is known when it was
        before_ns = wall_ns()
        reading = ask()
        after_ns = wall_ns()
    except OSError as error:
        return Unknown(_WHY.get(error.errno or 0) or foreign.text(error.strerror or str(error)))
    return KernelClock(
        max_error_s=reading.max_error_us * 1e-6,
        flagged_unsynchronised=bool(reading.status & _UNSYNCHRONISED),
        frequency_ppm=reading.frequency / 65536,
        ahead_of_python_s=_ahead_s(reading, before_ns, after_ns),
    )


def _ahead_s(reading: TimexReading, before_ns: int, after_ns: int) -> float:
    """Return the kernel's time of day minus ours, which was read before and after it; 0 where they can be the same."""
    kernel_ns = reading.seconds * 1_000_000_000 + reading.fraction * (1 if reading.status & _NANOSECONDS else 1000)
    low_ns, high_ns = sorted((before_ns, after_ns))
    if low_ns - COMPARABLE_NS <= kernel_ns <= high_ns + COMPARABLE_NS:
        return 0.0
    return (kernel_ns - (low_ns + high_ns) // 2) * 1e-9


def _adjtimex() -> TimexReading:
    """Ask this kernel. Raises OSError where it can't be asked."""
    if sys.platform != "linux":
        raise OSError("only Linux can be asked")
    if _could_end_us(os.environ, Files()):
        raise OSError("this process is under a filter of system calls, which may end one that asks")
    return _asked()


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


def _asked() -> TimexReading:
    """Call the C library's adjtimex. Its structure (<sys/timex.h>) is the same for 32 and 64 bits but for `long`."""
    try:
        import ctypes

        call = ctypes.CDLL(None, use_errno=True).adjtimex
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

    timex = _Timex()
    if call(ctypes.byref(timex)) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    if timex.tick not in _TICKS_US:
        raise OSError("this kernel's answer has a form that is not known here")
    return TimexReading(timex.status, timex.max_error, timex.frequency, timex.seconds, timex.fraction)
