"""Let Great Expectations, on pandas, answer what has no answer here; no other module imports it."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from importlib.util import find_spec
from typing import Any

import polars as pl
import pyarrow as pa

from featureguard.errors import MissingExtraError
from featureguard.external.gx import exception_of, observed_of
from featureguard.suites.check import Finding
from featureguard.suites.compiling import Compiled, crash
from featureguard.suites.data import Data


def answer(compiled: Sequence[Compiled], data: Data) -> list[Finding | str]:
    """What GX finds for each expectation; a text says why it has no answer either.

    Args:
        compiled: Expectations with their parameters filled in.
        data: What `hold` gave.

    Raises:
        MissingExtraError: If there are any, and Great Expectations is not installed.
    """
    if not compiled:
        return []
    if find_spec("great_expectations") is None:
        raise MissingExtraError("great-expectations", "gx")
    with redirect_stderr(io.StringIO()):  # GX shows its progress there, whatever it is told
        batch = _batch(_frame(data))
        return [_asked(batch, one) for one in compiled]


def _frame(data: Data) -> Any:
    """The data as pandas has it by default: NaN for missing numbers, objects for texts and dates."""
    batches = list(data.batches(()))
    if batches:
        tables = [pa.Table.from_batches([batch]) for batch in batches]
        return pa.concat_tables(tables, promote_options="permissive").to_pandas()
    names = [name for name, dtype in data.schema.items() if dtype != pl.Unknown]
    return pl.DataFrame(schema={name: data.schema[name] for name in names}).to_arrow().to_pandas()


def _batch(frame: Any) -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # earlier releases than those we ask for sent it
    import great_expectations as gx  # noqa: PLC0415  (takes seconds, and only who asks for it pays)

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("featureguard").add_dataframe_asset("data")
    whole = asset.add_batch_definition_whole_dataframe("all")
    return whole.get_batch(batch_parameters={"dataframe": frame})


def _asked(batch: Any, compiled: Compiled) -> Finding | str:
    from great_expectations.expectations.registry import get_expectation_impl  # noqa: PLC0415

    kind = compiled.expectation.type
    try:
        expectation = get_expectation_impl(kind)(**compiled.kwargs)
        said = batch.validate(expectation, result_format="BASIC").to_json_dict()
    except Exception as error:  # whatever a check of a stranger raises is no word about the data
        return f"{crash(error)}."
    return _finding(said)


def _finding(said: Mapping[str, Any]) -> Finding | str:
    if (exception := exception_of(said.get("exception_info") or {})) is not None:
        return f"{exception or 'it does not say why'}."
    success, result = said.get("success"), said.get("result") or {}
    if not isinstance(success, bool):
        return "It says neither success nor failure."
    observed, words = observed_of(result)
    return Finding(success, observed, None, "" if success else f"GX: {words}.", result)
