"""Verifiers of Python's run beside their rows; those of Node.js and old versions are run by hand (CONTRIBUTING.md)."""

import pytest
from bench import verifier_grid

from skewcheck.judge.verifiers import VERIFIERS, How

OURS = ("pyjwt", "python-jose", "authlib", "joserfc", "google-auth")
"""Those that the extra `test` installs."""
BY_HAND = (*verifier_grid.NODE, *verifier_grid.OLD, "okta-python")


def test_each_row_that_says_run_is_one_that_is() -> None:
    """No row claims more than a test or the script by hand shows."""
    assert {row.name for row in VERIFIERS if row.how is How.RUN} == {*OURS, *BY_HAND}


@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_a_row_agrees_with_its_verifier_in_every_cell(name: str) -> None:
    """Times absent, whole, fractional, text, 0, before 1970, huge, and all around each limit: no cell differs."""
    outcome = verifier_grid.of_python(name)
    assert outcome.cells > 2000
    assert 0 < outcome.accepted < outcome.cells
    assert outcome.differ == []
