"""Three documents become one: what Feast says, what it said, and what people made of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from featureguard.feast.merging import merge

BASE: dict[str, Any] = {"tier": 0, "tags": ["feast"], "freshness": {"max_age": "2h", "warn": "1h"}}


@pytest.mark.parametrize(
    ("mine", "theirs", "merged", "told"),
    [
        ({}, {}, {}, []),
        ({"tier": 1}, {}, {"tier": 1}, []),
        ({}, {"tier": 1}, {"tier": 1}, []),
        ({"tier": 2}, {"tier": 2}, {"tier": 2}, []),
        ({"tier": 1}, {"tier": 2}, {"tier": 1}, ["'tier' is 1 by hand; Feast says 2"]),
        ({"note": "mine"}, {"owner": "new"}, {"note": "mine", "owner": "new"}, []),
        (
            {"owner": "mine"},
            {"owner": "new"},
            {"owner": "mine"},
            ["'owner' is 'mine' by hand; Feast says 'new'"],
        ),
        (
            {"freshness": {"max_age": "3h", "warn": "1h"}},
            {"freshness": {"max_age": "2h", "warn": "30min", "grace": "1h"}},
            {"freshness": {"max_age": "3h", "warn": "30min", "grace": "1h"}},
            [],
        ),
        ({"tags": ["feast", "mine"]}, {"tags": ["feast", "new"]}, {"tags": ["feast", "mine"]}, ["'tags' is"]),
    ],
)
def test_edits_are_kept_and_the_rest_follows(
    mine: dict[str, Any], theirs: dict[str, Any], merged: dict[str, Any], told: list[str]
) -> None:
    document = copy.deepcopy(BASE) | mine
    found = merge(document, BASE, BASE | theirs)
    assert document == BASE | merged
    assert [one.startswith(wanted) for one, wanted in zip(found, told, strict=True)] == [True] * len(told)


def test_what_feast_has_no_more_goes_unless_it_was_edited() -> None:
    document = copy.deepcopy(BASE)
    document["freshness"]["warn"] = "5min"
    told = merge(document, BASE, {"freshness": {"max_age": "2h"}})
    assert document == {"freshness": {"max_age": "2h", "warn": "5min"}}
    assert told == ["'freshness.warn' was edited by hand; Feast has it no more"]


def test_what_was_taken_out_by_hand_stays_out() -> None:
    document = {key: value for key, value in BASE.items() if key != "tier"}
    assert merge(document, BASE, BASE) == []
    assert "tier" not in document
    assert merge(document, BASE, BASE | {"tier": 3}) == ["'tier' was taken out by hand; Feast says 3"]
    assert "tier" not in document
