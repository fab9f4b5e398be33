"""What is found of this host's clock and of the servers that were asked, from answers made by hand."""

import pytest
from measurements import (
    CRITICAL,
    NOON,
    OK,
    RUN,
    UNKNOWN,
    WARNING,
    clock,
    facts_of,
    ids,
    lead,
    mute,
    server,
    servers,
    the,
    this_host,
)

from skewcheck.judge.severity import EXIT_CODES
from skewcheck.model import (
    ConfiguredServer,
    Fake,
    Interval,
    NoReading,
    Pace,
    Policy,
    Reading,
    Request,
    ServerList,
    Status,
)

GOOD = [server(name, -0.004, 0.0042) for name in "abc"]
AHEAD = [server(name, 0.1951, 0.2108) for name in "abcd"]
BEHIND = [server(name, -5400.01, -5399.99) for name in "abc"]


def test_a_good_clock() -> None:
    """Ok and proven: how far at most, and who vouches for it."""
    found = clock(*GOOD)
    assert ids(found) == ["clock-ok"]
    assert facts_of(found, "clock-ok") == {
        "skew_s": pytest.approx(0.0001), "low_s": -0.004, "high_s": 0.0042,
        "agreeing": 3, "answered": 3, "asked": 3, "unreached": 0,
    }  # fmt: skip
    assert (found.status, found.proven, found.exit_code) == (OK, True, 0)
    assert found.assumes == ("majority-honest", "path-not-hostile")


def test_ahead_with_a_liar_and_a_silent_server() -> None:
    """The range is the proven one, who was not reached doesn't count as asked in vain, and the liar is named."""
    found = clock(*AHEAD, server("liar", -9.8, -9.79), mute("mute"))
    assert ids(found) == ["local-ahead", "falseticker"]
    told = facts_of(found, "local-ahead")
    assert (told["low_s"], told["high_s"]) == (0.1951, 0.2108)
    assert (told["agreeing"], told["answered"], told["asked"], told["unreached"]) == (4, 5, 6, 1)
    assert facts_of(found, "falseticker") == {"server": "liar", "off_by_s": pytest.approx(9.9851)}
    assert (found.status, found.proven) == (WARNING, True)
    assert found.true_time == pytest.approx(Interval(NOON - 0.2108, NOON - 0.1951), abs=1e-6)


def test_behind_is_another_illness() -> None:
    """It has an id of its own."""
    found = clock(*BEHIND)
    assert ids(found) == ["local-behind"]
    assert (found.status, found.proven, found.exit_code) == (CRITICAL, True, 2)


def test_a_clock_that_is_years_off_shows_both_times_of_day() -> None:
    """From a day on its size says little; below, no time of day stands there."""
    years = 57 * 365 * 86400.0
    told = facts_of(clock(*(server(name, -years - 0.01, -years + 0.01) for name in "abc")), "local-behind")
    assert told["here_at_s"] == NOON
    assert told["utc_at_s"] == pytest.approx(NOON + years)
    assert "utc_at_s" not in facts_of(clock(*BEHIND), "local-behind")


@pytest.mark.parametrize(
    ("outcomes", "own", "witness", "why"),
    [
        ([server("solo", 0.19, 0.21)], (), None, "one-server"),
        ([server("solo", -0.001, 0.002), mute("mute")], (), None, "one-server"),
        (AHEAD, ("a", "b", "c", "d"), None, "own-servers"),
        (GOOD, ("a", "b", "c"), None, "own-servers"),
        (AHEAD, ("a", "b", "c"), Interval(0.05, 0.25), "own-servers"),
        (GOOD, ("a", "b"), Interval(-0.12, 0.01), "own-servers"),
        ([server(name, -0.14, 0.02) for name in "abc"], (), None, "limit"),
        ([server(name, 0.06, 0.18) for name in "abc"], (), None, "limit"),
    ],
)
def test_what_is_not_confirmed_says_why(
    outcomes: list[Reading | NoReading], own: tuple[str, ...], witness: Interval | None, why: str
) -> None:
    """One server, own ones only, a limit inside of the range: never proven, and no clock to be set by it."""
    found = clock(*outcomes, own=own, witness=witness)
    assert lead(found) == ("clock-ok" if found.status is OK else "local-unconfirmed")
    assert facts_of(found, lead(found))["why"] == why
    assert not found.proven
    assert facts_of(found, lead(found))["agreeing"] == sum(isinstance(outcome, Reading) for outcome in outcomes)


