"""No forged, broken or senseless reply is ever used: each is refused for a reason of its own, and listening goes on."""

import contextlib
import math
import os
import sys
from collections.abc import Mapping

import pytest
from bench import hostile
from bench.patience import until_calm
from hypothesis import assume, example, given
from hypothesis import strategies as st

from skewcheck.lab.ntp import Behaviour, NtpServer, Packet, honest, timestamp
from skewcheck.measure import ntp
from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import Server
from skewcheck.model import Dropped, NoReading, Reading, ServerList, Survey

REFUSALS = {lie.reason for lie in hostile.LIES.values()}
TIMEOUT_S = 0.6
"""More than a refused server is still listened to."""
SOON_S = 0.05
Outcomes = dict[str, Reading | NoReading]


def ask(behaviours: Mapping[str, Behaviour], timeout_s: float = TIMEOUT_S, samples: int = 1) -> Outcomes:
    """Ask one server of each behaviour, all at once, and return what each came to, by name."""
    with contextlib.ExitStack() as stack:
        servers = [
            Server(name, *stack.enter_context(NtpServer(behaviour=behaviour)).address)
            for name, behaviour in behaviours.items()
        ]
        found = poll_servers(servers, ServerList.NAMED, timeout_s=timeout_s, samples=samples)
    return {vote.outcome.server: vote.outcome for vote in found.consensus.votes}


@pytest.fixture(scope="module")
def lied_to() -> Outcomes:
    """Ask every liar of the table, once."""
    return ask({name: lie.behaviour for name, lie in hostile.LIES.items()})


@pytest.mark.parametrize("name", hostile.LIES)
def test_each_lie_is_refused_for_its_own_reason(name: str, lied_to: Outcomes) -> None:
    """A server that only lies gives no reading; the reason says how it lied, and one packet was dropped for it."""
    outcome, reason = lied_to[name], hostile.LIES[name].reason
    assert isinstance(outcome, NoReading)
    assert (outcome.reason, outcome.rejected, outcome.dropped) == (reason, True, (Dropped(reason, 1),))
    assert outcome.detail
    assert outcome.detail.isprintable()


@pytest.fixture(scope="module")
def lied_to_first() -> Outcomes:
    """Ask every liar of the table, where the honest reply comes right behind the lie."""
    return ask({name: hostile.then_honest(lie.behaviour, SOON_S) for name, lie in hostile.LIES.items()})


@pytest.mark.parametrize("name", hostile.LIES)
def test_a_good_reply_after_a_lie_is_used(name: str, lied_to_first: Outcomes) -> None:
    """Who forges a reply that overtakes the real one can't keep us from hearing the real one."""
    outcome = lied_to_first[name]
    assert isinstance(outcome, Reading)
    assert outcome.interval.low_s <= 0 <= outcome.interval.high_s
    assert outcome.interval.width_s < 2 * SOON_S + 0.05
    assert outcome.dropped == (Dropped(hostile.LIES[name].reason, 1),)


@pytest.fixture(scope="module")
def odd() -> Outcomes:
    """Ask every server that is odd and honest."""
    return ask(hostile.HONEST_THOUGH_ODD)


@pytest.mark.parametrize("name", hostile.HONEST_THOUGH_ODD)
def test_what_is_only_odd_is_believed(name: str, odd: Outcomes) -> None:
    """A reference time older than a day, version 3, extension fields or a duplicate are no reason to refuse."""
    outcome = odd[name]
    assert isinstance(outcome, Reading)
    assert outcome.interval.low_s <= 0 <= outcome.interval.high_s
    if name == "reference-a-month-old":
        assert outcome.exchanges[0].reference_age_s == pytest.approx(30 * hostile.DAY_S)


def test_a_reply_from_another_port_is_never_seen() -> None:
    """A perfect forgery from a port that wasn't asked does nothing: alone it is silence, else the real one is used."""
    found = ask(
        {
            "alone": hostile.from_another_port,
            "first": hostile.then_honest(hostile.from_another_port, SOON_S),
        }
    )
    alone, first = found["alone"], found["first"]
    assert isinstance(alone, NoReading)
    assert (alone.reason, alone.rejected, alone.dropped) == ("no-reply", False, ())
    assert isinstance(first, Reading)
    assert first.interval.low_s <= 0 <= first.interval.high_s
    assert first.dropped == ()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hears it")
