"""`featureguard gate`: may this subject do that now, and why not?"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import opened, parse_now, read_catalog
from featureguard.cli.tables import console
from featureguard.errors import StoreError, UsageError
from featureguard.fallback import without_store
from featureguard.gate.documents import decision_to_dict
from featureguard.guard import Guard
from featureguard.result import Code
from featureguard.ruling import Ruling
from featureguard.verdict import Decision, Reason, Verdict

TOKEN_VARIABLE = "FEATUREGUARD_TOKEN"
"""Where the token for a service is."""

STYLES = {Verdict.ALLOW: "green", Verdict.WARN: "yellow", Verdict.HOLD: "magenta", Verdict.BLOCK: "bold red"}
_MEANS = {
    Verdict.ALLOW: "may",
    Verdict.WARN: "may, with warnings,",
    Verdict.HOLD: "must wait to",
    Verdict.BLOCK: "must not",
}


def ask_gate(
    subject: str,
    action: str,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    as_json: bool,
    preview: bool,
    key: str | None,
    confirm: str | None,
    api: str | None = None,
    timeout_seconds: float = 5.0,
) -> int:
    """Decide and record, or only preview, or confirm an earlier decision."""
    if api is not None:
        if now or project or environment:
            raise UsageError(
                "With --api the service's project and clock count. Leave out what names another."
            )
        question = (subject, action, key, confirm)
        return _tell(
            _asked_api(api, timeout_seconds, *question, preview=preview), as_json=as_json, preview=preview
        )
    try:
        with opened(project, environment, now) as found:
            instant = found.now if now else None
            ruling = _asked(found.guard, subject, action, instant, preview=preview, key=key, confirm=confirm)
    except StoreError as error:
        if preview:
            raise
        ruling = _unrecorded(subject, action, now, project, environment, error)
    return _tell(ruling, as_json=as_json, preview=preview)


def _tell(ruling: Ruling, *, as_json: bool, preview: bool) -> int:
    if as_json:
        print_json(ruling_to_json(ruling))
    else:
        print_ruling(ruling, preview=preview)
    return ruling.exit_code


def _asked_api(
    url: str,
    timeout_seconds: float,
    subject: str,
    action: str,
    key: str | None,
    confirm: str | None,
    *,
    preview: bool,
) -> Ruling:
    """Ask a service; one that cannot be reached is a hold."""
    from featureguard.client import Client

    with Client(url, os.environ.get(TOKEN_VARIABLE), timeout_seconds=timeout_seconds) as client:
        if preview:
            return client.preview(subject, action)
        if confirm is not None:
            return client.confirm(confirm, subject=subject, action=action)
        return client.decide(subject, action, key=key)


def _asked(
    guard: Guard,
    subject: str,
    action: str,
    now: datetime | None,
    *,
    preview: bool,
    key: str | None,
    confirm: str | None,
) -> Ruling:
    if preview:
        return Ruling(guard.preview(subject, action, now=now))
    if confirm is not None:
        return guard.confirm(confirm, subject=subject, action=action, now=now)
    return guard.decide(subject, action, now=now, key=key)


def _unrecorded(
    subject: str,
    action: str,
    now: str | None,
    project: Path | None,
    environment: str | None,
    error: StoreError,
) -> Ruling:
    """The answer when the store cannot even be opened."""
    found, catalog = read_catalog(project, environment)
    instant = parse_now(now) if now else datetime.now(UTC)
    return Ruling(without_store(catalog, subject, action, instant, mode=found.enforcement, why=str(error)))


def ruling_to_json(ruling: Ruling) -> dict[str, Any]:
    """An answer for machines; `id` is null if it was not recorded."""
    return {
        "id": ruling.id,
        "repeated": ruling.repeated,
        "expired": ruling.expired,
        "exit_code": ruling.exit_code,
        "allowed": ruling.allowed,
        **decision_to_dict(ruling.decision),
    }


def print_ruling(ruling: Ruling, *, preview: bool) -> None:
    """An answer as a person on call reads it."""
    decision = ruling.decision
    out = console()
    out.print(_expired(decision) if ruling.expired else _headline(decision), soft_wrap=True)
    for reason in decision.reasons:
        for line in _lines(reason):
            out.print(line, soft_wrap=True)
    for remark in decision.remarks:
        if remark.code is not Code.CONTRACT_MISSING:
            out.print(f"  note   {remark.code.value}: {remark.text}", soft_wrap=True)
    if sources := [str(r.dataset) for r in decision.remarks if r.code is Code.CONTRACT_MISSING]:
        out.print(f"  note   no contract describes {', '.join(sources)}", soft_wrap=True)
    if runbook := next((r.runbook for r in decision.reasons if r.runbook), None):
        out.print(f"  runbook: {runbook}")
    out.print(f"exit {ruling.exit_code}, {_recorded(ruling, preview=preview)}{_until(ruling)}")


def _headline(decision: Decision) -> Text:
    verdict = decision.effective
    raw = "" if decision.raw is verdict else f", raw verdict {decision.raw.value}"
    mode = ", dry run: it blocks nothing" if decision.mode == "dry_run" else ""
    return Text.assemble(
        (decision.subject, "bold"),
        f" {_MEANS[verdict]} {decision.action}: ",
        (verdict.value, STYLES[verdict]),
        f"  (at {words.instant(decision.now)}, policy {decision.policy}{raw}{mode})",
    )


def _expired(decision: Decision) -> Text:
    return Text.assemble(
        (decision.subject, "bold"),
        f" {_MEANS[Verdict.HOLD]} {decision.action}: ",
        (Verdict.HOLD.value, STYLES[Verdict.HOLD]),
        f"  (the {decision.effective.value} of {words.instant(decision.now)} no longer holds:"
        " confirm it, or ask with another key)",
    )


def _lines(reason: Reason) -> list[Text]:
    age = reason.evidence_age_seconds
    seen = f" (seen {words.duration(age)} ago)" if age is not None and age >= 1 else ""
    word = f"{reason.effective.value:<5}"
    raw = f" [{reason.verdict.value}, waived by {reason.waiver}]" if reason.waiver else ""
    found = [
        Text.assemble(
            "  ", (word, STYLES[reason.effective]), f"  {reason.code.value}: {reason.text}{raw}{seen}"
        )
    ]
    if len(reason.path) > 1:
        found.append(Text(f"         {' → '.join(reason.path)}", style="dim"))
    if reason.hint and reason.effective.rank > Verdict.WARN.rank:
        found.append(Text(f"         to do: {reason.hint}", style="dim"))
    return found


def _recorded(ruling: Ruling, *, preview: bool) -> str:
    if preview:
        return "only a preview"
    if ruling.id is None:
        return "NOT recorded"
    kind = "confirmation" if ruling.decision.confirms else "decision"
    return f"{kind} {ruling.id[:16]} {'was recorded before' if ruling.repeated else 'recorded'}"


def _until(ruling: Ruling) -> str:
    decision = ruling.decision
    if decision.valid_until:
        return f"; {'held' if ruling.expired else 'holds'} until {words.instant(decision.valid_until)}"
    if decision.look_again_at and not decision.allowed:
        return f"; look again at {words.instant(decision.look_again_at)}"
    return ""
