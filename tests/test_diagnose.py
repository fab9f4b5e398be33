"""The verdict in words, the findings, and the one next step, from measurements made by hand."""

import pytest

from skewcheck.examine import ClockRequest
from skewcheck.examine.against_ntp import judged
from skewcheck.measure.consensus import agree
from skewcheck.model import (
    Exchange,
    Family,
    Finding,
    Interval,
    LocalRun,
    NoReading,
    Pace,
    Reading,
    Report,
    ServerList,
    Status,
    Survey,
    Thresholds,
)

RUN = LocalRun(ended_at_s=1_800_000_000.0, duration_s=0.25, step_s=0.0, slew_ppm=0.0, wander_s=0.0)


def exchange(*, reference_age_s: float | None = 30.0) -> Exchange:
    """Return the facts of some honest exchange."""
    return Exchange(0.0, 0.0, 0.0, 0.01, 0, 4, 2, 6, 1e-6, 0.01, 0.001, "192.0.2.9", reference_age_s)


def reading(server: str, low_s: float, high_s: float, *, reference_age_s: float | None = 30.0) -> Reading:
    """Return what *server* would say."""
    facts = (exchange(reference_age_s=reference_age_s),)
    return Reading(server, "192.0.2.1", (low_s + high_s) / 2, Interval(low_s, high_s), 0.01, facts)


def silent(
    server: str, reason: str = "no-reply", *, address: str | None = "192.0.2.2", rejected: bool = False
) -> NoReading:
    """Return a server that gave nothing."""
    return NoReading(server, address, reason, f"detail of {reason}", rejected=rejected)


def report(
    *outcomes: Reading | NoReading, listed: ServerList = ServerList.PUBLIC, run: LocalRun = RUN, cut_short: bool = False
) -> Report:
    """Return the report on these outcomes, with the default limits."""
    return judged(Survey(agree(outcomes), listed, run, cut_short), Thresholds(0.1, 1.0), ClockRequest())


def ids(found: Report) -> list[str]:
    """Return the ids of all findings."""
    return [finding.id for finding in found.findings]


def the(found: Report, name: str) -> Finding:
    """Return the one finding of that id."""
    (finding,) = (finding for finding in found.findings if finding.id == name)
    return finding


GOOD = [reading(name, -0.004, 0.0042) for name in "abc"]
AHEAD = [reading(name, 0.1951, 0.2108) for name in "abcd"]
BEHIND = [reading(name, -5400.01, -5399.99) for name in "abc"]


def test_a_good_clock() -> None:
    """OK says how far at most, who vouches, that the API wasn't asked, and where to look next."""
    found = report(*GOOD)
    assert found.verdict == "OK  your clock is within 4.2 ms of UTC, proven; 3 of 3 servers agree"
    assert found.proven
    assert found.exit_code == 0
    assert "unlikely cause" in found.meaning
    assert found.next_step is not None
    assert found.next_step.command == "skewcheck api --region REGION"
    assert found.assumes == ("majority-honest", "path-not-hostile")
    assert ids(found) == []


def test_ahead_with_a_liar_and_a_silent_server() -> None:
    """The direction is a word, the range is the proven one, and the liar is named with how far off it is."""
    found = report(*AHEAD, reading("liar", -9.8, -9.79), silent("mute"))
    assert (
        found.verdict
        == "WARNING  your clock is 203 ms AHEAD of UTC, proven between 195 and 211 ms; 4 of 5 servers agree; "
        "1 not reached"
    )
    assert found.exit_code == 1
    assert "issued in the future" in found.meaning
    assert ids(found) == ["local-ahead", "falseticker"]
    assert the(found, "falseticker").summary == "liar is off by at least 9.99 s: its vote doesn't count"
    assert found.true_time == pytest.approx(Interval(1_800_000_000 - 0.2108, 1_800_000_000 - 0.1951), abs=1e-6)


