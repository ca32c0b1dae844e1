"""The status page in a real browser: the way to the cause, without JavaScript, by keyboard, on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import BLIZZARD, featureguard, serving

Open = Callable[..., BrowserContext]
PAGES = [
    "/",
    "/datasets/flights",
    "/subjects/departure_delay",
    "/incidents?all=1",
    "/scorecard",
    "/runbooks",
    "/login",
    "/nowhere",
]


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and everything it complains about."""
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    return page, wrong


@pytest.mark.parametrize("script", [True, False])
def test_on_the_day_of_the_blizzard_clicks_lead_from_the_model_to_the_source(
    blizzard: str, window: Open, script: bool
) -> None:
    page, wrong = watched(window(java_script_enabled=script))
    page.goto(blizzard)
    row = page.get_by_role("row", name="departure_delay")
    expect(row.get_by_role("link", name="promote")).to_contain_text("block")
    expect(row.get_by_role("link", name="serve")).to_contain_text("warn")
    row.get_by_role("link", name="promote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("departure_delay")
    page.locator(".lineage").get_by_role("link", name="flights", exact=False).filter(
        has_text="NULL_LIMIT"
    ).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("flights")
    found = page.get_by_role("region", name="What is wrong")
    expect(found).to_contain_text("50.75% of 'dep_delay' is null; the contract allows 25.00%.")
    expect(page.get_by_role("img", name="Null share of dep_delay")).to_be_visible()
    expect(page.get_by_text("raw.flights")).to_be_visible()
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_shut_out(blizzard: str, window: Open, path: str, scheme: str) -> None:
    page = window(color_scheme=scheme).new_page()
    page.goto(blizzard + path)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page)
    assert found.response["passes"]
    told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]]
    assert told == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_over_the_edge_of_a_phone(blizzard: str, window: Open, path: str) -> None:
    page = window(viewport={"width": 400, "height": 800}).new_page()
    page.goto(blizzard + path)
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    for box in page.get_by_role("link").all():
        if box.is_visible() and not box.evaluate("one => !!one.closest('.scroll')"):
            edge = box.bounding_box()
            assert edge
            assert edge["x"] + edge["width"] <= 400


def test_everything_can_be_reached_by_keyboard(blizzard: str, window: Open) -> None:
    page = window().new_page()
    page.goto(blizzard)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    focused = "document.activeElement.name || document.activeElement.innerText"
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(focused))
    assert any("departure_delay" in one for one in seen)
    assert {"q", "state", "tier", "owner"} <= set(seen)
    assert any(one.startswith("flights") for one in seen)


def test_the_list_narrows_while_one_types(blizzard: str, window: Open) -> None:
    page, wrong = watched(window())
    page.goto(blizzard)
    page.get_by_label("Search").press_sequentially("weat")
    expect(page.get_by_role("link", name="flights", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="weather", exact=True)).to_be_visible()
    expect(page.get_by_label("Search")).to_be_focused()
    assert wrong == []


def test_without_script_the_list_narrows_by_a_button(blizzard: str, window: Open) -> None:
    page = window(java_script_enabled=False).new_page()
    page.goto(blizzard)
    page.get_by_label("Search").fill("weather")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name="flights", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="weather", exact=True)).to_be_visible()


def test_a_token_opens_the_page_and_signing_out_closes_it(demo: Path, window: Open, tmp_path: Path) -> None:
    folder = tmp_path / "replay"
    shutil.copytree(demo, folder)
    made = featureguard("token", "create", "on-call", "--scope", "read", folder=folder)
    secret = next(word for word in made.stdout.split() if word.startswith("fg_"))
    with serving(folder, "--now", BLIZZARD) as url:
        context = window()
        page, wrong = watched(context)
        page.goto(f"{url}/datasets/flights")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page.get_by_label("Token").fill(secret)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("flights")
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page.goto(f"{url}/datasets/flights")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        assert wrong == []
