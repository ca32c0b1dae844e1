"""Contracts and subjects of what a Feast registry holds: views become datasets, services subjects.

Tags say what Feast has no word for: `max_age`, `at_least`, `tier`, `owner`, `runbook`, plain or with the
prefix `featureguard.`. What a tag says that makes no sense is told, and not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from featureguard.duration import format_duration, parse_duration
from featureguard.feature_registry import Registry, Service, View
from featureguard.online_store import EVENT

PREFIX = "featureguard."
ONLINE = "_online"
"""What is added to the name of a dataset or subject for what the online store holds."""

AT_LEAST = "99%"
"""The share of entities that is fresh, where no tag says another."""

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_SEEN_WITHIN = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Written:
    """One contract or subject.

    Attributes:
        name: Of the dataset or the subject.
        document: As it stands in YAML.
        notes: What somebody should look at, a sentence each.
    """

    name: str
    document: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def documents_of(registry: Registry, repo: str, owner: str, *, online: bool = False) -> list[Written]:
    """Everything that a registry holds, in alphabetical order: datasets first.

    Args:
        registry: The registry.
        repo: The feature repository, as `source: {repo: …}` names it.
        owner: Who answers for what nobody owns.
        online: Also what the online store holds, as datasets and subjects `…_online`.
    """
    stored = sorted((one for one in registry.views.values() if one.batch_source), key=lambda one: one.name)
    services = sorted(registry.services.values(), key=lambda one: one.name)
    found = [
        *(_contract(one, registry, repo, owner) for one in stored),
        *(_subject(one, registry, owner) for one in services),
    ]
    if online:
        served = [_contract(one, registry, repo, owner) for one in stored if one.online]
        names = {one.name for one in served}
        found += [_online(one, registry.views) for one in served]
        found += [_served(_subject(one, registry, owner), names) for one in services]
    return found


def name_of(feast: str) -> str:
    """Our name for something of Feast's."""
    name = _NO_NAME.sub("_", feast)
    return name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"


def _contract(view: View, registry: Registry, repo: str, owner: str) -> Written:
    source = view.batch_source
    assert source is not None, "only views with rows have a contract"
    tags = _Tags(view.tags, f"view '{view.name}'")
    columns = [source.column_of(name) for name in (*view.join_keys, *view.features)]
    time: dict[str, Any] = {"event": source.timestamp_field}
    if source.created_column:
        time["ingested"] = source.created_column
    time["timezone"] = "UTC"  # Feast takes a timestamp without a zone for UTC.
    document: dict[str, Any] = {
        "dataset": name_of(view.name),
        "owner": view.owner or tags.text("owner") or owner,
        "tier": tags.tier(),
        **({"description": view.description} if view.description else {}),
        **({"runbook": runbook} if (runbook := tags.text("runbook")) else {}),
        "tags": ["feast"],
        "aliases": {"feast": f"{registry.project}.{view.name}"},
        "source": {"kind": "feast", "repo": repo, "view": view.name},
        "time": time,
    }
    upstream = [one.view for one in view.sources]
    if upstream:
        document["upstream"] = [_upstream(name, registry) for name in upstream]
    document["schema"] = {"mode": "compatible", "columns": {name: {} for name in columns}}
    if (max_age := tags.duration("max_age") or view.ttl) is not None:
        document["freshness"] = _freshness(max_age, [source.column_of(name) for name in view.join_keys], tags)
    else:
        tags.note("promises no freshness: it has neither a tag 'max_age' nor a ttl")
    if view.stream_source and view.stream_source.kind == "push":
        tags.note("is fed by pushes: whether its offline rows move depends on who pushes, and where to")
    if not view.enabled:
        tags.note("is switched off in Feast")
    if source.path and source.format != "parquet":
        tags.note(f"has files of the format '{source.format or 'unknown'}': they are read if Feast can")
    elif not source.path:
        tags.note(
            f"has a source of the kind '{source.kind}', which is read through Feast: slowly, as a whole"
        )
    return Written(name_of(view.name), document, tuple(tags.notes))


