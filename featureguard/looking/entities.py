"""The newest row of every entity over all fragments, remembered so that only new fragments are read.

Each fragment keeps its state by its key, and all fragments together keep one while it is small, so that a
table of a thousand files costs one state and the new files, not a thousand states.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from featureguard.contract import Population, canonical_json
from featureguard.errors import SourceUnreadableError
from featureguard.looking.memory import Memory
from featureguard.looking.pieces import Piece
from featureguard.looking.reader import Purpose, Reader
from featureguard.observation import PopulationReading
from featureguard.profile import NEVER
from featureguard.sources import Source
from featureguard.sources.hardening import hardened
from featureguard.windows import to_micros

if TYPE_CHECKING:
    import polars as pl

_TOGETHER = "together"
_MOST_TOGETHER = 100_000
"""Most entities of a state that is kept for all fragments together."""


def read_entities(
    promise: Population,
    column: str,
    pieces: Sequence[Piece],
    reader: Reader,
    memory: Memory,
    *,
    expected: Callable[[], Source] | None,
    horizon: datetime,
    now: datetime,
) -> PopulationReading:
    """Count the expected and the fresh entities.

    Args:
        promise: What names an entity, and what counts as fresh and as expected.
        column: The time column.
        pieces: All fragments; each has the columns.
        reader: Reads the fragments that are not remembered.
        memory: Keeps their states.
        expected: Opens the key table that names the expected entities, if the contract has one.
        horizon: Times after it are from the future and refresh nobody.
        now: The instant of judgement.

    Raises:
        SourceError: If the rows cannot be read.
    """
    from featureguard import population  # noqa: PLC0415  (polars, only once rows are read)

    question = [list(promise.entity), column, sorted(pieces[0].split.zones.items()) if pieces else []]
    kind = f"entities/{hashlib.sha256(canonical_json(question)).hexdigest()[:16]}"
    settled = {p.fragment.key for p in pieces if p.fragment.key and _is_settled(p, column, horizon)}
    covered, together = _recall_together(memory, kind, settled)
    rest = [piece for piece in pieces if piece.fragment.key not in covered]
    kept = memory.states(kind, [key for piece in rest if (key := piece.fragment.key) in settled])
    lasting, passing, new = [*together], [], {}
    for piece in rest:
        key = piece.fragment.key
        if key in kept:
            lasting.append(population.state_from_bytes(kept[key]))
            covered.add(key)
            continue
        frames = reader.instants(Purpose.POPULATION, piece, column, promise.entity)
        state = population.newest_per_entity(frames, promise.entity, column, horizon)
        if key in settled and memory.keeps:
            lasting.append(state)
            covered.add(key)
            new[key] = population.state_to_bytes(state)
        else:
            passing.append(state)
    everything = population.merge_states(lasting, promise.entity)
    if rest and memory.keeps and len(covered) > 1 and everything.height <= _MOST_TOGETHER:
        new[_TOGETHER] = json.dumps(sorted(covered)).encode() + b"\n" + population.state_to_bytes(everything)
    memory.put_states(kind, new)
    if passing:
        everything = population.merge_states([everything, *passing], promise.entity)
    key_table = _read_key_table(expected(), promise) if promise.expected and expected else None
    return population.read_entities(everything, promise, now, key_table)


def _read_key_table(source: Source, promise: Population) -> pl.DataFrame:
    """The expected entities, once each.

    Raises:
        SourceError: If the key table cannot be read or lacks a column.
    """
    from featureguard import population, scan  # noqa: PLC0415  (polars, only once rows are read)

    states = []
    for fragment in source.snapshot().fragments:
        if lacking := set(promise.entity) - fragment.statistics().columns.keys():
            names = ", ".join(sorted(lacking))
            raise SourceUnreadableError(
                f"Key table '{fragment.name}' lacks {names}: it cannot name entities."
            )
        with hardened(fragment.name):
            states += [f.select(promise.entity) for f in scan.frames(fragment.batches(promise.entity))]
    if not states:
        raise SourceUnreadableError(f"Key table '{promise.expected}' is empty: nobody is expected. Fill it.")
    return population.distinct_keys(states, promise.entity)


def _recall_together(memory: Memory, kind: str, present: set[str]) -> tuple[set[str], list[pl.DataFrame]]:
    """The fragments that the common state covers, and the state; nothing if one of them is not there."""
    from featureguard import population  # noqa: PLC0415  (polars, only once rows are read)

    if (body := memory.states(kind, [_TOGETHER]).get(_TOGETHER)) is None:
        return set(), []
    head, _, state = body.partition(b"\n")
    covered = set(json.loads(head))
    return (covered, [population.state_from_bytes(state)]) if covered <= present else (set(), [])


def _is_settled(piece: Piece, column: str, horizon: datetime) -> bool:
    """Whether no row is from the future: such a row is left out now, and may be valid in a later look.

    Asked of what is remembered too: a look whose clock was wrong may have taken such a row for a valid one.
    """
    greatest = piece.whole.columns[column].greatest
    return greatest is NEVER or (isinstance(greatest, int) and greatest <= to_micros(horizon))
