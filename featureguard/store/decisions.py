"""The decisions of a gate: each is sealed with the one before it, and none is ever changed or deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, insert, select

from featureguard.chain import Head, Link, head_of, sealed
from featureguard.errors import StoreError, UsageError
from featureguard.store import encoding, upsert, waivers
from featureguard.store.database import Database
from featureguard.store.queries import chunks
from featureguard.store.tables import DECISIONS, DOCUMENTS

Kind = Literal["decision", "confirmation"]

MAX_KEY_CHARACTERS = 200
"""Longest idempotency key; PostgreSQL cannot index much more."""

_PREFIX = re.compile("[0-9a-f]{8,64}")
_AT_ONCE = 1_000  # Links that are read in one transaction.


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision that is to be recorded.

    Only `body` is sealed; the other fields find it again, so whatever must not change is said in `body` too.

    Attributes:
        kind: A decision, or the confirmation of an earlier one.
        subject: What it protects.
        action: What was asked for.
        decided_at: The instant that it holds for.
        effective: The verdict that counts.
        body: Its text, in ASCII.
        key: The idempotency key, which names one attempt; `None` if the caller gave none.
        inputs: Digest of the document that it was judged from; `None` if that is not kept.
        documents: Texts to keep with it, by the SHA-256 of their bytes; `inputs` is one of them.
    """

    kind: Kind
    subject: str
    action: str
    decided_at: datetime
    effective: str
    body: str
    key: str | None = None
    inputs: str | None = None
    documents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Appended:
    """What appending gave.

    Attributes:
        link: The decision's place in the chain; its seal is the decision's id.
        created: False if an earlier call with the same idempotency key recorded it.
    """

    link: Link
    created: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded decision; see `DecisionRecord`."""

    link: Link
    kind: Kind
    key: str | None
    subject: str
    action: str
    decided_at: datetime
    effective: str
    inputs: str | None


class DecisionLog:
    """The recorded decisions of a store, in the order of their chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, record: DecisionRecord, *, waivers: str) -> Appended | None:
        """Record a decision at the end of the chain, unless its key names one that is there already.

        Args:
            record: The decision.
            waivers: The token that `Waivers.with_token` gave together with the waivers it was judged with.

        Returns:
            Where it stands; `None` if a waiver was given or revoked since: judge again.

        Raises:
            UsageError: If its key belongs to something else, or a document is not what its digest says.
        """
        found = self.append_all([record], waivers=waivers)
        if found is None:
            return None
        if isinstance(found[0], UsageError):
            raise found[0]
        return found[0]

    def append_all(
        self, records: Sequence[DecisionRecord], *, waivers: str
    ) -> list[Appended | UsageError] | None:
        """Record decisions at the end of the chain, in one transaction.

        Args:
            records: The decisions, in their order. Of several with one key the first is recorded.
            waivers: As for `append`.

        Returns:
            Where each stands, or why it alone was refused: its key belongs to something else, or a document
            is not what its digest says. `None` if a waiver was given or revoked since: judge all again.
        """
        checked: set[tuple[str, int]] = set()
        refused = {place: error for place, record in enumerate(records) if (error := _wrong(record, checked))}
        return self._database.write(
            "record a decision", lambda connection: _append(connection, records, refused, waivers)
        )

    def find(self, prefix: str) -> Recorded:
        """The decision whose id begins with `prefix`: at least 8 of its 64 hexadecimal digits.

        Raises:
            UsageError: If there is none, or more than one.
        """
        return self._database.read("read a decision", lambda connection: _find(connection, prefix.lower()))

    def by_key(self, key: str) -> Recorded | None:
        """The decision that an idempotency key names, or `None`."""
        query = select(DECISIONS).where(DECISIONS.c.key == encoding.to_text(key))
        found = self._read(query)
        return found[0] if found else None

    def recorded(
        self,
        *,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        key_prefix: str | None = None,
    ) -> list[Recorded]:
        """Decisions and confirmations from `since` until before `until`, in the order of the chain.

        With `key_prefix`, only those whose idempotency key begins so.
        """
        order = DECISIONS.c.sequence.desc() if newest_first else DECISIONS.c.sequence
        query = select(DECISIONS).order_by(order).limit(limit)
        if subject is not None:
            query = query.where(DECISIONS.c.subject == subject)
        if since is not None:
            query = query.where(DECISIONS.c.decided_at >= encoding.to_micros(since))
        if until is not None:
            query = query.where(DECISIONS.c.decided_at < encoding.to_micros(until))
        if key_prefix is not None:
            text = encoding.to_text(key_prefix)[:-1]  # Keys are kept as JSON: the closing quote is no prefix.
            # Not LIKE, which takes capitals for small letters in SQLite.
            query = query.where(func.substr(DECISIONS.c.key, 1, len(text)) == text)
        return self._read(query)

    def chain(self) -> Iterator[Link]:
        """Every link as it is stored, by sequence, for `chain.faults`; also those recorded meanwhile."""
        links = self._links_after(None)
        while links:
            yield from links
            links = self._links_after(links[-1].sequence)

    def head(self) -> Head:
        """The end of the chain, to be kept elsewhere."""
        tail = self._database.read("read the head", _tail)
        return head_of([tail] if tail else [])

    def document(self, digest: str) -> str | None:
        """A text that was kept with a decision; `None` if there is none.

        Raises:
            StoreError: If the text was changed since.
        """
        query = select(DOCUMENTS.c.body).where(DOCUMENTS.c.digest == digest)
        found: str | None = self._database.read(
            "read a document", lambda connection: connection.scalar(query)
        )
        if found is not None and encoding.digest_of(found) != digest:
            raise StoreError(
                f"Evidence store {self._database.name}: document {digest} was changed, since its text has "
                "another digest. Look for it in a backup; the decisions that rest on it cannot be replayed."
            )
        return found

    def _read(self, query: Select[Any]) -> list[Recorded]:
        return self._database.read(
            "read decisions", lambda connection: [_recorded(row) for row in connection.execute(query)]
        )

    def _links_after(self, sequence: int | None) -> list[Link]:
        query = _LINKS.order_by(DECISIONS.c.sequence).limit(_AT_ONCE)
        if sequence is not None:
            query = query.where(DECISIONS.c.sequence > sequence)
        return self._database.read(
            "read the chain", lambda connection: [Link(*row) for row in connection.execute(query)]
        )


