"""The screen for people: verdict, meaning, picture, findings, and one thing to do. Alone knows rich.

Words and shapes carry the meaning, colour repeats it: the screen says the same without colour and in plain ASCII. All
foreign text in a report was made visible when it came in; here it only ever becomes `Text`, never markup.
"""

import functools
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from skewcheck.model import (
    Basis,
    Consensus,
    Failure,
    HostFacts,
    NextStep,
    NoReading,
    NtpPart,
    Reading,
    Report,
    ServerStatus,
    Status,
    Vote,
)
from skewcheck.quantity import duration_text, margin_text, range_text, skew_text
from skewcheck.render import host, packets
from skewcheck.render.picture import AGREED, ASCII, LABEL, LIAR, LINE, RANGE, UNICODE, Picture, Span, picture

if TYPE_CHECKING:
    from rich.console import Console

PLAIN, STRONG, FAINT, VERDICT, ERROR = "plain", "strong", "faint", "verdict", "error"
"""Roles of text beside those of the picture."""

# The sixteen colours alone: they follow the terminal's own palette, light or dark.
_STYLES = {
    PLAIN: "",
    STRONG: "bold",
    FAINT: "dim",
    ERROR: "bold red",
    LINE: "dim",
    RANGE: "",
    LIAR: "bold white on magenta",
    LABEL: "dim",
}
_VERDICT_STYLES = {
    Status.OK: "black on green",
    Status.WARNING: "black on yellow",
    Status.CRITICAL: "bold white on red",
    Status.UNKNOWN: "black on cyan",
}
_IN_ASCII = str.maketrans({"…": "..", "±": "+/-", "×": "x", "µ": "u"})

Line = list[Span]
_MARGIN, _GUTTER = 2, 2
_WRONG = "WRONG"
_ANY_HEIGHT = 100
"""Nothing is laid out by height; rich asks the terminal if none is given."""

_IN_THE_VERDICT = frozenset(
    {
        "local-ahead",
        "local-behind",
        "too-coarse",
        "servers-disagree",
        "one-server",
        "udp-123-blocked",
        "no-network",
        "dns-failed",
        "no-answer",
    }
)
"""Findings that the first line has told already; one that isn't known here is shown."""
_WHERE_NOBODY_ANSWERED = frozenset({"udp-123-blocked", "no-network", "dns-failed", "no-answer"})
"""Of these, what the first line tells only where it has nothing better to tell."""
_PREMISES = {
    "majority-honest": "most of these servers are honest",
    "path-not-hostile": "nobody rewrites NTP on the way",
}
_NARROWEST_PICTURE, _WIDEST_PICTURE = 16, 64
"""Cells. Below, a picture shows nothing; above, the eye loses the row."""
_SHORTEST_NAME = 14
"""Cells that a server's name may take on the smallest page; on others it is 3 of 10."""
_NARROWEST_HANGING = 60
"""Below so many cells a sentence starts again at the left edge instead of beside the verdict word."""


def render(report: Report, *, width: int, color: bool, verbose: int, quiet: bool, ascii_only: bool = False) -> str:
    """Return the screen for *report*, at most *width* cells wide (a command to copy is never broken).

    *quiet*: the verdict alone, on one line however long. *verbose* from 1 on: the facts of every packet. *ascii_only*:
    for an output that can't take more.
    """
    page = _Page(width, color=color, ascii_only=ascii_only)
    if quiet:
        return page.printed([_one_line(report)], report.status)
    if report.failure is not None:
        return page.printed(_failure(page, report.failure), report.status)
    blocks = [_head(page, report)]
    if report.ntp is not None:
        blocks += _servers(page, report, report.ntp)
        blocks += _packets(page, report.ntp) if verbose else []
    blocks += [
        _host(page, report.host, thorough=bool(verbose)),
        _findings(page, report),
        _premises(page, report),
        _last(page, report.next_step),
    ]
    lines: list[Line] = []
    for block in filter(None, blocks):
        lines += [[], *block] if lines else block
    return page.printed(lines, report.status)


# --- What stands above and below the picture ---


