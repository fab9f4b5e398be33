"""What is said of a risk: who is refused, how often, and whose clock does it, in plain sentences."""

from skewcheck.model import Harm, Interval, Party
from skewcheck.quantity import duration_text, share_text

# Where nobody is refused, who is, and whose fault that is.
_WORDS = {
    (Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY): (
        "a client that refreshes at exp does so in time by this clock",
        "requests go out with an expired token",
        "a local clock that is behind reaches exp too late",
    ),
    (Party.LOCAL_VERIFY, Harm.PREMATURE_EXPIRY): (
        "a verifier on this host takes no token for expired before it is",
        "uses of a token are refused on this host as expired, though it isn't",
        "a local clock that is ahead reaches exp too early",
    ),
    (Party.LOCAL_VERIFY, Harm.FUTURE_ISSUED): (
        "a verifier on this host takes no new token for issued in the future",
        "first uses are refused on this host as issued in the future",
        "a local clock that is behind has not come to the issue time yet",
    ),
    (Party.LOCAL_SIGN, Harm.PREMATURE_EXPIRY): (
        "what this host signs does not arrive expired",
        "requests that this host signs arrive expired",
        "a local clock that is behind stamps them too early",
    ),
    (Party.LOCAL_SIGN, Harm.FUTURE_ISSUED): (
        "what this host signs does not look issued in the future",
        "requests that this host signs are refused as issued in the future",
        "a local clock that is ahead stamps them too late",
    ),
    (Party.GATEWAY, Harm.PREMATURE_EXPIRY): (
        "the service lets no token expire early by its own clocks",
        "uses of a token are refused by the service before it expires",
        "its issuer is behind its checkers: no fault of this host",
    ),
    (Party.GATEWAY, Harm.FUTURE_ISSUED): (
        "the service takes none of its own new tokens for issued in the future",
        "first requests with a new token are refused by the service as issued in the future",
        "its issuer is ahead of its checkers: no fault of this host",
    ),
}
_NOBODY = {
    Party.REFRESH_BY_EXP: "Nobody holds the local clock against an issue time here.",
    Party.REFRESH_BY_EXPIRES_IN: (
        "The local clock does not matter: the deadline is counted and read by the same clock. Drop deadlines kept on "
        "the wall clock from before it is set."
    ),
}
SHARED = (
    "A deadline that this host writes by its clock and others read comes too late by as much as this clock is ahead; "
    "one that others wrote, by as much as it is behind. The other host's half can't be seen from here."
)


def risk_text(party: Party, harm: Harm, share: Interval, *, opaque: bool) -> str:
    """Return who is refused, or that nobody is; of an *opaque* token's checker less is known."""
    if (party, harm) not in _WORDS:
        return _NOBODY[party]
    fine, harmed, fault = _WORDS[party, harm]
    if share.high_s == 0:
        return _sentence(fine)
    maybe = opaque and (party, harm) == (Party.GATEWAY, Harm.FUTURE_ISSUED)
    condition = ", if its checker looks at the issue time" if maybe else ""
    return _sentence(f"{share_text(*share)} {harmed}{condition}; {fault}")


def unknown_text(party: Party, harm: Harm, *, unmeasured: bool) -> str:
    """Return what is missing, and what would do harm."""
    _, harmed, fault = _WORDS[party, harm]
    return f"{missing_text(unmeasured=unmeasured)} If {fault.partition(':')[0]}, {harmed}."


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
