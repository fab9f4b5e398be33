"""Which illness, and what next. Each illness is one small function in `_FINDERS` that returns its findings."""

from collections.abc import Callable
from typing import NamedTuple

from skewcheck.judge import host as host_findings
from skewcheck.judge import local_run, remedies
from skewcheck.judge.host import contradicted_daemon
from skewcheck.judge.sentence import unheard
from skewcheck.model import (
    SAME_ADDRESS,
    SMEARED,
    Basis,
    ConfiguredServer,
    Consensus,
    Finding,
    HostFacts,
    Judgement,
    NextStep,
    NoReading,
    Pace,
    Reading,
    ServerList,
    ServerStatus,
    Status,
    Survey,
    Thresholds,
)
from skewcheck.quantity import direction, duration_text, range_text, skew_text

STALE_REFERENCE_S = 86400.0
"""A server last set longer ago than a day: legal, its own dispersion allows for it, but worth a remark."""
WORTH_SAMPLES = 4
"""So many samples are advised: of random delays on a path, the shortest of four is near the shortest of many."""


class Case(NamedTuple):
    """All that a finding can rest on."""

    survey: Survey
    judgement: Judgement
    thresholds: Thresholds
    platform: str
    """As `sys.platform`: which remedy fits."""
    asked: tuple[str, ...] = ()
    """The arguments that name the same servers again; none where none was named."""
    host: HostFacts | None = None

    @property
    def consensus(self) -> Consensus:
        """What the servers came to."""
        return self.survey.consensus

    @property
    def confirmed(self) -> bool:
        """Tell whether a majority of those asked vouches for the range, and not this host's own servers alone."""
        return self.consensus.basis is Basis.MAJORITY and self.survey.independent

    @property
    def readings(self) -> list[Reading]:
        """The readings, of truechimers and all others."""
        return [vote.outcome for vote in self.consensus.votes if isinstance(vote.outcome, Reading)]


def findings(case: Case) -> tuple[Finding, ...]:
    """Return all that is wrong or worth knowing, the most important first."""
    found = [finding for finder in _FINDERS for finding in finder(case)]
    if case.host is not None:
        found += host_findings.findings(case.host, case.consensus, case.judgement)
    return tuple(found)


def assumes(case: Case) -> tuple[str, ...]:
    """Return the premises of the range, as far as it is a majority's."""
    return ("majority-honest", "path-not-hostile") if case.confirmed else ()


def next_step(case: Case) -> NextStep:
    """Return the one command for the last line: what mends it here, else what settles the question."""
    if case.survey.local.pace is not Pace.TRUE:
        return unfake(case)
    interval = case.consensus.interval
    if interval is None and not case.consensus.answered:
        return remedies.ASK_INSIDE
    if case.survey.local.step_s:
        return remedies.again(case.asked)
    if not case.survey.independent and _outside_is_silent(case):
        return remedies.LOOK_AT_THE_API
    if not case.confirmed:
        return ask_others(case)
    if case.judgement.proven and case.judgement.status is Status.OK:
        return remedies.LOOK_AT_THE_API
    if case.judgement.least is Status.OK:
        return narrow(case)
    return mend(case)


def unfake(case: Case) -> NextStep:
    """Return how to ask the same servers without what lets time run at another rate."""
    step = remedies.unfake(case.host)
    return step._replace(command=step.command.replace("skewcheck clock", " ".join(["skewcheck clock", *case.asked])))


def mend(case: Case) -> NextStep:
    """Return what mends this clock on this host."""
    host, interval = case.host, case.consensus.interval
    contradicted = None if host is None or interval is None else contradicted_daemon(host, interval)
    liars = [vote.outcome.server for vote in case.consensus.votes if vote.status is ServerStatus.FALSETICKER]
    step = remedies.mend_clock(
        case.platform,
        host,
        wrong_daemon=None if contradicted is None else contradicted.name,
        wrong_server=next((own for server in liars if (own := _own_server(case, server)) is not None), None),
    )
    if step.command.endswith("skewcheck clock"):  # the same servers, whatever else is to change
        step = step._replace(command=" ".join([step.command, *case.asked]))
    return step


def ask_others(case: Case) -> NextStep:
    """Return how to ask somebody else than those who were asked."""
    return remedies.ASK_PUBLIC if case.survey.listed is ServerList.NAMED else remedies.ASK_OTHERS


def _outside_is_silent(case: Case) -> bool:
    """Tell whether of those whom this host doesn't follow anyway nobody answers, and nothing else is known of why."""
    reasons = {
        vote.outcome.reason if isinstance(vote.outcome, NoReading) else "answered"
        for vote in case.consensus.votes
        if vote.outcome.server not in case.survey.own
    }
    return bool(reasons) and reasons <= {"no-reply", "prohibited"}


