"""Decide: may this subject do that now, why not, what to do, and until when does the answer hold?

Pure: the same case gives the same decision, to the byte. A worse finding, less evidence, another requirement
or one waiver fewer never gives a milder verdict (laws in the tests).
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime

from featureguard.checks import words
from featureguard.codes import describe
from featureguard.contract import External, Subject
from featureguard.gate.assess import EVIDENCE, Finding, Standing
from featureguard.gate.case import BudgetState, Case, refuse_nonsense
from featureguard.gate.waiving import covering, edges, moving, outgrown, remarks
from featureguard.lineage import Kind, Lineage
from featureguard.policy import BUDGET
from featureguard.result import CheckResult, Code, Status
from featureguard.verdict import Decision, Mode, Reason, Remark, Verdict, at_most, worst, worst_first

EVALUATOR = "gate/1"
"""Version of this function: another one may decide the same case differently."""


def decide(case: Case) -> Decision:
    """The decision of a case.

    Raises:
        UsageError: If the parts of the case do not fit together, e.g. its policy does not know the action.
    """
    refuse_nonsense(case)
    court = _Court(case)
    reasons = tuple(sorted(court.reasons(case.now), key=worst_first))
    effective = _effective(reasons)
    digests = {name: standing.digest for name, standing in court.standings.items()}
    told = remarks(reasons, case.subject.subject, digests, case.waivers, case.policy, case.now)
    better, worse = court.turns(reasons)
    return Decision(
        subject=case.subject.subject,
        action=case.action,
        now=case.now,
        raw=worst(*(reason.verdict for reason in reasons)),
        effective=effective,
        reasons=reasons,
        remarks=tuple(dict.fromkeys([*court.notes(), *told])),
        valid_until=worse if effective.allowed else None,
        look_again_at=None if effective is Verdict.ALLOW else better,
        mode=court.mode,
        contracts=digests,
        evidence={name: standing.evidence for name, standing in court.standings.items()},
        policy=case.policy.policy,
        policy_digest=case.policy.digest,
        evaluator=EVALUATOR,
    )


class _Court:
    """One case, with the rules of each tier at hand."""

    def __init__(self, case: Case) -> None:
        self.case, self.subject = case, case.subject
        self.mode: Mode = "dry_run" if case.policy.is_repair(case.action) else case.mode
        self.rules = [case.policy.rule(case.action, tier) for tier in range(4)]
        closure, kinds = case.lineage.closure(self.subject.subject), case.lineage.kinds
        self.names = [name for name in closure if kinds.get(name) is not Kind.EXTERNAL]
        self.externals = [name for name in closure if kinds.get(name) is Kind.EXTERNAL]
        self.direct = {u.external for u in self.subject.requires if isinstance(u, External)}
        self.standings = {name: case.standings[name] for name in self.names if name in case.standings}
        self.came_from = _came_from(case.lineage, self.subject.subject)

    def reasons(self, at: datetime) -> list[Reason]:
        """All reasons at an instant."""
        found = list(self._apart(at))
        for name, standing in self.standings.items():
            found += self._of_standing(name, standing, at)
        return found

    def notes(self) -> Iterator[Remark]:
        """Upstreams without a contract that others stand between."""
        for name in self.externals:
            if name not in self.direct:
                text = f"No contract describes '{name}'; what is made from it has one."
                yield Remark(Code.CONTRACT_MISSING, text, name)

    def turns(self, reasons: Iterable[Reason]) -> tuple[datetime, datetime | None]:
        """When the verdict may get better, and when it gets worse, from the same evidence."""
        now, waivers, effective = self.case.now, self.case.waivers, _effective(reasons)
        to_blame = {reason.dataset for reason in reasons if reason.effective is effective}
        better, worse = now + self.case.policy.look_again_after, None
        changes = {at for at in edges(waivers) if at > now}
        for at in sorted(changes):
            if _effective(self._apart(at)).rank > effective.rank:
                worse = at
                break
        for name, standing in self.standings.items():
            blind = [at for at in (standing.known_until, moving(standing, waivers)) if at and at > now]
            worse = min([*blind, worse] if worse else blind, default=None)
            own = {turn.at for turn in standing.turns} | changes | set(outgrown(standing, waivers))
            for at in sorted(own):
                if at <= now or (worse and at >= worse):
                    continue
                then = _effective(self._of_standing(name, standing, at))
                if then.rank > effective.rank:
                    worse = at
                elif then.rank < effective.rank and name in to_blame:
                    better = min(better, at)
        return better, worse

    def _apart(self, at: datetime) -> Iterator[Reason]:
        """Reasons that lie in what the subject requires, not in any evidence."""
        subject = self.subject
        if not subject.requires:
            text = f"'{subject.subject}' requires no dataset, so nothing speaks for it."
            found = _reason(Code.NO_REQUIREMENTS, Verdict.HOLD, subject, text)
            yield self._settled(found, None, at)
        for name in self.externals:
            if name in self.direct:
                text = f"'{name}' is required, and no contract describes it."
                yield self._unknown(Code.CONTRACT_MISSING, name, text, [subject.tier], at)
        for name in self.names:
            if name not in self.standings:
                # How critical it is stands in its contract: take the worst that it could be.
                tiers = range(subject.tier + 1)
                yield self._unknown(Code.NO_EVIDENCE, name, f"Nothing is known about '{name}'.", tiers, at)

    def _unknown(self, code: Code, name: str, text: str, tiers: Iterable[int], at: datetime) -> Reason:
        """A dataset that the case says nothing about."""
        result = CheckResult(EVIDENCE, Status.UNKNOWN, code=code, reason=text)
        tier = max(tiers, key=lambda tier: self.rules[tier].verdict(result).rank)
        found = _reason(code, self.rules[tier].verdict(result), self.subject, text)
        found = dataclasses.replace(found, dataset=name, tier=tier, path=self._path(name))
        return self._settled(found, None, at)

    def _of_standing(self, name: str, standing: Standing, at: datetime) -> Iterator[Reason]:
        """The reasons of one dataset at an instant."""
        findings = standing.at(at)
        if budget := self.case.budgets.get(name):
            findings = (*findings, *_of_budget(name, budget, standing))
        tier = min(standing.contract.tier, self.subject.tier)
        for finding in findings:
            verdict = self.rules[tier].verdict(finding.result)
            if verdict is not Verdict.ALLOW:
                yield self._settled(self._reason_of(name, standing, finding, verdict, tier, at), standing, at)

    def _reason_of(
        self, name: str, standing: Standing, finding: Finding, verdict: Verdict, tier: int, at: datetime
    ) -> Reason:
        result, contract = finding.result, standing.contract
        code = result.code or Code.EVIDENCE_PARTIAL
        told = at == self.case.now  # later instants are only weighed
        return Reason(
            code=code,
            verdict=verdict,
            effective=verdict,
            dataset=name,
            tier=tier,
            check=result.check,
            column=result.column,
            unit=result.unit,
            status=result.status,
            severity=result.severity,
            observed=result.observed,
            limit=result.limit,
            text=result.reason,
            evidence_age_seconds=_age(finding, at),
            path=self._path(name) if told else (),
            owner=contract.owner,
            runbook=contract.runbook,
            hint=describe(code).what_to_do if told else "",
        )

    def _settled(self, reason: Reason, standing: Standing | None, at: datetime) -> Reason:
        """A reason after waivers, `observe`, dry run and the action's ceiling."""
        digest = standing.digest if standing else None
        ceiling = self.rules[self.subject.tier if reason.tier is None else reason.tier].at_most
        waiver = None
        if reason.verdict.rank > Verdict.WARN.rank and self.case.waivers:
            waiver = covering(reason, self.subject.subject, digest, self.case.waivers, self.case.policy, at)
        only_reports = self.mode == "dry_run" or (standing and standing.contract.enforcement == "observe")
        if waiver or only_reports:
            ceiling = at_most(ceiling, Verdict.WARN)
        effective = at_most(reason.verdict, ceiling)
        if waiver is None and effective is reason.effective:
            return reason
        return dataclasses.replace(reason, effective=effective, waiver=waiver.id if waiver else None)

    def _path(self, name: str) -> tuple[str, ...]:
        way = [name]
        while way[-1] != self.subject.subject:
            way.append(self.came_from[way[-1]])
        return tuple(reversed(way))


