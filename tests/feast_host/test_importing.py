"""`featureguard import feast`: contracts and subjects that load, are true, and keep what people wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")
pytest.importorskip("ruamel.yaml", reason="ruamel.yaml (extra 'feast') is not installed")

from featureguard.catalog import load_catalog
from featureguard.cli.app import run
from featureguard.contract import FeastConfig
from featureguard.errors import UsageError
from featureguard.feast.contracts import documents_of, name_of
from featureguard.feast.importing import MEMORY, plan
from featureguard.feature_registry import BatchSource, Projection, Registry, Service, View
from tests.feast_host.field import Field

Imports = Callable[..., int]


@pytest.fixture
def imports(deployed: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Imports:
    """Imports into a project; gives the exit code."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "featureguard.yaml").write_text("catalog: [contracts/]\nstore: {url: 'sqlite:///store.db'}\n")
    return lambda *more: run(["import", "feast", "--repo", str(deployed.folder), *more])


def test_views_become_datasets_and_services_subjects(imports: Imports, tmp_path: Path) -> None:
    assert imports("--owner", "platform@example.org") == 0
    catalog = load_catalog([tmp_path / "contracts"])
    assert set(catalog.contracts) == {
        "driver_stats",
        "customer_profile",
        "pairs",
        "fleet",
        "position",
        "idle",
        "clicks",
    }
    stats = catalog.contracts["driver_stats"]
    assert (stats.owner, stats.tier, stats.time.event, stats.time.ingested) == (
        "drivers@example.org",
        0,
        "event_timestamp",
        "created",
    )
    assert stats.freshness is not None
    assert str(stats.freshness.max_age) == "2:00:00"  # Its tag says so, and counts more than its ttl.
    assert stats.freshness.population is not None
    assert stats.freshness.population.entity == ("driver_id",)
    assert set(stats.columns) == {"driver_id", "conv_rate", "acc_rate", "trips"}
    assert isinstance(stats.source, FeastConfig)
    assert "together" in catalog.contracts["pairs"].columns  # The column, and not what Feast calls it.
    assert catalog.contracts["fleet"].freshness is None
    assert catalog.contracts["fleet"].owner == "platform@example.org"
    requires = {name: list(subject.requires) for name, subject in catalog.subjects.items()}
    assert requires == {
        "eta_v1": ["driver_stats", "position"],
        "fraud_v2": ["customer_profile", "pairs", "clicks", "fleet"],
        "renamed_v1": ["driver_stats"],
    }


