"""`GuardedFeatureStore` on real Feast: nothing that is stale is served unseen, nothing is trained on that
was lost."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")
pytest.importorskip("ruamel.yaml", reason="ruamel.yaml (extra 'feast') is not installed")

from featureguard.cli.app import run
from featureguard.errors import StaleFeaturesError, TrainingDataError, UsageError
from featureguard.feast.freshness import Freshness
from featureguard.feast.guarded import GuardedFeatureStore
from featureguard.feast.training import check_training
from tests.feast_host.field import Field, quiet

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOBODY = 5_000_000
FRESH, STALE, MISSING = Freshness.FRESH, Freshness.STALE, Freshness.MISSING

pytestmark = pytest.mark.filterwarnings("ignore:::feast", "ignore:::dask", "ignore::FutureWarning")


_FILLED: set[Path] = set()


@pytest.fixture
def filled(deployed: Field) -> Field:
    """Drivers, pairs and the fleet are online, an hour old; positions were pushed for two drivers."""
    if deployed.folder not in _FILLED:
        _FILLED.add(deployed.folder)
        deployed.materialize(deployed.now - timedelta(days=1), deployed.now, "driver_stats", "pairs", "fleet")
        deployed.push(1, at=deployed.now - HOUR)
        deployed.push(2, at=deployed.now - 30 * MINUTE)
    return deployed


def guarded(at: Field, later: timedelta = timedelta(), **more: Any) -> GuardedFeatureStore:
    return GuardedFeatureStore(at.store, clock=lambda: at.now + later, **more)


def rows(*drivers: int) -> list[dict[str, Any]]:
    return [{"driver_id": one} for one in drivers]


TRIPS = ["driver_stats:trips", "position:speed"]


def test_what_is_fresh_is_served_as_feast_serves_it(filled: Field) -> None:
    with quiet():
        found = guarded(filled).get_online_features(TRIPS, rows(1, 2))
        theirs = filled.store.get_online_features(TRIPS, rows(1, 2))
    assert found.to_dict() == theirs.to_dict()
    assert found.to_df().equals(theirs.to_df())
    assert found.fresh_ratio == 1.0


def test_what_is_stale_is_refused_by_name_age_and_count(filled: Field) -> None:
    store = guarded(
        filled, later=90 * MINUTE
    )  # `position` has a ttl of two hours, and Feast serves it all the same.
    with (
        quiet(),
        pytest.raises(StaleFeaturesError, match="of 2 entities: 'speed' is too old for 1, up to 2h 30min"),
    ):
        store.get_online_features(TRIPS, rows(1, 2))


def test_what_is_stale_is_taken_away(filled: Field) -> None:
    with quiet():
        found = guarded(filled, later=90 * MINUTE).get_online_features(TRIPS, rows(1, 2), on_stale="null")
    assert found.to_dict() == {"driver_id": [1, 2], "trips": [1, 2], "speed": [None, 30.0]}
    assert found.freshness == {"trips": (FRESH, FRESH), "speed": (STALE, FRESH)}
    assert (
        found.response.proto.results[list(found.to_dict()).index("speed")].statuses[0] == 4
    )  # OUTSIDE_MAX_AGE


def test_what_is_stale_is_served_and_tagged(filled: Field) -> None:
    with quiet():
        found = guarded(filled, later=90 * MINUTE).get_online_features(TRIPS, rows(1, 2), on_stale="tag")
    assert found.to_dict()["speed"] == [30.0, 30.0]
    for told in (found.to_dict(), found.to_arrow().to_pydict(), found.to_df().to_dict("list")):
        assert (told["speed__freshness"], told["trips__freshness"]) == (
            ["stale", "fresh"],
            ["fresh", "fresh"],
        )
    assert found.fresh_ratio == 0.75


def test_what_is_not_there_is_missing_whatever_feast_calls_it(filled: Field) -> None:
    store = guarded(filled)
    with quiet():
        with pytest.raises(StaleFeaturesError, match="'trips' is missing for 1"):
            store.get_online_features(["driver_stats:trips"], rows(1, NOBODY))
        found = store.get_online_features(["driver_stats:trips"], rows(1, NOBODY), on_missing="null")
        tagged = store.get_online_features(["driver_stats:trips"], rows(1, NOBODY), on_stale="tag")
    assert found.freshness["trips"] == (FRESH, MISSING)
    assert found.to_dict()["trips"] == [1, None]
    assert tagged.to_dict()["trips__freshness"] == ["fresh", "missing"]


def test_a_time_that_has_not_come_is_no_fresh_one(filled: Field) -> None:
    with quiet():
        store = guarded(filled, later=-70 * MINUTE)
        with pytest.raises(StaleFeaturesError, match="'trips' is from the future for 1"):
            store.get_online_features(["driver_stats:trips"], rows(1))


def test_what_is_computed_is_as_old_as_what_it_is_computed_from(filled: Field) -> None:
    asked = [{"driver_id": 1, "surge": 2.0}, {"driver_id": NOBODY, "surge": 2.0}]
    with quiet():
        store = guarded(filled, later=24 * HOUR)  # `driver_stats` has a ttl of a day.
        found = store.get_online_features(["surged:surged"], asked, on_stale="tag")
        taken = store.get_online_features(["surged:surged"], asked, on_stale="null")
    assert found.freshness == {"surged": (STALE, MISSING)}
    assert found.to_dict()["surged"][0] == pytest.approx(0.01)
    assert taken.to_dict()["surged"] == [None, None]


def test_a_service_is_judged_under_its_own_names(filled: Field) -> None:
    asked = [{"driver_id": 2, "surge": 2.0}]
    with quiet():
        eta = filled.store.get_feature_service("eta_v1")
        found = guarded(filled).get_online_features(eta, asked, on_missing="tag")
        renamed = filled.store.get_feature_service("renamed_v1")
        main = guarded(filled).get_online_features(renamed, [{"main_driver_id": 3}], True)
    assert {name: states[0] for name, states in found.freshness.items()} == dict.fromkeys(
        ("conv_rate", "trips", "speed", "zone", "surged"), FRESH
    )
    assert set(main.freshness) == {"main__conv_rate", "main__acc_rate", "main__trips"}


def test_a_view_of_which_nobody_says_how_old_it_may_be_is_refused(filled: Field) -> None:
    with quiet():
        with pytest.raises(UsageError, match="Nobody says how old the features of 'fleet' may be"):
            guarded(filled).get_online_features(["fleet:active"], rows(1))
        free = guarded(filled, limits={"fleet": None}).get_online_features(["fleet:active"], rows(1))
        tight = guarded(filled, limits={"fleet": MINUTE})
        with pytest.raises(StaleFeaturesError, match="'active' is too old for 1, up to 1h"):
            tight.get_online_features(["fleet:active"], rows(1))
    assert free.freshness == {"active": (Freshness.UNPROMISED,)}


async def asynchronously(at: Field, features: list[str], columns: dict[str, list[Any]]) -> Any:
    try:
        return await guarded(at).get_online_features_async(features, columns)
    finally:
        await (
            at.store._get_provider().online_store._client_async.aclose()
        )  # Feast's own `close` leaves it open.


def test_columns_instead_of_rows_and_the_asynchronous_call(filled: Field) -> None:
    columns: dict[str, list[Any]] = {"driver_id": [1, 2], "surge": [1.0, 1.0]}
    features = ["driver_stats:trips", "surged:surged"]
    with quiet():
        found = guarded(filled).get_online_features(features, columns)
        if filled.kind == "redis":  # Feast has it for Redis and not for SQLite.
            same = asyncio.run(asynchronously(filled, features, columns))
            assert same.to_dict() == found.to_dict()
            assert same.freshness == found.freshness
    assert found.to_dict()["trips"] == [1, 2]


def project(at: Field, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with contracts of this repository, whose `trips` may never be null."""
    monkeypatch.chdir(folder)
    (folder / "featureguard.yaml").write_text("catalog: [contracts/]\nstore: {url: 'sqlite:///store.db'}\n")
    run(["import", "feast", "--repo", str(at.folder), "--online"])
    file = folder / "contracts" / "feast" / "driver_stats.yaml"
    file.write_text(file.read_text().replace("    trips: {}\n", "    trips: {nullable: false}\n"))
    return folder


