"""Whose clock is off, from what NTP and an API say: every cell of the table, from measurements made by hand."""

import itertools
import math
from typing import NamedTuple

import pytest
from api_reports import FRESH, SECOND, host
from api_reports import reading as date
from bench import judges
from bench.typed import checked
from hypothesis import given
from hypothesis import strategies as st
from reports import NOON, RUN
from reports import reading as ntp_reading

from skewcheck.examine import of_token
from skewcheck.examine.against_ntp import examined as ntp_examined
from skewcheck.examine.all_at_once import judged
from skewcheck.examine.request import CheckRequest
from skewcheck.judge.api_case import examined as api_examined
from skewcheck.judge.suspects import SUSPECTS
from skewcheck.measure.consensus import agree
from skewcheck.model import (
    ApiHost,
    ApiSurvey,
    Daemon,
    DaemonClaim,
    DateReading,
    Fake,
    Finding,
    Hardware,
    HostFacts,
    Interval,
    Lag,
    NoReading,
    Pace,
    Place,
    Reading,
    Report,
    Role,
    Security,
    ServerList,
    Stale,
    Status,
    Survey,
    Thresholds,
    Unknown,
    Zone,
)
from skewcheck.render import github, json, junit, nagios, prometheus, text

LIMITS = Thresholds(0.1, 1.0)
API_URL = "https://api.mypurecloud.ie/api/v2/date"
SILENT_API = NoReading(API_URL, None, "connection-refused", "the connection was refused", rejected=False)
MINE = HostFacts(Unknown("test"), (), Place(), Zone("UTC", 0), Hardware(), None, ())
Ntp = list[Reading | NoReading]


def servers(skew_s: float, margin_s: float = 0.01, count: int = 3, silent: int = 0) -> Ntp:
    """Return what *count* servers say of a clock that is so far ahead of UTC, and *silent* ones beside them."""
    said = [ntp_reading(f"ntp{n}.example", skew_s, margin_s, address=f"192.0.2.{n}") for n in range(count)]
    return [*said, *SILENT_NTP[:silent]]


SILENT_NTP: Ntp = [
    NoReading(f"mute{n}.example", f"192.0.2.{n}", "no-reply", "no reply in 3 s", rejected=False) for n in range(3)
]


def api(skew_s: float, margin_s: float = 0.02, lag: Lag = FRESH) -> DateReading:
    """Return what the API says of a clock that is so far ahead of its own."""
    return date(API_URL, skew_s, margin_s, lag=lag)


def cached(high_s: float) -> DateReading:
    """Return what a cache's old `Date` says: the local clock is at most so far ahead."""
    one_sided = Interval(-math.inf, high_s)
    return api(high_s)._replace(
        skew_s=high_s, interval=one_sided, fresh=one_sided, stale=Stale.CACHED, confirmed=False,
        lag=Lag(math.inf, known=True, because="Age: 3"),
    )  # fmt: skip


def check(
    ntp: Ntp,
    first: DateReading | NoReading,
    login: DateReading | NoReading | None = None,
    *,
    facts: HostFacts | None = None,
    own: tuple[str, ...] = (),
    request: CheckRequest | None = None,
    stepped_s: float = 0.0,
    wander_s: float = RUN.wander_s,
    pace: Pace = Pace.TRUE,
) -> Report:
    """Return what `check` makes of these answers."""
    request = CheckRequest(region="eu-west-1") if request is None else request
    hosts: tuple[ApiHost, ...] = (host(Role.API, first),)
    if login is not None:
        hosts = (*hosts, host(Role.LOGIN, login))
    run = RUN._replace(step_s=stepped_s, pace=pace)
    found = Survey(agree(ntp), ServerList.PUBLIC, run, cut_short=False, own=own)
    dates = ApiSurvey("eu-west-1", hosts, run._replace(ended_at_s=NOON + 2.5, wander_s=wander_s), cut_short=False)
    return judged(
        ntp_examined(found, LIMITS, request.of_ntp, facts),
        api_examined(dates, LIMITS, "linux", asked=("--region eu-west-1",)),
        request,
    )


def ids(report: Report) -> set[str]:
    """Return the ids of the findings."""
    return {finding.id for finding in report.findings}


