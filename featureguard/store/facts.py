"""What is written: facts, each in a form that order and repetition cannot change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Table, and_, delete, select

from featureguard.contract import Contract
from featureguard.observation import Observation
from featureguard.profile import Profile
from featureguard.result import CheckResult
from featureguard.store import changes, encoding, learned, upsert
from featureguard.store.tables import (
    CONTRACTS,
    FRAGMENTS,
    LOOKS,
    RETRACTIONS,
    RUNS,
    STATES,
    SUMMARIES,
    UNITS,
)
from featureguard.timeline import Run, Sighting, is_stale, record

MAX_STATE_BYTES = 64 * 1024 * 1024
"""Largest keyed state that is kept; a larger one is computed again."""

Provenance = Literal["look", "source_history"]
HOUR_MICROS = 3_600_000_000


SENT = "sent"
"""Where a look's body keeps the digest of what was sent."""


@dataclass(frozen=True, slots=True)
class LookFact:
    """Everything that recording one look says.

    Attributes:
        observation: What was seen.
        results: What the checks said.
        contract: What it was judged by.
        judged_at: The instant that it was judged for.
        recorder: Who looked.
        provenance: A look, or what a source tells of its past.
        sent: Digest of the look as somebody sent it; `None` for one's own.
    """

    observation: Observation
    results: Sequence[CheckResult]
    contract: Contract
    judged_at: datetime
    recorder: str
    provenance: Provenance = "look"
    sent: str | None = None


def add_look(connection: Connection, fact: LookFact) -> str:
    """Record a look, its contract, its timeline and the units it judged.

    Returns:
        The look's id: the SHA-256 of all that is said.
    """
    look = fact.observation
    body, units, documents = told_of(look, fact.sent)
    results = encoding.to_text([encoding.result_to_json(result) for result in fact.results])
    row = {
        "dataset": look.dataset,
        "observed_at": encoding.to_micros(look.observed_at),
        "judged_at": encoding.to_micros(fact.judged_at),
        "recorder": fact.recorder,
        "contract": fact.contract.digest,
        "complete": look.failure is None,
        "body": body,
        "results": results,
    }
    row["id"] = encoding.digest_of(encoding.to_text([fact.provenance, units, row]))
    _add_contract(connection, fact.contract)
    _add_runs(connection, fact)
    if fact.provenance == "look":  # What a source tells of its past is no look.
        upsert.add(connection, SUMMARIES, [{"digest": d, "body": documents[d]} for d in sorted(documents)])
        upsert.add(connection, LOOKS, [row])
        identities = [unit.identity for unit in look.units]
        rows = [_unit_row(row, n, *pair) for n, pair in enumerate(zip(identities, units, strict=True))]
        upsert.add(connection, UNITS, rows)
        learned.add_marks(connection, look.dataset, fact.results)
    changes.bump(connection, [changes.of_dataset(look.dataset)])
    return str(row["id"])


def told_of(
    look: Observation, sent: str | None = None
) -> tuple[str, list[dict[str, object]], encoding.Documents]:
    """A look as it is kept: its body, its units, and the summaries that both point to."""
    documents: encoding.Documents = {}
    named = {SENT: sent} if sent else {}
    body = encoding.to_text({**encoding.look_to_json(look, documents), **named})
    return body, [encoding.unit_to_json(unit, documents) for unit in look.units], documents


def run_row(dataset: str, clock: str, recorder: str, provenance: Provenance, run: Run) -> dict[str, object]:
    """A run of a timeline as it is kept."""
    return {
        "dataset": dataset,
        "clock": clock,
        "hour": encoding.to_micros(run.hour),
        "value": encoding.to_micros(run.value),
        "recorder": recorder,
        "provenance": provenance,
        "first_seen": encoding.to_micros(run.first_seen),
        "last_seen": encoding.to_micros(run.last_seen),
        "first_stale": encoding.to_micros(run.first_stale) if run.first_stale else None,
    }


def add_runs(connection: Connection, rows: Sequence[upsert.Row]) -> None:
    """Merge runs into their timelines."""
    upsert.merge(connection, RUNS, rows, least=["first_seen", "first_stale"], greatest=["last_seen"])


