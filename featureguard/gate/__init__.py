"""The gate: one pure function from evidence, policy and waivers to an explained decision."""

from featureguard.gate.assess import Finding, Standing, Turn, assess
from featureguard.gate.case import BudgetState, Case
from featureguard.gate.confirm import confirmed
from featureguard.gate.decide import EVALUATOR, decide

__all__ = [
    "EVALUATOR",
    "BudgetState",
    "Case",
    "Finding",
    "Standing",
    "Turn",
    "assess",
    "confirmed",
    "decide",
]
