"""Decisions and cases as JSON, to the byte: what is recorded, exported, verified and replayed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from featureguard.contract import canonical_json
from featureguard.errors import UsageError
from featureguard.gate.case import Case
from featureguard.lineage import Lineage
from featureguard.verdict import Decision

T = TypeVar("T")


def decision_to_text(decision: Decision) -> str:
    """A decision in its one spelling."""
    return _text(_decisions(), decision)


def decision_from_text(text: str) -> Decision:
    """Read what `decision_to_text` wrote.

    Raises:
        UsageError: If it is no decision.
    """
    return _read(_decisions(), text, "decision")


def case_to_text(case: Case) -> str:
    """A case in its one spelling, with only the part of the lineage that it needs."""
    return _text(_cases(), dataclasses.replace(case, lineage=upstream_of(case)))


def case_from_text(text: str) -> Case:
    """Read what `case_to_text` wrote.

    Raises:
        UsageError: If it is no case.
    """
    return _read(_cases(), text, "case")


def digest_of(text: str) -> str:
    """SHA-256 of a document."""
    return hashlib.sha256(text.encode()).hexdigest()


def decision_to_dict(decision: Decision) -> dict[str, Any]:
    """A decision as plain values, to be put into a larger document."""
    found: dict[str, Any] = _decisions().dump_python(decision, mode="json")
    return found


def decision_from_dict(values: object) -> Decision:
    """Read what `decision_to_dict` gave.

    Raises:
        UsageError: If it is no decision.
    """
    return decision_from_text(json.dumps(values))


def upstream_of(case: Case) -> Lineage:
    """The part of the lineage that a case needs."""
    lineage, subject = case.lineage, case.subject.subject
    names = {subject, *lineage.closure(subject)}
    return Lineage(
        {name: lineage.direct(name) for name in sorted(names) if name in lineage.upstreams},
        {name: kind for name, kind in sorted(lineage.kinds.items()) if name in names},
    )


@cache
def _decisions() -> TypeAdapter[Decision]:
    return TypeAdapter(Decision)


@cache
def _cases() -> TypeAdapter[Case]:
    return TypeAdapter(Case)


def _text(adapter: TypeAdapter[T], value: T) -> str:
    return canonical_json(adapter.dump_python(value, mode="json")).decode()


def _read(adapter: TypeAdapter[T], text: str, what: str) -> T:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole text"
        raise UsageError(f"This is no {what}: {where}: {first['msg']}.") from None
