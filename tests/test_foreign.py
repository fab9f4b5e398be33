"""Foreign text: what a server or a token says is shown, the secrets in it are not, and nothing in it moves a screen."""

import unicodedata

import pytest
from bench.judges import check_commands_nothing
from bench.patience import hold_linear, repeated
from bench.secrets import KNOWN, RANDOM, made, pieces
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skewcheck import foreign
from skewcheck.visible import MAX_SHOWN, visible

JWT = made("jwt")
UUID = "3f2b8c1e-9a4d-4e57-8b60-1c2d3e4f5a6b"
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)
URL_LIKE = st.lists(
    st.sampled_from(["https:", "http:", "/", "//", "\\", "@", ":", "?", "#", ";", "=", "%40", "%3A", "h.example", " "]),
    max_size=14,
).map("".join)  # fmt: skip


@pytest.mark.parametrize(
    ("issuer", "shown"),
    [
        ("user:password@host//realm", "…@host//realm"),
        ("https:user:password@host", "https:…@host"),
        (r"https:\\user:password@host", r"https:\\…@host"),
        ("see https://user:password@host", "…@host"),
        ("https://user%3Apassword%40host/x", "https://…@host/x"),
        ("https://first.last:pass/word@login.example/x", "https://…@login.example/x"),
        ("https://login.example/x:y@z", "https://…@z"),
        ("login.example/realm?client_secret=secret", "login.example/realm?…"),
        ("mailto:jane?token=secret", "mailto:jane?…"),
        ("login.example#secret", "login.example#…"),
        ("https://login.example?next=https://a@b", "https://login.example?…"),
        ("https://login.example/a;k=secret/b;c?d", "https://login.example/a;…/b;…"),
        ("https://login.example/password=secret", "https://login.example/password=…"),
        ("https://login.example/@tenant/x", "https://login.example/@tenant/x"),
        (f"https://login.example/{UUID}/v2.0", f"https://login.example/{UUID}/v2.0"),
        ("https://dev-1.okta.com/oauth2/aus9o8wzkhckw9TLa0h7", "https://dev-1.okta.com/oauth2/aus9o8wzkhckw9TLa0h7"),
        ("https://oidc.eks.eu-west-1.amazonaws.com/id/D539D4633E53DE1B716D3041EC61B2A9",) * 2,
        ("system:serviceaccount@project.iam.example", "…@project.iam.example"),
        ("accounts.google.com",) * 2,
        ("spiffe://trust.example/ns/a/sa/b",) * 2,
        ("joe", "joe"),
        ("Why not?", "Why not?"),
        ("", ""),
    ],
)
def test_who_issued_a_token(issuer: str, shown: str) -> None:
    """Login, query, fragment and parameters are left out, however the URL is spelt; what names a tenant stays."""
    assert foreign.issuer(issuer) == shown


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://other.example/login", "https://other.example/login"),
        ("https://user:secret@other.example/login?token=secret#secret", "https://other.example/login"),
        ("https:/user:secret@host/x", "https:/host/x"),
        (r"https:\/user:secret@host\x", r"https:\/host\x"),
        ("//user:sec/ret@host/x", "//host/x"),
        ("user:secret@host/x", "host/x"),
        ("secret@host/x", "…/x"),
        ("/login;jsessionid=1E6FEC0D14D044541DD84D2D013D29ED", "/login"),
        (f"https://h.example/{JWT}", "https://h.example/…"),
        (f"/cb/%65{JWT[1:]}", "/cb/…"),
        (f"/cb/%2565{JWT[1:]}", "/cb/…"),
        ("/login%3Ftoken%3Dsecret", "/…"),
        ("/a%2Fb/ü%20c", "/a%2Fb/ü%20c"),
        ("/x=secret/y&secret/z", "/…/…/z"),
        ("/(S(lit3py55t21z5v55vlm25s55))/x.aspx", "/…/x.aspx"),
        (f"/reset/{UUID}", "/reset/…"),
        (f"https://{UUID}/x", "https://…/x"),
        ("https://user:secret/x", "https://…/x"),
        ("https://d41d8cd98f00b204e9800998ecf8427e.gr7.eu-west-1.eks.example/x",) * 2,
        ("https://medium.example/@jane/x", "https://medium.example/…/x"),
        ("https://h.example:8443/api/v2/date", "https://h.example:8443/api/v2/date"),
        ("../login", "../login"),
        ("", ""),
        ("?token=secret", ""),
        ("https://h.example/" + "a/" * 60, "https://h.example/" + "a/" * 39 + "…"),
    ],
)
def test_where_a_redirect_leads(location: str, shown: str) -> None:
    """Scheme, host and path; of the path nothing that looks like a secret or is encoded so that it might hide one."""
    assert foreign.url(location) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("nginx/1.22.1 (Debian)",) * 2,
        ("Apache/2.4.57 (Unix) OpenSSL/3.0.9 mod_fcgid/2.3.9 PHP/8.2.7",) * 2,
        ("Jetty(9.4.50.v20221201)",) * 2,
        ("1.1 d41d8cd98f00b204e9800998ecf8427e.cloudfront.net (CloudFront), 1.1 varnish",) * 2,
        ("1.1 [2001:db8::1]:3128 (squid/4.10)",) * 2,
        ("SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.1",) * 2,
        (f"nginx {JWT}", "nginx …"),
        ("1.1 proxy (https://user:secret@proxy.example/x?y)", "1.1 proxy (https://…@proxy.example/x?…"),
        ("via user:secret@proxy.example", "via …@proxy.example"),
        ("Basic dXNlcjpzZWNyZXQ=", "Basic …"),
        ("x; api_key=secret; password: 'hunter2'", "x; api_key=… password: '…'"),
        ('{"access_token": "secret"}', '{"access_token": "…"}'),
        ("/x?key=secret", "/x?…"),
        (f"backend {UUID}", "backend …"),
    ],
)
def test_what_a_server_says(said: str, shown: str) -> None:
    """Names, versions and hosts as they are."""
    assert foreign.header(said) == shown


