"""What stands in a protected place without a decision is found, and put back."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("mlflow", reason="mlflow is not installed")

from featureguard.mlflow.detecting import Standing, promotions
from featureguard.mlflow.places import folded
from featureguard.mlflow.promoting import promote
from featureguard.mlflow.registry import open_registry
from featureguard.mlflow.reverting import revert
from featureguard.mlflow.settings import Settings
from tests.mlflow_host.field import ALLOWED, BLOCKED, NOBODY, Lake, aliases_in, fill

# MLflow's own: of SQLAlchemy 2.1, and of stages, which it gives up.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The ``noload``:sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*transition_model_version_stage:FutureWarning"),
]

CHAMPION = (ALLOWED, "champion")


def go(lake: Lake, uri: str, model: str, version: str, **options: Any) -> None:
    with lake.desk() as desk:
        assert promote(desk, open_registry(uri), model, version, "champion", **options).done


def found(lake: Lake, uri: str, settings: Settings | None = None) -> list[Standing]:
    with lake.desk() as desk:
        return promotions(desk, open_registry(uri), settings or Settings())


def put_back(lake: Lake, uri: str, **options: Any) -> Standing:
    [one] = [one for one in found(lake, uri) if one.why]
    with lake.desk() as desk:
        return revert(desk, open_registry(uri), one, **options)


def test_what_a_decision_put_there_is_in_order(lake: Lake, uri: str) -> None:
    go(lake, uri, ALLOWED, "1")
    [one] = found(lake, uri)
    assert (one.why, one.decision and one.decision.subject) == ("", "prices")


def test_what_was_set_behind_its_back_is_found(lake: Lake, uri: str, client: Any) -> None:
    go(lake, uri, ALLOWED, "1")
    client.set_registered_model_alias(ALLOWED, "champion", "2")
    client.set_registered_model_alias(BLOCKED, "challenger", "1")
    client.transition_model_version_stage(BLOCKED, "1", "Production")
    assert [(one.place.version.model, one.place.kind) for one in found(lake, uri) if one.why] == [
        (ALLOWED, "alias"),
        (BLOCKED, "stage"),
    ]


def test_forged_tags_prove_nothing(lake: Lake, uri: str, client: Any) -> None:
    go(lake, uri, ALLOWED, "1")
    for key, text in client.get_model_version(ALLOWED, "1").tags.items():
        client.set_model_version_tag(ALLOWED, "2", key, text)
        client.delete_model_version_tag(ALLOWED, "1", key)
    assert [one.why for one in found(lake, uri)] == [""]
    client.set_registered_model_alias(ALLOWED, "champion", "2")
    assert found(lake, uri)[0].why


def test_a_decision_about_another_subject_proves_nothing(lake: Lake, uri: str) -> None:
    go(lake, uri, BLOCKED, "1", subject="prices")
    [one] = found(lake, uri)
    assert "was about 'prices'" in one.why


def test_a_namesake_inherits_no_decision(lake: Lake, uri: str, client: Any) -> None:
    go(lake, uri, ALLOWED, "1")
    client.delete_registered_model(ALLOWED)
    fill(client, ALLOWED)
    client.set_registered_model_alias(ALLOWED, "champion", "1")
    assert found(lake, uri)[0].why


def test_a_model_that_nobody_is_about_is_found_too(lake: Lake, uri: str, client: Any) -> None:
    client.set_registered_model_alias(NOBODY, "champion", "1")
    [one] = found(lake, uri)
    assert (one.known, "aliases: {mlflow: nobody}" in one.why) == (False, True)
    go(lake, uri, NOBODY, "1", subject="prices")
    assert [one.why for one in found(lake, uri)] == [""]


def test_other_aliases_are_looked_at_where_they_are_named(lake: Lake, uri: str, client: Any) -> None:
    client.set_registered_model_alias(BLOCKED, "challenger", "1")
    assert not found(lake, uri)
    assert found(lake, uri, Settings(aliases=frozenset({folded("Challenger")})))
    assert found(lake, uri, Settings(aliases=frozenset("*")))


def test_an_alias_goes_back_to_the_last_version_that_had_it_by_a_decision(
    lake: Lake, uri: str, client: Any
) -> None:
    for version in "12":
        go(lake, uri, ALLOWED, version)
    client.set_registered_model_alias(ALLOWED, "champion", "3")
    with lake.turned_stale():
        told = put_back(lake, uri).reverted
    assert aliases_in(uri) == {CHAMPION: 2}
    assert "Put back to version 2 as 'rollback'" in told
    assert (lake.recorded()[-1].action, [one.why for one in found(lake, uri)]) == ("rollback", [""])


def test_without_a_repair_the_gate_is_asked_for_a_promotion(lake: Lake, uri: str, client: Any) -> None:
    lake.policy("")
    go(lake, uri, ALLOWED, "1")
    client.set_registered_model_alias(ALLOWED, "champion", "3")
    with lake.turned_stale():
        told = put_back(lake, uri).reverted
    assert aliases_in(uri) == {CHAMPION: 3}
    assert "actions: {rollback: {repair: true}}" in told
    assert "Put back to version 1 as 'promote'" in put_back(lake, uri).reverted


def test_an_alias_that_nobody_ever_had_is_left_unless_it_is_to_be_removed(
    lake: Lake, uri: str, client: Any
) -> None:
    client.set_registered_model_alias(ALLOWED, "champion", "3")
    assert "--remove" in put_back(lake, uri).reverted
    assert aliases_in(uri) == {CHAMPION: 3}
    assert "was removed" in put_back(lake, uri, remove=True).reverted
    assert aliases_in(uri) == {}


def test_a_version_that_was_deleted_is_not_put_back(lake: Lake, uri: str, client: Any) -> None:
    for version in "12":
        go(lake, uri, ALLOWED, version)
    client.set_registered_model_alias(ALLOWED, "champion", "3")
    client.delete_model_version(ALLOWED, "2")
    put_back(lake, uri)
    assert aliases_in(uri) == {CHAMPION: 1}


def test_what_somebody_moved_meanwhile_is_left(lake: Lake, uri: str, client: Any) -> None:
    client.set_registered_model_alias(ALLOWED, "champion", "3")
    [one] = found(lake, uri)
    go(lake, uri, ALLOWED, "1")
    with lake.desk() as desk:
        assert "moved it meanwhile" in revert(desk, open_registry(uri), one, remove=True).reverted
    assert aliases_in(uri) == {CHAMPION: 1}


def test_a_stage_is_left_to_people(lake: Lake, uri: str, client: Any) -> None:
    client.transition_model_version_stage(BLOCKED, "1", "Production")
    assert "by hand" in put_back(lake, uri).reverted
