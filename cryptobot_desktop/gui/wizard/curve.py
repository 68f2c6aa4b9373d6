"""A small equity curve without axes, or words while there is none."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from cryptobot_desktop.gui.theme import current, number_font
from cryptobot_desktop.gui.tokens import SMALL_PX

_SIZE = QSize(150, 52)


class SmallCurve(QWidget):
    """Green when it ends above its start, red below; the signed change is written beside it."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setFixedSize(_SIZE)
        self.words = words
        self._points: tuple[float, ...] = ()

    @property
    def has_points(self) -> bool:
        """Return True once there is a curve."""
        return len(self._points) > 1

    def show_points(self, points: Sequence[float]) -> None:
        """Show equity points; fewer than two leave the words."""
        self._points = tuple(points)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the curve with its change in percent, or the words."""
        theme = current()
        painter = QPainter(self)
        painter.setFont(number_font(self.font(), SMALL_PX))
        if len(self._points) < 2:
            painter.setPen(QColor(theme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.words)
            return
        first, last = self._points[0], self._points[-1]
        colour = QColor(theme.up if last >= first else theme.down)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.5))
        painter.drawPolyline(QPolygonF(self._path(QRectF(2, 16, self.width() - 4, self.height() - 20))))
        change = (last / first - 1) * 100 if first else 0.0
        text = f"{change:+.2f} %".replace("-", "\u2212")
        painter.drawText(QRectF(0, 0, self.width() - 2, 14), Qt.AlignmentFlag.AlignRight, text)

    def _path(self, area: QRectF) -> list[QPointF]:
        low, high = min(self._points), max(self._points)
        span, steps = (high - low) or 1.0, len(self._points) - 1
        return [
            QPointF(area.left() + area.width() * i / steps, area.bottom() - area.height() * (point - low) / span)
            for i, point in enumerate(self._points)
        ]
