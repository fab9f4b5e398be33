"""The screen on a token: literal captures, and what holds of every screen."""

import math
import re
import time
from collections.abc import Iterator
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import NOON, reports
from rich.cells import cell_len
from token_reports import BY_HAND, FUTURE, MILLISECONDS, NO_BUFFER, OFFLINE, RESPONSE, VALID, parts

from skewcheck.model import Finding, Harm, Interval, Level, Party, Report, Risk, Status, TokenPart
from skewcheck.quantity import local_text
from skewcheck.render import token
from skewcheck.render.text import render


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have local time be UTC, where a test says nothing else."""
    monkeypatch.setenv("TZ", "UTC0")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def screen(report: Report, *, width: int = 80, verbose: int = 0, ascii_only: bool = False) -> str:
    """Return the screen for *report* without colour."""
    return render(report, width=width, color=False, verbose=verbose, quiet=False, ascii_only=ascii_only)


# --- Screens ---

VALID_SCREEN = """\
OK  the token is valid for 47 min by true time; your clock is within 7 ms of
    UTC, proven
    For a token: what that means for a token.

  token   a JWT of 812 characters, in an OAuth token response (access_token),
          SHA-256 1f2e3d4c…
  header  alg RS256  typ JWT  kid 3f2b8c1e…
  issuer  https://login.example.net

        UTC, as local time    by true time  by this clock
  iat   2027-01-15 11:47:00Z  13 min ago    13 min ago
  exp   2027-01-15 12:47:00Z  in 47 min     in 47 min
  life  1 h

  NTP  this clock is 7 ms behind to 7 ms ahead of UTC; 5 of 5 servers agree

  refused for            premature expiry    future issued
  refresh by exp         up to 1 in 14,000   none
  refresh by expires_in  none                none
  verify on this host    up to 1 in 530,000  up to 1 in 150
  sign on this host      none                up to 1 in 140
  Shares: of all requests; of first uses, where the token works a moment later.
  Gateway of the API: not known; --region measures its own two clocks.

  buffer  refresh 60 s before exp
          0.007 s  local clock behind
          0.360 s  drift: 100 ppm over its life
          0.250 s  latency: assumed, not measured
          0.617 s  needed; most clients take 60 s, or a fifth of a short life
  leeway  1 s for a verifier on this host
  settle  wait 10 ms before the first use of a new token

  Proven if most of these servers are honest and nobody rewrites NTP on the way.

next: skewcheck api --region eu-west-1
      asks the API's own clock
"""

FUTURE_SCREEN = """\
WARNING  your clock is 200 ms BEHIND UTC: it takes about 1 in 7 fresh tokens for
         issued in the future
         For a token: what that means for a token.

  token   a JWT of 812 characters, in an OAuth token response (access_token),
          SHA-256 1f2e3d4c…
  header  alg RS256  typ JWT  kid 3f2b8c1e…
  issuer  https://login.example.net

        UTC, as local time    by true time       by this clock
  iat   2027-01-15 12:00:00Z  190 to 210 ms ago  now
  nbf   2027-01-15 12:00:00Z  190 to 210 ms ago  now
  exp   2027-01-15 12:05:00Z  in 5 min           in 5 min
  life  5 min

  NTP          this clock is 7 ms behind to 7 ms ahead of UTC; 5 of 5 servers
               agree
  API          this clock is 170 to 230 ms ahead of api.mypurecloud.ie, if its
               Date is fresh
  login        this clock is 151 to 231 ms ahead of login.mypurecloud.ie, if its
               Date is fresh
  login - API  70 ms behind to 80 ms ahead, if both are fresh

  refused for            premature expiry          future issued
  refresh by exp         1 in 1,500 to 1 in 1,100  none
  refresh by expires_in  none                      none
  verify on this host    none                      1 in 7 to 1 in 5
  sign on this host      none                      none
  Shares: of all requests; of first uses, where the token works a moment later.
  Gateway of the API: not known; its own two clocks were not both measured.

  buffer  refresh 60 s before exp
          0.210 s  local clock behind
          0.030 s  drift: 100 ppm over its life
          0.050 s  latency: up to the round trip
          0.290 s  needed; most clients take 60 s, or a fifth of a short life
  leeway  1 s for a verifier on this host
  settle  wait 200 ms before the first use of a new token

  verifier  leeway  now      with right clocks  why
  pyjwt     0 s     REFUSES  accepts            the token is not yet valid (iat)
  spring    1 min   accepts  accepts            within its leeway (iat is not
                                                looked at)

  by this clock the token was issued 200 ms in the future

