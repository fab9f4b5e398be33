"""A token judged: each finding, each status, each first line, from tokens and measurements made by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import NOON
from skewcheck.judge.sentence import WORDS
from skewcheck.judge.token_case import Case
from token_cases import SILENT, by_date, by_ntp, case, claim, jwt, opaque

from skewcheck.examine import TokenRequest
from skewcheck.judge import token as diagnose
from skewcheck.judge import token_sentence as sentence
from skewcheck.judge.severity import severity, worse
from skewcheck.model import (
    ClaimState,
    DateReading,
    Finding,
    Interval,
    NextStep,
    Oddity,
    Party,
    Report,
    Stale,
    Status,
    TimeClaim,
    Token,
    TokenKind,
)

OK, WARNING, CRITICAL, UNKNOWN = Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN
RIGHT = by_ntp(0.0)


def found(judged: Case) -> dict[str, Status]:
    """Return the findings by id."""
    return {finding.id: finding.status for finding in diagnose.findings(judged)}


def said(judged: Case) -> str:
    """Return the first line."""
    return sentence.verdict(judged, diagnose.findings(judged))


def status(judged: Case) -> Status:
    """Return the status."""
    return sentence.status(judged, diagnose.findings(judged))


def proven(judged: Case) -> bool:
    """Tell whether it is proven."""
    return sentence.proven(judged, diagnose.findings(judged))


def summary(judged: Case, id_: str) -> str:
    """Return what that finding says."""
    return next(finding.summary for finding in diagnose.findings(judged) if finding.id == id_)


def test_a_good_token_and_a_right_clock() -> None:
    """Ok, proven, and the next suspects are named."""
    judged = case(jwt(), RIGHT)
    assert said(judged) == ("OK  the token is valid for 1 h; what the judge of clocks said")
    assert found(judged) == {"not-skew": OK}
    assert "The clocks agree. Next suspects of a 401: an idle timeout" in summary(judged, "not-skew")
    assert proven(judged)


def test_expired_by_true_time_is_not_skew() -> None:
    """Critical and proven, whatever the clock; the next step is a new token."""
    judged = case(jwt(-4320, -720), RIGHT)
    assert said(judged) == "CRITICAL  the token expired 12 min ago by true time: that is not clock skew"
    assert found(judged) == {"token-expired": CRITICAL, "not-skew": OK}
    assert proven(judged)
    assert "no buffer and no leeway helps it" in sentence.meaning(judged, diagnose.findings(judged))
    step = sentence.next_step(judged, diagnose.findings(judged))
    assert step is not None
    assert step.why == "with a new token, once there is one: would that be taken?"


def test_expired_by_this_clock_alone_is_this_hosts_fault() -> None:
    """60 s fast: expired 12 s ago here, valid for 48 s by true time; as bad as the skew."""
    judged = case(jwt(-3612, -12), by_ntp(60.0))
    assert said(judged) == (
        "CRITICAL  your clock is 60.000 s (1 min) AHEAD, proven: it says that the token expired 12 s ago, and by true "
        "time it is valid for 48 s"
    )
    assert found(judged) == {"token-expired-here": CRITICAL, "minted-while-wrong": OK}
    assert summary(judged, "token-expired-here") == (
        "By this clock it expired 12 s ago, by true time it is valid for 48 s: the fault is this host's, whose clock "
        "is 1 min ahead."
    )
    assert found(case(jwt(-3600, -0.1), by_ntp(0.2)))["token-expired-here"] is WARNING
    assert proven(judged)
    assert "throws it away 1 min too early" in sentence.meaning(judged, diagnose.findings(judged))


def test_expired_and_this_clock_does_not_see_it() -> None:
    """A clock that is behind keeps a dead token alive: then it is skew, and isn't called anything else."""
    judged = case(jwt(-3595, 5), by_ntp(-7.0))
    assert said(judged).startswith(
        "CRITICAL  the token expired 2 s ago by true time, and by this clock it is valid for 5 s; what the judge of"
    )
    assert "not clock skew" not in said(judged) + summary(judged, "token-expired")
    assert "401s until the clock is right" in sentence.meaning(judged, diagnose.findings(judged))


