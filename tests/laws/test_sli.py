"""The time SLI is the definition of semantics section 5, tick by tick, whatever was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featureguard.profile import NEVER
from featureguard.slo import sli
from featureguard.slo.reading import BEYOND_MICROS, NEVER_MICROS, Judged, Segment, judge
from featureguard.slo.spans import Span
from featureguard.timeline import Limit, Run
from featureguard.windows import to_micros
from tests.slo_world import (
    TICK,
    Look,
    Ticks,
    any_looks,
    in_ticks,
    instant,
    max_ages,
    parts,
    period,
    runs_of,
    sli_of,
    spans,
    ticks,
    windows,
)
from tests.thorough import often

law = settings(max_examples=often(500), deadline=None, database=None)
Promise = tuple[int, str | None, int | None]
"""In force since a tick; its clock and its largest age, if any."""
promises = st.lists(
    st.tuples(st.integers(-8, 70), st.sampled_from(["event_time", "file_mtime", None]), st.none() | max_ages),
    max_size=4,
    unique_by=lambda promise: promise[0],
)


def value_of(run: Run) -> int:
    return NEVER_MICROS if run.value is NEVER else to_micros(run.value)


def candidates(runs: Sequence[Run], at: int) -> tuple[list[int], list[int], list[int]]:
    """Values of the latest sighting before, of the earliest after, and of the runs that span an instant."""
    rows = sorted((to_micros(run.first_seen), to_micros(run.last_seen), value_of(run)) for run in runs)
    seen = sorted(((at, n) for n, row in enumerate(rows) for at in row[:2]))
    before = [rows[n][2] for when, n in seen if when <= at][-1:]
    after = [rows[n][2] for when, n in seen if when >= at][:1]
    return before, after, [value for first, last, value in rows if first <= at <= last]


def state(runs: Sequence[Run], at: int, max_age: int) -> str:
    """Good, bad, open or unknown, straight from the text; `at` is no sighting."""
    before, after, spanning = candidates(runs, at)
    if before and at <= min(before + after + spanning) + max_age:
        return "good"
    if after and at > max(before + after + spanning) + max_age:
        return "bad"
    last_seen = max((to_micros(run.last_seen) for run in runs), default=0)
    return "open" if before and not after and last_seen > before[0] + max_age else "unknown"


def expected(
    runs: dict[str, tuple[Run, ...]],
    limits: list[Promise],
    window: Ticks,
    first_look: int | None,
    away: list[Ticks],
) -> Counter[str]:
    """Every tick of the window by what it is."""
    found: Counter[str] = Counter()
    for tick in range(*window):
        in_force = [limit for limit in sorted(limits, key=lambda limit: limit[0]) if limit[0] <= tick]
        clock, max_age = in_force[-1][1:] if in_force else (None, None)
        if limits and (first_look is None or tick < first_look or not in_force):
            found["cold_start"] += 1
        elif clock is None or max_age is None:
            found["no_contract"] += 1
        elif any(start <= tick < end for start, end in away):
            found["maintenance"] += 1
        else:
            middle = to_micros(instant(tick) + TICK / 2)
            found[state(runs[clock], middle, to_micros(instant(max_age)) - to_micros(instant(0)))] += 1
    found["unknown"] += found["open"]
    return found


OVERLAP: list[Look] = [(0, 0), (1, 10), (2, 11), (3, 0)]
"""A value that goes back within an hour: its run spans two newer ones."""


@law
@given(any_looks, any_looks, promises, windows, st.none() | ticks, st.integers(-8, 80), spans)
@example(OVERLAP, [], [(-8, "event_time", 1)], (-8, 20), -8, 80, [])
@example([(0, 0), (5, 9)], [], [(-8, "event_time", 2)], (0, 20), -8, 80, [])
@example([(0, 0), (9, 0)], [], [(-8, "event_time", 2)], (0, 20), -8, 80, [])
def test_the_sli_is_its_definition_tick_by_tick(
    looks: list[Look],
    other: list[Look],
    limits: list[Promise],
    window: Ticks,
    first_look: int | None,
    now: int,
    away: list[Ticks],
) -> None:
    runs = {"event_time": runs_of(looks), "file_mtime": runs_of(other)}
    found = sli.time_sli(
        runs,
        [Limit(instant(at), clock, None if age is None else age * TICK) for at, clock, age in limits],
        period(window),
        now=instant(now),
        first_look=None if first_look is None else instant(first_look),
        maintenance=[period(span) for span in away],
    )
    lived = (window[0], max(window[0], min(window[1], now)))
    want = expected(runs, limits, lived, first_look, away)
    for part in ("good", "bad", "unknown", "open", "cold_start", "no_contract", "maintenance"):
        assert in_ticks(getattr(found, part)) == want[part], part
    assert in_ticks(found.valid + found.excluded) == lived[1] - lived[0]


@law
@given(any_looks, windows, max_ages, spans, st.integers(0, 70))
def test_neighbouring_windows_add_up(
    looks: list[Look], window: Ticks, max_age: int, away: list[Ticks], cut: int
) -> None:
    runs, (start, end) = runs_of(looks), window
    middle = min(end, start + cut)
    halves = [sli_of(runs, part, max_age, away) for part in ((start, middle), (middle, end))]
    assert halves[0] + halves[1] == sli_of(runs, window, max_age, away)


@law
@given(any_looks, windows, max_ages, spans, st.integers(1, 10_000_000))
def test_microseconds_scale_exactly(
    looks: list[Look], window: Ticks, max_age: int, away: list[Ticks], factor: int
) -> None:
    looks = [(at % 80, value) for at, value in looks]  # All in one hour, whatever the factor.
    small, large = TICK / 600_000_000, TICK / 600_000_000 * factor
    scaled = parts(sli_of(runs_of(looks, large), window, max_age, away, large), large)
    assert scaled == parts(sli_of(runs_of(looks, small), window, max_age, away, small), small)


Pick = Callable[[list[int], list[int], list[int]], tuple[int, int]]


def reading(pick: Pick) -> Callable[[Sequence[Run]], list[Segment]]:
    """Segments by a rule of their own: what the candidates before, after and spanning make of a gap."""

    def segments(runs: Sequence[Run]) -> list[Segment]:
        ends = {to_micros(at) for run in runs for at in (run.first_seen, run.last_seen)}
        edges = [NEVER_MICROS, *sorted(ends), BEYOND_MICROS]
        found = []
        for start, end in pairwise(edges):
            before, after, spanning = candidates(runs, (start + end) // 2)
            worst, best = pick(before or [NEVER_MICROS], after or [BEYOND_MICROS], spanning)
            found.append(Segment(start, end, worst, best))
        return found

    return segments


def off_by_one(read: Sequence[Segment], span: Span, max_age: int) -> Judged:
    """An inclusive comparison: the limit's own microsecond is good for another one."""
    return judge(read, span, max_age + 1)


def test_control_the_rule_as_written_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sli, "segments", reading(lambda b, a, s: (min(b + a + s), max(b + a + s))))
    test_the_sli_is_its_definition_tick_by_tick()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("segments", reading(lambda b, a, _: (min(b + a), max(b + a)))),  # Runs that span are forgotten.
        ("segments", reading(lambda b, a, s: (max(b + s), max(b + a + s)))),  # The newest wins.
        ("segments", reading(lambda b, a, s: (min(b + a + s), min(b + a + s)))),  # The oldest wins.
        ("segments", reading(lambda b, a, s: (b[0], b[0]))),  # What was last seen is taken to stay.
        ("judge", off_by_one),
    ],
)
def test_control_other_rules_are_caught(monkeypatch: pytest.MonkeyPatch, name: str, wrong: object) -> None:
    monkeypatch.setattr(sli, name, wrong)
    with pytest.raises(AssertionError):
        test_the_sli_is_its_definition_tick_by_tick()
