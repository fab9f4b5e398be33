"""What a token says, and all that is kept of it: what kind it is, its times, who issued it. Nothing is verified.

PyJWT reads what it accepts; what it refuses is explained by a reader of our own. No input raises.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, final

from skewcheck import foreign, secret_shapes
from skewcheck.model.token import ClaimState, Listed, Oddity, TimeClaim, Token, TokenKind
from skewcheck.tokens.find import Found, Secret
from skewcheck.tokens.plain import printable
from skewcheck.tokens.segments import (
    CUT_OUT,
    MAX_DIGITS,
    Compact,
    Cut,
    JsonObject,
    LongNumber,
    Pairs,
    Unreadable,
    compact,
    cut,
    json_object,
    opens_object,
)
from skewcheck.tokens.told import Told

# --- `iat`, `nbf` and `exp` as a verifier reads them, never repaired (RFC 7519 §2, NumericDate) ---

YEAR_1_S = -62135596800
YEAR_9999_END_S = 253402300799
"""9999-12-31T23:59:59Z: the last second that most date libraries can name, and a common way to say "never"."""
LAST_32_BIT_S = 2**31 - 1
"""2038-01-19T03:14:07Z: a verifier that keeps seconds in 32 bits wraps behind it."""

MAX_SHOWN = 40
"""Characters shown of a claim that isn't a plain number."""
_LARGEST_S = 1e300
"""Integers in JSON have no end, floats do; differences of two of these still are numbers."""

