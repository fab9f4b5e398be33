"""What an API's `Date` is judged to mean: status, proof and findings, from readings made by hand."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measurements import (
    API,
    CRITICAL,
    FRESH,
    LIMITS,
    LOGIN,
    NOON,
    OK,
    RUN,
    SECOND,
    UNKNOWN,
    WARNING,
    YEAR_S,
    api,
    check,
    date,
    dates,
    facts_of,
    ids,
    lead,
    mixed,
    no_date,
    servers,
    stale,
    the,
    this_host,
)

from skewcheck.judge.severity import difference, judge_date, worse
from skewcheck.model import (
    Certificate,
    DateReading,
    Ended,
    Fake,
    Interval,
    Lag,
    Mix,
    NoReading,
    Pace,
    Security,
    Served,
    Stale,
    StampedBy,
    Status,
)

AHEAD = date(0.17, 0.23)
FINE = date(-0.05, 0.06)
BEHIND = date(-3.3, -2.9)


# --- The rule ---


@pytest.mark.parametrize(
    ("found", "status", "proven"),
    [
        (None, Status.UNKNOWN, False),
        (FINE, Status.OK, True),
        (AHEAD, Status.WARNING, True),
        (BEHIND, Status.CRITICAL, True),
        (date(0.05, 0.14), Status.OK, False),  # a limit inside
        (date(-0.2, 1.2), Status.UNKNOWN, False),  # ok to critical
        (date(-0.05, 0.06, SECOND), Status.OK, False),  # fine if fresh
        (date(4.9, 5.1, SECOND), Status.CRITICAL, True),  # off at any age up to a second
        (date(1.2, 1.3, SECOND), Status.CRITICAL, False),
        (date(-5.1, -4.9, SECOND), Status.CRITICAL, True),
        (FINE._replace(security=Security.PLAIN), Status.OK, False),
        (BEHIND._replace(security=Security.DATES_IGNORED), Status.CRITICAL, False),
        (FINE._replace(confirmed=False), Status.OK, False),
        (date(-0.5, 0.55)._replace(confirmed=False), Status.UNKNOWN, False),  # one reply, say
        (date(0.11, 1.2)._replace(confirmed=False), Status.WARNING, False),  # off in any case
        (stale(3.0), Status.UNKNOWN, False),
        (stale(-0.02), Status.UNKNOWN, False),
        (stale(-0.2), Status.WARNING, False),
        (stale(-3.0), Status.CRITICAL, False),
        (mixed(-0.02, 0.06, 0.02), Status.OK, False),  # every clock of it is fine
        (mixed(-0.02, 0.2, 0.18), Status.UNKNOWN, False),  # some are, some aren't
        (mixed(0.5, 1.2, 0.3), Status.UNKNOWN, False),
        (mixed(2.0, 2.5, 0.3), Status.CRITICAL, False),
    ],
)
def test_the_rule(found: DateReading | None, status: Status, *, proven: bool) -> None:
    """Each row of the rule: what is judged, and what takes the proof away."""
    judgement = judge_date(found, LIMITS)
    assert (judgement.status, judgement.proven) == (status, proven)


@given(
    low_s=st.floats(-3, 3),
    width_s=st.floats(0, 2),
    lag_s=st.sampled_from([0.003, 0.5, 1.0]),
    security=st.sampled_from(Security),
    confirmed=st.booleans(),
    spread_s=st.sampled_from([0.0, 0.05]),
    age=st.sampled_from([None, *Stale]),
)
def test_what_is_proven_holds_for_every_age_that_is_allowed_for(
    low_s: float, width_s: float, lag_s: float, security: Security, *, confirmed: bool, spread_s: float,
    age: Stale | None,
) -> None:  # fmt: skip
    """Proven means that no point of the range, old `Date` included, has another severity."""
    found = date(low_s, low_s + width_s, Lag(lag_s, known=True, because="it is so"))
    found = found._replace(security=security, confirmed=confirmed, spread_s=spread_s, stale=age)
    judgement = judge_date(found, LIMITS)
    points = [found.interval.low_s + part * found.interval.width_s / 50 for part in range(51)]
    sizes = {abs(point) for point in [*points, found.interval.nearest_to_zero()]}
    if judgement.proven:
        assert security is Security.VERIFIED
        assert confirmed
        assert not spread_s
        assert age is None
        assert {(size >= LIMITS.warning_s, size >= LIMITS.critical_s) for size in sizes} == {
            (judgement.status is not Status.OK, judgement.status is Status.CRITICAL)
        }
    if judgement.status is Status.OK:
        assert found.fresh.nearest_to_zero() < LIMITS.warning_s
        assert abs(found.fresh.farthest_from_zero()) < LIMITS.critical_s


def test_a_difference_crosses_over() -> None:
    """Issuer - API from (local - API) - (local - issuer): its ends come from opposite ends, its middle from both."""
    found = difference(date(0.1, 0.2, SECOND), date(-0.3, -0.25))
    assert found.skew_s == pytest.approx(0.425)
    assert found.fresh == pytest.approx(Interval(0.35, 0.5))
    assert found.interval == pytest.approx(Interval(0.1 - 0.997 + 0.25, 0.5))
    assert difference(stale(0.2), FINE).fresh == Interval(-math.inf, 0.25)
    assert difference(FINE, stale(0.2)).fresh == Interval(-0.25, math.inf)
    assert difference(stale(0.2), stale(0.1)).interval == Interval(-math.inf, math.inf)


def test_worse() -> None:
    """Critical, warning, unknown, ok: what is known to be bad comes before what could not be told."""
    order = [Status.OK, Status.UNKNOWN, Status.WARNING, Status.CRITICAL]
    assert all(worse(better, bad) is bad for better, bad in itertools.combinations(order, 2))


# --- This host against the API ---


@pytest.mark.parametrize(
    ("found", "expected", "status", "proven"),
    [
        (FINE, ["api-ok"], OK, True),
        (FINE._replace(stamped_by=StampedBy.EDGE), ["api-ok"], OK, True),
        (FINE._replace(security=Security.PLAIN), ["api-ok"], OK, False),
        (FINE._replace(served=Served(302, location="https://elsewhere.example/")), ["api-ok"], OK, True),
        (FINE._replace(ended=Ended.TOLD_TO_STOP, served=Served(429)), ["api-ok"], OK, True),
        (FINE._replace(confirmed=False, ended=Ended.DEADLINE), ["api-ok"], OK, False),
        (date(-0.05, 0.06, SECOND), ["api-ok", "api-lag"], OK, False),
        (date(-0.05, 0.06, SECOND, late_s=0.0057), ["api-ok", "api-lag"], OK, False),
        (date(0.05, 0.14), ["api-ok"], OK, False),
        (mixed(-0.02, 0.06, 0.02), ["api-ok", "api-inconsistent"], OK, False),
        (AHEAD, ["skew-undecided"], WARNING, True),
        (BEHIND, ["skew-undecided"], CRITICAL, True),
        (date(4.9, 5.1, SECOND), ["skew-undecided"], CRITICAL, True),
        (date(0.17, 0.23, SECOND), ["skew-undecided", "api-lag"], WARNING, False),
        (date(-0.05, 0.35), ["too-coarse"], WARNING, False),
        (stale(-3.0), ["skew-undecided", "api-stale"], CRITICAL, False),
        (mixed(2.0, 2.5, 0.3), ["skew-undecided", "api-inconsistent"], CRITICAL, False),
        (date(-0.2, 1.2), ["too-coarse"], UNKNOWN, False),
        (stale(3.0), ["api-stale"], UNKNOWN, False),
        (stale(3.0, Stale.FROZEN), ["api-stale"], UNKNOWN, False),
        (mixed(-0.02, 0.2, 0.18), ["api-inconsistent"], UNKNOWN, False),
        (no_date(), ["api-unreached"], UNKNOWN, False),
    ],
)
def test_each_finding_and_its_neighbours(
    found: DateReading | NoReading, expected: list[str], status: Status, *, proven: bool
) -> None:
    """Exactly what is to be said of each: ok, or undecided, for one API is one witness; and why it can't be told."""
    told = dates(found)
    assert (ids(told), told.status, told.proven) == (expected, status, proven)
    assert told.true_time is None  # an API's clock is not true time


