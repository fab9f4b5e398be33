"""Logs as people have them -> events; hostile ones: bounded, counted, said, and no traceback."""

import gzip
import io
import itertools
import json
import random
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from bench.patience import hold_linear, repeated
from bench.simulated_log import Client, Run, Service
from bench.typed import UNCOUNTED, Done, skewcheck
from hypothesis import given
from hypothesis import strategies as st

from skewcheck import logs
from skewcheck.errors import InputError, UsageError
from skewcheck.judge.lives import Lives
from skewcheck.logs import Log, Reader, lines
from skewcheck.logs.records import LONGEST_NAME, any_stamp, http_date
from skewcheck.model.log import CauseVerdict, Event

NOON = 1_800_014_400.0
"""2027-01-15 12:00:00 UTC."""
Told = Callable[..., Done]


def read(
    text: str | bytes, read_as: str = "auto", *, reader: Reader | None = None, packed: bool = False
) -> list[Event]:
    """Return the events of a log."""
    content = text.encode() if isinstance(text, str) else text
    log = Log("x", io.BytesIO(content), len(content), packed=packed, tell=None)
    return list(log.events(reader or Reader(), read_as))


# --- Formats ---

LINES = {
    "nginx": '10.0.0.1 - - [15/Jan/2027:12:00:00 +0000] "GET /api/v2/users HTTP/1.1" 401 15 "-" "curl/8" rt=0.250',
    "apache": '10.0.0.1 - bob smith [15/Jan/2027:13:00:00 +0100] "GET /api/v2/users HTTP/1.1" 401 15',
    "envoy": (
        '[2027-01-15T12:00:00.000Z] "GET /api/v2/users HTTP/1.1" 401 - 0 226 250 100 "10.0.35.28" "agent" '
        '"cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "api.example.net" "tcp://10.0.2.1:80"'
    ),
    "istio": (
        '[2027-01-15T12:00:00.000Z] "GET /api/v2/users HTTP/1.1" 401 - via_upstream - "-" 0 226 250 100 "-" "agent" '
        '"cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "api.example.net" "10.0.2.1:80"'
    ),
    "urllib3": (
        "2027-01-15 12:00:00,000 DEBUG urllib3.connectionpool: https://api.example.net:443 "
        '"GET /api/v2/users?a=b HTTP/1.1" 401 None'
    ),
    "httpx": (
        "2027-01-15 12:00:00,000 - httpx - INFO - HTTP Request: GET https://api.example.net/api/v2/users?a=b "
        '"HTTP/1.1 401 Unauthorized"'
    ),
    "sdk, Python": (
        "2027-01-15 12:00:00,000 DEBUG \n=== REQUEST ===\nURL: https://api.example.net/api/v2/users\nMethod: GET\n"
        "Headers: \n\tAuthorization: [REDACTED]\n=== RESPONSE ===\nStatus: 401\nHeaders: \n\tDate: Fri, 15 Jan 2027 "
        "12:00:00 GMT\nBody: x"
    ),
    "sdk, JavaScript": (
        "DEBUG: 2027-01-15T12:00:00.000Z\n=== REQUEST === \nURL: https://api.example.net/api/v2/users\nMethod: GET\n"
        "\n=== RESPONSE ===\nStatus: 401\n"
    ),
    "nginx, JSON": json.dumps(
        {"time_iso8601": "2027-01-15T12:00:00+00:00", "remote_addr": "10.0.0.1", "request_method": "GET",
         "request_uri": "/api/v2/users?a=b", "status": "401", "request_time": "0.250", "body_bytes_sent": "15"}
    ),
    "apache, with hosts": (
        'api.example.net:443 10.0.0.1 - - [15/Jan/2027:12:00:00 +0000] "GET /api/v2/users HTTP/1.1" 401 15 "-" "curl/8"'
    ),
    "envoy, JSON": json.dumps(
        {"start_time": "2027-01-15T12:00:00.000Z", "method": "GET", "path": "/api/v2/users", "protocol": "HTTP/1.1",
         "response_code": 401, "response_flags": "-", "duration": 250, "authority": "api.example.net"}
    ),
    "the hook": json.dumps({"t": NOON, "dur_s": 0.25, "url": "https://api.example.net/x", "status": 401}),
    "sdk, JSON": json.dumps(
        {"level": "debug", "date": "2027-01-15T12:00:00.000Z", "method": "GET", "url": "https://api.example.net/x",
         "statusCode": 401, "responseHeaders": {"Date": "Fri, 15 Jan 2027 12:00:00 GMT"}}
    ),
    "sdk, JSON of Python": json.dumps({"date": "01-15-2027, 12:00:00", "url": "https://a/x", "statusCode": 401}),
    "ECS": json.dumps(
        {"@timestamp": "2027-01-15T12:00:00.000Z", "http": {"response": {"status_code": 401}}, "url": {"full": "https://a/x"},
         "event": {"duration": 250_000_000}}
    ),
    "pino": json.dumps(
        {"level": 30, "time": NOON * 1000, "req": {"method": "GET", "url": "/x"}, "responseTime": 250,
         "res": {"statusCode": 401, "headers": {"date": "Fri, 15 Jan 2027 12:00:00 GMT"}}}
    ),
    "Serilog": json.dumps(
        {"@t": "2027-01-15T12:00:00.000Z", "@mt": "HTTP {RequestMethod}", "RequestPath": "/x", "StatusCode": 401,
         "Elapsed": 250}
    ),
    "milliseconds": json.dumps({"time": NOON * 1000, "url": "/x", "status": "401", "responseTime": 250}),
    "CSV": "time,status,url,request_time\n2027-01-15T12:00:00.000Z,401,https://api.example.net/x,0.250\n",
    "HAR": json.dumps(
        {"log": {"entries": [
            {"startedDateTime": "2027-01-15T12:00:00.000Z", "time": 250, "request": {"url": "https://a/x"},
             "response": {"status": 401, "headers": [{"name": "Date", "value": "Fri, 15 Jan 2027 12:00:00 GMT"}]}},
        ]}}
    ),
}  # fmt: skip
ENDS = {
    "nginx",
    "nginx, JSON",
    "apache, with hosts",
    "urllib3",
    "httpx",
    "apache",
    "sdk, Python",
    "sdk, JavaScript",
    "sdk, JSON",
    "sdk, JSON of Python",
}
"""Their stamp is the end; of those below it is the start."""
STARTS = {"envoy", "envoy, JSON", "istio", "the hook", "HAR"}
WHOLE_SECONDS = {"nginx", "nginx, JSON", "apache", "apache, with hosts", "sdk, JSON of Python", "the hook"}


