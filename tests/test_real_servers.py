"""Against real `chronyd` servers, and with a local clock that is really wrong: what is said is true."""

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from bench import chrony as bench_chrony
from bench import command
from bench.chrony import Chronyd
from bench.command import Run
from bench.faketime import wrong_clock
from bench.namespaces import Namespace, namespace
from bench.patience import until_calm
from bench.relay import Relay, delay
from bench.tools import need

from skewcheck.judge.report import report
from skewcheck.measure.addresses import Address
from skewcheck.measure.localclock import ClockSources, LocalClock
from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import Server, parse_server
from skewcheck.model import (
    Basis,
    Consensus,
    Family,
    Measured,
    Reading,
    Request,
    ServerList,
    ServerStatus,
    Status,
    Survey,
)

HONEST = ("a", "b", "c")
WIDEST_S = 0.020
Farm = dict[str, Chronyd]


@pytest.mark.parametrize(
    ("skew_s", "options", "exit_code", "status"),
    [
        (0.0, (), 0, "ok"),
        (0.2, (), 1, "warning"),
        (-0.137, (), 1, "warning"),
        (0.137, ("-w", "150ms"), 0, "ok"),
        (-0.137, ("-w", "50ms", "-c", "100ms"), 2, "critical"),
        (7.0, (), 2, "critical"),
        (-5400.0, (), 2, "critical"),
        (-5400.0, ("-w", "2h", "-c", "3h"), 0, "ok"),
    ],
)
def test_a_wrong_local_clock_is_measured_and_judged(
    skew_s: float, options: Sequence[str], exit_code: int, status: str, chrony: Farm
) -> None:
    """The truth is in the range every time, the range is narrow, the word and the exit code are right."""
    servers = [chrony[name].server for name in HONEST]
    began_s = time.time()
    runs = until_calm(lambda: command.clock(servers, *options, environment=wrong_clock(skew_s)), _narrow)
    ended_s = time.time()
    for attempt in runs:
        assert attempt.report["ntp"]["low_s"] <= skew_s <= attempt.report["ntp"]["high_s"], attempt.report
    run, ntp = runs[-1], runs[-1].report["ntp"]
    assert ntp["low_s"] <= ntp["skew_s"] <= ntp["high_s"]
    assert (run.exit_code, run.report["exit_code"], run.report["status"]) == (exit_code, exit_code, status)
    assert run.report["proven"]
    assert (ntp["basis"], ntp["asked"], ntp["answered"], ntp["agreeing"]) == ("majority", 3, 3, 3)
    way = "clock-ok" if status == "ok" else "local-ahead" if skew_s > 0 else "local-behind"
    assert run.found == {way}
    evidence = run.evidence(way)
    assert (evidence["low_s"], evidence["high_s"]) == (ntp["low_s"], ntp["high_s"])
    assert run.report["summary"] == run.report["findings"][0]["summary"]
    low_s, high_s = (_unix_s(run.report["true_time"][end]) for end in ("low", "high"))
    assert began_s - WIDEST_S <= low_s <= high_s <= ended_s + WIDEST_S


def _narrow(run: Run) -> bool:
    """Tell whether no range, neither the agreed one nor a server's, is stretched."""
    ntp = run.report["ntp"]
    return all(part["high_s"] - part["low_s"] <= WIDEST_S for part in (ntp, *ntp["servers"]))


