"""What secrets look like: one table of the tokens known by their shape, and the rules for those that just look random.

Whoever must not repeat a secret, or send one to a resolver as a name, goes by this. All of it is linear in the length
of the text: what is looked through may be a megabyte that somebody built to be slow.
"""

import functools
import re
from itertools import pairwise
from typing import NamedTuple


class Shape(NamedTuple):
    """A kind of token that is known by its begin."""

    owner: str | None
    """None: several issuers' tokens begin so."""
    begins: tuple[str, ...]
    rest: str
    """A regular expression: the least that has to follow, and as much of it as there is."""


KNOWN = (
    # As their issuers document them, or as GitHub's and GitLab's secret scanners look for them.
    Shape("GitHub's", ("gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_"), r"\w{10,}"),
    Shape("GitLab's", ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "gloas-", "glsoat-"), r"[\w-]{10,}"),
    Shape("Slack's", ("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xox", "xapp-1-"), r"[\w-]{6,}"),
    Shape("Google's", ("ya29.",), r"[\w-]{10,}"),
    Shape("Google's", ("AIza", "GOCSPX-", "1//0"), r"[\w-]{20,}"),
    Shape("a PASETO", tuple(f"v{n}.{use}." for n in range(1, 5) for use in ("public", "local")), r"[\w-]{12,}[\w.-]*"),
    Shape("SendGrid's", ("SG.",), r"[\w-]{10,}\.[\w-]{10,}"),
    Shape("HashiCorp Vault's", ("hvs.", "hvb.", "hvr."), r"[\w-]{16,}"),
    Shape("AWS's", ("AKIA", "ASIA"), r"[A-Z0-9]{12,}"),
    Shape("OpenAI's", ("sk-proj-", "sk-svcacct-", "sk-admin-"), r"[\w-]{16,}"),
    Shape("Anthropic's", ("sk-ant-",), r"[\w-]{16,}"),
    Shape(None, ("sk-",), r"[A-Za-z0-9]{20,}"),
    Shape("Stripe's", ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"), r"\w{10,}"),
    Shape("npm's", ("npm_",), r"[A-Za-z0-9]{20,}"),
    Shape("PyPI's", ("pypi-AgE",), r"[\w-]{10,}"),
    Shape("Docker's", ("dckr_pat_", "dckr_oat_"), r"[\w-]{10,}"),
    Shape("DigitalOcean's", ("dop_v1_", "doo_v1_", "dor_v1_"), r"\w{10,}"),
    Shape("Hugging Face's", ("hf_",), r"[A-Za-z0-9]{16,}"),
    Shape("Shopify's", ("shpat_", "shpca_", "shppa_", "shpss_"), r"\w{10,}"),
    Shape("Atlassian's", ("ATATT3", "ATCTT3"), r"[\w=-]{16,}"),
    Shape("Grafana's", ("glsa_", "glc_"), r"[\w+/=]{16,}"),
)
"""One row a kind. A begin that names have as well needs more behind it than one that nothing else has."""

_BEGINS = tuple(begin for shape in KNOWN for begin in shape.begins)
# Patterns are text here, which `re` compiles and keeps when one is needed: a start pays for none.
_JWT = r"eyJ[\w-]+(?:\.[\w-]*)*|(?<![A-Za-z0-9])e(?:yA|w[o0k])[\w-]{12,}\.e(?:yJ|yA|w[o0k])[\w-]{8,}(?:\.[\w-]*)*"
_JWT_BEGINS = ("eyJ", "eyA", "ewo", "ew0", "ewk")
"""JSON that starts with `{"`, or with `{` and white space, in base64url: what every JWT and JWE starts with."""
_CREDENTIALS = r"(?i)\b(bearer|basic|dpop|token)\s+(?!--[a-z-]+[\s`])[^\s'\"]{8,}"
"""But not `skewcheck token --option ...`."""
_ASSIGNED = (
    r"(?i)((?:token|secret|password|passwd|api[_-]?key|access[_-]?key|sess(?:ion)?_?id)['\"]?\s{0,8}[=:]\s{0,8}['\"]?)"
    r"[^\s'\"&]+"
)
_TELLING = ("bearer", "basic", "dpop", "token", "secret", "passw", "key", "sess")
"""One of these is in whatever the two above find."""
_NUMBER = (
    r"[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[0-9A-F]{32,}|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
)
"""Long hex, or a UUID."""
_UUID = r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RUN = r"[A-Za-z0-9_+/=~.-]{20,}"
_PIECE = 20
"""Letters and digits mixed, without a break, of this length are no word and no host's label (AWS: 17)."""
_LONG_RUN = 40
_LONG_LABEL = 32
"""Of this length not even small letters and digits without a break are a host's whole name."""
_SYLLABLE = r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+"
_SHORT, _RAGGED, _BREAKS = 2, 0.25, 4
"""So much of 20 random characters stands in syllables of one or two letters, or so often one of these stands beside
another syllable, in 99 of 100 cases; in a name with capital letters (`Johns-MacBook-Pro-2019`) hardly any does."""
_LAST_LABEL = r"(?i)[a-z]{2,24}|xn--[a-z0-9-]{2,59}"
"""Of a name in some domain: letters alone (RFC 3696 §2)."""
_PORT = r":[0-9]{1,5}$"


