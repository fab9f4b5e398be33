"""Who checks a token's times: the verifiers that are known by name, and what each says to a token.

Facts, each with the version and the source that it was read in, and whether it was run. A verifier that isn't here is
`checkers.UNKNOWN`: no leeway, and it looks at the issue time. A verdict is over a range of the verifier's own clock,
and never more than is known. Why it is so is an id of `judge.catalogue.REASONS`.
"""

import enum
import math
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.judge.checkers import Answer, Ask, Checker, modelled
from skewcheck.model import ClaimState, Interval, Party, Token, TokenKind, VerifierVerdict


class How(enum.Enum):
    """How it is known what a verifier does."""

    RUN = "run"
    """It was run over a grid of times beside its row, and agreed in each cell: `tests/bench/verifier_grid.py`."""
    READ = "read"
    """Its source was read; `at` a commit where that isn't of a version."""
    TOLD = "told"
    """Its documents tell; what they don't is not known."""


class Verifier(NamedTuple):
    """One row of the table."""

    name: str
    """As `--verifier` takes it."""
    title: str
    version: str
    source: str
    """Where the figures stand."""
    checker: Checker
    note: str = ""
    """What isn't said by the figures."""
    party: Party = Party.LOCAL_VERIFY
    """Where it stands: on this host, or it checks what this host signs."""
    clock: str = "login"
    """Whose time it has, where it checks what this host signs; `ntp`: not one of Genesys Cloud's."""
    option: str = ""
    """How its leeway is set, `N` being the seconds; empty: it can't be."""
    how: How = How.READ
    takes: str = "a JWT"
    """What it checks."""
    backdate_s: int = 0
    """So far back its documents have `iat` dated."""


_BEFORE_1970_OR_HUGE = 8.64e12
"""A JavaScript `Date` reaches so many seconds from 1970; what is further is none, and neither before nor after now."""
_ANY_NUMBER = ("boolean",)
_UNSURE = ("boolean", "year-past-9999", "fraction")
_FOR_ONE_HOUR = ("boolean", "year-past-9999", "fraction", "life-too-long")
"""Its documents name a longest life, and don't say whether a longer one is refused or cut."""
_IAT_AND_EXP = ("iat", "exp")

