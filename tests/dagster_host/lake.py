"""A small code location on a real project: `raw` → `feature` → `midway` → `train`, and two others.

`raw` is external and has a contract, `feature` has one too, `midway` has none. The model `pricing` requires
`feature`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_featureguard import FeatureGuardResource, build_contract_checks, guarded_job
from featureguard.catalog import Catalog, load_catalog
from tests.builders import HOUR, NOW, write
from tests.world import at

CONTRACT = """dataset: {name}
owner: me@example.org
tier: {tier}
source: {{kind: parquet, path: lake/{name}/}}
time: {{event: at}}
freshness: {{max_age: 2h}}
runbook: https://runbooks.example.org/{name}
upstream: [{upstream}]
"""
SUBJECT = "subject: pricing\nowner: ml@example.org\ntier: {tier}\nrequires: [feature]\n"
PROJECT = "catalog: [contracts/]\nstore: {{url: '{store}', simulated: true}}\n"
UPSTREAM = {"raw": "", "feature": "raw"}


class Lake:
    """A project whose data is an hour old, which its contracts allow.

    Attributes:
        ran: Assets that were materialized, in order.
        now: What the clock of the evidence shows.
        gated: Whether the training asks the gate itself.
    """

    def __init__(
        self, folder: Path, *, store: str = "sqlite:///store.db", tier: int = 0, gated: bool = True
    ) -> None:
        self.folder, self.gated, self.now = folder, gated, NOW
        self.ran: list[str] = []
        contracts = folder / "contracts"
        contracts.mkdir(parents=True)
        (folder / "featureguard.yaml").write_text(PROJECT.format(store=store))
        (contracts / "pricing.yaml").write_text(SUBJECT.format(tier=tier))
        for name, upstream in UPSTREAM.items():
            text = CONTRACT.format(name=name, upstream=upstream, tier=tier)
            (contracts / f"{name}.yaml").write_text(text)
            (folder / "lake" / name).mkdir(parents=True)
            self.age(name, HOUR)

    def age(self, dataset: str, age: timedelta) -> None:
        """Rewrite a dataset with rows of an age."""
        write(self.folder / "lake" / dataset / "rows.parquet", at=at(self.now - age))

    def empty(self, dataset: str) -> None:
        """A dataset that never arrived."""
        (self.folder / "lake" / dataset / "rows.parquet").unlink()

    @property
    def catalog(self) -> Catalog:
        """Its contracts."""
        return load_catalog([self.folder / "contracts"])

    @property
    def resource(self) -> FeatureGuardResource:
        """How jobs reach it."""
        return FeatureGuardResource(project=str(self.folder), now=self.now.isoformat())

    def assets(self, **training: Any) -> list[Any]:
        """The assets, the training with more options of `dagster.asset`."""

        def step(name: str, *deps: str, **more: Any) -> Any:
            @dg.asset(name=name, deps=list(deps), **more)  # type: ignore[untyped-decorator]
            def made() -> None:
                self.ran.append(name)

            return made

        @dg.asset(name="train", deps=["midway"], **training)  # type: ignore[untyped-decorator]
        def train(featureguard: FeatureGuardResource) -> None:
            if self.gated:
                featureguard.require("pricing", "train")
            self.ran.append("train")

        return [
            dg.AssetSpec("raw"),
            step("feature", "raw"),
            step("midway", "feature"),
            train,
            step("other"),
            step("report", "other"),
        ]

    def defs(self, *, checks: bool = True, **training: Any) -> dg.Definitions:
        """The code location, with the training as a guarded job, alone, and with everything."""
        assets = self.assets(**training)
        return dg.Definitions(
            assets=assets,
            asset_checks=build_contract_checks(self.catalog, assets) if checks else [],
            resources={"featureguard": self.resource},
            jobs=[
                guarded_job("guarded", "train"),
                dg.define_asset_job("alone", selection="train"),
                dg.define_asset_job("everything", selection="*"),
            ],
        )

    def run(self, job: str, defs: dg.Definitions | None = None, **more: Any) -> dg.ExecuteInProcessResult:
        """Run a job; `ran` tells what was materialized."""
        self.ran.clear()
        found = defs or self.defs()
        with dg.DagsterInstance.ephemeral() as instance:
            return found.resolve_job_def(job).execute_in_process(
                instance=instance, raise_on_error=False, **more
            )


def checked(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], Any]:
    """Every check evaluation of a run by asset and check."""
    return {
        (one.asset_key.to_user_string(), one.check_name): one for one in result.get_asset_check_evaluations()
    }


def failures(result: dg.ExecuteInProcessResult) -> Sequence[Any]:
    """What the steps that failed by our own decision said."""
    found = [
        event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure
    ]
    return [one for one in found if one is not None]
