from featureguard.profile import ColumnProfile, Profile
from featureguard.store import Store
from featureguard.store.facts import MAX_STATE_BYTES


def profile(rows: int, nulls: int | None, least: int | None = None) -> Profile:
    return Profile(
        rows, {"fare": ColumnProfile(rows, frozenset({"int64"}), nulls=nulls, least=least, greatest=least)}
    )


def test_profiles_are_found_by_the_keys_of_their_fragments(store: Store) -> None:
    store.put_profiles("rides", {"a": {"day 1": profile(3, 0), "day\t2\n": profile(4, 1)}, "empty": {}})
    assert store.profiles("rides", ["a", "unknown", "empty"]) == {
        "a": {"day 1": profile(3, 0), "day\t2\n": profile(4, 1)},
        "empty": {},
    }
    assert store.profiles("other", ["a"]) == {}
    assert store.profiles("rides", []) == {}


def test_a_later_measurement_of_the_same_rows_is_added_to_the_earlier_one(store: Store) -> None:
    store.put_profiles("rides", {"a": {"all": profile(3, None, least=1)}})
    store.put_profiles("rides", {"a": {"all": profile(3, 2)}})
    store.put_profiles("rides", {"a": {"all": profile(3, None)}})
    assert store.profiles("rides", ["a"])["a"]["all"] == profile(3, 2, least=1)


def test_a_fragment_cut_into_other_units_is_remembered_in_the_new_way_only(store: Store) -> None:
    store.put_profiles("rides", {"a": {"all": profile(3, 1)}})
    store.put_profiles("rides", {"a": {"day 1": profile(1, 1), "day 2": profile(2, 0)}})
    assert store.profiles("rides", ["a"])["a"].keys() == {"day 1", "day 2"}


def test_keys_may_be_of_any_length_and_hold_anything(store: Store) -> None:
    keys = ["x" * 5_000, "zero\x00byte", "not utf-8 \udcff", ""]
    store.put_profiles("rides", {key: {key: profile(n, 0)} for n, key in enumerate(keys)})
    store.put_states("rides", "newest", {key: key.encode(errors="replace") for key in keys})
    assert [store.profiles("rides", [key])[key][key].rows for key in keys] == [0, 1, 2, 3]
    assert list(store.states("rides", "newest", keys)) == keys


def test_states_are_kept_by_dataset_and_kind_and_the_last_one_stays(store: Store) -> None:
    store.put_states("rides", "newest", {"a": b"old", "b": b""})
    store.put_states("rides", "newest", {"a": b"new\x00"})
    assert store.states("rides", "newest", ["a", "b", "c"]) == {"a": b"new\x00", "b": b""}
    assert store.states("rides", "counts", ["a"]) == store.states("other", "newest", ["a"]) == {}


def test_a_state_that_is_too_large_is_not_kept_nor_is_the_one_it_replaces(store: Store) -> None:
    store.put_states("rides", "newest", {"a": b"old", "b": b"old"})
    store.put_states("rides", "newest", {"a": bytes(MAX_STATE_BYTES + 1), "b": b"new"})
    assert store.states("rides", "newest", ["a", "b"]) == {"b": b"new"}


def test_a_thousand_fragments_of_eighteen_columns_are_read_back_as_they_were(store: Store) -> None:
    column = ColumnProfile(
        100_000, frozenset({"double"}), nulls=7, nans=0, empties=0, least=-0.5, greatest=1e9
    )
    wide = Profile(100_000, {f"column_{n}": column for n in range(18)})
    known = {f"lake/rides/day={n}/part-0.parquet@{n}": {"all": wide} for n in range(1_000)}
    store.put_profiles("rides", known)
    assert store.profiles("rides", list(known)) == known
