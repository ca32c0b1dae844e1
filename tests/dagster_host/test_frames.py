"""A table that an asset is about to return is checked before it is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")

import dagster as dg
import polars as pl
import pyarrow as pa

from featureguard.errors import UsageError
from tests.builders import HOUR
from tests.dagster_host.lake import Lake, failures

CONTRACT = "dataset: table\nowner: me@example.org\ntier: 0\ntime: {event: at}\nfreshness: {max_age: 2h}\n"
CONTRACT += "schema: {columns: {at: {type: 'timestamp[us, tz=UTC]'}, fare: {type: double, nulls: 10%}}}\n"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    found = Lake(tmp_path / "project")
    (found.folder / "contracts" / "table.yaml").write_text(CONTRACT)
    return found


def rows(lake: Lake, *fares: float | None, age: timedelta = HOUR) -> pa.Table:
    when = pa.array([lake.now - age] * len(fares), pa.timestamp("us", "UTC"))
    return pa.table({"at": when, "fare": pa.array(fares, pa.float64())})


def to_pandas(table: pa.Table) -> Any:
    pytest.importorskip("pandas", reason="pandas (extra 'pandas') is not installed")
    return table.to_pandas()


def to_polars(table: pa.Table) -> Any:
    return pl.from_arrow(table)


def to_arrow(table: pa.Table) -> Any:
    return table


Kind = Callable[[pa.Table], Any]
KINDS: list[Kind] = [to_arrow, to_polars, to_pandas]


def store_it(lake: Lake, made: object) -> tuple[dg.ExecuteInProcessResult, list[object]]:
    """Run an asset that returns something, with an I/O manager that notes what it stores."""
    stored: list[object] = []

    class Keeps(dg.IOManager):
        def handle_output(self, context: dg.OutputContext, obj: object) -> None:
            stored.append(obj)

        def load_input(self, context: dg.InputContext) -> object:
            raise NotImplementedError

    @dg.asset
    @lake.resource.checked("table")
    def table():  # type: ignore[no-untyped-def]
        return made

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [table], resources={"io_manager": Keeps()}, instance=instance, raise_on_error=False
        )
    return result, stored


@pytest.mark.parametrize(
    "kind", [lambda table: table, to_polars, to_pandas], ids=["arrow", "polars", "pandas"]
)
def test_what_keeps_its_promises_is_stored_and_is_evidence(
    lake: Lake, kind: Callable[[pa.Table], Any]
) -> None:
    result, stored = store_it(lake, kind(rows(lake, 1.0, 2.0)))
    assert (result.success, len(stored)) == (True, 1)
    with lake.resource.guard() as guard:
        assert guard.standing("table", lake.now).exit_code == 0


@pytest.mark.parametrize(
    "kind", [lambda table: table, to_polars, to_pandas], ids=["arrow", "polars", "pandas"]
)
def test_what_breaks_one_is_not_and_what_was_known_stays(lake: Lake, kind: Kind) -> None:
    store_it(lake, rows(lake, 1.0, 2.0))
    result, stored = store_it(lake, kind(rows(lake, None, 2.0)))
    assert stored == []
    (told,) = failures(result)
    assert "block: 'table' is not stored. 50.00% of 'fare' is null" in told.description
    with lake.resource.guard() as guard:
        assert guard.standing("table", lake.now).exit_code == 0


def test_old_rows_are_not_stored(lake: Lake) -> None:
    result, stored = store_it(lake, rows(lake, 1.0, age=3 * HOUR))
    assert (result.success, stored) == (False, [])
    assert "3h old" in failures(result)[0].description


def test_what_is_no_table_is_told(lake: Lake) -> None:
    result, stored = store_it(lake, 42)
    assert stored == []
    assert "no decision: 'table' may not be stored" in failures(result)[0].description


def test_an_unknown_dataset_is_told_with_a_suggestion(lake: Lake) -> None:
    with pytest.raises(dg.Failure, match=r"no dataset or subject 'tabel'. Did you mean 'table'"):
        lake.resource.check_frame("tabel", rows(lake, 1.0))


def test_a_function_that_yields_is_refused_where_it_is_decorated(lake: Lake) -> None:
    def table():  # type: ignore[no-untyped-def]
        yield dg.Output(1)

    with pytest.raises(UsageError, match="'table' yields or is asynchronous"):
        lake.resource.checked("table")(table)