def test_a_limit_inside_of_the_range_can_not_be_told() -> None:
    """Whole ranges decide, at an expiry and at an issue time; never an ok by a best estimate."""
    judged = case(jwt(-3600, 0.05), by_ntp(0.0, 0.09))
    assert found(judged)["token-expired"] is UNKNOWN
    assert said(judged).startswith(
        "CANNOT TELL  whether the token has expired can't be told: it ends between 40 ms ago and 140 ms from now; "
    )
    assert not proven(judged)
    judged = case(jwt(-0.05), by_ntp(0.0, 0.09))
    assert found(judged)["token-future-issued"] is UNKNOWN
    assert "whether the token is from the future can't be told: it was issued between 140 ms ago" in said(judged)


@pytest.mark.parametrize(
    ("ahead_s", "expected"), [(0.5, WARNING), (0.995, WARNING), (1.02, CRITICAL), (5.0, CRITICAL), (86400.0, CRITICAL)]
)
@pytest.mark.parametrize(("name", "id_"), [("iat", "token-future-issued"), ("nbf", "token-not-yet-valid")])
def test_from_the_future_by_true_time(name: str, id_: str, ahead_s: float, expected: Status) -> None:
    """A warning, from 1 s on critical; and nobody says that a 401 is not skew then."""
    token = jwt(ahead_s) if name == "iat" else jwt(-60, nbf=ahead_s)
    judged = case(token._replace(exp=claim("exp", NOON + 1e5)), RIGHT)
    assert found(judged) == {id_: expected}
    what = "'s iat is still" if name == "iat" else " becomes valid"
    assert f"by true time the token{what} " in said(judged)
    assert status(judged) is expected
    assert proven(judged)
    assert "refuses it now and takes it later" in sentence.meaning(judged, diagnose.findings(judged))


@pytest.mark.parametrize(("name", "id_"), [("iat", "token-future-issued"), ("nbf", "token-not-yet-valid")])
def test_from_the_future_by_this_clock_alone(name: str, id_: str) -> None:
    """7 s behind: issued 5 s from now here, 2 s ago by true time; as bad as the skew."""
    judged = case(jwt(5) if name == "iat" else jwt(-60, nbf=5), by_ntp(-7.0))
    assert found(judged) == {f"{id_}-here": CRITICAL, "minted-while-wrong": OK}
    what, was = ("was issued", "that was") if name == "iat" else ("becomes valid", "became valid")
    assert said(judged) == (
        f"CRITICAL  your clock is 7 s BEHIND, proven: it says that the token {what} 5 s from now, and by true time "
        f"{was} 2 s ago"
    )


def test_from_the_future_and_this_clock_does_not_see_it() -> None:
    """A clock that is ahead hides what is wrong with the issuer's."""
    judged = case(jwt(3), by_ntp(4.0))
    assert found(judged)["token-future-issued"] is CRITICAL
    judged = case(jwt(-3), by_ntp(7.0))
    assert " By this clock, 7 s ahead, it isn't. " in summary(judged, "token-future-issued")


def test_a_good_token_and_a_wrong_clock() -> None:
    """The clock speaks first, and the damage that outlives its correction is told."""
    judged = case(jwt(-600), by_ntp(60.0))
    assert said(judged).startswith("CRITICAL  what the judge of clocks said; the token is valid ")
    assert found(judged) == {"minted-while-wrong": OK}
    assert "as a time of day: those come up to 1 min too late." in summary(judged, "minted-while-wrong")
    assert "too late" not in summary(case(jwt(), by_ntp(-60.0)), "minted-while-wrong")


@pytest.mark.parametrize(("margin_s", "size"), [(0.05, "250 ms"), (0.009, "209 ms")])
def test_of_an_opaque_token_the_far_end_of_the_range_counts(margin_s: float, size: str) -> None:
    """A buffer as large as the estimate can be too small: the one that is named never is."""
    judged = case(opaque(3600), by_ntp(-0.2, margin_s))
    assert f"with a buffer below {size}, can come too late" in sentence.meaning(judged, diagnose.findings(judged))


def test_offline_a_warning_names_its_reason() -> None:
    """What is found of the token without any clock leads the line: "valid" alone would explain no warning."""
    judged = case(jwt()._replace(exp=claim("exp", NOON + 60, "string")))
    assert said(judged) == (
        "WARNING  the token's exp is a string: PyJWT reads a number in it, others refuse it; by this clock, "
        "unverified, the token is valid for 1 min; no clock was measured (--offline)"
    )


