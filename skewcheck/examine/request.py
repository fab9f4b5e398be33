"""What a request can't mean, refused before anything is asked or pasted; and the time and the clock that it has.

A comparison with NaN says no to all: a token would never be due, and no clock off. The command line reads none such.
"""

import math
import os
import time
from typing import TYPE_CHECKING

from skewcheck.errors import UsageError
from skewcheck.foreign import is_secret, quoted
from skewcheck.model import Interval, Policy, Request

if TYPE_CHECKING:
    from skewcheck.measure.localclock import LocalClock

MAX_SAMPLES = 8
"""What the filter of RFC 5905 §10 keeps; each costs somebody's server a packet."""
TIMEOUT_S, API_TIMEOUT_S, FULL_TIMEOUT_S = 3.0, 10.0, 20.0
"""NTP: longer than any answer worth having takes. `Date` moves on once a second: what is settled in four requests takes
two of them, and a confirmation more; to about one round trip it takes six, and twice that where each reply ends its
connection."""
MAX_CONNECTIONS = 64
"""Each costs a server a handshake."""
CONNECTION_S = 0.3
"""What one more takes: they are not opened all at once."""
SAMPLE_S = 4.0
"""What one more sample of each server takes at most."""
_LEAST_S = 0.05
"""What is left for measuring at least, however late it is."""
_MOST_S = 1e6
"""Eleven days: poll(2) counts milliseconds, and not further than to 24."""
MAX_QUOTED = 20
"""Characters of a word that is no verifier's name, where it is repeated: it may be a piece of a token."""
_SECONDS = "Seconds are meant, as a number."


def check_request(request: Request) -> None:
    """Raise UsageError for what can't be asked or meant."""
    check_policy(request.policy)
    if request.timeout_s is not None and not 0 < request.timeout_s < math.inf:
        raise UsageError("the timeout must be above 0", "-t 3s")
    if not 1 <= request.samples <= MAX_SAMPLES:
        raise UsageError(f"{request.samples} samples are not possible", f"--samples 1 to {MAX_SAMPLES}")
    if request.connections is not None and not 2 <= request.connections <= MAX_CONNECTIONS:
        raise UsageError(f"{request.connections} connections are not possible", f"--connections 2 to {MAX_CONNECTIONS}")
    if request.region is not None and request.url is not None:
        raise UsageError("a region and a URL were both named", "Name one of them: --region REGION or --url URL.")
    if request.login_url is not None and request.url is None:
        raise UsageError("an issuer was named without its API", "Name both: --url URL --issuer URL.")
    _check_token(request)
    if not request.ask_ntp and request.region is None and request.url is None:
        from skewcheck.genesys import region

        region("")  # which lists them


def check_policy(policy: Policy) -> None:
    """Raise UsageError where the limits make no sense."""
    if not 0 < policy.warning_s < policy.critical_s < math.inf:
        raise UsageError(
            "the warning threshold must be above 0 and below the critical one",
            f"-w 100ms -c 1s, the defaults (these are {policy.warning_s:g} s and {policy.critical_s:g} s)",
        )


def check_skew(skew: Interval | None) -> None:
    """Raise UsageError unless *skew* is a range from its low to its high end; None: not known."""
    if skew is not None and not skew.low_s <= skew.high_s:
        raise UsageError("a skew is a range whose low end isn't above its high one", "Example: Interval(-0.25, -0.15).")


def check_latency(latency: Interval | None) -> None:
    """Raise UsageError unless *latency* is a range from 0 on; None: not known."""
    if latency is not None and not 0 <= latency.low_s <= latency.high_s:
        raise UsageError("a latency is a range that begins at 0 or above", "Example: Interval(0.0, 0.25).")


def check_lifetime(lifetime_s: float | None) -> None:
    """Raise UsageError unless *lifetime_s* is more than nothing; None: not known, inf: it never expires."""
    if lifetime_s is not None and not lifetime_s > 0:
        raise UsageError("a token's lifetime is more than 0 s", f"{_SECONDS} It came with the token, as expires_in.")


def check_not_negative(what: str, seconds: float | None) -> None:
    """Raise UsageError unless *what*, of so many *seconds*, is 0 or more; None: not given."""
    if seconds is not None and not 0 <= seconds < math.inf:
        raise UsageError(f"{what} is a number from 0 on", _SECONDS)


