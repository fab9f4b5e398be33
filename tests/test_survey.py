"""Asking all at once: whose vote an address is, when enough is enough, and what a poor host is told."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import pytest

from skewcheck.errors import HostError
from skewcheck.lab.ntp import NtpServer
from skewcheck.measure.addresses import Address
from skewcheck.measure.localclock import ClockSources, LocalClock
from skewcheck.measure.poll import poll_servers
from skewcheck.measure.servers import Server
from skewcheck.model import Basis, Family, NoReading, Reading, ServerList, ServerStatus, Survey

TIMEOUT_S = 5.0


def ask(
    names: Mapping[str, Sequence[NtpServer]],
    *,
    slow: Mapping[str, float] | None = None,
    timeout_s: float = TIMEOUT_S,
    samples: int = 1,
    clock: LocalClock | None = None,
) -> Survey:
    """Ask *names*, each with the addresses of its lab servers, after so many seconds where it is *slow* to resolve."""

    def resolver(server: Server, _family: Family) -> Sequence[Address]:
        time.sleep((slow or {}).get(server.given, 0.0))
        return [Address(socket.AF_INET, lab.address) for lab in names[server.given]]

    servers = [Server(name, f"{name}.test") for name in names]
    return poll_servers(servers, ServerList.NAMED, timeout_s=timeout_s, samples=samples, clock=clock, resolver=resolver)


def statuses(found: Survey) -> dict[str, ServerStatus]:
    """Return what each name's vote came to."""
    return {vote.outcome.server: vote.status for vote in found.consensus.votes}


def reasons(found: Survey) -> dict[str, str]:
    """Return why there is no reading, of the names that have none."""
    return {v.outcome.server: v.outcome.reason for v in found.consensus.votes if isinstance(v.outcome, NoReading)}


def test_a_liar_that_lists_an_honest_address_does_not_take_its_vote() -> None:
    """Two lying names of five resolve first and list the honest servers' addresses beside their own: still outvoted."""
    with contextlib.ExitStack() as stack:
        honest = [stack.enter_context(NtpServer(delay_out_s=0.02)) for _ in range(3)]
        liars = [stack.enter_context(NtpServer(ahead_s=-7.0)) for _ in range(2)]
        names = {"x1": [liars[0], honest[0]], "x2": [liars[1], honest[1]]}
        names |= {f"h{number}": [lab] for number, lab in enumerate(honest)}
        found = ask(names, slow={"h0": 0.1, "h1": 0.1, "h2": 0.1})
    assert found.consensus.interval is not None
    assert found.consensus.interval.low_s <= 0 <= found.consensus.interval.high_s
    assert statuses(found)["x1"] is statuses(found)["x2"] is ServerStatus.FALSETICKER
    assert found.consensus.agreeing == 3


def test_one_address_under_three_names_is_one_vote() -> None:
    """A lying server with three names and two honest ones: 1 against 2."""
    with NtpServer(ahead_s=5.0) as liar, NtpServer() as a, NtpServer() as b:
        found = ask({"l1": [liar], "l2": [liar], "l3": [liar], "a": [a], "b": [b]})
    assert found.consensus.asked == 3
    assert found.consensus.agreeing == 2
    assert reasons(found) == {"l2": "same-address", "l3": "same-address"}
    assert statuses(found)["l1"] is ServerStatus.FALSETICKER


def test_a_name_whose_first_address_is_dead_is_asked_at_the_next() -> None:
    """The other addresses of a name get their turn while the first stays silent, or at once where it is closed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute, NtpServer() as alive:
        mute.bind(("127.0.0.1", 0))

        def resolver(_server: Server, _family: Family) -> Sequence[Address]:
            dead = ("127.0.0.1", mute.getsockname()[1])
            return [Address(socket.AF_INET, dead), Address(socket.AF_INET, alive.address)]

        found = poll_servers([Server("n", "n.test")], ServerList.NAMED, timeout_s=TIMEOUT_S, resolver=resolver)
    (vote,) = found.consensus.votes
    assert isinstance(vote.outcome, Reading)
    assert found.consensus.basis is Basis.SINGLE
    assert found.local.duration_s < 2


def test_a_slow_resolver_is_not_taken_for_a_blocked_port() -> None:
    """A name that took nearly all of the time to resolve left none to answer in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))

        def resolver(_server: Server, _family: Family) -> Sequence[Address]:
            time.sleep(0.5)
            return [Address(socket.AF_INET, ("127.0.0.1", mute.getsockname()[1]))]

        found = poll_servers([Server("n", "n.test")], ServerList.NAMED, timeout_s=0.6, resolver=resolver)
    assert reasons(found) == {"n": "dns-slow"}


def _slewed(factor: float) -> LocalClock:
    """Return a local clock that a daemon pulls so that it runs *factor* times as fast as its hardware."""
    began_ns, wall_ns = time.perf_counter_ns(), time.time_ns()

    def pulled(from_ns: int) -> Callable[[], int]:
        return lambda: from_ns + round((time.perf_counter_ns() - began_ns) * factor)

    return LocalClock(ClockSources(pulled(wall_ns), pulled(0), lambda: time.perf_counter_ns() - began_ns))


@pytest.mark.slow
def test_samples_of_a_slewing_clock_do_not_contradict_each_other() -> None:
    """A daemon that pulls at 2000 ppm moves the clock by 4 ms between two samples: all ranges allow for it."""
    with NtpServer() as a, NtpServer() as b, NtpServer() as c:
        found = ask({"a": [a], "b": [b], "c": [c]}, samples=2, clock=_slewed(1.002))
    assert reasons(found) == {}
    assert found.consensus.interval is not None
    assert found.consensus.interval.low_s <= 0.002 * found.local.duration_s <= found.consensus.interval.high_s
    assert found.local.slew_ppm == pytest.approx(2000, rel=0.05)


def test_a_host_without_file_descriptors_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a defect of ours: this host's limit, and what to do about it."""

    def refuse() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socketpair", refuse)
    with pytest.raises(HostError, match="Too many open files"):
        poll_servers([Server("n", "127.0.0.1")], ServerList.NAMED, timeout_s=1.0)


def test_a_host_without_threads_says_so_of_each_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's limit on processes counts threads: the name fails, with a reason, and the run goes on."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert reasons(poll_servers([Server("n", "n.test")], ServerList.NAMED, timeout_s=1.0)) == {"n": "dns-failed"}


def test_a_deadline_of_weeks_is_no_defect() -> None:
    """Systems refuse to wait for so long in one go; a closed port answers at once all the same."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = poll_servers([Server("n", "127.0.0.1", port)], ServerList.NAMED, timeout_s=90 * 86400.0)
    assert reasons(found) == {"n": "port-closed"}
