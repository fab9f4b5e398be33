"""What the replies of one host prove, and how the search behaves when they are missing, odd or out of time."""

import math
import time
from collections.abc import Callable, Mapping

import pytest
from bench.simulated_http import EPOCH_S, TARGET, Path, SimulatedTransport, World, imf_date
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.measure import date_search
from skewcheck.measure.addresses import Trouble
from skewcheck.measure.date_evidence import (
    Evidence,
    Now,
    Progress,
    Question,
    Reply,
    Request,
    Target,
    alone,
    hull,
    mix,
    together,
)
from skewcheck.measure.date_search import measure
from skewcheck.measure.headers import FRESH_S, parse_date
from skewcheck.model import (
    Certificate,
    DateExchange,
    DateReading,
    Ended,
    Interval,
    Mix,
    NoReading,
    OddDate,
    Security,
    Stale,
    StampedBy,
)

QUESTION = Question((0.1, 1.0))
FULL = Question((0.1, 1.0), full=True)
CALM = Path(jitter=0.02, sigma=0.5, spikes=0.0)
NONE = Now(EPOCH_S, 0.0)

legs = st.floats(1e-5, 3)
skews = st.one_of(st.floats(-3, 3), st.floats(-1e8, 1e8))


def exchange_of(sent_s: float, out_s: float, back_s: float, skew_s: float, lag_s: float) -> DateExchange:
    """Return the exchange with a server whose clock is *skew_s* behind the local one and whose Date is *lag_s* old."""
    date_s = math.floor(sent_s + out_s - skew_s - lag_s)
    return DateExchange(sent_s, sent_s + out_s + back_s, date_s, 200, 1)


@given(
    skews,
    st.floats(0, 2),
    st.lists(st.tuples(st.floats(0, 100), legs, legs, st.floats(0, 1)), min_size=1, max_size=16),
)
def test_the_truth_is_inside_of_what_replies_prove(
    skew_s: float, lag_s: float, drawn: list[tuple[float, float, float, float]]
) -> None:
    """Whatever the way there and back takes, and however old a Date is within its lag."""
    pieces = [
        Evidence(exchange_of(EPOCH_S + at_s, out_s, back_s, skew_s, share * lag_s), 0.0)
        for at_s, out_s, back_s, share in drawn
    ]
    proven = together(pieces, lag_s, NONE)
    assert proven.low_s <= skew_s <= proven.high_s
    assert skew_s <= together(pieces, 0.0, NONE).high_s
    covered = hull(pieces, lag_s, NONE)
    assert covered.low_s <= proven.low_s <= proven.high_s <= covered.high_s


@given(
    skews, st.floats(-5, 5), st.lists(st.tuples(st.floats(0, 9), legs, legs, st.booleans()), min_size=2, max_size=16)
)
def test_two_clocks_are_both_inside_and_their_distance_is_no_less_than_said(
    skew_s: float, apart_s: float, drawn: list[tuple[float, float, float, bool]]
) -> None:
    """The hull holds every clock that answered; the proven spread never exceeds the true one."""
    pieces = [
        Evidence(exchange_of(EPOCH_S + at_s, out_s, back_s, skew_s + apart_s * other, 0.0), 0.0)
        for at_s, out_s, back_s, other in drawn
    ]
    covered = hull(pieces, FRESH_S, NONE)
    for other in {piece[3] for piece in drawn}:
        assert covered.low_s <= skew_s + apart_s * other <= covered.high_s
    assert -together(pieces, FRESH_S, NONE).width_s <= abs(apart_s) + 1e-5


@given(skews, st.floats(-100, 100), st.floats(-0.1, 0.1), st.floats(0, 60), st.tuples(legs, legs))
def test_an_old_bound_allows_for_what_the_clock_did_since(
    skew_s: float, ppm: float, slewed_s: float, age_s: float, out_and_back_s: tuple[float, float]
) -> None:
    """Drift up to 100 ppm and announced slewing since the exchange stay inside."""
    exchange = exchange_of(EPOCH_S, *out_and_back_s, skew_s, 0.0)
    later = Now(exchange.received_s + age_s, 0.5 + abs(slewed_s))
    proven = alone(Evidence(exchange, 0.5), 0.0, later)
    moved_s = skew_s + slewed_s + ppm * 1e-6 * age_s
    assert proven.low_s <= moved_s <= proven.high_s


