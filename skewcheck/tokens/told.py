"""Times that are told otherwise than by a token, and what stands beside one.

The former: claims without a token, a SAML assertion, a presigned URL, the header of a signature. The latter: its
deadline, when that was written, and the host it was sent to.

Every pattern takes time that grows as the text does. Of what is read only times and the words of a header are kept.
"""

import re
from typing import NamedTuple

from skewcheck.model.token import TokenKind
from skewcheck.quantity import parse_time
from skewcheck.tokens.segments import decoded


class Told(NamedTuple):
    """Times in the place of a token's claims."""

    kind: TokenKind
    claims: dict[str, object]
    """`iat`, `nbf`, `exp`, as JSON would have them; `iss`."""
    header: dict[str, str]
    found_in: str
    detail: str | None = None
    repeated: dict[str, list[object]] = {}  # noqa: RUF012 - never written to
    """All values of a time that has more than one."""
    taken_until_s: float | None = None
    """Until when its server takes it, though it asks for less; Unix seconds."""
    inactive: bool = False
    """An introspection says so of it (RFC 7662 §2.2), whatever its times are."""

    def __repr__(self) -> str:
        """Show no claim."""
        return f"Told({self.kind})"


class Beside(NamedTuple):
    """What stands beside a token."""

    deadline_s: float | None = None
    """Unix seconds: when a client that keeps a time of day takes it for dead."""
    deadline_name: str | None = None
    """Where that can't be told, because it names no zone, the name stands alone."""
    host: str | None = None
    """The host that it was sent to, as it was written: small letters would hide a key."""
    written_at_s: float | None = None
    """When a reply's `Date` or a log's line says that it was, Unix seconds."""
    inactive: bool = False
    """An introspection's answer, which says nothing else of a token that is dead (RFC 7662 §2.2)."""
    issued_at_s: float | None = None
    """When a response says that its token was issued, Unix seconds."""


# --- Claims without a token ---

_TIME = (
    r"(?<![\w-])([\"']?)((?i:iat|nbf|exp))\1[ \t]{0,8}(?:[:=]>?|\||\t)\s{0,8}"
    r"(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)|"
    r"([\"']?)(-?\d{1,20}(?:\.\d{1,9})?(?:[eE][+-]?\d{1,3})?)\4)(?![\w.]|-\d)"
)
"""A number; a time of day only where nothing quotes it, for in quotes it is a text, which verifiers refuse."""
_INACTIVE = r"(?<![\w-])([\"']?)active\1[ \t]{0,8}[:=]>?\s{0,8}[Ff]alse\b"
_INACTIVE_ALONE = r"\{\s{0,40}([\"'])active\1\s{0,8}(?::|=>)\s{0,8}[Ff]alse\s{0,40}\}"
_WORD = r"(?<![\w-])[\"'](iss|alg|typ|kid)[\"'][ \t]{0,8}[:=]>?\s{0,8}([\"'])([^\"'\s]{1,200})\2"
_PLAUSIBLE_S = 1e8
"""1973: what is smaller and stands in no quotes beside no other claim is no time."""
MAX_CLAIMS = 1000


def claims(text: str) -> Told | None:
    """Return the times of claims that were decoded: JSON, Python's repr, a debugger's page, an introspection."""
    every: dict[str, list[object]] = {}
    certain = False
    for count, found in enumerate(re.finditer(_TIME, text)):
        if count >= MAX_CLAIMS:
            break
        number = found[5] or str(_at(found[3]))
        if number == "None":
            continue
        value: object = number if found[4] else int(number) if number.lstrip("-").isdigit() else float(number)
        certain = certain or bool(found[1]) or abs(float(number)) >= _PLAUSIBLE_S
        every.setdefault(found[2].lower(), []).append(value)
    if not every or not (certain or len(every) > 1):
        alone = re.search(_INACTIVE_ALONE, text) is not None
        return Told(TokenKind.CLAIMS, {}, {}, "an introspection's answer") if alone else None
    # as readers of JSON do, the last counts
    times: dict[str, object] = {name: values[-1] for name, values in every.items()}
    repeated = {name: values for name, values in every.items() if any(value != values[0] for value in values)}
    words: dict[str, str] = {}
    for word in re.finditer(_WORD, text):
        words.setdefault(word[1], word[3])
    issuer = {"iss": words.pop("iss")} if "iss" in words else {}
    inactive = re.search(_INACTIVE, text) is not None
    return Told(
        TokenKind.CLAIMS, {**times, **issuer}, words, "claims without a token", repeated=repeated, inactive=inactive
    )


# --- Other things that carry times and are refused for them ---

