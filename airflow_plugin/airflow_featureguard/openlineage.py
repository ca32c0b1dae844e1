"""What our operators tell OpenLineage, where its provider is installed: every promise, kept or not.

OpenLineage knows only `success`, so that a promise that could not be checked is no success there, and says
`unknown` in its `params`; in the facet of the run it is `skip`, a test that could not be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset

    from featureguard.contract import Contract
    from featureguard.judging import Report
    from featureguard.result import CheckResult

NAMESPACE = "featureguard"
"""Of datasets whose place is not known, and of every dataset's other name."""

_WORDS = {"nulls": "not_null", "keys": "unique", "volume": "row_count"}
"""OpenLineage's words for checks of ours; it has `freshness` too, and takes any other."""

_STATUS = {"pass": "pass", "fail": "fail", "unknown": "skip"}


def nothing() -> OperatorLineage[Any, Any]:
    """Nothing is known before a task has run."""
    from airflow.providers.openlineage.extractors import OperatorLineage

    return OperatorLineage()


def of_reports(
    reports: Sequence[Report], inlets: Iterable[Any] = (), outlets: Iterable[Any] = ()
) -> OperatorLineage[Any, Any]:
    """What checks found: an assertion for each promise, on the dataset that it is about.

    Args:
        reports: Of the datasets.
        inlets: Assets that the task says it reads.
        outlets: Assets that it says it writes.
    """
    inputs, tests = [], []
    for report in reports:
        facts = [_fact_of_result(report.dataset, one) for one in report.results]
        inputs.append(_dataset(*place_of(report.contract), report.dataset, facts))
        tests += facts
    return _lineage(inputs, tests, inlets, outlets)


def of_decision(
    decision: Mapping[str, Any] | None, inlets: Iterable[Any] = (), outlets: Iterable[Any] = ()
) -> OperatorLineage[Any, Any]:
    """What the gate decided: the decision as a test of the run, and each reason on its dataset.

    Args:
        decision: The document that the gate's task keeps; `None` if there is no decision.
        inlets: Assets that the task says it reads.
        outlets: Assets that it says it writes.
    """
    reasons = decision["reasons"] if decision else []
    found: dict[str, list[_Fact]] = {}
    for reason in reasons:
        if reason["dataset"]:
            found.setdefault(reason["dataset"], []).append(_fact_of_reason(reason))
    inputs = [_dataset(NAMESPACE, name, name, facts) for name, facts in found.items()]
    tests = [_fact_of_decision(decision)] if decision else []
    return _lineage(inputs, [*tests, *map(_fact_of_reason, reasons)], inlets, outlets)


def place_of(contract: Contract) -> tuple[str, str]:
    """Namespace and name of a dataset by OpenLineage's conventions: where its files are, if that is known.

    A path that is relative to a project means nothing to others; then it is our namespace and its own name.
    """
    path = str(getattr(contract.source, "path", ""))
    parts = path.split("/")
    whole = "/".join(
        parts[: next((n for n, part in enumerate(parts) if set(part) & set("*?[$")), len(parts))]
    )
    scheme, found, rest = whole.rpartition("://")
    if not found and whole.startswith("/"):
        return "file", whole.rstrip("/") or "/"
    host, _, key = rest.partition("/")
    if scheme == "file" and not host:
        return "file", f"/{key}".rstrip("/") or "/"
    if scheme and host:
        return f"{scheme}://{host}", key.rstrip("/") or "/"
    return NAMESPACE, contract.dataset


@dataclass(frozen=True, slots=True)
class _Fact:
    """What an assertion and a test both say."""

    type: str
    status: str
    column: str | None
    both: Mapping[str, Any]


def _fact_of_result(dataset: str, result: CheckResult) -> _Fact:
    status = result.status.value
    params = {"code": result.code.value if result.code else None, "unit": result.unit}
    blocks = result.severity.value == "block"
    return _fact(
        (dataset, result.check, result.column),
        status,
        blocks,
        result.reason,
        result.limit,
        result.observed,
        params,
    )


def _fact_of_reason(reason: Mapping[str, Any]) -> _Fact:
    names = (reason["dataset"], reason["check"] or "evidence", reason["column"])
    params = {"code": reason["code"], "verdict": reason["verdict"]}
    blocks = reason["severity"] == "block"
    return _fact(names, reason["status"], blocks, reason["text"], reason["limit"], reason["observed"], params)


def _fact_of_decision(decision: Mapping[str, Any]) -> _Fact:
    subject, action, allowed = decision["subject"], decision["action"], decision["allowed"]
    told = f"'{subject}' may {action}." if allowed else f"'{subject}' may not {action}."
    status = "fail" if decision["verdict"] == "block" else "unknown"
    if allowed and decision["id"]:  # What nobody could record nobody knew.
        status = "pass"
    params = {"decision": decision["id"]}
    return _fact((subject, "gate", action), status, True, told, "allow", decision["verdict"], params)


def _fact(
    names: tuple[str | None, str, str | None],
    status: str,
    blocks: bool,
    description: str,
    expected: object,
    actual: object,
    params: Mapping[str, Any],
) -> _Fact:
    owner, check, part = names
    both = {
        "name": ".".join(filter(None, (owner, check, part))),
        "severity": "error" if blocks else "warn",
        "description": description or None,
        "expected": None if expected is None else str(expected),
        "actual": None if actual is None else str(actual),
        "params": {"status": status} | {key: told for key, told in params.items() if told is not None},
    }
    return _Fact(_WORDS.get(check, check), status, part, both)


def _dataset(namespace: str, name: str, dataset: str, facts: Iterable[_Fact]) -> InputDataset:
    """A dataset with what was asserted of it, and with the name that featureguard calls it by."""
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import data_quality_assertions_dataset, symlinks_dataset

    assertions = [
        data_quality_assertions_dataset.Assertion(
            assertion=one.type, success=one.status == "pass", column=one.column, **one.both
        )
        for one in facts
    ]
    facet = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions=assertions)
    ours = symlinks_dataset.Identifier(namespace=NAMESPACE, name=dataset, type="TABLE")
    links = symlinks_dataset.SymlinksDatasetFacet(identifiers=[ours])
    return InputDataset(
        namespace=namespace,
        name=name,
        facets={} if namespace == NAMESPACE else {"symlinks": links},
        inputFacets={"dataQualityAssertions": facet},
    )


def _lineage(
    inputs: list[InputDataset], tests: Iterable[_Fact], inlets: Iterable[Any], outlets: Iterable[Any]
) -> OperatorLineage[Any, Any]:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.facet_v2 import test_run

    found = [test_run.TestExecution(status=_STATUS[one.status], type=one.type, **one.both) for one in tests]
    return OperatorLineage(
        inputs=[*inputs, *_declared(inlets)],
        outputs=_declared(outlets),
        run_facets={"test": test_run.TestRunFacet(tests=found)} if found else {},
    )


def _declared(assets: Iterable[Any]) -> list[Any]:
    """Assets as OpenLineage names them; those that it has no name for are left out, as Airflow does."""
    from airflow.providers.openlineage.extractors.manager import ExtractorManager

    found = [ExtractorManager.convert_to_ol_dataset(one) for one in assets]
    return [one for one in found if one is not None]
