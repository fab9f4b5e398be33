"""Whose clock is off, from what NTP and an API say: every cell of the table, from measurements made by hand."""

import itertools
import sys
import types
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measurements import (
    API,
    CRITICAL,
    FRESH,
    LIMITS,
    LOGIN,
    NOON,
    OK,
    RUN,
    SECOND,
    SILENT_NTP,
    UNKNOWN,
    WARNING,
    Ntp,
    api,
    check,
    checked,
    clock,
    date,
    dates,
    facts_of,
    ids,
    lead,
    mixed,
    no_date,
    servers,
    stale,
    the,
    this_host,
)
from token_cases import jwt

import skewcheck.judge
from skewcheck.judge.report import report
from skewcheck.measure.consensus import agree
from skewcheck.model import (
    ApiHost,
    ApiSurvey,
    ClaimState,
    Daemon,
    DaemonClaim,
    DateReading,
    Fake,
    Finding,
    Interval,
    Lag,
    LocalRun,
    Measured,
    NoReading,
    Place,
    Report,
    Request,
    Role,
    Security,
    ServerList,
    StampedBy,
    Status,
    Survey,
    TimeClaim,
    Token,
    TokenKind,
    TokenPart,
)

SILENT_API = no_date()
LOCAL_STEPS = {"step-clock", "restart-daemon", "start-daemon", "install-daemon", "set-once", "windows-resync"}


class Cell(NamedTuple):
    """One cell of the table, and what it comes to."""

    ntp: Ntp
    api: DateReading | NoReading
    status: Status
    proven: bool
    found: list[str]
    """In order: the first is the answer."""


CELLS = {
    "ok ok": Cell(servers(0), api(0), OK, True, ["not-skew"]),
    "ok ok, the API to the other side": Cell(servers(0.08), api(-0.08), WARNING, False, ["api-ahead"]),
    "ok ok, the API to the other side, behind": Cell(servers(-0.09), api(0.04), WARNING, False, ["api-behind"]),
    "off off alike": Cell(servers(0.2), api(0.21), WARNING, True, ["local-ahead"]),
    "off off alike, one server": Cell(servers(-3, count=1), api(-3), CRITICAL, False, ["local-behind"]),
    "off off, near by the limit": Cell(servers(3600), api(3600.05), CRITICAL, True, ["local-ahead"]),
    "off off, NTP leaves the direction open": Cell(
        servers(0.15, 0.2), api(0.2), WARNING, False, ["skew-undecided", "too-coarse"]
    ),
    "ok off, API behind": Cell(servers(0), api(3), CRITICAL, True, ["api-behind"]),
    "ok off, API ahead": Cell(servers(0), api(-0.3), WARNING, True, ["api-ahead"]),
    "ok off, a cache ahead": Cell(servers(0), stale(-3.2), CRITICAL, False, ["api-ahead", "api-stale"]),
    "ok off, an old Date": Cell(servers(0), api(0.5, lag=SECOND), WARNING, False, ["api-behind"]),
    "ok off, each a little": Cell(servers(0.09), api(0.15), WARNING, False, ["skew-shared"]),
    "ok off, left open": Cell(servers(0.05, 0.5), api(0.3), WARNING, False, ["skew-undecided"]),
    "ok off, the API leaves the direction open": Cell(
        servers(0), api(0.15, 0.2), WARNING, False, ["too-coarse", "clock-ok"]
    ),
    "off ok": Cell(servers(-3), api(0), WARNING, False, ["ntp-differs"]),
    "off ok, near by the limit": Cell(servers(0.105), api(0.095, 0.01), WARNING, False, ["local-unconfirmed"]),
    "off ok, near": Cell(servers(0.12), api(0.095, 0.01), WARNING, True, ["local-ahead"]),
    "off ok, left open": Cell(servers(0.25, 0.05), api(0.09, 0.15), WARNING, False, ["local-unconfirmed"]),
    "off off apart": Cell(servers(-3), api(0.2), CRITICAL, True, ["local-behind", "api-behind"]),
    "off off apart, same way": Cell(servers(5), api(2), CRITICAL, True, ["local-ahead", "api-ahead"]),
    "off off apart, one server": Cell(servers(-3, count=1), api(0.2), CRITICAL, False, ["skew-undecided"]),
    "none ok": Cell(SILENT_NTP, api(0), OK, False, ["api-ok", "ntp-unreached"]),
    "none off": Cell(SILENT_NTP, api(0.3), WARNING, False, ["skew-undecided", "ntp-unreached"]),
    "contradictory ok": Cell(
        [*servers(0, count=1), *servers(3, count=2)[1:]], api(0), UNKNOWN, False, ["servers-disagree", "api-ok"]
    ),
    "ok none": Cell(servers(0), SILENT_API, UNKNOWN, False, ["api-unreached", "clock-ok"]),
    "off none": Cell(servers(-3), SILENT_API, CRITICAL, True, ["local-behind", "api-unreached"]),
    "off unsettled, held by it": Cell(servers(-0.3), api(-0.2, 1.0), WARNING, True, ["local-behind", "too-coarse"]),
    "off unsettled, excluded by it": Cell(servers(-3), api(0, 1.2), WARNING, False, ["ntp-differs", "too-coarse"]),
    "off unsettled, excluded by a first look": Cell(
        servers(-3), api(0, 0.2)._replace(confirmed=False), WARNING, False, ["ntp-differs", "too-coarse"]
    ),
    "off unsettled, nearly excluded": Cell(
        servers(-1.25), api(0, 1.2), CRITICAL, False, ["local-unconfirmed", "too-coarse"]
    ),
    "off unsettled, excluded by one that is off": Cell(
        servers(-3), api(0.6, 0.55), CRITICAL, False, ["local-unconfirmed", "too-coarse"]
    ),
    "off unsettled, excluded by all replies": Cell(
        servers(-3), mixed(0, 3, 2.0), CRITICAL, False, ["local-unconfirmed", "api-inconsistent"]
    ),
    "off unsettled, excluded by an old Date": Cell(
        servers(3), stale(0.01), CRITICAL, False, ["local-unconfirmed", "api-stale"]
    ),
    "ok unsettled": Cell(servers(0), api(0.65, 0.6), UNKNOWN, False, ["too-coarse", "clock-ok"]),
    "none none": Cell(SILENT_NTP, SILENT_API, UNKNOWN, False, ["ntp-unreached", "api-unreached"]),
}


