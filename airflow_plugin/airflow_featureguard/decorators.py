"""`@task.featureguard`: the gate and the work in one task, which no trigger rule gets round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk.bases.decorator import DecoratedOperator, TaskDecorator, task_decorator_factory

from airflow_featureguard.gating import Gate

if TYPE_CHECKING:
    from airflow.sdk import Context


class FeatureGuardDecoratedOperator(Gate, DecoratedOperator, PythonOperator):
    """Runs a function only if the gate allows it. Made by `@task.featureguard`."""

    works = True
    custom_operator_name = "@task.featureguard"
    template_fields: Sequence[str] = (*PythonOperator.template_fields, "subject", "action")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Sequence[Any],
        op_kwargs: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        called: dict[str, Any] = {
            "python_callable": python_callable,
            "op_args": op_args,
            "op_kwargs": op_kwargs,
        }
        super().__init__(kwargs_to_upstream=called, **called, **kwargs)

    def execute(self, context: Context) -> Any:
        """Ask, then run; the function may take the decision as `featureguard=None`."""
        document = self.ask(context)
        given: Any = context
        given["featureguard"] = document
        return super().execute(context)


def featureguard_task(
    python_callable: Callable[..., Any] | None = None,
    multiple_outputs: bool | None = None,
    **kwargs: Any,
) -> TaskDecorator:
    """A task whose function runs only if the gate allows it.

    Args:
        python_callable: The function.
        multiple_outputs: Whether each item of a returned mapping is an XCom of its own.
        kwargs: `subject`, `action`, `on_breach`, `featureguard_conn_id` as `FeatureGateOperator` takes them,
            and what every task takes.
    """
    return task_decorator_factory(
        python_callable=python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=FeatureGuardDecoratedOperator,
        **kwargs,
    )
