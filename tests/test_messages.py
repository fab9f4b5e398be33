"""An error message with its numbers says whose clock was behind whose; none is held against today's clock."""

import pytest
from bench.patience import hold_linear, repeated
from hypothesis import given, settings
from hypothesis import strategies as st

from skewcheck.messages import Quoted, read

NOON_S = 1667736000.0
"""2022-11-06T12:00:00Z."""
EARLY = {
    "Token used too early, 1667736000 < 1667736023. Check that your computer's clock is set correctly.": ("iat", 23),
    "RPError: JWT not active yet, now 1667736000, nbf 1667736001": ("nbf", 1),
    "id_token issued in the future, now 1667736000, iat 1667736010": ("iat", 10),
    "the id_token's iat (1667736010) is in the future, now is 1667736000": ("iat", 10),
    "iat 1667736010 is in the future, now 1667736000": ("iat", 10),
    "cause: { claims: { nbf: 1667736009, exp: 1667739600 }, now: 1667736000, tolerance: 30, claim: 'nbf' }": ("nbf", 9),
    "IDX10222: Lifetime validation failed. The token is not yet valid. ValidFrom (UTC): '11/6/2022 12:01:58 PM', "
    "Current time (UTC): '11/6/2022 12:00:00 PM'.": ("nbf", 118),
    "IDX10222: The token is not yet valid. ValidFrom: '11/06/2022 12:00:05', Current time: '11/06/2022 12:00:00'": (
        "nbf", 5,
    ),
    "JWT must not be accepted before 2022-11-06T12:00:05Z. Current time: 2022-11-06T12:00:00Z, a difference of 5000 "
    "milliseconds.  Allowed clock skew: 0 milliseconds.": ("nbf", 5),
    "JWT early by 5000 milliseconds before 2022-11-06T12:00:05.000Z. Current time: 2022-11-06T12:00:00.000Z.": (
        "nbf", 5,
    ),
    "oidc: current time 2022-11-06 12:00:00 +0000 UTC before the nbf (not before) time: 2022-11-06 12:00:05 "
    "+0000 UTC": ("nbf", 5),
    "AADSTS700024: Client assertion is not within its valid time range. Current time: 2022-11-06T12:00:00.0000000Z, "
    "assertion valid from 2022-11-06T12:10:00.0000000Z, expiry time of assertion 2022-11-06T12:20:00.0000000Z.": (
        "nbf", 600,
    ),
    "Start [Sun, 06 Nov 2022 12:10:00 GMT] - Expiry [Sun, 06 Nov 2022 13:10:00 GMT] - Current [Sun, 06 Nov 2022 "
    "12:00:00 GMT]": ("nbf", 600),
    "as the evaluation time NumericDate{1667736000 -> Nov 6, 2022 12:00:00 PM UTC} is before the Not Before "
    "(nbf=NumericDate{1667736023 -> Nov 6, 2022 12:00:23 PM UTC}) claim time": ("nbf", 23),
    "Issued At (iat) claim error in the ID token; current time (Sun Nov 06 2022 13:00:00 GMT+0100 (Central European "
    "Standard Time)) is before issued at time (Sun Nov 06 2022 13:03:00 GMT+0100 (Central European Standard Time))": (
        "iat", 180,
    ),
    "Current time is earlier than NotBefore condition (2022-11-06 12:00:00 UTC < 2022-11-06 12:00:05 UTC + 0s)": (
        "nbf", 5,
    ),
    "Error: iat is in the future 1667736010 now is 1667736000": ("iat", 10),
    "<Message>Request is not yet valid</Message><X-Amz-Date>20221106T120500Z</X-Amz-Date>"
    "<ServerTime>2022-11-06T12:00:00Z</ServerTime>": ("nbf", 300),
    "Token used too early,\n 1667736000 < 1667736023": ("iat", 23),
}  # fmt: skip
EXPIRED = (
    'Token used too late, 1667736362 > 1667736300: {"iat":1667732400,"exp":1667736000}',
    "Token expired, 1667736000 < 1667736362",
    "JWT expired, now 1667736362, exp 1667736000",
    "IDX10223: ValidTo (UTC): '11/6/2022 12:00:00 PM', Current time (UTC): '11/6/2022 12:06:02 PM'.",
    "JWT expired at 2022-11-06T12:00:00Z. Current time: 2022-11-06T12:06:02Z, a difference of 362000 milliseconds.",
    "JWT expired 362000 milliseconds ago at 2022-11-06T12:00:00.000Z. Current time: 2022-11-06T12:06:02.000Z.",
    "Current time: 2022-11-06T12:06:02Z, valid from 2022-11-06T11:50:00Z, expiry time 2022-11-06T12:00:00Z.",
    "token is expired by 6m2s",
    "JWT expired 362 seconds ago",
    "JWT expired 362000 milliseconds ago at ...",
    'JWT (claims->{"exp":1667736000}) rejected: the evaluation time NumericDate{1667736362 -> Nov 6} is after (exp=N',
    "Token expired: current date/time 1667736362 must be before the expiration date/time 1667736000",
    "Invalid login token. Token expired: 1667736362 >= 1667736000",
    "NotOnOrAfter condition (2022-11-06 12:06:02 UTC >= 2022-11-06 12:00:00 UTC + 1s)",
    "<Expires>2022-11-06T12:00:00Z</Expires><ServerTime>2022-11-06T12:06:02Z</ServerTime>",
)


