"""Decisions on recorded evidence: read the facts, judge the case, write it down before it is answered.

preview  facts ─ case ─ decide
decide   facts ─ case ─ decide ─ append ─ answer
confirm  the decision ─ facts ─ case ─ decide ─ keep or worsen ─ append ─ answer
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from featureguard.accounting import Books
from featureguard.assembling import assemble, with_waivers
from featureguard.contract import Contract
from featureguard.decision_record import body_of, decision_of, text_of
from featureguard.errors import StoreError, UsageError
from featureguard.fallback import refuse_unknown, without_store
from featureguard.gate import BudgetState, Case, assess, confirmed, decide
from featureguard.gate.doubts import Trust
from featureguard.gate.papers import Clerk, Papers
from featureguard.replaying import confirmation_key, is_confirmation_key
from featureguard.ruling import Ruling
from featureguard.slo.budget import budget
from featureguard.store.decisions import DecisionRecord, Recorded
from featureguard.store.decisions import Kind as RecordKind
from featureguard.verdict import Decision, Mode

if TYPE_CHECKING:
    from featureguard.catalog import Catalog
    from featureguard.chain import Link
    from featureguard.store import Store

_ATTEMPTS = 10


class Decider:
    """Decides about the subjects of a catalog.

    Args:
        catalog: Contracts, subjects and policies.
        store: Where evidence, waivers and decisions are.
        mode: `dry_run` only reports.
        by: Who asks, kept with the decision.
        case: Gives the case of a subject, an action and an instant, where evidence is at hand already; left
            out, it is read from the store.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        *,
        mode: Mode,
        by: str,
        case: Callable[[str, str, datetime], Case] | None = None,
    ) -> None:
        self._catalog, self._store, self._mode, self._by = catalog, store, mode, by
        self._case_at_hand = case

    def preview(self, subject: str, action: str, now: datetime, *, until: datetime | None) -> Decision:
        """What `decide` would say; nothing is recorded.

        Args:
            subject: A subject of the catalog.
            action: An action that its policy knows.
            now: The instant.
            until: Facts recorded of later instants do not count; `None` takes all.
        """
        case = self._case(subject, action, now, until)
        return decide(with_waivers(case, self._store.waivers.all(), until))

    def decide(
        self, subject: str, action: str, now: datetime, *, key: str | None, until: datetime | None
    ) -> Ruling:
        """Decide and record. If nothing can be read or written the answer is hold."""
        refuse_confirmation_key(key)
        refuse_unknown(self._catalog, subject, action)
        try:
            if key is not None and (known := self._store.decisions.by_key(key)):
                _refuse_taken(known, subject, action)
                return repeated(known.link, now)
            case = self._case(subject, action, now, until)
            return self._append("decision", case, key, None, until)
        except StoreError as error:
            return self._without_store(subject, action, now, error)

    def confirm(
        self,
        decision_id: str,
        now: datetime,
        *,
        until: datetime | None,
        subject: str | None = None,
        action: str | None = None,
    ) -> Ruling:
        """Ask again right before the action; the answer may keep or worsen, never improve.

        Raises:
            UsageError: If there is no such decision, or it is about something else.
            StoreError: If it cannot be read, and the caller did not say what it is about.
        """
        try:
            before = self._store.decisions.find(decision_id)
            _refuse_other(before, subject, action)
            subject, action = before.subject, before.action
            return self._confirm(before, now, until)
        except StoreError as error:
            if subject is None or action is None:
                raise
            refuse_unknown(self._catalog, subject, action)
            return self._without_store(subject, action, now, error)

    def _confirm(self, before: Recorded, now: datetime, until: datetime | None) -> Ruling:
        for _ in range(_ATTEMPTS):
            key, last = self._next_confirmation(before)
            # Whoever decided may have a clock that is a little ahead of this one.
            instant = last.now if now < last.now <= now + Trust.CLOCKS_DIFFER else now
            case = self._case(before.subject, before.action, instant, until)
            found = self._append("confirmation", case, key, (last, before.link.seal), until)
            if not found.repeated:
                return found
            # Another confirmation came first. Its answer may rest on what no longer holds: take one's own.
        raise StoreError("Others confirmed the same decision again and again. Ask again.")

    def _case(self, subject: str, action: str, now: datetime, until: datetime | None) -> Case:
        """Everything but the waivers."""
        refuse_unknown(self._catalog, subject, action)
        if self._case_at_hand:
            return self._case_at_hand(subject, action, now)
        names = [name for name in self._catalog.lineage.closure(subject) if name in self._catalog.contracts]
        evidences = self._store.evidences(names, until=until)

        def budget_of(contract: Contract, unknown_as_bad: bool) -> BudgetState | None:
            slo = contract.slo
            if slo is None:
                return None
            sli = Books(self._store, contract, now).sli(slo.sli, now - slo.window, now)
            left = budget(sli, slo.objective, unknown_as_bad=unknown_as_bad)
            return BudgetState(slo.objective, left.remaining_ratio)

        return assemble(
            self._catalog,
            subject,
            action,
            now,
            self._mode,
            standing=lambda name, trust: assess(self._catalog.contracts[name], evidences[name], now, trust),
            budget=budget_of,
        )

    def _append(
        self,
        kind: RecordKind,
        case: Case,
        key: str | None,
        before: tuple[Decision, str] | None,
        until: datetime | None,
    ) -> Ruling:
        """Judge with the waivers of now, and record unless one was given or revoked meanwhile."""
        for _ in range(_ATTEMPTS):
            waivers, token = self._store.waivers.with_token()
            case = with_waivers(case, waivers, until)
            found = decide(case)
            if before:
                found = confirmed(before[0], found, before[1])
            papers = Clerk().papers(case)
            record = record_of(found, text_of(found), papers, kind=kind, key=key, by=self._by)
            if appended := self._store.decisions.append(record, waivers=token):
                if appended.created:
                    return Ruling(found, appended.link.seal)
                return repeated(appended.link, case.now)
        raise StoreError("Waivers changed again and again while the decision was recorded. Ask again.")

    def _next_confirmation(self, before: Recorded) -> tuple[str, Decision]:
        """The key of the next confirmation, and the last answer about the decision."""
        last, number = before, 1
        while known := self._store.decisions.by_key(confirmation_key(before.link.seal, number)):
            last, number = known, number + 1
        return confirmation_key(before.link.seal, number), decision_of(last.link)

    def _without_store(self, subject: str, action: str, now: datetime, error: StoreError) -> Ruling:
        return Ruling(without_store(self._catalog, subject, action, now, mode=self._mode, why=str(error)))


