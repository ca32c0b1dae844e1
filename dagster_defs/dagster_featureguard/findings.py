"""One check's result, as Dagster shows it: passed or not, how grave, why, and figures that it plots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from dagster_featureguard.figures import figures
from dagster_featureguard.judgement import NO_PROMISE, UPSTREAM, Judged
from dagster_featureguard.partitions import Missing, OnePartition
from dagster_featureguard.refusal import reasons_table
from featureguard.errors import StoreError
from featureguard.result import CheckResult, Severity, Status
from featureguard.verdict import Reason

_MOST_NAMED = 50


def told(
    key: dg.AssetKey,
    name: str,
    kind: str,
    found: Judged | StoreError,
    dataset: str | None,
    kinds: Iterable[str],
) -> dg.AssetCheckResult:
    """The result of one check; there always is one.

    Args:
        key: The asset.
        name: Name of the check.
        kind: What it is about.
        found: What became of the asset.
        dataset: The dataset that it is.
        kinds: Every check of the asset.
    """
    if isinstance(found, StoreError):
        why = f"Unknown: {found}"
        return dg.AssetCheckResult(passed=False, asset_key=key, check_name=name, description=why)
    results, reasons = found.results(kind), found.reasons(dataset, kind, kinds)
    crashed = kind not in NO_PROMISE and not results
    passed = not reasons and not crashed and all(one.status is Status.PASS for one in results)
    grave = passed or crashed or _is_grave(results, reasons)
    return dg.AssetCheckResult(
        passed=passed,
        asset_key=key,
        check_name=name,
        severity=dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN,
        description=_description(kind, results, reasons, crashed),
        metadata=_metadata(kind, found, results, reasons),
    )


def told_of_partitions(
    key: dg.AssetKey, name: str, found: Sequence[OnePartition], gone: Missing | None
) -> dg.AssetCheckResult:
    """The result of the check of partitions: of those of the run, or, without any, of those that are missing.

    Args:
        key: The asset.
        name: Name of the check.
        found: The partitions of the run.
        gone: What is missing of those that Dagster knows; `None` if that is not known.
    """
    wrong = [one for one in found if not one.passed]
    lacks = gone.keys if gone and not found else ()
    shown: dict[str, Any] = {}
    if gone:
        shown["missing_partitions"] = len(gone.keys)
        shown["complete_through"] = gone.complete_through or "none"
        if gone.keys:
            shown["missing"] = ", ".join(gone.keys[-_MOST_NAMED:])
    if found:
        shown["partitions"] = _partitions_table(found)
    why = f"{wrong[0].key}: {wrong[0].told}" if wrong else ""
    if wrong and len(found) > 1:
        why += f" {len(wrong)} of {len(found)} partitions fail."
    if lacks:
        why = f"{len(lacks)} partitions that Dagster knows are not in the data, e.g. {lacks[-1]}."
    grave = any(not one.verdict.allowed for one in wrong) or not (wrong or lacks)
    return dg.AssetCheckResult(
        passed=not (wrong or lacks),
        asset_key=key,
        check_name=name,
        severity=dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN,
        description=why,
        metadata=shown,
    )


def evaluation_of(key: dg.AssetKey, name: str, one: OnePartition) -> dg.AssetCheckEvaluation:
    """What is recorded of one partition, beside the result of the run."""
    warns = one.verdict.allowed and not one.passed
    return dg.AssetCheckEvaluation(
        key,
        name,
        passed=one.passed,
        partition=one.key,
        severity=dg.AssetCheckSeverity.WARN if warns else dg.AssetCheckSeverity.ERROR,
        description=one.told,
        metadata={"verdict": one.verdict.value, "promises": promises_table(one.results)},
        blocking=False,
    )


def _partitions_table(found: Sequence[OnePartition]) -> dg.TableMetadataValue:
    columns = [dg.TableColumn(name, "string") for name in ("partition", "verdict", "why")]
    records = [
        dg.TableRecord({"partition": one.key, "verdict": one.verdict.value, "why": one.told}) for one in found
    ]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns))


def _is_grave(results: Sequence[CheckResult], reasons: Sequence[Reason]) -> bool:
    """Whether the gate would hold or block; where it says nothing, what the promise says."""
    if reasons:
        return not all(reason.effective.allowed for reason in reasons)
    return any(one.severity is Severity.BLOCK and one.status is Status.FAIL for one in results)


def _description(kind: str, results: Sequence[CheckResult], reasons: Sequence[Reason], crashed: bool) -> str:
    if crashed:
        return "The check crashed: nothing is known. The findings say more."
    if reasons:
        first = reasons[0]
        more = f" ({len(reasons) - 1} more)" if len(reasons) > 1 else ""
        where = f"{first.dataset}: " if kind == UPSTREAM and first.dataset else ""
        waived = f" Waived by {first.waiver}." if first.waiver else ""
        return f"{where}{first.text}{more}{waived}"
    failed = [one for one in results if one.status is not Status.PASS]
    if failed:
        return failed[0].reason
    return results[0].reason if len(results) == 1 else ""


def _metadata(
    kind: str, found: Judged, results: Sequence[CheckResult], reasons: Sequence[Reason]
) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"verdict": _verdict(reasons)}
    if found.report:
        contract, seen = found.report.contract, found.report.observation
        shown["observed_at"] = dg.MetadataValue.timestamp(seen.observed_at)
        shown["owner"], shown["tier"] = contract.owner, contract.tier
        if contract.runbook:
            shown["runbook"] = dg.MetadataValue.url(contract.runbook)
        shown |= figures(kind, found.report, results, found.account)
    if reasons:
        shown["reasons"] = reasons_table(reasons)
    if len(results) > 1:
        shown["promises"] = promises_table(results)
    return shown


def _verdict(reasons: Sequence[Reason]) -> str:
    return max((one.effective for one in reasons), key=lambda one: one.rank).value if reasons else "allow"


def promises_table(results: Iterable[CheckResult]) -> dg.TableMetadataValue:
    """Every promise of one kind, what was observed, and its limit."""
    records = [
        dg.TableRecord(
            {
                "column": one.column or "",
                "status": one.status.value,
                "observed": _cell(one.observed),
                "limit": _cell(one.limit),
                "unit": one.unit or "",
                "reason": one.reason,
            }
        )
        for one in results
    ]
    names = ("column", "status", "observed", "limit", "unit", "reason")
    return dg.MetadataValue.table(
        records, schema=dg.TableSchema([dg.TableColumn(n, "string") for n in names])
    )


def _cell(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
