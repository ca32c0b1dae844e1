"""What pydantic finds wrong, in our own words and at its place in the file."""

from __future__ import annotations

import difflib
import types
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from featureguard.errors import Problem
from featureguard.secret import without_secrets
from featureguard.strict_yaml import MAX_PROBLEMS, Document, Path, dotted

_Model = TypeVar("_Model", bound=BaseModel)
_LONGEST_MESSAGE, _LONGEST_VALUE = 500, 60


def read_model(
    model: type[_Model], document: Document, name: str = "", known_empty: Collection[Path] = ()
) -> tuple[_Model | None, list[Problem]]:
    """Read a document as a model.

    Args:
        model: What the document should be.
        document: One YAML document; its data must be a mapping.
        name: Dataset or subject that problems are about.
        known_empty: Paths that may be left empty. Elsewhere an empty value is a problem: `freshness:` with
            nothing below it promises nothing, though it looks as if it did.

    Returns:
        The model, or `None`, and every problem.
    """
    found = [
        document.problem(f"nothing is written here. Fill in '{path[-1]}' or remove it.", path, name)
        for path in document.empty
        if path and path not in known_empty
    ]
    empty = set(document.empty)
    try:
        return model.model_validate(document.data, by_alias=True, by_name=False), found
    except ValidationError as error:
        for details in error.errors(include_url=False):
            for path, message in _told(model, document.data, details):
                if path not in empty:
                    found.append(document.problem(message, path, name))
    return None, [_fit_to_show(problem) for problem in found]


def _fit_to_show(problem: Problem) -> Problem:
    """Without secrets, which may be written anywhere and be quoted, and not too long."""
    message = _cut(without_secrets(problem.message), _LONGEST_MESSAGE)
    return replace(problem, message=message, field=without_secrets(problem.field))


def limited(problems: list[Problem]) -> list[Problem]:
    """The problems of one document in the order of its lines; of very many, the first."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)
    if len(ordered) <= MAX_PROBLEMS:
        return ordered
    last = ordered[MAX_PROBLEMS - 1]
    more = Problem(f"and {len(ordered) - MAX_PROBLEMS:,} more problems.", last.file, last.line, "", last.name)
    return [*ordered[:MAX_PROBLEMS], more]


def suggestion(word: object, known: Collection[str]) -> str:
    """` Did you mean 'max_age'?` if a known word is close, else the known words if they are few."""
    if close := difflib.get_close_matches(str(word)[:100], known, n=1):
        return f" Did you mean '{close[0]}'?"
    return f" Known: {', '.join(known)}." if 0 < len(known) <= 20 else ""


def shown(value: object) -> str:
    """A value as messages show it, short."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    # Before it is cut: half a secret is no longer seen to be one.
    return _cut(repr(without_secrets(value) if isinstance(value, str) else value), _LONGEST_VALUE)


