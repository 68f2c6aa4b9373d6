"""Small things that several painters draw: texts, tags on an axis, hatched areas."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

LINE_HEIGHT = 16.0
TAG_PADDING = 5.0


def pen(colour: str, *, alpha: int = 255, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """Return a pen in a token's colour."""
    shade = QColor(colour)
    shade.setAlpha(alpha)
    return QPen(shade, width, style)


def shaded(colour: str, alpha: int) -> QColor:
    """Return a token's colour, more or less transparent."""
    shade = QColor(colour)
    shade.setAlpha(alpha)
    return shade


def draw_text(painter: QPainter, x: float, middle: float, text: str, colour: str) -> float:
    """Draw a text from `x` on, its height around `middle`; return where it ends."""
    metrics = QFontMetricsF(painter.font())
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(x, round(middle + (metrics.ascent() - metrics.descent()) / 2)), text)
    return x + metrics.horizontalAdvance(text)


def draw_tag(painter: QPainter, rect: QRectF, text: str, fill: str, ink: str) -> None:
    """Draw a text on a filled box."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(fill))
    painter.drawRect(rect)
    draw_text(painter, rect.left() + TAG_PADDING, rect.center().y(), text, ink)


def draw_outlined_tag(painter: QPainter, rect: QRectF, text: str, fill: str, ink: str) -> None:
    """Draw a text in a box with an edge of the same colour."""
    painter.setPen(QColor(ink))
    painter.setBrush(QColor(fill))
    painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
    draw_text(painter, rect.left() + TAG_PADDING, rect.center().y(), text, ink)


def hatch(painter: QPainter, rect: QRectF, colour: str, alpha: int) -> None:
    """Fill a rectangle with diagonal lines."""
    painter.fillRect(rect, QBrush(shaded(colour, alpha), Qt.BrushStyle.BDiagPattern))


def level_line(painter: QPainter, y: float, left: float, right: float) -> None:
    """Draw a horizontal line of one sharp pixel."""
    row = round(y)
    painter.drawLine(QPointF(left, row), QPointF(right, row))
