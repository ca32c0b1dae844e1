"""Style sheet, script and icon, as they are sent: named by what they say, so that a browser may keep them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a page uses.

    Attributes:
        content: What it says.
        media_type: What it is.
        version: Names its content.
    """

    content: bytes
    media_type: str
    version: str


@cache
def assets() -> dict[str, Asset]:
    """Every asset by file name, read once."""
    return {
        file.name: Asset(
            content := file.read_bytes(), _TYPES[file.suffix], hashlib.sha256(content).hexdigest()[:12]
        )
        for file in sorted(FOLDER.iterdir())
        if file.suffix in _TYPES
    }


def address(name: str) -> str:
    """Where an asset is; the address changes with its content."""
    return f"/static/{name}?v={assets()[name].version}"
