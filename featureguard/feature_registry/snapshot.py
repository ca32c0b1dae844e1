"""Feast's registry as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["batch", "stream", "on_demand"]


@dataclass(frozen=True, slots=True)
class BatchSource:
    """Where the offline rows of a view are.

    Attributes:
        name: Feast's name.
        kind: Class of the source without its module, e.g. `FileSource`, `PostgreSQLSource`.
        path: Path or URI of files as it was written; may be relative to the feature repository.
        format: `parquet`, `delta`, `iceberg`, or what else the files are; empty where there are none.
        table: Name of a table, or `None`.
        query: SQL instead of a table, or `None`.
        timestamp_field: Column with the time of the event.
        created_column: Column with the time of writing, or `None`.
        field_mapping: Name of a feature by the column that holds it, where they differ.
    """

    name: str
    kind: str
    timestamp_field: str
    path: str | None = None
    format: str = ""
    table: str | None = None
    query: str | None = None
    created_column: str | None = None
    field_mapping: Mapping[str, str] = field(default_factory=dict)

    def column_of(self, feature: str) -> str:
        """The column that holds a feature or a join key."""
        return next((column for column, name in self.field_mapping.items() if name == feature), feature)


@dataclass(frozen=True, slots=True)
class StreamSource:
    """What feeds a view beside its batch source.

    Attributes:
        name: Feast's name.
        kind: `push`, `kafka`, `kinesis`, or Feast's word for another.
        watermark_delay: How late events may come, or `None`.
    """

    name: str
    kind: str
    watermark_delay: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """What a service or another view takes from a view.

    Attributes:
        view: Name of the view.
        features: Those that are taken.
        alias: What the view is called there, or `None`.
        join_key_map: What a join key is called there.
        version: A version that is pinned, or `None`.
    """

    view: str
    features: tuple[str, ...] = ()
    alias: str | None = None
    join_key_map: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A feature view.

    Attributes:
        name: Feast's name.
        kind: `on_demand` views compute, and keep nothing of their own.
        join_keys: Feast's type (`INT64`, `STRING` …) by join key; empty for a view without entities.
        features: Feast's type by feature.
        ttl: How far back a join looks; `None` if without end. Feast does not enforce it online.
        online: Whether it is materialized into the online store.
        offline: Whether pushed rows go to the offline store too.
        tags: As they were written.
        owner: As it was written; may be empty.
        description: Likewise.
        batch_source: Its offline rows, or `None`.
        stream_source: What feeds it beside, or `None`.
        sources: Views that it is computed from.
        state: Feast's word, e.g. `AVAILABLE_ONLINE`, `MATERIALIZING`; empty where it says none.
        enabled: Whether it is switched on.
        version: Its current version, or `None` where Feast keeps none.
        intervals: What was materialized, begin and end, UTC, in the order of the runs.
        created_at: When the registry first had it, UTC, or `None`.
        changed_at: When the registry last wrote it, UTC, or `None`.
    """

    name: str
    kind: Kind
    join_keys: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, str] = field(default_factory=dict)
    ttl: timedelta | None = None
    online: bool = False
    offline: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    description: str = ""
    batch_source: BatchSource | None = None
    stream_source: StreamSource | None = None
    sources: tuple[Projection, ...] = ()
    state: str = ""
    enabled: bool = True
    version: int | None = None
    intervals: tuple[tuple[datetime, datetime], ...] = ()
    created_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def materialized_until(self) -> datetime | None:
        """The latest end of what was materialized; `None` if nothing ever was."""
        return max((end for _, end in self.intervals), default=None)


@dataclass(frozen=True, slots=True)
class Service:
    """A feature service: what one version of a model is given.

    Attributes:
        name: Feast's name.
        projections: What it takes.
        tags: As they were written.
        owner: As it was written; may be empty.
        description: Likewise.
        precomputed: Whether whole vectors are kept online; their time says nothing about the data's.
    """

    name: str
    projections: tuple[Projection, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    description: str = ""
    precomputed: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """One project's registry at one instant.

    Attributes:
        project: Feast's project.
        views: By name.
        services: By name.
        changed_at: When it last changed, UTC, or `None`.
    """

    project: str
    views: Mapping[str, View]
    services: Mapping[str, Service]
    changed_at: datetime | None = None

    def stored_views(self, projections: tuple[Projection, ...]) -> list[View]:
        """The views with rows of their own that projections come down to, each once.

        Views that compute are followed to what they compute from. One that the registry does not know is left
        out: `unknown_views` names it.
        """
        found: dict[str, View] = {}
        for name in self._names_below(projections):
            view = self.views.get(name)
            if view and view.batch_source:
                found.setdefault(name, view)
        return list(found.values())

    def unknown_views(self, projections: tuple[Projection, ...]) -> list[str]:
        """Names of views that projections come down to, and the registry does not know."""
        return sorted({name for name in self._names_below(projections) if name not in self.views})

    def _names_below(self, projections: tuple[Projection, ...]) -> Iterator[str]:
        seen: set[str] = set()
        waiting = [one.view for one in reversed(projections)]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            yield name
            if view := self.views.get(name):
                waiting.extend(one.view for one in reversed(view.sources))
