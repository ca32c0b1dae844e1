"""Contracts for a project of components: checks, a sensor and gates from a few lines of YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field


class Gate(dg.Model):
    """A job that starts only while the gate of a subject is open."""

    subject: str = Field(description="A subject of the catalog.")
    job: str = Field(description="Name of the job that is made.")
    selection: str = Field(description="Its assets, as Dagster selects them, e.g. 'train_model'.")
    action: str = Field(default="train", description="What the job does: train, promote, serve, deploy, …")
    launch: bool = Field(default=False, description="Launch it by itself each time the gate opens.")


class Attributes(dg.Model):
    """What may be written under `attributes`. Nothing is a union, so that each error names its place."""

    project: str = Field(
        default="",
        description="The project file featureguard.yaml, or its folder, from the root of this project. Left"
        " out: FEATUREGUARD_PROJECT, else the root and the folders above it.",
    )
    environment: str = Field(default="", description="Which of the project's environments applies.")
    datasets: list[str] = Field(
        default_factory=list,
        description="The datasets that are assets here. Left out: all of the catalog, and one without an"
        " asset is an error.",
    )
    action: str = Field(default="train", description="What the assets are used for.")
    sensor: bool = Field(default=True, description="Keep looking at the data between runs.")
    running: bool = Field(default=False, description="Turn the sensors on at once.")
    gates: list[Gate] = Field(default_factory=list, description="Jobs behind a gate.")


class FeatureGuardScaffolder(dg.Scaffolder):
    """Writes the five lines that most projects need."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        dg.scaffold_component(request, {"project": "featureguard.yaml", "running": False})


@dg.scaffold_with(FeatureGuardScaffolder)
@dataclass
class FeatureGuardComponent(dg.Component):
    """Contracts as asset checks, a sensor that keeps looking, and jobs behind a gate.

    Its assets are those that the rest of the project defines.
    """

    attributes: Attributes

    @classmethod
    def get_model_cls(cls) -> type[Attributes]:
        """What may be written under `attributes`."""
        return Attributes

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        """How it is listed."""
        told = "Feature and data freshness: contracts as asset checks, sensors, and jobs behind a gate."
        return dg.ComponentTypeSpec(description=told, tags=["data quality", "freshness"])

    @classmethod
    def load(cls, attributes: Any, context: dg.ComponentLoadContext) -> "FeatureGuardComponent":
        """Made from what is written, with templates such as `{{ env.NAME }}` filled in."""
        found = attributes if isinstance(attributes, Attributes) else Attributes()
        filled = context.resolution_context.resolve_value(found.model_dump())
        return cls(Attributes.model_validate(filled))

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Checks, sensors and jobs, for the assets of the rest of the project.

        Raises:
            FeatureGuardError: With everything that is wrong in this file, the project or its contracts.
        """
        from dagster_featureguard.assembly import assembled

        root = Path(context.project_root)
        return assembled(self.attributes, root, list(_others(context)), _named(context.path, root))


def _others(context: dg.ComponentLoadContext) -> Iterator[dg.Definitions]:
    """The definitions of the rest of the project: the largest parts that hold no component of this kind."""
    tree: Any = context.component_tree
    own = Path(context.path)
    parts = {
        Path(loc.file_path): decl
        for loc, decl in tree.find_root_decl().iterate_loc_component_decl_pairs()
        if getattr(loc, "file_path", None) is not None and loc.instance_key is None
    }
    guarded = {own} | {path for path, decl in parts.items() if _is_ours(decl)}
    taken: list[Path] = []
    for path in sorted(parts, key=lambda one: len(one.parts)):
        holds_ours = any(one == path or path in one.parents for one in guarded)
        if not holds_ours and not any(one in path.parents for one in taken):
            taken.append(path)
            yield tree.build_defs_at_path(path)


def _is_ours(decl: Any) -> bool:
    try:
        return issubclass(decl.component_type, FeatureGuardComponent)
    except (AttributeError, TypeError):
        return False


def _named(path: Path, root: Path) -> str:
    """The file that people wrote, as they name it."""
    file = path / "defs.yaml" if Path(path).is_dir() else Path(path)
    return str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
