"""The times that an error message quotes, and what they say of the two clocks behind it.

A message is read by itself: nothing in it is held against today's clock. Units are seconds, times are Unix seconds.
*Behind* is the checker's clock against the clock of who wrote the stamp: positive, the checker's is behind.

Of hostile text, too, each pattern takes time that grows as the text does: what may repeat in one is bounded.
Sources: google-auth (Python, Node) and oauth2client, openid-client, oauth4webapi, Microsoft.IdentityModel (IDX10222 to
10225), jjwt, java-jwt, php-jwt, jose4j, mod_auth_openidc, golang-jwt, go-oidc, ruby-saml, Auth0, GitHub, Entra
(AADSTS700024), Azure Storage, Cognito, STS, AWS Signature Version 4, crypto/x509 of Go.
"""

import re
import time
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from skewcheck.model.token import Quoted

__all__ = ["Quoted", "read"]

MAX_LINES = 4_000
"""That are looked at for a message each: nobody pastes more, and a forged text costs no time."""


_RECORD = r"\n(?=[^\s)\]}<]|<(?!/)|[ \t]{0,40}\{)"


def read(text: str) -> Quoted | None:
    """Return the message in *text* that tells of times, the worst of several; None where there is none."""
    if "NumericDate" in text or " GMT" in text:
        text = re.sub(_WRITTEN_OUT, _short, text)
    readings = _in_iso(text)
    said = _of_both(readings)
    if (said is None or said.apart_s is None) and "\n" in text:
        said = _of_both([" ".join(each.split()) for each in readings]) or said  # it was broken over lines
    return said if said is None or said.apart_s is None else _of_several(readings, said)


def _of_several(readings: Sequence[str], only: Quoted) -> Quoted:
    """Return the message with the largest gap and that of each other kind, where each begins a line; else *only* one.

    To a line belong those that follow it further in, and what closes a bracket.
    """
    records = islice(zip(*(re.split(_RECORD, each) for each in readings), strict=True), MAX_LINES)
    every = [said for record in records if (said := _of_both(record)) is not None and said.apart_s is not None]
    kinds: dict[tuple[str, str], list[Quoted]] = {}
    for each in sorted(dict.fromkeys(every), key=lambda said: -abs(said.apart_s or 0.0)):
        kinds.setdefault((each.kind, each.checker), []).append(each)
    worst = [of_a_kind[0]._replace(messages=len(of_a_kind)) for of_a_kind in kinds.values()]
    return worst[0]._replace(others=tuple(worst[1:])) if len(set(every)) > 1 else only


def _of_both(readings: Sequence[str]) -> Quoted | None:
    """Return what a text says that can be read in one way, or in two; not as the message itself excludes."""
    every = [_first(each) for each in readings]
    told = [said for said in every if said is not None and said.apart_s is not None]
    told = [said for said in dict.fromkeys(told) if said.kind != "contradictory"] or told[:1]
    if len(told) < 2:
        return told[0] if told else every[0]
    month, day = told
    same = (month.kind, month.apart_s) == (day.kind, day.apart_s)
    return month._replace(kind=month.kind if same else "two-readings", day_first=day)


def _first(text: str) -> Quoted | None:
    lower = text.lower()
    for reader, telltales in _READERS:
        quoted = reader(text) if any(telltale in lower for telltale in telltales) else None
        if quoted is not None:
            return quoted._replace(kind="contradictory") if _contradictory(quoted, text) else quoted
    return None


def _contradictory(quoted: Quoted, text: str) -> bool:
    """Tell whether its times say the opposite of its words, or that nothing was beyond what the message allows."""
    if quoted.apart_s is None:
        return False
    allowed_s = 0.0 if quoted.allowed_s is None or "IDX1022" in text else quoted.allowed_s  # there it is the default
    early = quoted.kind.endswith("early")
    beyond_s = abs(quoted.apart_s) if quoted.kind == "skewed-request" else quoted.apart_s * (1 if early else -1)
    return beyond_s + quoted.resolution_s <= allowed_s