def _unix_s(text: str) -> float:
    """Return a time of day of the report as Unix seconds."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def ask(servers: Sequence[Server], names: Mapping[str, Sequence[tuple[str, int]]] | None = None) -> Survey:
    """Ask *servers* from this process, whose clock is right; *names* are the addresses of invented ones."""

    def resolver(host: str, _port: int, _family: Family) -> Sequence[Address]:
        return [Address(socket.AF_INET, at) for at in (names or {})[host]]

    return poll_servers(servers, ServerList.NAMED, timeout_s=3, resolver=resolver)


@pytest.fixture(scope="module")
def four_addresses(chrony: Farm) -> Iterator[list[tuple[str, int]]]:
    """Give the server that is 200 ms ahead four more addresses."""
    target = (chrony["ahead"].host, chrony["ahead"].port)
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(Relay(target, delay(0), delay(0), address=f"127.0.0.{last}")).address
            for last in range(2, 6)
        ]


@pytest.mark.parametrize(
    ("honest", "liars"),
    [
        (HONEST[:2], ("hour",)),
        (HONEST[:2], ("many",)),
        (HONEST, ("many", "behind")),
        (HONEST, ("many", "ahead")),
        (HONEST, ("hour", "ahead")),
    ],
    ids="-".join,
)
def test_a_minority_of_lying_names_is_outvoted_and_named(
    honest: Sequence[str], liars: Sequence[str], chrony: Farm, four_addresses: list[tuple[str, int]]
) -> None:
    """One or two of three or five lie, `many` from four addresses: the range holds the truth, each is named.

    `many` and `ahead` together tell the same lie, from five addresses in all, and are still two votes of five.
    """
    lies_s = {"many": 0.2} | {name: server.ahead_s for name, server in chrony.items()}
    names = [*liars, *honest]
    many = Server("many", "many.test", 123)
    servers = [many if name == "many" else parse_server(chrony[name].server) for name in names]
    runs = until_calm(lambda: ask(servers, {many.host: four_addresses}).consensus, _all_narrow)
    for attempt in runs:
        assert attempt.interval is not None
        assert attempt.interval.low_s <= 0 <= attempt.interval.high_s
    agreed = runs[-1]
    assert (agreed.basis, agreed.asked, agreed.answered) == (Basis.MAJORITY, len(names), len(names))
    assert len(agreed.votes) == len(names)
    for name, vote in zip(names, agreed.votes, strict=True):
        assert isinstance(vote.outcome, Reading)
        if name in liars:
            assert vote.status is ServerStatus.FALSETICKER
            assert vote.off_by_s is not None
            most_s = abs(lies_s[name]) + bench_chrony.FOLLOWER_ERROR_S
            assert most_s - WIDEST_S <= vote.off_by_s <= most_s
        else:
            assert (vote.status, vote.off_by_s) == (ServerStatus.TRUECHIMER, None)


def _all_narrow(agreed: Consensus) -> bool:
    return all(isinstance(vote.outcome, Reading) and vote.outcome.interval.width_s <= WIDEST_S for vote in agreed.votes)


def test_liars_are_named_in_the_report_with_how_far_off_they_are(chrony: Farm) -> None:
    """A clock 200 ms behind makes the server that is 200 ms ahead look right to no one."""
    names = ("ahead", "a", "hour", "b", "c")
    servers = [chrony[name].server for name in names]
    run = until_calm(lambda: command.clock(servers, environment=wrong_clock(-0.2)), _narrow)[-1]
    ntp = run.report["ntp"]
    assert ntp["low_s"] <= -0.2 <= ntp["high_s"]
    statuses = dict(zip(names, (server["status"] for server in ntp["servers"]), strict=True))
    assert statuses == dict.fromkeys(HONEST, "truechimer") | dict.fromkeys(("ahead", "hour"), "falseticker")
    evidence = {
        f["evidence"]["server"]: f["evidence"]["off_by_s"] for f in run.report["findings"] if f["id"] == "falseticker"
    }
    assert evidence == {
        chrony["ahead"].server: pytest.approx(0.2, abs=WIDEST_S),
        chrony["hour"].server: pytest.approx(3600, abs=WIDEST_S),
    }


def test_one_server_is_believed_and_never_proven(chrony: Farm) -> None:
    """The range of a sole server holds the truth if the server is right, and says that nobody confirms it."""
    run = command.clock([chrony["a"].server], environment=wrong_clock(0.2))
    ntp = run.report["ntp"]
    assert ntp["low_s"] <= 0.2 <= ntp["high_s"]
    assert (run.exit_code, ntp["basis"], ntp["proven"], run.report["proven"]) == (1, "single", False, False)
    assert run.found == {"local-unconfirmed"}
    assert run.evidence("local-unconfirmed")["why"] == "one-server"
    assert run.report["next"][0]["kind"] not in ("step-clock", "restart-daemon")  # no clock is set by one server's word


SAME_S = 0.001


@pytest.fixture
def reference(tmp_path: Path) -> Iterator[Namespace]:
    """Run a real server on NTP's own port, 200 ms ahead, in a network of its own: not every tool takes a port."""
    with namespace(tmp_path) as network, contextlib.ExitStack() as stack:
        folders = [tmp_path / "first", tmp_path / "ahead"]
        for folder in folders:
            folder.mkdir()
        first = Chronyd(folders[0], port=11123, prefix=network.prefix)
        stack.callback(first.stop)
        ahead = Chronyd(folders[1], 0.2, first, port=123, prefix=network.prefix)
        stack.callback(ahead.stop)
        yield network


