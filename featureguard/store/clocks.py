"""The store's own clock, and what it refuses: looks and results whose recorder's clock is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from featureguard.errors import WrongClockError
from featureguard.evidence import ExternalResult
from featureguard.store.encoding import to_micros
from featureguard.store.facts import LookFact
from featureguard.store.intake import Batch

AHEAD_TOLERANCE = timedelta(minutes=5)
"""How far a look or a result may be ahead of the store's clock."""

BEHIND_TOLERANCE = timedelta(hours=24)
"""How far a look may be behind it."""


def server_time(connection: Connection) -> datetime:
    """The time by PostgreSQL's clock; SQLite has none but the process's."""
    if connection.dialect.name == "postgresql":
        server: datetime = connection.scalars(select(func.clock_timestamp())).one()
        return server.astimezone(UTC)
    return datetime.now(UTC)  # noqa: TID251  (the one clock of an embedded store)


def refuse_wrong_look(store: str, fact: LookFact, now: datetime | None) -> None:
    """Refuse a look from the future or from long ago; without a clock (`None`) any time is right.

    Raises:
        WrongClockError: If it is refused.
    """
    look = fact.observation
    if now is None:
        return
    where = f"Evidence store {store}: the look at {look.dataset!r} by {fact.recorder!r}"
    if look.observed_at - now > AHEAD_TOLERANCE:
        raise WrongClockError(f"{where} {_ahead(look.observed_at, now)} and look again.")
    if now - look.observed_at > BEHIND_TOLERANCE and fact.provenance == "look":
        raise WrongClockError(
            f"{where} is from {look.observed_at}, more than 24 hours behind the store's clock ({now}). "
            "Set the clock of that machine right, or record it as history of the source "
            "(provenance 'source_history')."
        )


def refusal(store: str, batch: Batch, now: datetime | None) -> WrongClockError | None:
    """Why observations are refused: one is from the future or from long ago; `None` if none is."""
    if now is None:
        return None
    seen = [("reading", one.dataset, one.recorder, one.observed_at) for one in batch.readings]
    seen += [
        ("look", one.observation.dataset, one.recorder, one.observation.observed_at) for one in batch.looks
    ]
    for kind, dataset, recorder, at in seen:
        where = f"Evidence store {store}: the {kind} at {dataset!r} by {recorder!r}"
        if at - now > AHEAD_TOLERANCE:
            return WrongClockError(f"{where} {_ahead(at, now)} and send it again.")
        if now - at > BEHIND_TOLERANCE:
            return WrongClockError(
                f"{where} is from {at}, more than 24 hours behind the store's clock ({now}). "
                "Set the clock of that machine right."
            )
    return None


def refuse_future_results(store: str, results: Iterable[ExternalResult], now: datetime | None) -> None:
    """Refuse other tools' results from the future; old ones are welcome.

    Raises:
        WrongClockError: If one is refused.
    """
    latest = max(results, key=lambda result: to_micros(result.observed_at))
    if now is not None and latest.observed_at - now > AHEAD_TOLERANCE:
        where = f"Evidence store {store}: the result of {latest.name!r} about {latest.dataset!r}"
        raise WrongClockError(f"{where} {_ahead(latest.observed_at, now)} and run it again.")


def _ahead(instant: datetime, now: datetime) -> str:
    return (
        f"is from {instant}, ahead of the store's clock ({now}) by more than 5 minutes. "
        "Set the clock of that machine right"
    )
