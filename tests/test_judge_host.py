"""Findings about a host from facts made by hand, each beside the neighbours that must stay silent."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.judge.host import contradicted_daemon, findings
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
    Place,
    Status,
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


def found(
    facts: HostFacts, low_s: float = -0.004, high_s: float = 0.004, basis: Basis = Basis.MAJORITY
) -> list[Finding]:
    """Return the findings beside such a measurement; a clock that is right where none is given."""
    interval = Interval(low_s, high_s)
    consensus = Consensus(basis, interval, interval.middle_s, ())
    return findings(facts, consensus, judge(interval.middle_s, interval, basis, LIMITS))


def unmeasured(facts: HostFacts) -> list[Finding]:
    """Return the findings where no server answered."""
    consensus = Consensus(Basis.NONE, None, None, ())
    return findings(facts, consensus, judge(None, None, Basis.NONE, LIMITS))


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
    """Where the measured range excludes what the daemon promises, that is said with both numbers and its server."""
    finding = one(found(host(chronyd(), kernel=KEPT), 0.1951, 0.2108))
    assert finding.id == "daemon-wrong"
    assert finding.status is Status.WARNING
    assert finding.summary == (
        "chronyd here says within 3 ms; measured 195 to 211 ms ahead: its server (ntp.example) is wrong, or this "
        "machine was paused since it last asked"
    )
    assert finding.remedy == ("chronyc sources -v",)
    assert dict(finding.evidence) == {
        "daemon": "chronyd", "bound_s": 0.003, "source": "ntp.example", "off_by_s": pytest.approx(0.1921)
    }  # fmt: skip


def test_a_source_that_smears_is_not_blamed() -> None:
    """Amazon's and Google's own are right, and for a day around a leap second not UTC."""
    finding = one(found(host(chronyd(GOOD._replace(source="169.254.169.123"))), 0.1951, 0.2108))
    assert finding.summary.endswith(
        ": this machine was paused since it last asked, or its server (169.254.169.123) smears a leap second"
    )


def test_one_server_against_a_daemon_blames_neither() -> None:
    """One server alone can be the one that is wrong."""
    finding = one(found(host(chronyd(GOOD._replace(source=None))), -0.21, -0.2, Basis.SINGLE))
    assert finding.summary == (
        "chronyd here says within 3 ms; measured 200 to 210 ms behind: its server is wrong, or the one that was asked "
        "here"
    )


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
    assert contradicted_daemon(facts, Interval(0.1951, 0.2108)) is None
    assert "daemon-wrong" not in ids(found(facts, 0.1951, 0.2108))


def test_a_promise_is_held_against_the_kernel_s_clock() -> None:
    """A faked process measures its own time; the daemon speaks of the kernel's, which can be wrong besides."""
    facts = host(chronyd(), fake=Fake("libfaketime", 100.0))
    contradicted = contradicted_daemon(facts, Interval(100.195, 100.211))
    assert contradicted is not None
    assert contradicted[:3] == ("chronyd", 0.003, "ntp.example")
    assert contradicted.gap_s == pytest.approx(0.191)
    faked, wrong = found(facts, 100.195, 100.211)
    assert (faked.id, wrong.id) == ("faked", "daemon-wrong")
    assert "measured 194 to 212 ms ahead without the fake" in wrong.summary
    assert contradicted_daemon(facts, None) is None


def test_a_fake() -> None:
    """What is faked is said with its size and direction, and replaces the remedy; its status adds nothing."""
    finding = one(found(host(chronyd(), fake=Fake("libfaketime", 100.0)), 99.99, 100.01))
    assert (finding.id, finding.status) == ("faked", Status.OK)
    assert finding.summary == "this process is told a time 1 min 40 s ahead of the kernel's, by libfaketime"
    assert finding.remedy == ("env -u LD_PRELOAD -u FAKETIME skewcheck clock",)
    behind = one(found(host(fake=Fake("libfaketime", -2.0)), -2.01, -1.99))
    assert behind.summary == "this process is told a time 2 s behind the kernel's, by libfaketime"
    unknown = one(found(host(fake=Fake("libfaketime", None))))
    assert unknown.summary == "libfaketime is in this process: it may be told another time than the kernel's"
    assert found(host(fake=Fake("libfaketime", 0.0005))) == []
    rated = one(found(host(chronyd(), fake=Fake("libfaketime", None, other_rate=True)), -0.5, -0.4))
    assert "at another rate in this process than in the kernel, by libfaketime" in rated.summary
    assert rated.remedy == ("env -u LD_PRELOAD -u FAKETIME skewcheck clock",)


