"""The status page inside Airflow: behind Airflow's own login, for reading only, confined to its addresses."""

from __future__ import annotations

import re
from html import escape

from airflow.api_fastapi.core_api.security import requires_access_asset
from fastapi import Depends, FastAPI, Request, Response

from airflow_featureguard.fetching import PageError, fetch
from featureguard.api.page.assets import Asset, assets

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_PAGE = re.compile(r"((datasets|subjects)/[A-Za-z_][A-Za-z0-9_.-]{0,199}|incidents|scorecard|runbooks)?")
"""Every page there is: whatever else is asked for goes nowhere."""

_LONGEST_QUERY = 2_000
_BASE = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+/[A-Za-z0-9._~/-]*")
_ADDRESS = re.compile(r'( (?:href|src|action|hx-get)=")/(?!/)')
"""An address from the root; all other quotation marks in our pages are escaped."""

_NOT_HERE = re.compile(r'<a href="/(?:v1/openapi\.json|metrics)">[^<]*</a> · ')
_HTML = "text/html; charset=utf-8"


def create_app(conn_id: str) -> FastAPI:
    """The page of what a connection names, to be mounted in Airflow's web server.

    Whoever may see assets may see it. There is one route for everything, so that nothing can be asked for
    by strangers.

    Args:
        conn_id: A connection of the type `featureguard`; read anew for each page.
    """
    app = FastAPI(
        dependencies=[Depends(requires_access_asset("GET"))],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )

    @app.api_route("/{path:path}", methods=_METHODS)
    async def show(request: Request, path: str) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _told(request, 405, "This page is for reading only.", {"Allow": "GET, HEAD"})
        if found := _asset(path):
            return _confined(request, Response(found.content, media_type=found.media_type))
        if not _PAGE.fullmatch(path) or len(request.url.query) > _LONGEST_QUERY:
            return _told(request, 404, "There is nothing at this address.")
        try:
            status, page = await fetch(conn_id, f"/{path}", dict(request.query_params))
        except PageError as error:
            return _told(request, error.status, str(error))
        return _confined(request, Response(_moved(page, _root(request)), status, media_type=_HTML))

    return app


def _asset(path: str) -> Asset | None:
    """An asset is this package's own: what somebody else sends must not run in Airflow's origin."""
    folder, _, name = path.partition("/")
    return assets().get(name) if folder == "static" else None


def _moved(page: str, root: str) -> str:
    """The page with addresses that lead here, and without those that lead nowhere."""
    return _ADDRESS.sub(lambda found: f"{found[1]}{escape(root)}/", _NOT_HERE.sub("", page))


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _told(request: Request, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    root = escape(_root(request))
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>featureguard</title>'
        f'<link rel="stylesheet" href="{root}/static/style.css"></head><body><main id="main">'
        f'<h1>The page cannot be shown</h1><p>{escape(text)}</p><p><a href="{root}/">All datasets</a></p>'
        "</main></body></html>"
    )
    return _confined(request, Response(page, status, headers, media_type=_HTML))


def _confined(request: Request, answer: Response) -> Response:
    """Airflow may frame the page; it runs our script only, which asks for nothing but this page.

    In Airflow's origin whatever ran freely would act as whoever is signed in.
    """
    base = f"{request.url.scheme}://{request.url.netloc}{_root(request)}/"
    here, script = (base, f"{base}static/htmx.min.js") if _BASE.fullmatch(base) else ("'none'", "'none'")
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src {here} data:; script-src {script};"
        f" connect-src {here}; form-action {here}; frame-ancestors 'self'; base-uri 'none'"
    )
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    is_page = answer.media_type == _HTML
    answer.headers["Cache-Control"] = "no-store" if is_page else "private, max-age=3600"
    return answer
