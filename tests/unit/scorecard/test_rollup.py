"""Cards together: by tier, by owner and over all; what is missing is named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from featureguard.result import Code, Severity
from featureguard.scorecard import Features, Incidents, causes, sum_up, waiver_uses
from featureguard.scorecard.card import covers
from featureguard.scorecard.rollup import Objectives, from_cards
from featureguard.verdict import Decision, Reason, Verdict
from featureguard.waiver import Waiver
from tests.builders import DAY, NOW
from tests.incident_builders import clock, incident
from tests.scorecard_builders import PERIOD, card

SLO = {"objective": 0.9, "window": "28d"}


def test_features_add_up_by_tier_owner_and_over_all() -> None:
    cards = [
        card("a", Features(5, 1, 0), tier=0),
        card("b", Features(2, 0, 2), tier=1),
        card("c", Features(3, 0, 0), tier=1, owner="other"),
    ]
    found = from_cards(cards, PERIOD, NOW)
    assert [(one.name, one.features) for one in found.tiers] == [
        ("0", Features(5, 1, 0)),
        ("1", Features(5, 0, 2)),
    ]
    assert [(one.name, len(one.cards)) for one in found.owners] == [("me@example.org", 2), ("other", 1)]
    assert found.overall is not None
    assert found.overall.features == Features(10, 1, 2)


@pytest.mark.parametrize(
    ("features", "meets"), [(Features(100), True), (Features(99, 0, 1), False), (Features(99, 1, 0), None)]
)
def test_only_tier_0_has_a_target(features: Features, meets: bool | None) -> None:
    found = from_cards([card("a", features, tier=0), card("b", Features(0, 0, 9), tier=1)], PERIOD, NOW)
    assert [one.meets_target for one in found.tiers] == [meets, None]
    assert [one.target for one in found.tiers] == [0.99, None]


def test_objectives_are_met_missed_or_unknown_and_others_do_not_count() -> None:
    cards = [
        card("met", hours=(90, 10, 5), slo=SLO),
        card("missed", hours=(89, 11, 5), slo=SLO),
        card("unseen", hours=(0, 0, 9), slo=SLO),
        card("none"),
    ]
    overall = from_cards(cards, PERIOD, NOW).overall
    assert overall is not None
    assert overall.objectives == Objectives(met=1, missed=1, unknown=1)
    assert overall.objectives.total == 3


def test_what_is_missing_is_named() -> None:
    cards = [
        card("whole", slo=SLO, runbook="https://example.org"),
        card("bare"),
        card("unseen", looked=False, slo=SLO),
    ]
    overall = from_cards(cards, PERIOD, NOW).overall
    assert overall is not None
    assert overall.without_runbook == ("bare", "unseen")
    assert overall.without_objective == ("bare",)
    assert overall.without_evidence == ("unseen",)


def test_the_unknown_share_is_that_of_all_valid_time() -> None:
    overall = from_cards([card("a", hours=(90, 0, 10)), card("b", hours=(0, 0, 100))], PERIOD, NOW).overall
    assert overall is not None
    assert overall.unknown_share == 0.55
    assert card(hours=(0, 0, 0)).unknown_share is None


def test_a_catalog_without_datasets_has_no_figures() -> None:
    found = from_cards([], PERIOD, NOW)
    assert (found.overall, found.tiers, found.causes) == (None, (), ())


def test_an_incident_belongs_to_the_period_it_was_detected_in_and_open_ones_to_every() -> None:
    early, late, lasting = (
        incident(by=1, detected=2),
        incident(by=6, detected=7),
        incident(by=1, resolved=None),
    )
    found = sum_up([early, late, lasting], clock(5), clock(12), clock(20))
    assert found.detected == (late, lasting)
    assert sum_up([early, lasting], clock(8), clock(12), clock(20)).still_open == (lasting,)


@pytest.mark.parametrize(("now", "belongs"), [(7, True), (8, False)])
def test_a_period_that_reaches_up_to_now_includes_it(now: float, belongs: bool) -> None:
    found = sum_up([incident(detected=7)], clock(0), clock(7), clock(now))
    assert bool(found.detected) is belongs


def test_causes_are_ordered_by_how_long_they_lasted() -> None:
    known = (
        incident(by=6, resolved=9, last_bad=8, after=5),
        incident(by=1, resolved=20, last_bad=15, after=1, check="nulls"),
        incident(by=2, resolved=4, last_bad=3, detected=3),
    )
    found = causes(Incidents(known, (), clock(24)))
    assert [(one.code, one.incidents, one.lasted.most) for one in found] == [(Code.DATA_STALE, 3, None)]
    assert found[0].lasted.least == timedelta(hours=2 + 14 + 1)


def test_a_waiver_covers_its_dataset_or_all_of_its_subject() -> None:
    told = {"codes": ["DATA_STALE"], "reason": "x", "by": "me", "since": NOW, "until": NOW + DAY}
    one = Waiver.model_validate({**told, "dataset": "rides"})
    of_subject = Waiver.model_validate({**told, "subject": "pricing", "digests": {"rides": "", "zones": ""}})
    assert [covers(one, name) for name in ("rides", "zones")] == [True, False]
    assert [covers(of_subject, name) for name in ("rides", "zones", "other")] == [True, True, False]


def test_a_waiver_is_used_once_by_a_decision_however_many_reasons_it_covers() -> None:
    reason = Reason(Code.DATA_STALE, Verdict.BLOCK, Verdict.WARN, tier=0, text="", waiver="w")
    decision = Decision("pricing", "train", NOW, Verdict.BLOCK, Verdict.WARN, (reason, reason))
    assert waiver_uses([decision, decision]) == {"w": 2}


def test_warnings_are_incidents_too() -> None:
    found = sum_up([incident(severity=Severity.WARN)], clock(0), clock(24), clock(24))
    assert len(found.detected) == 1
    assert found.recovery.n == 1
