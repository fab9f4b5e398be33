"""skewcheck measures whether clock skew explains a rejected token, whose clock it is, and how sure that is.

The public API, each name loaded at its first use:

- `clock(servers=...)` asks NTP servers about the local clock; `api(region=...)` an API, by the `Date` of its replies;
  `check(region=...)` both at once, and says whose clock is off; `token(text)` judges a token by measured time. Each
  takes the fields of `Request` by name and returns a `Report`;
- `read_token(text) -> Token` reads what a token says, `assess(lifetime_s, skew)` who refuses it with a clock that is
  off, `buffer(lifetime_s)` how early to refresh it, and `refresh_due(sent_s, expires_in_s)` whether that is now;
- `Policy`, `Family` and `Interval` say with which limits and how;
- `Report`, `Finding`, `Status`, `Token`, `Risk`, `Recommended` and the other nouns of `skewcheck.model` say what was
  found; `title(finding)` says it in words;
- `SkewcheckError` is the root of all that is raised on purpose.
"""

TYPE_CHECKING = False  # as `typing` has it, which takes 10 ms to load: until then nobody answers Ctrl-C

if TYPE_CHECKING:
    from skewcheck.errors import SkewcheckError, UsageError
    from skewcheck.examine.calls import api, assess, buffer, check, clock, read_token, refresh_due, title, token
    from skewcheck.model import Family, Finding, Interval, Policy, Recommended, Report, Request, Risk, Status, Token
    from skewcheck.version import __version__

__all__ = [
    "Family",
    "Finding",
    "Interval",
    "Policy",
    "Recommended",
    "Report",
    "Request",
    "Risk",
    "SkewcheckError",
    "Status",
    "Token",
    "UsageError",
    "__version__",
    "api",
    "assess",
    "buffer",
    "check",
    "clock",
    "read_token",
    "refresh_due",
    "title",
    "token",
]

_HOMES = {
    **dict.fromkeys(
        ("api", "assess", "buffer", "check", "clock", "read_token", "refresh_due", "title", "token"), "examine.calls"
    ),
    **dict.fromkeys(("SkewcheckError", "UsageError"), "errors"),
    "__version__": "version",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562): `skewcheck --help` needn't pay for the sockets."""
    if name not in __all__:
        raise AttributeError(f"module 'skewcheck' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"skewcheck.{_HOMES.get(name, 'model')}"), name)
