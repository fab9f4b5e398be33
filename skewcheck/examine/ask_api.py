"""An API and the host that issues its tokens: whom to ask, for how long, and what their `Date` says."""

import os
import stat
from collections.abc import Callable, Iterable

from skewcheck import genesys
from skewcheck.errors import UsageError
from skewcheck.examine.request import api_timeout_s, measuring_time, own_clock
from skewcheck.foreign import is_secret
from skewcheck.measure.addresses import aside
from skewcheck.measure.connection import ExchangeError, context, proxy_for
from skewcheck.measure.date_evidence import Progress, Question, Target
from skewcheck.measure.dates import ask_dates, endpoint, parse_url, region_targets
from skewcheck.model import ApiSurvey, Request, Role
from skewcheck.visible import visible

MAX_QUOTED = 60
"""Characters of a wrong URL that are repeated to the user."""
MAX_REQUESTS, MAX_REQUESTS_OF_CHECK = 16, 10
"""To each host; the second where NTP is asked, too: enough to settle the limits and to confirm it, as a rule."""
USUAL_CONNECTIONS = 8
"""To each host, that of the search among them, as far as there are requests left."""


def ask_api(request: Request, progress: Callable[[Progress], None] | None = None) -> ApiSurvey:
    """Return what the hosts' `Date` proves. Raises UsageError. *progress* is told what is known after each reply."""
    code, targets = named_hosts(request)
    most = MAX_REQUESTS_OF_CHECK if request.ask_ntp else MAX_REQUESTS
    limits_s = (request.policy.warning_s, request.policy.critical_s)
    question = Question(
        limits_s,
        request.full,
        request.max_requests or most,
        request.date_fresh,
        request.connections or USUAL_CONNECTIONS,
        thorough=request.connections is not None,
    )
    return ask_dates(
        targets,
        question,
        region=code,
        timeout_s=measuring_time(request, api_timeout_s(request)),
        family=request.family,
        ca_file=request.ca_file,
        clock=own_clock(),
        progress=progress,
    )


def start_api(request: Request, progress: Callable[[Progress], None] | None) -> Callable[[float | None], ApiSurvey]:
    """Start to ask, in a thread of its own; return what waits for the answer and returns or raises it."""
    return aside(lambda: ask_api(request, progress))


def named_hosts(request: Request) -> tuple[str | None, tuple[Target, ...]]:
    """Return the region's code and whom to ask; there is no default, as the wrong API's clock is a wrong verdict."""
    if request.url is None:
        known = genesys.region(request.region or "")
        return known.code, region_targets(known)
    if request.login_url is None:
        return None, (_target(request.url),)
    login = _target(request.login_url, "--issuer https://login.example.net/")._replace(role=Role.LOGIN)
    return None, (_target(request.url)._replace(role=Role.API), login)


def check_way(targets: Iterable[Target], ca_file: str | None) -> None:
    """Raise UsageError where *ca_file* or the proxy on the way to one of *targets* is a slip: no host was ever asked.

    A file that can be read but once, such as a FIFO, is left to the measurement, and so is a proxy that is one, but of
    a kind that isn't spoken here.
    """
    if ca_file is not None and not _is_read_once(ca_file):
        try:
            context(ca_file)
        except ExchangeError as error:
            if error.trouble.reason == "ca-file-unreadable":
                raise UsageError(error.trouble.detail, "--ca-file FILE, of certificate authorities in PEM") from None
    for scheme, host, port in map(endpoint, targets):
        try:
            proxy_for(scheme, host.removesuffix("."), port)
        except ExchangeError as error:
            if error.trouble.reason == "proxy-unusable":
                remedy = f"{scheme.upper()}_PROXY=http://HOST:PORT, or a NO_PROXY that names whom it is not for"
                raise UsageError(error.trouble.detail, remedy) from None


def _is_read_once(file: str) -> bool:
    try:
        mode = os.stat(file).st_mode  # noqa: PTH116 - pathlib takes 2 ms
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _target(url: str, example: str = "--url https://gateway.example.net/health") -> Target:
    try:
        return parse_url(url)
    except ValueError as error:
        # What is wrong may be that it carries a password, so only what can't is repeated.
        harmless = len(url) <= MAX_QUOTED and not set(url) & set("@?#;") and not is_secret(url)
        shown = f"'{visible(url)}'" if harmless else f"the URL of {len(url)} characters"
        raise UsageError(f"{shown} {error}", example) from None