VERIFIERS: tuple[Verifier, ...] = (
    # --- Genesys Cloud ---
    Verifier("genesys-saml", "SAML assertions sent to Genesys Cloud", "as of 2026-11",
        "help.mypurecloud.com, Add a generic single sign-on provider", Checker(10, once=True),
        "the clock in question is that of the identity provider", Party.LOCAL_SIGN, how=How.TOLD,
        takes="a SAML assertion"),
    Verifier("audiohook", "AudioHook signatures, in a server that follows the reference implementation",
        "as of 2026-11",
        "audiohook-reference-implementation, httpsignature/signature-verifier.ts and authenticator.ts",
        Checker(3, -3, max_age_s=10, once=True), "it refuses 3 s early, so a signature is good for 7 s",
        takes="an HTTP message signature"),
    # --- Python ---
    Verifier("pyjwt", "PyJWT since 2.6", "2.15.1", "jwt/api_jwt.py",
        Checker(whole_now=False, whole_claims=True, takes_text=True, needs=(), zero_is_none=(), not_known=()),
        option="jwt.decode(…, leeway=N)", how=How.RUN),
    Verifier("pyjwt-2.5", "PyJWT up to 2.5", "2.5.0", "jwt/api_jwt.py",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=True, whole_claims=True, takes_text=True,
            reads_iat=True, needs=(), zero_is_none=(), not_known=()),
        option="jwt.decode(…, leeway=N)", how=How.RUN),
    Verifier("python-jose", "python-jose", "3.5.0", "jose/jwt.py",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=True, whole_claims=True, takes_text=True,
            reads_iat=True, needs=(), zero_is_none=(), not_known=()),
        option='options={"leeway": N}', how=How.RUN),
    Verifier("authlib", "authlib.jose", "1.9.10", "authlib/jose/rfc7519/claims.py",
        Checker(accepts_at_exp=True, whole_now=True, whole_claims=False, takes_text=False, needs=(), zero_is_none=(),
            not_known=_ANY_NUMBER),
        option="claims.validate(leeway=N)", how=How.RUN),
    Verifier("joserfc", "joserfc", "1.8.0", "joserfc/_rfc7519/registry.py",
        Checker(whole_now=True, whole_claims=False, takes_text=False, needs=(), zero_is_none=(),
            not_known=_ANY_NUMBER),
        option="JWTClaimsRegistry(leeway=N)", how=How.RUN),
    Verifier("google-auth", "google-auth for Python", "2.63.0", "google/auth/jwt.py",
        Checker(checks_nbf=False, accepts_at_exp=True, whole_now=True, whole_claims=False, takes_text=False,
            needs=_IAT_AND_EXP, zero_is_none=(), not_known=_ANY_NUMBER),
        "older versions allowed 60 s", option="clock_skew_in_seconds=N", how=How.RUN),
    Verifier("firebase-admin", "firebase-admin for Python", "7.7", "firebase_admin/_token_gen.py",
        Checker(checks_nbf=False, accepts_at_exp=True, whole_now=True, whole_claims=False, takes_text=False,
            needs=_IAT_AND_EXP, zero_is_none=()),
        "its leeway can be set to 60 s at most", option="clock_skew_seconds=N"),
    Verifier("okta-python", "okta-jwt-verifier for Python, access tokens", "0.5.0",
        "okta_jwt_verifier/constants.py, jwt_utils.py and jwt_verifier.py",
        Checker(120, checks_iat=False, checks_nbf=False, whole_now=False, whole_claims=True, takes_text=True,
            reads_iat=False, needs=("exp",), zero_is_none=(), not_known=()),
        "iat is checked only where the caller lists it", option="leeway=N", how=How.RUN),
    # --- JavaScript ---
    Verifier("jsonwebtoken", "jsonwebtoken for Node.js", "9.0.3", "verify.js",
        Checker(checks_iat=False, whole_now=True, whole_claims=False, takes_text=False, reads_iat=False, needs=(),
            zero_is_none=(), not_known=_ANY_NUMBER),
        option="{clockTolerance: N}", how=How.RUN),
    Verifier("jose", "jose for JavaScript", "6.2.18", "lib/jwt_claims_set.js",
        Checker(checks_iat=False, whole_now=True, whole_claims=False, takes_text=False, reads_iat=True, needs=(),
            zero_is_none=(), not_known=_ANY_NUMBER),
        "with maxTokenAge it looks at iat too", option="{clockTolerance: N}", how=How.RUN),
    Verifier("oauth4webapi", "oauth4webapi, openid-client 6: ID tokens", "3.8.8", "build/index.js",
        Checker(30, checks_iat=False, whole_now=True, whole_claims=False, takes_text=False, reads_iat=True,
            needs=_IAT_AND_EXP, zero_is_none=(), not_known=_ANY_NUMBER),
        option="[clockTolerance]: N", how=How.RUN),
    Verifier("aws-jwt-verify", "aws-jwt-verify", "5.2.1", "dist/cjs/jwt.js",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=False, whole_claims=False, takes_text=False,
            reads_iat=True, needs=(), zero_is_none=(), not_known=_ANY_NUMBER),
        option="graceSeconds: N", how=How.RUN),
    Verifier("njwt", "njwt", "2.0.1", "index.js",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=False, whole_claims=False, takes_text=True,
            reads_iat=False, needs=(), zero_is_none=(), accepts_at_nbf=False, counts_to_s=_BEFORE_1970_OR_HUGE,
            not_known=_ANY_NUMBER),
        "its leeway can't be set", how=How.RUN),
    Verifier("okta", "okta-jwt-verifier for Node.js", "4.0.2", "lib.js, and njwt",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=False, whole_claims=False, takes_text=True,
            reads_iat=False, needs=(), zero_is_none=(), accepts_at_nbf=False, counts_to_s=_BEFORE_1970_OR_HUGE,
            not_known=_ANY_NUMBER),
        "its leeway can't be set", how=How.RUN),
    Verifier("auth0", "express-oauth2-jwt-bearer of Auth0", "1.10.0", "dist/index.js",
        Checker(5, checks_iat=False, whole_now=True, whole_claims=False, takes_text=False, reads_iat=True,
            needs=("exp",), zero_is_none=(), not_known=_ANY_NUMBER),
        option="{clockTolerance: N}", how=How.RUN),
    # Its cap of 24 h knows no leeway: with that of 300 s added it comes out as such.
    Verifier("google-auth-node", "google-auth-library for Node.js", "10.9.1", "build/src/auth/oauth2client.js",
        Checker(300, checks_nbf=False, accepts_at_exp=True, whole_now=False, whole_claims=False,
            life_cap_s=86400 - 300, accepts_at_cap=False, takes_text=True, needs=_IAT_AND_EXP,
            zero_is_none=_IAT_AND_EXP, not_known=_ANY_NUMBER),
        "an exp of 24 h ahead or more is refused, without any leeway", how=How.RUN),
    # --- .NET, Java ---
    Verifier("dotnet", "Microsoft.IdentityModel TokenValidationParameters", "at 0aa65d7c",
        "ValidatorUtilities.cs; learn.microsoft.com, DefaultClockSkew",
        Checker(300, checks_iat=False, accepts_at_exp=True, needs=("exp",), ordered=True),
        "without exp only with RequireExpirationTime = false", option="ClockSkew, N s"),
    Verifier("spring", "Spring Security JwtTimestampValidator", "at 20aa8bef", "JwtTimestampValidator.java",
        Checker(60, checks_iat=False, accepts_at_exp=True, whole_now=False, needs=()),
        option="JwtTimestampValidator(N s)"),
    Verifier("nimbus", "Nimbus JOSE + JWT, DefaultJWTClaimsVerifier", "at 08d49449, of 2016",
        "DefaultJWTClaimsVerifier.java",
        Checker(60, checks_iat=False, whole_now=False, needs=(), accepts_at_nbf=False),
        option="setMaxClockSkew(N)"),
    Verifier("java-jwt", "auth0 java-jwt 4", "4", "JWTVerifier.java, PayloadDeserializer.java",
        Checker(whole_now=True, whole_claims=True, takes_text=False, needs=(), zero_is_none=()),
        option="acceptLeeway(N)"),
    Verifier("jjwt", "jjwt", "at 89ff864b", "DefaultJwtParser.java",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=False, takes_text=True, reads_iat=False, needs=()),
        option="clockSkewSeconds(N)"),
    Verifier("keycloak", "Keycloak JsonWebToken", "at 091ec956", "JsonWebToken.java",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=True, needs=(), zero_is_none=("exp",)),
        "its leeway for exp can't be set"),
    Verifier("keycloak-client", "Keycloak, for the assertion of a client", "at 547ad2db",
        "AbstractBaseJWTValidator.java, JWTClientValidator.java",
        Checker(15, 0, whole_now=True, max_age_s=60, needs=("exp",), once=True),
        "60 s after iat at most, unless its client is set otherwise", Party.LOCAL_SIGN, "ntp"),
    # --- Go, PHP, Ruby, Haskell ---
    Verifier("golang-jwt", "golang-jwt 5", "5", "validator.go, map_claims.go",
        Checker(checks_iat=False, whole_now=False, whole_claims=True, takes_text=False, needs=()),
        "WithIssuedAt makes it look at iat too", option="WithLeeway(N * time.Second)"),
    Verifier("jwx", "lestrrat-go/jwx", "at 01dd3833", "jwt/validate.go",
        Checker(whole_now=True, whole_claims=True, needs=(), zero_is_none=("exp",)),
        option="WithAcceptableSkew(N s)"),
    Verifier("vault", "HashiCorp Vault, JWT auth", "at 07ebfec2", "hashicorp/cap, jwt/jwt.go; path_login.go",
        Checker(60, accepts_at_exp=True, whole_now=False, whole_claims=True, takes_text=False, zero_is_none=("exp",),
            needs=(), window_s=150),
        "without exp it ends 150 s after iat or nbf", option="clock_skew_leeway=N"),
    Verifier("kubernetes", "Kubernetes API server, service account tokens", "at 031075d1",
        "pkg/serviceaccount/claims.go; go-jose, jwt/validation.go and jwt/claims.go",
        Checker(60, accepts_at_exp=True, whole_now=False, whole_claims=True, takes_text=False, needs=(),
            zero_is_none=()),
        "its leeway can't be set"),
    Verifier("php-jwt", "firebase/php-jwt", "at 014056b8", "src/JWT.php",
        Checker(whole_now=True, takes_text=True, iat_or_nbf=True, needs=(), zero_is_none=()),
        "iat is looked at only where there is no nbf", option="JWT::$leeway = N"),
    Verifier("ruby-jwt", "ruby-jwt", "at 01574dff", "lib/jwt/claims/expiration.rb, not_before.rb and issued_at.rb",
        Checker(checks_iat=False, whole_now=True, whole_claims=True, takes_text=True, reads_iat=False, needs=(),
            zero_is_none=()),
        "with verify_iat it looks at iat too", option="{leeway: N}"),
    Verifier("postgrest", "PostgREST", "at 02feaf08", "src/PostgREST/Auth/Jwt.hs",
        Checker(30, accepts_at_exp=True, whole_now=True, takes_text=False, needs=(), zero_is_none=(),
            not_known=_UNSURE),
        "its leeway can't be set"),
    # --- Gateways ---
    Verifier("envoy", "Envoy jwt_authn, Istio", "at 0211a53b",
        "google/jwt_verify_lib, src/jwt.cc; envoy jwt_authn/v3/config.proto",
        Checker(60, checks_iat=False, accepts_at_exp=True, whole_now=True, whole_claims=True, takes_text=False,
            reads_iat=True, needs=(), zero_is_none=("exp",), not_known=("boolean", "year-past-9999", "negative")),
        option="clock_skew_seconds: N"),
    Verifier("kong", "Kong jwt plugin, set to verify exp and nbf", "at 0045b672", "jwt_parser.lua",
        Checker(checks_iat=False, whole_now=True, whole_claims=False, takes_text=False, reads_iat=False,
            needs=("exp",), zero_is_none=(), not_known=_ANY_NUMBER),
        "exp and nbf only where configured; its leeway can't be set"),
    Verifier("azure-apim", "Azure API Management validate-jwt", "as of 2026-11", "learn.microsoft.com, validate-jwt",
        Checker(checks_iat=False), option='clock-skew="N"', how=How.TOLD),
    # --- Who checks what this host signs: by their documents ---
    Verifier("github-app", "GitHub, for the JWT of a GitHub App", "as of 2026-11",
        "docs.github.com, Generating a JSON Web Token (JWT) for a GitHub App",
        Checker(life_cap_s=600, once=True, takes_text=False, needs=_IAT_AND_EXP, not_known=_UNSURE),
        "its documentation: iat 60 s back, exp at most 10 min ahead", Party.LOCAL_SIGN, "ntp", how=How.TOLD,
        backdate_s=60),
    Verifier("apple", "Apple, for App Store Connect", "as of 2026-11",
        "developer.apple.com, Generating Tokens for API Requests",
        Checker(checks_iat=None, life_cap_s=1200, once=True, needs=_IAT_AND_EXP, not_known=_UNSURE),
        "exp at most 20 min ahead, but for some of its resources", Party.LOCAL_SIGN, "ntp", how=How.TOLD),
    Verifier("apns", "Apple Push Notification service", "as of 2026-11",
        "developer.apple.com, Establishing a token-based connection to APNs",
        Checker(checks_iat=None, max_age_s=3600, needs=("iat",), not_known=_UNSURE),
        "iat at most an hour old; a new token at most every 20 min", Party.LOCAL_SIGN, "ntp", how=How.TOLD),
    Verifier("google", "Google, for the assertion of a service account", "as of 2026-11",
        "developers.google.com, Using OAuth 2.0 for Server to Server Applications",
        Checker(checks_iat=None, span_cap_s=3600, once=True, needs=_IAT_AND_EXP, not_known=_UNSURE),
        "exp at most 1 h after iat", Party.LOCAL_SIGN, "ntp", how=How.TOLD),
    Verifier("box", "Box, for the assertion of an app", "as of 2026-11",
        "developer.box.com, JWT without SDKs; the error that it answers with",
        Checker(checks_iat=None, life_cap_s=60, span_cap_s=60, once=True, needs=("exp",), not_known=_UNSURE),
        "exp at most 60 s ahead; its own libraries take 30 s", Party.LOCAL_SIGN, "ntp", how=How.TOLD),
    Verifier("snowflake", "Snowflake, for key-pair authentication", "as of 2026-11",
        "docs.rs, sqlload::auth, which names the limit",
        Checker(checks_iat=None, max_age_s=3600, span_cap_s=3600, once=True, needs=_IAT_AND_EXP,
            not_known=_FOR_ONE_HOUR),
        "good for 1 h at most", Party.LOCAL_SIGN, "ntp", how=How.TOLD),
    Verifier("docusign", "Docusign, for the JWT grant", "as of 2026-11",
        "docs.rs, docusign::JWTConfig, which names the limit",
        Checker(checks_iat=None, span_cap_s=3600, once=True, needs=_IAT_AND_EXP, not_known=_FOR_ONE_HOUR),
        "exp at most 1 h after iat", Party.LOCAL_SIGN, "ntp", how=How.TOLD),
    Verifier("zoom", "Zoom, for the Meeting SDK", "as of 2026-11",
        "dev.to/zoom, Troubleshooting Zoom Meeting SDK signature validation, by Zoom",
        Checker(checks_iat=None, span_cap_s=172800, span_least_s=1800, takes_text=None, needs=_IAT_AND_EXP,
            not_known=_UNSURE),
        "exp 30 min to 48 h after iat", Party.LOCAL_SIGN, "ntp", how=How.TOLD),
)  # fmt: skip
"""All that are known, as `--verifier list` shows them."""
ALIASES = {"github": "github-app", "appstoreconnect": "apple"}
"""What people call one as well, which is like no other."""
ANYBODY = Verifier(
    "any", "whoever checks what this host signs", "", "", Checker(once=True), party=Party.LOCAL_SIGN, how=How.TOLD
)
"""Of whom nothing but a longest life is known, as `--max-life` says it."""


