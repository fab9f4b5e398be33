"""What it takes to measure by the `Date` of a real nginx at a round trip of 50 ms, beside `htpdate -q`.

    python tests/benchmark_dates.py [ROUNDS]

In each round each tool measures each server once, in turn, so that a noisy neighbour disturbs all alike. The aims are
medians of 6 s for `--full` and 2.6 s to settle a limit of 100 ms, the program's start included.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import command, webservers
from bench.tcp_relay import TcpRelay, Way
from bench.tools import need

AHEAD_S = (0.0, 0.2, -0.2)
WAY = Way(0.025, 0.002)
ROUNDS = 5


class Result(NamedTuple):
    """What one run came to."""

    took_s: float
    requests: int
    wrong_s: float
    """By how much its best estimate misses the truth."""
    width_s: float | None
    """None: it tells no bound."""


Tool = Callable[[int, float], Result]
"""Port, and how far ahead the server is -> what one run gave."""


def _skewcheck(*options: str) -> Tool:
    def run(port: int, ahead_s: float) -> Result:
        done = command.api(f"http://127.0.0.1:{port}/", *options)
        host = done.report["api"]["hosts"][0]
        assert host["fresh_low_s"] <= -ahead_s <= host["fresh_high_s"], host
        width_s = host["fresh_high_s"] - host["fresh_low_s"]
        return Result(done.took_s, host["requests"], abs(host["skew_s"] + ahead_s), width_s)

    return run


def _htpdate(*options: str) -> Tool:
    program = need("htpdate")

    def run(port: int, ahead_s: float) -> Result:
        began_s = time.monotonic()
        asking = [program, "-q", "-n", "-d", *options, f"127.0.0.1:{port}"]
        done = subprocess.run(asking, capture_output=True, text=True, check=True)
        took_s = time.monotonic() - began_s
        said = re.search(r"^Offset (-?[\d.]+) seconds", done.stdout, re.MULTILINE)
        return Result(took_s, done.stdout.count("=>"), abs((float(said[1]) if said else 0.0) - ahead_s), None)

    return run


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    tools = {
        "skewcheck api --full": _skewcheck("--full"),
        "skewcheck api": _skewcheck(),
        "htpdate -q": _htpdate(),
        "htpdate -q -p 9": _htpdate("-p", "9"),
    }
    results: dict[str, list[Result]] = {name: [] for name in tools}
    wanted = [("nginx", ahead_s) for ahead_s in AHEAD_S]
    with tempfile.TemporaryDirectory() as folder, webservers.running(Path(folder), wanted) as farm:
        for _ in range(rounds):
            for (_, ahead_s), server in farm.items():
                for name, tool in tools.items():
                    with TcpRelay((server.host, server.port), WAY, WAY) as relay:
                        results[name].append(tool(relay.port, ahead_s))
    print(f"{rounds} rounds, servers at {AHEAD_S} s; medians\n")  # noqa: T201 - what a script is for
    print(f"{'':22}{'s':>7}{'requests':>10}{'wrong by ms':>13}{'at most ms':>12}{'width ms':>10}")  # noqa: T201
    for name, runs in results.items():
        widths = [1e3 * run.width_s for run in runs if run.width_s is not None]
        print(  # noqa: T201
            f"{name:22}{median(run.took_s for run in runs):>7.2f}{median(run.requests for run in runs):>10g}"
            f"{1e3 * median(run.wrong_s for run in runs):>13.1f}{1e3 * max(run.wrong_s for run in runs):>12.1f}"
            + (f"{median(widths):>10.1f}" if widths else f"{'none':>10}")
        )
    print("\nAims: 6 s and 2.6 s. htpdate tells no bound.")  # noqa: T201


if __name__ == "__main__":
    main()
