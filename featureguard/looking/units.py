"""Which units a look judges: the closed ones that are new or have changed since the look before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from featureguard.looking.pieces import Piece, Split, is_dated
from featureguard.observation import ALL, KeyCount, Unit
from featureguard.profile import Profile, sum_profiles
from featureguard.windows import Window, from_micros


def members_of(pieces: Sequence[Piece]) -> dict[str, list[Piece]]:
    """The pieces of each unit; a dataset without fragments is one unit without rows."""
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        for key in piece.units or {}:
            found.setdefault(key, []).append(piece)
    if len(found) > 1 and not any(piece.units and piece.units[ALL].rows for piece in found.get(ALL, ())):
        found.pop(ALL, None)  # Files without rows are in no window; beside other files they are no unit.
    return found if pieces else {ALL: []}


def contents_of(members: Mapping[str, Sequence[Piece]]) -> dict[str, str]:
    """A digest of what each unit is made of: its fragments, or their metadata where they have no identity."""
    return {
        key: hashlib.sha256("\n".join(sorted(_identity(piece) for piece in pieces)).encode()).hexdigest()
        for key, pieces in members.items()
    }


def _identity(piece: Piece) -> str:
    return piece.fragment.key or hashlib.sha256(piece.whole.to_json()).hexdigest()


def profile_of(key: str, members: Sequence[Piece]) -> Profile:
    """The sum of its pieces' profiles of a unit."""
    return sum_profiles([piece.units[key] for piece in members if piece.units])


def build_unit(key: str, profile: Profile, split: Split, content: str, keys: KeyCount | None) -> Unit:
    """A unit with the profile of its rows."""
    window = window_of(key, profile, split)
    start, end = (window.start, window.end) if window else (None, None)
    return Unit(key, content, profile, start, end, keys)


def window_of(key: str, profile: Profile, split: Split) -> Window | None:
    """The window that a unit is, or `None` for partitions and rows without a time."""
    time = profile.columns.get(str(split.time))
    if split.windows is None or time is None or not is_dated(time.least):
        return None
    window = split.windows.at(from_micros(time.least))
    return window if window.key == key else None


def choose(
    contents: Mapping[str, str],
    before: Mapping[str, str] | None,
    judged_before: Iterable[str],
    closed: Sequence[str],
) -> list[str]:
    """The units to judge.

    Args:
        contents: Content of each unit now.
        before: Content of each unit at the look before; `None` if there was none, or nobody kept it.
        judged_before: Units that the look before judged.
        closed: The units that are closed, oldest first.

    Returns:
        Closed units that are new or changed; and those judged before, unless a newer unit supersedes them,
        so that mending one bad day does not hide another. If there are none, the newest closed one.
    """
    if before is None:
        return list(closed)
    changed = {key for key in closed if contents[key] != before.get(key)}
    kept = set(judged_before) & set(closed)
    newer = kept and changed and closed.index(max(changed, key=closed.index)) > max(map(closed.index, kept))
    judged = changed if newer else changed | kept
    return [key for key in closed if key in judged] or list(closed[-1:])


def order(unit: Unit) -> tuple[bool, float, str]:
    """Sorts units oldest first: windows by their start, others by name, rows without a time last."""
    return unit.start is None, unit.start.timestamp() if unit.start else 0.0, unit.key
