"""What an API's `Date` is judged to mean: status, the two lines, findings and next step, from readings made by hand."""

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.examine import ApiRequest
from skewcheck.examine.against_api import judged
from skewcheck.judge.severity import difference, judge_date, worse
from skewcheck.model import (
    ApiHost,
    ApiSurvey,
    Certificate,
    DateExchange,
    DateReading,
    Ended,
    Fake,
    Finding,
    Hardware,
    HostFacts,
    Interval,
    Lag,
    LocalRun,
    Mix,
    NoReading,
    Pace,
    Place,
    Report,
    Role,
    Security,
    Served,
    Stale,
    StampedBy,
    Status,
    Thresholds,
    Unknown,
    Zone,
)

NOON = 1_800_014_400.0
LIMITS = Thresholds(0.1, 1.0)
RUN = LocalRun(ended_at_s=NOON, duration_s=2.5, step_s=0.0, slew_ppm=0.0, wander_s=0.0)
FRESH = Lag(0.003, known=True, because="nginx stamps each reply")
UNKNOWN_LAG = Lag(1.0, known=False, because="no Server header")
API, LOGIN = "api.mypurecloud.ie", "login.mypurecloud.ie"
YEAR_S = 365 * 86400


def reading(low_s: float, high_s: float, lag: Lag = FRESH, **more: object) -> DateReading:
    """Return what a host's `Date` proves: the local clock is between these ahead, if that `Date` is fresh."""
    skew_s = (low_s + high_s) / 2
    found = DateReading(
        url=f"https://{API}/api/v2/date",
        address="192.0.2.1",
        skew_s=skew_s,
        interval=Interval(low_s - (lag.max_s - 0.003), high_s),
        fresh=Interval(low_s, high_s),
        lag=lag,
        stamped_by=StampedBy.ORIGIN,
        security=Security.VERIFIED,
        exchanges=(DateExchange(NOON, NOON + 0.05, math.floor(NOON - skew_s), 401, 1),),
        requests=8,
        min_rtt_s=0.05,
        confirmed=True,
        ended=Ended.DECIDED,
        served=Served(401, server="nginx"),
    )
    return found._replace(**more)  # type: ignore[arg-type]


def stale(high_s: float, kind: Stale = Stale.CACHED) -> DateReading:
    """Return what an old `Date` proves: one side."""
    one_sided = Interval(-math.inf, high_s)
    return reading(high_s - 1, high_s)._replace(
        skew_s=high_s, interval=one_sided, fresh=one_sided, stale=kind, ended=Ended.STALE, confirmed=False,
        lag=Lag(math.inf, known=True, because="Age: 3"), served=Served(200, age_s=3.0, via="varnish"),
    )  # fmt: skip


def mixed(low_s: float, high_s: float, spread_s: float, mix: Mix = Mix.REQUESTS) -> DateReading:
    """Return what replies that exclude each other give."""
    return reading(low_s, high_s)._replace(spread_s=spread_s, mix=mix, confirmed=False, ended=Ended.CONTRADICTED)


def silent(reason: str = "connection-refused", *, rejected: bool = False) -> NoReading:
    """Return a host that gave nothing."""
    return NoReading(API, "192.0.2.1", reason, f"detail of {reason}", rejected=rejected)


def host(*, container: str | None = None, zone_s: int = 0, fake: Fake | None = None) -> HostFacts:
    """Return what such a host says of itself."""
    zone = Zone("Some/where", zone_s)
    return HostFacts(Unknown("not told"), (), Place(container=container), zone, Hardware(), fake, ())


def report(
    api: DateReading | NoReading,
    login: DateReading | NoReading | None = None,
    *,
    run: LocalRun = RUN,
    facts: HostFacts | None = None,
    full: bool = False,
    cut_short: bool = False,
    request: ApiRequest | None = None,
) -> Report:
    """Return the report on these outcomes, with the default limits."""
    if request is not None and request.url is not None:
        hosts: tuple[ApiHost, ...] = (ApiHost(Role.URL, "gw.example", api),)
    else:
        hosts = (ApiHost(Role.API, API, api),) + (() if login is None else (ApiHost(Role.LOGIN, LOGIN, login),))
    region = None if request is not None and request.url is not None else "eu-west-1"
    survey = ApiSurvey(region, hosts, run, cut_short=cut_short, full=full)
    return judged(survey, LIMITS, request or ApiRequest(region="eu-west-1"), facts)


def ids(found: Report) -> list[str]:
    """Return the ids of all findings."""
    return [finding.id for finding in found.findings]


