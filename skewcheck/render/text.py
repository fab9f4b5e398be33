"""The screen for people: the answer, what it means, one table, who is harmed, and one or two commands to run next.

By default it fits a terminal of 24 lines of 80 columns: what is too long ends in "and N more (-v)", the table's rows
first. `-v` cuts nothing and adds the evidence. Nothing is decided here: a row says what was measured, all else is the
words of the catalogue for what was found.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.judge import catalogue
from skewcheck.model import DateReading, Finding, Report, StampedBy, Status
from skewcheck.render import tables
from skewcheck.render.page import FULL_WIDTH, NARROWEST_HANGING, PLAIN, STRONG, VERDICT, Line, Page
from skewcheck.render.tables import INDENT

LINES = 24
"""Of a terminal that nobody has enlarged."""
_FEWEST_ROWS, _MOST_ROWS = 3, 32
_MOST_REMARKS = 3

_SAID_BY_ALL = frozenset({"not-skew", "token-valid", "token-opaque", "clock-ok", "api-ok"})
"""That something is fine is said where it leads; beside something else a row of the table says it."""
_SAID_BY_THE_SERVERS = frozenset({"falseticker"})
_SAID_BY_THE_CLOCK = frozenset({"skew-assumed"})
"""A token's screen has a row for its clock."""
_SAID_BY_A_ROW = frozenset({"ntp-unreached", "api-unreached"})
_OF_THE_DAEMON = frozenset({"daemon-wrong", "daemon-unsynchronised", "two-daemons", "stale-sync"})
_BEHIND = frozenset({"late-refresh", "future-here", "signed-old"})
_AHEAD = frozenset({"early-refresh", "storm", "expired-here", "signed-future"})
"""What comes of a clock that is off that way."""
_FAULTS_OF_THE_API = frozenset({
    "api-ahead", "api-behind", "api-certificate", "api-inconsistent", "api-nodes-differ", "api-stale", "issuer-ahead",
    "issuer-behind",
})  # fmt: skip
"""With these somebody writes to the vendor's support, who ask for a correlation id."""
_FAULTS_OF_THIS_HOST = frozenset({"local-ahead", "local-behind", "local-unconfirmed"})


def render(report: Report, *, width: int, color: bool, verbose: int, quiet: bool, ascii_only: bool = False) -> str:
    """Return the screen for *report*, at most *width* cells wide.

    A command to copy is broken only where its option ends, behind the backslash by which a shell reads on.
    *quiet*: line 1 alone, always on one line. *verbose* 1: all of each list, and the evidence; 2: every packet and
    reply, too. *ascii_only*: for an output that can't take more.
    """
    page = Page(width, color=color, ascii_only=ascii_only)
    if quiet or report.failure is not None:  # what to try there, `cli.failure` tells on stderr
        return page.printed([_line_1(page, report)], report.status)
    if not verbose:
        return page.printed(_joined(_cut(page, report)), report.status)
    from skewcheck.render import evidence

    blocks = _blocks(page, report, _Shown())
    blocks[-1:-1] = evidence.blocks(page, report, packets=verbose > 1)
    return page.printed(_joined(blocks), report.status)


# --- What fits ---


def _joined(blocks: Sequence[list[Line]]) -> list[Line]:
    """Return the lines of all *blocks*, a blank one between two, and none within."""
    lines: list[Line] = []
    for block in blocks:
        said = [line for line in block if any(text.strip() for text, _ in line)]
        lines += [[], *said] if lines and said else said
    return lines


def _cut(page: Page, report: Report) -> list[list[Line]]:
    """Return the blocks of the screen, cut to its lines: rows of the table, who is not harmed, remarks."""
    shown = _Shown(_MOST_ROWS, _MOST_REMARKS)
    blocks = _blocks(page, report, shown)
    if (over := _over(blocks)) > 0:
        shown = shown._replace(rows=max(_FEWEST_ROWS, len(blocks[1]) - 1 - over - 1))
        blocks = _blocks(page, report, shown)
    if _over(blocks) > 0:
        shown = shown._replace(harmless=False)
        blocks = _blocks(page, report, shown)
    if (over := _over(blocks)) > 0 and len(blocks[2]) > 1:
        blocks = _blocks(page, report, shown._replace(remarks=max(0, len(blocks[2]) - over - 1)))
    for at in (5, 3, 2, 4, 1) if page.width >= FULL_WIDTH else ():
        if (over := _over(blocks)) > 0 and blocks[at]:
            kept = len(blocks[at]) - over - 1
            blocks[at] = [*blocks[at][:kept], page.more(len(blocks[at]) - kept)] if kept > 0 else []
    return blocks


def _over(blocks: Sequence[list[Line]]) -> int:
    return len(_joined(blocks)) - LINES


class _Shown(NamedTuple):
    """How much is shown; all of it, unless it is said."""

    rows: int | None = None
    remarks: int | None = None
    harmless: bool = True