def test_contracts_say_how_old_features_may_be(
    filled: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(filled, tmp_path, monkeypatch)
    with quiet():
        store = GuardedFeatureStore.open(filled.store, folder, clock=lambda: filled.now + 61 * MINUTE)
        with pytest.raises(StaleFeaturesError, match="'trips' is too old for 1, up to 2h 1min"):
            store.get_online_features(["driver_stats:trips"], rows(1))  # Its tag says 2h, its ttl a day.


def test_without_a_contract_of_the_repository_it_says_what_to_run(
    files: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "featureguard.yaml").write_text("catalog: [contracts/]\nstore: {url: 'sqlite:///store.db'}\n")
    with pytest.raises(UsageError, match="Run 'featureguard import feast --repo"):
        GuardedFeatureStore.open(files.store, tmp_path)


# --------------------------------------------------------------------------------------------------- training
def entities(at: Field, *drivers: int, when: datetime) -> Any:
    import pandas as pd

    return pd.DataFrame({"driver_id": list(drivers), "event_timestamp": [when] * len(drivers)})


def test_a_training_join_that_kept_every_row_is_handed_out(
    files: Field, tmp_path: Path, monkeypatch: Any
) -> None:
    folder = project(files, tmp_path, monkeypatch)
    with quiet():
        store = GuardedFeatureStore.open(files.store, folder)
        job = store.get_historical_features(entities(files, 1, 2, when=files.now), ["driver_stats:trips"])
        assert sorted(job.to_df()["trips"]) == [1, 2]
        assert job.to_arrow().num_rows == 2
    assert job.joined is not None
    assert (job.joined.rows_in, job.joined.rows_out, job.joined.problems) == (2, 2, [])
    assert [(one.column, one.observed) for one in job.joined.results] == [("trips", 0.0)]


def test_rows_that_feast_drops_in_silence_train_nothing(files: Field) -> None:
    late = files.now + timedelta(days=3)  # Beyond the ttl of a day.
    with quiet():
        frame = entities(files, 1, 2, when=late)
        job = guarded(files).get_historical_features(frame, ["driver_stats:trips"])
        theirs = files.store.get_historical_features(frame, ["driver_stats:trips"]).to_df()
        assert len(theirs) < 2  # What Feast says of it: nothing.
        with pytest.raises(TrainingDataError, match="2 of 2 rows were lost in the join"):
            job.to_df()
        assert len(job.to_df(check=False)) == len(theirs)


def test_nulls_after_the_join_stay_within_the_contract(
    files: Field, tmp_path: Path, monkeypatch: Any
) -> None:
    folder = project(files, tmp_path, monkeypatch)
    with quiet():
        store = GuardedFeatureStore.open(files.store, folder)
        job = store.get_historical_features(
            entities(files, 1, NOBODY, when=files.now), ["driver_stats:trips"]
        )
        with pytest.raises(TrainingDataError, match=r"50.00% of 'trips' is null; the contract allows 0.00%"):
            job.to_df()


def test_what_feast_returned_may_be_judged_by_hand(files: Field) -> None:
    from featureguard.feast.training import Expected

    with quiet():
        frame = entities(files, 1, 2, when=files.now)
        joined = files.store.get_historical_features(frame, ["driver_stats:trips"]).to_df()
    assert check_training(len(frame), joined, [Expected("trips")]).problems == []


def test_entities_that_cannot_be_counted_are_refused(files: Field) -> None:
    with pytest.raises(UsageError, match="must be a DataFrame"):
        guarded(files).get_historical_features("SELECT 1", ["driver_stats:trips"])
