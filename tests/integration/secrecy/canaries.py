"""Secrets that can be recognised wherever they turn up."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import create_engine, inspect

MARK = "c4n4ry"
"""Stands in every canary, and nowhere else."""


def canary(where: str) -> str:
    """A secret of its own for every place."""
    return f"{MARK}-{where}-7f3a9d"


def seen_in(texts: Mapping[str, str]) -> list[str]:
    """Every text that a canary got into, with what stands around it."""
    found = []
    for name, text in texts.items():
        at = text.find(MARK)
        if at >= 0:
            found.append(f"{name}: …{text[max(0, at - 60) : at + 60]}…")
    return found


def rows_of(url: str) -> dict[str, str]:
    """Every row of every table as text, by table."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        assert names
        found = {
            name: repr(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()) for name in sorted(names)
        }
    engine.dispose()
    return found


def said(command: Iterable[str], home: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and all output of a command."""
    done = subprocess.run(
        list(command), cwd=home, env=dict(environ), capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr
