"""A contract says the same after a journey through GX, and whatever one side cannot say is told."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from featureguard.catalog import load_contract
from featureguard.contract import Contract
from featureguard.errors import ContractError, UsageError
from featureguard.suites.translating import Adopted, Note, to_contract, to_suites
from featureguard.suites.translating.rules import RULES
from tests.thorough import often

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*(ROOT / "examples/flights/contracts").glob("[fw]*.yaml")])
Parts = dict[str, Any]


def contract(**promises: Any) -> Contract:
    return Contract.model_validate({"dataset": "rides", "owner": "me@example.org", **promises})


def column(**promises: Any) -> Contract:
    return contract(schema={"columns": {"fare": promises}})


def expectations(found: Contract) -> list[tuple[str, Parts]]:
    return [
        (one["type"], one["kwargs"]) for suite in to_suites(found).suites for one in suite["expectations"]
    ]


def adopt(*suite: Parts) -> Adopted:
    return to_contract([{"name": "rides", "expectations": list(suite)}], owner="me@example.org")


def expectation(kind: str, severity: str = "critical", **arguments: Any) -> Parts:
    return {"type": kind, "kwargs": arguments, "severity": severity}


# ------------------------------------------------------------------------------------------------- laws
def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Parts]:
    """A mapping that holds some of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


RATIOS = st.one_of(st.sampled_from([0.0, 0.07, 0.25, 0.43, 1.0]), st.floats(0, 1))
HOURS = st.sampled_from(["26h", "30h", "2d 12h"])
SAID = {"severity": st.sampled_from(["warn", "block"]), "evidence_max_age": HOURS}
ENDS = st.one_of(st.integers(), st.floats(-1e6, 1e6))
RANGES = st.one_of(
    maybe(at_least=ENDS, **SAID).filter(lambda one: "at_least" in one),
    st.builds(
        lambda ends, said: {"at_least": ends[0], "at_most": ends[1], **said},
        st.tuples(ENDS, ENDS).map(sorted),
        maybe(**SAID),
    ),
)
NULLS = maybe(
    at_most=RATIOS,
    covers=st.lists(st.sampled_from(["null", "nan", "empty"]), min_size=1, unique=True),
    sentinels=st.lists(st.sampled_from([-1, True, "x", 0.5]), max_size=3),
    spike=st.sampled_from([True, {"severity": "warn"}]),
    **SAID,
)
COLUMNS = maybe(
    type=st.sampled_from(["int64", "float64", "string", "list<float64>", "timestamp[us, tz=UTC]"]),
    nullable=st.booleans(),
    optional=st.booleans(),
    nulls=NULLS,
    range=RANGES,
    values=maybe(**SAID).map(lambda said: {"one_of": ["a", 1, True, 0.5], **said}),
    description=st.just("what it means"),
)
SCHEMAS = maybe(
    mode=st.sampled_from(["exact", "compatible", "ignore"]),
    columns=st.dictionaries(st.sampled_from(["fare", "a.b", "Ähre"]), COLUMNS, max_size=3),
    **SAID,
)
POPULATIONS = st.one_of(
    st.builds(
        lambda needed, more: {**needed, **more},
        st.fixed_dictionaries({"entity": st.just(["id", "town"]), "within": HOURS, "at_least": RATIOS}),
        maybe(of=st.just("entities"), seen_within=st.just("90d"), expected=st.just("keys.parquet"), **SAID),
    ),
    st.fixed_dictionaries({"of": st.just("rows"), "within": HOURS, "at_least": RATIOS}),
)
FRESHNESS = maybe(
    max_age=HOURS,
    warn_age=st.just("20h"),
    population=POPULATIONS,
    delivery=st.just({"cron": "0 6 * * *", "zone": "UTC", "grace": "1h"}),
    **SAID,
)
TIMES = st.one_of(
    st.just({"event": "at"}),
    st.just({"event": "at", "ingested": "in", "clock": "ingested_at"}),
    st.just({"clock": "file_mtime"}),
    st.just({"event": "at", "timezone": "Europe/Berlin", "skew_tolerance": "1h", "future": "block"}),
)
CONTRACTS = maybe(
    tier=st.integers(0, 3),
    time=TIMES,
    schema=SCHEMAS,
    freshness=FRESHNESS,
    volume=st.sampled_from([{"at_least": 1}, {"at_most": 9, "severity": "warn"}]),
    keys=st.sampled_from([{"unique": ["fare"]}, {"unique": ["fare", "id"], "severity": "warn"}]),
    judge=st.sampled_from([{"per": "all"}, {"per": "day", "zone": "Europe/Berlin"}, {"per": "partition"}]),
    source=st.sampled_from([{"kind": "memory"}, {"kind": "parquet", "path": "lake/"}]),
    slo=st.just({"objective": 0.99, "window": "28d"}),
    enforcement=st.just("observe"),
    upstream=st.just([{"external": "raw"}]),
)


