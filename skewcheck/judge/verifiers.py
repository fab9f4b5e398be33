"""Who checks a token's times, and how: the verifiers that are known by name, and what each says to a token.

Facts, each with the version and the source that it was read in. A verifier that isn't here is `UNKNOWN`: no leeway, and
it looks at the issue time. A verdict is over a range of the verifier's own clock, and never more than is known. Why it
is so is an id of `judge.catalogue.REASONS`.
"""

import enum
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.model import ClaimState, Interval, Party, Token, TokenKind, VerifierVerdict


class Stamp(enum.Enum):
    """How the issuer writes its time into `iat`."""

    CUT = "cut"
    """Cut down to a whole second: the rule."""
    ROUNDED = "rounded"
    """To the nearest second, so up to half a second into the future."""
    FRACTION = "fraction"
    """With its fraction."""


class Checker(NamedTuple):
    """How somebody compares a token's times with its own clock."""

    leeway_s: float = 0.0
    expiry_leeway_s: float | None = None
    """For the expiry alone; below 0 where it is refused before it is due. None: the same leeway."""
    checks_iat: bool = True
    """It refuses a token that was issued in the future."""
    checks_nbf: bool = True
    accepts_at_exp: bool = False
    """It still accepts at now = exp; RFC 7519 §4.1.4 says that it must not."""
    whole_now: bool | None = None
    """It cuts its own time to whole seconds; None: not known."""
    whole_claims: bool | None = None
    """It cuts the token's times to whole seconds; None: not known."""
    max_age_s: float | None = None
    """It refuses what is older, whatever its exp."""
    life_cap_s: float | None = None
    """It refuses an exp that is further ahead of its own time than this and its leeway."""
    once: bool = False
    """It checks what is signed for one use: a request, an assertion."""

    @property
    def expiry_leeway(self) -> float:
        """Seconds after a whole-second exp from which on it refuses, by its exact time: the leeway as it works."""
        leeway_s = self.leeway_s if self.expiry_leeway_s is None else self.expiry_leeway_s
        if not self.whole_now:
            return leeway_s
        return math.floor(leeway_s) + 1.0 if self.accepts_at_exp else float(math.ceil(leeway_s))

    def future_leeway(self, stamp: Stamp) -> float:
        """Return by how many seconds `iat` may be in its future: between whole seconds only whole ones count."""
        whole_iat = stamp is not Stamp.FRACTION or self.whole_claims
        return float(math.floor(self.leeway_s)) if self.whole_now and whole_iat else self.leeway_s

    def roundings(self, stamp: Stamp) -> tuple[float | None, ...]:
        """Return by how much rounding alone makes a token look younger: spread evenly over this span before the end.

        None stands for a comparison without any rounding: it refuses all or nothing. Several where it isn't known
        how this one compares.
        """
        if stamp is Stamp.CUT or (stamp is Stamp.FRACTION and self.whole_claims):
            return (0.0,)
        if stamp is Stamp.ROUNDED:
            return (0.5,)
        known: dict[bool | None, tuple[float | None, ...]] = {True: (1.0,), False: (None,), None: (None, 1.0)}
        return known[self.whole_now] if self.whole_claims is False else (0.0, *known[self.whole_now])

    def with_leeway(self, leeway_s: float) -> "Checker":
        """Return the same checker, set to another leeway."""
        return self._replace(leeway_s=leeway_s, expiry_leeway_s=None)


UNKNOWN = Checker()
"""Nothing is known of it: no leeway, and it looks at the issue time."""


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


_IGNORES_IAT = Checker(checks_iat=False)