def test_a_date_of_any_age_bounds_one_side() -> None:
    """What a cache kept says nothing of how far the local clock is behind its server's."""
    old = Evidence(exchange_of(EPOCH_S, 0.1, 0.1, 5.0, 0.0), 0.0, aged=True)
    assert alone(old, 0.0, NONE).low_s == -math.inf
    assert alone(old, 0.0, NONE).high_s >= 5.0


def test_backends_per_connection_are_told_from_those_per_request() -> None:
    """Only where each connection agrees with itself, and one has said so twice, does it blame connections."""

    def piece(connection: int, date_s: int) -> Evidence:
        return Evidence(DateExchange(EPOCH_S, EPOCH_S + 0.1, date_s, 200, connection), 0.0)

    now_s = int(EPOCH_S)
    assert mix([piece(1, now_s), piece(1, now_s), piece(2, now_s + 5)], FRESH_S, NONE) is Mix.CONNECTIONS
    assert mix([piece(1, now_s), piece(2, now_s + 5)], FRESH_S, NONE) is Mix.REQUESTS
    assert mix([piece(1, now_s), piece(1, now_s + 5)], FRESH_S, NONE) is Mix.REQUESTS


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1.2), st.floats(1e-4, 0.4), st.floats(0, 0.5), st.sampled_from([1, 2, 3]))
def test_what_confirms_is_certain_beforehand(
    low_s: float, width_s: float, rtt_s: float, setup_s: float, which: int
) -> None:
    """On an even path every request is stamped on its side of the flip, wherever that is and however long there is."""
    fresh = Interval(low_s, low_s + width_s)
    sides = [side for bit, side in ((1, False), (2, True)) if which & bit]
    for left_s in (0.0, math.inf):
        plans = date_search.confirmation(fresh, rtt_s, EPOCH_S, setup_s, sides, left_s=left_s)
        assert [plan.new for plan in plans] == [side for side in sides for _ in range(date_search.EACH_SIDE)]
        for plan in plans:
            assert EPOCH_S + setup_s - 1e-3 <= plan.at_s <= plan.latest_s
            for flip_s in (plan.second + fresh.low_s, plan.second + fresh.high_s):
                stamped_s = (plan.at_s if plan.new else min(plan.latest_s, plan.at_s + rtt_s)) + rtt_s / 2
                assert (stamped_s > flip_s) is plan.new


@given(st.floats(-1e6, 1e6), st.floats(0.01, 2.0), st.floats(1e-4, 0.4), st.floats(0, 0.5))
def test_the_next_request_falls_into_the_open_stretch(
    low_s: float, width_s: float, rtt_s: float, setup_s: float
) -> None:
    """It is not before it can go out, not later than about a second, and splits what is open."""
    at_s = date_search.next_search_s(Interval(low_s, low_s + width_s), rtt_s, EPOCH_S, setup_s)
    assert EPOCH_S + setup_s - 1e-3 <= at_s <= EPOCH_S + setup_s + 1.001
    open_s = max(1e-4, width_s - rtt_s)
    if open_s < 1:
        assert ((at_s - low_s) % 1 <= 0.71 * open_s + 1e-3) or (at_s - low_s) % 1 > 1 - 1e-3


# --- The course of a search


class Scripted(SimulatedTransport):
    """A simulated server some of whose replies are replaced."""

    def __init__(self, world: World, change: Callable[[int, Reply], Reply | Trouble], seed: int = 1) -> None:
        """Pass each reply, with its number from 1, through *change*."""
        super().__init__(world, seed)
        self._change = change
        self.anew = 0

    def exchange(self, request: Request, at_s: float, *, anew: bool = False) -> Reply | Trouble:
        """Carry it out, and change what comes back."""
        self.anew += anew
        reply = super().exchange(request, at_s, anew=anew)
        return reply if isinstance(reply, Trouble) else self._change(self.requests, reply)


def with_headers(reply: Reply, headers: Mapping[str, str], status: int | None = None) -> Reply:
    """Return *reply* with *headers* more."""
    return reply._replace(headers={**reply.headers, **headers}, status=status or reply.status)


def without_date(reply: Reply) -> Reply:
    """Return *reply* without its Date."""
    return reply._replace(headers={name: text for name, text in reply.headers.items() if name != "date"})


