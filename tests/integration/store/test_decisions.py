from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, insert

from featureguard.chain import GENESIS, Head, faults, head_of, sealed
from featureguard.errors import StoreError, UsageError
from featureguard.store import Appended, Store, open_store
from featureguard.store.tables import DECISIONS
from tests.decision_builders import MINUTE, NOON, append, decision, digest

TEXT = '{"looks":[]}'


def changed(url: str, *statements: str) -> None:
    """Change the database as somebody would who has its password."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def without_triggers(url: str) -> tuple[str, ...]:
    if url.startswith("sqlite"):
        return "DROP TRIGGER fg_decisions_no_update", "DROP TRIGGER fg_decisions_no_delete"
    return ("DROP TRIGGER fg_decisions_no_change ON fg_decisions",)


def test_what_was_decided_comes_back_whole(store: Store) -> None:
    record = decision(key='n\u00e4chtlich\x00 "1"', inputs=digest(TEXT), documents={digest(TEXT): TEXT})
    done = append(store, record)
    found = store.decisions.find(done.link.seal)
    assert done == Appended(sealed(record.body, None), created=True)
    assert found.link == done.link
    for name in ("kind", "key", "subject", "action", "decided_at", "effective", "inputs"):
        assert getattr(found, name) == getattr(record, name)
    assert store.decisions.document(digest(TEXT)) == TEXT


def test_every_decision_is_sealed_with_the_one_before(store: Store) -> None:
    links = [append(store, decision(number)).link for number in range(3)]
    assert list(store.decisions.chain()) == links
    assert [link.sequence for link in links] == [1, 2, 3]
    assert faults(links, [store.decisions.head()]) == []
    assert store.decisions.head() == head_of(links)


def test_decisions_are_found_by_how_their_keys_begin(store: Store) -> None:
    for number, key in enumerate(("mlflow:a%/1:x", "mlflow:a%/12:x", "MLFLOW:A%/1:x", "mlflow:ab/1:x", None)):
        append(store, decision(number, key=key))
    found = store.decisions.recorded(key_prefix="mlflow:a%/1")
    assert [one.key for one in found] == ["mlflow:a%/1:x", "mlflow:a%/12:x"]
    [last] = store.decisions.recorded(key_prefix="mlflow:a%/1", newest_first=True, limit=1)
    assert last.key == "mlflow:a%/12:x"
    assert not store.decisions.recorded(key_prefix='mlflow:"')


def test_an_empty_store_has_decided_nothing(store: Store) -> None:
    assert store.decisions.head() == Head(0, GENESIS)
    assert not list(store.decisions.chain())
    assert not store.decisions.recorded()
    assert store.decisions.by_key("run 1") is None
    assert store.decisions.document("0" * 64) is None


def test_a_key_names_one_decision_however_often_it_is_asked(store: Store) -> None:
    first = append(store, decision(1, key="run 1"))
    again = append(store, decision(2, key="run 1"))
    assert again == replace(first, created=False)
    found = store.decisions.by_key("run 1")
    assert found is not None
    assert found.link == first.link
    assert len(store.decisions.recorded()) == 1


def test_decisions_without_a_key_are_all_kept(store: Store) -> None:
    assert append(store, decision()) != append(store, decision())
    assert len(store.decisions.recorded()) == 2


@pytest.mark.parametrize("other", [{"subject": "fares"}, {"action": "deploy"}, {"kind": "confirmation"}])
def test_a_key_does_not_answer_another_question(store: Store, other: dict[str, Any]) -> None:
    append(store, decision(key="run 1"))
    with pytest.raises(UsageError, match=r"'run 1' already names the decision .* 'delays' and 'train'"):
        append(store, decision(key="run 1", **other))
    assert len(store.decisions.recorded()) == 1


def test_a_key_may_have_200_characters_of_any_script_and_no_more(store: Store) -> None:
    assert append(store, decision(key="\U0001f6eb" * 200)).created
    for key in ("", "k" * 201):
        with pytest.raises(UsageError, match="Give it 1 to 200"):
            append(store, decision(key=key))


def test_a_document_that_is_not_what_its_digest_says_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match=f"is not {digest(TEXT)}"):
        append(store, decision(documents={digest(TEXT): "{}"}))
    with pytest.raises(UsageError, match="are missing"):
        append(store, decision(inputs=digest(TEXT)))


def test_a_document_that_was_changed_since_is_not_given_out(store: Store, store_url: str) -> None:
    append(store, decision(inputs=digest(TEXT), documents={digest(TEXT): TEXT}))
    changed(store_url, "UPDATE fg_documents SET body = '{}'")
    with pytest.raises(StoreError, match=f"document {digest(TEXT)} was changed"):
        store.decisions.document(digest(TEXT))


def test_decisions_can_be_asked_for_by_subject_and_time(store: Store) -> None:
    for number, subject in enumerate(["delays", "fares", "delays", "delays"]):
        append(store, decision(number, subject=subject))

    def numbers(**wanted: Any) -> list[int]:
        return [found.link.sequence - 1 for found in store.decisions.recorded(**wanted)]

    assert numbers() == [0, 1, 2, 3]
    assert numbers(subject="delays") == [0, 2, 3]
    assert numbers(since=NOON + MINUTE, until=NOON + 3 * MINUTE) == [1, 2]
    assert numbers(subject="delays", newest_first=True, limit=2) == [3, 2]


def test_a_decision_is_found_by_eight_digits_of_its_id(store: Store) -> None:
    link = append(store, decision()).link
    assert store.decisions.find(link.seal[:8].upper()).link == link
    for wrong in (link.seal[:7], "%" * 8, link.seal + "0"):
        with pytest.raises(UsageError, match="at least 8 of its 64"):
            store.decisions.find(wrong)
    with pytest.raises(UsageError, match="There is no decision 'ffffffff'"):
        store.decisions.find("ffffffff")


def test_an_id_that_two_decisions_share_so_far_is_refused(store: Store, store_url: str) -> None:
    append(store, decision())
    append(store, decision(1))
    seals = "UPDATE fg_decisions SET seal = 'abcdef0123' || sequence"
    changed(store_url, *without_triggers(store_url), seals)
    with pytest.raises(UsageError, match="more than one decision's id: abcdef01231 and abcdef01232"):
        store.decisions.find("abcdef01")


@pytest.mark.parametrize(
    "change", ["UPDATE fg_decisions SET effective = 'allow'", "DELETE FROM fg_decisions"]
)
def test_the_database_itself_refuses_to_change_a_decision(store: Store, store_url: str, change: str) -> None:
    append(store, decision(effective="block"))
    with pytest.raises(Exception, match="a decision is never changed or deleted"):
        changed(store_url, change)
    assert [found.effective for found in store.decisions.recorded()] == ["block"]


def test_postgresql_refuses_to_empty_the_table_at_once(postgres_database: str) -> None:
    with open_store(postgres_database, simulated=True) as store:
        append(store, decision())
        with pytest.raises(Exception, match="a decision is never changed or deleted"):
            changed(postgres_database, "TRUNCATE fg_decisions")
        assert len(store.decisions.recorded()) == 1


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        ("UPDATE fg_decisions SET body = '{}' WHERE sequence = 3", 3),
        ("UPDATE fg_decisions SET seal = previous WHERE sequence = 3", 3),
        ("DELETE FROM fg_decisions WHERE sequence = 3", 3),
        ("UPDATE fg_decisions SET sequence = 30 WHERE sequence = 3", 3),
    ],
)
def test_damage_by_somebody_with_the_password_is_located(
    store: Store, store_url: str, damage: str, place: int
) -> None:
    for number in range(5):
        append(store, decision(number))
    head = store.decisions.head()
    changed(store_url, *without_triggers(store_url), "DROP INDEX fg_decisions_by_seal", damage)
    assert faults(store.decisions.chain(), [head])[0].sequence == place


def test_a_cut_tail_is_found_against_an_exported_head_and_not_without(store: Store, store_url: str) -> None:
    for number in range(5):
        append(store, decision(number))
    head = store.decisions.head()
    changed(store_url, *without_triggers(store_url), "DELETE FROM fg_decisions WHERE sequence > 3")
    assert faults(store.decisions.chain()) == []
    assert [fault.sequence for fault in faults(store.decisions.chain(), [head])] == [5]


def test_retracting_a_recorder_leaves_the_decisions_alone(store: Store) -> None:
    append(store, decision())
    day = timedelta(days=1)
    store.retract("w", dataset="d", since=NOON - day, until=NOON + day, reason="clock", by="me", now=NOON)
    assert len(store.decisions.recorded()) == 1


def test_a_long_chain_is_read_in_portions_without_a_gap(store: Store, store_url: str) -> None:
    links = [sealed("1", None)]
    while len(links) < 2_001:
        links.append(sealed(str(len(links) + 1), links[-1]))
    blank = {"kind": "", "subject": "", "action": "", "decided_at": 0, "effective": ""}
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(insert(DECISIONS), [asdict(link) | blank for link in links])
    engine.dispose()
    assert faults(store.decisions.chain(), [store.decisions.head()]) == []
    assert sum(1 for _ in store.decisions.chain()) == 2_001


def test_a_store_that_cannot_be_written_says_so_and_decides_nothing(store: Store, store_url: str) -> None:
    changed(store_url, "DROP TABLE fg_documents")
    with pytest.raises(StoreError, match="cannot record a decision"):
        append(store, decision(documents={digest(TEXT): TEXT}))
    assert not store.decisions.recorded()
