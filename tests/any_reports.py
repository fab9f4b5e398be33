"""Arbitrary reports with any of their parts, in which whoever may have a say tries to reach what reads the output."""

import api_reports
import token_reports
from hypothesis import strategies as st
from reports import HOSTS, findings, reports

from skewcheck.judge.catalogue import CATALOGUE, STEPS
from skewcheck.model import Failure, Finding, NoReading, Reading, Report, Status, Step, Vote
from skewcheck.visible import visible

_ATTEMPTS = (
    "::error::x", "::add-mask::a", "::stop-commands::t", "##[error]x", "##[group]", "##vso[task.complete]x",
    "##teamcity[buildProblem description='x']", "##", "##vso", "vso[", "#\u034f#[error]x", "##v\ufe0fso[a.b]", "--- ",
    "+++ x", "~~~ x", "^^^ +++", "travis_fold:start:x", "travis_", "fold:end:x", "section_start:1:x\r\x1b[0K", "#", "[",
    "::", ":", "%", "%0A",
    "%25", "|", "'", "=", ";", "&", "<", "]]>", "<!--", "&lt;", '"', "\\", "`", "*", "![x](http://a)", "@b", "{", "}",
    "$x$", " ", "-", "a b", "\n", "\r", "\x00", "\x1b[2J", "\x9b", "\u2028", "\u202e", "\ufffe", "\ud800",
    "\U0001f570", "ß", "…",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(_ATTEMPTS), max_size=12).map("".join)
"""What a server, a header or a token says."""
FOREIGN = HOSTILE.map(visible)
"""That, once it has come in."""
NAMED = FOREIGN.map(lambda text: text.strip() or "x")


@st.composite
def _findings(draw: st.DrawFn) -> Finding:
    """Return a finding whose every fact is said by somebody else."""
    id_ = draw(st.sampled_from(sorted(CATALOGUE)))
    facts = tuple((name, draw(FOREIGN)) for name in CATALOGUE[id_].facts.split())
    return Finding(id_, draw(st.sampled_from(Status)), facts)


STEPS_DRAWN = st.lists(st.builds(Step, st.sampled_from(sorted(STEPS)), NAMED), max_size=2).map(tuple)
FAILURES = st.builds(Failure, st.sampled_from(["usage", "host", "output", "internal"]), NAMED, FOREIGN)


def _renamed(vote: Vote, name: str) -> Vote:
    outcome = vote.outcome
    if isinstance(outcome, NoReading):
        return vote._replace(outcome=outcome._replace(server=name, detail=name))
    assert isinstance(outcome, Reading)
    return vote._replace(outcome=outcome._replace(server=name))


@st.composite
def any_reports(draw: st.DrawFn) -> Report:
    """Return a report that is well formed but need not make sense, with any of its parts, or a failure."""
    report = draw(reports())
    report = report._replace(
        command=draw(st.sampled_from(["check", "clock", "api", "token", "demo"])), exit_code=draw(st.integers(0, 3))
    )
    if draw(st.integers(0, 9)) == 0:
        nothing = report._replace(findings=(), steps=(), effects=(), ntp=None, measured_at_s=None)
        return nothing._replace(failure=draw(FAILURES), status=Status.UNKNOWN)
    assert report.ntp is not None
    survey = report.ntp.survey
    votes = tuple(_renamed(vote, draw(NAMED)) for vote in survey.consensus.votes)
    ntp = report.ntp._replace(survey=survey._replace(consensus=survey.consensus._replace(votes=votes)))
    api = draw(st.none() | api_reports.parts())
    if api is not None:
        hosts = tuple(host._replace(host=draw(NAMED)) for host in api.survey.hosts)
        api = api._replace(survey=api.survey._replace(hosts=hosts))
    found = draw(st.lists(findings() | _findings(), min_size=1, max_size=14))
    return report._replace(
        status=found[0].status,
        ntp=draw(st.sampled_from([None, ntp])),
        api=api,
        token=draw(st.none() | token_reports.parts()),
        host=draw(st.none() | HOSTS),
        findings=tuple(found),
        steps=draw(STEPS_DRAWN),
    )
