"""A log judged: what its refusals say to each cause, in the order of docs/log.md, and the report on that. Pure.

Never claimed: propagation where only *one constant difference* is excluded, for one node's clock looks alike; a cause
of fewer than three first refusals; "the issuer is ahead" from whole-second stamps; that this host's clock explains a
server's refusal of the server's own token; that a wait is safe.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.judge import catalogue, refusals, severity
from skewcheck.judge.lives import Lives
from skewcheck.judge.nodes import share_of
from skewcheck.judge.refusals import LEAST, SHOWN, Refusals, Tests, hold, tested
from skewcheck.judge.trials import SURE
from skewcheck.model import Fact, Finding, Interval, Policy, Report, Status, Step
from skewcheck.model.log import Cause, CauseVerdict, DateOffset, First, LogFile, LogPart

ENOUGH, ENOUGH_REFUSED = 60, 6
"""Refreshes, and refused first uses, from which on skew and propagation are told apart in 8 of 10 logs or more."""
LOST_SHARE = 0.1
"""Of the lines: where more are not understood, it isn't known that none was refused."""
_V = CauseVerdict
_ORDER = (_V.SHOWN, _V.LIKELY, _V.POSSIBLE, _V.CANT_TELL, _V.UNLIKELY, _V.EXCLUDED)


class _Known(NamedTuple):
    """All that a cause rests on."""

    lives: Lives
    found: Refusals
    tests: Tests
    dates: refusals.Dates | None
    unsure: str | None
    """Why no statistics hold, and nothing is excluded; None: they do."""

    @property
    def blind(self) -> bool:
        """Tell whether tokens were refused of which nobody knows when they came, or were replaced."""
        return self.lives.refused > 0 and not self.lives.refreshes

    @property
    def never(self) -> bool:
        """Tell whether nobody accepted anything."""
        return refusals.never_accepted(self.lives, surely=True)[0] == len(self.lives.hosts) > 0


def report(
    lives: Lives,
    files: tuple[LogFile, ...],
    policy: Policy,
    *,
    zone: str | None = None,
    mixed: bool = False,
    issuer_ahead: Interval | None = None,
) -> Report:
    """Return what the log comes to; *issuer_ahead*: as `api --full` measured it.

    *zone*: of times that name none; *mixed*: that is assumed, and other times name theirs.
    """
    found, dates, unsure = refusals.refusals(lives), refusals.dates(lives), _unsure(lives, mixed=mixed)
    tests = tested(lives, found, dates, issuer_ahead, unsure=unsure is not None)
    known = _Known(lives, found, tests, dates, unsure)
    causes = tuple(sorted((_sure(c, known) for c in _causes(known)), key=lambda cause: _ORDER.index(cause.verdict)))
    part = _part(known, files, zone, causes)
    findings = _findings(known, part)
    overall = severity.worse(Status.OK, *(finding.status for finding in findings))
    return Report(
        command="log",
        status=overall,
        proven=False,
        exit_code=severity.exit_code(overall, policy.fail_on, policy.on_unknown),
        findings=tuple(findings),
        steps=_steps(findings),
        measured_at_s=part.to_s,
        log=part,
    )


# --- What that says to each cause ---


def _cause(id_: str, verdict: CauseVerdict, because: str, refused: int = 0, **facts: Fact) -> Cause:
    return Cause(id_, verdict, refused, because, tuple(facts.items()))


def _unsure(lives: Lives, *, mixed: bool) -> str | None:
    if not lives.refused:
        return "forbidden" if lives.forbidden >= LEAST else None
    if mixed:
        return "mixed-zones"
    if refusals.of_one_url(lives):
        return "one-url"
    return "several-clients" if refusals.are_several(lives) else None