do: sudo chronyc makestep
    sets this clock at once
"""

OFFLINE_SCREEN = """\
CANNOT TELL  an opaque token, as Genesys Cloud issues them; no clock was
             measured (--offline)
             For a token: what that means for a token.

  token  an opaque token of 86 characters, SHA-256 9a4d4e57…
  note   It is a name for something that the server keeps: no times stand in it,
         so skew can't be read from it.
"""

RESPONSE_SCREEN = """\
OK  an opaque token; your clock is within 7 ms of UTC, proven
    For a token: what that means for a token.

  token  an opaque token of 86 characters, SHA-256 9a4d4e57…; 1 more beside it
         was not read
  note   It is a name for something that the server keeps: no times stand in it,
         so skew can't be read from it.

           UTC, as local time    by true time  by this clock
  expires  2027-01-16 10:59:59Z  in 23 h       in 23 h
  life     1 d

  NTP  this clock is 7 ms behind to 7 ms ahead of UTC; 5 of 5 servers agree

  refused for            premature expiry  future issued
  refresh by exp         none              none
  refresh by expires_in  none              none
  verify on this host    none              none
  sign on this host      none              none
  Gateway of the API: not known; --region measures its own two clocks.

  buffer  refresh 60 s before expires_in is over
           8.640 s  drift: 100 ppm over its life
           0.250 s  latency: assumed, not measured
           0.250 s  answer's way
           1.000 s  whole-second claims
               ?    issuer behind checker: not measured
          10.140 s  needed at least; most take 60 s, or a fifth of a short life
  leeway  1 s for a verifier on this host
  settle  no wait makes sure that a new token isn't taken for issued in the
          future

  Proven if most of these servers are honest and nobody rewrites NTP on the way.
"""

MILLISECONDS_SCREEN = """\
WARNING  exp is no time that a verifier takes for seconds
         For a token: what that means for a token.

  token   a JWT of 812 characters, in an OAuth token response (access_token),
          SHA-256 1f2e3d4c…; 2 more beside it were not read
  header  alg RS256  typ JWT  kid 3f2b8c1e…
  issuer  https://login.example.net
  note    It has no signature: alg is none.

  iat  1800014400000: it looks like milliseconds
  exp  "2027-01-15": a text, not a number; not a time

  NTP  this clock is 7 ms behind to 7 ms ahead of UTC; 5 of 5 servers agree

  Proven if most of these servers are honest and nobody rewrites NTP on the way.
"""

NO_BUFFER_SCREEN = """\
CRITICAL  your clock is 60 s AHEAD: it says that the token expired 12 s ago; by
          true time it is valid for 48 s
          For a token: what that means for a token.

  token   a JWT of 812 characters, in an OAuth token response (access_token),
          SHA-256 1f2e3d4c…
  header  alg RS256  typ JWT  kid 3f2b8c1e…
  issuer  https://login.example.net

        UTC, as local time    by true time    by this clock
  iat   2027-01-15 11:54:48Z  4 min 12 s ago  5 min 12 s ago
  exp   2027-01-15 11:59:48Z  in 48 s         12 s ago
  life  5 min

  NTP  this clock is 7 ms behind to 7 ms ahead of UTC; 5 of 5 servers agree

  refused for            premature expiry  future issued
  refresh by exp         none              none
  refresh by expires_in  none              none
  verify on this host    about 1 in 5      none
  sign on this host      none              none
  Shares: of all requests; of first uses, where the token works a moment later.
  Gateway of the API: not known; --region measures its own two clocks.

  buffer  no buffer helps: it would be over half of the life
          200.000 s  local clock behind
          200.050 s  needed
  leeway  61 s for a verifier on this host
  settle  a new token can be used at once

  Proven if most of these servers are honest and nobody rewrites NTP on the way.

do: sudo chronyc makestep
    sets this clock at once
