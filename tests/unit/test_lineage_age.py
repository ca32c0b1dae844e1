"""Old data: how old it is by the time it reaches a model, and which stage ate the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from featureguard.lineage import Kind, Lineage
from featureguard.lineage_age import AgePath, Newest, age_path
from featureguard.profile import NEVER

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHAIN = Lineage(
    {"pricing": ("features",), "features": ("rides",), "rides": ("feed",)},
    {"pricing": Kind.SUBJECT, "features": Kind.DATASET, "rides": Kind.DATASET, "feed": Kind.EXTERNAL},
)
JOIN = Lineage({"model": ("fast", "slow")}, {"model": Kind.SUBJECT})


def ago(**hours: float | None) -> dict[str, Newest]:
    """`ago(rides=2)`: the newest ride is two hours old."""
    return {name: None if age is None else NOW - age * HOUR for name, age in hours.items()}


def path(lineage: Lineage, name: str, newest: Mapping[str, Newest]) -> AgePath:
    found = age_path(lineage, name, newest, NOW)
    assert found is not None
    return found


def lost(found: AgePath) -> dict[str, float | None]:
    """Hours that each stage lost."""
    return {stage.name: None if stage.lost is None else stage.lost / HOUR for stage in found.stages}


def test_the_stages_say_where_the_age_comes_from_and_add_up_to_it() -> None:
    found = path(CHAIN, "pricing", ago(rides=2, features=31))
    assert lost(found) == {"rides": 2, "features": 29}
    assert found.age == found.at_least == 31 * HOUR


def test_a_dataset_newer_than_what_it_is_made_from_loses_nothing_and_hides_nothing() -> None:
    found = path(CHAIN, "pricing", ago(rides=31, features=2))
    assert lost(found) == {"rides": 31, "features": 0}
    assert [stage.ahead for stage in found.stages] == [False, True]
    assert found.age == 31 * HOUR


def test_the_oldest_of_several_inputs_is_followed() -> None:
    assert lost(path(JOIN, "model", ago(fast=1, slow=9))) == {"slow": 9}
    assert lost(path(JOIN, "model", ago(fast=9, slow=1))) == {"fast": 9}


def test_an_unmeasured_stage_makes_it_and_all_after_it_unknown_never_zero() -> None:
    found = path(CHAIN, "pricing", ago(rides=2, features=None))
    assert lost(found) == {"rides": 2, "features": None}
    assert (found.age, found.at_least, found.unmeasured) == (None, 2 * HOUR, ("features",))
    assert lost(path(CHAIN, "pricing", ago(features=2))) == {"rides": None, "features": None}


def test_an_unmeasured_side_input_leaves_a_proof_but_no_age() -> None:
    found = path(JOIN, "model", ago(slow=9))
    assert lost(found) == {"slow": 9}
    assert (found.age, found.at_least, found.unmeasured) == (None, 9 * HOUR, ("fast",))


def test_data_that_never_arrived_is_older_than_any_and_has_no_age() -> None:
    found = path(JOIN, "model", {**ago(slow=9), "fast": NEVER})
    assert [(stage.name, stage.newest, stage.lost) for stage in found.stages] == [("fast", NEVER, None)]
    assert (found.age, found.at_least, found.unmeasured) == (None, 9 * HOUR, ())


def test_an_external_source_is_a_stage_only_where_its_time_is_known() -> None:
    assert lost(path(CHAIN, "rides", ago(rides=3))) == {"rides": 3}
    assert lost(path(CHAIN, "rides", ago(rides=3, feed=1))) == {"feed": 1, "rides": 2}


def test_an_event_just_ahead_of_now_has_age_zero() -> None:
    found = path(CHAIN, "rides", ago(rides=-0.01))
    assert (found.age, found.stages[0].ahead) == (timedelta(), True)


def test_without_a_dataset_upstream_there_is_no_way() -> None:
    assert age_path(Lineage({"model": ()}, {"model": Kind.SUBJECT}), "model", {}, NOW) is None
    assert age_path(CHAIN, "feed", {}, NOW) is None