def test_a_daemon_that_follows_nobody() -> None:
    """It says so itself; whether that is bad by now is what the measurement says."""
    finding = one(found(host(chronyd(LOST), kernel=KEPT)))
    assert (finding.id, finding.status) == ("daemon-unsynchronised", Status.OK)
    assert finding.summary == "chronyd here says that it is not synchronised: nobody keeps this clock right"
    assert finding.remedy == ("chronyc sources -v",)
    assert one(found(host(chronyd(LOST)), 0.2, 0.21)).status is Status.WARNING
    assert found(host(chronyd(LOST, running=False), kernel=KEPT)) == []


TIMESYNCD = Daemon("systemd-timesyncd", running=True, claim=DaemonClaim(synchronised=True, age_s=5.0))


def test_two_daemons_on_one_clock() -> None:
    """Told with how to end the one that keeps it worse; one that follows nobody is then no illness of its own."""
    finding = one(found(host(chronyd(LOST), TIMESYNCD)))
    assert (finding.id, finding.status) == ("two-daemons", Status.OK)
    assert finding.summary == "chronyd and systemd-timesyncd both run here: they pull one clock two ways"
    assert finding.remedy == ("sudo systemctl disable --now chrony",)
    assert one(found(host(chronyd(), TIMESYNCD))).remedy == ("sudo systemctl disable --now systemd-timesyncd",)
    assert found(host(chronyd(), TIMESYNCD._replace(running=False))) == []
    assert found(host(chronyd(), TIMESYNCD, place=Place(container="lxc"))) == []


def test_the_remedy_is_about_the_daemon_of_the_finding() -> None:
    """Whichever runs first: whom to look at is the one that is wrong."""
    wrong = Daemon("ntpd", running=True, claim=GOOD)
    these = {finding.id: finding for finding in found(host(chronyd(UNKNOWN), wrong), 0.2, 0.21)}
    assert these["daemon-wrong"].remedy == ("ntpq -pn",)


def test_a_clock_that_nobody_keeps() -> None:
    """No daemon, and a kernel at its limit: told with the remedy of this host; in a container without blame."""
    finding = one(found(host(kernel=LEFT)))
    assert finding.id == "daemon-unsynchronised"
    assert finding.summary == "no time daemon runs here, and the kernel knows of none that corrects its clock"
    assert finding.remedy == ("sudo apt-get install chrony",)
    pod = one(unmeasured(host(kernel=LEFT, place=Place(container="kubernetes"))))
    assert pod.summary.startswith("no time daemon can be seen from in here")
    assert pod.remedy[0].startswith("kubectl debug node/NODE")


@pytest.mark.parametrize(
    "facts",
    [
        host(kernel=LEFT._replace(max_error_s=7.0)),
        host(kernel=UNKNOWN),
        host(Daemon("openntpd", running=True, claim=UNKNOWN), kernel=LEFT),
        host(kernel=LEFT, place=Place(wsl=2)),
    ],
    ids=["below-the-limit", "unknown", "openntpd-tells-no-kernel", "windows-sets-it"],
)
def test_a_clock_that_somebody_may_keep(facts: HostFacts) -> None:
    """Below its limit the kernel was corrected; without it, or with who corrects unseen, nothing is claimed."""
    assert found(facts) == []


def test_a_daemon_that_has_not_heard_for_hours() -> None:
    """Eight of the longest polls without an answer; a daemon that was heard from silences the kernel's guess."""
    old = DaemonClaim(synchronised=True, age_s=20000.0)
    finding = one(found(host(Daemon("systemd-timesyncd", running=True, claim=old), kernel=LEFT)))
    assert (finding.id, finding.status) == ("stale-sync", Status.OK)
    assert finding.summary == "systemd-timesyncd here last heard from its server 5 h 33 min ago"
    assert finding.remedy == ("sudo systemctl restart systemd-timesyncd",)
    just = old._replace(age_s=16384.0)
    assert found(host(Daemon("systemd-timesyncd", running=True, claim=just), kernel=KEPT)) == []
    grown = LEFT._replace(max_error_s=10.0)
    assert found(host(Daemon("systemd-timesyncd", running=True, claim=just), kernel=grown)) == []


