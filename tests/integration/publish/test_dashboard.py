"""Every expression of the dashboard is one that Prometheus can read."""

from __future__ import annotations

from pathlib import Path

import yaml

from featureguard.publish.alert import Wishes
from featureguard.publish.dashboard import dashboard
from tests.panels import expressions
from tests.promtool import check


def test_promtool_reads_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    asked = expressions(dashboard(Wishes()))
    assert len(asked) > 30
    rules = [{"record": f"panel:{number}", "expr": expr} for number, (_, expr) in enumerate(asked)]
    check(tmp_path, yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
