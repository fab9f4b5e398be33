"""How somebody compares a token's times with its own clock: the rules of one verifier, and what it says by them.

A rule that isn't known is None, and what hangs on it is left open: no token is accepted by a rule that nobody read.
"""

import enum
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from skewcheck.model import ClaimState, TimeClaim, Token


class Stamp(enum.Enum):
    """How the issuer writes its time into `iat`."""

    CUT = "cut"
    """Cut down to a whole second: the rule."""
    ROUNDED = "rounded"
    """To the nearest second, so up to half a second into the future."""
    FRACTION = "fraction"
    """With its fraction."""


class Checker(NamedTuple):
    """How somebody compares a token's times with its own clock."""

    leeway_s: float = 0.0
    expiry_leeway_s: float | None = None
    """For the expiry alone; below 0 where it is refused before it is due. None: the same leeway."""
    checks_iat: bool | None = True
    """It refuses a token that was issued in the future; None: not known."""
    checks_nbf: bool = True
    accepts_at_exp: bool = False
    """It still accepts at now = exp; RFC 7519 §4.1.4 says that it must not."""
    whole_now: bool | None = None
    """It cuts its own time to whole seconds; None: not known."""
    whole_claims: bool | None = None
    """It cuts the token's times to whole seconds; None: not known."""
    max_age_s: float | None = None
    """It refuses what is older, whatever its exp."""
    life_cap_s: float | None = None
    """It refuses an exp that is further ahead of its own time than this and its leeway."""
    accepts_at_cap: bool = True
    once: bool = False
    """It checks what is signed for one use: a request, an assertion."""
    takes_text: bool | None = None
    """It reads a time that is text as the number in it; False: it refuses such a token. None: not known."""
    reads_iat: bool | None = None
    """It refuses an iat that it can't read, though it compares it with nothing; None: not known."""
    needs: tuple[str, ...] | None = None
    """The times without which it refuses a token; None: not known whether it takes one without exp."""
    zero_is_none: tuple[str, ...] | None = None
    """Times of which 0 counts as none; None: not known."""
    ordered: bool = False
    """It refuses an nbf after exp, at any time."""
    accepts_at_nbf: bool = True
    """It accepts from now = nbf on; False: only after it."""
    iat_or_nbf: bool = False
    """It looks at iat only where there is no nbf."""
    span_cap_s: float | None = None
    """It refuses what lives longer from iat to exp, at any time."""
    span_least_s: float | None = None
    """And what lives shorter."""
    window_s: float | None = None
    """Where exp is missing it ends so long after iat or nbf; where both of those are, it begins so long before exp."""
    counts_to_s: float | None = None
    """A time that is further from 1970 counts as none."""
    not_known: tuple[str, ...] = ("boolean", "year-past-9999")
    """Oddities of a time, and reasons to refuse, of which it isn't known what it makes of them."""

    @property
    def expiry_leeway(self) -> float:
        """Seconds after a whole-second exp from which on it refuses, by its exact time: the leeway as it works."""
        leeway_s = self.leeway_s if self.expiry_leeway_s is None else self.expiry_leeway_s
        if not self.whole_now:
            return leeway_s
        return math.floor(leeway_s) + 1.0 if self.accepts_at_exp else float(math.ceil(leeway_s))

    def future_leeway(self, stamp: Stamp) -> float:
        """Return by how many seconds `iat` may be in its future: between whole seconds only whole ones count."""
        whole_iat = stamp is not Stamp.FRACTION or self.whole_claims
        return float(math.floor(self.leeway_s)) if self.whole_now and whole_iat else self.leeway_s

    def roundings(self, stamp: Stamp) -> tuple[float | None, ...]:
        """Return by how much rounding alone makes a token look younger: spread evenly over this span before the end.

        None stands for a comparison without any rounding: it refuses all or nothing. Several where it isn't known
        how this one compares.
        """
        if stamp is Stamp.CUT or (stamp is Stamp.FRACTION and self.whole_claims):
            return (0.0,)
        if stamp is Stamp.ROUNDED:
            return (0.5,)
        known: dict[bool | None, tuple[float | None, ...]] = {True: (1.0,), False: (None,), None: (None, 1.0)}
        return known[self.whole_now] if self.whole_claims is False else (0.0, *known[self.whole_now])

    def with_leeway(self, leeway_s: float) -> "Checker":
        """Return the same checker, set to another leeway."""
        return self._replace(leeway_s=leeway_s, expiry_leeway_s=None)