def record_of(
    decision: Decision, told: str, papers: Papers, *, kind: RecordKind, key: str | None, by: str
) -> DecisionRecord:
    """A decision as it is recorded.

    Args:
        decision: The decision.
        told: Its text (`decision_record.text_of`).
        papers: The case it was judged from.
        kind: Whether it is a decision or a confirmation.
        key: The idempotency key, or `None`.
        by: Who asked.
    """
    return DecisionRecord(
        kind=kind,
        subject=decision.subject,
        action=decision.action,
        decided_at=decision.now,
        effective=decision.effective.value,
        body=body_of(told, kind=kind, key=key, by=by, inputs=papers.digest),
        key=key,
        inputs=papers.digest,
        documents=papers.documents,
    )


def repeated(link: Link, now: datetime) -> Ruling:
    """The answer that was recorded before; expired if it no longer holds."""
    decision = decision_of(link)
    ended = decision.valid_until is not None and decision.valid_until <= now
    return Ruling(decision, link.seal, repeated=True, expired=ended)


def refuse_confirmation_key(key: str | None) -> None:
    """Refuse an idempotency key that names confirmations.

    Raises:
        UsageError: If it does.
    """
    if key is not None and is_confirmation_key(key):
        raise UsageError(f"The idempotency key {key!r} is a confirmation's. Choose another.")


def _refuse_taken(known: Recorded, subject: str, action: str) -> None:
    if (known.kind, known.subject, known.action) != ("decision", subject, action):
        raise UsageError(
            f"The idempotency key {known.key!r} already names a decision about {known.subject!r} and"
            f" {known.action!r}. Give every attempt a key of its own."
        )


def _refuse_other(before: Recorded, subject: str | None, action: str | None) -> None:
    if before.kind != "decision":
        raise UsageError(f"{before.link.seal[:16]} is itself a confirmation. Confirm the decision.")
    if (subject or before.subject, action or before.action) != (before.subject, before.action):
        raise UsageError(
            f"Decision {before.link.seal[:16]} is about {before.subject!r} and {before.action!r}, not about"
            f" {subject!r} and {action!r}. Confirm the decision that was made for this."
        )
