"""What each type of expectation says in a contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from featureguard.arrow_types import parse_type
from featureguard.duration import parse_duration
from featureguard.suites.translating.notes import FRESH, NULL_RATE, SCHEMA
from featureguard.suites.translating.to_suite import at_most_of

_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """One expectation.

    Attributes:
        arguments: Its arguments, less what was left out.
        severity: `block` or `warn`.
        promise: The place of the contract that it was written from, if it was.
        evidence_max_age: What the contract said there about how long evidence is trusted.
    """

    arguments: Mapping[str, Any]
    severity: str = "block"
    promise: str | None = None
    evidence_max_age: str | None = None


@dataclass(slots=True)
class Draft:
    """A contract that is being written; a promise that is said twice is taken once.

    Attributes:
        written: The contract as YAML would hold it.
        ages: Largest ages of the newest row, with the expectation that says each.
    """

    written: _Json
    ages: list[tuple[timedelta, Said]] = field(default_factory=list)
    _said: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def at(self, *path: str) -> _Json:
        """A section, made if it is not there."""
        here = self.written
        for step in path:
            here = here.setdefault(step, {})
        return here

    def column(self, name: object) -> _Json:
        """A column's section."""
        return self.at("schema", "columns", _text(name, "column"))

    def put(self, path: tuple[str, ...], values: _Json, said: Said) -> None:
        """Say a promise.

        Raises:
            ValueError: If an expectation said something else there.
        """
        promised = {**values, "severity": said.severity}
        if (before := self._said.get(path)) is not None:
            if before != promised:
                raise ValueError(f"'{'.'.join(path)}' is said otherwise by an expectation before it.")
            return
        self._said[path] = promised
        section = self.at(*path)
        section |= values
        if said.severity != "block":
            section["severity"] = said.severity
        if said.evidence_max_age is not None:
            section["evidence_max_age"] = said.evidence_max_age

    def settle(self) -> None:
        """Write the ages: the longest is the limit; a shorter one that only warns is the warning."""
        if not self.ages:
            return
        _, said = max(self.ages, key=lambda one: one[0])
        self.put(("freshness",), {"max_age": said.arguments["max_age"]}, said)
        if len(self.ages) > 1:
            _, warning = min(self.ages, key=lambda one: one[0])
            self.at("freshness")["warn_age"] = warning.arguments["max_age"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one type of expectation is taken over.

    Attributes:
        adopt: Writes it into a draft; gives a remark where a contract says it a little otherwise, and raises
            `ValueError` with the reason where it cannot say it.
        needed: Arguments that it must have.
        known: Arguments that it may have besides.
    """

    adopt: Callable[[Draft, Said], str | None]
    needed: tuple[str, ...]
    known: tuple[str, ...] = ()


# ----------------------------------------------------------------------------------------------- schema
def _exists(draft: Draft, said: Said) -> str | None:
    draft.put(("schema",), {}, said)
    draft.column(said.arguments["column"])
    return None


def _column_set(draft: Draft, said: Said) -> str | None:
    exact = said.arguments.get("exact_match", True)
    draft.put(("schema",), {"mode": "exact"} if exact else {}, said)
    for name in _texts(said.arguments["column_set"], "column_set"):
        draft.column(name)
    return None


def _ordered(draft: Draft, said: Said) -> str | None:
    draft.put(("schema",), {"mode": "exact"}, said)
    for name in _texts(said.arguments["column_list"], "column_list"):
        draft.column(name)
    return "taken over without the order: a contract does not promise one."


def _of_type(draft: Draft, said: Said) -> str | None:
    kind = str(said.arguments["type_"])
    try:
        parse_type(kind)
    except ValueError:
        raise ValueError(
            f"'{kind}' is a word of one data source. Promise an Arrow type, e.g. int64 or"
            " timestamp[us, tz=UTC]."
        ) from None
    draft.put(("schema",), {}, said)
    column = draft.column(said.arguments["column"])
    if column.setdefault("type", kind) != kind:
        raise ValueError(f"the column's type is said otherwise: {column['type']}.")
    return "taken over as 'compatible': a lossless narrower type is no break."


def _schema(draft: Draft, said: Said) -> str | None:
    columns = said.arguments["columns"]
    if not isinstance(columns, Mapping):
        raise ValueError("'columns' is no mapping of columns to types.")
    optional = _texts(said.arguments.get("optional", []), "optional")
    for name, kind in columns.items():
        if (before := draft.column(name).get("type", kind)) != kind:
            raise ValueError(f"the type of '{name}' is said otherwise: {before}.")
    draft.put(("schema",), {"mode": said.arguments.get("mode", "compatible")}, said)
    for name, kind in columns.items():
        section = draft.column(name)
        section |= {"type": kind} if kind is not None else {}
        section |= {"optional": True} if name in optional else {}
    return None


# ---------------------------------------------------------------------------------------------- columns
def _not_null(draft: Draft, said: Said) -> str | None:
    mostly = _share(said.arguments.get("mostly", 1), "mostly")
    return _null_limit(draft, said, at_most_of(float(mostly)), nullable=said.promise is None)


def _null_rate(draft: Draft, said: Said) -> str | None:
    covered = {key: said.arguments[key] for key in ("covers", "sentinels") if key in said.arguments}
    remark = _null_limit(draft, said, said.arguments["at_most"], nullable=False, covered=covered)
    if said.arguments.get("optional"):
        draft.column(said.arguments["column"])["optional"] = True
    return remark


def _null_limit(
    draft: Draft, said: Said, at_most: object, *, nullable: bool, covered: Mapping[str, Any] | None = None
) -> str | None:
    """A limit on nulls; one of 0 may be written as `nullable: false`."""
    name = _text(said.arguments["column"], "column")
    never = at_most == 0 and (nullable or str(said.promise).endswith(".nullable"))
    limit = {**(covered or {}), **({} if never else {"at_most": at_most})}
    column = draft.column(name)
    before = "nulls" in column
    draft.put(("schema", "columns", name, "nulls"), limit, said)
    if never:
        column["nullable"] = False
        if not before and column["nulls"] == {}:
            del column["nulls"]
    return None


def _between(draft: Draft, said: Said) -> str | None:
    _all_of(said)
    if said.arguments.get("strict_min") or said.arguments.get("strict_max"):
        raise ValueError("a range holds both its ends; write the last allowed value.")
    ends = {"at_least": said.arguments.get("min_value"), "at_most": said.arguments.get("max_value")}
    return _ends(draft, said, ends)


def _least(draft: Draft, said: Said) -> str | None:
    if "max_value" in said.arguments or said.arguments.get("strict_min"):
        raise ValueError("a contract only bounds the smallest value from below, the bound allowed.")
    return _ends(draft, said, {"at_least": said.arguments["min_value"]})


def _greatest(draft: Draft, said: Said) -> str | None:
    if "min_value" in said.arguments or said.arguments.get("strict_max"):
        raise ValueError("a contract only bounds the largest value from above, the bound allowed.")
    return _ends(draft, said, {"at_most": said.arguments["max_value"]})


def _ends(draft: Draft, said: Said, ends: Mapping[str, Any]) -> str | None:
    found = {end: value for end, value in ends.items() if value is not None}
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in found.values()):
        raise ValueError("a range is of numbers.")
    if not found:
        raise ValueError("it names no bound.")
    draft.put(("schema", "columns", _text(said.arguments["column"], "column"), "range"), found, said)
    return None


def _one_of(draft: Draft, said: Said) -> str | None:
    _all_of(said)
    name, values = _text(said.arguments["column"], "column"), said.arguments["value_set"]
    if not isinstance(values, list | tuple) or not values:
        raise ValueError("'value_set' is no list of values.")
    draft.put(("schema", "columns", name, "values"), {"one_of": list(values)}, said)
    return None


# -------------------------------------------------------------------------------------- volume and keys
def _row_count(draft: Draft, said: Said) -> str | None:
    if said.arguments.get("strict_min") or said.arguments.get("strict_max"):
        raise ValueError("a volume holds both its ends; write the last allowed number.")
    ends = {"at_least": said.arguments.get("min_value"), "at_most": said.arguments.get("max_value")}
    found = {end: _whole(value) for end, value in ends.items() if value is not None}
    if not found:
        raise ValueError("it names no bound.")
    draft.put(("volume",), found, said)
    return None


def _row_count_equal(draft: Draft, said: Said) -> str | None:
    rows = _whole(said.arguments["value"])
    draft.put(("volume",), {"at_least": rows, "at_most": rows}, said)
    return None


def _unique(draft: Draft, said: Said) -> str | None:
    _all_of(said)
    return _key(draft, said, [_text(said.arguments["column"], "column")])


def _compound(draft: Draft, said: Said) -> str | None:
    _all_of(said)
    remark = _key(draft, said, _texts(said.arguments["column_list"], "column_list"))
    if said.arguments.get("ignore_row_if", "all_values_are_missing") == "never":
        return remark
    return "taken over more strictly: for a contract a null in a key is a value like any other."


def _key(draft: Draft, said: Said, columns: list[str]) -> str | None:
    try:
        draft.put(("keys",), {"unique": columns}, said)
    except ValueError:
        raise ValueError("a contract has one key, and another is said before it.") from None
    if said.promise is None and len(columns) == 1:
        return "taken over more strictly: for a contract two nulls are the same key."
    return None


# -------------------------------------------------------------------------------------------- freshness
def _fresh(draft: Draft, said: Said) -> str | None:
    told = said.arguments
    column = _text(told["column"], "column")
    time = draft.at("time")
    known = column in (time.get("event"), time.get("ingested"))
    if not known and "event" in time:
        raise ValueError(f"a contract has one clock, and that is '{time['event']}'.")
    clock = {key: told[key] for key in ("timezone", "skew_tolerance", "future") if key in told}
    if any(time.get(key, value) != value for key, value in clock.items()):
        raise ValueError("its zone, tolerance or 'future' differs from an expectation before it.")
    if "within" in told:
        values = {key: told[key] for key in ("within", "at_least", "seen_within") if key in told}
        values |= {"entity": told["entity"]} if told.get("entity") else {"of": "rows"}
        draft.put(("freshness", "population"), values, said)
    else:
        _age(draft, said)
    time |= clock if known else {"event": column, **clock}
    if isinstance(told.get("now"), str):
        return "taken over without 'now': a contract is judged at the time of the look."
    return None


def _age(draft: Draft, said: Said) -> None:
    if "max_age" not in said.arguments:
        raise ValueError("it names neither 'max_age' nor 'within'.")
    age = parse_duration(said.arguments["max_age"])
    known = [*draft.ages, (age, said)]
    longest, shortest = (pick(known, key=lambda one: one[0]) for pick in (max, min))
    if len(known) > 2 or (len(known) == 2 and (longest[0] == shortest[0] or shortest[1].severity != "warn")):
        raise ValueError("a contract has one largest age and one, shorter, from which it warns.")
    draft.ages.append((age, said))


# -------------------------------------------------------------------------------------------- the words
def _all_of(said: Said) -> None:
    if _share(said.arguments.get("mostly", 1), "mostly") < 1:
        raise ValueError("it holds for most values; a contract's promise holds for all.")


def _share(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"'{name}' is {value!r}, no share in [0, 1].")
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # GX turns bounds into floats.
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no number of rows.")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"'{name}' is no name of a column.")
    return value


def _texts(value: object, name: str) -> list[str]:
    if not isinstance(value, list | tuple | set):
        raise ValueError(f"'{name}' is no list of columns.")
    return [_text(one, name) for one in value]


_ENDS = ("strict_min", "strict_max")
RULES: Mapping[str, Rule] = {
    "expect_column_to_exist": Rule(_exists, ("column",)),
    "expect_table_columns_to_match_set": Rule(_column_set, ("column_set",), ("exact_match",)),
    "expect_table_columns_to_match_ordered_list": Rule(_ordered, ("column_list",)),
    "expect_column_values_to_be_of_type": Rule(_of_type, ("column", "type_"), ()),
    "expect_column_values_to_not_be_null": Rule(_not_null, ("column",), ("mostly",)),
    "expect_column_values_to_be_between": Rule(
        _between, ("column",), ("min_value", "max_value", "mostly", *_ENDS)
    ),
    "expect_column_min_to_be_between": Rule(_least, ("column", "min_value"), ("max_value", *_ENDS)),
    "expect_column_max_to_be_between": Rule(_greatest, ("column", "max_value"), ("min_value", *_ENDS)),
    "expect_column_values_to_be_in_set": Rule(_one_of, ("column", "value_set"), ("mostly",)),
    "expect_column_distinct_values_to_be_in_set": Rule(_one_of, ("column", "value_set")),
    "expect_table_row_count_to_be_between": Rule(_row_count, (), ("min_value", "max_value", *_ENDS)),
    "expect_table_row_count_to_equal": Rule(_row_count_equal, ("value",)),
    "expect_column_values_to_be_unique": Rule(_unique, ("column",), ("mostly",)),
    "expect_compound_columns_to_be_unique": Rule(_compound, ("column_list",), ("ignore_row_if", "mostly")),
    SCHEMA: Rule(_schema, ("columns",), ("mode", "optional")),
    NULL_RATE: Rule(_null_rate, ("column", "at_most"), ("covers", "sentinels", "optional")),
    FRESH: Rule(
        _fresh,
        ("column",),
        (
            *("max_age", "within", "at_least", "entity", "seen_within"),
            *("timezone", "skew_tolerance", "future", "now"),
        ),
    ),
}
"""By type of expectation."""
