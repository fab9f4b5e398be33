"""The contract with programs: one document, in the shipped schema, whatever the report."""

import json
import math

import api_reports
import pytest
from bench.typed import SCHEMA, VALIDATOR
from judged_screens import SCREENS
from rendered import document
from reports import ALL_WELL, BY_HAND, HOURS_BEHIND, MISUSE, NOBODY, NOON, ONE_LIAR

from skewcheck.judge import catalogue
from skewcheck.model import Dropped, Finding, Interval, Report, Status
from skewcheck.version import VERSION


def test_the_schema_is_one() -> None:
    """It is valid itself, every object's keys are described, and it forbids no key that is added later."""
    VALIDATOR.check_schema(SCHEMA)
    for part in [SCHEMA, *SCHEMA["$defs"].values()]:
        assert part.get("additionalProperties", True) is True
        assert set(part.get("required", ())) <= set(part.get("properties", ()))


@pytest.mark.parametrize("report", BY_HAND.values(), ids=list(BY_HAND))
def test_every_hand_made_report_is_in_the_schema(report: Report) -> None:
    """And every key of it is described there: nothing is said that the contract does not mention."""
    read = document(report)
    assert set(read) <= set(SCHEMA["properties"])
    if "ntp" in read:
        assert set(read["ntp"]) == set(SCHEMA["$defs"]["ntp"]["properties"])
        for server in read["ntp"]["servers"]:
            assert set(server) == set(SCHEMA["$defs"]["server"]["properties"])
            for exchange in server["exchanges"]:
                assert set(exchange) == set(SCHEMA["$defs"]["exchange"]["properties"])


def test_a_measurement_in_full() -> None:
    """The whole document, key by key, in its order."""
    read = document(ONE_LIAR)
    servers = read["ntp"].pop("servers")
    findings, effects, steps = (read.pop(name) for name in ("findings", "effects", "next"))
    assert json.dumps(read, indent=1) == json.dumps(
        {
            "schema": "skewcheck/1",
            "command": "clock",
            "version": VERSION,
            "status": "warning",
            "proven": True,
            "summary": catalogue.title(ONE_LIAR.findings[0]),
            "means": catalogue.means(ONE_LIAR.findings[0]),
            "exit_code": 1,
            "assumes": ["majority-honest", "path-not-hostile"],
            "thresholds": {"warning_s": 0.1, "critical_s": 1.0},
            "measured_at": "2027-01-15T12:00:00.000Z",
            "true_time": {"low": "2027-01-15T11:59:59.786Z", "high": "2027-01-15T11:59:59.812Z"},  # outwards, of .8113
            "duration_s": 0.25,
            "ntp": {
                "basis": "majority",
                "low_s": 0.1887,
                "high_s": 0.2133,
                "skew_s": 0.203,
                "shared_low_s": None,
                "shared_high_s": None,
                "sources": 3,
                "asked": 5,
                "answered": 4,
                "agreeing": 3,
                "list": "public",
                "local_clock": {"step_s": 0.0, "slew_ppm": 0.0, "wander_s": 0.000004, "pace": "true"},
                "cut_short": False,
                "status": "warning",
                "proven": True,
            },
        },
        indent=1,
    )
    assert [found["id"] for found in findings] == [found.id for found in ONE_LIAR.findings]
    assert [found["summary"] for found in findings] == [catalogue.title(found) for found in ONE_LIAR.findings]
    assert findings[0]["evidence"] == {
        name: round(fact, 9) if isinstance(fact, float) else fact for name, fact in ONE_LIAR.findings[0].facts
    }
    assert [(seen["party"], seen["effect"]) for seen in effects] == [
        (seen.party.value, seen.id) for seen in ONE_LIAR.effects
    ]
    words = catalogue.STEPS[ONE_LIAR.steps[0].kind]
    assert steps[0] == {
        "kind": ONE_LIAR.steps[0].kind,
        "label": words.label.lower(),
        "command": ONE_LIAR.steps[0].command,
        "why": words.words,
    }
    assert [server["status"] for server in servers] == [
        "truechimer",
        "falseticker",
        "truechimer",
        "rejected",
        "truechimer",
    ]
    (exchange,) = servers[1]["exchanges"]
    times_s = [exchange.pop(f"t{number}_s") - NOON for number in (1, 2, 3, 4)]
    assert times_s == pytest.approx([0, -1.192, -1.191875, 0.016125], abs=1e-6)
    assert exchange.pop("delay_s") == pytest.approx(0.016, abs=1e-6)
    assert servers[1] == {
        "server": "ntp.evil.example",
        "address": "192.0.2.1",
        "status": "falseticker",
        "reason": None,
        "detail": None,
        "skew_s": 1.2,
        "low_s": 1.191,
        "high_s": 1.209,
        "off_by_s": 0.9777,
        "same_source_as": None,
        "delay_s": 0.016,
        "stratum": 2,
        "exchanges": [
            {
                "leap": 0,
                "version": 4,
                "stratum": 2,
                "poll": 6,
                "precision_s": 6e-08,
                "root_delay_s": 0.0125,
                "root_dispersion_s": 0.0005,
                "reference_id": "192.0.2.9",
                "reference_age_s": 30.0,
            }
        ],
        "dropped": [],
    }


