"""The screen for people: verdict, meaning, a picture of each part, findings, and one thing to do."""

from collections.abc import Sequence

from skewcheck.model import DateReading, Failure, Finding, NextStep, Report, Status
from skewcheck.render import dates, host, servers, token
from skewcheck.render.page import ERROR, MARGIN, NARROWEST_HANGING, PLAIN, STRONG, VERDICT, Line, Page

_IN_THE_VERDICT = frozenset(
    {
        "local-ahead",
        "local-behind",
        "api-ahead",
        "api-behind",
        "api-skew",
        "ntp-differs",
        "too-coarse",
        "servers-disagree",
        "one-server",
        "unconfirmed",
        "udp-123-blocked",
        "no-network",
        "dns-failed",
        "no-answer",
    }
)
"""Findings that the first line has told already; one that isn't known here is shown."""
_BESIDE_THE_PICTURE = frozenset(
    {
        "api-cached",
        "api-edge",
        "api-frozen",
        "api-lags",
        "api-no-date",
        "api-unreached",
        "api-untrusted",
        "lag-unknown",
        "plain-http",
        "proxy-failed",
        "rate-limited",
    }
)
"""Findings that an API's host has told already, in the facts below its picture or instead of one."""
_OF_NO_USE_BESIDE_AN_API = frozenset({"daemon-unsynchronised"})
"""What the host says of its own clock is beside the point where an API's clock shows no fault of it."""
_WHERE_NOBODY_ANSWERED = frozenset({"udp-123-blocked", "no-network", "dns-failed", "no-answer"})
"""Of these, what the first line tells only where it has nothing better to tell."""
_SUSPECTS = "not-skew"
"""The finding whose advice is a list to go through in its order."""
_BESIDE_A_TOKEN = frozenset({"token-opaque", "token-encrypted", "token-truncated"})
"""Findings that a token's own part has told already."""
_BY_A_WORD = {
    "token-expired": "expired",
    "token-expired-here": "expired",
    "token-future-issued": "its issuer's clock is ahead",
    "token-no-exp": "has no exp",
    "token-unusable-time": "is no time",
    "clock-not-measured": "--offline",
    "skew-assumed": "--skew",
}
"""Findings that the first line has told where it has this word."""
_EXPLAINED = frozenset({"token-expired", "token-truncated"})
"""Findings that explain a refusal by themselves: nobody has to look for another cause."""
_BAD = (Status.CRITICAL, Status.UNKNOWN)
_PREMISES = {
    "majority-honest": "most of these servers are honest",
    "path-not-hostile": "nobody rewrites NTP on the way",
    "certificates-honest": "the certificate authorities that this host trusts are honest",
    "lag-bounded": "no Date is older than said here",
}


def render(report: Report, *, width: int, color: bool, verbose: int, quiet: bool, ascii_only: bool = False) -> str:
    """Return the screen for *report*, at most *width* cells wide (a command to copy is never broken).

    *quiet*: the verdict alone, on one line however long. *verbose* from 1 on: the facts of every packet. *ascii_only*:
    for an output that can't take more.
    """
    page = Page(width, color=color, ascii_only=ascii_only)
    if quiet:
        return page.printed([_one_line(report)], report.status)
    if report.failure is not None:
        return page.printed(_failure(page, report.failure), report.status)
    blocks = [_head(page, report)]
    briefly = _briefly(report, thorough=bool(verbose))
    of_the_token = []
    if report.token is not None:
        of_the_token = token.blocks(page, report, report.token, thorough=bool(verbose), pictured=not briefly)
    if report.command != "check":  # of which the clocks are the subject
        blocks += of_the_token
    if report.ntp is not None and not briefly:
        blocks += servers.blocks(page, report, report.ntp, thorough=bool(verbose))
    if report.api is not None and not briefly:
        blocks += dates.blocks(page, report, report.api, thorough=bool(verbose))
    if report.command == "check":
        blocks += of_the_token
    blocks += [
        [] if briefly else _host(page, report, thorough=bool(verbose)),
        _findings(page, report, thorough=bool(verbose)),
        _premises(page, report),
        _last(page, report.next_step),
    ]
    lines: list[Line] = []
    for block in filter(None, blocks):
        lines += [[], *block] if lines else block
    return page.printed(lines, report.status)


# --- What stands above and below the pictures ---


def _one_line(report: Report) -> Line:
    if report.failure is not None:
        return [("error:", ERROR), (f" {report.failure.summary}", PLAIN)]
    word, gap, sentence = report.verdict.partition("  ")
    return [(word, VERDICT), (gap + sentence, PLAIN)]


def _head(page: Page, report: Report) -> list[Line]:
    """Return the verdict, its word standing free at the left, and below it what that means."""
    word, gap, sentence = report.verdict.partition("  ")
    if page.width < NARROWEST_HANGING:
        indent, said = 0, [[(word, VERDICT)], *page.wrapped(sentence, STRONG)]
    else:
        indent = page.cells(word + gap)
        first, *more = page.wrapped(sentence, STRONG, indent)
        said = [[(word, VERDICT), (gap, PLAIN), *first[1:]], *more]
    return [*said, *(page.wrapped(report.meaning, PLAIN, indent) if report.meaning else [])]


