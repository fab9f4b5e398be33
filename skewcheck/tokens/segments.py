"""The parts of a JWT or JWE in compact form (RFC 7515 §7.1, 7516 §7.1), read without trust, and where they stop.

PyJWT decides what a verifier takes. This reader exists for what PyJWT can't say: that a token is encrypted, that it was
cut, that a claim stands twice, that a number is none. Nothing in here raises, whatever the bytes.
"""

import binascii
import contextlib
import json
import re
from functools import partial
from typing import NamedTuple

from skewcheck import foreign

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
    refused: frozenset[str]
    """What else a strict reader refuses it for, as ids of oddities: `not-a-number` (NaN or Infinity), `long-number`,
    `raw-control` (in a string, as it is), `payload-not-utf-8`."""

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


class Pairs(list[tuple[str, object]]):
    """An object's members in their order, repeated names included; JSON's arrays are plain lists."""


def json_object(part: str) -> JsonObject | Unreadable:
    """Return the JSON object that *part* holds, or why there is none."""
    raw = decoded(part)
    if raw is None:
        return Unreadable("stops" if len(part.rstrip("=")) % 4 == 1 and opens_object(part) else "not-base64")
    refused: set[str] = set()
    try:
        text = raw.decode(json.detect_encoding(raw), "surrogatepass")
    except UnicodeError:
        text = raw.decode("latin-1")
        refused.add("payload-not-utf-8")
    text = text.removeprefix("\ufeff")
    try:
        top = _loaded(text, refused)
    except json.JSONDecodeError as error:
        stops = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        return Unreadable("stops" if stops and text.lstrip().startswith("{") else "not-json")
    except RecursionError:
        return Unreadable("too-deep")
    if not isinstance(top, Pairs):
        return Unreadable("not-an-object")
    members = dict(top)
    return JsonObject(members, _repeated(top, members), frozenset(refused))


def _loaded(text: str, refused: set[str]) -> object:
    """Return what *text* holds, and add to *refused* what a strict reader would not take."""

    def constant(name: str) -> float:
        refused.add("not-a-number")
        return float(name)

    def integer(digits: str) -> int | LongNumber:
        if len(digits) <= MAX_DIGITS:
            with contextlib.suppress(ValueError):  # this Python may be told to read fewer
                return int(digits)
        refused.add("long-number")
        return LongNumber(len(digits.lstrip("-")))

    load = partial(json.loads, text, object_pairs_hook=Pairs, parse_constant=constant, parse_int=integer)
    try:
        return load()
    except json.JSONDecodeError:
        loaded: object = load(strict=False)
        refused.add("raw-control")
        return loaded


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


# --- Put together again: what stands over several lines, as terminals and mail make it ---

# What follows a token is glued to it only while the token isn't complete, and only from lines that hold nothing else.
# The header says how long the signature is, so a word behind a complete token stays a word.

_STRICT = re.compile(r"[\w-]+={0,2}(?:\.[\w-]*={0,2})*", re.ASCII)
_LENIENT = re.compile(r"[\w+/-]+={0,2}(?:\.[\w+/-]*={0,2})*", re.ASCII)
"""The standard alphabet of base64, where nothing but a token can be meant."""
_REST = re.compile(r"[\w.+/=-]*", re.ASCII)
_LINE_BREAK = re.compile(r"[=\\]?[ \t]*\n[ \t>|]*")
"""A soft break of quoted-printable, a shell's continued line, the marks of quoted mail."""
_ANY_BREAK = re.compile(r"[=\\]?[\s>|]+")
_WHOLE_LINE = re.compile(r"[\w.=-]+(?=[\"',;\\)\]}> \t]*(?:\n|\Z))", re.ASCII)
_WORD = re.compile(r"[\w.+/-][\w.+/=-]*", re.ASCII)


MAX_PIECES = 10_000
"""Of one token: it bounds the work, and no token was ever wrapped into as many."""


class Stretch(NamedTuple):
    """What was read as one token."""

    text: str
    end: int
    """Where it ends in the text it was found in."""
    pieces: int

    def __repr__(self) -> str:
        """Show nothing of the token."""
        return f"Stretch(…, {self.end}, {self.pieces})"


def stretch(text: str, start: int, *, lenient: bool, spaced: bool) -> Stretch | None:
    """Return the token that begins at *start* of *text*, put together where it was broken; None where none begins.

    *lenient*: the alphabet of standard base64 counts too. *spaced*: nothing but one token stands in *text*, so that
    what spaces divide belongs to it.
    """
    first = (_LENIENT if lenient else _STRICT).match(text, start)
    if first is None:
        return None
    growing = _Growing(first[0])
    end = first.end()
    while not growing.complete and not growing.cut_out and growing.pieces_count < MAX_PIECES:
        gap = (_ANY_BREAK if spaced else _LINE_BREAK).match(text, end)
        piece = (_WORD if spaced else _WHOLE_LINE).match(text, gap.end()) if gap else None
        if piece is None or growing.would_begin_another(piece[0]):
            break
        growing.add(piece[0])
        end = piece.end()
    if growing.pieces_count > 1 and not growing.complete and growing.stands_alone():
        return Stretch(first[0], first.end(), 1)
    return _with_what_was_cut_out(text, Stretch(growing.text(), end, growing.pieces_count), complete=growing.complete)


def _with_what_was_cut_out(text: str, found: Stretch, *, complete: bool) -> Stretch:
    """Return *found* with a mark like `***` behind it, and what follows that: they are of the same token."""
    mark = None if complete else CUT_OUT.match(text, found.end)
    if mark is None:
        return _without_full_stop(found)
    rest = _REST.match(text, mark.end())
    end = rest.end() if rest else mark.end()
    return Stretch(found.text + text[found.end : end], end, found.pieces)


