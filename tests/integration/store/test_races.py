"""Writers that meet at the worst moment; each claim is also tried on a deliberately wrong writer.

Chance finds none of these races: the threads are held inside their transactions until the others are there,
or, where the store rightly keeps the others out, until they had time to come.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import asdict
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, insert

from featureguard.chain import Link, faults, sealed
from featureguard.errors import StoreError
from featureguard.store import Appended, Store, open_store, postgres, upsert
from featureguard.store.tables import DECISIONS, WAIVERS
from tests.decision_builders import MINUTE, NOON, append, decision, waiver

WRITERS = 4
PATIENCE_SECONDS = 0.5
LONG_SECONDS = 30.0  # For wrong writers, which need not be waited for so long.
Attempt = Callable[[Store, int, Barrier], object]


@contextmanager
def before(statement: str, pause: Callable[[], object]) -> Iterator[None]:
    """Call `pause` whenever a connection is about to run such a statement."""

    def hook(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        if sql.startswith(statement):
            pause()

    event.listen(Engine, "before_cursor_execute", hook)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", hook)


def race(store: Store, statement: str, attempt: Attempt, patience: float = PATIENCE_SECONDS) -> list[object]:
    """Let all writers meet before the statement; what each of them got, or what went wrong."""
    meeting = Barrier(WRITERS)

    def meet() -> None:
        with suppress(BrokenBarrierError):
            meeting.wait(patience)

    def answer(number: int) -> object:
        try:
            return attempt(store, number, meeting)
        except Exception as error:
            return error

    with before(statement, meet), ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(answer, range(WRITERS)))


def overtakes(
    statement: str, first: Callable[[], Any], second: Callable[[], Any], patience: float = PATIENCE_SECONDS
) -> tuple[bool, Any, Any]:
    """Run `second` while `first` is held before the statement: whether it got through, and both answers."""
    held, through, overtaken = Event(), Event(), []

    def hold() -> None:
        if not held.is_set():
            held.set()
            overtaken.append(through.wait(patience))

    def run_second() -> Any:
        answer = second()
        through.set()
        return answer

    with before(statement, hold), ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        assert held.wait(30)
        two = pool.submit(run_second)
        wait([one, two], timeout=60)
        return overtaken[0], one.result(30), two.result(30)


def insert_as_it_is(url: str, table: Any, row: dict[str, Any]) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(insert(table), row)


def is_perfect(store: Store, answers: Sequence[object], records: int) -> bool:
    links = list(store.decisions.chain())
    return all(answer in links for answer in answers) and not faults(links) and len(links) == records


# One attempt, asked by many.


def same_attempt(store: Store, number: int, _meeting: Barrier) -> Link:
    return append(store, decision(number, key="run 1")).link


def look_up_then_append(store: Store, number: int, meeting: Barrier) -> Link:
    """Wrong: what it looked up is out of date when it appends."""
    known = store.decisions.by_key("run 1")
    meeting.wait()
    return known.link if known else append(store, decision(number)).link


def test_one_attempt_has_one_decision_whoever_races(store: Store) -> None:
    answers = race(store, "INSERT INTO fg_decisions", same_attempt)
    assert len(set(answers)) == 1
    assert is_perfect(store, answers, records=1)


def test_the_race_catches_a_key_that_is_looked_up_too_early(store: Store) -> None:
    answers = race(store, "INSERT INTO fg_decisions", look_up_then_append)
    assert len(set(answers)) == WRITERS
    assert not is_perfect(store, answers, records=1)


# Many attempts, some of them confirmations.


def own_attempt(store: Store, number: int, _meeting: Barrier) -> Link:
    kind = ("decision", "confirmation")[number % 2]
    return append(store, decision(number, key=f"run {number}", kind=kind)).link


def test_decisions_and_confirmations_at_once_make_one_perfect_chain(store: Store) -> None:
    answers = race(store, "INSERT INTO fg_decisions", own_attempt)
    assert len(set(answers)) == WRITERS
    assert is_perfect(store, answers, records=WRITERS)


def test_the_race_catches_a_tail_that_is_read_too_early(store: Store, store_url: str) -> None:
    def read_then_insert(store: Store, number: int, meeting: Barrier) -> Link:
        links = list(store.decisions.chain())
        meeting.wait()
        link = sealed(str(number), links[-1] if links else None)
        blank = {"kind": "decision", "subject": "", "action": "", "decided_at": 0, "effective": "allow"}
        insert_as_it_is(store_url, DECISIONS, asdict(link) | blank)
        return link

    answers = race(store, "INSERT INTO nothing", read_then_insert)
    assert not is_perfect(store, answers, records=WRITERS)


def test_the_race_catches_postgresql_without_the_lock(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(postgres_database, simulated=True) as store:
        monkeypatch.setattr(upsert, "lock", lambda *_: None)
        answers = race(store, "INSERT INTO fg_decisions", own_attempt, LONG_SECONDS)
        assert not is_perfect(store, answers, records=WRITERS)
        assert any(isinstance(answer, StoreError) for answer in answers)


# Waivers.


def give(store: Store, _number: int, _meeting: Barrier) -> str:
    return store.waivers.add(waiver())


def test_a_waiver_given_by_many_at_once_is_one_waiver(store: Store) -> None:
    assert race(store, "INSERT INTO fg_waivers", give) == [waiver().id] * WRITERS
    assert store.waivers.all() == [waiver()]


def test_the_race_catches_a_waiver_that_is_looked_up_too_early(store: Store, store_url: str) -> None:
    def look_up_then_give(store: Store, _number: int, meeting: Barrier) -> str:
        known = store.waivers.all()
        meeting.wait()
        if not known:
            row = {"id": waiver().id, "since": 0, "until": 1, "body": waiver().model_dump_json()}
            insert_as_it_is(store_url, WAIVERS, row)
        return waiver().id

    assert race(store, "INSERT INTO nothing", look_up_then_give) != [waiver().id] * WRITERS


def judged_then_revoked(store: Store, append_as: Callable[[Store, str], Appended | None]) -> Appended | None:
    """A decision is judged with a waiver, the waiver is revoked, and then the decision is appended."""
    id_ = store.waivers.add(waiver())
    _, token = store.waivers.with_token()
    store.waivers.revoke(id_, by="ben", at=NOON + MINUTE, reason="It is open again.")
    return append_as(store, token)


def test_a_decision_that_rests_on_a_waiver_revoked_before_is_not_recorded(store: Store) -> None:
    assert judged_then_revoked(store, lambda s, token: s.decisions.append(decision(), waivers=token)) is None
    assert not store.decisions.recorded()


def test_the_claim_catches_an_append_that_does_not_compare_the_token(store: Store) -> None:
    assert judged_then_revoked(store, lambda s, _: append(s, decision())) is not None


def revoke_meanwhile(store: Store, patience: float = PATIENCE_SECONDS) -> tuple[bool, Any, Any]:
    """A waiver is revoked while a decision that rests on it is just being recorded."""
    id_ = store.waivers.add(waiver())
    return overtakes(
        "INSERT INTO fg_decisions",
        lambda: append(store, decision()),
        lambda: store.waivers.revoke(id_, by="ben", at=NOON, reason="No."),
        patience,
    )


def append_meanwhile(store: Store, patience: float = PATIENCE_SECONDS) -> tuple[bool, Any, Any]:
    """A decision that rests on a waiver is recorded while the waiver is just being revoked."""
    id_ = store.waivers.add(waiver())
    _, token = store.waivers.with_token()
    return overtakes(
        "INSERT INTO fg_revocations",
        lambda: store.waivers.revoke(id_, by="ben", at=NOON, reason="No."),
        lambda: store.decisions.append(decision(), waivers=token),
        patience,
    )


def test_a_revocation_waits_for_the_decision_that_is_being_recorded(store: Store) -> None:
    overtaken, appended, revoked = revoke_meanwhile(store)
    assert (overtaken, appended.created, revoked.revoked_by) == (False, True, "ben")


def test_a_decision_waits_for_the_revocation_that_is_being_recorded_and_is_refused(store: Store) -> None:
    overtaken, _, appended = append_meanwhile(store)
    assert (overtaken, appended) == (False, None)
    assert not store.decisions.recorded()


def test_a_new_waiver_waits_for_the_decision_that_is_being_recorded(store: Store) -> None:
    overtaken, appended, _ = overtakes(
        "INSERT INTO fg_decisions",
        lambda: append(store, decision()),
        lambda: store.waivers.add(waiver()),
    )
    assert (overtaken, appended.created) == (False, True)


def test_the_harness_catches_a_revocation_that_does_not_wait(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(postgres_database, simulated=True) as store:
        monkeypatch.setattr(upsert, "lock", lambda *_: None)
        overtaken, appended, _ = revoke_meanwhile(store, LONG_SECONDS)
        assert (overtaken, appended.created) == (True, True)


@pytest.fixture
def repeatable_read(postgres_database: str) -> str:
    """A PostgreSQL database whose owner made transactions see one state by default."""
    engine = create_engine(postgres_database, poolclass=NullPool)
    with engine.begin() as connection:
        name = engine.url.database
        connection.exec_driver_sql(
            f"ALTER DATABASE {name} SET default_transaction_isolation TO 'repeatable read'"
        )
    return postgres_database


def test_a_writer_that_waited_sees_the_newest_state_whatever_the_servers_default(
    repeatable_read: str,
) -> None:
    with open_store(repeatable_read, simulated=True) as store:
        _, _, appended = append_meanwhile(store)
        assert appended is None


def test_the_harness_catches_a_writer_that_sees_the_state_of_before_it_waited(
    repeatable_read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "begin", lambda _connection: None)
    with open_store(repeatable_read, simulated=True) as store:
        _, _, appended = append_meanwhile(store, patience=2)
        assert appended is not None


# Processes.

APPEND_AT_GO = """
import sys
from featureguard.store import open_store
from tests.decision_builders import append, decision
with open_store(sys.argv[1], simulated=True) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(50):
        append(store, decision(number, key=f"own {sys.argv[2]} {number}"))
        append(store, decision(number, key=f"shared {number}"))
"""


def test_two_processes_make_one_perfect_chain(store_url: str, request: pytest.FixtureRequest) -> None:
    pipe, command = subprocess.PIPE, [sys.executable, "-W", "error", "-c", APPEND_AT_GO, store_url]
    workers = [
        subprocess.Popen(
            [*command, name], stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=request.config.rootpath
        )
        for name in "ab"
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n", worker.communicate()
    assert [worker.communicate("go\n", timeout=120) for worker in workers] == [("", "")] * 2
    with open_store(store_url, simulated=True) as store:
        assert not faults(store.decisions.chain(), [store.decisions.head()])
        assert store.decisions.head().sequence == 150
