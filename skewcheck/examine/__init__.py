"""What is asked -> everything asked under one deadline -> judged -> `Report`. The only way in.

The commands and the public API both call this and nothing deeper. What asks the API is loaded by its first use: a
health check that asks NTP alone pays for no HTTP.
"""

from typing import TYPE_CHECKING

from skewcheck.examine.against_ntp import MAX_SAMPLES, TIMEOUT_S, clock, judged
from skewcheck.examine.policy import failed
from skewcheck.examine.request import ApiRequest, ClockRequest, Policy
from skewcheck.examine.side_by_side import side_by_side

if TYPE_CHECKING:
    from skewcheck.examine.against_api import api

__all__ = [
    "MAX_SAMPLES",
    "TIMEOUT_S",
    "ApiRequest",
    "ClockRequest",
    "Policy",
    "api",
    "clock",
    "failed",
    "judged",
    "side_by_side",
]


def __getattr__(name: str) -> object:
    """Load `api` at its first use (PEP 562)."""
    if name != "api":
        raise AttributeError(f"module 'skewcheck.examine' has no attribute {name!r}")
    from skewcheck.examine import against_api

    return against_api.api
