"""Outputs to the letter: one file each in tests/screens, which a person can read."""

import os
from pathlib import Path

SCREENS = Path(__file__).parent.parent / "screens"
REWRITE = "SKEWCHECK_REWRITE_SCREENS"
"""Set to 1, the files are written anew: to be looked at in the diff."""


def check(name: str, shown: str) -> None:
    """Hold what is *shown* against the file of that *name*."""
    path = SCREENS / name
    if os.environ.get(REWRITE) == "1":
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
