"""What an online store gives, and how it becomes a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from featureguard.feature_registry import View
from featureguard.feature_registry.protos import message
from featureguard.online_store.keys import decode_all

if TYPE_CHECKING:
    import pyarrow as pa

EVENT, CREATED = "event_timestamp", "created"
"""Columns with an entity's event time, and with the time of writing where the store keeps one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entity of one view.

    Attributes:
        key: Feast's entity key.
        event_us: Oldest event time of its features, microseconds since the epoch; `None` if it has none.
        created_us: Oldest time of writing; `None` where the store keeps none.
        values: Each feature's value as Feast's message, not yet read.
    """

    key: bytes
    event_us: int | None
    created_us: int | None = None
    values: Mapping[str, bytes] = field(default_factory=dict)


def table_of(view: View, rows: Iterable[Row]) -> pa.Table:
    """One row for each entity: join keys, event time, time of writing, features.

    Raises:
        SourceCorruptError: If a key or a value cannot be read.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy)

    found = list(rows)
    columns = _entities(view, found)
    columns[CREATED] = pa.array([one.created_us for one in found], columns[EVENT].type)
    for name in view.features:
        values = [_value(one.values.get(name)) for one in found]
        columns[name] = pa.array(values, _arrow_type(view.features[name]))
    return pa.table(columns)


def ages_of(view: View, rows: Iterable[Row]) -> pa.Table:
    """One row for each entity: join keys and event time.

    Raises:
        SourceCorruptError: If a key cannot be read.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy)

    return pa.table(_entities(view, list(rows)))


def _entities(view: View, rows: Sequence[Row]) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415  (heavy)

    entities = decode_all([one.key for one in rows], view.join_keys)
    columns: dict[str, Any] = {
        name: pa.array(entities[name], _arrow_type(kind)) for name, kind in view.join_keys.items()
    }
    columns[EVENT] = pa.array([one.event_us or None for one in rows], pa.timestamp("us", tz="UTC"))
    return columns


def _arrow_type(kind: str) -> pa.DataType | None:
    """The type of a column; `None` for what is read as it comes."""
    import pyarrow as pa  # noqa: PLC0415

    known = {
        "INT64": pa.int64(),
        "INT32": pa.int32(),
        "STRING": pa.string(),
        "BYTES": pa.binary(),
        "FLOAT": pa.float32(),
        "DOUBLE": pa.float64(),
        "BOOL": pa.bool_(),
        "UNIX_TIMESTAMP": pa.timestamp("s", tz="UTC"),
    }
    return known.get(kind)


def _value(content: bytes | None) -> Any:
    if not content:
        return None
    told = message("Value", "Value", "types").FromString(content)
    which = told.WhichOneof("val")
    if which is None or which == "null_val":
        return None
    value = getattr(told, which)
    if hasattr(value, "val"):  # lists
        return list(value.val)
    return value if isinstance(value, int | float | str | bytes | bool) else value.SerializeToString()
