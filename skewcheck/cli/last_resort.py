"""The last resort: two timers of the kernel end a process that outlives its time, whatever it is stuck in.

Whatever waits here is given a time of its own, and ends by itself. This is for what can't be given one: a library that
opens a FIFO, a clock of this process that is faked and never comes to its end, an output that takes a part and then no
more. The first timer interrupts the main thread by a signal, tells what happened, and exits. The second needs neither
that thread nor any other of Python: the C library itself calls `_exit`. It starts a thread for that; where there is no
memory for one, and none for Python either, the kernel kills the process a moment later.

What even that can't end is a process that the kernel holds: one that waits for a disk which doesn't answer.
"""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable
from types import FrameType

from skewcheck.cli import EXIT_CODE
from skewcheck.cli.signals import Stopped

GRACE_S = 1.5
"""How long after its time a process may still be at its way out. Whoever waits for one waits 2 s longer than -t."""
AGAIN_S = 1.0
"""How often it is asked from then on."""
HARD_S = 5.0
"""After its time: by then it ends without a word."""
KILLED_S = 6.0
"""By then it is killed."""
LONGEST_S = 1e6
"""Eleven days: no system call is asked to wait for longer, and some can't count further than to 24."""

_LEAST = b"error: the time was over: there is no verdict\n  try: more time with -t, or a clock that isn't faked\n"
_WAITED_FOR_A_CPU = "/proc/self/schedstat"
_MONOTONIC = 1
"""CLOCK_MONOTONIC of Linux."""
_BY_A_SIGNAL, _BY_A_THREAD = 0, 2
"""SIGEV_SIGNAL and SIGEV_THREAD of Linux: by the latter the C library calls a function in a thread of its own."""
_FUNCTIONS = ("timer_create", "timer_settime", "timer_delete", "_exit")


def _exit_silently() -> None:
    pass


class _State:
    """What is armed, and what is told at the end."""

    tell: Callable[[], None] = _exit_silently
    verdict: str | None = None
    armed = False
    ending = False
    told = False
    rounds = 0
    handler: object = signal.SIG_DFL
    """Of SIGALRM, before ours."""
    later_s, every_s = 0.0, 0.0
    """By how much the parent's own alarm comes after ours, and how often then; 0 where there is none."""
    disarm_hard: Callable[[], object] | None = None


def prepare(tell: Callable[[], None]) -> None:
    """Have *tell* called before the end; it may do what it likes, for as long as `AGAIN_S`."""
    _State.tell, _State.verdict, _State.ending, _State.told = tell, None, False, False


def remember(verdict: str) -> None:
    """Keep the *verdict*: from now on only showing it can fail."""
    _State.verdict = verdict


def told() -> None:
    """Keep that stderr has heard why there is no verdict, or that it doesn't listen."""
    _State.told = True


def verdict() -> str | None:
    """Return the verdict, where there was one; None before that."""
    return _State.verdict


def armed() -> bool:
    """Tell whether the process is held to a time."""
    return _State.armed


def arm(left_s: float, *, hard: bool = True) -> None:
    """End the process soon after *left_s* seconds from now; *hard*: by the second timer as well."""
    disarm()
    left_s = min(max(left_s, 0.0), LONGEST_S)
    _State.armed, _State.rounds = True, 0
    if hasattr(signal, "setitimer"):
        _arm_signal(left_s + GRACE_S)
    if hard:
        _State.disarm_hard = _armed_hard(left_s)


def disarm() -> None:
    """Hold the process to no time any more: a person is asked for something."""
    if not _State.armed:
        return
    _State.armed = False
    if hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) is _expired:
        left_s, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, _State.handler)  # type: ignore[arg-type]  # as signal() gave it
        if _State.later_s:
            signal.setitimer(signal.ITIMER_REAL, left_s + _State.later_s, _State.every_s)
    if _State.disarm_hard is not None:
        _State.disarm_hard()
        _State.disarm_hard = None


# --- The first: a signal ---