def test_an_api_whose_range_is_wide_is_not_cleared() -> None:
    """This host is off by both; that the API is right by itself is said only where its range shows it."""
    narrow, wide = check(servers(-90), api(-90.01)), check(servers(-90), api(-89.8, 0.5))
    assert (ids(narrow), ids(wide)) == (["local-behind"], ["local-behind"])
    assert facts_of(narrow, "local-behind")["api_host"] == facts_of(wide, "local-behind")["wide_host"]
    assert not {"wide_host", "wide_s"} & facts_of(narrow, "local-behind").keys()
    assert "api_host" not in facts_of(wide, "local-behind")
    assert facts_of(wide, "local-behind")["wide_s"] == pytest.approx(0.71, abs=0.01)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_every_cell_of_the_table(cell: Cell) -> None:
    """Status, proof, the answer and all other findings of each."""
    found = check(cell.ntp, cell.api)
    assert (found.status, found.proven, ids(found)) == (cell.status, cell.proven, cell.found)
    assert not {step.kind for step in found.steps} & LOCAL_STEPS or lead(found).startswith("local-")


def test_an_api_alone_is_no_true_time() -> None:
    """NTP silent, an API 7 h ahead, this host right: undecided, with the API's severity, and nothing proven."""
    found = check(SILENT_NTP, api(-7 * 3600))
    assert (lead(found), found.status, found.proven, found.true_time) == ("skew-undecided", CRITICAL, False, None)
    assert facts_of(found, "skew-undecided")["why"] == "ntp-silent"


