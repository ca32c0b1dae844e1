"""What the status page says, to whom, and that nothing in it runs or loads what is not ours."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
import yaml
from httpx import Response

from featureguard.access import Scope
from featureguard.errors import StoreError
from featureguard.publish.alert import Wishes
from featureguard.publish.rules import to_rules
from tests.builders import HOUR
from tests.integration.api.conftest import Api

PAGES = [
    "/",
    "/datasets/rides",
    "/subjects/pricing",
    "/incidents",
    "/incidents?all=1",
    "/scorecard",
    "/runbooks",
]
HTML = {"Accept": "text/html,*/*;q=0.8"}
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """A page taken apart: it must be well formed."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.opened: list[str] = []
        self.feed(answer.text)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [found for _, attrs in self.tags if (found := attrs.get(name)) is not None]


def look(api: Api, path: str, token: str | None = None) -> Page:
    """A page that is there."""
    answer = api.get(path, token, headers=HTML)
    assert answer.status_code == 200
    return Page(answer)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_and_runs_only_what_is_ours(small: Api, path: str) -> None:
    answer = small.get(path, headers=HTML)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    page = Page(answer)
    assert [tag for tag, attrs in page.tags if tag == "script" and "src" not in attrs] == []
    assert not any(name.startswith("on") or name == "style" for _, attrs in page.tags for name in attrs)
    loaded = page.all("src") + [attrs["href"] or "" for tag, attrs in page.tags if tag == "link"]
    assert len(loaded) == 3
    for address in loaded:
        found = small.get(address)
        assert (found.status_code, "immutable" in found.headers["cache-control"]) == (200, True)


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(small: Api, path: str) -> None:
    small.world.go_stale()
    small.refresh()
    addresses = {href for href in look(small, path).all("href") if href.startswith(("/", "?"))}
    assert {f"{path.partition('?')[0]}{one}" if one[0] == "?" else one for one in addresses} > {"/"}
    for one in addresses - {"/metrics"}:
        target = f"{path.partition('?')[0]}{one}" if one.startswith("?") else one
        assert small.get(target, headers=HTML).status_code == 200, target


def test_the_way_from_the_model_to_the_cause_is_a_way_of_links(small: Api) -> None:
    small.world.go_stale()
    small.refresh()
    fleet = look(small, "/")
    assert "rides" in fleet.text
    assert "DATA_STALE" in look(small, "/subjects/pricing").text
    assert "/subjects/pricing#train" in fleet.all("href")
    assert "/datasets/rides" in look(small, "/subjects/pricing").all("href")
    cause = look(small, "/datasets/rides").text
    assert "stale" in cause
    assert "DATA_STALE of at" in cause


def test_a_contract_cannot_put_anything_into_a_page_but_text(small: Api) -> None:
    evil = "<script>alert(1)</script>"
    small.world.promise(
        owner=evil,
        description=f"{evil}\"'",
        tags=[evil],
        runbook='https://example.org/"><script>',
        subject={"owner": evil},
    )
    small.world.go_stale()
    small.refresh()
    for path in PAGES:
        page = look(small, path)
        assert [attrs for tag, attrs in page.tags if tag == "script"] == [
            {"src": page.all("src")[0], "defer": None}
        ]
        assert not any(href.startswith("javascript") for href in page.all("href"))
    assert evil in look(small, "/datasets/rides").text
    answer = small.get(f"/?q={quote(evil + chr(34))}", headers=HTML)
    assert evil not in answer.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=fresh", True),
        ("state=stale", False),
        ("tier=0", True),
        ("tier=1", False),
        ("owner=me%40example.org", True),
        ("owner=nobody", False),
        ("q=RID", True),
        ("q=walks", False),
        ("state=&tier=&owner=&q=", True),
        ("page=2", False),
    ],
)
def test_datasets_can_be_looked_for(small: Api, query: str, shown: bool) -> None:
    assert ("/datasets/rides" in look(small, f"/?{query}").all("href")) is shown


