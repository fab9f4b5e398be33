"""A wrong local clock for one process, by libfaketime."""

from bench.tools import need_library


def wrong_clock(ahead_s: float) -> dict[str, str]:
    """Return the environment in which a process's time of day is *ahead_s* ahead (negative: behind).

    The monotonic clock stays as it is, as on a machine whose clock is wrong: faked, it makes every wait of a
    thread endless. What then doesn't work is `time.sleep` (EINVAL from Python 3.11 on), which we never call.
    The `faketime` command isn't used: it forks, and we want the process that we started.
    """
    return {
        "LD_PRELOAD": need_library("libfaketime.so.1"),
        "FAKETIME": f"{ahead_s:+.6f}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
