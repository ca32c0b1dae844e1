"""What dbt's `manifest.json` tells about tests: which models, seeds, snapshots and sources they judge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from featureguard.external.reported import Named
from featureguard.external.strict_json import mapping, name

VERSIONS = frozenset(range(4, 13))
"""Schema versions of `manifest.json` that are read: dbt 1.0 to 1.11."""

DATA = ("model", "seed", "snapshot", "source")
"""Kinds of nodes that hold data."""
_TESTED = re.compile(r"\b(?:ref|source)\(([^()]*)\)")  # in '{{ get_where_subquery(ref('orders')) }}'
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


class Manifest:
    """The nodes of a manifest.

    Args:
        document: Content of `manifest.json`.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        nodes = mapping(document.get("nodes"))
        self.tests: Mapping[str, Any] = {key: node for key, node in nodes.items() if key.startswith("test.")}
        self._named = {one.id: one for one in _data_nodes({**nodes, **mapping(document.get("sources"))})}

    @property
    def named(self) -> tuple[Named, ...]:
        """Everything that holds data."""
        return tuple(self._named.values())

    def judged_by(self, test: str) -> tuple[Named, ...]:
        """What a test judges; empty if the manifest does not tell.

        A generic test belongs to one node, a singular one to all that it selects from.
        """
        node = mapping(self.tests.get(test))
        if attached := self._named.get(str(node.get("attached_node"))):
            return (attached,)
        parents = mapping(node.get("depends_on")).get("nodes")
        ids = map(str, parents) if isinstance(parents, list) else ()
        found = [self._named[one] for one in ids if one in self._named]
        if len(found) > 1 and (tested := _tested(node)):
            found = [one for one in found if one.name == tested]
            return tuple(found) if len(found) == 1 else ()
        return tuple(dict.fromkeys(found))


def named(unique_id: str, node: Mapping[str, Any]) -> Named:
    """What dbt calls a node: `source.shop.raw.orders` is `orders` for short."""
    parts = unique_id.split(".")
    # After the name of a model stands its version.
    last = parts[-1] if parts[0] == "source" else ".".join(parts[2:3])
    return Named(unique_id, name(node.get("name")) or last or unique_id)


def _data_nodes(nodes: Mapping[str, Any]) -> Iterator[Named]:
    for unique_id, node in nodes.items():
        if name(unique_id) and unique_id.partition(".")[0] in DATA:
            yield named(unique_id, mapping(node))


def _tested(node: Mapping[str, Any]) -> str | None:
    """Short name of the node that a generic test without `attached_node` was written at, e.g. of a source."""
    model = mapping(mapping(node.get("test_metadata")).get("kwargs")).get("model")
    if not (found := _TESTED.search(model[:2_000]) if isinstance(model, str) else None):
        return None
    arguments = [one or other for one, other in _QUOTED.findall(found[1])]
    return arguments[-1] if arguments else None
