"""Stored looks are judged by today's contract, as of now and of every later instant."""

import dataclasses
from datetime import datetime, timedelta

import pytest

from featureguard.contract import Contract
from featureguard.evidence import Evidence
from featureguard.gate import Standing
from featureguard.gate.assess import digest_of
from featureguard.histogram import TimeHistogram
from featureguard.observation import History, PopulationReading
from featureguard.result import Code, Severity, Status
from tests.builders import HOUR, NOW, unit
from tests.gate_world import EVIDENCE_AGE, MINUTE, TICK, known, looked, other_tool, promised, stand

NULLS = {"columns": {"fare": {"type": "float64", "nulls": "5%"}}}
SPIKE = {"columns": {"fare": {"type": "float64", "nulls": {"spike": {"min_rows": 10}}}}}
EXTERNAL = [{"tool": "dbt", "check": "not_null"}]


def found(standing: Standing, at: datetime = NOW) -> set[tuple[str, str | None]]:
    return {(finding.result.check, finding.result.code) for finding in standing.at(at)}


def test_a_measure_that_the_look_lacks_is_partial_evidence() -> None:
    contract = promised(schema=NULLS)
    standing = stand(contract, known(contract, looked(contract, nulls=None)))
    assert found(standing) == {("nulls", Code.EVIDENCE_PARTIAL)}


def test_a_promise_made_since_the_look_names_the_change() -> None:
    before, today = promised(schema={"columns": {"fare": "float64"}}), promised(schema=NULLS)
    old = known(before, looked(before, nulls=None))
    assert found(stand(today, old)) == {("nulls", Code.CONTRACT_CHANGED)}
    assert found(stand(before, old)) == set()


def test_a_limit_tightened_since_the_look_is_judged_at_once() -> None:
    contract = promised(schema=NULLS)
    seen = known(contract, looked(contract, nulls=3))
    tighter = promised(schema={"columns": {"fare": {"type": "float64", "nulls": "1%"}}})
    assert found(stand(contract, seen)) == set()
    assert found(stand(tighter, seen)) == {("nulls", Code.NULL_LIMIT)}


def test_a_cold_start_is_over_for_good_once_it_is_over() -> None:
    contract = promised(schema=SPIKE)
    evidence = known(contract, looked(contract))
    assert found(stand(contract, evidence)) == {("null_spike", Code.COLD_START)}
    learned = dataclasses.replace(evidence, learned=frozenset({("null_spike", "fare")}))
    (finding,) = stand(contract, learned).findings
    assert finding.result.code is Code.EVIDENCE_PARTIAL
    assert finding.result.reason.endswith("It was judged before: its history is missing.")
    other = dataclasses.replace(evidence, learned=frozenset({("null_spike", "tip")}))
    assert found(stand(contract, other)) == {("null_spike", Code.COLD_START)}


def test_a_promise_may_shorten_the_trust_in_its_own_evidence() -> None:
    contract = promised(volume={"at_least": 1, "evidence_max_age": "30min"})
    standing = stand(contract, known(contract, looked(contract)))
    assert found(standing, NOW + 30 * MINUTE) == set()
    assert found(standing, NOW + 30 * MINUTE + TICK) == {("volume", Code.EVIDENCE_EXPIRED)}
    assert found(standing, NOW + EVIDENCE_AGE + TICK) >= {("evidence", Code.EVIDENCE_EXPIRED)}


def test_a_promise_may_lengthen_the_trust_but_not_that_in_others() -> None:
    contract = promised(volume={"at_least": 1, "evidence_max_age": "2h"})
    standing = stand(contract, known(contract, looked(contract)))
    assert found(standing, NOW + EVIDENCE_AGE + TICK) == {("evidence", Code.EVIDENCE_EXPIRED)}
    assert ("volume", Code.EVIDENCE_EXPIRED) in found(standing, NOW + 2 * HOUR + TICK)


