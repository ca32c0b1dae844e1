"""Open the file system of a URI with the options of a named connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow.fs as pafs

from featureguard.errors import SourceUnreadableError

_FILESYSTEMS: Final[Mapping[str, str]] = {
    "s3": "S3FileSystem",
    "gs": "GcsFileSystem",
    "gcs": "GcsFileSystem",
    "abfs": "AzureFileSystem",
    "abfss": "AzureFileSystem",
    "hdfs": "HadoopFileSystem",
}


def connect(path: str, name: str | None, connections: Mapping[str, Mapping[str, Any]]) -> Any | None:
    """The Arrow file system for a path, or `None` if the path itself says enough.

    Args:
        path: A local path or a URI.
        name: Name of the connection, or `None`.
        connections: Options by name, as the constructor of the `pyarrow.fs` class takes them.

    Raises:
        SourceUnreadableError: If the connection is unknown or its options do not fit.
    """
    if name is None:
        return None
    if name not in connections:
        known = ", ".join(sorted(connections)) or "none"
        raise SourceUnreadableError(
            f"Connection {name!r} of '{path}' is unknown. Known connections: {known}."
        )
    scheme = path.partition("://")[0]
    if scheme not in _FILESYSTEMS:
        raise SourceUnreadableError(
            f"'{path}' takes no connection. Connections are for URIs of {', '.join(_FILESYSTEMS)}."
        )
    try:
        return getattr(pafs, _FILESYSTEMS[scheme])(**connections[name])
    except (AttributeError, ImportError, OSError, TypeError, ValueError) as error:
        raise SourceUnreadableError(
            f"Connection {name!r} of '{path}' cannot be opened: {error}. Its options are the arguments of "
            f"pyarrow.fs.{_FILESYSTEMS[scheme]}."
        ) from error
