"""Measurements made by hand, and the report that is made of them: what servers, an API and this host may say."""

import math
from collections.abc import Sequence

from skewcheck.judge import catalogue
from skewcheck.judge.report import report
from skewcheck.measure.consensus import agree
from skewcheck.model import (
    ApiHost,
    ApiSurvey,
    DateExchange,
    DateReading,
    Ended,
    Exchange,
    Fake,
    Finding,
    Hardware,
    HostFacts,
    Interval,
    Lag,
    LocalRun,
    Measured,
    Mix,
    NoReading,
    Place,
    Reading,
    Report,
    Request,
    Role,
    Security,
    Served,
    ServerList,
    Stale,
    StampedBy,
    Status,
    Survey,
    Thresholds,
    Unknown,
    Zone,
)

NOON = 1_800_014_400.0
"""2027-01-15T12:00:00Z."""
LIMITS = Thresholds(0.1, 1.0)
RUN = LocalRun(NOON, duration_s=0.25, step_s=0.0, slew_ppm=0.0, wander_s=0.0)
FRESH = Lag(0.003, known=True, because="nginx stamps each reply")
SECOND = Lag(1.0, known=False, because="no Server header")
API, LOGIN = "api.mypurecloud.ie", "login.mypurecloud.ie"
YEAR_S = 365 * 86400
OK, WARNING, CRITICAL, UNKNOWN = Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN

Ntp = Sequence[Reading | NoReading]


# --- What NTP servers say ---


def server(name: str, low_s: float, high_s: float, *, delay_s: float = 0.01, distance_s: float = 0.006) -> Reading:
    """Return what the server *name* says, at so great a delay and with so much doubt of its own."""
    exchange = Exchange(0.0, 0.0, 0.0, delay_s, 0, 4, 2, 6, 0.0, 0.0, distance_s, "192.0.2.9", 30.0)
    return Reading(name, "192.0.2.1", (low_s + high_s) / 2, Interval(low_s, high_s), delay_s, (exchange,))


def servers(skew_s: float, margin_s: float = 0.01, count: int = 3) -> list[Reading | NoReading]:
    """Return what *count* servers say of a clock that is so far ahead of UTC."""
    return [server(f"ntp{n}.example", skew_s - margin_s, skew_s + margin_s) for n in range(count)]


def mute(
    name: str, reason: str = "no-reply", *, address: str | None = "192.0.2.2", rejected: bool = False
) -> NoReading:
    """Return a server that gave nothing."""
    return NoReading(name, address, reason, f"detail of {reason}", rejected=rejected)


SILENT_NTP: Ntp = [mute(f"ntp{n}.example") for n in range(3)]


# --- What an API says ---


def date(low_s: float, high_s: float, lag: Lag = FRESH, **more: object) -> DateReading:
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


def api(skew_s: float, margin_s: float = 0.02, lag: Lag = FRESH) -> DateReading:
    """Return what the API says of a clock that is so far ahead of its own."""
    return date(skew_s - margin_s, skew_s + margin_s, lag)


def stale(high_s: float, kind: Stale = Stale.CACHED) -> DateReading:
    """Return what an old `Date` proves: one side."""
    one_sided = Interval(-math.inf, high_s)
    return date(high_s - 1, high_s)._replace(
        skew_s=high_s, interval=one_sided, fresh=one_sided, stale=kind, ended=Ended.STALE, confirmed=False,
        lag=Lag(math.inf, known=True, because="Age: 18000"), served=Served(200, age_s=18000.0, via="varnish"),
    )  # fmt: skip


def mixed(low_s: float, high_s: float, spread_s: float, mix: Mix = Mix.REQUESTS) -> DateReading:
    """Return what replies that exclude each other give."""
    return date(low_s, high_s)._replace(spread_s=spread_s, mix=mix, confirmed=False, ended=Ended.CONTRADICTED)


def no_date(reason: str = "connection-refused", *, rejected: bool = False) -> NoReading:
    """Return a host that gave nothing."""
    return NoReading(f"https://{API}/api/v2/date", "192.0.2.1", reason, f"detail of {reason}", rejected=rejected)