@pytest.mark.parametrize(
    ("found", "unconfirmed"),
    [
        (FINE, None),
        (FINE._replace(security=Security.PLAIN), True),
        (FINE._replace(confirmed=False), True),
        (date(-0.05, 0.06, SECOND), True),
        (date(0.05, 0.14), True),
    ],
)
def test_what_is_not_sure_is_unconfirmed(found: DateReading, unconfirmed: bool | None) -> None:
    """By plain http, at a first look alone, by a `Date` of unknown age, or on both sides of a limit."""
    assert the(dates(found), "api-ok").fact("unconfirmed") is unconfirmed


def test_a_range_and_no_estimate_where_it_is_wider_than_the_limit() -> None:
    """310 to 440 ms is one number for one clock, and the middle of it none."""
    assert facts_of(dates(AHEAD), "skew-undecided")["skew_s"] == pytest.approx(0.2)
    told = facts_of(dates(date(0.3, 0.45)), "skew-undecided")
    assert told == {"low_s": 0.3, "high_s": 0.45, "host": API}


def test_a_date_of_any_age_bounds_one_side() -> None:
    """At least so far behind: no estimate, and no other end."""
    told = facts_of(dates(stale(-3.0)), "skew-undecided")
    assert told == {"high_s": -3.0, "host": API, "why": "one-sided"}
    assert facts_of(dates(stale(-3.0)), "api-stale")["least_s"] == 3.0


