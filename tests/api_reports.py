"""Reports on the `Date` headers of an API: some made by hand, and arbitrary ones for hypothesis."""

import math

from hypothesis import strategies as st
from reports import ALL_WELL, FOREIGN, IDS, MARGINS, NOON, RUN, SENTENCES, SKEWS, TIMES, intervals

from skewcheck.judge.report import report
from skewcheck.model import (
    ApiHost,
    ApiPart,
    ApiSurvey,
    Certificate,
    DateExchange,
    DateReading,
    Difference,
    Ended,
    Interval,
    Judgement,
    Lag,
    LocalRun,
    Measured,
    Mix,
    NodeReply,
    Nodes,
    NoReading,
    OddDate,
    Report,
    Request,
    Role,
    Security,
    SeenClock,
    Served,
    Stale,
    StampedBy,
    Status,
)

FRESH = Lag(0.003, known=True, because="nginx writes the second anew for each reply")
SECOND = Lag(1.0, known=False, because="nothing is known of such a server")
ANY = Lag(math.inf, known=True, because="a cache may have kept it")
CORRELATION = "4b1d7f0e-52a1-4c0c-9d3e-0a6f3c2b9e11"


def exchange(skew_s: float, number: int = 0, *, status: int = 401, connection: int = 1) -> DateExchange:
    """Return the reply of a server that is *skew_s* behind the local clock, over a path of 48 ms."""
    sent_s = NOON + 1.2 * number
    return DateExchange(sent_s, sent_s + 0.048, math.floor(sent_s + 0.024 - skew_s), status, connection)


def reading(url: str, skew_s: float, margin_s: float, *, lag: Lag = FRESH, served: Served | None = None) -> DateReading:
    """Return what a host says: the local clock is *skew_s* ahead, give or take *margin_s*, if its `Date` is fresh."""
    fresh = Interval(skew_s - margin_s, skew_s + margin_s)
    behind_s = 0.0 if lag == FRESH else lag.max_s
    return DateReading(
        url=url,
        address="192.0.2.10",
        skew_s=skew_s,
        interval=Interval(fresh.low_s - behind_s, fresh.high_s),
        fresh=fresh,
        lag=lag,
        stamped_by=StampedBy.UNKNOWN,
        security=Security.VERIFIED,
        exchanges=(exchange(skew_s), exchange(skew_s, 1)),
        requests=9,
        min_rtt_s=0.048,
        confirmed=True,
        ended=Ended.DECIDED,
        served=Served(401) if served is None else served,
    )


def host(role: Role, outcome: DateReading | NoReading) -> ApiHost:
    """Return the host of that *role* in Ireland, or the one of a URL."""
    name = "gateway.example.net:8443" if role is Role.URL else f"{role.value}.mypurecloud.ie"
    return ApiHost(role, name, outcome)


def api(*hosts: ApiHost) -> Report:
    """Return the report on these hosts."""
    outcome = hosts[0].outcome
    url = outcome.url if isinstance(outcome, DateReading) and hosts[0].role is Role.URL else None
    region = "eu-west-1" if url is None else None
    survey = ApiSurvey(region, hosts, RUN._replace(duration_s=2.5), cut_short=False)
    return report(Request("api", ask_ntp=False, region=region, url=url), Measured(NOON, api=survey))


API_URL, LOGIN_URL = "https://api.mypurecloud.ie/api/v2/date", "https://login.mypurecloud.ie/oauth/token"
NGINX = Served(401, server="nginx", correlation_id=CORRELATION)

FINE = api(
    *(
        host(role, reading(url, skew_s, 0.065, served=NGINX)._replace(stamped_by=StampedBy.EDGE))
        for role, url, skew_s in ((Role.API, API_URL, -0.015), (Role.LOGIN, LOGIN_URL, -0.02))
    )
)
AHEAD = api(
    host(
        Role.API,
        reading(
            API_URL,
            0.2,
            0.03,
            lag=SECOND,
            served=Served(401, via="1.1 0f1e2d3c.cloudfront.net (CloudFront)", correlation_id=CORRELATION),
        )._replace(stamped_by=StampedBy.ORIGIN),
    ),
    host(
        Role.LOGIN,
        reading(LOGIN_URL, 0.191, 0.04, served=Served(400, server="nginx"))._replace(
            stamped_by=StampedBy.EDGE, ended=Ended.NARROW, requests=11
        ),
    ),
)
LOGIN_AHEAD = api(host(Role.API, reading(API_URL, 0.0, 0.03)), host(Role.LOGIN, reading(LOGIN_URL, -0.4, 0.03)))
CACHED = api(
    host(
        Role.URL,
        reading(
            "https://gateway.example.net:8443/", -3.2, 0.02, served=Served(200, via="1.1 varnish", age_s=3.0)
        )._replace(
            interval=Interval(-math.inf, -3.2),
            fresh=Interval(-math.inf, -3.2),
            lag=ANY,
            ended=Ended.STALE,
            stale=Stale.CACHED,
            confirmed=False,
            requests=3,
        ),
    )
)
BACKENDS = api(
    host(
        Role.URL,
        reading("http://gateway.example.net:8443/", 0.1, 0.13, served=Served(302, location="/welcome"))._replace(
            security=Security.PLAIN,
            ended=Ended.CONTRADICTED,
            confirmed=False,
            spread_s=0.15,
            mix=Mix.CONNECTIONS,
            proxied=True,
            address=None,
            detail="two replies of one second are 150 ms apart",
        ),
    )
)
REFUSED = api(
    host(
        Role.API,
        reading(API_URL, -0.25, 0.03)._replace(
            security=Security.DATES_IGNORED, certificate=Certificate(NOON + 3600, NOON + 90 * 86400)
        ),
    ),
    host(Role.LOGIN, NoReading(LOGIN_URL, None, "connection-refused", "the connection was refused", rejected=False)),
)
NOBODY = api(
    *(
        host(role, NoReading(url, None, "dns-failed", "its name could not be resolved", rejected=False))
        for role, url in ((Role.API, API_URL), (Role.LOGIN, LOGIN_URL))
    )
)
BOTH = AHEAD._replace(command="demo", ntp=ALL_WELL.ntp)