def test_silence_is_told_with_its_reason_and_no_numbers() -> None:
    """Nothing known is null on both sides, not 0 and not absent."""
    read = document(NOBODY)
    assert read["ntp"]["basis"] == "none"
    assert (read["ntp"]["skew_s"], read["ntp"]["low_s"], read["ntp"]["high_s"]) == (None, None, None)
    assert "true_time" not in read
    assert read["ntp"]["servers"][2] == {
        "server": "nope.invalid",
        "address": None,
        "status": "no-answer",
        "reason": "dns-no-such-name",
        "detail": "there is no such name",
        "skew_s": None,
        "low_s": None,
        "high_s": None,
        "off_by_s": None,
        "same_source_as": None,
        "delay_s": None,
        "stratum": None,
        "exchanges": [],
        "dropped": [],
    }


def test_a_failure_is_a_document_too() -> None:
    """Wrong usage has an error and no measurement: what was not asked for is absent."""
    read = document(MISUSE)
    assert MISUSE.failure is not None
    assert read["error"] == MISUSE.failure._asdict()
    assert read["exit_code"] == 3
    assert not {"ntp", "thresholds", "measured_at", "true_time"} & set(read)
    assert (read["summary"], read["means"], read["findings"], read["next"]) == ("", "", [], [])


def test_an_unbounded_side_is_null_and_the_true_time_is_rounded_outwards() -> None:
    """Infinity is not JSON, and a range must not lose the truth in its last digit."""
    read = document(ALL_WELL._replace(true_time=Interval(NOON + 0.0019, math.inf)))
    assert read["true_time"] == {"low": "2027-01-15T12:00:00.001Z", "high": None}
    read = document(ALL_WELL._replace(true_time=Interval(-math.inf, NOON + 0.0011)))
    assert read["true_time"] == {"low": None, "high": "2027-01-15T12:00:00.002Z"}


def test_numbers_can_be_read() -> None:
    """No float noise, no minus zero, no number that isn't one."""
    noisy = Finding("slept", Status.OK, (("a_s", 0.1 + 0.2), ("b_s", -1e-12), ("c_s", math.nan), ("d", 3), ("e", None)))
    evidence = document(ALL_WELL._replace(findings=(noisy,)))["findings"][0]["evidence"]
    assert evidence == {
        "a_s": 0.3,
        "b_s": 0.0,
        "c_s": None,
        "d": 3,
        "e": None,
    }
    assert math.copysign(1, evidence["b_s"]) == 1


def test_dropped_packets_are_counted_by_reason() -> None:
    """Forged replies leave a trace even where a good one came."""
    assert HOURS_BEHIND.ntp is not None
    survey = HOURS_BEHIND.ntp.survey
    first, *others = survey.consensus.votes
    noted = first._replace(outcome=first.outcome._replace(dropped=(Dropped("runt", 2), Dropped("origin-zero", 1))))
    consensus = survey.consensus._replace(votes=(noted, *others))
    report = HOURS_BEHIND._replace(ntp=HOURS_BEHIND.ntp._replace(survey=survey._replace(consensus=consensus)))
    assert document(report)["ntp"]["servers"][0]["dropped"] == [
        {"reason": "runt", "count": 2},
        {"reason": "origin-zero", "count": 1},
    ]


