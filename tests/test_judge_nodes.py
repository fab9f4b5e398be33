"""What clocks behind one name come to: against UTC, reply by reply, and without it; and who is harmed by them."""

import math

import pytest
from measurements import API, CRITICAL, LOGIN, OK, SILENT_NTP, WARNING, api, check, dates, facts_of, ids, lead, servers

from skewcheck.measure import nodes
from skewcheck.model import DateReading, Ended, Interval, Lag, Mix, Party, Report, Security, Status
from skewcheck.render.json import render as as_json
from skewcheck.render.monitoring import prometheus
from skewcheck.render.tables import nodes as nodes_evidence

FRESH_S = 0.003
UNKNOWN_LAG = Lag(1.1, known=False, because="nothing is known of such a server")
CLEAR = {"not-skew", "api-ok", "clock-ok"}
"""What would say that the clock is an unlikely cause."""


def reply(behind_s: float, part: float, lag_s: float = FRESH_S) -> Interval:
    """Return what one reply proves of a clock that is *behind_s* behind the local one, at that *part* of its second."""
    return Interval(behind_s + part - 1 - lag_s, behind_s + part + 0.02)


def several(
    behind_s: tuple[float, ...], *, per_reply: bool = False, lag: Lag | None = None, address: str = "192.0.2.1"
) -> DateReading:
    """Return what the search finds whose own connection reaches the first of these clocks, and others the rest."""
    first = api(behind_s[0])
    if lag is not None:
        first = first._replace(lag=lag, interval=Interval(first.fresh.low_s - lag.max_s, first.fresh.high_s))
    max_s = first.lag.max_s
    units = [nodes.Unit(first.interval, "192.0.2.1")]
    if per_reply:
        units = []
        hull = Interval(min(behind_s) - 1, max(behind_s) + 1)
        first = first._replace(
            interval=hull, fresh=hull, spread_s=max(behind_s) - min(behind_s), mix=Mix.REQUESTS, confirmed=False,
            ended=Ended.CONTRADICTED,
        )  # fmt: skip
    for number, at_s in enumerate(behind_s[0 if per_reply else 1 :]):
        place = address if at_s else "192.0.2.1"
        units.append(nodes.Unit(reply(at_s, (0.1, 0.9, 0.5)[number % 3], max_s), place))
    asked = 0 if per_reply else len(units) - 1
    return first._replace(nodes=nodes.seen(units, asked, 0.05, per_reply=per_reply, stopped=False))


ONE_BEHIND = (0.0,) * 4 + (1.5,) + (0.0,) * 4 + (1.5,) + (0.0,) * 4 + (1.5,) + (0.0,) * 9
"""24 connections, three of which reach a clock 1.5 s behind this host's."""


def test_a_node_that_is_behind_utc_is_the_answer() -> None:
    """With its share, its size and its side; nobody says that the clock is an unlikely cause."""
    found = check(servers(0.0), several(ONE_BEHIND), api(0.0))
    assert (lead(found), found.status) == ("api-nodes-differ", CRITICAL)
    facts = facts_of(found, "api-nodes-differ")
    assert (facts["by"], facts["reached"], facts["connections"], facts["units"]) == ("utc", 3, 24, "connections")
    assert facts["low_s"] <= -1.5 <= facts["high_s"] <= -1.0  # type: ignore[operator]
    assert facts["share_low"] <= 1 / 8 <= facts["share_high"]  # type: ignore[operator]
    assert not set(ids(found)) & CLEAR - {"clock-ok"}


@pytest.mark.parametrize("ntp", [None, SILENT_NTP], ids=["not-asked", "silent"])
def test_without_ntp_nodes_are_held_against_each_other(ntp: object) -> None:
    """The one that few connections reach is named, unproven: which of the two is off is not known."""
    found = dates(several(ONE_BEHIND), ntp=ntp)  # type: ignore[arg-type]
    assert (lead(found), found.status, found.proven) == ("api-nodes-differ", CRITICAL, False)
    assert "by" not in facts_of(found, "api-nodes-differ")
    assert "api-ok" not in ids(found)


TURNS = (0.0, -1200.0) * 5
"""Replies of one connection, each other of which is 1200 s ahead."""


