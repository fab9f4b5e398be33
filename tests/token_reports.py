"""Reports on tokens: some made by hand, and arbitrary ones for hypothesis."""

import math

from api_reports import ADD_NTP, AHEAD, CHECK_EDGE, check
from hypothesis import strategies as st
from reports import (
    ALL_WELL,
    EXIT_CODES,
    FOREIGN,
    IDS,
    LIMITS,
    NOON,
    SENTENCES,
    SKEWS,
    STEP_CLOCK,
    TIMES,
    effects_of,
    finding,
    intervals,
)

from skewcheck.judge.catalogue import BUFFER_LINES, REASONS
from skewcheck.model import (
    BufferLine,
    ClaimState,
    Effect,
    Fact,
    Finding,
    Harm,
    Interval,
    Level,
    Moment,
    Oddity,
    Party,
    Recommended,
    Report,
    Risk,
    Status,
    Step,
    TimeClaim,
    Token,
    TokenKind,
    TokenPart,
    VerifierVerdict,
)

MINUTE_S = 60.0
AT_UTC = Interval(-0.0068, 0.0069)
"""The skew of a clock that is right."""
BEHIND = Interval(-0.21, -0.19)


def claim(name: str, value_s: float | None) -> TimeClaim:
    """Return a claim in seconds; None: it isn't there."""
    if value_s is None:
        return TimeClaim(name, ClaimState.ABSENT)
    return TimeClaim(name, ClaimState.USABLE, value_s, f"{value_s:.0f}")


def jwt(iat_s: float | None, exp_s: float | None, nbf_s: float | None = None) -> Token:
    """Return a JWT with these times."""
    return Token(
        kind=TokenKind.JWT,
        found_in="an OAuth token response (access_token)",
        length=812,
        fingerprint="1f2e3d4c",
        iat=claim("iat", iat_s),
        nbf=claim("nbf", nbf_s),
        exp=claim("exp", exp_s),
        algorithm="RS256",
        type="JWT",
        key_id="3f2b8c1e",
        issuer="https://login.example.net",
    )


OPAQUE = Token(
    kind=TokenKind.OPAQUE,
    found_in="a bare token",
    length=86,
    fingerprint="9a4d4e57",
    iat=claim("iat", None),
    nbf=claim("nbf", None),
    exp=claim("exp", None),
)


def moments(token: Token, skew: Interval | None, now_s: float = NOON) -> tuple[Moment, ...]:
    """Return the times that *token* names, at *now_s* of a clock that is wrong by *skew*."""
    named = [(claim.name, claim.value_s) for claim in (token.iat, token.nbf, token.exp) if claim.value_s is not None]
    if token.exp.value_s is None and token.expires_in_s is not None and token.obtained_at_s is not None:
        named.append(("expires_in", token.obtained_at_s + token.expires_in_s))
    return tuple(
        Moment(
            name,
            at_s,
            at_s - now_s,
            None if skew is None else Interval(at_s - now_s + skew.low_s, at_s - now_s + skew.high_s),
        )
        for name, at_s in named
    )


def risk(
    party: Party, harm: Harm, share: tuple[float, float] | None, skew: Interval | None, reference: str | None
) -> Risk:
    """Return a risk with that share; None: it isn't known."""
    low, high = share or (None, None)
    level = Level.POSSIBLE if low is None or high is None or (low == 0 and high > 0) else Level.CERTAIN
    level = Level.NONE if high == 0 else level
    return Risk(party, harm, level, low, high, skew, reference)


def risks(skew: Interval | None, shares: dict[tuple[Party, Harm], tuple[float, float]]) -> tuple[Risk, ...]:
    """Return the table of all parties, with nobody harmed but those with *shares*."""
    return tuple(
        risk(
            party,
            harm,
            None if party is Party.GATEWAY else shares.get((party, harm), (0.0, 0.0)),
            None if party in (Party.GATEWAY, Party.REFRESH_BY_EXPIRES_IN) else skew,
            {Party.GATEWAY: "login-api", Party.REFRESH_BY_EXPIRES_IN: None}.get(party, "ntp"),
        )
        for party in Party
        for harm in Harm
    )


