"""What is wrong with a token's claims in themselves, whatever the time is."""

from skewcheck.judge.token_case import LONGEST_LIFE_S, UNITS, Case, times_unreadable
from skewcheck.judge.token_words import exact_words
from skewcheck.model import ClaimState, Finding, Status, TimeClaim, Token, TokenKind

HIDE_THE_TIMES = frozenset({
    "nested", "payload-unreadable", "payload-not-an-object", "payload-stops", "detached-payload"
})  # fmt: skip
"""Oddities of a token whose times can't be read because of them."""
CUT_SHORT = "signature-cut"
"""The finding of a token that ends in its signature: all of its times are there."""
_WHOLE = {"unsigned": Status.OK, "signature-redacted": Status.OK, CUT_SHORT: Status.UNKNOWN}
"""How bad oddities of the whole token are that say nothing of time; all others make some verifier refuse it.

Whether a signature was cut by whoever copied the token, or is sent like that and refused, can't be told.
"""

_ODD_TIMES = {
    "string": (
        "time-as-string",
        Status.WARNING,
        (
            "is a string: PyJWT reads a number in it, others refuse it",
            "are strings: PyJWT reads numbers in them, others refuse them",
        ),
    ),
    "boolean": (
        "time-as-boolean",
        Status.WARNING,
        (
            "is true or false: PyJWT takes that for 1 or 0, others refuse it",
            "are true or false: PyJWT takes that for 1 or 0, others refuse them",
        ),
    ),
    "negative": ("time-negative", Status.WARNING, ("is below 0: before 1970", "are below 0: before 1970")),
    "after-2038": (
        "after-2038",
        Status.OK,
        (
            "is after 2038-01-19: a verifier that keeps seconds in 32 bits fails on it",
            "are after 2038-01-19: a verifier that keeps seconds in 32 bits fails on them",
        ),
    ),
    "year-past-9999": (
        "year-past-9999",
        Status.WARNING,
        (
            "is no year that date libraries can name: some fail on it",
            "are no years that date libraries can name: some fail on them",
        ),
    ),
}
"""For each oddity the finding's id, its status, and what is said of one claim and of several."""


def _claims(case: Case) -> tuple[TimeClaim, ...]:
    return (case.token.iat, case.token.nbf, case.token.exp)


def _shown(case: Case, names: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple((claim.name, claim.shown) for claim in _claims(case) if claim.name in names)


def units(case: Case) -> list[Finding]:
    """Tell of times that are not counted in seconds: to a verifier they lie thousands of years ahead."""
    found = []
    for unit in sorted(UNITS):
        names = [claim.name for claim in _claims(case) if unit in claim.oddities]
        if names:
            refused = {"iat", "nbf"} & set(names)
            looked = " or ".join(name for name in names if name in refused)
            effect = (
                f"a verifier that looks at {looked} refuses the token" if refused else "to a verifier it never expires"
            )
            summary = f"Its {' and '.join(names)} {_count(names)} {unit}; the standard has seconds: {effect}."
            status = Status.CRITICAL if refused else Status.WARNING
            found.append(Finding(f"unit-{unit}", status, summary, _shown(case, names)))
    return found


def _count(names: list[str]) -> str:
    return "counts" if len(names) == 1 else "count"


def no_end(case: Case) -> list[Finding]:
    """Tell of a JWT that never expires, or doesn't say so in a way that can be read."""
    token = case.token
    if token.kind is not TokenKind.JWT or token.exp.state is not ClaimState.ABSENT:
        return []
    summary = "It has no exp: by itself it never expires, and many verifiers refuse it for that."
    return [Finding("token-no-exp", Status.WARNING, summary)]


def unusable(case: Case) -> list[Finding]:
    """Tell of times that no verifier can read as such."""
    if times_unreadable(case.token):
        return []
    names = [claim.name for claim in _claims(case) if claim.state is ClaimState.UNUSABLE]
    if not names:
        return []
    summary = f"Its {' and '.join(names)} {'is' if len(names) == 1 else 'are'} no time: verifiers refuse the token."
    return [Finding("token-unusable-time", Status.WARNING, summary, _shown(case, names))]


def lifetime(case: Case) -> list[Finding]:
    """Tell of a life that no issuer can mean."""
    life_s = case.token.lifetime_s
    if life_s is None or any(not UNITS.isdisjoint(claim.oddities) for claim in _claims(case)):
        return []
    if life_s <= 0:
        summary = "It ends when it begins, or before: it was never valid."
    elif never_valid(case.token):
        summary = "Its nbf is not before its exp: it has ended when it becomes valid, so it never is."
    elif life_s > LONGEST_LIFE_S:
        summary = f"It is to live for {exact_words(life_s)}: its issuer forgot a unit, or meant for ever."
    else:
        return []
    return [Finding("token-lifetime", Status.WARNING, summary, (("lifetime_s", life_s),))]


def never_valid(token: Token) -> bool:
    """Tell whether a token ends before it becomes valid, whenever it was issued."""
    begin_s, end_s = token.nbf.value_s, token.exp.value_s
    return begin_s is not None and end_s is not None and begin_s >= end_s


def _can_be_read(claim: TimeClaim) -> bool:
    """Tell whether it is a time in seconds; of what isn't, that is what is told."""
    return claim.state is ClaimState.USABLE and UNITS.isdisjoint(claim.oddities)


def odd(case: Case) -> list[Finding]:
    """Tell what else is odd about the token, under the ids that its reader gave."""
    found = []
    for oddity, (id_, status, what) in _ODD_TIMES.items():
        names = [claim.name for claim in _claims(case) if oddity in claim.oddities and _can_be_read(claim)]
        if names:
            said = what[0] if len(names) == 1 else what[1]
            found.append(Finding(id_, status, f"Its {' and '.join(names)} {said}.", _shown(case, names)))
    others = (whole for whole in case.token.oddities if whole.id not in HIDE_THE_TIMES)
    return [*found, *(Finding(whole.id, _WHOLE.get(whole.id, Status.WARNING), whole.summary) for whole in others)]