VERIFIERS: tuple[Verifier, ...] = (
    # --- Genesys Cloud ---
    Verifier("genesys-saml", "SAML assertions sent to Genesys Cloud", "as of 2026-11",
        "help.mypurecloud.com, Add a generic single sign-on provider", Checker(10, once=True),
        "the clock in question is that of the identity provider", Party.LOCAL_SIGN),
    Verifier("audiohook", "AudioHook signatures, in a server that follows the reference implementation",
        "as of 2026-11",
        "audiohook-reference-implementation, httpsignature/signature-verifier.ts and authenticator.ts",
        Checker(3, -3, max_age_s=10, once=True), "it refuses 3 s early, so a signature is good for 7 s"),
    # --- Python ---
    Verifier("pyjwt", "PyJWT since 2.6", "2.15.1", "jwt/api_jwt.py", Checker(whole_now=False, whole_claims=True)),
    Verifier("pyjwt-2.5", "PyJWT up to 2.5", "2.5.0", "jwt/api_jwt.py, and run",
        Checker(checks_iat=False, accepts_at_exp=True, whole_claims=True)),
    Verifier("python-jose", "python-jose", "3.5.0", "jose/jwt.py",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=True, whole_claims=True)),
    Verifier("authlib", "authlib.jose", "1.9.9", "authlib/jose/rfc7519/claims.py",
        Checker(accepts_at_exp=True, whole_now=True, whole_claims=False)),
    Verifier("joserfc", "joserfc", "1.8.0", "joserfc/_rfc7519/claims.py",
        Checker(whole_now=True, whole_claims=False)),
    Verifier("google-auth", "google-auth for Python", "2.62.2", "google/auth/jwt.py",
        Checker(checks_nbf=False, accepts_at_exp=True, whole_now=True, whole_claims=False),
        "older versions allowed 60 s"),
    Verifier("firebase-admin", "firebase-admin for Python", "7.7", "firebase_admin/_token_gen.py",
        Checker(checks_nbf=False, accepts_at_exp=True, whole_now=True, whole_claims=False),
        "its leeway can be set to 60 s at most"),
    Verifier("okta-python", "okta-jwt-verifier for Python, access tokens", "0.5.0",
        "okta_jwt_verifier/constants.py, jwt_utils.py and jwt_verifier.py",
        Checker(120, checks_iat=False, checks_nbf=False, whole_now=False, whole_claims=True),
        "iat is checked only where the caller lists it"),
    # --- JavaScript ---
    Verifier("jsonwebtoken", "jsonwebtoken for Node.js", "9.0.3", "verify.js",
        Checker(checks_iat=False, whole_now=True, whole_claims=False)),
    Verifier("jose", "jose for JavaScript", "6.2", "lib/jwt_claims_set.js",
        Checker(checks_iat=False, whole_now=True, whole_claims=False), "with maxTokenAge it looks at iat too"),
    Verifier("oauth4webapi", "oauth4webapi, openid-client 6", "3.8", "build/index.js",
        Checker(30, checks_iat=False, whole_now=True, whole_claims=False)),
    Verifier("aws-jwt-verify", "aws-jwt-verify", "5.2.1", "dist/cjs/jwt.js",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=False, whole_claims=False)),
    Verifier("njwt", "njwt, okta-jwt-verifier for Node.js", "2.0.1", "index.js",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=False, whole_claims=False)),
    # Its cap of 24 h knows no leeway: with that of 300 s added it comes out as such.
    Verifier("google-auth-node", "google-auth-library for Node.js", "10.9.1", "build/src/auth/oauth2client.js",
        Checker(300, checks_nbf=False, accepts_at_exp=True, whole_now=False, whole_claims=False,
            life_cap_s=86400 - 300), "an exp of 24 h ahead or more is refused, without any leeway"),
    # --- .NET, Java ---
    Verifier("dotnet", "Microsoft.IdentityModel TokenValidationParameters", "as of 2026-11",
        "ValidatorUtilities.cs; learn.microsoft.com, DefaultClockSkew",
        Checker(300, checks_iat=False, accepts_at_exp=True)),
    Verifier("spring", "Spring Security JwtTimestampValidator", "as of 2026-11", "JwtTimestampValidator.java",
        Checker(60, checks_iat=False, accepts_at_exp=True, whole_now=False)),
    Verifier("java-jwt", "auth0 java-jwt", "as of 2026-11", "JWTVerifier.java", Checker(whole_now=True)),
    Verifier("jjwt", "jjwt", "as of 2026-11", "DefaultJwtParser.java",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=False)),
    Verifier("keycloak", "Keycloak JsonWebToken", "as of 2026-11", "JsonWebToken.java",
        Checker(checks_iat=False, accepts_at_exp=True, whole_now=True)),
    # --- Go, gateways ---
    Verifier("golang-jwt", "golang-jwt 5", "5", "validator.go",
        Checker(checks_iat=False, whole_now=False, whole_claims=True), "WithIssuedAt makes it look at iat too"),
    Verifier("jwx", "lestrrat-go/jwx", "2024", "jwt/validate.go", UNKNOWN),
    Verifier("envoy", "Envoy jwt_authn, Istio", "as of 2026-11",
        "google/jwt_verify_lib, src/jwt.cc; envoy jwt_authn/v3/config.proto",
        Checker(60, checks_iat=False, accepts_at_exp=True, whole_now=True)),
    Verifier("kong", "Kong jwt plugin", "as of 2026-11", "jwt_parser.lua", _IGNORES_IAT,
        "exp and nbf only where configured"),
    Verifier("azure-apim", "Azure API Management validate-jwt", "as of 2026-11", "learn.microsoft.com, validate-jwt",
        _IGNORES_IAT),
    Verifier("github-app", "GitHub, for the JWT of a GitHub App", "as of 2026-11",
        "docs.github.com, Generating a JSON Web Token (JWT) for a GitHub App", Checker(life_cap_s=600, once=True),
        "its documentation: iat 60 s back, exp at most 10 min ahead", Party.LOCAL_SIGN, "ntp"),
)  # fmt: skip
"""All that are known, as `--verifier list` shows them."""
ALIASES = {"github": "github-app"}
"""What people call one as well, which is like no other."""


