"""What a change of each field of a contract means for those who rely on it.

A field without a rule is `changed`, which asks for a person: nothing is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from featureguard.arrivals import Calendar, Covers, Delivery, Partitions
from featureguard.arrow_types import parse_type
from featureguard.checks.schema import breaking_path
from featureguard.contract import (
    Column,
    Contract,
    FeastConfig,
    Freshness,
    Judge,
    Keys,
    MemoryConfig,
    Nulls,
    ParquetConfig,
    Population,
    Range,
    Schema,
    Slo,
    Spike,
    Subject,
    Time,
    Values,
    Volume,
)
from featureguard.contract_diff.effects import (
    Effect,
    Meaning,
    Rule,
    at_least,
    at_most,
    each,
    inherited,
    less,
    listed,
    more,
    ordered,
    other,
    permission,
    promise,
    severity,
    words,
)
from featureguard.measures import covered
from featureguard.policy import ActionRules, Policy, Rules
from featureguard.promise import Promise
from featureguard.scalars import Model
from featureguard.verdict import Verdict


def meaning(before: Model, after: Model, field: str) -> Meaning:
    """What a change of one field means; both models are of one class and say something else there."""
    old, new = _said(before, field), _said(after, field)
    if old == new and not isinstance(old, tuple):  # in a list, 1 and true are equal to Python, not to data
        return Meaning(Effect.NEUTRAL, "this only writes out what was meant")
    if rule := rule_of(type(after), field):
        return rule(old, new)
    if isinstance(old or new, Model):
        return promise(old, new)
    return Meaning(Effect.CHANGED)


def rule_of(model: type[Model], field: str) -> Rule | None:
    """The rule of a field, or `None` where there is none."""
    return next((RULES[kind][field] for kind in model.__mro__ if field in RULES.get(kind, ())), None)


def _said(model: Model, field: str) -> object:
    """The value of a field, and where it was left out, what that stands for."""
    value = getattr(model, field)
    match model, field:
        case Delivery(), "grace" | "slack" if value is None:
            return timedelta()
        case Time(), "clock" if value is None:
            return "event_time" if model.event else None
        case Nulls(), "covers":
            return covered(model)
    return value


def _evidence(before: object, after: object) -> Meaning:
    return Meaning(Effect.BREAKS, "evidence from before is about something else and compares with nothing")


def _clock(before: str | None, after: str | None) -> Meaning:
    return more("one more clock is declared") if before is None else _evidence(before, after)


def _timezone(before: str | None, after: str | None) -> Meaning:
    if None in (before, after):
        return Meaning(Effect.CHANGED, "times without a zone are treated in another way")
    return _evidence(before, after)


def _type(before: str | None, after: str | None) -> Meaning:
    if before is None:
        return more("a type is promised")
    if after is None:
        return less("no type is promised any more")
    old, new = parse_type(before), parse_type(after)
    if path := breaking_path(old, new, "type"):
        where = f" at {path}" if old.children else ""
        return Meaning(Effect.BREAKS, f"who reads the old type cannot read the new one{where}")
    if breaking_path(new, old, "") is None:
        return Meaning(Effect.NEUTRAL, "each type reads the other")
    return more("who reads the old type can read the new one")


def _schema(before: Schema | None, after: Schema | None) -> Meaning:
    if before and before.columns:
        return Meaning(Effect.BREAKS, "no column is promised any more")
    return promise(before, after)


def _column(before: Column | None, after: Column | None) -> Meaning:
    """A column that came or went: who uses it by its name breaks when it goes."""
    if before is None:
        return more("who reads the other columns is not touched")
    return Meaning(Effect.BREAKS, "who reads this column finds nothing")


def _calendar(before: object, after: object) -> Meaning:
    return less("days are left out") if before is None else more("no day is left out")


def _keys(before: Collection[str], after: Collection[str]) -> Meaning:
    if set(before) == set(after):
        return Meaning(Effect.NEUTRAL, "only the order differs")
    return Meaning(Effect.BREAKS, "other columns name a row, so joins and earlier counts no longer hold")


def _aliases(before: Mapping[str, str], after: Mapping[str, str]) -> Meaning:
    lost = sorted(host for host in before if after.get(host) != before[host])
    if lost:
        return Meaning(Effect.BREAKS, f"{', '.join(lost)} no longer finds it by its old key")
    return Meaning(Effect.NEUTRAL, "more hosts find it")


_NEITHER = other("neither is stricter than the other")
_UNITS = other("units from before and after cannot be compared")
_ELSEWHERE = other("other rules hold")
_DUE = other("other data is due, or at other times")
_MORE_IS_STRICTER = listed(new=Effect.TIGHTENS, lost=Effect.LOOSENS)
_MORE_IS_LAXER = listed(new=Effect.LOOSENS, lost=Effect.TIGHTENS)
_EVIDENCE_MAX_AGE = inherited(at_most)
_WORDS: Mapping[str, Rule] = {
    "owner": words,
    "tier": at_most,
    "description": words,
    "runbook": words,
    "tags": words,
    "aliases": _aliases,
}

RULES: Mapping[type[Model], Mapping[str, Rule]] = {
    Contract: {
        **_WORDS,
        "dataset": _evidence,
        "upstream": _MORE_IS_STRICTER,
        "source": _evidence,
        "schema_": _schema,
        "enforcement": ordered("observe", "enforce"),
        "evidence_max_age": _EVIDENCE_MAX_AGE,
        "external_checks": _MORE_IS_STRICTER,
        "maintenance": _MORE_IS_LAXER,
    },
    Subject: {
        **_WORDS,
        "subject": _evidence,
        "requires": _MORE_IS_STRICTER,
        "policy": other("another policy judges it"),
    },
    ParquetConfig: {"kind": _evidence, "path": _evidence, "connection": _evidence},
    MemoryConfig: {"kind": _evidence},
    FeastConfig: {
        "kind": _evidence,
        "repo": _evidence,
        "view": _evidence,
        "read": _evidence,
        "connection": _evidence,
    },
    Time: {
        "event": _clock,
        "ingested": _clock,
        "timezone": _timezone,
        "clock": _clock,
        "skew_tolerance": at_most,
        "future": severity,
    },
    Judge: {"per": _UNITS, "zone": _UNITS},
    Promise: {"severity": severity, "evidence_max_age": _EVIDENCE_MAX_AGE},
    Schema: {"mode": ordered("ignore", "compatible", "exact"), "columns": _column},
    Column: {
        "type": _type,
        "nullable": permission("rows may be null", "no row is null"),
        "optional": permission("files may lack the column", "every file has the column"),
        "description": words,
    },
    Nulls: {
        "at_most": at_most,
        "covers": _MORE_IS_STRICTER,
        "sentinels": _MORE_IS_STRICTER,
    },
    Spike: {
        "alpha": at_least,  # a larger error probability calls more rises a spike
        "min_effect": at_most,
        "min_factor": at_most,
        "min_rows": at_most,
        "min_units": at_most,
        "units": other("the limit is learned from another past"),
    },
    Range: {"at_least": at_least, "at_most": at_most},
    Values: {"one_of": _MORE_IS_LAXER},
    Freshness: {"max_age": at_most, "warn_age": at_most},
    Population: {
        "of": _NEITHER,
        "entity": _NEITHER,
        "within": at_most,
        "at_least": at_least,
        "seen_within": at_least,  # who vanished counts as bad for longer
        "expected": _NEITHER,
    },
    Delivery: {
        "cron": _DUE,
        "zone": _DUE,
        "calendar": _calendar,
        "grace": at_most,
        "slack": at_most,
    },
    Covers: {"per": _DUE, "lag": at_most},
    Calendar: {"holidays": _DUE, "also": _MORE_IS_LAXER},
    Partitions: {
        "by": _UNITS,
        "per": _UNITS,
        "zone": _UNITS,
        "since": inherited(at_most),
        "calendar": _calendar,
        "at_least_rows": at_least,
    },
    Volume: {"at_least": at_least, "at_most": at_most},
    Keys: {"unique": _keys},
    Policy: {
        "policy": words,
        "description": words,
        "tiers": _ELSEWHERE,
        "actions": _ELSEWHERE,
        "evidence_max_age": each(inherited(at_most)),
        "snapshot_lag": inherited(at_most),
        "unknown_time": each(inherited(ordered("excluded", "bad"))),
        "waiver_max": at_most,
        "second_person": _MORE_IS_STRICTER,
        "look_again_after": words,
    },
    Rules: dict.fromkeys(Rules.model_fields, inherited(ordered(*Verdict))),
    ActionRules: {
        "repair": permission("the action is never held back", "the action may be held back"),
        "tiers": _ELSEWHERE,
    },
    Slo: {
        "sli": other("another SLI is measured"),
        "objective": at_least,
        "window": other("the budget is counted over another window"),
    },
}
"""What a change of each field means, by model. A promise within a promise needs no entry."""
