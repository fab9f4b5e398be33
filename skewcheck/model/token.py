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
    `negative`, `after-2038`, `year-past-9999`, `not-a-number`, `not-a-time`, `duplicate`."""


class Oddity(NamedTuple):
    """Something odd about the whole token, under a stable id."""

    id: str
    summary: str


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

    @property
    def opaque(self) -> bool:
        """Tell whether no time is in it, and that is as it should be."""
        return self.kind in (TokenKind.OPAQUE, TokenKind.RESPONSE)

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
