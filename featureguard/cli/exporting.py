"""`featureguard export`: alert rules and a dashboard, printed or written to a file."""

from __future__ import annotations

from pathlib import Path

from featureguard.cli.writing import put
from featureguard.duration import parse_duration
from featureguard.errors import UsageError
from featureguard.publish.alert import Wishes
from featureguard.publish.dashboard import to_dashboard
from featureguard.publish.rules import to_rules


def export_rules(output: Path | None, job: str, url: str, hold: str) -> int:
    """Write the rules for Prometheus."""
    put(to_rules(_wishes(job, url, hold)), output)
    return 0


def export_dashboard(output: Path | None, job: str, url: str) -> int:
    """Write the dashboard for Grafana."""
    put(to_dashboard(_wishes(job, url, "5min")), output)
    return 0


def _wishes(job: str, url: str, hold: str) -> Wishes:
    try:
        return Wishes(job=job, url=url, hold=parse_duration(hold))
    except ValueError as error:
        raise UsageError(
            f"--{error}" if str(error).startswith(("job ", "url ", "for ")) else f"--for: {error}"
        ) from None
