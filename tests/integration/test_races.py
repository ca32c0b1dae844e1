"""Gates and people that meet at the worst moment; each claim is also tried on a deliberately wrong gate.

Chance finds none of these races: whoever comes first is held at a place of the test's choice until the others
are there, or, where the store rightly keeps the others out, until they had time to come.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import pytest

from featureguard import assembling
from featureguard.chain import faults
from featureguard.deciding import Decider
from featureguard.decision_record import decision_of
from featureguard.ruling import Ruling
from featureguard.store import Appended, DecisionLog, DecisionRecord
from featureguard.store.waivers import Waivers
from tests.builders import HOUR
from tests.decision_world import MINUTE, World, world

ASKERS = 4
PATIENCE_SECONDS = 0.5


@pytest.fixture
def it(tmp_path: Path, store_url: str) -> Iterator[World]:
    with world(tmp_path, store_url) as made:
        yield made


def meeting(patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Let all askers meet before they call a method for the first time."""
    barrier, method = Barrier(ASKERS), getattr(owner, name)

    def met(self: Any, *arguments: Any, **options: Any) -> Any:
        with suppress(BrokenBarrierError):
            barrier.wait(PATIENCE_SECONDS)
        return method(self, *arguments, **options)

    patch.setattr(owner, name, met)


def at_once(ask: Callable[[int], Ruling]) -> list[Ruling]:
    """What each asker was answered."""
    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(ask, range(ASKERS)))


def meanwhile(
    patch: pytest.MonkeyPatch, owner: Any, name: str, first: Callable[[], Ruling], second: Callable[[], Any]
) -> Ruling:
    """Run all of `second` before `first` calls a method for the first time."""
    method, held, done = getattr(owner, name), Event(), Event()

    def hold(self: Any, *arguments: Any, **options: Any) -> Any:
        if not held.is_set():
            held.set()
            assert done.wait(30)
        return method(self, *arguments, **options)

    with patch.context() as context, ThreadPoolExecutor(1) as pool:
        context.setattr(owner, name, hold)
        answer = pool.submit(first)
        assert held.wait(30)
        try:
            second()
        finally:
            done.set()
        return answer.result(30)


# Deliberately wrong gates.


def forget_the_token(patch: pytest.MonkeyPatch) -> None:
    """Append whatever was judged, with the token of the moment of appending."""
    append = DecisionLog.append

    def careless(self: DecisionLog, record: DecisionRecord, *, waivers: str) -> Appended | None:
        return append(self, record, waivers=Waivers(self._database).with_token()[1] or waivers)

    patch.setattr(DecisionLog, "append", careless)


def look_the_key_up_and_append_without(patch: pytest.MonkeyPatch) -> None:
    """Trust that a key that nobody had a moment ago is still free."""
    append = DecisionLog.append

    def careless(self: DecisionLog, record: DecisionRecord, *, waivers: str) -> Appended | None:
        return append(self, dataclasses.replace(record, key=None), waivers=waivers)

    patch.setattr(DecisionLog, "append", careless)


def take_the_others_answer(patch: pytest.MonkeyPatch) -> None:
    """Answer a confirmation with that of whoever confirmed first."""

    def careless(self: Decider, before: Any, now: Any, until: Any) -> Ruling:
        key, last = self._next_confirmation(before)
        case = self._case(before.subject, before.action, now, until)
        return self._append("confirmation", case, key, (last, before.link.seal), until)

    patch.setattr(Decider, "_confirm", careless)


def compare_with_the_decision_only(patch: pytest.MonkeyPatch) -> None:
    """Keep or worsen the decision, not what was confirmed since."""
    following = Decider._next_confirmation

    def careless(self: Decider, before: Any) -> Any:
        return following(self, before)[0], decision_of(before.link)

    patch.setattr(Decider, "_next_confirmation", careless)


# One attempt, asked for by many.


def answers_to_one_key(it: World, patch: pytest.MonkeyPatch) -> set[tuple[str | None, str]]:
    """The askers see other evidence, so that each would answer something else."""
    meeting(patch, DecisionLog, "append")
    it.go_stale()
    times = [it.now - 4 * HOUR, it.now]

    def ask(number: int) -> Ruling:
        return it.guard.decide("pricing", "train", key="run 1", now=times[number % 2])

    return {(ruling.id, ruling.decision.effective.value) for ruling in at_once(ask)}


