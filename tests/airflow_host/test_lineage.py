"""Airflow's graph of assets beside the `upstream` of contracts, and which asset each dataset is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, AssetAlias

from airflow_featureguard.lineage import lineage_gaps, match
from featureguard.catalog import Catalog
from featureguard.errors import ContractError, UsageError
from tests.builders import rides


def catalog(**aliases: str) -> Catalog:
    """Three datasets, of which only `features` says what it is made from."""
    upstream = {"features": ["clean"]}
    contracts = [
        rides(
            dataset=name,
            upstream=upstream.get(name, []),
            aliases={"airflow": aliases[name]} if name in aliases else {},
        )
        for name in ("raw", "clean", "features")
    ]
    return Catalog.from_contracts(contracts)


def dag(*tasks: tuple[list[Any], list[Any]], schedule: Any = None) -> DAG:
    """A DAG whose tasks have these inlets and outlets."""
    with DAG("pipeline", schedule=schedule, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as made:
        for number, (inlets, outlets) in enumerate(tasks):
            EmptyOperator(task_id=f"task_{number}", inlets=inlets, outlets=outlets)
    return made


RAW, STEP, CLEAN, FEATURES = (Asset(name) for name in ("raw", "step", "clean", "features"))


def test_what_tasks_read_and_no_contract_says_is_a_gap() -> None:
    made = dag(([RAW], [STEP]), ([STEP], [CLEAN]), ([CLEAN], [FEATURES]))
    assert lineage_gaps(catalog(), [made]) == {"clean": ("raw",)}


def test_dags_are_read_together() -> None:
    assert lineage_gaps(catalog(), [dag(([RAW], [STEP])), dag(([STEP], [CLEAN]))]) == {"clean": ("raw",)}


def test_assets_that_start_a_dag_count_as_read() -> None:
    made = dag(([], [CLEAN]), schedule=(RAW | STEP))
    assert lineage_gaps(catalog(), [made]) == {"clean": ("raw",)}


def test_the_decorator_of_assets_is_understood_as_a_folder_of_dags_holds_it(tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag

    (tmp_path / "assets.py").write_text(
        "from airflow.sdk import asset\n"
        "@asset(schedule=None)\ndef raw(): ...\n"
        "@asset(schedule=None)\ndef clean(raw): ...\n"
    )
    assert lineage_gaps(catalog(), DagBag(tmp_path).dags.values()) == {"clean": ("raw",)}


def test_references_by_name_and_by_uri_are_followed() -> None:
    lake = Asset("raw", uri="s3://lake/raw")
    made = dag(([], [lake]), ([Asset.ref(uri="s3://lake/raw")], [Asset.ref(name="clean")]))
    assert lineage_gaps(catalog(), [made]) == {"clean": ("raw",)}


def test_an_asset_alias_says_nothing_before_it_runs() -> None:
    assert lineage_gaps(catalog(), [dag(([AssetAlias("raw")], [CLEAN]))]) == {}


def test_a_dataset_is_found_by_its_alias_by_name_or_uri_and_by_its_own_name() -> None:
    assets = [Asset("lake", uri="s3://lake/raw"), Asset("team/clean"), FEATURES]
    found = catalog(raw="s3://lake/raw", clean="team/clean")
    assert match(found, [dag(([], assets))]) == {"raw": "lake", "clean": "team/clean", "features": "features"}


def test_slashes_may_stand_for_dots() -> None:
    dotted = Catalog.from_contracts([rides(dataset="team.clean")])
    assert match(dotted, [dag(([], [Asset("team/clean")]))]) == {"team.clean": "team/clean"}


def test_a_dataset_without_an_asset_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ContractError, match=r"'clean': there is no asset 'cleen'.*nearest are clean"):
        match(catalog(clean="cleen"), [dag(([], [RAW, CLEAN, FEATURES]))])
    with pytest.raises(UsageError, match="Did you mean 'clean'"):
        match(catalog(), [dag(([], [CLEAN]))], ["cleen"])


def test_two_datasets_for_one_asset_are_an_error() -> None:
    doubled = catalog(clean="raw")
    with pytest.raises(ContractError, match="about the asset 'raw', and so is 'clean'"):
        lineage_gaps(doubled, [dag(([], [RAW]))])
