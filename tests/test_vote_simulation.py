"""Worlds with fewer liars than half of those asked, and honest servers that say nothing: what is proven is true."""

import random
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from skewcheck.judge.severity import judge, severity
from skewcheck.measure.consensus import agree
from skewcheck.model import NOT_WAITED_FOR, Basis, Interval, NoReading, Reading, ServerStatus, Thresholds

LIMITS = Thresholds(0.1, 1.0)
SILENCES = ("no-reply", "port-closed", "kod-rate", "dns-timeout", "dns-no-such-name", "send-failed", NOT_WAITED_FOR)


class World(NamedTuple):
    """Where the truth lies, and what each name came to."""

    truth_s: float
    outcomes: list[Reading | NoReading]
    honest: set[int]
    """The places of those that told the truth."""


def world(dice: random.Random) -> World:
    """Return a world of 3 to 9 names: fewer liars than half of them, who collude; of the honest any may be silent."""
    asked = dice.randint(3, 9)
    liars = dice.randint(0, (asked - 1) // 2)
    truth_s = dice.choice((0.0, 0.05, -0.2, 0.7, -5.0, 3600.0)) + dice.uniform(-0.1, 0.1)
    silence = dice.choice((0.0, 0.3, 0.6, 0.9))
    honest = [_around(truth_s, dice) for _ in range(asked - liars)]
    heard = [one for one in honest if dice.random() >= silence]
    lies = _lies(liars, truth_s, honest, dice)
    said = [*heard, *lies]
    silent = [_silent(dice) for _ in range(asked - len(said))]
    outcomes: list[Reading | NoReading] = [*map(_reading, said), *silent]
    order = dice.sample(range(asked), asked)
    return World(truth_s, [outcomes[place] for place in order], {at for at, p in enumerate(order) if p < len(heard)})


def _around(truth_s: float, dice: random.Random) -> Interval:
    """Return an honest range: as wide as any, the truth anywhere in it, at its very end at times."""
    below_s, above_s = (dice.choice((0.0, 10 ** dice.uniform(-3, 0.5))) for _ in range(2))
    return Interval(truth_s - below_s, truth_s + above_s)


def _lies(count: int, truth_s: float, honest: list[Interval], dice: random.Random) -> list[Interval]:
    """Return what *count* liars say together; some of them may rather say nothing."""
    way = dice.choice(("five seconds", "clip", "beside", "bridge", "each his own", "no word"))
    side = dice.choice((-1, 1))
    lies = []
    for _ in range(count):
        width_s = 10 ** dice.uniform(-4, 1)
        if way == "five seconds":  # the same one, far off
            lies.append(Interval(truth_s + side * 5.0 - 0.01, truth_s + side * 5.0 + 0.01))
        elif way == "clip":  # touch the end of an honest range, and leave the truth out
            edge_s = dice.choice(honest)[side > 0]
            lies.append(Interval(*sorted((edge_s, edge_s + side * width_s))))
        elif way == "beside":  # hardly miss the truth
            near_s = truth_s + side * 1e-9
            lies.append(Interval(*sorted((near_s, near_s + side * width_s))))
        elif way == "bridge":  # one wide lie that joins the honest and the far-off
            far_s = truth_s + side * dice.uniform(0.001, 20)
            lies.append(Interval(*sorted((truth_s + side * 1e-6, far_s))))
        elif way == "each his own":
            at_s = truth_s + dice.uniform(-10, 10)
            lies.append(Interval(at_s, at_s + width_s))
    return lies


def _reading(interval: Interval) -> Reading:
    return Reading("s", "192.0.2.1", interval.middle_s, interval, interval.width_s, ())


def _silent(dice: random.Random) -> NoReading:
    return NoReading("s", None, dice.choice(SILENCES), "", rejected=dice.random() < 0.3)


def _worlds(count: int, seed: int) -> Iterator[World]:
    dice = random.Random(seed)
    return (world(dice) for _ in range(count))


@pytest.mark.parametrize("count", [3_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_what_is_proven_is_true_whoever_is_silent(count: int) -> None:
    """No liars below half of those asked move it, whichever honest ones are silent; and no honest one is blamed."""
    proven = by_a_part = 0
    for truth_s, outcomes, honest in _worlds(count, seed=count):
        agreed = agree(outcomes)
        blamed = {at for at, vote in enumerate(agreed.votes) if vote.status is ServerStatus.FALSETICKER}
        assert not blamed & honest, outcomes
        judgement = judge(agreed.skew_s, agreed.interval, agreed.basis, LIMITS, witness=agreed.interval)
        if agreed.basis is not Basis.MAJORITY:
            assert not judgement.proven
            assert not blamed, "nobody is blamed by fewer than a majority of those asked"
            continue
        assert agreed.interval is not None
        assert agreed.interval.low_s <= truth_s <= agreed.interval.high_s, (truth_s, outcomes)
        if judgement.proven:
            assert severity(truth_s, LIMITS) is judgement.status
        proven += 1
        by_a_part += agreed.answered < agreed.asked
    assert proven > count / 4
    assert by_a_part > count / 10, "else nothing was shown of the silent"


@pytest.mark.parametrize("count", [3_000])
def test_an_unconfirmed_range_holds_what_any_who_answered_says(count: int) -> None:
    """Where fewer than a majority of those asked agree, the truth is in the range if one of them is honest."""
    unconfirmed = 0
    for truth_s, outcomes, honest in _worlds(count, seed=1):
        agreed = agree(outcomes)
        if agreed.basis is Basis.MINORITY and honest:
            assert agreed.interval is not None
            assert agreed.interval.low_s <= truth_s <= agreed.interval.high_s, (truth_s, outcomes)
            unconfirmed += 1
    assert unconfirmed > count / 30


@pytest.mark.parametrize("count", [3_000])
def test_a_majority_of_those_asked_that_is_honest_and_heard_proves_a_range(count: int) -> None:
    """What the silent take away is only what they could have changed: enough honest answers always give a proof."""
    enough = 0
    for _, outcomes, honest in _worlds(count, seed=2):
        if len(honest) > len(outcomes) / 2:
            assert agree(outcomes).basis is Basis.MAJORITY
            enough += 1
    assert enough > count / 4