@pytest.mark.parametrize(
    "path",
    ["/datasets/rids", "/subjects/pricin", "/nowhere", "/?tier=9", "/?state=x", "/datasets/rides?days=8"],
)
def test_a_page_that_is_not_there_says_so_to_people(small: Api, path: str) -> None:
    answer = small.get(path, headers=HTML)
    assert answer.status_code in (404, 422)
    page = Page(answer)
    assert f"HTTP {answer.status_code}" in page.text
    assert small.get(path).headers["content-type"] == "application/problem+json"


def test_a_misspelt_dataset_gets_a_suggestion(small: Api) -> None:
    assert "Did you mean 'rides'?" in small.get("/datasets/rids", headers=HTML).text.replace("&#39;", "'")


def test_a_page_that_stands_still_says_so(small: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "stands still" not in look(small, "/").text

    def down() -> None:
        raise StoreError("Evidence store store.db cannot be read.")

    monkeypatch.setattr(small.world.store, "versions", down)
    with pytest.raises(StoreError):
        small.refresh()
    page = look(small, "/").text
    assert "This page stands still. The evidence store cannot be read" in page
    monkeypatch.undo()
    small.refresh()
    assert "stands still" not in look(small, "/").text


def test_the_runbooks_have_every_alert_and_can_be_read_before_the_first_picture(
    small: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small.service.keeper, "_fleet", None)
    page = look(small, "/runbooks")
    rules = yaml.safe_load(to_rules(Wishes()))["groups"]
    linked = {rule["alert"] for group in rules for rule in group["rules"]}
    assert linked == {name for name in page.all("id") if name.startswith("Featureguard")}
    assert "Fires always: none." in page.text


def test_before_the_first_picture_a_page_asks_for_patience(
    small: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small.service.keeper, "_fleet", None)
    answer = small.get("/", headers=HTML)
    assert (answer.status_code, answer.headers["refresh"]) == (503, "2")


def test_a_browser_without_a_token_is_asked_for_one_and_comes_back(small: Api) -> None:
    token = small.token(Scope.READ)
    sent = small.get("/datasets/rides", headers=HTML)
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/datasets/rides")
    form = look(small, sent.headers["location"])
    assert form.all("value") == ["/datasets/rides"]
    entered = small.client.post("/login", data={"next": "/datasets/rides", "token": f" {token} "})
    assert (entered.status_code, entered.headers["location"]) == (303, "/datasets/rides")
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age" not in cookie
    assert small.get("/datasets/rides", headers=HTML).status_code == 200
    left = small.client.post("/logout")
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    assert small.get("/datasets/rides", headers=HTML).status_code == 303


def test_a_token_that_may_not_read_is_told_so(small: Api) -> None:
    answer = small.client.post("/login", data={"token": small.token(Scope.OBSERVE)})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert "lacks the scope 'read'" in Page(answer).text


@pytest.mark.parametrize("secret", ["", "x", "fg_" + "0" * 12 + "_" + "a" * 43, "\ud800", "é" * 99])
def test_a_wrong_token_opens_nothing(small: Api, secret: str) -> None:
    small.token(Scope.READ)
    body = b"token=" + quote(secret, errors="surrogatepass").encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = small.client.post("/login", content=body, headers=form)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert Page(answer).all("value") == ["/"]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb", "\\\\evil"]
)
def test_a_login_never_leads_to_another_host(small: Api, target: str) -> None:
    token = small.token(Scope.READ)
    answer = small.client.post("/login", data={"next": target, "token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert look(small, f"/login?next={quote(target)}").all("value") == ["/"]


def test_guessing_tokens_is_slowed_down(small: Api) -> None:
    small.token(Scope.READ)
    found = [small.client.post("/login", data={"token": "x"}).status_code for _ in range(25)]
    assert found[:15] == [401] * 15
    assert found[-1] == 429


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fassets.py", "htmx.LICENSE", "%2Fetc%2Fpasswd"])
def test_only_assets_are_assets(small: Api, name: str) -> None:
    assert small.get(f"/static/{name}").status_code == 404


def test_ages_on_a_page_are_those_of_its_instant(small: Api) -> None:
    small.world.now += HOUR // 2
    small.refresh()
    assert re.search(r"30min of 2h", look(small, "/").text)
