"""From a judged measurement to sentences: the verdict, what it means for a token, the findings, the next step.

Each illness is one small function in `_FINDERS`; it returns a finding or None.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from skewcheck.judge import remedies
from skewcheck.model import (
    Basis,
    Consensus,
    Finding,
    Interval,
    Judgement,
    NextStep,
    NoReading,
    Reading,
    ServerList,
    ServerStatus,
    Status,
    Survey,
    Thresholds,
)
from skewcheck.quantity import between_text, direction, duration_text, range_text, skew_text

WORDS = {
    Status.OK: "OK",
    Status.WARNING: "WARNING",
    Status.CRITICAL: "CRITICAL",
    Status.UNKNOWN: "CANNOT TELL",
}
SLEWING_PPM = 500.0
"""The fastest that kernels slew a clock on behalf of a time daemon that isn't in a hurry (RFC 5905 §A.5.5.6's 500 ppm)."""
STALE_REFERENCE_S = 86400.0
"""A server that was last set longer ago than a day is worth a remark; its own dispersion already allows for it."""


class Case(NamedTuple):
    """All that a finding can rest on."""

    survey: Survey
    judgement: Judgement
    thresholds: Thresholds
    platform: str

    @property
    def consensus(self) -> Consensus:
        """What the servers came to."""
        return self.survey.consensus

    @property
    def known(self) -> tuple[float, Interval]:
        """The estimate and the range; only where the basis isn't `NONE`."""
        skew_s, interval = self.consensus.skew_s, self.consensus.interval
        if skew_s is None or interval is None:
            raise ValueError("there is no consensus to speak of")
        return skew_s, interval
