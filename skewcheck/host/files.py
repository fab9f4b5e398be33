"""Reads small files below a root that can be a test's own, bounded in size and never blocking."""

import os
import stat
from typing import NamedTuple

MAX_BYTES = 65536
"""Of one file; configurations and pseudo files are far smaller."""
MAX_ENTRIES = 1024
"""Of one folder."""


class Files(NamedTuple):
    """The file system below *root*; paths are absolute, as on the host."""

    root: str = ""

    def read(self, path: str) -> str | None:
        """Return the text of a regular file; None where there is none that this user may read."""
        content = self.read_bytes(path)
        return None if content is None else content.decode("utf-8", "replace")

    def read_bytes(self, path: str) -> bytes | None:
        """Return at most `MAX_BYTES` of a regular file; None where there is none that this user may read."""
        try:
            descriptor = os.open(
                self.root + path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
            )
        except (OSError, ValueError):  # ValueError: a path with a NUL, or one that no file name can spell
            return None
        try:
            return _content(descriptor) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def names(self, path: str, most: int | None = MAX_ENTRIES) -> list[str]:
        """Return the names in a folder, sorted by their letters, *most* of them; none where there is no such folder."""
        try:
            return sorted(os.listdir(self.root + path))[:most]  # noqa: PTH208 - pathlib costs 5 ms a start
        except (OSError, ValueError):
            return []

    def link(self, path: str) -> str | None:
        """Return where a symbolic link points; None where it is none."""
        try:
            return os.readlink(self.root + path)  # noqa: PTH115 - pathlib costs 5 ms a start
        except (OSError, ValueError):
            return None

    def modified_s(self, path: str) -> float | None:
        """Return when a file was last modified, Unix seconds of the local clock; None where there is none."""
        try:
            return os.stat(self.root + path).st_mtime  # noqa: PTH116 - pathlib costs 5 ms a start
        except (OSError, ValueError):
            return None

    def there(self, path: str) -> bool:
        """Tell whether *path* exists, itself and not what it points to."""
        return os.path.lexists(self.root + path)


def _content(descriptor: int) -> bytes:
    """Read to the end or to `MAX_BYTES`: one read of a file in /proc gives a page of it, however much is asked for."""
    content = b""
    while len(content) < MAX_BYTES and (more := os.read(descriptor, MAX_BYTES - len(content))):
        content += more
    return content
