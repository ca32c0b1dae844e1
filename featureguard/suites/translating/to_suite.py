"""From a contract to suites: GX's own expectations where they mean the same, ours where they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from featureguard.arrow_types import parse_type
from featureguard.contract import Column, Contract, Population
from featureguard.suites.translating.notes import FRESH, META, NULL_RATE, SCHEMA, Note, Written

_SEVERITY = {"block": "critical", "warn": "warning"}
_EXACT_FLOATS = 2**53
_CARRIED = {
    "slo": "counted over time; a validation is one moment.",
    "maintenance": "counted over time; a validation is one moment.",
    "partitions": "which partitions are missing is not judged.",
    "external_checks": "results of other tools are a gate's business.",
    "enforcement": "a checkpoint fails all the same.",
}

_Json = dict[str, Any]


def to_suites(contract: Contract, *, now_parameter: str | None = None) -> Written:
    """Write a contract as suites.

    Contents are judged in the unit that the contract judges. Where that is a window or a partition, the
    clocks, which are about the whole table, are a suite of their own.

    Args:
        contract: The contract.
        now_parameter: Name of a parameter that tells the instant at which ages are measured, for a validation
            that is not about now; left out, it is the time of the validation.

    Returns:
        The suites, as their JSON, and notes.
    """
    rest = contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if "source" in rest:
        rest["source"] = {"kind": contract.source.kind, **rest["source"]}
    notes: list[Note] = []
    contents = [
        *_schema(contract, rest),
        *_columns(contract, rest, notes),
        *_volume(contract, rest),
        *_keys(contract, rest, notes),
    ]
    clocks = list(_freshness(contract, rest, now_parameter, notes))
    notes += _not_judged(contract, rest)
    name, unit = contract.dataset, contract.judge.per
    if unit in (None, "all"):
        parts = [(name, [*contents, *clocks], "all")]
    else:
        parts = [(name, contents, str(unit)), (f"{name}_freshness", clocks, "all")]
    some = [part for part in parts if part[1]] or parts[:1]
    kept = _pruned(rest, schema_is_said=any(one["meta"][META]["promise"] == "schema" for one in contents))
    return Written(tuple(_suite(*part, kept, notes) for part in some), tuple(notes))


def _suite(name: str, expectations: list[_Json], batch: str, rest: _Json, notes: list[Note]) -> _Json:
    meta = {META: {"batch": batch, "contract": rest}}
    said = [str(note) for note in notes]
    return {"name": name, "expectations": expectations, "meta": meta, **({"notes": said} if said else {})}


def _expectation(kind: str, arguments: _Json, promise: str, said: Mapping[str, Any]) -> _Json:
    """One expectation.

    Args:
        promise: The place in the contract that it stands for.
        said: What the contract says beside it: `severity` and `evidence_max_age`.
    """
    meta = {"promise": promise}
    if age := said.get("evidence_max_age"):
        meta["evidence_max_age"] = age
    return {
        "type": kind,
        "kwargs": {name: value for name, value in arguments.items() if value is not None},
        "meta": {META: meta},
        "severity": _SEVERITY[said.get("severity", "block")],
    }


# ----------------------------------------------------------------------------------------------- schema
def _schema(contract: Contract, rest: _Json) -> Iterator[_Json]:
    promise = contract.schema_
    if promise is None or promise.mode == "ignore" or not (promise.columns or promise.mode == "exact"):
        return
    columns = promise.columns
    typed = any(column.type for column in columns.values())
    optional = [name for name, column in columns.items() if column.optional]
    said = _taken(rest["schema"], "severity", "evidence_max_age")
    if typed or optional or not columns:
        for column in rest["schema"].get("columns", {}).values():
            _taken(column, "type", "optional")
        _taken(rest["schema"], "mode")
        types = {name: column.type for name, column in columns.items()}
        arguments = {"columns": types, "mode": promise.mode, "optional": optional or None}
        yield _expectation(SCHEMA, arguments, "schema", said)
    elif promise.mode == "exact":
        _taken(rest["schema"], "mode")
        whole = {"column_set": list(columns), "exact_match": True}
        yield _expectation("expect_table_columns_to_match_set", whole, "schema", said)
    else:
        for name in columns:
            yield _expectation("expect_column_to_exist", {"column": name}, "schema", said)


# ---------------------------------------------------------------------------------------------- columns
def _columns(contract: Contract, rest: _Json, notes: list[Note]) -> Iterator[_Json]:
    for name, column in contract.columns.items():
        written = rest["schema"]["columns"][name]
        place = f"schema.columns.{name}"
        yield from _nulls(name, column, written, place)
        yield from _range(name, column, written, place, notes)
        if column.values:
            said = _taken(written, "values")["values"]
            arguments = {"column": name, "value_set": said["one_of"]}
            yield _expectation("expect_column_values_to_be_in_set", arguments, f"{place}.values", said)


def _nulls(name: str, column: Column, written: _Json, place: str) -> Iterator[_Json]:
    nulls = written.get("nulls") or {}
    at_most = column.nulls.at_most if column.nulls else None
    if not column.nullable:
        limit, place = 0.0, f"{place}.nullable"
        _taken(written, "nullable")
    elif at_most is not None:
        limit, place = at_most, f"{place}.nulls"
        _taken(nulls, "at_most")
    else:
        return
    said = _taken(nulls, "severity", "evidence_max_age")
    covered = {} if _counts_as_gx(column) else _taken(nulls, "covers", "sentinels")
    if column.nullable and not nulls:  # All of it is said by the expectation, and must not outlive it.
        del written["nulls"]
    mostly = float(1 - Decimal(repr(limit)))
    if _counts_as_gx(column) and at_most_of(mostly) == limit:
        arguments = {"column": name, "mostly": mostly if mostly < 1 else None}
        yield _expectation("expect_column_values_to_not_be_null", arguments, place, said)
        return
    arguments = {"column": name, "at_most": limit, **covered}
    if column.optional:
        arguments["optional"] = True
    yield _expectation(NULL_RATE, arguments, place, said)


def at_most_of(mostly: float) -> float:
    """The largest share of nulls that GX's `mostly` allows, in decimal arithmetic: 0.93 gives 0.07."""
    return float(1 - Decimal(repr(mostly)))