def test_a_clock_that_is_pulled_after_ntp_was_asked_is_no_fault_of_the_apis() -> None:
    """Pulled by 8 % for the 2.5 s that the API is asked longer, it is 200 ms ahead of that, and right before."""
    assert "api-behind" in ids(check(servers(0.0), api(0.2)))
    pulled = check(servers(0.0), api(0.2), wander_s=0.2)
    assert not ids(pulled) & {"api-ahead", "api-behind", "local-ahead", "local-behind"}
    assert not pulled.proven


def test_the_true_time_that_a_token_is_judged_by_allows_for_that_too() -> None:
    """It is the local time at the end of both measurements, without the skew that NTP had found before."""
    calm = of_token._skew(check(servers(0.0), api(0.0)), None, LIMITS, NOON + 2.5)
    pulled = of_token._skew(check(servers(0.0), api(0.0), wander_s=0.2), None, LIMITS, NOON + 2.5)
    assert calm is not None
    assert pulled is not None
    assert pulled.interval.width_s == pytest.approx(calm.interval.width_s + 0.4, abs=1e-4)


def the(report: Report, name: str) -> Finding:
    """Return the one finding of that id."""
    (finding,) = (finding for finding in report.findings if finding.id == name)
    return finding


class Cell(NamedTuple):
    """One cell of the table, and what it comes to."""

    ntp: Ntp
    api: DateReading | NoReading
    status: Status
    proven: bool
    says: str
    found: set[str]
    command: str


