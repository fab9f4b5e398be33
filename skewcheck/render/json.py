"""The report as one line of JSON: the contract with programs, in the schema `skewcheck/1`.

One document, always: on failure too. It is ASCII, has no NaN or Infinity, and ends with a newline; one line, because
that is one entry in a log, and because `jq` and `python -m json.tool` lay it out for whoever reads it.

Seconds are numbers rounded to nanoseconds, signed as everywhere: local - reference, positive is ahead. Ranges are
closed; null is an unbounded side, and a skew of null is "no estimate". Times of day are RFC 3339 in UTC, of a range
rounded outwards. A part that was not asked for is absent; one that was asked for and failed is there with its reason.

The document is written from the nouns by their own field names; `_RENAMED`, `_INLINE` and `_ALSO` say where it differs.
Its JSON Schema is shipped beside this module: `importlib.resources.files("skewcheck.render") / "report-1.schema.json"`.
"""

import enum
import json
import math
from typing import Any, TypeAlias

from skewcheck.judge import catalogue
from skewcheck.model import (
    Certificate,
    DateReading,
    Difference,
    Finding,
    Interval,
    Lag,
    NoReading,
    Reading,
    Report,
    Served,
    Step,
    TokenPart,
    Unknown,
)
from skewcheck.quantity import utc_text
from skewcheck.version import VERSION
from skewcheck.visible import inert

SCHEMA = "skewcheck/1"
"""Changes only when a key is taken away or changes its meaning."""

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | int | bool | None"

_DECIMALS = 9
"""A nanosecond: finer than any clock read here, and than a float of Unix seconds (0.24 µs)."""

_INLINE = frozenset({"survey", "consensus", "judgement", "outcome", "served", "lag"})
"""Fields whose members stand among those of what they are a part of."""
_RENAMED: dict[tuple[str, str], str | None] = {
    # (class, field): the key; None leaves it out
    ("Survey", "listed"): "list",
    ("Survey", "local"): "local_clock",
    ("Survey", "samples"): None,
    ("Survey", "own"): None,
    ("Survey", "witness"): None,
    ("Survey", "smear"): None,
    ("Consensus", "votes"): "servers",
    ("ApiSurvey", "local"): "local_clock",
    ("LocalRun", "ended_at_s"): None,
    ("LocalRun", "duration_s"): None,
    ("Judgement", "least"): None,
    ("Judgement", "most"): None,
    ("Dropped", "packets"): "count",
    ("Lag", "max_s"): "max_lag_s",
    ("Lag", "known"): "lag_known",
    ("Lag", "because"): "lag_because",
    ("Served", "status"): "http_status",
    ("DateExchange", "status"): "http_status",
    ("KernelClock", "ahead_of_python_s"): "ahead_of_process_s",
    ("Daemon", "unit"): None,
    ("Token", "fingerprint"): "sha256_begins",
    ("Token", "algorithm"): "alg",
    ("Token", "type"): "typ",
    ("Token", "key_id"): "kid_begins",
    ("Token", "encryption"): "enc",
    ("TimeClaim", "name"): None,
    ("TokenPart", "risks"): None,
    ("TokenPart", "recommended"): None,
    ("Risk", "harm"): "risk",
    ("BufferLine", "seconds"): "s",
}
_ALSO = {
    "Consensus": ("asked", "answered", "agreeing"),
    "Exchange": ("delay_s",),
    "KernelClock": ("corrected_within_s",),
    "Token": ("lifetime_s",),
}
"""Properties that stand beside the fields."""


def render(report: Report) -> str:
    """Return *report* as one line of JSON, newline included."""
    return inert(json.dumps(_document(report), ensure_ascii=True, allow_nan=False)) + "\n"


def _document(report: Report) -> Json:
    lead, failure = report.lead, report.failure
    document: dict[str, Json] = {
        "schema": SCHEMA,
        "command": report.command,
        "version": VERSION,
        "status": report.status.value,
        "proven": report.proven,
        "summary": "" if lead is None else catalogue.title(lead),
        "means": "" if lead is None else catalogue.means(lead),
        "exit_code": report.exit_code,
        "assumes": list(report.assumes),
        "thresholds": _value(report.thresholds),
        "measured_at": None if report.measured_at_s is None else utc_text(report.measured_at_s),
        "true_time": None if report.true_time is None else _times_of_day(report.true_time),
        "duration_s": _number(report.duration_s),
        "ntp": _value(report.ntp),
        "api": _value(report.api),
        **({} if report.token is None else _token(report.token)),
        **({} if report.log is None else {"log": _value(report.log)}),
        "host": _value(report.host),
        "findings": [_finding(finding) for finding in report.findings],
        "effects": [_effect(effect) for effect in report.effects],
        "next": [_step(step) for step in report.steps],
        "error": None if failure is None else failure._asdict(),
    }
    optional = ("thresholds", "measured_at", "true_time", "ntp", "api", "host", "error")
    return {key: value for key, value in document.items() if value is not None or key not in optional}


def _finding(finding: Finding) -> Json:
    return {
        "id": finding.id,
        "status": finding.status.value,
        "summary": catalogue.title(finding),
        "evidence": {name: _value(fact) for name, fact in finding.facts},
    }