"""

VALID_WIDE_SCREEN = """\
OK  the token is valid for 47 min by true time; your clock is within 7 ms of UTC, proven
    For a token: what that means for a token.

  token   a JWT of 812 characters, in an OAuth token response (access_token), SHA-256 1f2e3d4c…
  header  alg RS256  typ JWT  kid 3f2b8c1e…
  issuer  https://login.example.net

        UTC, as local time    by true time  by this clock
  iat   2027-01-15 11:47:00Z  13 min ago    13 min ago
  exp   2027-01-15 12:47:00Z  in 47 min     in 47 min
  life  1 h

  NTP  this clock is 7 ms behind to 7 ms ahead of UTC; 5 of 5 servers agree

  refused for            premature expiry    future issued
  refresh by exp         up to 1 in 14,000   none
  refresh by expires_in  none                none
  verify on this host    up to 1 in 530,000  up to 1 in 150
  sign on this host      none                up to 1 in 140
  Shares: of all requests; of first uses, where the token works a moment later.
  Gateway of the API: not known; --region measures its own two clocks.

  buffer  refresh 60 s before exp
          0.007 s  local clock behind
          0.360 s  drift: 100 ppm over its life
          0.250 s  latency: assumed, not measured
          0.617 s  needed; most clients take 60 s, or a fifth of a short life
  leeway  1 s for a verifier on this host
  settle  wait 10 ms before the first use of a new token

  Proven if most of these servers are honest and nobody rewrites NTP on the way.

next: skewcheck api --region eu-west-1
      asks the API's own clock
"""

FUTURE_ASCII_SCREEN = """\
WARNING  your clock is 200 ms BEHIND UTC: it takes about 1 in 7 fresh tokens for
         issued in the future
         For a token: what that means for a token.

  token   a JWT of 812 characters, in an OAuth token response (access_token),
          SHA-256 1f2e3d4c..
  header  alg RS256  typ JWT  kid 3f2b8c1e..
  issuer  https://login.example.net

        UTC, as local time    by true time       by this clock
  iat   2027-01-15 12:00:00Z  190 to 210 ms ago  now
  nbf   2027-01-15 12:00:00Z  190 to 210 ms ago  now
  exp   2027-01-15 12:05:00Z  in 5 min           in 5 min
  life  5 min

  NTP          this clock is 7 ms behind to 7 ms ahead of UTC; 5 of 5 servers
               agree
  API          this clock is 170 to 230 ms ahead of api.mypurecloud.ie, if its
               Date is fresh
  login        this clock is 151 to 231 ms ahead of login.mypurecloud.ie, if its
               Date is fresh
  login - API  70 ms behind to 80 ms ahead, if both are fresh

  refused for            premature expiry          future issued
  refresh by exp         1 in 1,500 to 1 in 1,100  none
  refresh by expires_in  none                      none
  verify on this host    none                      1 in 7 to 1 in 5
  sign on this host      none                      none
  Shares: of all requests; of first uses, where the token works a moment later.
  Gateway of the API: not known; its own two clocks were not both measured.

  buffer  refresh 60 s before exp
          0.210 s  local clock behind
          0.030 s  drift: 100 ppm over its life
          0.050 s  latency: up to the round trip
          0.290 s  needed; most clients take 60 s, or a fifth of a short life
  leeway  1 s for a verifier on this host
  settle  wait 200 ms before the first use of a new token

  verifier  leeway  now      with right clocks  why
  pyjwt     0 s     REFUSES  accepts            the token is not yet valid (iat)
  spring    1 min   accepts  accepts            within its leeway (iat is not
                                                looked at)

  by this clock the token was issued 200 ms in the future

do: sudo chronyc makestep
    sets this clock at once
