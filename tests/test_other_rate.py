"""The program in a process whose time runs at another rate, by libfaketime: nothing it says is proven, all of it true.

The servers are honest, and in the time of the test: only the program's own clocks are faked.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import command, seccomp
from bench.command import Run
from bench.seccomp import REFUSE
from bench.tools import need_library

from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer

SETTINGS = ("+0 x0.1", "+0 x0.999", "+0 x10", "-5s x0.5", "+0 i0.0005", "@2020-01-01 00:00:00 x2")
TIMES_OF_DAY = ("+0 x0.9", "+0 x2", "2020-01-01 00:00:00", "+0 x0")
"""Faked while the monotonic clock goes on: the last two stand still."""


class _Lab:
    """Honest servers, and whom to ask."""

    def __init__(self, servers: list[str], url: str) -> None:
        self.servers, self.url = servers, url


@pytest.fixture(scope="module")
def lab() -> Iterator[_Lab]:
    """Return three NTP servers and a web server that are right."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(NtpServer(delay_out_s=0.003, delay_back_s=0.003)) for _ in range(3)]
        web = stack.enter_context(HttpServer())
        yield _Lab([f"127.0.0.1:{server.address[1]}" for server in servers], web.url)


def faked(setting: str, *, monotonic: bool = True) -> dict[str, str]:
    """Return the environment in which libfaketime does that, to the monotonic clock as well if wanted."""
    environment = {"LD_PRELOAD": need_library("libfaketime.so.1"), "FAKETIME": setting}
    return environment if monotonic else environment | {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def check_unproven(run: Run, part: dict[str, Any]) -> None:
    """Hold a run to what is claimed of every such run; *part* is that of its report which holds the range."""
    report = run.report
    assert report["proven"] is False
    assert part["proven"] is False
    assert report["assumes"] == []
    assert report["status"] != "ok"
    found = [finding["id"] for finding in report["findings"]]
    assert "fake-time" in found
    assert found[0] in ("fake-time", "skew-undecided") or found[0].endswith("-unconfirmed"), found
    assert report["next"][0]["command"].startswith("env -u LD_PRELOAD -u FAKETIME skewcheck ")


@pytest.mark.parametrize(
    ("setting", "monotonic"), [*((one, True) for one in SETTINGS), *((one, False) for one in TIMES_OF_DAY)]
)
def test_ntp_proves_nothing_at_another_rate(setting: str, lab: _Lab, *, monotonic: bool) -> None:
    """One sample each: from within, all clocks agree and every round trip looks short, or long."""
    run = command.clock(lab.servers, environment=faked(setting, monotonic=monotonic))
    check_unproven(run, run.report["ntp"])
    low_s, high_s = run.report["ntp"]["low_s"], run.report["ntp"]["high_s"]
    if setting == "+0 x0.1":  # by the end it has lost nine tenths of what this process took by then, and no more
        assert -0.9 * run.took_s <= high_s
        assert low_s <= 0


@pytest.mark.slow
def test_several_samples_prove_no_more(lab: _Lab) -> None:
    """They differ by what the rate did between them, which is no fault of the servers."""
    run = command.clock(lab.servers, "--samples", "2", environment=faked("-5s x0.5"))
    check_unproven(run, run.report["ntp"])


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["+0 x0.5", "+0 x1.01", "+0 x10", "+1h x2"])
def test_a_date_proves_nothing_at_another_rate(setting: str, lab: _Lab) -> None:
    """Replies that exclude each other, or a `Date` that stands still, are no fault of the server's then."""
    run = command.api(lab.url, "-t", "8s", environment=faked(setting))
    check_unproven(run, run.report["api"]["hosts"][0] | {"proven": run.report["api"]["proven"]})
    assert not run.found & {"api-inconsistent", "api-stale"}


@pytest.mark.slow
def test_nor_do_both_together(lab: _Lab) -> None:
    """Nobody's clock is accused with proof, and a 401 is not said to have another cause."""
    run = command.check(lab.servers, lab.url, environment=faked("+0 x2"))
    check_unproven(run, run.report["ntp"])
    assert "not-skew" not in run.found


@pytest.mark.slow
def test_a_rate_that_comes_in_the_middle_is_noticed(lab: _Lab, tmp_path: Path) -> None:
    """Told by a file that changes twice: at the end all is as it was, and the second sample is not."""
    told = tmp_path / "faketime.rc"
    told.write_text("+0\n")
    library = need_library("libfaketime.so.1")
    environment = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(told), "FAKETIME_NO_CACHE": "1"}
    named = [word for server in lab.servers for word in ("-H", server)]
    words = [sys.executable, "-m", "skewcheck", "clock", "--samples", "3", "-q", *named]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}) as process:
        time.sleep(1.8)
        told.write_text("+0.08\n")
        time.sleep(1.7)
        told.write_text("+0\n")
        out, _ = process.communicate(timeout=60)
    assert "agree" not in out, out
    assert not out.startswith("OK"), out


@pytest.mark.parametrize(("setting", "exit_code"), [("+0 x0.1", 3), ("-5s x2", 3), ("-5s", 2)])
def test_where_the_kernel_cannot_be_asked_what_the_library_is_told_counts(
    setting: str, exit_code: int, lab: _Lab
) -> None:
    """By how much a rate moved the clock isn't known then, so nothing is told; an offset alone hides nothing."""
    named = [word for server in lab.servers for word in ("-H", server)]
    run = "from skewcheck.cli import main; main()"
    env = {name: value for name, value in os.environ.items() if name != "INVOCATION_ID"} | faked(setting)
    env["KUBERNETES_SERVICE_HOST"] = "192.0.2.1"  # where filters refuse, and don't kill
    words = [sys.executable, "-c", seccomp.program(REFUSE) + run, "clock", "-q", *named]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert done.returncode == exit_code, done
    assert ("Time runs at another rate" in done.stdout) == (exit_code == 3)
