"""What is asked -> everything asked under one deadline -> judged -> `Report`. The only way in.

The commands and the public API both call this and nothing deeper.
"""

import contextlib
import math
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.errors import SkewcheckError, UsageError
from skewcheck.host.facts import cloud_of, read_host
from skewcheck.judge import diagnose, sentence, severity
from skewcheck.measure.servers import MAX_SERVERS, Origin, Server, parse_server, whom_to_ask
from skewcheck.measure.survey import survey
from skewcheck.measure.voter import spacing_s
from skewcheck.model import (
    Basis,
    Failure,
    Family,
    HostFacts,
    Interval,
    NtpPart,
    Report,
    ServerList,
    Status,
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
_MIN_MEASURING_S = 0.05


class Policy(NamedTuple):
    """Where the limits are, and what counts as a failure."""

    warning_s: float = 0.1
    """About twice what a 50 ms path resolves."""
    critical_s: float = 1.0
    """From here on a verifier without leeway always refuses a fresh token."""
    fail_on: Status = Status.WARNING
    """`WARNING`, or `CRITICAL`: then a warning exits 0."""
    on_unknown: Status = Status.UNKNOWN
    """What a measurement that could not tell counts as, in the exit code alone."""


class ClockRequest(NamedTuple):
    """What to ask, for how long. The defaults are those of `skewcheck clock`."""

    servers: tuple[str, ...] = ()
    """`HOST[:PORT]` each; none: the public list."""
    policy: Policy = Policy()
    timeout_s: float | None = None
    """None: 3 s, and as much more as the samples need."""
    family: Family = Family.ANY
    samples: int = 1
    """Of each server, 1 to 8, spaced 2 s (NIST 4 s)."""
    command: str = "clock"
    ask_host: bool = True
    """Read what this host says of its own clock, too."""
    spent_s: float = 0.0
    """How much of the timeout is gone already or will be needed afterwards: a process's own start and end."""


def clock(request: ClockRequest) -> Report:
    """Measure the local clock against NTP servers and judge it. Raises UsageError; never for a silent network."""
    thresholds = _thresholds(request.policy)
    named = _named(request)
    began_s = time.perf_counter()
    host = read_host() if request.ask_host else None
    servers = named or whom_to_ask(_own(host))
    timeout_s = _measuring_time(request, servers, time.perf_counter() - began_s)
    found = survey(servers, _listed(servers), timeout_s=timeout_s, family=request.family, samples=request.samples)
    return judged(found, thresholds, request, host)


def judged(found: Survey, thresholds: Thresholds, request: ClockRequest, host: HostFacts | None = None) -> Report:
    """Return the report on what was measured, and on what the *host* says."""
    consensus = found.consensus
    judgement = severity.judge(
        consensus.skew_s,
        consensus.interval,
        consensus.basis,
        thresholds,
        witness=found.witness if found.own else consensus.interval,
    )
    case = diagnose.Case(found, judgement, thresholds, sys.platform, _asked(request), host)
    policy = request.policy
    return Report(
        command=request.command,
        status=judgement.status,
        proven=judgement.proven,
        exit_code=severity.exit_code(judgement.status, policy.fail_on, policy.on_unknown),
        verdict=sentence.verdict(found, judgement, thresholds, host),
        meaning=sentence.meaning(found),
        thresholds=thresholds,
        next_step=diagnose.next_step(case),
        assumes=("majority-honest", "path-not-hostile")
        if consensus.basis is Basis.MAJORITY and found.independent
        else (),
        measured_at_s=found.local.ended_at_s,
        true_time=_true_time(found.local.ended_at_s, consensus.interval),
        duration_s=found.local.duration_s,
        ntp=NtpPart(found, judgement),
        host=host,
        findings=diagnose.findings(case),
    )


def failed(command: str, error: SkewcheckError) -> Report:
    """Return the report on a run that measured nothing because of *error*."""
    return Report(
        command=command,
        status=Status.UNKNOWN,
        proven=False,
        exit_code=severity.EXIT_CODES[Status.UNKNOWN],
        verdict=f"{sentence.WORDS[Status.UNKNOWN]}  {error.summary}",
        meaning=error.remedy,
        failure=Failure(error.id, error.summary, error.remedy),
    )


def _named(request: ClockRequest) -> list[Server]:
    if len(request.servers) > MAX_SERVERS:
        raise UsageError(
            f"{len(request.servers)} servers are too many", f"Name at most {MAX_SERVERS}; five are plenty."
        )
    named = [_server(given) for given in request.servers]
    return list({server.key: server for server in reversed(named)}.values())[::-1]


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
        shown = f"'{visible(given)}'" if len(given) <= MAX_QUOTED else f"of {len(given)} characters"
        raise UsageError(f"the server {shown} {error}", examples) from None


def _asked(request: ClockRequest) -> tuple[str, ...]:
    """Return the arguments that ask the same servers again, as a shell takes them."""
    if not request.servers:
        return ()
    from shlex import quote

    family = {Family.V4: ("-4",), Family.V6: ("-6",)}.get(request.family, ())
    return (*family, *(f"-H {quote(visible(given))}" for given in request.servers))


def _thresholds(policy: Policy) -> Thresholds:
    if not 0 < policy.warning_s < policy.critical_s < math.inf:
        raise UsageError(
            "the warning threshold must be above 0 and below the critical one",
            f"Got {policy.warning_s:g} s and {policy.critical_s:g} s; the defaults are 100ms and 1s.",
        )
    return Thresholds(policy.warning_s, policy.critical_s)


def _measuring_time(request: ClockRequest, servers: Sequence[Server], gone_s: float) -> float:
    if not 1 <= request.samples <= MAX_SAMPLES:
        raise UsageError(f"{request.samples} samples are not possible", f"Take 1 to {MAX_SAMPLES} of each server.")
    timeout_s = request.timeout_s
    if timeout_s is None:
        timeout_s = TIMEOUT_S + (request.samples - 1) * max(spacing_s(server) for server in servers)
    if not 0 < timeout_s < math.inf:
        raise UsageError("the timeout must be above 0", "Example: -t 3s.")
    return max(timeout_s - request.spent_s - gone_s, _MIN_MEASURING_S)


def _true_time(measured_at_s: float, skew: Interval | None) -> Interval | None:
    return None if skew is None else Interval(measured_at_s - skew.high_s, measured_at_s - skew.low_s)
