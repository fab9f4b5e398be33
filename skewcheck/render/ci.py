"""The report for CI: `github`, annotations and a step summary, and `junit`, a file as Jenkins and GitLab show it.

GitHub: annotations for the log of a job, and a step summary in Markdown.

Source: GitHub's "Workflow commands for GitHub Actions", and the runner's own ActionCommand.cs for the escaping. An
annotation is one line, `::error title=...::...`; a runner keeps ten of a kind for a step, so no more are made.

JUnit: one suite. Its case `verdict` has the status of the whole, the others that of one clock each, and `token` that of
the token which was given. A status that is bad is a failure; one that could not be told, or a run that went wrong, is
an error. Where the exit code forgives that (`--fail-on`, `--on-unknown`), a failure passes with its text, and what
could not be told is skipped: so the suite has a failure or an error exactly where the exit code isn't 0.

The text is in the element's body: some readers don't show the attribute `message`. All is ASCII, what is not being
written as a reference.
"""

import re
import string
from typing import NamedTuple

from skewcheck.judge import catalogue
from skewcheck.model import Report, Status, TokenPart
from skewcheck.render.sources import Source, commands, effects, meaning, remarks, said, sources
from skewcheck.visible import in_ascii, inert

# --- GitHub Actions ---

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


def github(report: Report) -> str:
    """Return the annotations: the verdict, then all that is wrong."""
    bad = [finding for finding in report.findings if finding.status is not Status.OK]
    verdict = "\n".join([said(report), *filter(None, [meaning(report)]), *commands(report)])
    annotations = [_annotation(report, report.status, report.status.value, verdict)]
    annotations += [_annotation(report, found.status, found.id, catalogue.title(found)) for found in bad[1:]]
    return "".join(annotations[:MAX_ANNOTATIONS])


def _annotation(report: Report, status: Status, subject: str, text: str) -> str:
    """Return one annotation; what is no failure by the exit code is shown as none."""
    level = _LEVELS[status]
    if level == "error" and report.exit_code == 0:
        level = "warning"
    title = f"skewcheck {report.command}: {subject}".translate(_PROPERTY)
    return f"::{level} title={title}::{inert(in_ascii(text)).translate(_DATA)}\n"


def github_summary(report: Report) -> str:
    """Return the step summary: the verdict, each clock, what was found, and what to do."""
    lines = [
        f"### skewcheck {_markdown(report.command)}: {report.status.value.upper()}",
        "",
        _markdown(said(report)),
        "",
    ]
    if means := meaning(report):
        lines += [_markdown(means), ""]
    asked = sources(report)
    if asked:
        lines += ["| clock | this host's clock against it |", "|---|---|"]
        lines += [f"| {source.name}: {_markdown(source.title)} | {_markdown(source.said)} |" for source in asked]
        lines.append("")
    if report.effects:
        lines += [*(f"- {_markdown(effect)}" for effect in effects(report)), ""]
    for finding in report.findings[:MAX_FINDINGS]:
        lines.append(f"- **{finding.status.value}** {_markdown(finding.id)}: {_markdown(catalogue.title(finding))}")
    if report.findings:
        lines.append("")
    for step in report.steps:
        words = catalogue.STEPS[step.kind]
        lines += [f"**{words.label}**: <code>{_markdown(step.command)}</code> {_markdown(words.words)}", ""]
    return "".join(f"{line}\n" for line in lines)


def _markdown(text: str) -> str:
    """Return *text* as nothing but text: no markup, no link, no picture, nobody named."""
    return text[:MAX_CELL].strip().translate(_MARKDOWN)


# --- JUnit ---

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0 has no way to write these, not even as a reference (section 2.2)."""
_ISSUER = ("issuer-ahead", "issuer-behind")
"""Findings on the host that issues tokens, which isn't judged by itself."""


class _Case(NamedTuple):
    """One line of the result."""

    name: str
    tag: str | None
    """`failure`, `error`, `skipped`; None: it passed."""
    kind: str
    message: str
    text: str


def junit(report: Report) -> str:
    """Return the suite of *report*."""
    cases = [_answer(report), *(_clock(report, source) for source in sources(report))]
    if report.token is not None:
        cases.append(_token(report, report.token))
    tags = [case.tag for case in cases]
    counts = " ".join(
        f'{name}="{count}"'
        for name, count in (
            ("tests", len(cases)),
            ("failures", tags.count("failure")),
            ("errors", tags.count("error")),
            ("skipped", tags.count("skipped")),
        )
    )
    suite = f"skewcheck.{_xml(report.command)}"
    return "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<testsuite name="{suite}" {counts} time="{report.duration_s:.3f}">\n',
            *(_element(suite, case) for case in cases),
            "</testsuite>\n",
        ]
    )


def _answer(report: Report) -> _Case:
    lines = [catalogue.answer(report), *filter(None, [meaning(report)]), *remarks(report)]
    kind = report.status.value if report.failure is None else report.failure.id
    tag = _tag(report, report.status)
    if tag is None and report.exit_code:  # a demonstration that did not measure what it had set up
        tag = "error"
    return _Case("verdict", tag, kind, said(report), "\n".join(lines))


def _clock(report: Report, source: Source) -> _Case:
    status = source.status
    about = [finding for finding in report.findings if source.name == "login" and finding.id in _ISSUER]
    if status is None:
        status = about[0].status if about else Status.OK
    tag, kind = _tag(report, status), status.value
    if tag is None and source.skew_s is None:
        tag, kind = "skipped", "no-reading"  # it was asked, and nothing depends on it
    lines = [
        f"clock {source.title}: {source.said}",
        *(f"finding {found.id}: {catalogue.title(found)}" for found in about),
    ]
    return _Case(source.name, tag, kind, source.said, "\n".join([*lines, *source.details]))


def _token(report: Report, part: TokenPart) -> _Case:
    about = next((found for found in report.findings if found.id.startswith("token-")), None)
    title = "" if about is None else catalogue.title(about)
    text = "\n".join([f"token: {title}", *effects(report)])
    return _Case("token", _tag(report, part.status), part.status.value, title, text)


def _tag(report: Report, status: Status) -> str | None:
    if status is Status.OK:
        return None
    if status is Status.UNKNOWN:
        return "skipped" if report.exit_code == 0 else "error"
    return None if report.exit_code == 0 else "failure"


def _element(suite: str, case: _Case) -> str:
    tag = case.tag or "system-out"
    said = "" if case.tag is None else f' type="{_xml(case.kind)}" message="{_xml(case.message)}"'
    return (
        f'  <testcase classname="{suite}" name="{_xml(case.name)}">\n'
        f"    <{tag}{said}>{_xml(case.text)}</{tag}>\n"
        "  </testcase>\n"
    )


def _xml(text: str) -> str:
    """Return *text* as an XML 1.0 document can hold it, in ASCII, and without a command to a CI runner."""
    sayable = _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    marked = inert(sayable.translate(_MARKUP), _reference).replace("::", f":{_reference(':')}")
    return marked.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _reference(character: str) -> str:
    return f"&#{ord(character)};"
