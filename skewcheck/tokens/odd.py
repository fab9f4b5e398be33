"""What is odd about a token as a whole, under stable ids: what makes verifiers refuse it or differ."""

from skewcheck.model.token import Oddity
from skewcheck.tokens.segments import JsonObject
from skewcheck.tokens.times import shown

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
    if payload.not_numbers:
        odd.append(Oddity("not-a-number", "NaN or Infinity stands in it: not JSON, and strict readers refuse it."))
    if payload.long_numbers:
        odd.append(Oddity("long-number", "A number in it has too many digits: PyJWT refuses it."))
    if payload.raw_controls:
        odd.append(Oddity("raw-control", "A control character stands in it unescaped: not JSON, and PyJWT refuses it."))
    if payload.not_utf_8:
        odd.append(Oddity("payload-not-utf-8", "Its payload is not UTF-8 (read as Latin-1 here): PyJWT refuses it."))
    return odd


def _duplicate(name: str, values: list[object]) -> Oddity:
    told = ", ".join(shown(value) for value in values[:_MAX_VALUES]) + (", …" if len(values) > _MAX_VALUES else "")
    return Oddity(
        "duplicate-claims", f"`{name}` stands in it {len(values)} times ({told}): PyJWT and most others take the last."
    )