def test_replies_from_the_future_are_critical() -> None:
    """A clock behind the name is at least 1199 s ahead of UTC: proven, as no `Date` is from the future."""
    found = check(servers(0.0), several(TURNS, per_reply=True))
    assert (lead(found), found.status, found.proven) == ("api-nodes-differ", CRITICAL, True)
    facts = facts_of(found, "api-nodes-differ")
    assert (facts["by"], facts["reached"], facts["connections"], facts["units"]) == ("utc", 5, 10, "replies")
    assert 1198.5 < facts["least_s"] <= 1200  # type: ignore[operator]
    assert "api-inconsistent" not in ids(found)
    assert not set(ids(found)) & {"not-skew", "api-ok"}


def test_replies_prove_it_of_each_other_without_ntp() -> None:
    """As critical, and not proven: one of them may be old."""
    found = dates(several(TURNS, per_reply=True))
    assert (lead(found), found.status, found.proven) == ("api-nodes-differ", CRITICAL, False)
    assert 1198.5 < facts_of(found, "api-nodes-differ")["least_s"] <= 1200  # type: ignore[operator]


@pytest.mark.parametrize(
    ("behind_s", "lag", "security", "proven"),
    [
        (-1.5, None, Security.VERIFIED, True),
        (-1.5, None, Security.PLAIN, False),
        (-5.0, UNKNOWN_LAG, Security.VERIFIED, True),
        (5.0, UNKNOWN_LAG, Security.VERIFIED, False),
    ],
    ids=["ahead", "by-anybody", "ahead-of-unknown-make", "behind-of-unknown-make"],
)
def test_what_is_proven(behind_s: float, lag: Lag | None, security: Security, proven: bool) -> None:
    """A clock that is ahead by TLS; one that is behind may be an old `Date`, where nothing is known of its server."""
    reading = several((0.0,) * 6 + (behind_s,) * 3, lag=lag)._replace(security=security)
    found = check(servers(0.0), reading)
    assert (lead(found), found.status, found.proven) == ("api-nodes-differ", CRITICAL, proven)
    assert ("old" in facts_of(found, "api-nodes-differ")) == (lag is not None and behind_s > 0)


def test_right_nodes_change_nothing_but_that_they_were_seen() -> None:
    """The verdict is that of one clock, and how likely a node was missed is told."""
    found = check(servers(0.0), several((0.0,) * 8), api(0.0))
    assert ids(found) == ["not-skew", "nodes-seen"]
    assert (found.status, found.proven) == (OK, True)
    assert (facts_of(found, "nodes-seen")["percent"], facts_of(found, "nodes-seen")["few"]) == (34, True)
    assert "few" not in facts_of(check(servers(0.0), several((0.0,) * 24)), "nodes-seen")


@pytest.mark.parametrize(("silent", "stopped", "short"), [(0, False, None), (3, False, "silent"), (3, True, "stopped")])
def test_a_look_that_the_server_cut_short_says_so(silent: int, stopped: bool, short: str | None) -> None:
    """By default, too, with the verdict as it is: what never answered is counted, what asked for patience named."""
    reading = several((0.0,) * 4)
    assert reading.nodes is not None
    cut = reading.nodes._replace(asked=3 + silent, stopped=stopped)
    found = check(servers(0.0), reading._replace(nodes=cut), api(0.0))
    told = facts_of(found, "nodes-seen")
    assert (found.status, found.proven) == (OK, True)
    assert (f"{silent} gave no Date" in nodes_evidence(cut)) == bool(silent)
    assert (told.get("short"), told.get("silent"), told.get("tried")) == (
        short,
        silent or None,
        4 + silent if silent else None,
    )


@pytest.mark.parametrize(("apart_s", "status"), [(0.05, OK), (0.3, WARNING), (3.0, CRITICAL)])
def test_the_status_is_that_of_the_worst_node(apart_s: float, status: Status) -> None:
    """By what is proven of it."""
    units = [nodes.Unit(Interval(at_s - 0.02, at_s + 0.02), None) for at_s in (0.0, 0.0, -apart_s)]
    found = check(
        servers(0.0), api(0.0)._replace(nodes=nodes.seen(units, 2, 0.05, per_reply=False, stopped=False)), api(0.0)
    )
    assert found.status is status
    assert ("api-nodes-differ" in ids(found)) == (status is not OK)


def test_an_address_is_told_where_it_tells_them_apart() -> None:
    """All that is off came from it, and nothing else did."""
    apart = check(servers(0.0), several(ONE_BEHIND, address="192.0.2.2"))
    assert facts_of(apart, "api-nodes-differ")["address"] == "192.0.2.2"
    assert "address" not in facts_of(check(servers(0.0), several(ONE_BEHIND)), "api-nodes-differ")


