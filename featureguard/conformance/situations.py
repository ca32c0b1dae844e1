"""Situations in which something is absent, built from the smallest evidence that shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from featureguard.catalog import Catalog
from featureguard.contract import Contract, Subject
from featureguard.errors import UsageError
from featureguard.evidence import Evidence, ExternalResult, Look, Sight
from featureguard.gate import BudgetState
from featureguard.lineage import Lineage
from featureguard.observation import ClockReading, Failure, Observation, Unit
from featureguard.policy import EVIDENCE_MAX_AGE, Policy
from featureguard.problems import suggestion
from featureguard.profile import NEVER, ColumnProfile, Profile, Values
from featureguard.result import Code, Status

NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
"""The instant of every situation."""

_TICK, _MINUTE, _HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)
_AHEAD = NOW + 6 * _MINUTE


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a surface needs to know to answer one question.

    Attributes:
        kind: Which kind of absence it shows.
        subject: Who asks.
        action: What for.
        contracts: Every contract, by dataset.
        evidences: What is known, by dataset; a dataset left out is missing from the case.
        budgets: Error budgets, by dataset.
        policy: The policy.
        now: The instant, UTC.
    """

    kind: str
    subject: Subject
    action: str
    contracts: Mapping[str, Contract]
    evidences: Mapping[str, Evidence]
    budgets: Mapping[str, BudgetState] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    now: datetime = NOW

    @property
    def lineage(self) -> Lineage:
        """Who is made from whom."""
        return Catalog.from_contracts(self.contracts.values(), [self.subject]).lineage


def situation(kind: str, tier: int, action: str) -> Situation:
    """The situation of a kind of absence, for a subject and datasets of one tier.

    Raises:
        UsageError: If there is no such kind.
    """
    if kind not in _KINDS:
        raise UsageError(f"No kind of absence is called '{kind}'.{suggestion(kind, sorted(_KINDS))}")
    scene = _KINDS[kind](tier)
    subject = Subject(subject="model", owner="ml", tier=tier, requires=scene.requires)  # type: ignore[arg-type]
    contracts = {contract.dataset: contract for contract in scene.contracts}
    evidences = {evidence.dataset: evidence for evidence in scene.evidences}
    return Situation(kind, subject, action, contracts, evidences, scene.budgets, scene.policy)


@dataclass(frozen=True, slots=True)
class _Scene:
    contracts: tuple[Contract, ...] = ()
    evidences: tuple[Evidence, ...] = ()
    requires: tuple[Any, ...] = ("rides",)
    budgets: Mapping[str, BudgetState] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)


_NULLS = {"columns": {"fare": {"type": "double", "nulls": "5%"}}}
_SPIKE = {"columns": {"fare": {"type": "double", "nulls": {"spike": True}}}}
_DBT = [{"tool": "dbt", "check": "not_null"}]
_DAILY = {"delivery": {"cron": "0 1 * * *", "slack": "1d"}}


def _contract(tier: int, dataset: str = "rides", **parts: Any) -> Contract:
    basis = {"dataset": dataset, "owner": "me", "tier": tier, "time": {"event": "at"}}
    return Contract.model_validate({**basis, "freshness": {"max_age": "30h"}, **parts})


def _look(contract: Contract, at: datetime = NOW, newest: object = NOW - _HOUR, **parts: Any) -> Look:
    """A finished look: 300 good rows, an hour old, unless said otherwise."""
    rows = parts.pop("rows", 300)
    columns = {"fare": ColumnProfile(rows, frozenset({"double"}), 0, 0, 0), **parts.pop("columns", {})}
    profile = Profile(rows, {name: found for name, found in columns.items() if found})
    clocks = {"event_time": ClockReading(newest, parts.pop("future", 0))}  # type: ignore[arg-type]
    units = (Unit("all", "files", profile),)
    seen = Observation(contract.dataset, at, "s1", profile, clocks, units, **parts)
    return Look(f"look at {at.isoformat()}", seen, (), at, "worker", contract.digest)


