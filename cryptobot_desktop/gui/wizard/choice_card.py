"""A large button with a title, a sentence and room for a picture; one of a group is down."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words


class ChoiceCard(QPushButton):
    """Stands for `value`; a tick beside the title says that it is chosen."""

    def __init__(self, value: str, title: str, text: str, picture: QWidget | None = None) -> None:
        super().__init__()
        self.value = value
        self.setCheckable(True)
        self.setProperty("kind", "choice")
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._plain_title = title
        self._title = Words(title, bold=True)
        words = QVBoxLayout()
        words.setSpacing(SPACE // 2)
        words.addWidget(self._title)
        about = Words(text, "muted", pixels=SMALL_PX + 1, wrap=True)
        words.addWidget(about)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_PADDING, 2 * SPACE, PANEL_PADDING, 2 * SPACE)
        row.addLayout(words, 1)
        if picture is not None:
            row.addWidget(picture)
        for part in (self._title, about, picture):
            if part is not None:
                part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.toggled.connect(self._show_tick)
        self.setMinimumHeight(68)

    def _show_tick(self, down: bool) -> None:
        self._title.say(f"\u2713 {self._plain_title}" if down else self._plain_title, "accent" if down else "text")
