"""Run a few iterators at once, each in a thread, and merge what they yield."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
_PATIENCE = 0.05  # Seconds until a thread that nobody listens to looks whether it may end.


@dataclass(frozen=True, slots=True)
class _End:
    """A lane has no more items; `error` is why, if something went wrong."""

    error: BaseException | None = None


def merged(lanes: Sequence[Iterator[T]]) -> Iterator[T]:
    """Yield the items of all lanes in turn, so that the order is the same every time.

    A lane is at most two items ahead of the reader. All threads have ended when this iterator has: at its
    end, when it is closed, and when a lane raises, which is raised here.
    """
    if len(lanes) == 1:
        yield from lanes[0]
        return
    closed = threading.Event()
    running = [_Lane(lane, closed) for lane in lanes]
    started = list(running)
    try:
        for lane in started:
            lane.start()
        while running:
            for lane in list(running):
                item = lane.ahead.get()
                if not isinstance(item, _End):
                    yield item
                elif item.error is not None:
                    raise item.error
                else:
                    running.remove(lane)
    finally:
        closed.set()
        for lane in started:
            lane.join()


class _Lane(threading.Thread, Generic[T]):
    """A thread that reads one iterator ahead."""

    def __init__(self, items: Iterator[T], closed: threading.Event) -> None:
        super().__init__(daemon=True)
        self.ahead: queue.Queue[T | _End] = queue.Queue(maxsize=1)
        self._items, self._closed = items, closed

    def run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_End())
        except BaseException as error:  # Whatever it is, it belongs to the reader's thread.
            self._put(_End(error))

    def _put(self, item: T | _End) -> bool:
        while not self._closed.is_set():
            try:
                self.ahead.put(item, timeout=_PATIENCE)
            except queue.Full:
                continue
            return True
        return False
