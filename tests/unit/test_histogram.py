import pytest

from featureguard.histogram import MAX_BUCKETS, TimeHistogram


@pytest.mark.parametrize(("buckets", "k"), [(MAX_BUCKETS, 0), (MAX_BUCKETS + 1, 1)])
def test_one_bucket_too_many_makes_all_of_them_twice_as_wide(buckets: int, k: int) -> None:
    histogram = TimeHistogram.of_seconds((second, 1) for second in range(buckets))
    assert (histogram.k, histogram.total) == (k, buckets)


def test_sparse_buckets_grow_until_they_fit() -> None:
    histogram = TimeHistogram.of_seconds((second * 1_024, 1) for second in range(MAX_BUCKETS + 1))
    assert (histogram.k, len(histogram.buckets)) == (11, MAX_BUCKETS // 2 + 1)


def test_instants_before_the_epoch_are_rounded_down() -> None:
    wide = TimeHistogram.of_seconds([(-1, 1)]) + TimeHistogram(1, (0,), (1,))
    assert wide == TimeHistogram(1, (-1, 0), (1, 1))


def test_equal_buckets_add_their_counts() -> None:
    assert TimeHistogram.of_seconds([(7, 1), (7, 2)]) == TimeHistogram(0, (7,), (3,))


def test_nothing_counted_is_one_value_whatever_the_width() -> None:
    assert TimeHistogram.of_seconds([], k=5) == TimeHistogram.of_seconds([(3, 0)], k=2) == TimeHistogram()


@pytest.mark.parametrize(
    ("start", "end", "bounds"),
    [
        (0, 3_999_999, (3, 3)),  # Both edges between buckets.
        (1, 3_999_999, (2, 3)),  # The first cuts a bucket.
        (0, 3_999_998, (1, 3)),  # The last does.
        (500_000, 600_000, (0, 1)),  # Both lie in one.
        (5, 4, (0, 0)),  # Empty.
        (10**9, 10**10, (0, 0)),  # Beyond all.
    ],
)
def test_an_edge_inside_a_bucket_leaves_it_open(start: int, end: int, bounds: tuple[int, int]) -> None:
    histogram = TimeHistogram.of_seconds([(0, 1), (3, 2)])
    assert histogram.count_between(start, end) == bounds


def test_an_empty_histogram_counts_nothing() -> None:
    assert TimeHistogram().count_between(-(10**18), 10**18) == (0, 0)
