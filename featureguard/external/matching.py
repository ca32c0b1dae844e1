"""Which of our datasets another tool means.

A contract's alias for the tool decides, e.g. `aliases: {dbt: model.shop.orders}` or the short `{dbt: orders}`.
Without one, the tool's short name must be the last part of the dataset's name. Whatever fits more than one
thing on either side is ambiguous and fits none: evidence about the wrong table would be worse than none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from featureguard.contract import Contract
from featureguard.external.reported import Named, Skipped, Why


class Datasets:
    """The datasets of a catalog as one tool names them.

    Args:
        tool: Key of its aliases, e.g. `dbt`.
        contracts: The catalog's contracts.
        named: Everything that the tool has a name for, also what has no result: a short name that two of
            them share tells nothing.
    """

    def __init__(self, tool: str, contracts: Iterable[Contract], named: Iterable[Named]) -> None:
        self._tool = tool
        self._datasets: Mapping[str, list[str]] = defaultdict(list)
        for contract in contracts:
            alias = contract.aliases.get(tool) or contract.dataset.rpartition(".")[2]
            self._datasets[alias].append(contract.dataset)
        by_id = (one for one in set(named) if one.id not in self._datasets or one.id == one.name)
        self._shared = Counter(one.name for one in by_id)

    def find(self, named: Named, check: str) -> str | Skipped:
        """The dataset that the tool means, or why a check of it gives no result."""
        found = self._datasets.get(named.id) or self._datasets.get(named.name) or []
        if not found:
            alias = f"aliases: {{{self._tool}: {named.id}}}"
            hint = f"'{named.id}': write '{alias}' in the contract of its dataset."
            return Skipped(check, Why.NO_DATASET, hint)
        if len(found) > 1:
            fits = ", ".join(sorted(found))
            hint = f"'{named.id}' may be any of {fits}: write 'aliases: {{{self._tool}: …}}' in their contracts."
            return Skipped(check, Why.AMBIGUOUS, hint)
        if named.id not in self._datasets and self._shared[named.name] > 1:
            hint = (
                f"Several things are called '{named.name}': write the full name of the right one, e.g."
                f" 'aliases: {{{self._tool}: {named.id}}}', in the contract of '{found[0]}'."
            )
            return Skipped(check, Why.AMBIGUOUS, hint)
        return found[0]