def _counts_as_gx(column: Column) -> bool:
    """Whether null is all that can be missing: for GX, NaN is null in pandas and is not in databases."""
    if column.optional or column.type is None or parse_type(column.type).name.startswith("float"):
        return False
    nulls = column.nulls
    return nulls is None or (not nulls.sentinels and set(nulls.covers or ("null",)) <= {"null", "nan"})


def _range(name: str, column: Column, written: _Json, place: str, notes: list[Note]) -> Iterator[_Json]:
    promise = column.range
    if promise is None:
        return
    ends = [end for end in (promise.at_least, promise.at_most) if end is not None]
    if any(isinstance(end, int) and abs(end) > _EXACT_FLOATS for end in ends):
        notes.append(Note(f"{place}.range", "not judged: GX keeps bounds as floats, which cannot hold it."))
        return
    said = _taken(written, "range")["range"]
    arguments = {"column": name, "min_value": promise.at_least, "max_value": promise.at_most}
    yield _expectation("expect_column_values_to_be_between", arguments, f"{place}.range", said)


# -------------------------------------------------------------------------------------- volume and keys
def _volume(contract: Contract, rest: _Json) -> Iterator[_Json]:
    if contract.volume is None:
        return
    said = _taken(rest, "volume")["volume"]
    arguments = {"min_value": contract.volume.at_least, "max_value": contract.volume.at_most}
    yield _expectation("expect_table_row_count_to_be_between", arguments, "volume", said)


