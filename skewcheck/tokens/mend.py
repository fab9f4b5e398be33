"""Pasted text made plain: bytes to characters, what can't be seen taken out, escapes undone. All linear in time."""

import re

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
    return _BACKSLASHED.sub(_unescaped, text) if "\\" in text else text


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1]:
        return chr(int(escape[1], 16))
    return {"n": "\n", "r": "\n", "t": " "}.get(escape[2], escape[2])
