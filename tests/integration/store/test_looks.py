from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureguard.contract import Contract
from featureguard.errors import StoreError, UsageError
from featureguard.histogram import TimeHistogram
from featureguard.observation import ClockReading, Failure, KeyCount, Observation, PopulationReading, Unit
from featureguard.profile import NEVER, ColumnProfile, Profile
from featureguard.result import AnsweredBy, CheckResult, Code, Severity, Status
from featureguard.store import Store, open_store
from featureguard.timeline import Run
from tests.thorough import often

NOON = datetime(2013, 2, 8, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VALUE = NOON - 3 * HOUR
DOWN = Failure(Code.SOURCE_UNREADABLE, "The disk is gone.")
STRICT = Contract.model_validate(
    {
        "dataset": "rides",
        "owner": "me@example.org",
        "time": {"event": "at"},
        "freshness": {"max_age": "2h"},
        "schema": {"columns": {"fare": {"type": "float64", "nulls": "5%", "range": [0, 1e9]}}},
    }
)
LOOSE = STRICT.model_copy(update={"freshness": None})


def rides(hours: float = 0, units: tuple[Unit, ...] = (), failure: Failure | None = None) -> Observation:
    at = NOON + hours * HOUR
    clocks = {
        "event_time": ClockReading(VALUE, 0),
        "file_mtime": ClockReading(NEVER),
        "commit": ClockReading(),
    }
    return Observation("rides", at, f"snapshot {hours}", clocks=clocks, units=units, failure=failure)


def put(
    store: Store,
    look: Observation,
    *results: CheckResult,
    contract: Contract = STRICT,
    recorder: str = "worker",
) -> str:
    return store.record(look, results, contract=contract, now=look.observed_at, recorder=recorder)


def day(number: int, rows: int = 10, content: str = "a") -> Unit:
    start = datetime(2013, 1, 1, tzinfo=UTC) + number * DAY
    return Unit(f"day {number}", content, Profile(rows), start, start + DAY)


instants = st.datetimes(timezones=st.just(UTC))
counts = st.integers(0, 2**62)
numbers = st.none() | st.floats(allow_nan=False) | counts | st.text()
columns = st.builds(ColumnProfile, rows=st.integers(1, 99), nulls=st.none() | counts, greatest=st.just(NEVER))
profiles = st.builds(Profile, st.none() | counts, st.dictionaries(st.text(), columns, max_size=3))
times = st.lists(st.tuples(st.integers(-(2**40), 2**40), st.integers(1, 9))).map(TimeHistogram.of_seconds)
populations = st.builds(
    PopulationReading,
    of=st.sampled_from(["rows", "entities"]),
    times=times,
    at=st.none() | instants,
    fresh=st.none() | counts,
    age_seconds=st.dictionaries(st.text(), st.floats(allow_nan=False)),
    worst=st.lists(st.tuples(st.text(), st.floats(allow_nan=False)), max_size=3).map(tuple),
)
judged_units = st.builds(
    Unit,
    st.text(),
    st.text(),
    profiles,
    start=st.none() | instants,
    end=st.none() | instants,
    keys=st.none() | st.builds(KeyCount, counts, counts, st.text()),
    judged_bad=st.frozensets(st.text()),
)
observations = st.builds(
    Observation,
    dataset=st.just("rides"),
    observed_at=instants,
    snapshot=st.none() | st.text(),
    profile=profiles,
    clocks=st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["L"])),
        st.builds(ClockReading, st.none() | st.just(NEVER) | instants, st.none() | counts),
        max_size=3,
    ),
    units=st.lists(judged_units, max_size=3).map(tuple),
    population=st.none() | populations,
    failure=st.none() | st.builds(Failure, st.sampled_from(Code), st.text()),
)
check_results = st.builds(
    CheckResult,
    check=st.text(),
    status=st.just(Status.UNKNOWN),
    severity=st.sampled_from(Severity),
    code=st.none() | st.sampled_from(Code),
    column=st.none() | st.text(),
    unit=st.none() | st.text(),
    observed=numbers,
    limit=numbers,
    reason=st.text(),
    not_measured=st.booleans(),
    answered_by=st.sampled_from(AnsweredBy),
    rows_read=counts,
)


