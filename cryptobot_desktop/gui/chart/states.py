"""The chart's states: loading, empty, stale, and the hatched strip for data that is not live."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from cryptobot_desktop.gui.chart.drawing import draw_text, hatch, shaded
from cryptobot_desktop.gui.chart.model import ChartModel, Condition
from cryptobot_desktop.gui.theme import number_font
from cryptobot_desktop.gui.tokens import TEXT_PX

STRIP_PX = 18.0
_SKELETON = (9, 14, 11, 17, 22, 16, 12, 19, 26, 21, 15, 18, 24, 30, 23, 17, 13, 20, 27, 22)
_DIM_ALPHA = 130
_TITLES = {
    Condition.LOADING: "loading candles",
    Condition.EMPTY: "waiting for candles",
}


def paint_strip(painter: QPainter, width: float, model: ChartModel) -> None:
    """Hatch the top edge and say which data this is."""
    rect = QRectF(0, 0, width, STRIP_PX)
    painter.fillRect(rect, QColor(model.theme.canvas))
    hatch(painter, rect, model.theme.paper, 120)
    painter.setFont(model.font)
    words = model.metrics.horizontalAdvance(model.source) + 16
    painter.fillRect(QRectF(8, 0, words, STRIP_PX), QColor(model.theme.canvas))
    draw_text(painter, 16, STRIP_PX / 2, model.source, model.theme.paper)


def paint_state(painter: QPainter, area: QRectF, model: ChartModel) -> None:
    """Paint what lies over the panes in the present state; nothing while all is well."""
    if model.condition is Condition.STALE and model.series.total:
        painter.fillRect(area, shaded(model.theme.canvas, _DIM_ALPHA))
        _badge(painter, area, model)
    elif not model.series.total:
        if model.condition is Condition.LOADING:
            _skeleton(painter, area, model)
        _words(painter, area, model)


def _badge(painter: QPainter, area: QRectF, model: ChartModel) -> None:
    """Say in the middle of the top edge since when and why nothing is new."""
    painter.setFont(model.font)
    text = model.words or "no new data"
    width = model.metrics.horizontalAdvance(text) + 24
    rect = QRectF(round(area.center().x() - width / 2), area.top() + 30, round(width), 24)
    painter.setPen(QColor(model.theme.warn))
    painter.setBrush(QColor(model.theme.canvas))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    draw_text(painter, rect.left() + 12, rect.center().y(), text, model.theme.warn)


def _skeleton(painter: QPainter, area: QRectF, model: ChartModel) -> None:
    """Draw grey candles where candles will be."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shaded(model.theme.line, 150))
    step = area.width() / len(_SKELETON)
    for index, height in enumerate(_SKELETON):
        size = area.height() * height / 90
        top = area.center().y() - size / 2 + area.height() * ((index * 7) % 5 - 2) / 40
        left = area.left() + step * (index + 0.3)
        painter.drawRect(QRectF(round(left), round(top), round(step * 0.4), round(size)))


def _words(painter: QPainter, area: QRectF, model: ChartModel) -> None:
    painter.setFont(number_font(model.font, TEXT_PX))
    title = _TITLES.get(model.condition, "no candles")
    for index, (text, colour) in enumerate(((title, model.theme.text), (model.words, model.theme.muted))):
        width = painter.fontMetrics().horizontalAdvance(text)
        middle = QPointF(area.center().x() - width / 2, area.center().y() + 22 * index)
        painter.fillRect(QRectF(middle.x() - 8, middle.y() - 11, width + 16, 22), QColor(model.theme.canvas))
        draw_text(painter, middle.x(), middle.y(), text, colour)