"""


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (VALID, VALID_SCREEN),
        (FUTURE, FUTURE_SCREEN),
        (OFFLINE, OFFLINE_SCREEN),
        (RESPONSE, RESPONSE_SCREEN),
        (MILLISECONDS, MILLISECONDS_SCREEN),
        (NO_BUFFER, NO_BUFFER_SCREEN),
    ],
    ids=["valid", "future", "offline", "response", "milliseconds", "no buffer"],
)
def test_the_screen_at_80_columns(report: Report, expected: str) -> None:
    """To the letter: whoever changes a screen sees here what it becomes."""
    assert screen(report) == expected


def test_the_screen_at_120_columns_and_in_ascii() -> None:
    """Wider pages break fewer lines, and ASCII says the same."""
    assert screen(VALID, width=120) == VALID_WIDE_SCREEN
    assert screen(FUTURE, ascii_only=True) == FUTURE_ASCII_SCREEN


def test_an_ordinary_screen_is_read_at_a_glance() -> None:
    """About forty lines of 80 columns, the verdict first."""
    assert len(VALID_SCREEN.splitlines()) <= 36


def test_a_narrow_page_lists_what_it_has_no_columns_for() -> None:
    """On 40 cells nothing is lost, and nothing is cut."""
    shown = screen(FUTURE, width=40)
    assert "  verify on this host\n    premature expiry: none\n    future issued: 1 in 7 to 1 in 5\n" in shown
    assert "…\n  issuer" in shown


def test_verbose_shows_each_risk_in_words_and_every_packet() -> None:
    """What the table says in a word, in sentences; and what the time rests on, as `clock` shows it."""
    shown = screen(VALID, verbose=1)
    assert "verify on this host: what future-issued means to local-verify." in " ".join(shown.split())
    assert "time.cloudflare.com at 192.0.2.1: truechimer" in shown
    assert "\n  NTP  " not in shown


def test_quiet_is_one_line() -> None:
    """The verdict alone."""
    assert render(VALID, width=80, color=False, verbose=0, quiet=True).splitlines() == [VALID.verdict]


def test_local_times_stand_beside_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they differ; with the date where that differs, too."""
    assert "local time" in screen(VALID)
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    assert "  exp   2027-01-15 12:47:00Z  18:17:00 +05:30  in 47 min     in 47 min\n" in screen(VALID)
    monkeypatch.setenv("TZ", "LINT-14")
    time.tzset()
    assert "2027-01-15 12:47:00Z  01-16 02:47:00 +14:00" in screen(VALID)
    assert local_text(NOON + 0.9) == "2027-01-16 02:00:00 +14:00"
    monkeypatch.setenv("TZ", "NST3:30")
    time.tzset()
    assert local_text(NOON) == "2027-01-15 08:30:00 -03:30"


@pytest.mark.parametrize(
    ("low_s", "high_s", "said"),
    [
        (2819.99, 2820.01, "in 47 min"),
        (-13.0, -13.0, "13 s ago"),
        (-0.02, 0.01, "now, ± 20 ms"),
        (0.0, 0.0, "now"),
        (47.2, 48.9, "in 47.2 to 48.9 s"),
        (58.2, 61.9, "in 58.2 to 61.9 s"),
        (-607.521, -607.489, "10 min 7 s to 10 min 8 s ago"),
        (3590.5, 3599.5, "in 59 min 50 s to 1 h"),
        (3950.0, 4030.0, "in 1 h 5 min to 1 h 8 min"),
        (-math.inf, -3.0, "at least 3 s ago"),
        (3.0, math.inf, "in at least 3 s"),
        (-math.inf, 3.0, "can't tell"),
    ],
)
def test_how_long_from_now(low_s: float, high_s: float, said: str) -> None:
    """One figure where the range has one, else the range; a bound that there isn't is not made up."""
    assert token._from_now(Interval(low_s, high_s)) == said


@pytest.mark.parametrize(
    ("level", "low", "high", "said"),
    [
        (Level.NONE, 0.0, 0.0, "none"),
        (Level.POSSIBLE, None, None, "not known"),
        (Level.CERTAIN, 0.15, 0.15, "about 1 in 7"),
        (Level.CERTAIN, 0.1, 0.2, "1 in 10 to 1 in 5"),
        (Level.POSSIBLE, 0.0, 0.25, "up to 1 in 4"),
        (Level.POSSIBLE, 0.1, 0.1, "perhaps about 1 in 10"),
        (Level.CERTAIN, 1.0, 1.0, "all"),
        (Level.POSSIBLE, 0.0, 1.0, "none to all"),
        (Level.CERTAIN, 1e-9, 2e-9, "under 1 in a million"),
    ],
)
def test_a_share_in_a_cell(level: Level, low: float | None, high: float | None, said: str) -> None:
    """Short enough for a column, and never surer than the level."""
    assert token._share(Risk(Party.LOCAL_VERIFY, Harm.FUTURE_ISSUED, level, low, high, "")) == said