def verifier(name: str) -> Verifier:
    """Return the verifier of that name or alias, upper or lower case. Raises ValueError."""
    wanted = name.strip().casefold()
    wanted = ALIASES.get(wanted, wanted)
    for row in VERIFIERS:
        if row.name == wanted:
            return row
    raise ValueError(f"there is no verifier named {foreign.text(name, 40)!r}")


def nearest(name: str) -> str | None:
    """Return the name that *name* is a slip of; None: of none."""
    from difflib import get_close_matches

    near = get_close_matches(name.strip().casefold()[:40], [row.name for row in VERIFIERS], n=1, cutoff=0.75)
    return near[0] if near else None


# --- What one says to a token ---


class Answer(NamedTuple):
    """What a verifier says at one moment."""

    accepts: bool | None
    """None: can't tell."""
    why: str
    """An id of `judge.catalogue.REASONS`."""


Ask = Callable[[float], Answer]
"""A verifier: its own time of day, Unix seconds -> what it says."""

_NO_TIMES = {
    TokenKind.JWE: "encrypted",
    TokenKind.OPAQUE: "opaque",
    TokenKind.RESPONSE: "opaque",
    TokenKind.TRUNCATED: "cut",
}
_AS_RUN = {"not-yet-valid-iat": "future-issued", "not-yet-valid-nbf": "not-yet-valid", "unusable": "unreadable"}
"""Reasons of a verifier that was run (`tokens.replay`), by the name that they have here."""
_EITHER_OF: Mapping[bool | None, tuple[bool, ...]] = {True: (True,), False: (False,), None: (True, False)}
"""What a rule may be; None: it isn't known."""


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
    elif times_unreadable(token):
        here = truly = Answer(None, "unreadable") if replay is None or now is None else replay(now.low_s)
    else:
        here, truly = _over(now, ask), _over(true_time, ask)
    why = _AS_RUN.get(here.why, here.why)
    return VerifierVerdict(
        row.name, row.title, row.checker.leeway_s, here.accepts, truly.accepts, why, row.version, row.source, row.note
    )


def _over(times: Interval | None, ask: Ask) -> Answer:
    """Return what holds at every time of the range: who takes a token at both ends takes it in between."""
    if times is None:
        return Answer(None, "not-measured")
    if not all(map(math.isfinite, times)):
        return Answer(None, "one-sided")
    first, last = ask(times.low_s), ask(times.high_s)
    return first if first == last else Answer(None, "depends-on-range")


def modelled(token: Token, checker: Checker, at_s: float) -> Answer:
    """Return what *checker* says when its own clock is at *at_s*, by all that it may be where a rule isn't known."""
    if any(claim.state is ClaimState.UNUSABLE for claim in token.claims):
        return Answer(None, "claim-unknown")
    refusals = {
        _refusal(token, checker._replace(whole_now=whole_now, whole_claims=whole_claims), at_s)
        for whole_now in _EITHER_OF[checker.whole_now]
        for whole_claims in _EITHER_OF[checker.whole_claims]
    }
    if len(refusals) > 1:
        return Answer(None, "rounding-unknown")
    (refusal,) = refusals
    if refusal is not None:
        return Answer(accepts=False, why=refusal)
    if token.exp.state is ClaimState.ABSENT:
        return Answer(None, "no-exp-unknown")
    return Answer(accepts=True, why="accepted")


def _refusal(token: Token, checker: Checker, at_s: float) -> str | None:
    """Return why it refuses, None where it doesn't; every rule of it is known here."""
    now_s = math.floor(at_s) if checker.whole_now else at_s
    iat_s, nbf_s, exp_s = (
        math.floor(claim.value_s) if claim.value_s is not None and checker.whole_claims else claim.value_s
        for claim in token.claims
    )
    end_leeway_s = checker.leeway_s if checker.expiry_leeway_s is None else checker.expiry_leeway_s
    if checker.checks_iat and iat_s is not None and iat_s > now_s + checker.leeway_s:
        return "future-issued"
    if checker.checks_nbf and nbf_s is not None and nbf_s > now_s + checker.leeway_s:
        return "not-yet-valid"
    if exp_s is not None and _past(now_s, exp_s + end_leeway_s, accepts_at_end=checker.accepts_at_exp):
        return "expired"
    if checker.max_age_s is not None and iat_s is not None and now_s > iat_s + checker.max_age_s + end_leeway_s:
        return "too-old"
    if checker.life_cap_s is not None and exp_s is not None and exp_s > now_s + checker.life_cap_s + checker.leeway_s:
        return "exp-too-far"
    return None


def _past(now_s: float, end_s: float, *, accepts_at_end: bool) -> bool:
    return now_s > end_s if accepts_at_end else now_s >= end_s
