"""Indicators of the chart's bars: fed bar by bar, a long history in slices, so that the window never waits."""

import re
from time import perf_counter

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.engine.handle import CandleArrays
from cryptobot_desktop.gui.chart.frame import Frame, Numbers
from cryptobot_desktop.gui.chart.pyramid import GrowingNumbers, Pyramid
from cryptobot_desktop.gui.chart.series import BarSeries, OneBar
from cryptobot_desktop.indicators import Bar, IndicatorSpec, Value, create, find

_SLICE = 256
_TEXT = re.compile(r"([A-Za-z_]+)(?:[:(]([0-9., ]+)\)?)?")


class Overlay(Struct, frozen=True):
    """An indicator to draw: its name in the catalogue and its parameters in the catalogue's order."""

    name: str
    values: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Overlay":
        """Return what text such as ``sma:20``, ``bollinger:20,2`` or ``macd`` asks for; else InvalidInput."""
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise InvalidInput(f"overlay {text!r:.60} is not a name with numbers such as sma:20 or bollinger:20,2")
        values = tuple(part.strip() for part in (match[2] or "").split(",") if part.strip())
        return cls(find(match[1]).name, values)

    @property
    def title(self) -> str:
        """Return the words of the legend, such as ``SMA 20``."""
        name = self.name.upper() if len(self.name) <= 4 else self.name.capitalize()
        return " ".join((name, ", ".join(self.values))).strip()


class LinePoints(Struct, frozen=True):
    """The points of a line in view: pixels across, values up."""

    x: Numbers
    values: Numbers


class OutputLine(Struct):
    """One output's values, one per closed bar (NaN while warming up), with their pyramids."""

    name: str
    values: GrowingNumbers
    top: Pyramid
    bottom: Pyramid
    asked: object = None
    answer: LinePoints | None = None

    @classmethod
    def named(cls, name: str) -> "OutputLine":
        """Return an empty line."""
        return cls(name, GrowingNumbers(), Pyramid(np.fmax), Pyramid(np.fmin))

    def append(self, values: Numbers) -> None:
        """Take in values of further bars."""
        self.values.write(len(self.values), values)
        self.top.extend(self.values.view)
        self.bottom.extend(self.values.view)


class OverlayRun:
    """One overlay over one series: feeds the incremental indicator and keeps what it said."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.spec: IndicatorSpec = find(overlay.name)
        self.parameters = _named(self.spec, overlay)
        self.version = 0
        self.restart()

    def restart(self) -> None:
        """Begin anew, for other bars."""
        self._indicator = create(self.overlay.name, **self.parameters)
        self.lines = [OutputLine.named(name) for name in self.spec.outputs]
        self.version += 1

    @property
    def done(self) -> int:
        """Return how many bars were taken in."""
        return len(self.lines[0].values)

    def advance(self, bars: CandleArrays, budget_s: float) -> bool:
        """Take in bars until all are in or the time is up; True when all are in."""
        deadline = perf_counter() + budget_s
        count = len(bars.open_ms)
        for line in self.lines:
            line.values.reserve(count)
        while self.done < count:
            self._take(bars, self.done, min(self.done + _SLICE, count))
            if perf_counter() > deadline:
                break
        return self.done >= count

    def _take(self, bars: CandleArrays, first: int, last: int) -> None:
        update = self._indicator.update
        if self.spec.inputs == ("close",):
            said = [update(price) for price in bars.close[first:last].tolist()]
        else:
            fields = (bars.open, bars.high, bars.low, bars.close, bars.volume)
            said = [update(Bar(*row)) for row in zip(*(f[first:last].tolist() for f in fields), strict=True)]
        table = _table(said, len(self.lines))
        for line, column in zip(self.lines, table.T, strict=True):
            line.append(column)
        self.version += 1

    def forming(self, bar: OneBar | None) -> tuple[float, ...] | None:
        """Return the outputs as they would be if the forming bar closed now."""
        if bar is None:
            return None
        value = self._indicator.peek(Bar(bar.open, bar.high, bar.low, bar.close, bar.volume))
        return value if value is None or isinstance(value, tuple) else (value,)

    def values_at(self, index: int, bar: OneBar | None) -> tuple[float, ...] | None:
        """Return the outputs at a bar (the forming one when `index` is one beyond the closed), None while unknown."""
        if index >= self.done:
            return self.forming(bar)
        if index < 0:
            return None
        values = tuple(float(line.values.view[index]) for line in self.lines)
        return values if np.isfinite(values).all() else None


def _named(spec: IndicatorSpec, overlay: Overlay) -> dict[str, str]:
    names = [parameter.name for parameter in spec.parameters]
    if len(overlay.values) > len(names):
        raise InvalidInput(f"overlay {overlay.title} has {len(overlay.values)} numbers; {spec.name} takes {names}")
    return dict(zip(names, overlay.values, strict=False))


def _table(said: list[Value | None], width: int) -> Numbers:
    """Return what an indicator said as rows of `width` numbers, NaN where it said nothing."""
    blank = (np.nan,) * width
    rows = [blank if value is None else value if isinstance(value, tuple) else (value,) for value in said]
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)


def line_points(line: OutputLine, series: BarSeries, frame: Frame) -> LinePoints | None:
    """Return a line's points in view: one per bar, or highest and lowest of each pixel column.

    The price range and the layer ask for the same points; the newest answer is kept.
    """
    asked = (frame.left, frame.right, frame.width, series.version, len(line.values))
    if asked != line.asked:
        line.asked, line.answer = asked, _points_in_view(line, series, frame)
    return line.answer


def _points_in_view(line: OutputLine, series: BarSeries, frame: Frame) -> LinePoints | None:
    blocks = series.blocks(frame)
    values = line.values.view
    if frame.slot_px >= 1.0:
        last = min(blocks.last, len(values))
        if last - blocks.first < 1:
            return None
        middle = frame.xs(series.slots.slots(np.arange(blocks.first, last)))
        return LinePoints(middle, values[blocks.first : last])
    level = line.top.level(blocks.level, values)
    last = min(blocks.last, len(level))
    starts: NDArray[np.int64] = blocks.starts[: int(np.searchsorted(blocks.starts, last - blocks.first))]
    if not len(starts):
        return None
    part = slice(blocks.first, last)
    top = np.fmax.reduceat(level[part], starts)
    bottom = np.fmin.reduceat(line.bottom.level(blocks.level, values)[part], starts)
    x = np.repeat(blocks.x[: len(starts)].astype(np.float64) + 0.5, 2)
    return LinePoints(x, np.column_stack((top, bottom)).ravel())
