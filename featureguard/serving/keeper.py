"""Keeps a picture of the store up to date: asks what changed, reads only that, swaps the picture as a whole.

If the store cannot be read the last picture stays, and whoever asks learns since when it stands still.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from featureguard.assembling import trusts_of
from featureguard.errors import FeatureGuardError, StoreError
from featureguard.gate.doubts import Trust
from featureguard.judging import CLOCKS_DIFFER
from featureguard.serving.fleet import Fleet, catalog_digest
from featureguard.serving.known import Known, learn
from featureguard.store import changes

if TYPE_CHECKING:
    from featureguard.access import Token
    from featureguard.catalog import Catalog
    from featureguard.store import Store
    from featureguard.verdict import Mode

INTERVAL = timedelta(seconds=1)
"""How often the store is asked what changed."""

_FIRST_WORK_SECONDS = 5.0
_REST = 9.0
"""How many times as long as it worked the keeper rests, so that whoever asks need not wait for it."""
_READINGS_SECONDS = 0.02
"""How long the picture waits for new readings; the rest of a flood is read behind it."""
_log = logging.getLogger("featureguard.serving")

UNREADABLE = "The evidence store cannot be read or written. The log of the service says why."
"""What callers are told: not where the store is, and not what its driver said."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the picture is up to date.

    Attributes:
        refreshed_at: When the store was last read, by `time.monotonic`; `None` before the first time.
        down_since: Since when it cannot be read, likewise; `None` while it can.
        store_problem: That it cannot, for callers; the log says why.
        catalog_problem: Why the newest contracts are not in force: the last valid ones are.
    """

    refreshed_at: float | None = None
    down_since: float | None = None
    store_problem: str | None = None
    catalog_problem: str | None = None


class Keeper:
    """The picture of one store and catalog, kept up to date by a thread of its own.

    Args:
        store: The evidence store.
        catalog: Gives today's catalog; it may raise a `ContractError`.
        stamp: Something that changes when the contracts do, cheap to ask for.
        clock: Tells the time; aware, UTC.
        mode: `dry_run` only reports.
        interval: How often the store is asked what changed.

    Attributes:
        tokens: Known tokens by id; `None` until they were read.
        on_first_picture: Called once, when there is a picture and all that was made of it ahead.
        ahead: What else to make of every picture, step by step, as far as there is time for it.
    """

    def __init__(
        self,
        store: Store,
        catalog: Callable[[], Catalog],
        *,
        clock: Callable[[], datetime],
        stamp: Callable[[], object] = lambda: None,
        mode: Mode = "enforce",
        interval: timedelta = INTERVAL,
    ) -> None:
        self.store, self.clock, self.mode, self.interval = store, clock, mode, interval
        self._load, self._stamp = catalog, stamp
        self._loaded: tuple[object, Catalog, str] | None = None
        self._fleet: Fleet | None = None
        self.tokens: Mapping[str, Token] | None = None
        self.health = Health()
        self.on_first_picture: Callable[[], object] = lambda: None
        self.ahead: Callable[[Fleet], Iterable[object]] = lambda _: ()
        self._lock, self._wake, self._stopped = threading.Lock(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._waits: dict[str, float] = {}
        self._made_behind: dict[str, Known] = {}

    def start(self) -> None:
        """Begin to keep the picture, in the background."""
        self._thread = threading.Thread(target=self._run, name="featureguard-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until the thread has."""
        self._stopped.set()
        self._wake.set()
        if self._thread:
            self._thread.join()

    def poke(self) -> None:
        """Look at once, since something was written."""
        self._wake.set()

    @property
    def fleet(self) -> Fleet | None:
        """The newest picture; `None` before the first one."""
        return self._fleet

    @property
    def age_seconds(self) -> float | None:
        """How long ago the store was last read."""
        at = self.health.refreshed_at
        return None if at is None else time.monotonic() - at

    @property
    def is_stale(self) -> bool:
        """Whether the picture stands still: the store cannot be read, or was not for too long."""
        age, health = self.age_seconds, self.health
        return health.down_since is not None or age is None or age > 5 * max(self.interval.total_seconds(), 1)

    def refresh(self) -> Fleet:
        """Read what changed since the last time.

        Raises:
            StoreError: If the store cannot be read; the last picture stays.
            FeatureGuardError: If there is no catalog yet, and it cannot be read.
        """
        with self._lock:
            try:
                fleet = self._refreshed()
            except StoreError:
                since = self.health.down_since or time.monotonic()
                self.health = replace(self.health, down_since=since, store_problem=UNREADABLE)
                raise
            self._fleet = fleet
            self.health = replace(
                self.health, refreshed_at=time.monotonic(), down_since=None, store_problem=None
            )
            return fleet

    def _run(self) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            self._wake.clear()
            try:
                first = self._fleet is None
                fleet = self.refresh()
                if first:
                    self._work_at_first(fleet)
                    self.on_first_picture()
                else:
                    self._work_ahead(fleet, began + self.interval.total_seconds())
            except FeatureGuardError as error:
                _log.warning("The picture stands still: %s", error)
            except Exception:
                _log.exception("The picture could not be drawn.")
                self.health = replace(
                    self.health, down_since=self.health.down_since or began, store_problem=UNREADABLE
                )
            pause = self.interval.total_seconds()
            until = began + (min(pause, 1.0) if self.health.down_since else pause)
            self._wake.wait(max(0.0, until - time.monotonic()))
            self._breathe(began)

    def _breathe(self, began: float) -> None:
        """Whoever writes without a pause must not make this thread read without one."""
        least = min(0.1, self.interval.total_seconds())
        self._stopped.wait(max(0.0, began + least - time.monotonic()))

    def _refreshed(self) -> Fleet:
        old, catalog, digest = self._fleet, *self._catalog()
        versions, now = self.store.versions(), self.clock()
        same = old is not None and old.catalog_version == digest
        until = now + CLOCKS_DIFFER if self.store.simulated else None
        trusts: dict[str, set[Trust]] | None = None
        known: dict[str, Known] = {}
        for name in catalog.contracts:
            version = versions.get(changes.of_dataset(name), 0)
            kept = old.known.get(name) if old and same else None
            if kept and kept.version == version and kept.is_known_until(now + 2 * self.interval):
                known[name] = kept
                continue
            trusts, readings = trusts or _trusts(catalog), versions.get(changes.of_readings(name), 0)
            known[name] = learn(
                self.store, catalog, name, now, version, readings, until=until, trusts=trusts.get(name, ())
            )
        self._read_readings(known, versions)
        if old and old.versions.get(changes.WAIVERS) == versions.get(changes.WAIVERS):
            waivers, token = old.waivers, old.waiver_token
        else:
            found, token = self.store.waivers.with_token()
            waivers = tuple(found)
        if old is None or old.versions.get(changes.TOKENS) != versions.get(changes.TOKENS):
            self.tokens = {one.id: one for one in self.store.tokens.all()}
        return Fleet(
            catalog,
            digest,
            now,
            known,
            versions,
            waivers,
            token,
            self.mode,
            simulated=self.store.simulated,
            glances=old.glances if old else {},
        )

    def _read_readings(self, known: dict[str, Known], versions: Mapping[str, int]) -> None:
        """Put new readings into their timelines; a flood of them must not hold up what gates rest on."""
        until = time.monotonic() + _READINGS_SECONDS
        for name, read in self._behind(known, versions):
            made = self._made_behind.pop(name, None)
            same = made is not None and made.version == known[name].version
            if made is not None and same and made.contract is known[name].contract:
                known[name] = made
            elif time.monotonic() < until:
                known[name] = known[name].with_readings(self.store, read)

    def _behind(self, known: Mapping[str, Known], versions: Mapping[str, int]) -> list[tuple[str, int]]:
        """Datasets whose newest readings are not in the picture; who waits longest is first."""
        read = {name: versions.get(changes.of_readings(name), 0) for name in known}
        behind = [name for name in known if known[name].readings != read[name]]
        self._waits = {name: self._waits.get(name, time.monotonic()) for name in behind}
        return [(name, read[name]) for name in sorted(behind, key=self._waits.__getitem__)]

    def _readings(self, fleet: Fleet) -> Iterator[object]:
        """Read what the picture did not wait for."""
        for name, read in self._behind(fleet.known, fleet.versions):
            yield self._made_behind.setdefault(name, fleet.known[name].with_readings(self.store, read))

    def _catalog(self) -> tuple[Catalog, str]:
        """Today's catalog, or the last valid one."""
        stamp = self._stamp()
        if self._loaded is None or self._loaded[0] != stamp:
            try:
                catalog = self._load()
            except FeatureGuardError as error:
                if self._loaded is None:
                    raise
                if self.health.catalog_problem is None:
                    _log.error(
                        "The contracts were changed and cannot be read; the last valid ones stay: %s", error
                    )
                self.health = replace(self.health, catalog_problem=str(error))
                return self._loaded[1], self._loaded[2]
            self._loaded = stamp, catalog, catalog_digest(catalog)
            self.health = replace(self.health, catalog_problem=None)
        return self._loaded[1], self._loaded[2]

    def _work_at_first(self, fleet: Fleet) -> None:
        """Make what will be asked for, but not for long: nobody is answered yet."""
        until = time.monotonic() + _FIRST_WORK_SECONDS
        for _ in self._work(fleet):
            if time.monotonic() > until or self._stopped.is_set():
                return

    def _work_ahead(self, fleet: Fleet, until: float) -> None:
        """Make what will be asked for, a little at a time, until the next picture is due."""
        began = time.monotonic()
        for _ in self._work(fleet):
            rest = _REST * (time.monotonic() - began)
            if self._wake.wait(rest) or (began := time.monotonic()) > until:
                return

    def _work(self, fleet: Fleet) -> Iterator[object]:
        return chain(self._readings(fleet), _accounts(fleet), self.ahead(fleet))


def _accounts(fleet: Fleet) -> Iterator[object]:
    """Draw up accounts that are missing or old: pages show the last ones."""
    for known in sorted(fleet.known.values(), key=lambda one: (one.accounted_at, one.contract.tier)):
        yield known.account(fleet.as_of)


def _trusts(catalog: Catalog) -> dict[str, set[Trust]]:
    """How anybody may ask about each dataset."""
    found: dict[str, set[Trust]] = {}
    for subject in catalog.subjects:
        for name, trust in trusts_of(catalog, subject).items():
            found.setdefault(name, set()).add(trust)
    return found
