"""Our engine and GX itself, on pandas, say the same about random expectations and awkward data.

Whatever differs must be in the table below with its reason; any other difference fails.
"""

from __future__ import annotations

import json
import math
import random
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from featureguard.result import Code
from featureguard.suites.engine import run_suite
from featureguard.suites.outcome import ExpectationResult
from featureguard.suites.reading import suite_of
from tests.gx_host import cases

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # GX's own, of the moment when it is imported
    gx = pytest.importorskip("great_expectations")
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.registry import get_expectation_impl

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    # NumPy and pandas, about infinities in means and about empty slices.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    # pandas, about '(.)' in an expression.
    pytest.mark.filterwarnings("ignore:This pattern is interpreted:UserWarning"),
]

SEEDS = range(6)
FRAMES, EACH = 6, 140
WORDS = ("element_count", "unexpected_count", "missing_count", "unexpected_percent", "observed_value")


@dataclass(frozen=True)
class Case:
    """One expectation about one table, as both sides see it."""

    kind: str
    kwargs: dict[str, Any]
    table: pa.Table
    ours: ExpectationResult
    theirs: bool | None
    said: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A difference that is known, and why it is right to be there."""

    reason: str
    holds: Callable[[Case], bool]


KNOWN = (
    Difference(
        "GX 1.x takes as bounds only numbers and what it can read as a time, and refuses other texts",
        lambda c: (
            c.kind == "expect_column_values_to_be_between" and c.kwargs["column"] in "st" and refused(c)
        ),
    ),
    Difference(
        "GX refuses an empty set here; no value being in it is an answer",
        lambda c: "distinct_values" in c.kind and c.kwargs["value_set"] == [] and refused(c),
    ),
    Difference(
        "expressions with look-around or back-references are not known to the engine: unknown, never guessed",
        lambda c: c.kwargs.get("regex") in (r"(?=a)", r"(.)\1") and c.ours.answered_by == "nobody",
    ),
    Difference(
        "a share of nothing is 0 for GX, and unknown here",
        lambda c: "proportion" in c.kind and c.ours.code is Code.NO_EVIDENCE and c.theirs is zero_fits(c),
    ),
    Difference(
        "a text is an object for pandas, whose types GX asks of each value; here a column has one type",
        lambda c: "type" in c.kind and c.kwargs["column"] == "s" and (empty(c) or c.ours.success == c.theirs),
    ),
    Difference(
        "for GX no date is in a set of texts, which is all that JSON can hold",
        lambda c: "be_in_set" in c.kind and c.kwargs.get("column") == "day",
    ),
    Difference(
        "for GX a decimal is in a set of floats only where the float is exactly it; here their digits count",
        lambda c: "be_in_set" in c.kind and c.kwargs.get("column") == "price",
    ),
    Difference(
        "GX on pandas cannot average decimals of which one is missing",
        lambda c: c.kwargs.get("column") == "price" and c.said.startswith("raised: float()"),
    ),
    Difference(
        "GX on pandas looks into the rows that the condition leaves out too, or cannot write its own result",
        lambda c: c.kind == "expect_column_pair_values_to_be_in_set" and "row_condition" in c.kwargs,
    ),
)


def zero_fits(case: Case) -> bool:
    low, high = case.kwargs.get("min_value", 0), case.kwargs.get("max_value", 0)
    below = high > 0 if case.kwargs.get("strict_max") and "max_value" in case.kwargs else high >= 0
    return bool(below) and bool(
        low < 0 if case.kwargs.get("strict_min") and "min_value" in case.kwargs else low <= 0
    )


def refused(case: Case) -> bool:
    return case.theirs is None and case.said.startswith("refused")


def empty(case: Case) -> bool:
    return bool(case.table.column(case.kwargs["column"]).null_count == case.table.num_rows)


@pytest.fixture(scope="module")
def asset() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        source = context.data_sources.add_pandas("random")
        return source.add_dataframe_asset("table").add_batch_definition_whole_dataframe("all")


@pytest.fixture(autouse=True)
def quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """GX makes the configuration of an expectation some 60 times; kept, it takes two thirds of the time."""
    made: Callable[[Any], Any] = Expectation.configuration.fget  # type: ignore[attr-defined]
    kept: dict[int, tuple[Any, Any]] = {}

    def configuration(expectation: Any) -> Any:
        if id(expectation) not in kept:
            kept[id(expectation)] = expectation, made(expectation)
        return kept[id(expectation)][1]

    monkeypatch.setattr(Expectation, "configuration", property(configuration))


@pytest.mark.parametrize(
    "seed", [SEEDS[0], *(pytest.param(one, marks=pytest.mark.long) for one in SEEDS[1:])]
)
def test_what_differs_from_gx_is_known(seed: int, asset: Any) -> None:
    chance = random.Random(seed)
    formats = ["BASIC", *["BOOLEAN_ONLY"] * (FRAMES - 1)]
    found = [case for one in formats for case in compared(chance, asset, one) if not agrees(case)]
    assert [described(case) for case in found if not any(known.holds(case) for known in KNOWN)] == []


def compared(chance: random.Random, asset: Any, result_format: str) -> Iterator[Case]:
    table = cases.table(chance)
    asked = json.loads(json.dumps([cases.expectation(chance) for _ in range(EACH)]))
    entries = [{"type": kind, "kwargs": kwargs} for kind, kwargs in asked]
    suite = suite_of({"name": "random", "expectations": entries}, "random")
    ours = run_suite(suite, table, now=datetime.now(UTC)).results
    theirs = validated(asset, table, asked, result_format)
    for number, (kind, kwargs) in enumerate(asked):
        yield Case(kind, kwargs, table, ours[number], *theirs[number])


def validated(
    asset: Any, table: pa.Table, asked: list[tuple[str, dict[str, Any]]], result_format: str
) -> dict[int, tuple[bool | None, str, dict[str, Any]]]:
    """What GX says, by number: success, or `None` and why not, and its words."""
    found: dict[int, tuple[bool | None, str, dict[str, Any]]] = {}
    made = []
    for number, (kind, kwargs) in enumerate(asked):
        try:
            made.append(get_expectation_impl(kind)(**kwargs, meta={"number": number}))
        except ValueError as error:
            found[number] = None, f"refused: {error}", {}
    batch = asset.get_batch(batch_parameters={"dataframe": table.to_pandas()})
    suite = gx.ExpectationSuite(name="random", expectations=made)
    for result in batch.validate(suite, result_format=result_format).results:
        number, info = result.expectation_config.meta["number"], result.exception_info or {}
        raised = [
            one for one in (info, *info.values()) if isinstance(one, dict) and one.get("raised_exception")
        ]
        said = f"raised: {raised[0].get('exception_message')}" if raised else ""
        found[number] = None if raised else bool(result.success), said, result.result or {}
    return found


def agrees(case: Case) -> bool:
    """Whether success and all words that both have are the same."""
    if case.theirs is not case.ours.success:
        return False
    return all(alike(case.result[word], case.ours.result.get(word)) for word in WORDS if word in case.result)


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if str(one) == "NaT":  # pandas' word for no time
        return other is None
    if number(one) and (number(other) or other is None):
        nothing = math.isnan(float(one))
        return nothing if other is None else math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other) or str(one) == str(other)


def number(value: Any) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, str)


def described(case: Case) -> str:
    about = [name for name in case.table.column_names if f'"{name}"' in json.dumps(case.kwargs)]
    rows = case.table.select(about).to_pydict() if case.table.num_rows <= 5 else case.table.num_rows
    theirs = f"GX says {case.theirs} {case.said[:200]} {case.result}"
    return f"{case.kind} {case.kwargs}: {theirs}; we say {case.ours.success} {case.ours.reason} {rows}"


def test_the_random_cases_are_many_and_of_every_type_that_pandas_can_run() -> None:
    assert len(SEEDS) * FRAMES * EACH >= 5_000
    chance = random.Random(1)
    kinds = {cases.expectation(chance)[0] for _ in range(2_000)}
    assert kinds == set(cases.KINDS)
