from datetime import timedelta

from featureguard.histogram import TimeHistogram
from featureguard.observation import PopulationReading
from featureguard.promises import Population
from featureguard.slo.population import PopulationLimit, population_sli
from featureguard.slo.sli import Sli
from featureguard.windows import to_micros
from tests.slo_world import instant

HOUR = timedelta(hours=1)
MICROS = 3_600_000_000
ROWS = Population(of="rows", within=3 * HOUR, at_least=0.9)
ENTITIES = Population(entity=("id",), within=3 * HOUR, at_least=0.9, seen_within=6 * HOUR)


def seen(*hours: int, of: str = "rows", missing: int = 0) -> PopulationReading:
    seconds = [(to_micros(instant(hour, HOUR)) // 1_000_000, 1) for hour in hours]
    return PopulationReading(of, TimeHistogram.of_seconds(seconds), missing)  # type: ignore[arg-type]


def measured(*looks: tuple[int, PopulationReading], promise: Population | None = ROWS, end: int = 8) -> Sli:
    limit = PopulationLimit(instant(0, HOUR), promise)
    window = instant(0, HOUR), instant(end, HOUR)
    known = [(instant(hour, HOUR), reading) for hour, reading in looks]
    return population_sli(known, [limit], window, now=window[1], first_look=window[0])


def hours(sli: Sli) -> tuple[float, float, float]:
    """Good, bad and unknown hours; one bucket of a second is 0.0003 of them."""
    return round(sli.good / MICROS, 2), round(sli.bad / MICROS, 2), round(sli.unknown / MICROS, 2)


def test_half_a_population_that_is_fresh_is_half_an_hour_good() -> None:
    assert hours(measured((0, seen(0, -10)), (2, seen(0, -10)), end=2)) == (1, 1, 0)


def test_after_the_last_look_members_only_age_and_anything_may_have_come() -> None:
    assert hours(measured((0, seen(0, -10)))) == (1.5, 0, 6.5)


def test_before_the_first_look_nothing_is_known() -> None:
    assert hours(measured((6, seen(6)), (8, seen(6)))) == (2, 0, 6)


def test_between_two_looks_the_share_lies_between_both() -> None:
    assert hours(measured((0, seen(0, 0)), (8, seen(0, 7)))) == (3, 2.5, 2.5)


def test_where_members_go_back_the_older_look_is_not_believed() -> None:
    assert hours(measured((0, seen(0)), (2, seen(-10)), (4, seen(-10)), end=4)) == (0, 2, 2)


def test_times_from_the_future_are_never_fresh() -> None:
    assert hours(measured((0, seen(5)), (2, seen(5)), end=2)) == (0, 2, 0)


def test_members_without_a_time_are_never_fresh() -> None:
    assert hours(measured((0, seen(0, missing=1)), (2, seen(0, missing=1)), end=2)) == (1, 1, 0)


def test_entities_that_retired_are_not_expected() -> None:
    looks = [(hour, seen(0, -5, of="entities")) for hour in (0, 8)]
    # One of two is fresh for an hour, then one of one for two; then none, of nobody in the end.
    assert hours(measured(*looks, promise=ENTITIES)) == (2.5, 5.5, 0)


def test_a_look_at_another_population_says_nothing() -> None:
    assert hours(measured((0, seen(0)), promise=ENTITIES)) == (0, 0, 8)


def test_an_empty_population_is_bad_as_the_check_says() -> None:
    assert hours(measured((0, seen()), (8, seen()))) == (0, 8, 0)


def test_without_a_promise_nothing_counts() -> None:
    assert measured((0, seen(0)), promise=None) == Sli(no_contract=8 * MICROS)


def test_thirds_are_rounded_down_and_the_unknown_keeps_the_rest() -> None:
    found = measured((0, seen(0, -10, -10)), (1, seen(0, -10, -10)), end=1)
    assert (found.good, found.bad, found.unknown) == (MICROS // 3, 2 * MICROS // 3, 0)
    window = instant(0, HOUR), instant(0, HOUR) + timedelta(microseconds=1)
    looks = [(instant(hour, HOUR), seen(0, -10, -10)) for hour in (0, 1)]
    limits = [PopulationLimit(window[0], ROWS)]
    tiny = population_sli(looks, limits, window, now=window[1], first_look=window[0])
    assert tiny == Sli(unknown=1)
