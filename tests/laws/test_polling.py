"""However one looks (hourly, at odd times, twice, out of order), the truth lies in the interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

import pytest

from featureguard.contract import Contract
from featureguard.observation import ClockReading, Observation
from featureguard.slo.sli import Sli, time_sli
from featureguard.store import Store, open_store
from featureguard.timeline import Limit, Run, is_stale, merge, record
from tests.slo_world import (
    Look,
    Row,
    fresh_ticks,
    in_ticks,
    looks_at,
    period,
    sighting,
    sli_of,
)

MINUTE = timedelta(minutes=1)
HOUR, DAYS = 60, 3
WINDOW = (0, DAYS * 24 * HOUR)
MAX_AGE = 2 * HOUR
CONTRACT = Contract.model_validate(
    {"dataset": "rides", "owner": "me", "time": {"event": "at"}, "freshness": {"max_age": "2h"}}
)


def feed(random: Random) -> list[Row]:
    """An hourly feed of three days, in minutes: delays, a row left out now and then, and two outages."""
    rows = [Row(-HOUR, -HOUR)]
    for value in range(0, WINDOW[1], HOUR):
        arrives = value + random.randrange(3, 9)
        if 20 * HOUR < value < 27 * HOUR:
            arrives = 27 * HOUR + random.randrange(10)
        if random.random() > 0.05 and not 50 * HOUR < value < 54 * HOUR:
            rows.append(Row(value, arrives))
    return rows


def pollings(random: Random) -> dict[str, list[int]]:
    """Minutes at which somebody looks, all of them from the first minute on."""
    five = list(range(0, WINDOW[1], 5))
    odd = sorted({0, *(random.randrange(WINDOW[1]) for _ in range(90))})
    return {
        "hourly": list(range(0, WINDOW[1], HOUR)),
        "every five minutes": five,
        "at odd times": odd,
        "retried": sorted(odd * 2),
        "shuffled": random.sample(five, len(five)),
        "once": [0],
    }


WORLD = feed(Random(7))
POLLINGS = pollings(Random(8))
FRESH = fresh_ticks(WORLD, range(*WINDOW), MAX_AGE)


def recorded(looks: Sequence[Look]) -> tuple[Run, ...]:
    """The timeline as the store's workers make it: each look a run of its own, merged as they come."""
    runs: tuple[Run, ...] = ()
    for look in looks:
        runs = merge(runs, record([sighting(look, MINUTE)]))
    return runs


def measured(runs: Sequence[Run]) -> Sli:
    return sli_of(runs, WINDOW, MAX_AGE, unit=MINUTE)


@pytest.mark.parametrize("name", POLLINGS)
def test_the_truth_lies_in_the_interval_of_every_polling(name: str) -> None:
    found = measured(record(sighting(look, MINUTE) for look in looks_at(WORLD, POLLINGS[name])))
    good, unknown = in_ticks(found.good, MINUTE), in_ticks(found.unknown, MINUTE)
    assert good <= FRESH <= good + unknown
    assert found.interval is not None
    assert found.interval[0] <= FRESH / WINDOW[1] <= found.interval[1]


def test_looking_more_often_makes_the_interval_narrower_and_moves_it_nowhere() -> None:
    widths = []
    for name in ("once", "hourly", "every five minutes"):
        found = measured(record(sighting(look, MINUTE) for look in looks_at(WORLD, POLLINGS[name])))
        widths.append(found.unknown)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 10


def test_retries_and_disorder_give_identical_timelines_and_slis() -> None:
    plain, retried = (recorded(looks_at(WORLD, POLLINGS[name])) for name in ("at odd times", "retried"))
    assert plain == retried
    five = looks_at(WORLD, POLLINGS["every five minutes"])
    again = record(sighting(look, MINUTE) for look in Random(1).sample(five, len(five)) + five[::3])
    assert again == record(sighting(look, MINUTE) for look in five)
    assert measured(again) == measured(again[::-1])


def test_a_store_gives_the_same_bytes_and_the_same_sli(
    store_url: str, tmp_path_factory: pytest.TempPathFactory, store_contents: Callable[[str], str]
) -> None:
    looks = looks_at(WORLD, POLLINGS["hourly"][:24])
    other_url = f"sqlite:///{tmp_path_factory.mktemp('other')}/store.db"
    found = []
    for url, order in ((store_url, looks), (other_url, Random(1).sample(looks, len(looks)) + looks[:9])):
        with open_store(url, simulated=True) as store:
            write(store, order)
            found.append((store_contents(url), stored_sli(store)))
    assert found[0] == found[1]
    simple = record(sighting(look, MINUTE) for look in looks)
    assert found[0][1] == sli_of(simple, (0, 24 * HOUR), MAX_AGE, unit=MINUTE)


def write(store: Store, looks: Sequence[Look]) -> None:
    for look in looks:
        seen = sighting(look, MINUTE)
        observation = Observation("rides", seen.seen_at, clocks={"event_time": ClockReading(seen.value)})
        store.record(observation, (), contract=CONTRACT, now=seen.seen_at, recorder="worker")


def stored_sli(store: Store) -> Sli:
    (version,) = store.contract_versions("rides")
    limit = Limit(version.in_force_since, version.contract.clock, timedelta(hours=2))
    start, end = period((0, 24 * HOUR), MINUTE)
    runs = {"event_time": store.timeline("rides", "event_time")}
    return time_sli(runs, [limit], (start, end), now=end, first_look=version.in_force_since)


def good_polls(looks: Sequence[Look]) -> float:
    """Negative control: `good += 1` at every poll, as a counter would."""
    seen = [sighting(look, MINUTE) for look in looks]
    stale = [is_stale(look.value, look.seen_at, MAX_AGE * MINUTE) for look in seen]
    return 1 - sum(stale) / len(stale)


def test_control_a_counter_of_polls_says_something_else_for_each_polling() -> None:
    truth = FRESH / WINDOW[1]
    hourly, five, odd = (
        good_polls(looks_at(WORLD, POLLINGS[name]))
        for name in ("hourly", "every five minutes", "at odd times")
    )
    assert len({hourly, five, odd}) == 3
    assert max(abs(share - truth) for share in (hourly, odd)) > 0.01
    # Retries while it is stale: the counter falls, and nothing happened.
    stale = looks_at(WORLD, [53 * HOUR] * 100)
    assert good_polls(looks_at(WORLD, POLLINGS["hourly"]) + stale) < hourly - 0.1