def the(found: Report, name: str) -> Finding:
    """Return the one finding of that id."""
    (finding,) = (finding for finding in found.findings if finding.id == name)
    return finding


def command(found: Report) -> str:
    """Return the command of the last line."""
    assert found.next_step is not None
    return found.next_step.command


AHEAD = reading(0.17, 0.23)
FINE = reading(-0.05, 0.06)
BEHIND = reading(-3.3, -2.9)


# --- The rule ---


@pytest.mark.parametrize(
    ("found", "status", "proven"),
    [
        (None, Status.UNKNOWN, False),
        (FINE, Status.OK, True),
        (AHEAD, Status.WARNING, True),
        (BEHIND, Status.CRITICAL, True),
        (reading(0.05, 0.14), Status.OK, False),  # a limit inside
        (reading(-0.2, 1.2), Status.UNKNOWN, False),  # ok to critical
        (reading(-0.05, 0.06, UNKNOWN_LAG), Status.OK, False),  # fine if fresh
        (reading(4.9, 5.1, UNKNOWN_LAG), Status.CRITICAL, True),  # off at any age up to a second
        (reading(1.2, 1.3, UNKNOWN_LAG), Status.CRITICAL, False),
        (reading(-5.1, -4.9, UNKNOWN_LAG), Status.CRITICAL, True),
        (FINE._replace(security=Security.PLAIN), Status.OK, False),
        (BEHIND._replace(security=Security.DATES_IGNORED), Status.CRITICAL, False),
        (FINE._replace(confirmed=False), Status.OK, False),
        (reading(-0.5, 0.55)._replace(confirmed=False), Status.UNKNOWN, False),  # one reply, say
        (reading(0.11, 1.2)._replace(confirmed=False), Status.WARNING, False),  # off in any case
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
    found = reading(low_s, low_s + width_s, Lag(lag_s, known=True, because="it is so"))
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
    found = difference(reading(0.1, 0.2, UNKNOWN_LAG), reading(-0.3, -0.25))
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


# --- The first line ---


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (AHEAD, f"WARNING  your clock is 200 ms AHEAD of {API}, proven between 170 and 230 ms"),
        (FINE, f"OK  your clock is within 60 ms of {API}, proven"),
        (
            reading(0.17, 0.23, UNKNOWN_LAG),
            (
                f"WARNING  your clock is 200 ms AHEAD of {API}, between 170 and 230 ms if its Date is fresh; if "
                "it is up to 1 s old, perhaps 827 ms behind"
            ),
        ),
        (
            reading(-0.05, 0.06, UNKNOWN_LAG),
            (
                f"OK  your clock is within 60 ms of {API} if its Date is fresh; if it is up to 1 s old, perhaps 1.05 s "
                "behind"
            ),
        ),
        (
            reading(4.9, 5.1, UNKNOWN_LAG),
            (
                f"CRITICAL  your clock is 5 s AHEAD of {API}, between 4.9 and 5.1 s if its Date is fresh; "
                "proven, and at least 3.9 s ahead if it is up to 1 s old"
            ),
        ),
        (
            reading(-0.33, -0.29, UNKNOWN_LAG),
            f"WARNING  your clock is 310 ms BEHIND {API}, by at least 290 ms whatever the age of its Date",
        ),
        (
            reading(0.05, 0.14),
            (
                f"OK  your clock is 95 ms AHEAD of {API}, between 50 and 140 ms; on which side of the 100 ms "
                "limit is not proven"
            ),
        ),
        (
            reading(-0.2, 1.2),
            (
                f"CANNOT TELL  your clock is between 0.2 s behind and 1.2 s ahead of {API}: too coarse for "
                "limits of 100 ms and 1 s"
            ),
        ),
        (
            stale(3.0),
            f"CANNOT TELL  your clock is at most 3 s ahead of {API}: a cache answers, and its Date can be of any age",
        ),
        (
            stale(-3.0, Stale.FROZEN),
            f"CRITICAL  your clock is at least 3 s BEHIND {API}: its Date stands still, and can be of any age",
        ),
        (
            mixed(-0.02, 0.2, 0.1804),
            f"CANNOT TELL  {API} tells more than one time: its replies exclude each other by at least 180 ms",
        ),
        (
            mixed(2.0, 2.5, 0.3),
            (
                f"CRITICAL  your clock is 2.25 s AHEAD of {API}, between 2.0 and 2.5 s; its replies exclude "
                "each other by at least 300 ms"
            ),
        ),
        (
            FINE._replace(security=Security.PLAIN),
            f"OK  your clock is within 60 ms of {API}; plain http: nobody vouches for who answered",
        ),
        (
            FINE._replace(confirmed=False, ended=Ended.DEADLINE),
            f"OK  your clock is within 60 ms of {API}; the time was up before that was confirmed",
        ),
        (
            FINE._replace(confirmed=False, ended=Ended.DEADLINE, requests=1),
            f"OK  your clock is within 60 ms of {API}; the time was up before a second request",
        ),
        (
            reading(-0.6, 0.4, confirmed=False, ended=Ended.DEADLINE, requests=1),
            (
                f"CANNOT TELL  your clock is between 600 ms behind and 400 ms ahead of {API}: too coarse for limits of "
                "100 ms and 1 s; the time was up before a second request"
            ),
        ),
        (
            reading(-0.2, 0.15, confirmed=False, ended=Ended.DEADLINE),
            (
                f"CANNOT TELL  your clock is between 200 ms behind and 150 ms ahead of {API}: too coarse for limits of "
                "100 ms and 1 s; the time was up before that was confirmed"
            ),
        ),
        (
            AHEAD._replace(confirmed=False),
            f"WARNING  your clock is 200 ms AHEAD of {API}, between 170 and 230 ms; not confirmed by a second look",
        ),
        (
            reading(4 * YEAR_S, 4 * YEAR_S + 1, security=Security.DATES_IGNORED),
            (
                f"CRITICAL  your clock is 1460 d AHEAD of {API}, between 126144000 and "
                "126144001 s; by this clock its certificate is not valid, so TLS vouches for its name alone"
            ),
        ),
        (silent(), f"CANNOT TELL  {API} was not reached: detail of connection-refused"),
        (
            silent("certificate-wrong-name", rejected=True),
            f"CANNOT TELL  {API} was not believed: detail of certificate-wrong-name",
        ),
        (silent("no-date", rejected=True), f"CANNOT TELL  {API} gave no usable time: detail of no-date"),
        (silent("stalled"), f"CANNOT TELL  {API} did not answer: detail of stalled"),
    ],
)
def test_the_first_line(found: DateReading | NoReading, line: str) -> None:
    """Whose clock, by how much, how sure: word for word."""
    assert report(found).verdict == line


