"""Tokens as people have them: in base64, as claims, in an error message, several at once, with a deadline beside."""

import base64
import json

import pytest
from measurements import NOON
from pasted_cases import OPAQUE, b64, deflated, eks, expired, http, iso, jwt, live, saml, serialised
from token_cases import OFFLINE, asked, assuming, facts, found, judged, lead

from skewcheck.judge.risk import Judged
from skewcheck.model import Status, TokenKind
from skewcheck.tokens.claims import read
from skewcheck.tokens.find import find

OK, WARNING, CRITICAL, UNKNOWN = Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN
RIGHT = assuming(0.0, 0.0)
NOW = int(NOON)


def pasted(text: str, pick: int = 1, **more: object) -> Judged:
    """Return *text* judged at noon by a right clock."""
    token = find(text, pick)
    assert token is not None
    obtained_s = more.pop("obtained_at_s", None)
    about = read(token)._replace(obtained_at_s=obtained_s)  # type: ignore[arg-type]
    return judged(about, asked(RIGHT, **more))


def encoded(text: str) -> str:
    """Return *text* in base64 as most tools write it."""
    return base64.b64encode(text.encode()).decode()


WRAPPED = {
    "a secret": "data:\n  token: " + encoded(expired(NOW)),
    "a bare word": encoded(expired(NOW)),
    "lines of 76": base64.encodebytes(expired(NOW).encode()).decode(),
    "base64 of base64": encoded(encoded(expired(NOW))),
    "thrice, in lines": base64.encodebytes(encoded(encoded(expired(NOW))).encode()).decode(),
    "docker's auth": json.dumps({"auths": {"r.example": {"auth": encoded("oauth2accesstoken:" + expired(NOW))}}}),
    "twice": encoded(json.dumps({"auths": {"r.example": {"auth": encoded("user:" + expired(NOW))}}})),
    "a response": encoded(json.dumps({"access_token": expired(NOW), "expires_in": 3600})),
    "a JWS in JSON": serialised(expired(NOW)),
    "EKS": eks(NOW, 3660, 60),
    "SAML, posted": "SAMLResponse=" + encoded(saml(NOW, -3900)).replace("+", "%2B").replace("=", "%3D"),
    "SAML, redirected": "https://sp.example/acs?SAMLResponse=" + deflated(saml(NOW, -3900)) + "&RelayState=x",
    "SAML": saml(NOW, -3900),
    "a presigned URL": "https://b.s3.amazonaws.com/k?X-Amz-Date=20270115T105900Z&X-Amz-Expires=60&X-Amz-Signature=00ff",
    "Azure's": f"https://a.example/c?st=2027-01-15T09%3A00Z&se={iso(NOW - 3600).replace(':', '%3A')}&sig=a%3D",
    "CloudFront's": f"https://d.cloudfront.net/x?Expires={NOW - 3600}&Signature=abc__&Key-Pair-Id=K",
    "CloudFront's policy": "Cookie: CloudFront-Policy=" + base64.b64encode(
        json.dumps({"Statement": [{"Condition": {"DateLessThan": {"AWS:EpochTime": NOW - 3600}}}]}).encode()
    ).decode().translate({43: "-", 61: "_", 47: "~"}) + "; CloudFront-Signature=a_",
    "SAML without a zone": saml(NOW, -3900).replace('Z"', '"'),
    "Ruby's": f'{{"exp"=>{NOW - 3600}, :iat=>{NOW - 7200}}}',
    "a table": f"| claim | value |\n| iat | {NOW - 7200} |\n| exp | {NOW - 3600} |",
    "a signature": f'Signature-Input: sig1=("@method");created={NOW - 3700};expires={NOW - 3600};keyid="k"',
    "claims": json.dumps({"exp": NOW - 3600, "iat": NOW - 7200, "sub": "eve"}, indent=2),
    "a repr": f"Invalid token: {{'aud': '', 'exp': {NOW - 3600}, 'iat': {NOW - 3900}, 'sub': 'eve'}}",
    "two panes": f'{{"alg": "RS256",\n "typ": "JWT"}}\n\n{{"sub": "1", "iat": {NOW - 9000}, "exp": {NOW - 3600}}}',
    "an introspection": json.dumps({"active": True, "client_id": "c", "iat": NOW - 9000, "exp": NOW - 3600}),
    "expiry": json.dumps({"token": "ya29.demodemodemodemodemodemo", "expiry": iso(NOW - 3600)}),
    "expires": json.dumps({"access_token": OPAQUE, "expires": NOW - 3600}),
    "created_at": json.dumps({"access_token": OPAQUE, "expires_in": 7200, "created_at": NOW - 10800}),
    "issued_at": json.dumps({"access_token": OPAQUE, "expires_in": "3600", "issued_at": f"{NOW - 7200}000"}),
    "TOKEN_EXPIRES": f"TOKEN={OPAQUE}\nTOKEN_EXPIRES={NOW - 3600}",
    "Python's repr of a deadline": f"Credentials(token='{OPAQUE}', expiry=datetime.datetime(2027, 1, 15, 11, 0, "
    "tzinfo=datetime.timezone.utc))",
    "Python's repr of claims": "{'exp': datetime.datetime(2027, 1, 15, 11, 0, tzinfo=<UTC>), 'iat': 1800000000}",
    "YAML": "iat: 2027-01-15T09:00:00Z\nexp: 2027-01-15T11:00:00Z\n",
    "capitals": f"Iat: {NOW - 7200}\nExp: {NOW - 3600}",
    "tabs": f"iat\t{NOW - 7200}\tFri Jan 15 2027\nexp\t{NOW - 3600}\tFri Jan 15 2027",
    "expires_at": json.dumps({"access_token": OPAQUE, "expires_at": NOW - 3600}),
    "expiresAt": json.dumps({"accessToken": OPAQUE, "expiresAt": (NOW - 3600) * 1000}),
    "expirationTimestamp": json.dumps({"status": {"expirationTimestamp": iso(NOW - 3600), "token": "a1" * 20}}),
    "expiry_date": json.dumps({"access_token": OPAQUE, "refresh_token": "b2" * 20, "expiry_date": (NOW - 3600) * 1000}),
    "tokenExpiryTime": json.dumps({"accessToken": OPAQUE, "tokenExpiryTime": (NOW - 3600) * 1000}),
}  # fmt: skip
"""Each expired an hour ago."""


