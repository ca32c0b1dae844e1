"""Names of types in the worlds that suites come from, and what they mean for a column of Arrow data.

Suites name types of their engine: pandas and NumPy (`int64`, `object`), Python (`str`), Spark (`StringType`),
SQL (`VARCHAR`) or Arrow. A name that is not in the table has no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from featureguard.suites.values import UnansweredError

Holds = Callable[[pl.DataType], bool]


def named_types(name: object) -> Holds:
    """Whether a column's type is one of those that a name stands for.

    Raises:
        UnansweredError: If the name is not known.
    """
    text = name.strip() if isinstance(name, str) else ""
    found = _EXACT.get(text) or _WIDE.get(text.partition("(")[0].upper())
    if found is None:
        raise UnansweredError(f"The type {name!r:.100} is not known. Known: {', '.join(sorted(_EXACT))}.")
    return found


def _is(*dtypes: type[pl.DataType]) -> Holds:
    return lambda dtype: isinstance(dtype, dtypes)


def _datetime(zoned: bool | None) -> Holds:
    def holds(dtype: pl.DataType) -> bool:
        return isinstance(dtype, pl.Datetime) and (zoned is None or (dtype.time_zone is not None) is zoned)

    return holds


def _signed(dtype: pl.DataType) -> bool:
    return dtype.is_integer()


def _floating(dtype: pl.DataType) -> bool:
    return dtype.is_float()


_BITS: Mapping[str, type[pl.DataType]] = {
    **{"int8": pl.Int8, "int16": pl.Int16, "int32": pl.Int32, "int64": pl.Int64},
    **{"uint8": pl.UInt8, "uint16": pl.UInt16, "uint32": pl.UInt32, "uint64": pl.UInt64},
    **{"float32": pl.Float32, "float64": pl.Float64},
}
_EXACT: Mapping[str, Holds] = {
    # NumPy, Arrow; with a capital, pandas' types with nulls.
    **{name: _is(dtype) for name, dtype in _BITS.items()},
    **{name.replace("i", "I", 1).replace("uI", "UI"): _is(d) for name, d in _BITS.items() if "int" in name},
    **{name.capitalize(): _is(dtype) for name, dtype in _BITS.items() if "float" in name},
    # Python.
    **{"int": _signed, "float": _floating, "str": _is(pl.String), "bool": _is(pl.Boolean)},
    **{
        "bytes": _is(pl.Binary),
        "date": _is(pl.Date),
        "datetime": _datetime(None),
        "Decimal": _is(pl.Decimal),
    },
    # pandas.
    **{"string": _is(pl.String), "boolean": _is(pl.Boolean), "Timestamp": _datetime(None)},
    **{
        "datetime64": _datetime(False),
        "datetime64[ns]": _datetime(False),
        "datetime64[us]": _datetime(False),
    },
    **{"datetime64[ms]": _datetime(False), "DatetimeTZDtype": _datetime(True)},
    # Spark.
    **{"ByteType": _is(pl.Int8), "ShortType": _is(pl.Int16), "IntegerType": _is(pl.Int32)},
    **{"LongType": _is(pl.Int64), "FloatType": _is(pl.Float32), "DoubleType": _is(pl.Float64)},
    **{"StringType": _is(pl.String), "BooleanType": _is(pl.Boolean), "BinaryType": _is(pl.Binary)},
    **{"DateType": _is(pl.Date), "TimestampType": _datetime(None), "DecimalType": _is(pl.Decimal)},
}
_WIDE: Mapping[str, Holds] = {
    # SQL, whose names differ in width from system to system.
    **dict.fromkeys(("INTEGER", "INT", "BIGINT", "SMALLINT", "TINYINT", "INT8", "INT4", "INT2"), _signed),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DOUBLE PRECISION", "DOUBLE_PRECISION", "REAL"), _floating),
    **dict.fromkeys(("VARCHAR", "TEXT", "CHAR", "NVARCHAR", "STRING"), _is(pl.String)),
    **dict.fromkeys(("BOOLEAN", "BOOL"), _is(pl.Boolean)),
    **dict.fromkeys(("NUMERIC", "DECIMAL"), _is(pl.Decimal)),
    **dict.fromkeys(("DATE",), _is(pl.Date)),
    **dict.fromkeys(("TIMESTAMP", "DATETIME"), _datetime(None)),
    **dict.fromkeys(("TIMESTAMPTZ", "TIMESTAMP_TZ"), _datetime(True)),
    **dict.fromkeys(("BLOB", "BYTEA", "BINARY", "VARBINARY"), _is(pl.Binary)),
}
