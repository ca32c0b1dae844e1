"""Every type of expectation about every type of column has a result: an answer, or unknown and why."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from featureguard.result import Status
from tests.gx_host import cases
from tests.unit.suites.builders import judged

AT = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS: dict[str, tuple[Any, pa.DataType]] = {
    "int8": (1, pa.int8()),
    "uint64": (2**64 - 1, pa.uint64()),
    "float32": (0.5, pa.float32()),
    "text": ("a", pa.large_string()),
    "view": ("a", pa.string_view()),
    "flag": (True, pa.bool_()),
    "bytes": (b"a", pa.binary()),
    "date": (AT.date(), pa.date32()),
    "ms": (AT, pa.timestamp("ms", "America/New_York")),
    "ns": (AT.replace(tzinfo=None), pa.timestamp("ns")),
    "clock": (time(1), pa.time64("us")),
    "span": (timedelta(hours=1), pa.duration("us")),
    "price": (Decimal("1.5"), pa.decimal128(38, 10)),
    "wide": (Decimal("1.5"), pa.decimal256(50, 3)),
    "list": ([1], pa.list_(pa.int64())),
    "struct": ({"a": 1}, pa.struct([("a", pa.int64())])),
    "map": ([("a", 1)], pa.map_(pa.string(), pa.int64())),
    "nothing": (None, pa.null()),
    "category": ("a", pa.dictionary(pa.int8(), pa.string())),
}


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_every_expectation_about_every_column_has_a_result(rows: int) -> None:
    table = pa.table(
        {
            name: pa.array([value, None, value][:rows], dtype if name != "category" else pa.string()).cast(
                dtype
            )
            for name, (value, dtype) in COLUMNS.items()
        }
    )
    chance, asked = random.Random(rows), []
    for kind in cases.KINDS:
        for column in COLUMNS:
            kwargs = dict(cases.ARGUMENTS[kind](chance))
            kwargs |= {key: column for key in ("column", "column_A", "column_B") if key in kwargs}
            if "column_list" in kwargs and "table" not in kind:
                kwargs["column_list"] = [column, chance.choice([one for one in COLUMNS if one != column])]
            asked.append({"type": kind, "kwargs": {k: v for k, v in kwargs.items() if v is not None}})
    found = judged(table, *asked)
    streamed = judged(table.to_reader(), *asked)
    assert [one.success for one in streamed.results] == [one.success for one in found.results]
    assert len(found.results) == len(asked)
    assert all(one.reason for one in found.results if one.status is not Status.PASS)
    crashed = {
        one.reason for one in found.results if "could not run" in one.reason or "compiled" in one.reason
    }
    assert crashed == set()
    assert found.to_dict()["counts"]["expectations"] == len(asked)