@pytest.mark.parametrize("name", WRAPPED)
def test_what_expired_an_hour_ago_is_found_to_have(name: str) -> None:
    """However it is wrapped, and wherever its end stands: by the right finding, and by an hour."""
    told = pasted(WRAPPED[name])
    assert lead(told).id == "token-expired"
    assert lead(told).status is CRITICAL
    assert facts(told, "token-expired")["left_high_s"] == -3600


def test_a_deadline_without_a_zone_is_not_guessed() -> None:
    """Neither over nor to come: nobody knows which time of day it is."""
    told = pasted(json.dumps({"accessToken": OPAQUE, "expiresOn": iso(NOW + 1800).rstrip("Z")}))
    assert (lead(told).id, lead(told).status) == ("deadline-unread", UNKNOWN)
    assert facts(told, "deadline-unread")["name"] == "expiresOn"
    assert lead(judged(told.part.token, OFFLINE)).id == "deadline-unread"
    shown = f"Credentials(token='{OPAQUE}', expiry=datetime.datetime(2027, 1, 15, 11, 0, 12, 123456))"
    assert lead(pasted(shown)).id == "deadline-unread"


def test_when_a_user_was_created_is_not_when_a_token_was() -> None:
    """Of a response with several objects nobody knows whose time that is."""
    user = {"user": {"created_at": NOW - 90 * 86400}}
    assert "token-expired" not in found(pasted(json.dumps({"access_token": OPAQUE, "expires_in": 7200} | user)))