def part(token: Token, skew: Interval | None, *, judged_by: str = "ntp") -> TokenPart:
    """Return what is known of *token* and its clock, without risks."""
    true_time = None if skew is None else Interval(NOON - skew.high_s, NOON - skew.low_s)
    latency = Interval(0.0, 0.25)
    return TokenPart(
        token, judged_by, NOON, true_time, moments(token, skew), latency, False, 100.0, risks=(), recommended=None
    )


def report(
    findings: tuple[Finding, ...],
    part: TokenPart,
    *,
    measured: Report | None = ALL_WELL,
    steps: tuple[Step, ...] = (),
    effects: tuple[Effect, ...] = (),
) -> Report:
    """Return a report on a token; *measured*: whose clocks were asked."""
    status = findings[0].status
    return Report(
        command="token",
        status=status,
        proven=measured is not None and measured.proven,
        exit_code=EXIT_CODES[status],
        findings=findings,
        steps=steps,
        effects=effects,
        thresholds=LIMITS,
        assumes=() if measured is None else measured.assumes,
        measured_at_s=NOON,
        true_time=part.true_time,
        duration_s=0.25,
        ntp=None if measured is None else measured.ntp,
        api=None if measured is None else measured.api,
        token=part._replace(status=status),
    )


def valid(left_s: float, **facts: Fact) -> Finding:
    """Return the finding on a token that is valid for so long."""
    return finding("token-valid", claim="exp", left_low_s=left_s, left_high_s=left_s, **facts)


HOUR_TOKEN = jwt(NOON - 13 * MINUTE_S, NOON + 47 * MINUTE_S)
VALID = report(
    (valid(47 * MINUTE_S, by="ntp", api_unasked=True, clock_bound_s=0.007),),
    part(HOUR_TOKEN, AT_UTC)._replace(
        risks=risks(
            AT_UTC,
            {
                (Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY): (0.0, 7.1e-5),
                (Party.LOCAL_VERIFY, Harm.PREMATURE_EXPIRY): (0.0, 1.9e-6),
                (Party.LOCAL_VERIFY, Harm.FUTURE_ISSUED): (0.0, 0.0068),
                (Party.LOCAL_SIGN, Harm.FUTURE_ISSUED): (0.0, 0.0069),
            },
        ),
        recommended=Recommended(
            60,
            0.6168,
            1,
            0.0068,
            (BufferLine("clock-behind", 0.0068), BufferLine("drift", 0.36), BufferLine("latency", 0.25)),
        ),
    ),
    steps=(ADD_NTP._replace(kind="check-region"),),
)

FUTURE = report(
    (
        finding(
            "local-behind",
            Status.WARNING,
            skew_s=-0.2,
            low_s=-0.21,
            high_s=-0.19,
            agreeing=5,
            answered=5,
            asked=5,
            unreached=0,
        ),
        finding(
            "token-early-here",
            Status.WARNING,
            claim="iat",
            claim_at_s=NOON,
            left_low_s=-0.21,
            left_high_s=-0.19,
            here_s=0.0,
            by="ntp",
        ),
    ),
    part(jwt(NOON, NOON + 300, NOON), BEHIND)._replace(
        latency=Interval(0.01, 0.05),
        latency_measured=True,
        risks=risks(
            BEHIND,
            {
                (Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY): (0.00066, 0.00087),
                (Party.LOCAL_VERIFY, Harm.FUTURE_ISSUED): (0.14, 0.2),
            },
        ),
        recommended=Recommended(
            60,
            0.29,
            1,
            0.2,
            (BufferLine("clock-behind", 0.21), BufferLine("drift", 0.03), BufferLine("latency", 0.05)),
        ),
        verifiers=(
            VerifierVerdict(
                "pyjwt",
                "PyJWT since 2.6",
                0.0,
                accepts_now=False,
                accepts_by_true_time=True,
                why="future-issued",
                version="2.15.1",
                source="jwt/api_jwt.py",
            ),
            VerifierVerdict(
                "spring",
                "Spring Security JwtTimestampValidator",
                60.0,
                accepts_now=True,
                accepts_by_true_time=True,
                why="accepted",
                version="as of 2026-11",
                source="JwtTimestampValidator.java",
                note="iat is not looked at",
            ),
        ),
    ),
    measured=AHEAD._replace(ntp=ALL_WELL.ntp),
    steps=(STEP_CLOCK,),
    effects=effects_of(-0.2, -0.21, -0.19),
)

