"""What chance can do: tests on refused first uses of new tokens. Pure, exact where it can be, seeded where not.

The one model that is tested is a constant difference: an issuer ahead of the checker stamps whole seconds, and a token
is refused until its age is the difference less the part of the second at which it was issued. So the share of refused
first uses is what is left of the difference in seconds, and the refused stand together in the second.
"""

import math
import random
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from skewcheck.judge.nodes import log_comb, share_high

SURE = 0.01
"""A chance below this is none."""
BOUND_SHARE = 0.99
SLACK_SHARE_S, SLACK_ARC_S = 0.06, 0.12
"""For ways that differ: refused later than the bound by so much; and an arc longer by so much."""
STEADY_S, WORST_DRIFT = 0.05, 1e-4
"""Phases exclude where the clock moved by less; where nothing measured that, 100 ppm are taken."""
SHUFFLES = 499
_MOST_APART = 0.25
"""Of a second: the widest gap between phases that still come "all round the second"."""


class Trial(NamedTuple):
    """The first uses of one new token."""

    received_s: float
    """When the token was there."""
    age_s: float
    """Of the first use."""
    refused: bool
    """That one was."""
    refused_to_s: float | None
    """The age of the last use that was refused before any was accepted; None: the first was accepted."""
    accepted_from_s: float | None
    """The age of the first use that was accepted; None: none was."""
    refused_surely_s: float
    """The token was at least so old, since it was issued, when it was last refused; -inf: not known."""
    accepted_surely_s: float
    """It was at most so old when it was first accepted; inf: not known."""


def fisher(first: tuple[int, int], later: tuple[int, int]) -> float:
    """Return the chance of so many refused among *first*, each (refused, of), if both were refused alike."""
    (a, n), (b, m) = first, later
    k, total = a + b, n + m
    if total <= 20_000:
        hits = sum(math.comb(n, i) * math.comb(m, k - i) for i in range(a, min(n, k) + 1))
        return hits / math.comb(total, k)
    logs = [log_comb(n, i) + log_comb(m, k - i) - log_comb(total, k) for i in range(a, min(n, k) + 1) if k - i <= m]
    return min(1.0, math.fsum(map(math.exp, logs)))


def poisson_most(mean: float, sure: float = BOUND_SHARE) -> int:
    """Return the least number that is not exceeded with that probability."""
    term = total = math.exp(-min(mean, 700.0))
    most = 0
    while total < sure and most < 100_000:
        most += 1
        term *= mean / most
        total += term
    return most


def scanned(order: Sequence[bool], window: int, *, seed: int = 0) -> float:
    """Return the chance that some *window* neighbours, in a circle, hold as many refused as they do, by shuffling."""
    seen = _densest(order, window)
    shuffled, dice = list(order), random.Random(seed)
    alike = 0
    for _ in range(SHUFFLES):
        dice.shuffle(shuffled)
        alike += _densest(shuffled, window) >= seen
    return (alike + 1) / (SHUFFLES + 1)


def window(k: int, n: int) -> int:
    """Return of how many neighbours the refused are counted: as many as were refused, and 6 % of all."""
    return min(n, k + math.ceil(0.06 * n))


def phase(trial: Trial) -> float:
    """Return at which part of the second the token came."""
    return trial.received_s % 1.0


def by_phase(trials: Sequence[Trial]) -> list[bool]:
    """Return which were refused, in the order of the second."""
    return [trial.refused for trial in sorted(trials, key=phase)]


def all_round(trials: Sequence[Trial]) -> bool:
    """Tell whether the tokens came all round the second."""
    phases = sorted(map(phase, trials))
    if len(phases) < 8:
        return False
    gaps = [after - before for before, after in zip(phases, [*phases[1:], phases[0] + 1], strict=True)]
    n = len(phases)
    spread = max(max((i + 1) / n - p, p - i / n) for i, p in enumerate(phases))
    return max(gaps) <= _MOST_APART and spread < 1.63 / math.sqrt(n)


def most_difference(trials: Sequence[Trial]) -> float:
    """Return the largest difference, in seconds, with which so few first uses are refused as were (99 %).

    A first use at age y is refused in a share `difference − y` of all seconds; the mean of these is held against the
    bound. Hoeffding: a sum of unequal chances falls below its mean more seldom than one of equal ones.
    """
    bound = share_high(sum(trial.refused for trial in trials), len(trials), BOUND_SHARE)
    ages = [max(0.0, trial.age_s) for trial in trials]
    low_s, high_s = 0.0, max(ages) + 1
    for _ in range(50):
        middle_s = (low_s + high_s) / 2
        mean = math.fsum(min(1.0, max(0.0, middle_s - age_s)) for age_s in ages) / len(ages)
        low_s, high_s = (middle_s, high_s) if mean < bound else (low_s, middle_s)
    return high_s


def arc(phases: Sequence[float], left_out: int) -> float:
    """Return the shortest arc of the second that holds all *phases* but so many."""
    points, kept = sorted(phases), len(phases) - left_out
    if kept < 2:
        return 0.0
    turned = [*points, *(point + 1 for point in points)]
    return min(turned[i + kept - 1] - turned[i] for i in range(len(points)))


def separable(trials: Sequence[Trial], left_out: int) -> bool:
    """Tell whether an age parts refused first uses from accepted ones, but so many: then a fixed wait explains it."""
    accepted = sorted(trial.age_s for trial in trials if not trial.refused)
    refused = sorted(trial.age_s for trial in trials if trial.refused)
    limit_s = refused[max(0, len(refused) - 1 - left_out)]
    return sum(age_s < limit_s for age_s in accepted) <= left_out


def _densest(order: Sequence[bool], size: int) -> int:
    sums = [0, *accumulate([*order, *order[: size - 1]])]
    return max(map(int.__sub__, sums[size:], sums[: len(sums) - size]))
