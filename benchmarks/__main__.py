"""Run all benchmarks and print them: `python -m benchmarks [--rows N] [--rounds N]`."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from benchmarks import contents, data, entities, footers, slis, starting, suites, validators
from benchmarks.recheck import FIRST, ONE_NEW, UNCHANGED
from benchmarks.running import Plan, assert_same, spelled, table, take_turns, target, versions

_GIB = 1 << 30


def main() -> None:
    """Make the data where it is missing, measure, print."""
    options = _options()
    started = time.perf_counter()
    print(f"featureguard benchmarks on {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; {versions()}.")
    print("Wall time and peak memory of a process of its own; imports are not counted, files are cached.")
    folder, files = options.folder, max(20, options.rows // 10_000)
    sizes = [options.rows, files, options.rows // 100]
    subprocess.run([sys.executable, "-m", "benchmarks.data", str(folder), *map(str, sizes)], check=True)
    print(f"Data in {folder} ({spelled(time.perf_counter() - started)}).")
    large = data.large_file(folder, options.rows)
    data.read_once(large)
    _footers(large, folder, options.rounds)
    _contents(large, folder, options.rounds)
    _entities(large, folder, options.rounds)
    _recheck(folder, files, options.rows // 100)
    _starting(options.rounds)
    _slis(folder, max(10, options.rows // 1_000), options.rounds)
    subprocess.run([sys.executable, "-m", "benchmarks.gates"], check=True)
    _service(folder, max(20, options.rows // 10_000), options.rounds)
    _dagster(max(20, options.rows // 10_000))
    _airflow(min(500, max(20, options.rows // 20_000)))
    _suites(folder, options.rows // 10, options.rounds)
    _online(min(10_000, max(100, options.rows // 100)), 25 if options.rounds > 1 else 3)
    if find_spec("benchmarks.contracts"):
        subprocess.run([sys.executable, "-m", "benchmarks.contracts"], check=True)
    print(f"\nAll in {spelled(time.perf_counter() - started)}.")


def _footers(large: Path, folder: Path, rounds: int) -> None:
    plans = [Plan("footers", tool, rounds, times=15 if "scan" not in tool else 1) for tool in footers.TOOLS]
    found = take_turns(plans, large, data.small_file(folder))
    assert_same(found)
    print("\n(a) a contract that footers can answer: 18 columns, rows, nulls, extremes of integers and times")
    print(table(found, "featureguard"))
    for name in ("featureguard", "featureguard, clock of the file"):
        own = found[name].seconds
        print(target(f"{name}, in process", 1_000 * own, 20, "ms"))
        if "duckdb scan" in found:
            times = found["duckdb scan"].seconds / own
            print(target(f"{name}: DuckDB's scan takes", times, 100, "times as long", at_least=True))


def _contents(large: Path, folder: Path, rounds: int) -> None:
    plans = [Plan("contents", tool, rounds) for tool in contents.TOOLS]
    plans += [Plan("validators", tool, rounds=1) for tool in validators.TOOLS]
    found = take_turns(plans, large, data.small_file(folder))
    assert_same(found)
    print("\n(b) contents of all 18 columns: nulls, NaN, least, greatest, and the population of rows")
    print(table(found, "polars streaming"))
    print("  Least and greatest of the 14 columns with an order; validators say whether limits hold.")
    bare = found["polars streaming"].seconds
    for name in ("featureguard", "featureguard, all rows read"):
        print(target(f"{name}, beside bare polars", found[name].seconds / bare, 1.3, "times as long"))
        print(target(f"{name}, peak", found[name].peak / _GIB, 1, "GiB"))
    others = {name: found[name].seconds for name in validators.TOOLS if name in found}
    if others:
        best = min(others, key=others.__getitem__)
        ratio = found["featureguard"].seconds / others[best]
        print(target(f"beside the fastest validator ({best})", ratio, 1, "times as long"))


def _entities(large: Path, folder: Path, rounds: int) -> None:
    found = take_turns(
        [Plan("entities", tool, rounds) for tool in entities.TOOLS], large, data.small_file(folder)
    )
    assert_same(found)
    count = found["featureguard"].answer["expected"]
    print(f"\n(c) the population of {count:,} entities, exactly: fresh, expected, quantiles, the five oldest")
    print(table(found, "polars, same answers"))
    for name in ("polars, same answers", "polars, grouping alone"):
        ratio = found["featureguard"].seconds / found[name].seconds
        print(target(f"beside bare {name}", ratio, 1.5, "times as long"))


def _recheck(folder: Path, files: int, rows: int) -> None:
    lake = data.lake(folder, files, rows)
    data.read_once(lake)
    plans = [Plan("recheck", tool, rounds=1) for tool in ("featureguard", "polars streaming, all files")]
    found = take_turns(plans, lake, data.lake(folder, 3, 100))
    everything = "polars streaming, all files"
    assert_same({name: found[name] for name in (everything, ONE_NEW)})
    assert_same({name: found[name] for name in (FIRST, UNCHANGED)})
    print(f"\n(d) {files:,} files of {rows:,} rows, the contract of (b), evidence in SQLite")
    print(table(found, everything))
    print(target("re-check with one new file", found[ONE_NEW].seconds, 0.5, "s"))


def _starting(rounds: int) -> None:
    found = starting.measure(3 * rounds)
    print("\n(e) to start")
    print(table(found, starting.BARE))
    for name, limit in ((starting.IMPORT, 0.3), (starting.HELP, 0.5)):
        print(target(f"{name}, beyond bare Python", starting.beyond(found, name), limit, "s"))


def _slis(folder: Path, datasets: int, rounds: int) -> None:
    for count in (10, datasets):
        subprocess.run([sys.executable, "-m", "benchmarks.slis", str(folder), str(count)], check=True)
    runs = slis.runs_file(folder, datasets)
    data.read_once(runs)
    found = take_turns([Plan("slis", tool, rounds) for tool in slis.TOOLS], runs, slis.runs_file(folder, 10))
    assert_same(found)
    print(f"\n(f) SLIs of {datasets:,} datasets in {len(slis.HOURS)} windows, {slis.RUNS} runs of each")
    print(table(found, "featureguard"))
    print("  SQL is the same integral by hand, for runs that do not overlap; no peer of ours computes it.")
    print(target("SLIs of all datasets", found["featureguard"].seconds, 2, "s"))


def _service(folder: Path, datasets: int, rounds: int) -> None:
    if find_spec("uvicorn") and shutil.which("wrk"):
        told = [str(folder.resolve()), str(datasets), str(3 * rounds)]
        subprocess.run([sys.executable, "-m", "benchmarks.service", *told], check=True)
    else:
        print("\n(h) wrk or the extra 'api' is not installed: the service is left out")


def _dagster(contracts: int) -> None:
    if find_spec("dagster"):
        subprocess.run([sys.executable, "-m", "benchmarks.dagster_host", str(contracts)], check=True)
    else:
        print("\n(i) the extra 'dagster' is not installed: Dagster is left out")


def _airflow(sensors: int) -> None:
    if find_spec("airflow"):
        command = [sys.executable, "-m", "benchmarks.airflow_host", str(sensors), str(sensors / 16)]
        subprocess.run(command, check=True)
    else:
        print("\n(j) the extra 'airflow' is not installed: Airflow is left out")


def _suites(folder: Path, rows: int, rounds: int) -> None:
    for count in (1_000, rows):
        subprocess.run([sys.executable, "-m", "benchmarks.suites", str(folder), str(count)], check=True)
    data_file = suites.file(folder, rows)
    data.read_once(data_file)
    plans = [Plan("suites", tool, rounds) for tool in suites.TOOLS]
    found = take_turns(plans, data_file, suites.file(folder, 1_000))
    assert_same(found)
    asked = len(suites.suite()["expectations"])
    print(f"\n(k) a suite of {asked} expectations on {rows:,} rows × 10 columns")
    print(table(found, "featureguard"))
    others = {name: one.seconds for name, one in found.items() if name != "featureguard"}
    if others:
        best = min(others, key=others.__getitem__)
        times = others[best] / found["featureguard"].seconds
        print(target(f"{best} takes", times, 2, "times as long", at_least=True))


def _online(entities: int, times: int) -> None:
    if find_spec("feast"):
        asked = [str(entities), str(min(1_000, entities // 2)), str(times)]
        subprocess.run([sys.executable, "-m", "benchmarks.online_ages", *asked], check=True)
    else:
        print("\n(l) the extra 'feast' is not installed: Feast is left out")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=10_000_000, help="rows of the large file; the rest scales with it"
    )
    parser.add_argument("--rounds", type=int, default=3, help="processes for each tool")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="where the data is kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
