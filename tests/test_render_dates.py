"""The screen on the API's clock: literal captures, and what holds of every screen."""

import re
from unicodedata import category

import pytest
from api_reports import AHEAD, BACKENDS, BOTH, BY_HAND, CACHED, FUTURE, NOBODY, REFUSED, parts
from hypothesis import given
from hypothesis import strategies as st
from reports import reports
from rich.cells import cell_len
from test_render_host import SERVER as CHRONY_HOST

from skewcheck.model import ApiPart, DateReading, Ended, Finding, Report, Status
from skewcheck.render.text import render


def screen(report: Report, *, width: int = 80, verbose: int = 0, ascii_only: bool = False) -> str:
    """Return the screen for *report* without colour."""
    return render(report, width=width, color=False, verbose=verbose, quiet=False, ascii_only=ascii_only)


AHEAD_SCREEN = """\
WARNING  your clock is 200 ms AHEAD of api.mypurecloud.ie, between 170 and
         230 ms if its Date is fresh
         For a token: what that means for a token.

  api.mypurecloud.ie    ◄·┼············┼········├──•───┤   170 to 230 ms ahead
  login.mypurecloud.ie    │            ¦     ├────•────┤   151 to 231 ms ahead
                        ──┼────────────┴─────────────────  if each Date is fresh
                        equal   warning 100 ms      ahead  critical from 1 s

  api.mypurecloud.ie
    requests     9, round trip 48 ms; settled and confirmed
    clock        the origin's: no proxy in front of it wrote the Date
    age of Date  not known, 1 s assumed: nothing is known of such a server; if
                 so old, at most 830 ms behind
    headers      Via: 1.1 0f1e2d3c.cloudfront.net (CloudFront)
    support      correlation id 4b1d7f0e-52a1-4c0c-9d3e-0a6f3c2b9e11

  login.mypurecloud.ie
    requests     11, round trip 48 ms; confirmed; as narrow as the round trip
                 allows
    clock        the edge's; one behind it, if there is one, was not measured
    age of Date  at most 3 ms: nginx writes the second anew for each reply

  login against api: 70 ms behind to 80 ms ahead if both are fresh, else 0.1 s
  behind to 1.1 s ahead; neither is shown to be ahead.

next: skewcheck clock
      tells whose clock it is
"""

AHEAD_WIDE_SCREEN = """\
WARNING  your clock is 200 ms AHEAD of api.mypurecloud.ie, between 170 and 230 ms if its Date is fresh
         For a token: what that means for a token.

  api.mypurecloud.ie    ◄···┼························┼················├───────•──────┤    170 to 230 ms ahead
  login.mypurecloud.ie      │                        ¦            ├────────•─────────┤    151 to 231 ms ahead
                        ────┼────────────────────────┴──────────────────────────────────  if each Date is fresh
                          equal               warning 100 ms                240 ms ahead  critical from 1 s

  api.mypurecloud.ie
    requests     9, round trip 48 ms; settled and confirmed
    clock        the origin's: no proxy in front of it wrote the Date
    age of Date  not known, 1 s assumed: nothing is known of such a server; if so old, at most 830 ms behind
    headers      Via: 1.1 0f1e2d3c.cloudfront.net (CloudFront)
    support      correlation id 4b1d7f0e-52a1-4c0c-9d3e-0a6f3c2b9e11

  login.mypurecloud.ie
    requests     11, round trip 48 ms; confirmed; as narrow as the round trip allows
    clock        the edge's; one behind it, if there is one, was not measured
    age of Date  at most 3 ms: nginx writes the second anew for each reply

  login against api: 70 ms behind to 80 ms ahead if both are fresh, else 0.1 s behind to 1.1 s ahead; neither is shown
  to be ahead.

next: skewcheck clock
      tells whose clock it is
"""

