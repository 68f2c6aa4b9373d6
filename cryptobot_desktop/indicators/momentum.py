"""Momentum: relative strength, moving average convergence, stochastic."""

from typing import Any, NamedTuple

from msgspec import Struct

from cryptobot_desktop.indicators.averages import Sma
from cryptobot_desktop.indicators.bar import Bar, close_of, whole_bar
from cryptobot_desktop.indicators.exact import exact_mean
from cryptobot_desktop.indicators.extremes import RunningExtreme, SavedExtreme
from cryptobot_desktop.indicators.indicator import Indicator

NEUTRAL = 50.0
"""Where nothing has moved, neither side is stronger."""


class _RsiState(Struct):
    last: float | None
    gain: float
    loss: float
    gains: list[float]
    losses: list[float]


class Rsi(Indicator):
    """Wilder's relative strength index of the closes, 0 to 100.

    First averages: plain means of the first `period` changes; then Wilder's smoothing, as in TA-Lib.
    Where no price has ever moved the value is 50 (TA-Lib gives 0 there, which would read as oversold).
    """

    NAME = "rsi"
    OUTPUTS = ("rsi",)
    SavedState = _RsiState
    __slots__ = ("_gain", "_gains", "_last", "_loss", "_losses", "_period")

    value: float | None

    def __init__(self, period: int) -> None:
        super().__init__(period=period)
        self._period = period
        self._last: float | None = None
        self._gain = self._loss = 0.0
        self._gains: list[float] = []
        self._losses: list[float] = []

    @property
    def warm_up(self) -> int:
        """Return one more than the period: a change needs two closes."""
        return self._period + 1

    def update(self, bar: Bar | float) -> float | None:
        """Take one close."""
        price = bar.close if type(bar) is Bar else close_of(bar)
        last, self._last = self._last, price
        if self.value is None or last is None:
            return self._gather(last, price)
        change, period = price - last, self._period
        if change > 0.0:
            gain = (self._gain * (period - 1) + change) / period
            loss = self._loss * (period - 1) / period
        else:
            gain = self._gain * (period - 1) / period
            loss = (self._loss * (period - 1) - change) / period
        self._gain, self._loss = gain, loss
        total = gain + loss
        self.value = 100.0 * (gain / total) if total else NEUTRAL
        return self.value

    def peek(self, bar: Bar | float) -> float | None:
        """Return the index with this close as the newest."""
        trial = Rsi(self._period)
        trial._last, trial._gain, trial._loss, trial.value = self._last, self._gain, self._loss, self.value
        trial._gains, trial._losses = self._gains.copy(), self._losses.copy()
        return trial.update(bar)

    def _gather(self, last: float | None, price: float) -> float | None:
        if last is None:
            return None
        self._gains.append(max(0.0, price - last))
        self._losses.append(max(0.0, last - price))
        if len(self._gains) == self._period:
            self._gain, self._loss = exact_mean(self._gains), exact_mean(self._losses)
            self._gains, self._losses = [], []
            total = self._gain + self._loss
            self.value = 100.0 * (self._gain / total) if total else NEUTRAL
        return self.value


class MacdValue(NamedTuple):
    """Difference of the two averages, its own average, and the difference of both."""

    macd: float
    signal: float
    histogram: float


class _MacdState(Struct):
    fast_mean: float
    slow_mean: float
    signal_mean: float
    closes: list[float]
    lines: list[float]