# --- Times, as messages write them ---

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_TIME = (
    rf"(?:{_DAY}[T ]{_CLOCK}(?: ?(?:Z|[+-]\d\d:?\d\d))?"
    r"|\d{8}T\d{6}Z"
    r"|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
    r"|(?<![\d.])\d{9,13}(?:\.\d{1,9})?(?![\d-]))"
)
_MILLISECONDS_S = 1e11
"""A number of this size counts milliseconds: as seconds it is past the year 5000."""
_LOCAL = (
    r"(?<![\w/.-])(?:(?P<year>\d{4})/(\d{1,2})/(\d{1,2})|(\d{1,2})(?P<mark>[/.-])(\d{1,2})(?P=mark)(\d{4}))"
    r",? (\d{1,2})(:\d\d:\d\d)(?: ([AaPp])\.? ?[Mm]\b)?"
)
"""As .NET writes one where the computer is set to a language: `3/1/2026 12:00:10 PM`, `01.03.2026 12:00:10`."""


_WRITTEN_OUT = (
    r"NumericDate\{(\d{9,11})[^{}\n]{0,80}\}"
    r"|\b[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d{4}) (\d\d:\d\d:\d\d) GMT([+-]\d{4})(?: \([\w ]{1,60}\))?"
)
"""As jose4j writes a time, and as JavaScript does: `Sun Mar 01 2026 12:00:00 GMT+0100 (Central European Time)`."""
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def _short(found: re.Match[str]) -> str:
    number, month, day, year, clock, zone = found.groups()
    return number or f"{year}-{_MONTHS.find(month) // 3 + 1:02}-{day}T{clock}{zone}"


def _in_iso(text: str) -> list[str]:
    """Return *text* with such dates in ISO form: twice, with the month first and the day, where a line doesn't tell."""
    if re.search(_LOCAL, text) is None:
        return [text]
    lines = [_line_in_iso(line) for line in text.splitlines(keepends=True)]
    return list(dict.fromkeys(map("".join, zip(*lines, strict=True))))


def _line_in_iso(line: str) -> tuple[str, str]:
    dates = [(found[4], found[6]) for found in re.finditer(_LOCAL, line) if found["mark"] in ("/", "-")]
    # who wrote a line wrote all of its dates in one way; where none has a sense the line stays as it is
    ways = [way for way in (False, True) if all(0 < int(date[way]) <= 12 for date in dates)]
    both = [re.sub(_LOCAL, partial(_iso, day_first=way), line) for way in ways] or [line]
    return both[0], both[-1]


def _iso(found: re.Match[str], *, day_first: bool) -> str:
    year, month, day, first, mark, second, last, hours, rest, half = found.groups()
    if year is None:
        year, (day, month) = last, (first, second) if day_first or mark == "." else (second, first)
    hour = int(hours)
    hour = hour if half is None else hour % 12 + 12 * (half in "Pp")
    return f"{year}-{month:0>2}-{day:0>2} {hour:02}{rest}"


class _Time(NamedTuple):
    at_s: float
    resolution_s: float


def _time(written: str) -> _Time | None:
    """Return the time that is written so, in UTC where it names no zone; None where no calendar has it."""
    if re.fullmatch(r"[\d.]+", written):
        at_s = float(written)
        _, dot, decimals = written.partition(".")
        scale = 1e3 if at_s >= _MILLISECONDS_S else 1.0
        return _Time(at_s / scale, 10.0 ** -len(decimals) / scale if dot else 1.0 / scale)
    try:
        return _of_calendar(written)
    except ValueError:
        return None


def _of_calendar(written: str) -> _Time:
    import calendar

    if written.endswith("GMT"):
        return _Time(calendar.timegm(time.strptime(written, "%a, %d %b %Y %H:%M:%S GMT")), 1.0)
    if re.fullmatch(r"\d{8}T\d{6}Z", written):
        return _Time(calendar.timegm(time.strptime(written, "%Y%m%dT%H%M%SZ")), 1.0)
    whole_s = calendar.timegm(time.strptime(written[:10] + written[11:19], "%Y-%m-%d%H:%M:%S"))
    decimals, zone = re.findall(r"^(?:[.,](\d+))?(?: ?(Z|[+-]\d\d:?\d\d))?$", written[19:])[0]
    fraction_s = float(f"0.{decimals or 0}")
    zone_s = 0 if zone in ("", "Z") else int(zone[0] + "1") * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
    return _Time(whole_s + fraction_s - zone_s, 10.0 ** -len(decimals))


# --- Tokens ---