_LIKE_A_TIME = re.compile(r"[0-9TZe:.+\- /]*")
_UNITS = {"milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
_SHORTEST_S, _LATEST_DURATION_S = 30.0, 1e8
"""From half a minute to March 1973: no token ended before, and three years are a life that some have."""
_BEGIN_S, _END_S = 1e9, 1e10
"""2001 to 2286: a time in another unit falls into this, in that unit. No second of the next 1,000 years does."""


def time_claim(name: str, claims: Mapping[str, object], *, duplicate: bool = False) -> TimeClaim:
    """Return the claim *name* of *claims*: absent, usable with its value, or unusable, and what is odd about it."""
    if name not in claims:
        return TimeClaim(name, ClaimState.ABSENT)
    value = claims[name]
    value_s = _as_verified(value)
    oddities = [*_odd_type(value, value_s), *(() if value_s is None else _odd_value(value_s))]
    if name == "exp" and value_s is not None and _SHORTEST_S <= value_s < _LATEST_DURATION_S:
        oddities.append("duration")
    if duplicate:
        oddities.append("duplicate")
    state = ClaimState.UNUSABLE if value_s is None else ClaimState.USABLE
    return TimeClaim(name, state, value_s, _shown_time(value), tuple(oddities))


def shown(value: object) -> str:
    """Return a claim's value as it stands in the JSON, safe to show; of more than one value only what it is."""
    if isinstance(value, LongNumber):
        return f"a number of {value.digits} digits"
    if isinstance(value, list):  # of what is in there nobody said that it may be shown; an object is pairs in a list
        return "an object" if isinstance(value, Pairs) else "a list"
    if isinstance(value, dict):
        return "an object"
    return foreign.header(json.dumps(value, ensure_ascii=False), MAX_SHOWN)


def _shown_time(value: object) -> str:
    """Return as `shown` does; of a text that is not made as times are, only that it is one: it may be a name."""
    return "a text" if isinstance(value, str) and _LIKE_A_TIME.fullmatch(value) is None else shown(value)


def _as_verified(value: object) -> float | None:
    """Return what PyJWT's `int()` makes of *value*, its fraction kept; None where it raises."""
    if not isinstance(value, int | float | str) or (isinstance(value, str) and len(value) > MAX_DIGITS):
        return None
    try:
        whole = int(value)
    except (ValueError, OverflowError):
        return None
    if isinstance(value, float):
        return max(-_LARGEST_S, min(value, _LARGEST_S))
    return float(max(-int(_LARGEST_S), min(whole, int(_LARGEST_S))))


def _odd_type(value: object, value_s: float | None) -> list[str]:
    if isinstance(value, bool):
        return ["boolean"]
    if isinstance(value, str):
        return ["string"] if value_s is not None else ["string", "not-a-time"]
    if isinstance(value, float | LongNumber):
        return ["not-a-number"] if value_s is None else []
    return [] if isinstance(value, int) else ["not-a-time"]


def _odd_value(value_s: float) -> list[str]:
    oddities = [unit for unit, times in _UNITS.items() if _BEGIN_S * times <= value_s < _END_S * times]
    if not value_s.is_integer():
        oddities.append("fraction")
    if value_s < 0:
        oddities.append("negative")
    if not YEAR_1_S <= value_s < YEAR_9999_END_S + 1:
        oddities.append("year-past-9999")
    elif value_s > LAST_32_BIT_S:
        oddities.append("after-2038")
    return oddities


# --- What is odd about a token as a whole: what makes verifiers refuse it or differ ---

_TIMES = ("iat", "nbf", "exp")
_MAX_VALUES = 4
"""Values shown of a claim that stands more than once."""

_UNREADABLE = {
    "stops": "Its payload stops in the middle.",
    "not-base64": "Its payload is not base64url: a character in it doesn't belong there, or one is missing.",
    "not-json": "Its payload is not JSON.",
    "too-deep": "Its payload is nested too deeply to be read: verifiers refuse it.",
    "not-an-object": "Its payload is JSON, and no object: it holds no claims.",
}
_REFUSED = {
    "not-a-number": "NaN or Infinity stands in it: not JSON, and strict readers refuse it.",
    "long-number": "A number in it has too many digits: PyJWT refuses it.",
    "raw-control": "A control character stands in it unescaped: not JSON, and PyJWT refuses it.",
    "payload-not-utf-8": "Its payload is not UTF-8 (read as Latin-1 here): PyJWT refuses it.",
}

EXPLAIN_REFUSAL = frozenset({
    "key-id-not-a-string", "detached-payload", "critical-header", "nested", "payload-unreadable", "payload-stops",
    "payload-not-an-object", "long-number", "raw-control", "payload-not-utf-8",
})  # fmt: skip
"""Those for which PyJWT refuses to read a token at all."""


def header_oddities(header: JsonObject, *, unsigned: bool) -> list[Oddity]:
    """Return what is odd about the header; *unsigned*: no signature stands behind it."""
    members = header.members
    algorithm, key_id, critical = members.get("alg"), members.get("kid"), members.get("crit")
    odd = []
    if not isinstance(algorithm, str):
        odd.append(Oddity("algorithm-not-a-string", "Its header names no algorithm as a string: verifiers refuse it."))
    elif unsigned or algorithm.lower() == "none":
        odd.append(Oddity("unsigned", "It carries no signature: whoever takes it must not trust it."))
    if "kid" in members and not isinstance(key_id, str):
        odd.append(Oddity("key-id-not-a-string", "Its `kid` is not a string: PyJWT refuses it."))
    if members.get("b64", True) is False:
        odd.append(Oddity("detached-payload", "Its payload travels beside it (`b64` is false, RFC 7797)."))
    elif "crit" in members:
        told = "names extensions" if isinstance(critical, list) and critical else "is no list of names"
        odd.append(
            Oddity(
                "critical-header", f"Its `crit` {told}: a verifier that doesn't know them must refuse it (RFC 7515)."
            )
        )
    if header.repeated:
        odd.append(Oddity("duplicate-header", "A name stands more than once in its header: readers may differ."))
    return odd


def payload_unreadable(reason: str, header: JsonObject) -> Oddity:
    """Return why the payload can't be read."""
    if str(header.members.get("cty", "")).upper().endswith("JWT"):
        return Oddity("nested", "Its payload is another token (`cty` says so): its times stand in there.")
    if header.members.get("b64", True) is False:
        return Oddity("payload-unreadable", "Its payload isn't in it, so no times can be read.")
    ids = {"not-an-object": "payload-not-an-object", "stops": "payload-stops"}
    return Oddity(ids.get(reason, "payload-unreadable"), _UNREADABLE[reason])


def payload_oddities(payload: JsonObject) -> list[Oddity]:
    """Return what a strict reader says of the payload, where PyJWT and others may not have said a word."""
    odd = [_duplicate(name, payload.repeated[name]) for name in _TIMES if name in payload.repeated]
    others = len(payload.repeated.keys() - set(_TIMES))
    if others:
        names = "1 other claim stands" if others == 1 else f"{others} other claims stand"
        odd.append(Oddity("duplicate-claims", f"{names} in it more than once: readers may differ."))
    odd += [Oddity(id_, sentence) for id_, sentence in _REFUSED.items() if id_ in payload.refused]
    return odd


def _duplicate(name: str, values: list[object]) -> Oddity:
    told = ", ".join(map(_shown_time, values[:_MAX_VALUES])) + (", …" if len(values) > _MAX_VALUES else "")
    return Oddity(
        "duplicate-claims", f"`{name}` stands in it {len(values)} times ({told}): PyJWT and most others take the last."
    )


# --- Read ---

MAX_WORD = 32
"""Characters kept of `alg`, `typ` and `enc`."""
KEY_ID_KEPT = 8
FINGERPRINT_DIGITS = 8

_INACTIVE = Oddity("inactive", "Its times don't matter: get a new token.")
_OPAQUE_DETAIL = "No times are in it: only its server knows when it ends."
_GENESYS_FORM = re.compile(r"[\w-]{70,100}", re.ASCII)
"""What Genesys Cloud's access tokens are: base64url of 86 characters or so, and no dot."""


def read(found: Found) -> Token:
    """Return what the token says; whatever it is, there is an answer."""
    token = _itself(found)
    if found.beside.inactive or (found.told is not None and found.told.inactive):
        token = token._replace(oddities=(_INACTIVE, *token.oddities))
    return token._replace(listed=tuple(map(_listed, found.every)))


def _listed(found: Found) -> Listed:
    """Return what is told of one of several tokens."""
    token = _itself(found)
    return Listed(found.named.value, token.kind, token.iat.value_s, token.exp.value_s, token.nbf.value_s)


def _itself(found: Found) -> Token:
    if found.told is not None:
        return _told(found, found.told)
    text = found.secret.reveal()
    token = compact(text)
    if isinstance(token.header, Unreadable) and not opens_object(token.parts[0]):
        return _opaque(found, text)
    where_cut = cut(token)
    if isinstance(token.header, Unreadable):
        return _broken_header(found, token.header, where_cut)
    if where_cut is not None and not where_cut.in_signature:
        return _about(found, token.header.members)._replace(
            kind=TokenKind.TRUNCATED, detail=_sentences(where_cut.sentence, found.detail)
        )
    if len(token.parts) == 5:
        return _encrypted(found, token.header)
    return _signed(found, text, token, token.header, where_cut)


def _signed(found: Found, text: str, token: Compact, header: JsonObject, where_cut: Cut | None) -> Token:
    payload = json_object(token.parts[1])
    accepted = _as_pyjwt_reads(text)
    about = _about(found, header.members)._replace(kind=TokenKind.JWT, detail=found.detail)
    oddities = header_oddities(header, unsigned=len(token.parts) == 3 and not token.parts[2] and not token.cut_out)
    if isinstance(payload, Unreadable):
        oddities.append(payload_unreadable(payload.reason, header))
        iat, nbf, exp = (TimeClaim(name, ClaimState.UNUSABLE) for name in _TIMES)  # nobody knows whether they are there
        about = about._replace(iat=iat, nbf=nbf, exp=exp)
    else:
        claims = accepted or payload.members
        iat, nbf, exp = (time_claim(name, claims, duplicate=name in payload.repeated) for name in _TIMES)
        about = about._replace(issuer=_issuer(claims.get("iss")), iat=iat, nbf=nbf, exp=exp)
        oddities += payload_oddities(payload)
    if where_cut is not None:
        redacted = Oddity("signature-redacted", where_cut.sentence)
        oddities.append(redacted if token.cut_out else Oddity("signature-cut", where_cut.sentence))
        about = about._replace(
            detail=_sentences(where_cut.sentence, "Its times can be read all the same.", found.detail)
        )
        if len(token.parts) == 2 and not token.cut_out:
            about = about._replace(kind=TokenKind.TRUNCATED)
    elif accepted is None and EXPLAIN_REFUSAL.isdisjoint(oddity.id for oddity in oddities):
        oddities.append(Oddity("refused", "PyJWT refuses to read it: one of its parts is not clean base64url."))
    return about._replace(oddities=tuple(oddities))


def _as_pyjwt_reads(text: str) -> Mapping[str, object] | None:
    """Return the claims as PyJWT reads them, unverified; None where it refuses the token."""
    import jwt

    try:
        payload: Mapping[str, object] = jwt.decode_complete(text, options={"verify_signature": False})["payload"]
    except Exception:  # noqa: BLE001 - whatever a forged token makes it raise, it didn't read it; the text may hold claims
        return None
    return payload


def _told(found: Found, told: Told) -> Token:
    """Return what claims, an assertion or an error message say in the place of a token."""
    iat, nbf, exp = (time_claim(name, told.claims, duplicate=name in told.repeated) for name in _TIMES)
    oddities = [_duplicate(name, values) for name, values in told.repeated.items()]
    return _about(found, told.header)._replace(
        kind=told.kind,
        issuer=_issuer(told.claims.get("iss")),
        iat=iat,
        nbf=nbf,
        exp=exp,
        oddities=tuple(oddities),
        taken_until_s=told.taken_until_s,
    )


def _encrypted(found: Found, header: JsonObject) -> Token:
    nested = " It holds another token." if str(header.members.get("cty", "")).upper().endswith("JWT") else ""
    detail = f"It is encrypted (JWE, 5 parts): its times can't be read from outside.{nested}"
    return _about(found, header.members)._replace(
        kind=TokenKind.JWE,
        encryption=_word(header.members.get("enc")),
        issuer=_issuer(header.members.get("iss")),  # RFC 7519 §5.3: may be repeated in the header, in the clear
        detail=_sentences(detail, found.detail),
        oddities=tuple(header_oddities(header, unsigned=False)),
    )


def _opaque(found: Found, text: str) -> Token:
    taken_out = CUT_OUT.search(text) is not None
    in_response = found.expires_in_s is not None
    kind = TokenKind.RESPONSE if in_response else TokenKind.TRUNCATED if taken_out else TokenKind.OPAQUE
    owner = secret_shapes.owner(text)
    detail = (
        "Something was taken out of it: a shortened or redacted copy." if taken_out else None,
        f"By its begin it is {owner} token." if owner else None,
        None if kind is TokenKind.TRUNCATED else _not_inside(owner, text),
        found.detail,
    )
    genesys = owner is None and _GENESYS_FORM.fullmatch(text) is not None
    return _bare(found)._replace(kind=kind, detail=_sentences(*detail), genesys_form=genesys)


def _not_inside(owner: str | None, text: str) -> str:
    if owner == "a PASETO":
        return "Its times aren't read here."
    return "It is base64 of a text in which no times stand." if printable(text) is not None else _OPAQUE_DETAIL


def _broken_header(found: Found, header: Unreadable, where_cut: Cut | None) -> Token:
    why = {
        "too-deep": "Its header is nested too deeply to be read.",
        "not-base64": "Its header is not base64url: a character in it doesn't belong there.",
    }.get(header.reason, "Its header is not a JSON object.")
    sentence = where_cut.sentence if where_cut else why
    return _bare(found)._replace(kind=TokenKind.TRUNCATED, detail=_sentences(sentence, found.detail))


def _about(found: Found, header: Mapping[str, object]) -> Token:
    """Return what is kept of the header; the rest is to be filled in."""
    key_id = header.get("kid")
    return _bare(found)._replace(
        algorithm=_word(header.get("alg")),
        type=_word(header.get("typ")),
        key_id=foreign.text(foreign.without_secrets(key_id)[:KEY_ID_KEPT]) if isinstance(key_id, str) else None,
    )


def _bare(found: Found) -> Token:
    text = found.secret.reveal()
    return Token(
        kind=TokenKind.OPAQUE,
        found_in=found.found_in,
        length=len(text),
        fingerprint=sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:FINGERPRINT_DIGITS],
        iat=TimeClaim("iat", ClaimState.ABSENT),
        nbf=TimeClaim("nbf", ClaimState.ABSENT),
        exp=TimeClaim("exp", ClaimState.ABSENT),
        expires_in_s=found.expires_in_s,
        others=found.others,
        detail=found.detail,
        deadline_s=found.beside.deadline_s,
        deadline_name=found.beside.deadline_name,
        host=_host(found.beside.host),
        written_at_s=found.beside.written_at_s,
        message=found.message,
        picked=found.picked,
        skipped=found.skipped,
    )


