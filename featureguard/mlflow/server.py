"""The MLflow server with the guard inside: `mlflow server --app-name featureguard`."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import wraps
from typing import Any

from featureguard.errors import FeatureGuardError, UsageError
from featureguard.mlflow.guarded import guarded
from featureguard.mlflow.registry import lineage_tags
from featureguard.mlflow.settings import Settings
from featureguard.mlflow.veto import Veto

_log = logging.getLogger("featureguard.mlflow")


def create_app() -> Any:
    """MLflow's own application, on stores that are guarded.

    Settings that make no sense do not keep the server from starting: they keep every promotion from passing,
    and each refusal says why.

    Returns:
        An ASGI application under uvicorn, a WSGI application under gunicorn or waitress.
    """
    try:
        veto = Veto(Settings.of(os.environ), runs=_run_tags)
    except FeatureGuardError as error:
        veto = Veto(Settings(), broken=str(error))
        _log.error("Nothing can be promoted: %s", error)
    watch(veto)
    if veto.settings.app:
        from mlflow.server import auth

        return auth.create_app()
    if os.environ.get("_MLFLOW_SGI_NAME", "uvicorn") == "uvicorn":
        from mlflow.server.fastapi_app import app

        return app
    from mlflow.server import app as flask_app

    return flask_app


def watch(veto: Veto) -> None:
    """See that this process opens no registry without the guard.

    Args:
        veto: What may pass.

    Raises:
        UsageError: If this version of MLflow opens its registries in another way.
    """
    from mlflow.server import handlers
    from mlflow.tracking._model_registry.registry import ModelRegistryStoreRegistry

    opened = getattr(ModelRegistryStoreRegistry, "get_store", None)
    if opened is None or not hasattr(handlers, "_get_model_registry_store"):
        raise UsageError("This version of MLflow opens its registry in a way that the guard does not know.")

    @wraps(opened)
    def get_store(self: Any, *arguments: Any, **named: Any) -> Any:
        return guarded(opened(self, *arguments, **named), veto)

    setattr(ModelRegistryStoreRegistry, "get_store", get_store)  # noqa: B010  (mypy forbids the plain way)
    already = getattr(handlers, "_model_registry_store", None)
    if already is not None:
        guarded(already, veto)


def _run_tags(run_id: str) -> Mapping[str, str]:
    """The lineage tags of a run in this server's tracking store; none if it is not there."""
    from mlflow.exceptions import MlflowException
    from mlflow.server import handlers

    if not run_id:
        return {}
    try:
        store: Any = handlers._get_tracking_store()
        return lineage_tags(store.get_run(run_id).data.tags)
    except MlflowException:
        return {}
