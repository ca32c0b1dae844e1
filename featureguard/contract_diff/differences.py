"""Compare two catalogs: every promise that was added, removed or changed, what that does, and for whom."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

from featureguard.catalog import Catalog
from featureguard.contract import canonical_json
from featureguard.contract_diff.effects import Effect, Meaning, Rule
from featureguard.contract_diff.rules import meaning, rule_of
from featureguard.scalars import Model
from featureguard.strict_yaml import Path, dotted

Part = Literal["dataset", "subject", "policy"]
Status = Literal["added", "removed", "changed"]

_WHY = {
    Effect.NEUTRAL: "no promise changes",
    Effect.TIGHTENS: "more is promised",
    Effect.CHANGED: "a person has to say whether this is more or less",
    Effect.LOOSENS: "less is promised",
    Effect.BREAKS: "what relied on it no longer holds",
}
_LONGEST = 80  # characters of a value in a sentence


@dataclass(frozen=True, slots=True)
class Change:
    """One field that says something else.

    Attributes:
        field: Dotted path in the file, e.g. `freshness.max_age`; empty where all of it came or went.
        effect: What the change does to the promise.
        before: Plain value before, as JSON holds it; `None` where it was left out.
        after: Plain value after, likewise.
        why: A clause that gives the reason for the effect.
    """

    field: str
    effect: Effect
    before: Any
    after: Any
    why: str

    @property
    def sentence(self) -> str:
        """The change for a reader, e.g. `freshness.max_age: 26h → 30h (less is promised)`."""
        if not self.field:
            return f"{self.why[:1].upper()}{self.why[1:]}"
        return f"{self.field}: {_shown(self.before)} → {_shown(self.after)} ({self.why})"


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one contract, subject or policy.

    Attributes:
        name: Its name.
        kind: What it describes.
        status: What happened to it.
        changes: What changed, the worst first.
        datasets: Datasets downstream of it, before or after, in alphabetical order.
        subjects: Subjects downstream of it, or under the policy, likewise.
    """

    name: str
    kind: Part
    status: Status
    changes: tuple[Change, ...]
    datasets: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()

    @property
    def effect(self) -> Effect:
        """The worst effect of its changes."""
        return _worst(change.effect for change in self.changes)


@dataclass(frozen=True, slots=True)
class Diff:
    """All that differs between two catalogs, in alphabetical order; nothing differs if there is none.

    Attributes:
        differences: One for each contract, subject and policy that is not the same.
    """

    differences: tuple[Difference, ...] = ()

    @property
    def effect(self) -> Effect:
        """The worst effect of all; `NEUTRAL` where nothing differs."""
        return _worst(difference.effect for difference in self.differences)

    @property
    def needs_review(self) -> bool:
        """Whether something breaks, loosens, or cannot be called more or less."""
        return self.effect.rank >= Effect.CHANGED.rank


def diff(base: Catalog, head: Catalog) -> Diff:
    """Say what a change of contracts, subjects and policies means.

    Args:
        base: What is in force.
        head: What is proposed.
    """
    pairs: list[tuple[Part, Mapping[str, Model], Mapping[str, Model]]] = [
        ("dataset", base.contracts, head.contracts),
        ("subject", base.subjects, head.subjects),
        ("policy", base.policies, head.policies),
    ]
    found = []
    for kind, before, after in pairs:
        for name in sorted(before.keys() | after.keys()):
            status, changes = _compared(kind, name, before.get(name), after.get(name), base)
            if changes:
                found.append(Difference(name, kind, status, changes, *_downstream(kind, name, base, head)))
    return Diff(tuple(sorted(found, key=lambda difference: (difference.name, difference.kind))))


def _compared(
    kind: Part, name: str, before: Model | None, after: Model | None, base: Catalog
) -> tuple[Status, tuple[Change, ...]]:
    if before is None:
        return "added", (_whole(_added(kind)),)
    if after is None:
        return "removed", (_whole(_removed(kind, base.lineage.dependants(name))),)
    changes = sorted(_changes(before, after, ()), key=lambda change: -change.effect.rank)
    return "changed", tuple(changes)


def _changes(before: Model, after: Model, path: Path) -> Iterator[Change]:
    """Every field in which two models of one class differ, those within promises included."""
    if _same(_plain(before), _plain(after)):
        return
    for field, info in type(after).model_fields.items():
        old, new, at = getattr(before, field), getattr(after, field), (*path, info.alias or field)
        if isinstance(old, Model) and type(old) is type(new):
            yield from _changes(old, new, at)
        elif _holds_models(old) or _holds_models(new):
            yield from _entries(old, new, at, rule_of(type(after), field))
        elif not _same(was := _value(before, field), now := _value(after, field)):
            yield _change(at, meaning(before, after, field), was, now)


def _entries(
    before: Mapping[str, Model], after: Mapping[str, Model], path: Path, rule: Rule | None
) -> Iterator[Change]:
    """Named promises, such as columns; the rule says what it means when one comes or goes."""
    for name in sorted(before.keys() | after.keys()):
        old, new, at = before.get(name), after.get(name), (*path, name)
        if old is not None and new is not None:
            yield from _changes(old, new, at)
        else:
            found = rule(old, new) if rule else Meaning(Effect.CHANGED)
            yield _change(at, found, old and _plain(old), new and _plain(new))


def _change(path: Path, found: Meaning, before: Any, after: Any) -> Change:
    return Change(dotted(path), found.effect, before, after, found.why or _WHY[found.effect])


def _whole(found: Meaning) -> Change:
    return _change((), found, None, None)


def _added(kind: Part) -> Meaning:
    if kind == "policy":
        return Meaning(Effect.NEUTRAL, "a policy more, for subjects that name it")
    return Meaning(Effect.TIGHTENS, f"a {kind} more is described")


def _removed(kind: Part, dependants: Collection[str]) -> Meaning:
    if kind == "policy":
        return Meaning(Effect.NEUTRAL, "a policy less, which no subject names")
    if kind == "subject":
        return Meaning(Effect.LOOSENS, "no gate protects it any more")
    if dependants:
        return Meaning(Effect.BREAKS, "nothing is promised any more about what others stand on")
    return Meaning(Effect.LOOSENS, "nothing is promised about it any more")


def _downstream(kind: Part, name: str, *catalogs: Catalog) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Datasets and subjects that a change touches, in any of the catalogs."""
    datasets, subjects = set(), set()
    for catalog in catalogs:
        if kind == "policy":
            subjects |= {subject for subject in catalog.subjects if catalog.policy_of(subject).policy == name}
        else:
            impact = catalog.lineage.impact(name)
            datasets |= {affected.name for affected in impact.datasets}
            subjects |= {affected.name for affected in impact.subjects}
    return tuple(sorted(datasets)), tuple(sorted(subjects))


def _worst(effects: Iterable[Effect]) -> Effect:
    return max(effects, key=lambda effect: effect.rank, default=Effect.NEUTRAL)


def _holds_models(value: object) -> TypeGuard[Mapping[str, Model]]:
    return isinstance(value, Mapping) and any(isinstance(entry, Model) for entry in value.values())


def _value(model: Model, field: str) -> Any:
    """A field as plain values."""
    if isinstance(value := getattr(model, field), Model):
        return _plain(value)
    return model.model_dump(mode="json", include={field})[field]


def _plain(model: Model) -> Any:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def _same(one: Any, other: Any) -> bool:
    """Equality as JSON has it; to Python, 1 and true are equal."""
    return canonical_json(one) == canonical_json(other)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
