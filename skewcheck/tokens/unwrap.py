"""A JWT put together again that stands over several lines, or has spaces in it, as terminals and mail make it.

What follows a token is glued to it only while the token isn't complete, and only from lines that hold nothing else.
The header says how long the signature is, so a word behind a complete token stays a word.
"""

import re
from typing import NamedTuple

from skewcheck.tokens.segments import CUT_OUT, JsonObject, compact, json_object, signature_is_whole, tag_is_whole

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