def test_two_clocks_are_two_findings() -> None:
    """Each has its own; the API's says neither that this host is right, nor is it mended by setting this one."""
    found = check(servers(-3), api(0.2))
    assert facts_of(found, "api-behind")["clock"] == "API"
    assert "host_ok" not in facts_of(found, "api-behind")
    assert "api_host" not in facts_of(found, "local-behind")


def test_the_facts_of_whose_clock_it_is() -> None:
    """Against whom, by how much, by how many votes, and whether the API says the same."""
    assert facts_of(check(servers(0.2), api(0.21)), "local-ahead") == {
        "skew_s": pytest.approx(0.2), "low_s": pytest.approx(0.19), "high_s": pytest.approx(0.21),
        "agreeing": 3, "answered": 3, "asked": 3, "unreached": 0, "api_host": API,
    }  # fmt: skip
    told = facts_of(check(servers(0), api(3)), "api-behind")
    assert (told["low_s"], told["high_s"]) == pytest.approx((-3.03, -2.97), abs=1e-3)
    assert (told["clock"], told["host"], told["host_ok"]) == ("API", API, True)
    assert facts_of(check(servers(0.09), api(0.15)), "skew-shared")["limit_s"] == LIMITS.warning_s
    assert facts_of(check(servers(-3), api(0)), "ntp-differs")["skew_s"] == pytest.approx(-3)
    apart = facts_of(check(servers(0.05, 0.5), api(0.3)), "skew-undecided")
    assert (apart["ntp_low_s"], apart["ntp_high_s"]) == pytest.approx((-0.45, 0.55))
    assert facts_of(check(servers(0.25, 0.05), api(0.09, 0.15)), "local-unconfirmed")["why"] == "api"


@pytest.mark.parametrize(
    ("found", "clock_of"),
    [
        (api(3)._replace(stamped_by=StampedBy.EDGE), "API's edge"),
        (api(3)._replace(stamped_by=StampedBy.UNKNOWN), "API or its edge"),
        (api(3), "API"),
        (stale(-3.0), "API or a cache"),
    ],
)
def test_which_of_the_apis_clocks_it_can_be(found: DateReading, clock_of: str) -> None:
    """By what stamped the `Date`."""
    assert check(servers(0), found).findings[0].fact("clock") == clock_of


@pytest.mark.parametrize(
    ("found", "unconfirmed"),
    [
        (api(3), None),
        (stale(-3.0), None),
        (api(3, lag=SECOND), None),
        (api(0.5, lag=SECOND), True),
        (api(3)._replace(security=Security.PLAIN), True),
        (api(3)._replace(security=Security.DATES_IGNORED), True),
        (api(3)._replace(confirmed=False), True),
    ],
)
def test_what_else_may_explain_an_apis_clock(found: DateReading, unconfirmed: bool | None) -> None:
    """A `Date` that may be so old, one that anybody can have sent, and a first look confirm nothing."""
    assert check(servers(0), found).findings[0].fact("unconfirmed") is unconfirmed


def test_how_well_all_agree() -> None:
    """The worse of both ranges; what keeps it from being sure; and whether the suspects are known."""
    assert facts_of(check(servers(0), api(0.03)), "not-skew") == {
        "low_s": -0.01, "high_s": 0.05, "host": API, "genesys": True,
    }  # fmt: skip
    assert facts_of(check(servers(0, count=1), api(0)), "not-skew")["unconfirmed"] is True
    assert facts_of(check(servers(0), api(0)._replace(security=Security.PLAIN)), "not-skew")["unconfirmed"] is True
    assert "genesys" not in facts_of(check(servers(0), api(0), region=None), "not-skew")


def test_a_faked_clock_keeps_the_answer_and_gets_another_remedy() -> None:
    """It is still this host's clock; what mends it is to run without the fake."""
    faked = this_host(fake=Fake("libfaketime", 0.2))
    for ntp in (servers(0.2), servers(0.2, count=1)):
        told, plain = check(ntp, api(0.2), facts=faked), check(ntp, api(0.2), facts=this_host())
        assert (lead(told), told.status) == (lead(plain), plain.status) == ("local-ahead", WARNING)
        assert "fake-time" in ids(told)
        assert told.steps[0].kind == "without-fake"
        assert plain.steps[0].kind != "without-fake"