def test_in_a_container_it_is_the_nodes_clock() -> None:
    """A container has none of its own."""
    assert f"this node's clock is within 60 ms of {API}" in report(FINE, facts=host(container="docker")).verdict


def test_a_step_in_the_middle_is_the_reason() -> None:
    """A range that is too coarse because the clock was set says so, and how to measure again."""
    found = report(reading(-0.01, 7.0), run=RUN._replace(step_s=7.0, slew_ppm=900.0))
    assert found.verdict == "CANNOT TELL  your clock was set by 7 s while it was being measured"
    assert command(found) == "skewcheck api --region eu-west-1"
    assert ids(found) == ["stepped", "slewing"]


@pytest.mark.parametrize("pace", [Pace.OTHER, Pace.OPEN])
@pytest.mark.parametrize(
    "api",
    [
        reading(-0.01, 0.05), reading(4.9, 5.1), reading(-5.1, -4.9, UNKNOWN_LAG), stale(-5.0), stale(0.4),
        stale(-5.0, Stale.FROZEN), mixed(-0.3, 7.0, 6.0), mixed(5.0, 7.0, 1.0),
    ],
)  # fmt: skip
def test_at_another_rate_nothing_is_proven_and_nothing_ok(api: DateReading, pace: Pace) -> None:
    """It is said in words; what the rate explains is no fault of the server's, and no premise is named."""
    found = report(api, run=RUN._replace(pace=pace, step_s=-2.0), facts=host(fake=Fake("libfaketime", None)))
    assert (found.proven, found.assumes) == (False, ())
    assert found.status is not Status.OK
    assert found.status is Status.UNKNOWN or pace is Pace.OTHER
    assert found.verdict.endswith(", not proven, as time runs at another rate in this process")
    assert found.verdict.count("proven") == 1
    assert "from moment to moment" in found.meaning
    assert command(found) == "env -u LD_PRELOAD -u FAKETIME skewcheck api --region eu-west-1"
    assert not set(ids(found)) & {"stepped", "slewing", "too-coarse", "api-inconsistent", "api-frozen", "api-late"}


def test_at_another_rate_it_is_no_matter_of_time_that_nobody_answered() -> None:
    """What waits is given another time than it was meant to have: run it without that first."""
    run = RUN._replace(pace=Pace.OTHER)
    found = report(silent("stalled"), run=run, facts=host(fake=Fake("libfaketime", None)))
    assert command(found) == "env -u LD_PRELOAD -u FAKETIME skewcheck api --region eu-west-1"


