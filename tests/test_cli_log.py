"""`skewcheck log` as it is typed: a HAR, what it is refused for, and how far it has read."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench.typed import Done

from skewcheck.cli import log, output, terminal

Told = Callable[..., Done]

DATE = "Thu, 15 Jan 2026 12:00:00 GMT"


def entry(at_s: float, path: str, status: int, *, token: str = "", text: str = "") -> dict[str, Any]:
    """Return a request of a HAR, so long after noon."""
    minutes, seconds = divmod(at_s, 60)
    sent = [{"name": "Authorization", "value": f"Bearer {token}"}] if token else []
    return {
        "startedDateTime": f"2026-01-15T12:{int(minutes):02}:{seconds:06.3f}Z",
        "time": 40.0,
        "request": {"url": f"https://api.example.net{path}", "method": "GET", "headers": sent},
        "response": {"status": status, "headers": [{"name": "Date", "value": DATE}], "content": {"text": text}},
    }


def har(entries: list[Any]) -> str:
    """Return it as browsers and proxies export it."""
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def test_a_har_tells_a_late_refresh(told: Told, tmp_path: Path) -> None:
    """Tokens come from the bodies of token responses; a refused request before each refresh, and no token is shown."""
    entries: list[Any] = []
    for turn in range(8):
        at_s, token = turn * 62.0, f"PLANTEDtoken{turn}0123456789"
        granted = json.dumps({"access_token": token, "expires_in": 60})
        entries.append(entry(at_s, "/oauth/token", 200, text=granted))
        entries += [entry(at_s + age_s, "/a", 200, token=token) for age_s in (1, 20, 40)]
        entries.append(entry(at_s + 61, "/a", 401, token=token))
    entries += [{"request": {}}, entry(1, "/oauth/token", 200, text="[]"), entry(2, "/oauth/token", 200, text="{")]
    path = tmp_path / "a.har"
    path.write_text(har(entries))
    done = told("log", str(path), "--json")
    assert (done.exit_code, done.document["findings"][0]["id"]) == (1, "log-late-refresh")
    (read,) = done.document["log"]["files"]
    assert (read["read_as"], read["not_understood"]) == ("har", 1)
    assert "PLANTED" not in done.out


@pytest.mark.parametrize("text", ['{"log":{}}', "[1]", "{"])
def test_what_is_no_har(text: str, told: Told, tmp_path: Path) -> None:
    """It is said what was expected, and how to read it otherwise."""
    path = tmp_path / "a.har"
    path.write_text(text)
    done = told("log", "--read-as", "har", str(path))
    assert (done.exit_code, done.out) == (3, "")
    assert "--read-as" in done.err


def test_nothing_to_read(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal nobody is waited for, and standard input is read once."""
    monkeypatch.setattr(terminal, "is_stdin", lambda: True)
    for words, said in ((("log",), "there is no log"), (("log", "-", "-"), "can be read once")):
        done = told(*words)
        assert (done.exit_code, done.out, said in done.err) == (3, "", True)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_told_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much is read, of how much where that is known, over itself; at the end the line is empty."""
    shown: list[str] = []
    monkeypatch.setattr("sys.stderr", _Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(log, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(log, "_TELL_EVERY_S", 0.0)
    monkeypatch.setattr(output, "write_stderr", lambda text, **_: shown.append(text))
    view: Any = type("View", (), {"quiet": False})
    with log._progress(view) as tell:
        assert tell is not None
        tell(5 << 20, 20 << 20)
        tell(6 << 20, None)
    assert [text.strip() for text in shown] == ["5 MiB read of 20 MiB", "6 MiB read", ""]
    monkeypatch.setenv("TERM", "dumb")
    with log._progress(view) as tell:
        assert tell is None
