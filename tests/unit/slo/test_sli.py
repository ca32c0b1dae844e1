import subprocess
import sys
from datetime import timedelta

import pytest

from featureguard.slo.sli import Sli, time_sli
from featureguard.timeline import Limit, Run
from tests.slo_world import Look, instant, runs_of

HOUR = timedelta(hours=1)
MICROS = 3_600_000_000


def runs(*looks: Look) -> dict[str, tuple[Run, ...]]:
    """Looks in hours."""
    return {"event_time": runs_of(looks, HOUR)}


def hours(sli: Sli) -> dict[str, float]:
    """The parts that are not zero, in hours."""
    names = ("good", "bad", "unknown", "open", "cold_start", "no_contract", "maintenance")
    return {name: getattr(sli, name) / MICROS for name in names if getattr(sli, name)}


def measured(*looks: Look, start: int = 0, end: int = 10, max_age: int = 3, **options: object) -> Sli:
    """One limit since hour 0, when somebody looked first; asked at the window's end."""
    arguments: dict[str, object] = {
        "limits": [Limit(instant(0, HOUR), "event_time", max_age * HOUR)],
        "window": (instant(start, HOUR), instant(end, HOUR)),
        "now": instant(end, HOUR),
        "first_look": instant(0, HOUR),
    }
    return time_sli(runs(*looks), **{**arguments, **options})  # type: ignore[arg-type]


def test_old_evidence_proves_freshness_until_the_limit_and_nothing_after_it() -> None:
    assert hours(measured((0, 0))) == {"good": 3, "unknown": 7}


def test_a_later_look_proves_what_was_stale() -> None:
    assert hours(measured((0, 0), (8, 0))) == {"good": 3, "bad": 5, "unknown": 2, "open": 2}


def test_between_two_values_it_may_have_been_either() -> None:
    assert hours(measured((0, 0), (8, 4), end=8)) == {"good": 3, "bad": 1, "unknown": 4}


def test_a_table_that_is_empty_is_bad_time() -> None:
    assert hours(measured((0, None), (4, None), (5, 5), end=8)) == {"bad": 4, "unknown": 1, "good": 3}


def test_looks_before_and_after_the_window_are_evidence() -> None:
    assert hours(measured((0, 0), start=2, end=4)) == {"good": 1, "unknown": 1}
    assert hours(measured((0, 0), (20, 0), start=2, end=4)) == {"good": 1, "bad": 1}


def test_time_before_the_first_look_is_a_cold_start() -> None:
    found = measured((6, 6), start=-4, first_look=instant(6, HOUR))
    assert hours(found) == {"cold_start": 10, "good": 3, "unknown": 1}


def test_where_nobody_has_looked_all_is_cold_start_and_nothing_is_known() -> None:
    found = measured(first_look=None)
    assert hours(found) == {"cold_start": 10}
    assert (found.ratio, found.interval, found.bad_share(unknown_as_bad=True)) == (None, None, None)


def test_without_a_contract_nothing_counts() -> None:
    assert hours(measured((0, 0), limits=[])) == {"no_contract": 10}


def test_each_instant_is_judged_by_the_limit_in_force_then() -> None:
    limits = [
        Limit(instant(0, HOUR), "event_time", HOUR),
        Limit(instant(4, HOUR), None, None),
        Limit(instant(6, HOUR), "event_time", 8 * HOUR),
    ]
    assert hours(measured((0, 0), (9, 0), limits=limits)) == {
        "good": 1 + 2,
        "bad": 3 + 1,
        "no_contract": 2,
        "unknown": 1,
        "open": 1,
    }


def test_another_clock_has_a_timeline_of_its_own() -> None:
    limits = [Limit(instant(0, HOUR), "file_mtime", 3 * HOUR)]
    assert hours(measured((0, 0), limits=limits)) == {"unknown": 10}


def test_maintenance_stops_time_but_not_age() -> None:
    away = [(instant(2, HOUR), instant(4, HOUR)), (instant(3, HOUR), instant(5, HOUR))]
    assert hours(measured((0, 0), (8, 0), end=8, maintenance=away)) == {
        "good": 2,
        "maintenance": 3,
        "bad": 3,
    }


def test_the_future_counts_nowhere() -> None:
    assert hours(measured((0, 0), now=instant(1, HOUR))) == {"good": 1}
    assert measured((0, 0), now=instant(-1, HOUR)) == Sli()


def test_a_window_of_seven_microseconds_is_exact() -> None:
    end = instant(3, HOUR) + timedelta(microseconds=4)
    found = measured((0, 0), (5, 0), window=(end - timedelta(microseconds=7), end))
    assert (found.good, found.bad, found.unknown) == (3, 4, 0)


def test_the_ratio_stands_beside_its_honest_interval() -> None:
    found = Sli(good=6, bad=2, unknown=4, cold_start=100)
    assert found.ratio == 0.75
    assert found.interval == (0.5, 10 / 12)
    assert (found.valid, found.excluded) == (12, 100)


@pytest.mark.parametrize(("unknown_as_bad", "counted", "share"), [(True, 12, 0.5), (False, 8, 0.25)])
def test_unknown_time_counts_as_bad_or_not_at_all(unknown_as_bad: bool, counted: int, share: float) -> None:
    found = Sli(good=6, bad=2, unknown=4)
    assert found.counted(unknown_as_bad=unknown_as_bad) == counted
    assert found.bad_share(unknown_as_bad=unknown_as_bad) == share


def test_an_open_incident_moves_from_unknown_to_bad_and_nothing_is_lost() -> None:
    assert Sli(good=6, bad=2, unknown=4, open=3).with_open_as_bad() == Sli(good=6, bad=5, unknown=1)


def test_only_frames_need_polars() -> None:
    code = "import sys, featureguard.slo.spells, featureguard.slo.lints; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
