"""`skewcheck regions`: what `--region` takes."""

from collections.abc import Mapping
from typing import Any

from skewcheck.cli import output
from skewcheck.cli.argv import Typed
from skewcheck.cli.help import UNMEASURED, UNMEASURED_BRIEFLY, Screen

OPTIONS = ("json:regions",)
SCREEN = Screen(
    "List the regions of Genesys Cloud, as --region takes them.",
    "[OPTIONS]",
    """\
Examples:
  skewcheck regions
  skewcheck regions --json | jq -r '.regions[].name'""",
    UNMEASURED.format(ok="they are listed"),
    UNMEASURED_BRIEFLY,
)


def regions(_typed: Typed, values: Mapping[str, Any]) -> int:
    """List the regions of Genesys Cloud: name, API, login host, place.

    It is a table in this program, and nobody is asked. --region takes a name, a
    host, or a domain without `api.`, in capitals or with underscores too.
    """
    from skewcheck.genesys import REGIONS

    if values["json"]:
        import json

        listed = [
            {"name": known.code, "api_host": known.api_host, "login_host": known.login_host, "place": known.place}
            for known in REGIONS
        ]
        output.write_stdout(json.dumps({"schema": "skewcheck-regions/1", "regions": listed}) + "\n")
        return 0
    table = [("NAME", "API", "PLACE"), *((known.code, known.api_host, known.place) for known in REGIONS)]
    lines = [f"{name:14}  {api:26}  {place}" for name, api, place in table]
    output.write_stdout("\n".join([*lines, "", "Tokens are issued by login. in the place of api."]) + "\n")
    return 0
