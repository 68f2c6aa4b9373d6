"""Candles and volume bars as rectangles of whole pixels: one call of the painter per colour, however many bars."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from cryptobot_desktop.gui.chart.frame import Frame, Numbers, Pixels, whole
from cryptobot_desktop.gui.chart.series import BarSeries, Columns
from cryptobot_desktop.gui.chart.shapes import Rectangles
from cryptobot_desktop.gui.tokens import Theme

_BODY_SHARE = 0.72
_BODY_FROM_PX = 3.0
_HOLLOW_FROM_PX = 5
_VOLUME_ALPHA = 130

Picked = NDArray[np.bool_]


def body_px(slot_px: float) -> int:
    """Return the odd width of a body, so that the wick is in its middle; 1 where there is room for a line only."""
    if slot_px < _BODY_FROM_PX:
        return 1
    return max(1, round(slot_px * _BODY_SHARE - 1) // 2 * 2 + 1)


class CandleShapes:
    """Rectangles of rising and falling candles, and the insides of the hollow (rising) ones."""

    def __init__(self) -> None:
        self.up, self.down, self.inside = Rectangles(), Rectangles(), Rectangles()

    def fill(self, columns: Columns | None, frame: Frame) -> None:
        """Become what the columns show; `frame` is in device pixels."""
        for shapes in (self.up, self.down, self.inside):
            shapes.clear()
        if columns is None:
            return
        y = [whole(frame.ys(values)) for values in (columns.open, columns.high, columns.low, columns.close)]
        rising = columns.close >= columns.open
        for shapes, picked in ((self.up, rising), (self.down, ~rising)):
            shapes.add(columns.x[picked], y[1][picked], columns.x[picked], y[2][picked])
        width = 1 if columns.is_grouped else body_px(frame.slot_px)
        if width > 1:
            self._add_bodies(columns.x, np.minimum(y[0], y[3]), np.maximum(y[0], y[3]), rising, width // 2)

    def _add_bodies(self, x: Pixels, top: Pixels, bottom: Pixels, rising: Picked, half: int) -> None:
        for shapes, picked in ((self.up, rising), (self.down, ~rising)):
            shapes.add(x[picked] - half, top[picked], x[picked] + half, bottom[picked])
        if 2 * half + 1 >= _HOLLOW_FROM_PX:
            open_ = rising & (bottom - top >= 2)
            edge = 1 if half < 6 else 2
            open_ &= bottom - top > 2 * edge
            self.inside.add(x[open_] - half + edge, top[open_] + edge, x[open_] + half - edge, bottom[open_] - edge)

    def draw(self, painter: QPainter, theme: Theme) -> None:
        """Draw them; the painter counts device pixels."""
        painter.setPen(Qt.PenStyle.NoPen)
        for shapes, colour in ((self.down, theme.down), (self.up, theme.up), (self.inside, theme.canvas)):
            painter.setBrush(QColor(colour))
            shapes.draw(painter)


class CandleLayer:
    """The history is kept as long as bars and frame stay the same; the forming bar is made anew each time."""

    def __init__(self) -> None:
        self._history = CandleShapes()
        self._forming = CandleShapes()
        self._made_for: object = None

    def paint(self, painter: QPainter, frame: Frame, series: BarSeries, theme: Theme) -> None:
        """Draw all bars in the frame; the painter counts logical pixels."""
        device = frame.device()
        made_for = (device, id(series), series.version)
        if made_for != self._made_for:
            self._history.fill(series.columns(device), device)
            self._made_for = made_for
        self._forming.fill(forming_column(series, device), device)
        painter.save()
        painter.scale(1 / frame.ratio, 1 / frame.ratio)
        self._history.draw(painter, theme)
        self._forming.draw(painter, theme)
        painter.restore()


class VolumeLayer:
    """Volume bars from the bottom of their pane."""

    def __init__(self) -> None:
        self._history = (Rectangles(), Rectangles())
        self._forming = (Rectangles(), Rectangles())
        self._made_for: object = None

    def paint(self, painter: QPainter, frame: Frame, series: BarSeries, theme: Theme) -> None:
        """Draw all bars in the frame; the painter counts logical pixels."""
        device = frame.device()
        made_for = (device, id(series), series.version)
        if made_for != self._made_for:
            _fill_volumes(self._history, series.columns(device), device)
            self._made_for = made_for
        _fill_volumes(self._forming, forming_column(series, device), device)
        painter.save()
        painter.scale(1 / frame.ratio, 1 / frame.ratio)
        painter.setPen(Qt.PenStyle.NoPen)
        for index, name in enumerate((theme.up, theme.down)):
            colour = QColor(name)
            colour.setAlpha(_VOLUME_ALPHA)
            painter.setBrush(colour)
            self._history[index].draw(painter)
            self._forming[index].draw(painter)
        painter.restore()


def _fill_volumes(shapes: tuple[Rectangles, Rectangles], columns: Columns | None, frame: Frame) -> None:
    for one in shapes:
        one.clear()
    if columns is None:
        return
    floor = int(frame.height) - 1
    half = 0 if columns.is_grouped else body_px(frame.slot_px) // 2
    top = np.minimum(whole(frame.ys(columns.volume)), floor)
    rising = columns.close >= columns.open
    for one, picked in ((shapes[0], rising), (shapes[1], ~rising)):
        one.add(columns.x[picked] - half, top[picked], columns.x[picked] + half, np.full(picked.sum(), floor, np.int32))


def forming_column(series: BarSeries, frame: Frame) -> Columns | None:
    """Return the forming bar as a column of its own, None when there is none."""
    bar = series.forming
    if bar is None:
        return None

    def one(value: float) -> Numbers:
        return np.array([value])

    return Columns(
        x=whole(frame.xs(np.array([series.slot_of_forming()]))),
        open=one(bar.open),
        high=one(bar.high),
        low=one(bar.low),
        close=one(bar.close),
        volume=one(bar.volume),
        is_grouped=frame.slot_px < 1.0,
    )
