"""How values are said on the page; templates and the words that they use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from featureguard.api.page.assets import address
from featureguard.api.page.charts import ages
from featureguard.checks import words
from featureguard.incident import lasted
from featureguard.profile import NEVER, Never
from featureguard.scorecard import phrases

HTML = "text/html; charset=utf-8"
FOLDER = Path(__file__).parent

_SHAPES = {
    "fresh": "●",
    "aging": "◐",
    "stale": "▲",
    "never": "✕",
    "unknown": "?",
    "none": "–",
    "allow": "✓",
    "warn": "!",
    "hold": "‖",
    "block": "■",
    "pass": "✓",
    "fail": "■",
}
_SAID = {"none": "no promise", "pass": "kept", "fail": "broken"}


def render(template: str, **values: Any) -> bytes:
    """A page as bytes; every text in it is escaped."""
    return environment().get_template(template).render(**values).encode(errors="replace")


@cache
def environment() -> Environment:
    """The templates with the words that they use."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "badge": badge,
        "duration": _duration,
        "limit": words.limit,
        "instant": instant,
        "percent": phrases.ratio,
        "lapse": phrases.lapse,
        "segment": lambda text: quote(text, safe=""),
        "count": words.count,
        "shown": lambda result, value: words.measured(result.check, value) or "–",
    }
    made.globals |= {
        "age_bar": ages.bar,
        "asset": address,
        "budget_left": phrases.budget_left,
        "compliance": phrases.compliance,
        "given_by": phrases.given_by,
        "lasted": lasted,
        "quantiles": phrases.quantiles,
        "state_of": phrases.state_of,
        "NEVER": NEVER,
    }
    return made


def badge(word: str) -> Markup:
    """A state or a verdict: a shape and a word, and a colour for those who see it."""
    shape, said = _SHAPES.get(word, "·"), _SAID.get(word, word)
    return Markup('<span class="badge s-{}"><span aria-hidden="true">{}</span> {}</span>').format(
        word, shape, said
    )


def instant(value: datetime | Never | None) -> Markup:
    """An instant, readable by people and machines."""
    if value is None:
        return Markup('<span class="quiet">not known</span>')
    if isinstance(value, Never):
        return Markup("never")
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), words.instant(value))


def _duration(value: timedelta | float | None) -> str:
    if value is None:
        return "not known"
    return words.duration(value.total_seconds() if isinstance(value, timedelta) else value)


def query(**values: Any) -> str:
    """A query string of the values that are given."""
    given: Mapping[str, Any] = {name: value for name, value in values.items() if value not in (None, "")}
    return "&".join(f"{name}={quote(str(value), safe='')}" for name, value in given.items())
