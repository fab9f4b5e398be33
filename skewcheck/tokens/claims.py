"""What a token says, and all that is kept of it: what kind it is, its times, who issued it. Nothing is verified.

PyJWT reads what it accepts; what it refuses is explained by a reader of our own. No input raises.
"""

from collections.abc import Mapping
from hashlib import sha256

from skewcheck import foreign, secret_shapes
from skewcheck.model.token import ClaimState, Oddity, TimeClaim, Token, TokenKind
from skewcheck.tokens.cut import Cut, Place, cut
from skewcheck.tokens.find import Found
from skewcheck.tokens.odd import EXPLAIN_REFUSAL, header_oddities, payload_oddities, payload_unreadable
from skewcheck.tokens.segments import CUT_OUT, Compact, JsonObject, Unreadable, compact, json_object, opens_object
from skewcheck.tokens.times import shown, time_claim, unreadable

MAX_WORD = 32
"""Characters kept of `alg`, `typ` and `enc`."""
KEY_ID_KEPT = 8
FINGERPRINT_DIGITS = 8

_SERVER_KEEPS_IT = (
    "It is a name for something that the server keeps: no times stand in it, so skew can't be read from it. "
    "That is normal; Genesys Cloud's access tokens are of this kind."
)


def read(found: Found) -> Token:
    """Return what the token says; whatever it is, there is an answer."""
    text = found.secret.reveal()
    token = compact(text)
    if isinstance(token.header, Unreadable) and not opens_object(token.parts[0]):
        return _opaque(found, text)
    where_cut = cut(token)
    if isinstance(token.header, Unreadable):
        return _broken_header(found, text, token.header, where_cut)
    if where_cut is not None and where_cut.place is not Place.SIGNATURE:
        return _about(found, text, token.header)._replace(
            kind=TokenKind.TRUNCATED, detail=_sentences(where_cut.sentence, found.detail)
        )
    if len(token.parts) == 5:
        return _encrypted(found, text, token.header)
    return _signed(found, text, token, token.header, where_cut)


def _signed(found: Found, text: str, token: Compact, header: JsonObject, where_cut: Cut | None) -> Token:
    payload = json_object(token.parts[1])
    accepted = _as_pyjwt_reads(text)
    about = _about(found, text, header)._replace(kind=TokenKind.JWT, detail=found.detail)
    oddities = header_oddities(header, unsigned=len(token.parts) == 3 and not token.parts[2] and not token.cut_out)
    if isinstance(payload, Unreadable):
        oddities.append(payload_unreadable(payload.reason, header))
        about = about._replace(iat=unreadable("iat"), nbf=unreadable("nbf"), exp=unreadable("exp"))
    else:
        about = _with_claims(about, accepted or payload.members, payload)
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


def _with_claims(about: Token, claims: Mapping[str, object], payload: JsonObject) -> Token:
    iat, nbf, exp = (time_claim(name, claims, duplicate=name in payload.repeated) for name in ("iat", "nbf", "exp"))
    return about._replace(issuer=_issuer(claims.get("iss")), iat=iat, nbf=nbf, exp=exp)


def _encrypted(found: Found, text: str, header: JsonObject) -> Token:
    nested = " It holds another token." if str(header.members.get("cty", "")).upper().endswith("JWT") else ""
    detail = f"It is encrypted (JWE, 5 parts): its times can't be read from outside.{nested}"
    return _about(found, text, header)._replace(
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
        None if kind is TokenKind.TRUNCATED else _not_inside(owner),
        found.detail,
    )
    return _bare(found, text)._replace(kind=kind, detail=_sentences(*detail))


def _not_inside(owner: str | None) -> str:
    return "Its times aren't read here." if owner == "a PASETO" else _SERVER_KEEPS_IT


def _broken_header(found: Found, text: str, header: Unreadable, where_cut: Cut | None) -> Token:
    why = {
        "too-deep": "Its header is nested too deeply to be read.",
        "not-base64": "Its header is not base64url: a character in it doesn't belong there.",
    }.get(header.reason, "Its header is not a JSON object.")
    sentence = where_cut.sentence if where_cut else why
    return _bare(found, text)._replace(kind=TokenKind.TRUNCATED, detail=_sentences(sentence, found.detail))


def _about(found: Found, text: str, header: JsonObject) -> Token:
    """Return what is kept of the header; the rest is to be filled in."""
    key_id = header.members.get("kid")
    return _bare(found, text)._replace(
        algorithm=_word(header.members.get("alg")),
        type=_word(header.members.get("typ")),
        key_id=_begin(key_id) if isinstance(key_id, str) else None,
    )


def _bare(found: Found, text: str) -> Token:
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
    )


def _word(value: object) -> str | None:
    """Return a header's word, safe to show; what isn't a text, as it stands in the JSON."""
    if value is None:
        return None
    return foreign.header(value, MAX_WORD) if isinstance(value, str) else shown(value)


def _issuer(value: object) -> str | None:
    return foreign.issuer(value) if isinstance(value, str) else _word(value)


def _begin(key_id: str) -> str:
    return foreign.text(foreign.without_secrets(key_id)[:KEY_ID_KEPT])


def _sentences(*sentences: str | None) -> str | None:
    return " ".join(sentence for sentence in sentences if sentence) or None