class Macd(Indicator):
    """EMA(fast) - EMA(slow) of the closes, with an EMA(signal) of that.

    Seeded as TA-Lib's MACD: both averages start at bar `slow`, the fast one with the mean of its last
    `fast` closes; the signal starts with the mean of the first `signal` differences. All three outputs
    begin together at bar slow + signal - 1.
    """

    NAME = "macd"
    OUTPUTS = ("macd", "signal", "histogram")
    SavedState = _MacdState
    __slots__ = (
        "_closes", "_fast", "_fast_mean", "_fast_weight", "_lines", "_signal", "_signal_mean", "_signal_weight",
        "_slow", "_slow_mean", "_slow_weight",
    )  # fmt: skip

    value: MacdValue | None

    def __init__(self, fast: int, slow: int, signal: int) -> None:
        super().__init__(fast=fast, slow=slow, signal=signal)
        self._fast, self._slow, self._signal = fast, slow, signal
        self._fast_weight, self._slow_weight, self._signal_weight = (2.0 / (n + 1) for n in (fast, slow, signal))
        self._fast_mean = self._slow_mean = self._signal_mean = 0.0
        self._closes: list[float] = []
        self._lines: list[float] = []

    @property
    def warm_up(self) -> int:
        """Return slow + signal - 1."""
        return self._slow + self._signal - 1

    def update(self, bar: Bar | float) -> MacdValue | None:
        """Take one close."""
        price = bar.close if type(bar) is Bar else close_of(bar)
        if self.value is None:
            return self._gather(price)
        self._fast_mean = fast = (price - self._fast_mean) * self._fast_weight + self._fast_mean
        self._slow_mean = slow = (price - self._slow_mean) * self._slow_weight + self._slow_mean
        line = fast - slow
        self._signal_mean = signal = (line - self._signal_mean) * self._signal_weight + self._signal_mean
        self.value = value = MacdValue(line, signal, line - signal)
        return value

    def peek(self, bar: Bar | float) -> MacdValue | None:
        """Return the three numbers with this close as the newest."""
        if self.value is not None:
            price = close_of(bar)
            fast = (price - self._fast_mean) * self._fast_weight + self._fast_mean
            slow = (price - self._slow_mean) * self._slow_weight + self._slow_mean
            signal = (fast - slow - self._signal_mean) * self._signal_weight + self._signal_mean
            return MacdValue(fast - slow, signal, fast - slow - signal)
        trial = Macd(self._fast, self._slow, self._signal)
        for name in _MacdState.__struct_fields__:
            part = getattr(self, f"_{name}")
            setattr(trial, f"_{name}", part.copy() if isinstance(part, list) else part)
        return trial.update(bar)

    def _gather(self, price: float) -> MacdValue | None:
        if len(self._closes) < self._slow:
            self._closes.append(price)
            if len(self._closes) < self._slow:
                return None
            self._fast_mean = exact_mean(self._closes[-self._fast :])
            self._slow_mean = exact_mean(self._closes)
        else:
            self._fast_mean = (price - self._fast_mean) * self._fast_weight + self._fast_mean
            self._slow_mean = (price - self._slow_mean) * self._slow_weight + self._slow_mean
        line = self._fast_mean - self._slow_mean
        self._lines.append(line)
        if len(self._lines) == self._signal:
            self._signal_mean = exact_mean(self._lines)
            self._closes, self._lines = [], []
            self.value = MacdValue(line, self._signal_mean, line - self._signal_mean)
        return self.value

    def _as_value(self, parts: list[float]) -> MacdValue:
        return MacdValue(*parts)


class StochasticValue(NamedTuple):
    """The smoothed position of the close in its range, and its own average."""

    k: float
    d: float


class _StochasticState(Struct):
    high: SavedExtreme
    low: SavedExtreme
    k: dict[str, Any]
    d: dict[str, Any]


class Stochastic(Indicator):
    """Slow stochastic: where the close lies between the lowest low and the highest high of `period` bars.

    %K is the mean of `smooth` raw values, %D the mean of `signal` %K values, as in TA-Lib's STOCH with simple
    averages. A window without any range counts as 50 (TA-Lib: 0).
    """

    NAME = "stochastic"
    OUTPUTS = ("k", "d")
    SavedState = _StochasticState
    __slots__ = ("_d", "_high", "_k", "_low", "_period", "_signal", "_smooth")

    value: StochasticValue | None

    def __init__(self, period: int, smooth: int, signal: int) -> None:
        super().__init__(period=period, smooth=smooth, signal=signal)
        self._period, self._smooth, self._signal = period, smooth, signal
        self._high = RunningExtreme(period, largest=True)
        self._low = RunningExtreme(period, largest=False)
        self._k, self._d = Sma(smooth), Sma(signal)

    @property
    def warm_up(self) -> int:
        """Return period + smooth + signal - 2."""
        return self._period + self._smooth + self._signal - 2

    def update(self, bar: Bar | float) -> StochasticValue | None:
        """Take one bar."""
        bar = whole_bar(bar)
        high, low = self._high.update(bar.high), self._low.update(bar.low)
        k = None if high is None or low is None else self._k.update(_position(bar.close, low, high))
        d = None if k is None else self._d.update(k)
        if k is not None and d is not None:
            self.value = StochasticValue(k, d)
        return self.value

    def peek(self, bar: Bar | float) -> StochasticValue | None:
        """Return the two numbers with this bar as the newest."""
        bar = whole_bar(bar)
        high, low = self._high.peek(bar.high), self._low.peek(bar.low)
        k = None if high is None or low is None else self._k.peek(_position(bar.close, low, high))
        d = None if k is None else self._d.peek(k)
        return None if k is None or d is None else StochasticValue(k, d)

    def _as_value(self, parts: list[float]) -> StochasticValue:
        return StochasticValue(*parts)


def _position(close: float, low: float, high: float) -> float:
    return 100.0 * (close - low) / (high - low) if high > low else NEUTRAL
