"""Open the online store that a feature repository names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry import Repo, View
from featureguard.online_store.rows import Row, ages_of, table_of

if TYPE_CHECKING:
    import pyarrow as pa


class Reader(Protocol):
    """Reads one kind of store.

    Attributes:
        lists: Whether it can tell what is there; otherwise it answers for named entities only.
    """

    lists: bool

    def rows(self, view: View) -> Iterator[Row]:
        """Every entity of a view."""
        ...

    def sample(self, view: View, count: int, seed: int) -> Iterator[Row]:
        """Some entities, each as likely as any other."""
        ...

    def of(self, view: View, keys: Sequence[bytes]) -> Iterator[Row]:
        """The entities with these keys."""
        ...

    def ages(self, view: View, keys: Sequence[bytes] | None) -> Iterator[Row]:
        """The entities with these keys, or all, with their times and without values."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class OnlineStore:
    """What an online store holds.

    It keeps its connections until it is left, so that the next question is answered at once. Threads may
    share it, and each has a connection of its own.

    Args:
        reader: Reads it.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def lists(self, view: View) -> bool:
        """Whether the store can tell what it holds of a view.

        Where it cannot, entities that are online only are never found, and `table`, `sample` and `ages`
        without keys raise an error.
        """
        return self.reader.lists or not view.join_keys

    def table(self, view: View) -> pa.Table:
        """Every entity of a view: join keys, `event_timestamp`, `created`, features.

        Raises:
            SourceError: If the store cannot be read.
        """
        return table_of(view, self.reader.rows(view))

    def sample(self, view: View, count: int, seed: int = 0) -> pa.Table:
        """Some entities of a view, each as likely as any other; all if it has no more.

        Raises:
            SourceError: If the store cannot be read.
        """
        return table_of(view, self.reader.sample(view, count, seed))

    def of(self, view: View, keys: Sequence[bytes]) -> pa.Table:
        """The entities with these keys, so far as they are there.

        Raises:
            SourceError: If the store cannot be read.
        """
        return table_of(view, self.reader.of(view, keys))

    def ages(self, view: View, keys: Sequence[bytes] | None = None) -> pa.Table:
        """Event times alone: join keys and `event_timestamp`. No value of a feature is read.

        Args:
            view: The view.
            keys: Entities to look for; those that are not there are left out. `None`: all that are there.

        Raises:
            SourceError: If the store cannot be read.
        """
        return ages_of(view, self.reader.ages(view, keys))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.close()


def open_online(repo: Repo) -> OnlineStore:
    """Open the online store of a feature repository.

    Redis, PostgreSQL and SQLite are read directly, a feature server over HTTP, any other by Feast itself.

    Args:
        repo: The feature repository.

    Raises:
        SourceUnreadableError: If it has none, or its settings make no sense.
        MissingExtraError: If a package for it is not installed.
    """
    settings, kind = repo.online, repo.online_type
    versioned = bool(repo.registry.get("enable_online_feature_view_versioning"))
    if kind == "redis":
        from featureguard.online_store.redis import RedisStore  # noqa: PLC0415

        return OnlineStore(RedisStore(settings, repo.project, versioned=versioned))
    if kind in ("sqlite", "postgres"):
        from featureguard.online_store.sql import SqlStore  # noqa: PLC0415

        return OnlineStore(SqlStore(_address(repo, settings, kind), repo.project, versioned=versioned))
    if kind == "remote":
        from featureguard.online_store.feature_server import FeatureServer  # noqa: PLC0415

        return OnlineStore(FeatureServer(settings))
    if not kind:
        raise SourceUnreadableError(f"The Feast project '{repo.project}' has no online store.")
    from featureguard.online_store.by_feast import FeastStore  # noqa: PLC0415

    return OnlineStore(FeastStore(repo))


def _address(repo: Repo, settings: Any, kind: str) -> Any:
    import sqlalchemy as sa  # noqa: PLC0415

    if kind == "sqlite":
        path = repo.path(str(settings.get("path", "data/online.db")))
        return sa.URL.create("sqlite", database=f"file:{path}", query={"mode": "ro", "uri": "true"})
    path = str(settings.get("db_schema", "public") or settings.get("user")).strip()
    certificates = {
        name: str(settings[f"{name}_path"])
        for name in ("sslkey", "sslcert", "sslrootcert")
        if settings.get(f"{name}_path")
    }
    return sa.URL.create(
        "postgresql+psycopg",
        username=settings.get("user"),
        password=settings.get("password"),
        host=settings.get("host"),
        port=settings.get("port", 5432),
        database=settings.get("database"),
        query={
            "sslmode": str(settings.get("sslmode", "require")),
            "options": f"-csearch_path={path if path == 'public' else f'{path},public'}",
            "connect_timeout": "5",
            "application_name": "featureguard",
            **certificates,
        },
    )
