from __future__ import annotations

import errno
from collections.abc import Iterator

import polars as pl
import pyarrow as pa
import pytest

from featureguard.errors import (
    ResourceLimitError,
    SourceCorruptError,
    SourceError,
    SourceUnreadableError,
    UsageError,
)
from featureguard.sources.hardening import Limits, guarded, hardened


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (pa.ArrowInvalid("bad page"), SourceCorruptError),
        (pa.ArrowNotImplementedError("no such type"), SourceCorruptError),
        (pa.ArrowKeyError("gone"), SourceCorruptError),
        (pl.exceptions.ComputeError("bad"), SourceCorruptError),
        (pl.exceptions.PanicException("index out of bounds"), SourceCorruptError),
        (OverflowError("too large"), SourceCorruptError),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), SourceCorruptError),
        (OSError("Couldn't deserialize thrift: TProtocolException"), SourceCorruptError),
        (pa.ArrowMemoryError("malloc of size 9e18 failed"), ResourceLimitError),
        (MemoryError(), ResourceLimitError),
        (PermissionError(errno.EACCES, "Permission denied"), SourceUnreadableError),
        (OSError("When reading object: AWS Error NETWORK_CONNECTION"), SourceUnreadableError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_what_libraries_raise_becomes_the_right_error(
    raised: BaseException, expected: type[SourceError]
) -> None:
    with pytest.raises(expected, match=r"^'lake/a\.parquet': .*\.$") as caught, hardened("lake/a.parquet"):
        raise raised
    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "passing",
    [KeyboardInterrupt(), SystemExit(1), GeneratorExit(), UsageError("ours"), TypeError("a mistake in code")],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_about_the_data_passes_unchanged(passing: BaseException) -> None:
    with pytest.raises(type(passing)) as caught, hardened("a"):
        raise passing
    assert caught.value is passing


def test_a_real_panic_of_polars_is_caught() -> None:
    column = pa.array([None], pa.decimal256(60, 2))
    with pytest.raises(SourceCorruptError, match="Panic"), hardened("a"):
        pl.from_arrow(pa.table({"x": column}))


def test_errors_of_the_reader_are_not_blamed_on_the_data() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("bad page")

    taken = guarded(items(), "a")
    next(taken)
    with pytest.raises(ValueError, match="of the reader"):
        taken.throw(ValueError("of the reader"))  # type: ignore[attr-defined]
    with pytest.raises(SourceCorruptError, match="bad page"):
        list(guarded(items(), "a"))


def test_a_file_may_always_expand_to_the_free_bytes() -> None:
    limits = Limits(free_bytes=100, expansion=10)
    assert [limits.decoded_bytes(size) for size in (1, 10, 11)] == [100, 100, 110]
