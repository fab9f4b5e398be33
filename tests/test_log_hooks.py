"""The hooks of docs/log.md, as they stand: what they write is read, and holds neither a token nor a query."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from skewcheck.logs import Reader

PAGE = (Path(__file__).parent.parent / "docs" / "log.md").read_text(encoding="utf-8")
REQUESTS, HTTPX = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE)
(FETCH,) = re.findall(r"(?ms)^```js\n(.*?)^```", PAGE)
SECRET = "s3cr3t-Pl4nt3d-0123456789"  # noqa: S105 - it must not be written


@pytest.mark.parametrize("hook", [REQUESTS, HTTPX, FETCH])
def test_a_hook_is_short(hook: str) -> None:
    """At most 12 lines to paste."""
    assert len([line for line in hook.splitlines() if line.strip()]) <= 12
    assert max(map(len, hook.splitlines())) <= 122


def _recorded(
    hook: str, folder: Path, monkeypatch: pytest.MonkeyPatch, reply: Callable[[str, int, dict[str, Any]], Any]
) -> list[dict[str, Any]]:
    """Return what *hook* writes of a token response, a use of that token, a refusal, and a response that is refused."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(hook, "docs/log.md", "exec"), names)  # noqa: S102 - it is what people paste
    for url, status, said in (
        ("https://login.x/oauth/token", 200, {"access_token": SECRET, "expires_in": 60}),
        (f"https://api.x/users?name={SECRET}", 200, {}),
        ("https://api.x/users", 401, {}),
        ("https://login.x/oauth/token", 400, {}),
    ):
        names["record"](reply(url, status, said))
    names["OUT"].close()
    text = (folder / "requests.ndjson").read_text(encoding="utf-8")
    assert SECRET not in text
    assert "name=" not in text
    return [json.loads(line) for line in text.splitlines()]


def _held(lines: list[dict[str, Any]]) -> None:
    """Hold that the lines are read, and that the token of the response is that of the request."""
    events = [Reader().event(line) for line in lines]
    assert all(event is not None and event.start_s is not None and event.end_s is not None for event in events)
    assert [(event.refresh, event.status) for event in events if event] == [
        (True, 200),
        (False, 200),
        (False, 401),
        (True, 400),
    ]
    assert lines[0]["token"] == lines[1]["token"] == lines[2]["token"]
    assert events[0] is not None
    assert events[0].lifetime_s == 60
    assert events[0].date_s == 1_800_014_400


DATE = {"Date": "Fri, 15 Jan 2027 12:00:00 GMT"}
AUTHORIZATION = {"Authorization": f"Bearer {SECRET}"}


def test_of_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reply as `requests` gives one to a response hook."""
    from datetime import timedelta

    def reply(url: str, status: int, said: dict[str, Any]) -> Any:
        return SimpleNamespace(
            url=url, status_code=status, ok=status < 400, headers=DATE, elapsed=timedelta(seconds=0.05),
            request=SimpleNamespace(headers=AUTHORIZATION, method="GET"), json=lambda: said,
        )  # fmt: skip

    _held(_recorded(REQUESTS, tmp_path, monkeypatch, reply))


def test_of_httpx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reply as httpx gives one to an event hook."""

    def reply(url: str, status: int, said: dict[str, Any]) -> Any:
        return SimpleNamespace(
            url=url, status_code=status, is_success=status < 400, headers=DATE, read=lambda: json.dumps(said).encode(),
            request=SimpleNamespace(headers=AUTHORIZATION, method="GET", extensions={"t": time.time() - 0.05}),
        )  # fmt: skip

    _held(_recorded(HTTPX, tmp_path, monkeypatch, reply))
