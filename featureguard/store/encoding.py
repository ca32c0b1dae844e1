"""Looks and results as rows and JSON, without loss.

Numbers keep their type and every bit, instants are microseconds since the epoch, and equal values have equal
bytes, so that what is stored can be named by its digest.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from featureguard.contract import canonical_json
from featureguard.errors import UsageError
from featureguard.evidence import ExternalResult
from featureguard.histogram import TimeHistogram
from featureguard.observation import ClockReading, Failure, KeyCount, Observation, PopulationReading, Unit
from featureguard.profile import NEVER, Never, Profile
from featureguard.result import AnsweredBy, CheckResult, Code, Scalar, Severity, Status
from featureguard.store.tables import NEVER_MICROS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ENUMS = {"status": Status, "severity": Severity, "code": Code, "answered_by": AnsweredBy}

Documents = dict[str, str]
"""Bodies of `fg_summaries` by digest."""


def to_micros(instant: datetime | Never) -> int:
    """An instant as the tables hold it.

    Raises:
        UsageError: If it has no time zone.
    """
    if instant is NEVER:
        return NEVER_MICROS
    if instant.tzinfo is None:
        raise UsageError(f"{instant.isoformat()} has no time zone. Give the evidence store instants in UTC.")
    return (instant - _EPOCH) // _MICROSECOND


def to_instant(micros: int) -> datetime:
    """The instant that `to_micros` wrote, UTC."""
    return _EPOCH + micros * _MICROSECOND


def to_value(micros: int) -> datetime | Never:
    """The instant or `NEVER` that `to_micros` wrote."""
    return NEVER if micros == NEVER_MICROS else to_instant(micros)


def digest_of(text: str) -> str:
    """SHA-256 of a text that may hold anything."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def to_text(value: Any) -> str:
    """The one spelling of a JSON value, in ASCII."""
    return canonical_json(value).decode()


def look_to_json(look: Observation, documents: Documents) -> dict[str, Any]:
    """All of a look but its dataset, instant and units; its summaries are added to `documents`."""
    partitions = look.partitions
    return {
        "snapshot": look.snapshot,
        "profile": _keep(look.profile.to_json().decode(), documents),
        "clocks": {name: _clock_to_json(reading) for name, reading in look.clocks.items()},
        "population": _population_to_json(look.population, documents) if look.population else None,
        "failure": {"code": look.failure.code, "reason": look.failure.reason} if look.failure else None,
        **({} if partitions is None else {"partitions": _keep(to_text(partitions), documents)}),
    }


def look_from_json(
    dataset: str, observed_at: int, body: Mapping[str, Any], units: tuple[Unit, ...], documents: Documents
) -> Observation:
    """Read what `look_to_json` wrote."""
    population, failure, partitions = body["population"], body["failure"], body.get("partitions")
    return Observation(
        dataset=dataset,
        observed_at=to_instant(observed_at),
        snapshot=body["snapshot"],
        profile=Profile.from_json(documents[body["profile"]]),
        clocks=clocks_from_json(body["clocks"]),
        units=units,
        population=population_from_json(population, documents) if population else None,
        partitions=json.loads(documents[partitions]) if partitions else None,
        failure=Failure(Code(failure["code"]), failure["reason"]) if failure else None,
    )


def clocks_from_json(body: Mapping[str, Any]) -> dict[str, ClockReading]:
    """The clocks of a look by name."""
    return {name: _clock_from_json(reading) for name, reading in body.items()}


def unit_to_json(unit: Unit, documents: Documents) -> dict[str, Any]:
    """A judged unit; its profile is added to `documents`."""
    return {
        "key": unit.key,
        "content": unit.content,
        "profile": _keep(unit.profile.to_json().decode(), documents),
        "start": _micros_or_none(unit.start),
        "end": _micros_or_none(unit.end),
        "keys": [unit.keys.rows, unit.keys.distinct, unit.keys.example] if unit.keys else None,
        "judged_bad": sorted(unit.judged_bad),
    }


