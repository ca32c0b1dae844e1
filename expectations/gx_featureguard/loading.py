"""Load a suite whole, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from great_expectations.core import ExpectationSuite
from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext

from featureguard.errors import UsageError
from featureguard.external.strict_json import read_json


def load_suite(where: AbstractDataContext | str | Path, name: str | None = None) -> ExpectationSuite:
    """Load a suite and refuse it if GX left anything out.

    GX leaves out an expectation that it does not know or whose arguments it does not take, says so in its
    log, and the suite passes without it.

    Args:
        where: A data context, or the suite's JSON file.
        name: The suite's name; only with a context.

    Raises:
        UsageError: If there is no such suite, it is none, or GX would leave something out.
        SourceError: If the file cannot be read, or is no JSON.
    """
    if isinstance(where, AbstractDataContext):
        if name is None:
            raise UsageError("Say which suite of the context: load_suite(context, name).")
        written = _from_context(where, name)
    else:
        written = _from_file(Path(where))
    known = {key: written[key] for key in ("name", "expectations", "meta", "notes", "id") if key in written}
    label = str(written.get("name") or where)
    try:
        loaded = ExpectationSuite(**known)
    except Exception as error:  # pydantic's, GX's, TypeError: whatever it is, the suite is not loaded.
        raise UsageError(f"Suite '{label}' cannot be loaded: {_first_line(error)}") from error
    _refuse_gaps(label, written.get("expectations") or (), loaded)
    return where.suites.get(str(name)) if isinstance(where, AbstractDataContext) else loaded


def _from_context(context: AbstractDataContext, name: str) -> Mapping[str, Any]:
    store = context.expectations_store
    key = store.get_key(name=name, id=None)
    if not store.has_key(key=key):
        keys: list[Any] = list(store.list_keys())
        known = ", ".join(sorted(one.name for one in keys)) or "none"
        raise UsageError(f"The context has no suite '{name}'. Known: {known}.")
    found: Mapping[str, Any] = store.get(key=key)
    return found


def _from_file(file: Path) -> Mapping[str, Any]:
    found = read_json(file)
    if not isinstance(found, dict) or not isinstance(found.get("expectations"), list):
        raise UsageError(f"'{file}' is no suite of Great Expectations: it has no list 'expectations'.")
    return found


def _refuse_gaps(label: str, written: Iterable[Any], loaded: ExpectationSuite) -> None:
    expected = Counter(_type_of(one) for one in written)
    expected.subtract(one.expectation_type for one in loaded.expectations)
    if lost := sorted(
        f"{kind} ({count} times)" if count > 1 else kind for kind, count in expected.items() if count > 0
    ):
        raise UsageError(
            f"Suite '{label}': GX would leave out {', '.join(lost)}. It does not know the type, or not its"
            " arguments: import the package that defines it first, or mend the suite. GX's log says more."
        )


def _type_of(one: Any) -> str:
    if isinstance(one, Mapping):
        return str(one.get("type") or one.get("expectation_type") or "an expectation without a type")
    return str(
        getattr(one, "expectation_type", None) or getattr(one, "type", "an expectation without a type")
    )


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
