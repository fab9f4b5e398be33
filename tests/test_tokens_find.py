"""Whatever was copied is understood: the token in it is found as it was issued, and told where it stood."""

import base64
import copy
import json
import pickle
import textwrap
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewcheck.tokens import find as room
from skewcheck.tokens.find import Found, find
from skewcheck.tokens.segments import compact, json_object, signature_is_whole, stretch
from skewcheck.tokens.source import last


def segment(content: object) -> str:
    """Return *content* as a part of a token."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


HEADER = segment({"alg": "HS256", "typ": "JWT"})
PAYLOAD = segment({"iss": "https://login.example", "iat": 1795303224, "exp": 1795306824, "groups": ["a" * 36] * 4})
SIGNATURE = segment(bytes(range(100, 132)))
JWT = f"{HEADER}.{PAYLOAD}.{SIGNATURE}"
OTHER = f"{HEADER}.{segment({'exp': 5})}.{SIGNATURE}"
OPAQUE = "DCl7jJaGx3v0tWc9Qm-2yRk8_ZbN4fHsUoP6eTqLwXiVgAaYdKcMhBnJ1r5uE7SzOpFtIlGkCj_g0Qxy"
"""80 characters of base64url without a dot, as Genesys Cloud issues them."""
UUID = "123e4567-e89b-12d3-a456-426614174000"


def found(pasted: bytes | str) -> Found:
    """Return what is found, which must be something."""
    token = find(pasted)
    assert token is not None
    return token


def wrapped(width: int, between: str = "\n") -> str:
    """Return the token in lines of *width*."""
    return between.join(textwrap.wrap(JWT, width, break_on_hyphens=False))


BARE, LINE, TEXT = "a bare token", "the line that was pasted", "the text that was pasted"
HEADER_LINE, CREDENTIAL = "an Authorization header", "a Bearer credential"
RESPONSE = "an OAuth token response (access_token)"
AS_PASTED = {
    "bare": (JWT, BARE),
    "newline": (JWT + "\n", BARE),
    "crlf": (JWT + "\r\n", BARE),
    "double-quotes": (f'"{JWT}"', BARE),
    "single-quotes": (f"'{JWT}'", BARE),
    "curly-quotes": (f"“{JWT}”", BARE),
    "low-quotes": (f"„{JWT}“", BARE),
    "guillemets": (f"«{JWT}»", BARE),
    "backticks": (f"`{JWT}`", BARE),
    "comma": (f'"{JWT}",', BARE),
    "semicolon": (f"{JWT};", BARE),
    "backslash": (f"{JWT} \\", BARE),
    "zsh-percent": (f"{JWT}%", BARE),
    "byte-order-mark": ("\ufeff" + JWT, BARE),
    "zero-width": (f"{JWT[:30]}\u200b{JWT[30:]}\u200b", BARE),
    "no-break-space": (f"\xa0{JWT}\xa0", BARE),
    "bidi": (f"\u202a{JWT}\u202c", BARE),
    "coloured": (f"\x1b[32m{JWT}\x1b[0m", BARE),
    "json-string": (json.dumps(JWT), BARE),
    "python-bytes": (f"b'{JWT}'", LINE),
    "percent": (JWT.replace(".", "%2E"), BARE),
    "percent-lower": (JWT.replace(".", "%2e"), BARE),
    "bearer": (f"Bearer {JWT}", CREDENTIAL),
    "bearer-lower": (f"bearer {JWT}", CREDENTIAL),
    "dpop": (f"DPoP {JWT}", CREDENTIAL),
    "token-scheme": (f"Token {JWT}", CREDENTIAL),
    "jwt-scheme": (f"JWT {JWT}", CREDENTIAL),
    "header": (f"Authorization: Bearer {JWT}", HEADER_LINE),
    "curl-verbose": (
        f"> GET /api/v2/users/me HTTP/2\n> Host: api.example\n> authorization: Bearer {JWT}\n> accept: */*\n>\n",
        HEADER_LINE,
    ),
    "curl-command": (f"curl -sS -H 'Authorization: Bearer {JWT}' \\\n  https://api.example/v2/me\n", HEADER_LINE),
    "header-in-json": (json.dumps({"headers": {"Authorization": f"Bearer {JWT}"}}), HEADER_LINE),
    "response": (json.dumps({"access_token": JWT, "token_type": "bearer"}), RESPONSE),
    "response-indented": (json.dumps({"id_token": JWT}, indent=4), "an OAuth token response (id_token)"),
    "response-camel": (json.dumps({"accessToken": JWT}), RESPONSE),
    "response-python": (str({"access_token": JWT, "expires_in": 1}), RESPONSE),
    "response-in-json": (json.dumps(json.dumps({"access_token": JWT})), RESPONSE),
    "response-escaped": (f'{{"access_token": "{JWT}"}}'.replace(".", "\\u002e"), RESPONSE),
    "kubernetes": (
        json.dumps({"kind": "ExecCredential", "status": {"expirationTimestamp": "2026-11-22T05:00:00Z", "token": JWT}}),
        "a Kubernetes credential (status.token)",
    ),
    "kubeconfig": (f"users:\n- name: me\n  user:\n    token: {JWT}\n", "a field named token"),
    "set-cookie": (f"Set-Cookie: session={JWT}; Path=/; HttpOnly", "a cookie"),
    "cookie": (f"Cookie: theme=dark; access_token={JWT}", "a cookie (access_token)"),
    "fragment": (f"https://app.example/cb#id_token={JWT}&state=x", "a URL (id_token)"),
    "query": (f"https://app.example/cb?jwt={JWT}", "a URL (token)"),
    "query-other": (f"https://app.example/cb?t={JWT}&u=1", "a URL"),
    "environment": (f"export ACCESS_TOKEN={JWT}", "a form or a setting (access_token)"),
    "encoded-url": (urllib.parse.quote(f"https://a/?access_token={JWT}", safe=""), "a URL (access_token)"),
    "log": (f"2026-11-22T05:00:00Z INFO auth: refused token={JWT} reason=expired", "a field named token"),
    "prose": (f"I was given {JWT}. It does not work.", LINE),
    "brackets": (f"refused [{JWT}]", LINE),
    "html": (f"<td>{JWT}</td>", LINE),
    "terminal-wrap": (wrapped(80), BARE),
    "terminal-wrap-crlf": (wrapped(40, "\r\n"), BARE),
    "wrapped-narrow": (wrapped(7), BARE),
    "spaces": (wrapped(40, " "), BARE),
    "newline-and-indent": (wrapped(40, "\n    "), BARE),
    "shell-continued": (wrapped(40, "\\\n"), BARE),
    "wrapped-header": (f"> authorization: Bearer {wrapped(50)}\n> accept: */*\n", HEADER_LINE),
    "wrapped-response": (f'{{"access_token": "{wrapped(50)}",\n"token_type": "bearer"}}', RESPONSE),
    "mail": (f"Hello,\n> {wrapped(60, chr(10) + '> ')}\n> bye\n", TEXT),
    "mail-twice": (f"Hello,\n>> {wrapped(60, chr(10) + '>> ')}\n>> bye\n", TEXT),
    "quoted-printable": (f"Hello,\n{wrapped(75, '=' + chr(10))}\nbye\n", TEXT),
    "quoted-printable-crlf": (f"Hello,\r\n{wrapped(75, '=' + chr(13) + chr(10))}\r\nbye\r\n", TEXT),
}


@pytest.mark.parametrize("name", AS_PASTED)
def test_the_token_is_found_as_it_was_issued(name: str) -> None:
    """From each form that people paste comes the token itself, not a character more or less, and where it stood."""
    pasted, found_in = AS_PASTED[name]
    token = found(pasted)
    assert token.secret.reveal() == JWT
    assert (token.found_in, token.others) == (found_in, 0)
    assert found(pasted.encode()).secret.reveal() == JWT


def test_utf_16_as_powershell_writes_it() -> None:
    """A file written by `>` in PowerShell is UTF-16 with a mark."""
    assert found(JWT.encode("utf-16")).secret.reveal() == JWT


def test_being_put_together_is_told() -> None:
    """Whoever pasted lines reads that they were joined; a token as it stands needs no remark."""
    assert found(wrapped(100)).detail == f"It was put together from {len(wrapped(100).splitlines())} pieces."
    assert found(JWT).detail is None


@pytest.mark.parametrize("word", ["OK", "done", "$", "token", "eyes.only"])
def test_a_line_behind_a_whole_token_is_not_glued_to_it(word: str) -> None:
    """The header says how long the signature is, so what follows is known not to belong to it."""
    assert found(f"token:\n{JWT}\n{word}\n").secret.reveal() == JWT
    assert found(f"{JWT} {word}").secret.reveal() == JWT


@pytest.mark.parametrize(
    ("pasted", "named"),
    [
        (json.dumps({"refresh_token": OPAQUE, "id_token": OTHER, "access_token": JWT}), "access_token"),
        (json.dumps({"id_token": JWT, "refresh_token": OTHER}), "id_token"),
        (json.dumps({"refresh_token": JWT}), "refresh_token"),
        (f"{OTHER}\n" + json.dumps({"access_token": JWT}), "access_token"),
        (f"https://a/#id_token={OTHER}&access_token={JWT}", "access_token"),
    ],
)
def test_of_several_the_one_to_read_is_named(pasted: str, named: str) -> None:
    """The access token before the ID token before the refresh token, wherever they stand."""
    token = found(pasted)
    assert token.secret.reveal() == JWT
    assert f"({named})" in token.found_in
    assert token.others == pasted.count("eyJhbGci") - 1 + (OPAQUE in pasted)


def test_two_tokens_in_two_lines_are_two() -> None:
    """The begin of a further token is not the end of this one; one that stands there twice is one."""
    token = found(f"{JWT}\n{OTHER}\n{JWT}\n")
    assert (token.secret.reveal(), token.others) == (JWT, 1)


@pytest.mark.parametrize(
    "pasted",
    [
        OPAQUE,
        f'"{OPAQUE}"\n',
        f"Bearer {OPAQUE}",
        f"authorization: Bearer {OPAQUE}",
        json.dumps({"access_token": OPAQUE, "token_type": "bearer", "expires_in": 86399}),
        str({"access_token": OPAQUE, "token_type": "bearer", "expires_in": 86399}),
        f"access_token={OPAQUE}&expires_in=86399",
    ],
)
def test_an_opaque_token_is_found_where_one_must_stand(pasted: str) -> None:
    """A word alone, behind `Bearer`, and under the name that RFC 6749 gives it."""
    token = found(pasted)
    assert token.secret.reveal() == OPAQUE
    assert token.expires_in_s == (86399.0 if "expires_in" in pasted else None)


@pytest.mark.parametrize(
    "token",
    [
        UUID, "gho_16C7e42F292c6912E7710c838347Ae178B4a", "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy",
        "ya29.a0AfH6SMBx7Qq0Zr0r3tJ1mZ5v9kX8yW2bN4cD6eF",
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9bg_X",
        "0123456789abcdef0123456789abcdef",
    ],
)  # fmt: skip
def test_opaque_tokens_of_many_houses(token: str) -> None:
    """A single word that looks random is taken for what it was pasted as."""
    assert found(token).secret.reveal() == token
    assert found(f"{token}\n").found_in == "a bare token"


@pytest.mark.parametrize(
    "text",
    [
        "", " \n", "hello", "This is a sentence of prose, and it holds no token.",
        "The bearer of this token: expired yesterday.", "Bearer authentication is required, access_token: required",
        '{"error": "invalid_grant", "error_description": "the token has expired"}',
        '{"token": "Your token has expired", "access_token": ""}', '{"access_token": null, "expires_in": 3600}',
        'WWW-Authenticate: Bearer realm="example", error="invalid_token"',
        "Authorization: Basic dXNlcjpwYXNzd29yZDEyMzQ1Njc4OTA=", "api.mypurecloud.com", "login.euw2.pure.cloud",
        "https://api.mypurecloud.com/api/v2/users/me", "/var/run/secrets/kubernetes.io/serviceaccount/token",
        "token.jwt", "2026-11-22T05:00:00Z", "1795303224", "12345678901234567890123",
        "supercalifragilisticexpialidocious", "eyJ", "eyes eyJustLikeThis",
    ],
)  # fmt: skip
def test_what_is_no_token_is_none(text: str) -> None:
    """Prose, names, paths, numbers and errors aren't called a token."""
    assert find(text) is None
    assert find(text.encode()) is None


