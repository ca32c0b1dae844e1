"""Fetches the pages that are shown in Airflow: from an API, or from our own application on a store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow_featureguard.hooks import FeatureGuardHook

if TYPE_CHECKING:
    import ssl

    from featureguard.client.asking import Got

PATIENCE_SECONDS = 10.0
"""How long a page may take."""

_log = logging.getLogger("airflow.featureguard")


class PageError(Exception):
    """There is nothing to show; the text is for whoever looks.

    Attributes:
        status: Of HTTP: 502 where something answered wrongly, 503 where nobody did.
    """

    def __init__(self, text: str, status: int = 503) -> None:
        super().__init__(text)
        self.status = status


async def fetch(conn_id: str, path: str, query: Mapping[str, str]) -> tuple[int, str]:
    """A page of what a connection names: its status and its HTML.

    Raises:
        PageError: If there is none.
    """
    from airflow.sdk.exceptions import AirflowException

    from featureguard.errors import FeatureGuardError

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            settings = await asyncio.to_thread(FeatureGuardHook(conn_id).settings)
            ask = _from_api if "api_url" in settings else _from_project
            got = await ask(settings, path, query)
    except AirflowException as error:
        raise PageError(str(error)) from None
    except TimeoutError:
        raise PageError(f"What the connection '{conn_id}' names did not answer in time.") from None
    except Exception as error:
        unexpected = not isinstance(error, FeatureGuardError)
        _log.error("The page of the connection '%s' failed: %s", conn_id, error, exc_info=unexpected)
        raise PageError(
            f"What the connection '{conn_id}' names cannot be read. The log of the web server says why."
        ) from None
    return _html(conn_id, got)


def _html(conn_id: str, got: Got) -> tuple[int, str]:
    """What came back, if it is one of our pages."""
    if got.failed:
        _log.error("The API of the connection '%s' gave no page: %s", conn_id, got.failed)
        raise PageError(f"The API of the connection '{conn_id}' cannot be reached.")
    if got.status in (401, 403) or 300 <= got.status < 400:  # It sends browsers to its own login.
        raise PageError(
            f"The API refuses the token of the connection '{conn_id}': give it one with the scope 'read'.",
            502,
        )
    if got.status == 503:
        raise PageError(f"What the connection '{conn_id}' names is not ready yet.")
    if got.status >= 500 or not got.headers.get("content-type", "").startswith("text/html"):
        raise PageError(f"What the connection '{conn_id}' names gave no page (HTTP {got.status}).", 502)
    return got.status, got.content.decode(errors="replace")


async def _from_api(settings: Mapping[str, Any], path: str, query: Mapping[str, str]) -> Got:
    from featureguard.client import AsyncClient

    options = dict(settings)
    client = AsyncClient(options.pop("api_url"), verify=_tls(), **options)
    try:
        return await client.page(path, query)
    finally:
        await client.close()


async def _from_project(settings: Mapping[str, Any], path: str, query: Mapping[str, str]) -> Got:
    import httpx

    from airflow_featureguard.hosting import application_on
    from featureguard.client.asking import Got

    application = await application_on(dict(settings))
    while not application.is_ready:
        await asyncio.sleep(0.05)
    transport = httpx.ASGITransport(application.answer, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path, params=dict(query), headers={"Accept": "text/html"})
    return Got(answer.status_code, dict(answer.headers), answer.content)


@cache
def _tls() -> ssl.SSLContext:
    """Which certificates are trusted: read once, since that takes a moment."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)
