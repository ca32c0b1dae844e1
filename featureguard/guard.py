"""The main flow: resolve → look up → profile → check → record; and load → judge → append.

contract ─┐
source ───┴─ snapshot ─ Look (metadata, memory) ─ judge ─┬─ results ─ record
                               ↑ scan what is unknown ───┘
evidence, policy, waivers, budgets ─ decide ─ append ─ answer
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from featureguard.checks import BUILTIN_CHECKS, Check
from featureguard.checks.spikes import mark_bad
from featureguard.contract import Contract, ParquetConfig
from featureguard.errors import SourceError, UsageError
from featureguard.evidence import Evidence
from featureguard.judging import CLOCKS_DIFFER, Report, incomplete, judge, standing
from featureguard.looking.look import Look
from featureguard.looking.memory import Memory
from featureguard.observation import Failure, History, Observation
from featureguard.result import CheckResult, Code
from featureguard.sources import Source
from featureguard.sources.hardening import hardened

if TYPE_CHECKING:
    from featureguard.accounting import Books
    from featureguard.catalog import Catalog
    from featureguard.deciding import Decider
    from featureguard.project import Project
    from featureguard.ruling import Ruling
    from featureguard.store import Store
    from featureguard.store.decisions import Recorded
    from featureguard.verdict import Decision, Mode

Clock = Callable[[], datetime]
OnRead = Callable[[str, int], None]


class Guard:
    """Checks the datasets of a catalog and keeps the evidence.

    Args:
        catalog: Contracts and subjects.
        store: Where evidence is kept; `None` keeps nothing.
        source_of: Opens the source of a contract.
        clock: Tells the time of a look; aware.
        recorder: Who looks, kept with the evidence: a host, a worker.
        mode: `dry_run` decides, and only reports.

    Attributes:
        on_read: Called before a fragment is read, with its name and rows; for progress.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Store | None,
        source_of: Callable[[Contract], Source],
        *,
        clock: Clock,
        recorder: str = "featureguard",
        mode: Mode = "enforce",
    ) -> None:
        self.catalog, self.store, self.recorder, self.mode = catalog, store, recorder, mode
        self.on_read: OnRead | None = None
        self._source_of, self._clock = source_of, clock

    @classmethod
    def open(
        cls,
        project: Project,
        catalog: Catalog,
        *,
        clock: Clock,
        environ: Mapping[str, str],
        recorder: str = "featureguard",
    ) -> Guard:
        """A guard on a project's store and sources.

        Args:
            project: Anchors paths and names the store and the connections.
            catalog: Contracts and subjects.
            clock: Tells the time of a look; aware.
            environ: Where secrets come from.
            recorder: Who looks.

        Raises:
            ProjectError: If a secret that is needed now is missing.
            StoreError: If the store cannot be opened.
        """
        from featureguard.store import open_store  # noqa: PLC0415  (SQLAlchemy, only once needed)

        store = open_store(project.store_url(environ), simulated=project.simulated)
        sources = _sources_of(project, environ)
        return cls(catalog, store, sources, clock=clock, recorder=recorder, mode=project.enforcement)

    @classmethod
    def without_store(
        cls, project: Project, catalog: Catalog, *, clock: Clock, environ: Mapping[str, str]
    ) -> Guard:
        """A guard on a project's sources that keeps nothing: what it sees is for others to keep.

        Args:
            project: Anchors paths and names the connections.
            catalog: Contracts and subjects.
            clock: Tells the time of a look; aware.
            environ: Where secrets come from.
        """
        return cls(catalog, None, _sources_of(project, environ), clock=clock)

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        if self.store:
            self.store.close()

    def now(self) -> datetime:
        """The instant by this guard's clock."""
        return self._clock()

    def check(
        self,
        dataset: str,
        *,
        now: datetime | None = None,
        data: object = None,
        record: bool = True,
        every_unit: bool = False,
    ) -> Report:
        """Look at a dataset, judge it by its contract, and record both.

        Args:
            dataset: Name of a dataset of the catalog.
            now: The instant of judgement; left out: the time of the look. With it nothing is recorded, unless
                the store is simulated.
            data: The data itself, for a contract whose source is `memory`.
            record: Whether to keep the evidence, and what was measured.
            every_unit: Measure what each judged unit needs, also where a worse one has decided already.

        Raises:
            UsageError: If the catalog has no such dataset, or `now` is not aware.
            StoreError: If the evidence cannot be read or written.
        """
        contract = self.contract(dataset)
        instant = _in_utc(now) if now else None
        observed_at = self._clock()
        memory = Memory(self.store, dataset, writes=record)
        if instant and not (self.store and self.store.simulated):
            # A look at another instant is no evidence; for an earlier one, memory may hold what came later.
            record = False
            memory = Memory() if instant < observed_at else Memory(self.store, dataset, writes=False)
            observed_at = min(observed_at, instant)
        history = self.store.history(dataset, before=observed_at) if self.store else History()
        report = take(
            contract,
            lambda: _source_of_data(data) if data is not None else self._source_of(contract),
            memory,
            history,
            observed_at=observed_at,
            now=instant or observed_at,
            expected=lambda: self._source_of(key_table_of(contract)),
            on_read=self.on_read,
            every_unit=every_unit,
        )
        if self.store is None or not record:
            return report
        look_id = self.store.record(
            report.observation, report.results, contract=contract, now=report.now, recorder=self.recorder
        )
        return dataclasses.replace(report, recorded=look_id)

    def check_all(self, name: str, *, now: datetime | None = None, record: bool = True) -> list[Report]:
        """Check a dataset, or everything that a subject stands on, in the order of the lineage.

        Raises:
            UsageError: If the catalog has no such dataset or subject, or the subject requires nothing.
            StoreError: If the evidence cannot be read or written.
        """
        datasets = self.datasets_of(name)
        if not datasets:
            raise UsageError(f"Subject '{name}' requires no dataset: there is nothing to check.")
        return [self.check(dataset, now=now, record=record) for dataset in datasets]

    def standing(self, dataset: str, now: datetime) -> Report:
        """Judge what was last seen by today's contract as of `now`, without looking at the data.

        What passed is unknown once the evidence is too old or a newer look could not be finished; what failed
        stays failed until newer evidence supersedes it (semantics, section 7).

        Raises:
            UsageError: If the catalog has no such dataset, or `now` is not aware.
            StoreError: If the evidence cannot be read.
        """
        contract, now = self.contract(dataset), _in_utc(now)
        until = now + CLOCKS_DIFFER if self.store and self.store.simulated else None
        known = self.store.evidence(dataset, until=until) if self.store else Evidence(dataset)
        return standing(contract, known, now)

    def preview(self, subject: str, action: str, *, now: datetime | None = None) -> Decision:
        """What `decide` would say, for a page or a sensor; nothing is recorded, so nothing may start on it.

        Args:
            subject: A subject of the catalog.
            action: `train`, `promote`, `serve`, `deploy`, or one of its policy's own.
            now: The instant; evidence of later ones does not count. Left out: the clock's.

        Raises:
            UsageError: If the subject or the action is unknown, or `now` is not aware.
            StoreError: If the evidence cannot be read.
        """
        instant = _in_utc(now) if now else self._clock()
        return self._decider.preview(subject, action, instant, until=self._known_until(now, instant))

    def decide(
        self, subject: str, action: str, *, now: datetime | None = None, key: str | None = None
    ) -> Ruling:
        """Decide whether a subject may do something now; recorded before it is answered.

        Args:
            subject: A subject of the catalog.
            action: `train`, `promote`, `serve`, `deploy`, or one of its policy's own.
            now: Another instant than now, for a simulated store only.
            key: Names one attempt: whoever asks again with it gets the same decision.

        Returns:
            The decision and its id. If the store cannot be used, a hold without id.

        Raises:
            UsageError: If the subject or the action is unknown, the key names something else, or `now` is
                given to a real store.
        """
        instant = self._instant_of_record(now)
        return self._decider.decide(subject, action, instant, key=key, until=self._known_until(now, instant))

    def confirm(
        self,
        decision_id: str,
        *,
        subject: str | None = None,
        action: str | None = None,
        now: datetime | None = None,
    ) -> Ruling:
        """Ask again right before the action: the answer may keep or worsen the decision, never improve it.

        Args:
            decision_id: Id of the decision.
            subject: Who is about to act; a decision about somebody else is refused.
            action: What it is about to do; likewise.
            now: Another instant than now, for a simulated store only.

        Raises:
            UsageError: If there is no such decision, it is about something else, or `now` is given to a real
                store.
            StoreError: If the decision cannot be read, and subject and action are not told.
        """
        instant = self._instant_of_record(now)
        until = self._known_until(now, instant)
        return self._decider.confirm(decision_id, instant, until=until, subject=subject, action=action)

    def replay(self, decision_id: str) -> tuple[Recorded, list[str]]:
        """Decide a recorded case anew; returns the decision and every difference.

        Raises:
            UsageError: If there is no such decision, or its inputs were not kept.
        """
        from featureguard.replaying import replay  # noqa: PLC0415  (SQLAlchemy, only once decisions are asked for)

        return replay(self.store_in_use.decisions, decision_id)

    def books(self, dataset: str, *, now: datetime | None = None) -> Books:
        """SLIs, budget and incidents of a dataset as of now.

        Raises:
            UsageError: If the catalog has no such dataset, there is no store, or `now` is not aware.
        """
        from featureguard.accounting import Books  # noqa: PLC0415

        return Books(self.store_in_use, self.contract(dataset), _in_utc(now) if now else self._clock())

    def datasets_of(self, name: str) -> list[str]:
        """A dataset itself; of a subject all datasets upstream of it, sources first.

        Raises:
            UsageError: If the catalog has no such dataset or subject.
        """
        if name in self.catalog.contracts:
            return [name]
        if name not in self.catalog.subjects:
            raise self._unknown(name)
        return [node for node in self.catalog.lineage.closure(name) if node in self.catalog.contracts]

    @property
    def _decider(self) -> Decider:
        from featureguard.deciding import Decider  # noqa: PLC0415  (SQLAlchemy, only once decisions are asked for)

        return Decider(self.catalog, self.store_in_use, mode=self.mode, by=self.recorder)

    @property
    def store_in_use(self) -> Store:
        """The store, where there must be one.

        Raises:
            UsageError: If this guard keeps nothing.
        """
        if self.store is None:
            raise UsageError("This guard keeps no evidence. Open it on a store to decide and to account.")
        return self.store

    def _instant_of_record(self, now: datetime | None) -> datetime:
        if now is not None and not self.store_in_use.simulated:
            raise UsageError("A decision is for now. For another instant ask for a preview.")
        return _in_utc(now) if now else self._clock()

    def _known_until(self, now: datetime | None, instant: datetime) -> datetime | None:
        """Up to when evidence counts: all of it, unless another instant is asked for."""
        return instant + CLOCKS_DIFFER if now or self.store_in_use.simulated else None

    def contract(self, dataset: str) -> Contract:
        """What a dataset promises.

        Raises:
            UsageError: If the catalog has no such dataset.
        """
        if dataset not in self.catalog.contracts:
            raise self._unknown(dataset)
        return self.catalog.contracts[dataset]

    def source(self, dataset: str) -> Source:
        """Where a dataset's data is.

        Raises:
            UsageError: If the catalog has no such dataset.
            SourceUnreadableError: If the contract names no place, or a connection that is not known.
        """
        return self._source_of(self.contract(dataset))

    def _unknown(self, name: str) -> UsageError:
        known = [*self.catalog.contracts, *self.catalog.subjects]
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known: {', '.join(sorted(known)) or 'none'}."
        return UsageError(f"The catalog has no dataset or subject '{name}'. {hint}")