def _sure(cause: Cause, known: _Known) -> Cause:
    """Return *cause* as it may be said where it isn't known when requests were, of whom, or of what."""
    surely = {"wrong-host", "checker-behind", "one-url"}
    if known.unsure is None or known.never or cause.id in surely or cause.because == "limited":
        return cause
    joined = known.unsure == "one-url" or (known.unsure == "several-clients" and known.lives.with_token)
    if joined and cause.verdict in NAMED and cause.id in {"late-refresh", "idle", "in-flight", "storm"}:
        return cause
    return _cause(cause.id, _V.CANT_TELL, known.unsure)


def _causes(known: _Known) -> list[Cause]:
    return [
        *_of_first_uses(known),
        _of_expiry(known), _of_idleness(known), *_of_early_end(known), _of_flight(known), _of_a_storm(known),
        _of_the_host_asked(known), _of_this_host(known), *_of_a_message(known), *_of_one_url(known),
    ]  # fmt: skip


def _of_any_age(known: _Known) -> Cause:
    tests, (late, of) = known.tests, known.found.late
    if tests.any_age:
        return _cause("any-age", _V.LIKELY, "old-too", late + tests.refused, late=late, of=of)
    if known.blind:
        return _cause("any-age", _V.CANT_TELL, "no-refreshes")
    if late == 0 and not tests.refused:
        return _cause("any-age", _V.EXCLUDED, "others-explain" if known.lives.refused else "none-refused")
    return _cause("any-age", *((_V.UNLIKELY, "new-only") if tests.of_new else (_V.CANT_TELL, "too-few")))


def _of_first_uses(known: _Known) -> list[Cause]:
    """Return the issuer ahead, propagation, one node behind, and refusals at any age."""
    tests, n = known.tests, known.tests.refused
    node, age = _node(known), _of_any_age(known)
    new = ("issuer-ahead", "propagation", "one-node")
    if known.never:
        return [_cause(id_, _V.UNLIKELY, "never-accepted") for id_ in (*new, "any-age")]
    if n == 0:
        unseen = known.lives.refused and not tests.of
        verdict, why = (_V.CANT_TELL, "no-first-uses") if unseen else (_V.EXCLUDED, "none-first")
        return [*(_cause(id_, verdict, why) for id_ in new), age]
    if node.verdict is _V.SHOWN:
        return [*(_cause(id_, _V.UNLIKELY, "node-does") for id_ in ("issuer-ahead", "propagation", "any-age")), node]
    if not tests.of_new:
        why, verdict = ("old-too", _V.UNLIKELY) if tests.any_age else ("too-few", _V.CANT_TELL)
        late, of = known.found.late
        return [_cause(id_, verdict, why, late=late, of=of) for id_ in ("issuer-ahead", "propagation")] + [node, age]
    if tests.excluded is not None:
        ahead = _cause("issuer-ahead", _V.EXCLUDED, f"excluded-{tests.excluded}")
        return [ahead, _cause("propagation", _V.POSSIBLE, "no-one-difference", n), node, age]
    if tests.p is not None and tests.p < SURE and not tests.in_a_row:
        low_s, high_s = share_of(n, n, tests.of)
        ahead = _cause("issuer-ahead", _V.LIKELY, "in-one-part", n, p=tests.p, low_s=low_s, high_s=high_s)
        return [ahead, _cause("propagation", _V.UNLIKELY, "in-one-part-not"), node, age]
    why = (
        "all-refused" if n == tests.of else "whole-seconds" if tests.whole_seconds
        else "in-a-row" if tests.in_a_row else "no-pattern"
    )  # fmt: skip
    return [_cause(id_, _V.CANT_TELL, why) for id_ in ("issuer-ahead", "propagation")] + [node, age]


def _node(known: _Known) -> Cause:
    dates, tests = known.dates, known.tests
    if (
        dates is not None
        and tests.refused >= LEAST
        and len(dates.behind) >= refusals.AGREEING
        and 2 * len(dates.behind) > dates.dated_refused
    ):
        return _cause("one-node", _V.SHOWN, "dates-apart", len(dates.behind), behind_s=max(dates.behind))
    if tests.excluded is not None:
        return _cause("one-node", _V.POSSIBLE, "no-one-difference", tests.refused)
    if dates is None:
        return _cause("one-node", _V.CANT_TELL, "no-dates")
    if known.lives.without_start or not dates.dated_refused:
        return _cause("one-node", _V.CANT_TELL, "no-starts")
    return _cause("one-node", _V.CANT_TELL, "dates-alike")


