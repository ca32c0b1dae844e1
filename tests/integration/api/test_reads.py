"""What the API shows of datasets, subjects and people, and how old it says that is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from featureguard.access import Scope
from featureguard.result import Code
from tests.builders import HOUR
from tests.decision_world import MINUTE
from tests.integration.api.conftest import Api

READS = [
    "/v1/datasets",
    "/v1/datasets/rides",
    "/v1/datasets/rides/slo",
    "/v1/datasets/rides/results",
    "/v1/datasets/rides/incidents",
    "/v1/datasets/rides/lineage",
    "/v1/datasets/rides/impact",
    "/v1/subjects",
    "/v1/subjects/pricing",
    "/v1/subjects/pricing/lineage",
    "/v1/lineage",
    "/v1/incidents",
    "/v1/waivers",
    "/v1/decisions",
    "/v1/scorecard",
]


@pytest.mark.parametrize("path", READS)
def test_every_read_says_what_it_rests_on_and_may_be_kept_for_a_moment(small: Api, path: str) -> None:
    first = small.get(path)
    assert first.status_code == 200
    assert first.json()["as_of"] == small.world.now.isoformat()
    fleet = small.service.fleet
    assert first.headers["featureguard-snapshot"] == fleet.version
    assert first.headers["cache-control"] == "private, max-age=300"
    again = small.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_dataset_tells_age_limit_and_until_when_it_is_fresh(asked: Api) -> None:
    asked.world.now += HOUR // 2
    asked.refresh()
    told = asked.get("/v1/datasets/rides").json()
    assert (told["state"], told["status"], told["tier"]) == ("fresh", "pass", 0)
    assert told["freshness"]["age_seconds"] == 1_800
    assert told["freshness"]["max_age_seconds"] == 7_200
    assert told["freshness"]["clock"] == "event_time"
    assert told["evidence"]["age_seconds"] == 1_800
    assert (told["evidence"]["recorder"], told["evidence"]["rows"]) == ("worker", 1)
    assert told["findings"] == []


@pytest.mark.parametrize(
    ("later", "state"),
    [(timedelta(), "fresh"), (HOUR, "fresh"), (HOUR + MINUTE, "unknown"), (3 * HOUR, "stale")],
)
def test_a_state_changes_by_itself_as_time_goes_by(small: Api, later: timedelta, state: str) -> None:
    small.world.now += later
    small.refresh()
    assert small.get("/v1/datasets/rides").json()["state"] == state


def test_what_is_recorded_elsewhere_is_seen_at_the_next_snapshot(asked: Api) -> None:
    before = asked.get("/v1/datasets/rides")
    asked.world.go_stale()
    asked.refresh()
    after = asked.get("/v1/datasets/rides")
    assert after.json()["state"] == "stale"
    assert after.json()["findings"][0]["code"] == Code.DATA_STALE
    assert after.headers["featureguard-snapshot"] != before.headers["featureguard-snapshot"]


def test_a_new_contract_is_judged_by_at_once(small: Api) -> None:
    small.world.now += MINUTE
    small.world.promise(freshness={"max_age": "30s"})
    small.refresh()
    told = small.get("/v1/datasets/rides").json()
    assert (told["state"], told["freshness"]["max_age_seconds"]) == ("stale", 30)


def test_an_objective_is_accounted_for(asked: Api) -> None:
    asked.world.promise(slo={"objective": 0.9, "window": "7d"})
    asked.world.look()
    asked.world.go_stale()
    asked.refresh()
    told = asked.get("/v1/datasets/rides/slo").json()["objective"]
    assert told["objective_ratio"] == 0.9
    assert told["bad_seconds"] > 0
    assert told["budget_remaining_ratio"] < 1
    last = asked.get("/v1/datasets/rides/slo", params={"window_seconds": 60}).json()["objective"]
    assert last["bad_seconds"] == 60


def test_pages_of_datasets_join_to_the_whole(small: Api) -> None:
    from featureguard.catalog import Catalog
    from featureguard.contract import Contract

    names = [f"table_{n}" for n in range(7)]
    made = [
        Contract.model_validate({"dataset": name, "owner": "me", "tier": n % 3})
        for n, name in enumerate(names)
    ]
    small.world.catalog = Catalog.from_contracts(made)
    small.refresh()
    seen, cursor = [], None
    while True:
        page = small.get("/v1/datasets", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [one["dataset"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == sorted(names, key=lambda name: (names.index(name) % 3, name))
    assert {one["state"] for one in page["items"]} == {"none"}
    only = small.get("/v1/datasets", params={"tier": 1}).json()["items"]
    assert [one["dataset"] for one in only] == ["table_1", "table_4"]
    assert small.get("/v1/datasets", params={"state": "fresh"}).json()["items"] == []


def test_results_are_told_look_by_look(asked: Api) -> None:
    for _ in range(3):
        asked.world.look()
    asked.refresh()
    path = "/v1/datasets/rides/results"
    whole = asked.get(path, params={"check": "freshness"}).json()
    assert (len(whole["items"]), whole["next"]) == (4, None)
    page = asked.get("/v1/datasets/rides/results", params={"check": "freshness", "limit": 3}).json()
    rest = asked.get(
        "/v1/datasets/rides/results", params={"check": "freshness", "since": page["next"]}
    ).json()
    assert page["items"] + rest["items"] == whole["items"]


def test_an_incident_is_found_acknowledged_and_assigned(asked: Api) -> None:
    assert asked.get("/v1/incidents").json()["groups"] == []
    asked.world.go_stale()
    asked.refresh()
    (group,) = asked.get("/v1/incidents").json()["groups"]
    key = group["roots"][0]["key"]
    assert (group["dataset"], group["takes_down"]) == ("rides", ["pricing"])
    assert asked.post(f"/v1/incidents/{key}/notes", {"kind": "acknowledge"}).status_code == 201
    asked.world.now += MINUTE
    told = asked.post(f"/v1/incidents/{key[:8]}/notes", {"kind": "assign", "text": "ann"}).json()
    assert [(note["kind"], note["by"], note["text"]) for note in told["notes"]] == [
        ("acknowledge", "local", ""),
        ("assign", "local", "ann"),
    ]
    now = asked.get(f"/v1/incidents/{key}").json()
    assert (now["stage"], now["assignee"]) == ("acknowledged", "ann")
    assert asked.get("/v1/incidents/00000000").status_code == 404


def test_a_waiver_is_given_listed_and_taken_back(asked: Api) -> None:
    asked.world.go_stale()
    asked.refresh()
    body = {"dataset": "rides", "codes": ["DATA_STALE"], "seconds": 3600, "reason": "the vendor is down"}
    refused = asked.post("/v1/waivers", body)
    assert (refused.status_code, "second person" in refused.json()["detail"]) == (422, True)
    given = asked.post("/v1/waivers", body | {"approved_by": "bob"})
    assert given.status_code == 201
    waiver = given.json()
    assert (waiver["by"], waiver["verified"], waiver["holds"]) == ("local", False, True)
    asked.refresh()
    assert asked.post("/v1/previews", {"subject": "pricing", "action": "train"}).json()["allowed"] is True
    assert [one["id"] for one in asked.get("/v1/waivers").json()["items"]] == [waiver["id"]]
    back = asked.post(f"/v1/waivers/{waiver['id']}/revoke", {"reason": "it is up again"}).json()
    assert (back["holds"], back["revoked_by"]) == (False, "local")
    asked.refresh()
    assert asked.post("/v1/previews", {"subject": "pricing", "action": "train"}).json()["allowed"] is False
    assert asked.get("/v1/waivers").json()["items"] == []
    assert len(asked.get("/v1/waivers", params={"all": True}).json()["items"]) == 1


def test_a_waiver_of_tier_0_waits_for_another_token(asked: Api) -> None:
    asked.world.go_stale()
    ann, bob = (asked.token(Scope.WAIVE, Scope.READ, name=name) for name in ("ann", "bob"))
    body = {"dataset": "rides", "codes": ["DATA_STALE"], "seconds": 3600, "reason": "the vendor is down"}
    train = {"subject": "pricing", "action": "train"}
    named = asked.post("/v1/waivers", body | {"approved_by": "bob"}, ann)
    assert (named.status_code, "A name proves nothing" in named.json()["detail"]) == (422, True)
    waiting = asked.post("/v1/waivers", body, ann).json()
    assert (waiting["by"], waiting["approved_by"], waiting["waits"]) == ("ann", None, True)
    asked.refresh()
    decision = asked.post("/v1/previews", train, ann).json()["decision"]
    assert decision["effective"] == "block"
    assert any("has no second person" in remark["text"] for remark in decision["remarks"])
    approve = f"/v1/waivers/{waiting['id']}/approve"
    assert asked.ask("POST", approve, ann).status_code == 409
    both = asked.ask("POST", approve, bob).json()
    assert (both["by"], both["approved_by"], both["verified"], both["waits"]) == ("ann", "bob", True, False)
    asked.refresh()
    assert asked.post("/v1/previews", train, ann).json()["allowed"] is True
    assert [one["id"] for one in asked.get("/v1/waivers", ann).json()["items"]] == [both["id"]]
    assert asked.ask("POST", approve, bob).status_code == 409
    assert asked.ask("POST", "/v1/waivers/00000000/approve", bob).status_code == 404


def test_where_nobody_has_a_token_nobody_can_prove_to_be_the_second(small: Api) -> None:
    assert small.ask("POST", "/v1/waivers/00000000/approve").status_code == 403


@pytest.mark.parametrize("path", ["/v1/datasets/ridez", "/v1/subjects/pricin", "/v1/datasets/pricin/lineage"])
def test_an_unknown_name_is_not_found_and_the_near_one_is_told(small: Api, path: str) -> None:
    answer = small.get(path)
    assert answer.status_code == 404
    assert "Did you mean" in answer.json()["detail"]


def test_what_breaks_is_followed_downstream(small: Api) -> None:
    told = small.get("/v1/datasets/rides/impact").json()
    assert told["subjects"] == [{"name": "pricing", "distance": 1, "path": ["rides", "pricing"]}]
    graph = small.get("/v1/subjects/pricing/lineage").json()
    assert {"upstream": "rides", "downstream": "pricing"} in graph["edges"]
    assert {"name": "rides", "kind": "dataset", "state": "fresh"} in graph["nodes"]
