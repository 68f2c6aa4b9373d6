"""Numbers from volume: volume-weighted average price, on-balance volume."""

from collections import deque

from msgspec import Struct

from cryptobot_desktop.indicators.bar import Bar, whole_bar
from cryptobot_desktop.indicators.exact import GRID
from cryptobot_desktop.indicators.indicator import Indicator


class _VwapState(Struct):
    window: list[list[float]]


class Vwap(Indicator):
    """Volume-weighted mean of the typical price (high + low + close) / 3 over the last `period` bars.

    A rolling window, because a market that never closes has no session. None while the window has no volume.
    """

    NAME = "vwap"
    OUTPUTS = ("vwap",)
    SavedState = _VwapState
    __slots__ = ("_period", "_turnover", "_volume", "_window")

    value: float | None

    def __init__(self, period: int) -> None:
        super().__init__(period=period)
        self._period = period
        self._window: deque[list[float]] = deque(maxlen=period)
        self._turnover = self._volume = 0

    @property
    def warm_up(self) -> int:
        """Return the period."""
        return self._period

    def update(self, bar: Bar | float) -> float | None:
        """Take one bar."""
        turnover, volume = _weights(whole_bar(bar))
        if len(self._window) == self._period:
            self._add(self._window[0], sign=-1)
        self._window.append([turnover, volume])
        self._add(self._window[-1], sign=1)
        self.value = _ratio(self._turnover, self._volume) if len(self._window) == self._period else None
        return self.value

    def peek(self, bar: Bar | float) -> float | None:
        """Return the mean with this bar as the newest."""
        if len(self._window) < self._period - 1:
            return None
        turnover, volume = _weights(whole_bar(bar))
        total, weight = self._turnover + int(turnover * GRID), self._volume + int(volume * GRID)
        if len(self._window) == self._period:
            oldest = self._window[0]
            total, weight = total - int(oldest[0] * GRID), weight - int(oldest[1] * GRID)
        return _ratio(total, weight)

    def _add(self, entry: list[float], *, sign: int) -> None:
        self._turnover += sign * int(entry[0] * GRID)
        self._volume += sign * int(entry[1] * GRID)

    def _rebuild(self) -> None:
        self._window = deque(self._window, maxlen=self._period)
        self._turnover = self._volume = 0
        for entry in self._window:
            self._add(entry, sign=1)


def _weights(bar: Bar) -> tuple[float, float]:
    return (bar.high + bar.low + bar.close) / 3.0 * bar.volume, bar.volume


def _ratio(turnover: int, volume: int) -> float | None:
    return turnover / volume if volume else None


class _ObvState(Struct):
    last: float | None


class Obv(Indicator):
    """On-balance volume: volume added on a rising close, taken away on a falling one; starts with the first volume.

    As in TA-Lib.
    """

    NAME = "obv"
    OUTPUTS = ("obv",)
    SavedState = _ObvState
    __slots__ = ("_last",)

    value: float | None

    def __init__(self) -> None:
        super().__init__()
        self._last: float | None = None

    @property
    def warm_up(self) -> int:
        """Return 1."""
        return 1

    def update(self, bar: Bar | float) -> float | None:
        """Take one bar."""
        self.value = self.peek(bar)
        self._last = whole_bar(bar).close
        return self.value

    def peek(self, bar: Bar | float) -> float | None:
        """Return the volume balance with this bar as the newest."""
        bar = whole_bar(bar)
        if self.value is None or self._last is None:
            return bar.volume
        if bar.close > self._last:
            return self.value + bar.volume
        return self.value - bar.volume if bar.close < self._last else self.value
