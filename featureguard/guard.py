"""The main flow: resolve → look up → profile → check → record.

contract ─┐
source ───┴─ snapshot ─ Look (metadata, memory) ─ judge ─┬─ results ─ record
                               ↑ scan what is unknown ───┘
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from featureguard.checks import BUILTIN_CHECKS, Check, words
from featureguard.checks.spikes import mark_bad
from featureguard.contract import Contract, ParquetConfig
from featureguard.errors import SourceError, UsageError
from featureguard.looking.look import Look
from featureguard.looking.memory import Memory
from featureguard.observation import Failure, History, Observation
from featureguard.profile import Profile
from featureguard.result import CheckResult, Code, Status, exit_code
from featureguard.sources import Source
from featureguard.sources.hardening import hardened

if TYPE_CHECKING:
    from featureguard.catalog import Catalog
    from featureguard.project import Project
    from featureguard.store import Store

Clock = Callable[[], datetime]
OnRead = Callable[[str, int], None]

EVIDENCE_MAX_AGE = {
    0: timedelta(hours=1),
    1: timedelta(hours=6),
    2: timedelta(hours=26),
    3: timedelta(hours=26),
}
"""How old a look may be before it is no longer trusted, by tier."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one check of a dataset found.

    Attributes:
        contract: What was promised.
        observation: What was seen.
        results: One for each promise, and findings.
        now: The instant of judgement, UTC.
        recorded: Identity of the recorded look, or `None` if nothing was recorded.
    """

    contract: Contract
    observation: Observation
    results: tuple[CheckResult, ...]
    now: datetime
    recorded: str | None = None

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.contract.dataset

    @property
    def worst(self) -> CheckResult | None:
        """The worst result; `None` if nothing was promised."""
        return max(self.results, key=lambda result: result.rank, default=None)

    @property
    def raw_exit_code(self) -> int:
        """0 if every blocking promise holds, 1 if one is broken, 3 if one could not be judged."""
        return exit_code(self.results)

    @property
    def exit_code(self) -> int:
        """The raw exit code, and 0 for a contract that is only observed."""
        return 0 if self.contract.enforcement == "observe" else self.raw_exit_code


def worst_exit_code(codes: Iterable[int]) -> int:
    """The exit code of several reports: 1 before 3 before 0."""
    found = set(codes)
    return 1 if 1 in found else 3 if 3 in found else 0


class Guard:
    """Checks the datasets of a catalog and keeps the evidence.

    Args:
        catalog: Contracts and subjects.
        store: Where evidence is kept; `None` keeps nothing.
        source_of: Opens the source of a contract.
        clock: Tells the time of a look; aware.
        recorder: Who looks, kept with the evidence: a host, a worker.

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
    ) -> None:
        self.catalog, self.store, self.recorder = catalog, store, recorder
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
        from featureguard.sources import open_source  # noqa: PLC0415  (pyarrow and SQLAlchemy, only once needed)
        from featureguard.store import open_store  # noqa: PLC0415

        store = open_store(project.store_url(environ), simulated=project.simulated)

        def source_of(contract: Contract) -> Source:
            connections = project.connection_options(environ)
            return open_source(contract.source, anchor=project.anchor, connections=connections)

        return cls(catalog, store, source_of, clock=clock, recorder=recorder)

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        if self.store:
            self.store.close()

    def check(
        self, dataset: str, *, now: datetime | None = None, data: object = None, record: bool = True
    ) -> Report:
        """Look at a dataset, judge it by its contract, and record both.

        Args:
            dataset: Name of a dataset of the catalog.
            now: The instant of judgement; left out: the time of the look.
            data: The data itself, for a contract whose source is `memory`.
            record: Whether to keep the evidence, and what was measured.

        Raises:
            UsageError: If the catalog has no such dataset.
            StoreError: If the evidence cannot be read or written.
        """
        contract = self._contract(dataset)
        observed_at = self._clock()
        history = self.store.history(dataset, before=observed_at) if self.store else History()
        memory = Memory(self.store, dataset, writes=record)
        report = take(
            contract,
            lambda: _source_of_data(data) if data is not None else self._source_of(contract),
            memory,
            history,
            observed_at=observed_at,
            now=now or observed_at,
            expected=lambda: self._source_of(key_table_of(contract)),
            on_read=self.on_read,
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
            UsageError: If the catalog has no such dataset.
            StoreError: If the evidence cannot be read.
        """
        contract = self._contract(dataset)
        last = self.store.last_look(dataset) if self.store else None
        if self.store is None or last is None:
            reason = "Nobody has looked at this dataset yet. Run 'featureguard check'."
            return _incomplete(contract, Failure(Code.NO_EVIDENCE, reason), now, now)
        seen = last.observation
        if seen.failure is None:
            complete, doubt = seen, _expiry(contract, seen, now)
        else:
            history = self.store.history(dataset, before=seen.observed_at)
            if history.last is None:
                report = _incomplete(contract, seen.failure, seen.observed_at, now)
                return dataclasses.replace(report, recorded=last.id)
            complete, doubt = history.last, seen.failure
        before = self.store.history(dataset, before=complete.observed_at)
        results = judge(contract, complete, before, now)
        changed = last.contract != contract.digest
        doubted = tuple(_doubted(result, doubt, changed=changed) for result in results)
        return Report(contract, complete, doubted, now, recorded=last.id)

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

    def _contract(self, dataset: str) -> Contract:
        if dataset not in self.catalog.contracts:
            raise self._unknown(dataset)
        return self.catalog.contracts[dataset]

    def _unknown(self, name: str) -> UsageError:
        known = [*self.catalog.contracts, *self.catalog.subjects]
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known: {', '.join(sorted(known)) or 'none'}."
        return UsageError(f"The catalog has no dataset or subject '{name}'. {hint}")


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
    if now.tzinfo is None:
        raise UsageError(f"'now' is {now} without a zone. Pass an aware datetime, e.g. with tzinfo=UTC.")
    at = now.astimezone(UTC)
    memory, past = Memory(), history or History()
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
            while look.answer(results):
                results = judge(contract, look.observation, history, now, checks)
        look.remember()
    except SourceError as error:
        return _incomplete(contract, Failure(Code(error.code), str(error)), observed_at, now, checks)
    observation = mark_bad(contract, look.observation, history)
    return Report(contract, observation, tuple(look.account(result) for result in results), now)


def judge(
    contract: Contract,
    observation: Observation,
    history: History,
    now: datetime,
    checks: Sequence[Check] = BUILTIN_CHECKS,
) -> list[CheckResult]:
    """Run checks on what was seen; a check that raises is one `unknown` result, never silence."""
    return [result for check in checks for result in _run(check, contract, observation, history, now)]


def _run(
    check: Check, contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterable[CheckResult]:
    try:
        return list(check(contract, observation, history, now))
    except Exception as error:
        name = getattr(check, "__name__", "check")
        reason = f"The check '{name}' crashed: {type(error).__name__}: {error}"
        return [CheckResult(name, Status.UNKNOWN, code=Code.CHECK_CRASHED, reason=reason)]


def _incomplete(
    contract: Contract,
    failure: Failure,
    observed_at: datetime,
    now: datetime,
    checks: Sequence[Check] = BUILTIN_CHECKS,
) -> Report:
    """A look that could not be finished: every promise is unknown, for the same reason."""
    nothing = Observation(contract.dataset, observed_at, profile=Profile(rows=None), failure=failure)
    unknown = tuple(_unknown(result, failure) for result in judge(contract, nothing, History(), now, checks))
    return Report(contract, nothing, unknown, now)


def _unknown(result: CheckResult, failure: Failure) -> CheckResult:
    return dataclasses.replace(
        result, status=Status.UNKNOWN, code=failure.code, reason=failure.reason, not_measured=False
    )


def _expiry(contract: Contract, seen: Observation, now: datetime) -> Failure | None:
    """Why a look is too old to be trusted, or `None`."""
    limit = contract.evidence_max_age or EVIDENCE_MAX_AGE[contract.tier]
    if (age := now - seen.observed_at) <= limit:
        return None
    looked = f"The last look is {words.duration(age.total_seconds())} old"
    return Failure(Code.EVIDENCE_EXPIRED, f"{looked}; it is trusted for {words.limit(limit)}. Check again.")


def _doubted(result: CheckResult, doubt: Failure | None, *, changed: bool) -> CheckResult:
    """A result about an earlier look: a pass in doubt is unknown, a failure stays."""
    if result.not_measured:
        code = Code.CONTRACT_CHANGED if changed else Code.EVIDENCE_PARTIAL
        return dataclasses.replace(result, code=code, not_measured=False)
    return _unknown(result, doubt) if doubt and result.status is Status.PASS else result


def _source_of_data(data: object) -> Source:
    if hasattr(data, "snapshot"):
        return data
    from featureguard.sources.memory import MemorySource  # noqa: PLC0415  (pyarrow, only with data at hand)

    return MemorySource(data)
