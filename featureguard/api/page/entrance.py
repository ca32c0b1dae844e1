"""What anybody may fetch: the way in for browsers, and what pages are dressed in."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from featureguard.access import Caller, Scope, caller_of
from featureguard.api.page.assets import assets
from featureguard.api.page.rendering import HTML, render
from featureguard.api.problems import ProblemError
from featureguard.api.replies import service_of
from featureguard.api.security.gatekeeper import COOKIE, safe_next
from featureguard.api.security.scopes import router

public = APIRouter(include_in_schema=False)
signed_in = router(Scope.READ, include_in_schema=False)
_FOR_A_YEAR = "public, max-age=31536000, immutable"


@public.get("/static/{name}")
async def static(name: str) -> Response:
    """An asset."""
    found = assets().get(name)
    if found is None:
        raise ProblemError("not-found", "There is nothing at this address.")
    headers = {"Cache-Control": _FOR_A_YEAR, "ETag": f'"{found.version}"'}
    return Response(found.content, media_type=found.media_type, headers=headers)


@public.get("/login")
async def ask_for_token(target: Annotated[str, Query(alias="next")] = "/") -> Response:
    """The page that asks for a token."""
    return _login(safe_next(target), None)


@public.post("/login")
async def sign_in(request: Request) -> Response:
    """Keep a token in a cookie that no script can read."""
    service = service_of(request)
    form = _form(await request.body())
    target, secret = safe_next(form.get("next", ["/"])[0]), form.get("token", [""])[0].strip()
    found = caller_of(secret, service.keeper.tokens or {}, service.wall_clock())
    if not isinstance(found, Caller):
        request.state.refused = found
        return _login(target, "This token is not active here.", 401)
    if Scope.READ not in found.scopes:
        return _login(target, f"The token '{found.name}' lacks the scope 'read'.", 403)
    answer = RedirectResponse(target, 303)
    secure = request.url.scheme == "https"
    # "lax": a link in a chat or a ticket must lead to its page, not to a login.
    answer.set_cookie(COOKIE, secret, httponly=True, samesite="lax", secure=secure)
    return answer


@signed_in.post("/logout")
async def sign_out() -> Response:
    """Forget the token in this browser."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


def _form(body: bytes) -> dict[str, list[str]]:
    """What was filled in; nothing if it is no form of ours."""
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:  # Too many fields.
        return {}


def _login(target: str, refused: str | None, status: int = 200) -> Response:
    content = render("login.html", here="/login", next=target, refused=refused, leaves=False)
    return Response(content, status, media_type=HTML)
