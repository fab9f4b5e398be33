"""skewcheck measures whether clock skew explains a rejected token, whose clock it is, and how sure that is.

The public API, each name loaded at its first use:

- `clock(ClockRequest(...)) -> Report` asks NTP servers about the local clock;
- `api(ApiRequest(region=...)) -> Report` asks an API about it, by the `Date` of its replies;
- `Policy`, `ClockRequest`, `ApiRequest`, `Family` say what is asked and where the limits are;
- `Report`, `Status` and the other nouns of `skewcheck.model` say what was found;
- `SkewcheckError` is the root of all that is raised on purpose.
"""

from typing import TYPE_CHECKING

from skewcheck.version import VERSION as __version__

if TYPE_CHECKING:
    from skewcheck.errors import SkewcheckError, UsageError
    from skewcheck.examine import ApiRequest, ClockRequest, Policy, api, clock
    from skewcheck.model import Family, Report, Status

__all__ = [
    "ApiRequest",
    "ClockRequest",
    "Family",
    "Policy",
    "Report",
    "SkewcheckError",
    "Status",
    "UsageError",
    "__version__",
    "api",
    "clock",
]

_HOMES = {
    "ApiRequest": "examine",
    "ClockRequest": "examine",
    "Family": "model",
    "Policy": "examine",
    "Report": "model",
    "SkewcheckError": "errors",
    "Status": "model",
    "UsageError": "errors",
    "api": "examine",
    "clock": "examine",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562): `skewcheck --help` needn't pay for the sockets."""
    if name not in _HOMES:
        raise AttributeError(f"module 'skewcheck' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"skewcheck.{_HOMES[name]}"), name)
