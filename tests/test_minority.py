"""Servers that say nothing may be the honest ones: what fewer than a majority of those asked say proves nothing.

Over real sockets: lab servers that lie, and as many ways to say nothing as there are.
"""

import contextlib
import socket
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from bench import hostile
from bench.typed import checked, skewcheck

from skewcheck.judge import report as judge
from skewcheck.lab.ntp import NtpServer
from skewcheck.measure.addresses import Address
from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import Server
from skewcheck.model import (
    Basis,
    Daemon,
    Family,
    Hardware,
    HostFacts,
    Measured,
    Place,
    Reading,
    Report,
    Request,
    ServerList,
    ServerStatus,
    Status,
    Unknown,
    Zone,
)
from skewcheck.render import ci, json, monitoring, text

LIE_S = 5.0
TIMEOUT_S = 0.5
CHRONY = HostFacts(
    Unknown("test"), (Daemon("chronyd", running=True, claim=Unknown("test")),), Place(), Zone("UTC", 0), Hardware(),
    None, (),
)  # fmt: skip
"""A host that `sudo chronyc makestep` would set."""

Lab = contextlib.ExitStack
Where = tuple[str, int]


class Silence(NamedTuple):
    """A way to say nothing that counts."""

    opened: Callable[[Lab], Where | None]
    """Open it; None: its name has no address."""
    reason: str


def _closed(_: Lab) -> Where:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        host, port = closed.getsockname()
    return host, port


def _answering(behaviour: str) -> Callable[[Lab], Where]:
    return lambda lab: lab.enter_context(NtpServer(behaviour=hostile.LIES[behaviour].behaviour)).address


SILENCES = {
    "silent": Silence(lambda lab: lab.enter_context(NtpServer(behaviour=hostile.silence)).address, "no-reply"),
    "slower than -t": Silence(lambda lab: lab.enter_context(NtpServer(delay_out_s=60)).address, "no-reply"),
    "port closed": Silence(_closed, "port-closed"),
    "unresolved": Silence(lambda _: None, "dns-no-such-name"),
    "rate": Silence(_answering("kiss-rate"), "kod-rate"),
    "deny": Silence(_answering("kiss-deny"), "kod-deny"),
    "unsynchronised": Silence(_answering("leap-3"), "unsynchronised"),
    "runt": Silence(_answering("runt"), "runt"),
}  # fmt: skip


def asked(said_s: Sequence[float], silent: Sequence[Silence], *, timeout_s: float = TIMEOUT_S) -> Report:
    """Ask servers that are so far ahead, and some that say nothing, and return what is made of it."""
    with contextlib.ExitStack() as lab:
        where = {f"t{n}": lab.enter_context(NtpServer(ahead_s)).address for n, ahead_s in enumerate(said_s)}
        nowhere = {f"s{n}": one.opened(lab) for n, one in enumerate(silent)}
        known: dict[str, Where | None] = {**where, **nowhere}

        def resolver(host: str, _port: int, _family: Family) -> Sequence[Address]:
            at = known[host.removesuffix(".test")]
            if at is None:
                raise socket.gaierror(socket.EAI_NONAME, "no such name")
            return [Address(socket.AF_INET, at)]

        servers = [Server(name, f"{name}.test") for name in known]
        found = poll_servers(servers, ServerList.NAMED, timeout_s=timeout_s, resolver=resolver)
    return judge.report(Request("clock", servers=tuple(known)), Measured(0.0, "linux", CHRONY, found))


def everything_that_is_said(report: Report) -> str:
    """Return the report in every format, one after the other."""
    screen = text.render(report, width=100, color=False, verbose=2, quiet=False)
    checked(json.render(report))
    others = (json.render, monitoring.nagios, ci.junit, ci.github, monitoring.prometheus)
    return screen + "".join(render(report) for render in others)


def hold_back(report: Report) -> None:
    """Hold every format to it that nothing is proven, nobody blamed, and nothing to be set."""
    said = everything_that_is_said(report)
    for never in ("makestep", '"proven": true', "\nskewcheck_proven 1", "WRONG", "falseticker"):
        assert never not in said


def ids(report: Report) -> list[str]:
    """Return the ids of all findings but of what a host says of itself."""
    return [finding.id for finding in report.findings]


