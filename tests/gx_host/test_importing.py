"""GX is imported where it is used, and nowhere else."""

from __future__ import annotations

import importlib.util
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


@pytest.mark.skipif(
    importlib.util.find_spec("great_expectations") is None,
    reason="great-expectations (extra 'gx') is not installed",
)
def test_importing_the_package_makes_gx_know_our_types() -> None:
    code = (
        "import gx_featureguard\n"
        "from great_expectations.expectations.registry import get_expectation_impl\n"
        "from great_expectations.checkpoint.actions import _VALIDATION_ACTION_REGISTRY as actions\n"
        "found = get_expectation_impl('expect_feature_to_be_fresh'), actions.get('featureguard')\n"
        "print(*[one.__name__ for one in found])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["ExpectFeatureToBeFresh", "FeatureGuardAction"]
