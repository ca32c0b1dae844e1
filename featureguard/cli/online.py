"""`featureguard online`: what Feast's online store serves, compared with its offline rows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import Opened, opened
from featureguard.cli.tables import console
from featureguard.contract import Contract, FeastConfig
from featureguard.errors import SourceError, SourceUnreadableError, UsageError
from featureguard.feast.history import history_of, why_unknown
from featureguard.feast.promises import within
from featureguard.feast.results import to_external
from featureguard.feast.skew import State
from featureguard.feast.truth import Truth, truth_of
from featureguard.feature_registry import Repo, View, read_registry, read_repo
from featureguard.observation import ClockReading, Observation
from featureguard.online_store import open_online
from featureguard.problems import suggestion
from featureguard.sources import Snapshot
from featureguard.sources.feast import OfflineSource

WRONG, UNKNOWN = 1, 3


def compare_online(
    names: list[str],
    sample: int,
    seed: int,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    record: bool,
    as_json: bool,
) -> int:
    """Compare the named datasets; 1 if something is wrong, 3 if a store could not be read."""
    code, told = 0, []
    with opened(project, environment, now) as found:
        if record and not found.records:
            raise UsageError(
                "--record keeps what is true now. Leave out --now, or record in a store that is marked"
                " 'simulated'."
            )
        for contract in _chosen(names, found.catalog.contracts.values()):
            try:
                truth = _look(contract, found, sample, seed)
            except SourceError as error:
                print(f"{contract.dataset}: {error}", file=sys.stderr)
                code = UNKNOWN if code != WRONG else code
                continue
            if record:
                found.guard.store_in_use.record_external(to_external(contract.dataset, truth))
            code = WRONG if truth.findings else code
            told.append((contract.dataset, truth))
    if as_json:
        print_json({"exit_code": code, "datasets": [_to_dict(name, truth) for name, truth in told]})
    else:
        _print(told)
    return code


def _chosen(names: list[str], contracts: Iterable[Contract]) -> list[Contract]:
    known = {one.dataset: one for one in contracts if _config(one)}
    if not known:
        raise UsageError(
            "No contract says what an online store holds: 'source: {kind: feast, read: online, …}'. Run"
            " 'featureguard import feast --online'."
        )
    for name in names:
        if name not in known:
            raise UsageError(f"'{name}' is no dataset of an online store.{suggestion(name, sorted(known))}")
    return [known[name] for name in names or sorted(known)]


def _config(contract: Contract) -> FeastConfig | None:
    source = contract.source
    return source if isinstance(source, FeastConfig) and source.read == "online" else None


def import_history(names: list[str], project: Path | None, environment: str | None, *, as_json: bool) -> int:
    """Put what was materialized into the timelines of the named datasets; 3 if one could not be told."""
    code, told = 0, {}
    with opened(project, environment, None) as found:
        for contract in _chosen(names, found.catalog.contracts.values()):
            try:
                told[contract.dataset] = _remember(contract, found)
            except SourceError as error:
                print(f"{contract.dataset}: {error}", file=sys.stderr)
                code = UNKNOWN
    if as_json:
        print_json({"exit_code": code, "datasets": told})
    else:
        for name, count in told.items():
            print(f"{name}: {words.count(count, 'newest event')} of the past in its timeline")
    return code


def _remember(contract: Contract, found: Opened) -> int:
    """Record a dataset's past; how many different newest events it had."""
    if contract.clock != "event_time":
        raise SourceUnreadableError("Materialization tells of event times, and its clock is another.")
    repo, view, offline = _sides(contract, found)
    if why := why_unknown(view):
        raise SourceUnreadableError(why)
    past = history_of(view, offline, now=found.now)
    for one in past:
        for at in dict.fromkeys((one.first, one.last)):
            seen = Observation(contract.dataset, at, clocks={"event_time": ClockReading(one.newest, 0)})
            found.guard.store_in_use.record(
                seen,
                (),
                contract=contract,
                now=at,
                recorder=f"feast {repo.project}",
                provenance="source_history",
            )
    return len(past)


def _sides(contract: Contract, found: Opened) -> tuple[Repo, View, Snapshot]:
    """The repository, the view, and its offline rows."""
    config = _config(contract)
    assert config is not None, "only such contracts are chosen"
    folder = found.project.anchor(config.repo)
    repo = read_repo(Path(folder), os.environ)
    rows = OfflineSource(folder, config.view, config.connection, found.project.connection_options(os.environ))
    snapshot = rows.snapshot()  # Says too if there is no such view.
    return repo, read_registry(repo).views[config.view], snapshot


def _look(contract: Contract, found: Opened, sample: int, seed: int) -> Truth:
    repo, view, snapshot = _sides(contract, found)
    with open_online(repo) as store:
        return truth_of(
            view, store, snapshot, now=found.now, within=within(contract), sample=sample, seed=seed
        )


def _print(told: list[tuple[str, Truth]]) -> None:
    out = console()
    for name, truth in told:
        out.print(f"{name}: {'; '.join(_headline(truth))}", soft_wrap=True, markup=False, highlight=False)
        for finding in truth.findings:
            text = f"  {finding.code.value}  {finding.text}"
            out.print(text, soft_wrap=True, markup=False, highlight=False)


def _headline(truth: Truth) -> Iterator[str]:
    which = "all" if truth.whole else "a sample of"
    yield f"{which} {words.count(truth.looked_at, 'entity').replace('entitys', 'entities')} compared"
    if not truth.listed:
        yield "what is only online cannot be found in this store"
    fresh = truth.comparison.fresh
    if fresh.value is not None and fresh.interval is not None:
        low, high = fresh.interval
        sure = "" if fresh.whole else f" ({low:.1%} to {high:.1%} with 95 % confidence)"
        yield f"{fresh.value:.1%} fresh{sure}"
    if truth.newest is not None:
        yield f"newest {words.duration((truth.now - truth.newest).total_seconds())} old"
    gauge = "never" if truth.feast_age is None else words.duration(truth.feast_age.total_seconds())
    yield f"Feast's own gauge says {gauge}"


def _to_dict(name: str, truth: Truth) -> dict[str, Any]:
    fresh = truth.comparison.fresh
    return {
        "dataset": name,
        "view": truth.view,
        "looked_at": truth.looked_at,
        "whole": truth.whole,
        "listed": truth.listed,
        "fresh_ratio": fresh.value,
        "fresh_ratio_interval": fresh.interval,
        "newest": truth.newest,
        "feast_freshness_seconds": truth.feast_age.total_seconds() if truth.feast_age else None,
        "states": {state.value: truth.comparison.count(state) for state in State},
        "expired": truth.comparison.expired.count,
        "findings": [
            {"code": one.code.value, "text": one.text, "entities": one.entities} for one in truth.findings
        ],
    }