def _unfinished(contract: Contract, code: Code) -> Look:
    seen = Observation(contract.dataset, NOW, failure=Failure(code, "The look could not be finished."))
    return Look(f"{code.value} at {NOW.isoformat()}", seen, (), NOW, "worker", contract.digest)


def _sight(look: Look, **changes: Any) -> Sight:
    seen = look.observation
    found = Sight(look.id, seen.observed_at, look.recorder, seen.failure is None, seen.snapshot, seen.clocks)
    return dataclasses.replace(found, **changes)


def _known(contract: Contract, *looks: Look, **parts: Any) -> _Scene:
    """A scene of one dataset and looks at it, latest first."""
    complete = next((look for look in looks if look.observation.failure is None), None)
    evidence = Evidence(contract.dataset, looks[0], complete, tuple(map(_sight, looks)))
    return _Scene((contract,), (dataclasses.replace(evidence, **parts),))


def _seen(tier: int, promised: Mapping[str, Any] | None = None, **look: Any) -> _Scene:
    """A scene of one finished look."""
    contract = _contract(tier, **(promised or {}))
    return _known(contract, _look(contract, **look))


def _after_a_good_look(code: Code) -> Callable[[int], _Scene]:
    def scene(tier: int) -> _Scene:
        contract = _contract(tier)
        return _known(contract, _unfinished(contract, code), _look(contract, NOW - _MINUTE))

    return scene


def _upstream_never_looked(tier: int) -> _Scene:
    raw, rides = _contract(tier, "raw"), _contract(tier, upstream=["raw"])
    return _Scene((raw, rides), (Evidence("raw"), *_known(rides, _look(rides)).evidences))


def _stale_then_unreadable(tier: int) -> _Scene:
    contract = _contract(tier)
    stale = _look(contract, NOW - _MINUTE, NOW - 31 * _HOUR)
    return _known(contract, _unfinished(contract, Code.SOURCE_UNREADABLE), stale)


def _superseded(tier: int) -> _Scene:
    """By a policy that gives the snapshot before ten minutes."""
    contract = _contract(tier)
    look = _look(contract, NOW - 11 * _MINUTE)
    newer = Sight("another look", NOW, "worker", complete=False, snapshot="s2")
    scene = _known(contract, look, seen=(newer, _sight(look)))
    return dataclasses.replace(scene, policy=Policy(snapshot_lag=10 * _MINUTE))


def _contradicted(tier: int) -> _Scene:
    contract = _contract(tier)
    look = _look(contract)
    other = {"event_time": ClockReading(NOW - 2 * _HOUR, 0)}
    return _known(contract, look, seen=(_sight(look), _sight(look, recorder="other", clocks=other)))


def _promise_added(tier: int) -> _Scene:
    before, today = _contract(tier), _contract(tier, schema=_NULLS)
    look = _look(before, columns={"fare": ColumnProfile(300, frozenset({"double"}))})
    return dataclasses.replace(_known(before, look), contracts=(today,))


def _result(tier: int, status: Status | None, at: datetime = NOW, code: Code | None = None) -> _Scene:
    contract = _contract(tier, external_checks=_DBT)
    told = (ExternalResult("dbt", "not_null", "rides", status, at, code=code),) if status else ()
    return _known(contract, _look(contract), external=told)


def _days(*days: str) -> dict[str, int | None]:
    return dict.fromkeys(days, 100)


_BY_DAY = {"partitions": {"by": ["day"]}}
_LEARNED = frozenset({("null_spike", "fare")})
_NO_JSON = {"fare": ColumnProfile(300, frozenset({"double"}), 0, 0, 0, values=Values((("{", 1),)))}
_UNCOUNTED = {"fare": ColumnProfile(300, frozenset({"double"}))}