def test_what_somebody_should_look_at_is_told(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    imports("--dry-run")
    said = capsys.readouterr().out
    assert "The view 'fleet' promises no freshness" in said
    assert "The view 'position' is fed by pushes" in said
    assert "10 of 10 files would be written." in said


def test_a_dry_run_writes_nothing(imports: Imports, tmp_path: Path) -> None:
    imports("--dry-run")
    assert not (tmp_path / "contracts").exists()


def test_importing_again_changes_nothing(
    imports: Imports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def texts() -> dict[str, str]:
        return {file.name: file.read_text() for file in (tmp_path / "contracts" / "feast").iterdir()}

    imports()
    before = texts()
    capsys.readouterr()
    imports()
    assert texts() == before
    assert "0 of 10 files written." in capsys.readouterr().out


def test_edits_and_comments_are_kept_when_feast_changes(
    imports: Imports, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    imports()
    file = tmp_path / "contracts" / "feast" / "driver_stats.yaml"
    text = file.read_text().replace("    within: 2h\n", "    within: 90min  # as agreed with the drivers\n")
    file.write_text(text.replace("tier: 0", "tier: 1"))
    memory = json.loads((file.parent / MEMORY).read_text())
    memory["driver_stats"]["description"] = "as it was"  # As if Feast had said other things last time.
    memory["driver_stats"]["tier"] = 2
    file.write_text(file.read_text().replace("What drivers did lately.", "as it was"))
    (file.parent / MEMORY).write_text(json.dumps(memory))
    capsys.readouterr()
    imports()
    after, said = file.read_text(), capsys.readouterr().out
    assert "within: 90min  # as agreed with the drivers" in after
    assert "tier: 1" in after
    assert "description: What drivers did lately." in after
    assert "-description: as it was" in said
    assert "+description: What drivers did lately." in said
    assert "kept: 'tier' is 1 by hand; Feast says 0" in said


def test_what_feast_has_no_more_is_told_and_left(
    imports: Imports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imports()
    folder = tmp_path / "contracts" / "feast"
    memory = json.loads((folder / MEMORY).read_text())
    (folder / MEMORY).write_text(json.dumps({**memory, "gone": {"dataset": "gone"}}))
    (folder / "gone.yaml").write_text("dataset: gone\nowner: me\n")
    capsys.readouterr()
    imports()
    assert "gone.yaml: Feast has it no more." in capsys.readouterr().out
    assert (folder / "gone.yaml").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [("dataset: other\nowner: me\n", "holds something else than the dataset"), ("dataset: [", "is no YAML")],
)
def test_a_file_that_is_something_else_is_not_written_over(
    imports: Imports, tmp_path: Path, text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "contracts" / "feast"
    folder.mkdir(parents=True)
    (folder / "pairs.yaml").write_text(text)
    assert imports() == 2
    assert told in capsys.readouterr().err
    assert [file.name for file in folder.iterdir()] == ["pairs.yaml"]


def test_a_dataset_is_checked_where_feast_says_that_its_rows_are(
    imports: Imports, deployed: Field, capsys: pytest.CaptureFixture[str]
) -> None:
    imports()
    capsys.readouterr()
    assert run(["check", "driver_stats", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert str(found).count("population") >= 1
    assert "'pass'" in str(found)


def test_what_the_online_store_holds_is_a_dataset_of_its_own(
    imports: Imports, deployed: Field, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.materialize(deployed.now - timedelta(days=1), deployed.now, "driver_stats", "pairs", "fleet")
    assert imports("--online") == 0
    catalog = load_catalog([tmp_path / "contracts"])
    assert catalog.contracts["driver_stats_online"].upstream == ("driver_stats",)
    assert catalog.subjects["eta_v1_online"].requires == ("driver_stats_online", "position_online")
    assert "trips_together" in catalog.contracts["pairs_online"].columns  # What Feast calls it there.
    capsys.readouterr()
    for dataset in ("driver_stats_online", "pairs_online", "fleet_online"):
        assert run(["check", dataset]) == 0, capsys.readouterr().out


def test_what_was_never_materialized_never_arrived(
    imports: Imports, capsys: pytest.CaptureFixture[str]
) -> None:
    imports("--online")
    capsys.readouterr()
    assert run(["check", "clicks_online"]) == 1
    assert "never" in capsys.readouterr().out.lower()


def test_a_view_that_is_no_more_is_unknown(
    imports: Imports, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imports()
    file = tmp_path / "contracts" / "feast" / "driver_stats.yaml"
    file.write_text(file.read_text().replace("view: driver_stats", "view: driver_stat"))
    capsys.readouterr()
    assert run(["check", "driver_stats"]) == 3
    assert "has no feature view 'driver_stat'. Did you mean 'driver_stats'?" in capsys.readouterr().out


def test_a_repository_that_does_not_load_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["import", "feast", "--repo", "nowhere"]) == 2
    assert "Name the folder of a Feast feature repository" in capsys.readouterr().err


def view(name: str, **more: Any) -> View:
    source = BatchSource("source", "FileSource", "at", "rows.parquet", "parquet")
    return View(name, "batch", batch_source=source, **more)


def registry(*views: View, services: tuple[Service, ...] = ()) -> Registry:
    return Registry("p", {one.name: one for one in views}, {one.name: one for one in services})


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (view("a", tags={"tier": "gold"}), "has the tag 'tier' that says 'gold', and not 0 to 3"),
        (
            view("a", tags={"featureguard.max_age": "3m"}),
            "has the tag 'max_age' that says '3m', and not a duration",
        ),
        (view("a", enabled=False), "is switched off in Feast"),
    ],
)
def test_what_makes_no_sense_is_told_and_not_guessed(made: View, told: str) -> None:
    (written,) = documents_of(registry(made), "repo", "me")
    assert told in " ".join(written.notes)
    assert (written.document["tier"], "freshness" in written.document) == (2, False)


def test_a_source_that_cannot_be_read_is_told() -> None:
    made = View("a", "batch", batch_source=BatchSource("s", "SnowflakeSource", "at", table="t"))
    (written,) = documents_of(registry(made), "repo", "me")
    assert "has a source of the kind 'SnowflakeSource', which is read through Feast" in " ".join(
        written.notes
    )


def test_a_service_without_rows_or_of_unknown_views_is_told() -> None:
    computes = View("c", "on_demand")
    services = (Service("s", (Projection("c"),)), Service("t", (Projection("gone"),)))
    first, second = documents_of(registry(computes, services=services), "repo", "me")
    assert "stands on no view with rows of its own" in " ".join(first.notes)
    assert second.document["requires"] == [{"external": "gone"}]


def test_names_that_we_do_not_take_are_changed_and_two_of_one_name_are_refused(tmp_path: Path) -> None:
    assert [name_of(one) for one in ("a/b", "1st", "ok-1")] == ["a_b", "_1st", "ok-1"]
    with pytest.raises(UsageError, match="would both be called 'a_b'"):
        plan(tmp_path, documents_of(registry(view("a/b"), view("a_b")), "repo", "me"))


def test_what_is_wrong_online_is_told_and_kept_as_evidence(
    imports: Imports, deployed: Field, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.materialize(deployed.now - timedelta(days=1), deployed.now, "pairs")
    imports("--online")
    capsys.readouterr()
    assert run(["online", "pairs_online", "--record"]) == 0
    said = capsys.readouterr().out
    assert "pairs_online: all 50 entities compared; 100.0% fresh; newest 1h" in said
    assert "Feast's own gauge says" in said
    assert run(["online", "clicks_online", "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)["datasets"]
    assert told["findings"][0]["code"] == "NEVER_ARRIVED"
    assert told["fresh_ratio"] == 0.0
    assert run(["check", "pairs_online"]) == 0
    capsys.readouterr()
    run(["gate", "fraud_v2_online", "--for", "serve", "--json"])
    kept = {one["dataset"]: one for one in json.loads(capsys.readouterr().out)["reasons"]}
    assert "pairs_online" not in kept  # Checked and compared just now,
    assert "clicks_online" in kept  # and this is not.


def test_another_instant_is_looked_at_and_kept_only_where_times_are_made_up(
    imports: Imports, deployed: Field, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.materialize(deployed.now - timedelta(days=1), deployed.now, "pairs")
    imports("--online")
    capsys.readouterr()
    later = (deployed.now + timedelta(hours=12)).isoformat()
    assert run(["online", "pairs_online", "--now", later]) == 1
    said = capsys.readouterr().out
    assert "newest 13h" in said
    assert "50 of 50 entities" in said.split("TTL_EXCEEDED")[1]
    assert run(["online", "pairs_online", "--now", later, "--record"]) == 2
    assert "--record keeps what is true now. Leave out --now" in capsys.readouterr().err
    store = "store: {url: 'sqlite:///simulated.db', simulated: true}\n"
    (tmp_path / "featureguard.yaml").write_text(f"catalog: [contracts/]\n{store}")
    assert run(["online", "pairs_online", "--now", later, "--record"]) == 1
    capsys.readouterr()
    run(["gate", "fraud_v2_online", "--for", "serve", "--now", later, "--json"])
    reasons = json.loads(capsys.readouterr().out)["reasons"]
    assert "TTL_EXCEEDED" in {one["code"] for one in reasons if one["dataset"] == "pairs_online"}


@pytest.mark.parametrize(
    ("names", "code", "told"),
    [
        (["pairs"], 2, "'pairs' is no dataset of an online store. Known: clicks_online,"),
        (["gone_online"], 2, "'gone_online' is no dataset of an online store."),
    ],
)
def test_a_dataset_that_is_not_online_is_told(
    imports: Imports, names: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    imports("--online")
    assert run(["online", *names]) == code
    assert told in capsys.readouterr().err


def test_without_contracts_of_an_online_store_it_says_how_to_get_some(
    imports: Imports, capsys: pytest.CaptureFixture[str]
) -> None:
    imports()
    assert run(["online"]) == 2
    assert "featureguard import feast --online" in capsys.readouterr().err


def test_an_online_store_that_is_away_is_unknown(
    imports: Imports, deployed: Field, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imports("--online")
    text = (deployed.folder / "feature_store.yaml").read_text()
    before, _, rest = text.partition("online_store:")
    settings = "online_store: {type: redis, connection_string: '127.0.0.1:9,password=secret'}\noffline_store:"
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "data").symlink_to(deployed.folder / "data")
    text = before.replace("data/registry.db", f"{deployed.folder}/data/registry.db")
    (moved / "feature_store.yaml").write_text(text + settings + rest.partition("offline_store:")[2])
    for file in (tmp_path / "contracts" / "feast").glob("pairs_online.yaml"):
        file.write_text(file.read_text().replace(f"repo: {deployed.folder}", f"repo: {moved}"))
    capsys.readouterr()
    assert run(["online", "pairs_online"]) == 3
    assert "The online store cannot be reached" in (said := capsys.readouterr().err)
    assert "secret" not in said
    assert run(["check", "pairs_online"]) == 3