OFFLINE_OPAQUE = report(
    (finding("token-opaque", Status.UNKNOWN),),
    part(OPAQUE, None, judged_by="local"),
    measured=None,
)

OFFLINE = report(
    (valid(47 * MINUTE_S, by="local")._replace(status=Status.OK),),
    part(HOUR_TOKEN, None, judged_by="local"),
    measured=None,
    steps=(Step("measure-clock", "skewcheck clock"),),
)

ASSUMED = report(
    (valid(47 * MINUTE_S, by="skew"), finding("skew-assumed", skew_s=360.0, low_s=360.0, high_s=360.0)),
    part(jwt(NOON - 13 * MINUTE_S, NOON + 47 * MINUTE_S), Interval(360.0, 360.0), judged_by="skew"),
    measured=None,
)

EXPIRED_TOKEN = jwt(NOON - 4004, NOON - 404)
EXPIRED_FINDING = finding(
    "token-expired",
    Status.CRITICAL,
    claim="exp",
    claim_at_s=NOON - 404,
    left_low_s=-404.02,
    left_high_s=-404.0,
    by="ntp",
)
EXPIRED = report(
    (EXPIRED_FINDING,),
    part(EXPIRED_TOKEN, AT_UTC),
)
ZONE = report(
    (
        finding(
            "token-zone",
            Status.CRITICAL,
            claim="iat",
            off_s=18000.0,
            off_way="behind",
            utc_offset_s=-18000,
        ),
        EXPIRED_FINDING._replace(facts=(("claim", "exp"), ("left_low_s", -14400.02), ("left_high_s", -14400.0))),
    ),
    part(jwt(NOON - 18000, NOON - 14400), AT_UTC),
)

OPAQUE_FINDING = finding("token-opaque", expires_in_s=86399.0, clock_bound_s=0.007, api_unasked=True)
RESPONSE = report(
    (OPAQUE_FINDING,),
    part(
        OPAQUE._replace(kind=TokenKind.RESPONSE, expires_in_s=86399.0, obtained_at_s=NOON - 3600, others=1), AT_UTC
    )._replace(
        risks=risks(AT_UTC, {}),
        recommended=Recommended(
            60,
            10.1399,
            1,
            math.inf,
            (
                BufferLine("drift", 8.6399),
                BufferLine("latency", 0.25),
                BufferLine("answer-way", 0.25),
                BufferLine("whole-seconds", 1.0),
                BufferLine("issuer-not-measured", 0.0),
            ),
        ),
    ),
    steps=(Step("check-region", "skewcheck check --region REGION"),),
)

MILLISECONDS = report(
    (
        finding("token-unit", Status.WARNING, claims="iat", unit="milliseconds", shown="1800014400000"),
        finding("token-malformed", Status.WARNING, oddity="no-time", claims="exp", shown='"2027-01-15"'),
    ),
    part(
        jwt(None, None)._replace(
            iat=TimeClaim("iat", ClaimState.USABLE, NOON * 1000, "1800014400000", ("milliseconds", "year-past-9999")),
            exp=TimeClaim("exp", ClaimState.UNUSABLE, None, '"2027-01-15"', ("string", "not-a-time")),
            oddities=(Oddity("unsigned", "It has no signature: alg is none."),),
            others=2,
        ),
        AT_UTC,
    ),
)

NO_BUFFER = report(
    (
        finding(
            "token-expired-here",
            Status.CRITICAL,
            claim="exp",
            claim_at_s=NOON - 12,
            left_low_s=47.99,
            left_high_s=48.01,
            here_s=12.0,
            by="ntp",
        ),
        finding(
            "no-buffer-helps",
            Status.WARNING,
            needed_s=200.05,
            half_s=150.0,
            largest="local clock behind",
            largest_s=200.0,
        ),
    ),
    part(jwt(NOON - 312, NOON - 12), Interval(59.99, 60.01))._replace(
        risks=risks(Interval(59.99, 60.01), {(Party.LOCAL_VERIFY, Harm.PREMATURE_EXPIRY): (0.2, 0.2)}),
        recommended=Recommended(None, 200.05, 61, 0.0, (BufferLine("clock-behind", 200.0),)),
    ),
    steps=(STEP_CLOCK,),
    effects=effects_of(60.0, 59.99, 60.01),
)