@pytest.mark.parametrize(
    ("response", "expires_in_s"),
    [
        ('{"access_token":"@","expires_in":3600}', 3600.0),
        ('{"access_token":"@","expires_in":"3600"}', 3600.0),
        ("{'access_token': '@', 'expires_in': 299}", 299.0),
        ('{"expires_in": 59.5, "access_token": "@"}', 59.5),
        ("#access_token=@&expires_in=3600&state=1", 3600.0),
        ('{"accessToken":"@","expiresIn":3600}', 3600.0),
        ('{"access_token":"@","refresh_expires_in":1800,"ext_expires_in":7}', None),
        ('{"access_token":"@","expires_in":null}', None),
        ('{"access_token":"@","expires_in":-1}', None),
        ('{"refresh_token":"@","expires_in":3600}', None),
    ],
)
def test_the_lifetime_of_the_response_is_the_access_tokens(response: str, expires_in_s: float | None) -> None:
    """`expires_in` in every way it is written; no other claim that ends like it, and not for a refresh token."""
    assert found(response.replace("@", OPAQUE)).expires_in_s == expires_in_s


@pytest.mark.parametrize("length", [1023, 1024, 4095, 4096])
@pytest.mark.parametrize("before", ["", "Authorization: Bearer ", '{"access_token":"'])
def test_a_paste_that_the_terminal_cut_is_named(length: int, before: str) -> None:
    """What ends in the middle, exactly where a terminal cuts, is told to be cut there, and what to do."""
    long = f"{HEADER}.{segment({'exp': 5, 'groups': ['a' * 36] * 300})}.{SIGNATURE}"
    detail = found((before + long)[:length] + "\n").detail
    assert detail == (
        f"It ends after {length} characters, which is where a terminal cuts a pasted line: give it by a file or a pipe."
    )


