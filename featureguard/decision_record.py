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


def text_of(decision: Decision) -> str:
    """The decision inside of a record's text."""
    return canonical_json(decision_to_dict(decision)).decode()


def body_of(told: str, *, kind: str, key: str | None, by: str, inputs: str) -> str:
    """The text of a record, as canonical JSON.

    Args:
        told: The decision, as `text_of` gives it: one decision may be the answer to many who ask at once.
        kind: `decision` or `confirmation`.
        key: The idempotency key, or `None`.
        by: Who asked.
        inputs: Digest of the case that was decided.
    """
    around = canonical_json({"by": by, "decision": None, "inputs": inputs, "key": key, "kind": kind}).decode()
    before, empty, after = around.partition(',"decision":null,')
    assert empty, "'by' is text, so that nothing in it can look like this"
    return f'{before},"decision":{told},{after}'


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