# --- What this host says ---


def this_host(*, container: str | None = None, zone_s: int = 0, fake: Fake | None = None) -> HostFacts:
    """Return what such a host says of itself."""
    zone = Zone("Some/where", zone_s)
    return HostFacts(Unknown("not told"), (), Place(container=container), zone, Hardware(), fake, ())


# --- What it comes to ---


def clock(
    *outcomes: Reading | NoReading,
    listed: ServerList = ServerList.PUBLIC,
    run: LocalRun = RUN,
    cut_short: bool = False,
    own: tuple[str, ...] = (),
    witness: Interval | None = None,
    facts: HostFacts | None = None,
    request: Request | None = None,
) -> Report:
    """Return the report on these servers' answers."""
    survey = Survey(agree(outcomes), listed, run, cut_short, 1, own, witness)
    asked = Request(command="clock") if request is None else request
    return checked(report(asked, Measured(NOON, host=facts, ntp=survey)))


def dates(
    first: DateReading | NoReading,
    login: DateReading | NoReading | None = None,
    *,
    run: LocalRun = RUN,
    facts: HostFacts | None = None,
    cut_short: bool = False,
    ntp: Ntp | None = None,
    own: tuple[str, ...] = (),
    region: str | None = "eu-west-1",
) -> Report:
    """Return the report on these hosts' `Date`s, beside these NTP servers' answers where there are any."""
    hosts = (ApiHost(Role.API, API, first),) + (() if login is None else (ApiHost(Role.LOGIN, LOGIN, login),))
    if region is None:
        hosts = (ApiHost(Role.URL, "gw.example", first),)
    dated = ApiSurvey(region, hosts, run._replace(ended_at_s=NOON + 2.5, duration_s=2.5), cut_short)
    asked = Request(
        command="api" if ntp is None else "check",
        ask_ntp=ntp is not None,
        region=region,
        url="https://gw.example/" if region is None else None,
    )
    survey = None if ntp is None else Survey(agree(ntp), ServerList.PUBLIC, run, cut_short=False, own=own)
    return checked(report(asked, Measured(NOON, host=facts, ntp=survey, api=dated)))


def check(
    ntp: Ntp, first: DateReading | NoReading, login: DateReading | NoReading | None = None, **more: object
) -> Report:
    """Return what `check` makes of these answers."""
    return dates(first, login, ntp=ntp, **more)  # type: ignore[arg-type]


def checked(found: Report) -> Report:
    """Return *found*, which holds what every report does.

    It has findings, the worst first, and the status is that of the first; each has exactly the facts that the catalogue
    lists, none is infinite or not a number, and an estimate lies in its range.
    """
    order = [CRITICAL, WARNING, UNKNOWN, OK]
    ranks = [order.index(finding.status) for finding in found.findings]
    assert ranks == sorted(ranks)
    assert found.lead is not None
    assert found.status is found.lead.status
    assert found.exit_code == {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}[found.status]
    for finding in found.findings:
        named = [name for name, _ in finding.facts]
        assert sorted(named) == sorted(catalogue.CATALOGUE[finding.id].facts.split()), finding
        assert all(math.isfinite(value) for _, value in finding.facts if isinstance(value, float)), finding
        skew_s, low_s, high_s = (finding.fact(name) for name in ("skew_s", "low_s", "high_s"))
        if isinstance(skew_s, float) and isinstance(low_s, float) and isinstance(high_s, float):
            assert low_s <= skew_s <= high_s
            assert high_s - low_s <= LIMITS.warning_s
    return found


def ids(found: Report) -> list[str]:
    """Return the ids of all findings."""
    return [finding.id for finding in found.findings]


def lead(found: Report) -> str:
    """Return the id of the finding that answers."""
    return found.findings[0].id


def the(found: Report, name: str) -> Finding:
    """Return the one finding of that id."""
    (finding,) = (finding for finding in found.findings if finding.id == name)
    return finding


def facts_of(found: Report, name: str) -> dict[str, object]:
    """Return the facts of the one finding of that id that have a value."""
    return {key: value for key, value in the(found, name).facts if value is not None}