def put_profiles(connection: Connection, dataset: str, profiles: Mapping[str, Mapping[str, Profile]]) -> None:
    """Remember profiles of fragments, together with what was measured of them before."""
    upsert.lock(connection, f"profiles of {dataset}")
    keys = {encoding.digest_of(key): key for key in profiles}
    known = texts(connection, FRAGMENTS, "fragment", dataset, list(keys))
    rows = []
    for digest in sorted(keys):
        new, old = profiles[keys[digest]], known.get(digest)
        body = encoding.profiles_to_text(new)
        if old is not None and old != body:
            body = encoding.profiles_to_text(_filled(new, encoding.profiles_from_text(old)))
        if body != old:
            rows.append({"dataset": dataset, "fragment": digest, "body": body})
    upsert.put(connection, FRAGMENTS, rows)


def put_states(connection: Connection, dataset: str, kind: str, states: Mapping[str, bytes]) -> None:
    """Remember keyed states; one that is too large is forgotten."""
    digests = {encoding.digest_of(key): body for key, body in states.items()}
    named = and_(STATES.c.dataset == dataset, STATES.c.kind == kind)
    large = [digest for digest, body in digests.items() if len(body) > MAX_STATE_BYTES]
    if large:
        connection.execute(delete(STATES).where(named, STATES.c.state.in_(large)))
    for digest in sorted(digests.keys() - set(large)):
        upsert.put(
            connection,
            STATES,
            [{"dataset": dataset, "kind": kind, "state": digest, "body": digests[digest]}],
        )


def add_retraction(
    connection: Connection,
    recorder: str,
    dataset: str,
    since: datetime,
    until: datetime,
    told: Mapping[str, str | int],
) -> None:
    """Record that a recorder was wrong in the hours that [since, until) touches."""
    row: dict[str, str | int] = {
        "dataset": dataset,
        "recorder": recorder,
        "since": encoding.to_micros(since) // HOUR_MICROS * HOUR_MICROS,
        "until": -(-encoding.to_micros(until) // HOUR_MICROS) * HOUR_MICROS,
        "body": encoding.to_text(told),
    }
    row["id"] = encoding.digest_of(encoding.to_text(row))
    upsert.add(connection, RETRACTIONS, [row])
    changes.bump(connection, [changes.of_dataset(dataset)])


def texts(
    connection: Connection, table: Table, key: str, dataset: str, digests: Sequence[str]
) -> dict[str, str]:
    """Bodies of a dataset's rows by digest, in as few statements as the databases' limits allow."""
    found: dict[str, str] = {}
    for start in range(0, len(digests), 5_000):
        some = digests[start : start + 5_000]
        query = select(table.c[key], table.c.body).where(table.c.dataset == dataset, table.c[key].in_(some))
        found.update((digest, body) for digest, body in connection.execute(query))
    return found


def _add_contract(connection: Connection, contract: Contract) -> None:
    body = encoding.to_text(contract.model_dump(mode="json", by_alias=True))
    row = {"dataset": contract.dataset, "digest": contract.digest, "body": body}
    # Texts that do not change the digest may differ: keep the same ones whoever comes first.
    upsert.merge(connection, CONTRACTS, [row], least=["body"])


def _add_runs(connection: Connection, fact: LookFact) -> None:
    look, rows = fact.observation, []
    if look.failure is not None:
        return
    for clock, reading in sorted(look.clocks.items()):
        if reading.newest is None:
            continue
        stale = fact.provenance == "look" and is_stale(
            reading.newest, look.observed_at, _limit(fact.contract, clock)
        )
        (run,) = record([Sighting(look.observed_at, reading.newest, stale)])
        rows.append(run_row(look.dataset, clock, fact.recorder, fact.provenance, run))
    add_runs(connection, rows)


def _limit(contract: Contract, clock: str) -> timedelta | None:
    return contract.freshness.max_age if contract.freshness and contract.clock == clock else None


def _unit_row(
    look: Mapping[str, object], position: int, identity: str, unit: Mapping[str, object]
) -> dict[str, object]:
    return {
        "look": look["id"],
        "position": position,
        "dataset": look["dataset"],
        "observed_at": look["observed_at"],
        "unit": encoding.to_text(identity),
        "starts": unit["start"],
        "body": encoding.to_text(unit),
    }


def _filled(new: Mapping[str, Profile], old: Mapping[str, Profile]) -> dict[str, Profile]:
    """The new profiles with old measures besides; units cut in another way replace the old ones."""
    if new.keys() != old.keys():
        return dict(new)
    return {key: profile.filled_by(old[key]) for key, profile in new.items()}