AHEAD_ASCII_SCREEN = """\
WARNING  your clock is 200 ms AHEAD of api.mypurecloud.ie, between 170 and
         230 ms if its Date is fresh
         For a token: what that means for a token.

  api.mypurecloud.ie    <.+............+........(--o---)   170 to 230 ms ahead
  login.mypurecloud.ie    |            :     (----o----)   151 to 231 ms ahead
                        --+------------+-----------------  if each Date is fresh
                        equal   warning 100 ms      ahead  critical from 1 s

  api.mypurecloud.ie
    requests     9, round trip 48 ms; settled and confirmed
    clock        the origin's: no proxy in front of it wrote the Date
    age of Date  not known, 1 s assumed: nothing is known of such a server; if
                 so old, at most 830 ms behind
    headers      Via: 1.1 0f1e2d3c.cloudfront.net (CloudFront)
    support      correlation id 4b1d7f0e-52a1-4c0c-9d3e-0a6f3c2b9e11

  login.mypurecloud.ie
    requests     11, round trip 48 ms; confirmed; as narrow as the round trip
                 allows
    clock        the edge's; one behind it, if there is one, was not measured
    age of Date  at most 3 ms: nginx writes the second anew for each reply

  login against api: 70 ms behind to 80 ms ahead if both are fresh, else 0.1 s
  behind to 1.1 s ahead; neither is shown to be ahead.

next: skewcheck clock
      tells whose clock it is
"""

FUTURE_SCREEN = """\
OK  your clock agrees with api.mypurecloud.ie: between 30 ms behind and 30 ms
    ahead
    For a token: what that means for a token.

  api.mypurecloud.ie    ¦                     ¦├•┤¦  30 ms behind to 30 ms ahead
  login.mypurecloud.ie  ¦            ├•┤      ¦ │ ¦  370 to 430 ms behind
                        ┴─────────────────────┴─┼─┴  if each Date is fresh
                        critical 1 s          equal  warning from 100 ms

  api.mypurecloud.ie
    requests     9, round trip 48 ms; settled and confirmed
    clock        the edge's or the origin's: its headers don't tell
    age of Date  at most 3 ms: nginx writes the second anew for each reply

  login.mypurecloud.ie
    requests     9, round trip 48 ms; settled and confirmed
    clock        the edge's or the origin's: its headers don't tell
    age of Date  at most 3 ms: nginx writes the second anew for each reply

  login against api: 340 to 460 ms ahead if both are fresh: to the API a fresh
  token looks issued in the future by so much.

  Proven if the certificate authorities that this host trusts are honest and no
  Date is older than said here.
"""

CACHED_SCREEN = """\
CRITICAL  your clock is at least 3.2 s BEHIND gateway.example.net:8443
          For a token: what that means for a token.

  gateway.example.net:8443  ◄                 ¦       ¦│¦  at least 3.2 s behind
                            ──────────────────┴───────┴┼┴  however old it is
                            3.2 s behind     1 s    equal  critical from 1 s

  gateway.example.net:8443
    requests     3, round trip 48 ms; more would tell no more
    clock        the edge's or the origin's: its headers don't tell
    age of Date  any: a cache answered
    headers      Via: 1.1 varnish

do: sudo chronyc makestep
    sets this clock at once
"""

BACKENDS_SCREEN = """\
CANNOT TELL  gateway.example.net:8443 has more than one clock: they differ by at
             least 150 ms
             For a token: what that means for a token.

  gateway.example.net:8443  ¦   ├─┼─────┼────────┤  30 ms behind to 230 ms ahead
                            ┴─────┼─────┴─────────  if its Date is fresh
                                equal        ahead  warning from 100 ms

  gateway.example.net:8443
    requests     9, round trip 48 ms; the replies contradict each other (two
                 replies of one second are 150 ms apart)
    clock        the edge's or the origin's: its headers don't tell
    age of Date  at most 3 ms: nginx writes the second anew for each reply
    connection   plain http: anybody on the way could have answered, through a
                 proxy of the environment
"""

