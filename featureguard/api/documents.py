"""What the picture shows, as plain JSON values; field names are those of the Python values."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from featureguard.catalog import Catalog
from featureguard.contract import External, Subject
from featureguard.gate import Finding
from featureguard.granting import waits
from featureguard.judging import Report
from featureguard.lineage import Lineage
from featureguard.profile import Never
from featureguard.result import CheckResult
from featureguard.scorecard.documents import account_to_dict
from featureguard.serving.fleet import DatasetState, Fleet
from featureguard.waiver import Waiver


def dataset_to_dict(state: DatasetState) -> dict[str, Any]:
    """How a dataset stands."""
    contract, last = state.contract, state.known.last
    return {
        "dataset": contract.dataset,
        "owner": contract.owner,
        "tier": contract.tier,
        "description": contract.description,
        "runbook": contract.runbook,
        "tags": list(contract.tags),
        "aliases": dict(contract.aliases),
        "contract": contract.digest,
        "enforcement": contract.enforcement,
        "state": state.state.value,
        "status": state.status.value,
        "freshness": {
            "clock": contract.clock,
            "newest": instant(state.newest),
            "seen_at": instant(state.seen_at),
            "age_seconds": seconds(state.age),
            "max_age_seconds": seconds(state.max_age),
            "warn_age_seconds": seconds(state.warn_age),
            "fresh_until": instant(state.fresh_until),
        },
        "evidence": {
            "observed_at": instant(state.observed_at),
            "age_seconds": seconds(state.evidence_age),
            "believed_until": instant(state.evidence_until),
            "last_look": last.id if last else None,
            "last_look_at": instant(last.observed_at) if last else None,
            "last_look_complete": last.complete if last else None,
            "recorder": last.recorder if last else None,
            "snapshot": last.snapshot if last else None,
            "rows": last.rows if last else None,
        },
        "promises": state.promises,
        "findings": [finding_to_dict(one) for one in state.findings],
        "objective": account_to_dict(state.account) if state.account else None,
    }


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """Something that is not a pass."""
    return {**result_to_dict(finding.result), "observed_at": instant(finding.observed_at)}


def result_to_dict(result: CheckResult) -> dict[str, Any]:
    """What a check said."""
    found = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    del found["not_measured"]
    return found


def report_to_dict(report: Report) -> dict[str, Any]:
    """Every promise with its last result."""
    return {"now": instant(report.now), "results": [result_to_dict(one) for one in report.results]}


def subject_to_dict(subject: Subject, fleet: Fleet) -> dict[str, Any]:
    """What a gate protects, and what its policy lets one ask."""
    policy = fleet.catalog.policy_of(subject.subject)
    return {
        "subject": subject.subject,
        "owner": subject.owner,
        "tier": subject.tier,
        "runbook": subject.runbook,
        "policy": policy.policy,
        "actions": list(policy.known_actions),
        "repairs": [action for action in policy.known_actions if policy.is_repair(action)],
        "aliases": dict(subject.aliases),
        "requires": [u.external if isinstance(u, External) else u for u in subject.requires],
        "stands_on": [
            name for name in fleet.catalog.lineage.closure(subject.subject) if name in fleet.catalog.contracts
        ],
    }


def lineage_to_dict(lineage: Lineage, catalog: Catalog, fleet: Fleet) -> dict[str, Any]:
    """Who is made from whom, each dataset with its state."""
    return {
        "nodes": [
            {
                "name": name,
                "kind": lineage.kind(name).value,
                "state": fleet.dataset(name).state.value if name in catalog.contracts else None,
            }
            for name in lineage.names
        ],
        "edges": [
            {"upstream": up, "downstream": name} for name in lineage.names for up in lineage.direct(name)
        ],
    }


def waiver_to_dict(waiver: Waiver, now: datetime, catalog: Catalog) -> dict[str, Any]:
    """A waiver, whether it holds, and whether it waits for a second person."""
    told = {"id": waiver.id, "holds": holds(waiver, now), "waits": waits(catalog, waiver)}
    return {**told, **waiver.model_dump(mode="json")}


def holds(waiver: Waiver, now: datetime) -> bool:
    """Whether a waiver is in force."""
    revoked = waiver.revoked_at is not None and waiver.revoked_at <= now
    return waiver.since <= now < waiver.until and not revoked


def instant(value: datetime | Never | None) -> str | None:
    """An instant in ISO 8601, `never`, or null."""
    return value.isoformat() if isinstance(value, datetime) else value.value if value is not None else None


def seconds(length: timedelta | None) -> float | None:
    """A length of time in seconds."""
    return None if length is None else length.total_seconds()
