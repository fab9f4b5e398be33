"""What the local clock did while it was being measured."""

from collections.abc import Iterable

from skewcheck.model import Finding, Judgement, LocalRun, Pace, Status
from skewcheck.quantity import duration_text

SLEWING_PPM = 500.0
"""The fastest that the kernel itself slews a clock (MAXFREQ of Linux' timex.h): beyond it a daemon is in a hurry."""
PULLED_S = 1e-3
"""What is less is the noise of reading the clocks, in a run of milliseconds."""

NOT_PROVEN = "not proven, as time runs at another rate in this process"
DRIFT_PPM = 100.0
"""How far an undisciplined quartz may run off."""


def moved_since(run: LocalRun, others: Iterable[LocalRun], until_s: float) -> float:
    """Return how far the local clock may have moved from the end of *run* until *until_s*, in seconds.

    *others*: what was measured at the same time. One that ended later saw how the clock was pulled since.
    """
    pulled_s = max((other.wander_s for other in others if other.ended_at_s > run.ended_at_s), default=0.0)
    return DRIFT_PPM * 1e-6 * abs(until_s - run.ended_at_s) + pulled_s


def believed(judgement: Judgement, run: LocalRun) -> Judgement:
    """Return what is left of *judgement* in a process whose time runs at another rate: nothing proven, and no ok.

    What its range says is true of one moment, and only where it allows for what the rate did to the measurement.
    """
    if run.pace is Pace.TRUE:
        return judgement
    untold = judgement.least is Status.OK or run.pace is Pace.OPEN
    return judgement._replace(proven=False, status=Status.UNKNOWN if untold else judgement.status)


def stepped(run: LocalRun, remedy: str) -> list[Finding]:
    """Tell of a clock that was set, or a host that slept, meanwhile; *remedy*: how to measure again."""
    if not run.step_s or run.pace is not Pace.TRUE:
        return []
    way = "forward" if run.step_s > 0 else "back"
    summary = (
        f"the local clock jumped {way} by {duration_text(run.step_s)} meanwhile (it was set, or this host slept): the "
        "range covers before and after"
    )
    return [Finding("stepped", Status.OK, summary, (("step_s", run.step_s),), (remedy,))]


def slewing(run: LocalRun) -> list[Finding]:
    """Tell of a clock that is being pulled, one way or back and forth."""
    if run.pace is not Pace.TRUE:
        return []
    hurried = abs(run.slew_ppm) > SLEWING_PPM
    if not hurried and not run.wander_s > max(PULLED_S, SLEWING_PPM * 1e-6 * run.duration_s):
        return []
    way = "faster" if run.slew_ppm > 0 else "slower"
    summary = f"the local clock is being pulled: it runs {abs(run.slew_ppm):.0f} ppm {way} than its hardware"
    if not hurried:
        far = duration_text(run.wander_s)
        summary = f"the local clock is being pulled back and forth, {far} in all meanwhile: the range allows for it"
    evidence = (("slew_ppm", run.slew_ppm), ("wander_s", run.wander_s))
    return [Finding("slewing", Status.OK, summary, evidence, ("measure again in a few minutes",))]