# --- The issuer ---


def test_an_issuer_that_is_ahead() -> None:
    """The one way in which the service could see its own token as issued in the future: the worse status counts."""
    found = report(FINE, reading(-0.45, -0.35))
    assert found.status is Status.WARNING
    assert not found.proven
    assert found.verdict == (
        f"WARNING  {LOGIN}, which issues tokens, is 300 to 510 ms AHEAD of {API} if both their Dates are fresh; your "
        f"clock is within 60 ms of {API}, proven"
    )
    assert "which is not known" in found.meaning
    finding = the(found, "issuer-ahead")
    assert finding.status is Status.WARNING
    assert finding.summary == (
        f"{LOGIN} is 400 ms ahead of {API} (300 to 510 ms ahead if both their Dates are fresh): if Genesys "
        "Cloud checks a token's issue time, which is not known, at most 51% of first requests are refused"
    )
    assert found.api is not None
    assert found.api.issuer_ahead is not None
    assert found.api.issuer_ahead.fresh == pytest.approx(Interval(0.30, 0.51))


def test_an_issuer_that_is_behind() -> None:
    """Its tokens end that much early; how long at least decides on the status."""
    found = report(FINE, reading(1.2, 1.3, UNKNOWN_LAG))
    assert found.status is Status.CRITICAL
    assert f"is 1.14 to 1.35 s BEHIND {API} if both their Dates are fresh" in found.verdict
    finding = the(found, "issuer-behind")
    assert finding.status is Status.CRITICAL
    assert finding.summary.startswith(
        f"{LOGIN} is 1.25 s behind {API} (1.14 to 1.35 s behind if both their Dates are fresh"
    )
    assert "0.4 s behind" not in finding.summary
    assert "ends that much before its time" in found.meaning


def test_an_issuer_beside_a_date_of_any_age() -> None:
    """One end is open then: it is at least so far, and no range is made of that."""
    behind = report(stale(0.02), reading(3.05, 3.15))
    assert f"{LOGIN}, which issues tokens, is at least 3.03 s BEHIND {API}" in behind.verdict
    assert the(behind, "issuer-behind").summary == (
        f"{LOGIN} is at least 3.03 s behind {API} (how much more is open: the Date of one of them can be of any age): "
        f"a token's life ends that much before its time at {API}"
    )
    ahead = report(FINE, stale(-3.0))
    assert f"{LOGIN}, which issues tokens, is at least 2.95 s AHEAD of {API}; your" in ahead.verdict
    assert "is at least 2.95 s ahead of" in the(ahead, "issuer-ahead").summary
    for told in (behind, ahead):
        assert "any amount" not in f"{told.verdict} {[finding.summary for finding in told.findings]}"


def test_an_issuer_whose_difference_may_be_none_is_no_finding() -> None:
    """A range that holds 0 accuses nobody, and the nearest point of one that doesn't decides on the status."""
    assert ids(report(FINE, reading(-0.05, 0.05))) == []
    near = report(reading(0.0, 0.02), reading(-0.3, -0.02))
    assert the(near, "issuer-ahead").status is Status.OK
    assert near.status is Status.OK


def test_where_only_the_issuer_answers() -> None:
    """The API's clock is the one asked for, so it can't be told; what is known is shown all the same."""
    found = report(silent(), AHEAD)
    assert found.verdict == (
        f"CANNOT TELL  {API} was not reached: detail of connection-refused; your clock is 200 ms AHEAD of {LOGIN}, "
        "proven between 170 and 230 ms"
    )
    assert (found.status, found.proven, found.exit_code) == (Status.UNKNOWN, False, 3)
    assert found.api is not None
    assert found.api.issuer_ahead is None
    assert "nothing can be said" in found.meaning


def test_where_only_the_api_answers() -> None:
    """The verdict stands, and why the other is missing is a remark."""
    found = report(FINE, silent("dns-timeout"))
    assert found.verdict == f"OK  your clock is within 60 ms of {API}, proven"
    assert the(found, "dns-failed").status is Status.OK


# --- What it means ---