@pytest.mark.parametrize("silence", SILENCES.values(), ids=SILENCES)
def test_two_liars_of_five_prove_nothing_against_one_honest_server_that_is_heard(silence: Silence) -> None:
    """Two are 5 s off, one is honest, two say nothing: can't tell, nobody is blamed, nothing is to be set."""
    report = asked([LIE_S, LIE_S, 0.0], [silence, silence])
    assert report.ntp is not None
    agreed = report.ntp.survey.consensus
    assert (agreed.asked, agreed.answered, agreed.agreeing, agreed.basis) == (5, 3, 2, Basis.MINORITY)
    assert {vote.outcome.reason for vote in agreed.votes if not isinstance(vote.outcome, Reading)} == {silence.reason}
    assert agreed.interval is not None
    assert agreed.interval.low_s < -LIE_S < -0.1 < 0 <= agreed.interval.high_s
    assert not any(vote.status is ServerStatus.FALSETICKER for vote in agreed.votes)
    assert (report.status, report.proven, report.exit_code) == (Status.UNKNOWN, False, 3)
    lead = report.lead
    assert lead is not None
    assert (lead.id, lead.fact("why"), lead.fact("agreeing"), lead.fact("against")) == (
        "servers-disagree", "minority", 2, 1,
    )  # fmt: skip
    assert "too-coarse" not in ids(report)
    assert report.steps[0].command.startswith("skewcheck clock")
    hold_back(report)


def test_two_liars_that_are_all_who_answer_are_told_as_what_they_are() -> None:
    """Nobody contradicts them, so it is what they say, unconfirmed; no clock is set by it."""
    report = asked([LIE_S, LIE_S], [SILENCES["port closed"]] * 3)
    assert (report.status, report.proven, report.exit_code) == (Status.CRITICAL, False, 2)
    assert report.lead is not None
    assert (report.lead.id, report.lead.fact("why")) == ("local-unconfirmed", "minority")
    assert (report.lead.fact("agreeing"), report.lead.fact("asked"), report.lead.fact("unreached")) == (2, 5, 3)
    hold_back(report)


def test_three_that_agree_are_a_majority_of_five() -> None:
    """Two may say nothing: what three share is proven, and those that said nothing are counted apart."""
    report = asked([-0.3, -0.3, -0.3], [SILENCES["rate"]] * 2)
    assert (report.status, report.proven) == (Status.WARNING, True)
    assert report.lead is not None
    assert (report.lead.fact("agreeing"), report.lead.fact("answered"), report.lead.fact("unreached")) == (3, 3, 2)
    assert report.steps[0].command == "sudo chronyc makestep"


def test_close_answers_that_are_too_few_are_a_judgement_all_the_same() -> None:
    """Two at 0, one at 40 ms, two silent: whoever is right, the clock is fine; which is told, and not as proven."""
    report = asked([0.0, 0.0, 0.04], [SILENCES["port closed"]] * 2)
    assert (report.status, report.proven, report.exit_code) == (Status.OK, False, 0)
    assert report.lead is not None
    assert (report.lead.id, report.lead.fact("why")) == ("clock-ok", "minority")
    assert (report.lead.fact("agreeing"), report.lead.fact("asked"), report.lead.fact("unreached")) == (2, 5, 2)


def test_a_demonstration_short_of_open_files_proves_nothing_by_a_part() -> None:
    """Where only some of the five can be asked, it is a majority of five that proves, or nothing does."""
    seen = set()
    for open_files in range(16, 40):
        program = ("/bin/sh", "-c", f'ulimit -n {open_files}; exec "$@"', "sh", sys.executable, "-m", "skewcheck")
        done = skewcheck("demo", "--json", program=program)
        if not done.out or "error" in done.document:
            continue  # it says so itself, and measures nothing
        ntp = done.document["ntp"]
        (demo,) = (finding for finding in done.document["findings"] if finding["id"] == "demo")
        seen.add(ntp["basis"])
        assert (ntp["basis"] == "majority") == (ntp["agreeing"] >= 3)
        if ntp["agreeing"] < 3:
            assert (done.exit_code, ntp["proven"]) == (3, False)
            assert demo["evidence"]["missed"] == "too-few"
        if ntp["answered"] == 5:
            break
    assert {"minority", "majority"} <= seen
