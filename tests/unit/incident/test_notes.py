"""What people did about an incident."""

from __future__ import annotations

import dataclasses

from featureguard.incident import Incident, Note, Stage, join, state
from tests.incident_builders import HOUR, clock, incident

OPEN = incident(resolved=None)
SEEN = Note(OPEN.key, "acknowledge", "ana", clock(8))
TAKEN = Note(OPEN.key, "assign", "ana", clock(9), "bo")
WRITTEN = Note(OPEN.key, "note", "bo", clock(10), "The upstream export hangs.")


def stage(one: Incident, *notes: Note) -> Stage:
    return state(one, notes).stage


def test_an_incident_is_open_until_somebody_acknowledges_it() -> None:
    assert stage(OPEN, TAKEN, WRITTEN) is Stage.OPEN
    assert stage(OPEN, SEEN) is Stage.ACKNOWLEDGED


def test_only_a_good_sighting_resolves() -> None:
    assert stage(dataclasses.replace(OPEN, recovered=incident().recovered)) is Stage.RESOLVED


def test_the_last_assignment_counts_and_an_empty_one_takes_it_back() -> None:
    again = dataclasses.replace(TAKEN, at=clock(11), text="cy")
    nobody = dataclasses.replace(TAKEN, at=clock(12), text="")
    assert state(OPEN, [again, TAKEN]).assignee == "cy"
    assert state(OPEN, [nobody, again, TAKEN]).assignee is None
    assert state(OPEN, []).assignee is None


def test_notes_come_oldest_first_once_each_whatever_order_they_are_in() -> None:
    assert state(OPEN, [WRITTEN, SEEN, TAKEN, SEEN]).notes == (SEEN, TAKEN, WRITTEN)


def test_notes_about_other_incidents_do_not_count() -> None:
    assert state(OPEN, [dataclasses.replace(SEEN, incident="0123456789abcdef")]).notes == ()


def test_notes_about_a_part_that_was_joined_are_about_the_whole() -> None:
    first = incident(by=1, detected=2, resolved=5)
    (whole,) = join([first, incident(by=9, after=6, resolved=None)], 2 * HOUR)
    noted = [Note(key, "note", "ana", clock(10), key) for key in whole.keys]
    assert len(state(whole, noted).notes) == 2
