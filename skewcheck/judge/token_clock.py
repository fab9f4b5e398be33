"""What the first line about a token says of the clocks."""

from skewcheck.judge import sentence
from skewcheck.judge.api_sentence import silence
from skewcheck.judge.sentence import either_way, way_from, whose
from skewcheck.judge.severity import date_range
from skewcheck.judge.token_case import Case, api_off, ntp_differs
from skewcheck.model import ApiHost, DateReading, Interval, NoReading, NtpPart, Report
from skewcheck.quantity import at_least_text, bound_text, size_text, skew_text


def clock_words(case: Case) -> str:
    """Return what is said of the clock."""
    if case.clock is not None:
        other = api_off(case.clock)
        said = _measured(case, case.clock) if other is None else _of_the_api(other)
        if ntp_differs(case.clock) and case.clock.api is not None:
            said = f"your clock agrees with {case.clock.api.survey.first.host}, and NTP as seen from here differs"
        return said.replace("your clock", whose(case.host))
    if case.skew is None:
        return "no clock was measured (--offline)"
    if either_way(case.skew.interval):
        return f"{whose(case.host)} was taken to be within {bound_text(*case.skew.interval)} of UTC (--skew)"
    return f"{whose(case.host)} was taken to be {skew_text(case.skew.estimate_s, case.skew.interval)} (--skew)"


def ntp_alone(case: Case) -> NtpPart | None:
    """Return NTP's part where it alone gave a reading, though the API was asked as well."""
    clock = case.clock
    if clock is None or clock.ntp is None or clock.api is None or clock.ntp.survey.consensus.interval is None:
        return None
    return clock.ntp if isinstance(clock.api.survey.first.outcome, NoReading) else None


def _measured(case: Case, clock: Report) -> str:
    """Return what was found of the clocks; how many servers say so stands further down."""
    said, ntp, silent = clock.verdict, ntp_alone(case), ""
    if ntp is not None and clock.api is not None:
        said = sentence.verdict(ntp.survey, ntp.judgement, case.thresholds, case.host)
        first = clock.api.survey.first
        silent = f"; {silence(first, first.outcome)}" if isinstance(first.outcome, NoReading) else ""
    said = said.partition("  ")[2]
    if clock.ntp is not None:
        consensus = clock.ntp.survey.consensus
        said = said.replace(f"; {consensus.agreeing} of {consensus.asked} servers agree", "")
    return said + silent


def _of_the_api(other: tuple[ApiHost, DateReading]) -> str:
    """Return how far the API's clock is off: what this clock is behind it, it is ahead of this one."""
    host, reading = other
    if reading.stale is not None:
        least = at_least_text(reading.interval.high_s)
        return f"your clock is right by NTP, and that of {host.host} is at least {least} AHEAD of it"
    found = date_range(reading)
    size = size_text(-reading.skew_s, Interval(-found.high_s, -found.low_s))
    way = way_from(-reading.skew_s, "it")
    return f"your clock is right by NTP, and that of {host.host} is {size} {way}"
