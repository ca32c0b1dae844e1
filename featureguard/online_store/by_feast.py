"""Online stores of other kinds, by Feast's own `online_read`: named entities only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from featureguard.errors import SourceCorruptError
from featureguard.feature_registry import Repo, View
from featureguard.feature_registry.by_feast import ask_feast
from featureguard.online_store.named import NamedOnly
from featureguard.online_store.rows import Row

_SCRIPT = """
import datetime as dt, pyarrow as pa
from feast.infra.key_encoding_utils import deserialize_entity_key
name = sys.argv[2]
views = [*store.list_batch_feature_views(), *store.list_stream_feature_views()]
view = next(one for one in views if one.name == name)
names = [one.name for one in view.features]
keys = pa.ipc.open_stream(sys.stdin.buffer).read_all()["key"].to_pylist()
asked = [deserialize_entity_key(one, 3) for one in keys]
online = store._get_provider().online_store
found = online.online_read(store.config, view, asked, names) if asked else []
def micros(moment):
    if moment is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)) // dt.timedelta(microseconds=1)
columns = {"event": pa.array([micros(one) for one, _ in found], pa.int64())}
for place, feature in enumerate(names):
    values = [(row or {}).get(feature) for _, row in found]
    told = [None if one is None else one.SerializeToString() for one in values]
    columns[f"value {feature}"] = pa.array(told, pa.binary())
sink = pa.BufferOutputStream()
table = pa.table(columns)
with pa.ipc.new_stream(sink, table.schema) as writer:
    writer.write_table(table)
told = sink.getvalue().to_pybytes()
"""


class FeastStore(NamedOnly):
    """A store that only Feast can read. Each question takes the seconds that importing Feast takes.

    Args:
        repo: The feature repository.
    """

    def __init__(self, repo: Repo) -> None:
        self._repo = repo

    @property
    def kind(self) -> str:
        """What it is, with its article."""
        return f"An online store of the type '{self._repo.online_type}'"

    def of(self, view: View, keys: Sequence[bytes]) -> Iterator[Row]:
        """The entities with these keys, so far as they are there, each with the one time that Feast tells.

        Raises:
            SourceUnreadableError: If Feast cannot read them, or takes too long.
        """
        if not keys:
            return
        table = self._asked(view, keys)
        values = {name: table[f"value {name}"].to_pylist() for name in view.features}
        for place, (key, event) in enumerate(zip(keys, table["event"].to_pylist(), strict=True)):
            if not event:  # Feast's Redis tells 1970 for what is not there.
                continue
            kept = {name: one[place] for name, one in values.items() if one[place] is not None}
            yield Row(key, event, values=kept)

    def close(self) -> None:
        """Nothing is kept."""

    def _asked(self, view: View, keys: Sequence[bytes]) -> Any:
        import pyarrow as pa  # noqa: PLC0415  (heavy)

        sink = pa.BufferOutputStream()
        given = pa.table({"key": pa.array(keys, pa.binary())})
        with pa.ipc.new_stream(sink, given.schema) as writer:
            writer.write_table(given)
        kind = self._repo.online_type
        told = ask_feast(
            self._repo,
            _SCRIPT,
            (view.name,),
            what=f"its online store of the type '{kind}'",
            hint=f"Is it there, is what Feast needs for it installed, and was 'feast apply' run"
            f" in '{self._repo.folder}'?",
            given=sink.getvalue().to_pybytes(),
        )
        try:
            table = pa.ipc.open_stream(told).read_all()
            complete = table.num_rows == len(keys) and {f"value {one}" for one in view.features} <= set(
                table.column_names
            )
        except pa.ArrowException:
            complete = False
        if not complete:
            raise SourceCorruptError(
                f"What Feast read from its online store of the type '{kind}' for the view '{view.name}' is"
                " not whole."
            )
        return table
