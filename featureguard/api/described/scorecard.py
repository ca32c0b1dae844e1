"""How the datasets have done."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from featureguard.api.described.incidents import Between, IncidentFigures
from featureguard.api.described.objectives import Account, Sli
from featureguard.api.described.people import GivenWaiver
from featureguard.api.described.words import Answer, Number, Ratio, Read, Tier
from featureguard.result import Code
from featureguard.verdict import Mode


class FeatureFigures(Answer):
    """Features by what is known about them now.

    Attributes:
        within: Fresh, and every check of their own passes.
        unknown: One of these could not be judged, and none failed.
        out: The data is not fresh, or a check of their own fails.
        compliance_ratio: Share that is surely within; `None` without features.
    """

    within: Number
    unknown: Number
    out: Number
    compliance_ratio: Ratio | None


class ObjectiveFigures(Answer):
    """Objectives by what became of them.

    Attributes:
        met: Met over the period.
        missed: Not met.
        unknown: Nothing was counted.
    """

    met: Number
    missed: Number
    unknown: Number


class Rollup(Answer):
    """Some datasets together.

    Attributes:
        datasets: How many.
        features: Their features.
        target_ratio: The share of features that more than must be within; `None` if there is no target.
        meets_target: Whether enough are; `None` if nobody can tell, or there is no target.
        objectives: Their objectives.
        unknown_ratio: Share of the valid time in which nobody knows; `None` if none is valid.
        incidents: What broke.
        without_runbook: Datasets without one.
        without_objective: Datasets without one.
        without_evidence: Datasets that nobody ever looked at.
    """

    datasets: Number
    features: FeatureFigures
    target_ratio: Ratio | None
    meets_target: bool | None
    objectives: ObjectiveFigures
    unknown_ratio: Ratio | None
    incidents: IncidentFigures
    without_runbook: list[str]
    without_objective: list[str]
    without_evidence: list[str]


class Card(Answer):
    """How one dataset did.

    Attributes:
        dataset: Its name.
        tier: How much depends on it: 0 customer-critical … 3.
        owner: Who mends it.
        runbook: Link to what to do when a promise is broken.
        enforcement: `observe` reports, and never does worse than warn.
        looked_at: Whether anybody ever did.
        features: Its features now.
        sli: The SLI over the period; `None` if the contract promises nothing that an SLI counts.
        objective: What became of its objective; `None` without one.
        incidents: What broke.
        waivers_in_force: How many exceptions cover it at the end of the period.
    """

    dataset: str
    tier: Tier
    owner: str
    runbook: str | None
    enforcement: Literal["enforce", "observe"]
    looked_at: bool
    features: FeatureFigures
    sli: Sli | None
    objective: Account | None
    incidents: IncidentFigures
    waivers_in_force: Number


class Cause(Answer):
    """What was wrong, over all incidents of one code.

    Attributes:
        code: The reason code; `None` where the check named none.
        incidents: How many had it.
        lasted_seconds: How long they lasted in sum, open ones so far.
    """

    code: Code | None
    incidents: Number
    lasted_seconds: Between


class UsedWaiver(GivenWaiver):
    """A waiver in force, or used.

    Attributes:
        in_force: Whether it holds at the end of the period.
        uses: How many decisions of the period it made milder.
    """

    in_force: bool
    uses: Number


class ScorecardRead(Read):
    """How the datasets have done.

    Attributes:
        start: Begin of the period.
        end: Its end.
        now: The instant of the question.
        mode: `dry_run`: the gate blocks nothing.
        overall: All datasets together; `None` if there are none.
        tiers: Datasets by tier.
        owners: Datasets by owner.
        datasets: Each of them, by tier and name.
        causes: What was wrong, longest first.
        waivers: Those in force or used, earliest first.
    """

    start: datetime
    end: datetime
    now: datetime
    mode: Mode
    overall: Rollup | None
    tiers: dict[str, Rollup]
    owners: dict[str, Rollup]
    datasets: list[Card]
    causes: list[Cause]
    waivers: list[UsedWaiver]
