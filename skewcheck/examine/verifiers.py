"""The verifiers that are known by name: listed, and looked up before a token is read or a clock asked."""

from skewcheck.errors import UsageError
from skewcheck.judge.verifiers import VERIFIERS, Verifier, verifier

__all__ = ["VERIFIERS", "Verifier", "check_names"]

_GUESS = "did you mean"


def check_names(names: tuple[str, ...]) -> None:
    """Raise UsageError, with the nearest names that there are, for the first that isn't known.

    What isn't near to any is not repeated: it may be a piece of a token.
    """
    for name in names:
        try:
            verifier(name)
        except ValueError as error:
            summary = (
                str(error) if _GUESS in str(error) else f"none of the verifiers has that name of {len(name)} letters"
            )
            raise UsageError(summary, "`skewcheck token --verifier list` shows all that are known.") from None
