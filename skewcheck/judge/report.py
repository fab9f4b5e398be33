"""What was measured -> what it means, as a `Report`: each fact is decided here, once, and nowhere said. Pure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from skewcheck.judge import attribution, catalogue, clock, host, severity, steps
from skewcheck.judge.case import Case, Who
from skewcheck.judge.severity import OFF
from skewcheck.model import (
    ApiPart,
    ApiSurvey,
    DateReading,
    Effect,
    Finding,
    Interval,
    Measured,
    NtpPart,
    Pace,
    Report,
    Request,
    Role,
    Security,
    Status,
    Survey,
    Thresholds,
    TokenPart,
)

if TYPE_CHECKING:
    from skewcheck.judge.risk import Judged
    from skewcheck.judge.verifiers import Ask

_BY_WHOLE_RANGE = {"token-expired", "token-expired-unseen", "token-not-yet-valid", "token-future-issued"}
"""What is found of a token only where all of true time's range says so."""
_ISSUERS_FAULT = {"token-future-issued", "token-not-yet-valid", "token-unit", "token-zone", "token-duration"}
"""What is found of a token and is a clock's fault, though no clock that was measured is off."""
_ANSWERS = {"not-skew", "token-valid", "token-opaque", "clock-ok", "api-ok"}
"""What answers where nothing is wrong: before all remarks."""


def report(request: Request, measured: Measured, replays: "Mapping[str, Ask] | None" = None) -> Report:
    """Return what was *measured* for *request*, judged; *replays*: verifiers that can be run on the token itself."""
    case = _case(request, measured)
    found, judged = _of_the_clocks(case), None
    if measured.token is not None:
        from skewcheck.judge import token

        judged = token.judged(case, measured.token, measured.at_s, replays or {})
        found = [*(finding for finding in found if not _is_denied(finding, judged.findings)), *judged.findings]
    found.sort(key=lambda finding: _order(finding, request.command))
    part = None if judged is None else judged.part
    overall = severity.worse(Status.OK, *(finding.status for finding in found))
    at_s = [survey.local.ended_at_s for survey in (measured.ntp, measured.api) if survey is not None]
    return Report(
        command=request.command,
        status=overall,
        proven=_proven(case, found, part),
        exit_code=severity.exit_code(overall, request.policy.fail_on, request.policy.on_unknown),
        findings=tuple(found),
        steps=steps.steps(case, found),
        effects=_effects(case, judged, found),
        thresholds=case.limits,
        assumes=_assumes(case),
        measured_at_s=at_s[0] if at_s else measured.at_s,
        true_time=_true_time(case),
        duration_s=max(
            (survey.local.duration_s for survey in (measured.ntp, measured.api) if survey is not None), default=0.0
        ),
        ntp=case.ntp,
        api=case.api,
        token=part,
        host=case.host,
    )


def _case(request: Request, measured: Measured) -> Case:
    limits = Thresholds(request.policy.warning_s, request.policy.critical_s)
    case = Case(
        request,
        limits,
        measured.platform,
        measured.host,
        None if measured.ntp is None else _ntp(measured.ntp, limits),
        None if measured.api is None else _api(measured.api, limits),
        measured.token,
    )
    return case._replace(who=attribution.who(case))


def _ntp(survey: Survey, limits: Thresholds) -> NtpPart:
    votes = survey.consensus
    witness = survey.witness if survey.own else votes.interval
    judgement = severity.judge(votes.skew_s, votes.interval, votes.basis, limits, witness=witness)
    return NtpPart(survey, severity.believed(judgement, survey.local.pace))


def _api(survey: ApiSurvey, limits: Thresholds) -> ApiPart:
    first, api, login = survey.first.outcome, survey.reading(Role.API), survey.reading(Role.LOGIN)
    judgement = severity.judge_date(first if isinstance(first, DateReading) else None, limits)
    judgement = severity.believed(judgement, survey.local.pace)
    return ApiPart(survey, judgement, None if api is None or login is None else severity.difference(api, login))


def _of_the_clocks(case: Case) -> list[Finding]:
    """Return what is found of the clocks that were asked; none is worse than what they come to together."""
    found = [*attribution.findings(case), *clock.findings(case), *host.findings(case)]
    if case.api is not None:
        from skewcheck.judge import api

        found += api.findings(case)
    worst = attribution.status(case)
    return [
        finding if severity.worse(finding.status, worst) is worst else finding._replace(status=worst)
        for finding in found
    ]


def _is_denied(finding: Finding, of_the_token: Sequence[Finding]) -> bool:
    """Tell whether that no clock is at fault is denied by a token that shows its issuer's to be."""
    shown = any(each.id in _ISSUERS_FAULT and each.status is not Status.OK for each in of_the_token)
    return finding.id == "not-skew" and shown


def _order(finding: Finding, command: str) -> tuple[int, bool, bool, int]:
    """Return what findings are sorted by: the worst first, of equals the most important; of `token` the token."""
    answers = finding.id in _ANSWERS
    of_subject = answers and finding.id.startswith("token-") is (command == "token")
    return -severity.ORDER.index(finding.status), not answers, not of_subject, catalogue.rank(finding.id)


def _proven(case: Case, found: Sequence[Finding], part: TokenPart | None) -> bool:
    """Tell whether the status is proven: by the clocks, or by a token that all of true time's range decides.

    An API's clock is not true time: what a token comes to by that alone is not proven, however well it is measured.
    What is counted from when the token was obtained rests on what the user says.
    """
    worst = severity.worse(Status.OK, *(finding.status for finding in found))
    if part is not None and part.judged_by != "ntp" and found[0].id.startswith("token-"):
        return False
    if worst is attribution.status(case):
        return attribution.proven(case)
    decided = any(
        finding.id in _BY_WHOLE_RANGE and finding.status is worst and finding.fact("claim") != "expires_in"
        for finding in found
    )
    contradicted = case.who is Who.OPEN and not case.together
    return decided and part is not None and part.judged_by == "ntp" and case.voted and not contradicted


def _effects(case: Case, judged: "Judged | None", found: Sequence[Finding]) -> tuple[Effect, ...]:
    """Return who is harmed, where a clock is off or a token is looked at."""
    if judged is None and not any(finding.status in OFF for finding in found):
        return ()
    from skewcheck.judge import risk

    return risk.effects(case, judged)


def _assumes(case: Case) -> tuple[str, ...]:
    """Return the premises of the ranges: of a majority's, and of a `Date`'s."""
    premises: tuple[str, ...] = ("majority-honest", "path-not-hostile") if case.voted else ()
    reading = None if case.at_another_rate else case.reading
    if reading is None or reading.security is not Security.VERIFIED or reading.stale is not None or reading.spread_s:
        return premises
    return (*premises, "certificates-honest", "lag-bounded")


def _true_time(case: Case) -> Interval | None:
    """Return the Unix seconds between which the true time lay at the end of asking NTP; None where it is not known."""
    if case.utc is None or case.ntp is None or case.ntp.survey.local.pace is Pace.OPEN:
        return None
    at_s = case.ntp.survey.local.ended_at_s
    return Interval(at_s - case.utc.high_s, at_s - case.utc.low_s)