def test_a_date_alone_is_no_lifetime() -> None:
    """Its year counts no seconds: an end that names a day has no time that is known."""
    assert find("iat: 2027-01-15\nexp: 2027-01-16\n") is None
    assert find("iat: 2027-13-45T11:00:00Z\nexp: 2027-13-46T11:00:00Z\n") is None


@pytest.mark.parametrize(
    ("told_by", "name"),
    [({"expires_in": -30}, "expires_in"), ({"expires_in": "3600s"}, "expires_in"),
     ({"expires": "Sat, 28 Nov 2026 18:00:00 GMT"}, "expires"), ({"expires_in": 3600}, None),
     ({"expires_in": "3600", "expires": "soon"}, None), ({"expires_in": None}, None)],
)  # fmt: skip
def test_an_end_that_can_not_be_read_is_not_dropped(told_by: dict[str, object], name: str | None) -> None:
    """What stands where the end should is named, and nothing is called ok; what is readable or null is none."""
    told = pasted(json.dumps({"access_token": OPAQUE, **told_by}))
    assert ("deadline-unread" in found(told)) == (name is not None)
    if name:
        assert (facts(told, "deadline-unread")["name"], told.part.status) == (name, UNKNOWN)


def test_what_is_not_looked_into_is_said() -> None:
    """Base64 of a text without times is no word of Genesys Cloud's; a token that can be one of theirs is."""
    of_text = read(find(encoded("a user of this name: and a word that is long")))  # type: ignore[arg-type]
    assert of_text.kind is TokenKind.OPAQUE
    assert not of_text.genesys_form
    assert read(find(OPAQUE)).genesys_form  # type: ignore[arg-type]
    assert not read(find("ya29.demodemodemodemodemodemo12")).genesys_form  # type: ignore[arg-type]


def test_an_opaque_token_over_lines() -> None:
    """Broken where a terminal breaks it, it is one; two of one length are two."""
    whole, broken = find(OPAQUE), find(f"{OPAQUE[:60]}\n{OPAQUE[60:]}")
    assert whole is not None
    assert broken is not None
    assert broken.secret.reveal() == whole.secret.reveal()
    two = find(f"{OPAQUE}\n{OPAQUE[::-1]}")
    assert two is not None
    assert two.others == 1


@pytest.mark.parametrize("text", [f"{expired(NOW)}\n{live(NOW)}", f"{live(NOW)}\n{expired(NOW)}"])
def test_the_newest_of_several_leads(text: str) -> None:
    """Wherever it stands; the other is told of, and --pick reads it."""
    told = pasted(text)
    assert found(told)["token-valid"] is OK
    assert facts(told, "token-other")["state"] == "expired"
    assert (told.part.token.picked, len(told.part.token.listed)) == (1, 2)
    assert lead(pasted(text, 2)).id == "token-expired"
    assert find(text, 3) is None


def test_an_access_token_leads_and_a_dead_refresh_token_warns() -> None:
    """Also where an id token is newer."""
    newer = jwt(iat=NOW - 5, exp=NOW + 60)
    told = pasted(json.dumps({"id_token": newer, "access_token": live(NOW), "refresh_token": expired(NOW)}))
    assert told.part.token.exp.value_s == NOW + 3540
    assert (lead(told).id, lead(told).status) == ("token-other", WARNING)
    assert facts(told, "token-other")["named"] in {"refresh_token", "id_token"}
    assert found(told)["token-valid"] is OK
    alive = pasted(json.dumps({"access_token": live(NOW), "refresh_token": live(NOW - 9)}))
    assert lead(alive).status is OK


def test_exp_that_is_a_duration() -> None:
    """No expiry of 1970; what the issuer must do is said."""
    for lifetime in (600, 3600, 86400):
        told = pasted(jwt("ES256", iss="demo", exp=lifetime))
        assert facts(told, "token-duration")["lifetime_s"] == lifetime
        assert (lead(told).id, lead(told).status) == ("token-duration", CRITICAL)
        assert "token-expired" not in found(told)


