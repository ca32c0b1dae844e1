"""Great Expectations: validation results as `to_json_dict()` gives them and as GX stores them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from featureguard.checks import words
from featureguard.errors import SourceCorruptError
from featureguard.external.reported import Named, Reported, Skipped, Why
from featureguard.external.strict_json import mapping, name, number, results_of, sentence
from featureguard.instant import parse_instant
from featureguard.result import Code, Severity, Status

CODES: Mapping[str, Code] = {
    "expect_column_values_to_not_be_null": Code.NULL_LIMIT,
    "expect_column_values_to_be_unique": Code.KEYS_DUPLICATED,
    "expect_compound_columns_to_be_unique": Code.KEYS_DUPLICATED,
    "expect_column_values_to_be_in_set": Code.VALUE_UNEXPECTED,
    "expect_column_values_to_not_be_in_set": Code.VALUE_UNEXPECTED,
    "expect_column_values_to_match_regex": Code.VALUE_UNEXPECTED,
    "expect_column_values_to_be_between": Code.RANGE_VIOLATED,
    "expect_column_min_to_be_between": Code.RANGE_VIOLATED,
    "expect_column_max_to_be_between": Code.RANGE_VIOLATED,
    "expect_table_row_count_to_be_between": Code.VOLUME_OUT_OF_RANGE,
    "expect_table_row_count_to_equal": Code.VOLUME_OUT_OF_RANGE,
    "expect_column_to_exist": Code.SCHEMA_BREAKING,
    "expect_table_columns_to_match_ordered_list": Code.SCHEMA_BREAKING,
    "expect_table_columns_to_match_set": Code.SCHEMA_BREAKING,
    "expect_column_values_to_be_of_type": Code.SCHEMA_BREAKING,
    "expect_column_values_to_be_in_type_list": Code.SCHEMA_BREAKING,
    "expect_feature_to_be_fresh": Code.DATA_STALE,
    "expect_null_rate_to_be_within_contract": Code.NULL_LIMIT,
    "expect_schema_to_match_contract": Code.SCHEMA_BREAKING,
}
"""What a failure of a type of expectation is called."""
_OURS = (
    "expect_feature_to_be_fresh",
    "expect_null_rate_to_be_within_contract",
    "expect_schema_to_match_contract",
)
_WARNINGS = ("warning", "info")


def check_name(kind: str, arguments: Mapping[str, Any]) -> str:
    """What an expectation is called as evidence: its type, and its columns in parentheses."""
    columns = columns_of(arguments)
    return f"{kind}({', '.join(columns)})" if columns else kind


def check_severity(severity: object) -> Severity:
    """What a failure does: only `critical`, which is the default, blocks."""
    return Severity.WARN if severity in _WARNINGS else Severity.BLOCK


def columns_of(arguments: Mapping[str, Any]) -> list[str]:
    """The columns that the arguments of an expectation name."""
    listed = arguments.get("column_list")
    found = [arguments.get(key) for key in ("column", "column_A", "column_B")]
    found += listed if isinstance(listed, list) else []
    return [column for one in found if (column := name(one))]


def validations(document: object, file: str) -> Iterator[Reported | Skipped]:
    """What the expectations of one or more validations said.

    Args:
        document: A validation result, a list of them, or the `run_results` of a checkpoint.
        file: Its path, for messages.

    Raises:
        SourceCorruptError: If it is none of these.
        ResourceLimitError: If it holds too many results.
    """
    for validation in _each(document, file):
        results = results_of(validation.get("results"), file)
        meta = mapping(validation.get("meta"))
        about, began_at = _asset(meta), _began_at(meta)
        for position, found in enumerate(results):
            yield _reported(mapping(found), about, began_at, position)


def _each(document: object, file: str) -> Iterator[Mapping[str, Any]]:
    content = mapping(document)
    runs = mapping(content.get("run_results"))
    found = document if isinstance(document, list) else list(runs.values()) if runs else [document]
    for entry in results_of(found, file):
        validation = mapping(mapping(entry).get("validation_result")) or mapping(entry)
        if "results" not in validation:
            raise SourceCorruptError(
                f"'{file}' is no validation result of Great Expectations: it has no 'results'. Write"
                " 'to_json_dict()' of each of a checkpoint's 'run_results', as a list."
            )
        yield validation


def _asset(meta: Mapping[str, Any]) -> tuple[Named, ...]:
    batch = mapping(meta.get("active_batch_definition"))
    asset, source = name(batch.get("data_asset_name")), name(batch.get("datasource_name"))
    return (Named(f"{source}.{asset}" if source else asset, asset),) if asset else ()


def _began_at(meta: Mapping[str, Any]) -> datetime | None:
    run = mapping(meta.get("run_id"))
    return parse_instant(run.get("run_time")) or parse_instant(meta.get("validation_time"))


def _reported(
    result: Mapping[str, Any], about: tuple[Named, ...], began_at: datetime | None, position: int
) -> Reported | Skipped:
    config = mapping(result.get("expectation_config"))
    arguments = mapping(config.get("kwargs"))
    kind = name(config.get("type")) or name(config.get("expectation_type"))
    if kind is None:
        return Skipped(f"results[{position}]", Why.MALFORMED, "A result has no type of expectation.")
    columns = columns_of(arguments)
    check = check_name(kind, arguments)
    if not about:
        return Skipped(check, Why.UNTOLD, "The validation's 'meta' names no data asset.")
    reported = Reported(
        check,
        about,
        _status(result.get("success")),
        began_at,
        severity=check_severity(config.get("severity")),
        column=columns[0] if len(columns) == 1 else None,
    )
    return _explained(reported, kind, result)


def _status(success: object) -> Status:
    return Status.PASS if success is True else Status.FAIL if success is False else Status.UNKNOWN


def _explained(reported: Reported, kind: str, result: Mapping[str, Any]) -> Reported:
    details = mapping(result.get("result"))
    if (exception := exception_of(mapping(result.get("exception_info")))) is not None:
        return _unknown(reported, Code.CHECK_CRASHED, f"could not run: {exception or 'GX does not say why'}")
    if reported.status is Status.UNKNOWN:
        return _unknown(reported, Code.CHECK_CRASHED, "says neither success nor failure")
    if kind in _OURS and (told := mapping(details.get("details"))):
        return _as_told(reported, told, details.get("observed_value"))
    if details.get("element_count") == 0 and reported.status is Status.PASS:
        return _unknown(reported, Code.NO_EVIDENCE, "saw no rows, so its success says nothing")
    observed, said = observed_of(details)
    reported = dataclasses.replace(reported, observed=observed)
    if reported.status is Status.PASS:
        return reported
    code = CODES.get(kind, Code.EXTERNAL_FAILED)
    return dataclasses.replace(reported, code=code, reason=f"GX's '{reported.check}' failed: {said}.")


def _as_told(reported: Reported, told: Mapping[str, Any], value: object) -> Reported:
    """The verdict of one of our own expectations, which GX can only call success or not.

    `unknown` is believed of what GX calls a failure; a pass that GX does not call a success is none.
    """
    if reported.status is Status.PASS:
        if told.get("status") != Status.PASS:
            return _unknown(reported, Code.CHECK_CRASHED, "is called a success, but its details are not")
        return dataclasses.replace(reported, observed=_scalar(value))
    code = str(told.get("code"))
    if code not in Code.__members__ or told.get("status") not in (Status.FAIL, Status.UNKNOWN):
        return _unknown(reported, Code.CHECK_CRASHED, "failed, but does not tell how")
    reason = sentence(told.get("reason")) or f"GX's '{reported.check}' did not succeed."
    return dataclasses.replace(
        reported,
        status=Status(told["status"]),
        code=Code(code),
        observed=_scalar(value),
        reason=reason,
    )


def _scalar(value: object) -> int | float | str | None:
    return sentence(value) if isinstance(value, str) else number(value)


def observed_of(details: Mapping[str, Any]) -> tuple[int | float | str | None, str]:
    """What was measured, and in words; the share of unexpected values as a ratio in [0, 1]."""
    if (percent := number(details.get("unexpected_percent"))) is not None:
        return percent / 100, f"{words.percent(percent / 100)} of the values are unexpected"
    value = details.get("observed_value")
    observed = _scalar(value)
    return observed, "not met" if observed is None else f"observed {observed}"


def exception_of(info: Mapping[str, Any]) -> str | None:
    """The message if an exception was raised, by the expectation or by one of its metrics; else `None`."""
    for found in (info, *map(mapping, info.values())):
        if found.get("raised_exception"):
            return sentence(found.get("exception_message"))
    return None


def _unknown(reported: Reported, code: Code, said: str) -> Reported:
    reason = sentence(f"GX's '{reported.check}' {said}").rstrip(".") + "."
    return dataclasses.replace(reported, status=Status.UNKNOWN, code=code, observed=None, reason=reason)
