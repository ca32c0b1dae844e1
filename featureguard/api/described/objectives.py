"""SLIs, and what became of objectives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from featureguard.api.described.words import Answer, Number, Ratio, Read, Seconds
from featureguard.slo.delivery import Arrival


class _Counted(Answer):
    """What an SLI says.

    Attributes:
        ratio: Good share of what is known; `None` if nothing is.
        interval_ratio: The shares between which the truth lies; `None` if nothing counts.
        unknown_ratio: Unknown share of what counts; `None` if nothing does.
    """

    ratio: Ratio | None
    interval_ratio: tuple[Ratio, Ratio] | None
    unknown_ratio: Ratio | None


class TimeSli(_Counted):
    """An SLI that counts time.

    Attributes:
        sli: `time`: the newest value is within its limit; `population`: enough of the population is.
        good_seconds: Surely within the limit.
        bad_seconds: Surely past it.
        unknown_seconds: Neither can be proved.
        excluded_seconds: Before the first look, without a contract, or in maintenance.
        valid_seconds: Good, bad and unknown together.
    """

    sli: Literal["time", "population"]
    good_seconds: Seconds
    bad_seconds: Seconds
    unknown_seconds: Seconds
    excluded_seconds: Seconds
    valid_seconds: Seconds


class DeliverySli(_Counted):
    """An SLI that counts deliveries.

    Attributes:
        sli: What is counted.
        good_deliveries: Early or on time.
        bad_deliveries: Late or missing.
        unknown_deliveries: Due, and nobody can tell.
        excluded_deliveries: Not due, or on days without data.
        valid_deliveries: Good, bad and unknown together.
    """

    sli: Literal["delivery"]
    good_deliveries: Number
    bad_deliveries: Number
    unknown_deliveries: Number
    excluded_deliveries: Number
    valid_deliveries: Number


class Delivery(Answer):
    """One delivery.

    Attributes:
        key: Which one, e.g. its day.
        due: When it was due.
        deadline: Until when it is in time.
        state: What became of it.
        not_before: Last look that did not find it; `None` if there was none.
        seen_at: First look that found it; `None` if none has.
    """

    key: str
    due: datetime
    deadline: datetime
    state: Arrival
    not_before: datetime | None
    seen_at: datetime | None


class _Promised(Answer):
    """An objective over a window.

    Attributes:
        start: Begin of the window that is told about.
        end: Its end.
        objective_ratio: The share that is promised to be good.
        objective_window_seconds: The window that it is promised over.
        meets_objective: Whether it is met so far; `None` if nothing is counted.
        unknown_counts_as_bad: Whether the budget counts what is unknown as bad, or leaves it out.
        budget_remaining_ratio: Share of the error budget that is left, below 0 if more was spent; `None` if
            nothing is counted.
        burn_rates: By the length of the last window, e.g. `1h`: 1 spends the budget exactly over the
            objective's window; `None` where nothing is counted.
        bad_since: Begin of the bad spell that lasts until now; `None` if there is none.
        pages_at: When that spell begins to page, if it goes on; `None` if it never does.
        deliveries: Each of them, for an objective about deliveries.
    """

    start: datetime
    end: datetime
    objective_ratio: Ratio
    objective_window_seconds: Seconds
    meets_objective: bool | None
    unknown_counts_as_bad: bool
    budget_remaining_ratio: float | None
    burn_rates: dict[str, Annotated[float, Field(ge=0)] | None]
    bad_since: datetime | None
    pages_at: datetime | None
    deliveries: list[Delivery]


class TimeAccount(_Promised, TimeSli):
    """What became of an objective about time.

    Attributes:
        budget_allowed_seconds: What the objective allows to be bad.
        budget_spent_seconds: What of it is spent.
    """

    budget_allowed_seconds: Seconds
    budget_spent_seconds: Seconds


class DeliveryAccount(_Promised, DeliverySli):
    """What became of an objective about deliveries.

    Attributes:
        budget_allowed_deliveries: What the objective allows to be bad.
        budget_spent_deliveries: What of it is spent.
    """

    budget_allowed_deliveries: Annotated[float, Field(ge=0)]
    budget_spent_deliveries: Annotated[float, Field(ge=0)]


Sli = Annotated[TimeSli | DeliverySli, Field(discriminator="sli")]
Account = Annotated[TimeAccount | DeliveryAccount, Field(discriminator="sli")]


class PeriodSli(TimeSli):
    """The time SLI of a dataset that has no objective.

    Attributes:
        start: Begin of the period.
        end: Its end.
    """

    start: datetime
    end: datetime


class Slo(Read):
    """SLI, error budget and burn rates of a dataset.

    Attributes:
        dataset: Its name.
        objective: What became of its objective; `None` without one.
        sli: The SLI where there is no objective; `None` if there is one, or no age is promised.
    """

    dataset: str
    objective: Account | None
    sli: PeriodSli | None