def test_where_every_promise_has_its_own_trust_the_longest_one_ends_all_evidence() -> None:
    volume = {"at_least": 1, "severity": "warn", "evidence_max_age": "2h"}
    contract = Contract.model_validate({"dataset": "rides", "owner": "me", "volume": volume})
    standing = stand(contract, known(contract, looked(contract)))
    assert found(standing, NOW + 2 * HOUR) == set()
    expired = standing.at(NOW + 2 * HOUR + TICK)
    assert [(f.result.check, f.result.severity) for f in expired] == [
        ("evidence", Severity.BLOCK),
        ("volume", Severity.WARN),
    ]
    assert "trusted for 2h" in expired[0].result.reason


def test_a_contract_may_say_itself_how_long_looks_are_trusted() -> None:
    contract = promised(evidence_max_age="3h")
    standing = stand(contract, known(contract, looked(contract)))
    assert standing.turns[0].at == NOW + 3 * HOUR + TICK


def test_a_contract_without_promises_proves_nothing() -> None:
    empty = Contract.model_validate({"dataset": "rides", "owner": "me"})
    looks = known(empty, looked(empty))
    assert (
        found(stand(empty, looks))
        == found(stand(empty, looks, NOW + HOUR * 99))
        == {("evidence", Code.NO_EVIDENCE)}
    )


def external(*results: object, **promise: object) -> Standing:
    contract = promised(external_checks=[{**EXTERNAL[0], **promise}])
    return stand(contract, known(contract, looked(contract), external=tuple(results)))


def test_an_expected_result_of_another_tool_must_be_there_young_and_not_from_the_future() -> None:
    name = "dbt:not_null"
    assert found(external()) == {(name, Code.NO_EVIDENCE)}
    assert found(external(other_tool())) == set()
    assert found(external(other_tool(at=NOW - EVIDENCE_AGE))) == set()
    assert found(external(other_tool(at=NOW - EVIDENCE_AGE - TICK))) == {(name, Code.EVIDENCE_EXPIRED)}
    assert found(external(other_tool(at=NOW - HOUR * 2), evidence_max_age="2h")) == set()
    assert found(external(other_tool(at=NOW + 5 * MINUTE))) == set()
    ahead = other_tool(at=NOW + 5 * MINUTE + TICK)
    assert found(external(ahead)) == {(name, Code.EVIDENCE_FROM_FUTURE)}


def test_what_another_tool_found_broken_counts_however_old_and_whether_or_not_it_was_expected() -> None:
    failed = other_tool(Status.FAIL, NOW - 99 * HOUR, code=Code.NULL_LIMIT)
    (finding,) = external(failed, severity="warn").findings
    assert (finding.result.status, finding.result.severity) == (Status.FAIL, Severity.WARN)
    strange = other_tool(Status.FAIL, check="strange", code=Code.RANGE_VIOLATED)
    assert found(external(other_tool(), strange)) == {("dbt:strange", Code.RANGE_VIOLATED)}
    assert found(external(other_tool(), other_tool(check="strange", at=NOW - 99 * HOUR))) == set()


def test_the_latest_result_of_a_check_counts_and_of_two_at_once_the_worse() -> None:
    failed = other_tool(Status.FAIL, code=Code.NULL_LIMIT)
    assert found(external(failed, other_tool())) == found(external(other_tool(), failed)) != set()
    assert found(external(failed, other_tool(at=NOW + TICK))) == set()


def test_another_tool_cannot_plead_a_cold_start_or_report_a_number_that_is_none() -> None:
    said = other_tool(Status.UNKNOWN, code=Code.COLD_START, observed=float("nan"))
    (finding,) = external(said).findings
    assert (finding.result.code, finding.result.observed) == (Code.EVIDENCE_PARTIAL, None)


def test_a_contract_of_external_checks_alone_needs_no_look() -> None:
    alone = {"dataset": "rides", "owner": "me", "external_checks": EXTERNAL}
    contract = Contract.model_validate(alone)
    assert found(stand(contract, Evidence("rides", external=(other_tool(),)))) == set()
    assert found(stand(contract, Evidence("rides"))) == {("dbt:not_null", Code.NO_EVIDENCE)}
    clocked = Contract.model_validate({**alone, "time": {"event": "at"}})  # counts rows from the future
    assert ("evidence", Code.NO_EVIDENCE) in found(
        stand(clocked, Evidence("rides", external=(other_tool(),)))
    )


