"""What is said of a risk: who is refused, how often, and whose clock does it, in plain sentences."""

from skewcheck.model import Harm, Interval, Party
from skewcheck.quantity import duration_text, share_text

# What holds where nobody is refused, who is refused else, and which clock does it.
_WORDS = {
    (Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY): (
        "a client that refreshes at exp does so in time by this clock",
        "requests go out with an expired token",
        "the local clock is behind",
    ),
    (Party.LOCAL_VERIFY, Harm.PREMATURE_EXPIRY): (
        "a verifier on this host takes no token for expired before it is",
        "uses of a token are refused on this host as expired, though it isn't",
        "the local clock is ahead",
    ),
    (Party.LOCAL_VERIFY, Harm.FUTURE_ISSUED): (
        "a verifier on this host takes no new token for issued in the future",
        "first uses are refused on this host as issued in the future",
        "the local clock is behind",
    ),
    (Party.LOCAL_SIGN, Harm.PREMATURE_EXPIRY): (
        "what this host signs does not arrive expired",
        "requests that this host signs arrive expired",
        "the local clock is behind",
    ),
    (Party.LOCAL_SIGN, Harm.FUTURE_ISSUED): (
        "what this host signs does not look issued in the future",
        "requests that this host signs are refused as issued in the future",
        "the local clock is ahead",
    ),
    (Party.GATEWAY, Harm.PREMATURE_EXPIRY): (
        "the service lets no token expire early by its own clocks",
        "uses of a token are refused by the service before it expires",
        "the service's own issuer is behind its checkers",
    ),
    (Party.GATEWAY, Harm.FUTURE_ISSUED): (
        "the service takes none of its own new tokens for issued in the future",
        "first requests with a new token are refused by the service as issued in the future",
        "the service's own issuer is ahead of its checkers",
    ),
}
_NOBODY = {
    Party.REFRESH_BY_EXP: "Nobody holds the local clock against an issue time here.",
    Party.REFRESH_BY_EXPIRES_IN: (
        "The local clock does not matter: the deadline is counted and read by the same clock. Drop deadlines kept on "
        "the wall clock from before it is set."
    ),
}
_NOT_HERE = "No time is in an opaque token, so nobody on this host can hold it against the clock."
_THAN = {"api": " (against the API's)", "login": " (against the login host's)"}
"""Which of two clocks is the wrong one, the difference between them doesn't tell."""
SHARED = (
    "A deadline that this host writes by its clock and others read comes too late by as much as this clock is ahead; "
    "one that others wrote, by as much as it is behind. The other host's half can't be seen from here."
)


def risk_text(
    party: Party, harm: Harm, share: Interval, *, by_clock: bool, opaque: bool, reference: str | None = None
) -> str:
    """Return who is refused, or that nobody is.

    *by_clock*: nobody would be with right clocks. Of an *opaque* token's checker less is known. *reference*: whose
    clock it is that the local one was measured against.
    """
    if (party, harm) not in _WORDS:
        return _NOBODY[party]
    if opaque and party is Party.LOCAL_VERIFY:
        return _NOT_HERE
    fine, harmed, fault = _WORDS[party, harm]
    if share.high_s == 0:
        return _sentence(fine)
    maybe = opaque and (party, harm) == (Party.GATEWAY, Harm.FUTURE_ISSUED)
    condition = ", if it looks at the issue time" if maybe else ""
    fault += _THAN.get(reference or "", "")
    blame = f"{'because' if share.low_s > 0 else 'if'} {fault}" if by_clock else "even with right clocks"
    return _sentence(f"{share_text(*share)} {harmed}{condition}, {blame}")


def unknown_text(party: Party, harm: Harm, *, unmeasured: bool) -> str:
    """Return what is missing, and what would do harm."""
    _, harmed, fault = _WORDS[party, harm]
    return f"{missing_text(unmeasured=unmeasured)} Where {fault}, {harmed}."


def missing_text(*, unmeasured: bool) -> str:
    """Return why nothing can be told."""
    return f"Not known: {'the clock was not measured' if unmeasured else 'the lifetime of the token is not known'}."


def kept_text(late_s: float) -> str:
    """Return what is said of tokens that this host signs and keeps, where its clock does no harm."""
    return f"Not by the clock: what is kept until its exp may arrive up to about {duration_text(late_s)} after it."


def storm_text(share: Interval) -> str:
    """Return how many new tokens are refreshed as soon as they come."""
    if share.high_s == 0:
        return "No new token looks due on arrival."
    return _sentence(f"{share_text(*share)} new tokens look due on arrival: refreshed at once, again and again")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