def verifier(name: str) -> Verifier:
    """Return the verifier of that name or alias, upper or lower case. Raises ValueError."""
    wanted = name.strip().casefold()
    wanted = ALIASES.get(wanted, wanted)
    for row in VERIFIERS:
        if row.name == wanted:
            return row
    raise ValueError(f"there is no verifier named {foreign.text(name, 40)!r}")


def signers() -> tuple[str, ...]:
    """Return the names of those that check a JWT which this host signs."""
    return tuple(row.name for row in VERIFIERS if row.party is Party.LOCAL_SIGN and row.takes == "a JWT")


def nearest(name: str, names: tuple[str, ...] = ()) -> str | None:
    """Return which of *names*, or of all, that is a slip of; None: of none."""
    from difflib import get_close_matches

    known = names or tuple(row.name for row in VERIFIERS)
    by_word = {row.partition("-")[0]: row for row in reversed(known)} | {row: row for row in known}
    near = get_close_matches(name.strip().casefold()[:40], by_word, n=1, cutoff=0.75)
    return by_word[near[0]] if near else None


# --- What one says to a token ---

_NO_TIMES = {
    TokenKind.JWE: "encrypted",
    TokenKind.OPAQUE: "opaque",
    TokenKind.RESPONSE: "opaque",
    TokenKind.TRUNCATED: "cut",
}
_KINDS = {TokenKind.JWT: "a JWT"}
"""What it is, by the `takes` of a verifier that is meant for it."""


