"""A token judged: each finding with its status and its facts, from tokens and measurements made by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measurements import NOON, this_host
from token_cases import (
    OFFLINE,
    SILENT,
    api_part,
    asked,
    assuming,
    by_date,
    by_ntp,
    claim,
    facts,
    found,
    is_number,
    judged,
    jwt,
    lead,
    ntp_part,
    opaque,
)

from skewcheck.judge.case import Case, Who
from skewcheck.judge.catalogue import CATALOGUE
from skewcheck.judge.risk import Judged
from skewcheck.judge.severity import severity
from skewcheck.messages import Quoted
from skewcheck.model import (
    Basis,
    ClaimState,
    DateReading,
    Interval,
    Oddity,
    Party,
    Stale,
    Status,
    TimeClaim,
    Token,
    TokenKind,
)

OK, WARNING, CRITICAL, UNKNOWN = Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN
RIGHT = by_ntp(0.0)
HIDDEN = jwt()._replace(**{name: TimeClaim(name, ClaimState.UNUSABLE) for name in ("iat", "nbf", "exp")})  # type: ignore[arg-type]


def dead(told: Judged) -> bool:
    """Tell whether nothing is recommended for a token, and nobody said to refuse its kind."""
    return told.part.recommended is None and told.part.risks == ()


# --- Its end ---


def test_a_good_token_and_a_right_clock() -> None:
    """Ok, for so long, with how right the clock is; its buffer and its risks are told."""
    told = judged(jwt(), RIGHT)
    assert found(told) == {"token-valid": OK}
    valid = facts(told, "token-valid")
    assert (valid["claim"], valid["by"], valid["clock_bound_s"], valid["api_unasked"]) == ("exp", "ntp", 0.009, True)
    assert (valid["left_low_s"], valid["left_high_s"]) == (pytest.approx(3599.991), pytest.approx(3600.009))
    assert told.part.judged_by == "ntp"
    assert told.part.true_time == Interval(NOON - 0.009, NOON + 0.009)
    assert told.part.status is OK
    assert not dead(told)
    alone = asked(RIGHT, region="eu-west-1")
    assert "api_unasked" not in facts(judged(jwt(), alone), "token-valid")


def test_expired_by_true_time_is_the_tokens_own_illness() -> None:
    """Critical by a right clock and by a wrong one that sees it too; nothing is advised for a dead token."""
    for case in (RIGHT, by_ntp(-5.0), by_ntp(60.0)):
        told = judged(jwt(-4320, -720), case)
        assert lead(told).id == "token-expired"
        assert found(told)["token-expired"] is CRITICAL
        assert dead(told)
    told = judged(jwt(-4320, -720), RIGHT)
    assert facts(told, "token-expired").keys() == {"claim", "claim_at_s", "left_low_s", "left_high_s", "here_s", "by"}
    assert facts(told, "token-expired")["left_high_s"] == pytest.approx(-719.991)


def test_expired_by_this_clock_alone_is_this_hosts_fault() -> None:
    """60 s fast: expired 12 s ago here, valid for 48 s by true time; as bad as the skew, and no issuer is blamed."""
    told = judged(jwt(-3612, -12), by_ntp(60.0))
    assert found(told) == {"token-expired-here": CRITICAL, "drop-old": OK}
    here = facts(told, "token-expired-here")
    assert (here["left_low_s"], here["here_s"]) == (pytest.approx(47.991), -12.0)
    assert found(judged(jwt(-3600, -0.1), by_ntp(0.2)))["token-expired-here"] is WARNING
    assert facts(told, "drop-old") == {"late_s": pytest.approx(60.009)}
    assert not dead(told)


def test_expired_and_this_clock_does_not_see_it() -> None:
    """A clock that is behind keeps a dead token alive: that is skew, and the buffer that covers it is told."""
    told = judged(jwt(-3595, 5), by_ntp(-7.0))
    assert lead(told).id == "token-expired-unseen"
    assert facts(told, "token-expired-unseen")["here_s"] == 5.0
    assert not dead(told)


def test_a_limit_inside_of_the_range_is_open() -> None:
    """Whole ranges decide, at an expiry and at an issue time; never an ok by a best estimate."""
    told = judged(jwt(-3600, 0.05), by_ntp(0.0, 0.09))
    assert found(told) == {"token-open": UNKNOWN}
    assert facts(told, "token-open")["within_s"] == pytest.approx(0.14)
    told = judged(jwt(-0.05), by_ntp(0.0, 0.09))
    assert found(told) == {"token-open": UNKNOWN}


@pytest.mark.parametrize(
    ("skew", "exp", "verifiers", "leeway_s", "who"),
    [
        (Interval(360, 360), -480, ("dotnet",), None, "dotnet"),
        (Interval(360, 360), -480, ("pyjwt", "dotnet", "spring"), None, "dotnet"),
        (Interval(360, 360), -480, ("pyjwt",), 300.0, "pyjwt"),
        (Interval(0, 0), -120, (), 300.0, "--leeway"),
        (Interval(0, 0), -120, (), 60.0, None),
        (Interval(0, 0), -120, ("pyjwt", "spring"), None, None),
        (Interval(0, 360), -480, ("dotnet",), None, None),
        (Interval(-200, -200), 80, ("dotnet",), None, "dotnet"),
        (None, -120, ("dotnet",), None, "dotnet"),
        (None, -120, ("spring",), None, None),
    ],
)
def test_the_lead_says_of_a_leeway_what_the_table_does(
    skew: Interval | None, exp: float, verifiers: tuple[str, ...], leeway_s: float | None, who: str | None
) -> None:
    """Whoever still takes an expired token, were his clock right, is named with his leeway; else nobody is."""
    case = OFFLINE if skew is None else assuming(*skew)
    told = judged(jwt(-3600, exp), asked(case, verifiers=verifiers, leeway_s=leeway_s))
    (over,) = [finding for finding in told.findings if finding.id in ("token-expired", "token-expired-unseen")]
    assert over.status is CRITICAL
    assert over.fact("within_leeway") == who
    assert (over.fact("leeway_s") is None) == (who is None)
    takes = {row.name: row.accepts_now if skew is None else row.accepts_by_true_time for row in told.part.verifiers}
    assert takes.get(who or "", True) is True
    assert who is not None or True not in takes.values()


# --- Its begin ---


@pytest.mark.parametrize(
    ("ahead_s", "expected"), [(0.5, WARNING), (0.995, WARNING), (1.02, CRITICAL), (5.0, CRITICAL), (86400.0, CRITICAL)]
)
@pytest.mark.parametrize(("name", "id_"), [("iat", "token-future-issued"), ("nbf", "token-not-yet-valid")])
def test_from_the_future_by_true_time(name: str, id_: str, ahead_s: float, expected: Status) -> None:
    """A warning, from 1 s on critical."""
    token = jwt(ahead_s) if name == "iat" else jwt(-60, nbf=ahead_s)
    told = judged(token._replace(exp=claim("exp", NOON + 1e5)), RIGHT)
    assert found(told)[id_] is expected
    assert lead(told).id == id_
    assert facts(told, id_)["left_high_s"] == pytest.approx(ahead_s + 0.009)


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_from_the_future_by_this_clock_alone(name: str) -> None:
    """7 s behind: issued 5 s from now here, 2 s ago by true time; as bad as the skew."""
    told = judged(jwt(5) if name == "iat" else jwt(-60, nbf=5), by_ntp(-7.0))
    assert found(told) == {"token-early-here": CRITICAL, "drop-old": OK}
    early = facts(told, "token-early-here")
    assert (early["claim"], early["here_s"], early["left_high_s"]) == (name, 5.0, pytest.approx(-1.991))


def test_from_the_future_and_this_clock_does_not_see_it() -> None:
    """A clock that is ahead hides what is wrong with the issuer's."""
    assert found(judged(jwt(3), by_ntp(4.0)))["token-future-issued"] is CRITICAL
    told = judged(jwt(-3), by_ntp(7.0))
    assert facts(told, "token-future-issued")["here_s"] == -3.0


