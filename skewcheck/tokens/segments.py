"""The parts of a JWT or JWE in compact form (RFC 7515 §7.1, 7516 §7.1), read without trust, and where they stop.

PyJWT decides what a verifier takes. This reader exists for what PyJWT can't say: that a token is encrypted, that it was
cut, that a claim stands twice, that a number is none. Nothing in here raises, whatever the bytes.
"""

import binascii
import contextlib
import json
import re
from typing import NamedTuple

CUT_OUT = re.compile(r"\.{3,}|…|\*{2,}|<(?!/|br\b)[^<>\s]{0,40}>|\[[^\[\]\s]{0,40}\]")
"""What people and log filters put where they took something out. Three dots: no empty part stands beside another."""

MAX_DIGITS = 4300
"""Of an integer in JSON: Python refuses to read longer ones, and takes seconds where it doesn't."""

_URL_SAFE = str.maketrans("-_", "+/")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_OPENS_OBJECT = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"|$)')

_SIGNATURE_BYTES = {
    "none": {0},
    "HS256": {32},
    "HS384": {48},
    "HS512": {64},
    "ES256": {64},
    "ES256K": {64},
    "ES384": {96},
    "ES512": {132},
    "EdDSA": {64, 114},
    "Ed25519": {64},
    "Ed448": {114},
}
"""RFC 7518 §3.1, 8037 §3.1, 8812 §3.2, 9864 §2.2."""
_RSA_BYTES = {128, 256, 384, 512, 1024}
"""Of the key sizes in use; others exist, all of them whole multiples of 128 bits."""
_RSA_STEP_BYTES = 16
_RSA = re.compile(r"(?:RS|PS)(?:256|384|512)")


class Unreadable(NamedTuple):
    """Why a part is no JSON object."""

    reason: str
    """`not-base64`, `stops`, `not-json`, `too-deep`, `not-an-object`."""


class LongNumber(NamedTuple):
    """An integer with more digits than anybody reads."""

    digits: int


class JsonObject(NamedTuple):
    """A JSON object as most readers take it, and what a strict one would say to it."""

    members: dict[str, object]
    """Of names that stand more than once: the last, as PyJWT and most others take it."""
    repeated: dict[str, list[object]]
    """Every value of each name that stands more than once."""
    not_numbers: bool
    """`NaN` or `Infinity` stands somewhere in it: not JSON."""
    long_numbers: bool
    raw_controls: bool
    """A control character stands in a string as it is: not JSON."""
    not_utf_8: bool

    def __repr__(self) -> str:
        """Show no claim."""
        return f"JsonObject({len(self.members)} members)"


class Compact(NamedTuple):
    """A token in its parts."""

    parts: tuple[str, ...]
    """Up to where something was cut out."""
    cut_out: bool
    header: JsonObject | Unreadable

    def __repr__(self) -> str:
        """Show no part."""
        return f"Compact({len(self.parts)} parts)"


def compact(text: str) -> Compact:
    """Return *text* in its parts."""
    cut = CUT_OUT.search(text)
    parts = tuple((text[: cut.start()] if cut else text).split("."))
    return Compact(parts, cut is not None, json_object(parts[0]))


def opens_object(part: str) -> bool:
    """Tell whether *part* begins as a JSON object in base64url does, though it may stop anywhere."""
    head = part[:64]
    raw = decoded(head[: len(head) // 4 * 4])
    return bool(raw) and _OPENS_OBJECT.match(raw or b"") is not None


def decoded(part: str) -> bytes | None:
    """Return the bytes of a part; None where it isn't base64. The standard alphabet and padding are read as well."""
    standard = part.translate(_URL_SAFE)
    if _BASE64.fullmatch(standard) is None or len(standard.rstrip("=")) % 4 == 1:
        return None
    return binascii.a2b_base64(standard.rstrip("=") + "==")


def json_object(part: str) -> JsonObject | Unreadable:
    """Return the JSON object that *part* holds, or why there is none."""
    raw = decoded(part)
    if raw is None:
        return Unreadable("stops" if len(part.rstrip("=")) % 4 == 1 and opens_object(part) else "not-base64")
    encoding = json.detect_encoding(raw)
    try:
        text, not_utf_8 = raw.decode(encoding, "surrogatepass"), False
    except UnicodeError:
        text, not_utf_8 = raw.decode("latin-1"), True
    return _Reader().read(text, not_utf_8=not_utf_8)


class Pairs(list[tuple[str, object]]):
    """An object's members in their order, repeated names included; JSON's arrays are plain lists."""


class _Reader:
    """Reads one JSON text and notes on the way what a strict reader would refuse."""

    def __init__(self) -> None:
        self._not_numbers = False
        self._long_numbers = False

    def read(self, text: str, *, not_utf_8: bool) -> JsonObject | Unreadable:
        """Return what *text* holds."""
        try:
            top, raw_controls = self._parsed(text)
        except json.JSONDecodeError as error:
            stops = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
            return Unreadable("stops" if stops and text.lstrip().startswith("{") else "not-json")
        except RecursionError:
            return Unreadable("too-deep")
        if not isinstance(top, Pairs):
            return Unreadable("not-an-object")
        members = dict(top)
        return JsonObject(
            members, _repeated(top, members), self._not_numbers, self._long_numbers, raw_controls, not_utf_8
        )

    def _parsed(self, text: str) -> tuple[object, bool]:
        text = text.removeprefix("\ufeff")
        try:
            return self._loads(text, strict=True), False
        except json.JSONDecodeError:
            return self._loads(text, strict=False), True

    def _loads(self, text: str, *, strict: bool) -> object:
        loaded: object = json.loads(
            text,
            strict=strict,
            object_pairs_hook=Pairs,
            parse_constant=self._constant,
            parse_int=self._integer,
        )
        return loaded

    def _constant(self, name: str) -> float:
        self._not_numbers = True
        return float(name)

    def _integer(self, digits: str) -> int | LongNumber:
        if len(digits) <= MAX_DIGITS:
            with contextlib.suppress(ValueError):  # this Python may be told to read fewer
                return int(digits)
        self._long_numbers = True
        return LongNumber(len(digits.lstrip("-")))


def _repeated(pairs: Pairs, members: dict[str, object]) -> dict[str, list[object]]:
    if len(pairs) == len(members):
        return {}
    values: dict[str, list[object]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: all_of_it for name, all_of_it in values.items() if len(all_of_it) > 1}


def signature_is_whole(algorithm: object, characters: int) -> bool | None:
    """Tell whether a signature of so many base64url characters is as long as by *algorithm*; None: can't tell."""
    length = characters * 3 // 4
    if not isinstance(algorithm, str):
        return None
    if algorithm in _SIGNATURE_BYTES:
        return length in _SIGNATURE_BYTES[algorithm]
    if _RSA.fullmatch(algorithm):
        could_be = length > min(_RSA_BYTES) and length % _RSA_STEP_BYTES == 0
        return length in _RSA_BYTES or (None if could_be else False)
    return None


def tag_is_whole(characters: int) -> bool:
    """Tell whether a JWE's last part is as long as the tags of RFC 7518 §5 (16, 24, 32 bytes) are."""
    return characters * 3 // 4 in {16, 24, 32}
