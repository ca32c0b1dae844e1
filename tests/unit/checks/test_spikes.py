import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.checks.nulls import NullCount
from featureguard.checks.spikes import learn, mark_bad, spikes
from featureguard.contract import Contract
from featureguard.observation import History, Unit
from featureguard.profile import ColumnProfile
from featureguard.result import CheckResult, Code, Severity, Status
from tests.builders import column, look, only, unit
from tests.thorough import often

SPIKE = column(nulls={"spike": True})
ROWS = 1_000


def day(number: int, rate: float, rows: int = ROWS, **more: object) -> Unit:
    fare = ColumnProfile(rows, nulls=round(rate * rows), nans=0)
    return unit({"fare": fare}, day=number, **more)  # type: ignore[arg-type]


def judge(rate: float, past: Sequence[Unit], contract: Contract = SPIKE, rows: int = ROWS) -> CheckResult:
    return only(spikes, contract, look(day(100, rate, rows)), History(units=tuple(past)))


def calm(days: int = 28, rate: float = 0.01) -> list[Unit]:
    return [day(number, rate) for number in range(days)]


def test_a_unit_like_its_past_passes_and_says_up_to_where() -> None:
    result = judge(0.01, calm())
    assert (result.status, result.observed) == (Status.PASS, 0.01)
    assert result.limit == pytest.approx(0.0305, abs=1e-3)  # 2 points above the mean rate.


def test_a_spike_fails_with_numbers() -> None:
    result = judge(0.5, calm())
    assert (result.status, result.code) == (Status.FAIL, Code.NULL_SPIKE)
    assert result.reason.startswith(
        "2013-04-11: 50.00% of 'fare' is null; the last 28 comparable units had 1.00% and allow 3.00%"
    )


@pytest.mark.parametrize(("units", "status"), [(7, Status.UNKNOWN), (8, Status.FAIL)])
def test_too_short_a_past_is_a_cold_start(units: int, status: Status) -> None:
    result = judge(0.5, calm(units))
    assert (result.status, result.not_measured) == (status, False)
    assert result.code is (Code.COLD_START if status is Status.UNKNOWN else Code.NULL_SPIKE)


@pytest.mark.parametrize(("rows", "status"), [(199, Status.UNKNOWN), (200, Status.FAIL)])
def test_too_few_rows_are_not_judged(rows: int, status: Status) -> None:
    result = judge(0.5, calm(), rows=rows)
    assert result.status is status
    assert result.code is (Code.NO_EVIDENCE if status is Status.UNKNOWN else Code.NULL_SPIKE)


@pytest.mark.parametrize(("rate", "status"), [(0.0299, Status.PASS), (0.0301, Status.FAIL)])
def test_a_rise_must_be_of_two_points(rate: float, status: Status) -> None:
    """Of a million rows a rise from 1 % to 2.9 % is no chance, and yet not worth waking anyone."""
    past = [day(number, 0.01, 1_000_000) for number in range(28)]
    assert judge(rate, past, rows=1_000_000).status is status


@pytest.mark.parametrize(("rate", "status"), [(0.399, Status.PASS), (0.401, Status.FAIL)])
def test_a_rise_must_be_twofold(rate: float, status: Status) -> None:
    past = [day(number, 0.2, 1_000_000) for number in range(28)]
    assert judge(rate, past, rows=1_000_000).status is status


def test_the_limits_of_effect_and_factor_are_the_contracts() -> None:
    wide = column(nulls={"spike": {"min_effect": 0.3, "min_factor": 10}})
    assert judge(0.3, calm(), wide).status is Status.PASS
    assert judge(0.32, calm(), wide).status is Status.FAIL


def test_days_that_differ_anyway_make_the_bound_wide() -> None:
    restless = [day(number, 0.01 if number % 2 else 0.2) for number in range(28)]
    assert judge(0.3, restless).status is Status.PASS
    assert judge(0.3, calm(rate=0.105)).status is Status.FAIL