def test_a_daemon_is_not_held_against_an_api() -> None:
    """What it claims is of UTC, and an API's clock is not that."""
    claim = DaemonClaim(synchronised=True, bound_s=0.003)
    kept = this_host()._replace(daemons=(Daemon("chronyd", running=True, claim=claim),))
    assert "daemon-wrong" not in ids(check(SILENT_NTP, api(0.3), facts=kept))
    wrong = check(servers(0.2), api(0.2), facts=kept)
    assert ids(wrong) == ["local-ahead", "daemon-wrong"]
    at_most = check(servers(-3), api(0), facts=kept)
    assert the(at_most, "daemon-wrong").status is WARNING  # no worse than the whole
    assert "daemon-wrong" in ids(check(servers(0.2), api(0.2), facts=kept._replace(place=Place(container="docker"))))


def test_the_hosts_own_servers_alone_blame_nobody_else() -> None:
    """They can't see their own error: a majority of them is none against an API."""
    own = tuple(f"ntp{n}.example" for n in range(3))
    found = check(servers(-3), api(0.2), own=own)
    assert (lead(found), found.proven) == ("skew-undecided", False)
    right = check(servers(0), api(3), own=own)
    assert (lead(right), right.proven) == ("api-behind", False)
    assert "host_ok" not in facts_of(right, "api-behind")
    assert facts_of(right, "api-behind")["unconfirmed"] is True
    assert "unconfirmed" not in facts_of(check(servers(0), api(3)), "api-behind")
    assert facts_of(check(servers(0), SILENT_API, own=own), "clock-ok")["why"] == "own-servers"


def test_a_flip_where_utcs_second_flips_is_evidence_that_a_date_is_fresh() -> None:
    """It counts, and proves nothing; one that is known less well, or that one server alone vouches for, doesn't."""
    found = check(servers(0), api(0.0, lag=SECOND))
    assert (ids(found), found.proven) == (["not-skew"], False)
    assert not {"unconfirmed", "max_lag_s"} & facts_of(found, "not-skew").keys()
    for elsewhere in (check(servers(0), api(0.0, 0.09, SECOND)), check(servers(0, count=1), api(0.0, lag=SECOND))):
        told = facts_of(elsewhere, "not-skew")
        assert (told["unconfirmed"], told["max_lag_s"]) == (True, 1.0)
        assert "api-lag" in ids(elsewhere)
    known = check(servers(0), api(0.0, lag=Lag(0.5, known=True, because="a timer")))
    assert "api-lag" in ids(known)  # that is not evidence but knowledge


def test_what_an_old_date_could_change_is_said() -> None:
    """Ahead only grows with the age of a `Date`, behind may be that age."""
    ahead = facts_of(check(servers(0), api(-0.3, lag=SECOND)), "api-ahead")
    assert ("high_s" in ahead, "skew_s" in ahead, ahead["low_s"]) == (False, False, pytest.approx(0.27, abs=1e-3))
    behind = facts_of(check(servers(0), api(3, lag=SECOND)), "api-behind")
    assert (behind["max_lag_s"], behind["high_s"]) == (1.0, pytest.approx(-2.97, abs=1e-3))
    assert "max_lag_s" not in facts_of(check(servers(0), api(3)), "api-behind")


def test_an_issuer_that_is_off_is_no_not_skew() -> None:
    """The login host's clock against the API's: it leads where only that is wrong, and is never called fine."""
    found = check(servers(0), api(0), api(-0.4))
    assert (ids(found), found.status, found.proven) == (["issuer-ahead"], WARNING, False)
    worse = check(servers(-3), api(-3), api(-3.4))
    assert (lead(worse), worse.status) == ("local-behind", CRITICAL)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_clock_that_was_set_meanwhile_is_blamed_for_nothing(cell: Cell) -> None:
    """The step is said once, with the status that it explains, and no clock is named; where all is well, a remark."""
    found = check(cell.ntp, cell.api, run=RUN._replace(step_s=3.0))
    assert found.status is cell.status
    assert ids(found).count("clock-stepped") == 1
    named = {"local-", "api-a", "api-b", "skew-", "ntp-d"}
    assert found.status is OK or not [id_ for id_ in ids(found) if id_[:6] in named or id_[:5] in named]


