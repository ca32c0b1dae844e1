"""A real `airflow standalone`, asked over its API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.dagster_dev import until

_BIN = Path(sys.executable).parent
_ENDED = ("success", "failed")
_USERS = "admin:admin,viewer:viewer"


class Airflow:
    """One that runs.

    Attributes:
        url: Its address.
        passwords: Of its users `admin` and `viewer`.
    """

    def __init__(self, url: str, passwords: dict[str, str]) -> None:
        self.url, self.passwords = url, passwords

    def token(self, user: str) -> str:
        """What `user` signs in with."""
        login = {"username": user, "password": self.passwords[user]}
        told = httpx.post(f"{self.url}/auth/token", json=login, trust_env=False, timeout=60).json()
        return str(told["access_token"])

    def ask(self, method: str, path: str, user: str | None = "admin", **more: Any) -> httpx.Response:
        """Ask as a user, or as nobody."""
        headers = {"Authorization": f"Bearer {self.token(user)}"} if user else {}
        return httpx.request(
            method, f"{self.url}{path}", headers=headers, trust_env=False, timeout=60, **more
        )

    def get(self, path: str) -> Any:
        """A document of its API."""
        answer = self.ask("GET", f"/api/v2{path}")
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def connect(self, method: str, path: str, **parts: str) -> None:
        """Make (`POST`) or change (`PATCH`) the connection that everything of ours uses."""
        body = {"connection_id": "featureguard_default", "conn_type": "featureguard", **parts}
        answer = self.ask(method, f"/api/v2/connections{path}", json=body)
        assert answer.status_code in (200, 201), answer.text

    def start(self, dag: str) -> str:
        """Start a run of a DAG; gives its id."""
        answer = self.ask("POST", f"/api/v2/dags/{dag}/dagRuns", json={"logical_date": None})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["dag_run_id"])

    def runs(self, dag: str) -> list[Any]:
        """All runs of a DAG."""
        found: list[Any] = self.get(f"/dags/{dag}/dagRuns")["dag_runs"]
        return found

    def states(self, dag: str, run: str) -> dict[str, str | None]:
        """How each task of a run stands."""
        tasks = self.get(f"/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        return {task["task_id"]: task["state"] for task in tasks}

    def ended(self, dag: str, run: str, seconds: float = 240) -> tuple[str, dict[str, str | None]]:
        """Wait for the end of a run: how it ended, and how each task did."""

        def end() -> Any:
            state = self.get(f"/dags/{dag}/dagRuns/{run}")["state"]
            return state if state in _ENDED else None

        return until(end, seconds), self.states(dag, run)

    def xcom(self, dag: str, run: str, task: str, key: str = "return_value") -> Any:
        """What a task left behind."""
        path = f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/{key}"
        return self.get(f"{path}?deserialize=true")["value"]


@contextmanager
def airflow_standalone(folder: Path, dags: Path, **variables: str) -> Iterator[Airflow]:
    """`airflow standalone` on a file of DAGs; ended with all its processes.

    Args:
        folder: Where its home and its log go.
        dags: The file.
        variables: More of its environment.
    """
    home = folder / "home"
    (home / "dags").mkdir(parents=True)
    (home / "dags" / dags.name).write_text(dags.read_text())
    url, environ = _environ(home, variables)
    with (folder / "airflow.log").open("w") as said:
        process = subprocess.Popen(
            [str(_BIN / "airflow"), "standalone"],
            cwd=folder,
            env=environ,
            stdout=said,
            stderr=said,
            start_new_session=True,  # Its parts outlive it unless the whole group is ended.
        )

    def is_up() -> bool:
        assert process.poll() is None, (folder / "airflow.log").read_text()[-5_000:]
        with suppress(httpx.HTTPError, ValueError):
            found = httpx.get(f"{url}/api/v2/monitor/health", trust_env=False, timeout=20).json()
            return {found[part]["status"] for part in ("scheduler", "triggerer", "dag_processor")} == {
                "healthy"
            }
        return False

    try:
        until(is_up, 400)
        passwords = json.loads((home / "passwords.json").read_text())
        yield Airflow(url, passwords)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def _environ(home: Path, variables: dict[str, str]) -> tuple[str, dict[str, str]]:
    port, worker_logs, trigger_logs = free_ports(3)
    url = f"http://127.0.0.1:{port}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "FEATUREGUARD"))}
    return url, {
        **kept,
        "PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": _USERS,
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": trigger_logs,
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": worker_logs,
        **variables,
    }


def free_ports(number: int) -> list[str]:
    """Ports of this machine that nobody listens to."""
    found = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [str(one.getsockname()[1]) for one in found]
    for one in found:
        one.close()
    return ports
