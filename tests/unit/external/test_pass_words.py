"""Law: only a tool's own word for it is a pass, whatever stands in the file."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from featureguard.external.dbt import run_results
from featureguard.external.dbt_freshness import sources
from featureguard.external.gx import validations
from featureguard.external.reported import Reported
from featureguard.external.soda import scan
from featureguard.result import Status
from tests.unit.external.files import (
    expectation,
    freshness,
    manifest,
    ran,
    run,
    soda_check,
    soda_scan,
    source_result,
    validation,
)

Read = Callable[[object], Status | None]

READERS: Mapping[str, tuple[Callable[[object], object], object]] = {
    "dbt": (lambda word: next(run_results(run(ran(word)), manifest(), "file")), "pass"),
    "dbt freshness": (lambda word: next(sources(freshness(source_result(word)), "file")), "pass"),
    "gx": (lambda word: next(validations(validation(expectation(word)), "file")), True),
    "soda": (lambda word: next(scan(soda_scan(soda_check(word)), "file")), "pass"),
}
WORDS = ("pass", "Pass", "passed", "pass ", "success", "ok", "warn", "fail", "error", "skipped", "", "true")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


def breaches(read: Callable[[object], object], word: object, pass_word: object) -> bool:
    """Whether a reader calls something a pass that is not exactly the tool's word, or the reverse."""
    found = read(word)
    passed = isinstance(found, Reported) and found.status is Status.PASS
    return passed is not (type(word) is type(pass_word) and word == pass_word)


@pytest.mark.parametrize("tool", READERS)
@given(word=JSON)
@example(word="pass")
@example(word=True)
@example(word=1)
def test_only_the_tools_own_word_is_a_pass(tool: str, word: object) -> None:
    read, pass_word = READERS[tool]
    assert not breaches(read, word, pass_word)


def test_the_law_catches_a_reader_that_takes_what_is_no_failure_for_a_pass() -> None:
    def lenient(word: object) -> Reported:
        status = Status.FAIL if word in ("fail", "error", "warn") else Status.PASS
        return Reported("check", (), status, None)

    assert [word for word in WORDS if breaches(lenient, word, "pass")]
