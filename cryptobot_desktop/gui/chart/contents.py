"""What stands in a pane: price with everything on it, volume, or one indicator."""

from typing import Protocol

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from cryptobot_desktop.gui.chart import mark_layer
from cryptobot_desktop.gui.chart.candle_layer import CandleLayer, VolumeLayer
from cryptobot_desktop.gui.chart.drawing import LINE_HEIGHT, level_line, pen
from cryptobot_desktop.gui.chart.frame import Frame
from cryptobot_desktop.gui.chart.line_layer import RunLayer, run_pens, visible_range
from cryptobot_desktop.gui.chart.model import ChartModel
from cryptobot_desktop.gui.chart.overlays import OverlayRun
from cryptobot_desktop.gui.chart.price_range import robust_range, with_air
from cryptobot_desktop.gui.chart.ticks import decimals_of, log_ticks, number_text, short_text, value_ticks

_TICK_EVERY_PX = 44.0
_GUIDES = {"rsi": (30.0, 70.0), "stochastic": (20.0, 80.0), "macd": (0.0,)}
_FIXED = {"rsi": (0.0, 100.0), "stochastic": (0.0, 100.0)}
_AIR_SHARE, _MOST_AIR_SHARE = 0.08, 0.25
"""Air above the prices, so that they do not run through the legend."""
_OVERLAY_REACH = 0.35
"""Overlays may widen the price range by at most this share at either end."""


class Content(Protocol):
    """A pane's painter."""

    share: float
    """Part of the chart's height; the price takes what is left."""

    def value_range(self, frame: Frame, model: ChartModel) -> tuple[float, float]:
        """Return lowest and highest value to show; of `frame` only the x axis and the size count."""
        ...

    def ticks(self, frame: Frame, model: ChartModel) -> list[tuple[float, str]]:
        """Return values and texts of the axis, lowest first."""
        ...

    def text(self, value: float, model: ChartModel) -> str:
        """Return a value as the crosshair's tag shows it."""
        ...

    def paint(self, painter: QPainter, frame: Frame, model: ChartModel) -> None:
        """Paint everything but grid and axis."""
        ...


def _most(frame: Frame) -> int:
    return max(2, int(frame.height / _TICK_EVERY_PX))


class PriceContent:
    """Candles, overlays over them, marks and lines."""

    share = 0.0

    def __init__(self) -> None:
        self._candles = CandleLayer()
        self._layers: dict[OverlayRun, RunLayer] = {}

    def value_range(self, frame: Frame, model: ChartModel) -> tuple[float, float]:
        """Return the prices in view without lone bad ticks, or what the user has dragged the axis to."""
        if model.manual_range is not None:
            return model.manual_range
        low, high = self._bars_range(frame, model)
        reach = (high - low) * _OVERLAY_REACH
        for run in self._runs(model):
            found = visible_range(run, model.series, frame)
            if found is not None:
                low, high = min(low, max(found[0], low - reach)), max(high, min(found[1], high + reach))
        words = LINE_HEIGHT * (1 + len(self._runs(model))) + 8
        above = min(max(_AIR_SHARE, words / frame.height), _MOST_AIR_SHARE)
        return with_air(low, high, log=model.log, above=above, smallest=4 * model.tick)

    def _bars_range(self, frame: Frame, model: ChartModel) -> tuple[float, float]:
        columns = model.series.columns(frame.device())
        forming = model.series.forming
        shown = forming if forming is not None and model.series.slot_of_forming() <= frame.right else None
        if columns is None:
            return (shown.low, shown.high) if shown is not None else (0.0, 1.0)
        low, high = robust_range(columns.low, columns.high)
        if shown is None:
            return low, high
        return min(low, shown.close), max(high, shown.close)

    def _runs(self, model: ChartModel) -> list[OverlayRun]:
        return [run for run in model.runs if run.spec.overlay]

    def ticks(self, frame: Frame, model: ChartModel) -> list[tuple[float, str]]:
        """Return round prices with the instrument's decimals."""
        find = log_ticks if model.log else value_ticks
        values = find(frame.low, frame.high, _most(frame), model.tick)
        return [(value, self.text(value, model)) for value in values]

    def text(self, value: float, model: ChartModel) -> str:
        """Return a price with the instrument's decimals."""
        return number_text(value, model.decimals)

    def paint(self, painter: QPainter, frame: Frame, model: ChartModel) -> None:
        """Paint gaps, candles, overlays, lines and marks, nearest last."""
        mark_layer.paint_gaps(painter, frame, model)
        mark_layer.paint_last_price(painter, frame, model)
        self._candles.paint(painter, frame, model.series, model.theme)
        for place, run in enumerate(self._runs(model)):
            layer = self._layers.get(run) or self._layers.setdefault(run, RunLayer(run))
            layer.paint(painter, frame, model.series, run_pens(run, place, model.theme), model.theme)
        mark_layer.paint_cut_bars(painter, frame, model)
        mark_layer.paint_price_lines(painter, frame, model)
        mark_layer.paint_decisions(painter, frame, model)
        mark_layer.paint_fills(painter, frame, model)
        self._layers = {run: layer for run, layer in self._layers.items() if run in model.runs}


