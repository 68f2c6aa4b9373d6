"""The crosshair: snaps to bars across, follows the mouse up and down, and says time and value on the axes."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from cryptobot_desktop.gui.chart.axes import TIME_AXIS_PX
from cryptobot_desktop.gui.chart.drawing import LINE_HEIGHT, TAG_PADDING, draw_tag, pen
from cryptobot_desktop.gui.chart.model import ChartModel
from cryptobot_desktop.gui.chart.pane_view import PaneView
from cryptobot_desktop.gui.format import moment

_DAY_MS = 86_400_000


def time_words(at_ms: int, model: ChartModel) -> str:
    """Return the opening time of a bar as the crosshair says it, in the chosen zone."""
    when = moment(at_ms, model.zone)
    clock = "" if model.series.slots.length_ms >= _DAY_MS else f" {when:%H:%M}"
    return f"{when:%a %Y-%m-%d}{clock} {when:%Z}"


def paint_crosshair(painter: QPainter, panes: list[PaneView], model: ChartModel) -> None:
    """Paint the lines through all panes and the tags; nothing while the mouse is elsewhere."""
    cursor = model.cursor
    over = next((pane for pane in panes if cursor is not None and pane.rect.contains(cursor)), None)
    if cursor is None or over is None:
        return
    shown = model.bar_near(over.frame.slot(cursor.x()))
    if shown is None:
        return
    x = int(over.frame.x(shown.slot)) + 0.5
    painter.setFont(model.font)
    painter.setPen(pen(model.theme.muted, style=Qt.PenStyle.DashLine))
    top, bottom = panes[0].rect.top(), panes[-1].rect.bottom()
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    y = round(cursor.y())
    painter.drawLine(QPointF(0, y), QPointF(over.rect.right(), y))
    _paint_tags(painter, over, model, QPointF(x, y), (time_words(shown.bar.open_ms, model), bottom))


def _paint_tags(painter: QPainter, over: PaneView, model: ChartModel, at: QPointF, time: tuple[str, float]) -> None:
    value = over.content.text(over.frame.value(at.y() - over.rect.top()), model)
    width = model.metrics.horizontalAdvance(value) + 2 * TAG_PADDING
    tag = QRectF(over.rect.right() + 1, at.y() - LINE_HEIGHT / 2, round(width), LINE_HEIGHT)
    draw_tag(painter, tag, value, model.theme.text, model.theme.canvas)
    words, bottom = time
    width = model.metrics.horizontalAdvance(words) + 2 * TAG_PADDING
    left = min(max(0.0, at.x() - width / 2), over.rect.right() - width)
    draw_tag(
        painter,
        QRectF(round(left), bottom + 2, round(width), TIME_AXIS_PX - 4),
        words,
        model.theme.text,
        model.theme.canvas,
    )
