"""Verifying decisions, in the store or offline from an exported file, against heads that were kept elsewhere.

An exported chain is a file of JSON lines, `{"sequence": …, "previous": …, "seal": …, "body": …}`; a file of
heads is one of `{"sequence": …, "seal": …}`. Whoever has both needs nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from featureguard.chain import Fault, Head, Link, faults
from featureguard.decision_record import parts_of
from featureguard.errors import UsageError
from featureguard.store.decisions import Recorded
from featureguard.windows import to_micros

T = TypeVar("T", Link, Head)
_SEALED = ("kind", "key", "subject", "action", "effective", "inputs")


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying a chain found.

    Attributes:
        links: How many records it has.
        heads: How many heads it was compared with.
        faults: Everything that is wrong; without a head a cut tail is not among it.
    """

    links: int
    heads: int
    faults: tuple[Fault, ...]


def verify(links: Iterable[Link], heads: Iterable[Head]) -> Verification:
    """Compare every record with its seal, the record before it, and the heads."""
    known, ends = list(links), list(heads)
    return Verification(len(known), len(ends), tuple(faults(known, ends)))


def mislabelled(records: Iterable[Recorded]) -> Iterator[Fault]:
    """Records that a store finds under other words than their sealed text says."""
    for record in records:
        try:
            parts = parts_of(record.link)
            said = {**parts["decision"], **parts}
            wrong = [name for name in _SEALED if getattr(record, name) != said[name]]
            if to_micros(record.decided_at) != _micros(said["now"]):
                wrong.append("decided_at")
        except (UsageError, ValueError, KeyError, TypeError):
            yield Fault(record.link.sequence, "its text is no decision.")
            continue
        if wrong:
            reason = f"it is filed under another {', '.join(wrong)} than its text says."
            yield Fault(record.link.sequence, reason)


def export(links: Iterable[Link], file: Path) -> int:
    """Write a chain to a new file; returns how many records it has.

    Raises:
        UsageError: If the file exists or cannot be written.
    """
    count = 0
    try:
        with file.open("x", encoding="utf-8") as out:
            for link in links:
                out.write(json.dumps(asdict(link)) + "\n")
                count += 1
    except FileExistsError:
        raise UsageError(f"{file} exists already, and an export is never overwritten. Rename it.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from None
    return count


def append_head(head: Head, file: Path) -> None:
    """Add the end of a chain to a file of heads.

    Raises:
        UsageError: If the file cannot be written.
    """
    try:
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(head)) + "\n")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from None


def read_links(file: Path) -> list[Link]:
    """An exported chain.

    Raises:
        UsageError: If the file cannot be read, or a line is no record.
    """
    return list(_read(file, Link))


def read_heads(file: Path) -> list[Head]:
    """Exported heads.

    Raises:
        UsageError: If the file cannot be read, or a line is no head.
    """
    return list(_read(file, Head))


def _read(file: Path, kind: type[T]) -> Iterator[T]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from None
    for number, line in enumerate(lines, 1):
        try:
            yield _checked(kind(**json.loads(line)))
        except (ValueError, TypeError, RecursionError):
            what = "exported decision" if kind is Link else "exported head"
            raise UsageError(f"{file}:{number}: this line is no {what}. Export it again.") from None


def _checked(found: T) -> T:
    """The same, if its fields have the right types."""
    for name, value in asdict(found).items():
        if not isinstance(value, int if name == "sequence" else str) or isinstance(value, bool):
            raise TypeError(name)
    return found


def _micros(instant: Any) -> int:
    return to_micros(datetime.fromisoformat(instant))
