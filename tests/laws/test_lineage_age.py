"""The laws of ages along a graph: stages add up exactly, and an unknown is never a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.lineage import Lineage
from featureguard.lineage_age import AgePath, Newest, age_path
from featureguard.profile import NEVER

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NAMES = "abcdef"
# Upstreams have later letters, so that there is no cycle.
GRAPHS = st.fixed_dictionaries(
    {name: st.sets(st.sampled_from(NAMES[at + 1 :])).map(tuple) for at, name in enumerate("abcde")}
).map(Lineage)
INSTANTS = st.integers(-(10**13), 10**9).map(lambda micros: NOW + timedelta(microseconds=micros))
KNOWN = st.fixed_dictionaries(dict.fromkeys(NAMES, INSTANTS))
ANY = st.fixed_dictionaries(dict.fromkeys(NAMES, st.none() | st.just(NEVER) | INSTANTS))

Age = Callable[[Lineage, str, Mapping[str, Newest], datetime], AgePath | None]


def add_up(age: Age, lineage: Lineage, newest: Mapping[str, Newest]) -> None:
    found = age(lineage, "a", newest, NOW)
    assert found is not None
    behind = [newest[name] for name in ("a", *lineage.closure("a"))]
    oldest = min(NOW, *(value for value in behind if isinstance(value, datetime)))
    assert found.age == NOW - oldest
    assert sum((stage.lost or timedelta() for stage in found.stages), timedelta()) == found.age
    names = [stage.name for stage in found.stages]
    assert names[-1] == "a"
    assert all(up in lineage.direct(down) for up, down in pairwise(names))


def unknown_stays_unknown(age: Age, lineage: Lineage, newest: Mapping[str, Newest], name: str) -> None:
    before, after = age(lineage, "a", newest, NOW), age(lineage, "a", {**newest, name: None}, NOW)
    assert before is not None
    assert after is not None
    if before.age is None or name in ("a", *lineage.closure("a")):
        assert after.age is None
    assert all(stage.lost is None for stage in after.stages if not isinstance(stage.newest, datetime))


@given(GRAPHS, KNOWN)
def test_what_the_stages_lost_is_the_age_to_the_microsecond(
    lineage: Lineage, newest: Mapping[str, Newest]
) -> None:
    add_up(age_path, lineage, newest)


@given(GRAPHS, ANY, st.sampled_from(NAMES))
def test_adding_an_unknown_never_yields_a_number(
    lineage: Lineage, newest: Mapping[str, Newest], name: str
) -> None:
    unknown_stays_unknown(age_path, lineage, newest, name)


def of_last_stage(lineage: Lineage, name: str, newest: Mapping[str, Newest], now: datetime) -> AgePath | None:
    """Wrong: takes the newest event of the last dataset for the age of all that is behind it."""
    return age_path(Lineage(), name, newest, now)


def of_what_is_known(
    lineage: Lineage, name: str, newest: Mapping[str, Newest], now: datetime
) -> AgePath | None:
    """Wrong: passes over what was not measured."""
    return age_path(lineage, name, {node: value or now for node, value in newest.items()}, now)


def test_the_laws_catch_who_looks_at_the_last_stage_only() -> None:
    with pytest.raises(AssertionError):
        given(GRAPHS, KNOWN)(lambda lineage, newest: add_up(of_last_stage, lineage, newest))()


def test_the_laws_catch_who_passes_over_the_unknown() -> None:
    with pytest.raises(AssertionError):
        given(GRAPHS, KNOWN)(
            lambda lineage, newest: unknown_stays_unknown(of_what_is_known, lineage, newest, "a")
        )()