def _sources_of(project: Project, environ: Mapping[str, str]) -> Callable[[Contract], Source]:
    """Opens the source of a contract."""
    from featureguard.sources import open_source  # noqa: PLC0415  (pyarrow, only once needed)

    def source_of(contract: Contract) -> Source:
        connections = project.connection_options(environ)
        return open_source(contract.source, anchor=project.anchor, connections=connections)

    return source_of


def check(
    contract: Contract,
    data: object,
    *,
    now: datetime,
    history: History | None = None,
    checks: Sequence[Check] = BUILTIN_CHECKS,
    expected: object = None,
) -> Report:
    """Judge data by a contract; nothing is read from or written to a store.

    Args:
        contract: What is promised.
        data: A pyarrow, polars or pandas table, or anything with `__arrow_c_stream__`; or a `Source`.
        now: The instant of judgement, aware.
        history: What earlier looks saw, for learned limits.
        checks: The checks to run.
        expected: The key table of a population's expected entities, as a table or a `Source`; left out, the
            file that the contract names is read, relative to the current folder.

    Raises:
        UsageError: If `now` is not aware, or the data is no table.
    """
    at, memory, past = _in_utc(now), Memory(), history or History()
    return take(
        contract,
        lambda: _source_of_data(data),
        memory,
        past,
        observed_at=at,
        now=at,
        checks=checks,
        expected=lambda: _key_table(contract, expected),
    )


