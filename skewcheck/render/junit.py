"""The report as a JUnit file, as Jenkins, GitLab and others show it beside a job's tests.

One suite. Its case `verdict` has the status of the whole, the others that of one clock each, and `token` that of the
token which was given. A status that is bad is a
failure; one that could not be told, or a run that went wrong, is an error. Where the exit code forgives that
(`--fail-on`, `--on-unknown`), a failure passes with its text, and what could not be told is skipped: so the suite has a
failure or an error exactly where the exit code isn't 0.

The text is in the element's body: some readers don't show the attribute `message`. All is ASCII, what is not being
written as a reference.
"""

import re
from typing import NamedTuple

from skewcheck.model import Report, Status, TokenPart
from skewcheck.render.sources import Source, remarks, risks, sentence, sources
from skewcheck.visible import inert

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


def render(report: Report) -> str:
    """Return the suite of *report*."""
    cases = [_verdict(report), *(_clock(report, source) for source in sources(report))]
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
    suite = f"skewcheck.{_text(report.command)}"
    return "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<testsuite name="{suite}" {counts} time="{report.duration_s:.3f}">\n',
            *(_element(suite, case) for case in cases),
            "</testsuite>\n",
        ]
    )


def _verdict(report: Report) -> _Case:
    lines = [report.verdict, *filter(None, [report.meaning]), *remarks(report)]
    kind = report.status.value if report.failure is None else report.failure.id
    tag = _tag(report, report.status)
    if tag is None and report.exit_code:  # a demonstration that did not measure what it had set up
        tag = "error"
    return _Case("verdict", tag, kind, sentence(report), "\n".join(lines))


def _clock(report: Report, source: Source) -> _Case:
    status = source.status
    about = [finding for finding in report.findings if source.name == "login" and finding.id in _ISSUER]
    if status is None:
        status = about[0].status if about else Status.OK
    tag, kind = _tag(report, status), status.value
    if tag is None and source.skew_s is None:
        tag, kind = "skipped", "no-reading"  # it was asked, and nothing depends on it
    lines = [f"clock {source.title}: {source.said}", *(f"finding {found.id}: {found.summary}" for found in about)]
    return _Case(source.name, tag, kind, source.said, "\n".join([*lines, *source.details]))


def _token(report: Report, part: TokenPart) -> _Case:
    text = "\n".join([f"token: {part.said}", *risks(report)])
    return _Case("token", _tag(report, part.status), part.status.value, part.said, text)


def _tag(report: Report, status: Status) -> str | None:
    if status is Status.OK:
        return None
    if status is Status.UNKNOWN:
        return "skipped" if report.exit_code == 0 else "error"
    return None if report.exit_code == 0 else "failure"


def _element(suite: str, case: _Case) -> str:
    tag = case.tag or "system-out"
    said = "" if case.tag is None else f' type="{_text(case.kind)}" message="{_text(case.message)}"'
    return (
        f'  <testcase classname="{suite}" name="{_text(case.name)}">\n'
        f"    <{tag}{said}>{_text(case.text)}</{tag}>\n"
        "  </testcase>\n"
    )


def _text(text: str) -> str:
    """Return *text* as an XML 1.0 document can hold it, in ASCII, and without a command to a CI runner."""
    sayable = _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    marked = inert(sayable.translate(_MARKUP), _reference).replace("::", f":{_reference(':')}")
    return marked.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _reference(character: str) -> str:
    return f"&#{ord(character)};"