@pytest.mark.parametrize("name", LINES)
def test_each_format(name: str) -> None:
    """Which time it is, how wide its stamp is, what was answered; by itself, and with the ends of lines of Windows."""
    for text in (LINES[name], LINES[name].replace("\n", "\r\n")):
        (event,) = read(text)
        assert (event.status, event.refresh) == (401, False)
        assert (event.start_s if name in STARTS else event.end_s) == NOON
        if name in STARTS | {"nginx", "nginx, JSON", "ECS", "milliseconds", "CSV", "pino", "Serilog"}:
            assert event.start_s is not None
            assert event.end_s is not None
            assert abs(event.end_s - event.start_s - 0.25) < 1e-6
        else:
            assert event.start_s is None
        assert event.width_s == (1.0 if name in WHOLE_SECONDS else 1e-3)
        if "Date: " in text or '"Date"' in text or name == "pino":
            assert event.date_s == NOON


@pytest.mark.parametrize("name", LINES)
def test_each_format_is_told_by_its_name(name: str) -> None:
    """`--read-as` reads it as well as finding out does; as another kind it gives no event, and no error but a HAR's."""
    kind = {"CSV": "csv", "HAR": "har"}.get(name, "ndjson" if LINES[name].startswith("{") else "lines")
    assert read(LINES[name], kind) == read(LINES[name])
    assert read(LINES[name], "ndjson" if kind != "ndjson" else "lines") == []


@pytest.mark.parametrize("name", ["nginx", "envoy", "httpx", "sdk, JSON", "CSV", "HAR"])
def test_a_long_name_is_kept_short(name: str) -> None:
    """Thousands of events are held at once: of a host, a path and a client each keeps what tells them apart."""
    long = LINES[name].replace("/x", "/" + "x" * 1500).replace("/api/v2/users", "/" + "x" * 1500)
    long = long.replace("api.example.net", "h" * 300).replace("curl/8", "c" * 1000)
    (event,) = read(long)
    assert event.status == 401
    assert 0 < len(event.path) <= LONGEST_NAME
    assert max(len(event.host), len(event.client)) <= LONGEST_NAME


def test_token_responses_are_told_by_their_url() -> None:
    """By its end, with or without a query; by what `--token-url` says instead."""
    for url in ("https://login.x/oauth/token", "/oauth2/token?a=b", "https://x/realms/y/protocol/openid-connect/token"):
        (event,) = read(json.dumps({"t": NOON, "url": url, "status": 200, "expires_in": 86399}))
        assert (event.refresh, event.lifetime_s) == (True, 86399.0)
    (event,) = read(json.dumps({"t": NOON, "url": "/sso/issue", "status": 200}), reader=Reader(("/sso/issue",)))
    assert event.refresh