def test_a_row_names_the_measurement_behind_it_where_they_differ() -> None:
    """With an API the parties have different references: each row names the line above that has its skew."""
    assert FUTURE.token is not None
    risks = [
        risk._replace(reference="api", skew=Interval(0.1, 0.2)) if risk.party is Party.REFRESH_BY_EXP else risk
        for risk in FUTURE.token.risks
    ]
    risks = [risk._replace(skew=Interval(-0.05, 0.01)) if risk.party is Party.GATEWAY else risk for risk in risks]
    shown = " ".join(screen(FUTURE._replace(token=FUTURE.token._replace(risks=tuple(risks))), width=120).split())
    assert "refresh by exp 1 in 1,500 to 1 in 1,100 none API" in shown
    assert "verify on this host none 1 in 7 to 1 in 5 NTP" in shown
    assert "its issuer is 50 ms behind to 10 ms ahead of its checkers." in shown


@pytest.mark.parametrize(
    ("settle_s", "said"),
    [(0.00123, "10 ms"), (0.01, "10 ms"), (0.0101, "20 ms"), (0.2, "200 ms"), (7.005, "7.1 s"), (61.2, "62 s")],
)
def test_a_wait_is_one_that_somebody_can_wait(settle_s: float, said: str) -> None:
    """Rounded up, so that it stays enough."""
    assert token._settle(settle_s) == f"wait {said} before the first use of a new token"


def test_what_was_not_measured_is_no_zero() -> None:
    """A line of the sum without a figure has none, and the sum says that it is a part."""
    shown = screen(RESPONSE)
    assert "?    issuer behind checker: not measured\n" in shown
    assert "10.140 s  needed at least; " in shown


def test_where_the_latency_comes_from() -> None:
    """Given, measured or assumed: each has its own word."""
    assert VALID.token is not None
    given, measured, assumed = (
        screen(VALID._replace(token=VALID.token._replace(latency_given=given, latency_measured=measured)))
        for given, measured in ((True, False), (False, True), (False, False))
    )
    assert "latency: as given (--latency)\n" in given
    assert "latency: up to the round trip\n" in measured
    assert "latency: assumed, not measured\n" in assumed


def test_an_expired_token_has_no_other_suspects() -> None:
    """What explains the refusal ends the search; the JSON keeps the finding."""
    suspects = Finding("not-skew", Status.OK, "The clocks agree. Next suspects: a revoked one.")
    assert "Next suspects" in screen(VALID._replace(findings=(suspects,)))
    over = Finding("token-expired", Status.CRITICAL, "It expired.")
    assert "Next suspects" not in screen(VALID._replace(findings=(over, suspects)))


def test_what_is_said_beside_the_token_is_not_said_twice() -> None:
    """Of an opaque token, and of a signature that is cut: what it is stands with the token."""
    assert OFFLINE.token is not None
    detail = OFFLINE.token.token.detail or ""
    findings = (
        Finding("token-opaque", Status.OK, detail),
        Finding("signature-cut", Status.UNKNOWN, detail),
        Finding("clock-not-measured", Status.UNKNOWN, "No clock was measured (--offline): this one's own was used."),
    )
    assert screen(OFFLINE._replace(findings=findings)) == OFFLINE_SCREEN


def test_what_the_lifetime_is_missing_for_is_said() -> None:
    """A share that takes the lifetime is not known without it; where the token could not tell, the option is named."""
    assert RESPONSE.token is not None
    unknown = Risk(
        Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY, Level.POSSIBLE, None, None, "", Interval(-0.1, 0.1), "ntp"
    )
    shown = screen(RESPONSE._replace(token=RESPONSE.token._replace(risks=(unknown,))))
    assert shown.count("Not known: that takes the lifetime; --expires-in tells it.") == 1


@pytest.mark.parametrize("report", BY_HAND.values(), ids=list(BY_HAND))
def test_colour_adds_nothing_but_colour(report: Report) -> None:
    """Without its escapes the coloured screen is the plain one: nothing is said by colour alone."""
    coloured = render(report, width=80, color=True, verbose=1, quiet=False)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == screen(report, verbose=1) != coloured


@given(reports(), parts(), st.integers(40, 200), st.integers(0, 1), st.booleans())
def test_any_screen_is_plain_text_that_fits(
    report: Report, part: TokenPart, width: int, verbose: int, ascii_only: bool
) -> None:
    """Whatever the claims: no control character, and no line too wide but a command."""
    shown = screen(report._replace(token=part, next_step=None), width=width, verbose=verbose, ascii_only=ascii_only)
    assert not {"Cc", "Cf", "Cs"} & {category(character) for character in shown.replace("\n", "")}
    assert "\n\n\n" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())
    if ascii_only:
        assert shown.isascii()
    else:
        assert max(map(cell_len, shown.splitlines())) <= width