def test_a_token_that_ends_before_it_becomes_valid() -> None:
    """That it is never valid leads, as bad as its refusal: it doesn't become valid one day."""
    told = judged(jwt(-60, 30, nbf=90), RIGHT)
    assert lead(told).id == "token-lifetime"
    assert (lead(told).status, lead(told).fact("why")) == (CRITICAL, "nbf-after-exp")
    assert "token-lifetime" not in found(judged(jwt(-60, 90, nbf=30), RIGHT))
    never = lead(judged(jwt(-60, -60), RIGHT))
    assert (never.id, never.status, never.fact("why")) == ("token-lifetime", CRITICAL, "never-valid")
    assert lead(judged(opaque(0.0), RIGHT)).status is CRITICAL
    long = lead(judged(jwt(-60, 4e8), RIGHT))
    assert (long.id, long.status, long.fact("why")) == ("token-lifetime", WARNING, None)


@pytest.mark.parametrize(
    ("iat", "obtained", "expected"),
    [
        (3600 - 20, None, "possibly"),
        (5 * 3600 + 1800 - 3, None, "possibly"),
        (3600 - 200, None, None),
        (900 - 20, None, None),
        (900 - 500, -500, None),
        (3600 - 500, -500, "likely"),
        (-3600 - 500, -500, "likely"),
        (-500, -500, None),
        (3600 - 500, -200, None),
        (-3600, None, None),
        (16 * 3600, None, None),
    ],
)
def test_time_zones(iat: float, obtained: float | None, expected: str | None) -> None:
    """As far off as a zone is from UTC, give or take the token's age: likely only where that is known and it fits."""
    token = jwt(iat, iat + 3600 * 24)._replace(obtained_at_s=None if obtained is None else NOON + obtained)
    told = judged(token, RIGHT)
    assert ("token-zone" in found(told)) == (expected is not None)
    if expected:
        zone = facts(told, "token-zone")
        assert (zone["how"], zone["claim"]) == (expected, "iat")
        assert zone["off_way"] == ("ahead" if iat > 0 else "behind")


