"""The program as its users run it: a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Run(NamedTuple):
    """What a run of the program came to."""

    exit_code: int
    report: dict[str, Any]
    """Its JSON."""
    took_s: float
    """From the start of the process to its end."""
    stderr: str

    @property
    def found(self) -> set[str]:
        """The ids of the findings about what was measured; what a host says of itself differs by host."""
        return {finding["id"] for finding in self.report["findings"]} - OF_THE_HOST

    def evidence(self, id_: str) -> dict[str, Any]:
        """Return the evidence of the one finding of that id."""
        (found,) = (finding["evidence"] for finding in self.report["findings"] if finding["id"] == id_)
        return dict(found)


OF_THE_HOST = {
    "better-clock",
    "clock-zone",
    "daemon-unsynchronised",
    "daemon-wrong",
    "fake-time",
    "rtc-local-time",
    "rtc-off",
    "slept",
    "stale-sync",
    "two-daemons",
    "zone-files",
}


def clock(
    servers: Sequence[str],
    *options: str,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> Run:
    """Run `skewcheck clock --json` against *servers*; *prefix* goes before the command."""
    named = [argument for server in servers for argument in ("-H", server)]
    return _run(["clock", *options, *named], environment, prefix)


def api(url: str, *options: str, environment: Mapping[str, str] | None = None, prefix: Sequence[str] = ()) -> Run:
    """Run `skewcheck api --json` against what answers at *url*."""
    return _run(["api", "--url", url, *options], environment, prefix)


def check(servers: Sequence[str], url: str, *options: str, environment: Mapping[str, str] | None = None) -> Run:
    """Run `skewcheck check --json` against *servers* and what answers at *url*."""
    named = [argument for server in servers for argument in ("-H", server)]
    return _run(["check", "--url", url, *options, *named], environment, ())


def _run(arguments: Sequence[str], environment: Mapping[str, str] | None, prefix: Sequence[str]) -> Run:
    command = [*prefix, sys.executable, "-m", "skewcheck", *arguments, "--json"]
    started_s = time.monotonic()
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **(environment or {})}
    )
    took_s = time.monotonic() - started_s
    assert done.stdout, f"no output, exit code {done.returncode}: {done.stderr}"
    return Run(done.returncode, json.loads(done.stdout), took_s, done.stderr)
