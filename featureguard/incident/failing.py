"""Incidents of the other checks, from the results of look after look (semantics, section 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.incident.spells import Spell, spells
from featureguard.incident.value import Incident, Recovered, Started, join, worst_severity
from featureguard.result import CheckResult, Code, Severity, Status

Seen = tuple[datetime, str | None, CheckResult]
"""The instant of a look, the snapshot that it saw (`None` if the source names none) and one result of it."""


def check_incidents(
    dataset: str, results: Iterable[Seen], hysteresis: timedelta = timedelta(0)
) -> tuple[Incident, ...]:
    """When a check failed: the first failing look opens an incident, the next passing one resolves it.

    `unknown` does neither. An incident started at the first look at the failing snapshot, even if that look
    could not judge it yet. A promise or finding that a look no longer mentions is over, if that look measured
    anything and no check of it crashed.

    Args:
        dataset: Name of the dataset.
        results: All results of its looks, in any order. Those of `freshness` are left out: the timeline knows
            more about it (`freshness_incidents`).
        hysteresis: Incidents of one check and column parted by less good time are one.

    Returns:
        By opening, check and column.
    """
    looks = _looks(results)
    promises = {promise for look in looks for promise in look.results if promise[0] != "freshness"}
    found = [one for promise in promises for one in _incidents(dataset, promise, looks, hysteresis)]
    return tuple(sorted(found, key=lambda one: (one.opened, one.check, one.column or "")))


_Promise = tuple[str, str | None]  # check and column


@dataclass(frozen=True, slots=True)
class _Look:
    """The worst result for each promise at one instant, with the snapshot that it is about."""

    at: datetime
    results: dict[_Promise, tuple[CheckResult, str | None]]

    @property
    def is_telling(self) -> bool:
        """What it does not mention is not promised, or was not found."""
        results = [result for result, _ in self.results.values()]
        measured = any(result.status is not Status.UNKNOWN for result in results)
        return measured and all(result.code is not Code.CHECK_CRASHED for result in results)


@dataclass(frozen=True, slots=True)
class _Event:
    """What one look says about one promise; a result of `None` is a pass without words."""

    at: datetime
    snapshot: str | None = None
    result: CheckResult | None = None

    @property
    def status(self) -> Status:
        return self.result.status if self.result else Status.PASS


def _looks(results: Iterable[Seen]) -> list[_Look]:
    by_instant: dict[datetime, dict[_Promise, tuple[CheckResult, str | None]]] = defaultdict(dict)
    for at, snapshot, result in sorted(results, key=_mildest_first):
        by_instant[at][result.check, result.column] = result, snapshot
    return [_Look(at, by_instant[at]) for at in sorted(by_instant)]


def _mildest_first(seen: Seen) -> tuple[int, bool, str, str]:
    _, snapshot, result = seen
    return result.status.rank, result.severity is Severity.BLOCK, result.code or "", snapshot or ""


def _incidents(
    dataset: str, promise: _Promise, looks: Iterable[_Look], hysteresis: timedelta
) -> tuple[Incident, ...]:
    events = list(_events(promise, looks))
    judged = (event for event in events if event.status is not Status.UNKNOWN)
    found = spells(judged, lambda event: event.status is Status.FAIL)
    return join((_incident(dataset, promise, spell, events) for spell in found), hysteresis)


def _events(promise: _Promise, looks: Iterable[_Look]) -> Iterator[_Event]:
    for look in looks:
        if promise in look.results:
            result, snapshot = look.results[promise]
            yield _Event(look.at, snapshot, result)
        elif look.is_telling:
            yield _Event(look.at)


def _incident(dataset: str, promise: _Promise, spell: Spell[_Event], events: Iterable[_Event]) -> Incident:
    check, column = promise
    failures = [event.result for event in spell.bad if event.result]
    opening = spell.bad[0]
    return Incident(
        dataset=dataset,
        check=check,
        column=column,
        code=failures[0].code,
        severity=worst_severity([failure.severity for failure in failures]),
        started=Started(spell.before.at if spell.before else None, _first_look(spell, events)),
        detected=opening.at,
        recovered=Recovered(spell.bad[-1].at, spell.after.at if spell.after else None),
        openings=(opening.at,),
    )


def _first_look(spell: Spell[_Event], events: Iterable[_Event]) -> datetime:
    """The first look since the last pass at the snapshot whose failure opened the incident."""
    opening, since = spell.bad[0], spell.before.at if spell.before else None
    if opening.snapshot is None:
        return opening.at
    same = (event.at for event in events if event.snapshot == opening.snapshot)
    return next(at for at in same if since is None or at > since)
