"""Tokens and clocks made by hand: what a test of the judge of tokens starts from."""

import math

from measurements import LIMITS, NOON, RUN
from measurements import api as date_of

from skewcheck.judge import token as judge_of_tokens
from skewcheck.judge.case import Case, Who
from skewcheck.judge.risk import Judged
from skewcheck.judge.severity import difference, judge, judge_date
from skewcheck.model import (
    ApiHost,
    ApiPart,
    ApiSurvey,
    Basis,
    ClaimState,
    Consensus,
    Finding,
    Interval,
    NtpPart,
    Reading,
    Request,
    Role,
    ServerList,
    ServerStatus,
    Status,
    Survey,
    TimeClaim,
    Token,
    TokenKind,
    Vote,
)

MARGIN_S = 0.009


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


def ntp_part(skew_s: float, margin_s: float = MARGIN_S, basis: Basis = Basis.MAJORITY) -> NtpPart:
    """Return what agreeing servers prove of this clock: three, or one."""
    interval = Interval(skew_s - margin_s, skew_s + margin_s)
    names = [f"ntp{n}.example" for n in range(3 if basis is Basis.MAJORITY else 1)]
    votes = tuple(
        Vote(Reading(name, "192.0.2.1", skew_s, interval, 0.016, ()), ServerStatus.TRUECHIMER) for name in names
    )
    survey = Survey(Consensus(basis, interval, skew_s, votes), ServerList.PUBLIC, RUN, cut_short=False)
    return NtpPart(survey, judge(skew_s, interval, basis, LIMITS, witness=interval))


def by_ntp(skew_s: float, margin_s: float = MARGIN_S) -> Case:
    """Return this clock as three agreeing servers show it."""
    return Case(Request("token"), LIMITS, ntp=ntp_part(skew_s, margin_s), who=Who.BY_NTP_ALONE)


NOBODY = Survey(Consensus(Basis.NONE, None, None, ()), ServerList.PUBLIC, RUN, cut_short=False)
SILENT = Case(Request("token"), LIMITS, ntp=NtpPart(NOBODY, judge(None, None, Basis.NONE, LIMITS)))
"""Nobody answered."""
OFFLINE = Case(Request("token", offline=True), LIMITS)


def api_part(skew_s: float, login_s: float | None = None, margin_s: float = 0.02) -> ApiPart:
    """Return what an API's `Date` proves, and that of the host which issues tokens."""
    api, login = (None if s is None else date_of(s, margin_s)._replace(min_rtt_s=0.048) for s in (skew_s, login_s))
    assert api is not None
    hosts = [ApiHost(Role.API, "api.example", api)]
    hosts += [] if login is None else [ApiHost(Role.LOGIN, "login.example", login)]
    survey = ApiSurvey("eu-west-1", tuple(hosts), RUN, cut_short=False)
    return ApiPart(survey, judge_date(api, LIMITS), None if login is None else difference(api, login))


def by_date(skew_s: float, login_s: float | None = None, *, margin_s: float = 0.02) -> Case:
    """Return this clock as an API alone shows it; NTP was silent."""
    part = api_part(skew_s, login_s, margin_s)
    return SILENT._replace(request=Request("token", region="eu-west-1"), api=part, who=Who.BY_API_ALONE)


def assuming(low_s: float, high_s: float) -> Case:
    """Return this clock as `--skew` has it."""
    return Case(Request("token", skew=Interval(low_s, high_s)), LIMITS)


def asked(case: Case, **more: object) -> Case:
    """Return the same with more that was asked for."""
    return case._replace(request=case.request._replace(**more))  # type: ignore[arg-type]


def judged(token: Token, case: Case) -> Judged:
    """Return the token judged at noon by this clock."""
    return judge_of_tokens.judged(case, token, NOON, {})


def found(judged: Judged) -> dict[str, Status]:
    """Return the statuses by id; of several findings with one id the first one's."""
    return {finding.id: finding.status for finding in reversed(judged.findings)}


def facts(judged: Judged, id_: str) -> dict[str, object]:
    """Return the facts of the first finding with that id; a None is none."""
    finding = next(finding for finding in judged.findings if finding.id == id_)
    return {name: value for name, value in finding.facts if value is not None}


def lead(judged: Judged) -> Finding:
    """Return the finding that answers: of the worst the most important."""
    from skewcheck.judge.catalogue import rank
    from skewcheck.judge.severity import worse

    status = worse(*(finding.status for finding in judged.findings))
    return min((finding for finding in judged.findings if finding.status is status), key=lambda f: rank(f.id))


def is_number(value: object) -> bool:
    """Tell whether JSON can hold it."""
    return not isinstance(value, float) or math.isfinite(value)
