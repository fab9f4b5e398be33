"""Hostile text in each form that a token may come in: nothing secret is kept, nothing raises, time stays linear."""

import json

import pytest
from bench.every_output import every_output
from bench.patience import hold_linear, repeated
from bench.secrets import KNOWN, made, pieces
from hypothesis import given, settings
from hypothesis import strategies as st
from measurements import NOON
from pasted_cases import OPAQUE, b64, compact, deflated, eks, expired, iso, live, saml, serialised
from test_tokens_hostile import examined

from skewcheck.errors import UsageError
from skewcheck.examine import calls
from skewcheck.tokens.claims import read, time_claim
from skewcheck.tokens.find import find

NOW = int(NOON)
FORMS = (
    "Token used too early, 1691058380 < 1691058403: {",
    "now 1691058380, nbf 1691058403 ",
    "IDX10223: ",
    "ValidTo (UTC): '11/6/2022 12:00:00 PM', Current time (UTC): '11/6/2022 12:06:02 PM'",
    "Signature expired: 20221106T115500Z is now earlier than 20221106T120012Z (20221106T121512Z - 15 min.)",
    "<RequestTime>2022-11-06T12:00:00Z</RequestTime><ServerTime>2022-11-06T12:20:00Z</ServerTime>",
    '"code":"bad.credentials"',
    "Retry the request in [33] seconds",
    '"exp": 1691058403, ',
    "'iat': 1691058380}",
    '"iss": "',
    saml(NOW),
    "NotOnOrAfter",
    "<Conditions ",
    "SAMLResponse=" + deflated(saml(NOW)),
    eks(NOW, 60, 60),
    "k8s-aws-v1.",
    serialised(live(NOW)),
    '"protected": "',
    b64(expired(NOW).encode()),
    "X-Amz-Date=20221106T115500Z&X-Amz-Expires=60",
    "Signature-Input: sig1=();created=1691058380;expires=1691058403",
    f'"expires_at": {NOW * 1000}',
    f'"expiry": "{iso(NOW)}"',
    "> Host: api.mypurecloud.ie\n",
    "date: Sun, 06 Nov 2022 12:00:00 GMT\n",
    f"{iso(NOW)} ",
    compact(NOW),
    OPAQUE,
    live(NOW),
    "refresh_token=",
    "\n",
    '"',
    "{",
    "}",
    " ",
    "\x1b[31m",
    "\u202e",
    "\0",
)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(FORMS) | st.text(max_size=9), max_size=7).map("".join))
def test_any_mixture_of_the_forms(pasted: str) -> None:
    """In any order, cut and glued: an answer or none, and all that is kept can be shown."""
    examined(pasted)


PLACES = (
    'Token used too early, 1691058380 < 1691058403: {{"email":"{}","iat":1691058403}}',
    "user {}: now 1642051718, nbf 1642051719",
    '{{"iat": 1795303224, "exp": 1795306824, "sub": "{}", "email": "{}", "name": "{}"}}',
    "{{'exp': 1795306824, 'jti': '{}'}}",
    '{{"token": "{}", "expiry": "2026-11-06T12:00:00Z"}}',
    '<Subject>{}</Subject><Conditions NotBefore="2026-11-06T12:00:00Z" NotOnOrAfter="2026-11-06T12:05:00Z"/>',
    "https://x.example/?X-Amz-Date=20261106T115500Z&X-Amz-Expires=60&X-Amz-Signature={}&X-Amz-Security-Token={}",
    'Signature-Input: s=();created=1691058380;keyid="{}"',
    "Host: {}\ndate: {}\n" + live(NOW),
    "{}\n" + live(NOW) + "\n{}",
    '{{"iss": "{}", "alg": "{}", "kid": "{}", "iat": 1795303224, "exp": 1795306824}}',
    '{{"code":"bad.credentials","message":"{}","correlationId":"{}"}}',
    '{{"exp": "{}", "iat": 1795303224}}',
)
"""Where a secret, a name or an address stands in what people paste."""


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=4)
@given(kind=st.sampled_from(KNOWN), seed=st.integers(0, 999))
def test_nothing_but_times_is_told(place: str, kind: str, seed: int) -> None:
    """No piece of a secret, in any format and view; nor whose token it was."""
    secret = made(kind, seed)
    for text in (place.replace("{}", secret), place.replace("{}", "eve.planted@example.org")):
        try:
            report = calls.token(text.replace("{{", "{").replace("}}", "}"), offline=True, ask_host=False)
            said = "".join(every_output(report).values())
        except UsageError as error:  # a name in a token's place is none
            said = str(error)
        assert [piece for piece in pieces(secret) if piece in said] == []
        assert "eve.planted@" not in said or '"iss"' in place


UNITS = (
    *FORMS[:-8],
    "QUJD",
    "QUJD\n",
    "A" * 40 + " ",
    "A" * 76 + "\n",
    '"payload":"a"',
    '"iat"',
    "iat=1 ",
    "exp: '",
    "created=1",
    "sig=a&se=2027-01-15",
    "exp|1 ",
    "host:a",
    "host: ",
    "date: ",
    "<A:",
    "<Assertion ",
    "<Assertion>",
    "X-Amz-Expires=",
    "expires_at",
    "expires_at: ",
    "2022-11-06T12:00:00",
    "a\n",
    "eyJ\n",
    '"token": "',
    "SAMLResponse=" + "A" * 40,
    json.dumps(serialised(live(NOW))),
)


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_as_the_text_does(unit: str) -> None:
    """Eight times the text takes about eight times as long, not the 64 times of what looks back."""
    hold_linear(lambda share: find(repeated(unit, share * 2**17)))


def test_time_grows_as_what_is_in_base64_does() -> None:
    """As above, where each place in one long word could begin a token that has no end."""
    hold_linear(lambda share: find(b64(b"_" + b"eyJ" * int(share * 2**15))))


def test_a_key_in_a_hosts_place_is_no_host() -> None:
    """One whose format knows capitals is found before they are made small; a host is shown in small letters."""
    key = made("google-key", 0)
    token = calls.token(f"Host: {key}\n{live(NOW)}", offline=True, ask_host=False).token
    assert token is not None
    assert token.token.host is None
    named = calls.token(f"Host: API.Example.ORG\n{live(NOW)}", offline=True, ask_host=False).token
    assert named is not None
    assert named.token.host == "api.example.org"


def test_only_what_is_made_as_times_are_is_shown_of_a_time() -> None:
    """A name in a time's place is no more than a text; digits, a date and an exponent are shown, to be mended."""
    for text, shown in (
        ("MARKmail@example.net", "a text"), ("eve", "a text"), ("٣٤", "a text"), ("2027-01-15T12:00:00Z", None),
        ("1.8e9", None), ("15/01/2027 12:00", None), ("-5", None), ("", None),
    ):  # fmt: skip
        claims = {"iat": 1, "exp": text}
        assert time_claim("exp", claims).shown == (shown or json.dumps(text))
    header, payload = b64(b'{"alg":"none"}'), b64(b'{"exp":"eve@x.example","exp":"bob@x.example"}')
    twice = read(find(f"{header}.{payload}."))  # type: ignore[arg-type]
    assert [odd.id for odd in twice.oddities] == ["unsigned", "duplicate-claims"]
    assert "x.example" not in repr(twice)
