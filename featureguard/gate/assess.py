"""What the evidence about one dataset is worth at an instant: findings now, and when they change.

A pass counts only while its evidence is young, whole, uncontradicted and about the newest snapshot; a fail
stays a fail until newer evidence supersedes it (semantics, section 7, point 2).
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.checks import BUILTIN_CHECKS, TIMED_CHECKS, words
from featureguard.contract import Contract, canonical_json
from featureguard.evidence import Evidence, ExternalResult, Look
from featureguard.gate.deadlines import deadlines
from featureguard.gate.doubts import Trust, contradiction, doubts
from featureguard.judging import judge
from featureguard.observation import History, Observation
from featureguard.result import CheckResult, Code, Severity, Status

EVIDENCE = "evidence"
"""The check of findings about the evidence itself."""

_AGES = frozenset({("freshness", Code.DATA_STALE), ("freshness_warn", Code.DATA_STALE)}) | {
    ("delivery", Code.WINDOW_MISSING)
}
"""Findings whose observed value is an age in seconds, and grows by itself."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a dataset that is not a pass.

    Attributes:
        result: What a check said, or, under the name `evidence`, why what they said is not believed.
        observed_at: The look that it rests on; `None` without one.
    """

    result: CheckResult
    observed_at: datetime | None = None

    @property
    def age_seconds(self) -> float | None:
        """The observed value if it is an age, which grows as time goes by; else `None`."""
        observed = self.result.observed
        grows = (self.result.check, self.result.code) in _AGES
        return float(observed) if grows and isinstance(observed, int | float) else None

    def later(self, by: timedelta) -> Finding:
        """The same finding a while later."""
        if not by or (age := self.age_seconds) is None:
            return self
        micros = round(age * 1_000_000) + by // timedelta(microseconds=1)
        return dataclasses.replace(self, result=dataclasses.replace(self.result, observed=micros / 1_000_000))


@dataclass(frozen=True, slots=True)
class Turn:
    """An instant at which the same evidence says something else.

    Attributes:
        at: From when.
        findings: Everything that is not a pass from then on.
    """

    at: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the evidence about one dataset is worth.

    Attributes:
        contract: What is promised.
        now: The instant it was assessed for.
        digest: Digest of the promises.
        evidence: Digest of all that it rests on.
        observed_at: The latest complete look; `None` without one.
        promises: How many results there should be.
        findings: Everything that is not a pass, as of the instant it was assessed for.
        turns: When that changes without any new evidence, in order.
        known_until: From when on `turns` may lack some; `None`: never. Only populations have that many.
        moves_at: From when on the share of a population may be another; `None`: never.
    """

    contract: Contract
    now: datetime
    digest: str
    evidence: str
    observed_at: datetime | None
    promises: int
    findings: tuple[Finding, ...]
    turns: tuple[Turn, ...] = ()
    known_until: datetime | None = None
    moves_at: datetime | None = None

    def at(self, instant: datetime) -> tuple[Finding, ...]:
        """Everything that is not a pass at an instant not before the one it was assessed for."""
        since, found = self.now, self.findings
        for turn in self.turns:
            if turn.at > instant:
                break
            since, found = turn.at, turn.findings
        return tuple(finding.later(instant - since) for finding in found)


def assess(contract: Contract, evidence: Evidence, now: datetime, trust: Trust) -> Standing:
    """Judge what was last seen by today's contract, as of `now` and of every later instant.

    Args:
        contract: Today's contract.
        evidence: What is known.
        now: The instant.
        trust: How long evidence is believed.
    """
    digest = contract.digest
    believed = trust.under(contract)
    settled = _Judged(contract, evidence, digest, believed, now)
    found = settled.findings(now)
    turns, before = [], found
    ahead = deadlines(contract, evidence, now, believed, settled.limits)
    for at in ahead.instants:
        then = settled.findings(at)
        if _weight(then) != _weight(before):
            turns.append(Turn(at, then))
        before = then
    complete = evidence.complete
    return Standing(
        contract,
        now,
        digest,
        digest_of(evidence),
        complete.observation.observed_at if complete else None,
        settled.promises,
        found,
        tuple(turns),
        ahead.known_until,
        ahead.moves_at,
    )


