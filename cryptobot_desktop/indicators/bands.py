"""Bands and ranges: Bollinger, average true range, Donchian."""

from collections import deque
from math import sqrt
from typing import NamedTuple

from msgspec import Struct

from cryptobot_desktop.indicators.bar import Bar, close_of, whole_bar
from cryptobot_desktop.indicators.exact import GRID, GRID_UNITS, exact_mean
from cryptobot_desktop.indicators.extremes import RunningExtreme, SavedExtreme
from cryptobot_desktop.indicators.indicator import Indicator


class BandsValue(NamedTuple):
    """Upper band, middle line and lower band."""

    upper: float
    middle: float
    lower: float


class _WindowState(Struct):
    window: list[float]


class Bollinger(Indicator):
    """Mean of the last `period` closes, plus and minus `deviations` population standard deviations.

    Sum and sum of squares are whole numbers, so the variance is exact before its one rounding: it can
    neither drift nor become negative, at any price level.
    """

    NAME = "bollinger"
    OUTPUTS = ("upper", "middle", "lower")
    SavedState = _WindowState
    __slots__ = ("_deviations", "_divisor", "_period", "_square_divisor", "_squares", "_total", "_units", "_window")

    value: BandsValue | None

    def __init__(self, period: int, deviations: float) -> None:
        super().__init__(period=period, deviations=deviations)
        self._period, self._deviations = period, deviations
        self._divisor = period * GRID_UNITS
        self._square_divisor = self._divisor * self._divisor
        self._window: deque[float] = deque(maxlen=period)
        self._units: deque[int] = deque(maxlen=period)
        """The prices of the window on the grid."""
        self._total = self._squares = 0

    @property
    def warm_up(self) -> int:
        """Return the period."""
        return self._period

    def update(self, bar: Bar | float) -> BandsValue | None:
        """Take one close."""
        price = bar.close if type(bar) is Bar else close_of(bar)
        window, units = self._units, int(price * GRID)
        self._total += units
        self._squares += units * units
        if len(window) == self._period:
            oldest = window[0]
            self._total -= oldest
            self._squares -= oldest * oldest
        window.append(units)
        self._window.append(price)
        if len(window) == self._period:
            self.value = self._bands(self._total, self._squares)
        return self.value

    def peek(self, bar: Bar | float) -> BandsValue | None:
        """Return the bands with this close as the newest."""
        window, units = self._units, int(close_of(bar) * GRID)
        if len(window) < self._period - 1:
            return None
        oldest = window[0] if len(window) == self._period else 0
        return self._bands(self._total + units - oldest, self._squares + units * units - oldest * oldest)

    def _bands(self, total: int, squares: int) -> BandsValue:
        middle = total / self._divisor
        width = self._deviations * sqrt((self._period * squares - total * total) / self._square_divisor)
        return BandsValue(middle + width, middle, middle - width)

    def _rebuild(self) -> None:
        self._window = deque(self._window, maxlen=self._period)
        self._units = deque((int(price * GRID) for price in self._window), maxlen=self._period)
        self._total = sum(self._units)
        self._squares = sum(unit * unit for unit in self._units)

    def _as_value(self, parts: list[float]) -> BandsValue:
        return BandsValue(*parts)


class _AtrState(Struct):
    last: float | None
    ranges: list[float]


class Atr(Indicator):
    """Wilder's average true range.

    A true range needs the close before it, so the first bar gives none; the average starts with the plain
    mean of the first `period` true ranges, then Wilder's smoothing, as in TA-Lib.
    """

    NAME = "atr"
    OUTPUTS = ("atr",)
    SavedState = _AtrState
    __slots__ = ("_last", "_period", "_ranges")

    value: float | None

    def __init__(self, period: int) -> None:
        super().__init__(period=period)
        self._period = period
        self._last: float | None = None
        self._ranges: list[float] = []

    @property
    def warm_up(self) -> int:
        """Return one more than the period."""
        return self._period + 1

    def update(self, bar: Bar | float) -> float | None:
        """Take one bar."""
        bar = whole_bar(bar)
        last, self._last = self._last, bar.close
        if last is None:
            return None
        true_range = _true_range(bar, last)
        if self.value is not None:
            self.value = (self.value * (self._period - 1) + true_range) / self._period
            return self.value
        self._ranges.append(true_range)
        if len(self._ranges) == self._period:
            self.value = exact_mean(self._ranges)
            self._ranges = []
        return self.value

    def peek(self, bar: Bar | float) -> float | None:
        """Return the average with this bar as the newest."""
        if self._last is None:
            return None
        true_range = _true_range(whole_bar(bar), self._last)
        if self.value is not None:
            return (self.value * (self._period - 1) + true_range) / self._period
        return exact_mean([*self._ranges, true_range]) if len(self._ranges) == self._period - 1 else None


def _true_range(bar: Bar, last_close: float) -> float:
    high, low = bar.high, bar.low
    return (high if high > last_close else last_close) - (low if low < last_close else last_close)


class _DonchianState(Struct):
    high: SavedExtreme
    low: SavedExtreme


class Donchian(Indicator):
    """Highest high and lowest low of the last `period` bars, and the middle between them."""

    NAME = "donchian"
    OUTPUTS = ("upper", "middle", "lower")
    SavedState = _DonchianState
    __slots__ = ("_high", "_low", "_period")

    value: BandsValue | None

    def __init__(self, period: int) -> None:
        super().__init__(period=period)
        self._period = period
        self._high = RunningExtreme(period, largest=True)
        self._low = RunningExtreme(period, largest=False)

    @property
    def warm_up(self) -> int:
        """Return the period."""
        return self._period

    def update(self, bar: Bar | float) -> BandsValue | None:
        """Take one bar."""
        bar = whole_bar(bar)
        self.value = _channel(self._high.update(bar.high), self._low.update(bar.low))
        return self.value

    def peek(self, bar: Bar | float) -> BandsValue | None:
        """Return the channel with this bar as the newest."""
        bar = whole_bar(bar)
        return _channel(self._high.peek(bar.high), self._low.peek(bar.low))

    def _as_value(self, parts: list[float]) -> BandsValue:
        return BandsValue(*parts)


def _channel(high: float | None, low: float | None) -> BandsValue | None:
    return None if high is None or low is None else BandsValue(high, (high + low) / 2.0, low)
