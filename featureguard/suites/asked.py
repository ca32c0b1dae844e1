"""What an expectation asks, as its compiler reads it: arguments with their types, columns that are there."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from featureguard.suites.values import Column, MissingColumnError, UnansweredError, WrongTypeError, is_number

Range = tuple[Any, Any, bool, bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """An expectation with its parameters filled in, and the data that it asks about.

    Attributes:
        type: Its type.
        kwargs: Its arguments.
        schema: The types of the columns, in their order.
        where: Its row condition; `None` if it asks about all rows.
    """

    type: str
    kwargs: Mapping[str, Any]
    schema: Mapping[str, pl.DataType]
    where: pl.Expr | None = None

    def column(self, key: str = "column") -> Column:
        """The column that an argument names.

        Raises:
            UnansweredError: If it names none, or the data has none of this name.
        """
        return self._column(self.text(key))

    def columns(self, key: str = "column_list", *, least: int = 2) -> tuple[Column, ...]:
        """The columns that an argument lists.

        Raises:
            UnansweredError: If it lists fewer than `least`, one twice, or one that the data does not have.
        """
        names = self.items(key)
        if len(names) < least or len(set(map(repr, names))) < len(names):
            raise UnansweredError(f"'{key}' must name {least} columns or more, each once.")
        if not all(isinstance(name, str) for name in names):
            raise UnansweredError(f"'{key}' must be a list of names.")
        return tuple(self._column(name) for name in names)

    def text(self, key: str) -> str:
        """A text.

        Raises:
            UnansweredError: If it is none, or missing.
        """
        value = self.kwargs.get(key)
        if not isinstance(value, str) or not value:
            raise UnansweredError(f"'{key}' must be a text, and is {value!r:.100}.")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false.

        Raises:
            UnansweredError: If it is something else.
        """
        value = self.kwargs.get(key)
        if value is not None and not isinstance(value, bool):
            raise UnansweredError(f"'{key}' must be true or false, and is {value!r:.100}.")
        return default if value is None else value

    def items(self, key: str) -> list[Any]:
        """A list.

        Raises:
            UnansweredError: If it is none, or missing.
        """
        value = self.kwargs.get(key)
        if not isinstance(value, list | tuple | set | frozenset):
            raise UnansweredError(f"'{key}' must be a list, and is {value!r:.100}.")
        return list(value)

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        """One of some words.

        Raises:
            UnansweredError: If it is another.
        """
        value = self.kwargs.get(key)
        if value is not None and value not in choices:
            raise UnansweredError(f"'{key}' must be one of {', '.join(choices)}, and is {value!r:.100}.")
        return default if value is None else str(value)

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number.

        Raises:
            UnansweredError: If it is none, or missing without a default.
        """
        value = self.kwargs.get(key)
        if value is None and default is not None:
            return default
        if not is_number(value):
            raise UnansweredError(f"'{key}' must be a number, and is {value!r:.100}.")
        return value

    @property
    def mostly(self) -> float:
        """The share of values that must be as expected, in [0, 1].

        Raises:
            UnansweredError: If it is no ratio.
        """
        value = self.number("mostly", 1.0)
        if not 0 <= value <= 1:
            raise UnansweredError(f"'mostly' must lie in [0, 1], and is {value!r}.")
        return value

    def range(self, *, required: bool = False) -> Range:
        """Least and greatest value as they are written, and whether each is itself excluded.

        Raises:
            UnansweredError: If `required` and there is neither, or they are numbers the wrong way round.
        """
        least, most = self.kwargs.get("min_value"), self.kwargs.get("max_value")
        if required and least is None and most is None:
            raise UnansweredError("'min_value' or 'max_value' must be given.")
        if is_number(least) and is_number(most) and least > most:
            raise UnansweredError(f"'min_value' {least!r:.100} must not be above 'max_value' {most!r:.100}.")
        return least, most, self.flag("strict_min"), self.flag("strict_max")

    def _column(self, name: str) -> Column:
        if name not in self.schema:
            close = difflib.get_close_matches(name, self.schema, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise MissingColumnError(f"The data has no column '{name:.200}'.{hint}")
        if self.schema[name] == pl.Unknown:
            raise WrongTypeError(f"'{name}' is of a type that polars does not read.")
        return Column(name, self.schema[name])


def shown_range(asked_range: Range) -> str:
    """A range for people: `0 to 5`, `at least 0`, `more than 0 and at most 5`."""
    least, most, above, below = asked_range
    if least is None and most is None:
        return "anything"
    if least is not None and most is not None and not above and not below:
        return f"{_shown(least)}" if least == most else f"{_shown(least)} to {_shown(most)}"
    low = f"{'more than' if above else 'at least'} {_shown(least)}" if least is not None else ""
    high = f"{'less than' if below else 'at most'} {_shown(most)}" if most is not None else ""
    return f"{low} and {high}" if low and high else low or high


def _shown(value: object) -> str:
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value!s:.100}"
