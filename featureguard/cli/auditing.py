"""`featureguard verify` and `featureguard replay`: can past decisions be believed?"""

from __future__ import annotations

from pathlib import Path

from featureguard import audit
from featureguard.chain import head_of
from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import opened
from featureguard.cli.tables import console


def verify_chain(
    file: Path | None,
    heads: Path | None,
    export: Path | None,
    write_head: Path | None,
    project: Path | None,
    environment: str | None,
    *,
    as_json: bool,
) -> int:
    """Verify an exported file, or the store, and export it."""
    known = audit.read_heads(heads) if heads else []
    if file:
        found = audit.verify(audit.read_links(file), known)
        faults = list(found.faults)
    else:
        with opened(project, environment, None) as project_found:
            log = project_found.guard.store_in_use.decisions
            links = list(log.chain())
            found = audit.verify(links, known)
            faults = [*found.faults, *audit.mislabelled(log.recorded())]
            if export:
                audit.export(links, export)
            if write_head and not faults:
                audit.append_head(head_of(links), write_head)
    if as_json:
        told = [{"sequence": fault.sequence, "reason": fault.reason} for fault in faults]
        print_json({"decisions": found.links, "heads": found.heads, "intact": not faults, "faults": told})
        return 1 if faults else 0
    out = console()
    for fault in sorted(faults, key=lambda fault: fault.sequence):
        out.print(f"  record {fault.sequence}: {fault.reason}", soft_wrap=True)
    said = "broken" if faults else "intact"
    out.print(f"{words.count(found.links, 'record')}: the chain is {said}.")
    if write_head and faults:
        out.print(f"Its end was not added to {write_head}: only that of an intact chain is worth keeping.")
    if not found.heads:
        out.print("No exported head was given (--heads): whether its end was cut off cannot be seen.")
    return 1 if faults else 0


def replay(decision_id: str, project: Path | None, environment: str | None, *, as_json: bool) -> int:
    """Decide a recorded case anew and compare."""
    with opened(project, environment, None) as found:
        recorded, differences = found.guard.replay(decision_id)
    if as_json:
        print_json({"id": recorded.link.seal, "same": not differences, "differences": differences})
        return 1 if differences else 0
    out = console()
    for difference in differences:
        out.print(f"  {difference}", soft_wrap=True)
    said = "gives something else" if differences else "gives the same bytes"
    out.print(
        f"{recorded.kind} {recorded.link.seal[:16]} about {recorded.subject} and {recorded.action}"
        f" ({recorded.effective}): deciding it anew {said}."
    )
    return 1 if differences else 0
