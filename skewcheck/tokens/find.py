"""Finds the token in whatever was pasted: a header, a response, a cookie, a URL, a log line, a mail, a bare word.

Three ways, in one pass each and linear in time: what looks like a JWT, wherever it stands; what is named as a token;
what follows `Bearer` and its like. A bare word counts if it looks random; a sentence holds no token.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from skewcheck.tokens import mend, opaque
from skewcheck.tokens.cut import at_terminal, cut
from skewcheck.tokens.secret import Secret
from skewcheck.tokens.segments import CUT_OUT, JsonObject, compact, decoded, opens_object
from skewcheck.tokens.unwrap import stretch
from skewcheck.tokens.where import Named, Where, named, place

MAX_BYTES = 1 << 20
"""Of what is pasted: real tokens stay below 64 KiB. Who reads the text refuses more."""

MAX_CANDIDATES = 1000
"""Of each kind that are looked at closely: nobody pastes more, and a forged text costs no time."""

_JWT_BEGINS = re.compile(r"e(?:yJ|yA|wo|w0|wk)")
"""`{"`, or `{` and a space, a newline or a tab, in base64url."""
_PASETO = re.compile(r"v[1-4]\.(?:public|local)\.$")
"""Before something that looks like a JWT's begin, and is none."""
_HEADER_NAMES = re.compile(rb'"(?:alg|enc|typ|kid|x5t|jku|iss|exp|iat|nbf)"')
_ONE_TOKEN_ALONE = re.compile(r"[\w.+/=\s\"'>|,;\\-]*", re.ASCII)
_NAMED = re.compile(
    r"(access_?token|id_?token|refresh_?token|token|jwt|assertion)[\"']{0,2}[ \t]{0,8}[:=][ \t\n]{0,40}[bru]?([\"']?)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(bearer|dpop|token|jwt)[ \t]{1,8}(?=\S{8}|[*<\[…])", re.IGNORECASE)
_CREDENTIAL = re.compile(r"(?:[\w.~+/=*…-])+|<[^<>\s]{0,40}>|\[[^\[\]\s]{0,40}\]", re.ASCII)
_EXPIRES_IN = re.compile(
    r"(?<![\w-])expires_?in[\"']{0,2}[ \t]{0,8}[:=][ \t\n]{0,40}[\"']?(\d{1,12}(?:\.\d{1,9})?)\b", re.IGNORECASE
)
_HEADER_NAME = 40
"""Characters before `Bearer` in which `Authorization` stands."""
_LINE_IN_MAIL = re.compile(r"\n[ \t>|]*")
_AROUND = " \t\n\"'`,;\\()[]{}<>%$"
"""What copying takes along at the ends: quotes, brackets, a shell's prompt and zsh's mark of a missing newline."""


class Found(NamedTuple):
    """A token and where it stood."""

    secret: Secret
    found_in: str
    """For people: `an OAuth token response (access_token)`."""
    others: int
    """How many other tokens stood beside it."""
    expires_in_s: float | None
    """What the token response around it says."""
    detail: str | None
    """How it was mended for reading, or why it looks cut; None where it stood there as it is."""


class _Candidate(NamedTuple):
    start: int
    end: int
    text: str
    pieces: int = 1

    def __repr__(self) -> str:
        """Show nothing of the token."""
        return f"_Candidate({self.start}, {self.end}, …)"


class _Placed(NamedTuple):
    candidate: _Candidate
    where: Where
    is_cut: bool

    @property
    def order(self) -> tuple[int, bool, int]:
        return self.where.named.rank, self.is_cut, self.candidate.start


def find(pasted: bytes | str) -> Found | None:
    """Return the token in *pasted*, the one to read first where there are several; None where there is none."""
    raw = mend.characters(pasted)
    text = mend.plain(raw)
    candidates = _candidates(text)
    if not candidates:
        return _bare_opaque(text, raw)
    chosen = min((_placed(text, candidate) for candidate in candidates), key=lambda placed: placed.order)
    token, where, _ = chosen
    others = len({candidate.text for candidate in candidates} - {token.text})
    expires_in_s = _expires_in_s(text) if where.named.has_lifetime else None
    detail = _detail(chosen, raw, at_end=not text[token.end :].strip(_AROUND))
    return Found(Secret(token.text), where.told, others, expires_in_s, detail)


def _candidates(text: str) -> list[_Candidate]:
    found: list[_Candidate] = []
    for way in (_jwts, _named, _credentials):
        spans = sorted((candidate.start, candidate.end) for candidate in found)
        new = (candidate for candidate in way(text) if not _within(spans, candidate))
        found += islice(new, MAX_CANDIDATES)
    return found


