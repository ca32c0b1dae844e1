"""How our expectations read in Data Docs, and in what GX hands to other pages."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

gx = pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
pandas = pytest.importorskip("pandas")

from great_expectations.render.renderer.inline_renderer import InlineRenderer

from gx_featureguard import (
    ExpectFeatureToBeFresh,
    ExpectNullRateToBeWithinContract,
    ExpectSchemaToMatchContract,
)
from tests.gx_host.batches import Frames

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
NOW = "2013-02-09T12:00:00Z"
FRAME = {
    "at": [datetime(2013, 2, 9, 9, tzinfo=UTC), datetime(2013, 2, 9, 14, tzinfo=UTC)],
    "town": ["", "Oslo"],
    "fare": [1.0, None],
}


def expectations() -> list[Any]:
    return [
        ExpectFeatureToBeFresh(column="at", max_age="180min", now=NOW),
        ExpectFeatureToBeFresh(column="at", max_age={"$PARAMETER": "age"}, now=NOW),
        ExpectFeatureToBeFresh(column="at", within="1d", at_least=0.9, entity=["town"], now=NOW),
        ExpectFeatureToBeFresh(column="gone", within="1d", at_least="90%", now=NOW),
        ExpectNullRateToBeWithinContract(column="town", at_most="5%", covers=["null", "empty"]),
        ExpectNullRateToBeWithinContract(column="fare", at_most=0.5, sentinels=[-999, "n/a"]),
        ExpectSchemaToMatchContract(columns={"town": "string", "fare": None}),
        ExpectSchemaToMatchContract(columns={"town": "int64"}, mode="exact"),
    ]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of one validation, as text with a mark for each icon."""
    root = tmp_path_factory.mktemp("project")
    context = gx.get_context(mode="file", project_root_dir=str(root))
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    data = context.data_sources.add_pandas("lake").add_dataframe_asset("rides")
    suite = context.suites.add(gx.ExpectationSuite(name="rides", expectations=expectations()))
    definition = gx.ValidationDefinition(
        name="rides", data=data.add_batch_definition_whole_dataframe("all"), suite=suite
    )
    checkpoint = gx.Checkpoint(
        name="rides",
        validation_definitions=[context.validation_definitions.add(definition)],
        actions=[gx.checkpoint.UpdateDataDocsAction(name="docs")],
    )
    context.checkpoints.add(checkpoint).run(
        batch_parameters={"dataframe": pandas.DataFrame(FRAME)}, expectation_parameters={"age": "1h"}
    )
    (file,) = Path(root).glob("gx/uncommitted/data_docs/local_site/validations/**/*.html")
    text = file.read_text(encoding="utf-8")
    body = text[text.index("Table-Level Expectations") :]
    marked = re.sub(r'<i class="fas (fa-[a-z-]+)[^>]*>', r" [\1] ", body)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", marked)).split())


@pytest.mark.parametrize(
    "line",
    [
        "[fa-check-circle] newest value must be no older than 3h",
        "DATA_STALE: The newest 'at' is 3h old (2013-02-09 09:00 UTC); the contract allows 1h.",
        "1 row of 'at' lies more than 5min ahead of the look; they refresh nothing.",
        "at least 90.00% of the entities ( town ) must have a row no older than 24h",
        "[fa-question-circle] at least 90.00% of the rows must be no older than 24h",
        "EVIDENCE_PARTIAL: 'gone' is missing. --",
        "[fa-times] values may be null or empty in at most 5.00% of the rows",
        "NULL_LIMIT: 50.00% of 'town' is empty; the contract allows 5.00%. 50.00% without a value",
        "values may be null, NaN or a sentinel ( -999, n/a ) in at most 50.00% of the rows",
        "a reader of the promised columns and types must be able to read the data: fare , town: string",
        "2 of 2 columns as promised",
        "columns and types must be exactly as promised: town: int64",
        "SCHEMA_BREAKING: town: int64 → string. Columns that were not promised: at, fare.",
    ],
)
def test_the_page_says(page: str, line: str) -> None:
    assert line in page


def test_nothing_on_the_page_is_left_to_be_filled_in(page: str) -> None:
    assert "Rendering failed" not in page
    assert not re.search(r"\$\w", page)
    assert page.count("[fa-") == 1 + len(expectations())  # One is for all of them together.


def test_what_raised_is_shown_as_unknown_and_as_gx_shows_it(frames: Frames) -> None:
    result = frames(pandas.DataFrame(FRAME)).validate(expectations()[0])
    result.exception_info = {
        "metric": {"raised_exception": True, "exception_message": "no", "exception_traceback": ""}
    }
    result.success, result.result = False, {}
    icon = ExpectFeatureToBeFresh._diagnostic_status_icon_renderer(result=result)
    assert "fa-question-circle" in str(icon.to_json_dict())
    said = ExpectFeatureToBeFresh._diagnostic_unexpected_statement_renderer(result=result)
    assert "raised an exception" in str(said[0].to_json_dict())
    assert ExpectFeatureToBeFresh._diagnostic_observed_value_renderer(result=result) == "--"


@pytest.mark.parametrize(
    ("position", "sentence", "observed"),
    [
        (0, "$column newest value must be no older than $max_age", "3h old"),
        (
            2,
            "$column at least $at_least of the entities ($entity) must have a row no older than $within",
            "100.00% fresh",
        ),
        (4, "$column values may be null or empty in at most $at_most of the rows", "50.00% without a value"),
        (7, "columns and types must be exactly as promised: $column_0", "0 of 1 column as promised"),
    ],
)
def test_other_pages_get_sentences_too(frames: Frames, position: int, sentence: str, observed: str) -> None:
    result = frames(pandas.DataFrame(FRAME)).validate(expectations()[position])
    expected, seen = InlineRenderer(render_object=result).get_rendered_content()
    said: list[Any] = [one.to_json_dict()["value"] for one in (expected, seen)]
    assert sentence in {one["template"] for one in said}
    assert observed in {one["params"].get("observed_value", {}).get("value") for one in said}
