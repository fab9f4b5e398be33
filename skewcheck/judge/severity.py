"""How bad a range of skew is, how sure that is, and the exit code that follows."""

from skewcheck.model import Basis, DateReading, Difference, Interval, Judgement, Pace, Security, Status, Thresholds

OFF = (Status.WARNING, Status.CRITICAL)
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
    least, most = severities(interval, thresholds)
    if least is Status.OK and most is Status.CRITICAL:
        return Judgement(Status.UNKNOWN, proven=False, least=least, most=most)
    confirmed = witness is not None and severities(witness, thresholds) == (least, most)
    proven = least is most and basis is Basis.MAJORITY and confirmed
    return Judgement(severity(skew_s, thresholds), proven, least, most)


def judge_date(reading: DateReading | None, thresholds: Thresholds) -> Judgement:
    """Hold what a server's `Date` proves against the thresholds.

    The status is that of the best estimate, if its `Date` is fresh. It is proven where that needs no belief: whatever
    the `Date`'s age, up to what this server is known for, and confirmed by TLS with all its dates and by a second look.
    A range from ok to critical says nothing, nor one that may be ok, by a first look alone, nor replies that exclude
    each other and of which some are fine.
    """
    if reading is None:
        return Judgement(Status.UNKNOWN, proven=False, least=Status.OK, most=Status.CRITICAL)
    least, most = severities(reading.range, thresholds)
    unsettled = reading.spread_s > 0 and least is not most
    unsettled |= least is Status.OK and (most is Status.CRITICAL or (most is not least and not reading.confirmed))
    if unsettled:
        return Judgement(Status.UNKNOWN, proven=False, least=least, most=most)
    surely = reading.security is Security.VERIFIED and reading.confirmed
    one_clock = reading.stale is None and reading.spread_s == 0
    nearest, farthest = severities(reading.interval, thresholds)
    proven = surely and one_clock and nearest is farthest
    return Judgement(severity(reading.skew_s, thresholds), proven, least, most)


def severities(interval: Interval, thresholds: Thresholds) -> tuple[Status, Status]:
    """Return the least and the most that the range can be."""
    least = severity(interval.nearest_to_zero(), thresholds)
    return least, severity(interval.farthest_from_zero(), thresholds)


def difference(first: DateReading, second: DateReading) -> Difference:
    """Return by how much the clock of *second* is ahead of that of *first*, both as seen from this host.

    (local - first) - (local - second): the ends cross over.
    """
    return Difference(
        skew_s=first.skew_s - second.skew_s,
        interval=first.interval.minus(second.interval),
        fresh=first.range.minus(second.range),
    )


ORDER = (Status.OK, Status.UNKNOWN, Status.WARNING, Status.CRITICAL)


def worse(*statuses: Status) -> Status:
    """Return the worst of them; what could not be told is better than what is known to be bad."""
    return max(statuses, key=ORDER.index)


def exit_code(status: Status, fail_on: Status, on_unknown: Status) -> int:
    """Return the exit code for what a measurement gave.

    *on_unknown* takes the place of a status that could not be told; from *fail_on* (warning or critical)
    on it counts as a failure.
    """
    counted = on_unknown if status is Status.UNKNOWN else status
    if counted is Status.WARNING and fail_on is Status.CRITICAL:
        return EXIT_CODES[Status.OK]
    return EXIT_CODES[counted]


def believed(judgement: Judgement, pace: Pace) -> Judgement:
    """Return what is left of *judgement* in a process whose time runs at another rate: nothing proven, and no ok.

    What its range says is true of one moment, and only where it allows for what the rate did to the measurement.
    """
    if pace is Pace.TRUE:
        return judgement
    untold = judgement.least is Status.OK or pace is Pace.OPEN
    return judgement._replace(proven=False, status=Status.UNKNOWN if untold else judgement.status)