def quoted(text: str) -> Quoted:
    """Return what *text* says, which must be something."""
    said = read(text)
    assert said is not None
    return said


@pytest.mark.parametrize("text", EARLY)
def test_a_token_that_came_too_early(text: str) -> None:
    """Its checker was behind its issuer by what both times say, less what they are counted in, and by no known most.

    Of what a client signs for a server, that is the server's clock against the signer's.
    """
    claim, apart_s = EARLY[text]
    said = quoted(text)
    signed = any(mark in text for mark in ("AADSTS", "Start [", "ServerTime"))
    who = ("server", "signer") if signed else ("verifier", "issuer")
    assert (said.kind, said.claim, said.checker, said.stamper) == ("too-early", claim, *who)
    assert said.checker_s == NOON_S
    assert said.apart_s == pytest.approx(apart_s)
    assert said.behind_low_s == pytest.approx(apart_s - said.resolution_s)
    assert said.behind_high_s is None


@pytest.mark.parametrize("text", EXPIRED)
def test_a_token_that_had_expired(text: str) -> None:
    """By how much is said; that a clock was off is not, for it may just have been old."""
    said = quoted(text)
    assert (said.kind, said.claim, said.apart_s) == ("expired", "exp", -362)
    assert (said.behind_low_s, said.behind_high_s) == (None, None)


def test_leeway_that_the_message_has_taken_off() -> None:
    """Where the claims stand beside it they tell; else the form does; one that names no claims took none."""
    early = "Token used too early, 1667736000 < 1667736026"
    for text in (early + ': {"email":"a@example.com","iat":1667736326,"exp":1667739926}', early + ": {"):
        said = quoted(text)
        assert (said.leeway_taken_s, said.apart_s, said.stamp_s) == (300, 326, NOON_S + 26)
    assert quoted(early).leeway_taken_s == 0
    assert quoted(early + ': {"iat":1667736026}').leeway_taken_s == 0


def test_a_signed_request() -> None:
    """One that came late may have been on its way: no clock is said to be behind. One from the future tells."""
    late = quoted(
        "Signature expired: 20221106T115500Z is now earlier than 20221106T120012Z (20221106T121512Z - 15 min.)"
    )
    assert (late.kind, late.checker, late.stamper) == ("signature-expired", "server", "signer")
    assert (late.apart_s, late.allowed_s, late.behind_low_s, late.behind_high_s) == (-1212, 900, None, None)
    early = quoted(
        "Signature not yet current: 20221106T122000Z is still later than 20221106T121500Z (20221106T121000Z + 5 min.)"
    )
    assert (early.kind, early.apart_s, early.behind_low_s) == ("signature-early", 600, 599)


