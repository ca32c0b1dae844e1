"""A process that records: `recorder.py URL COUNT NAME [SEED]`, started by the tests.

It says `ready`, waits for a line, and then records COUNT looks as the recorder NAME; a seed shuffles them and
repeats some. It prints a line after each.
"""

import random
import sys
from datetime import UTC, datetime, timedelta

from featureguard.contract import Contract
from featureguard.observation import ClockReading, Observation, Unit
from featureguard.profile import NEVER, ColumnProfile, Profile
from featureguard.result import CheckResult, Status
from featureguard.store import open_store

START = datetime(2013, 2, 8, tzinfo=UTC)
CONTRACT = {"dataset": "rides", "owner": "me", "time": {"event": "at"}, "freshness": {"max_age": "20min"}}


def look(number: int) -> Observation:
    """Data arrives every 40 minutes, somebody looks every 7."""
    at = START + timedelta(minutes=7 * number)
    arrived = number * 7 // 40
    newest = START + timedelta(minutes=40 * arrived) if arrived else NEVER
    profile = Profile(arrived, {"fare": ColumnProfile(arrived, frozenset({"double"}), nulls=0)})
    unit = Unit(f"part={arrived}", str(arrived), profile)
    clocks = {"event_time": ClockReading(newest), "file_mtime": ClockReading(newest)}
    return Observation("rides", at, str(arrived), profile, clocks, (unit,))


def main(url: str, count: int, name: str, seed: str = "") -> None:
    """Record, in order or shuffled."""
    numbers = list(range(count))
    if seed:
        order = random.Random(seed)
        numbers += order.choices(numbers, k=count // 2)
        order.shuffle(numbers)
    contract = Contract.model_validate(CONTRACT)
    with open_store(url, simulated=True) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        for number in numbers:
            seen = look(number)
            results = [CheckResult("freshness", Status.PASS, observed=float(number))]
            store.record(seen, results, contract=contract, now=seen.observed_at, recorder=name)
            store.put_profiles("rides", {seen.units[0].key: {"all": seen.profile}})
            print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