def _effect(effect: Any) -> Json:
    facts = {name: _value(fact) for name, fact in effect.facts}
    return {"party": effect.party.value, "effect": effect.id, "summary": catalogue.effect(effect)[1], "evidence": facts}


def _step(step: Step) -> Json:
    words = catalogue.STEPS[step.kind]
    return {"kind": step.kind, "label": words.label.lower(), "command": step.command, "why": words.words}


_SAID_OTHERWISE = frozenset({"token", "judged_at_s", "true_time_low_s", "true_time_high_s"})


def _token(part: TokenPart) -> dict[str, Json]:
    """Return the token with what was judged of it; its risks and what to set stand beside it."""
    about, claims = part.token, part.token.claims
    written: Json = {
        **_members(about),
        **{claim.name: _number(claim.value_s) for claim in claims},
        "claims": {claim.name: _value(claim) for claim in claims},
        **{key: value for key, value in _members(part).items() if key not in _SAID_OTHERWISE},
        "judged_at": utc_text(part.judged_at_s),
        "true_time": None if part.true_time is None else _times_of_day(part.true_time),
    }
    return {"token": written, "risks": _value(part.risks), "recommended": _value(part.recommended)}


# --- Any noun ---


def _value(value: object) -> Json:
    if isinstance(value, Unknown):
        return {"unknown": value.why}
    if type(value).__name__ == "Cause":  # its class is loaded with a log alone
        return _cause(value)
    if isinstance(value, Certificate):
        return {"not_before": utc_text(value.not_before_s), "not_after": utc_text(value.not_after_s)}
    if hasattr(value, "_fields"):
        return _members(value)
    if isinstance(value, (list, tuple)):
        return [_value(member) for member in value]
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, float):
        return _number(value)
    return value if isinstance(value, (str, int)) else None


def _cause(cause: Any) -> Json:
    from skewcheck.judge.log_words import because

    facts = dict(cause.facts)
    return {
        "id": cause.id,
        "verdict": cause.verdict.value,
        "refused": cause.refused,
        "because": cause.because,
        "summary": because(cause.because, facts),
        "evidence": {name: _value(fact) for name, fact in facts.items()},
    }


def _members(noun: Any) -> dict[str, Json]:
    """Return the fields of a named tuple under their keys."""
    kind = type(noun).__name__
    members: dict[str, Json] = {}
    for name in (*noun._fields, *_ALSO.get(kind, ())):
        key, value = _RENAMED.get((kind, name), name), getattr(noun, name)
        if key is None:
            continue
        if name in _INLINE:
            members |= _missing(kind, value) if isinstance(value, NoReading) else _members(value)
        elif isinstance(value, Interval) or (value is None and name in _RANGES):
            prefix = "" if name == "interval" else f"{name}_"
            low_s, high_s = value or (math.nan, math.nan)
            members |= {f"{prefix}low_s": _number(low_s), f"{prefix}high_s": _number(high_s)}
        else:
            members[key] = _value(value)
    members = dict(sorted(members.items(), key=lambda member: isinstance(member[1], list)))  # lists last: to be read
    if isinstance(noun, Reading):
        members |= {"address": noun.address or None, "reason": None, "detail": None}
        members |= {"stratum": noun.exchanges[-1].stratum if noun.exchanges else None}
    if isinstance(noun, Difference) and not all(map(math.isfinite, noun.fresh)):
        members["skew_s"] = None  # one side estimates nothing
    if isinstance(noun, DateReading):
        members |= {"reason": None} if noun.two_sided else {"reason": None, "skew_s": None}
    return members


def _missing(kind: str, outcome: NoReading) -> dict[str, Json]:
    """Return what there is where a reading would stand: all of its keys, and why it isn't there."""
    of_api = kind == "ApiHost"
    keys: dict[str, Json] = {**dict.fromkeys(_OF_A_DATE if of_api else _OF_A_SERVER), "exchanges": []}
    known: dict[str, Json] = {"address": outcome.address, "reason": outcome.reason, "detail": outcome.detail}
    if of_api:
        return {**keys, **known, "url": outcome.server}
    return {**keys, **known, "server": outcome.server, "dropped": _value(outcome.dropped)}


_RANGES = frozenset({"interval", "lateness", "shared", "fresh", "skew", "true", "true_time"})
"""Fields that are ranges, also where there is none."""


def _keys(kind: Any, *more: str) -> tuple[str, ...]:
    """Return the keys of a reading that isn't there."""
    keys: list[str] = list(more)
    for name in kind._fields:
        key = _RENAMED.get((kind.__name__, name), name)
        prefix = "" if name == "interval" else f"{name}_"
        if name in _RANGES:
            keys += [f"{prefix}low_s", f"{prefix}high_s"]
        elif key is not None and name not in _INLINE:
            keys.append(key)
    return tuple(keys)


_OF_A_SERVER = _keys(Reading, "stratum")
_OF_A_DATE = _keys(DateReading, *_keys(Lag), *_keys(Served))


def _times_of_day(unix: Interval) -> Json:
    return {
        "low": utc_text(unix.low_s) if math.isfinite(unix.low_s) else None,
        "high": utc_text(unix.high_s, round_up=True) if math.isfinite(unix.high_s) else None,
    }


def _number(value: float | None) -> float | None:
    """Return *value* as JSON can hold it: rounded, never -0.0, and null for what has no bound."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, _DECIMALS) + 0.0
