"""What our expectations share: each is a contract with one promise, judged by featureguard's own checks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import is_suite_parameter
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metadata_types import SupportedDataSources
from great_expectations.validator.validator import ValidationDependencies

from featureguard.contract import Contract
from featureguard.instant import parse_instant
from featureguard.judging import Report
from featureguard.problems import read_model
from featureguard.result import CheckResult, Status
from featureguard.strict_yaml import Document
from gx_featureguard.looking import REPORT, report_metric
from gx_featureguard.showing import Shown

_HEAD = {"dataset": "batch", "owner": "gx"}
SUPPORTED_DATA_SOURCES = [
    SupportedDataSources.PANDAS.value,
    SupportedDataSources.SQLITE.value,
    SupportedDataSources.POSTGRESQL.value,
]


class PromiseExpectation(Shown, BatchExpectation, ABC):
    """An expectation that is a promise of a contract.

    A subclass writes its arguments as a contract and says what it observed; the verdict and its reason are
    those of featureguard's checks. What could not be measured is no success: the result says `unknown`.
    """

    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["featureguard"]}
    short_description: ClassVar[str] = ""
    data_quality_issues: ClassVar[list[str]] = []

    class Config:
        """What GX's gallery shows beside the arguments."""

        @staticmethod
        def schema_extra(schema: dict[str, Any], model: type[PromiseExpectation]) -> None:
            """Add the sections that GX's own schemas have."""
            BatchExpectation.Config.schema_extra(schema, model)
            told = {
                "data_quality_issues": ("array", model.data_quality_issues),
                "library_metadata": ("object", model.library_metadata),
                "short_description": ("string", model.short_description),
                "supported_data_sources": ("array", SUPPORTED_DATA_SOURCES),
            }
            for name, (kind, value) in told.items():
                schema["properties"]["metadata"]["properties"][name] = {
                    "title": name.replace("_", " ").title(),
                    "type": kind,
                    "const": value,
                }

    @classmethod
    @abstractmethod
    def contract_of(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as a contract, less its head; `None` stands for what was left out."""

    @classmethod
    def decisive(cls, results: Sequence[CheckResult], arguments: Mapping[str, Any]) -> CheckResult:
        """The result that decides: the worst."""
        return max(results, key=lambda result: result.rank)

    @classmethod
    def observed(cls, result: CheckResult, report: Report) -> float | str | None:
        """What Data Docs show as observed."""
        return result.observed

    @classmethod
    def told(cls, result: CheckResult, report: Report) -> CheckResult:
        """The result as it is told."""
        return result

    @classmethod
    def also(cls, result: CheckResult, report: Report) -> list[str]:
        """What else the look found."""
        others = [one for one in report.results if one.check != result.check]
        return [one.reason for one in others if one.status is Status.FAIL]

    @pydantic.root_validator(skip_on_failure=True, allow_reuse=True)
    def _makes_a_contract(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        if any(is_suite_parameter(value) for value in values.values()):
            return values  # Known only when it runs; then this is asked again.
        if values.get("now") is not None and parse_instant(values["now"]) is None:
            raise ValueError(
                f"'now' is {values['now']!r}. Write an instant with its zone, e.g. 2013-02-09T11:00:00Z."
            )
        written = {**_HEAD, **_filled(cls.contract_of(values))}
        _, problems = read_model(Contract, Document(written, "", (0, {})))
        if problems:
            raise ValueError(" ".join(_said(problem.field, problem.message) for problem in problems))
        return values

    def get_validation_dependencies(
        self,
        execution_engine: ExecutionEngine[Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> ValidationDependencies:
        """The one metric: a look at the batch."""
        found = super().get_validation_dependencies(execution_engine, runtime_configuration)
        contract = {**_HEAD, **_filled(self.contract_of(self._arguments()))}
        metric = report_metric(contract, getattr(self, "now", None), self.batch_id)
        found.set_metric_configuration(REPORT, metric)
        return found

    def _arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.success_keys}

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        report: Report = metrics[REPORT]
        result = self.told(self.decisive(report.results, self._arguments()), report)
        details = {
            "status": result.status.value,
            "code": result.code.value if result.code else None,
            "reason": result.reason,
            "check": result.check,
            "limit": result.limit,
            "judged_at": report.now.isoformat(),
            "notes": self.also(result, report),
        }
        observed = self.observed(result, report)
        return {
            "success": result.status is Status.PASS,
            "result": {"observed_value": observed, "details": details},
        }


def _filled(written: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left out, so that the contract's own defaults hold."""
    kept = {name: _filled(value) if isinstance(value, dict) else value for name, value in written.items()}
    return {name: value for name, value in kept.items() if value is not None}


def _said(field: str, message: str) -> str:
    name = field.removeprefix("schema.columns.").removesuffix(".type")
    name = name if name != field else field.rpartition(".")[2]
    return message if not name or f"'{name}'" in message else f"'{name}': {message}"
