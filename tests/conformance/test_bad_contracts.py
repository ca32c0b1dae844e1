"""Every bad contract of `bad_contracts/` is refused in the words that stand beside it (`NAME.txt`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from featureguard.catalog import load_catalog
from featureguard.errors import ContractError

FOLDER = Path(__file__).parent / "bad_contracts"
CASES = sorted(FOLDER.glob("*.yaml"))


def messages(file: Path) -> str:
    with pytest.raises(ContractError) as refused:
        load_catalog([file], {"lake": "s3://lake"})
    return str(refused.value) + "\n"


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_a_bad_contract_is_refused_in_these_words(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    assert messages(Path(file.name)) == file.with_suffix(".txt").read_text()


def test_every_message_has_its_contract_and_no_secret() -> None:
    assert {file.with_suffix("") for file in FOLDER.glob("*.txt")} == {file.with_suffix("") for file in CASES}
    assert not any("hunter2" in file.read_text() for file in FOLDER.glob("*.txt"))
