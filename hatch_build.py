"""The long description of a package: README.md, whose links lead somewhere also where no files lie beside it."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE = re.compile(r"\]\((?!https?:|#)")


class LongDescription(MetadataHookInterface):
    """Hands hatchling the README with absolute links."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the long description to the *metadata* of the project."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        files = f"{metadata['urls']['Source']}/blob/main/"
        metadata["readme"] = {"content-type": "text/markdown", "text": _RELATIVE.sub(f"]({files}", text)}