def test_a_token_that_ends_before_it_becomes_valid() -> None:
    """It is not said to become valid one day."""
    judged = case(jwt(-60, 30, nbf=90), RIGHT)
    assert said(judged).startswith(
        "CRITICAL  by true time the token becomes valid 1 min 30 s from now, when it has ended: it is never valid"
    )
    assert summary(judged, "token-lifetime") == (
        "Its nbf is not before its exp: it has ended when it becomes valid, so it never is."
    )
    assert "token-lifetime" not in found(case(jwt(-60, 90, nbf=30), RIGHT))


def test_offline_never_says_ok() -> None:
    """By this clock alone nothing is known, and each line says so; what the token lacks is told all the same."""
    judged = case(jwt())
    assert said(judged) == (
        "CANNOT TELL  by this clock, unverified, the token is valid for 1 h; no clock was measured (--offline)"
    )
    assert found(judged) == {"clock-not-measured": UNKNOWN}
    judged = case(jwt(-4320, -720))
    assert found(judged) == {"token-expired-here": UNKNOWN, "clock-not-measured": UNKNOWN}
    assert said(judged).startswith("CANNOT TELL  by this clock, unverified, the token expired 12 min ago; no clock")
    assert found(case(jwt(60)))["token-future-issued-here"] is UNKNOWN
    assert said(case(jwt(60))).startswith("CANNOT TELL  by this clock, unverified, the token's iat is still 1 min away")
    assert status(case(jwt(exp=None))) is WARNING
    assert said(case(opaque())) == ("CANNOT TELL  no clock was measured (--offline); the token is opaque")
    step = sentence.next_step(judged, ())
    assert step is not None
    assert step.command == "skewcheck token"


def test_nobody_answered() -> None:
    """As offline, and the clock's own words say why."""
    judged = case(jwt(), SILENT)
    assert said(judged) == (
        "CANNOT TELL  none of 3 NTP servers answered in 3 s; by this clock, unverified, the token is valid for 1 h"
    )
    assert status(judged) is UNKNOWN
    assert judged.judged_by == "local clock, unverified"
    assert "clock-not-measured" not in found(judged)


def test_what_if() -> None:
    """An assumed skew takes the place of every measurement, is called assumed, and proves nothing."""
    request = TokenRequest(None, skew=Interval(-0.25, -0.15))
    judged = case(jwt(), None, request)
    assert said(judged) == (
        "WARNING  your clock was taken to be 200 ms behind (--skew); the token is valid for 1 h by true time"
    )
    assert found(judged) == {"skew-assumed": OK}
    assert not proven(judged)
    assert judged.judged_by == "--skew"
    assert judged.inputs.against(Party.LOCAL_VERIFY) == (Interval(-0.25, -0.15), "given")
    assert "a buffer below 250 ms can come too late" in sentence.meaning(judged, ())
    right = case(jwt(), None, TokenRequest(None, skew=Interval(-0.01, 0.01)))
    assert said(right).startswith("OK  the token is valid for 1 h; your clock was taken to be within 10 ms of")
    assert sentence.meaning(right, ()) == "For a token: nobody feels a skew of this size."
    assert "not-skew" not in found(right)


@pytest.mark.parametrize(
    ("token", "id_", "expected", "line"),
    [
        (opaque(), "token-opaque", OK, "OK  what the judge of clocks said; the token is opaque"),
        (opaque(86399), "token-opaque", OK, "OK  what the judge of clocks said; the token is opaque and lives for 1 d"),
        (jwt(None, None, kind=TokenKind.TRUNCATED), "token-truncated", UNKNOWN, "CANNOT TELL  the token is cut: what "),
        (jwt(None, None, kind=TokenKind.JWE), "token-encrypted", UNKNOWN, "CANNOT TELL  the token is encrypted (JWE)"),
        (jwt(exp=None), "token-no-exp", WARNING, "WARNING  the token has no exp: by itself it never expires; what"),
        (jwt(-60, -60), "token-lifetime", WARNING, "CRITICAL  the token expired 1 min ago"),
        (jwt(-60, 4e8), "token-lifetime", WARNING, "WARNING  the token's lifetime can't be meant; what"),
    ],
    ids=["opaque", "response", "cut", "encrypted", "endless", "no-life", "long-life"],
)  # fmt: skip
def test_what_the_token_is(token: Token, id_: str, expected: Status, line: str) -> None:
    """Each kind has its status and its first line; a bad clock is worse than any of them."""
    judged = case(token, RIGHT)
    assert found(judged)[id_] is expected
    assert said(judged).startswith(line)
    assert status(case(token, by_ntp(60.0))) is CRITICAL


