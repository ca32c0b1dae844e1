"""Feast's own protobuf messages, without the package around them.

`import feast` takes seconds, a hundred megabytes and more, and puts prometheus_client into a mode that
other code of the process does not expect. The messages stand in modules of their own, which need none of
that: while they are imported, an empty module stands for the package.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
import types
from functools import cache
from typing import Any

from featureguard.errors import MissingExtraError

_PROTOS = "feast.protos.feast"
_LOCK = threading.Lock()


@cache
def message(module: str, name: str, part: str = "core") -> Any:
    """A class of messages, e.g. `message("FeatureView", "FeatureView")`.

    Args:
        module: File of Feast's protocol, without its ending.
        name: The message.
        part: Folder of Feast's protocol.

    Raises:
        MissingExtraError: If Feast is not installed.
    """
    return getattr(_module(f"{_PROTOS}.{part}.{module}_pb2"), name)


@cache
def value_type_name(number: int) -> str:
    """Feast's word for a type, e.g. `INT64`."""
    return str(_module(f"{_PROTOS}.types.Value_pb2").ValueType.Enum.Name(number))


def _module(name: str) -> Any:
    with _LOCK:
        if "feast" in sys.modules:
            return importlib.import_module(name)
        spec = importlib.util.find_spec("feast")
        if spec is None or spec.submodule_search_locations is None:
            raise MissingExtraError("feast", "feast")
        stand_in = types.ModuleType("feast")
        stand_in.__path__ = list(spec.submodule_search_locations)
        sys.modules["feast"] = stand_in
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise MissingExtraError(error.name or "protobuf", "feast") from None
        finally:
            for loaded in [one for one in sys.modules if one == "feast" or one.startswith("feast.")]:
                del sys.modules[loaded]
