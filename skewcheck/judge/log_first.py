"""First uses of new tokens: whether one constant difference explains that they are refused, and how long they are."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.judge import refusals, trials
from skewcheck.judge.lives import Lives
from skewcheck.judge.refusals import Refusals
from skewcheck.judge.trials import SURE, Trial
from skewcheck.model import Interval
from skewcheck.model.log import Hold, Phase

LEAST = 3
"""Refused first uses that a cause needs."""
KNOWN = 20
"""Tokens that must be known to be accepted before a wait is named."""
WHOLE_S = 0.5
"""A stamp that is wider tells no phase."""
HOLD_SURE = 0.95
_GRIDS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
_COLUMNS = 6
_BINS = 20


class Tests(NamedTuple):
    """What the first uses of new tokens say."""

    refused: int
    of: int
    of_new: bool | None
    """Whether new tokens are refused more often than old ones; None: too few to tell."""
    any_age: bool
    """Old ones are refused as often."""
    whole_seconds: bool
    excluded: str | None = None
    """By which rule one constant difference is; None: by none."""
    p: float | None = None
    """By chance, so many refused came in one part of the second."""
    in_a_row: bool = False
    """The refused came in one stretch of time: then that part tells nothing."""
    phase: Phase | None = None

    @property
    def settled(self) -> bool:
        """Tell whether a pattern was found, or is not to be looked for."""
        return self.excluded is not None or self.any_age or (self.p is not None and self.p < SURE and not self.in_a_row)


def tested(
    lives: Lives, found: Refusals, dates: refusals.Dates | None, issuer_ahead: Interval | None, *, unsure: bool
) -> Tests:
    """Return what they say; *unsure*: whose they are, or when, isn't known, so nothing is tested."""
    first, (late_refused, late) = found.trials, found.late
    refused = sum(trial.refused for trial in first)
    if unsure:
        return Tests(refused, len(first), None, any_age=False, whole_seconds=lives.stamp_s >= WHOLE_S)
    rate = late_refused / late if late else 0.0
    of_new = None if refused < LEAST else late > 0 and trials.fisher((refused, len(first)), found.late) < SURE
    often = late_refused >= LEAST and (not first or rate >= refused / len(first) / 2)
    tests = Tests(
        refused,
        len(first),
        of_new,
        any_age=often and not of_new and not refusals.never_accepted(lives, surely=False)[0],
        whole_seconds=lives.stamp_s >= WHOLE_S,
    )
    if not of_new:
        return tests
    allowed = max(1, trials.poisson_most(rate * len(first)))
    tests = tests._replace(excluded=_hard(first, allowed))
    if refused < len(first):
        tests = _patterns(tests, first, _punctual(lives, first), allowed, _steady(lives, dates))
        youngest_s = min(max(0.0, trial.age_s) for trial in first)
        if tests.excluded is None and issuer_ahead is not None and issuer_ahead.high_s <= youngest_s:
            tests = tests._replace(excluded="measured")
    return tests


def _patterns(
    tests: Tests, first: Sequence[Trial], punctual: Sequence[Trial], allowed: int, steady: bool  # noqa: FBT001
) -> Tests:  # fmt: skip
    """Return *tests* with what the part of the second tells, in which tokens came."""
    refused = sum(trial.refused for trial in punctual)
    if tests.whole_seconds or refused < LEAST or len(punctual) <= 2 * LEAST:
        return tests
    size = trials.window(refused, len(punctual))
    p = trials.scanned(trials.by_phase(punctual), size)
    in_time = [trial.refused for trial in sorted(punctual, key=lambda trial: trial.received_s)]
    in_a_row, excluded = trials.scanned(in_time, size) < SURE, tests.excluded
    if excluded is None and not in_a_row and not trials.separable(first, allowed):
        excluded = _by_share(punctual, allowed, usable=steady)
    phase = Phase(p, size, steady, _phase_counts(punctual))
    return tests._replace(p=p, in_a_row=in_a_row, excluded=excluded, phase=phase)


