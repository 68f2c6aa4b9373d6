"""Asks why trading may go on after STOP ALL; without a reason nothing is released."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.words import Words

_SHORTEST = 3


class ReleaseDialog(QDialog):
    """One field; the button works once a reason stands there."""

    def __init__(self, on_reason: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Release after STOP ALL")
        self._on_reason = on_reason
        self.reason = CheckedField("Reason", help_text="kept in the audit trail")
        self.release = QPushButton("Release")
        self.release.setProperty("kind", "primary")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.release, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.rejected.connect(self.reject)
        buttons.accepted.connect(self.send)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(2 * SPACE)
        box.addWidget(Words("Bots and orders are accepted again once you say why.", wrap=True))
        box.addWidget(self.reason)
        box.addWidget(buttons)
        self.setMinimumWidth(380)
        self.reason.changed.connect(self.check)
        self.check()

    @Slot()
    def check(self) -> None:
        """Let the button work only with a reason."""
        self.release.setEnabled(len(self.reason.text) >= _SHORTEST)

    @Slot()
    def send(self) -> None:
        """Give the reason away and close."""
        if self.release.isEnabled():
            self._on_reason(self.reason.text)
            self.accept()
