"""skewcheck measures whether clock skew explains a rejected token, whose clock it is, and how sure that is.

The public API, each name loaded at its first use:

- `clock(ClockRequest(...)) -> Report` asks NTP servers about the local clock;
- `api(ApiRequest(region=...)) -> Report` asks an API about it, by the `Date` of its replies;
- `check(CheckRequest(region=...)) -> Report` asks both at once, and tells whose clock is off;
- `token(TokenRequest(find_token(text))) -> Report` judges a token by measured time: `Report.token`;
- `read_token(text) -> Token` reads what a token says, `assess(lifetime_s, skew)` who refuses it with a clock that is
  off, `buffer(lifetime_s)` how early to refresh it, and `refresh_due(sent_s, expires_in_s)` whether that is now;
- `Policy`, `CheckRequest`, `ClockRequest`, `ApiRequest`, `TokenRequest`, `Family`, `Interval` say what is asked and
  with which limits;
- `Report`, `Status`, `Token`, `Risk`, `Recommended` and the other nouns of `skewcheck.model` say what was found;
- `SkewcheckError` is the root of all that is raised on purpose.
"""

TYPE_CHECKING = False  # as `typing` has it, which takes 10 ms to load: until then nobody answers Ctrl-C

if TYPE_CHECKING:
    from skewcheck.errors import SkewcheckError, UsageError
    from skewcheck.examine import (
        ApiRequest,
        CheckRequest,
        ClockRequest,
        Policy,
        TokenRequest,
        api,
        check,
        clock,
        token,
    )
    from skewcheck.examine.refresh import assess, buffer, find_token, read_token, refresh_due
    from skewcheck.model import Family, Interval, Recommended, Report, Risk, Status, Token
    from skewcheck.version import __version__

__all__ = [
    "ApiRequest",
    "CheckRequest",
    "ClockRequest",
    "Family",
    "Interval",
    "Policy",
    "Recommended",
    "Report",
    "Risk",
    "SkewcheckError",
    "Status",
    "Token",
    "TokenRequest",
    "UsageError",
    "__version__",
    "api",
    "assess",
    "buffer",
    "check",
    "clock",
    "find_token",
    "read_token",
    "refresh_due",
    "token",
]

_HOMES = {
    **dict.fromkeys(("ApiRequest", "CheckRequest", "ClockRequest", "Policy", "TokenRequest"), "examine"),
    **dict.fromkeys(("api", "check", "clock", "token"), "examine"),
    **dict.fromkeys(("assess", "buffer", "find_token", "read_token", "refresh_due"), "examine.refresh"),
    **dict.fromkeys(("Family", "Interval", "Recommended", "Report", "Risk", "Status", "Token"), "model"),
    **dict.fromkeys(("SkewcheckError", "UsageError"), "errors"),
    "__version__": "version",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562): `skewcheck --help` needn't pay for the sockets."""
    if name not in _HOMES:
        raise AttributeError(f"module 'skewcheck' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"skewcheck.{_HOMES[name]}"), name)
