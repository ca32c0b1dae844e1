"""A case as texts that are kept: what many decisions share is a text of its own, named by its digest.

inputs ─┬─ frame: subject, its part of the lineage, policy
        └─ one standing per dataset: contract, findings, when they change
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from featureguard.contract import canonical_json
from featureguard.errors import UsageError
from featureguard.gate.assess import Standing
from featureguard.gate.case import BudgetState, Case
from featureguard.gate.documents import case_from_text, digest_of, upstream_of
from featureguard.lineage import Lineage
from featureguard.waiver import Waiver

_MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Papers:
    """A case as texts.

    Attributes:
        inputs: The text that names all others by their digests.
        digest: SHA-256 of it.
        documents: All texts by digest, `inputs` among them.
    """

    inputs: str
    digest: str
    documents: Mapping[str, str]


class Clerk:
    """Writes cases down; what it wrote before of the same standing, policy and lineage it has at hand."""

    def __init__(self) -> None:
        # By identity: a standing is large to compare. What is kept is held, so no identity is used twice.
        self._kept: dict[tuple[int, ...], tuple[object, str, str]] = {}

    def papers(self, case: Case) -> Papers:
        """The texts of a case."""
        documents: dict[str, str] = {}

        def keep(whole: tuple[object, ...], write: Callable[[], str]) -> str:
            key = tuple(map(id, whole))
            if key not in self._kept:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                text = write()
                self._kept[key] = whole, digest_of(text), text
            _, digest, text = self._kept[key]
            documents[digest] = text
            return digest

        frame = keep((case.subject, case.lineage, case.policy), lambda: _frame(case))
        standings = {
            name: keep((standing,), lambda standing=standing: _text(_standings(), standing))  # type: ignore[misc]
            for name, standing in case.standings.items()
        }
        told: dict[str, Any] = {
            "frame": frame,
            "action": case.action,
            "now": case.now.isoformat(),
            "mode": case.mode,
            "standings": standings,
            "budgets": _budgets().dump_python(dict(case.budgets), mode="json"),
            "waivers": _waivers().dump_python(case.waivers, mode="json"),
        }
        inputs = canonical_json(told).decode()
        digest = digest_of(inputs)
        return Papers(inputs, digest, {**documents, digest: inputs})


def case_of(inputs: str, document: Callable[[str], str | None]) -> Case:
    """Read what a `Clerk` wrote, or `case_to_text`.

    Args:
        inputs: The text that names the others.
        document: Gives a text by its digest; `None` if it was not kept.

    Raises:
        UsageError: If it is no case, or a text is missing.
    """
    try:
        told = json.loads(inputs)
        if not isinstance(told, dict) or "frame" not in told:
            return case_from_text(inputs)

        def fetch(digest: object) -> Any:
            text = document(digest) if isinstance(digest, str) else None
            if text is None:
                raise UsageError(
                    f"The inputs of this decision were not all kept: {str(digest)[:16]} is missing."
                )
            return json.loads(text)

        standings = {name: fetch(digest) for name, digest in told["standings"].items()}
        whole = {**told, **fetch(told["frame"]), "standings": standings}
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise UsageError(f"This is no case: {error}.") from None
    del whole["frame"]
    return case_from_text(json.dumps(whole))


def _frame(case: Case) -> str:
    told = {
        "subject": case.subject.model_dump(mode="json"),
        "lineage": _lineages().dump_python(upstream_of(case), mode="json"),
        "policy": case.policy.model_dump(mode="json"),
    }
    return canonical_json(told).decode()


def _text(adapter: TypeAdapter[Any], value: object) -> str:
    return canonical_json(adapter.dump_python(value, mode="json")).decode()


@cache
def _standings() -> TypeAdapter[Standing]:
    return TypeAdapter(Standing)


@cache
def _lineages() -> TypeAdapter[Lineage]:
    return TypeAdapter(Lineage)


@cache
def _budgets() -> TypeAdapter[dict[str, BudgetState]]:
    return TypeAdapter(dict[str, BudgetState])


@cache
def _waivers() -> TypeAdapter[tuple[Waiver, ...]]:
    return TypeAdapter(tuple[Waiver, ...])
