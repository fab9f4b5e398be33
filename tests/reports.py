"""Reports on measurements made by hand, and arbitrary ones for hypothesis: what a renderer gets."""

import math
import re

from hypothesis import strategies as st

from skewcheck.judge.catalogue import CATALOGUE, EFFECTS, STEPS
from skewcheck.judge.report import report
from skewcheck.measure.consensus import agree
from skewcheck.model import (
    Basis,
    ConfiguredServer,
    Consensus,
    Daemon,
    DaemonClaim,
    Dropped,
    Effect,
    Exchange,
    Fact,
    Failure,
    Fake,
    Finding,
    Hardware,
    HostFacts,
    Interval,
    Judgement,
    KernelClock,
    LocalRun,
    Measured,
    NoReading,
    NtpPart,
    Party,
    Place,
    Reading,
    Report,
    Request,
    ServerList,
    ServerStatus,
    Status,
    Step,
    Survey,
    Thresholds,
    Unknown,
    Vote,
    Zone,
)
from skewcheck.visible import visible

NOON = 1_800_014_400.0
"""2027-01-15T12:00:00Z."""
LIMITS = Thresholds(0.1, 1.0)
RUN = LocalRun(NOON, duration_s=0.25, step_s=0.0, slew_ppm=0.0, wander_s=4e-6)
BOTH_PREMISES = ("majority-honest", "path-not-hostile")


def finding(id_: str, status: Status = Status.OK, /, **facts: Fact) -> Finding:
    """Return a finding with all the facts that the catalogue lists for it, None where none is given."""
    names = CATALOGUE[id_].facts.split()
    assert set(facts) <= set(names), f"{id_} has no {set(facts) - set(names)}"
    return Finding(id_, status, tuple((name, facts.get(name)) for name in names))


def reading(server: str, skew_s: float, margin_s: float, *, dropped: tuple[Dropped, ...] = ()) -> Reading:
    """Return what *server* says, over a path of equal ways: this clock is *skew_s* ahead, give or take *margin_s*."""
    delay_s = 0.016
    arrived_s = NOON + delay_s / 2 - skew_s
    exchange = Exchange(
        t1_s=NOON,
        t2_s=arrived_s,
        t3_s=arrived_s + 0.000125,
        t4_s=NOON + delay_s + 0.000125,
        leap=0,
        version=4,
        stratum=2,
        poll=6,
        precision_s=2.0**-24,
        root_delay_s=0.0125,
        root_dispersion_s=0.0005,
        reference_id="192.0.2.9",
        reference_age_s=30.0,
    )
    interval = Interval(skew_s - margin_s, skew_s + margin_s)
    return Reading(server, "192.0.2.1", skew_s, interval, delay_s, (exchange,), dropped)


def silent(server: str, reason: str, detail: str, *, rejected: bool = False) -> NoReading:
    """Return a server that gave nothing."""
    return NoReading(server, None if reason.startswith("dns") else "192.0.2.7", reason, detail, rejected=rejected)


def clock(*outcomes: Reading | NoReading) -> Report:
    """Return the report on these servers' answers."""
    survey = Survey(agree(outcomes), ServerList.PUBLIC, RUN, cut_short=False)
    return report(Request("clock"), Measured(NOON, ntp=survey))


ALL_WELL = clock(
    reading("time.cloudflare.com", 0.0004, 0.0072),
    reading("ntp.netnod.se", 0.0012, 0.0142),
    reading("ntp.time.nl", -0.0022, 0.0093),
    reading("ptbtime1.ptb.de", 0.0011, 0.0171),
    reading("time.nist.gov", 0.0053, 0.0524),
)
ONE_LIAR = clock(
    reading("time.cloudflare.com", 0.203, 0.0081),
    reading("ntp.evil.example", 1.2, 0.009),
    reading("ntp.netnod.se", 0.201, 0.0123),
    silent("ptbtime1.ptb.de", "unsynchronised", "the server says that it is not synchronised", rejected=True),
    reading("time.nist.gov", 0.214, 0.0624),
)
BEHIND = clock(
    reading("ntp1.example.net", -0.346, 0.0058),
    reading("ntp2.example.net", -0.347, 0.0078),
    reading("ntp3.example.net", -0.346, 0.0098),
    reading("ntp4.example.net", 3.2, 0.0118),
)
HOURS_BEHIND = clock(
    reading("a.example", -5400.0, 0.03), reading("b.example", -5400.01, 0.04), reading("c.example", -5417.2, 20.0)
)
ONE_SERVER = clock(reading("ntp1.example.net", 0.203, 0.008))
NOBODY = clock(
    silent("time.cloudflare.com", "no-reply", "no reply in 3 s"),
    silent("ntp.netnod.se", "no-reply", "no reply in 3 s"),
    silent("nope.invalid", "dns-no-such-name", "there is no such name"),
)
THIRTY_TWO = clock(
    *(reading(f"ntp{n:02}.example.net", 0.0001 * n, 0.008) for n in range(25)),
    *(reading(f"liar{n}.example", 7.2 + n, 0.02) for n in range(4)),
    *(silent(f"silent{n}.example", "no-reply", "no reply in 3 s") for n in range(3)),
)

