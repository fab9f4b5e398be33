"""What every default screen holds, whatever it says: it fits a terminal, and its first line is the answer."""

import unicodedata

LINES, COLUMNS = 24, 80
"""Of a terminal that nobody has enlarged."""
_STATUS = {0: {"OK", "WARNING", "UNKNOWN"}, 1: {"WARNING"}, 2: {"CRITICAL"}, 3: {"UNKNOWN"}}
"""By the exit code; a warning and what can't be told may be forgiven."""
_ANSWER_AT = 10


def check(screen: str, exit_code: int | None) -> None:
    """Hold *screen*: 24 lines of 80 cells, line 1 the status and the answer, line 2 what it means or nothing.

    *exit_code* None: it hangs on something else than the status, as that of a demonstration does.
    """
    lines = screen.splitlines()
    assert screen.endswith("\n"), screen
    assert 1 <= len(lines) <= LINES, f"{len(lines)} lines\n{screen}"
    assert [line for line in lines if cells(line) > COLUMNS and not _is_command(line)] == [], screen
    assert [line for line in lines if line != line.rstrip()] == [], screen
    status, answer = lines[0][:_ANSWER_AT].rstrip(), lines[0][_ANSWER_AT:]
    assert status in ({"CRITICAL"}.union(*_STATUS.values()) if exit_code is None else _STATUS[exit_code]), screen
    assert answer == answer.strip() != "", screen
    assert len(lines) == 1 or lines[1] == "" or lines[1].startswith(" " * _ANSWER_AT), screen


def _is_command(line: str) -> bool:
    """Tell whether *line* is a command to copy, which is never broken: whoever named three servers gets them again."""
    return line.startswith(("Fix:  ", "Next: ", " " * 6)) and not line.startswith(" " * 7)


def cells(line: str) -> int:
    """Return how many columns *line* takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
