"""What an incident is called, and what joining keeps."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from featureguard.incident import join
from featureguard.result import Severity
from tests.incident_builders import HOUR, clock, incident


def test_the_key_depends_on_what_broke_and_when_it_was_first_seen() -> None:
    one = incident()
    others = [
        dataclasses.replace(one, dataset="trips"),
        dataclasses.replace(one, check="nulls"),
        dataclasses.replace(one, column="fare"),
        dataclasses.replace(one, column=""),
        dataclasses.replace(one, openings=(clock(7) + timedelta(microseconds=1),)),
    ]
    assert len({one.key, *(other.key for other in others)}) == 6
    assert len(one.key) == 16


def test_the_key_of_a_release_is_that_of_the_next() -> None:
    assert incident().key == "7214caf0bc584dc7"


def test_the_key_does_not_depend_on_how_it_goes_on() -> None:
    assert incident(resolved=None).key == incident(last_bad=8.5, resolved=20, after=1).key


def test_joined_incidents_keep_the_first_key_and_know_the_others() -> None:
    first, second = incident(by=1, detected=None, resolved=5), incident(by=9, after=6, resolved=None)
    (joined,) = join([second, first], 2 * HOUR)
    assert joined.key == first.key
    assert joined.keys == (first.key, second.key)
    assert joined.flaps == 1
    assert joined.detected == second.detected
    assert (joined.started, joined.recovered) == (first.started, second.recovered)


def test_a_joined_incident_is_as_severe_as_its_worst_part() -> None:
    parts = [incident(by=1, resolved=5, severity=Severity.WARN), incident(by=9, after=6)]
    assert [one.severity for one in join(parts, 2 * HOUR)] == [Severity.BLOCK]