_KINDS: Mapping[str, Callable[[int], _Scene]] = {
    "no_requirements": lambda tier: _Scene(requires=()),
    "external_required": lambda tier: _Scene(requires=({"external": "weather"},)),
    "external_behind": lambda tier: _seen(tier, {"upstream": [{"external": "weather"}]}),
    "no_promises": lambda tier: _seen(tier, {"freshness": None, "time": {}}),
    "not_in_the_case": lambda tier: _Scene((_contract(tier),)),
    "never_looked": lambda tier: _Scene((_contract(tier),), (Evidence("rides"),)),
    "upstream_never_looked": _upstream_never_looked,
    "look_expired": lambda tier: _seen(tier, at=NOW - EVIDENCE_MAX_AGE[tier] - _TICK),
    "look_from_future": lambda tier: _seen(tier, at=_AHEAD),
    "unreadable": _after_a_good_look(Code.SOURCE_UNREADABLE),
    "corrupt": _after_a_good_look(Code.SOURCE_CORRUPT),
    "too_large": _after_a_good_look(Code.RESOURCE_LIMIT),
    "timed_out": _after_a_good_look(Code.CHECK_TIMEOUT),
    "first_look_unreadable": lambda tier: _known(
        _contract(tier), _unfinished(_contract(tier), Code.SOURCE_UNREADABLE)
    ),
    "stale_then_unreadable": _stale_then_unreadable,
    "stale_then_expired": lambda tier: _seen(tier, at=NOW - 27 * _HOUR, newest=NOW - 31 * _HOUR),
    "superseded": _superseded,
    "contradicted": _contradicted,
    # Whoever cannot load the evidence says so by a look that failed for this reason.
    "store_unavailable": _after_a_good_look(Code.STORE_UNAVAILABLE),
    "clock_not_read": lambda tier: _seen(tier, newest=None),
    "nulls_not_counted": lambda tier: _seen(tier, {"schema": _NULLS}, columns=_UNCOUNTED),
    "column_gone": lambda tier: _seen(
        tier, {"schema": _NULLS}, columns={"fare": None, "x": ColumnProfile(300)}
    ),
    "population_not_counted": lambda tier: _seen(
        tier, {"freshness": {"population": {"of": "rows", "within": "2h", "at_least": "50%"}}}
    ),
    "partitions_not_counted": lambda tier: _seen(tier, _BY_DAY),
    "promise_added": _promise_added,
    "check_crashed": lambda tier: _seen(
        tier, {"schema": {"columns": {"fare": {"values": ["a"]}}}}, columns=_NO_JSON
    ),
    "never_arrived": lambda tier: _seen(tier, newest=NEVER, rows=0),
    "all_from_future": lambda tier: _seen(tier, newest=NEVER, future=300),
    "no_rows_to_rate": lambda tier: _seen(tier, {"schema": _NULLS}, rows=0),
    "partition_missing": lambda tier: _seen(tier, _BY_DAY, partitions=_days("2013-02-05", "2013-02-07")),
    "delivery_missing": lambda tier: _seen(tier, {"freshness": _DAILY}, newest=NOW - 50 * _HOUR),
    "delivery_unwatched": lambda tier: _seen(
        tier,
        {"freshness": _DAILY, "evidence_max_age": "2d"},
        at=NOW - 12 * _HOUR,
        newest=NOW - 40 * _HOUR,
    ),
    "cold_start": lambda tier: _seen(tier, {"schema": _SPIKE}),
    "history_deleted": lambda tier: _known(
        contract := _contract(tier, schema=_SPIKE), _look(contract), learned=_LEARNED
    ),
    "too_few_rows": lambda tier: _seen(tier, {"schema": _SPIKE}, rows=199),
    "result_missing": lambda tier: _result(tier, None),
    "result_expired": lambda tier: _result(tier, Status.PASS, NOW - EVIDENCE_MAX_AGE[tier] - _TICK),
    "result_from_future": lambda tier: _result(tier, Status.PASS, _AHEAD),
    "result_errored": lambda tier: _result(tier, Status.UNKNOWN, code=Code.CHECK_CRASHED),
    "budget_unknown": lambda tier: dataclasses.replace(
        _seen(tier), budgets={"rides": BudgetState(0.99, None)}
    ),
}
