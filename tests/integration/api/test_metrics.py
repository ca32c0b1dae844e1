"""What Prometheus is told: instants and counters, nothing that was not measured, the same by every worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from prometheus_client.parser import text_string_to_metric_families

from featureguard.api import metrics
from featureguard.errors import StoreError
from featureguard.settling import LAG, settle
from tests.builders import HOUR
from tests.integration.api.conftest import Api, running
from tests.promtool import promtool

Samples = dict[str, list[tuple[dict[str, str], float]]]
SLO = {"objective": "99%", "window": "28d"}


def scrape(api: Api) -> Samples:
    """All samples by name."""
    answer = api.get("/metrics")
    assert answer.status_code == 200
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def the(samples: Samples, name: str, **labels: str) -> float:
    """The only sample of a name with these labels."""
    [value] = [value for has, value in samples[name] if labels.items() <= has.items()]
    return value


def state(samples: Samples) -> list[str]:
    return [has["state"] for has, value in samples["featureguard_dataset_state"] if value == 1]


def test_a_fresh_dataset_is_told_by_instants(small: Api) -> None:
    found = scrape(small)
    now = small.world.now
    assert state(found) == ["fresh"]
    assert len(found["featureguard_dataset_state"]) == 6
    assert the(found, "featureguard_dataset_newest_timestamp_seconds") == now.timestamp()
    limit = (now + 2 * HOUR).timestamp()
    assert the(found, "featureguard_dataset_fresh_until_timestamp_seconds") == limit
    assert the(found, "featureguard_dataset_max_age_seconds") == 7_200
    assert the(found, "featureguard_dataset_info", owner="me@example.org", clock="event_time", tier="0") == 1
    assert not any(name.endswith(("_age_seconds", "_lag_seconds")) and "max" not in name for name in found)


def test_a_stale_dataset_and_its_model_are_told(small: Api) -> None:
    small.world.go_stale()
    small.refresh()
    found = scrape(small)
    assert state(found) == ["stale"]
    assert the(found, "featureguard_dataset_findings", status="fail", severity="block") == 1
    assert the(found, "featureguard_gate_verdict", action="train", verdict="block") == 1
    assert the(found, "featureguard_gate_verdict", action="train", verdict="allow") == 0
    assert the(found, "featureguard_incidents_open", severity="block") == 1


def test_what_never_arrived_is_a_state_and_no_magic_instant(small: Api) -> None:
    small.world.promise(dataset="walks", subject={"requires": ["walks"]})
    small.refresh()
    found = scrape(small)
    assert state(found) == ["unknown"]
    assert "featureguard_dataset_newest_timestamp_seconds" not in found
    assert "featureguard_dataset_observed_timestamp_seconds" not in found
    assert "featureguard_dataset_rows" not in found


def test_counters_are_the_integral_of_time_that_is_over(asked: Api) -> None:
    it = asked.world
    it.promise(slo=SLO)
    it.look()
    begin = it.now
    seen = []
    for _ in range(4):
        it.go_stale()
        asked.refresh()
        fleet = asked.service.fleet
        settle(it.store.settled, [fleet.books("rides")], fleet.as_of)
        found = scrape(asked)
        parts = [the(found, f"featureguard_slo_{kind}_seconds_total") for kind in ("good", "bad", "unknown")]
        through = the(found, "featureguard_slo_settled_through_timestamp_seconds")
        assert through == (it.now - LAG).timestamp()
        assert sum(parts) == the(found, "featureguard_slo_valid_seconds_total")
        seen.append(parts)
    exact = asked.service.fleet.books("rides").sli("time", begin, it.now - LAG)
    whole = [value / 1e6 for value in (exact.good, exact.bad, exact.unknown)]
    first = asked.service.fleet.books("rides").first_look
    assert first
    early = (begin - first) / timedelta(seconds=1)
    assert seen[-1][1:] == whole[1:]
    assert whole[0] <= seen[-1][0] <= whole[0] + early
    assert all(a <= b for pair in pairwise(seen) for a, b in zip(*pair, strict=True))


def test_while_the_store_is_down_counters_are_missing_and_not_zero(
    small: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.world.promise(slo=SLO)
    small.world.look()
    small.world.now += 5 * HOUR
    small.refresh()
    settle(small.world.store.settled, [small.service.fleet.books("rides")], small.world.now)
    assert "featureguard_slo_good_seconds_total" in scrape(small)

    def down(*_: object) -> None:
        raise StoreError("down")

    monkeypatch.setattr(type(small.world.store.settled), "all", down)
    found = scrape(small)
    assert the(found, "featureguard_store_up") == 0
    assert "featureguard_slo_good_seconds_total" not in found


def test_every_worker_tells_the_same(small: Api) -> None:
    def told(api: Api) -> list[str]:
        lines = api.get("/metrics").text.splitlines()
        return [line for line in lines if not line.startswith("featureguard_snapshot_timestamp_seconds")]

    with running(small.world) as other:
        assert told(small) == told(other) != []


def test_openmetrics_is_spoken_to_whoever_asks_for_it(small: Api) -> None:
    answer = small.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_more_datasets_than_the_cap_are_left_out_and_counted(
    small: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MOST_DATASETS", 0)
    found = scrape(small)
    assert the(found, "featureguard_datasets_left_out") == the(found, "featureguard_datasets") == 1
    assert "featureguard_dataset_state" not in found


def test_long_labels_are_cut_and_stay_apart() -> None:
    one, other = "a" * 300, "a" * 299 + "b"
    assert len(metrics.label(one)) == metrics.MOST_CHARACTERS
    assert metrics.label(one) != metrics.label(other)
    assert metrics.label("a" * 200) == "a" * 200


def test_a_label_cannot_break_the_text(small: Api) -> None:
    owner = 'me"} 1\nfeatureguard_store_up 7 \\'
    small.world.promise(owner=owner.replace("\n", " "))
    small.refresh()
    assert the(scrape(small), "featureguard_store_up") == 1


def test_promtool_finds_nothing_to_complain_about(small: Api) -> None:
    small.world.promise(slo=SLO)
    small.world.go_stale()
    small.refresh()
    settle(small.world.store.settled, [small.service.fleet.books("rides")], small.world.now)
    done = promtool("check", "metrics", read=small.get("/metrics").text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_service_lets_counters_go_on_by_itself(small: Api) -> None:
    small.world.promise(slo=SLO)
    small.world.look()
    small.world.now += 5 * HOUR
    small.refresh()
    for _ in small.service.keeper.ahead(small.service.fleet):
        pass
    [found] = small.world.store.settled.all()
    assert found.through == small.world.now - LAG
    assert isinstance(found.through, datetime)
