"""Where feature data comes from: a source resolves to a snapshot of fragments.

A fragment answers from metadata where that is exact, and gives its rows as Arrow batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from featureguard.contract import FeastConfig, MemoryConfig, ParquetConfig
from featureguard.errors import SourceUnreadableError

if TYPE_CHECKING:
    import pyarrow as pa

    from featureguard.profile import Profile

Connections = Mapping[str, Mapping[str, Any]]
Anchor = Callable[[str], str]


class Fragment(Protocol):
    """A file, a partition or a table: the piece of data that is profiled and remembered as a whole."""

    @property
    def key(self) -> str | None:
        """Identity of immutable content (path, size, mtime or etag); `None` if it cannot be remembered."""
        ...

    @property
    def name(self) -> str:
        """What to call it in a message: its path."""
        ...

    @property
    def partition(self) -> Mapping[str, str]:
        """Partition keys and values, outermost first; empty if the source is not partitioned."""
        ...

    @property
    def modified_us(self) -> int | None:
        """When the file was last modified, microseconds since the epoch; `None` where unknown."""
        ...

    @property
    def unseen_nulls(self) -> frozenset[str]:
        """Columns whose nulls nobody can count here, for rows that are null there are not handed out."""
        ...

    def statistics(self) -> Profile:
        """Summarise from metadata alone.

        Every column of the fragment's schema is in the profile, with its type and rows; partition keys are
        columns of type `string`. What metadata cannot say *exactly* is `None` (semantics, section 8).

        Raises:
            SourceError: If the metadata cannot be read.
        """
        ...

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read rows of some columns as validated Arrow batches of about 128k rows, in any order.

        Columns that the fragment does not have are left out of its batches. No columns: batches of no columns
        that still count their rows.

        Raises:
            SourceError: If the data cannot be read, contradicts its checksums or statistics, or would take
                more memory than allowed. Raised while iterating; what came before it must be thrown away.
        """
        ...

    def stored_bytes(self, columns: Sequence[str]) -> int:
        """Bytes that reading these columns reads, as stored (compressed)."""
        ...

    def confirm_greatest(self, column: str) -> int:
        """Check the metadata's greatest value of a time column against the rows that should hold it.

        A footer has no checksum: one flipped bit would make old data look fresh. Reads the one row group that
        claims the greatest value.

        Returns:
            Rows read; 0 where the metadata needs no confirmation.

        Raises:
            SourceCorruptError: If the rows contradict the metadata.
        """
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a source holds at one instant.

    Attributes:
        id: Equal ids mean equal data; `None` where the source cannot tell.
        fragments: In a fixed order.
    """

    id: str | None
    fragments: tuple[Fragment, ...]


class Source(Protocol):
    """A readable dataset."""

    def snapshot(self) -> Snapshot:
        """List what is there now. A location that lists and is empty is a snapshot without fragments.

        Raises:
            SourceUnreadableError: If the location does not exist or cannot be listed.
        """
        ...


def open_source(
    config: ParquetConfig | MemoryConfig | FeastConfig, *, anchor: Anchor, connections: Connections
) -> Source:
    """Open the source that a contract names.

    Args:
        config: The `source` of a contract.
        anchor: Makes a path of the contract absolute; leaves absolute paths and URIs as they are.
        connections: Options of file systems by the name of their connection.

    Raises:
        SourceUnreadableError: If the connection is unknown, or the data has to be handed in.
    """
    return SOURCES[config.kind](config, anchor, connections)


def _open_parquet(config: Any, anchor: Anchor, connections: Connections) -> Source:
    from featureguard.sources.connect import connect  # noqa: PLC0415  (pyarrow is heavy)
    from featureguard.sources.parquet import ParquetSource  # noqa: PLC0415

    path = anchor(config.path)
    return ParquetSource(path, filesystem=connect(path, config.connection, connections))


def _open_feast(config: Any, anchor: Anchor, connections: Connections) -> Source:
    from featureguard.sources.feast import OfflineSource, OnlineSource  # noqa: PLC0415

    if config.read == "online":
        return OnlineSource(anchor(config.repo), config.view)
    return OfflineSource(anchor(config.repo), config.view, config.connection, connections)


def _open_memory(config: Any, anchor: Anchor, connections: Connections) -> Source:
    raise SourceUnreadableError(
        "The contract names no place to read from (source: memory). Hand the data in: check(contract, frame)."
    )


SOURCES: Final[Mapping[str, Callable[[Any, Anchor, Connections], Source]]] = {
    "parquet": _open_parquet,
    "feast": _open_feast,
    "memory": _open_memory,
}
"""How to open each kind of source."""
