"""What is wrong with the NTP servers' answers, and what this host's clock did while it was measured."""

from collections import Counter
from collections.abc import Callable

from skewcheck.judge.attribution import clocks_status
from skewcheck.judge.case import Case, Facts, reason_of
from skewcheck.judge.severity import OFF
from skewcheck.model import (
    SAME_ADDRESS,
    SMEARED,
    Basis,
    DateReading,
    Ended,
    Finding,
    NoReading,
    NtpPart,
    Reading,
    ServerList,
    ServerStatus,
    Status,
)

PULLED_S = 1e-3
"""What is less is the noise of reading the clocks, in a run of milliseconds."""
SLEWING_PPM = 500.0
"""The fastest that the kernel itself slews a clock (MAXFREQ of Linux' timex.h): beyond it a daemon is in a hurry."""


def findings(case: Case) -> list[Finding]:
    """Return all that is wrong or worth knowing."""
    found = [finding for finder in _OF_THE_RUN for finding in finder(case)]
    if case.ntp is not None:
        found += [finding for finder in _OF_NTP for finding in finder(case, case.ntp)]
    return found


# --- The servers ---


_SILENCES = (
    # (what it comes to, the reasons that it covers): of one server, and of several
    ("silent", "blocked", {"no-reply"}),
    ("prohibited", "prohibited", {"prohibited"}),
    ("silent", "blocked", {"no-reply", "prohibited"}),
    ("no-route", "no-network", {"no-route"}),
    ("no-route", "no-route", {"no-route", "unreachable"}),
    ("no-such-name", "dns", {"dns-no-such-name"}),
    ("dns", "dns", {"dns-failed", "dns-timeout", "dns-slow", "dns-no-such-name"}),
    ("no-address", "no-address", {"no-address"}),
    ("port-closed", "port-closed", {"port-closed"}),
    ("rate", "rate", {"kod-rate"}),
    ("unsynchronised", "unsynchronised", {"unsynchronised"}),
    ("distance", "distance", {"root-distance"}),
    ("other-address", "other-address", {"other-address"}),
)


def _unreached(case: Case, ntp: NtpPart) -> list[Finding]:
    votes, web = ntp.survey.consensus, ntp.survey.by_web
    if votes.answered:
        return []
    failed = [
        vote.outcome
        for vote in votes.votes
        if isinstance(vote.outcome, NoReading) and vote.outcome.reason != SAME_ADDRESS
    ]
    reasons = Counter(outcome.reason for outcome in failed)
    alone = votes.asked == 1
    reason = next((one if alone else many for one, many, covered in _SILENCES if reasons.keys() <= covered), None)
    first = failed[0].server if failed else None
    facts = (
        ("asked", votes.asked),
        ("reason", reason),
        ("counts", ", ".join(f"{count} {each}" for each, count in reasons.most_common())),
        ("server", first),
        ("who", first if alone else f"{votes.asked} {'web ' if web else '' if case.asked_web else 'NTP '}servers"),
        ("port", None if web else _port(failed)),
        ("duration_s", ntp.survey.local.duration_s),
    )
    return [Finding("ntp-unreached", Status.UNKNOWN, facts)]


def _port(failed: list[NoReading]) -> str | None:
    """Return the UDP port that was asked; None where they differ."""
    addresses = [outcome.address or "" for outcome in failed]
    ports = {a.rpartition(":")[2] if "]:" in a or a.count(":") == 1 else "123" for a in addresses}
    return ports.pop() if len(ports) == 1 else None


def _disagree(case: Case, ntp: NtpPart) -> list[Finding]:
    """Tell of servers none of whom is to be believed; of a few that agree, where others leave it open by contradicting.

    A minority that is contradicted and yet surely ok, or surely off, is told with its clock (`attribution`).
    """
    survey, votes = ntp.survey, ntp.survey.consensus
    unsettled = votes.divided and ntp.judgement.status is Status.UNKNOWN
    if not votes.answered or (votes.basis is not Basis.NONE and not unsettled) or survey.smear is not None:
        return []  # the last: `smear-mixed`
    answered = {vote.outcome.server for vote in votes.votes if isinstance(vote.outcome, Reading)}
    own = answered & {*survey.own} and answered - {*survey.own}
    facts = (
        ("answered", votes.answered),
        ("asked", votes.asked),
        ("unreached", votes.asked - votes.answered),
        ("why", "minority" if unsettled else "own" if own else "two" if votes.answered == 2 else None),
        ("agreeing", votes.agreeing if unsettled else None),
        ("against", len(votes.against) if unsettled else None),
        ("https", case.asked_web or None),
    )
    return [Finding("servers-disagree", Status.UNKNOWN, facts)]


def _too_coarse(case: Case, ntp: NtpPart) -> list[Finding]:
    """Tell of a range that goes from ok to critical, or leaves even the direction open."""
    interval, status = case.utc, ntp.judgement.status
    if interval is None or status is Status.OK or case.was_set:
        return []
    if (status is Status.UNKNOWN and ntp.survey.consensus.divided) or case.at_another_rate:
        return []  # `servers-disagree`, or `fake-time`
    if status is not Status.UNKNOWN and not interval.holds_zero:
        return []
    doubting = sum(_doubts_itself(reading) for reading in case.readings_of_ntp)
    because = "server" if 2 * doubting > len(case.readings_of_ntp) else None
    facts = (("low_s", interval.low_s), ("high_s", interval.high_s), ("reference", "UTC"))
    return [Finding("too-coarse", status, (*facts, *limits(case), ("because", because)))]


