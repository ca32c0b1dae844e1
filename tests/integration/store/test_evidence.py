from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from featureguard.contract import Contract
from featureguard.errors import StoreError, UsageError
from featureguard.evidence import Evidence, ExternalResult, Sight
from featureguard.observation import ClockReading, Failure, History, Observation
from featureguard.profile import NEVER
from featureguard.result import CheckResult, Code, Severity, Status
from featureguard.store import NoteFact, Store, open_store
from tests.decision_builders import MINUTE, NOON

HOUR = timedelta(hours=1)
DOWN = Failure(Code.SOURCE_UNREADABLE, "The disk is gone.")
CONTRACT = Contract.model_validate({"dataset": "rides", "owner": "me", "time": {"event": "at"}})
FAILED = ExternalResult("dbt", "unique", "rides", Status.FAIL, NOON)


def rides(hours: float, failure: Failure | None = None) -> Observation:
    clocks = {"event_time": ClockReading(NOON, 3), "file_mtime": ClockReading(NEVER)}
    return Observation("rides", NOON + hours * HOUR, f"at {hours}", clocks=clocks, failure=failure)


def put(store: Store, look: Observation, *results: CheckResult, recorder: str = "worker") -> str:
    return store.record(look, results, contract=CONTRACT, now=look.observed_at, recorder=recorder)


def spike(status: Status, column: str | None = "fare", check: str = "null_spike") -> CheckResult:
    return CheckResult(check, status, column=column)


def external(store: Store, until: datetime | None = None) -> tuple[ExternalResult, ...]:
    return store.evidence("rides", until=until).external


def test_nothing_is_known_about_a_dataset_that_nobody_looked_at(store: Store) -> None:
    assert store.evidence("rides") == Evidence("rides")


def test_evidence_is_the_last_look_and_what_complete_looks_saw_before(store: Store) -> None:
    first, second = put(store, rides(-2)), put(store, rides(-1))
    found = store.evidence("rides")
    assert found.last is not None
    assert (found.last.id, found.last) == (second, found.complete)
    assert found.last == store.last_look("rides")
    assert [sight.look for sight in found.seen] == [second, first]
    assert found.history == store.history("rides", before=NOON - HOUR)


def test_a_failed_look_is_the_last_one_but_not_the_complete_one(store: Store) -> None:
    whole = put(store, rides(-1))
    failed = put(store, rides(0, DOWN))
    found = store.evidence("rides")
    assert found.last is not None
    assert found.complete is not None
    assert (found.last.id, found.complete.id) == (failed, whole)
    assert found.history.last is None


def test_without_a_complete_look_there_is_no_history(store: Store) -> None:
    failed = put(store, rides(0, DOWN))
    found = store.evidence("rides")
    assert (found.complete, found.history) == (None, History())
    assert [sight.look for sight in found.seen] == [failed]


def test_a_sight_tells_the_clocks_and_the_snapshot_of_a_look(store: Store) -> None:
    id_ = put(store, rides(-1), recorder="airflow")
    seen = rides(-1)
    expected = Sight(id_, seen.observed_at, "airflow", complete=True, snapshot="at -1", clocks=seen.clocks)
    assert store.evidence("rides").seen == (expected,)


def test_looks_after_an_instant_do_not_count_and_those_at_it_do(store: Store) -> None:
    put(store, rides(-2))
    second = put(store, rides(-1))
    put(store, rides(0, DOWN))
    found = store.evidence("rides", until=NOON - HOUR)
    assert found.last is not None
    assert found.last.id == second
    assert len(found.seen) == 2
    assert store.evidence("rides", until=NOON - 3 * HOUR) == Evidence("rides")


def test_looks_of_the_last_48_hours_are_seen_and_the_last_complete_one_always(store_url: str) -> None:
    with open_store(store_url, simulated=True) as store:
        for hours in (-49, -48.001, -48, -1):
            put(store, rides(hours, DOWN if hours > -49 else None))
        put(store, rides(0, DOWN))
        seen = store.evidence("rides").seen
    assert [sight.snapshot for sight in seen] == ["at 0", "at -1", "at -48", "at -49"]
    assert [sight.complete for sight in seen] == [False, False, False, True]


def test_at_most_50_looks_are_seen_the_latest_first(store_url: str) -> None:
    with open_store(store_url, simulated=True) as store:
        for minutes in range(51):
            put(store, rides(minutes / 64))
        seen = store.evidence("rides").seen
    assert [sight.snapshot for sight in seen] == [f"at {n / 64}" for n in range(50, 0, -1)]


