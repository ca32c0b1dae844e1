"""A suite's results are evidence under the names that GX's own results have."""

from __future__ import annotations

import dataclasses

import polars as pl

from featureguard.external.gx import validations
from featureguard.external.reported import Reported
from featureguard.result import Code, Severity, Status
from featureguard.suites.evidence import to_external
from tests.unit.suites.builders import NOW, expect, judged

FRAME = pl.DataFrame({"a": [1, 1, None], "b": [2, 2, 2]})
ASKED = [
    expect("column_values_to_not_be_null", column="a", severity="warning"),
    expect("column_pair_values_to_be_equal", column_A="a", column_B="b"),
    expect("compound_columns_to_be_unique", column_list=["a", "b"]),
    expect("table_row_count_to_equal", value=3),
    expect("nonsense", column="a"),
]


def test_a_result_has_tool_name_dataset_time_and_what_was_observed() -> None:
    found = {one.check: one for one in to_external("rides", judged(FRAME, *ASKED))}
    nulls = found["expect_column_values_to_not_be_null(a)"]
    assert (nulls.name, nulls.dataset) == ("gx:expect_column_values_to_not_be_null(a)", "rides")
    assert (nulls.status, nulls.severity, nulls.code) == (Status.FAIL, Severity.WARN, Code.NULL_LIMIT)
    assert (nulls.observed_at, nulls.column, nulls.observed) == (NOW, "a", 1 / 3)
    unknown = found["expect_nonsense(a)"]
    assert (unknown.status, unknown.code) == (Status.UNKNOWN, Code.CHECK_CRASHED)


def test_the_names_are_those_under_which_results_of_gx_are_imported() -> None:
    document = {
        "meta": {"active_batch_definition": {"data_asset_name": "rides"}},
        "results": [{"expectation_config": one, "success": True, "result": {}} for one in ASKED],
    }
    imported = [one.check for one in validations(document, "v.json") if isinstance(one, Reported)]
    assert sorted(imported) == [one.check for one in to_external("rides", judged(FRAME, *ASKED))]


def test_two_expectations_of_one_name_are_one_check_and_the_worse_counts() -> None:
    good = expect("column_values_to_be_between", column="b", min_value=0)
    bad = expect("column_values_to_be_between", column="b", max_value=1)
    for asked in ([good, bad], [bad, good]):
        (found,) = to_external("rides", judged(FRAME, *asked))
        assert (found.status, found.observed) == (Status.FAIL, 1.0)


def test_one_check_of_several_suites_is_one_check_too() -> None:
    good = judged(FRAME, expect("column_values_to_be_between", column="b", min_value=0))
    bad = judged(FRAME, expect("column_values_to_be_between", column="b", max_value=1))
    assert [one.status for one in to_external("rides", bad, good)] == [Status.FAIL]


def test_a_number_that_no_store_can_keep_is_kept_as_text() -> None:
    frame = pl.DataFrame({"n": [2**62, 2**62], "f": [float("inf"), 1.0]})
    result = judged(
        frame,
        expect("column_sum_to_be_between", column="n"),
        expect("column_max_to_be_between", column="f"),
        expect("column_max_to_be_between", column="n"),
    )
    assert [one.observed for one in to_external("rides", result)] == ["inf", 2**62, str(2**63)]


def test_nothing_of_the_rows_is_in_the_evidence() -> None:
    frame = pl.DataFrame({"s": ["alice@example.org"]})
    result = judged(frame, expect("column_values_to_be_in_set", column="s", value_set=["x"]))
    assert "alice" in str(result.to_dict())
    assert "alice" not in str([dataclasses.astuple(one) for one in to_external("rides", result)])
