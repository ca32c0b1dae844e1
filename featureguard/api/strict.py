"""What may be sent: strict JSON, known keys, bounded text, aware times."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError

from featureguard.api.problems import ProblemError
from featureguard.api.security.asgi import Receive, Scope, Send
from featureguard.wire.scalars import clean

Key = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(clean)]
"""An idempotency key."""
Seconds = Annotated[float, Field(gt=0, le=366 * 86_400, allow_inf_nan=False)]
"""A length of time."""
Digest = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[0-9a-f]+$")]
"""A decision's id, or the beginning of it."""
ShortId = Annotated[str, StringConstraints(min_length=4, max_length=64, pattern=r"^[0-9a-f]+$")]
"""The id of a waiver or an incident."""


class StrictRoute(APIRoute):
    """A route that reads JSON as it is meant: no key twice, no NaN, and said to be JSON."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


class PlainRoute(StrictRoute):
    """A strict route for what is asked most: its endpoint takes the request and one document, nothing else.

    FastAPI describes it, but what it would inject is not looked for, which costs more than the answer does.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        wanted = self.dependant
        if wanted.path_params or wanted.query_params or wanted.header_params or len(wanted.body_params) != 1:
            raise TypeError(f"{endpoint.__name__} takes more than a request and a document.")
        self._needs = [one.call for one in wanted.dependencies if one.call]
        document: Any = wanted.body_params[0].field_info.annotation
        self._read: TypeAdapter[Any] = TypeAdapter(document)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _StrictRequest(scope, receive, send)
        for needs in self._needs:
            await needs(request)
        try:
            document = self._read.validate_python(await request.json())
        except ValidationError as error:
            told = error.errors(include_url=False, include_context=False, include_input=False)
            raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in told]) from None
        response: Response = await self.endpoint(request, document)
        await response(scope, receive, send)


class _StrictRequest(Request):
    async def json(self) -> Any:
        if not _is_json(self.headers.get("content-type", "")):
            raise ProblemError("unsupported-media-type", "Send 'Content-Type: application/json'.")
        return parse(await self.body())


def parse(body: bytes) -> Any:
    """Read a JSON document.

    Raises:
        ProblemError: If it is none, a key stands twice, or a number is none.
    """
    try:
        return json.loads(body, object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except RecursionError:
        raise ProblemError("invalid", "The body is nested too deeply.") from None
    except ValueError as error:
        raise ProblemError("invalid", f"The body is no JSON that can be read: {error}.") from None


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")