def test_ages_grow_and_other_numbers_stand_still() -> None:
    contract = promised(volume={"at_least": 500})
    standing = stand(contract, known(contract, looked(contract, age=31 * HOUR)))
    later = standing.at(NOW + 30 * MINUTE + TICK)
    observed = {finding.result.check: finding.result.observed for finding in later}
    assert observed == {"freshness": 31.5 * 3600 + 1e-6, "volume": 100}


def test_a_standing_tells_when_it_turns_to_the_microsecond() -> None:
    contract = promised(freshness={"max_age": "80min", "warn_age": "70min"})
    standing = stand(contract, known(contract, looked(contract)))
    codes = [(turn.at, len(turn.findings)) for turn in standing.turns]
    assert codes == [
        (NOW + 10 * MINUTE + TICK, 1),
        (NOW + 20 * MINUTE + TICK, 2),
        (NOW + EVIDENCE_AGE + TICK, 3),
    ]


def crowd(contract: Contract, seconds: int, at: datetime | None = None) -> Standing:
    """Rows so many seconds in a row, the youngest an hour old."""
    first = int((NOW - HOUR).timestamp()) - seconds
    times = TimeHistogram.of_seconds((first + second, 1) for second in range(seconds))
    reading = PopulationReading(
        "rows", times, at=at, fresh=0 if at else None, expected=seconds if at else None
    )
    return stand(contract, known(contract, looked(contract, population=reading)))


def test_a_population_of_many_ages_says_how_far_it_was_looked_at() -> None:
    of_rows = {"of": "rows", "within": "65min", "at_least": "1%"}
    contract = promised(freshness={"max_age": "30h", "population": of_rows})
    few, many = crowd(contract, 100), crowd(contract, 2_000)
    assert few.known_until is None
    assert many.known_until is not None
    assert NOW < many.known_until < NOW + EVIDENCE_AGE
    assert NOW < many.moves_at < many.known_until if many.moves_at else False


def test_an_exact_count_answers_at_its_instant_only() -> None:
    of_rows = {"of": "rows", "within": "65min", "at_least": "1%"}
    contract = promised(freshness={"max_age": "30h", "population": of_rows})
    standing = crowd(contract, 100, at=NOW)
    assert found(standing) == {("population", Code.POPULATION_STALE)}  # as counted, however wrong
    assert found(standing, NOW + TICK) == set()


def test_a_population_is_unknown_while_its_limit_lies_within_a_bucket_and_stale_after_it() -> None:
    contract = promised(
        freshness={"max_age": "30h", "population": {"of": "rows", "within": "65min", "at_least": "100%"}}
    )
    standing = crowd(contract, 1)  # one row, in the second before it is an hour old
    codes = [(turn.at - NOW, turn.findings[0].result.code) for turn in standing.turns[:2]]
    assert codes == [
        (5 * MINUTE - timedelta(seconds=1) + TICK, Code.EVIDENCE_PARTIAL),
        (5 * MINUTE, Code.POPULATION_STALE),
    ]


def test_the_digest_of_evidence_names_all_that_a_verdict_rests_on() -> None:
    contract = promised()
    basis = known(contract, looked(contract))
    past = History(units=(unit(rows=3, day=1),))
    others = [
        dataclasses.replace(basis, history=past),
        dataclasses.replace(basis, learned=frozenset({("null_spike", "fare")})),
        dataclasses.replace(basis, external=(other_tool(Status.FAIL),)),
        dataclasses.replace(basis, external=(other_tool(Status.FAIL, severity=Severity.WARN),)),
        known(contract, looked(contract, snapshot="s2")),
    ]
    digests = {digest_of(evidence) for evidence in [basis, *others]}
    assert len(digests) == 6


@pytest.mark.parametrize("wait", [timedelta(), MINUTE, EVIDENCE_AGE, 2 * HOUR, 30 * HOUR])
def test_what_will_be_found_is_what_is_found_then(wait: timedelta) -> None:
    contract = promised(freshness={"max_age": "2h", "warn_age": "70min"})
    evidence = known(contract, looked(contract))
    assert found(stand(contract, evidence), NOW + wait) == found(
        stand(contract, evidence, NOW + wait), NOW + wait
    )
