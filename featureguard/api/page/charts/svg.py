"""The few SVG words that the charts are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup, escape

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie in a picture; what is outside is drawn at the edge.

    Attributes:
        low, high: Values at `start` and at `end`.
        start, end: Places, in user units.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def times(start: datetime, end: datetime, left: float, right: float) -> Scale:
    """A scale of instants, by their POSIX time."""
    return Scale(start.timestamp(), end.timestamp(), left, right)


def picture(
    width: float, height: float, title: str, parts: Iterable[str], *, kind: str, stretches: bool = True
) -> Markup:
    """A whole picture, named for those who do not see it.

    Args:
        width, height: Size in user units; the style sheet scales it.
        title: What it shows, in a sentence.
        parts: Shapes, drawn one over the other.
        kind: Class of the picture.
        stretches: It fills whatever place there is; a picture with words keeps its proportions.
    """
    fit = ' preserveAspectRatio="none"' if stretches else ""
    return Markup(
        f'<svg class="{escape(kind)}" viewBox="0 0 {number(width)} {number(height)}" role="img"{fit}>'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def rectangles(kind: str, spans: Sequence[Point], y: float, height: float) -> str:
    """Rectangles of one class side by side, as one shape; spans are `(from, to)`."""
    if not spans:
        return ""
    told = "".join(
        f"M{number(start)} {number(y)}h{number(end - start)}v{number(height)}h{number(start - end)}z"
        for start, end in spans
    )
    return f'<path class="{kind}" d="{told}"/>'


def line(kind: str, points: Sequence[Point]) -> str:
    """A line through points."""
    if len(points) < 2:
        return ""
    told = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path class="{kind}" d="{told}" fill="none" vector-effect="non-scaling-stroke"/>'


def area(kind: str, points: Sequence[Point], floor: float) -> str:
    """The area between points and a floor."""
    if len(points) < 2:
        return ""
    closed = [*points, (points[-1][0], floor), (points[0][0], floor)]
    told = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in closed)
    return f'<path class="{kind}" d="{told}z"/>'


def text(kind: str, x: float, y: float, told: str, *, anchor: str = "start") -> str:
    """Words."""
    return (
        f'<text class="{kind}" x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">{escape(told)}</text>'
    )


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def days(start: datetime, end: datetime, most: int = 8) -> list[datetime]:
    """Midnights (UTC) to mark, at most so many."""
    first = start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    all_days = max(1, (end - first) // timedelta(days=1) + 1)
    step = timedelta(days=-(-all_days // most))
    found = []
    while first < end:
        found.append(first)
        first += step
    return found
