"""A text field with its label above and room for one inline remark below, so that nothing jumps when one appears."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from cryptobot_desktop.gui.theme import set_property
from cryptobot_desktop.gui.tokens import SMALL_PX
from cryptobot_desktop.gui.words import ElidedWords, Words


class _Stepper(QLineEdit):
    """A line whose Up and Down keys ask for the next step."""

    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn Up and Down into steps, Page Up and Page Down into ten of them."""
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        count = steps.get(Qt.Key(event.key()))
        if count is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(count)


class CheckedField(QWidget):
    """Label, line, remark. The remark is red when it is a problem and muted when it is help."""

    changed = Signal(str)
    stepped = Signal(int)

    def __init__(self, label: str, text: str = "", *, help_text: str = "", numeric: bool = False) -> None:
        super().__init__()
        self.label = Words(label, "muted", pixels=SMALL_PX)
        self.line = _Stepper(text)
        self.line.setAccessibleName(label)
        self.label.setBuddy(self.line)
        if numeric:
            self.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.remark = ElidedWords(help_text, "muted", pixels=SMALL_PX)
        self._help = help_text
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        for part in (self.label, self.line, self.remark):
            box.addWidget(part)
        self.line.textChanged.connect(self.changed)
        self.line.stepped.connect(self.stepped)

    @property
    def text(self) -> str:
        """Return what is typed, without blanks around it."""
        return self.line.text().strip()

    def set_text(self, text: str) -> None:
        """Put a text into the line."""
        if text != self.line.text():
            self.line.setText(text)

    @property
    def problem(self) -> str:
        """Return the problem that is shown, empty when there is none."""
        return self.remark.whole if self.line.property("problem") is True else ""

    def set_help(self, text: str) -> None:
        """Show other help below the line; a problem stays."""
        if text != self._help:
            self._help = text
            if not self.problem:
                self.set_problem("")

    def set_problem(self, text: str) -> None:
        """Show a problem below the line, or the help again when it is empty."""
        set_property(self.line, "problem", bool(text))
        self.remark.say(text or self._help, "danger" if text else "muted")
        self.line.setAccessibleDescription(text or self._help)