def digest_of(evidence: Evidence) -> str:
    """SHA-256 of what a verdict rests on: looks by their ids, what limits were learned from, other tools."""
    history = evidence.history
    body = {
        "dataset": evidence.dataset,
        "last": evidence.last.id if evidence.last else None,
        "complete": evidence.complete.id if evidence.complete else None,
        "seen": [sight.look for sight in evidence.seen],
        "learned": sorted([check, column or ""] for check, column in evidence.learned),
        "before": [history.last.observed_at, history.last.snapshot] if history.last else None,
        "units": [[unit.key, unit.content, sorted(unit.judged_bad)] for unit in history.units],
        "external": [_told(result) for result in _latest(evidence.external).values()],
    }
    return hashlib.sha256(canonical_json(_plain(body))).hexdigest()


class _Judged:
    """The results of the last complete look, judged once where time does not matter, else per instant."""

    def __init__(
        self, contract: Contract, evidence: Evidence, digest: str, trust: Trust, now: datetime
    ) -> None:
        self._contract, self._evidence, self._trust = contract, evidence, trust
        look = evidence.complete
        self._changed = look is not None and look.contract != digest
        self._contradicted = contradiction(evidence.seen)
        still = [check for check in BUILTIN_CHECKS if check not in TIMED_CHECKS]
        self._still = self._results(look, still, look.observation.observed_at) if look else []
        nothing = Observation(contract.dataset, now)
        expected = judge(contract, nothing, History(), now)
        self.promises = len(expected) + len(contract.external_checks)
        self.limits = {limit for result in expected if (limit := trust.own(contract, result))}
        self._needs_look = bool(expected) or not contract.external_checks

    def findings(self, now: datetime) -> tuple[Finding, ...]:
        """Everything that is not a pass at an instant."""
        look = self._evidence.complete
        found = list(self._evidence_findings(now, look))
        if look:
            results = [*self._still, *self._results(look, TIMED_CHECKS, now)]
            found += [
                Finding(result, look.observation.observed_at)
                for result in results
                if result.status is not Status.PASS
            ]
            found += self._aged(results, look, now)
        found += self._external(now)
        if not found and not self.promises:
            found.append(Finding(_nothing_promised(self._contract)))
        return tuple(found)

    def _evidence_findings(self, now: datetime, look: Look | None) -> Iterator[Finding]:
        """Why nothing that passed can be believed."""
        if not look and not self._evidence.last and not self._needs_look:
            return
        for failure in doubts(self._evidence, now, self._trust, self._contradicted):
            result = CheckResult(EVIDENCE, Status.UNKNOWN, code=failure.code, reason=failure.reason)
            yield Finding(result, look.observation.observed_at if look else None)

    def _results(self, look: Look, checks: Sequence[object], now: datetime) -> list[CheckResult]:
        judged = judge(self._contract, look.observation, self._evidence.history, now, checks)  # type: ignore[arg-type]
        return [self._settled(result) for result in judged]

    def _settled(self, result: CheckResult) -> CheckResult:
        if result.not_measured:
            code = Code.CONTRACT_CHANGED if self._changed else Code.EVIDENCE_PARTIAL
            return dataclasses.replace(result, code=code, not_measured=False)
        if result.code is Code.COLD_START and (result.check, result.column) in self._evidence.learned:
            reason = f"{result.reason} It was judged before: its history is missing."
            return dataclasses.replace(result, code=Code.EVIDENCE_PARTIAL, reason=reason)
        return result

    def _aged(self, results: Sequence[CheckResult], look: Look, now: datetime) -> Iterator[Finding]:
        """What can no longer be believed because the look is old: all of it, or single promises."""
        observed_at, general = look.observation.observed_at, self._trust.default
        age = now - observed_at
        own = [(result, self._trust.own(self._contract, result)) for result in results]
        whole = (
            general if any(limit is None for _, limit in own) else max((x for _, x in own if x), default=age)
        )
        if age > whole:
            expired = _expired(CheckResult(EVIDENCE, Status.UNKNOWN), "The last look", age, whole)
            yield Finding(expired, observed_at)
        for result, limit in own:
            if limit and age > limit and result.status is Status.PASS:
                what = f"The last look at '{_name(result)}'"
                yield Finding(_expired(result, what, age, limit), observed_at)

    def _external(self, now: datetime) -> Iterator[Finding]:
        """What other tools said, and what they should have said."""
        given = _latest(self._evidence.external)
        promised = {f"{check.tool}:{check.check}": check for check in self._contract.external_checks}
        for name, promise in promised.items():
            result, limit = given.get(name), promise.evidence_max_age or self._trust.default
            if result is None:
                reason = f"The contract expects a result of '{name}', and there is none. Import it."
                yield Finding(_of_other(name, promise.severity, Code.NO_EVIDENCE, reason))
            elif result.status is Status.PASS and (why := _unbelievable(result, now, limit)):
                yield Finding(_of_other(name, promise.severity, *why), result.observed_at)
        for name, result in given.items():
            if result.status is not Status.PASS:
                severity = promised[name].severity if name in promised else result.severity
                yield Finding(_translated(result, severity), result.observed_at)


