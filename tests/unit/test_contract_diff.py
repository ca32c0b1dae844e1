"""What a change of contracts does: each field one way and back, who is touched, and no field forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest

from featureguard.catalog import Catalog
from featureguard.contract import Contract, Subject
from featureguard.contract_diff import Change, Difference, Effect, diff
from featureguard.contract_diff.rules import RULES, rule_of
from featureguard.policy import Policy
from featureguard.scalars import Model
from tests.builders import rides

NEUTRAL, TIGHTENS, CHANGED, LOOSENS, BREAKS = Effect
AT = {"event": "at"}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What changes between two contracts of the dataset `rides`."""
    found = diff(Catalog.from_contracts([rides(**before)]), Catalog.from_contracts([rides(**after)]))
    return [change for difference in found.differences for change in difference.changes]


def effects(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Effect]:
    return {change.field: change.effect for change in changes(before, after)}


def fare(**promises: Any) -> dict[str, Any]:
    return {"schema": {"columns": {"fare": promises}}}


def fresh(**promises: Any) -> dict[str, Any]:
    return {"time": AT, "freshness": {"max_age": "26h", **promises}}


def of_entities(**promises: Any) -> dict[str, Any]:
    population = {"entity": ["id"], "within": "3d", "at_least": "90%", **promises}
    return {"time": AT, "freshness": {"population": population}}


def due(**promises: Any) -> dict[str, Any]:
    return {"time": AT, "freshness": {"delivery": {"cron": "0 6 * * *", **promises}}}


