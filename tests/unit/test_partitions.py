"""Which partitions there are, which are expected, and how far the data is complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from featureguard.arrivals import Partitions
from featureguard.partitions import MAX_PARTITIONS, Completeness, completeness, partition_rows, window_named
from featureguard.windows import Windows

SEEN = datetime(2013, 2, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def found(rows: dict[str, int | None], seen_at: datetime = SEEN, **fields: Any) -> Completeness:
    completed = completeness(Partitions.model_validate(fields), rows, seen_at)
    assert completed is not None
    return completed


def february(*days: int) -> dict[str, int | None]:
    """Days of February 2013 with ten rows each."""
    return {f"2013-02-{day:02}": 10 for day in days}


def test_a_hole_in_the_middle_is_missing_and_ends_what_is_complete() -> None:
    seen = found(february(1, 2, 4, 5, 7))
    assert seen.missing == ("2013-02-03", "2013-02-06")
    assert len(seen.expected) == 7
    assert seen.complete_through == datetime(2013, 2, 3, tzinfo=UTC)
    assert found(february(3, 4, 5)).complete_through == datetime(2013, 2, 6, tzinfo=UTC)


def test_what_comes_before_the_first_is_missing_only_where_a_first_day_is_declared() -> None:
    assert found(february(3, 4)).missing == ()
    seen = found(february(3, 4), since="2013-02-01")
    assert (seen.missing, seen.complete_through) == (("2013-02-01", "2013-02-02"), None)
    assert found(february(1, 3, 4), since="2013-02-03").missing == ()


def test_what_comes_after_the_newest_is_for_freshness_to_judge() -> None:
    assert found(february(1, 2)).missing == ()


@pytest.mark.parametrize(("seen_at", "missing"), [(SEEN, ()), (SEEN + DAY / 2, ("2013-02-09",))])
def test_a_partition_that_is_not_over_is_not_missed(seen_at: datetime, missing: tuple[str, ...]) -> None:
    assert found({**february(8), "2013-02-10": 1}, seen_at).missing == missing


@pytest.mark.parametrize(("rows", "broken"), [(9, True), (10, False), (0, True)])
def test_too_few_rows_do_not_fill_a_partition(rows: int, broken: bool) -> None:
    seen = found({**february(1, 3), "2013-02-02": rows}, at_least_rows=10)
    assert seen.under_filled == (("2013-02-02",) if broken else ())
    assert seen.broken == seen.under_filled
    assert seen.complete_through == datetime(2013, 2, 2 if broken else 4, tzinfo=UTC)


def test_a_partition_without_rows_is_not_filled_and_one_that_nobody_counted_is_not_known() -> None:
    seen = found({**february(1, 4), "2013-02-02": 0, "2013-02-03": None})
    assert (seen.under_filled, seen.uncounted, seen.missing) == (("2013-02-02",), ("2013-02-03",), ())


def test_days_without_data_are_not_expected() -> None:
    assert found(february(1, 4), calendar={"also": ["2013-02-02", "2013-02-03"]}).missing == ()


@pytest.mark.parametrize(
    ("per", "rows", "missing"),
    [
        ("hour", ["2013-02-08T22Z", "2013-02-09T00Z"], ("2013-02-08T23Z",)),
        ("week", ["2012-W51", "2013-W01"], ("2012-W52",)),
        ("month", ["2012-11", "2013-01"], ("2012-12",)),
    ],
)
def test_hours_weeks_and_months_are_missed_alike(per: str, rows: list[str], missing: tuple[str, ...]) -> None:
    assert found(dict.fromkeys(rows, 1), per=per).missing == missing


def test_no_partition_at_all_is_no_completeness() -> None:
    assert completeness(Partitions(since="2013-02-01"), {}, SEEN) is None  # type: ignore[arg-type]


def test_a_stray_partition_long_ago_costs_no_more_than_the_newest() -> None:
    seen = found({"1900-01-01": 1, **february(8)})
    assert len(seen.expected) == MAX_PARTITIONS


# ------------------------------------------------------------------------------------------------ names
@pytest.mark.parametrize(
    ("per", "name", "key"),
    [
        ("day", "2013-02-08", "2013-02-08"),
        ("day", "20130208", "2013-02-08"),
        ("day", "2013-2-8", "2013-02-08"),
        ("day", "2013-02-30", None),
        ("day", "2013-02", None),
        ("day", "latest", None),
        ("hour", "2013-02-08-5", "2013-02-08T05Z"),
        ("hour", "2013-02-08T05Z", "2013-02-08T05Z"),
        ("week", "2013-W06", "2013-W06"),
        ("week", "2013-54", None),
        ("month", "2013-2", "2013-02"),
        ("month", "0000-01", None),
    ],
)
def test_a_partition_is_known_by_any_of_its_usual_names(per: Any, name: str, key: str | None) -> None:
    window = window_named(Windows(per, "America/New_York"), name)
    assert (window.key if window else None) == key


def test_a_day_that_the_zone_skips_is_no_partition() -> None:
    assert window_named(Windows("day", "Pacific/Apia"), "2011-12-30") is None


def test_rows_of_parts_add_up_and_what_is_not_counted_absorbs() -> None:
    parts: list[tuple[str, int | None]] = [
        ("2013-02-08", 1),
        ("20130208", 2),
        ("2013-02-09", 1),
        ("2013-02-09", None),
        ("2013-02-10", 5),  # Not begun.
        ("other", 7),
    ]
    assert partition_rows(Partitions(), parts, SEEN) == {"2013-02-08": 3, "2013-02-09": None}
