"""Figures of accounts and incidents in words: a figure is never shown without what is unknown about it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from featureguard.accounting import Account
from featureguard.checks import words
from featureguard.incident import Distribution, Lapse
from featureguard.scorecard.features import Features
from featureguard.scorecard.rollup import Objectives, Waived
from featureguard.slo.delivery import Delivered
from featureguard.slo.sli import Sli

UNKNOWN = "unknown"
"""What stands where nothing was measured."""
COUNTED = {"time": "time", "population": "the population", "delivery": "deliveries"}
"""What an SLI counts."""
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


def one_line(text: str) -> str:
    """What people wrote, without line breaks and whatever else a terminal or a table would obey."""
    return _UNSEEN.sub(" ", text).strip()


def heading(start: datetime, end: datetime, now: datetime) -> str:
    """What period is told about."""
    return f"From {words.instant(start)} to {words.instant(end)}; features as of {words.instant(now)}."


def ratio(share: float | None) -> str:
    """`95.20%`, or `unknown`."""
    return UNKNOWN if share is None else words.percent(share)


def interval(sli: Sli | None) -> str:
    """The shares between which the truth lies: `95.20%`, `90.00% to 95.20%` or `unknown`."""
    bounds = sli.interval if sli else None
    if bounds is None:
        return UNKNOWN
    least, most = map(words.percent, bounds)
    return least if least == most else f"{least} to {most}"


def amount(count: float, measures: str) -> str:
    """So much time, from microseconds, or so many deliveries."""
    if measures == "delivery":
        return f"{count:,.1f}".removesuffix(".0")
    return words.duration(count / 1_000_000)


def excluded(sli: Sli | None, measures: str | None) -> str:
    """What does not count, and why: `3d 4h cold start, 2h maintenance`; nothing where all counts."""
    if sli is None or measures is None:
        return ""
    parts = {"cold start": sli.cold_start, "no contract": sli.no_contract, "maintenance": sli.maintenance}
    return ", ".join(f"{amount(count, measures)} {why}" for why, count in parts.items() if count)


def budget_left(account: Account | None) -> str:
    """`80.00%`, `overspent by 20.00%`, `unknown` or nothing without an objective."""
    if account is None:
        return ""
    left = account.budget.remaining_ratio
    if left is None or left >= 0:
        return ratio(left)
    return f"overspent by {-left:.2%}"


def burn(rate: float | None) -> str:
    """How many times too fast: `0.5x`, or `unknown`."""
    return UNKNOWN if rate is None else f"{rate:.2g}x" if rate < 100 else f"{rate:,.0f}x"


def fastest_burn(account: Account | None) -> str:
    """The highest known burn rate with its window: `2.1x over 6h`."""
    told = account.long_burn_rates if account else {}
    rates = [(rate, length) for length, rate in told.items() if rate]
    if rates:
        rate, length = max(rates)
        return f"{burn(rate)} over {words.limit(length)}"
    if not told:
        return ""
    return burn(0.0) if any(rate == 0 for rate in told.values()) else UNKNOWN


def lapse(length: Lapse | None) -> str:
    """`2h`, `2h to 3h`, `at least 2h`; nothing where there is none."""
    if length is None:
        return ""
    least = _time(length.least)
    if length.most is None:
        return f"at least {least}"
    most = _time(length.most)
    return least if least == most else f"{least} to {most}"


def lateness(one: Delivered) -> str:
    """How late a delivery was, or is at least."""
    return lapse(Lapse(*one.lateness))


def quantiles(found: Distribution) -> str:
    """`2h (p90 5h, n 3)`, the median first; nothing where there is no lapse."""
    return f"{lapse(found.median)} (p90 {lapse(found.p90)}, n {found.n})" if found.n else ""


def compliance(found: Features) -> str:
    """`87.50% (7 within, 0 unknown, 1 not)`; the share that is surely within."""
    told = f"({found.within:,} within, {found.unknown:,} unknown, {found.out:,} not)"
    return f"{words.percent(found.compliance)} {told}" if found.compliance is not None else "no features"


def objectives(found: Objectives) -> str:
    """How many are met: `1 of 3 (1 unknown)`; nothing where there is none."""
    unknown = f" ({found.unknown:,} unknown)" if found.unknown else ""
    return f"{found.met:,} of {found.total:,}{unknown}" if found.total else ""


def state_of(one: Waived) -> str:
    """`in force` or `over`."""
    return "in force" if one.in_force else "over"


def given_by(one: Waived) -> str:
    """Who gave an exception, and whether anybody proved it."""
    who = one_line(" and ".join(filter(None, (one.waiver.by, one.waiver.approved_by))))
    return who if one.waiver.verified else f"{who} (unverified)"


def yes_no(found: bool | None) -> str:
    """`yes`, `NO` or `unknown`."""
    return {True: "yes", False: "NO", None: UNKNOWN}[found]


def _time(length: timedelta) -> str:
    return words.duration(length.total_seconds())
