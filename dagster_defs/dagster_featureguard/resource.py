"""The resource through which jobs reach the evidence: the store itself, or the freshness API."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import dagster as dg
from pydantic import Field

from dagster_featureguard.refusal import not_stored, refusal, unusable
from featureguard.catalog import Catalog
from featureguard.desk import Desk, StoreDesk, catalog_of, clock_of, open_desk
from featureguard.errors import FeatureGuardError, UsageError
from featureguard.guard import Guard
from featureguard.judging import Report
from featureguard.project import Project, load_project
from featureguard.ruling import Ruling

if TYPE_CHECKING:
    from featureguard.verdict import Decision

_Made = TypeVar("_Made", bound=Callable[..., Any])

ACTION = "train"
"""What is asked for where nothing else is said."""


class FeatureGuardResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Checks datasets and asks the gate.

    Checks need the store that the project names. The gate is asked there too, or, with `api_url`, over HTTP.
    """

    project: str | None = Field(
        default=None,
        description="The project file `featureguard.yaml`, or its folder. Left out: FEATUREGUARD_PROJECT,"
        " else the current folder and those above it.",
    )
    environment: str | None = Field(
        default=None, description="Which of the project's environments applies; left out: FEATUREGUARD_ENV."
    )
    api_url: str | None = Field(
        default=None, description="Address of the freshness API, if the gate is asked over HTTP."
    )
    api_token: str | None = Field(default=None, description="Token with the scope `gate`; use an EnvVar.")
    now: str | None = Field(
        default=None, description="The instant, for a simulated store only: ISO 8601 with a zone."
    )

    def catalog(self) -> Catalog:
        """The contracts of the project.

        Raises:
            ProjectError: If the project cannot be read.
            ContractError: If the contracts cannot.
        """
        return catalog_of(self._project())

    @contextmanager
    def guard(self, catalog: Catalog | None = None, *, recorder: str = "dagster") -> Iterator[Guard]:
        """A guard on the project's store and sources, closed afterwards.

        Args:
            catalog: Contracts and subjects; left out, the project's.
            recorder: Who looks and asks, kept with the evidence.

        Raises:
            ProjectError: If the project cannot be read, or `now` is given and the store is not simulated.
            StoreError: If the store cannot be opened.
        """
        project = self._project()
        with StoreDesk(project, clock_of(project, self.now), recorder).guard(catalog) as guard:
            yield guard

    def preview(self, subject: str, action: str = ACTION) -> Decision:
        """What the gate would say; nothing may start on it.

        Raises:
            FeatureGuardError: If the question makes no sense, or the project or its contracts cannot be read.
        """
        with self._desk() as desk:
            return desk.preview(subject, action).decision

    def decide(self, subject: str, action: str = ACTION, *, key: str | None = None) -> Ruling:
        """The gate's answer, recorded before it is given; a hold without id where it cannot be had.

        Args:
            subject: A subject of the catalog.
            action: `train`, `promote`, `serve`, `deploy`, or one of its policy's own.
            key: Names one attempt: whoever asks again with it gets the same decision.

        Raises:
            FeatureGuardError: If the question makes no sense, or the project or its contracts cannot be read.
        """
        with self._desk() as desk:
            return desk.decide(subject, action, key=key)

    def require(self, subject: str, action: str = ACTION, *, key: str | None = None) -> Ruling:
        """Go on only if the gate allows it: the first line of whatever trains, promotes or deploys.

        Args:
            subject: A subject of the catalog.
            action: What is about to be done.
            key: Names one attempt; left out, every attempt is a question of its own.

        Returns:
            The decision, which allows it.

        Raises:
            Failure: If it is held back. A retry may follow a hold, never a block.
        """
        try:
            ruling = self.decide(subject, action, key=key)
        except FeatureGuardError as error:
            raise unusable(subject, action, error) from None
        if not ruling.allowed:
            raise refusal(ruling)
        return ruling

    def check_frame(self, dataset: str, data: object, *, action: str = ACTION) -> Report:
        """Check data that is about to be stored; recorded only if it may be.

        Args:
            dataset: A dataset of the catalog.
            data: A polars, pyarrow or pandas table.
            action: What it will be used for.

        Returns:
            What was found.

        Raises:
            Failure: If the gate would hold or block because of it.
        """
        from dagster_featureguard.frames import judge_frame

        try:
            with self.guard(recorder=_asker()) as guard:
                found = judge_frame(guard, dataset, data, action)
        except FeatureGuardError as error:
            raise unusable(dataset, f"be stored for '{action}'", error) from None
        if not found.decision.allowed:
            raise not_stored(dataset, found.decision)
        assert found.report is not None
        return found.report

    def checked(self, dataset: str, *, action: str = ACTION) -> Callable[[_Made], _Made]:
        """Decorates the function of an asset: what it returns is checked before it is stored.

        Written below `@dagster.asset`, above a function that returns a table, or an `Output` or a
        `MaterializeResult` with one.

        Args:
            dataset: A dataset of the catalog.
            action: What it will be used for.
        """

        def decorate(function: _Made) -> _Made:
            if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
                raise UsageError(
                    f"'{function.__name__}' yields or is asynchronous, and 'checked' takes what returns"
                    " a table. Call 'check_frame' in it."
                )

            @functools.wraps(function)
            def checked(*args: Any, **more: Any) -> Any:
                made = function(*args, **more)
                data = made.value if isinstance(made, dg.Output | dg.MaterializeResult) else made
                self.process_config_and_initialize().check_frame(dataset, data, action=action)
                return made

            return cast(_Made, checked)

        return decorate

    def _project(self) -> Project:
        start = Path(self.project) if self.project else None
        return load_project(start, os.environ, self.environment)

    def _desk(self) -> Desk:
        return open_desk(
            api_url=self.api_url,
            token=self.api_token,
            project=self.project,
            environment=self.environment,
            now=self.now,
            by=_asker(),
        )


def _asker() -> str:
    """Who asks: the run, where there is one."""
    try:
        return f"dagster run {dg.OpExecutionContext.get().run_id}"
    except Exception:
        return "dagster"
