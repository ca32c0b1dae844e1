"""Holidays of countries and markets, from the package `holidays` (extra `calendar`)."""

from __future__ import annotations

import difflib
from datetime import date
from functools import lru_cache
from types import ModuleType

from featureguard.errors import MissingExtraError


def check_calendar(name: str) -> str:
    """Check that a calendar is known.

    Args:
        name: A country (`US`), one of its parts (`US-NY`, ISO 3166-2) or a market (`XNYS`, ISO 10383).

    Raises:
        ValueError: If it is not.
        MissingExtraError: If `holidays` is not installed.
    """
    country, _, part = name.partition("-")
    if name in _markets() or (not part and country in _countries()):
        return name
    if part and part in _countries().get(country, ()):
        return name
    known = [f"{country}-{p}" for p in _countries().get(country, ())] or [*_countries(), *_markets()]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else "Write e.g. 'US', 'US-NY' or the market 'XNYS'."
    raise ValueError(f"{name!r} is no known calendar of holidays. {hint}")


@lru_cache(maxsize=1_024)
def holidays_of(name: str, year: int) -> frozenset[date]:
    """The holidays of a year, moved ones on the day they are kept; weekends are none.

    Args:
        name: As `check_calendar` allows.
        year: By the calendar on the wall.

    Raises:
        MissingExtraError: If `holidays` is not installed.
    """
    package = _package()
    if name in _markets():
        return frozenset(package.financial_holidays(name, years=year, expand=False))
    country, _, part = name.partition("-")
    return frozenset(package.country_holidays(country, subdiv=part or None, years=year, expand=False))


def _countries() -> dict[str, list[str]]:
    """Countries and their parts."""
    return dict(_package().list_supported_countries(include_aliases=False))


def _markets() -> dict[str, list[str]]:
    return dict(_package().list_supported_financial(include_aliases=False))


def _package() -> ModuleType:
    try:
        import holidays  # noqa: PLC0415  (an extra, and only where a calendar is declared)
    except ImportError:
        raise MissingExtraError("holidays", "calendar") from None
    return holidays
