from datetime import datetime, timedelta

import pytest

from featureguard.checks.population import fresh_share, population
from featureguard.contract import Contract, Population
from featureguard.histogram import TimeHistogram
from featureguard.observation import History, PopulationReading
from featureguard.result import Code, Status
from featureguard.windows import to_micros
from tests.builders import HOUR, NOW, look, only, rides

HISTORY = History()


def promise(of: str = "entities", at_least: float = 0.9, **more: object) -> Contract:
    entity = {"entity": ["id"]} if of == "entities" else {}
    body = {"of": of, "within": "1h", "at_least": at_least, **entity, **more}
    return rides(time={"event": "at"}, freshness={"population": body})


def exact(fresh: int, expected: int, at: datetime = NOW, **more: object) -> PopulationReading:
    times = TimeHistogram.of_seconds([(to_micros(NOW) // 10**6, max(expected, 1))])
    return PopulationReading("entities", times, at=at, fresh=fresh, expected=expected, **more)  # type: ignore[arg-type]


def of_rows(*ages: timedelta, missing: int = 0) -> PopulationReading:
    times = TimeHistogram.of_seconds((to_micros(NOW - age) // 10**6, 1) for age in ages)
    return PopulationReading("rows", times, missing)


@pytest.mark.parametrize(("fresh", "status"), [(9, Status.PASS), (8, Status.FAIL), (10, Status.PASS)])
def test_exact_counts_decide(fresh: int, status: Status) -> None:
    result = only(population, promise(), look(population=exact(fresh, 10)))
    assert (result.status, result.observed, result.limit) == (status, fresh / 10, 0.9)
    assert result.code is (Code.POPULATION_STALE if status is Status.FAIL else None)


def test_exact_counts_of_another_instant_do_not_count() -> None:
    """At `now` one of ten is in the histogram's last bucket; what was counted before says nothing."""
    result = only(population, promise(), look(population=exact(0, 10, at=NOW - HOUR)))
    assert result.status is Status.PASS


def test_nobody_looked() -> None:
    for reading in (None, of_rows(HOUR)):
        result = only(population, promise(), look(population=reading))
        assert (result.status, result.not_measured) == (Status.UNKNOWN, True)


def test_a_histogram_that_lies_on_one_side_decides() -> None:
    many = promise("rows", 0.5)
    young, old = HOUR - timedelta(seconds=2), HOUR + timedelta(seconds=2)
    assert only(population, many, look(population=of_rows(young, old))).status is Status.PASS
    assert only(population, many, look(population=of_rows(young, old, old))).status is Status.FAIL


def test_a_bucket_on_the_edge_leaves_it_to_a_scan() -> None:
    now = NOW + timedelta(milliseconds=500)
    (result,) = population(
        promise("rows", 0.5), look(population=of_rows(HOUR), observed_at=now), HISTORY, now
    )
    assert (result.status, result.not_measured) == (Status.UNKNOWN, True)
    assert result.reason.startswith("between 0.00% and 100.00% of the rows are fresh")


def test_rows_without_a_time_are_never_fresh() -> None:
    result = only(population, promise("rows"), look(population=of_rows(timedelta(), missing=1)))
    assert (result.status, result.observed) == (Status.FAIL, 0.5)


def test_rows_from_the_future_are_in_the_histogram_but_never_fresh() -> None:
    ahead, just = -timedelta(minutes=6), -timedelta(minutes=5)
    assert only(population, promise("rows"), look(population=of_rows(ahead))).observed == 0.0
    assert only(population, promise("rows"), look(population=of_rows(just))).status is not Status.FAIL


def test_entities_that_retired_are_not_expected() -> None:
    reading = PopulationReading("entities", of_rows(timedelta(), 40 * 24 * HOUR).times)
    assert fresh_share(reading, _population(promise()), NOW, NOW + HOUR) == (1.0, 1.0)


def test_when_everybody_went_silent_it_fails() -> None:
    reading = PopulationReading("entities", of_rows(40 * 24 * HOUR).times, at=NOW, fresh=0, expected=0)
    result = only(population, promise(), look(population=reading))
    assert (result.status, result.code) == (Status.FAIL, Code.POPULATION_STALE)


def test_no_rows_at_all_never_arrived() -> None:
    for of in ("rows", "entities"):
        nothing = PopulationReading(of, TimeHistogram(), at=NOW, fresh=0, expected=0)
        result = only(population, promise(of), look(population=nothing))
        assert (result.status, result.code) == (Status.FAIL, Code.NEVER_ARRIVED)


def test_the_reason_names_ages_and_the_oldest() -> None:
    reading = exact(1, 10, age_seconds={"p50": 7_200.0, "max": 9_000.0}, worst=(("id=7", 9_000.0),))
    reason = only(population, promise(), look(population=reading)).reason
    assert reason == (
        "10.00% of the entities are younger than 1h; the contract asks for 90.00%."
        " Ages: p50 2h, max 2h 30min. Oldest: id=7 (2h 30min)."
    )


def test_of_a_key_table_those_who_never_came_count_as_stale() -> None:
    keyed = promise(expected="keys.parquet")
    reading = PopulationReading("entities", of_rows(timedelta()).times, missing=1)
    assert fresh_share(reading, _population(keyed), NOW, NOW + HOUR) == (0.5, 0.5)


def test_a_contract_without_a_population_says_nothing() -> None:
    assert not list(population(rides(), look(), HISTORY, NOW))


def _population(contract: Contract) -> Population:
    assert contract.freshness
    assert contract.freshness.population
    return contract.freshness.population
