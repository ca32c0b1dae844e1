"""Rules and the dashboard ask only for what the service tells: a misspelt metric would be silent for ever."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from featureguard.accounting import BURN_WINDOWS
from featureguard.duration import format_duration
from featureguard.publish.alert import Wishes
from featureguard.publish.dashboard import to_dashboard
from featureguard.publish.rules import to_rules
from featureguard.serving.fleet import State
from featureguard.verdict import Verdict
from tests.integration.api.conftest import Api

PUBLISHED = {"rules": to_rules(Wishes()), "dashboard": to_dashboard(Wishes()).replace('\\"', '"')}
LABELS = {
    "state": {one.value for one in State},
    "verdict": {one.value for one in Verdict},
    "window": set(map(format_duration, BURN_WINDOWS)),
    "sli": {"time", "population", "delivery"},
    "severity": {"block", "warn"},
    "status": {"fail", "unknown"},
}


@pytest.mark.parametrize("text", PUBLISHED.values(), ids=PUBLISHED)
def test_every_metric_that_is_asked_for_is_told(small: Api, text: str) -> None:
    told = set(re.findall(r"^# HELP (\w+) ", small.get("/metrics").text, re.MULTILINE))
    asked = set(re.findall(r"\b(featureguard_\w+)\{", text))
    assert len(asked) > 15
    assert asked <= told


@pytest.mark.parametrize("text", PUBLISHED.values(), ids=PUBLISHED)
@pytest.mark.parametrize("label", LABELS)
def test_every_value_of_a_label_that_is_asked_for_exists(text: str, label: str) -> None:
    asked = re.findall(rf'[{{, ]{label}=~?"([^"$]*)"', text)
    assert {value for one in asked for value in one.split("|")} <= LABELS[label]


def test_windows_are_written_as_the_service_writes_them() -> None:
    assert format_duration(timedelta(days=1)) == "24h"
    assert set(re.findall(r'window="(\w+)"', PUBLISHED["rules"])) == set(map(format_duration, BURN_WINDOWS))
