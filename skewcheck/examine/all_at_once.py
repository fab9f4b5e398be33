"""NTP, an API and this host at once, under one deadline: asked, put together, and reported.

Each part is a question of its own with an answer of its own (`_ntp`, `_api`); what is concluded from several of them is
told by `judge.whose`. Without an API this is what `against_ntp` measures, and no HTTP is loaded.
"""

import queue
from collections.abc import Callable
from typing import TYPE_CHECKING

from skewcheck.examine import against_ntp
from skewcheck.examine.policy import exit_code
from skewcheck.examine.request import ApiRequest, CheckRequest
from skewcheck.judge.remedies import LOOK_AT_THE_API
from skewcheck.measure import background
from skewcheck.model import ApiPart, NtpPart, Report

if TYPE_CHECKING:
    from skewcheck.judge import diagnose
    from skewcheck.judge.api_case import Case as ApiCase
    from skewcheck.measure.http_date import Progress

Tell = Callable[["Progress"], None]


def check(request: CheckRequest, progress: Tell | None = None) -> Report:
    """Ask everything that *request* names, at once, and tell whose clock is off, and what that means for its token.

    Raises UsageError; never for a silent network. *progress* is told after each reply of the API what is known so far,
    in a thread of its own.
    """
    found = clocks(request, progress)
    if request.found is None:
        return found
    from skewcheck.examine import of_token

    return of_token.beside(found, request)


def clocks(request: CheckRequest, progress: Tell | None = None) -> Report:
    """Return what there is to say of the clocks alone."""
    if request.of_api is None:
        return _without_an_api(request)
    against_ntp.whom(request.of_ntp)  # what is wrong with the request is told before anything is asked
    api = _started(request.of_api, progress)
    ntp = against_ntp.asked(request.of_ntp)
    return judged(ntp, api(), request)


def judged(ntp: "diagnose.Case", api: "ApiCase", request: CheckRequest) -> Report:
    """Return the report on both measurements, each judged for itself already."""
    from skewcheck.judge import api as of_the_api
    from skewcheck.judge import whose, whose_findings, whose_sentence

    case = whose.Case(ntp, api, token_given=request.found is not None)
    row = whose.whose(case)
    status = whose.status(case, row)
    found, hosts = ntp.survey, api.survey
    assumed = (*against_ntp.premises(ntp), *of_the_api.assumes(api))
    return Report(
        command=request.command,
        status=status,
        proven=whose.proven(case, row),
        exit_code=exit_code(status, request.policy),
        verdict=whose_sentence.verdict(case, row),
        meaning=whose_sentence.meaning(case, row),
        thresholds=ntp.thresholds,
        next_step=whose_findings.next_step(case, row),
        assumes=assumed,
        measured_at_s=found.local.ended_at_s,
        true_time=against_ntp.true_time(ntp),
        duration_s=max(found.local.duration_s, hosts.local.duration_s),
        ntp=NtpPart(found, ntp.judgement),
        api=ApiPart(hosts, api.judgement, api.issuer_ahead),
        host=ntp.host,
        findings=whose_findings.findings(case, row),
    )


def _without_an_api(request: CheckRequest) -> Report:
    """Return what NTP and this host say; the API's clock is left to be asked."""
    case = against_ntp.asked(request.of_ntp)
    report = against_ntp.reported(case, request.of_ntp)
    step = report.next_step
    if step is None:
        return report
    command = step.command.replace("skewcheck clock", "skewcheck check")
    if step == LOOK_AT_THE_API:
        command = " ".join(["skewcheck check --region REGION", *case.asked])
    return report._replace(next_step=step._replace(command=command))


def _started(request: ApiRequest, progress: Tell | None) -> "Callable[[], ApiCase]":
    """Start to ask the API, in a thread of its own; return what waits for the answer and returns or raises it."""
    from skewcheck.examine import against_api

    against_api.whom(request)
    answers: queue.SimpleQueue[ApiCase | BaseException] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(against_api.asked(request, progress))
        except BaseException as error:  # noqa: BLE001  not swallowed: it is raised where it is waited for
            answers.put(error)

    def answer() -> "ApiCase":
        came = answers.get()
        if isinstance(came, BaseException):
            raise came
        return came

    background.start(ask)
    return answer