LAKE = {"kind": "parquet", "path": "lake"}
# Before, after, the field, what the change does, and what its reverse does.
CASES: list[tuple[Mapping[str, Any], Mapping[str, Any], str, Effect, Effect]] = [
    ({}, {"tier": 0}, "tier", TIGHTENS, LOOSENS),
    ({}, {"owner": "you@example.org"}, "owner", NEUTRAL, NEUTRAL),
    ({}, {"runbook": "https://r.example.org"}, "runbook", NEUTRAL, NEUTRAL),
    ({}, {"aliases": {"dagster": "raw/rides"}}, "aliases", NEUTRAL, BREAKS),
    ({}, {"enforcement": "observe"}, "enforcement", LOOSENS, TIGHTENS),
    ({"evidence_max_age": "6h"}, {"evidence_max_age": "1h"}, "evidence_max_age", TIGHTENS, LOOSENS),
    ({}, {"evidence_max_age": "1h"}, "evidence_max_age", CHANGED, CHANGED),
    ({}, {"upstream": [{"external": "feed"}]}, "upstream", TIGHTENS, LOOSENS),
    ({}, {"source": LAKE}, "source", BREAKS, BREAKS),
    ({"source": LAKE}, {"source": {**LAKE, "path": "pond"}}, "source.path", BREAKS, BREAKS),
    ({}, {"time": AT}, "time.event", TIGHTENS, BREAKS),
    ({"time": AT}, {"time": {"event": "ended_at"}}, "time.event", BREAKS, BREAKS),
    ({"time": AT}, {"time": {**AT, "clock": "event_time"}}, "time.clock", NEUTRAL, NEUTRAL),
    ({"time": AT}, {"time": {**AT, "clock": "file_mtime"}}, "time.clock", BREAKS, BREAKS),
    ({}, {"time": {"timezone": "UTC"}}, "time.timezone", CHANGED, CHANGED),
    ({}, {"time": {"skew_tolerance": "1h"}}, "time.skew_tolerance", LOOSENS, TIGHTENS),
    ({}, {"time": {"future": "block"}}, "time.future", TIGHTENS, LOOSENS),
    ({}, {"judge": {"per": "partition"}}, "judge.per", CHANGED, CHANGED),
    ({}, {"schema": {"mode": "exact"}}, "schema", TIGHTENS, LOOSENS),
    ({}, fare(type="float64"), "schema", TIGHTENS, BREAKS),
    ({"schema": {"columns": {}}}, fare(), "schema.columns.fare", TIGHTENS, BREAKS),
    (fare(), fare(type="int64"), "schema.columns.fare.type", TIGHTENS, LOOSENS),
    (fare(type="int64"), fare(type="int32"), "schema.columns.fare.type", TIGHTENS, BREAKS),
    (fare(type="string"), fare(type="large_string"), "schema.columns.fare.type", NEUTRAL, NEUTRAL),
    (fare(type="float64"), fare(type="string"), "schema.columns.fare.type", BREAKS, BREAKS),
    (fare(), fare(nullable=False), "schema.columns.fare.nullable", TIGHTENS, LOOSENS),
    (fare(), fare(optional=True), "schema.columns.fare.optional", LOOSENS, TIGHTENS),
    (fare(nulls="5%"), fare(nulls="1%"), "schema.columns.fare.nulls.at_most", TIGHTENS, LOOSENS),
    (fare(), fare(nulls="1%"), "schema.columns.fare.nulls", TIGHTENS, LOOSENS),
    (
        fare(nulls="1%"),
        fare(nulls={"at_most": "1%", "covers": ["null", "nan", "empty"]}),
        "schema.columns.fare.nulls.covers",
        TIGHTENS,
        LOOSENS,
    ),
    (
        fare(nulls={"spike": True}),
        fare(nulls={"spike": {"min_effect": "1%"}}),
        "schema.columns.fare.nulls.spike.min_effect",
        TIGHTENS,
        LOOSENS,
    ),
    (fare(range=[0, 9]), fare(range=[1, 9]), "schema.columns.fare.range.at_least", TIGHTENS, LOOSENS),
    (
        fare(range={"at_least": 0}),
        fare(range=[0, 9]),
        "schema.columns.fare.range.at_most",
        TIGHTENS,
        LOOSENS,
    ),
    (fare(values=["a", "b"]), fare(values=["a"]), "schema.columns.fare.values.one_of", TIGHTENS, LOOSENS),
    (fare(values=["a", "b"]), fare(values=["b", "a"]), "schema.columns.fare.values.one_of", NEUTRAL, NEUTRAL),
    (fare(values=[1]), fare(values=[True]), "schema.columns.fare.values.one_of", LOOSENS, LOOSENS),
    (fresh(), fresh(max_age="20h"), "freshness.max_age", TIGHTENS, LOOSENS),
    (fresh(), fresh(warn_age="20h"), "freshness.warn_age", TIGHTENS, LOOSENS),
    (fresh(), fresh(severity="warn"), "freshness.severity", LOOSENS, TIGHTENS),
    ({"time": AT}, fresh(), "freshness", TIGHTENS, LOOSENS),
    (of_entities(), of_entities(within="1d"), "freshness.population.within", TIGHTENS, LOOSENS),
    (of_entities(), of_entities(at_least="95%"), "freshness.population.at_least", TIGHTENS, LOOSENS),
    (of_entities(), of_entities(entity=["it"]), "freshness.population.entity", CHANGED, CHANGED),
    (due(), due(grace="1h"), "freshness.delivery.grace", LOOSENS, TIGHTENS),
    (due(), due(cron="0 7 * * *"), "freshness.delivery.cron", CHANGED, CHANGED),
    (due(), due(calendar={"also": ["2026-01-01"]}), "freshness.delivery.calendar", LOOSENS, TIGHTENS),
    ({"volume": {"at_least": 5}}, {"volume": {"at_least": 9}}, "volume.at_least", TIGHTENS, LOOSENS),
    ({"keys": {"unique": ["a"]}}, {"keys": {"unique": ["b"]}}, "keys.unique", BREAKS, BREAKS),
    ({"keys": {"unique": ["a", "b"]}}, {"keys": {"unique": ["b", "a"]}}, "keys.unique", NEUTRAL, NEUTRAL),
    (
        {**fresh(), "slo": {"objective": "99%", "window": "28d"}},
        {**fresh(), "slo": {"objective": "99.9%", "window": "28d"}},
        "slo.objective",
        TIGHTENS,
        LOOSENS,
    ),
]


@pytest.mark.parametrize(("before", "after", "field", "effect", "reverse"), CASES)
def test_a_change_and_its_reverse_are_called_what_they_are(
    before: Mapping[str, Any], after: Mapping[str, Any], field: str, effect: Effect, reverse: Effect
) -> None:
    assert effects(before, after) == {field: effect}
    assert effects(after, before) == {field: reverse}


def test_every_change_of_a_contract_is_told_the_worst_first() -> None:
    found = changes(
        {**fresh(), **fare(type="float64")}, {**fresh(max_age="30h"), **fare(type="string"), "tier": 0}
    )
    assert [change.effect for change in found] == [BREAKS, LOOSENS, TIGHTENS]
    assert found[1].sentence == "freshness.max_age: 26h → 30h (less is promised)"


def test_a_breaking_type_is_named_by_its_smallest_path() -> None:
    (found,) = changes(fare(type="list<struct<price: float64>>"), fare(type="list<struct<price: string>>"))
    assert "type.element.price: float64 → string" in found.sentence


