"""Which servers are one witness, and how a split on a leap second is told from a lie."""

import calendar
import contextlib
import socket
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from bench.chrony import Chronyd

from skewcheck.judge import report as judge
from skewcheck.lab.ntp import NtpServer, Query, Reply
from skewcheck.measure.addresses import Address
from skewcheck.measure.consensus import sources, split_by_a_smear
from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import Origin, Server, parse_server
from skewcheck.model import Basis, Exchange, Interval, Measured, Reading, Report, Request, ServerList, Status

NOON = 1_800_014_400.0
"""2027-01-15T12:00:00Z: no day of a leap second."""
BEFORE, AFTER = (float(calendar.timegm(day)) for day in ((2026, 12, 31, 18, 0, 0), (2027, 1, 1, 6, 0, 0)))


def said(
    name: str, reference: str = "", *, stratum: int = 2, address: str = "", at_s: float = NOON, skew_s: float = 0.0,
    leap: int = 0,
) -> Reading:  # fmt: skip
    """Return what a server says that shows this reference ID."""
    exchange = Exchange(at_s, at_s, at_s, at_s, leap, 4, stratum, 6, 0.0, 0.0, 0.0, reference or f"ref {name}", 30.0)
    return Reading(name, address or name, skew_s, Interval(skew_s - 0.01, skew_s + 0.01), 0.0, (exchange,))


def count(readings: Sequence[Reading], **runs: str) -> int:
    """Return how many sources of time they show; *runs*: who runs those that are known to smear."""
    return len({*sources(readings, lambda name: runs.get(name.partition(".")[0]))})


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([said("a", "198.51.100.7"), said("b", "198.51.100.7"), said("c", "198.51.100.8")], 2),
        ([said("a", "GPS", stratum=1), said("b", "GPS", stratum=1)], 2),
        ([said("a", "LOCL", stratum=1), said("b", "76.79.67.76", stratum=6), said("c", "127.127.1.1", stratum=10)], 1),
        ([said("a", "127.127.1.0", stratum=5), said("b", "127.127.1.1", stratum=11), said("c", "198.51.100.7")], 2),
        ([said("a", "198.51.100.9"), said("b", "PTB", stratum=1, address="198.51.100.9:1123")], 1),
        ([said("a", "198.51.100.7"), said("b", "198.51.100.8", address="198.51.100.7"), said("c", "198.51.100.8")], 1),
        ([said("a", "180.117.157.194"), said("b", "PTB", stratum=1, address="[2001:db8::1]:1123")], 2),
        ([said("a", "127.0.0.1", address="127.0.0.1:1"), said("b", "198.51.100.1", address="127.0.0.1:2")], 2),
    ],
    ids=["one-upstream", "two-receivers", "local-clocks", "ntpd-and-chrony", "follows-another", "a-chain", "ipv6",
         "loopback"],
)  # fmt: skip
def test_what_shows_one_source_is_one_witness(readings: list[Reading], expected: int) -> None:
    """By the reference ID, and by whose address it is; a kind of clock at stratum 1 joins nobody."""
    assert count(readings) == expected


def test_servers_that_smear_are_one_by_operator_and_all_one_on_days_of_a_leap_second() -> None:
    """They err alike then."""
    assert count([said("time1"), said("time2")], time1="google", time2="google") == 1
    assert count([said("time1"), said("aws")], time1="google", aws="amazon") == 2
    for at_s in (BEFORE, AFTER):
        assert count([said("time1", at_s=at_s), said("aws", at_s=at_s)], time1="google", aws="amazon") == 1
    for one, other in pairwise(("time.google.com", "time4.google.com.", "216.239.35.8")):
        assert Server(one, one).smeared_by == Server(other, other).smeared_by == "google"
    assert Server("x", "time.cloudflare.com").smeared_by is None


@pytest.mark.parametrize(
    ("readings", "known", "expected"),
    [
        ([said("a", at_s=BEFORE, skew_s=0.43), said("b", at_s=BEFORE, leap=1)], (), ("a",)),
        ([said("a", at_s=BEFORE, skew_s=0.43), said("b", at_s=BEFORE, leap=2)], ("a",), ("a",)),
        ([said("a", at_s=AFTER, skew_s=0.43), said("b", at_s=AFTER)], (), ()),
        ([said("a", at_s=BEFORE, skew_s=0.43), said("b", at_s=BEFORE)], (), None),
        ([said("a", at_s=NOON, skew_s=0.43), said("b", at_s=NOON)], (), None),
        ([said("a", at_s=BEFORE, skew_s=1.43), said("b", at_s=BEFORE, leap=1)], (), None),
        ([said("a", at_s=BEFORE, skew_s=0.01), said("b", at_s=BEFORE, leap=1)], (), None),
        ([said("a", at_s=BEFORE, skew_s=0.43)], (), None),
    ],
    ids=["announced", "known", "behind-it", "no-leap-second", "no-such-day", "too-far", "together", "alone"],
)  # fmt: skip
def test_a_split_on_a_leap_second_is_told_from_a_lie(
    readings: list[Reading], known: Sequence[str], expected: tuple[str, ...] | None
) -> None:
    """On its days, by up to a second: who doesn't announce it smears it; behind it nobody can tell."""
    assert split_by_a_smear(readings, lambda name: name in known) == expected