def narrow(case: Case) -> NextStep:
    """Return what narrows the range: more samples against long ways, other servers against modest promises."""
    long_ways = sum(reading.delay_s / 2 > reading.exchanges[0].root_distance_s for reading in case.readings)
    if case.survey.samples < WORTH_SAMPLES and 2 * long_ways >= len(case.readings):
        return remedies.more_samples(case.asked, WORTH_SAMPLES)
    return remedies.ASK_NEARER


def _local_skew(case: Case) -> list[Finding]:
    skew_s, interval = case.consensus.skew_s, case.consensus.interval
    if skew_s is None or interval is None or interval.low_s <= 0 <= interval.high_s:
        return []
    if case.judgement.status in (Status.OK, Status.UNKNOWN):
        return []
    summary = f"the local clock against UTC: {skew_text(skew_s, interval)} ({range_text(*interval)})"
    evidence = (("skew_s", skew_s), ("low_s", interval.low_s), ("high_s", interval.high_s))
    step = mend(case) if case.confirmed else ask_others(case)  # nobody sets a clock by what nobody confirms
    return [Finding(f"local-{direction(skew_s)}", case.judgement.status, summary, evidence, (step.command,))]


def _too_coarse(case: Case) -> list[Finding]:
    """Tell of a range that holds a threshold: it goes from ok to critical, or leaves even the direction open."""
    if case.survey.local.pace is not Pace.TRUE:
        return []  # that is why nothing is told
    interval = case.consensus.interval
    unjudged = case.judgement.status is Status.UNKNOWN
    if interval is None or case.judgement.status is Status.OK or (unjudged and case.consensus.divided):
        return []
    if not unjudged and not interval.low_s <= 0 <= interval.high_s:
        return []
    open_s = "goes from ok to critical" if unjudged else "leaves open whether the clock is ahead or behind"
    evidence = (("low_s", interval.low_s), ("high_s", interval.high_s))
    remedy = (narrow(case).command,)
    return [
        Finding("too-coarse", case.judgement.status, f"the range, {range_text(*interval)}, {open_s}", evidence, remedy)
    ]


def _disagreement(case: Case) -> list[Finding]:
    if case.consensus.basis is not Basis.NONE or not case.consensus.answered:
        return []
    summary = f"of {case.consensus.answered} servers that answered no majority shares a time"
    evidence = (("answered", case.consensus.answered),)
    return [Finding("servers-disagree", Status.UNKNOWN, summary, evidence, (ask_others(case).command,))]


_SILENCES = (
    ("udp-123-blocked", {"no-reply"}, "NTP packets go out and nothing comes back"),
    ("udp-123-blocked", {"no-reply", "prohibited"}, "NTP packets are stopped, by this host or on the way"),
    ("no-network", {"no-route", "unreachable"}, "this host has no way to any of the servers"),
    ("dns-failed", {"dns-failed", "dns-timeout", "dns-no-such-name"}, "none of the servers' names can be resolved"),
)


def _nobody(case: Case) -> list[Finding]:
    if case.consensus.answered:
        return []
    reasons = {vote.outcome.reason for vote in case.consensus.votes if isinstance(vote.outcome, NoReading)}
    reasons -= {SAME_ADDRESS}
    name, summary = "no-answer", "no server gave a usable answer"
    if case.consensus.asked > 1 or reasons != {"no-reply"}:  # a sole server that stays silent may just be down
        known = ((name, summary) for name, covered, summary in _SILENCES if reasons <= covered)
        name, summary = next(known, (name, summary))
    evidence = (("asked", case.consensus.asked), ("reasons", ", ".join(sorted(reasons))))
    return [Finding(name, Status.UNKNOWN, summary, evidence, (remedies.ASK_INSIDE.command,))]


def _one_server(case: Case) -> list[Finding]:
    if case.consensus.basis is not Basis.SINGLE:
        return []
    summary = "one server's word: if it is wrong, so is this verdict"
    evidence = (("asked", case.consensus.asked),)
    return [Finding("one-server", Status.OK, summary, evidence, (ask_others(case).command,))]


def _unconfirmed(case: Case) -> list[Finding]:
    """Tell of servers that agree and are too few: so many may lie, and the honest ones not have been heard."""
    agreed = case.consensus
    if agreed.basis is not Basis.MINORITY or agreed.shared is None:
        return []
    counts = ", ".join(filter(None, [f"{len(agreed.against)} against" if agreed.divided else "", unheard(agreed)]))
    summary = (
        f"only {agreed.agreeing} of the {agreed.asked} servers asked agree ({range_text(*agreed.shared)}), {counts}: "
        "proof takes more than half of them"
    )
    evidence = (
        ("asked", agreed.asked),
        ("answered", agreed.answered),
        ("agreeing", agreed.agreeing),
        ("shared_low_s", agreed.shared.low_s),
        ("shared_high_s", agreed.shared.high_s),
    )
    unsettled = agreed.divided and case.judgement.status is Status.UNKNOWN
    status = Status.UNKNOWN if unsettled else Status.OK
    return [Finding("unconfirmed", status, summary, evidence, (ask_others(case).command,))]