def _of_expiry(known: _Known) -> Cause:
    expired, unknown = refusals.of_expiry(known.found), refusals.of_no_lifetime(known.found)
    late = refusals.lateness(expired)
    if late is not None:
        verdict = _V.SHOWN if len(expired) >= SHOWN else _V.POSSIBLE
        return _cause("late-refresh", verdict, "at-the-end", len(expired), low_s=late.low_s, high_s=late.high_s)
    if len(unknown) >= SHOWN and refusals.at_one_age(unknown, known.found):
        return _cause("late-refresh", _V.LIKELY, "at-one-age", len(unknown))
    if unknown:
        return _cause("late-refresh", _V.POSSIBLE, "no-lifetime", len(unknown))
    if known.blind:
        return _cause("late-refresh", _V.CANT_TELL, "no-refreshes")
    return _cause("late-refresh", _V.EXCLUDED, "none-at-end")


def _of_idleness(known: _Known) -> Cause:
    idle = refusals.of_idleness(known.found)
    if idle:
        verdict = _V.SHOWN if len(idle) >= LEAST else _V.POSSIBLE
        return _cause(
            "idle",
            verdict,
            "after-a-pause",
            len(idle),
            shortest_s=min(b.gap_s for b in idle),
            ok_s=known.found.idle_ok_s,
        )
    if known.blind:
        return _cause("idle", _V.CANT_TELL, "no-refreshes")
    return _cause("idle", _V.EXCLUDED if not known.found.before else _V.UNLIKELY, "no-pause")


def _of_early_end(known: _Known) -> list[Cause]:
    """Return the tokens that died before their end, without a pause: all so early by a clock, or revoked one by one."""
    early = refusals.of_early_end(known.found)
    n, so_early = len(early), refusals.so_early(early, known.found, known.lives.stamp_s) if early else None
    if n < LEAST or n <= known.found.late[0] or so_early is None or refusals.may_be_several(known.lives):
        why = "none-early" if not n else "ages-differ" if so_early is None else "too-few-before"
        verdict = (_V.UNLIKELY if n else _V.EXCLUDED) if so_early is None else _V.CANT_TELL
        revoked = _of_revocation(known, n)
        return [revoked, revoked._replace(id="issuer-behind") if known.blind else _cause("issuer-behind", verdict, why)]
    dated = refusals.issuer_behind(early)
    low_s, high_s = so_early
    if dated is not None and dated.low_s > 0 and dated.low_s <= high_s and low_s - 1 <= dated.high_s:
        low_s, high_s = max(dated.low_s, low_s - 1), min(dated.high_s, high_s)
        behind = _cause("issuer-behind", _V.SHOWN, "behind-by-date", n, low_s=low_s, high_s=high_s)
        return [behind, _cause("revoked", _V.UNLIKELY, "issuer-does")]
    behind = _cause("issuer-behind", _V.POSSIBLE, "all-so-early", n, low_s=low_s, high_s=high_s)
    return [behind, _cause("revoked", _V.POSSIBLE, "all-so-early", n)]


def _of_revocation(known: _Known, left: int) -> Cause:
    """Return the tokens that died before their end, no two alike: revoked, or refused at random."""
    unknown = len(refusals.of_no_lifetime(known.found))
    if left and refusals.may_be_several(known.lives):
        return _cause("revoked", _V.CANT_TELL, "several-clients", left)
    if left >= LEAST and left > known.found.late[0]:
        return _cause("revoked", _V.LIKELY, "before-the-end", left)
    if unknown:
        return _cause("revoked", _V.CANT_TELL, "no-lifetime", unknown)
    if known.blind:
        return _cause("revoked", _V.CANT_TELL, "no-refreshes")
    return _cause("revoked", *((_V.CANT_TELL, "too-few-before") if left else (_V.EXCLUDED, "none-early")), left)


