"""The dashboard is a document that Grafana can import: panels on a grid that ask a chosen source."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest

from featureguard.publish.alert import Wishes
from featureguard.publish.dashboard import dashboard, to_dashboard

FOUND = dashboard(Wishes(job="our job", url="https://freshness.example.org/"))
PANELS = [panel for panel in FOUND["panels"] if panel["type"] != "row"]
CHOICES = {one["name"]: one for one in FOUND["templating"]["list"]}


def titles(panel: dict[str, Any]) -> str:
    return str(panel["title"])


def test_it_is_json_and_the_same_every_time() -> None:
    wishes = Wishes()
    assert json.loads(to_dashboard(wishes)) == dashboard(wishes)
    assert to_dashboard(wishes) == to_dashboard(wishes)


def test_every_panel_has_a_number_of_its_own_and_none_covers_another() -> None:
    every = FOUND["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    places = [panel["gridPos"] for panel in every]
    assert all(at["x"] >= 0 and at["x"] + at["w"] <= 24 for at in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


@pytest.mark.parametrize("panel", PANELS, ids=titles)
def test_a_panel_says_how_to_read_it_and_asks_the_source_that_was_chosen(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0


@pytest.mark.parametrize("panel", PANELS, ids=titles)
def test_a_panel_asks_only_the_job_and_only_with_choices_that_there_are(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        named = re.findall(r"\b(?:featureguard_\w+|up)\{([^}]*)\}", target["expr"])
        assert named
        assert all(labels.startswith('job="our job"') for labels in named)
        assert set(re.findall(r"\$(\w+)", target["expr"])) <= CHOICES.keys()


def test_choices_narrow_each_other_and_begin_with_all() -> None:
    assert list(CHOICES) == ["datasource", "tier", "owner", "dataset", "window"]
    for name in ("tier", "owner", "dataset"):
        assert (CHOICES[name]["allValue"], CHOICES[name]["current"]["value"]) == (".*", ["$__all"])
    assert 'tier=~"$tier", owner=~"$owner"' in CHOICES["dataset"]["query"]["query"]


def test_tables_show_the_columns_that_they_ask_for() -> None:
    [table] = [panel for panel in PANELS if panel["title"] == "Datasets" and panel["type"] == "table"]
    columns = table["transformations"][1]["options"]
    assert list(columns["renameByName"].values()) == [
        "Age",
        "Limit",
        "Fresh for another",
        "Last look",
        "Budget left",
    ]
    assert columns["excludeByName"] == {"Time": True, "Value #A": True}
    links = json.dumps(table["fieldConfig"]["overrides"])
    assert "https://freshness.example.org/datasets/${__value.raw}" in links


def test_it_links_to_the_service() -> None:
    assert [one["url"] for one in FOUND["links"]] == [
        "https://freshness.example.org/",
        "https://freshness.example.org/runbooks",
    ]
