"""The newest row of every entity, and how often keys repeat, equal what a plain dict finds."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.contract import Population
from featureguard.population import (
    NEWEST,
    count_keys,
    merge_states,
    newest_per_entity,
    quantiles,
    read_entities,
    state_from_bytes,
    state_to_bytes,
)
from featureguard.windows import from_micros, to_micros
from tests.thorough import often

law = settings(max_examples=often(100), deadline=None, database=None)
NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
PROMISE = Population(
    entity=("id", "city"), within=timedelta(hours=1), at_least=0.9, seen_within=timedelta(days=2)
)
HORIZON = NOW + timedelta(minutes=5)

Row = tuple[int | None, str | None, int | None]
seconds_ago = st.none() | st.integers(-3_600, 4 * 86_400)
rows = st.lists(
    st.tuples(st.none() | st.integers(0, 3), st.none() | st.sampled_from(["a", "b", ""]), seconds_ago),
    max_size=30,
)
randoms = st.randoms(use_true_random=False)


def frames(rows: list[Row], random: Random) -> list[pl.DataFrame]:
    """The rows in batches of any size, some of them empty."""
    cuts = sorted(random.randint(0, len(rows)) for _ in range(3))
    schema = {"id": pl.Int64, "city": pl.String, "ago": pl.Int64}
    parts = [rows[a:b] for a, b in pairwise([0, *cuts, len(rows)])]
    time = (pl.lit(to_micros(NOW)) - pl.col("ago") * 1_000_000).alias("at")
    return [pl.DataFrame(part, schema=schema, orient="row").with_columns(time) for part in parts]


def newest(rows: list[Row]) -> dict[tuple[int, str], int | None]:
    """The same by hand."""
    found: dict[tuple[int, str], int | None] = {}
    for identity, city, ago in rows:
        if identity is None or city is None:
            continue
        valid = [found.get((identity, city))]
        if ago is not None and NOW - timedelta(seconds=ago) <= HORIZON:
            valid.append(to_micros(NOW) - ago * 1_000_000)
        found[identity, city] = max((v for v in valid if v is not None), default=None)
    return found


def as_dict(state: pl.DataFrame) -> dict[tuple[int, str], int | None]:
    return {(row["id"], row["city"]): row[NEWEST] for row in state.iter_rows(named=True)}


@law
@given(rows, randoms)
def test_the_newest_row_of_each_entity_is_found_whatever_the_batches(rows: list[Row], random: Random) -> None:
    state = newest_per_entity(frames(rows, random), ["id", "city"], "at", HORIZON)
    assert as_dict(state) == newest(rows)


@law
@given(st.lists(rows, max_size=4), randoms)
def test_states_merge_in_any_order_and_grouping(files: list[list[Row]], random: Random) -> None:
    states = [newest_per_entity(frames(file, random), ["id", "city"], "at", HORIZON) for file in files]
    remembered = [state_from_bytes(state_to_bytes(state)) for state in states]
    random.shuffle(remembered)
    cut = random.randint(0, len(remembered))
    halves = [merge_states(remembered[:cut], ["id", "city"]), merge_states(remembered[cut:], ["id", "city"])]
    known = [half for half in halves if half.height]
    merged = as_dict(merge_states(known, ["id", "city"]))
    assert merged == newest([row for file in files for row in file])


@law
@given(rows, randoms)
def test_expected_and_fresh_entities_are_counted_as_by_hand(rows: list[Row], random: Random) -> None:
    state = newest_per_entity(frames(rows, random), ["id", "city"], "at", HORIZON)
    reading = read_entities(state, PROMISE, NOW)
    ages = [NOW - from_micros(at) for at in newest(rows).values() if at is not None]
    expected = sorted(max(age, timedelta()) for age in ages if age <= PROMISE.seen_within)
    assert reading.expected == len(expected)
    assert reading.fresh == sum(age <= PROMISE.within for age in expected)
    assert [age for _, age in reading.worst] == [age.total_seconds() for age in expected[::-1][:5]]
    if expected:
        assert reading.age_seconds["max"] == expected[-1].total_seconds()
    assert reading.times.total == len(ages)


@law
@given(rows, randoms)
def test_keys_are_counted_as_by_hand_and_null_is_a_value(rows: list[Row], random: Random) -> None:
    found = count_keys(frames(rows, random), ["id", "city"])
    counts = Counter((identity, city) for identity, city, _ in rows)
    assert (found.rows, found.distinct) == (len(rows), len(counts))
    assert bool(found.example) == (len(counts) < len(rows))


@law
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=200))
def test_quantiles_are_the_nearest_rank(ages: list[int]) -> None:
    found = quantiles(pl.Series(ages, dtype=pl.Float64))
    ordered = sorted(ages)
    assert found["max"] == ordered[-1]
    assert sum(age <= found["p50"] for age in ordered) >= len(ordered) / 2
    assert found["p50"] in ordered
    assert found["p50"] <= found["p95"] <= found["p99"] <= found["max"]


def test_control_the_last_row_of_an_entity_is_not_its_newest() -> None:
    backwards: list[Row] = [(1, "a", 10), (1, "a", 900)]
    last = {(identity, city): ago for identity, city, ago in backwards}
    assert last[1, "a"] == 900
    assert newest(backwards)[1, "a"] == to_micros(NOW - timedelta(seconds=10))