def key_table_of(contract: Contract) -> Contract:
    """The contract with its key table of expected entities in place of its source.

    Raises:
        UsageError: If it has none.
    """
    promise = contract.freshness.population if contract.freshness else None
    if promise is None or promise.expected is None:
        raise UsageError(
            f"Contract '{contract.dataset}' names no key table: write 'expected' under 'population'."
        )
    connection = getattr(contract.source, "connection", None)
    return contract.model_copy(update={"source": ParquetConfig(path=promise.expected, connection=connection)})


def _key_table(contract: Contract, handed_in: object) -> Source:
    if handed_in is not None:
        return _source_of_data(handed_in)
    from featureguard.sources.parquet import ParquetSource  # noqa: PLC0415  (pyarrow, only with data at hand)

    return ParquetSource(getattr(key_table_of(contract).source, "path", ""))


def take(
    contract: Contract,
    source_of: Callable[[], Source],
    memory: Memory,
    history: History,
    *,
    observed_at: datetime,
    now: datetime,
    checks: Sequence[Check] = BUILTIN_CHECKS,
    expected: Callable[[], Source] | None = None,
    on_read: OnRead | None = None,
    every_unit: bool = False,
) -> Report:
    """Take one look at a source and judge it: metadata first, then only what is still unknown."""
    try:
        with hardened(contract.dataset):
            snapshot = source_of().snapshot()
            look = Look(
                contract,
                snapshot,
                memory,
                history,
                observed_at=observed_at,
                now=now,
                expected=expected,
                on_read=on_read,
            )
            results = judge(contract, look.observation, history, now, checks)
            while look.answer(
                [*results, *(_open_in(contract, look.observation, history, now) if every_unit else ())]
            ):
                results = judge(contract, look.observation, history, now, checks)
        look.remember()
    except SourceError as error:
        return incomplete(contract, Failure(Code(error.code), str(error)), observed_at, now, checks)
    observation = mark_bad(contract, look.observation, history)
    return Report(contract, observation, tuple(look.account(result) for result in results), now)


def _open_in(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """What is not measured yet of any unit."""
    for unit in observation.units:
        alone = dataclasses.replace(observation, units=(unit,))
        yield from (one for one in judge(contract, alone, history, now) if one.not_measured)


def _in_utc(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise UsageError(f"'now' is {now} without a zone. Pass an aware datetime, e.g. with tzinfo=UTC.")
    return now.astimezone(UTC)


def _source_of_data(data: object) -> Source:
    if hasattr(data, "snapshot") and callable(data.snapshot):  # pandas calls a column so, if there is one.
        return data
    from featureguard.sources.memory import MemorySource  # noqa: PLC0415  (pyarrow, only with data at hand)

    return MemorySource(data)
