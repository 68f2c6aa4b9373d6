"""Extremes of blocks of 4, 16, 64 ... bars, so that any zoom reads a few thousand numbers at most.

Building costs one pass over the numbers; an appended bar changes one cell per level.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Extreme = np.ufunc
"""``np.maximum``, ``np.minimum``, or ``np.fmax`` and ``np.fmin`` where values may be missing."""

FACTOR = 4
_SMALLEST_LEVEL = 64
_FIRST_ROOM = 1_024


class GrowingNumbers:
    """Floats in one array with room to grow; appending copies nothing most of the time."""

    __slots__ = ("_array", "_count")

    def __init__(self) -> None:
        self._array: Numbers = np.empty(_FIRST_ROOM, dtype=np.float64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def view(self) -> Numbers:
        """Return the numbers so far; the view is only good until the next change."""
        return self._array[: self._count]

    def reserve(self, count: int) -> None:
        """Make room for so many numbers, so that taking them in one after the other copies nothing."""
        if count > len(self._array):
            room = np.empty(count + count // 8, dtype=np.float64)
            room[: self._count] = self._array[: self._count]
            self._array = room

    def write(self, start: int, values: Numbers) -> None:
        """Replace everything from `start` on."""
        end = start + len(values)
        if end > len(self._array):
            room = np.empty(max(end, 2 * len(self._array)), dtype=np.float64)
            room[:start] = self._array[:start]
            self._array = room
        self._array[start:end] = values
        self._count = end


class Pyramid:
    """Levels of one extreme over one growing series."""

    def __init__(self, extreme: Extreme) -> None:
        self._extreme = extreme
        self._levels: list[GrowingNumbers] = []
        self._count = 0

    def clear(self) -> None:
        """Forget everything."""
        self._levels.clear()
        self._count = 0

    def extend(self, numbers: Numbers) -> None:
        """Take in what was appended to `numbers` (the whole series) since the last call."""
        lower, start, index = numbers, self._count, 0
        self._count = len(numbers)
        while len(lower) > _SMALLEST_LEVEL:
            if index == len(self._levels):
                self._levels.append(GrowingNumbers())
                start = 0
            first = start // FACTOR
            self._levels[index].write(first, block_extremes(self._extreme, lower[first * FACTOR :]))
            lower, start, index = self._levels[index].view, first, index + 1

    def level(self, index: int, numbers: Numbers) -> Numbers:
        """Return level `index`, each cell over FACTOR**index bars; 0 is the series, empty where there is none yet."""
        if index == 0:
            return numbers
        return self._levels[index - 1].view if index <= len(self._levels) else numbers[:0]

    @property
    def height(self) -> int:
        """Return the highest level's index."""
        return len(self._levels)


def block_extremes(extreme: Extreme, numbers: Numbers) -> Numbers:
    """Return the extreme of each block of FACTOR numbers; the last block may be shorter."""
    whole = len(numbers) // FACTOR * FACTOR
    pairs = extreme(numbers[0:whole:2], numbers[1:whole:2])
    blocks: Numbers = extreme(pairs[0::2], pairs[1::2])
    if whole == len(numbers):
        return blocks
    return np.append(blocks, extreme.reduce(numbers[whole:]))