def test_behind_is_the_other_illness() -> None:
    """Behind means premature expiry, with how late the refresh comes."""
    found = report(*BEHIND)
    assert found.verdict == (
        "CRITICAL  your clock is 5400.000 s (1 h 30 min) BEHIND UTC, "
        "proven between 5399.99 and 5400.01 s; 3 of 3 servers agree"
    )
    assert "with a buffer below 1 h 31 min can come too late" in found.meaning
    assert ids(found) == ["local-behind"]
    assert found.exit_code == 2


@pytest.mark.parametrize(
    ("platform", "kind", "command"),
    [
        ("linux", "next", "timedatectl timesync-status || chronyc tracking"),
        ("darwin", "do", "sudo sntp -sS time.apple.com"),
        ("win32", "do", "w32tm /resync /rediscover"),
        ("freebsd14", "next", "ntpq -pn || chronyc tracking"),
    ],
)
def test_the_last_line_fits_the_platform(
    monkeypatch: pytest.MonkeyPatch, platform: str, kind: str, command: str
) -> None:
    """What mends a clock differs by system; each gets its own one command."""
    monkeypatch.setattr("sys.platform", platform)
    step = report(*AHEAD).next_step
    assert step is not None
    assert (step.kind, step.command) == (kind, command)


def test_one_server_is_taken_at_its_word_and_says_so() -> None:
    """Never proven; asked alone or left alone are told apart."""
    alone = report(reading("solo", 0.19, 0.21), listed=ServerList.NAMED)
    assert alone.verdict == (
        "WARNING  your clock is 200 ms AHEAD of UTC, between 190 and 210 ms if solo is right: one server proves nothing"
    )
    assert not alone.proven
    assert alone.assumes == ()
    assert alone.next_step is not None
    assert alone.next_step.command == "skewcheck clock"
    left = report(reading("solo", -0.001, 0.002), silent("mute"), cut_short=True)
    assert left.verdict == "OK  your clock is within 2 ms of UTC if solo is right: the only one of 2 that answered"
    assert not left.proven
    assert ids(left) == ["one-server", "cut-short"]
    assert "1 of 2 servers had not answered" in the(left, "cut-short").summary


def test_too_coarse_is_not_ok() -> None:
    """A range from ok to critical is unknown, whatever its middle says, and says what would settle it."""
    found = report(*(reading(name, -0.9, 1.2) for name in "ab"))
    assert found.verdict == (
        "CANNOT TELL  your clock is between 0.9 s behind and 1.2 s ahead of UTC: "
        "too coarse for limits of 100 ms and 1 s"
    )
    assert found.exit_code == 3
    assert ids(found) == ["too-coarse"]
    assert found.next_step is not None
    assert found.next_step.command == "skewcheck clock -H HOST1 -H HOST2 -H HOST3"
    one_way = report(*(reading(name, 0.05, 1.2) for name in "ab"))
    assert "between 0.0 and 1.2 s AHEAD of UTC" in one_way.verdict


def test_servers_that_contradict_each_other_give_no_verdict() -> None:
    """2-2 and three apart: nobody has a majority, so nobody is believed and nobody called a liar."""
    two = report(reading("a", 0.0, 0.01), reading("b", 5.0, 5.01))
    assert two.verdict == (
        "CANNOT TELL  the two servers that answered contradict each other: one of them is wrong, or both"
    )
    four = report(*(reading(name, at_s, at_s + 0.01) for name, at_s in [("a", 0), ("b", 0), ("c", 5), ("d", 5)]))
    assert four.verdict == ("CANNOT TELL  the 4 servers that answered contradict each other: no majority shares a time")
    assert ids(four) == ["servers-disagree"]
    assert four.exit_code == 3
    assert four.true_time is None