def _blocks(page: Page, report: Report, shown: _Shown) -> list[list[Line]]:
    """Return head, table, remarks, effects, token, notes and the last block; some are empty."""
    if report.log is not None:
        from skewcheck.render import log

        held, causes, files = log.blocks(page, report, verbose=shown.rows is None)
        return [_head(page, report), held, [], causes, files, [], _steps(page, report)]
    return [
        _head(page, report),
        _table(page, report, shown.rows),
        _remarks(page, report, shown.remarks),
        [*_effects(page, report, briefly=not shown.harmless), *_suspects(page, report)],
        tables.of_the_token(page, report, summed_up=shown.rows is None),
        _notes(page, report) if shown.rows is not None else [],  # the evidence has each of them
        _steps(page, report),
    ]


# --- The answer ---


def _title(page: Page, finding: Finding, cells: int) -> str:
    """Return the title in characters that this page can show."""
    asked, shown, said = cells, _shown(page, finding), ""
    while asked > 0:
        said = page.say(catalogue.title(shown, asked))
        taken = len(said) if said.isascii() else page.cells(said)
        if taken <= cells:
            return said
        asked -= taken - cells
    return page.ended(said, cells)


def _shown(page: Page, finding: Finding) -> Finding:
    """Return *finding* with its texts as this page shows them: then they are as long as they will be."""
    return finding._replace(facts=tuple((k, page.say(v) if isinstance(v, str) else v) for k, v in finding.facts))


def _line_1(page: Page, report: Report) -> Line:
    if report.failure is not None or report.lead is None:
        return [(f"error: {'' if report.failure is None else report.failure.summary}", PLAIN)]
    word = report.status.value.upper()
    token = None if report.token is None or report.command != "token" else report.token.token
    of_several = f" ({token.picked} of {token.others + 1})" if token is not None and token.others else ""
    title = _title(page, report.lead, catalogue.CELLS - len(of_several)) + of_several
    taken = len(title) if title.isascii() else page.cells(title)
    if of_several and taken + len(" tokens") <= catalogue.CELLS:
        title = f"{title[:-1]} tokens)"
    return [(word, VERDICT), (" " * (INDENT - len(word)), PLAIN), (title, STRONG)]


def _head(page: Page, report: Report) -> list[Line]:
    """Return line 1, and below it what that means for a 401."""
    if report.lead is None:
        return [_line_1(page, report)]
    means = catalogue.means(_shown(page, report.lead), max(catalogue.CELLS, page.width - INDENT))
    if page.width >= FULL_WIDTH:
        return [_line_1(page, report), *page.wrapped(means, PLAIN, INDENT)] if means else [_line_1(page, report)]
    (word, role), gap, (title, _) = _line_1(page, report)
    indent = INDENT if page.width >= NARROWEST_HANGING else 0
    first, *more = page.wrapped(title, STRONG, indent)
    head = [[(word, role), gap, *first[1:]], *more] if indent else [[(word, role)], first, *more]
    return [*head, *(page.wrapped(means, PLAIN, indent) if means else [])]


def _table(page: Page, report: Report, most: int | None) -> list[Line]:
    """Return the one table of this screen."""
    if report.token is not None and report.command != "check":
        return tables.token(page, report, report.token)
    if report.api is not None and report.ntp is not None:
        return tables.references(page, report, report.ntp, report.api)
    if report.api is not None:
        return tables.hosts(page, report, report.api)
    return [] if report.ntp is None else tables.servers(page, report, report.ntp, most)


# --- What else was found ---


def _remarks(page: Page, report: Report, most: int | None) -> list[Line]:
    """Return a line for each other finding that no row tells; *most*: so many, and several of one kind as one."""
    hidden = _SAID_BY_ALL | _told_by_the_table(report)
    lead, *others = report.findings
    if lead.id == "token-zone":  # its times are as far off, and a new token's would be, too
        others = [finding for finding in others if finding.id not in {"token-expired", "token-future-issued"}]
    in_row = {Status.OK, Status.UNKNOWN}  # a row says why as well, and where it is missing nothing is worse
    found = [
        finding
        for finding in others
        if finding.id not in hidden or finding.status not in (in_row if finding.id in _SAID_BY_A_ROW else {Status.OK})
    ]
    if most is None:
        return [line for finding in found for line in _remark(page, finding, "")]
    by_id: dict[str, list[Finding]] = {}
    for finding in found:
        by_id.setdefault(finding.id, []).append(finding)
    kinds = list(by_id.values())
    shown = kinds[:most]
    lines = [
        line for first, *more in shown for line in _remark(page, first, f"; {len(more)} more (-v)" if more else "")
    ]
    left = sum(map(len, kinds[most:]))
    return [*lines, page.more(left)] if left else lines


def _bad(finding: Finding) -> bool:
    return finding.status is not Status.OK


def _told_by_the_table(report: Report) -> frozenset[str]:
    if report.token is not None and report.command != "check":
        return _SAID_BY_THE_CLOCK | _SAID_BY_A_ROW | _SAID_BY_THE_SERVERS
    return _SAID_BY_A_ROW if report.api is not None and report.ntp is not None else _SAID_BY_THE_SERVERS