def _of_flight(known: _Known) -> Cause:
    shown, by_time = known.lives.in_flight_refused, known.found.in_flight
    if shown and known.lives.in_flight <= max(shown, 2) * 2:
        return _cause("in-flight", _V.SHOWN if shown >= SHOWN else _V.LIKELY, "old-token-sent", shown + by_time)
    if shown:
        return _cause("in-flight", _V.CANT_TELL, "several-clients", shown)
    if by_time:
        return _cause("in-flight", _V.LIKELY if by_time >= SHOWN else _V.POSSIBLE, "sent-before", by_time)
    if not known.lives.with_token and known.tests.refused and not known.never:
        return _cause("in-flight", _V.POSSIBLE if known.tests.excluded else _V.CANT_TELL, "no-hash")
    if known.lives.without_start and not known.lives.with_token:
        return _cause("in-flight", _V.CANT_TELL, "no-starts")
    return _cause("in-flight", _V.EXCLUDED if known.lives.with_token else _V.UNLIKELY, "none-in-flight")


def _of_a_storm(known: _Known) -> Cause:
    lives = known.lives
    most, at_once = refusals.storm(lives)
    if lives.limited:
        return _cause("storm", _V.SHOWN, "limited", lives.limited, refreshes=lives.refreshes)
    if most <= refusals.STORM_PER_LIFE + 1:
        return _cause("storm", _V.EXCLUDED, "in-time")
    if lives.in_flight > 2 * lives.in_flight_refused:
        return _cause("storm", _V.CANT_TELL, "several-clients")
    verdict = _V.LIKELY if at_once >= refusals.STORM_LEAST else _V.POSSIBLE
    return _cause("storm", verdict, "too-often", 0, most=max(at_once, most))


def _of_the_host_asked(known: _Known) -> Cause:
    for verdict, why, surely in ((_V.LIKELY, "never-accepted", True), (_V.CANT_TELL, "too-few-asked", False)):
        hosts, refused = refusals.never_accepted(known.lives, surely=surely)
        if hosts:
            return _cause("wrong-host", verdict, why, refused, hosts=hosts, all=len(known.lives.hosts) == hosts)
    return _cause("wrong-host", _V.EXCLUDED, "accepted-too")


def _of_this_host(known: _Known) -> Cause:
    """Return whether this host's clock explains any: it can make a refresh late, and no more."""
    dates, late = known.dates, refusals.lateness(refusals.of_expiry(known.found))
    if late is None:
        return _cause("this-host", _V.EXCLUDED, "servers-own")
    if dates is None or math.isinf(dates.interval.low_s):
        return _cause("this-host", _V.CANT_TELL, "no-dates")
    if dates.moved:
        return _cause("this-host", _V.CANT_TELL, "moved")
    behind_s = -dates.interval.high_s
    if behind_s > 0 and behind_s >= late.low_s:
        return _cause("this-host", _V.LIKELY, "behind-its-date", 0, behind_s=behind_s)
    return _cause("this-host", _V.UNLIKELY, "as-its-date", 0, low_s=dates.interval.low_s, high_s=dates.interval.high_s)


def _of_a_message(known: _Known) -> list[Cause]:
    lives = known.lives
    if not lives.gaps:
        return []
    return [_cause("checker-behind", _V.SHOWN, "message", lives.gaps, behind_s=lives.gap_s)]


def _of_one_url(known: _Known) -> list[Cause]:
    refused = refusals.of_one_url(known.lives)
    return [_cause("one-url", _V.LIKELY, "never-accepted", refused, refused_all=known.lives.refused)] if refused else []


# --- The report ---

NAMED = (_V.SHOWN, _V.LIKELY)


