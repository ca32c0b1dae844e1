"""Objectives that cannot work are refused when the contract loads, with what to write instead."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from featureguard.arrivals import Delivery
from featureguard.catalog import Catalog, load_catalog, load_contract
from featureguard.errors import ContractError
from featureguard.slo.refusals import impossible, silent_alerts, typical_gap
from tests.builders import DAY, HOUR, rides

DAILY = {"cron": "0 6 * * *", "grace": "2h"}


def told(slo: dict[str, Any], freshness: dict[str, Any], **time: str) -> str:
    """What is said against an objective."""
    return "\n".join(impossible(rides(time={"event": "at", **time}, freshness=freshness, slo=slo)))


@pytest.mark.parametrize(("objective", "works"), [(0.9666, True), (0.97, False)])
def test_a_delivery_objective_must_allow_a_miss(objective: float, works: bool) -> None:
    slo = {"sli": "delivery", "objective": objective, "window": "30d"}
    assert (told(slo, {"delivery": DAILY}) == "") is works


def test_a_window_shorter_than_the_cadence_measures_nothing() -> None:
    slo = {"sli": "delivery", "objective": 0.5, "window": "30d"}
    message = told(slo, {"delivery": {"cron": "0 6 1 1 *"}})
    assert "Use a window of at least" in message


def test_deliveries_of_every_minute_allow_many_misses() -> None:
    slo = {"sli": "delivery", "objective": 0.99, "window": "28d"}
    assert told(slo, {"delivery": {"cron": "* * * * *", "covers": "hour"}}) == ""


@pytest.mark.parametrize(
    ("max_age", "clock", "works"),
    [
        ("32h", "event_time", True),  # a day, 6 h from its end until it is due, 2 h of grace
        ("30h", "event_time", False),
        ("26h", "file_mtime", True),  # a file is new when it arrives
        ("24h", "file_mtime", False),
    ],
)
def test_max_age_must_bear_arrivals_that_are_just_on_time(max_age: str, clock: str, works: bool) -> None:
    slo = {"objective": 0.99, "window": "28d"}
    assert (told(slo, {"max_age": max_age, "delivery": DAILY}, clock=clock) == "") is works


def test_weekends_alone_do_not_refuse_an_objective() -> None:
    slo = {"objective": 0.5, "window": "28d"}
    assert (
        told(slo, {"max_age": "26h", "delivery": {**DAILY, "cron": "0 6 * * 1-5"}}, clock="file_mtime") == ""
    )


@pytest.mark.parametrize(
    ("objective", "silent", "refused"), [(0.99, 0, False), (0.9, 1, False), (0.8, 2, True)]
)
def test_a_population_objective_that_no_page_can_follow_is_refused(
    objective: float, silent: int, refused: bool
) -> None:
    population = {"entity": ["id"], "within": "1h", "at_least": 0.9}
    slo = {"sli": "population", "objective": objective, "window": "28d"}
    contract = rides(time={"event": "at"}, freshness={"population": population}, slo=slo)
    assert len(silent_alerts(contract.slo or pytest.fail("no slo"), "page")) == silent
    assert bool(list(impossible(contract))) is refused


def test_an_objective_without_a_cadence_is_not_refused() -> None:
    assert told({"objective": 0.999, "window": "28d"}, {"max_age": "1h"}) == ""
    assert list(impossible(rides())) == []


@pytest.mark.parametrize(
    ("cron", "gap"),
    [
        ("*/5 * * * *", timedelta(minutes=5)),
        ("0 6 * * 1-5", DAY),
        ("0 6 * * 1", 7 * DAY),
        ("0 * * * *", HOUR),
    ],
)
def test_the_usual_gap_of_a_rhythm(cron: str, gap: timedelta) -> None:
    assert typical_gap(Delivery(cron=cron)) == gap


def test_a_refused_objective_is_told_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "rides.yaml"
    file.write_text(
        "dataset: rides\nowner: me\ntime: {event: at}\nfreshness: {delivery: {cron: '0 6 * * *'}}\n"
        "slo: {sli: delivery, objective: 99%, window: 30d}\n"
    )
    for load in (lambda: load_catalog([tmp_path]), lambda: load_contract(file)):
        with pytest.raises(ContractError) as refused:
            load()
        (problem,) = refused.value.problems
        assert (problem.line, problem.field, problem.name) == (5, "slo.objective", "rides")
        assert "allows 0.3 misses of 30 deliveries" in problem.message


def test_a_contract_built_in_python_is_refused_too() -> None:
    slo = {"sli": "delivery", "objective": 0.99, "window": "30d"}
    with pytest.raises(ContractError, match="a single late one breaks it"):
        Catalog.from_contracts([rides(time={"event": "at"}, freshness={"delivery": DAILY}, slo=slo)])
