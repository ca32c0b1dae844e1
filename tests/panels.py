"""What the panels of a dashboard ask, once a reader has chosen everything."""

from __future__ import annotations

import re
from typing import Any

CHOSEN = {"tier": ".*", "owner": ".*", "dataset": ".*", "window": "28d"}


def expressions(dashboard: dict[str, Any]) -> list[tuple[str, str]]:
    """Title and expression of every target."""
    return [
        (panel["title"], re.sub(r"\$(\w+)", lambda found: CHOSEN[found[1]], target["expr"]))
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    ]
