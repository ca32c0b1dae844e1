"""The text of a recorded decision: what the chain seals, and how it is read again."""

from __future__ import annotations

import json
from typing import Any

from featureguard.chain import Link
from featureguard.contract import canonical_json
from featureguard.errors import UsageError
from featureguard.gate.documents import decision_from_dict, decision_to_dict
from featureguard.verdict import Decision

_PARTS = {"kind", "key", "by", "inputs", "decision"}


def body_of(decision: Decision, *, kind: str, key: str | None, by: str, inputs: str) -> str:
    """The text of a record.

    Args:
        decision: The decision.
        kind: `decision` or `confirmation`.
        key: The idempotency key, or `None`.
        by: Who asked.
        inputs: Digest of the case that was decided.
    """
    told = {"kind": kind, "key": key, "by": by, "inputs": inputs, "decision": decision_to_dict(decision)}
    return canonical_json(told).decode()


def parts_of(link: Link) -> dict[str, Any]:
    """What `body_of` put into a record.

    Raises:
        UsageError: If it is no record of a decision.
    """
    try:
        found = json.loads(link.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.keys() != _PARTS or not isinstance(found["decision"], dict):
        raise UsageError(f"Record {link.sequence} holds no decision. Run 'featureguard verify'.")
    return found


def decision_of(link: Link) -> Decision:
    """The decision in a record.

    Raises:
        UsageError: If it is no record of a decision.
    """
    return decision_from_dict(parts_of(link)["decision"])
