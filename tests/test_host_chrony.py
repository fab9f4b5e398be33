"""What chronyd says over its command port is read as its own `chronyc` reads it, and nobody else is believed."""

import contextlib
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench.chrony import Chronyd, free_port
from bench.tools import need
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.host.daemons import NOBODY, STRANGER, TIMEOUT_S, Tracking, ask, read_reply, tracking
from skewcheck.model import DaemonClaim

PATIENCE_S = 5.0
AMPLE_S = 0.3
"""Beyond a deadline, on a busy machine."""
SEQUENCE = 0x01020304

MEASURES = (0.0032, -1.5e-6, 2e-6, -11.25, 0.001, 0.5, 0.0301, 0.0021, 64.5)
"""Correction, last and RMS offset, three of frequency, root delay, root dispersion, update interval."""


def _bits(number: float) -> int:
    """Encode a number as chronyd does: the largest mantissa that fits 25 signed bits."""
    for exponent in range(-64, 64):
        mantissa = round(number / 2.0 ** (exponent - 25))
        if -(1 << 24) <= mantissa < 1 << 24:
            return (exponent & 0x7F) << 25 | mantissa & 0x1FFFFFF
    raise AssertionError(number)


def _reply(
    *,
    header: tuple[int, ...] = (6, 2, 0, 0, 33, 5, 0, 0, 0, 0),
    sequence: int = SEQUENCE,
    reference_id: int = 0xC0000201,
    address: bytes = bytes([192, 0, 2, 1]),
    family: int = 1,
    stratum: int = 3,
    leap: int = 0,
    at: tuple[int, int, int] = (0, 1_795_000_000, 250_000_000),
    measures: tuple[float, ...] = MEASURES,
) -> bytes:
    head = struct.pack("!BBBBHHHHHHIII", *header, sequence, 0, 0)
    source = struct.pack("!I16sHHHH", reference_id, address, family, 0, stratum, leap)
    return head + source + struct.pack("!3I9I", *at, *map(_bits, measures))


REPLIES = {
    "ipv4": _reply(),
    "ipv6": _reply(address=socket.inet_pton(socket.AF_INET6, "2001:db8::123"), family=2, reference_id=0x9A1B2C3D),
    "reference-clock": _reply(address=b"", family=0, reference_id=int.from_bytes(b"PHC0", "big"), stratum=1),
    "short-name": _reply(address=b"", family=0, reference_id=int.from_bytes(b"GPS\0", "big"), stratum=1, leap=1),
    "own-clock": _reply(address=b"", family=0, reference_id=0x7F7F0101, stratum=10, leap=2, measures=(0.0,) * 9),
    "unsynchronised": _reply(address=b"", family=0, reference_id=0, stratum=0, leap=3, at=(0, 0, 0)),
    "32-bit-time": _reply(at=(0x7FFFFFFF, 1_795_000_000, 1)),
    "huge": _reply(measures=(-3600.5, 1e9, 1e-9, -1e5, 1e-12, 1e6, 15.9, 16.0, 1e7)),
}
LEAPS = ("Normal", "Insert second", "Delete second", "Not synchronised")


@contextlib.contextmanager
def _answering(answer: Callable[[bytes], bytes | None]) -> Iterator[tuple[str, int]]:
    """Run something on loopback that answers each packet as told; nothing where that is None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    request, client = server.recvfrom(2048)
                    if not request:
                        return
                    reply = answer(request)
                    if reply is not None:
                        server.sendto(reply, client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", server.getsockname())
            thread.join()


def _echoing(reply: bytes) -> Callable[[bytes], bytes]:
    """Return the same reply to every request, under that request's sequence."""
    return lambda request: reply[:16] + request[8:12] + reply[20:]


