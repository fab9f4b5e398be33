"""Whatever the path does to the packets, the truth stays in the range: nothing is assumed of the path."""

import contextlib
from collections.abc import Sequence
from typing import Any

import pytest
from bench import command
from bench.chrony import Chronyd
from bench.faketime import wrong_clock
from bench.patience import until_calm
from bench.relay import Relay, Route, delay, fates

from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import Server
from skewcheck.model import NoReading, Reading, ServerList

Farm = dict[str, Chronyd]
SKEW_S = -0.137
SLACK_S = 0.02
"""What this machine may add to a path: on loopback a range is narrower than this."""
LOST: Sequence[float] = ()


def _at(server: Chronyd) -> tuple[str, int]:
    return server.host, server.port


@pytest.mark.parametrize(("out_s", "back_s"), [(0.08, 0.0), (0.0, 0.08), (0.03, 0.01)])
def test_an_uneven_path_widens_the_range_and_hides_nothing(out_s: float, back_s: float, chrony: Farm) -> None:
    """The truth is in a range as wide as the round trip, at the very end of it where all of the delay is on one way."""
    with Relay(_at(chrony["a"]), delay(out_s), delay(back_s)) as relay:
        ntp = _measure([relay], calm_s=out_s + back_s + SLACK_S)
    assert ntp["high_s"] - ntp["low_s"] >= out_s + back_s
    assert ntp["skew_s"] - SKEW_S == pytest.approx((back_s - out_s) / 2, abs=SLACK_S)


def _measure(relays: Sequence[Relay], calm_s: float) -> dict[str, Any]:
    """Measure a wrong clock through *relays*, until the range is no wider than *calm_s*; the truth is in each."""
    servers = [relay.server for relay in relays]

    def measure() -> dict[str, Any]:
        ntp: dict[str, Any] = command.clock(servers, environment=wrong_clock(SKEW_S)).report["ntp"]
        return ntp

    runs = until_calm(measure, lambda ntp: bool(ntp["high_s"] - ntp["low_s"] <= calm_s))
    for ntp in runs:
        assert ntp["low_s"] <= SKEW_S <= ntp["high_s"]
    return runs[-1]


def test_uneven_paths_to_several_servers_narrow_each_other(chrony: Farm) -> None:
    """What one path leaves open another closes: delays on opposite ways leave almost nothing."""
    with (
        Relay(_at(chrony["a"]), delay(0.08), delay(0)) as slow_out,
        Relay(_at(chrony["b"]), delay(0), delay(0.08)) as slow_back,
    ):
        ntp = _measure([slow_out, slow_back], calm_s=SLACK_S)
    assert all(server["high_s"] - server["low_s"] >= 0.08 for server in ntp["servers"])


def _server(relay: Relay) -> Server:
    return Server(relay.server, *relay.address)


@pytest.fixture(scope="module")
def sampled(chrony: Farm) -> dict[str, Reading | NoReading]:
    """Take three samples each through paths that do one thing to them."""
    paths: dict[str, tuple[Route, Route]] = {
        "even": (delay(0), delay(0)),
        "reordered": (delay(0), fates([2.5], [0])),
        "reply-lost": (delay(0), fates([0], LOST, [0])),
        "request-lost": (fates([0], LOST, [0]), delay(0)),
        "first-lost": (fates(LOST, [0]), delay(0)),
        "doubled": (fates([0, 0.001]), fates([0, 0.001])),
        "narrowing": (fates([0.08], [0], [0.02]), fates([0], [0.08], [0.02])),
    }
    with contextlib.ExitStack() as stack:
        servers = [
            Server(name, *stack.enter_context(Relay(_at(chrony["a"]), out, back)).address)
            for name, (out, back) in paths.items()
        ]
        found = poll_servers(servers, ServerList.NAMED, timeout_s=7, samples=3)
    return {vote.outcome.server: vote.outcome for vote in found.consensus.votes}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "samples"),
    [("even", 3), ("reordered", 3), ("reply-lost", 2), ("request-lost", 2), ("doubled", 3), ("narrowing", 3)],
)
def test_samples_survive_loss_duplicates_and_reordering(
    name: str, samples: int, sampled: dict[str, Reading | NoReading]
) -> None:
    """Each reply is matched to its own request, in whatever order it comes; a lost one costs only itself."""
    outcome = sampled[name]
    assert isinstance(outcome, Reading)
    assert len(outcome.exchanges) == samples
    assert outcome.interval.low_s <= 0 <= outcome.interval.high_s
    assert outcome.interval.width_s <= SLACK_S
    assert {dropped.reason for dropped in outcome.dropped} == ({"origin-mismatch"} if name == "doubled" else set())


@pytest.mark.slow
def test_a_first_packet_that_is_lost_is_no_answer(sampled: dict[str, Reading | NoReading]) -> None:
    """One packet each, where several are asked: the others answer for the one that didn't."""
    outcome = sampled["first-lost"]
    assert isinstance(outcome, NoReading)
    assert (outcome.reason, outcome.rejected) == ("not-waited-for", False)


def test_a_sole_server_is_asked_again(chrony: Farm) -> None:
    """Where nobody else can answer, one lost packet isn't the end: it is sent again after 2 s."""
    with Relay(_at(chrony["a"]), fates(LOST, [0]), delay(0)) as relay:
        found = poll_servers([_server(relay)], ServerList.NAMED, timeout_s=3)
    interval = found.consensus.interval
    assert interval is not None
    assert interval.low_s <= 0 <= interval.high_s
    assert 2 <= found.local.duration_s < 2.2
