"""Offline rows that only Feast can read: by its `pull_all_from_table_or_query`, in a process of its own.

Feast takes the whole table into its memory, and seconds at least; what comes back is a file that is mapped,
not read, and is gone as soon as nobody looks at it. Feast gives no rows without an event time.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from featureguard.errors import SourceCorruptError, SourceUnreadableError
from featureguard.feature_registry import Repo, View
from featureguard.feature_registry.by_feast import ask_feast

if TYPE_CHECKING:
    import pyarrow as pa

_SCRIPT = """
import datetime as dt, pyarrow as pa
name, path, event, created, count, *columns = sys.argv[2:]
views = [*store.list_batch_feature_views(), *store.list_stream_feature_views()]
view = next(one for one in views if one.name == name)
job = store._get_provider().offline_store.pull_all_from_table_or_query(
    config=store.config,
    data_source=view.batch_source,
    join_key_columns=columns[:int(count)],
    feature_name_columns=columns[int(count):],
    timestamp_field=event,
    created_timestamp_column=created or None,
    start_date=dt.datetime(1, 1, 2, tzinfo=dt.timezone.utc),
    end_date=dt.datetime(9999, 12, 30, tzinfo=dt.timezone.utc),
)
table = job.to_arrow()
with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
    writer.write_table(table, max_chunksize=1 << 17)
told = b""
"""


def rows_by_feast(repo: Repo, view: View) -> pa.Table:
    """All rows of a view's batch source that have an event time, as of now.

    Args:
        repo: The feature repository.
        view: A view with a batch source.

    Returns:
        Columns as the source names them: join keys, features, event time, time of writing. It lies in a file
        that only this table still holds.

    Raises:
        SourceUnreadableError: If Feast cannot read them, takes too long, or would read them wrongly.
        SourceCorruptError: If what it gives is not whole.
    """
    source = view.batch_source
    assert source is not None, "only views with rows are read"
    if source.path and repo.offline_type in ("dask", "file"):
        raise SourceUnreadableError(
            f"The rows of the feature view '{view.name}' are files of the format"
            f" '{source.format or 'unknown'}', and Feast's offline store '{repo.offline_type}' takes every"
            " file for Parquet, also those that the format counts as deleted. Hand them in from the job that"
            " writes them: 'source: {kind: memory}'."
        )
    keys = [source.column_of(one) for one in view.join_keys]
    wanted = [*keys, *(source.column_of(one) for one in view.features)]
    folder = Path(tempfile.mkdtemp(prefix="featureguard-feast-"))
    try:
        file = folder / "rows.arrow"
        ask_feast(
            repo,
            _SCRIPT,
            [
                view.name,
                str(file),
                source.timestamp_field,
                source.created_column or "",
                str(len(keys)),
                *wanted,
            ],
            what=f"the rows of the feature view '{view.name}' (a {source.kind})",
            hint=f"Is what Feast needs for its offline store '{repo.offline_type}' installed, and can it be"
            " reached?",
        )
        return _mapped(file, {*wanted, source.timestamp_field, source.created_column} - {None}, view)
    finally:
        with contextlib.suppress(OSError):  # Where a file that is mapped cannot be removed.
            shutil.rmtree(folder)


def _mapped(file: Path, wanted: set[str | None], view: View) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  (heavy)

    try:
        table = pa.ipc.open_file(pa.memory_map(str(file))).read_all()
    except (pa.ArrowException, OSError):
        raise SourceCorruptError(f"What Feast gave of the feature view '{view.name}' is not whole.") from None
    missing = sorted(str(one) for one in wanted - set(table.column_names))
    if missing:
        raise SourceUnreadableError(
            f"What Feast gave of the feature view '{view.name}' lacks the columns {', '.join(missing)}."
        )
    return table
