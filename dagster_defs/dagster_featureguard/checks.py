"""Contracts as asset checks: one op for each asset, one check for each kind of promise.

A check passes if the gate would say nothing about its promises. What would only be a warning is reported as
WARN; what would hold or block is an ERROR, and blocks what is downstream in the same run.
"""
# No postponed annotations here: Dagster looks at the one of `context` itself.

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from dagster_featureguard.findings import evaluation_of, told, told_of_partitions
from dagster_featureguard.judgement import (
    FINDINGS,
    PARTITION,
    PROBE,
    UPSTREAM,
    Judged,
    Question,
    case_catalog,
    judge_asset,
    promised,
)
from dagster_featureguard.keys import Asset, graph_of, match, partitions_of
from dagster_featureguard.partitions import each, missing
from dagster_featureguard.resource import ACTION, FeatureGuardResource
from featureguard.catalog import Catalog
from featureguard.errors import StoreError, UsageError
from featureguard.hosts import ancestors
from featureguard.problems import suggestion
from featureguard.result import Severity

PREFIX = "featureguard_"
"""How the names of our checks begin."""

RESOURCE = "featureguard"
_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_RETRIES, _PAUSE_SECONDS = 2, 5

_ABOUT = {
    FINDINGS: "What else the gate would say: evidence not to be believed, budgets, results of other tools.",
    PROBE: "What somebody saw last, in a run or between runs: the freshness sensor reports here.",
    PARTITION: "The partitions of the run, one by one; without any, those that the data lacks.",
    UPSTREAM: "Everything that this asset is made from keeps its promises.",
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """The checks of one asset.

    Attributes:
        key: The asset.
        question: What is asked about it.
        kinds: Name of each check, and whether it blocks.
        partitions: What partitions the asset has, or `None`.
    """

    key: dg.AssetKey
    question: Question
    kinds: Mapping[str, bool]
    partitions: dg.PartitionsDefinition[Any] | None


def build_contract_checks(
    catalog: Catalog,
    assets: Iterable[Asset],
    *,
    datasets: Sequence[str] | None = None,
    action: str = ACTION,
    resource: str = RESOURCE,
) -> list[dg.AssetChecksDefinition]:
    """The checks of every asset that a contract describes, or that is made from one.

    Each asset has one op, so that a failure of one asset holds up only what is made from it. The check
    `featureguard_upstream` looks at everything that an asset is made from: it stands between a stale source
    and a training that is launched alone.

    Args:
        catalog: The contracts.
        assets: The assets of the code location, external ones too.
        datasets: The datasets that are assets here; left out: all of the catalog.
        action: What the assets are used for; the policy called `default` says what a finding means for it.
        resource: Key of the `FeatureGuardResource`.

    Raises:
        UsageError: If the catalog has no such dataset, or the default policy does not know the action.
        ContractError: If a dataset has no asset, or an asset has two.
    """
    actions = catalog.policies["default"].known_actions
    if action not in actions:
        raise UsageError(f"The default policy knows no action '{action}'.{suggestion(action, actions)}")
    known = list(assets)
    graph = graph_of(known)
    plans = _plans(catalog, graph, match(catalog, graph, datasets), action, partitions_of(known))
    return [_checks(catalog, plan, resource) for plan in plans]


def _plans(
    catalog: Catalog,
    graph: Mapping[dg.AssetKey, frozenset[dg.AssetKey]],
    keys: Mapping[str, dg.AssetKey],
    action: str,
    partitions: Mapping[dg.AssetKey, dg.PartitionsDefinition[Any]],
) -> Iterator[_Plan]:
    names = {key: name for name, key in keys.items()}
    for key in graph:
        dataset = names.get(key)
        nearest = {names[one] for one in ancestors(graph, key, until=names) if one in names}
        known = catalog.lineage.closure(dataset) if dataset else ()
        above = tuple(sorted(nearest.difference(known)))
        stands_on = bool(above) or any(name in catalog.contracts for name in known)
        if dataset is None and not above:
            continue
        kinds = {}
        if dataset is not None:
            kinds = {k: worst is Severity.BLOCK for k, worst in promised(catalog.contracts[dataset]).items()}
            kinds |= {FINDINGS: True, PROBE: False}
            if key in partitions:
                kinds[PARTITION] = True
        if stands_on:
            kinds[UPSTREAM] = True
        yield _Plan(key, Question(dataset, above, action, key in partitions), kinds, partitions.get(key))


def _checks(catalog: Catalog, plan: _Plan, resource: str) -> dg.AssetChecksDefinition:
    contract = catalog.contracts.get(plan.question.dataset or "")
    specs = [
        dg.AssetCheckSpec(
            PREFIX + kind,
            asset=plan.key,
            blocking=blocking,
            description=_ABOUT.get(kind) or f"The promises of '{plan.question.dataset}' about {kind}.",
            metadata={"dataset": plan.question.dataset, "owner": contract.owner} if contract else None,
        )
        for kind, blocking in plan.kinds.items()
    ]

    @dg.multi_asset_check(
        name=_op_name(plan.key),
        specs=specs,
        can_subset=True,
        compute_kind="featureguard",
        required_resource_keys={resource},
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        guarding: FeatureGuardResource = getattr(context.resources, resource)
        found = _judged(context, guarding, catalog, plan)
        for name in sorted(one.name for one in context.selected_asset_check_keys):
            kind = name.removeprefix(PREFIX)
            if kind == PARTITION and not isinstance(found, StoreError):
                yield _partitions(context, catalog, plan, found, name)
            else:
                yield told(plan.key, name, kind, found, plan.question.dataset, plan.kinds)

    return check


def _op_name(key: dg.AssetKey) -> str:
    """A name that Dagster takes, and that no other key has."""
    name = "__".join(key.path)
    if _PLAIN.fullmatch(name) and not any("__" in part for part in key.path):
        return f"featureguard__{name}"
    digest = hashlib.sha256(key.to_user_string().encode()).hexdigest()[:8]
    return f"featureguard__{re.sub('[^A-Za-z0-9_]', '_', name)}__{digest}"


def _partitions(
    context: dg.AssetCheckExecutionContext, catalog: Catalog, plan: _Plan, found: Judged, name: str
) -> dg.AssetCheckResult:
    """Judge the partitions of the run; each is recorded by itself, also where one run makes many."""
    assert plan.partitions is not None
    assert found.report is not None
    in_run = context.has_partition_key or context.has_partition_key_range
    keys = list(context.partition_keys) if in_run else []
    judged = each(
        found.report, found.history, keys, plan.partitions, catalog.policies["default"], found.decision
    )
    for one in judged:
        context.instance.report_runless_asset_event(evaluation_of(plan.key, name, one))
    gone = missing(found.report, found.history, plan.partitions, context.instance, found.report.now)
    return told_of_partitions(plan.key, name, judged, gone)


def _judged(
    context: dg.AssetCheckExecutionContext, guarding: FeatureGuardResource, catalog: Catalog, plan: _Plan
) -> Judged | StoreError:
    """What became of the asset; the error of a store that stays away however often it is asked."""
    try:
        recorder = f"dagster run {context.run.run_id}"
        with guarding.guard(case_catalog(catalog, plan.question), recorder=recorder) as guard:
            return judge_asset(guard, plan.question)
    except StoreError as error:
        if context.retry_number < _RETRIES:
            raise dg.RetryRequested(max_retries=_RETRIES, seconds_to_wait=_PAUSE_SECONDS) from error
        return error