def _part(known: _Known, files: tuple[LogFile, ...], zone: str | None, causes: tuple[Cause, ...]) -> LogPart:
    lives, found, tests, dates = known.lives, known.found, known.tests, known.dates
    held, wait_s = ((), None) if known.never or tests.any_age or known.unsure else hold(found.trials)
    first = None
    if tests.of:
        first = First(tests.refused, tests.of, *share_of(tests.refused, tests.refused, tests.of))
    offset = None
    if dates is not None:
        apart_s = max(dates.behind) if len(dates.behind) >= refusals.AGREEING else None
        offset = DateOffset(dates.interval, dates.replies, dates.steady_s, apart_s)
    idle = refusals.of_idleness(found)
    missing = _missing(known)
    return LogPart(
        files=files,
        from_s=lives.from_s,
        to_s=lives.to_s,
        stamp_s=lives.stamp_s or None,
        zone_assumed=zone,
        requests=lives.requests,
        refreshes=lives.refreshes,
        tokens=sum(ended.life.received_s is not None for ended in lives.ended),
        refused=lives.refused,
        ambiguous=lives.ambiguous,
        steps=lives.steps,
        first=first,
        hold=held,
        wait_s=wait_s,
        date=offset,
        phase=tests.phase,
        lateness=refusals.lateness(refusals.of_expiry(found)),
        idle_ok_s=found.idle_ok_s or None,
        idle_refused_s=min((b.gap_s for b in idle), default=None),
        causes=causes,
        missing=missing,
        tokens_needed=_needed(known) if "refreshes" in missing else None,
    )


def _missing(known: _Known) -> tuple[str, ...]:
    """Return what would tell more of what was refused."""
    lives, tests = known.lives, known.tests
    if not lives.refused:
        return ()
    if known.unsure == "mixed-zones":
        return ("zones",)
    missing = ["clients"] if known.unsure == "several-clients" else []
    if not lives.refreshes:
        missing.append("token-responses")
    if lives.ambiguous or (lives.without_start and not lives.with_token):
        missing.append("starts")
    if tests.whole_seconds:
        missing.append("fractions")
    enough = tests.of >= ENOUGH and tests.refused >= ENOUGH_REFUSED
    open_still = tests.refused and not tests.settled and not known.unsure
    if open_still and lives.refreshes and not enough:
        missing.append("refreshes")
    if not lives.with_date and tests.refused:
        missing.append("dates")
    if known.found.before and any(b.lifetime_s is None for b in known.found.before):
        missing.append("lifetimes")
    if not lives.with_token:
        missing.append("tokens")
    return tuple(missing)


def _needed(known: _Known) -> int:
    """Return how many refreshes it takes: enough, and enough of them refused at the rate that was seen."""
    tests = known.tests
    by_rate = math.ceil(ENOUGH_REFUSED * tests.of / tests.refused) if tests.refused else ENOUGH
    return min(max(ENOUGH, by_rate), 400)


_CRITICAL = {"storm", "wrong-host"}
_FINDING_OF = {
    "late-refresh": "log-late-refresh",
    "idle": "log-idle",
    "revoked": "log-revoked",
    "issuer-ahead": "log-issuer-ahead",
    "one-node": "log-node-behind",
    "in-flight": "log-in-flight",
    "storm": "log-storm",
    "wrong-host": "log-never-accepted",
    "any-age": "log-any-age",
    "this-host": "log-host-behind",
    "checker-behind": "log-checker-behind",
    "one-url": "log-one-url",
}


