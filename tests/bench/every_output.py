"""A report in every format and view that there is: what must not be in one must not be in any of them."""

from skewcheck.model import Report
from skewcheck.render import ci, json, monitoring, text


def every_output(report: Report) -> dict[str, str]:
    """Return all that can be made of *report*, by a name for each."""
    views = {
        f"text, {width} columns, -{'v' * verbose}{' in ASCII' * ascii_only}{' in colour' * color}": text.render(
            report, width=width, color=color, verbose=verbose, quiet=False, ascii_only=ascii_only
        )
        for width, verbose, ascii_only, color in (
            (80, 0, False, False), (80, 1, False, True), (40, 2, False, False), (23, 1, True, False),
            (400, 2, True, True),
        )
    }  # fmt: skip
    return {
        **views,
        "text, quiet": text.render(report, width=80, color=False, verbose=0, quiet=True, ascii_only=False),
        "json": json.render(report),
        "nagios": monitoring.nagios(report, verbose=0),
        "nagios, -v": monitoring.nagios(report, verbose=1),
        "prometheus": monitoring.prometheus(report),
        "github": ci.github(report),
        "github, summary": ci.github_summary(report),
        "junit": ci.junit(report),
    }
