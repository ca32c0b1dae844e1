"""Population freshness: which share of the rows, or of the entities, is young enough?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from featureguard.checks import words
from featureguard.checks.units import failed, not_measured, passed
from featureguard.contract import Contract, Population
from featureguard.observation import History, Observation, PopulationReading
from featureguard.result import CheckResult, Code, Status
from featureguard.windows import to_micros


def population(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Compare the fresh share with its limit, both in [0, 1].

    Exact counts decide where they were taken at `now`. Else the histogram gives the least and the greatest
    share that the truth can have: a pass if even the least is enough, a failure if even the greatest is not.
    """
    promise = contract.freshness.population if contract.freshness else None
    if promise is None:
        return
    result = CheckResult(
        "population",
        Status.UNKNOWN,
        promise.severity,
        column=contract.clock_column,
        limit=promise.at_least,
    )
    reading = observation.population
    if reading is None or reading.of != promise.of:
        yield not_measured(result, f"The population of {promise.of} was not measured")
        return
    if (share := fresh_share(reading, promise, now, _horizon(contract, observation))) is None:
        yield _nobody(result, reading, promise)
        return
    least, greatest = share
    if least >= promise.at_least:
        yield passed(result, observed=least)
    elif greatest < promise.at_least:
        reason = _reason(reading, promise, greatest)
        yield failed(result, Code.POPULATION_STALE, reason, observed=greatest)
    else:
        span = f"between {words.percent(least)} and {words.percent(greatest)}"
        yield not_measured(result, f"{span} of the {promise.of} are fresh; only a scan can tell")


def _nobody(result: CheckResult, reading: PopulationReading, promise: Population) -> CheckResult:
    """There is nobody to count: no data ever came, or every entity has been silent for too long."""
    if not reading.times.total:
        return failed(result, Code.NEVER_ARRIVED, f"There are no {promise.of}: no data ever arrived.")
    reason = f"No entity was seen within {words.limit(promise.seen_within)}: all of them went silent."
    return failed(result, Code.POPULATION_STALE, reason, observed=0.0)


def fresh_share(
    reading: PopulationReading, promise: Population, now: datetime, horizon: datetime
) -> tuple[float, float] | None:
    """The least and the greatest share of fresh members at an instant; `None` if there are no members.

    Args:
        reading: What was measured.
        promise: What counts as fresh and as expected.
        now: The instant.
        horizon: Times after it were from the future when they were seen, and are never fresh.
    """
    if reading.at == now and reading.fresh is not None and reading.expected is not None:
        return (reading.fresh / reading.expected,) * 2 if reading.expected else None
    end = to_micros(horizon)
    fresh = reading.times.count_between(to_micros(now - promise.within), end)
    if promise.of == "rows" or promise.expected:
        total = reading.times.total + reading.missing
        return (fresh[0] / total, fresh[1] / total) if total else None
    expected = reading.times.count_between(to_micros(now - promise.seen_within), end)
    if not expected[1]:
        return None
    return fresh[0] / expected[1], min(1.0, fresh[1] / max(1, expected[0]))


def _horizon(contract: Contract, observation: Observation) -> datetime:
    return observation.observed_at + contract.time.skew_tolerance


def _reason(reading: PopulationReading, promise: Population, share: float) -> str:
    reason = (
        f"{words.percent(share)} of the {promise.of} are younger than {words.limit(promise.within)};"
        f" the contract asks for {words.percent(promise.at_least)}."
    )
    if reading.missing and promise.of == "entities":
        reason += f" {words.count(reading.missing, 'expected one')} never had a row."
    if reading.age_seconds:
        ages = ", ".join(f"{name} {words.duration(age)}" for name, age in _by_size(reading.age_seconds))
        reason += f" Ages: {ages}."
    if reading.worst:
        oldest = "; ".join(f"{name} ({words.duration(age)})" for name, age in reading.worst[:3])
        reason += f" Oldest: {oldest}."
    return reason


def _by_size(ages: Mapping[str, float]) -> list[tuple[str, float]]:
    """Quantiles in their order, however they were kept."""
    return sorted(ages.items(), key=lambda item: (item[1], item[0] == "max", item[0]))
