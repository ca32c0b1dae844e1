"""What the registry says is what Feast says, and costs nobody `import feast`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry import Projection, read_registry, read_repo, reading
from featureguard.feature_registry.decoding import registry_of
from tests.feast_host.field import Field, quiet


def test_views_are_as_feast_has_them(deployed: Field) -> None:
    registry = read_registry(read_repo(deployed.folder, os.environ))
    with quiet():
        theirs = [*deployed.store.list_feature_views(), *deployed.store.list_stream_feature_views()]
    assert set(registry.views) == {one.name for one in theirs} | {"surged"}
    for one in theirs:
        view = registry.views[one.name]
        assert set(view.join_keys) == set(one.join_keys) - {"__dummy_id"}
        assert set(view.features) == {feature.name for feature in one.features} - set(one.join_keys)
        assert (view.ttl or timedelta(0)) == one.ttl
        assert (view.owner, dict(view.tags), view.online) == (one.owner, one.tags, one.online)
        assert view.batch_source is not None
        assert view.batch_source.timestamp_field == one.batch_source.timestamp_field
        assert view.batch_source.created_column == one.batch_source.created_timestamp_column
        assert view.batch_source.path == one.batch_source.path
        assert list(view.intervals) == list(one.materialization_intervals)


def test_types_kinds_and_what_feeds_a_view(files: Field) -> None:
    views = read_registry(read_repo(files.folder, os.environ)).views
    assert {name: views[name].kind for name in ("driver_stats", "clicks", "surged")} == {
        "driver_stats": "batch",
        "clicks": "stream",
        "surged": "on_demand",
    }
    assert views["driver_stats"].features == {"conv_rate": "FLOAT", "acc_rate": "FLOAT", "trips": "INT64"}
    assert views["pairs"].join_keys == {"driver_id": "INT64", "customer_id": "STRING"}
    assert views["pairs"].batch_source.column_of("trips_together") == "together"  # type: ignore[union-attr]
    assert views["fleet"].join_keys == {}
    feeds = [views[name].stream_source for name in ("position", "clicks", "fleet")]
    assert [one and (one.kind, one.watermark_delay) for one in feeds] == [
        ("push", None),
        ("kafka", timedelta(minutes=5)),
        None,
    ]


def test_a_service_comes_down_to_the_views_that_have_rows(deployed: Field) -> None:
    registry = read_registry(read_repo(deployed.folder, os.environ))

    def below(service: str) -> list[str]:
        return [one.name for one in registry.stored_views(registry.services[service].projections)]

    assert below("eta_v1") == ["driver_stats", "position"]  # What 'surged' computes from is there already.
    assert below("fraud_v2") == ["customer_profile", "pairs", "clicks", "fleet"]
    assert below("renamed_v1") == ["driver_stats"]
    (renamed,) = registry.services["renamed_v1"].projections
    assert (renamed.alias, renamed.join_key_map) == ("main", {"driver_id": "main_driver_id"})
    assert registry.unknown_views((Projection("gone"),)) == ["gone"]


def test_what_was_materialized_is_there_at_once(deployed: Field) -> None:
    def intervals() -> int:
        return len(read_registry(read_repo(deployed.folder, os.environ)).views["fleet"].intervals)

    before = intervals()
    deployed.materialize(deployed.now - timedelta(days=1), deployed.now, "fleet")
    assert intervals() == before + 1


def test_feast_itself_is_not_imported_and_can_be_afterwards(files: Field) -> None:
    script = (
        "import os, sys, json, pathlib\n"
        "from featureguard.feature_registry import read_registry, read_repo\n"
        "found = read_registry(read_repo(pathlib.Path(sys.argv[1]), os.environ))\n"
        "before = [one for one in sys.modules if one.partition('.')[0] in ('feast', 'pandas', 'dask')]\n"
        "import feast\n"
        "same = set(found.views) >= {v.name for v in feast.FeatureStore(sys.argv[1]).list_feature_views()}\n"
        "print(json.dumps([before, same]))"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(files.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [[], True]


def test_a_registry_that_only_feast_can_read_is_read_by_feast(files: Field) -> None:
    """In another process, of which only the message of the registry comes back."""
    repo = read_repo(files.folder, os.environ)
    assert registry_of(reading._by_feast(repo, "remote"), "rides") == read_registry(repo)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read. Name the folder of a Feast feature repository"),
        ("project: [", "line 1 is no YAML"),
        ("provider: local", "names no 'project'"),
        ("project: rides\nregistry: [1]", "'registry' in"),
        (
            "project: rides\nregistry: nowhere.db",
            "There is no registry 'nowhere.db' of the Feast project 'rides'",
        ),
        ("project: rides\nregistry: broken.db", "is damaged, or is of another version of Feast"),
        ("project: rides\nentity_key_serialization_version: 2", "writes entity keys in version 2"),
        (
            "project: rides\nregistry: {registry_type: sql, path: 'sqlite:///empty.db'}",
            "has no table 'feature_views'",
        ),
        (
            "project: rides\nregistry: {registry_type: sql, path: 'postgresql://me:secret@127.0.0.1:9/x'}",
            "cannot be reached: OperationalError",
        ),
        (
            "project: rides\nregistry: {registry_type: sql, path: 'nonsense'}",
            "cannot be reached: ArgumentError",
        ),
        pytest.param(
            "project: rides\nregistry: {registry_type: no.such.Registry}",
            "Feast cannot read its registry",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_repository_that_does_not_load_is_told_in_a_sentence(
    text: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.db").write_bytes(b"\x0f\xff\xff\xff no protobuf")
    if text is not None:
        (tmp_path / "feature_store.yaml").write_text(text)
    with pytest.raises(SourceUnreadableError) as caught:
        read_registry(read_repo(tmp_path, os.environ))
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_project_that_the_registry_does_not_know_is_no_empty_one(files: Field, tmp_path: Path) -> None:
    text = (files.folder / "feature_store.yaml").read_text()
    text = text.replace("project: rides", "project: ridez").replace(
        "data/registry.db", f"{files.folder}/data/registry.db"
    )
    (tmp_path / "feature_store.yaml").write_text(text)
    with pytest.raises(SourceUnreadableError, match="knows no project 'ridez', only 'rides'"):
        read_registry(read_repo(tmp_path, os.environ))


def test_variables_are_filled_in_and_secrets_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "feature_store.yaml").write_text(
        "project: ${PROJECT}\nregistry: {registry_type: sql, path: '$ADDRESS'}\n"
        "online_store: {type: redis, connection_string: 'localhost:6379,password=${UNSET}'}\n"
    )
    address = "postgresql://me:secret@db/x"
    repo = read_repo(tmp_path, {"PROJECT": "rides", "ADDRESS": address})
    assert (repo.project, repo.registry["path"], repo.online_type) == ("rides", address, "redis")
    assert repo.online["connection_string"].endswith("password=${UNSET}")  # As Feast leaves it.
    assert "secret" not in repr(repo)
