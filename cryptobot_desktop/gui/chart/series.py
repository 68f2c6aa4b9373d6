"""The bars of one instrument and timeframe as the chart keeps them, and what a pixel column can show of them."""

from enum import Enum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import CandleArrays
from cryptobot_desktop.gui.chart.frame import Frame, Numbers, Pixels, whole
from cryptobot_desktop.gui.chart.pyramid import FACTOR, Pyramid
from cryptobot_desktop.gui.chart.slots import Slots

_BLOCKS_PER_COLUMN = 2
"""At least so many blocks per pixel column, so that an extreme is drawn at most half a pixel beside its bar."""


class Change(Enum):
    """What new arrays brought."""

    NOTHING = 0
    FORMING = 1
    APPENDED = 2
    REBUILT = 3


class Columns(Struct, frozen=True):
    """What is drawn: one row per bar, or per pixel column where several bars share one.

    `x` is the pixel of the bar's middle (or of the column); `volume` is the largest in a column.
    """

    x: Pixels
    open: Numbers
    high: Numbers
    low: Numbers
    close: Numbers
    volume: Numbers
    is_grouped: bool


class Blocks(Struct, frozen=True):
    """Which blocks of bars are in view, and where columns begin among them."""

    level: int
    first: int
    last: int
    """Exclusive."""
    starts: NDArray[np.int64]
    x: Pixels


class OneBar(Struct, frozen=True):
    """A single bar by field, such as the forming one."""

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class BarSeries:
    """Closed bars, their pyramids, and the forming bar. `version` changes with every closed bar."""

    def __init__(self, timeframe: Timeframe) -> None:
        self.timeframe = timeframe
        self.version = 0
        self.slots = Slots(timeframe)
        self.bars: CandleArrays | None = None
        self.forming: OneBar | None = None
        self._asked: object = None
        self._answer: Columns | None = None
        self._high = Pyramid(np.maximum)
        self._low = Pyramid(np.minimum)
        self._volume = Pyramid(np.maximum)

    @property
    def count(self) -> int:
        """Return the number of closed bars."""
        return self.slots.count

    @property
    def total(self) -> int:
        """Return the number of bars with the forming one."""
        return self.count + (self.forming is not None)

    @property
    def newest_slot(self) -> int:
        """Return the slot of the newest bar, -1 when there is none."""
        return self.slot_of_forming() if self.forming is not None else self.slots.slot(self.count - 1)

    def slot_of_forming(self) -> int:
        """Return the slot of the forming bar: next to the last closed one, or after a hole."""
        if self.forming is None or not self.count:
            return 0
        return round(self.slots.slot_at(self.forming.open_ms) + 0.5)

    def update(self, bars: CandleArrays) -> Change:
        """Take the engine's newest arrays."""
        old = self.bars
        self.bars = bars
        forming = OneBar(*bars.forming) if bars.forming is not None else None
        forming_changed = forming != self.forming
        self.forming = forming
        if old is None or not _continues(old, bars):
            self._rebuild(bars)
            return Change.REBUILT
        if len(bars.open_ms) > len(old.open_ms):
            self._extend(bars)
            return Change.APPENDED
        return Change.FORMING if forming_changed else Change.NOTHING

    def _rebuild(self, bars: CandleArrays) -> None:
        self.slots = Slots(self.timeframe)
        for pyramid in (self._high, self._low, self._volume):
            pyramid.clear()
        self._extend(bars)

    def _extend(self, bars: CandleArrays) -> None:
        self.slots.extend(bars.open_ms)
        self._high.extend(bars.high)
        self._low.extend(bars.low)
        self._volume.extend(bars.volume)
        self.version += 1

    def blocks(self, frame: Frame) -> Blocks:
        """Return which blocks of bars the frame shows, whole bars while each has a pixel of its own."""
        first, last = self.slots.index(frame.left - 1), self.slots.index(frame.right + 1)
        if frame.slot_px >= 1.0:
            indices = np.arange(first, last)
            x = whole(frame.xs(self.slots.slots(indices)))
            return Blocks(0, first, last, np.arange(last - first), x)
        level, size = 0, 1
        while level < self._high.height and size * FACTOR * frame.slot_px * _BLOCKS_PER_COLUMN <= 1.0:
            level, size = level + 1, size * FACTOR
        first, last = first // size, -(-last // size)
        pixels = whole(frame.xs(self.slots.slots(np.arange(first, last) * size)))
        starts = np.flatnonzero(np.diff(pixels, prepend=pixels[:1] - 1)) if last > first else np.zeros(0, np.int64)
        return Blocks(level, first, last, starts, pixels[starts])

    def columns(self, frame: Frame) -> Columns | None:
        """Return what the frame shows of the closed bars, None when there are none in it.

        Several layers ask for the same frame; the newest answer is kept.
        """
        asked = (frame.left, frame.right, frame.width, self.version)
        if asked != self._asked:
            self._asked, self._answer = asked, self._columns(frame)
        return self._answer

    def _columns(self, frame: Frame) -> Columns | None:
        bars, blocks = self.bars, self.blocks(frame)
        if bars is None or blocks.last <= blocks.first:
            return None
        part = slice(blocks.first, blocks.last)
        if frame.slot_px >= 1.0:
            return Columns(
                x=blocks.x,
                open=bars.open[part],
                high=bars.high[part],
                low=bars.low[part],
                close=bars.close[part],
                volume=bars.volume[part],
                is_grouped=False,
            )
        size = FACTOR**blocks.level
        opens = (blocks.starts + blocks.first) * size
        closes = np.append(opens[1:], min(blocks.last * size, self.count)) - 1
        return Columns(
            x=blocks.x,
            open=bars.open[opens],
            high=np.maximum.reduceat(self._high.level(blocks.level, bars.high)[part], blocks.starts),
            low=np.minimum.reduceat(self._low.level(blocks.level, bars.low)[part], blocks.starts),
            close=bars.close[closes],
            volume=np.maximum.reduceat(self._volume.level(blocks.level, bars.volume)[part], blocks.starts),
            is_grouped=True,
        )


def _continues(old: CandleArrays, new: CandleArrays) -> bool:
    """Return True when the new arrays are the old ones with bars appended (or none)."""
    if old.revision != new.revision or len(new.open_ms) < len(old.open_ms):
        return False
    return not len(old.open_ms) or bool(
        old.open_ms[0] == new.open_ms[0] and old.open_ms[-1] == new.open_ms[len(old.open_ms) - 1]
    )