def test_a_local_time_as_utc_leads_over_the_expiry_that_follows_from_it() -> None:
    """Obtained just now and issued 5 h ago: a new one is refused as well, so that is the answer, as bad as that."""
    for iat, exp, refusal in [(-5 * 3600, -4 * 3600, "token-expired"), (2 * 3600, 3 * 3600, "token-future-issued")]:
        told = judged(jwt(iat, exp)._replace(obtained_at_s=NOON), RIGHT)
        assert (lead(told).id, lead(told).status) == ("token-zone", CRITICAL)
        assert found(told)[refusal] is CRITICAL
        assert lead(told).fact("off_s") == abs(iat)
    perhaps = judged(jwt(7200 - 20, 7200 + 3600), RIGHT)
    hour = jwt(3600 - 20, 7200)
    for offset_s, how in [(0, "possibly"), (3600, "likely")]:  # a host in UTC has no zone to be off by
        case = RIGHT._replace(host=this_host(zone_s=offset_s))
        assert facts(judged(hour, case), "token-zone")["how"] == how
    assert lead(perhaps).id == "token-future-issued"
    assert found(perhaps)["token-zone"] is WARNING


def test_a_zone_that_is_this_clocks_fault_is_no_fault_of_the_token() -> None:
    """Who stamps by a clock that is a zone off writes such times: that is a finding of the clock."""
    minted_here = jwt(-10, 7200)._replace(obtained_at_s=NOON - 10)
    assert "token-zone" not in found(judged(minted_here, by_ntp(3600.0)))
    assert "token-zone" in found(judged(minted_here._replace(iat=claim("iat", NOON + 3590)), RIGHT))


# --- What true time rests on ---