def _told(model: type[BaseModel], data: object, error: ErrorDetails) -> Iterator[tuple[Path, str]]:
    """Every place and message of one of pydantic's errors."""
    kind, path = error["type"], _path(data, error)
    context = error.get("ctx", {})
    if kind == "contradictions":
        for place, message in context["found"]:
            yield _existing(data, (*path, *place)), message
    elif kind == "extra_forbidden":
        known = _fields(model, error["loc"][:-1])
        yield path, f"unknown key '{path[-1]}'{_under(path)}.{suggestion(path[-1], known)}"
    elif kind == "missing":
        yield path, f"'{path[-1]}' is missing{_under(path)}."
    elif kind == "union_tag_not_found":
        yield (*path, "kind"), f"'kind' is missing under '{dotted(path)}'."
    elif kind == "union_tag_invalid":
        known = [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
        yield (*path, "kind"), f"unknown kind {shown(context['tag'])}.{suggestion(context['tag'], known)}"
    elif kind == "value_error":
        yield path, str(context["error"])
    else:
        yield path, _words(kind, error["input"], context) or f"{error['msg'].rstrip('.')}."


def _words(kind: str, value: object, context: Mapping[str, Any]) -> str:
    """Our words for an error of pydantic that concerns one value; empty for one that we do not know."""
    what = shown(value)
    if kind in ("literal_error", "enum"):
        expected = str(context["expected"]).replace(" or ", ", ")
        words = [word.strip(" '") for word in expected.split(",")]
        return f"{what} is none of {', '.join(words)}.{_close(value, words)}"
    if kind == "string_type" and not isinstance(value, dict | list):
        return f"{what} is not text. Put it in quotes if it is meant as text."
    limits = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
    for limit, relation in limits.items():
        if limit in context:
            return f"{what} must be {relation} {context[limit]}."
    return {
        "string_type": f"{what} is not text.",
        "bool_type": f"{what} is neither true nor false. Write one of these two words.",
        "int_type": f"{what} is not a whole number.",
        "string_too_short": "this is empty. Fill it in or remove it.",
        "string_too_long": f"this is longer than {context.get('max_length')} characters.",
        "string_pattern_mismatch": f"{what} is no link. It must begin with https:// or http://.",
        "too_long": f"this holds more than {context.get('max_length')} items.",
        "too_short": f"this list holds fewer items than {context.get('min_length')}.",
        "tuple_type": f"{what} stands where a list should: [a, b].",
        "list_type": f"{what} stands where a list should: [a, b].",
    }.get(kind, f"{what} stands where a mapping should: {{key: value}}." if _wants_mapping(kind) else "")


def _wants_mapping(kind: str) -> bool:
    return kind in ("mapping_type", "dict_type", "model_type", "model_attributes_type")


def _close(value: object, words: list[str]) -> str:
    close = difflib.get_close_matches(str(value)[:100], words, n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def _under(path: Path) -> str:
    return f" under '{dotted(path[:-1])}'" if len(path) > 1 else ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _path(data: object, error: ErrorDetails) -> Path:
    """Where an error stands in the file: pydantic's place, less tags of unions and expanded shorthands."""
    steps: Path = error["loc"]
    key: Path = ()
    if error["type"] in ("missing", "extra_forbidden"):
        steps, key = steps[:-1], steps[-1:]
    path = _existing(data, steps)
    inside = _at(data, path)
    return (*path, *key) if isinstance(inside, dict) else path


def _existing(data: object, steps: Path) -> Path:
    path: Path = ()
    for step in steps:
        if step == "[key]":
            continue
        found = _at(data, (*path, step))
        path = path if found is _ABSENT else (*path, step)
    return path


_ABSENT = object()


def _at(data: object, path: Path) -> object:
    for step in path:
        if (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int)):
            data = data[step]  # type: ignore[index]
        else:
            return _ABSENT
    return data


def _fields(model: type[BaseModel], steps: Path) -> list[str]:
    """Keys that the model at a place takes, as people write them."""
    types_here: list[Any] = [model]
    for step in steps:
        below = [inner for found in types_here for inner in _below(found, step)]
        types_here = below or types_here  # a step that leads nowhere is the tag of a union
        if not below:
            types_here = [found for found in types_here if _tag(found) in (step, None)]
    return [
        field.alias or name
        for found in types_here
        if _is_model(found)
        for name, field in found.model_fields.items()
    ]


def _below(annotation: Any, step: str | int) -> list[Any]:
    if _is_model(annotation):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        return _arms(fields[str(step)].annotation) if step in fields else []
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is tuple and isinstance(step, int):
        return _arms(arguments[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _arms(arguments[1])
    return []


def _arms(annotation: Any) -> list[Any]:
    """The types of a union, without what annotates them."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _arms(arguments[0])
    if origin in (Union, types.UnionType):
        return [arm for argument in arguments for arm in _arms(argument)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tag(annotation: Any) -> str | None:
    field = annotation.model_fields.get("kind") if _is_model(annotation) else None
    return get_args(field.annotation)[0] if field and get_origin(field.annotation) is Literal else None
