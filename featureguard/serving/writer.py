"""One writer: what many callers want to have written goes into one transaction, and all are told after it."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from featureguard.errors import BusyError

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST_AT_ONCE = 500
"""How many items go into one transaction."""

MOST_WAITING = 10_000
"""How many may wait before the writer refuses more."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    kind: str
    item: Any
    answer: asyncio.Future[Any]


class Kind(Generic[Item, Answer]):
    """One kind of thing to write; `Writer.kind` makes it."""

    def __init__(self, name: str, put: Callable[[_Waiting], None]) -> None:
        self._name, self._put = name, put

    async def written(self, item: Item, patience_seconds: float) -> Answer:
        """Hand an item in, and wait until it is on the disk.

        Raises:
            TimeoutError: If that takes too long; it may be written nevertheless.
            BusyError: If too many wait already.
        """
        waiting = _Waiting(self._name, item, asyncio.get_running_loop().create_future())
        self._put(waiting)
        async with asyncio.timeout(patience_seconds):
            answer: Answer = await waiting.answer
        return answer


class Writer:
    """A thread that writes for everybody: a disk confirms a hundred rows as fast as one.

    Items of one kind keep their order.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._kinds: dict[str, Callable[[Sequence[Any]], Sequence[Any]]] = {}
        self._thread = threading.Thread(target=self._run, name="featureguard-writer", daemon=True)
        self._closed = False

    def kind(
        self, name: str, write: Callable[[Sequence[Item]], Sequence[Answer | Exception]]
    ) -> Kind[Item, Answer]:
        """Say how items of a kind are written.

        Args:
            name: Name of the kind.
            write: Writes items in one transaction; gives one answer, or an error, for each. What it raises
                goes to all of them.
        """
        self._kinds[name] = write
        return Kind(name, self._put)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and stop."""
        self._closed = True
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _put(self, waiting: _Waiting) -> None:
        if self._closed or self._queue.qsize() > MOST_WAITING:
            raise BusyError("Too much waits to be written, or the service stops. Ask again soon.")
        self._queue.put(waiting)

    def _run(self) -> None:
        open_ = True
        while open_:
            found = [self._queue.get()]
            while len(found) < MOST_AT_ONCE and not self._queue.empty():
                found.append(self._queue.get())
            open_ = None not in found
            together: dict[str, list[_Waiting]] = {}
            for one in found:
                if one is not None:
                    together.setdefault(one.kind, []).append(one)
            for kind, waiting in together.items():
                self._write(kind, waiting)

    def _write(self, kind: str, waiting: Sequence[_Waiting]) -> None:
        try:
            answers = self._kinds[kind]([one.item for one in waiting])
        except Exception as error:
            answers = [error] * len(waiting)
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
        for one, answer in zip(waiting, answers, strict=True):
            by_loop.setdefault(one.answer.get_loop(), []).append((one.answer, answer))
        for loop, told in by_loop.items():
            with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
                loop.call_soon_threadsafe(
                    _tell, told
                )  # Once for all: waking a loop costs as much as an answer.


def _tell(told: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in told:
        if future.done():  # Whoever asked has gone.
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