@pytest.mark.parametrize(
    ("outcomes", "sentence", "finding"),
    [
        (
            [silent(n) for n in "abcde"],
            "none of 5 NTP servers answered in 250 ms: UDP 123 is probably blocked here",
            "udp-123-blocked",
        ),
        (
            [silent("a", address="[::1]:1123")],
            "the NTP server a did not answer in 250 ms: it is down, or UDP 1123 is blocked on the way",
            "no-answer",
        ),
        (
            [silent("a", address="192.0.2.1:1"), silent("b")],
            "none of 2 NTP servers answered in 250 ms: UDP is probably blocked here",
            "udp-123-blocked",
        ),
        (
            [silent(n, "no-route") for n in "ab"],
            "none of 2 NTP servers answered: this host has no network",
            "no-network",
        ),
        (
            [silent(n, "dns-timeout", address=None) for n in "ab"],
            "none of 2 NTP servers answered in 250 ms: this host can't resolve names",
            "dns-failed",
        ),
        ([silent("a", "port-closed")], "the NTP server a did not answer: no time server runs there", "no-answer"),
        (
            [silent("a"), silent("b"), silent("c", "port-closed")],
            "none of 3 NTP servers answered in 250 ms: 2 silent, 1 without a time server",
            "no-answer",
        ),
        (
            [silent("a"), silent("b", "kod-rate", rejected=True)],
            "none of 2 NTP servers gave a usable answer: 1 silent, 1 kod-rate",
            "no-answer",
        ),
        (
            [silent("a", "kod-rate", rejected=True)],
            "the NTP server a gave no usable answer: detail of kod-rate",
            "no-answer",
        ),
        ([silent("a", "send-failed")], "the NTP server a did not answer: 1 send-failed", "no-answer"),
    ],
)
def test_nobody_answered_and_the_probable_cause(outcomes: list[NoReading], sentence: str, finding: str) -> None:
    """Unknown, never ok: what happened, what it probably means, under an id of its own."""
    found = report(*outcomes)
    assert found.verdict == f"CANNOT TELL  {sentence}"
    assert found.exit_code == 3
    assert found.status is Status.UNKNOWN
    assert ids(found) == [finding]
    assert found.next_step is not None
    assert found.next_step.command == "skewcheck clock -H ADDRESS"


def test_a_second_name_of_the_same_address_is_no_vote() -> None:
    """It is listed, but neither asked nor counted."""
    found = report(*GOOD[:2], silent("again", "same-address"))
    assert found.verdict.endswith("2 of 2 servers agree")


def test_a_step_and_a_slew_are_told() -> None:
    """Both are remarks: the range already covers them. Only a range too coarse to judge is unknown."""
    stepped = report(*GOOD, run=RUN._replace(step_s=-0.002, slew_ppm=700.0))
    assert stepped.status is Status.OK
    assert ids(stepped) == ["stepped", "slewing"]
    assert the(stepped, "stepped").summary.startswith("the local clock jumped back by 2 ms meanwhile")
    assert "700 ppm faster" in the(stepped, "slewing").summary
    assert stepped.next_step is not None
    assert stepped.next_step.why.startswith("measures again")
    back = report(*GOOD, run=RUN._replace(wander_s=0.16))
    assert ids(back) == ["slewing"]
    assert "back and forth, 160 ms in all" in the(back, "slewing").summary
    wide = report(*(reading(name, -0.01, 7.0) for name in "ab"), run=RUN._replace(step_s=7.0))
    assert wide.verdict == "CANNOT TELL  your clock was set by 7 s while it was being measured"


@pytest.mark.parametrize(
    ("readings", "pace", "status"),
    [
        (GOOD, Pace.OTHER, Status.UNKNOWN),
        (AHEAD, Pace.OTHER, Status.WARNING),
        (AHEAD, Pace.OPEN, Status.UNKNOWN),
        (BEHIND, Pace.OTHER, Status.CRITICAL),
        (BEHIND[:1], Pace.OTHER, Status.CRITICAL),
        ([reading(name, -0.05, 0.35) for name in "abc"], Pace.OTHER, Status.UNKNOWN),
    ],
)
def test_at_another_rate_nothing_is_proven_and_nothing_ok(readings: list[Reading], pace: Pace, status: Status) -> None:
    """It is said in words, with the range; the clock itself is not to be set for it, and no premise is named."""
    found = report(*readings, run=RUN._replace(pace=pace, step_s=-0.3))
    assert (found.status, found.proven, found.assumes) == (status, False, ())
    assert found.verdict.endswith(", not proven, as time runs at another rate in this process")
    assert found.verdict.count("proven") == 1
    assert "from moment to moment" in found.meaning
    assert found.next_step is not None
    assert found.next_step.command.startswith("env | grep LD_PRELOAD")
    assert not set(ids(found)) & {"stepped", "slewing", "too-coarse"}