def _arm_signal(after_s: float) -> None:
    theirs_s, every_s = signal.getitimer(signal.ITIMER_REAL)
    if 0 < theirs_s <= after_s:  # the parent's `alarm`, which survives exec, comes first and ends us as it wants
        return
    try:
        _State.handler = signal.signal(signal.SIGALRM, _expired)
    except ValueError:  # not in the main thread, where no signal arrives
        return
    _State.later_s, _State.every_s = max(theirs_s - after_s, 0.0), every_s
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])  # a parent's mask survives exec, too
    signal.setitimer(signal.ITIMER_REAL, after_s, AGAIN_S)


def _expired(number: int, _frame: FrameType | None) -> None:
    """Tell and end, unless it was only kept waiting for a CPU: a busy machine's report comes late, but it comes."""
    if _State.ending:
        _say_the_least()
        os._exit(EXIT_CODE)
    if signal.getitimer(signal.ITIMER_REAL)[0] > AGAIN_S:  # ours is still to come: somebody else sent this one
        raise Stopped(number)
    _State.rounds += 1
    if _State.rounds * AGAIN_S < min(_waited_for_a_cpu_s(), HARD_S - GRACE_S):
        return
    _State.ending = True
    try:
        _State.tell()
    finally:
        os._exit(EXIT_CODE)


def _say_the_least() -> None:
    """Say what could not be told in time: a thread that spins on a clock which stands still may keep it from that."""
    if not _State.told and hasattr(select, "poll"):
        with contextlib.suppress(OSError):
            listening = select.poll()
            listening.register(2, select.POLLOUT)
            if [event for _, event in listening.poll(0)] == [select.POLLOUT]:
                os.write(2, _LEAST)


def _waited_for_a_cpu_s() -> float:
    """Return how long the main thread could have run and wasn't let, since it began; 0 where the kernel doesn't say."""
    try:
        descriptor = os.open(_WAITED_FOR_A_CPU, os.O_RDONLY)
        try:
            return int(os.read(descriptor, 100).split()[1]) * 1e-9
        finally:
            os.close(descriptor)
    except (OSError, ValueError, IndexError):
        return 0.0


# --- The second: the C library ---


def _armed_hard(left_s: float) -> Callable[[], object] | None:
    """Have `_exit` called so long after its time; return what takes that back. None: this system has no such timer.

    At each start `ctypes` would cost 2 ms, and `struct` half of one; what the first stands on costs another half.
    """
    if sys.platform != "linux":
        return None
    try:
        import _ctypes

        try:
            library = _ctypes.dlopen("libc.so.6", 0)  # by name: what is preloaded (libfaketime) is not asked
        except OSError:
            library = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]  # musl: whatever this process runs on
        create, settime, delete, leave = (_ctypes.dlsym(library, name) for name in _FUNCTIONS)

        class Pointer(_ctypes._SimpleCData):  # type: ignore[type-arg]  # noqa: SLF001 - no other name for it
            _type_ = "P"

        timers, long, number = [], _ctypes.sizeof(Pointer()), 4
        for after_s, how in (
            (left_s + HARD_S, ((0, number), (_BY_A_THREAD, number), (leave, long))),
            (left_s + KILLED_S, ((signal.SIGKILL, number), (_BY_A_SIGNAL, number))),
        ):
            timer, seconds = Pointer(), int(after_s)
            event = _packed((EXIT_CODE, long), *how, (0, 64))  # sigevent
            once = _packed((0, 2 * long), (seconds, long), (int((after_s - seconds) * 1e9), long))  # itimerspec
            if _ctypes.call_function(create, (_MONOTONIC, event, _ctypes.byref(timer))) == 0:
                _ctypes.call_function(settime, (timer, 0, once, None))
                timers.append(timer)
    except (ImportError, AttributeError, OSError, TypeError, ValueError):
        return None
    return lambda: [_ctypes.call_function(delete, (timer,)) for timer in timers]


def _packed(*fields: tuple[int, int]) -> bytes:
    """Return a structure of C: each field's value, in so many bytes."""
    return b"".join(value.to_bytes(size, sys.byteorder) for value, size in fields)
