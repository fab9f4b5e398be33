"""NTP servers on the page: a row each, and on request the facts of every packet."""

from skewcheck.model import Basis, Consensus, NoReading, NtpPart, Reading, Report, ServerStatus, Vote
from skewcheck.quantity import margin_text, range_text, skew_text
from skewcheck.render import packets
from skewcheck.render.page import MARGIN, PLAIN, STRONG, Line, Page
from skewcheck.render.picture import Bar
from skewcheck.render.rows import Row, Scale, table


def blocks(page: Page, report: Report, part: NtpPart, *, thorough: bool) -> list[list[Line]]:
    """Return the servers as a picture; *thorough*: what their packets said as well."""
    consensus = part.survey.consensus
    answered = [_answered(vote, vote.outcome) for vote in consensus.votes if isinstance(vote.outcome, Reading)]
    silent = [_silent(vote.outcome) for vote in consensus.votes if isinstance(vote.outcome, NoReading)]
    agreed = consensus.interval
    scale = Scale("UTC", agreed, agreed, _together(consensus), report.thresholds, part.judgement.status)
    return [*table(page, answered, silent, scale), *(_packets(page, part) if thorough else [])]


def bar(vote: Vote, reading: Reading) -> Bar:
    """Return what to draw of one server."""
    return Bar(reading.skew_s, reading.interval, wrong=vote.status is ServerStatus.FALSETICKER)


def _answered(vote: Vote, reading: Reading) -> Row:
    drawn = bar(vote, reading)
    skew_s, interval = reading.skew_s, reading.interval
    said = skew_text(skew_s, interval) if drawn.wrong else margin_text(skew_s, *interval)
    return Row(reading.server, said, bar=drawn)


def _silent(outcome: NoReading) -> Row:
    return Row(outcome.server, f"refused: {outcome.detail}" if outcome.rejected else outcome.detail)


def _together(consensus: Consensus) -> Row:
    """Return what the servers come to."""
    name = {
        Basis.MAJORITY: f"{consensus.agreeing} of {consensus.answered} agree",
        Basis.MINORITY: "unconfirmed",
        Basis.SINGLE: "one server",
        Basis.NONE: "no majority",
    }[consensus.basis]
    return Row(name, "" if consensus.interval is None else range_text(*consensus.interval), STRONG)


def _packets(page: Page, part: NtpPart) -> list[list[Line]]:
    """Return what the packets of each server said: a block for each that was believed, one for all others."""
    blocks: list[list[Line]] = []
    silent: list[Line] = []
    for vote in part.survey.consensus.votes:
        outcome = vote.outcome
        name = outcome.server if outcome.address in (None, outcome.server) else f"{outcome.server} at {outcome.address}"
        became = f"{vote.status.value}, {outcome.reason}" if isinstance(outcome, NoReading) else vote.status.value
        lines = page.wrapped(f"{name}: {became}", STRONG, MARGIN)
        for facts in packets.facts(vote):
            lines += page.flowed(facts, 2 * MARGIN)
        if isinstance(outcome, NoReading):
            silent += lines
        else:
            blocks.append(lines)
    return [*blocks, silent, page.wrapped(packets.LEGEND, PLAIN, MARGIN) if blocks else []]
