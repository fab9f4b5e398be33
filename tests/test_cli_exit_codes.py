"""The exit code: what a pipeline, a container and a monitoring system read."""

import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest
from bench.typed import PROGRAM, Done, servers_for, skewcheck

from skewcheck.cli.options import OPTIONS
from skewcheck.examine import ask_ntp
from skewcheck.examine.request import TIMEOUT_S
from skewcheck.model import Policy, Request

CODES = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
BROKEN = """\
import sys
from skewcheck import cli
from skewcheck.cli.options import OPTIONS
from skewcheck.examine import ask_ntp
def broken(*_, **__): raise RuntimeError('boom')
ask_ntp.poll_servers = broken
sys.argv = ['skewcheck', *sys.argv[1:]]
cli.main()
"""
"""The program with a defect in its midst."""
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

    @property
    def options(self) -> list[str]:
        """As they are typed."""
        limits = ["--fail-on", self.fail_on, "--on-unknown", self.on_unknown]
        return [*limits, "--no-such-option"] if self.outcome == "usage" else limits


CASES = [
    Case(*row)
    for row in itertools.product(("clock", "demo"), (*CODES, "usage", "internal"), ("warning", "critical"), CODES)
]


@pytest.fixture(scope="module")
def named() -> Iterator[dict[str, list[str]]]:
    """Give the words for servers that make a measurement come to each outcome."""
    with ExitStack() as running:
        servers = {outcome: running.enter_context(servers_for(outcome)) for outcome in CODES}
        yield {**servers, "unknown": [*servers["unknown"], "-t", "300ms"]}


@pytest.mark.parametrize("case", CASES, ids=["-".join(case) for case in CASES])
def test_table(
    case: Case, named: dict[str, list[str]], told: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands x outcomes x --fail-on x --on-unknown: the code is the table's, and the JSON says the same.

    `--fail-on` and `--on-unknown` change the code and never the status; usage and internal errors are 3 always.
    """
    if case.outcome == "internal":
        monkeypatch.setattr(ask_ntp, "poll_servers", None)
    if case.command == "clock":
        words = named.get(case.outcome, named["ok"])
    else:  # three liars of five, and no vote can tell
        words = ["--skew", SKEWS[case.outcome]] if case.outcome in SKEWS else ["--liars", "3"]
    done = told(case.command, "--json", *case.options, *words)
    report = done.document
    assert (done.exit_code, report["exit_code"]) == (case.exit_code, case.exit_code), done.err
    if case.outcome in ("usage", "internal"):
        assert (report["status"], report["error"]["id"], report["findings"]) == ("unknown", case.outcome, [])
        return
    assert (report["status"], "error" in report) == (case.outcome, False)
    if case.command == "demo":
        assert done.evidence("demo")["exit_code"] == case.judged


@pytest.mark.parametrize("outcome", [*CODES, "internal"])
def test_the_process_exits_with_it(outcome: str, named: dict[str, list[str]]) -> None:
    """What a shell sees is what the document says."""
    program = [sys.executable, "-c", BROKEN] if outcome == "internal" else PROGRAM
    done = skewcheck("clock", "--json", *named.get(outcome, named["ok"]), program=program)
    assert done.exit_code == done.document["exit_code"] == CODES.get(outcome, 3)


def test_environment_sets_the_defaults_and_options_beat_it(named: dict[str, list[str]]) -> None:
    """Each option's variable is read; what is typed wins."""
    variables = {
        "SKEWCHECK_SERVER": " ".join(named["warning"][1::2]),
        "SKEWCHECK_FAIL_ON": "critical",
        "SKEWCHECK_FORMAT": "json",
    }
    by_environment = skewcheck("clock", environment=variables)
    typed = skewcheck("clock", "--fail-on", "warning", "-c", "250ms", "-w", "1ms", environment=variables)
    assert (by_environment.exit_code, by_environment.document["ntp"]["asked"]) == (0, 3)
    assert (typed.exit_code, typed.document["thresholds"]) == (2, {"warning_s": 0.001, "critical_s": 0.25})


@pytest.mark.parametrize("words", ["--version", "-V", "--help", "-h", "clock --help", "demo -h", "explain"])
def test_asked_for_information_is_no_failure(words: str) -> None:
    """`--help`, `--version` and `explain` go to stdout and exit 0."""
    done = skewcheck(*words.split())
    assert (done.exit_code, done.err, bool(done.out)) == (0, "", True)


def test_defaults_are_those_of_the_public_api() -> None:
    """What `--help` calls the default is what `examine` takes."""
    policy = Policy()
    defaults = {
        "warning": f"{policy.warning_s * 1000:g}ms",
        "critical": f"{policy.critical_s:g}s",
        "timeout:clock": f"{TIMEOUT_S:g}s",
        "samples": str(Request("clock").samples),
        "fail_on": policy.fail_on.value,
        "on_unknown": policy.on_unknown.value,
    }
    assert {name: OPTIONS[name].default for name in defaults} == defaults
