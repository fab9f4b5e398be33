"""A token in the JSON document: what it says, what this clock does to it, and the buffer with its sum."""

import math
from typing import Any

from skewcheck.model import Interval, Moment, Recommended, Risk, TimeClaim, Token, TokenPart, VerifierVerdict
from skewcheck.quantity import utc_text


def parts(part: TokenPart) -> dict[str, Any]:
    """Return `token`, `risks` and `recommended`; numbers as they are, to be rounded by who writes them."""
    return {
        "token": {
            **_token(part.token),
            "status": part.status.value,
            "said": part.said,
            "judged_by": part.judged_by,
            "judged_at": utc_text(part.judged_at_s),
            "true_time": None if part.true_time is None else _times_of_day(part.true_time),
            "moments": [_moment(moment) for moment in part.moments],
            "latency_low_s": part.latency.low_s,
            "latency_high_s": part.latency.high_s,
            "latency_measured": part.latency_measured,
            "latency_given": part.latency_given,
            "drift_ppm": part.drift_ppm,
            "verifiers": [_verdict(verdict) for verdict in part.verifiers],
        },
        "risks": [_risk(risk) for risk in part.risks],
        "recommended": None if part.recommended is None else _recommended(part.recommended),
    }


def _token(token: Token) -> dict[str, Any]:
    return {
        "kind": token.kind.value,
        "found_in": token.found_in,
        "length": token.length,
        "sha256_begins": token.fingerprint,
        "alg": token.algorithm,
        "typ": token.type,
        "kid_begins": token.key_id,
        "enc": token.encryption,
        "issuer": token.issuer,
        "iat": token.iat.value_s,
        "nbf": token.nbf.value_s,
        "exp": token.exp.value_s,
        "claims": {claim.name: _claim(claim) for claim in (token.iat, token.nbf, token.exp)},
        "lifetime_s": token.lifetime_s,
        "expires_in_s": token.expires_in_s,
        "obtained_at_s": token.obtained_at_s,
        "others": token.others,
        "detail": token.detail,
        "oddities": [oddity._asdict() for oddity in token.oddities],
    }


def _claim(claim: TimeClaim) -> dict[str, Any]:
    return {
        "state": claim.state.value,
        "value_s": claim.value_s,
        "shown": claim.shown,
        "oddities": list(claim.oddities),
    }


def _moment(moment: Moment) -> dict[str, Any]:
    true = moment.true or Interval(-math.inf, math.inf)
    return {
        "name": moment.name,
        "at_s": moment.at_s,
        "here_s": moment.here_s,
        "true_low_s": true.low_s,
        "true_high_s": true.high_s,
    }


def _times_of_day(unix: Interval) -> dict[str, Any]:
    return {
        "low": utc_text(unix.low_s) if math.isfinite(unix.low_s) else None,
        "high": utc_text(unix.high_s, round_up=True) if math.isfinite(unix.high_s) else None,
    }


def _verdict(verdict: VerifierVerdict) -> dict[str, Any]:
    return verdict._asdict()


def _risk(risk: Risk) -> dict[str, Any]:
    skew = risk.skew or Interval(-math.inf, math.inf)
    return {
        "party": risk.party.value,
        "risk": risk.harm.value,
        "level": risk.level.value,
        "share_low": risk.share_low,
        "share_high": risk.share_high,
        "summary": risk.summary,
        "reference": risk.reference,
        "skew_low_s": skew.low_s,
        "skew_high_s": skew.high_s,
    }


def _recommended(advice: Recommended) -> dict[str, Any]:
    return {
        "buffer_s": advice.buffer_s,
        "needed_s": advice.needed_s,
        "leeway_s": advice.leeway_s,
        "settle_s": advice.settle_s,
        "because": [{"what": line.what, "s": line.seconds} for line in advice.because],
    }