def drawn(parts: Parts) -> Contract | None:
    """A contract, or nothing if these parts contradict each other."""
    try:
        return contract(**parts)
    except ValidationError:
        return None


@given(CONTRACTS.map(drawn).filter(lambda found: found is not None))
def test_a_contract_comes_back_as_it_was(found: Contract) -> None:
    suites = json.loads(json.dumps(to_suites(found).suites))
    adopted = to_contract(suites)
    assert adopted.contract == found
    assert adopted.notes == ()


@given(CONTRACTS.map(drawn).filter(lambda found: found is not None))
def test_what_no_expectation_says_is_told(found: Contract) -> None:
    """Take every expectation away: what still differs from an empty contract is in the notes."""
    written = to_suites(found)
    bare = copy.deepcopy(json.loads(json.dumps(written.suites)))
    for suite in bare:
        suite["expectations"] = []
    try:
        left = to_contract(bare).contract
    except ContractError:
        return  # Something carried needs a promise that was taken away: an objective, or a severity alone.
    told = {note.what for note in written.notes}
    for section in ("slo", "partitions", "delivery"):
        if getattr(left, section, None) or getattr(left.freshness, section, None):
            assert {section, f"freshness.{section}"} & told
    for name, one in left.columns.items():
        assert one.nulls is None or one.nulls.spike is None or f"schema.columns.{name}.nulls.spike" in told
        assert one.nulls is None or one.nulls.at_most is None or not found.columns[name].nullable
        assert one.range is None or f"schema.columns.{name}.range" in told
        assert one.values is None
    assert left.volume is None
    assert left.keys is None


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_contracts_of_the_demo_come_back_with_the_same_digest(file: Path) -> None:
    found = load_contract(file)
    assert to_contract(to_suites(found).suites).contract.digest == found.digest


# ------------------------------------------------------------------------------------- contract to suite
@pytest.mark.parametrize("name", ["string", "int64", "timestamp[us, tz=UTC]"])
def test_null_alone_is_counted_by_gx(name: str) -> None:
    found = expectations(column(type=name, nulls="7%"))
    assert ("expect_column_values_to_not_be_null", {"column": "fare", "mostly": 0.93}) in found


@pytest.mark.parametrize(
    "promise",
    [
        {"type": "float64", "nulls": "7%"},
        {"nulls": "7%"},
        {"type": "string", "nulls": {"at_most": "7%", "covers": ["null", "empty"]}},
        {"type": "int64", "nulls": {"at_most": "7%", "sentinels": [-1]}},
        {"type": "int64", "nulls": "7%", "optional": True},
    ],
)
def test_whatever_gx_would_count_otherwise_is_counted_by_ours(promise: Parts) -> None:
    kinds = [kind for kind, _ in expectations(column(**promise))]
    assert "expect_null_rate_to_be_within_contract" in kinds
    assert "expect_column_values_to_not_be_null" not in kinds