def catalog(*requires: str, upstream: str | None = None, datasets: str = "rides features") -> Catalog:
    """A model on `features`, which may be made from `rides`."""
    contracts = [
        Contract(dataset=name, owner="me", upstream=(upstream,) if upstream and name == "features" else ())
        for name in datasets.split()
    ]
    return Catalog.from_contracts(contracts, [Subject(subject="model", owner="me", requires=requires)])


def only(base: Catalog, head: Catalog, name: str) -> Difference:
    (found,) = (difference for difference in diff(base, head).differences if difference.name == name)
    return found


def test_who_stands_on_a_changed_dataset_before_or_after_is_named() -> None:
    base, head = catalog("features", upstream="rides"), catalog("features", "rides")
    changed = Contract(dataset="rides", owner="me", tier=0)
    head = Catalog({**head.contracts, "rides": changed}, head.subjects, head.lineage)
    found = only(base, head, "rides")
    assert (found.datasets, found.subjects) == (("features",), ("model",))


def test_removing_what_others_stand_on_breaks_and_what_nobody_needs_loosens() -> None:
    needed, head = catalog("features", "rides"), catalog("features", datasets="features")
    assert only(needed, head, "rides").effect is BREAKS
    assert only(needed, head, "model").effect is LOOSENS  # it requires one dataset less
    assert only(catalog("features"), head, "rides").effect is LOOSENS
    assert only(head, needed, "rides").status == "added"


def test_a_subject_that_goes_is_protected_no_more() -> None:
    base = catalog("features")
    assert only(base, Catalog(base.contracts, {}, base.lineage), "model").effect is LOOSENS


@pytest.mark.parametrize(
    ("before", "after", "field", "effect"),
    [
        ({"fail": "block"}, {"fail": "warn", "unknown": "warn"}, "actions.train.fail", LOOSENS),
        ({"fail": "block"}, {"fail": "warn", "unknown": "warn"}, "actions.train.unknown", CHANGED),
        ({"budget": "warn"}, {"budget": "hold"}, "actions.train.budget", TIGHTENS),
        ({}, {"repair": True}, "actions.backfill.repair", LOOSENS),
    ],
)
def test_a_milder_policy_loosens_what_its_subjects_are_promised(
    before: Mapping[str, Any], after: Mapping[str, Any], field: str, effect: Effect
) -> None:
    base, head = (
        Catalog.from_contracts(
            catalog("features").contracts.values(),
            [Subject(subject="model", owner="me", requires=("features",))],
            [Policy.model_validate({"actions": {field.split(".")[1]: rules}})],
        )
        for rules in (before, after)
    )
    found = only(base, head, "default")
    assert {change.field: change.effect for change in found.changes}[field] is effect
    assert found.subjects == ("model",)


def test_only_what_breaks_loosens_or_cannot_be_judged_needs_review() -> None:
    def of(**parts: Any) -> Catalog:
        return Catalog.from_contracts([rides(**parts)])

    assert not diff(of(), of()).needs_review
    assert not diff(of(), of(tier=0, owner="you@example.org")).needs_review
    assert diff(of(tier=0), of()).needs_review
    assert diff(of(), of(judge={"per": "partition"})).needs_review


class Later(Contract):
    """A contract of a version to come."""

    surprise: int = 0


def test_a_field_without_a_rule_is_changed_and_never_passed_over() -> None:
    base, head = (
        Catalog({"rides": Later(dataset="rides", owner="me", surprise=surprise)}) for surprise in (0, 1)
    )
    (change,) = only(base, head, "rides").changes
    assert (change.field, change.effect) == ("surprise", CHANGED)


def parts(annotation: object) -> Iterator[object]:
    """The kinds of value that a field can hold, without `None`; of a mapping, those of its values."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from parts(arguments[0])
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from parts(argument)
    elif origin is Mapping:
        yield from parts(arguments[1])
    elif annotation is not type(None):
        yield annotation


def without_rule(model: type[Model]) -> set[str]:
    """Fields of a model, and of those within it, whose change no rule judges."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        inner = list(parts(field.annotation))
        models = [part for part in inner if isinstance(part, type) and issubclass(part, Model)]
        found |= {missing for part in models for missing in without_rule(part)}
        if len(models) < len(inner) and rule_of(model, name) is None:
            found.add(f"{model.__name__}.{name}")
    return found


def test_every_field_that_people_can_write_has_a_rule() -> None:
    assert without_rule(Contract) | without_rule(Subject) | without_rule(Policy) == set()


def test_the_search_does_find_a_field_without_a_rule() -> None:
    assert without_rule(Later) == {"Later.surprise"}


def test_every_rule_is_about_a_field_that_exists() -> None:
    known = {(model, name) for model in RULES for name in model.model_fields}
    assert {(model, name) for model, rules in RULES.items() for name in rules} <= known