def _chronyc(port: int) -> list[str]:
    """Return the fields that `chronyc tracking` shows; it looks up no names."""
    command = [need("chronyc"), "-n", "-h", "127.0.0.1", "-p", str(port), "-c", "tracking"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout.split(",")


def _as_chronyc_shows(said: Tracking) -> list[str]:
    name = said.address or said.reference_id.to_bytes(4, "big").rstrip(b"\0").decode("latin-1")
    return [
        f"{said.reference_id:08X}",
        name if said.address or name.isalnum() else "",
        str(said.stratum),
        f"{said.reference_time_s:.6f}",
        f"{said.correction_s:.9f}",
        f"{said.last_offset_s:.9f}",
        f"{said.rms_offset_s:.9f}",
        f"{said.frequency_ppm:.3f}",
        f"{said.residual_frequency_ppm:.3f}",
        f"{said.skew_ppm:.3f}",
        f"{said.root_delay_s:.9f}",
        f"{said.root_dispersion_s:.9f}",
        f"{said.update_interval_s:.1f}",
        LEAPS[said.leap],
    ]


def _shown(port: int) -> list[str]:
    fields = [field.strip() for field in _chronyc(port)]
    fields[3] = f"{float(fields[3]):.6f}"  # a double holds no more of a time of day
    return fields


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_read_as_chronyc_reads_it(name: str) -> None:
    """The same packet gives `chronyc tracking` and us the same value of every field."""
    with _answering(_echoing(REPLIES[name])) as at:
        said = ask(at, PATIENCE_S)
        assert isinstance(said, Tracking)
        assert _as_chronyc_shows(said) == _shown(at[1])


def test_a_real_chronyd_is_read_as_chronyc_reads_it(tmp_path: Path) -> None:
    """A running chronyd, followed and wrong by 200 ms, tells us what it tells `chronyc tracking`, field by field."""
    port = free_port()
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    with contextlib.ExitStack() as running:
        first = Chronyd(tmp_path / "first")
        running.callback(first.stop)
        second = Chronyd(tmp_path / "second", 0.2, first, command_port=port)
        running.callback(second.stop)
        second.wait_until_settled()
        before, shown, after = _between_updates(port)
        claim = tracking(time.time() + 0.05, ("127.0.0.1", port), PATIENCE_S)  # an update may come meanwhile
    low, high = _as_chronyc_shows(before), _as_chronyc_shows(after)
    for moving in (4, 11):  # what it has yet to correct, and its dispersion, change all the time
        ends = float(low[moving]), float(high[moving])
        assert min(ends) <= float(shown[moving]) <= max(ends)
        low[moving] = shown[moving]
    assert low == shown
    assert isinstance(claim, DaemonClaim)
    assert (claim.synchronised, claim.source, claim.stratum) == (True, "127.0.0.1", 2)
    assert claim.bound_s == pytest.approx(0.2, abs=0.01)
    assert claim.age_s is not None
    assert 0 <= claim.age_s < PATIENCE_S


def _between_updates(port: int) -> tuple[Tracking, list[str], Tracking]:
    """Return what chronyc shows, and what we are told just before and after it, with no update in between."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        before, shown, after = ask(("127.0.0.1", port), 1.0), _shown(port), ask(("127.0.0.1", port), 1.0)
        assert isinstance(before, Tracking)
        assert isinstance(after, Tracking)
        if before.reference_time_s == after.reference_time_s:
            return before, shown, after
    raise AssertionError("chronyd never paused between two updates")


def test_the_claim() -> None:
    """The bound is chronyc(1)'s: correction, root dispersion, half of root delay; the age is by the corrected clock."""
    with _answering(_echoing(REPLIES["ipv4"])) as at:
        claim = tracking(1_795_000_010.25, at)
    assert isinstance(claim, DaemonClaim)
    assert claim.bound_s == pytest.approx(0.0032 + 0.0021 + 0.0301 / 2, rel=1e-6)
    assert claim.age_s == pytest.approx(10.0032, abs=1e-6)
    assert (claim.synchronised, claim.source, claim.stratum) == (True, "192.0.2.1", 3)


@pytest.mark.parametrize(
    ("name", "source"),
    [("ipv6", "2001:db8::123"), ("reference-clock", "PHC0"), ("short-name", "GPS"), ("huge", "192.0.2.1")],
)
def test_whom_it_follows(name: str, source: str) -> None:
    """A source is an address, or the letters of a reference clock."""
    with _answering(_echoing(REPLIES[name])) as at:
        claim = tracking(2e9, at)
    assert isinstance(claim, DaemonClaim)
    assert claim.source == source


def test_a_correction_either_way_widens_the_bound() -> None:
    """A clock that has yet to be pulled back is as far off as one that has yet to be pushed on."""
    said = read_reply(REPLIES["huge"], SEQUENCE)
    assert said is not None
    assert said.bound_s == pytest.approx(3600.5 + 16.0 + 15.9 / 2)


def test_letters_of_a_reference_clock_are_safe_to_show() -> None:
    """An ID with a control character in it is shown in digits."""
    with _answering(_echoing(_reply(family=0, reference_id=0x1B5B3041))) as at:
        claim = tracking(2e9, at)
    assert isinstance(claim, DaemonClaim)
    assert claim.source == "1B5B3041"


@pytest.mark.parametrize("name", ["own-clock", "unsynchronised"])
def test_who_follows_nobody_is_not_synchronised(name: str) -> None:
    """A chronyd without a source, or serving its own clock, makes no claim: its bound of 0 would be a lie."""
    with _answering(_echoing(REPLIES[name])) as at:
        assert tracking(2e9, at) == DaemonClaim(synchronised=False)


@pytest.mark.parametrize("now_s", [1_794_999_999.0, 0.0])
def test_a_stepped_clock_tells_no_age(now_s: float) -> None:
    """An update later than now has no age."""
    with _answering(_echoing(REPLIES["ipv4"])) as at:
        claim = tracking(now_s, at)
    assert isinstance(claim, DaemonClaim)
    assert claim.age_s is None


WRONG = {
    "short": REPLIES["ipv4"][:-1],
    "long": REPLIES["ipv4"] + b"\0",
    "empty": b"",
    "version": _reply(header=(5, 2, 0, 0, 33, 5, 0, 0, 0, 0)),
    "a-request": _reply(header=(6, 1, 0, 0, 33, 5, 0, 0, 0, 0)),
    "other-command": _reply(header=(6, 2, 0, 0, 14, 5, 0, 0, 0, 0)),
    "other-reply": _reply(header=(6, 2, 0, 0, 33, 2, 0, 0, 0, 0)),
    "refused": _reply(header=(6, 2, 0, 0, 33, 5, 2, 0, 0, 0)),
    "sequence": _reply(sequence=SEQUENCE + 1),
    "leap": _reply(leap=4),
    "stratum": _reply(stratum=17),
    "negative-delay": _reply(measures=(*MEASURES[:6], -0.1, *MEASURES[7:])),
    "negative-dispersion": _reply(measures=(*MEASURES[:7], -0.1, *MEASURES[8:])),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_the_reply_is_not_believed(name: str) -> None:
    """A packet with any field wrong says nothing, whoever sent it."""
    assert read_reply(REPLIES["ipv4"], SEQUENCE) is not None
    assert read_reply(WRONG[name], SEQUENCE) is None


def test_nobody_there_is_told_at_once() -> None:
    """A closed port is an unknown, without a wait."""
    begun_s = time.monotonic()
    assert tracking(time.time(), ("127.0.0.1", free_port())) == NOBODY
    assert time.monotonic() - begun_s < TIMEOUT_S


@pytest.mark.parametrize(("answer", "expected"), [(None, NOBODY), (b"hello", STRANGER), (REPLIES["ipv4"], STRANGER)])
def test_silence_and_strangers_end_by_the_deadline(answer: bytes | None, expected: object) -> None:
    """No answer, a wrong one or one to another request: unknown, by the deadline."""
    with _answering(lambda _: answer) as at:
        begun_s = time.monotonic()
        assert tracking(time.time(), at) == expected
        assert TIMEOUT_S <= time.monotonic() - begun_s + 0.01 < TIMEOUT_S + AMPLE_S


def test_a_flood_ends_by_the_deadline() -> None:
    """Wrong packets without end don't keep it."""
    stop = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def flood() -> None:
            _, client = server.recvfrom(2048)
            with contextlib.suppress(OSError):
                while not stop.is_set():
                    server.sendto(WRONG["sequence"], client)

        thread = threading.Thread(target=flood)
        thread.start()
        begun_s = time.monotonic()
        assert tracking(time.time(), server.getsockname()) == STRANGER
        lasted_s = time.monotonic() - begun_s
        stop.set()
        thread.join()
    assert lasted_s < TIMEOUT_S + AMPLE_S


def test_a_wrong_packet_does_not_hide_the_right_one() -> None:
    """What comes before the true reply is passed over."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            request, client = server.recvfrom(2048)
            for packet in (*WRONG.values(), _echoing(REPLIES["ipv4"])(request)):
                server.sendto(packet, client)

        thread = threading.Thread(target=answer)
        thread.start()
        assert isinstance(ask(server.getsockname(), PATIENCE_S), Tracking)
        thread.join()


@pytest.mark.parametrize("host", ["192.0.2.1", "localhost", "", "0.0.0.0", "224.0.0.1"])  # noqa: S104 - not bound
def test_only_this_host_is_asked(host: str) -> None:
    """No other address is ever sent to."""
    with pytest.raises(ValueError, match="this host alone"):
        ask((host, 323), 0.1)


@given(st.binary(min_size=76, max_size=76))
def test_random_fields_do_no_harm(body: bytes) -> None:
    """Whatever stands in a reply's fields: refused, or finite, ordered and safe to show."""
    said = read_reply(REPLIES["ipv4"][:28] + body, SEQUENCE)
    if said is not None:
        assert 0 <= said.bound_s < 1e20
        assert said.address is None or said.address.isprintable()


@given(st.binary(max_size=200))
def test_random_bytes_do_no_harm(reply: bytes) -> None:
    """Whatever comes, reading it raises nothing."""
    assert read_reply(reply, SEQUENCE) is None