def test_offline_this_hosts_clock_judges() -> None:
    """The user wants it so: 0, 1 or 2 as the times say; and that the clock was not checked is said."""
    told = judged(jwt(), OFFLINE)
    assert found(told) == {"token-valid": OK}
    assert facts(told, "token-valid") == {"claim": "exp", "left_low_s": 3600.0, "left_high_s": 3600.0, "by": "local"}
    cases = [
        (jwt(-4320, -720), "token-expired", CRITICAL),
        (jwt(60), "token-future-issued", CRITICAL),
        (jwt(0.5), "token-future-issued", WARNING),
        (jwt(-60, nbf=60), "token-not-yet-valid", CRITICAL),
        (jwt(exp=None), "token-no-exp", WARNING),
        (jwt()._replace(exp=claim("exp", NOON + 60, "string")), "token-odd-time", WARNING),
        (opaque(), "token-opaque", UNKNOWN),
        (jwt(None, None, kind=TokenKind.JWE), "token-encrypted", UNKNOWN),
        (HIDDEN._replace(oddities=(Oddity("nested", "Another."),)), "token-malformed", UNKNOWN),
    ]
    for token, id_, status in cases:
        told = judged(token, OFFLINE)
        assert (lead(told).id, lead(told).status) == (id_, status)
        assert (told.part.status, told.part.judged_by, told.part.true_time) == (status, "local", None)
    assert found(judged(opaque(86399), OFFLINE))["token-opaque"] is OK
    assert facts(judged(opaque(86399), OFFLINE), "token-opaque")["unchecked"] is True


def test_nobody_answered() -> None:
    """Nothing is known then: what this clock says is open, and what the token lacks is told all the same."""
    assert found(judged(jwt(), SILENT)) == {"token-valid": OK}
    assert facts(judged(jwt(), SILENT), "token-valid")["by"] == "local"
    for token, way in [(jwt(-4320, -720), "ended"), (jwt(60), "begins")]:
        told = judged(token, SILENT)
        assert found(told) == {"token-open": UNKNOWN}
        assert (facts(told, "token-open")["by"], facts(told, "token-open")["unchecked"]) == ("local", way)
        assert not dead(told)
    assert found(judged(jwt(exp=None), SILENT))["token-no-exp"] is WARNING


def test_an_api_that_is_off_refuses_by_its_own_clock() -> None:
    """What is fine by UTC is said to be refused there, if all of the API's range says so and no leeway covers it."""
    ahead, behind = (by_ntp(0.0)._replace(api=api_part(-skew_s), who=Who.API) for skew_s in (30.0, -30.0))
    told = judged(jwt(-3580, 20), ahead)
    there = facts(told, "token-refused-there")
    assert found(told) == {"token-refused-there": CRITICAL}
    assert (there["claim"], there["by"]) == ("exp", "api")
    assert there["left_high_s"] == pytest.approx(-9.98, abs=0.01)
    assert told.part.recommended is not None
    assert found(judged(jwt(-10), behind)) == {"token-refused-there": CRITICAL}
    assert found(judged(jwt(-29.5), behind)) == {"token-refused-there": WARNING}
    for token, case in [
        (jwt(-3580, 30), ahead),  # its end is inside of the range
        (jwt(-10), ahead),
        (jwt(-30), behind),
        (jwt(-3580, 20), asked(ahead, leeway_s=60.0)),
        (jwt(-3620, -20), ahead),  # by UTC it is over, too: that is told
        (opaque(3600.0, -3580.0), ahead),  # a server counts it
    ]:
        assert "token-refused-there" not in found(judged(token, case))


def test_what_if() -> None:
    """An assumed skew takes the place of every measurement, and is as bad as it is."""
    told = judged(jwt(), assuming(-0.25, -0.15))
    assert found(told) == {"token-valid": OK, "skew-assumed": WARNING}
    assert facts(told, "skew-assumed").keys() == {"skew_s", "low_s", "high_s", "is_off", "jwt"}
    assert told.part.judged_by == "skew"
    assert told.inputs.against(Party.LOCAL_VERIFY) == (Interval(-0.25, -0.15), "skew")
    assert found(judged(jwt(), assuming(-0.01, 0.01)))["skew-assumed"] is OK
    assert found(judged(jwt(-3612, -12), assuming(60, 60)))["token-expired-here"] is CRITICAL


