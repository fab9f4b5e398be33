"""The local clock against an API's, by the `Date` of its replies: asked, judged, and reported."""

import sys
import time
from collections.abc import Callable
from shlex import quote

from skewcheck import genesys
from skewcheck.errors import UsageError
from skewcheck.examine import own_clocks
from skewcheck.examine.policy import exit_code, measuring_time, thresholds
from skewcheck.examine.request import ApiRequest
from skewcheck.foreign import is_secret
from skewcheck.host.facts import read_host
from skewcheck.judge import api as diagnose
from skewcheck.judge import api_sentence as sentence
from skewcheck.judge.api_case import Case, examined
from skewcheck.judge.api_steps import next_step
from skewcheck.measure.dates import ask_dates, parse_url, region_targets
from skewcheck.measure.http_date import Progress, Question, Target
from skewcheck.model import ApiPart, ApiSurvey, Family, HostFacts, Report, Role, Thresholds
from skewcheck.visible import visible

API_TIMEOUT_S, FULL_TIMEOUT_S = 10.0, 20.0
"""`Date` moves on once a second: what is settled in four requests takes two of them, and a confirmation more. To about
one round trip it takes six, and twice that where each reply ends its connection."""
MAX_QUOTED = 60
"""Characters of a wrong URL that are repeated to the user."""


def api(request: ApiRequest, progress: Callable[[Progress], None] | None = None) -> Report:
    """Measure the local clock against an API's and judge it. Raises UsageError; never for a silent network.

    *progress* is told what is known so far after each reply.
    """
    return reported(asked(request, progress), request)


def asked(request: ApiRequest, progress: Callable[[Progress], None] | None = None) -> Case:
    """Return what asking the hosts, and this one, gave, judged. Raises UsageError."""
    limits = thresholds(request.policy)
    code, targets = whom(request)
    began_s = time.perf_counter()
    host = read_host() if request.ask_host else None
    gone_s = request.spent_s + time.perf_counter() - began_s
    default_s = FULL_TIMEOUT_S if request.full else API_TIMEOUT_S
    timeout_s = measuring_time(default_s if request.timeout_s is None else request.timeout_s, gone_s)
    found = ask_dates(
        targets,
        _question(request, limits),
        region=code,
        timeout_s=timeout_s,
        family=request.family,
        ca_file=request.ca_file,
        clock=own_clocks.own_clock(),
        progress=progress,
    )
    return _examined(found, limits, request, host)


def judged(found: ApiSurvey, limits: Thresholds, request: ApiRequest, host: HostFacts | None = None) -> Report:
    """Return the report on what was measured, and on what the *host* says."""
    return reported(_examined(found, limits, request, host), request)


def _examined(found: ApiSurvey, limits: Thresholds, request: ApiRequest, host: HostFacts | None) -> Case:
    url = None if request.url is None else visible(request.url)
    return examined(
        found, limits, sys.platform, asked=_asked(found, request), url=url, host=own_clocks.seen(host, found.local)
    )


def reported(case: Case, request: ApiRequest) -> Report:
    """Return the report on a judged measurement."""
    found = case.survey
    return Report(
        command=request.command,
        status=case.status,
        proven=case.judgement.proven and case.status is case.judgement.status,
        exit_code=exit_code(case.status, request.policy),
        verdict=sentence.verdict(case),
        meaning=sentence.meaning(case),
        thresholds=case.thresholds,
        next_step=next_step(case),
        assumes=diagnose.assumes(case),
        measured_at_s=found.local.ended_at_s,
        duration_s=found.local.duration_s,
        api=ApiPart(found, case.judgement, case.issuer_ahead),
        host=case.host,
        findings=diagnose.findings(case),
    )


def whom(request: ApiRequest) -> tuple[str | None, tuple[Target, ...]]:
    """Return the region's code and whom to ask; there is no default, as the wrong API's clock is a wrong verdict."""
    if request.url is not None:
        if request.region is not None:
            raise UsageError("a region and a URL were both named", "Name one of them: --region REGION or --url URL.")
        if request.login_url is None:
            return None, (_target(request.url),)
        login = _target(request.login_url)._replace(role=Role.LOGIN)
        return None, (_target(request.url)._replace(role=Role.API), login)
    known = genesys.region(request.region or "")
    return known.code, region_targets(known)


def _target(url: str) -> Target:
    try:
        return parse_url(url)
    except ValueError as error:
        # What is wrong may be that it carries a password, so only what can't is repeated.
        harmless = len(url) <= MAX_QUOTED and not set(url) & set("@?#;") and not is_secret(url)
        shown = f"'{visible(url)}'" if harmless else f"the URL of {len(url)} characters"
        raise UsageError(f"{shown} {error}", "Example: https://api.example.net/health.") from None


def _question(request: ApiRequest, limits: Thresholds) -> Question:
    return Question(tuple(limits), request.full, request.max_requests, request.date_fresh)


def _asked(found: ApiSurvey, request: ApiRequest) -> tuple[str, ...]:
    """Return the options that ask the same hosts in the same way, each as a shell takes it."""
    asked = []
    if found.region is not None:
        asked.append(f"--region {found.region}")
    elif request.url is not None:
        asked.append(f"--url {quote(visible(request.url))}")
    asked += {Family.V4: ["-4"], Family.V6: ["-6"]}.get(request.family, [])
    if request.ca_file is not None:
        asked.append(f"--ca-file {quote(visible(request.ca_file))}")
    if request.date_fresh:
        asked.append("--date-fresh")
    return tuple(asked)
