"""A minority of liars, whatever they say, can't move the proven range off the truth; and each one is named."""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.judge.severity import judge, severity
from skewcheck.measure.consensus import agree
from skewcheck.model import NOT_WAITED_FOR, SAME_ADDRESS, Basis, Interval, NoReading, Reading, ServerStatus, Thresholds

TRUTH_S = 0.2
PARTS = st.floats(min_value=0, max_value=10, allow_nan=False)
POINTS = st.floats(min_value=-10, max_value=10, allow_nan=False)


def reading(low_s: float, high_s: float, server: str = "s") -> Reading:
    """Return a reading of that range."""
    interval = Interval(low_s, high_s)
    return Reading(server, "127.0.0.1", interval.middle_s, interval, interval.width_s, ())


def silent(server: str = "s") -> NoReading:
    """Return the outcome of a server that did not answer."""
    return NoReading(server, None, "no-reply", "no reply in 1 s", rejected=False)


UNHEARD = [
    NoReading("s", None, reason, "whatever", rejected=rejected)
    for reason, rejected in [("no-reply", False), ("port-closed", False), ("dns-failed", False), ("kod-rate", True),
                             (NOT_WAITED_FOR, False)]
]  # fmt: skip
"""Each may have been an honest one."""


honest = st.builds(lambda below_s, above_s: reading(TRUTH_S - below_s, TRUTH_S + above_s), PARTS, PARTS)
anything = st.builds(lambda one, other: reading(min(one, other), max(one, other)), POINTS, POINTS)


@st.composite
def clipping(draw: st.DrawFn, honest_ones: Sequence[Reading]) -> Reading:
    """Draw the worst liar: one that just touches an honest range and leaves the truth out."""
    edge_s = draw(st.sampled_from([edge for one in honest_ones for edge in one.interval]))
    width_s = draw(PARTS)
    return reading(edge_s - width_s, edge_s) if edge_s < TRUTH_S else reading(edge_s, edge_s + width_s)


@st.composite
def elections(draw: st.DrawFn) -> tuple[list[Reading | NoReading], set[int]]:
    """Draw up to 9 names with a minority of liars, some of the honest unheard, in any order; and who of them was."""
    liars = draw(st.integers(0, 4))
    honest_ones = draw(st.lists(honest, min_size=liars + 1, max_size=9 - liars))
    lies = [draw(st.one_of(anything, clipping(honest_ones))) for _ in range(liars)]
    unheard = draw(st.integers(0, len(honest_ones) - 1)) if len(honest_ones) > 1 else 0
    heard = honest_ones[unheard:]
    votes: list[Reading | NoReading] = [*heard, *lies, *[draw(st.sampled_from(UNHEARD))] * unheard]
    order = draw(st.permutations(range(len(votes))))
    return [votes[index] for index in order], {place for place, index in enumerate(order) if index < len(heard)}


@given(elections())
def test_a_minority_of_liars_never_moves_the_range_off_the_truth(
    election: tuple[list[Reading | NoReading], set[int]],
) -> None:
    """With at most f of 2f + 1 asked lying the truth is in every range that there is, and no honest one is blamed.

    There is one where most of those heard are honest, and one of a majority where most of those asked are, and heard.
    """
    outcomes, honest_ones = election
    agreed = agree(outcomes)
    assert all(agreed.votes[place].status is not ServerStatus.FALSETICKER for place in honest_ones)
    if 2 * len(honest_ones) > len(outcomes) > 1:
        assert agreed.basis is Basis.MAJORITY
    if agreed.interval is None:
        assert 2 * len(honest_ones) <= agreed.answered
        return
    assert agreed.interval.low_s <= TRUTH_S <= agreed.interval.high_s
    assert agreed.skew_s is not None
    assert agreed.interval.low_s <= agreed.skew_s <= agreed.interval.high_s


