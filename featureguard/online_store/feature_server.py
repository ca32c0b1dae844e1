"""A Feast feature server over HTTP: named entities, without the credentials of the store behind it.

It tells one time for each entity and feature, as Feast reads it; 1970 for what is not there.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from featureguard.errors import MissingExtraError, SourceCorruptError, SourceUnreadableError
from featureguard.feature_registry import View
from featureguard.feature_registry.protos import message
from featureguard.online_store.keys import decode
from featureguard.online_store.named import NamedOnly
from featureguard.online_store.rows import Row

PATIENCE_SECONDS = 30
"""How long one answer may take, as a whole."""

MOST_BYTES = 64 << 20
"""Largest answer that is read."""

_AT_ONCE = 500
_WHERE = "Its address stands in feature_store.yaml ('online_store: path')."
_READ: Mapping[str, Callable[[Any], Any]] = {
    "FLOAT": float,  # NaN and the infinities come as text.
    "DOUBLE": float,
    "BYTES": lambda told: base64.b64decode(told, validate=True),
}
_PLAIN = frozenset({*_READ, "INT64", "INT32", "UNIX_TIMESTAMP", "BOOL", "STRING"})


class FeatureServer(NamedOnly):
    """A feature server. Connections are kept until it is closed; threads may share it.

    Values of lists and the like are left out.

    Args:
        settings: `online_store` of `feature_store.yaml`; its `path` may hold a password.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        try:
            import requests  # noqa: PLC0415  (comes with Feast)
        except ImportError:
            raise MissingExtraError("requests", "feast") from None
        self._session, self._errors = requests.Session(), requests.RequestException
        path = str(settings.get("path") or "http://localhost:6566")
        if not path.startswith(("http://", "https://")):
            raise SourceUnreadableError(
                "'path' of the online store is no address of a feature server: it begins neither with http://"
                " nor with https://."
            )
        self._address = f"{path.rstrip('/')}/get-online-features"
        self._trusted = str(settings.get("cert") or "") or True

    @property
    def kind(self) -> str:
        """What it is, with its article."""
        return "A feature server"

    def of(self, view: View, keys: Sequence[bytes]) -> Iterator[Row]:
        """The entities with these keys, so far as they are there.

        Raises:
            SourceUnreadableError: If the server cannot be reached, refuses, or takes too long.
            SourceCorruptError: If its answer makes no sense.
        """
        for begin in range(0, len(keys), _AT_ONCE):
            some = keys[begin : begin + _AT_ONCE]
            answer = self._asked(view, [decode(one) for one in some])
            try:
                yield from _rows(view, some, json.loads(answer))
            except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
                raise SourceCorruptError(
                    f"The feature server's answer for the view '{view.name}' is none of Feast's. {_WHERE}"
                ) from None

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _asked(self, view: View, entities: Sequence[Mapping[str, Any]]) -> bytes:
        names = list(entities[0])
        if any(isinstance(one, bytes) for entity in entities for one in entity.values()):
            raise SourceUnreadableError(
                f"The view '{view.name}' has a join key of bytes, which a feature server cannot be asked for."
            )
        body: Any = {
            "features": [f"{view.name}:{one}" for one in view.features],
            "entities": {name: [entity[name] for entity in entities] for name in names},
            "full_feature_names": False,
        }
        end = time.monotonic() + PATIENCE_SECONDS
        try:
            with self._session.post(
                self._address,
                json=body,
                timeout=(5, PATIENCE_SECONDS),
                verify=self._trusted,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code != 200:
                    raise _refused(response.status_code, view)
                found = bytearray()
                for part in response.iter_content(1 << 16):
                    found += part
                    if len(found) > MOST_BYTES or time.monotonic() > end:
                        raise SourceUnreadableError(
                            f"The feature server's answer takes longer than {PATIENCE_SECONDS} s, or is"
                            f" larger than {MOST_BYTES >> 20} MiB. {_WHERE}"
                        )
                return bytes(found)
        except (self._errors, OSError) as error:
            raise SourceUnreadableError(
                f"The feature server cannot be reached: {type(error).__name__}. {_WHERE}"
            ) from None


def _refused(status: int, view: View) -> SourceUnreadableError:
    why = {
        401: "it asks for a login, which cannot be given yet",
        403: "it asks for a login, which cannot be given yet",
        404: f"it does not know the view '{view.name}' with these features, or is no feature server",
        422: f"it does not know the view '{view.name}' with these features",
    }.get(status, "its own log says why")
    return SourceUnreadableError(f"The feature server answers with HTTP {status}: {why}. {_WHERE}")


def _rows(view: View, keys: Sequence[bytes], told: Any) -> Iterator[Row]:
    names, results = told["metadata"]["feature_names"], told["results"]
    columns = dict(zip(names, results, strict=True))
    found = {name: columns[name] for name in view.features}
    times = {name: [_micros(one) for one in column["event_timestamps"]] for name, column in found.items()}
    values = {name: column["values"] for name, column in found.items()}
    if any(len(one) != len(keys) for one in (*times.values(), *values.values())):
        raise ValueError(len(keys))
    for place, key in enumerate(keys):
        known = [one[place] for one in times.values() if one[place]]
        if known:
            plain = {name: one[place] for name, one in values.items() if one[place] is not None}
            yield Row(key, min(known), values=_messages(view, plain))


def _micros(told: str) -> int:
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:
        raise ValueError(told)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def _messages(view: View, plain: Mapping[str, Any]) -> dict[str, bytes]:
    """Values as Feast keeps them; its message refuses one of another type."""
    kind, found = message("Value", "Value", "types"), {}
    for name, value in plain.items():
        feature = view.features[name]
        if feature in _PLAIN:
            read = _READ.get(feature, lambda same: same)(value)
            found[name] = kind(**{f"{feature.lower()}_val": read}).SerializeToString()
    return found