_LINKS = select(DECISIONS.c.sequence, DECISIONS.c.previous, DECISIONS.c.body, DECISIONS.c.seal)


def _wrong(record: DecisionRecord, checked: set[tuple[str, int]]) -> UsageError | None:
    """Why a decision cannot be recorded, whatever the store holds; a text that many share is hashed once."""
    for digest, text in record.documents.items():
        if (digest, id(text)) in checked:
            continue
        if encoding.digest_of(text) != digest:
            what = f"A document of the decision about {record.subject!r} is not {digest}."
            return UsageError(f"{what} Hash it.")
        checked.add((digest, id(text)))
    if record.inputs is not None and record.inputs not in record.documents:
        return UsageError(f"The inputs {record.inputs} of a decision are missing. Give them in 'documents'.")
    if record.key is not None and not 0 < len(record.key) <= MAX_KEY_CHARACTERS:
        return UsageError(
            f"An idempotency key of {len(record.key)} characters. Give it 1 to {MAX_KEY_CHARACTERS}."
        )
    return None


def _append(
    connection: Connection,
    records: Sequence[DecisionRecord],
    refused: Mapping[int, UsageError],
    judged_with: str,
) -> list[Appended | UsageError] | None:
    upsert.lock(connection, waivers.LOCK)
    known = _by_keys(connection, {record.key for record in records if record.key is not None})
    if waivers.token(connection) != judged_with and not all(r.key in known for r in records):
        return None
    tail, rows = _tail(connection), []
    answers: list[Appended | UsageError] = []
    documents: dict[str, str] = {}
    for place, record in enumerate(records):
        if place in refused:
            answers.append(refused[place])
            continue
        if record.key is not None and (before := known.get(record.key)):
            answers.append(_same(before, record))
            continue
        tail = sealed(record.body, tail)
        rows.append(_row(record, tail))
        documents.update(record.documents)
        answers.append(Appended(tail, created=True))
        if record.key is not None:
            known[record.key] = Recorded(
                tail,
                record.kind,
                record.key,
                record.subject,
                record.action,
                record.decided_at,
                record.effective,
                record.inputs,
            )
    _add_documents(connection, documents)
    if rows:
        connection.execute(insert(DECISIONS), rows)
    return answers


