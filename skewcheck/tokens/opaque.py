"""What can only be a token by where it stands or by how it looks: names for something that a server keeps."""

import re

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
