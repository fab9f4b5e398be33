"""Which refusals one thing alone explains, by hard rules in their order; then, left to chance, the first uses."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from skewcheck.judge import trials
from skewcheck.judge.lives import Ended, Life, Lives, Use
from skewcheck.judge.nodes import share_high
from skewcheck.judge.trials import SURE, WORST_DRIFT, Trial
from skewcheck.model import Interval
from skewcheck.model.log import Hold, Phase

EXPIRED_S, EXPIRED_SHARE = 2.0, 0.1
"""Before its end, for whole seconds of `expires_in` and of when it was issued; and never more of a life."""
AGREEING = 2
"""Pauses longer than any after which a token was accepted, and tokens whose refusal has a Date that is behind."""
SHOWN = 3
"""So many events, and none against, show a cause: one is an accident."""
STORM_PER_LIFE, STORM_LEAST, STORM_S = 2, 6, 60.0
"""More than two tokens in a lifetime are wasteful; six of them within a minute are a storm."""
NEVER_LEAST, NEVER_S = 10, 60.0
"""A host that refused so many and no other, for so many seconds, refuses by no clock."""
SEVERAL_SHARE = 0.1
"""Of the tokens: where more live on beside newer ones, several clients write to the log."""
_SOON_S = 5.0
"""After a refused use, a refresh within this time is its answer."""
_ROUNDED_S = 0.002
_ALIKE, _UNUSUAL = 0.1, 3
_PAUSE_S = 10.0
"""A shorter pause ends no token."""
_BINS, _DATES_A_BIN = 4, 20
_NEAR = 2
"""Tokens before and after one, whose replies are held against its own."""
LEAST = 3
"""Refused first uses that a cause needs."""
KNOWN = 20
"""Tokens that must be known to be accepted before a wait is named."""
WHOLE_S = 0.5
"""A stamp that is wider tells no phase."""
HOLD_SURE = 0.95
_GRIDS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
_COLUMNS = 6
_CELLS = 20


class BeforeRefresh(NamedTuple):
    """A token that was refused, and then refreshed."""

    age_s: float
    gap_s: float
    lifetime_s: float | None
    granted: Life

    @property
    def late_s(self) -> float | None:
        """How long after its end."""
        return None if self.lifetime_s is None else self.age_s - self.lifetime_s


class Refusals(NamedTuple):
    """All refusals, each where it belongs."""

    trials: tuple[Trial, ...]
    """The first uses of all new tokens."""
    before: tuple[BeforeRefresh, ...]
    in_flight: int
    """Sent before the new token was there, refused after: by their times."""
    late: tuple[int, int]
    """Refused, and all, of uses of tokens older than ten seconds, without those before a refresh."""
    idle_ok_s: float
    """The longest pause after which a token was still accepted."""
    usual_gap_s: float
    """The longest in the life of a token, of most tokens."""
    left_ok_s: float
    """The least of its life that a token had before it when it was accepted."""


def refusals(lives: Lives) -> Refusals:
    """Return what becomes of each life."""
    first, before, in_flight, late_refused, late = [], [], 0, 0, 0
    gaps = sorted(ended.life.idle_ok_s for ended in lives.ended) or [0.0]
    for ended in _with_their_own(lives):
        life = ended.life
        flying = _in_flight(ended)
        in_flight += len(flying)
        answered = _before_refresh(ended, flying)
        if answered is not None:
            before.append(answered)
        trial = _trial(life, flying)
        if trial is not None and (answered is None or trial.accepted_from_s is not None):
            first.append(trial)
        if answered is not None or ended.next is None:  # how a token ends that is the log's last, nobody knows
            others = life.late_refused - life.late_in_a_row
        else:
            others = life.late_refused - sum((life.age_s(use) or 0.0) > life.young_s for use in flying)
        late_refused += others
        late += life.late_accepted + others
    left_ok_s = min((_left(e.life, e.life.last_s) for e in lives.ended), default=math.inf)
    usual_gap_s = gaps[len(gaps) // 2]
    return Refusals(tuple(first), tuple(before), in_flight, (late_refused, late), gaps[-1], usual_gap_s, left_ok_s)


def _left(life: Life, at_s: float | None) -> float:
    """Return how much of its life a token has before it at that time."""
    if at_s is None or life.received_s is None or life.lifetime_s is None:
        return math.inf
    return life.lifetime_s - (at_s - life.received_s)


def _with_their_own(lives: Lives) -> list[Ended]:
    """Return the lives, each with the token that took its place: of several clients the next one within seconds."""
    known = (ended.life for ended in lives.ended if ended.life.received_s is not None)
    received = sorted(known, key=lambda life: life.received_s or 0.0)
    times = [life.received_s or 0.0 for life in received]
    own = []
    for ended in lives.ended:
        if not ended.life.beside:
            own.append(ended)
            continue
        refused = ended.life.refused_last[0] if ended.life.refused_last else None
        at_s = None if refused is None else refused.end_s if refused.end_s is not None else refused.start_s
        at = len(times) if at_s is None else bisect_left(times, at_s)
        soon = at_s is not None and at < len(times) and times[at] <= at_s + _SOON_S
        own.append(Ended(ended.life, received[at] if soon else None))
    return own


def _in_flight(ended: Ended) -> list[Use]:
    """Return the refused uses that were answered after the next token was asked for."""
    following = ended.next
    if following is None or following.received_s is None:
        return []
    begun_s = following.received_s if following.sent_s is None else following.sent_s
    begun_s += 2 * following.width_s + _ROUNDED_S
    return [use for use in ended.life.refused_last if use.start_s is not None and (use.end_s or 0.0) > begun_s]


def _before_refresh(ended: Ended, flying: Sequence[Use]) -> BeforeRefresh | None:
    """Return the refusal to which the refresh is the answer: of a token that had been accepted, or was no new one."""
    life, following = ended
    refused = [use for use in life.refused_last if use not in flying]
    if following is None or not refused or life.received_s is None or following.received_s is None:
        return None
    first = refused[0]
    at_s, age_s = first.end_s if first.end_s is not None else first.start_s, life.age_s(first)
    # one that is over by its own lifetime was refused for that, however late the refresh comes
    over = life.lifetime_s is not None and age_s is not None and age_s >= life.lifetime_s
    if at_s is None or age_s is None or (following.received_s - at_s > _SOON_S and not over):
        return None
    if age_s <= life.young_s:
        return None
    begun_s = first.start_s if first.start_s is not None else at_s
    gap_s = begun_s - (life.last_s if life.last_s is not None else life.received_s)
    return BeforeRefresh(age_s, gap_s, life.lifetime_s, life)


def _trial(life: Life, flying: Sequence[Use]) -> Trial | None:
    """Return the first uses of a new token; None: it has none that tells."""
    if life.received_s is None:
        return None
    uses = sorted(
        (u for u in life.uses if u not in flying), key=lambda u: u.start_s if u.start_s is not None else u.end_s or 0
    )
    if not uses:
        return None
    refused_to_s = accepted_from_s = None
    refused_surely_s, accepted_surely_s = -math.inf, math.inf
    for use in uses:
        age_s = life.age_s(use)
        if age_s is None:
            return None
        if not use.refused:
            accepted_from_s = age_s
            if use.end_s is not None and life.sent_s is not None:
                accepted_surely_s = use.end_s + use.width_s - life.sent_s
            break
        if age_s > life.young_s:
            break
        refused_to_s = age_s
        if use.start_s is not None:
            refused_surely_s = use.start_s - life.received_s - life.width_s
    first_s = life.age_s(uses[0])
    if first_s is None or first_s > life.young_s:
        return None
    return Trial(
        life.received_s, first_s, uses[0].refused, refused_to_s, accepted_from_s, refused_surely_s, accepted_surely_s
    )


# --- Rules on what was counted ---


def of_idleness(found: Refusals) -> list[BeforeRefresh]:
    """Return the refusals that a pause explains: each longer than any after which a token was accepted."""
    idle = [b for b in found.before if not _expired(b) and b.gap_s > found.idle_ok_s and b.gap_s > _PAUSE_S]
    return idle if len(idle) >= AGREEING else []


def of_no_lifetime(found: Refusals) -> list[BeforeRefresh]:
    """Return the refusals of tokens of which nobody knows how long they live, and no pause explains."""
    idle = of_idleness(found)
    return [b for b in found.before if b.lifetime_s is None and b not in idle]


def at_one_age(before: Sequence[BeforeRefresh], found: Refusals) -> bool:
    """Tell whether all were refused at one age, as tokens are that have ended, and no long pause may be why."""
    ages, gaps = [b.age_s for b in before], sorted(b.gap_s for b in before)
    unused = gaps[len(gaps) // 2] > max(_PAUSE_S, _UNUSUAL * found.usual_gap_s)
    return not unused and max(ages) - min(ages) < _ALIKE * max(ages)


def of_expiry(found: Refusals) -> list[BeforeRefresh]:
    """Return the refusals of tokens at their end."""
    return [b for b in found.before if _expired(b)]


def _expired(before: BeforeRefresh) -> bool:
    lifetime_s = before.lifetime_s
    return lifetime_s is not None and before.age_s >= lifetime_s - min(EXPIRED_S, EXPIRED_SHARE * lifetime_s)


def of_early_end(found: Refusals) -> list[BeforeRefresh]:
    """Return the refusals before a token's end that no pause explains."""
    idle = of_idleness(found)
    return [b for b in found.before if b.lifetime_s is not None and b not in idle and not _expired(b)]


