"""The findings and the one next step where NTP and an API were asked: those of both, and whose clock it is."""

from skewcheck.judge import api as api_findings
from skewcheck.judge import api_steps, diagnose, remedies
from skewcheck.judge.sentence import NOT_SKEW
from skewcheck.judge.severity import date_range, worse
from skewcheck.judge.suspects import SUSPECTS
from skewcheck.judge.whose import Case, Whose, of_the_clocks, status
from skewcheck.judge.whose_sentence import from_api, off_from_utc, which_of_the_api
from skewcheck.model import Finding, Interval, NextStep, Pace, Security, Status
from skewcheck.quantity import direction, range_text, skew_text

_SUPERSEDED = {"local-ahead", "local-behind", "api-skew"}
"""What one half alone says of whose clock is off."""
_OF_THE_LOCAL_CLOCK = {"stepped", "slewing", "time-zone", "cut-short"}
"""What both halves see, and is said once."""
_ONE_HALF_ALONE = {api_steps.WHOSE.command, remedies.LOOK_AT_THE_API.command}
"""Advice to ask the other half, which has been asked."""


def findings(case: Case, row: Whose) -> tuple[Finding, ...]:
    """Return all that is wrong or worth knowing, the most important first; none worse than the whole."""
    worst = status(case, row)
    by_ntp, by_api = _of_the_halves(case)
    kept = [*_of_the_row(case, row), *_fresh(case)]
    alone = row in (Whose.BY_NTP_ALONE, Whose.UNMEASURED)
    kept += [finding for finding in by_ntp if alone or finding.id not in _SUPERSEDED]
    told = {finding.id for finding in kept} & _OF_THE_LOCAL_CLOCK
    kept += [finding for finding in by_api if finding.id not in _SUPERSEDED | told and not _settled(case, finding)]
    return tuple(dict.fromkeys(_fitted(finding, worst) for finding in kept))


def _of_the_halves(case: Case) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what each half finds. What the host says of itself goes with the half that measured its clock."""
    ntp, api = case.ntp, case.api
    if ntp.consensus.interval is None and api.reading is not None:
        return diagnose.findings(ntp._replace(host=None)), api_findings.findings(api._replace(host=ntp.host))
    return diagnose.findings(ntp), api_findings.findings(api._replace(host=None))


def _settled(case: Case, finding: Finding) -> bool:
    return finding.id == "lag-unknown" and case.flips_with_utc


def _fitted(finding: Finding, worst: Status) -> Finding:
    """Return a finding that is no worse than the whole, and doesn't advise to ask what was asked."""
    at_most = finding.status if worse(finding.status, worst) is worst else worst
    remedy = tuple(advice for advice in finding.remedy if advice not in _ONE_HALF_ALONE)
    return finding._replace(status=at_most, remedy=remedy)


# --- Whose clock it is, as a finding ---


def _of_the_row(case: Case, row: Whose) -> list[Finding]:
    if row is Whose.NOBODY:
        return _not_skew(case)
    if row is Whose.LOCAL:
        return _local(case, row)
    if row is Whose.API:
        return _api(case, row)
    if row is Whose.BOTH:
        return [*_local(case, row), *_api(case, row)]
    if row is Whose.NTP:
        return _ntp_differs(case, row)
    return _untold(case, row) if case.api.judgement.status is not Status.UNKNOWN else []


def _not_skew(case: Case) -> list[Finding]:
    if case.api.issuer_status is not Status.OK:  # that is clock skew, and nobody's here
        return []
    summary = f"{NOT_SKEW}: a 401 right after a refresh has another cause. Next suspects, in this order:"
    return [Finding("not-skew", Status.OK, summary, (), tuple(map(str, SUSPECTS)))]


def _local(case: Case, row: Whose) -> list[Finding]:
    skew_s, utc = _against_utc(case)
    summary = f"the local clock against UTC: {skew_text(skew_s, utc)} ({range_text(*utc)}); it {from_api(case)}"
    remedy = (next_step(case, row).command,)
    return [Finding(f"local-{direction(skew_s)}", of_the_clocks(case, row), summary, _evidence(skew_s, utc), remedy)]


def _api(case: Case, row: Whose) -> list[Finding]:
    ahead = case.api_ahead
    assert ahead is not None  # in rows that rest on both readings
    summary = f"{which_of_the_api(case)}: {case.api.survey.first.host} {off_from_utc(ahead)}"
    remedy = (next_step(case, row).command,)
    name = f"api-{direction(ahead.skew_s)}"
    return [Finding(name, of_the_clocks(case, row), summary, _evidence(ahead.skew_s, ahead.fresh), remedy)]


def _ntp_differs(case: Case, row: Whose) -> list[Finding]:
    skew_s, utc = _against_utc(case)
    summary = (
        f"by NTP the local clock is {skew_text(skew_s, utc)}, and it {from_api(case)}: NTP is smeared or intercepted "
        "on the way here, or this host and the API are off together"
    )
    return [Finding("ntp-differs", Status.WARNING, summary, _evidence(skew_s, utc), (next_step(case, row).command,))]