def read(
    world: World, question: Question = QUESTION, change: Callable[[int, Reply], Reply | Trouble] | None = None
) -> tuple[DateReading, Scripted]:
    """Return the reading of one search, and its transport."""
    transport = Scripted(world, change or (lambda _, reply: reply))
    reading = measure(TARGET, question, transport)
    assert isinstance(reading, DateReading)
    return reading, transport


def refused(change: Callable[[int, Reply], Reply | Trouble], target: Target = TARGET) -> NoReading:
    """Return why a search gave nothing."""
    outcome = measure(target, QUESTION, Scripted(World(), change))
    assert isinstance(outcome, NoReading)
    return outcome


def test_a_plain_search() -> None:
    """A fresh server 0.2 s behind is measured, confirmed, and all of the reading is filled in."""
    seen: list[Progress] = []
    transport = SimulatedTransport(World(skew_s=0.2, path=CALM), 1)
    reading = measure(TARGET, QUESTION, transport, seen.append)
    assert isinstance(reading, DateReading)
    assert reading.interval == reading.fresh
    assert reading.fresh.low_s <= 0.2 <= reading.fresh.high_s
    assert reading.fresh.low_s <= reading.skew_s <= reading.fresh.high_s
    assert (reading.confirmed, reading.ended, reading.spread_s, reading.mix) == (True, Ended.DECIDED, 0.0, None)
    assert (reading.url, reading.address, reading.method) == ("https://sim/", "192.0.2.1", "HEAD")
    assert (reading.stamped_by, reading.lag.known, reading.security) == (StampedBy.EDGE, True, Security.VERIFIED)
    assert reading.requests == len(reading.exchanges) == transport.requests == len(seen)
    assert [progress.requests for progress in seen] == list(range(1, reading.requests + 1))
    assert seen[-1] == ("sim", reading.requests, reading.fresh)
    assert reading.min_rtt_s == min(exchange.delay_s for exchange in reading.exchanges)


@pytest.mark.parametrize("skew_s", [7200.5, -3600.2, 3 * 31556952.0, -4 * 31556952.7])
def test_hours_and_years(skew_s: float) -> None:
    """A clock that is far off needs two replies, seconds apart; one alone decides nothing."""
    reading, transport = read(World(skew_s=skew_s))
    assert reading.fresh.low_s <= skew_s <= reading.fresh.high_s
    assert (reading.requests, reading.confirmed, reading.ended) == (2, True, Ended.DECIDED)
    assert transport.elapsed_s() < 3


def test_no_sub_second_claim_rests_on_the_short_confirmation() -> None:
    """If the second reply makes the range narrower than a second, the full confirmation follows."""

    def one_second_less(number: int, reply: Reply) -> Reply:
        older = parse_date(reply.headers["date"], reply.sent_s)
        assert older is not None
        return with_headers(reply, {"date": imf_date(older.unix_s - 1)}) if number == 2 else reply

    reading, _ = read(World(skew_s=5.0, path=CALM), change=one_second_less)
    assert reading.requests > 3
    assert (reading.confirmed, reading.ended) == (False, Ended.CONTRADICTED)
    assert reading.fresh.low_s <= 5.0 <= reading.fresh.high_s


def test_the_second_form_of_request_is_tried() -> None:
    """Where HEAD has no Date, GET may have one; the reading says which it was."""
    target = TARGET._replace(url="https://sim/a", requests=(Request("HEAD", "/a"), Request("GET", "/b")))
    transport = Scripted(World(path=CALM), lambda number, reply: without_date(reply) if number == 1 else reply)
    reading = measure(target, QUESTION, transport)
    assert isinstance(reading, DateReading)
    assert (reading.method, reading.url) == ("GET", "https://sim/b")
    assert {form.method for form in transport.forms[1:]} == {"GET"}
    assert reading.requests == len(reading.exchanges) + 1


def test_the_certificate_is_the_one_whose_dates_were_ignored() -> None:
    """Behind a name with two certificates the good one does not hide the other, whichever came last."""
    expired, good = Certificate(0.0, 1.0), Certificate(0.0, 9e9)

    def alternating(number: int, reply: Reply) -> Reply:
        if number % 2:
            return reply._replace(security=Security.DATES_IGNORED, certificate=expired)
        return reply._replace(security=Security.VERIFIED, certificate=good)

    for most in (8, 9):
        reading, _ = read(World(path=CALM), FULL._replace(max_requests=most), alternating)
        assert (reading.security, reading.certificate) == (Security.DATES_IGNORED, expired)


