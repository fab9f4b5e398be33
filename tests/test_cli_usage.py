"""Wrong usage and defects: what and what to try on stderr, JSON for whoever asked for it, and no secret in either."""

import sys
from collections.abc import Callable

import pytest
from bench.typed import Done, servers_for, skewcheck
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.cli.asked import format_of
from skewcheck.foreign import quoted, redacted

HEADER, PAYLOAD, SIGNATURE = (
    "eyJhbGciOiJIUzI1NiJ9",
    "eyJzdWIiOiIxMjM0NSJ9",
    "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
)
JWT = f"{HEADER}.{PAYLOAD}.{SIGNATURE}"
Told = Callable[..., Done]


def test_a_token_broken_at_spaces_is_not_repeated() -> None:
    """An unquoted token that a terminal broke into words is many arguments: none of them is shown."""
    pieces = [JWT[at : at + 9] for at in range(0, len(JWT), 9)]
    done = skewcheck("clock", "Bearer", *pieces)
    assert (done.exit_code, any(piece in done.err for piece in pieces)) == (3, False)


@pytest.mark.parametrize(
    ("variable", "value", "summary"),
    [
        ("WARNING", "junk", "environment variable SKEWCHECK_WARNING: 'junk' is not a duration"),
        ("QUIET", "maybe", "environment variable SKEWCHECK_QUIET: 'maybe' is not a switch; write 1 or 0"),
        ("COLOR", "red", "environment variable SKEWCHECK_COLOR: 'red' is not one of"),
        ("SAMPLES", "x", "environment variable SKEWCHECK_SAMPLES: 'x' is not a whole number"),
    ],
)
def test_wrong_environment_names_the_variable(variable: str, value: str, summary: str, told: Told) -> None:
    """Who never typed an option is told of the variable."""
    assert told("clock", environment={f"SKEWCHECK_{variable}": value}).err.startswith(f"error: {summary}")


def test_the_command_line_beats_the_environment_where_they_exclude_each_other() -> None:
    """SKEWCHECK_IPV6 in a container's settings must not make `-4` an error."""
    with servers_for("ok") as named:
        done = skewcheck("clock", "-4", "--json", *named, environment={"SKEWCHECK_IPV6": "1"})
    assert done.document["ntp"]["answered"] == 3


@pytest.mark.parametrize("words", [(), ("--version",), ("clcok",), ("clock", "--json", "--jsno"), ("clock", "-w", "x")])
def test_json_by_the_environment(words: tuple[str, ...], told: Told) -> None:
    """SKEWCHECK_FORMAT=json is a wish for JSON too, whatever goes wrong."""
    done = told(*words, environment={"SKEWCHECK_FORMAT": "json"})
    if words == ("--version",):
        assert (done.exit_code, done.err) == (0, "")
    else:
        assert (done.exit_code, done.document["error"]["id"]) == (3, "usage")
        assert done.err


@pytest.mark.parametrize(
    ("words", "environment", "wanted"),
    [
        ("clock --json", "", "json"),
        ("clock --format json", "", "json"),
        ("clock --format=nagios", "", "nagios"),
        ("clock --format=nagios --json", "", "json"),
        ("clock --format junit --format=prometheus", "github", "prometheus"),
        ("clock --format", "", "text"),
        ("clock --format nonsense", "", "text"),
        ("clock --format text", "json", "text"),
        ("clock", "github", "github"),
        ("clock", "nonsense", "text"),
        ("clock", "", "text"),
        ("", "", "text"),
    ],
)
def test_which_format_is_asked_for(words: str, environment: str, wanted: str) -> None:
    """A command line that isn't understood still tells whether a program reads the answer, and which."""
    assert format_of(words.split(), {"SKEWCHECK_FORMAT": environment}) == wanted


def test_bare_command_is_a_dozen_lines_of_help() -> None:
    """Who types the name alone learns what to type next, on stderr; for a script it is an error."""
    done = skewcheck()
    assert (done.exit_code, done.out) == (3, "")
    assert 8 <= len(done.err.splitlines()) <= 14
    assert "skewcheck clock" in done.err
    assert max(map(len, done.err.splitlines())) <= 80


@given(st.text(max_size=300))
def test_what_is_quoted_is_visible_and_short(text: str) -> None:
    """Nothing typed by mistake reaches the terminal as a control character, or as a page."""
    said = quoted(text)
    assert said.isprintable()
    assert len(said) <= 6 * 60 + 60


@pytest.mark.parametrize("name", ["/var/lib/node_exporter/textfile_collector/skewcheck.prom", "5apples"])
def test_what_is_no_secret_is_shown(name: str) -> None:
    """Who mistypes a file or a number wants to see what he typed."""
    assert redacted(name) == name


DEFECT = f"""\
import sys
from skewcheck import cli
from skewcheck.examine import ask_ntp
def broken(*_, **__): raise RuntimeError('boom \\x1b[2J {JWT}')
ask_ntp.poll_servers = broken
sys.argv = ['skewcheck', 'clock', '--json', '-H', '127.0.0.1']
cli.main()
"""


class TestDefect:
    """A defect of our own: told as such, without a traceback, and without what it carried."""

    @pytest.fixture(params=["0", "1"], ids=["plain", "debug"])
    def done(self, request: pytest.FixtureRequest) -> tuple[bool, Done]:
        """Run a program with a defect whose message carries a token."""
        environment = {"SKEWCHECK_DEBUG": request.param}
        return request.param == "1", skewcheck(program=[sys.executable, "-c", DEFECT], environment=environment)

    def test_is_told(self, done: tuple[bool, Done]) -> None:
        """Exit 3, what it was, how to report it; the traceback where it was asked for."""
        debug, run = done
        assert (run.exit_code, run.document["error"]["id"]) == (3, "internal")
        assert "a defect of skewcheck itself: RuntimeError: boom \\u001b[2J (hidden)" in run.err
        assert "SKEWCHECK_DEBUG=1" in run.err
        assert ("Traceback" in run.err) is debug

    def test_keeps_secrets(self, done: tuple[bool, Done]) -> None:
        """Neither a control character nor the token, in either stream."""
        run = done[1]
        assert not any(piece in run.out + run.err for piece in (PAYLOAD, SIGNATURE, "\x1b"))


def test_defect_in_a_thread() -> None:
    """A thread of the resolver that dies of a defect is told of likewise; the run ends by its deadline all the same."""
    code = (
        "import sys; from skewcheck import cli; from skewcheck.measure import poll\n"
        f"def broken(*_, **__): raise RuntimeError('boom {JWT}')\n"
        "poll.written_out = lambda *_: (); poll._Loop._resolve = broken\n"
        "sys.argv = ['skewcheck', 'clock', '--json', '-t', '1s', '-H', 'name.example.net']; cli.main()"
    )
    done = skewcheck(program=[sys.executable, "-c", code])
    assert (done.exit_code, done.document["status"], done.ids[0]) == (3, "unknown", "ntp-unreached")
    assert "a defect of skewcheck itself: RuntimeError: boom (hidden)" in done.err
    assert "Traceback" not in done.err


def test_broken_installation() -> None:
    """Where not even the JSON can be made, there is still a message, exit 3 and no traceback."""
    code = (
        "import sys; sys.modules['skewcheck.judge.catalogue'] = None;"
        "sys.argv = ['skewcheck', 'clock', '--json', '-H', '127.0.0.1'];"
        "from skewcheck.cli import main; main()"
    )
    done = skewcheck(program=[sys.executable, "-c", code])
    assert (done.exit_code, done.out, "Traceback" in done.err) == (3, "", False)
    assert "import of skewcheck.judge.catalogue halted" in done.err
