"""The nouns: what was measured, how it is judged, and the report that every renderer gets.

All of them are immutable. They are named tuples, not frozen dataclasses, because a health check pays for
every class at each start (twenty frozen dataclasses cost 7 ms, twenty named tuples a tenth of that).

Units and signs, everywhere: seconds as floats; `skew` is *local clock - reference*, so positive means that
the local clock is **ahead**; a time of day is Unix seconds UTC. Ranges are closed. Absence is a type with
a reason (`NoReading`), or None where the field's own docstring says what None means.
"""

from skewcheck.model.host import (
    ConfiguredServer,
    Daemon,
    DaemonClaim,
    Fake,
    Hardware,
    HostFacts,
    KernelClock,
    Place,
    Unknown,
    Zone,
)
from skewcheck.model.measured import (
    NOT_WAITED_FOR,
    SAME_ADDRESS,
    SMEARED,
    Basis,
    Consensus,
    Dropped,
    Exchange,
    Family,
    Interval,
    LocalRun,
    NoReading,
    Reading,
    ServerList,
    ServerStatus,
    Survey,
    Vote,
)
from skewcheck.model.report import (
    Failure,
    Finding,
    Judgement,
    NextStep,
    NtpPart,
    Report,
    Status,
    Thresholds,
)

__all__ = [
    "NOT_WAITED_FOR",
    "SAME_ADDRESS",
    "SMEARED",
    "Basis",
    "ConfiguredServer",
    "Consensus",
    "Daemon",
    "DaemonClaim",
    "Dropped",
    "Exchange",
    "Failure",
    "Fake",
    "Family",
    "Finding",
    "Hardware",
    "HostFacts",
    "Interval",
    "Judgement",
    "KernelClock",
    "LocalRun",
    "NextStep",
    "NoReading",
    "NtpPart",
    "Place",
    "Reading",
    "Report",
    "ServerList",
    "ServerStatus",
    "Status",
    "Survey",
    "Thresholds",
    "Unknown",
    "Vote",
    "Zone",
]
