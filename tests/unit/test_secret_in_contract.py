"""A secret that somebody wrote into a contract is not repeated by the message that refuses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from featureguard.catalog import load_catalog
from featureguard.errors import ContractError
from featureguard.secret import without_secrets

ADDRESS = "postgres://me:hunter2@host/x"


def refused(folder: Path, line: str) -> str:
    """What is said of a contract with one more line."""
    (folder / "rides.yaml").write_text(f"dataset: rides\nowner: me@example.org\n{line}\n")
    with pytest.raises(ContractError) as told:
        load_catalog([folder], connections=[])
    return str(told.value)


@pytest.mark.parametrize(
    "line",
    [
        f"source: '{ADDRESS}'",
        f"source: {{kind: '{ADDRESS}'}}",
        f"source: {{kind: 'postgres://{'m' * 45}:hunter2{'x' * 40}@host/x'}}",
        "source: {kind: 's3://bucket?secret_key=hunter2&x=1'}",
        "source: {kind: parquet, path: lake/, connection: 'me:hunter2@host'}",
        f"tier: '{ADDRESS}'",
        f"runbook: '{ADDRESS}'",
        f"evidence_max_age: '{ADDRESS}'",
        f"upstream: ['{ADDRESS}']",
        f"tags: '{ADDRESS}'",
        f"'{ADDRESS}': 1",
    ],
)
def test_an_address_in_the_wrong_place_was_repeated_with_its_password(tmp_path: Path, line: str) -> None:
    message = refused(tmp_path, line)
    assert "rides.yaml:3" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("link", ["https://me:hunter2@wiki/x", "https://wiki/x?token=hunter2"])
@pytest.mark.parametrize("kind", ["dataset", "subject"])
def test_a_runbook_with_a_password_stood_on_every_page(tmp_path: Path, link: str, kind: str) -> None:
    (tmp_path / "one.yaml").write_text(f"{kind}: one\nowner: me@example.org\nrunbook: {link}\n")
    with pytest.raises(ContractError, match="stands in this link") as told:
        load_catalog([tmp_path])
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("text", ["https://wiki/x?page=5", "unknown key 'max_ages'. Did you mean 'max_age'?"])
def test_what_is_no_secret_is_shown_as_it_is(text: str) -> None:
    assert without_secrets(text) == text