def _without_full_stop(found: Stretch) -> Stretch:
    """Return *found* without the full stop of a sentence that it ends."""
    whole = found.text.endswith(".") and found.text.count(".") in {3, 5} and CUT_OUT.search(found.text) is None
    return Stretch(found.text[:-1], found.end - 1, found.pieces) if whole else found


class _Growing:
    """Pieces of a token, and whether they are all. Each added piece costs no more than its own length."""

    def __init__(self, first: str) -> None:
        self._pieces = [first]
        self._dots = 0
        self._last_part = 0
        self._header: JsonObject | None = None
        self.cut_out = False
        self._measure(first)

    def add(self, piece: str) -> None:
        """Append *piece*; a soft break's `=` before it goes."""
        self._pieces[-1] = self._pieces[-1].rstrip("=")
        self._pieces.append(piece)
        self._measure(piece)

    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def pieces_count(self) -> int:
        return len(self._pieces)

    @property
    def complete(self) -> bool:
        """Whether a further piece would be one too many."""
        if self._dots > 4:
            return True
        if self._header is None or self._dots not in {2, 4}:
            return False
        if self._dots == 4:
            return tag_is_whole(self._last_part)
        algorithm = self._header.members.get("alg")
        whole = signature_is_whole(algorithm, self._last_part)
        if whole is None and "enc" not in self._header.members:
            # An RSA key may have any size; of a kind that nobody knows, whatever there is counts as all.
            return self._last_part > 0 and not str(algorithm).startswith(("RS", "PS"))
        return bool(whole)

    def would_begin_another(self, piece: str) -> bool:
        """Tell whether *piece* is the begin of a further token: this one has its dots."""
        return self._dots >= 2 and piece.startswith("ey") and "." in piece

    def stands_alone(self) -> bool:
        """Tell whether the first piece has a header and a payload of its own: what was added is doubtful then."""
        parts = self._pieces[0].split(".")
        return len(parts) >= 3 and isinstance(json_object(parts[1]), JsonObject)

    def _measure(self, piece: str) -> None:
        self.cut_out = CUT_OUT.search(piece) is not None
        had_dots = self._dots
        self._dots += piece.count(".")
        last = piece.rstrip("=")  # padding, or the soft break of a mail
        self._last_part = len(last) - last.rfind(".") - 1 if "." in last else self._last_part + len(last)
        if self._dots and not had_dots:
            header = compact(self.text()).header
            self._header = header if isinstance(header, JsonObject) else None


# --- Cut: where, and by what ---

TERMINAL_LINES = frozenset({1023, 1024, 4095, 4096})
"""Characters of a pasted line that a terminal in its usual mode hands on: 4095 on Linux, 1024 on macOS and the BSDs,
with and without the newline. What comes behind them is dropped without a word."""


_CLAIMS = frozenset({"iss", "exp", "iat", "nbf", "sub", "aud"})


class Cut(NamedTuple):
    """That a token was cut, in a sentence."""

    sentence: str
    in_signature: bool = False
    """What stands before is whole."""


def cut(token: Compact) -> Cut | None:
    """Return where *token* was cut; None where nothing seems to be missing."""
    if isinstance(token.header, Unreadable):
        stops = Cut("It stops in its header.") if token.header.reason == "stops" else None
        return Cut(_taken_out("header")) if token.cut_out else stops
    if "alg" not in token.header.members and not _CLAIMS.isdisjoint(token.header.members):
        return Cut("Its begin is missing: what stands first is its payload.")
    if len(token.parts) == 1:
        return Cut(_taken_out("payload") if token.cut_out else "It ends behind its header.")
    if "enc" in token.header.members or len(token.parts) > 3:
        return _cut_of_encrypted(token, encrypted="enc" in token.header.members)
    payload = json_object(token.parts[1])
    if isinstance(payload, Unreadable) and (token.cut_out or payload.reason == "stops"):
        return Cut(_taken_out("payload") if token.cut_out else "Its payload stops in the middle.")
    return _cut_in_signature(token, token.header, payload)


def at_terminal(*lengths: int) -> str | None:
    """Return a sentence where what was cut ends exactly where a terminal cuts."""
    for length in lengths:
        if length in TERMINAL_LINES:
            return (
                f"It ends after {length} characters, which is where a terminal cuts a pasted line: "
                "give it by a file or a pipe."
            )
    return None


def _cut_of_encrypted(token: Compact, *, encrypted: bool) -> Cut | None:
    count = len(token.parts)
    if encrypted and count < 5:
        return Cut(f"Its header says that it is encrypted, and {_parts(count)} of its 5 are there.")
    if count != 5:
        return Cut(f"It has {_parts(count)}; a JWT has 3, an encrypted one 5.")
    if not encrypted:
        return Cut("It has 5 parts, as an encrypted one has, but its header names no encryption (`enc`).")
    return None


def _cut_in_signature(token: Compact, header: JsonObject, payload: JsonObject | Unreadable) -> Cut | None:
    if token.cut_out:
        return Cut(_taken_out("signature"), in_signature=True)
    if len(token.parts) == 2:
        whole = isinstance(payload, JsonObject)
        return Cut("It has 2 parts; its signature is missing.", in_signature=whole)
    algorithm = header.members.get("alg")
    if algorithm != "none" and signature_is_whole(algorithm, len(token.parts[2].rstrip("="))) is False:
        by = foreign.text(str(algorithm), 16)
        return Cut(f"Its signature hasn't the length of one by {by}: cut or redacted.", in_signature=True)
    return None


def _taken_out(part: str) -> str:
    return f"Something was taken out of its {part}: a shortened or redacted copy."


def _parts(count: int) -> str:
    return "1 part" if count == 1 else f"{count} parts"