def test_what_the_transport_sent_twice_counts_twice() -> None:
    """Each reply for which two requests went out counts for both, and the search ends that much earlier."""
    reading, transport = read(World(path=CALM), FULL, lambda _, reply: reply._replace(requests=2))
    assert reading.requests == 2 * transport.requests <= 16


def test_why_there_is_nothing() -> None:
    """No Date, none that can be read, and no answer have their reasons, safe to show."""
    nothing = refused(lambda _, reply: without_date(reply))
    assert (nothing.server, nothing.reason, nothing.rejected) == ("sim", "no-date", True)
    bad = refused(lambda _, reply: with_headers(reply, {"date": "\x1b[2J"}))
    assert (bad.reason, bad.rejected) == ("bad-date", True)
    assert bad.detail.isprintable()
    secret = refused(lambda _, reply: with_headers(reply, {"date": f"Bearer {'aB3' * 9} {'x ' * 5000}"}))
    assert ("aB3" in secret.detail, len(secret.detail) < 100) == (False, True)
    unset = refused(lambda _, reply: with_headers(reply, {"date": "Thu, 01 Jan 1970 00:05:12 GMT"}))
    assert (unset.reason, unset.rejected) == ("date-unset", True)
    lost = refused(lambda _number, _reply: Trouble("closed-early", "closed", sent=True))
    assert (lost.reason, lost.detail, lost.rejected) == ("closed-early", "closed", False)
    limited = refused(lambda _, reply: without_date(with_headers(reply, {"retry-after": "9\x07"}, 503)))
    assert limited.reason == "rate-limited"
    assert "Retry-After: 9\\u0007" in limited.detail


def test_what_was_never_sent_is_not_tried_in_another_form() -> None:
    """A name that does not resolve does not for GET either."""
    tried: list[int] = []

    def unknown(number: int, _: Reply) -> Trouble:
        tried.append(number)
        return Trouble("dns-no-such-name", "no such name")

    assert refused(unknown).reason == "dns-no-such-name"
    assert len(tried) == 1


@pytest.mark.parametrize(("status", "headers"), [(429, {}), (503, {"retry-after": "30"})])
@pytest.mark.parametrize("after", [1, 3])
def test_a_server_that_tells_to_stop_is_left_alone(status: int, headers: Mapping[str, str], after: int) -> None:
    """After a 429, or a 503 with Retry-After, be it the first reply, nothing more is sent; what was proven stays."""

    def stops(number: int, reply: Reply) -> Reply:
        return with_headers(reply, headers, status) if number == after else reply

    reading, transport = read(World(path=CALM), FULL, stops)
    assert (reading.ended, transport.requests, reading.confirmed) == (Ended.TOLD_TO_STOP, after, False)
    assert reading.fresh.low_s <= 0 <= reading.fresh.high_s


def test_a_503_without_retry_after_is_as_good_as_any() -> None:
    """Any status has a Date."""
    reading, _ = read(World(path=CALM), change=lambda _, reply: reply._replace(status=503))
    assert (reading.confirmed, reading.served.status) == (True, 503)


def test_one_lost_reply_is_survived_and_two_end_it() -> None:
    """What is proven by then stays."""
    lost = Trouble("closed-early", "the connection was closed", sent=True)
    reading, _ = read(World(path=CALM), FULL, lambda number, reply: lost if number == 3 else reply)
    assert (reading.ended, reading.confirmed) == (Ended.NARROW, True)
    reading, transport = read(World(path=CALM), FULL, lambda number, reply: lost if number >= 3 else reply)
    assert (reading.ended, reading.detail, transport.requests) == (Ended.LOST, lost.detail, 4)
    assert reading.fresh.low_s <= 0 <= reading.fresh.high_s
    assert reading.requests == 4
    assert len(reading.exchanges) == 2
    reading, _ = read(World(path=CALM), FULL, lambda number, reply: without_date(reply) if number >= 3 else reply)
    assert reading.ended is Ended.LOST


def test_an_answer_that_is_not_believed_ends_it_at_once() -> None:
    """A certificate that is suddenly wrong is not asked a second time."""
    wrong = Trouble("certificate-wrong-name", "it is for another host", rejected=True)
    reading, _ = read(World(path=CALM), FULL, lambda number, reply: wrong if number == 2 else reply)
    assert (reading.ended, len(reading.exchanges), reading.requests) == (Ended.LOST, 1, 1)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 7, 10])
