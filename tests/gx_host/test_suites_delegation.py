"""What the engine cannot answer, GX answers if it is asked to; and the result says who did."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from featureguard.errors import MissingExtraError
from featureguard.result import Code, Status
from featureguard.suites import by_gx
from featureguard.suites.evidence import to_external
from tests.unit.suites.builders import expect, judged

FRAME = pl.DataFrame({"s": ["ab", "b", None, "a"], "n": [1, 2, 3, 4]})
LOOK_AHEAD = expect("column_values_to_match_regex", column="s", regex="^(?!b)", mostly=0.5)
NULLS = expect("column_values_to_not_be_null", column="s")

quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def test_without_gx_it_is_named_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_gx, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"featureguard\[gx\]"):
        judged(FRAME, LOOK_AHEAD, engine="gx")
    assert judged(FRAME, NULLS, engine="gx").results[0].answered_by == "featureguard"


@quiet
def test_only_what_has_no_answer_is_handed_over(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("great_expectations")
    found = judged(FRAME, NULLS, LOOK_AHEAD, expect("nonsense"), engine="gx")
    assert [one.answered_by for one in found.results] == ["featureguard", "gx", "nobody"]
    nulls, pattern, nonsense = found.results
    assert (nulls.status, nulls.observed) == (Status.FAIL, 0.25)
    assert (pattern.status, pattern.success, pattern.result["unexpected_count"]) == (Status.PASS, True, 1)
    assert (nonsense.status, nonsense.code) == (Status.UNKNOWN, Code.CHECK_CRASHED)
    assert "GX has no answer either" in nonsense.reason
    assert capfd.readouterr().err == ""  # no bars of progress


@quiet
def test_a_failure_that_gx_finds_has_the_same_name_code_and_parameters_filled_in() -> None:
    pytest.importorskip("great_expectations")
    asked = expect("column_values_to_match_regex", column="s", regex={"$PARAMETER": "pattern"})
    found = judged(FRAME, asked, engine="gx", parameters={"pattern": "^(?!b)"}).results[0]
    assert (found.status, found.code, found.answered_by) == (Status.FAIL, Code.VALUE_UNEXPECTED, "gx")
    assert found.reason == "GX: 33.33% of the values are unexpected."
    assert found.observed == pytest.approx(1 / 3)


@quiet
def test_what_crashes_in_gx_stays_unknown_and_no_rows_are_no_success() -> None:
    pytest.importorskip("great_expectations")
    missing = expect("column_values_to_match_regex", column="gone", regex="a")
    found = judged(FRAME.clear(), missing, LOOK_AHEAD, engine="gx").results
    assert [(one.status, one.code) for one in found] == [
        (Status.UNKNOWN, Code.SCHEMA_BREAKING),
        (Status.UNKNOWN, Code.NO_EVIDENCE),
    ]


@quiet
def test_the_evidence_has_one_name_whoever_answered() -> None:
    pytest.importorskip("great_expectations")
    asked: list[dict[str, Any]] = [LOOK_AHEAD, NULLS]
    names = [
        [one.name for one in to_external("r", judged(FRAME, *asked, engine=e))]
        for e in ("gx", "featureguard")
    ]
    assert names[0] == names[1]