def _placed(text: str, candidate: _Candidate) -> _Placed:
    shape = compact(candidate.text)
    is_cut = shape.cut_out or (isinstance(shape.header, JsonObject) and cut(shape) is not None)
    return _Placed(candidate, place(text, candidate.start, candidate.end), is_cut)


def _within(spans: list[tuple[int, int]], candidate: _Candidate) -> bool:
    """Tell whether *candidate* overlaps one of *spans*, which are sorted and don't overlap each other."""
    after = bisect_left(spans, (candidate.end, 0))
    return after > 0 and spans[after - 1][1] > candidate.start


def _jwts(text: str) -> Iterator[_Candidate]:
    """Yield what looks like a JWT or JWE, whole or cut."""
    alone = text.strip(_AROUND)
    spaced = _JWT_BEGINS.match(alone) is not None and _ONE_TOKEN_ALONE.fullmatch(alone) is not None
    at = 0
    while begin := _JWT_BEGINS.search(text, at):
        start = begin.start()
        lenient = start == 0 or text[start - 1] in " \t\n\"'"
        found = stretch(text, start, lenient=lenient, spaced=spaced)
        if found is None:
            return
        at = found.end  # never back: whatever was looked at isn't looked at again
        if _is_jwt(found.text) and not _PASETO.search(text, max(0, start - 10), start):
            yield _Candidate(start, found.end, found.text, found.pieces)


def _is_jwt(text: str) -> bool:
    """Tell whether *text* is a JWT or JWE, or what a cut left of one."""
    token = compact(text)
    if isinstance(token.header, JsonObject) and len(token.parts) > 1:
        return True
    if not opens_object(token.parts[0]):
        return False
    head = token.parts[0][: len(token.parts[0]) // 4 * 4]
    return len(token.parts) > 2 or _HEADER_NAMES.search(decoded(head) or b"") is not None


def _named(text: str) -> Iterator[_Candidate]:
    """Yield what stands behind `access_token` and its like: in a response any value in quotes, else what looks it."""
    at, in_vain = 0, 0
    # Values that don't overlap never are more than the text. Those of `token=token=token=…` do: each holds the next.
    while in_vain <= len(text) and (name := _NAMED.search(text, at)):
        start, quote = name.end(), name[2]
        end, value = _quoted(text, start, quote) if quote else _unquoted(text, start)
        at = start
        if _is_value(value, named(name[1]), quoted=bool(quote)):
            at = end
            yield _Candidate(start, end, value)
        else:
            in_vain += len(value)


def _quoted(text: str, start: int, quote: str) -> tuple[int, str]:
    end = text.find(quote, start)
    end = len(text) if end < 0 else end
    return end, _LINE_IN_MAIL.sub("", text[start:end])


def _unquoted(text: str, start: int) -> tuple[int, str]:
    word = _CREDENTIAL.match(text, start)
    return (word.end(), word[0]) if word else (start, "")


def _is_value(value: str, name: Named, *, quoted: bool) -> bool:
    if not value or any(c.isspace() for c in value):
        return False
    if name is not Named.TOKEN and ((quoted and len(value) >= 8) or CUT_OUT.search(value)):
        return True
    return opaque.could_be_one(value)


def _credentials(text: str) -> Iterator[_Candidate]:
    """Yield what stands behind `Bearer` and its like."""
    for scheme in _SCHEME.finditer(text):
        word = _CREDENTIAL.match(text, scheme.end())
        if word is None:
            continue
        before = text[max(0, scheme.start() - _HEADER_NAME) : scheme.start()].lower()
        if opaque.could_be_one(word[0]) or ("authorization" in before and CUT_OUT.search(word[0])):
            yield _Candidate(word.start(), word.end(), word[0])


def _bare_opaque(text: str, raw: str) -> Found | None:
    """Return the one word that was pasted, if it looks like a token."""
    word = text.strip(_AROUND)
    if not opaque.looks_random(word):
        return None
    return Found(Secret(word), "a bare token", 0, None, at_terminal(len(word), len(raw.rstrip("\r\n"))))


def _expires_in_s(text: str) -> float | None:
    told = _EXPIRES_IN.search(text)
    return float(told[1]) if told else None


def _detail(chosen: _Placed, raw: str, *, at_end: bool) -> str | None:
    sentences = []
    token = chosen.candidate
    if token.pieces > 1:
        sentences.append(f"It was put together from {token.pieces} pieces.")
    if chosen.is_cut and at_end:
        lines = raw.rstrip("\r\n")
        terminal = at_terminal(len(token.text), len(lines), len(lines) - lines.rfind("\n") - 1)
        sentences.extend([terminal] if terminal else [])
    return " ".join(sentences) or None
