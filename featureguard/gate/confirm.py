"""Confirm: ask again right before the action; the answer may keep or worsen, never improve."""

from __future__ import annotations

import dataclasses

from featureguard.errors import UsageError
from featureguard.verdict import Decision, Reason, Verdict, worst, worst_first


def confirmed(before: Decision, after: Decision, decision_id: str) -> Decision:
    """A decision asked for again: the worse of both answers, with the reasons of both.

    Args:
        before: The decision.
        after: The same subject and action, decided anew.
        decision_id: Id of the decision.

    Raises:
        UsageError: If they are about different subjects or actions, or the new one is older.
    """
    if (before.subject, before.action) != (after.subject, after.action) or after.now < before.now:
        asked = f"'{after.action}' of '{after.subject}' at {after.now.isoformat()}"
        given = f"'{before.action}' of '{before.subject}' at {before.now.isoformat()}"
        raise UsageError(f"{asked} does not confirm {given}. Confirm the same question, later.")
    effective = worst(before.effective, after.effective)
    return dataclasses.replace(
        after,
        raw=worst(before.raw, after.raw),
        effective=effective,
        reasons=_reasons_of_both(before, after),
        valid_until=after.valid_until if effective.allowed else None,
        look_again_at=None if effective is Verdict.ALLOW else after.look_again_at or after.now,
        confirms=decision_id,
    )


def _reasons_of_both(before: Decision, after: Decision) -> tuple[Reason, ...]:
    """Every reason once, as the new decision tells it, unless the old one took it more seriously."""
    found = {_identity(reason): reason for reason in after.reasons}
    for reason in before.reasons:
        known = found.get(_identity(reason))
        if known is None or _weight(known) < _weight(reason):
            found[_identity(reason)] = reason
    return tuple(sorted(found.values(), key=worst_first))


def _identity(reason: Reason) -> tuple[object, ...]:
    return reason.code, reason.dataset, reason.check, reason.column


def _weight(reason: Reason) -> tuple[int, int]:
    return reason.effective.rank, reason.verdict.rank
