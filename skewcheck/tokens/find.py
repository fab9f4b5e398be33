"""Finds the token in whatever was pasted: a header, a response, a cookie, a URL, a log line, a mail, a bare word.

Three ways, in one pass each and linear in time: what looks like a JWT, wherever it stands; what is named as a token;
what follows `Bearer` and its like. A bare word counts if it looks random; a sentence holds no token.
"""

import enum
import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, NoReturn, final

from skewcheck import messages
from skewcheck.model.token import Quoted, TokenKind
from skewcheck.tokens.plain import MAX_CANDIDATES, characters, opened, plain
from skewcheck.tokens.segments import (
    CUT_OUT,
    JsonObject,
    Unreadable,
    at_terminal,
    compact,
    cut,
    decoded,
    json_object,
    opens_object,
    stretch,
)
from skewcheck.tokens.told import Beside, Told, claims, presigned, saml, signature
from skewcheck.tokens.told import beside as what_stands_beside

# --- What can only be a token by where it stands or by how it looks ---

MIN_LENGTH = 16
"""Of what is taken for a token without a dot: 16 letters and digits hold 80 bits."""

WORD = re.compile(r"[\w.~+/=-]+", re.ASCII)
"""What a credential is made of (RFC 6750 §2.1, token68)."""

_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_PATH = re.compile(r"[/.~]|\w{1,10}://")


def looks_random(word: str) -> bool:
    """Tell whether *word*, alone, is more like a token than like a name, a word, a number or a path."""
    if len(word) < MIN_LENGTH or WORD.fullmatch(word) is None or _PATH.match(word):
        return False
    if _UUID.fullmatch(word) or any(_mixed(run) for run in _RUN.findall(word)):
        return True
    longest = max(re.split(r"[./]", word), key=len)
    return len(longest) >= 20 and _mixed(longest) and longest.lower() != longest != longest.upper()


def could_be_one(word: str) -> bool:
    """Tell whether *word* is a token where the text around it says that one stands here."""
    return len(word) >= MIN_LENGTH and WORD.fullmatch(word) is not None and _mixed(word) and not _PATH.match(word)


def _mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


# --- Where a token stood, and how much that says about which one to read ---

_LOOK_BACK = 200
"""Characters before a token that are looked at for its name."""
_NAME = re.compile(
    r"(?<![\w-])([\w-]{0,40}?)(token|jwt|assertion)[\"']{0,2}[ \t]*([:=])[ \t\n]*[bru]?[\"']?(?:bearer[ \t]+)?$",
    re.IGNORECASE,
)
_ENDS_IN_SCHEME = re.compile(r"\b(bearer|dpop|token|jwt)[ \t]+$", re.IGNORECASE)
_HEADER = re.compile(r"authorization[\"']?[ \t]*[:=]", re.IGNORECASE)
_COOKIE = re.compile(r"\bcookie2?\"?[ \t]*[:=]", re.IGNORECASE)
_PARAMETER = re.compile(r"[?#&][\w.-]*=$")


class Named(enum.Enum):
    """By what a token is named, the one to read first at the top."""

    ACCESS = "access_token"
    AUTHORIZATION = "Authorization"
    TOKEN = "token"  # noqa: S105 - a name, not a token
    ID = "id_token"
    NOTHING = ""
    REFRESH = "refresh_token"

    @property
    def rank(self) -> int:
        """Return its place in this list: the lowest is read."""
        return list(Named).index(self)

    @property
    def has_lifetime(self) -> bool:
        """Tell whether `expires_in` beside it is about it (RFC 6749 §5.1: the access token's)."""
        return self in {Named.ACCESS, Named.ID, Named.TOKEN}


class Where(NamedTuple):
    """A token's name and its place."""

    named: Named
    told: str


