"""`featureguard slo`: what became of objectives, what is left of their budgets, and how fast it burns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from featureguard.accounting import Account
from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import Opened, opened
from featureguard.cli.tables import console, plain_table
from featureguard.contract import Contract
from featureguard.scorecard import counts_unknown, phrases
from featureguard.scorecard.documents import account_to_dict
from featureguard.slo.alerts import SPELL_SHARES
from featureguard.slo.delivery import Arrival, Delivered
from featureguard.slo.refusals import silent_alerts

MOST_DELIVERIES = 14
"""How many deliveries are listed, latest last, besides those that were not in time."""


def show_slo(
    name: str | None, now: str | None, project: Path | None, environment: str | None, *, as_json: bool
) -> int:
    """Tell about a dataset in detail, or about all of them, or all behind a subject, line by line."""
    with opened(project, environment, now) as found:
        names = found.guard.datasets_of(name) if name else list(found.catalog.contracts)
        accounts = {one: _account(found, one) for one in names}
        contracts, at = {one: found.catalog.contracts[one] for one in names}, found.now
    if as_json:
        objectives = [_to_dict(contracts[one], account) for one, account in accounts.items()]
        print_json({"now": at, "datasets": objectives})
        return 0
    out = console()
    out.print(f"as of {words.instant(at)}")
    if name in accounts:
        _detail(contracts[name], accounts[name], out)
    else:
        _table(contracts, accounts, out)
    return 0


def _account(found: Opened, dataset: str) -> Account | None:
    books = found.guard.books(dataset, now=found.now)
    return books.account(unknown_as_bad=counts_unknown(found.catalog, dataset))


def _to_dict(contract: Contract, account: Account | None) -> dict[str, Any]:
    told = account_to_dict(account) if account else None
    warnings = list(silent_alerts(contract.slo)) if contract.slo else []
    return {"dataset": contract.dataset, "tier": contract.tier, "objective": told, "warnings": warnings}


def _table(contracts: dict[str, Contract], accounts: dict[str, Account | None], out: Console) -> None:
    table = plain_table(
        "", "dataset", "tier", "objective", "SLI", "between", "unknown", "budget left", "burns", "bad since"
    )
    for name, account in accounts.items():
        table.add_row(*_row(contracts[name], account))
    out.print(table)


def _row(contract: Contract, account: Account | None) -> tuple[Text | str, ...]:
    head = contract.dataset, str(contract.tier)
    if account is None:
        return (Text("no objective", style="dim"), *head)
    sli, slo = account.sli, account.slo
    return (
        verdict(account),
        *head,
        f"{words.percent(slo.objective)} of {phrases.COUNTED[slo.sli]}, {words.limit(slo.window)}",
        phrases.ratio(sli.ratio),
        phrases.interval(sli),
        phrases.ratio(sli.unknown / sli.valid if sli.valid else None),
        phrases.budget_left(account),
        phrases.fastest_burn(account),
        words.instant(account.bad_since) if account.bad_since else "",
    )


def verdict(account: Account) -> Text:
    """`met`, `MISSED` or `unknown`."""
    word, style = {True: ("met", "green"), False: ("MISSED", "bold red"), None: ("unknown", "magenta")}[
        account.meets
    ]
    return Text(word, style=style)


def _detail(contract: Contract, account: Account | None, out: Console) -> None:
    if account is None:
        out.print(f"{contract.dataset} has no objective. Write e.g. 'slo: {{objective: 95%, window: 28d}}'.")
        return
    slo = account.slo
    promise = f"{words.percent(slo.objective)} of {phrases.COUNTED[slo.sli]} over {words.limit(slo.window)}"
    out.print(
        Text.assemble(
            (contract.dataset, "bold"), "  ", verdict(account), f"  (tier {contract.tier}, {promise})"
        )
    )
    for line in (*_sli_lines(account), *_burn_lines(account), *_spell_lines(contract, account)):
        out.print(f"  {line}", soft_wrap=True)
    for warning in silent_alerts(slo):
        out.print(f"  warning: {warning}", soft_wrap=True)
    if account.deliveries:
        _deliveries(account.deliveries, out)


def _sli_lines(account: Account) -> Iterator[str]:
    sli, measures, spent = account.sli, account.slo.sli, account.budget
    parts = ", ".join(
        f"{phrases.amount(getattr(sli, part), measures)} {part}"
        for part in ("good", "bad", "unknown", "excluded")
    )
    away = phrases.excluded(sli, measures)
    yield f"SLI {phrases.ratio(sli.ratio)}, the truth lies at {phrases.interval(sli)}"
    yield f"  {parts}{f' ({away})' if away else ''}"
    policy = "counts as bad" if account.unknown_as_bad else "is left out"
    yield (
        f"budget {phrases.budget_left(account)}: {phrases.amount(spent.spent, measures)} of "
        f"{phrases.amount(float(spent.allowed), measures)} spent; the unknown {policy}"
    )


def _burn_lines(account: Account) -> Iterator[str]:
    if account.long_burn_rates:
        rates = (f"{words.limit(one)} {phrases.burn(rate)}" for one, rate in account.long_burn_rates.items())
        yield f"burn rate over {', '.join(rates)}"


def _spell_lines(contract: Contract, account: Account) -> Iterator[str]:
    if account.bad_since is None:
        return
    if account.pages_at is None:
        then = f"tier {contract.tier} never pages; tiers {' and '.join(map(str, SPELL_SHARES))} do"
    elif account.pages_at <= account.end:
        then = f"pages since {words.instant(account.pages_at)}"
    else:
        then = f"pages at {words.instant(account.pages_at)} if it goes on"
    yield f"bad since {words.instant(account.bad_since)}; {then}"


def _deliveries(found: tuple[Delivered, ...], out: Console) -> None:
    """The latest deliveries, and all that were not in time."""
    good, latest = (Arrival.EARLY, Arrival.ON_TIME, Arrival.NOT_DUE), found[-MOST_DELIVERIES:]
    table = plain_table("delivery", "", "due", "seen", "late by")
    for one in found:
        if one in latest or one.state not in good:
            table.add_row(
                one.window.key,
                one.state.value.replace("_", " "),
                words.instant(one.window.due),
                words.instant(one.seen_at) if one.seen_at else "",
                phrases.lateness(one) if one.state in (Arrival.LATE, Arrival.MISSING) else "",
            )
    out.print(table)
