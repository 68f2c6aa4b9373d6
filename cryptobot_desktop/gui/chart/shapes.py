"""Many rectangles or lines in one call of the painter, from arrays that are used again and again.

Qt takes a pointer to the first shape and a count, so the numbers are written straight into an array that
Qt reads; no Python object is made per bar. A wrapper and its array live and die together, because the
binding remembers wrappers by their address.
"""

from typing import cast

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRect
from PySide6.QtGui import QPainter

from cryptobot_desktop.gui.chart.frame import Numbers, Pixels

_FIRST_ROOM = 2_048


class Rectangles:
    """Filled rectangles of whole pixels; the painter's brush colours them, its pen must be off."""

    def __init__(self) -> None:
        self._corners: NDArray[np.int32] = np.zeros((_FIRST_ROOM, 4), dtype=np.int32)
        self._first = cast("QRect", shiboken6.wrapInstance(self._corners.ctypes.data, QRect))
        self._count = 0

    def clear(self) -> None:
        """Forget all rectangles."""
        self._count = 0

    def add(self, left: Pixels, top: Pixels, right: Pixels, bottom: Pixels) -> None:
        """Add rectangles; all four edges belong to them."""
        end = self._count + len(left)
        if end > len(self._corners):
            self._grow(2 * end)
        rows = self._corners[self._count : end]
        rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = left, top, right, bottom
        self._count = end

    def _grow(self, room: int) -> None:
        corners = np.zeros((room, 4), dtype=np.int32)
        corners[: self._count] = self._corners[: self._count]
        self._first = cast("QRect", shiboken6.wrapInstance(corners.ctypes.data, QRect))
        self._corners = corners

    def draw(self, painter: QPainter) -> None:
        """Fill them all."""
        if self._count:
            painter.drawRects(self._first, self._count)


class Lines:
    """Separate straight lines in floating pixels, in the painter's pen."""

    def __init__(self) -> None:
        self._ends: Numbers = np.zeros((_FIRST_ROOM, 4), dtype=np.float64)
        self._first = cast("QLineF", shiboken6.wrapInstance(self._ends.ctypes.data, QLineF))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def set_path(self, x: Numbers, y: Numbers, reach: float) -> None:
        """Become the lines from each point to the next, unless one is no number or they are further apart than `reach`.

        `reach` is in pixels across.
        """
        whole = np.isfinite(y)
        joined = whole[:-1] & whole[1:] & (np.diff(x) <= reach)
        count = int(np.count_nonzero(joined))
        if count > len(self._ends):
            ends = np.zeros((2 * count, 4), dtype=np.float64)
            self._first = cast("QLineF", shiboken6.wrapInstance(ends.ctypes.data, QLineF))
            self._ends = ends
        rows = self._ends[:count]
        rows[:, 0], rows[:, 1] = x[:-1][joined], y[:-1][joined]
        rows[:, 2], rows[:, 3] = x[1:][joined], y[1:][joined]
        self._count = count

    def draw(self, painter: QPainter) -> None:
        """Draw them all."""
        if self._count:
            painter.drawLines(self._first, self._count)
