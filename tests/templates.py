"""Evidence stores with all their tables, to be copied: nobody has opened them yet."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, make_url

from featureguard.store import migrate


def with_tables(url: str) -> str:
    """Make the tables of a store that is in SQLite and not made yet; gives the same URL."""
    address = make_url(url)
    file = Path(address.database or "")
    if address.get_backend_name() == "sqlite" and not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(_template(), file)
        file.chmod(0o600)
    return url


def make_tables(url: str) -> None:
    """Make the tables, as a store's first opening does."""
    engine = create_engine(url)
    with engine.begin() as connection:
        migrate.migrate(connection, "template")
    engine.dispose()


@cache
def _template() -> Path:
    file = Path(tempfile.mkdtemp(prefix="featureguard-template-"), "store.db")
    make_tables(f"sqlite:///{file}")
    return file
