"""The local clock against NTP: asked, judged, and reported."""

import contextlib
import sys
import time
from collections.abc import Sequence

from skewcheck.errors import UsageError
from skewcheck.examine import own_clocks
from skewcheck.examine.policy import exit_code, measuring_time, thresholds
from skewcheck.examine.request import ClockRequest
from skewcheck.foreign import is_secret
from skewcheck.host.facts import cloud_of, read_host
from skewcheck.judge import diagnose, local_run, sentence, severity
from skewcheck.measure.servers import MAX_SERVERS, Origin, Server, parse_server, whom_to_ask
from skewcheck.measure.survey import survey
from skewcheck.measure.voter import spacing_s
from skewcheck.model import (
    Family,
    HostFacts,
    Interval,
    NtpPart,
    Pace,
    Report,
    ServerList,
    Survey,
    Thresholds,
)
from skewcheck.visible import visible

TIMEOUT_S = 3.0
"""Longer than any answer worth having takes: a range is never narrower than the round trip."""
MAX_SAMPLES = 8
"""What the filter of RFC 5905 §10 keeps; each costs somebody's server a packet."""
MAX_QUOTED = 30
"""Characters of a wrong server name that are repeated to the user."""


def clock(request: ClockRequest) -> Report:
    """Measure the local clock against NTP servers and judge it. Raises UsageError; never for a silent network."""
    return reported(asked(request), request)


def asked(request: ClockRequest) -> diagnose.Case:
    """Return what asking the servers and this host gave, judged. Raises UsageError."""
    limits = thresholds(request.policy)
    given = whom(request)
    began_s = time.perf_counter()
    host = read_host() if request.ask_host else None
    servers = given or whom_to_ask(_own(host))
    timeout_s = _measuring_time(request, servers, time.perf_counter() - began_s)
    found = survey(
        servers,
        _listed(servers),
        timeout_s=timeout_s,
        family=request.family,
        samples=request.samples,
        clock=own_clocks.own_clock(),
    )
    return examined(found, limits, request, host)


def judged(found: Survey, limits: Thresholds, request: ClockRequest, host: HostFacts | None = None) -> Report:
    """Return the report on what was measured, and on what the *host* says."""
    return reported(examined(found, limits, request, host), request)


def examined(found: Survey, limits: Thresholds, request: ClockRequest, host: HostFacts | None) -> diagnose.Case:
    """Return what was measured, judged."""
    consensus = found.consensus
    judgement = severity.judge(
        consensus.skew_s,
        consensus.interval,
        consensus.basis,
        limits,
        witness=found.witness if found.own else consensus.interval,
    )
    judgement = local_run.believed(judgement, found.local)
    return diagnose.Case(found, judgement, limits, sys.platform, _asked(request), own_clocks.seen(host, found.local))


def premises(case: diagnose.Case) -> tuple[str, ...]:
    """Return what the range rests on; nothing where it is called proven under no premise."""
    return diagnose.assumes(case) if case.survey.local.pace is Pace.TRUE else ()


def reported(case: diagnose.Case, request: ClockRequest) -> Report:
    """Return the report on a judged measurement."""
    found, judgement, limits, host = case.survey, case.judgement, case.thresholds, case.host
    return Report(
        command=request.command,
        status=judgement.status,
        proven=judgement.proven,
        exit_code=exit_code(judgement.status, request.policy),
        verdict=sentence.verdict(found, judgement, limits, host),
        meaning=sentence.meaning(found),
        thresholds=limits,
        next_step=diagnose.next_step(case),
        assumes=premises(case),
        measured_at_s=found.local.ended_at_s,
        true_time=true_time(case),
        duration_s=found.local.duration_s,
        ntp=NtpPart(found, judgement),
        host=host,
        findings=diagnose.findings(case),
    )


def true_time(case: diagnose.Case) -> Interval | None:
    """Return the Unix seconds between which the true time lay at the end; None where no range is known."""
    at_s, skew = case.survey.local.ended_at_s, case.consensus.interval
    if case.survey.local.pace is Pace.OPEN:
        return None
    return None if skew is None else Interval(at_s - skew.high_s, at_s - skew.low_s)


def whom(request: ClockRequest) -> list[Server]:
    """Return the servers that *request* names, each once; raises UsageError where one can't be asked."""
    if len(request.servers) > MAX_SERVERS:
        raise UsageError(
            f"{len(request.servers)} servers are too many", f"Name at most {MAX_SERVERS}; five are plenty."
        )
    servers = [_server(given) for given in request.servers]
    return list({server.key: server for server in reversed(servers)}.values())[::-1]


def _own(host: HostFacts | None) -> list[Server]:
    """Return the servers that this host is set up for, or its cloud offers, as far as they can be asked."""
    if host is None:
        return []
    own = [(configured.host, Origin.HOST) for configured in host.configured]
    own += [(offered.host, Origin.CLOUD) for offered in [cloud_of(host)] if offered is not None]
    servers = []
    for name, origin in own:
        with contextlib.suppress(ValueError):  # what stands in a file may be anything
            servers.append(parse_server(name)._replace(origin=origin))
    return servers


def _listed(servers: Sequence[Server]) -> ServerList:
    origins = {server.origin for server in servers}
    return ServerList(origins.pop().value) if len(origins) == 1 else ServerList.MIXED


def _server(given: str) -> Server:
    try:
        return parse_server(given)
    except ValueError as error:
        examples = "Examples: time.example.net, 192.0.2.1:123, [2001:db8::1]:123."
        # What is long is no name that one mistyped; it may be a secret that landed here by mistake.
        shown = f"of {len(given)} characters" if len(given) > MAX_QUOTED or is_secret(given) else f"'{visible(given)}'"
        raise UsageError(f"the server {shown} {error}", examples) from None


def _asked(request: ClockRequest) -> tuple[str, ...]:
    """Return the arguments that ask the same servers again, as a shell takes them."""
    if not request.servers:
        return ()
    from shlex import quote

    family = {Family.V4: ("-4",), Family.V6: ("-6",)}.get(request.family, ())
    return (*family, *(f"-H {quote(visible(given))}" for given in request.servers))


def _measuring_time(request: ClockRequest, servers: Sequence[Server], gone_s: float) -> float:
    if not 1 <= request.samples <= MAX_SAMPLES:
        raise UsageError(f"{request.samples} samples are not possible", f"Take 1 to {MAX_SAMPLES} of each server.")
    timeout_s = request.timeout_s
    if timeout_s is None:
        timeout_s = TIMEOUT_S + (request.samples - 1) * max(spacing_s(server) for server in servers)
    return measuring_time(timeout_s, request.spent_s + gone_s)
