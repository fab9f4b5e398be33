"""Whatever an HTTP server does, there is a reason or a reply in the end, in time, and nothing in it harms a screen."""

import contextlib
import time
from collections.abc import Mapping, Sequence

import pytest
from bench import hostile_http
from bench.hostile_http import ANSWERS, HEAD_RESET, REFUSED, SHAKES_NO_HANDS, UNDATED, Behaviour, HostileServer
from bench.patience import until_calm
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skewcheck.measure.addresses import Trouble
from skewcheck.measure.date_evidence import Question, Reply, Request
from skewcheck.measure.dates import GRACE_S, ask_dates, parse_url
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.transport import Endpoint, HttpTransport
from skewcheck.model import DateReading, Ended, NoReading, Security

TIMEOUT_S = 0.8
PROMISED_S = 0.2
"""Past the deadline."""
QUESTION = Question((0.1, 1.0), max_requests=5)
HEAD, GET = Request("HEAD", "/"), Request("GET", "/")
AT_ONCE = [name for name, refused in REFUSED.items() if refused.reason != "stalled" and name != "continue-slow"]


def transport(port: int, scheme: str = "http", timeout_s: float = TIMEOUT_S) -> HttpTransport:
    """Return what asks a port of this machine."""
    return HttpTransport(Endpoint(scheme, "127.0.0.1", port), clock=LocalClock(), deadline_s=timeout_s)


def exchange(
    behaviour: Behaviour, requests: Sequence[Request] = (HEAD,), timeout_s: float = TIMEOUT_S
) -> list[Reply | Trouble]:
    """Send *requests* to a server of that behaviour, and return what came of each."""
    with HostileServer(behaviour) as server, contextlib.closing(transport(server.port, timeout_s=timeout_s)) as asking:
        return [asking.exchange(request, 0.0) for request in requests]


@pytest.mark.parametrize("name", REFUSED)
def test_each_refusal_has_its_reason(name: str) -> None:
    """Whoever gives no reply is told apart from the others, in words that are safe to show.

    At once: only who stays silent, or never ends, is waited for until the deadline.
    """
    refused, at_once = REFUSED[name], name in AT_ONCE

    def measure() -> float:
        start_s = time.monotonic()
        (trouble,) = exchange(refused.behaviour, timeout_s=20 if at_once else TIMEOUT_S)
        assert isinstance(trouble, Trouble)
        assert trouble.reason == refused.reason
        assert trouble.detail
        assert trouble.detail.isprintable()
        return time.monotonic() - start_s

    until_calm(measure, lambda spent_s: spent_s < 2)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_odd_reply_is_a_reply(name: str) -> None:
    """What a server does beside its `Date` does not keep it from being read: three times, by HEAD and by GET."""
    replies = exchange(ANSWERS[name], (HEAD, GET, HEAD), timeout_s=10)
    for reply in replies:
        assert isinstance(reply, Reply), reply
        assert reply.sent_s <= reply.received_s
        assert reply.security is Security.PLAIN
        if name != "colonless":
            assert reply.headers["date"] == hostile_http.DATE


def test_a_server_that_resets_at_head_is_told_from_one_that_is_gone() -> None:
    """HEAD has a reason, and GET then a reply."""
    head, get = exchange(HEAD_RESET, (HEAD, GET))
    assert isinstance(head, Trouble)
    assert (head.reason, head.sent) == ("closed-early", True)
    assert isinstance(get, Reply)


SOON_S = 0.2


def test_a_reply_sent_before_its_request_is_no_reply() -> None:
    """Its `Date` would be from before the request, and prove nothing about when that came."""
    with HostileServer(hostile_http.unasked(hostile_http.head("Content-Length: 0"))) as server:
        asking = transport(server.port)
        outcome = asking.exchange(HEAD, asking.now_s() + SOON_S)
    assert isinstance(outcome, Trouble)
    assert (outcome.reason, outcome.sent) == ("not-http", False)
    assert "before it is asked" in outcome.detail


def test_two_replies_to_one_request_are_one() -> None:
    """The second one is not taken for the reply to the next request, which goes out on a new connection."""
    twice = hostile_http.answering(hostile_http.head("Content-Length: 0") * 2)
    with HostileServer(twice) as server, contextlib.closing(transport(server.port)) as asking:
        first = asking.exchange(HEAD, 0.0)
        second = asking.exchange(HEAD, asking.now_s() + SOON_S)
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)


