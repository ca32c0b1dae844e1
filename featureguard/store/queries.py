"""What is read: looks, results, history and the timeline, without what was retracted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, select

from featureguard.contract import Contract
from featureguard.evidence import ContractVersion, Look, Sight
from featureguard.observation import History, Unit
from featureguard.profile import Profile
from featureguard.result import CheckResult
from featureguard.store import encoding
from featureguard.store.facts import texts
from featureguard.store.tables import CONTRACTS, FRAGMENTS, LOOKS, RETRACTIONS, RUNS, STATES, SUMMARIES, UNITS
from featureguard.timeline import Run


def profiles(connection: Connection, dataset: str, keys: Sequence[str]) -> dict[str, dict[str, Profile]]:
    """Profiles of the fragments that are known, by unit."""
    digests = {encoding.digest_of(key): key for key in keys}
    found = texts(connection, FRAGMENTS, "fragment", dataset, list(digests))
    return {digests[digest]: encoding.profiles_from_text(body) for digest, body in found.items()}


def states(connection: Connection, dataset: str, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
    """The keyed states that are known."""
    digests = {encoding.digest_of(key): key for key in keys}
    found: dict[str, bytes] = {}
    for some in chunks(list(digests)):
        query = select(STATES.c.state, STATES.c.body)
        query = query.where(STATES.c.dataset == dataset, STATES.c.kind == kind, STATES.c.state.in_(some))
        found.update((digests[digest], bytes(body)) for digest, body in connection.execute(query))
    return {key: found[key] for key in keys if key in found}


def history(connection: Connection, dataset: str, before: datetime, units: int) -> History:
    """What complete looks before an instant saw."""
    earlier = and_(_counts(dataset), LOOKS.c.complete, LOOKS.c.observed_at < encoding.to_micros(before))
    last = _looks(connection, select(LOOKS).where(earlier).order_by(*_NEWEST_FIRST).limit(1))
    known = _units(connection, earlier, units)
    if not last:
        return History(None, known)
    named = (CONTRACTS.c.dataset == dataset, CONTRACTS.c.digest == last[0].contract)
    body = connection.scalars(select(CONTRACTS.c.body).where(*named)).one()
    return History(last[0].observation, known, encoding.to_text(json.loads(body)["time"]))


def last_look(
    connection: Connection, dataset: str, until: datetime | None = None, *, complete: bool = False
) -> Look | None:
    """The latest look up to an instant; with `complete`, the latest that was finished."""
    wanted = _counts(dataset)
    if until is not None:
        wanted = and_(wanted, LOOKS.c.observed_at <= encoding.to_micros(until))
    if complete:
        wanted = and_(wanted, LOOKS.c.complete)
    found = _looks(connection, select(LOOKS).where(wanted).order_by(*_NEWEST_FIRST).limit(1))
    return found[0] if found else None


def sights(connection: Connection, dataset: str, since: datetime, until: datetime, limit: int) -> list[Sight]:
    """What looks from `since` to `until` said about their snapshots, latest first, without their profiles."""
    at = LOOKS.c.observed_at
    recent = and_(_counts(dataset), at >= encoding.to_micros(since), at <= encoding.to_micros(until))
    query = select(LOOKS).where(recent).order_by(*_NEWEST_FIRST).limit(limit)
    return [_sight(row, json.loads(row.body)) for row in connection.execute(query)]


def looks(connection: Connection, dataset: str, since: datetime, until: datetime) -> list[Look]:
    """Looks from `since` until before `until`, oldest first."""
    return _looks(connection, select(LOOKS).where(within(dataset, since, until)).order_by(*BY_TIME))


def results(
    connection: Connection, dataset: str, since: datetime, until: datetime, check: str | None
) -> list[tuple[datetime, CheckResult]]:
    """Results with the instant of their look, oldest first."""
    query = select(LOOKS.c.observed_at, LOOKS.c.results).where(within(dataset, since, until))
    return [
        (encoding.to_instant(observed_at), encoding.result_from_json(body))
        for observed_at, text in connection.execute(query.order_by(*BY_TIME))
        for body in json.loads(text)
        if check is None or body["check"] == check
    ]


def timeline(connection: Connection, dataset: str, clock: str) -> list[Run]:
    """The runs of one clock by hour and value, whoever recorded them."""
    query = (
        select(
            RUNS.c.value,
            RUNS.c.hour,
            func.min(RUNS.c.first_seen),
            func.max(RUNS.c.last_seen),
            func.min(RUNS.c.first_stale),
        )
        .where(RUNS.c.dataset == dataset, RUNS.c.clock == clock, ~_retracted(RUNS, RUNS.c.hour))
        .group_by(RUNS.c.hour, RUNS.c.value)
        .order_by(RUNS.c.hour, RUNS.c.value)
    )
    return [
        Run(
            encoding.to_value(value),
            encoding.to_instant(hour),
            encoding.to_instant(first),
            encoding.to_instant(last),
            None if stale is None else encoding.to_instant(stale),
        )
        for value, hour, first, last, stale in connection.execute(query)
    ]


def contract_versions(connection: Connection, dataset: str) -> list[ContractVersion]:
    """Which contract was in force since when, oldest first; one that came back is there twice."""
    before = func.lag(LOOKS.c.contract).over(order_by=BY_TIME)
    query = select(LOOKS.c.observed_at, LOOKS.c.id, LOOKS.c.contract, before.label("before"))
    judged = query.where(_counts(dataset)).subquery()
    changes = (
        select(judged.c.observed_at, judged.c.contract, CONTRACTS.c.body)
        .join(CONTRACTS, and_(CONTRACTS.c.dataset == dataset, CONTRACTS.c.digest == judged.c.contract))
        .where(judged.c.contract.is_distinct_from(judged.c.before))
        .order_by(judged.c.observed_at, judged.c.id)
    )
    return [
        ContractVersion(digest, encoding.to_instant(since), Contract.model_validate_json(body))
        for since, digest, body in connection.execute(changes)
    ]


def datasets(connection: Connection) -> list[str]:
    """Every dataset that anything was recorded of, by name."""
    return sorted(connection.scalars(select(CONTRACTS.c.dataset).distinct()))


def chunks(digests: Sequence[str]) -> list[Sequence[str]]:
    """Digests in portions that one statement may hold on every database."""
    return [digests[start : start + 5_000] for start in range(0, len(digests), 5_000)]


BY_TIME = (LOOKS.c.observed_at, LOOKS.c.id)
"""The order of looks."""
_NEWEST_FIRST = (LOOKS.c.observed_at.desc(), LOOKS.c.id.desc())


def _retracted(table: Any, at: ColumnElement[int]) -> ColumnElement[bool]:
    wrong = RETRACTIONS.c
    return exists().where(
        wrong.dataset == table.c.dataset,
        wrong.recorder == table.c.recorder,
        wrong.since <= at,
        at < wrong.until,
    )


def _counts(dataset: str) -> ColumnElement[bool]:
    return and_(LOOKS.c.dataset == dataset, ~_retracted(LOOKS, LOOKS.c.observed_at))


def within(dataset: str, since: datetime, until: datetime) -> ColumnElement[bool]:
    """Looks at a dataset from `since` until before `until` that were not retracted."""
    at = LOOKS.c.observed_at
    return and_(_counts(dataset), at >= encoding.to_micros(since), at < encoding.to_micros(until))


def _units(connection: Connection, earlier: ColumnElement[bool], limit: int) -> tuple[Unit, ...]:
    """The newest units in their order, each as the latest look saw it."""
    oldest_first = (UNITS.c.observed_at, UNITS.c.look, UNITS.c.position)
    newest_first = [column.desc() for column in oldest_first]
    same = UNITS.c.unit
    seen = (
        select(
            UNITS.c.unit,
            UNITS.c.starts,
            UNITS.c.look,
            UNITS.c.position,
            func.row_number().over(partition_by=same, order_by=newest_first).label("version"),
            func.min(UNITS.c.observed_at).over(partition_by=same).label("first_seen"),
            func.first_value(UNITS.c.position)
            .over(partition_by=same, order_by=oldest_first)
            .label("first_place"),
        )
        .join(LOOKS, LOOKS.c.id == UNITS.c.look)
        .where(earlier)
        .subquery()
    )
    begin = func.coalesce(seen.c.starts, seen.c.first_seen)
    newest = (
        select(UNITS.c.body)
        .join(seen, and_(seen.c.look == UNITS.c.look, seen.c.position == UNITS.c.position))
        .where(seen.c.version == 1)
        .order_by(begin.desc(), seen.c.first_place.desc(), seen.c.unit.desc())
        .limit(limit)
    )
    bodies = [json.loads(body) for body in connection.scalars(newest)]
    documents = _documents(connection, bodies)
    return tuple(encoding.unit_from_json(body, documents) for body in reversed(bodies))


def _looks(connection: Connection, query: Select[Any]) -> list[Look]:
    rows = connection.execute(query).all()
    units = _judged_units(connection, [row.id for row in rows])
    bodies = {row.id: json.loads(row.body) for row in rows}
    needed = [*bodies.values(), *(unit for judged in units.values() for unit in judged)]
    documents = _documents(connection, needed)
    return [_look(row, bodies[row.id], units.get(row.id, []), documents) for row in rows]


def _look(
    row: Row[Any], body: Mapping[str, Any], units: Iterable[Mapping[str, Any]], documents: encoding.Documents
) -> Look:
    judged = tuple(encoding.unit_from_json(unit, documents) for unit in units)
    return Look(
        id=row.id,
        observation=encoding.look_from_json(row.dataset, row.observed_at, body, judged, documents),
        results=tuple(encoding.result_from_json(result) for result in json.loads(row.results)),
        now=encoding.to_instant(row.judged_at),
        recorder=row.recorder,
        contract=row.contract,
    )


def _sight(row: Row[Any], body: Mapping[str, Any]) -> Sight:
    return Sight(
        look=row.id,
        observed_at=encoding.to_instant(row.observed_at),
        recorder=row.recorder,
        complete=row.complete,
        snapshot=body["snapshot"],
        clocks=encoding.clocks_from_json(body["clocks"]),
    )


def _judged_units(connection: Connection, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    units: dict[str, list[dict[str, Any]]] = {}
    for some in chunks(ids):
        query = select(UNITS.c.look, UNITS.c.body).where(UNITS.c.look.in_(some))
        for look, body in connection.execute(query.order_by(UNITS.c.look, UNITS.c.position)):
            units.setdefault(look, []).append(json.loads(body))
    return units


def _documents(connection: Connection, bodies: Iterable[Mapping[str, Any]]) -> encoding.Documents:
    return texts_of(connection, set().union(*map(encoding.documents_named, bodies)))


def texts_of(connection: Connection, digests: Collection[str]) -> encoding.Documents:
    """Summaries by digest."""
    found: encoding.Documents = {}
    for some in chunks(sorted(digests)):
        query = select(SUMMARIES.c.digest, SUMMARIES.c.body).where(SUMMARIES.c.digest.in_(some))
        found.update((digest, body) for digest, body in connection.execute(query))
    return found
