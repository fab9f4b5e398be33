"""Whom to ask where nobody is named, and whose word counts for how much."""

import socket
from collections.abc import Sequence

import pytest
from skewcheck.examine.against_ntp import judged

from skewcheck.examine import ClockRequest
from skewcheck.lab.ntp import NtpServer
from skewcheck.measure.addresses import Address
from skewcheck.measure.consensus import agree, contested
from skewcheck.measure.servers import PUBLIC, Origin, Server, whom_to_ask
from skewcheck.measure.survey import survey
from skewcheck.model import (
    Exchange,
    Family,
    Interval,
    LocalRun,
    NoReading,
    Reading,
    Report,
    ServerList,
    Survey,
    Thresholds,
)
from skewcheck.render import text

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
         ["a.example.net", "b.example.net", *PUBLIC_NAMES[:3]]),
        (("time.cloudflare.com",), PUBLIC_NAMES),
        (("ntp1.time.nl", "NTP1.TIME.NL."), ["ntp1.time.nl", *[n for n in PUBLIC_NAMES if n != "ntp.time.nl"]]),
    ],
)  # fmt: skip
def test_up_to_two_of_ones_own_and_public_ones_of_other_operators(hosts: Sequence[str], expected: list[str]) -> None:
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


@pytest.mark.parametrize("origin", [Origin.HOST, Origin.CLOUD, Origin.PUBLIC])
def test_what_this_host_finds_out_by_itself_is_never_this_host(origin: Origin) -> None:
    """A configured loopback address is a daemon that tells what this clock says; only who names it means it."""
    with NtpServer() as lab:
        found = _survey([Server("own", "own.test", origin=origin)], [lab])
        named = _survey([Server("own", "own.test")], [lab])
    assert reasons(found) == {"own": "own-address"}
    assert reasons(named) == {}


def test_a_name_that_a_blocklist_leads_nowhere_is_not_asked() -> None:
    """0.0.0.0 is this host: its own daemon would answer in the name of a public server."""
    with NtpServer() as lab:
        at = ("0.0.0.0", lab.address[1])  # noqa: S104 - the very address that is to be refused
        servers = [Server("blocked", "blocked.test", origin=Origin.PUBLIC)]
        found = survey(
            servers, ServerList.PUBLIC, timeout_s=2.0, resolver=lambda _server, _family: [Address(socket.AF_INET, at)]
        )
    assert reasons(found) == {"blocked": "own-address"}


def test_a_smeared_server_has_no_vote_beside_others() -> None:
    """Around a leap second it is up to half a second off UTC, and nothing in a packet tells."""
    servers = [Server("g", "time.google.com"), Server("a", "a.test"), Server("b", "b.test")]
    with NtpServer(ahead_s=0.4) as smeared, NtpServer() as a, NtpServer() as b:
        found = _survey(servers, [smeared, a, b])
    assert reasons(found) == {"g": "smeared"}
    named = found._replace(listed=ServerList.NAMED)
    report = judged(named, Thresholds(0.1, 1.0), ClockRequest(servers=("g", "a", "b")))
    assert [finding.id for finding in report.findings] == ["smear-mixed"]
    assert report.status.value == "ok"


@pytest.mark.parametrize(
    ("host", "smeared"),
    [("time1.google.com", True), ("TIME.google.com.", True), ("169.254.169.123", True), ("ntp.time.nl", False)],
)
def test_who_smears_is_known_by_name(host: str, smeared: bool) -> None:
    """Google's numbered names smear as the plain one does; none of the public list does."""
    assert Server(host, host).smeared is smeared
    assert not any(server.smeared for server in PUBLIC)


def test_smeared_servers_alone_are_all_there_is() -> None:
    """Where nobody else answers, their time is better than none."""
    servers = [Server("g", "time.google.com"), Server("a", "time.aws.com")]
    with NtpServer() as g, NtpServer() as a:
        found = _survey(servers, [g, a])
    assert reasons(found) == {}
    assert found.consensus.agreeing == 2


