"""Where each bar stands on the x axis: one slot per bar, and a few empty slots where bars are missing.

Slots are whole numbers from 0. A hole in time takes as many slots as bars are missing, but at most
`WIDEST_HOLE`, so that a night without a connection does not push the market off the screen.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from cryptobot_desktop.domain.timeframe import Timeframe

Times = NDArray[np.int64]

WIDEST_HOLE = 12
MOST_HOLES = 400
_MONTH_MS = 31 * 86_400_000


class Hole(Struct, frozen=True):
    """Missing bars: first and last empty slot, and the time from which to which nothing is known."""

    first_slot: int
    last_slot: int
    start_ms: int
    end_ms: int


class Slots:
    """Bars by index, by slot and by time."""

    def __init__(self, timeframe: Timeframe) -> None:
        self.timeframe = timeframe
        self.length_ms = timeframe.length_ms or _MONTH_MS
        self._times: Times = np.empty(0, dtype=np.int64)
        self._after: Times = np.empty(0, dtype=np.int64)
        """Indices of the bars that come after a hole."""
        self._shifts: Times = np.zeros(1, dtype=np.int64)
        """Empty slots before each of them altogether, with 0 in front."""

    @property
    def count(self) -> int:
        """Return the number of bars."""
        return len(self._times)

    def extend(self, times: Times) -> None:
        """Take in what was appended to `times` (opening times of all bars) since the last call."""
        first = max(0, self.count - 1)
        self._times = times
        if self.timeframe.length_ms is None or len(times) < 2:
            return
        missing = np.diff(times[first:]) // self.length_ms - 1
        found = np.flatnonzero(missing > 0)
        if len(found):
            widths = np.minimum(missing[found], WIDEST_HOLE)
            self._after = np.concatenate((self._after, found + first + 1))
            self._shifts = np.concatenate((self._shifts, self._shifts[-1] + np.cumsum(widths)))

    def holes(self, left: float, right: float) -> list[Hole]:
        """Return the holes between two places on the axis, at most `MOST_HOLES` of them."""
        ends = self._after + self._shifts[1:]
        first = int(np.searchsorted(ends, left, "right"))
        last = int(np.searchsorted(self._after + self._shifts[:-1], right, "right"))
        return [self._hole(number) for number in range(first, min(last, first + MOST_HOLES))]

    def _hole(self, number: int) -> Hole:
        index = int(self._after[number])
        start, end = index + int(self._shifts[number]), index + int(self._shifts[number + 1]) - 1
        return Hole(start, end, int(self._times[index - 1]) + self.length_ms, int(self._times[index]))

    def slot(self, index: int) -> int:
        """Return the slot of a bar; indices beyond the last bar go on without holes."""
        return index + int(self._shifts[np.searchsorted(self._after, index, "right")])

    def slots(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the slots of many bars."""
        if not len(self._after):
            return indices
        return indices + self._shifts[np.searchsorted(self._after, indices, "right")]

    def index(self, slot: float) -> int:
        """Return the first bar whose slot is at or right of a place on the axis, `count` when there is none."""
        wanted = int(np.ceil(slot))
        if len(self._after):
            firsts = self._after + self._shifts[1:]
            part = int(np.searchsorted(firsts, wanted, "right"))
            after = int(self._after[part]) if part < len(self._after) else self.count
            wanted = min(wanted - int(self._shifts[part]), after)
        return min(max(wanted, 0), self.count)

    def index_at(self, at_ms: int) -> int:
        """Return the bar that contains a moment (or the one before it), -1 before the first."""
        return int(np.searchsorted(self._times, at_ms, "right")) - 1

    def slot_at(self, at_ms: int) -> float:
        """Return the place of a moment on the axis, whose bar spans its slot from -0.5 to +0.5."""
        if not self.count:
            return 0.0
        index = self.index_at(at_ms)
        if index < 0:
            return (at_ms - int(self._times[0])) / self.length_ms - 0.5
        past = (at_ms - int(self._times[index])) / self.length_ms
        if index + 1 < self.count:
            past = min(past, float(self.slot(index + 1) - self.slot(index)))
        return self.slot(index) + past - 0.5

    def time_at(self, slot: float) -> int:
        """Return the moment at a place on the axis; beyond both ends time goes on evenly."""
        if not self.count:
            return 0
        index = min(max(self.index(slot + 0.5) - 1, 0), self.count - 1)
        return int(self._times[index]) + round((slot + 0.5 - self.slot(index)) * self.length_ms)