def _add_documents(connection: Connection, documents: Mapping[str, str]) -> None:
    """Keep the texts that are new."""
    known: set[str] = set()
    for some in chunks(sorted(documents)):
        known.update(connection.scalars(select(DOCUMENTS.c.digest).where(DOCUMENTS.c.digest.in_(some))))
    rows = [{"digest": digest, "body": documents[digest]} for digest in sorted(documents.keys() - known)]
    upsert.add(connection, DOCUMENTS, rows)


def _by_keys(connection: Connection, keys: Collection[str]) -> dict[str, Recorded]:
    """The decisions that have these keys."""
    found: dict[str, Recorded] = {}
    for some in chunks([encoding.to_text(key) for key in sorted(keys)]):
        for row in connection.execute(select(DECISIONS).where(DECISIONS.c.key.in_(some))):
            recorded = _recorded(row)
            found[str(recorded.key)] = recorded
    return found


def _same(before: Recorded, record: DecisionRecord) -> Appended | UsageError:
    """The decision that has this record's key, unless it is about something else: then nobody may take it."""
    if (before.kind, before.subject, before.action) != (record.kind, record.subject, record.action):
        return UsageError(
            f"Idempotency key {record.key!r} already names the {before.kind} {before.link.seal[:16]} about "
            f"{before.subject!r} and {before.action!r}. Give every attempt a key of its own."
        )
    return Appended(before.link, created=False)


def _find(connection: Connection, prefix: str) -> Recorded:
    if not _PREFIX.fullmatch(prefix):
        raise UsageError(f"{prefix!r} is no decision's id. Write at least 8 of its 64 hexadecimal digits.")
    # "g" follows every hexadecimal digit, and a range can use the index.
    between = DECISIONS.c.seal.between(prefix, prefix + "g")
    rows = connection.execute(select(DECISIONS).where(between).order_by(DECISIONS.c.seal).limit(2)).all()
    if not rows:
        raise UsageError(
            f"There is no decision {prefix!r} in this evidence store. Look its id up in the list."
        )
    if len(rows) > 1:
        ids = " and ".join(row.seal for row in rows)
        raise UsageError(f"{prefix!r} begins more than one decision's id: {ids}. Write more of it.")
    return _recorded(rows[0])


def _tail(connection: Connection) -> Link | None:
    row = connection.execute(_LINKS.order_by(DECISIONS.c.sequence.desc()).limit(1)).first()
    return Link(*row) if row else None


def _row(record: DecisionRecord, link: Link) -> dict[str, Any]:
    return {
        "sequence": link.sequence,
        "seal": link.seal,
        "previous": link.previous,
        "kind": record.kind,
        "key": None if record.key is None else encoding.to_text(record.key),
        "subject": record.subject,
        "action": record.action,
        "decided_at": encoding.to_micros(record.decided_at),
        "effective": record.effective,
        "body": record.body,
        "inputs": record.inputs,
    }


def _link(row: Row[Any]) -> Link:
    return Link(row.sequence, row.previous, row.body, row.seal)


def _recorded(row: Row[Any]) -> Recorded:
    return Recorded(
        link=_link(row),
        kind=row.kind,
        key=None if row.key is None else json.loads(row.key),
        subject=row.subject,
        action=row.action,
        decided_at=encoding.to_instant(row.decided_at),
        effective=row.effective,
        inputs=row.inputs,
    )
