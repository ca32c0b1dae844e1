"""`featureguard conformance`: what the gate makes of every kind of absence, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from featureguard.checks import words
from featureguard.cli.gating import STYLES
from featureguard.cli.machine import print_json
from featureguard.cli.tables import console, plain_table
from featureguard.conformance import Outcome, load, pure_gate, run
from featureguard.verdict import Verdict


def show_conformance(*, as_json: bool) -> int:
    """Run the table against the gate; 1 if it answers differently anywhere."""
    outcomes = run(pure_gate)
    wrong = [outcome for outcome in outcomes if not outcome.conforms]
    if as_json:
        print_json({"conforms": not wrong, "outcomes": [_to_dict(outcome) for outcome in outcomes]})
        return 1 if wrong else 0
    out = console()
    table = plain_table("what is absent", "reason", "tier 0", "tier 1", "tier 2", "tier 3")
    for row in load():
        answers = [o for o in outcomes if o.row.kind == row.kind and o.action == "train"]
        table.add_row(row.what, row.code.value if row.code else "", *_verdicts(answers))
    out.print("to train, promote or deploy; to keep serving is at most a warning")
    out.print(table)
    for outcome in wrong:
        out.print(f"  {_fault(outcome)}", style="bold red", soft_wrap=True)
    said = "as it must" if not wrong else f"{words.count(len(wrong), 'answer')} wrong"
    out.print(f"{words.count(len(outcomes), 'question')} asked; the gate answers {said}.")
    return 1 if wrong else 0


def _verdicts(answers: Sequence[Outcome]) -> Iterator[Text]:
    for outcome in sorted(answers, key=lambda outcome: outcome.tier):
        got = outcome.got or Verdict.HOLD
        yield Text(got.value, style=STYLES[got])


def _fault(outcome: Outcome) -> str:
    got = outcome.got.value if outcome.got else "nothing"
    return f"{outcome.row.kind}, tier {outcome.tier}, {outcome.action}: {got}, not {outcome.expected.value}"


def _to_dict(outcome: Outcome) -> dict[str, object]:
    return {
        "kind": outcome.row.kind,
        "tier": outcome.tier,
        "action": outcome.action,
        "expected": outcome.expected,
        "got": outcome.got,
        "codes": list(outcome.codes),
        "conforms": outcome.conforms,
    }
