"""Put an alias back to the last version that had it by a decision."""

from __future__ import annotations

import uuid

from featureguard.desk import Desk
from featureguard.errors import UsageError
from featureguard.mlflow.asking import PROMOTE, ROLLBACK, decision_tag, promoted, sentence
from featureguard.mlflow.detecting import Standing, reverted
from featureguard.mlflow.places import Place, Version
from featureguard.mlflow.registry import GuardedError, Registry


def revert(
    desk: Desk, registry: Registry, one: Standing, *, rollback: str = ROLLBACK, remove: bool = False
) -> Standing:
    """Put an alias back where a decision had put it, recorded as a repair if the policy knows one.

    An alias that no version ever had by a decision is left, unless it is to be removed: whoever serves it
    would find nothing.

    Args:
        desk: Where the gate is asked, and decisions are recorded.
        registry: The model registry.
        one: An alias that no decision set.
        rollback: The policy's action for the way back; without it the gate is asked for a promotion.
        remove: Take the alias away where there is no version to go back to.

    Returns:
        The same, and what was done about it.

    Raises:
        RegistryError: If the registry cannot be read or written.
        FeatureGuardError: If the gate cannot be asked.
    """
    place = one.place
    if place.kind == "stage":
        return reverted(one, "Nothing was done: move it out of the stage by hand.")
    if _moved(registry, place):
        return reverted(one, "Nothing was done: somebody moved it meanwhile. Look again.")
    version = last_decided(desk, registry, one) if one.found else None
    if version is None or one.found is None:
        why = "no version had it by a decision" if one.found else "no one subject is about the model"
        if not remove:
            return reverted(one, f"Nothing was done: {why}. --remove takes it away.")
        return _done(one, registry, None, f"The alias was removed: {why}.")
    back = Place(version, place.kind, place.name)
    action = rollback if rollback in one.found.protected.repairs else PROMOTE
    ruling = desk.decide(one.found.subject, action, key=back.key(action, f"revert-{uuid.uuid4().hex}"))
    if ruling.id is not None:
        registry.tag(version, *decision_tag(back, ruling))
    if not ruling.allowed:
        hint = f"A policy with 'actions: {{{rollback}: {{repair: true}}}}' would let it go back."
        return reverted(one, f"Nothing was done. {sentence(ruling, hint if action == PROMOTE else '')}")
    recorded = f"decision {ruling.id[:16]}" if ruling.id else "NOT recorded: the gate could not write it"
    return _done(one, registry, version, f"Put back to version {version.version} as '{action}', {recorded}.")


def last_decided(desk: Desk, registry: Registry, one: Standing) -> Version | None:
    """The version that a decision last gave the alias to, of those that are still there.

    Raises:
        RegistryError: If the registry cannot be read.
        FeatureGuardError: If what is recorded cannot be read.
    """
    place, tried = one.place, {one.place.version.version}
    subject = one.found.subject if one.found and one.found.by in ("alias", "name") else None
    for past in desk.decisions(place.history):
        number = Place.number_in(past.key or "")
        if past.action != PROMOTE or not past.allowed or number in tried:
            continue
        try:
            version = registry.version(place.version.model, number)
        except UsageError:  # It was deleted.
            tried.add(number)
            continue
        candidate = Place(version, place.kind, place.name)
        if (past.key or "").startswith(candidate.prefix) and promoted(desk, candidate, subject):
            return version
    return None


def _moved(registry: Registry, place: Place) -> bool:
    now = registry.holder(place.version.model, place.name)
    return now is None or now.version != place.version.version


def _done(one: Standing, registry: Registry, version: Version | None, told: str) -> Standing:
    """Set or remove the alias, unless somebody moved it meanwhile."""
    place = one.place
    if _moved(registry, place):
        return reverted(one, "Nothing was done: somebody moved it meanwhile. Look again.")
    try:
        if version is None:
            registry.delete_alias(place.version.model, place.name)
        else:
            registry.set_alias(place.version.model, place.name, version.version)
    except GuardedError as error:
        return reverted(one, f"Nothing was done. {error}")
    return reverted(one, told)
