"""Read a registry: a file (also in object storage), a SQL database, or by Feast itself in another process."""

from __future__ import annotations

from typing import Any

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry.by_feast import ask_feast
from featureguard.feature_registry.decoding import registry_of
from featureguard.feature_registry.protos import message
from featureguard.feature_registry.repo import Repo
from featureguard.feature_registry.snapshot import Registry

_TABLES = (
    # table, column, and where it stands in the message of a whole registry
    ("feature_views", "feature_view_proto", "feature_views", "FeatureView"),
    ("stream_feature_views", "feature_view_proto", "stream_feature_views", "StreamFeatureView"),
    ("on_demand_feature_views", "feature_view_proto", "on_demand_feature_views", "OnDemandFeatureView"),
    ("feature_services", "feature_service_proto", "feature_services", "FeatureService"),
    ("entities", "entity_proto", "entities", "Entity"),
    ("projects", "project_proto", "projects", "Project"),
)


def read_registry(repo: Repo) -> Registry:
    """What the registry holds now; nothing is cached.

    Args:
        repo: The feature repository.

    Raises:
        MissingExtraError: If Feast is not installed.
        SourceUnreadableError: If the registry cannot be reached, is none, or does not know the project.
    """
    kind = str(repo.registry.get("registry_type", "file"))
    if kind == "sql":
        found = _from_sql(repo)
    elif kind == "file":
        found = _from_file(repo)
    else:
        found = _by_feast(repo, kind)
    return registry_of(found, repo.project)


def _from_file(repo: Repo) -> Any:
    import pyarrow.fs as pafs  # noqa: PLC0415  (heavy)

    written = str(repo.registry.get("path") or "data/registry.db")
    try:
        system, path = pafs.FileSystem.from_uri(repo.path(written))
        with system.open_input_stream(path) as stream:
            content = stream.read()
    except FileNotFoundError:
        raise SourceUnreadableError(
            f"There is no registry '{written}' of the Feast project '{repo.project}'. Run 'feast apply'"
            f" in '{repo.folder}'."
        ) from None
    except (OSError, ValueError) as error:
        raise SourceUnreadableError(
            f"The registry '{written}' of the Feast project '{repo.project}' cannot be read:"
            f" {type(error).__name__}."
        ) from None
    return _parsed(message("Registry", "Registry"), content, repo)


def _from_sql(repo: Repo) -> Any:
    import sqlalchemy as sa  # noqa: PLC0415

    address = str(repo.registry.get("path") or "")
    if address.startswith("postgresql://"):  # As Feast has it: the driver that is installed.
        address = address.replace("postgresql://", "postgresql+psycopg://", 1)
    registry = message("Registry", "Registry")()
    try:
        engine = sa.create_engine(address, poolclass=sa.NullPool)
        with engine.connect() as connection:
            known = set(sa.inspect(connection).get_table_names())
            for table, column, field, name in _TABLES:
                if table not in known:
                    raise SourceUnreadableError(
                        f"The database that '{repo.folder}' names as registry has no table '{table}': it is"
                        " no registry of Feast, or one of another version. Run 'feast apply'."
                    )
                query: Any = sa.select(sa.column(column)).select_from(sa.table(table))
                rows = connection.execute(query.where(sa.column("project_id") == repo.project)).scalars()
                for one in rows:
                    found = _parsed(message(name, name), bytes(one), repo)
                    if name != "Project":  # Feast leaves it out here; the column of the table has it.
                        found.spec.project = repo.project
                    getattr(registry, field).append(found)
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        # The message of a driver may hold the address, and that a password.
        cause = getattr(error, "orig", None) or error
        raise SourceUnreadableError(
            f"The registry of the Feast project '{repo.project}' cannot be reached:"
            f" {type(cause).__name__}. Its address stands in '{repo.folder}' ('registry: path')."
        ) from None
    return registry


def _by_feast(repo: Repo, kind: str) -> Any:
    told = ask_feast(
        repo,
        "told = store.registry.proto().SerializeToString()",
        (),
        what=f"its registry of the type '{kind}'",
        hint=f"What does 'feast -c {repo.folder} feature-views list' say?",
    )
    return _parsed(message("Registry", "Registry"), told, repo)


def _parsed(kind: Any, content: bytes, repo: Repo) -> Any:
    try:
        return kind.FromString(content)
    except Exception:  # protobuf's own error has no public name in all of its versions
        raise SourceUnreadableError(
            f"The registry of the Feast project '{repo.project}' is damaged, or is of another version of"
            " Feast."
        ) from None
