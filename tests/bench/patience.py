"""Figures that a busy machine spoils: measured again, a few times at most. Truths are held against every attempt."""

import time
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


def hold_linear(run: Callable[[float], object]) -> None:
    """Hold that the work grows with the length, not with its square: eight times the length takes no fifty times.

    *run* is given the share of the length: an eighth, and all of it.
    """

    def times() -> float:
        took_s = []
        for share in (1 / 8, 1.0):
            began_s = time.process_time()
            run(share)
            took_s.append(time.process_time() - began_s)
        return took_s[1] / max(took_s[0], 1e-3)

    until_calm(times, lambda times: times < 50, attempts=3)


def repeated(unit: str, length: float) -> str:
    """Return *unit*, again and again, up to that *length*."""
    return (unit * (int(length) // len(unit) + 1))[: int(length)]