def without_known(text: str, mark: str) -> str:
    """Return *text* with all that *is* a token or a credential replaced by *mark*; what is just random stays."""
    text = _without_credentials(text, mark)
    return _known().sub(mark, text) if any(begin in text for begin in _BEGINS) else text


def without_random(text: str, mark: str) -> str:
    """Return *text* with all that looks like an opaque token replaced by *mark*; names of hosts and files stay."""

    def shown(run: re.Match[str]) -> str:
        word = run[0].rstrip(".")
        return mark + run[0][len(word) :] if _is_opaque(word) else run[0]

    return re.sub(_RUN, shown, text)


def owner(token: str) -> str | None:
    """Return whose *token* is, by its shape; None where that tells nothing."""
    alike = (shape for shape in KNOWN if token.startswith(shape.begins))
    return next((shape.owner for shape in alike if re.match(_expression(shape), token)), None)


def names_no_host(text: str) -> bool:
    """Tell whether `HOST` or `HOST:PORT` is a token, and no name that a resolver may be asked for.

    Of small letters alone, of hex or a UUID, it may be a name: where a port, a final dot or a domain behind it says so.
    """
    written = text.strip().replace("[", "").replace("]", "")
    bare = re.sub(_PORT, "", written).removesuffix(".")
    if _without_credentials(bare, "") != bare:
        return True
    known = without_known(bare, "") != bare
    labels = [label.lower() if re.fullmatch(_NUMBER, label) else label for label in bare.split(".")]
    if labels == [label.lower() for label in labels] and not (known and "_" in bare):  # which no host's name has
        return bare == written and not _is_domain(labels) and (known or any(map(_is_odd, labels)))
    return known or (not _is_domain(labels) and (without_random(bare, "") != bare or _is_base64url(bare)))


def is_in_path(path: str) -> bool:
    """Tell whether a part of a URL's *path* is a token. An id, a UUID or hex, may well be there, and is none."""
    return without_known(path, "") != path or any(
        part != part.lower() and without_random(part, "") != part for part in path.split("/")
    )


def _is_domain(labels: list[str]) -> bool:
    return len(labels) > 1 and re.fullmatch(_LAST_LABEL, labels[-1]) is not None


def _is_odd(label: str) -> bool:
    """Tell whether *label*, in small letters, is more like a token than like a whole name."""
    return re.search(_NUMBER, label) is not None or any(
        len(piece) >= _LONG_LABEL and piece.isalnum() and _mixed(piece) for piece in label.split("-")
    )


def _is_base64url(bare: str) -> bool:
    return "_" in bare and len(bare) >= _PIECE and _mixed(bare)


def _without_credentials(text: str, mark: str) -> str:
    if any(begin in text for begin in _JWT_BEGINS):
        text = re.sub(_JWT, mark, text)
    lower = text.lower()
    if any(word in lower for word in _TELLING):
        text = re.sub(_CREDENTIALS, lambda found: f"{found[1]} {mark}", text)
        text = re.sub(_ASSIGNED, lambda found: f"{found[1]}{mark}", text)
    return text


@functools.cache
def _known() -> re.Pattern[str]:
    """Return what finds the known shapes: made where one of their begins is there, which is seldom."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(_expression, KNOWN))})")


def _expression(shape: Shape) -> str:
    return f"(?:{'|'.join(map(re.escape, shape.begins))}){shape.rest}"


def _is_opaque(word: str) -> bool:
    """Tell whether *word* is more like an opaque token than like a name or a path."""
    labels = word.split(".")
    if _is_domain(labels):
        labels = [label for label in labels if label != label.lower() and not re.fullmatch(_NUMBER, label)]
    return any(map(_is_random, labels))


def _is_random(part: str) -> bool:
    if re.search(_UUID, part):
        return True
    if any(len(piece) >= _PIECE and _mixed(piece) for piece in re.split(r"[_/~-]", part)):
        return True
    if len(part) >= _LONG_RUN and _mixed(part) and part.lower() != part and "/" not in part:
        return True
    return any(map(_is_ragged, re.split(r"[+/=~]", part)))


def _is_ragged(piece: str) -> bool:
    """Tell whether capital and small letters and digits alternate in *piece* as they do in no name."""
    if len(piece) < _PIECE or not _mixed(piece) or piece in (piece.lower(), piece.upper()):
        return False
    short = breaks = 0
    for word in re.split(r"[_-]", piece):
        lengths = [len(syllable) for syllable in re.findall(_SYLLABLE, word)]
        if len(lengths) > 1 and word[-1].isdigit():  # names are numbered
            lengths.pop()
        short += sum(length for length in lengths if length <= _SHORT)
        breaks += sum(min(pair) <= _SHORT for pair in pairwise(lengths))
    return short >= _RAGGED * len(piece) or breaks >= _BREAKS


def _mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