class VolumeContent:
    """Volume bars."""

    share = 0.15

    def __init__(self) -> None:
        self._bars = VolumeLayer()

    def value_range(self, frame: Frame, model: ChartModel) -> tuple[float, float]:
        """Return zero and the largest volume in view with some air above."""
        columns, forming = model.series.columns(frame.device()), model.series.forming
        top = float(np.max(columns.volume)) if columns is not None else 0.0
        return 0.0, max(top, forming.volume if forming is not None else 0.0, 1e-9) * 1.15

    def ticks(self, frame: Frame, model: ChartModel) -> list[tuple[float, str]]:
        """Return round volumes above zero."""
        return [(value, short_text(value)) for value in value_ticks(frame.low, frame.high, _most(frame)) if value > 0]

    def text(self, value: float, model: ChartModel) -> str:
        """Return a volume in short form."""
        return short_text(value)

    def paint(self, painter: QPainter, frame: Frame, model: ChartModel) -> None:
        """Paint the bars."""
        mark_layer.paint_gaps(painter, frame, model)
        self._bars.paint(painter, frame, model.series, model.theme)


class RunContent:
    """One indicator in a pane of its own."""

    share = 0.16

    def __init__(self, run: OverlayRun) -> None:
        self.run = run
        self._layer = RunLayer(run)

    def value_range(self, frame: Frame, model: ChartModel) -> tuple[float, float]:
        """Return the indicator's fixed range, or what is in view."""
        fixed = _FIXED.get(self.run.overlay.name)
        if fixed is not None:
            return fixed
        found = visible_range(self.run, model.series, frame)
        return with_air(*(found or (-1.0, 1.0)), log=False)

    def ticks(self, frame: Frame, model: ChartModel) -> list[tuple[float, str]]:
        """Return the guides where there are some, else round values."""
        guides = _GUIDES.get(self.run.overlay.name, ())
        values = list(guides) if len(guides) > 1 else value_ticks(frame.low, frame.high, _most(frame))
        decimals = decimals_of(values[1] - values[0]) if len(values) > 1 else 2
        return [(value, number_text(value, decimals)) for value in values]

    def text(self, value: float, model: ChartModel) -> str:
        """Return a value with a few decimals."""
        return number_text(value, 2 if abs(value) >= 1 else model.decimals)

    def paint(self, painter: QPainter, frame: Frame, model: ChartModel) -> None:
        """Paint guides, histogram and lines."""
        for guide in _GUIDES.get(self.run.overlay.name, ()):
            painter.setPen(pen(model.theme.muted, alpha=140, style=Qt.PenStyle.DashLine))
            level_line(painter, frame.y(guide), 0, frame.width)
        self._layer.paint(painter, frame, model.series, run_pens(self.run, 0, model.theme), model.theme)


def grid(painter: QPainter, frame: Frame, model: ChartModel, values: list[float], columns: list[float]) -> None:
    """Draw the grid at half strength."""
    painter.setPen(pen(model.theme.line, alpha=128))
    for value in values:
        level_line(painter, frame.y(value), 0, frame.width)
    for x in columns:
        painter.drawLine(QPointF(round(x), 0), QPointF(round(x), frame.height))