def test_the_limit_that_a_range_holds_is_said() -> None:
    """Of a majority that agrees: no more servers help, and whether it is off, or how much, is not proven."""
    for skew_s, name, limit_s in (
        (-0.099, "clock-ok", 0.1),
        (-0.9995, "local-behind", 1.0),
        (-3.0, "local-behind", None),
    ):
        found = clock(*(server(each, skew_s - 0.002, skew_s + 0.002) for each in "abc"))
        told = facts_of(found, name)
        assert (told.get("limit_s"), told.get("unconfirmed"), found.proven) == (limit_s, None, limit_s is None)


@pytest.mark.parametrize(
    ("policy", "named", "off_by_s", "status", "limit_s"),
    [
        (Policy(60, 300), True, 320, CRITICAL, 300),
        (Policy(60, 300), True, 70, WARNING, 60),
        (Policy(60, 300), True, 50, OK, None),
        (Policy(60, 300), False, 320, OK, None),
        (Policy(), True, 320, OK, None),
    ],
)
def test_a_server_that_was_named_with_a_limit_is_held_to_it(
    policy: Policy, named: bool, off_by_s: float, status: Status, limit_s: float | None
) -> None:
    """A domain controller beyond Kerberos' five minutes leads by its name; with no limit given it is just a vote."""
    votes = [*(server(name, -0.01, 0.01) for name in "abc"), server("dc1", off_by_s, off_by_s + 0.02)]
    found = clock(*votes, request=Request("clock", servers=("a", "b", "c", "dc1") if named else (), policy=policy))
    assert (found.status, lead(found)) == (status, "clock-ok" if status is OK else "falseticker")
    assert (facts_of(found, "falseticker").get("limit_s"), found.exit_code) == (limit_s, EXIT_CODES[status])
    unsure = clock(*votes[:1], votes[3], request=Request("clock", servers=("a", "dc1"), policy=policy))
    assert "falseticker" not in ids(unsure)


def test_surely_off_needs_no_certainty_about_critical() -> None:
    """Whether a majority's range is a warning or critical changes nothing that is to be done: it names the clock."""
    found = clock(*(server(name, -1.3, -0.9) for name in "abc"))
    assert (lead(found), found.status, found.proven) == ("local-behind", CRITICAL, False)
    assert the(found, "local-behind").fact("skew_s") is None  # the range is wider than what it is held against
    told = clock(*AHEAD, own=("a", "b"), witness=Interval(0.15, 0.22))
    assert (lead(told), told.proven) == ("local-ahead", True)


def test_one_server_has_no_premise_of_a_majority() -> None:
    """What it says is taken at its word, and nothing is assumed of others."""
    assert clock(server("solo", 0.19, 0.21), listed=ServerList.NAMED).assumes == ()


def test_too_coarse_is_not_ok() -> None:
    """A range from ok to critical is unknown, whatever its middle says."""
    found = clock(*(server(name, -0.9, 1.2) for name in "ab"))
    assert ids(found) == ["too-coarse"]
    assert facts_of(found, "too-coarse") == {
        "low_s": -0.9, "high_s": 1.2, "reference": "UTC", "warning_s": 0.1, "critical_s": 1.0,
    }  # fmt: skip
    assert found.exit_code == 3


def test_where_the_direction_is_open_no_illness_is_named() -> None:
    """Estimate 150 ms ahead, but perhaps behind: a warning, and nothing to mend."""
    found = clock(*(server(name, -0.05, 0.35) for name in "abc"))
    assert (ids(found), found.status) == (["too-coarse"], WARNING)


def test_a_server_that_doubts_its_own_time_is_the_reason() -> None:
    """A dispersion of 10.5 s at a round trip of 0.2 ms: it is not the way that makes the range wide."""
    found = clock(server("doubter", -10.5, 10.5, delay_s=0.0002, distance_s=10.5))
    assert ids(found) == ["too-coarse"]
    assert facts_of(found, "too-coarse")["because"] == "server"


def test_servers_that_contradict_each_other_give_no_verdict() -> None:
    """2-2 and three apart: nobody has a majority, so nobody is believed and nobody called a liar."""
    two = clock(server("a", 0.0, 0.01), server("b", 5.0, 5.01))
    assert (ids(two), facts_of(two, "servers-disagree")["why"]) == (["servers-disagree"], "two")
    four = clock(*(server(name, at_s, at_s + 0.01) for name, at_s in [("a", 0), ("b", 0), ("c", 5), ("d", 5)]))
    assert facts_of(four, "servers-disagree") == {"answered": 4, "asked": 4, "unreached": 0}
    assert (four.exit_code, four.true_time) == (3, None)
    own = clock(server("a", 0.0, 0.01), server("b", 5.0, 5.01), own=("a",))
    assert facts_of(own, "servers-disagree")["why"] == "own"


