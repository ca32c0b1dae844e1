"""The types of expectations that the engine runs, and why it does not run the rest of GX's own.

To add a type, write a function from `Asked` to `Check` and hand `{**BUILTIN, "expect_…": Compiler(…)}` to
`run_suite`: nothing registers itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from featureguard.suites.asked import Asked
from featureguard.suites.check import Check
from featureguard.suites.compilers import aggregates, distinct, pairs, rows, spread, table, texts


@dataclass(frozen=True, slots=True)
class Compiler:
    """How a type of expectation is compiled.

    Attributes:
        compile: Makes the check; raises `UnansweredError` where there is no answer.
        needed: Arguments that it must have.
        known: Arguments that it may have.
        has_condition: Whether it may have a `row_condition`.
    """

    compile: Callable[[Asked], Check]
    needed: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    has_condition: bool = True

    @property
    def arguments(self) -> frozenset[str]:
        """Every argument that means something to it."""
        condition = ("row_condition", "condition_parser") if self.has_condition else ()
        return frozenset((*self.needed, *self.known, *condition, *EVERYWHERE))


EVERYWHERE = (
    *("batch_id", "catch_exceptions", "condition_parser", "description", "id", "meta", "notes"),
    *("rendered_content", "result_format", "severity", "library_metadata"),
)
"""Arguments of every expectation that change nothing of what it asks."""

_RANGE = ("min_value", "max_value", "strict_min", "strict_max")
_PAIR = ("column_A", "column_B")


def _of_column(compile_: Callable[[Asked], Check], *known: str, needed: tuple[str, ...] = ()) -> Compiler:
    return Compiler(compile_, ("column", *needed), known)


def _of_values(compile_: Callable[[Asked], Check], *known: str, needed: tuple[str, ...] = ()) -> Compiler:
    return _of_column(compile_, "mostly", *known, needed=needed)


def _of_pair(compile_: Callable[[Asked], Check], *known: str, needed: tuple[str, ...] = ()) -> Compiler:
    return Compiler(compile_, (*_PAIR, *needed), ("mostly", "ignore_row_if", *known))


def _of_columns(compile_: Callable[[Asked], Check], *, needed: tuple[str, ...] = ()) -> Compiler:
    return Compiler(compile_, ("column_list", *needed), ("mostly", "ignore_row_if"))


def _of_schema(compile_: Callable[[Asked], Check], *known: str, needed: tuple[str, ...] = ()) -> Compiler:
    return Compiler(compile_, needed, known, has_condition=False)


BUILTIN: Mapping[str, Compiler] = {
    # The table.
    "expect_column_to_exist": _of_schema(table.column_exists, "column_index", needed=("column",)),
    "expect_table_columns_to_match_ordered_list": _of_schema(table.columns_ordered, "column_list"),
    "expect_table_columns_to_match_set": _of_schema(table.columns_set, "column_set", "exact_match"),
    "expect_table_column_count_to_be_between": _of_schema(table.column_count_between, *_RANGE),
    "expect_table_column_count_to_equal": _of_schema(table.column_count, needed=("value",)),
    "expect_table_row_count_to_be_between": Compiler(table.row_count_between, known=_RANGE),
    "expect_table_row_count_to_equal": Compiler(table.row_count, ("value",)),
    "expect_column_type_to_be": _of_schema(table.of_type, needed=("column", "type_")),
    "expect_column_values_to_be_of_type": _of_values(table.of_type, needed=("type_",)),
    "expect_column_values_to_be_in_type_list": _of_values(table.in_type_list, needed=("type_list",)),
    # Each value of a column.
    "expect_column_values_to_not_be_null": _of_values(rows.not_null),
    "expect_column_values_to_be_null": _of_values(rows.null),
    "expect_column_values_to_be_between": _of_values(rows.between, *_RANGE),
    "expect_column_values_to_be_in_set": _of_values(rows.in_set, "value_set"),
    "expect_column_values_to_not_be_in_set": _of_values(rows.not_in_set, "value_set"),
    "expect_column_value_lengths_to_be_between": _of_values(texts.lengths_between, *_RANGE),
    "expect_column_value_lengths_to_equal": _of_values(texts.lengths_equal, needed=("value",)),
    "expect_column_values_to_match_regex": _of_values(texts.regex, needed=("regex",)),
    "expect_column_values_to_not_match_regex": _of_values(texts.not_regex, needed=("regex",)),
    "expect_column_values_to_match_regex_list": _of_values(
        texts.regex_list, "match_on", needed=("regex_list",)
    ),
    "expect_column_values_to_not_match_regex_list": _of_values(texts.not_regex_list, needed=("regex_list",)),
    "expect_column_values_to_match_like_pattern": _of_values(texts.like, "escape", needed=("like_pattern",)),
    "expect_column_values_to_not_match_like_pattern": _of_values(
        texts.not_like, "escape", needed=("like_pattern",)
    ),
    "expect_column_values_to_match_like_pattern_list": _of_values(
        texts.like_list, "match_on", "escape", needed=("like_pattern_list",)
    ),
    "expect_column_values_to_not_match_like_pattern_list": _of_values(
        texts.not_like_list, "escape", needed=("like_pattern_list",)
    ),
    "expect_column_values_to_match_strftime_format": _of_values(texts.strftime, needed=("strftime_format",)),
    # Several columns of each row.
    "expect_column_pair_values_a_to_be_greater_than_b": _of_pair(pairs.greater, "or_equal"),
    "expect_column_pair_values_to_be_equal": _of_pair(pairs.equal_pair),
    "expect_column_pair_values_to_be_in_set": _of_pair(pairs.pair_in_set, needed=("value_pairs_set",)),
    "expect_multicolumn_sum_to_equal": _of_columns(pairs.sum_equals, needed=("sum_total",)),
    "expect_multicolumn_values_to_be_equal": _of_columns(pairs.equal_columns),
    "expect_select_column_values_to_be_unique_within_record": _of_columns(pairs.unique_within),
    "expect_compound_columns_to_be_unique": _of_columns(pairs.compound_unique),
    # One number of a column.
    "expect_column_max_to_be_between": _of_column(aggregates.greatest, *_RANGE),
    "expect_column_min_to_be_between": _of_column(aggregates.least, *_RANGE),
    "expect_column_mean_to_be_between": _of_column(aggregates.mean, *_RANGE),
    "expect_column_median_to_be_between": _of_column(aggregates.median, *_RANGE),
    "expect_column_stdev_to_be_between": _of_column(aggregates.stdev, *_RANGE),
    "expect_column_sum_to_be_between": _of_column(aggregates.total, *_RANGE),
    "expect_column_proportion_of_non_null_values_to_be_between": _of_column(
        aggregates.share_of_values, *_RANGE
    ),
    "expect_column_quantile_values_to_be_between": _of_column(
        aggregates.quantiles, "allow_relative_error", needed=("quantile_ranges",)
    ),
    # The different values of a column.
    "expect_column_values_to_be_unique": _of_values(distinct.unique),
    "expect_column_unique_value_count_to_be_between": _of_column(distinct.distinct_count, *_RANGE),
    "expect_column_proportion_of_unique_values_to_be_between": _of_column(distinct.distinct_share, *_RANGE),
    "expect_column_distinct_values_to_be_in_set": _of_column(distinct.distinct_in_set, needed=("value_set",)),
    "expect_column_distinct_values_to_contain_set": _of_column(
        distinct.distinct_contain, needed=("value_set",)
    ),
    "expect_column_distinct_values_to_equal_set": _of_column(distinct.distinct_equal, needed=("value_set",)),
    "expect_column_most_common_value_to_be_in_set": _of_column(
        distinct.most_common, "ties_okay", needed=("value_set",)
    ),
    "expect_column_value_z_scores_to_be_less_than": _of_values(
        spread.z_scores, "double_sided", needed=("threshold",)
    ),
    "expect_column_values_to_not_be_outliers": _of_values(spread.outliers, "method", "multiplier"),
}
"""The compiler of each type that the engine runs."""

NOT_RUN: Mapping[str, str] = {
    "expect_column_kl_divergence_to_be_less_than": "it needs a partition of GX's own making",
    "expect_query_results_to_match_comparison": "it compares two databases by SQL",
    "expect_table_row_count_to_equal_other_table": "it asks about a second table",
    "unexpected_rows_expectation": "it is SQL",
}
"""Types of GX that the engine does not run, and why."""
