"""What was last seen, judged now: trust runs out, and a failure does not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from featureguard.errors import UsageError
from featureguard.result import Status
from tests.builders import DAY, HOUR, NOW, hours_ago, named
from tests.looking_builders import AT, lake, said

FRESH = {"max_age": "30d"}


def test_nobody_looked_is_no_evidence(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, volume={"at_least": 1}) as it:
        report = it.guard().standing("rides", NOW)
        assert set(said(report).values()) == {"unknown NO_EVIDENCE"}
        assert (report.recorded, report.exit_code) == (None, 3)


@pytest.mark.parametrize(("tier", "trusted"), [(0, HOUR), (1, 6 * HOUR), (2, 26 * HOUR), (3, 26 * HOUR)])
def test_a_pass_is_trusted_as_long_as_its_tier_says(tmp_path: Path, tier: int, trusted: timedelta) -> None:
    with lake(tmp_path, freshness=FRESH, tier=tier) as it:
        it.add("a", at=hours_ago(1))
        it.check()
        standing = it.guard().standing
        assert said(standing("rides", NOW + trusted))["freshness"] == "pass"
        late = standing("rides", NOW + trusted + timedelta(microseconds=1))
        assert said(late)["freshness"] == "unknown EVIDENCE_EXPIRED"
        assert "Check again" in named(late, "freshness").reason


def test_a_declared_age_of_evidence_wins_over_the_tier(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, tier=0, evidence_max_age="2d") as it:
        it.add("a", at=hours_ago(1))
        it.check()
        assert said(it.guard().standing("rides", NOW + 2 * DAY))["freshness"] == "pass"


def test_data_grows_stale_while_nobody_looks(tmp_path: Path) -> None:
    with lake(tmp_path, freshness={"max_age": "6h"}) as it:
        it.add("a", at=hours_ago(5))
        it.check()
        assert said(it.guard().standing("rides", NOW + HOUR))["freshness"] == "pass"
        stale = it.guard().standing("rides", NOW + 2 * HOUR)
        assert said(stale)["freshness"] == "fail DATA_STALE"
        assert named(stale, "freshness").observed == 7 * 3600


def test_a_failure_does_not_expire(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, volume={"at_least": 2}) as it:
        it.add("a", at=hours_ago(1))
        it.check()
        report = it.guard().standing("rides", NOW + 9 * DAY)
        assert said(report) == {
            "freshness": "unknown EVIDENCE_EXPIRED",
            "future": "unknown EVIDENCE_EXPIRED",
            "volume": "fail VOLUME_OUT_OF_RANGE",
        }


def test_an_unfinished_look_puts_a_pass_in_doubt_and_leaves_a_failure(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, volume={"at_least": 2}) as it:
        it.add("a", at=hours_ago(1))
        it.check()
        damaged = it.folder / "b.parquet"
        damaged.write_bytes(b"half a file")
        broken = it.check()
        report = it.guard().standing("rides", it.now)
        assert said(report)["volume"] == "fail VOLUME_OUT_OF_RANGE"
        assert said(report)["freshness"] == "unknown SOURCE_CORRUPT"
        assert report.recorded == broken.recorded
        damaged.unlink()
        it.add("b", at=hours_ago(1))
        it.check()
        assert set(said(it.guard().standing("rides", it.now)).values()) == {"pass"}


def test_only_unfinished_looks_say_why_they_are(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        it.folder.rmdir()
        looked = it.check()
        report = it.guard().standing("rides", NOW)
        assert said(report)["freshness"] == "unknown SOURCE_UNREADABLE"
        assert report.recorded == looked.recorded


def test_todays_contract_judges_what_was_seen_yesterday(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, schema={"columns": {"fare": {"nulls": "60%"}}}) as it:
        it.add("a", at=hours_ago(1, 2), fare=[1.0, float("nan")], tip=["x", ""])
        assert said(it.check())["nulls fare"] == "pass"
        tips = {"nulls": {"at_most": 0, "covers": ["empty"]}}
        it.promise(freshness={"max_age": "1h"}, schema={"columns": {"fare": {"nulls": "40%"}, "tip": tips}})
        report = it.guard().standing("rides", NOW + HOUR)
        assert said(report)["freshness"] == "fail DATA_STALE"
        assert said(report)["nulls fare"] == "fail NULL_LIMIT"
        assert said(report)["nulls tip"] == "unknown CONTRACT_CHANGED"


def test_what_nobody_measured_before_an_unfinished_look_is_unknown(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, volume={"at_least": 1}) as it:
        it.add("a", at=hours_ago(1), tip=[""])
        it.check()
        tips = {"tip": {"nulls": {"at_most": 0, "covers": ["empty"]}}}
        it.promise(freshness=FRESH, volume={"at_least": 2}, schema={"columns": tips})
        (it.folder / "b.parquet").write_bytes(b"half a file")
        it.check()
        report = it.guard().standing("rides", it.now)
        tip = named(report, "nulls", "tip")
        assert (tip.status, tip.not_measured) == (Status.UNKNOWN, False)
        assert said(report)["volume"] == "fail VOLUME_OUT_OF_RANGE"  # Today's limit, yesterday's rows.


def test_standing_reads_no_data_and_writes_nothing(tmp_path: Path, store_contents: object) -> None:
    assert callable(store_contents)
    with lake(tmp_path, freshness=FRESH) as it:
        (path := it.add("a", at=hours_ago(1))).touch()
        it.check()
        path.unlink()
        it.folder.rmdir()
        before = store_contents(it.url)
        assert said(it.guard().standing("rides", NOW + HOUR))["freshness"] == "pass"
        assert store_contents(it.url) == before


def test_a_retracted_recorder_is_no_evidence(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        it.add("a", at=hours_ago(1))
        it.check()
        span = {"since": NOW - HOUR, "until": NOW + HOUR, "now": NOW}
        it.store.retract("a worker", dataset="rides", reason="wrong folder", by="me", **span)
        assert said(it.guard().standing("rides", NOW))["freshness"] == "unknown NO_EVIDENCE"


def test_a_naive_instant_is_refused(tmp_path: Path) -> None:
    with lake(tmp_path, time=AT, freshness=FRESH) as it:
        it.add("a", at=hours_ago(1))
        it.check()
        with pytest.raises(UsageError, match="without a zone"):
            it.guard().standing("rides", NOW.replace(tzinfo=None))