@pytest.mark.parametrize(
    ("found", "part"),
    [
        (FINE, "the clock is an unlikely cause of a 401"),
        (reading(-0.05, 0.06, UNKNOWN_LAG), "if that Date is fresh, the clock is an unlikely cause"),
        (FINE._replace(stamped_by=StampedBy.EDGE), "this host and the edge of the API agree so well"),
        (AHEAD, "issued in the future to a strict server"),
        (reading(7 * 3600, 7 * 3600 + 0.1), "looks dead on arrival"),
        (BEHIND, "with a buffer below 3.3 s can come too late"),
        (reading(-0.05, 0.35), "ahead and behind are different illnesses"),
        (stale(3.0), "nothing can be said"),
        (stale(-3.0), "with a buffer below 3 s comes too late"),
        (mixed(-0.02, 0.2, 0.18), "refuse a token now and take the same one a moment later"),
    ],
)
def test_the_second_line(found: DateReading, part: str) -> None:
    """By direction and size; whose clock is off stays open, which the finding says."""
    assert part in report(found).meaning


# --- Findings ---


def test_a_skew_leaves_open_whose_clock_is_off() -> None:
    """One API is one witness: the finding says so, and the next command asks others."""
    found = report(reading(0.17, 0.23, UNKNOWN_LAG))
    assert ids(found) == ["api-skew", "lag-unknown"]
    assert the(found, "api-skew").summary == (
        f"the local clock against {API}: 200 ms ahead (170 to 230 ms ahead if its Date is fresh; if it is up to 1 s "
        "old, perhaps 827 ms behind); whose clock is off is not settled by this alone"
    )
    assert the(found, "api-skew").status is Status.WARNING
    assert command(found) == "skewcheck clock"
    old = report(stale(-3.0))
    assert "at least 3 s behind; whose clock" in the(old, "api-skew").summary


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (FINE, []),
        (FINE._replace(stamped_by=StampedBy.EDGE), ["api-edge"]),
        (FINE._replace(stamped_by=StampedBy.UNKNOWN), []),
        (FINE._replace(security=Security.PLAIN), ["plain-http"]),
        (FINE._replace(served=Served(302, location="https://elsewhere.example/")), ["redirected"]),
        (FINE._replace(served=Served(201, location="https://elsewhere.example/")), []),
        (FINE._replace(ended=Ended.TOLD_TO_STOP, served=Served(429)), ["rate-limited"]),
        (reading(-0.05, 0.06, UNKNOWN_LAG), ["lag-unknown"]),
        (reading(-0.05, 0.06, Lag(0.5, known=True, because="envoy")), ["api-lags"]),
        (reading(-0.05, 0.06, UNKNOWN_LAG, late_s=0.0057), ["lag-unknown", "api-late"]),
        (reading(4.9, 5.1, UNKNOWN_LAG), ["api-skew"]),
        (reading(-0.2, 1.2), ["too-coarse"]),
        (reading(-0.05, 0.35), ["too-coarse"]),
        (reading(0.05, 0.14), []),
        (stale(3.0), ["api-cached"]),
        (stale(3.0, Stale.FROZEN), ["api-frozen"]),
        (mixed(-0.02, 0.2, 0.18), ["api-inconsistent"]),
        (silent("dns-no-such-name"), ["dns-failed"]),
        (silent("no-route"), ["no-network"]),
        (silent("proxy-auth"), ["proxy-failed"]),
        (silent("proxy-unusable"), ["proxy-failed"]),
        (silent("certificate-unknown-ca", rejected=True), ["api-untrusted"]),
        (silent("rate-limited", rejected=True), ["rate-limited"]),
        (silent("not-http", rejected=True), ["api-no-date"]),
        (silent("closed-early"), ["api-unreached"]),
        (silent("tls-failed", rejected=True), ["api-unreached"]),
        (silent("ca-file-unreadable"), ["api-unreached"]),
    ],
)
def test_each_finding_and_its_neighbours(found: DateReading | NoReading, expected: list[str]) -> None:
    """Exactly what is to be told of each."""
    assert ids(report(found)) == expected


def test_what_a_contradiction_can_be() -> None:
    """Per connection it is several servers; within one it may be an old `Date`, or a clock that was set, as well."""
    apart = the(report(mixed(-0.02, 0.2, 0.18, Mix.CONNECTIONS)), "api-inconsistent")
    assert apart.summary == (
        f"the replies of {API} exclude each other by at least 180 ms: within each connection they agree, so there are "
        "several servers behind that name"
    )
    assert apart.status is Status.UNKNOWN
    within = the(report(mixed(-0.02, 0.06, 0.02)), "api-inconsistent")
    assert "its Date is old at times, or its clock was set" in within.summary
    assert within.status is Status.OK


def test_a_late_date_is_a_remark() -> None:
    """By how much at least, and that nothing is left to do about it: the status stays."""
    found = report(reading(-0.05, 0.06, UNKNOWN_LAG, late_s=0.0057))
    finding = the(found, "api-late")
    assert finding.summary.startswith(f"the Date of {API} was late by at least 5.7 ms at times, or")
    assert finding.summary.endswith(": allowed for")
    assert (finding.status, found.status, found.proven) == (Status.OK, Status.OK, False)