def test_a_kernel_that_may_not_have_been_corrected_for_hours() -> None:
    """Its bound grows by 500 ppm, and says how long at most: `perhaps`, and never more."""
    finding = one(found(host(kernel=LEFT._replace(max_error_s=10.0))))
    assert finding.id == "stale-sync"
    assert finding.summary == (
        "the kernel's own bound for its clock has grown to 10 s: perhaps nobody has corrected it for 5 h 33 min"
    )
    assert found(host(kernel=LEFT._replace(max_error_s=8.1))) == []


@pytest.mark.parametrize(
    ("zone_s", "low_s", "high_s", "end"),
    [
        (7200, 7199.5, 7199.6, "(2 h east): the clock was set to local time as if that were UTC"),
        (-12600, -12600.2, -12600.1, "(3 h 30 min west): the clock was set to local time as if that were UTC"),
        (7200, -7200.2, -7200.1, "(2 h east): the clock was set to UTC as if that were local time"),
    ],
)
def test_a_zone_taken_for_utc(zone_s: int, low_s: float, high_s: float, end: str) -> None:
    """A skew of exactly this host's own distance from UTC has a cause of its own."""
    finding = one(found(host(chronyd(UNKNOWN), zone=Zone("there", zone_s)), low_s, high_s))
    assert (finding.id, finding.status) == ("time-zone", Status.CRITICAL)
    assert finding.summary == f"it is off by this host's own distance from UTC {end}"
    assert finding.remedy == ("sudo chronyc makestep",)


@pytest.mark.parametrize(
    ("zone_s", "low_s", "high_s"),
    [
        (7200, 7206.0, 7206.1),
        (7200, 3599.9, 3600.1),
        (7200, 7100.0, 7300.0),
        (7200, -0.004, 0.004),
        (0, 3599.9, 3600.1),
        (7205, 7204.9, 7205.1),
    ],
    ids=["six-seconds-more", "another-zone", "too-coarse", "right", "utc", "no-zone-of-today"],
)
def test_what_is_no_zone_taken_for_utc(zone_s: int, low_s: float, high_s: float) -> None:
    """Near misses, other zones and ranges that hold more than one explanation stay unexplained."""
    assert "time-zone" not in ids(found(host(zone=Zone("there", zone_s)), low_s, high_s))


def test_a_zone_in_a_fake_is_none() -> None:
    """Where the fake makes the two hours, nobody has set the clock wrongly."""
    assert ids(found(host(zone=BERLIN, fake=Fake("libfaketime", 7200.0)), 7199.9, 7200.1)) == ["faked"]


def test_a_clock_in_local_time_with_its_battery() -> None:
    """The battery-backed clock in local time is told, and mended with the clock that it spoilt."""
    both = found(host(chronyd(UNKNOWN), zone=BERLIN, hardware=Hardware(rtc_in_local_time=True)), 7199.9, 7200.1)
    assert ids(both) == ["time-zone", "rtc-local-time"]
    assert both[0].remedy == ("sudo chronyc makestep",)
    assert both[1].remedy == ()  # it would set that clock by this wrong one
    fine = one(found(host(zone=BERLIN, hardware=Hardware(rtc_in_local_time=True))))
    assert fine.remedy == ("sudo timedatectl set-local-rtc 0",)
    assert "Windows on the same machine needs its own setting" in fine.summary
    inside = host(hardware=Hardware(rtc_in_local_time=True), place=Place(container="docker"))
    assert found(inside) == []


@pytest.mark.parametrize(
    "trouble",
    ["zone-missing", "zone-dangling", "zone-unreadable", "zone-not-a-zone", "zone-tz-ignored", "zone-stale"],
)
def test_each_trouble_of_a_zone_is_told_under_its_own_id(trouble: str) -> None:
    """It harms local times, and the clock not at all."""
    finding = one(found(host(zone=Zone("Europe/Berlin", 0, trouble, "TZ=X names no zone"))))
    assert (finding.id, finding.status) == (trouble, Status.OK)
    assert finding.summary.startswith("TZ=X names no zone; local times here can be wrong")
    assert finding.remedy


