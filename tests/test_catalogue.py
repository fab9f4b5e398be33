"""The table of words: each finding, step and effect has its own, they fit their lines, whatever the facts are."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import effects, findings
from rich.cells import cell_len

from skewcheck.judge import catalogue
from skewcheck.judge.catalogue import CATALOGUE, EFFECTS, PARTIES, STEPS, SUSPECTS
from skewcheck.model import Effect, Fact, Finding, Party, Status

NOON = 1_800_014_400.0
USUAL: dict[str, Fact] = {
    "agreeing": 4,
    "against": 1,
    "age_s": 18000.0,
    "address": "192.0.2.10",
    "ahead_way": "behind",
    "answered": 5,
    "api_host": "api.usw2.pure.cloud",
    "asked": 6,
    "because": None,
    "claim": "iat",
    "claims": "iat and exp",
    "clock": "API's edge",
    "clocksource": "jiffies",
    "counts": "2 no-reply, 1 runt",
    "connections": 24,
    "daemon": "systemd-timesyncd",
    "daemons": "chronyd and systemd-timesyncd",
    "detail": "the connection was refused",
    "device": "KVM virtual PTP",
    "expires_in_s": 86399.0,
    "half_s": 150.0,
    "here_s": 754.0,
    "high_s": -0.337,
    "host": "api.usw2.pure.cloud",
    "hosts": "gateway.example.net:8443",
    "how": "libfaketime",
    "http_status": 429,
    "largest": "local clock behind",
    "left_high_s": 3569.2,
    "left_low_s": 3569.1,
    "liars": 2,
    "lifetime_s": -300.0,
    "lost": 50,
    "login": "login.usw2.pure.cloud",
    "low_s": -0.354,
    "max_lag_s": 1.1,
    "missed": None,
    "mix": "requests",
    "most": 40,
    "name": "expirationTimestamp",
    "named": "refresh_token",
    "read": "access_token",
    "number": 2,
    "off_way": "behind",
    "other": "api.usw2.pure.cloud",
    "origin": "/etc/chrony/chrony.conf",
    "percent": 34,
    "port": 123,
    "reached": 3,
    "late": 12,
    "needed": 60,
    "of": 61,
    "p": 0.002,
    "reason": None,
    "refreshes": 61,
    "refused": 7,
    "refused_all": 7,
    "refused_here": 7,
    "requests": 667,
    "uses": 480,
    "reference": "api.usw2.pure.cloud",
    "server": "2.debian.pool.ntp.org",
    "servers": "time.google.com",
    "share_high": 0.14,
    "skew_s": -0.346,
    "silent": 5,
    "size": "4 MiB",
    "slew_ppm": 500.0,
    "slew_way": "faster",
    "source": "169.254.169.123",
    "state": None,
    "step_way": "forward",
    "units": "connections",
    "total": 55,
    "tried": 6,
    "today": "expired",
    "unit": "milliseconds",
    "unreached": 1,
    "validity": "is not valid yet",
    "wanted": 24,
    "what": "a text, not a number",
    "when": "in 20 s, give or take 30 s",
    "who": "2.debian.pool.ntp.org",
    "why": None,
}
"""What a finder gives where all is as usual; a time of day and a size have one for all."""
CASES = [(id_, variant) for id_, row in CATALOGUE.items() for variant in ("", *row.variants)]
FINDINGS = findings()


def usual(name: str) -> Fact:
    """Return a fact of that *name*."""
    if name in USUAL:
        return USUAL[name]
    return NOON if name.endswith("_at_s") else 1.25 if name.endswith("_s") else True


def finding(id_: str, variant: str = "", *, full: bool = True) -> Finding:
    """Return a finding with usual facts; not *full*: without those that only switch on what is optional."""
    row = CATALOGUE[id_]
    needed = set(
        re.findall(r"{(\w+)}", re.sub(r"\[[^\]]*\]", "", row.title + row.means + "".join(row.variants.values())))
    )
    needed |= {"skew_s", "low_s", "high_s", "left_low_s", "left_high_s"}
    facts = {name: usual(name) if full or name in needed else None for name in row.facts.split()}
    return Finding(id_, Status.WARNING, tuple({**facts, **({row.by: variant} if variant else {})}.items()))


@pytest.mark.parametrize(("id_", "variant"), CASES)
@pytest.mark.parametrize("full", [True, False])
def test_usual_facts_need_no_cut(id_: str, variant: str, full: bool) -> None:
    """Title on one line of 70 cells, meaning on two, nothing shortened, no fact missing, no template left over."""
    found = finding(id_, variant, full=full)
    for said, lines in ((catalogue.title(found), 1), (catalogue.means(found), 2)):
        assert catalogue._fits(said, 70, lines), said
        assert " ? " not in f" {said} "
        assert not set("…{}[]|") & set(said), said
        assert "  " not in said
        assert said == said.strip()


@pytest.mark.parametrize(("id_", "variant"), CASES)
def test_the_words_need_only_the_facts_of_their_row(id_: str, variant: str) -> None:
    """Each field is a fact that the row lists, or made of some."""
    row = CATALOGUE[id_]
    fields = set(re.findall(r"{(\w+)}", f"{row.variants.get(variant, row.title)} {row.means}"))
    assert fields <= {*row.facts.split(), *catalogue._MADE}
    assert not row.variants or row.by in row.facts.split()


@given(FINDINGS)
def test_any_facts_have_words_that_fit(found: Finding) -> None:
    """Nothing raises, nothing is too long, whatever a finder was given: None, huge, no number, hostile."""
    two_lines = 70 + len(" ") + 70  # they are broken at a space
    for said, cells in (
        (catalogue.title(found), 70),
        (catalogue.title(found, 80), 80),
        (catalogue.means(found), two_lines),
    ):
        assert cell_len(said) <= cells
        assert said.isprintable()
    assert catalogue.title(found)


@given(st.sampled_from(CASES), st.text(max_size=3000), st.integers(20, 120))
def test_a_title_is_as_long_as_is_asked(case: tuple[str, str], text: str, cells: int) -> None:
    """However long and odd the names in it are, and however narrow the line."""
    found = finding(*case)
    hostile = found._replace(facts=tuple((k, text if isinstance(v, str) else v) for k, v in found.facts))
    assert cell_len(catalogue.title(hostile, cells)) <= cells
    assert catalogue.title(hostile, cells).isprintable()


@given(st.lists(st.sampled_from("{}[]|…a時 "), max_size=30).map("".join))
def test_what_others_say_is_no_template(text: str) -> None:
    """A host may be called like one of our fields: it stands there as it is."""
    said = catalogue.title(Finding("api-ok", Status.OK, (("low_s", -0.1), ("high_s", 0.1), ("host", f"{text}x"))), 200)
    assert said == f"Clock within 100 ms of {f'{text}x'.strip()} (by its HTTP Date header)"


def test_an_id_that_has_no_row_is_its_own_title() -> None:
    """Whoever adds a finding and forgets its words still sees it."""
    assert catalogue.title(Finding("brand-new", Status.OK)) == "brand-new"
    assert catalogue.means(Finding("brand-new", Status.OK)) == ""


@pytest.mark.parametrize(
    ("low_s", "skew_s", "high_s", "unreached", "said"),
    [
        (-0.352, -0.346, -0.34, 0, "346 ms BEHIND UTC (340 to 352 ms; 3 of 4 servers agree)"),
        (-0.46, None, -0.24, 0, "240 to 460 ms BEHIND UTC (3 of 4 servers agree)"),
        (-5400.02, -5400.0, -5399.98, 0, "1 h 30 min BEHIND UTC (3 of 4 servers agree)"),
        (-1.8e9, -1.8e9, -1.8e9, 2, "57 years BEHIND UTC (3 of 4 servers agree; 2 not reached)"),
    ],
)
def test_how_far_off_is_said(low_s: float, skew_s: float | None, high_s: float, unreached: int, said: str) -> None:
    """One number for one clock; the range alone where there is no estimate, and none where it says no more."""
    facts = {"low_s": low_s, "skew_s": skew_s, "high_s": high_s, "agreeing": 3, "answered": 4, "unreached": unreached}
    assert catalogue.title(Finding("local-behind", Status.OK, tuple(facts.items()))) == f"This host is {said}"


@pytest.mark.parametrize(
    ("low_s", "skew_s", "high_s", "said"),
    [
        (None, None, -3.2, "at least 3.2 s BEHIND or api.x is AHEAD"),
        (0.1, 0.2, 0.3, "200 ms AHEAD or api.x is BEHIND"),
        (0.1, None, 0.3, "100 to 300 ms AHEAD or api.x is BEHIND"),
    ],
)
def test_which_way_it_is_off_is_said(low_s: float | None, skew_s: float | None, high_s: float, said: str) -> None:
    """By the word; one side where there is no other."""
    facts = {"low_s": low_s, "skew_s": skew_s, "high_s": high_s, "host": "api.x"}
    title = catalogue.title(Finding("skew-undecided", Status.OK, tuple(facts.items())))
    assert title == f"Either this host is {said}"


def test_optional_parts_go_before_names_are_cut() -> None:
    """The last one first; then the longest name loses its middle and keeps both ends."""
    found = finding("local-behind")
    facts = dict(found.facts) | {"limit_s": None}
    found = found._replace(facts=tuple(facts.items()))
    assert catalogue.title(found, 90).endswith("(337 to 354 ms; 4 of 5 servers agree; 1 not reached)")
    assert catalogue.title(found, 70).endswith("(337 to 354 ms; 4 of 5 servers agree)")
    assert catalogue.title(found, 62).endswith("(337 to 354 ms; 4 of 5 agree)")
    assert catalogue.title(found, 50).endswith("(4 of 5 agree)")
    assert facts["unreached"] == 1
    named = Finding("falseticker", Status.OK, (("server", "a" * 60 + ".example"), ("off_by_s", 7.0)))
    assert re.fullmatch(r"a+…a*\.example is off by 7 s or more: rejected \(falseticker\)", catalogue.title(named))
    assert len(catalogue.title(named)) == 70


def test_every_party_and_kind_has_words() -> None:
    """And nothing that isn't one has any; a step's words fit beside its command."""
    assert set(PARTIES) == {party.value for party in Party}
    assert all(words.label in {"Fix", "Next"} for words in STEPS.values())
    assert max(len(words.words) for words in STEPS.values()) <= 56
    assert all(len(suspect.why) <= 80 - 19 for suspect in SUSPECTS)


@given(effects())
def test_any_effect_has_words_that_fit(seen: Effect) -> None:
    """Beside the name of its party, on one line."""
    party, said = catalogue.effect(seen)
    assert len(party) <= 22
    assert 0 < cell_len(said) <= 56


@pytest.mark.parametrize("id_", EFFECTS)
def test_an_effect_needs_no_cut(id_: str) -> None:
    """With any size that a clock can be off by."""
    for size_s in (0.346, 5400.0, 2e9):
        facts = (
            ("late_s", size_s),
            ("early_s", size_s),
            ("up_to_s", size_s),
            ("share_high", 0.143),
            ("share_low", 0.02),
        )
        said = catalogue.effect(Effect(Party.LOCAL_SIGN, id_, facts))[1]
        assert "…" not in said
        assert "?" not in said


def test_numbers_that_are_none_do_not_raise() -> None:
    """Not a number, without end, or beyond any calendar."""
    for value in (math.nan, math.inf, -math.inf, 1e300, -1e300, 10**400, -1):
        for id_ in CATALOGUE:
            found = Finding(id_, Status.OK, tuple((name, value) for name in CATALOGUE[id_].facts.split()))
            assert len(catalogue.title(found)) <= 70
            assert len(catalogue.means(found)) <= 141