def test_other_tools_see_the_same(reference: Namespace, tmp_path: Path) -> None:
    """Our estimate agrees with `chronyd -Q` and `ntpdig`, asked at the same moment, within 1 ms; so does the sign."""
    digging = [need("ntpdig"), "-j", "127.0.0.1"]
    end_s = time.monotonic() + 10
    while _ahead_s(reference.run(digging).stdout) != pytest.approx(0.2, abs=SAME_S):
        assert time.monotonic() < end_s, "the server never settled"
    asking = bench_chrony.ask_once(tmp_path, "127.0.0.1")

    def ask_all() -> tuple[float | None, ...]:
        ours = command.clock(["127.0.0.1"], prefix=reference.prefix).report["ntp"]["skew_s"]
        return -ours, _wrong_by_s(reference.run(asking).stderr), _ahead_s(reference.run(digging).stdout)

    until_calm(ask_all, lambda results: all(result == pytest.approx(results[0], abs=SAME_S) for result in results))


def _wrong_by_s(output: str) -> float | None:
    """Return by how much chronyd says that the clock is behind; None where it got no answer."""
    found = re.search(r"wrong by (-?[\d.]+) seconds", output)
    return None if found is None else float(found[1])


def _ahead_s(output: str) -> float | None:
    """Return by how much ntpdig says that the server is ahead; None where it got no answer."""
    return float(json.loads(output)["offset"]) if output.startswith("{") else None


@pytest.mark.parametrize("step_s", [0.5, -0.5])
def test_a_clock_that_steps_while_it_is_measured_is_noticed(step_s: float, chrony: Farm) -> None:
    """A step in the middle is told as what it is; the range holds the clock before and after it."""
    stepped_ns = 0
    clock = LocalClock(ClockSources(wall_ns=lambda: time.time_ns() + stepped_ns))
    stepped_ns = round(step_s * 1e9)
    servers = [parse_server(chrony[name].server) for name in HONEST]
    found = poll_servers(servers, ServerList.NAMED, timeout_s=3, clock=clock)
    interval = found.consensus.interval
    assert found.local.step_s == pytest.approx(step_s, abs=0.005)
    assert interval is not None
    assert interval.low_s <= min(0, step_s)
    assert interval.high_s >= max(0, step_s)
    judged = report(Request("clock"), Measured(time.time(), ntp=found))
    (stepped,) = (finding for finding in judged.findings if finding.id == "clock-stepped")
    assert (judged.findings[0], judged.proven) == (stepped, False)
    assert stepped.fact("step_way") == ("forward" if step_s > 0 else "back")
    assert stepped.fact("step_s") == pytest.approx(abs(step_s), abs=0.005)
    assert judged.status is not Status.OK
