"""Recording is commutative, associative and idempotent: in memory, and byte for byte in a store."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from featureguard.contract import Contract
from featureguard.errors import WrongClockError
from featureguard.observation import ClockReading, Observation
from featureguard.profile import NEVER
from featureguard.store import Store, open_store
from featureguard.store.facts import LookFact
from featureguard.store.intake import Batch, Reading
from featureguard.timeline import Sighting, is_stale, merge, record
from tests.thorough import often

NOON = datetime(2013, 2, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONTRACT = Contract.model_validate(
    {"dataset": "rides", "owner": "me", "time": {"event": "at"}, "freshness": {"max_age": "1h"}}
)

minutes = st.integers(-60, 119).map(lambda m: timedelta(minutes=m))
# Few values, of which some grow stale within an hour, so that runs meet.
values = st.sampled_from([NEVER, NOON - HOUR * 1.5, NOON - HOUR / 2, NOON])
sightings = st.builds(Sighting, minutes.map(NOON.__add__), values)
looks = st.lists(sightings, max_size=12)
randoms = st.randoms(use_true_random=False)
law = settings(max_examples=often(2_000), deadline=None, database=None)
stored = settings(
    max_examples=often(25, else_=8),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def judged(look: Sighting) -> Sighting:
    return Sighting(look.seen_at, look.value, is_stale(look.value, look.seen_at, HOUR))


def shuffled(facts: Sequence[Sighting], random: Random) -> list[Sighting]:
    again = [*facts, *random.choices(facts, k=5)] if facts else []
    random.shuffle(again)
    return again


@law
@given(looks, randoms)
def test_order_repetition_and_splitting_change_nothing(facts: list[Sighting], random: Random) -> None:
    facts = [judged(look) for look in facts]
    again = shuffled(facts, random)
    cut = random.randrange(len(again) + 1)
    left, right = record(again[:cut]), record(again[cut:])
    assert merge(left, right) == merge(right, left) == record(facts)


@law
@given(looks, looks, looks)
def test_merging_is_a_semilattice(x: list[Sighting], y: list[Sighting], z: list[Sighting]) -> None:
    a, b, c = (record(map(judged, facts)) for facts in (x, y, z))
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == merge(a, ()) == a


@law
@given(looks)
def test_a_run_keeps_the_ends_of_what_it_saw(facts: list[Sighting]) -> None:
    for run in record(facts):
        seen = [look.seen_at for look in facts if look.value == run.value]
        inside = [at for at in seen if run.hour <= at < run.hour + HOUR]
        assert (run.first_seen, run.last_seen) == (min(inside), max(inside))


# Fresh, then stale, in one hour: a stale sighting must win over none.
GOING_STALE = [Sighting(NOON + timedelta(minutes=m), NOON - HOUR / 2) for m in (10, 20, 40, 50)]


def record_all(store: Store, facts: Sequence[Sighting]) -> None:
    for look in facts:
        seen = Observation("rides", look.seen_at, clocks={"event_time": ClockReading(look.value)})
        store.record(seen, (), contract=CONTRACT, now=look.seen_at, recorder="worker")


@stored
@given(facts=looks, random=randoms)
@example(facts=GOING_STALE, random=Random(1))
def test_a_store_holds_the_same_bytes_whatever_the_order(
    store_url: str, store_contents: Callable[[str], str], facts: list[Sighting], random: Random
) -> None:
    with open_store(store_url, simulated=True) as store:
        empty(store_url)
        record_all(store, facts)
        once = store_contents(store_url)
        assert tuple(store.timeline("rides", "event_time")) == record(map(judged, facts))
        empty(store_url)
        record_all(store, shuffled(facts, random))
    assert store_contents(store_url) == once


def timeline_of(url: str) -> list[object]:
    """The rows of the timeline as they are kept."""
    from sqlalchemy import create_engine, select

    from featureguard.store.tables import RUNS

    engine = create_engine(url)
    with engine.connect() as connection:
        found = sorted(map(repr, connection.execute(select(RUNS))))
    engine.dispose()
    return list(found)


@stored
@given(facts=looks, random=randoms, size=st.integers(1, 7))
@example(facts=GOING_STALE, random=Random(1), size=2)
def test_readings_in_any_batches_make_the_timeline_that_looks_make(
    store_url: str, facts: list[Sighting], random: Random, size: int
) -> None:
    with open_store(store_url, simulated=True) as store:
        empty(store_url)
        record_all(store, facts)
        told = timeline_of(store_url)
        empty(store_url)
        again = [
            Reading("rides", "event_time", look.seen_at, look.value, "worker", HOUR)
            for look in shuffled(facts, random)
        ]
        for start in range(0, len(again), size):
            take(store, *again[start : start + size])
    assert timeline_of(store_url) == told


def test_a_reading_is_no_look(store_url: str) -> None:
    with open_store(store_url, simulated=True) as store:
        before = store.versions()
        take(store, Reading("rides", "event_time", NOON, NOON, "worker"))
        assert store.versions() != before
        assert store.evidence("rides", until=None).last is None
        assert store.contract_versions("rides") == []


@pytest.mark.parametrize("off", [timedelta(minutes=6), -timedelta(hours=25)])
def test_a_reading_by_a_wrong_clock_is_refused_with_its_batch_and_no_other(
    store_url: str, off: timedelta
) -> None:
    with open_store(store_url, clock=lambda: NOON) as store:
        good = Reading("rides", "event_time", NOON, NOON, "worker")
        wrong = Reading("rides", "event_time", NOON + off, NOON - 26 * HOUR, "worker")
        other = Reading("walks", "event_time", NOON, NOON, "worker")
        refused, taken = store.record_batches([Batch([good, wrong]), Batch([other])], _no_look)
        assert isinstance(refused, WrongClockError)
        assert "the store's clock" in str(refused)
        assert taken == []
        assert store.timeline("rides", "event_time") == []
        assert len(store.timeline("walks", "event_time")) == 1
        take(store, good)
        assert len(store.timeline("rides", "event_time")) == 1


def take(store: Store, *readings: Reading) -> None:
    assert store.record_batches([Batch(readings)], _no_look) == [[]]


def _no_look(*_: object) -> LookFact:
    raise AssertionError("no look was sent")


def empty(url: str) -> None:
    from sqlalchemy import create_engine

    from featureguard.store.tables import DECISIONS, MARKS, METADATA

    engine = create_engine(url)
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            if table not in (MARKS, DECISIONS):  # decisions cannot be deleted
                connection.execute(table.delete())
    engine.dispose()


def counted(facts: Sequence[Sighting]) -> dict[object, int]:
    """Negative control: a counter of sightings instead of runs."""
    counts: dict[object, int] = {}
    for look in facts:
        counts[look.value] = counts.get(look.value, 0) + 1
    return counts


def test_control_a_counter_breaks_the_law_at_the_first_retry() -> None:
    retried = [Sighting(NOON, NOON)] * 2
    assert record(retried) == record(retried[:1])
    assert counted(retried) != counted(retried[:1])


def test_control_null_as_never_makes_a_row_per_look(store_url: str) -> None:
    from sqlalchemy import create_engine

    open_store(store_url).close()  # Only to make the folder and the file.
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE wrong (hour BIGINT, value BIGINT, UNIQUE (hour, value))")
        for _ in range(2):
            connection.exec_driver_sql("INSERT INTO wrong VALUES (1, NULL) ON CONFLICT DO NOTHING")
        rows = connection.exec_driver_sql("SELECT count(*) FROM wrong").scalar()
    engine.dispose()
    assert rows == 2


def test_control_sqlites_plain_minimum_would_forget_the_first_stale_look() -> None:
    import sqlite3

    with closing(sqlite3.connect(":memory:")) as connection:
        assert connection.execute("SELECT min(1, NULL)").fetchone() == (None,)
