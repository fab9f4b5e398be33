"""A paste is read whole, unseen, and nothing of it is left to the shell; the terminal is as it was before."""

import getpass
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from bench.terminal import Terminal, shell, terminal
from bench.tools import need, need_init

from skewcheck.errors import UsageError
from skewcheck.tokens import source as room

READ = (
    "from hashlib import sha256; from skewcheck.tokens.source import paste; "
    "got, skipped = paste('Token: '); print(f'got {len(got.decode())} {sha256(got).hexdigest()[:16]}', skipped or '')"
)
ENTER = "\r"
BEGIN, END = "\x1b[200~", "\x1b[201~"
DEADLY = sorted(
    getattr(signal, f"SIG{name}")
    for name in [
        "ABRT", "ALRM", "HUP", "IO", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SYS", "TERM", "TRAP", "USR1", "USR2",
        "VTALRM", "XCPU",
    ]
    if hasattr(signal, f"SIG{name}")
)  # fmt: skip
"""What ends a process that doesn't answer it, but for what stands for a fault of its own (SIGSEGV and its like)."""


def told(text: str) -> str:
    """Return what the program says once it has read *text*."""
    from hashlib import sha256

    return f"got {len(text)} {sha256(text.encode()).hexdigest()[:16]}"


def token(length: int) -> str:
    """Return something like a token, of which no two parts are alike."""
    return "eyJ" + "".join(f"{number:06x}" for number in range(length // 6 + 1))[: length - 3]


@pytest.fixture
def untouched() -> list[object]:
    """Return how a terminal is set that nobody has set."""
    with terminal("sleep", "100") as opened:
        return opened.settings()


@pytest.fixture
def asked() -> Iterator[Terminal]:
    """Start the program and wait until it asks."""
    with terminal(sys.executable, "-c", READ, environment={"TERM": "xterm"}) as opened:
        opened.wait_for("Token: ")
        yield opened


@pytest.mark.parametrize("length", [10, 4095, 4096, 60_000])
@pytest.mark.parametrize("bracketed", [False, True], ids=["plain", "bracketed"])
def test_a_paste_of_any_length_is_whole_and_unseen(asked: Terminal, length: int, bracketed: bool) -> None:
    """Neither the line buffer's 4095 bytes nor the pty's 4096 cut it, and no byte of it is on the screen."""
    text = token(length)
    asked.send(f"{BEGIN}{text}{END}{ENTER}" if bracketed else text + ENTER)
    asked.wait_for(told(text))
    assert asked.end() == 0
    assert text[:10] not in asked.screen
    assert text[-7:] not in asked.screen


@pytest.mark.parametrize("bracketed", [False, True], ids=["plain", "bracketed"])
def test_several_lines_are_one_paste(asked: Terminal, bracketed: bool) -> None:
    """A token that was wrapped is read with all its lines."""
    lines = [token(70), token(80), token(20)]
    pasted = "\r".join(lines)
    asked.send(f"{BEGIN}{pasted}{END}{ENTER}" if bracketed else pasted + ENTER)
    asked.wait_for(told("\n".join(lines)))
    assert asked.end() == 0


def test_pieces_of_a_bracketed_paste_may_be_slow(asked: Terminal) -> None:
    """Between its brackets a paste isn't over, however long it is silent after a line."""
    import time

    asked.send(f"{BEGIN}first{ENTER}")
    time.sleep(0.5)
    asked.send(f"second{END}")
    time.sleep(0.5)
    asked.send(ENTER)
    asked.wait_for(told("first\nsecond"))
    assert asked.end() == 0


def test_what_is_typed_can_be_taken_back(asked: Terminal) -> None:
    """Backspace takes a character back, Ctrl-U all."""
    asked.send("wrong\x15abx\x7fc" + ENTER)
    asked.wait_for(told("abc"))
    assert asked.end() == 0


@pytest.mark.parametrize("key", [ENTER, "\x04"], ids=["enter", "ctrl-d"])
def test_nothing_is_pasted(asked: Terminal, key: str) -> None:
    """Enter or Ctrl-D alone is an empty answer."""
    asked.send(key)
    asked.wait_for(told(""))
    assert asked.end() == 0


def test_the_terminal_is_as_it_was(asked: Terminal, untouched: list[object]) -> None:
    """After success every setting is back, and brackets are no longer asked for."""
    assert asked.settings() != untouched
    asked.send("token" + ENTER)
    asked.wait_for(told("token"))
    assert asked.settings() == untouched
    assert asked.screen.count("\x1b[?2004h") == asked.screen.count("\x1b[?2004l") == 1


def test_ctrl_c_works_and_restores_the_terminal(asked: Terminal, untouched: list[object]) -> None:
    """In the middle of a paste it ends the program; every setting is back."""
    asked.send(token(300))
    asked.send("\x03")
    asked.wait_for("KeyboardInterrupt")
    assert asked.settings() == untouched
    assert asked.end() != 0


@pytest.mark.parametrize("number", DEADLY, ids=[signal.Signals(number).name for number in DEADLY])
def test_a_signal_that_kills_leaves_no_silent_terminal(asked: Terminal, untouched: list[object], number: int) -> None:
    """No `finally` runs where a signal's own action ends the process; the terminal is restored before."""
    asked.send(token(300))
    asked.kill(number)
    assert asked.end() == -number
    assert asked.settings() == untouched
    assert "\x1b[?2004l" in asked.screen


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGRTMAX])
def test_the_first_process_of_a_container_ends_too(untouched: list[object], number: int) -> None:
    """The kernel spares process 1 what kills others: it ends all the same, and reads on from no visible terminal."""
    program = [*need_init(), sys.executable, "-c", READ]
    with terminal(*program, environment={"TERM": "xterm"}) as opened:
        opened.wait_for("Token: ")
        opened.send(token(300))
        opened.kill(number, child=True)
        assert opened.end() == 128 + number
        assert opened.settings() == untouched
        assert "eyJ" not in opened.screen


