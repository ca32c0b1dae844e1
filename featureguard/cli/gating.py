"""`featureguard gate`: may this subject do that now, and why not?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.text import Text

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import opened
from featureguard.cli.tables import console
from featureguard.gate.documents import decision_to_text
from featureguard.result import Code
from featureguard.verdict import Decision, Reason, Verdict

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
) -> int:
    """Decide and record, or only preview, or confirm an earlier decision."""
    with opened(project, environment, now) as found:
        instant = found.now if now else None
        decision_id, repeated = None, False
        if preview:
            decision = found.guard.preview(subject, action, now=instant)
        else:
            ruling = (
                found.guard.confirm(confirm, now=instant)
                if confirm
                else found.guard.decide(subject, action, now=instant, key=key)
            )
            decision, decision_id, repeated = ruling.decision, ruling.id, ruling.repeated
    if as_json:
        print_json(decision_to_json(decision, decision_id, repeated=repeated))
    else:
        print_decision(decision, _recorded(decision_id, preview=preview, repeated=repeated))
    return decision.effective.exit_code


def decision_to_json(decision: Decision, decision_id: str | None, *, repeated: bool) -> dict[str, Any]:
    """A decision for machines; `id` is null if it was not recorded."""
    return {
        "id": decision_id,
        "repeated": repeated,
        "exit_code": decision.effective.exit_code,
        "allowed": decision.allowed,
        **json.loads(decision_to_text(decision)),
    }


def print_decision(decision: Decision, recorded: str) -> None:
    """A decision as a person on call reads it."""
    out = console()
    out.print(_headline(decision))
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
    until = f"; holds until {words.instant(decision.valid_until)}" if decision.valid_until else ""
    again = (
        f"; look again at {words.instant(decision.look_again_at)}"
        if not decision.allowed and decision.look_again_at
        else ""
    )
    out.print(f"exit {decision.effective.exit_code}, {recorded}{until}{again}")


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


def _recorded(decision_id: str | None, *, preview: bool, repeated: bool) -> str:
    if preview:
        return "only a preview"
    if decision_id is None:
        return "NOT recorded"
    return f"decision {decision_id[:16]} {'was recorded before' if repeated else 'recorded'}"
