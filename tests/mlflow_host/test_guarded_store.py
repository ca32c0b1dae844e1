"""The guard on a registry's store: every method through which a version may come to a protected place."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow.server", reason="mlflow is not installed")

from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.store.model_registry.rest_store import RestStore
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
from mlflow.store.model_registry.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore

from featureguard.mlflow.guarded import guarded
from featureguard.mlflow.promoting import promote
from featureguard.mlflow.registry import open_registry
from featureguard.mlflow.settings import Settings
from featureguard.mlflow.veto import Veto
from featureguard.mlflow.ways import BUILT_ON, GUARDED, HARMLESS, KNOWN, READS
from tests.mlflow_host.field import (
    ALLOWED,
    BLOCKED,
    HELD,
    NOBODY,
    SOURCE,
    Lake,
    aliases_in,
    execute,
    fill,
    free_port,
    stages_in,
)

# MLflow's own: of SQLAlchemy 2.1, and of stages, which it gives up.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The ``noload``:sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*transition_model_version_stage:FutureWarning"),
]


@pytest.fixture
def store(lake: Lake, uri: str) -> Any:
    """A guarded store of models with three versions each."""
    return guarded(SqlAlchemyStore(uri), Veto(Settings()))  # type: ignore[no-untyped-call]


def refused(call: Callable[[], object]) -> MlflowException:
    with pytest.raises(MlflowException) as error:
        call()
    assert error.value.get_http_status_code() == 403  # type: ignore[no-untyped-call]
    assert isinstance(error.value.json_kwargs["featureguard"], dict)
    return error.value


def test_only_what_the_gate_allows_gets_a_protected_alias_or_stage(store: Any, uri: str, lake: Lake) -> None:
    store.set_registered_model_alias(ALLOWED, "champion", "1")
    store.transition_model_version_stage(ALLOWED, "2", "production", False)
    for model, verdict in ((BLOCKED, "block"), (HELD, "hold"), (NOBODY, "hold")):
        alias = refused(lambda m=model: store.set_registered_model_alias(m, "champion", "1"))  # type: ignore[misc]
        stage = refused(
            lambda m=model: store.transition_model_version_stage(m, "1", "PRODUCTION", False)  # type: ignore[misc]
        )
        assert [one.json_kwargs["featureguard"]["verdict"] for one in (alias, stage)] == [verdict] * 2
    assert aliases_in(uri) == {(ALLOWED, "champion"): 1}
    assert stages_in(uri) == {(ALLOWED, 2)}
    assert {one.subject for one in lake.recorded()} == {"prices", BLOCKED, HELD}


def test_what_is_not_protected_is_free(store: Any, uri: str, lake: Lake) -> None:
    store.set_registered_model_alias(BLOCKED, "challenger", "1")
    store.transition_model_version_stage(BLOCKED, "1", "Staging", False)
    assert aliases_in(uri) == {(BLOCKED, "challenger"): 1}
    assert lake.recorded() == []


def test_a_refusal_says_why_and_what_to_write(store: Any) -> None:
    assert "30h" in refused(lambda: store.set_registered_model_alias(BLOCKED, "champion", "1")).message
    error = refused(lambda: store.set_registered_model_alias(NOBODY, "champion", "1"))
    assert "aliases: {mlflow: nobody}" in error.message


def test_the_decision_is_told_where_the_alias_is(store: Any, lake: Lake) -> None:
    store.set_registered_model_alias(ALLOWED, "champion", "1")
    decision, _ = lake.recorded()
    assert list(store.get_model_version(ALLOWED, "1").tags) == [f"featureguard.decision.{decision.link.seal}"]


@pytest.mark.parametrize("alias", ["Champion", "CHÂMPION", "Production"])
def test_what_a_database_may_take_for_a_protected_alias_is_one(store: Any, alias: str) -> None:
    with pytest.raises(MlflowException):
        store.set_registered_model_alias(BLOCKED, alias, "1")
    assert not store.get_registered_model(BLOCKED).aliases


@pytest.mark.parametrize("version", ["01", 1, "1"])
def test_however_a_version_is_spelt_it_is_that_version_that_is_judged(
    store: Any, uri: str, lake: Lake, version: object
) -> None:
    store.set_registered_model_alias(ALLOWED, "champion", version)
    assert aliases_in(uri) == {(ALLOWED, "champion"): 1}
    assert lake.recorded()[0].key.startswith("mlflow:pricing/1/")


def test_without_a_store_of_evidence_nothing_passes(store: Any, uri: str, lake: Lake) -> None:
    with lake.without_store():
        error = refused(lambda: store.set_registered_model_alias(ALLOWED, "champion", "1"))
    assert error.json_kwargs["featureguard"]["codes"] == ["STORE_UNAVAILABLE"]
    assert aliases_in(uri) == {}


def broken(lake: Lake, uri: str, veto: Veto) -> MlflowException:
    store = guarded(SqlAlchemyStore(uri), veto)  # type: ignore[no-untyped-call]
    error = refused(lambda: store.set_registered_model_alias(ALLOWED, "champion", "1"))
    assert aliases_in(uri) == {}
    return error


def test_with_a_gate_that_is_away_nothing_passes(lake: Lake, uri: str) -> None:
    away = Settings(api=f"http://127.0.0.1:{free_port()}", timeout_seconds=1)
    assert "could not be asked" in broken(lake, uri, Veto(away)).message


def test_with_settings_that_make_no_sense_nothing_passes(lake: Lake, uri: str) -> None:
    assert "Write refuse or allow" in broken(lake, uri, Veto(Settings(), "Write refuse or allow.")).message
    store = guarded(SqlAlchemyStore(uri), Veto(Settings(), "Mend it."))  # type: ignore[no-untyped-call]
    refused(lambda: store.set_registered_model_alias(ALLOWED, "whatever", "1"))


def test_with_contracts_that_cannot_be_read_nothing_passes(lake: Lake, uri: str) -> None:
    (lake.folder / "contracts" / "prices.yaml").write_text("subject: prices\nrequires: [nothing_of_this]\n")
    assert "prices.yaml" in broken(lake, uri, Veto(Settings())).message


def test_without_a_project_nothing_passes(
    lake: Lake, uri: str, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEATUREGUARD_PROJECT", str(tmp_path / "nowhere"))
    assert "nowhere" in broken(lake, uri, Veto(Settings())).message


def test_models_that_nobody_is_about_pass_where_that_is_wanted(lake: Lake, uri: str) -> None:
    store = guarded(SqlAlchemyStore(uri), Veto(Settings(unknown="allow")))  # type: ignore[no-untyped-call]
    store.set_registered_model_alias(NOBODY, "champion", "1")
    refused(lambda: store.set_registered_model_alias(BLOCKED, "champion", "1"))
    assert aliases_in(uri) == {(NOBODY, "champion"): 1}


def test_tags_choose_no_subject_unless_they_are_believed(lake: Lake, uri: str, client: Any) -> None:
    client.set_model_version_tag(NOBODY, "1", "feast.feature_service", "prices")
    error = broken_unknown(uri)
    assert "tags are not believed here" in error.message
    store = guarded(SqlAlchemyStore(uri), Veto(Settings(lineage=True)))  # type: ignore[no-untyped-call]
    store.set_registered_model_alias(NOBODY, "champion", "1")
    assert lake.recorded()[0].subject == "prices"


def test_a_run_speaks_where_its_version_says_nothing(lake: Lake, uri: str, client: Any) -> None:
    runs = {"f" * 32: {"feast.feature_service": "prices_v1", "feast.project": "shop"}}
    veto = Veto(Settings(lineage=True), runs=runs.__getitem__)
    store = guarded(SqlAlchemyStore(uri), veto)  # type: ignore[no-untyped-call]
    for version, tags in (("4", {}), ("5", {"feast.feature_service": "stale"})):
        client.create_model_version(NOBODY, f"{SOURCE}/{version}", run_id="f" * 32, tags=tags)
    store.set_registered_model_alias(NOBODY, "champion", "4")
    refused(lambda: store.set_registered_model_alias(NOBODY, "champion", "5"))
    assert [one.subject for one in lake.recorded()] == ["prices", "prices", "stale"]


def broken_unknown(uri: str) -> MlflowException:
    store = guarded(SqlAlchemyStore(uri), Veto(Settings()))  # type: ignore[no-untyped-call]
    return refused(lambda: store.set_registered_model_alias(NOBODY, "champion", "1"))


def test_a_model_in_a_protected_place_is_not_renamed(lake: Lake, uri: str, client: Any) -> None:
    fill(client, "shelf", versions=1)
    store = guarded(SqlAlchemyStore(uri), Veto(Settings(unknown="allow")))  # type: ignore[no-untyped-call]
    store.set_registered_model_alias(NOBODY, "champion", "1")
    store.transition_model_version_stage("shelf", "1", "Production", False)
    refused(lambda: store.rename_registered_model(NOBODY, ALLOWED))
    refused(lambda: store.rename_registered_model("shelf", ALLOWED))
    store.delete_registered_model_alias(NOBODY, "champion")
    assert store.rename_registered_model(NOBODY, "somebody").name == "somebody"


def test_a_model_that_is_made_anew_inherits_no_alias(store: Any, uri: str) -> None:
    store.set_registered_model_alias(ALLOWED, "champion", "1")
    store.delete_registered_model(ALLOWED)
    # As a database leaves them that does not enforce foreign keys.
    execute(
        uri, "insert into registered_model_aliases (name, alias, version) values ('pricing', 'champion', 1)"
    )
    store.create_registered_model(ALLOWED)
    store.create_model_version(ALLOWED, f"{SOURCE}/evil")
    assert aliases_in(uri) == {}


def test_a_model_that_takes_over_a_name_inherits_no_alias(store: Any, uri: str) -> None:
    store.set_registered_model_alias(NOBODY, "mine", "1")
    execute(
        uri, "insert into registered_model_aliases (name, alias, version) values ('taken', 'champion', 1)"
    )
    store.rename_registered_model(NOBODY, "taken")
    assert store.get_registered_model("taken").aliases == {"mine": 1}


def test_a_copy_of_a_promoted_version_is_not_promoted_and_brings_no_tags(store: Any, uri: str) -> None:
    store.set_registered_model_alias(ALLOWED, "champion", "1")
    made = store.copy_model_version(store.get_model_version(ALLOWED, "1"), BLOCKED)
    assert (made.version, made.tags) == (4, {})
    refused(lambda: store.set_registered_model_alias(BLOCKED, "champion", made.version))
    assert aliases_in(uri) == {(ALLOWED, "champion"): 1}


def test_the_guards_tags_are_written_by_nobody_else(store: Any) -> None:
    store.set_registered_model_alias(ALLOWED, "champion", "1")
    [key] = store.get_model_version(ALLOWED, "1").tags
    forged = ModelVersionTag("featureguard.decision.00", "{}")  # type: ignore[no-untyped-call]
    refused(lambda: store.set_model_version_tag(ALLOWED, "1", forged))
    refused(lambda: store.delete_model_version_tag(ALLOWED, "1", key))
    model_tag = RegisteredModelTag("FeatureGuard.note", "x")  # type: ignore[no-untyped-call]
    refused(lambda: store.set_registered_model_tag(ALLOWED, model_tag))
    refused(lambda: store.delete_registered_model_tag(ALLOWED, "featureguard.note"))
    assert store.create_model_version(ALLOWED, f"{SOURCE}/9", tags=[forged]).tags == {}
    assert store.create_registered_model("new", tags=[model_tag]).tags == {}
    free = ModelVersionTag("owner", "me")  # type: ignore[no-untyped-call]
    store.set_model_version_tag(ALLOWED, "1", free)
    assert store.get_model_version(ALLOWED, "1").tags["owner"] == "me"


def test_aliases_of_prompts_are_aliases(store: Any) -> None:
    refused(lambda: store.set_prompt_alias(NOBODY, "champion", "1"))


def test_one_promotion_by_the_tool_is_one_decision(store: Any, uri: str, lake: Lake) -> None:
    with lake.desk() as desk:
        assert promote(desk, open_registry(uri), ALLOWED, "1", "champion").done
    store.set_registered_model_alias(ALLOWED, "champion", "1")
    assert [one.kind for one in lake.recorded()] == ["decision", "confirmation", "confirmation"]


def test_a_decision_that_was_just_made_is_confirmed_before_it_is_taken_up(
    store: Any, uri: str, lake: Lake
) -> None:
    with lake.desk() as desk:
        promote(desk, open_registry(uri), ALLOWED, "2", "champion")
    store.delete_registered_model_alias(ALLOWED, "champion")
    with lake.turned_stale():
        refused(lambda: store.set_registered_model_alias(ALLOWED, "champion", "2"))
    assert aliases_in(uri) == {}


def test_a_decision_about_another_subject_does_not_open_the_place(store: Any, lake: Lake, uri: str) -> None:
    with lake.desk() as desk:
        found = promote(desk, open_registry(uri), BLOCKED, "1", "other", subject="prices")
        key = found.place.key("promote", "forged").replace("/other/", "/champion/")
        assert desk.decide("prices", "promote", key=key).allowed
    refused(lambda: store.set_registered_model_alias(BLOCKED, "champion", "1"))


def test_the_way_back_passes_as_a_repair(store: Any, uri: str, lake: Lake) -> None:
    for version in "12":
        store.set_registered_model_alias(ALLOWED, "champion", version)
    with lake.turned_stale():
        refused(lambda: store.transition_model_version_stage(ALLOWED, "1", "Production", False))
        store.set_registered_model_alias(ALLOWED, "champion", "1")
        refused(lambda: store.set_registered_model_alias(ALLOWED, "champion", "2"))
    assert aliases_in(uri) == {(ALLOWED, "champion"): 1}


def test_a_guarded_store_guarded_again_is_the_same(store: Any) -> None:
    kind = type(store)
    assert type(guarded(store, Veto(Settings()))) is kind
    assert isinstance(store, SqlAlchemyStore)


def test_every_method_of_this_mlflow_has_been_thought_about() -> None:
    of_registry = [AbstractStore, SqlAlchemyStore, WorkspaceAwareSqlAlchemyStore, RestStore]
    methods = {name for cls in of_registry for name, _ in inspect.getmembers(cls, callable) if name[0] != "_"}
    assert methods == KNOWN
    assert len(KNOWN) == sum(map(len, (READS, HARMLESS, BUILT_ON, GUARDED)))


def test_a_way_in_that_nobody_has_thought_about_is_shut(lake: Lake, uri: str) -> None:
    class Newer(SqlAlchemyStore):
        def promote_everything(self) -> None:
            with sqlite3.connect(uri.removeprefix("sqlite:///")) as database:
                database.execute("insert into registered_model_aliases values ('pricing', 'champion', 1)")

    store = guarded(Newer(uri), Veto(Settings()))  # type: ignore[no-untyped-call]
    error = refused(store.promote_everything)
    assert "'promote_everything'" in error.message
