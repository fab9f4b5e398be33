"""Findings about a host from facts made by hand, each beside the neighbours that must stay silent."""

import math
import zoneinfo
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.judge.case import Case
from skewcheck.judge.host import ZONES_S, contradicted_daemon, findings, smears
from skewcheck.judge.severity import judge
from skewcheck.model import (
    Basis,
    Consensus,
    Daemon,
    DaemonClaim,
    Fake,
    Finding,
    Hardware,
    HostFacts,
    Interval,
    KernelClock,
    LocalRun,
    NtpPart,
    Place,
    Request,
    ServerList,
    Status,
    Survey,
    Thresholds,
    Unknown,
    Zone,
)

LIMITS = Thresholds(0.1, 1.0)
UNKNOWN = Unknown("not told")
UTC = Zone("UTC", 0)
BERLIN = Zone("Europe/Berlin", 7200)
KEPT = KernelClock(0.02, flagged_unsynchronised=False, frequency_ppm=3.0)
LEFT = KernelClock(16.0, flagged_unsynchronised=True, frequency_ppm=0.0)
GOOD = DaemonClaim(synchronised=True, bound_s=0.003, source="ntp.example", stratum=2, age_s=60.0)
LOST = DaemonClaim(synchronised=False)


def host(
    *daemons: Daemon,
    kernel: KernelClock | Unknown = UNKNOWN,
    place: Place = Place(distribution="debian"),  # noqa: B008 - immutable
    zone: Zone = UTC,
    hardware: Hardware = Hardware(),  # noqa: B008 - immutable
    fake: Fake | None = None,
) -> HostFacts:
    """Return what such a host says; nothing but its zone where nothing is given."""
    return HostFacts(kernel, daemons, place, zone, hardware, fake, ())


def chronyd(claim: DaemonClaim | Unknown = GOOD, *, running: bool | None = True) -> Daemon:
    """Return chronyd, saying this."""
    return Daemon("chronyd", running, claim)


def case(facts: HostFacts, interval: Interval | None, basis: Basis = Basis.MAJORITY) -> Case:
    """Return what is known where NTP gives that range."""
    middle_s = None if interval is None else interval.middle_s
    survey = Survey(
        Consensus(basis, interval, middle_s, ()), ServerList.NAMED, LocalRun(0.0, 0.1, 0.0, 0.0, 0.0), False
    )
    judgement = judge(middle_s, interval, basis, LIMITS, witness=interval)
    return Case(Request("clock"), LIMITS, host=facts, ntp=NtpPart(survey, judgement))


def found(
    facts: HostFacts, low_s: float = -0.004, high_s: float = 0.004, basis: Basis = Basis.MAJORITY
) -> list[Finding]:
    """Return the findings beside such a measurement; a clock that is right where none is given."""
    return findings(case(facts, Interval(low_s, high_s), basis))


def unmeasured(facts: HostFacts) -> list[Finding]:
    """Return the findings where no server answered."""
    return findings(case(facts, None, Basis.NONE))


def ids(these: list[Finding]) -> list[str]:
    """Return the ids of findings."""
    return [finding.id for finding in these]


def one(these: list[Finding]) -> Finding:
    """Return the only finding."""
    (finding,) = these
    return finding


def test_a_host_that_says_nothing_or_only_good_gives_no_finding() -> None:
    """Unknown is never bad news, and a clock that is kept is none."""
    assert found(host()) == []
    assert unmeasured(host()) == []
    assert found(host(chronyd(UNKNOWN), kernel=UNKNOWN)) == []
    assert found(host(chronyd(UNKNOWN, running=None), kernel=KEPT)) == []
    assert found(host(chronyd(), kernel=KEPT, zone=BERLIN)) == []


def test_a_daemon_that_is_wrong() -> None:
    """Where the measured range excludes what the daemon promises, that is found with both figures and its server."""
    finding = one(found(host(chronyd(), kernel=KEPT), 0.1951, 0.2108))
    assert (finding.id, finding.status) == ("daemon-wrong", Status.WARNING)
    assert dict(finding.facts) == {
        "daemon": "chronyd", "bound_s": 0.003, "source": "ntp.example", "off_by_s": pytest.approx(0.1921),
        "smears": False,
    }  # fmt: skip


