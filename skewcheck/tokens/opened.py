"""What stands around a token in base64, opened: a Kubernetes secret, docker's `auth`, SAML in a URL, EKS's URL.

A run of base64 is replaced by the text in it where that holds a token, an assertion or a presigned URL; all else stays
as it is: what merely looks like base64 is an opaque token. Three layers at most, each read once.
"""

import re
from functools import partial

from skewcheck.tokens.segments import decoded

MAX_RUNS = 1000
"""Of a layer that are looked at: nobody pastes more, and a forged text costs no time."""
MAX_INFLATED = 1 << 20
_LAYERS = 3
_RUN = r"(?<![\w.+/-])(?:k8s-aws-v1\.)?([A-Za-z0-9+/_-]{40,}(?:\n[ \t]{0,16}[A-Za-z0-9+/_-]+)*={0,2})(?![\w.])"
_EKS = "k8s-aws-v1."
_TELLING = r"\beyJ|NotOnOrAfter|X-Amz-Date|(?:access|id|refresh)_?token\"|\"auths?\"|k8s-aws-v1\."
_TELLING_JSON = r"(?:access|id|refresh)_?token\"|\"auths?\""
_WORD = r"[\w-]+\.?"
_DEFLATED = r"SAML(?:Response|Request)=([\w+/=-]{40,})"


def opened(text: str) -> str:
    """Return *text* with what is in base64 and holds a token, or times, in its place."""
    if "SAMLRe" in text:
        text = re.sub(_DEFLATED, lambda found: _inflated(found[1]) or found[0], text, count=1)
    return _opened(text, _LAYERS)


def _opened(text: str, layers: int) -> str:
    return re.sub(_RUN, partial(_inside, layers=layers), text, count=MAX_RUNS) if layers else text


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
    words = (word[0] for word in re.finditer(_WORD, text))
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