def test_one_half_asked_is_told_alone() -> None:
    """The same rows with nothing asked of the other side: the difference to an API is proven as such."""
    assert [(lead(found), found.proven) for found in (dates(api(0)), dates(api(0.3)), dates(SILENT_API))] == [
        ("api-ok", True), ("skew-undecided", True), ("api-unreached", False),
    ]  # fmt: skip
    assert [(lead(found), found.proven) for found in (clock(*servers(0)), clock(*servers(0.2)))] == [
        ("clock-ok", True), ("local-ahead", True),
    ]  # fmt: skip


def test_nobody_asked_is_nobody_judged() -> None:
    """By itself a request that asks nobody gives no finding of a clock."""
    found = report(Request(command="token", offline=True), Measured(NOON))
    assert (found.findings, found.proven, found.measured_at_s) == ((), False, NOON)


def test_drift_between_the_two_measurements_is_allowed_for() -> None:
    """A minute between their ends is 6 ms of an undisciplined quartz: ranges that miss each other by less agree."""
    for gap_s, expected in ((0.005, "skew-undecided"), (0.2, "api-behind")):
        survey = Survey(agree(servers(0.0, 0.08)), ServerList.PUBLIC, RUN, cut_short=False)
        run = LocalRun(NOON + 60, 2.5, 0.0, 0.0, 0.0)
        dated = ApiSurvey(None, (ApiHost(Role.URL, "gw", date(0.08 + gap_s, 0.12 + gap_s)),), run, cut_short=False)
        request = Request(url="https://gw/")
        found = checked(report(request, Measured(NOON, ntp=survey, api=dated)))
        assert found.lead is not None
        assert found.lead.id == expected


# --- A token beside it ---


def with_token(
    monkeypatch: pytest.MonkeyPatch,
    *found: Finding,
    ntp: Ntp | None = None,
    judged_by: str = "ntp",
    offline: bool = False,
) -> Report:
    """Return the report with these findings of a token."""
    absent = TimeClaim("iat", ClaimState.ABSENT)
    token = Token(TokenKind.JWT, "test", 300, "01234567", absent, absent, absent, issuer="https://login.mypurecloud.ie")
    nothing = Interval(0.0, 0.0)
    part = TokenPart(
        token, judged_by, NOON, None, (), nothing, latency_measured=False, drift_ppm=100.0, risks=(), recommended=None
    )
    judged = types.SimpleNamespace(findings=found, part=part)
    stub = types.ModuleType("skewcheck.judge.token")
    stub.judged = lambda *_: judged  # type: ignore[attr-defined]
    effects = types.ModuleType("skewcheck.judge.risk")
    effects.effects = lambda *_: ()  # type: ignore[attr-defined]
    for module in (stub, effects):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(skewcheck.judge, module.__name__.rpartition(".")[2], module, raising=False)
    survey = (
        None if offline else Survey(agree(servers(0) if ntp is None else ntp), ServerList.PUBLIC, RUN, cut_short=False)
    )
    dated = None if offline else ApiSurvey("eu-west-1", (ApiHost(Role.API, API, api(0)),), RUN, cut_short=False)
    return report(Request(offline=offline), Measured(NOON, ntp=survey, api=dated, token=token))


EXPIRED = Finding("token-expired", CRITICAL, (("claim", "exp"),))


def test_a_token_that_is_the_worst_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks right, the token expired: it is the answer, and proven by a majority's whole range alone."""
    found = with_token(monkeypatch, EXPIRED)
    assert (ids(found), found.status, found.proven) == (["token-expired", "not-skew"], CRITICAL, True)
    counted = EXPIRED._replace(facts=(("claim", "expires_in"),))
    assert not with_token(monkeypatch, counted).proven
    assert not with_token(monkeypatch, EXPIRED, judged_by="api").proven
    assert not with_token(monkeypatch, EXPIRED, ntp=servers(0, count=1)).proven
    assert not with_token(monkeypatch, EXPIRED, judged_by="local", offline=True).proven
    assert not with_token(monkeypatch, Finding("token-open", UNKNOWN)).proven


