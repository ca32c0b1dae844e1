from datetime import timedelta

import pytest

from featureguard.slo.spells import Spell, State, bad_since, spells
from tests.slo_world import Look, instant, runs_of

HOUR = timedelta(hours=1)


def hour(number: int) -> object:
    return instant(number, HOUR)


def read(*looks: Look, end: int = 10) -> list[Spell]:
    return spells(runs_of(looks, HOUR), instant(0, HOUR), instant(end, HOUR), 3 * HOUR)


def test_a_strip_shows_good_bad_and_unknown_in_order() -> None:
    found = [(spell.start, spell.end, spell.state) for spell in read((0, 0), (8, 4))]
    assert found == [
        (hour(0), hour(3), State.GOOD),
        (hour(3), hour(7), State.UNKNOWN),
        (hour(7), hour(8), State.BAD),
        (hour(8), hour(10), State.UNKNOWN),
    ]


def test_neighbouring_looks_that_agree_are_one_spell() -> None:
    (spell,) = read((0, 0), (1, 1), (2, 2), (4, 4), (6, 6), end=8)
    assert spell == Spell(instant(0, HOUR), instant(8, HOUR), State.GOOD)


def test_without_looks_all_is_unknown() -> None:
    (spell,) = read()
    assert spell.state is State.UNKNOWN


def test_an_empty_table_is_bad_however_far_back_one_asks() -> None:
    assert [spell.state for spell in read((5, None))] == [State.BAD, State.UNKNOWN]


@pytest.mark.parametrize(
    ("looks", "since"),
    [
        ([(0, 0), (5, 0), (9, 0)], 3),
        ([(0, 0), (3, 0)], None),
        ([(0, 0), (5, 0), (6, 6)], None),
        ([(5, 0)], 5),
        ([(0, None), (4, None)], 0),
        ([(0, 0), (2, 2), (7, 0)], 5),
        ([(0, 0), (4, 4), (7, 0)], 7),
        ([(0, 0), (5, 0), (8, 4)], 7),
        ([(0, 0), (5, 0), (6, 6), (7, 0)], 7),
        ([], None),
    ],
)
def test_a_bad_spell_goes_on_until_a_look_finds_fresh_data(looks: list[Look], since: int | None) -> None:
    assert bad_since(runs_of(looks, HOUR), 3 * HOUR) == (None if since is None else hour(since))
