"""The connection `featureguard`: an API with its token, or a project that names a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from featureguard.desk import Desk, Freshness
    from featureguard.ruling import Ruling

CONN_ID = "featureguard_default"
"""The connection that is used where none is named."""


class MissingConnectionError(AirflowException):
    """There is no such connection, or Airflow could not read it just now: it does not tell the two apart."""


class FeatureGuardHook(BaseHook):
    """Asks the gate and checks data, as a connection of the type `featureguard` says where.

    Args:
        featureguard_conn_id: The connection.
        by: Who asks, kept with what is recorded at a store; an API goes by the token.
    """

    conn_name_attr = "featureguard_conn_id"
    default_conn_name = CONN_ID
    conn_type = "featureguard"
    hook_name = "featureguard"

    def __init__(self, featureguard_conn_id: str = CONN_ID, *, by: str = "airflow") -> None:
        super().__init__()
        self.featureguard_conn_id, self.by = featureguard_conn_id, by

    def get_conn(self) -> Desk:
        """A desk at the API or at the store; close it, or use it in a `with` statement.

        Raises:
            MissingConnectionError: If there is no such connection.
            AirflowFailException: If what it says makes no sense.
            FeatureGuardError: Likewise.
        """
        from featureguard.desk import open_desk

        return open_desk(**self.settings(), by=self.by)

    def settings(self) -> dict[str, Any]:
        """What the connection says, as `featureguard.desk.open_desk` takes it.

        Raises:
            MissingConnectionError: If there is no such connection.
            AirflowFailException: If what it says makes no sense.
        """
        try:
            return settings_of(self.get_connection(self.featureguard_conn_id))
        except AirflowNotFoundException:
            raise missing(self.featureguard_conn_id) from None

    async def asettings(self) -> dict[str, Any]:
        """The same where nothing may block."""
        try:
            return settings_of(await self.aget_connection(self.featureguard_conn_id))
        except AirflowNotFoundException:
            raise missing(self.featureguard_conn_id) from None

    def preview(self, subject: str, action: str = "train") -> Ruling:
        """What the gate would say; nothing may start on it.

        Raises:
            FeatureGuardError: If the question makes no sense, or may not be asked.
        """
        with self.get_conn() as desk:
            return desk.preview(subject, action)

    def decide(self, subject: str, action: str = "train", *, key: str | None = None) -> Ruling:
        """The gate's answer, recorded before it is given; a hold without id where it cannot be had.

        Args:
            subject: A subject of the catalog.
            action: `train`, `promote`, `serve`, `deploy`, or one of its policy's own.
            key: Names one attempt: whoever asks again with it gets the same decision.

        Raises:
            FeatureGuardError: If the question makes no sense, or may not be asked.
        """
        with self.get_conn() as desk:
            return desk.decide(subject, action, key=key)

    def freshness(self, dataset: str) -> Freshness:
        """How fresh a dataset is; `unknown` where nobody can tell.

        Raises:
            FeatureGuardError: If there is no such dataset, or it may not be asked about.
        """
        with self.get_conn() as desk:
            return desk.freshness(dataset)

    def test_connection(self) -> tuple[bool, str]:
        """Whether what the connection names answers: for the button in Airflow's form."""
        from featureguard.errors import FeatureGuardError

        try:
            with self.get_conn() as desk:
                return True, desk.hello()
        except (FeatureGuardError, AirflowException) as error:
            return False, str(error)


def settings_of(connection: Connection) -> dict[str, Any]:
    """What a connection says, as `featureguard.desk.open_desk` takes it.

    Args:
        connection: `host` is the API's address, with or without scheme; `password` its token. The extra
            holds `project`, `environment`, `timeout_seconds`, `insecure` and, for a simulated store, `now`.

    Raises:
        AirflowFailException: If it names neither an API nor a project, or its extra makes no sense.
    """
    extra: Mapping[str, Any] = _extra(connection)
    seconds = extra.get("timeout_seconds")
    if seconds is not None and not (isinstance(seconds, int | float) and 0 < seconds < 3600):
        raise AirflowFailException(
            f"'timeout_seconds' of the connection '{connection.conn_id}' is {seconds!r}."
            " Write seconds, e.g. 5."
        )
    if not isinstance(extra.get("insecure") or False, bool):
        raise AirflowFailException(
            f"'insecure' of the connection '{connection.conn_id}' is no truth value. Write true or false."
        )
    found = {name: extra[name] for name in ("timeout_seconds", "insecure") if extra.get(name) is not None}
    if connection.host:
        return {**found, "api_url": _address(connection), "token": connection.password or None}
    if not extra.get("project"):
        raise AirflowFailException(
            f"The connection '{connection.conn_id}' names neither the address of an API as its host nor a"
            " 'project' in its extra. Name one."
        )
    return {name: extra[name] for name in ("project", "environment", "now") if extra.get(name)}


def _extra(connection: Connection) -> Mapping[str, Any]:
    found: Any = connection.extra_dejson
    if not isinstance(found, Mapping):
        raise AirflowFailException(
            f"The extra of the connection '{connection.conn_id}' is no JSON object. Write e.g."
            ' {"project": "/srv/featureguard.yaml"}.'
        )
    for name in ("project", "environment", "now"):
        if not isinstance(found.get(name) or "", str):
            raise AirflowFailException(
                f"'{name}' of the connection '{connection.conn_id}' is {found[name]!r}. Write a text."
            )
    return found


def missing(conn_id: str) -> MissingConnectionError:
    """There is no such connection."""
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    return MissingConnectionError(
        f"There is no connection '{conn_id}', or Airflow cannot read it now. Make one of the type"
        f" 'featureguard', or set {variable} to e.g."
        ' \'{"conn_type": "featureguard", "host": "https://freshness.example.org", "password": "fg_…"}\'.'
    )


def _address(connection: Connection) -> str:
    host = str(connection.host)
    if "://" in host:
        return host
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or 'https'}://{host}{port}"
