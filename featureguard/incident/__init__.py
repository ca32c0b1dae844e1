"""Incidents: derived from what was recorded, never typed in.

`freshness.py` finds them in the timeline, `failing.py` in the results of the other checks; `value.py` is what
both find. `response.py` says how long detection and recovery took, `groups.py` which incident caused which,
and `notes.py` what people did about it.
"""

from featureguard.incident.failing import check_incidents
from featureguard.incident.freshness import default_hysteresis, freshness_incidents
from featureguard.incident.groups import Group, Impact, group
from featureguard.incident.notes import Note, Stage, State, state
from featureguard.incident.response import (
    Distribution,
    Lapse,
    Response,
    distribution,
    in_window,
    lasted,
    respond,
    time_to_detect,
    time_to_recover,
)
from featureguard.incident.value import Incident, Recovered, Started, join

__all__ = [
    "Distribution",
    "Group",
    "Impact",
    "Incident",
    "Lapse",
    "Note",
    "Recovered",
    "Response",
    "Stage",
    "Started",
    "State",
    "check_incidents",
    "default_hysteresis",
    "distribution",
    "freshness_incidents",
    "group",
    "in_window",
    "join",
    "lasted",
    "respond",
    "state",
    "time_to_detect",
    "time_to_recover",
]