def test_a_reply_from_another_address_is_named_and_never_used() -> None:
    """A server that answers so is told from one that is silent; beside the real reply it changes nothing."""
    found = ask(
        {
            "alone": hostile.from_another_address,
            "first": hostile.then_honest(hostile.from_another_address, SOON_S),
        }
    )
    alone, first = found["alone"], found["first"]
    assert isinstance(alone, NoReading)
    assert (alone.reason, alone.rejected, alone.dropped) == ("other-address", True, (Dropped("other-address", 1),))
    assert "127.0.0.2" in alone.detail
    assert isinstance(first, Reading)
    assert first.interval.low_s <= 0 <= first.interval.high_s


@pytest.mark.parametrize(
    ("behaviour", "reasons"),
    [
        (hostile.flood, {"origin-mismatch"}),
        (hostile.drip, {"runt"}),
        (hostile.noise, {"runt", "origin-mismatch"}),
        (hostile.silence, set()),
    ],
    ids=["flood", "drip", "noise", "silence"],
)
def test_who_never_stops_sending_ends_by_the_deadline_and_starves_nobody(
    behaviour: Behaviour, reasons: set[str]
) -> None:
    """A flood, a drip or noise is over at the deadline, and the servers beside it are read as if it weren't there."""

    def measured() -> Survey:
        with NtpServer(behaviour=behaviour) as loud, NtpServer() as quiet:
            servers = [Server("loud", *loud.address), Server("quiet", *quiet.address)]
            return poll_servers(servers, ServerList.NAMED, timeout_s=TIMEOUT_S)

    def heard(found: Survey) -> set[str]:
        return {dropped.reason for dropped in found.consensus.votes[0].outcome.dropped}

    def calm(found: Survey) -> bool:
        return heard(found) == reasons and found.local.duration_s < TIMEOUT_S + 0.1

    for found in until_calm(measured, calm):
        liar, honest = (vote.outcome for vote in found.consensus.votes)
        assert isinstance(liar, NoReading)
        assert heard(found) <= reasons
        assert isinstance(honest, Reading)
        assert honest.interval.low_s <= 0 <= honest.interval.high_s
        assert honest.interval.width_s < TIMEOUT_S / 2


@pytest.mark.parametrize("behaviour", [hostile.flood, hostile.drip, hostile.noise], ids=["flood", "drip", "noise"])
def test_a_good_reply_in_the_middle_of_it_is_used(behaviour: Behaviour) -> None:
    """The honest reply of a server is found among any number of forged ones."""
    outcomes = until_calm(  # where nobody reads for a while, the system drops what doesn't fit
        lambda: ask({"loud": hostile.then_honest(behaviour, 0.1)}, timeout_s=2)["loud"],
        lambda outcome: isinstance(outcome, Reading),
    )
    assert isinstance(outcomes[-1], Reading)
    assert outcomes[-1].interval.low_s <= 0 <= outcomes[-1].interval.high_s


@pytest.fixture(scope="module")
def sampled_twice() -> Outcomes:
    """Take two samples each, of servers that change between them."""
    behaviours = {
        "steady": honest,
        "jumping": hostile.in_turn(honest, hostile.running_ahead(1.0)),
        "declining": hostile.in_turn(honest, hostile.LIES["kiss-rate"].behaviour),
        "repeating": hostile.HONEST_THOUGH_ODD["twice"],
    }
    return ask(behaviours, timeout_s=4, samples=2)


def test_samples_that_exclude_each_other_are_no_reading(sampled_twice: Outcomes) -> None:
    """A server whose clock jumps between two samples is refused for that."""
    outcome = sampled_twice["jumping"]
    assert isinstance(outcome, NoReading)
    assert (outcome.reason, outcome.rejected) == ("samples-contradict", True)


def test_a_server_that_declines_is_not_asked_again(sampled_twice: Outcomes) -> None:
    """What it said before counts; the kiss-o'-death is noted."""
    outcome = sampled_twice["declining"]
    assert isinstance(outcome, Reading)
    assert len(outcome.exchanges) == 1
    assert outcome.dropped == (Dropped("kod-rate", 1),)


def test_a_duplicate_is_no_second_sample(sampled_twice: Outcomes) -> None:
    """Each request is answered once; what comes again is dropped, and both samples are still taken."""
    outcome, steady = sampled_twice["repeating"], sampled_twice["steady"]
    assert isinstance(outcome, Reading)
    assert isinstance(steady, Reading)
    assert len(outcome.exchanges) == len(steady.exchanges) == 2
    assert {dropped.reason for dropped in outcome.dropped} == {"origin-mismatch"}
    assert steady.dropped == ()


NOW_S = 1_800_000_000.0
RESOLUTION_S = 1e-6