def test_no_more_requests_than_allowed(most: int) -> None:
    """And with ten the confirmation still has its four."""
    reading, transport = read(World(path=CALM), FULL._replace(max_requests=most))
    assert transport.requests == reading.requests <= most
    assert reading.fresh.low_s <= 0 <= reading.fresh.high_s
    assert reading.ended is Ended.REQUESTS
    assert reading.confirmed is (most >= 2)  # with fewer than six the range stays wider than a second


def test_the_user_can_vouch_for_the_date() -> None:
    """With it a server that nothing is known of counts as fresh; a cache still does not."""
    vouched = QUESTION._replace(date_fresh=True)
    reading, _ = read(World(headers=(), path=CALM), vouched)
    assert (reading.interval, reading.lag.max_s, reading.lag.known) == (reading.fresh, FRESH_S, True)
    assert "--date-fresh" in reading.lag.because
    reading, _ = read(World(lag="cached", bustable=False), vouched)
    assert (reading.stale, reading.lag.max_s) == (Stale.CACHED, math.inf)


def test_a_cache_is_asked_for_what_it_cannot_have() -> None:
    """Once seen, every request is unique; if it still answers from the cache, one side stays open."""
    reading, transport = read(World(lag="cached", path=CALM))
    unique = [form.path for form in transport.forms[1:]]
    assert len(set(unique)) == len(unique)
    assert all(path.startswith("/?skewcheck=") for path in unique)
    assert (reading.stale, reading.confirmed) == (None, True)
    assert reading.fresh.low_s <= 0 <= reading.fresh.high_s
    reading, transport = read(World(lag="cached", bustable=False, path=CALM))
    assert (reading.stale, reading.ended, reading.requests) == (Stale.CACHED, Ended.STALE, 2)
    assert reading.interval.low_s == reading.fresh.low_s == -math.inf
    assert reading.skew_s == reading.fresh.high_s >= 0
    assert not reading.two_sided


def test_a_date_frozen_on_one_connection_alone_is_got_over() -> None:
    """What moves on a new connection is measured there; the old one bounds one side."""

    def first_connection_frozen(_: int, reply: Reply) -> Reply:
        return with_headers(reply, {"date": imf_date(int(EPOCH_S) - 30)}) if reply.connection == 1 else reply

    reading, transport = read(World(path=CALM), change=first_connection_frozen)
    assert (reading.stale, reading.confirmed, transport.anew) == (None, True, 1)
    assert reading.fresh.low_s <= 0 <= reading.fresh.high_s


def test_what_different_replies_say_is_taken_at_its_worst() -> None:
    """Two makes of server: the older Date counts, and whose clock it was is not known; the weakest security counts."""

    def another(number: int, reply: Reply) -> Reply:
        if number == 2:
            reply = with_headers(reply, {"server": "uvicorn"})._replace(security=Security.DATES_IGNORED)
        return reply._replace(certificate=Certificate(1.0, 2.0), proxied=True, address="a\x1b")

    reading, _ = read(World(path=CALM), FULL, another)
    assert (reading.lag.max_s, reading.stamped_by) == (1.1, StampedBy.UNKNOWN)
    assert (reading.security, reading.certificate) == (Security.DATES_IGNORED, Certificate(1.0, 2.0))
    assert (reading.proxied, reading.address) == (True, "a\\u001b")


# --- A `Date` is read in the three forms that RFC 9110 knows; others that mean one moment are read and told of ---

NOW_S = 1_800_000_000.0
EXAMPLE_S = 784111777


def moment(text: str, now_s: float) -> int | None:
    """Return the moment that a `Date` says."""
    said = parse_date(text, now_s)
    return None if said is None else said.unix_s


LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "  Sun, 06 Nov 1994 08:49:37 GMT\t",
    ],
)
def test_the_three_forms_of_the_rfc_are_the_same_moment(text: str) -> None:
    """The RFC's own examples are read as what they say."""
    assert moment(text, NOW_S) == EXAMPLE_S