def _effective(reasons: Iterable[Reason]) -> Verdict:
    return worst(*(reason.effective for reason in reasons))


def _came_from(lineage: Lineage, start: str) -> dict[str, str]:
    """The node before each upstream on a shortest way from the subject."""
    found, queue = {start: start}, deque([start])
    while queue:
        name = queue.popleft()
        for upstream in lineage.direct(name):
            if upstream not in found:
                found[upstream] = name
                queue.append(upstream)
    return found


def _reason(code: Code, verdict: Verdict, subject: Subject, text: str) -> Reason:
    return Reason(
        code,
        verdict,
        verdict,
        tier=subject.tier,
        text=text,
        path=(subject.subject,),
        owner=subject.owner,
        runbook=subject.runbook,
        hint=describe(code).what_to_do,
    )


def _of_budget(name: str, budget: BudgetState, standing: Standing) -> Iterator[Finding]:
    """A budget that is spent, or of which nobody knows what is left."""
    left = budget.remaining_ratio
    if left is None:
        text = f"Nothing is known yet of the time that the error budget of '{name}' counts."
        result = CheckResult(BUDGET, Status.UNKNOWN, code=Code.NO_EVIDENCE, limit=0, reason=text)
        yield Finding(result, standing.observed_at)
    elif budget.exhausted:
        text = f"The error budget of '{name}' is spent: its objective is {words.percent(budget.objective)}."
        result = CheckResult(
            BUDGET, Status.FAIL, code=Code.BUDGET_EXHAUSTED, observed=left, limit=0, reason=text
        )
        yield Finding(result, standing.observed_at)


def _age(finding: Finding, at: datetime) -> float | None:
    return None if finding.observed_at is None else (at - finding.observed_at).total_seconds()