def test_whose_fault_an_invalid_certificate_is() -> None:
    """By the server's own Date it is valid: the local clock's. By that, too, it is not: its owner's."""
    ours = reading(4 * YEAR_S, 4 * YEAR_S + 1, security=Security.DATES_IGNORED)
    ours = ours._replace(certificate=Certificate(NOON - 4.2 * YEAR_S, NOON - 3 * YEAR_S))
    found = report(ours)
    assert ids(found) == ["api-skew", "tls-dates-ignored"]
    assert the(found, "tls-dates-ignored").summary == (
        f"by the local clock the certificate of {API} ended 1095 d ago, while by its server's Date it is valid: TLS "
        "fails for other programs here; it was asked without these dates"
    )
    assert (found.status, found.proven) == (Status.CRITICAL, False)
    early = reading(-3 * YEAR_S, 1 - 3 * YEAR_S, security=Security.DATES_IGNORED)
    early = early._replace(certificate=Certificate(NOON + 2 * YEAR_S, NOON + 4 * YEAR_S))
    assert "begins only in 730 d" in the(report(early), "tls-dates-ignored").summary
    theirs = FINE._replace(security=Security.DATES_IGNORED, certificate=Certificate(NOON - YEAR_S, NOON - 86400))
    found = report(theirs)
    assert ids(found) == ["certificate-expired"]
    assert the(found, "certificate-expired").summary == (
        f"by its own Date the certificate of {API} ended 1 d ago: its owner's fault, not the local clock's"
    )
    assert found.verdict == (
        f"WARNING  your clock is within 60 ms of {API}; its certificate is not valid by its own Date, which is not "
        "this clock's fault"
    )
    beside = report(FINE, theirs)
    assert beside.verdict == (
        f"WARNING  the certificate of {LOGIN} is not valid by its own Date; your clock is within 60 ms of {API}, proven"
    )
    above = FINE._replace(security=Security.DATES_IGNORED, certificate=Certificate(NOON - YEAR_S, NOON + YEAR_S))
    assert "a certificate that" in the(report(above), "tls-dates-ignored").summary


@pytest.mark.parametrize(
    ("skew_s", "zone_s", "part"),
    [
        (7200, 7200, "2 h apart: likely local time was taken for UTC, or UTC for local time: this host's own zone is"),
        (-7200, 7200, "likely"),
        (3600, 7200, "give or take the hour of summer time"),
        (10800, 7200, "give or take the hour of summer time"),
        (19800, 0, "5 h 30 min apart: a whole quarter of an hour, as zones are: possibly"),
        (-900, 7200, "15 min apart: a whole quarter"),
        (50400, 0, "14 h apart"),
        (51300, 0, None),
        (0, 7200, None),
        (7206, 7200, None),
        (400, 0, None),
    ],
)
def test_a_zone_taken_for_utc(skew_s: float, zone_s: int, part: str | None) -> None:
    """A whole quarter of an hour apart is a zone: likely this host's own, else possible; anything else isn't one."""
    found = report(reading(skew_s - 0.03, skew_s + 0.03), facts=host(zone_s=zone_s))
    told = [finding.summary for finding in found.findings if finding.id == "time-zone"]
    assert len(told) == (part is not None)
    assert part is None or part in told[0]


def test_a_zone_without_knowing_the_hosts_own() -> None:
    """The quarter alone is enough to say `possibly`."""
    assert "possibly" in the(report(reading(7199.9, 7200.1)), "time-zone").summary
    assert "time-zone" not in ids(report(stale(7200.0)))
    assert "time-zone" not in ids(report(reading(7199.9, 7200.1), facts=host(fake=Fake("libfaketime", 7200.0))))
    assert "time-zone" not in ids(report(reading(7199.9, 7200.1), facts=host(fake=Fake("libfaketime", None))))


def test_what_the_host_says_stands_beside_it() -> None:
    """A fake is told and mended; what needs UTC, as a daemon's being wrong, isn't claimed."""
    found = report(reading(7199.9, 7200.1), facts=host(fake=Fake("libfaketime", 7200.0)))
    assert ids(found) == ["api-skew", "faked"]
    assert command(found) == "env -u LD_PRELOAD -u FAKETIME skewcheck api --region eu-west-1"


