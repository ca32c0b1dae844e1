"""`featureguard serve`: the API on a project's store, in one process or, with PostgreSQL, in several."""

from __future__ import annotations

import gc
import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featureguard.catalog import load_catalog
from featureguard.checks import words
from featureguard.cli.opening import parse_now
from featureguard.duration import parse_duration
from featureguard.errors import MissingExtraError, UsageError
from featureguard.project import Project, load_project
from featureguard.store import Store, open_store

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from featureguard.api.service import Service

_WISHES = "FEATUREGUARD_SERVE"
"""Where the processes of one service find what they are to do."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What `serve` was asked for; see its options."""

    host: str
    port: int
    workers: int
    refresh: str
    read_through: bool
    rate: float
    now: str | None
    project: Path | None
    environment: str | None


def run_server(wishes: Wishes) -> int:
    """Serve until somebody stops it."""
    try:
        import uvicorn

        from featureguard.api.security.gatekeeper import refuse_open_bind
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "api") from error
    project = load_project(wishes.project, os.environ, wishes.environment)
    catalog = load_catalog(project.catalog_places, project.vars, connections=project.connections)
    interval = _interval(wishes.refresh)
    with open_store(project.store_url(os.environ), simulated=project.simulated) as store:
        if wishes.workers > 1 and store.name.startswith("sqlite"):
            raise UsageError("Several workers need PostgreSQL as the store; SQLite has one writer. Use 1.")
        has_tokens = any(token.state(datetime.now(UTC)) == "active" for token in store.tokens.all())
        refuse_open_bind(wishes.host, has_tokens=has_tokens)
        instant = _instant(wishes, project, store, list(catalog.contracts))
    listening = _listen(wishes.host, wishes.port)
    _say(
        listening,
        catalog_size=(len(catalog.contracts), len(catalog.subjects)),
        at=instant,
        open_=not has_tokens,
    )
    told = {
        "root": str(project.file or project.root),
        "environment": wishes.environment,
        "interval": interval.total_seconds(),
        "read_through": wishes.read_through,
        "rate": wishes.rate,
        "now": instant.isoformat() if instant else None,
        "host": wishes.host,
    }
    os.environ[_WISHES] = json.dumps(told)
    _log_as_json()
    config = uvicorn.Config(
        "featureguard.cli.serving:application",
        factory=True,
        workers=wishes.workers,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
        limit_concurrency=2_000,
        h11_max_incomplete_event_size=32_768,
    )
    if wishes.workers > 1:
        from uvicorn.supervisors import Multiprocess

        Multiprocess(config, [listening]).run()
        return 0
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    return 0 if server.started else 4


def application() -> ASGIApp:
    """The application of one process."""
    from featureguard.api.app import create_app
    from featureguard.api.security.gatekeeper import is_loopback
    from featureguard.api.security.rate import Rate

    _log_as_json()
    # Threads behind the answers sum up and write: an answer waits for them for a millisecond, not for five.
    sys.setswitchinterval(0.001)
    told = json.loads(os.environ[_WISHES])
    rate = Rate(told["rate"], 2 * told["rate"]) if told["rate"] else None
    open_to = frozenset({told["host"]}) if is_loopback(told["host"]) else None
    service = service_of(told)
    service.keeper.on_first_picture = _be_ready
    return create_app(service, open_to=open_to, rate=rate)


def _be_ready() -> None:
    """Do what the first request would wait for.

    What lives long is taken out of garbage collection, which would stop every request to look through it.
    """
    from featureguard.api.page.rendering import environment

    for template in environment().list_templates(["html"]):
        environment().get_template(template)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # Requests leave few cycles behind, and make thousands of objects.


def service_of(told: dict[str, Any]) -> Service:
    """The service that a process was told to run."""
    from featureguard.api.service import Service, stamp_of

    project = load_project(Path(told["root"]), os.environ, told["environment"])
    store = open_store(project.store_url(os.environ), simulated=project.simulated)
    return Service.on(
        store,
        lambda: load_catalog(project.catalog_places, project.vars, connections=project.connections),
        clock=_clock(told["now"]),
        stamp=stamp_of(project.catalog_places),
        mode=project.enforcement,
        interval=timedelta(seconds=told["interval"]),
        read_through=told["read_through"],
    )


def _clock(now: str | None) -> Callable[[], datetime]:
    if now is None:
        return lambda: datetime.now(UTC)
    standing_still = datetime.fromisoformat(now)
    return lambda: standing_still


def _instant(wishes: Wishes, project: Project, store: Store, datasets: list[str]) -> datetime | None:
    """The instant of a simulated store; `None` for a real one."""
    if not project.simulated:
        if wishes.now:
            raise UsageError("A service answers for now: --now is for simulated stores only.")
        return None
    if wishes.now:
        return parse_now(wishes.now)
    looks = [look.observation.observed_at for name in datasets if (look := store.last_look(name))]
    return max(looks, default=datetime.now(UTC))


def _interval(text: str) -> timedelta:
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--refresh {text!r}: {error}") from None
    if not timedelta(seconds=0.1) <= found <= timedelta(minutes=5):
        raise UsageError(f"--refresh {text!r} is not between 100ms and 5min. Write e.g. 1s.")
    return found


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens, so that a port that is taken is told before anything else."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host.strip("[]"), port))
        listening.listen(2_048)  # Whoever comes before the first answer waits.
    except OSError as error:
        listening.close()
        raise UsageError(
            f"{host}:{port} cannot be listened to: {error.strerror}. Choose another --port."
        ) from None
    listening.set_inheritable(True)
    return listening


def _say(
    listening: socket.socket, *, catalog_size: tuple[int, int], at: datetime | None, open_: bool
) -> None:
    host, port = listening.getsockname()[:2]
    where = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    datasets, subjects = catalog_size
    print(
        f"Serving {words.count(datasets, 'dataset')} and {words.count(subjects, 'subject')} at {where}",
        file=sys.stderr,
    )
    if at:
        print(f"The store's times are made up: it is {words.instant(at)}, and stays so.", file=sys.stderr)
    if open_:
        print("No token exists, so whoever is on this machine may ask everything.", file=sys.stderr)


class _JsonLines(logging.Formatter):
    """One line of ASCII JSON for each event; what was formatted as JSON already is kept as it is."""

    def format(self, record: logging.LogRecord) -> str:
        at, level = datetime.fromtimestamp(record.created, UTC).isoformat(), record.levelname.lower()
        if record.name == "featureguard.access":
            return f'{{"at": "{at}", "level": "{level}", "logger": "{record.name}", {record.getMessage()[1:]}'
        told: dict[str, Any] = {"at": at, "level": level, "logger": record.name}
        told["message"] = record.getMessage()[:8_000]
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)[-6_000:]
        return json.dumps(told)


def _log_as_json() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # What no line tells need not be looked up for each of them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
