"""A promotion by `featureguard.mlflow.promoting`, on a registry that nobody guards."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("mlflow", reason="mlflow is not installed")

from featureguard.errors import UsageError
from featureguard.mlflow.promoting import Promotion, promote
from featureguard.mlflow.registry import RegistryError, open_registry
from tests.mlflow_host.field import ALLOWED, BLOCKED, HELD, POLICY, Lake, aliases_in, execute, fill

# MLflow's own, of SQLAlchemy 2.1.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload``:sqlalchemy.exc.SADeprecationWarning")

BROKEN = """create trigger broken before insert on registered_model_aliases
    begin select raise(abort, 'the disk is full'); end"""
CHAMPION = (ALLOWED, "champion")


def go(lake: Lake, uri: str, model: str = ALLOWED, version: str = "1", **options: Any) -> Promotion:
    with lake.desk() as desk:
        return promote(desk, open_registry(uri), model, version, "champion", **options)


def tags_of(client: Any, model: str, version: str) -> dict[str, Any]:
    found = client.get_model_version(model, version).tags
    return {key.removeprefix("featureguard.decision."): json.loads(text) for key, text in found.items()}


def test_an_allowed_version_gets_the_alias_and_its_decision_is_told(
    lake: Lake, uri: str, client: Any
) -> None:
    found = go(lake, uri)
    assert (found.done, found.exit_code, found.by) == (True, 0, "alias")
    assert aliases_in(uri) == {CHAMPION: 1}
    decision, confirmation = lake.recorded()
    assert decision.key.startswith("mlflow:pricing/1/alias/champion/")
    assert confirmation.link.seal == found.ruling.id
    told = tags_of(client, ALLOWED, "1")[decision.link.seal]
    assert (told["allowed"], told["alias"], told["subject"]) == (True, "champion", "prices")


@pytest.mark.parametrize(("model", "code"), [(BLOCKED, 1), (HELD, 3)])
def test_what_the_gate_does_not_allow_gets_nothing(
    lake: Lake, uri: str, client: Any, model: str, code: int
) -> None:
    found = go(lake, uri, model)
    assert (found.done, found.exit_code, found.by) == (False, code, "name")
    assert aliases_in(uri) == {}
    [(told_id, told)] = tags_of(client, model, "1").items()
    assert (told["allowed"], lake.recorded()[0].link.seal) == (False, told_id)


def test_a_later_denial_leaves_what_was_told_before(lake: Lake, uri: str, client: Any) -> None:
    go(lake, uri)
    with lake.turned_stale():
        assert go(lake, uri).exit_code == 1
    assert sorted(one["allowed"] for one in tags_of(client, ALLOWED, "1").values()) == [False, True]
    assert aliases_in(uri) == {CHAMPION: 1}


def test_a_registry_that_breaks_in_between_leaves_no_alias_and_again_mends_it(
    lake: Lake, uri: str, client: Any
) -> None:
    execute(uri, BROKEN)
    with pytest.raises(RegistryError, match="the disk is full"):
        go(lake, uri, attempt="build-7")
    assert aliases_in(uri) == {}
    execute(uri, "drop trigger broken")
    assert go(lake, uri, attempt="build-7").done
    assert [one.kind for one in lake.recorded()] == ["decision", "confirmation", "confirmation"]


def test_what_got_stale_since_it_was_decided_is_not_set(lake: Lake, uri: str, client: Any) -> None:
    execute(uri, BROKEN)
    with pytest.raises(RegistryError):
        go(lake, uri, attempt="build-8")
    execute(uri, "drop trigger broken")
    with lake.turned_stale():
        found = go(lake, uri, attempt="build-8")
    assert (found.done, found.exit_code) == (False, 1)
    assert aliases_in(uri) == {}


def test_a_dry_run_records_nothing_and_sets_nothing(lake: Lake, uri: str, client: Any) -> None:
    assert [go(lake, uri, model, dry_run=True).exit_code for model in (ALLOWED, BLOCKED)] == [0, 1]
    assert (aliases_in(uri), lake.recorded()) == ({}, [])
    assert client.get_model_version(ALLOWED, "1").tags == {}


def test_without_a_store_nothing_is_set(lake: Lake, uri: str, client: Any) -> None:
    with lake.without_store():
        found = go(lake, uri)
    assert (found.done, found.exit_code, found.ruling.id) == (False, 3, None)
    assert aliases_in(uri) == {}


class TestTheWayBack:
    """Version 1 had the alias, version 2 has it, and the data is stale."""

    @pytest.fixture(autouse=True)
    def two_champions(self, lake: Lake, uri: str, client: Any) -> None:
        assert all(go(lake, uri, version=version).done for version in "12")

    def test_is_a_repair_that_stale_data_does_not_hold_back(self, lake: Lake, uri: str) -> None:
        with lake.turned_stale():
            found = go(lake, uri, version="1")
        assert (found.done, found.question.action, found.ruling.verdict.value) == (True, "rollback", "warn")
        assert aliases_in(uri) == {CHAMPION: 1}

    def test_is_a_promotion_where_no_policy_knows_it_and_says_how_to_add_it(
        self, lake: Lake, uri: str
    ) -> None:
        lake.policy("")
        with lake.turned_stale():
            found = go(lake, uri, version="1")
        assert (found.done, found.exit_code, found.question.action) == (False, 1, "promote")
        assert "actions: {rollback: {repair: true}}" in found.told

    def test_is_open_only_to_what_was_there_before(self, lake: Lake, uri: str) -> None:
        with lake.turned_stale():
            assert go(lake, uri, version="3").exit_code == 1
        assert aliases_in(uri) == {CHAMPION: 2}

    def test_is_not_open_to_a_namesake(self, lake: Lake, uri: str, client: Any) -> None:
        client.delete_registered_model(ALLOWED)
        fill(client, ALLOWED)
        client.set_registered_model_alias(ALLOWED, "champion", "2")
        with lake.turned_stale():
            assert go(lake, uri, version="1").question.back is False

    def test_is_not_open_to_a_version_that_only_tags_speak_for(
        self, lake: Lake, uri: str, client: Any
    ) -> None:
        for key, text in client.get_model_version(ALLOWED, "1").tags.items():
            client.set_model_version_tag(ALLOWED, "3", key, text)
        with lake.turned_stale():
            assert go(lake, uri, version="3").exit_code == 1

    def test_is_not_open_to_a_repair_that_somebody_recorded_by_himself(self, lake: Lake, uri: str) -> None:
        with lake.turned_stale():
            key = go(lake, uri, version="3", dry_run=True).place.key("rollback", "forged")
            with lake.desk() as desk:
                ruling = desk.decide("prices", "rollback", key=key)
                desk.confirm(str(ruling.id), subject="prices", action="rollback")
            assert ruling.allowed
            assert go(lake, uri, version="3").exit_code == 1


def test_a_model_is_found_by_the_feature_service_of_its_run(lake: Lake, uri: str, client: Any) -> None:
    run = client.create_run("0", tags={"feast.feature_service": "prices_v1", "feast.project": "shop"})
    client.create_registered_model("new_model")
    client.create_model_version("new_model", "s3://x/y", run_id=run.info.run_id, await_creation_for=0)
    found = go(lake, uri, "new_model")
    assert (found.done, found.by, found.question.subject) == (True, "lineage", "prices")


def test_a_version_says_more_than_its_run(lake: Lake, uri: str, client: Any) -> None:
    client.create_registered_model("new_model")
    client.create_model_version("new_model", "s3://x/y", run_id="f" * 32, await_creation_for=0)
    with pytest.raises(UsageError, match="No subject is about the model 'new_model'"):
        go(lake, uri, "new_model")
    client.set_model_version_tag("new_model", "1", "feast.feature_service", "stale")
    assert go(lake, uri, "new_model").exit_code == 1


def test_another_name_for_the_way_back_is_the_policys(lake: Lake, uri: str, client: Any) -> None:
    lake.policy(POLICY.replace("rollback", "undo"))
    assert all(go(lake, uri, version=version).done for version in "12")
    assert go(lake, uri, version="1", rollback="undo", dry_run=True).question.action == "undo"


@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(hours=3)])
def test_both_sides_of_the_limit(lake: Lake, uri: str, client: Any, age: timedelta) -> None:
    lake.age("fresh", age)
    lake.look("fresh")
    assert go(lake, uri).done == (age < timedelta(hours=2))