def test_a_date_that_may_be_old_is_no_party() -> None:
    """Behind this host it may be only old; of a clock that is ahead of this host it tells the least, and no buffer."""
    timer = Lag(0.5, known=True, because="a timer of half a second")
    old, timed, fresh = (facts_of(dates(api(0.6, lag=lag)), "skew-undecided") for lag in (SECOND, timer, FRESH))
    assert (old["why"], timed["why"], fresh.get("why")) == ("old", "old", None)
    assert {name: value for name, value in old.items() if name != "why"} == fresh
    behind = facts_of(dates(api(-0.4, lag=SECOND)), "skew-undecided")
    assert behind == {"high_s": pytest.approx(-0.38), "host": API}


@pytest.mark.parametrize(
    ("found", "late_s", "high_s"),
    [
        (api(-0.4), 0.42, 0.43),
        (api(-0.4, lag=SECOND), None, None),
        (api(-0.4, lag=Lag(0.5, known=True, because="a timer of half a second")), 0.917, 0.927),
        (stale(-3.2), None, None),
    ],
)
def test_no_buffer_is_named_that_an_old_date_would_make_too_small(
    found: DateReading, late_s: float | None, high_s: float | None
) -> None:
    """It covers all that the age of the `Date` may add; where that isn't known, or has no end, there is none."""
    for told in (dates(found), check(servers(0.0), found)):
        (late,) = (effect for effect in told.effects if effect.id == "late-refresh")
        assert dict(late.facts)["late_s"] == (late_s and pytest.approx(late_s, abs=0.002))
    ahead = the(told, "api-ahead")
    assert ahead.fact("high_s") == (high_s and pytest.approx(high_s, abs=0.005))
    assert ahead.fact("old") is (None if high_s else True)


