"""`featureguard scorecard`: how the datasets have done over a period, and how their features stand now."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from rich.console import Console

from featureguard.cli.opening import Opened, opened
from featureguard.cli.periods import period
from featureguard.cli.scorecard_tables import tell
from featureguard.cli.tables import console
from featureguard.cli.writing import put
from featureguard.decision_record import decision_of
from featureguard.scorecard import Facts, Scorecard, scorecard, waiver_uses
from featureguard.scorecard.documents import scorecard_to_dict
from featureguard.scorecard.markdown import to_markdown

Format = Literal["text", "markdown", "json"]
_TICK = timedelta(microseconds=1)


def show_scorecard(
    written: Format,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    window: str | None,
    since: str | None,
    until: str | None,
    output: Path | None,
) -> int:
    """Put the scorecard together and print it, or write it to a file."""
    with opened(project, environment, now) as found:
        told = _scorecard(found, period(found.now, window, since, until))
    if written == "text":
        _print(told, output)
    else:
        put(to_markdown(told) if written == "markdown" else _to_json(told), output)
    return 0


def _scorecard(found: Opened, told: tuple[datetime, datetime]) -> Scorecard:
    guard, waivers = found.guard, found.guard.store_in_use.waivers.all()
    facts = {
        name: Facts(guard.books(name, now=found.now), guard.standing(name, found.now))
        for name in found.catalog.contracts
    }
    return scorecard(
        found.catalog,
        facts,
        told,
        found.now,
        mode=found.project.enforcement,
        waivers=waivers,
        uses=_uses(found, told, {waiver.id for waiver in waivers}),
    )


def _uses(found: Opened, told: tuple[datetime, datetime], waivers: Collection[str]) -> Mapping[str, int]:
    """How often each waiver was used; only decisions that name one are read as such."""
    if not waivers:
        return {}
    recorded = found.guard.store_in_use.decisions.recorded(since=told[0], until=told[1] + _TICK)
    naming = (one.link for one in recorded if any(waiver in one.link.body for waiver in waivers))
    return waiver_uses(map(decision_of, naming))


def _to_json(told: Scorecard) -> str:
    return json.dumps(scorecard_to_dict(told), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _print(told: Scorecard, output: Path | None) -> None:
    if output is None:
        tell(told, console())
        return
    paper = io.StringIO()
    tell(told, Console(file=paper, width=200, markup=False, highlight=False, emoji=False))
    put(paper.getvalue(), output)