def test_the_deadline_and_who_could_have_told_more() -> None:
    """Which of the hosts was still being asked."""
    found = report(FINE._replace(ended=Ended.DEADLINE), silent("stalled"), cut_short=True)
    assert the(found, "cut-short").summary == (
        f"the deadline ended the measurement after 2.5 s: {API} and {LOGIN} could have told more"
    )
    assert "not all that could be told was told" in the(report(FINE, cut_short=True), "cut-short").summary


def test_a_time_that_is_too_short_for_a_second_request_is_told_with_what_is_enough() -> None:
    """It depends on the path, and on how narrow it is to be; the command that asks again has it, too."""
    once = FINE._replace(ended=Ended.DEADLINE, confirmed=False, requests=1, min_rtt_s=0.4)
    run = RUN._replace(duration_s=1.3)
    for full, enough in ((False, "20s"), (True, "30s")):
        found = report(once, cut_short=True, run=run, full=full)
        said = the(found, "cut-short")
        assert said.summary == (
            f"the deadline ended the measurement after 1.3 s: {API} could have told more; that was too short for a "
            f"second request, and -t {enough} is enough"
        )
        assert said.remedy == (f"allow more time with -t {enough}",)
        assert command(found) == f"skewcheck api --region eu-west-1 -t {enough}"
    assert "second request" not in the(report(once._replace(requests=2), cut_short=True), "cut-short").summary


ENDS = st.one_of(st.floats(-0.3, 0.3), st.floats(-3, 3), st.floats(-1e9, 1e9))


@st.composite
def outcomes(draw: st.DrawFn) -> DateReading | NoReading:
    """Return what a host may come to."""
    if draw(st.integers(0, 5)) == 0:
        reasons = ("dns-failed", "stalled", "certificate-wrong-name", "no-date", "something-new")
        return silent(draw(st.sampled_from(reasons)), rejected=draw(st.booleans()))
    high_s = draw(ENDS)
    if draw(st.integers(0, 4)) == 0:
        return stale(high_s, draw(st.sampled_from(Stale)))
    lag = draw(st.sampled_from([FRESH, UNKNOWN_LAG]))
    spread_s, mix = draw(st.sampled_from([(0.0, None), (0.05, Mix.REQUESTS), (1e-6, Mix.CONNECTIONS)]))
    validity = draw(st.none() | st.just(Certificate(NOON - YEAR_S, NOON + YEAR_S)))
    return reading(high_s - draw(st.floats(0, 2)), high_s, lag)._replace(
        spread_s=spread_s, mix=mix, security=draw(st.sampled_from(Security)), confirmed=draw(st.booleans()),
        ended=draw(st.sampled_from(Ended)), stamped_by=draw(st.sampled_from(StampedBy)), certificate=validity,
    )  # fmt: skip


@given(api=outcomes(), login=st.none() | outcomes(), step_s=st.sampled_from([0.0, 5.0]))
def test_whatever_is_measured_is_told(
    api: DateReading | NoReading, login: DateReading | NoReading | None, step_s: float
) -> None:
    """Every outcome has its sentences: the status's own word, no figure that isn't one, and one command."""
    found = report(api, login, run=RUN._replace(step_s=step_s), facts=host(zone_s=3600))
    words = {Status.OK: "OK", Status.UNKNOWN: "CANNOT TELL"}
    assert found.verdict.startswith(words.get(found.status, found.status.name) + "  ")
    assert found.meaning.startswith("For a token: ")
    assert command(found)
    for text in (found.verdict, found.meaning, *(finding.summary for finding in found.findings)):
        assert not set(re.findall(r"[a-z]+", text)) & {"inf", "nan", "none", "unbounded", "offset"}
        assert "  " not in text.partition("  ")[2]
    if isinstance(api, NoReading) or api.stale is not None or api.spread_s:
        assert not found.proven
    worst = [finding.status for finding in found.findings]
    if found.status in (Status.WARNING, Status.CRITICAL):
        assert found.status in worst


# --- What next ---


