"""What is asked -> everything asked under one deadline -> judged -> `Report`. The only way in.

The commands and the public API both call this and nothing deeper. Each way is loaded by its first use: a health check
that asks NTP alone pays for no HTTP, one that asks an API alone for no NTP, and a token that is looked at offline for
no socket at all.
"""

from typing import TYPE_CHECKING

from skewcheck.examine.policy import failed
from skewcheck.examine.request import ApiRequest, CheckRequest, ClockRequest, Policy, TokenRequest

if TYPE_CHECKING:
    from skewcheck.examine.against_api import api
    from skewcheck.examine.against_ntp import clock
    from skewcheck.examine.all_at_once import check
    from skewcheck.examine.of_token import token

__all__ = [
    "ApiRequest",
    "CheckRequest",
    "ClockRequest",
    "Policy",
    "TokenRequest",
    "api",
    "check",
    "clock",
    "failed",
    "token",
]

_HOMES = {"api": "against_api", "check": "all_at_once", "clock": "against_ntp", "token": "of_token"}


def __getattr__(name: str) -> object:
    """Load what is asked for at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'skewcheck.examine' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"skewcheck.examine.{_HOMES[name]}"), name)