@pytest.mark.parametrize(("before_s", "warns"), [(1, False), (2, True), (1.5, True), (90, True), (-5, False)])
def test_obtained_before_it_was_issued(before_s: float, warns: bool) -> None:
    """One of the two clocks was off then by at least that, where whole seconds don't explain it."""
    told = pasted(jwt(iat=NOW - 100, exp=NOW + 300), obtained_at_s=float(NOW - 100 - before_s))
    assert ("token-obtained-early" in found(told)) is warns
    if warns:
        assert facts(told, "token-obtained-early")["apart_s"] == before_s
        assert lead(told).status is WARNING


def test_a_local_time_leads_before_all_that_follows_from_it() -> None:
    """Written as UTC and five hours off: neither that it was obtained before, nor that it expired, is the answer."""
    for ahead_s in (5 * 3600, -5 * 3600):
        told = pasted(jwt(iat=NOW + ahead_s, exp=NOW + ahead_s + 3600), obtained_at_s=float(NOW))
        assert lead(told).id == "token-zone"
        assert "token-obtained-early" not in found(told)


CURL = (
    "> GET /api/v2/users/me HTTP/2\n> Host: api.mypurecloud.ie\n> Authorization: Bearer {}\n>\n< HTTP/2 401\n"
    "< date: {}\n<\n{{\"code\":\"bad.credentials\",\"status\":401}}"
)  # fmt: skip


def test_what_curl_shows() -> None:
    """The token, what the API said, whom it was sent to, and when that was."""
    told = pasted(CURL.format(OPAQUE, http(NOW - 86400)))
    token = told.part.token
    assert (token.kind, token.host, token.written_at_s) == (TokenKind.OPAQUE, "api.mypurecloud.ie", NOW - 86400)
    assert (lead(told).id, lead(told).status) == ("genesys-credentials", UNKNOWN)
    then = facts(told, "token-then")
    assert (then["then_at_s"], then["state"]) == (NOW - 86400, "no-times")  # --at could judge nothing


@pytest.mark.parametrize(("ago_s", "state"), [(7300, "early"), (5000, "valid"), (3500, "expired")])
def test_a_paste_that_carries_its_own_time(ago_s: int, state: str) -> None:
    """It says what the token was then; today it is judged as of today."""
    told = pasted(f"{iso(NOW - ago_s)} ERROR 401 Bearer {expired(NOW)}")
    assert facts(told, "token-then")["state"] == state
    assert lead(told).id == "token-expired"


@pytest.mark.parametrize(("ago_s", "id_", "status"), [(5000, "token-valid", OK), (3500, "token-expired", CRITICAL)])
def test_as_of_another_time(ago_s: int, id_: str, status: Status) -> None:
    """`--at` judges by that time alone: no clock has a part in it, and nothing is advised."""
    token = find(expired(NOW))
    assert token is not None
    told = judged(read(token), asked(OFFLINE, offline=False, at_s=float(NOW - ago_s)))
    assert (lead(told).id, lead(told).status) == (id_, status)
    assert told.part.judged_by == "at"
    assert (told.part.risks, told.part.recommended) == ((), None)
    assert facts(told, "token-as-of") == {"as_of_at_s": NOW - ago_s, "today": "expired"}


@pytest.mark.parametrize(("text", "status"), [(live(NOW), OK), (expired(NOW), CRITICAL), (saml(NOW), CRITICAL)])
def test_offline_answers(text: str, status: Status) -> None:
    """By this host's clock, as the user said."""
    token = find(text)
    assert token is not None
    assert lead(judged(read(token), OFFLINE)).status is status


