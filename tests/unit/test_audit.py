"""Verifying decisions offline: every kind of damage is found, and where."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from featureguard import audit
from featureguard.chain import GENESIS, Head, Link, head_of, sealed
from featureguard.decision_record import body_of, text_of
from featureguard.errors import UsageError
from featureguard.store.decisions import Recorded
from featureguard.verdict import Decision, Verdict
from tests.builders import HOUR, NOW

Links = list[Link]


def body(number: int) -> str:
    decision = Decision("pricing", "train", NOW + number * HOUR, Verdict.BLOCK, Verdict.BLOCK)
    return body_of(text_of(decision), kind="decision", key=f"run \u00e4 {number}", by="me", inputs="0" * 64)


def chain(length: int = 5) -> Links:
    links: Links = []
    for number in range(length):
        links.append(sealed(body(number), links[-1] if links else None))
    return links


def changed(links: Links, place: int, **fields: Any) -> Links:
    return [dataclasses.replace(link, **fields) if link.sequence == place else link for link in links]


def test_an_export_is_read_back_as_it_was(tmp_path: Path) -> None:
    links, file = chain(), tmp_path / "chain.jsonl"
    assert audit.export(links, file) == 5
    assert audit.read_links(file) == links
    assert len(file.read_text().splitlines()) == 5


def test_heads_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    links, file = chain(), tmp_path / "heads.jsonl"
    heads = [head_of([]), head_of(links[:3]), head_of(links)]
    for head in heads:
        audit.append_head(head, file)
    assert audit.read_heads(file) == heads
    found = audit.verify(links, heads)
    assert (found.links, found.heads, found.faults) == (5, 3, ())


def test_an_export_never_overwrites(tmp_path: Path) -> None:
    file = tmp_path / "chain.jsonl"
    audit.export(chain(2), file)
    with pytest.raises(UsageError, match="never overwritten"):
        audit.export(chain(), file)
    assert audit.read_links(file) == chain(2)
    for write in (lambda: audit.export([], tmp_path), lambda: audit.append_head(Head(0, GENESIS), tmp_path)):
        with pytest.raises(UsageError, match=r"cannot be written|exists already"):
            write()


@pytest.mark.parametrize(
    ("damage", "places"),
    [
        (lambda links: changed(links, 3, body=body(9)), [3]),
        (lambda links: changed(links, 3, seal="f" * 64), [3, 4]),
        (lambda links: changed(links, 3, previous=GENESIS), [3, 3]),
        (lambda links: links[:2] + links[3:], [3]),
        (lambda links: [*links[:2], links[3], links[2], links[4]], [3, 3, 4]),
        (lambda links: [*links, links[-1]], [5]),
        (lambda links: links[1:], [1]),
    ],
)
def test_every_kind_of_damage_is_located(
    damage: Callable[[Links], Links], places: list[int], tmp_path: Path
) -> None:
    file = tmp_path / "chain.jsonl"
    audit.export(damage(chain()), file)
    found = [fault.sequence for fault in audit.verify(audit.read_links(file), []).faults]
    assert found == places


def test_a_chain_that_was_sealed_anew_is_found_against_a_head_alone() -> None:
    head, forged = head_of(chain()), [sealed(body(9), None)]
    assert audit.verify(forged, []).faults == ()
    assert [fault.sequence for fault in audit.verify(forged, [head, head_of(chain(1))]).faults] == [1, 5]


def filed(**other: Any) -> Recorded:
    told: dict[str, Any] = {
        "link": chain(1)[0],
        "kind": "decision",
        "key": "run \u00e4 0",
        "subject": "pricing",
        "action": "train",
        "decided_at": NOW,
        "effective": "block",
        "inputs": "0" * 64,
    }
    return Recorded(**(told | other))


def test_a_record_that_is_filed_as_it_says_is_no_fault() -> None:
    assert list(audit.mislabelled([filed()])) == []


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "confirmation"},
        {"key": None},
        {"subject": "fraud"},
        {"action": "serve"},
        {"decided_at": NOW + HOUR},
        {"effective": "allow"},
        {"inputs": None},
    ],
)
def test_a_record_that_is_filed_under_other_words_is_found(other: dict[str, Any]) -> None:
    (fault,) = audit.mislabelled([filed(**other)])
    assert (fault.sequence, next(iter(other)) in fault.reason) == (1, True)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", body(0).replace('"now"', '"then"'), "[" * 100_000])
def test_a_text_that_is_no_decision_is_found(text: str) -> None:
    (fault,) = audit.mislabelled([filed(link=sealed(text, None))])
    assert fault.reason == "its text is no decision."


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "[1]",
        '{"sequence": 1}',
        '{"sequence": "1", "previous": "", "body": "", "seal": ""}',
        '{"sequence": true, "previous": "", "body": "", "seal": ""}',
        '{"sequence": 1, "previous": "", "body": null, "seal": ""}',
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_record_is_told_with_its_number(line: str, tmp_path: Path) -> None:
    file = tmp_path / "chain.jsonl"
    audit.export(chain(2), file)
    with file.open("a") as out:
        out.write(f"{line}\n")
    with pytest.raises(UsageError, match=r"chain\.jsonl:3: this line is no exported decision"):
        audit.read_links(file)
    with pytest.raises(UsageError, match=r"chain\.jsonl:1: this line is no exported head"):
        audit.read_heads(file)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", "binary", "."):
        with pytest.raises(UsageError, match="cannot be read"):
            audit.read_links(tmp_path / name)