REFUSED_VERBOSE_SCREEN = """\
WARNING  your clock is 250 ms BEHIND api.mypurecloud.ie, between 220 and 280 ms
         For a token: what that means for a token.

  api.mypurecloud.ie      ├──•──┤            ¦         │    220 to 280 ms behind
                        ─────────────────────┴─────────┼──  if its Date is fresh
                        300 ms behind     100 ms     equal  warning from 100 ms

  login.mypurecloud.ie  the connection was refused

  api.mypurecloud.ie
    requests     9, round trip 48 ms; settled and confirmed
    clock        the edge's or the origin's: its headers don't tell
    age of Date  at most 3 ms: nginx writes the second anew for each reply
    headers      no Server and no Via
    connection   TLS, certificate verified but for its dates

  HEAD https://api.mypurecloud.ie/api/v2/date at 192.0.2.10
    sent 2027-01-15T12:00:00.000000Z  received 2027-01-15T12:00:00.048000Z
    Date 2027-01-15T12:00:00Z  round trip 48.000 ms  status 401  connection 1
    sent 2027-01-15T12:00:01.200000Z  received 2027-01-15T12:00:01.248000Z
    Date 2027-01-15T12:00:01Z  round trip 48.000 ms  status 401  connection 1
    certificate valid from 2027-01-15T13:00:00Z to 2027-04-15T12:00:00Z

  login.mypurecloud.ie: connection-refused

  A Date counts whole seconds and may be old, but is never from the future. So
  each reply proves that the local clock is ahead by at most received - Date,
  and, as old as this server lets its Date become, by at least sent - Date - 1 s
  - that age.
"""

NOBODY_SCREEN = """\
CANNOT TELL  neither api.mypurecloud.ie nor login.mypurecloud.ie could be asked
             For a token: nothing can be said.
"""


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (AHEAD, AHEAD_SCREEN),
        (FUTURE, FUTURE_SCREEN),
        (CACHED, CACHED_SCREEN),
        (BACKENDS, BACKENDS_SCREEN),
        (NOBODY, NOBODY_SCREEN),
    ],
    ids=["ahead", "login ahead", "cached", "backends", "nobody"],
)
def test_the_screen_at_80_columns(report: Report, expected: str) -> None:
    """To the letter: whoever changes a screen sees here what it becomes."""
    assert screen(report) == expected


def test_the_screen_at_120_columns_and_in_ascii() -> None:
    """Wider pages draw finer, and ASCII says the same."""
    assert screen(AHEAD, width=120) == AHEAD_WIDE_SCREEN
    assert screen(AHEAD, ascii_only=True) == AHEAD_ASCII_SCREEN


def test_verbose_shows_every_reply() -> None:
    """When it was sent and received, its `Date`, enough to check the range by hand; and why a host gave nothing."""
    assert screen(REFUSED, verbose=1) == REFUSED_VERBOSE_SCREEN


def test_a_narrow_page_only_lists() -> None:
    """On 40 cells there is no picture, and nothing is lost."""
    shown = screen(AHEAD, width=40)
    assert "  api.mypurecloud.ie\n    170 to 230 ms ahead\n" in shown
    assert not set("│┼├┤─") & set(shown)


def test_both_parts_are_drawn_in_one_vocabulary() -> None:
    """NTP's picture against UTC, the API's against equality, one below the other."""
    shown = screen(BOTH)
    assert shown.index(" UTC ") < shown.index("api.mypurecloud.ie    ◄") < shown.index(" equal ")


def test_a_name_that_says_nothing_is_told_apart() -> None:
    """Of two addresses, which of them issues the tokens is said."""
    assert AHEAD.api is not None
    survey = AHEAD.api.survey
    hosts = tuple(host._replace(host=f"127.0.0.1:{port}") for host, port in zip(survey.hosts, (1, 2), strict=True))
    shown = screen(AHEAD._replace(api=AHEAD.api._replace(survey=survey._replace(hosts=hosts))))
    assert "\n  127.0.0.1:1 (api)\n" in shown
    assert "\n  127.0.0.1:2 (login)\n" in shown


