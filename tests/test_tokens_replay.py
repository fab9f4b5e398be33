"""PyJWT is run, not imitated: its verdict at a moment is what it says when its clock really stands there."""

import time

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_tokens_find import HEADER, OPAQUE, SIGNATURE, segment

from skewcheck.tokens.claims import Verdict, pyjwt_verdict
from skewcheck.tokens.find import Secret

NOW_S = 1795303224


def verdict(payload: object, at_s: float = NOW_S, leeway_s: float = 0.0) -> Verdict:
    """Return PyJWT's verdict on a token of *payload*."""
    return pyjwt_verdict(Secret(f"{HEADER}.{segment(payload)}.{SIGNATURE}"), at_s, leeway_s)


@pytest.mark.parametrize("leeway_s", [0.0, 5.0])
@pytest.mark.parametrize(
    ("name", "past_s", "refusal"),
    [
        ("exp", 1, None),
        ("exp", 0.001, None),
        ("exp", 0, "expired"),
        ("exp", -0.001, "expired"),
        ("iat", 0, None),
        ("iat", 0.001, "not-yet-valid-iat"),
        ("nbf", 0, None),
        ("nbf", 0.001, "not-yet-valid-nbf"),
    ],
)
def test_the_very_second_decides(name: str, past_s: float, refusal: str | None, leeway_s: float) -> None:
    """Expired from `exp` on, not yet valid before `iat` and `nbf`, each later or sooner by the leeway."""
    sign = -1 if name == "exp" else 1
    at_s = NOW_S - past_s - sign * leeway_s
    told = verdict({name: NOW_S}, at_s, leeway_s)
    assert (told.accepted, told.refusal) == (refusal is None, refusal)


@pytest.mark.parametrize(
    ("payload", "refusal"),
    [
        ({}, None),
        ({"exp": "1795303225"}, None),
        ({"exp": "1795303224"}, "expired"),
        ({"exp": NOW_S + 0.9}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": None}, "unusable"),
        ({"exp": "2026-11-22T05:00:00Z"}, "unusable"),
        ({"iat": None}, "unusable"),
        ({"iat": NOW_S * 1000}, "not-yet-valid-iat"),
        ({"exp": NOW_S * 1000}, None),
        ({"exp": 5, "iat": NOW_S + 1}, "not-yet-valid-iat"),
        ([1], "unusable"),
        (b"\xff", "unusable"),
        (b"[" * 100_000 + b"]" * 100_000, "unusable"),
        (b'{"exp":' + b"9" * 5000 + b"}", "unusable"),
    ],
)
def test_odd_claims_are_judged_as_pyjwt_judges_them(payload: object, refusal: str | None) -> None:
    """Fractions are cut off, strings of digits pass, milliseconds never expire, null is refused."""
    assert verdict(payload).refusal == refusal


@pytest.mark.parametrize("text", ["", OPAQUE, "a.b", "a.b.c.d.e", "…", "\ud800", f"{HEADER}.e30.{SIGNATURE}\n"])
def test_what_pyjwt_cannot_read_is_unusable(text: str) -> None:
    """Whatever it raises, the verdict is a refusal, and nothing of the token stands in it."""
    told = pyjwt_verdict(Secret(text), NOW_S)
    assert (told.accepted, told.refusal) == (False, "unusable")
    assert told.detail.startswith("PyJWT can't read it as it was pasted (")


@settings(max_examples=100)
@given(
    claims=st.fixed_dictionaries(
        {}, optional={name: st.integers(-3, 3) | st.floats(-3, 3) for name in ("iat", "nbf", "exp")}
    ),
    leeway_s=st.integers(0, 2),
)
def test_it_is_what_pyjwt_says_at_its_own_now(claims: dict[str, float], leeway_s: int) -> None:
    """Moved to PyJWT's own present, a token gets the same answer there, but in the moment that passes between."""
    now_s = time.time()
    shifted = {name: int(now_s) + value for name, value in claims.items()}
    token = jwt.encode(shifted, "k" * 32)
    try:
        jwt.decode(
            token,
            options={"verify_signature": False, "verify_iat": True, "verify_nbf": True, "verify_exp": True},
            leeway=leeway_s,
        )
        accepted = True
    except jwt.InvalidTokenError:
        accepted = False
    if int(time.time()) == int(now_s):  # claims count whole seconds
        assert pyjwt_verdict(Secret(token), now_s, leeway_s).accepted == accepted
