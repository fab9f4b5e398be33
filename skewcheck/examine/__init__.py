"""What is asked -> host, NTP, API and token, all under one deadline -> judged -> `Report`. The only way in.

Every command and the public API call `examine`, and nothing deeper. What a request doesn't ask for is not loaded: one
that asks NTP alone pays for no HTTP, and a token that is looked at offline for no socket.
"""

import sys
import time
from typing import TYPE_CHECKING

from skewcheck.errors import SkewcheckError, UsageError
from skewcheck.examine.request import check_request, check_signed_for, check_verifiers, default_timeout_s
from skewcheck.judge.severity import EXIT_CODES
from skewcheck.model import (
    ApiSurvey,
    Failure,
    Fake,
    HostFacts,
    Measured,
    Pace,
    Report,
    Request,
    Status,
    Survey,
    Token,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from skewcheck.judge.verifiers import Ask, Verifier
    from skewcheck.measure import date_evidence, poll
    from skewcheck.tokens.find import Found

    Tell = Callable[[date_evidence.Progress | poll.Progress], None]

__all__ = [
    "Request",
    "check_signed_for",
    "check_verifiers",
    "default_timeout_s",
    "examine",
    "failed",
    "signer_names",
    "verifier_rows",
]


def examine(request: Request, progress: "Tell | None" = None) -> Report:
    """Ask everything that *request* names, at once, and return what it comes to.

    Raises UsageError; never for a silent network. *progress* is told what is known after each reply, of the API and of
    NTP, each in a thread of its own.
    """
    if request.began_s is None:
        request = request._replace(began_s=time.monotonic())
    check_request(request)
    token, replays = _token(request)
    host, ntp, api = (None, None, None) if request.asks_nobody else _asked(request, progress)
    for survey in (ntp, api):
        if host is not None and survey is not None and survey.local.pace is not Pace.TRUE:
            from skewcheck.host.kernel import BETWEEN

            host = host._replace(fake=Fake(BETWEEN if host.fake is None else host.fake.how, None, other_rate=True))
    from skewcheck.judge.report import report

    return report(request, Measured(_now_s(ntp, api), sys.platform, host, ntp, api, token), replays)


def failed(command: str, error: SkewcheckError) -> Report:
    """Return the report on a run that measured nothing because of *error*."""
    failure = Failure(error.id, error.summary, error.remedy)
    return Report(command, Status.UNKNOWN, proven=False, exit_code=EXIT_CODES[Status.UNKNOWN], failure=failure)


def verifier_rows() -> "tuple[Verifier, ...]":
    """Return the verifiers that are known by name."""
    from skewcheck.judge.verifiers import VERIFIERS

    return VERIFIERS


def signer_names() -> tuple[str, ...]:
    """Return the names of those that check what a host signs."""
    from skewcheck.judge.verifiers import signers

    return signers()


def _asked(request: Request, progress: "Tell | None") -> tuple[HostFacts | None, Survey | None, ApiSurvey | None]:
    """Return what this host, NTP and the API say; the API is asked in a thread of its own beside the others."""
    if not request.asks_api:
        from skewcheck.examine.ask_ntp import ask_ntp

        return *ask_ntp(request, progress), None
    from skewcheck.examine.ask_api import ask_api, check_way, named_hosts, start_api

    check_way(named_hosts(request)[1], request.ca_file)
    if not request.ask_ntp:
        from skewcheck.host import read_host

        return read_host() if request.ask_host else None, None, ask_api(request, progress)
    from skewcheck.examine.ask_ntp import ask_ntp, named_servers

    named_servers(request)  # what is wrong with the request is told before anything is asked
    answer = start_api(request, progress)
    host, ntp = ask_ntp(request, progress)
    return host, ntp, answer(None)


def _now_s(ntp: Survey | None, api: ApiSurvey | None) -> float:
    """Return when the last measurement ended, by this host's clock; NTP's own end where it was set after that."""
    runs = [survey.local for survey in (ntp, api) if survey is not None]
    ended = [run.ended_at_s for run in runs if not run.step_s]
    return max(ended, default=runs[0].ended_at_s) if runs else time.time()


def _token(request: Request) -> "tuple[Token | None, dict[str, Ask]]":
    """Return what the token says, with what was said of it, and the verifiers that can be run on it."""
    if request.token is None:
        return None, {}
    from skewcheck.tokens.claims import read

    found: Found = request.token  # type: ignore[assignment] # `model` knows no reader of tokens
    about = read(found)._replace(obtained_at_s=request.obtained_at_s)
    if request.expires_in_s is not None:
        about = about._replace(expires_in_s=request.expires_in_s)
    if about.opaque and about.deadline_s is None and about.obtained_at_s is not None and about.expires_in_s is None:
        raise UsageError(
            "when the token was obtained tells nothing: nobody knows how long it lives",
            "--expires-in with the lifetime that came with it, or the whole response",
        )
    run = "pyjwt" in request.verifiers and found.told is None
    return about, {"pyjwt": _pyjwt(found, request.leeway_s or 0.0)} if run else {}


def _pyjwt(found: "Found", leeway_s: float) -> "Ask":
    """Return PyJWT itself as a verifier, its clock at any time."""
    from skewcheck.judge.verifiers import Answer
    from skewcheck.tokens.claims import pyjwt_refusal

    def ask(at_s: float) -> Answer:
        why = pyjwt_refusal(found.secret, at_s, leeway_s)
        return Answer(why is None, why or "accepted")

    return ask
