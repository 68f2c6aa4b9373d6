"""The one rule for crossings, shared by all bots."""

from enum import IntEnum


class Relation(IntEnum):
    """Where the first of two numbers stands to the second; NONE until they first differ."""

    BELOW = -1
    NONE = 0
    ABOVE = 1


_BELOW, _NONE, _ABOVE = Relation


class Crossing:
    """Watches whether a number crosses another one.

    Equal numbers keep the relation as it was, so touching is not crossing: below, equal, above is one
    cross at the last step, and below, equal, below is none. The first relation ever is not a cross.
    """

    __slots__ = ("crossed", "relation")

    def __init__(self) -> None:
        self.relation = Relation.NONE
        self.crossed = Relation.NONE

    def update(self, first: float, second: float) -> None:
        """Take both numbers of a bar; `crossed` is ABOVE or BELOW for this bar only, else NONE."""
        before = self.relation
        relation = _ABOVE if first > second else _BELOW if first < second else before
        if relation is before or before is _NONE:
            self.crossed = _NONE
        else:
            self.crossed = relation
        self.relation = relation

    def save(self) -> list[int]:
        """Return relation and cross as two whole numbers."""
        return [int(self.relation), int(self.crossed)]

    def load(self, saved: tuple[Relation, Relation]) -> None:
        """Take back what `save` gave."""
        self.relation, self.crossed = saved
