"""Which illness, and what next. Each illness is one small function in `_FINDERS`: a finding, or None."""

from collections.abc import Callable
from typing import NamedTuple

from skewcheck.judge import remedies
from skewcheck.model import (
    Basis,
    Consensus,
    Finding,
    Judgement,
    NextStep,
    NoReading,
    Reading,
    ServerList,
    ServerStatus,
    Status,
    Survey,
    Thresholds,
)
from skewcheck.quantity import direction, duration_text, range_text, skew_text

SLEWING_PPM = 500.0
"""The fastest that the kernel's own NTP code slews (RFC 5905 §A.5.5.6): beyond it somebody corrects on purpose."""
STALE_REFERENCE_S = 86400.0
"""A server last set longer ago than a day: legal, its own dispersion allows for it, but worth a remark."""


class Case(NamedTuple):
    """All that a finding can rest on."""

    survey: Survey
    judgement: Judgement
    thresholds: Thresholds
    platform: str
    """As `sys.platform`: which remedy fits."""

    @property
    def consensus(self) -> Consensus:
        """What the servers came to."""
        return self.survey.consensus


def findings(case: Case) -> tuple[Finding, ...]:
    """Return all that is wrong or worth knowing, the most important first."""
    return tuple(finding for finder in _FINDERS for finding in finder(case))


def next_step(case: Case) -> NextStep:
    """Return the one command for the last line: what mends it here, else what settles the question."""
    if case.survey.local.step_s:
        return remedies.MEASURE_AGAIN
    if case.consensus.basis is Basis.NONE and not case.consensus.answered:
        return remedies.NAME_INSIDE
    if case.consensus.basis is not Basis.MAJORITY:
        return _ask_others(case)
    if case.judgement.status is Status.UNKNOWN:
        return remedies.SAMPLE_MORE
    if case.judgement.status is Status.OK:
        return remedies.LOOK_AT_THE_API if case.judgement.proven else remedies.SAMPLE_MORE
    return remedies.mend_clock(case.platform)


def _ask_others(case: Case) -> NextStep:
    return remedies.ASK_MORE if case.survey.listed is ServerList.NAMED else remedies.NAME_MORE


def _local_skew(case: Case) -> list[Finding]:
    skew_s, interval = case.consensus.skew_s, case.consensus.interval
    if skew_s is None or interval is None or case.judgement.status in (Status.OK, Status.UNKNOWN):
        return []
    summary = f"the local clock against UTC: {skew_text(skew_s, interval)} ({range_text(*interval)})"
    evidence = (("skew_s", skew_s), ("low_s", interval.low_s), ("high_s", interval.high_s))
    remedy = (remedies.mend_clock(case.platform).command,)
    return [Finding(f"local-{direction(skew_s)}", case.judgement.status, summary, evidence, remedy)]


def _too_coarse(case: Case) -> list[Finding]:
    interval = case.consensus.interval
    if interval is None or case.judgement.status is not Status.UNKNOWN:
        return []
    summary = f"the range, {range_text(*interval)}, goes from ok to critical"
    evidence = (("low_s", interval.low_s), ("high_s", interval.high_s))
    return [Finding("too-coarse", Status.UNKNOWN, summary, evidence, (remedies.SAMPLE_MORE.command,))]


def _disagreement(case: Case) -> list[Finding]:
    if case.consensus.basis is not Basis.NONE or not case.consensus.answered:
        return []
    summary = f"of {case.consensus.answered} servers that answered no majority shares a time"
    evidence = (("answered", case.consensus.answered),)
    return [Finding("servers-disagree", Status.UNKNOWN, summary, evidence, (_ask_others(case).command,))]


def _nobody(case: Case) -> list[Finding]:
    if case.consensus.answered:
        return []
    reasons = {vote.outcome.reason for vote in case.consensus.votes if isinstance(vote.outcome, NoReading)}
    name, summary = next(
        ((name, summary) for name, known, summary in _SILENCES if reasons <= known),
        ("no-answer", "no server gave a usable answer"),
    )
    evidence = (("asked", case.consensus.asked), ("reasons", ", ".join(sorted(reasons))))
    return [Finding(name, Status.UNKNOWN, summary, evidence, (remedies.NAME_INSIDE.command,))]


_SILENCES = (
    ("udp-123-blocked", {"no-reply", "prohibited"}, "NTP packets go out and nothing comes back"),
    ("no-network", {"no-route", "unreachable"}, "this host has no way to any of the servers"),
    ("dns-failed", {"dns-failed", "dns-timeout", "dns-no-such-name"}, "none of the servers' names can be resolved"),
)


def _one_server(case: Case) -> list[Finding]:
    if case.consensus.basis is not Basis.SINGLE:
        return []
    summary = "one server's word: if it is wrong, so is this verdict"
    evidence = (("asked", case.consensus.asked),)
    return [Finding("one-server", Status.OK, summary, evidence, (_ask_others(case).command,))]


def _falsetickers(case: Case) -> list[Finding]:
    return [
        Finding(
            "falseticker",
            Status.OK,
            f"{vote.outcome.server} is off by at least {duration_text(vote.off_by_s)}: its vote doesn't count",
            (("server", vote.outcome.server), ("off_by_s", vote.off_by_s)),
            ("take it out of this host's time servers, if it is one",),
        )
        for vote in case.consensus.votes
        if vote.status is ServerStatus.FALSETICKER and vote.off_by_s is not None
    ]


def _stepped(case: Case) -> list[Finding]:
    step_s = case.survey.local.step_s
    if not step_s:
        return []
    way = "forward" if step_s > 0 else "back"
    summary = f"the local clock was set {way} by {duration_text(step_s)} meanwhile: the range covers before and after"
    return [Finding("stepped", Status.OK, summary, (("step_s", step_s),), (remedies.MEASURE_AGAIN.command,))]


def _slewing(case: Case) -> list[Finding]:
    ppm = case.survey.local.slew_ppm
    if abs(ppm) <= SLEWING_PPM:
        return []
    way = "faster" if ppm > 0 else "slower"
    summary = f"the local clock is being pulled: it runs {abs(ppm):.0f} ppm {way} than its hardware"
    return [Finding("slewing", Status.OK, summary, (("slew_ppm", ppm),), ("measure again in a few minutes",))]


def _cut_short(case: Case) -> list[Finding]:
    if not case.survey.cut_short:
        return []
    silent = case.consensus.asked - case.consensus.answered
    missing = f"{silent} of {case.consensus.asked} servers had not answered" if silent else "samples were missing"
    summary = f"the deadline ended the measurement after {duration_text(case.survey.local.duration_s)}: {missing}"
    return [Finding("cut-short", Status.OK, summary, (("silent", silent),), ("allow more time with -t",))]


def _stale_reference(case: Case) -> list[Finding]:
    return [
        Finding(
            "stale-reference",
            Status.OK,
            f"{vote.outcome.server} was itself last set {duration_text(age_s)} ago",
            (("server", vote.outcome.server), ("reference_age_s", age_s)),
        )
        for vote in case.consensus.votes
        if isinstance(vote.outcome, Reading)
        and (age_s := vote.outcome.exchanges[-1].reference_age_s) is not None
        and age_s > STALE_REFERENCE_S
    ]


_FINDERS: tuple[Callable[[Case], list[Finding]], ...] = (
    _local_skew,
    _too_coarse,
    _disagreement,
    _nobody,
    _stepped,
    _falsetickers,
    _one_server,
    _slewing,
    _cut_short,
    _stale_reference,
)