def _falsetickers(case: Case) -> list[Finding]:
    return [
        Finding(
            "falseticker",
            Status.OK,
            f"{_named(case, vote.outcome.server)} is off by at least {duration_text(vote.off_by_s)}: its vote "
            "doesn't count",
            (("server", vote.outcome.server), ("off_by_s", vote.off_by_s)),
            () if (own := _own_server(case, vote.outcome.server)) is None else (f"replace it in {own.origin}",),
        )
        for vote in case.consensus.votes
        if vote.status is ServerStatus.FALSETICKER and vote.off_by_s is not None
    ]


def _own_server(case: Case, server: str) -> ConfiguredServer | None:
    """Return where this host is told to follow *server*; None where it isn't."""
    configured = () if case.host is None else case.host.configured
    return next((own for own in configured if own.host == server), None)


def _named(case: Case, server: str) -> str:
    return server if _own_server(case, server) is None else f"{server}, which this host is set up to follow,"


def _stepped(case: Case) -> list[Finding]:
    return local_run.stepped(case.survey.local, remedies.again(case.asked).command)


def _not_independent(case: Case) -> list[Finding]:
    if case.survey.independent or not case.consensus.answered:
        return []
    summary = (
        "only servers that this host is set up for, or its cloud offers, vouch for this: it would not see their error"
    )
    evidence = (("answered", case.consensus.answered),)
    found = [Finding("not-independent", Status.OK, summary, evidence, (next_step(case).command,))]
    if _outside_is_silent(case):
        why = "nothing comes back from the other servers: NTP is probably blocked on the way out of here"
        found.append(Finding("udp-123-blocked", Status.OK, why, (), (next_step(case).command,)))
    return found


def _smear_mixed(case: Case) -> list[Finding]:
    smeared = [
        v.outcome.server
        for v in case.consensus.votes
        if isinstance(v.outcome, NoReading) and v.outcome.reason == SMEARED
    ]
    if not smeared or case.survey.listed is not ServerList.NAMED:  # what we add ourselves is our own affair
        return []
    summary = f"{', '.join(smeared)}: not UTC for a day around a leap second, so no vote beside servers that are"
    return [Finding("smear-mixed", Status.OK, summary, (("servers", ", ".join(smeared)),))]


def _slewing(case: Case) -> list[Finding]:
    return local_run.slewing(case.survey.local)


def _cut_short(case: Case) -> list[Finding]:
    if not case.survey.cut_short:
        return []
    late = {"no-reply", "dns-timeout", "dns-slow"}
    silent = sum(isinstance(v.outcome, NoReading) and v.outcome.reason in late for v in case.consensus.votes)
    missing = f"{silent} of {case.consensus.asked} servers had not answered" if silent else "samples were missing"
    summary = f"the deadline ended the measurement after {duration_text(case.survey.local.duration_s)}: {missing}"
    return [Finding("cut-short", Status.OK, summary, (("silent", silent),), ("allow more time with -t",))]


def _fewer_samples(case: Case) -> list[Finding]:
    wanted = case.survey.samples
    short = [(reading.server, len(reading.exchanges)) for reading in case.readings if len(reading.exchanges) < wanted]
    return [
        Finding(
            "fewer-samples",
            Status.OK,
            f"{server} gave {given} of {wanted} samples",
            (("server", server), ("samples", given), ("wanted", wanted)),
        )
        for server, given in short
    ]


def _stale_reference(case: Case) -> list[Finding]:
    ages = [(reading.server, reading.exchanges[-1].reference_age_s) for reading in case.readings]
    return [
        Finding(
            "stale-reference",
            Status.OK,
            f"{server} was itself last set {duration_text(age_s)} ago",
            (("server", server), ("reference_age_s", age_s)),
        )
        for server, age_s in ages
        if age_s is not None and age_s > STALE_REFERENCE_S
    ]


_FINDERS: tuple[Callable[[Case], list[Finding]], ...] = (
    _local_skew,
    _too_coarse,
    _disagreement,
    _nobody,
    _stepped,
    _falsetickers,
    _one_server,
    _unconfirmed,
    _not_independent,
    _smear_mixed,
    _slewing,
    _cut_short,
    _fewer_samples,
    _stale_reference,
)
