"""HTTPS servers as sources of time: each `Date` is a vote beside those of NTP servers, with the lag that it may have.

For hosts from which NTP can't leave and HTTPS can. A `Date` says less than a packet of NTP's: it is a second wide, and
may be old by about as much more. What is one-sided, or speaks of two clocks, is no vote.
"""

from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.measure.addresses import aside, written_out
from skewcheck.measure.date_evidence import Question, Target
from skewcheck.measure.dates import ask_dates, endpoint
from skewcheck.measure.localclock import DRIFT_PPM, LocalClock
from skewcheck.model import DateReading, Family, Interval, LocalRun, NoReading, Reading

MAX_REQUESTS = 8
"""To each: then the second is known to a third, and the lag is all that is left. Nobody's own server is asked more."""


class Named(NamedTuple):
    """One that the user named."""

    given: str
    target: Target

    @property
    def operator(self) -> str:
        """What stands for who runs it: the last two labels of its name, or its address."""
        at = endpoint(self.target)
        numeric = written_out(at.host, at.port, Family.ANY)
        return f"https {numeric[0].at[0] if numeric else '.'.join(at.host.rstrip('.').lower().split('.')[-2:])}"


class DateVotes:
    """Asks them all, in a thread of its own."""

    def __init__(
        self,
        named: Sequence[Named],
        question: Question,
        *,
        timeout_s: float,
        family: Family,
        ca_file: str | None,
        clock: LocalClock,
    ) -> None:
        """Start to ask, by the clock that everybody is asked by."""
        self.named = named
        targets = [one.target for one in named]
        self._answer = aside(
            lambda: ask_dates(
                targets, question, region=None, timeout_s=timeout_s, family=family, ca_file=ca_file, clock=clock
            )
        )

    def wait(self) -> None:
        """Return once all that comes of it is there; raises what was raised."""
        self._found = self._answer(None)

    def outcomes(self, run: LocalRun) -> list[Reading | NoReading]:
        """Return what each is worth at the end of *run*, that of all who were asked."""
        own = self._found.local
        since_s = DRIFT_PPM * 1e-6 * max(0.0, run.duration_s - own.duration_s)
        by_s = since_s + max(0.0, run.wander_s - own.wander_s) + abs(run.step_s - own.step_s)
        return [_vote(one.given, host.outcome, by_s) for one, host in zip(self.named, self._found.hosts, strict=True)]


def _vote(given: str, outcome: DateReading | NoReading, by_s: float) -> Reading | NoReading:
    if isinstance(outcome, NoReading):
        return outcome._replace(server=given)
    if not outcome.two_sided:
        return NoReading(given, outcome.address, "date-old", "its Date may be of any age", rejected=True)
    if outcome.spread_s > 0:
        return NoReading(given, outcome.address, "dates-contradict", "its replies are of several clocks", rejected=True)
    interval = Interval(*outcome.interval).widened(by_s)
    address = "" if outcome.proxied or outcome.address is None else outcome.address  # the proxy's is nobody's own
    return Reading(given, address, interval.middle_s, interval, outcome.min_rtt_s, ())
