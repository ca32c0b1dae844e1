"""Online stores in Redis: one hash for each entity, over all views with the same join keys."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from featureguard.errors import MissingExtraError, SourceCorruptError, SourceUnreadableError
from featureguard.feature_registry import View
from featureguard.online_store.keys import ENTITYLESS, prefix
from featureguard.online_store.rows import Row

_AT_ONCE = 2_000
_HGET_ALL = "local t = {} for n, k in ipairs(KEYS) do t[n] = redis.call('HGET', k, ARGV[1]) end return t"


class RedisStore:
    """A store in one Redis server. Connections are kept until it is closed; threads may share it.

    Args:
        settings: `online_store` of `feature_store.yaml`; may hold a password.
        project: Feast's project.
        versioned: Whether fields have the version of their view in their name.
    """

    lists = True

    def __init__(self, settings: Mapping[str, Any], project: str, *, versioned: bool) -> None:
        kind = settings.get("redis_type", "redis")
        if kind != "redis":
            raise SourceUnreadableError(f"Online stores of the type '{kind}' cannot be read yet.")
        try:
            import redis  # noqa: PLC0415
            from redis.backoff import NoBackoff  # noqa: PLC0415
            from redis.retry import Retry  # noqa: PLC0415
        except ImportError:
            raise MissingExtraError("redis", "feast") from None
        self._project, self._versioned = project.encode(), versioned
        self._errors, self._refused = (redis.RedisError, OSError), redis.ResponseError
        self._asks_at_once = True
        options = _options(str(settings.get("connection_string", "localhost:6379")))
        self._client = redis.Redis(retry=Retry(NoBackoff(), 0), **options)  # Whoever looks asks again.

    def rows(self, view: View) -> Iterator[Row]:
        """Every entity of a view.

        Raises:
            SourceUnreadableError: If the server cannot be reached.
        """
        keys = self._keys(view)
        while some := list(islice(keys, _AT_ONCE)):
            yield from self._of(view, some)

    def sample(self, view: View, count: int, seed: int) -> Iterator[Row]:
        """Some entities, each as likely as any other; the whole view if it has no more.

        Every key is seen, for Redis gives none at random that belong together; only the picked are read.

        Raises:
            SourceUnreadableError: If the server cannot be reached.
        """
        dice, picked = Random(seed), []
        for number, key in enumerate(self._keys(view)):  # a reservoir
            if number < count:
                picked.append(key)
            elif (place := dice.randrange(number + 1)) < count:
                picked[place] = key
        yield from self._of(view, picked)

    def of(self, view: View, keys: Sequence[bytes]) -> Iterator[Row]:
        """The entities with these keys, so far as they are there.

        Raises:
            SourceUnreadableError: If the server cannot be reached.
        """
        for begin in range(0, len(keys), _AT_ONCE):
            yield from self._of(view, [key + self._project for key in keys[begin : begin + _AT_ONCE]])

    def ages(self, view: View, keys: Sequence[bytes] | None) -> Iterator[Row]:
        """The entities with these keys, or all, without values; one without a time is left out.

        Raises:
            SourceUnreadableError: If the server cannot be reached.
        """
        field = f"_ts:{self._name(view)}"
        chosen = self._keys(view) if keys is None else (key + self._project for key in keys)
        while some := list(islice(chosen, _AT_ONCE)):
            for key, moment in zip(some, self._field(some, field), strict=True):
                if moment is not None:
                    yield Row(key.removesuffix(self._project), _micros(moment))

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _keys(self, view: View) -> Iterator[bytes]:
        begin = prefix(list(view.join_keys) or [ENTITYLESS])
        pattern = b"".join(b"\\" + bytes([one]) if one in b"*?[]\\^-" else bytes([one]) for one in begin)
        seen: set[bytes] = set()  # SCAN may give a key twice.
        try:
            for key in self._client.scan_iter(match=pattern + b"*", count=_AT_ONCE):
                if key.endswith(self._project) and key not in seen:
                    seen.add(key)
                    yield key
        except self._errors as error:
            raise _away(error) from None

    def _of(self, view: View, keys: Sequence[bytes]) -> Iterator[Row]:
        name = self._name(view)
        fields = [f"_ts:{name}", *(_field(name, one) for one in view.features)]
        for key, (moment, *values) in zip(keys, self._told(keys, fields), strict=True):
            if moment is None and not any(values):
                continue  # An entity of another view with the same join keys.
            yield Row(
                key.removesuffix(self._project),
                _micros(moment),
                values={
                    name: one for name, one in zip(view.features, values, strict=True) if one is not None
                },
            )

    def _field(self, keys: Sequence[bytes], field: str) -> list[bytes | None]:
        """One field of many hashes, in one question where the server lets us: a third of the work."""
        if self._asks_at_once:
            try:
                found: list[bytes | None] = self._client.eval_ro(_HGET_ALL, len(keys), *keys, field)  # type: ignore[assignment]
            except self._refused:  # Redis before 7, or a user who may run no scripts.
                self._asks_at_once = False
            except self._errors as error:
                raise _away(error) from None
            else:
                return found
        return [one for (one,) in self._told(keys, [field])]

    def _told(self, keys: Sequence[bytes], fields: list[Any]) -> list[Any]:
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.execute_command("HMGET", key, *fields)  # type: ignore[no-untyped-call]
                return pipe.execute()
        except self._errors as error:
            raise _away(error) from None

    def _name(self, view: View) -> str:
        return f"{view.name}_v{view.version}" if self._versioned and view.version else view.name


def _field(view: str, feature: str) -> bytes:
    import mmh3  # noqa: PLC0415  (comes with Feast)

    return struct.pack("<I", mmh3.hash(f"{view}:{feature}", signed=False))


@cache
def _timestamp() -> Any:
    from google.protobuf.timestamp_pb2 import Timestamp  # noqa: PLC0415  (comes with Feast)

    return Timestamp


def _micros(moment: bytes | None) -> int | None:
    if moment is None:
        return None
    try:
        told = _timestamp().FromString(moment)
    except Exception:
        raise SourceCorruptError("The online store holds a time that cannot be read.") from None
    micros: int = told.seconds * 1_000_000 + told.nanos // 1_000
    return micros


def _options(address: str) -> dict[str, Any]:
    """`host:port,db=0,ssl=true,password=…`, as Feast writes it."""
    parts = [one.strip() for one in address.split(",") if one.strip()]
    nodes = [one for one in parts if "=" not in one]
    if len(nodes) != 1:
        raise SourceUnreadableError("'connection_string' of the online store names no single 'host:port'.")
    host, _, port = nodes[0].rpartition(":")
    if not host or not port.isdecimal():
        raise SourceUnreadableError("'connection_string' of the online store names no 'host:port'.")
    found: dict[str, Any] = {
        "host": host,
        "port": int(port),
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
    }
    for name, _, value in (one.partition("=") for one in parts if "=" in one):
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _away(error: Exception) -> SourceUnreadableError:
    return SourceUnreadableError(
        f"The online store cannot be reached: {type(error).__name__}. Its address stands in"
        " feature_store.yaml ('online_store: connection_string')."
    )
