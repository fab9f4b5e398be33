"""Reports made by hand, and arbitrary ones for hypothesis: what a renderer gets, without any measuring or judging."""

import math

from hypothesis import strategies as st

from skewcheck.model import (
    Basis,
    Consensus,
    Dropped,
    Exchange,
    Failure,
    Finding,
    Interval,
    Judgement,
    LocalRun,
    NextStep,
    NoReading,
    NtpPart,
    Reading,
    Report,
    ServerList,
    ServerStatus,
    Status,
    Survey,
    Thresholds,
    Vote,
)
from skewcheck.visible import visible

NOON = 1_800_014_400.0
"""2027-01-15T12:00:00Z."""
LIMITS = Thresholds(0.1, 1.0)
RUN = LocalRun(NOON, duration_s=0.25, step_s=0.0, slew_ppm=0.0, wander_s=4e-6)
BOTH_PREMISES = ("majority-honest", "path-not-hostile")
CHRONY = NextStep("do", "sudo chronyc makestep", "sets this clock at once")
ASK_MORE = NextStep("next", "skewcheck clock", "asks five independent servers, so that none has to be trusted alone")


def exchange(skew_s: float, delay_s: float = 0.016, *, reference_age_s: float | None = 30.0) -> Exchange:
    """Return an exchange over a path of equal ways with a server that is *skew_s* behind the local clock."""
    arrived_s = NOON + delay_s / 2 - skew_s
    return Exchange(
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
        reference_age_s=reference_age_s,
    )


def reading(
    server: str, skew_s: float, margin_s: float, *, address: str = "192.0.2.1", dropped: tuple[Dropped, ...] = ()
) -> Reading:
    """Return what *server* says: the local clock is *skew_s* ahead, give or take *margin_s*."""
    interval = Interval(skew_s - margin_s, skew_s + margin_s)
    return Reading(server, address, skew_s, interval, 0.016, (exchange(skew_s),), dropped)


def voter(server: str, skew_s: float, margin_s: float) -> Vote:
    """Return a server that the others agree with."""
    return Vote(reading(server, skew_s, margin_s), ServerStatus.TRUECHIMER)


def liar(server: str, skew_s: float, margin_s: float, off_by_s: float) -> Vote:
    """Return a server that the others disagree with."""
    return Vote(reading(server, skew_s, margin_s), ServerStatus.FALSETICKER, off_by_s)


def unjudged(server: str, skew_s: float, margin_s: float) -> Vote:
    """Return a server that nobody can say anything about."""
    return Vote(reading(server, skew_s, margin_s), ServerStatus.UNJUDGED)


def silent(server: str, reason: str, detail: str, *, address: str | None = "192.0.2.7", rejected: bool = False) -> Vote:
    """Return a server that gave nothing."""
    outcome = NoReading(server, address, reason, detail, rejected=rejected)
    return Vote(outcome, ServerStatus.REJECTED if rejected else ServerStatus.NO_ANSWER)


def clock(
    status: Status,
    verdict: str,
    votes: tuple[Vote, ...],
    agreed: tuple[float, float, float] | None,
    *,
    basis: Basis = Basis.MAJORITY,
    meaning: str = "For a token: what that means for a token.",
    findings: tuple[Finding, ...] = (),
    next_step: NextStep | None = None,
) -> Report:
    """Return a report on these votes; *agreed* is low, estimate, high."""
    low_s, skew_s, high_s = agreed or (-math.inf, None, math.inf)
    interval = None if agreed is None else Interval(low_s, high_s)
    proven = basis is Basis.MAJORITY
    consensus = Consensus(Basis.NONE if agreed is None else basis, interval, skew_s, votes)
    return Report(
        command="clock",
        status=status,
        proven=proven and agreed is not None,
        exit_code={Status.OK: 0, Status.WARNING: 1, Status.CRITICAL: 2, Status.UNKNOWN: 3}[status],
        verdict=verdict,
        meaning=meaning,
        thresholds=LIMITS,
        next_step=next_step,
        assumes=BOTH_PREMISES if proven and agreed is not None else (),
        measured_at_s=NOON,
        true_time=None if interval is None else Interval(NOON - high_s, NOON - low_s),
        duration_s=0.25,
        ntp=NtpPart(
            Survey(consensus, ServerList.PUBLIC, RUN, cut_short=False),
            Judgement(status, proven and agreed is not None, status, status),
        ),
        findings=findings,
    )


ALL_WELL = clock(
    Status.OK,
    "OK  your clock is within 7 ms of UTC, proven; 5 of 5 servers agree",
    (
        voter("time.cloudflare.com", 0.0004, 0.0072),
        voter("ntp.netnod.se", 0.0012, 0.0142),
        voter("ntp.time.nl", -0.0022, 0.0093),
        voter("ptbtime1.ptb.de", 0.0011, 0.0171),
        voter("time.nist.gov", 0.0053, 0.0524),
    ),
    (-0.0068, 0.0002, 0.0069),
    meaning="For a token: at this size the clock is an unlikely cause of a 401.",
    next_step=NextStep("next", "curl -sI https://api.example.net/date", "shows the API's own clock"),
)

