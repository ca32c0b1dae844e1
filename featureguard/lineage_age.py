"""How old the data behind a node really is, and which stage of its way lost the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.lineage import Kind, Lineage
from featureguard.profile import Never
from featureguard.windows import to_micros

Newest = datetime | Never | None
"""Newest event time of a dataset; `NEVER` if it holds none, `None` if it was not measured."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One dataset on the way, and what it adds to the age.

    Attributes:
        name: The dataset.
        newest: Its newest event time.
        lost: How far it lags behind the stages before it; of the first stage, its age. At least 0. `None` if
            this stage or one before it was not measured or holds no data.
        ahead: It is newer than a stage before it (the first one: than `now`), so that it has other inputs or
            another clock. Nothing is lost here.
    """

    name: str
    newest: Newest
    lost: timedelta | None
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class AgePath:
    """The oldest way by which data reaches a node.

    Attributes:
        name: The node.
        stages: The datasets of that way, from the source to the node; a subject holds no data and is none.
        age: Age of the oldest newest event among everything upstream; exactly what the stages lost together.
            `None` if any of it was not measured or holds no data: then nobody can tell.
        at_least: Age that the measured datasets prove; `None` if none was measured.
        unmeasured: Datasets, upstream or the node itself, whose newest event time is unknown.
    """

    name: str
    stages: tuple[Stage, ...]
    age: timedelta | None
    at_least: timedelta | None
    unmeasured: tuple[str, ...] = ()


def age_path(lineage: Lineage, name: str, newest: Mapping[str, Newest], now: datetime) -> AgePath | None:
    """Follow the oldest data from its source to a node, and say at which stage the time was lost.

    A stage can be no newer than what it is made from: its effective newest event time is the least one from
    the source up to it. What a stage lost is the step from the effective time before it to its own, so that
    the stages' losses add up to the end-to-end age exactly.

    Args:
        lineage: Who is made from whom.
        name: A subject or dataset.
        newest: By dataset; one that is missing was not measured. An external upstream counts only if it is
            named here: without, the first dataset's stage holds what was lost before it.
        now: The instant of the ages. An event after it has the age 0.

    Returns:
        The way of what never arrived, else the one with the greatest known age, of equal ones the first by
        name. `None` where no dataset is upstream.
    """
    nodes = [node for node in (*lineage.closure(name), name) if _is_stage(lineage, node, newest)]
    if not nodes:
        return None
    way = _oldest_way(lineage, name, nodes, newest)
    stages = _stages(way, newest, now)
    seen = [value for node in nodes if isinstance(value := newest.get(node), datetime)]
    at_least = now - min(now, *seen) if seen else None
    is_known = all(isinstance(newest.get(node), datetime) for node in nodes)
    unmeasured = tuple(sorted(node for node in nodes if newest.get(node) is None))
    return AgePath(name, stages, at_least if is_known else None, at_least, unmeasured)


def _is_stage(lineage: Lineage, name: str, newest: Mapping[str, Newest]) -> bool:
    kind = lineage.kind(name)
    return kind is Kind.DATASET or (kind is Kind.EXTERNAL and name in newest)


def _oldest_way(lineage: Lineage, name: str, nodes: list[str], newest: Mapping[str, Newest]) -> list[str]:
    """The datasets from the source of the oldest data to a node."""
    oldest: dict[str, tuple[int, int]] = {}
    before: dict[str, str] = {}
    for node in dict.fromkeys((*nodes, name)):
        found = [_oldness(newest.get(node))]
        if inputs := [upstream for upstream in lineage.direct(node) if upstream in oldest]:
            before[node] = min(inputs, key=lambda upstream: oldest[upstream])
            found.append(oldest[before[node]])
        oldest[node] = min(found)
    way = [name]
    while way[-1] in before:
        way.append(before[way[-1]])
    stages = set(nodes)
    return [node for node in reversed(way) if node in stages]


def _oldness(newest: Newest) -> tuple[int, int]:
    """A rank, least for the oldest: no data at all, then by time. An unknown comes last, to hide nothing."""
    if isinstance(newest, Never):
        return 0, 0
    return (2, 0) if newest is None else (1, to_micros(newest))


def _stages(way: list[str], newest: Mapping[str, Newest], now: datetime) -> tuple[Stage, ...]:
    effective: datetime | None = now
    stages = []
    for name in way:
        seen = newest.get(name)
        if effective is None or not isinstance(seen, datetime):
            stages.append(Stage(name, seen, None))
            effective = None
        else:
            stages.append(Stage(name, seen, max(effective - seen, timedelta()), ahead=seen > effective))
            effective = min(effective, seen)
    return tuple(stages)