def test_a_server_that_was_last_set_days_ago_is_worth_a_remark() -> None:
    """Its own dispersion allows for it, so its vote counts."""
    found = report(
        *GOOD,
        reading("old", -0.004, 0.004, reference_age_s=30 * 86400),
        reading("none", 0, 0.001, reference_age_s=None),
    )
    assert the(found, "stale-reference").summary == "old was itself last set 30 d ago"
    assert "5 of 5" in found.verdict


def test_a_limit_that_lies_within_the_range_is_named_and_nothing_is_called_proven() -> None:
    """The range is sure, the status is not: OK is only the best estimate."""
    found = report(*(reading(name, -0.14, 0.02) for name in "abc"))
    assert found.verdict == (
        "OK  your clock is 60 ms BEHIND UTC, between 140 ms behind and 20 ms ahead: on which side of the 100 ms "
        "limit is not proven; 3 of 3 servers agree"
    )
    assert not found.proven
    assert found.next_step is not None
    assert "HOST1" in found.next_step.command


def test_where_the_direction_is_open_no_illness_is_named_and_nothing_mended() -> None:
    """Estimate 150 ms ahead, but perhaps behind: a warning, and what narrows the range."""
    found = report(*(reading(name, -0.05, 0.35) for name in "abc"))
    assert found.status is Status.WARNING
    assert "ahead and behind are different illnesses" in found.meaning
    assert ids(found) == ["too-coarse"]
    assert "leaves open whether the clock is ahead or behind" in the(found, "too-coarse").summary
    assert found.next_step is not None
    assert found.next_step.kind == "next"


def test_what_it_means_follows_the_size_not_the_limits() -> None:
    """Limits of a minute make 40 s ok, and harmless they are not; hours ahead make fresh tokens look dead."""
    late = judged(
        Survey(agree(BEHIND), ServerList.PUBLIC, RUN, cut_short=False), Thresholds(7200, 86400), ClockRequest()
    )
    assert late.status is Status.OK
    assert "refuses fresh tokens" in late.meaning
    hours = report(*(reading(name, 25200.0, 25200.1) for name in "abc"))
    assert "looks dead on arrival" in hours.meaning
    slightly = report(*(reading(name, -0.16, -0.14) for name in "abc"))
    assert "refuses some fresh tokens" in slightly.meaning


def test_the_same_servers_are_asked_again_where_that_helps() -> None:
    """A long way is shortened by more samples of the servers that the user named, quoted for a shell."""
    far = [reading(name, -0.14, 0.02)._replace(delay_s=0.16) for name in "abc"]
    request = ClockRequest(servers=("a", "b", "c d"), family=Family.V6)
    found = judged(Survey(agree(far), ServerList.NAMED, RUN, cut_short=False), Thresholds(0.1, 1.0), request)
    assert found.next_step is not None
    assert found.next_step.command == "skewcheck clock --samples 4 -6 -H a -H b -H 'c d'"


def test_missing_samples_and_missing_servers_are_counted_apart() -> None:
    """Only who could still have answered counts as cut short; a lost sample is told of its server."""
    outcomes: list[Reading | NoReading] = [
        *GOOD,
        silent("mute"),
        silent("kod", "kod-rate", rejected=True),
        silent("name", "dns-no-such-name"),
    ]
    survey = Survey(agree(outcomes), ServerList.NAMED, RUN, cut_short=True, samples=2)
    found = judged(survey, Thresholds(0.1, 1.0), ClockRequest())
    assert "1 of 6 servers had not answered" in the(found, "cut-short").summary
    assert next(f.summary for f in found.findings if f.id == "fewer-samples") == "a gave 1 of 2 samples"