_CONDITIONS = r"<(?:[\w-]{1,40}:)?Conditions\b[^<>]{0,2000}>"
_CONFIRMATION = r"<(?:[\w-]{1,40}:)?SubjectConfirmationData\b[^<>]{0,2000}>"
_ASSERTION = r"<(?:[\w-]{1,40}:)?Assertion\b[^<>]{0,2000}>"
_PRESIGNED = r"X-(?:Amz|Goog)-Date=(\d{8})T(\d{2})(\d{2})(\d{2})Z"
_FOR = r"X-(?:Amz|Goog)-Expires=(\d{1,7})(?!\d)"
_SIGNED = r"(?<![\w-])(?:sig|Signature)=\S"
_URL_TIME = r"=(\d{10}|\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?Z)?)(?![\w:.-])"
_SINCE, _UNTIL = r"(?<![\w-])st" + _URL_TIME, r"(?<![\w-])(?:se|Expires)" + _URL_TIME
_SIGNATURE = r"(?i)(?<![\w-])signature(?:-input)?[\"']?(?: ?[:=]| +keyid=)"
_CREATED = r"(?<![\w-])(created|expires)=\"?(\d{9,11})(?![\d])"
_EKS_S = 900


def saml(text: str) -> Told | None:
    """Return the times of SAML assertions (Core 2.0, §2.5.1): what their recipient compares with its own clock.

    Each that it holds must be right, so what begins last and what ends first decide.
    """
    if "NotOnOrAfter" not in text and "NotBefore" not in text:
        return None
    conditions = [found[0] for pattern in (_CONDITIONS, _CONFIRMATION) for found in re.finditer(pattern, text)]
    if not conditions:
        return None
    assertions = [found[0] for found in re.finditer(_ASSERTION, text)]
    named = {
        "iat": (max, _attributes(assertions, "IssueInstant")),
        "nbf": (max, _attributes(conditions, "NotBefore")),
        "exp": (min, _attributes(conditions, "NotOnOrAfter")),
    }
    times: dict[str, object] = {name: decisive(all_s) for name, (decisive, all_s) in named.items() if all_s}
    detail = "iat: its IssueInstant, nbf: NotBefore, exp: NotOnOrAfter."
    return Told(TokenKind.SAML, times, {}, "a SAML assertion", detail) if times else None


def presigned(text: str) -> Told | None:
    """Return the times of a presigned URL (AWS Signature Version 4): its date, and the life that it asks for.

    Of others (Azure's shared access signature, CloudFront, older ones of AWS and Google) its end.
    """
    date = re.search(_PRESIGNED, text) if "-Date=" in text else None
    if date is None:
        return _until(text) or _policy(text)
    life = re.search(_FOR, text)
    at_s = _at(f"{date[1][:4]}-{date[1][4:6]}-{date[1][6:]}T{date[2]}:{date[3]}:{date[4]}Z")
    if at_s is None:
        return None
    times: dict[str, object] = {"iat": at_s}
    to_eks = "Action=GetCallerIdentity" in text
    if life is not None or to_eks:
        asked_s = _EKS_S if life is None else int(life[1])
        times["exp"] = at_s + (min(asked_s, _EKS_S) if to_eks else asked_s)
    detail = "iat: its date, exp: the end of the life that it asks for."
    if to_eks:
        detail = f"iat: its date, exp: at most the {_EKS_S // 60} min that EKS takes it for."
        return Told(TokenKind.PRESIGNED, times, {}, "a presigned URL", detail, taken_until_s=at_s + _EKS_S)
    return Told(TokenKind.PRESIGNED, times, {}, "a presigned URL", detail)


def _until(text: str) -> Told | None:
    if re.search(_SIGNED, text) is None:
        return None
    named = {"nbf": re.search(_SINCE, text), "exp": re.search(_UNTIL, text)}
    read = {name: _of_url(found[1]) for name, found in named.items() if found}
    times: dict[str, object] = {name: at_s for name, at_s in read.items() if at_s is not None}
    return Told(TokenKind.PRESIGNED, times, {}, "a presigned URL") if "exp" in times else None


def _policy(text: str) -> Told | None:
    """Return the times of a policy of CloudFront, in a URL or a cookie: base64 with characters of its own."""
    found = re.search(r"(?<![\w])Policy=([\w~-]{16,8000})", text) if "Policy=" in text else None
    if found is None:
        return None
    written = (decoded(found[1].rstrip("_").replace("~", "_")) or b"").decode("latin-1")
    named = (("nbf", "DateGreaterThan"), ("exp", "DateLessThan"))
    pattern = r'"%s"\s{0,8}:\s{0,8}\{\s{0,8}"AWS:EpochTime"\s{0,8}:\s{0,8}(\d{10})\b'
    times: dict[str, object] = {name: int(at[1]) for name, key in named if (at := re.search(pattern % key, written))}
    return Told(TokenKind.PRESIGNED, times, {}, "a policy of CloudFront") if "exp" in times else None


