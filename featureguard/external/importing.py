"""From files of another tool to results about our datasets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from featureguard.contract import Contract
from featureguard.errors import SourceUnreadableError, UsageError
from featureguard.evidence import ExternalResult
from featureguard.external.dbt import require_version, run_results, schema_of
from featureguard.external.dbt_freshness import sources
from featureguard.external.dbt_nodes import VERSIONS, Manifest
from featureguard.external.gx import validations
from featureguard.external.matching import Datasets
from featureguard.external.reported import Imported, Named, Reported, Skipped, Why
from featureguard.external.soda import scan
from featureguard.external.strict_json import mapping, read_json
from featureguard.result import Severity, Status

TOOLS = ("dbt", "gx", "soda")
"""Tools whose results can be read."""
MAX_MANIFEST_BYTES = 256 << 20
"""Largest `manifest.json` that is read: it holds the code of every model."""
_CLOCKS_DIFFER = timedelta(minutes=5)
_PARSERS: Mapping[str, Callable[[object, str], Iterator[Reported | Skipped]]] = {
    "gx": validations,
    "soda": scan,
}


def read_results(path: Path, tool: str, contracts: Iterable[Contract], now: datetime) -> Imported:
    """Read what a run of another tool said about the datasets of a catalog.

    Args:
        path: For dbt its `target` folder, or `run_results.json` or `sources.json` in it; else a file.
        tool: `dbt`, `gx` or `soda`.
        contracts: The catalog's contracts; `aliases` of the tool say what it calls a dataset.
        now: The instant of reading, aware. A later result is skipped, or it would outlive its successors.

    Raises:
        UsageError: If the tool is unknown.
        SourceUnreadableError: If a file cannot be opened, or is of a kind or version that cannot be read.
        SourceCorruptError: If its content contradicts its format.
        ResourceLimitError: If it is too large.
    """
    if tool not in TOOLS:
        raise UsageError(f"Results of '{tool}' cannot be read. Known: {', '.join(TOOLS)}.")
    said = _from_dbt(path) if tool == "dbt" else _from_file(path, _PARSERS[tool])
    return _matched(said, tool, contracts, now)


def take_results(
    document: object, tool: str, contracts: Iterable[Contract], now: datetime, what: str
) -> Imported:
    """The same of results that a host has in memory, in the shape of the tool's file.

    Args:
        document: What the file would hold, as plain JSON data.
        tool: `gx` or `soda`.
        contracts: The catalog's contracts.
        now: The instant of reading, aware.
        what: What to call it in messages.

    Raises:
        UsageError: If the tool has no such document.
        SourceCorruptError: If it is no document of the tool.
        ResourceLimitError: If it holds too many results.
    """
    if tool not in _PARSERS:
        raise UsageError(f"Results of '{tool}' cannot be taken. Known: {', '.join(_PARSERS)}.")
    return _matched(_Said(tuple(_PARSERS[tool](document, what)), (what,)), tool, contracts, now)


@dataclass(frozen=True, slots=True)
class _Said:
    """What files say; `named` is everything the tool has a name for, also what has no result."""

    entries: Sequence[Reported | Skipped]
    files: tuple[str, ...]
    named: tuple[Named, ...] = ()


def _from_file(path: Path, parse: Callable[[object, str], Iterator[Reported | Skipped]]) -> _Said:
    return _Said(tuple(parse(read_json(path), str(path))), (str(path),))


def _from_dbt(path: Path) -> _Said:
    folder = path if path.is_dir() else path.parent
    files = [folder / "run_results.json", folder / "sources.json"] if path.is_dir() else [path]
    found = [file for file in files if file.is_file() or not path.is_dir()]
    if not found:
        raise SourceUnreadableError(
            f"'{path}' holds neither 'run_results.json' nor 'sources.json'. Run 'dbt build' first."
        )
    manifest_file = folder / "manifest.json"
    manifest = _manifest(manifest_file) if manifest_file.is_file() else None
    entries: list[Reported | Skipped] = []
    for file in found:
        document = mapping(read_json(file))
        if (schema_of(document) or ("",))[0] == "sources":
            entries += sources(document, str(file))
        else:
            entries += run_results(document, manifest, str(file))
    read = (*found, manifest_file) if manifest else tuple(found)
    return _Said(entries, tuple(map(str, read)), manifest.named if manifest else ())


def _manifest(file: Path) -> Manifest:
    document = mapping(read_json(file, MAX_MANIFEST_BYTES))
    require_version(document, "manifest", VERSIONS, str(file))
    return Manifest(document)


def _matched(said: _Said, tool: str, contracts: Iterable[Contract], now: datetime) -> Imported:
    reported = [entry for entry in said.entries if isinstance(entry, Reported)]
    about = {one for entry in reported for one in entry.about}
    datasets = Datasets(tool, contracts, about.union(said.named))
    results: dict[tuple[str, str], ExternalResult] = {}
    skipped: list[Skipped] = []
    for entry in said.entries:
        for found in [entry] if isinstance(entry, Skipped) else _placed(entry, tool, datasets, now):
            if isinstance(found, Skipped):
                skipped.append(found)
            else:
                key = found.dataset, found.check
                results[key] = worse(results[key], found) if key in results else found
    return Imported(tuple(results[key] for key in sorted(results)), tuple(skipped), said.files)


def _placed(
    reported: Reported, tool: str, datasets: Datasets, now: datetime
) -> Iterator[ExternalResult | Skipped]:
    if reported.observed_at is None:
        yield Skipped(reported.check, Why.NO_TIME, "A time needs a zone, as in 2013-02-09T12:00:00Z.")
        return
    if reported.observed_at - now > _CLOCKS_DIFFER:
        hint = "Set the clock of this machine, or of the one that the tool ran on."
        yield Skipped(reported.check, Why.FUTURE, hint)
        return
    for one in reported.about:
        found = datasets.find(one, reported.check)
        yield found if isinstance(found, Skipped) else _result(reported, tool, found, reported.observed_at)


def _result(reported: Reported, tool: str, dataset: str, observed_at: datetime) -> ExternalResult:
    return ExternalResult(
        tool,
        reported.check,
        dataset,
        reported.status,
        observed_at,
        severity=reported.severity,
        code=reported.code,
        column=reported.column,
        observed=reported.observed,
        reason=reported.reason,
    )


def worse(one: ExternalResult, other: ExternalResult) -> ExternalResult:
    """Of two results of one name, which are one promise, the worse, as of the earlier time."""
    worse = max(one, other, key=_badness)
    return dataclasses.replace(worse, observed_at=min(one.observed_at, other.observed_at))


def _badness(result: ExternalResult) -> tuple[object, ...]:
    """Like `CheckResult.rank`; the texts only make the choice the same in any order."""
    blocks = result.status is not Status.PASS and result.severity is Severity.BLOCK
    texts = str(result.code), str(result.column), str(result.observed), result.reason
    return blocks, result.status.rank, result.severity is Severity.BLOCK, *texts
