"""Counters count every moment once, whoever counts, however often, and whatever breaks off in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Barrier

import pytest

from featureguard.accounting import Books
from featureguard.errors import StoreError
from featureguard.settling import LAG, REACH, settle
from featureguard.slo.sli import Sli
from featureguard.store import Store, open_store
from featureguard.store.settled import Settled, SettledCounters
from tests.builders import HOUR
from tests.decision_world import MINUTE, World, world

DAY = timedelta(days=1)


@pytest.fixture
def it(tmp_path: Path, store_url: str) -> Iterator[World]:
    with world(tmp_path, store_url) as made:
        made.promise(slo={"objective": "99%", "window": "28d"})
        made.look()
        yield made


def books(it: World) -> Books:
    return Books(it.store, it.catalog.contracts["rides"], it.now)


def live(it: World, hours: int) -> None:
    """Look every hour; now and then nobody looks for hours, and then the data is old."""
    for _ in range(hours):
        if it.now.hour % 5 == 3:
            it.go_stale()
        else:
            it.now += HOUR - MINUTE
            it.look()


def counted(it: World) -> Settled:
    [found] = it.store.settled.all()
    return found


def whole(it: World, start: datetime) -> Sli:
    return books(it).sli("time", start, it.now - LAG)


def parts(found: Settled | Sli) -> tuple[int, int, int]:
    return found.good, found.bad, found.unknown


@pytest.mark.parametrize("steps", [[11], [1] * 11, [3, 1, 7], [2, 9]])
def test_however_often_one_counts_the_sum_is_the_integral(it: World, steps: Sequence[int]) -> None:
    begin = books(it).first_look
    assert begin
    for hours in steps:
        live(it, hours)
        assert settle(it.store.settled, [books(it)], it.now) == 1
    found = counted(it)
    assert found.through == it.now - LAG
    exact = whole(it, begin)
    assert parts(found) == parts(exact)
    assert exact.bad
    assert sum(parts(found)) == (found.through - begin) / timedelta(microseconds=1)


def test_what_was_counted_is_never_restated(it: World) -> None:
    live(it, 6)
    seen = []
    for _ in range(6):
        settle(it.store.settled, [books(it)], it.now)
        seen.append(counted(it))
        live(it, 2)
    it.promise(slo={"objective": "90%", "window": "7d"}, freshness={"max_age": "30min"})
    settle(it.store.settled, [books(it)], it.now)
    seen.append(counted(it))
    for earlier, later in pairwise(seen):
        assert earlier.through < later.through
        assert all(a <= b for a, b in zip(parts(earlier), parts(later), strict=True))


def test_until_there_is_time_that_is_over_nothing_is_counted(it: World) -> None:
    assert settle(it.store.settled, [books(it)], it.now) == 0
    assert it.store.settled.all() == []


def test_a_counter_begins_no_further_back_than_a_month(it: World) -> None:
    it.now += 90 * DAY
    it.look()
    settle(it.store.settled, [books(it)], it.now)
    assert sum(parts(counted(it))) == REACH / timedelta(microseconds=1)


def test_without_an_objective_nothing_is_counted(it: World) -> None:
    it.promise()
    it.now += 5 * HOUR
    assert settle(it.store.settled, [books(it)], it.now) == 0
    assert it.store.settled.all() == []


class _Meeting(SettledCounters):
    """Counters that wait, having been read, until the others have read them too."""

    def __init__(self, store: Store, barrier: Barrier) -> None:
        super().__init__(store._database)
        self.barrier = barrier

    def all(self) -> list[Settled]:
        found = super().all()
        self.barrier.wait(10)
        return found


def together(it: World, url: str, workers: int = 4) -> list[int]:
    """Several processes count the same stretch at once; each read the counter before any of them writes."""
    barrier = Barrier(workers)
    with ExitStack() as opened, ThreadPoolExecutor(workers) as pool:
        stores = [opened.enter_context(open_store(url, simulated=True)) for _ in range(workers)]
        return sorted(pool.map(lambda one: settle(_Meeting(one, barrier), [books(it)], it.now), stores))


def test_of_many_that_count_at_once_one_does(it: World, store_url: str) -> None:
    live(it, 4)
    settle(it.store.settled, [books(it)], it.now)
    begin = books(it).first_look
    live(it, 7)
    assert together(it, store_url) == [0, 0, 0, 1]
    assert begin
    assert parts(counted(it)) == parts(whole(it, begin))


def test_the_first_count_of_many_counts_once_too(it: World, store_url: str) -> None:
    begin = books(it).first_look
    live(it, 7)
    assert together(it, store_url) == [0, 0, 0, 1]
    assert begin
    assert parts(counted(it)) == parts(whole(it, begin))


def test_a_counter_that_does_not_compare_counts_time_twice(
    it: World, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add_up(self: SettledCounters, steps: Sequence[tuple[Settled, Settled]]) -> int:
        with self._database._writing.begin() as connection:
            for was, becomes in steps:
                good, through = becomes.good - was.good, int(becomes.through.timestamp() * 1e6)
                connection.exec_driver_sql(f"UPDATE fg_settled SET good = good + {good}, through = {through}")
        return len(steps)

    live(it, 7)
    monkeypatch.setattr(SettledCounters, "advance", add_up)
    assert together(it, store_url, workers=2) == [1, 1]
    begin = books(it).first_look
    assert begin
    assert counted(it).good == 2 * whole(it, begin).good > 0


def test_a_count_that_breaks_off_is_no_count(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    live(it, 4)
    settle(it.store.settled, [books(it)], it.now)
    before = counted(it)
    live(it, 4)

    def broken(*_: object) -> object:
        raise StoreError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(it.store.settled._database, "write", broken)
        with pytest.raises(StoreError):
            settle(it.store.settled, [books(it)], it.now)
    assert counted(it) == before
    settle(it.store.settled, [books(it)], it.now)
    begin = books(it).first_look
    assert begin
    assert parts(counted(it)) == parts(whole(it, begin))