@given(st.lists(st.one_of(anything, st.just(silent())), max_size=9))
def test_a_verdict_rests_on_a_majority_and_blames_only_who_is_apart_from_it(
    outcomes: list[Reading | NoReading],
) -> None:
    """Whatever comes in: enough share the range's ends, were the silent with them; a falseticker's doesn't touch it."""
    agreed = agree(outcomes)
    assert [vote.outcome for vote in agreed.votes] == outcomes
    ranges = [outcome.interval for outcome in outcomes if isinstance(outcome, Reading)]
    if agreed.interval is None:
        assert agreed.basis is Basis.NONE
        assert agreed.skew_s is None
        assert not any(vote.status in (ServerStatus.TRUECHIMER, ServerStatus.FALSETICKER) for vote in agreed.votes)
        return
    for end_s in agreed.interval:
        sharing = sum(one.low_s <= end_s <= one.high_s for one in ranges)
        assert sharing >= 1
        if agreed.basis is Basis.MAJORITY:
            assert sharing + len(outcomes) - len(ranges) > len(outcomes) / 2
    if agreed.shared is not None:
        assert agreed.basis is Basis.MINORITY
        assert all(sum(one.low_s <= end_s <= one.high_s for one in ranges) > len(ranges) / 2 for end_s in agreed.shared)
    for vote in agreed.votes:
        if vote.status is ServerStatus.FALSETICKER:
            assert isinstance(vote.outcome, Reading)
            assert vote.off_by_s == vote.outcome.interval.gap_to(agreed.interval) > 0


def test_each_liar_is_named_with_how_far_off_it_is_at_least() -> None:
    """The distance is counted from the nearest end of the agreed range, so it is proven."""
    agreed = agree([reading(0, 2), reading(1, 3), reading(1, 2), reading(5, 6), reading(-9, -4)])
    assert agreed.interval == Interval(1, 2)
    assert [(vote.status, vote.off_by_s) for vote in agreed.votes] == [
        (ServerStatus.TRUECHIMER, None),
        (ServerStatus.TRUECHIMER, None),
        (ServerStatus.TRUECHIMER, None),
        (ServerStatus.FALSETICKER, 3),
        (ServerStatus.FALSETICKER, 5),
    ]


def test_the_deepest_overlap_is_only_the_estimate() -> None:
    """Two liars that clip the honest ranges make the deepest overlap, off the truth; the range holds on to it."""
    truth_s = 5.0
    agreed = agree([reading(0, 6), reading(1, 7), reading(4, 9), reading(-3, 2), reading(-2, 2)])
    assert agreed.interval == Interval(0, 6)
    assert agreed.skew_s is not None
    assert abs(agreed.skew_s - truth_s) > 1
    assert agreed.interval.low_s <= truth_s <= agreed.interval.high_s


TWO_LIARS = [reading(-5.01, -4.99), reading(-5.01, -4.99)]


@pytest.mark.parametrize("unheard", UNHEARD, ids=lambda unheard: unheard.reason)
def test_fewer_than_a_majority_of_those_asked_confirm_nothing(unheard: NoReading) -> None:
    """Two liars of five against the one honest server that was heard: no majority, nobody blamed, all of it is open."""
    agreed = agree([*TWO_LIARS, reading(-0.01, 0.01), unheard, unheard])
    assert (agreed.basis, agreed.interval, agreed.shared) == (
        Basis.MINORITY, Interval(-5.01, 0.01), Interval(-5.01, -4.99),
    )  # fmt: skip
    assert agreed.skew_s == pytest.approx(-5.0)
    assert not any(vote.status in (ServerStatus.TRUECHIMER, ServerStatus.FALSETICKER) for vote in agreed.votes)
    assert (agreed.asked, agreed.answered, agreed.agreeing) == (5, 3, 2)


def test_four_of_five_are_allowed_for_two_liars_among_them() -> None:
    """What three of the four share would exclude the truth at 0, which the two honest ones hold, and the silent one."""
    agreed = agree([reading(-0.01, 0.01), reading(-0.01, 0.01), *[reading(0.005, 0.02)] * 2, UNHEARD[0]])
    assert (agreed.basis, agreed.interval) == (Basis.MAJORITY, Interval(-0.01, 0.02))


