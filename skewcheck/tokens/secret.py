"""A text that must not be shown: it has no way out but by its own name."""

from typing import NoReturn, final


@final
class Secret:
    """Holds a token. Its repr, its str and a traceback's locals show nothing of it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep *text*."""
        self._text = text

    def reveal(self) -> str:
        """Return the text, for those who read it and never for those who show it."""
        return self._text

    def __repr__(self) -> str:
        """Tell that there is one."""
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a secret is not copied")