# --- Over real sockets ---


def asked(opened: Sequence[NtpServer], names: Sequence[str] = (), *, cloud: bool = False) -> Report:
    """Ask them by these names, the first of them as the cloud's own; return what is made of it."""
    with contextlib.ExitStack() as lab:
        names = names or [f"s{n}.test" for n in range(len(opened))]
        at = {name: lab.enter_context(server).address for name, server in zip(names, opened, strict=True)}
        servers = [
            Server(name, name, origin=Origin.CLOUD if cloud and name == names[0] else Origin.NAMED) for name in at
        ]
        found = poll_servers(
            servers,
            ServerList.MIXED if cloud else ServerList.NAMED,
            timeout_s=1.0,
            resolver=lambda host, *_: [Address(socket.AF_INET, at[host])],
        )
    return judge.report(Request("clock", servers=tuple(names)), Measured(0.0, "linux", None, found))


def test_three_servers_of_one_upstream_prove_nothing() -> None:
    """They agree, and are one witness: what they say is told, unconfirmed, and others are asked next."""
    alike = asked([NtpServer(-5.0, reference_id=b"\xc6\x33\x64\x07") for _ in range(3)])
    assert (alike.status, alike.proven) == (Status.CRITICAL, False)
    assert alike.lead is not None
    assert (alike.lead.id, alike.lead.fact("why")) == ("local-unconfirmed", "one-source")
    assert (alike.ntp is not None and alike.ntp.survey.consensus.sources) == 1
    apart = asked([NtpServer(-5.0) for _ in range(3)])
    assert (apart.status, apart.proven) == (Status.CRITICAL, True)


def test_two_that_are_one_blame_no_honest_third() -> None:
    """An upstream that is 5 s off, seen by two of three: can't tell, and nobody is wrong."""
    report = asked([*(NtpServer(5.0, reference_id=b"LOCL", stratum=6) for _ in range(2)), NtpServer()])
    assert report.ntp is not None
    agreed = report.ntp.survey.consensus
    assert (agreed.basis, agreed.agreeing, agreed.sources) == (Basis.MINORITY, 2, 1)
    assert [against.server for against in agreed.against] == ["s2.test"]
    assert (report.status, report.proven) == (Status.UNKNOWN, False)
    assert "falseticker" not in [finding.id for finding in report.findings]


def announcing(query: Query) -> list[Reply]:
    """Answer as a server that keeps UTC does before a leap second."""
    return [Reply(query.honest._replace(leap=1).encode())]


@pytest.mark.parametrize(
    ("smearing", "names", "cloud"),
    [
        (2, ("ours1.test", "ours2.test", "time.example.net"), False),
        (2, ("time1.google.com", "time.aws.com", "time.example.net"), False),
        (1, ("time.aws.com", "time.example.net"), True),
    ],
    ids=["unknown", "known", "the-cloud-and-one-public"],
)
def test_a_smear_against_utc_is_named_and_proves_nothing(smearing: int, names: Sequence[str], cloud: bool) -> None:
    """On the eve of a leap second two that smear outvote one that keeps UTC: no proof, and nobody is wrong."""
    by_s = BEFORE - time.time()
    opened = [
        NtpServer(by_s + 0.43, address="127.0.0.2") if n < smearing else NtpServer(by_s, behaviour=announcing)
        for n in range(len(names))
    ]
    report = asked(opened, names, cloud=cloud)
    found = {finding.id: finding for finding in report.findings}
    assert found["smear-mixed"].fact("servers") == ", ".join(names[:smearing])
    assert not report.proven
    assert not {"falseticker", "servers-disagree"} & {*found}


def test_real_servers_that_serve_their_own_clocks_are_one_witness(tmp_path: Path) -> None:
    """`local` of chronyd, as its packets show it: two agree, and prove nothing."""
    with contextlib.ExitStack() as stack:
        servers = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            server = Chronyd(tmp_path / name, local=True)
            stack.callback(server.stop)
            server.wait_until_settled()
            servers.append(parse_server(server.server))
        found = poll_servers(servers, ServerList.NAMED, timeout_s=2.0)
    assert (found.consensus.answered, found.consensus.sources, found.consensus.basis) == (2, 1, Basis.MINORITY)
