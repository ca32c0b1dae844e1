"""Policies: what a finding means for an action on a subject of some tier."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from featureguard.contract import canonical_json
from featureguard.duration import Duration
from featureguard.result import CheckResult, Code, Severity, Status
from featureguard.scalars import Flag, Model, Name, Text, Tier
from featureguard.verdict import Verdict, at_most, worst

ACTIONS = ("train", "promote", "serve", "deploy")
"""Actions that every policy knows: train, promote, keep serving, and roll out anew."""

EVIDENCE_MAX_AGE = {
    0: timedelta(hours=1),
    1: timedelta(hours=6),
    2: timedelta(hours=26),
    3: timedelta(hours=26),
}
"""How old a look may be before it is no longer trusted, by tier."""

BUDGET = "slo"
"""The check of findings about error budgets."""

_TierKey = Literal["0", "1", "2", "3"]


class Rules(Model):
    """What findings lead to; what is left out is taken from the more general rules.

    Attributes:
        fail: A blocking promise is broken.
        fail_warn: A promise of severity `warn` is broken.
        unknown: A blocking promise could not be judged.
        cold_start: A learned limit has too little history for the first time.
        contradictory: Looks at the same snapshot say different things.
        budget: The error budget of a dataset is exhausted; at most this if nobody knows what is left of it.
        at_most: The worst verdict that counts.
    """

    fail: Verdict | None = None
    fail_warn: Verdict | None = None
    unknown: Verdict | None = None
    cold_start: Verdict | None = None
    contradictory: Verdict | None = None
    budget: Verdict | None = None
    at_most: Verdict | None = None


class ActionRules(Rules):
    """What findings lead to for one action.

    Attributes:
        repair: The action mends data (a backfill, a rollback): it is judged in dry run and never held back.
        tiers: Rules for single tiers.
    """

    repair: Flag = False
    tiers: Mapping[_TierKey, Rules] = Field(default_factory=dict)


class Policy(Model):
    """How findings become verdicts; the top level of a policy file.

    Rules are taken from the most particular place that states them: the action's tier, the action, the tier,
    the defaults.

    Attributes:
        policy: Its name. The one called `default` is used where a subject names none.
        description: What it is for.
        tiers: Rules by tier.
        actions: Rules by action; other names than train, promote, serve and deploy are actions of one's own.
        evidence_max_age: How old a look may be before it is no longer trusted, by tier.
        snapshot_lag: How long evidence about an older snapshot counts; left out: as long as evidence does.
        unknown_time: What time counts in error budgets in which nobody knows, by tier.
        waiver_max: How long a waiver may last.
        second_person: Tiers whose waivers need a second person.
        look_again_after: When to ask again, where nothing better is known.
    """

    policy: Name = "default"
    description: Text | None = None
    tiers: Mapping[_TierKey, Rules] = Field(default_factory=dict)
    actions: Mapping[Name, ActionRules] = Field(default_factory=dict)
    evidence_max_age: Mapping[_TierKey, Duration] = Field(default_factory=dict)
    snapshot_lag: Duration | None = None
    unknown_time: Mapping[_TierKey, Literal["bad", "excluded"]] = Field(default_factory=dict)
    waiver_max: Duration = timedelta(days=7)
    second_person: tuple[Tier, ...] = (0,)
    look_again_after: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(minutes=5)

    @model_validator(mode="after")
    def _only_own_actions_repair(self) -> Self:
        if wrong := [action for action in ACTIONS if self.is_repair(action)]:
            raise ValueError(
                f"'{wrong[0]}' cannot be a 'repair': nothing would hold it back. Mark an action of your own."
            )
        return self

    @model_validator(mode="after")
    def _worse_is_never_milder(self) -> Self:
        for action in self.known_actions:
            for tier in range(4):
                rule = self.rule(action, tier)
                if rule.unknown.rank > rule.fail.rank or rule.fail_warn.rank > rule.fail.rank:
                    raise ValueError(
                        f"'{action}' on tier {tier}: a broken blocking promise ('fail') must weigh at least "
                        f"as much as 'unknown' and 'fail_warn'; here it is {rule.fail.value}."
                    )
        return self

    @property
    def known_actions(self) -> tuple[str, ...]:
        """The actions that can be asked for."""
        return (*ACTIONS, *(action for action in self.actions if action not in ACTIONS))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the policy in canonical form; its description does not change it."""
        body = self.model_dump(mode="json", exclude={"description"})
        return hashlib.sha256(canonical_json(body)).hexdigest()

    def rule(self, action: str, tier: int) -> Rule:
        """What findings on a dataset of some effective tier lead to for an action."""
        return self._rules[action, tier]

    @cached_property
    def _rules(self) -> Mapping[tuple[str, int], Rule]:
        return {
            (action, tier): self._rule(action, tier) for action in self.known_actions for tier in range(4)
        }

    def _rule(self, action: str, tier: int) -> Rule:
        key: _TierKey = _KEYS[tier]
        general, own = self.tiers.get(key, Rules()), self.actions.get(action, ActionRules())
        found = dict(_DEFAULTS, unknown=Verdict.HOLD if tier < 2 else Verdict.WARN)
        if action == "serve":
            found["at_most"] = Verdict.WARN
        for rules in (general, own, own.tiers.get(key, Rules())):
            found |= {name: value for name in _DEFAULTS if (value := getattr(rules, name)) is not None}
        return Rule(**found)

    def is_repair(self, action: str) -> bool:
        """Whether the action mends data."""
        return action in self.actions and self.actions[action].repair

    def trusts_for(self, tier: int) -> timedelta:
        """How long a look is trusted at a tier, where its contract does not say."""
        return self.evidence_max_age.get(_KEYS[tier], EVIDENCE_MAX_AGE[tier])

    def counts_unknown(self, tier: int) -> bool:
        """Whether unknown time counts as bad in error budgets: by default on tiers 0 and 1."""
        return self.unknown_time.get(_KEYS[tier], "bad" if tier < 2 else "excluded") == "bad"


_KEYS: tuple[_TierKey, ...] = ("0", "1", "2", "3")
_DEFAULTS = {
    "fail": Verdict.BLOCK,
    "fail_warn": Verdict.WARN,
    "unknown": Verdict.HOLD,
    "cold_start": Verdict.WARN,
    "contradictory": Verdict.HOLD,
    "budget": Verdict.WARN,
    "at_most": Verdict.BLOCK,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """The rules of one action and one tier; see `Rules`."""

    fail: Verdict
    fail_warn: Verdict
    unknown: Verdict
    cold_start: Verdict
    contradictory: Verdict
    budget: Verdict
    at_most: Verdict

    def verdict(self, finding: CheckResult) -> Verdict:
        """What one finding leads to, before waivers and ceilings."""
        if finding.status is Status.PASS:
            return Verdict.ALLOW
        if finding.check == BUDGET:
            return self.budget if finding.status is Status.FAIL else at_most(self.unknown, self.budget)
        by_status = self._by_status(finding)
        if finding.code is Code.EVIDENCE_CONTRADICTORY:
            return worst(by_status, self.contradictory)
        starting = finding.code is Code.COLD_START and finding.status is Status.UNKNOWN
        return at_most(by_status, self.cold_start) if starting else by_status

    def _by_status(self, finding: CheckResult) -> Verdict:
        blocking = finding.severity is Severity.BLOCK
        if finding.status is Status.FAIL:
            return self.fail if blocking else self.fail_warn
        return self.unknown if blocking else at_most(self.unknown, self.fail_warn)
