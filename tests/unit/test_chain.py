from dataclasses import replace

from featureguard.chain import GENESIS, Fault, Head, Link, faults, head_of, seal_of, sealed


def chain(*bodies: str) -> list[Link]:
    links: list[Link] = []
    for body in bodies:
        links.append(sealed(body, links[-1] if links else None))
    return links


def places(found: list[Fault]) -> list[int]:
    return [fault.sequence for fault in found]


def test_the_first_record_follows_nothing_and_the_next_one_follows_it() -> None:
    first, second = chain("a", "b")
    assert (first.sequence, first.previous) == (1, GENESIS)
    assert (second.sequence, second.previous) == (2, first.seal)


def test_a_seal_is_the_sha256_of_place_previous_seal_and_text() -> None:
    # printf '1\n%064d\na' 0 | sha256sum
    assert seal_of(1, GENESIS, "a") == "65b0acdade737239773abbff26483fa7f6aadf5902d17562445089920a64414e"


def test_the_same_text_at_another_place_has_another_seal() -> None:
    assert len({link.seal for link in chain("a", "a", "a")}) == 3


def test_a_whole_chain_has_no_faults() -> None:
    links = chain("a", "b", "c")
    assert faults(links, [head_of(links), head_of(links[:1]), Head(0, GENESIS)]) == []
    assert faults([]) == []


def test_a_changed_text_is_found_at_its_place() -> None:
    links = chain("a", "b", "c")
    links[1] = replace(links[1], body="B")
    assert faults(links) == [Fault(2, "its text or its place was changed: its seal does not fit.")]


def test_a_forged_text_that_is_no_valid_unicode_is_found_like_any_other() -> None:
    links = chain("a", "b")
    assert places(faults([replace(links[0], body="\ud800"), links[1]])) == [1]


def test_a_record_that_was_sealed_again_no_longer_fits_the_next_one() -> None:
    links = chain("a", "b", "c")
    links[1] = sealed("B", links[0])
    assert faults(links) == [Fault(3, "it does not follow the record before it, which was changed.")]


def test_removed_records_are_named() -> None:
    a, b, c, d = chain("a", "b", "c", "d")
    assert faults([a, c, d]) == [Fault(2, "record 2 is missing.")]
    assert faults([a, d]) == [Fault(2, "records 2 to 3 are missing.")]
    assert faults([b, c, d]) == [Fault(1, "record 1 is missing.")]


def test_a_record_that_stands_too_late_is_found_there() -> None:
    a, b, c = chain("a", "b", "c")
    assert Fault(2, "it stands where record 4 belongs.") in faults([a, c, b])


def test_a_record_that_stands_twice_is_found() -> None:
    a, b, c = chain("a", "b", "c")
    assert places(faults([a, b, b, c])) == [2]


def test_a_cut_tail_is_found_only_by_a_head_that_was_kept_elsewhere() -> None:
    links = chain("a", "b", "c")
    assert faults(links[:2]) == []
    assert faults(links[:2], [head_of(links)]) == [
        Fault(3, "the chain ends before record 3, which an exported head knows.")
    ]
    assert places(faults([], [head_of(links)])) == [3]


def test_a_chain_that_was_written_anew_does_not_fit_an_exported_head() -> None:
    links = chain("a", "b", "c")
    anew = chain("a", "B", "c")
    assert faults(anew) == []
    assert faults(anew, [head_of(links), head_of(links[:1])]) == [
        Fault(3, "it is not the record that an exported head knows.")
    ]


def test_an_empty_chain_ends_where_it_begins() -> None:
    assert head_of([]) == Head(0, GENESIS)
