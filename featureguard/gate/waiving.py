"""Which waiver covers a reason, and why one no longer does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from featureguard.checks import words
from featureguard.gate.assess import Standing
from featureguard.policy import Policy
from featureguard.result import Code
from featureguard.verdict import Reason, Remark, Verdict
from featureguard.waiver import NEVER_WAIVED, Waiver

_REMEMBERED = timedelta(days=7)
"""How long an expired waiver is mentioned."""


def covering(
    reason: Reason, subject: str, digest: str | None, waivers: Sequence[Waiver], policy: Policy, now: datetime
) -> Waiver | None:
    """The waiver that covers a reason at an instant; of several, the one that lasts longest.

    Args:
        reason: The reason, with its raw verdict.
        subject: The subject of the decision.
        digest: Digest of the dataset's promises today; `None` for a reason about the subject itself.
        waivers: All that were given.
        policy: Says which tiers need a second person.
        now: The instant.
    """
    found = [
        waiver
        for waiver in waivers
        if is_about(waiver, reason, subject) and why_not(waiver, reason, digest, policy, now) is None
    ]
    return max(found, key=lambda waiver: (waiver.until, waiver.id), default=None)


def is_about(waiver: Waiver, reason: Reason, subject: str) -> bool:
    """Whether a waiver names a reason, whether or not it holds."""
    return (
        reason.code in waiver.codes
        and reason.code not in NEVER_WAIVED
        and waiver.subject in (None, subject)
        and (waiver.dataset is None or waiver.dataset == reason.dataset)
        and waiver.column in (None, reason.column)
    )


def why_not(waiver: Waiver, reason: Reason, digest: str | None, policy: Policy, now: datetime) -> str | None:
    """Why a waiver that names a reason does not cover it, or `None` if it does."""
    if now < waiver.since:
        return f"begins at {words.instant(waiver.since)}"
    if waiver.revoked_at and waiver.revoked_at <= now:
        return f"was revoked by {waiver.revoked_by} at {words.instant(waiver.revoked_at)}"
    if waiver.until <= now:
        return f"expired at {words.instant(waiver.until)}"
    if waiver.until - waiver.since > policy.waiver_max:
        return f"lasts longer than the {words.limit(policy.waiver_max)} that the policy allows"
    if reason.dataset is not None and digest is not None and waiver.digests.get(reason.dataset) != digest:
        return f"was given for other promises of '{reason.dataset}': its contract has changed since"
    if waiver.approved_by is None and reason.tier in policy.second_person:
        return f"has no second person, whom tier {reason.tier} needs"
    if waiver.bound is not None and not _within_bound(reason, float(waiver.bound)):
        return f"goes as far as {waiver.bound}, and {reason.observed} is observed"
    return None


def remarks(
    reasons: Sequence[Reason],
    subject: str,
    digests: dict[str, str],
    waivers: Sequence[Waiver],
    policy: Policy,
    now: datetime,
) -> Iterator[Remark]:
    """Waivers that were applied, and those that would have been if they still held."""
    by_id = dict(sorted((waiver.id, waiver) for waiver in waivers))
    for used in sorted({reason.waiver for reason in reasons if reason.waiver}):
        codes = sorted({reason.code.value for reason in reasons if reason.waiver == used})
        yield Remark(Code.WAIVER_APPLIED, _told(by_id[used], codes), by_id[used].dataset, used)
    for reason in reasons:
        if reason.waiver or reason.verdict.rank <= Verdict.WARN.rank:
            continue
        digest = digests.get(reason.dataset or "")
        for waiver in by_id.values():
            if not is_about(waiver, reason, subject) or waiver.until + _REMEMBERED <= now:
                continue
            if why := why_not(waiver, reason, digest, policy, now):
                text = f"Waiver {waiver.id} for {reason.code.value} by {waiver.by} {why}."
                yield Remark(Code.WAIVER_EXPIRED, text, reason.dataset, waiver.id)


def edges(waivers: Sequence[Waiver]) -> Iterator[datetime]:
    """The instants at which waivers begin and end."""
    for waiver in waivers:
        yield from (at for at in (waiver.since, waiver.until, waiver.revoked_at) if at)


def outgrown(standing: Standing, waivers: Sequence[Waiver]) -> Iterator[datetime]:
    """The instants around which an age, now or later, grows beyond the bound of a waiver."""
    bounds = [(waiver.bound, waiver.codes) for waiver in waivers if waiver.bound is not None]
    if not bounds:
        return
    for since, findings in [(standing.now, standing.findings), *((t.at, t.findings) for t in standing.turns)]:
        for finding in findings:
            age, code = finding.age_seconds, finding.result.code
            for bound, codes in bounds:
                if age is not None and code in codes:
                    # The bound, a float, may lie between two instants: the next ones are looked at too.
                    reached = since + timedelta(seconds=float(bound)) - timedelta(seconds=age)
                    yield from (reached + tick * _TICK for tick in (0, 1, 2))


def moving(standing: Standing, waivers: Sequence[Waiver]) -> datetime | None:
    """From when on a bounded waiver may not cover the share of a population any more; `None`: never."""
    bounded = any(waiver.bound is not None and Code.POPULATION_STALE in waiver.codes for waiver in waivers)
    return standing.moves_at if bounded else None


_TICK = timedelta(microseconds=1)


def _within_bound(reason: Reason, bound: float) -> bool:
    """Whether what is observed lies between the contract's limit and the bound."""
    observed, limit = reason.observed, reason.limit
    if isinstance(observed, str) or observed is None:
        return False
    if isinstance(limit, int | float) and observed < limit:
        return observed >= bound
    return observed <= bound


def _told(waiver: Waiver, codes: Sequence[str]) -> str:
    who = waiver.by if waiver.approved_by is None else f"{waiver.by} and {waiver.approved_by}"
    known = "" if waiver.verified or waiver.approved_by is None else " (unverified)"
    ticket = f", {waiver.ticket}" if waiver.ticket else ""
    until = words.instant(waiver.until)
    return f"{', '.join(codes)} waived by {who}{known} until {until}: {waiver.reason}{ticket}"
