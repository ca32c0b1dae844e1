"""The laws of a diff: it is empty exactly between equals, and what tightens one way loosens the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.catalog import Catalog
from featureguard.contract import Contract, Volume, canonical_json
from featureguard.contract_diff import Change, Diff, Difference, Effect, diff

Differ = Callable[[Catalog, Catalog], Diff]
Parts = dict[str, Any]

RATIOS = st.sampled_from([0.0, 0.01, 0.5, 1.0])
HOURS = st.sampled_from(["1h", "6h", "26h", "30h"])
SEVERITIES = st.sampled_from(["warn", "block"])


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Parts]:
    """A mapping that holds some of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


SPIKES = maybe(severity=SEVERITIES, alpha=st.sampled_from([1e-4, 1e-3]), min_rows=st.integers(1, 3))
NULLS = maybe(
    at_most=RATIOS,
    severity=SEVERITIES,
    covers=st.sets(st.sampled_from(["null", "nan", "empty"]), min_size=1).map(sorted),
    sentinels=st.lists(st.sampled_from([-1, 0, True, "x"]), max_size=3),
    spike=SPIKES,
)
COLUMNS = maybe(
    type=st.sampled_from(["int32", "int64", "float64", "string", "large_string", "list<int32>"]),
    nullable=st.booleans(),
    optional=st.booleans(),
    nulls=NULLS,
    range=st.sampled_from([[0, 5], [0, 9], [1, 9], {"at_least": 1}, {"at_most": 5}]),
    values=st.lists(st.sampled_from([1, True, "1", 2]), min_size=1, max_size=3),
    description=st.sampled_from(["one", "two"]),
)
SCHEMAS = maybe(
    mode=st.sampled_from(["exact", "compatible", "ignore"]),
    columns=st.dictionaries(st.sampled_from(["at", "fare", "a.b"]), COLUMNS, max_size=2),
)
POPULATIONS = st.fixed_dictionaries({"entity": st.just(["id"]), "within": HOURS, "at_least": RATIOS})
FRESHNESS = st.builds(
    lambda needed, others: {**needed, **others},
    st.fixed_dictionaries({"max_age": HOURS}),
    maybe(severity=SEVERITIES, evidence_max_age=HOURS, population=POPULATIONS),
)
CONTRACTS = st.builds(
    lambda needed, others: {**needed, **others},
    st.fixed_dictionaries({"dataset": st.just("rides"), "owner": st.sampled_from(["me", "you"])}),
    maybe(
        tier=st.integers(0, 3),
        aliases=st.dictionaries(st.sampled_from(["dagster", "feast"]), st.sampled_from(["x", "y"])),
        source=st.sampled_from([{"kind": "memory"}, {"kind": "parquet", "path": "a"}]),
        upstream=st.lists(st.sampled_from(["a", "b"]).map(lambda name: {"external": name}), max_size=2),
        time=st.sampled_from([{"event": "t"}, {"event": "t", "ingested": "i", "clock": "ingested_at"}]),
        schema=SCHEMAS,
        freshness=FRESHNESS,
        volume=st.sampled_from([{"at_least": 1}, {"at_most": 9}, {"at_least": 2, "at_most": 9}]),
        keys=st.sampled_from([{"unique": ["a"]}, {"unique": ["b", "a"]}, {"unique": ["a", "b"]}]),
        enforcement=st.sampled_from(["enforce", "observe"]),
        evidence_max_age=HOURS,
    ),
).map(lambda parts: {**parts, "time": parts.get("time", {"event": "t"})} if "freshness" in parts else parts)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    parts = draw(CONTRACTS)
    try:
        return Contract.model_validate(parts)
    except ValueError:  # such as an exact schema without the clock's column
        parts.pop("schema", None)
        return Contract.model_validate(parts)


def of(contract: Contract) -> Catalog:
    return Catalog.from_contracts([contract])


def changes(found: Diff) -> dict[str, Change]:
    return {change.field: change for difference in found.differences for change in difference.changes}


def empty_between_equals(differ: Differ, one: Contract, other: Contract) -> None:
    assert differ(of(one), of(one)) == Diff()
    same = canonical_json(one.model_dump(mode="json")) == canonical_json(other.model_dump(mode="json"))
    assert bool(differ(of(one), of(other)).differences) is not same


def a_tightening_reversed_loosens(differ: Differ, one: Contract, other: Contract) -> None:
    there, back = changes(differ(of(one), of(other))), changes(differ(of(other), of(one)))
    assert there.keys() == back.keys()
    for field, change in there.items():
        assert (change.before, change.after) == (back[field].after, back[field].before)
        if change.effect is Effect.TIGHTENS:
            assert back[field].effect in (Effect.LOOSENS, Effect.BREAKS)


@given(contracts(), contracts())
def test_a_diff_is_empty_exactly_between_equal_contracts(one: Contract, other: Contract) -> None:
    empty_between_equals(diff, one, other)


@given(contracts(), contracts())
def test_what_tightens_one_way_loosens_or_breaks_the_other(one: Contract, other: Contract) -> None:
    a_tightening_reversed_loosens(diff, one, other)


def with_changes(found: Sequence[Change]) -> Diff:
    return Diff((Difference("rides", "dataset", "changed", tuple(found)),) if found else ())


def blind_to_volume(base: Catalog, head: Catalog) -> Diff:
    """Wrong: passes over a promise."""
    found = changes(diff(base, head)).values()
    kept = [change for change in found if not change.field.startswith("volume")]
    return with_changes(kept)


def glad_of_every_change(base: Catalog, head: Catalog) -> Diff:
    """Wrong: takes every change for a tightening."""
    found = changes(diff(base, head)).values()
    return with_changes([replace(change, effect=Effect.TIGHTENS) for change in found])


@pytest.mark.parametrize(
    ("law", "wrong"),
    [
        (empty_between_equals, blind_to_volume),
        (a_tightening_reversed_loosens, glad_of_every_change),
    ],
)
def test_the_laws_catch_a_wrong_diff(law: Callable[..., None], wrong: Differ) -> None:
    quiet = Contract(dataset="rides", owner="me")
    loud = Contract(dataset="rides", owner="me", volume=Volume(at_least=1))
    with pytest.raises(AssertionError):
        law(wrong, quiet, loud)
