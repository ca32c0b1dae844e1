"""A folder of contracts, subjects and policies, read and cross-checked as a whole.

Every problem of every file is told at once, with file, line, field and a suggestion. Reading needs neither
data nor secrets.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from featureguard.contract import Contract, External, Subject
from featureguard.errors import ContractError, Problem
from featureguard.lineage import Kind, Lineage
from featureguard.places import files_in, read_bytes
from featureguard.policy import Policy
from featureguard.problems import limited, read_model, suggestion
from featureguard.slo.refusals import impossible
from featureguard.strict_yaml import Document, dotted, load
from featureguard.strict_yaml import Path as FieldPath

_CROSS_CHECKED = ("dataset", "subject", "source", "upstream", "requires", "policy", "slo")
_PLACES = (
    ("source", "path"),
    ("source", "repo"),
    ("source", "connection"),
    ("freshness", "population", "expected"),
)
"""Where `${variables}` may stand."""
_DEFAULT = "default"
_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything people promised and require.

    Attributes:
        contracts: By dataset, in alphabetical order.
        subjects: By name, in alphabetical order.
        lineage: Who is made from whom.
        origins: (file, line) of each dataset and subject that was read from a file.
        policies: By name; the one called `default` is there also if nobody wrote it.
    """

    contracts: Mapping[str, Contract] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    lineage: Lineage = field(default_factory=Lineage)
    origins: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=lambda: {_DEFAULT: Policy()})

    @classmethod
    def from_contracts(
        cls,
        contracts: Iterable[Contract],
        subjects: Iterable[Subject] = (),
        policies: Iterable[Policy] = (),
    ) -> Catalog:
        """A catalog of values built in Python.

        Raises:
            ContractError: With every contradiction between them.
        """
        return _catalog([*map(_Entry, contracts), *map(_Entry, subjects), *map(_Entry, policies)])

    def policy_of(self, subject: str) -> Policy:
        """The policy that decides about a subject."""
        return self.policies[self.subjects[subject].policy or _DEFAULT]


def load_catalog(
    places: Sequence[Path | str],
    variables: Mapping[str, str] | None = None,
    *,
    connections: Collection[str] | None = None,
) -> Catalog:
    """Read all contracts and subjects of some places.

    Args:
        places: Files, folders (all `*.yaml` and `*.yml` below them, hidden ones left out) and installed
            packages, written `package:some_package/contracts`.
        variables: Values of `${name}` in `source.path`, `source.repo` and `source.connection`.
        connections: Known names of connections; left out, they are not checked.

    Raises:
        ContractError: With every problem of every file.
    """
    files, problems = files_in(places)
    entries: list[_Entry] = []
    halves: list[Document] = []  # could not be read as a whole, but their names are taken
    complete = not problems
    for file, label in files:
        content = read_bytes(file, label)
        documents, found = ([], [content]) if isinstance(content, Problem) else load(content, label)
        complete = complete and not found
        told = list(_named(found, documents))
        problems += told
        if not documents and not found:
            problems.append(Problem("the file is empty. Write a contract or delete the file.", label, 1))
        for document in documents:
            model, found = _read(document, variables or {})
            problems += _not_yet_told(found, told)
            if model is None:
                halves.append(document)
            else:
                entries.append(_Entry(model, document.outline(*_CROSS_CHECKED)))
    problems += _connection_problems(entries, connections)
    others = {name for document in halves for name in _names(document)}
    return _catalog(entries, problems, others if complete else None)


def load_contract(path: Path, variables: Mapping[str, str] | None = None) -> Contract:
    """Read the one contract of a file; its upstreams need not be declared.

    Args:
        path: A YAML file; subjects beside the contract are left out.
        variables: Values of `${name}`; left out, they stay as they are.

    Raises:
        ContractError: With every problem, also if the file holds no contract or several.
    """
    content = read_bytes(path, label := str(path))
    documents, problems = ([], [content]) if isinstance(content, Problem) else load(content, label)
    contracts = []
    for document in documents:
        model, found = _read(document, variables)
        problems += found
        if isinstance(model, Contract):
            contracts.append(model)
            problems += _objective_problems(_Entry(model, document))
    if not problems and len(contracts) != 1:
        problems.append(Problem(f"one contract is expected here, not {len(contracts)}.", label))
    if problems:
        raise ContractError(problems)
    return contracts[0]


def _named(problems: Iterable[Problem], documents: Iterable[Document]) -> Iterator[Problem]:
    """Problems of the YAML itself, each with the name of the document that it is in."""
    starts = [(document.line(), name) for document in documents for name in _names(document)[:1]]
    for problem in problems:
        name = next((name for line, name in reversed(starts) if line <= (problem.line or 0)), "")
        yield dataclasses.replace(problem, name=name)


def _not_yet_told(problems: Iterable[Problem], told: Iterable[Problem]) -> Iterator[Problem]:
    """Problems that do not follow from a value that was refused before."""
    refused = [(problem.name, problem.field) for problem in told]
    for problem in problems:
        follows = (name == problem.name and field.startswith(problem.field) for name, field in refused)
        if not problem.field or not any(follows):
            yield problem


