"""The limits and the error boundary around files that nobody vouches for.

Decoders raise many kinds of exceptions on hostile bytes; polars even panics with a `BaseException`, which
`except Exception` lets through to kill the worker. Whatever touches file content runs inside `hardened`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from featureguard.errors import (
    FeatureGuardError,
    ResourceLimitError,
    SourceCorruptError,
    SourceError,
    SourceUnreadableError,
)

T = TypeVar("T")

# What remote file systems put into an `OSError` that has no errno: the transport failed, not the content.
_TRANSPORT = ("AWS Error", "google::cloud", "GCS", "Azure", "HTTP", "Connection", "timed out", "resolve host")
_CONTENT = (ArithmeticError, EOFError, OSError, RecursionError, SystemError, ValueError)
_LIBRARIES = ("polars.", "pyarrow.", "pyo3_runtime")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may ask for before it is refused.

    Attributes:
        columns: Most columns (leaves of nested ones) of a file.
        nesting: Most groups around one leaf; a list is two. Arrow goes down by recursion.
        footer_bytes: Largest footer of a file.
        batch_bytes: Bytes that one decoded batch should take at most; wide rows come fewer at once.
        free_bytes: A file may always expand to this many decoded bytes.
        expansion: Beyond them, it may expand to this many times its own size. Real tables stay below 100.
    """

    columns: int = 10_000
    nesting: int = 100
    footer_bytes: int = 64 << 20
    batch_bytes: int = 64 << 20
    free_bytes: int = 1 << 30
    expansion: int = 1_000

    def decoded_bytes(self, file_size: int) -> int:
        """Most decoded bytes that a file of this size may expand to."""
        return max(self.free_bytes, self.expansion * file_size)


@contextmanager
def hardened(name: str) -> Iterator[None]:
    """Turn whatever pyarrow or polars raise on bad content into the right `SourceError`.

    Errors of ours, `KeyboardInterrupt`, `SystemExit`, `GeneratorExit` and plain mistakes in code
    (`TypeError`, `AttributeError`, …) pass unchanged.

    Args:
        name: What was read, for the message: a path.

    Raises:
        ResourceLimitError: For a refused allocation.
        SourceUnreadableError: For errors of the file system.
        SourceCorruptError: For everything else, including a panic of polars.
    """
    try:
        yield
    except FeatureGuardError:
        raise
    except BaseException as error:
        translated = translate(error, name)
        if translated is None:
            raise
        raise translated from error


def guarded(items: Iterator[T], name: str) -> Iterator[T]:
    """The same items, each taken inside `hardened`; what the reader does with them is not."""
    while True:
        with hardened(name):
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


def translate(error: BaseException, name: str) -> SourceError | None:
    """The `SourceError` that stands for a library's exception, or `None` if it must pass unchanged."""
    text = _first_line(error)
    if isinstance(error, MemoryError):
        return ResourceLimitError(f"'{name}': needs more memory than there is ({text}). Split it.")
    if isinstance(error, OSError) and _is_access(error, text):
        return SourceUnreadableError(f"'{name}': cannot be read: {text}. Check the path and the permissions.")
    if isinstance(error, _CONTENT) or f"{type(error).__module__}.".startswith(_LIBRARIES):
        return SourceCorruptError(
            f"'{name}': its content is damaged ({type(error).__name__}: {text}). Write the file again."
        )
    return None


def _is_access(error: OSError, text: str) -> bool:
    return error.errno is not None or any(word in text for word in _TRANSPORT)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300].rstrip(".")