@pytest.mark.parametrize(
    ("written", "at_s", "width_s"),
    [
        ("2027-01-15T12:00:00Z", NOON, 1.0),
        ("2027-01-15 12:00:00.5+00:00", NOON + 0.5, 0.1),
        ("2027-01-15T13:00:00,123+0100", NOON + 0.123, 1e-3),
        ("2027-01-15T12:00:00.1234567Z", NOON + 0.1234567, 1e-6),
        ("2027-01-15T10:00:00", NOON, 1.0),  # in the zone that is given
        ("15/Jan/2027:12:00:00 +0000", NOON, 1.0),
        (NOON, NOON, 1.0),
        (NOON + 0.25, NOON + 0.25, 1e-3),
        (int(NOON * 1000) + 7, NOON + 0.007, 1e-3),
        (int(NOON * 10**9), NOON, 1e-6),
        ("1800014400.250", NOON + 0.25, 1e-3),
        ("2027-13-45T99:00:00Z", None, None),
        ("yesterday", None, None),
        (float("inf"), None, None),
        (float("nan"), None, None),
        (True, None, None),
        (-5, None, None),
    ],
)
def test_stamps(written: object, at_s: float | None, width_s: float | None) -> None:
    """Times as logs write them, and how wide each is; what is none is none."""
    found = any_stamp(written, -7200.0)
    assert (found is None) is (at_s is None)
    if found is not None and at_s is not None:
        assert abs(found.at_s - at_s) < 2e-6
        assert found.width_s == width_s


@given(st.one_of(st.text(max_size=80), st.integers(), st.floats()))
def test_any_stamp_is_a_time_or_none(written: object) -> None:
    """Nothing raises."""
    found = any_stamp(written, 0.0)
    assert found is None or 0 <= found.at_s < 5e9
    assert isinstance(http_date(str(written)), float | None)


# --- Hostile logs ---


@given(
    st.lists(
        st.one_of(st.binary(max_size=200), st.sampled_from([line.encode() for line in LINES.values()])), max_size=20
    )
)
def test_any_bytes_are_read(parts: list[bytes]) -> None:
    """Binary between lines, cut JSON, any encoding: events or none, and each line counted."""
    for kind in ("lines", "ndjson", "csv"):
        log = Log("x", io.BytesIO(b"\n".join(parts)), None, packed=False, tell=None)
        found = list(log.events(Reader(), kind))
        assert len(found) == log.file.used
        assert log.file.used + log.file.not_understood <= log.file.lines + 1


def test_a_line_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is passed over in bounded memory, the line behind it is read; without any, reading ends and that is said."""
    monkeypatch.setattr(logs, "MAX_BARREN", 1 << 20)
    good = LINES["the hook"].encode()
    assert len(read(b'{"a": "' + b"x" * 600_000 + b'"}\n' + good, "ndjson")) == 1
    log = Log("x", io.BytesIO(b"x" * (4 << 20) + b"\n" + good), None, packed=False, tell=None)
    assert list(log.events(Reader(), "ndjson")) == []
    assert log.file.ended == "no-lines"


def test_a_stream_of_other_lines_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many short lines that are nothing end it; one that is understood now and then keeps it going."""
    monkeypatch.setattr(logs, "MAX_BARREN_LINES", 100_000)
    for good, ended in ((b"", "no-lines"), (LINES["nginx"].encode() + b"\n", None)):
        log = Log("x", io.BytesIO((b"y\n" * 50_000 + good) * 12), None, packed=False, tell=None)
        assert len(list(log.events(Reader(), "lines"))) == 12 * bool(good)
        assert log.file.ended == ended


@pytest.mark.parametrize("written", ["401.0", "401 ", " 401", 401.0, 401], ids=repr)
def test_a_status_as_tables_write_it(written: object) -> None:
    """`401.0` and `401 ` are a 401, in CSV and in JSON."""
    assert [e.status for e in read(f"time,status,url\n{NOON},{written},/x\n")] == [401]
    assert [e.status for e in read(json.dumps({"t": NOON, "url": "/x", "status": written}), "ndjson")] == [401]


def test_numbers_too_long_for_a_float() -> None:
    """A line whose time or lifetime has hundreds of digits is not understood, or has none; it ends nothing."""
    long = "9" * 400
    line = f'{{"t":{long},"url":"/x","status":401}}'
    assert read(f"{line}\n{LINES['the hook']}\n", "ndjson")[0].status == 401
    grant = f'{{"t":{NOON},"url":"/token","status":200,"expires_in":{long}}}'
    assert [e.lifetime_s for e in read(grant, "ndjson")] == [None]
    entry = f'{{"startedDateTime":{long},"time":{long},"request":{{"url":"/x"}},"response":{{"status":401}}}}'
    assert read(f'{{"log":{{"entries":[{entry}]}}}}', "har") == []


def test_none_refused_needs_what_was_read(told: Told, tmp_path: Path) -> None:
    """Where more than a tenth of the lines is not understood, "none was refused" is not known: exit 3, and how many."""
    path = tmp_path / "app.log"
    fine = "".join(json.dumps({"t": NOON + i, "url": "/x", "status": 200}) + "\n" for i in range(5))
    path.write_text(fine + (LINES["nginx"] + "\n") * 50)
    done = told("log", str(path), "--json")
    (finding,) = json.loads(done.out)["findings"]
    assert (done.exit_code, finding["id"], finding["status"]) == (3, "log-unread", "unknown")
    assert "50 of 55 lines" in told("log", str(path)).out
    path.write_text(fine * 10 + LINES["nginx"])
    assert told("log", str(path)).exit_code == 0