def test_a_whole_token_of_that_length_is_not_called_cut() -> None:
    """The length alone proves nothing: a token with all its parts is whole."""
    payload = segment(b'{"a":"%s"}' % (b"a" * (((4095 - len(HEADER) - 45) * 3) // 4 - 8)))
    token = f"{HEADER}.{payload}.{SIGNATURE}"
    assert len(token) in {4094, 4095}
    assert found(token).detail is None
    assert found(f"{token}{' ' * (4095 - len(token))}").detail is None


@pytest.mark.parametrize("mark", ["...", "…", "***", "<redacted>", "[REDACTED]", "********"])
@pytest.mark.parametrize("at", [10, len(HEADER) + 1, len(HEADER) + 30, len(JWT) - 20])
def test_what_was_taken_out_stays_one_token(mark: str, at: int) -> None:
    """The two ends around a mark are one token, not two, and the mark stays in sight of whoever judges it."""
    token = found(f"refused: {JWT[:at]}{mark}{JWT[-4:]} (expired)")
    assert token.secret.reveal() == f"{JWT[:at]}{mark}{JWT[-4:]}"
    assert token.others == 0


def test_a_redacted_response_is_found_for_its_lifetime() -> None:
    """Documentation and tickets hold responses whose token was taken out: the lifetime is still worth reading."""
    token = found("{'access_token': 'DCl7jJaG…**…_g0Q', 'token_type': 'bearer', 'expires_in': 86399}")
    assert (token.secret.reveal(), token.expires_in_s) == ("DCl7jJaG…**…_g0Q", 86399.0)


@settings(max_examples=60)
@given(
    before=st.sampled_from(["", "Bearer ", "token=", '{"access_token": "', "Cookie: s=", "> authorization: bearer "]),
    width=st.integers(12, 200),
    line_break=st.sampled_from(["\n", "\r\n", "\n> ", "=\n", "\\\n", "\n  "]),
    after=st.sampled_from(["", "\n", '"}', "\nOK\n", "\nHost: example\n", " \\\n"]),
    group_count=st.integers(0, 60),
)
def test_any_wrapping_in_any_place_is_undone(
    before: str, width: int, line_break: str, after: str, group_count: int
) -> None:
    """Wherever a token of whatever length stands and however it was wrapped, it comes out whole."""
    token = f"{HEADER}.{segment({'exp': 1795306824, 'groups': ['0f' * 16] * group_count})}.{SIGNATURE}"
    broken = line_break.join(token[at : at + width] for at in range(0, len(token), width))
    assert found(before + broken + after).secret.reveal() == token


def test_nothing_that_holds_a_token_shows_it() -> None:
    """Neither a repr, as a traceback has it, nor a copy: whoever holds it is the only one."""
    held = (stretch(JWT, 0, lenient=False, spaced=False), compact(JWT), json_object(PAYLOAD), last(JWT), found(JWT))
    assert not any(part in repr((*held, *room._candidates(JWT))) for part in JWT.split("."))
    for copied in (copy.copy, pickle.dumps):
        with pytest.raises(TypeError):
            copied(found(JWT).secret)


def test_where_a_token_ends() -> None:
    """One that has all its parts takes no word of the next line along; where none begins there is none."""
    whole = JWT[:-20]
    apart = stretch(f"{whole}\nabc\n", 0, lenient=False, spaced=False)
    assert apart is not None
    assert (apart.text, apart.pieces) == (whole, 1)
    assert stretch(" ", 0, lenient=False, spaced=False) is None
    assert signature_is_whole("RS999", 10) is None
