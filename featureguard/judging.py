"""Judge what was seen: run the checks, and say honestly what could not be judged.

Pure: a contract, an observation, its history and an instant go in, a report comes out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.checks import BUILTIN_CHECKS, Check, words
from featureguard.contract import Contract
from featureguard.evidence import Evidence
from featureguard.observation import Failure, History, Observation
from featureguard.policy import EVIDENCE_MAX_AGE
from featureguard.profile import Profile
from featureguard.result import AnsweredBy, CheckResult, Code, Status, exit_code

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of `now` a look may be, since machines' clocks differ."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one check of a dataset found.

    Attributes:
        contract: What was promised.
        observation: What was seen.
        results: One for each promise, and findings.
        now: The instant of judgement, UTC.
        recorded: Identity of the recorded look, or `None` if nothing was recorded.
    """

    contract: Contract
    observation: Observation
    results: tuple[CheckResult, ...]
    now: datetime
    recorded: str | None = None

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.contract.dataset

    @property
    def worst(self) -> CheckResult | None:
        """The worst result; `None` if nothing was promised."""
        return max(self.results, key=lambda result: result.rank, default=None)

    @property
    def raw_exit_code(self) -> int:
        """0 if every blocking promise holds, 1 if one is broken, 3 if one, or nothing, could be judged."""
        return exit_code(self.results) if self.results else 3

    @property
    def exit_code(self) -> int:
        """The raw exit code, and 0 for a contract that is only observed."""
        return 0 if self.contract.enforcement == "observe" else self.raw_exit_code


def worst_exit_code(codes: Iterable[int]) -> int:
    """The exit code of several reports: 1 before 3 before 0."""
    found = set(codes)
    return 1 if 1 in found else 3 if 3 in found else 0


def judge(
    contract: Contract,
    observation: Observation,
    history: History,
    now: datetime,
    checks: Sequence[Check] = BUILTIN_CHECKS,
) -> list[CheckResult]:
    """Run checks on what was seen; a check that raises is one `unknown` result, never silence."""
    return [result for check in checks for result in _run(check, contract, observation, history, now)]


def _run(
    check: Check, contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterable[CheckResult]:
    try:
        return list(check(contract, observation, history, now))
    except Exception as error:
        name = getattr(check, "__name__", "check")
        reason = f"The check '{name}' crashed: {type(error).__name__}: {error}"
        return [CheckResult(name, Status.UNKNOWN, code=Code.CHECK_CRASHED, reason=reason)]


def incomplete(
    contract: Contract,
    failure: Failure,
    observed_at: datetime,
    now: datetime,
    checks: Sequence[Check] = BUILTIN_CHECKS,
) -> Report:
    """A look that could not be finished: every promise is unknown, for the same reason."""
    nothing = Observation(contract.dataset, observed_at, profile=Profile(rows=None), failure=failure)
    unknown = tuple(_unknown(result, failure) for result in judge(contract, nothing, History(), now, checks))
    return Report(contract, nothing, unknown, now)


def _unknown(result: CheckResult, failure: Failure) -> CheckResult:
    return dataclasses.replace(
        result, status=Status.UNKNOWN, code=failure.code, reason=failure.reason, not_measured=False
    )


def expiry(contract: Contract, seen: Observation, now: datetime) -> Failure | None:
    """Why a look is too old to be trusted, or from the future, or `None`."""
    limit = contract.evidence_max_age or EVIDENCE_MAX_AGE[contract.tier]
    age = now - seen.observed_at
    if age < -CLOCKS_DIFFER:
        looked = f"The last look was taken at {words.instant(seen.observed_at)}, after {words.instant(now)}"
        return Failure(Code.EVIDENCE_FROM_FUTURE, f"{looked}: it proves nothing about that time.")
    if age <= limit:
        return None
    looked = f"The last look is {words.duration(age.total_seconds())} old"
    return Failure(Code.EVIDENCE_EXPIRED, f"{looked}; it is trusted for {words.limit(limit)}. Check again.")


def reconsider(
    contract: Contract,
    seen: Observation,
    history: History,
    now: datetime,
    *,
    doubt: Failure | None,
    changed: bool,
) -> Report:
    """Judge an earlier look by today's contract as of `now`.

    Args:
        contract: Today's contract.
        seen: A complete look.
        history: What looks before it saw.
        now: The instant.
        doubt: Why the look is no longer trusted: then what passed is unknown. What failed stays failed.
        changed: Whether the look was taken for another contract, which may have measured less.
    """
    results = (_doubted(r, doubt, changed=changed) for r in judge(contract, seen, history, now))
    return Report(contract, seen, tuple(r.answered(AnsweredBy.EVIDENCE, 0, 0) for r in results), now)


def _doubted(result: CheckResult, doubt: Failure | None, *, changed: bool) -> CheckResult:
    """A result about an earlier look: a pass in doubt is unknown, a failure stays."""
    if result.not_measured:
        code = Code.CONTRACT_CHANGED if changed else Code.EVIDENCE_PARTIAL
        return dataclasses.replace(result, code=code, not_measured=False)
    return _unknown(result, doubt) if doubt and result.status is Status.PASS else result


def standing(contract: Contract, known: Evidence, now: datetime) -> Report:
    """Judge what was last seen by today's contract, without looking at the data.

    Args:
        contract: Today's contract.
        known: What was recorded.
        now: The instant.
    """
    last, complete = known.last, known.complete
    if last is None:
        reason = "Nobody has looked at this dataset yet. Run 'featureguard check'."
        return incomplete(contract, Failure(Code.NO_EVIDENCE, reason), now, now)
    doubt = last.observation.failure
    if complete is None:
        assert doubt is not None, "a look that is not complete says why"
        report = incomplete(contract, doubt, last.observation.observed_at, now)
    else:
        seen, changed = complete.observation, complete.contract != contract.digest
        doubt = doubt or expiry(contract, seen, now)
        report = reconsider(contract, seen, known.history, now, doubt=doubt, changed=changed)
    return dataclasses.replace(report, recorded=last.id)
