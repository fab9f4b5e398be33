"""A command line as a person types it: any command, both streams, an environment in which nothing is set."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple

import jsonschema

from skewcheck.lab.ntp import NtpServer, Query, Reply

PROGRAM = (sys.executable, "-m", "skewcheck")
AHEAD_S = {"ok": 0.0, "warning": 0.3, "critical": 5.0}
"""How far ahead the servers are that make this host's clock look so."""
SERVERS = 3
SCHEMA = json.loads((resources.files("skewcheck.render") / "report-1.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
"""Made once: `jsonschema.validate` looks through the schema itself each time, for a fifth of a second."""


class Done(NamedTuple):
    """What a run came to."""

    exit_code: int
    out: str
    err: str
    took_s: float
    """From the start of the process to its end."""

    @property
    def document(self) -> dict[str, Any]:
        """What stands on stdout, as JSON that keeps to the schema."""
        return checked(self.out)

    @property
    def ids(self) -> list[str]:
        """The findings of that document, the one that leads first."""
        return [finding["id"] for finding in self.document["findings"]]

    def evidence(self, id_: str) -> dict[str, Any]:
        """Return the facts of that finding, of which there is one."""
        (found,) = (finding for finding in self.document["findings"] if finding["id"] == id_)
        evidence: dict[str, Any] = found["evidence"]
        return evidence


def skewcheck(
    *arguments: str | bytes,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = PROGRAM,
    **process: Any,
) -> Done:
    """Run skewcheck to its end; *process* goes to `subprocess.run`."""
    began_s = time.monotonic()
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **process}
    done = subprocess.run([*program, *arguments], env=clean(environment), timeout=60, check=False, **streams)
    took_s = time.monotonic() - began_s
    return Done(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode(), took_s)


@contextlib.contextmanager
def started(*arguments: str, program: Sequence[str] = PROGRAM, **process: Any) -> "Iterator[subprocess.Popen[str]]":
    """Start skewcheck and kill it at the end, where it still runs."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **process}
    # Handled here means default there; a shell that runs the tests in the background has it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        child = subprocess.Popen([*program, *arguments], env=clean(), text=True, **streams)
    finally:
        signal.signal(signal.SIGINT, before)
    with child:
        try:
            yield child
        finally:
            child.kill()


UNCOUNTED = {name: "" for name in os.environ if name.startswith("COVERAGE_")}
"""What keeps a process from counting its lines: that takes time and loads modules that no user's process has."""


def clean(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of somebody who has set nothing but *environment*."""
    ours = ("SKEWCHECK_TESTS_", "COVERAGE_")
    taken = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(ours) or not (name.startswith("SKEWCHECK_") or name in taken)
    }
    return {**kept, **(environment or {})}


def checked(document: str) -> dict[str, Any]:
    """Return the JSON *document*, which must be one line of ASCII that keeps to the shipped schema."""
    assert document.isascii()
    assert document.endswith("\n")
    assert document.count("\n") == 1
    report: dict[str, Any] = json.loads(document, parse_constant=_refuse)
    VALIDATOR.validate(report)
    return report


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@contextlib.contextmanager
def servers_for(outcome: str) -> Iterator[list[str]]:
    """Run servers that make a measurement end in *outcome*; give the words that name them on a command line."""
    with contextlib.ExitStack() as running:
        named = []
        for _ in range(SERVERS):
            server = NtpServer(behaviour=silent) if outcome == "unknown" else NtpServer(ahead_s=AHEAD_S[outcome])
            host, port = running.enter_context(server).address
            named += ["-H", f"{host}:{port}"]
        yield named


def silent(_query: Query) -> Sequence[Reply]:
    """Never answer."""
    return ()