def _untold(case: Case, row: Whose) -> list[Finding]:
    """Tell of a local clock and an API's that differ, where whose is off is not settled."""
    reading, of_clocks = case.api.reading, of_the_clocks(case, row)
    if reading is None or of_clocks in (Status.OK, Status.UNKNOWN):
        return []
    summary = f"the local clock {from_api(case)}; whose clock is off is not settled"
    evidence = _evidence(reading.skew_s, date_range(reading))
    return [Finding("api-skew", of_clocks, summary, evidence, (next_step(case, row).command,))]


def _fresh(case: Case) -> list[Finding]:
    """Tell of a `Date` whose age is not known, and that moves on when UTC's second does: it was hardly an old one."""
    reading, ahead = case.api.reading, case.api_ahead
    if reading is None or ahead is None or reading.lag.known or not case.flips_with_utc:
        return []
    name, chance = case.api.survey.first.host, ahead.fresh.width_s
    summary = (
        f"the second of {name} moves on where UTC's does ({range_text(*ahead.fresh)}): its Date is likely fresh, as "
        f"one that lags would be there by chance in {max(chance, 0.01):.0%} of cases"
    )
    evidence = (*_evidence(ahead.skew_s, ahead.fresh), ("chance", chance))
    return [Finding("api-fresh", Status.OK, summary, evidence)]


def _against_utc(case: Case) -> tuple[float, Interval]:
    """Return what NTP shows, in rows that rest on it."""
    skew_s, utc = case.ntp.consensus.skew_s, case.ntp.consensus.interval
    assert skew_s is not None
    assert utc is not None
    return skew_s, utc


def _evidence(skew_s: float, interval: Interval) -> tuple[tuple[str, float], ...]:
    return ("skew_s", skew_s), ("low_s", interval.low_s), ("high_s", interval.high_s)


# --- The next step ---


def next_step(case: Case, row: Whose) -> NextStep:
    """Return the one command for the last line: what mends it here, else what settles the question."""
    return everything(_next_step(case, row), case.ntp.asked, case.api.asked)


def everything(step: NextStep, ntp_asked: tuple[str, ...], api_asked: tuple[str, ...]) -> NextStep:
    """Return *step* with what it asks of NTP asked of the API as well, as it was."""
    if "skewcheck clock" not in step.command:
        return step
    named = any(option.startswith("-H ") for option in ntp_asked) and step.command.endswith(" ".join(ntp_asked))
    more = [option for option in api_asked if not (named and option in ntp_asked)]
    return step._replace(command=" ".join([step.command.replace("skewcheck clock", "skewcheck check"), *more]))


def _next_step(case: Case, row: Whose) -> NextStep:
    ntp, api = case.ntp, case.api
    if api.at_another_rate or ntp.survey.local.pace is not Pace.TRUE:
        return diagnose.unfake(ntp)
    if row is Whose.NOBODY:
        stepped = ntp.survey.local.step_s or api.survey.local.step_s
        return _ask_when_it_happens(case) if case.token_given or stepped else _look_at_the_token(case)
    if ntp.survey.local.step_s or api.survey.local.step_s:
        return remedies.again(ntp.asked)
    fake = None if case.host is None else case.host.fake
    misled = fake is not None and remedies.misleads(fake) and row not in (Whose.API, Whose.NTP)
    if misled or row is Whose.BOTH or (row is Whose.LOCAL and (ntp.confirmed or _api_confirms(case))):
        return diagnose.mend(ntp)
    if row is Whose.LOCAL:
        return diagnose.ask_others(ntp)
    if row is Whose.API:
        return _show(case)
    if row is Whose.NTP:
        return _ELSEWHERE
    if row in (Whose.OPEN, Whose.SHARED):
        return diagnose.narrow(ntp) if case.voted else diagnose.ask_others(ntp)
    if row is Whose.BY_NTP_ALONE and ntp.judgement.status is Status.OK:
        return api_steps.next_step(api)
    return diagnose.next_step(ntp)


def _api_confirms(case: Case) -> bool:
    """Tell whether the API finds the local clock off as well, and not just anybody on the way can have said so."""
    reading = case.api.reading
    named = reading is not None and reading.security is not Security.PLAIN
    return named and case.api.judgement.status is not Status.OK


_ELSEWHERE = NextStep(
    "next",
    "skewcheck clock -H HOST1 -H HOST2 -H HOST3",
    "with servers inside of this network, or by another way out of it: tells who changes NTP, or who is off",
)


def _show(case: Case) -> NextStep:
    why = "shows every reply: for whoever runs that API, with the correlation id if there is one"
    return NextStep("next", " ".join(["skewcheck api", *case.api.asked, "-v"]), why)


def _look_at_the_token(case: Case) -> NextStep:
    why = "with the token that was refused: what it says of time, and who refuses it; nothing of it is sent"
    asked = dict.fromkeys([*case.ntp.asked, *case.api.asked])
    return NextStep("next", " ".join(["skewcheck token", *asked]), why)


def _ask_when_it_happens(case: Case) -> NextStep:
    why = "when the next 401 comes: a clock that is right now need not have been then"
    return NextStep("next", " ".join(["skewcheck clock", *case.ntp.asked]), why)