@pytest.mark.parametrize("reader", lines.READERS)
def test_a_quote_that_is_never_closed(reader: lines.LineReader) -> None:
    """The work on a line grows with its length, not with its square: eight times the length takes no fifty times."""
    for head in (LINES["nginx"], LINES["envoy"]):
        begin = head[: head.index("/api")]
        for part in ("a", "a ", '\\"', "\\", "[", '" 4'):
            assert reader(Reader(), begin + repeated(part, 2**16)) is None
            hold_linear(lambda share: reader(Reader(), begin + repeated(part, share * 2**16)))  # noqa: B023 - at once


@pytest.mark.parametrize("how", ["cut off", "a wrong byte", "a wrong sum", "no gzip behind it"])
def test_what_comes_before_a_damage_is_read(how: str) -> None:
    """Of a damaged .gz nothing is lost that can be unpacked, and it is said that the file is damaged."""
    rows = [json.dumps({"t": NOON + i, "url": f"/{random.random()}", "status": 401}) for i in range(4000)]
    whole = gzip.compress("\n".join(rows).encode())
    half = len(whole) // 2
    content, least = {
        "cut off": (whole[:half], 1900),
        "a wrong byte": (whole[:half] + bytes(64) + whole[half + 64 :], 1900),
        "a wrong sum": (whole[:-8] + bytes(8), 3999),
        "no gzip behind it": (whole + b"x" * 99, 3999),
    }[how]
    log = Log("x", io.BytesIO(content), len(content), packed=True, tell=None)
    assert len(list(log.events(Reader(), "ndjson"))) >= least
    assert log.file.ended == "damaged"


def test_members_of_gzip_are_one_log() -> None:
    """Packed parts, one behind the other and padded, are read as one."""
    part = gzip.compress((LINES["the hook"] + "\n").encode())
    content = part * 3 + bytes(9) + part + bytes(50_000)
    log = Log("x", io.BytesIO(content), len(content), packed=True, tell=None)
    assert len(list(log.events(Reader(), "ndjson"))) == 4
    assert log.file.ended is None


@pytest.mark.parametrize(
    ("requests", "every_s", "id_"),
    [(3, 1, "cant-tell"), (30, 1, "cant-tell"), (9, 60, "cant-tell"), (12, 6, "never-accepted")],
)
def test_no_clock_refuses_for_long(requests: int, every_s: int, id_: str, told: Told, tmp_path: Path) -> None:
    """A wrong region is named from ten refused requests in a minute on; without refreshes nothing else is excluded."""
    path = tmp_path / "app.log"
    hook = json.loads(LINES["the hook"])
    path.write_text("".join(json.dumps(hook | {"t": NOON + i * every_s}) + "\n" for i in range(requests)))
    document = told("log", str(path), "--json").document
    assert [finding["id"] for finding in document["findings"]] == [f"log-{id_}"]
    verdicts = {cause["id"]: cause["verdict"] for cause in document["log"]["causes"]}
    assert {verdicts[each] for each in ("late-refresh", "idle", "revoked")} == {"cant-tell"}
    new = {verdicts[each] for each in ("issuer-ahead", "propagation", "one-node", "any-age")}
    assert new == {"unlikely" if id_ == "never-accepted" else id_}


@pytest.mark.parametrize("words", [["log"], ["token", "--offline", "--file"]], ids=lambda words: words[0])
def test_what_is_read_is_not_overwritten(words: list[str], told: Told, tmp_path: Path) -> None:
    """`-o` with the file that is read, by another name, is wrong usage, and the file stays as it was."""
    path, other = tmp_path / "app.log", tmp_path / "other"
    path.write_text(LINES["the hook"])
    other.hardlink_to(path)
    done = told(*words, str(path), "-o", str(other))
    assert (done.exit_code, done.out) == (3, "")
    assert "-o/--output" in done.err
    assert path.read_text() == LINES["the hook"]


@pytest.mark.parametrize("stray", ['"a,200,/x', '1800014400,200,"/x', '1800014400,200,/x,"'])
def test_a_stray_quote_costs_its_line_alone(stray: str) -> None:
    """A quote in a CSV that isn't closed swallows no line behind it: that line is counted, the next ones are read."""
    rows = [f"{NOON + i},401,/x" for i in range(100)]
    content = "\n".join(["time,status,url", *rows[:50], stray, *rows[50:], '1800014500,200,"/x,""y"""'])
    log = Log("x", io.BytesIO(content.encode()), len(content), packed=False, tell=None)
    assert [event.status for event in log.events(Reader(), "auto")] == [401] * 100 + [200]
    assert (log.file.read_as, log.file.used, log.file.not_understood) == ("csv", 101, 1)


def test_it_opens_no_socket(tmp_path: Path) -> None:
    """A log is read and judged: nothing is asked, and nothing that asks is loaded."""
    path = tmp_path / "app.ndjson"
    path.write_text(LINES["the hook"])
    code = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda event, _: opened.append(event) if event.startswith('socket.') else None)\n"
        f"from skewcheck.cli import app; code = app.run(['log', {str(path)!r}, '--json', '-o', {f'{path}.json'!r}])\n"
        "print(code, opened, [n for n in sys.modules if n.startswith('skewcheck.measure')], file=sys.stderr)"
    )
    assert skewcheck(program=[sys.executable, "-c", code], environment=UNCOUNTED).err == "3 [] []\n"


