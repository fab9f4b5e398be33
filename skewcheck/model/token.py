"""What a token says of itself, and what a wrong clock does to it. Nothing in here is secret: no token, no signature."""

import enum
from typing import NamedTuple

from skewcheck.model.measured import Interval


class TokenKind(enum.Enum):
    """What was pasted."""

    JWT = "jwt"
    JWE = "jwe"
    """Encrypted: its times can't be read from outside."""
    OPAQUE = "opaque"
    """Only the server knows what it stands for: no times inside. What Genesys Cloud issues."""
    RESPONSE = "response"
    """An OAuth token response around an opaque token: `expires_in` tells its lifetime."""
    TRUNCATED = "truncated"
    CLAIMS = "claims"
    """Claims that were decoded, without their token."""
    SAML = "saml"
    """An assertion."""
    PRESIGNED = "presigned"
    """A URL that is signed for so long."""
    SIGNATURE = "signature"
    """The header that signs an HTTP message."""
    MESSAGE = "message"
    """No token: an error that tells of one."""


class ClaimState(enum.Enum):
    """What a time claim is good for."""

    ABSENT = "absent"
    USABLE = "usable"
    UNUSABLE = "unusable"
    """It is there, and a verifier can't read it as a time."""


class TimeClaim(NamedTuple):
    """`iat`, `nbf` or `exp`, as it stands (RFC 7519 §4.1.4-4.1.6, NumericDate of §2)."""

    name: str
    state: ClaimState
    value_s: float | None = None
    """Unix seconds, as a verifier reads it; None unless it is usable."""
    shown: str = ""
    """As it stands in the token, safe to show."""
    oddities: tuple[str, ...] = ()
    """Ids of what is odd about it, though it may be usable: `milliseconds`, `string`, `boolean`, `fraction`,
    `negative`, `after-2038`, `year-past-9999`, `not-a-number`, `not-a-time`, `duration`, `duplicate`."""


class Oddity(NamedTuple):
    """Something odd about the whole token, under a stable id."""

    id: str
    summary: str


class Quoted(NamedTuple):
    """What one error message says, as `messages` reads it; None where it doesn't."""

    kind: str
    """`too-early`, `expired`, `no-expiry`, `two-readings`, `contradictory`; of a request `signature-expired`,
    `signature-early`, `skewed-request`; `certificate-early`, `certificate-expired`; `clock-skew` where it names skew
    and no more, `refused` what was signed and no more; `genesys-rate-limit`, `genesys-credentials`."""
    checker: str = "verifier"
    """Whose clock compared: `verifier` of a token, `server` of a request, `host` that checked a certificate."""
    stamper: str = "issuer"
    """Whose clock wrote the stamp: `issuer`, `signer`, `authority`."""
    claim: str | None = None
    """`iat`, `nbf` or `exp`."""
    checker_s: float | None = None
    """The checker's own time."""
    stamp_s: float | None = None
    """The time that it compared with, as quoted."""
    resolution_s: float = 1.0
    """What the coarser of the two is counted in."""
    leeway_taken_s: float = 0.0
    """What is already taken off the stamp, or added to an end: the stamp itself is so much later, or an end earlier."""
    allowed_s: float | None = None
    """How much the message says is allowed."""
    apart_s: float | None = None
    """The stamp less the checker's time, leeway given back: positive, the stamp is ahead of the checker's clock."""
    behind_low_s: float | None = None
    """The checker's clock was behind the stamper's by at least this; None: it can't be told, the stamp may be old."""
    behind_high_s: float | None = None
    """By at most; None: no bound, for how old the stamp was isn't quoted."""
    wait_s: float | None = None
    """How long a rate limit asks to wait."""
    day_first: "Quoted | None" = None
    """What it says where the day stands first in its dates, and this is of the month first: it doesn't tell which."""
    messages: int = 1
    """Of so many of its kind, each with times of its own, this one has the largest gap."""
    others: "tuple[Quoted, ...]" = ()
    """Of each other kind the one with the largest gap."""


class Listed(NamedTuple):
    """One of several tokens in what was given, in the order in which they matter."""

    named: str
    """`access_token`, `refresh_token`, `Authorization`, ...; empty where it has no name."""
    kind: TokenKind
    iat_s: float | None
    exp_s: float | None
    nbf_s: float | None = None


