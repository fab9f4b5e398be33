"""A terminal with a person at it: a program on a pty of its own, the keys sent to it, and what the screen shows."""

import contextlib
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.tools import need

PATIENCE_S = 20.0
_CHUNK = 512
"""Terminals hand on a paste in pieces."""


class Terminal:
    """One program on one pty."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it."""
        self.ours, theirs = pty.openpty()
        command = [need("setsid"), "--ctty", *arguments]
        variables = {**os.environ, **(environment or {})}
        self._process = subprocess.Popen(command, env=variables, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.screen = ""

    def wait_for(self, text: str, after: int = 0) -> int:
        """Return the place behind *text* once the screen shows it, from *after* on; raises AssertionError if never."""
        until_s = time.monotonic() + PATIENCE_S
        while (at := self.screen.find(text, after)) < 0:
            assert time.monotonic() < until_s, f"no {text!r} on the screen: {self.screen[-2000:]!r}"
            self._look(0.05)
        return at + len(text)

    def send(self, keys: str | bytes) -> None:
        """Send *keys* in pieces, as fast as the program takes them."""
        rest = keys if isinstance(keys, bytes) else keys.encode()
        while rest:
            written = os.write(self.ours, rest[:_CHUNK])
            rest = rest[written:]
            self._look(0.0)

    def settings(self) -> list[object]:
        """Return how the terminal is set."""
        return list(termios.tcgetattr(self.ours))

    def echoes(self) -> bool:
        """Tell whether what is typed is seen."""
        return bool(termios.tcgetattr(self.ours)[3] & termios.ECHO)

    def kill(self, number: int, *, child: bool = False) -> None:
        """Send the signal of that *number* to the program, or to the one *child* that it has."""
        if child:
            (pid,) = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            os.kill(int(pid), number)
        else:
            self._process.send_signal(number)

    def end(self) -> int:
        """Return the exit code once it has ended by itself."""
        until_s = time.monotonic() + PATIENCE_S
        while (exit_code := self._process.poll()) is None:
            assert time.monotonic() < until_s, f"it doesn't end: {self.screen[-2000:]!r}"
            self._look(0.05)
        self._look(0.05)
        return exit_code

    def close(self) -> None:
        """End it, whatever it does, and close the pty."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self.ours)

    def _look(self, wait_s: float) -> None:
        while select.select([self.ours], [], [], wait_s)[0]:
            try:
                seen = os.read(self.ours, 65536)
            except OSError:  # Linux says so when the other side is closed
                time.sleep(wait_s)
                return
            if not seen:
                return
            self.screen += seen.decode("utf-8", "replace")


@contextlib.contextmanager
def terminal(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """Run a program at a terminal; it is killed at the end, where it still runs."""
    opened = Terminal(arguments, environment)
    try:
        yield opened
    finally:
        opened.close()


@contextlib.contextmanager
def shell(folder: Path, *options: str) -> Iterator[Terminal]:
    """Run an interactive bash that has a prompt of `ready>` and keeps its history in *folder*."""
    settings = {"PS1": "ready>", "HISTFILE": str(folder / "history"), "HOME": str(folder), "TERM": "xterm"}
    with terminal("bash", "--norc", "--noprofile", *options, "-i", environment=settings) as opened:
        opened.wait_for("ready>")
        yield opened
