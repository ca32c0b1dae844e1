"""A model registry, seen from outside: through MLflow's own client, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

from featureguard.errors import FeatureGuardError, MissingExtraError, UsageError
from featureguard.mlflow.places import Version
from featureguard.mlflow.subjects import PROJECT_TAG, SERVICE_TAG

T = TypeVar("T")

_WRONG = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "ENDPOINT_NOT_FOUND"})
_REFUSED = frozenset({"PERMISSION_DENIED", "UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED"})
_PROMPTS = "tags.`mlflow.prompt.is_prompt` = 'true'"
_PAGE = 100


class RegistryError(FeatureGuardError):
    """The registry could not be read or written."""


class GuardedError(FeatureGuardError):
    """The registry's own guard refused.

    Attributes:
        document: What it told for programs.
    """

    def __init__(self, message: str, document: dict[str, Any]) -> None:
        super().__init__(message)
        self.document = document


class Registry:
    """A model registry.

    Args:
        client: MLflow's client.
        place: Where the registry is, to be told in errors; no secret is in it.
        secrets: Texts that no error may repeat.
    """

    def __init__(self, client: Any, place: str, secrets: tuple[str, ...] = ()) -> None:
        self._client, self.place, self._secrets = client, place, secrets

    def version(self, model: str, version: str) -> Version:
        """One version, with its own tags and those of lineage that only its run has.

        Raises:
            UsageError: If there is none.
            RegistryError: If the registry cannot be asked.
        """
        if not (version.isascii() and version.isdecimal()):
            raise UsageError(f"{version!r} is no version of a model. Write its number, e.g. 7.")
        return version_of(
            self._asked(f"version {version} of '{model}'", self._client.get_model_version, model, version)
        )

    def lineage(self, version: Version) -> dict[str, str]:
        """The tags of a version that tell what it was trained on; what it does not say its run does.

        Raises:
            RegistryError: If the run cannot be asked.
        """
        own = lineage_tags(version.tags)
        if SERVICE_TAG in own or not version.run_id:
            return own
        try:
            run = self._asked(f"run '{version.run_id}'", self._client.get_run, version.run_id)
        except UsageError:  # It was deleted, or is in another tracking server.
            return own
        return lineage_tags(run.data.tags)

    def holder(self, model: str, alias: str) -> Version | None:
        """The version that has an alias; `None` if none has.

        Raises:
            UsageError: If there is no such model.
            RegistryError: If the registry cannot be asked.
        """
        found = self._asked(f"the model '{model}'", self._client.get_registered_model, model)
        number = found.aliases.get(alias)
        return None if number is None else self.version(model, str(number))

    def models(self) -> Iterator[Any]:
        """Every registered model as MLflow tells it, those that it keeps as prompts last.

        Raises:
            RegistryError: If the registry cannot be asked.
        """
        for wanted in (None, _PROMPTS):
            token: str | None = None
            while True:
                page = self._asked(
                    "its models", self._client.search_registered_models, wanted, _PAGE, None, token
                )
                yield from page
                if not (token := page.token):
                    break

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Give an alias to a version.

        Raises:
            GuardedError: If the registry's own guard refuses.
            UsageError: If it cannot be an alias.
            RegistryError: If the registry does not take it.
        """
        self._asked(f"alias '{alias}'", self._client.set_registered_model_alias, model, alias, version)

    def delete_alias(self, model: str, alias: str) -> None:
        """Take an alias away; raises as `set_alias` does."""
        self._asked(f"alias '{alias}'", self._client.delete_registered_model_alias, model, alias)

    def set_stage(self, model: str, version: str, stage: str) -> None:
        """Move a version to a stage; raises as `set_alias` does."""
        self._asked(f"stage '{stage}'", self._client.transition_model_version_stage, model, version, stage)

    def tag(self, version: Version, key: str, value: str) -> bool:
        """Write a tag.

        Returns:
            False if the registry writes such tags itself.

        Raises:
            UsageError: If it cannot be a tag.
            RegistryError: If the registry does not take it.
        """
        try:
            self._asked(
                f"tag '{key}'", self._client.set_model_version_tag, version.model, version.version, key, value
            )
        except GuardedError:
            return False
        return True

    def _asked(self, what: str, call: Callable[..., T], *arguments: object) -> T:
        import warnings

        from mlflow.exceptions import MlflowException

        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", FutureWarning
                )  # Stages are on their way out, and still there.
                return call(*arguments)
        except MlflowException as error:
            told = getattr(error, "json", None)
            if isinstance(told, dict) and isinstance(document := told.get("featureguard"), dict):
                raise GuardedError(self._clean(str(told.get("message"))), document) from None
            code, text = error.error_code, self._clean(str(error.message))
        except Exception as error:  # What the drivers of databases and of HTTP raise.
            code, text = "", self._clean(f"{type(error).__name__}: {error}")
        if code in _WRONG:
            raise UsageError(f"MLflow at {self.place} has no {what}, or refuses it: {text}") from None
        if code in _REFUSED:
            raise RegistryError(
                f"MLflow at {self.place} does not let you near {what}: {text}"
                " Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
            ) from None
        raise RegistryError(
            f"MLflow at {self.place} could not be asked about {what}: {text}"
            " Is it there, and of the version that this MLflow client speaks to?"
        ) from None

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500].rstrip(".") + "."


def open_registry(uri: str | None = None) -> Registry:
    """A registry by its address.

    Args:
        uri: Where it is; left out, what MLflow's own settings say (MLFLOW_REGISTRY_URI, MLFLOW_TRACKING_URI).

    Raises:
        MissingExtraError: If MLflow is not installed.
        UsageError: If the address is none.
        RegistryError: If it cannot be opened.
    """
    try:
        import mlflow
        from mlflow import MlflowClient
    except ModuleNotFoundError as error:
        raise MissingExtraError("mlflow", "mlflow") from error

    address = uri or mlflow.get_registry_uri()
    place, secrets = _told(address)
    try:
        return Registry(MlflowClient(tracking_uri=uri, registry_uri=uri), place, secrets)
    except Exception as error:
        found = Registry(None, place, secrets)
        text = found._clean(f"{type(error).__name__}: {error}")
        raise RegistryError(
            f"MLflow's registry at {place} cannot be opened: {text} Write e.g. https://mlflow.example.org, or"
            " sqlite:///mlflow.db."
        ) from None


def version_of(found: Any) -> Version:
    """A version as MLflow's entities tell it."""
    return Version(
        str(found.name),
        str(found.version),
        int(found.creation_timestamp or 0),
        str(found.source or ""),
        str(found.run_id or ""),
        {str(key): str(value) for key, value in (found.tags or {}).items()},
        str(found.current_stage or ""),
    )


def lineage_tags(tags: Any) -> dict[str, str]:
    """Those tags that tell of a feature service."""
    return {str(name): str(tags[name]) for name in (SERVICE_TAG, PROJECT_TAG) if tags.get(name)}


def _told(address: str) -> tuple[str, tuple[str, ...]]:
    """An address without its secrets, and those, the longest first."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise UsageError(
            "The address of MLflow's registry is none. Write e.g. https://mlflow.example.org."
        ) from None
    who = parts.netloc.rpartition("@")[0]
    secrets = {who, parts.password or "", parts.query}
    place = f"{parts.scheme or 'file'}://{parts.hostname or ''}{port}{parts.path}"
    return place, tuple(sorted(filter(None, secrets), key=len, reverse=True))