@pytest.mark.parametrize(
    ("outcomes", "reason", "counts"),
    [
        ([mute(n) for n in "abcde"], "blocked", "5 no-reply"),
        ([mute("a")], "silent", "1 no-reply"),
        ([mute("a"), mute("b", "prohibited")], "blocked", "1 no-reply, 1 prohibited"),
        ([mute(n, "prohibited") for n in "ab"], "prohibited", "2 prohibited"),
        ([mute(n, "no-route") for n in "ab"], "no-network", "2 no-route"),
        ([mute("a", "no-route")], "no-route", "1 no-route"),
        ([mute("a", "no-route"), mute("b", "unreachable")], "no-route", "1 no-route, 1 unreachable"),
        ([mute(n, "dns-timeout", address=None) for n in "ab"], "dns", "2 dns-timeout"),
        ([mute(n, "dns-no-such-name", address=None) for n in "ab"], "dns", "2 dns-no-such-name"),
        ([mute("a", "dns-no-such-name", address=None)], "no-such-name", "1 dns-no-such-name"),
        ([mute("a", "dns-slow", address=None)], "dns", "1 dns-slow"),
        ([mute("a", "no-address", address=None)], "no-address", "1 no-address"),
        ([mute("a", "port-closed")], "port-closed", "1 port-closed"),
        ([mute("a", "kod-rate", rejected=True)], "rate", "1 kod-rate"),
        ([mute("a", "other-address", rejected=True)], "other-address", "1 other-address"),
        ([mute(n, "unsynchronised", rejected=True) for n in "ab"], "unsynchronised", "2 unsynchronised"),
        ([mute("a", "root-distance", rejected=True)], "distance", "1 root-distance"),
        ([mute("a"), mute("b"), mute("c", "port-closed")], None, "2 no-reply, 1 port-closed"),
        ([mute("a"), mute("b", "kod-rate", rejected=True)], None, "1 no-reply, 1 kod-rate"),
        ([mute("a", "send-failed")], None, "1 send-failed"),
    ],
)
def test_nobody_answered_and_why(outcomes: list[NoReading], reason: str | None, counts: str) -> None:
    """Unknown, never ok; the reason is a fact, where they have one in common, and each has its own."""
    found = clock(*outcomes)
    assert (ids(found), found.status, found.exit_code) == (["ntp-unreached"], UNKNOWN, 3)
    told = facts_of(found, "ntp-unreached")
    assert (told.get("reason"), told["counts"], told["asked"], told["server"]) == (reason, counts, len(outcomes), "a")


@pytest.mark.parametrize(
    ("addresses", "port"),
    [(["[::1]:1123"], "1123"), (["192.0.2.1"], "123"), (["192.0.2.1:1", "192.0.2.2"], None), (["2001:db8::1"], "123")],
)
def test_the_port_that_may_be_blocked(addresses: list[str], port: str | None) -> None:
    """It is the one that was asked; none is named where several were."""
    outcomes = [mute(str(number), address=address) for number, address in enumerate(addresses)]
    assert the(clock(*outcomes), "ntp-unreached").fact("port") == port


def _over(scheme: str, *low_s: float) -> list[Reading]:
    return [server(f"{scheme}{n}.example", each_s, each_s + 0.01) for n, each_s in enumerate(low_s)]


@pytest.mark.parametrize(
    ("low_s", "id_"),
    [
        ((0.0, 0.0, 0.0), "clock-ok"), ((0.5, 0.5, 0.5), "local-ahead"), ((0.5,), "local-unconfirmed"),
        ((0.0, 9.0, 20.0), "servers-disagree"), ((0.0, 9.0), "servers-disagree"),
    ],
)  # fmt: skip
def test_web_servers_are_called_no_ntp_servers(low_s: tuple[float, ...], id_: str) -> None:
    """What was asked over HTTPS, or partly so, is a fact of each finding that names the servers."""
    assert the(clock(*_over("ntp", *low_s)), id_).fact("https") is None
    assert the(clock(*_over("https://web", *low_s)), id_).fact("https") is True
    mixed = clock(*_over("https://web", *low_s), mute("ntp.example"))
    assert next(finding for finding in mixed.findings if finding.id in (id_, "servers-disagree")).fact("https") is True


@pytest.mark.parametrize(
    ("names", "who", "port"),
    [
        (("a", "b"), "2 NTP servers", "123"),
        (("https://a", "https://b"), "2 web servers", None),
        (("a", "https://b"), "2 servers", "123"),
        (("https://a",), "https://a", None),
    ],
)
def test_who_was_not_reached_is_called_by_what_was_asked(names: tuple[str, ...], who: str, port: str | None) -> None:
    """And a port of UDP is named of NTP alone."""
    found = the(clock(*map(mute, names)), "ntp-unreached")
    assert (found.fact("who"), found.fact("port")) == (who, port)