def test_a_zip_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends by what it unpacks to, and that is said; an honest archive is read, a cut one as far as it goes."""
    line = LINES["the hook"].encode() + b"\n"
    honest = gzip.compress(line * 1000)
    assert len(read(honest, packed=True)) == 1000
    assert (
        0
        < len(
            read(
                gzip.compress(b"".join(line.replace(b"0.25", b"%.9f" % random.random()) for _ in range(9000)))[:-4000],
                packed=True,
            )
        )
        < 9000
    )
    monkeypatch.setattr(logs, "UNPACKED_FREELY", 1 << 20)
    monkeypatch.setattr(logs, "MAX_RATIO", 20)
    bomb = gzip.compress(line * 200_000)
    log = Log("x", io.BytesIO(bomb), len(bomb), packed=True, tell=None)
    assert 0 < len(list(log.events(Reader(), "auto"))) < 200_000
    assert log.file.ended == "unpacked"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings(encoding: str) -> None:
    """As PowerShell and Windows write them; and bytes that are none."""
    text = f"{LINES['the hook']}\n{LINES['the hook'].replace('/x', '/é')}\n"
    assert len(read(text.encode(encoding), "ndjson")) == 2


def _json(told: Told, path: Path, *options: str) -> dict[str, object]:
    done = told("log", str(path), "--json", *options)
    assert done.err == ""
    found: dict[str, object] = json.loads(done.out)
    return found


@pytest.mark.parametrize("how", ["shuffled", "cut", "repeated", "back and forth", "zones"])
def test_what_is_out_of_order_shows_nothing(how: str, told: Told, tmp_path: Path) -> None:
    """Lines in any order, half lines, all lines twice, a clock that is set to and fro: no cause is shown."""
    lines = Run(Service(lagging=0.14), Client(), 3).ndjson().splitlines()
    dice = random.Random(1)
    if how == "shuffled":
        dice.shuffle(lines)
    elif how == "cut":
        lines = [line[: dice.randrange(len(line))] if dice.random() < 0.3 else line for line in lines]
    elif how == "repeated":
        lines = [*lines, *lines]
    elif how == "back and forth":
        lines = [
            json.dumps({**(r := json.loads(line)), "t": r["t"] - 3600 * (number // 100 % 2)})
            for number, line in enumerate(lines)
        ]
    else:
        lines = [json.dumps({**(r := json.loads(line)), "t": r["t"] + 3600 * (dice.random() < 0.3)}) for line in lines]
    path = tmp_path / "app.ndjson"
    path.write_text("\n".join(lines))
    document = _json(told, path)
    shown = {cause["id"] for cause in document["log"]["causes"] if cause["verdict"] == CauseVerdict.SHOWN.value}  # type: ignore[index]
    assert shown == set()


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"", ()), (b"\n\n\n", ()), (b"nothing of all that\n" * 50, ()), (bytes(range(256)) * 300, ()),
        (b"{" * 100_000, ("--read-as", "ndjson")), (b'{"log": {}}', ("--read-as", "har")),
        (b"[" * 200_000, ("--read-as", "har")), (b'"' * 300_000, ("--read-as", "csv")), (b"\x1f\x8b" + b"x" * 99, ()),
    ],
)  # fmt: skip
def test_what_is_no_log_is_said(content: bytes, options: tuple[str, ...], told: Told, tmp_path: Path) -> None:
    """Exit 3, an error of two or three lines that names the line and what was expected; never a traceback."""
    path = tmp_path / "app.log"
    path.write_bytes(content)
    done = told("log", str(path), *options)
    assert (done.exit_code, done.out) == (3, "")
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= 4


def test_what_is_not_there_is_said(told: Told, tmp_path: Path) -> None:
    """A file that is missing, a folder, standard input twice: usage, exit 3."""
    for words in ([str(tmp_path / "no")], [str(tmp_path)], ["-", "-"]):
        done = told("log", *words)
        assert (done.exit_code, done.out) == (3, "")
        assert done.err.startswith("error: ")


def test_several_files_are_one_log(told: Told, tmp_path: Path) -> None:
    """Token responses in one, packed, requests in the other: as if they stood in one."""
    lines = Run(Service(), Client(tokens=6, early_s=-0.8), 1).ndjson().splitlines(keepends=True)
    (tmp_path / "login.gz").write_bytes(gzip.compress("".join(line for line in lines if "oauth" in line).encode()))
    (tmp_path / "api.log").write_text("".join(line for line in lines if "oauth" not in line))
    document = _json(told, tmp_path / "api.log", str(tmp_path / "login.gz"))
    assert [finding["id"] for finding in document["findings"]] == ["log-late-refresh"]  # type: ignore[attr-defined]


EARLY = "Token used too early, 1691058380 < 1691058403. Check that your computer's clock is set correctly."
QUOTED = {
    "Python's logging": (f"2023-08-03 12:26:20,001 ERROR {EARLY}", 22.0),
    "a refused request": (json.dumps({"t": NOON, "url": "/x", "status": 401, "error": EARLY}), 22.0),
    "slog": (json.dumps({"time": "2023-08-03T12:26:20.000001Z", "level": "ERROR", "error": EARLY}), 22.0),
    "slog, as Go escapes it": (json.dumps({"level": "ERROR", "error": EARLY}).replace("<", "\\u003c"), 22.0),
    "node": ("RPError: JWT not active yet, now 1642051718, nbf 1642051719", None),
    "a fraction": ("IdTokenError: The token is not yet valid (iat) iat=1642051508.228 now=1642051508", None),
    "no numbers": ("2022-05-12T03:11:09Z [ERROR] [/server/middleware]: token is not valid yet", None),
}  # fmt: skip
"""What one line of a log says of the checker's clock: by how much it is behind at least; None: by nothing for sure."""


