"""Where `python -m skewcheck` and the command `skewcheck` begin: Ctrl-C is answered before anything else is loaded."""

import _signal  # type: ignore[import-not-found]  # no stub; `signal` takes 1 to 3 ms to name its numbers
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_LAST_WORD = b"skewcheck: there is no verdict; see `ulimit -v` and `ulimit -n`\n"

_came: list[int] = []
"""The signal that came while there was nobody yet to tell of it."""


def _note(number: int, _frame: object) -> None:
    """Keep the first signal for `main`, so that no import is torn in its midst; the second one ends the process."""
    if _came:
        os._exit(128 + number)
    _came.append(number)


for _number in (_signal.SIGINT, _signal.SIGTERM):
    if _signal.getsignal(_number) != _signal.SIG_IGN:
        _signal.signal(_number, _note)


def main() -> "NoReturn":
    """Load the program and run it."""
    try:
        from skewcheck import cli
    except Exception as error:  # noqa: BLE001 - memory or descriptors for not even this much; a traceback exits with 1
        os.write(2, f"skewcheck: no verdict: {type(error).__name__}; see `ulimit -v` and `ulimit -n`\n".encode())
        os._exit(3)
    try:
        cli.main(_came)  # returns never, and raises where there isn't memory even to tell of that
    finally:
        try:
            os.write(2, _LAST_WORD)
        finally:
            os._exit(3)


if __name__ == "__main__":
    main()
