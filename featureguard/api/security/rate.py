"""How often anybody may ask: a bucket of permits per caller that refills steadily."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How often.

    Attributes:
        per_second: How many permits come back in a second, above 0.
        burst: How many a caller who was quiet has.
    """

    per_second: float
    burst: float


class Buckets:
    """Permits by name; whoever was quiet for longest is forgotten first, and starts with a full bucket.

    Args:
        rate: How often each may.
        clock: Seconds, monotonic.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take a permit.

        Returns:
            0.0 if there was one, else in how many seconds there will be one.
        """
        now = self._clock()
        left, since = self._left.get(name, (self._rate.burst, now))
        left = min(self._rate.burst, left + (now - since) * self._rate.per_second)
        taken = left >= 1.0
        self._left[name] = (left - 1.0 if taken else left), now
        self._left.move_to_end(name)
        if len(self._left) > _MOST_REMEMBERED:
            self._left.popitem(last=False)
        return 0.0 if taken else (1.0 - left) / self._rate.per_second