def check_verifiers(names: tuple[str, ...]) -> None:
    """Raise UsageError, with the nearest names that there are, for the first that isn't known.

    What isn't near to any is not repeated: it may be a piece of a token.
    """
    for name in names:
        from skewcheck.judge.verifiers import nearest, verifier

        try:
            verifier(name)
        except ValueError:
            raise _unknown_verifier(name, nearest(name), "--verifier") from None


def check_signed_for(name: str | None) -> None:
    """Raise UsageError for a name that isn't known, and for one of whom it isn't known that hosts sign for it."""
    if name is None:
        return
    from skewcheck.judge.verifiers import nearest, signers, verifier

    try:
        known = verifier(name).name
    except ValueError:
        raise _unknown_verifier(name, nearest(name, signers()), "--signed-for") from None
    if known not in signers():
        raise UsageError(f"nobody signs a JWT for {known}", f"--verifier {known}\n--signed-for {', '.join(signers())}")


def _unknown_verifier(name: str, near: str | None, option: str) -> UsageError:
    everyone = f"skewcheck token {option} list shows all"
    short = len(name) <= MAX_QUOTED and not is_secret(name)
    shown = quoted(name) if near or (short and name.isalpha()) else f"of {len(name)} characters"
    what = "verifier" if option == "--verifier" else f"name for {option}:"
    return UsageError(f"unknown {what} {shown}", everyone if near is None else f"{option} {near}\n{everyone}")


def default_timeout_s(request: Request) -> float:
    """Return how long the whole of *request* may take where it doesn't say: the longest of its parts."""
    if request.asks_nobody:
        return TIMEOUT_S
    longest_s = TIMEOUT_S + SAMPLE_S * (request.samples - 1) if request.ask_ntp else 0.0
    if any(given.startswith("https://") for given in request.servers):
        longest_s = max(longest_s, API_TIMEOUT_S)
    if not request.asks_api:
        return longest_s
    return max(longest_s, api_timeout_s(request))


def api_timeout_s(request: Request) -> float:
    """Return how long asking the API may take where the request doesn't say."""
    return (FULL_TIMEOUT_S if request.full else API_TIMEOUT_S) + CONNECTION_S * (request.connections or 0)


def measuring_time(request: Request, default_s: float) -> float:
    """Return what is left of the timeout for measuring: by now some is gone, and be it for loading what measures."""
    timeout_s = default_s if request.timeout_s is None else request.timeout_s
    gone_s = 0.0 if request.began_s is None else time.monotonic() - request.began_s
    return min(max(timeout_s - gone_s - request.way_out_s, _LEAST_S), _MOST_S)


def own_clock() -> "LocalClock":
    """Return the local clock from now on: the kernel is asked beside it, past what may fake this process's time."""
    from skewcheck.host.files import Files
    from skewcheck.host.kernel import kernel_time, other_rate
    from skewcheck.measure.localclock import LocalClock, system_sources

    told = other_rate(Files(), os.environ)
    return LocalClock(system_sources()._replace(kernel_ns=kernel_time(), other_rate=told))


def _check_token(request: Request) -> None:
    if request.offline and request.skew is not None:
        raise UsageError("--offline and --skew were both given", "With --skew nobody is asked anyway: leave --offline.")
    named = {"a region": request.region, "a URL": request.url, "an NTP server": request.servers}
    whom = next((what for what, value in named.items() if value), None)
    if whom is not None and request.asks_nobody:
        how = "--offline" if request.offline else "--skew" if request.skew is not None else "--at"
        raise UsageError(f"with {how} nobody is asked, and {whom} was named", "Leave one of them.")
    if request.command == "token" and request.token is None:
        raise UsageError("there is no token in what was given", "Paste a token, or pipe it in: … | skewcheck token.")
    check_skew(request.skew)
    if request.skew is not None and not math.isfinite(request.skew.width_s):
        raise UsageError("an assumed skew has two ends", "Example: Interval(-0.25, -0.15).")
    check_latency(request.latency)
    if request.latency is not None and math.isinf(request.latency.high_s):
        raise UsageError("a latency has an end", "Example: Interval(0.0, 0.25).")
    check_lifetime(request.expires_in_s)
    check_not_negative("a leeway", request.leeway_s)
    check_not_negative("the time when a token was obtained", request.obtained_at_s)
    check_not_negative("the time that a token is judged as of", request.at_s)
    check_verifiers(request.verifiers)
    check_signed_for(request.signed_for)
    if request.max_life_s is not None and not 0 < request.max_life_s < math.inf:
        raise UsageError("a longest life is a number above 0", _SECONDS)
