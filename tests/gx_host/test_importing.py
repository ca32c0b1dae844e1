"""GX is imported where it is used, and nowhere else."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded_by(code: str) -> set[str]:
    probe = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(told.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import featureguard",
        "import featureguard.cli.app",
        "import featureguard.cli.translating",
        "from featureguard.suites.translating import to_contract, to_suites",
    ],
)
def test_translating_needs_no_gx(code: str) -> None:
    assert loaded_by(code).isdisjoint({"great_expectations", "gx_featureguard", "pandas"})


def test_importing_the_package_makes_gx_know_our_types() -> None:
    pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
    from great_expectations.checkpoint.actions import _VALIDATION_ACTION_REGISTRY as ACTIONS
    from great_expectations.expectations.registry import get_expectation_impl

    import gx_featureguard

    known = {
        get_expectation_impl("expect_feature_to_be_fresh"),
        get_expectation_impl("expect_null_rate_to_be_within_contract"),
        get_expectation_impl("expect_schema_to_match_contract"),
        ACTIONS.get("featureguard"),
    }
    public = {getattr(gx_featureguard, name) for name in gx_featureguard.__all__}
    assert known == public - {gx_featureguard.load_suite}