def place(text: str, start: int, end: int) -> Where:
    """Return where the token from *start* to *end* of *text* stands."""
    before = text[max(0, start - _LOOK_BACK) : start]
    line_before = before[before.rfind("\n") + 1 :]
    name, told = _told(text, before, line_before)
    if told is not None:
        return Where(name, told)
    if not before.strip(" \t\n\"'`([{<>") and not text[end : end + _LOOK_BACK].strip(" \t\n\"'`,;\\)]}>%$"):
        return Where(name, "a bare token")
    if "\n" not in text.strip():
        return Where(name, "the line that was pasted")
    return Where(name, "the text that was pasted")


def _told(text: str, before: str, line_before: str) -> tuple[Named, str | None]:
    name = _NAME.search(before)
    if name is not None:
        return _by_name(text, before, line_before, name)
    if _COOKIE.search(line_before):
        return Named.NOTHING, "a cookie"
    if _HEADER.search(line_before):
        return Named.AUTHORIZATION, "an Authorization header"
    if _ENDS_IN_SCHEME.search(before):
        return Named.AUTHORIZATION, "a Bearer credential"
    if _PARAMETER.search(before):
        return Named.NOTHING, "a URL"
    return Named.NOTHING, None


def _by_name(text: str, before: str, line_before: str, name: re.Match[str]) -> tuple[Named, str]:
    by_name = named(name[1] + name[2])
    shown = by_name.value
    if _COOKIE.search(line_before):
        return by_name, f"a cookie ({shown})"
    if before[: name.start()].endswith(("?", "#", "&")):
        return by_name, f"a URL ({shown})"
    if by_name is Named.TOKEN:
        return by_name, "a Kubernetes credential (status.token)" if "ExecCredential" in text else "a field named token"
    if name[3] == "=":
        return by_name, f"a form or a setting ({shown})"
    return by_name, f"an OAuth token response ({shown})"


def named(name: str) -> Named:
    """Return which token goes by *name*, whatever stands before it and however it is written."""
    squeezed = re.sub(r"[_-]", "", name).lower()
    for ending, meant in (("accesstoken", Named.ACCESS), ("idtoken", Named.ID), ("refreshtoken", Named.REFRESH)):
        if squeezed.endswith(ending):
            return meant
    return Named.TOKEN


MAX_BYTES = 1 << 20
"""Of what is pasted, the last ones: real tokens stay below 64 KiB."""

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


@final
class Secret:
    """Holds a token. Its repr, its str and a traceback's locals show nothing of it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep *text*."""
        self._text = text

    def reveal(self) -> str:
        """Return the text, for those who read it and never for those who show it."""
        return self._text

    def __repr__(self) -> str:
        """Tell that there is one."""
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a secret is not copied")


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
    named: Named = Named.NOTHING
    told: Told | None = None
    """Times that stood there instead of a token."""
    beside: Beside = Beside()
    message: Quoted | None = None
    every: "tuple[Found, ...]" = ()
    """All that were found, this one among them, in the order in which they matter; none where it is alone."""
    picked: int = 1
    skipped: int = 0
    """Bytes before what was looked at."""


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
    newest_s: float
    """When it was issued, else when it ends, as far as that can be read."""

    @property
    def order(self) -> tuple[int, bool, float, int]:
        return self.where.named.rank, self.is_cut, -self.newest_s, self.candidate.start


MAX_LISTED = 20
"""Of several tokens: so many are told of."""