class Token(NamedTuple):
    """All that is kept of a token; safe to show."""

    kind: TokenKind
    found_in: str
    """For people: `an OAuth token response (access_token)`, `line 3 of what was pasted`."""
    length: int
    """Characters."""
    fingerprint: str
    """The first 8 hex digits of its SHA-256: enough to tell two apart, no help to guess one."""
    iat: TimeClaim
    nbf: TimeClaim
    exp: TimeClaim
    algorithm: str | None = None
    type: str | None = None
    key_id: str | None = None
    """The first 8 characters of `kid`."""
    encryption: str | None = None
    """`enc` of a JWE."""
    issuer: str | None = None
    expires_in_s: float | None = None
    """What the token response around it says, or the command line."""
    obtained_at_s: float | None = None
    """When the response came, by the local clock, Unix seconds; None where nobody said."""
    others: int = 0
    """How many further tokens were found and not read."""
    detail: str | None = None
    """Why it can't be read, where it can't, or how it was mended for reading (unwrapped, unquoted)."""
    oddities: tuple[Oddity, ...] = ()
    genesys_form: bool = False
    """It is opaque, and as long and made of what Genesys Cloud's are."""
    deadline_s: float | None = None
    """Until when the client that kept it takes it for alive: a time of day that stands beside it, Unix seconds."""
    deadline_name: str | None = None
    host: str | None = None
    """Whom it was sent to, by a header or a URL beside it."""
    written_at_s: float | None = None
    """When what was given was written, by a reply's `Date` or a log's stamp, Unix seconds."""
    message: Quoted | None = None
    """What an error message beside it, or in its place, says."""
    listed: tuple[Listed, ...] = ()
    """All that were found, where there are several."""
    picked: int = 1
    """Which of them this is."""
    taken_until_s: float | None = None
    """Until when its server takes it, though its `exp` is before that; Unix seconds."""
    skipped: int = 0
    """Bytes before what was looked at: the end of a long text is read alone."""

    @property
    def opaque(self) -> bool:
        """Tell whether no time is in it, and that is as it should be."""
        return self.kind in (TokenKind.OPAQUE, TokenKind.RESPONSE)

    @property
    def has_claims(self) -> bool:
        """Tell whether claims were read: a JWT's, or those of one that isn't there."""
        return self.kind in (TokenKind.JWT, TokenKind.CLAIMS)

    @property
    def claims(self) -> tuple[TimeClaim, ...]:
        """Its times, there or not."""
        return (self.iat, self.nbf, self.exp)

    @property
    def lifetime_s(self) -> float | None:
        """From `iat` (else `nbf`) to `exp`, else `expires_in`; None where neither is told."""
        begin = self.iat.value_s if self.iat.value_s is not None else self.nbf.value_s
        if begin is not None and self.exp.value_s is not None:
            return self.exp.value_s - begin
        return self.expires_in_s


class Party(enum.Enum):
    """Who compares a clock with a token's time."""

    REFRESH_BY_EXP = "refresh-by-exp"
    REFRESH_BY_EXPIRES_IN = "refresh-by-expires-in"
    LOCAL_VERIFY = "local-verify"
    LOCAL_SIGN = "local-sign"
    GATEWAY = "gateway"


class Harm(enum.Enum):
    """What happens to the token."""

    PREMATURE_EXPIRY = "premature-expiry"
    FUTURE_ISSUED = "future-issued"


class Level(enum.Enum):
    """How sure it is that somebody is refused."""

    NONE = "none"
    POSSIBLE = "possible"
    CERTAIN = "certain"


class Risk(NamedTuple):
    """One party, one harm, and its share of refused requests."""

    party: Party
    harm: Harm
    level: Level
    share_low: float | None
    """0 to 1; None where the skew isn't known."""
    share_high: float | None
    skew: Interval | None = None
    """The measured skew behind it; None where none was measured or none matters."""
    reference: str | None = None
    """Whose clock that skew is against: `ntp`, `api`, `login`; `login-api`: login's against the API's; `skew`: as
    assumed; `local`: none was measured; None where none matters."""


class BufferLine(NamedTuple):
    """One line of the sum."""

    what: str
    """An id of `judge.catalogue.BUFFER_LINES`."""
    seconds: float


class Recommended(NamedTuple):
    """What to set, and why."""

    buffer_s: int | None
    """Refresh so long before the expiry; None: no buffer can help."""
    needed_s: float
    leeway_s: int | None
    """For a verifier on this host; None: not known, for the skew is not, or has no bound; none verifies it here."""
    settle_s: float | None
    """How long to wait before the first use; None: not known. inf: no bound."""
    because: tuple[BufferLine, ...]
    """They add up to `needed_s`: of a leeway only what is of use stands here."""
