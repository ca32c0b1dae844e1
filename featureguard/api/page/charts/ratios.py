"""A measured value over looks, against the limit that it was judged by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup

from featureguard.api.page.charts.svg import Point, Scale, days, line, number, picture, text, times
from featureguard.checks import words

WIDTH, HEIGHT = 960.0, 150.0
_LEFT, _BOTTOM, _TOP = 64.0, 122.0, 10.0


def history(
    values: Sequence[tuple[datetime, float, bool]],
    limit: float | None,
    start: datetime,
    end: datetime,
    *,
    title: str,
    said: Callable[[float], str] = words.percent,
    unit: str = "look",
) -> Markup:
    """Dots joined by a line; those that failed are marked.

    Args:
        values: (instant, value, failed), oldest first.
        limit: What is allowed; `None` without a limit.
        start, end: What is shown.
        title: What it shows.
        said: How a value is said.
        unit: What one value is of.
    """
    highest = max((value for _, value, _ in values), default=0.0)
    top = max(highest * 1.1, (limit or 0.0) * 1.25, 0.01)
    across, up = times(start, end, _LEFT, WIDTH - 8), Scale(0, top, _BOTTOM, _TOP)
    parts = [line("grid", [(_LEFT, _BOTTOM), (WIDTH - 8, _BOTTOM)])]
    for share in (0.5, 1.0):
        y = up.at(top * share)
        parts.append(line("grid", [(_LEFT, y), (WIDTH - 8, y)]))
        parts.append(text("axis", _LEFT - 8, y + 4, said(top * share), anchor="end"))
    parts += [
        text("axis", across.at(day.timestamp()), _BOTTOM + 18, f"{day:%-d %b}", anchor="middle")
        for day in days(start, end)
    ]
    points: list[Point] = [(across.at(at.timestamp()), up.at(value)) for at, value, _ in values]
    parts.append(line("age", points))
    for (x, y), (_, _, failed) in zip(points, values, strict=True):
        kind = "dot failed" if failed else "dot"
        parts.append(f'<circle class="{kind}" cx="{number(x)}" cy="{number(y)}" r="{4.5 if failed else 2}"/>')
    if limit is not None:
        y = up.at(limit)
        parts.append(line("limit", [(_LEFT, y), (WIDTH - 8, y)]))
        parts.append(text("limit-label", WIDTH - 12, y - 5, f"limit {said(limit)}", anchor="end"))
    broken = sum(bad for _, _, bad in values)
    told = f"{title}: {words.count(len(values), unit)}, {broken} failed"
    if values:
        told += f", at most {said(highest)}, last {said(values[-1][1])}"
    else:
        parts.append(
            text("empty", WIDTH / 2, HEIGHT / 2, "Nothing was measured in this time", anchor="middle")
        )
    return picture(WIDTH, HEIGHT, told, parts, kind="chart small")