def _findings(known: _Known, part: LogPart) -> list[Finding]:
    """Return a finding for each cause that is named, else that there is none."""
    first, tests = part.first, known.tests
    shares: dict[str, Fact] = {}
    if first is not None:
        shares = {"refused": first.refused, "of": first.of, "share": first.refused / first.of,
                  "share_low": first.share_low, "share_high": first.share_high, "wait_s": part.wait_s}  # fmt: skip
    found = []
    every = first is not None and first.refused == first.of >= LEAST and bool(tests.of_new or known.found.late[1] == 0)
    for cause in part.causes:
        if cause.verdict not in NAMED or cause.id not in _FINDING_OF:
            continue
        status = Status.CRITICAL if cause.id in _CRITICAL else Status.WARNING
        facts = {**dict(cause.facts), **shares, "likely": cause.verdict is _V.LIKELY, "refused_here": cause.refused}
        facts |= {"uses": known.found.late[1], "late_s": None if part.lateness is None else part.lateness.high_s}
        found.append(_finding(_FINDING_OF[cause.id], status, facts))
    early = next(cause for cause in part.causes if cause.id == "issuer-behind")
    if early.verdict in {_V.SHOWN, _V.POSSIBLE}:
        facts = {**dict(early.facts), "refused_here": early.refused, "by_date": early.verdict is _V.SHOWN}
        found.append(_finding("log-early-end", Status.WARNING, facts))
    if tests.excluded is not None and not any(f.id == "log-node-behind" for f in found):
        found.append(_finding("log-lag-or-node", Status.WARNING, {**shares, "no_hash": not known.lives.with_token}))
    if every and not any(f.id in {"log-never-accepted", "log-one-url"} for f in found):
        found.append(_finding("log-all-refused", Status.CRITICAL, shares))
    if known.lives.forbidden >= LEAST:
        found.append(_finding("log-forbidden", Status.UNKNOWN, {"forbidden": known.lives.forbidden}))
    found = found or [_of_none(part, shares)]
    order = (Status.CRITICAL, Status.WARNING, Status.UNKNOWN, Status.OK)
    return sorted(found, key=lambda each: (order.index(each.status), catalogue.rank(each.id)))


def _of_none(part: LogPart, shares: dict[str, Fact]) -> Finding:
    """Return what is found where no cause is named."""
    facts = {
        **shares,
        "refused_all": part.refused,
        "requests": part.requests,
        "refreshes": part.refreshes,
        "needed": part.tokens_needed,
        "missing": part.missing[0] if part.missing else None,
    }
    unread = _unread(part.files)
    if part.refused:
        return _finding("log-cant-tell", Status.UNKNOWN, facts)
    if unread is not None:
        return _finding("log-unread", Status.UNKNOWN, facts | unread)
    return _finding("log-none-refused", Status.OK, facts)


def _unread(files: Sequence[LogFile]) -> dict[str, Fact] | None:
    """Return how many lines were not understood, where so much was not read that refusals may well stand in it."""
    worst = max(files, key=lambda file: file.not_understood / max(file.lines, 1), default=None)
    if worst is not None and worst.not_understood > LOST_SHARE * worst.lines:
        return {"lost": worst.not_understood, "total": worst.lines}
    return {"lost": None, "total": None} if any(file.ended is not None for file in files) else None


def _finding(id_: str, status: Status, facts: dict[str, Fact]) -> Finding:
    """Return it with the facts that its row lists."""
    return Finding(id_, status, tuple((name, facts.get(name)) for name in catalogue.CATALOGUE[id_].facts.split()))


_MEASURES, _OF_NODES = {"log-issuer-ahead", "log-early-end", "log-all-refused"}, {"log-lag-or-node", "log-node-behind"}


def _steps(findings: Sequence[Finding]) -> tuple[Step, ...]:
    """Return what to run next: what measures today whether that holds, and what explains it."""
    lead = findings[0]
    explain = Step("explain", f"skewcheck explain {lead.id}")
    if lead.id in _MEASURES:
        return Step("measure-issuer", "skewcheck api --region REGION --full"), explain
    if lead.id in _OF_NODES:
        return Step("measure-nodes", "skewcheck check --region REGION --connections 24"), explain
    if lead.id == "log-forbidden":
        return Step("count-forbidden", "skewcheck log FILE --refused 401 --refused 403"), explain
    if lead.id in {"log-host-behind", "log-checker-behind"}:
        return Step("measure-clock", "skewcheck check --region REGION"), explain
    if lead.id == "log-none-refused":
        return ()
    return (explain,)
