"""Prometheus's own judge of rules and expressions."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

NEEDED = "FEATUREGUARD_NEEDS_PROMTOOL"
"""Set where promtool was installed for the tests, so that they fail rather than skip without it."""


def promtool(*words: str | Path, read: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run it on files, or on what it is to read.

    The test is skipped where it is not installed, unless somebody said that it must be.
    """
    found = shutil.which("promtool")
    if found is None:
        if os.environ.get(NEEDED):
            pytest.fail(f"promtool is not installed, and {NEEDED} says that it must be.")
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    return subprocess.run([found, *map(str, words)], capture_output=True, text=True, check=False, input=read)


def check(folder: Path, rules: str) -> None:
    """`promtool check rules`, with every lint, finds nothing to complain about."""
    file = folder / "rules.yaml"
    file.write_text(rules, encoding="utf-8")
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", file)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


def holds(
    folder: Path,
    rules: str,
    series: Mapping[str, str],
    tests: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    interval: str = "1m",
) -> None:
    """`promtool test rules`: expectations hold on these series.

    Args:
        folder: Where the files go.
        rules: The rules.
        series: Values of each series, as promtool writes them.
        tests: `alert_rule_test` or `promql_expr_test`, each with its expectations.
        interval: Between two values, and between two evaluations.
    """
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    given = [{"series": name, "values": values} for name, values in series.items()]
    document = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": interval,
        "tests": [{"interval": interval, "input_series": given, **tests}],
    }
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr
