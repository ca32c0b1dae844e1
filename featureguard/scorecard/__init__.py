"""How the datasets of a catalog have done over a period, and how their features stand now.

`features.py` says which features are within their thresholds, `incidents.py` sums up what broke; `card.py`
puts one dataset together and `rollup.py` many. `documents.py` writes it for machines, `markdown.py` for
people, in the words of `phrases.py`.
"""

from featureguard.scorecard.card import Card, Facts, card, counts_unknown
from featureguard.scorecard.features import Features, features
from featureguard.scorecard.incidents import Cause, Incidents, causes, sum_up
from featureguard.scorecard.rollup import Objectives, Rollup, Scorecard, Waived, scorecard, waiver_uses

__all__ = [
    "Card",
    "Cause",
    "Facts",
    "Features",
    "Incidents",
    "Objectives",
    "Rollup",
    "Scorecard",
    "Waived",
    "card",
    "causes",
    "counts_unknown",
    "features",
    "scorecard",
    "sum_up",
    "waiver_uses",
]
