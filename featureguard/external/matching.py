"""Which of our datasets another tool means.

A contract's alias for the tool decides, e.g. `aliases: {dbt: model.shop.orders}`, or `{dbt: orders}` for
short. Without one, the tool's short name must be the last part of the dataset's name. Whatever fits more than
one thing on either side is ambiguous and fits none: evidence about the wrong table is worse than none.
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
        self._sharing = Counter(one.name for one in set(named) if not self._is_exact(one))

    def find(self, named: Named, check: str) -> str | Skipped:
        """The dataset that the tool means, or why a check of it gives no result."""
        found = self._datasets.get(named.id) or self._datasets.get(named.name) or []
        if not found:
            alias = f"aliases: {{{self._tool}: {named.id}}}"
            hint = f"'{named.id}': write '{alias}' in the contract of its dataset."
            return Skipped(check, Why.NO_DATASET, hint)
        if len(found) > 1:
            fits, alias = ", ".join(sorted(found)), f"aliases: {{{self._tool}: …}}"
            hint = f"'{named.id}' may be any of {fits}: write '{alias}' in their contracts."
            return Skipped(check, Why.AMBIGUOUS, hint)
        if self._sharing[named.name] > 1 and not self._is_exact(named):
            hint = (
                f"Several things are called '{named.name}': write the full name of the right one, e.g."
                f" 'aliases: {{{self._tool}: {named.id}}}', in the contract of '{found[0]}'."
            )
            return Skipped(check, Why.AMBIGUOUS, hint)
        return found[0]

    def _is_exact(self, named: Named) -> bool:
        """Whether an alias is the full name, and not the short one."""
        return named.id != named.name and named.id in self._datasets
