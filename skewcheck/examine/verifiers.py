"""The verifiers that are known by name: listed, and looked up before a token is read or a clock asked."""

from skewcheck.errors import UsageError
from skewcheck.judge.verifiers import VERIFIERS, Verifier, verifier

__all__ = ["VERIFIERS", "Verifier", "check_names"]


def check_names(names: tuple[str, ...]) -> None:
    """Raise UsageError, with the nearest names that there are, for the first that isn't known."""
    for name in names:
        try:
            verifier(name)
        except ValueError as error:
            raise UsageError(str(error), "`skewcheck token --verifier list` shows all that are known.") from None
