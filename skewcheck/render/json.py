"""The report as one line of JSON: the contract with programs, in the schema `skewcheck/1`.

One document, always: on failure too. It is ASCII, has no NaN or Infinity, and ends with a newline; one line, because
that is one entry in a log, and because `jq` and `python -m json.tool` lay it out for whoever reads it.

Seconds are numbers rounded to nanoseconds, signed as everywhere: local - reference, positive is ahead. Ranges are
closed; null is an unbounded side, and a skew of null is "no estimate". Times of day are RFC 3339 in UTC, of a range
rounded outwards. A part that was not asked for is absent; one that was asked for and failed is there with its reason.
Keys are only ever added.

The JSON Schema is shipped beside this module:
`importlib.resources.files("skewcheck.render") / "report-1.schema.json"`.
"""

import json
import math
from typing import TypeAlias

from skewcheck.model import (
    ApiHost,
    ApiPart,
    Certificate,
    DateExchange,
    DateReading,
    Difference,
    Dropped,
    Exchange,
    Failure,
    Finding,
    Interval,
    LocalRun,
    NextStep,
    NtpPart,
    Reading,
    Report,
    Thresholds,
    Vote,
)
from skewcheck.quantity import utc_text
from skewcheck.render import host, token_document
from skewcheck.version import VERSION
from skewcheck.visible import inert

SCHEMA = "skewcheck/1"
"""Changes only when a key is taken away or changes its meaning."""

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | int | bool | None"

_DECIMALS = 9
"""A nanosecond: finer than any clock read here, and than a float of Unix seconds (0.24 µs)."""


def render(report: Report) -> str:
    """Return *report* as one line of JSON, newline included."""
    document = json.dumps(_document(report), ensure_ascii=True, allow_nan=False)
    return inert(document) + "\n"  # its escapes are those of JSON: the same strings


def _document(report: Report) -> Json:
    document: dict[str, Json] = {
        "schema": SCHEMA,
        "command": report.command,
        "version": VERSION,
        "status": report.status.value,
        "proven": report.proven,
        "verdict": report.verdict,
        "meaning": report.meaning,
        "exit_code": report.exit_code,
        "assumes": list(report.assumes),
    }
    if report.thresholds is not None:
        document["thresholds"] = _thresholds(report.thresholds)
    if report.measured_at_s is not None:
        document["measured_at"] = utc_text(report.measured_at_s)
    if report.true_time is not None:
        document["true_time"] = _times_of_day(report.true_time)
    document["duration_s"] = _number(report.duration_s)
    if report.ntp is not None:
        document["ntp"] = _ntp(report.ntp)
    if report.api is not None:
        document["api"] = _api(report.api)
    if report.token is not None:
        document |= {name: _plain(part) for name, part in token_document.parts(report.token).items()}
    if report.host is not None:
        document["host"] = _plain(host.document(report.host))
    document["findings"] = [_finding(finding) for finding in report.findings]
    if report.next_step is not None:
        document["next"] = _next_step(report.next_step)
    if report.failure is not None:
        document["error"] = _error(report.failure)
    return document


