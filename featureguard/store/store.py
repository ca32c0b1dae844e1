"""The evidence store: facts go in, in any order and as often as one likes; history comes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, select

from featureguard.contract import Contract
from featureguard.errors import UsageError, WrongClockError
from featureguard.evidence import ContractVersion, Evidence, ExternalResult, Look
from featureguard.observation import History, Observation, PopulationReading
from featureguard.profile import Profile
from featureguard.result import CheckResult
from featureguard.store import (
    changes,
    clocks,
    evidence,
    external,
    facts,
    intake,
    migrate,
    notes,
    queries,
    readings,
    upsert,
)
from featureguard.store.database import Database
from featureguard.store.decisions import DecisionLog
from featureguard.store.encoding import to_micros
from featureguard.store.facts import LookFact, Provenance
from featureguard.store.intake import HISTORY_UNITS, Batch
from featureguard.store.notes import NoteFact
from featureguard.store.settled import SettledCounters
from featureguard.store.tables import MARKS
from featureguard.store.tokens import Tokens
from featureguard.store.waivers import Waivers
from featureguard.timeline import Run

Clock = Callable[[], datetime]


def open_store(url: str, *, simulated: bool = False, clock: Clock | None = None) -> Store:
    """Open the evidence store at a URL; make it, and bring its tables up to date, where that is needed.

    Args:
        url: `sqlite:////folder/store.db` or `postgresql+psycopg://user@host/database`.
        simulated: The store holds made-up times (a demo, a test); it is marked so when it is made.
        clock: The store's clock. Left out: the server's for PostgreSQL, the process's for SQLite, none for a
            simulated store.

    Raises:
        UsageError: If the URL names no store, or the store is marked otherwise.
        StoreError: If it cannot be opened.
        MissingExtraError: If the driver is not installed.
    """
    database = Database(url)
    try:
        _prepare(database, "yes" if simulated else "no")
    except BaseException:
        database.close()
        raise
    return Store(database, simulated, clock)


class Store:
    """An open evidence store; `open_store` makes one. Threads and processes may use it at once.

    Attributes:
        name: Its URL without secrets.
        simulated: Whether it holds made-up times.
        decisions: What gates decided.
        waivers: Whose exceptions they had to take into account.
        tokens: Who may ask the API what.
        settled: What SLIs have counted so far.
    """

    def __init__(self, database: Database, simulated: bool, clock: Clock | None) -> None:
        self._database = database
        self._clock = clock
        self.simulated = simulated
        self.name = database.name
        self.decisions = DecisionLog(database)
        self.waivers = Waivers(database)
        self.tokens = Tokens(database)
        self.settled = SettledCounters(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def now(self) -> datetime | None:
        """The time by the store's clock; `None` for a simulated store, where any time is right."""
        if self._clock or self.simulated:
            return self._clock() if self._clock else None
        return self._database.read("read its clock", clocks.server_time)

    def record(
        self,
        observation: Observation,
        results: Sequence[CheckResult],
        *,
        contract: Contract,
        now: datetime,
        recorder: str,
        provenance: Provenance = "look",
    ) -> str:
        """Record a look and its results, in one transaction; once or often is the same.

        Args:
            observation: What was seen. Only a complete look adds to the timeline.
            results: What the checks said.
            contract: What it was judged by.
            now: The instant that it was judged for.
            recorder: Who looked; a wrong recorder can be retracted.
            provenance: `source_history` for what a source tells of its own past: it adds to the timeline, but
                is no look, so that it is never stale and nothing else of it is kept.

        Returns:
            The look's id: equal looks have equal ids.

        Raises:
            StoreError: If the look's clock disagrees with the store's, or the store cannot be written.
        """
        fact = LookFact(observation, tuple(results), contract, now, recorder, provenance)
        clocks.refuse_wrong_look(self.name, fact, self._arbiter())
        return self._database.write("record a look", lambda connection: facts.add_look(connection, fact))

    def record_batches(
        self, batches: Sequence[Batch], judge: intake.Judge
    ) -> list[list[str] | WrongClockError]:
        """Record what several senders observed, in one transaction; once or often, in any order, is the same.

        Readings add to timelines only: a reading is no look, and no evidence that data is good.

        Args:
            batches: What each of them sent.
            judge: Judges a look beside what earlier looks saw; it may be asked more than once.

        Returns:
            For each batch the ids of its looks; or why none of it was taken: a clock that disagrees with the
            store's.

        Raises:
            StoreError: If the store cannot be written.
        """
        now = self._arbiter()
        refused = [clocks.refusal(self.name, batch, now) for batch in batches]
        taken = [batch for batch, why in zip(batches, refused, strict=True) if why is None]
        ids = iter(
            self._database.write(
                "record observations", lambda connection: intake.add_batches(connection, taken, judge)
            )
            if taken
            else ()
        )
        return [why or next(ids) for why in refused]

    def profiles(self, dataset: str, keys: Sequence[str]) -> dict[str, dict[str, Profile]]:
        """Profiles of the fragments that are known, `{fragment key: {unit key: profile}}`."""
        return self._database.read(
            "read profiles", lambda connection: queries.profiles(connection, dataset, keys)
        )

    def put_profiles(self, dataset: str, profiles: Mapping[str, Mapping[str, Profile]]) -> None:
        """Remember profiles of immutable fragments, together with what was measured of them before.

        A fragment that is cut into other units than before is remembered in the new way.
        """
        if profiles:
            self._database.write(
                "keep profiles", lambda connection: facts.put_profiles(connection, dataset, profiles)
            )

    def states(self, dataset: str, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Keyed states that are known, by key."""
        return self._database.read(
            "read states", lambda connection: queries.states(connection, dataset, kind, keys)
        )

    def put_states(self, dataset: str, kind: str, states: Mapping[str, bytes]) -> None:
        """Remember keyed states; one of more than 64 MiB is not kept."""
        if states:
            self._database.write(
                "keep states", lambda connection: facts.put_states(connection, dataset, kind, states)
            )

    def record_external(self, results: Sequence[ExternalResult]) -> None:
        """Record what other tools said, in one transaction; once or often is the same.

        Raises:
            StoreError: If a result is ahead of the store's clock, or the store cannot be written.
        """
        if results:
            clocks.refuse_future_results(self.name, results, self._arbiter())
            self._database.write(
                "record results", lambda connection: external.add_results(connection, results)
            )

    def evidence(self, dataset: str, *, until: datetime | None = None) -> Evidence:
        """All that a decision about a dataset may rest on, from one state of the store.

        Args:
            dataset: Its name.
            until: Later looks and results do not count; `None` takes all.
        """
        return self.evidences([dataset], until=until)[dataset]

    def evidences(self, datasets: Iterable[str], *, until: datetime | None = None) -> dict[str, Evidence]:
        """The same of several datasets by name, all from one state of the store."""
        names = list(datasets)
        return self._database.read(
            "read evidence",
            lambda connection: {name: evidence.evidence(connection, name, until) for name in names},
        )

    def add_note(self, note: NoteFact) -> None:
        """Record what somebody did about an incident; once or often is the same."""
        self._database.write("add a note", lambda connection: notes.add_note(connection, note))

    def notes(self, incidents: Collection[str] | None = None) -> list[NoteFact]:
        """The notes of the incidents with these keys, or of all, oldest first."""
        return self._database.read("read notes", lambda connection: notes.notes(connection, incidents))

    def history(self, dataset: str, *, before: datetime, units: int = HISTORY_UNITS) -> History:
        """What complete looks before an instant saw: the last of them, and the newest units."""
        return self._database.read(
            "read history", lambda connection: queries.history(connection, dataset, before, units)
        )

    def last_look(self, dataset: str) -> Look | None:
        """The latest look, complete or not."""
        return self._database.read(
            "read the last look", lambda connection: queries.last_look(connection, dataset)
        )

    def looks(self, dataset: str, since: datetime, until: datetime) -> list[Look]:
        """Looks from `since` until before `until`, oldest first."""
        return self._database.read(
            "read looks", lambda connection: queries.looks(connection, dataset, since, until)
        )

    def results(
        self, dataset: str, since: datetime, until: datetime, *, check: str | None = None
    ) -> list[tuple[datetime, CheckResult]]:
        """Results with the instant of their look, from `since` until before `until`, oldest first."""
        return self._database.read(
            "read results", lambda connection: queries.results(connection, dataset, since, until, check)
        )

    def verdicts(
        self, dataset: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, str | None, CheckResult]]:
        """Results with the instant of their look and its snapshot, from `since` until before `until`."""
        return self._database.read(
            "read results", lambda connection: readings.verdicts(connection, dataset, since, until)
        )

    def populations(
        self, dataset: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, PopulationReading]]:
        """Populations with the instant of their look, from `since` until before `until`, oldest first."""
        return self._database.read(
            "read populations", lambda connection: readings.populations(connection, dataset, since, until)
        )

    def timeline(self, dataset: str, clock: str) -> list[Run]:
        """The runs of one clock by hour and value, whoever recorded them."""
        return self._database.read(
            "read the timeline", lambda connection: queries.timeline(connection, dataset, clock)
        )

    def contract_versions(self, dataset: str) -> list[ContractVersion]:
        """Which contract was in force since when, oldest first."""
        return self._database.read(
            "read contracts", lambda connection: queries.contract_versions(connection, dataset)
        )

    def versions(self) -> dict[str, int]:
        """How often each topic of `store.changes` was written: whoever keeps what it read compares them."""
        return self._database.read("read what changed", changes.versions)

    def datasets(self) -> list[str]:
        """Every dataset that anything was recorded of, by name."""
        return self._database.read("read datasets", queries.datasets)

    def retract(
        self,
        recorder: str,
        *,
        dataset: str,
        since: datetime,
        until: datetime,
        reason: str,
        by: str,
        now: datetime,
    ) -> None:
        """Record that a recorder was wrong: its looks and runs of these hours no longer count.

        Runs know only their hour, so every hour that [since, until) touches is retracted as a whole.
        """
        if until <= since:
            raise UsageError(f"Nothing to retract: {until} is not after {since}. Swap 'since' and 'until'.")
        told: dict[str, str | int] = {"reason": reason, "by": by, "at": to_micros(now)}
        self._database.write(
            "retract a recorder",
            lambda connection: facts.add_retraction(connection, recorder, dataset, since, until, told),
        )

    def _arbiter(self) -> datetime | None:
        """The time that nothing recorded may be ahead of; `None` for a simulated store."""
        return None if self.simulated else self.now()


def _prepare(database: Database, simulated: str) -> None:
    """Make or mend the tables, and see that the store is what the caller takes it for."""
    mark = database.read("be opened", lambda connection: _mark(connection, database.name))
    if mark is None:
        mark = database.write("be set up", lambda connection: _set_up(connection, database.name, simulated))
    if mark != simulated:
        kind = {"yes": "simulated", "no": "real"}
        raise UsageError(
            f"Evidence store {database.name} was made for {kind[mark]} times and is opened for "
            f"{kind[simulated]} ones, which would mix evidence with make-believe. Use another store."
        )


_SIMULATED = select(MARKS.c.value).where(MARKS.c.name == "simulated")


def _mark(connection: Connection, name: str) -> str | None:
    if not migrate.is_current(connection, name):
        return None
    return connection.scalar(_SIMULATED)


def _set_up(connection: Connection, name: str, simulated: str) -> str:
    migrate.migrate(connection, name)
    upsert.add(connection, MARKS, [{"name": "simulated", "value": simulated}])
    return str(connection.scalars(_SIMULATED).one())