def _keys(contract: Contract, rest: _Json, notes: list[Note]) -> Iterator[_Json]:
    if contract.keys is None:
        return
    said, columns = _taken(rest, "keys")["keys"], list(contract.keys.unique)
    filled = [name for name, column in contract.columns.items() if not column.nullable]
    if maybe := [name for name in columns if name not in filled]:
        what = ", ".join(map(repr, maybe))
        notes.append(Note("keys", f"for GX a null repeats nothing, for the contract it does: {what}."))
    if len(columns) == 1:
        yield _expectation("expect_column_values_to_be_unique", {"column": columns[0]}, "keys", said)
        return
    arguments = {"column_list": columns, "ignore_row_if": "never"}
    yield _expectation("expect_compound_columns_to_be_unique", arguments, "keys", said)


# -------------------------------------------------------------------------------------------- freshness
def _freshness(
    contract: Contract, rest: _Json, now_parameter: str | None, notes: list[Note]
) -> Iterator[_Json]:
    promise, column = contract.freshness, contract.clock_column
    if promise is None:
        return
    if column is None:
        notes.append(Note("freshness", f"not judged: GX does not see the clock '{contract.clock}'."))
        return
    written, population = rest["freshness"], promise.population
    judged = population if population and not population.expected else None
    if population and not judged:
        notes.append(Note("freshness.population", "not judged: its expected entities are in a file."))
    if promise.max_age is None and judged is None:
        return
    time = _taken(rest.get("time", {}), "timezone", "skew_tolerance", "future")
    now = {"$PARAMETER": now_parameter} if now_parameter else None
    told = {"column": column, **time, "now": now}
    if promise.max_age:
        said = _taken(written, "severity", "evidence_max_age")
        ages = _taken(written, "max_age", "warn_age")
        yield _expectation(FRESH, {**told, "max_age": ages["max_age"]}, "freshness.max_age", said)
        if promise.warn_age:
            arguments = {**told, "max_age": ages["warn_age"]}
            yield _expectation(FRESH, arguments, "freshness.warn_age", {"severity": "warn"})
    if judged:
        yield _population(judged, _taken(written, "population")["population"], told)


def _population(promise: Population, written: _Json, told: _Json) -> _Json:
    arguments = {
        **told,
        "within": written["within"],
        "at_least": promise.at_least,
        "entity": list(promise.entity) or None,
        "seen_within": written.get("seen_within") if promise.of == "entities" else None,
    }
    return _expectation(FRESH, arguments, "freshness.population", written)


# -------------------------------------------------------------------------------------------- the rest
def _not_judged(contract: Contract, rest: _Json) -> Iterator[Note]:
    """What is carried and not judged."""
    for name, column in contract.columns.items():
        if column.nulls and column.nulls.spike:
            yield Note(f"schema.columns.{name}.nulls.spike", "not judged: GX knows no earlier units.")
    if contract.freshness and contract.freshness.delivery:
        yield Note("freshness.delivery", "not judged: GX knows no times at which data is due.")
    if contract.time.event and not contract.freshness:
        yield Note("time.future", "rows from the future are told only where freshness is promised.")
    if contract.judge.per not in (None, "all"):
        unit = contract.judge.per if contract.judge.per == "partition" else f"one {contract.judge.per}"
        zone = f" of {contract.judge.zone}" if contract.judge.per != "partition" else ""
        yield Note("judge", f"GX judges a batch as a whole: give the first suite batches of {unit}{zone}.")
    for key, why in _CARRIED.items():
        if rest.get(key) and rest[key] != "enforce":
            yield Note(key, f"carried, not judged: {why}")


def _taken(written: _Json, *names: str) -> _Json:
    """Take keys out of what is left to be carried."""
    return {name: written.pop(name) for name in names if name in written}


def _pruned(rest: _Json, *, schema_is_said: bool) -> _Json:
    """Without the sections that the expectations say wholly; they must not outlive an expectation."""
    columns = rest.get("schema", {}).get("columns", {})
    for name, column in list(columns.items()):
        if not column and schema_is_said:
            del columns[name]
    for section in ("freshness", "time", *(["schema"] if schema_is_said else [])):
        if rest.get(section) in ({}, {"columns": {}}):
            del rest[section]
    return rest