def test_a_retracted_look_is_no_evidence_but_what_was_learned_stays_judged(store: Store) -> None:
    right = put(store, rides(-2))
    put(store, rides(-1), spike(Status.PASS), recorder="wrong")
    store.retract(
        "wrong", dataset="rides", since=NOON - 2 * HOUR, until=NOON, reason="clock", by="me", now=NOON
    )
    found = store.evidence("rides")
    assert [sight.look for sight in found.seen] == [right]
    assert found.complete is not None
    assert found.complete.id == right
    assert found.learned == {("null_spike", "fare")}


def test_a_learned_limit_is_marked_once_it_was_judged(store: Store) -> None:
    put(store, rides(-3), spike(Status.UNKNOWN), spike(Status.FAIL, check="nulls"))
    assert store.evidence("rides").learned == frozenset()
    put(store, rides(-2), spike(Status.PASS), spike(Status.FAIL, "tip\x00\u00e4"), spike(Status.PASS, None))
    put(store, rides(-1), spike(Status.UNKNOWN))
    expected = {("null_spike", "fare"), ("null_spike", "tip\x00\u00e4"), ("null_spike", None)}
    assert store.evidence("rides").learned == expected


def test_history_of_a_source_marks_nothing(store: Store) -> None:
    store.record(
        rides(-1),
        [spike(Status.PASS)],
        contract=CONTRACT,
        now=NOON,
        recorder="commits",
        provenance="source_history",
    )
    assert store.evidence("rides").learned == frozenset()


def test_the_evidence_of_many_datasets_is_that_of_each(store: Store) -> None:
    put(store, rides(-1))
    store.record_external([replace(FAILED, dataset="fares")])
    assert store.evidences(["rides", "fares", "tips"]) == {
        name: store.evidence(name) for name in ("rides", "fares", "tips")
    }


def test_a_result_of_another_tool_comes_back_whole(store: Store) -> None:
    told = ExternalResult(
        tool="gx",
        check="expect \x00 \u00e4" * 500,
        dataset="rides",
        status=Status.FAIL,
        observed_at=NOON,
        severity=Severity.WARN,
        code=Code.NULL_LIMIT,
        column="fare",
        observed=float("inf"),
        reason="\ud800 7 rows",
        snapshot="s",
        url="https://example.org/1",
    )
    for _ in range(2):
        store.record_external([FAILED, told])
    assert external(store) == (FAILED, told)
    assert external(store, until=NOON - MINUTE) == ()


def test_the_latest_result_of_each_check_counts(store: Store) -> None:
    passed = replace(FAILED, status=Status.PASS, observed_at=NOON - HOUR)
    other = replace(passed, tool="soda")
    store.record_external([FAILED, passed, other])
    assert external(store) == (FAILED, other)
    assert external(store, until=NOON - MINUTE) == (passed, other)


def test_of_two_results_at_one_instant_the_worse_one_counts(store: Store) -> None:
    store.record_external([FAILED, replace(FAILED, status=Status.PASS)])
    store.record_external([replace(FAILED, status=Status.UNKNOWN)])
    assert external(store) == (FAILED,)


@pytest.mark.parametrize(("minutes", "taken"), [(5, True), (5.001, False), (-100_000, True)])
def test_a_result_from_the_future_is_refused_with_all_that_came_along(
    store: Store, minutes: float, taken: bool
) -> None:
    results = [FAILED, replace(FAILED, check="late", observed_at=NOON + minutes * MINUTE)]
    if not taken:
        with pytest.raises(StoreError, match=r"result of 'dbt:late' about 'rides' is from 2013.*ahead of"):
            store.record_external(results)
    else:
        store.record_external(results)
    assert len(external(store)) == (2 if taken else 0)


def test_a_simulated_store_takes_results_of_any_time(store_url: str) -> None:
    with open_store(store_url, simulated=True, clock=lambda: NOON) as store:
        store.record_external([replace(FAILED, observed_at=NOON + 1_000 * HOUR)])
        assert len(external(store)) == 1


def test_no_results_are_no_work_and_a_naive_time_is_a_usage_error(store: Store) -> None:
    store.record_external([])
    with pytest.raises(UsageError, match="has no time zone"):
        store.record_external([replace(FAILED, observed_at=datetime(2013, 2, 8))])  # noqa: DTZ001


def test_notes_are_kept_once_and_listed_by_time(store: Store) -> None:
    late = NoteFact("a" * 16, "acknowledge", "ana", NOON + MINUTE, "I am on it \x00.")
    early = NoteFact("b" * 16, "note", "ben", NOON, "")
    for note in (late, early, late):
        store.add_note(note)
    assert store.notes() == [early, late]
    assert store.notes(["a" * 16, "c" * 16]) == [late]
    assert store.notes([]) == []
