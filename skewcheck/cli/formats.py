"""The formats for programs: which one is asked for, and a report in it.

This loads neither typer nor any format: a command line that can't be understood is still answered in the right one, and
a health check pays for no other format than its own.
"""

import contextlib
import os
import stat
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from skewcheck.model import Report

Format = Literal["text", "json", "nagios", "prometheus", "github", "junit"]
MODES = {"prometheus": 0o644}
"""The rights of a file of `-o`: node_exporter runs as another user."""
MAX_STEP_SUMMARY = 2**20
"""Bytes of one step's file; GitHub drops a larger one whole."""

_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def asked(arguments: Sequence[str], environment: Mapping[str, str]) -> Format:
    """Return the format asked for, as well as a command line that isn't understood can tell."""
    formats = [environment.get("SKEWCHECK_FORMAT", "")]
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--format":
            formats.append(value if equals else "".join(arguments[number + 1 : number + 2]))
    if "--json" in arguments:
        return "json"
    known: tuple[Format, ...] = get_args(Format)
    return next((name for name in known if name == formats[-1]), "text")


def document(report: Report, format_: Format, *, verbose: int = 0) -> str:
    """Return *report* in a format for programs; what that needs is loaded only now."""
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
