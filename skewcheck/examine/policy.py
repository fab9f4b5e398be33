"""What all commands share: their limits, their time, and the report on a run that measured nothing."""

import math

from skewcheck.errors import SkewcheckError, UsageError
from skewcheck.examine.request import Policy
from skewcheck.judge import sentence, severity
from skewcheck.model import Failure, Report, Status, Thresholds

_MIN_MEASURING_S = 0.05


def thresholds(policy: Policy) -> Thresholds:
    """Return the limits of *policy*; raises UsageError where they make no sense."""
    if not 0 < policy.warning_s < policy.critical_s < math.inf:
        raise UsageError(
            "the warning threshold must be above 0 and below the critical one",
            f"Got {policy.warning_s:g} s and {policy.critical_s:g} s; the defaults are 100ms and 1s.",
        )
    return Thresholds(policy.warning_s, policy.critical_s)


def measuring_time(timeout_s: float, gone_s: float) -> float:
    """Return what is left of *timeout_s* for measuring; raises UsageError where it isn't a time at all."""
    if not 0 < timeout_s < math.inf:
        raise UsageError("the timeout must be above 0", "Example: -t 3s.")
    return max(timeout_s - gone_s, _MIN_MEASURING_S)


def exit_code(status: Status, policy: Policy) -> int:
    """Return what a process exits with that measured this."""
    return severity.exit_code(status, policy.fail_on, policy.on_unknown)


def failed(command: str, error: SkewcheckError) -> Report:
    """Return the report on a run that measured nothing because of *error*."""
    return Report(
        command=command,
        status=Status.UNKNOWN,
        proven=False,
        exit_code=severity.EXIT_CODES[Status.UNKNOWN],
        verdict=f"{sentence.WORDS[Status.UNKNOWN]}  {error.summary}",
        meaning=error.remedy,
        failure=Failure(error.id, error.summary, error.remedy),
    )
