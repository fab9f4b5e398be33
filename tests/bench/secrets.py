"""Secrets of every shape that is known by its begin, and others that just look random. All of them are made up here."""

from collections.abc import Sequence
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, hexdigits

PIECE = 8
"""Characters of a secret in a row that are too many to be a coincidence."""
_ALNUM, _URL_SAFE, _HEX = ascii_letters + digits, f"{ascii_letters}{digits}-_", hexdigits[:16]
_MADE = {
    # (begin, what follows, how much of it), as their issuers document them; put together here, so that no scanner that
    # looks for real ones finds them in this file
    "github": ("ghp_", _ALNUM, 36),
    "github-app": ("ghs_", _ALNUM, 36),
    "github-oauth": ("gho_", _ALNUM, 36),
    "github-fine": ("github_pat_", f"{_ALNUM}_", 82),
    "gitlab": ("glpat-", _URL_SAFE, 20),
    "slack": ("xoxb-", f"{digits}-", 26),
    "slack-user": ("xoxp-", f"{digits}{_HEX}-", 40),
    "google": ("ya29.", _URL_SAFE, 120),
    "google-key": ("AIza", _URL_SAFE, 35),
    "vault": ("hvs.", _URL_SAFE, 95),
    "aws": ("AKIA", ascii_uppercase + "234567", 16),
    "aws-session": ("ASIA", ascii_uppercase + "234567", 16),
    "openai": ("sk-", _ALNUM, 48),
    "openai-project": ("sk-proj-", _URL_SAFE, 120),
    "anthropic": ("sk-ant-api03-", _URL_SAFE, 95),
    "stripe": ("sk_live_", _ALNUM, 24),
    "npm": ("npm_", _ALNUM, 36),
    "pypi": ("pypi-AgEIcHlwaS5vcmc", _URL_SAFE, 140),
    "docker": ("dckr_pat_", _URL_SAFE, 27),
    "digitalocean": ("dop_v1_", _HEX, 64),
    "hugging-face": ("hf_", ascii_letters, 34),
    "shopify": ("shpat_", _HEX, 32),
    "atlassian": ("ATATT3xFfGF0", _URL_SAFE, 170),
    "grafana": ("glsa_", _ALNUM, 32),
    "paseto": ("v4.local.", _URL_SAFE, 120),
}
_RANDOM = {
    "base64url": ("", _URL_SAFE, 43),
    "base64url-22": ("", _URL_SAFE, 22),
    "base62": ("", _ALNUM, 32),
    "hex-32": ("", _HEX, 32),
    "hex-40": ("", _HEX, 40),
    "hex-64": ("", _HEX, 64),
}
KNOWN = (*_MADE, "jwt", "jwe", "sendgrid", "slack-rotating")
"""Kinds that are known by their shape."""
SHORT = "base64url-22"
"""So short that by chance one may look like words."""
RANDOM = (*(kind for kind in _RANDOM if kind != SHORT), "uuid")
"""Kinds that look random, and could be an id as well."""


def made(kind: str, seed: int = 0) -> str:
    """Return a secret of that *kind*: one of KNOWN and RANDOM, or SHORT."""
    random = Random(f"{kind} {seed}")
    if kind in ("jwt", "jwe"):
        parts = ["eyJhbGciOiJSUzI1NiJ9", *(_drawn(random, _URL_SAFE, 40) for _ in range(2 if kind == "jwt" else 4))]
        return ".".join(parts)
    if kind == "sendgrid":
        return f"SG{'.'}{_drawn(random, _URL_SAFE, 22)}.{_drawn(random, _URL_SAFE, 43)}"
    if kind == "slack-rotating":
        return f"xoxe{'.'}xoxp-1-{_drawn(random, _ALNUM, 60)}"
    if kind == "uuid":
        return "-".join(_drawn(random, _HEX, length) for length in (8, 4, 4, 4, 12))
    begin, alphabet, length = (_MADE | _RANDOM)[kind]
    return begin + _drawn(random, alphabet, length)


def _drawn(random: Random, alphabet: str, length: int) -> str:
    """Return random characters, at least two of each class in *alphabet*: by chance a few would look like words."""
    classes = [kept for kept in (ascii_uppercase, ascii_lowercase, digits) if set(kept) & set(alphabet)]
    sure = [random.choice([c for c in alphabet if c in kept]) for kept in classes for _ in range(2)]
    drawn = sure + [random.choice(alphabet) for _ in range(length - len(sure))]
    random.shuffle(drawn)
    ends = [number for number, character in enumerate(drawn) if character.isalnum()]
    for at in (0, -1):  # a token of theirs can end in a dash; a host's name can't, and no shell takes one at its begin
        if not drawn[at].isalnum():
            drawn[at] = drawn[ends[at]]
    return "".join(drawn)


def pieces(secret: str) -> Sequence[str]:
    """Return each piece of *secret* that is long enough to tell it, without what all of its kind begin with."""
    parts = [part for part in secret.split(".") if not part.startswith("eyJhbGciOi")]
    return [part[at : at + PIECE] for part in parts for at in range(len(part) - PIECE + 1)]
