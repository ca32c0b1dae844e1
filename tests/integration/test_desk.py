"""What a desk lists is the same at the store and at the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from featureguard.api.app import create_app
from featureguard.api.service import Service
from featureguard.desk import Desk, StoreDesk, catalog_of, clock_of, open_desk
from featureguard.errors import UsageError
from featureguard.project import load_project
from featureguard.protected import PastDecision, Protected
from featureguard.store import open_store
from tests.integration.api.conftest import listening

_CONTRACTS = """dataset: rides
owner: me@example.org
---
subject: pricing
owner: ml@example.org
aliases: {mlflow: prices}
requires: [rides]
---
policy: default
actions: {rollback: {repair: true}}
"""


@pytest.fixture(params=["store", "api"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk at a store, and one at an API on it."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "all.yaml").write_text(_CONTRACTS)
    (tmp_path / "featureguard.yaml").write_text("store: {url: 'sqlite:///store.db'}\n")
    project = load_project(tmp_path, {})
    if request.param == "store":
        yield StoreDesk(project, clock_of(project, None), "tests")
        return
    catalog = catalog_of(project)
    with open_store(f"sqlite:///{tmp_path}/store.db") as store:
        service = Service.on(store, lambda: catalog, clock=clock_of(project, None), mode="enforce")
        service.writer.start()
        service.keeper.refresh()
        with (
            listening(create_app(service, owns_service=False)) as url,
            open_desk(api_url=url, timeout_seconds=20) as found,
        ):
            yield found
        service.writer.stop()


def test_subjects_are_told_with_what_hosts_call_them_and_what_repairs(desk: Desk) -> None:
    actions = ("train", "promote", "serve", "deploy", "rollback")
    assert desk.subjects() == [Protected("pricing", {"mlflow": "prices"}, actions, ("rollback",))]


def test_decisions_and_what_confirmed_them_are_found_by_their_keys(desk: Desk) -> None:
    ruling = desk.decide("pricing", "rollback", key="run/1")
    desk.decide("pricing", "rollback", key="run/2")
    again = desk.confirm(str(ruling.id), subject="pricing", action="rollback")
    assert again.decision.confirms == ruling.id
    [past] = desk.decisions("run/1")
    assert (past.id, past.kind, past.action, past.allowed) == (ruling.id, "decision", "rollback", True)
    assert [one.id for one in desk.decisions(f"confirm:{ruling.id}:")] == [again.id]
    assert [one.key for one in desk.decisions("run/")] == ["run/2", "run/1"]


@pytest.mark.parametrize("read", [Protected.told, PastDecision.told])
@pytest.mark.parametrize("told", [{}, {"subject": "pricing", "aliases": []}, {"key": None, "allowed": "yes"}])
def test_what_another_version_tells_is_one_clear_error(read: Callable[..., object], told: Any) -> None:
    with pytest.raises(UsageError, match="makes no sense: is it of another version"):
        read(told)
