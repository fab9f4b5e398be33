"""Arbitrary reports with any of their parts, in which whoever may have a say tries to reach what reads the output."""

from api_reports import parts
from hypothesis import strategies as st
from reports import reports

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


@st.composite
def _findings(draw: st.DrawFn) -> Finding:
    """Return a finding whose every fact is said by somebody else."""
    id_ = draw(st.sampled_from(sorted(CATALOGUE)))
    facts = tuple((name, draw(FOREIGN)) for name in CATALOGUE[id_].facts.split())
    return Finding(id_, draw(st.sampled_from(Status)), facts)


STEPS_DRAWN = st.lists(st.builds(Step, st.sampled_from(sorted(STEPS)), FOREIGN), max_size=2).map(tuple)
FAILURES = st.builds(
    Failure,
    st.sampled_from(["usage", "host", "output", "internal"]),
    FOREIGN.map(lambda text: text.strip() or "wrong"),
    FOREIGN,
)


def _renamed(vote: Vote, name: str) -> Vote:
    outcome = vote.outcome
    if isinstance(outcome, NoReading):
        return vote._replace(outcome=outcome._replace(server=name, detail=name))
    assert isinstance(outcome, Reading)
    return vote._replace(outcome=outcome._replace(server=name))


@st.composite
def hostile_reports(draw: st.DrawFn) -> Report:
    """Return a report that is well formed but need not make sense, with any of its parts."""
    report = draw(reports())
    assert report.ntp is not None
    survey = report.ntp.survey
    votes = tuple(_renamed(vote, draw(FOREIGN)) for vote in survey.consensus.votes)
    ntp = report.ntp._replace(survey=survey._replace(consensus=survey.consensus._replace(votes=votes)))
    api = draw(st.none() | parts())
    if api is not None:
        hosts = tuple(host._replace(host=draw(FOREIGN)) for host in api.survey.hosts)
        api = api._replace(survey=api.survey._replace(hosts=hosts))
    failure = draw(st.none() | FAILURES)
    return report._replace(
        command=draw(st.sampled_from(["clock", "api", "check", "demo"])),
        exit_code=draw(st.sampled_from([0, 1, 2, 3, 130])),
        ntp=None if failure else draw(st.sampled_from([None, ntp])),
        api=None if failure else api,
        findings=() if failure else tuple(draw(st.lists(_findings(), min_size=1, max_size=14))),
        steps=draw(STEPS_DRAWN),
        failure=failure,
        measured_at_s=None if failure else report.measured_at_s,
    )
