"""Whom to ask where nobody is named, and whose word counts for how much."""

import socket
from collections.abc import Sequence

import pytest

from skewcheck.examine import ClockRequest, judged
from skewcheck.lab.ntp import NtpServer
from skewcheck.measure.channel import Address
from skewcheck.measure.consensus import agree
from skewcheck.measure.servers import PUBLIC, Origin, Server, whom_to_ask
from skewcheck.measure.survey import survey
from skewcheck.model import Exchange, Family, Interval, LocalRun, NoReading, Reading, ServerList, Survey, Thresholds

RUN = LocalRun(ended_at_s=1.8e9, duration_s=0.1, step_s=0.0, slew_ppm=0.0, wander_s=0.0)


def own(*hosts: str) -> list[Server]:
    """Return servers that this host is set up for."""
    return [Server(host, host, origin=Origin.HOST) for host in hosts]


def asked(*hosts: str) -> list[str]:
    """Return whom to ask on a host that is set up for *hosts*."""
    return [server.host for server in whom_to_ask(own(*hosts))]


PUBLIC_NAMES = [server.host for server in PUBLIC]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ((), PUBLIC_NAMES),
        (("ntp1.example.net",), ["ntp1.example.net", *PUBLIC_NAMES[:4]]),
        (("a.example.net", "b.example.net", "c.example.net", "d.example.net"),
         ["a.example.net", "b.example.net", "c.example.net", *PUBLIC_NAMES[:2]]),
        (("time.cloudflare.com",), PUBLIC_NAMES),
        (("ntp1.time.nl", "NTP1.TIME.NL."), ["ntp1.time.nl", *[n for n in PUBLIC_NAMES if n != "ntp.time.nl"]]),
    ],
)  # fmt: skip
def test_up_to_three_of_ones_own_and_public_ones_of_other_operators(hosts: Sequence[str], expected: list[str]) -> None:
    """Five in all, each once, and no operator twice: a host's only server can't find its own error."""
    assert asked(*hosts) == expected


def _survey(servers: Sequence[Server], labs: Sequence[NtpServer]) -> Survey:
    addresses = {server.given: lab.address for server, lab in zip(servers, labs, strict=True)}

    def resolver(server: Server, _family: Family) -> Sequence[Address]:
        return [Address(socket.AF_INET, addresses[server.given])]

    return survey(servers, ServerList.MIXED, timeout_s=2.0, resolver=resolver)


def reasons(found: Survey) -> dict[str, str]:
    """Return why there is no reading, of the names that have none."""
    return {v.outcome.server: v.outcome.reason for v in found.consensus.votes if isinstance(v.outcome, NoReading)}


@pytest.mark.parametrize("origin", [Origin.HOST, Origin.CLOUD])
def test_what_this_host_finds_out_by_itself_is_never_this_host(origin: Origin) -> None:
    """A configured loopback address is a daemon that tells what this clock says; only who names it means it."""
    with NtpServer() as lab:
        found = _survey([Server("own", "own.test", origin=origin)], [lab])
        named = _survey([Server("own", "own.test")], [lab])
    assert reasons(found) == {"own": "own-address"}
    assert reasons(named) == {}


def test_a_smeared_server_has_no_vote_beside_others() -> None:
    """Around a leap second it is up to half a second off UTC, and nothing in a packet tells."""
    servers = [Server("g", "time.google.com"), Server("a", "a.test"), Server("b", "b.test")]
    with NtpServer(ahead_s=0.4) as smeared, NtpServer() as a, NtpServer() as b:
        found = _survey(servers, [smeared, a, b])
    assert reasons(found) == {"g": "smeared"}
    report = judged(found, Thresholds(0.1, 1.0), ClockRequest(servers=("g", "a", "b")))
    assert [finding.id for finding in report.findings] == ["smear-mixed"]
    assert report.status.value == "ok"


def test_smeared_servers_alone_are_all_there_is() -> None:
    """Where nobody else answers, their time is better than none."""
    servers = [Server("g", "time.google.com"), Server("a", "time.aws.com")]
    with NtpServer() as g, NtpServer() as a:
        found = _survey(servers, [g, a])
    assert reasons(found) == {}
    assert found.consensus.agreeing == 2


def _report_of(*readings: Reading, own: tuple[str, ...]) -> tuple[bool, str, list[str]]:
    found = Survey(agree(readings), ServerList.MIXED, RUN, cut_short=False, own=own)
    report = judged(found, Thresholds(0.1, 1.0), ClockRequest())
    return report.proven, report.verdict, [finding.id for finding in report.findings]


EXCHANGE = Exchange(0.0, 0.0, 0.0, 0.01, 0, 4, 2, 6, 1e-6, 0.001, 0.001, "192.0.2.9", 30.0)
READINGS = [
    Reading(name, "192.0.2.1", 0.3, Interval(0.29, 0.31), 0.01, (EXCHANGE,)) for name in ("ours", "ours2", "other")
]
LONELY = Reading("other", "192.0.2.1", 0.0, Interval(-0.01, 0.01), 0.01, (EXCHANGE,))


def test_only_ones_own_servers_prove_nothing() -> None:
    """The host follows them anyway: if they are wrong, it is wrong with them."""
    proven, verdict, findings = _report_of(*READINGS[:2], own=("ours", "ours2"))
    assert not proven
    assert verdict == (
        "WARNING  your clock is 300 ms AHEAD of UTC, between 290 and 310 ms if this host's own servers are right; "
        "2 of 2 servers agree"
    )
    assert findings == ["local-ahead", "not-independent"]
    proven, verdict, findings = _report_of(*READINGS, own=("ours", "ours2"))
    assert proven
    assert "proven between 290 and 310 ms" in verdict
    assert findings == ["local-ahead"]
    proven, verdict, findings = _report_of(*READINGS[:2], LONELY, own=("ours", "ours2"))
    assert not proven
    assert findings == ["local-ahead", "falseticker", "not-independent"]
