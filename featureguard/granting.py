"""Giving a waiver: whom it covers, what it binds to, and what it may not do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from featureguard.catalog import Catalog
from featureguard.checks import words
from featureguard.errors import UsageError
from featureguard.policy import Policy
from featureguard.problems import suggestion
from featureguard.result import Code
from featureguard.waiver import Waiver


def grant(
    catalog: Catalog,
    *,
    dataset: str | None,
    subject: str | None,
    codes: Sequence[str],
    reason: str,
    by: str,
    since: datetime,
    until: datetime,
    approved_by: str | None = None,
    ticket: str | None = None,
    column: str | None = None,
    bound: float | None = None,
    may_wait: bool = False,
) -> Waiver:
    """A waiver for today's promises, not recorded yet.

    Args:
        catalog: Today's contracts, subjects and policies.
        dataset: Whose reasons are waived; `None`: of everything that the subject stands on.
        subject: For which subject; `None`: for all.
        codes: Reason codes.
        reason: Why.
        by: Who gives it.
        since: From when.
        until: Until when.
        approved_by: The second person, where a tier needs one.
        ticket: Where it is followed up.
        column: Only reasons about this column.
        bound: How far it goes, in the unit of the observed value.
        may_wait: The second person may still come; until then it covers nothing where one is needed.

    Raises:
        UsageError: If a name or a code is unknown, it lasts too long, or the second person is missing.
    """
    _refuse_unknown(catalog, dataset, subject)
    covered = (
        [dataset] if dataset else [n for n in catalog.lineage.closure(str(subject)) if n in catalog.contracts]
    )
    touched = _touched(catalog, covered, subject)
    longest = min(policy.waiver_max for policy, _ in touched)
    if until - since > longest:
        raise UsageError(
            f"A waiver lasts {words.limit(longest)} at most; this one ends {words.limit(until - since)}"
            " after it begins. Give a shorter one, and mend the cause meanwhile."
        )
    needing = _needing(touched)
    if needing and approved_by is None and not may_wait:
        raise UsageError(f"Tier {min(needing)} needs a second person: name one with --approved-by.")
    if approved_by is not None and _person(approved_by) in ("", _person(by)):
        raise UsageError("The second person is somebody else than who gives the waiver. Name one.")
    try:
        return Waiver(
            dataset=dataset,
            subject=subject,
            codes=tuple(_code(code) for code in dict.fromkeys(codes)),
            column=column,
            bound=bound,
            digests={name: catalog.contracts[name].digest for name in covered},
            reason=reason,
            ticket=ticket,
            by=by,
            approved_by=approved_by,
            since=since,
            until=until,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"This waiver cannot be given: {where}{': ' if where else ''}{said}") from None


def waits(catalog: Catalog, waiver: Waiver) -> bool:
    """Whether a waiver still needs a second person somewhere."""
    covered = [name for name in waiver.digests if name in catalog.contracts]
    subject = waiver.subject if waiver.subject in catalog.subjects else None
    known = bool(covered) and (waiver.subject is None or subject is not None)
    return known and waiver.approved_by is None and bool(_needing(_touched(catalog, covered, subject)))


def _needing(touched: Sequence[tuple[Policy, int]]) -> set[int]:
    return {tier for policy, tier in touched if tier in policy.second_person}


def _refuse_unknown(catalog: Catalog, dataset: str | None, subject: str | None) -> None:
    for name, known, what in (
        (dataset, catalog.contracts, "dataset"),
        (subject, catalog.subjects, "subject"),
    ):
        if name is not None and name not in known:
            raise UsageError(f"The catalog has no {what} '{name}'.{suggestion(name, sorted(known))}")
    if dataset is None and subject is None:
        raise UsageError("A waiver is for a dataset, a subject, or both. Name one.")
    if dataset and subject and dataset not in catalog.lineage.closure(subject):
        raise UsageError(f"'{subject}' does not stand on '{dataset}'.")


def _touched(catalog: Catalog, covered: Sequence[str], subject: str | None) -> list[tuple[Policy, int]]:
    """The policies that will meet the waiver, each with an effective tier of what it covers there."""
    found: list[tuple[Policy, int]] = []
    if subject:
        found.append((catalog.policy_of(subject), catalog.subjects[subject].tier))
    for dataset in covered:
        tier = catalog.contracts[dataset].tier
        above = [subject] if subject else catalog.lineage.dependants(dataset)
        found += [
            (catalog.policy_of(name), min(tier, catalog.subjects[name].tier))
            for name in above
            if name in catalog.subjects
        ]
    return found or [(catalog.policies["default"], min(catalog.contracts[name].tier for name in covered))]


def _person(name: str) -> str:
    return name.strip().casefold()


def _code(text: str) -> Code:
    if text not in Code.__members__:
        raise UsageError(f"There is no reason code '{text}'.{suggestion(text, sorted(Code.__members__))}")
    return Code(text)
