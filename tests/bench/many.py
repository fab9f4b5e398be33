"""Many command lines of skewcheck in one go: it is loaded once, and each runs to its end in a copy of that process.

What a run does is the same as in a process of its own, but for the start: a third of a second, which most of them have
nothing else to do in. As a script it is that first process.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

AT_ONCE = 8
"""Most of them wait."""
ENVIRONMENT = {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
"""Of a person whose terminal is 80 columns wide and who has set nothing."""


class Ended(NamedTuple):
    """What a run came to."""

    exit_code: int
    out: str
    err: str


def run(
    command_lines: Sequence[Sequence[str]],
    *,
    prefix: Sequence[str] = (),
    given: str = "",
    environment: Mapping[str, str] | None = None,
) -> list[Ended]:
    """Return what each of the *command_lines* came to; *given*: standard input of all of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SKEWCHECK_", "GENESYSCLOUD_"))}
    done = subprocess.run(
        [*prefix, sys.executable, __file__],
        input=json.dumps({"command_lines": [list(words) for words in command_lines], "given": given}),
        env={**kept, **ENVIRONMENT, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return [Ended(*each) for each in json.loads(done.stdout)]


def _serve() -> None:
    """Run what standard input has, `AT_ONCE` at a time; write what they came to."""
    import skewcheck.cli.app
    import skewcheck.examine.calls
    import skewcheck.render.json
    import skewcheck.render.text  # noqa: F401 - loaded once, for all of them

    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "in").write_text(asked["given"], encoding="utf-8")
        running: dict[int, int] = {}
        codes: dict[int, int] = {}
        for number, words in enumerate(asked["command_lines"]):
            if len(running) == AT_ONCE:
                _wait_for_one(running, codes)
            running[_started(words, folder, number)] = number
        while running:
            _wait_for_one(running, codes)
        told = [
            (codes[number], *((folder / f"{name}{number}").read_text(encoding="utf-8") for name in ("out", "err")))
            for number in range(len(codes))
        ]
    json.dump(told, sys.stdout)


def _wait_for_one(running: dict[int, int], codes: dict[int, int]) -> None:
    child, status = os.wait()
    codes[running.pop(child)] = os.waitstatus_to_exitcode(status)


def _started(words: list[str], folder: Path, number: int) -> int:
    child = os.fork()
    if child:
        return child
    with contextlib.suppress(BaseException):
        for descriptor, name in enumerate(("in", f"out{number}", f"err{number}")):
            flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT
            os.dup2(os.open(folder / name, flags, 0o600), descriptor)
        sys.argv = ["skewcheck", *words]
        from skewcheck.__main__ import main

        main()
    os._exit(70)


if __name__ == "__main__":
    _serve()