def test_how_old_a_date_may_be() -> None:
    """By how much it may be old, whether that is known, and how far behind this host may be then."""
    told = facts_of(dates(date(-0.05, 0.06, SECOND)), "api-lag")
    assert (told["max_lag_s"], told["known"], told["low_bound_s"]) == (1.0, False, pytest.approx(1.047))
    known = Lag(0.5, known=True, because="a timer of half a second")
    assert facts_of(dates(date(-0.05, 0.06, known)), "api-lag")["known"] is True
    assert "low_bound_s" not in facts_of(dates(date(1.5, 1.6, SECOND)), "api-lag")


def test_a_step_in_the_middle_is_the_reason() -> None:
    """A range that is too coarse because the clock was set says so."""
    found = dates(date(-0.01, 7.0), run=RUN._replace(step_s=7.0, slew_ppm=900.0))
    assert (found.status, ids(found)) == (UNKNOWN, ["clock-stepped", "clock-slewing"])


def test_a_gateway_is_named_as_it_was() -> None:
    """The host of a URL, not the API's."""
    assert facts_of(dates(FINE, region=None), "api-ok")["host"] == "gw.example"


# --- The issuer ---


def test_an_issuer_that_is_ahead() -> None:
    """The one way in which the service could see its own token as issued in the future: the worse status counts."""
    found = dates(FINE, date(-0.45, -0.35))
    assert (lead(found), found.status, found.proven) == ("issuer-ahead", WARNING, False)
    assert facts_of(found, "issuer-ahead") == {
        "low_s": pytest.approx(0.30), "high_s": pytest.approx(0.51), "login": LOGIN, "host": API,
    }  # fmt: skip


def test_an_issuer_that_is_behind() -> None:
    """How long at least decides on the status; an old `Date` may explain it."""
    found = dates(FINE, date(1.2, 1.3, SECOND))
    assert (lead(found), found.status) == ("issuer-behind", CRITICAL)
    told = facts_of(found, "issuer-behind")
    assert (told["low_s"], told["high_s"]) == pytest.approx((-1.35, -1.14))
    assert told["old"] is True


def test_an_issuer_beside_a_date_of_any_age() -> None:
    """One end is open then, and no range is made of that."""
    behind = facts_of(dates(stale(0.02), date(3.05, 3.15)), "issuer-behind")
    assert ("low_s" in behind, behind["high_s"]) == (False, pytest.approx(-3.03))
    ahead = facts_of(dates(FINE, stale(-3.0)), "issuer-ahead")
    assert (ahead["low_s"], "high_s" in ahead) == (pytest.approx(2.95), False)


def test_an_issuer_whose_difference_may_be_none_is_no_finding() -> None:
    """A range that holds 0 accuses nobody, and the nearest point of one that doesn't decides on the status."""
    assert ids(dates(FINE, date(-0.05, 0.05))) == ["api-ok"]
    near = dates(date(0.0, 0.02), date(-0.3, -0.02))
    assert (the(near, "issuer-ahead").status, near.status, lead(near)) == (OK, OK, "api-ok")


def test_where_only_one_of_the_hosts_answers() -> None:
    """The API's clock is the one asked for: without it nothing is known, and a silent issuer is a remark."""
    found = dates(no_date(), AHEAD)
    assert (ids(found), found.status, found.proven) == (["api-unreached"], UNKNOWN, False)
    assert found.api is not None
    assert found.api.issuer_ahead is None
    other = dates(FINE, no_date("dns-timeout"))
    assert (ids(other), other.proven) == (["api-ok", "api-unreached"], True)
    assert facts_of(other, "api-unreached")["host"] == LOGIN


