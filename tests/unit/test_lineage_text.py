"""The graph as text for Mermaid and Graphviz, whatever the nodes are called."""

from __future__ import annotations

import html
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.lineage import Kind, Lineage
from featureguard.lineage_text import to_dot, to_mermaid

FLIGHTS = Lineage(
    {"model": ("flights",), "flights": ("raw feed",)},
    {"model": Kind.SUBJECT, "flights": Kind.DATASET, "raw feed": Kind.EXTERNAL},
)
HOSTILE = [
    "end",
    'say "hi"',
    "a]b",
    "x --> y",
    "<b>",
    "&lt;",
    "#quot;",
    "1. list",
    "back\\slash",
    "`md`",
    "é日本",
]
NAMES = st.text(min_size=1, max_size=20)

MERMAID_NODE = re.compile(r'    n\d+(?:\["|\[/"|\(\[")([^"\[\]{}()<>`|\n]*)(?:"\]|"/\]|"\]\))')
DOT_NODE = re.compile(r'    n\d+ \[label="((?:[^"\\\n]|\\["\\])*)", shape=\w+(?:, style=rounded)?\];')


def readable(name: str) -> str:
    """A name as it can be shown: what cannot be printed is replaced."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


def test_mermaid_shows_kinds_by_shape_and_data_flowing_to_the_right() -> None:
    assert to_mermaid(FLIGHTS).splitlines() == [
        "flowchart LR",
        '    n0["flights"]',
        '    n1(["model"])',
        '    n2[/"raw feed"/]',
        "    n2 --> n0",
        "    n0 --> n1",
    ]


def test_dot_shows_kinds_by_shape_and_data_flowing_to_the_right() -> None:
    assert to_dot(FLIGHTS).splitlines()[2:] == [
        '    n0 [label="flights", shape=box];',
        '    n1 [label="model", shape=box, style=rounded];',
        '    n2 [label="raw feed", shape=parallelogram];',
        "    n2 -> n0;",
        "    n0 -> n1;",
        "}",
    ]


def test_a_state_is_written_and_coloured_and_no_state_is_not_good() -> None:
    mermaid = to_mermaid(FLIGHTS, states={"flights": "unknown", "model": "block"})
    assert 'n0["flights<br>unknown"]' in mermaid
    assert "class n0 unknown" in mermaid
    assert "class n1 block" in mermaid
    assert "classDef ok" not in mermaid
    assert 'label="flights\\nunknown", shape=box, color=' in to_dot(FLIGHTS, states={"flights": "unknown"})


def test_only_the_named_nodes_are_drawn() -> None:
    assert '"raw feed"' not in to_mermaid(FLIGHTS, ["model", "flights", "unheard of"])
    assert "raw feed" not in to_dot(FLIGHTS, ["model", "flights"])


def test_the_order_of_the_files_changes_no_drawing() -> None:
    turned = Lineage(dict(list(FLIGHTS.upstreams.items())[::-1]), dict(list(FLIGHTS.kinds.items())[::-1]))
    assert (to_mermaid(turned), to_dot(turned)) == (to_mermaid(FLIGHTS), to_dot(FLIGHTS))


@given(NAMES | st.sampled_from(HOSTILE))
def test_no_name_gets_out_of_its_mermaid_label(name: str) -> None:
    node = MERMAID_NODE.fullmatch(to_mermaid(Lineage(kinds={name: Kind.EXTERNAL})).splitlines()[1])
    assert node
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), node[1]) == readable(name)


@given(NAMES | st.sampled_from(HOSTILE))
def test_no_name_gets_out_of_its_dot_label(name: str) -> None:
    node = DOT_NODE.fullmatch(to_dot(Lineage(kinds={name: Kind.EXTERNAL})).splitlines()[2])
    assert node
    assert re.sub(r"\\(.)", r"\1", node[1]).replace("&amp;", "&") == readable(name)


def test_the_patterns_do_catch_a_name_that_gets_out() -> None:
    assert not MERMAID_NODE.fullmatch('    n0["say "hi""]')
    assert not DOT_NODE.fullmatch('    n0 [label="say "hi"", shape=box];')


@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
def test_graphviz_shows_hostile_names_as_they_are() -> None:
    text = to_dot(Lineage(kinds=dict.fromkeys(HOSTILE, Kind.EXTERNAL)))
    drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True).stdout
    shown = {html.unescape(found) for found in re.findall(r"<text[^>]*>(.*?)</text>", drawn)}
    assert shown == set(HOSTILE)
