"""Overlays as lines, and indicator panes with their guides and histogram."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen

from cryptobot_desktop.gui.chart.candle_layer import body_px
from cryptobot_desktop.gui.chart.frame import Frame, Numbers, whole
from cryptobot_desktop.gui.chart.overlays import OutputLine, OverlayRun, line_points
from cryptobot_desktop.gui.chart.series import BarSeries
from cryptobot_desktop.gui.chart.shapes import Lines, Rectangles
from cryptobot_desktop.gui.tokens import Theme

_SMOOTH_UP_TO = 700
"""More line segments than this are drawn without smoothing: they are a pixel apart anyway."""
_HISTOGRAM = "histogram"
_HISTOGRAM_ALPHA = 150


class RunLayer:
    """The lines of one overlay."""

    def __init__(self, run: OverlayRun) -> None:
        self.run = run
        self._lines = [Lines() for _ in run.lines]
        self._bars = (Rectangles(), Rectangles())
        self._made_for: object = None

    def paint(self, painter: QPainter, frame: Frame, series: BarSeries, pens: list[QPen], theme: Theme) -> None:
        """Draw all outputs; a histogram as bars from zero, the others as lines."""
        made_for = (frame, id(series), series.version, self.run.version, series.forming)
        if made_for != self._made_for:
            self._make(frame, series)
            self._made_for = made_for
        self._draw_histogram(painter, theme)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for line, pen in zip(self._lines, pens, strict=False):
            is_smooth = len(line) <= _SMOOTH_UP_TO
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, is_smooth)
            painter.setPen(pen if is_smooth else QPen(pen.color(), 1.0, pen.style()))
            line.draw(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _make(self, frame: Frame, series: BarSeries) -> None:
        reach = max(1.5 * frame.slot_px, 2.0)
        forming = self.run.forming(series.forming) if self.run.done >= series.count else None
        for bars in self._bars:
            bars.clear()
        for index, (output, line) in enumerate(zip(self.run.lines, self._lines, strict=True)):
            x, values = _points(output, series, frame, None if forming is None else forming[index])
            if output.name == _HISTOGRAM:
                line.set_path(x[:0], values[:0], reach)
                self._make_histogram(frame, x, values)
            else:
                line.set_path(x, frame.ys(values), reach)

    def _make_histogram(self, frame: Frame, x: Numbers, values: Numbers) -> None:
        known = np.isfinite(values)
        left, y, zero = whole(x[known]), whole(frame.ys(values[known])), int(frame.y(0.0))
        half = body_px(frame.slot_px) // 2
        for bars, picked in zip(self._bars, (values[known] >= 0, values[known] < 0), strict=True):
            bars.add(
                left[picked] - half,
                np.minimum(y[picked], zero),
                left[picked] + half,
                np.maximum(y[picked], zero),
            )

    def _draw_histogram(self, painter: QPainter, theme: Theme) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for bars, name in zip(self._bars, (theme.up, theme.down), strict=True):
            colour = QColor(name)
            colour.setAlpha(_HISTOGRAM_ALPHA)
            painter.setBrush(colour)
            bars.draw(painter)


def _points(output: OutputLine, series: BarSeries, frame: Frame, forming: float | None) -> tuple[Numbers, Numbers]:
    points = line_points(output, series, frame)
    x = points.x if points is not None else np.empty(0)
    values = points.values if points is not None else np.empty(0)
    if forming is None:
        return x, values
    return np.append(x, frame.x(series.slot_of_forming())), np.append(values, forming)


def run_pens(run: OverlayRun, place: int, theme: Theme) -> list[QPen]:
    """Return a pen per output of the overlay that is number `place` in its pane."""
    colours = (theme.accent, theme.warn, theme.paper, theme.text, theme.muted)
    outputs = len(run.lines)
    banded = outputs == 3 and run.spec.overlay
    pens = []
    for index in range(outputs):
        pen = QPen(QColor(colours[(place + (0 if banded else index)) % len(colours)]), 1.4)
        if banded and index == 1:
            pen.setStyle(Qt.PenStyle.DashLine)
        pens.append(pen)
    return pens


def visible_range(run: OverlayRun, series: BarSeries, frame: Frame) -> tuple[float, float] | None:
    """Return the lowest and highest value of all outputs in view, None when none is known there."""
    lows, highs = [], []
    for output in run.lines:
        points = line_points(output, series, frame)
        if points is not None and np.isfinite(points.values).any():
            lows.append(float(np.nanmin(points.values)))
            highs.append(float(np.nanmax(points.values)))
    return (min(lows), max(highs)) if lows else None
