"""Small builders of decisions and waivers, shared by the tests of the store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from featureguard.store import Appended, DecisionRecord, Store
from featureguard.waiver import Waiver

NOON = datetime(2013, 2, 8, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def decision(number: int = 0, **parts: Any) -> DecisionRecord:
    """A decision, `number` minutes after noon, that the model `delays` may train."""
    told: dict[str, Any] = {
        "kind": "decision",
        "subject": "delays",
        "action": "train",
        "decided_at": NOON + number * MINUTE,
        "effective": "allow",
        "body": f'{{"number":{number}}}',
    }
    return DecisionRecord(**(told | parts))


def append(store: Store, record: DecisionRecord) -> Appended:
    """Append a decision that was judged with the waivers of this moment."""
    done = store.decisions.append(record, waivers=store.waivers.with_token()[1])
    assert done is not None
    return done


def waiver(**parts: Any) -> Waiver:
    """A waiver of a day for the dataset `flights`."""
    told = {
        "dataset": "flights",
        "codes": ["DATA_STALE"],
        "reason": "The airport is closed.",
        "by": "ana",
        "since": NOON,
        "until": NOON + timedelta(days=1),
    }
    return Waiver.model_validate(told | parts)


def digest(text: str) -> str:
    """SHA-256 of a document."""
    return hashlib.sha256(text.encode()).hexdigest()
