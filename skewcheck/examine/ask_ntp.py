"""NTP and this host: whom to ask, for how long, and what they say."""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from skewcheck.errors import UsageError
from skewcheck.examine.request import API_TIMEOUT_S, TIMEOUT_S, measuring_time, own_clock
from skewcheck.foreign import is_secret
from skewcheck.host import read_host
from skewcheck.host.place import cloud_server
from skewcheck.measure.addresses import aside
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.poll import Progress, poll_servers, spacing_s
from skewcheck.measure.servers import MAX_SERVERS, Origin, Server, parse_server, whom_to_ask
from skewcheck.model import HostFacts, Request, ServerList, Survey
from skewcheck.visible import visible

if TYPE_CHECKING:
    from skewcheck.measure.dates import DateVotes, Named

MAX_QUOTED = 30
"""Characters of a wrong server name that are repeated to the user."""


def ask_ntp(request: Request, progress: Callable[[Progress], None] | None = None) -> tuple[HostFacts | None, Survey]:
    """Return what this host says of its clock, and what the NTP servers say. Raises UsageError."""
    named = named_servers(request)
    host = read_host() if request.ask_host else None
    by_date = any(map(is_url, request.servers))
    servers = named or ([] if by_date else whom_to_ask(_own_servers(host)))
    default_s = TIMEOUT_S + (request.samples - 1) * max(map(spacing_s, servers), default=0.0)
    default_s = max(default_s, API_TIMEOUT_S) if by_date else default_s
    timeout_s = measuring_time(request, default_s)
    origins = {server.origin for server in servers} or {Origin.NAMED}
    clock = own_clock()
    listed = ServerList(origins.pop().value) if len(origins) == 1 else ServerList.MIXED
    found = poll_servers(
        servers,
        listed,
        timeout_s=timeout_s,
        family=request.family,
        samples=request.samples,
        clock=clock,
        progress=progress,
        dates=_date_votes(request, timeout_s, clock) if by_date else None,
    )
    return host, found


def is_url(given: str) -> bool:
    """Tell whether a server is asked for its `Date`, and not by NTP."""
    return given.startswith("https://")


def _date_votes(request: Request, timeout_s: float, clock: LocalClock) -> "DateVotes":
    """Start to ask the servers among those of *request* that are URLs."""
    from skewcheck.measure.date_evidence import Question
    from skewcheck.measure.dates import MAX_REQUESTS_OF_VOTE, DateVotes, ask_dates

    named, limits_s = _named_urls(request), (request.policy.warning_s, request.policy.critical_s)
    question = Question(limits_s, full=True, max_requests=MAX_REQUESTS_OF_VOTE, date_fresh=request.date_fresh)
    ask = partial(
        ask_dates,
        [one.target for one in named],
        question,
        region=None,
        timeout_s=timeout_s,
        family=request.family,
        ca_file=request.ca_file,
        clock=clock,
    )
    return DateVotes(named, aside(ask))


def _named_urls(request: Request) -> "list[Named]":
    """Return the URLs that *request* names as sources of time, each host once. Raises UsageError."""
    from skewcheck.measure.dates import Named, parse_url

    found: dict[str, Named] = {}
    for given in filter(is_url, request.servers):
        what = f"-H: a URL of {len(given)} characters"
        try:
            target = parse_url(given)
        except ValueError as error:
            raise UsageError(f"{what} {error}", "-H https://www.example.org") from None
        if target.requests[0].path != "/":
            raise UsageError(f"{what} has a path, which may hold a secret", "-H https://www.example.org")
        found.setdefault(target.host.lower(), Named(visible(given.strip()), target))
    return list(found.values())


def named_servers(request: Request) -> list[Server]:
    """Return the servers that *request* names, each once. Raises UsageError where one can't be asked."""
    if len(request.servers) > MAX_SERVERS:
        raise UsageError(f"{len(request.servers)} servers are too many", f"at most {MAX_SERVERS}; five are plenty")
    if any(map(is_url, request.servers)):
        from skewcheck.examine.ask_api import check_way

        check_way((named.target for named in _named_urls(request)), request.ca_file)
    servers = [_server(given) for given in request.servers if not is_url(given)]
    return list({server.key: server for server in reversed(servers)}.values())[::-1]


def _own_servers(host: HostFacts | None) -> Sequence[Server]:
    """Return the servers that this host is set up for, or its cloud offers, as far as they can be asked."""
    if host is None:
        return []
    own = [(configured.host, Origin.HOST) for configured in host.configured]
    own += [(offered.host, Origin.CLOUD) for offered in [cloud_server(host.place)] if offered is not None]
    servers = []
    for name, origin in own:
        with contextlib.suppress(ValueError):  # what stands in a file may be anything
            servers.append(parse_server(name)._replace(origin=origin))
    return servers


def _server(given: str) -> Server:
    try:
        return parse_server(given)
    except ValueError as error:
        examples = "-H time.example.net, -H 192.0.2.1:123 or -H [2001:db8::1]:123"
        # What is long is no name that one mistyped; it may be a secret that landed here by mistake.
        shown = f"of {len(given)} characters" if len(given) > MAX_QUOTED or is_secret(given) else f"'{visible(given)}'"
        raise UsageError(f"the server {shown} {error}", examples) from None