def _punctual(lives: Lives, first: Sequence[Trial]) -> list[Trial]:
    """Return those whose token response took no longer than most: it tells when the token was issued."""
    took = {e.life.received_s: e.life.received_s - e.life.sent_s for e in lives.ended
            if e.life.received_s is not None and e.life.sent_s is not None}  # fmt: skip
    if not took:
        return list(first)
    usual_s = sorted(took.values())[len(took) // 2]
    return [t for t in first if took.get(t.received_s, usual_s) <= usual_s + trials.SLACK_SHARE_S]


def _hard(first: Sequence[Trial], allowed: int) -> str | None:
    """Return the rule without statistics: refused a second later than another token was accepted."""
    youngest_s = min((trial.accepted_surely_s for trial in first), default=math.inf)
    later = sum(trial.refused_surely_s > youngest_s + 1 for trial in first)
    return "later" if later > allowed else None


def _by_share(first: Sequence[Trial], allowed: int, *, usable: bool) -> str | None:
    if not trials.all_round(first):
        return None
    most_s = trials.most_difference(first)
    later = sum((trial.refused_to_s or 0.0) > most_s + trials.SLACK_SHARE_S for trial in first)
    if later > allowed:
        return "share"
    phases = [trials.phase(trial) for trial in first if trial.refused]
    youngest_s = min(max(0.0, trial.age_s) for trial in first)
    long = trials.arc(phases, allowed) > min(most_s - youngest_s, 1.0) + trials.SLACK_ARC_S
    return "arc" if usable and long else None


def _steady(lives: Lives, dates: refusals.Dates | None) -> bool:
    span_s = (lives.to_s or 0.0) - (lives.from_s or 0.0)
    if span_s * trials.WORST_DRIFT < trials.STEADY_S and not lives.steps:
        return True
    return dates is not None and dates.steady_s is not None and dates.steady_s < trials.STEADY_S and not lives.steps


def _phase_counts(first: Sequence[Trial]) -> tuple[tuple[int, int], ...]:
    counts = [[0, 0] for _ in range(_BINS)]
    for trial in first:
        cell = counts[min(_BINS - 1, int(trials.phase(trial) * _BINS))]
        cell[0] += trial.refused
        cell[1] += 1
    return tuple((refused, of) for refused, of in counts)


def hold(first: Sequence[Trial]) -> tuple[tuple[Hold, ...], float | None]:
    """Return what is known at each age, and from which age on no token is known, or may, be refused any more.

    A token that was refused once is open until it is seen to be accepted: when in between it became so, nobody knows.
    """
    late_s = [trial.accepted_from_s for trial in first if trial.refused_to_s is not None]
    if not late_s:
        return (), None
    known_s = [at_s for at_s in late_s if at_s is not None]
    longest_s = max([*known_s, *(trial.refused_to_s for trial in first if trial.refused_to_s is not None)])
    wait_s = _rounded_up(longest_s)
    step_s = next((step for step in _GRIDS_S if step * (_COLUMNS - 1) >= wait_s), _GRIDS_S[-1])
    columns = tuple(
        _held(at_s, first) for at_s in (*(i * step_s for i in range(_COLUMNS - 1) if i * step_s < wait_s), wait_s)
    )
    settled = (
        len(known_s) == len(late_s) and columns[-1].accepted >= KNOWN and not columns[-1].refused + columns[-1].open
    )
    return columns, wait_s if settled else None


def _rounded_up(seconds: float) -> float:
    """Return two digits of it, and never less."""
    unit_s = 10.0 ** (math.floor(math.log10(max(seconds, 1e-3))) - 1)
    return round(math.ceil(max(seconds, 1e-3) / unit_s - 1e-9) * unit_s, 6)


def _held(at_s: float, first: Sequence[Trial]) -> Hold:
    refused = sum(t.refused_to_s is not None and t.refused_to_s >= at_s for t in first)
    accepted = sum(t.accepted_from_s is not None and t.accepted_from_s <= at_s for t in first)
    known = sum(t.refused_to_s is not None or (t.accepted_from_s or 0.0) <= at_s for t in first)
    left = max(0, known - accepted)
    high = trials.share_high(left, known, HOLD_SURE) if known else 1.0
    return Hold(at_s, min(refused, left), max(0, left - refused), accepted, high)