@pytest.mark.parametrize(
    ("text", "id_", "status", "facts_"),
    [
        (
            "Token used too early, 1691058380 < 1691058403. Check that your computer's clock is set correctly.",
            "message-early", WARNING, {"apart_s": 23, "spread_s": 1, "checker_at_s": 1691058380, "cure_s": 24},
        ),
        ("JWT not active yet, now 1642051718, nbf 1642051719", "message-early", WARNING, {"apart_s": 1, "cure_s": 2}),
        (
            f'Token used too early, {NOW} < {NOW + 26}: {{"email":"eve@example.org","iat":{NOW + 326}}}',
            "message-early", WARNING, {"apart_s": 326, "leeway_taken_s": 300},
        ),
        (
            "IDX10223: ValidTo (UTC): '11/6/2022 12:00:00 PM', Current time (UTC): '11/6/2022 12:06:02 PM'",
            "message-expired", WARNING, {"apart_s": 362, "allowed_s": 300, "beyond_s": 62},
        ),
        (
            "Signature expired: 20221106T115500Z is now earlier than 20221106T120012Z (20221106T121512Z - 15 min.)",
            "message-late", WARNING, {"apart_s": 1212, "allowed_s": 900, "checker": "server"},
        ),
        (
            '{"message":"Retry the request in [33] seconds","code":"too.many.requests"}', "genesys-rate-limit", WARNING,
            {"wait_s": 33},
        ),
        (
            "current time 2022-11-06T12:00:00Z is after 2022-11-05T12:00:00Z", "message-expired", WARNING,
            {"apart_s": 86400, "checker": "host", "certificate": True},
        ),
        ('{"message":"Invalid login credentials.","code":"bad.credentials"}', "genesys-credentials", UNKNOWN, {}),
        ("Clock skew too great", "message-no-times", UNKNOWN, {"kind": "clock-skew"}),
        ("Token used too early, 1691058403 < 1691058380", "message-no-times", UNKNOWN, {"kind": "contradictory"}),
        (
            "IDX10223: ValidTo: '01/03/2026 23:59:58', Current time: '02/03/2026 00:05:05'", "message-no-times",
            UNKNOWN,
            {"kind": "two-readings", "month_first_s": 30 * 86400 + 307, "day_first_s": 307},
        ),
        (
            "IDX10223: ValidTo: '01/03/2026 12:00:00', Current time: '01/03/2026 12:05:05'", "message-expired",
            WARNING,
            {"apart_s": 305, "month_first_at_s": 1767441905, "day_first_at_s": 1772366705},
        ),
    ],
)  # fmt: skip
def test_an_error_message_in_the_place_of_a_token(
    text: str, id_: str, status: Status, facts_: dict[str, object]
) -> None:
    """Whose clock, by how much and when; none of its numbers is held against today's clock, and nothing is advised."""
    told = pasted(text)
    assert told.part.token.kind is TokenKind.MESSAGE
    assert (lead(told).id, lead(told).status) == (id_, status)
    assert facts_.items() <= facts(told, id_).items()
    assert (told.part.moments, told.part.risks, told.part.recommended) == ((), (), None)
    assert "eve" not in repr(told)


def test_an_end_that_a_message_quotes_is_none_of_a_token() -> None:
    """What a message names is held against its own clock, and never against today's."""
    told = pasted("The token is expired. Token expiration: 2026-03-01T12:00:00Z. Current time: 2026-03-01T12:10:00Z")
    assert (lead(told).id, facts(told, "message-expired")["apart_s"]) == ("message-expired", 600)


def test_several_error_messages() -> None:
    """Each kind is told of, and the leeway takes the worst of its kind."""
    early = "Token used too early, 1691058380 < {}"
    told = pasted("\n".join([early.format(1691058403), early.format(1691058999), "token is expired by 6m2s"]))
    assert [finding.id for finding in told.findings if finding.id.startswith("message")] == [
        "message-early", "message-expired",
    ]  # fmt: skip
    assert {"cure_s": 620, "messages": 2}.items() <= facts(told, "message-early").items()