def test_a_spotless_past_is_no_certainty() -> None:
    assert judge(0.019, calm(rate=0)).status is Status.PASS
    assert judge(0.021, calm(rate=0)).status is Status.FAIL


def test_only_units_of_the_same_length_are_comparable() -> None:
    other = [day(number, 0.01, length=timedelta(hours=23)) for number in range(28)]
    assert judge(0.5, other).code is Code.COLD_START
    assert judge(0.5, [*other, *calm()]).code is Code.NULL_SPIKE


def test_only_earlier_units_are_the_past() -> None:
    later = [day(number, 0.01) for number in range(101, 120)]
    assert judge(0.5, later).code is Code.COLD_START


def test_only_the_last_units_are_learned_from() -> None:
    old_and_bad = [day(number, 0.9) for number in range(40)]
    assert judge(0.5, [*old_and_bad, *(day(40 + n, 0.01) for n in range(28))]).code is Code.NULL_SPIKE


def test_units_that_failed_are_left_out() -> None:
    marked = [replace(day(number, 0.9), judged_bad=frozenset({"fare"})) for number in range(20)]
    assert judge(0.5, marked).code is Code.COLD_START
    other = [replace(day(number, 0.01), judged_bad=frozenset({"tip"})) for number in range(20)]
    assert judge(0.5, other).code is Code.NULL_SPIKE


def test_units_past_the_fixed_limit_teach_nothing() -> None:
    both = column(nulls={"at_most": 0.25, "spike": {"severity": "warn"}})
    past = [day(number, 0.9 if number % 3 == 0 else 0.01) for number in range(24)]
    result = judge(0.2, past, both)
    assert (result.status, result.severity) == (Status.FAIL, Severity.WARN)
    assert "the last 16 comparable units" in result.reason


def test_the_units_of_one_look_teach_the_later_ones() -> None:
    result = only(spikes, SPIKE, look(*calm(), day(28, 0.5)))
    assert (result.unit, result.code, result.units_failed) == ("2013-01-29", Code.NULL_SPIKE, 1)


def test_a_newer_version_of_a_unit_replaces_the_old_one() -> None:
    stale = [day(number, 0.5) for number in range(28)]
    result = only(spikes, SPIKE, look(*calm(), day(28, 0.5)), History(units=tuple(stale)))
    assert result.status is Status.FAIL


def test_nan_that_metadata_does_not_count_is_worth_a_scan() -> None:
    partial = unit({"fare": ColumnProfile(ROWS, nulls=10)}, day=100)
    result = only(spikes, SPIKE, look(partial), History(units=tuple(calm())))
    assert (result.status, result.not_measured) == (Status.UNKNOWN, True)


def test_where_all_rows_are_one_unit_each_content_was_one() -> None:
    past = [replace(unit({"fare": ColumnProfile(ROWS, nulls=10, nans=0)}), content=str(n)) for n in range(28)]
    now = unit({"fare": ColumnProfile(ROWS, nulls=500, nans=0)})
    assert only(spikes, SPIKE, look(now), History(units=tuple(past))).code is Code.NULL_SPIKE


# ------------------------------------------------------------------------------------------ bad units
def bad(contract: Contract, *units: Unit, past: Sequence[Unit] = ()) -> list[frozenset[str]]:
    marked = mark_bad(contract, look(*units), History(units=tuple(past)))
    return [judged.judged_bad for judged in marked.units]


def test_units_that_break_a_blocking_promise_are_marked() -> None:
    limited = column(nulls="10%")
    assert bad(limited, day(1, 0.1), day(2, 0.101)) == [frozenset(), frozenset({"fare"})]
    assert bad(column(nullable=False), day(1, 0), day(2, 0.001)) == [frozenset(), frozenset({"fare"})]
    assert bad(SPIKE, day(100, 0.5), day(101, 0.01), past=calm()) == [frozenset({"fare"}), frozenset()]


