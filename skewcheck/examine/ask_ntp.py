"""NTP and this host: whom to ask, for how long, and what they say."""

import contextlib
from collections.abc import Callable, Sequence

from skewcheck.errors import UsageError
from skewcheck.examine.own_clocks import own_clock
from skewcheck.examine.request import TIMEOUT_S, measuring_time
from skewcheck.foreign import is_secret
from skewcheck.host import cloud_of, read_host
from skewcheck.measure.poll import Progress, poll_servers, spacing_s
from skewcheck.measure.servers import MAX_SERVERS, Origin, Server, parse_server, whom_to_ask
from skewcheck.model import HostFacts, Request, ServerList, Survey
from skewcheck.visible import visible

MAX_QUOTED = 30
"""Characters of a wrong server name that are repeated to the user."""


def ask_ntp(request: Request, progress: Callable[[Progress], None] | None = None) -> tuple[HostFacts | None, Survey]:
    """Return what this host says of its clock, and what the NTP servers say. Raises UsageError."""
    named = named_servers(request)
    host = read_host() if request.ask_host else None
    servers = named or whom_to_ask(_own_servers(host))
    default_s = TIMEOUT_S + (request.samples - 1) * max(spacing_s(server) for server in servers)
    timeout_s = measuring_time(request, default_s)
    origins = {server.origin for server in servers}
    listed = ServerList(origins.pop().value) if len(origins) == 1 else ServerList.MIXED
    found = poll_servers(
        servers,
        listed,
        timeout_s=timeout_s,
        family=request.family,
        samples=request.samples,
        clock=own_clock(),
        progress=progress,
    )
    return host, found


def named_servers(request: Request) -> list[Server]:
    """Return the servers that *request* names, each once. Raises UsageError where one can't be asked."""
    if len(request.servers) > MAX_SERVERS:
        raise UsageError(f"{len(request.servers)} servers are too many", f"at most {MAX_SERVERS}; five are plenty")
    servers = [_server(given) for given in request.servers]
    return list({server.key: server for server in reversed(servers)}.values())[::-1]


def _own_servers(host: HostFacts | None) -> Sequence[Server]:
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


def _server(given: str) -> Server:
    try:
        return parse_server(given)
    except ValueError as error:
        examples = "-H time.example.net, -H 192.0.2.1:123 or -H [2001:db8::1]:123"
        # What is long is no name that one mistyped; it may be a secret that landed here by mistake.
        shown = f"of {len(given)} characters" if len(given) > MAX_QUOTED or is_secret(given) else f"'{visible(given)}'"
        raise UsageError(f"the server {shown} {error}", examples) from None
