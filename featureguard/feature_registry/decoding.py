"""From Feast's messages to plain values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry.protos import value_type_name
from featureguard.feature_registry.snapshot import (
    BatchSource,
    Projection,
    Registry,
    Service,
    StreamSource,
    View,
)

_ENTITYLESS = "__dummy"
_FORMATS = {"parquet_format": "parquet", "delta_format": "delta"}


def registry_of(told: Any, project: str) -> Registry:
    """One project of a registry.

    Args:
        told: Feast's message `Registry`.
        project: Feast's project.

    Raises:
        SourceUnreadableError: If it does not know the project.
    """
    kept = [*told.feature_views, *told.stream_feature_views, *told.on_demand_feature_views]
    known = {one.spec.project for one in (*kept, *told.feature_services, *told.entities)}
    known |= {one.spec.name for one in told.projects}
    if project not in known:
        names = "', '".join(sorted(known))
        only = f", only '{names}'" if names else ""
        raise SourceUnreadableError(
            f"The registry knows no project '{project}'{only}. Mend 'project', or run 'feast apply'."
        )
    views = [
        *(_stored(one, "batch") for one in told.feature_views if one.spec.project == project),
        *(_stored(one, "stream") for one in told.stream_feature_views if one.spec.project == project),
        *(_on_demand(one) for one in told.on_demand_feature_views if one.spec.project == project),
    ]
    services = [_service(one) for one in told.feature_services if one.spec.project == project]
    return Registry(
        project,
        {one.name: one for one in views},
        {one.name: one for one in services},
        _instant(told, "last_updated"),
    )


def _stored(told: Any, kind: Any) -> View:
    spec, meta = told.spec, told.meta
    batch = _batch_source(spec.batch_source) if spec.HasField("batch_source") else None
    stream = _stream_source(spec.stream_source) if spec.HasField("stream_source") else None
    if batch is None and stream is not None and spec.stream_source.HasField("batch_source"):
        batch = _batch_source(spec.stream_source.batch_source)
    intervals = [(_utc(one.start_time), _utc(one.end_time)) for one in meta.materialization_intervals]
    join_keys = _types(column for column in spec.entity_columns if not column.name.startswith(_ENTITYLESS))
    features = _types(column for column in spec.features if column.name not in join_keys)
    return View(
        spec.name,
        kind,
        join_keys,
        features,  # Feast counts the join keys of stream views among their features.
        ttl=_duration(spec.ttl),
        online=spec.online,
        offline=getattr(spec, "offline", False),
        tags=dict(spec.tags),
        owner=spec.owner,
        description=spec.description,
        batch_source=batch,
        stream_source=stream,
        sources=tuple(
            Projection(one.name, tuple(feature.name for feature in one.features))
            for one in getattr(spec, "source_views", ())
        ),
        state=_state(meta),
        enabled=not spec.disabled,
        version=meta.current_version_number or None,
        intervals=tuple(intervals),
        created_at=_instant(meta, "created_timestamp"),
        changed_at=_instant(meta, "last_updated_timestamp"),
    )


def _on_demand(told: Any) -> View:
    spec = told.spec
    projections = []
    for one in spec.sources.values():
        if one.HasField("feature_view_projection"):
            projections.append(_projection(one.feature_view_projection))
        elif one.HasField("feature_view"):  # As old versions of Feast wrote it.
            projections.append(Projection(one.feature_view.spec.name))
    return View(
        spec.name,
        "on_demand",
        _types(column for column in spec.entity_columns if not column.name.startswith(_ENTITYLESS)),
        _types(spec.features),
        online=spec.write_to_online_store,
        tags=dict(spec.tags),
        owner=spec.owner,
        description=spec.description,
        sources=tuple(sorted(projections, key=lambda one: one.view)),
        state=_state(told.meta),
        enabled=not spec.disabled,
        changed_at=_instant(told.meta, "last_updated_timestamp"),
    )


def _service(told: Any) -> Service:
    spec = told.spec
    return Service(
        spec.name,
        tuple(_projection(one) for one in spec.features),
        dict(spec.tags),
        spec.owner,
        spec.description,
        spec.precompute_online,
    )


def _projection(told: Any) -> Projection:
    """Feast's own words for a time column are wrong here; the batch source of the view has them."""
    return Projection(
        told.feature_view_name,
        tuple(one.name for one in told.feature_columns),
        told.feature_view_name_alias or None,
        dict(told.join_key_map),
        told.version_tag if told.HasField("version_tag") else None,
    )


def _batch_source(told: Any) -> BatchSource:
    kind = told.data_source_class_type.rpartition(".")[2] or "FileSource"
    path = fmt = None
    if told.HasField("file_options"):
        options = told.file_options
        path = options.uri or None
        fmt = _FORMATS.get(options.file_format.WhichOneof("format") or "parquet_format", "")
        kind = "FileSource"
    table, query = _table_of(told)
    return BatchSource(
        told.name,
        kind,
        told.timestamp_field,
        path,
        fmt or "",
        table,
        query,
        told.created_timestamp_column or None,
        dict(told.field_mapping),
    )


def _table_of(told: Any) -> tuple[str | None, str | None]:
    which = told.WhichOneof("options")
    options: Any = getattr(told, which) if which else None
    if which == "custom_options":
        try:
            found = json.loads(options.configuration)
        except ValueError:
            return None, None
        if not isinstance(found, Mapping):
            return None, None
        return found.get("table") or None, found.get("query") or None
    return getattr(options, "table", "") or None, getattr(options, "query", "") or None


def _stream_source(told: Any) -> StreamSource:
    kind = type(told).SourceType.Name(told.type).partition("_")[0].lower()
    kind = {"stream": _stream_kind(told)}.get(kind, kind)
    delay = told.kafka_options.watermark_delay_threshold if told.HasField("kafka_options") else None
    return StreamSource(told.name, kind, _duration(delay) if delay is not None else None)


def _stream_kind(told: Any) -> str:
    return str(told.WhichOneof("options") or "stream").removesuffix("_options")


def _types(columns: Iterable[Any]) -> dict[str, str]:
    return {one.name: value_type_name(one.value_type) for one in columns}


def _state(meta: Any) -> str:
    field = meta.DESCRIPTOR.fields_by_name["state"]
    name = str(field.enum_type.values_by_number[meta.state].name)
    return "" if name == "STATE_UNSPECIFIED" else name


def _duration(told: Any) -> timedelta | None:
    found = timedelta(seconds=told.seconds, microseconds=told.nanos // 1_000)
    return found or None


def _utc(told: Any) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        seconds=told.seconds, microseconds=told.nanos // 1_000
    )


def _instant(told: Any, field: str) -> datetime | None:
    return _utc(getattr(told, field)) if told.HasField(field) else None