@pytest.mark.parametrize("name", SHAKES_NO_HANDS)
def test_a_handshake_has_the_same_deadline(name: str) -> None:
    """Silence and a drip in the TLS handshake end when all else does."""

    def measure() -> float:
        with HostileServer(SHAKES_NO_HANDS[name]) as server:
            start_s = time.monotonic()
            outcome = transport(server.port, "https").exchange(HEAD, 0.0)
            spent_s = time.monotonic() - start_s
        assert isinstance(outcome, Trouble)
        assert outcome.reason == "stalled"
        return spent_s

    until_calm(measure, lambda spent_s: spent_s < TIMEOUT_S + PROMISED_S)


def ask(
    behaviours: Mapping[str, Behaviour], timeout_s: float = TIMEOUT_S
) -> tuple[dict[str, DateReading | NoReading], float]:
    """Ask one server of each behaviour, all at once; return what each came to, by name, and how long it took."""
    with hostile_http.serving(behaviours) as servers:
        targets = [parse_url(f"http://127.0.0.1:{server.port}/") for server in servers.values()]
        start_s = time.monotonic()
        found = ask_dates(targets, QUESTION, region=None, timeout_s=timeout_s)
        spent_s = time.monotonic() - start_s
    return {name: host.outcome for name, host in zip(behaviours, found.hosts, strict=True)}, spent_s


def strings(value: object) -> list[str]:
    """Return all text in a result."""
    if isinstance(value, str):
        return [value]
    return [text for part in value for text in strings(part)] if isinstance(value, (list, tuple)) else []


def test_all_at_once_end_in_time() -> None:
    """Every hostile server together: each comes to something by the deadline, and no control character gets by."""
    behaviours = {name: refused.behaviour for name, refused in REFUSED.items()}
    behaviours |= {**ANSWERS} | {f"undated-{name}": behaviour for name, behaviour in UNDATED.items()}

    def measure() -> float:
        outcomes, spent_s = ask(behaviours)
        assert all(text.isprintable() for outcome in outcomes.values() for text in strings(outcome))
        for name, refused in REFUSED.items():
            outcome = outcomes[name]
            assert isinstance(outcome, NoReading)
            assert outcome.reason in (refused.reason, "stalled", "no-answer"), name
        return spent_s

    until_calm(measure, lambda spent_s: spent_s < TIMEOUT_S + GRACE_S + PROMISED_S)


def test_what_has_no_date_gives_no_reading() -> None:
    """A header that is missing, doubled, no date, or in a zone that nobody knows, is never guessed at."""
    outcomes, _ = ask(UNDATED, timeout_s=3.0)
    for name, outcome in outcomes.items():
        assert isinstance(outcome, NoReading), name
        assert outcome.reason == ("no-date" if name == "missing" else "bad-date"), name


def test_what_is_known_by_the_deadline_is_kept() -> None:
    """A server that answers once and then never again has told the hour all the same."""

    def falls_silent(visit: hostile_http.Visit) -> None:
        visit.request()
        visit.send(hostile_http.head("Content-Length: 0"))
        visit.wait()

    outcomes, _ = ask({"falls-silent": falls_silent})
    outcome = outcomes["falls-silent"]
    assert isinstance(outcome, DateReading)
    assert outcome.interval.low_s > 0  # the Date is of 1994
    assert outcome.ended in (Ended.DEADLINE, Ended.LOST, Ended.DECIDED)


@given(st.binary(max_size=400), st.booleans())
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", True)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n :\r\n\x85\x1c\r\n\r\n", True)
@settings(max_examples=60)
def test_no_bytes_break_it(data: bytes, honest_line: bool) -> None:
    """Any bytes at all, behind a good status line or without one: a reply or a reason."""
    line = b"HTTP/1.1 200 OK\r\n" if honest_line else b""
    (outcome,) = exchange(hostile_http.once(line + data), (GET,))
    assert isinstance(outcome, (Reply, Trouble))
    if isinstance(outcome, Trouble):
        assert outcome.detail.isprintable()
