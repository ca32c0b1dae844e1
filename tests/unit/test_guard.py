"""The main flow, with real files, a real store and a clock that the tests turn."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from featureguard.catalog import Catalog
from featureguard.contract import Contract, Subject
from featureguard.errors import StoreError, UsageError
from featureguard.guard import Guard, check
from featureguard.judging import CLOCKS_DIFFER, expiry, worst_exit_code
from featureguard.observation import History, Observation
from featureguard.policy import EVIDENCE_MAX_AGE
from featureguard.result import CheckResult, Code, Severity, Status
from featureguard.sources.parquet import ParquetSource
from featureguard.store import open_store
from tests.builders import DAY, HOUR, NOW, hours_ago, named, rides
from tests.world import World, at, world

FRESH = {"time": {"event": "at"}, "freshness": {"max_age": "3h"}}
FULL = {
    **FRESH,
    "schema": {"columns": {"fare": {"type": "float64", "nulls": "10%"}}},
    "volume": {"at_least": 2},
}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, **FULL) as made:
        yield made


def codes(results: tuple[CheckResult, ...]) -> set[Code | None]:
    return {result.code for result in results}


# ------------------------------------------------------------------------------------ what went wrong
def test_a_corrupt_file_makes_every_result_unknown(lake: World) -> None:
    path = lake.file("a.parquet", at=hours_ago(1, 2), fare=[1.0, 2.0])
    path.write_bytes(path.read_bytes()[:-200] + bytes(200))
    report = lake.check()
    assert {result.status for result in report.results} == {Status.UNKNOWN}
    assert codes(report.results) == {Code.SOURCE_CORRUPT}
    assert {result.check for result in report.results} == {"schema", "freshness", "future", "volume", "nulls"}
    assert report.exit_code == 3
    assert report.observation.failure


def test_damage_that_only_a_scan_meets_is_corrupt_too(lake: World) -> None:
    rows = 20_000
    fares = pa.array([float(n % 977) for n in range(rows)])
    path = lake.lake / "a.parquet"
    pa.parquet.write_table(
        pa.table({"at": hours_ago(*[1] * rows), "fare": fares}), path, write_page_checksum=True
    )
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)
    report = lake.check()
    assert codes(report.results) == {Code.SOURCE_CORRUPT}
    assert report.exit_code == 3


def test_one_corrupt_file_among_good_ones_is_not_overlooked(lake: World) -> None:
    lake.file("a.parquet", at=hours_ago(1, 2), fare=[1.0, 2.0])
    (lake.lake / "b.parquet").write_bytes(b"PAR1 no table PAR1")
    assert codes(lake.check().results) == {Code.SOURCE_CORRUPT}


def test_a_missing_folder_is_unreadable(lake: World) -> None:
    lake.lake.rmdir()
    report = lake.check()
    assert (codes(report.results), report.exit_code) == ({Code.SOURCE_UNREADABLE}, 3)


def test_an_empty_folder_never_arrived(lake: World) -> None:
    report = lake.check()
    assert named(report, "freshness").code is Code.NEVER_ARRIVED
    assert named(report, "volume").code is Code.VOLUME_OUT_OF_RANGE
    assert named(report, "schema").status is named(report, "nulls").status is Status.UNKNOWN
    assert report.exit_code == 1


def test_a_crashing_check_is_unknown_and_the_others_go_on() -> None:
    def crashing(
        contract: Contract, seen: Observation, history: History, now: datetime
    ) -> Iterator[CheckResult]:
        yield CheckResult("half", Status.PASS)
        raise ZeroDivisionError("by zero")

    def passing(
        contract: Contract, seen: Observation, history: History, now: datetime
    ) -> Iterator[CheckResult]:
        yield CheckResult("fine", Status.PASS)

    report = check(rides(), pl.DataFrame({"n": [1]}), now=NOW, checks=(crashing, passing))
    first, second = report.results
    assert (first.check, first.status, first.code) == ("crashing", Status.UNKNOWN, Code.CHECK_CRASHED)
    assert first.reason == "The check 'crashing' crashed: ZeroDivisionError: by zero"
    assert (second.status, report.exit_code) == (Status.PASS, 3)


def test_a_check_that_always_lacks_something_ends() -> None:
    def greedy(
        contract: Contract, seen: Observation, history: History, now: datetime
    ) -> Iterator[CheckResult]:
        yield CheckResult("greedy", Status.UNKNOWN, column="n", not_measured=True)

    contract = rides(schema={"columns": {"n": {"values": [1]}}})
    assert check(contract, pl.DataFrame({"n": [1]}), now=NOW, checks=(greedy,)).exit_code == 3


def test_a_recorder_with_a_wrong_clock_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    pa.parquet.write_table(pa.table({"at": hours_ago(1)}), folder / "a.parquet")
    with open_store(f"sqlite:///{tmp_path}/store.db", clock=lambda: NOW) as store:
        for wrong in (timedelta(minutes=6), -timedelta(hours=25)):
            guard = Guard(
                Catalog.from_contracts([rides(**FRESH)]),
                store,
                lambda _: ParquetSource(folder),
                clock=lambda wrong=wrong: NOW + wrong,  # type: ignore[misc]
            )
            with pytest.raises(StoreError, match="clock"):
                guard.check("rides")
        assert store.last_look("rides") is None


def test_a_failed_look_is_recorded_but_teaches_nothing(lake: World) -> None:
    path = lake.file("a.parquet", at=hours_ago(1, 2), fare=[1.0, 2.0])
    lake.check()
    path.write_bytes(b"nothing of value")
    assert lake.check().recorded
    history = lake.store.history("rides", before=lake.now + DAY)
    assert history.last
    assert history.last.failure is None


# --------------------------------------------------------------------------------------- the exit code
def test_only_blocking_promises_decide(lake: World) -> None:
    lake.promise(**{**FULL, "volume": {"at_least": 9, "severity": "warn"}})
    lake.file("a.parquet", at=hours_ago(1, 2), fare=[1.0, 2.0])
    report = lake.check()
    assert (named(report, "volume").status, report.exit_code) == (Status.FAIL, 0)
    assert report.worst == named(report, "volume")


def test_what_is_only_observed_exits_with_zero_and_still_says_so(lake: World) -> None:
    lake.promise(**FULL, enforcement="observe")
    report = lake.check()
    assert (report.exit_code, report.raw_exit_code) == (0, 1)
    assert named(report, "freshness").status is Status.FAIL


def test_of_several_datasets_a_failure_outweighs_the_unknown() -> None:
    assert [worst_exit_code(found) for found in ([0, 3, 1], [0, 3], [0], [])] == [1, 3, 0, 0]


# ------------------------------------------------------------------------------------------ recording
def test_a_look_is_recorded_with_its_verdicts(lake: World) -> None:
    lake.file("a.parquet", at=hours_ago(1, 2), fare=[1.0, 2.0])
    report = lake.check()
    last = lake.store.last_look("rides")
    assert last
    assert (last.id, last.recorder, last.contract) == (report.recorded, "worker", lake.contract.digest)
    assert last.results == report.results
    assert last.observation == report.observation
    (run,) = lake.store.timeline("rides", "event_time")
    assert (run.value, run.first_seen, run.first_stale) == (NOW - HOUR, lake.now, None)


def test_a_stale_look_says_so_in_the_timeline(lake: World) -> None:
    lake.file("a.parquet", at=hours_ago(9, 9), fare=[1.0, 2.0])
    lake.check()
    (run,) = lake.store.timeline("rides", "event_time")
    assert run.first_stale == lake.now


def test_null_spikes_are_learned_from_the_looks_of_the_past(lake: World) -> None:
    daily = {"time": {"event": "at"}, "judge": {"per": "day"}}
    lake.promise(**daily, schema={"columns": {"n": {"nulls": {"spike": {"min_units": 3}}}}})
    start, found = lake.now, []
    for day in range(6):
        lake.now = start + day * DAY
        values = [None] * (150 if day == 4 else 5) + [1] * 300
        lake.file(f"{day}.parquet", at=at(*[lake.now - 13 * HOUR] * len(values)), n=values)
        found.append(named(lake.check(), "null_spike"))
    assert [result.code for result in found] == [Code.COLD_START] * 3 + [None, Code.NULL_SPIKE, None]
    marked = [unit.judged_bad for unit in lake.store.history("rides", before=lake.now + DAY).units]
    assert marked == [frozenset()] * 4 + [frozenset({"n"}), frozenset()]
    assert "the last 4 comparable units" in found[4].reason


def test_a_guard_without_a_store_judges_and_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    guard = Guard(
        Catalog.from_contracts([rides(**FRESH)]), None, lambda _: ParquetSource(tmp_path), clock=lambda: NOW
    )
    report = guard.check("rides")
    assert (report.recorded, report.exit_code) == (None, 1)
    assert codes(guard.standing("rides", NOW).results) == {Code.NO_EVIDENCE}
    guard.close()


# ------------------------------------------------------------------------------------- names and data
def test_a_name_that_nobody_knows_has_a_suggestion(lake: World) -> None:
    with pytest.raises(UsageError, match=r"no dataset or subject 'ride'\. Did you mean 'rides'\?"):
        lake.guard.check("ride")
    with pytest.raises(UsageError, match=r"'zebra'\. Known: rides\."):
        lake.guard.standing("zebra", NOW)


def test_a_subject_is_checked_with_everything_upstream_of_it(tmp_path: Path) -> None:
    raw = rides(**FRESH).model_copy(update={"dataset": "raw"})
    made = rides(upstream=["raw", {"external": "elsewhere"}], volume={"at_least": 1})
    eta = Subject.model_validate({"subject": "eta", "owner": "me", "requires": ["rides"]})
    idle = Subject.model_validate({"subject": "idle", "owner": "me"})
    catalog = Catalog.from_contracts([raw, made], [eta, idle])
    guard = Guard(catalog, None, lambda _: ParquetSource(tmp_path), clock=lambda: NOW)
    assert [report.dataset for report in guard.check_all("eta")] == ["raw", "rides"]
    assert [report.dataset for report in guard.check_all("raw")] == ["raw"]
    with pytest.raises(UsageError, match="Subject 'idle' requires no dataset"):
        guard.check_all("idle")


def stream(frame: pl.DataFrame) -> object:
    """An object that speaks the Arrow C stream and nothing else."""

    class Spoken:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return frame.__arrow_c_stream__(requested_schema)

    return Spoken()


def pandas(frame: pl.DataFrame) -> object:
    pytest.importorskip("pandas")
    return frame.to_arrow().to_pandas()


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(lambda frame: frame, id="polars"),
        pytest.param(lambda frame: frame.to_arrow(), id="arrow"),
        pytest.param(lambda frame: frame.to_arrow().to_batches()[0], id="batch"),
        pytest.param(lambda frame: frame.to_arrow().to_reader(), id="reader"),
        pytest.param(stream, id="stream"),
        pytest.param(pandas, id="pandas"),
    ],
)
def test_tables_in_memory_are_judged_alike(kind: object) -> None:
    frame = pl.DataFrame({"at": [NOW - HOUR, NOW - 2 * HOUR], "fare": [1.0, None]})
    contract = rides(**{**FULL, "schema": {"columns": {"fare": {"nulls": "10%"}}}})
    report = check(contract, kind(frame), now=NOW)  # type: ignore[operator]
    assert named(report, "freshness").observed == 3_600.0
    assert named(report, "nulls").observed == 0.5
    assert report.exit_code == 1


def test_an_instant_needs_a_zone_and_data_must_be_a_table() -> None:
    with pytest.raises(UsageError, match="without a zone"):
        check(rides(), pl.DataFrame(), now=NOW.replace(tzinfo=None))
    with pytest.raises(UsageError, match="is a list, which is no table"):
        check(rides(), [1, 2], now=NOW)


def test_progress_names_the_files_that_are_read(lake: World) -> None:
    lake.file("a.parquet", at=hours_ago(1, 2), fare=[1.0, 2.0])
    lake.check()
    assert lake.read == [("a.parquet", 2)]


# ------------------------------------------------------------------------------------------- standing
def good(world: World) -> Path:
    return world.file("a.parquet", at=at(world.now - HOUR, world.now), fare=[1.0, 2.0])


def test_nobody_looked(lake: World) -> None:
    report = lake.standing()
    assert (codes(report.results), report.exit_code) == ({Code.NO_EVIDENCE}, 3)


def test_what_was_seen_is_judged_as_of_now(lake: World) -> None:
    good(lake)
    lake.check()
    assert lake.standing(after=2 * HOUR).exit_code == 0
    later = lake.standing(after=3 * HOUR)
    assert named(later, "freshness").code is Code.DATA_STALE
    assert named(later, "nulls").status is Status.PASS


@pytest.mark.parametrize("tier", [0, 1, 2, 3])
def test_a_pass_expires_with_its_evidence_and_a_failure_stays(lake: World, tier: int) -> None:
    lake.promise(**{**FULL, "volume": {"at_least": 99}, "freshness": {"max_age": "90d"}, "tier": tier})
    good(lake)
    lake.check()
    limit = EVIDENCE_MAX_AGE[tier]
    assert named(lake.standing(after=limit), "nulls").status is Status.PASS
    after = lake.standing(after=limit + timedelta(seconds=1))
    assert named(after, "nulls").code is Code.EVIDENCE_EXPIRED
    assert named(after, "freshness").code is Code.EVIDENCE_EXPIRED
    assert named(after, "volume").code is Code.VOLUME_OUT_OF_RANGE


def test_a_contract_says_itself_how_old_evidence_may_be(lake: World) -> None:
    lake.promise(**FULL, evidence_max_age="10min")
    good(lake)
    lake.check()
    expired = named(lake.standing(after=timedelta(minutes=11)), "nulls")
    assert expired.reason == "The last look is 11min old; it is trusted for 10min. Check again."


def test_at_an_earlier_instant_of_a_simulated_store_a_later_look_is_not_known_yet(lake: World) -> None:
    good(lake)
    lake.check()
    report = lake.guard.standing("rides", lake.now - HOUR)
    assert {r.code for r in report.results if r.severity is Severity.BLOCK} == {Code.NO_EVIDENCE}


def test_evidence_from_the_future_proves_nothing_now(lake: World) -> None:
    good(lake)
    seen = lake.check().observation
    found = [expiry(lake.contract, seen, seen.observed_at - early) for early in (CLOCKS_DIFFER, HOUR)]
    assert found[0] is None
    assert found[1] is not None
    assert found[1].code is Code.EVIDENCE_FROM_FUTURE


def test_after_a_look_that_failed_a_pass_is_unknown_and_a_failure_stays(lake: World) -> None:
    lake.promise(**{**FULL, "volume": {"at_least": 99}})
    good(lake)
    lake.check()
    os.rename(lake.lake, lake.lake.with_name("gone"))
    lake.check()
    report = lake.standing()
    assert named(report, "nulls").code is Code.SOURCE_UNREADABLE
    assert named(report, "volume").code is Code.VOLUME_OUT_OF_RANGE


def test_a_first_look_that_failed_leaves_everything_unknown(lake: World) -> None:
    lake.lake.rmdir()
    lake.check()
    assert codes(lake.standing().results) == {Code.SOURCE_UNREADABLE}


def test_a_promise_made_after_the_look_is_unknown_until_the_next(lake: World) -> None:
    good(lake)
    lake.check()
    columns = {"fare": {"type": "float64", "nulls": "10%", "range": [0, 1]}}
    lake.promise(**{**FULL, "schema": {"columns": columns}})
    report = lake.standing()
    assert named(report, "range").code is Code.CONTRACT_CHANGED
    assert named(report, "nulls").status is Status.PASS
    lake.check()
    assert named(lake.standing(), "range").code is Code.RANGE_VIOLATED


def test_a_tighter_limit_judges_what_was_seen_anew(lake: World) -> None:
    good(lake)
    lake.check()
    lake.promise(**{**FULL, "volume": {"at_least": 3}})
    assert named(lake.standing(), "volume").status is Status.FAIL


def test_standing_reads_no_data(lake: World) -> None:
    good(lake)
    lake.check()
    os.rename(lake.lake, lake.lake.with_name("gone"))
    lake.read.clear()
    assert lake.standing().exit_code == 0
    assert lake.read == []