@pytest.mark.parametrize(
    ("id_", "told", "expected", "line"),
    [
        (
            "signature-cut",
            "Its signature is too short.",
            UNKNOWN,
            "CANNOT TELL  the token's signature is too short; the",
        ),
        ("refused", "PyJWT refuses to read it.", WARNING, "WARNING  PyJWT refuses to read it; the token is valid for"),
        ("signature-redacted", "Something was taken out of it.", OK, "OK  the token is valid for 1 h"),
        ("unsigned", "It carries no signature.", OK, "OK  the token is valid for 1 h"),
    ],
)
def test_a_token_that_is_not_whole_is_not_called_ok(id_: str, told: str, expected: Status, line: str) -> None:
    """Its times are fine, and everybody refuses one whose signature was cut; one that a log shortened was whole."""
    judged = case(jwt()._replace(oddities=(Oddity(id_, told),)), RIGHT)
    assert (found(judged)[id_], status(judged)) == (expected, expected)
    assert said(judged).startswith(line)
    cut = id_ == "signature-cut"
    assert sentence.meaning(judged, diagnose.findings(judged)).startswith("For a token: one that was cut") is cut
    over = case(jwt(exp=-60)._replace(oddities=(Oddity(id_, told),)), RIGHT)
    assert said(over).startswith("CRITICAL  the token expired 1 min ago")


def test_a_payload_that_can_not_be_read() -> None:
    """Not a token without exp: nobody knows."""
    hidden = [TimeClaim(name, ClaimState.UNUSABLE) for name in ("iat", "nbf", "exp")]
    token = jwt()._replace(
        iat=hidden[0], nbf=hidden[1], exp=hidden[2], oddities=(Oddity("nested", "Its payload is another token."),)
    )
    judged = case(token, RIGHT)
    assert found(judged) == {"token-unreadable": UNKNOWN, "not-skew": OK}
    assert summary(judged, "token-unreadable") == "The token's times can't be read. Its payload is another token."
    assert said(judged).startswith("CANNOT TELL  the token's times can't be read; what the")


def test_only_the_begin_is_told() -> None:
    """Where nothing tells an end, that is what is said."""
    token = jwt(exp=None)._replace(exp=TimeClaim("exp", ClaimState.UNUSABLE, None, "null"))
    assert said(case(token)).startswith("WARNING  the token's exp is no time")
    cut = jwt(kind=TokenKind.TRUNCATED)
    step = sentence.next_step(case(cut, RIGHT), diagnose.findings(case(cut, RIGHT)))
    assert step is not None
    assert step.command == "skewcheck token --file FILE"


def test_of_a_life_that_is_nearly_over_no_more_is_concluded() -> None:
    """How long the token lived isn't told: that no buffer helps would be wrong a minute earlier."""
    judged = case(jwt(None, 12), by_ntp(-7.0))
    assert judged.recommended is None
    assert "no-buffer-helps" not in found(judged)
    assert "no-buffer-helps" in found(case(jwt(-2, 12), by_ntp(-7.0)))


def test_no_storm_of_opaque_tokens() -> None:
    """Whoever refreshes one counts its seconds: no exp is in it for a clock that is ahead."""
    assert "refresh-storm" not in found(case(opaque(300, -10), by_ntp(400.0)))
    assert "refresh-storm" in found(case(jwt(-10, 290), by_ntp(400.0)))