def test_one_attempt_has_one_decision_whoever_races(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(answers_to_one_key(it, monkeypatch)) == 1
    assert len(it.store.decisions.recorded()) == 1


def test_the_race_catches_a_key_that_is_only_looked_up(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    look_the_key_up_and_append_without(monkeypatch)
    assert len({verdict for _, verdict in answers_to_one_key(it, monkeypatch)}) == 2


# A waiver that is given or taken back while a decision is made.


def revoked_meanwhile(it: World, patch: pytest.MonkeyPatch, place: str, *, confirms: bool = False) -> Ruling:
    """A waiver is revoked, a minute later, when the gate is about to do something."""
    owner = DecisionLog if place == "append" else Decider
    it.go_stale()
    given, asked_at = it.waive(), it.now
    first = it.decide() if confirms else None

    def ask() -> Ruling:
        return it.guard.confirm(str(first.id)) if first else it.decide()

    def revoke() -> None:
        it.store.waivers.revoke(given.id, by="cat", at=asked_at + MINUTE, reason="It is up again.")

    return meanwhile(patch, owner, place, ask, revoke)


@pytest.fixture
def real(tmp_path: Path, store_url: str) -> Iterator[World]:
    """A store where time is not made up: a revocation that is known counts, whatever its clock said."""
    with world(tmp_path, store_url, simulated=False) as made:
        yield made


@pytest.mark.parametrize("confirms", [False, True])
@pytest.mark.parametrize("place", ["_append", "append"])
def test_no_decision_that_rests_on_a_revoked_waiver_follows_its_revocation(
    real: World, monkeypatch: pytest.MonkeyPatch, place: str, confirms: bool
) -> None:
    answer = revoked_meanwhile(real, monkeypatch, place, confirms=confirms)
    assert answer.decision.effective == "block"
    last = real.store.decisions.recorded()[-1]
    assert (last.link.seal, last.effective) == (answer.id, "block")


def test_the_race_catches_a_gate_that_does_not_compare_the_token(
    real: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_token(monkeypatch)
    assert revoked_meanwhile(real, monkeypatch, "append").allowed


def test_the_race_catches_a_gate_that_believes_the_revokers_clock(
    real: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembling, "_as_known", lambda waiver, _now, _until: waiver)
    assert revoked_meanwhile(real, monkeypatch, "append").allowed


def test_a_waiver_that_was_given_meanwhile_counts(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    it.go_stale()
    answer = meanwhile(monkeypatch, DecisionLog, "append", it.decide, it.waive)
    assert answer.decision.effective == "warn"


def test_the_race_catches_a_gate_that_misses_a_waiver(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_the_token(monkeypatch)
    it.go_stale()
    answer = meanwhile(monkeypatch, DecisionLog, "append", it.decide, it.waive)
    assert answer.decision.effective == "block"


def test_waivers_that_change_for_ever_make_the_gate_hold(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    append, number = DecisionLog.append, iter(range(99))

    def late(self: DecisionLog, record: DecisionRecord, *, waivers: str) -> Appended | None:
        it.waive(ticket=f"OPS-{next(number)}")
        return append(self, record, waivers=waivers)

    monkeypatch.setattr(DecisionLog, "append", late)
    answer = it.decide()
    assert (answer.id, answer.decision.effective) == (None, "hold")
    assert not it.store.decisions.recorded()


# Confirmations of one decision.


def overtaken(it: World, patch: pytest.MonkeyPatch, *, breach: str) -> list[str]:
    """One confirms, and before it can record its answer another one does; the verdicts as recorded.

    Args:
        it: The world.
        patch: Holds the first one.
        breach: Who knows of a breach, `mine` or `theirs`.
    """
    first, fresh = str(it.decide().id), it.now
    it.go_stale()
    broken = it.now
    it.now += 10 * MINUTE
    it.look()
    mine, theirs = (broken, fresh) if breach == "mine" else (it.now, broken)
    meanwhile(
        patch,
        Decider,
        "_append",
        lambda: it.guard.confirm(first, now=mine),
        lambda: it.guard.confirm(first, now=theirs),
    )
    return [known.effective for known in it.store.decisions.recorded()]


def test_a_confirmation_is_ones_own_whoever_came_first(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert overtaken(it, monkeypatch, breach="mine") == ["allow", "allow", "block"]


def test_the_race_catches_a_gate_that_takes_the_others_answer(
    it: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_the_others_answer(monkeypatch)
    assert overtaken(it, monkeypatch, breach="mine") == ["allow", "allow"]


def test_a_confirmation_is_never_milder_than_the_one_that_overtook_it(
    it: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert overtaken(it, monkeypatch, breach="theirs") == ["allow", "block", "block"]


def test_the_race_catches_a_gate_that_compares_with_the_decision_only(
    it: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare_with_the_decision_only(monkeypatch)
    assert overtaken(it, monkeypatch, breach="theirs") == ["allow", "block", "allow"]


def test_many_confirmations_at_once_are_all_recorded(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = str(it.decide().id)
    meeting(monkeypatch, Decider, "_append")
    answers = at_once(lambda _: it.guard.confirm(first))
    assert len({answer.id for answer in answers}) == ASKERS
    assert not faults(it.store.decisions.chain(), [it.store.decisions.head()])
    for known in it.store.decisions.recorded():
        assert it.guard.replay(known.link.seal)[1] == []
