"""A suite's results as evidence about a dataset, under the names that GX's own results have."""

from __future__ import annotations

import math

from featureguard.evidence import ExternalResult
from featureguard.external.importing import worse
from featureguard.external.strict_json import sentence
from featureguard.result import Scalar
from featureguard.suites.outcome import ExpectationResult, SuiteResult

TOOL = "gx"
"""Whose checks these are: a contract's `external_checks` name them so, whoever ran the suite."""


def to_external(dataset: str, *results: SuiteResult) -> tuple[ExternalResult, ...]:
    """One result for each check, in the order of their names.

    Expectations that share a name (one type about the same columns) are one check: the worse counts, of
    several suites too.

    Args:
        dataset: The dataset that the data is of.
        results: What suites came to.
    """
    found: dict[str, ExternalResult] = {}
    for result in results:
        for one in result.results:
            external = _external(one, result, dataset)
            found[one.check] = worse(found[one.check], external) if one.check in found else external
    return tuple(found[check] for check in sorted(found))


def _external(one: ExpectationResult, result: SuiteResult, dataset: str) -> ExternalResult:
    return ExternalResult(
        TOOL,
        one.check,
        dataset,
        one.status,
        result.observed_at,
        severity=one.severity,
        code=one.code,
        column=one.column,
        observed=_storable(one.observed),
        reason=one.reason,
        snapshot=result.snapshot,
    )


def _storable(observed: Scalar | None) -> Scalar | None:
    """A number that a store can keep; what is too large or infinite as text."""
    if isinstance(observed, str):
        return sentence(observed)
    if observed is None or (abs(observed) < 1 << 63 and math.isfinite(observed)):
        return observed
    return str(observed)
