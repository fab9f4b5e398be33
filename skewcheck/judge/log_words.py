"""The words of a log's causes, beside those of its findings in `catalogue`: loaded where a log is shown."""

from collections.abc import Mapping

from skewcheck.judge import catalogue
from skewcheck.model import Fact

_CELLS = 46
"""Beside a cause and its verdict."""

CAUSES: Mapping[str, str] = {
    "issuer-ahead": "issuer ahead of API",
    "propagation": "propagation",
    "one-node": "one node's clock",
    "any-age": "any age",
    "late-refresh": "late refresh",
    "idle": "idle timeout",
    "issuer-behind": "issuer behind API",
    "revoked": "dead before its end",
    "in-flight": "old token in flight",
    "storm": "refresh storm",
    "wrong-host": "wrong region",
    "this-host": "this host's clock",
    "checker-behind": "the checker's clock",
    "one-url": "one URL",
}
"""What may refuse requests, by the id of `Cause`."""

BECAUSE: Mapping[str, str] = {
    "accepted-too": "each host asked accepted some",
    "ages-differ": "they died at different ages",
    "after-a-pause": "unused for {shortest_s}; after {ok_s} taken",
    "all-so-early": "all refused as long before their end",
    "all-refused": "every new token is refused: no pattern shows",
    "as-its-date": "as the Date of the replies says",
    "at-the-end": "refused at the end of life, then refreshed",
    "at-one-age": "refused at one age, then refreshed",
    "before-the-end": "refused before the end, then refreshed",
    "behind-its-date": "{behind_s} behind the Date of the replies",
    "behind-by-date": "by the Date of the token responses, too",
    "dates-alike": "Date shows it from about a second on",
    "dates-apart": "by Date {behind_s} behind the others at least",
    "excluded-arc": "refused all round the second",
    "excluded-later": "refused over 1 s later than others passed",
    "excluded-measured": "as measured, the issuer isn't ahead enough",
    "excluded-share": "refused later than so few can be",
    "forbidden": "a 403 isn't counted: --refused 403",
    "in-a-row": "refused in one stretch of time",
    "in-one-part": "refused in one part of the second (p {p})",
    "in-one-part-not": "would not hang on the part of the second",
    "in-time": "no more refreshes than lifetimes need",
    "issuer-does": "the issuer's clock explains it",
    "limited": "the issuer says: asked too often",
    "message": "a message quotes both times",
    "mixed-zones": "some stamps name no zone, others do: --zone",
    "moved": "the log's clock moved against the Date",
    "never-accepted": "refused all that it was asked",
    "new-only": "new tokens are refused more often",
    "no-dates": "no Date with the refusals",
    "no-lifetime": "expires_in isn't in the log",
    "no-one-difference": "no constant difference explains it",
    "no-pattern": "no pattern yet that rules either out",
    "no-pause": "no pause explains a refusal",
    "no-first-uses": "no use of a new token is in the log",
    "no-refreshes": "no refresh is in the log",
    "no-starts": "the log has no start times",
    "node-does": "one node's clock explains it",
    "none-at-end": "no token was refused at its end",
    "none-early": "no token died before its end",
    "none-refused": "no request was refused",
    "none-first": "no new token was refused",
    "none-in-flight": "no refused request spans a refresh",
    "no-hash": "the log has no hash of the token",
    "one-url": "refusals are of a URL that never accepts",
    "old-token-sent": "the old token was sent after the new came",
    "old-too": "old tokens are refused, too ({late} of {of})",
    "others-explain": "other causes explain all refusals",
    "sent-before": "sent before the new token was there",
    "servers-own": "a server refuses by its own clock",
    "several-clients": "several clients in one log: log who it was",
    "too-few-asked": "too few requests, or within too short a time",
    "too-few-before": "too few refused before their end",
    "too-few": "too few refusals of new tokens",
    "too-often": "up to {most} refreshes in one lifetime",
    "whole-seconds": "the stamps are whole seconds",
}
"""Why the log says that to a cause, over the facts of the cause, in one clause."""

MISSING: Mapping[str, str] = {
    "token-responses": "the requests that get tokens (--token-url)",
    "clients": "who sent each request (host)",
    "zones": "the zone of stamps that name none (--zone)",
    "starts": "when requests were sent: a start, or a duration",
    "fractions": "stamps with milliseconds",
    "refreshes": "more refreshes",
    "dates": "the Date of the replies",
    "lifetimes": "expires_in (or --expires-in)",
    "tokens": "a hash of the token",
}
"""What would tell more."""


def because(reason: str, facts: Mapping[str, Fact]) -> str:
    """Return why the log says so, in one clause."""
    return catalogue.clause(BECAUSE.get(reason, reason), facts, _CELLS)