def test_a_source_that_smears_is_not_blamed() -> None:
    """Amazon's and Google's own are right, and for a day around a leap second not UTC."""
    finding = one(found(host(chronyd(GOOD._replace(source="169.254.169.123"))), 0.1951, 0.2108))
    assert finding.fact("smears") is True
    assert all(map(smears, ("169.254.169.123", "metadata.google.internal", "time.google.com", "Time2.Google.com.")))
    assert not any(map(smears, ("time.cloudflare.com", "nottime.google.com", "192.0.2.1")))


@pytest.mark.parametrize(
    "facts",
    [
        host(chronyd(GOOD._replace(bound_s=0.1952))),
        host(chronyd(GOOD._replace(bound_s=0.1852))),
        host(chronyd(GOOD._replace(bound_s=None))),
        host(chronyd(UNKNOWN)),
        host(chronyd(running=False)),
        host(chronyd(running=None)),
        host(chronyd(), fake=Fake("libfaketime", 0.2)),
        host(chronyd(), fake=Fake("libfaketime", None)),
    ],
    ids=[
        "allows-it",
        "nearly-allows-it",
        "no-bound",
        "says-nothing",
        "stopped",
        "cannot-tell",
        "faked-by-that",
        "faked-by-some",
    ],
)
def test_a_daemon_that_is_not_contradicted(facts: HostFacts) -> None:
    """No promise, one that holds, or one about a clock that isn't the one measured: nothing to hold against it."""
    assert contradicted_daemon(case(facts, Interval(0.1951, 0.2108))) is None
    assert "daemon-wrong" not in ids(found(facts, 0.1951, 0.2108))


def test_a_promise_is_held_against_the_kernel_s_clock() -> None:
    """A faked process measures its own time; the daemon speaks of the kernel's, which can be wrong besides."""
    facts = host(chronyd(), fake=Fake("libfaketime", 100.0))
    contradicted = contradicted_daemon(case(facts, Interval(100.195, 100.211)))
    assert contradicted is not None
    assert contradicted[:3] == ("chronyd", 0.003, "ntp.example")
    assert contradicted.gap_s == pytest.approx(0.191)
    faked, wrong = found(facts, 100.195, 100.211)
    assert (faked.id, wrong.id) == ("fake-time", "daemon-wrong")
    assert wrong.fact("off_by_s") == pytest.approx(0.191)
    assert contradicted_daemon(case(facts, None)) is None


def test_a_fake() -> None:
    """What is faked is found with its size and direction; its status adds nothing."""
    finding = one(found(host(chronyd(), fake=Fake("libfaketime", 100.0)), 99.99, 100.01))
    assert (finding.id, finding.status) == ("fake-time", Status.OK)
    assert finding.facts == (("how", "libfaketime"), ("ahead_s", 100.0), ("ahead_way", "ahead"), ("other_rate", None))
    behind = one(found(host(fake=Fake("libfaketime", -2.0)), -2.01, -1.99))
    assert behind.fact("ahead_way") == "behind"
    unknown = one(found(host(fake=Fake("libfaketime", None))))
    assert (unknown.fact("ahead_s"), unknown.fact("ahead_way")) == (None, None)
    assert found(host(fake=Fake("libfaketime", 0.0005))) == []
    assert found(host(fake=Fake("libfaketime", None, other_rate=True))) == []  # what was measured tells of it


def test_a_daemon_that_follows_nobody() -> None:
    """It says so itself; whether that is bad by now is what the measurement says."""
    finding = one(found(host(chronyd(LOST), kernel=KEPT)))
    assert (finding.id, finding.status) == ("daemon-unsynchronised", Status.OK)
    assert (finding.fact("daemon"), finding.fact("why")) == ("chronyd", None)
    assert one(found(host(chronyd(LOST)), 0.2, 0.21)).status is Status.WARNING
    assert found(host(chronyd(LOST, running=False), kernel=KEPT)) == []


TIMESYNCD = Daemon("systemd-timesyncd", running=True, claim=DaemonClaim(synchronised=True, age_s=5.0))


