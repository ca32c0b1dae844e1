"""The settings of the registry's guard; needs no MLflow."""

from __future__ import annotations

import pytest

from featureguard.errors import UsageError
from featureguard.mlflow.settings import Settings


def test_champion_and_production_are_protected_where_nothing_is_said() -> None:
    found = Settings.of({})
    assert found == Settings()
    assert found.protects("alias", "Champion")
    assert found.protects("stage", "production")
    assert not found.protects("alias", "challenger")
    assert not found.protects("stage", "Staging")


def test_what_is_named_replaces_that() -> None:
    found = Settings.of({"FEATUREGUARD_MLFLOW_ALIASES": "live, canary", "FEATUREGUARD_MLFLOW_STAGES": ""})
    assert found.protects("alias", "canary")
    assert not found.protects("alias", "champion")
    assert not found.protects("stage", "Production")


def test_a_star_is_all() -> None:
    assert Settings.of({"FEATUREGUARD_MLFLOW_ALIASES": "*"}).protects("alias", "whatever")


@pytest.mark.parametrize(
    ("name", "text"),
    [("UNKNOWN", "maybe"), ("LINEAGE", "yes"), ("TIMEOUT", "0"), ("TIMEOUT", "soon"), ("INSECURE", "1")],
)
def test_what_makes_no_sense_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"FEATUREGUARD_MLFLOW_{name} is '{text}'"):
        Settings.of({f"FEATUREGUARD_MLFLOW_{name}": text})


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(UsageError, match="FEATUREGUARD_MLFLOW_ALIAS is no setting"):
        Settings.of({"FEATUREGUARD_MLFLOW_ALIAS": "champion"})


def test_the_token_is_in_no_text() -> None:
    found = Settings.of({"FEATUREGUARD_TOKEN": "fg_secret"})
    assert found.token == "fg_secret"
    assert "fg_secret" not in repr(found)
