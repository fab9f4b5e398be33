"""`skewcheck token`: what a token says, who would refuse it, and the buffer to use."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from skewcheck.cli import asked as asking
from skewcheck.cli import options, output
from skewcheck.cli.deliver import Deadline, run
from skewcheck.cli.help import CODES, Screen
from skewcheck.errors import UsageError

if TYPE_CHECKING:
    from skewcheck.judge.verifiers import Verifier

LIST = "list"
"""In the place of a verifier's name: show them all."""
WIDTH = 80
"""Cells of a line of that list."""

OPTIONS = (
    "words", "file", "env", "expires_in", "obtained_at", "offline", "skew", "verifier", "leeway", "latency", "server",
    *options.API, *options.TLS, "timeout:token", *options.FAMILY, *options.SHARED,
)  # fmt: skip
SCREEN = Screen(
    "Read a token: its times, who refuses it, the buffer to use.",
    "[TOKEN|-] [OPTIONS]",
    """\
Examples:
  skewcheck token                    asks for a token and doesn't show it
  pbpaste | skewcheck token          whatever was copied: a header, a response
  skewcheck token --file token.json --region eu-west-1 --verifier pyjwt
  skewcheck token --env ACCESS_TOKEN --expires-in 86399 --json
  skewcheck token --skew -200ms+-50ms --file token.txt
  skewcheck token --verifier list""",
    CODES.format(
        ok="ok",
        critical="critical: expired by true time, or the clock is off by the limit",
        unknown="unknown: it can't be told; or no token, usage, I/O or internal error",
    ),
    hidden=("warning", "critical", "fail_on", "on_unknown", "color", "ipv4"),
)


def token(context: typer.Context, values: Mapping[str, Any]) -> int:
    """Tell what a token says, who would refuse it, and how early to refresh it.

    Give it however you have it: bare, quoted, with Bearer, a header line, a token
    response, a cookie, a URL, a line of a log. A JWT is read and not verified; an
    opaque token, as Genesys Cloud issues them, says nothing of time itself.

    It is judged by true time: this asks NTP servers for the time, and with --region
    or --url an API for its Date. Nothing of the token is sent, stored or shown but
    its times, issuer, header and the beginning of its SHA-256.
    """
    view, verifiers = asking.view(values), tuple(values["verifier"] or ())
    if LIST in verifiers:
        return _list_verifiers()
    if verifiers:  # one that isn't known is said before anybody pastes a token for nothing
        from skewcheck.examine import check_verifiers

        check_verifiers(verifiers)
    if values["offline"] and values["skew"] is not None:
        raise UsageError("--offline and --skew were both given", "--skew alone: it asks nobody, either")
    if values["offline"] or values["skew"] is not None:
        _check_that_nobody_is_named(context)
        values = {**values, "server": None, "region": None, "url": None}  # the environment's are for other runs
    asked = asking.request(context, "token", values)
    from skewcheck.cli import token_input

    source = token_input.Source(tuple(values["words"] or ()), values["file"], values["env"])
    found, deadline = token_input.read(source, Deadline(context.obj, values["timeout"]).of(asked).enforced())
    asked = asked._replace(
        token=found,
        expires_in_s=values["expires_in"],
        obtained_at_s=values["obtained_at"],
        offline=values["offline"],
        skew=values["skew"],
        verifiers=verifiers,
        leeway_s=values["leeway"],
        latency=values["latency"],
    )
    return run(asked, view, deadline)


def _check_that_nobody_is_named(context: typer.Context) -> None:
    """Raise UsageError where the command line says both to ask nobody and whom to ask."""
    for name, option in (("server", "-H"), ("region", "--region"), ("url", "--url")):
        if asking.typed_here(context, name):
            raise UsageError(
                f"with --offline or --skew nobody is asked, and {option} names whom to ask", "one without the other"
            )


# --- The table of verifiers ---


def _list_verifiers() -> int:
    from textwrap import wrap

    from skewcheck.examine import verifier_rows

    rows = [("NAME", "LEEWAY", "IAT AHEAD", "NOW = EXP", "READ"), *map(_row, verifier_rows())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for number, row in enumerate(rows):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number:
            known = verifier_rows()[number - 1]
            for said in filter(None, (f"{known.title}: {known.source}", known.note)):
                lines += wrap(said, WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    output.write_stdout("\n".join(lines) + "\n")
    return 0


def _row(known: "Verifier") -> tuple[str, str, str, str, str]:
    checker = known.checker
    return (
        known.name,
        f"{checker.leeway_s:g} s",
        "refuses" if checker.checks_iat else "accepts",
        "accepts" if checker.accepts_at_exp else "refuses",
        known.version,
    )