def _of_url(written: str) -> float | None:
    """Return a time that may lack its seconds or its time of day (Azure Storage, Create a service SAS)."""
    if written.isdigit():
        return float(written)
    day, _, clock = written.rstrip("Z").partition("T")
    return _at(f"{day}T{clock or '00:00'}{'' if clock.count(':') > 1 else ':00'}Z")


def signature(text: str) -> Told | None:
    """Return the times of an HTTP message's signature (RFC 9421 §2.3, and its drafts)."""
    if "created=" not in text or re.search(_SIGNATURE, text) is None:
        return None
    times: dict[str, object] = {}
    for found in re.finditer(_CREATED, text):
        times.setdefault("iat" if found[1] == "created" else "exp", int(found[2]))
    detail = "iat: its created, exp: its expires."
    return Told(TokenKind.SIGNATURE, times, {}, "a signature's header", detail) if times else None


def _attributes(tags: list[str], name: str) -> list[float]:
    pattern = re.compile(rf"\b{name}\s{{0,8}}=\s{{0,8}}[\"']([^\"']{{1,40}})[\"']")
    # all are UTC (Core 2.0, §1.3.3), so some write no zone
    written = [found[1] for tag in tags if (found := pattern.search(tag))]
    times = [_at(each) or _at(f"{each}Z") for each in written]
    return [at_s for at_s in times if at_s is not None]


def _at(written: str) -> float | None:
    """Return a time in Unix seconds; None where it is none, or names no zone."""
    try:
        return parse_time(written)
    except ValueError:
        return None


# --- What stands beside a token ---

_DEADLINE = (
    r"(?i)(?<![\w-])(?:access_?)?"
    r"((?:token_?)?(?:expiry(?:_?(?:date|time))?|expires(?:_?(?:at|on))?|expiration(?:_?timestamp)?))"
    r"[\"']{0,2}[ \t]{0,8}[:=]\s{0,8}[\"']?"
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:?\d\d)?|\d{10}(?:\.\d{1,9})?(?!\d)|\d{13}(?!\d))"
)
_UNREAD = (
    r"(?i)[\"'](%s)[\"'][ \t]{0,8}:[ \t\n]{0,40}"
    r"(?!null\b|[\"']?\d{1,12}(?:\.\d{1,9})?(?:[\"'\s,}]|\Z))(?=[^\s,}])"
)
_MILLISECONDS = 1e11
"""A number of this size counts milliseconds."""
_ISSUED = r"(?i)[\"'](?:created|issued)_?at[\"'][ \t]{0,8}:\s{0,8}[\"']?(\d{10}(?:\.\d{1,9})?|\d{13})(?![\d.])"
_HOST = r"(?im)^[<>*\s]{0,8}host:[ \t]{0,4}([\w.-]{4,100})"
_URL_HOST = r"https?://((?:api|login|apps)\.[\w.-]{4,100})"
_DATE = r"(?im)^[<>*\s]{0,8}date:[ \t]{0,4}([a-z]{3}, \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d gmt)"
_STAMP = r"(?m)^[\[\"]?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.]\d{1,9})?(?:Z|[+-]\d\d:?\d\d))"


def beside(text: str) -> Beside:
    """Return what stands beside a token in *text*."""
    # patterns are compiled where they are needed: a start pays for none of the others
    lower = text.lower()
    deadline = re.search(_DEADLINE, text) if "expir" in lower else None
    named = deadline
    if deadline is None and "expires" in lower:
        named = re.search(_UNREAD % ("expires_?in" if re.search("expires_?in", lower) else "expires"), text)
    host = re.search(_HOST, text) if "host:" in lower else None
    host = host or (re.search(_URL_HOST, text) if "://" in lower else None)
    at_s = None
    if deadline:
        at_s = _at(deadline[2]) if "-" in deadline[2] else float(deadline[2])
        at_s = at_s / 1e3 if at_s is not None and at_s >= _MILLISECONDS else at_s
    # of several objects it may be another's, as a user's
    issued = re.search(_ISSUED, text) if "ed_at" in lower and text.count("{") == 1 else None
    issued_s = None if issued is None else float(issued[1])
    return Beside(
        at_s,
        named[1] if named else None,
        host[1].rstrip(".") if host else None,
        _written_at(text) if ":" in text else None,
        "active" in lower and re.search(_INACTIVE_ALONE, text) is not None,
        issued_s / 1e3 if issued_s is not None and issued_s >= _MILLISECONDS else issued_s,
    )


def _written_at(text: str) -> float | None:
    import calendar
    import time

    date = re.search(_DATE, text) if " gmt" in text.lower() else None
    if date:
        try:
            return float(calendar.timegm(time.strptime(date[1], "%a, %d %b %Y %H:%M:%S %Z")))
        except ValueError:
            return None
    stamp = re.search(_STAMP, text)
    return _at(stamp[1]) if stamp else None