def test_two_daemons_on_one_clock() -> None:
    """Found where both run on a clock of this host's own; one that follows nobody is then no illness of its own."""
    finding = one(found(host(chronyd(LOST), TIMESYNCD)))
    assert (finding.id, finding.status) == ("two-daemons", Status.OK)
    assert finding.fact("daemons") == "chronyd and systemd-timesyncd"
    assert found(host(chronyd(), TIMESYNCD._replace(running=False))) == []
    assert found(host(chronyd(), TIMESYNCD, place=Place(container="lxc"))) == []


def test_a_clock_that_nobody_keeps() -> None:
    """No daemon, and a kernel at its limit; in a container without blame."""
    finding = one(found(host(kernel=LEFT)))
    assert (finding.id, finding.fact("daemon"), finding.fact("why")) == ("daemon-unsynchronised", None, "none")
    pod = one(unmeasured(host(kernel=LEFT, place=Place(container="kubernetes"))))
    assert pod.fact("why") == "unseen"


@pytest.mark.parametrize(
    "facts",
    [
        host(kernel=LEFT._replace(max_error_s=7.0)),
        host(kernel=UNKNOWN),
        host(Daemon("openntpd", running=True, claim=UNKNOWN), kernel=LEFT),
        host(kernel=LEFT, place=Place(wsl=2)),
        host(chronyd(UNKNOWN, running=None), kernel=LEFT),
    ],
    ids=["below-the-limit", "unknown", "openntpd-tells-no-kernel", "windows-sets-it", "may-run-unseen"],
)
def test_a_clock_that_somebody_may_keep(facts: HostFacts) -> None:
    """Below its limit the kernel was corrected; without it, or with who corrects unseen, nothing is claimed."""
    assert found(facts) == []


def test_a_daemon_that_has_not_heard_for_hours() -> None:
    """Eight of the longest polls without an answer; a daemon that was heard from silences the kernel's guess."""
    old = DaemonClaim(synchronised=True, age_s=20000.0)
    finding = one(found(host(Daemon("systemd-timesyncd", running=True, claim=old), kernel=LEFT)))
    assert (finding.id, finding.status) == ("stale-sync", Status.OK)
    assert (finding.fact("daemon"), finding.fact("age_s")) == ("systemd-timesyncd", 20000.0)
    just = old._replace(age_s=16384.0)
    assert found(host(Daemon("systemd-timesyncd", running=True, claim=just), kernel=KEPT)) == []
    grown = LEFT._replace(max_error_s=10.0)
    assert found(host(Daemon("systemd-timesyncd", running=True, claim=just), kernel=grown)) == []


def test_a_kernel_that_may_not_have_been_corrected_for_hours() -> None:
    """Its bound grows by 500 ppm, and says how long at most: `perhaps`, and never more."""
    finding = one(found(host(kernel=LEFT._replace(max_error_s=10.0))))
    assert (finding.id, finding.fact("daemon")) == ("stale-sync", None)
    assert finding.fact("age_s") == pytest.approx(20000.0)
    assert finding.fact("kernel_max_error_s") == 10.0
    assert found(host(kernel=LEFT._replace(max_error_s=8.1))) == []


@pytest.mark.parametrize(
    ("zone_s", "low_s", "high_s"),
    [(7200, 7199.5, 7199.6), (-12600, -12600.2, -12600.1), (7200, -7200.2, -7200.1)],
    ids=["local-as-utc", "west", "utc-as-local"],
)
def test_a_zone_taken_for_utc(zone_s: int, low_s: float, high_s: float) -> None:
    """A skew of exactly this host's own distance from UTC has a cause of its own."""
    finding = one(found(host(chronyd(UNKNOWN), zone=Zone("there", zone_s)), low_s, high_s))
    assert (finding.id, finding.status) == ("clock-zone", Status.CRITICAL)
    assert finding.facts == (("zone_s", round(low_s)), ("utc_offset_s", zone_s), ("how", "surely"))


@pytest.mark.parametrize(
    ("zone_s", "low_s", "high_s"),
    [
        (7200, 7206.0, 7206.1),
        (7200, 899.9, 900.1),
        (7200, 5399.9, 5400.1),
        (7200, 7100.0, 7300.0),
        (7200, -0.004, 0.004),
        (7205, 7205.1, 7205.2),
    ],
    ids=["six-seconds-more", "a-quarter", "a-half-of-no-zone", "too-coarse", "right", "no-zone-of-today"],
)
def test_what_is_no_zone_taken_for_utc(zone_s: int, low_s: float, high_s: float) -> None:
    """Near misses, distances that no zone has and ranges that hold more than one explanation stay unexplained."""
    assert "clock-zone" not in ids(found(host(zone=Zone("there", zone_s)), low_s, high_s))