ONE_LIAR = clock(
    Status.WARNING,
    "WARNING  your clock is 203 ms AHEAD of UTC, proven between 195 and 211 ms; 3 of 4 servers agree; 1 refused",
    (
        voter("time.cloudflare.com", 0.203, 0.0081),
        liar("ntp.evil.example", 1.2, 0.009, 0.98),
        voter("ntp.netnod.se", 0.201, 0.0123),
        silent("ptbtime1.ptb.de", "unsynchronised", "the server says that it is not synchronised", rejected=True),
        voter("time.nist.gov", 0.214, 0.0624),
    ),
    (0.195, 0.203, 0.211),
    meaning="For a token: what this host signs looks issued in the future to a strict server.",
    findings=(
        Finding("local-ahead", Status.WARNING, "the local clock is ahead", (("skew_s", 0.203),)),
        Finding("falseticker", Status.OK, "ntp.evil.example is off by at least 980 ms: its vote doesn't count"),
    ),
    next_step=CHRONY,
)

HOURS_BEHIND = clock(
    Status.CRITICAL,
    "CRITICAL  your clock is 1 h 30 min BEHIND UTC, proven between 5399.98 and 5400.02 s; 3 of 3 servers agree",
    (voter("a.example", -5400.0, 0.03), voter("b.example", -5400.01, 0.04), voter("c.example", -5417.2, 20.0)),
    (-5400.02, -5400.0, -5399.98),
    next_step=CHRONY,
)

STRADDLING = clock(
    Status.OK,
    "OK  your clock is 84 ms AHEAD of UTC, proven between 37 and 111 ms; 3 of 3 servers agree",
    (voter("a.example", 0.08, 0.025), voter("b.example", 0.074, 0.037), voter("c.example", 0.09, 0.14)),
    (0.037, 0.084, 0.111),
)

ONE_SERVER = clock(
    Status.WARNING,
    "WARNING  your clock is 203 ms AHEAD of UTC, between 195 and 211 ms if ntp1.example.net is right",
    (unjudged("ntp1.example.net", 0.203, 0.008),),
    (0.195, 0.203, 0.211),
    basis=Basis.SINGLE,
    findings=(Finding("one-server", Status.OK, "one server's word: if it is wrong, so is this verdict"),),
    next_step=ASK_MORE,
)

TWO_APART = clock(
    Status.UNKNOWN,
    "CANNOT TELL  the two servers that answered contradict each other: one of them is wrong, or both",
    (unjudged("a.example", 0.2, 0.01), unjudged("b.example", -3.0, 0.02)),
    None,
)

NOBODY = clock(
    Status.UNKNOWN,
    "CANNOT TELL  none of 3 NTP servers answered in 3 s: UDP 123 is probably blocked here",
    (
        silent("time.cloudflare.com", "no-reply", "no reply in 3 s"),
        silent("ntp.netnod.se", "no-reply", "no reply in 3 s"),
        silent("nope.invalid", "dns-no-such-name", "there is no such name", address=None),
    ),
    None,
    meaning="For a token: nothing can be said, neither that this clock causes a 401 nor that it doesn't.",
    findings=(Finding("udp-123-blocked", Status.UNKNOWN, "NTP packets go out and nothing comes back"),),
    next_step=NextStep("next", "skewcheck clock -H ADDRESS", "with a time server that this network can reach"),
)

MISUSE = Report(
    command="clock",
    status=Status.UNKNOWN,
    proven=False,
    exit_code=3,
    verdict="CANNOT TELL  --warning: 'x' is not a duration; write 50ms, 2s, 1.5m or 1h (a bare number is seconds)",
    meaning="Example: -w 50ms",
    failure=Failure(
        "usage",
        "--warning: 'x' is not a duration; write 50ms, 2s, 1.5m or 1h (a bare number is seconds)",
        "Example: -w 50ms",
    ),
)

BY_HAND = {
    "all well": ALL_WELL,
    "one liar": ONE_LIAR,
    "hours behind": HOURS_BEHIND,
    "straddling": STRADDLING,
    "one server": ONE_SERVER,
    "two apart": TWO_APART,
    "nobody": NOBODY,
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


NEXT_STEPS = st.builds(NextStep, st.sampled_from(["do", "next"]), FOREIGN.filter(bool), SENTENCES)
EVIDENCE = st.lists(st.tuples(IDS, st.one_of(FOREIGN, st.floats(), st.integers(), st.none())), max_size=3)
FINDINGS = st.builds(
    Finding,
    IDS,
    st.sampled_from(Status),
    SENTENCES,
    EVIDENCE.map(tuple),
    st.lists(SENTENCES, max_size=2).map(tuple),
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Return a report that is well formed but need not make sense."""
    basis = draw(st.sampled_from(Basis))
    cast = tuple(draw(st.lists(votes(basis), min_size=1, max_size=7)))
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
        verdict=f"WORD  {draw(SENTENCES)}",
        meaning=draw(st.just("") | SENTENCES),
        thresholds=Thresholds(draw(st.floats(1e-5, 1.0)), draw(st.floats(1.0, 1e5))),
        next_step=draw(st.none() | NEXT_STEPS),
        assumes=draw(st.sampled_from([(), BOTH_PREMISES])),
        measured_at_s=draw(TIMES),
        true_time=draw(st.sampled_from([None, Interval(NOON - 0.1, math.inf), Interval(NOON - 0.2, NOON)])),
        duration_s=run.duration_s,
        ntp=NtpPart(survey, Judgement(status, proven, status, status)),
        findings=tuple(draw(st.lists(FINDINGS, max_size=3))),
    )