def test_columns_without_types_need_nothing_of_ours() -> None:
    assert expectations(column()) == [("expect_column_to_exist", {"column": "fare"})]
    exact = contract(schema={"mode": "exact", "columns": {"fare": {}, "tip": {}}})
    assert expectations(exact) == [
        ("expect_table_columns_to_match_set", {"column_set": ["fare", "tip"], "exact_match": True})
    ]


def test_clocks_are_a_suite_of_their_own_where_contents_are_judged_by_the_day() -> None:
    promises = {"time": {"event": "at"}, "freshness": {"max_age": "30h", "warn_age": "28h"}}
    whole = to_suites(contract(**promises, volume={"at_least": 1})).suites
    by_day = to_suites(contract(**promises, volume={"at_least": 1}, judge={"per": "day"})).suites
    assert [suite["name"] for suite in whole] == ["rides"]
    assert [suite["name"] for suite in by_day] == ["rides", "rides_freshness"]
    assert [one["severity"] for one in by_day[1]["expectations"]] == ["critical", "warning"]


def test_the_instant_can_be_a_parameter() -> None:
    found = contract(time={"event": "at"}, freshness={"max_age": "30h"})
    (one,) = to_suites(found, now_parameter="now").suites[0]["expectations"]
    assert one["kwargs"]["now"] == {"$PARAMETER": "now"}


@pytest.mark.parametrize(
    ("promises", "what"),
    [
        ({"time": {"clock": "file_mtime"}, "freshness": {"max_age": "1d"}}, "freshness"),
        (
            {
                "time": {"event": "at"},
                "freshness": {
                    "population": {"entity": ["id"], "within": "1d", "at_least": 1, "expected": "k.parquet"}
                },
            },
            "freshness.population",
        ),
        ({"schema": {"columns": {"fare": {"range": [0, 2**60]}}}}, "schema.columns.fare.range"),
        ({"keys": {"unique": ["id"]}}, "keys"),
        ({"enforcement": "observe"}, "enforcement"),
        ({"judge": {"per": "day"}, "time": {"event": "at"}}, "judge"),
    ],
)
def test_what_gx_cannot_judge_is_told(promises: Parts, what: str) -> None:
    written = to_suites(contract(**promises))
    assert what in {note.what for note in written.notes}
    assert any(line.startswith(f"{what}: ") for line in written.suites[0]["notes"])


