"""Verifiers run beside their rows of `judge.verifiers` over a grid of times, to see where a row says something else.

As a script it runs all that it is given, and prints a line for each:

    verifier_grid.py --python PYTHON --node NODE_MODULES [NAME...]

PYTHON is an interpreter that has the verifiers of Python's, NODE_MODULES the folder of those of Node.js.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from skewcheck.judge.verifiers import VERIFIERS, Checker, How, Verifier, modelled, verifier
from skewcheck.model import Token, TokenKind
from skewcheck.tokens.claims import time_claim

HERE = Path(__file__).parent
NOON = 1_795_003_200
OFTEN_S = 0.5
"""From one time of the grid to the next, and from one moment of the verifier's clock to the next."""
ODD = ("0", "-5", "1e300", str(10**30), f'"{NOON}"', f'"{NOON - 1000}"', f'"{NOON + 1000}"')
"""Times as no clock writes them: none at all, before 1970, huge, and text."""
NODE = ("jsonwebtoken", "jose", "oauth4webapi", "aws-jwt-verify", "njwt", "okta", "auth0", "google-auth-node")
OLD = ("pyjwt-2.5",)
"""Rows of old versions, each of which needs an interpreter of its own: run by name alone."""


class Cell(NamedTuple):
    """One token at one moment."""

    claims: str
    """As they stand in the token."""
    at_s: float


class Outcome(NamedTuple):
    """What running a verifier beside its row gave."""

    version: str
    cells: int
    accepted: int
    differ: list[tuple[Cell, bool, str]]
    """The cell, whether the verifier accepts it, and why the row says something else."""


def cells(checker: Checker) -> Iterator[Cell]:
    """Return the grid: each time alone over all of its leeway, and all three together around its edges."""
    for name, at_s in itertools.product(("iat", "nbf", "exp"), (NOON, NOON + OFTEN_S)):
        for value in (*_sweep(checker), *_edges(checker), *ODD):
            others = {
                other: text for other, text in (("iat", f"{NOON - 600}"), ("exp", f"{NOON + 600}")) if other != name
            }
            yield _cell({**others, name: value}, at_s)
            yield _cell({name: value}, at_s)
    together = (None, *_edges(checker), *ODD[:5])
    for iat, nbf, exp, at_s in itertools.product(together, together, together, (NOON, NOON + OFTEN_S)):
        yield _cell({"iat": iat, "nbf": nbf, "exp": exp}, at_s)


def _cell(times: dict[str, str | None], at_s: float) -> Cell:
    return Cell("{" + ",".join(f'"{name}":{text}' for name, text in times.items() if text is not None) + "}", at_s)


def _sweep(checker: Checker) -> Iterator[str]:
    steps = int((checker.leeway_s + 1) / OFTEN_S)
    return (_text(NOON + step * OFTEN_S) for step in range(-steps, steps + 1))


def _edges(checker: Checker) -> list[str]:
    ends = {checker.leeway_s, -checker.leeway_s}
    caps = set() if checker.life_cap_s is None else {checker.life_cap_s + checker.leeway_s}
    near = (-1.0, -0.5, 0.0, 0.5, 1.0)
    return [_text(NOON + end_s + off_s) for end_s in sorted(ends | caps) for off_s in near]


def _text(at_s: float) -> str:
    return str(int(at_s)) if at_s.is_integer() else str(at_s)


def row_says(row: Verifier, cell: Cell) -> tuple[bool | None, str]:
    """Return what the row says to a token with these claims, and why."""
    claims = json.loads(cell.claims)
    iat, nbf, exp = (time_claim(name, claims) for name in ("iat", "nbf", "exp"))
    answer = modelled(Token(TokenKind.JWT, "a grid", 0, "", iat, nbf, exp), row.checker, cell.at_s)
    return answer.accepts, answer.why


def compare(row: Verifier, command: list[str], modules: str = "") -> Outcome:
    """Run the verifier of *row* by *command* over the grid, and hold each answer against the row."""
    grid = list(dict.fromkeys(cells(row.checker)))
    asked = json.dumps({"name": row.name, "cells": grid})
    env = {**os.environ, "NODE_MODULES": modules}
    ran = subprocess.run(command, input=asked, capture_output=True, text=True, env=env, check=False)
    if ran.returncode:
        raise RuntimeError(f"{row.name} could not be run: {ran.stderr[-500:]}")
    told = json.loads(ran.stdout)
    differ = []
    for cell, accepts in zip(grid, told["accepts"], strict=True):
        says, why = row_says(row, cell)
        if says is not accepts:
            differ.append((cell, accepts, why))
    return Outcome(told["version"], len(grid), sum(told["accepts"]), differ)


def of_python(name: str, python: str = sys.executable) -> Outcome:
    """Run one of Python's by that interpreter."""
    return compare(verifier(name), [python, str(HERE / "verifier_cells.py")])


def of_node(name: str, modules: str) -> Outcome:
    """Run one of Node.js, installed in that folder."""
    return compare(verifier(name), ["node", str(HERE / "verifier_cells.mjs")], modules)


def main(names: Collection[str], python: str | None, modules: str | None) -> int:
    """Print what each gave; the exit code is 1 where a row says something else."""
    differ = 0
    for row in VERIFIERS:
        if row.how is not How.RUN or (names and row.name not in names):
            continue
        ours = modules if row.name in NODE else python
        if ours is None or (row.name in OLD and row.name not in names):
            continue
        outcome = of_node(row.name, ours) if row.name in NODE else of_python(row.name, ours)
        counts = f"{outcome.cells} cells, {outcome.accepted} accepted, {len(outcome.differ)} differ"
        print(f"{row.name} {outcome.version}: {counts}")  # noqa: T201 - what the script is for
        for cell, accepts, why in outcome.differ[:20]:
            print(f"  {cell.claims} at {cell.at_s}: accepts={accepts}, the row: {why}")  # noqa: T201 - as above
        differ += len(outcome.differ)
    return min(1, differ)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python")
    parser.add_argument("--node", dest="modules")
    parser.add_argument("names", nargs="*")
    sys.exit(main(**vars(parser.parse_args())))
