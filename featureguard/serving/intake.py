"""Observations of other machines: judged by today's contract, recorded together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from featureguard.checks.spikes import mark_bad
from featureguard.judging import incomplete, reconsider
from featureguard.looking.clocks import arrived
from featureguard.observation import History, Observation
from featureguard.store.facts import LookFact
from featureguard.store.intake import Batch, SentLook

if TYPE_CHECKING:
    from featureguard.store import Store


class Intake:
    """Records what workers saw.

    Args:
        store: The evidence store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, batches: Sequence[Batch]) -> Sequence[list[str] | Exception]:
        """Record what several workers sent, in one transaction.

        Returns:
            For each batch the ids of its looks, or why nothing of it was taken.

        Raises:
            StoreError: If the store cannot be written.
        """
        return self._store.record_batches(batches, judged)


def judged(sent: SentLook, history: History) -> LookFact:
    """A look with the verdicts of its contract, as of when it was taken."""
    look, contract = sent.observation, sent.contract
    if look.failure is not None:
        report = incomplete(contract, look.failure, look.observed_at, look.observed_at)
    else:
        look = _with_arrivals(sent, history)
        report = reconsider(contract, look, history, look.observed_at, doubt=None, changed=False)
    seen = mark_bad(contract, report.observation, history)
    return LookFact(seen, report.results, contract, look.observed_at, sent.recorder)


def _with_arrivals(sent: SentLook, history: History) -> Observation:
    """The look; rows that have merely come due since the last one are no arrivals."""
    look = sent.observation
    if (last := history.last_by(sent.contract)) is None:
        return look
    clocks = {
        name: reading
        if name == "file_mtime"
        else arrived(reading, name, last=last, snapshot=look.snapshot, rows=look.profile.rows)
        for name, reading in look.clocks.items()
    }
    return dataclasses.replace(look, clocks=clocks)