def test_the_api_alone_is_another_clock_and_not_true_time() -> None:
    """What both clocks say is said, by the API's; where they differ on the token, neither is called wrong."""
    told = judged(jwt(-4320, -720), by_date(0.0))
    assert found(told) == {"token-expired": CRITICAL}
    assert facts(told, "token-expired")["by"] == "api"
    hours = 7 * 3600.0
    for token, fine_here in [
        (jwt(hours - 60, hours + 3600), None),  # minted by it
        (jwt(-60, 3600), True),  # minted by this host's clock, or by a right one: the API refuses it
    ]:
        told = judged(token, by_date(-hours))
        differ = facts(told, "token-clocks-differ")
        assert lead(told).id == "token-clocks-differ"
        assert lead(told).status is CRITICAL
        assert (differ["other"], differ["by"], differ.get("fine_here")) == ("api.example", "api", fine_here)
        ids = found(told).keys()
        assert not ids & {"token-expired-here", "token-early-here", "token-expired-unseen", "drop-old", "token-zone"}
    assert found(judged(jwt(-3600, -0.1), by_date(0.2)))["token-clocks-differ"] is WARNING


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(1, 1e5), st.booleans())
def test_without_utc_no_token_is_this_hosts_fault(skew_s: float, iat: float, life_s: float, single: bool) -> None:
    """By the API alone, or by one server that another contradicts, nothing is blamed on this host."""
    case = by_date(skew_s)
    if single:
        case = Case(case.request, case.limits, ntp=ntp_part(skew_s, basis=Basis.SINGLE), who=Who.OPEN)
    told = judged(jwt(iat, iat + life_s), case)
    blaming = {"token-expired-here", "token-early-here", "token-expired-unseen", "drop-old"}
    assert not found(told).keys() & blaming


def test_right_by_the_api_and_off_by_ntp() -> None:
    """Where NTP as seen from here differs from both, the token is held against the API's clock."""
    case = by_ntp(60.0)._replace(api=api_part(0.0), who=Who.NTP)
    told = judged(jwt(-3612, -12), case)
    assert (told.part.judged_by, lead(told).id) == ("api", "token-expired")
    assert found(judged(jwt(), case)) == {"token-valid": OK}


def test_a_date_of_any_age_bounds_one_side() -> None:
    """It proves that this clock is behind the API's and nothing else; of one that proves nothing no time is made."""
    old = by_date(-7.0)
    assert old.api is not None
    first = old.api.survey.first
    assert isinstance(first.outcome, DateReading)
    for high_s, known in ((-6.5, True), (0.5, False)):
        side = Interval(-math.inf, high_s)
        outcome = first.outcome._replace(interval=side, fresh=side, skew_s=high_s, stale=Stale.CACHED)
        case = old._replace(
            api=old.api._replace(survey=old.api.survey._replace(hosts=(first._replace(outcome=outcome),)))
        )
        told = judged(jwt(-600, -3), case)
        assert told.part.judged_by == ("api" if known else "local")
        assert found(told)["token-expired" if known else "token-open"] is (CRITICAL if known else UNKNOWN)
        alive = judged(jwt(-600, 3600), case)
        if known:
            assert found(judged(jwt(3), case))["token-clocks-differ"] is not OK
            assert facts(alive, "token-open").keys().isdisjoint({"left_low_s", "within_s"})
            assert facts(alive, "token-open")["left_high_s"] == pytest.approx(3593.5)
            assert alive.part.recommended is not None
            assert alive.part.recommended.buffer_s is None
            assert "needed_s" not in facts(alive, "no-buffer-helps")
        else:
            assert found(alive) == {"token-valid": OK}


def test_each_party_has_its_own_reference() -> None:
    """API or else NTP; login or else NTP; the service's own clocks against each other."""
    inputs = judged(jwt(), by_ntp(-0.2)._replace(api=api_part(-0.3, -0.1))).inputs
    for party, reference, low_s in ((Party.REFRESH_BY_EXP, "api", -0.32), (Party.LOCAL_VERIFY, "login", -0.12)):
        skew, against = inputs.against(party)
        assert (skew, against) == (inputs.api if reference == "api" else inputs.login, reference)
        assert skew is not None
        assert skew == pytest.approx((low_s, low_s + 0.04))
    ahead, between = inputs.against(Party.GATEWAY)
    assert between == "login-api"
    assert ahead is not None
    assert ahead == pytest.approx((-0.24, -0.16))  # (local - api) - (local - login): login is 0.2 s behind the API
    assert inputs.latency == Interval(0.0, 0.048)
    alone = judged(jwt(), by_ntp(-0.2)).inputs
    assert alone.against(Party.REFRESH_BY_EXP) == alone.against(Party.LOCAL_VERIFY) == (alone.ntp, "ntp")
    assert (alone.latency, alone.drift_ppm) == (Interval(0.0, 0.25), 100.0)


