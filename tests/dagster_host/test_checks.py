"""Contracts as asset checks: what passes, what fails, how it is told, and what it holds up."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")

import dagster as dg

from dagster_featureguard import build_contract_checks
from featureguard.errors import ContractError, UsageError
from tests.builders import HOUR
from tests.dagster_host.lake import Lake, checked


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "project")


def test_every_asset_that_stands_on_a_contract_has_one_op_with_its_checks(lake: Lake) -> None:
    found = build_contract_checks(lake.catalog, lake.assets())
    told = {(key.asset_key.to_user_string(), key.name) for checks in found for key in checks.check_keys}
    own = {"featureguard_freshness", "featureguard_future", "featureguard_findings", "featureguard_probe"}
    assert told == {
        *(("raw", name) for name in own),
        *(("feature", name) for name in own | {"featureguard_upstream"}),
        ("midway", "featureguard_upstream"),
        ("train", "featureguard_upstream"),
    }
    assert len(found) == 4


def test_what_only_warns_does_not_block(lake: Lake) -> None:
    found = build_contract_checks(lake.catalog, [dg.AssetSpec("raw")], datasets=["raw"])
    blocking = {spec.name: spec.blocking for checks in found for spec in checks.check_specs}
    assert blocking["featureguard_freshness"] is True
    assert blocking["featureguard_future"] is False


def test_fresh_data_passes_with_figures_that_are_plotted(lake: Lake) -> None:
    found = checked(lake.run("everything"))["feature", "featureguard_freshness"]
    assert found.passed
    shown = {name: value.value for name, value in found.metadata.items()}
    assert (shown["age_seconds"], shown["limit_seconds"]) == (3600.0, 7200.0)
    assert shown["dagster/last_updated_timestamp"] == (lake.now - HOUR).timestamp()
    assert shown["fresh_until"] == (lake.now + HOUR).timestamp()
    assert shown["runbook"] == "https://runbooks.example.org/feature"


def test_stale_data_fails_with_its_reason_and_holds_up_only_what_is_made_from_it(lake: Lake) -> None:
    lake.age("feature", 3 * HOUR)
    result = lake.run("everything")
    found = checked(result)["feature", "featureguard_freshness"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "3h old" in found.description
    assert "the contract allows 2h" in found.description
    assert set(lake.ran) == {"feature", "other", "report"}


def test_a_stale_source_fails_what_is_made_from_it_by_its_name(lake: Lake) -> None:
    lake.age("raw", 3 * HOUR)
    found = checked(lake.run("everything"))["feature", "featureguard_upstream"]
    assert not found.passed
    assert found.description.startswith("raw: The newest 'at' is 3h old")
    (reason,) = [record.data for record in found.metadata["reasons"].records]
    assert reason["path"] == "feature → raw"
    assert reason["owner"] == "me@example.org"


def test_on_a_tier_that_tolerates_the_unknown_it_is_a_warning(tmp_path: Path) -> None:
    lenient = Lake(tmp_path / "project", tier=2)
    lenient.empty("feature")
    (lenient.folder / "lake" / "feature" / "rows.parquet").write_bytes(b"no parquet")
    found = checked(lenient.run("everything"))["feature", "featureguard_freshness"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "train" in lenient.ran


def test_a_waived_reason_is_a_warning_that_names_the_waiver(lake: Lake) -> None:
    from featureguard.granting import grant

    lake.age("feature", 3 * HOUR)
    with lake.resource.guard() as guard:
        waiver = grant(
            lake.catalog,
            dataset="feature",
            subject=None,
            codes=["DATA_STALE"],
            reason="the vendor is down",
            by="ann",
            approved_by="bob",
            since=lake.now - HOUR,
            until=lake.now + HOUR,
        )
        guard.store_in_use.waivers.add(waiver)
    found = checked(lake.run("everything"))["feature", "featureguard_freshness"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert waiver.id in found.description
    assert "train" in lake.ran


def test_one_selected_check_is_the_only_one_that_is_told(lake: Lake) -> None:
    defs = lake.defs()
    key = dg.AssetCheckKey(dg.AssetKey("raw"), "featureguard_freshness")
    job = dg.define_asset_job("one", selection=dg.AssetSelection.checks(key))
    defs = dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))
    assert list(checked(lake.run("one", defs))) == [("raw", "featureguard_freshness")]


def test_a_contract_without_an_asset_names_its_file_and_the_nearest_keys(lake: Lake) -> None:
    assets = [dg.AssetSpec("raw"), dg.AssetSpec("features")]
    with pytest.raises(ContractError) as found:
        build_contract_checks(lake.catalog, assets)
    assert "contracts/feature.yaml:1" in str(found.value)
    assert "there is no asset 'feature' for it. The nearest are features" in str(found.value)
    assert "aliases: {dagster: features}" in str(found.value)


def test_an_alias_names_the_asset_and_dots_separate_the_parts_of_a_key(lake: Lake) -> None:
    contracts = lake.folder / "contracts"
    text = (contracts / "raw.yaml").read_text()
    (contracts / "raw.yaml").write_text(text + "aliases: {dagster: lake/raw_rides}\n")
    (contracts / "spare.yaml").write_text("dataset: team.spare\nowner: me@example.org\n")
    keys = [["lake", "raw_rides"], ["feature"], ["team", "spare"]]
    found = build_contract_checks(lake.catalog, [dg.AssetSpec(dg.AssetKey(key)) for key in keys])
    assert {key.asset_key for checks in found for key in checks.check_keys} == {*map(dg.AssetKey, keys)}


def test_keys_that_look_alike_have_ops_of_their_own(lake: Lake) -> None:
    contracts = lake.folder / "contracts"
    keys = [["a", "b"], ["a__b"], ["a-b"], ["a.b"]]
    for number, key in enumerate(keys):
        alias = "/".join(key)
        text = f"dataset: d{number}\nowner: me@example.org\naliases: {{dagster: '{alias}'}}\n"
        (contracts / f"d{number}.yaml").write_text(text)
    assets = [dg.AssetSpec(dg.AssetKey(key)) for key in keys]
    found = build_contract_checks(lake.catalog, assets, datasets=[f"d{n}" for n in range(len(keys))])
    assert len({checks.node_def.name for checks in found}) == len(keys)
    defs = dg.Definitions(assets=assets, asset_checks=found, resources={"featureguard": lake.resource})
    assert {key.asset_key for key in defs.resolve_asset_graph().asset_check_keys} == {*map(dg.AssetKey, keys)}


def test_two_contracts_of_one_asset_are_refused(lake: Lake) -> None:
    contracts = lake.folder / "contracts"
    (contracts / "raw.yaml").write_text(
        (contracts / "raw.yaml").read_text() + "aliases: {dagster: feature}\n"
    )
    with pytest.raises(ContractError, match=r"raw\.yaml:1.*about the asset 'feature', and so is 'feature'"):
        build_contract_checks(lake.catalog, [dg.AssetSpec("feature")])


def test_some_datasets_may_be_left_out_and_an_unknown_one_is_told(lake: Lake) -> None:
    assert len(build_contract_checks(lake.catalog, [dg.AssetSpec("raw")], datasets=["raw"])) == 1
    with pytest.raises(UsageError, match=r"no dataset 'raww'. Did you mean 'raw'"):
        build_contract_checks(lake.catalog, [dg.AssetSpec("raw")], datasets=["raww"])


def test_an_action_that_no_policy_knows_is_refused(lake: Lake) -> None:
    with pytest.raises(UsageError, match=r"knows no action 'trian'. Did you mean 'train'"):
        build_contract_checks(lake.catalog, lake.assets(), action="trian")
