"""The crosshair: snaps to bars across, follows the mouse up and down, and says time and value on the axes."""

from msgspec import Struct
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


class Crosshair(Struct, frozen=True):
    """Where the crosshair is and what it says, in pixels of the scene."""

    at: QPointF
    value_tag: QRectF
    value: str
    time_tag: QRectF
    time: str


def crosshair(panes: list[PaneView], model: ChartModel) -> Crosshair | None:
    """Return the crosshair for the mouse as it is, None while it is elsewhere."""
    cursor = model.cursor
    over = next((pane for pane in panes if cursor is not None and pane.rect.contains(cursor)), None)
    shown = model.bar_near(over.frame.slot(cursor.x())) if over is not None and cursor is not None else None
    if cursor is None or over is None or shown is None:
        return None
    right, bottom = over.rect.right(), panes[-1].rect.bottom()
    at = QPointF(int(over.frame.x(shown.slot)) + 0.5, round(cursor.y()))
    value = over.content.text(over.frame.value(at.y() - over.rect.top()), model)
    words = time_words(shown.bar.open_ms, model)
    wide, long = (round(model.metrics.horizontalAdvance(text) + 2 * TAG_PADDING) for text in (value, words))
    left = round(min(max(0.0, at.x() - long / 2), right - long))
    return Crosshair(
        at=at,
        value_tag=QRectF(right + 1, at.y() - LINE_HEIGHT / 2, wide, LINE_HEIGHT),
        value=value,
        time_tag=QRectF(left, bottom + 2, long, TIME_AXIS_PX - 4),
        time=words,
    )


def paint_crosshair(painter: QPainter, cross: Crosshair, area: QRectF, model: ChartModel) -> None:
    """Paint the lines through all panes (`area`) and the tags."""
    painter.setFont(model.font)
    painter.setPen(pen(model.theme.muted, style=Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(cross.at.x(), area.top()), QPointF(cross.at.x(), area.bottom()))
    painter.drawLine(QPointF(0, cross.at.y()), QPointF(area.right(), cross.at.y()))
    draw_tag(painter, cross.value_tag, cross.value, model.theme.text, model.theme.canvas)
    draw_tag(painter, cross.time_tag, cross.time, model.theme.text, model.theme.canvas)
