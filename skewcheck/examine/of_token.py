"""A token against measured time: read, the clocks asked at once under one deadline, judged, and reported.

Nothing of the token is sent anywhere. Offline, or with an assumed skew, nothing that has to do with sockets is loaded.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from skewcheck.errors import UsageError
from skewcheck.examine import figures
from skewcheck.examine.policy import exit_code, thresholds
from skewcheck.examine.request import CheckRequest, TokenRequest
from skewcheck.judge import token as diagnose
from skewcheck.judge import token_sentence as sentence
from skewcheck.judge.buffer import Deadline, recommend
from skewcheck.judge.local_run import moved_since
from skewcheck.judge.risk import LATENCY, risks
from skewcheck.judge.severity import judge, judge_date
from skewcheck.judge.token_case import BY_API, BY_ASSUMPTION, BY_NTP, Case, Skew, inputs_for, ntp_differs, one_sided
from skewcheck.judge.token_verdicts import Answer, verdicts
from skewcheck.judge.verifiers import Verifier, verifier
from skewcheck.model import (
    Basis,
    ClaimState,
    Finding,
    Interval,
    Pace,
    Recommended,
    Report,
    Role,
    Thresholds,
    Token,
    TokenKind,
    TokenPart,
)

if TYPE_CHECKING:
    from skewcheck.measure.http_date import Progress
    from skewcheck.tokens.find import Found

_EXAMPLE = "Example: skewcheck token --region eu-west-1."


def token(request: TokenRequest, progress: "Callable[[Progress], None] | None" = None) -> Report:
    """Look at a token, and at the clocks that matter to it. Raises UsageError; never for a silent network.

    *progress* is told of each reply of an API.
    """
    limits = thresholds(request.policy)
    found, rows = _checked(request)
    about = _about(found, request)
    clock = None if request.offline or request.skew is not None else _measured(request, progress)
    judged_at_s = time.time() if clock is None else _ended_at_s(clock)
    case = judged(about, judged_at_s, request, clock=clock, limits=limits, rows=rows)
    return _report(case, request, rows, found)


def judged(
    about: Token,
    judged_at_s: float,
    request: TokenRequest,
    *,
    clock: Report | None = None,
    limits: Thresholds,
    rows: Sequence[Verifier] = (),
) -> Case:
    """Return what is known of the token and of the clocks, judged."""
    ntp, api = (None, None) if clock is None else (clock.ntp, clock.api)
    inputs = inputs_for(
        about,
        judged_at_s,
        ntp=None if ntp is None else ntp.survey.consensus.interval,
        api=None if api is None else api.survey,
        given=request.skew,
        host=None if clock is None else clock.host,
        latency=request.latency,
        leeway_s=request.leeway_s,
        rows=rows,
    )
    deadline = Deadline.EXP if about.exp.state is ClaimState.USABLE else Deadline.FROM_ANSWER
    return Case(
        token=about,
        judged_at_s=judged_at_s,
        skew=_skew(clock, request.skew, limits, judged_at_s),
        clock=clock,
        thresholds=limits,
        inputs=inputs,
        recommended=_advice(about, recommend(inputs, deadline)),
        host=None if clock is None else clock.host,
        leeway_s=request.leeway_s,
    )


def _advice(about: Token, advice: Recommended | None) -> Recommended | None:
    """Return *advice*, but not that no buffer helps where only the rest of the life is known: all of it may be long."""
    return None if advice is not None and advice.buffer_s is None and about.lifetime_s is None else advice


def _ended_at_s(clock: Report) -> float:
    """Return when the last of the measurements ended; NTP's own end where the clock was set after it."""
    surveys = [part.survey for part in (clock.ntp, clock.api) if part is not None]
    ended = [found.local.ended_at_s for found in surveys if not found.local.step_s]
    return max(ended, default=surveys[0].local.ended_at_s)


def _skew(clock: Report | None, given: Interval | None, limits: Thresholds, judged_at_s: float) -> Skew | None:
    """Return what true time rests on: what was assumed, else NTP, else the API's clock, else nothing.

    Since it was measured the clock may have moved, in the seconds that the other measurement took longer.
    """
    if given is not None:
        severity = judge(given.middle_s, given, Basis.SINGLE, limits).status
        return Skew(BY_ASSUMPTION, given, given.middle_s, severity)
    if clock is None:
        return None
    runs = [part.survey.local for part in (clock.ntp, clock.api) if part is not None]
    if any(run.pace is Pace.OPEN for run in runs):
        return None
    if clock.ntp is not None:
        consensus = clock.ntp.survey.consensus
        if consensus.interval is not None and consensus.skew_s is not None and not ntp_differs(clock):
            since = consensus.interval.widened(moved_since(clock.ntp.survey.local, runs, judged_at_s))
            return Skew(BY_NTP, since, consensus.skew_s, clock.ntp.judgement.status)
    reading = None if clock.api is None else clock.api.survey.reading(Role.API) or clock.api.survey.reading(Role.URL)
    interval = one_sided(reading)
    if reading is None or interval is None:
        return None
    assert clock.api is not None  # else there were no reading
    since = interval.widened(moved_since(clock.api.survey.local, runs, judged_at_s))
    return Skew(BY_API, since, reading.skew_s, judge_date(reading, limits).status)


