"""A guard on real files and a real store reads what it must and nothing else, and remembers it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureguard.contract import Contract
from featureguard.errors import StoreError, UsageError
from featureguard.guard import Guard, check
from featureguard.result import AnsweredBy, CheckResult, Code, Status
from tests.builders import DAY, HOUR, NOW, hours_ago, named, rides, write
from tests.looking_builders import Lake, days, judged, lake, said, verdicts

FARES = {"columns": {"fare": {"nulls": "25%"}}}  # A limit on a float counts NaN, which no footer tells.
RIDERS = {"columns": {"riders": {"nulls": "25%"}}}
FRESH = {"max_age": "6h"}


# -------------------------------------------------------------------------------- what is read, and when
def test_rows_are_not_read_where_footers_answer(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, schema=RIDERS, volume={"at_least": 1}) as rides_lake:
        rides_lake.add("a", at=hours_ago(9, 1), riders=[1, 2], fare=[1.0, 2.0])
        report = rides_lake.check()
        assert set(said(report).values()) == {"pass"}
        assert rides_lake.read == []
        assert {r.answered_by for r in report.results} == {AnsweredBy.METADATA}
        confirmed = named(report, "freshness")
        assert (confirmed.rows_read, confirmed.bytes_read > 0) == (2, True)  # The row group that claims it.
        assert sum(r.rows_read for r in report.results if r.check != "freshness" and r.check != "future") == 0


def test_only_the_columns_still_unknown_are_read(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, schema={"columns": {**FARES["columns"], **RIDERS["columns"]}}) as it:
        it.add("a", at=hours_ago(2, 1, 1), riders=[1, None, 3], fare=[1.0, float("nan"), 3.0])
        report = it.check()
        fare, riders = named(report, "nulls", "fare"), named(report, "nulls", "riders")
        assert (fare.status, fare.answered_by, fare.rows_read) == (Status.FAIL, AnsweredBy.SCAN, 3)
        assert (riders.status, riders.answered_by, riders.rows_read) == (Status.FAIL, AnsweredBy.METADATA, 0)
        assert it.read == ["a"]


def test_a_second_check_of_unchanged_data_reads_nothing_and_says_the_same(tmp_path: Path) -> None:
    entities = {"entity": ["id"], "within": "1d", "at_least": "50%"}
    with lake(tmp_path, freshness={**FRESH, "population": entities}, schema=FARES) as it:
        it.add("a", at=hours_ago(2, 1), id=[1, 2], fare=[1.0, float("nan")])
        it.add("b", at=hours_ago(30, 1), id=[3, 4], fare=[1.0, 2.0])
        first = it.check(now=NOW)
        again = it.check(now=NOW)
        assert it.read == []
        assert verdicts(again) == verdicts(first)
        assert {r.answered_by for r in again.results} == {AnsweredBy.CACHE}
        assert sum(r.rows_read + r.bytes_read for r in again.results) == 0
        assert again.observation.snapshot == first.observation.snapshot


def test_a_new_file_costs_the_new_file(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, schema=FARES) as it:
        it.add("a", at=hours_ago(2, 1), fare=[1.0, 2.0])
        it.check()
        it.add("b", at=hours_ago(1, 0.5), fare=[1.0, float("nan")])
        report = it.check()
        assert it.read == ["b"]
        fare = named(report, "nulls", "fare")
        assert (fare.observed, fare.rows_read) == (0.25, 2)
        assert named(report, "freshness").observed == 1.5 * 3600


def test_a_file_written_anew_is_read_anew(tmp_path: Path) -> None:
    with lake(tmp_path, schema=FARES) as it:
        it.add("a", at=hours_ago(2), fare=[1.0])
        assert said(it.check())["nulls fare"] == "pass"
        it.add("a", at=hours_ago(2), fare=[float("nan")])
        assert said(it.check())["nulls fare"] == "fail NULL_LIMIT"
        assert it.read == ["a"]


def test_what_one_contract_measured_serves_the_next(tmp_path: Path) -> None:
    with lake(tmp_path, schema=FARES) as it:
        it.add("a", at=hours_ago(2), fare=[1.0], tip=[float("nan")])
        it.check()
        it.promise(schema={"columns": {"fare": {"nulls": "10%"}, "tip": {"nulls": "10%"}}})
        report = it.check()
        assert named(report, "nulls", "fare").rows_read == 0
        assert named(report, "nulls", "tip").rows_read == 1


def test_rows_without_statistics_are_read_once_and_the_clock_says_so(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        path = it.add("a", at=hours_ago(2, 1))
        pq.write_table(pq.read_table(path), path, write_statistics=False)
        first = named(it.check(), "freshness")
        assert (first.answered_by, first.rows_read, it.read) == (AnsweredBy.SCAN, 2, ["a"])
        assert named(it.check(), "freshness").rows_read == 0


def test_the_claim_of_a_footer_is_confirmed_once_and_not_in_every_look(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        it.add("a", at=hours_ago(2, 1))
        assert named(it.check(), "freshness").rows_read == 2
        it.add("b", at=hours_ago(9, 8))  # Older: its footer claims nothing that counts.
        assert named(it.check(), "freshness").rows_read == 0
        it.add("c", at=hours_ago(1, 0.5, 0.5))
        assert named(it.check(), "freshness").rows_read == 3


def test_reading_rows_that_tell_the_windows_is_accounted_for(tmp_path: Path) -> None:
    with lake(tmp_path, judge={"per": "day"}, schema=FARES, volume={"at_least": 1}) as it:
        it.add("a", at=days(3.5, 4.5), fare=[1.0, 2.0])
        report = it.check()
        assert it.read == ["a"]
        for check_name in ("nulls", "volume"):
            result = named(report, check_name)
            assert (result.answered_by, result.rows_read) == (AnsweredBy.SCAN, 2)
            assert result.bytes_read > 0
        assert named(report, "schema").rows_read == 0


def test_keys_of_unchanged_rows_are_counted_again_and_say_so(tmp_path: Path) -> None:
    with lake(tmp_path, keys={"unique": ["id"]}) as it:
        it.add("a", at=hours_ago(2, 1), id=[1, 1])
        first, again = it.check(), it.check()
        assert said(first) == said(again) == {"future": "pass", "keys": "fail KEYS_DUPLICATED"}
        assert named(again, "keys").rows_read == 2


# ------------------------------------------------------------------------------- what is kept, and when not
def test_without_recording_nothing_is_written_to_the_store(tmp_path: Path, store_contents: object) -> None:
    entities = {"entity": ["id"], "within": "1d", "at_least": "50%"}
    with lake(tmp_path, freshness={**FRESH, "population": entities}, schema=FARES) as it:
        it.add("a", at=hours_ago(2), id=[1], fare=[1.0])
        assert callable(store_contents)
        before = store_contents(it.url)
        assert it.check(record=False).recorded is None
        assert store_contents(it.url) == before
        assert it.check().recorded is not None
        assert it.check(record=False).results  # It may use what is known.
        assert it.read == []


def test_a_guard_without_a_store_answers_and_keeps_nothing(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, schema=FARES) as it:
        it.add("a", at=hours_ago(2), fare=[1.0])
        with Guard(it.guard().catalog, None, it.source, clock=lambda: NOW) as guard:
            report = guard.check("rides")
            assert (report.recorded, set(said(report).values())) == (None, {"pass"})
            assert set(said(guard.standing("rides", NOW)).values()) == {"unknown NO_EVIDENCE"}


def test_datasets_of_one_store_do_not_see_each_others_files(tmp_path: Path) -> None:
    with lake(tmp_path, schema=FARES) as it:
        it.add("a", at=hours_ago(2), fare=[1.0])
        it.check()
        it.contract = Contract.model_validate({**it.contract.model_dump(by_alias=True), "dataset": "trips"})
        other = it.guard(clock=lambda: NOW + HOUR)
        read: list[str] = []
        other.on_read = lambda name, _: read.append(name)
        other.check("trips")
        assert len(read) == 1


def test_every_store_learns_for_itself(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with lake(tmp_path / "one", schema=FARES) as one, lake(tmp_path / "two", schema=FARES) as two:
        two.folder = one.folder
        one.add("a", at=hours_ago(2), fare=[1.0])
        first, second = one.check(), two.check()
        assert (one.read, two.read) == (["a"], ["a"])
        assert first.recorded == second.recorded  # The same look has the same identity everywhere.


def test_a_guard_on_postgresql_remembers_likewise(tmp_path: Path, store_url: str) -> None:
    from featureguard.store import open_store

    with lake(tmp_path, freshness=FRESH, schema=FARES, judge={"per": "day"}) as it:
        it.store.close()
        it.store = open_store(store_url, simulated=True)
        it.add("a", at=days(38.5, 39.4), fare=[1.0, 2.0])
        first, again = it.check(), it.check()
        assert (judged(first), judged(again), it.read) == (["2013-02-08"], ["2013-02-08"], [])
        assert it.guard().standing("rides", it.now).recorded == again.recorded


# ------------------------------------------------------------------------------------- what cannot be read
def test_a_corrupt_file_makes_every_result_unknown(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, schema=FARES, volume={"at_least": 1}) as it:
        it.add("a", at=hours_ago(2), fare=[1.0])
        good = it.check()
        (it.folder / "b.parquet").write_bytes(b"PAR1 no file PAR1")
        report = it.check()
        assert set(said(report).values()) == {"unknown SOURCE_CORRUPT"}
        assert said(report).keys() == said(good).keys()
        assert (report.exit_code, report.observation.failure is not None) == (3, True)
        assert "b.parquet" in report.results[0].reason
        runs = it.store.timeline("rides", "event_time")
        assert {run.last_seen for run in runs} == {good.observation.observed_at}  # No look, no sighting.


def test_rows_that_contradict_the_footer_do_not_make_data_fresh(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        path = it.add("a", at=hours_ago(40, 30))
        new, old = (int((NOW - hours * HOUR).timestamp() * 1e6).to_bytes(8, "little") for hours in (1, 30))
        content = path.read_bytes()
        footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
        path.write_bytes(content[:footer] + content[footer:].replace(old, new))
        assert said(it.check())["freshness"] == "unknown SOURCE_CORRUPT"


@pytest.mark.parametrize("gone", ["the folder", "the table"])
def test_what_cannot_be_listed_is_unknown_and_says_why(tmp_path: Path, gone: str) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        if gone == "the folder":
            it.folder.rmdir()
            report = it.check()
        else:  # A contract whose data a host hands in, and nobody does.
            from featureguard.sources import open_source

            guard = Guard(
                it.guard().catalog,
                it.store,
                lambda c: open_source(c.source, anchor=str, connections={}),
                clock=lambda: NOW,
            )
            report = guard.check("rides")
        assert set(said(report).values()) == {"unknown SOURCE_UNREADABLE"}
        assert (report.exit_code, report.recorded is not None) == (3, True)


def test_an_empty_folder_never_arrived_and_the_first_file_mends_it(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, volume={"at_least": 1}) as it:
        empty = it.check()
        assert said(empty) | {"future": ""} == {
            "freshness": "fail NEVER_ARRIVED",
            "future": "",
            "volume": "fail VOLUME_OUT_OF_RANGE",
        }
        it.add("a", at=hours_ago(1))
        assert set(said(it.check()).values()) == {"pass"}


def test_a_check_that_crashes_is_unknown_and_the_others_answer() -> None:
    from featureguard.checks import BUILTIN_CHECKS

    def broken(*_: object) -> Iterator[CheckResult]:
        raise ZeroDivisionError("of course")

    contract, table = rides(time={"event": "at"}, freshness=FRESH), pa.table({"at": hours_ago(1)})
    report = check(contract, table, now=NOW, checks=[*BUILTIN_CHECKS, broken])
    crashed = named(report, "broken")
    assert (crashed.code, crashed.status) == (Code.CHECK_CRASHED, Status.UNKNOWN)
    assert "ZeroDivisionError: of course" in crashed.reason
    assert (said(report)["freshness"], report.exit_code) == ("pass", 3)


def test_an_unknown_dataset_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    with lake(tmp_path) as it, pytest.raises(UsageError, match="Did you mean 'rides'"):
        it.guard().check("ride")


def test_a_naive_now_is_refused_before_anything_is_read_or_recorded(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        it.add("a", at=hours_ago(1))
        with pytest.raises(UsageError, match="without a zone"):
            it.check(now=NOW.replace(tzinfo=None))
        assert it.store.last_look("rides") is None


# ------------------------------------------------------------------------------------------- crash and race
class _CrashError(StoreError):
    pass


def crashing(it: Lake) -> None:
    """Look, remember what was seen, and die before the look is recorded."""
    it.now += HOUR
    guard, record = it.guard(), it.store.record

    def die(*_: object, **__: object) -> str:
        raise _CrashError("the disk is full")

    it.store.record = die  # type: ignore[method-assign]
    try:
        with pytest.raises(_CrashError):
            guard.check("rides")
    finally:
        it.store.record = record  # type: ignore[method-assign]


def test_a_crash_between_remembering_and_recording_hides_no_unit(tmp_path: Path) -> None:
    with lake(tmp_path, judge={"per": "day"}, schema=FARES) as it:
        it.add("a", at=days(3.5), fare=[1.0])
        it.check()
        it.add("b", at=days(4.5), fare=[float("nan")])
        crashing(it)
        it.add("c", at=days(5.5), fare=[1.0])
        report = it.check()
        assert "2013-01-05" in judged(report)  # Nobody has ever reported the day that the crash swallowed.
        assert said(report)["nulls fare"] == "fail NULL_LIMIT"
        assert "b" not in it.read  # What the crashed look measured is not lost.


def test_a_crash_in_the_first_look_is_as_if_nobody_had_looked(tmp_path: Path) -> None:
    with lake(tmp_path, judge={"per": "day"}, schema=FARES) as it:
        it.add("a", at=days(3.5, 4.5), fare=[float("nan"), 1.0])
        crashing(it)
        report = it.check()
        assert judged(report) == ["2013-01-04", "2013-01-05"]
        assert (said(report)["nulls fare"], it.read) == ("fail NULL_LIMIT", [])


def test_workers_that_check_at_once_agree_and_leave_nothing_broken(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    entities = {"entity": ["id"], "within": "41d", "seen_within": "90d", "at_least": "90%"}
    with lake(tmp_path, judge={"per": "day"}, freshness={"population": entities}, schema=FARES) as it:
        for day in range(6):
            it.add(f"{day}", at=days(day + 0.4, day + 0.6), id=[day, 9], fare=[1.0, 2.0])

        def work(number: int) -> list[object]:
            guard = it.guard(clock=lambda: NOW + number * HOUR / 60, recorder=f"worker {number}")
            return verdicts(guard.check("rides", now=NOW + HOUR))

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(work, range(6)))
        assert all({r.status for r in answer} == {Status.PASS} for answer in answers)  # type: ignore[attr-defined]
        it.now = NOW + HOUR
        it.add("new", at=days(7.5), id=[9], fare=[float("nan")])
        report = it.check()
        assert (judged(report), it.read) == (["2013-01-08"], ["new", "new"])


def test_a_worker_that_lags_behind_does_not_hide_what_the_other_saw(tmp_path: Path) -> None:
    with lake(tmp_path, judge={"per": "day"}, schema=FARES) as it:
        it.add("a", at=days(3.5), fare=[1.0])
        it.check()
        slow_listing = it.source(it.contract).snapshot()
        it.add("b", at=days(4.5), fare=[float("nan")])
        it.check()

        class Slow:
            def snapshot(self) -> object:
                return slow_listing

        late = it.now - HOUR / 2
        slow = Guard(it.guard().catalog, it.store, lambda _: Slow(), clock=lambda: late)  # type: ignore[arg-type,return-value]
        slow.check("rides")
        it.add("c", at=days(5.5), fare=[1.0])
        assert {"2013-01-06"} <= set(judged(it.check()))
        assert it.guard().standing("rides", it.now).observation.observed_at == it.now


def test_a_refused_worker_with_a_wrong_clock_makes_nobody_fresh(tmp_path: Path) -> None:
    """Its look is refused, but what it measured may be remembered, and must not refresh an entity later."""
    from featureguard.store import open_store

    entities = {"entity": ["id"], "within": "1h", "at_least": "100%"}
    with lake(tmp_path, freshness={"population": entities}) as it:
        it.store.close()
        it.store = open_store(f"sqlite:///{tmp_path}/real.db", clock=lambda: NOW)
        for name, hours in (("a", (5, -48)), ("b", (6, 5))):
            it.add(name, at=hours_ago(*hours), id=[1, 1])
        with pytest.raises(StoreError, match="ahead of the store's clock"):
            it.guard(clock=lambda: NOW + 3 * DAY).check("rides")
        report = it.guard(clock=lambda: NOW).check("rides")
        assert said(report)["population"] == "fail POPULATION_STALE"
        assert said(report)["future"] == "fail DATA_FROM_FUTURE"


# ------------------------------------------------------------------------------------------------ key table
def test_a_key_table_is_read_anew_by_every_look(tmp_path: Path) -> None:
    keys = tmp_path / "ids.parquet"
    promise = {"entity": ["id"], "within": "1d", "at_least": "60%", "expected": str(keys)}
    with lake(tmp_path, freshness={"population": promise}) as it:
        it.add("a", at=hours_ago(2, 1), id=[1, 2])
        assert said(it.check())["population"] == "unknown SOURCE_UNREADABLE"
        write(keys, id=[1, 2, 2, None])
        fine = named(it.check(), "population")
        assert (fine.status, fine.observed) == (Status.PASS, 1.0)
        write(keys, id=[1, 2, 3, 4])
        silent = named(it.check(), "population")
        assert (silent.code, silent.observed, it.read) == (Code.POPULATION_STALE, 0.5, [])
        write(keys, name=["x"])
        lacking = named(it.check(), "population")
        assert lacking.code is Code.SOURCE_UNREADABLE
        assert "lacks id" in lacking.reason


def test_entities_of_a_deleted_file_are_no_longer_seen(tmp_path: Path) -> None:
    promise = {"entity": ["id"], "within": "1d", "at_least": "60%", "seen_within": "7d"}
    with lake(tmp_path, freshness={"population": promise}) as it:
        for name, hour, who in (("a", 1, 1), ("b", 30, 2), ("c", 40, 3)):
            it.add(name, at=hours_ago(hour), id=[who])
        assert named(it.check(), "population").observed == pytest.approx(1 / 3)
        (it.folder / "b.parquet").unlink()
        report = it.check()
        assert (named(report, "population").observed, it.read) == (0.5, [])
        assert report.observation.population is not None
        assert report.observation.population.expected == 2


def test_an_entity_whose_row_comes_from_the_future_is_read_again_until_it_is_valid(tmp_path: Path) -> None:
    promise = {"entity": ["id"], "within": "2h", "at_least": "100%", "seen_within": "7d"}
    with lake(tmp_path, freshness={"population": promise}) as it:
        it.add("a", at=hours_ago(9, -3), id=[1, 1])
        it.add("b", at=hours_ago(1), id=[2])
        assert said(it.check())["population"] == "fail POPULATION_STALE"
        it.add("c", at=hours_ago(-3), id=[2])
        report = it.check(after=4 * HOUR)
        assert said(report)["population"] == "pass"
        assert "a" in it.read
