"""`skewcheck demo --log`: the screen of `log`, on a log that is made up with a cause of choice."""

import time
from difflib import get_close_matches
from typing import TYPE_CHECKING

from skewcheck.cli import output
from skewcheck.cli.deliver import Deadline, deliver
from skewcheck.errors import UsageError
from skewcheck.foreign import quoted
from skewcheck.model import Finding, Status, Step

if TYPE_CHECKING:
    from skewcheck.cli.asked import View


def demo_log(cause: str, view: "View") -> int:
    """Show it; exit with 0 if the cause was found, and else with 3."""
    from skewcheck.examine.of_log import LogRequest, examine_log
    from skewcheck.judge.catalogue import CATALOGUE
    from skewcheck.lab.log import FINDINGS, written

    if cause not in FINDINGS:
        near = get_close_matches(cause[:40], FINDINGS, n=1)
        known = ", ".join(FINDINGS)
        raise UsageError(f"--log: unknown cause {quoted(cause)}", f"--log {near[0]}" if near else f"one of {known}")
    report = examine_log(LogRequest(), content=written(cause))
    missed = None if any(found.id == FINDINGS[cause] for found in report.findings) else "cause"
    facts = {**dict.fromkeys(CATALOGUE["demo"].facts.split()), "exit_code": report.exit_code, "missed": missed}
    finding = Finding("demo", Status.UNKNOWN if missed else Status.OK, tuple(facts.items()))
    report = report._replace(
        command="demo",
        status=Status.UNKNOWN if missed else report.status,
        exit_code=3 if missed else 0,
        findings=(finding, *report.findings) if missed else (*report.findings, finding),
        steps=(Step("real-log", "skewcheck log FILE"),),
    )
    deadline = Deadline(time.monotonic(), None)
    output.wait_until(deadline.until_s)
    return deliver(report, view, deadline)