def test_an_api_alone_proves_nothing_of_a_token() -> None:
    """NTP not asked: expired, or valid, by the API's clock is not by true time, however well that was measured."""
    for token, skew_s, expected in ((jwt(-4320, -720), -7200.0, CRITICAL), (jwt(), 0.0, OK)):
        dated = ApiSurvey("eu-west-1", (ApiHost(Role.API, API, api(skew_s)),), RUN, cut_short=False)
        found = report(Request("token", ask_ntp=False, region="eu-west-1"), Measured(NOON, api=dated, token=token))
        assert found.api is not None
        assert found.api.judgement.proven
        assert (found.status, found.proven) == (expected, False), ids(found)


def test_a_token_is_not_proven_expired_by_a_time_that_the_api_excludes() -> None:
    """Half a second past its end by NTP, and the API says that NTP is off: without the API it is proven."""
    survey = Survey(agree(servers(-0.9)), ServerList.PUBLIC, RUN, cut_short=False)
    for answer, proven in ((api(0.6, 0.55), False), (api(0.0, 1.2), True)):
        dated = ApiSurvey("eu-west-1", (ApiHost(Role.API, API, answer),), RUN, cut_short=False)
        found = report(Request("token"), Measured(NOON, ntp=survey, api=dated, token=jwt(-3600, 0)))
        assert (lead(found), found.status, found.proven) == ("token-expired", CRITICAL, proven), ids(found)


def test_no_clock_is_called_fine_where_the_token_shows_its_issuers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token from the future was stamped by a clock that is off."""
    found = with_token(monkeypatch, Finding("token-future-issued", CRITICAL, (("claim", "iat"),)))
    assert ids(found) == ["token-future-issued"]
    assert ids(with_token(monkeypatch, Finding("token-valid", OK))) == ["not-skew", "token-valid"]


def test_offline_the_token_says_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its status is the report's."""
    found = with_token(monkeypatch, Finding("token-valid", OK), offline=True)
    assert (lead(found), found.status, found.proven) == ("token-valid", OK, False)


# --- What holds of all of them ---

SKEWS_S = st.sampled_from([0.0, 0.05, 0.095, 0.105, 0.2, 0.95, 1.05, 3.0, 3600.0]).flatmap(
    lambda size_s: st.sampled_from([size_s, -size_s])
)
MARGINS_S = st.sampled_from([0.001, 0.02, 0.2, 2.0])
NTPS = st.one_of(
    st.just(SILENT_NTP),
    st.builds(servers, SKEWS_S, MARGINS_S, st.sampled_from([1, 3])),
    st.builds(lambda one_s, two_s: [*servers(one_s, count=1), servers(two_s, count=2)[1]], SKEWS_S, SKEWS_S),
)
READINGS = st.one_of(
    st.builds(api, SKEWS_S, MARGINS_S, st.sampled_from([FRESH, SECOND])),
    st.builds(stale, SKEWS_S),
    st.builds(lambda one: one._replace(security=Security.PLAIN), st.builds(api, SKEWS_S)),
    st.just(SILENT_API),
)
ANSWERS = (
    "local-", "api-ahead", "api-behind", "issuer-", "skew-", "ntp-", "servers-", "api-unreached", "api-stale",
    "too-coarse", "clock-ok", "clock-stepped", "api-ok", "not-skew",
)  # fmt: skip


def off_for_sure(interval: Interval) -> bool:
    """Tell whether no point of the range is ok."""
    return abs(interval.nearest_to_zero()) >= LIMITS.warning_s