@pytest.mark.parametrize(
    ("zone_s", "skew_s", "how"),
    [
        (7200, 3600, "summer"), (7200, -3600, "summer"), (18000, 3600, "summer"), (0, 3600, "possibly"),
        (7200, 19800, "possibly"), (0, 20700, "possibly"), (3600, 3600, "surely"), (-12600, -45900, "possibly"),
    ],
)  # fmt: skip
def test_another_zone_is_possible_and_an_hour_is_summer_time(zone_s: int, skew_s: int, how: str) -> None:
    """By NTP as by an API: what is off as the zone of another place is a hint, and no more."""
    finding = one(found(host(chronyd(UNKNOWN), zone=Zone("there", zone_s)), skew_s - 0.1, skew_s + 0.1))
    assert finding.facts == (("zone_s", skew_s), ("utc_offset_s", zone_s), ("how", how))


def test_the_zones_are_those_of_the_tz_database() -> None:
    """All distances from UTC that the database here has are hinted at; a quarter of an hour is none of them."""
    days = [datetime(2026, month, 1, tzinfo=timezone.utc) for month in (1, 7)]
    zones = map(zoneinfo.ZoneInfo, zoneinfo.available_timezones())  # none where no database is installed
    offsets = {abs(round((zone.utcoffset(day) or timedelta()).total_seconds())) for zone in zones for day in days}
    assert offsets - {0} <= {*ZONES_S}
    assert not {900, 1800, 2700} & {*ZONES_S}


def test_a_zone_in_a_fake_is_none() -> None:
    """Where the fake makes the two hours, nobody has set the clock wrongly."""
    assert ids(found(host(zone=BERLIN, fake=Fake("libfaketime", 7200.0)), 7199.9, 7200.1)) == ["fake-time"]


def test_a_clock_in_local_time_with_its_battery() -> None:
    """The battery-backed clock in local time is found, beside the clock that it spoilt or alone."""
    both = found(host(chronyd(UNKNOWN), zone=BERLIN, hardware=Hardware(rtc_in_local_time=True)), 7199.9, 7200.1)
    assert ids(both) == ["clock-zone", "rtc-local-time"]
    assert ids(found(host(zone=BERLIN, hardware=Hardware(rtc_in_local_time=True)))) == ["rtc-local-time"]
    inside = host(hardware=Hardware(rtc_in_local_time=True), place=Place(container="docker"))
    assert found(inside) == []


@pytest.mark.parametrize(
    "trouble",
    ["zone-missing", "zone-dangling", "zone-unreadable", "zone-not-a-zone", "zone-tz-ignored", "zone-stale"],
)
def test_each_trouble_of_a_zone_is_found(trouble: str) -> None:
    """It harms local times, and the clock not at all."""
    finding = one(found(host(zone=Zone("Europe/Berlin", 0, trouble, "TZ=X names no zone"))))
    assert (finding.id, finding.status) == ("zone-files", Status.OK)
    assert (finding.fact("trouble"), finding.fact("detail")) == (trouble, "TZ=X names no zone")


def test_a_sleep_explains_what_was_measured_and_nothing_else() -> None:
    """Every laptop sleeps: that is worth a word only where its clock is off."""
    slept = host(hardware=Hardware(slept_s=7500.0))
    assert ids(found(slept, -2.0, -1.9)) == ["slept"]
    assert one(found(slept, -2.0, -1.9)).fact("slept_s") == 7500.0
    assert found(slept) == []
    assert unmeasured(slept) == []
    assert found(host(hardware=Hardware(slept_s=0.5)), -2.0, -1.9) == []


@pytest.mark.parametrize(
    ("ahead_s", "way"), [(3600.0, "ahead of"), (-90.0, "behind"), (59.0, None), (None, None), (math.nan, None)]
)
def test_a_battery_backed_clock_that_is_off(ahead_s: float | None, way: str | None) -> None:
    """More than a crystal drifts in a month is found: the next start begins there."""
    these = found(host(hardware=Hardware(rtc_ahead_s=ahead_s)))
    assert ids(these) == ([] if way is None else ["rtc-off"])
    assert all(finding.facts == (("ahead_s", ahead_s), ("ahead_way", way)) for finding in these)