def beside(clock: Report, request: CheckRequest) -> Report:
    """Return what was found of the clocks with *request*'s token judged by it: the clocks' sentence stays on top."""
    assert request.found is not None  # else there is nothing to judge
    from skewcheck.tokens.claims import read

    asked = TokenRequest(request.found, policy=request.policy, command=request.command)
    limits = thresholds(request.policy)
    case = judged(read(request.found), _ended_at_s(clock), asked, clock=clock, limits=limits)
    told = diagnose.findings(case)
    status = sentence.status(case, told)
    return clock._replace(
        status=status,
        proven=sentence.proven(case, told),
        exit_code=exit_code(status, request.policy),
        verdict=sentence.verdict_beside(case, told),
        meaning=sentence.meaning_beside(case, told),
        next_step=sentence.next_step(case, told),
        token=_part(case, told, asked, (), request.found),
        findings=(*diagnose.of_the_clocks(case), *told),
    )


def _report(case: Case, request: TokenRequest, rows: Sequence[Verifier], found: "Found") -> Report:
    told = diagnose.findings(case)
    status = sentence.status(case, told)
    base = case.clock or Report(request.command, status, proven=False, exit_code=0, verdict="", meaning="")
    return base._replace(
        command=request.command,
        status=status,
        proven=sentence.proven(case, told),
        exit_code=exit_code(status, request.policy),
        verdict=sentence.verdict(case, told),
        meaning=sentence.meaning(case, told),
        thresholds=case.thresholds,
        next_step=sentence.next_step(case, told),
        measured_at_s=case.judged_at_s if base.measured_at_s is None else base.measured_at_s,
        token=_part(case, told, request, rows, found),
        findings=(*told, *diagnose.of_the_clocks(case)),
    )


def _part(
    case: Case, told: Sequence[Finding], request: TokenRequest, rows: Sequence[Verifier], found: "Found"
) -> TokenPart:
    return TokenPart(
        token=case.token,
        judged_by=case.judged_by,
        judged_at_s=case.judged_at_s,
        true_time=case.true_time,
        moments=case.moments,
        latency=case.inputs.latency,
        latency_measured=request.latency is None and case.inputs.latency != LATENCY,
        drift_ppm=case.inputs.drift_ppm,
        risks=risks(case.inputs),
        recommended=case.recommended,
        latency_given=request.latency is not None,
        verifiers=verdicts(case, rows, {"pyjwt": _run_pyjwt(found, case.leeway_s or 0.0)}),
        status=sentence.of_the_token(told),
        said=sentence.said_of_the_token(case, told),
    )


def _run_pyjwt(found: "Found", leeway_s: float) -> Callable[[float], Answer]:
    """Return PyJWT itself as a verifier, its clock at any time."""

    def ask(at_s: float) -> Answer:
        from skewcheck.tokens.replay import pyjwt_verdict

        said = pyjwt_verdict(found.secret, at_s, leeway_s)
        return Answer(said.accepted, said.detail)

    return ask


# --- What is asked ---


def _checked(request: TokenRequest) -> "tuple[Found, tuple[Verifier, ...]]":
    """Return the token and the verifiers; raises UsageError for what can't be asked."""
    if request.found is None:
        raise UsageError("there is no token in what was given", "Paste a token, or pipe it in: … | skewcheck token.")
    figures.check(request)
    if request.offline and request.skew is not None:
        raise UsageError("--offline and --skew were both given", "With --skew nobody is asked anyway: leave --offline.")
    asked = {"a region": request.region, "a URL": request.url, "an NTP server": request.servers}
    named = next((what for what, value in asked.items() if value), None)
    if named is not None and (request.offline or request.skew is not None):
        how = "--offline" if request.offline else "--skew"
        raise UsageError(f"with {how} nobody is asked, and {named} was named", f"Leave one of them. {_EXAMPLE}")
    try:
        rows = tuple(dict.fromkeys(verifier(name) for name in request.verifiers))
    except ValueError as error:
        raise UsageError(str(error), "`skewcheck token --verifier list` shows them with what they check.") from None
    return request.found, rows


def _about(found: "Found", request: TokenRequest) -> Token:
    """Return what the token says, and what was said of it; raises UsageError for what then tells nothing."""
    from skewcheck.tokens.claims import read

    given = request.expires_in_s
    about = read(found)._replace(obtained_at_s=request.obtained_at_s)
    about = about if given is None else about._replace(expires_in_s=given)
    opaque = about.kind in (TokenKind.OPAQUE, TokenKind.RESPONSE)
    if opaque and about.obtained_at_s is not None and about.expires_in_s is None:
        raise UsageError(
            "when the token was obtained tells nothing: nobody knows how long it lives",
            "Add --expires-in with the lifetime that came with it, or paste the whole response.",
        )
    return about


def _measured(request: TokenRequest, progress: "Callable[[Progress], None] | None") -> Report:
    """Return what was found of the clocks: of UTC's by NTP, and of the API's where one was named, both at once."""
    from skewcheck.examine import all_at_once

    asked = CheckRequest(
        servers=request.servers,
        region=request.region,
        url=request.url,
        login_url=request.login_url,
        policy=request.policy,
        timeout_s=request.timeout_s,
        family=request.family,
        date_fresh=request.date_fresh,
        ca_file=request.ca_file,
        command=request.command,
        ask_host=request.ask_host,
        spent_s=request.spent_s,
        found=request.found,
    )
    return all_at_once.clocks(asked, progress)
