"""What may be promised about deliveries and partitions, and what is refused when a contract loads."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from featureguard.arrivals import Calendar, Covers
from featureguard.calendars import check_calendar, holidays_of
from featureguard.contract import Contract
from featureguard.errors import MissingExtraError
from tests.builders import rides

DAILY = {"cron": "0 1 * * *"}
AT = {"event": "at"}


def contract(**promise: Any) -> Contract:
    """A contract of a delivery."""
    return rides(time=AT, freshness={"delivery": {**DAILY, **promise}})


def refused(message: str, **parts: Any) -> None:
    with pytest.raises(ValidationError, match=message):
        rides(**{"time": AT, **parts})


def test_a_delivery_needs_no_more_than_when_it_is_due() -> None:
    found = contract().freshness
    assert found is not None
    assert found.delivery is not None
    assert (found.delivery.zone, found.delivery.grace, found.delivery.slack) == ("UTC", None, None)
    assert found.delivery.covers == Covers(per="day", lag=0)


def test_short_forms_mean_the_long_ones() -> None:
    assert contract(covers="hour").digest == contract(covers={"per": "hour"}).digest
    closed = Calendar.model_validate({"also": ["2013-12-30", date(2013, 12, 31)]})
    assert closed.also == (date(2013, 12, 30), date(2013, 12, 31))


def test_a_contract_with_deliveries_reads_back_what_it_writes() -> None:
    found = contract(calendar={"also": ["2013-12-30"]}, grace="5h", covers={"per": "week", "lag": 1})
    assert Contract.model_validate(found.model_dump(by_alias=True)) == found
    assert Contract.model_validate_json(found.model_dump_json(by_alias=True)) == found
    assert found.digest != contract().digest


@pytest.mark.parametrize(
    ("promise", "message"),
    [
        ({"cron": "every day"}, "of five fields"),
        ({"cron": "0 25 * * *"}, "no valid hour"),
        ({"zone": "Mars/Olympus"}, "no IANA time zone"),
        ({"calendar": {}}, "needs 'holidays', 'also' or both"),
        ({"calendar": {"also": ["30.12.2013"]}}, "is no day"),
        ({"calendar": {"also": [20131230]}}, "is no day"),
        ({"covers": "year"}, "'hour', 'day', 'week' or 'month'"),
        ({"grace": 5}, "is not a duration"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_when_it_loads(promise: dict[str, Any], message: str) -> None:
    refused(message, freshness={"delivery": {**DAILY, **promise}})


def test_an_age_knows_no_calendar() -> None:
    closed = {**DAILY, "calendar": {"also": ["2013-12-30"]}}
    refused("an age grows on holidays too", freshness={"max_age": "26h", "delivery": closed})
    both = rides(time=AT, freshness={"max_age": "26h", "delivery": DAILY}).freshness
    assert both is not None
    assert both.max_age == timedelta(hours=26)


def test_a_delivery_needs_a_clock_and_its_objective_a_delivery() -> None:
    refused("measured by a clock", time={}, freshness={"delivery": DAILY})
    slo = {"sli": "delivery", "objective": "95%", "window": "90d"}
    refused("needs 'freshness: {delivery: …}'", freshness={"max_age": "26h"}, slo=slo)
    assert rides(time=AT, freshness={"delivery": DAILY}, slo=slo).slo is not None


def test_partitions_are_folders_or_the_windows_that_are_judged() -> None:
    refused(r"write 'judge: \{per: day\}'", partitions={})
    refused(
        r"write 'judge: \{per: day, zone: Asia/Tokyo\}'",
        partitions={"zone": "Asia/Tokyo"},
        judge={"per": "day"},
    )
    assert rides(time=AT, partitions={}, judge={"per": "day"}).partitions is not None
    assert rides(partitions={"by": ["day"]}).partitions is not None


# ---------------------------------------------------------------------------------------------- calendars
def test_calendars_are_countries_their_parts_and_markets() -> None:
    pytest.importorskip("holidays", reason="holidays (extra 'calendar') is not installed")
    for name in ("US", "US-NY", "XNYS"):
        assert contract(calendar=name).digest == contract(calendar={"holidays": name}).digest
    assert date(2013, 7, 4) in holidays_of("US", 2013)
    assert date(2013, 3, 29) in holidays_of("XNYS", 2013) - holidays_of("US", 2013)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("USA", "Did you mean 'US'"), ("US-ZZ", "Did you mean 'US-"), ("NYSE", "XNYS")],
)
def test_an_unknown_calendar_is_refused_with_a_hint(name: str, hint: str) -> None:
    pytest.importorskip("holidays", reason="holidays (extra 'calendar') is not installed")
    with pytest.raises(ValidationError, match=hint):
        contract(calendar=name)


def test_without_the_package_a_contract_that_needs_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(MissingExtraError, match=r"featureguard\[calendar\]"):
        check_calendar("US")
    with pytest.raises(ValidationError, match=r"pip install 'featureguard\[calendar\]'"):
        contract(calendar="US")
    assert contract(calendar={"also": ["2013-12-30"]}).clock == "event_time"