@pytest.mark.parametrize("report", api_reports.BY_HAND.values(), ids=list(api_reports.BY_HAND))
def test_every_key_of_an_api_is_described(report: Report) -> None:
    """Nothing is said that the contract does not mention, and the keys are the same whether there is a reading."""
    api = document(report)["api"]
    assert set(api) == set(SCHEMA["$defs"]["api"]["required"]) == set(SCHEMA["$defs"]["api"]["properties"])
    for host in api["hosts"]:
        assert (
            set(host) == set(SCHEMA["$defs"]["api_host"]["properties"]) == set(SCHEMA["$defs"]["api_host"]["required"])
        )
        for exchange in host["exchanges"]:
            assert set(exchange) == set(SCHEMA["$defs"]["date_exchange"]["properties"])


def test_an_api_in_full() -> None:
    """The whole part, key by key, in its order."""
    api = document(api_reports.AHEAD)["api"]
    first, second = api.pop("hosts")
    assert api == {
        "region": "eu-west-1",
        "status": "warning",
        "proven": False,
        "cut_short": False,
        "full": False,
        "local_clock": {"step_s": 0.0, "slew_ppm": 0.0, "wander_s": 0.000004, "pace": "true"},
        "issuer_ahead": {
            "skew_s": 0.009,
            "low_s": -1.061,
            "high_s": 0.079,
            "fresh_low_s": -0.061,
            "fresh_high_s": 0.079,
        },
    }
    assert first.pop("exchanges")[1] == {
        "sent_s": NOON + 1.2,
        "received_s": pytest.approx(NOON + 1.248),
        "date_s": NOON + 1,
        "http_status": 401,
        "connection": 1,
    }
    assert first == {
        "role": "api",
        "host": "api.mypurecloud.ie",
        "url": "https://api.mypurecloud.ie/api/v2/date",
        "address": "192.0.2.10",
        "skew_s": 0.2,
        "low_s": -0.83,
        "high_s": 0.23,
        "fresh_low_s": 0.17,
        "fresh_high_s": 0.23,
        "max_lag_s": 1.0,
        "lag_known": False,
        "lag_because": "nothing is known of such a server",
        "stamped_by": "origin",
        "security": "verified",
        "proxied": False,
        "method": "HEAD",
        "requests": 9,
        "min_rtt_s": 0.048,
        "confirmed": True,
        "ended": "decided",
        "stale": None,
        "spread_s": 0.0,
        "late_s": 0.0,
        "odd_date": None,
        "mix": None,
        "nodes": None,
        "http_status": 401,
        "server": None,
        "via": "1.1 0f1e2d3c.cloudfront.net (CloudFront)",
        "x_cache": None,
        "age_s": None,
        "correlation_id": "4b1d7f0e-52a1-4c0c-9d3e-0a6f3c2b9e11",
        "location": None,
        "certificate": None,
        "reason": None,
        "detail": None,
    }
    assert (second["role"], second["stamped_by"], second["server"]) == ("login", "edge", "nginx")


def test_any_age_is_null_and_so_is_the_side_that_it_leaves_open() -> None:
    """Infinity is not JSON; the safe side stays."""
    (cached,) = document(api_reports.CACHED)["api"]["hosts"]
    assert (cached["max_lag_s"], cached["low_s"], cached["fresh_low_s"], cached["high_s"]) == (None, None, None, -3.2)
    assert (cached["stale"], cached["age_s"], cached["ended"]) == ("cached", 3.0, "stale")


def test_an_api_s_silence_is_told_with_its_reason_and_no_numbers() -> None:
    """A host that was asked is there, and nothing in it looks like a measurement."""
    _, login = document(api_reports.REFUSED)["api"]["hosts"]
    told = {name: value for name, value in login.items() if value not in (None, [])}
    assert told == {
        "role": "login",
        "host": "login.mypurecloud.ie",
        "url": "https://login.mypurecloud.ie/oauth/token",
        "reason": "connection-refused",
        "detail": "the connection was refused",
    }
    assert document(api_reports.NOBODY)["api"]["issuer_ahead"] is None


def test_what_a_contradiction_looks_like() -> None:
    """How much, and how it is spread."""
    (mixed,) = document(api_reports.BACKENDS)["api"]["hosts"]
    assert (mixed["spread_s"], mixed["mix"], mixed["ended"]) == (0.15, "connections", "contradicted")
    assert (mixed["security"], mixed["proxied"], mixed["location"]) == ("plain", True, "/welcome")


