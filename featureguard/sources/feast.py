"""A Feast feature view: the registry says where its rows are, and they are read there.

Reading offline rows through Feast takes many times as long and holds the whole table in memory: that is for
what is no Parquet file. What the online store holds is a table too: one row for each entity.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry import Repo, View, read_registry, read_repo
from featureguard.online_store import open_online
from featureguard.problems import suggestion
from featureguard.sources.by_feast import rows_by_feast
from featureguard.sources.connect import connect
from featureguard.sources.memory import MemorySource
from featureguard.sources.parquet import ParquetSource

if TYPE_CHECKING:
    from featureguard.sources import Snapshot


class OfflineSource:
    """Rows of a view, wherever the registry says at each look that they are.

    Args:
        repo: Folder of the feature repository.
        view: Name of the view.
        connection: Name of the connection that gives the file system its options, or `None`.
        connections: Options of file systems by name.
    """

    def __init__(
        self, repo: str, view: str, connection: str | None, connections: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._repo, self._view = repo, view
        self._connection, self._connections = connection, connections

    def snapshot(self) -> Snapshot:
        """List what is there now; of rows that only Feast can read nobody knows whether they changed.

        Raises:
            MissingExtraError: If Feast is not installed.
            SourceUnreadableError: If the registry or the rows cannot be found.
        """
        repo, view = _view_of(self._repo, self._view)
        if view.batch_source is None:
            raise SourceUnreadableError(
                f"The feature view '{self._view}' computes, and has no rows of its own: write a contract for"
                " the views it computes from."
            )
        source = view.batch_source
        if not source.path or source.format != "parquet":
            unseen = frozenset({source.timestamp_field})  # Feast hands out no row without an event time.
            rows = rows_by_feast(repo, view)
            return MemorySource(rows, f"rows of '{self._view}'", unseen_nulls=unseen).snapshot()
        path = repo.path(source.path)
        files = connect(path, self._connection, self._connections)
        return ParquetSource(path, filesystem=files).snapshot()


class OnlineSource:
    """What the online store holds of a view.

    Args:
        repo: Folder of the feature repository.
        view: Name of the view.
    """

    def __init__(self, repo: str, view: str) -> None:
        self._repo, self._view = repo, view

    def snapshot(self) -> Snapshot:
        """Read what is there now, as a whole.

        Raises:
            MissingExtraError: If Feast, or what its online store needs, is not installed.
            SourceUnreadableError: If the registry or the online store cannot be read.
        """
        repo, view = _view_of(self._repo, self._view)
        with open_online(repo) as store:
            return MemorySource(store.table(view), f"online store of '{self._view}'").snapshot()


def _view_of(folder: str, name: str) -> tuple[Repo, View]:
    repo = read_repo(Path(folder), os.environ)
    views = read_registry(repo).views
    if name not in views:
        hint = suggestion(name, sorted(views))
        raise SourceUnreadableError(f"The Feast project '{repo.project}' has no feature view '{name}'.{hint}")
    return repo, views[name]
