"""What the local clock did while it was being measured."""

from skewcheck.model import Finding, LocalRun, Status
from skewcheck.quantity import duration_text

SLEWING_PPM = 500.0
"""The fastest that the kernel itself slews a clock (MAXFREQ of Linux' timex.h): beyond it a daemon is in a hurry."""


def stepped(run: LocalRun, remedy: str) -> list[Finding]:
    """Tell of a clock that was set, or a host that slept, meanwhile; *remedy*: how to measure again."""
    if not run.step_s:
        return []
    way = "forward" if run.step_s > 0 else "back"
    summary = (
        f"the local clock jumped {way} by {duration_text(run.step_s)} meanwhile (it was set, or this host slept): the "
        "range covers before and after"
    )
    return [Finding("stepped", Status.OK, summary, (("step_s", run.step_s),), (remedy,))]


def slewing(run: LocalRun) -> list[Finding]:
    """Tell of a clock that is being pulled."""
    if abs(run.slew_ppm) <= SLEWING_PPM:
        return []
    way = "faster" if run.slew_ppm > 0 else "slower"
    summary = f"the local clock is being pulled: it runs {abs(run.slew_ppm):.0f} ppm {way} than its hardware"
    return [Finding("slewing", Status.OK, summary, (("slew_ppm", run.slew_ppm),), ("measure again in a few minutes",))]
