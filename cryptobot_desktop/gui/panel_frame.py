"""The states that every panel has: loading, empty, live, stale, error; the content itself is never replaced."""

from collections.abc import Callable

from msgspec import Struct
from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from cryptobot_desktop.gui.theme import current
from cryptobot_desktop.gui.tokens import PANEL_PADDING, ROW_HEIGHT, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words


class Remark(Struct, frozen=True, kw_only=True):
    """What a panel says instead of its content: what is (or went) here, and the action that helps."""

    title: str
    text: str = ""
    action: str = ""
    on_action: Callable[[], object] | None = None
    tone: str = "text"


class _Skeleton(QWidget):
    """Grey rows where rows will be."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(current().raised))
        for i in range(max(1, min(6, self.height() // ROW_HEIGHT))):
            width = self.width() * (0.82 if i % 3 == 0 else 0.64 if i % 3 == 1 else 0.73) - 2 * PANEL_PADDING
            painter.drawRoundedRect(QRectF(PANEL_PADDING, 8 + i * ROW_HEIGHT, max(20.0, width), 10), 3, 3)


class _Message(QWidget):
    """A title, a sentence, and one button."""

    def __init__(self) -> None:
        super().__init__()
        self.title = Words(bold=True, wrap=True)
        self.text = Words(tone="muted", wrap=True)
        self.button = QPushButton()
        self._action: Callable[[], object] | None = None
        self.button.clicked.connect(self._act)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(2 * SPACE)
        box.addStretch(1)
        for words in (self.title, self.text):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            box.addWidget(words)
        box.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(2)

    def show_remark(self, remark: Remark) -> None:
        self.title.say(remark.title, remark.tone)
        self.text.say(remark.text)
        self.text.setVisible(bool(remark.text))
        self.button.setText(remark.action)
        self.button.setVisible(bool(remark.action))
        self._action = remark.on_action

    @Slot()
    def _act(self) -> None:
        if self._action is not None:
            self._action()


class PanelFrame(QWidget):
    """Holds a panel's content and shows the state it is in."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strip = QFrame()
        self._strip.setObjectName("staleStrip")
        self._strip_text = Words(tone="warn", pixels=SMALL_PX, wrap=True)
        strip = QHBoxLayout(self._strip)
        strip.setContentsMargins(PANEL_PADDING, 2, PANEL_PADDING, 2)
        strip.addWidget(self._strip_text)
        self._strip.setVisible(False)
        self._message = _Message()
        self._pages = QStackedLayout()
        for page in (content, self._message, _Skeleton()):
            self._pages.addWidget(page)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._strip)
        box.addLayout(self._pages, 1)
        self.state = "live"

    def _enter(self, state: str, page: int, strip: str = "") -> None:
        self.state = state
        self._strip_text.say(strip)
        self._strip.setVisible(bool(strip))
        if self._pages.currentIndex() != page:
            self._pages.setCurrentIndex(page)

    def show_live(self) -> None:
        """Show the content."""
        self._enter("live", 0)

    def show_stale(self, text: str) -> None:
        """Show the content under a strip that says how old it is."""
        self._enter("stale", 0, text)

    def show_empty(self, remark: Remark) -> None:
        """Say what would be here and offer the action that brings it."""
        self._message.show_remark(remark)
        self._enter("empty", 1)

    def show_error(self, remark: Remark) -> None:
        """Say what went wrong, since when, and offer a remedy."""
        self._message.show_remark(remark)
        self._enter("error", 1)

    def show_loading(self) -> None:
        """Show grey rows."""
        self._enter("loading", 2)
