"""Everything that skewcheck raises on purpose. Each says what happened, what it means and what to try.

    SkewcheckError
    ├── UsageError       the command line or the environment asks for something impossible
    ├── InputError       what was to be read did not come, or does not end
    ├── HostError        this host doesn't let us measure at all
    ├── OutputError      the result could not be written where it was asked to go
    └── InternalError    a defect of skewcheck itself

A server that does not answer is not an error: it is a result (`NoReading`).
"""

from collections.abc import Iterable

_NEAR = 0.75
"""How alike two names are of which one is meant for the other; 1: the same."""


def meant(word: str, known: Iterable[str]) -> str:
    """Return the one of *known* names that somebody meant who typed *word*; empty where none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word[:40], [*known], n=1, cutoff=_NEAR)), "")


class SkewcheckError(Exception):
    """Root of the tree. `summary`: what happened; `remedy`: what to try, on one to three lines, a command where it can.

    Neither ends in a full stop. Both are shown as they are: whoever raises it passes foreign text through `visible`
    first.
    """

    id = "error"

    def __init__(self, summary: str, remedy: str) -> None:
        """Keep both."""
        super().__init__(summary)
        self.summary = summary
        self.remedy = remedy


class UsageError(SkewcheckError):
    """The command line or the environment asks for something impossible."""

    id = "usage"


class InputError(SkewcheckError):
    """What was to be read did not come, or does not end."""

    id = "input"


class HostError(SkewcheckError):
    """This host doesn't let us measure at all."""

    id = "host"


class OutputError(SkewcheckError):
    """The result could not be written where it was asked to go."""

    id = "output"


class InternalError(SkewcheckError):
    """A defect of skewcheck itself."""

    id = "internal"
