"""Secrets are named, never written: `{env: NAME}` says where a value comes from when it is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from featureguard.errors import ProjectError

# A port may follow a colon too: 'hdfs://host:8020/a@b' holds no password.
_PASSWORD = re.compile(r"://[^/?#@:]*:(?!\d+(?:[/?#]|$))[^@?#]+@")
_SECRET_WORDS = r"password|passwd|pwd|secret|token|api_?key|access_?key|account_?key|signature|credential"
_SECRET_KEY = re.compile(rf"(?i)^(?:sig|.*(?:{_SECRET_WORDS}).*)$")
_QUERY_KEY = re.compile(r"[?&;]([^=&;?]+)=[^&;]")
_QUERY_VALUE = re.compile(r"(?<=[?&;])([^=&;?\s]+)=[^&;\s'\"]+")
_SHOWN_PASSWORD = re.compile(r"(://[^/?#@:\s]*:)[^@\s]+@")


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A secret that is in the environment, or that a host hands in.

    Attributes:
        env: Name of the environment variable.
    """

    env: str

    def resolve(self, environ: Mapping[str, str], secrets: Mapping[str, str] | None = None) -> str:
        """The value; what a host hands in comes before the environment.

        Raises:
            ProjectError: If neither has it, or it is empty.
        """
        value = (secrets or {}).get(self.env) or environ.get(self.env)
        if not value:
            raise ProjectError(
                f"The environment variable {self.env} is needed here but not set. Set it, or hand it in."
            )
        return value


def is_secret_key(key: str) -> bool:
    """Whether an option of this name holds a secret, e.g. `secret_key`."""
    return _SECRET_KEY.match(key.replace("-", "_")) is not None


def inline_secret(uri: str) -> str:
    """What looks like a secret in a URI, by name and never by value: `a password`, or empty."""
    if _PASSWORD.search(uri):
        return "a password"
    found = next((key for key in _QUERY_KEY.findall(uri) if is_secret_key(key)), "")
    return f"a secret ('{found[:40]}')" if found else ""


def without_secrets(text: str) -> str:
    """A text to show, in which `***` stands for what looks like a secret of a URI."""
    hidden = _SHOWN_PASSWORD.sub(r"\1***@", text)
    return _QUERY_VALUE.sub(lambda found: f"{found[1]}=***" if is_secret_key(found[1]) else found[0], hidden)


def no_secret(uri: str) -> str:
    """The URI itself, if no secret stands in it.

    Raises:
        ValueError: If one does.
    """
    if found := inline_secret(uri):
        raise ValueError(f"{found} stands in this path. Secrets are not written here: name a 'connection'.")
    return uri