_CHECKED = check(ALL_WELL, AHEAD._replace(api=CHECK_EDGE.api), (EXPIRED_FINDING,))
CHECK_TOKEN = _CHECKED._replace(effects=(), token=part(EXPIRED_TOKEN, AT_UTC))

BY_HAND = {
    "token valid": VALID,
    "token early here": FUTURE,
    "token offline": OFFLINE,
    "token offline opaque": OFFLINE_OPAQUE,
    "token assumed": ASSUMED,
    "token expired": EXPIRED,
    "token zone": ZONE,
    "token response": RESPONSE,
    "token milliseconds": MILLISECONDS,
    "token no buffer": NO_BUFFER,
    "check token": CHECK_TOKEN,
}


# --- Arbitrary reports ---

ODD = st.lists(st.sampled_from(["milliseconds", "string", "duplicate", "negative"]), max_size=2).map(tuple)
UNIX = TIMES | st.floats(-1e300, 1e300)


def claims(name: str) -> st.SearchStrategy[TimeClaim]:
    """Return what a claim of that name may be."""
    return st.builds(TimeClaim, st.just(name), st.sampled_from(ClaimState), st.none() | UNIX, FOREIGN, ODD)


@st.composite
def tokens(draw: st.DrawFn) -> Token:
    """Return a token that is well formed but need not make sense."""
    return Token(
        kind=draw(st.sampled_from(TokenKind)),
        found_in=draw(SENTENCES),
        length=draw(st.integers(0, 1 << 20)),
        fingerprint="0123abcd",
        iat=draw(claims("iat")),
        nbf=draw(claims("nbf")),
        exp=draw(claims("exp")),
        algorithm=draw(st.none() | FOREIGN),
        type=draw(st.none() | FOREIGN),
        key_id=draw(st.none() | FOREIGN),
        encryption=draw(st.none() | FOREIGN),
        issuer=draw(st.none() | FOREIGN),
        expires_in_s=draw(st.none() | st.floats(0, 1e9)),
        obtained_at_s=draw(st.none() | TIMES),
        others=draw(st.integers(0, 1000)),
        detail=draw(st.none() | SENTENCES),
        oddities=tuple(draw(st.lists(st.builds(Oddity, IDS, SENTENCES), max_size=2))),
    )


SPANS = intervals().map(lambda drawn: drawn[1]) | st.just(Interval(-math.inf, math.inf))
SHARES = st.none() | st.floats(0, 1)
RISKS = st.builds(
    Risk,
    st.sampled_from(Party),
    st.sampled_from(Harm),
    st.sampled_from(Level),
    SHARES,
    SHARES,
    st.none() | SPANS,
    st.sampled_from([None, "ntp", "api", "login", "login-api", "skew", "local"]),
)
LINES = st.builds(BufferLine, st.sampled_from(sorted(BUFFER_LINES)), st.floats(-1e9, 1e9) | st.just(math.inf))
ADVICE = st.builds(
    Recommended,
    st.none() | st.integers(0, 10**9),
    st.floats(0, 1e9) | st.just(math.inf),
    st.none() | st.integers(0, 10**9),
    st.none() | st.floats(0, 1e9) | st.just(math.inf),
    st.lists(LINES, max_size=4).map(tuple),
)
VERDICTS = st.builds(
    VerifierVerdict,
    IDS,
    FOREIGN,
    st.floats(-1e3, 1e9),
    st.none() | st.booleans(),
    st.none() | st.booleans(),
    st.sampled_from(sorted(REASONS)),
    FOREIGN,
    FOREIGN,
    st.just("") | SENTENCES,
)


@st.composite
def parts(draw: st.DrawFn) -> TokenPart:
    """Return a token's part that is well formed but need not make sense."""
    names = draw(st.lists(st.sampled_from(["iat", "nbf", "exp", "expires_in"]), unique=True))
    return TokenPart(
        draw(tokens()),
        draw(st.sampled_from(["ntp", "api", "skew", "local"])),
        draw(TIMES),
        draw(st.none() | SPANS),
        tuple(draw(st.builds(Moment, st.just(name), UNIX, UNIX | SKEWS, st.none() | SPANS)) for name in names),
        draw(SPANS),
        draw(st.booleans()),
        draw(st.floats(0, 1e6)),
        tuple(draw(st.lists(RISKS, max_size=4))),
        draw(st.none() | ADVICE),
        tuple(draw(st.lists(VERDICTS, max_size=2))),
    )