def find(pasted: bytes | str, pick: int = 1, *, skipped: int = 0) -> Found | None:
    """Return the token in *pasted*, the one to read first where there are several; None where there is none.

    *pick*: instead the one of that number, in the order in which they matter; None where there aren't so many. Where
    there is no token, what tells of one's times stands in its place: an error message, claims, an assertion.
    """
    raw = characters(pasted)
    shown = plain(raw)
    text = opened(shown)
    beside, message = what_stands_beside(text), messages.read(text)
    found = _tokens(text, raw, in_base64=text != shown) or _instead(text, raw, message)
    if not 1 <= pick <= len(found):
        return None
    every = tuple(found) if len(found) > 1 else ()
    # a deadline beside them, or an introspection, is of the access token, which is the first
    mine = beside if pick == 1 else beside._replace(deadline_s=None, deadline_name=None, inactive=False)
    told, life_s = found[pick - 1].told, found[pick - 1].expires_in_s
    if mine.deadline_name is None and mine.issued_at_s is not None and life_s is not None:
        mine = mine._replace(deadline_s=mine.issued_at_s + life_s, deadline_name="expires_in")
    if told is not None and told.kind is not TokenKind.CLAIMS:  # it has an end of its own, or is no token
        mine = mine._replace(deadline_s=None, deadline_name=None)
    return found[pick - 1]._replace(beside=mine, message=message, every=every, picked=pick, skipped=skipped)


def _tokens(text: str, raw: str, *, in_base64: bool) -> list[Found]:
    """Return every token, the one to read first at the begin."""
    candidates = _candidates(text)
    artefact = saml(text) or presigned(text)
    if artefact is not None and not any(isinstance(compact(each.text).header, JsonObject) for each in candidates):
        return [_as_told(artefact, text)]
    placed = sorted((_placed(text, candidate) for candidate in candidates), key=lambda each: each.order)
    unlike = {each.candidate.text: each for each in reversed(placed)}
    found = []
    for each in [one for one in placed if unlike[one.candidate.text] is one][:MAX_LISTED]:
        token, where = each.candidate, each.where
        expires_in_s = _expires_in_s(text) if where.named.has_lifetime else None
        detail = _detail(each, raw, at_end=not text[token.end :].strip(_AROUND), in_base64=in_base64)
        found.append(Found(Secret(token.text), where.told, len(unlike) - 1, expires_in_s, detail, named=where.named))
    return found


def _instead(text: str, raw: str, message: Quoted | None) -> list[Found]:
    """Return what stands in the place of a token."""
    bare = _bare_opaque(text, raw)
    if bare:
        return bare
    if message is not None and (message.apart_s is not None or message.kind.startswith("genesys-")):
        return [_as_told(Told(TokenKind.MESSAGE, {}, {}, "an error message"), text)]
    times = signature(text) or claims(text)
    if times is None and message is not None:
        times = Told(TokenKind.MESSAGE, {}, {}, "an error message")
    return [] if times is None else [_as_told(times, text)]


def _as_told(times: Told, text: str) -> Found:
    return Found(Secret(text.strip()), times.found_in, 0, None, times.detail, told=times)


def _candidates(text: str) -> list[_Candidate]:
    found: list[_Candidate] = []
    for way in (_serialised, _jwts, _named, _credentials):
        spans = sorted((candidate.start, candidate.end) for candidate in found)
        new = (candidate for candidate in way(text) if not _within(spans, candidate))
        found += islice(new, MAX_CANDIDATES)
    return found


def _placed(text: str, candidate: _Candidate) -> _Placed:
    shape = compact(candidate.text)
    is_cut = shape.cut_out or (isinstance(shape.header, JsonObject) and cut(shape) is not None)
    return _Placed(candidate, place(text, candidate.start, candidate.end), is_cut, _newest_s(shape.parts))


def _newest_s(parts: tuple[str, ...]) -> float:
    payload = json_object(parts[1]) if len(parts) == 3 else Unreadable("not-json")
    times = [] if isinstance(payload, Unreadable) else [payload.members.get(name) for name in ("iat", "exp")]
    return float(next((at for at in times if isinstance(at, int) and 0 <= at < _LATEST_S), 0))


def _within(spans: list[tuple[int, int]], candidate: _Candidate) -> bool:
    """Tell whether *candidate* overlaps one of *spans*, which are sorted and don't overlap each other."""
    after = bisect_left(spans, (candidate.end, 0))
    return after > 0 and spans[after - 1][1] > candidate.start


