"""What passed is believed while its evidence is young, whole, uncontradicted and of the newest snapshot."""

from datetime import timedelta
from typing import Any

import pytest

from featureguard.evidence import Evidence
from featureguard.gate import Standing
from featureguard.observation import ClockReading
from featureguard.profile import NEVER
from featureguard.result import Code, Severity, Status
from tests.builders import HOUR, NOW
from tests.gate_world import EVIDENCE_AGE, MINUTE, TICK, known, looked, promised, sight, stand

STALE = timedelta(hours=31)


def found(standing: Standing) -> list[tuple[str, str | None]]:
    return [(finding.result.check, finding.result.code) for finding in standing.findings]


def test_young_whole_evidence_leaves_nothing_to_say() -> None:
    contract = promised()
    assert found(stand(contract, known(contract, looked(contract)))) == []


def test_a_dataset_nobody_looked_at_is_unknown_and_blocking() -> None:
    standing = stand(promised(), Evidence("rides"))
    (finding,) = standing.findings
    assert found(standing) == [("evidence", Code.NO_EVIDENCE)]
    assert (finding.result.status, finding.result.severity) == (Status.UNKNOWN, Severity.BLOCK)
    assert (standing.observed_at, finding.observed_at) == (None, None)


def test_a_look_is_trusted_up_to_its_limit_and_not_beyond() -> None:
    contract = promised()
    evidence = known(contract, looked(contract))
    assert found(stand(contract, evidence, NOW + EVIDENCE_AGE)) == []
    late = stand(contract, evidence, NOW + EVIDENCE_AGE + TICK)
    assert found(late) == [("evidence", Code.EVIDENCE_EXPIRED)]
    assert "it is trusted for 1h" in late.findings[0].result.reason


def test_a_look_may_be_five_minutes_ahead_and_not_more() -> None:
    contract = promised()
    assert found(stand(contract, known(contract, looked(contract, at=NOW + 5 * MINUTE)))) == []
    ahead = known(contract, looked(contract, at=NOW + 5 * MINUTE + TICK))
    assert found(stand(contract, ahead)) == [("evidence", Code.EVIDENCE_FROM_FUTURE)]


@pytest.mark.parametrize(
    "code", [Code.SOURCE_UNREADABLE, Code.SOURCE_CORRUPT, Code.RESOURCE_LIMIT, Code.CHECK_TIMEOUT]
)
def test_an_unfinished_look_hides_what_passed_under_its_own_code(code: Code) -> None:
    contract = promised()
    unfinished = looked(contract, at=NOW, failure=code)
    evidence = known(contract, unfinished, looked(contract, at=NOW - MINUTE))
    assert found(stand(contract, evidence)) == [("evidence", code)]
    assert found(stand(contract, known(contract, unfinished))) == [("evidence", code)]


def test_a_failure_stays_when_the_next_look_cannot_be_finished_or_comes_too_late() -> None:
    contract = promised()
    stale = looked(contract, at=NOW - MINUTE, age=STALE)
    unfinished = looked(contract, failure=Code.SOURCE_UNREADABLE)
    assert found(stand(contract, known(contract, unfinished, stale))) == [
        ("evidence", Code.SOURCE_UNREADABLE),
        ("freshness", Code.DATA_STALE),
    ]
    old = stand(contract, known(contract, stale), NOW + 2 * HOUR)
    assert found(old) == [("freshness", Code.DATA_STALE), ("evidence", Code.EVIDENCE_EXPIRED)]


def test_a_complete_look_without_a_latest_one_is_still_a_look() -> None:
    contract = promised()
    look = looked(contract)
    assert found(stand(contract, Evidence("rides", None, look, (sight(look),)))) == []
    assert found(stand(contract, Evidence("rides", look, None))) == [("evidence", Code.NO_EVIDENCE)]


def superseded(lag: timedelta | None, **newer: Any) -> Standing:
    """A complete look 20 minutes ago; another snapshot was seen 10 minutes ago, but not read."""
    contract = promised()
    old = looked(contract, at=NOW - 20 * MINUTE, snapshot="s1")
    unread = looked(contract, at=NOW - 10 * MINUTE, failure=Code.RESOURCE_LIMIT)
    seen = (sight(unread, snapshot="s2", **newer), sight(old))
    return stand(contract, Evidence("rides", old, old, seen), lag=lag)


def test_an_older_snapshot_counts_as_long_as_the_policy_lets_it_lag() -> None:
    assert found(superseded(20 * MINUTE)) == []
    assert found(superseded(20 * MINUTE - TICK)) == [("evidence", Code.EVIDENCE_SUPERSEDED)]
    assert found(superseded(None)) == []  # as long as evidence: an hour


def test_an_older_snapshot_counts_from_the_last_time_that_anybody_saw_it() -> None:
    contract = promised()
    old = looked(contract, at=NOW - 20 * MINUTE)
    again = sight(old, "laptop", observed_at=NOW - 12 * MINUTE)
    newer = sight(old, observed_at=NOW - 10 * MINUTE, complete=False, snapshot="s2", clocks={})
    standing = stand(contract, Evidence("rides", old, old, (newer, again, sight(old))), lag=15 * MINUTE)
    assert found(standing) == []
    assert standing.turns[0].at == NOW + 3 * MINUTE + TICK
    assert standing.turns[0].findings[0].result.code is Code.EVIDENCE_SUPERSEDED


def test_nothing_is_superseded_by_itself_or_by_what_has_no_snapshot() -> None:
    assert found(superseded(MINUTE, observed_at=NOW - 30 * MINUTE)) == []
    assert found(superseded(MINUTE, observed_at=NOW - 20 * MINUTE)) == []  # seen at once: neither is newer
    contract = promised()
    old = looked(contract, at=NOW - 20 * MINUTE)
    unnamed = sight(looked(contract, failure=Code.RESOURCE_LIMIT), snapshot=None)
    assert found(stand(contract, Evidence("rides", old, old, (unnamed, sight(old))), lag=MINUTE)) == []


def contradicted(**second: Any) -> Standing:
    contract = promised()
    first, other = looked(contract), looked(contract, at=NOW - MINUTE)
    return stand(contract, known(contract, first, seen=(sight(first), sight(other, "laptop", **second))))


def test_two_values_of_one_clock_and_one_snapshot_contradict_each_other() -> None:
    earlier = {"event_time": ClockReading(NOW - 5 * HOUR, 0)}
    (finding,) = contradicted(clocks=earlier).findings
    assert finding.result.code is Code.EVIDENCE_CONTRADICTORY
    assert "'event_time': 2013-02-09 11:00 UTC (worker" in finding.result.reason
    assert "laptop" in finding.result.reason
    never = contradicted(clocks={"event_time": ClockReading(NEVER)})
    assert found(never) == [("evidence", Code.EVIDENCE_CONTRADICTORY)]


@pytest.mark.parametrize(
    "second",
    [
        {"clocks": {"event_time": ClockReading(NOW - 5 * HOUR)}, "snapshot": "s2"},
        {"clocks": {"event_time": ClockReading(NOW - 5 * HOUR)}, "complete": False},
        {"clocks": {"event_time": ClockReading(NOW - 5 * HOUR)}, "snapshot": None},
        {"clocks": {"event_time": ClockReading(NOW - HOUR, 3)}},  # future rows come due
        {"clocks": {"event_time": ClockReading(None)}},
        {"clocks": {"file_mtime": ClockReading(NOW - 5 * HOUR)}},
    ],
)
def test_looks_that_differ_for_a_good_reason_do_not_contradict(second: dict[str, object]) -> None:
    assert found(contradicted(**second)) == []
