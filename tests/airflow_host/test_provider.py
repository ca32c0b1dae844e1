"""What Airflow is told about the package: cheap to read, right in every word, and told once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")

import airflow
import jsonschema

from airflow_featureguard.provider import get_provider_info

INFO = get_provider_info()
HEAVY = ("fastapi", "starlette", "polars", "pyarrow", "httpx", "featureguard.api")


def imported(before: str, then: str) -> set[str]:
    """What a fresh process imports for `then`, once it did `before`."""
    script = (
        f"import sys, json\n{before}\nknown = set(sys.modules)\n{then}\n"
        "print(json.dumps(sorted(set(sys.modules) - known)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def named(told: Any) -> Iterator[str]:
    """Every module, class and function of ours that is named anywhere in it."""
    if isinstance(told, dict):
        for one in told.values():
            yield from named(one)
    elif isinstance(told, list):
        for one in told:
            yield from named(one)
    elif isinstance(told, str) and told.startswith("airflow_featureguard."):
        yield told


def test_reading_it_imports_nothing_else() -> None:
    told = imported("", "from airflow_featureguard.provider import get_provider_info; get_provider_info()")
    assert {name for name in told if not name.startswith("_")} == {
        "airflow_featureguard",
        "airflow_featureguard.provider",
    }


def test_it_is_as_airflows_schema_has_it() -> None:
    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(INFO, schema)


def test_everything_that_it_names_is_there() -> None:
    names = set(named(INFO))
    assert len(names) > 6
    for name in names:
        assert resolve_name(name) is not None


def test_airflow_finds_the_plugin_once() -> None:
    assert "plugins" not in INFO
    ours = [one for one in entry_points(group="airflow.plugins") if one.value.startswith("airflow_feature")]
    assert len(ours) == 1


def test_a_worker_pays_nothing_for_the_page() -> None:
    load = "from airflow_featureguard.plugin import FeatureGuardPlugin; plugin = FeatureGuardPlugin()"
    found = imported("import airflow.sdk, airflow.plugins_manager", f"{load}; plugin.listeners")
    assert "airflow_featureguard.plugin" in found
    assert [name for name in found if name.startswith(HEAVY)] == []


@pytest.mark.filterwarnings("ignore::airflow.utils.deprecation_tools.DeprecatedImportWarning")
def test_airflow_knows_the_connection_and_the_decorator() -> None:
    from airflow.sdk import task
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    hook = ProvidersManagerTaskRuntime().hooks["featureguard"]  # type: ignore[no-untyped-call]
    assert hook is not None
    assert hook.hook_class_name == "airflow_featureguard.hooks.FeatureGuardHook"
    assert callable(task.featureguard)
