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
        name = f"rides_{next(_NUMBERS)}"
        frame.to_sql(name, self.engine, index=False)
        return self.table(name)

    def table(self, name: str) -> Any:
        asset = self._source.add_table_asset(name, table_name=name)
        return asset.add_batch_definition_whole_table("all").get_batch()

    def close(self) -> None:
        self.engine.dispose()
        self._source.get_execution_engine().close()
        self._source.get_engine().dispose()
