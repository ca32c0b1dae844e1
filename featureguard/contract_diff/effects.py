"""What a change can do to a promise, and the rules that many fields share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from featureguard.measures import spelled
from featureguard.result import Severity
from featureguard.scalars import Model

_SHOWN = 5  # entries of a list that a sentence names


class Effect(StrEnum):
    """What a change does to the promise; ordered `neutral < tightens < changed < loosens < breaks`.

    `CHANGED` is what no rule can call more or less: a person decides.
    """

    NEUTRAL = "neutral"
    TIGHTENS = "tightens"
    CHANGED = "changed"
    LOOSENS = "loosens"
    BREAKS = "breaks"

    @property
    def rank(self) -> int:
        """0 for neutral … 4 for breaks."""
        return list(Effect).index(self)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one change means.

    Attributes:
        effect: What it does to the promise.
        why: A clause that says so; empty where the effect says all.
    """

    effect: Effect
    why: str = ""


Rule = Callable[[Any, Any], Meaning]
"""From the values before and after, which differ, to what that means. `None` is a value left out."""


def more(why: str = "") -> Meaning:
    """The producer promises more."""
    return Meaning(Effect.TIGHTENS, why)


def less(why: str = "") -> Meaning:
    """Consumers are promised less."""
    return Meaning(Effect.LOOSENS, why)


def promise(before: object, after: object) -> Meaning:
    """A promise that somebody began or ceased to make."""
    return more() if before is None else less()


def words(before: object, after: object) -> Meaning:
    """Text for people."""
    return Meaning(Effect.NEUTRAL)


def at_most(before: Any, after: Any) -> Meaning:
    """A limit from above: smaller promises more, none promises nothing."""
    return more() if before is None or (after is not None and after < before) else less()


def at_least(before: Any, after: Any) -> Meaning:
    """A limit from below: larger promises more, none promises nothing."""
    return more() if before is None or (after is not None and after > before) else less()


def inherited(rule: Rule) -> Rule:
    """Left out, a limit is set elsewhere: by the contract, by a policy, or by the data."""
    elsewhere = Meaning(Effect.CHANGED, "left out, the limit is set elsewhere")
    return lambda before, after: elsewhere if None in (before, after) else rule(before, after)


def each(rule: Rule) -> Rule:
    """A mapping: the worst of what happens to its entries."""

    def worst(before: Mapping[str, Any], after: Mapping[str, Any]) -> Meaning:
        differing = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        found = [rule(before.get(key), after.get(key)) for key in differing]
        return max(found, key=lambda meaning: meaning.effect.rank, default=Meaning(Effect.NEUTRAL))

    return worst


def severity(before: Severity, after: Severity) -> Meaning:
    """What breaking the promise does."""
    if after is Severity.BLOCK:
        return more("breaking this promise now blocks")
    return less("breaking this promise no longer blocks")


def listed(new: Effect, lost: Effect) -> Rule:
    """A list whose order means nothing: what new entries do, and what lost ones do."""

    def rule(before: Collection[Any], after: Collection[Any]) -> Meaning:
        was, now = set(map(_entry, before)), set(map(_entry, after))
        found = [(lost, "no longer", was - now), (new, "now also", now - was)]
        effects = [effect for effect, _, entries in found if entries]
        why = " and ".join(f"{word} {_listing(entries)}" for _, word, entries in found if entries)
        worst = max(effects, key=lambda effect: effect.rank, default=Effect.NEUTRAL)
        return Meaning(worst, why or "only the order differs")

    return rule


def ordered(*words: str) -> Rule:
    """Words from the one that promises least to the one that promises most."""

    def rule(before: str, after: str) -> Meaning:
        return more() if words.index(after) > words.index(before) else less()

    return rule


def other(why: str) -> Rule:
    """A change of which no rule can say whether it is more or less."""
    return lambda before, after: Meaning(Effect.CHANGED, why)


def permission(granted: str, withdrawn: str) -> Rule:
    """A flag that allows what else would break the promise."""
    return lambda before, after: less(granted) if after else more(withdrawn)


def _entry(value: Any) -> str:
    """What tells entries apart: `1`, `true` and `"1"` are three."""
    if isinstance(value, Model):
        return value.model_dump_json(exclude_defaults=True)
    return spelled(value)


def _listing(entries: Collection[str]) -> str:
    first = sorted(entries)[:_SHOWN]
    return ", ".join(first) + (f" and {len(entries) - _SHOWN:,} more" if len(entries) > _SHOWN else "")
