"""Outputs to the letter: one file each in tests/screens, which a person can read."""

import os
from pathlib import Path

SCREENS = Path(__file__).parent.parent / "screens"
REWRITE = "SKEWCHECK_REWRITE_SCREENS"
"""Set to 1, the files are written anew: to be looked at in the diff."""
_REWRITTEN = os.environ.get(REWRITE) == "1"  # read at once: a test may run in an environment in which nothing is set


def check(name: str, shown: str) -> None:
    """Hold what is *shown* against the file of that *name*."""
    path = SCREENS / name
    if _REWRITTEN:
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
