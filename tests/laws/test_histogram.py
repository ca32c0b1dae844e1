"""Histograms of instants merge exactly, and their bounds hold the truth."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.histogram import MAX_BUCKETS, TimeHistogram
from featureguard.population import time_histogram
from tests.thorough import often

law = settings(max_examples=often(300), deadline=None, database=None)
heavy = settings(max_examples=30, deadline=None, database=None)

seconds = st.integers(-(10**6), 10**6) | st.integers(-(2**45), 2**45)
few = st.lists(st.tuples(seconds, st.integers(1, 5)), max_size=20)
# Enough buckets to make it coarsen: a run of seconds, spread by a step.
runs = st.builds(
    lambda start, step, length: [(start + step * n, 1) for n in range(length)],
    st.integers(-(10**6), 10**6),
    st.integers(1, 50),
    st.integers(MAX_BUCKETS - 3, MAX_BUCKETS + 3) | st.integers(0, 3 * MAX_BUCKETS),
)
of = TimeHistogram.of_seconds


@law
@given(few, few, few)
def test_adding_is_a_commutative_monoid(
    x: list[tuple[int, int]], y: list[tuple[int, int]], z: list[tuple[int, int]]
) -> None:
    a, b, c = of(x), of(y), of(z)
    assert a + b == b + a
    assert (a + b) + c == a + (b + c) == of([*x, *y, *z])
    assert a + TimeHistogram() == TimeHistogram() + a == a


@heavy
@given(runs, runs)
def test_coarsening_commutes_with_adding(x: list[tuple[int, int]], y: list[tuple[int, int]]) -> None:
    assert of(x) + of(y) == of([*x, *y])
    whole = of([*x, *y])
    assert len(whole.buckets) <= MAX_BUCKETS
    if whole.k:  # It is the finest that fits.
        finer = {second >> (whole.k - 1) for second, _ in [*x, *y]}
        assert len(finer) > MAX_BUCKETS


@law
@given(st.lists(st.integers(-(2**50), 2**50) | st.integers(-(10**7), 10**7), max_size=50))
def test_polars_and_python_count_the_same_buckets(micros: list[int]) -> None:
    counted = time_histogram(pl.Series(micros, dtype=pl.Int64))
    assert counted == of((value // 1_000_000, 1) for value in micros)


@heavy
@given(runs)
def test_polars_coarsens_as_python_does(run: list[tuple[int, int]]) -> None:
    micros = pl.Series([second * 1_000_000 for second, _ in run], dtype=pl.Int64)
    assert time_histogram(micros) == of(run)


@law
@given(
    st.lists(st.integers(-(10**8), 10**8), max_size=30),
    st.integers(0, 8),
    st.integers(-(10**8), 10**8),
    st.integers(-(10**8), 10**8),
)
def test_the_bounds_hold_the_truth(micros: list[int], k: int, start: int, end: int) -> None:
    histogram = of(((value // 1_000_000) >> k, 1) for value in micros)
    coarse = TimeHistogram(k, histogram.buckets, histogram.counts) if histogram.buckets else histogram
    least, most = coarse.count_between(start, end)
    assert least <= sum(start <= value <= end for value in micros) <= most


@law
@given(st.lists(st.integers(-100, 100), min_size=1), st.integers(-100, 100), st.integers(-100, 100))
def test_the_bounds_meet_where_edges_lie_between_buckets(
    whole_seconds: list[int], first: int, last: int
) -> None:
    histogram = of((second, 1) for second in whole_seconds)
    truth = sum(first <= second <= last for second in whole_seconds)
    assert histogram.count_between(first * 1_000_000, last * 1_000_000 + 999_999) == (truth, truth)


def truncating(x: TimeHistogram, y: TimeHistogram) -> TimeHistogram:
    """Negative control: keep the first 4,096 buckets instead of making them coarser."""
    merged = dict(zip(x.buckets, x.counts, strict=True)) | dict(zip(y.buckets, y.counts, strict=True))
    kept = sorted(merged.items())[:MAX_BUCKETS]
    return TimeHistogram(0, tuple(b for b, _ in kept), tuple(c for _, c in kept))


def test_control_truncating_loses_rows_that_coarsening_keeps() -> None:
    x, y = of((n, 1) for n in range(MAX_BUCKETS)), of([(-1, 1)])
    assert truncating(x, y).total < (x + y).total == MAX_BUCKETS + 1
