"""Moving averages: simple, exponential, linearly weighted."""

from collections import deque

from msgspec import Struct

from cryptobot_desktop.indicators.bar import Bar, close_of
from cryptobot_desktop.indicators.exact import GRID, GRID_UNITS, exact_mean
from cryptobot_desktop.indicators.indicator import Indicator


class _Window(Struct):
    window: list[float]


class Sma(Indicator):
    """Mean of the last `period` closes, exact and rounded once."""

    NAME = "sma"
    OUTPUTS = ("sma",)
    SavedState = _Window
    __slots__ = ("_divisor", "_period", "_total", "_window")

    value: float | None

    def __init__(self, period: int) -> None:
        super().__init__(period=period)
        self._period = period
        self._divisor = period * GRID_UNITS
        self._window: deque[float] = deque(maxlen=period)
        self._total = 0

    @property
    def warm_up(self) -> int:
        """Return the period."""
        return self._period

    def update(self, bar: Bar | float) -> float | None:
        """Take one close."""
        price = bar.close if type(bar) is Bar else close_of(bar)
        window = self._window
        if len(window) == self._period:
            self._total += int(price * GRID) - int(window[0] * GRID)
            window.append(price)
        else:
            self._total += int(price * GRID)
            window.append(price)
            if len(window) < self._period:
                return None
        self.value = self._total / self._divisor
        return self.value

    def peek(self, bar: Bar | float) -> float | None:
        """Return the mean with this close as the newest."""
        window = self._window
        if len(window) < self._period - 1:
            return None
        oldest = int(window[0] * GRID) if len(window) == self._period else 0
        return (self._total - oldest + int(close_of(bar) * GRID)) / self._divisor

    def _rebuild(self) -> None:
        self._window = deque(self._window, maxlen=self._period)
        self._total = sum(int(price * GRID) for price in self._window)


class _EmaState(Struct):
    seed: list[float]


class Ema(Indicator):
    """Exponential average with weight 2 / (period + 1), seeded with the mean of the first `period` closes.

    The same seed as TA-Lib's EMA (its default, "classic" compatibility).
    """

    NAME = "ema"
    OUTPUTS = ("ema",)
    SavedState = _EmaState
    __slots__ = ("_period", "_seed", "_weight")

    value: float | None

    def __init__(self, period: int) -> None:
        super().__init__(period=period)
        self._period = period
        self._weight = 2.0 / (period + 1)
        self._seed: list[float] = []

    @property
    def warm_up(self) -> int:
        """Return the period."""
        return self._period

    def update(self, bar: Bar | float) -> float | None:
        """Take one close."""
        price = bar.close if type(bar) is Bar else close_of(bar)
        mean = self.value
        if mean is not None:
            self.value = mean = (price - mean) * self._weight + mean
            return mean
        self._seed.append(price)
        if len(self._seed) == self._period:
            self.value = exact_mean(self._seed)
            self._seed = []
        return self.value

    def peek(self, bar: Bar | float) -> float | None:
        """Return the average with this close as the newest."""
        price = close_of(bar)
        if self.value is not None:
            return (price - self.value) * self._weight + self.value
        return exact_mean([*self._seed, price]) if len(self._seed) == self._period - 1 else None


class Wma(Indicator):
    """Mean of the last `period` closes with weights 1 (oldest) to `period` (newest), exact and rounded once."""

    NAME = "wma"
    OUTPUTS = ("wma",)
    SavedState = _Window
    __slots__ = ("_divisor", "_period", "_total", "_weighted", "_window")

    value: float | None

    def __init__(self, period: int) -> None:
        super().__init__(period=period)
        self._period = period
        self._divisor = period * (period + 1) // 2 * GRID_UNITS
        self._window: deque[float] = deque(maxlen=period)
        self._total = 0
        self._weighted = 0

    @property
    def warm_up(self) -> int:
        """Return the period."""
        return self._period

    def update(self, bar: Bar | float) -> float | None:
        """Take one close: every weight in the window sinks by one, the newest gets the full period."""
        price = close_of(bar)
        units = int(price * GRID)
        window = self._window
        if len(window) < self._period:
            window.append(price)
            self._weighted += len(window) * units
            self._total += units
            if len(window) < self._period:
                return None
        else:
            self._weighted += self._period * units - self._total
            self._total += units - int(window[0] * GRID)
            window.append(price)
        self.value = self._weighted / self._divisor
        return self.value

    def peek(self, bar: Bar | float) -> float | None:
        """Return the weighted mean with this close as the newest."""
        units = int(close_of(bar) * GRID)
        sinking = self._total if len(self._window) == self._period else 0
        if len(self._window) < self._period - 1:
            return None
        return (self._weighted + self._period * units - sinking) / self._divisor

    def _rebuild(self) -> None:
        self._window = deque(self._window, maxlen=self._period)
        units = [int(price * GRID) for price in self._window]
        self._total = sum(units)
        self._weighted = sum(weight * unit for weight, unit in enumerate(units, start=1))