def test_what_a_finding_says_of_the_issuer_is_not_said_twice() -> None:
    """The finding has the range and what it means: it stands in the place of the line between the two hosts."""
    finding = Finding("issuer-ahead", Status.WARNING, "login.mypurecloud.ie is ahead of api.mypurecloud.ie")
    shown = " ".join(screen(FUTURE._replace(findings=(finding,))).split())
    assert "login against api" not in shown
    assert finding.summary in shown


def test_what_the_host_says_stands_where_its_clock_is_in_question() -> None:
    """Beside an API's clock that shows no fault of this one, a time daemon is of no interest but to -v."""
    idle = Finding("daemon-unsynchronised", Status.OK, "no time daemon runs here")
    off, fine = (report._replace(host=CHRONY_HOST, findings=(idle,)) for report in (AHEAD, FUTURE))
    for shown in (screen(off), screen(fine, verbose=1)):
        assert "chronyd" in shown
        assert idle.summary in shown
    assert "chronyd" not in screen(fine)
    assert idle.summary not in screen(fine)


def test_a_remedy_stands_once() -> None:
    """Two findings that lead to the same command give it once; the last line's own isn't repeated."""
    findings = tuple(
        Finding(name, Status.OK, name, (), ("skewcheck clock", "mend it")) for name in ("stepped", "slewing")
    )
    shown = screen(AHEAD._replace(findings=findings))
    assert shown.count("mend it") == shown.count("skewcheck clock") == 1


def test_no_middle_of_what_has_one_end() -> None:
    """A cache leaves one side: a dot in it would look like an estimate."""
    assert "•" not in CACHED_SCREEN


@pytest.mark.parametrize("why", Ended)
def test_why_no_more_was_asked(why: Ended) -> None:
    """Every end has its words, confirmed or not; a server that asks for patience is quoted, not put in brackets."""
    assert AHEAD.api is not None
    survey = AHEAD.api.survey
    outcome = survey.first.outcome
    assert isinstance(outcome, DateReading)
    for confirmed in (False, True):
        ended = outcome._replace(ended=why, confirmed=confirmed, detail="status 429")
        first = survey.first._replace(outcome=ended)
        api = AHEAD.api._replace(survey=survey._replace(hosts=(first, *survey.hosts[1:])))
        (told,) = (line for line in screen(AHEAD._replace(api=api), width=120).splitlines() if "requests     9" in line)
        assert ("confirmed" in told) == confirmed
        assert told.endswith("48 ms; status 429" if why is Ended.TOLD_TO_STOP and not confirmed else " (status 429)")


@pytest.mark.parametrize("report", BY_HAND.values(), ids=list(BY_HAND))
def test_colour_adds_nothing_but_colour(report: Report) -> None:
    """Without its escapes the coloured screen is the plain one: nothing is said by colour alone."""
    coloured = render(report, width=80, color=True, verbose=1, quiet=False)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == screen(report, verbose=1) != coloured


@given(reports(), parts(), st.booleans(), st.integers(40, 200), st.integers(0, 1), st.booleans())
def test_any_screen_is_plain_text_that_fits(  # noqa: PLR0917 - hypothesis passes them in this order
    report: Report, part: ApiPart, alone: bool, width: int, verbose: int, ascii_only: bool
) -> None:
    """Whatever the numbers and headers: no control character, no line too wide but a command, each host's row."""
    report = report._replace(api=part, next_step=None, ntp=None if alone else report.ntp)
    shown = screen(report, width=width, verbose=verbose, ascii_only=ascii_only)
    assert not {"Cc", "Cf", "Cs"} & {category(character) for character in shown.replace("\n", "")}
    assert "\n\n\n" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())
    if ascii_only:
        assert shown.isascii()
    else:
        assert max(map(cell_len, shown.splitlines())) <= width
    answered = [host for host in part.survey.hosts if isinstance(host.outcome, DateReading)]
    assert len(re.findall(r"(?m)^    requests", shown)) == len(answered)