@given(st.integers(0, 4_102_444_799))
def test_every_second_is_read_back(unix_s: int) -> None:
    """Each second until 2099 is what the standard library wrote, in all three forms."""
    parts = time.gmtime(unix_s)
    day = LONG_DAYS[parts.tm_wday]
    old = f"{day}, " + time.strftime("%d-%b-%y %H:%M:%S GMT", parts)
    assert moment(imf_date(unix_s), NOW_S) == unix_s
    assert moment(time.asctime(parts), NOW_S) == unix_s
    assert moment(old, float(unix_s)) == unix_s


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Sun, 06 Nov 1994 08:49:37 +0000", "zone"), ("Sun, 06 Nov 1994 10:49:37 +0200", "zone"),
        ("Sun, 06 Nov 1994 10:49:37 +02:00", "zone"), ("Sat, 05 Nov 1994 22:49:37 -1000", "zone"),
        ("Sun, 06 Nov 1994 14:34:37 +0545", "zone"), ("Sun, 06 Nov 1994 08:49:37 UTC", "zone"),
        ("Sun, 06 Nov 1994 08:49:37 Z", "zone"), ("Sun, 06 Nov 1994 09:49:37 GMT+1", "zone"),
        ("Sun, 06 Nov 1994 09:49:37 GMT+0100", "zone"), ("Sun, 06 Nov 1994 7:49:37 UTC-1", "zone"),
        ("06 Nov 1994 08:49:37 GMT", "no-weekday"), ("Mon, 06 Nov 1994 08:49:37 GMT", "wrong-weekday"),
        ("Monday, 06-Nov-94 08:49:37 GMT", "wrong-weekday"), ("sun, 06 nov 1994 08:49:37 gmt", "form"),
        ("Sun, 06 Nov 1994 8:49:37 GMT", "form"), ("Sun, 6 Nov 1994 08:49:37 GMT", "form"),
        ("Sun, 06-Nov-1994 08:49:37 GMT", "form"), ("Sunday, 06 Nov 1994 08:49:37 GMT", "form"),
        ("Sun 06 Nov 1994 08:49:37 GMT", "form"), ("Sun,  06 Nov 1994  08:49:37  GMT", "form"),
    ],
)  # fmt: skip
def test_a_readable_date_is_read_and_told_of(text: str, what: str) -> None:
    """Another zone, weekday, case or number of digits says the same moment; what is malformed is named by its kind."""
    assert parse_date(text, NOW_S) == (EXAMPLE_S, OddDate(what, text))


@given(st.integers(86_400, 4_102_444_799), st.sampled_from(["+0000", "UTC", "+0545", "-0930", "GMT+1", "GMT"]))
def test_a_zone_moves_no_moment(unix_s: int, zone: str) -> None:
    """Any second, written by the clock of a zone and with that zone's name, is read back."""
    ahead_s = {"+0545": 20700, "-0930": -34200, "GMT+1": 3600}.get(zone, 0)
    there = time.gmtime(unix_s + ahead_s)
    text = f"{LONG_DAYS[there.tm_wday][:3]}, " + time.strftime(f"%d %b %Y %H:%M:%S {zone}", there)
    assert moment(text, NOW_S) == unix_s


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "0", "1800000000", "Sun, 06 Nov 1994 08:49:37", "06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 +1500", "Sun, 06 Nov 1994 08:49:37 +0060",
        "Sun, 06 Nov 1994 08:49:37 +02", "Sun, 06 Nov 1994 08:49:37 GMT+99", "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 11 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49 GMT",
        "Tue, 29 Feb 2022 00:00:00 GMT",  # no such day
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:60 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", "Sun Nov 06 08:49:37 94",
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    """What names no zone that is known, lists, days that there are not and what only looks like a date are refused."""
    assert moment(text, NOW_S) is None


def test_a_leap_second_is_the_next_minute() -> None:
    """Unix seconds don't count it."""
    assert moment("Sat, 31 Dec 2016 23:59:60 GMT", NOW_S) == 1483228800


def test_two_digits_are_at_most_fifty_years_ahead() -> None:
    """The century is the latest that is not too far in the future (RFC 9110 §5.6.7)."""
    assert moment("Sunday, 06-Nov-94 08:49:37 GMT", 1_800_000_000.0) == EXAMPLE_S
    assert moment("Saturday, 06-Nov-94 08:49:37 GMT", 2_600_000_000.0) == EXAMPLE_S + 36525 * 86400


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever a server sends, the answer is a number or None."""
    assert moment(text, NOW_S) is None