@pytest.mark.parametrize("name", QUOTED)
def test_a_message_that_quotes_both_times(name: str, told: Told, tmp_path: Path) -> None:
    """On a line of its own, or in a record: by how much the checker's clock is behind at least; rounding is no skew."""
    line, behind_s = QUOTED[name]
    path = tmp_path / "app.log"
    path.write_text(f"{line}\n{LINES['the hook'] if line.startswith('{') else LINES['httpx']}\n")
    found = [each for each in _json(told, path)["findings"] if each["id"] == "log-checker-behind"]  # type: ignore[attr-defined]
    assert [each["evidence"]["behind_s"] for each in found] == ([] if behind_s is None else [behind_s])


# --- Where nothing may be claimed ---

_Rows = list[dict[str, object]]


def _told(told: Told, path: Path, rows: _Rows, *options: str) -> tuple[list[str], dict[str, str], Done]:
    """Return the findings on a log of *rows*, what it says to each cause but a wrong region, and the whole."""
    path.write_text("".join(json.dumps(row) + "\n" for row in sorted(rows, key=lambda row: str(row["t"]))))
    done = told("log", str(path), "--json", *options)
    verdicts = {
        cause["id"]: cause["verdict"] for cause in done.document["log"]["causes"] if cause["id"] != "wrong-host"
    }
    return [found["id"] for found in done.document["findings"]], verdicts, done


def _run(service: Service, client: Client, seed: int = 1) -> _Rows:
    return list(Run(service, client, seed).records())


@pytest.mark.parametrize("hashed", [True, False])
def test_of_pooled_clients_nothing_is_excluded(hashed: bool, told: Told, tmp_path: Path) -> None:
    """Two clients, each with another illness, and nobody wrote who it was: no cause is named, and none excluded.

    With a `host` each, the refusals of new tokens are judged.
    """
    ill = (Service(issuer_ahead_s=0.4), Service(lagging=0.3))
    both = [
        {**row, "client": str(n), "token": f"{n}{row['token']}"}
        for n, service in enumerate(ill)
        for row in _run(service, Client(fingerprints=True))
    ]
    unnamed = [{k: v for k, v in row.items() if k != "client" and (hashed or k != "token")} for row in both]
    ids, verdicts, done = _told(told, tmp_path / "a", unnamed)
    assert (ids, set(verdicts.values()), done.exit_code) == (["log-cant-tell"], {"cant-tell"}, 3)
    assert done.document["log"]["missing"][0] == "clients"
    causes = _told(told, tmp_path / "a", both)[2].document["log"]["causes"]
    assert "several-clients" not in {cause["because"] for cause in causes}


def test_refreshes_that_answer_a_refusal_are_of_one_client(told: Told, tmp_path: Path) -> None:
    """A client that refreshes early in a token's life, after a pause that ended it, is no pool: idleness is told."""
    ill, client = Service(idle_limit_s=900, lives_s=7200), Client(tokens=11, uses=60, pause_every=1)
    assert _told(told, tmp_path / "a", _run(ill, client))[0] == ["log-idle"]


def test_a_late_refresh_of_pooled_clients_is_told_by_hashes(told: Told, tmp_path: Path) -> None:
    """What each token's own uses show is shown, whoever else writes to the log; nothing is excluded."""
    rows = [
        {**row, "token": f"{n}{row['token']}"}
        for n in range(2)
        for row in _run(Service(), Client(tokens=6, early_s=-0.8, fingerprints=True), n)
    ]
    ids, verdicts, _ = _told(told, tmp_path / "a", rows)
    assert ids == ["log-late-refresh"]
    assert set(verdicts.values()) == {"shown", "cant-tell"}


@pytest.mark.parametrize("first", [True, False])
def test_a_url_that_accepts_nothing(first: bool, told: Told, tmp_path: Path) -> None:
    """All refusals are of one URL, asked first or now and then: that is said, and nothing of new tokens or clocks."""
    rows = _run(Service(), Client(fingerprints=True))
    dice = random.Random(1)
    for before, row in itertools.pairwise(rows):
        if str(before["url"]).endswith("token") if first else row["method"] == "GET" and dice.random() < 0.2:
            row |= {"url": "https://api.example.net/admin", "status": 401}
    ids, verdicts, done = _told(told, tmp_path / "a", rows)
    assert (ids, done.exit_code) == (["log-one-url"], 1)
    assert verdicts.pop("one-url") == "likely"
    assert set(verdicts.values()) == {"cant-tell"}