def test_a_battery_backed_clock_is_held_against_the_kernel_s() -> None:
    """In local time it is meant to be ahead; a fake moves this process's clock and not the kernel's."""
    local = Hardware(rtc_ahead_s=7200.5, rtc_in_local_time=True)
    assert ids(found(host(zone=BERLIN, hardware=local))) == ["rtc-local-time"]
    for zone_s in (7200, -12600, 20700):  # of the host, which a process with a zone of its own doesn't know
        assert ids(found(host(hardware=local._replace(rtc_ahead_s=zone_s + 20.0)))) == ["rtc-local-time"]
    for ahead_s in (7400.0, 86400.0):
        assert "rtc-off" in ids(found(host(hardware=local._replace(rtc_ahead_s=ahead_s))))
    faked = host(hardware=Hardware(rtc_ahead_s=-500.0), fake=Fake("libfaketime", 500.0))
    assert ids(found(faked, 499.9, 500.1)) == ["fake-time"]
    assert ids(found(faked._replace(fake=Fake("libfaketime", None)), 499.9, 500.1)) == ["fake-time"]


def test_a_better_clock() -> None:
    """The device of the machine below is worth a word where no daemon already does as well."""
    device = Hardware(ptp=("igb ptp", "KVM virtual PTP"))
    finding = one(found(host(chronyd(), hardware=device)))
    assert (finding.id, finding.status) == ("better-clock", Status.OK)
    line = "refclock PHC /dev/ptp_kvm poll 3 dpoll -2 offset 0 stratum 2"
    assert finding.facts == (("device", "KVM virtual PTP"), ("line", line))
    for name, link in (("hyperv", "/dev/ptp_hyperv"), ("ena-ptp-05", "/dev/ptp_ena")):
        assert f"PHC {link} " in str(one(found(host(hardware=Hardware(ptp=(name,))))).fact("line"))
    assert found(host(chronyd(GOOD._replace(bound_s=0.0002)), hardware=device)) == []
    assert found(host(hardware=Hardware(ptp=("igb ptp",)))) == []
    assert found(host(hardware=device, place=Place(container="docker"))) == []


seconds = st.floats(-1e9, 1e9)
maybe = st.none() | seconds
claims = st.builds(
    DaemonClaim, st.booleans(), st.none() | st.floats(0, 1e6), st.none() | st.just("s"), st.none(), st.none() | seconds
)
daemons = st.builds(
    Daemon,
    st.sampled_from(["chronyd", "systemd-timesyncd", "ntpd", "ntpd-rs", "openntpd", "phc2sys"]),
    st.none() | st.booleans(),
    claims | st.just(UNKNOWN),
)
hosts = st.builds(
    HostFacts,
    st.just(UNKNOWN) | st.builds(KernelClock, st.floats(0, 16), st.booleans(), seconds, maybe),
    st.lists(daemons, max_size=3).map(tuple),
    st.builds(Place, st.sampled_from([None, "docker", "kubernetes", "ecs"]), st.sampled_from([None, 1, 2])),
    st.builds(
        Zone, st.just("Europe/Berlin"), st.integers(-50400, 50400), st.sampled_from([None, "zone-stale"]), st.just("")
    ),
    st.builds(Hardware, st.just("tsc"), st.booleans(), st.floats(0, 1e9), maybe, st.booleans(), st.just(("hyperv",))),
    st.none() | st.builds(Fake, st.just("libfaketime"), maybe),
    st.just(()),
)


@given(hosts, st.tuples(seconds, seconds).map(sorted), st.sampled_from([Basis.MAJORITY, Basis.SINGLE]))
def test_whatever_a_host_says_it_is_judged(facts: HostFacts, ends: list[float], basis: Basis) -> None:
    """No facts raise; none makes it worse than what was measured; and without the measured skew none is told."""
    these = found(facts, ends[0], ends[1], basis)
    status = judge((ends[0] + ends[1]) / 2, Interval(*ends), basis, LIMITS).status
    assert {finding.status for finding in these} <= {Status.OK, status}
    assert {"daemon-wrong", "clock-zone", "slept"}.isdisjoint(ids(unmeasured(facts)))
