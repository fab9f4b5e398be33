"""The exit code: what a pipeline, a container and a monitoring system read."""

import itertools
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import NamedTuple

import pytest
from bench.typed import PROGRAM, Done, servers_for, skewcheck

from skewcheck.examine import TIMEOUT_S, ClockRequest, Policy

CODES = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
BROKEN = """\
import sys
from skewcheck import cli
from skewcheck.examine import against_ntp
def broken(*_, **__): raise RuntimeError('boom')
against_ntp.survey = broken
sys.argv = ['skewcheck', *sys.argv[1:]]
cli.main()
"""
"""The program with a defect in its midst."""
IMPATIENT = ("-t", "1s")
SKEWS = {"ok": "0", "warning": "-300ms", "critical": "-5s"}


class Case(NamedTuple):
    """One run."""

    command: str
    outcome: str
    fail_on: str
    on_unknown: str

    @property
    def judged(self) -> int:
        """The exit code that the measurement stands for."""
        status = self.on_unknown if self.outcome == "unknown" else self.outcome
        return 0 if (status, self.fail_on) == ("warning", "critical") else CODES[status]

    @property
    def exit_code(self) -> int:
        """What the process is to exit with."""
        if self.outcome in ("usage", "internal"):
            return 3
        if self.command == "demo":
            return 3 if self.outcome == "unknown" else 0
        return self.judged


CASES = [
    Case(command, outcome, fail_on, on_unknown)
    for command, outcome, fail_on, on_unknown in itertools.product(
        ("clock", "demo"), (*CODES, "usage", "internal"), ("warning", "critical"), CODES
    )
]


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[Case, Done]]:
    """Run every case, several at once: nearly all of a run is Python's start."""
    with ExitStack() as running:
        named = {outcome: running.enter_context(servers_for(outcome)) for outcome in CODES}
        named["unknown"] += IMPATIENT

        def run(case: Case) -> Done:
            words = ["--json", "--fail-on", case.fail_on, "--on-unknown", case.on_unknown]
            if case.outcome == "usage":
                words.append("--no-such-option")
            elif case.command == "clock":
                words += named.get(case.outcome, named["ok"])
            else:  # three liars of five, and no vote can tell
                words += ["--skew", SKEWS[case.outcome]] if case.outcome in SKEWS else ["--liars", "3"]
            program = [sys.executable, "-c", BROKEN] if case.outcome == "internal" else PROGRAM
            return skewcheck(case.command, *words, program=program)

        with ThreadPoolExecutor(3) as pool:
            yield dict(zip(CASES, pool.map(run, CASES), strict=True))


@pytest.mark.parametrize("case", CASES, ids=["-".join(case) for case in CASES])
def test_table(case: Case, runs: dict[Case, Done]) -> None:
    """Commands x outcomes x --fail-on x --on-unknown: the code is the table's, and the JSON says the same.

    `--fail-on` and `--on-unknown` change the code and never the status; usage and internal errors are 3 always.
    """
    done = runs[case]
    report = done.document
    assert (done.exit_code, report["exit_code"]) == (case.exit_code, case.exit_code), done.err
    if case.outcome in ("usage", "internal"):
        assert (report["status"], report["error"]["id"], report["findings"]) == ("unknown", case.outcome, [])
        return
    assert (report["status"], "error" in report) == (case.outcome, False)
    told = [finding["evidence"]["clock_exit_code"] for finding in report["findings"] if finding["id"] == "demo"]
    assert told == ([case.judged] if case.command == "demo" else [])


def test_environment_sets_the_defaults_and_options_beat_it() -> None:
    """Each option's variable is read; what is typed wins."""
    with servers_for("warning") as named:
        variables = {
            "SKEWCHECK_SERVER": " ".join(named[1::2]),
            "SKEWCHECK_FAIL_ON": "critical",
            "SKEWCHECK_FORMAT": "json",
        }
        by_environment = skewcheck("clock", environment=variables)
        typed = skewcheck("clock", "--fail-on", "warning", "-c", "250ms", "-w", "1ms", environment=variables)
    assert (by_environment.exit_code, by_environment.document["ntp"]["asked"]) == (0, 3)
    assert (typed.exit_code, typed.document["thresholds"]) == (2, {"warning_s": 0.001, "critical_s": 0.25})


@pytest.mark.parametrize(
    "arguments", [("--version",), ("-V",), ("--help",), ("-h",), ("clock", "--help"), ("demo", "-h")]
)
def test_asked_for_information_is_no_failure(arguments: tuple[str, ...]) -> None:
    """`--help` and `--version` go to stdout and exit 0."""
    done = skewcheck(*arguments)
    assert (done.exit_code, done.err, bool(done.out)) == (0, "", True)


def test_defaults_are_those_of_the_public_api() -> None:
    """What `--help` calls the default is what `examine` takes."""
    shown = " ".join(skewcheck("clock", "--help").out.split())
    policy = Policy()
    told = {
        "WARNING": f"{policy.warning_s * 1000:g}ms",
        "CRITICAL": f"{policy.critical_s:g}s",
        "TIMEOUT": f"{TIMEOUT_S:g}s",
        "SAMPLES": str(ClockRequest().samples),
        "FAIL_ON": policy.fail_on.value,
        "ON_UNKNOWN": policy.on_unknown.value,
    }
    for name, default in told.items():
        assert f"[env var: SKEWCHECK_{name}; default: {default}]" in shown