CHRONY_HOST = HostFacts(
    kernel=KernelClock(0.012, flagged_unsynchronised=True, frequency_ppm=-12.5, ahead_of_python_s=0.0),
    daemons=(
        Daemon("chronyd", True, DaemonClaim(True, 0.009, "192.0.2.7", 2, 12.0)),
        Daemon("systemd-timesyncd", False, Unknown("it does not run")),
    ),
    place=Place(cloud="aws", virtual="kvm", distribution="debian"),
    zone=Zone("Europe/Berlin", 7200),
    hardware=Hardware("tsc", slept_s=600.0, rtc_ahead_s=0.0, ptp=("KVM virtual PTP",)),
    fake=None,
    configured=(ConfiguredServer("ntp.example.net", "/etc/chrony/chrony.conf"),),
)
POD = HostFacts(
    kernel=Unknown("this container may not ask the kernel"),
    daemons=(),
    place=Place(container="kubernetes", cloud="gce", distribution="alpine"),
    zone=Zone(None, -12600, "zone-missing", "/etc/localtime is missing"),
    hardware=Hardware(),
    fake=Fake("libfaketime", None),
    configured=(),
)

MISUSE = Report(
    command="clock",
    status=Status.UNKNOWN,
    proven=False,
    exit_code=3,
    failure=Failure(
        "usage",
        "--warning: 'x' is not a duration",
        "50ms, 2s, 1.5m or 1h (a bare number is seconds)",
    ),
)

BY_HAND = {
    "clock all well": ALL_WELL,
    "clock with a daemon": ALL_WELL._replace(host=CHRONY_HOST),
    "clock one liar": ONE_LIAR,
    "clock behind": BEHIND,
    "clock hours behind": HOURS_BEHIND,
    "clock one server": ONE_SERVER,
    "clock nobody": NOBODY,
    "clock 32 servers": THIRTY_TWO,
    "misuse": MISUSE,
}


# --- Arbitrary reports ---

_CHARACTERS = "aZ09 .:-_[]/\\\"'<>&{}%…×ßд時🕰\u0301\x00\x1b\x7f\x9b\u200b\u202e\u2028\ud800\n\t"
FOREIGN = st.text(_CHARACTERS, max_size=60).map(visible)
"""What the rest of the world may have sent, as it is once it has come in."""
NAMES = FOREIGN.map(lambda text: text.strip() or "ntp.example.net")
SENTENCES = st.text(_CHARACTERS, max_size=150).map(lambda text: visible(text).strip() or "nothing to say")
IDS = st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8}){0,2}", fullmatch=True)
SKEWS = st.one_of(
    st.floats(-1e-4, 1e-4),
    st.floats(-1.0, 1.0),
    st.floats(-1e5, 1e5),
    st.floats(-2e9, 2e9),
)
MARGINS = st.one_of(st.just(0.0), st.floats(1e-6, 1e-4), st.floats(0, 1), st.floats(0, 2e4))
TIMES = st.floats(0.0, 4e9)
COUNTS = st.integers(0, 255)


@st.composite
def intervals(draw: st.DrawFn) -> tuple[float, Interval]:
    """Return a skew and a range around it."""
    skew_s = draw(SKEWS)
    return skew_s, Interval(skew_s - draw(MARGINS), skew_s + draw(MARGINS))


EXCHANGES = st.builds(
    Exchange,
    *(TIMES, TIMES, TIMES, TIMES),
    leap=st.integers(0, 3),
    version=st.integers(0, 7),
    stratum=COUNTS,
    poll=st.integers(-128, 127),
    precision_s=st.integers(-128, 10).map(lambda exponent: 2.0**exponent),
    root_delay_s=st.floats(0, 65536),
    root_dispersion_s=st.floats(0, 65536),
    reference_id=FOREIGN,
    reference_age_s=st.none() | st.floats(-1e9, 4e9),
)
DROPPED = st.lists(st.builds(Dropped, IDS, st.integers(1, 10**6)), max_size=3).map(tuple)


@st.composite
def votes(draw: st.DrawFn, basis: Basis) -> Vote:
    """Return what became of one server."""
    server, dropped = draw(NAMES), draw(DROPPED)
    if basis is not Basis.MAJORITY and draw(st.booleans()):
        rejected = draw(st.booleans())
        outcome = NoReading(server, draw(st.none() | FOREIGN), draw(IDS), draw(SENTENCES), rejected, dropped)
        return Vote(outcome, ServerStatus.REJECTED if rejected else ServerStatus.NO_ANSWER)
    skew_s, interval = draw(intervals())
    exchanges = tuple(draw(st.lists(EXCHANGES, min_size=1, max_size=2)))
    answer = Reading(server, draw(FOREIGN), skew_s, interval, draw(st.floats(0, 10)), exchanges, dropped)
    if basis is not Basis.MAJORITY:
        return Vote(answer, ServerStatus.UNJUDGED)
    if draw(st.booleans()):
        return Vote(answer, ServerStatus.TRUECHIMER)
    return Vote(answer, ServerStatus.FALSETICKER, draw(st.floats(1e-9, 1e9)))


