"""Contracts as suites of Great Expectations, and back; plain data in and out, without GX.

A suite says what GX can judge. The rest of the contract is carried in its `meta`, so that the way back loses
nothing; what is carried and not judged is listed, and so is every expectation that no contract can say.
"""

from featureguard.suites.translating.from_suite import to_contract
from featureguard.suites.translating.notes import Adopted, Note, Written
from featureguard.suites.translating.to_suite import to_suites

__all__ = ["Adopted", "Note", "Written", "to_contract", "to_suites"]