@settings(
    max_examples=often(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(look=observations, results=st.lists(check_results, max_size=3))
def test_what_goes_in_comes_out_whole(store_url: str, look: Observation, results: list[CheckResult]) -> None:
    with open_store(store_url, simulated=True) as store:
        id_ = store.record(look, results, contract=STRICT, now=NOON, recorder="worker")
        end = (
            look.observed_at + timedelta(microseconds=1) if look.observed_at.year < 9999 else look.observed_at
        )
        found = [kept for kept in store.looks("rides", look.observed_at, end) if kept.id == id_]
    assert [(kept.observation, list(kept.results), kept.now) for kept in found] == [(look, results, NOON)]


def test_a_look_recorded_twice_is_one_look(store: Store) -> None:
    assert put(store, rides()) == put(store, rides())
    assert len(store.looks("rides", NOON, NOON + HOUR)) == 1


def test_another_result_is_another_look(store: Store) -> None:
    assert put(store, rides()) != put(store, rides(), CheckResult("volume", Status.PASS))


def test_a_look_adds_a_run_for_each_clock_that_was_measured(store: Store) -> None:
    put(store, rides())
    put(store, rides(-0.5), contract=LOOSE)
    assert store.timeline("rides", "event_time") == [
        Run(VALUE, NOON - HOUR, NOON - HOUR / 2, NOON - HOUR / 2),
        Run(VALUE, NOON, NOON, NOON, first_stale=NOON),
    ]
    assert [run.value for run in store.timeline("rides", "file_mtime")] == [NEVER, NEVER]
    assert store.timeline("rides", "commit") == []


def test_an_incomplete_look_is_kept_but_tells_nothing_about_time(store: Store) -> None:
    put(store, rides(-1))
    put(store, rides(failure=DOWN), CheckResult("freshness", Status.UNKNOWN, code=DOWN.code))
    last = store.last_look("rides")
    assert last is not None
    assert last.observation.failure == DOWN
    assert len(store.timeline("rides", "event_time")) == 1
    assert store.history("rides", before=NOON + HOUR).last == rides(-1)


@pytest.mark.parametrize("minutes", [5, -24 * 60])
def test_a_look_within_the_tolerance_of_the_stores_clock_is_taken(store: Store, minutes: int) -> None:
    put(store, rides(minutes / 60))
    assert len(store.timeline("rides", "event_time")) == 1


@pytest.mark.parametrize(("minutes", "message"), [(5.001, "ahead of"), (-24 * 60 - 0.001, "24 hours behind")])
def test_a_recorder_with_a_wrong_clock_is_refused(store: Store, minutes: float, message: str) -> None:
    with pytest.raises(StoreError, match=f"'rides' by 'worker' is from 2013.*{message}"):
        put(store, rides(minutes / 60))
    assert store.datasets() == []


def test_a_simulated_store_takes_any_time(tmp_path_factory: pytest.TempPathFactory, store_url: str) -> None:
    with open_store(store_url, simulated=True) as store:
        assert store.now() is None
        put(store, rides(100_000))
        put(store, rides(-100_000))


def test_a_real_store_has_a_clock_of_its_own(store_url: str) -> None:
    with open_store(store_url) as store:
        now = store.now()
    assert now is not None
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_history_of_a_source_adds_to_the_timeline_but_is_no_look(store: Store) -> None:
    old = rides(-1_000)
    store.record(old, (), contract=STRICT, now=NOON, recorder="commits", provenance="source_history")
    (run,) = store.timeline("rides", "event_time")
    assert (run.first_seen, run.first_stale) == (old.observed_at, None)
    assert store.last_look("rides") is None
    assert store.datasets() == ["rides"]
    assert store.contract_versions("rides") == []


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="has no time zone"):
        store.history("rides", before=datetime(2013, 1, 1))  # noqa: DTZ001


def test_history_holds_only_what_came_strictly_before(store: Store) -> None:
    put(store, rides(-2, units=(day(1),)))
    put(store, rides(-1, units=(day(2),)))
    history = store.history("rides", before=NOON - HOUR)
    assert history.last == rides(-2, units=(day(1),))
    assert [unit.key for unit in history.units] == ["day 1"]


def test_history_keeps_the_newest_units_each_in_its_latest_version(store: Store) -> None:
    put(store, rides(-3, units=(day(1, 10), day(2, 20), day(3, 30))))
    put(store, rides(-2, units=(day(2, 21, "b"),)))
    units = store.history("rides", before=NOON, units=2).units
    assert [(unit.key, unit.content, unit.profile.rows) for unit in units] == [
        ("day 2", "b", 21),
        ("day 3", "a", 30),
    ]


def test_units_without_a_window_keep_the_order_in_which_they_were_first_seen(store: Store) -> None:
    b, a, c = (Unit(f"part={name}", "1", Profile(1)) for name in "bac")
    put(store, rides(-3, units=(b, a)))
    put(store, rides(-2, units=(c,)))
    put(store, rides(-1, units=(b,)))
    assert [unit.key for unit in store.history("rides", before=NOON).units] == ["part=b", "part=a", "part=c"]


def test_columns_that_must_not_be_learned_from_are_remembered(store: Store) -> None:
    bad = replace(day(2), judged_bad=frozenset({"fare", "tip"}))
    put(store, rides(-1, units=(day(1), bad)))
    units = store.history("rides", before=NOON).units
    assert [unit.judged_bad for unit in units] == [frozenset(), {"fare", "tip"}]


def test_where_all_rows_are_one_unit_each_content_is_one_to_learn_from(store: Store) -> None:
    for hours, content in ((-3, "a"), (-2, "b"), (-1, "a")):
        put(store, rides(hours, units=(replace(day(1), key="all", start=None, end=None, content=content),)))
    units = store.history("rides", before=NOON).units
    assert [unit.content for unit in units] == ["a", "b"]


def test_results_can_be_asked_for_by_check(store: Store) -> None:
    stale = CheckResult("freshness", Status.FAIL, observed=3.5, limit=2.0)
    put(store, rides(-1), stale, CheckResult("volume", Status.PASS))
    put(store, rides(), stale)
    found = store.results("rides", NOON - HOUR, NOON + HOUR, check="freshness")
    assert found == [(NOON - HOUR, stale), (NOON, stale)]
    assert len(store.results("rides", NOON - HOUR, NOON)) == 2


def test_a_contract_that_comes_back_is_in_force_twice(store: Store) -> None:
    for hours, contract in [(-4, STRICT), (-3, STRICT), (-2, LOOSE), (-1, STRICT)]:
        put(store, rides(hours), contract=contract)
    versions = store.contract_versions("rides")
    assert [(v.in_force_since, v.contract) for v in versions] == [
        (NOON - 4 * HOUR, STRICT),
        (NOON - 2 * HOUR, LOOSE),
        (NOON - HOUR, STRICT),
    ]
    assert [v.contract.digest for v in versions] == [v.digest for v in versions]


def retract(store: Store, since: datetime, until: datetime, recorder: str = "wrong") -> None:
    store.retract(recorder, dataset="rides", since=since, until=until, reason="clock", by="me", now=NOON)


def test_a_retracted_recorder_no_longer_counts_in_those_hours(store: Store) -> None:
    put(store, rides(-2, units=(day(1),)), recorder="wrong")
    put(store, rides(-1, units=(day(2),)), recorder="wrong")
    put(store, rides(-2), recorder="right")
    for _ in range(2):
        retract(store, NOON - HOUR / 2, NOON)
    assert [run.hour for run in store.timeline("rides", "event_time")] == [NOON - 2 * HOUR]
    assert len(store.looks("rides", NOON - DAY, NOON)) == 2
    history = store.history("rides", before=NOON)
    assert history.last is not None
    assert history.last.observed_at == NOON - 2 * HOUR
    assert [unit.key for unit in history.units] == ["day 1"]


def test_what_another_recorder_saw_of_a_run_stays_when_one_is_retracted(store: Store) -> None:
    put(store, rides(), recorder="wrong")
    put(store, rides(1 / 60), recorder="right")
    assert len(store.timeline("rides", "event_time")) == 1
    retract(store, NOON, NOON + HOUR)
    (run,) = store.timeline("rides", "event_time")
    assert run.first_seen == NOON + HOUR / 60


def test_a_retraction_of_nothing_is_a_usage_error(store: Store) -> None:
    with pytest.raises(UsageError, match="Nothing to retract"):
        retract(store, NOON, NOON)


def test_an_empty_store_knows_nothing(store: Store) -> None:
    assert store.last_look("rides") is None
    assert store.history("rides", before=NOON).last is None
    assert not store.datasets()
    assert not store.contract_versions("rides")
    assert not store.timeline("rides", "event_time")
