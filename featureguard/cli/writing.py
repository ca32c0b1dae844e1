"""Print a text, or put it into a file."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from featureguard.errors import UsageError


def put(text: str, output: Path | None) -> None:
    """Print a text, or write it to a file: all of it or nothing, so that no reader meets half of it.

    Raises:
        UsageError: If the file cannot be written; what was there stays.
    """
    if output is None:
        sys.stdout.write(text)
        return
    try:
        _replace(output, text)
    except OSError as error:
        raise UsageError(f"'{output}' cannot be written: {error.strerror}. Mend --output.") from None


def _replace(file: Path, text: str) -> None:
    target = file.resolve()
    if target.exists() and not target.is_file():  # A device or a pipe is written to, not replaced.
        target.write_text(text, encoding="utf-8")
        return
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
        part.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