@given(NTPS, READINGS, st.none() | READINGS, st.sampled_from([0.0, 0.05, 3.0]))
def test_it_is_never_ok_where_something_is_proven_wrong(
    ntp: Ntp, first: DateReading | NoReading, login: DateReading | NoReading | None, step_s: float
) -> None:
    """Ok needs that nothing is off for sure; not-skew that both say so; proven that neither part leaves it open."""
    found = check(ntp, first, login, run=RUN._replace(step_s=step_s))
    assert found.ntp is not None
    assert lead(found).startswith(ANSWERS)
    utc = found.ntp.survey.consensus.interval
    wrong = utc is not None and off_for_sure(utc)
    wrong = wrong or (isinstance(first, DateReading) and off_for_sure(first.interval))
    assert not (wrong and found.status in (OK, UNKNOWN)), found.findings
    if isinstance(first, NoReading):
        assert found.status is not OK
    if "not-skew" in ids(found):
        assert found.status is OK
        assert utc is not None
    if found.proven:
        assert found.ntp.judgement.proven
    if lead(found).startswith(("api-", "issuer-", "skew-", "ntp-")) or "unconfirmed" in lead(found):
        assert not {step.kind for step in found.steps} & LOCAL_STEPS


UNSETTLED = st.one_of(
    st.builds(lambda one: one._replace(confirmed=False), st.builds(api, SKEWS_S, MARGINS_S)),
    st.builds(lambda one_s, two_s: mixed(min(one_s, two_s), max(one_s, two_s) + 0.02, 0.5), SKEWS_S, SKEWS_S),
)


@given(NTPS, READINGS | UNSETTLED)
def test_no_clock_is_proven_off_by_a_range_that_the_api_excludes(ntp: Ntp, first: DateReading | NoReading) -> None:
    """By less than a limit, of an API that settles it; at all, of one that doesn't. Unless both clocks are named."""
    found = check(ntp, first)
    named = found.proven and lead(found).startswith("local-") and not {"api-ahead", "api-behind"} & {*ids(found)}
    if not named or isinstance(first, NoReading):
        return
    assert found.ntp is not None
    assert found.api is not None
    utc, by_api = found.ntp.survey.consensus.interval, first.range
    assert utc is not None
    apart_s = max(utc.low_s - by_api.high_s, by_api.low_s - utc.high_s)
    drift_s = 0.001
    assert apart_s < (drift_s if found.api.judgement.status is UNKNOWN else LIMITS.warning_s), found.findings


def test_the_right_party_whatever_the_three_clocks_are() -> None:
    """With narrow ranges: of UTC as NTP has it, this host and the API, who is off is named."""
    values = (0.0, 0.2, -3.0, 3600.0)
    for local_s, ntp_s, api_s in itertools.product(values, repeat=3):
        found = check(servers(local_s - ntp_s, 0.001), api(local_s - api_s, 0.01))
        by_ntp, by_api = local_s != ntp_s, local_s != api_s
        if not by_ntp and not by_api:
            wanted = {"not-skew"}
        elif not by_ntp:
            wanted = {"api-ahead" if api_s > local_s else "api-behind"}
        elif not by_api:
            wanted = {"ntp-differs"}
        else:
            wanted = {"local-ahead" if local_s > ntp_s else "local-behind"}
            if ntp_s != api_s:
                wanted |= {"api-ahead" if api_s > ntp_s else "api-behind"}
        assert {*ids(found)} == wanted, (local_s, ntp_s, api_s)


def test_what_is_said_of_the_issuer_names_it() -> None:
    """By its own host."""
    assert facts_of(check(servers(0), api(0), api(-0.4)), "issuer-ahead")["login"] == LOGIN


def test_an_api_that_is_off_wherever_utc_is_is_named_though_this_host_is_open() -> None:
    """A range of UTC that settles nothing of this host, as by web servers, settles an API seconds outside of it."""
    wide = servers(-0.4, 0.8)
    found = check(wide, api(-4.0))
    assert (lead(found), found.status, found.proven) == ("api-ahead", CRITICAL, False)
    assert facts_of(found, "api-ahead").get("host_ok") is None
    assert "too-coarse" in ids(found)
    assert lead(check(wide, api(-1.0))) == "skew-undecided"  # it may be this host's
    assert lead(check([*wide[:1], *SILENT_NTP[:2]], api(-4.0))) == "skew-undecided"  # one server proves nothing
