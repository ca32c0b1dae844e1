"""Scorecards on paper: Markdown that no name can break, and JSON whose names stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from featureguard.scorecard import Features, Scorecard
from featureguard.scorecard.documents import scorecard_to_dict
from featureguard.scorecard.markdown import escaped, to_markdown
from featureguard.scorecard.rollup import Waived, from_cards
from featureguard.waiver import Waiver
from tests.builders import DAY, NOW
from tests.incident_builders import incident
from tests.scorecard_builders import PERIOD, card

GOLDEN = """\
# Scorecard

From 2013-01-12 12:00 UTC to 2013-02-09 12:00 UTC; features as of 2013-02-09 12:00 UTC.

**Dry run: nothing is blocked.**

## Compliance

|  | datasets | features within threshold | target | objectives met | unknown time |
| --- | --- | --- | --- | --- | --- |
| all | 2 | 70.00% (7 within, 2 unknown, 1 not) |  | 1 of 1 | 5.00% |
| tier 0 | 1 | 77.78% (7 within, 2 unknown, 0 not) | more than 99%: unknown | 1 of 1 | 5.00% |
| tier 2 | 1 | 0.00% (0 within, 0 unknown, 1 not) |  |  | 5.00% |

## Owners

|  | datasets | features within threshold | target | objectives met | unknown time |
| --- | --- | --- | --- | --- | --- |
| me@example.org | 2 | 70.00% (7 within, 2 unknown, 1 not) |  | 1 of 1 | 5.00% |

## Datasets

| dataset | tier | owner | features | SLI | between | unknown | excluded | objective | met | \
budget left | burns |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| [rides](https://example.org/a%7Cb) | 0 | me@example.org | 77.78% (7 within, 2 unknown, 0 not) | 94.74% | \
90.00% to 95.00% | 5.00% |  | 90.00% of time over 28d | yes | 47.37% | 2x over 6h |
| zones (only observed) | 2 | me@example.org | 0.00% (0 within, 0 unknown, 1 not) | 94.74% | \
90.00% to 95.00% | 5.00% |  |  |  |  |  |

## Incidents

| dataset | incidents | flaps | open | time to detect | time to recover | unknown |
| --- | --- | --- | --- | --- | --- | --- |
| rides | 1 | 0 | 0 | 1h (p90 1h, n 1) | 2h to 3h (p90 2h to 3h, n 1) | 5.00% |
| zones | 0 | 0 | 0 |  |  | 5.00% |

## Causes

| code | incidents | lasted in sum |
| --- | --- | --- |
| `DATA_STALE` | 1 | 2h to 3h |

## Waivers

| waiver | for | codes | until | by | state | used | why |
| --- | --- | --- | --- | --- | --- | --- | --- |
| ID | rides | `DATA_STALE` | 2013-02-10 12:00 UTC | me and you \\(unverified\\) | in force | 3 | x \\| y |

Without an objective: zones.

Without a runbook: zones.
"""


def waived() -> Waived:
    told: dict[str, Any] = {"dataset": "rides", "codes": ["DATA_STALE"], "by": "me", "approved_by": "you"}
    waiver = Waiver.model_validate({**told, "reason": "x | y", "since": NOW - DAY, "until": NOW + DAY})
    return Waived(waiver, True, 3)


def sheet(owner: str = "me@example.org") -> Scorecard:
    """A card that shows everything, and a bare one."""
    slo, runbook = {"objective": 0.9, "window": "28d"}, "https://example.org/a|b"
    cards = [
        card(
            "rides",
            Features(7, 2, 0),
            incidents=[incident(by=6, after=6)],
            tier=0,
            owner=owner,
            runbook=runbook,
            slo=slo,
        ),
        card("zones", Features(0, 0, 1), enforcement="observe", owner=owner),
    ]
    return from_cards(cards, PERIOD, NOW, mode="dry_run", waivers=[waived()])


def test_the_whole_sheet() -> None:
    assert to_markdown(sheet()) == GOLDEN.replace("ID", waived().waiver.id)


@pytest.mark.parametrize(
    "owner",
    [
        "a|b",
        "`x`",
        "two\nlines",
        "**bold**",
        "<img src=x>",
        "[a](http://b)",
        "\\",
        "\x1b[31mred",
        "\u202eabc",
    ],
)
def test_no_name_breaks_a_table_or_is_obeyed(owner: str) -> None:
    text, plain = to_markdown(sheet(owner)), to_markdown(sheet())
    assert text.count("\n") == plain.count("\n")
    bars = [line.replace("\\\\", "").replace("\\|", "").count("|") for line in text.splitlines()]
    assert bars == [line.replace("\\|", "").count("|") for line in plain.splitlines()]
    assert not {"\x1b", "\u202e"} & set(text)
    assert escaped(owner) in text


def test_escaping_is_what_keeps_a_table_whole() -> None:
    """Negative control: the name itself would add a cell."""
    row = f"| {'a|b'} |"
    assert row.count("|") == 3
    assert f"| {escaped('a|b')} |".replace("\\|", "").count("|") == 2


def test_an_empty_catalog_is_said_to_be_one() -> None:
    assert "No dataset has a contract." in to_markdown(from_cards([], PERIOD, NOW))


def test_json_names_its_units_and_shows_the_unknown_as_null() -> None:
    found = json.loads(json.dumps(scorecard_to_dict(sheet()), allow_nan=False))
    rides, zones = found["datasets"]
    assert rides["features"] == {"within": 7, "unknown": 2, "out": 0, "compliance_ratio": 7 / 9}
    assert rides["objective"]["meets_objective"] is True
    assert rides["objective"]["burn_rates"] == {"1h": None, "6h": 2.0}
    assert rides["sli"]["unknown_seconds"] == 5 * 3600
    assert rides["incidents"]["time_to_recover_seconds"]["median"] == {"least": 7200.0, "most": 10800.0}
    assert (zones["objective"], zones["enforcement"], found["mode"]) == (None, "observe", "dry_run")
    assert found["tiers"]["0"]["meets_target"] is None
    assert found["waivers"][0]["uses"] == 3
    assert found["waivers"][0]["verified"] is False
