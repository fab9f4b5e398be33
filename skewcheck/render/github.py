"""The report for a job of GitHub Actions: annotations for its log, and a step summary in Markdown.

Source: GitHub's "Workflow commands for GitHub Actions", and the runner's own ActionCommand.cs for the escaping. An
annotation is one line, `::error title=...::...`; a runner keeps ten of a kind for a step, so no more are made.
"""

import string

from skewcheck.model import Finding, Report, Status
from skewcheck.render.sources import risks, sentence, sources, state_word
from skewcheck.visible import in_ascii, inert

MAX_ANNOTATIONS = 10
MAX_FINDINGS = 50
"""In the summary; each is a few hundred characters, and a step may have 1 MiB in all."""
MAX_CELL = 1500
"""Characters of one text in the summary."""

_LEVELS = {Status.OK: "notice", Status.WARNING: "warning", Status.CRITICAL: "error", Status.UNKNOWN: "error"}

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})
_MARKDOWN = str.maketrans({sign: f"&#{ord(sign)};" for sign in string.punctuation})
"""A character that is written as a reference is never markup (CommonMark 2.5)."""


def render(report: Report) -> str:
    """Return the annotations: the verdict, then all that is wrong."""
    bad = [finding for finding in report.findings if finding.status is not Status.OK]
    last = [] if report.next_step is None else [f"{report.next_step.kind}: {report.next_step.command}"]
    verdict = "\n".join([sentence(report), *filter(None, [report.meaning]), *last])
    annotations = [_annotation(report, report.status, report.status.value, verdict)]
    annotations += [_annotation(report, finding.status, finding.id, _told(finding)) for finding in bad]
    return "".join(annotations[:MAX_ANNOTATIONS])


def _told(finding: Finding) -> str:
    return "\n".join([finding.summary, *(f"try: {remedy}" for remedy in finding.remedy)])


def _annotation(report: Report, status: Status, subject: str, text: str) -> str:
    """Return one annotation; what is no failure by the exit code is shown as none."""
    level = _LEVELS[status]
    if level == "error" and report.exit_code == 0:
        level = "warning"
    title = f"skewcheck {report.command}: {subject}".translate(_PROPERTY)
    return f"::{level} title={title}::{inert(in_ascii(text)).translate(_DATA)}\n"


def summary(report: Report) -> str:
    """Return the step summary: the verdict, each clock, what was found, and what to do."""
    lines = [f"### skewcheck {_markdown(report.command)}: {state_word(report)}", "", _markdown(sentence(report)), ""]
    if report.meaning:
        lines += [_markdown(report.meaning), ""]
    asked = sources(report)
    if asked:
        lines += ["| clock | this host's clock against it |", "|---|---|"]
        lines += [f"| {source.name}: {_markdown(source.title)} | {_markdown(source.said)} |" for source in asked]
        lines.append("")
    if report.token is not None:
        lines += [f"- token: {_markdown(report.token.said)}", *(f"- {_markdown(risk)}" for risk in risks(report)), ""]
    for finding in report.findings[:MAX_FINDINGS]:
        lines.append(f"- **{finding.status.value}** {_markdown(finding.id)}: {_markdown(finding.summary)}")
    if report.findings:
        lines.append("")
    if report.next_step is not None:
        step = report.next_step
        lines += [f"**{step.kind}**: <code>{_markdown(step.command)}</code> {_markdown(step.why)}", ""]
    return "".join(f"{line}\n" for line in lines)


def _markdown(text: str) -> str:
    """Return *text* as nothing but text: no markup, no link, no picture, nobody named."""
    return text[:MAX_CELL].strip().translate(_MARKDOWN)