# --- What the token is ---


@pytest.mark.parametrize(
    ("token", "id_", "expected"),
    [
        (opaque(), "token-opaque", OK),
        (opaque(86399), "token-opaque", OK),
        (jwt(None, None, kind=TokenKind.TRUNCATED), "token-cut", UNKNOWN),
        (jwt(None, None, kind=TokenKind.JWE), "token-encrypted", UNKNOWN),
        (jwt(exp=None), "token-no-exp", WARNING),
    ],
    ids=["opaque", "response", "cut", "encrypted", "endless"],
)
def test_what_the_token_is(token: Token, id_: str, expected: Status) -> None:
    """Each kind has its status, and leads with it."""
    told = judged(token, RIGHT)
    assert (lead(told).id, lead(told).status) == (id_, expected)
    assert told.part.status is expected


@pytest.mark.parametrize(
    ("oddity", "id_", "expected"),
    [
        ("signature-cut", "token-cut", UNKNOWN),
        ("refused", "token-malformed", WARNING),
        ("duplicate-claims", "token-malformed", WARNING),
        ("signature-redacted", "token-valid", OK),
        ("unsigned", "token-valid", OK),
    ],
)
def test_a_token_that_is_not_whole_is_not_called_ok(oddity: str, id_: str, expected: Status) -> None:
    """Everybody refuses one whose signature was cut; one that a log shortened was whole; expired is worse than all."""
    odd = jwt()._replace(oddities=(Oddity(oddity, "Why it is odd."),))
    told = judged(odd, RIGHT)
    assert found(told) == {id_: expected}
    if id_ != "token-valid":
        assert lead(told).fact("detail") == "Why it is odd."
    assert (lead(told).fact("oddity") == oddity) is (id_ == "token-malformed")
    assert (
        lead(judged(odd._replace(iat=claim("iat", NOON - 600), exp=claim("exp", NOON - 60)), RIGHT)).id
        == "token-expired"
    )


def test_a_payload_that_can_not_be_read() -> None:
    """Not a token without exp: nobody knows."""
    told = judged(HIDDEN._replace(oddities=(Oddity("nested", "Its payload is another token."),)), RIGHT)
    assert found(told) == {"token-malformed": UNKNOWN}
    assert facts(told, "token-malformed") == {"oddity": "nested", "detail": "Its payload is another token."}


def test_times_that_are_none_or_odd() -> None:
    """Named with how they stand there; of what is no time nobody says that a number can be read in it."""
    soon = TimeClaim("iat", ClaimState.UNUSABLE, None, '"2027-01-15T12:00:00Z"', ("string", "not-a-time"))
    told = judged(jwt()._replace(iat=soon, exp=claim("exp", NOON + 60, "string")), RIGHT)
    assert found(told) == {"token-malformed": WARNING, "token-odd-time": WARNING}
    assert facts(told, "token-malformed") == {"oddity": "no-time", "claims": "iat", "shown": soon.shown}
    assert facts(told, "token-odd-time") == {"claims": "exp", "oddity": "string", "shown": f"{NOON + 60:.0f}"}
    assert judged(jwt()._replace(exp=soon._replace(name="exp")), RIGHT).part.recommended is None
    two = jwt()._replace(iat=claim("iat", NOON, "string"), exp=claim("exp", NOON + 60, "string"))
    assert facts(judged(two, RIGHT), "token-odd-time")["claims"] == "iat, exp"
    late = jwt()._replace(exp=claim("exp", 2.0**31 + 5, "after-2038"), iat=claim("iat", 2.0**31 - 86400))
    assert found(judged(late, by_ntp(NOON + 60 - 2.0**31)))["token-odd-time"] is OK
    for oddity in ("boolean", "negative", "year-past-9999"):
        assert found(judged(jwt()._replace(iat=claim("iat", NOON, oddity)), RIGHT))["token-odd-time"] is WARNING
        assert oddity in CATALOGUE["token-odd-time"].variants