SECONDS = SKEWS | st.floats(allow_nan=True, allow_infinity=True)


def facts(name: str) -> st.SearchStrategy[Fact]:
    """Return what a fact of that name may be, sensible or not."""
    if name.endswith("_s") or name.startswith("share"):
        return st.none() | SECONDS
    return st.none() | st.booleans() | st.integers() | SECONDS | FOREIGN | SENTENCES


@st.composite
def findings(draw: st.DrawFn, status: Status | None = None) -> Finding:
    """Return a finding of any id, with the facts that it lists, whatever they are."""
    id_ = draw(st.sampled_from(sorted(CATALOGUE)))
    row = CATALOGUE[id_]
    drawn = {name: draw(facts(name)) for name in row.facts.split()}
    if row.by and draw(st.booleans()):
        drawn[row.by] = draw(st.sampled_from(sorted(row.variants)))
    return Finding(id_, status or draw(st.sampled_from(Status)), tuple(drawn.items()))


_COMMANDS = st.sampled_from(
    ["skewcheck clock", "skewcheck check --region eu-west-1 --full -v", "sudo chronyc makestep"]
) | FOREIGN.filter(str.strip)
STEPS_DRAWN = st.lists(st.builds(Step, st.sampled_from(sorted(STEPS)), _COMMANDS), max_size=2).map(tuple)


@st.composite
def effects(draw: st.DrawFn) -> Effect:
    """Return what a party may see, with the facts of its words."""
    id_ = draw(st.sampled_from(sorted(EFFECTS)))
    names = re.findall(r"{(\w+)}", EFFECTS[id_])
    return Effect(draw(st.sampled_from(Party)), id_, tuple((name, draw(facts(name))) for name in names))


DAEMONS = st.builds(
    Daemon,
    NAMES,
    st.none() | st.booleans(),
    st.builds(Unknown, SENTENCES)
    | st.builds(
        DaemonClaim, st.booleans(), st.none() | st.floats(0, 1e9), st.none() | FOREIGN, COUNTS, st.none() | TIMES
    ),
)
HOSTS = st.builds(
    HostFacts,
    st.builds(Unknown, SENTENCES) | st.builds(KernelClock, st.floats(0, 16), st.booleans(), st.floats(-500, 500)),
    st.lists(DAEMONS, max_size=5).map(tuple),
    st.sampled_from([CHRONY_HOST.place, POD.place]),
    st.builds(Zone, st.none() | FOREIGN, st.integers(-50000, 50000)),
    st.builds(Hardware, st.none() | FOREIGN, slept_s=TIMES, ptp=st.lists(FOREIGN, max_size=2).map(tuple)),
    st.none(),
    st.lists(st.builds(ConfiguredServer, NAMES, FOREIGN), max_size=3).map(tuple),
)
"""What a host may say of its own clock."""


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Return a report that is well formed but need not make sense."""
    basis = draw(st.sampled_from(Basis))
    cast = tuple(draw(st.lists(votes(basis), max_size=32 if draw(st.booleans()) else 6)))
    skew_s, interval = draw(intervals())
    status = draw(st.sampled_from(Status))
    proven = basis is Basis.MAJORITY and draw(st.booleans())
    known = basis is not Basis.NONE
    shared = interval if basis is Basis.MINORITY else None
    consensus = Consensus(basis, interval if known else None, skew_s if known else None, cast, shared)
    run = LocalRun(draw(TIMES), draw(st.floats(0, 100)), draw(SKEWS), draw(st.floats(-1e5, 1e5)), 1e-6)
    survey = Survey(consensus, draw(st.sampled_from(ServerList)), run, draw(st.booleans()))
    return Report(
        command="clock",
        status=status,
        proven=proven,
        exit_code=draw(st.integers(0, 3)),
        findings=(draw(findings(status)), *draw(st.lists(findings(), max_size=6))),
        steps=draw(STEPS_DRAWN),
        effects=tuple(draw(st.lists(effects(), max_size=5))),
        thresholds=Thresholds(draw(st.floats(1e-5, 1.0)), draw(st.floats(1.0, 1e5))),
        assumes=draw(st.sampled_from([(), BOTH_PREMISES])),
        measured_at_s=draw(TIMES),
        true_time=draw(st.sampled_from([None, Interval(NOON - 0.1, math.inf), Interval(NOON - 0.2, NOON)])),
        duration_s=run.duration_s,
        ntp=NtpPart(survey, Judgement(status, proven, status, status)),
    )