@dataclass(frozen=True, slots=True)
class _Entry:
    """A contract, subject or policy, and where it was read."""

    model: Contract | Subject | Policy
    document: Document | None = None

    @property
    def name(self) -> str:
        return str(getattr(self.model, self.named_by[0]))

    @property
    def upstreams(self) -> tuple[str | External, ...]:
        if isinstance(self.model, Contract):
            return self.model.upstream
        return self.model.requires if isinstance(self.model, Subject) else ()

    @property
    def field(self) -> str:
        return "upstream" if isinstance(self.model, Contract) else "requires"

    @property
    def origin(self) -> str:
        if self.document is None:
            return "Python"
        return f"{self.document.file}:{self.document.line(self.named_by)}"

    @property
    def named_by(self) -> tuple[str]:
        if isinstance(self.model, Contract):
            return ("dataset",)
        return ("subject",) if isinstance(self.model, Subject) else ("policy",)

    def problem(self, message: str, path: FieldPath) -> Problem:
        if self.document is None:
            return Problem(message, field=dotted(path), name=self.name)
        return self.document.problem(message, path, self.name)


def _read(
    document: Document, variables: Mapping[str, str] | None
) -> tuple[Contract | Subject | Policy | None, list[Problem]]:
    """Read one document; `None` for variables leaves them as they are."""
    data, names = document.data, _names(document)
    if data is None:
        return None, [document.problem("the document is empty. Remove its '---', or write a contract.")]
    if not isinstance(data, dict):
        return None, [document.problem("a contract is a mapping that begins with 'dataset: <name>'.")]
    kinds = [key for key in ("dataset", "subject") if key in data]
    if not kinds and "policy" in data:
        policy, found = read_model(Policy, document, "")
        return policy, limited(found)
    if len(kinds) != 1:
        return None, [document.problem(_neither_nor(data, both=bool(kinds)))]
    problems: list[Problem] = []
    if variables is not None:
        document, problems = _substituted(document, variables, *names)
    name = names[0] if names else ""
    if kinds == ["subject"]:
        subject, found = read_model(Subject, document, name)
        return subject, limited(found)
    may_be_empty = [path for path in document.empty if path[:2] == ("schema", "columns") and len(path) == 3]
    contract, found = read_model(Contract, document, name, may_be_empty)
    return (None if problems else contract), limited(problems + found)


def _names(document: Document) -> list[str]:
    """The names that a document takes, also if it cannot be read as a whole."""
    data = document.data if isinstance(document.data, dict) else {}
    named = ("dataset", "subject") if data.keys() & {"dataset", "subject"} else ("policy",)
    return [data[key][:200] for key in named if isinstance(data.get(key), str)]


def _neither_nor(data: Mapping[str, object], *, both: bool) -> str:
    if both:
        return "a document is a contract ('dataset') or a subject ('subject'), not both. Part them by '---'."
    for key in data:
        if (hint := suggestion(key, ("dataset", "subject"))).startswith(" Did"):
            return f"unknown key '{key}'.{hint}"
    return "this is no contract (key 'dataset'), no subject (key 'subject') and no policy (key 'policy')."


def _substituted(
    document: Document, variables: Mapping[str, str], name: str = ""
) -> tuple[Document, list[Problem]]:
    """The document with the `${variables}` of its places filled in."""
    data, problems = document.data, []
    for path in _PLACES:
        if isinstance(text := _at(data, path), str) and "${" in text:
            filled, messages = _filled(text, variables)
            data = _with(data, path, filled)
            problems += [document.problem(message, path, name) for message in messages]
    return dataclasses.replace(document, data=data), problems