def test_units_that_only_warn_are_not() -> None:
    assert bad(column(nulls={"at_most": 0.1, "severity": "warn"}), day(1, 0.5)) == [frozenset()]
    warning = column(nulls={"spike": {"severity": "warn"}})
    assert bad(warning, day(100, 0.5), past=calm()) == [frozenset()]


# --------------------------------------------------------------------------------------------- the fit
def kleinman(counts: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Mean and intra-class correlation by moments, weights the rows, as in Kleinman 1973."""
    sizes, hits = [n for n, _ in counts], [x for _, x in counts]
    total = sum(sizes)
    p = (sum(hits) + 0.5) / (total + 1)
    weights = [n / total for n in sizes]
    s = sum(w * (x / n - p) ** 2 for w, n, x in zip(weights, sizes, hits, strict=True))
    spread = sum(w * (1 - w) / n for w, n in zip(weights, sizes, strict=True))
    whole = sum(w * (1 - w) for w in weights)
    rho = (s - p * (1 - p) * spread) / (p * (1 - p) * (whole - spread))
    return p, min(max(rho, 0.0), 0.999)


units = st.lists(
    st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=2, max_size=28
).filter(lambda counts: sum(n for n, _ in counts) > len(counts))


@settings(max_examples=often(300), deadline=None, database=None)
@given(units)
def test_the_fit_is_kleinmans(counts: list[tuple[int, int]]) -> None:
    baseline = learn([NullCount(n, x, exact=True) for n, x in counts])
    rate, dispersion = kleinman(counts)
    assert baseline.rate == pytest.approx(rate)
    assert baseline.dispersion == pytest.approx(dispersion, abs=1e-9)
    assert 0 < baseline.rate < 1
    assert baseline.mean_variance >= 0


def test_the_fit_finds_the_dispersion_that_was_put_in() -> None:
    dice = random.Random(7)
    a, b, n = 2.0, 18.0, 2_000  # Mean 0.1, correlation 1 / (a + b + 1).
    counts = []
    for _ in range(400):
        p = dice.betavariate(a, b)
        counts.append(NullCount(n, sum(dice.random() < p for _ in range(n)), exact=True))
    baseline = learn(counts)
    assert baseline.rate == pytest.approx(0.1, rel=0.1)
    assert baseline.dispersion == pytest.approx(1 / 21, rel=0.2)


def test_z_counts_standard_deviations_of_a_binomial_where_days_are_alike() -> None:
    baseline = learn([NullCount(10_000, 1_000, exact=True)] * 28)
    assert baseline.dispersion == 0
    unit_spread = math.sqrt(0.1 * 0.9 / 10_000 * (1 + 1 / 28))
    assert baseline.z(NullCount(10_000, 1_200, exact=True)) == pytest.approx(0.02 / unit_spread, rel=1e-3)


def test_the_bound_is_where_the_test_rejects() -> None:
    """A restless past, so that the z score and not the effect decides."""
    restless = [day(number, 0.02 * (number % 5)) for number in range(28)]
    bound = judge(0.0, restless, rows=10**6).limit
    assert isinstance(bound, float)
    baseline = learn([NullCount(ROWS, round(0.02 * (n % 5) * ROWS), exact=True) for n in range(28)])
    critical = NormalDist().inv_cdf(1 - 1e-4)
    assert baseline.z(NullCount(10**6, round(bound * 10**6), exact=True)) == pytest.approx(critical, rel=1e-3)


@pytest.mark.slow
def test_alarms_on_calm_data_are_as_rare_as_promised() -> None:
    """Simulated, with days as restless as beta(2, 18): at most a few in a thousand."""
    dice = random.Random(11)
    loose = column(nulls={"spike": {"min_effect": 0, "min_factor": 1}})

    def restless(number: int) -> Unit:
        return day(number, dice.betavariate(2, 18))

    alarms = sum(
        judge(dice.betavariate(2, 18), [restless(n) for n in range(28)], loose).status is Status.FAIL
        for _ in range(400)
    )
    assert alarms <= 8
