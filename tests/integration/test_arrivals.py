"""Deliveries and partitions of real files, judged by the guard and kept in a real store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from featureguard.result import AnsweredBy
from tests.builders import DAY, HOUR, named, write
from tests.looking_builders import Lake, days, lake, said

DELIVERY = {"delivery": {"cron": "0 1 * * *", "grace": "5h", "slack": "2h"}}
BY_WINDOW: dict[str, Any] = {"judge": {"per": "day"}, "partitions": {}}


def test_a_file_that_comes_mends_what_was_missing(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=DELIVERY) as rides:
        rides.add("7", at=days(37.5, 37.95), fare=[1.0, 2.0])  # 7 February; NOW is noon of the 9th.
        assert said(rides.check())["delivery"] == "fail WINDOW_MISSING"
        rides.add("8", at=days(38.2, 38.95), fare=[1.0, 2.0])
        result = named(rides.check(), "delivery")
        assert (result.status, result.answered_by, result.rows_read) == ("pass", AnsweredBy.METADATA, 2)


def test_once_the_next_delivery_was_due_the_last_look_proves_nothing(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=DELIVERY, evidence_max_age="3d") as rides:
        rides.add("8", at=days(38.2, 38.95), fare=[1.0, 2.0])
        rides.check()
        midnight = rides.now + 12 * HOUR
        before, after = (rides.guard().standing("rides", midnight + n * HOUR) for n in (5, 6))
        assert (said(before)["delivery"], said(after)["delivery"]) == ("pass", "unknown NO_EVIDENCE")


@pytest.mark.parametrize(
    "files", [{"a": (35.5, 36.5, 38.5)}, {"a": (35.5,), "b": (36.5, 36.6), "c": (38.5,)}]
)
def test_a_day_without_rows_between_others_is_missing(tmp_path: Path, files: dict[str, Any]) -> None:
    """Whether one file holds many days, which only its rows tell apart, or each its own."""
    with lake(tmp_path, **BY_WINDOW) as rides:
        for name, at in files.items():
            rides.add(name, at=days(*at))
        report = rides.check()
        assert named(report, "partitions").reason.startswith("1 of 4 days is missing: 2013-02-07.")
        rides.add("7", at=days(37.1))
        assert said(rides.check())["partitions"] == "pass"


def hive(rides: Lake, *folders: str) -> None:
    for folder in folders:
        write(rides.folder / folder / "part.parquet", at=days(1.5), fare=pa.array([1.0]))


@pytest.mark.parametrize(
    ("by", "folders"),
    [
        (["day"], ["day=2013-02-05", "day=2013-02-06", "day=2013-02-08", "day=__HIVE_DEFAULT_PARTITION__"]),
        (["y", "m", "d"], ["y=2013/m=2/d=5", "y=2013/m=2/d=6", "y=2013/m=2/d=8"]),
    ],
)
def test_folders_name_partitions_without_any_row_being_read(
    tmp_path: Path, by: list[str], folders: list[str]
) -> None:
    with lake(tmp_path, time={}, partitions={"by": by}) as rides:
        hive(rides, *folders)
        result = named(rides.check(), "partitions")
        assert (result.status, result.unit, result.rows_read) == ("fail", "2013-02-07", 0)
        hive(rides, folders[0].replace("5", "7"))
        assert said(rides.check())["partitions"] == "pass"


def test_folders_without_that_key_are_unknown_and_an_empty_folder_never_had_data(tmp_path: Path) -> None:
    with lake(tmp_path, time={}, partitions={"by": ["day"]}) as rides:
        assert said(rides.check())["partitions"] == "fail NEVER_ARRIVED"
        hive(rides, "hour=2013020805")
        assert said(rides.check())["partitions"] == "unknown EVIDENCE_PARTIAL"


def test_the_last_look_knows_its_partitions_and_one_from_before_the_promise_does_not(tmp_path: Path) -> None:
    with lake(tmp_path) as rides:
        rides.add("a", at=days(36.5, 38.5))
        rides.check()
        rides.promise(**BY_WINDOW)
        assert said(rides.guard().standing("rides", rides.now))["partitions"] == "unknown CONTRACT_CHANGED"
        report = rides.check()
        kept = rides.guard().standing("rides", rides.now)
        assert (
            kept.observation.partitions == report.observation.partitions == {"2013-02-06": 1, "2013-02-08": 1}
        )
        assert said(kept)["partitions"] == "fail PARTITION_MISSING"


def test_a_column_that_is_no_time_leaves_partitions_unknown(tmp_path: Path) -> None:
    with lake(tmp_path, **BY_WINDOW) as rides:
        rides.add("a", at=["yesterday"])
        assert said(rides.check(after=DAY))["partitions"] == "unknown EVIDENCE_PARTIAL"
