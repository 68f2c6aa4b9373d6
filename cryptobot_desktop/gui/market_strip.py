"""The hatched strip that says, above the chart, that prices are not live ones."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cryptobot_desktop.gui.theme import current, number_font, station
from cryptobot_desktop.gui.tokens import SMALL_PX

_HEIGHT = 16


class MarketStrip(QWidget):
    """Hidden for live markets."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT)
        self._text = ""
        self.setVisible(False)
        station().changed.connect(self.update)

    @property
    def text(self) -> str:
        """Return the words in the strip."""
        return self._text

    def show_source(self, text: str, *, hatched: bool) -> None:
        """Name the market source; hatched for synthetic and recorded ones, nothing for live ones."""
        self.setVisible(hatched)
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the hatching with the words on a clear ground."""
        theme = current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.canvas))
        hatch = QColor(theme.paper)
        hatch.setAlpha(110)
        painter.fillRect(self.rect(), QBrush(hatch, Qt.BrushStyle.BDiagPattern))
        painter.setFont(number_font(self.font(), SMALL_PX))
        width = QFontMetrics(painter.font()).horizontalAdvance(self._text) + 16
        ground = QRect(8, 0, width, self.height())
        painter.fillRect(ground, QColor(theme.canvas))
        painter.setPen(QColor(theme.paper))
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, self._text)