@pytest.mark.parametrize(("names", "expected"), [(("iat", "exp"), CRITICAL), (("exp",), WARNING), (("nbf",), CRITICAL)])
@pytest.mark.parametrize(("unit", "times"), [("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)])
def test_other_units(names: tuple[str, ...], expected: Status, unit: str, times: float) -> None:
    """Named as that, once, and no nonsense follows from it: no age of 50,000 years, no lifetime, no buffer."""
    token = jwt(nbf=-60)._replace(**{name: claim(name, (NOON + 60) * times, unit) for name in names})  # type: ignore[arg-type]
    told = judged(token, RIGHT)
    assert found(told) == {"token-unit": expected}
    assert facts(told, "token-unit").items() >= {"claims": ", ".join(names), "unit": unit}.items()
    assert told.part.recommended is None


# --- How long it lives, and what this clock does to its kind ---


def test_counted_from_when_it_was_obtained() -> None:
    """expires_in on the same clock: how wrong that clock is plays no part, not even offline."""
    for case in (RIGHT, by_ntp(3600.0), OFFLINE, SILENT):
        told = judged(opaque(300, -400), case)
        assert found(told)["token-expired"] is CRITICAL
        assert facts(told, "token-expired")["claim"] == "expires_in"
        (moment,) = told.part.moments
        assert moment.true == Interval(-101.25, -100.0)
    alive = judged(opaque(300, -100), RIGHT)
    assert found(alive) == {"token-valid": OK, "token-opaque": OK}
    assert facts(alive, "token-valid")["left_low_s"] == 198.75
    assert found(judged(opaque(300, -299.5), RIGHT))["token-open"] is UNKNOWN
    future = judged(opaque(300, 60), RIGHT)
    assert (lead(future).id, lead(future).status) == ("token-obtained-later", UNKNOWN)
    assert future.part.moments == ()


def test_of_a_life_that_is_nearly_over_no_more_is_concluded() -> None:
    """How long the token lived isn't told: that no buffer helps would be wrong a minute earlier."""
    told = judged(jwt(None, 12), by_ntp(-7.0))
    assert told.part.recommended is None
    assert "no-buffer-helps" not in found(told)
    assert "no-buffer-helps" in found(judged(jwt(-2, 12), by_ntp(-7.0)))


def test_a_token_that_tells_its_end_alone() -> None:
    """What is left of it is its lifetime, by true time; a buffer follows from that."""
    told = judged(jwt(None, 300), by_ntp(60.0))
    assert told.inputs.lifetime_s == pytest.approx(360)
    assert told.part.recommended is not None
    assert judged(jwt(None, 300), OFFLINE).inputs.lifetime_s == 300
    assert judged(jwt(None, -1), OFFLINE).inputs.lifetime_s is None
    assert judged(jwt(exp=None), OFFLINE).inputs.lifetime_s == math.inf
    assert judged(jwt(exp=None), OFFLINE).part.recommended is None


def test_refresh_storm() -> None:
    """Ahead by nearly the lifetime: each new token looks dead; with the usual buffer that begins a minute earlier."""
    assert found(judged(jwt(0, 300), by_ntp(310.0)))["refresh-storm"] is CRITICAL
    told = judged(jwt(-10, 290), by_ntp(245.0))
    assert found(told)["refresh-storm"] is WARNING
    assert facts(told, "refresh-storm")["buffer_s"] == 60
    assert "refresh-storm" not in found(judged(jwt(-10, 290), by_ntp(100.0)))
    assert "refresh-storm" not in found(judged(jwt(-1, 60), RIGHT))  # a short life is no fault of the clock's
    assert "refresh-storm" not in found(judged(opaque(300, -10), by_ntp(400.0)))  # no exp is in it
    assert "refresh-storm" in found(judged(jwt(-10, 290), by_ntp(400.0)))


def test_no_buffer_helps() -> None:
    """Behind by more than half of the lifetime: no buffer is recommended, and what it is due to is named."""
    told = judged(jwt(-110, 190), by_ntp(-180.0))
    assert found(told)["no-buffer-helps"] is WARNING
    assert told.part.recommended is not None
    assert told.part.recommended.buffer_s is None
    told_facts = facts(told, "no-buffer-helps")
    assert (told_facts["largest"], told_facts["half_s"]) == ("clock-behind", 150)


def test_what_outlives_the_mending_of_this_clock() -> None:
    """Late are the deadlines that were kept by a clock that was ahead; nothing is told of one that is right."""
    assert facts(judged(jwt(-600), by_ntp(60.0)), "drop-old") == {"late_s": pytest.approx(60.009)}
    assert facts(judged(jwt(), by_ntp(-60.0)), "drop-old") == {"late_s": 0.0}
    assert "drop-old" not in found(judged(jwt(), RIGHT))
    assert "drop-old" not in found(judged(jwt(), assuming(60, 60)))


# --- For any token and any clock ---


@given(st.floats(-5000, 5000), st.floats(1e-3, 2000), st.floats(-200, 200), st.floats(1e-3, 5))
def test_ok_is_never_wrong(iat: float, life_s: float, skew_s: float, margin_s: float) -> None:
    """Wherever in the range the truth is: what is called expired is, what is called valid is, and no ok hides it."""
    case = by_ntp(skew_s, margin_s)
    told = judged(jwt(iat, iat + life_s), case)
    ids = found(told)
    for true_skew_s in (skew_s - margin_s, skew_s, skew_s + margin_s):
        true_s = NOON - true_skew_s
        expired, early = NOON + iat + life_s <= true_s, NOON + iat > true_s
        if ids.keys() & {"token-expired", "token-expired-unseen"}:
            assert expired
        if ids.keys() & {"token-expired-here", "token-valid"}:
            assert not expired
        if "token-future-issued" in ids:
            assert early
        if told.part.status is OK:
            assert not expired
            assert not early
    if ids.get("token-expired-here", OK) is not OK:
        assert ids["token-expired-here"] in (severity(skew_s, case.limits), UNKNOWN)


CLOCKS = [
    RIGHT,
    by_ntp(60.0),
    by_ntp(-7.0),
    SILENT,
    by_date(0.2, 0.1),
    OFFLINE,
    assuming(-5, 5),
    assuming(-math.inf, -1),
]


@given(st.sampled_from(CLOCKS), st.data())
def test_there_is_always_an_answer(case: Case, data: st.DataObject) -> None:
    """Whatever a token says: a finding; each with exactly the facts of its row, and figures that JSON can hold."""
    values = st.none() | st.sampled_from([0.0, -1e300, 1e300, 2.0**31]) | st.floats(-1e12, 1e12)
    iat, nbf, exp = (data.draw(values) for _ in range(3))
    kind = data.draw(st.sampled_from(TokenKind))
    token = jwt(iat, exp, nbf, kind=kind)._replace(expires_in_s=data.draw(values), obtained_at_s=data.draw(values))
    token = token._replace(message=Quoted("expired") if kind is TokenKind.MESSAGE else None)
    told = judged(token, asked(case, verifiers=("pyjwt", "github-app"), leeway_s=data.draw(st.none() | st.just(5.0))))
    assert told.findings
    for finding in told.findings:
        assert [name for name, _ in finding.facts] == CATALOGUE[finding.id].facts.split()
        assert all(is_number(value) for _, value in finding.facts)
    assert told.part.status is not OK or kind is not TokenKind.TRUNCATED


@pytest.mark.parametrize(
    ("more", "flag"),
    [({"at_s": NOON, "skew": None}, "as_of"), ({"at_s": NOON, "skew": None, "signed_for": "google"}, "as_of"),
     ({"at_s": NOON}, "theirs"), ({"max_life_s": 300.0}, "ours"), ({"signed_for": "google"}, "ours"), ({}, "theirs"),
     ({"skew": None, "offline": True}, "unchecked")],
)  # fmt: skip
@pytest.mark.parametrize(("name", "id_"), [("iat", "token-future-issued"), ("nbf", "token-not-yet-valid")])
def test_whose_clock_a_begin_ahead_is_laid_to(more: dict[str, object], flag: str, name: str, id_: str) -> None:
    """To none where --at alone names the time, this host's where it signs, either where none was asked, or theirs."""
    token = jwt(7230.0, 10800.0) if name == "iat" else jwt(None, 10800.0, 7230.0)
    told = judged(token, asked(assuming(0.0, 0.0), **more))
    said = facts(told, id_)
    assert {each for each in ("as_of", "ours", "theirs", "unchecked") if said.get(each)} == {flag}
    if flag == "as_of":
        assert "token-zone" not in found(told)