_STAMPS = ("iat", "nbf", "exp")
_GOOGLE_EARLY = rf"(?:[Tt]oken used too early, |NotBefore condition \()({_TIME})(?: UTC)? < ({_TIME})(: ?\{{)?"
_GOOGLE_LATE = (
    rf"(?:[Tt]oken used too late, |[Tt]oken expired: |NotOnOrAfter condition \()({_TIME})(?: UTC)? >=? ({_TIME})"
    r"(: ?\{)?"
)
_GOOGLE_EXPIRED = rf"[Tt]oken expired, ({_TIME}) < ({_TIME})"
_GOOGLE_LEEWAY_S = 300.0
"""What oauth2client and google-auth-library take off before they quote the time, where they quote the claims, too."""
_LONGEST_LEEWAY_S = 3600.0
_NOW = (
    r"(?i)(?<![\w-])(?:now|evaluation time|servertime|(?:the )?current[ _-]?(?:date/time|date|time(?:stamp)?)?)"
    rf"(?: ?\(?UTC\)?)?[\"'`]?(?: is| was| of)?[ \t]?[:=>]?[ \t]?[\"'`\[(]?({_TIME})"
)
_CLAIM = (
    r"(?i)(?<![\w-])(?:(iat|issued[ _-]?at(?: time)?)|"
    r"(nbf|not[ _-]?before(?: time)?|valid ?from|start|x-amz-date|"
    r"(?:JWT )?must not be accepted before|milliseconds before)|"
    r"(exp|expired at|expiry(?: time of assertion)?|expires|expiration(?: time| date/time)?|valid ?to|"
    r"milliseconds ago at))"
    r"(?: \((?:UTC|[a-z ]{3,16})\))?(?: time| claim| timestamp){0,2}[\"'`]?"
    r"(?: of| is in the future| is| was)?[ \t]?[:=>]?[ \t]?"
    rf"[\"'`\[(]{{0,2}}({_TIME})"
)
_OF_SERVERS = ("AADSTS700024", "Expiry [", "ServerTime")
"""Entra, Azure Storage and S3 check what a client signs; nobody sets their leeway."""
_NEAR = 300
"""Characters before and behind the checker's time in which the other one stands."""
_MOST_NOWS = 50
_ALLOWED = r"(?i)(?:allowed clock skew: |<MaxAllowedSkewMilliseconds>)(\d{1,9})"
_MICROSOFT_S = 300.0
"""`ClockSkew` of Microsoft.IdentityModel, unless it was set."""
_IDX = r"IDX10225\b"
_AGO = (
    r"(?:[Tt]oken is expired by|JWT expired) "
    r"((?:\d{1,6}h)?(?:\d{1,2}m)?\d{1,12}(?:\.\d{1,9})?(?: millis|[mµ]s| ?s))"
)


def _google(text: str) -> Quoted | None:
    early = re.search(_GOOGLE_EARLY, text)
    if early:
        claim = "nbf" if early[0].startswith("N") else "iat"
        return _early(text, early[1], early[2], _leeway(text, early, "iat", -1), claim)
    late = re.search(_GOOGLE_LATE, text)
    if late:
        return _late(text, late[1], late[2], _leeway(text, late, "exp", +1))
    expired = re.search(_GOOGLE_EXPIRED, text)
    return _late(text, expired[2], expired[1], 0.0) if expired else None


def _leeway(text: str, found: re.Match[str], claim: str, sign: int) -> float:
    """Return what was taken off the claim, or added to an end, before it was quoted, by the claims beside it."""
    if not found[3]:
        return 0.0
    told = re.compile(rf"[\"']{claim}[\"'] ?: ?(\d{{9,11}})").search(text, found.end(), found.end() + 20_000)
    quoted = _time(found[2])
    taken_s = sign * (quoted.at_s - float(told[1])) if told and quoted else _GOOGLE_LEEWAY_S
    return taken_s if 0 <= taken_s <= _LONGEST_LEEWAY_S else 0.0