def test_a_second_name_for_an_address_is_neither_asked_nor_missing() -> None:
    """It takes nothing from the others' majority: two of two."""
    alias = NoReading("s", None, SAME_ADDRESS, "one vote", rejected=False)
    agreed = agree([reading(0, 2), reading(1, 3), alias, alias])
    assert (agreed.basis, agreed.interval, agreed.asked) == (Basis.MAJORITY, Interval(1, 2), 2)


def test_one_server_is_a_basis_of_its_own() -> None:
    """A single answer gives its range, on the basis `single`, and is neither believed nor blamed."""
    agreed = agree([silent(), reading(1, 2), silent()])
    assert (agreed.basis, agreed.interval, agreed.skew_s) == (Basis.SINGLE, Interval(1, 2), 1.5)
    assert [vote.status for vote in agreed.votes] == [
        ServerStatus.NO_ANSWER,
        ServerStatus.UNJUDGED,
        ServerStatus.NO_ANSWER,
    ]
    assert (agreed.asked, agreed.answered, agreed.agreeing) == (3, 1, 0)


def test_no_answer_is_no_basis() -> None:
    """Silence and refusal give no range; a refused server is told from a silent one."""
    refused = NoReading("r", "127.0.0.1", "kod-rate", "declines", rejected=True)
    agreed = agree([silent(), refused])
    assert (agreed.basis, agreed.interval) == (Basis.NONE, None)
    assert [vote.status for vote in agreed.votes] == [ServerStatus.NO_ANSWER, ServerStatus.REJECTED]


# --- Worlds with fewer liars than half of those asked, and honest servers that say nothing ---

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
    outcomes: list[Reading | NoReading] = [*map(_said, said), *silent]
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


def _said(interval: Interval) -> Reading:
    return Reading("s", "192.0.2.1", interval.middle_s, interval, interval.width_s, ())


def _silent(dice: random.Random) -> NoReading:
    return NoReading("s", None, dice.choice(SILENCES), "", rejected=dice.random() < 0.3)


def _worlds(count: int, seed: int) -> Iterator[World]:
    dice = random.Random(seed)
    return (world(dice) for _ in range(count))


