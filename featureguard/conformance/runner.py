"""Ask a surface of the gate about every kind of absence, and compare its answers with the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from featureguard.conformance.situations import Situation, situation
from featureguard.errors import ContractError
from featureguard.gate import Case, assess, decide
from featureguard.gate.doubts import Trust
from featureguard.result import Code
from featureguard.strict_yaml import load as load_yaml
from featureguard.verdict import Decision, Verdict, at_most

TIERS = (0, 1, 2, 3)

Surface = Callable[[Situation], Decision | None]
"""Answers for one situation; `None` where the situation cannot arise on that surface."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of absence.

    Attributes:
        kind: Its name; `situation` builds it.
        what: What is absent, in a few words.
        code: The reason that must be given; `None` where nothing is wrong.
        expected: The effective verdict, by tier and action.
    """

    kind: str
    what: str
    code: Code | None
    expected: Mapping[tuple[int, str], Verdict]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a surface answered in one situation.

    Attributes:
        row: The kind of absence.
        tier: Tier of the dataset and of the subject.
        action: What was asked for.
        expected: The verdict of the table.
        got: The answer; `None` where the situation cannot arise on that surface.
        codes: The reasons it gave.
    """

    row: Row
    tier: int
    action: str
    expected: Verdict
    got: Verdict | None
    codes: tuple[Code, ...] = ()

    @property
    def conforms(self) -> bool:
        """Whether the verdict and the reason are those of the table, or nothing was to be answered."""
        if self.got is None:
            return True
        return self.got is self.expected and (
            self.row.code in self.codes if self.row.code else not self.codes
        )


@cache
def load() -> tuple[Row, ...]:
    """The table of absences that comes with the package.

    Raises:
        ContractError: If its file is broken.
    """
    text = resources.files("featureguard.conformance").joinpath("absence.yaml").read_bytes()
    documents, problems = load_yaml(text, "absence.yaml")
    if problems:
        raise ContractError(problems)
    (table,) = (document.data for document in documents)
    return tuple(_row(row, table["actions"], table["answers"][row["answer"]]) for row in table["rows"])


def run(surface: Surface, rows: Iterable[Row] | None = None) -> list[Outcome]:
    """Ask a surface about every kind of absence, on every tier, for every action.

    Args:
        surface: What is asked.
        rows: The kinds of absence; left out, the whole table.
    """
    return [
        _outcome(surface, row, tier, action)
        for row in (load() if rows is None else rows)
        for tier, action in row.expected
    ]


def pure_gate(found: Situation) -> Decision:
    """The surface without anything around it: assess, then decide."""
    standings = {}
    for name, evidence in found.evidences.items():
        contract = found.contracts[name]
        tier = min(contract.tier, found.subject.tier)
        trust = Trust(found.policy.trusts_for(tier), found.policy.snapshot_lag)
        standings[name] = assess(contract, evidence, found.now, trust)
    case = Case(
        found.subject,
        found.action,
        found.now,
        found.lineage,
        standings,
        found.policy,
        budgets=found.budgets,
    )
    return decide(case)


def _row(row: Mapping[str, Any], ceilings: Mapping[str, str], answers: list[str]) -> Row:
    expected = {
        (tier, action): at_most(Verdict(answers[tier]), Verdict(ceiling))
        for tier in TIERS
        for action, ceiling in ceilings.items()
    }
    return Row(row["kind"], row["what"], Code(row["code"]) if row["code"] else None, expected)


def _outcome(surface: Surface, row: Row, tier: int, action: str) -> Outcome:
    decision = surface(situation(row.kind, tier, action))
    expected = row.expected[tier, action]
    if decision is None:
        return Outcome(row, tier, action, expected, None)
    codes = tuple(dict.fromkeys(reason.code for reason in decision.reasons))
    return Outcome(row, tier, action, expected, decision.effective, codes)