def _report_of(*readings: Reading, own: tuple[str, ...]) -> Report:
    witness = agree([reading for reading in readings if reading.server not in own]).interval
    agreed = contested(agree(readings), own)
    found = Survey(agreed, ServerList.MIXED, RUN, cut_short=False, own=own, witness=witness)
    return judged(found, Thresholds(0.1, 1.0), ClockRequest())


EXCHANGE = Exchange(0.0, 0.0, 0.0, 0.01, 0, 4, 2, 6, 1e-6, 0.001, 0.001, "192.0.2.9", 30.0)


def reading(server: str, low_s: float, high_s: float) -> Reading:
    """Return what *server* would say."""
    return Reading(server, "192.0.2.1", (low_s + high_s) / 2, Interval(low_s, high_s), 0.01, (EXCHANGE,))


OURS = [reading("ours", 0.29, 0.31), reading("ours2", 0.29, 0.31)]
OWN = ("ours", "ours2")


def ids(report: Report) -> list[str]:
    """Return the ids of all findings."""
    return [finding.id for finding in report.findings]


def test_only_ones_own_servers_prove_nothing() -> None:
    """The host follows them anyway: if they are wrong, it is wrong with them."""
    report = _report_of(*OURS, own=OWN)
    assert not report.proven
    assert report.verdict == (
        "WARNING  your clock is 300 ms AHEAD of UTC, between 290 and 310 ms if this host's own servers are right; "
        "2 of 2 servers agree"
    )
    assert ids(report) == ["local-ahead", "not-independent"]


def test_one_other_that_says_the_same_proves_it() -> None:
    """It vouches for the status over the whole of its own range."""
    report = _report_of(*OURS, reading("other", 0.28, 0.33), own=OWN)
    assert report.proven
    assert "proven between 290 and 310 ms" in report.verdict
    assert ids(report) == ["local-ahead"]


def test_a_witness_that_is_too_vague_proves_nothing() -> None:
    """A range from -50 to 650 ms touches everything and vouches for nothing."""
    assert not _report_of(*OURS, reading("vague", -0.05, 0.65), own=OWN).proven


@pytest.mark.parametrize(
    "others",
    [
        [reading("honest", -0.01, 0.01)],
        [reading("honest", -0.01, 0.01), reading("vague", -0.05, 0.65)],
    ],
)
def test_ones_own_servers_never_outvote_as_many_others(others: list[Reading]) -> None:
    """Two own servers of one upstream against one honest one that contradicts them: no verdict, and nobody blamed."""
    report = _report_of(*OURS, *others, own=OWN)
    assert report.verdict == (
        "CANNOT TELL  this host's own time servers and others contradict each other: who is right can't be told"
    )
    assert report.exit_code == 3
    assert ids(report) == ["servers-disagree"]


def test_a_majority_of_others_names_the_hosts_own_server() -> None:
    """Three honest ones outvote two that follow one wrong clock."""
    report = _report_of(*OURS, *(reading(name, -0.01, 0.01) for name in "abc"), own=OWN)
    assert report.status.value == "ok"
    assert report.proven
    assert ids(report) == ["falseticker", "falseticker"]


def test_a_way_out_that_is_blocked_is_named() -> None:
    """Only the cloud's own server answers, everybody else stays silent: the API's clock is the other witness."""
    silent = [NoReading(name, "192.0.2.2", "no-reply", "no reply", rejected=False) for name in "abc"]
    outcomes: list[Reading | NoReading] = [*OURS, *silent]
    found = Survey(agree(outcomes), ServerList.MIXED, RUN, cut_short=True, own=OWN)
    report = judged(found, Thresholds(0.1, 1.0), ClockRequest())
    assert {"not-independent", "udp-123-blocked"} <= set(ids(report))
    assert report.next_step is not None
    assert report.next_step.command == "skewcheck api --region REGION"
    shown = text.render(report, width=80, color=False, verbose=0, quiet=False)
    assert "NTP is probably blocked on the way out" in " ".join(shown.split())
