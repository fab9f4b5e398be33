"""No input hurts: no traceback, no second lost, no control character, and nothing secret in what is kept or said."""

import json
import re

import pytest
from bench.patience import hold_linear, repeated
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_tokens_find import HEADER, JWT, OPAQUE, PAYLOAD, SIGNATURE, segment

from skewcheck.model.token import Token
from skewcheck.tokens.claims import pyjwt_refusal, read
from skewcheck.tokens.find import MAX_BYTES, Found, find

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "enc", "cty", "zip"]), JSON)
PAYLOADS = st.dictionaries(st.sampled_from(["iss", "iat", "nbf", "exp", "sub"]), JSON)
PIECES = st.sampled_from(
    [
        *(
            "eyJ", HEADER, PAYLOAD, SIGNATURE, JWT, OPAQUE, ".", "..", "...", "***", "…", "<redacted>", "=", "=\n",
            "\n> ",
        ),
        *("Bearer ", "Authorization: ", '"access_token": "', "id_token=", "token", '"', "'", "\\", "\\n", "\\u002e"),
        *(
            "%2E", "%", "expires_in: 5", " ", "\n", "\r\n", "\0", "\x1b[31m", "\u202e", "\x9b", "\u200b", "\ud800",
            "{", "[",
        ),
    ]
)  # fmt: skip


def texts_of(kept: object) -> list[str]:
    """Return every text in *kept*, however deep."""
    if isinstance(kept, str):
        return [kept]
    return [text for part in kept for text in texts_of(part)] if isinstance(kept, tuple) else []


def examined(pasted: bytes | str) -> tuple[Found, Token] | None:
    """Find, read and replay, and hold what must be true of everything that is kept or said."""
    found = find(pasted)  # fmt: skip
    if found is None:
        return None
    token = read(found)
    pyjwt_refusal(found.secret, 1795303224.0)
    for text in texts_of((found.found_in, found.detail or "", *token)):
        assert text.isprintable()
        assert len(text) <= 2100
    json.dumps([token.iat.value_s, token.nbf.value_s, token.exp.value_s, token.lifetime_s], allow_nan=False)
    assert re.fullmatch("[0-9a-f]{8}", token.fingerprint)
    assert token.length == len(found.secret.reveal())
    said = repr(found) + repr(token)
    for part in re.findall(r"[\w-]{33,}", found.secret.reveal(), re.ASCII):
        assert part not in said
    return found, token


@settings(max_examples=300)
@given(st.binary(max_size=300))
@example(b"\xff\xfe")
@example(b"\xfe\xff\xd8")
@example(JWT.encode() + b"\xff\xff")
def test_any_bytes(pasted: bytes) -> None:
    """Noise is read or refused, in either way without a word of it."""
    examined(pasted)


@settings(max_examples=400)
@given(st.lists(PIECES | ANYTHING, max_size=12).map("".join))
def test_any_mixture_of_what_tokens_are_made_of(pasted: str) -> None:
    """Halves of tokens, marks, escapes and quotes in any order."""
    examined(pasted)


@settings(max_examples=400)
@given(HEADERS, PAYLOADS | JSON | st.binary(max_size=60), st.sampled_from([SIGNATURE, "", "***", SIGNATURE[:9]]))
def test_any_claims(header: object, payload: object, signature: str) -> None:
    """Whatever a signer put in, by spite or by mistake, is read without an exception and shown safely."""
    parts = segment(header), segment(payload), signature
    examined(".".join(parts))


@pytest.mark.parametrize(
    ("part", "bomb"),
    [
        *(("header", bomb) for bomb in ("nested", "digits", "repeated")),
        *(("payload", bomb) for bomb in ("nested", "nested-object", "digits", "text", "members", "repeated")),
        *(("payload", bomb) for bomb in ("urls", "users", "tokens")),
    ],
)
def test_bombs(part: str, bomb: str) -> None:
    """A megabyte of nesting, digits, text, members or one thing again and again, in either part: its length is paid."""

    def token(share: float) -> str:
        def many(count: int) -> int:
            return int(count * share)

        content = {
            "nested": "[" * many(350_000) + "]" * many(350_000),
            "nested-object": '{"a":' * many(130_000) + "1" + "}" * many(130_000),
            "digits": '{"exp":' + "9" * many(700_000) + "}",
            "text": '{"iss":"' + "a" * many(700_000) + '"}',
            "members": "{" + ",".join(f'"{number}":1' for number in range(many(70_000))) + "}",
            "repeated": "{" + ",".join('"exp":1' for _ in range(many(80_000))) + "}",
            "urls": '{"iss":"' + "https://a?" * many(70_000) + '"}',
            "users": '{"iss":"' + "//a:b@" * many(110_000) + '"}',
            "tokens": '{"iss":"' + "eyJabcdefgh." * many(58_000) + '"}',
        }[bomb].encode()
        if part == "header":
            return f"{segment(content)}.{PAYLOAD}.{SIGNATURE}"
        return f"{HEADER}.{segment(content)}.{SIGNATURE}"

    assert MAX_BYTES * 2 // 3 < len(token(1)) <= MAX_BYTES
    hold_linear(lambda share: examined(token(share)))


WORST = [
    *("a", "eyJ", "eyJ.", f"{HEADER}.", f"{HEADER}\n", f"{HEADER}.\n", f"{HEADER}.e.\n", f"{HEADER} ", f"{JWT}\n"),
    *(
        f"{OPAQUE}\n", "token", "token:", "token=", 'token="', "access_token:\n", "access_token:'", "Bearer ",
        "Bearer\t", "jwt ",
    ),
    *("\\", "\\\\n", "%", "%2", "=\n", "\n> ", " ", "\n", "...", "***", "<", "[", "<a>", "expires_in:", "\x1b["),
    *("\x1b[0", ".", "a.", "-", "'", '"', "\ud800", "Authorization: Bearer ***\n", "a\n", "v4.public.eyJ"),
]  # fmt: skip


@pytest.mark.parametrize("before", ["", f"{HEADER}.", 'Bearer "'])
@pytest.mark.parametrize("unit", WORST)
def test_no_text_costs_more_than_its_length(unit: str, before: str) -> None:
    """Each step is linear, up to an eighth of what is let in."""
    hold_linear(lambda share: find(before + repeated(unit, share * MAX_BYTES / 8)))