def _expired(result: CheckResult, what: str, age: timedelta, limit: timedelta) -> CheckResult:
    reason = (
        f"{what} is {words.duration(age.total_seconds())} old; it is trusted for {words.limit(limit)}."
        " Check again."
    )
    return dataclasses.replace(result, status=Status.UNKNOWN, code=Code.EVIDENCE_EXPIRED, reason=reason)


def _unbelievable(result: ExternalResult, now: datetime, limit: timedelta) -> tuple[Code, str] | None:
    age = now - result.observed_at
    if age > limit:
        text = f"'{result.name}' ran {words.duration(age.total_seconds())} ago"
        return Code.EVIDENCE_EXPIRED, f"{text}; it is trusted for {words.limit(limit)}. Run it again."
    if age < -Trust.CLOCKS_DIFFER:
        text = f"'{result.name}' ran at {words.instant(result.observed_at)}"
        return Code.EVIDENCE_FROM_FUTURE, f"{text}, after {words.instant(now)}: it proves nothing."
    return None


def _of_other(name: str, severity: Severity, code: Code, reason: str) -> CheckResult:
    return CheckResult(name, Status.UNKNOWN, severity, code, reason=reason)


def _translated(result: ExternalResult, severity: Severity) -> CheckResult:
    # Only our own learned limits may plead a cold start: it is what a policy is lenient about.
    code = Code.EVIDENCE_PARTIAL if result.code is Code.COLD_START else result.code
    observed = result.observed
    if isinstance(observed, float) and not math.isfinite(observed):
        observed = None
    return CheckResult(
        result.name,
        result.status,
        severity,
        code,
        column=result.column,
        observed=observed,
        reason=result.reason,
    )


def _latest(results: Iterable[ExternalResult]) -> dict[str, ExternalResult]:
    """The latest result of each check, the worse of two at one instant; in alphabetical order."""
    order = sorted(results, key=lambda result: (result.name, result.observed_at, result.status.rank))
    return {result.name: result for result in order}


def _told(result: ExternalResult) -> list[object]:
    return [str(value) if isinstance(value, float) else value for value in dataclasses.astuple(result)]


def _nothing_promised(contract: Contract) -> CheckResult:
    reason = f"The contract of '{contract.dataset}' promises nothing, so nothing is known about it."
    return CheckResult(EVIDENCE, Status.UNKNOWN, code=Code.NO_EVIDENCE, reason=reason)


def _weight(findings: Iterable[Finding]) -> frozenset[tuple[object, ...]]:
    """What of findings a verdict can depend on."""
    return frozenset(
        (f.result.check, f.result.column, f.result.status, f.result.severity, f.result.code) for f in findings
    )


def _name(result: CheckResult) -> str:
    return f"{result.check} of {result.column}" if result.column else result.check


def _plain(value: object) -> object:
    """Instants as text, so that the value can be written as JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