def so_early(early: Sequence[BeforeRefresh], found: Refusals, stamp_s: float) -> Interval | None:
    """Return how long before their end tokens die, where one figure explains all: as of an issuer that is behind.

    None where one was refused younger than another was accepted: it stamps whole seconds, and the log its own.
    """
    least_s = max(-(b.late_s or 0.0) for b in early)
    return Interval(least_s, max(least_s, found.left_ok_s)) if least_s <= found.left_ok_s + 1 + 2 * stamp_s else None


def issuer_behind(early: Sequence[BeforeRefresh]) -> Interval | None:
    """Return how far the token responses' `Date` is behind that of the first replies to their tokens, of at least 3."""
    bounds = []
    for life in (b.granted for b in early):
        used = [u for u in life.uses if u.date_s is not None and u.start_s is not None and u.end_s is not None]
        if life.granted_s is None or life.sent_s is None or life.received_s is None or not used:
            continue
        low_s, high_s = life.sent_s - life.granted_s - 1, life.received_s + life.width_s - life.granted_s
        theirs_low_s = max((u.start_s or 0.0) - (u.date_s or 0.0) - 1 for u in used)
        theirs_high_s = min((u.end_s or 0.0) + u.width_s - (u.date_s or 0.0) for u in used)
        bounds.append((low_s - theirs_high_s, high_s - theirs_low_s))
    if len(bounds) < SHOWN:
        return None
    low_s, high_s = max(low for low, _ in bounds), min(high for _, high in bounds)
    return Interval(low_s, high_s) if low_s <= high_s else None


