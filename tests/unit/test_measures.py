import pytest

from featureguard.measures import Measures, clock_measures, contents_measures, covered, lacking, spelled
from featureguard.profile import NEVER, ColumnProfile, Profile, Values
from tests.builders import column, rides


@pytest.mark.parametrize(
    ("promises", "measures"),
    [
        ({"type": "float64"}, None),
        ({"nullable": False}, Measures(nulls=True, nans=True)),
        ({"nulls": "5%"}, Measures(nulls=True, nans=True)),
        ({"nulls": {"spike": True}}, Measures(nulls=True, nans=True)),
        ({"nulls": {"at_most": 0.1, "covers": ["empty"]}}, Measures(empties=True)),
        ({"nulls": {"covers": ["empty"]}}, None),
        (
            {"nulls": {"at_most": 0.1, "sentinels": [-999, "?"]}},
            Measures(nulls=True, nans=True, sentinels=frozenset({"-999", '"?"'})),
        ),
        ({"nulls": {"at_most": 0, "covers": ["null"], "sentinels": [1]}}, Measures(nulls=True)),
        ({"range": [0, 1]}, Measures(extremes=True)),
        ({"values": ["a"]}, Measures(values=True)),
    ],
)
def test_a_promise_needs_what_it_is_about(promises: dict[str, object], measures: Measures | None) -> None:
    assert contents_measures(column(**promises)) == ({"fare": measures} if measures else {})


def test_clocks_need_the_extremes_of_their_columns() -> None:
    contract = rides(time={"event": "at", "ingested": "seen"}, freshness={"max_age": "1h"})
    assert clock_measures(contract) == {"at": Measures(extremes=True), "seen": Measures(extremes=True)}


def test_a_population_of_rows_needs_all_times_and_one_of_entities_does_not() -> None:
    promise = {"of": "rows", "within": "1h", "at_least": "90%"}
    of_rows = rides(time={"event": "at"}, freshness={"population": promise})
    assert clock_measures(of_rows)["at"] == Measures(extremes=True, times=True)
    of_entities = {**promise, "of": "entities", "entity": ["id"]}
    assert clock_measures(rides(time={"event": "at"}, freshness={"population": of_entities}))[
        "at"
    ] == Measures(extremes=True)


WANTED = {"fare": Measures(True, True, True, True, True, True, frozenset({"-9"}))}


def test_a_column_that_was_not_measured_lacks_everything() -> None:
    assert lacking(Profile(1, {"fare": ColumnProfile(1)}), WANTED) == WANTED


def test_what_was_measured_is_not_lacking() -> None:
    found = ColumnProfile(
        1, nulls=0, nans=0, empties=0, least=NEVER, greatest=NEVER, values=Values(), tallies={"-9": 0}
    )
    assert lacking(Profile(1, {"fare": found}), WANTED) == {"fare": Measures(times=True)}


def test_no_rows_and_no_column_lack_nothing() -> None:
    assert lacking(Profile(0, {"fare": ColumnProfile()}), WANTED) == {}
    assert lacking(Profile(1), WANTED) == {}


def test_half_of_the_extremes_is_none() -> None:
    found = ColumnProfile(1, least=1)
    assert Measures(extremes=True).lacking_in(found) == Measures(extremes=True)


def test_measures_join() -> None:
    left, right = (
        Measures(nulls=True, sentinels=frozenset({"1"})),
        Measures(nans=True, sentinels=frozenset({"2"})),
    )
    assert left | right == Measures(nulls=True, nans=True, sentinels=frozenset({"1", "2"}))
    assert left | Measures() == left
    assert not Measures()


@pytest.mark.parametrize(
    ("nulls", "covers"),
    [
        ("1%", {"null", "nan"}),
        ({"at_most": 0, "sentinels": [0]}, {"null", "nan", "sentinel"}),
        ({"at_most": 0, "covers": ["nan", "empty"]}, {"nan", "empty"}),
    ],
)
def test_a_limit_covers_null_and_nan_unless_it_says_otherwise(nulls: object, covers: set[str]) -> None:
    assert covered(column(nulls=nulls).columns["fare"].nulls) == covers
    assert covered(None) == {"null", "nan"}


def test_values_are_spelled_as_json() -> None:
    assert [spelled(value) for value in (1, 1.0, True, "é")] == ["1", "1.0", "true", '"é"']