def test_the_certificate_s_dates() -> None:
    """As times of day, like all others."""
    api, _ = document(api_reports.REFUSED)["api"]["hosts"]
    assert api["certificate"] == {"not_before": "2027-01-15T13:00:00.000Z", "not_after": "2027-04-15T12:00:00.000Z"}
    assert api["security"] == "dates-ignored"


def test_both_parts_stand_side_by_side() -> None:
    """A part that was not asked for is absent, one that was is there."""
    assert {"ntp", "api"} <= set(document(api_reports.BOTH))
    assert "ntp" not in document(api_reports.LOGIN_AHEAD)
    assert math.isfinite(document(api_reports.BOTH)["ntp"]["skew_s"])


@pytest.mark.parametrize("name", [name for name in SCREENS if SCREENS[name].token is not None])
def test_every_key_of_a_token_is_described(name: str) -> None:
    """Nothing is said that the contract does not mention, and the keys are the same for every token."""
    whole = document(SCREENS[name])
    for kind, said in (
        ("token", [whole["token"]]),
        ("claim", list(whole["token"]["claims"].values())),
        ("verifier", whole["token"]["verifiers"]),
        ("risk", whole["risks"]),
        ("recommended", [whole["recommended"]] if whole["recommended"] else []),
    ):
        described = SCHEMA["$defs"][kind]
        for one in said:
            assert set(one) == set(described["required"]) == set(described["properties"])


def test_a_token_in_full() -> None:
    """The parts that a program reads first, key by key."""
    whole = document(SCREENS["token valid"])
    token = whole["token"]
    assert (token["kind"], token["iat"], token["nbf"], token["exp"], token["lifetime_s"]) == (
        "jwt",
        NOON - 60,
        None,
        NOON + 3540,
        3600,
    )
    assert token["claims"]["exp"] == {"state": "usable", "value_s": NOON + 3540, "shown": "1800017940", "oddities": []}
    assert token["true_time"] == {"low": "2027-01-15T11:59:59.990Z", "high": "2027-01-15T12:00:00.010Z"}
    assert token["moments"][1] == {
        "name": "exp",
        "at_s": NOON + 3540,
        "here_s": 3540.0,
        "true_low_s": pytest.approx(3539.99),
        "true_high_s": pytest.approx(3540.01),
    }
    assert whole["recommended"] == {
        "buffer_s": 60,
        "needed_s": 0.430004,
        "leeway_s": 1,
        "settle_s": 0.04,
        "because": [
            {"what": "clock-behind", "s": 0.02},
            {"what": "drift", "s": 0.360004},
            {"what": "latency", "s": 0.05},
        ],
    }


def test_who_refuses_it() -> None:
    """The party, the harm, how sure, which share, and the skew behind it with its reference."""
    whole = document(SCREENS["token of two minds"])
    refused = [risk for risk in whole["risks"] if risk["level"] == "certain"]
    assert [(risk["party"], risk["risk"], risk["share_low"], risk["reference"]) for risk in refused] == [
        ("refresh-by-exp", "premature-expiry", 0.003964156, "ntp"),
        ("local-verify", "future-issued", 0.94, "ntp"),
    ]
    assert (refused[0]["skew_low_s"], refused[0]["skew_high_s"]) == (-1.21, -1.19)
    assert [(row["name"], row["accepts_now"]) for row in whole["token"]["verifiers"]] == [
        ("pyjwt", False),
        ("spring", True),
    ]


def test_what_is_not_known_is_null() -> None:
    """No clock, no lifetime, no bound, no buffer that helps: each has its null, and none looks like a figure."""
    offline = document(SCREENS["token offline"])
    assert (offline["risks"][0]["share_low"], offline["token"]["true_time"]) == (None, None)
    assert document(SCREENS["token expired"])["recommended"] is None
    assert document(SCREENS["token response"])["recommended"]["settle_s"] is None
    assert document(SCREENS["token no buffer"])["recommended"]["buffer_s"] is None
    claims = document(SCREENS["token milliseconds"])["token"]["claims"]
    assert (claims["exp"]["state"], claims["exp"]["value_s"]) == ("unusable", None)
    assert (claims["iat"]["value_s"], claims["iat"]["oddities"]) == (NOON * 1000, ["milliseconds", "year-past-9999"])


def test_without_a_token_there_is_none() -> None:
    """A part that was not asked for is absent."""
    assert not {"token", "risks", "recommended"} & set(document(SCREENS["token valid"]._replace(token=None)))
