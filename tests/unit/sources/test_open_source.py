from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureguard.contract import MemoryConfig, ParquetConfig
from featureguard.errors import SourceUnreadableError
from featureguard.sources import SOURCES, open_source
from featureguard.sources.connect import connect


def test_paths_are_anchored_by_the_project(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "a.parquet")
    config = ParquetConfig(path="a.parquet")
    source = open_source(config, anchor=lambda path: str(tmp_path / path), connections={})
    assert len(source.snapshot().fragments) == 1


def test_a_contract_without_a_place_asks_for_the_data() -> None:
    with pytest.raises(SourceUnreadableError, match="Hand the data in"):
        open_source(MemoryConfig(), anchor=str, connections={})


def test_every_kind_of_contract_has_a_loader() -> None:
    assert set(SOURCES) == {"parquet", "memory", "feast"}


def test_a_connection_gives_the_file_system_its_options() -> None:
    options = {"endpoint_override": "localhost:9", "access_key": "a", "secret_key": "b", "region": "eu"}
    filesystem = connect("s3://lake/x", "lake", {"lake": options})
    assert filesystem is not None
    assert filesystem.region == "eu"
    assert connect("s3://lake/x", None, {}) is None


@pytest.mark.parametrize(
    ("path", "connections", "problem"),
    [
        ("s3://lake/x", {"other": {}}, "Known connections: other"),
        ("s3://lake/x", {"lake": {"colour": "red"}}, "cannot be opened"),
        ("lake/x", {"lake": {}}, "takes no connection"),
    ],
)
def test_a_connection_that_does_not_fit_says_why(
    path: str, connections: dict[str, dict[str, str]], problem: str
) -> None:
    with pytest.raises(SourceUnreadableError, match=problem):
        connect(path, "lake", connections)


def test_the_protocols_import_no_arrow_and_no_polars() -> None:
    code = "import sys, featureguard.sources; print([m for m in ('pyarrow', 'polars') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