@given(ANYTHING | URL_LIKE)
def test_whatever_comes_can_be_shown(said: str) -> None:
    """Of any text, and any mixture of what URLs are made of: bounded, visible, and the same when it comes again."""
    for show in (foreign.text, foreign.header, foreign.url, foreign.issuer):
        shown = show(said)
        assert shown.isprintable()
        assert len(shown) <= 10 * MAX_SHOWN + 1
        assert len(show(said, 5)) <= 51


PASSWORD = "tr0ub4dorX"  # noqa: S105  nobody's
LOGINS = st.tuples(
    st.sampled_from(["https://", "http:/", "HTTPS:", "//", "ftp:///", "https:\\\\", ""]),
    st.sampled_from(["user:", "u.v:", ":", "a:b:"]),
    st.sampled_from(["", "/", "?", "#", "@", ":", "/x?", "%", ";"]),
    st.sampled_from(["@host", "@host.example/x", "@[::1]:1/", "@host//realm", "@h?x", "@"]),
).map(lambda parts: f"{parts[0]}{parts[1]}{PASSWORD}{parts[2]}{PASSWORD}{parts[3]}")


@given(LOGINS, st.sampled_from(["{}", "a {} b", "({})", '"{}"', "x={}", "see:{}"]))
def test_no_password_of_a_url_is_shown(url: str, around: str) -> None:
    """Whatever stands before and in it, and with a slash, a question mark or an @ in itself."""
    assert PASSWORD not in foreign.issuer(url)
    assert PASSWORD not in foreign.url(url)
    assert PASSWORD not in foreign.text(around.format(url))
    assert PASSWORD not in foreign.header(around.format(url))


@settings(max_examples=8)
@pytest.mark.parametrize("kind", [*KNOWN, *RANDOM])
@given(
    seed=st.integers(0, 999), before=st.sampled_from(["", "/", "https://h.example/", "/a/b/", "https://h.example:1/a/"])
)
def test_no_path_shows_a_secret(kind: str, seed: int, before: str) -> None:
    """Of all kinds, as a part of its own, with a suffix and percent-encoded."""
    secret = made(kind, seed)
    encoded = "".join(f"%{ord(c):02X}" for c in secret)
    for path in (
        secret,
        f"{secret}/x",
        f"{secret}.html",
        f"x;{secret}",
        f"x?{secret}",
        encoded,
        encoded.replace("%", "%25"),
    ):
        shown = foreign.url(before + path)
        assert [piece for piece in (*pieces(secret), encoded[:24]) if piece in shown] == []


