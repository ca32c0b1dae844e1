"""The guard behind MLflow's own login: first who it is, then what the gate says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow.server", reason="mlflow is not installed")
pytest.importorskip("flask_wtf", reason="flask-wtf (mlflow's extra 'auth') is not installed")
httpx = pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from tests.mlflow_host.field import ALLOWED, BLOCKED, Lake, Server, aliases_in

# MLflow's own, of SQLAlchemy 2.1.
pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:The ``noload``:sqlalchemy.exc.SADeprecationWarning"),
]

_ADMIN = ("admin", "a long password of an admin")
_LOGIN = """[mlflow]
default_permission = READ
database_uri = sqlite:///{folder}/auth.db
admin_username = {admin[0]}
admin_password = {admin[1]}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""


def test_whoever_is_known_still_has_to_ask_the_gate(lake: Lake, uri: str, tmp_path: Path) -> None:
    settings = tmp_path / "auth.ini"
    settings.write_text(_LOGIN.format(folder=tmp_path, admin=_ADMIN))
    server = Server(
        uri,
        tmp_path,
        *("--app-name", "featureguard", "--workers", "1"),
        FEATUREGUARD_PROJECT=str(lake.folder),
        FEATUREGUARD_MLFLOW_APP="basic-auth",
        MLFLOW_AUTH_CONFIG_PATH=str(settings),
        MLFLOW_FLASK_SERVER_SECRET_KEY="only-for-this-test",
    )

    def status(model: str, who: Any) -> int:
        told = {"name": model, "alias": "champion", "version": "1"}
        url = f"{server.url}/api/2.0/mlflow/registered-models/alias"
        found = httpx.post(url, json=told, auth=who, trust_env=False, timeout=60)
        return int(found.status_code)

    try:
        server.wait()
        assert [status(ALLOWED, who) for who in (None, ("admin", "guessed"))] == [401, 401]
        assert aliases_in(uri) == {}
        assert [status(model, _ADMIN) for model in (ALLOWED, BLOCKED)] == [200, 403]
    finally:
        server.stop()
    assert aliases_in(uri) == {(ALLOWED, "champion"): 1}