UNKNOWN = Checker()
"""Nothing is known of it: no leeway, and it looks at the issue time."""


class Answer(NamedTuple):
    """What a verifier says at one moment."""

    accepts: bool | None
    """None: can't tell."""
    why: str
    """An id of `judge.catalogue.REASONS`."""
    also: tuple[str, ...] = ()
    """Of what it refuses for all else that it would refuse for, too: more such ids."""


Ask = Callable[[float], Answer]
"""A verifier: its own time of day, Unix seconds -> what it says."""

_EITHER_OF: Mapping[bool | None, tuple[bool, ...]] = {True: (True,), False: (False,), None: (True, False)}
"""What a rule may be; None: it isn't known."""


def modelled(token: Token, checker: Checker, at_s: float) -> Answer:
    """Return what *checker* says when its own clock is at *at_s*, by all that it may be where a rule isn't known."""
    times, refused, open_ = _read(token, checker)
    ways = [[*refused, *_refusals(times, rules, at_s)] for rules in _all_that_it_may_be(checker)]
    if doubtful := set(checker.not_known).intersection(*ways):
        open_, ways = True, [[why for why in way if why not in doubtful] for way in ways]
    if all(ways):
        shared = [why for why in ways[0] if all(why in way for way in ways)]
        first, *more = shared or ways[0]
        return Answer(accepts=False, why=first, also=tuple(more))
    if open_:
        return Answer(None, "claim-unknown")
    if any(ways):
        return Answer(None, "iat-unknown" if checker.checks_iat is None else "rounding-unknown")
    if times["exp"] is None and checker.needs is None and checker.window_s is None:
        return Answer(None, "no-exp-unknown")
    return Answer(accepts=True, why="accepted")


def _all_that_it_may_be(checker: Checker) -> Iterator[Checker]:
    rules = (_EITHER_OF[rule] for rule in (checker.whole_now, checker.whole_claims, checker.checks_iat))
    for whole_now, whole_claims, checks_iat in itertools.product(*rules):
        yield checker._replace(whole_now=whole_now, whole_claims=whole_claims, checks_iat=checks_iat)


def _read(token: Token, checker: Checker) -> tuple[dict[str, float | None], list[str], bool]:
    """Return the times as it reads them, what it refuses for at once, and whether it isn't known how it reads one."""
    times: dict[str, float | None] = {}
    refused, open_ = [], False
    for claim in token.claims:
        times[claim.name], readable = _time(claim, checker)
        looked_at = _looked_at(claim.name, checker)
        if readable and times[claim.name] is None and claim.name in (checker.needs or ()):
            refused.append(f"no-{claim.name}")
        elif readable is False and looked_at:
            refused.append("not-a-number")
        elif not readable and looked_at is not False:
            open_ = True
    if checker.window_s is not None and not refused and not open_ and not any(at is not None for at in times.values()):
        refused.append("no-times")
    return times, list(dict.fromkeys(refused)), open_


def _looked_at(name: str, checker: Checker) -> bool | None:
    """Tell whether a time that it can't read makes it refuse; None: not known."""
    if name == "exp":
        return True
    if name == "nbf":
        return checker.checks_nbf
    counted = checker.max_age_s, checker.span_cap_s, checker.span_least_s, checker.window_s
    needed = checker.needs is not None and "iat" in checker.needs
    if checker.checks_iat or needed or any(rule is not None for rule in counted):
        return True
    return checker.reads_iat


