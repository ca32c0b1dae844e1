"""A disk that loses power: what was not synced survives in part, sector by sector, in any order.

SQLite writes to it through apsw, and the store's own code drives SQLite: `Shim` is as much of Python's
`sqlite3` as SQLAlchemy needs. Sectors are 512 bytes. The connection locks exclusively, since shared memory is
not modelled: one process writes. That folders are synced is not modelled either.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import apsw
from sqlalchemy import Engine, StaticPool, create_engine

SECTOR = 512
_NAMES = count()
Write = tuple[str, int, bytes]


class Disk:
    """Files as they are read, as they were last synced, and what was written since."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.live = {name: bytearray(content) for name, content in (files or {}).items()}
        self.synced = {name: bytearray(content) for name, content in self.live.items()}
        self.pending: dict[str, list[Write]] = {name: [] for name in self.live}
        self.vfs = _Vfs(self)

    def file(self, name: str) -> bytearray:
        """A file as it is read, made where there is none."""
        self.synced.setdefault(name, bytearray())
        self.pending.setdefault(name, [])
        return self.live.setdefault(name, bytearray())

    def remove(self, name: str) -> None:
        """Delete a file."""
        for files in (self.live, self.synced, self.pending):
            files.pop(name, None)

    def sync(self, name: str) -> None:
        """What was written is safe."""
        self.synced[name], self.pending[name] = bytearray(self.live[name]), []

    def after_power_loss(self, chance: random.Random) -> Disk:
        """The disk when power is back."""
        return Disk({name: self._survived(name, chance) for name in self.live})

    def _survived(self, name: str, chance: random.Random) -> bytes:
        left = bytearray(self.synced[name])
        for kind, offset, content in self.pending[name]:
            if kind == "truncate":
                if chance.random() < 0.5:
                    del left[offset:]
                continue
            for start in range(0, len(content), SECTOR):
                if chance.random() < 0.5:
                    _put(left, offset + start, content[start : start + SECTOR])
        return bytes(left)

    def files(self) -> dict[str, bytes]:
        """Every file as it is read."""
        return {name: bytes(content) for name, content in self.live.items()}


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self.disk, self.name = disk, f"losing-power-{next(_NAMES)}"
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: Any) -> Any:
        path = name.filename() if hasattr(name, "filename") else name
        return _File(self.disk, path or f"temporary {next(_NAMES)}")

    def xAccess(self, pathname: str, flags: int) -> bool:
        return pathname in self.disk.live

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.disk.remove(filename)

    def xFullPathname(self, name: str) -> str:
        return name


class _File:
    def __init__(self, disk: Disk, name: str) -> None:
        self._disk, self._name = disk, name
        disk.file(name)

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._disk.file(self._name)[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        _put(self._disk.file(self._name), offset, bytes(data))
        self._disk.pending[self._name].append(("write", offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        del self._disk.file(self._name)[size:]
        self._disk.pending[self._name].append(("truncate", size, b""))

    def xSync(self, flags: int) -> None:
        self._disk.sync(self._name)

    def xFileSize(self) -> int:
        return len(self._disk.file(self._name))

    def xClose(self) -> None: ...
    def xLock(self, level: int) -> None: ...
    def xUnlock(self, level: int) -> None: ...
    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return SECTOR

    def xDeviceCharacteristics(self) -> int:
        return 0


def _put(file: bytearray, offset: int, content: bytes) -> None:
    if len(file) < offset:
        file.extend(b"\0" * (offset - len(file)))
    file[offset : offset + len(content)] = content


def engine_on(disk: Disk, path: str) -> Engine:
    """An engine whose one connection stands on the disk."""
    return create_engine("sqlite://", creator=lambda: Shim(disk, path), poolclass=StaticPool)


class Shim:
    """As much of `sqlite3.Connection` as SQLAlchemy and the store use."""

    isolation_level: str | None = ""

    def __init__(self, disk: Disk, path: str) -> None:
        self._real = apsw.Connection(path, vfs=disk.vfs.name)
        self._real.execute("PRAGMA locking_mode = EXCLUSIVE")

    def execute(self, sql: str, values: Sequence[Any] = ()) -> _Cursor:
        return self.cursor().execute(sql, values)

    def cursor(self) -> _Cursor:
        return _Cursor(self._real)

    def create_function(self, *_: Any, **__: Any) -> None: ...

    def commit(self) -> None:
        if self._real.in_transaction:
            self._real.execute("COMMIT")

    def rollback(self) -> None:
        if self._real.in_transaction:
            self._real.execute("ROLLBACK")

    def close(self) -> None:
        self._real.close()


class _Cursor:
    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection, self.description = connection, None
        self.rowcount, self.lastrowid = -1, None
        self._rows: Iterator[Any] = iter(())

    def execute(self, sql: str, values: Sequence[Any] = ()) -> _Cursor:
        return self.executemany(sql, [values])

    def executemany(self, sql: str, many: Iterable[Sequence[Any]]) -> _Cursor:
        cursor, self.description, rows = self._connection.cursor(), None, []

        def told(cursor: apsw.Cursor, _sql: str, _values: Any) -> bool:
            columns = cursor.get_description()
            self.description = tuple((name, *[None] * 6) for name, _ in columns) or None  # type: ignore[assignment]
            return True

        cursor.exec_trace = told
        before = self._connection.total_changes()
        for values in many:
            rows = list(cursor.execute(sql, tuple(values)))
        self.rowcount, self._rows = self._connection.total_changes() - before, iter(rows)
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        return [row for _, row in zip(range(size), self._rows, strict=False)]

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def close(self) -> None: ...
