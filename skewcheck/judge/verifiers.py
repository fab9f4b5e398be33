"""Who checks a token's times: the verifiers that are known by name, and what each says to a token.

Facts, each with the version and the source that it was read in, and whether it was run. A verifier that isn't here is
`UNKNOWN`: no leeway, and it looks at the issue time. What hangs on a rule that isn't known (None) is left open: no
token is accepted by a rule that nobody read. A verdict is over a range of the verifier's own clock, and never more
than is known. Why it is so is an id of `judge.catalogue.REASONS`.
"""

import enum
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.model import ClaimState, Interval, Party, TimeClaim, Token, TokenKind, VerifierVerdict


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
    checks_iat: bool | None = True
    """It refuses a token that was issued in the future; None: not known."""
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
    accepts_at_cap: bool = True
    once: bool = False
    """It checks what is signed for one use: a request, an assertion."""
    takes_text: bool | None = None
    """It reads a time that is text as the number in it; False: it refuses such a token. None: not known."""
    reads_iat: bool | None = None
    """It refuses an iat that it can't read, though it compares it with nothing; None: not known."""
    needs: tuple[str, ...] | None = None
    """The times without which it refuses a token; None: not known whether it takes one without exp."""
    zero_is_none: tuple[str, ...] | None = None
    """Times of which 0 counts as none; None: not known."""
    ordered: bool = False
    """It refuses an nbf after exp, at any time."""
    accepts_at_nbf: bool = True
    """It accepts from now = nbf on; False: only after it."""
    iat_or_nbf: bool = False
    """It looks at iat only where there is no nbf."""
    span_cap_s: float | None = None
    """It refuses what lives longer from iat to exp, at any time."""
    span_least_s: float | None = None
    """And what lives shorter."""
    window_s: float | None = None
    """Where exp is missing it ends so long after iat or nbf; where both of those are, it begins so long before exp."""
    counts_to_s: float | None = None
    """A time that is further from 1970 counts as none."""
    not_known: tuple[str, ...] = ("boolean", "year-past-9999")
    """Oddities of a time, and reasons to refuse, of which it isn't known what it makes of them."""

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


class Answer(NamedTuple):
    """What a verifier says at one moment."""

    accepts: bool | None
    """None: can't tell."""
    why: str
    """An id of `judge.catalogue.REASONS`."""
    also: tuple[str, ...] = ()
    """Of what it refuses for all else that it would refuse for, too: more such ids."""


Ask = Callable[[float], Answer]
"""A verifier: its own time of day, Unix seconds -> what it says."""

_EITHER_OF: Mapping[bool | None, tuple[bool, ...]] = {True: (True,), False: (False,), None: (True, False)}
"""What a rule may be; None: it isn't known."""


def modelled(token: Token, checker: Checker, at_s: float) -> Answer:
    """Return what *checker* says when its own clock is at *at_s*, by all that it may be where a rule isn't known."""
    times, refused, open_ = _read(token, checker)
    ways = [[*refused, *_refusals(times, rules, at_s)] for rules in _all_that_it_may_be(checker)]
    if doubtful := set(checker.not_known).intersection(*ways):
        open_, ways = True, [[why for why in way if why not in doubtful] for way in ways]
    if all(ways):
        shared = [why for why in ways[0] if all(why in way for way in ways)]
        first, *more = shared or ways[0]
        return Answer(accepts=False, why=first, also=tuple(more))
    if open_:
        return Answer(None, "claim-unknown")
    if any(ways):
        return Answer(None, "iat-unknown" if checker.checks_iat is None else "rounding-unknown")
    if times["exp"] is None and checker.needs is None and checker.window_s is None:
        return Answer(None, "no-exp-unknown")
    return Answer(accepts=True, why="accepted")


def _all_that_it_may_be(checker: Checker) -> Iterator[Checker]:
    rules = (_EITHER_OF[rule] for rule in (checker.whole_now, checker.whole_claims, checker.checks_iat))
    for whole_now, whole_claims, checks_iat in itertools.product(*rules):
        yield checker._replace(whole_now=whole_now, whole_claims=whole_claims, checks_iat=checks_iat)


def _read(token: Token, checker: Checker) -> tuple[dict[str, float | None], list[str], bool]:
    """Return the times as it reads them, what it refuses for at once, and whether it isn't known how it reads one."""
    times: dict[str, float | None] = {}
    refused, open_ = [], False
    for claim in token.claims:
        times[claim.name], readable = _time(claim, checker)
        looked_at = _looked_at(claim.name, checker)
        if readable and times[claim.name] is None and claim.name in (checker.needs or ()):
            refused.append(f"no-{claim.name}")
        elif readable is False and looked_at:
            refused.append("not-a-number")
        elif not readable and looked_at is not False:
            open_ = True
    if checker.window_s is not None and not refused and not open_ and not any(at is not None for at in times.values()):
        refused.append("no-times")
    return times, list(dict.fromkeys(refused)), open_


