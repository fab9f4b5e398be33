"""How bad a range of skew is, how sure that is, and the exit code that follows."""

from skewcheck.model import Basis, Interval, Judgement, Status, Thresholds

EXIT_CODES = {Status.OK: 0, Status.WARNING: 1, Status.CRITICAL: 2, Status.UNKNOWN: 3}
"""The convention of monitoring plugins."""


def severity(skew_s: float, thresholds: Thresholds) -> Status:
    """Return how bad exactly this skew is, whatever its direction."""
    size_s = abs(skew_s)
    if size_s < thresholds.warning_s:
        return Status.OK
    return Status.WARNING if size_s < thresholds.critical_s else Status.CRITICAL


def judge(
    skew_s: float | None,
    interval: Interval | None,
    basis: Basis,
    thresholds: Thresholds,
    *,
    witness: Interval | None = None,
) -> Judgement:
    """Hold a measured range against the thresholds.

    The status is that of the best estimate; it is proven where a majority vouches for the range and the
    whole range says the same, and so does the *witness*: the range by servers that this host doesn't follow anyway.
    A range from ok to critical says nothing, and nor does no range at all.
    """
    if skew_s is None or interval is None:
        return Judgement(Status.UNKNOWN, proven=False, least=Status.OK, most=Status.CRITICAL)
    least = severity(interval.nearest_to_zero(), thresholds)
    most = severity(interval.farthest_from_zero(), thresholds)
    if least is Status.OK and most is Status.CRITICAL:
        return Judgement(Status.UNKNOWN, proven=False, least=least, most=most)
    proven = least is most and basis is Basis.MAJORITY and _confirms(witness, least, thresholds)
    return Judgement(severity(skew_s, thresholds), proven, least, most)


def _confirms(witness: Interval | None, status: Status, thresholds: Thresholds) -> bool:
    ends = [] if witness is None else [witness.nearest_to_zero(), witness.farthest_from_zero()]
    return bool(ends) and all(severity(end_s, thresholds) is status for end_s in ends)


def exit_code(status: Status, fail_on: Status, on_unknown: Status) -> int:
    """Return the exit code for what a measurement gave.

    *on_unknown* takes the place of a status that could not be told; from *fail_on* (warning or critical)
    on it counts as a failure.
    """
    counted = on_unknown if status is Status.UNKNOWN else status
    if counted is Status.WARNING and fail_on is Status.CRITICAL:
        return EXIT_CODES[Status.OK]
    return EXIT_CODES[counted]