BY_HAND = {
    "api fine": FINE,
    "api ahead": AHEAD,
    "api login ahead": LOGIN_AHEAD,
    "api cached": CACHED,
    "api backends": BACKENDS,
    "api login refused": REFUSED,
    "api nobody": NOBODY,
    "demo ntp and api": BOTH,
}


# --- Arbitrary reports ---

EXCHANGES = st.builds(DateExchange, TIMES, TIMES, st.integers(0, 2**33), st.integers(100, 599), st.integers(1, 16))
SERVED = st.builds(
    Served,
    st.integers(100, 599),
    *(st.none() | FOREIGN for _ in range(3)),
    st.none() | st.floats(0, 1e9),
    *(st.none() | FOREIGN for _ in range(2)),
)
LAGS = st.builds(Lag, st.just(math.inf) | st.floats(0, 10), st.booleans(), SENTENCES)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[float, Interval, Interval]:
    """Return an estimate, what is proven, and what is if the `Date` is fresh; the low end may have no bound."""
    skew_s, fresh = draw(intervals())
    if draw(st.booleans()) and draw(st.booleans()):
        unbounded = Interval(-math.inf, fresh.high_s)
        return fresh.high_s, unbounded, unbounded
    return skew_s, Interval(fresh.low_s - draw(st.just(math.inf) | MARGINS), fresh.high_s), fresh


@st.composite
def readings(draw: st.DrawFn) -> DateReading:
    """Return what a host says, well formed but not sensible."""
    skew_s, interval, fresh = draw(ranges())
    mix = draw(st.none() | st.sampled_from(Mix))
    return DateReading(
        url=draw(FOREIGN),
        address=draw(st.none() | FOREIGN),
        skew_s=skew_s,
        interval=interval,
        fresh=fresh,
        lag=draw(LAGS),
        stamped_by=draw(st.sampled_from(StampedBy)),
        security=draw(st.sampled_from(Security)),
        exchanges=tuple(draw(st.lists(EXCHANGES, max_size=3))),
        requests=draw(st.integers(1, 16)),
        min_rtt_s=draw(st.floats(0, 10)),
        confirmed=draw(st.booleans()),
        ended=draw(st.sampled_from(Ended)),
        served=draw(SERVED),
        method=draw(st.sampled_from(["HEAD", "GET"])),
        stale=draw(st.none() | st.sampled_from(Stale)),
        spread_s=0.0 if mix is None else draw(st.floats(1e-6, 1e9)),
        mix=mix,
        certificate=draw(st.none() | st.builds(Certificate, TIMES, TIMES)),
        proxied=draw(st.booleans()),
        detail=draw(st.none() | SENTENCES),
        late_s=0.0 if mix is not None else draw(st.floats(0, 0.05)),
        odd_date=draw(st.none() | st.builds(OddDate, IDS, FOREIGN)),
        nodes=draw(st.none() | NODES),
    )


@st.composite
def _nodes(draw: st.DrawFn) -> Nodes:
    """Return what stands behind a name: each reply is of a clock that there is."""
    ranges_of = intervals().map(lambda drawn: drawn[1])
    seen = st.builds(SeenClock, st.integers(0, 64), ranges_of, st.floats(0, 1e9))
    clocks = draw(st.lists(seen, min_size=1, max_size=3))
    reply = st.builds(NodeReply, st.none() | FOREIGN, ranges_of, st.integers(0, len(clocks) - 1))
    replies = tuple(draw(st.lists(reply, min_size=1, max_size=4)))
    return Nodes(draw(st.integers(0, 64)), replies, tuple(clocks), 0, draw(st.booleans()), draw(st.booleans()))


NODES = _nodes()


SILENCES = st.builds(NoReading, FOREIGN, st.none() | FOREIGN, IDS, SENTENCES, st.booleans())


@st.composite
def parts(draw: st.DrawFn) -> ApiPart:
    """Return an API part that is well formed but need not make sense."""
    roles = draw(st.sampled_from([(Role.URL,), (Role.API, Role.LOGIN)]))
    hosts = tuple(ApiHost(role, draw(FOREIGN.map(str.strip)) or "h", draw(readings() | SILENCES)) for role in roles)
    run = LocalRun(draw(TIMES), draw(st.floats(0, 100)), draw(SKEWS), draw(st.floats(-1e5, 1e5)), 1e-6)
    survey = ApiSurvey(draw(st.none() | FOREIGN), hosts, run, draw(st.booleans()), draw(st.booleans()))
    status, (skew_s, interval, fresh) = draw(st.sampled_from(Status)), draw(ranges())
    difference = draw(st.sampled_from([None, Difference(skew_s, interval, fresh)]))
    return ApiPart(survey, Judgement(status, draw(st.booleans()), status, status), difference)
