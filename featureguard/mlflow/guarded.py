"""A registry's store with the guard on it: MLflow's own class, in which every way to a place is watched."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from featureguard.mlflow.places import Kind, Place, folded
from featureguard.mlflow.registry import version_of
from featureguard.mlflow.veto import RefusedPromotionError, Veto, is_guards
from featureguard.mlflow.ways import KNOWN

if TYPE_CHECKING:
    from featureguard.mlflow.places import Version

_log = logging.getLogger("featureguard.mlflow")


def guarded(store: Any, veto: Veto) -> Any:
    """The same store, guarded; again it is the same.

    Args:
        store: A store of MLflow's; it is changed, so that nobody holds one that is not guarded.
        veto: What may pass.
    """
    cls = type(store)
    if not issubclass(cls, _Guard):
        own = {name: _unheard_of(name) for name in _strange(cls)}
        store.__class__ = type(f"Guarded{cls.__name__}", (_Guard, cls), own)
    store.__dict__["_featureguard"] = veto
    return store


class _Guard:
    """What stands in front of a store's methods; they are called only here."""

    _featureguard: Veto

    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> Any:
        inner: Any = super()
        found = version_of(inner.get_model_version(name, version))
        return self._given(
            inner,
            found,
            "alias",
            alias,
            lambda: inner.set_registered_model_alias(found.model, alias, found.version),
        )

    def transition_model_version_stage(
        self, name: str, version: Any, stage: str, archive_existing_versions: bool
    ) -> Any:
        inner: Any = super()
        found = version_of(inner.get_model_version(name, version))
        return self._given(
            inner,
            found,
            "stage",
            stage,
            lambda: inner.transition_model_version_stage(
                found.model, found.version, stage, archive_existing_versions
            ),
        )

    def rename_registered_model(self, name: str, new_name: str) -> Any:
        inner: Any = super()
        held = self._held(inner.get_registered_model(name))
        if held:
            raise _denied(
                f"featureguard: hold: '{name}' has {', '.join(held)}, which nobody allowed it under another"
                " name. Take it away first, rename, and promote again."
            )
        before = set(inner.get_registered_model(name).aliases or {})
        renamed = inner.rename_registered_model(name, new_name)
        self._clear(inner, new_name, but=before)
        return renamed

    def create_registered_model(self, name: str, tags: Any = None, *rest: Any, **named: Any) -> Any:
        inner: Any = super()
        made = inner.create_registered_model(name, _without_ours(tags, name), *rest, **named)
        self._clear(inner, name)
        return made

    def create_model_version(
        self, name: str, source: str, run_id: Any = None, tags: Any = None, *rest: Any, **named: Any
    ) -> Any:
        inner: Any = super()
        return inner.create_model_version(name, source, run_id, _without_ours(tags, name), *rest, **named)

    def set_registered_model_tag(self, name: str, tag: Any) -> Any:
        _refuse_ours(tag.key)
        inner: Any = super()
        return inner.set_registered_model_tag(name, tag)

    def delete_registered_model_tag(self, name: str, key: str) -> Any:
        _refuse_ours(key)
        inner: Any = super()
        return inner.delete_registered_model_tag(name, key)

    def set_model_version_tag(self, name: str, version: Any, tag: Any) -> Any:
        _refuse_ours(tag.key)
        inner: Any = super()
        return inner.set_model_version_tag(name, version, tag)

    def delete_model_version_tag(self, name: str, version: Any, key: str) -> Any:
        _refuse_ours(key)
        inner: Any = super()
        return inner.delete_model_version_tag(name, version, key)

    def _given(self, inner: Any, version: Version, kind: Kind, name: str, give: Callable[[], Any]) -> Any:
        """Give a place to a version, if the gate lets it."""
        from mlflow.entities.model_registry import ModelVersionTag

        place = Place(version, kind, name)
        if not self._featureguard.protects(place):
            return give()
        try:
            tag = self._featureguard.pass_or_refuse(place, self._holder(inner, place))
        except RefusedPromotionError as error:
            raise _denied(str(error), error.document) from None
        if tag:
            inner.set_model_version_tag(version.model, version.version, ModelVersionTag(*tag))  # type: ignore[no-untyped-call]
        return give()

    def _holder(self, inner: Any, place: Place) -> Place | None:
        model = inner.get_registered_model(place.version.model)
        if place.kind == "alias":
            number = (model.aliases or {}).get(place.name)
        else:
            same = (
                one for one in model.latest_versions or () if folded(one.current_stage) == folded(place.name)
            )
            number = next((one.version for one in same), None)
        if number is None:
            return None
        return Place(version_of(inner.get_model_version(model.name, number)), place.kind, place.name)

    def _clear(self, inner: Any, name: str, but: Collection[str] = ()) -> None:
        """Take away what another model of this name left behind: databases differ in what they delete."""
        for alias in set(inner.get_registered_model(name).aliases or {}).difference(but):
            _log.warning("alias '%s' was left from an earlier model '%s', and is taken away", alias, name)
            inner.delete_registered_model_alias(name, alias)

    def _held(self, model: Any) -> list[str]:
        """The protected places that a model's versions have."""
        settings, everything = self._featureguard.settings, bool(self._featureguard.broken)
        aliases = [
            f"alias '{one}'" for one in model.aliases or {} if everything or settings.protects("alias", one)
        ]
        stages = {one.current_stage for one in model.latest_versions or ()} - {"None", None, ""}
        held = [one for one in sorted(stages) if everything or settings.protects("stage", one)]
        return [*aliases, *(f"stage '{one}'" for one in held)]


def _strange(cls: type) -> Iterable[str]:
    """Public methods that another version of MLflow has, and nobody has thought about."""
    return [
        name
        for name in dir(cls)
        if not name.startswith("_") and name not in KNOWN and callable(getattr(cls, name))
    ]


def _unheard_of(name: str) -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> Any:
        raise _denied(
            f"featureguard: hold: this MLflow's registry has a way in that the guard does not know, '{name}'."
            " Install a featureguard that knows this version."
        )

    return refuse


def _refuse_ours(key: object) -> None:
    if is_guards(key):
        raise _denied(
            f"featureguard: tags that begin with 'featureguard.' are the guard's own: '{key}' stays as it is."
        )


def _without_ours(tags: Any, name: str) -> Any:
    """The tags without the guard's own: a copy of a version brings along those that speak of another."""
    if ours := [one.key for one in tags or () if is_guards(one.key)]:
        _log.info("tags of the guard's own are not copied to '%s': %s", name, ", ".join(ours))
        return [one for one in tags if not is_guards(one.key)]
    return tags


def _denied(message: str, document: Any = None) -> Exception:
    """MLflow's own error: its server answers 403 with it."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import PERMISSION_DENIED

    told = dict(document or {"verdict": "hold", "allowed": False})
    return MlflowException(message, error_code=PERMISSION_DENIED, featureguard=told)