def _time(claim: TimeClaim, checker: Checker) -> tuple[float | None, bool | None]:
    """Return what it reads in a claim, and whether it can read it; None: not known."""
    value_s = claim.value_s
    if claim.state is ClaimState.ABSENT:
        return None, True
    if claim.state is ClaimState.UNUSABLE:
        number_like = "not-a-number" in claim.oddities or claim.shown in {"", "null"}
        return None, False if checker.takes_text is False and not number_like else None
    if "string" in claim.oddities and not checker.takes_text:
        return None, checker.takes_text
    if not set(checker.not_known).isdisjoint(claim.oddities):
        return None, None
    if checker.counts_to_s is not None and value_s is not None and abs(value_s) > checker.counts_to_s:
        return None, True
    if value_s == 0 and checker.zero_is_none is None:
        return (None, None) if claim.name == "exp" else (value_s, True)
    return None if value_s == 0 and claim.name in (checker.zero_is_none or ()) else value_s, True


def _refusals(times: Mapping[str, float | None], checker: Checker, at_s: float) -> list[str]:
    """Return all that it refuses for, in the order of its importance; every rule of it is known here."""
    now_s = float(math.floor(at_s)) if checker.whole_now else at_s
    iat_s, nbf_s, exp_s = (
        math.floor(at) if at is not None and checker.whole_claims else at
        for at in (times["iat"], times["nbf"], times["exp"])
    )
    if checker.window_s is not None:
        exp_s, nbf_s = _filled(iat_s, nbf_s, exp_s, checker.window_s)
    end_leeway_s = checker.leeway_s if checker.expiry_leeway_s is None else checker.expiry_leeway_s
    checks_iat = checker.checks_iat and not (checker.iat_or_nbf and nbf_s is not None)
    age_s = None if iat_s is None else now_s - iat_s
    life_s = None if iat_s is None or exp_s is None else exp_s - iat_s
    tests = {
        "future-issued": checks_iat and iat_s is not None and iat_s > now_s + checker.leeway_s,
        "not-yet-valid": checker.checks_nbf and nbf_s is not None and _early(now_s, nbf_s, checker),
        "expired": exp_s is not None and _past(now_s, exp_s + end_leeway_s, accepts_at_end=checker.accepts_at_exp),
        "too-old": _beyond(age_s, checker.max_age_s, end_leeway_s),
        "exp-too-far": exp_s is not None and _too_far(exp_s - now_s, checker),
        "life-too-long": _beyond(life_s, checker.span_cap_s, 0.0),
        "life-too-short": life_s is not None and checker.span_least_s is not None and life_s < checker.span_least_s,
        "nbf-after-exp": checker.ordered and nbf_s is not None and exp_s is not None and nbf_s > exp_s,
    }
    return [why for why, holds in tests.items() if holds]


def _filled(
    iat_s: float | None, nbf_s: float | None, exp_s: float | None, window_s: float
) -> tuple[float | None, float | None]:
    """Return exp and nbf, those that are missing as a verifier that needs them makes them up."""
    begins = [at for at in (iat_s, nbf_s) if at is not None]
    end_s = max(begins) + window_s if exp_s is None and begins else exp_s
    begin_s = nbf_s if nbf_s is not None else iat_s
    return end_s, end_s - window_s if begin_s is None and end_s is not None else begin_s


def _past(now_s: float, end_s: float, *, accepts_at_end: bool) -> bool:
    return now_s > end_s if accepts_at_end else now_s >= end_s


def _early(now_s: float, nbf_s: float, checker: Checker) -> bool:
    begin_s = nbf_s - checker.leeway_s
    return now_s < begin_s if checker.accepts_at_nbf else now_s <= begin_s


def _too_far(ahead_s: float, checker: Checker) -> bool:
    if checker.life_cap_s is None:
        return False
    most_s = checker.life_cap_s + checker.leeway_s
    return ahead_s > most_s if checker.accepts_at_cap else ahead_s >= most_s


def _beyond(value_s: float | None, cap_s: float | None, leeway_s: float) -> bool:
    return value_s is not None and cap_s is not None and value_s > cap_s + leeway_s