def test_hosts_that_are_silent_alike_are_told_of_once() -> None:
    """One finding for both where the reason is one."""
    assert len(dates(no_date("dns-failed"), no_date("dns-failed")).findings) == 1
    assert len(dates(no_date("dns-failed"), no_date("stalled")).findings) == 2


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("dns-no-such-name", "dns"), ("no-address", "no-address"), ("no-route", "no-network"), ("proxy-auth", "proxy"),
        ("proxy-unusable", "proxy"), ("certificate-unknown-ca", "untrusted"), ("ca-not-a-ca", "untrusted"),
        ("ca-file-unreadable", "ca-file"), ("rate-limited", "rate-limited"), ("not-http", "no-date"),
        ("closed-early", None), ("tls-failed", None), ("something-new", None),
    ],
)  # fmt: skip
def test_why_an_api_was_not_reached(reason: str, expected: str | None) -> None:
    """A reason is a fact: one each for what is mended in another way."""
    found = dates(no_date(reason))
    assert (ids(found), found.status) == (["api-unreached"], UNKNOWN)
    told = facts_of(found, "api-unreached")
    assert (told.get("reason"), told["detail"], told["host"]) == (expected, f"detail of {reason}", API)


# --- What a Date can hide ---


def test_a_cache_behind_a_clock_that_is_fine_says_so() -> None:
    """What NTP has just proven stays known, and the `Age` is shown."""
    for found, id_ in (
        (stale(3.0), "api-stale"),
        (stale(3.0, Stale.FROZEN), "api-stale"),
        (mixed(-0.02, 0.2, 0.18), "api-inconsistent"),
        (no_date(), "api-unreached"),
    ):
        told = dates(found, ntp=servers(0.0))
        assert (ids(told), told.status) == ([id_, "clock-ok"], UNKNOWN)
        assert facts_of(told, id_)["ntp_bound_s"] == 0.01
        assert "ntp_bound_s" not in facts_of(dates(found), id_)
        assert "ntp_bound_s" not in facts_of(dates(found, ntp=servers(3.0)), id_)
    assert facts_of(dates(stale(3.0)), "api-stale") == {
        "host": API,
        "stale": "cached",
        "age_s": 18000.0,
        "via": "varnish",
    }


def test_what_a_contradiction_can_be() -> None:
    """Per connection it is several servers; within one it may be an old `Date`, or a clock that was set, as well."""
    apart = facts_of(dates(mixed(-0.02, 0.2, 0.18, Mix.CONNECTIONS)), "api-inconsistent")
    assert (apart["mix"], apart["spread_s"]) == ("connections", 0.18)
    assert facts_of(dates(mixed(-0.02, 0.2, 0.18)), "api-inconsistent")["mix"] == "requests"


def test_whose_fault_an_invalid_certificate_is() -> None:
    """By the server's own Date it is valid: this host's clock. By that, too, it is not: its owner's."""
    ours = date(4 * YEAR_S, 4 * YEAR_S + 1, security=Security.DATES_IGNORED)
    ours = ours._replace(certificate=Certificate(NOON - 4.2 * YEAR_S, NOON - 3 * YEAR_S))
    found = dates(ours)
    assert (ids(found), found.status, found.proven) == (["skew-undecided", "tls-dates"], CRITICAL, False)
    told = facts_of(found, "tls-dates")
    assert (told["validity"], told["by_s"]) == ("ended", pytest.approx(3 * YEAR_S, abs=1))
    early = date(-3 * YEAR_S, 1 - 3 * YEAR_S, security=Security.DATES_IGNORED)
    early = early._replace(certificate=Certificate(NOON + 2 * YEAR_S, NOON + 4 * YEAR_S))
    assert facts_of(dates(early), "tls-dates")["validity"] == "begins"
    above = FINE._replace(security=Security.DATES_IGNORED, certificate=Certificate(NOON - YEAR_S, NOON + YEAR_S))
    assert "validity" not in facts_of(dates(above), "tls-dates")  # one above it in the chain


