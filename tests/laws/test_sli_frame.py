"""Thousands of datasets in polars get, bit for bit, what each of them gets alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featureguard.profile import NEVER
from featureguard.slo import frame
from featureguard.slo.reading import NEVER_MICROS
from featureguard.slo.sli import Sli, in_micros
from featureguard.windows import to_micros
from tests.slo_world import Look, Ticks, any_looks, instant, max_ages, runs_of, sli_of, spans, windows
from tests.thorough import often

law = settings(max_examples=often(150), deadline=None, database=None)
UNITS = (timedelta(microseconds=1), timedelta(minutes=10))

Piece = tuple[int, Ticks, int]
"""Number of the window, the piece, and the largest age in force."""
Dataset = tuple[list[Look], list[Piece], list[Ticks]]
filled = windows.map(lambda window: (window[0], window[1] + 1))
pieces = st.lists(st.tuples(st.integers(0, 1), filled, max_ages), min_size=1, max_size=4)
datasets = st.lists(st.tuples(any_looks, pieces, spans), min_size=1, max_size=4)

OVERLAP: Dataset = ([(0, 0), (1, 8), (2, 9), (3, 0)], [(0, (0, 10), 1)], [])
NEWER: Dataset = ([(0, 11), (1, 0), (2, 1), (3, 11)], [(0, (0, 10), 0)], [])
TOUCHING: Dataset = ([(0, 3), (2, 3), (2, 5), (9, None)], [(0, (-5, 40), 4)], [(0, 9), (1, 2), (3, 5)])
LATE: Dataset = ([(5, None)], [(0, (0, 10), 1)], [])
SILENT: Dataset = ([], [(0, (0, 10), 1), (1, (3, 4), 2)], [])


def frames(batch: list[Dataset], unit: timedelta) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Runs, windows and maintenance as polars takes them."""

    def at(tick: int) -> int:
        return to_micros(instant(tick, unit))

    runs, wanted, away = [], [], []
    for dataset, (looks, some, out) in enumerate(batch):
        for run in runs_of(looks, unit):
            value = None if run.value is NEVER else to_micros(run.value)
            runs.append((dataset, value, to_micros(run.first_seen), to_micros(run.last_seen)))
        wanted += [(dataset, n, at(start), at(end), in_micros(age * unit)) for n, (start, end), age in some]
        away += [(dataset, at(start), at(end)) for start, end in out]
    return (
        pl.DataFrame(runs, schema=frame.RUNS, orient="row"),
        pl.DataFrame(wanted, schema=frame.WINDOWS, orient="row"),
        pl.DataFrame(away, schema=frame.MAINTENANCE, orient="row"),
    )


def alone(batch: list[Dataset], unit: timedelta) -> dict[tuple[int, int], Sli]:
    """The same, one dataset and one piece after the other."""
    found: dict[tuple[int, int], Sli] = {}
    for dataset, (looks, some, away) in enumerate(batch):
        runs = runs_of(looks, unit)
        for number, piece, max_age in some:
            key = dataset, number
            found[key] = found.get(key, Sli()) + sli_of(runs, piece, max_age, away, unit)
    return found


@law
@given(datasets, st.sampled_from(UNITS), st.integers(1, 3))
@example([OVERLAP, NEWER, TOUCHING, LATE, SILENT], UNITS[1], 2)
def test_the_frame_equals_the_simple_form(batch: list[Dataset], unit: timedelta, chunk: int) -> None:
    runs, wanted, away = frames(batch, unit)
    shuffled = runs.sample(fraction=1, shuffle=True, seed=1) if runs.height else runs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame, "CHUNK", chunk)
        found = frame.time_slis(shuffled, wanted, away)
    want = [
        (*key, sli.good, sli.bad, sli.unknown, sli.open, sli.maintenance)
        for key, sli in sorted(alone(batch, unit).items())
    ]
    assert found.rows() == want


def test_no_window_gives_no_row() -> None:
    empty = frame.time_slis(frame.RUNS.to_frame(), frame.WINDOWS.to_frame())
    assert empty.is_empty()
    assert empty.columns == ["dataset", "window", "good", "bad", "unknown", "open", "maintenance"]


def without_overlaps(runs: pl.DataFrame) -> pl.DataFrame:
    """Wrong: every run is taken to have ended before the next one began."""
    return frame._disjoint(runs)


def without_reach(spans: pl.DataFrame) -> pl.DataFrame:
    """Wrong: spans of maintenance are taken to be disjoint."""
    return spans


def without_beginning(runs: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """Wrong: a dataset begins with its first sighting."""
    return runs.with_columns(pl.col("value").fill_null(NEVER_MICROS), looked=True).sort(
        "dataset", "first_seen", "last_seen", "value"
    )


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("_steps", without_overlaps), ("_union", without_reach), ("_begun", without_beginning)],
)
def test_control_wrong_variants_are_caught(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: Callable[..., pl.DataFrame]
) -> None:
    monkeypatch.setattr(frame, name, wrong)
    with pytest.raises(AssertionError):
        test_the_frame_equals_the_simple_form()
