"""A chain of records, each sealed with the one before it, so that a change anywhere shows.

The seal of a record is the SHA-256 of its place, the seal before it and its text. Changing, removing or
reordering records breaks the seals from that place on. Cutting off the end leaves a shorter, perfect chain:
only a head that was kept elsewhere shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GENESIS = "0" * 64
"""What stands before the first record."""


@dataclass(frozen=True, slots=True)
class Link:
    """One record of a chain.

    Attributes:
        sequence: Its place, from 1.
        previous: Seal of the record before it; `GENESIS` for the first.
        body: The record's text, exactly.
        seal: SHA-256 of the three above, in hexadecimal; also the record's id.
    """

    sequence: int
    previous: str
    body: str
    seal: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain at some time, kept elsewhere.

    Attributes:
        sequence: Place of the last record; 0 for an empty chain.
        seal: Its seal; `GENESIS` for an empty chain.
    """

    sequence: int
    seal: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is broken.

    Attributes:
        sequence: Place of the record, or where one is missing.
        reason: What is wrong there.
    """

    sequence: int
    reason: str


def sealed(body: str, after: Link | None) -> Link:
    """The record that follows another one; the first one follows `None`."""
    sequence, previous = (after.sequence + 1, after.seal) if after else (1, GENESIS)
    return Link(sequence, previous, body, seal_of(sequence, previous, body))


def seal_of(sequence: int, previous: str, body: str) -> str:
    """The seal of a record."""
    told = f"{sequence}\n{previous}\n{body}"
    # A forged text may hold anything, and is to be found, not to crash.
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def head_of(links: Sequence[Link]) -> Head:
    """The end of a chain."""
    return Head(links[-1].sequence, links[-1].seal) if links else Head(0, GENESIS)


def faults(links: Iterable[Link], heads: Iterable[Head] = ()) -> list[Fault]:
    """Everything that is wrong with a chain, in its order.

    Args:
        links: The records in the order in which they are kept.
        heads: Ends of this chain that were kept elsewhere; without one, a cut tail cannot be seen.
    """
    found: list[Fault] = []
    seals, expected, previous = {0: GENESIS}, 1, GENESIS
    for link in links:
        if link.sequence != expected:
            found.append(_out_of_place(link, expected))
        elif link.previous != previous:
            found.append(Fault(link.sequence, "it does not follow the record before it, which was changed."))
        if link.seal != seal_of(link.sequence, link.previous, link.body):
            found.append(Fault(link.sequence, "its text or its place was changed: its seal does not fit."))
        seals.setdefault(link.sequence, link.seal)
        expected, previous = link.sequence + 1, link.seal
    for head in sorted(set(heads), key=lambda head: head.sequence):
        if head.sequence not in seals:
            found.append(
                Fault(
                    head.sequence,
                    f"the chain ends before record {head.sequence}, which an exported head knows.",
                )
            )
        elif seals[head.sequence] != head.seal:
            found.append(Fault(head.sequence, "it is not the record that an exported head knows."))
    return sorted(found, key=lambda fault: fault.sequence)


def _out_of_place(link: Link, expected: int) -> Fault:
    if link.sequence > expected:
        missing = (
            f"record {expected} is"
            if link.sequence == expected + 1
            else f"records {expected} to {link.sequence - 1} are"
        )
        return Fault(expected, f"{missing} missing.")
    return Fault(link.sequence, f"it stands where record {expected} belongs.")
