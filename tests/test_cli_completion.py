"""The shell's completion: commands, options and values are offered, and each shell gets its own script."""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from bench.typed import Done, clean, skewcheck

Told = Callable[..., Done]

SCRIPTS = {
    # What makes it that shell's, and none of the others'.
    "bash": "complete -o default -F _skewcheck_completion skewcheck",
    "zsh": "compdef _skewcheck_completion skewcheck",
    "fish": "complete --command skewcheck",
    "powershell": "Register-ArgumentCompleter -Native -CommandName skewcheck",
}
OFFERED = [
    # (typed, what is offered, what isn't)
    ("cl", "clock", "demo"),
    ("--show-c", "--show-completion", "--version"),
    ("clock --sam", "--samples", "--json"),
    ("explain local-b", "local-behind", "local-ahead"),
    ("explain 4", "401", "offset"),
    ("api --region eu-w", "eu-west-2", "eu-central-1"),
    ("check --region mx", "mx-central-1", "me-central-1"),
    ("token --verifier git", "github-app", "pyjwt"),
    ("token --verifier li", "list", "pyjwt"),
    ("clock --format p", "prometheus", "nagios"),
    ("clock --fail-on c", "critical", "warning"),
    ("clock --on-unknown o", "ok", "warning"),
    ("clock --color al", "always", "never"),
    ("regions --j", "--json", "--help"),
]


def asked(shell: str, typed: str) -> dict[str, str]:
    """Return what the script of *shell* puts into the environment behind *typed*, with the cursor at its end."""
    words = f"skewcheck {typed}"
    return {
        "_SKEWCHECK_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(("typed", "offered", "other"), OFFERED)
def test_offers(shell: str, typed: str, offered: str, other: str, told: Told) -> None:
    """By the protocol of each shell's script: commands, options, regions, verifiers, findings, formats."""
    done = told(environment=asked(shell, typed))
    words = done.out.replace('"', " ").replace(":", " ").split()
    assert (done.exit_code, done.err, offered in words, other in words) == (0, "", True, False)


@pytest.mark.parametrize("shell", SCRIPTS)
@pytest.mark.parametrize("written", [("--show-completion", "{}"), ("--show-completion={}",)])
def test_each_shell_gets_its_own_script(shell: str, written: tuple[str, ...], told: Told) -> None:
    """Whatever shell this is typed in; a script asks by the variable that is answered above."""
    done = told(*(word.format(shell) for word in written))
    assert (done.exit_code, done.err) == (0, "")
    assert {name for name, mark in SCRIPTS.items() if mark in done.out} == {shell}
    assert f"complete_{shell}" in done.out


@pytest.mark.parametrize("words", ["tcsh", "bash zsh", "-x", ""])
def test_another_shell_is_a_mistake(words: str, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 3, and the shells that there are; where none is named, that of the terminal is taken, if it is known."""
    monkeypatch.setattr("typer._completion_shared._get_shell_name", lambda: "tcsh")
    done = told("--show-completion", *words.split())
    assert (done.exit_code, done.out) == (3, "")
    assert "--show-completion bash" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_installed_for_the_shell_that_is_named(shell: str, tmp_path: Path) -> None:
    """The script is where it is said to be, and nowhere else but in that shell's own files."""
    done = skewcheck("--install-completion", shell, environment={"HOME": str(tmp_path)})
    assert (done.exit_code, done.err, done.out.startswith(f"{shell} completion installed in ")) == (0, "", True)
    scripts = [path for path in tmp_path.rglob("*") if path.is_file() and SCRIPTS[shell] in path.read_text()]
    assert len(scripts) == 1
    assert str(scripts[0]) in done.out


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """Return a folder for PATH in which the program stands."""
    program = tmp_path / "skewcheck"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m skewcheck "$@"\n')
    program.chmod(0o755)
    return tmp_path


IN_SHELLS = {
    "bash": """
        eval "$(skewcheck --show-completion bash)"
        COMP_WORDS=(skewcheck {typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _skewcheck_completion skewcheck
        printf "%s\\n" "${{COMPREPLY[@]}}"
        """,
    "fish": """
        skewcheck --show-completion fish | source
        complete -C "skewcheck {typed}"
        """,
    # zsh completes only at a prompt: one in a terminal of its own, and the key.
    "zsh": """
        zmodload zsh/zpty
        zpty Z zsh -f -i
        zpty -w Z 'PS1=; autoload -Uz compinit && compinit -u -D'
        zpty -w Z 'eval "$(skewcheck --show-completion zsh)"; echo rea""dy'
        zpty -r -m Z ready '*ready*'
        zpty -w -n Z $'skewcheck {typed}\\t'
        zpty -r -m Z line '*{offered}*'
        zpty -d Z
        print -rl -- ${{(Z:n:)line##*skewcheck}}
        """,
}
"""What fills in behind *typed*, as the shell does when the key is pressed, and prints a word a line."""
STARTS = {"bash": ("bash", "--norc", "-c"), "fish": ("fish", "--no-config", "-c"), "zsh": ("zsh", "-f", "-c")}


@pytest.mark.parametrize("shell", IN_SHELLS)
@pytest.mark.parametrize(("typed", "offered", "other"), OFFERED[::9])
def test_in_a_real_shell(shell: str, typed: str, offered: str, other: str, started: Path) -> None:
    """The script that is printed, read by its shell, fills in what is offered above."""
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} here")
    script = textwrap.dedent(IN_SHELLS[shell].format(typed=typed, offered=offered))
    environment = clean() | {"HOME": str(started), "PATH": f"{started}:{os.environ['PATH']}"}
    done = subprocess.run(
        [*STARTS[shell], script], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    assert offered in done.stdout.split()
    assert other not in done.stdout.split()
