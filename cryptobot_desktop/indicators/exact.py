"""Window sums without rounding: prices as whole numbers on a grid of 2**-120.

Every double of 7e-21 or more lies exactly on that grid, so a running sum of such whole numbers is the
true sum of the window, however many bars came and went before. Python divides whole numbers with a
single correct rounding, so a mean depends on the window alone: no drift, and the incremental and the
array path cannot differ.
"""

from collections import deque
from collections.abc import Iterable, Sequence

GRID = 2.0**120
GRID_UNITS = 2**120

LARGEST = 1e100
"""Greater numbers are refused: their squares would leave the range of floats."""


def exact_mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean of the values, rounded once."""
    return sum(int(value * GRID) for value in values) / (len(values) * GRID_UNITS)


class WindowSum:
    """Sum of the last `period` whole numbers (scaled prices), exact; `total` is None until there are as many."""

    __slots__ = ("_window", "period", "total")

    def __init__(self, period: int) -> None:
        self.period = period
        self.total: int | None = None
        self._window: deque[int] = deque(maxlen=period)

    def update(self, value: int) -> int | None:
        """Take the newest number; the oldest leaves. Returns the new total."""
        window = self._window
        if self.total is not None:
            self.total += value - window[0]
            window.append(value)
            return self.total
        window.append(value)
        if len(window) == self.period:
            self.total = sum(window)
        return self.total

    def window(self) -> list[int]:
        """Return the numbers in the window, oldest first."""
        return list(self._window)

    def load(self, window: Iterable[int]) -> None:
        """Start again from these numbers."""
        self._window.clear()
        self.total = None
        for value in window:
            self.update(value)