@pytest.mark.parametrize("ntp", [None, servers(0.0)])
@pytest.mark.parametrize(
    ("certificate", "validity", "by_s"),
    [
        (Certificate(NOON - YEAR_S, NOON - 86400), "ended", 86400),
        (Certificate(NOON + 8 * 3600, NOON + YEAR_S), "begins", 8 * 3600),
    ],
)
def test_a_certificate_that_is_not_valid_leads(
    certificate: Certificate, validity: str, by_s: float, ntp: list[NoReading] | None
) -> None:
    """Clocks right, the certificate not: the warning's reason is the finding that answers, in whatever was asked."""
    theirs = FINE._replace(security=Security.DATES_IGNORED, certificate=certificate)
    for found in (dates(theirs, ntp=ntp), dates(FINE, theirs, ntp=ntp)):
        assert (lead(found), found.status, found.proven) == ("api-certificate", WARNING, False)
        told = facts_of(found, "api-certificate")
        assert (told["validity"], told["by_s"]) == (validity, pytest.approx(by_s, abs=1))


# --- This host beside it ---


@pytest.mark.parametrize(
    ("skew_s", "zone_s", "how"),
    [
        (7200, 7200, "likely"), (-7200, 7200, "likely"), (3600, 7200, "likely"), (10800, 7200, "likely"),
        (19800, 0, "possibly"), (-900, 7200, None), (50400, 0, "possibly"), (51300, 0, None), (0, 7200, None),
        (7206, 7200, None), (400, 0, None),
    ],
)  # fmt: skip
def test_a_zone_taken_for_utc(skew_s: float, zone_s: int, how: str | None) -> None:
    """As far apart as a zone is from UTC: likely this host's own, else possible; anything else isn't one."""
    found = dates(date(skew_s - 0.03, skew_s + 0.03), facts=this_host(zone_s=zone_s))
    assert [finding.fact("how") for finding in found.findings if finding.id == "clock-zone"] == ([how] if how else [])


def test_what_the_host_says_stands_beside_it() -> None:
    """A fake is told, and its zone isn't taken for the clock's."""
    for ahead_s in (7200.0, None):
        found = dates(date(7199.9, 7200.1), facts=this_host(fake=Fake("libfaketime", ahead_s)))
        assert ids(found) == ["skew-undecided", "fake-time"]


def test_who_could_have_told_more_at_the_deadline() -> None:
    """Both hosts were still being asked; or none, and it ended early all the same."""
    found = dates(FINE._replace(ended=Ended.DEADLINE), no_date("stalled"), cut_short=True)
    assert facts_of(found, "cut-short") == {"duration_s": 2.5, "missing": 2}
    assert facts_of(dates(FINE, cut_short=True), "cut-short")["missing"] == 0


def test_the_premises_are_named_where_something_rests_on_them() -> None:
    """What is believed: those who sign certificates, and how old a `Date` may be."""
    assert dates(FINE).assumes == ("certificates-honest", "lag-bounded")
    assert dates(FINE).measured_at_s == NOON + 2.5
    for unproven in (stale(3.0), mixed(0, 0.2, 0.1), FINE._replace(security=Security.PLAIN), no_date()):
        assert dates(unproven).assumes == ()


@pytest.mark.parametrize("pace", [Pace.OTHER, Pace.OPEN])
@pytest.mark.parametrize(
    "found",
    [
        date(-0.01, 0.05), date(4.9, 5.1), date(-5.1, -4.9), stale(-5.0), stale(0.4), stale(-5.0, Stale.FROZEN),
        mixed(-0.3, 7.0, 6.0), mixed(5.0, 7.0, 1.0),
    ],
)  # fmt: skip
def test_at_another_rate_nothing_is_proven_and_nothing_ok(found: DateReading, pace: Pace) -> None:
    """What the rate explains is no fault of the server's, and no premise is named."""
    run = RUN._replace(pace=pace, step_s=-2.0)
    host = this_host(fake=Fake("libfaketime", None, other_rate=True))
    for told in (dates(found, run=run, facts=host), dates(found, run=run, facts=host, ntp=servers(0.001))):
        assert (told.proven, told.assumes) == (False, ())
        assert told.status is not OK
        assert told.status is UNKNOWN or pace is Pace.OTHER
        assert {"fake-time"} <= set(ids(told))
        assert told.steps[0].command.startswith("env -u LD_PRELOAD -u FAKETIME skewcheck ")
        blamed = {"clock-stepped", "clock-slewing", "too-coarse", "api-inconsistent", "not-skew"}
        assert not set(ids(told)) & blamed
        assert ("api-stale" in ids(told)) is (found.stale is Stale.CACHED)