def _plain(part: object) -> Json:
    """Return a part of plain values with its numbers as they are written here."""
    if isinstance(part, dict):
        return {str(name): _plain(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_plain(value) for value in part]
    if isinstance(part, float):
        return _number(part)
    return part if isinstance(part, (str, int)) else None


def _thresholds(thresholds: Thresholds) -> Json:
    return {"warning_s": _number(thresholds.warning_s), "critical_s": _number(thresholds.critical_s)}


def _times_of_day(range_of_unix_s: Interval) -> Json:
    low_s, high_s = range_of_unix_s
    return {
        "low": utc_text(low_s) if math.isfinite(low_s) else None,
        "high": utc_text(high_s, round_up=True) if math.isfinite(high_s) else None,
    }


def _ntp(part: NtpPart) -> Json:
    consensus, judgement, survey = part.survey.consensus, part.judgement, part.survey
    return {
        "skew_s": _number(consensus.skew_s),
        **_bounds(consensus.interval),
        "status": judgement.status.value,
        "proven": judgement.proven,
        "basis": consensus.basis.value,
        "list": survey.listed.value,
        "asked": consensus.asked,
        "answered": consensus.answered,
        "agreeing": consensus.agreeing,
        "cut_short": survey.cut_short,
        "local_clock": _local_clock(survey.local),
        "servers": [_server(vote) for vote in consensus.votes],
    }


def _local_clock(run: LocalRun) -> Json:
    return {"step_s": _number(run.step_s), "slew_ppm": _number(run.slew_ppm), "wander_s": _number(run.wander_s)}


def _server(vote: Vote) -> Json:
    outcome = vote.outcome
    reading = outcome if isinstance(outcome, Reading) else None
    silence = outcome if not isinstance(outcome, Reading) else None
    exchanges = reading.exchanges if reading else ()
    return {
        "server": outcome.server,
        "address": outcome.address,
        "status": vote.status.value,
        "reason": silence.reason if silence else None,
        "detail": silence.detail if silence else None,
        "skew_s": _number(reading.skew_s) if reading else None,
        **_bounds(reading.interval if reading else None),
        "off_by_s": _number(vote.off_by_s),
        "delay_s": _number(reading.delay_s) if reading else None,
        "stratum": exchanges[-1].stratum if exchanges else None,
        "exchanges": [_exchange(exchange) for exchange in exchanges],
        "dropped": [_dropped(dropped) for dropped in outcome.dropped],
    }


def _exchange(exchange: Exchange) -> Json:
    return {
        "t1_s": _number(exchange.t1_s),
        "t2_s": _number(exchange.t2_s),
        "t3_s": _number(exchange.t3_s),
        "t4_s": _number(exchange.t4_s),
        "delay_s": _number(exchange.delay_s),
        "leap": exchange.leap,
        "version": exchange.version,
        "stratum": exchange.stratum,
        "poll": exchange.poll,
        "precision_s": _number(exchange.precision_s),
        "root_delay_s": _number(exchange.root_delay_s),
        "root_dispersion_s": _number(exchange.root_dispersion_s),
        "reference_id": exchange.reference_id,
        "reference_age_s": _number(exchange.reference_age_s),
    }


def _dropped(dropped: Dropped) -> Json:
    reason, count = dropped
    return {"reason": reason, "count": count}


def _api(part: ApiPart) -> Json:
    survey, judgement = part.survey, part.judgement
    return {
        "region": survey.region,
        "status": judgement.status.value,
        "proven": judgement.proven,
        "cut_short": survey.cut_short,
        "full": survey.full,
        "local_clock": _local_clock(survey.local),
        "issuer_ahead": None if part.issuer_ahead is None else _difference(part.issuer_ahead),
        "hosts": [_host(host) for host in survey.hosts],
    }


def _difference(difference: Difference) -> Json:
    return {
        "skew_s": _number(difference.skew_s),
        **_bounds(difference.interval),
        **_fresh_bounds(difference.fresh),
    }


def _host(host: ApiHost) -> Json:
    outcome = host.outcome
    named: dict[str, Json] = {"role": host.role.value, "host": host.host}
    if isinstance(outcome, DateReading):
        return {**named, **_date_reading(outcome), "reason": None, "detail": outcome.detail}
    missing = dict.fromkeys(_OF_A_READING)
    known: dict[str, Json] = {"url": outcome.server, "address": outcome.address, "exchanges": []}
    return {**named, **missing, **known, "reason": outcome.reason, "detail": outcome.detail}


def _date_reading(reading: DateReading) -> dict[str, Json]:
    served = reading.served
    return {
        "url": reading.url,
        "address": reading.address,
        "skew_s": _number(reading.skew_s),
        **_bounds(reading.interval),
        **_fresh_bounds(reading.fresh),
        "max_lag_s": _number(reading.lag.max_s),
        "lag_known": reading.lag.known,
        "lag_because": reading.lag.because,
        "stamped_by": reading.stamped_by.value,
        "security": reading.security.value,
        "proxied": reading.proxied,
        "method": reading.method,
        "requests": reading.requests,
        "min_rtt_s": _number(reading.min_rtt_s),
        "confirmed": reading.confirmed,
        "ended": reading.ended.value,
        "stale": None if reading.stale is None else reading.stale.value,
        "spread_s": _number(reading.spread_s),
        "late_s": _number(reading.late_s),
        "mix": None if reading.mix is None else reading.mix.value,
        "http_status": served.status,
        "server": served.server,
        "via": served.via,
        "x_cache": served.x_cache,
        "age_s": _number(served.age_s),
        "correlation_id": served.correlation_id,
        "location": served.location,
        "certificate": None if reading.certificate is None else _certificate(reading.certificate),
        "exchanges": [_date_exchange(exchange) for exchange in reading.exchanges],
    }


_OF_A_READING = (
    *("skew_s", "low_s", "high_s", "fresh_low_s", "fresh_high_s", "max_lag_s", "lag_known", "lag_because"),
    *("stamped_by", "security", "proxied", "method", "requests", "min_rtt_s", "confirmed", "ended"),
    *("stale", "spread_s", "late_s", "mix", "http_status", "server", "via", "x_cache", "age_s", "correlation_id"),
    *("location", "certificate"),
)
"""What is null where a host gave no reading."""


def _certificate(certificate: Certificate) -> Json:
    return {
        "not_before": utc_text(certificate.not_before_s),
        "not_after": utc_text(certificate.not_after_s),
    }


def _date_exchange(exchange: DateExchange) -> Json:
    return {
        "sent_s": _number(exchange.sent_s),
        "received_s": _number(exchange.received_s),
        "date_s": exchange.date_s,
        "http_status": exchange.status,
        "connection": exchange.connection,
    }


def _finding(finding: Finding) -> Json:
    return {
        "id": finding.id,
        "status": finding.status.value,
        "summary": finding.summary,
        "evidence": {key: _number(value) if isinstance(value, float) else value for key, value in finding.evidence},
        "remedy": list(finding.remedy),
    }


def _next_step(step: NextStep) -> Json:
    return {"kind": step.kind, "command": step.command, "why": step.why}


def _error(failure: Failure) -> Json:
    return {"id": failure.id, "summary": failure.summary, "remedy": failure.remedy}


def _bounds(interval: Interval | None) -> dict[str, Json]:
    """Return the two ends of a range; both null where nothing is known."""
    if interval is None:
        return {"low_s": None, "high_s": None}
    return {"low_s": _number(interval.low_s), "high_s": _number(interval.high_s)}


def _fresh_bounds(interval: Interval) -> dict[str, Json]:
    """Return the two ends of a range that holds if the `Date` is fresh."""
    return {"fresh_low_s": _number(interval.low_s), "fresh_high_s": _number(interval.high_s)}


def _number(value: float | None) -> float | None:
    """Return *value* as JSON can hold it: rounded, never -0.0, and null for what has no bound."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, _DECIMALS) + 0.0
