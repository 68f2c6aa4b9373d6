"""Running highest and lowest of a window, with constant work per bar on average."""

from collections import deque

from msgspec import Struct


class SavedExtreme(Struct):
    """How many values were taken, and [number, value] of each candidate, oldest first."""

    count: int
    candidates: list[list[float]]


class RunningExtreme:
    """Largest (or smallest) of the last `period` values.

    Keeps only values that can still become the extreme: each enters once and leaves once.
    """

    __slots__ = ("_candidates", "_count", "_period", "_sign")

    def __init__(self, period: int, *, largest: bool) -> None:
        self._period = period
        self._sign = 1.0 if largest else -1.0
        self._count = 0
        self._candidates: deque[tuple[int, float]] = deque()

    def update(self, value: float) -> float | None:
        """Take a value; return the extreme, None before `period` values."""
        signed, candidates = self._sign * value, self._candidates
        while candidates and candidates[-1][1] <= signed:
            candidates.pop()
        candidates.append((self._count, signed))
        if candidates[0][0] <= self._count - self._period:
            candidates.popleft()
        self._count += 1
        return None if self._count < self._period else self._sign * candidates[0][1]

    def peek(self, value: float) -> float | None:
        """Return the extreme with this value as the newest; changes nothing."""
        if self._count < self._period - 1:
            return None
        best = self._sign * value
        for index, signed in self._candidates:
            if index > self._count - self._period:
                best = max(best, signed)
                break
        return self._sign * best

    def save(self) -> SavedExtreme:
        """Return the state in a form that JSON can carry."""
        return SavedExtreme(self._count, [[index, self._sign * signed] for index, signed in self._candidates])

    def load(self, saved: SavedExtreme) -> None:
        """Take back what `save` gave."""
        self._count = saved.count
        self._candidates = deque((int(index), self._sign * value) for index, value in saved.candidates)
