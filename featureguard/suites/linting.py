"""Say of each expectation of a suite whether the engine runs it, and what is wrong with its arguments.

No data is needed: what depends on a column's type is tried with one that fits. Where Great Expectations is
installed, the arguments are also checked against the JSON schemas that come with it; it is not imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl

from featureguard.external.gx import check_name, columns_of
from featureguard.external.strict_json import sentence
from featureguard.suites.builtin import BUILTIN, Compiler
from featureguard.suites.compiling import PARAMETER, compile_suite, refusal_of
from featureguard.suites.suite import Expectation, Suite
from featureguard.suites.values import UnansweredError, WrongTypeError

_TYPES: tuple[pl.DataType, ...] = (
    pl.Float64(),
    pl.String(),
    pl.Datetime("us", "UTC"),
    pl.Datetime("us"),
    pl.Date(),
    pl.Boolean(),
)


@dataclass(frozen=True, slots=True)
class Lint:
    """What can be said of an expectation without data.

    Attributes:
        expectation: As it is written.
        check: Its name as evidence.
        refusal: Why the engine does not run it, a sentence; empty if it does, given columns that fit.
        problems: What GX's own schema finds wrong with it; nothing if the schema is not at hand.
        parameters: Names of parameters that need a value when it runs.
    """

    expectation: Expectation
    check: str
    refusal: str
    problems: tuple[str, ...]
    parameters: tuple[str, ...]


def lint_suite(suite: Suite, compilers: Mapping[str, Compiler] = BUILTIN) -> tuple[Lint, ...]:
    """What can be said of each expectation of a suite without data, in its order."""
    return tuple(_lint(one, suite, compilers) for one in suite.expectations)


def schemas_are_installed() -> bool:
    """Whether GX's schemas can be read and checked by."""
    return bool(_schemas())


def _lint(expectation: Expectation, suite: Suite, compilers: Mapping[str, Compiler]) -> Lint:
    lacking = tuple(sorted(set(_parameters(expectation.kwargs)) - set(suite.parameters)))
    refusal = refusal_of(expectation, compilers)
    if not refusal and not lacking:
        refusal = _tried(expectation, suite, compilers)
    name = check_name(expectation.type, expectation.kwargs)
    return Lint(expectation, name, refusal, tuple(_problems(expectation)), lacking)


def _tried(expectation: Expectation, suite: Suite, compilers: Mapping[str, Compiler]) -> str:
    """Why it cannot be compiled for columns of any type; empty if it can for one."""
    alone = Suite(suite.name, (expectation,), suite.parameters)
    names = {*columns_of(expectation.kwargs), *_named(expectation.kwargs.get("row_condition"))}
    refusals: list[UnansweredError] = []
    for dtype in _TYPES:
        # A condition may be about columns of other types, so it is left to the data.
        (found,) = compile_suite(_without_condition(alone), dict.fromkeys(names, dtype), None, compilers)
        if found.refusal is None:
            return ""
        refusals.append(found.refusal)
    telling = [one for one in refusals if not isinstance(one, WrongTypeError)]
    return str((telling or refusals)[0])


def _without_condition(suite: Suite) -> Suite:
    (one,) = suite.expectations
    kwargs = {key: value for key, value in one.kwargs.items() if key != "row_condition"}
    return Suite(suite.name, (Expectation(one.type, kwargs),), suite.parameters)


def _named(condition: object) -> Iterator[str]:
    if isinstance(condition, Mapping):
        column = condition.get("column")
        if isinstance(column, Mapping) and isinstance(column.get("name"), str):
            yield column["name"]
        for part in condition.get("conditions") or ():
            yield from _named(part)


def _parameters(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get(PARAMETER), str):
            yield value[PARAMETER]
        for one in value.values():
            yield from _parameters(one)
    elif isinstance(value, list):
        for one in value:
            yield from _parameters(one)


def _problems(expectation: Expectation) -> Iterator[str]:
    schema = _schemas().get(_key(expectation.type))
    if schema is None:
        return
    from jsonschema import Draft7Validator  # noqa: PLC0415  (comes with GX)

    properties = schema.get("properties", {})
    given = {key: value for key, value in expectation.kwargs.items() if value is not None}
    for key in given:
        if key not in properties:
            yield f"GX knows no '{sentence(key)}' here."
    # A parameter may stand for anything.
    filled = {key: value for key, value in given.items() if not any(_parameters(value))}
    needed = [key for key in schema.get("required") or () if key not in given]
    yield from (f"GX needs '{key}'." for key in needed)
    checked = {**schema, "required": [], "additionalProperties": True}
    for error in sorted(Draft7Validator(checked).iter_errors(filled), key=lambda one: list(one.path)):
        where = ".".join(str(part) for part in error.path)
        yield sentence(f"'{where}': {error.message}")


@lru_cache(maxsize=1)
def _schemas() -> Mapping[str, Mapping[str, Any]]:
    """GX's schema of each type, by its name without underscores and case; empty where they are not."""
    found = find_spec("great_expectations")
    if found is None or not found.submodule_search_locations or find_spec("jsonschema") is None:
        return {}
    folder = Path(found.submodule_search_locations[0], "expectations", "core", "schemas")
    files = [file for file in sorted(folder.glob("*.json")) if file.stem != "index"]
    return {_key(file.stem): json.loads(file.read_text(encoding="utf-8")) for file in files}


def _key(kind: str) -> str:
    return kind.replace("_", "").lower()