@pytest.mark.parametrize("minutes", [20, -20])
def test_a_skewed_request(minutes: int) -> None:
    """S3's body has both times, in XML or JSON: one from the future proves that the server was behind the signer."""
    sent = f"Sun, 06 Nov 2022 {'12:20' if minutes > 0 else '11:40'}:00 GMT"
    xml = (
        f"<Code>RequestTimeTooSkewed</Code><RequestTime>{sent}</RequestTime><ServerTime>2022-11-06T12:00:00Z</ServerTime>"
        "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>"
    )
    for text in (xml, f'{{"RequestTime": "{sent}", "ServerTime": "2022-11-06T12:00:00Z"}}'):
        said = quoted(text)
        assert (said.kind, said.checker, said.apart_s) == ("skewed-request", "server", 60 * minutes)
        assert said.behind_low_s == (60 * minutes - 1 if minutes > 0 else None)
    assert quoted(xml).allowed_s == 900


def test_a_certificate() -> None:
    """This host's clock is before its begin: it was behind the authority's; times with another zone are read right."""
    said = quoted("x509: certificate has expired or is not yet valid: current time 2022-11-06T12:00:00Z is before "
                  "2022-11-06T15:00:00+01:00")  # fmt: skip
    assert (said.kind, said.checker, said.apart_s, said.behind_low_s) == ("certificate-early", "host", 7200, 7199)
    late = quoted("current time 2022-11-06T12:00:00Z is after 2022-11-05T12:00:00Z")
    assert (late.kind, late.behind_low_s) == ("certificate-expired", None)


def test_what_genesys_cloud_says() -> None:
    """A rate limit with the seconds to wait, in each of its forms; a token that is not taken, which says no more."""
    limited = (
        '{"message":"Rate limit exceeded the maximum. Retry the request in [33] seconds","code":"too.many.requests"}'
    )
    assert quoted(limited)[:2] == ("genesys-rate-limit", "server")
    assert quoted(limited).wait_s == 33
    assert quoted('{"error":"invalid_request","description":"rate limit exceeded; try later"}').wait_s is None
    assert quoted('HTTP/2 429\nretry-after: 7\n{"code":"rate.limited"}').wait_s == 7
    assert quoted('{"message":"Invalid login credentials.","code":"bad.credentials"}').kind == "genesys-credentials"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("KRB5KRB_AP_ERR_SKEW: Clock skew too great", "clock-skew"),
        ("jwt.exceptions.ImmatureSignatureError: The token is not yet valid (iat)", "too-early"),
        ("ValidationError: Token used before issued", "too-early"),
        ("jwt.exceptions.ExpiredSignatureError: Signature has expired", "expired"),
        ('JWTExpired: "exp" claim timestamp check failed', "expired"),
        ("TokenExpiredException: The Token has expired on 2026-03-01T12:00:00Z.", "expired"),
        ("InvalidClaimException: The Token can't be used before Sun Mar 01 13:00:00 CET 2026.", "too-early"),
        ("BeforeValidException: Cannot handle token with iat prior to 2026-03-01T12:00:00+0000", "too-early"),
        ("ExpiredException: Expired token", "expired"),
        ("Firebase ID token has expired. Get a fresh ID token", "expired"),
        ("Jwt is expired", "expired"),
        ("NotAuthorizedException: Access Token has expired", "expired"),
        ('token validation error: "exp" not satisfied', "expired"),
        ("JWT::ImmatureSignature (Signature nbf has not been reached)", "too-early"),
        ("JWT issued at future", "too-early"),
        ("Error(ExpiredSignature)", "expired"),
        ("The token is not valid before '03/01/2026 12:00:05'", "too-early"),
        ("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued", "refused"),
        ("'Expiration time' claim ('exp') is too far in the future", "refused"),
        ("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.", "refused"),
        ("IDX10225: Lifetime validation failed. The token is missing an Expiration Time.", "no-expiry"),
    ],
)
def test_a_message_without_numbers(text: str, kind: str) -> None:
    """It is known by its words, and no number is made up for it."""
    said = quoted(text)
    assert said.kind == kind
    assert (said.checker_s, said.stamp_s, said.apart_s, said.behind_low_s) == (None, None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "now 1667736000", '{"iat": 1667736000, "exp": 1667739600}', "the badge.credentials",
        "now 1667736000, exp 1667739600", "now 1667736000, iat 1667735999", "now: 99999999999, nbf: 1",
    ],
)  # fmt: skip
def test_what_is_no_message(text: str) -> None:
    """Claims, a time alone, and times that nobody would refuse: nothing is read into them."""
    assert read(text) is None


