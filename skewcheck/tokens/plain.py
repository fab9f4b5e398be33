"""Pasted text made plain: escapes undone, nothing in it that can't be seen, and what is in base64 opened.

All of it is linear in time.
"""

import re
from functools import partial

from skewcheck.tokens.segments import decoded

_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""What a terminal colours with: it comes along from logs."""
_PERCENT = re.compile(r"%([2-7][0-9A-Fa-f])")
_BACKSLASHED = re.compile(r"(?<!\\)\\+(?:u00([2-7][0-9A-Fa-f])|([/\"'nrt]))")
"""JSON's escapes, of JSON in JSON as well. The look behind keeps a run of backslashes from being tried at each one."""

_INVISIBLE = (
    *range(0x09), 0x0B, 0x0C, *range(0x0E, 0x1B), *range(0x1C, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0),
    0xAD, 0x034F, 0x061C, *range(0x180B, 0x180F), *range(0x200B, 0x2010), *range(0x202A, 0x202F),
    *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF,
)  # fmt: skip
"""Controls, zero-width and directional marks, the soft hyphen, variation selectors, the byte order mark."""
_SPACES = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_BREAKS = (0x0D, 0x85, 0x2028, 0x2029)
_DOUBLE_QUOTES = (0x201C, 0x201D, 0x201E, 0x201F, 0xAB, 0xBB, 0x2033, 0xFF02)
_SINGLE_QUOTES = (0x2018, 0x2019, 0x201A, 0x201B, 0x2039, 0x203A, 0x2032, 0xFF07, 0x60, 0xB4)

_PLAIN: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_BREAKS, "\n"),
    **dict.fromkeys(_DOUBLE_QUOTES, '"'),
    **dict.fromkeys(_SINGLE_QUOTES, "'"),
}

_DATETIME = re.compile(
    r"datetime\.datetime\((\d{4}), (\d\d?), (\d\d?), (\d\d?), (\d\d?)(?:, (\d\d?))?(?:, (\d{1,6}))?"
    r"(?:, tzinfo=((?:datetime\.timezone\.|<)?utc\b[>()]{0,2}|tzutc\(\)|TzInfo\((?:UTC|0)\)))?\)",
    re.IGNORECASE,
)
"""As Python shows a time."""


def characters(pasted: bytes | str) -> str:
    """Return *pasted* as text: UTF-8, or UTF-16 where a byte order mark says so (what PowerShell writes)."""
    if isinstance(pasted, str):
        return pasted
    encoding = "utf-16" if pasted[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    return pasted.decode(encoding, "replace")


def plain(text: str) -> str:
    """Return *text* with its escapes undone and nothing in it that can't be seen but spaces and newlines."""
    text = _COLOURS.sub("", text.replace("\r\n", "\n")).translate(_PLAIN)
    text = _PERCENT.sub(lambda escape: chr(int(escape[1], 16)), text) if "%" in text else text
    text = _BACKSLASHED.sub(_unescaped, text) if "\\" in text else text
    return _DATETIME.sub(_in_iso, text) if "datetime.datetime(" in text else text


def _in_iso(shown: re.Match[str]) -> str:
    year, month, day, hour, minute, second, micro, zone = shown.groups(default="0")
    fraction = "" if micro == "0" else f".{micro:0>6}"
    return f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second:0>2}{fraction}{'' if zone == '0' else 'Z'}"


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1]:
        return chr(int(escape[1], 16))
    return {"n": "\n", "r": "\n", "t": " "}.get(escape[2], escape[2])


# --- What stands around a token in base64, opened: a Kubernetes secret, docker's `auth`, SAML in a URL, EKS's URL ---
#
# A run of base64 is replaced by the text in it where that holds a token, an assertion or a presigned URL; all else
# stays as it is: what merely looks like base64 is an opaque token. Three layers at most, each read once.

MAX_CANDIDATES = 1000
"""Of each kind that are looked at closely: nobody pastes more, and a forged text costs no time."""
MAX_INFLATED = 1 << 20
_LAYERS = 3
_BASE64_RUN = r"(?<![\w.+/-])(?:k8s-aws-v1\.)?([A-Za-z0-9+/_-]{40,}(?:\n[ \t]{0,16}[A-Za-z0-9+/_-]+)*={0,2})(?![\w.])"
_EKS = "k8s-aws-v1."
_TELLING = r"\beyJ|NotOnOrAfter|X-Amz-Date|(?:access|id|refresh)_?token\"|\"auths?\"|k8s-aws-v1\."
_TELLING_JSON = r"(?:access|id|refresh)_?token\"|\"auths?\""
_DOTTED = r"[\w-]+\.?"
_DEFLATED = r"SAML(?:Response|Request)=([\w+/=-]{40,})"


def opened(text: str) -> str:
    """Return *text* with what is in base64 and holds a token, or times, in its place."""
    if "SAMLRe" in text:
        text = re.sub(_DEFLATED, lambda found: _inflated(found[1]) or found[0], text, count=1)
    return _opened(text, _LAYERS)


def _opened(text: str, layers: int) -> str:
    return re.sub(_BASE64_RUN, partial(_inside, layers=layers), text, count=MAX_CANDIDATES) if layers else text


def printable(run: str) -> str | None:
    """Return the text that *run* is base64 of; None where it isn't."""
    raw = decoded("".join(run.split()))
    if not raw:
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    # a control character never is a part of what is looked for here
    return text if text.translate(_WHITE).isprintable() else None


_WHITE = dict.fromkeys(map(ord, "\t\r\n"), " ")


def _inside(run: re.Match[str], layers: int) -> str:
    written = run[1]
    # what begins as JSON does may be a part of a token
    of_json = written.startswith("ey") and not run[0].startswith(_EKS)
    for part in dict.fromkeys((written, written.partition("\n")[0])):
        text = printable(part)
        if text is None:
            continue
        inner = _opened(text, layers - 1)
        if inner != text or (re.search(_TELLING_JSON, text) if of_json else _tells(text)):
            return f'"{inner}"{written[len(part) :]}' if inner.startswith("eyJ") else f"{inner}{written[len(part) :]}"
    return run[0]


def _tells(text: str) -> bool:
    """Tell whether a token, or times, stand in *text*; word by word, for from each `eyJ` to the end would take long."""
    if re.search(_TELLING, text):
        return True
    words = (word[0] for word in re.finditer(_DOTTED, text))
    return any(word.endswith(".") and "eyJ" in word[:-2] for word in words)


def _inflated(written: str) -> str | None:
    """Return the XML that the redirect binding of SAML deflates (Bindings 2.0, §3.4.4.1)."""
    import zlib

    raw = decoded(written)
    if not raw or raw.lstrip().startswith(b"<"):
        return None
    try:
        text = zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, MAX_INFLATED).decode("utf-8")
    except (zlib.error, UnicodeDecodeError):
        return None
    return text if text.lstrip().startswith("<") else None