def _one_line(report: Report) -> Line:
    if report.failure is not None:
        return [("error: ", ERROR), (report.failure.summary, PLAIN)]
    word, gap, sentence = report.verdict.partition("  ")
    return [(word, VERDICT), (gap + sentence, PLAIN)]


def _head(page: "_Page", report: Report) -> list[Line]:
    """Return the verdict, its word standing free at the left, and below it what that means."""
    word, gap, sentence = report.verdict.partition("  ")
    if page.width < _NARROWEST_HANGING:
        indent, said = 0, [[(word, VERDICT)], *page.wrapped(sentence, STRONG)]
    else:
        indent = page.cells(word + gap)
        first, *more = page.wrapped(sentence, STRONG, indent)
        said = [[(word, VERDICT), (gap, PLAIN), *first[1:]], *more]
    return [*said, *(page.wrapped(report.meaning, PLAIN, indent) if report.meaning else [])]


def _failure(page: "_Page", failure: Failure) -> list[Line]:
    label = "error: "
    first, *more = page.wrapped(failure.summary, STRONG, len(label))
    return [[(label, ERROR), *first[1:]], *more, *page.wrapped(failure.remedy, PLAIN, len(label))]


def _host(page: "_Page", facts: HostFacts | None, *, thorough: bool) -> list[Line]:
    """Return what this host says of its own clock."""
    if facts is None:
        return []
    said = host.sentences(facts, thorough=thorough)
    return [line for sentence in said for line in page.wrapped(sentence, PLAIN, _MARGIN)]


def _findings(page: "_Page", report: Report) -> list[Line]:
    """Return what the verdict doesn't tell, each with what to do about it where the last line doesn't say that."""
    last = "" if report.next_step is None else report.next_step.command
    answered = report.ntp is not None and report.ntp.survey.consensus.answered > 0
    told = _IN_THE_VERDICT - _WHERE_NOBODY_ANSWERED if answered else _IN_THE_VERDICT
    lines: list[Line] = []
    for finding in report.findings:
        if finding.id not in told:
            lines += page.wrapped(finding.summary, PLAIN, _MARGIN)
            lines += [
                line for remedy in finding.remedy if remedy != last for line in page.wrapped(remedy, FAINT, 2 * _MARGIN)
            ]
    return lines


def _premises(page: "_Page", report: Report) -> list[Line]:
    """Return what "proven" rests on, where the verdict says that word."""
    if report.status is Status.UNKNOWN or not report.assumes:
        return []
    premises = " and ".join(_PREMISES.get(premise, premise) for premise in report.assumes)
    return page.wrapped(f"Proven if {premises}.", FAINT, 2)


def _last(page: "_Page", step: NextStep | None) -> list[Line]:
    if step is None:
        return []
    label = f"{step.kind}: "
    return [[(label, PLAIN), (step.command, STRONG)], *page.wrapped(step.why, FAINT, len(label))]


# --- The servers ---


class _Row(NamedTuple):
    """One server, or all of them together: a name, what there is to say, and what there is to draw."""

    name: str
    said: str
    role: str
    reading: Reading | None = None
    wrong: bool = False


def _servers(page: "_Page", report: Report, part: NtpPart) -> list[list[Line]]:
    """Return the servers that answered, as a picture where there is room, and why the others gave nothing."""
    consensus = part.survey.consensus
    answered = [_answered(vote, vote.outcome) for vote in consensus.votes if isinstance(vote.outcome, Reading)]
    silent = [_silent(vote.outcome) for vote in consensus.votes if isinstance(vote.outcome, NoReading)]
    together = [_together(consensus)] if answered else []
    name_width, cells = _columns(page, [*answered, *together], silent)
    drawn = picture(consensus, report.thresholds, cells, page.glyphs) if cells else None
    if drawn is None:
        return [[line for row in [*answered, *together, *silent] for line in _entry(page, row, name_width)]]
    lines = [
        [
            *_name(page, row, name_width),
            *(drawn.ruler(consensus.interval) if row.reading is None else drawn.row(row.reading, liar=row.wrong)),
            (" " * _GUTTER, PLAIN),
            *_said(page, row),
        ]
        for row in [*answered, *together]
    ]
    lines.append(_labels(page, report, drawn, name_width))
    return [lines, [line for row in silent for line in _entry(page, row, name_width)]]


