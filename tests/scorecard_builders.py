"""Small builders of cards, for tests of scorecards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from featureguard.accounting import Account
from featureguard.contract import Contract
from featureguard.incident import Incident
from featureguard.scorecard import Card, Features, Incidents
from featureguard.slo.budget import budget
from featureguard.slo.sli import Sli
from tests.builders import DAY, HOUR, NOW

PERIOD = NOW - 28 * DAY, NOW
MICROS = 3_600_000_000


def contract(name: str = "rides", **parts: Any) -> Contract:
    """A contract that promises an age."""
    told = {"owner": "me@example.org", "time": {"event": "at"}, "freshness": {"max_age": "2h"}}
    return Contract.model_validate({"dataset": name, **told, **parts})


def card(
    name: str = "rides",
    /,
    features: Features | None = None,
    hours: tuple[int, int, int] = (90, 5, 5),
    incidents: Sequence[Incident] = (),
    *,
    looked: bool = True,
    **parts: Any,
) -> Card:
    """A card with so many good, bad and unknown hours; the budget leaves the unknown out."""
    promised, sli = contract(name, **parts), Sli(*(count * MICROS for count in hours))
    account = None
    if slo := promised.slo:
        left = budget(sli, slo.objective, unknown_as_bad=False)
        account = Account(name, slo, *PERIOD, sli, False, left, {HOUR: None, 6 * HOUR: 2.0})
    still_open = tuple(one for one in incidents if one.is_open)
    return Card(
        promised,
        looked,
        features or Features(),
        "time",
        sli,
        account,
        Incidents(tuple(incidents), still_open, NOW),
    )
