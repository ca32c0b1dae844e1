"""One running service: the picture it answers from, the gate, and the writer behind them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from featureguard.api.once import Once
from featureguard.api.problems import ProblemError
from featureguard.errors import BusyError, StoreError
from featureguard.serving.court import Ask, Court, NotReadyError, Preview
from featureguard.serving.fleet import Fleet
from featureguard.serving.intake import Intake
from featureguard.serving.keeper import INTERVAL, Keeper
from featureguard.serving.writer import Kind, Writer

if TYPE_CHECKING:
    from featureguard.catalog import Catalog
    from featureguard.ruling import Ruling
    from featureguard.store import Store
    from featureguard.store.intake import Batch
    from featureguard.verdict import Decision, Mode

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_WHY = "The log of the service says why."
PATIENCE_SECONDS = 5.0
"""How long a request waits for something to be written."""


@dataclass
class Service:
    """Everything that the routes use.

    Attributes:
        store: The evidence store.
        keeper: Keeps the picture.
        court: The gate.
        writer: Writes for all requests together.
        read_through: Ask the store what changed before every preview and decision.
        decisions: Takes questions to be decided and recorded.
        observations: Takes what workers saw.
        told: Decisions as JSON.
    """

    store: Store
    keeper: Keeper
    court: Court
    writer: Writer
    read_through: bool = False
    decisions: Kind[Ask, Ruling] = field(init=False)
    observations: Kind[Batch, list[str]] = field(init=False)
    told: Once[Decision, bytes] = field(default_factory=Once)
    _judging: dict[tuple[str, str, str], asyncio.Task[Decision]] = field(default_factory=dict, init=False)
    _running: asyncio.Task[None] | None = field(default=None, init=False)
    _next: asyncio.Task[None] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.decisions = self.writer.kind("decision", self.court.rule)
        self.observations = self.writer.kind("observations", Intake(self.store).record)

    @classmethod
    def on(
        cls,
        store: Store,
        catalog: Callable[[], Catalog],
        *,
        clock: Callable[[], datetime],
        stamp: Callable[[], object] = lambda: None,
        mode: Mode = "enforce",
        interval: timedelta = INTERVAL,
        read_through: bool = False,
    ) -> Service:
        """A service on a store; `start` sets it going.

        Args:
            store: The evidence store; closed by whoever opened it.
            catalog: Gives today's contracts.
            clock: Tells the time; aware.
            stamp: Changes when the contracts do.
            mode: `dry_run` only reports.
            interval: How often the store is asked what changed.
            read_through: Ask before every preview and decision too.
        """
        keeper = Keeper(store, catalog, clock=clock, stamp=stamp, mode=mode, interval=interval)
        return cls(store, keeper, Court(keeper), Writer(), read_through)

    def start(self) -> None:
        """Begin to read and to write, in threads of their own."""
        self.keeper.start()
        self.writer.start()

    def stop(self) -> None:
        """Write what waits, and stop."""
        self.writer.stop()
        self.keeper.stop()

    def wall_clock(self) -> datetime:
        """The time by this machine: tokens expire by it, also where a store's times are made up."""
        return datetime.now(UTC)

    @property
    def fleet(self) -> Fleet:
        """The picture at hand.

        Raises:
            ProblemError: If there is none yet.
        """
        try:
            return self.court.fleet
        except NotReadyError as error:
            raise ProblemError("not-ready", str(error), headers={"Retry-After": "1"}) from None

    async def newest(self) -> Fleet:
        """The picture at hand, or, where it is asked for, one that no fact written before is missing from."""
        if self.read_through and not self.keeper.is_stale:
            if self._next is None:
                self._next = asyncio.create_task(self._refresh(self._running))
            await asyncio.shield(self._next)
        return self.fleet

    async def preview(self, subject: str, action: str) -> Preview:
        """What the gate would say; what many ask about one picture is judged once, beside the other answers.

        Raises:
            ProblemError: If there is no picture yet.
            UsageError: If the subject or the action is unknown.
        """
        fleet = await self.newest() if self.read_through else self.fleet
        if not fleet.has_judged(subject, action):
            question = fleet.version, subject, action
            if question not in self._judging:
                judging = asyncio.create_task(asyncio.to_thread(fleet.judged, subject, action))
                self._judging[question] = judging
                judging.add_done_callback(lambda _: self._judging.pop(question))
            await asyncio.shield(self._judging[question])
        return self.court.preview(subject, action)

    async def _refresh(self, before: asyncio.Task[None] | None) -> None:
        """One refresh for all who asked before it began."""
        if before:
            await before
        self._running, self._next = asyncio.current_task(), None
        with contextlib.suppress(StoreError):  # The picture stands still now; whoever judges says so.
            await asyncio.to_thread(self.keeper.refresh)

    async def written(self, kind: Kind[Item, Answer], item: Item) -> Answer:
        """Wait until something is written.

        Raises:
            BusyError: If it takes too long; it may be written nevertheless.
            StoreError: If it cannot be written.
        """
        try:
            return await kind.written(item, PATIENCE_SECONDS)
        except TimeoutError:
            told = f"The evidence store did not confirm a write within {PATIENCE_SECONDS:g} s."
            raise BusyError(f"{told} Ask again with the same key.") from None

    def readiness(self) -> dict[str, Any]:
        """Whether each part is ready; anybody may ask, so that why not stands in the log and on the page."""
        health, parts = self.keeper.health, dict[str, str | None]()
        read = "It was not read yet." if health.refreshed_at is None else None
        parts["store"] = f"It cannot be read. {_WHY}" if health.store_problem else read
        parts["snapshot"] = read or (f"It stands still. {_WHY}" if self.keeper.is_stale else None)
        kept = "The newest contracts cannot be read; the last valid ones are in force."
        parts["catalog"] = f"{kept} {_WHY}" if health.catalog_problem else None
        return {
            "ready": not (parts["store"] or parts["snapshot"]),
            "parts": {name: {"ok": why is None, "problem": why} for name, why in parts.items()},
        }


def stamp_of(places: tuple[Path | str, ...]) -> Callable[[], object]:
    """Something that changes when a file of the contracts does, looked at every two seconds at most."""
    from featureguard.places import files_in

    last: tuple[float, object] = (float("-inf"), None)

    def stamp() -> object:
        nonlocal last
        if time.monotonic() - last[0] >= 2.0:
            files, problems = files_in(places)
            told = [(label, _stat(file)) for file, label in files]
            last = time.monotonic(), (tuple(told), tuple(map(str, problems)))
        return last[1]

    return stamp


def _stat(file: Any) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except (OSError, AttributeError):
        return None
    return found.st_mtime_ns, found.st_size