def _at(data: object, path: Sequence[str]) -> object:
    """What stands at a path, or `None`."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _with(data: Mapping[str, Any], path: Sequence[str], value: object) -> dict[str, Any]:
    """A copy with another value at a path that exists."""
    key, rest = path[0], path[1:]
    return {**data, key: _with(data[key], rest, value) if rest else value}


def _filled(text: str, variables: Mapping[str, str]) -> tuple[str, list[str]]:
    messages: list[str] = []

    def value(found: re.Match[str]) -> str:
        name, closed = found[1], found[2]
        if name is None:
            return "${"  # written $${
        if not closed:
            messages.append("'${' is not closed. Write '${name}', or '$${' for the characters themselves.")
        elif name not in variables:
            known = suggestion(name, sorted(variables)) or " The project declares no variables ('vars')."
            messages.append(f"unknown variable '{name[:100]}'.{known}")
        return variables.get(name, "")

    return _VARIABLE.sub(value, text), messages


def _connection_problems(entries: Iterable[_Entry], known: Collection[str] | None) -> Iterator[Problem]:
    for entry in entries:
        name = getattr(entry.model.source, "connection", None) if isinstance(entry.model, Contract) else None
        if known is not None and name is not None and name not in known:
            hint = suggestion(name, sorted(known)) or " The project declares no connections."
            yield entry.problem(f"unknown connection '{name}'.{hint}", ("source", "connection"))


def _catalog(
    entries: Sequence[_Entry], problems: Iterable[Problem] = (), others: Collection[str] | None = frozenset()
) -> Catalog:
    """Cross-check and put together.

    Args:
        entries: What could be read.
        problems: What was found before.
        others: Further names that are taken; `None` if nobody can tell, and no name can be called unknown.
    """
    problems = list(problems)
    policies, problems_of_policies = _policies(entries)
    problems += problems_of_policies
    entries = [entry for entry in entries if not isinstance(entry.model, Policy)]
    known: dict[str, _Entry] = {}
    for entry in entries:
        if entry.name in known:
            origin = known[entry.name].origin
            message = f"the name '{entry.name}' is already taken ({origin}). Rename one of the two."
            problems.append(entry.problem(message, entry.named_by))
        known.setdefault(entry.name, entry)
    for entry in entries:
        problems += _upstream_problems(entry, known, others)
        problems += _objective_problems(entry)
        problems += _policy_problems(entry, policies, others)
    lineage = _lineage(known.values())
    for cycle in lineage.cycles():
        if any(lineage.kinds[name] is Kind.SUBJECT for name in cycle):
            continue  # told already: a subject cannot be required
        message = f"these depend on each other: {' → '.join((*cycle, cycle[0]))}. Break the cycle."
        problems.append(known[cycle[0]].problem(message, (known[cycle[0]].field,)))
    if problems:
        raise ContractError(problems)
    return Catalog(
        contracts={name: e.model for name, e in sorted(known.items()) if isinstance(e.model, Contract)},
        subjects={name: e.model for name, e in sorted(known.items()) if isinstance(e.model, Subject)},
        lineage=lineage,
        origins={
            name: (e.document.file, e.document.line(e.named_by)) for name, e in known.items() if e.document
        },
        policies=policies,
    )


def _policies(entries: Iterable[_Entry]) -> tuple[dict[str, Policy], list[Problem]]:
    """Policies by name, the default one among them, and names that are taken twice."""
    known: dict[str, _Entry] = {}
    problems = []
    for entry in entries:
        if not isinstance(entry.model, Policy):
            continue
        if entry.name in known:
            message = f"policy '{entry.name}' is written twice ({known[entry.name].origin}). Remove one."
            problems.append(entry.problem(message, entry.named_by))
        known.setdefault(entry.name, entry)
    found = {name: entry.model for name, entry in sorted(known.items()) if isinstance(entry.model, Policy)}
    return {_DEFAULT: Policy(), **found}, problems


def _policy_problems(
    entry: _Entry, policies: Mapping[str, Policy], others: Collection[str] | None
) -> Iterator[Problem]:
    name = entry.model.policy if isinstance(entry.model, Subject) else None
    if name is not None and others is not None and name not in {*policies, *others}:
        hint = suggestion(name, sorted(policies))
        yield entry.problem(f"no policy is called '{name}'.{hint}", ("policy",))


def _objective_problems(entry: _Entry) -> Iterator[Problem]:
    if isinstance(entry.model, Contract):
        for message in impossible(entry.model):
            yield entry.problem(message, ("slo", "objective"))


def _upstream_problems(
    entry: _Entry, known: Mapping[str, _Entry], others: Collection[str] | None
) -> Iterator[Problem]:
    for at, upstream in enumerate(entry.upstreams):
        name = upstream.external if isinstance(upstream, External) else upstream
        found, path = known.get(name), (entry.field, at)
        if isinstance(upstream, External):
            if found is not None:
                yield entry.problem(
                    f"'{name}' has a contract ({found.origin}): write it without 'external'.", path
                )
        elif found is not None and isinstance(found.model, Subject):
            yield entry.problem(
                f"'{name}' is a subject ({found.origin}); only datasets can be named here.", path
            )
        elif found is None and others is not None and name not in others:
            datasets = sorted(
                e.name for e in known.values() if isinstance(e.model, Contract) and e is not entry
            )
            hint = suggestion(name, sorted({*datasets, *others}))
            external = f" If no contract describes it, write '{{external: {name}}}'."
            yield entry.problem(f"no contract is called '{name}'.{hint or external}", path)


def _lineage(entries: Iterable[_Entry]) -> Lineage:
    kinds: dict[str, Kind] = {}
    upstreams: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        named = [
            (isinstance(u, External), u.external if isinstance(u, External) else u) for u in entry.upstreams
        ]
        kinds |= {name: Kind.EXTERNAL for is_external, name in named if is_external and name not in kinds}
        kinds[entry.name] = Kind.DATASET if isinstance(entry.model, Contract) else Kind.SUBJECT
        upstreams[entry.name] = tuple(name for _, name in named)
    return Lineage(upstreams, kinds)