@pytest.mark.parametrize("count", [3_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_what_is_proven_is_true_whoever_is_silent(count: int) -> None:
    """No liars below half of those asked move it, whichever honest ones are silent; and no honest one is blamed.

    What the silent take away is only what they could have changed, and an unconfirmed range holds the truth if one of
    those who answered is honest.
    """
    proven = by_a_part = 0
    for truth_s, outcomes, honest in _worlds(count, seed=count):
        agreed = agree(outcomes)
        blamed = {at for at, vote in enumerate(agreed.votes) if vote.status is ServerStatus.FALSETICKER}
        assert not blamed & honest, outcomes
        judgement = judge(agreed.skew_s, agreed.interval, agreed.basis, LIMITS, witness=agreed.interval)
        if agreed.basis is not Basis.MAJORITY:
            assert len(honest) <= len(outcomes) / 2, "enough honest answers always give a proof"
            if agreed.basis is Basis.MINORITY and honest:
                assert agreed.interval is not None
                assert agreed.interval.low_s <= truth_s <= agreed.interval.high_s, (truth_s, outcomes)
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


# --- Servers that show one source of time are one witness ---


def dependent_world(dice: random.Random) -> tuple[World, list[int]]:
    """Return a world of 2 to 6 sources, of 1 to 5 names each, and the source of each name: fewer than half lie."""
    count = dice.randint(2, 6)
    liars = dice.randint(0, (count - 1) // 2)
    truth_s = dice.choice((0.0, 0.05, -0.2, 0.7, -5.0)) + dice.uniform(-0.1, 0.1)
    sizes = [dice.choice((1, 4, 5) if source < liars else (1, 1, 2, 3)) for source in range(count)]
    names = [source for source, size in enumerate(sizes) for _ in range(size)]
    lying = [source for source in names if source < liars]
    honest = [_around(truth_s, dice) for _ in names[len(lying) :]]
    lies = [*_lies(len(lying), truth_s, honest, dice), *[None] * len(lying)][: len(lying)]
    silence = dice.choice((0.0, 0.3, 0.6))
    said = [*lies, *(one if dice.random() >= silence else None for one in honest)]
    outcomes = [_silent(dice) if one is None else _said(one) for one in said]
    told_true = {at for at, one in enumerate(said) if one is not None and at >= len(lying)}
    order = dice.sample(range(len(said)), len(said))
    places = {at for at, place in enumerate(order) if place in told_true}
    return World(truth_s, [outcomes[place] for place in order], places), [names[place] for place in order]


@pytest.mark.parametrize("count", [3_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_liars_that_share_an_upstream_never_yield_a_proof(count: int) -> None:
    """However many names the lying sources have, most of those asked included: what is proven is true, none is blamed.

    Of the sources fewer than half lie; which source an unheard name has nobody knows.
    """
    dice, proven, outvoted = random.Random(count), 0, 0
    for _ in range(count):
        (truth_s, outcomes, honest), sources = dependent_world(dice)
        agreed, by_name = agree(outcomes, sources), agree(outcomes)
        assert not {at for at in honest if agreed.votes[at].status is ServerStatus.FALSETICKER}, outcomes
        if agreed.basis is not Basis.MAJORITY:
            assert not any(vote.status is ServerStatus.FALSETICKER for vote in agreed.votes)
            named = by_name.interval if by_name.basis is Basis.MAJORITY else None
            outvoted += named is not None and not named.low_s <= truth_s <= named.high_s
            continue
        proven += 1
        assert by_name.basis is Basis.MAJORITY, "to know of a source never raises anything"
        assert agreed.interval is not None
        assert by_name.interval is not None
        assert agreed.interval.low_s <= by_name.interval.low_s <= by_name.interval.high_s <= agreed.interval.high_s
        assert agreed.interval.low_s <= truth_s <= agreed.interval.high_s, (truth_s, outcomes, sources)
    assert proven > count / 5
    assert outvoted > count / 50, "else no lie was seen that names alone would have proven"


@given(st.lists(st.one_of(anything, st.just(silent())), max_size=9))
def test_sources_of_their_own_change_nothing(outcomes: list[Reading | NoReading]) -> None:
    """Where no two servers show one source, it is the vote of names as ever."""
    assert agree(outcomes, range(len(outcomes))) == agree(outcomes)


@pytest.mark.parametrize(
    ("sources", "silent_too", "basis", "witnesses"),
    [
        ([0, 0, 0], 0, Basis.MINORITY, 1),
        ([0, 0], 0, Basis.MINORITY, 1),
        ([0, 1], 0, Basis.MAJORITY, 2),
        ([0, 0, 1], 0, Basis.MAJORITY, 2),
        ([0, 0], 1, Basis.MINORITY, 1),
        ([0, 0, 1], 2, Basis.MINORITY, 2),
        ([0, 0, 1, 2], 1, Basis.MAJORITY, 3),
        ([0, 0, 0, 1, 2], 0, Basis.MAJORITY, 3),
    ],
)
def test_a_majority_of_names_that_is_one_witness_is_unconfirmed(
    sources: list[int], silent_too: int, basis: Basis, witnesses: int
) -> None:
    """Each source counts once, each silent name as one of its own; two must agree at least."""
    outcomes = [reading(-0.01, 0.01)._replace(server=f"s{n}") for n in range(len(sources))]
    agreed = agree([*outcomes, *[silent()] * silent_too], [*sources, *range(90, 90 + silent_too)])
    assert (agreed.basis, agreed.sources, agreed.agreeing) == (basis, witnesses, len(sources))
    first = [sources.index(source) for source in sources]
    told = [vote.same_source_as for vote in agreed.votes][: len(sources)]
    assert told == [None if at == number else f"s{at}" for number, at in enumerate(first)]
    judged = judge(agreed.skew_s, agreed.interval, agreed.basis, LIMITS, witness=agreed.interval)
    assert judged.proven == (basis is Basis.MAJORITY)
