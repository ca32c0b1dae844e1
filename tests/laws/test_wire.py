"""What is sent arrives as it was; whatever is sent, it is refused or can be read, judged and kept."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from featureguard.contract import Contract
from featureguard.evidence import Evidence, Look
from featureguard.guard import check
from featureguard.judging import standing
from featureguard.observation import Failure, History, Observation
from featureguard.profile import ColumnProfile, Profile
from featureguard.result import Code
from featureguard.scan import profile_batches
from featureguard.serving.intake import judged
from featureguard.store import open_store
from featureguard.store.intake import Batch, SentLook
from featureguard.wire import LookDocument, ProfileDocument, look_to_dict
from tests.builders import DAY, HOUR, NOW
from tests.laws.test_profile import ALL, tables
from tests.thorough import often

CONTRACT = Contract.model_validate(
    {
        "dataset": "rides",
        "owner": "me@example.org",
        "time": {"event": "at"},
        "freshness": {
            "max_age": "2h",
            "population": {"entity": ["car"], "within": "3h", "at_least": 0.5},
        },
        "judge": {"per": "day"},
        "volume": {"at_least": 1},
        "keys": {"unique": ["car", "at"]},
        "partitions": {"per": "day"},
        "schema": {
            "columns": {
                "at": {"type": "timestamp[us, tz=UTC]", "nulls": 0},
                "car": {"type": "string", "values": ["a", "b"], "nulls": {"at_most": 0.1, "spike": True}},
                "fare": {"type": "float64", "range": {"at_least": 0, "at_most": 99}, "nulls": 0.5},
            }
        },
    }
)


def seen() -> Observation:
    """A real look that measured all that there is."""
    times = [NOW - hours * HOUR for hours in (60, 50, 40, 30, 3, 2, 1)]
    table = pa.table(
        {
            "at": pa.array(times, pa.timestamp("us", "UTC")),
            "car": ["a", "b", None, "a", "b", "", "a"],
            "fare": [1.5, None, 3.0, float("nan"), 4.0, -1.0, 0.0],
        }
    )
    return check(CONTRACT, table, now=NOW).observation


def sent(look: Observation) -> LookDocument:
    return LookDocument.model_validate(json.loads(json.dumps(look_to_dict(look))))


@settings(max_examples=often(300), deadline=None, database=None)
@given(tables())
def test_a_profile_arrives_as_it_was(batches: list[pa.RecordBatch]) -> None:
    profile = profile_batches(batches, {"x": ALL})
    assert ProfileDocument.model_validate_json(profile.to_json()).to_profile() == profile


@pytest.mark.parametrize("end", [-(2**63), 2**63 - 1, 2**64 - 1])
def test_the_ends_of_64_bits_arrive_as_they_were(end: int) -> None:
    profile = Profile(1, {"x": ColumnProfile(1, least=end, greatest=end)})
    assert ProfileDocument.model_validate_json(profile.to_json()).to_profile() == profile


def test_a_whole_look_arrives_as_it_was() -> None:
    look = seen()
    assert look.units
    assert look.population
    assert look.partitions
    units = tuple(replace(unit, judged_bad=frozenset()) for unit in look.units)  # Judged where it arrives.
    assert sent(look).to_observation() == replace(look, units=units)


def test_a_look_that_could_not_be_finished_arrives_as_one() -> None:
    look = Observation(
        "rides", NOW, profile=Profile(rows=None), failure=Failure(Code.SOURCE_UNREADABLE, "No\nsuch bucket.")
    )
    found = sent(look).to_observation()
    assert found.failure == Failure(Code.SOURCE_UNREADABLE, "No such bucket.")


JUNK: list[Any] = [
    None, True, 0, -1, 1, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63), 10**400, 0.5, 1e308, "", "never", "x",
    "\x00", "\ud800", "2013-02-09T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", [], {}, [[]],
    [0, [1, 1]], [3, [5, 0]], [0, [9, 1], [2, 1]], {"float": "nan"}, {"float": "inf"}, {"decimal": "9" * 99},
    {"x": 1}, ["x", 1], [["\"x\"", 1]], "timestamp[ns]", "list<",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from places(part, (*path, key))


def mutated(document: dict[str, Any], chance: Random) -> dict[str, Any]:
    """The document after one to three accidents."""
    found = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(list(places(found)))
        holder = found
        for key in path[:-1]:
            holder = holder[key]
        match chance.randrange(4):
            case 0:
                del holder[path[-1]]
            case 1 if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[path[-1]]))
            case 2 if isinstance(holder[path[-1]], int) and not isinstance(holder[path[-1]], bool):
                holder[path[-1]] += chance.choice([-1, 1, 10**6, -(10**15), 10**15])
            case _:
                holder[path[-1]] = copy.deepcopy(chance.choice(JUNK))
    return found


@pytest.mark.parametrize("seed", range(often(8, else_=2)))
def test_whatever_is_sent_is_refused_or_can_be_judged_and_kept(seed: int, tmp_path: Path) -> None:
    chance, document, taken = Random(seed), look_to_dict(seen()), 0
    with open_store(f"sqlite:///{tmp_path}/store.db", simulated=True) as store:
        for n in range(150):
            try:
                look = LookDocument.model_validate(mutated(document, chance)).to_observation()
            except ValidationError:
                continue
            if look.dataset != "rides":
                continue
            taken += 1
            (ids,) = store.record_batches([Batch(looks=[SentLook(look, CONTRACT, f"w{n}")])], judged)
            assert isinstance(ids, list)
            (recorded,) = ids
            kept = next(
                one for one in store.looks("rides", look.observed_at, NOW + DAY) if one.id == recorded
            )
            assert not any(result.code is Code.CHECK_CRASHED for result in kept.results), look
            _can_be_shown(kept)
        store.evidence("rides")
        store.history("rides", before=NOW + DAY)
        store.timeline("rides", "event_time")
        store.populations("rides", NOW - DAY, NOW + DAY)
    assert taken > 10


def _can_be_shown(look: Look) -> None:
    for later in (timedelta(), HOUR, 400 * DAY):
        known = Evidence("rides", look, look if look.observation.failure is None else None)
        report = standing(CONTRACT, known, NOW + later)
        assert all(result.reason is not None for result in report.results)
    judged(SentLook(seen(), CONTRACT, "worker"), History(look.observation, look.observation.units))
