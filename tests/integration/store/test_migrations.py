from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, NullPool, create_engine, insert, inspect, select

import featureguard.store
from featureguard.contract import Contract
from featureguard.observation import ClockReading, Observation, Unit
from featureguard.profile import Profile
from featureguard.result import CheckResult, Status
from featureguard.store import Store, open_store
from featureguard.store.tables import METADATA, VERSION_TABLE
from tests.decision_builders import MINUTE, NOON, append, decision

CONTRACT = Contract.model_validate({"dataset": "rides", "owner": "me", "time": {"event": "at"}})


def fill(store: Store) -> None:
    """Two looks, of which the second judged a learned limit."""
    for number, status in enumerate([Status.UNKNOWN, Status.PASS]):
        at = NOON + number * MINUTE
        seen = Observation(
            "rides",
            at,
            str(number),
            clocks={"event_time": ClockReading(at)},
            units=(Unit("a", "b", Profile(1)),),
        )
        results = [CheckResult("null_spike", status, column="f\u00e4re"), CheckResult("volume", Status.PASS)]
        store.record(seen, results, contract=CONTRACT, now=at, recorder="worker")


def make_0001(engine: Engine) -> set[str]:
    """Make the tables as revision 0001 left them; their names."""
    config = Config()
    config.set_main_option("script_location", str(Path(featureguard.store.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        return set(inspect(connection).get_table_names())


def copy(old: Engine, new: Engine, tables: set[str]) -> None:
    with old.connect() as source, new.begin() as target:
        for table in METADATA.sorted_tables:
            rows = source.execute(select(table)).all() if table.name in tables else []
            if rows:
                target.execute(insert(table), [dict(row._mapping) for row in rows])


def test_a_store_of_revision_0001_is_brought_up_to_date_with_its_data(
    empty_store_url: str, tmp_path: Path
) -> None:
    other = f"sqlite:///{tmp_path}/newest.db"
    with open_store(other, clock=lambda: NOON) as newest:
        fill(newest)
        expected = newest.evidence("rides"), newest.timeline("rides", "event_time")
    assert expected[0].learned == {("null_spike", "f\u00e4re")}
    Path(tmp_path / "evidence").mkdir()
    old, source = (create_engine(url, poolclass=NullPool) for url in (empty_store_url, other))
    tables = make_0001(old)
    assert "fg_decisions" not in tables
    copy(source, old, tables - {VERSION_TABLE})
    with open_store(empty_store_url) as store:
        assert (store.evidence("rides"), store.timeline("rides", "event_time")) == expected
        assert append(store, decision()).created


def test_an_upgraded_store_stays_marked_as_it_was(empty_store_url: str, tmp_path: Path) -> None:
    Path(tmp_path / "evidence").mkdir()
    old = create_engine(empty_store_url, poolclass=NullPool)
    make_0001(old)
    with old.begin() as connection:
        connection.exec_driver_sql("INSERT INTO fg_marks (name, value) VALUES ('simulated', 'yes')")
    with open_store(empty_store_url, simulated=True) as store:
        assert store.simulated
        assert not store.decisions.recorded()
