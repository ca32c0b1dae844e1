"""A suite is linted without data: what runs, what does not, what its arguments lack."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from featureguard.suites.linting import lint_suite
from tests.unit.suites.builders import expect, suite

needs_schemas = pytest.mark.skipif(
    find_spec("great_expectations") is None, reason="great_expectations (extra 'gx') is not installed"
)


def test_what_runs_is_told_from_what_does_not() -> None:
    found = lint_suite(
        suite(
            expect("column_values_to_be_between", column="x", min_value="2026-01-01T00:00:00Z"),
            expect("column_values_to_match_regex", column="x", regex="^a"),
            expect("column_values_to_match_regex", column="x", regex="(?=a)"),
            expect("nonsense", column="x"),
            expect("column_values_to_be_between", column="x", min_value=3, max_value=1),
            expect("column_pair_values_to_be_equal", column_A="x"),
        )
    )
    assert [bool(one.refusal) for one in found] == [False, False, True, True, True, True]
    assert "look-around" in found[2].refusal
    assert "type is not known" in found[3].refusal
    assert "must not be above" in found[4].refusal
    assert "column_B are missing" in found[5].refusal


def test_parameters_that_need_a_value_are_named() -> None:
    asked = expect("column_values_to_be_between", column="x", max_value={"$PARAMETER": "most"})
    (open_,) = lint_suite(suite(asked))
    assert (open_.parameters, open_.refusal) == (("most",), "")
    (given,) = lint_suite(suite(asked, suite_parameters={"most": 5}))
    assert given.parameters == ()


@needs_schemas
def test_arguments_are_checked_by_the_schemas_of_gx() -> None:
    wrong = [
        expect("column_values_to_not_be_null", column="x", mostli=1),
        expect("column_values_to_not_be_null", column=""),
        expect("column_values_to_be_in_set", column="x"),
        expect("column_values_to_not_be_null", column="x", mostly={"$PARAMETER": "m"}),
    ]
    problems = [one.problems for one in lint_suite(suite(*wrong))]
    assert problems[0] == ("GX knows no 'mostli' here.",)
    assert problems[1][0].startswith("'column':")
    assert problems[2] == ("GX needs 'value_set'.",)
    assert problems[3] == ()


@needs_schemas
def test_the_schemas_are_read_without_importing_gx() -> None:
    code = (
        "import sys\n"
        "from tests.unit.suites.builders import suite, expect\n"
        "from featureguard.suites.linting import lint_suite, schemas_are_installed\n"
        "lint_suite(suite(expect('column_to_exist', column='x')))\n"
        "print(schemas_are_installed(), 'great_expectations' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["True", "False"]


@needs_schemas
def test_every_type_of_gx_is_run_or_named_as_not_run() -> None:
    from featureguard.suites.builtin import BUILTIN, NOT_RUN
    from featureguard.suites.linting import _key, _schemas

    assert {_key(kind) for kind in (*BUILTIN, *NOT_RUN)} == set(_schemas())


@needs_schemas
def test_the_arguments_that_are_known_here_are_those_of_gx() -> None:
    from featureguard.suites.builtin import BUILTIN, EVERYWHERE
    from featureguard.suites.linting import _key, _schemas

    for kind, compiler in BUILTIN.items():
        theirs = set(_schemas()[_key(kind)]["properties"]) - {*EVERYWHERE, "metadata", "windows"}
        assert theirs - compiler.arguments == set(), kind
        assert set(_schemas()[_key(kind)].get("required") or ()) <= {*compiler.needed, *compiler.known}, kind