def _compared(text: str) -> Quoted | None:
    """Read a checker's time and, near it, a claim that it refuses."""
    for count, now in enumerate(re.finditer(_NOW, text)):
        if count >= _MOST_NOWS:
            return None
        at = _time(now[1])
        near = re.compile(_CLAIM).finditer(text, max(0, now.start() - _NEAR), now.end() + _NEAR)
        for claim in near if at else ():
            name = next(name for name, group in zip(_STAMPS, claim.groups(), strict=False) if group)
            stamp = _time(claim[4])
            if at is None or stamp is None:
                continue
            if name == "exp" and stamp.at_s <= at.at_s:
                return _late(text, now[1], claim[4], 0.0)
            if name != "exp" and stamp.at_s > at.at_s:
                early = _early(text, now[1], claim[4], 0.0, name)
                at_server = early is not None and any(mark in text for mark in _OF_SERVERS)
                return early._replace(checker="server", stamper="signer") if early and at_server else early
    return None


def _early(text: str, now: str, stamp: str, leeway_s: float, claim: str) -> Quoted | None:
    quoted = _quoted("too-early", now, stamp, leeway_s)
    return quoted and _behind(quoted._replace(claim=claim, allowed_s=_allowed_s(text)))


def _late(text: str, now: str, stamp: str, leeway_s: float) -> Quoted | None:
    """Return what it says of an end that had passed: by how much, and not whose clock that was by."""
    quoted = _quoted("expired", now, stamp, -leeway_s)
    return quoted and quoted._replace(claim="exp", leeway_taken_s=leeway_s, allowed_s=_allowed_s(text))


def _quoted(kind: str, now: str, stamp: str, leeway_s: float = 0.0) -> Quoted | None:
    here, there = _time(now), _time(stamp)
    if here is None or there is None:
        return None
    return Quoted(
        kind,
        checker_s=here.at_s,
        stamp_s=there.at_s,
        resolution_s=max(here.resolution_s, there.resolution_s),
        leeway_taken_s=leeway_s,
        apart_s=there.at_s + leeway_s - here.at_s,
    )


def _behind(quoted: Quoted) -> Quoted:
    """Return *quoted* with what it proves: nobody checks a stamp before it was written, so one clock was behind."""
    low_s = None if quoted.apart_s is None else max(0.0, quoted.apart_s - quoted.resolution_s)
    return quoted._replace(behind_low_s=low_s)


def _allowed_s(text: str) -> float | None:
    allowed = re.search(_ALLOWED, text)
    if allowed is None:
        return _MICROSOFT_S if "IDX1022" in text else None
    return float(allowed[1]) / 1e3


def _ago(text: str) -> Quoted | None:
    ago = re.search(_AGO, text)
    if ago is None:
        return None
    units_s = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "millis": 1e-3, "µs": 1e-6}
    ago_s = sum(float(count) * units_s[unit] for count, unit in re.findall(r"([\d.]+) ?(millis|[mµ]s|[hms])", ago[1]))
    return Quoted("expired", claim="exp", apart_s=-ago_s)


def _without_end(text: str) -> Quoted | None:
    return Quoted("no-expiry", claim="exp") if re.search(_IDX, text) else None


# --- Signed requests and certificates ---

_AWS = (
    rf"Signature (expired: |not yet current: )({_TIME}) is (?:now|still) (?:earlier|later) than {_TIME}"
    rf" \(({_TIME}) [-+] (\d{{1,4}}) min"
)
_REQUEST_TIME = rf"RequestTime[\"']?(?:>|[:=])[ \t]?[\"']?({_TIME})"
_SERVER_TIME = rf"ServerTime[\"']?(?:>|[:=])[ \t]?[\"']?({_TIME})"
_CERTIFICATE = rf"current time ({_TIME}) is (before|after) ({_TIME})"


def _aws(text: str) -> Quoted | None:
    told = re.search(_AWS, text)
    if told is None:
        return None
    early = told[1].startswith("not")
    quoted = _quoted("signature-early" if early else "signature-expired", told[3], told[2])
    return quoted and _of_request(quoted._replace(allowed_s=60.0 * int(told[4])), early=early)


def _skewed(text: str) -> Quoted | None:
    sent, checked = re.search(_REQUEST_TIME, text), re.search(_SERVER_TIME, text)
    if sent is None or checked is None:
        return None
    quoted = _quoted("skewed-request", checked[1], sent[1])
    if quoted is None:
        return None
    return _of_request(quoted._replace(allowed_s=_allowed_s(text)), early=(quoted.apart_s or 0.0) > 0)


