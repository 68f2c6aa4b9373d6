"""Whole arrays at once: plain loops over lists that do the very operations of the incremental classes.

Each function returns one list per output, as long as the input, with NaN before the first value. The
same operations in the same order (and exact window sums) make the numbers equal to the incremental
ones bit for bit; a property test holds that.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import nan, sqrt
from operator import sub

from cryptobot_desktop.indicators.exact import GRID, GRID_UNITS, exact_mean
from cryptobot_desktop.indicators.momentum import NEUTRAL

Line = list[float]


def sma_lines(close: Sequence[float], *, period: int) -> tuple[Line]:
    """Return the simple average."""
    if len(close) < period:
        return ([nan] * len(close),)
    divisor = period * GRID_UNITS
    return ([nan] * (period - 1) + [total / divisor for total in _window_sums(_units(close), period)],)


def _units(values: Sequence[float]) -> list[int]:
    return [int(value * GRID) for value in values]


def _window_sums(units: Sequence[int], period: int) -> Iterator[int]:
    """Yield the exact sum of each window of `period` whole numbers."""
    return accumulate(map(sub, units[period:], units), initial=sum(units[:period]))


def ema_lines(close: Sequence[float], *, period: int) -> tuple[Line]:
    """Return the exponential average."""
    if len(close) < period:
        return ([nan] * len(close),)
    return ([nan] * (period - 1) + _smoothed(close[period:], period, exact_mean(close[:period])),)


def _smoothed(values: Sequence[float], period: int, mean: float) -> Line:
    """Return the seed and the exponential average after each value."""
    weight, line = 2.0 / (period + 1), [mean]
    for value in values:
        mean = (value - mean) * weight + mean
        line.append(mean)
    return line


def macd_lines(close: Sequence[float], *, fast: int, slow: int, signal: int) -> tuple[Line, Line, Line]:
    """Return difference, signal and histogram."""
    blank = min(len(close), slow + signal - 2)
    if blank == len(close):
        return [nan] * blank, [nan] * blank, [nan] * blank
    fast_line = _smoothed(close[slow:], fast, exact_mean(close[slow - fast : slow]))
    slow_line = _smoothed(close[slow:], slow, exact_mean(close[:slow]))
    line = [a - b for a, b in zip(fast_line, slow_line, strict=True)]
    signal_line = _smoothed(line[signal:], signal, exact_mean(line[:signal]))
    line = line[signal - 1 :]
    histogram = [a - b for a, b in zip(line, signal_line, strict=True)]
    return [nan] * blank + line, [nan] * blank + signal_line, [nan] * blank + histogram


def rsi_lines(close: Sequence[float], *, period: int) -> tuple[Line]:
    """Return Wilder's relative strength index."""
    if len(close) <= period:
        return ([nan] * len(close),)
    changes = [new - old for new, old in zip(close[1:], close, strict=False)]
    gain = exact_mean([max(0.0, change) for change in changes[:period]])
    loss = exact_mean([max(0.0, -change) for change in changes[:period]])
    total, before = gain + loss, period - 1
    line = [nan] * period
    line.append(100.0 * (gain / total) if total else NEUTRAL)
    for change in changes[period:]:
        if change > 0.0:
            gain = (gain * before + change) / period
            loss = loss * before / period
        else:
            gain = gain * before / period
            loss = (loss * before - change) / period
        total = gain + loss
        line.append(100.0 * (gain / total) if total else NEUTRAL)
    return (line,)


def bollinger_lines(close: Sequence[float], *, period: int, deviations: float) -> tuple[Line, Line, Line]:
    """Return upper band, middle and lower band."""
    if len(close) < period:
        return [nan] * len(close), [nan] * len(close), [nan] * len(close)
    units, divisor, blank = _units(close), period * GRID_UNITS, [nan] * (period - 1)
    square_divisor = divisor * divisor
    totals = list(_window_sums(units, period))
    squares = _window_sums([unit * unit for unit in units], period)
    means = [total / divisor for total in totals]
    widths = [
        deviations * sqrt((period * square - total * total) / square_divisor)
        for total, square in zip(totals, squares, strict=True)
    ]
    upper = [mean + width for mean, width in zip(means, widths, strict=True)]
    lower = [mean - width for mean, width in zip(means, widths, strict=True)]
    return blank + upper, blank + means, blank + lower


def atr_lines(high: Sequence[float], low: Sequence[float], close: Sequence[float], *, period: int) -> tuple[Line]:
    """Return Wilder's average true range."""
    if len(close) <= period:
        return ([nan] * len(close),)
    ranges = [
        (top if top > last else last) - (bottom if bottom < last else last)
        for top, bottom, last in zip(high[1:], low[1:], close, strict=False)
    ]
    mean, before = exact_mean(ranges[:period]), period - 1
    line = [nan] * period
    line.append(mean)
    for true_range in ranges[period:]:
        mean = (mean * before + true_range) / period
        line.append(mean)
    return (line,)
