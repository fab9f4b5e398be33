"""Two reports on one local clock as one: against NTP, and against an API. Nothing is concluded from both together."""

from skewcheck.judge.severity import worse
from skewcheck.model import Report


def side_by_side(clock: Report, api: Report) -> Report:
    """Return both parts in one report: the worse one speaks for it, and NTP, asked last, where neither is worse."""
    speaks = clock if worse(clock.status, api.status) is clock.status else api
    return speaks._replace(
        measured_at_s=clock.measured_at_s,
        true_time=clock.true_time,
        duration_s=clock.duration_s + api.duration_s,
        ntp=clock.ntp,
        api=api.api,
        host=clock.host,
        findings=(*clock.findings, *(finding for finding in api.findings if finding not in clock.findings)),
    )
