"""A model on a small lake, a real store, and a clock that tests turn: gates are asked here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine

from featureguard.catalog import Catalog
from featureguard.contract import Contract, Subject
from featureguard.granting import grant
from featureguard.guard import Guard
from featureguard.policy import Policy
from featureguard.ruling import Ruling
from featureguard.sources.parquet import ParquetSource
from featureguard.store import Store, open_store
from featureguard.verdict import Decision, Mode
from featureguard.waiver import Waiver
from tests.builders import HOUR, NOW, write
from tests.templates import with_tables
from tests.world import at

MINUTE, TICK = timedelta(minutes=1), timedelta(microseconds=1)
TRUSTED = HOUR
"""How long a look is trusted on tier 0."""


class World:
    """The model `pricing` stands on the dataset `rides`, both of tier 0; rides may be 2 hours old.

    Attributes:
        now: What the clock shows.
        catalog: What is promised today.
        mode: `dry_run` only reports.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        self.lake, self.store, self.now = folder / "lake", store, NOW
        self.lake.mkdir()
        self.mode: Mode = "enforce"
        self.promise()

    def promise(self, *policies: Policy, subject: dict[str, Any] | None = None, **contract: Any) -> Catalog:
        """Replace the catalog."""
        promised = {"dataset": "rides", "owner": "me@example.org", "tier": 0, "time": {"event": "at"}}
        model = {"subject": "pricing", "owner": "ml@example.org", "tier": 0, "requires": ["rides"]}
        promised |= {"freshness": {"max_age": "2h"}} | contract
        subjects = [Subject.model_validate(model | (subject or {}))]
        self.catalog = Catalog.from_contracts([Contract.model_validate(promised)], subjects, policies)
        return self.catalog

    @property
    def guard(self) -> Guard:
        """A guard on today's catalog, as another process would make it."""
        return Guard(
            self.catalog,
            self.store,
            lambda _: ParquetSource(self.lake),
            clock=lambda: self.now,
            recorder="worker",
            mode=self.mode,
        )

    def look(self, age: timedelta = timedelta()) -> None:
        """Write rides of some age and look at them, a minute later."""
        self.now += MINUTE
        written = self.now - timedelta(days=1)
        name = f"{self.now.timestamp()}.parquet"
        for old in self.lake.iterdir():
            old.unlink()
        write(self.lake / name, written=written, at=at(self.now - age))
        self.guard.check("rides")

    def go_stale(self) -> None:
        """Hours later, look at rides of 3 hours ago."""
        self.now += 4 * HOUR
        self.look(age=3 * HOUR)

    def decide(self, action: str = "train", *, key: str | None = None) -> Ruling:
        """Ask the gate."""
        return self.guard.decide("pricing", action, key=key)

    def waive(self, code: str = "DATA_STALE", *, lasts: timedelta = HOUR, **parts: Any) -> Waiver:
        """Two people waive a reason of `rides` from now on; recorded."""
        given: dict[str, Any] = {
            "dataset": "rides",
            "subject": None,
            "codes": [code],
            "reason": "the vendor is down",
            "by": "ann",
            "approved_by": "bob",
            "since": self.now,
            "until": self.now + lasts,
        }
        found = grant(self.catalog, **(given | parts))
        self.store.waivers.add(found)
        return found

    def revoke(self, waiver: Waiver) -> Waiver:
        """Take a waiver back now."""
        return self.store.waivers.revoke(waiver.id, by="cat", at=self.now, reason="It is up again.")


@contextmanager
def world(folder: Path, url: str, *, simulated: bool = True) -> Iterator[World]:
    """A world whose rides were looked at, and are fresh."""
    clock: Callable[[], datetime] | None = None if simulated else lambda: NOW + timedelta(days=0, hours=12)
    with open_store(with_tables(url), simulated=simulated, clock=clock) as store:
        made = World(folder, store)
        made.look()
        yield made


def codes(decision: Decision) -> list[str]:
    """Its reasons and remarks, worst first."""
    return [r.code.value for r in decision.reasons] + [r.code.value for r in decision.remarks]


def damage(url: str, *statements: str) -> None:
    """Change the database as somebody would who has its password."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def without_triggers(url: str) -> tuple[str, ...]:
    """What somebody with the password does before changing a decision."""
    if url.startswith("sqlite"):
        return "DROP TRIGGER fg_decisions_no_update", "DROP TRIGGER fg_decisions_no_delete"
    return ("DROP TRIGGER fg_decisions_no_change ON fg_decisions",)