def test_a_stopped_terminal_holds_up_no_end(asked: Terminal, untouched: list[object]) -> None:
    """After Ctrl-S nothing more is written: the process ends by its signal, and the terminal is set as it was."""
    asked.send("\x13")
    asked.kill(signal.SIGHUP)
    assert asked.end() == -signal.SIGHUP
    assert asked.settings() == untouched


def test_a_stop_shows_the_terminal_and_goes_on_unseen(tmp_path: Path) -> None:
    """Who stops it (`kill -TSTP`) gets a terminal that echoes; in the foreground again it asks again, without echo."""
    need("bash")
    program = tmp_path / "ask.py"
    program.write_text(f"import os; print('pid', os.getpid(), flush=True); {READ}")
    with shell(tmp_path, "--noediting") as opened:
        opened.send(f"{sys.executable} {program}{ENTER}")
        after = opened.wait_for("Token: ")
        opened.send("first")
        os.kill(int(opened.screen.partition("pid ")[2].split()[0]), signal.SIGTSTP)
        after = opened.wait_for("ready>", after)
        assert opened.echoes()
        opened.send(f"fg{ENTER}")
        after = opened.wait_for("Token: ", after)
        assert not opened.echoes()
        opened.send("second" + ENTER)
        opened.wait_for(told("firstsecond"), after)
        opened.wait_for("ready>", after)
        assert opened.echoes()


@pytest.mark.parametrize("around", [("", ""), (BEGIN, END)], ids=["typed", "pasted"])
def test_of_too_much_the_end_is_read(asked: Terminal, around: tuple[str, str]) -> None:
    """More than 2 MiB: the last MiB counts, how much came before is told, and none of it is left over."""
    begin, end = around
    asked.send(begin + token(2_300_000) + end + ENTER)
    asked.wait_for(f" {2_300_000 - (1 << 20) + len(begin + end) + 1}")  # and Enter
    assert asked.end() == 0


def test_ctrl_z_and_ctrl_backslash_leave_no_silent_shell(asked: Terminal) -> None:
    """Neither stops or kills the program while the terminal is silent: they are characters like others."""
    asked.send("a\x1a\x1cb" + ENTER)
    asked.wait_for(told("a\x1a\x1cb"))
    assert asked.end() == 0


@pytest.mark.parametrize("lines", [1, 3])
def test_nothing_is_left_to_the_shell(tmp_path: Path, lines: int) -> None:
    """Bash neither runs nor remembers any part of what was pasted at the program that it started."""
    need("bash")
    program = tmp_path / "ask.py"
    program.write_text(READ)
    pasted = ENTER.join(token(2000) for _ in range(lines))
    with shell(tmp_path) as bash:
        bash.send(f"{sys.executable} {program}{ENTER}")
        after = bash.wait_for("Token: ")
        bash.send(pasted + ENTER)
        after = bash.wait_for("got ", after)
        bash.wait_for("ready>", after)
        bash.send(f"echo alive; history{ENTER}")
        bash.wait_for("echo alive", bash.wait_for("alive", after))
        assert "not found" not in bash.screen
        assert "eyJ" not in bash.screen


def test_no_terminal_is_an_error_with_a_remedy() -> None:
    """Where there is nobody to ask it says so."""
    from skewcheck.errors import UsageError
    from skewcheck.tokens.source import paste

    with pytest.raises(UsageError, match="no terminal") as caught:
        paste("Token: ", terminal="/dev/no-such-terminal")
    assert "--file" in caught.value.remedy


@pytest.mark.parametrize(("typed", "read"), [("eyJabc", b"eyJabc"), (EOFError(), b"")])
def test_a_terminal_that_can_not_be_set(typed: str | EOFError, read: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line is taken as Python takes a password; its end without a line is no token."""

    def line(_prompt: str) -> str:
        if isinstance(typed, str):
            return typed
        raise typed

    monkeypatch.setattr(getpass, "getpass", line)
    assert room.paste("Token: ", terminal=os.devnull) == (read, 0)


def test_no_terminal_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither here nor, with another way to read one, on Windows: that is said with a way out."""
    with pytest.raises(UsageError):
        room.paste("Token: ", terminal=str(tmp_path / "tty"))
    monkeypatch.setattr(room, "os", SimpleNamespace(name="nt"))
    with pytest.raises(UsageError):
        room.paste("Token: ")


def test_a_terminal_that_hangs_up() -> None:
    """What came until then is all."""
    reading, writing = os.pipe()
    os.write(writing, b"eyJabc")
    os.close(writing)
    assert room._read(reading) == (b"eyJabc", 0)
    os.close(reading)
