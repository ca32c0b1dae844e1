"""Options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProjectOption = Annotated[
    Path | None, typer.Option("--project", "-p", help="Project folder or file; default: found upwards.")
]
EnvironmentOption = Annotated[
    str | None, typer.Option("--environment", "-e", help="Environment of the project file, e.g. prod.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
NowOption = Annotated[
    str | None,
    typer.Option(
        help="Judge at this instant (ISO 8601 with a zone). Records nothing unless the store is simulated."
    ),
]
SimulatedNowOption = Annotated[
    str | None,
    typer.Option("--now", help="Another instant than now; only for simulated stores and previews."),
]
ByOption = Annotated[str | None, typer.Option(help="Who does it; default: the user's name on this machine.")]
