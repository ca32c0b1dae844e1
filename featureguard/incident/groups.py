"""Which incident caused which: one root, not forty pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.incident.value import Incident, worst_severity
from featureguard.lineage import Lineage
from featureguard.result import Severity


@dataclass(frozen=True, slots=True)
class Impact:
    """An incident that has its cause upstream.

    Attributes:
        incident: The incident.
        path: The shortest way from its dataset to the root's, both included.
    """

    incident: Incident
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What broke together.

    Attributes:
        roots: Incidents of one dataset with no failing upstream that overlap, earliest first.
        impact: Incidents downstream, earliest first.
        takes_down: All that depends on the root's dataset, nearest first, with an incident or without.
    """

    roots: tuple[Incident, ...]
    impact: tuple[Impact, ...]
    takes_down: tuple[str, ...]

    @property
    def dataset(self) -> str:
        """Where it began."""
        return self.roots[0].dataset

    @property
    def severity(self) -> Severity:
        """The worst of all its incidents, so that grouping never makes a page quieter."""
        return worst_severity([one.severity for one in (*self.roots, *(hit.incident for hit in self.impact))])


def group(
    incidents: Iterable[Incident], lineage: Lineage, hysteresis: timedelta = timedelta(0)
) -> tuple[Group, ...]:
    """Attach each incident to the one upstream that it follows from.

    An incident follows from one upstream that began before it ended, and was not resolved before it began,
    or by no more than the hysteresis. One that follows from none is a root. Where several roots stand
    upstream it is the impact of the one that started first, then of the first by name. Datasets that depend
    on each other are not upstream of each other.

    Returns:
        By the start of the first root, each incident in exactly one group, whatever order they come in.
    """
    known = sorted(set(incidents), key=_order)
    root_of = _root_of(known, lineage, hysteresis)
    clusters = _clusters([one for one in known if root_of[one] == one], hysteresis)
    hit: dict[Incident, list[Incident]] = defaultdict(list)
    for incident in known:
        if root_of[incident] != incident:
            hit[root_of[incident]].append(incident)
    found = (_group(roots, hit, lineage) for roots in clusters)
    return tuple(sorted(found, key=lambda one: _order(one.roots[0])))


def _order(incident: Incident) -> tuple[datetime, str, str, str, datetime]:
    return incident.started.by, incident.dataset, incident.check, incident.column or "", incident.opened


def _root_of(known: Sequence[Incident], lineage: Lineage, slack: timedelta) -> Mapping[Incident, Incident]:
    """The root of each incident, its own where nothing upstream fails."""
    by_dataset: dict[str, list[Incident]] = defaultdict(list)
    for incident in known:
        by_dataset[incident.dataset].append(incident)
    closures = {dataset: frozenset(lineage.closure(dataset)) for dataset in by_dataset}
    roots: dict[Incident, Incident] = {}
    # A dataset has more upstreams than any of its upstreams has: their roots are found before.
    for dataset in sorted(by_dataset, key=lambda name: len(closures[name])):
        upstream = [
            cause
            for name in closures[dataset] & by_dataset.keys()
            if dataset not in closures[name]
            for cause in by_dataset[name]
        ]
        for incident in by_dataset[dataset]:
            causes = (roots[cause] for cause in upstream if _follows(incident, cause, slack))
            roots[incident] = min(causes, key=_order, default=incident)
    return roots


def _follows(incident: Incident, cause: Incident, slack: timedelta) -> bool:
    in_time = incident.resolved is None or cause.started.by < incident.resolved
    return in_time and (cause.resolved is None or incident.started.by <= cause.resolved + slack)


def _clusters(roots: Iterable[Incident], slack: timedelta) -> list[list[Incident]]:
    """Roots of one dataset that overlap, from link to link; `roots` come by their start."""
    found: list[list[Incident]] = []
    latest: dict[str, list[Incident]] = {}
    for root in roots:
        cluster = latest.get(root.dataset)
        if cluster and any(_follows(root, earlier, slack) for earlier in cluster):
            cluster.append(root)
        else:
            latest[root.dataset] = [root]
            found.append(latest[root.dataset])
    return found


def _group(roots: Sequence[Incident], hit: Mapping[Incident, Sequence[Incident]], lineage: Lineage) -> Group:
    dataset = roots[0].dataset
    impact = sorted((one for root in roots for one in hit.get(root, ())), key=_order)
    return Group(
        roots=tuple(roots),
        impact=tuple(Impact(one, lineage.path(one.dataset, dataset)) for one in impact),
        takes_down=lineage.dependants(dataset),
    )
