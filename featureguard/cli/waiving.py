"""`featureguard waive`: give, list and take back exceptions."""

from __future__ import annotations

import getpass
from datetime import datetime, timedelta
from pathlib import Path

from rich.table import Table

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import opened
from featureguard.cli.tables import console, plain_table
from featureguard.duration import parse_duration
from featureguard.errors import UsageError
from featureguard.granting import grant
from featureguard.instant import parse_instant
from featureguard.result import Code
from featureguard.waiver import Waiver


def give(
    dataset: str | None,
    subject: str | None,
    codes: list[str],
    until: str,
    reason: str,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    by: str | None,
    approved_by: str | None,
    ticket: str | None,
    column: str | None,
    bound: str | None,
    as_json: bool,
) -> int:
    """Record a waiver."""
    with opened(project, environment, now) as found:
        _refuse_other_time(now, simulated=found.project.simulated)
        waiver = grant(
            found.catalog,
            dataset=dataset,
            subject=subject,
            codes=codes,
            reason=reason,
            by=by or _me(),
            since=found.now,
            until=_until(until, found.now),
            approved_by=approved_by,
            ticket=ticket,
            column=column,
            bound=_bound(bound),
        )
        found.guard.store_in_use.waivers.add(waiver)
        if as_json:
            print_json(_to_dict(waiver, found.now))
        else:
            console().print(_table([waiver], found.now))
            if waiver.approved_by and not waiver.verified:
                console().print("Nobody proved who they are here: it is listed as unverified.")
    return 0


def list_all(
    now: str | None, project: Path | None, environment: str | None, *, everything: bool, as_json: bool
) -> int:
    """List waivers: those that hold, or all of them."""
    with opened(project, environment, now) as found:
        at = found.now
        waivers = [
            w for w in found.guard.store_in_use.waivers.all() if everything or _state(w, at) == "holds"
        ]
    if as_json:
        print_json({"now": at, "waivers": [_to_dict(waiver, at) for waiver in waivers]})
    elif waivers:
        console().print(_table(waivers, at))
    else:
        console().print(f"No waiver{'' if everything else ' holds at ' + words.instant(at)}.")
    return 0


def take_back(
    waiver: str,
    reason: str,
    by: str | None,
    now: str | None,
    project: Path | None,
    environment: str | None,
) -> int:
    """Revoke a waiver."""
    with opened(project, environment, now) as found:
        _refuse_other_time(now, simulated=found.project.simulated)
        who = by or _me()
        revoked = found.guard.store_in_use.waivers.revoke(waiver, by=who, at=found.now, reason=reason)
        console().print(_table([revoked], found.now))
    return 0


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("This machine does not know who you are. Say it with --by.") from None


def _refuse_other_time(now: str | None, *, simulated: bool) -> None:
    if now and not simulated:
        raise UsageError("A waiver is given now: --now is for simulated stores only.")


def _until(text: str, now: datetime) -> datetime:
    """An instant, or how long from now."""
    try:
        return now + parse_duration(text)
    except ValueError:
        pass
    if (found := parse_instant(text)) is None:
        raise UsageError(f"--until {text!r} is neither a duration (24h) nor an instant with a zone.")
    return found


def _bound(text: str | None) -> float | None:
    """A number, a percentage, or a duration as seconds."""
    if text is None:
        return None
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        pass
    try:
        return parse_duration(text) / timedelta(seconds=1)
    except ValueError:
        raise UsageError(f"--bound {text!r} is no duration (9h), share (30%) or number.") from None


def _state(waiver: Waiver, at: datetime) -> str:
    if waiver.revoked_at and waiver.revoked_at <= at:
        return "revoked"
    return "holds" if waiver.since <= at < waiver.until else "expired" if waiver.until <= at else "not yet"


def _table(waivers: list[Waiver], at: datetime) -> Table:
    table = plain_table("id", "state", "for", "codes", "until", "by", "why")
    for waiver in waivers:
        table.add_row(
            waiver.id,
            _told_state(waiver, at),
            " under ".join(filter(None, (waiver.dataset, waiver.subject))),
            _what(waiver),
            words.instant(waiver.until),
            _who(waiver),
            waiver.reason + (f" ({waiver.ticket})" if waiver.ticket else ""),
        )
    return table


def _told_state(waiver: Waiver, at: datetime) -> str:
    state = _state(waiver, at)
    return f"revoked by {waiver.revoked_by}" if state == "revoked" else state


def _what(waiver: Waiver) -> str:
    codes = ", ".join(code.value for code in waiver.codes)
    column = f" of {waiver.column}" if waiver.column else ""
    bound = "" if waiver.bound is None else f" up to {_bounded(waiver, float(waiver.bound))}"
    return f"{codes}{column}{bound}"


def _who(waiver: Waiver) -> str:
    if waiver.approved_by is None:
        return waiver.by
    return f"{waiver.by} and {waiver.approved_by}{'' if waiver.verified else ' (unverified)'}"


def _to_dict(waiver: Waiver, at: datetime) -> dict[str, object]:
    return {"id": waiver.id, "state": _state(waiver, at), **waiver.model_dump(mode="json")}


def _bounded(waiver: Waiver, bound: float) -> str:
    """A bound in the unit of what it limits, as people write it."""
    codes = set(waiver.codes)
    if codes == {Code.DATA_STALE}:
        return words.limit(timedelta(seconds=bound))
    return words.percent(bound) if codes <= _SHARES else f"{bound:g}"


_SHARES = {Code.NULL_LIMIT, Code.NULL_SPIKE, Code.POPULATION_STALE}
