"""What a step that the gate holds back says: a failure with the reasons, which Dagster shows and keeps."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from featureguard.errors import FeatureGuardError
from featureguard.ruling import Ruling
from featureguard.verdict import Decision, Reason, Verdict

_COLUMNS = ("verdict", "dataset", "check", "column", "code", "reason", "what to do", "path", "owner")


def refusal(ruling: Ruling) -> dg.Failure:
    """Why a step may not go on; it may be tried again after a hold, never after a block."""
    decision = ruling.decision
    verdict = ruling.verdict
    shown: dict[str, dg.MetadataValue] = {
        "verdict": dg.MetadataValue.text(verdict.value),
        "subject": dg.MetadataValue.text(decision.subject),
        "action": dg.MetadataValue.text(decision.action),
        "reasons": reasons_table(decision.reasons),
    }
    if ruling.id:
        shown["decision"] = dg.MetadataValue.text(ruling.id)
    if decision.look_again_at:
        shown["look_again_at"] = dg.MetadataValue.timestamp(decision.look_again_at)
    worst = next(iter(decision.reasons), None)
    if worst and worst.runbook:
        shown["runbook"] = dg.MetadataValue.url(worst.runbook)
    told = f"featureguard: {verdict.value}: '{decision.subject}' may not {decision.action}. {ruling.why}"
    return dg.Failure(
        told.strip(),
        metadata=shown,
        allow_retries=verdict is Verdict.HOLD,
    )


def not_stored(dataset: str, decision: Decision) -> dg.Failure:
    """Why data is not stored; making it anew is for whoever owns it to decide, so that nothing is retried."""
    why = "; ".join(reason.text for reason in decision.reasons if not reason.effective.allowed)
    return dg.Failure(
        f"featureguard: {decision.effective.value}: '{dataset}' is not stored. {why}",
        metadata={"dataset": dataset, "reasons": reasons_table(decision.reasons)},
        allow_retries=False,
    )


def unusable(subject: str, action: str, error: FeatureGuardError) -> dg.Failure:
    """A question that cannot be asked: nothing starts, and trying again does not help."""
    told = f"featureguard: no decision: '{subject}' may not {action}. {error}"
    return dg.Failure(told, metadata={"problem": str(error)}, allow_retries=False)


def reasons_table(reasons: Iterable[Reason]) -> dg.TableMetadataValue:
    """Reasons as a table, worst first."""
    records = [
        dg.TableRecord(
            {
                "verdict": reason.effective.value,
                "dataset": reason.dataset or "",
                "check": reason.check or "",
                "column": reason.column or "",
                "code": reason.code.value,
                "reason": reason.text,
                "what to do": reason.hint,
                "path": " → ".join(reason.path),
                "owner": reason.owner or "",
            }
        )
        for reason in reasons
    ]
    schema = dg.TableSchema([dg.TableColumn(name, "string") for name in _COLUMNS])
    return dg.MetadataValue.table(records, schema=schema)
