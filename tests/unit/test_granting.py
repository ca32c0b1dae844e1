"""Giving waivers: what they bind to, and what nobody may give."""

from __future__ import annotations

from typing import Any

import pytest

from featureguard.catalog import Catalog
from featureguard.contract import Contract, External, Subject
from featureguard.errors import UsageError
from featureguard.granting import grant
from featureguard.policy import Policy
from featureguard.waiver import NEVER_WAIVED, Waiver
from tests.builders import DAY, HOUR, NOW
from tests.decision_world import TICK


def dataset(name: str, tier: int = 2, **parts: Any) -> Contract:
    told = {"dataset": name, "owner": "me@example.org", "tier": tier, "volume": {"at_least": 1}}
    return Contract.model_validate(told | parts)


def subject(name: str, *requires: str | External, tier: int = 2, policy: str | None = None) -> Subject:
    return Subject(subject=name, owner="ml@example.org", tier=tier, requires=requires, policy=policy)  # type: ignore[arg-type]


CATALOG = Catalog.from_contracts(
    [dataset("taxis"), dataset("rides", upstream=["taxis"]), dataset("fares"), dataset("zones", 0)],
    [
        subject("pricing", "rides", "fares"),
        subject("fraud", "fares", tier=0),
        subject("maps", "zones", policy="trusting"),
        subject("toy", External(external="web")),
    ],
    [Policy.model_validate({"policy": "trusting", "second_person": [1], "waiver_max": "1d"})],
)


def given(**parts: Any) -> Waiver:
    told: dict[str, Any] = {
        "dataset": "rides",
        "subject": None,
        "codes": ["DATA_STALE"],
        "reason": "the vendor is down",
        "by": "ann",
        "since": NOW,
        "until": NOW + HOUR,
    }
    return grant(CATALOG, **(told | parts))


def digests(*names: str) -> dict[str, str]:
    return {name: CATALOG.contracts[name].digest for name in names}


def test_a_waiver_binds_to_the_promises_of_today() -> None:
    assert given().digests == digests("rides")
    assert given(subject="pricing").digests == digests("rides")


def test_a_waiver_of_a_subject_binds_to_all_that_it_stands_on() -> None:
    assert given(dataset=None, subject="pricing").digests == digests("fares", "rides", "taxis")
    assert given(dataset=None, subject="toy", codes=["CONTRACT_MISSING"]).digests == {}


def test_a_code_that_is_given_twice_counts_once() -> None:
    assert given(codes=["DATA_STALE", "NULL_LIMIT", "DATA_STALE"]).codes == ("DATA_STALE", "NULL_LIMIT")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"dataset": "ridez"}, "no dataset 'ridez'. Did you mean 'rides'?"),
        ({"dataset": "pricing"}, "no dataset 'pricing'"),
        ({"subject": "pricin"}, "no subject 'pricin'. Did you mean 'pricing'?"),
        ({"dataset": None}, "for a dataset, a subject, or both"),
        ({"subject": "fraud"}, "'fraud' does not stand on 'rides'"),
        ({"codes": ["DATA_STAL"]}, "no reason code 'DATA_STAL'. Did you mean 'DATA_STALE'?"),
        ({"codes": []}, "codes"),
        ({"until": NOW}, "ends after it begins"),
        ({"until": NOW - HOUR}, "ends after it begins"),
        ({"reason": ""}, "reason"),
        ({"bound": float("nan")}, "bound"),
    ],
)
def test_what_cannot_be_right_is_refused(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        given(**parts)
    assert said in str(error.value)


@pytest.mark.parametrize("code", sorted(NEVER_WAIVED))
def test_broken_evidence_is_never_waived(code: str) -> None:
    with pytest.raises(UsageError, match=f"{code} cannot be waived"):
        given(codes=["DATA_STALE", code])


@pytest.mark.parametrize(
    ("names", "longest"),
    [({}, 7 * DAY), ({"dataset": "zones"}, DAY), ({"dataset": None, "subject": "maps"}, DAY)],
)
def test_a_waiver_lasts_as_long_as_every_policy_that_meets_it_allows(names: Any, longest: Any) -> None:
    assert given(**names, until=NOW + longest).until == NOW + longest
    with pytest.raises(UsageError, match=r"at most; .* Give a shorter one"):
        given(**names, until=NOW + longest + TICK)


@pytest.mark.parametrize(
    ("names", "tier"),
    [
        ({"dataset": "rides"}, None),
        ({"dataset": "fares"}, 0),  # `fraud` makes it critical.
        ({"dataset": "fares", "subject": "pricing"}, None),
        ({"dataset": None, "subject": "fraud"}, 0),
        ({"dataset": "zones"}, None),  # Its policy trusts one person on tier 0.
    ],
)
def test_a_second_person_is_needed_where_the_effective_tier_needs_one(names: Any, tier: int | None) -> None:
    if tier is None:
        assert given(**names).approved_by is None
    else:
        with pytest.raises(UsageError, match=f"Tier {tier} needs a second person"):
            given(**names)
    assert not given(**names, approved_by="bob").verified


@pytest.mark.parametrize("second", ["ann", "Ann ", " ", ""])
def test_the_second_person_is_somebody_else(second: str) -> None:
    with pytest.raises(UsageError, match="somebody else"):
        given(approved_by=second)


def test_a_dataset_that_nobody_requires_is_judged_by_its_own_tier() -> None:
    alone = Catalog.from_contracts([dataset("rides", 0)])
    told = {"codes": ["DATA_STALE"], "reason": "x", "by": "ann", "since": NOW, "until": NOW + HOUR}
    with pytest.raises(UsageError, match="Tier 0 needs a second person"):
        grant(alone, dataset="rides", subject=None, **told)  # type: ignore[arg-type]