def _remark(page: Page, finding: Finding, more: str) -> list[Line]:
    word = f"{finding.status.value.upper()}: " if _bad(finding) else ""
    cells = max(page.width, FULL_WIDTH) - len(word) - len(more)
    return page.wrapped(f"{word}{_title(page, finding, cells)}{more}", PLAIN)


def _effects(page: Page, report: Report, *, briefly: bool) -> list[Line]:
    """Return who is harmed by the clock that is off, and what he sees; *briefly*: without those who see nothing."""
    if not report.effects:
        return []
    seen = [catalogue.effect(effect) for effect in report.effects if effect.id != "none" or not briefly]
    ids = {effect.id for effect in report.effects}
    ways = [way for way, of_it in (("AHEAD", _AHEAD), ("BEHIND", _BEHIND)) if ids & of_it]
    found = {finding.id for finding in report.findings if _bad(finding)}
    title = "EFFECT"
    if len(ways) == 1 and "skew-undecided" in found:
        title += f" IF THIS HOST IS {ways[0]}"
    elif len(ways) == 1 and (found & _FAULTS_OF_THIS_HOST or not found & _FAULTS_OF_THE_API):
        title += f" OF A CLOCK THAT IS {ways[0]}"
    return [*page.wrapped(title, PLAIN), *page.labelled(seen, 0, 24)]


def _suspects(page: Page, report: Report) -> list[Line]:
    """Return what else explains a 401, where no clock does."""
    lead = report.lead
    if lead is None or lead.id != "not-skew":
        return []
    genesys = bool(lead.fact("genesys"))
    fitting = [suspect for suspect in catalogue.SUSPECTS if suspect.genesys in (None, genesys)]
    pairs = [(f"{number} {suspect.name}", suspect.why) for number, suspect in enumerate(fitting, start=1)]
    return [*page.wrapped("CHECK NEXT, IN THIS ORDER", PLAIN), *page.labelled(pairs, 0, 19)]


def _notes(page: Page, report: Report) -> list[Line]:
    """Return whose clock wrote the `Date`, what support asks for, and what the time daemon says."""
    notes: list[str] = []
    found = {finding.id for finding in report.findings}
    first = None if report.api is None else report.api.survey.first.outcome
    if isinstance(first, DateReading) and (report.token is None or report.command == "check"):
        notes.append(_whose_date(first))
        correlation_id = first.served.correlation_id
        if correlation_id is not None and found & _FAULTS_OF_THE_API:
            notes.append(f"For the ticket: correlation id {page.fitted(correlation_id, 48).rstrip()}")
    if report.command == "clock" and report.host is not None and not found & _OF_THE_DAEMON:
        notes += tables.daemons(report.host)
    if page.width >= FULL_WIDTH:
        notes = [page.fitted(note, page.width).rstrip() for note in notes]
    return [line for note in notes for line in page.wrapped(note)]


def _whose_date(reading: DateReading) -> str:
    server = "" if reading.served.server is None else f" ({reading.served.server[:20]})"
    return {
        StampedBy.EDGE: f"Date is the edge proxy's{server}. Clocks behind the edge are not visible.",
        StampedBy.ORIGIN: f"Date is the API server's own{server}: no proxy wrote it.",
        StampedBy.UNKNOWN: f"Date{server} is the edge's or the origin's: its headers don't tell.",
    }[reading.stamped_by]


# --- What to do ---


def _steps(page: Page, report: Report) -> list[Line]:
    """Return at most two commands, what each does beside it, in one column, where there is room, else below."""
    if not report.steps:
        return []
    label = catalogue.STEPS[report.steps[0].kind].label
    steps = [(page.say(step.command), page.say(catalogue.STEPS[step.kind].words)) for step in report.steps]
    room = page.width - len("Next: ") - 3
    beside = [page.cells(command) for command, words in steps if page.cells(command) + page.cells(words) <= room]
    column = max(beside, default=0)
    lines: list[Line] = []
    for at, (command, words) in enumerate(steps):
        begin = " " * 6 if at else f"{label}:".ljust(6)
        *above, last = _continued(page, command)
        lines += [[(" " * INDENT if number else begin, PLAIN), (part, STRONG)] for number, part in enumerate(above)]
        line: Line = [(" " * INDENT if above else begin, PLAIN), (last, STRONG)]
        gap = column - page.cells(command)
        if gap >= 0 and column + page.cells(words) <= room:
            lines.append([*line, (" " * (gap + 3) + words, PLAIN)])
        else:
            lines += [line, *page.wrapped(words, PLAIN, 8)]
    return lines


def _continued(page: Page, command: str) -> list[str]:
    """Return *command* on the lines that it takes, each but the last with the backslash by which a shell reads on."""
    if page.width < FULL_WIDTH or page.cells(command) + 6 <= page.width or "'" in command:
        return [command]
    parts: list[str] = []
    for option in re.split(" (?=-)", command):
        if parts and page.cells(f"{parts[-1]} {option}") + len(" \\") + INDENT <= page.width:
            parts[-1] += f" {option}"
        else:
            parts.append(option)
    return [*(f"{part} \\" for part in parts[:-1]), parts[-1]]