def _online(offline: Written, views: Mapping[str, View]) -> Written:
    """The same promises for what the online store holds, whose columns have Feast's names."""
    document = dict(offline.document)
    view = views[document["source"]["view"]]
    name = f"{offline.name}{ONLINE}"
    document |= {
        "dataset": name,
        "aliases": {"feast": f"{document['aliases']['feast']} (online)"},
        "source": {**document["source"], "read": "online"},
        "time": {"event": EVENT},
        "schema": {"mode": "compatible", "columns": {one: {} for one in (*view.join_keys, *view.features)}},
    }
    document["upstream"] = [offline.name]
    document["external_checks"] = [
        {"tool": "feast", "check": check, "severity": "warn"} for check in ("online_skew", "online_ttl")
    ]
    if population := document.get("freshness", {}).get("population"):
        whole = {**population, "entity": list(view.join_keys)}
        document["freshness"] = {**document["freshness"], "population": whole}
    return Written(name, document)


def _served(subject: Written, names: set[str]) -> Written:
    document = dict(subject.document)
    requires = [
        f"{one}{ONLINE}" if isinstance(one, str) and one in names else one for one in document["requires"]
    ]
    name = f"{subject.name}{ONLINE}"
    document |= {
        "subject": name,
        "aliases": {"feast": f"{document['aliases']['feast']} (online)"},
        "requires": requires,
    }
    return Written(name, document)


def _freshness(max_age: timedelta, entity: list[str], tags: _Tags) -> dict[str, Any]:
    limit = format_duration(max_age)
    found: dict[str, Any] = {"max_age": limit}
    if entity:
        population: dict[str, Any] = {
            "of": "entities",
            "entity": entity,
            "within": limit,
            "at_least": tags.text("at_least") or AT_LEAST,
        }
        if max_age > _SEEN_WITHIN:
            population["seen_within"] = format_duration(2 * max_age)
        found["population"] = population
    return found


def _subject(service: Service, registry: Registry, owner: str) -> Written:
    tags = _Tags(service.tags, f"service '{service.name}'")
    stored = registry.stored_views(service.projections)
    unknown = registry.unknown_views(service.projections)
    for name in unknown:
        tags.note(f"takes from the view '{name}', which the registry does not know")
    requires: list[Any] = [name_of(one.name) for one in stored]
    requires += [{"external": name} for name in unknown]
    if not requires:
        tags.note("stands on no view with rows of its own: the gate holds, for there is nothing to go by")
    if service.precomputed:
        tags.note("is precomputed: the time of its vectors says nothing about their data")
    document: dict[str, Any] = {
        "subject": name_of(service.name),
        "owner": service.owner or tags.text("owner") or owner,
        "tier": tags.tier(),
        **({"description": service.description} if service.description else {}),
        **({"runbook": runbook} if (runbook := tags.text("runbook")) else {}),
        "tags": ["feast"],
        "aliases": {"feast": f"{registry.project}.{service.name}"},
        "requires": requires,
    }
    return Written(name_of(service.name), document, tuple(tags.notes))


def _upstream(view: str, registry: Registry) -> Any:
    known = registry.views.get(view)
    return name_of(view) if known and known.batch_source else {"external": view}


class _Tags:
    """What tags say, and what is to be told of it.

    Args:
        tags: As they are in Feast.
        who: Who has them, for sentences.
    """

    def __init__(self, tags: Mapping[str, str], who: str) -> None:
        self._tags, self._who = tags, who
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Tell something."""
        self.notes.append(f"The {self._who} {text}.")

    def text(self, name: str) -> str | None:
        """What a tag says; the one with our prefix counts more."""
        return self._tags.get(f"{PREFIX}{name}") or self._tags.get(name) or None

    def tier(self) -> int:
        """The tier, 2 where none is told."""
        found = self._read("tier", {"0": 0, "1": 1, "2": 2, "3": 3}.__getitem__, "0 to 3")
        return 2 if found is None else int(found)

    def duration(self, name: str) -> timedelta | None:
        """A duration."""
        found: timedelta | None = self._read(name, parse_duration, "a duration such as 2h")
        return found

    def _read(self, name: str, read: Callable[[str], Any], wanted: str) -> Any:
        if (text := self.text(name)) is None:
            return None
        try:
            return read(text)
        except (ValueError, KeyError):
            self.note(f"has the tag '{name}' that says {text!r}, and not {wanted}: it is left out")
            return None
