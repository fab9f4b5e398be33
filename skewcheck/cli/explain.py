"""`skewcheck explain`: what a finding means, who notices, and how to fix it."""

from collections.abc import Mapping
from typing import Any

from skewcheck.cli import output
from skewcheck.cli.argv import Typed
from skewcheck.cli.help import UNMEASURED, UNMEASURED_BRIEFLY, Screen
from skewcheck.errors import UsageError, meant
from skewcheck.foreign import quoted

OPTIONS = ("id",)
SCREEN = Screen(
    "Explain a finding: who notices, how to fix it.",
    "[ID]",
    """\
Examples:
  skewcheck explain                all findings, and the topics
  skewcheck explain local-behind
  skewcheck explain 401            a 401 right after a refresh: what it can be
  skewcheck explain offset         signs, ranges, and what is proven""",
    UNMEASURED.format(ok="it is explained"),
    UNMEASURED_BRIEFLY,
)


def explain(_typed: Typed, values: Mapping[str, Any]) -> int:
    """Say what a finding means, who notices it and how to fix it.

    Give the finding's id, as the screens, JSON and the other formats have it; or a
    topic: 401 for the causes of a 401 right after a refresh, offset for how to
    read signs and ranges, leeway for each verifier's and how it is set. Without
    either, all of them are listed.
    """
    from skewcheck.judge.explanations import listing, pages

    name = values["id"]
    if name is None:
        output.write_stdout(listing())
        return 0
    text = pages().get(name.strip().lower())
    if text is None:
        near = meant(name.strip().lower(), pages())
        remedy = [f"skewcheck explain {near}"] if near else []
        raise UsageError(f"unknown finding: {quoted(name)}", "\n".join([*remedy, "skewcheck explain lists all"]))
    output.write_stdout(text)
    return 0
