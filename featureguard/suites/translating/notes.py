"""What a translation gives, and what it says about the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from featureguard.contract import Contract

META = "featureguard"
"""Key of our part of a suite's, or an expectation's, `meta`."""
FRESH = "expect_feature_to_be_fresh"
NULL_RATE = "expect_null_rate_to_be_within_contract"
SCHEMA = "expect_schema_to_match_contract"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the other side cannot say, or says otherwise.

    Attributes:
        what: Its name there: a place of the contract, or an expectation.
        why: What becomes of it, and why; whole sentences.
    """

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Written:
    """A contract as suites.

    Attributes:
        suites: What GX reads. The second, if there is one, is for the whole table, the first for one unit.
        notes: What GX does not judge, or judges otherwise.
    """

    suites: tuple[Mapping[str, Any], ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A contract from suites.

    Attributes:
        contract: The contract.
        notes: Expectations that it does not hold, or holds otherwise.
    """

    contract: Contract
    notes: tuple[Note, ...]
