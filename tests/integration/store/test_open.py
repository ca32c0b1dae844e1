import stat
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

import featureguard.store
from featureguard.errors import MissingExtraError, StoreError, UsageError
from featureguard.store import Store, database, migrate, open_store
from featureguard.store.tables import METADATA, VERSION_TABLE

OPEN_AT_GO = """
import sys
from featureguard.store import open_store
print("ready", flush=True)
sys.stdin.readline()
with open_store(sys.argv[1]) as store:
    print(store.datasets())
"""


def test_the_file_and_its_folder_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "store.db"
    open_store(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_sqlite_connection_is_durable_and_lets_readers_read(tmp_path: Path) -> None:
    store = database.Database(f"sqlite:///{tmp_path}/store.db")
    for _ in range(2):
        for run in (store.read, store.write):
            assert run("ask", lambda c: c.exec_driver_sql("PRAGMA synchronous").scalar()) == 2
            assert run("ask", lambda c: c.exec_driver_sql("PRAGMA journal_mode").scalar()) == "wal"
            assert run("ask", lambda c: c.exec_driver_sql("PRAGMA busy_timeout").scalar()) == 50
        store.close()


def test_the_migrations_make_what_the_models_say(empty_store_url: str) -> None:
    open_store(empty_store_url).close()
    engine = create_engine(empty_store_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        assert compare_metadata(context, METADATA) == []
        # Alembic compares no primary keys, and all that keeps runs apart is theirs.
        for table in METADATA.sorted_tables:
            made = inspect(connection).get_pk_constraint(table.name)["constrained_columns"]
            assert made == [column.name for column in table.primary_key]
    engine.dispose()


def test_the_newest_known_revision_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(featureguard.store.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == migrate.REVISIONS[-1]
    assert sorted(script.revision for script in scripts.walk_revisions()) == sorted(migrate.REVISIONS)


def test_a_store_of_a_newer_featureguard_is_refused(empty_store_url: str) -> None:
    open_store(empty_store_url).close()
    engine = create_engine(empty_store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StoreError, match=r"newer featureguard \(revision '9999'.*Upgrade"):
        open_store(empty_store_url)


def test_a_mixed_up_simulated_store_is_refused(empty_store_url: str) -> None:
    open_store(empty_store_url, simulated=True).close()
    open_store(empty_store_url, simulated=True).close()
    with pytest.raises(UsageError, match="made for simulated times and is opened for real ones"):
        open_store(empty_store_url)


@pytest.mark.long
def test_many_processes_may_open_a_new_store_at_once(empty_store_url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", OPEN_AT_GO, empty_store_url]
    pipe = subprocess.PIPE
    workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(4)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    told = [worker.communicate("go\n") for worker in workers]
    assert told == [("[]\n", "")] * 4


def test_a_store_that_another_process_is_just_making_is_waited_for(empty_store_url: str) -> None:
    maker = database.Database(empty_store_url)
    with ThreadPoolExecutor() as pool:

        def make(connection: Connection) -> Future[Store]:
            migrate.migrate(connection, maker.name)
            second = pool.submit(open_store, empty_store_url)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
            return second

        second = maker.write("make the tables", make)
        with second.result(timeout=30) as store:
            assert store.datasets() == []
    maker.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("not a url", "cannot be read"),
        ("postgresql://me@host:port/db", "cannot be read"),
        ("sqlite://", "names no file"),
        ("mysql://me:secret@host/db?ssl_key=secret", "unknown kind of database"),
    ],
)
def test_a_url_that_names_no_store_is_a_usage_error_without_secrets(url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"not a database, but long enough to have a header" * 100)
    with pytest.raises(StoreError, match=r"store\.db cannot be opened: file is not a database\. Check"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"not a database")


def test_a_folder_in_place_of_the_file_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Is a directory"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg (extra 'postgres') is not installed")
    url = f"postgresql+psycopg://me:hunter2@/evidence?host={tmp_path}&sslpassword=hunter2"
    with pytest.raises(
        StoreError, match=r"postgresql\+psycopg://me:\*\*\*@/evidence cannot be opened"
    ) as caught:
        open_store(url)
    assert "hunter2" not in str(caught.value)
    assert "Check that the server runs" in str(caught.value)


def test_a_missing_driver_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'featureguard\[postgres\]'"):
        open_store("postgresql://me@host/db")
