"""Schema: can a reader of the promised types read the data?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from featureguard.arrow_types import ArrowType, parse_type, read_type
from featureguard.checks import words
from featureguard.checks.units import failed, not_measured, passed, unknown
from featureguard.contract import Column, Contract
from featureguard.observation import History, Observation
from featureguard.profile import Profile
from featureguard.result import CheckResult, Code, Status

_SAME = (
    {"string", "large_string", "string_view"},
    {"binary", "large_binary", "binary_view"},
    {"list", "large_list", "list_view", "large_list_view"},
)
# What each type holds without loss besides itself: whole numbers fit a float whose mantissa is wide enough.
_WIDER = {
    "int16": {"int8", "uint8"},
    "int32": {"int8", "int16", "uint8", "uint16"},
    "int64": {"int8", "int16", "int32", "uint8", "uint16", "uint32"},
    "uint16": {"uint8"},
    "uint32": {"uint8", "uint16"},
    "uint64": {"uint8", "uint16", "uint32"},
    "float32": {"float16", "int8", "int16", "uint8", "uint16"},
    "float64": {"float16", "float32", "int8", "int16", "int32", "uint8", "uint16", "uint32"},
}
_UTC = {"UTC", "Etc/UTC", "Z", "+00:00", "GMT"}
_UNITS = ("s", "ms", "us", "ns")


def schema(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Find the smallest breaking path of every promised column, and in `exact` mode columns not promised."""
    promise = contract.schema_
    if promise is None or promise.mode == "ignore":
        return
    profile, exact = observation.profile, promise.mode == "exact"
    for name, column in promise.columns.items():
        result = CheckResult("schema", Status.UNKNOWN, promise.severity, column=name, limit=column.type)
        yield _judge(result, name, column, profile, exact=exact)
    if exact and profile.columns:
        result = CheckResult("schema", Status.UNKNOWN, promise.severity, column=None)
        extra = sorted(profile.columns.keys() - promise.columns.keys())
        reason = f"Columns that were not promised: {', '.join(extra)}."
        yield (
            failed(result, Code.SCHEMA_BREAKING, reason, observed=", ".join(extra))
            if extra
            else passed(result)
        )


def breaking_path(promised: ArrowType, found: ArrowType, path: str, *, exact: bool = False) -> str | None:
    """The smallest path at which a reader of `promised` cannot read `found`, or `None`.

    Returns:
        E.g. `items.element.price: float64 → string`.
    """
    if promised == found or (not exact and found.name == "null"):
        return None
    if promised.children and found.children and _same_name(promised.name, found.name, exact=exact):
        return _breaking_child(promised, found, path, exact=exact)
    if not exact and _reads(promised, found):
        return None
    return f"{path}: {promised} → {found}"


def _judge(result: CheckResult, name: str, column: Column, profile: Profile, *, exact: bool) -> CheckResult:
    if profile.rows is None and not profile.columns:
        return not_measured(result, "The schema was not read")
    if not profile.rows and not profile.columns:
        return unknown(result, "There are no files that could have a schema.", Code.NO_EVIDENCE)
    seen = profile.columns.get(name)
    if seen is None:
        if column.optional:
            return passed(result)
        return failed(result, Code.SCHEMA_BREAKING, f"'{name}' is missing.", observed="missing")
    absent = (profile.rows or 0) - seen.rows
    if absent and not column.optional:
        reason = f"'{name}' is missing from files with {words.count(absent, 'row')}."
        return failed(result, Code.SCHEMA_BREAKING, reason, observed="missing")
    found = " | ".join(sorted(seen.types))
    for text in sorted(seen.types) if column.type else ():
        promised = parse_type(str(column.type))
        if path := breaking_path(promised, read_type(text), name, exact=exact):
            return failed(result, Code.SCHEMA_BREAKING, f"{path}.", observed=found)
    return passed(result, observed=found)


def _breaking_child(promised: ArrowType, found: ArrowType, path: str, *, exact: bool) -> str | None:
    if promised.parameters != found.parameters:
        return f"{path}: {promised} → {found}"
    seen = {child.name: child for child in found.children}
    for child in promised.children:
        inner = f"{path}.{child.name}"
        if child.name not in seen:
            return f"{inner}: {child.type} → missing"
        if not child.nullable and seen[child.name].nullable and promised.name == "struct":
            return f"{inner}: not null → nullable"
        if broken := breaking_path(child.type, seen[child.name].type, inner, exact=exact):
            return broken
    if exact and (extra := sorted(seen.keys() - {child.name for child in promised.children})):
        return f"{path}.{extra[0]}: not promised"
    return None


def _same_name(promised: str, found: str, *, exact: bool) -> bool:
    return promised == found or (not exact and any({promised, found} <= group for group in _SAME))


def _reads(promised: ArrowType, found: ArrowType) -> bool:
    """Whether a reader of one plain type reads another without loss."""
    if promised.name != found.name:
        return (
            _same_name(promised.name, found.name, exact=False)
            or found.name in _WIDER.get(promised.name, set())
            or _is_wider_decimal(promised, found)
        )
    if promised.name == "timestamp":
        return _finer(promised, found) and _zone(promised) == _zone(found)
    if promised.name in ("time32", "time64", "duration"):
        return _finer(promised, found)
    return _is_wider_decimal(promised, found)


def _finer(promised: ArrowType, found: ArrowType) -> bool:
    return _UNITS.index(promised.parameters[0]) >= _UNITS.index(found.parameters[0])


def _zone(found: ArrowType) -> str | None:
    zone = found.parameters[1].removeprefix("tz=") if len(found.parameters) > 1 else None
    return "UTC" if zone in _UTC else zone


def _is_wider_decimal(promised: ArrowType, found: ArrowType) -> bool:
    if not (promised.name.startswith("decimal") and found.name.startswith("decimal")):
        return False
    (precision, scale), (p, s) = (map(int, side.parameters) for side in (promised, found))
    return scale >= s and precision - scale >= p - s
