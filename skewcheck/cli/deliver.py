"""What every command does: ask, render the report, write it where it was asked to go, return the exit code.

What a format needs is loaded only where it is asked for: a health check pays for no other than its own.
"""

import contextlib
import os
import stat
import sys
import time
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from skewcheck.cli import last_resort, output, signals, terminal
from skewcheck.errors import OutputError
from skewcheck.model import Report, Request

Format = Literal["text", "json", "nagios", "prometheus", "github", "junit"]
FORMATS: tuple[Format, ...] = get_args(Format)
MODES = {"prometheus": 0o644}
"""The rights of a file of `-o`: node_exporter runs as another user."""
MAX_STEP_SUMMARY = 2**20
"""Bytes of one step's file; GitHub drops a larger one whole."""
_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"

TIMEOUT_S = 3.0
"""What a FIFO without a reader is waited for where no -t is given."""
SCREEN_S, DOCUMENT_S = 0.1, 0.02
"""What is kept of the timeout for the way out: rich loads in 30 to 100 ms, json in 4."""
_OF_THE_START = 0.7
"""A screen takes so much of the processor's time that the start took: on a slow machine both are long."""


class View(NamedTuple):
    """How the report is to be shown, and where."""

    format: Format
    output: str | None
    """The file of `-o`; None: stdout."""
    quiet: bool
    verbose: int
    color: str


class Deadline(NamedTuple):
    """By when the whole process has to be gone."""

    began_s: float
    """When the process began, on `time.monotonic`."""
    timeout_s: float | None
    """What -t says; None: nothing."""

    def way_out_s(self, view: View) -> float:
        """Return how much of the timeout will be needed for the way out."""
        if view.format != "text":
            return DOCUMENT_S
        user_s, system_s, *_ = os.times()
        most_s = (TIMEOUT_S if self.timeout_s is None else self.timeout_s) / 4
        return max(SCREEN_S, min(_OF_THE_START * (user_s + system_s), most_s))

    @property
    def until_s(self) -> float:
        """When it is over, on `time.monotonic`."""
        return self.began_s + (TIMEOUT_S if self.timeout_s is None else self.timeout_s)

    def of(self, asked: Request) -> "Deadline":
        """Return it with what *asked* takes by default, where no time was given."""
        from skewcheck.examine import default_timeout_s

        return self if self.timeout_s is not None else self._replace(timeout_s=default_timeout_s(asked))

    @property
    def written_by_s(self) -> float:
        """Until when an output is waited for: to say that it took too long, some time is needed, too."""
        return self.until_s - DOCUMENT_S

    def enforced(self) -> "Deadline":
        """Hold the process to it from now on, and return it."""
        timeout_s = TIMEOUT_S if self.timeout_s is None else self.timeout_s
        output.wait_until(self.written_by_s)
        last_resort.arm(min(self.until_s - time.monotonic(), timeout_s))  # a faked clock may say that there is more
        return self


def run(asked: Request, view: View, deadline: Deadline) -> int:
    """Ask, show the report as *view* says, and return its exit code. Raises SkewcheckError."""
    asked = asked._replace(timeout_s=deadline.timeout_s)
    deadline = deadline.of(asked).enforced()
    return deliver(measured(asked, view, deadline), view, deadline)


def measured(asked: Request, view: View, deadline: Deadline) -> Report:
    """Ask, and tell on a terminal how far it is. Raises SkewcheckError."""
    from skewcheck.examine import examine

    asked = asked._replace(began_s=deadline.began_s, way_out_s=deadline.way_out_s(view))
    if view.quiet or asked.asks_nobody or not terminal.rewrites(sys.stderr):
        return examine(asked)
    from skewcheck.cli import progress

    with progress.shown(deadline.began_s, deadline.until_s - deadline.began_s) as line:
        return examine(asked, line)


def deliver(report: Report, view: View, deadline: Deadline | None = None) -> int:
    """Show *report* as *view* says and return its exit code; without a *deadline* in the usual time from now on.

    Raises OutputError.
    """
    if deadline is None:
        deadline = Deadline(time.monotonic(), None)
        output.wait_until(deadline.until_s)
    if report.lead is not None:
        from skewcheck.judge.catalogue import answer

        last_resort.remember(answer(report))
    text = rendered(report, view)
    signals.answer_waiting()
    try:
        if view.output is None:
            output.write_stdout(text)
        else:
            output.write_file(view.output, text, until_s=deadline.written_by_s, mode=MODES.get(view.format))
    except OutputError as error:  # what was measured is not lost with the disk
        raise OutputError(f"{error.summary}; the answer was: {last_resort.verdict()}", error.remedy) from error
    if view.format == "github":
        add_step_summary(report, os.environ)
    return report.exit_code


def rendered(report: Report, view: View) -> str:
    """Return *report* in the format of *view*."""
    if view.format != "text":
        return document(report, view.format, verbose=0 if view.quiet else view.verbose)
    from skewcheck.render import text

    stream = sys.stdout if view.output is None else None
    surface = terminal.surface(stream, os.environ, view.color)
    return text.render(report, **surface._asdict(), verbose=view.verbose, quiet=view.quiet)


def document(report: Report, format_: Format, *, verbose: int = 0) -> str:
    """Return *report* in a format for programs."""
    if format_ in ("nagios", "prometheus"):
        from skewcheck.render import monitoring

        return monitoring.nagios(report, verbose=verbose) if format_ == "nagios" else monitoring.prometheus(report)
    if format_ in ("github", "junit"):
        from skewcheck.render import ci

        return ci.github(report) if format_ == "github" else ci.junit(report)
    from skewcheck.render import json

    return json.render(report)


def add_step_summary(report: Report, environment: Mapping[str, str]) -> None:
    """Add the Markdown on *report* to the runner's file, where it offers one and there is room in it.

    The annotations have told the verdict already: a file that can't be written changes nothing.
    """
    path = environment.get(_STEP_SUMMARY)
    if not path:
        return
    from skewcheck.render import ci

    content = ci.github_summary(report).encode("utf-8", "backslashreplace")
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0))
        try:
            there = os.fstat(descriptor)
            fits = stat.S_ISREG(there.st_mode) and there.st_size + len(content) <= MAX_STEP_SUMMARY
            if fits and os.write(descriptor, content) < len(content):
                os.ftruncate(descriptor, there.st_size)  # a disk that is full by now: half of it helps nobody
        finally:
            os.close(descriptor)
