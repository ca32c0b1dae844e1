"""Online stores in SQLite and PostgreSQL: one table for each view, one row for each entity and feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry import View
from featureguard.online_store.rows import Row

_AT_ONCE = 500
_KEY: Any = sa.column("entity_key")
_GIVEN: Any = sa.text(
    "entity_key = any(array(select decode(one, 'hex') from unnest(string_to_array(:keys, ',')) one))"
)
_COLUMNS = ("entity_key", "feature_name", "value", "event_ts", "created_ts")


class SqlStore:
    """A store behind SQLAlchemy. Connections are kept until it is closed; threads may share it.

    Args:
        address: SQLAlchemy's; may hold a password.
        project: Feast's project.
        versioned: Whether tables have the version of their view in their name.
    """

    lists = True

    def __init__(self, address: str | sa.URL, project: str, *, versioned: bool) -> None:
        self._project, self._versioned = project, versioned
        try:
            self._engine = sa.create_engine(address, pool_pre_ping=True)  # One kept for long may be cut.
        except (sa.exc.ArgumentError, ImportError) as error:
            raise _away(error) from None
        self._is_postgres = self._engine.dialect.name == "postgresql"

    def rows(self, view: View) -> Iterator[Row]:
        """Every entity of a view.

        Raises:
            SourceUnreadableError: If the store cannot be reached or has no table for the view.
        """
        yield from self._read(self._query(view).order_by(_KEY), view)

    def sample(self, view: View, count: int, seed: int) -> Iterator[Row]:
        """Some entities, each as likely as any other; the whole view if it has no more.

        Raises:
            SourceUnreadableError: If the store cannot be reached or has no table for the view.
        """
        keys: Any = sa.select(_KEY).distinct().select_from(self._table(view))
        numbered = keys.subquery()
        query = sa.select(numbered.c.entity_key).order_by(sa.func.random()).limit(count)
        try:
            with self._engine.connect() as connection:
                found = [bytes(one) for one in connection.execute(query).scalars()]
        except sa.exc.SQLAlchemyError as error:
            raise _away(error, view) from None
        yield from self.of(view, found)

    def of(self, view: View, keys: Sequence[bytes]) -> Iterator[Row]:
        """The entities with these keys, so far as they are there.

        Raises:
            SourceUnreadableError: If the store cannot be reached or has no table for the view.
        """
        for some, given in self._among(keys):
            yield from self._read(self._query(view).where(some).order_by(_KEY), view, given)

    def ages(self, view: View, keys: Sequence[bytes] | None) -> Iterator[Row]:
        """The entities with these keys, or all, without values: the database finds the oldest time of each.

        Raises:
            SourceUnreadableError: If the store cannot be reached or has no table for the view.
        """
        event: Any = sa.column("event_ts")
        oldest: Any = sa.func.min(event)
        if self._is_postgres:  # Numbers are read much faster than times.
            oldest = sa.cast(sa.extract("epoch", oldest) * 1_000_000, sa.BigInteger)
        lacking = sa.func.count() - sa.func.count(event)
        query: Any = sa.select(_KEY, oldest, lacking).select_from(self._table(view)).group_by(_KEY)
        parts = (
            [(query, None)]
            if keys is None
            else ((query.where(some), given) for some, given in self._among(keys))
        )
        for part, given in parts:
            for key, found, count in self._told(part, view, given):
                micros = found if self._is_postgres else _micros(found)
                yield Row(bytes(key), None if count else micros)

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    def _table(self, view: View) -> Any:
        version = f"_v{view.version}" if self._versioned and view.version else ""
        return sa.table(f"{self._project}_{view.name}{version}")

    def _query(self, view: View) -> Any:
        return sa.select(*map(sa.column, _COLUMNS)).select_from(self._table(view))

    def _among(self, keys: Sequence[bytes]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
        """Conditions that each hold for some of the keys, with their parameters."""
        if self._is_postgres:  # All in one text: a driver takes long over many parameters.
            yield _GIVEN, {"keys": ",".join(key.hex() for key in keys)}
            return
        for begin in range(0, len(keys), _AT_ONCE):
            yield _KEY.in_(list(keys[begin : begin + _AT_ONCE])), {}

    def _read(self, query: Any, view: View, given: Mapping[str, Any] | None = None) -> Iterator[Row]:
        for key, features in groupby(self._told(query, view, given), key=lambda one: bytes(one[0])):
            yield _row(key, list(features))

    def _told(self, query: Any, view: View, given: Mapping[str, Any] | None) -> Iterator[Any]:
        """Rows: those of named entities at once, those of all in parts."""
        options = {"yield_per": 10_000} if given is None else {"isolation_level": "AUTOCOMMIT"}
        try:
            with self._engine.connect().execution_options(**options) as connection:
                yield from connection.execute(query, given or {})
        except sa.exc.SQLAlchemyError as error:
            raise _away(error, view) from None


def _row(key: bytes, features: Sequence[Any]) -> Row:
    events = [_micros(one[3]) for one in features]
    created = [found for one in features if (found := _micros(one[4])) is not None]
    return Row(
        key,
        None if None in events else min(one for one in events if one is not None),
        min(created, default=None),
        {str(one[1]): bytes(one[2]) for one in features if one[2] is not None},
    )


def _micros(told: Any) -> int | None:
    """SQLite's column holds seconds since the epoch, or text; PostgreSQL's a time with its zone."""
    if told is None:
        return None
    if isinstance(told, int | float):
        return round(told * 1_000_000)
    found = datetime.fromisoformat(told) if isinstance(told, str) else told
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(found.timestamp() * 1_000_000)


def _away(error: Exception, view: View | None = None) -> SourceUnreadableError:
    cause = type(getattr(error, "orig", None) or error).__name__
    of_view = f" of the view '{view.name}'" if view else ""
    return SourceUnreadableError(
        f"The online store{of_view} cannot be read: {cause}. Is it there, and was 'feast apply' run?"
    )
