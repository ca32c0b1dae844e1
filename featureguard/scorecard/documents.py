"""Accounts, incidents and scorecards for machines: plain JSON values with stable names.

Ratios are in [0, 1], lengths of time in seconds, instants ISO 8601 in UTC; what is unknown is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from featureguard.accounting import Account
from featureguard.duration import format_duration
from featureguard.incident import Distribution, Incident, Lapse, time_to_detect, time_to_recover
from featureguard.scorecard.card import Card
from featureguard.scorecard.features import Features
from featureguard.scorecard.incidents import Incidents
from featureguard.scorecard.rollup import Rollup, Scorecard, Waived
from featureguard.slo.delivery import Delivered
from featureguard.slo.sli import Sli

_PARTS = ("good", "bad", "unknown", "excluded", "valid")


def sli_to_dict(sli: Sli, measures: str) -> dict[str, Any]:
    """An SLI; its parts are `good_seconds` … or, where deliveries are counted, `good_deliveries` …."""
    counts = measures == "delivery"
    unit, size = ("deliveries", 1) if counts else ("seconds", 1_000_000)
    parts = {f"{part}_{unit}": getattr(sli, part) / size for part in _PARTS}
    return {
        "sli": measures,
        "ratio": sli.ratio,
        "interval_ratio": list(sli.interval) if sli.interval else None,
        "unknown_ratio": sli.unknown / sli.valid if sli.valid else None,
        **({name: int(value) for name, value in parts.items()} if counts else parts),
    }


def account_to_dict(account: Account) -> dict[str, Any]:
    """What became of an objective; of deliveries the list is given too."""
    unit, size = ("deliveries", 1) if account.slo.sli == "delivery" else ("seconds", 1_000_000)
    return {
        "start": account.start.isoformat(),
        "end": account.end.isoformat(),
        **sli_to_dict(account.sli, account.slo.sli),
        "objective_ratio": account.slo.objective,
        "objective_window_seconds": account.slo.window.total_seconds(),
        "meets_objective": account.meets,
        "unknown_counts_as_bad": account.unknown_as_bad,
        f"budget_allowed_{unit}": float(account.budget.allowed) / size,
        f"budget_spent_{unit}": account.budget.spent / size,
        "budget_remaining_ratio": account.budget.remaining_ratio,
        "burn_rates": {format_duration(length): rate for length, rate in account.burn_rates.items()},
        "bad_since": _at(account.bad_since),
        "pages_at": _at(account.pages_at),
        "deliveries": [_delivered(one) for one in account.deliveries],
    }


def incident_to_dict(incident: Incident) -> dict[str, Any]:
    """One incident; what lies between two bounds is told by both."""
    return {
        "key": incident.key,
        "dataset": incident.dataset,
        "check": incident.check,
        "column": incident.column,
        "code": incident.code.value if incident.code else None,
        "severity": incident.severity.value,
        "open": incident.is_open,
        "started": {"after": _at(incident.started.after), "by": _at(incident.started.by)},
        "detected": _at(incident.detected),
        "recovered": {
            "last_bad": _at(incident.recovered.last_bad),
            "resolved": _at(incident.recovered.resolved),
        },
        "flaps": incident.flaps,
        "time_to_detect_seconds": lapse_to_dict(time_to_detect(incident)),
        "time_to_recover_seconds": lapse_to_dict(time_to_recover(incident)),
    }


def incidents_to_dict(found: Incidents) -> dict[str, Any]:
    """What broke, summed up."""
    return {
        "number": len(found.detected),
        "flaps": found.flaps,
        "open": len(found.still_open),
        "undetected": found.undetected,
        "time_to_detect_seconds": distribution_to_dict(found.detection),
        "time_to_recover_seconds": distribution_to_dict(found.recovery),
    }


def distribution_to_dict(found: Distribution) -> dict[str, Any]:
    """Mean, median and p90, each between its bounds."""
    figures = {name: lapse_to_dict(getattr(found, name)) for name in ("mean", "median", "p90")}
    return {"n": found.n, **figures}


def lapse_to_dict(lapse: Lapse | None) -> dict[str, float | None] | None:
    """Seconds between two bounds; `most` is null if nobody can tell."""
    return {"least": lapse.least.total_seconds(), "most": _seconds(lapse.most)} if lapse else None


def scorecard_to_dict(found: Scorecard) -> dict[str, Any]:
    """A scorecard."""
    return {
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        "now": found.now.isoformat(),
        "mode": found.mode,
        "overall": _rollup(found.overall) if found.overall else None,
        "tiers": {one.name: _rollup(one) for one in found.tiers},
        "owners": {one.name: _rollup(one) for one in found.owners},
        "datasets": [_card(one) for one in found.cards],
        "causes": [
            {
                "code": one.code.value if one.code else None,
                "incidents": one.incidents,
                "lasted_seconds": lapse_to_dict(one.lasted),
            }
            for one in found.causes
        ],
        "waivers": [_waived(one) for one in found.waivers],
    }


def _card(one: Card) -> dict[str, Any]:
    contract = one.contract
    return {
        "dataset": one.dataset,
        "tier": contract.tier,
        "owner": contract.owner,
        "runbook": contract.runbook,
        "enforcement": contract.enforcement,
        "looked_at": one.looked,
        "features": _features(one.features),
        "sli": sli_to_dict(one.sli, one.measures) if one.sli and one.measures else None,
        "objective": account_to_dict(one.account) if one.account else None,
        "incidents": incidents_to_dict(one.incidents),
        "waivers_in_force": one.waivers,
    }


def _rollup(one: Rollup) -> dict[str, Any]:
    objectives = one.objectives
    return {
        "datasets": len(one.cards),
        "features": _features(one.features),
        "target_ratio": one.target,
        "meets_target": one.meets_target,
        "objectives": {"met": objectives.met, "missed": objectives.missed, "unknown": objectives.unknown},
        "unknown_ratio": one.unknown_share,
        "incidents": incidents_to_dict(one.incidents),
        "without_runbook": list(one.without_runbook),
        "without_objective": list(one.without_objective),
        "without_evidence": list(one.without_evidence),
    }


def _features(found: Features) -> Mapping[str, Any]:
    return {
        "within": found.within,
        "unknown": found.unknown,
        "out": found.out,
        "compliance_ratio": found.compliance,
    }


def _waived(one: Waived) -> dict[str, Any]:
    told = one.waiver.model_dump(mode="json")
    return {"id": one.waiver.id, "in_force": one.in_force, "uses": one.uses, **told}


def _delivered(one: Delivered) -> dict[str, Any]:
    return {
        "key": one.window.key,
        "due": one.window.due.isoformat(),
        "deadline": one.window.deadline.isoformat(),
        "state": one.state.value,
        "not_before": _at(one.not_before),
        "seen_at": _at(one.seen_at),
    }


def _at(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