def test_a_url_whose_end_names_a_day_alone() -> None:
    """Azure takes it for the day's begin, in UTC; without a signature it is no such URL, and another name no end."""
    told = pasted("https://a.example/c?sv=2022-11-02&se=2027-01-15&sr=c&sig=00ff")
    assert facts(told, "token-expired")["claim_at_s"] == NOW - NOW % 86400
    for other in ("?se=2027-01-15", "?sig=00ff&se=soon", "?sig=00ff&st=2027-01-15", "?sig=00ff&se=2027-19-15"):
        assert find("https://a.example/c" + other) is None


@pytest.mark.parametrize("said", ["jwt expired", '{"code":"bad.credentials"}', "Clock skew too great"])
def test_a_message_without_times_takes_nothing_from_a_token(said: str) -> None:
    """A JWT that is valid stays so: what was said beside it is told, and no more."""
    told = pasted(f"{said}: Bearer {live(NOW)}")
    assert (lead(told).status, found(told)["token-valid"]) == (OK, OK)
    assert told.part.token.message is not None


def test_an_assertion_that_is_ahead_is_judged_by_the_one_who_takes_it() -> None:
    """Genesys Cloud allows ten seconds: refused now, taken later."""
    told = pasted(saml(NOW), verifiers=("genesys-saml",))
    (verdict,) = told.part.verifiers
    assert (verdict.accepts_now, lead(told).status) == (False, CRITICAL)
    later = judged(read(find(saml(NOW - 11))), asked(RIGHT, verifiers=("genesys-saml",)))  # type: ignore[arg-type]
    assert later.part.verifiers[0].accepts_now


def test_the_end_of_a_long_text_is_read_and_that_is_said() -> None:
    """Where it was cut there may stand half of a token."""
    token = find(b64(b"half of one") + "\n" + live(NOW), skipped=4 << 20)
    assert token is not None
    told = judged(read(token), RIGHT)
    assert facts(told, "paste-skipped")["size"] == "4 MiB"
    assert found(told)["token-valid"] is OK


def test_the_begin_of_a_listed_token_counts() -> None:
    """One that is issued, or begins, in the future is not called valid, neither beside another nor by --at's today."""
    early = jwt(iat=NOW + 600, nbf=NOW + 600, exp=NOW + 4200)
    told = pasted(json.dumps({"access_token": live(NOW), "id_token": early}))
    assert (facts(told, "token-other")["state"], lead(told).status) == ("early", WARNING)
    assert facts(told, "token-other")["early_s"] == 600
    assert facts(pasted(early, at_s=float(NOW + 900)), "token-as-of")["today"] == "not yet valid"


def test_a_dead_refresh_token_tells_of_the_live_one() -> None:
    """How long the access token lives yet, and that it takes a login; nothing of that where it is dead as well."""
    told = pasted(json.dumps({"access_token": live(NOW), "refresh_token": expired(NOW)}))
    about = facts(told, "token-other")
    assert (about["read"], about["read_left_s"], about["relogin"]) == ("access_token", 3540, True)
    dead = pasted(json.dumps({"access_token": expired(NOW - 9), "refresh_token": expired(NOW)}))
    assert facts(dead, "token-other").get("read_left_s") is None


def test_all_times_of_all_assertions_count() -> None:
    """Conditions and SubjectConfirmationData, of each assertion: what begins last and what ends first decide."""
    tags = (
        f'<saml:Assertion IssueInstant="{iso(NOW - 90)}">'
        f'<saml:SubjectConfirmationData NotOnOrAfter="{iso(NOW - 30)}"/>'
        f'<saml:Conditions NotBefore="{iso(NOW - 90)}" NotOnOrAfter="{iso(NOW + 900)}"/></saml:Assertion>'
    )
    told = pasted(tags)
    assert (lead(told).id, facts(told, "token-expired")["left_high_s"]) == ("token-expired", -30)
    second = f'<Assertion><Conditions NotBefore="{iso(NOW + 60)}" NotOnOrAfter="{iso(NOW + 99)}"/></Assertion>'
    both = pasted(tags.replace(iso(NOW - 30), iso(NOW + 800)) + second).part.token
    assert (both.nbf.value_s, both.exp.value_s) == (NOW + 60, NOW + 99)


