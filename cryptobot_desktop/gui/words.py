"""Labels with a tone: they restyle only when something changes, and follow the theme and the font scale."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QWidget

from cryptobot_desktop.gui.theme import number_font, set_property, station
from cryptobot_desktop.gui.tokens import TEXT_PX


class Words(QLabel):
    """A label whose text, tone, size and weight are given once and whose digits keep their columns."""

    def __init__(
        self, text: str = "", tone: str = "text", *, pixels: int = TEXT_PX, bold: bool = False, wrap: bool = False
    ) -> None:
        super().__init__(text)
        self._pixels = pixels
        self._weight = QFont.Weight.DemiBold if bold else QFont.Weight.Normal
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setProperty("tone", tone)
        self._resize_font()
        station().changed.connect(self._resize_font)

    @Slot()
    def _resize_font(self) -> None:
        self.setFont(number_font(QApplication.font(), self._pixels, self._weight))

    def say(self, text: str, tone: str | None = None) -> None:
        """Show another text, and tone when given; costs nothing when both are as before."""
        if text != self.text():
            self.setText(text)
        if tone is not None:
            set_property(self, "tone", tone)


class ElidedWords(Words):
    """Words in one line that end in an ellipsis where room ends; the whole text is the tooltip."""

    def __init__(self, text: str = "", tone: str = "text", *, pixels: int = TEXT_PX, bold: bool = False) -> None:
        super().__init__("", tone, pixels=pixels, bold=bold)
        self._whole = ""
        self.setMinimumWidth(1)
        self.say(text)

    @property
    def whole(self) -> str:
        """Return the text without ellipsis."""
        return self._whole

    def say(self, text: str, tone: str | None = None) -> None:
        """Show another text, and tone when given."""
        self._whole = text
        super().say(self._fitting(), tone)
        self.setToolTip(text)

    def _fitting(self) -> str:
        return self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(40, self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self.setText(self._fitting())


def rule(parent: QWidget | None = None) -> QFrame:
    """Return a thin line between two parts."""
    line = QFrame(parent)
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line