# --- Who is harmed ---


def gateway(found: Report) -> tuple[int, int] | None:
    """Return between which percents of first requests the API refuses, as one finding or the effect says it."""
    for effect in found.effects:
        if effect.party is Party.GATEWAY and effect.id != "gateway-nodes-expired":
            facts = dict(effect.facts) or facts_of(found, "api-nodes-differ")
            return math.floor(100 * float(str(facts["share_low"]))), math.ceil(100 * float(str(facts["share_high"])))
    return None


def test_the_share_of_first_requests_is_that_of_the_pairs_that_refuse() -> None:
    """One API node of eight is behind: an eighth; one of eight that issues is ahead: an eighth; both: a quarter."""
    of_api = gateway(check(servers(0.0), several(ONE_BEHIND), api(0.0, 0.001)))
    assert of_api is not None
    assert of_api[0] <= 100 / 8 <= of_api[1] < 50
    ahead = tuple(-at_s for at_s in ONE_BEHIND)
    of_login = gateway(check(servers(0.0), api(0.0, 0.001), several(ahead)))
    assert of_login is not None
    assert of_login[0] <= 100 / 8 <= of_login[1] < 50
    both = gateway(check(servers(0.0), several(ONE_BEHIND), several(ahead)))
    assert both is not None
    assert both[0] <= 100 * (1 - (7 / 8) ** 2) <= both[1]
    assert both[1] > max(of_api[1], of_login[1])
    assert gateway(check(servers(0.0), several((0.0,) * 8), api(0.0))) is None


def test_nodes_ahead_end_tokens_early() -> None:
    """A third of connections reaches a clock 3 s ahead: that is their harm, and not that a first request may fail."""
    ahead = (0.0, 0.0, -3.0) * 8
    (early,) = (e for e in check(servers(0.0), several(ahead), api(0.0)).effects if e.party is Party.GATEWAY)
    facts = dict(early.facts)
    assert early.id == "gateway-nodes-expired"
    assert 3.0 <= float(str(facts["up_to_s"])) < 4.1
    assert 0.1 < float(str(facts["share_low"])) <= 1 / 3 <= float(str(facts["share_high"])) < 0.6


def test_a_share_says_why_it_is_wide() -> None:
    """Where most replies fit either clock."""
    vague = [
        facts_of(check(servers(0.0), several((0.0, 0.0, 0.0, by_s) * 6)), "api-nodes-differ").get("vague")
        for by_s in (-0.4, -3.0)
    ]
    assert vague == [True, None]


def test_one_share_has_one_number() -> None:
    """Of one node of one host the finding has it; the effect has one of its own where nodes of both make pairs."""

    def facts(found: Report) -> list[tuple[str, bool]]:
        return [(effect.id, bool(effect.facts)) for effect in found.effects if effect.party is Party.GATEWAY]

    assert facts(check(servers(0.0), several(ONE_BEHIND), api(0.0))) == [("gateway-node", False)]
    two = check(servers(0.0), several(ONE_BEHIND), several(tuple(-at_s for at_s in ONE_BEHIND)))
    assert facts(two) == [("gateway-nodes", True)]
    apart = check(servers(0.0), several((*ONE_BEHIND[:-1], 5.0)), api(0.0))
    assert facts(apart) == [("gateway-nodes", True)]


def test_an_api_node_ahead_refuses_no_fresh_token() -> None:
    """It ends them early instead."""
    found = gateway(check(servers(0.0), several(tuple(-at_s for at_s in ONE_BEHIND)), api(0.0, 0.001)))
    assert found is None or found[0] == 0


# --- Formats ---


def test_monitoring_has_the_worst_and_the_count() -> None:
    """No label per node."""
    found = check(servers(0.0), several(ONE_BEHIND), api(0.0))
    metrics = prometheus(found)
    assert 'skewcheck_connections_seen{source="api"} 24\n' in metrics
    assert 'skewcheck_connections_off{source="api"} 3\n' in metrics
    worst = float(metrics.split('skewcheck_worst_node_seconds{source="api"} ')[1].split("\n")[0])
    assert worst == pytest.approx(facts_of(found, "api-nodes-differ")["least_s"])
    assert "skewcheck_connections" not in prometheus(check(servers(0.0), api(0.0), api(0.0)))
    assert f'"host": "{API}"' in as_json(found)
    assert LOGIN in as_json(found)
    assert math.isfinite(worst)
