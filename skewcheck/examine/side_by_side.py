"""Two reports on one local clock as one: against NTP, and against an API. Nothing is concluded from both together."""

from collections.abc import Callable

from skewcheck.judge.severity import worse
from skewcheck.model import Report, Status

_ONCE = {"time-zone"}
"""Findings on this clock that NTP settles: the API, off by as much, can only say less of the same."""


def at_once(clock: Callable[[], Report], api: Callable[[], Report]) -> Report:
    """Return both in one report, asked at the same time; raises what either raises.

    Each keeps the deadline by itself. *api* runs in the calling thread, which hears of its progress.
    """
    import queue
    import threading

    answered: queue.SimpleQueue[Report | BaseException] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answered.put(clock())
        except BaseException as error:  # noqa: BLE001 - it is raised again where it can be caught
            answered.put(error)

    threading.Thread(target=ask, daemon=True).start()
    by_date = api()
    by_ntp = answered.get()
    if isinstance(by_ntp, BaseException):
        raise by_ntp
    both = side_by_side(by_ntp, by_date)._replace(duration_s=max(by_ntp.duration_s, by_date.duration_s))
    off = by_ntp.status in (Status.WARNING, Status.CRITICAL)
    return both._replace(next_step=by_ntp.next_step) if off else both  # it is this clock, so that is to be mended


def side_by_side(clock: Report, api: Report) -> Report:
    """Return both parts in one report: the worse one speaks for it, and NTP, asked last, where neither is worse."""
    told = {finding.id for finding in clock.findings} & _ONCE
    more = (finding for finding in api.findings if finding not in clock.findings and finding.id not in told)
    speaks = clock if worse(clock.status, api.status) is clock.status else api
    return speaks._replace(
        measured_at_s=clock.measured_at_s,
        true_time=clock.true_time,
        duration_s=clock.duration_s + api.duration_s,
        ntp=clock.ntp,
        api=api.api,
        host=clock.host,
        findings=(*clock.findings, *more),
    )