OK, WARNING, CRITICAL, UNKNOWN = Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN
MEND, SHOW = "timedatectl timesync-status || chronyc tracking", "skewcheck api --region eu-west-1 -v"
ASK = "skewcheck token --region eu-west-1"
ASK_OTHERS = "skewcheck check -H HOST1 -H HOST2 -H HOST3 --region eu-west-1"
ASK_INSIDE = "skewcheck check -H ADDRESS --region eu-west-1"
CELLS = {
    "ok ok": Cell(servers(0), api(0), OK, True, "NOT CLOCK SKEW: your clock is within 10 ms of UTC", {"not-skew"}, ASK),
    "off off alike": Cell(
        servers(0.2), api(0.21), WARNING, True, "your clock is 200 ms AHEAD of UTC", {"local-ahead"}, MEND
    ),
    "off off alike, one server": Cell(
        servers(-3, count=1), api(-3), CRITICAL, False, "your clock is 3 s BEHIND UTC", {"local-behind", "one-server"},
        MEND,
    ),
    "off off, near by the limit": Cell(
        servers(3600), api(3600.05), CRITICAL, True, "(1 h) AHEAD of UTC, proven",
        {"local-ahead", "time-zone"}, MEND,
    ),
    "ok off, API behind": Cell(
        servers(0), api(3), CRITICAL, True, "not yours: api.mypurecloud.ie is 3 s BEHIND UTC", {"api-behind"}, SHOW,
    ),
    "ok off, API ahead": Cell(
        servers(0), api(-0.3), WARNING, True, "api.mypurecloud.ie is 300 ms AHEAD of UTC", {"api-ahead"}, SHOW
    ),
    "ok off, a cache ahead": Cell(
        servers(0), cached(-3.2), CRITICAL, False, "the clock of the API or of a cache before it", {"api-ahead",
        "api-cached"}, SHOW,
    ),
    "ok off, an old Date": Cell(
        servers(0), api(0.5, lag=SECOND), WARNING, False, "or a Date that is up to 1 s old, not yours", {"api-behind",
        "lag-unknown"}, SHOW,
    ),
    "ok off, each a little": Cell(
        servers(0.09), api(0.15), WARNING, False, "neither of them is 100 ms off by itself", {"api-skew"},
        "skewcheck check --samples 4 --region eu-west-1",
    ),
    "ok off, left open": Cell(
        servers(0.05, 0.5), api(0.3), WARNING, False, "whose clock is off can't be told, the ranges leave it open",
        {"api-skew"}, "skewcheck check --samples 4 --region eu-west-1",
    ),
    "off ok": Cell(
        servers(-3), api(0), WARNING, False, "this host and the API agree, and NTP as seen from here differs",
        {"ntp-differs"}, ASK_OTHERS,
    ),
    "off ok, near by the limit": Cell(
        servers(0.105), api(0.095, 0.01), WARNING, False, "your clock is 105 ms AHEAD of UTC", {"local-ahead"}, MEND,
    ),
    "off off apart": Cell(
        servers(-3), api(0.2), CRITICAL, True, "two clocks are off: your clock is 3 s BEHIND UTC", {"local-behind",
        "api-behind"}, MEND,
    ),
    "off off apart, same way": Cell(
        servers(5), api(2), CRITICAL, True, "api.mypurecloud.ie is 3 s AHEAD of UTC", {"local-ahead", "api-ahead"}, MEND
    ),
    "off off apart, one server": Cell(
        servers(-3, count=1), api(0.2), CRITICAL, False, "whose clock is off can't be told, one NTP server can't tell",
        {"api-skew", "one-server"}, ASK_OTHERS,
    ),
    "few, ok": Cell(
        servers(0, count=2, silent=3), api(0), OK, False, "within 10 ms of UTC, unconfirmed; 2 of 2 servers agree; "
        "3 not reached; it is", {"not-skew", "unconfirmed"}, ASK,
    ),
    "few, off off alike": Cell(
        servers(-3, count=2, silent=3), api(-3), CRITICAL, False, "your clock is 3 s BEHIND UTC, unconfirmed between",
        {"local-behind", "unconfirmed"}, MEND,
    ),
    "few, off ok": Cell(
        servers(-3, count=2, silent=3), api(0), WARNING, False, "this host and the API agree, and NTP as seen from",
        {"ntp-differs", "unconfirmed"}, ASK_OTHERS,
    ),
    "few, off ok, near by the limit": Cell(
        servers(0.105, count=2, silent=3), api(0.095, 0.01), WARNING, False, "your clock is 105 ms AHEAD of UTC",
        {"local-ahead", "unconfirmed"}, ASK_OTHERS,
    ),
    "few, off off apart": Cell(
        servers(-3, count=2, silent=3), api(0.2), CRITICAL, False, "can't be told, so few NTP servers can't tell",
        {"api-skew", "unconfirmed"}, ASK_OTHERS,
    ),
    "few, divided, ok": Cell(
        [*servers(-3, count=2, silent=2), *servers(0, count=1)], api(0), UNKNOWN, False, "2 of the 5 servers asked say",
        {"unconfirmed"}, ASK_OTHERS,
    ),
    "few, divided, off": Cell(
        [*servers(-3, count=2, silent=2), *servers(0, count=1)], api(-3), CRITICAL, False,
        "this clock or the API's, which can't be told", {"api-skew", "unconfirmed"}, ASK_OTHERS,
    ),
    "few, divided, none": Cell(
        [*servers(-3, count=2, silent=2), *servers(0, count=1)], SILENT_API, UNKNOWN, False, "1 contradicts them",
        {"unconfirmed", "api-unreached"}, ASK_OTHERS,
    ),
    "none ok": Cell(
        SILENT_NTP, api(0), OK, False, "by api.mypurecloud.ie alone: your clock is within", {"udp-123-blocked"},
        ASK_INSIDE,
    ),
    "none off": Cell(
        SILENT_NTP, api(0.3), WARNING, False, "this clock or the API's, which can't be told", {"api-skew",
        "udp-123-blocked"}, ASK_INSIDE,
    ),
    "contradictory ok": Cell(
        [*servers(0, count=1), *servers(3, count=2)[1:]], api(0), UNKNOWN, False, "by api.mypurecloud.ie alone",
        {"servers-disagree"}, ASK_OTHERS,
    ),
    "ok none": Cell(
        servers(0), SILENT_API, UNKNOWN, False, "api.mypurecloud.ie was not reached: the connection was refused",
        {"api-unreached"}, "curl -sSIv https://api.mypurecloud.ie/api/v2/date",
    ),
    "off none": Cell(
        servers(-3), SILENT_API, CRITICAL, True, "your clock is 3 s BEHIND UTC", {"local-behind", "api-unreached"}, MEND
    ),
    "none none": Cell(
        SILENT_NTP, SILENT_API, UNKNOWN, False, "none of 3 NTP servers answered", {"api-unreached", "udp-123-blocked"},
        ASK_INSIDE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_every_cell_of_the_table(cell: Cell) -> None:
    """Sentence, status, proof, findings and next step of each."""
    report = check(cell.ntp, cell.api)
    assert cell.says in report.verdict
    assert (report.status, report.proven, ids(report)) == (cell.status, cell.proven, cell.found), report.verdict
    assert report.next_step is not None
    assert report.next_step.command == cell.command
    assert ("NOT CLOCK SKEW" in report.verdict) == ("not-skew" in ids(report))
    assert all(finding.summary and report.meaning for finding in report.findings)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_every_format_says_every_cell(cell: Cell) -> None:
    """Its outside judge accepts each, whatever the row."""
    report = check(cell.ntp, cell.api)
    judges.performance(nagios.render(report))
    judges.series(prometheus.render(report))
    judges.cases(junit.render(report))
    assert all(judges.command(line) for line in github.render(report).splitlines())
    assert checked(json.render(report))["command"] == "check"
    screen = text.render(report, width=80, color=False, verbose=0, quiet=False)
    assert max(map(len, screen.splitlines()[:-3])) <= 80


def test_the_first_lines_as_a_whole() -> None:
    """Whose clock comes first, by how much and how sure after it."""
    assert check(servers(0.2), api(0.21)).verdict == (
        "WARNING  your clock is 200 ms AHEAD of UTC, proven between 190 and 210 ms; 3 of 3 servers agree; it is 210 ms "
        "AHEAD of api.mypurecloud.ie, between 190 and 230 ms, too"
    )
    assert check(servers(0), api(3)).verdict == (
        "CRITICAL  the API's clock or its edge's, not yours: api.mypurecloud.ie is 3 s BEHIND UTC, between "
        "2.969 and 3.031 s; your clock is within 10 ms of UTC, proven; 3 of 3 servers agree"
    )
    assert check(servers(0), SILENT_API).verdict.startswith("CANNOT TELL  your clock is within 10 ms of UTC, proven;")


@pytest.mark.parametrize(
    ("utc_s", "api_s", "says"),
    [
        (0.2, -0.3, "with a buffer below 320 ms can come too late for it"),
        (-30, -90, "with a buffer below 90.1 s can come too late"),
        (-7, -4, "with a buffer below 7.01 s can come too late"),
        (5, 2, "Refreshing by exp comes early, which does no harm"),
    ],
)
def test_who_refreshes_by_exp_has_the_api_against_it(utc_s: float, api_s: float, says: str) -> None:
    """Where the API's clock is off as well, and farther ahead than this one, its range tells who comes too late."""
    report = check(servers(utc_s), api(api_s))
    assert "two clocks are off" in report.verdict
    assert says in report.meaning
    assert ("does no harm" in report.meaning) == (api_s > 0)


@pytest.mark.parametrize("few", [servers(-3, count=1), servers(-3, count=2, silent=3)], ids=["one", "a minority"])
def test_few_servers_are_confirmed_by_an_api_that_nobody_else_can_answer_for(few: Ntp) -> None:
    """By TLS it is a second witness, and the clock is to be mended; by plain http anybody can be it: ask others."""
    by_tls, plainly = (check(few, api(-3)._replace(security=how)) for how in (Security.VERIFIED, Security.PLAIN))
    assert by_tls.next_step is not None
    assert plainly.next_step is not None
    assert (by_tls.next_step.command, plainly.next_step.command) == (MEND, ASK_OTHERS)
    assert not by_tls.proven


def test_the_suspects_are_a_list_in_order() -> None:
    """Where no clock is off, each suspect comes with how to check it."""
    advice = the(check(servers(0), api(0)), "not-skew").remedy
    assert [line.partition(":")[0] for line in advice] == [suspect.name for suspect in SUSPECTS]
    assert all(suspect.check in line for suspect, line in zip(SUSPECTS, advice, strict=True))
    assert "Idle timeout" in advice[0]


def test_a_faked_clock_keeps_the_sentence_and_gets_another_remedy() -> None:
    """It is still the local clock; what mends it is to run without the fake."""
    faked = MINE._replace(fake=Fake("libfaketime", 0.2))
    for ntp in (servers(0.2), servers(0.2, count=1)):
        told, plain = check(ntp, api(0.2), facts=faked), check(ntp, api(0.2), facts=MINE)
        assert (told.verdict, told.status) == (plain.verdict, plain.status)
        assert "faked" in ids(told)
        assert told.next_step is not None
        assert told.next_step.command == "env -u LD_PRELOAD -u FAKETIME skewcheck check --region eu-west-1"


@pytest.mark.parametrize("skews_s", tuple(itertools.product((-3.0, 0.0, 0.2, 3.0), repeat=2)))
@pytest.mark.parametrize("pace", [Pace.OTHER, Pace.OPEN])
def test_at_another_rate_nothing_is_proven_of_any_clock(skews_s: tuple[float, float], pace: Pace) -> None:
    """Nor is a token's trouble said to be no clock skew; what mends it is to run without that."""
    told = check(servers(skews_s[0]), api(skews_s[1]), facts=MINE._replace(fake=Fake("libfaketime", None)), pace=pace)
    assert (told.proven, told.assumes) == (False, ())
    assert told.status is not Status.OK
    assert "not-skew" not in ids(told)
    assert (told.true_time is None) == (of_token._skew(told, None, LIMITS, NOON) is None) == (pace is Pace.OPEN)
    assert told.verdict.count("proven") == told.verdict.count("not proven, as time runs at another rate") > 0
    assert told.next_step is not None
    assert told.next_step.command == "env -u LD_PRELOAD -u FAKETIME skewcheck check --region eu-west-1"


def test_a_container_has_its_nodes_clock() -> None:
    """There it is not "yours"."""
    pod = MINE._replace(place=Place(container="kubernetes"))
    assert "this node's clock is 200 ms AHEAD" in check(servers(0.2), api(0.2), facts=pod).verdict
    assert ", not this node's: api." in check(servers(0), api(3), facts=pod).verdict


def test_the_hosts_own_daemon_is_heard_where_ntp_is_silent() -> None:
    """It is no proof, and worth a word."""
    claim = DaemonClaim(synchronised=True, bound_s=0.003)
    kept = MINE._replace(daemons=(Daemon("chronyd", running=True, claim=claim),))
    assert check(SILENT_NTP, api(0.3), facts=kept).verdict.endswith("; chronyd here says within 3 ms of UTC")


def test_the_hosts_own_servers_alone_blame_nobody_else() -> None:
    """They can't see their own error: a majority of them is none against an API."""
    own = tuple(f"ntp{n}.example" for n in range(3))
    report = check(servers(-3), api(0.2), own=own)
    assert "this host's own servers can't tell" in report.verdict
    assert not report.proven
    assert check(servers(0), api(3), own=own).proven is False


def test_a_flip_where_utcs_second_flips_is_evidence_that_a_date_is_fresh() -> None:
    """It is said with the chance of a coincidence; it proves nothing, and one that is elsewhere says nothing."""
    report = check(servers(0), api(0.0, lag=SECOND))
    assert report.verdict.endswith("it is within 20 ms of api.mypurecloud.ie, whose second moves on where UTC's does")
    assert "by chance in 6% of cases" in the(report, "api-fresh").summary
    assert "lag-unknown" not in ids(report)
    assert not report.proven
    for elsewhere in (check(servers(0), api(0.0, 0.09, SECOND)), check(servers(0, count=1), api(0.0, lag=SECOND))):
        assert "api-fresh" not in ids(elsewhere)
        assert "if its Date is fresh" in elsewhere.verdict


def test_what_an_old_date_could_change_is_said() -> None:
    """Ahead only grows with the age of a `Date`, behind may be that age, and fine rests on its being fresh."""
    assert ": api.mypurecloud.ie is at least 269 ms AHEAD of UTC;" in check(servers(0), api(-0.3, lag=SECOND)).verdict
    behind = check(servers(0), api(3, lag=SECOND)).verdict
    assert (
        ", not yours: api.mypurecloud.ie is 3 s BEHIND UTC, between 2.969 and 3.031 s if its Date is fresh; your clock"
        in behind
    )
    assert "old" not in behind
    assert "if that Date is fresh" in check(servers(0), api(0, 0.09, SECOND)).meaning
    assert "if that Date is fresh" not in check(servers(0), api(0, lag=SECOND)).meaning


def test_what_the_login_host_says_alone_is_told() -> None:
    """Where the API itself is silent."""
    assert check(servers(0), SILENT_API, api(0)).verdict.endswith(
        "refused; your clock is within 20 ms of login.mypurecloud.ie, proven"
    )


def test_a_clock_that_was_set_meanwhile_is_measured_again() -> None:
    """The step of it is said once, and nothing is blamed on it."""
    report = check(servers(0.2), api(0.2), stepped_s=3.0)
    assert report.next_step is not None
    assert report.next_step.command == "skewcheck check --region eu-west-1"
    assert [finding.id for finding in report.findings].count("stepped") == 1


def test_an_issuer_that_is_off_is_no_not_skew() -> None:
    """The login host's clock against the API's: it comes first where only that is wrong, and is never called fine."""
    report = check(servers(0), api(0), api(-0.4))
    assert (report.status, report.proven) == (Status.WARNING, False)
    assert report.verdict.startswith("WARNING  login.mypurecloud.ie, which issues tokens, is")
    assert "NOT CLOCK SKEW" not in report.verdict
    assert "issuer-ahead" in ids(report)
    assert not ids(report) & {"not-skew", "api-skew"}


def test_advice_to_ask_the_other_half_is_gone() -> None:
    """Both were asked."""
    for cell in CELLS.values():
        for finding in check(cell.ntp, cell.api).findings:
            assert not {"skewcheck clock", "skewcheck api --region REGION"} & {*finding.remedy}


def test_the_servers_named_are_named_again() -> None:
    """What is to be typed next asks the same servers and the same API, each once."""
    request = CheckRequest(servers=("ntp0.example", "ntp1.example"), region="eu-west-1")
    report = check(servers(0), api(0), request=request)
    assert report.next_step is not None
    assert report.next_step.command == "skewcheck token -H ntp0.example -H ntp1.example --region eu-west-1"


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
    st.builds(cached, SKEWS_S),
    st.builds(lambda one: one._replace(security=Security.PLAIN), st.builds(api, SKEWS_S)),
    st.just(SILENT_API),
)
ORDER = [OK, UNKNOWN, WARNING, CRITICAL]


def off_for_sure(interval: Interval) -> bool:
    """Tell whether no point of the range is ok."""
    return abs(interval.nearest_to_zero()) >= LIMITS.warning_s


@given(NTPS, READINGS, st.none() | READINGS)
def test_it_is_never_ok_where_something_is_proven_wrong(
    ntp: Ntp, first: DateReading | NoReading, login: DateReading | NoReading | None
) -> None:
    """Ok needs that nothing is off for sure; not-skew that both say so; proven that neither part leaves it open."""
    report = check(ntp, first, login)
    assert report.ntp is not None
    utc = report.ntp.survey.consensus.interval
    wrong = utc is not None and off_for_sure(utc)
    wrong = wrong or (isinstance(first, DateReading) and off_for_sure(first.interval))
    assert not (wrong and report.status in (OK, UNKNOWN)), report.verdict
    if isinstance(first, NoReading):
        assert report.status is not OK
    if "not-skew" in ids(report):
        assert report.status is OK
        assert utc is not None
    if report.proven:
        assert report.ntp.judgement.proven


@given(NTPS, READINGS, st.none() | READINGS)
def test_no_part_is_worse_than_the_whole(
    ntp: Ntp, first: DateReading | NoReading, login: DateReading | NoReading | None
) -> None:
    """Critical before warning before unknown before ok: and no finding is worse than the verdict on all of them."""
    report = check(ntp, first, login)
    worst = ORDER.index(report.status)
    assert all(ORDER.index(finding.status) <= worst for finding in report.findings)
    assert report.exit_code == {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}[report.status]
    word = {OK: "OK", WARNING: "WARNING", CRITICAL: "CRITICAL", UNKNOWN: "CANNOT TELL"}[report.status]
    assert report.verdict.startswith(f"{word}  ")
    assert len({finding.id for finding in report.findings}) >= len(report.findings) - 4
    assert "inf" not in report.verdict.split()
    assert not [finding for finding in report.findings if "inf " in finding.summary or "nan" in finding.summary]


def test_the_right_party_whatever_the_three_clocks_are() -> None:
    """With narrow ranges: of UTC as NTP tells it, this host and the API, who is off is named."""
    values = (0.0, 0.2, -3.0, 3600.0)
    for local_s, ntp_s, api_s in itertools.product(values, repeat=3):
        report = check(servers(local_s - ntp_s, 0.001), api(local_s - api_s, 0.01))
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
        assert ids(report) - {"time-zone"} == wanted, (local_s, ntp_s, api_s, report.verdict)