# ------------------------------------------------------------------------------------- suite to contract
@pytest.mark.parametrize(
    ("one", "promises"),
    [
        (expectation("expect_column_to_exist", column="a"), {"schema": {"columns": {"a": {}}}}),
        (
            expectation("expect_column_values_to_not_be_null", column="a"),
            {"schema": {"columns": {"a": {"nullable": False}}}},
        ),
        (
            expectation("expect_column_values_to_not_be_null", "warning", column="a", mostly=0.93),
            {"schema": {"columns": {"a": {"nulls": {"at_most": 0.07, "severity": "warn"}}}}},
        ),
        (
            expectation("expect_column_min_to_be_between", column="a", min_value=1.0),
            {"schema": {"columns": {"a": {"range": {"at_least": 1}}}}},
        ),
        (
            expectation("expect_column_distinct_values_to_be_in_set", column="a", value_set=["x"]),
            {"schema": {"columns": {"a": {"values": ["x"]}}}},
        ),
        (
            expectation("expect_table_row_count_to_equal", "info", value=3.0),
            {"volume": {"at_least": 3, "at_most": 3, "severity": "warn"}},
        ),
        (
            expectation(
                "expect_compound_columns_to_be_unique", column_list=["a", "b"], ignore_row_if="never"
            ),
            {"keys": {"unique": ["a", "b"]}},
        ),
        (
            expectation("expect_feature_to_be_fresh", column="at", within="1d", at_least="90%"),
            {
                "time": {"event": "at"},
                "freshness": {"population": {"of": "rows", "within": "1d", "at_least": 0.9}},
            },
        ),
    ],
    ids=lambda one: one.get("type", ""),
)
def test_what_a_contract_can_say_is_taken_over(one: Parts, promises: Parts) -> None:
    found = adopt(one)
    assert found.contract == contract(**promises)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (expectation("expect_column_mean_to_be_between", column="a", min_value=1), "no such promise"),
        (expectation("my_own_rule", column="a"), "external_checks"),
        (expectation("expect_column_values_to_be_in_set", column="a", value_set=["x"], mostly=0.9), "most"),
        (expectation("expect_column_values_to_be_between", column="a", min_value="2013-01-01"), "numbers"),
        (expectation("expect_column_values_to_be_between", column="a"), "no bound"),
        (
            expectation("expect_column_values_to_be_between", column="a", min_value=1, strict_min=True),
            "both its ends",
        ),
        (expectation("expect_column_max_to_be_between", column="a", min_value=1), "'max_value' is missing"),
        (expectation("expect_column_values_to_be_of_type", column="a", type_="INTEGER"), "one data source"),
        (expectation("expect_column_to_exist", column="a", column_index=2), "cannot say 'column_index'"),
        (expectation("expect_column_to_exist", column="a", row_condition="x"), "only some rows"),
        (expectation("expect_table_row_count_to_equal", value={"$PARAMETER": "n"}), "is a parameter"),
        (expectation("expect_table_row_count_to_equal", "dire", value=1), "is no severity"),
        ({"kwargs": {}}, "no type"),
        (expectation("expect_feature_to_be_fresh", column="at"), "neither 'max_age' nor 'within'"),
        (expectation("expect_feature_to_be_fresh", column="at", max_age="1 m"), "minutes or months"),
    ],
)
def test_what_a_contract_cannot_say_is_left_out_by_name_and_reason(one: Parts, why: str) -> None:
    found = adopt(one)
    (note,) = found.notes
    assert "left out: " in note.why
    assert why in note.why
    assert note.what.startswith(one.get("type", "rides[0]"))
    assert not found.contract.freshness
    assert not found.contract.volume


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (expectation("expect_column_values_to_be_unique", column="a"), "two nulls are the same key"),
        (expectation("expect_compound_columns_to_be_unique", column_list=["a", "b"]), "more strictly"),
        (expectation("expect_table_columns_to_match_ordered_list", column_list=["a"]), "without the order"),
        (
            expectation("expect_feature_to_be_fresh", column="t", max_age="1h", now="2013-01-01T00:00Z"),
            "without 'now'",
        ),
    ],
)
def test_what_is_taken_over_with_another_meaning_is_told(one: Parts, why: str) -> None:
    (note,) = adopt(one).notes
    assert note.why.startswith("taken over")
    assert why in note.why


def test_the_second_of_two_that_contradict_is_left_out() -> None:
    limits = [expectation("expect_table_row_count_to_be_between", min_value=low) for low in (1, 2, 1)]
    found = adopt(*limits)
    assert found.contract.volume is not None
    assert found.contract.volume.at_least == 1
    assert [note.what for note in found.notes] == ["expect_table_row_count_to_be_between"]


def test_what_is_left_out_changes_nothing() -> None:
    """The second of each pair contradicts the first, and leaves no trace."""
    first = [
        expectation("expect_null_rate_to_be_within_contract", column="a", at_most=0.5),
        expectation("expect_schema_to_match_contract", columns={"a": "int64"}),
        expectation("expect_feature_to_be_fresh", column="at", max_age="1d"),
    ]
    second = [
        expectation("expect_null_rate_to_be_within_contract", column="a", at_most=0.5, covers=["empty"]),
        expectation("expect_schema_to_match_contract", columns={"a": "string"}),
        expectation("expect_feature_to_be_fresh", column="at", max_age="1d", future="block"),
        expectation("expect_feature_to_be_fresh", column="other", max_age="1d"),
    ]
    found = adopt(*first, *second)
    assert found.contract == adopt(*first).contract
    assert len(found.notes) == len(second)