def _host(name: str | None) -> str | None:
    return None if name is None or secret_shapes.names_no_host(name) else foreign.text(name.lower())


def _word(value: object) -> str | None:
    """Return a header's word, safe to show; what isn't a text, as it stands in the JSON."""
    if value is None:
        return None
    return foreign.header(value, MAX_WORD) if isinstance(value, str) else shown(value)


def _issuer(value: object) -> str | None:
    return foreign.issuer(value) if isinstance(value, str) else _word(value)


def _sentences(*sentences: str | None) -> str | None:
    return " ".join(sentence for sentence in sentences if sentence) or None


# --- PyJWT's own verdict on a token's times, were its clock at another moment: run, not modelled ---

_CHECKS: tuple[Literal["iat", "nbf", "exp"], ...] = ("iat", "nbf", "exp")
"""In the order in which PyJWT makes them."""


@final
class _At(float):
    """A leeway that puts PyJWT's clock at a moment of our choice.

    PyJWT reads its own clock and asks whether `iat > now + leeway` and `exp <= now - leeway`. A leeway that is the
    difference of two clocks would do, but for the time that passes between two readings: at the very second of an
    expiry that decides. So both sums answer with the moment that is meant, whatever `now` is.
    """

    _at_s: float
    _leeway_s: float

    def __new__(cls, at_s: float, leeway_s: float) -> "_At":
        made = super().__new__(cls, leeway_s)
        made._at_s, made._leeway_s = at_s, leeway_s
        return made

    def __radd__(self, now_s: float) -> float:
        return self._at_s + self._leeway_s

    def __rsub__(self, now_s: float) -> float:
        return self._at_s - self._leeway_s


def pyjwt_refusal(secret: Secret, at_s: float, leeway_s: float = 0.0) -> str | None:
    """Return why PyJWT refuses the token when its clock is at *at_s*; None: it takes it. No signature is verified.

    `expired`, `future-issued`, `not-yet-valid`, `unreadable`.
    """
    import jwt

    for name in _CHECKS:
        try:
            jwt.decode(
                secret.reveal(),
                options={
                    "verify_signature": False,
                    "verify_iat": name == "iat",
                    "verify_nbf": name == "nbf",
                    "verify_exp": name == "exp",
                },
                leeway=_At(at_s, leeway_s),
            )
        except jwt.ExpiredSignatureError:
            return "expired"
        except jwt.ImmatureSignatureError:
            return "future-issued" if name == "iat" else "not-yet-valid"
        except Exception:  # noqa: BLE001 - a hostile token may make it raise anything; its text may hold claims
            return "unreadable"
    return None
