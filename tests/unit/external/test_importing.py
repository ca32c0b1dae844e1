import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from featureguard.contract import Contract
from featureguard.errors import ResourceLimitError, SourceCorruptError, SourceUnreadableError, UsageError
from featureguard.evidence import ExternalResult
from featureguard.external import Imported, Skipped, Why, read_results
from featureguard.result import Code, Severity, Status
from tests.unit.external.files import (
    MODEL,
    TEST,
    expectation,
    freshness,
    ran,
    run,
    schema,
    soda_check,
    soda_scan,
    source_result,
    validation,
)

NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
ORDERS = Contract.model_validate({"dataset": "shop.orders", "owner": "me@example.org"})
MANIFEST: dict[str, Any] = {
    "metadata": schema("manifest", 12),
    "nodes": {
        MODEL: {"name": "orders"},
        TEST: {"attached_node": MODEL, "depends_on": {"nodes": [MODEL]}, "config": {"severity": "ERROR"}},
    },
}


def write(folder: Path, name: str, content: object) -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def imported(path: Path, tool: str = "dbt", *contracts: Contract, now: datetime = NOW) -> Imported:
    return read_results(path, tool, contracts or (ORDERS,), now)


def soda(folder: Path, *checks: object, now: datetime = NOW, **more: Any) -> Imported:
    return imported(write(folder, "scan.json", soda_scan(*checks, **more)), "soda", now=now)


def test_a_folder_of_dbt_is_read_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path, "manifest.json", MANIFEST)
    write(tmp_path, "run_results.json", run(ran("fail")))
    write(tmp_path, "sources.json", freshness(source_result()))
    raw = Contract.model_validate(
        {"dataset": "raw", "owner": "me@example.org", "aliases": {"dbt": "source.shop.raw.orders"}}
    )
    found = imported(tmp_path, "dbt", ORDERS, raw)
    assert [(r.dataset, r.name, r.status) for r in found.results] == [
        ("raw", "dbt:source_freshness", Status.PASS),
        ("shop.orders", "dbt:not_null_orders_id", Status.FAIL),
    ]
    assert [Path(file).name for file in found.files] == ["run_results.json", "sources.json", "manifest.json"]


def test_one_file_of_dbt_is_read_with_the_manifest_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "manifest.json", MANIFEST)
    file = write(tmp_path, "run_results.json", run(ran()))
    assert [result.dataset for result in imported(file).results] == ["shop.orders"]
    (lost,) = imported(write(tmp_path, "sources.json", freshness(source_result()))).skipped
    assert lost.why is Why.AMBIGUOUS  # the manifest has a model of the same name


def test_a_name_that_the_manifest_gives_twice_is_ambiguous_even_if_only_one_has_results(
    tmp_path: Path,
) -> None:
    other = {"name": "orders"}
    write(tmp_path, "manifest.json", {**MANIFEST, "sources": {"source.shop.raw.orders": other}})
    found = imported(write(tmp_path, "run_results.json", run(ran())))
    assert not found.results
    assert [entry.why for entry in found.skipped] == [Why.AMBIGUOUS]


@pytest.mark.parametrize("content", ["{", "", "[]", {"metadata": schema("manifest", 3)}])
def test_a_manifest_that_cannot_be_read_is_an_error_and_not_absent(tmp_path: Path, content: object) -> None:
    write(tmp_path, "manifest.json", content)
    file = write(tmp_path, "run_results.json", run(ran()))
    with pytest.raises((SourceCorruptError, SourceUnreadableError), match=r"manifest\.json"):
        imported(file)


def test_an_empty_folder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError, match=r"neither 'run_results\.json' nor 'sources\.json'"):
        imported(tmp_path)


@pytest.mark.parametrize("tool", ["dbt", "gx", "soda"])
def test_a_truncated_file_is_refused(tmp_path: Path, tool: str) -> None:
    text = json.dumps(run(ran()))
    with pytest.raises(SourceCorruptError, match=r"results\.json' is no valid JSON: line 1"):
        imported(write(tmp_path, "results.json", text[: len(text) // 2]), tool)


def test_a_tool_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'great' cannot be read"):
        imported(tmp_path, "great")


def test_more_than_a_million_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ResourceLimitError, match="more than 1,000,000"):
        soda(tmp_path, *[0] * 1_000_001)


@pytest.mark.parametrize(("ahead", "taken"), [(timedelta(minutes=5), True), (timedelta(minutes=6), False)])
def test_a_result_from_the_future_is_skipped(tmp_path: Path, ahead: timedelta, taken: bool) -> None:
    ran_at = datetime(2013, 2, 9, 11, tzinfo=UTC)
    found = soda(tmp_path, soda_check(), now=ran_at - ahead)
    assert bool(found.results) is taken
    assert [entry.why for entry in found.skipped] == ([] if taken else [Why.FUTURE])


def test_a_time_without_a_zone_is_no_time(tmp_path: Path) -> None:
    local: dict[str, Any] = dict.fromkeys(
        ("scanStartTimestamp", "scanEndTimestamp", "dataTimestamp"), "2013-02-09T11:00:00"
    )
    found = soda(tmp_path, soda_check(), **local)
    assert [entry.why for entry in found.skipped] == [Why.NO_TIME]


THREE = [
    soda_check("pass", name="rows"),
    soda_check("warn", name="rows", diagnostics={"value": 5}),
    soda_check(None, name="rows"),
]


@pytest.mark.parametrize("checks", list(permutations(THREE)))
def test_of_several_results_of_one_name_the_worst_counts_in_any_order(
    tmp_path: Path, checks: tuple[object, ...]
) -> None:
    (found,) = soda(tmp_path, *checks).results
    assert (found.status, found.severity, found.code) == (Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED)


@pytest.mark.parametrize("hours", [(9, 11), (11, 9)])
def test_several_results_of_one_name_are_as_old_as_the_oldest(tmp_path: Path, hours: tuple[int, ...]) -> None:
    runs = [validation(expectation(), run_id={"run_time": f"2013-02-09T{hour:02}:00:00Z"}) for hour in hours]
    (found,) = imported(write(tmp_path, "validations.json", runs), "gx").results
    assert (found.status, found.observed_at.hour) == (Status.PASS, 9)


def test_the_summary_counts_and_gives_reasons() -> None:
    at = datetime(2013, 2, 9, 11, tzinfo=UTC)
    results = (
        ExternalResult("dbt", "a", "orders", Status.PASS, at),
        ExternalResult("dbt", "b", "orders", Status.FAIL, at),
    )
    lost = tuple(Skipped(f"test_{n}", Why.NO_DATASET, "Write an alias.") for n in range(12))
    assert list(Imported(results, (*lost, Skipped("c", Why.NOT_RUN)), ()).summary()) == [
        "2 results for 1 dataset: 1 pass, 1 fail.",
        "13 skipped:",
        "  1 did not run: c",
        f"  12 are about datasets that no contract describes: "
        f"{', '.join(f'test_{n}' for n in range(10))} and 2 more",
        "    Write an alias.",
    ]
    assert list(Imported((), (), ()).summary()) == ["0 results for 0 datasets."]
