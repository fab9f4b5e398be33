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
    ApiHost,
    ApiSurvey,
    Basis,
    Certificate,
    Consensus,
    DateExchange,
    DateReading,
    Dropped,
    Ended,
    Exchange,
    Family,
    Interval,
    Lag,
    LocalRun,
    Mix,
    NodeReply,
    Nodes,
    NoReading,
    OddDate,
    Pace,
    Reading,
    Role,
    Security,
    SeenClock,
    Served,
    ServerList,
    ServerStatus,
    Stale,
    StampedBy,
    Survey,
    Vote,
)
from skewcheck.model.report import (
    ApiPart,
    Difference,
    Effect,
    Fact,
    Failure,
    Finding,
    Judgement,
    Measured,
    Moment,
    NtpPart,
    Policy,
    Report,
    Request,
    Signing,
    Status,
    Step,
    Thresholds,
    TokenPart,
    VerifierVerdict,
)
from skewcheck.model.token import (
    BufferLine,
    ClaimState,
    Harm,
    Level,
    Oddity,
    Party,
    Recommended,
    Risk,
    TimeClaim,
    Token,
    TokenKind,
)
