"""What the first line about a token says of the clocks: what `clock` and `check` say of them."""

from skewcheck.judge.sentence import NOT_SKEW, either_way, voices, whose
from skewcheck.judge.token_case import Case
from skewcheck.model import Report
from skewcheck.quantity import bound_text, skew_text


def clock_words(case: Case) -> str:
    """Return what is said of the clock."""
    if case.clock is not None:
        return _measured(case.clock)
    if case.skew is None:
        return "no clock was measured (--offline)"
    if either_way(case.skew.interval):
        return f"{whose(case.host)} was taken to be within {bound_text(*case.skew.interval)} of UTC (--skew)"
    return f"{whose(case.host)} was taken to be {skew_text(case.skew.estimate_s, case.skew.interval)} (--skew)"


def _measured(clock: Report) -> str:
    """Return what was found of the clocks; how many servers say so stands further down."""
    said = clock.verdict.partition("  ")[2].removeprefix(f"{NOT_SKEW}: ")
    if clock.ntp is not None:
        said = said.replace(f"; {voices(clock.ntp.survey.consensus)}", "")
    return said
