"""`skewcheck log` as it is typed: a HAR, what it is refused for, and how far it has read."""

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench.typed import Done
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.cli import log, output, terminal
from skewcheck.errors import InputError
from skewcheck.logs import Reader
from skewcheck.logs.records import BrokenOff, har_entries, har_event

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


def har(recorded: list[Any]) -> str:
    """Return it as browsers and proxies export it."""
    return json.dumps({"log": {"version": "1.2", "entries": recorded}})


def test_a_har_tells_a_late_refresh(told: Told, tmp_path: Path) -> None:
    """Tokens come from the bodies of token responses; a refused request before each refresh, and no token is shown."""
    recorded: list[Any] = []
    for turn in range(8):
        at_s, token = turn * 62.0, f"PLANTEDtoken{turn}0123456789"
        granted = json.dumps({"access_token": token, "expires_in": 60})
        recorded.append(entry(at_s, "/oauth/token", 200, text=granted))
        recorded += [entry(at_s + age_s, "/a", 200, token=token) for age_s in (1, 20, 40)]
        recorded.append(entry(at_s + 61, "/a", 401, token=token))
    recorded += [{"request": {}}, entry(1, "/oauth/token", 200, text="[]"), entry(2, "/oauth/token", 200, text="{")]
    path = tmp_path / "a.har"
    path.write_text(har(recorded))
    done = told("log", str(path), "--json")
    assert (done.exit_code, done.document["findings"][0]["id"]) == (1, "log-late-refresh")
    (read,) = done.document["log"]["files"]
    assert (read["read_as"], read["not_understood"]) == ("har", 1)
    assert "PLANTED" not in done.out


@given(st.lists(st.integers(0, 2000), max_size=20))
def test_a_har_is_read_wherever_its_blocks_end(cuts: list[int]) -> None:
    """An entry may begin in one block and end in another, or be none; what stands before them doesn't matter."""
    three = [entry(1, "/a", 401, text='"entries": [') for _ in range(3)]
    text = json.dumps({"log": {"pages": [{"title": '"entries":[1]'}], "entries": [*three, {}, 7], "comment": "x"}})
    ends = [0, *sorted(cuts), len(text)]
    pieces = (text[begin:end] for begin, end in itertools.pairwise(ends) if begin < end)
    found = [har_event(Reader(), each) for each in har_entries(pieces)]
    assert [each and each.status for each in found] == [401, 401, 401, None, None]


def test_a_har_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one without an end the entries come as they are there; an entry without an end is given up at its limit."""
    endless = itertools.chain(['{"log": {"entries": ['], itertools.repeat(json.dumps(entry(1, "/a", 200)) + ","))
    assert len(list(itertools.islice(har_entries(endless), 5000))) == 5000
    monkeypatch.setattr("skewcheck.logs.records.MAX_ENTRY", 1 << 20)
    for begin, error in (('{"log": {"entries": [{"a": "', BrokenOff), ('{"log": {"pages": "', InputError)):
        with pytest.raises(error):
            list(har_entries(itertools.chain([begin], itertools.repeat("x" * 1000))))


def test_of_a_har_that_breaks_off(told: Told, tmp_path: Path) -> None:
    """What is there is read, and it is said that the rest is damaged."""
    path = tmp_path / "a.har"
    path.write_text(har([entry(at_s, "/a", 200) for at_s in range(5)])[:-99])
    (read,) = told("log", str(path), "--json").document["log"]["files"]
    assert (read["used"], read["ended"]) == (4, "damaged")


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
