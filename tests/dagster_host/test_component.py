"""The component, as a project of components has it: `dg` itself checks, lists, scaffolds and loads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")
pytest.importorskip("dagster_dg_cli", reason="dagster-dg-cli is not installed")

import dagster as dg

from featureguard.errors import ContractError, ProjectError
from tests.dagster_host.lake import Lake

pytestmark = pytest.mark.filterwarnings("ignore:.*is currently in beta")
DG = str(Path(sys.executable).with_name("dg"))
PYPROJECT = """[project]
name = "my-project"
version = "0.1.0"
requires-python = ">=3.11"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "my_project"
"""
ASSETS = """import dagster as dg

raw = dg.AssetSpec("raw")


@dg.asset(deps=["raw"])
def feature(): ...


@dg.asset(deps=["feature"])
def train(): ...
"""
FIVE_LINES = """type: dagster_featureguard.FeatureGuardComponent
attributes:
  project: featureguard.yaml
  gates:
    - {subject: pricing, job: training, selection: train, launch: true}
"""
DEFINITIONS = """from pathlib import Path

from dagster import definitions, load_from_defs_folder


@definitions
def defs():
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


class Project:
    """A project as `dg` makes it, with assets and five lines about contracts."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        Lake(folder)
        package = folder / "my_project"
        for part in ("assets", "guard"):
            (package / "defs" / part).mkdir(parents=True)
        for module in (package, package / "defs"):
            (module / "__init__.py").touch()
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (package / "definitions.py").write_text(DEFINITIONS)
        (package / "defs" / "assets" / "made.py").write_text(ASSETS)
        self.write(FIVE_LINES)

    def write(self, yaml: str) -> None:
        """Replace what is written about contracts."""
        (self.root / "my_project" / "defs" / "guard" / "defs.yaml").write_text(yaml)

    def dg(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of a command of `dg`."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("FEATUREGUARD", "DAGSTER"))}
        environ |= {"DAGSTER_HOME": str(self.root / "home"), "COLUMNS": "200", "NO_COLOR": "1"}
        (self.root / "home").mkdir(exist_ok=True)
        done = subprocess.run(
            [DG, *arguments], cwd=self.root, env=environ, capture_output=True, text=True, timeout=120
        )
        return done.returncode, done.stdout + done.stderr

    def load(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """The definitions, loaded here."""
        monkeypatch.syspath_prepend(str(self.root))
        for name in [name for name in sys.modules if name.partition(".")[0] == "my_project"]:
            monkeypatch.delitem(sys.modules, name)
        return dg.load_from_defs_folder(path_within_project=self.root / "my_project")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.mark.long
def test_dg_lists_the_component_and_finds_five_lines_of_it_well(project: Project) -> None:
    code, told = project.dg("list", "components")
    assert (code, "dagster_featureguard.FeatureGuardComponent" in told) == (0, True)
    code, told = project.dg("check", "defs")
    assert code == 0, told


def test_the_lines_make_checks_a_sensor_and_a_job_behind_a_gate(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    defs = project.load(monkeypatch)
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().asset_check_keys}
    assert {
        "raw:featureguard_freshness",
        "feature:featureguard_upstream",
        "train:featureguard_upstream",
    } <= keys
    sensors = {sensor.name for sensor in defs.sensors or ()}
    assert sensors == {"featureguard_freshness", "featureguard_gate_pricing_train"}
    steps = set(defs.resolve_job_def("training").graph.node_dict)
    assert {"train", "featureguard__feature", "featureguard__raw"} <= steps
    assert "feature" not in steps


def test_mistakes_of_form_are_told_with_file_line_and_place(project: Project) -> None:
    mistakes = {
        "projct: x": "attributes.projct Additional properties are not allowed",
        "running: soon": "attributes.running 'soon' is not of type 'boolean'",
        "datasets: raw": "attributes.datasets 'raw' is not of type 'array'",
        "gates: [{subject: pricing, jobb: x}]": "attributes.gates.0 'job' is a required property",
    }
    lines = [
        "type: dagster_featureguard.FeatureGuardComponent",
        "attributes:",
        *(f"  {one}" for one in mistakes),
    ]
    project.write("\n".join(lines) + "\n")
    code, said = project.dg("check", "yaml")
    assert code == 1
    for line, told in enumerate(mistakes.values(), start=3):
        assert f"my_project/defs/guard/defs.yaml:{line} " in said
        assert told in said


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "  datasets: [raww]\n",
            "'attributes.datasets.0': the catalog has no dataset 'raww'. Did you mean 'raw'",
        ),
        (
            "  action: fly\n",
            "attributes.action': the catalog has no action 'fly'. Known: deploy",
        ),
        (
            "  gates:\n    - {subject: pricig, job: x, selection: train}\n",
            "'attributes.gates.0.subject': the catalog has no subject 'pricig'. Did you mean 'pricing'?",
        ),
        (
            "  gates:\n"
            "    - {subject: pricing, job: x, selection: train}\n"
            "    - {subject: pricing, job: x, selection: raw}\n",
            "'attributes.gates.1.job': two gates make a job called 'x'",
        ),
        ("  project: nowhere.yaml\n", "There is no file or folder"),
        (
            "  gates:\n    - {subject: pricing, job: x, selection: raw}\n",
            "'attributes.gates.0.selection': subject 'pricing' requires 'feature', and nothing that 'raw' is",
        ),
    ],
)
def test_mistakes_of_meaning_are_told_with_file_and_place(
    project: Project, written: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(f"type: dagster_featureguard.FeatureGuardComponent\nattributes:\n{written}")
    with pytest.raises(Exception, match="Error while building definitions for guard") as found:
        project.load(monkeypatch)
    cause = found.value.__cause__
    assert isinstance(cause, ContractError | ProjectError)
    assert told in str(cause)
    assert ("attributes" in told) == ("my_project/defs/guard/defs.yaml" in str(cause))


def test_templates_are_filled_in(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARD_PROJECT", "featureguard.yaml")
    project.write(FIVE_LINES.replace("featureguard.yaml", "'{{ env.GUARD_PROJECT }}'"))
    assert project.load(monkeypatch).resolve_job_def("training")


@pytest.mark.long
def test_dg_scaffolds_what_it_then_finds_well(project: Project) -> None:
    code, told = project.dg("scaffold", "defs", "dagster_featureguard.FeatureGuardComponent", "more")
    assert code == 0, told
    made = (project.root / "my_project" / "defs" / "more" / "defs.yaml").read_text()
    assert "project: featureguard.yaml" in made
    assert project.dg("check", "yaml")[0] == 0


def test_the_registry_module_reads_nothing_and_needs_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys, dagster; before = set(sys.modules); import dagster_featureguard;"
        "print(sorted({'polars', 'pyarrow', 'sqlalchemy', 'httpx', 'fastapi'} & (set(sys.modules) - before)))"
    )
    environ = os.environ | {"FEATUREGUARD_PROJECT": "/nowhere"}
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