UNITS = (
    "a", "a ", "@", "a@ ", "//", "//a:b@", "https://", "https://a?", "http:", "x:/", "?", "?=", "#", ";a", "/", "/a",
    "%", "/%25", "%40", "%2525", ":", "a:", "user:p@h ", "token=", "Bearer ", "eyJ", "SG.", ".", "\\", "=", "&", " ",
    "\n", "…", "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_no_text_costs_more_than_its_length(unit: str) -> None:
    """All that is looked through, of anything; and what comes beyond it costs nothing more."""
    for show in (foreign.text, foreign.header, foreign.url, foreign.issuer, foreign.quoted):
        hold_linear(lambda share, show=show: show(repeated(unit, share * foreign.MAX_READ)))  # type: ignore[misc]
        hold_linear(lambda share, show=show: show(repeated(unit, 8 * share * foreign.MAX_READ)))  # type: ignore[misc]


def test_what_is_too_long_to_be_looked_through_ends_at_a_word() -> None:
    """A password that goes beyond the end can't be told by what stands behind it, so its begin isn't shown either."""
    assert foreign.text("a user:" + "x" * foreign.MAX_READ + "@host") == "a …"
    assert foreign.text("x" * (foreign.MAX_READ + 1)).strip() == "…"


# --- What comes out of the gate can move no cursor, colour no line and turn no direction of text ---


@given(ANYTHING)
@example("\x1b]0;pwned\x07\x1b[2J")
@example("".join(map(chr, range(0x300))))
@example("".join(map(chr, range(0x300, 0x10000, 199))))
@example("#\u034f#[error]x ##v\ufe0eso[task.complete result=Failed]x")
def test_what_comes_out_can_be_printed(text: str) -> None:
    """Of every category that can do more than look like something, nothing is left."""
    shown = visible(text)
    assert shown.isprintable()
    assert not {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} & {unicodedata.category(character) for character in shown}
    check_commands_nothing(shown)
    shown.encode("utf-8")


@given(ANYTHING)
def test_it_is_bounded_and_nothing_is_left_out_in_silence(text: str) -> None:
    """At most the limit of characters, each at most ten long; a cut leaves its mark."""
    shown = visible(text)
    assert len(shown) <= 10 * MAX_SHOWN + 1
    assert shown.endswith("…") >= (len(text) > MAX_SHOWN)
    assert visible(text, 3) == visible(text[:3]) + ("…" if len(text) > 3 else "")


@given(ANYTHING)
def test_twice_is_as_good_as_once(text: str) -> None:
    """Text that passes the gate a second time is not garbled, unless it is cut."""
    once = visible(text)
    if len(once) <= MAX_SHOWN:
        assert visible(once) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("time.example.net", "time.example.net"),
        ("zeit.österreich.example", "zeit.österreich.example"),
        ("時計 🕰", "時計 🕰"),
        ("\x1b[31m", "\\u001b[31m"),
        ("a\r\nb\tc\0", "a\\u000d\\u000ab\\u0009c\\u0000"),
        ("\x7f\x9b", "\\u007f\\u009b"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\udc80", "\\udc80"),
        ("\U000e0041", "\\U000e0041"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
        ("#\u034f#\ufe0f[", "#\\u034f#\\ufe0f["),
        ("\u3164\u115f\U000e0100", "\\u3164\\u115f\\U000e0100"),
        ("a ##vso[b]", "a ##vso\\u005bb]"),
        ("##teamcity[b]", "##teamcity\\u005bb]"),
        ("::error::b", "\\u003a:error::b"),
        ("--- b", "\\u002d-- b"),
        ("travis_fold:start:b", "travis_fold\\u003astart:b"),
    ],
)
def test_how_it_is_shown(text: str, shown: str) -> None:
    """Letters of any script as they are, all else by its code."""
    assert visible(text) == shown
