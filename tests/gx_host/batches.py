"""One table as a batch of GX: a pandas frame, or a table in a database."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

_NUMBERS = itertools.count()

Batches = Callable[[Any], Any]
"""Makes a batch of a frame."""


class Frames:
    """Makes batches of pandas."""

    def __init__(self, context: Any) -> None:
        self._source = context.data_sources.add_pandas(f"frames_{next(_NUMBERS)}")

    def __repr__(self) -> str:
        return "Frames()"

    def __call__(self, frame: Any) -> Any:
        asset = self._source.add_dataframe_asset(f"rides_{next(_NUMBERS)}")
        definition = asset.add_batch_definition_whole_dataframe("all")
        return definition.get_batch(batch_parameters={"dataframe": frame})


class Tables:
    """A database that takes frames and gives batches."""

    def __init__(self, context: Any, url: str) -> None:
        from sqlalchemy import create_engine

        self.engine = create_engine(url)
        with warnings.catch_warnings():  # GX would rather have its own type for each database.
            warnings.filterwarnings("ignore", message="You are using a generic SQLDatasource")
            self._source = context.data_sources.add_sql(f"tables_{next(_NUMBERS)}", connection_string=url)

    def __repr__(self) -> str:
        return f"Tables({self.engine.dialect.name})"

    def __call__(self, frame: Any) -> Any:
        return self.asset(frame).add_batch_definition_whole_table("all").get_batch()

    def asset(self, frame: Any) -> Any:
        """A table with the rows of a frame."""
        return self._asset(self._written(frame))

    def table(self, name: str) -> Any:
        """A table that is there already, as a batch."""
        return self._asset(name).add_batch_definition_whole_table("all").get_batch()

    def query(self, frame: Any, query: str) -> Any:
        """A query of `{table}`, which holds the rows of a frame, as a batch."""
        name = self._written(frame)
        asset = self._source.add_query_asset(f"query_{name}", query=query.format(table=name))
        return asset.add_batch_definition_whole_table("all").get_batch()

    def _written(self, frame: Any) -> str:
        name = f"rides_{next(_NUMBERS)}"
        frame.to_sql(name, self.engine, index=False)
        return name

    def _asset(self, name: str) -> Any:
        return self._source.add_table_asset(name, table_name=name)

    def close(self) -> None:
        self.engine.dispose()
        self._source.get_execution_engine().close()
        self._source.get_engine().dispose()
