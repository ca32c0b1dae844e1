"""What each page shows, taken from the picture that the service keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from markupsafe import Markup

from featureguard.api.page.charts import ages, graph, ratios
from featureguard.api.page.charts import strip as strips
from featureguard.evidence import ContractVersion
from featureguard.lineage import Kind
from featureguard.result import CheckResult, Status
from featureguard.serving.fleet import DatasetState, Fleet, State
from featureguard.serving.known import Known
from featureguard.store.notes import NoteFact
from featureguard.trouble import Trouble, joined
from featureguard.verdict import Decision

STRIP = timedelta(days=28)
SPARK = timedelta(days=7)
PER_PAGE = 200
_WORST_FIRST = [State.NEVER, State.STALE, State.UNKNOWN, State.AGING, State.NONE, State.FRESH]
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which datasets to show.

    Attributes:
        state, tier, owner: Only those; `None`: all.
        text: Only those whose name, owner or tags have it.
        page: Which page, from 1.
    """

    state: State | None = None
    tier: int | None = None
    owner: str | None = None
    text: str = ""
    page: int = 1

    def holds(self, one: DatasetState) -> bool:
        """Whether a dataset is wanted."""
        contract, text = one.contract, self.text.casefold()
        return (
            self.state in (None, one.state)
            and self.tier in (None, contract.tier)
            and self.owner in (None, contract.owner)
            and any(text in said.casefold() for said in (one.dataset, contract.owner, *contract.tags))
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A dataset among others."""

    state: DatasetState
    strip: Markup
    spark: Markup

    @property
    def why(self) -> str:
        """The worst that is wrong, in words; empty if nothing is."""
        worst = self.state.worst
        return worst.result.reason if worst else ""

    @property
    def budget(self) -> float | None:
        """Share of the error budget that is left."""
        account = self.state.account
        return account.budget.remaining_ratio if account else None


@dataclass(frozen=True, slots=True)
class FleetView:
    """All datasets, by tier, worst first.

    Attributes:
        tiers: Rows by tier.
        counts: How many datasets are in each state, of all.
        owners: Every owner.
        matching: How many are wanted.
        pages: How many pages they fill.
        verdicts: By subject: a decision per action.
    """

    tiers: Mapping[int, Sequence[Row]]
    counts: Mapping[State, int]
    owners: Sequence[str]
    matching: int
    pages: int
    verdicts: Mapping[str, Mapping[str, Decision]]


def fleet_view(fleet: Fleet, wanted: Wanted) -> FleetView:
    """The page of all datasets."""
    everything = fleet.datasets
    matching = sorted(filter(wanted.holds, everything), key=_worst_first)
    start = (wanted.page - 1) * PER_PAGE
    tiers: dict[int, list[Row]] = {}
    for one in matching[start : start + PER_PAGE]:
        tiers.setdefault(one.contract.tier, []).append(_row(one))
    counts = Counter(one.state for one in everything)
    return FleetView(
        tiers,
        {state: counts[state] for state in _WORST_FIRST if counts[state]},
        sorted({one.contract.owner for one in everything}),
        len(matching),
        max(1, -(-len(matching) // PER_PAGE)),
        {name: fleet.glance(name) for name in fleet.catalog.subjects},
    )


def incidents_view(fleet: Fleet, notes: Callable[[Collection[str]], Iterable[NoteFact]]) -> Trouble:
    """Incidents of all datasets in the last 28 days; what no new fact tells is found within a minute."""
    parts = [known.trouble(fleet.as_of) for known in fleet.known.values()]
    return joined(parts, fleet.catalog.lineage, notes, fleet.as_of)


def ahead(fleet: Fleet) -> Iterator[object]:
    """Make, piece by piece, what the pages will need."""
    for one in fleet.datasets:
        yield _row(one)
    for name in fleet.catalog.subjects:
        yield fleet.glance(name)
    for known in fleet.known.values():
        yield known.trouble(fleet.as_of)


@dataclass(frozen=True, slots=True)
class NullHistory:
    """The null share of one column over looks."""

    column: str
    picture: Markup
    failed: int


@dataclass(frozen=True, slots=True)
class DatasetView:
    """One dataset.

    Attributes:
        state: How it stands.
        days: How many days the pictures show.
        sawtooth: Age against its limit.
        nulls: Histories of columns that had nulls, or broke their promise; those that failed first.
        never_null: Columns that had none.
        rows: Row counts of its judged units; `None` if nobody counts them.
        versions: Contracts, newest first.
        upstream, downstream: Neighbours with their states.
        subjects: What stands on it.
    """

    state: DatasetState
    days: int
    sawtooth: Markup
    nulls: Sequence[NullHistory]
    never_null: Sequence[str]
    rows: Markup | None
    versions: Sequence[ContractVersion]
    upstream: Sequence[tuple[str, Kind, State | None]]
    downstream: Sequence[tuple[str, Kind, State | None]]
    subjects: Sequence[str]


def dataset_view(
    fleet: Fleet, name: str, results: Sequence[tuple[datetime, CheckResult]], days: int
) -> DatasetView:
    """The page of one dataset.

    Args:
        fleet: The picture.
        name: The dataset.
        results: What its looks said in the last `days`, oldest first.
        days: How many days to show.
    """
    state, lineage = fleet.dataset(name), fleet.catalog.lineage
    books, end = fleet.books(name), fleet.as_of
    start = end - timedelta(days=days)
    impact = lineage.impact(name)
    downstream = [one.name for one in impact.datasets if one.distance == 1]
    versions = state.known.shelf.contract_versions(name)
    return DatasetView(
        state,
        days,
        ages.sawtooth(
            state.known.shelf.of_the_clock,
            books.strip(start, end),
            start,
            end,
            limit=state.max_age,
            warns=state.warn_age,
            name=name,
        ),
        *_nulls(results, start, end),
        _volume(results, start, end),
        sorted((one for one in versions if one.in_force_since <= end), key=_begin, reverse=True),
        [_neighbour(fleet, up) for up in lineage.direct(name)],
        [_neighbour(fleet, down) for down in downstream],
        [one.name for one in impact.subjects],
    )


@dataclass(frozen=True, slots=True)
class SubjectView:
    """One subject.

    Attributes:
        name: Its name.
        graph: What it stands on, as a picture.
        stands_on: The same as a list, sources first, with the way that leads there.
        verdicts: What the gate would say to each action.
    """

    name: str
    graph: Markup
    stands_on: Sequence[tuple[str, Kind, State | None, Sequence[str]]]
    verdicts: Mapping[str, Decision]


def subject_view(fleet: Fleet, name: str) -> SubjectView:
    """The page of one subject."""
    lineage = fleet.catalog.lineage.subgraph(name, "up")
    actions = fleet.catalog.policy_of(name).known_actions
    decisions = {action: fleet.judged(name, action) for action in actions}
    worst = max((one.effective for one in decisions.values()), key=lambda verdict: verdict.rank, default=None)
    states = {node: _told(fleet, node) for node in lineage.names if lineage.kind(node) is Kind.DATASET}
    if worst:
        states[name] = worst.value, f"{worst.value}: {_by_verdict(decisions)[worst.value]}"
    return SubjectView(
        name,
        graph.graph(lineage, states, _link, name),
        [
            (*_neighbour(fleet, node), lineage.path(name, node))
            for node in lineage.sources_first
            if node != name
        ],
        decisions,
    )


def _row(one: DatasetState) -> Row:
    return Row(one, *one.known.kept("row", one.as_of, _HOUR, partial(_drawn, one.known, one.as_of)))


def _drawn(known: Known, end: datetime) -> tuple[Markup, Markup]:
    """Strip and sparkline: without new facts they change slowly, so they are drawn once an hour."""
    name, freshness = known.contract.dataset, known.contract.freshness
    spells = known.books(end).strip(end - STRIP, end)
    limit = freshness.max_age if freshness else None
    return (
        strips.strip(spells, end - STRIP, end, name),
        ages.sparkline(known.shelf.of_the_clock, end - SPARK, end, limit, name),
    )


def _worst_first(one: DatasetState) -> tuple[object, ...]:
    worst = one.worst.result.rank if one.worst else (0, 0)
    return one.contract.tier, _WORST_FIRST.index(one.state), -worst[0], -worst[1], one.dataset


def _nulls(
    results: Sequence[tuple[datetime, CheckResult]], start: datetime, end: datetime
) -> tuple[Sequence[NullHistory], Sequence[str]]:
    columns: dict[str, list[tuple[datetime, CheckResult]]] = {}
    for at, result in results:
        if result.check == "nulls" and result.column and isinstance(result.observed, int | float):
            columns.setdefault(result.column, []).append((at, result))
    found, never = [], []
    for column, seen in columns.items():
        if all(one.observed == 0 and one.status is not Status.FAIL for _, one in seen):
            never.append(column)
            continue
        values = [(at, float(one.observed or 0), one.status is Status.FAIL) for at, one in seen]
        limit = seen[-1][1].limit
        failed = sum(bad for _, _, bad in values)
        title = f"Null share of {column}"
        bound = float(limit) if isinstance(limit, int | float) else None
        found.append(NullHistory(column, ratios.history(values, bound, start, end, title=title), failed))
    return sorted(found, key=lambda one: (-one.failed, one.column)), sorted(never)


def _volume(results: Sequence[tuple[datetime, CheckResult]], start: datetime, end: datetime) -> Markup | None:
    seen = [
        (at, float(one.observed), one.status is Status.FAIL)
        for at, one in results
        if one.check == "volume" and isinstance(one.observed, int | float)
    ]
    if not seen:
        return None
    return ratios.history(seen, None, start, end, title="Rows", said=lambda value: f"{value:,.0f}")


def _neighbour(fleet: Fleet, name: str) -> tuple[str, Kind, State | None]:
    kind = fleet.catalog.lineage.kind(name)
    return name, kind, fleet.dataset(name).state if name in fleet.known else None


def _told(fleet: Fleet, name: str) -> tuple[str, str]:
    """Class and words of a dataset in a graph: the worse of its age and of its other promises."""
    if name not in fleet.known:
        return "none", "no contract"
    one = fleet.dataset(name)
    if one.state in (State.FRESH, State.AGING, State.NONE) and one.worst:
        broken = one.worst.result.status is Status.FAIL and one.worst.result.severity == "block"
        kind = "fail" if broken else "aging"
        return kind, f"{one.state.value}, {one.worst.result.code}"
    return one.state.value, one.state.value if one.state is not State.NONE else "no promise of freshness"


def _by_verdict(decisions: Mapping[str, Decision]) -> Mapping[str, str]:
    found: dict[str, list[str]] = {}
    for action, decision in decisions.items():
        found.setdefault(decision.effective.value, []).append(action)
    return {verdict: ", ".join(actions) for verdict, actions in found.items()}


def _link(name: str, kind: Kind) -> str | None:
    return {Kind.DATASET: f"/datasets/{name}", Kind.SUBJECT: f"/subjects/{name}"}.get(kind)


def _begin(version: ContractVersion) -> datetime:
    return version.in_force_since