@pytest.mark.parametrize(
    ("found", "full", "expected"),
    [
        (FINE, False, "skewcheck clock"),
        (AHEAD, False, "skewcheck clock"),
        (stale(3.0), False, "skewcheck clock"),
        (mixed(-0.02, 0.2, 0.18), False, "skewcheck clock"),
        (reading(-0.05, 0.06, UNKNOWN_LAG), False, "skewcheck clock"),
        (reading(-0.2, 1.2), False, "skewcheck api --region eu-west-1 --full"),
        (reading(-0.2, 1.2), True, "skewcheck clock"),
        (reading(0.05, 0.14), False, "skewcheck api --region eu-west-1 --full"),
        (reading(0.05, 0.14, ended=Ended.NARROW), False, "skewcheck clock"),
        (reading(0.05, 0.14, ended=Ended.DEADLINE), False, "skewcheck api --region eu-west-1 -t 30s"),
        (silent("connection-refused"), False, f"curl -sSIv https://{API}/"),
        (
            silent("connection-refused")._replace(server=f"https://{API}/api/v2/date"),
            False,
            f"curl -sSIv https://{API}/api/v2/date",
        ),
        (silent("dns-failed"), False, f"nslookup {API}"),
        (silent("proxy-refused"), False, "env | grep -i _proxy"),
        (silent("certificate-unknown-ca", rejected=True), False, "skewcheck api --region eu-west-1 --ca-file FILE"),
        (silent("rate-limited", rejected=True), False, "skewcheck api --region eu-west-1"),
        (silent("stalled"), False, "skewcheck api --region eu-west-1 -t 30s"),
        (silent("ca-file-unreadable"), False, "env | grep SSL_CERT"),
        (reading(-0.2, 1.2, ended=Ended.TOLD_TO_STOP), False, "skewcheck api --region eu-west-1"),
        (reading(-0.2, 1.2, ended=Ended.LOST), False, "skewcheck api --region eu-west-1"),
    ],
)
def test_the_last_line(found: DateReading | NoReading, full: bool, expected: str) -> None:
    """One command that settles it."""
    assert command(report(found, full=full)) == expected


def test_a_url_is_asked_again_as_it_was_named() -> None:
    """Quoted for a shell, with the options that matter; another file of authorities replaces the one given."""
    request = ApiRequest(url="https://gw.example/a;b", ca_file="/etc/my ca.pem", date_fresh=True)
    found = report(reading(-0.2, 1.2), request=request)
    assert command(found) == (
        "skewcheck api --url 'https://gw.example/a;b' --ca-file '/etc/my ca.pem' --date-fresh --full"
    )
    refused = report(silent("certificate-unknown-ca", rejected=True), request=request)
    assert command(refused) == "skewcheck api --url 'https://gw.example/a;b' --date-fresh --ca-file FILE"
    assert command(report(silent(), request=request)) == "curl -sSIv 'https://gw.example/a;b'"
    assert command(report(silent("ca-file-unreadable"), request=request)) == "ls -l '/etc/my ca.pem'"


def test_years_are_not_counted_in_seconds() -> None:
    """Line 1 says what a person can grasp; the range beside it stays exact."""
    said = report(reading(4 * 365 * 86400.0, 4 * 365 * 86400.0 + 0.5)).verdict
    assert said.startswith(f"CRITICAL  your clock is 1460 d AHEAD of {API}, proven between 1261")


def test_what_the_age_of_a_date_leaves_open_is_not_yet_blamed_on_a_clock() -> None:
    """Where an old `Date` alone could explain it, NTP is named for that, and else for whose clock it is."""
    why = {False: "settles what the age of a Date leaves open", True: "tells whether it is this clock that is off"}
    for proven, found in ((False, reading(0.2, 0.4, UNKNOWN_LAG)), (True, reading(-0.4, -0.2, UNKNOWN_LAG))):
        step = report(found).next_step
        assert step is not None
        assert step.command == "skewcheck clock"
        assert why[proven] in step.why


def test_what_is_wrong_with_the_service_itself_leads_to_its_owner() -> None:
    """No clock of this host mends it: what to hand to support, and what its certificate says."""
    assert command(report(FINE, reading(-0.45, -0.35))) == "skewcheck api --region eu-west-1 --full -v"
    ended = Certificate(NOON - 2 * YEAR_S, NOON - YEAR_S)
    outdated = FINE._replace(security=Security.DATES_IGNORED, certificate=ended)
    assert command(report(outdated)).startswith("curl -skvI https://")


def test_hosts_that_are_silent_alike_are_told_of_once() -> None:
    """One sentence for both where the reason is one; another one's is no part of it."""
    both = report(silent("dns-failed"), silent("dns-failed")).verdict
    assert both.startswith(f"CANNOT TELL  {API} and {LOGIN} were not reached: ")
    assert LOGIN not in report(silent("dns-failed"), silent("stalled")).verdict


def test_the_premises_are_named_where_something_rests_on_them() -> None:
    """What is believed: those who sign certificates, and how old a `Date` may be. The API's clock isn't UTC."""
    assert report(FINE).assumes == ("certificates-honest", "lag-bounded")
    assert report(FINE).true_time is None
    assert report(FINE).measured_at_s == NOON
    for unproven in (stale(3.0), mixed(0, 0.2, 0.1), FINE._replace(security=Security.PLAIN), silent()):
        assert report(unproven).assumes == ()
