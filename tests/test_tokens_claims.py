"""What a token says is told as it stands: each odd claim and each kind of token by its name, nothing repaired."""

import json
import math
import time

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_tokens_find import HEADER, JWT, OPAQUE, SIGNATURE, segment

from skewcheck.model.token import ClaimState, TimeClaim, Token, TokenKind
from skewcheck.tokens.claims import pyjwt_refusal, read
from skewcheck.tokens.find import Secret, find

NODE_JSONWEBTOKEN_HS256 = (  # jsonwebtoken 9.0.3, node 20: sign({iat, exp, iss}, 'not a secret', {keyid})
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImtleS0yMDI2LTExIn0.eyJpYXQiOjE3OTUzMDMyMjQsImV4cCI6MTc5NTMwNjgyNCwi"
    "aXNzIjoiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIn0.0KxqSHx2WzHMg3wDJFbNo1wpIDlMRN3AsV4zDjgbvYc"
)
NODE_JOSE_ES256 = (  # jose 6.2.17, node 20: SignJWT, typ at+jwt
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImtleS0yMDI2LTExIn0.eyJpYXQiOjE3OTUzMDMyMjQsImV4cCI6MTc5NTMwNjgyN"
    "CwiaXNzIjoiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIn0.lC5Bv5fKMAoyz5ULNVvUOd2aAA4fTfJRVIGbC07lK5j9oIz1ItJaZ58U7r9mAjCF-3Ul4i"
    "3nAqp5SSI6q8DRrQ"
)
NODE_JOSE_EDDSA = (  # jose 6.2.17, node 20
    "eyJhbGciOiJFZERTQSJ9.eyJpYXQiOjE3OTUzMDMyMjQsImV4cCI6MTc5NTMwNjgyNCwibmJmIjoxNzk1MzAzMjE5fQ.5wmO-MUsGIEb4tPNVJQXw"
    "URzFvKVmus649qxyTvXl04Nt_CCCny6FjW0BM3GW2xC0v8arI5nEevmhijE5R53BA"
)
NODE_JOSE_DIRECT = (  # jose 6.2.17: EncryptJWT, alg dir, whose second part is empty
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..8sh_HbI5auofYtVQ.nrL8kMIdAfEGWz-5YW3q1YT3Nzwf9ky-E2kokCQVANSZh7o.p1_bJaw"
    "DonksGFwYcJ_iRQ"
)
NODE_JOSE_WRAPPED = (  # jose 6.2.17: EncryptJWT, A256KW, with iss repeated in the header (RFC 7519 §5.3)
    "eyJhbGciOiJBMjU2S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiaXNzIjoiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIn0.W7G1o2Bu7GD2Z5J0MXkph"
    "pRAxvT4H0TNUY0YNQMrtbxZ0eTuDFGIIw.H5qaB0r7HHFRnQMP1wuHVg.n6GpXu9tnho3ePmRPney7n5iBVyEDsA-Tb-jRLbggSKvoCIrz3ChJDP8"
    "WWccPxdK.iWt2xalSPwvQfg91EB1tiQ"
)
RFC_7515_PAYLOAD = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
"""Of A.1 (RFC 7519 §3.1), A.2, A.3 and A.5 (§6.1)."""
RFC_7515_A1 = f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{RFC_7515_PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
RFC_7515_A2 = (
    f"eyJhbGciOiJSUzI1NiJ9.{RFC_7515_PAYLOAD}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1d"
    "nZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwu"
    "sC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
RFC_7515_A3 = (
    f"eyJhbGciOiJFUzI1NiJ9.{RFC_7515_PAYLOAD}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC_7515_A4 = (
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0"
    "aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
)
RFC_7515_A5 = f"eyJhbGciOiJub25lIn0.{RFC_7515_PAYLOAD}."
RFC_7516_A1_HEADER = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ"
RFC_7516_A1 = (
    f"{RFC_7516_A1_HEADER}."
    "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6"
    "c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVL"
    "zfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg."
    "48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A."
    "XFBoMYUZodetZdvTiFvSkQ"
)


def told(pasted: str) -> Token:
    """Return what is read of the token in *pasted*."""
    found = find(pasted)
    assert found is not None
    return read(found)


def of(payload: object, header: object = None, signature: str = SIGNATURE) -> Token:
    """Return what is read of a token of *payload*."""
    return told(f"{segment(header) if header is not None else HEADER}.{segment(payload)}.{signature}")


def exp(literal: str) -> TimeClaim:
    """Return what is read of an `exp` that stands as *literal* in the payload."""
    return of(b'{"exp":%s}' % literal.encode()).exp


def ids(token: Token) -> set[str]:
    """Return the ids of what is odd about *token*."""
    return {oddity.id for oddity in token.oddities}


@pytest.mark.parametrize("inside", [{"sub": "Eve"}, ["Eve"], [[["Eve"]]], {"a": ["Eve"]}])
def test_nothing_comes_out_of_a_claim_that_holds_others(inside: object) -> None:
    """Whatever is hidden in a time, an issuer or a header: that it is more than one value is all that is told."""
    doubled = f'{{"exp": {json.dumps(inside)}, "exp": {json.dumps(inside)}, "nbf": 1}}'
    for token in (of({"iat": inside, "exp": inside, "iss": inside}, {"alg": inside, "typ": inside}), of(doubled)):
        assert "Eve" not in repr(token)


def test_an_issuer_tells_no_password() -> None:
    """It may be a URL, and some hold one."""
    assert of({"exp": 5, "iss": "https://eve:secret@login.example/"}).issuer == "https://…@login.example/"


def test_all_that_is_kept_of_a_token() -> None:
    """Of everything in a token this is kept, and nothing else: neither another claim nor a part of it."""
    claims = {"iss": "https://login.example", "iat": 1795303224, "nbf": 1795303220, "exp": 1795306824, "sub": "Eve"}
    issued = jwt.encode(claims, "k" * 32, headers={"kid": "0123456789abcdef", "jku": "https://keys.example"})
    token = told(f"Authorization: Bearer {issued}")
    assert token == Token(
        kind=TokenKind.JWT,
        found_in="an Authorization header",
        length=len(issued),
        fingerprint=token.fingerprint,
        iat=TimeClaim("iat", ClaimState.USABLE, 1795303224.0, "1795303224"),
        nbf=TimeClaim("nbf", ClaimState.USABLE, 1795303220.0, "1795303220"),
        exp=TimeClaim("exp", ClaimState.USABLE, 1795306824.0, "1795306824"),
        algorithm="HS256",
        type="JWT",
        key_id="01234567",
        issuer="https://login.example",
    )
    assert token.lifetime_s == 3600.0


def test_the_fingerprint_is_of_the_token_alone() -> None:
    """It is the same wherever the token stood and however it was wrapped: SHA-256, as `sha256sum` shows it."""
    assert told(JWT).fingerprint == told(f"> {JWT[:50]}\n> {JWT[50:]}").fingerprint == told(f"Bearer {JWT}").fingerprint
    assert told(RFC_7515_A1).fingerprint == "8d4ef653"


@pytest.mark.parametrize(
    ("pasted", "algorithm", "typ", "times", "issuer"),
    [
        (NODE_JSONWEBTOKEN_HS256, "HS256", "JWT", (1795303224, None, 1795306824), "https://login.example"),
        (NODE_JOSE_ES256, "ES256", "at+jwt", (1795303224, None, 1795306824), "https://login.example"),
        (NODE_JOSE_EDDSA, "EdDSA", None, (1795303224, 1795303219, 1795306824), None),
        (RFC_7515_A1, "HS256", "JWT", (None, None, 1300819380), "joe"),
        (RFC_7515_A2, "RS256", None, (None, None, 1300819380), "joe"),
        (RFC_7515_A3, "ES256", None, (None, None, 1300819380), "joe"),
        (RFC_7515_A5, "none", None, (None, None, 1300819380), "joe"),
    ],
)
def test_tokens_of_others_are_read_right(
    pasted: str, algorithm: str, typ: str | None, times: tuple[float | None, ...], issuer: str | None
) -> None:
    """Node's libraries and the RFCs' own examples: kind, header, times and issuer, and nothing odd but no signature."""
    token = told(pasted)
    assert (token.kind, token.algorithm, token.type, token.issuer) == (TokenKind.JWT, algorithm, typ, issuer)
    assert (token.iat.value_s, token.nbf.value_s, token.exp.value_s) == times
    assert ids(token) == ({"unsigned"} if algorithm == "none" else set())
    assert token.detail is None


def test_a_signature_over_something_else_than_claims() -> None:
    """RFC 7515 A.4 signs the word Payload: a signed token without claims, whose times can't be told absent."""
    token = told(RFC_7515_A4)
    assert (token.kind, token.algorithm, ids(token)) == (TokenKind.JWT, "ES512", {"payload-unreadable"})
    assert token.exp == TimeClaim("exp", ClaimState.UNUSABLE)


@pytest.mark.parametrize(
    ("pasted", "algorithm", "encryption", "issuer"),
    [
        (RFC_7516_A1, "RSA-OAEP", "A256GCM", None),
        (NODE_JOSE_DIRECT, "dir", "A256GCM", None),
        (NODE_JOSE_WRAPPED, "A256KW", "A128CBC-HS256", "https://login.example"),
    ],
)
def test_an_encrypted_token_is_named(pasted: str, algorithm: str, encryption: str, issuer: str | None) -> None:
    """Five parts and an `enc`: the readable header is shown, and that the times can't be."""
    token = told(pasted)
    assert (token.kind, token.algorithm, token.encryption) == (TokenKind.JWE, algorithm, encryption)
    assert token.issuer == issuer
    assert token.detail == "It is encrypted (JWE, 5 parts): its times can't be read from outside."


def test_an_opaque_token_is_normal() -> None:
    """No defect: the server keeps what it stands for. In its response its lifetime is known."""
    alone, response = told(OPAQUE), told(json.dumps({"access_token": OPAQUE, "expires_in": 86399}))
    assert (alone.kind, alone.lifetime_s) == (TokenKind.OPAQUE, None)
    assert (response.kind, response.lifetime_s) == (TokenKind.RESPONSE, 86399.0)


@pytest.mark.parametrize(
    ("literal", "state", "value_s", "oddities"),
    [
        ("1795303224", ClaimState.USABLE, 1795303224.0, ()),
        ("1795303224.0", ClaimState.USABLE, 1795303224.0, ()),
        ("1.9", ClaimState.USABLE, 1.9, ("fraction",)),
        ("0", ClaimState.USABLE, 0.0, ()),
        ("-5", ClaimState.USABLE, -5.0, ("negative",)),
        ("true", ClaimState.USABLE, 1.0, ("boolean",)),
        ('"1795303224"', ClaimState.USABLE, 1795303224.0, ("string",)),
        ('"1.9"', ClaimState.UNUSABLE, None, ("string", "not-a-time")),
        ('"2026-11-22T05:00:00Z"', ClaimState.UNUSABLE, None, ("string", "not-a-time")),
        ('""', ClaimState.UNUSABLE, None, ("string", "not-a-time")),
        ("null", ClaimState.UNUSABLE, None, ("not-a-time",)),
        ("[1795303224]", ClaimState.UNUSABLE, None, ("not-a-time",)),
        ('{"$date": 1795303224}', ClaimState.UNUSABLE, None, ("not-a-time",)),
        ("NaN", ClaimState.UNUSABLE, None, ("not-a-number",)),
        ("Infinity", ClaimState.UNUSABLE, None, ("not-a-number",)),
        ("1e400", ClaimState.UNUSABLE, None, ("not-a-number",)),
        ("1795303224000", ClaimState.USABLE, 1795303224e3, ("milliseconds", "year-past-9999")),
        ("1795303224000000", ClaimState.USABLE, 1795303224e6, ("microseconds", "year-past-9999")),
        ("1795303224000000000", ClaimState.USABLE, 1795303224e9, ("nanoseconds", "year-past-9999")),
        ("2147483647", ClaimState.USABLE, 2147483647.0, ()),
        ("2147483648", ClaimState.USABLE, 2147483648.0, ("after-2038",)),
        ("253402300799", ClaimState.USABLE, 253402300799.0, ("after-2038",)),
        ("253402300800", ClaimState.USABLE, 253402300800.0, ("year-past-9999",)),
        ("-62135596801", ClaimState.USABLE, -62135596801.0, ("negative", "year-past-9999")),
    ],
)
def test_a_time_claim_as_a_verifier_reads_it(
    literal: str, state: ClaimState, value_s: float | None, oddities: tuple[str, ...]
) -> None:
    """What PyJWT's `int()` takes is usable, what it refuses isn't; it is shown as it stands and its oddity is named."""
    claim = exp(literal)
    assert (claim.state, claim.value_s, claim.oddities) == (state, value_s, oddities)
    unlike = {"1e400": "Infinity", "[1795303224]": "a list", '{"$date": 1795303224}': "an object"}
    assert claim.shown == unlike.get(literal, literal)


def test_numbers_without_an_end() -> None:
    """400 digits a verifier takes, and differences still are numbers; over 4300 none does."""
    huge, endless = exp("9" * 400), exp("9" * 5000)
    assert (huge.state, huge.value_s) == (ClaimState.USABLE, 1e300)
    assert (endless.state, endless.shown) == (ClaimState.UNUSABLE, "a number of 5000 digits")
    both = of({"iat": -(10**400), "exp": 10**400})
    assert both.lifetime_s is not None
    assert math.isfinite(both.lifetime_s)


def test_a_missing_claim_is_absent() -> None:
    """No `exp` is neither usable nor unusable: the token says nothing."""
    token = of({})
    assert {claim.state for claim in (token.iat, token.nbf, token.exp)} == {ClaimState.ABSENT}
    assert token.oddities == ()


def test_a_claim_that_stands_twice() -> None:
    """Both values are told, and which one PyJWT takes; names of other claims aren't."""
    token = of(b'{"exp":1,"sub":"Eve","exp":2,"sub":"Adam"}')
    assert (token.exp.value_s, token.exp.oddities) == (2.0, ("duplicate",))
    assert [oddity.id for oddity in token.oddities] == ["duplicate-claims"] * 2
    assert "Eve" not in repr(token)


DEEP = b"[" * 100_000 + b"]" * 100_000
"""More than any Python reads: newer ones read some thousands."""


@pytest.mark.parametrize(
    ("payload", "oddity", "state"),
    [
        (b'{"exp":5,"x":NaN}', "not-a-number", ClaimState.USABLE),
        (b'{"exp":5,"iss":"\xe9"}', "payload-not-utf-8", ClaimState.USABLE),
        (b'{"exp":5,"iss":"a\nb"}', "raw-control", ClaimState.USABLE),
        (b'{"exp":5,"x":' + b"9" * 5000 + b"}", "long-number", ClaimState.USABLE),
        (b"[1]", "payload-not-an-object", ClaimState.UNUSABLE),
        (b'"text"', "payload-not-an-object", ClaimState.UNUSABLE),
        (DEEP, "payload-unreadable", ClaimState.UNUSABLE),
        (b'{"exp":' + DEEP + b"}", "payload-unreadable", ClaimState.UNUSABLE),
        (b'{"exp":5,}', "payload-unreadable", ClaimState.UNUSABLE),
        (b"\x00\x01\x02", "payload-unreadable", ClaimState.UNUSABLE),
    ],
)
def test_what_is_odd_about_a_payload(payload: bytes, oddity: str, state: ClaimState) -> None:
    """Each defect has its name, and no time of a payload that can't be read is called absent."""
    token = of(payload)
    assert (token.kind, ids(token), token.exp.state) == (TokenKind.JWT, {oddity}, state)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_payloads_that_pyjwt_takes_though_the_rfc_does_not(encoding: str) -> None:
    """What PyJWT accepts is read, with nothing to say."""
    token = of('{"exp":5}'.encode(encoding))
    assert (token.exp.value_s, token.oddities) == (5.0, ())


@pytest.mark.parametrize(
    ("header", "oddity", "algorithm"),
    [
        ({"alg": 5}, "algorithm-not-a-string", "5"),
        ({"typ": "JWT"}, "algorithm-not-a-string", None),
        ({"alg": "none"}, "unsigned", "none"),
        ({"alg": "HS256", "kid": 5}, "key-id-not-a-string", "HS256"),
        ({"alg": "HS256", "kid": None}, "key-id-not-a-string", "HS256"),
        ({"alg": "HS256", "crit": ["exp"]}, "critical-header", "HS256"),
        ({"alg": "HS256", "crit": 5}, "critical-header", "HS256"),
        ({"alg": "HS256", "b64": False, "crit": ["b64"]}, "detached-payload", "HS256"),
        (b'{"alg":"none","alg":"HS256"}', "duplicate-header", "HS256"),
    ],
)
def test_what_is_odd_about_a_header(header: object, oddity: str, algorithm: str | None) -> None:
    """Each has its name, and the times are read all the same."""
    token = of({"exp": 5}, header)
    assert (token.kind, ids(token), token.algorithm) == (TokenKind.JWT, {oddity}, algorithm)
    assert (token.exp.value_s, token.key_id) == (5.0, None)


def test_a_payload_that_is_elsewhere() -> None:
    """A token in a token, and a payload that travels beside it: the times are not absent, they stand elsewhere."""
    nested = of(JWT.encode(), {"alg": "HS256", "cty": "JWT"})
    detached = told(f"{segment({'alg': 'HS256', 'b64': False, 'crit': ['b64']})}..{SIGNATURE}")
    assert (nested.kind, nested.exp.state, ids(nested)) == (TokenKind.JWT, ClaimState.UNUSABLE, {"nested"})
    assert (detached.kind, detached.exp.state) == (TokenKind.JWT, ClaimState.UNUSABLE)
    assert ids(detached) == {"detached-payload", "payload-unreadable"}


def test_what_pyjwt_refuses_for_its_spelling() -> None:
    """The standard alphabet of base64 is readable for us; a verifier may refuse it, or padding."""
    standard = of({"exp": 5, "iss": ">>>???~~~"}).issuer
    assert standard == ">>>???~~~"
    part = segment({"exp": 5, "iss": ">>>???~~~"})
    assert "-" in part or "_" in part
    for spelt in (
        f"{HEADER}.{part.replace('-', '+').replace('_', '/')}.{SIGNATURE}",
        f"{HEADER}.{segment({'exp': 5555})}==.{SIGNATURE}=",
    ):
        try:  # its releases differ in what they take
            jwt.decode(spelt, options={"verify_signature": False})
        except jwt.DecodeError:
            assert ids(told(spelt)) == {"refused"}
        else:
            assert ids(told(spelt)) == set()


@pytest.mark.parametrize(
    ("pasted", "detail"),
    [
        (HEADER[:20], "It stops in its header."),
        (HEADER, "It ends behind its header."),
        (JWT[: len(HEADER) + 40], "Its payload stops in the middle."),
        (JWT[len(HEADER) + 1 :], "Its begin is missing: what stands first is its payload."),
        (f"{HEADER[:20]}...{JWT[-4:]}", "Something was taken out of its header: a shortened or redacted copy."),
        (f"{HEADER}.eyJ***.{SIGNATURE}", "Something was taken out of its payload: a shortened or redacted copy."),
        (f"{JWT}.{SIGNATURE}", "It has 4 parts; a JWT has 3, an encrypted one 5."),
        (f"{JWT}..", "It has 5 parts, as an encrypted one has, but its header names no encryption (`enc`)."),
        (RFC_7516_A1.rpartition(".")[0], "Its header says that it is encrypted, and 4 parts of its 5 are there."),
        (f"{HEADER}.{segment(b'{')}.{SIGNATURE}", "Its payload stops in the middle."),
    ],
)
def test_a_cut_token_is_named_with_the_place(pasted: str, detail: str) -> None:
    """Not "invalid": what is missing is told, and no time is told of what can't be read whole."""
    token = told(pasted)
    assert (token.kind, token.detail) == (TokenKind.TRUNCATED, detail)
    assert {claim.state for claim in (token.iat, token.nbf, token.exp)} == {ClaimState.ABSENT}


@pytest.mark.parametrize(
    ("signature", "oddity"),
    [
        ("<redacted>", "signature-redacted"),
        ("***", "signature-redacted"),
        ("...", "signature-redacted"),
        ("[Filtered]", "signature-redacted"),
        ("XXXX", "signature-cut"),
        (SIGNATURE[:20], "signature-cut"),
    ],
)
def test_without_its_signature_the_times_still_stand(signature: str, oddity: str) -> None:
    """Logs take the signature out, and say so; a terminal just cuts it. What is asked here stands before it."""
    token = told(f"{HEADER}.{segment({'exp': 5})}.{signature}")
    assert (token.kind, token.exp.value_s, ids(token)) == (TokenKind.JWT, 5.0, {oddity})
    assert (token.detail or "").endswith("Its times can be read all the same.")


@pytest.mark.parametrize("length", [129, 200, 255, 300, 383])
def test_a_cut_signature_by_rsa_is_found(length: int) -> None:
    """Keys have whole multiples of 128 bits, though not all sizes are known by name."""
    token = told(f"{segment({'alg': 'RS256'})}.{segment({'exp': 5})}.{'A' * -(-length * 4 // 3)}")
    assert ids(token) == {"signature-cut"}


def test_two_whole_parts_are_cut_and_their_times_told() -> None:
    """What ends behind its payload is a cut paste, whatever it says."""
    token = told(f"{HEADER}.{segment({'exp': 5})}")
    assert (token.kind, token.exp.value_s) == (TokenKind.TRUNCATED, 5.0)


# --- PyJWT is run, not imitated: its verdict is what it says when its clock really stands there ---

NOW_S = 1795303224


def refused(payload: object, at_s: float = NOW_S, leeway_s: float = 0.0) -> str | None:
    """Return why PyJWT refuses a token of *payload*."""
    return pyjwt_refusal(Secret(f"{HEADER}.{segment(payload)}.{SIGNATURE}"), at_s, leeway_s)


@pytest.mark.parametrize("leeway_s", [0.0, 5.0])
@pytest.mark.parametrize(
    ("name", "past_s", "refusal"),
    [
        ("exp", 1, None),
        ("exp", 0.001, None),
        ("exp", 0, "expired"),
        ("exp", -0.001, "expired"),
        ("iat", 0, None),
        ("iat", 0.001, "future-issued"),
        ("nbf", 0, None),
        ("nbf", 0.001, "not-yet-valid"),
    ],
)
def test_the_very_second_decides(name: str, past_s: float, refusal: str | None, leeway_s: float) -> None:
    """Expired from `exp` on, not yet valid before `iat` and `nbf`, each later or sooner by the leeway."""
    sign = -1 if name == "exp" else 1
    at_s = NOW_S - past_s - sign * leeway_s
    assert refused({name: NOW_S}, at_s, leeway_s) == refusal


@pytest.mark.parametrize(
    ("payload", "refusal"),
    [
        ({}, None),
        ({"exp": "1795303225"}, None),
        ({"exp": "1795303224"}, "expired"),
        ({"exp": NOW_S + 0.9}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": None}, "unreadable"),
        ({"exp": "2026-11-22T05:00:00Z"}, "unreadable"),
        ({"iat": None}, "unreadable"),
        ({"iat": NOW_S * 1000}, "future-issued"),
        ({"exp": NOW_S * 1000}, None),
        ({"exp": 5, "iat": NOW_S + 1}, "future-issued"),
        ([1], "unreadable"),
        (b"\xff", "unreadable"),
        (b"[" * 100_000 + b"]" * 100_000, "unreadable"),
        (b'{"exp":' + b"9" * 5000 + b"}", "unreadable"),
    ],
)
def test_odd_claims_are_judged_as_pyjwt_judges_them(payload: object, refusal: str | None) -> None:
    """Fractions are cut off, strings of digits pass, milliseconds never expire, null is refused."""
    assert refused(payload) == refusal


@pytest.mark.parametrize("text", ["", OPAQUE, "a.b", "a.b.c.d.e", "…", "\ud800", f"{HEADER}.e30.{SIGNATURE}\n"])
def test_what_pyjwt_cannot_read_is_unusable(text: str) -> None:
    """Whatever it raises is a refusal."""
    assert pyjwt_refusal(Secret(text), NOW_S) == "unreadable"


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
        assert (pyjwt_refusal(Secret(token), now_s, leeway_s) is None) == accepted
