"""Pictures: what is drawn where, and that whoever does not see them is told the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

pytest.importorskip("jinja2", reason="jinja2 (extra 'api') is not installed")

from hypothesis import given
from hypothesis import strategies as st

from featureguard.api.page.charts import ages, graph, ratios, strip
from featureguard.api.page.charts.svg import Scale, days, number, picture, text
from featureguard.contract import Contract, Subject
from featureguard.lineage import Lineage
from featureguard.profile import NEVER, Never
from featureguard.slo.spells import Spell, State
from featureguard.timeline import Run

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def run(value: datetime | Never, first: float, last: float | None = None) -> Run:
    seen = at(first)
    return Run(value, seen.replace(minute=0), seen, at(last if last is not None else first))


def paths(svg: str, kind: str) -> list[str]:
    """The shapes of a class, as path data."""
    return [one.get("d", "") for one in parsed(svg).iter() if one.get("class") == kind]


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def title(svg: str) -> str:
    return parsed(svg).findtext("title") or ""


def test_age_grows_until_something_newer_is_first_seen() -> None:
    runs = [run(at(0), 1), run(at(0), 2), run(at(3), 4)]
    [stretch] = ages.teeth(runs, START, at(6))
    told = [(when, age / HOUR) for when, age in stretch]
    assert told == [(at(1), 1), (at(2), 2), (at(2), 2), (at(4), 4), (at(4), 1), (at(6), 3)]


def test_a_tooth_that_began_before_the_picture_is_cut_at_its_edge() -> None:
    [stretch] = ages.teeth([run(at(-10), -8)], START, at(2))
    assert stretch == [(START, 10 * HOUR), (at(2), 12 * HOUR)]


def test_where_no_value_is_left_the_line_ends() -> None:
    found = ages.teeth([run(at(0), 1), run(NEVER, 3), run(at(4), 5)], START, at(6))
    assert found == [[(at(1), HOUR), (at(3), 3 * HOUR)], [(at(5), HOUR), (at(6), 2 * HOUR)]]


def test_what_is_seen_later_than_the_picture_is_not_in_it() -> None:
    assert ages.teeth([run(at(8), 9)], START, at(6)) == []
    assert "nothing was seen" in title(ages.sparkline([], START, at(6), 2 * HOUR, "rides"))


def test_the_sawtooth_tells_its_highest_age_and_its_limit() -> None:
    spells = [Spell(at(0), at(1), State.UNKNOWN), Spell(at(4), at(6), State.BAD)]
    runs = [run(at(0), 1)]
    svg = ages.sawtooth(runs, spells, START, at(6), limit=4 * HOUR, warns=3 * HOUR, name="rides")
    assert title(svg) == "Age of rides: at most 6h; the limit is 4h"
    assert len(paths(svg, "limit")) == len(paths(svg, "warns")) == len(paths(svg, "back-bad")) == 1
    words = [one.text for one in parsed(svg).iter() if one.tag.endswith("text")]
    assert {"limit 4h", "warns 3h"} <= set(words)


@given(st.lists(st.floats(0, 500), min_size=3, max_size=400))
def test_a_thinned_line_keeps_its_ends_in_order_and_its_peak(heights: list[float]) -> None:
    points = [(float(n), height) for n, height in enumerate(heights)]
    thin = ages._thinned(points)
    assert len(thin) <= max(80, len(points) if len(points) <= 80 else 0)
    assert [x for x, _ in thin] == sorted(x for x, _ in thin)
    assert {min(y for _, y in points), max(y for _, y in points)} <= {y for _, y in thin}


@pytest.mark.parametrize(("age", "share"), [(0, 1), (3, 37.5), (6, 75), (60, 100)])
def test_a_bar_reaches_its_limit_at_three_quarters(age: float, share: float) -> None:
    svg = ages.bar(age * HOUR, 6 * HOUR, None, "fresh")
    [fill] = paths(svg, "fill s-fresh")
    assert fill == f"M0 0h{number(share)}v8h{number(-share)}z"
    assert "the limit is 6h" in title(svg)


def test_without_age_or_limit_there_is_no_bar() -> None:
    assert ages.bar(None, HOUR, None, "unknown") == ages.bar(HOUR, None, None, "none") == ""


def test_a_strip_shows_all_its_time_and_tells_the_shares() -> None:
    spells = [Spell(at(0), at(12), State.GOOD), Spell(at(12), at(18), State.UNKNOWN)]
    svg = strip.strip([*spells, Spell(at(18), at(24), State.BAD)], START, at(24), "rides")
    assert title(svg).startswith("rides, the last 24h: 50.00% good, 25.00% bad, 25.00% unknown")
    widths = [float(w) for kind in ("good", "bad", "unknown") for w in re.findall(r"h(\d[\d.]*)v", svg)]
    assert sum(widths) == pytest.approx(3 * strip.WIDTH)


def test_a_short_breach_is_still_seen_in_a_long_strip() -> None:
    spells = [Spell(START, START + timedelta(seconds=1), State.BAD)]
    [shape] = paths(strip.strip(spells, START, START + 28 * DAY, "rides"), "t-bad")
    assert shape.startswith("M0 0h1.5v")


def test_a_history_marks_what_failed() -> None:
    values = [(at(1), 0.01, False), (at(2), 0.5, True)]
    svg = ratios.history(values, 0.25, START, at(3), title="Null share of fare")
    kinds = [one.get("class") for one in parsed(svg).iter() if one.tag.endswith("circle")]
    assert kinds == ["dot", "dot failed"]
    assert title(svg) == "Null share of fare: 2 looks, 1 failed, at most 50.00%, last 50.00%"
    empty = ratios.history([], None, START, at(3), title="Rows")
    assert "Nothing was measured" in empty


def lineage() -> Lineage:
    promised = {"owner": "me", "time": {"event": "at"}}
    contracts = [
        Contract.model_validate({"dataset": "joined", "upstream": ["rides", "walks"], **promised}),
        Contract.model_validate({"dataset": "rides", "upstream": [{"external": "raw<&>"}], **promised}),
        Contract.model_validate({"dataset": "walks", **promised}),
    ]
    subject = Subject(subject="pricing", owner="me", requires=("joined", "walks"))
    from featureguard.catalog import Catalog

    return Catalog.from_contracts(contracts, [subject]).lineage


def test_boxes_stand_to_the_right_of_what_they_are_made_from_and_never_on_each_other() -> None:
    nodes = {node.name: node for node in graph.layout(lineage())}
    for name, node in nodes.items():
        assert all(nodes[up].x < node.x for up in lineage().direct(name))
    places = [(node.x, node.y) for node in nodes.values()]
    assert len(set(places)) == len(places) == 5


def test_a_graph_is_links_with_states_in_words_and_nothing_that_a_name_brings() -> None:
    states = {"rides": ("stale", "stale"), "pricing": ("block", "block: train")}
    svg = graph.graph(lineage(), states, lambda name, _: f"/datasets/{name}", "pricing")
    root = parsed(svg)
    links = {one.get("href") for one in root.iter() if one.get("href")}
    assert links == {"/datasets/raw<&>", "/datasets/rides", "/datasets/walks", "/datasets/joined"}
    titles = {one.text for one in root.iter() if one.tag.endswith("title")}
    assert {"rides: stale", "pricing: block: train", "raw<&>: no contract"} <= titles


def test_a_scale_draws_at_its_edge_what_is_outside() -> None:
    scale = Scale(0, 10, 100, 0)
    assert [scale.at(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 50, 0, 0]
    assert Scale(3, 3, 0, 100).at(3) == 0


def test_text_in_a_picture_is_text() -> None:
    svg = picture(1, 1, "<script>", [text("axis", 0, 0, "</svg><script>")], kind='x" onload="y')
    assert "<script>" not in svg
    assert parsed(svg).get("onload") is None


@given(st.integers(2, 800), st.integers(0, 86_399))
def test_at_most_eight_midnights_are_marked(length: int, offset: int) -> None:
    start = START + timedelta(seconds=offset)
    found = days(start, start + length * DAY)
    assert 1 <= len(found) <= 8
    assert all(start < one < start + length * DAY and one.hour == one.minute == 0 for one in found)
