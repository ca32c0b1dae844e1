"""What a checkpoint finds is evidence in the store, or its run fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from featureguard.catalog import load_catalog
from featureguard.errors import FeatureGuardError, ProjectError, StoreError, UsageError
from featureguard.evidence import ExternalResult
from featureguard.guard import Guard
from featureguard.project import load_project
from featureguard.result import Code, Severity, Status
from featureguard.store import open_store

gx = pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
pandas = pytest.importorskip("pandas")

from gx_featureguard import (
    ExpectFeatureToBeFresh,
    ExpectNullRateToBeWithinContract,
    ExpectSchemaToMatchContract,
    FeatureGuardAction,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
CATALOG = """\
dataset: shop.rides
owner: rides@example.org
tier: 0
aliases: {gx: rides}
external_checks:
  - {tool: gx, check: expect_feature_to_be_fresh(at)}
---
subject: pricing
owner: ml@example.org
requires: [shop.rides]
"""
WARNING = gx.expectations.metadata_types.FailureSeverity.WARNING
FRESH = "expect_feature_to_be_fresh(at)"
Run = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a store of its own."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "rides.yaml").write_text(CATALOG, encoding="utf-8")
    store(tmp_path, f"sqlite:///{tmp_path}/store.db")
    monkeypatch.delenv("FEATUREGUARD_PROJECT", raising=False)
    monkeypatch.delenv("FEATUREGUARD_ENV", raising=False)
    return tmp_path


def store(project: Path, url: str) -> None:
    (project / "featureguard.yaml").write_text(f"catalog: [contracts/]\nstore: {url}\n", encoding="utf-8")


def recorded(project: Path, dataset: str = "shop.rides") -> dict[str, ExternalResult]:
    with open_store(load_project(project, {}, None).store_url({})) as found:
        return {result.check: result for result in found.evidence(dataset).external}


@pytest.fixture
def run(tmp_path: Path, project: Path) -> Run:
    """Runs a checkpoint of a file context on a frame; the action comes before that of Data Docs."""

    def go(frame: Any, *expectations: Any, asset: str = "rides", **arguments: Any) -> Any:
        root = tmp_path / "gx_project"
        root.mkdir()
        context = gx.get_context(mode="file", project_root_dir=str(root))
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        data = context.data_sources.add_pandas("lake").add_dataframe_asset(asset)
        suite = context.suites.add(gx.ExpectationSuite(name="rides", expectations=list(expectations)))
        batch = data.add_batch_definition_whole_dataframe("all")
        definition = gx.ValidationDefinition(name="rides", data=batch, suite=suite)
        action = FeatureGuardAction(name="evidence", **{"project": str(project), **arguments})
        docs = gx.checkpoint.UpdateDataDocsAction(name="docs")
        checkpoint = gx.Checkpoint(
            name="nightly",
            validation_definitions=[context.validation_definitions.add(definition)],
            actions=[action, docs],
        )
        context.checkpoints.add(checkpoint)
        again = gx.get_context(mode="file", project_root_dir=str(root))
        again.variables.progress_bars = {"globally": False, "metric_calculations": False}
        return again.checkpoints.get("nightly").run(batch_parameters={"dataframe": frame})

    return go


def docs(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob("gx_project/gx/uncommitted/data_docs/local_site/validations/**/*.html"))


def rides(age: timedelta) -> Any:
    at = pandas.Series([datetime.now(UTC) - age], dtype="datetime64[us, UTC]")
    return pandas.DataFrame({"at": at, "fare": [None]})


def fresh(**arguments: Any) -> Any:
    return ExpectFeatureToBeFresh(column="at", max_age="2h", **arguments)


def test_every_result_becomes_evidence_with_our_code_and_reason(
    run: Run, project: Path, tmp_path: Path
) -> None:
    began = datetime.now(UTC)
    result = run(
        rides(timedelta(hours=3)),
        fresh(),
        ExpectNullRateToBeWithinContract(column="fare", at_most=0.5, severity=WARNING),
        ExpectSchemaToMatchContract(columns={"at": "timestamp[us, tz=UTC]"}),
        ExpectNullRateToBeWithinContract(column="tip", at_most=0.5),
        gx.expectations.ExpectTableRowCountToBeBetween(min_value=1),
    )
    assert not result.success
    found = recorded(project)
    assert {check: (one.status, one.severity, one.code) for check, one in found.items()} == {
        FRESH: (Status.FAIL, Severity.BLOCK, Code.DATA_STALE),
        "expect_null_rate_to_be_within_contract(fare)": (Status.FAIL, Severity.WARN, Code.NULL_LIMIT),
        "expect_schema_to_match_contract": (Status.PASS, Severity.BLOCK, None),
        "expect_null_rate_to_be_within_contract(tip)": (
            *(Status.UNKNOWN, Severity.BLOCK, Code.EVIDENCE_PARTIAL),
        ),
        "expect_table_row_count_to_be_between": (Status.PASS, Severity.BLOCK, None),
    }
    stale = found[FRESH]
    assert stale.reason.startswith("The newest 'at' is 3h old")
    assert stale.observed == pytest.approx(10_800, abs=600)
    assert began - timedelta(seconds=1) <= stale.observed_at <= datetime.now(UTC)
    assert len(docs(tmp_path)) == 1


@pytest.mark.parametrize(("age", "allowed"), [(timedelta(hours=1), True), (timedelta(hours=3), False)])
def test_a_gate_stands_on_what_gx_found(run: Run, project: Path, age: timedelta, allowed: bool) -> None:
    run(rides(age), fresh())
    found = load_project(project, {}, None)
    catalog = load_catalog(found.catalog_places, found.vars)
    with Guard.open(found, catalog, clock=lambda: datetime.now(UTC), environ={}) as guard:
        decision = guard.decide("pricing", "train").decision
    assert (Code.DATA_STALE in {reason.code for reason in decision.reasons}) is not allowed
    assert FRESH not in {str(reason.check) for reason in decision.reasons if reason.code is Code.NO_EVIDENCE}


def test_the_action_says_how_much_it_recorded_and_again_is_the_same(run: Run, project: Path) -> None:
    result = run(rides(timedelta()), fresh())
    before = recorded(project)
    told = FeatureGuardAction(name="again", project=str(project)).run(result)
    assert told == {"recorded": {"shop.rides": 1}, "skipped": []}
    assert recorded(project) == before
    assert before[FRESH].status is Status.PASS


def test_a_project_that_is_not_there_fails_the_run_and_data_docs_are_written(
    run: Run, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError):
        run(rides(timedelta()), fresh(), project=str(tmp_path / "nowhere"))
    assert len(docs(tmp_path)) == 1


def test_a_store_that_is_away_fails_the_run_without_telling_its_password(
    run: Run, project: Path, tmp_path: Path
) -> None:
    pytest.importorskip("psycopg", reason="psycopg (extra 'postgres') is not installed")
    store(project, "postgresql+psycopg://guard:hunter2@127.0.0.1:1/evidence")
    with pytest.raises(FeatureGuardError) as raised:
        run(rides(timedelta()), fresh())
    assert isinstance(raised.value, StoreError | ProjectError)
    assert "hunter2" not in str(raised.value)
    assert len(docs(tmp_path)) == 1


def test_results_about_nothing_of_ours_fail_the_run(run: Run, project: Path) -> None:
    with pytest.raises(UsageError, match="Nothing of checkpoint 'nightly' was recorded") as raised:
        run(rides(timedelta()), fresh(), asset="scooters")
    assert "lake.scooters" in str(raised.value)
    assert recorded(project) == {}


def test_a_result_ahead_of_the_store_fails_the_run(run: Run, project: Path) -> None:
    """A simulated store of another day: what runs today is in its future."""
    text = f"catalog: [contracts/]\nstore: {{url: 'sqlite:///{project}/store.db', simulated: true}}\n"
    (project / "featureguard.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="lie in the future"):
        run(rides(timedelta()), fresh(), now="2013-02-09T12:00:00Z")


def test_an_instant_of_its_own_is_for_simulated_stores(run: Run) -> None:
    with pytest.raises(ProjectError, match="not simulated"):
        run(rides(timedelta()), fresh(), now="2013-02-09T12:00:00Z")
