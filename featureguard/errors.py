"""Everything featureguard raises.

* FeatureGuardError
  - UsageError               a call that cannot be right: change the call
  - ProjectError             featureguard.yaml is missing or wrong: change the file
  - ContractError            contracts are wrong: change the files; lists every problem
  - SourceError              the data could not be read: its checks become `unknown`
    · SourceUnreadableError  not reachable, not listable, not there
    · SourceCorruptError     the bytes contradict themselves
    · ResourceLimitError     reading it would take more memory or time than allowed
  - StoreError               the evidence store could not be read or written
    · BusyError              too much waits to be written: ask again soon
    · WrongClockError        a recorder's clock disagrees with the store's: set it right
  - MissingExtraError        an optional dependency is not installed
  - StaleFeaturesError       features that were asked for are not fresh: materialize, or do without them
  - TrainingDataError        a training join lost rows or values: see what it says

A check that fails is a result, never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class FeatureGuardError(Exception):
    """Base class of every error raised by featureguard."""


class UsageError(FeatureGuardError):
    """A call or command asks for something that cannot be."""


class ProjectError(FeatureGuardError):
    """The project file cannot be found or read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in a file that people write.

    Attributes:
        message: What is wrong and what to do, e.g. `unknown key 'max_ages'. Did you mean 'max_age'?`
        file: Path as the user knows it, or `None` for values built in Python.
        line: Line number from 1, or `None`.
        field: Dotted path to the field, e.g. `freshness.max_age`, or an empty string for the whole file.
        name: Dataset or subject the problem is about, or an empty string.
    """

    message: str
    file: str | None = None
    line: int | None = None
    field: str = ""
    name: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file or ""
        who = f"Contract {self.name!r}" if self.name else ""
        head = f"{who} ({place})" if who and place else who or place
        said = f"'{self.field.rpartition('.')[2]}'" in self.message  # the message names the field itself
        where = f" '{self.field}':" if self.field and not said else ""
        return f"{head}:{where} {self.message}" if head else f"{where} {self.message}".strip()


class ContractError(FeatureGuardError):
    """Contracts are malformed or contradict each other.

    Attributes:
        problems: Every problem found, in the order of the files.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class SourceError(FeatureGuardError):
    """A source could not be read.

    Attributes:
        code: The reason code that its checks carry (semantics: a check that was not measured is `unknown`).
    """

    code = "SOURCE_UNREADABLE"


class SourceUnreadableError(SourceError):
    """The location does not exist, cannot be listed or cannot be opened."""


class SourceCorruptError(SourceError):
    """The data contradicts its own checksums, statistics or format."""

    code = "SOURCE_CORRUPT"


class ResourceLimitError(SourceError):
    """Reading the data would take more memory or time than is allowed."""

    code = "RESOURCE_LIMIT"


class StoreError(FeatureGuardError):
    """The evidence store could not be opened, read or written."""


class BusyError(StoreError):
    """Too much waits to be written, or others were faster each time; the store itself is well."""


class WrongClockError(StoreError):
    """What was to be recorded is from the future, or from too long ago, by the store's clock."""


class MissingExtraError(FeatureGuardError, ImportError):
    """An optional dependency is needed but not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed. Install it with: pip install 'featureguard[{extra}]'")
        self.package = package
        self.extra = extra


class StaleFeaturesError(FeatureGuardError):
    """Features that a model asked for are too old, from the future or missing.

    Attributes:
        freshness: How each feature stands, row by row; words of `featureguard.feast.freshness.Freshness`.
    """

    def __init__(self, message: str, freshness: Mapping[str, Sequence[str]]) -> None:
        super().__init__(message)
        self.freshness = freshness


class TrainingDataError(FeatureGuardError):
    """Rows were lost or doubled in a training join, or more is null than contracts promise.

    Attributes:
        joined: What the join came to, a `featureguard.feast.training.Joined`.
    """

    def __init__(self, message: str, joined: object) -> None:
        super().__init__(message)
        self.joined = joined