# --- Whatever is measured ---

ENDS = st.one_of(st.floats(-0.3, 0.3), st.floats(-3, 3), st.floats(-1e9, 1e9))


@st.composite
def outcomes(draw: st.DrawFn) -> DateReading | NoReading:
    """Return what a host may come to."""
    if draw(st.integers(0, 5)) == 0:
        reasons = ("dns-failed", "stalled", "certificate-wrong-name", "no-date", "something-new")
        return no_date(draw(st.sampled_from(reasons)), rejected=draw(st.booleans()))
    high_s = draw(ENDS)
    if draw(st.integers(0, 4)) == 0:
        return stale(high_s, draw(st.sampled_from(Stale)))
    lag = draw(st.sampled_from([FRESH, SECOND]))
    spread_s, mix = draw(st.sampled_from([(0.0, None), (0.05, Mix.REQUESTS), (1e-6, Mix.CONNECTIONS)]))
    validity = draw(st.none() | st.just(Certificate(NOON - YEAR_S, NOON + YEAR_S)))
    return date(high_s - draw(st.floats(0, 2)), high_s, lag)._replace(
        spread_s=spread_s, mix=mix, security=draw(st.sampled_from(Security)), confirmed=draw(st.booleans()),
        ended=draw(st.sampled_from(Ended)), stamped_by=draw(st.sampled_from(StampedBy)), certificate=validity,
    )  # fmt: skip


REMARKS = {"api-lag", "cut-short", "clock-slewing"}


@given(api=outcomes(), login=st.none() | outcomes(), step_s=st.sampled_from([0.0, 0.01, 5.0]))
def test_whatever_is_measured_is_told(
    api: DateReading | NoReading, login: DateReading | NoReading | None, step_s: float
) -> None:
    """Every outcome has an answer, with facts that are figures, and the status that the rule gives; never a remark."""
    found = dates(api, login, run=RUN._replace(step_s=step_s), facts=this_host(zone_s=3600))
    assert lead(found) not in REMARKS
    assert found.api is not None
    assert found.status is worse(found.status, found.api.judgement.status)
    if isinstance(api, NoReading) or api.stale is not None or api.spread_s:
        assert not found.proven
    if found.proven:
        assert found.api.judgement.proven


def test_what_is_wrong_with_the_issuer_alone_is_a_remark() -> None:
    """Only the first host keeps the status from being known."""
    found = dates(stale(3.0), stale(3.0))
    assert [(finding.id, finding.status) for finding in found.findings] == [("api-stale", UNKNOWN), ("api-stale", OK)]


def test_a_time_that_is_too_short_for_a_second_request_is_told_with_what_is_enough() -> None:
    """It depends on the path; the command that asks again has it, too."""
    once = date(-0.6, 0.4)._replace(ended=Ended.DEADLINE, confirmed=False, requests=1, min_rtt_s=0.4)
    run = RUN._replace(duration_s=1.3)
    for found in (
        dates(once, cut_short=True, run=run),
        dates(once._replace(fresh=FINE.fresh), cut_short=True, run=run),
    ):
        assert facts_of(found, "cut-short")["enough_s"] == 21
        assert found.steps[0].command == "skewcheck api --region eu-west-1 -t 21s"
    assert "enough_s" not in facts_of(dates(once._replace(requests=2), cut_short=True), "cut-short")