def test_a_sleep_explains_what_was_measured_and_nothing_else() -> None:
    """Every laptop sleeps: that is worth a word only where its clock is off."""
    slept = host(hardware=Hardware(slept_s=7500.0))
    assert ids(found(slept, -2.0, -1.9)) == ["slept"]
    assert "2 h 5 min" in one(found(slept, -2.0, -1.9)).summary
    assert found(slept) == []
    assert unmeasured(slept) == []
    assert found(host(hardware=Hardware(slept_s=0.5)), -2.0, -1.9) == []


def test_an_unsteady_clocksource() -> None:
    """What the kernel counts by is named where it is a bad one, and only there."""
    finding = one(found(host(hardware=Hardware(clocksource="hpet", unsteady_clocksource=True))))
    assert finding.id == "unsteady-clocksource"
    assert finding.summary.startswith("the kernel counts time by hpet")
    assert found(host(hardware=Hardware(clocksource="tsc"))) == []
    assert found(host(hardware=Hardware(unsteady_clocksource=True))) == []


@pytest.mark.parametrize(
    ("hardware", "summary"),
    [
        (Hardware(rtc_ahead_s=3600.0), "the battery-backed clock is 1 h ahead of this one"),
        (Hardware(rtc_ahead_s=-90.0), "the battery-backed clock is 1 min 30 s behind this one"),
        (Hardware(rtc_ahead_s=59.0), None),
        (Hardware(rtc_ahead_s=None), None),
        (Hardware(rtc_ahead_s=math.nan), None),
    ],
)
def test_a_battery_backed_clock_that_is_off(hardware: Hardware, summary: str | None) -> None:
    """More than a crystal drifts in a month is told: the next start begins there."""
    these = found(host(hardware=hardware))
    assert ids(these) == ([] if summary is None else ["rtc-off"])
    assert all(finding.summary.startswith(summary or "never") for finding in these)


def test_a_battery_backed_clock_is_held_against_the_kernel_s() -> None:
    """In local time it is meant to be ahead; a fake moves this process's clock and not the kernel's."""
    local = Hardware(rtc_ahead_s=7200.5, rtc_in_local_time=True)
    assert ids(found(host(zone=BERLIN, hardware=local))) == ["rtc-local-time"]
    for zone_s in (7200, -12600, 20700):  # of the host, which a process with a zone of its own doesn't know
        assert ids(found(host(hardware=local._replace(rtc_ahead_s=zone_s + 20.0)))) == ["rtc-local-time"]
    for ahead_s in (7400.0, 86400.0):
        assert "rtc-off" in ids(found(host(hardware=local._replace(rtc_ahead_s=ahead_s))))
    faked = host(hardware=Hardware(rtc_ahead_s=-500.0), fake=Fake("libfaketime", 500.0))
    assert ids(found(faked, 499.9, 500.1)) == ["faked"]
    assert ids(found(faked._replace(fake=Fake("libfaketime", None)), 499.9, 500.1)) == ["faked"]


def test_a_wrong_clock_is_not_handed_on_to_the_battery_backed_one() -> None:
    """The remedy writes this clock to that one: only where this one was measured and is right."""
    off = host(hardware=Hardware(rtc_ahead_s=300.0))
    assert found(off._replace(place=Place(container="docker"))) == []  # the node's
    assert one(found(off)).remedy == ("sudo hwclock --systohc",)
    assert one(found(off, -301.0, -299.0)).remedy == ()
    assert one(unmeasured(off)).remedy == ()


def test_a_better_clock() -> None:
    """The device of the machine below is worth a word where no daemon already does as well."""
    device = Hardware(ptp=("igb ptp", "KVM virtual PTP"))
    finding = one(found(host(chronyd(), hardware=device)))
    assert (finding.id, finding.status) == ("better-clock", Status.OK)
    assert finding.summary.startswith("KVM virtual PTP is here")
    assert finding.remedy == ("in chrony.conf: refclock PHC /dev/ptp_kvm poll 3 dpoll -2 offset 0 stratum 2",)
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
    assert all(finding.summary.isprintable() for finding in these)
    silent = unmeasured(facts)
    assert {"daemon-wrong", "time-zone", "slept"}.isdisjoint(ids(silent))
    assert not any("measured" in finding.summary for finding in silent)