IDX = "IDX1022{}: Lifetime validation failed. Valid{} (UTC): '{}', Current time (UTC): '{}'."


@pytest.mark.parametrize(
    ("written", "now", "apart_s"),
    [
        ("28.02.2026 23:59:58", "01.03.2026 00:05:05", -307),
        ("28/02/2026 23:59:58", "01/03/2026 00:05:05", -307),
        ("02/28/2026 23:59:58", "03/01/2026 00:05:05", -307),
        ("28-02-2026 11:59:58 p. m.", "01-03-2026 12:05:05 a. m.", -307),
        ("2026/2/28 23:59:58", "2026/3/1 0:05:05", -307),
        ("01/03/2026 10:00:00", "02/01/2026 10:00:00", -29 * 86400),  # the day first, it had not ended
        ("03/03/2026 10:00:00", "03/03/2026 10:06:00", -360),
    ],
)
def test_a_date_that_can_be_read_in_one_way(written: str, now: str, apart_s: float) -> None:
    """A day past 12, a dot, a year first, or that the other way nothing was expired: it is read so."""
    said = quoted(IDX.format(3, "To", written, now))
    assert (said.kind, said.apart_s, said.day_first) == ("expired", apart_s, None)


def test_a_date_that_can_be_read_in_two_ways() -> None:
    """Both are kept; where they make different gaps none is told. Another line may be another writer's."""
    early = IDX.format(2, "From", "02/03/2026 00:00:05", "01/03/2026 23:59:58")
    for text in (early, early + "\n13/02/2026 10:00:00 another line"):
        said = quoted(text)
        assert (said.kind, said.apart_s) == ("two-readings", 30 * 86400 + 7)
        assert said.day_first is not None
        assert said.day_first.apart_s == 7
    same = quoted(IDX.format(3, "To", "02/03/2026 12:00:10 AM", "02/03/2026 12:05:12 PM"))
    assert (same.kind, same.apart_s) == ("expired", -12 * 3600 - 302)
    assert same.day_first is not None
    assert (same.checker_s, same.day_first.checker_s) == (1770120312, 1772453112)
    assert read("ValidTo (UTC): '13/14/2026 10:00:00', Current time (UTC): '14/13/2026 10:00:00'") is None


@pytest.mark.parametrize(
    "text",
    [
        "Token used too early, 1667736023 < 1667736000",
        "Token used too late, 1667736000 > 1667736023",
        "Token expired, 1667736023 < 1667736000",
        "the JWT's nbf 2022-11-06T12:00:13Z, current time: 2022-11-06T12:00:00Z. Allowed clock skew: 60000 ms.",
        "JWT expired at 2022-11-06T12:00:00Z. Current time: 2022-11-06T12:00:13Z. Allowed clock skew: 60000 ms.",
        "Signature expired: 20221106T120000Z is now earlier than 20221106T115500Z (20221106T121000Z - 15 min.)",
        "current time 2022-11-06T12:00:00Z is after 2022-11-06T15:00:00Z",
        "RequestTime: 2022-11-06T12:00:00Z, ServerTime: 2022-11-06T12:10:00Z <MaxAllowedSkewMilliseconds>900000",
    ],
)
def test_a_message_that_contradicts_itself(text: str) -> None:
    """Its words say the opposite of its times, or these are within what it allows: nothing follows from it."""
    assert quoted(text).kind == "contradictory"