def test_a_second_name_of_the_same_address_is_no_vote() -> None:
    """It is listed, but neither asked nor counted."""
    told = facts_of(clock(*GOOD[:2], mute("again", "same-address")), "clock-ok")
    assert (told["agreeing"], told["answered"], told["asked"], told["unreached"]) == (2, 2, 2, 0)


def test_a_step_and_a_slew_are_remarks_where_the_range_covers_them() -> None:
    """A clock that was set by less than anybody is warned of is judged all the same."""
    found = clock(*GOOD, run=RUN._replace(step_s=-0.002, slew_ppm=-700.4))
    assert (found.status, ids(found)) == (OK, ["clock-ok", "clock-stepped", "clock-slewing"])
    assert facts_of(found, "clock-stepped") == {"step_s": 0.002, "step_way": "back"}
    assert facts_of(found, "clock-slewing") == {"slew_ppm": 700, "slew_way": "slower"}


@pytest.mark.parametrize(
    ("low_s", "high_s", "status"), [(-0.01, 7.0, UNKNOWN), (6.9, 14.0, CRITICAL), (-0.01, 0.01, OK)]
)
def test_a_clock_that_was_set_meanwhile_is_blamed_for_nothing(low_s: float, high_s: float, status: Status) -> None:
    """Two clocks were measured: the step is the answer, once, with the status that the range has."""
    found = clock(*(server(name, low_s, high_s) for name in "ab"), run=RUN._replace(step_s=7.0))
    assert found.status is status
    assert ids(found) == (["clock-stepped"] if status is not OK else ["clock-ok", "clock-stepped"])


def test_limits_decide_on_the_status_and_not_on_the_facts() -> None:
    """Limits of an hour make 40 s ok."""
    request = Request(command="clock", policy=Policy(7200, 86400))
    late = clock(*BEHIND, request=request)
    assert (late.status, lead(late)) == (OK, "clock-ok")


def test_who_could_still_have_answered_is_counted() -> None:
    """A refusal and a name that isn't there are no matter of time."""
    found = clock(
        *GOOD, mute("mute"), mute("kod", "kod-rate", rejected=True), mute("name", "dns-no-such-name"), cut_short=True
    )
    assert facts_of(found, "cut-short") == {"duration_s": 0.25, "missing": 1}


def test_a_liar_that_this_host_follows_is_named_with_its_file() -> None:
    """There it is to be replaced."""
    facts = this_host()._replace(configured=(ConfiguredServer("liar", "/etc/chrony.conf"),))
    found = clock(*GOOD, server("liar", 9.0, 9.1), facts=facts)
    assert facts_of(found, "falseticker")["origin"] == "/etc/chrony.conf"


def test_only_own_servers_answer() -> None:
    """Where all others are silent, NTP is probably blocked on the way out; where one says why, it is not."""
    found = clock(*GOOD, mute("pool"), own=("a", "b", "c"))
    assert ids(found) == ["clock-ok", "ntp-partly-blocked"]
    for other in (mute("pool", "dns-failed"), server("pool", 0.0, 0.001)):
        assert "ntp-partly-blocked" not in ids(clock(*GOOD, other, own=("a", "b", "c")))


def test_smeared_servers_are_told_of_where_the_user_named_them() -> None:
    """What skewcheck adds itself is its own affair."""
    outcomes: list[Reading | NoReading] = [*GOOD, mute("time.google.com", "smeared", rejected=True)]
    assert facts_of(clock(*outcomes, listed=ServerList.NAMED), "smear-mixed") == {"servers": "time.google.com"}
    assert "smear-mixed" not in ids(clock(*outcomes))


@pytest.mark.parametrize("pace", [Pace.OTHER, Pace.OPEN])
@pytest.mark.parametrize("skew_s", [0.0, 0.3, -7200.0])
def test_at_another_rate_no_majority_proves_anything(skew_s: float, pace: Pace) -> None:
    """Not that a clock is right, and not that it is wrong: first what fakes the time has to go."""
    host = this_host(fake=Fake("libfaketime", None, other_rate=True))
    found = clock(*servers(skew_s), run=RUN._replace(pace=pace), facts=host)
    assert (found.proven, found.assumes) == (False, ())
    assert found.status is UNKNOWN or (skew_s and pace is Pace.OTHER)
    assert "fake-time" in ids(found)
    assert not {"clock-ok", "local-ahead", "local-behind", "too-coarse"} & set(ids(found))
    assert found.steps[0].command == "env -u LD_PRELOAD -u FAKETIME skewcheck clock"


def test_a_clock_that_is_pulled_to_and_fro_is_told_of() -> None:
    """However little it has moved in the end."""
    found = clock(*servers(0.0), run=RUN._replace(wander_s=0.02))
    assert facts_of(found, "clock-slewing") == {"slew_ppm": 0, "slew_way": "to-and-fro", "wander_s": 0.02}
