"""The gate behind the API: previews from the picture at hand, decisions recorded together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from featureguard.deciding import Decider, record_of, refuse_confirmation_key, repeated
from featureguard.decision_record import text_of
from featureguard.errors import BusyError, FeatureGuardError, StoreError, UsageError
from featureguard.fallback import refuse_unknown, without_store
from featureguard.gate import decide
from featureguard.gate.papers import Clerk, Papers
from featureguard.ruling import Ruling
from featureguard.serving.fleet import Fleet
from featureguard.serving.keeper import UNREADABLE, Keeper
from featureguard.store.decisions import Appended, DecisionRecord
from featureguard.verdict import Decision

_ATTEMPTS = 10
_log = logging.getLogger("featureguard.serving")
_Judged = dict[tuple[str, str], tuple[Decision, str, Papers]]
"""Decisions with their texts and papers, by subject and action."""


class NotReadyError(FeatureGuardError):
    """Nothing was read from the store yet, so there is nothing to answer from."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that is to be decided and recorded.

    Attributes:
        subject: Who wants to act.
        action: What it wants to do.
        key: The idempotency key, or `None`.
        by: Who asks.
    """

    subject: str
    action: str
    key: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What the gate would say.

    Attributes:
        decision: The decision, as of the picture that it was judged from.
        fleet: That picture.
        stale: The store cannot be read now; the decision is the last known one and still valid.
    """

    decision: Decision
    fleet: Fleet
    stale: bool = False


class Court:
    """Answers for all callers of one process.

    Args:
        keeper: Keeps the picture that decisions rest on.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper, self._clerk = keeper, Clerk()

    @property
    def fleet(self) -> Fleet:
        """The picture at hand.

        Raises:
            NotReadyError: If there is none yet.
        """
        fleet = self._keeper.fleet
        if fleet is None:
            why = self._keeper.health.store_problem or "The evidence store is being read."
            raise NotReadyError(f"Not ready yet. {why}")
        return fleet

    def preview(self, subject: str, action: str) -> Preview:
        """What the gate would say; nothing is recorded.

        While the store cannot be read, an answer that allows is repeated, flagged as stale, as long as it is
        valid; then it is hold.

        Raises:
            UsageError: If the subject or the action is unknown.
            NotReadyError: If nothing was read yet.
        """
        fleet, stale, now = self.fleet, self._keeper.is_stale, self._keeper.clock()
        found = fleet.judged(subject, action)
        if not found.allowed or found.valid_until is None or now < found.valid_until:
            return Preview(found, fleet, stale)
        if stale:
            return Preview(self._hold(fleet, subject, action, now, self._why()), fleet, stale)
        return Preview(decide(fleet.case(subject, action, now)), fleet)

    def rule(self, asks: Sequence[Ask]) -> list[Ruling | Exception]:
        """Decide several questions, and record the answers in one transaction.

        Returns:
            One answer for each: a ruling, or the error of a question that makes no sense. If nothing can be
            read or written the answer is a hold without id.
        """
        answers: dict[int, Ruling | Exception] = {}
        fleet, now = self.fleet, self._keeper.clock()
        for place, ask in enumerate(asks):
            try:
                refuse_confirmation_key(ask.key)
                refuse_unknown(fleet.catalog, ask.subject, ask.action)
            except UsageError as error:
                answers[place] = error
        left = [place for place in range(len(asks)) if place not in answers]
        try:
            told = self._recorded([asks[place] for place in left], now) if left else []
        except StoreError as error:
            why = _why_held(error)
            told = [
                Ruling(self._hold(fleet, asks[place].subject, asks[place].action, now, why)) for place in left
            ]
        answers.update(zip(left, told, strict=True))
        return [answers[place] for place in range(len(asks))]

    def confirm(self, decision_id: str, *, subject: str | None, action: str | None, by: str) -> Ruling:
        """Ask again right before the action; the answer may keep or worsen, never improve.

        Raises:
            UsageError: If there is no such decision, or it is about something else.
            StoreError: If it cannot be read, and the caller did not say what it is about.
        """
        fleet, now = self.fleet, self._keeper.clock()
        try:
            if self._keeper.is_stale:
                fleet = self._keeper.refresh()
        except StoreError as error:
            if subject is None or action is None:
                raise
            return Ruling(self._hold(fleet, subject, action, now, _why_held(error)))
        decider = Decider(fleet.catalog, self._keeper.store, mode=fleet.mode, by=by, case=self._fresh_case)
        until = now if fleet.simulated else None
        return decider.confirm(decision_id, now, until=until, subject=subject, action=action)

    def _fresh_case(self, subject: str, action: str, now: datetime) -> Any:
        return self.fleet.case(subject, action, max(now, self.fleet.as_of))

    def _recorded(self, asks: Sequence[Ask], now: datetime) -> list[Ruling | Exception]:
        for _ in range(_ATTEMPTS):
            # One that stands still is read anew, or this fails: nobody gets a fresh allow from old evidence.
            fleet = self._keeper.refresh() if self._keeper.is_stale else self.fleet
            judged: _Judged = {}
            records = [self._record(ask, fleet, max(now, fleet.as_of), judged) for ask in asks]
            appended = self._keeper.store.decisions.append_all(records, waivers=fleet.waiver_token)
            if appended is not None:
                return [
                    _ruling(found, judged[ask.subject, ask.action][0], now)
                    for found, ask in zip(appended, asks, strict=True)
                ]
            self._keeper.refresh()
        raise BusyError("Waivers changed again and again while decisions were recorded. Ask again.")

    def _record(
        self,
        ask: Ask,
        fleet: Fleet,
        now: datetime,
        judged: dict[tuple[str, str], tuple[Decision, str, Papers]],
    ) -> DecisionRecord:
        question = ask.subject, ask.action
        if question not in judged:
            case = fleet.case(*question, now)
            decision = decide(case)
            judged[question] = decision, text_of(decision), self._clerk.papers(case)
        return record_of(*judged[question], kind="decision", key=ask.key, by=ask.by)

    def _hold(self, fleet: Fleet, subject: str, action: str, now: datetime, why: str) -> Decision:
        return without_store(fleet.catalog, subject, action, now, mode=fleet.mode, why=why)

    def _why(self) -> str:
        return self._keeper.health.store_problem or "The evidence store was not read for a while."


def _why_held(error: StoreError) -> str:
    if isinstance(error, BusyError):
        return str(error)
    _log.error("Held, because the store failed: %s", error)
    return UNREADABLE


def _ruling(found: Appended | UsageError, decision: Decision, now: datetime) -> Ruling | Exception:
    if isinstance(found, UsageError):
        return found
    return Ruling(decision, found.link.seal) if found.created else repeated(found.link, now)
