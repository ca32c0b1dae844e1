"""Random frames with all that is awkward in a column, and random expectations about them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

SIZES = (0, 1, 2, 5, 20, 60)
SCHEMA = pa.schema(
    [
        ("i", pa.int64()),
        ("j", pa.int64()),
        ("f", pa.float64()),
        ("g", pa.float64()),
        ("s", pa.string()),
        ("t", pa.string()),
        ("b", pa.bool_()),
        ("at", pa.timestamp("us", "UTC")),
        ("local", pa.timestamp("us")),
        ("day", pa.date32()),
        ("price", pa.decimal128(10, 2)),
    ]
)
TEXTS = ("a", "b", "c", "A", "abc", "", "None", "naïve", "日本", "a\n", "2026-01-02", "1.5", "é", "😀x")
START = datetime(2026, 11, 18, tzinfo=UTC)


def table(chance: random.Random) -> pa.Table:
    """A small table; about every fourth value is missing where a column has nulls."""
    rows = chance.choice(SIZES)

    def column(values: Any, *, nulls: bool = True) -> list[Any]:
        return [None if nulls and chance.random() < 0.25 else values() for _ in range(rows)]

    def number() -> float:
        odd = (float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1.0)
        return chance.choice(odd) if chance.random() < 0.3 else chance.uniform(-1, 2)

    def instant() -> datetime:
        return START + timedelta(hours=chance.randrange(240), microseconds=chance.choice((0, 0, 1, 999)))

    columns = {
        "i": column(lambda: chance.choice((0, 1, 2, 3, 5)), nulls=False),
        "j": column(lambda: chance.choice((0, 1, 2, 3, 5))),
        "f": column(number),
        "g": column(lambda: round(chance.uniform(0, 1), 2)),
        "s": column(lambda: chance.choice(TEXTS)),
        "t": column(lambda: chance.choice(TEXTS[:6])),
        "b": column(lambda: chance.random() < 0.5, nulls=False),
        "at": column(instant),
        "local": column(lambda: instant().replace(tzinfo=None)),
        "day": column(lambda: date(2026, 11, 1) + timedelta(days=chance.randrange(30))),
        "price": column(lambda: Decimal(chance.randrange(-100, 1000)) / 100),
    }
    return pa.table(columns, schema=SCHEMA)


def expectation(chance: random.Random) -> tuple[str, dict[str, Any]]:
    """The type and the arguments of an expectation, as JSON would have them."""
    kind = chance.choice(KINDS)
    kwargs = {key: value for key, value in _arguments(kind, chance).items() if value is not None}
    if kind in WITH_CONDITION and chance.random() < 0.15:
        kwargs.update(_condition(chance))
    return kind, kwargs


def _range(chance: random.Random, low: float = -1, high: float = 4) -> dict[str, Any]:
    ends = sorted(chance.choice((round(chance.uniform(low, high), 1), chance.randrange(0, 4))) for _ in "ab")
    missing = chance.choice(("", "", "", "min", "max"))
    return {
        "min_value": None if missing == "min" else ends[0],
        "max_value": None if missing == "max" else ends[1],
        **_strict(chance),
    }


def _strict(chance: random.Random) -> dict[str, Any]:
    return {key: True for key in ("strict_min", "strict_max") if chance.random() < 0.3}


def _times(chance: random.Random, column: str) -> dict[str, Any]:
    first, last = sorted(START + timedelta(hours=chance.randrange(240)) for _ in "ab")
    if column == "local":
        first, last = first.replace(tzinfo=None), last.replace(tzinfo=None)
    ends = (first, last) if column != "day" else (first.date(), last.date())
    return {"min_value": ends[0].isoformat(), "max_value": ends[1].isoformat(), **_strict(chance)}


def _between(chance: random.Random, columns: str) -> dict[str, Any]:
    column = chance.choice(columns.split())
    if column in ("at", "local", "day"):
        return {"column": column, **_times(chance, column)}
    if column in ("s", "t"):
        ends = sorted(chance.sample(TEXTS, 2))
        return {"column": column, "min_value": ends[0], "max_value": ends[1], **_strict(chance)}
    return {"column": column, **_range(chance)}


def _set(chance: random.Random, column: str) -> list[Any]:
    sets: dict[str, list[list[Any]]] = {
        "numbers": [[0, 1, 2], [0.0, 1.0], [1, 2, 3, 5], [0.5], [0, 1, 2, 3, 5, 0.25], []],
        "texts": [["a", "b"], ["a", "", "abc"], list(TEXTS), ["A"], []],
        "flags": [[True], [False], [True, False]],
        "dates": [[f"2026-11-{day:02}" for day in range(1, 20)]],
        "decimals": [[n / 100 for n in range(500)], [1, 2.5]],
    }
    kinds = {"s": "texts", "t": "texts", "b": "flags", "day": "dates", "price": "decimals"}
    found: list[Any] = chance.choice(sets[kinds.get(column, "numbers")])
    return found


def _mostly(chance: random.Random) -> dict[str, Any]:
    return {"mostly": chance.choice((None, None, 1, 0.9, 0.75, 0.5, 0.25, 0))}


def _condition(chance: random.Random) -> dict[str, Any]:
    def compared(column: str, operator: str, value: Any) -> dict[str, Any]:
        return {"type": "comparison", "column": {"name": column}, "operator": operator, "parameter": value}

    leaves = [
        compared("i", ">", 1),
        compared("i", "<=", 2),
        compared("j", ">=", 1),
        compared("j", "!=", 1),
        compared("f", "<", 0.5),
        compared("f", "!=", 1),
        compared("s", "==", "a"),
        compared("s", "!=", "a"),
        compared("t", "IN", ["a", "b"]),
        compared("t", "NOT_IN", ["a", "b"]),
        compared("i", "IN", [1, 2]),
        {"type": "nullity", "column": {"name": "f"}, "is_null": False},
        {"type": "nullity", "column": {"name": "s"}, "is_null": True},
    ]
    texts = [
        "i > 1",
        "i >= 1 and t == 'a'",
        "f < 0.5 or i == 2",
        "t in ['a', 'b']",
        "not (i > 1)",
        "s != 'a'",
    ]
    if chance.random() < 0.25:
        return {"row_condition": chance.choice(texts), "condition_parser": "pandas"}
    if chance.random() < 0.5:
        return {"row_condition": chance.choice(leaves)}
    parts = chance.sample(leaves, 2)
    return {"row_condition": {"type": chance.choice(("and", "or")), "conditions": parts}}


def _any_column(chance: random.Random) -> str:
    return str(chance.choice(SCHEMA.names))


def _pair(
    chance: random.Random, columns: str = "f,g i,j s,t at,at local,local day,day i,f"
) -> dict[str, Any]:
    a, b = chance.choice(columns.split()).split(",")
    ignored = ("both_values_are_missing", "either_value_is_missing", "neither", None)
    return {"column_A": a, "column_B": b, "ignore_row_if": chance.choice(ignored), **_mostly(chance)}


def _many(chance: random.Random, *lists: list[str]) -> dict[str, Any]:
    ignored = ("all_values_are_missing", "any_value_is_missing", "never", None)
    return {"column_list": chance.choice(lists), "ignore_row_if": chance.choice(ignored), **_mostly(chance)}


def _arguments(kind: str, chance: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = ARGUMENTS[kind](chance)
    return found


REGEXES = ("^a", "b", "^[a-z]+$", "^$", "a$", r"\d", r"^\w+$", "(?i)^A", "a|日", r"\s", "(?=a)", r"(.)\1")

ARGUMENTS: dict[str, Any] = {
    "expect_column_to_exist": lambda r: {
        "column": r.choice(("i", "f", "nothing")),
        "column_index": r.choice((None, 0, 2, 40)),
    },
    "expect_table_columns_to_match_ordered_list": lambda r: {
        "column_list": r.choice((SCHEMA.names, SCHEMA.names[::-1]))
    },
    "expect_table_columns_to_match_set": lambda r: {
        "column_set": r.choice((SCHEMA.names[::-1], SCHEMA.names[:3], ["nothing"])),
        "exact_match": r.choice((None, True, False)),
    },
    "expect_table_column_count_to_be_between": lambda r: {"min_value": r.choice((1, 11)), "max_value": 11},
    "expect_table_column_count_to_equal": lambda r: {"value": r.choice((10, 11))},
    "expect_table_row_count_to_be_between": lambda r: {"min_value": 1, "max_value": 20, **_strict(r)},
    "expect_table_row_count_to_equal": lambda r: {"value": r.choice(SIZES)},
    "expect_column_values_to_be_of_type": lambda r: {
        "column": r.choice(("i", "f", "s", "b")),
        "type_": r.choice(("int64", "float64", "str", "bool")),
    },
    "expect_column_values_to_be_in_type_list": lambda r: {
        "column": r.choice(("i", "f", "s", "b")),
        "type_list": r.choice((["int64", "float64"], ["str"], ["bool", "str"])),
    },
    "expect_column_type_to_be": lambda r: {
        "column": r.choice(("i", "f", "b")),
        "type_": r.choice(("int64", "float64", "bool")),
    },
    "expect_column_values_to_not_be_null": lambda r: {"column": _any_column(r), **_mostly(r)},
    "expect_column_values_to_be_null": lambda r: {"column": _any_column(r), **_mostly(r)},
    "expect_column_values_to_be_between": lambda r: {
        **_between(r, "i j f f g s at local day price b"),
        **_mostly(r),
    },
    "expect_column_values_to_be_in_set": lambda r: (
        lambda c: {"column": c, "value_set": _set(r, c), **_mostly(r)}
    )(r.choice(("i", "j", "f", "g", "s", "t", "b", "day", "price"))),
    "expect_column_values_to_not_be_in_set": lambda r: (
        lambda c: {"column": c, "value_set": _set(r, c), **_mostly(r)}
    )(r.choice(("i", "j", "f", "g", "s", "t", "b", "day", "price"))),
    "expect_column_value_lengths_to_be_between": lambda r: {
        "column": r.choice("st"),
        "min_value": r.choice((None, 1)),
        "max_value": r.choice((2, 3)),
        **_strict(r),
        **_mostly(r),
    },
    "expect_column_value_lengths_to_equal": lambda r: {"column": r.choice("st"), "value": 1, **_mostly(r)},
    "expect_column_values_to_match_regex": lambda r: {
        "column": r.choice("st"),
        "regex": r.choice(REGEXES),
        **_mostly(r),
    },
    "expect_column_values_to_not_match_regex": lambda r: {
        "column": r.choice("st"),
        "regex": r.choice(REGEXES),
        **_mostly(r),
    },
    "expect_column_values_to_match_regex_list": lambda r: {
        "column": r.choice("st"),
        "regex_list": r.sample(REGEXES[:10], 2),
        "match_on": r.choice((None, "any", "all")),
        **_mostly(r),
    },
    "expect_column_values_to_not_match_regex_list": lambda r: {
        "column": r.choice("st"),
        "regex_list": r.sample(REGEXES[:10], 2),
        **_mostly(r),
    },
    "expect_column_values_to_match_strftime_format": lambda r: {
        "column": r.choice("st"),
        "strftime_format": r.choice(("%Y-%m-%d", "%H:%M")),
        **_mostly(r),
    },
    "expect_column_pair_values_a_to_be_greater_than_b": lambda r: {
        **_pair(r, "f,g i,j at,at local,local i,f"),
        "or_equal": r.choice((None, True)),
    },
    "expect_column_pair_values_to_be_equal": lambda r: _pair(r),
    "expect_column_pair_values_to_be_in_set": lambda r: {
        **_pair(r, "i,t s,t"),
        "value_pairs_set": r.choice(([[1, "a"], [2, "b"]], [["a", "a"], [None, "b"]], [[0, None]])),
    },
    "expect_multicolumn_sum_to_equal": lambda r: {**_many(r, ["i", "j"], ["j", "g"]), "sum_total": 3},
    "expect_multicolumn_values_to_be_equal": lambda r: _many(r, ["s", "t"], ["i", "j"], ["f", "g"]),
    "expect_select_column_values_to_be_unique_within_record": lambda r: _many(r, ["s", "t"], ["i", "j"]),
    "expect_compound_columns_to_be_unique": lambda r: _many(
        r, ["s", "t"], ["i", "s"], ["f", "j"], ["day", "i"]
    ),
    "expect_column_max_to_be_between": lambda r: _between(r, "i j f g at local price b"),
    "expect_column_min_to_be_between": lambda r: _between(r, "i j f g at local price b"),
    "expect_column_mean_to_be_between": lambda r: _between(r, "i j f g b price"),
    "expect_column_median_to_be_between": lambda r: _between(r, "i j f g"),
    "expect_column_stdev_to_be_between": lambda r: _between(r, "i j f g b"),
    "expect_column_sum_to_be_between": lambda r: _between(r, "i j f g b"),
    "expect_column_proportion_of_non_null_values_to_be_between": lambda r: {
        "column": _any_column(r),
        **_range(r, 0, 1),
    },
    "expect_column_quantile_values_to_be_between": lambda r: {
        "column": r.choice("ijfg"),
        "quantile_ranges": {
            "quantiles": [0.1, 0.5, 0.9],
            "value_ranges": r.choice(([[-1, 0.5], [0, 1], [0.5, 2]], [[None, 1], [0, None], [1, 3]])),
        },
        "allow_relative_error": r.choice((None, "linear", "lower", "higher", "midpoint", "nearest")),
    },
    "expect_column_values_to_be_unique": lambda r: {"column": _any_column(r), **_mostly(r)},
    "expect_column_unique_value_count_to_be_between": lambda r: {
        "column": _any_column(r),
        "min_value": 1,
        "max_value": 4,
        **_strict(r),
    },
    "expect_column_proportion_of_unique_values_to_be_between": lambda r: {
        "column": _any_column(r),
        **_range(r, 0, 1),
    },
    "expect_column_distinct_values_to_be_in_set": lambda r: (
        lambda c: {"column": c, "value_set": _set(r, c)}
    )(r.choice("ijst")),
    "expect_column_distinct_values_to_contain_set": lambda r: (
        lambda c: {"column": c, "value_set": _set(r, c)}
    )(r.choice("ijst")),
    "expect_column_distinct_values_to_equal_set": lambda r: (
        lambda c: {"column": c, "value_set": _set(r, c)}
    )(r.choice("ijst")),
    "expect_column_most_common_value_to_be_in_set": lambda r: (
        lambda c: {"column": c, "value_set": _set(r, c), "ties_okay": r.choice((None, True))}
    )(r.choice("ijst")),
    "expect_column_value_z_scores_to_be_less_than": lambda r: {
        "column": r.choice("ijfg"),
        "threshold": r.choice((0.5, 1, 2)),
        "double_sided": r.choice((True, False)),
        **_mostly(r),
    },
    "expect_column_values_to_not_be_outliers": lambda r: {
        "column": r.choice("ijfg"),
        "method": r.choice(("iqr", "std")),
        "multiplier": r.choice((0.5, 1.0, 1.5)),
        **_mostly(r),
    },
}
KINDS = tuple(ARGUMENTS)
WITH_CONDITION = frozenset(
    kind for kind in KINDS if "table_column" not in kind and "to_exist" not in kind and "type" not in kind
)