def read(data: bytes, sent: Mapping[bytes, float]) -> ntp.Refusal | ntp.Sample:
    """Return what a packet is worth that comes 10 ms after the request."""
    verdict = ntp.read_reply(data, sent, NOW_S + 0.01, RESOLUTION_S)
    return verdict if isinstance(verdict, ntp.Refusal) else verdict[1]


@given(data=st.binary(max_size=1100))
def test_random_bytes_are_never_believed(data: bytes) -> None:
    """Without the 64 random bits of our request nothing is believed, and nothing breaks."""
    verdict = read(data, {os.urandom(8): NOW_S})
    assert isinstance(verdict, ntp.Refusal)
    assert verdict.reason in {"runt", "reflected", "origin-zero", "origin-mismatch"}
    assert not verdict.authentic


@given(head=st.binary(min_size=24, max_size=24), tail=st.binary(min_size=16, max_size=300))
@example(head=bytes(24), tail=bytes(16))
@example(head=b"\xff" * 24, tail=b"\xff" * 16)
def test_random_fields_around_our_own_bits_break_nothing(head: bytes, tail: bytes) -> None:
    """Whoever saw our request can at most lie: every packet is refused for a known reason or gives a finite range."""
    nonce = bytes(range(8))
    verdict = read(head + nonce + tail, {nonce: NOW_S})
    if isinstance(verdict, ntp.Refusal):
        assert verdict.reason in REFUSALS
        assert verdict.detail.isprintable()
        return
    low_s, high_s = verdict.interval
    assert -math.inf < low_s <= high_s < math.inf
    assert high_s - low_s < 2 * ntp.MAX_ROOT_DISTANCE_S + 1
    assert verdict.exchange.reference_id.isprintable()


@given(flip=st.integers(0, 8 * 48 - 1))
def test_one_flipped_bit_of_the_origin_is_enough_to_refuse(flip: int) -> None:
    """Of an honest reply, the 64 bits of the origin all count."""
    nonce = os.urandom(8)
    packet = Packet(timestamp(NOW_S), timestamp(NOW_S), nonce, timestamp(NOW_S - 9), b"TEST").encode()
    flipped = (int.from_bytes(packet, "big") ^ 1 << flip).to_bytes(48, "big")
    in_origin = flipped[24:32] != nonce
    verdict = read(flipped, {nonce: NOW_S})
    assert (isinstance(verdict, ntp.Refusal) and verdict.reason == "origin-mismatch") == in_origin


YEAR_S = 31_557_600.0


@given(
    now_s=st.floats(NOW_S, NOW_S + 60 * YEAR_S),
    skew_s=st.one_of(st.floats(-3, 3), st.floats(-100 * YEAR_S, 100 * YEAR_S)),
    out_s=st.floats(0, 2),
    back_s=st.floats(0, 2),
    server_s=st.floats(0, 0.5),
    root_delay_s=st.floats(0, 1),
    root_dispersion_s=st.floats(0, 1),
    lean=st.floats(-1, 1),
    precision=st.integers(-30, -6),
)
def test_the_truth_is_in_the_range_of_every_believed_exchange(
    *,
    now_s: float,
    skew_s: float,
    out_s: float,
    back_s: float,
    server_s: float,
    root_delay_s: float,
    root_dispersion_s: float,
    lean: float,
    precision: int,
) -> None:
    """Whatever the path does, however wrong the local clock is, across the era of 2036: the range holds the skew.

    The server errs by as much as it admits to, in the direction of *lean*, and no more.
    """
    nonce = os.urandom(8)
    admitted = Packet(b"", b"", nonce, b"", b"TEST", root_delay_s, root_dispersion_s, precision=precision)
    error_s = lean * (_sixteenth(root_delay_s) / 2 + _sixteenth(root_dispersion_s))
    arrived_s = now_s + out_s
    left_s = arrived_s + server_s
    packet = admitted._replace(
        receive=timestamp(arrived_s + error_s),
        transmit=timestamp(left_s + error_s),
        reference=timestamp(arrived_s + error_s - 60),
    )
    assume(hostile.ZEROS not in (packet.receive, packet.transmit))  # at the very start of an era: "no time"
    verdict = ntp.read_reply(packet.encode(), {nonce: now_s + skew_s}, left_s + back_s + skew_s, RESOLUTION_S)
    assert not isinstance(verdict, ntp.Refusal), verdict
    interval = verdict[1].interval
    assert interval.low_s <= skew_s <= interval.high_s


def _sixteenth(claimed_s: float) -> float:
    """Return a claim as the packet carries it: in 1/65536 s."""
    return round(claimed_s * 2**16) / 2**16
