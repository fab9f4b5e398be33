"""The blocks of the screen of a log: how long new tokens are refused, each cause, and what was read."""

import math

from skewcheck.judge import log_words
from skewcheck.model import Report
from skewcheck.model.log import Cause, CauseVerdict, LogFile, LogPart
from skewcheck.quantity import duration_text
from skewcheck.render.page import PLAIN, Line, Page

_NAME, _VERDICT = 21, 12
_FEW = 8
"""Causes that are shown by default, the most certain first."""
_BARS = " ▁▂▃▄▅▆▇█"
_BARS_ASCII = " .:-=+*#@"
_COLUMN = 8


def hold(page: Page, part: LogPart) -> list[Line]:
    """Return how many new tokens are refused at which age."""
    if not part.hold:
        return []
    head = "after receipt".ljust(_NAME - 2) + "".join(
        f"{duration_text(h.after_s) if h.after_s else '0':>{_COLUMN}}" for h in part.hold
    )
    row = "still refused".ljust(_NAME - 2) + "".join(f"{h.refused:>{_COLUMN}}" for h in part.hold)
    of = "refused before, open".ljust(_NAME - 2) + "".join(f"{h.open:>{_COLUMN}}" for h in part.hold)
    lines = [line for text in (head, row, of) for line in page.wrapped(text)]
    last = next((h for h in part.hold if part.wait_s is not None and h.after_s >= part.wait_s), None)
    if part.wait_s is not None and last is not None:
        most = math.ceil(100 * last.high)
        lines += page.wrapped(
            f"none of {last.accepted} after {duration_text(part.wait_s)}: at most {most} % still are (95 % confidence)"
        )
    if part.phase is not None and part.phase.p is not None:
        lines += page.wrapped(f"{'part of the second'.ljust(_NAME - 2)}  {_picture(page, part)}  p {part.phase.p:.3g}")
    return lines


def _picture(page: Page, part: LogPart) -> str:
    assert part.phase is not None
    most = max((refused for refused, _ in part.phase.counts), default=0) or 1
    bars = _BARS_ASCII if page.say("█") != "█" else _BARS
    cells = [
        bars[-(-refused * (len(bars) - 1) // most)] if refused else "-" if of else " "
        for refused, of in part.phase.counts
    ]
    return f"|{''.join(cells)}|"


def causes(page: Page, part: LogPart, *, all_of_them: bool) -> list[Line]:
    """Return what the log says to each cause; by default of many to which it says the same, once."""
    if all_of_them:
        return [line for cause in part.causes for line in _cause(page, log_words.CAUSES[cause.id], cause)]
    said = [cause._replace(id="", refused=0) for cause in part.causes]
    alike = [cause for cause, same in zip(part.causes, said, strict=True) if said.count(same) > _FEW // 2]
    apart = [cause for cause in part.causes if cause not in alike]
    shown = apart[: max(_FEW, sum(cause.verdict in _NAMED for cause in apart))]
    lines = [line for cause in shown for line in _cause(page, log_words.CAUSES[cause.id], cause)]
    if alike:
        lines += _cause(page, f"{len(alike)} {'other ' if apart else ''}causes", alike[0])
    left = len(apart) - len(shown)
    return [*lines, page.more(left)] if left else lines


_NAMED = (CauseVerdict.SHOWN, CauseVerdict.LIKELY, CauseVerdict.POSSIBLE)


def _cause(page: Page, name: str, cause: Cause) -> list[Line]:
    verdict = "can't tell" if cause.verdict is CauseVerdict.CANT_TELL else cause.verdict.value
    said = log_words.because(cause.because, dict(cause.facts))
    if page.width < 60:
        return [*page.wrapped(f"{name}: {verdict}"), *page.wrapped(said, PLAIN, 2)]
    return page.beside(f"{name:{_NAME}}{verdict}", said, _NAME + _VERDICT)


def files(page: Page, part: LogPart, *, all_of_them: bool) -> list[Line]:
    """Return what was read, and what would tell more."""
    lines: list[Line] = []
    shown = part.files if all_of_them else part.files[:2]
    for file in shown:
        lines += page.wrapped(_file(file))
    if len(part.files) > len(shown):
        lines.append(page.more(len(part.files) - len(shown)))
    lines += page.wrapped(_counts(part))
    if part.missing:
        wanted = ", ".join(log_words.MISSING[each] for each in part.missing[: None if all_of_them else 2])
        lines += page.wrapped(f"More would tell: {wanted}")
    return lines


def _file(file: LogFile) -> str:
    said = f"{file.name}: {file.lines:,} {'records' if file.read_as in ('har', 'csv') else 'lines'} as {file.read_as}"
    if file.not_understood:
        said += f", {file.not_understood:,} not understood (first: {file.first_not_understood:,})"
    if file.ended is not None:
        said += {
            "no-lines": "; stopped: nothing more of it was understood",
            "unpacked": "; stopped: it unpacks to 500 times its size",
            "damaged": "; its rest is damaged",
        }[file.ended]
    return said


def _counts(part: LogPart) -> str:
    said = f"{part.requests:,} requests, {part.refused:,} refused, {part.refreshes:,} refreshes"
    if part.stamp_s is not None:
        said += (
            "; stamps of whole seconds"
            if part.stamp_s >= 1
            else "; stamps of 1 ms"
            if part.stamp_s > 5e-4
            else "; stamps finer than 1 ms"
        )
    if part.zone_assumed is not None:
        said += f", zone {part.zone_assumed} assumed"
    if part.ambiguous:
        said += f"; {part.ambiguous:,} may carry either token"
    if part.steps:
        said += f"; times go back {part.steps:,} times"
    return said


def blocks(page: Page, report: Report, *, verbose: bool) -> list[list[Line]]:
    """Return all blocks between the answer and what to do."""
    assert report.log is not None
    part = report.log
    return [hold(page, part), causes(page, part, all_of_them=verbose), files(page, part, all_of_them=verbose)]
