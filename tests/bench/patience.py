"""Figures that a busy machine spoils: measured again, a few times at most. Truths are held against every attempt."""

from collections.abc import Callable
from typing import TypeVar

ATTEMPTS = 8
Result = TypeVar("Result")


def until_calm(measure: Callable[[], Result], calm: Callable[[Result], bool], attempts: int = ATTEMPTS) -> list[Result]:
    """Call *measure* until its result is *calm*, and return all results, the calm one last.

    A process that isn't scheduled for 30 ms sees a round trip of 30 ms: an error in the program shows in each
    of so many attempts, a busy neighbour doesn't. Raises AssertionError if no attempt is calm.
    """
    results: list[Result] = []
    for _ in range(attempts):
        results.append(measure())
        if calm(results[-1]):
            return results
    raise AssertionError(f"never as it should be: {results}")