@pytest.mark.parametrize(
    "text",
    [
        "current time 2022-11-06T12:00:00Z is before 2022-11-06T12:00:00Z",
        "JWT expired at 2022-11-06T12:00:00Z. Current time: 2022-11-06T12:01:00Z. Allowed clock skew: 60000",
        IDX.format(2, "From", "2022-11-06 12:00:08", "2022-11-06 12:00:00"),
    ],
)
def test_what_its_rounding_or_a_setting_explains_is_no_contradiction(text: str) -> None:
    """Fractions were cut off; and five minutes are allowed where nobody set less."""
    assert quoted(text).kind != "contradictory"


def test_several_messages() -> None:
    """Of each kind the one with the largest gap is told, and of how many; a repeated one counts once."""
    early = "Token used too early, 1667736000 < {}"
    lines = [early.format(1667736023), early.format(1667736619), early.format(1667736023)]
    said = quoted("\n".join([*lines, "Token used too late, 1667736010 > 1667736000", "a line of something else"]))
    assert (said.kind, said.apart_s, said.messages) == ("too-early", 619, 2)
    assert [(other.kind, other.apart_s, other.messages) for other in said.others] == [("expired", -10, 1)]
    assert quoted(lines[0] + "\n" + lines[0])[-2:] == (1, ())
    beside = quoted(lines[0] + "\n" + IDX.format(3, "To", "11/6/2022 12:00:00 PM", "11/6/2022 12:00:02 PM"))
    assert (beside.checker_s, beside.day_first) == (1667736000, None)  # no date in it has two readings


def test_several_messages_over_lines() -> None:
    """What stands further in, and what closes a bracket, belongs to the line before."""
    pretty = '{{\n  "code": "RequestTimeTooSkewed",\n  "RequestTime": "{}",\n  "ServerTime": "20221106T120000Z"\n}}'
    said = quoted(pretty.format("20221106T100000Z") + "\n" + pretty.format("20221106T090000Z"))
    assert (said.kind, said.apart_s, said.messages) == ("skewed-request", -3 * 3600, 2)


PIECES = (
    "02/03/2026 00:00:05", "28.02.2026 1:00:00 PM", "2026/3/1 0:05:05", "13/02/2026 ",
    *EARLY, *EXPIRED, "now ", "iat ", "9" * 13, "0000-00-00T99:99:99Z", "99/99/0000 1:00:00", "{", ": ", " < ", "\n",
    "is before ",
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=9), max_size=8).map("".join))
def test_any_text(text: str) -> None:
    """Nothing raises, and no figure is without an end."""
    said = read(text)
    assert said is None or all(part == part for part in said)  # noqa: PLR0124 - not NaN


@pytest.mark.parametrize(
    "text",
    [
        "Token used too soon, now 2026-13-45 10:00:00, exp 2026-13-44 10:00:00",
        "now 1667736000, nbf 2026-13-45 10:00:00",
        "Token used too early, 2026-13-45 10:00:00 < 2026-13-46 10:00:00",
        "RequestTime: 2026-13-45T10:00:00Z, ServerTime: 2026-13-46T10:00:00Z",
    ],
)
def test_times_that_no_calendar_has(text: str) -> None:
    """No figure is made of them."""
    said = read(text)
    assert said is None or said.apart_s is None


UNITS = (
    "now 1667736000 ", "now 1667736000, exp 1667739600 ", "iat 1667736000 ", "Token used too early, ", "token used ",
    "Token used too early, 1667736000 < 1667736026: {",
    "RequestTime>", "ServerTime:", "current time ", "9", "99/",
    "Current time: 2022-11-06T12:00:00 ", "Signature expired: 20221106T115500Z is now earlier than ", "bad.",
    "02/03/2026 10:00:00 ", "02/03/2026 10:00:00\n", "02/03/", "02.", "9" * 4 + "/",
    "retry-after:", " ", "\n", "Token is expired by 1h", "IDX1022", "the current time ",
    "expiration time claim ", "milliseconds ", "(", "NumericDate{1667736000", "Sun Nov 06 2022 13:00:00 GMT+0100 (a",
    "JWT expired 9", "\n  {", "\n<",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_as_the_text_does(unit: str) -> None:
    """Eight times the text takes about eight times as long, not the 64 times of what looks back."""
    hold_linear(lambda share: read(repeated(unit, share * 2**17)))