def unit_from_json(body: Mapping[str, Any], documents: Documents) -> Unit:
    """Read what `unit_to_json` wrote."""
    return Unit(
        key=body["key"],
        content=body["content"],
        profile=Profile.from_json(documents[body["profile"]]),
        start=_instant_or_none(body["start"]),
        end=_instant_or_none(body["end"]),
        keys=KeyCount(*body["keys"]) if body["keys"] else None,
        judged_bad=frozenset(body["judged_bad"]),
    )


def documents_named(body: Mapping[str, Any]) -> set[str]:
    """Digests of the summaries that a look or a unit needs."""
    population, partitions = body.get("population"), body.get("partitions")
    named = [body["profile"], population and population["times"], partitions]
    return {digest for digest in named if digest}


def result_to_json(result: CheckResult | ExternalResult, without: Collection[str] = ()) -> dict[str, Any]:
    """A result without the fields that are kept elsewhere or have their default value."""
    body: dict[str, Any] = {}
    for field in fields(result):
        value = getattr(result, field.name)
        if field.name not in without and (field.default is MISSING or value != field.default):
            body[field.name] = _number_to_json(value) if field.name in ("observed", "limit") else value
    return body


def result_from_json(body: Mapping[str, Any]) -> CheckResult:
    """Read what `result_to_json` wrote of a check."""
    return CheckResult(**result_fields(body))


def result_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a result that `result_to_json` wrote."""
    values = dict(body)
    for name, enum in _ENUMS.items():
        if name in values:
            values[name] = enum(values[name])
    for name in ("observed", "limit"):
        if name in values:
            values[name] = _number_from_json(values[name])
    return values


def profiles_to_text(profiles: Mapping[str, Profile]) -> str:
    """The profiles of a fragment's units: one line each, its key and its profile as JSON."""
    return "\n".join(f"{json.dumps(key)}\t{profiles[key].to_json().decode()}" for key in sorted(profiles))


def profiles_from_text(text: str) -> dict[str, Profile]:
    """Read what `profiles_to_text` wrote."""
    lines = (line.split("\t") for line in text.split("\n") if line)
    return {json.loads(key): Profile.from_json(profile) for key, profile in lines}


def _keep(document: str, documents: Documents) -> str:
    digest = digest_of(document)
    documents[digest] = document
    return digest


def _clock_to_json(reading: ClockReading) -> dict[str, Any]:
    newest = reading.newest if reading.newest is NEVER else _micros_or_none(reading.newest)
    return {"newest": newest, "future_rows": reading.future_rows}


def _clock_from_json(body: Mapping[str, Any]) -> ClockReading:
    newest = body["newest"]
    return ClockReading(NEVER if newest == "never" else _instant_or_none(newest), body["future_rows"])


def _population_to_json(reading: PopulationReading, documents: Documents) -> dict[str, Any]:
    times = reading.times
    return {
        "of": reading.of,
        "times": _keep(to_text([times.k, times.buckets, times.counts]), documents),
        "missing": reading.missing,
        "at": _micros_or_none(reading.at),
        "fresh": reading.fresh,
        "expected": reading.expected,
        "age_seconds": {name: _number_to_json(age) for name, age in reading.age_seconds.items()},
        "worst": [[name, _number_to_json(age)] for name, age in reading.worst],
    }


def population_from_json(body: Mapping[str, Any], documents: Documents) -> PopulationReading:
    """A population; its histogram stands in `documents`."""
    k, buckets, counts = json.loads(documents[body["times"]])
    return PopulationReading(
        of=body["of"],
        times=TimeHistogram(k, tuple(buckets), tuple(counts)),
        missing=body["missing"],
        at=_instant_or_none(body["at"]),
        fresh=body["fresh"],
        expected=body["expected"],
        age_seconds={name: _number_from_json(age) for name, age in body["age_seconds"].items()},
        worst=tuple((name, _number_from_json(age)) for name, age in body["worst"]),
    )


def _number_to_json(value: Scalar | None) -> Any:
    return {"float": value.hex()} if isinstance(value, float) and not math.isfinite(value) else value


def _number_from_json(value: Any) -> Any:
    return float.fromhex(value["float"]) if isinstance(value, dict) else value


def _micros_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)


def _instant_or_none(micros: int | None) -> datetime | None:
    return None if micros is None else to_instant(micros)
