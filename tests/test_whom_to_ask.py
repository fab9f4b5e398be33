"""Whom to ask where nobody is named, and whose word counts for how much."""

import socket
from collections.abc import Sequence

import pytest
from measurements import NOON, checked, facts_of, ids

from skewcheck.judge.report import report
from skewcheck.lab.ntp import NtpServer
from skewcheck.measure.addresses import Address
from skewcheck.measure.consensus import agree, contested
from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import PUBLIC, Origin, Server, whom_to_ask
from skewcheck.model import (
    Exchange,
    Family,
    Interval,
    LocalRun,
    Measured,
    NoReading,
    Reading,
    Report,
    Request,
    ServerList,
    Status,
    Survey,
)

RUN = LocalRun(ended_at_s=1.8e9, duration_s=0.1, step_s=0.0, slew_ppm=0.0, wander_s=0.0)


def judged(found: Survey, *servers: str) -> Report:
    """Return what `clock` makes of *found*."""
    return checked(report(Request("clock", servers=servers), Measured(NOON, ntp=found)))


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

    return poll_servers(servers, ServerList.MIXED, timeout_s=2.0, resolver=resolver)


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
        found = poll_servers(
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
    judged_so = judged(named, "g", "a", "b")
    assert ids(judged_so) == ["clock-ok", "smear-mixed"]
    assert facts_of(judged_so, "smear-mixed") == {"servers": "g"}
    assert judged_so.status is Status.OK


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
    return judged(found)


EXCHANGE = Exchange(0.0, 0.0, 0.0, 0.01, 0, 4, 2, 6, 1e-6, 0.001, 0.001, "192.0.2.9", 30.0)


def reading(server: str, low_s: float, high_s: float) -> Reading:
    """Return what *server* would say."""
    return Reading(server, "192.0.2.1", (low_s + high_s) / 2, Interval(low_s, high_s), 0.01, (EXCHANGE,))


OURS = [reading("ours", 0.29, 0.31), reading("ours2", 0.29, 0.31)]
OWN = ("ours", "ours2")


def test_only_ones_own_servers_prove_nothing() -> None:
    """The host follows them anyway: if they are wrong, it is wrong with them."""
    found = _report_of(*OURS, own=OWN)
    assert (found.status, found.proven, ids(found)) == (Status.WARNING, False, ["local-unconfirmed"])
    facts = facts_of(found, "local-unconfirmed")
    assert (facts["why"], facts["agreeing"], facts["answered"]) == ("own-servers", 2, 2)
    assert (facts["skew_s"], facts["low_s"], facts["high_s"]) == (pytest.approx(0.3), 0.29, 0.31)


def test_one_other_that_says_the_same_proves_it() -> None:
    """It vouches for the status over the whole of its own range."""
    found = _report_of(*OURS, reading("other", 0.28, 0.33), own=OWN)
    assert (found.status, found.proven, ids(found)) == (Status.WARNING, True, ["local-ahead"])
    facts = facts_of(found, "local-ahead")
    assert (facts["low_s"], facts["high_s"]) == (0.29, 0.31)


def test_a_witness_that_is_too_vague_proves_nothing() -> None:
    """A range from -50 to 650 ms touches everything and vouches for nothing."""
    found = _report_of(*OURS, reading("vague", -0.05, 0.65), own=OWN)
    assert (found.proven, ids(found)) == (False, ["local-unconfirmed"])


@pytest.mark.parametrize(
    "others",
    [
        [reading("honest", -0.01, 0.01)],
        [reading("honest", -0.01, 0.01), reading("vague", -0.05, 0.65)],
    ],
)
def test_ones_own_servers_never_outvote_as_many_others(others: list[Reading]) -> None:
    """Two own servers of one upstream against one honest one that contradicts them: no verdict, and nobody blamed."""
    found = _report_of(*OURS, *others, own=OWN)
    assert (found.status, found.exit_code, ids(found)) == (Status.UNKNOWN, 3, ["servers-disagree"])
    assert facts_of(found, "servers-disagree")["why"] == "own"


def test_a_majority_of_others_names_the_hosts_own_server() -> None:
    """Three honest ones outvote two that follow one wrong clock."""
    found = _report_of(*OURS, *(reading(name, -0.01, 0.01) for name in "abc"), own=OWN)
    assert (found.status, found.proven, ids(found)) == (Status.OK, True, ["clock-ok", "falseticker", "falseticker"])
    assert [finding.fact("server") for finding in found.findings[1:]] == list(OWN)


@pytest.mark.parametrize("ours", [OURS, OURS[:1]], ids=["two", "one"])
def test_a_way_out_that_is_blocked_is_named(ours: list[Reading]) -> None:
    """Only the cloud's own servers answer, everybody else stays silent: the API's clock is the other witness."""
    silent = [NoReading(name, "192.0.2.2", "no-reply", "no reply", rejected=False) for name in "abc"]
    outcomes: list[Reading | NoReading] = [*ours, *silent]
    found = judged(Survey(agree(outcomes), ServerList.MIXED, RUN, cut_short=True, own=OWN))
    assert ids(found)[:2] == ["local-unconfirmed", "ntp-partly-blocked"]
    assert facts_of(found, "local-unconfirmed")["why"] == ("minority" if len(ours) > 1 else "one-server")
    assert found.steps == (("check-region", "skewcheck check --region REGION"),)