def lateness(expired: Sequence[BeforeRefresh]) -> Interval | None:
    """Return how long after their end they were refused."""
    late = [b.late_s for b in expired if b.late_s is not None]
    return Interval(min(late), max(late)) if late else None


def storm(lives: Lives) -> tuple[int, int]:
    """Return how many tokens were asked for in one lifetime at most, and how many within a minute of it.

    Without those that took the place of a token that was refused: these are its end, or its pause.
    """
    lifetime_s = _lifetime(lives)
    if not lifetime_s:
        return 0, 0
    by_client = _unprompted(lives)
    most = max((_most_within(lifetime_s, times) for times in by_client.values()), default=0)
    return most, max((_most_within(min(lifetime_s, STORM_S), times) for times in by_client.values()), default=0)


def _lifetime(lives: Lives) -> float:
    lifetimes = sorted(e.life.lifetime_s for e in lives.ended if e.life.lifetime_s)
    return lifetimes[len(lifetimes) // 2] if lifetimes else 0.0


def _unprompted(lives: Lives) -> dict[str, list[float]]:
    """Return when each client's tokens came, without those that took the place of one that was refused."""
    answers = {
        e.next.received_s
        for e in _with_their_own(lives)
        if e.next is not None and _before_refresh(e, _in_flight(e)) is not None
    }
    by_client: dict[str, list[float]] = {}
    for at_s, client in lives.received:
        if at_s not in answers:
            by_client.setdefault(client, []).append(at_s)
    return by_client


def may_be_several(lives: Lives) -> bool:
    """Tell whether several clients may write to the log: by hashes of the tokens, else by how often new ones come."""
    if lives.with_token:
        return sum(ended.life.apart for ended in lives.ended) > SEVERAL_SHARE * len(lives.ended)
    times = sorted(at_s for at_s, _ in lives.received)
    return _most_within(_lifetime(lives) / 2, times) > 1


def are_several(lives: Lives) -> bool:
    """Tell whether they do, so that nobody knows whose a token is: new ones come too often, and no refusal is why."""
    if lives.with_token:
        return may_be_several(lives)
    half_s = _lifetime(lives) / 2
    by_client = [sorted(times) for times in _unprompted(lives).values()]
    soon = sum(after - before < half_s for times in by_client for before, after in pairwise(times))
    return soon > SEVERAL_SHARE * len(lives.received)


def _most_within(span_s: float, times: Sequence[float]) -> int:
    most = first = 0
    for last, at_s in enumerate(times):
        while at_s - times[first] > span_s:
            first += 1
        most = max(most, last - first + 1)
    return most


def never_accepted(lives: Lives, *, surely: bool) -> tuple[int, int]:
    """Return how many hosts refused all of at least three requests, and how many requests these were.

    *surely*: of so many, and for so long, that no clock does it.
    """
    hosts = [asked for asked in lives.hosts.values() if not asked.accepted and asked.refused >= SHOWN]
    if surely:
        hosts = [asked for asked in hosts if asked.refused >= NEVER_LEAST and asked.refused_for_s >= NEVER_S]
    return len(hosts), sum(asked.refused for asked in hosts)


def of_one_url(lives: Lives) -> int:
    """Return how many requests were of URLs that accepted none, at hosts that accepted others: so many, for so long."""
    urls = [asked for (host, _), asked in lives.urls.items() if host in lives.hosts and lives.hosts[host].accepted]
    surely = [a for a in urls if not a.accepted and a.refused >= NEVER_LEAST and a.refused_for_s >= NEVER_S]
    return sum(asked.refused for asked in surely)


# --- The Date of the replies ---


class Dates(NamedTuple):
    """Local − `Date`, as all accepted replies bound it."""

    interval: Interval
    replies: int
    steady_s: float | None
    behind: tuple[float, ...]
    """Of each token whose refused replies have a clock behind that of all accepted ones: by how much at least."""
    dated_refused: int
    moved: bool
    """The replies exclude each other: the log's clock was set, or several clocks answer."""


def dates(lives: Lives) -> Dates | None:
    """Return what the `Date` of the replies says of the clock of the log, and of the checker's that refused."""
    dated = [e.life for e in lives.ended if e.life.dated and e.life.date_high_s is not None]
    if not dated:
        return None
    lows = [life.date_low_s for life in dated if life.date_low_s is not None]
    low_s = max(lows, default=-math.inf)
    high_s = min(life.date_high_s for life in dated if life.date_high_s is not None)
    all_of_them = [ended.life for ended in lives.ended]
    each = (_behind(life, all_of_them[max(0, at - _NEAR) : at + _NEAR + 1]) for at, life in enumerate(all_of_them))
    behind = [apart for apart in each if apart is not None]
    return Dates(
        Interval(min(low_s, high_s), max(low_s, high_s)),
        sum(life.dated for life in dated),
        _steady(dated),
        tuple(apart_s for apart_s in behind if apart_s > 0),
        len(behind),
        moved=low_s > high_s,
    )


def _behind(life: Life, near: Sequence[Life]) -> float | None:
    """Return how far behind that of the accepted replies the refused replies' clock is at least; None: no dates tell.

    Of the tokens *near* it those whose replies allow one clock with this one's: the log's own may have been set.
    """
    refused = [use for use in life.uses if use.refused and use.date_s is not None and use.start_s is not None]
    if life.date_high_s is None or not refused:
        return None
    low_s = -math.inf if life.date_low_s is None else life.date_low_s
    apart = [
        use.start_s
        - use.date_s
        - 1
        - min(
            other.date_high_s + WORST_DRIFT * abs(use.start_s - other.date_at_s)
            for other in near
            if other.date_high_s is not None and (other is life or _agree(life, other, low_s))
        )
        for use in refused
        if use.start_s is not None and use.date_s is not None
    ]
    return max(apart)


def _agree(life: Life, other: Life, low_s: float) -> bool:
    """Tell whether one clock, that drifts as clocks do, gave the accepted replies of both."""
    if life.date_high_s is None or other.date_high_s is None or other.date_low_s is None:
        return False
    drift_s = WORST_DRIFT * abs(life.date_at_s - other.date_at_s)
    return low_s <= other.date_high_s + drift_s and other.date_low_s <= life.date_high_s + drift_s


def _steady(dated: Sequence[Life]) -> float | None:
    """Return by how much local − `Date` moved at most, as the least of each quarter of the log shows it."""
    quarters = [dated[i * len(dated) // _BINS : (i + 1) * len(dated) // _BINS] for i in range(_BINS)]
    if any(sum(life.dated for life in quarter) < _DATES_A_BIN for quarter in quarters):
        return None
    least = [min(life.date_high_s for life in quarter if life.date_high_s is not None) for quarter in quarters]
    return max(least) - min(least)


# --- First uses of new tokens: whether one constant difference explains that they are refused, and how long they are


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


def tested(lives: Lives, found: Refusals, dates: Dates | None, issuer_ahead: Interval | None, *, unsure: bool) -> Tests:
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
        any_age=often and not of_new and not never_accepted(lives, surely=False)[0],
        whole_seconds=lives.stamp_s >= WHOLE_S,
    )
    if not of_new:
        return tests
    allowed = max(1, trials.poisson_most(rate * len(first)))
    tests = tests._replace(excluded=_hard(first, allowed))
    if refused < len(first):
        tests = _patterns(tests, first, _punctual(lives, first), allowed, _is_steady(lives, dates))
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


def _is_steady(lives: Lives, dates: Dates | None) -> bool:
    span_s = (lives.to_s or 0.0) - (lives.from_s or 0.0)
    if span_s * trials.WORST_DRIFT < trials.STEADY_S and not lives.steps:
        return True
    return dates is not None and dates.steady_s is not None and dates.steady_s < trials.STEADY_S and not lives.steps


def _phase_counts(first: Sequence[Trial]) -> tuple[tuple[int, int], ...]:
    counts = [[0, 0] for _ in range(_CELLS)]
    for trial in first:
        cell = counts[min(_CELLS - 1, int(trials.phase(trial) * _CELLS))]
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
    high = share_high(left, known, HOLD_SURE) if known else 1.0
    return Hold(at_s, min(refused, left), max(0, left - refused), accepted, high)
