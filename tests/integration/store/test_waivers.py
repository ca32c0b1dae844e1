from datetime import timedelta

import pytest

from featureguard.errors import UsageError
from featureguard.store import Store
from tests.decision_builders import MINUTE, NOON, append, decision, waiver


def test_a_waiver_comes_back_as_it_was_given(store: Store) -> None:
    given = waiver(
        subject="delays",
        column="dep_delay",
        bound=0.25,
        digests={"flights": "a" * 64},
        reason="Fog \u2014 \x00 all day",
        ticket="OPS-7",
        approved_by="ben",
        verified=True,
    )
    assert store.waivers.add(given) == given.id
    assert store.waivers.all() == [given]


def test_a_waiver_given_twice_is_one_waiver(store: Store) -> None:
    assert store.waivers.add(waiver()) == store.waivers.add(waiver())
    assert len(store.waivers.all()) == 1


def test_waivers_are_listed_by_their_begin(store: Store) -> None:
    late, early = waiver(since=NOON + MINUTE), waiver()
    store.waivers.add(late)
    store.waivers.add(early)
    assert store.waivers.all() == [early, late]


def test_a_revoked_waiver_stays_listed_with_who_revoked_it_first(store: Store) -> None:
    id_ = store.waivers.add(waiver())
    first = store.waivers.revoke(id_, by="ben", at=NOON + MINUTE, reason="It is open again.")
    again = store.waivers.revoke(id_, by="eve", at=NOON, reason="Mine.")
    assert (first.revoked_at, first.revoked_by) == (NOON + MINUTE, "ben")
    assert store.waivers.all() == [first] == [again]
    assert first.id == id_


def test_a_waiver_cannot_be_given_as_revoked_or_given_again_to_undo_it(store: Store) -> None:
    id_ = store.waivers.add(waiver(revoked_at=NOON, revoked_by="eve"))
    assert store.waivers.all()[0].revoked_at is None
    store.waivers.revoke(id_, by="ben", at=NOON, reason="No.")
    store.waivers.add(waiver())
    assert store.waivers.all()[0].revoked_by == "ben"


def test_an_unknown_waiver_is_a_usage_error_with_a_close_one(store: Store) -> None:
    with pytest.raises(UsageError, match=r"There is no waiver 'nothing'\.$"):
        store.waivers.revoke("nothing", by="ben", at=NOON, reason="?")
    id_ = store.waivers.add(waiver())
    with pytest.raises(UsageError, match=f"There is no waiver '{id_[:-1]}'. Did you mean '{id_}'"):
        store.waivers.revoke(id_[:-1], by="ben", at=NOON, reason="?")


def test_the_token_names_what_was_given_and_what_was_revoked(store: Store) -> None:
    tokens = [store.waivers.with_token()[1]]
    id_ = store.waivers.add(waiver())
    tokens.append(store.waivers.with_token()[1])
    store.waivers.revoke(id_, by="ben", at=NOON, reason="No.")
    tokens.append(store.waivers.with_token()[1])
    store.waivers.add(waiver(reason="Still closed."))
    tokens.append(store.waivers.with_token()[1])
    assert len(set(tokens)) == 4


def test_what_changes_nothing_leaves_the_token(store: Store) -> None:
    id_ = store.waivers.add(waiver())
    store.waivers.revoke(id_, by="ben", at=NOON, reason="No.")
    before = store.waivers.with_token()
    store.waivers.add(waiver())
    store.waivers.revoke(id_, by="eve", at=NOON, reason="Mine.")
    assert store.waivers.with_token() == before


def test_a_decision_is_not_recorded_once_a_waiver_was_given_or_revoked_since(store: Store) -> None:
    _, without = store.waivers.with_token()
    id_ = store.waivers.add(waiver())
    assert store.decisions.append(decision(), waivers=without) is None
    _, waived = store.waivers.with_token()
    store.waivers.revoke(id_, by="ben", at=NOON, reason="No.")
    assert store.decisions.append(decision(), waivers=waived) is None
    assert not store.decisions.recorded()
    assert append(store, decision()).created


def test_an_attempt_that_was_decided_keeps_its_decision_when_waivers_change(store: Store) -> None:
    _, without = store.waivers.with_token()
    first = append(store, decision(key="run 1"))
    store.waivers.add(waiver(until=NOON + timedelta(days=2)))
    again = store.decisions.append(decision(1, key="run 1"), waivers=without)
    assert again is not None
    assert (again.link, again.created) == (first.link, False)
