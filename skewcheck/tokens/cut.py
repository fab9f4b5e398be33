"""Whether a token was cut, where and by what: a terminal, a log filter, or a hand that copied too little."""

import enum
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.tokens.segments import Compact, JsonObject, Unreadable, json_object, signature_is_whole

TERMINAL_LINES = frozenset({1023, 1024, 4095, 4096})
"""Characters of a pasted line that a terminal in its usual mode hands on: 4095 on Linux, 1024 on macOS and the BSDs,
with and without the newline. What comes behind them is dropped without a word."""


_CLAIMS = frozenset({"iss", "exp", "iat", "nbf", "sub", "aud"})


class Place(enum.Enum):
    """The part in which something is missing."""

    HEADER = "header"
    PAYLOAD = "payload"
    SIGNATURE = "signature"


class Cut(NamedTuple):
    """Where a token was cut, and a sentence about it."""

    place: Place
    sentence: str


def cut(token: Compact) -> Cut | None:
    """Return where *token* was cut; None where nothing seems to be missing."""
    if isinstance(token.header, Unreadable):
        return _cut_in_header(token, token.header)
    if "alg" not in token.header.members and not _CLAIMS.isdisjoint(token.header.members):
        return Cut(Place.HEADER, "Its begin is missing: what stands first is its payload.")
    if len(token.parts) == 1:
        return Cut(Place.PAYLOAD, _taken_out("payload") if token.cut_out else "It ends behind its header.")
    if "enc" in token.header.members or len(token.parts) > 3:
        return _cut_of_encrypted(token, encrypted="enc" in token.header.members)
    payload = json_object(token.parts[1])
    if isinstance(payload, Unreadable) and (token.cut_out or payload.reason == "stops"):
        return Cut(Place.PAYLOAD, _taken_out("payload") if token.cut_out else "Its payload stops in the middle.")
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


def _cut_in_header(token: Compact, header: Unreadable) -> Cut | None:
    if token.cut_out:
        return Cut(Place.HEADER, _taken_out("header"))
    if header.reason == "stops":
        return Cut(Place.HEADER, "It stops in its header.")
    return None


def _cut_of_encrypted(token: Compact, *, encrypted: bool) -> Cut | None:
    count = len(token.parts)
    if encrypted and count < 5:
        return Cut(Place.PAYLOAD, f"Its header says that it is encrypted, and {_parts(count)} of its 5 are there.")
    if count != 5:
        return Cut(Place.PAYLOAD, f"It has {_parts(count)}; a JWT has 3, an encrypted one 5.")
    if not encrypted:
        return Cut(
            Place.PAYLOAD, "It has 5 parts, as an encrypted one has, but its header names no encryption (`enc`)."
        )
    return None


def _cut_in_signature(token: Compact, header: JsonObject, payload: JsonObject | Unreadable) -> Cut | None:
    if token.cut_out:
        return Cut(Place.SIGNATURE, _taken_out("signature"))
    if len(token.parts) == 2:
        whole = isinstance(payload, JsonObject)
        return Cut(Place.SIGNATURE if whole else Place.PAYLOAD, "It has 2 parts; its signature is missing.")
    algorithm = header.members.get("alg")
    if algorithm != "none" and signature_is_whole(algorithm, len(token.parts[2].rstrip("="))) is False:
        return Cut(
            Place.SIGNATURE,
            f"Its signature hasn't the length of one by {foreign.text(str(algorithm), 16)}: cut or redacted.",
        )
    return None


def _taken_out(part: str) -> str:
    return f"Something was taken out of its {part}: a shortened or redacted copy."


def _parts(count: int) -> str:
    return "1 part" if count == 1 else f"{count} parts"