def _of_request(quoted: Quoted, *, early: bool) -> Quoted:
    """Return *quoted* of a signed request; one that came late may have been on its way for long: that is left open."""
    quoted = quoted._replace(checker="server", stamper="signer")
    return _behind(quoted) if early else quoted


def _certificate(text: str) -> Quoted | None:
    told = re.search(_CERTIFICATE, text)
    if told is None:
        return None
    early = told[2] == "before"
    quoted = _quoted("certificate-early" if early else "certificate-expired", told[1], told[3])
    quoted = quoted and quoted._replace(checker="host", stamper="authority")
    return _behind(quoted) if quoted and early else quoted


# --- Genesys Cloud, and what names no number ---

_CODE = r"(?<![\w.])(too\.many\.requests(?:\.retry\.after)?|rate\.limited|bad\.credentials)(?![\w.])"
_LIMIT = r"(?i)rate limit exceeded"
_WAIT = r"(?i)(?:retry the request in|retry-after:)\s{0,4}\[?(\d{1,6})\]?"
_WORDS = (
    (("clock skew too great", "krb_ap_err_skew", "requesttimetooskewed"), Quoted("clock-skew", "server", "signer")),
    (
        (
            "token used before issued", "not yet valid (iat)", "issued in the future", "iat prior to",
            '"iat" claim timestamp check failed', '"iat" not satisfied', "issued at future", "iat is in the future",
            "seconds in the future", "issue time ahead of", "must be issued in the past", "invalid iat",
        ),
        Quoted("too-early", claim="iat"),
    ),
    (("can't be used before", "cannot handle token prior to"), Quoted("too-early")),
    (
        (
            "not yet valid (nbf)", "token is not yet valid", "token is not valid yet", "jwt not active",
            "jwt before use time", '"nbf" claim timestamp check failed', "jwt used before", "token used too early",
            "nbf prior to", "jwt not yet valid", "token is not valid before", "token not valid yet",
            "nbf has not been reached", '"nbf" not satisfied', "token cannot be used yet", "immaturesignature",
            "token not yet valid", "jwt is not yet valid", "assertion not yet valid",
        ),
        Quoted("too-early", claim="nbf"),
    ),
    (
        (
            "signature has expired", "jwt expired", "token is expired", "expired jwt",
            '"exp" claim timestamp check failed', "token has expired on", "id token has expired", "expired token",
            "account token has expired", "authentication token has expired", "jwt is expired", "token expired at",
            "expiredsignature", "access token has expired", "refresh token has expired", "provided token has expired",
            "token expired", '"exp" not satisfied', "expiredtoken", "assertion expired", "expiredprovidertoken",
        ),
        Quoted("expired", claim="exp"),
    ),
    (("claim ('iat') must be an integer",), Quoted("refused", "server", "signer", "iat")),
    (("claim ('exp') is too far", "claim ('exp') must be a"), Quoted("refused", "server", "signer", "exp")),
    (("in a reasonable timeframe",), Quoted("refused", "server", "signer")),
)  # fmt: skip


def _genesys(text: str) -> Quoted | None:
    code, limit = re.search(_CODE, text), re.search(_LIMIT, text)
    if limit or (code and code[1] != "bad.credentials"):
        wait = re.search(_WAIT, text)
        return Quoted("genesys-rate-limit", "server", wait_s=float(wait[1]) if wait else None)
    return Quoted("genesys-credentials", "server") if code else None


def _worded(text: str) -> Quoted | None:
    lower = text.lower()
    return next((quoted for words, quoted in _WORDS if any(word in lower for word in words)), None)


_READERS = (
    (_aws, ("signature ",)),
    (_skewed, ("requesttime",)),
    (_certificate, ("current time ",)),
    (_google, ("token used too ", "token expired", " condition (")),
    (_compared, ("now", "current", "evaluation time", "servertime")),
    (_ago, ("is expired by ", "jwt expired ")),
    (_without_end, ("idx10225",)),
    (_genesys, ("too.many.requests", "rate.limited", "bad.credentials", "rate limit exceeded")),
    (_worded, ("skew", "token ", "valid", "jwt", "issued", "expired", "claim ", "signature", "satisfied", "future")),
)
"""Each with what stands in any text that it reads: a start pays for no pattern that it doesn't need."""