def test_of_two_ages_the_shorter_that_warns_is_the_warning() -> None:
    def fresh(age: str, severity: str) -> Parts:
        return expectation("expect_feature_to_be_fresh", severity, column="at", max_age=age)

    freshness = adopt(fresh("20h", "warning"), fresh("30h", "critical")).contract.freshness
    assert freshness is not None
    assert (freshness.max_age, freshness.warn_age) == tuple(map(_hours, (30, 20)))
    found = adopt(fresh("30h", "warning"), fresh("20h", "critical"))
    assert [note.why[:9] for note in found.notes] == ["left out:"]


def _hours(count: int) -> Any:
    from datetime import timedelta

    return timedelta(hours=count)


def test_an_edited_suite_changes_the_contract() -> None:
    written = to_suites(load_contract(ROOT / "examples/flights/contracts/weather.yaml"))
    suites = json.loads(json.dumps(written.suites))
    for one in suites[0]["expectations"]:
        if one["kwargs"].get("column") == "visib" and "min_value" in one["kwargs"]:
            one["kwargs"]["max_value"] = 20
    suites[0]["expectations"] = [
        one for one in suites[0]["expectations"] if one["type"] != "expect_compound_columns_to_be_unique"
    ]
    found = to_contract(suites).contract
    assert found.columns["visib"].range is not None
    assert found.columns["visib"].range.at_most == 20
    assert found.keys is None


def test_a_suite_of_nobody_needs_an_owner() -> None:
    with pytest.raises(UsageError, match="Nobody owns the dataset"):
        to_contract([{"name": "rides", "expectations": []}])
    with pytest.raises(UsageError, match="no suite"):
        to_contract([])
    with pytest.raises(UsageError, match="no list 'expectations'"):
        to_contract([{"name": "rides"}], owner="me@example.org")


def test_suites_that_contradict_the_rest_of_a_contract_are_refused() -> None:
    promises = {"time": {"event": "at"}, "freshness": {"max_age": "30h"}}
    (suite,) = to_suites(contract(**promises, slo={"objective": 0.99, "window": "28d"})).suites
    with pytest.raises(ContractError, match="max_age"):
        to_contract([{**suite, "expectations": []}])


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.sampled_from(["a", "1d", "int64"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["a", "$PARAMETER"]), inner, max_size=2)
    ),
    max_leaves=4,
)
STRANGE = st.fixed_dictionaries(
    {
        "type": st.one_of(st.sampled_from(sorted(RULES)), JSON),
        "kwargs": st.dictionaries(
            st.sampled_from(sorted({a for rule in RULES.values() for a in (*rule.needed, *rule.known)})),
            JSON,
            max_size=5,
        ),
    },
    optional={"severity": JSON, "meta": st.one_of(JSON, st.fixed_dictionaries({"featureguard": JSON}))},
)


@given(st.lists(st.one_of(STRANGE, JSON), max_size=3))
@settings(max_examples=often(300))
def test_no_suite_is_too_strange_to_be_answered(suite: list[Any]) -> None:
    """A contract with notes, or one clear error; never anything else."""
    with contextlib.suppress(ContractError, UsageError):
        assert isinstance(adopt(*suite).contract, Contract)


def test_a_note_reads_as_a_line() -> None:
    assert str(Note("keys", "left out: why.")) == "keys: left out: why."


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_gx_loads_what_is_written_and_gives_it_back(file: Path) -> None:
    gx = pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
    import gx_featureguard  # noqa: F401

    found = load_contract(file)
    suites = json.loads(json.dumps(to_suites(found, now_parameter="now").suites))
    loaded = [gx.ExpectationSuite(**copy.deepcopy(suite)) for suite in suites]
    assert [len(one.expectations) for one in loaded] == [len(suite["expectations"]) for suite in suites]
    assert to_contract([one.to_json_dict() for one in loaded]).contract == found
