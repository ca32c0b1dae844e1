"""What was found of an online store, as evidence for the gate."""

from __future__ import annotations

from featureguard.evidence import ExternalResult
from featureguard.feast.truth import Finding, Truth
from featureguard.result import Code, Severity, Status

TOOL = "feast"
SKEW, TTL = "online_skew", "online_ttl"
"""Names of the checks, as `external_checks` of a contract names them."""

_SKEWED = frozenset({Code.ONLINE_SKEW, Code.DATA_FROM_FUTURE})


def to_external(dataset: str, truth: Truth, severity: Severity = Severity.WARN) -> list[ExternalResult]:
    """Two results: whether both sides agree, and whether anything is served beyond its ttl.

    How fresh the entities are is no part of them: the dataset's own promises say that.

    Args:
        dataset: The dataset that says what the online store holds.
        truth: What was found.
        severity: What a failure does.
    """
    skewed = [one for one in truth.findings if one.code in _SKEWED]
    expired = [one for one in truth.findings if one.code is Code.TTL_EXCEEDED]
    return [
        _result(dataset, SKEW, Code.ONLINE_SKEW, skewed, truth, severity),
        _result(dataset, TTL, Code.TTL_EXCEEDED, expired, truth, severity),
    ]


def _result(
    dataset: str, check: str, code: Code, found: list[Finding], truth: Truth, severity: Severity
) -> ExternalResult:
    if not truth.looked_at:
        status, text = (
            Status.UNKNOWN,
            f"'{truth.view}' has no entities, online or offline: nothing was compared.",
        )
    elif found:
        status, text = Status.FAIL, " ".join(one.text for one in found)
    else:
        status, text = Status.PASS, ""
    return ExternalResult(
        TOOL,
        check,
        dataset,
        status,
        truth.now,
        severity,
        None if status is Status.PASS else Code.NO_EVIDENCE if status is Status.UNKNOWN else code,
        observed=sum(one.entities or 0 for one in found),
        reason=text,
    )
