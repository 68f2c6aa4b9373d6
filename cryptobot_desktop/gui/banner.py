"""Messages across the window: what happened, since when, and a button with the remedy."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.gui.alarms import Alarm
from cryptobot_desktop.gui.format import clock_text
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.words import ElidedWords, Words

_SHAPES = {"danger": "\u25a0", "warn": "\u25b2", "info": "\u25cf"}


class Banner(QFrame):
    """One message."""

    def __init__(self, alarm: Alarm, since: str, on_action: Callable[[str], object]) -> None:
        super().__init__()
        self.alarm = alarm
        self._on_action = on_action
        self.setProperty("banner", alarm.tone)
        tone = "accent" if alarm.tone == "info" else alarm.tone
        self.what = ElidedWords(alarm.what, tone, bold=True)
        self.remedy = ElidedWords(f"{f'Since {since}. ' if since else ''}{alarm.remedy}", "muted")
        self.button = QPushButton(alarm.action_text)
        self.button.setVisible(bool(alarm.action_text))
        self.button.clicked.connect(self._act)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.what)
        words.addWidget(self.remedy)
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_PADDING, SPACE, PANEL_PADDING, SPACE)
        row.setSpacing(2 * SPACE)
        row.addWidget(Words(_SHAPES[alarm.tone], tone))
        row.addLayout(words, 1)
        row.addWidget(self.button)

    def _act(self) -> None:
        self._on_action(self.alarm.action)


class BannerStack(QWidget):
    """All present messages; a message that stays keeps the time since when it stands."""

    emptied = Signal(bool)
    """True when no message is left, False when the first one came."""
    action_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        self._box.setSpacing(SPACE)
        self._since: dict[str, int] = {}
        self._pinned: dict[str, Alarm] = {}
        self._live: tuple[Alarm, ...] = ()
        self._at_ms = 0
        self.banners: list[Banner] = []

    def show_alarms(self, alarms: Sequence[Alarm], at_ms: int) -> None:
        """Show the alarms of the newest snapshot; nothing is done when they are as before."""
        self._at_ms = at_ms
        if tuple(alarms) != self._live:
            self._live = tuple(alarms)
            self._rebuild()

    def pin(self, alarm: Alarm) -> None:
        """Show a message of the program itself until it is taken off."""
        self._pinned[alarm.key] = alarm
        self._rebuild()

    def unpin(self, key: str) -> None:
        """Take off a message of the program itself."""
        if self._pinned.pop(key, None) is not None:
            self._rebuild()

    def _rebuild(self) -> None:
        shown = [*self._pinned.values(), *self._live]
        self._since = {alarm.key: self._since.get(alarm.key, self._at_ms) for alarm in shown}
        for old in self.banners:
            self._box.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.banners = [Banner(alarm, self._since_text(alarm.key), self.action_wanted.emit) for alarm in shown]
        for banner in self.banners:
            self._box.addWidget(banner)
        self.emptied.emit(not self.banners)

    def _since_text(self, key: str) -> str:
        at_ms = self._since[key]
        return f"{clock_text(at_ms)} UTC" if at_ms else ""