def test_403s_of_new_tokens_are_told(told: Told, tmp_path: Path) -> None:
    """New tokens that get a 403 and then pass at the same URL are no "none was refused"; elsewhere it is permission."""
    rows = _run(Service(issuer_ahead_s=0.4), Client(fingerprints=True))
    as_403 = [{**row, "status": 403 if row["status"] == 401 else row["status"]} for row in rows]
    ids, verdicts, done = _told(told, tmp_path / "a", as_403)
    assert (ids, done.exit_code, "excluded" in verdicts.values()) == (["log-forbidden"], 3, False)
    assert _told(told, tmp_path / "a", as_403, "--refused", "403")[0] == ["log-issuer-ahead"]
    elsewhere = [{**row, "url": "https://api.example.net/y"} if row["status"] == 403 else row for row in as_403]
    assert _told(told, tmp_path / "a", elsewhere)[0] == ["log-none-refused"]


def test_some_stamps_without_a_zone(told: Told, tmp_path: Path) -> None:
    """Where others name theirs, the zone that is assumed joins nothing: it can't be told, until --zone says it."""
    rows = _run(Service(), Client(tokens=6, early_s=-0.8, fingerprints=True))
    for n, row in enumerate(rows):
        at = datetime.fromtimestamp(float(str(row.pop("t"))), timezone(timedelta(hours=5)))
        row["t"] = (at.replace(tzinfo=None) if n % 2 else at).isoformat(timespec="milliseconds")
    ids, verdicts, done = _told(told, tmp_path / "a", rows)
    assert (ids, set(verdicts.values())) == (["log-cant-tell"], {"cant-tell"})
    assert done.document["log"]["missing"] == ["zones"]
    assert _told(told, tmp_path / "a", rows, "--zone", "+05:00")[0] == ["log-late-refresh"]


def test_no_dates_of_the_issuer_no_proof(told: Told, tmp_path: Path) -> None:
    """Tokens that die 20 s early: shown by the Dates of both, possible where either is missing."""
    rows = _run(Service(issuer_ahead_s=-20.0), Client(tokens=8, uses=60, early_s=0.0, fingerprints=True))
    assert _told(told, tmp_path / "a", rows)[1]["issuer-behind"] == "shown"
    for dropped in ("all", "GET", "POST"):
        partly = [{**row, "date": None if dropped in {"all", row["method"]} else row["date"]} for row in rows]
        ids, verdicts, done = _told(told, tmp_path / "a", partly)
        assert (ids, done.exit_code) == (["log-early-end"], 1)
        assert (verdicts["issuer-behind"], verdicts["revoked"]) == ("possible", "possible")


# --- Causes that need no statistics ---


def test_lives_that_the_log_does_not_tell(told: Told, tmp_path: Path) -> None:
    """Without expires_in, tokens refused at one age are likely at their end; two may be, and it is asked for."""
    rows = _run(Service(), Client(tokens=6, early_s=-0.8, fingerprints=True))
    bare = [{k: v for k, v in row.items() if k != "expires_in"} for row in rows]
    ids, verdicts, done = _told(told, tmp_path / "a", bare)
    assert (ids, verdicts["late-refresh"], verdicts["revoked"]) == (["log-late-refresh"], "likely", "cant-tell")
    assert "lifetimes" in done.document["log"]["missing"]
    few = [row for row in bare if int(str(row["token"]), 16) < 3]
    assert _told(told, tmp_path / "a", few)[1]["late-refresh"] == "possible"


def test_a_refresh_that_takes_its_time(told: Told, tmp_path: Path) -> None:
    """A token that is over by its own lifetime was refused for that, however long after it the next one comes."""
    rows = _run(Service(), Client(tokens=6, early_s=-0.8, fingerprints=True))
    refused, pauses_s = False, 0.0
    for row in rows:
        pauses_s += 7.0 if refused and row["method"] == "POST" else 0.0
        refused = row["status"] == 401
        row["t"] = float(str(row["t"])) + pauses_s
    ids, verdicts, _ = _told(told, tmp_path / "a", rows)
    assert (ids, verdicts["late-refresh"], verdicts["any-age"]) == (["log-late-refresh"], "shown", "excluded")


def test_this_host_is_behind(told: Told, tmp_path: Path) -> None:
    """Its clock is behind the Date by more than the refresh is late: then it may be why."""
    rows = _run(Service(), Client(tokens=6, early_s=-0.8, ahead_s=-4.0))
    assert "log-host-behind" in _told(told, tmp_path / "a", rows)[0]


