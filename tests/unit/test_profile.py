import json
from typing import Any

import pytest

from featureguard.histogram import TimeHistogram
from featureguard.profile import MAX_DISTINCT, NEVER, ColumnProfile, Profile, Values, sum_profiles


def profile(rows: int = 3, **measures: object) -> Profile:
    return Profile(rows, {"fare": ColumnProfile(rows, **measures)})  # type: ignore[arg-type]


def test_a_count_plus_one_that_was_not_measured_is_not_measured() -> None:
    assert (profile(nulls=1) + profile()).columns["fare"].nulls is None
    assert (profile(nulls=1) + profile(nulls=2)).columns["fare"].nulls == 3


def test_rows_that_were_not_counted_make_the_sum_unknown() -> None:
    assert (Profile(None) + Profile(3)).rows is None


def test_never_is_measured_and_gives_way_to_any_value() -> None:
    total = profile(least=NEVER, greatest=NEVER) + profile(least=2, greatest=5)
    assert (total.columns["fare"].least, total.columns["fare"].greatest) == (2, 5)


def test_a_column_without_rows_is_measured_and_takes_nothing_away() -> None:
    empty = Profile(0, {"fare": ColumnProfile(0, frozenset({"int64"}))})
    assert empty.columns["fare"].nulls == 0
    total = (empty + profile(nulls=1, least=1, greatest=1)).columns["fare"]
    assert (total.nulls, total.least, total.types) == (1, 1, frozenset({"int64"}))


def test_a_column_that_only_some_files_have_counts_only_their_rows() -> None:
    total = profile(3) + Profile(5, {"tip": ColumnProfile(5)})
    assert (total.rows, total.columns["fare"].rows, total.columns["tip"].rows) == (8, 3, 5)


def test_types_that_files_differ_in_are_all_kept() -> None:
    left, right = (profile(types=frozenset({name})) for name in ("int64", "string"))
    assert (left + right).columns["fare"].types == {"int64", "string"}


def test_a_tally_is_known_only_where_every_file_has_it() -> None:
    both, one = profile(tallies={"-9": 1, "0": 2}), profile(tallies={"-9": 3})
    total = (both + one).columns["fare"]
    assert (total.tally("-9"), total.tally("0")) == (4, None)
    assert ColumnProfile().tally("anything") == 0


@pytest.mark.parametrize(("distinct", "overflowed"), [(MAX_DISTINCT, False), (MAX_DISTINCT + 1, True)])
def test_values_are_kept_up_to_their_bound(distinct: int, overflowed: bool) -> None:
    values = Values.of({str(number): 1 for number in range(distinct)})
    assert (values.overflowed, len(values.counts)) == (overflowed, 0 if overflowed else distinct)


def test_filling_keeps_what_is_known_and_adds_what_is_not() -> None:
    known, more = profile(nulls=1, tallies={"-9": 1}), profile(nulls=7, nans=2, tallies={"-9": 5, "0": 4})
    filled = known.filled_by(more).columns["fare"]
    assert (filled.nulls, filled.nans, dict(filled.tallies)) == (1, 2, {"-9": 1, "0": 4})


def test_filling_knows_columns_and_rows_of_either_side() -> None:
    filled = Profile(None, {"fare": ColumnProfile(3)}).filled_by(Profile(3, {"tip": ColumnProfile(3)}))
    assert (filled.rows, sorted(filled.columns)) == (3, ["fare", "tip"])


@pytest.mark.parametrize(
    "measures",
    [
        {"least": float("-inf"), "greatest": float("inf")},
        {"least": -0.0, "greatest": 2**63},
        {"values": Values((), overflowed=True)},
        {"values": Values()},
        {"times": TimeHistogram()},
        {"times": TimeHistogram(3, (-2, 5), (1, 2))},
        {"tallies": {'"é"': 1}},
        {"nulls": None},
    ],
)
def test_json_reads_back_what_it_wrote(measures: dict[str, Any]) -> None:
    written = profile(**measures)
    again = Profile.from_json(written.to_json())
    assert again.columns == written.columns
    assert again == written
    assert hash(again) == hash(written)


def test_json_is_plain_and_has_no_nan() -> None:
    body = json.loads(profile(least=1.5, greatest=NEVER).to_json())
    assert body["columns"]["fare"] == {
        "rows": 3,
        "types": [],
        "least": {"float": "0x1.8000000000000p+0"},
        "greatest": "never",
    }


def test_a_profile_equals_only_profiles() -> None:
    assert Profile() != b"" and Profile() != Profile(None)  # noqa: PT018


def test_the_sum_of_nothing_is_nothing() -> None:
    assert sum_profiles([]) == Profile()
