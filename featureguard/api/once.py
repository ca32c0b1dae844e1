"""What is made of a value once, for all who ask about that very value while it is new."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
Made = TypeVar("Made")

MOST_KEPT = 1_000


class Once(Generic[Value, Made]):
    """Keeps what was made of the last values, by their identity: comparing them would cost more."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Value, Made]] = OrderedDict()

    def get(self, value: Value, make: Callable[[], Made]) -> Made:
        """What was made of this very value, or is made now."""
        found = self._kept.get(id(value))
        if found is None:
            # Kept together with the value, so that no other value gets its identity.
            found = self._kept[id(value)] = value, make()
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found[1]
