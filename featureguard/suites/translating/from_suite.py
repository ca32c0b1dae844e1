"""From suites to a contract: what a contract can say is taken over, and everything else is listed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from featureguard.contract import Contract
from featureguard.errors import ContractError, UsageError
from featureguard.problems import read_model
from featureguard.strict_yaml import Document
from featureguard.suites.translating.notes import META, Adopted, Note
from featureguard.suites.translating.rules import RULES, Draft, Rule, Said

_NEUTRAL = ("batch_id", "catch_exceptions", "result_format")
_SEVERITY = {None: "block", "critical": "block", "warning": "warn", "info": "warn"}


def to_contract(
    suites: Sequence[Mapping[str, Any]], *, dataset: str | None = None, owner: str | None = None
) -> Adopted:
    """Read suites of one dataset as its contract.

    Args:
        suites: Suites as their JSON, of this or the older spelling (`expectation_type`).
        dataset: Its name; left out, the one that `to_suites` wrote, else the name of the first suite.
        owner: Who answers for it; needed where `to_suites` did not write the suite.

    Returns:
        The contract, and what it does not hold or holds otherwise.

    Raises:
        UsageError: If there is no suite, one is none, or nobody owns the dataset.
        ContractError: If what the suites say together is no contract.
    """
    if not suites:
        raise UsageError("There is no suite to read.")
    notes: list[Note] = []
    draft = Draft(_carried(suites, notes))
    head = {"dataset": dataset, "owner": owner}
    draft.written |= {name: value for name, value in head.items() if value is not None}
    draft.written.setdefault("dataset", suites[0].get("name"))
    if "owner" not in draft.written:
        raise UsageError("Nobody owns the dataset yet. Say who mends it: a team or an address ('owner').")
    for suite in suites:
        for position, expectation in enumerate(_expectations(suite)):
            notes += _adopt(draft, expectation, f"{suite.get('name')}[{position}]")
    draft.settle()
    label = f"suite '{suites[0].get('name')}'"
    contract, problems = read_model(Contract, Document(draft.written, label, (0, {})), str(dataset or ""))
    if contract is None:
        raise ContractError(problems)
    return Adopted(contract, tuple(notes))


def _carried(suites: Sequence[Mapping[str, Any]], notes: list[Note]) -> dict[str, Any]:
    """What `to_suites` carried in the suites' meta; the first that has any counts."""
    found = [
        part["contract"]
        for suite in suites
        if isinstance(part := _mapping(suite.get("meta")).get(META), Mapping)
        and isinstance(part.get("contract"), Mapping)
    ]
    if any(other != found[0] for other in found):
        notes.append(Note("meta", "the suites carry different contracts; that of the first counts."))
    return copy.deepcopy(dict(found[0])) if found else {}


def _expectations(suite: Mapping[str, Any]) -> Sequence[Any]:
    found = suite.get("expectations")
    if not isinstance(found, list):
        raise UsageError(f"'{suite.get('name')}' is no suite: it has no list 'expectations'.")
    return found


def _adopt(draft: Draft, expectation: object, place: str) -> list[Note]:
    told = _mapping(expectation)
    kind = told.get("type") or told.get("expectation_type")
    arguments = {k: v for k, v in _mapping(told.get("kwargs")).items() if k not in _NEUTRAL and v is not None}
    if not isinstance(kind, str):
        return [Note(place, "left out: it has no type.")]
    name = _name(kind, arguments)
    severity = told.get("severity")
    if not isinstance(severity, str | None) or severity not in _SEVERITY:
        return [Note(name, f"left out: {severity!r} is no severity. Write critical, warning or info.")]
    rule = RULES.get(kind)
    if rule is None:
        hint = (
            f"Keep it in GX, and have its result with 'external_checks: [{{tool: gx, check: \"{name}\"}}]'."
        )
        return [Note(name, f"left out: a contract has no such promise. {hint}")]
    if why := _unfit(rule, arguments):
        return [Note(name, f"left out: {why}")]
    ours = _mapping(_mapping(told.get("meta")).get(META))
    said = Said(arguments, _SEVERITY[severity], ours.get("promise"), ours.get("evidence_max_age"))
    try:
        remark = rule.adopt(draft, said)
    except ValueError as error:
        return [Note(name, f"left out: {error}")]
    return [Note(name, remark)] if remark else []


def _unfit(rule: Rule, arguments: Mapping[str, Any]) -> str | None:
    """Why these arguments cannot be taken over."""
    if "row_condition" in arguments:
        return "it judges only some rows; a contract judges all of them."
    parameters = [
        k for k, v in arguments.items() if isinstance(v, Mapping) and "$PARAMETER" in v and k != "now"
    ]
    if parameters:
        return f"'{parameters[0]}' is a parameter, known only when it runs; a contract says it."
    if lacking := [key for key in rule.needed if key not in arguments]:
        return f"'{lacking[0]}' is missing."
    if strange := sorted(arguments.keys() - {*rule.needed, *rule.known}):
        return f"a contract cannot say '{strange[0]}'."
    return None


def _name(kind: str, arguments: Mapping[str, Any]) -> str:
    """As results of GX are named: type and columns."""
    listed = arguments.get("column_list")
    found = [arguments.get(key) for key in ("column", "column_A", "column_B")]
    found += listed if isinstance(listed, list) else []
    columns = [column for column in found if isinstance(column, str)]
    return f"{kind}({', '.join(columns)})" if columns else kind


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
