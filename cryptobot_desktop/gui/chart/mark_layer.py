"""Draws fills, decisions, order lines, the last price and gaps; bars are drawn elsewhere."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPolygonF

from cryptobot_desktop.gui.chart.drawing import draw_outlined_tag, draw_text, hatch, level_line, pen
from cryptobot_desktop.gui.chart.frame import Frame, Numbers
from cryptobot_desktop.gui.chart.marks import MarkRow, PriceLine
from cryptobot_desktop.gui.chart.model import ChartModel
from cryptobot_desktop.gui.chart.ticks import spread

_FILL_PX = 6.0
_TICK_PX = 4.0
LANE_PX = 12.0
"""Height of the lane at the bottom in which decisions stand."""
_CROWD_PX = 7.0
_GAP_LABEL_FROM_PX = 64.0
_LETTER_FROM_PX = 9.0


def paint_gaps(painter: QPainter, frame: Frame, model: ChartModel) -> None:
    """Hatch the places where bars are missing."""
    for hole in model.series.slots.holes(frame.left, frame.right):
        left, right = frame.x(hole.first_slot - 0.5), frame.x(hole.last_slot + 0.5)
        rect = QRectF(left, 0, max(2.0, right - left), frame.height)
        hatch(painter, rect, model.theme.muted, 90)
        if rect.width() >= _GAP_LABEL_FROM_PX:
            draw_text(painter, rect.left() + 4, frame.height - LANE_PX - 8, "no bars", model.theme.muted)


def paint_fills(painter: QPainter, frame: Frame, model: ChartModel) -> None:
    """Draw fills as triangles that point at their price: buys from below, sells from above."""
    x, y = model.fills.places(frame, model.series)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for is_buy in (True, False):
        shapes, words = QPainterPath(), []
        for place, count in _uncrowded(model.fills, is_buy, x, frame.width):
            shapes.addPolygon(triangle(x[place], y[place] + (1 if is_buy else -1), _FILL_PX, is_up=is_buy))
            shapes.closeSubpath()
            words.append((QPointF(x[place], y[place]), count))
        painter.setPen(pen(model.theme.canvas, width=1.5))
        painter.setBrush(QColor(model.theme.up if is_buy else model.theme.down))
        painter.drawPath(shapes)
        for at, count in words:
            _fill_words(painter, frame, at, is_buy=is_buy, count=count)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _fill_words(painter: QPainter, frame: Frame, at: QPointF, *, is_buy: bool, count: int) -> None:
    """Write beside a triangle what it is (when bars are wide) or how many it stands for."""
    words = ("B" if is_buy else "S") if frame.slot_px >= _LETTER_FROM_PX else ""
    if count > 1:
        words = f"{words}\u00d7{count}"
    if words:
        middle = at.y() + (_FILL_PX * 1.8 + 7 if is_buy else -_FILL_PX * 1.8 - 7)
        width = painter.fontMetrics().horizontalAdvance(words)
        draw_text(painter, at.x() - width / 2, middle, words, painter.brush().color().name())


def _uncrowded(row: MarkRow, is_buy: bool, x: Numbers, width: float) -> list[tuple[int, int]]:
    """Return one mark (the newest) per few pixels, with the number of marks it stands for."""
    picked = np.flatnonzero((row.is_buy == is_buy) & (x > -_FILL_PX) & (x < width + _FILL_PX))
    cells = np.floor(x[picked] / _CROWD_PX)
    _, last, counts = np.unique(cells[::-1], return_index=True, return_counts=True)
    newest = picked[::-1][last]
    return list(zip(newest.tolist(), counts.tolist(), strict=True))


def paint_decisions(painter: QPainter, frame: Frame, model: ChartModel) -> None:
    """Draw decisions as hollow ticks in a lane at the bottom; a refused one is struck through."""
    row, middle = model.decisions, frame.height - LANE_PX / 2
    x, _ = row.places(frame, model.series)
    followed, refused = QPainterPath(), QPainterPath()
    for is_buy in (True, False):
        apex = middle + (-_TICK_PX if is_buy else _TICK_PX) * 0.9
        for place, _ in _uncrowded(row, is_buy, x, frame.width):
            shapes = refused if row.marks[place].is_refused else followed
            shapes.addPolygon(triangle(x[place], apex, _TICK_PX, is_up=is_buy))
            shapes.closeSubpath()
            if row.marks[place].is_refused:
                shapes.moveTo(x[place] - 5, middle + 5)
                shapes.lineTo(x[place] + 5, middle - 5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shapes, colour in ((followed, model.theme.muted), (refused, model.theme.warn)):
        painter.setPen(pen(colour, width=1.2))
        painter.drawPath(shapes)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def triangle(x: float, y: float, size: float, *, is_up: bool) -> QPolygonF:
    """Return a triangle whose tip is at (x, y) and which points up or down."""
    base = y + (1.8 if is_up else -1.8) * size
    return QPolygonF([QPointF(x, y), QPointF(x + size, base), QPointF(x - size, base)])


def line_colour(line: PriceLine, model: ChartModel) -> str:
    """Return the colour of an order's or a position's line."""
    if line.side is None:
        return model.theme.paper
    return model.theme.up if line.side.value == "buy" else model.theme.down


def paint_price_lines(painter: QPainter, frame: Frame, model: ChartModel) -> None:
    """Draw open orders dashed and positions dotted."""
    for line in model.lines:
        y = frame.y(line.price)
        if 0 <= y <= frame.height:
            style = Qt.PenStyle.DotLine if line.side is None else Qt.PenStyle.DashLine
            painter.setPen(pen(line_colour(line, model), alpha=200, style=style))
            level_line(painter, y, 0, frame.width)


def paint_line_words(painter: QPainter, frame: Frame, model: ChartModel, legend: QSizeF) -> None:
    """Name each order and position on the left end of its line, right of the legend where that is in the way."""
    lines = sorted((line for line in model.lines if 0 <= frame.y(line.price) <= frame.height), key=lambda x: -x.price)
    size = model.metrics.height() + 3
    places = spread([frame.y(line.price) for line in lines], size, frame.height - size / 2)
    for line, y in zip(lines, places, strict=True):
        left = 8.0 if y - size / 2 > legend.height() else legend.width() + 8
        rect = QRectF(left, round(y - size / 2), round(model.metrics.horizontalAdvance(line.label) + 10), round(size))
        draw_outlined_tag(painter, rect, line.label, model.theme.canvas, line_colour(line, model))


def paint_last_price(painter: QPainter, frame: Frame, model: ChartModel) -> None:
    """Draw a dotted line at the newest bar's close."""
    newest = model.newest
    if newest is None:
        return
    y = frame.y(newest.bar.close)
    if 0 <= y <= frame.height:
        painter.setPen(pen(direction_colour(model), alpha=170, style=Qt.PenStyle.DotLine))
        level_line(painter, y, 0, frame.width)


def direction_colour(model: ChartModel) -> str:
    """Return the colour of the newest bar."""
    newest = model.newest
    rising = newest is None or newest.bar.close >= newest.bar.open
    return model.theme.up if rising else model.theme.down


def paint_cut_bars(painter: QPainter, frame: Frame, model: ChartModel) -> None:
    """Point at bars that reach beyond the shown prices, such as lone bad ticks."""
    columns = model.series.columns(frame.device())
    if columns is None:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(model.theme.warn))
    for picked, tip, is_up in ((columns.high > frame.high, 1.0, True), (columns.low < frame.low, -1.0, False)):
        y = tip if is_up else frame.height + tip
        for x in columns.x[picked][:40].tolist():
            painter.drawPolygon(triangle(x / frame.ratio + 0.5, y, 4.0, is_up=is_up))
