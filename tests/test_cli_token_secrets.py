"""Nothing of a token reaches a screen, a document, an error or a traceback, however it was mangled on the way in."""

import ast
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import jwt
import pytest
from bench.typed import Done
from hypothesis import given, settings
from hypothesis import strategies as st

import skewcheck
from skewcheck import examine
from skewcheck.cli import token
from skewcheck.cli.deliver import Deadline
from skewcheck.errors import InputError
from skewcheck.foreign import redacted

MARK = "Jq7Zx4Wv9Kp2"
"""Stands in the claims that nobody is to see."""
JWT = jwt.encode(
    {"iss": "https://login.example.net", "sub": f"jane-{MARK}", "email": f"{MARK}@example.com", "iat": 1, "exp": 2},
    "k" * 32,
)
HEADER, PAYLOAD, SIGNATURE = JWT.split(".")
OPAQUE = "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789_abcdefghijklmnopqrst"
SHORTEST = 8
"""Characters of a token that are too many to be a coincidence."""

Told = Callable[..., Done]


def _own_words() -> Iterator[tuple[str, str]]:
    """Give each piece of text of which an error is made in the package, and where."""
    for path in sorted(Path(skewcheck.__file__).parent.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.endswith("Error"):
                pieces = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
                yield from ((f"{path.name}:{call.lineno}", piece) for piece in pieces if isinstance(piece, str))


def test_no_words_of_our_own_are_hidden() -> None:
    """What errors say of tokens isn't taken for one: a remedy with a hole in it helps nobody."""
    words = list(_own_words())
    assert len(words) > 100
    assert [(where, text) for where, text in words if redacted(text) != text] == []


@pytest.fixture(autouse=True)
def _tracebacks(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it empties the environment first
    """Ask for tracebacks: none of them shows it either."""
    monkeypatch.setenv("SKEWCHECK_DEBUG", "1")


def shows(done: Done, secret: str) -> bool:
    """Tell whether any piece of *secret* stands in what was written."""
    written = done.out + done.err
    return any(secret[at : at + SHORTEST] in written for at in range(len(secret) - SHORTEST + 1))


@pytest.mark.parametrize("view", [["--json"], ["-v"], ["-q"], ["-v", "--verifier", "pyjwt", "--verifier", "spring"]])
@pytest.mark.parametrize("secret", [JWT, OPAQUE, f"Bearer {JWT}", JWT[:90], f"{HEADER}.{PAYLOAD}.***"])
def test_no_view_shows_it(secret: str, view: Sequence[str], told: Told) -> None:
    """The screen, every packet, one line, the document: none has the signature, the payload or a claim off the list."""
    done = told("token", secret, "--offline", *view)
    assert done.exit_code in {0, 1, 2, 3}
    assert done.out
    for kept in (HEADER, PAYLOAD, SIGNATURE, OPAQUE, MARK):
        assert not shows(done, kept)


@settings(max_examples=60)
@given(st.lists(st.integers(1, len(JWT) - 1), min_size=1, max_size=12).map(sorted), st.sampled_from([JWT, OPAQUE * 3]))
def test_a_token_in_pieces_is_never_repeated(told: Told, cuts: Sequence[int], secret: str) -> None:
    """Broken at any places into arguments, of which some look like options: no usage error repeats a piece."""
    ends = zip([0, *cuts], [*cuts, len(secret)], strict=True)
    pieces = [secret[begin:end] for begin, end in ends if secret[begin:end]]
    done = told("token", *pieces, "--offline", "--json")
    assert not shows(done, secret)
    assert done.document["command"] == "token"


OPTION_LIKE = st.sampled_from(
    ["-", "--", "-w", "-t", "-c", "-q", "--skew=", "--leeway=", "--verifier=", "--env=", "--"]
)


@settings(max_examples=60)
@given(st.lists(OPTION_LIKE, min_size=1, max_size=3), st.integers(SHORTEST, 40))
def test_a_piece_that_looks_like_an_option_is_not_repeated(told: Told, begins: Sequence[str], length: int) -> None:
    """base64url has `-` in it: a piece can look like an option, or like the value of one."""
    secret = "Zk9" + OPAQUE.replace("-", "x")
    pieces = [begin + secret[10 * at : 10 * at + length] for at, begin in enumerate(begins)]
    done = told("token", "--offline", *pieces, "--json")
    assert not shows(done, secret)


def test_a_defect_tells_its_place_and_none_of_its_words(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an error says while a token is at hand may hold a part of it: kind and place remain, cause included."""

    def defect(*_: object) -> None:
        try:
            os.environ[MARK]
        except KeyError as error:
            raise RuntimeError(f"no {MARK} in {PAYLOAD}") from error

    monkeypatch.setattr(examine, "examine", defect)
    done = told("token", JWT, "--offline", "--json")
    assert done.exit_code == 3
    assert "a defect of skewcheck itself: RuntimeError" in done.err
    assert "KeyError" in done.err
    assert "in defect" in done.err
    assert not shows(done, PAYLOAD)
    assert MARK not in done.out + done.err


def test_without_debug_there_is_no_traceback(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with every command."""
    monkeypatch.setattr(examine, "examine", None)
    done = told("token", JWT, "--offline", environment={"SKEWCHECK_DEBUG": "0"})
    assert (done.exit_code, "Traceback" in done.err, "File" in done.err) == (3, False, False)


@settings(max_examples=100)
@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
def test_what_is_no_token_is_not_repeated_either(text: str) -> None:
    """It may be a secret of another kind: its length is all that is told."""
    try:
        token.read(token.Source((text,), None, None), Deadline(0.0, 1.0))
    except InputError as error:
        said = error.summary + error.remedy
        assert not any(text[at : at + SHORTEST] in said for at in range(len(text) - SHORTEST + 1))


def test_a_file_s_path_is_no_secret(tmp_path: Path, told: Told) -> None:
    """What isn't a token is named: an error without the name of the file helps nobody."""
    done = told("token", "--file", str(tmp_path / "missing.jwt"), "--offline")
    assert "missing.jwt" in done.err