def _answered(vote: Vote, reading: Reading) -> _Row:
    wrong = vote.status is ServerStatus.FALSETICKER
    said = skew_text(reading.skew_s, reading.interval) if wrong else margin_text(reading.skew_s, *reading.interval)
    return _Row(reading.server, said, PLAIN, reading, wrong)


def _silent(outcome: NoReading) -> _Row:
    return _Row(outcome.server, f"refused: {outcome.detail}" if outcome.rejected else outcome.detail, FAINT)


def _together(consensus: Consensus) -> _Row:
    """Return what the servers come to."""
    name = {
        Basis.MAJORITY: f"{consensus.agreeing} of {consensus.asked} agree",
        Basis.SINGLE: "one server",
        Basis.NONE: "no majority",
    }[consensus.basis]
    return _Row(name, "" if consensus.interval is None else range_text(*consensus.interval), STRONG)


def _columns(page: "_Page", drawn: Sequence[_Row], silent: Sequence[_Row]) -> tuple[int, int]:
    """Return the cells for names and for the picture; 0 for the picture where there is no room for one."""
    longest_name = max(page.cells(page.say(row.name)) for row in [*drawn, *silent])
    longest_said = max((page.cells("".join(text for text, _ in _said(page, row))) for row in drawn), default=0)
    name_width = min(longest_name, max(page.width * 3 // 10, _SHORTEST_NAME))
    room = page.width - _MARGIN - name_width - 2 * _GUTTER - longest_said
    if drawn and room >= _NARROWEST_PICTURE:
        return name_width, min(room, _WIDEST_PICTURE)
    return min(longest_name, page.width // 2), 0


def _name(page: "_Page", row: _Row, width: int) -> Line:
    mark = page.glyphs.liar if row.wrong else ""
    fitted = " " * (_MARGIN - len(mark)) + page.fitted(row.name, width) + " " * _GUTTER
    return [(mark, LIAR), (fitted, STRONG if row.role is STRONG else PLAIN)]


def _said(page: "_Page", row: _Row) -> Line:
    return [(page.say(row.said), row.role), *([("  ", PLAIN), (_WRONG, LIAR)] if row.wrong else [])]


def _labels(page: "_Page", report: Report, drawn: Picture, name_width: int) -> Line:
    """Return what stands below the picture: places on the axis, and beside it the next threshold that is off it."""
    labels = drawn.labels()
    line = " " * (_MARGIN + name_width + _GUTTER) + labels
    if report.thresholds is not None:
        limits = {"warning": report.thresholds.warning_s, "critical": report.thresholds.critical_s}
        if report.status in (Status.OK, Status.CRITICAL):
            limits.pop("critical" if report.status is Status.OK else "warning")
        missing = next((f"{name} from {duration_text(limits[name])}" for name in limits if name not in labels), "")
        beside = line.ljust(_MARGIN + name_width + _GUTTER + drawn.axis.cells + _GUTTER) + page.say(missing)
        line = beside if page.cells(beside) <= page.width else line
    return [(line, LABEL)]


def _entry(page: "_Page", row: _Row, name_width: int) -> list[Line]:
    """Return a row without a drawing: what is said stands beside the name, or on a small page below it."""
    said, role = (f"{row.said}  {_WRONG}", STRONG) if row.wrong else (row.said, row.role)
    if page.width < _NARROWEST_HANGING:
        below = page.wrapped(said, role, 2 * _MARGIN) if said else []
        return [_name(page, row, page.width - _MARGIN - _GUTTER), *below]
    first, *more = page.wrapped(said, role, _MARGIN + name_width + _GUTTER)
    return [[*_name(page, row, name_width), *first[1:]], *more]


def _packets(page: "_Page", part: NtpPart) -> list[list[Line]]:
    """Return what the packets of each server said: a block for each that was believed, one for all others."""
    blocks: list[list[Line]] = []
    silent: list[Line] = []
    for vote in part.survey.consensus.votes:
        outcome = vote.outcome
        name = outcome.server if outcome.address in (None, outcome.server) else f"{outcome.server} at {outcome.address}"
        became = f"{vote.status.value}, {outcome.reason}" if isinstance(outcome, NoReading) else vote.status.value
        lines = page.wrapped(f"{name}: {became}", STRONG, _MARGIN)
        for facts in packets.facts(vote):
            lines += page.flowed(facts, 2 * _MARGIN)
        if isinstance(outcome, NoReading):
            silent += lines
        else:
            blocks.append(lines)
    return [*blocks, silent, page.wrapped(packets.LEGEND, FAINT, _MARGIN) if blocks else []]


# --- The page itself ---


class _Page:
    """So many cells of a terminal: foreign text fitted into them, and lines made into what is printed."""

    def __init__(self, width: int, *, color: bool, ascii_only: bool) -> None:
        """Note what the terminal can do."""
        self.width = width
        self.glyphs = ASCII if ascii_only else UNICODE
        self._color, self._ascii_only = color, ascii_only
        self._written = io.StringIO()

    def say(self, text: str) -> str:
        """Return *text* in characters that this page can show."""
        if not self._ascii_only:
            return text
        return text.translate(_IN_ASCII).encode("ascii", "backslashreplace").decode("ascii")

    def cells(self, text: str) -> int:
        """Return how many cells *text* takes: some characters take two, some none."""
        from rich.cells import cell_len

        return cell_len(text)

    def fitted(self, text: str, width: int) -> str:
        """Return *text* on exactly *width* cells; the middle is left out where it is too long."""
        text, dots = self.say(text), self.say("…")
        if self.cells(text) > width:
            head, tail = list(text[: len(text) // 2]), list(text[len(text) // 2 :])
            while self.cells("".join([*head, dots, *tail])) > width:
                if len(head) > len(tail):
                    head.pop()
                else:
                    tail.pop(0)
            text = "".join([*head, dots, *tail])
        return text + " " * (width - self.cells(text))

    def wrapped(self, text: str, role: str = PLAIN, indent: int = 0) -> list[Line]:
        """Return *text* on as many lines as it takes, each a span of *indent* spaces and one of text."""
        from rich.text import Text

        lines = Text(self.say(text)).wrap(self._console, self.width - indent)
        return [[(" " * indent, PLAIN), (line.plain.rstrip(), role)] for line in lines]

    def flowed(self, facts: Sequence[str], indent: int) -> list[Line]:
        """Return short *facts* on as few lines as they take, none of them broken that fits on one."""
        groups: list[str] = []
        for fact in facts:
            if groups and self.cells(self.say(f"{groups[-1]}  {fact}")) <= self.width - indent:
                groups[-1] += f"  {fact}"
            else:
                groups.append(fact)
        return [line for group in groups for line in self.wrapped(group, PLAIN, indent)]

    def printed(self, lines: Sequence[Line], status: Status) -> str:
        """Return *lines* as text, coloured for *status* where this page has colours."""
        if not self._color:
            return "".join("".join(self.say(text) for text, _ in line).rstrip() + "\n" for line in lines)
        from rich.text import Text

        styles = {**_STYLES, VERDICT: _VERDICT_STYLES[status], AGREED: _VERDICT_STYLES[status]}
        for line in lines:
            styled = Text.assemble(*((self.say(text), styles[role]) for text, role in line))
            styled.rstrip()
            self._console.print(styled, soft_wrap=True)
        return self._written.getvalue()

    @functools.cached_property
    def _console(self) -> "Console":
        """A console that writes to memory and asks neither the environment nor a terminal about anything."""
        from rich.console import Console

        return Console(
            file=self._written,
            width=self.width,
            height=_ANY_HEIGHT,
            force_terminal=self._color,
            color_system="standard" if self._color else None,
            no_color=not self._color,
            force_jupyter=False,
            legacy_windows=False,
            markup=False,
            highlight=False,
            emoji=False,
            _environ={},
        )