def test_what_was_measured_excludes(told: Told, tmp_path: Path) -> None:
    """An issuer that `api --full` measured to be not ahead is excluded, whatever the log looks like."""
    rows = _run(Service(issuer_ahead_s=0.175), Client())
    done = _told(told, tmp_path / "a", rows, "--issuer-ahead", "0ms+-1ms")[2]
    (ahead,) = (cause for cause in done.document["log"]["causes"] if cause["id"] == "issuer-ahead")
    assert (ahead["verdict"], ahead["because"]) == ("excluded", "excluded-measured")


def test_a_clock_that_is_set_back(told: Told, tmp_path: Path) -> None:
    """The times go back by hours: that is said, and no line is lost."""
    line = '{"t": %s, "dur_s": 0.1, "url": "/x", "status": 200}\n'
    path = tmp_path / "a"
    path.write_text("".join(line % (NOON + back + n / 10) for back in (7200, 0) for n in range(9000)))
    part = told("log", str(path), "--json").document["log"]
    assert part["steps"]
    assert part["requests"] == 18_000


def test_of_many_tokens_the_last_ones_are_kept() -> None:
    """Memory is bounded: 400 tokens are judged, and as many hashes again are known."""
    lives = Lives()
    for n in range(1000):
        lives.take(Event(NOON + n, NOON + n + 0.1, 1e-3, True, 200, token=f"{n:08x}"))
    lives.end()
    assert (len(lives.ended), lives.refreshes) == (400, 1000)


def test_an_access_log_tells_what_was_sent_before(told: Told, tmp_path: Path) -> None:
    """Whole seconds with `rt=`: a request that took 8 s carried the old token, and was refused after the refresh."""
    line = '10.0.0.1 - - [15/Jan/2027:12:%02d:%02d +0000] "GET %s HTTP/1.1" %d 15 rt=%s\n'
    rows = ""
    for minute in range(8):
        rows += line % (minute, 10, "/oauth/token", 200, 0.1) + line % (minute, 14, "/x", 401 if minute else 200, 8.0)
        rows += line % (minute, 30, "/x", 200, 0.1)
    (tmp_path / "a").write_text(rows)
    done = told("log", str(tmp_path / "a"), "--expires-in", "90s", "--json")
    assert [found["id"] for found in done.document["findings"]] == ["log-in-flight"]


def test_what_access_logs_add() -> None:
    """A stamp with milliseconds, a duration, a hash and a Date behind the status; what is none is left out."""
    line = (
        '10.0.0.1 - - [2027-01-15T12:00:00.000+00:00] "GET /x HTTP/1.1" 401 15 rt=%s token="0badcafe" '
        'date="Fri, 15 Jan 2027 12:00:00 GMT"'
    )
    (event,) = read(line % "0.5")
    assert (event.start_s, event.token, event.date_s, event.width_s) == (NOON - 0.5, "0badcafe", NOON, 1e-3)
    assert [each.start_s for each in read(line % "x")] == [None]


@pytest.mark.parametrize("name", ["nginx", "envoy", "urllib3"])
def test_a_line_without_a_time(name: str) -> None:
    """A request of which nobody knows when it was is not understood."""
    stamp = {"nginx": "15/Jan/2027:12:00:00", "envoy": "2027-01-15T12:00:00", "urllib3": "2027-01-15 12:00:00,000"}[
        name
    ]
    assert read(LINES[name].replace(stamp, "2027-99-99T99:99:99"), "lines") == []


def test_a_block_of_an_sdk_has_an_end() -> None:
    """A body of thousands of lines ends its block, and what follows is read."""
    text = LINES["sdk, Python"] + "\nx" * 3000 + "\n" + LINES["sdk, Python"]
    assert [event.status for event in read(text, "lines")] == [401, 401]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has a file that opens and fails")
def test_a_disk_that_fails() -> None:
    """What can't be read any more is said, without a traceback."""

    class Failing(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    log = Log("x", Failing(), None, packed=False, tell=None)
    with pytest.raises(InputError, match="can't be read"):
        list(log.events(Reader(), "auto"))
    with pytest.raises(UsageError, match="can't be read"):
        logs.opened("/proc/self/mem")


# --- Secrets ---

PLANTED = "s3cr3t-Pl4nt3d-Qz"


@pytest.mark.parametrize("name", LINES)
def test_nothing_of_a_log_is_in_an_output(name: str) -> None:
    """Tokens, cookies, queries, user names, paths, hosts: planted wherever a line has room, found in no format."""
    from bench.every_output import every_output

    from skewcheck.examine.of_log import LogRequest, examine_log

    line = LINES[name]
    for place in (
        "10.0.0.1",
        "bob",
        "/api/v2/users",
        "api.example.net",
        "agent",
        "curl/8",
        "https://a/x",
        "/x",
        "cc21d9b0",
    ):
        line = line.replace(place, f"{place}{PLANTED}")
    line = line.replace('"status"', f'"token": "{PLANTED}", "cookie": "{PLANTED}", "host": "{PLANTED}", "status"')
    report = examine_log(LogRequest(("-",)), content=line.encode())
    for output in every_output(report).values():
        assert PLANTED.lower() not in output.lower()
        assert "Pl4nt3d" not in output
