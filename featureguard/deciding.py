"""Decisions on recorded evidence: read the facts, judge the case, write it down before it is answered.

preview  facts ─ case ─ decide
decide   facts ─ case ─ decide ─ append ─ answer
confirm  the decision ─ facts ─ case ─ decide ─ keep or worsen ─ append ─ answer
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from featureguard.accounting import Books
from featureguard.chain import Link
from featureguard.contract import canonical_json
from featureguard.errors import StoreError, UsageError
from featureguard.gate import EVALUATOR, BudgetState, Case, Standing, assess, confirmed, decide
from featureguard.gate.documents import (
    case_from_text,
    case_to_text,
    decision_from_text,
    decision_to_text,
    digest_of,
)
from featureguard.gate.doubts import Trust
from featureguard.problems import suggestion
from featureguard.result import Code
from featureguard.store.decisions import DecisionRecord, Recorded
from featureguard.store.decisions import Kind as RecordKind
from featureguard.verdict import Decision, Mode, Reason, Verdict, at_most
from featureguard.waiver import Waiver

if TYPE_CHECKING:
    from featureguard.catalog import Catalog
    from featureguard.store import Store

_ATTEMPTS = 10
_CONFIRMS = "confirm:"
"""How the keys of confirmations begin; nobody else may use it."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision as it was answered.

    Attributes:
        decision: The decision.
        id: Its id; `None` if it was not recorded.
        repeated: It was recorded before, under the same idempotency key.
    """

    decision: Decision
    id: str | None = None
    repeated: bool = False


class Decider:
    """Decides about the subjects of a catalog.

    Args:
        catalog: Contracts, subjects and policies.
        store: Where evidence, waivers and decisions are.
        mode: `dry_run` only reports.
        by: Who asks, kept with the decision.
    """

    def __init__(self, catalog: Catalog, store: Store, *, mode: Mode, by: str) -> None:
        self._catalog, self._store, self._mode, self._by = catalog, store, mode, by

    def preview(self, subject: str, action: str, now: datetime, *, until: datetime | None) -> Decision:
        """What `decide` would say; nothing is recorded.

        Args:
            subject: A subject of the catalog.
            action: An action that its policy knows.
            now: The instant.
            until: Evidence recorded of later instants does not count; `None` takes all.
        """
        return decide(self._case(subject, action, now, until, self._store.waivers.all()))

    def decide(
        self, subject: str, action: str, now: datetime, *, key: str | None, until: datetime | None
    ) -> Ruling:
        """Decide and record. If nothing can be read or written the answer is hold."""
        if key is not None and key.startswith(_CONFIRMS):
            raise UsageError(f"An idempotency key cannot begin with '{_CONFIRMS}'. Choose another.")
        self._refuse_unknown(subject, action)
        try:
            if key is not None and (known := self._store.decisions.by_key(key)):
                return self._repeated(known, subject, action)
            case = self._case(subject, action, now, until, [])
            return self._append("decision", case, key, None, now)
        except StoreError as error:
            return Ruling(self._without_store(subject, action, now, str(error)))

    def confirm(self, decision_id: str, now: datetime, *, until: datetime | None) -> Ruling:
        """Ask again right before the action; the answer may keep or worsen, never improve.

        Raises:
            UsageError: If there is no such decision.
        """
        before = self._store.decisions.find(decision_id)
        if before.kind != "decision":
            raise UsageError(f"{decision_id!r} is itself a confirmation. Confirm the decision.")
        try:
            key, worst_so_far = self._next_confirmation(before)
            case = self._case(before.subject, before.action, now, until, [])
            return self._append("confirmation", case, key, (worst_so_far, before.link.seal), now)
        except StoreError as error:
            return Ruling(self._without_store(before.subject, before.action, now, str(error)))

    def replay(self, decision_id: str) -> tuple[Recorded, list[str]]:
        """Decide a recorded case anew by this version.

        Returns:
            The decision, and every difference; none means the same bytes.

        Raises:
            UsageError: If there is no such decision, or its inputs were not kept.
        """
        recorded = self._store.decisions.find(decision_id)
        text = self._store.decisions.document(recorded.inputs) if recorded.inputs else None
        if text is None:
            raise UsageError(f"The inputs of decision {recorded.link.seal[:16]} were not kept.")
        said = json.loads(recorded.link.body)["decision"]
        again = decide(case_from_text(text))
        if said["confirms"]:
            again = confirmed(self._before(recorded), again, said["confirms"])
        differences = list(_differences("", said, _plain(again)))
        if said["evaluator"] != EVALUATOR:
            differences.insert(0, f"it was decided by {said['evaluator']}; this is {EVALUATOR}")
        return recorded, differences

    def _case(
        self, subject: str, action: str, now: datetime, until: datetime | None, waivers: list[Waiver]
    ) -> Case:
        self._refuse_unknown(subject, action)
        catalog, policy = self._catalog, self._catalog.policy_of(subject)
        found = catalog.subjects[subject]
        names = [n for n in catalog.lineage.closure(subject) if n in catalog.contracts]
        evidences = self._store.evidences(names, until=until)
        standings: dict[str, Standing] = {}
        budgets: dict[str, BudgetState] = {}
        for name in names:
            contract = catalog.contracts[name]
            tier = min(contract.tier, found.tier)
            trust = Trust(policy.trusts_for(tier), policy.snapshot_lag)
            standings[name] = assess(contract, evidences[name], now, trust)
            account = Books(self._store, contract, now).account(unknown_as_bad=policy.counts_unknown(tier))
            if account:
                budgets[name] = BudgetState(account.slo.objective, account.budget.remaining_ratio)
        return Case(
            subject=found,
            action=action,
            now=now,
            lineage=catalog.lineage,
            standings=standings,
            policy=policy,
            waivers=tuple(waivers),
            budgets=budgets,
            mode=self._mode,
        )

    def _append(
        self,
        kind: RecordKind,
        case: Case,
        key: str | None,
        before: tuple[Decision, str] | None,
        now: datetime,
    ) -> Ruling:
        """Judge with the waivers of now, and record unless one was given or revoked meanwhile."""
        for _ in range(_ATTEMPTS):
            waivers, token = self._store.waivers.with_token()
            case = dataclasses.replace(case, waivers=tuple(_relevant(waivers, case)))
            found = decide(case)
            if before:
                found = confirmed(before[0], found, before[1])
            inputs = case_to_text(case)
            record = DecisionRecord(
                kind=kind,
                subject=found.subject,
                action=found.action,
                decided_at=now,
                effective=found.effective.value,
                body=_body(kind, found, key, self._by, digest_of(inputs)),
                key=key,
                inputs=digest_of(inputs),
                documents={digest_of(inputs): inputs},
            )
            if appended := self._store.decisions.append(record, waivers=token):
                said = found if appended.created else decision_of(appended.link)
                return Ruling(said, appended.link.seal, repeated=not appended.created)
        raise StoreError("Waivers changed again and again while the decision was recorded. Ask again.")

    def _repeated(self, known: Recorded, subject: str, action: str) -> Ruling:
        if (known.kind, known.subject, known.action) != ("decision", subject, action):
            raise UsageError(
                f"The idempotency key {known.key!r} already names a decision about {known.subject!r} and"
                f" {known.action!r}. Give every attempt a key of its own."
            )
        return Ruling(decision_of(known.link), known.link.seal, repeated=True)

    def _next_confirmation(self, before: Recorded) -> tuple[str, Decision]:
        """The key of the next confirmation, and the last answer about the decision."""
        last, number = decision_of(before.link), 1
        while known := self._store.decisions.by_key(_confirmation(before.link.seal, number)):
            last, number = decision_of(known.link), number + 1
        return _confirmation(before.link.seal, number), last

    def _before(self, confirmation: Recorded) -> Decision:
        """What a confirmation had to keep or worsen."""
        _, decision_id, number = str(confirmation.key).split(":")
        if number == "1":
            return decision_of(self._store.decisions.find(decision_id).link)
        known = self._store.decisions.by_key(_confirmation(decision_id, int(number) - 1))
        if known is None:
            raise UsageError(f"The confirmation before {confirmation.link.seal[:16]} is missing.")
        return decision_of(known.link)

    def _refuse_unknown(self, subject: str, action: str) -> None:
        catalog = self._catalog
        if subject not in catalog.subjects:
            hint = suggestion(subject, sorted(catalog.subjects)) or " The catalog declares none."
            what = (
                "is a dataset; a gate protects subjects" if subject in catalog.contracts else "is no subject"
            )
            raise UsageError(f"'{subject}' {what}.{hint}")
        policy = catalog.policy_of(subject)
        if action not in policy.known_actions:
            hint = suggestion(action, sorted(policy.known_actions))
            raise UsageError(
                f"Policy '{policy.policy}' knows no action '{action}'.{hint}"
                " Declare your own under 'actions'."
            )

    def _without_store(self, subject: str, action: str, now: datetime, why: str) -> Decision:
        """The answer when nothing can be read or recorded: hold, but never in the way of a repair."""
        found, policy = self._catalog.subjects[subject], self._catalog.policy_of(subject)
        verdict = at_most(Verdict.HOLD, policy.rule(action, found.tier).at_most)
        repairs = policy.is_repair(action)
        effective = at_most(verdict, Verdict.WARN) if repairs else verdict
        reason = Reason(
            Code.STORE_UNAVAILABLE,
            verdict,
            effective,
            tier=found.tier,
            text=why,
            path=(subject,),
            owner=found.owner,
            runbook=found.runbook,
            hint="Mend the evidence store and ask again. Nothing of this was recorded.",
        )
        return Decision(
            subject,
            action,
            now,
            verdict,
            effective,
            (reason,),
            look_again_at=now + policy.look_again_after,
            mode="dry_run" if repairs else self._mode,
            policy=policy.policy,
            policy_digest=policy.digest,
            evaluator=EVALUATOR,
        )


def decision_of(link: Link) -> Decision:
    """The decision that a record holds.

    Raises:
        UsageError: If it holds none.
    """
    return decision_from_text(canonical_json(json.loads(link.body)["decision"]).decode())


def _relevant(waivers: list[Waiver], case: Case) -> list[Waiver]:
    """Waivers that may be about a case, those long expired left out."""
    names = {case.subject.subject, *case.standings, *case.lineage.closure(case.subject.subject)}
    return [
        waiver
        for waiver in waivers
        if waiver.until + timedelta(days=8) > case.now
        and waiver.subject in (None, case.subject.subject)
        and (waiver.dataset is None or waiver.dataset in names)
    ]


def _body(kind: str, decision: Decision, key: str | None, by: str, inputs: str) -> str:
    body = {"kind": kind, "key": key, "by": by, "inputs": inputs, "decision": _plain(decision)}
    return canonical_json(body).decode()


def _plain(decision: Decision) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(decision_to_text(decision))
    return found


def _confirmation(decision_id: str, number: int) -> str:
    return f"{_CONFIRMS}{decision_id}:{number}"


def _differences(where: str, before: Any, after: Any) -> Iterator[str]:
    """Every place where two JSON values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _differences(f"{where}.{name}".strip("."), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, pair in enumerate(zip(before, after, strict=True)):
            yield from _differences(f"{where}[{at}]", *pair)
    elif before != after:
        yield f"{where}: {before!r} then, {after!r} now"
