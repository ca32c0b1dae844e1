"""The JSON Schema of contract files, for editors: completion, and red lines before anything runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from featureguard.contract import Contract, Subject
from featureguard.policy import Policy
from featureguard.scalars import Model

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {6,}.*)*)", re.MULTILINE)


def contract_json_schema() -> dict[str, Any]:
    """One schema for a document that is a contract (`dataset`), a subject (`subject`) or a policy.

    Shorthands are part of it. The words of a field are those of its class's docstring.
    """
    definitions = TypeAdapter(Contract | Subject | Policy).json_schema(mode="validation")["$defs"]
    for model in _models(Model):
        if model.__name__ in definitions:
            _describe(definitions[model.__name__], model)
    return {
        "$schema": _DIALECT,
        "title": "featureguard contract",
        "description": "What a dataset promises, what a subject requires, or what a policy makes of it.",
        "if": {"type": "object", "required": ["subject"]},
        "then": {"$ref": "#/$defs/Subject"},
        "else": {
            "if": {"type": "object", "required": ["policy"]},
            "then": {"$ref": "#/$defs/Policy"},
            "else": {"$ref": "#/$defs/Contract"},
        },
        "$defs": definitions,
    }


def attributes_of(described: type) -> dict[str, str]:
    """What the docstrings of a class and of those above it say about each attribute."""
    found: dict[str, str] = {}
    for one in reversed(described.__mro__):
        _, _, attributes = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")
        found |= {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(attributes)}
    return found


def _models(base: type[Model]) -> Iterator[type[Model]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _describe(definition: dict[str, Any], model: type[Model]) -> None:
    """Give a model and its fields the words of its docstring, and take away what only Python needs."""
    words = attributes_of(model)
    definition["description"] = (inspect.getdoc(model) or "").split("\n\nAttributes:")[0]
    for name, schema in definition.get("properties", {}).items():
        arms = [arm for arm in schema.get("anyOf", []) if arm != {"type": "null"}]
        if len(arms) == 1:
            schema |= arms[0]
        if len(arms) > 1:
            schema["anyOf"] = arms
        else:
            schema.pop("anyOf", None)
        if schema.get("default", ...) is None:
            del schema["default"]
        schema.pop("title", None)
        schema["description"] = words[name]
