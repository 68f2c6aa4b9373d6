"""A bar of how the queue before a resting order went: what trades cleared, what was cancelled, what is left."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cryptobot_desktop.domain.orders import QueueTrace
from cryptobot_desktop.gui.theme import current

_HEIGHT = 10


class QueueBar(QWidget):
    """Filled: cleared by trades. Hatched: cancelled. Empty: still before us."""

    def __init__(self, queue: QueueTrace) -> None:
        super().__init__()
        self._queue = queue
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("filled: cleared by trades, hatched: cancelled, empty: still before us")
        self.setAccessibleName("Course of the queue")

    def sizeHint(self) -> QSize:
        """Ask for a thin line."""
        return QSize(200, _HEIGHT + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the three parts."""
        theme, queue = current(), self._queue
        painter = QPainter(self)
        whole = max(1, queue.at_arrival, queue.traded + queue.canceled)
        width = self.width() - 1
        traded, canceled = width * queue.traded / whole, width * queue.canceled / whole
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(QRectF(0, 2, width, _HEIGHT), QColor(theme.raised))
        painter.fillRect(QRectF(0, 2, traded, _HEIGHT), QColor(theme.accent))
        area = QRectF(traded, 2, canceled, _HEIGHT)
        painter.fillRect(area, QBrush(QColor(theme.accent), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QColor(theme.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(0, 2, width, _HEIGHT))
