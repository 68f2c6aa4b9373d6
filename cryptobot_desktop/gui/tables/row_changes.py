"""How one list of rows becomes the next: which to remove, which to insert, or start over. Pure arithmetic."""

from collections.abc import Hashable, Sequence

from msgspec import Struct

Span = tuple[int, int]
"""(first, count)."""


class RowChanges(Struct, frozen=True):
    """Removals from the end to the front, then insertions from the front to the end; None = start over."""

    removals: tuple[Span, ...]
    insertions: tuple[Span, ...]


def row_changes(old: Sequence[Hashable], new: Sequence[Hashable]) -> RowChanges | None:
    """Return the changes that lead from old to new keys, or None when kept rows changed their order."""
    if len(set(old)) != len(old) or len(set(new)) != len(new):
        return None
    fresh, stale = set(new), set(old)
    if [key for key in old if key in fresh] != [key for key in new if key in stale]:
        return None
    removals = _spans([i for i, key in enumerate(old) if key not in fresh])
    insertions = _spans([i for i, key in enumerate(new) if key not in stale])
    return RowChanges(tuple(reversed(removals)), insertions)


def _spans(indices: list[int]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for index in indices:
        if spans and index == spans[-1][0] + spans[-1][1]:
            spans[-1] = (spans[-1][0], spans[-1][1] + 1)
        else:
            spans.append((index, 1))
    return tuple(spans)