def _failure(page: Page, failure: Failure) -> list[Line]:
    label, gap = "error:", " "
    indent = len(label + gap)
    first, *more = page.wrapped(failure.summary, STRONG, indent)
    return [[(label, ERROR), (gap, PLAIN), *first[1:]], *more, *page.wrapped(failure.remedy, PLAIN, indent)]


def _briefly(report: Report, *, thorough: bool) -> bool:
    """Tell whether a token is the subject: its own part says in a line each what was measured of the clocks."""
    return report.token is not None and report.command != "check" and not thorough


def _beside_the_point(report: Report, *, thorough: bool) -> bool:
    """Tell whether what the host says of its own clock is of no use here: the API's shows no fault of it."""
    if report.api is None or report.ntp is not None or thorough:
        return False
    return report.api.judgement.status in (Status.OK, Status.UNKNOWN)


def _host(page: Page, report: Report, *, thorough: bool) -> list[Line]:
    """Return what this host says of its own clock."""
    if report.host is None or _beside_the_point(report, thorough=thorough):
        return []
    said = host.sentences(report.host, thorough=thorough)
    return [line for sentence in said for line in page.wrapped(sentence, PLAIN, MARGIN)]


def _findings(page: Page, report: Report, *, thorough: bool) -> list[Line]:
    """Return what is not told above, each with what to do about it where that is not said elsewhere."""
    advised = {"" if report.next_step is None else report.next_step.command}
    lines: list[Line] = []
    listed = False  # after a list to go through, what comes next stands apart
    for finding in report.findings:
        if not _told(report, finding, thorough=thorough):
            if listed:
                lines.append([])
            listed = finding.id == _SUSPECTS
            lines += page.wrapped(finding.summary, PLAIN, MARGIN)
            advice = [remedy for remedy in finding.remedy if remedy not in advised]
            lines += _numbered(page, advice) if finding.id == _SUSPECTS else _listed(page, advice)
            advised.update(advice)
    return lines


def _listed(page: Page, advice: Sequence[str]) -> list[Line]:
    return [line for remedy in advice for line in page.wrapped(remedy, PLAIN, 2 * MARGIN)]


def _numbered(page: Page, advice: Sequence[str]) -> list[Line]:
    """Return what is to be gone through in this order."""
    lines: list[Line] = []
    for number, suspect in enumerate(advice, start=1):
        label = f"{' ' * MARGIN}{number}. "
        first, *more = page.wrapped(suspect, PLAIN, len(label))
        lines += [[(label, PLAIN), *first[1:]], *more]
    return lines


def _told(report: Report, finding: Finding, *, thorough: bool) -> bool:
    """Tell whether something above says the same, or it is of no use here."""
    if report.token is not None:
        beside = report.token.token.detail or ""
        if finding.id in _BESIDE_A_TOKEN or finding.summary in beside or finding.summary in report.verdict:
            return True
        if finding.id == "not-skew" and _EXPLAINED & {found.id for found in report.findings if found.status in _BAD}:
            return True
    if finding.id in _BESIDE_THE_PICTURE:
        return not _briefly(report, thorough=thorough)  # else there is no picture
    if finding.id in _OF_NO_USE_BESIDE_AN_API and _beside_the_point(report, thorough=thorough):
        return True
    if finding.id in _WHERE_NOBODY_ANSWERED and report.ntp is not None and _answered(report):
        return False
    word = _BY_A_WORD.get(finding.id)
    return finding.id in _IN_THE_VERDICT or (word is not None and word in report.verdict)


def _answered(report: Report) -> bool:
    """Tell whether anybody gave a reading."""
    api = () if report.api is None else report.api.survey.hosts
    servers_answered = 0 if report.ntp is None else report.ntp.survey.consensus.answered
    return servers_answered > 0 or any(isinstance(host.outcome, DateReading) for host in api)


def _premises(page: Page, report: Report) -> list[Line]:
    """Return what "proven" rests on where the verdict says that word, else what the ranges rest on."""
    called = report.token is not None and "proven" in report.verdict
    if not report.assumes or (report.status is Status.UNKNOWN and not called):
        return []
    if report.token is not None and not (called or report.proven):
        return []
    premises = " and ".join(_PREMISES.get(premise, premise) for premise in report.assumes)
    said = "Proven" if report.proven or report.ntp is not None else "Not proven; these ranges hold"
    return page.wrapped(f"{said} if {premises}.", PLAIN, MARGIN)


def _last(page: Page, step: NextStep | None) -> list[Line]:
    if step is None:
        return []
    label = f"{step.kind}: "
    return [[(label, PLAIN), (step.command, STRONG)], *page.wrapped(step.why, PLAIN, len(label))]