def test_the_last_of_several_claims_counts() -> None:
    """As readers of JSON take it, and that there are several is said; the same twice is no news."""
    told = pasted(f'{{"iat":{NOW - 9000},"exp":{NOW + 60},"exp":{NOW - 60}}}')
    assert (lead(told).id, told.part.token.exp.value_s) == ("token-expired", NOW - 60)
    assert facts(told, "token-malformed")["oddity"] == "duplicate-claims"
    assert "token-malformed" not in found(pasted(f'{{"exp":{NOW + 60}}}\n{{"exp":{NOW + 60}}}'))


def test_a_time_with_an_exponent_is_a_time() -> None:
    """What `1.8e9` counts are seconds as well; one that is no finite number is no time and no error."""
    assert pasted('{"iat":1799999000,"exp":1.8e9}').part.token.exp.value_s == 1.8e9
    assert facts(pasted('{"iat":1799999000,"exp":1e999}'), "token-malformed")["oddity"] == "no-time"


def test_an_inactive_token_is_not_valid() -> None:
    """An introspection that calls it inactive is a warning, whatever its times are; an active one is none."""
    said = {"active": False, "iat": NOW - 60, "exp": NOW + 3600}
    told = pasted(json.dumps(said))
    assert (lead(told).status, facts(told, "token-malformed")["oddity"]) == (WARNING, "inactive")
    assert "token-valid" not in found(told)
    assert "token-valid" in found(pasted(json.dumps({**said, "active": True})))


@pytest.mark.parametrize("beside", ["", f"Bearer {OPAQUE}\n", live(NOW) + "\n"], ids=["alone", "opaque", "a JWT"])
def test_what_the_server_says_of_a_token_leads(beside: str) -> None:
    """`{"active": false}` and no more is its answer on a dead token; a user who isn't active is no such thing."""
    told = pasted(beside + '{"active":false}')
    assert facts(told, "token-malformed")["oddity"] == "inactive"
    assert facts(pasted(beside + '{"active"=>false}'), "token-malformed")["oddity"] == "inactive"
    assert (lead(told).id, "token-no-exp" in found(told)) == ("token-malformed", False)
    if beside:
        assert "token-malformed" not in found(pasted(beside + '{"id": 1, "active": false}'))


@pytest.mark.parametrize(
    ("ago_s", "life_s", "id_", "high_s"),
    [
        (1200, 3600, "token-expired", -300),
        (1200, 60, "token-expired", -1140),
        (300, 60, "token-life-over", -240),
        (300, 3600, "token-valid", 600),
    ],
)
def test_eks_goes_by_the_date_alone(ago_s: int, life_s: int, id_: str, high_s: int) -> None:
    """It takes a token for 15 minutes, whatever that asks for; one over by its own life alone is a warning."""
    told = pasted(eks(NOW, ago_s, life_s))
    assert facts(told, id_)["left_high_s"] == high_s
    assert found(told)[id_] is {"token-valid": OK, "token-life-over": WARNING}.get(id_, CRITICAL)
    if id_ == "token-life-over":
        assert facts(told, id_)["still_s"] == 600
        assert "token-expired" not in found(told)


def test_times_that_no_calendar_has() -> None:
    """In a presigned URL, and in the `Date` beside a token: as if they weren't there."""
    assert find("https://b.example/k?X-Amz-Date=20271399T105900Z&X-Amz-Expires=60&X-Amz-Signature=00ff") is None
    told = pasted(f"Date: Sun, 99 Nov 2026 10:00:00 GMT\nAuthorization: Bearer {live(NOW)}")
    assert told.part.token.written_at_s is None


def test_a_paseto_is_another_kind_of_token() -> None:
    """It may hold times that aren't read here, so it isn't called one that holds none."""
    token = pasted("v4.local." + OPAQUE).part.token
    assert (token.kind, token.genesys_form) == (TokenKind.OPAQUE, False)
    assert token.detail != pasted(OPAQUE).part.token.detail