def test_a_token_that_tells_its_end_alone() -> None:
    """What is left of it is its lifetime, by true time; a buffer follows from that."""
    judged = case(jwt(None, 300), by_ntp(60.0))
    assert judged.inputs.lifetime_s == pytest.approx(360)
    assert judged.recommended is not None
    assert case(jwt(None, 300)).inputs.lifetime_s == 300
    assert case(jwt(None, -1)).inputs.lifetime_s is None
    assert case(jwt(exp=None)).inputs.lifetime_s == math.inf
    assert case(jwt(exp=None)).recommended is None


def test_a_time_that_is_none() -> None:
    """No verifier can read it: a warning that shows it as it stands."""
    token = jwt()._replace(exp=TimeClaim("exp", ClaimState.UNUSABLE, None, '"soon"', ("string", "not-a-time")))
    judged = case(token, RIGHT)
    assert found(judged)["token-unusable-time"] is WARNING
    assert said(judged).startswith("WARNING  the token's exp is no time, and verifiers refuse it; what")
    assert judged.recommended is None


@pytest.mark.parametrize(("names", "expected"), [(("iat", "exp"), CRITICAL), (("exp",), WARNING), (("nbf",), CRITICAL)])
@pytest.mark.parametrize(("unit", "times"), [("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)])
def test_other_units(names: tuple[str, ...], expected: Status, unit: str, times: float) -> None:
    """Named as that, once, and no nonsense follows from it: no age of 50,000 years, no lifetime, no buffer."""
    token = jwt(nbf=-60)
    claims = {name: claim(name, (NOON + 60) * times, unit) for name in names}
    judged = case(token._replace(**claims), RIGHT)  # type: ignore[arg-type]
    assert found(judged).items() >= {f"unit-{unit}": expected}.items()
    assert found(judged).keys() <= {f"unit-{unit}", "not-skew"}
    counts = "counts" if len(names) == 1 else "count"
    assert f"the token's {' and '.join(names)} {counts} {unit} instead of seconds" in said(judged)
    assert judged.recommended is None


def test_one_claim_is_and_two_are() -> None:
    """Each in its number; and of what is no time nobody says that a number can be read in it."""
    soon = TimeClaim("iat", ClaimState.UNUSABLE, None, '"2027-01-15T12:00:00Z"', ("string", "not-a-time"))
    one = case(jwt()._replace(iat=soon, exp=claim("exp", NOON + 60, "string")), RIGHT)
    assert summary(one, "time-as-string") == "Its exp is a string: PyJWT reads a number in it, others refuse it."
    assert summary(one, "token-unusable-time") == "Its iat is no time: verifiers refuse the token."
    two = case(jwt()._replace(iat=claim("iat", NOON, "string"), exp=claim("exp", NOON + 60, "string")), RIGHT)
    assert summary(two, "time-as-string").startswith("Its iat and exp are strings: PyJWT reads numbers in them, ")


def test_odd_times_and_payloads() -> None:
    """What the reader of tokens found odd is told under its id, what harms nobody as ok."""
    late = jwt()._replace(exp=claim("exp", 2.0**31 + 5, "after-2038"), iat=claim("iat", 2.0**31 - 86400))
    token = late._replace(iat=claim("iat", NOON - 60, "string"), oddities=(Oddity("unsigned", "No signature."),))
    judged = case(token, RIGHT)
    assert found(judged) == {
        "token-lifetime": WARNING, "time-as-string": WARNING, "after-2038": OK, "unsigned": OK, "not-skew": OK
    }  # fmt: skip
    double = jwt()._replace(oddities=(Oddity("duplicate-claims", "`exp` stands in it 2 times (1, 2)."),))
    judged = case(double, RIGHT)
    assert found(judged)["duplicate-claims"] is WARNING
    assert said(judged).startswith("WARNING  `exp` stands in it 2 times (1, 2); the token is valid for 1 h; what the")


@pytest.mark.parametrize(
    ("iat", "obtained", "expected"),
    [
        (3600 - 20, None, "possibly"),
        (5 * 3600 + 1800 - 3, None, "possibly"),
        (3600 - 200, None, None),
        (3600 - 500, -500, "likely"),
        (-3600 - 500, -500, "likely"),
        (-500, -500, None),
        (3600 - 500, -200, None),
        (-3600, None, None),
        (16 * 3600, None, None),
    ],
)
def test_time_zones(iat: float, obtained: float | None, expected: str | None) -> None:
    """Whole quarters of an hour, give or take the token's age: likely only where that is known and it fits."""
    token = jwt(iat, iat + 3600 * 24)._replace(obtained_at_s=None if obtained is None else NOON + obtained)
    judged = case(token, RIGHT)
    assert ("time-zone" in found(judged)) == (expected is not None)
    if expected:
        assert f"{expected} a local time was written as if it were UTC" in summary(judged, "time-zone")


def test_counted_from_when_it_was_obtained() -> None:
    """expires_in on the same clock: how wrong that clock is plays no part, not even offline."""
    for clock in (RIGHT, by_ntp(3600.0), None):
        judged = case(opaque(300, -400), clock)
        assert found(judged)["token-expired"] is CRITICAL
        assert "counted from when it was obtained: that is not clock skew" in said(judged)
        moment = judged.moment("expires_in")
        assert moment is not None
        assert moment.true == Interval(-101.25, -100.0)
    alive = case(opaque(300, -100), RIGHT)
    assert said(alive).startswith("OK  the token is valid for 3 min 19 s, counted from when it was obtained")
    assert found(case(opaque(300, -299.5), RIGHT))["token-expired"] is UNKNOWN
    future = case(opaque(300, 60), RIGHT)
    assert found(future)["obtained-in-future"] is UNKNOWN
    assert future.expiry is None


def test_refresh_storm() -> None:
    """Ahead by nearly the lifetime: each new token looks dead; with the usual buffer that begins a minute earlier."""
    judged = case(jwt(0, 300), by_ntp(310.0))
    assert found(judged)["refresh-storm"] is CRITICAL
    judged = case(jwt(-10, 290), by_ntp(245.0))
    assert found(judged)["refresh-storm"] is WARNING
    assert "with the usual buffer of 60 s" in summary(judged, "refresh-storm")
    assert "refresh-storm" not in found(case(jwt(-10, 290), by_ntp(100.0)))
    assert "refresh-storm" not in found(case(jwt(-1, 60), RIGHT))  # a short life is no fault of the clock's


def test_no_buffer_helps() -> None:
    """Behind by more than half of the lifetime: no buffer is recommended, and what it is due to is named."""
    judged = case(jwt(-310, -10), by_ntp(-200.0))
    assert judged.recommended is not None
    assert judged.recommended.buffer_s is None
    assert "The largest part of it is: local clock behind." in summary(judged, "no-buffer-helps")
    assert found(judged)["no-buffer-helps"] is WARNING


def test_the_api_alone() -> None:
    """Where NTP is silent the API's clock is what true time rests on, called by its name, and it proves less."""
    judged = case(jwt(-4320, -720), by_date(0.0))
    assert judged.judged_by == "api"
    assert said(judged) == "CRITICAL  the token expired 12 min ago by the API's clock: that is not clock skew"
    assert not proven(judged)


def test_each_party_has_its_own_reference() -> None:
    """API or else NTP; login or else NTP; the service's own clocks against each other."""
    clock = by_date(-0.3, -0.1)._replace(ntp=by_ntp(-0.2).ntp)
    inputs = case(jwt(), clock).inputs
    for party, reference, low_s in ((Party.REFRESH_BY_EXP, "api", -0.32), (Party.LOCAL_VERIFY, "login", -0.12)):
        skew, against = inputs.against(party)
        assert (skew, against) == (inputs.api if reference == "api" else inputs.login, reference)
        assert skew is not None
        assert skew == pytest.approx((low_s, low_s + 0.04))
    ahead, between = inputs.against(Party.GATEWAY)
    assert between == "login against api"
    assert ahead is not None
    # (local - api) - (local - login): login is 0.2 s behind the API.
    assert ahead == pytest.approx((-0.24, -0.16))
    assert inputs.latency.high_s > 0
    alone = case(jwt(), by_ntp(-0.2)).inputs
    assert alone.against(Party.REFRESH_BY_EXP) == alone.against(Party.LOCAL_VERIFY) == (alone.ntp, "ntp")
    assert alone.latency == Interval(0.0, 0.25)
    assert alone.drift_ppm == 100.0


@given(st.floats(-5000, 5000), st.floats(1e-3, 2000), st.floats(-200, 200), st.floats(1e-3, 5))
def test_ok_is_never_wrong(iat: float, life_s: float, skew_s: float, margin_s: float) -> None:
    """Wherever in the range the truth is: what is called expired is, what is called valid is, and no ok hides it."""
    judged = case(jwt(iat, iat + life_s), by_ntp(skew_s, margin_s))
    ids, overall = found(judged), status(judged)
    for true_skew_s in (skew_s - margin_s, skew_s, skew_s + margin_s):
        true_s = NOON - true_skew_s
        expired, early = NOON + iat + life_s <= true_s, NOON + iat > true_s
        if ids.get("token-expired") is CRITICAL:
            assert expired
        if "token-expired-here" in ids:
            assert not expired
        if ids.get("token-future-issued") in (WARNING, CRITICAL):
            assert early
        if overall is OK:
            assert not expired
            assert not early
            assert severity(skew_s, judged.thresholds) is OK


@given(st.sampled_from([RIGHT, by_ntp(60.0), by_ntp(-7.0), SILENT, by_date(0.2, 0.1), None]), st.data())
def test_there_is_always_a_first_line(clock: Report | None, data: st.DataObject) -> None:
    """Whatever a token says: a verdict, a meaning, and figures that JSON can hold."""
    values = st.none() | st.sampled_from([0.0, -1e300, 1e300, 2.0**31]) | st.floats(-1e12, 1e12)
    iat, nbf, exp = (data.draw(values) for _ in range(3))
    kind = data.draw(st.sampled_from(TokenKind))
    token = jwt(iat, exp, nbf, kind=kind)._replace(expires_in_s=data.draw(values), obtained_at_s=data.draw(values))
    judged = case(token, clock)
    told = diagnose.findings(judged)
    assert sentence.verdict(judged, told).startswith(f"{WORDS[sentence.status(judged, told)]}  ")
    assert sentence.meaning(judged, told).startswith("For a token: ")
    assert "offset" not in sentence.verdict(judged, told) + "".join(finding.summary for finding in told)
    for finding in told:
        assert finding.summary
        assert all(math.isfinite(value) for _, value in finding.evidence if isinstance(value, float))


def both(ntp_s: float, api_s: float) -> Report:
    """Return what NTP and an API said, as one report: the worse one speaks."""
    return side_by_side(by_ntp(ntp_s)._replace(verdict="WORD  NTP's words"), by_date(api_s))


def test_the_clocks_are_told_as_their_judge_tells_them() -> None:
    """Whose clock it is, what that means and what to do next is decided once: nothing of it is decided again here."""
    step = NextStep("next", "skewcheck api --region eu-west-1 -v", "shows every reply")
    clock = both(0.0, -5.0)._replace(status=CRITICAL, meaning="For a token: what the judge of clocks says.")
    judged = case(jwt(), clock._replace(next_step=step))
    assert said(judged) == "CRITICAL  what the judge of clocks said; the token is valid for 1 h by true time"
    told = diagnose.findings(judged)
    assert sentence.meaning(judged, told) == "For a token: what the judge of clocks says."
    assert sentence.next_step(judged, told) == step


def test_right_by_the_api_and_off_by_ntp() -> None:
    """Where the judge of clocks finds that NTP differs, the token is held against the API's; it is told once."""
    differs = Finding("ntp-differs", WARNING, "NTP is smeared or intercepted on the way here.")
    clock = both(60.0, 0.0)._replace(status=WARNING, proven=False, findings=(differs,))
    judged = case(jwt(-3612, -12), clock)
    assert judged.judged_by == "api"
    assert found(judged) == {"token-expired": CRITICAL}
    assert diagnose.of_the_clocks(judged) == (differs,)
    judged = case(jwt(), clock)
    assert (status(judged), proven(judged)) == (WARNING, False)
    assert said(judged).endswith("; the token is valid for 1 h by the API's clock")


def test_all_agree() -> None:
    """NTP and the API: the next suspects are named once; not where the token shows that its issuer's clock is off."""
    suspects = Finding("not-skew", OK, "NOT CLOCK SKEW: next suspects", (), ("Idle timeout",))
    clock = both(0.0, 0.0)._replace(status=OK, findings=(suspects,), meaning="For a token: no clock explains it.")
    judged = case(jwt(), clock)
    assert found(judged) == {}
    assert diagnose.of_the_clocks(judged) == (suspects,)
    assert sentence.meaning(judged, ()) == "For a token: no clock explains it."
    assert sentence.verdict_beside(judged, ()).startswith("OK  NOT CLOCK SKEW: NTP's words; ")
    early = case(jwt(20), clock)
    assert diagnose.of_the_clocks(early) == ()
    beside = sentence.verdict_beside(early, diagnose.findings(early))
    assert "NOT CLOCK SKEW" not in beside
    assert beside.endswith("its issuer's clock is ahead")


def test_beside_the_clocks_an_expired_token_is_no_skew() -> None:
    """The sentence of the clocks stays on top, the worse of both is the status, and it is said once."""
    suspects = Finding("not-skew", OK, "NOT CLOCK SKEW: next suspects", (), ("Idle timeout",))
    judged = case(jwt(-3700, -100), both(0.0, 0.0)._replace(status=OK, findings=(suspects,)))
    told = diagnose.findings(judged)
    assert sentence.verdict_beside(judged, told) == (
        "CRITICAL  NOT CLOCK SKEW: NTP's words; the token expired 1 min 40 s ago by true time"
    )
    assert "over by every clock" in sentence.meaning_beside(judged, told)
    off = case(jwt(-3700, -100), by_ntp(-5.0))
    assert sentence.verdict_beside(off, diagnose.findings(off)).endswith(" ago by true time: that is not clock skew")
    assert sentence.meaning_beside(off, diagnose.findings(off)) == "For a token: the clock's own words."


def test_a_zone_that_is_this_clocks_fault_is_told_once() -> None:
    """Who stamps by a clock that is a zone off writes such times: the clock's finding says it."""
    judged = case(jwt(3590, 7200), by_ntp(0.0))
    assert "time-zone" in found(judged)
    zone = Finding("time-zone", CRITICAL, "This clock is 1 h off.")
    assert "time-zone" not in found(case(jwt(3590, 7200), by_ntp(0.0)._replace(findings=(zone,))))


def test_a_date_of_any_age_bounds_one_side() -> None:
    """It proves that this clock is behind and nothing else; of one that proves nothing no true time is made."""
    old = by_date(-7.0)
    assert old.api is not None
    first = old.api.survey.first
    assert isinstance(first.outcome, DateReading)
    for high_s, known in ((-6.5, True), (0.5, False)):
        side = Interval(-math.inf, high_s)
        outcome = first.outcome._replace(interval=side, fresh=side, skew_s=high_s, stale=Stale.CACHED)
        survey = old.api.survey._replace(hosts=(first._replace(outcome=outcome),))
        clock = old._replace(status=CRITICAL if known else UNKNOWN, api=old.api._replace(survey=survey))
        if known:
            assert "whose clock is 6.5 s behind" in summary(case(jwt(3), clock), "token-future-issued-here")
        judged = case(jwt(-600, -3), clock)
        assert (judged.skew is not None) == known
        assert found(judged)["token-expired" if known else "token-expired-here"] is (CRITICAL if known else UNKNOWN)
        alive = case(jwt(-600, 3600), clock)
        if known:
            assert "it ends at most 3594 s from now" in summary(alive, "token-expired")
            assert alive.recommended is not None
            assert alive.recommended.buffer_s is None
            assert "what is needed (without bound)" in summary(alive, "no-buffer-helps")
        else:
            assert "by this clock, unverified, the token is valid for 1 h" in said(alive)


def test_the_services_own_clocks_speak_where_they_are_the_worst() -> None:
    """An issuer that is ahead of its API is the sentence of the API's judge, and the token's stands behind it."""
    clock = by_date(0.0, -0.5)._replace(status=WARNING)
    assert said(case(jwt(), clock)) == (
        "WARNING  what the judge of clocks said; the token is valid for 1 h by the API's clock"
    )


def side_by_side(clock: Report, api: Report) -> Report:
    """Return both parts in one report: the worse one speaks for it."""
    speaks = clock if worse(clock.status, api.status) is clock.status else api
    return speaks._replace(ntp=clock.ntp, api=api.api, host=clock.host, findings=(*clock.findings, *api.findings))
