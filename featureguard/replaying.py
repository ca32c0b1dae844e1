"""Replay: decide a recorded case anew by this version, and tell every difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from featureguard.chain import seal_of
from featureguard.decision_record import decision_of, parts_of
from featureguard.errors import StoreError, UsageError
from featureguard.gate import EVALUATOR, confirmed, decide
from featureguard.gate.documents import decision_to_dict
from featureguard.gate.papers import case_of
from featureguard.verdict import Decision

if TYPE_CHECKING:
    from featureguard.store.decisions import DecisionLog, Recorded

_CONFIRMS = "confirm:"


def replay(log: DecisionLog, decision_id: str) -> tuple[Recorded, list[str]]:
    """Decide a recorded case anew.

    Returns:
        The decision, and every difference; none means the same bytes.

    Raises:
        UsageError: If there is no such decision, or its inputs were not kept.
    """
    recorded = log.find(decision_id)
    said = parts_of(recorded.link)
    try:
        inputs = log.document(said["inputs"])
    except StoreError as error:  # They were changed: what is sealed is their digest.
        return recorded, [str(error)]
    if inputs is None:
        raise UsageError(f"The inputs of decision {recorded.link.seal[:16]} were not kept.")
    differences = list(_damage(recorded, said))
    try:
        again = decision_to_dict(_again(log, said, inputs))
    except StoreError as error:
        return recorded, [*differences, str(error)]
    except UsageError as error:
        if not differences:
            raise
        return recorded, [*differences, str(error)]
    return recorded, [*differences, *_differences("", said["decision"], again)]


def confirmation_key(decision_id: str, number: int) -> str:
    """The key that the n-th confirmation of a decision has; nobody else may use it."""
    return f"{_CONFIRMS}{decision_id}:{number}"


def is_confirmation_key(key: str) -> bool:
    """Whether a key belongs to confirmations."""
    return key.startswith(_CONFIRMS)


def _damage(recorded: Recorded, said: dict[str, Any]) -> Iterator[str]:
    """What was changed since it was decided, or reads it differently."""
    link, evaluator = recorded.link, said["decision"].get("evaluator")
    if link.seal != seal_of(link.sequence, link.previous, link.body):
        yield "its text was changed: its seal does not fit"
    if evaluator != EVALUATOR:
        yield f"it was decided by {evaluator}; this is {EVALUATOR}"


def _again(log: DecisionLog, said: dict[str, Any], inputs: str) -> Decision:
    found = decide(case_of(inputs, log.document))
    confirms = said["decision"].get("confirms")
    return confirmed(_before(log, confirms, said["key"]), found, confirms) if confirms else found


def _before(log: DecisionLog, decision_id: str, key: object) -> Decision:
    """What a confirmation had to keep or worsen: the confirmation before it, or the decision."""
    number = str(key).rpartition(":")[2]
    if number == "1":
        return decision_of(log.find(decision_id).link)
    known = log.by_key(confirmation_key(decision_id, int(number) - 1)) if number.isdecimal() else None
    if known is None:
        raise UsageError(f"What {key} had to keep or worsen is missing. Run 'featureguard verify'.")
    return decision_of(known.link)


_MISSING = object()


def _differences(where: str, before: Any, after: Any) -> Iterator[str]:
    """Every place where two JSON values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            place = f"{where}.{name}".strip(".")
            yield from _differences(place, before.get(name, _MISSING), after.get(name, _MISSING))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, pair in enumerate(zip(before, after, strict=True)):
            yield from _differences(f"{where}[{at}]", *pair)
    elif (then := _said(before)) != (now := _said(after)):
        yield f"{where}: {then} then, {now} now"


def _said(value: Any) -> str:
    """A value as bytes tell it apart: 1 is not 1.0."""
    return "nothing" if value is _MISSING else json.dumps(value, sort_keys=True, ensure_ascii=False)
