"""Why a look is not believed: too old, from the future, unfinished, superseded or contradicted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from featureguard.checks import words
from featureguard.contract import Contract
from featureguard.evidence import Evidence, Sight
from featureguard.observation import Failure
from featureguard.result import CheckResult, Code


@dataclass(frozen=True, slots=True)
class Trust:
    """How long evidence is believed.

    Attributes:
        default: How old a look may be.
        snapshot_lag: How long evidence about an older snapshot counts after its last look.
    """

    CLOCKS_DIFFER: ClassVar = timedelta(minutes=5)
    """How far ahead of `now` a look may be, since machines' clocks differ."""

    default: timedelta
    snapshot_lag: timedelta | None = None

    def under(self, contract: Contract) -> Trust:
        """The same, as far as the contract does not say otherwise."""
        return dataclasses.replace(self, default=contract.evidence_max_age or self.default)

    def own(self, contract: Contract, result: CheckResult) -> timedelta | None:
        """How long a result is believed if its promise says so; `None`: as long as everything."""
        column = contract.columns.get(result.column or "")
        freshness, nulls = contract.freshness, column.nulls if column else None
        promise = {
            "schema": contract.schema_,
            "freshness": freshness,
            "freshness_warn": freshness,
            "population": freshness.population if freshness else None,
            "delivery": freshness.delivery if freshness else None,
            "volume": contract.volume,
            "keys": contract.keys,
            "partitions": contract.partitions,
            "nulls": nulls,
            "null_spike": nulls.spike if nulls else None,
            "range": column.range if column else None,
            "values": column.values if column else None,
        }.get(result.check)
        return promise.evidence_max_age if promise else None


def doubts(evidence: Evidence, now: datetime, trust: Trust, contradicted: str | None) -> Iterator[Failure]:
    """Every reason not to believe what passed, besides its age.

    Args:
        evidence: What is known.
        now: The instant.
        trust: How long evidence is believed.
        contradicted: What `contradiction` found.
    """
    last, complete = evidence.last, evidence.complete
    if last and last.observation.failure:
        yield last.observation.failure
    elif complete is None:
        reason = "Nobody has looked at this dataset yet. Run 'featureguard check'."
        yield Failure(Code.NO_EVIDENCE, reason)
    if complete is not None:
        yield from _ahead(complete.observation.observed_at, now)
        yield from _superseded(evidence, now, trust)
    if contradicted:
        yield Failure(Code.EVIDENCE_CONTRADICTORY, contradicted)


def contradiction(seen: Sequence[Sight]) -> str | None:
    """What two looks at one snapshot disagree on, if any do; the latest such pair.

    Counts of future rows may differ, since they come due; the newest value of one snapshot may not.
    """
    known: dict[tuple[str, str], tuple[object, Sight]] = {}
    for sight in seen:
        if not sight.complete or sight.snapshot is None:
            continue
        for clock, reading in sorted(sight.clocks.items()):
            if reading.newest is None:
                continue
            value, other = known.setdefault((clock, sight.snapshot), (reading.newest, sight))
            if value != reading.newest:
                return (
                    f"Two looks at the same snapshot disagree about '{clock}': {_said(value)}"
                    f" ({other.recorder}, {words.instant(other.observed_at)}) and {_said(reading.newest)}"
                    f" ({sight.recorder}, {words.instant(sight.observed_at)})."
                )
    return None


def _ahead(observed_at: datetime, now: datetime) -> Iterator[Failure]:
    if observed_at - now > Trust.CLOCKS_DIFFER:
        looked = f"The last look was taken at {words.instant(observed_at)}, after {words.instant(now)}"
        yield Failure(Code.EVIDENCE_FROM_FUTURE, f"{looked}: it proves nothing about that time.")


def _superseded(evidence: Evidence, now: datetime, trust: Trust) -> Iterator[Failure]:
    """The complete look is about an older snapshot than another look has seen since."""
    complete = evidence.complete
    snapshot = complete.observation.snapshot if complete else None
    known = [sight for sight in evidence.seen if sight.snapshot is not None]
    newest = max(known, key=lambda sight: sight.observed_at, default=None)
    if complete is None or snapshot is None or newest is None or newest.snapshot == snapshot:
        return
    last = max(
        (sight.observed_at for sight in evidence.seen if sight.snapshot == snapshot),
        default=complete.observation.observed_at,
    )
    lag = trust.snapshot_lag or trust.default
    if newest.observed_at > last and now - last > lag:
        reason = (
            f"The last complete look is about a snapshot that was last seen at {words.instant(last)};"
            f" another one was seen at {words.instant(newest.observed_at)}. Check again."
        )
        yield Failure(Code.EVIDENCE_SUPERSEDED, reason)


def _said(value: object) -> str:
    return words.instant(value) if isinstance(value, datetime) else "never"
