"""Compile a suite: each expectation to a check, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from featureguard.suites.asked import Asked
from featureguard.suites.builtin import BUILTIN, NOT_RUN, Compiler
from featureguard.suites.check import Check
from featureguard.suites.conditions import condition
from featureguard.suites.suite import Expectation, Suite
from featureguard.suites.values import UnansweredError, plain_dtype

PARAMETER = "$PARAMETER"


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expectation and its check, or why it has none.

    Attributes:
        expectation: As it is written.
        kwargs: Its arguments with parameters filled in.
        check: What to run; `None` if the engine has no answer.
        refusal: Why it has none; `None` if there is a check.
        columns: The columns that its check reads.
    """

    expectation: Expectation
    kwargs: Mapping[str, Any]
    check: Check | None = None
    refusal: UnansweredError | None = None
    columns: frozenset[str] = frozenset()


def compile_suite(
    suite: Suite,
    schema: Mapping[str, pl.DataType],
    parameters: Mapping[str, Any] | None = None,
    compilers: Mapping[str, Compiler] = BUILTIN,
) -> tuple[Compiled, ...]:
    """Every expectation of a suite, compiled for data of these types, in the order of the suite.

    Args:
        suite: The suite.
        schema: Types of the columns, in their order.
        parameters: Values for `{"$PARAMETER": name}`; they come before those that the suite gives.
        compilers: How to compile each type.
    """
    types = {name: plain_dtype(dtype) for name, dtype in schema.items()}
    given = {**suite.parameters, **(parameters or {})}
    return tuple(_compiled(one, types, given, compilers) for one in suite.expectations)


def refusal_of(expectation: Expectation, compilers: Mapping[str, Compiler] = BUILTIN) -> str:
    """Why an expectation cannot be run whatever the data, a sentence; empty if it can."""
    compiler = compilers.get(expectation.type)
    if compiler is None:
        why = NOT_RUN.get(expectation.type, "its type is not known")
        return f"'{expectation.type}' is not run here: {why}."
    given = {key for key, value in expectation.kwargs.items() if value is not None}
    if strange := sorted(given - compiler.arguments):
        known = ", ".join((*compiler.needed, *compiler.known))
        return f"The arguments {', '.join(strange):.200} are not known here. Known: {known}."
    if lacking := [key for key in compiler.needed if key not in given]:
        return f"The arguments {', '.join(lacking)} are missing."
    return ""


def _compiled(
    expectation: Expectation,
    schema: Mapping[str, pl.DataType],
    parameters: Mapping[str, Any],
    compilers: Mapping[str, Compiler],
) -> Compiled:
    kwargs: Mapping[str, Any] = expectation.kwargs
    try:
        if said := refusal_of(expectation, compilers):
            raise UnansweredError(said)
        kwargs = {key: _filled(value, parameters) for key, value in expectation.kwargs.items()}
        written = kwargs.get("row_condition")
        where, named = (None, frozenset[str]())
        if written:
            where, named = condition(written, kwargs.get("condition_parser"), schema)
        check = compilers[expectation.type].compile(Asked(expectation.type, kwargs, schema, where))
    except UnansweredError as error:
        return Compiled(expectation, kwargs, refusal=error)
    except Exception as error:  # a defect of a compiler is no word about the data
        refusal = UnansweredError(f"It could not be compiled: {crash(error)}.")
        return Compiled(expectation, kwargs, refusal=refusal)
    return Compiled(expectation, kwargs, check, columns=named | _columns(kwargs, schema))


def crash(error: BaseException) -> str:
    """An exception for a reason: its type and first line, cut."""
    lines: Sequence[str] = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200].rstrip('.')}" if lines else type(error).__name__


def _columns(kwargs: Mapping[str, Any], schema: Mapping[str, pl.DataType]) -> frozenset[str]:
    listed = kwargs.get("column_list")
    found = [kwargs.get(key) for key in ("column", "column_A", "column_B")]
    found += listed if isinstance(listed, list) else []
    readable = {name for name, dtype in schema.items() if dtype != pl.Unknown}
    return frozenset(name for name in found if isinstance(name, str) and name in readable)


def _filled(value: Any, parameters: Mapping[str, Any]) -> Any:
    """A value with its parameters filled in, also those inside of it."""
    if isinstance(value, Mapping):
        if PARAMETER not in value:
            return {key: _filled(one, parameters) for key, one in value.items()}
        name = value[PARAMETER]
        default = f"{PARAMETER}.{name}"  # as GX 0.18 wrote it
        if not isinstance(name, str) or set(value) - {PARAMETER, default}:
            raise UnansweredError(f"The parameter {name!r:.100} is no name, or has other keys beside it.")
        if name not in parameters and default not in value:
            raise UnansweredError(f"The parameter '{name:.100}' has no value. Give it one.")
        return parameters[name] if name in parameters else value[default]
    return [_filled(one, parameters) for one in value] if isinstance(value, list) else value
