"""Operators: a gate that a training cannot get round, and checks where the data is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_featureguard.gating import Gate
from airflow_featureguard.hooks import CONN_ID, FeatureGuardHook

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from featureguard.judging import Report


class FeatureGateOperator(Gate):
    """Lets what follows run only if the gate allows it; the decision is recorded before that.

    A block fails the task, and no retry helps; a hold fails it too, and a retry asks anew. The decision is
    returned, and is in the XCom `featureguard_decision` also where the task failed. Outlets of the task
    carry it in the extra of their events, which there are only if the gate allowed.

    Args:
        subject: A subject of the catalog.
        action: What it is about to do: `train`, `promote`, `serve`, `deploy`, or one of its policy's own.
        on_breach: What follows a block: `fail`, or `skip`, after which tasks with trigger rules such as
            `none_failed` run.
        partitions: Partition keys of the outlets' events.
        featureguard_conn_id: The connection.

    Raises:
        ValueError: If `soft_fail` or `never_fail` is set, or an argument makes no sense.
    """

    template_fields: Sequence[str] = ("subject", "action", "partitions")

    def __init__(
        self,
        *,
        subject: str,
        action: str = "train",
        on_breach: str = "fail",
        partitions: str | Sequence[str] | None = None,
        featureguard_conn_id: str = CONN_ID,
        **kwargs: Any,
    ) -> None:
        asked = {"subject": subject, "action": action, "on_breach": on_breach}
        super().__init__(**asked, featureguard_conn_id=featureguard_conn_id, **kwargs)
        self.partitions = partitions

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask."""
        document = self.ask(context)
        if self.partitions:
            keys = [self.partitions] if isinstance(self.partitions, str) else list(self.partitions)
            for event in self.events(context):
                event.add_partitions(keys)
        return document

    def get_openlineage_facets_on_start(self) -> OperatorLineage[Any, Any]:
        """OpenLineage asks for these three, where its provider is installed; nothing is known yet."""
        from airflow_featureguard.openlineage import nothing

        return nothing()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """What the gate decided."""
        from airflow_featureguard.openlineage import of_decision

        return of_decision(self.decision, self.inlets, self.outlets)

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """The same."""
        return self.get_openlineage_facets_on_complete(task_instance)


class FeatureCheckOperator(BaseOperator):
    """Looks at data from this worker and records the evidence; gates rely on it.

    It tells, and leaves it to the gate what follows, unless `fail` is set.

    Args:
        names: Datasets, and subjects for everything that they stand on.
        project: Whose contracts and sources count, if the connection is an API: `featureguard.yaml` or its
            folder. An API judges what was seen by the contracts of its own catalog.
        environment: Which of the project's environments applies.
        fail: Fail the task if a promise that blocks is broken or could not be checked.
        featureguard_conn_id: The connection.
    """

    template_fields: Sequence[str] = ("names", "project", "environment")
    ui_color = "#e6f0ea"

    def __init__(
        self,
        *,
        names: str | Sequence[str],
        project: str | None = None,
        environment: str | None = None,
        fail: bool = False,
        featureguard_conn_id: str = CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.names, self.project, self.environment = names, project, environment
        self.fail, self.featureguard_conn_id = fail, featureguard_conn_id
        self.reports: list[Report] = []

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Check; returns what was found for each dataset.

        Raises:
            AirflowFailException: If the data may not be checked, or a promise is broken and `fail` is set.
            AirflowException: If a promise could not be checked and `fail` is set.
        """
        from featureguard.client.asking import UnreachableError
        from featureguard.errors import FeatureGuardError, StoreError

        try:
            self.reports = self._checked(context)
        except (StoreError, UnreachableError) as error:
            raise AirflowException(f"featureguard: {error}") from None
        except FeatureGuardError as error:
            raise AirflowFailException(f"featureguard: {error}") from None
        told = [_told(report) for report in self.reports]
        for one in told:
            self.log.info("featureguard: %s: %s", one["dataset"], one["text"] or "every promise is kept")
        if self.fail and (broken := [one for one in told if one["exit_code"]]):
            text = "; ".join(f"{one['dataset']}: {one['text']}" for one in broken)
            kind = AirflowFailException if any(one["exit_code"] == 1 for one in broken) else AirflowException
            raise kind(f"featureguard: {text}")
        return told

    def get_openlineage_facets_on_start(self) -> OperatorLineage[Any, Any]:
        """OpenLineage asks for these three, where its provider is installed; nothing is known yet."""
        from airflow_featureguard.openlineage import nothing

        return nothing()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """What was found for every promise."""
        from airflow_featureguard.openlineage import of_reports

        return of_reports(self.reports, self.inlets, self.outlets)

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """The same."""
        return self.get_openlineage_facets_on_complete(task_instance)

    def _checked(self, context: Context) -> list[Report]:
        import os
        from pathlib import Path

        from featureguard.project import load_project

        ti: Any = context["ti"]
        hook = FeatureGuardHook(self.featureguard_conn_id, by=f"airflow {ti.dag_id}.{ti.task_id} {ti.run_id}")
        project = None
        if self.project is not None:
            project = load_project(Path(self.project), os.environ, self.environment)
        names = [self.names] if isinstance(self.names, str) else list(self.names)
        with hook.get_conn() as desk:
            return desk.check(names, project)


def _told(report: Report) -> dict[str, Any]:
    wrong = [one for one in report.results if one.status.value != "pass"]
    return {
        "dataset": report.dataset,
        "look": report.recorded,
        "exit_code": report.exit_code,
        "checks": len(report.results),
        "broken": [
            {"check": one.check, "column": one.column, "code": one.code.value} for one in wrong if one.code
        ],
        "text": "; ".join(one.reason for one in wrong),
    }
