"""What a start costs, beside bare Python in the same run: CPU, wall clock and memory.

    python tests/benchmark.py [ROUNDS]

To be run by the Python of an environment in which skewcheck is installed as its users install it: `pip install .`, not
editable, with the bytecode compiled. A probe runs every minute, so the aims are `clock --json` at no more than seven
times bare Python's CPU, and 16 MiB.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from skewcheck.lab.ntp import NtpServer

CPU_AIM, MEMORY_AIM_MIB = 7.0, 16.0
ROUNDS = 30
_BETWEEN = "::"

_RUNNER = """\
import os, sys, time
rounds, words = int(sys.argv[1]), sys.argv[2:]
commands = [part.split("\\n") for part in "\\n".join(words).split("\\n::\\n")]
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
for _ in range(rounds):
    for number, command in enumerate(commands):
        began = time.perf_counter()
        child = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
        _, status, used = os.wait4(child, 0)
        took = time.perf_counter() - began
        print(number, os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, took, used.ru_maxrss)
"""
"""Runs the commands in turn, so that a noisy neighbour disturbs all alike. In a Python of its own that loads nothing: a
child's peak memory is never below that of the process that it was started from."""


class Cost(NamedTuple):
    """What one command took in all rounds."""

    cpu_s: list[float]
    wall_s: list[float]
    memory_mib: float


def measure(commands: list[list[str]], rounds: int) -> list[Cost]:
    """Run all *commands* in turn, *rounds* times; raises AssertionError where one fails."""
    words = [word for command in commands for word in (_BETWEEN, *command)][1:]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SKEWCHECK_"))}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _RUNNER, str(rounds), *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rows: list[list[tuple[float, float, float]]] = [[] for _ in commands]
    for line in done.stdout.splitlines():
        number, exit_code, cpu_s, wall_s, memory_kib = line.split()
        assert exit_code == "0", commands[int(number)]
        rows[int(number)].append((float(cpu_s), float(wall_s), float(memory_kib)))
    return [
        Cost(sorted(row[0] for row in each), sorted(row[1] for row in each), max(row[2] for row in each) / 1024)
        for each in rows
    ]


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    program = str(Path(sys.executable).parent / "skewcheck")
    with NtpServer() as server:
        host, port = server.address
        named = ["-H", f"{host}:{port}"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "skewcheck --version": [program, "--version"],
            "skewcheck --help": [program, "--help"],
            "skewcheck clock --json": [program, "clock", "--json", *named],
            "skewcheck clock": [program, "clock", *named],
        }
        costs = dict(zip(commands, measure(list(commands.values()), rounds), strict=True))
    bare = costs["python -c pass"]
    print(f"Python {sys.version.split()[0]}, {rounds} rounds; least / median\n")  # noqa: T201 - what a script is for
    print(f"{'':24}{'CPU ms':>15}{'x bare':>8}{'wall ms':>15}{'memory MiB':>12}")  # noqa: T201
    for name, cost in costs.items():
        cpu, wall = (f"{1e3 * times[0]:.1f} / {1e3 * times[rounds // 2]:.1f}" for times in (cost.cpu_s, cost.wall_s))
        print(f"{name:24}{cpu:>15}{cost.cpu_s[0] / bare.cpu_s[0]:>8.1f}{wall:>15}{cost.memory_mib:>12.1f}")  # noqa: T201
    aims = f"{CPU_AIM:g} x bare Python's CPU and {MEMORY_AIM_MIB:g} MiB"
    print(f"\nx bare: of the least CPU. Aims for clock --json: {aims}")  # noqa: T201


if __name__ == "__main__":
    main()
