"""The tests on chance, held against exact fractions; what they say to every order of refused and accepted tokens."""

import itertools
import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.judge import nodes, trials
from skewcheck.judge.trials import Trial


def _comb(n: int, k: int) -> Fraction:
    return Fraction(math.comb(n, k)) if 0 <= k <= n else Fraction(0)


@given(st.integers(1, 60), st.integers(1, 400), st.data())
def test_fisher_is_exact(n: int, m: int, data: st.DataObject) -> None:
    """The chance of so many refused first uses or more, by the hypergeometric distribution, to 1e-9."""
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    exact = sum(_comb(n, i) * _comb(m, a + b - i) for i in range(a, n + 1)) / _comb(n + m, a + b)
    assert abs(trials.fisher((a, n), (b, m)) - float(exact)) < 1e-9


def test_fisher_of_many_uses_is_as_exact() -> None:
    """A million uses of old tokens: by logarithms, to 1e-6 of it."""
    a, n, b, m = 5, 60, 40, 1_000_000
    exact = sum(_comb(n, i) * _comb(m, a + b - i) for i in range(a, min(n, a + b) + 1)) / _comb(n + m, a + b)
    assert trials.fisher((a, n), (b, m)) == pytest.approx(float(exact), rel=1e-6)


@given(st.integers(1, 400), st.fractions(0, 1), st.data())
def test_binomial_is_exact(n: int, p: Fraction, data: st.DataObject) -> None:
    """The chance of at most k of n, to 1e-9."""
    k, p = data.draw(st.integers(0, n)), p.limit_denominator(1000)
    exact = sum(_comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))
    assert abs(nodes.binomial(k, n, float(p)) - float(exact)) < 1e-9


@given(st.integers(1, 400), st.data(), st.sampled_from([0.95, 0.975, 0.99]))
def test_bounds_are_clopper_and_pearsons(n: int, data: st.DataObject, sure: float) -> None:
    """At the bound exactly so much is left of the other tail; none refused of n is at most about 3/n."""
    k = data.draw(st.integers(0, n))
    high, low = nodes.share_high(k, n, sure), nodes.share_low(k, n, sure)
    assert 0 <= low <= k / n <= high <= 1
    if k < n:
        assert abs(nodes.binomial(k, n, high) - (1 - sure)) < 1e-9
    if k > 0:
        assert abs(1 - nodes.binomial(k - 1, n, low) - (1 - sure)) < 1e-9
    assert nodes.share_high(0, n, 0.95) == pytest.approx(1 - 0.05 ** (1 / n), abs=1e-9)


@pytest.mark.parametrize(("mean", "most"), [(0.0, 0), (0.1, 1), (0.6, 3), (1.0, 4), (5.0, 11), (30.0, 43)])
def test_poisson(mean: float, most: int) -> None:
    """The least number that is not exceeded with 99 %, as tables have it."""
    assert trials.poisson_most(mean) == most


@given(st.integers(3, 8), st.integers(3, 4))
def test_the_scan_is_as_the_formula_says(rest: int, k: int) -> None:
    """All k of n within m neighbours: n·C(m−1,k−1)/C(n,k) by chance, for a window of less than half of the circle."""
    n, m = k + rest + 8, k + 1
    chance = n * math.comb(m - 1, k - 1) / math.comb(n, k)
    order = [number < k for number in range(n)]
    assert trials.scanned(order, m) == pytest.approx(chance, abs=4 * math.sqrt(chance / trials.SHUFFLES) + 0.004)


@given(st.lists(st.floats(0, 0.999), min_size=2, max_size=9), st.integers(0, 3))
def test_the_arc_is_the_shortest(phases: list[float], left_out: int) -> None:
    """Held against every choice of what is left out and every turn of the circle."""
    kept = max(0, len(phases) - left_out)
    arcs = [
        max((p - begin) % 1 for p in chosen)
        for chosen in itertools.combinations(phases, kept)
        for begin in chosen
        if kept >= 2
    ]
    assert trials.arc(phases, left_out) == pytest.approx(min(arcs, default=0.0), abs=1e-9)


def test_the_largest_difference_covers_the_true_one() -> None:
    """Of first uses at any ages, simulated with a true difference: it lies above the bound in at most 1 % of runs."""
    dice, missed = random.Random(5), 0
    for _ in range(400):
        difference_s, first = dice.uniform(0.05, 0.9), []
        for _ in range(60):
            age_s = dice.expovariate(8)
            refused = age_s < difference_s - dice.random()
            first.append(Trial(0.0, age_s, refused, None, None, -math.inf, math.inf))
        missed += trials.most_difference(first) < difference_s
    assert missed <= 8


def test_tokens_of_a_timer_do_not_come_all_round() -> None:
    """Sixty at one part of the second, or in half of it, tell nothing of the others."""
    dice = random.Random(1)

    def at(draw: float) -> Trial:
        return Trial(1000 + draw, 0.01, refused=False, refused_to_s=None, accepted_from_s=0.01,
                     refused_surely_s=-math.inf, accepted_surely_s=1.0)  # fmt: skip

    assert trials.all_round([at(dice.random()) for _ in range(60)])
    assert not trials.all_round([at(dice.random() * 0.02) for _ in range(60)])
    assert not trials.all_round([at(dice.random() * 0.5) for _ in range(60)])