_MEMBER = r"[\"']{0}[\"'][ \t]{{0,8}}:\s{{0,8}}[\"']([\w-]*)[\"']"
_OF_JWS, _OF_JWE = ("protected", "payload", "signature"), ("protected", "encrypted_key", "iv", "ciphertext", "tag")
_LATEST_S = 1e12


def _serialised(text: str) -> Iterator[_Candidate]:
    """Yield a token that is serialised as JSON (RFC 7515 §7.2, 7516 §7.2), in its compact form."""
    for names in (_OF_JWS, _OF_JWE) if "protected" in text else ():
        parts = [re.search(_MEMBER.format(name), text) for name in names]
        found = [part for part in parts if part is not None]
        if len(found) == len(names):
            start, end = min(part.start(1) for part in found), max(part.end(1) for part in found)
            yield _Candidate(start, end, ".".join(part[1] for part in found))
            return


def _jwts(text: str) -> Iterator[_Candidate]:
    """Yield what looks like a JWT or JWE, whole or cut."""
    alone = text.strip(_AROUND)
    spaced = _JWT_BEGINS.match(alone) is not None and _ONE_TOKEN_ALONE.fullmatch(alone) is not None
    at = 0
    while begin := _JWT_BEGINS.search(text, at):
        start = begin.start()
        lenient = start == 0 or text[start - 1] in " \t\n\"'"
        found = stretch(text, start, lenient=lenient, spaced=spaced)
        # never back: whatever was looked at isn't looked at again
        at = begin.end() if found is None else found.end
        if found is not None and _is_jwt(found.text) and not _PASETO.search(text, max(0, start - 10), start):
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
    return could_be_one(value)


def _credentials(text: str) -> Iterator[_Candidate]:
    """Yield what stands behind `Bearer` and its like."""
    for scheme in _SCHEME.finditer(text):
        word = _CREDENTIAL.match(text, scheme.end())
        if word is None:
            continue
        before = text[max(0, scheme.start() - _HEADER_NAME) : scheme.start()].lower()
        if could_be_one(word[0]) or ("authorization" in before and CUT_OUT.search(word[0])):
            yield _Candidate(word.start(), word.end(), word[0])


_MOST_LINES = 40


def _bare_opaque(text: str, raw: str) -> list[Found]:
    """Return the words that were pasted, if they look like tokens: one, one broken over lines, or one a line."""
    word = text.strip(_AROUND)
    if looks_random(word):
        return [Found(Secret(word), "a bare token", 0, None, at_terminal(len(word), len(raw.rstrip("\r\n"))))]
    lines = word.split() if word.count("\n") < _MOST_LINES else []
    if len(lines) < 2 or " " in word or not all(WORD.fullmatch(line) for line in lines):
        return []
    first, *_, last = lines
    if len(last) < len(first) and {len(line) for line in lines[:-1]} == {len(first)} and looks_random("".join(lines)):
        detail = f"It was put together from {len(lines)} pieces."
        return [Found(Secret("".join(lines)), "a bare token", 0, None, detail)]
    unlike = list(dict.fromkeys(lines)) if all(map(looks_random, lines)) else []
    return [Found(Secret(line), "a bare token", len(unlike) - 1, None, None) for line in unlike[:MAX_LISTED]]


def _expires_in_s(text: str) -> float | None:
    told = _EXPIRES_IN.search(text)
    return float(told[1]) if told else None


def _detail(chosen: _Placed, raw: str, *, at_end: bool, in_base64: bool) -> str | None:
    sentences = ["It stood in base64."] if in_base64 else []
    token = chosen.candidate
    if token.pieces > 1:
        sentences.append(f"It was put together from {token.pieces} pieces.")
    if chosen.is_cut and at_end:
        lines = raw.rstrip("\r\n")
        terminal = at_terminal(len(token.text), len(lines), len(lines) - lines.rfind("\n") - 1)
        sentences.extend([terminal] if terminal else [])
    return " ".join(sentences) or None
