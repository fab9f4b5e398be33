"""What a person can do next about an API's clock: one command each."""

import math
from collections.abc import Callable
from shlex import quote

from skewcheck.judge import remedies
from skewcheck.judge.api_case import Case, may_lag, outdated
from skewcheck.model import Ended, NextStep, NoReading, Status

WHOSE = NextStep("next", "skewcheck clock", "asks NTP: tells whether it is this clock that is off, or the API's")
_THIS_ONE = NextStep("next", "skewcheck clock", "asks NTP: tells whether this clock is right, whatever the API's does")
_OTHERS = NextStep("next", "skewcheck clock", "asks NTP: other services than this API check tokens by that")
_NO_CACHE = NextStep("next", "skewcheck clock", "asks NTP, where no cache stands between")
_SETTLES_AGE = NextStep(
    "next", "skewcheck clock", "asks NTP, which is never old: settles what the age of a Date leaves open"
)


_DEADLINE_FIRST = "allows more time: the deadline came first"
_PLENTY_S = 30
_USUAL_S, _USUAL_FULL_S = 10, 20
"""What is allowed as nothing else is asked for: on a usual path enough to settle the limits, or for one round trip."""
_ROUND_TRIPS = 20
"""That a run takes beside the seconds that it waits for, on a slow path."""


def next_step(case: Case) -> NextStep:
    """Return the one command for the last line: what mends it here, else what settles the question."""
    fake, reading = None if case.host is None else case.host.fake, case.reading
    if case.at_another_rate or (reading is not None and fake is not None and remedies.misleads(fake)):
        return _anew(case, remedies.unfake(case.host))
    if isinstance(case.survey.first.outcome, NoReading):
        return reach(case, case.survey.first.outcome, case.survey.first.host)
    assert reading is not None  # the other kind of outcome
    if case.survey.local.step_s:
        return again(case)
    if reading.stale is not None:
        return _NO_CACHE
    if reading.spread_s:
        return _THIS_ONE
    if case.status is not case.judgement.status:
        return _for_support(case) if case.issuer_status is case.status else _certificate(case)
    if reading.ended in _CUT_OFF and not case.judgement.proven:
        return _CUT_OFF[reading.ended](case)
    if case.judgement.least is not case.judgement.most and not case.survey.full and reading.ended is not Ended.NARROW:
        return full(case)
    if case.judgement.status is not Status.OK:
        return _SETTLES_AGE if may_lag(reading) and reading.interval.low_s <= 0 < reading.fresh.low_s else WHOSE
    return _SETTLES_AGE if may_lag(reading) and not case.judgement.proven else _OTHERS


def _anew(case: Case, step: NextStep) -> NextStep:
    """Return *step* with what it runs again asking the same hosts."""
    return step._replace(command=step.command.replace("skewcheck clock", _command(case)))


def again(case: Case) -> NextStep:
    """Return how to ask the same hosts again."""
    return NextStep("next", _command(case), "measures again, now that the clock has been set")


def full(case: Case) -> NextStep:
    """Return how to ask until the range is as narrow as it can be."""
    return NextStep("next", _command(case, "--full"), "narrows the range, down to about one round trip")


def _for_support(case: Case) -> NextStep:
    """Return what to hand to those who can mend the service's own clocks."""
    why = "narrows both ranges; what it prints is what Genesys Cloud's support can work with"
    return NextStep("next", _command(case, "--full -v"), why)


def _certificate(case: Case) -> NextStep:
    """Return what shows the certificate that is not valid by its own server's time."""
    url = next(reading.url for _, reading in case.readings if outdated(reading))
    return NextStep("next", f"curl -skvI {quote(url)}", "shows the certificate and its dates: its owner can renew it")


def reach(case: Case, outcome: NoReading, host: str) -> NextStep:
    """Return what shows, or mends, why *host* gave nothing."""
    for begins, step in _WAYS:
        if outcome.reason.startswith(begins):
            return step(case, outcome, host)
    return _by_curl(case, outcome, host)


def _command(case: Case, *more: str) -> str:
    return " ".join(["skewcheck api", *case.asked, *more])


def _by_curl(case: Case, outcome: NoReading, host: str) -> NextStep:
    asked = outcome.server if "://" in outcome.server else case.url or f"https://{host}/"
    why = "shows how far a request gets, and the Date line if one comes"
    return NextStep("next", f"curl -sSIv {quote(asked)}", why)


def _by_name(_: Case, __: NoReading, host: str) -> NextStep:
    name = host.rpartition(":")[0] if host.count(":") == 1 else host
    return NextStep("next", f"nslookup {quote(name)}", "shows who resolves names here, and what is said of this one")


def _by_proxy(_: Case, __: NoReading, ___: str) -> NextStep:
    return NextStep("next", "env | grep -i _proxy", "shows which proxy this goes through; NO_PROXY goes past it")


def _by_authority(case: Case, _: NoReading, __: str) -> NextStep:
    why = "with the authority that this network's proxy or this gateway signs with: ask whoever runs it for the file"
    asked = tuple(option for option in case.asked if not option.startswith("--ca-file "))
    return NextStep("next", _command(case._replace(asked=asked), "--ca-file FILE"), why)


def _by_file(case: Case, _: NoReading, __: str) -> NextStep:
    file = next((option.removeprefix("--ca-file ") for option in case.asked if option.startswith("--ca-file ")), None)
    if file is None:
        return NextStep("next", "env | grep SSL_CERT", "shows which file of authorities is named there")
    return NextStep("next", f"ls -l {file}", "shows whether the file is there, and who may read it")


def _by_later(case: Case, _: NoReading, __: str) -> NextStep:
    return _later(case)


def _by_waiting(case: Case, _: NoReading, __: str) -> NextStep:
    return _longer(case)


def _later(case: Case) -> NextStep:
    return NextStep("next", _command(case), "in a minute: the server asked for patience")


def enough_s(case: Case) -> int:
    """Return how much time is enough, in whole seconds: for a second request, and as a rule to settle it."""
    trip_s = max((reading.min_rtt_s for _, reading in case.readings if reading.once_only), default=None)
    if trip_s is None:
        return max(_PLENTY_S, 3 * round(case.survey.local.duration_s))
    usual_s = _USUAL_FULL_S if case.survey.full else _USUAL_S
    return math.ceil(usual_s + case.survey.local.duration_s + _ROUND_TRIPS * trip_s)


def _longer(case: Case) -> NextStep:
    once = any(reading.once_only for _, reading in case.readings)
    why = "allows more time: the deadline came before a second request" if once else _DEADLINE_FIRST
    return NextStep("next", _command(case, f"-t {enough_s(case)}s"), why)


def _once_more(case: Case) -> NextStep:
    return NextStep("next", _command(case), "asks again: the host stopped answering")


_CUT_OFF: dict[Ended, Callable[[Case], NextStep]] = {
    Ended.DEADLINE: _longer,
    Ended.TOLD_TO_STOP: _later,
    Ended.LOST: _once_more,
}

_WAYS: tuple[tuple[tuple[str, ...], Callable[[Case, NoReading, str], NextStep]], ...] = (
    (("dns-", "no-address"), _by_name),
    (("proxy-",), _by_proxy),
    (("certificate-unknown-ca", "certificate-self-signed", "certificate-bad-signature", "ca-not-"), _by_authority),
    (("ca-file-",), _by_file),
    (("rate-limited",), _by_later),
    (("stalled", "endless-continue", "no-answer"), _by_waiting),
)