def times_unreadable(token: Token) -> bool:
    """Tell whether the payload of a JWT can't be read at all."""
    return token.kind is TokenKind.JWT and token.exp.state is ClaimState.UNUSABLE and not token.exp.shown


def verdict(
    token: Token, row: Verifier, now: Interval | None, true_time: Interval | None, replay: Ask | None = None
) -> VerifierVerdict:
    """Return what the verifier of *row* says: by the clock that it goes by, at *now*, and were that clock right.

    Both are times of day; None: not measured. *replay* is the verifier itself, where it can be run.
    """
    ask = replay or (lambda at_s: modelled(token, row.checker, at_s))
    if token.kind in _NO_TIMES:
        here = truly = Answer(None, _NO_TIMES[token.kind])
    elif row.takes != _KINDS.get(token.kind, row.takes):
        here = truly = Answer(accepts=False, why="takes-others")
    elif times_unreadable(token):
        here = truly = Answer(None, "unreadable") if replay is None or now is None else replay(now.low_s)
    else:
        here, truly = _over(now, ask), _over(true_time, ask)
    why, also = here.why, here.also
    if replay is not None and here.accepts is False and now is not None:  # run, it tells what it came upon first
        by_rule = modelled(token, row.checker, now.low_s)
        also = tuple(id_ for id_ in (by_rule.why, *by_rule.also) if id_ != why) if by_rule.accepts is False else ()
    return VerifierVerdict(
        row.name,
        row.title,
        row.checker.leeway_s,
        here.accepts,
        truly.accepts,
        why,
        row.version,
        row.source,
        row.note,
        also,
        row.option,
    )


def _over(times: Interval | None, ask: Ask) -> Answer:
    """Return what holds at every time of the range: who takes a token at both ends takes it in between."""
    if times is None:
        return Answer(None, "not-measured")
    if not all(map(math.isfinite, times)):
        return Answer(None, "one-sided")
    first, last = ask(times.low_s), ask(times.high_s)
    if first[:2] != last[:2]:
        return Answer(None, "depends-on-range")
    return first._replace(also=tuple(id_ for id_ in first.also if id_ in last.also))
