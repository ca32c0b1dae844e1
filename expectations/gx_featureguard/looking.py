"""Look at a batch of GX as a contract asks, and judge it: one metric for all of our expectations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration

from featureguard.contract import Contract
from featureguard.errors import SourceError
from featureguard.guard import check
from featureguard.judging import Report, incomplete, judge
from featureguard.measures import contents_measures
from featureguard.observation import ALL, Failure, History, Observation, Unit
from featureguard.result import Code
from featureguard.scan import profile_batches
from featureguard.sources.hardening import hardened
from featureguard.sources.memory import MemorySource
from gx_featureguard.reading_sql import Batch, columns_of, report_of, types_of_query
from gx_featureguard.sql_types import type_of

REPORT = "featureguard.report"
"""Name of the metric."""
_TYPES = "table.column_types"


class FeatureGuardReport(TableMetricProvider):
    """What a look at the batch found; a `Report`.

    Its values are `contract`, the JSON of a contract with one promise, and `now`, an instant in ISO 8601. It
    reads the clock itself where `now` is left out, since GX names a metric by its values.
    """

    metric_name = REPORT
    value_keys = ("contract", "now")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  (GX makes it a class method)
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> Report:
        contract, now = _asked(metric_value_kwargs)
        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, MetricDomainTypes.TABLE)
        return frame_report(contract, frame, now)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> Report:
        contract, now = _asked(metric_value_kwargs)
        rows, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, MetricDomainTypes.TABLE)
        dialect = execution_engine.dialect
        told = {str(column["name"]): column.get("type") for column in metrics[_TYPES]}
        if None in told.values() and dialect.name == "postgresql":
            told = types_of_query(rows, list(told), execution_engine.execute_query)
        types = {name: type_of(kind, dialect) for name, kind in told.items()}
        return report_of(contract, Batch(rows, types, dialect.name, execution_engine.execute_query), now)

    @classmethod
    def _get_evaluation_dependencies(
        cls, metric: MetricConfiguration, *_: object, **__: object
    ) -> dict[str, MetricConfiguration]:
        return {_TYPES: MetricConfiguration(_TYPES, metric.metric_domain_kwargs, {"include_nested": False})}


def report_metric(contract: Mapping[str, Any], now: str | None, batch_id: str | None) -> MetricConfiguration:
    """The metric that looks at a batch.

    Args:
        contract: A contract as YAML or JSON would hold it.
        now: The instant of judgement, ISO 8601 with a zone; left out, that of the look.
        batch_id: The batch, as GX names it.
    """
    asked = {"contract": json.dumps(contract, sort_keys=True), "now": now}
    return MetricConfiguration(REPORT, {"batch_id": batch_id}, asked)


def frame_report(contract: Contract, frame: Any, now: datetime) -> Report:
    """Look at a pandas frame as a contract with one promise asks, and judge it."""
    if contract.schema_ is None or contract.schema_.mode == "ignore":
        named = [name for name in frame.columns if name in columns_of(contract)]
        frame = frame[named or list(frame.columns[:1])]  # A table without columns would have no rows.
    frame = frame.rename_axis(index=None)
    if not (wanted := contents_measures(contract)):
        return check(contract, frame, now=now)
    # Everything is counted: a check would stop at the nulls that Arrow knows, if they alone are too many.
    try:
        with hardened("batch"):
            (fragment,) = MemorySource(frame, "batch").snapshot().fragments
            profile = profile_batches(fragment.batches(list(wanted)), wanted)
    except SourceError as error:
        return incomplete(contract, Failure(Code(error.code), str(error)), now, now)
    seen = Observation(contract.dataset, now, profile=profile, units=(Unit(ALL, "", profile),))
    return Report(contract, seen, tuple(judge(contract, seen, History(), now)), now)


def _asked(values: Mapping[str, Any]) -> tuple[Contract, datetime]:
    now = values["now"]
    contract = Contract.model_validate_json(values["contract"], by_alias=True, by_name=False)
    return contract, datetime.fromisoformat(now).astimezone(UTC) if now else datetime.now(UTC)
