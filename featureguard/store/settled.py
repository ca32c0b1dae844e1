"""Counters of time that is over: they only grow, and what they once counted is never restated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select, update

from featureguard.store import encoding, upsert
from featureguard.store.database import Database
from featureguard.store.tables import SETTLED


@dataclass(frozen=True, slots=True)
class Settled:
    """What one SLI has counted so far.

    Attributes:
        dataset: Its name.
        sli: `time`, `population` or `delivery`.
        through: All time before this instant is counted, from where counting began.
        good, bad, unknown: Microseconds; of deliveries, one stands for one.
    """

    dataset: str
    sli: str
    through: datetime
    good: int = 0
    bad: int = 0
    unknown: int = 0


class SettledCounters:
    """The counters of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Settled]:
        """Every counter, by dataset and SLI."""
        query = select(SETTLED).order_by(SETTLED.c.dataset, SETTLED.c.sli)
        return self._database.read(
            "read counters",
            lambda connection: [
                Settled(
                    row.dataset,
                    row.sli,
                    encoding.to_instant(row.through),
                    row.good,
                    row.bad,
                    row.unknown,
                )
                for row in connection.execute(query)
            ],
        )

    def begin(self, counters: Iterable[Settled]) -> None:
        """Begin to count; a counter that exists stays as it is."""
        rows = [_row(one) for one in counters]
        if rows:
            self._database.write("begin counters", lambda connection: upsert.add(connection, SETTLED, rows))

    def advance(self, steps: Sequence[tuple[Settled, Settled]]) -> int:
        """Let counters go on, in one transaction.

        Args:
            steps: Each counter as it was read, and as it is to be. One that another process let go on since
                stays as it is.

        Returns:
            How many went on.
        """
        if not steps:
            return 0
        return self._database.write(
            "settle counters", lambda connection: sum(_advance(connection, *step) for step in steps)
        )


def _advance(connection: Connection, was: Settled, becomes: Settled) -> int:
    row = _row(becomes)
    same = and_(
        SETTLED.c.dataset == was.dataset,
        SETTLED.c.sli == was.sli,
        SETTLED.c.through == encoding.to_micros(was.through),
    )
    return connection.execute(update(SETTLED).where(same).values(row)).rowcount


def _row(one: Settled) -> dict[str, object]:
    return {
        "dataset": one.dataset,
        "sli": one.sli,
        "through": encoding.to_micros(one.through),
        "good": one.good,
        "bad": one.bad,
        "unknown": one.unknown,
    }