def _looked_at(name: str, checker: Checker) -> bool | None:
    """Tell whether a time that it can't read makes it refuse; None: not known."""
    if name == "exp":
        return True
    if name == "nbf":
        return checker.checks_nbf
    counted = checker.max_age_s, checker.span_cap_s, checker.span_least_s, checker.window_s
    needed = checker.needs is not None and "iat" in checker.needs
    if checker.checks_iat or needed or any(rule is not None for rule in counted):
        return True
    return checker.reads_iat


def _time(claim: TimeClaim, checker: Checker) -> tuple[float | None, bool | None]:
    """Return what it reads in a claim, and whether it can read it; None: not known."""
    value_s = claim.value_s
    if claim.state is ClaimState.ABSENT:
        return None, True
    if claim.state is ClaimState.UNUSABLE:
        number_like = "not-a-number" in claim.oddities or claim.shown in {"", "null"}
        return None, False if checker.takes_text is False and not number_like else None
    if "string" in claim.oddities and not checker.takes_text:
        return None, checker.takes_text
    if not set(checker.not_known).isdisjoint(claim.oddities):
        return None, None
    if checker.counts_to_s is not None and value_s is not None and abs(value_s) > checker.counts_to_s:
        return None, True
    if value_s == 0 and checker.zero_is_none is None:
        return (None, None) if claim.name == "exp" else (value_s, True)
    return None if value_s == 0 and claim.name in (checker.zero_is_none or ()) else value_s, True


def _refusals(times: Mapping[str, float | None], checker: Checker, at_s: float) -> list[str]:
    """Return all that it refuses for, in the order of its importance; every rule of it is known here."""
    now_s = float(math.floor(at_s)) if checker.whole_now else at_s
    iat_s, nbf_s, exp_s = (
        math.floor(at) if at is not None and checker.whole_claims else at
        for at in (times["iat"], times["nbf"], times["exp"])
    )
    if checker.window_s is not None:
        exp_s, nbf_s = _filled(iat_s, nbf_s, exp_s, checker.window_s)
    end_leeway_s = checker.leeway_s if checker.expiry_leeway_s is None else checker.expiry_leeway_s
    checks_iat = checker.checks_iat and not (checker.iat_or_nbf and nbf_s is not None)
    age_s = None if iat_s is None else now_s - iat_s
    life_s = None if iat_s is None or exp_s is None else exp_s - iat_s
    tests = {
        "future-issued": checks_iat and iat_s is not None and iat_s > now_s + checker.leeway_s,
        "not-yet-valid": checker.checks_nbf and nbf_s is not None and _early(now_s, nbf_s, checker),
        "expired": exp_s is not None and _past(now_s, exp_s + end_leeway_s, accepts_at_end=checker.accepts_at_exp),
        "too-old": _beyond(age_s, checker.max_age_s, end_leeway_s),
        "exp-too-far": exp_s is not None and _too_far(exp_s - now_s, checker),
        "life-too-long": _beyond(life_s, checker.span_cap_s, 0.0),
        "life-too-short": life_s is not None and checker.span_least_s is not None and life_s < checker.span_least_s,
        "nbf-after-exp": checker.ordered and nbf_s is not None and exp_s is not None and nbf_s > exp_s,
    }
    return [why for why, holds in tests.items() if holds]


def _filled(
    iat_s: float | None, nbf_s: float | None, exp_s: float | None, window_s: float
) -> tuple[float | None, float | None]:
    """Return exp and nbf, those that are missing as a verifier that needs them makes them up."""
    begins = [at for at in (iat_s, nbf_s) if at is not None]
    end_s = max(begins) + window_s if exp_s is None and begins else exp_s
    begin_s = nbf_s if nbf_s is not None else iat_s
    return end_s, end_s - window_s if begin_s is None and end_s is not None else begin_s


def _past(now_s: float, end_s: float, *, accepts_at_end: bool) -> bool:
    return now_s > end_s if accepts_at_end else now_s >= end_s


def _early(now_s: float, nbf_s: float, checker: Checker) -> bool:
    begin_s = nbf_s - checker.leeway_s
    return now_s < begin_s if checker.accepts_at_nbf else now_s <= begin_s


def _too_far(ahead_s: float, checker: Checker) -> bool:
    if checker.life_cap_s is None:
        return False
    most_s = checker.life_cap_s + checker.leeway_s
    return ahead_s > most_s if checker.accepts_at_cap else ahead_s >= most_s


def _beyond(value_s: float | None, cap_s: float | None, leeway_s: float) -> bool:
    return value_s is not None and cap_s is not None and value_s > cap_s + leeway_s


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
