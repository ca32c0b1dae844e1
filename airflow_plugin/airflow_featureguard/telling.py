"""Asset events on their way to featureguard: a queue and a thread, so that nobody waits for either side."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_featureguard.assets import datasets_of

if TYPE_CHECKING:
    from featureguard.desk import Desk
    from featureguard.sightings import Known, Sighting

log = logging.getLogger(__name__)

NEWEST = "newest"
"""The key in an event's extra that says how new the data is."""

OURS = "featureguard"
"""The key in an event's extra that says that it only repeats what featureguard knows."""

MOST_WAITING = 1_000
"""How many events wait at most; the oldest give way."""

_PATIENCE, _PAUSE, _KEPT, _FAREWELL = 2.0, 30.0, 300.0, 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Happened:
    """An asset event.

    Attributes:
        name: Name of the asset.
        uri: Its URI.
        extra: What the event says.
        at: When it was announced, UTC: Airflow tells listeners no other time.
    """

    name: str
    uri: str
    extra: Mapping[str, Any]
    at: datetime


def sighting_of(event: Happened, known: Sequence[Known]) -> Sighting | None:
    """What an event says about a dataset; `None` if it says nothing.

    Raises:
        ValueError: If it says something that cannot be understood.
    """
    from featureguard.sightings import Sighting

    found = datasets_of(event.name, event.uri, known)
    if len(found) > 1:
        names = "' and '".join(one.dataset for one in found)
        raise ValueError(f"the contracts of '{names}' both claim it: mend their 'aliases'.")
    if not found or (clock := found[0].clock) is None:
        return None
    if NEWEST in event.extra:
        return Sighting(found[0].dataset, clock, event.at, _instant(event.extra[NEWEST]))
    if clock == "file_mtime" and OURS not in event.extra:
        return Sighting(found[0].dataset, clock, event.at, event.at)
    return None


class Teller:
    """Tells events one by one. While nobody can be told they wait.

    Args:
        conn_id: The connection that says where.
        pause_seconds: How long nobody is asked after an attempt that failed.
    """

    def __init__(self, conn_id: str, *, pause_seconds: float = _PAUSE) -> None:
        self._conn_id, self._pause = conn_id, pause_seconds
        self._known: tuple[float, list[Known]] = (float("-inf"), [])
        self._away = False
        self._begin()
        atexit.register(self._part)
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Nothing waits; also in a process that was forked, whose parent tells what waited there."""
        self._waiting: deque[Happened] = deque(maxlen=MOST_WAITING)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def put(self, event: Happened) -> None:
        """Have an event told soon; returns at once."""
        with self._changed:
            self._waiting.append(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="featureguard-listener", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until everything is told; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._waiting or self._busy), seconds)

    def forget(self) -> None:
        """Drop what waits."""
        with self._changed:
            self._waiting.clear()

    def _part(self) -> None:
        if self._thread is not None and not self.settle(_FAREWELL):
            log.warning("featureguard: %d asset events were not told.", len(self._waiting) + self._busy)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                self._busy = True
            told = self._tell_all()
            with self._changed:
                self._busy = False
                self._changed.notify_all()
            if not told:
                time.sleep(self._pause)

    def _tell_all(self) -> bool:
        """Tell what waits; whether somebody could be told."""
        event: Happened | None = None
        try:
            with self._desk() as desk:
                while event := self._take():
                    self._tell(desk, event)
        except Exception as error:
            # Nothing is lost, unless too much waits. It waits behind the others, which may fare better: facts
            # may come in any order.
            level = logging.DEBUG if self._away else logging.WARNING
            log.log(level, "featureguard: asset events wait, for nobody can be told: %s", error)
            self._away = True
            with self._changed:
                if event is not None and len(self._waiting) < MOST_WAITING:
                    self._waiting.append(event)
            return False
        self._away = False
        return True

    def _take(self) -> Happened | None:
        with self._changed:
            return self._waiting.popleft() if self._waiting else None

    def _tell(self, desk: Desk, event: Happened) -> None:
        """Tell one event; one that makes no sense is logged, and forgotten.

        Raises:
            FeatureGuardError: If nobody can be told, or the token is refused: it waits for another.
        """
        from featureguard.client.asking import RefusedError
        from featureguard.errors import UsageError, WrongClockError

        known = self._names(desk)
        try:
            if (sighting := sighting_of(event, known)) is not None:
                desk.observe([sighting])
        except RefusedError:
            raise
        except (UsageError, WrongClockError, ValueError) as error:
            log.warning("featureguard: nothing is told of the asset '%s': %s", event.name, error)

    def _names(self, desk: Desk) -> list[Known]:
        if time.monotonic() - self._known[0] > _KEPT:
            self._known = time.monotonic(), desk.known()
        return self._known[1]

    def _desk(self) -> Desk:
        from airflow_featureguard.hooks import settings_of
        from featureguard.desk import open_desk

        settings = settings_of(_connection(self._conn_id))
        if "api_url" in settings:
            settings["timeout_seconds"] = min(_PATIENCE, settings.get("timeout_seconds", _PATIENCE))
        return open_desk(**settings, by="airflow assets")


def _connection(conn_id: str) -> Any:
    """The connection; elsewhere than in Airflow's servers only from the environment.

    `dag.test()` shares one channel to Airflow's database with the task that it runs, which a second thread
    must not use.
    """
    from airflow.sdk import BaseHook

    from airflow_featureguard.hooks import missing

    if os.environ.get("_AIRFLOW_PROCESS_CONTEXT") == "server":
        return BaseHook.get_connection(conn_id)
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend

    found = EnvironmentVariablesBackend().get_connection(conn_id)
    if found is None:
        raise missing(conn_id)
    return found


def _instant(told: Any) -> datetime:
    from featureguard.instant import parse_instant

    if (instant := parse_instant(told)) is None:
        raise ValueError(f"'{NEWEST}' is {told!r}. Write an instant with its zone: 2013-02-09T11:00:00Z.")
    return instant
