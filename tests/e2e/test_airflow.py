"""A real `airflow standalone`: waits in the triggerer, trains on fresh features only, shows the page."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")

from playwright.sync_api import Browser, Page, expect
from starlette.responses import HTMLResponse

from tests.builders import HOUR, write
from tests.e2e.airflow_standalone import Airflow, airflow_standalone, free_ports
from tests.e2e.conftest import featureguard, serving
from tests.e2e.dagster_dev import until
from tests.integration.api.conftest import listening
from tests.world import at

CONTRACT = """dataset: feature
owner: me@example.org
tier: 0
source: {kind: parquet, path: lake/feature/}
time: {event: at}
freshness: {max_age: 2h}
"""
SUBJECT = "subject: pricing\nowner: ml@example.org\ntier: 0\nrequires: [feature]\n"
HOSTILE = """<!doctype html><title>hostile</title>
<script>document.title = 'inline'; fetch('/api/v2/connections')</script>
<script src="/static/htmx.min.js"></script><script src="/static/evil.js"></script>
<script src='/docs/evil.js'></script><img src='/api/v2/dags'><iframe src='/api/v2/dags'></iframe>
<p hx-get='/featureguard/incidents' hx-trigger='load'>our script runs</p>
<p hx-get='/api/v2/connections' hx-trigger='load'>read</p>
<p hx-post='/api/v2/dags/hasty/dagRuns' hx-trigger='load' hx-vals='{"logical_date": null}'>start</p>
<p hx-get='/featureguard/' hx-trigger='load' hx-vals='js:{x: document.title="evaluated"}'>evaluate</p>
<form method='post' action='/auth/logout'></form>
"""


@dataclass
class World:
    """A project whose `feature` is stale at first, and an Airflow that asks the API about it."""

    project: Path
    token: str
    airflow: Airflow
    port: str
    api: ExitStack

    def age(self, old: timedelta) -> None:
        """Rewrite the data with rows of an age, and look at it."""
        age(self.project, old)

    @contextmanager
    def outage(self) -> Iterator[None]:
        """A time without API."""
        self.api.close()
        yield
        self.api.enter_context(serving(self.project, "--port", self.port))


def age(project: Path, old: timedelta) -> None:
    (project / "lake" / "feature").mkdir(parents=True, exist_ok=True)
    write(project / "lake" / "feature" / "rows.parquet", at=at(datetime.now(UTC) - old))
    assert featureguard("check", "feature", folder=project).returncode in (0, 1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("airflow")
    project = folder / "project"
    (project / "contracts").mkdir(parents=True)
    (project / "featureguard.yaml").write_text("catalog: [contracts/]\nstore: {url: 'sqlite:///store.db'}\n")
    (project / "contracts" / "feature.yaml").write_text(CONTRACT)
    (project / "contracts" / "pricing.yaml").write_text(SUBJECT)
    age(project, 3 * HOUR)
    made = featureguard("token", "create", "airflow", "--scope", "gate", "--json", folder=project)
    token = json.loads(made.stdout)["token"]
    (port,) = free_ports(1)
    with ExitStack() as api:
        url = api.enter_context(serving(project, "--port", port))
        dags = Path(__file__).with_name("airflow_dags.py")
        with airflow_standalone(folder, dags) as airflow:
            airflow.connect("POST", "", host=url, password=token)
            yield World(project, token, airflow, port, api)


@pytest.fixture
def page(world: World, browser: Browser) -> Iterator[Page]:
    """A browser in which `admin` has signed in."""
    found = browser.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    found.set_default_timeout(30_000)
    found.goto(f"{world.airflow.url}/auth/login")
    found.locator("input[name=username]").fill("admin")
    found.locator("input[name=password]").fill(world.airflow.passwords["admin"])
    found.get_by_role("button", name="Sign in").click()
    found.wait_for_url(f"{world.airflow.url}/")
    yield found
    found.close()


def test_nothing_trains_on_stale_features_and_whoever_waits_trains_once_they_are_fresh(world: World) -> None:
    airflow = world.airflow
    until(lambda: {"patient", "hasty", "whenever_fresh"} <= _dags(airflow), 120)
    assert airflow.get("/importErrors")["import_errors"] == []
    hasty, patient = airflow.start("hasty"), airflow.start("patient")
    assert airflow.ended("hasty", hasty) == ("failed", {"train": "failed"})
    until(lambda: airflow.states("patient", patient)["wait"] == "deferred", 120)
    assert airflow.runs("whenever_fresh") == []
    world.age(HOUR)
    done = {"wait": "success", "gate": "success", "train": "success"}
    assert airflow.ended("patient", patient) == ("success", done)
    assert airflow.xcom("patient", patient, "train") == "allow"
    (started,) = until(lambda: airflow.runs("whenever_fresh"), 120)
    assert airflow.ended("whenever_fresh", started["dag_run_id"])[0] == "success"
    (event,) = airflow.get("/assets/events")["asset_events"]
    assert event["extra"]["payload"]["featureguard"]["state"] == "fresh"


def test_an_outage_of_the_api_only_delays(world: World) -> None:
    airflow, before = world.airflow, len(world.airflow.runs("whenever_fresh"))
    world.age(3 * HOUR)
    run = airflow.start("patient")
    until(lambda: airflow.states("patient", run)["wait"] == "deferred", 120)
    until(lambda: not _watcher_saw_it_fresh(airflow), 60)
    with world.outage():
        time.sleep(15)
        assert airflow.states("patient", run)["wait"] == "deferred"
    world.age(HOUR)
    assert airflow.ended("patient", run)[0] == "success"
    until(lambda: len(airflow.runs("whenever_fresh")) > before, 60)
    time.sleep(10)
    assert len(airflow.runs("whenever_fresh")) == before + 1  # Neither the outage nor its end was an event.


def test_strangers_see_nothing_and_nobody_writes(world: World) -> None:
    for path in ("/", "/static/style.css", "/v1/datasets", "/docs", "/login"):
        assert world.airflow.ask("GET", f"/featureguard{path}", None).status_code == 401
        assert world.airflow.ask("POST", f"/featureguard{path}", None).status_code == 401
        assert world.airflow.ask("POST", f"/featureguard{path}", "viewer").status_code == 405
    found = world.airflow.ask("GET", "/featureguard/", "viewer")
    assert (found.status_code, world.token in found.text) == (200, False)
    assert world.airflow.ask("GET", "/featureguard/v1/datasets", "admin").status_code == 404


def test_the_page_is_in_the_menu_and_lives_in_its_frame(world: World, page: Page, tmp_path: Path) -> None:
    mistakes: list[str] = []
    page.on("console", lambda said: mistakes.append(said.text) if said.type == "error" else None)
    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="Feature freshness").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("link", name="feature", exact=True)).to_be_visible()
    page.screenshot(path=tmp_path / "fleet.png")
    frame.get_by_role("searchbox").fill("nothing like that")  # Our script answers while one types.
    expect(frame.get_by_text("No dataset is like that.")).to_be_visible()
    frame.get_by_role("searchbox").fill("")
    frame.get_by_role("link", name="feature", exact=True).click()
    expect(frame.get_by_role("heading", name="feature").first).to_be_visible()
    page.screenshot(path=tmp_path / "dataset.png")
    page.reload()
    expect(frame.get_by_role("heading", name="feature").first).to_be_visible()
    assert [one for one in mistakes if "featureguard" in one] == []


def test_the_button_of_a_task_leads_to_its_reasons(world: World, page: Page, tmp_path: Path) -> None:
    run = world.airflow.start("hasty")
    world.airflow.ended("hasty", run)
    path = f"/dags/hasty/dagRuns/{run}/taskInstances/train/links"
    assert world.airflow.get(path)["extra_links"] == {"featureguard": "/featureguard/subjects/pricing#train"}
    page.goto(f"{world.airflow.url}/dags/hasty/runs/{run}/tasks/train/details")
    button = page.get_by_role("link", name="featureguard")
    expect(button).to_be_visible()
    page.screenshot(path=tmp_path / "task.png")
    button.click()
    expect(page.get_by_role("heading", name="pricing").first).to_be_visible()
    page.screenshot(path=tmp_path / "subject.png")


def test_an_api_that_became_hostile_gets_nowhere_in_the_browser_of_an_admin(
    world: World, page: Page, tmp_path: Path
) -> None:
    answered: list[str] = []
    page.goto("about:blank")
    page.on("response", lambda answer: answered.append(urlsplit(answer.url).path))
    with listening(HTMLResponse(HOSTILE)) as evil:
        world.airflow.connect("PATCH", "/featureguard_default", host=evil)
        page.goto(f"{world.airflow.url}/featureguard/")
        page.wait_for_timeout(2_000)
        page.screenshot(path=tmp_path / "hostile.png")
        assert page.title() == "hostile"
        page.evaluate("document.forms[0].submit()")
        page.wait_for_timeout(1_000)
    assert "/featureguard/incidents" in answered  # What our own script may ask for.
    assert [path for path in answered if not path.startswith("/featureguard/")] == []


def _watcher_saw_it_fresh(airflow: Airflow) -> bool:
    """What the watcher keeps with the asset, for whoever takes over from it."""
    (asset,) = airflow.get("/assets")["assets"]
    (kept,) = airflow.get(f"/assets/{asset['id']}/state-store")["asset_state_store"]
    return bool(kept["value"])


def _dags(airflow: Airflow) -> set[str]:
    return {dag["dag_id"] for dag in airflow.get("/dags")["dags"]}
