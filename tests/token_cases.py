"""Tokens and clocks made by hand, judged: what a test of the judge of tokens starts from."""

from api_reports import FRESH, reading
from reports import BOTH_PREMISES, LIMITS, NOON, RUN, clock, voter

from skewcheck.examine import TokenRequest
from skewcheck.examine.of_token import judged
from skewcheck.judge.severity import judge, judge_date
from skewcheck.judge.token_case import Case
from skewcheck.model import (
    ApiHost,
    ApiPart,
    ApiSurvey,
    Basis,
    ClaimState,
    Interval,
    Report,
    Role,
    Status,
    TimeClaim,
    Token,
    TokenKind,
)

MARGIN_S = 0.009
SAID = "WORD  what the judge of clocks said"


def claim(name: str, value_s: float | None, *oddities: str) -> TimeClaim:
    """Return a claim as the reader of tokens gives it; None: it is absent."""
    if value_s is None:
        return TimeClaim(name, ClaimState.ABSENT)
    return TimeClaim(name, ClaimState.USABLE, value_s, f"{value_s:.0f}", oddities)


def jwt(
    iat: float | None = -60.0, exp: float | None = 3600.0, nbf: float | None = None, *, kind: TokenKind = TokenKind.JWT
) -> Token:
    """Return a JWT by seconds from noon."""
    at = [None if seconds is None else NOON + seconds for seconds in (iat, nbf, exp)]
    iat_, nbf_, exp_ = (claim(name, value_s) for name, value_s in zip(("iat", "nbf", "exp"), at, strict=True))
    return Token(kind, "a bare token", 200, "0a1b2c3d", iat_, nbf_, exp_, algorithm="RS256")


def opaque(expires_in_s: float | None = None, obtained: float | None = None, kind: TokenKind | None = None) -> Token:
    """Return an opaque token; *obtained*: seconds from noon by this clock."""
    kind = kind or (TokenKind.OPAQUE if expires_in_s is None else TokenKind.RESPONSE)
    bare = jwt(None, None, kind=kind)._replace(algorithm=None, expires_in_s=expires_in_s)
    return bare if obtained is None else bare._replace(obtained_at_s=NOON + obtained)


def by_ntp(skew_s: float, margin_s: float = MARGIN_S) -> Report:
    """Return what three agreeing servers prove of this clock."""
    low_s, high_s = skew_s - margin_s, skew_s + margin_s
    judgement = judge(skew_s, Interval(low_s, high_s), Basis.MAJORITY, LIMITS, witness=Interval(low_s, high_s))
    votes = tuple(voter(f"ntp{n}.example", skew_s, margin_s) for n in range(3))
    report = clock(
        judgement.status, SAID, votes, (low_s, skew_s, high_s), meaning="For a token: the clock's own words."
    )
    assert report.ntp is not None
    premises = BOTH_PREMISES if judgement.proven else ()
    return report._replace(
        proven=judgement.proven, assumes=premises, ntp=report.ntp._replace(judgement=judgement), duration_s=0.2
    )


SILENT = clock(Status.UNKNOWN, "CANNOT TELL  none of 3 NTP servers answered in 3 s", (), None)
"""Nobody answered."""


def by_date(skew_s: float, login_s: float | None = None, *, margin_s: float = 0.02) -> Report:
    """Return what an API's Date proves, and that of the host which issues tokens, without NTP."""
    hosts = [ApiHost(Role.API, "api.example", reading("https://api.example/", skew_s, margin_s, lag=FRESH))]
    if login_s is not None:
        answer = reading("https://login.example/", login_s, margin_s, lag=FRESH)
        hosts.append(ApiHost(Role.LOGIN, "login.example", answer))
    survey = ApiSurvey("eu-west-1", tuple(hosts), RUN, cut_short=False)
    judgement = judge_date(survey.reading(Role.API), LIMITS)
    return SILENT._replace(status=judgement.status, verdict=SAID, ntp=None, api=ApiPart(survey, judgement))


def case(token: Token, clock: Report | None = None, request: TokenRequest | None = None) -> Case:
    """Return the token judged at noon by this clock; without a *clock*: offline."""
    asked = request or TokenRequest(None, offline=clock is None)
    return judged(token, NOON, asked, clock=clock, limits=LIMITS)
