"""What the golden screens show: measurements made by hand, judged as any other, so that no row contradicts line 1."""

from measurements import (
    API,
    CRITICAL,
    LOGIN,
    NOON,
    RUN,
    SECOND,
    api,
    check,
    clock,
    date,
    dates,
    mute,
    server,
    servers,
    stale,
)
from test_judge_nodes import ONE_BEHIND, several
from token_cases import claim, jwt, opaque

from skewcheck.judge.report import report
from skewcheck.measure.consensus import agree
from skewcheck.messages import read
from skewcheck.model import (
    ApiHost,
    ApiSurvey,
    Certificate,
    ClaimState,
    Daemon,
    Hardware,
    HostFacts,
    Interval,
    Measured,
    Oddity,
    Place,
    Report,
    Request,
    Role,
    Security,
    ServerList,
    Survey,
    TimeClaim,
    Token,
    TokenKind,
    Unknown,
    Zone,
)


def host(*, container: str | None = None) -> HostFacts:
    """Return a host that chronyd keeps, or a container in which no daemon is seen."""
    daemons = () if container else (Daemon("chronyd", running=True, claim=Unknown("not told")),)
    place = Place(container=container, distribution="debian")
    return HostFacts(Unknown("not told"), daemons, place, Zone("UTC", 0), Hardware(), None, ())


def token(
    what: Token,
    skew_s: float | None = 0.0,
    *,
    api_skew_s: float | None = None,
    obtained_s: float | None = None,
    request: Request | None = None,
) -> Report:
    """Return what is made of a token on a host whose clock is so far off; None: nobody was asked."""
    asked = request or Request("token", region=None if api_skew_s is None else "eu-west-1")
    ntp = None if skew_s is None else Survey(agree(servers(skew_s)), ServerList.PUBLIC, RUN, cut_short=False)
    of_api = None
    if api_skew_s is not None:
        hosts = tuple(ApiHost(role, name, api(api_skew_s)) for role, name in ((Role.API, API), (Role.LOGIN, LOGIN)))
        of_api = ApiSurvey("eu-west-1", hosts, RUN, cut_short=False)
    what = what if obtained_s is None else what._replace(obtained_at_s=NOON + obtained_s)
    return report(asked, Measured(NOON, "linux", None if skew_s is None else host(), ntp, of_api, what))


SILENT = [mute(f"ntp{n}.example") for n in range(3)]
BEGINS_LATE = date(-0.03, 0.03)._replace(
    security=Security.DATES_IGNORED, certificate=Certificate(NOON + 8 * 3600, NOON + 90 * 86400)
)
SCREENS: dict[str, Report] = {
    "clock behind": clock(*servers(-0.346), server("ntp4.example", 3.19, 3.21), facts=host()),
    "clock ahead, others silent": clock(*servers(0.203), mute("ntp3.example"), mute("ntp4.example"), facts=host()),
    "clock a minority": clock(*servers(-5.0, count=2), *servers(0.0, count=1), *SILENT[1:], facts=host()),
    "clock at the limit": clock(*servers(0.1, 0.03), facts=host()),
    "clock ok at the limit": clock(*servers(-0.099, 0.002), facts=host()),
    "clock at the second limit": clock(*servers(-0.9995, 0.001), facts=host()),
    "check at the limit": check(servers(-0.099, 0.002), api(-0.105, 0.015)._replace(confirmed=False), facts=host()),
    "clock in a pod": clock(*servers(-0.2), facts=host(container="kubernetes")),
    "clock one server": clock(*servers(0.2, count=1), facts=host()),
    "clock nobody": clock(*SILENT, facts=host()),
    "clock two apart": clock(*servers(0.2, count=1), server("ntp1.example", -3.02, -2.98)),
    "clock no dns": clock(*(mute(name, "dns-failed", address=None) for name in ("ntp0.example", "ntp1.example"))),
    "clock years behind": clock(*servers(-50 * 365.25 * 86400), facts=host()),
    "check not skew": check(servers(0.001), api(0.0), api(0.01), facts=host()),
    "check behind": check(servers(-0.346), api(-0.35), api(-0.34), facts=host()),
    "check api ahead": check(servers(0.0), api(-0.4), api(-0.4), facts=host()),
    "check api ahead of an unknown age": check(servers(0.0), api(-0.4, lag=SECOND), facts=host()),
    "check a node behind": check(servers(0.0), several(ONE_BEHIND), api(0.0), facts=host()),
    "check right nodes": check(servers(0.001), several((0.0,) * 3), api(0.01), facts=host()),
    "api a node behind": dates(several(ONE_BEHIND, address="192.0.2.2"), api(0.0)),
    "check login ahead": check(servers(0.0), api(0.0), api(-0.4), facts=host()),
    "check cached": check(servers(0.0), stale(18000.0), facts=host()),
    "check without ntp": check(SILENT, api(0.01), api(0.0), facts=host()),
    "check undecided": check(SILENT, api(-25200.0), api(-25200.0), facts=host()),
    "check certificate": check(servers(0.0), BEGINS_LATE, facts=host()),
    "token valid": token(jwt(-60, 3540), 0.0, api_skew_s=0.0),
    "token expired": token(jwt(-3720, -120), 0.0, api_skew_s=0.0),
    "token early here": token(jwt(0.1, 3600), -0.2),
    "token expired here": token(jwt(-3550, 48), 60.0),
    "token undecided": token(jwt(25200 - 5, 28800 - 5), None, api_skew_s=-25200.0),
    "token response": token(opaque(86399.0, -3600.0)._replace(others=1), 0.0),
    "token milliseconds": token(
        jwt(None, None)._replace(
            iat=claim("iat", NOON * 1000, "milliseconds", "year-past-9999"),
            exp=TimeClaim("exp", ClaimState.UNUSABLE, None, '"2027-01-15"', ("string", "not-a-time")),
            oddities=(Oddity("unsigned", "It has no signature: alg is none."),),
            found_in="an OAuth token response (access_token)",
            key_id="3f2b8c1e",
            issuer="https://login.example.net",
            others=2,
        )
    ),
    "token message": token(
        jwt(None, None, kind=TokenKind.MESSAGE)._replace(
            found_in="an error message",
            length=97,
            algorithm=None,
            message=read("Token used too early, 1691058380 < 1691058403"),
        ),
        0.0,
    ),
    "token no buffer": token(jwt(-110, 190), -180.0),
    "token of two minds": token(jwt(1, 300), -1.2, request=Request("token", verifiers=("pyjwt", "spring"))),
    "token text times": token(
        jwt()._replace(
            iat=claim("iat", NOON - 60, "string"),
            nbf=claim("nbf", NOON - 60, "string"),
            exp=claim("exp", NOON + 540, "string"),
        ),
        0.0,
        request=Request("token", verifiers=("jsonwebtoken", "java-jwt", "kong", "python-jose")),
    ),
    "token signed for": token(
        jwt(-60, 599), None, request=Request("token", skew=Interval(2.0, 2.0), signed_for="github-app")
    ),
    "check token expired": token(jwt(-3720, -120), 0.0, api_skew_s=0.4, request=Request("check", region="eu-west-1")),
    "token zone": token(jwt(-18000, -14400), 0.0, obtained_s=0.0),
    "token opaque": token(opaque(), 0.0),
    "token assumed": token(jwt(-3720, 120), None, request=Request("token", skew=Interval(360.0, 360.0))),
    "token offline": token(jwt(-60, 3540), None, request=Request("token", offline=True)),
}
assert SCREENS["check undecided"].status is CRITICAL