def limits(case: Case) -> Facts:
    """Return where warning and critical begin."""
    return ("warning_s", case.limits.warning_s), ("critical_s", case.limits.critical_s)


def _doubts_itself(reading: Reading) -> bool:
    """Tell whether at least half of its range is by what the server says of itself, and not by the way to it."""
    return reading.exchanges[0].root_distance_s >= reading.interval.width_s / 4


def _falsetickers(case: Case, ntp: NtpPart) -> list[Finding]:
    configured = () if case.host is None else case.host.configured
    origins = {own.host: own.origin for own in reversed(configured)}
    found = []
    for vote in ntp.survey.consensus.votes:
        if vote.status is ServerStatus.FALSETICKER:
            server = vote.outcome.server
            off_by_s = vote.off_by_s or 0.0
            bad = case.server_status(off_by_s)
            limit_s = {Status.WARNING: case.limits.warning_s, Status.CRITICAL: case.limits.critical_s}.get(bad)
            facts = (("server", server), ("off_by_s", off_by_s), ("origin", origins.get(server)), ("limit_s", limit_s))
            found.append(Finding("falseticker", bad, facts))
    return found


def _partly_blocked(case: Case, ntp: NtpPart) -> list[Finding]:
    answered = ntp.survey.consensus.answered
    if ntp.survey.independent or not answered or not case.outside_is_silent:
        return []
    return [Finding("ntp-partly-blocked", Status.OK, (("answered", answered),))]


def _smear_mixed(_: Case, ntp: NtpPart) -> list[Finding]:
    """Tell of smeared time beside UTC: why servers split on a leap second, and what was left out so that they don't."""
    survey = ntp.survey
    smeared = [vote.outcome.server for vote in survey.consensus.votes if reason_of(vote.outcome) == SMEARED]
    if survey.smear is not None:
        return [Finding("smear-mixed", ntp.judgement.status, (("servers", ", ".join(survey.smear) or None),))]
    if not smeared or survey.listed is not ServerList.NAMED:  # what we add ourselves is our own affair
        return []
    return [Finding("smear-mixed", Status.OK, (("servers", ", ".join(smeared)),))]


_OF_NTP: tuple[Callable[[Case, NtpPart], list[Finding]], ...] = (
    _unreached,
    _disagree,
    _too_coarse,
    _falsetickers,
    _partly_blocked,
    _smear_mixed,
)


# --- This host's clock, while it was measured ---


def _stepped(case: Case) -> list[Finding]:
    """Tell of a clock that was set, or a host that slept: the range covers before and after.

    Where it was set by as much as is warned of, two clocks were measured: that is why the status is what it is.
    """
    if not case.step_s or case.at_another_rate:
        return []
    facts = (("step_s", abs(case.step_s)), ("step_way", "forward" if case.step_s > 0 else "back"))
    return [Finding("clock-stepped", clocks_status(case) if case.was_set else Status.OK, facts)]


def _slewing(case: Case) -> list[Finding]:
    """Tell of a clock that is being pulled, one way or back and forth."""
    if case.at_another_rate:
        return []
    rate = max((run.slew_ppm for run in case.runs), key=abs, default=0.0)
    wandered = [r.wander_s for r in case.runs if r.wander_s > max(PULLED_S, SLEWING_PPM * 1e-6 * r.duration_s)]
    if abs(rate) <= SLEWING_PPM and not wandered:
        return []
    there_and_back = abs(rate) <= SLEWING_PPM
    facts = (
        ("slew_ppm", round(abs(rate))),
        ("slew_way", "to-and-fro" if there_and_back else "faster" if rate > 0 else "slower"),
        ("wander_s", max(wandered, default=None)),
    )
    return [Finding("clock-slewing", Status.OK, facts)]


def _other_rate(case: Case) -> list[Finding]:
    """Tell of time that runs at another rate here than in the kernel: it leads, unless a clock is found far off."""
    if not case.at_another_rate:
        return []
    fake = None if case.host is None else case.host.fake
    off = clocks_status(case)
    how = None if fake is None else fake.how
    facts = (("how", how), ("ahead_s", None), ("ahead_way", None), ("other_rate", True))
    return [Finding("fake-time", off if off in OFF else Status.UNKNOWN, facts)]


_LATE_NTP = {"no-reply", "dns-timeout", "dns-slow"}
_LATE_API = {"stalled", "connect-timeout", "dns-timeout", "endless-continue", "no-answer"}


def _cut_short(case: Case) -> list[Finding]:
    ntp = case.ntp if case.ntp is not None and case.ntp.survey.cut_short else None
    api = case.api if case.api is not None and case.api.survey.cut_short else None
    runs = [part.survey.local for part in (ntp, api) if part is not None]
    if not runs:
        return []
    late = [reason_of(vote.outcome) in _LATE_NTP for vote in (ntp.survey.consensus.votes if ntp is not None else ())]
    for outcome in (host.outcome for host in (api.survey.hosts if api is not None else ())):
        ended = isinstance(outcome, DateReading) and outcome.ended is Ended.DEADLINE
        late.append(ended or reason_of(outcome) in _LATE_API)
    duration_s = max(run.duration_s for run in runs)
    facts = (("duration_s", duration_s), ("missing", sum(late)), ("enough_s", case.enough_s))
    return [Finding("cut-short", Status.OK, facts)]


_OF_THE_RUN: tuple[Callable[[Case], list[Finding]], ...] = (_other_rate, _stepped, _slewing, _cut_short)
